//! SQL of frozen months and adjustments.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::machine::{AdjustmentState, PeriodState};
use crate::{
    db::{
        Private, Result, Tx,
        schema::{stat_adjustments, stat_facts, stat_frozen, stat_periods},
    },
    insert_many,
    kernel::{Id, Moment},
};

/// A month that is frozen, or being frozen.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = stat_periods, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Period {
    /// Which; see `cells::month_number`.
    pub month: i32,
    /// Identity.
    pub id: Id,
    /// State.
    pub state: PeriodState,
    /// The record after which to go on.
    pub after: String,
    /// Who had it frozen.
    pub frozen_by: Option<Id>,
    /// When that was asked.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

impl Period {
    /// What this record contributed is kept: where there is none, it was nothing.
    pub fn is_kept(&self, record: &str) -> bool {
        self.state == PeriodState::Frozen || record <= self.after.as_str()
    }
}

/// What was said of a difference.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AdjustmentEntry {
    /// Why.
    pub reason: String,
    /// Number of the document that it rests on.
    pub document_no: String,
    /// What was said when it was approved, refused or left out.
    pub answer: String,
    /// Who settled it.
    pub settled_by: Option<Id>,
}

/// What changed in a record after its month was frozen.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = stat_adjustments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Adjustment {
    /// Identity.
    pub id: Id,
    /// Of which month.
    pub month: i32,
    /// Kind of the record.
    pub record_kind: String,
    /// The record.
    pub record_id: Id,
    /// State.
    pub state: AdjustmentState,
    /// What the record contributes now less what is counted.
    pub body: String,
    /// What was said of it.
    pub entry: Private<AdjustmentEntry>,
    /// Who proposed it.
    pub proposed_by: Option<Id>,
    /// When it was entered or left out.
    pub settled_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When it was noticed.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// All months that are frozen, or being frozen, newest first.
pub fn periods(tx: &mut Tx) -> Result<Vec<Period>> {
    Ok(stat_periods::table.order(stat_periods::month.desc()).select(Period::as_select()).load(tx.conn)?)
}

/// Freezes a month from now on.
pub fn insert_period(tx: &mut Tx, row: &Period) -> Result<()> {
    diesel::insert_into(stat_periods::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Notes how far.
pub fn save_period(tx: &mut Tx, row: &Period) -> Result<()> {
    diesel::update(stat_periods::table.find(row.month)).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// What was frozen of these records: record, month, contributions.
pub fn frozen(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, i32, String)>> {
    use stat_frozen as f;
    Ok(f::table.filter(f::record_id.eq_any(ids.to_vec())).select((f::record_id, f::month, f::body)).load(tx.conn)?)
}

/// Keeps what records contributed.
pub fn keep(tx: &mut Tx, rows: &[(Id, i32, String)]) -> Result<()> {
    use stat_frozen as f;
    let rows: Vec<_> = rows.iter().map(|(id, month, body)| (f::record_id.eq(*id), f::month.eq(*month), f::body.eq(body.clone()))).collect();
    insert_many!(tx.conn, stat_frozen::table, &rows[..]);
    Ok(())
}

/// Changes what a record contributed.
pub fn put(tx: &mut Tx, id: Id, month: i32, body: &str) -> Result<()> {
    diesel::delete(stat_frozen::table.find((id, month))).execute(tx.conn)?;
    keep(tx, &[(id, month, body.to_owned())])
}

/// What all records last contributed, in order of their ids.
pub fn facts_after(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<(Id, String)>> {
    let rows = stat_facts::table.filter(stat_facts::record_id.gt(after)).order(stat_facts::record_id.asc()).limit(limit);
    Ok(rows.select((stat_facts::record_id, stat_facts::body)).load(tx.conn)?)
}

/// The differences that these records have with what is counted.
pub fn open_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Adjustment>> {
    use stat_adjustments as a;
    let rows = a::table.filter(a::record_id.eq_any(ids.to_vec())).filter(a::state.eq_any(AdjustmentState::OPEN));
    Ok(rows.select(Adjustment::as_select()).load(tx.conn)?)
}

/// By id.
pub fn adjustment(tx: &mut Tx, id: Id) -> Result<Option<Adjustment>> {
    Ok(stat_adjustments::table.find(id).select(Adjustment::as_select()).first(tx.conn).optional()?)
}

/// A new difference.
pub fn insert(tx: &mut Tx, row: &Adjustment) -> Result<()> {
    diesel::insert_into(stat_adjustments::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a difference whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Adjustment) -> Result<bool> {
    use stat_adjustments as a;
    Ok(diesel::update(a::table.filter(a::id.eq(row.id)).filter(a::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)? == 1)
}

/// A page of differences.
pub fn adjustments(tx: &mut Tx, months: &[i32], states: &[AdjustmentState], after: Option<Id>, ascending: bool, limit: i64) -> Result<Vec<Adjustment>> {
    use stat_adjustments as a;
    let mut q = a::table.select(Adjustment::as_select()).limit(limit).into_boxed();
    if !months.is_empty() {
        q = q.filter(a::month.eq_any(months.to_vec()));
    }
    if !states.is_empty() {
        q = q.filter(a::state.eq_any(states.to_vec()));
    }
    if let Some(id) = after {
        q = if ascending { q.filter(a::id.gt(id)) } else { q.filter(a::id.lt(id)) };
    }
    let q = if ascending { q.order(a::id.asc()) } else { q.order(a::id.desc()) };
    Ok(q.load(tx.conn)?)
}

/// How many differences a month has, by state.
pub fn counted(tx: &mut Tx) -> Result<Vec<(i32, AdjustmentState, i64)>> {
    use diesel::dsl::count_star;
    use stat_adjustments as a;
    Ok(a::table.group_by((a::month, a::state)).select((a::month, a::state, count_star())).load(tx.conn)?)
}
