//! SQL of follow-ups.

use diesel::prelude::*;

use super::{
    machine::{AppealState, FollowUpMeasure, FollowUpState, FollowUpVerdict},
    model::FollowUpDetails,
};
use crate::{
    db::{Private, Result, Tx, schema::follow_ups},
    evaluations::{model::RatedKind, store::Grade},
    kernel::{Id, Moment},
    routing::arbitration::machine::Authority,
};

/// A follow-up.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = follow_ups, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct FollowUp {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// The rating that opened it.
    pub evaluation_id: Id,
    /// The second one.
    pub second_evaluation_id: Option<Id>,
    /// About which matter, where it is one.
    pub entrustment_id: Option<Id>,
    /// Rated center.
    pub center_id: Id,
    /// Rated person.
    pub staff_id: Option<Id>,
    /// Who rated, where they are registered.
    pub applicant_id: Option<Id>,
    /// How.
    pub grade: Grade,
    /// Named, or anonymous.
    pub is_named: bool,
    /// State.
    pub state: FollowUpState,
    /// 1, or 2 after it was sent back.
    pub round: i32,
    /// More time, because it is complex.
    pub is_complex: bool,
    /// What the verification said.
    pub verdict: Option<FollowUpVerdict>,
    /// How it was handled.
    pub measure: Option<FollowUpMeasure>,
    /// How an appeal stands.
    pub appeal: Option<AppealState>,
    /// Attempts in vain to reach the applicant.
    pub attempts: i32,
    /// Civil date of the last one, `YYYY-MM-DD`.
    pub last_attempt_on: Option<String>,
    /// Put right until, `YYYY-MM-DD`.
    pub fix_due_on: Option<String>,
    /// Who handles it; none: the leader of the center.
    pub handler_id: Option<Id>,
    /// As what the node above decides.
    pub authority: Option<Authority>,
    /// Which node decides an appeal, or looks at a second bad grade.
    pub decider_id: Option<Id>,
    /// What was said and done.
    pub details: Private<FollowUpDetails>,
    /// Nearest deadline.
    pub due_at: Moment,
    /// When it ended.
    pub closed_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// What was rated.
    pub record_kind: RatedKind,
    /// Which.
    pub record_id: Id,
}

impl FollowUp {
    /// Past its nearest deadline.
    pub fn is_overdue(&self, now: Moment) -> bool {
        !self.state.is_final() && self.due_at <= now
    }
}

/// By id.
pub fn follow_up(tx: &mut Tx, id: Id) -> Result<Option<FollowUp>> {
    Ok(follow_ups::table.find(id).select(FollowUp::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn follow_up_by_number(tx: &mut Tx, number: &str) -> Result<Option<FollowUp>> {
    Ok(follow_ups::table.filter(follow_ups::number.eq(number)).select(FollowUp::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn follow_ups_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<FollowUp>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(follow_ups::table.filter(follow_ups::id.eq_any(ids.to_vec())).select(FollowUp::as_select()).load(tx.conn)?)
}

/// A new one.
pub fn insert(tx: &mut Tx, row: &FollowUp) -> Result<()> {
    diesel::insert_into(follow_ups::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a follow-up whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &FollowUp) -> Result<bool> {
    let old = follow_ups::table.filter(follow_ups::id.eq(row.id)).filter(follow_ups::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// Gives a follow-up of the demo the number by which the examples name it.
pub fn renumber(tx: &mut Tx, id: Id, number: &str) -> Result<()> {
    diesel::update(follow_ups::table.find(id)).set(follow_ups::number.eq(number)).execute(tx.conn)?;
    Ok(())
}

/// The follow-ups of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(follow_ups::table.filter(follow_ups::applicant_id.eq(Some(from)))).set(follow_ups::applicant_id.eq(Some(to))).execute(tx.conn)?;
    Ok(())
}
