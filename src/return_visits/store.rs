//! SQL of return visits.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::machine::{ReturnVisitReason, ReturnVisitState};
use crate::{
    db::{Private, Result, Tx, schema::return_visits},
    kernel::{Id, Moment},
    tickets::FeedbackWay,
};

/// What was asked and said: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReturnVisitDetails {
    /// What to ask about, or why nobody is asked any more.
    pub note: String,
    /// How they were asked.
    pub way: Option<FeedbackWay>,
    /// 响应: somebody took care of it.
    pub responded: Option<bool>,
    /// 解决: it is solved.
    pub resolved: Option<bool>,
    /// 满意: they are satisfied.
    pub satisfied: Option<bool>,
    /// What they said.
    pub words: String,
    /// Number of the recording, or of the sheet.
    pub evidence: String,
}

/// A return visit.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = return_visits, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ReturnVisit {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// The center of the ticket, or of the matter.
    pub center_id: Id,
    /// About which ticket.
    pub ticket_id: Option<Id>,
    /// Which of its callers.
    pub caller_id: Option<Id>,
    /// About which round of it.
    pub round: i32,
    /// Why.
    pub reason: ReturnVisitReason,
    /// State.
    pub state: ReturnVisitState,
    /// Attempts in vain.
    pub attempts: i32,
    /// Civil date of the last one, `YYYY-MM-DD`.
    pub last_attempt_on: Option<String>,
    /// What was asked and said.
    pub details: Private<ReturnVisitDetails>,
    /// Visit until.
    pub due_at: Moment,
    /// When they were asked.
    pub visited_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When planned.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// Or about which matter; then its applicant is asked.
    pub entrustment_id: Option<Id>,
}

/// By id.
pub fn visit(tx: &mut Tx, id: Id) -> Result<Option<ReturnVisit>> {
    Ok(return_visits::table.find(id).select(ReturnVisit::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn visit_by_number(tx: &mut Tx, number: &str) -> Result<Option<ReturnVisit>> {
    Ok(return_visits::table.filter(return_visits::number.eq(number)).select(ReturnVisit::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn visits_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<ReturnVisit>> {
    Ok(return_visits::table.filter(return_visits::id.eq_any(ids.to_vec())).select(ReturnVisit::as_select()).load(tx.conn)?)
}

/// The visits about a ticket.
pub fn of_ticket(tx: &mut Tx, ticket: Id) -> Result<Vec<ReturnVisit>> {
    let rows = return_visits::table.filter(return_visits::ticket_id.eq(ticket)).order(return_visits::id.asc());
    Ok(rows.select(ReturnVisit::as_select()).load(tx.conn)?)
}

/// The visits about a matter.
pub fn of_matter(tx: &mut Tx, matter: Id) -> Result<Vec<ReturnVisit>> {
    let rows = return_visits::table.filter(return_visits::entrustment_id.eq(matter)).order(return_visits::id.asc());
    Ok(rows.select(ReturnVisit::as_select()).load(tx.conn)?)
}

/// A new visit.
pub fn insert(tx: &mut Tx, row: &ReturnVisit) -> Result<()> {
    diesel::insert_into(return_visits::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a visit whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &ReturnVisit) -> Result<bool> {
    let old = return_visits::table.filter(return_visits::id.eq(row.id)).filter(return_visits::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}
