//! Contributions in small numbers, and the rollup rows that each of them is summed into.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, NaiveDate};

use super::{
    facts::{Contributed, rank},
    store,
};
use crate::{
    db::{Result, Tx},
    kernel::Id,
    organization::{self, Center, CenterLevel},
};

/// By day at one center, with every dimension.
pub const CELL: i32 = 1;
/// By day, summed up the tree, without dimensions.
pub const WHOLE: i32 = 2;
/// By month, summed up the tree, with every dimension: what small centers have is few enough to add up from their cells.
pub const MONTH: i32 = 3;

/// Whether months are summed up at centers of a level.
pub fn has_months(level: CenterLevel) -> bool {
    rank(level) <= rank(CenterLevel::County)
}

/// A day as it is stored.
pub fn day_number(day: NaiveDate) -> i32 {
    day.num_days_from_ce()
}

/// The day of a number.
pub fn day_of(number: i32) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(number).unwrap_or_default()
}

/// A month as it is stored.
pub fn month_number(day: NaiveDate) -> i32 {
    day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0)
}

/// The first day of a month.
pub fn month_start(number: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(number.div_euclid(12), u32::try_from(number.rem_euclid(12)).unwrap_or(0) + 1, 1).unwrap_or_default()
}

/// A contribution's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Measure.
    pub measure: i32,
    /// Day.
    pub day: i32,
    /// Credited center, or person.
    pub center: i32,
    /// Item; 0: none.
    pub item: i32,
    /// Channel.
    pub channel: i32,
    /// Mode; 0: none.
    pub mode: i32,
    /// Department; 0: none.
    pub department: i32,
}

/// How much lies in each place.
pub type Cells = BTreeMap<Cell, i64>;

/// A row of the rollups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Which cut.
    pub slice: i32,
    /// Whose.
    pub node: i32,
    /// Measure.
    pub measure: i32,
    /// Day or month.
    pub period: i32,
    /// Level of the credited center.
    pub level: i32,
    /// Item.
    pub item: i32,
    /// Channel.
    pub channel: i32,
    /// Mode.
    pub mode: i32,
    /// Department.
    pub department: i32,
}

/// What a record contributes, as it is kept: each place with its count.
pub fn write(cells: &Cells) -> String {
    let part = |(c, n): (&Cell, &i64)| format!("{},{},{},{},{},{},{},{n}", c.measure, c.day, c.center, c.item, c.channel, c.mode, c.department);
    cells.iter().map(part).collect::<Vec<_>>().join(";")
}

/// Reads [`write()`]; nothing where it cannot be read, so that it shows as a difference.
pub fn read(body: &str) -> Cells {
    let part = |text: &str| {
        let mut numbers = text.split(',').map(|n| n.parse::<i64>().ok());
        let mut small = || numbers.next().flatten().and_then(|n| i32::try_from(n).ok());
        let cell = Cell { measure: small()?, day: small()?, center: small()?, item: small()?, channel: small()?, mode: small()?, department: small()? };
        Some((cell, numbers.next().flatten()?))
    };
    body.split(';').filter_map(part).collect()
}

fn node_kind(personal: bool) -> &'static str {
    if personal { "staff" } else { "center" }
}

/// The numbers of centers, people, items, channels, modes and departments.
pub struct Keys {
    known: HashMap<(&'static str, String), i32>,
    /// New ones are written; else they get numbers that nothing has.
    pub keeps: bool,
}

impl Keys {
    /// None known yet.
    pub fn new(keeps: bool) -> Self {
        Self { known: HashMap::new(), keeps }
    }

    /// Looks all of these up at once; what has no number yet is given one.
    pub fn learn(&mut self, tx: &mut Tx, wanted: &[(&'static str, String)]) -> Result<()> {
        let mut unknown: Vec<&(&'static str, String)> = wanted.iter().filter(|w| !w.1.is_empty() && !self.known.contains_key(*w)).collect();
        unknown.sort();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        let values: Vec<String> = unknown.iter().map(|w| w.1.clone()).collect();
        let stored = store::keys(tx, &values)?;
        for want in unknown {
            let found = stored.iter().find(|(_, kind, value)| kind == want.0 && *value == want.1).map(|k| k.0);
            let id = match found {
                Some(id) => id,
                None if self.keeps => store::new_key(tx, want.0, &want.1)?,
                None => -1 - i32::try_from(self.known.len()).unwrap_or(0),
            };
            self.known.insert(want.clone(), id);
        }
        Ok(())
    }

    fn of(&self, kind: &'static str, value: &str) -> i32 {
        if value.is_empty() { 0 } else { self.known.get(&(kind, value.to_owned())).copied().unwrap_or(0) }
    }

    /// Contributions in numbers.
    pub fn cells(&mut self, tx: &mut Tx, of: &[(Id, Contributed)]) -> Result<HashMap<Id, Cells>> {
        let mut wanted = Vec::new();
        for (_, c) in of {
            wanted.push(("item", c.item.map(|id| id.to_string()).unwrap_or_default()));
            wanted.push(("channel", c.channel.to_owned()));
            wanted.push(("mode", c.mode.to_owned()));
            wanted.push(("department", c.department.clone()));
            for count in &c.counts {
                wanted.push((node_kind(count.personal), count.center.to_string()));
                wanted.extend(count.department.clone().map(|d| ("department", d)));
            }
        }
        self.learn(tx, &wanted)?;
        let mut all = HashMap::new();
        for (id, c) in of {
            let mut cells = Cells::new();
            for count in &c.counts {
                let cell = Cell {
                    measure: count.measure,
                    day: day_number(count.day),
                    center: self.of(node_kind(count.personal), count.center.as_str()),
                    item: c.item.map_or(0, |id| self.of("item", id.as_str())),
                    channel: self.of("channel", c.channel),
                    mode: self.of("mode", c.mode),
                    department: self.of("department", count.department.as_deref().unwrap_or(&c.department)),
                };
                *cells.entry(cell).or_default() += count.n;
            }
            cells.retain(|_, n| *n != 0);
            all.insert(*id, cells);
        }
        Ok(all)
    }
}

/// Where a center stands: its level, and every node that it is summed up into.
struct Place {
    level: i32,
    /// Number and whether months are kept there.
    nodes: Vec<(i32, bool)>,
}

/// The tree, in numbers. Centers neither move nor change their level.
#[derive(Default)]
pub struct Places(HashMap<i32, Place>);

impl Places {
    /// Learns where the centers of these cells stand.
    pub fn learn<'a>(&mut self, tx: &mut Tx, keys: &mut Keys, cells: impl Iterator<Item = &'a Cell>) -> Result<()> {
        let mut unknown: Vec<i32> = cells.map(|c| c.center).filter(|c| !self.0.contains_key(c)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        let mut named: Vec<(i32, Id)> = store::values(tx, &unknown)?.into_iter().filter_map(|(id, value)| Some((id, value.parse().ok()?))).collect();
        // Numbers that are not stored are known here alone.
        let unstored = keys.known.iter().filter(|((kind, _), id)| *kind == "center" && **id < 0 && unknown.contains(id));
        named.extend(unstored.filter_map(|((_, value), id)| Some((*id, value.parse().ok()?))));
        let centers = organization::store::centers_by_id(tx, &named.iter().map(|n| n.1).collect::<Vec<_>>())?;
        let above: Vec<Id> =
            centers.iter().flat_map(Center::lineage).filter_map(|id| id.parse().ok()).collect::<std::collections::BTreeSet<Id>>().into_iter().collect();
        let above = organization::store::centers_by_id(tx, &above)?;
        keys.learn(tx, &above.iter().map(|c| ("center", c.id.to_string())).collect::<Vec<_>>())?;
        for (number, id) in named {
            let Some(center) = centers.iter().find(|c| c.id == id) else { continue };
            let nodes = center.lineage().map(|at| {
                let months = above.iter().find(|c| c.id.as_str() == at).is_some_and(|c| has_months(c.level));
                (keys.of("center", at), months)
            });
            self.0.insert(number, Place { level: rank(center.level), nodes: nodes.collect() });
        }
        Ok(())
    }

    /// The level of a center; nought where it is not known.
    pub fn level(&self, center: i32) -> i32 {
        self.0.get(&center).map_or(0, |place| place.level)
    }

    /// A center and all above it.
    pub fn nodes(&self, center: i32) -> impl Iterator<Item = i32> {
        self.0.get(&center).into_iter().flat_map(|place| place.nodes.iter().map(|node| node.0))
    }

    /// Adds a cell to all the rows that it is summed into.
    pub fn spread(&self, cell: &Cell, n: i64, into: &mut BTreeMap<Slot, i64>) {
        // A person stands in no tree: what is theirs is counted at them alone.
        let place = self.0.get(&cell.center);
        let full = Slot {
            slice: CELL,
            node: cell.center,
            measure: cell.measure,
            period: cell.day,
            level: place.map_or(0, |place| place.level),
            item: cell.item,
            channel: cell.channel,
            mode: cell.mode,
            department: cell.department,
        };
        let mut add = |slot: Slot| *into.entry(slot).or_default() += n;
        add(full);
        for (node, months) in place.into_iter().flat_map(|place| &place.nodes) {
            add(Slot { slice: WHOLE, node: *node, item: 0, channel: 0, mode: 0, department: 0, ..full });
            if *months {
                add(Slot { slice: MONTH, node: *node, period: month_number(day_of(cell.day)), ..full });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let cell = Cell { measure: 1, day: 739_000, center: 3, item: 4, channel: 5, mode: 0, department: 7 };
        let cells = Cells::from([(cell, 2), (Cell { measure: 1023, ..cell }, -1)]);
        assert_eq!(read(&write(&cells)), cells);
        assert!(read("").is_empty() && read("1,2,x").is_empty());
    }

    #[test]
    fn months_begin_where_they_should() {
        for day in ["2025-12-31", "2026-01-01", "2026-02-28"] {
            let day: NaiveDate = day.parse().expect("a day");
            assert_eq!(month_start(month_number(day)), day.with_day(1).expect("first"));
            assert_eq!(day_of(day_number(day)), day);
        }
    }
}
