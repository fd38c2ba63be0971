//! SQL of clients' usage.

use diesel::prelude::*;

use super::model::UsageRow;
use crate::{
    db::{
        Result, Tx, dialect,
        schema::{client_usage, client_usage_codes},
    },
    kernel::Moment,
    usage::{UsageCount, UsageKey},
};

/// Adds a count to what is known: several servers add to the same row.
pub fn add(tx: &mut Tx, key: &UsageKey, count: &UsageCount) -> Result<()> {
    let mut numbers = vec![count.requests, count.limited, count.charged, count.succeeded, count.refused, count.failed];
    numbers.extend(count.durations);
    dialect::add_usage(tx.conn, &key.client, key.hour, &key.operation, &numbers, count.last_at.unwrap_or_else(Moment::system))?;
    for (code, n) in &count.codes {
        dialect::add_usage_code(tx.conn, &key.client, key.hour, &key.operation, code, *n)?;
    }
    Ok(())
}

/// What a client asked in the hours `from..to`.
pub fn within(tx: &mut Tx, client: &str, (from, to): (i64, i64)) -> Result<Vec<UsageRow>> {
    Ok(client_usage::table
        .filter(client_usage::client_id.eq(client))
        .filter(client_usage::hour.ge(from))
        .filter(client_usage::hour.lt(to))
        .order((client_usage::hour.asc(), client_usage::operation.asc()))
        .select(UsageRow::as_select())
        .load(tx.conn)?)
}

/// The codes of problems in the hours `from..to`.
pub fn codes_within(tx: &mut Tx, client: &str, (from, to): (i64, i64)) -> Result<Vec<(i64, String, String, i64)>> {
    use client_usage_codes as c;
    let rows = c::table.filter(c::client_id.eq(client)).filter(c::hour.ge(from)).filter(c::hour.lt(to));
    Ok(rows.select((c::hour, c::operation, c::code, c::requests)).load(tx.conn)?)
}

/// What was charged to each client since an hour.
pub fn used_since(tx: &mut Tx, hour: i64) -> Result<Vec<(String, i64)>> {
    let rows: Vec<(String, i64)> =
        client_usage::table.filter(client_usage::hour.ge(hour)).select((client_usage::client_id, client_usage::charged)).load(tx.conn)?;
    let mut all: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
    rows.into_iter().for_each(|(client, charged)| *all.entry(client).or_default() += charged);
    Ok(all.into_iter().collect())
}

/// When a client asked last.
pub fn last_used(tx: &mut Tx, client: &str) -> Result<Option<Moment>> {
    let last = client_usage::table.filter(client_usage::client_id.eq(client)).order(client_usage::hour.desc()).limit(100).select(client_usage::last_at);
    Ok(last.load::<Moment>(tx.conn)?.into_iter().max())
}

/// What is older than anybody looks at.
pub fn forget(tx: &mut Tx, before_hour: i64) -> Result<usize> {
    let rows = diesel::delete(client_usage::table.filter(client_usage::hour.lt(before_hour))).execute(tx.conn)?;
    Ok(rows + diesel::delete(client_usage_codes::table.filter(client_usage_codes::hour.lt(before_hour))).execute(tx.conn)?)
}
