//! SQL of users, grants, clients, refresh tokens and signing keys.

use diesel::prelude::*;

use super::{Grant, Role, clients::ClientSettings};
use crate::{
    db::{
        Json, Result, Sealed, Tx,
        schema::{client_settings, clients, deputies, epochs, grants, refresh_tokens, signing_keys, users},
    },
    kernel::{Id, Moment},
};

/// A person's account.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct User {
    /// Identity.
    pub id: Id,
    /// Login name.
    pub login: String,
    /// PHC string.
    pub password_hash: String,
    /// Name shown to colleagues.
    pub display_name: Sealed,
    /// Post.
    pub title: String,
    /// Telephone.
    pub phone: Option<Sealed>,
    /// `full_time`, `part_time`, or `none` for applicants.
    pub employment: String,
    /// Home center.
    pub center_id: Option<Id>,
    /// The applicant this account acts for.
    pub applicant_id: Option<Id>,
    /// `active` or `disabled`.
    pub status: String,
    /// Failed logins in a row.
    pub failures: i32,
    /// Locked out until.
    pub locked_until: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// The mandate under which it acts; none: it is the applicant's own.
    pub mandate_id: Option<Id>,
}

/// A role given to a person, proposed by one and approved by another.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = grants, treat_none_as_default_value = false)]
pub struct GrantRow {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub user_id: Id,
    /// Which role.
    pub role: Role,
    /// `center`, `department` or `system`.
    pub node_kind: String,
    /// Which node.
    pub node_id: String,
    /// `proposed`, `active`, `refused`, `revoked`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// Who proposed.
    pub proposed_by: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A machine client.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = clients, treat_none_as_default_value = false)]
pub struct Client {
    /// Identity.
    pub id: Id,
    /// OAuth client id.
    pub client_id: String,
    /// SHA-256 of the secret: it has 192 random bits, so no slow hash is needed.
    pub secret_hash: String,
    /// What people call it.
    pub name: String,
    /// `portal`, `hotline` or `first_party`.
    pub kind: String,
    /// Its center.
    pub center_id: Option<Id>,
    /// `active` or `disabled`.
    pub status: String,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// Counts how often it was stopped: its tokens hold in the generation that they were issued in.
    pub generation: i64,
}

/// What is set for a machine client.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = client_settings, primary_key(client_id), treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ClientSettingsRow {
    /// Which client.
    pub client_id: Id,
    /// What holds.
    pub settings: Json<ClientSettings>,
    /// What another person has yet to approve.
    pub pending: Option<Json<ClientSettings>>,
    /// Who proposed it.
    pub proposed_by: Option<Id>,
    /// Who approved last.
    pub approved_by: Option<Id>,
    /// The secret before this one.
    pub former_hash: Option<String>,
    /// It is good until.
    pub former_until: Option<Moment>,
}

impl ClientSettingsRow {
    /// Settings that hold, with nothing waiting.
    pub fn new(client_id: Id, settings: &ClientSettings) -> Result<Self> {
        let settings = Json::new(settings)?;
        Ok(Self { client_id, settings, pending: None, proposed_by: None, approved_by: None, former_hash: None, former_until: None })
    }
}

/// One refresh token of a family; only its hash is kept.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, treat_none_as_default_value = false)]
pub struct RefreshToken {
    /// SHA-256.
    pub token_hash: String,
    /// The login session.
    pub family: String,
    /// Whose.
    pub user_id: Id,
    /// Issued to.
    pub client: String,
    /// Until when.
    pub expires_at: Moment,
    /// Rotated at.
    pub used_at: Option<Moment>,
    /// Revoked at.
    pub revoked_at: Option<Moment>,
    /// When.
    pub created_at: Moment,
}

/// A signing key; the private half is sealed.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, treat_none_as_default_value = false)]
pub struct SigningKey {
    /// Key id.
    pub kid: String,
    /// `EdDSA`.
    pub algorithm: String,
    /// PKCS#8, sealed.
    pub private_key: Sealed,
    /// Raw public key, base64url.
    pub public_key: String,
    /// When.
    pub created_at: Moment,
    /// No longer verifies after.
    pub retired_at: Option<Moment>,
}

/// By login name.
pub fn user_by_login(tx: &mut Tx, login: &str) -> Result<Option<User>> {
    Ok(users::table.filter(users::login.eq(login)).select(User::as_select()).first(tx.conn).optional()?)
}

/// By id.
pub fn user(tx: &mut Tx, id: Id) -> Result<Option<User>> {
    Ok(users::table.filter(users::id.eq(id)).select(User::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn users_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<User>> {
    Ok(users::table.filter(users::id.eq_any(ids.to_vec())).select(User::as_select()).load(tx.conn)?)
}

/// A new account.
pub fn insert_user(tx: &mut Tx, user: &User) -> Result<()> {
    diesel::insert_into(users::table).values(user.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves what may change of an account, from the version read.
pub fn save_user(tx: &mut Tx, user: &User) -> Result<bool> {
    let changed = diesel::update(users::table.filter(users::id.eq(user.id)).filter(users::version.eq(user.version)))
        .set((
            users::display_name.eq(user.display_name.clone()),
            users::title.eq(user.title.clone()),
            users::phone.eq(user.phone.clone()),
            users::employment.eq(user.employment.clone()),
            users::center_id.eq(user.center_id),
            users::applicant_id.eq(user.applicant_id),
            users::mandate_id.eq(user.mandate_id),
            users::password_hash.eq(user.password_hash.clone()),
            users::status.eq(user.status.clone()),
            users::failures.eq(user.failures),
            users::locked_until.eq(user.locked_until),
            users::updated_at.eq(tx.now),
            users::version.eq(user.version + 1),
        ))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// The accounts of one applicant become another's.
pub fn move_accounts(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(users::table.filter(users::applicant_id.eq(from))).set(users::applicant_id.eq(to)).execute(tx.conn)?;
    Ok(())
}

/// Counts a failed login; the account locks when the limit is reached.
pub fn count_login_failure(tx: &mut Tx, id: Id, limit: i32, locked_until: Moment) -> Result<()> {
    diesel::update(users::table.filter(users::id.eq(id))).set(users::failures.eq(users::failures + 1)).execute(tx.conn)?;
    diesel::update(users::table.filter(users::id.eq(id)).filter(users::failures.ge(limit)))
        .set((users::locked_until.eq(Some(locked_until)), users::failures.eq(0)))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets failed logins.
pub fn clear_login_failures(tx: &mut Tx, id: Id) -> Result<()> {
    diesel::update(users::table.filter(users::id.eq(id))).set((users::failures.eq(0), users::locked_until.eq(None::<Moment>))).execute(tx.conn)?;
    Ok(())
}

/// People of a center (or all), after a login in order.
pub fn list_users(tx: &mut Tx, center_ids: Option<Vec<Id>>, after: Option<Id>, limit: i64) -> Result<Vec<User>> {
    let mut q = users::table.select(User::as_select()).order(users::id.desc()).limit(limit).into_boxed();
    if let Some(ids) = center_ids {
        q = q.filter(users::center_id.eq_any(ids.into_iter().map(Some).collect::<Vec<_>>()));
    }
    if let Some(id) = after {
        q = q.filter(users::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// The active roles of a person.
pub fn active_grants(tx: &mut Tx, user_id: Id) -> Result<Vec<Grant>> {
    let rows: Vec<(Role, String)> =
        grants::table.filter(grants::user_id.eq(user_id)).filter(grants::state.eq("active")).select((grants::role, grants::node_id)).load(tx.conn)?;
    Ok(rows.into_iter().map(|(role, node)| Grant { role, node }).collect())
}

/// Active people with a role at a node.
pub fn holders(tx: &mut Tx, role: Role, node: &str) -> Result<Vec<Id>> {
    Ok(grants::table.filter(grants::node_id.eq(node)).filter(grants::role.eq(role)).filter(grants::state.eq("active")).select(grants::user_id).load(tx.conn)?)
}

/// Active accounts with a role anywhere.
pub fn with_role(tx: &mut Tx, role: Role) -> Result<Vec<Id>> {
    let rows = grants::table.inner_join(users::table.on(users::id.eq(grants::user_id))).filter(grants::role.eq(role));
    let rows = rows.filter(grants::state.eq("active")).filter(users::status.eq("active"));
    Ok(rows.select(users::id).distinct().order(users::id.asc()).load(tx.conn)?)
}

/// Those of these nodes where an active account holds a role.
pub fn held(tx: &mut Tx, role: Role, nodes: &[String]) -> Result<Vec<Id>> {
    let rows: Vec<String> = grants::table
        .inner_join(users::table.on(users::id.eq(grants::user_id)))
        .filter(grants::node_id.eq_any(nodes.to_vec()))
        .filter(grants::role.eq(role))
        .filter(grants::state.eq("active"))
        .filter(users::status.eq("active"))
        .select(grants::node_id)
        .distinct()
        .load(tx.conn)?;
    Ok(rows.iter().filter_map(|node| node.parse().ok()).collect())
}

/// One grant.
pub fn grant(tx: &mut Tx, id: Id) -> Result<Option<GrantRow>> {
    Ok(grants::table.filter(grants::id.eq(id)).select(GrantRow::as_select()).first(tx.conn).optional()?)
}

/// Grants, newest first.
pub fn list_grants(tx: &mut Tx, nodes: Option<Vec<String>>, states: &[String], user: Option<Id>, after: Option<Id>, limit: i64) -> Result<Vec<GrantRow>> {
    let mut q = grants::table.select(GrantRow::as_select()).order(grants::id.desc()).limit(limit).into_boxed();
    if let Some(nodes) = nodes {
        q = q.filter(grants::node_id.eq_any(nodes));
    }
    if !states.is_empty() {
        q = q.filter(grants::state.eq_any(states.to_vec()));
    }
    if let Some(user) = user {
        q = q.filter(grants::user_id.eq(user));
    }
    if let Some(id) = after {
        q = q.filter(grants::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// A new grant.
pub fn insert_grant(tx: &mut Tx, row: &GrantRow) -> Result<()> {
    diesel::insert_into(grants::table).values(row.clone()).execute(tx.conn)?;
    bump_epoch(tx)
}

/// Decides a grant, from the version read.
pub fn save_grant(tx: &mut Tx, row: &GrantRow) -> Result<bool> {
    let changed = diesel::update(grants::table.filter(grants::id.eq(row.id)).filter(grants::version.eq(row.version)))
        .set((
            grants::state.eq(row.state.clone()),
            grants::decided_by.eq(row.decided_by.clone()),
            grants::updated_at.eq(tx.now),
            grants::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    bump_epoch(tx)?;
    Ok(changed == 1)
}

/// Tells every server that cached grants are out of date.
fn bump_epoch(tx: &mut Tx) -> Result<()> {
    diesel::update(epochs::table.filter(epochs::name.eq("grants"))).set(epochs::value.eq(epochs::value + 1)).execute(tx.conn)?;
    Ok(())
}

/// A machine client by its OAuth id.
pub fn client(tx: &mut Tx, client_id: &str) -> Result<Option<Client>> {
    Ok(clients::table.filter(clients::client_id.eq(client_id)).select(Client::as_select()).first(tx.conn).optional()?)
}

/// A machine client by its identity.
pub fn client_by_id(tx: &mut Tx, id: Id) -> Result<Option<Client>> {
    Ok(clients::table.filter(clients::id.eq(id)).select(Client::as_select()).first(tx.conn).optional()?)
}

/// A new client.
pub fn insert_client(tx: &mut Tx, row: &Client) -> Result<()> {
    diesel::insert_into(clients::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a client whose version was counted up by one; `false` when another was first.
pub fn save_client(tx: &mut Tx, row: &Client) -> Result<bool> {
    let set = (
        clients::secret_hash.eq(row.secret_hash.clone()),
        clients::name.eq(row.name.clone()),
        clients::center_id.eq(row.center_id),
        clients::status.eq(row.status.clone()),
        clients::generation.eq(row.generation),
        clients::version.eq(row.version),
        clients::updated_at.eq(row.updated_at),
    );
    Ok(diesel::update(clients::table.filter(clients::id.eq(row.id)).filter(clients::version.eq(row.version - 1))).set(set).execute(tx.conn)? == 1)
}

/// Clients, newest first.
pub fn list_clients(tx: &mut Tx, kinds: &[String], after: Option<Id>, limit: i64) -> Result<Vec<Client>> {
    let mut q = clients::table.select(Client::as_select()).order(clients::id.desc()).limit(limit).into_boxed();
    if !kinds.is_empty() {
        q = q.filter(clients::kind.eq_any(kinds.to_vec()));
    }
    if let Some(id) = after {
        q = q.filter(clients::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// What is set for a client.
pub fn client_settings(tx: &mut Tx, id: Id) -> Result<Option<ClientSettingsRow>> {
    Ok(client_settings::table.find(id).select(ClientSettingsRow::as_select()).first(tx.conn).optional()?)
}

/// Every client's OAuth id, its kind, and what is set for it.
pub fn all_client_settings(tx: &mut Tx) -> Result<Vec<(String, ClientSettings)>> {
    let names: Vec<(Id, String)> = clients::table.select((clients::id, clients::client_id)).load(tx.conn)?;
    let rows: Vec<ClientSettingsRow> = client_settings::table.select(ClientSettingsRow::as_select()).load(tx.conn)?;
    let known = |id: Id| rows.iter().find(|r| r.client_id == id).map(|r| r.settings.get()).transpose();
    names.into_iter().map(|(id, name)| Ok((name, known(id)?.unwrap_or_default()))).collect()
}

/// Sets what is set for a client.
pub fn put_client_settings(tx: &mut Tx, row: &ClientSettingsRow) -> Result<()> {
    if diesel::update(client_settings::table.find(row.client_id)).set(row.clone()).execute(tx.conn)? == 0 {
        diesel::insert_into(client_settings::table).values(row.clone()).execute(tx.conn)?;
    }
    Ok(())
}

/// A refresh token by its hash.
pub fn refresh_token(tx: &mut Tx, hash: &str) -> Result<Option<RefreshToken>> {
    Ok(refresh_tokens::table.filter(refresh_tokens::token_hash.eq(hash)).select(RefreshToken::as_select()).first(tx.conn).optional()?)
}

/// A new refresh token.
pub fn insert_refresh_token(tx: &mut Tx, row: &RefreshToken) -> Result<()> {
    diesel::insert_into(refresh_tokens::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Marks a token used; `false` when another request was first.
pub fn use_refresh_token(tx: &mut Tx, hash: &str, at: Moment) -> Result<bool> {
    let changed = diesel::update(refresh_tokens::table.filter(refresh_tokens::token_hash.eq(hash)).filter(refresh_tokens::used_at.is_null()))
        .set(refresh_tokens::used_at.eq(Some(at)))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Ends a whole login session.
pub fn revoke_family(tx: &mut Tx, family: &str, at: Moment) -> Result<()> {
    diesel::update(refresh_tokens::table.filter(refresh_tokens::family.eq(family))).set(refresh_tokens::revoked_at.eq(Some(at))).execute(tx.conn)?;
    Ok(())
}

/// Ends every login session of a person.
pub fn revoke_sessions(tx: &mut Tx, user_id: Id, at: Moment) -> Result<()> {
    diesel::update(refresh_tokens::table.filter(refresh_tokens::user_id.eq(user_id))).set(refresh_tokens::revoked_at.eq(Some(at))).execute(tx.conn)?;
    Ok(())
}

/// Keys that still verify, newest first.
pub fn signing_keys(tx: &mut Tx) -> Result<Vec<SigningKey>> {
    Ok(signing_keys::table.filter(signing_keys::retired_at.is_null()).order(signing_keys::kid.desc()).select(SigningKey::as_select()).load(tx.conn)?)
}

/// Retires every key but one; answers how many.
pub fn retire_signing_keys(tx: &mut Tx, but: &str, at: Moment) -> Result<usize> {
    Ok(diesel::update(signing_keys::table.filter(signing_keys::kid.ne(but)).filter(signing_keys::retired_at.is_null()))
        .set(signing_keys::retired_at.eq(Some(at)))
        .execute(tx.conn)?)
}

/// Whether anybody has an account.
pub fn any_user(tx: &mut Tx) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(users::table.select(users::id))).get_result(tx.conn)?)
}

/// A new key.
pub fn insert_signing_key(tx: &mut Tx, key: &SigningKey) -> Result<()> {
    diesel::insert_into(signing_keys::table).values(key.clone()).execute(tx.conn)?;
    Ok(())
}

/// Names who stands in for somebody while they are away.
pub fn stand_in(tx: &mut Tx, absence: Id, principal: Id, deputy: Id, from: Moment, to: Moment) -> Result<()> {
    use deputies as d;
    let row = (d::absence_id.eq(absence), d::principal_id.eq(principal), d::deputy_id.eq(deputy), d::from_at.eq(from), d::to_at.eq(to));
    diesel::insert_into(d::table).values(row).execute(tx.conn)?;
    Ok(())
}

/// The absence is taken back.
pub fn stand_back(tx: &mut Tx, absence: Id) -> Result<()> {
    diesel::delete(deputies::table.filter(deputies::absence_id.eq(absence))).execute(tx.conn)?;
    Ok(())
}

/// For whom somebody stands in now.
pub fn stands_in_for(tx: &mut Tx, deputy: Id) -> Result<Vec<Id>> {
    let now = tx.now;
    Ok(deputies::table
        .filter(deputies::deputy_id.eq(deputy))
        .filter(deputies::to_at.gt(now))
        .filter(deputies::from_at.le(now))
        .select(deputies::principal_id)
        .load(tx.conn)?)
}
