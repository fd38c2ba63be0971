//! SQL of settings.

use diesel::prelude::*;

use crate::db::{Result, Tx, schema::settings};

/// All values set at these nodes.
pub(super) fn values(tx: &mut Tx, nodes: &[String]) -> Result<Vec<(String, String, String)>> {
    Ok(settings::table.filter(settings::node.eq_any(nodes.to_vec())).select((settings::node, settings::name, settings::value)).load(tx.conn)?)
}

/// Sets a value at a node.
pub(super) fn put(tx: &mut Tx, node: &str, name: &str, value: &serde_json::Value) -> Result<()> {
    let text = value.to_string();
    let changed = diesel::update(settings::table.filter(settings::node.eq(node)).filter(settings::name.eq(name)))
        .set((settings::value.eq(text.clone()), settings::version.eq(settings::version + 1), settings::updated_at.eq(tx.now)))
        .execute(tx.conn)?;
    if changed == 0 {
        diesel::insert_into(settings::table)
            .values((settings::node.eq(node), settings::name.eq(name), settings::value.eq(text), settings::version.eq(1), settings::updated_at.eq(tx.now)))
            .execute(tx.conn)?;
    }
    Ok(())
}
