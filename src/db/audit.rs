//! The append-only audit log, and counters of failed look-ups.

use diesel::prelude::*;

use super::{
    Result, Sealed, Tx,
    schema::{audit_log, lookup_failures},
};
use crate::kernel::{Id, Moment};

/// One audited access.
pub struct Entry<'a> {
    /// Who.
    pub actor_id: String,
    /// What.
    pub action: &'a str,
    /// On what kind of record.
    pub record_kind: &'a str,
    /// On which.
    pub record_id: Id,
    /// Why.
    pub reason: &'a str,
    /// In which request.
    pub request_id: &'a str,
}

/// Adds an entry; nothing ever changes or removes one.
pub fn record(tx: &mut Tx, e: &Entry) -> Result<()> {
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::id.eq(Id::new()),
            audit_log::actor_id.eq(e.actor_id.clone()),
            audit_log::action.eq(e.action),
            audit_log::record_kind.eq(e.record_kind),
            audit_log::record_id.eq(e.record_id),
            // In words, which may name somebody: a copy of the database tells them to nobody.
            audit_log::reason.eq(Sealed::seal(tx.vault, e.reason)?),
            audit_log::detail.eq("{}"),
            audit_log::request_id.eq(e.request_id),
            audit_log::created_at.eq(Moment::system()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets counters of past hours.
pub fn forget_failures(tx: &mut Tx, before_hour: i64) -> Result<usize> {
    Ok(diesel::delete(lookup_failures::table.filter(lookup_failures::hour.lt(before_hour))).execute(tx.conn)?)
}
