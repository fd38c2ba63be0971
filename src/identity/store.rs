//! SQL of providers, of who is on the way through one, and of assertions that were used.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    asserted::Identity,
    providers::{ProviderKind, ProviderSettings, ProviderStatus},
};
use crate::{
    db::{
        Private, Result, Tx,
        schema::{identity_providers, login_attempts, used_assertions},
    },
    kernel::{Id, Moment},
};

/// A platform that says who somebody is.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = identity_providers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Provider {
    /// Identity.
    pub id: Id,
    /// Its name in addresses.
    pub name: String,
    /// How it is talked to.
    pub kind: ProviderKind,
    /// State.
    pub status: ProviderStatus,
    /// What holds, with its secret.
    pub settings: Private<ProviderSettings>,
    /// What another person has yet to approve.
    pub pending: Option<Private<ProviderSettings>>,
    /// Who proposed it.
    pub proposed_by: Option<Id>,
    /// Who approved last.
    pub approved_by: Option<Id>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// What is kept of somebody on the way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AttemptWords {
    /// Ties the answer to the question.
    pub nonce: String,
    /// Our half of PKCE towards the provider.
    pub verifier: String,
    /// Where the portal wants them back.
    pub redirect_uri: String,
    /// What the portal wants back.
    pub state: String,
    /// The portal's half of PKCE towards us.
    pub challenge: String,
}

/// Somebody on the way through a provider.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = login_attempts, primary_key(state_mark), treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Attempt {
    /// Keyed hash of the state.
    pub state_mark: String,
    /// Through which provider.
    pub provider_id: Id,
    /// For which client.
    pub client_id: Id,
    /// The rest.
    pub words: Private<AttemptWords>,
    /// Keyed hash of the code that the portal redeems.
    pub code_mark: Option<String>,
    /// Who came back.
    pub identity: Option<Private<Identity>>,
    /// When the code was redeemed.
    pub used_at: Option<Moment>,
    /// Good until, in system time.
    pub expires_at: Moment,
}

/// By id or name.
pub fn provider(tx: &mut Tx, reference: &str) -> Result<Option<Provider>> {
    let q = identity_providers::table.select(Provider::as_select());
    match reference.parse::<Id>() {
        Ok(id) => Ok(q.filter(identity_providers::id.eq(id)).first(tx.conn).optional()?),
        Err(_) => Ok(q.filter(identity_providers::name.eq(reference)).first(tx.conn).optional()?),
    }
}

/// All, in the order of their names: there are few.
pub fn providers(tx: &mut Tx) -> Result<Vec<Provider>> {
    Ok(identity_providers::table.order(identity_providers::name.asc()).limit(200).select(Provider::as_select()).load(tx.conn)?)
}

/// A new provider.
pub fn insert_provider(tx: &mut Tx, row: &Provider) -> Result<()> {
    diesel::insert_into(identity_providers::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a provider whose version was counted up by one; `false` when another was first.
pub fn save_provider(tx: &mut Tx, row: &Provider) -> Result<bool> {
    let old = identity_providers::table.filter(identity_providers::id.eq(row.id)).filter(identity_providers::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// Somebody sets out.
pub fn insert_attempt(tx: &mut Tx, row: &Attempt) -> Result<()> {
    diesel::insert_into(login_attempts::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Who set out with this state.
pub fn attempt(tx: &mut Tx, state_mark: &str) -> Result<Option<Attempt>> {
    Ok(login_attempts::table.find(state_mark).select(Attempt::as_select()).first(tx.conn).optional()?)
}

/// Who came back and was given this code.
pub fn attempt_by_code(tx: &mut Tx, code_mark: &str) -> Result<Option<Attempt>> {
    Ok(login_attempts::table.filter(login_attempts::code_mark.eq(code_mark)).select(Attempt::as_select()).first(tx.conn).optional()?)
}

/// Notes who came back; `false` when they had come back already.
pub fn come_back(tx: &mut Tx, row: &Attempt) -> Result<bool> {
    let open = login_attempts::table.filter(login_attempts::state_mark.eq(row.state_mark.clone())).filter(login_attempts::code_mark.is_null());
    Ok(diesel::update(open).set(row.clone()).execute(tx.conn)? == 1)
}

/// Redeems a code; `false` when it was redeemed before.
pub fn redeem(tx: &mut Tx, code_mark: &str, at: Moment) -> Result<bool> {
    let open = login_attempts::table.filter(login_attempts::code_mark.eq(code_mark)).filter(login_attempts::used_at.is_null());
    Ok(diesel::update(open).set(login_attempts::used_at.eq(Some(at))).execute(tx.conn)? == 1)
}

/// Uses an assertion up; `false` when it was used before.
pub fn use_up(tx: &mut Tx, mark: &str, expires_at: Moment) -> Result<bool> {
    let row = (used_assertions::mark.eq(mark.to_owned()), used_assertions::expires_at.eq(expires_at));
    match tx.savepoint(|tx| Ok(diesel::insert_into(used_assertions::table).values(row.clone()).execute(tx.conn)?)) {
        Ok(_) => Ok(true),
        Err(e) if e.is_unique() => Ok(false),
        Err(e) => Err(e),
    }
}

/// Forgets who never came back, and assertions that are too old to be sent again.
pub fn forget(tx: &mut Tx, before: Moment) -> Result<usize> {
    let attempts = diesel::delete(login_attempts::table.filter(login_attempts::expires_at.lt(before))).execute(tx.conn)?;
    Ok(attempts + diesel::delete(used_assertions::table.filter(used_assertions::expires_at.lt(before))).execute(tx.conn)?)
}
