//! SQL of batches.

use diesel::prelude::*;

use super::{machine::BatchState, model::BatchDetails};
use crate::{
    db::{
        Private, Result, Tx,
        schema::{ticket_batch_items, ticket_batches},
    },
    kernel::{Id, Moment},
};

/// A batch.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = ticket_batches, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Batch {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Where the reform office sits.
    pub center_id: Id,
    /// For which month, `YYYY-MM`.
    pub month: String,
    /// State.
    pub state: BatchState,
    /// What people wrote.
    pub details: Private<BatchDetails>,
    /// Submit until.
    pub due_at: Moment,
    /// When it was submitted.
    pub submitted_at: Option<Moment>,
    /// When the last of its tickets was decided.
    pub decided_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A ticket of a batch.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = ticket_batch_items)]
pub struct BatchItem {
    /// Which batch.
    pub batch_id: Id,
    /// Which ticket.
    pub ticket_id: Id,
    /// What the government decided about it.
    pub decision: Option<Private<String>>,
    /// When.
    pub decided_at: Option<Moment>,
}

/// What is in a batch, oldest tickets first.
pub fn items(tx: &mut Tx, batch: Id) -> Result<Vec<BatchItem>> {
    let rows = ticket_batch_items::table.filter(ticket_batch_items::batch_id.eq(batch)).order(ticket_batch_items::ticket_id.asc());
    Ok(rows.select(BatchItem::as_select()).load(tx.conn)?)
}

/// One more.
pub fn insert_item(tx: &mut Tx, batch: Id, ticket: Id) -> Result<()> {
    let row = BatchItem { batch_id: batch, ticket_id: ticket, decision: None, decided_at: None };
    diesel::insert_into(ticket_batch_items::table).values(row).execute(tx.conn)?;
    Ok(())
}

/// One less.
pub fn remove_item(tx: &mut Tx, batch: Id, ticket: Id) -> Result<()> {
    diesel::delete(ticket_batch_items::table.find((batch, ticket))).execute(tx.conn)?;
    Ok(())
}

/// What was decided about one.
pub fn decide_item(tx: &mut Tx, batch: Id, ticket: Id, decision: &Private<String>, at: Moment) -> Result<()> {
    let change = (ticket_batch_items::decision.eq(Some(decision.clone())), ticket_batch_items::decided_at.eq(Some(at)));
    diesel::update(ticket_batch_items::table.find((batch, ticket))).set(change).execute(tx.conn)?;
    Ok(())
}

/// By id.
pub fn batch(tx: &mut Tx, id: Id) -> Result<Option<Batch>> {
    Ok(ticket_batches::table.find(id).select(Batch::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn batch_by_number(tx: &mut Tx, number: &str) -> Result<Option<Batch>> {
    Ok(ticket_batches::table.filter(ticket_batches::number.eq(number)).select(Batch::as_select()).first(tx.conn).optional()?)
}

/// The batch of a month.
pub fn of_month(tx: &mut Tx, center: Id, month: &str) -> Result<Option<Batch>> {
    let rows = ticket_batches::table.filter(ticket_batches::center_id.eq(center)).filter(ticket_batches::month.eq(month));
    Ok(rows.filter(ticket_batches::state.ne(BatchState::Cancelled)).select(Batch::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn batches_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Batch>> {
    Ok(ticket_batches::table.filter(ticket_batches::id.eq_any(ids.to_vec())).select(Batch::as_select()).load(tx.conn)?)
}

/// A new batch.
pub fn insert(tx: &mut Tx, row: &Batch) -> Result<()> {
    diesel::insert_into(ticket_batches::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a batch whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Batch) -> Result<bool> {
    let old = ticket_batches::table.filter(ticket_batches::id.eq(row.id)).filter(ticket_batches::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}
