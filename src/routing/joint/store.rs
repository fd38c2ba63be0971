//! SQL of joint handlings.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::machine::JointState;
use crate::{
    db::{Json, Private, Result, Tx, schema::joint_handlings},
    kernel::{Id, Moment},
};

/// What was said in a joint handling.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct JointRecord {
    /// Why, and what is asked.
    pub reason: String,
    /// Papers that go along.
    pub papers: Vec<String>,
    /// The steps are to be done by this day; absent: by the city's limit.
    pub due_on: Option<chrono::NaiveDate>,
    /// Why declined.
    pub decline_reason: String,
    /// What was reported, oldest first.
    pub notes: Vec<JointNote>,
    /// What was asked for last.
    pub asked: Option<JointNote>,
    /// Results, as they came back.
    pub results: Vec<HandedBack>,
    /// Why cancelled.
    pub cancel_reason: String,
    /// Why extended.
    pub extension_reason: String,
    /// It was extended.
    pub extended: bool,
    /// Who asked.
    pub requested_by: Option<Id>,
    /// Who answered.
    pub answered_by: Option<Id>,
    /// When answered.
    pub answered_at: Option<Moment>,
    /// When ended.
    pub ended_at: Option<Moment>,
}

/// Words with their time.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JointNote {
    /// In words.
    pub text: String,
    /// When.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// The result of a step, handed back to the custodian.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandedBack {
    /// Which step.
    #[schema(example = "S2")]
    pub step: String,
    /// Papers handed over.
    pub papers: Vec<String>,
    /// In words; empty where the view is masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub note: String,
    /// When.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// A joint handling.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = joint_handlings, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct JointHandling {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// The custodian.
    pub from_center_id: Id,
    /// Who carries the steps, or whose department does.
    pub to_center_id: Id,
    /// The department, where one is asked and no center.
    pub department_id: Option<Id>,
    /// The agent there.
    pub assignee_id: Option<Id>,
    /// The arbitration that imposed it.
    pub arbitration_id: Option<Id>,
    /// State.
    pub state: JointState,
    /// Codes of the steps.
    pub steps: Json<Vec<String>>,
    /// What was said.
    pub record: Private<JointRecord>,
    /// Answer until; never while it rests or once answered.
    pub answer_due_at: Moment,
    /// The nearest deadline.
    pub due_at: Moment,
    /// Version.
    pub version: i64,
    /// When asked for.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn joint_handling(tx: &mut Tx, id: Id) -> Result<Option<JointHandling>> {
    Ok(joint_handlings::table.filter(joint_handlings::id.eq(id)).select(JointHandling::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn joint_handling_by_number(tx: &mut Tx, number: &str) -> Result<Option<JointHandling>> {
    Ok(joint_handlings::table.filter(joint_handlings::number.eq(number)).select(JointHandling::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn joint_handlings_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<JointHandling>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(joint_handlings::table.filter(joint_handlings::id.eq_any(ids.to_vec())).select(JointHandling::as_select()).load(tx.conn)?)
}

/// Of a matter, oldest first.
pub fn of_matter(tx: &mut Tx, entrustment: Id) -> Result<Vec<JointHandling>> {
    Ok(joint_handlings::table
        .filter(joint_handlings::entrustment_id.eq(entrustment))
        .order(joint_handlings::id.asc())
        .select(JointHandling::as_select())
        .load(tx.conn)?)
}

/// A new joint handling.
pub fn insert(tx: &mut Tx, row: &JointHandling) -> Result<()> {
    diesel::insert_into(joint_handlings::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a joint handling whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &JointHandling) -> Result<bool> {
    let changed = diesel::update(joint_handlings::table.filter(joint_handlings::id.eq(row.id)).filter(joint_handlings::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Requests whose time to answer is over.
pub fn overdue(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Id>> {
    Ok(joint_handlings::table
        .filter(joint_handlings::state.eq(JointState::Requested))
        .filter(joint_handlings::answer_due_at.le(now))
        .order(joint_handlings::answer_due_at.asc())
        .limit(limit)
        .select(joint_handlings::id)
        .load(tx.conn)?)
}
