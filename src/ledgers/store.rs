//! SQL of exports.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{machine::ExportState, writing::LedgerForm};
use crate::{
    auth::SubjectKind,
    db::{Private, Result, Tx, schema::exports},
    kernel::{Id, Moment},
};

/// What was ordered, by whom: the words of a search may name somebody.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ordered {
    /// The filters, as they are written in the query of the list.
    pub filter: String,
    /// What it is for.
    pub reason: String,
    /// Person or machine.
    pub kind: SubjectKind,
    /// The OAuth client the order came through.
    pub client: String,
    /// The request that ordered it.
    pub request_id: String,
}

/// An export.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = exports, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Export {
    /// Identity.
    pub id: Id,
    /// Code of the ledger.
    pub ledger: String,
    /// In which form.
    pub form: LedgerForm,
    /// State.
    pub state: ExportState,
    /// What was ordered.
    pub ordered: Private<Ordered>,
    /// By whom.
    pub requested_by: Id,
    /// Rows so far.
    pub rows: i64,
    /// How often it was begun.
    pub attempts: i32,
    /// Until when the server that makes it is believed to live, in system time.
    pub leased_until: Moment,
    /// The file.
    pub attachment_id: Option<Id>,
    /// Code of why it could not be made.
    pub failure: Option<String>,
    /// Until when the file is kept.
    pub expires_at: Moment,
    /// Version.
    pub version: i64,
    /// When ordered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn export(tx: &mut Tx, id: Id) -> Result<Option<Export>> {
    Ok(exports::table.filter(exports::id.eq(id)).select(Export::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn exports_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Export>> {
    Ok(exports::table.filter(exports::id.eq_any(ids.to_vec())).select(Export::as_select()).load(tx.conn)?)
}

/// How many of a caller's exports are not made yet.
pub fn unfinished(tx: &mut Tx, by: Id) -> Result<i64> {
    let open = exports::state.eq_any([ExportState::Queued, ExportState::Running]);
    Ok(exports::table.filter(open.and(exports::requested_by.eq(by))).count().get_result(tx.conn)?)
}

/// The next one to make: waiting, or left by a server that stopped.
pub fn next(tx: &mut Tx, system_now: Moment) -> Result<Option<Export>> {
    let open = exports::state.eq_any([ExportState::Queued, ExportState::Running]);
    let free = exports::leased_until.lt(system_now);
    Ok(exports::table.filter(open.and(free)).order(exports::leased_until.asc()).select(Export::as_select()).first(tx.conn).optional()?)
}

/// One whose file is no longer kept.
pub fn stale(tx: &mut Tx) -> Result<Option<Export>> {
    let over = exports::state.eq(ExportState::Ready).and(exports::expires_at.lt(tx.now));
    Ok(exports::table.filter(over).order(exports::expires_at.asc()).select(Export::as_select()).first(tx.conn).optional()?)
}

/// A new export.
pub fn insert(tx: &mut Tx, row: &Export) -> Result<()> {
    diesel::insert_into(exports::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an export whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Export) -> Result<bool> {
    let changed =
        diesel::update(exports::table.filter(exports::id.eq(row.id)).filter(exports::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)?;
    Ok(changed == 1)
}
