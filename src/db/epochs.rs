//! Named counters that outlive the process.

use diesel::prelude::*;

use super::{Result, Tx, schema::epochs};

/// The value of a name, if it has one.
pub fn epoch(tx: &mut Tx, name: &str) -> Result<Option<i64>> {
    Ok(epochs::table.find(name).select(epochs::value).first(tx.conn).optional()?)
}

/// Keeps a value under a name.
pub fn keep_epoch(tx: &mut Tx, name: &str, value: i64) -> Result<()> {
    if diesel::update(epochs::table.find(name)).set(epochs::value.eq(value)).execute(tx.conn)? == 0 {
        diesel::insert_into(epochs::table).values((epochs::name.eq(name), epochs::value.eq(value))).execute(tx.conn)?;
    }
    Ok(())
}
