//! The first answer to each `Idempotency-Key`, stored in the transaction of its effect.

use diesel::prelude::*;

use super::{Result, Sealed, Tx, dialect, schema::idempotency_keys as k};
use crate::kernel::{ErrorCode, Moment, Problem};

/// What was answered first.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = k, treat_none_as_default_value = false)]
pub struct FirstAnswer {
    /// Of the request's bytes.
    pub digest: String,
    /// HTTP status.
    pub status: i32,
    /// `Location`.
    pub location: Option<String>,
    /// `ETag`.
    pub etag: Option<String>,
    /// The body, sealed: it may hold personal data.
    pub body: Sealed,
}

/// The first answer under a key. On PostgreSQL a second request in flight finds the lock taken (409); SQLite's single
/// writer has let the first one finish.
pub fn first_answer(tx: &mut Tx, scope: &str) -> Result<Option<FirstAnswer>> {
    if !dialect::try_lock(tx.conn, scope)? {
        return Err(Problem::of(ErrorCode::InProgress).into());
    }
    Ok(k::table.filter(k::scope.eq(scope)).select(FirstAnswer::as_select()).first(tx.conn).optional()?)
}

/// Keeps the first answer.
pub fn keep(tx: &mut Tx, scope: &str, first: &FirstAnswer) -> Result<()> {
    let FirstAnswer { digest, status, location, etag, body } = first;
    diesel::insert_into(k::table)
        .values((
            k::scope.eq(scope),
            k::digest.eq(digest.clone()),
            k::status.eq(*status),
            k::location.eq(location.clone()),
            k::etag.eq(etag.clone()),
            k::body.eq(body.clone()),
            k::created_at.eq(Moment::system()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets answers older than `before`; answers how many.
pub fn forget(tx: &mut Tx, before: Moment) -> Result<usize> {
    Ok(diesel::delete(k::table.filter(k::created_at.lt(before))).execute(tx.conn)?)
}
