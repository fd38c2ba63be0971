//! SQL of transfers.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::machine::TransferState;
use crate::{
    db::{Private, Result, Tx, schema::transfers},
    kernel::{Id, Moment},
    routing::Explanation,
};

/// What was said of a transfer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferRecord {
    /// Why, in the sender's words.
    pub reason: String,
    /// What the resolver said.
    pub why: Option<Explanation>,
    /// Hand-over list of papers 资料交接清单.
    pub papers: Vec<String>,
    /// What arrived, once somebody has said so.
    pub papers_received: Option<Vec<String>>,
    /// Why returned.
    pub return_reason: String,
    /// The applicant agreed.
    pub applicant_consent: bool,
    /// Who offered.
    pub offered_by: Option<Id>,
    /// Who answered.
    pub answered_by: Option<Id>,
    /// When answered.
    pub answered_at: Option<Moment>,
}

/// A transfer.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = transfers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Transfer {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// Sender.
    pub from_center_id: Id,
    /// Receiver.
    pub to_center_id: Id,
    /// State.
    pub state: TransferState,
    /// What was said.
    pub record: Private<TransferRecord>,
    /// Answer until.
    pub due_at: Moment,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn transfer(tx: &mut Tx, id: Id) -> Result<Option<Transfer>> {
    Ok(transfers::table.filter(transfers::id.eq(id)).select(Transfer::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn transfer_by_number(tx: &mut Tx, number: &str) -> Result<Option<Transfer>> {
    Ok(transfers::table.filter(transfers::number.eq(number)).select(Transfer::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn transfers_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Transfer>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(transfers::table.filter(transfers::id.eq_any(ids.to_vec())).select(Transfer::as_select()).load(tx.conn)?)
}

/// Receivers that returned a matter or let its offer expire, once for each time.
pub fn returns(tx: &mut Tx, entrustment: Id) -> Result<Vec<Id>> {
    Ok(transfers::table
        .filter(transfers::entrustment_id.eq(entrustment))
        .filter(transfers::state.eq_any([TransferState::Returned, TransferState::Expired]))
        .select(transfers::to_center_id)
        .load(tx.conn)?)
}

/// Those of a matter, oldest first.
pub fn of_matter(tx: &mut Tx, entrustment: Id) -> Result<Vec<Transfer>> {
    Ok(transfers::table.filter(transfers::entrustment_id.eq(entrustment)).order(transfers::id.asc()).select(Transfer::as_select()).load(tx.conn)?)
}

/// A new offer.
pub fn insert(tx: &mut Tx, row: &Transfer) -> Result<()> {
    diesel::insert_into(transfers::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a transfer whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Transfer) -> Result<bool> {
    let changed =
        diesel::update(transfers::table.filter(transfers::id.eq(row.id)).filter(transfers::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)?;
    Ok(changed == 1)
}

/// Offers whose time is over.
pub fn overdue(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Id>> {
    Ok(transfers::table
        .filter(transfers::state.eq(TransferState::Offered))
        .filter(transfers::due_at.le(now))
        .order(transfers::due_at.asc())
        .limit(limit)
        .select(transfers::id)
        .load(tx.conn)?)
}
