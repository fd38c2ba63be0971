//! Frozen months (DOMAIN §11): their figures stay as they were. What each record contributed to a month is kept when the month
//! is frozen; a record that changes afterwards keeps contributing that, and what is different is noticed, as an adjustment that
//! two people may enter.

use std::collections::{BTreeMap, HashMap};

use super::{
    machine::{AdjustmentState, PeriodState},
    store::{self as kept, Adjustment, AdjustmentEntry, Period},
};
use crate::{
    auth::Actor,
    db::{Private, Result, Tx},
    events::{self, Audience, NewEvent},
    kernel::Id,
    statistics::{
        cells::{self, Cells, day_of, month_number, month_start},
        keeping, store,
    },
};

/// Records of which the contributions are kept in one go.
const BATCH: i64 = 500;

/// What a record contributes to a month.
pub fn of_month(cells: &Cells, month: i32) -> Cells {
    cells.iter().filter(|(cell, _)| month_number(day_of(cell.day)) == month).map(|(cell, n)| (*cell, *n)).collect()
}

/// One less the other.
pub fn less(is: &Cells, was: &Cells) -> Cells {
    let mut all = is.clone();
    was.iter().for_each(|(cell, n)| *all.entry(*cell).or_default() -= n);
    all.retain(|_, n| *n != 0);
    all
}

/// Both together.
fn with(a: &Cells, b: &Cells) -> Cells {
    let mut all = a.clone();
    b.iter().for_each(|(cell, n)| *all.entry(*cell).or_default() += n);
    all.retain(|_, n| *n != 0);
    all
}

/// What is counted of a record, and by how much it differs from what it contributes now: by frozen month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// What is counted.
    pub counted: Cells,
    /// What is not: nothing in it where nothing differs.
    pub differences: BTreeMap<i32, Cells>,
}

/// Puts what was frozen in the place of what a record contributes to frozen months now.
pub fn hold(now: &Cells, frozen: &BTreeMap<i32, Cells>) -> Held {
    let mut held = Held { counted: now.clone(), differences: BTreeMap::new() };
    for (month, was) in frozen {
        let difference = less(&of_month(now, *month), was);
        held.counted = less(&held.counted, &difference);
        held.differences.insert(*month, difference);
    }
    held
}

/// What was frozen of these records: of a month that is still being frozen, what the record contributed until now is kept first.
fn frozen(tx: &mut Tx, periods: &[Period], ids: &[Id], old: &HashMap<Id, Cells>) -> Result<Months> {
    let mut there: HashMap<(Id, i32), Cells> = HashMap::new();
    for (id, month, body) in kept::frozen(tx, ids)? {
        there.insert((id, month), cells::read(&body));
    }
    let mut all = Months::new();
    let mut new = Vec::new();
    for id in ids {
        for period in periods {
            let was = match there.remove(&(*id, period.month)) {
                Some(was) => was,
                None if period.is_kept(id.as_str()) => Cells::new(),
                None => {
                    let was = old.get(id).map(|cells| of_month(cells, period.month)).unwrap_or_default();
                    new.push((*id, period.month, cells::write(&was)));
                    was
                }
            };
            all.entry(*id).or_default().insert(period.month, was);
        }
    }
    kept::keep(tx, &new)?;
    Ok(all)
}

/// By record and month.
pub type Months = HashMap<Id, BTreeMap<i32, Cells>>;

/// What was frozen of these records, and the differences that were noticed; of a month that is being frozen, what is counted
/// until now. Nothing is written.
pub fn kept(tx: &mut Tx, ids: &[Id], counted: &BTreeMap<Id, Cells>) -> Result<(Months, Months)> {
    let periods = kept::periods(tx)?;
    let (mut frozen, mut noticed) = (Months::new(), Months::new());
    if periods.is_empty() {
        return Ok((frozen, noticed));
    }
    for id in ids {
        for period in &periods {
            let was = if period.is_kept(id.as_str()) { None } else { counted.get(id) };
            frozen.entry(*id).or_default().insert(period.month, was.map(|cells| of_month(cells, period.month)).unwrap_or_default());
        }
    }
    for (id, month, body) in kept::frozen(tx, ids)? {
        frozen.entry(id).or_default().insert(month, cells::read(&body));
    }
    for row in kept::open_of(tx, ids)? {
        noticed.entry(row.record_id).or_default().insert(row.month, cells::read(&row.body));
    }
    Ok((frozen, noticed))
}

/// What is counted of these records, given what they contribute now and what was counted until now; differences in frozen
/// months are noticed. Under the lock.
pub fn held(tx: &mut Tx, kind: &str, now: HashMap<Id, Cells>, old: &HashMap<Id, Cells>) -> Result<HashMap<Id, Cells>> {
    let periods = kept::periods(tx)?;
    if periods.is_empty() {
        return Ok(now);
    }
    let ids: Vec<Id> = now.keys().copied().collect();
    let frozen = frozen(tx, &periods, &ids, old)?;
    let open = kept::open_of(tx, &ids)?;
    let none = BTreeMap::new();
    let mut counted = HashMap::new();
    for (id, cells) in now {
        let held = hold(&cells, frozen.get(&id).unwrap_or(&none));
        for (month, difference) in &held.differences {
            let there = open.iter().find(|a| a.record_id == id && a.month == *month);
            notice(tx, kind, id, *month, difference, there)?;
        }
        counted.insert(id, held.counted);
    }
    Ok(counted)
}

fn notice(tx: &mut Tx, kind: &str, id: Id, month: i32, difference: &Cells, there: Option<&Adjustment>) -> Result<()> {
    let body = cells::write(difference);
    match there {
        None if difference.is_empty() => Ok(()),
        None => {
            let row = Adjustment {
                id: Id::new(),
                month,
                record_kind: kind.to_owned(),
                record_id: id,
                state: AdjustmentState::Noticed,
                body,
                entry: Private::seal(tx.vault, &AdjustmentEntry::default())?,
                proposed_by: None,
                settled_at: None,
                version: 1,
                created_at: tx.now,
                updated_at: tx.now,
            };
            kept::insert(tx, &row)
        }
        Some(row) if row.body == body => Ok(()),
        // It is another difference now: what was said of it is past.
        Some(row) => {
            let state = if difference.is_empty() { AdjustmentState::Gone } else { AdjustmentState::Noticed };
            let row = Adjustment { state, body, proposed_by: None, version: row.version + 1, updated_at: tx.now, ..row.clone() };
            kept::save(tx, &row).map(|_| ())
        }
    }
}

/// Enters a difference: the frozen month becomes what the record says.
pub fn enter(tx: &mut Tx, row: &Adjustment) -> Result<()> {
    store::lock(tx)?;
    let was = kept::frozen(tx, &[row.record_id])?.into_iter().find(|(_, month, _)| *month == row.month).map(|(.., body)| cells::read(&body));
    let is = with(&was.unwrap_or_default(), &cells::read(&row.body));
    kept::put(tx, row.record_id, row.month, &cells::write(&is))?;
    keeping::recount(tx, &row.record_kind, &[row.record_id])
}

/// Whether a month is being frozen.
pub fn freezing(tx: &mut Tx) -> Result<bool> {
    Ok(kept::periods(tx)?.iter().any(|p| p.state == PeriodState::Freezing))
}

/// Keeps what the next records contributed to the month that is being frozen; answers how many there were.
pub fn freeze(tx: &mut Tx) -> Result<usize> {
    store::lock(tx)?;
    let Some(mut period) = kept::periods(tx)?.into_iter().find(|p| p.state == PeriodState::Freezing) else { return Ok(0) };
    let rows = kept::facts_after(tx, &period.after, BATCH)?;
    let ids: Vec<Id> = rows.iter().map(|(id, _)| *id).collect();
    let there: Vec<Id> = kept::frozen(tx, &ids)?.into_iter().filter(|(_, month, _)| *month == period.month).map(|(id, ..)| id).collect();
    let new: Vec<(Id, i32, String)> = rows
        .iter()
        .filter(|(id, _)| !there.contains(id))
        .map(|(id, body)| (*id, of_month(&cells::read(body), period.month)))
        .filter(|(_, cells)| !cells.is_empty())
        .map(|(id, cells)| (id, period.month, cells::write(&cells)))
        .collect();
    kept::keep(tx, &new)?;
    match ids.last() {
        Some(last) => period.after = last.to_string(),
        None => period.state = PeriodState::Frozen,
    }
    period.updated_at = tx.now;
    kept::save_period(tx, &period)?;
    if period.state == PeriodState::Frozen {
        let month = month_start(period.month).format("%Y-%m").to_string();
        let params = serde_json::json!({ "month": month });
        let kind = "statistics_period.frozen";
        let event = NewEvent { record_kind: "statistics_period", record_id: period.id, version: 2, kind, audience: Audience::Staff, params, words: None };
        events::record(tx, &Actor::system("statistics"), event)?;
    }
    Ok(rows.len().max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::cells::Cell;

    fn cells(of: &[(i32, i64)]) -> Cells {
        let cell = |day| Cell { measure: 1, day, center: 1, item: 0, channel: 0, mode: 0, department: 0 };
        of.iter().filter(|(_, n)| *n != 0).map(|(day, n)| (cell(*day), *n)).collect()
    }

    proptest! {
        #[test]
        fn what_was_frozen_is_counted_and_the_rest_is_noticed(now in proptest::collection::btree_map(739_000_i32..739_090, -3_i64..4, 0..12),
                                                              then in proptest::collection::btree_map(739_000_i32..739_090, -3_i64..4, 0..12)) {
            let (now, then) = (cells(&now.into_iter().collect::<Vec<_>>()), cells(&then.into_iter().collect::<Vec<_>>()));
            let month = month_number(day_of(739_045));
            let frozen = BTreeMap::from([(month, of_month(&then, month))]);
            let held = hold(&now, &frozen);
            prop_assert_eq!(of_month(&held.counted, month), of_month(&then, month));
            prop_assert_eq!(with(&held.counted, &held.differences[&month]), now.clone());
            let other = |c: &Cells| less(c, &of_month(c, month));
            prop_assert_eq!(other(&held.counted), other(&now));
        }
    }
}
