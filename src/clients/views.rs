//! How clients are answered.

use serde::Serialize;
use serde_json::Value;

use super::{
    service::{acts, permitted, state_of},
    store,
};
use crate::{
    auth::{
        Actor,
        clients::{ClientKind, ClientScope, scopes, settings_of},
        store::{self as accounts, Client},
    },
    db::{Result, Tx, code_enum},
    kernel::{Code as _, Id, ListQuery, Moment, Page, Problem, label_of},
    organization::{self, CenterBrief},
    usage::day_of,
};

code_enum! {
    /// State of a client.
    ClientState in "client-states" {
        Proposed "proposed" "待批准",
        Active "active" "启用",
        Disabled "disabled" "停用",
    }
}

/// A machine client.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClientView {
    /// Identity.
    pub id: Id,
    /// OAuth client id.
    #[schema(example = "demo-portal")]
    pub client_id: String,
    /// What people call it.
    #[schema(example = "演示门户")]
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it is.
    pub kind: String,
    /// In Chinese.
    pub kind_label: String,
    /// Its center.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center: Option<CenterBrief>,
    /// State.
    pub state: ClientState,
    /// In Chinese.
    pub state_label: String,
    /// What it may get tokens for.
    pub scopes: Vec<ClientScope>,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Its public keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where it publishes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// What another person has yet to approve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<ClientTrust>,
    /// Requests a minute, where it has a limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Requests a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// What was charged to it today; servers tell every few seconds.
    pub used_today: i64,
    /// When it asked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Moment>,
    /// Until then the former secret is good too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_secret_until: Option<Moment>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ClientView);

/// What is proposed: what gives trust, and of a new client also what it would be allowed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClientTrust {
    /// What it is for.
    pub description: String,
    /// Requests a minute, where it would have a limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Requests a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// What it may get tokens for.
    pub scopes: Vec<ClientScope>,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Its public keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where it publishes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// Who proposed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<Id>,
}

/// A client with its secret, which is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClientSecretView {
    /// The client.
    #[serde(flatten)]
    pub client: ClientView,
    /// Keep it: it is not shown again.
    #[schema(example = "wJ3k…")]
    pub client_secret: String,
}

crate::versioned!(ClientSecretView, in client);

/// By id or OAuth client id.
pub(super) fn find(tx: &mut Tx, reference: &str) -> Result<Client> {
    let found = match reference.parse::<Id>() {
        Ok(id) => accounts::client_by_id(tx, id)?,
        Err(_) => accounts::client(tx, reference)?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// A client.
pub(super) fn view(tx: &mut Tx, actor: &Actor, client: Client) -> Result<ClientView> {
    let (row, s) = settings_of(tx, client.id)?;
    let state = state_of(&client, row.as_ref());
    let allowed_actions = acts(actor, &client, row.as_ref());
    let now = Moment::system();
    let pending = match row.as_ref().and_then(|r| r.pending.as_ref().map(|p| (p, r.proposed_by))) {
        Some((pending, proposed_by)) => {
            let p = pending.get()?;
            Some(ClientTrust {
                scopes: scopes(&client.kind, &p),
                description: p.description,
                per_minute: p.per_minute,
                per_day: p.per_day,
                redirect_uris: p.redirect_uris,
                jwks: p.jwks,
                jwks_url: p.jwks_url,
                proposed_by,
            })
        }
        None => None,
    };
    let (hour, _) = day_of(now);
    let used_today = store::within(tx, &client.client_id, (hour, hour + 24))?.iter().map(|r| r.charged).sum();
    let last_used_at = store::last_used(tx, &client.client_id)?;
    Ok(ClientView {
        id: client.id,
        scopes: scopes(&client.kind, &s),
        client_id: client.client_id,
        name: client.name,
        description: s.description,
        kind_label: label_of::<ClientKind>(&client.kind),
        kind: client.kind,
        center: client.center_id.map(|id| organization::brief(tx, id)).transpose()?,
        state,
        state_label: state.label().into(),
        redirect_uris: s.redirect_uris,
        jwks: s.jwks,
        jwks_url: s.jwks_url,
        pending,
        per_minute: s.per_minute,
        per_day: s.per_day,
        used_today,
        last_used_at,
        former_secret_until: row.and_then(|r| r.former_until).filter(|t| *t > now),
        allowed_actions,
        version: client.version,
        created_at: client.created_at,
        updated_at: client.updated_at,
    })
}

/// One client.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ClientView> {
    permitted(actor, "read")?;
    let client = find(tx, reference)?;
    view(tx, actor, client)
}

/// A page of clients, newest first.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ClientView>> {
    permitted(actor, "read")?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = accounts::list_clients(tx, &q.all("kind"), after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let page = Page::cut(rows, q.limit, tx.vault, |c| q.cursor_of(String::new(), c.id.to_string()));
    page.try_map(|c| view(tx, actor, c))
}
