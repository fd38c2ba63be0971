//! SQL of the keys of Open311 clients and of the updates that they sent.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    auth::store::{self as accounts, Client},
    db::{
        Private, Result, Tx,
        schema::{centers, events, hotline_orders, open311_keys, open311_updates},
    },
    hotline::model::Secrecy,
    kernel::{Id, Moment, sha256_hex},
};

/// A key; only its hash is kept.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = open311_keys, treat_none_as_default_value = false)]
pub struct Key {
    /// Identity.
    pub id: Id,
    /// Of which client.
    pub client_id: Id,
    /// SHA-256.
    pub key_hash: String,
    /// `active` or `revoked`.
    pub state: String,
    /// When made.
    pub created_at: Moment,
}

/// What a client said with an update.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateWords {
    /// In words.
    pub description: String,
    /// Where files lie.
    pub media: Vec<String>,
    /// Those that were sent along.
    pub files: Vec<Id>,
}

/// An update that a client sent.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = open311_updates, treat_none_as_default_value = false)]
pub struct Update {
    /// Identity: that of the event that it made.
    pub id: Id,
    /// Of which client.
    pub client_id: Id,
    /// The client's number of it.
    pub update_id: String,
    /// About which order.
    pub order_id: Id,
    /// What was said.
    pub details: Private<UpdateWords>,
    /// When it came.
    pub created_at: Moment,
}

/// The hotline whose key this is.
pub fn client_of(tx: &mut Tx, key: &str) -> Result<Option<Client>> {
    let hash = sha256_hex(key.as_bytes());
    let found = open311_keys::table.filter(open311_keys::key_hash.eq(hash)).filter(open311_keys::state.eq("active"));
    let Some(client) = found.select(open311_keys::client_id).first::<Id>(tx.conn).optional()? else { return Ok(None) };
    Ok(accounts::client_by_id(tx, client)?.filter(|c| c.status == "active" && c.kind == "hotline"))
}

/// The centers of those who have keys.
pub fn served(tx: &mut Tx) -> Result<Vec<Id>> {
    let clients: Vec<Id> = open311_keys::table.filter(open311_keys::state.eq("active")).select(open311_keys::client_id).load(tx.conn)?;
    let mut centers = Vec::new();
    for id in clients {
        centers.extend(accounts::client_by_id(tx, id)?.filter(|c| c.status == "active").and_then(|c| c.center_id));
    }
    centers.sort();
    centers.dedup();
    Ok(centers)
}

/// Gives a client a key; the same key again is there already.
pub fn add_key(tx: &mut Tx, client: Id, key: &str) -> Result<()> {
    let key_hash = sha256_hex(key.as_bytes());
    let there: Option<Id> = open311_keys::table.filter(open311_keys::key_hash.eq(key_hash.clone())).select(open311_keys::id).first(tx.conn).optional()?;
    if there.is_none() {
        let row = Key { id: Id::new(), client_id: client, key_hash, state: "active".into(), created_at: tx.now };
        diesel::insert_into(open311_keys::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// An update by the client's own number.
pub fn update(tx: &mut Tx, client: Id, order: Id, update_id: &str) -> Result<Option<Update>> {
    let rows = open311_updates::table
        .filter(open311_updates::client_id.eq(client))
        .filter(open311_updates::order_id.eq(order))
        .filter(open311_updates::update_id.eq(update_id.to_owned()));
    Ok(rows.select(Update::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn updates_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Update>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(open311_updates::table.filter(open311_updates::id.eq_any(ids.to_vec())).select(Update::as_select()).load(tx.conn)?)
}

/// Adds an update; the unique index says who was first.
pub fn insert_update(tx: &mut Tx, row: &Update) -> Result<()> {
    diesel::insert_into(open311_updates::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Keys, newest first: of a client, or all.
pub fn keys(tx: &mut Tx, client: Option<Id>) -> Result<Vec<Key>> {
    let mut q = open311_keys::table.order(open311_keys::id.desc()).select(Key::as_select()).into_boxed();
    if let Some(client) = client {
        q = q.filter(open311_keys::client_id.eq(client));
    }
    Ok(q.load(tx.conn)?)
}

/// A key opens nothing any more; `false`: there is no such key that does.
pub fn revoke(tx: &mut Tx, id: Id) -> Result<bool> {
    let active = open311_keys::table.filter(open311_keys::id.eq(id)).filter(open311_keys::state.eq("active"));
    Ok(diesel::update(active).set(open311_keys::state.eq("revoked")).execute(tx.conn)? == 1)
}

/// Which events are asked for.
pub struct Wanted {
    /// Of these kinds.
    pub kinds: Vec<String>,
    /// Of these orders, which the caller has looked at; none named: of all that the asking client sees.
    pub orders: Option<Vec<Id>>,
    /// Who asks.
    pub client: Option<Id>,
    /// Path of the center that they were filed at or below.
    pub path: Option<String>,
    /// From when until when.
    pub within: (Moment, Moment),
}

/// Events of hotline orders that the world may know of, oldest first.
pub fn events_of(tx: &mut Tx, wanted: &Wanted, skip: i64, limit: i64) -> Result<Vec<crate::events::Event>> {
    use hotline_orders as o;
    let mut q = events::table
        .filter(events::record_kind.eq("hotline_order"))
        .filter(events::occurred_at.ge(wanted.within.0))
        .filter(events::occurred_at.lt(wanted.within.1))
        .filter(events::kind.eq_any(wanted.kinds.clone()))
        .into_boxed();
    q = match &wanted.orders {
        Some(orders) => q.filter(events::record_id.eq_any(orders.clone())),
        None => {
            // All paths lie between nothing and a tilde.
            let path = wanted.path.clone().unwrap_or_default();
            let below = centers::table.filter(centers::path.lt(format!("{path}~"))).filter(centers::path.ge(path)).select(centers::id);
            // Nobody's own orders are none: NULL equals nothing. What has not changed since has no event since.
            let public = o::table
                .filter(o::service_code.is_not_null())
                .filter(o::secrecy.eq(Secrecy::Normal).or(o::client_id.eq(wanted.client)))
                .filter(o::home_center_id.eq_any(below))
                .filter(o::updated_at.ge(wanted.within.0))
                .select(o::id);
            q.filter(events::record_id.eq_any(public))
        }
    };
    Ok(q.order((events::occurred_at.asc(), events::id.asc())).offset(skip).limit(limit).select(crate::events::Event::as_select()).load(tx.conn)?)
}
