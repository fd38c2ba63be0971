//! Use cases over clients.

use super::{
    model::{ClientEdit, NewClient, SecretRotation},
    store,
    views::{self, ClientSecretView, ClientView},
};
use crate::{
    auth::{
        Actor,
        clients::{self, ClientSettings},
        policy,
        store::{self as accounts, Client, ClientSettingsRow},
    },
    db::{Error, Json, Result, Tx, audit},
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target, Text, random_token, sha256_hex},
    organization,
    usage::{ClientLimits, day_of},
};

/// State of a client, as people are told it.
pub(super) fn state_of(client: &Client, row: Option<&ClientSettingsRow>) -> views::ClientState {
    match client.status.as_str() {
        "active" => views::ClientState::Active,
        _ if row.is_some_and(|r| r.pending.is_some() && r.approved_by.is_none()) => views::ClientState::Proposed,
        _ => views::ClientState::Disabled,
    }
}

/// What this caller may do with it now.
pub(super) fn acts(actor: &Actor, client: &Client, row: Option<&ClientSettingsRow>) -> Vec<String> {
    let state = state_of(client, row);
    let fits = |act: &str| match act {
        "approve" => row.is_some_and(|r| r.pending.is_some() && actor.id.is_some() && r.proposed_by != actor.id),
        "refuse" => row.is_some_and(|r| r.pending.is_some()),
        "disable" => state == views::ClientState::Active,
        "enable" => state == views::ClientState::Disabled && row.is_none_or(|r| r.approved_by.is_some() || r.proposed_by.is_none()),
        _ => true,
    };
    ["edit", "approve", "refuse", "disable", "enable", "rotate_secret"]
        .into_iter()
        .filter(|a| fits(a) && policy::may(actor, "client", a))
        .map(str::to_owned)
        .collect()
}

pub(super) fn permitted(actor: &Actor, action: &str) -> Result<()> {
    if policy::may(actor, "client", action) { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden).into()) }
}

fn note(tx: &mut Tx, actor: &Actor, action: &str, id: Id) -> Result<()> {
    let actor_id = actor.id.map_or_else(|| actor.request_id.clone(), |id| id.to_string());
    audit::record(tx, &audit::Entry { actor_id, action, record_kind: "client", record_id: id, reason: "", request_id: &actor.request_id })
}

/// Private halves must not come here, and one source of keys is enough.
fn check_keys(edit: &ClientEdit) -> Result<(), Problem> {
    if edit.jwks.is_some() && edit.jwks_url.is_some() {
        return Err(Problem::rule("/settings/jwks_url", "one_of", "jwks 和 jwks_url 只能填一项。", "Either jwks or jwks_url."));
    }
    if edit.jwks.as_ref().is_some_and(|set| !clients::usable_keys(set)) {
        let (zh, en) = ("应为公钥集（JWKS），含 1 到 10 个公钥，不得含私钥。", "A JWK set of 1 to 10 public keys, without private halves.");
        let e = FieldError::body("/settings/jwks", "jwks", zh, en);
        return Err(Problem::fields(ErrorCode::RuleViolation, vec![e]));
    }
    Ok(())
}

/// Proposes a client; its secret is shown now and never again, and is good once another person has approved.
pub fn create(tx: &mut Tx, actor: &Actor, new: &NewClient) -> Result<ClientSecretView> {
    create_as(tx, actor, new, Id::new(), &random_token())
}

/// `create` under a given id and with a given secret: the demo's are published.
pub fn create_as(tx: &mut Tx, actor: &Actor, new: &NewClient, id: Id, secret: &str) -> Result<ClientSecretView> {
    permitted(actor, "create")?;
    check_keys(&new.settings)?;
    let unknown = || Problem::rule("/center", "unknown_center", "没有这个服务中心。", "No such center.");
    let center_id = match &new.center {
        Some(reference) => Some(organization::store::center_by_reference(tx, reference)?.ok_or_else(unknown)?.id),
        None => None,
    };
    let client = Client {
        id,
        client_id: new.client_id.clone(),
        secret_hash: sha256_hex(secret.as_bytes()),
        name: new.settings.name.clone(),
        kind: new.kind.code().into(),
        center_id,
        status: if actor.is_system() { "active".into() } else { "disabled".into() },
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        generation: 0,
    };
    accounts::insert_client(tx, &client).map_err(|e| {
        let taken = || Problem::new(ErrorCode::Conflict, Text::new("客户端标识已被使用。", "The client id is taken."));
        if e.is_unique() { taken().into() } else { e }
    })?;
    let settings = new.settings.settings();
    // What the command line and the demo make holds at once, audited as theirs.
    let row = match actor.is_system() {
        true => ClientSettingsRow::new(id, &settings)?,
        false => ClientSettingsRow { pending: Some(Json::new(&settings)?), proposed_by: actor.id, ..ClientSettingsRow::new(id, &ClientSettings::default())? },
    };
    accounts::put_client_settings(tx, &row)?;
    note(tx, actor, "propose", id)?;
    Ok(ClientSecretView { client: views::view(tx, actor, client)?, client_secret: secret.to_owned() })
}

/// Stops a client: the demo's old one.
pub fn stop(tx: &mut Tx, id: Id) -> Result<()> {
    let mut client = accounts::client_by_id(tx, id)?.ok_or_else(Problem::not_found)?;
    client.status = "disabled".into();
    client.version += 1;
    accounts::save_client(tx, &client).map(|_| ())
}

/// A client for an act: seen (404), allowed (403), in the version asked for (412), in a state that permits it (409).
fn changed(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    action: &'static str,
    edit: impl FnOnce(&mut Tx, &mut Client, &mut ClientSettingsRow) -> Result<()>,
) -> Result<Client> {
    permitted(actor, "read")?;
    let mut client = views::find(tx, &target.reference)?;
    permitted(actor, action)?;
    target.check(client.version)?;
    let row = accounts::client_settings(tx, client.id)?;
    let allowed = acts(actor, &client, row.as_ref());
    if !allowed.iter().any(|a| a == action) {
        if action == "approve" && row.as_ref().is_some_and(|r| r.pending.is_some()) {
            return Err(Problem::new(ErrorCode::Forbidden, Text::new("须由提出人以外的人批准。", "Somebody else must approve.")).into());
        }
        return Err(Problem { allowed_actions: Some(allowed), ..Problem::of(ErrorCode::StateConflict) }.into());
    }
    let mut row = match row {
        Some(row) => row,
        None => ClientSettingsRow::new(client.id, &ClientSettings::default())?,
    };
    edit(tx, &mut client, &mut row)?;
    client.version += 1;
    client.updated_at = tx.now;
    // The client's version guards its settings too.
    if !accounts::save_client(tx, &client)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    accounts::put_client_settings(tx, &row)?;
    note(tx, actor, action, client.id)?;
    Ok(client)
}

/// Name, words and limits hold at once; what gives trust waits for another person, and what held goes on meanwhile.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &ClientEdit) -> Result<ClientView> {
    check_keys(input).map_err(|p| p.at("/jwks"))?;
    let me = actor.id;
    let client = changed(tx, actor, target, "edit", |_, client, row| {
        client.name.clone_from(&input.name);
        let (wanted, holds) = (input.settings(), row.settings.get()?);
        let kept = ClientSettings { description: wanted.description.clone(), per_minute: wanted.per_minute, per_day: wanted.per_day, ..holds.clone() };
        row.settings = Json::new(&kept)?;
        if wanted.trust() == holds.trust() && row.approved_by.is_some() {
            row.pending = None;
        } else if wanted.trust() != holds.trust() || row.pending.is_some() {
            row.pending = Some(Json::new(&wanted)?);
            row.proposed_by = me;
        }
        Ok(())
    })?;
    views::view(tx, actor, client)
}

/// What was proposed holds from now on.
pub fn approve(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ClientView> {
    let me = actor.id;
    let client = changed(tx, actor, target, "approve", |_, client, row| {
        if row.approved_by.is_none() {
            client.status = "active".into();
        }
        row.settings = row.pending.take().ok_or(Error::Contended)?;
        row.approved_by = me;
        Ok(())
    })?;
    views::view(tx, actor, client)
}

/// What was proposed is dropped.
pub fn refuse(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ClientView> {
    let client = changed(tx, actor, target, "refuse", |_, _, row| {
        row.pending = None;
        Ok(())
    })?;
    views::view(tx, actor, client)
}

/// It gets no more tokens, and those it has end for good.
pub fn disable(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ClientView> {
    let client = changed(tx, actor, target, "disable", |_, client, _| {
        client.status = "disabled".into();
        client.generation += 1;
        Ok(())
    })?;
    views::view(tx, actor, client)
}

/// It works again, as it was approved.
pub fn enable(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ClientView> {
    let client = changed(tx, actor, target, "enable", |_, client, _| {
        client.status = "active".into();
        Ok(())
    })?;
    views::view(tx, actor, client)
}

/// A new secret, shown now and never again; the former one stays good for a while.
pub fn rotate_secret(tx: &mut Tx, actor: &Actor, target: &Target, input: &SecretRotation) -> Result<ClientSecretView> {
    let secret = random_token();
    let hash = sha256_hex(secret.as_bytes());
    let client = changed(tx, actor, target, "rotate_secret", |_, client, row| {
        clients::rotate(client, row, hash, input.overlap_hours);
        Ok(())
    })?;
    Ok(ClientSecretView { client: views::view(tx, actor, client)?, client_secret: secret })
}

/// What each client may ask, and what it has used of its day: for the buckets at the door.
pub fn limits(tx: &mut Tx) -> Result<Vec<(String, ClientLimits)>> {
    let (hour, _) = day_of(Moment::system());
    let used = store::used_since(tx, hour)?;
    let all = accounts::all_client_settings(tx)?;
    let used_today = |name: &str| used.iter().find(|(n, _)| n == name).map_or(0, |(_, n)| *n);
    Ok(all
        .into_iter()
        .map(|(name, s)| {
            let limits = ClientLimits { per_minute: s.per_minute, per_day: s.per_day, used_today: used_today(&name) };
            (name, limits)
        })
        .collect())
}
