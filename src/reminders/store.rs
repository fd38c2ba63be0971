//! SQL of reminders.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::machine::{ReminderAbout, ReminderState};
use crate::{
    db::{Private, Result, Tx, schema::reminders},
    kernel::{Id, Moment},
};

/// What people wrote.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReminderRecord {
    /// What is urged.
    pub message: String,
    /// Code of the step.
    pub step: Option<String>,
    /// What is urged, by name: a step, the number of a transfer.
    pub subject: String,
    /// Who is urged, by name.
    pub to_name: String,
    /// The answer.
    pub answer: String,
    /// What proves an answer that the sender recorded.
    pub evidence: String,
    /// By when it will be done, as answered.
    pub expected_on: Option<chrono::NaiveDate>,
    /// When answered.
    pub answered_at: Option<Moment>,
    /// Who answered, or recorded it.
    pub answered_by: Option<Id>,
}

/// A reminder.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reminders, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Reminder {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// About what.
    pub about: ReminderAbout,
    /// The step, transfer, joint handling, arbitration or matter.
    pub about_id: Id,
    /// Which center urges.
    pub from_center_id: Id,
    /// Who sent it.
    pub sent_by: Option<Id>,
    /// The center that is urged, or that of the department.
    pub to_center_id: Id,
    /// The department that is urged.
    pub to_department_id: Option<Id>,
    /// The agent who is urged.
    pub to_user_id: Option<Id>,
    /// State.
    pub state: ReminderState,
    /// What people wrote.
    pub record: Private<ReminderRecord>,
    /// Answer until.
    pub due_at: Moment,
    /// Version.
    pub version: i64,
    /// When sent.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn reminder(tx: &mut Tx, id: Id) -> Result<Option<Reminder>> {
    Ok(reminders::table.filter(reminders::id.eq(id)).select(Reminder::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn reminder_by_number(tx: &mut Tx, number: &str) -> Result<Option<Reminder>> {
    Ok(reminders::table.filter(reminders::number.eq(number)).select(Reminder::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn reminders_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Reminder>> {
    Ok(reminders::table.filter(reminders::id.eq_any(ids.to_vec())).select(Reminder::as_select()).load(tx.conn)?)
}

/// Those of a matter that wait for an answer, oldest first.
pub fn waiting(tx: &mut Tx, entrustment: Id) -> Result<Vec<Reminder>> {
    Ok(reminders::table
        .filter(reminders::entrustment_id.eq(entrustment))
        .filter(reminders::state.eq(ReminderState::Sent))
        .order(reminders::created_at.asc())
        .select(Reminder::as_select())
        .load(tx.conn)?)
}

/// Those of a matter, oldest first.
pub fn of_matter(tx: &mut Tx, entrustment: Id) -> Result<Vec<Reminder>> {
    Ok(reminders::table.filter(reminders::entrustment_id.eq(entrustment)).order(reminders::id.asc()).limit(500).select(Reminder::as_select()).load(tx.conn)?)
}

/// A new reminder.
pub fn insert(tx: &mut Tx, row: &Reminder) -> Result<()> {
    diesel::insert_into(reminders::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a reminder whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Reminder) -> Result<bool> {
    let changed =
        diesel::update(reminders::table.filter(reminders::id.eq(row.id)).filter(reminders::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)?;
    Ok(changed == 1)
}
