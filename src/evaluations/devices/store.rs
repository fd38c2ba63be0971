//! SQL of counter tablets.

use diesel::prelude::*;

use crate::{
    db::{Result, Tx, code_enum, schema::rating_devices},
    kernel::{Id, Moment},
};

code_enum! {
    /// Whether a tablet may rate.
    DeviceState in "rating-device-states" {
        Active "active" "在用",
        Revoked "revoked" "已停用",
    }
}

/// A tablet.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = rating_devices, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Device {
    /// Identity.
    pub id: Id,
    /// Where it stands.
    pub center_id: Id,
    /// At which window.
    pub window_id: Option<Id>,
    /// What people call it.
    pub name: String,
    /// Hash of its token.
    pub token_hash: String,
    /// Whether it may rate.
    pub state: DeviceState,
    /// Who registered it.
    pub registered_by: Option<Id>,
    /// Since when it may not.
    pub revoked_at: Option<Moment>,
    /// The evaluation that the counter shows on it.
    pub presented_id: Option<Id>,
    /// Until when.
    pub presented_until: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When registered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn device(tx: &mut Tx, id: Id) -> Result<Option<Device>> {
    Ok(rating_devices::table.find(id).select(Device::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn devices_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Device>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(rating_devices::table.filter(rating_devices::id.eq_any(ids.to_vec())).select(Device::as_select()).load(tx.conn)?)
}

/// The tablet of a token, unless it was revoked.
pub fn active(tx: &mut Tx, token_hash: &str) -> Result<Option<Device>> {
    let row = rating_devices::table.filter(rating_devices::token_hash.eq(token_hash)).filter(rating_devices::state.eq(DeviceState::Active));
    Ok(row.select(Device::as_select()).first(tx.conn).optional()?)
}

/// A new one.
pub fn insert(tx: &mut Tx, row: &Device) -> Result<()> {
    diesel::insert_into(rating_devices::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a tablet whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Device) -> Result<bool> {
    let old = rating_devices::table.filter(rating_devices::id.eq(row.id)).filter(rating_devices::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}
