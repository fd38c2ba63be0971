//! How subscriptions and deliveries are answered.

use serde::Serialize;

use super::{
    following::seer,
    machine::{self, WebhookAction, WebhookState},
    model::{AfterDead, DeliveryState as State, PauseReason, WebhookFilters},
    service::{load, may},
    store::{self, Delivery, Webhook},
};
use crate::{
    auth::{self, Actor, Role, policy},
    db::{Result, Tx},
    events::{cloud::PREFIX, store as log},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Versioned},
    organization::{self, CenterBrief},
};

/// A subscription.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookView {
    /// Identity.
    pub id: Id,
    /// Whose: the OAuth id of a client; absent: the deployment's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "portal-nantong")]
    pub client_id: Option<String>,
    /// Where events are sent.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Which events.
    pub filters: WebhookFilters,
    /// The center that the filters name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center: Option<CenterBrief>,
    /// After an event that could not be delivered.
    pub after_dead: AfterDead,
    /// State.
    pub state: WebhookState,
    /// In Chinese.
    pub state_label: String,
    /// Why it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<PauseReason>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_label: Option<String>,
    /// Signs what is sent; only at creation and rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: Option<String>,
    /// Until when the secret before the last rotation signs as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Moment>,
    /// How far the feed was followed.
    pub position: i64,
    /// Positions of the feed that it has not come to yet.
    pub behind: i64,
    /// Failures in a row.
    pub failures: i32,
    /// Since when there is nothing but failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Moment>,
    /// Its receiver is down and is left alone until then; a test asks it at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rests_until: Option<Moment>,
    /// When something was taken last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<Moment>,
    /// Deliveries that wait; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<i64>,
    /// Deliveries that wait behind another of their record; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<i64>,
    /// Deliveries that somebody has to look at; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead: Option<i64>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(WebhookView);

/// What is sent again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookReplayed {
    /// The subscription.
    pub webhook: WebhookView,
    /// Dead deliveries that wait again, at most 1,000 at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<usize>,
    /// Everything after this position is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// Dead deliveries that are left.
    pub dead: i64,
}

impl Versioned for WebhookReplayed {
    fn id(&self) -> String {
        self.webhook.id.to_string()
    }

    fn version(&self) -> i64 {
        self.webhook.version
    }
}

/// One event for one subscription.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookDeliveryView {
    /// Identity.
    pub id: Id,
    /// Of which subscription.
    pub webhook_id: Id,
    /// `webhook-id`, and the id of the event.
    pub event_id: Id,
    /// Its type.
    #[schema(example = "cn.jieli.entrustment.accepted")]
    pub event_type: String,
    /// Its record.
    pub record_id: Id,
    /// Its place in the feed.
    pub position: i64,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When next; only of what waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Moment>,
    /// What the receiver answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 503)]
    pub last_status: Option<i32>,
    /// Why it failed last: `timeout`, `unreachable`, `broken`, `redirect`, `refused`, `address_refused`, `not_visible`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "refused")]
    pub last_error: Option<String>,
    /// Milliseconds that the last try took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i32>,
    /// When it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Moment>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(WebhookDeliveryView);

/// What a caller may do with a subscription; that of a client that is not served is not resumed.
pub(super) fn allowed(tx: &mut Tx, actor: &Actor, row: &Webhook) -> Result<Vec<String>> {
    let served = row.state == WebhookState::Active || seer(tx, row)?.is_some();
    let open = |a: &&WebhookAction| machine::decide(row.state, **a).is_ok() && may(actor, row, a.code()) && (served || **a != WebhookAction::Resume);
    Ok(WebhookAction::ALL.iter().filter(open).filter(|a| **a != WebhookAction::Skip).map(|a| a.code().to_owned()).collect())
}

/// What a caller may do with a delivery of a subscription.
pub(super) fn allowed_of(actor: &Actor, hook: &Webhook, row: &Delivery) -> Vec<String> {
    let names: &[&str] = match row.state {
        State::Queued | State::Waiting => &["skip"],
        State::Dead => &["replay", "skip"],
        State::Sent | State::Skipped => &["replay"],
    };
    names.iter().filter(|n| may(actor, hook, n)).map(|n| (*n).to_owned()).collect()
}

/// As a list shows it.
fn rendered(tx: &mut Tx, row: Webhook, last: i64) -> Result<WebhookView> {
    let sealed = row.sealed.open(tx.vault)?;
    let now = tx.now;
    let client = row.client_id.map(|id| auth::store::client_by_id(tx, id)).transpose()?.flatten();
    let center = row.center_id.map(|id| organization::brief(tx, id)).transpose()?;
    Ok(WebhookView {
        id: row.id,
        client_id: client.map(|c| c.client_id),
        filters: row.filters.get()?,
        url: sealed.url,
        description: sealed.description,
        center,
        after_dead: row.after_dead,
        state: row.state,
        state_label: row.state.label().into(),
        reason: row.reason,
        reason_label: row.reason.map(|r| r.label().into()),
        secret: None,
        previous_secret_until: sealed.previous_until.filter(|until| *until > now),
        position: row.position,
        behind: (last - row.position).max(0),
        failures: row.failures,
        failing_since: row.failing_since,
        rests_until: Some(row.resume_at).filter(|at| row.state == WebhookState::Active && *at > now),
        last_success_at: row.last_success_at,
        waiting: None,
        queued: None,
        dead: None,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// One subscription.
pub(super) fn webhook(tx: &mut Tx, actor: &Actor, row: Webhook) -> Result<WebhookView> {
    let last = log::last_position(tx)?;
    let allowed = allowed(tx, actor, &row)?;
    let mut count = |state| store::count_of(tx, row.id, state);
    let (waiting, queued, dead) = (count(State::Waiting)?, count(State::Queued)?, count(State::Dead)?);
    let view = rendered(tx, row, last)?;
    Ok(WebhookView { waiting: Some(waiting), queued: Some(queued), dead: Some(dead), allowed_actions: Some(allowed), ..view })
}

/// One subscription.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<WebhookView> {
    let row = load(tx, actor, reference, "read")?;
    webhook(tx, actor, row)
}

/// A page of the caller's subscriptions, newest first; administrators see all.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<WebhookView>> {
    if !policy::may(actor, "webhook", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let everybodys = actor.is(Role::SystemAdmin) || actor.is(Role::SecurityAdmin) || actor.is_system();
    let client = if everybodys { None } else { actor.id };
    let states: Vec<WebhookState> = q.all("state").iter().filter_map(|s| WebhookState::parse(s)).collect();
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::page(tx, client, &states, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let last = log::last_position(tx)?;
    let page = Page::cut(rows, q.limit, tx.vault, |row: &Webhook| q.cursor_of(String::new(), row.id.to_string()));
    page.try_map(|row| rendered(tx, row, last))
}

fn delivered(actor: &Actor, hook: &Webhook, row: Delivery) -> WebhookDeliveryView {
    WebhookDeliveryView {
        allowed_actions: allowed_of(actor, hook, &row),
        id: row.id,
        webhook_id: row.webhook_id,
        event_id: row.event_id,
        event_type: format!("{PREFIX}{}", row.kind),
        record_id: row.record_id,
        position: row.position,
        state: row.state,
        state_label: row.state.label().into(),
        attempts: row.attempts,
        next_at: (row.state == State::Waiting).then_some(row.next_at),
        last_status: row.last_status,
        last_error: row.last_error,
        duration_ms: row.last_ms,
        sent_at: row.sent_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// A page of deliveries, the newest events first.
pub fn deliveries(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<WebhookDeliveryView>> {
    let row = load(tx, actor, reference, "read")?;
    let states: Vec<State> = q.all("state").iter().filter_map(|s| State::parse(s)).collect();
    let before = q.cursor.as_ref().and_then(|c| c.key.parse().ok());
    let rows = store::deliveries(tx, row.id, &states, before, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let page = Page::cut(rows, q.limit, tx.vault, |d: &Delivery| q.cursor_of(d.position.to_string(), d.id.to_string()));
    Ok(page.map(|d| delivered(actor, &row, d)))
}

/// One delivery.
pub fn fetch_delivery(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<WebhookDeliveryView> {
    if !policy::may(actor, "webhook", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::delivery(tx, id)?.ok_or_else(Problem::not_found)?;
    let hook = load(tx, actor, row.webhook_id.as_str(), "read")?;
    Ok(delivered(actor, &hook, row))
}
