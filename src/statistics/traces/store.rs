//! The rows of the index, and the walk along it.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use diesel::{prelude::*, sql_query, sql_types};

use crate::{
    db::{Result, Tx, schema::stat_traces},
    kernel::Id,
    statistics::cells::{Cells, Keys, Places},
};

/// Of which measures something is: one bit each. Flows between levels have none; they are no figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    low: i64,
    high: i64,
}

impl Bits {
    /// Of these measures.
    pub fn of(measures: impl IntoIterator<Item = i32>) -> Self {
        let mut bits = Self::default();
        measures.into_iter().for_each(|measure| bits.add(measure));
        bits
    }

    fn add(&mut self, measure: i32) {
        match measure {
            0..=62 => self.low |= 1 << measure,
            63..=125 => self.high |= 1 << (measure - 63),
            _ => {}
        }
    }

    fn sql(self) -> String {
        format!("((low & {}) <> 0 OR (high & {}) <> 0)", self.low, self.high)
    }
}

/// What is indexed of a record at a center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    first: i32,
    last: i32,
    bits: Bits,
}

/// By center, and whether at that very center.
pub type Traces = BTreeMap<(i32, bool), Trace>;

/// What is indexed of a record; none where it contributes nothing.
pub fn of(cells: &Cells, places: &Places) -> Option<Traces> {
    let mut all = Traces::new();
    for cell in cells.keys() {
        let below = places.nodes(cell.center).map(|node| (node, false));
        for key in below.chain([(cell.center, true)]) {
            let trace = all.entry(key).or_insert(Trace { first: cell.day, last: cell.day, bits: Bits::default() });
            trace.first = trace.first.min(cell.day);
            trace.last = trace.last.max(cell.day);
            trace.bits.add(cell.measure);
        }
    }
    Some(all).filter(|all| !all.is_empty())
}

/// Keeps where these records are counted now.
pub fn keep(tx: &mut Tx, keys: &mut Keys, places: &mut Places, ids: &[Id], now: &HashMap<Id, Cells>) -> Result<()> {
    places.learn(tx, keys, now.values().flat_map(BTreeMap::keys))?;
    diesel::delete(stat_traces::table.filter(stat_traces::record_id.eq_any(ids.iter().map(ToString::to_string).collect::<Vec<_>>()))).execute(tx.conn)?;
    let mut rows: Vec<((i32, bool), Id, Trace)> = Vec::new();
    for (id, cells) in now {
        rows.extend(of(cells, places).into_iter().flatten().map(|(key, trace)| (key, *id, trace)));
    }
    rows.sort_by_key(|row| (row.0, row.1));
    // Numbers of this program and ids.
    for chunk in rows.chunks(200) {
        let mut sql = String::from("INSERT INTO stat_traces (node, own, record_id, first_day, last_day, low, high) VALUES ");
        for (at, ((node, own), id, t)) in chunk.iter().enumerate() {
            let (comma, own) = (if at == 0 { "" } else { ", " }, if *own { "TRUE" } else { "FALSE" });
            let _ = write!(sql, "{comma}({node}, {own}, '{id}', {}, {}, {}, {})", t.first, t.last, t.bits.low, t.bits.high);
        }
        tx.conn.execute_batch(&sql)?;
    }
    Ok(())
}

/// What a row is read as.
type Row = (String, i32, bool, i32, i32, i64, i64);

/// What is indexed of these records.
pub fn of_records(tx: &mut Tx, ids: &[Id]) -> Result<HashMap<Id, Traces>> {
    use stat_traces as t;
    let rows: Vec<Row> = t::table
        .filter(t::record_id.eq_any(ids.iter().map(ToString::to_string).collect::<Vec<_>>()))
        .select((t::record_id, t::node, t::own, t::first_day, t::last_day, t::low, t::high))
        .load(tx.conn)?;
    let mut all: HashMap<Id, Traces> = HashMap::new();
    for (id, node, own, first, last, low, high) in rows {
        if let Ok(id) = id.parse() {
            all.entry(id).or_default().insert((node, own), Trace { first, last, bits: Bits { low, high } });
        }
    }
    Ok(all)
}

/// An id.
#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = sql_types::Text)]
    record_id: String,
}

/// Rows of records that are not counted; the first of them.
pub fn orphans(tx: &mut Tx) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT t.record_id FROM stat_traces t LEFT JOIN stat_facts f ON f.record_id = t.record_id WHERE f.record_id IS NULL LIMIT 100";
    Ok(sql_query(sql).load::<Found>(tx.conn)?.into_iter().map(|row| row.record_id).collect())
}

/// What is walked.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// Where.
    pub node: i32,
    /// At that very center.
    pub own: bool,
    /// What happened from this day.
    pub from: i32,
    /// Before this one.
    pub to: i32,
    /// Of these measures.
    pub flows: Bits,
    /// What stands at the end of the day before this one.
    pub end: i32,
    /// Of these measures.
    pub stocks: Bits,
}

/// The next records that may be behind a figure: all that are, and some more.
pub fn candidates(tx: &mut Tx, walk: &Walk, after: Option<Id>, limit: usize) -> Result<Vec<Id>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let sql = format!(
        "SELECT record_id FROM stat_traces WHERE node = {} AND own = {} AND record_id > '{after}' \
         AND ((first_day < {} AND last_day >= {} AND {}) OR (first_day < {} AND {})) ORDER BY record_id LIMIT {limit}",
        walk.node,
        if walk.own { "TRUE" } else { "FALSE" },
        walk.to,
        walk.from,
        walk.flows.sql(),
        walk.end,
        walk.stocks.sql()
    );
    Ok(sql_query(sql).load::<Found>(tx.conn)?.into_iter().filter_map(|row| row.record_id.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_its_own_bit() {
        let all: Vec<Bits> = (0..126).map(|measure| Bits::of([measure])).collect();
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| other != one) && *one != Bits::default());
        }
        assert_eq!(Bits::of([1000, 1199]), Bits::default());
        assert!(crate::indicators::Measure::ALL.iter().all(|m| m.id() < 126), "a measure beyond has no bit");
    }
}
