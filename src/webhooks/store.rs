//! SQL of subscriptions and deliveries.

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::{
    dsl::{count_star, max, sum},
    prelude::*,
};

use super::{
    machine::WebhookState,
    model::{AfterDead, DeliveryState as State, PauseReason, Sealed, WebhookFilters},
    signing,
};
use crate::{
    db::{
        Json, Private, Result, Tx,
        schema::{webhook_deliveries, webhooks},
    },
    insert_many,
    kernel::{Id, Moment},
};

/// A subscription.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Webhook {
    /// Identity.
    pub id: Id,
    /// Whose; none: the deployment's.
    pub client_id: Option<Id>,
    /// Records at or below this center alone.
    pub center_id: Option<Id>,
    /// Which events.
    pub filters: Json<WebhookFilters>,
    /// Address, words and secrets: an address may hold a key, and words a name.
    pub sealed: Private<Sealed>,
    /// State.
    pub state: WebhookState,
    /// Why it does not run.
    pub reason: Option<PauseReason>,
    /// After a dead delivery.
    pub after_dead: AfterDead,
    /// How far the log was followed.
    pub position: i64,
    /// Up to here what was settled is sent again.
    pub replay_to: i64,
    /// Failures in a row.
    pub failures: i32,
    /// Since when there is nothing but failure.
    pub failing_since: Option<Moment>,
    /// Not tried before, in business time.
    pub resume_at: Moment,
    /// How long answers take: risen at once, fallen by halves.
    pub last_ms: i32,
    /// How much speaks for its being down: faults of the connection, and refusals of ever more records with no success.
    pub trouble: i32,
    /// When something was taken last.
    pub last_success_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// One event for one subscription.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhook_deliveries, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Delivery {
    /// Identity.
    pub id: Id,
    /// For which subscription.
    pub webhook_id: Id,
    /// Which event.
    pub event_id: Id,
    /// Its place in the log.
    pub position: i64,
    /// Its record.
    pub record_id: Id,
    /// Its kind.
    pub kind: String,
    /// State.
    pub state: State,
    /// How often it was tried.
    pub attempts: i32,
    /// When first, in business time.
    pub first_at: Option<Moment>,
    /// When next, in business time.
    pub next_at: Moment,
    /// Its receiver asked that it not be sent before.
    pub not_before: Option<Moment>,
    /// Another server tries it until then, in system time.
    pub leased_until: Moment,
    /// What the receiver answered last.
    pub last_status: Option<i32>,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// How long that took.
    pub last_ms: Option<i32>,
    /// When it was taken.
    pub sent_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn webhook(tx: &mut Tx, id: Id) -> Result<Option<Webhook>> {
    Ok(webhooks::table.find(id).select(Webhook::as_select()).first(tx.conn).optional()?)
}

/// A page, newest first: of a client, or of all.
pub fn page(tx: &mut Tx, client: Option<Id>, states: &[WebhookState], after: Option<Id>, limit: i64) -> Result<Vec<Webhook>> {
    let mut q = webhooks::table.order(webhooks::id.desc()).limit(limit).select(Webhook::as_select()).into_boxed();
    if let Some(client) = client {
        q = q.filter(webhooks::client_id.eq(client));
    }
    if !states.is_empty() {
        q = q.filter(webhooks::state.eq_any(states.to_vec()));
    }
    if let Some(id) = after {
        q = q.filter(webhooks::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// How many an owner has.
pub fn count(tx: &mut Tx, client: Option<Id>) -> Result<i64> {
    let q = webhooks::table.into_boxed();
    let q = match client {
        Some(client) => q.filter(webhooks::client_id.eq(client)),
        None => q.filter(webhooks::client_id.is_null()),
    };
    Ok(q.count().get_result(tx.conn)?)
}

/// Those that run and have not followed the log up to a position.
pub fn behind(tx: &mut Tx, last: i64, limit: i64) -> Result<Vec<Id>> {
    let rows = webhooks::table.filter(webhooks::state.eq(WebhookState::Active)).filter(webhooks::position.lt(last));
    Ok(rows.order((webhooks::position.asc(), webhooks::id.asc())).limit(limit).select(webhooks::id).load(tx.conn)?)
}

/// A new one.
pub fn insert(tx: &mut Tx, row: &Webhook) -> Result<()> {
    diesel::insert_into(webhooks::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves one that this transaction has locked.
pub fn save(tx: &mut Tx, row: &Webhook) -> Result<()> {
    diesel::update(webhooks::table.find(row.id)).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Removes one with all its deliveries.
pub fn remove(tx: &mut Tx, id: Id) -> Result<()> {
    diesel::delete(webhook_deliveries::table.filter(webhook_deliveries::webhook_id.eq(id))).execute(tx.conn)?;
    diesel::delete(webhooks::table.find(id)).execute(tx.conn)?;
    Ok(())
}

/// Running subscriptions that have something to try now, each with its trouble, how long its answers take, and how many of its
/// deliveries are being tried.
pub fn due(tx: &mut Tx, system: Moment) -> Result<Vec<(Id, i32, i32, i64)>> {
    use webhook_deliveries as d;
    let now = tx.now;
    // Of a receiver that is down one is tried to see whether it is well again, whenever its own time would come.
    let timely = d::next_at.le(now).or(webhooks::trouble.ge(signing::DOWN).and(d::not_before.is_null().or(d::not_before.assume_not_null().le(now))));
    let waiting = d::table
        .filter(d::webhook_id.eq(webhooks::id))
        .filter(d::state.eq(State::Waiting))
        .filter(timely)
        .filter(d::leased_until.lt(system))
        .filter(d::position.le(webhooks::position));
    let rows = webhooks::table.filter(webhooks::state.eq(WebhookState::Active)).filter(webhooks::resume_at.le(now)).filter(diesel::dsl::exists(waiting));
    let rows: Vec<(Id, i32, i32)> = rows.order(webhooks::id.asc()).limit(500).select((webhooks::id, webhooks::trouble, webhooks::last_ms)).load(tx.conn)?;
    let ids: Vec<Id> = rows.iter().map(|(id, ..)| *id).collect();
    let trying = d::table.filter(d::webhook_id.eq_any(ids)).filter(d::state.eq(State::Waiting)).filter(d::leased_until.ge(system));
    let trying: HashMap<Id, i64> = trying.group_by(d::webhook_id).select((d::webhook_id, count_star())).load(tx.conn)?.into_iter().collect();
    Ok(rows.into_iter().map(|(id, trouble, ms)| (id, trouble, ms, trying.get(&id).copied().unwrap_or(0))).collect())
}

/// How many of its deliveries are being tried.
pub fn in_flight(tx: &mut Tx, webhook: Id, system: Moment) -> Result<i64> {
    use webhook_deliveries as d;
    let rows = d::table.filter(d::webhook_id.eq(webhook)).filter(d::state.eq(State::Waiting)).filter(d::leased_until.ge(system));
    Ok(rows.count().get_result(tx.conn)?)
}

/// A kind of event that waits, and when one of those that wait was tried last.
pub struct KindWaiting {
    kind: String,
    tries: i64,
    /// When.
    pub last_tried: Option<Moment>,
}

/// The kinds of events that a subscription waits with and may try, whatever their own time.
pub fn kinds(tx: &mut Tx, webhook: Id) -> Result<Vec<KindWaiting>> {
    use webhook_deliveries as d;
    let now = tx.now;
    let open = || {
        let may = d::not_before.is_null().or(d::not_before.assume_not_null().le(now));
        d::table.filter(d::webhook_id.eq(webhook)).filter(d::state.eq(State::Waiting)).filter(may).group_by(d::kind)
    };
    let all: Vec<(String, Option<i64>)> = open().select((d::kind, sum(d::attempts))).load(tx.conn)?;
    let tried: Vec<(String, Option<Moment>)> = open().filter(d::attempts.gt(0)).select((d::kind, max(d::updated_at))).load(tx.conn)?;
    let tried: HashMap<String, Option<Moment>> = tried.into_iter().collect();
    Ok(all.into_iter().map(|(kind, tries)| KindWaiting { last_tried: tried.get(&kind).copied().flatten(), tries: tries.unwrap_or(0), kind }).collect())
}

/// Its next deliveries to try: each the first of its record that is not settled. Whether a receiver that counts as down is well
/// again tells best what was tried least: what it has refused before it may refuse for ever, and it may refuse all of a kind and
/// take the others, so that the kinds are tried in turn.
pub fn heads(tx: &mut Tx, webhook: &Webhook, system: Moment, limit: i64) -> Result<Vec<Delivery>> {
    use webhook_deliveries as d;
    let rows = d::table
        .filter(d::webhook_id.eq(webhook.id))
        .filter(d::state.eq(State::Waiting))
        .filter(d::leased_until.lt(system))
        // What lies ahead of a replay waits for it.
        .filter(d::position.le(webhook.position))
        .limit(limit)
        .select(Delivery::as_select());
    let now = tx.now;
    if signing::is_down(webhook.trouble) {
        let kinds = kinds(tx, webhook.id)?;
        let Some(turn) = kinds.into_iter().min_by_key(|k| (k.last_tried, k.tries)) else { return Ok(Vec::new()) };
        let rows = rows.filter(d::not_before.is_null().or(d::not_before.assume_not_null().le(now))).filter(d::kind.eq(turn.kind));
        return Ok(rows.order((d::attempts.asc(), d::next_at.asc(), d::position.asc())).load(tx.conn)?);
    }
    Ok(rows.filter(d::next_at.le(now)).order((d::next_at.asc(), d::position.asc())).load(tx.conn)?)
}

/// By id.
pub fn delivery(tx: &mut Tx, id: Id) -> Result<Option<Delivery>> {
    Ok(webhook_deliveries::table.find(id).select(Delivery::as_select()).first(tx.conn).optional()?)
}

/// Those of these positions that have a delivery already.
pub fn at_positions(tx: &mut Tx, webhook: Id, positions: &[i64]) -> Result<Vec<Delivery>> {
    use webhook_deliveries as d;
    let rows = d::table.filter(d::webhook_id.eq(webhook)).filter(d::position.eq_any(positions.to_vec()));
    Ok(rows.select(Delivery::as_select()).load(tx.conn)?)
}

/// What is not settled of some records: record, position, state.
pub fn open(tx: &mut Tx, webhook: Id, records: &[Id]) -> Result<Vec<(Id, i64, State)>> {
    use webhook_deliveries as d;
    let rows = d::table.filter(d::webhook_id.eq(webhook)).filter(d::record_id.eq_any(records.to_vec())).filter(d::state.eq_any([
        State::Queued,
        State::Waiting,
        State::Dead,
    ]));
    Ok(rows.select((d::record_id, d::position, d::state)).load(tx.conn)?)
}

/// The first of a record that is queued, and the first that holds others back.
pub fn first_open(tx: &mut Tx, webhook: Id, record: Id, state: State) -> Result<Option<Delivery>> {
    use webhook_deliveries as d;
    let rows = d::table.filter(d::webhook_id.eq(webhook)).filter(d::record_id.eq(record)).filter(d::state.eq(state));
    Ok(rows.order(d::position.asc()).select(Delivery::as_select()).first(tx.conn).optional()?)
}

/// New ones.
pub fn insert_deliveries(tx: &mut Tx, rows: &[Delivery]) -> Result<()> {
    insert_many!(tx.conn, webhook_deliveries::table, rows);
    Ok(())
}

/// Saves one from the version read.
pub fn save_delivery(tx: &mut Tx, row: &mut Delivery) -> Result<bool> {
    use webhook_deliveries as d;
    let old = d::table.filter(d::id.eq(row.id)).filter(d::version.eq(row.version));
    row.version += 1;
    row.updated_at = tx.now;
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// What of a record waits behind a position is queued again.
pub fn demote(tx: &mut Tx, webhook: Id, record: Id, position: i64) -> Result<()> {
    use webhook_deliveries as d;
    let rows = d::table.filter(d::webhook_id.eq(webhook)).filter(d::record_id.eq(record)).filter(d::state.eq(State::Waiting)).filter(d::position.gt(position));
    diesel::update(rows).set((d::state.eq(State::Queued), d::version.eq(d::version + 1))).execute(tx.conn)?;
    Ok(())
}

/// The receiver is well again: what was first tried while it was not is tried at once. What failed before others were taken
/// keeps its time if it was refused, and is tried soon if the connection failed; what the receiver put off stays put off.
pub fn hurry(tx: &mut Tx, webhook: Id, since: Moment) -> Result<()> {
    use webhook_deliveries as d;
    let now = tx.now;
    let soon = now.plus(TimeDelta::minutes(10));
    let waiting = || {
        let open = d::not_before.is_null().or(d::not_before.assume_not_null().le(now));
        d::table.filter(d::webhook_id.eq(webhook)).filter(d::state.eq(State::Waiting)).filter(open)
    };
    let late = waiting().filter(d::next_at.gt(now)).filter(d::first_at.assume_not_null().ge(since));
    diesel::update(late).set(d::next_at.eq(now)).execute(tx.conn)?;
    let later = waiting().filter(d::next_at.gt(soon)).filter(d::last_status.is_null());
    diesel::update(later).set(d::next_at.eq(soon)).execute(tx.conn)?;
    Ok(())
}

/// A subscription goes on: the time during which it rested does not count as time of trying.
pub fn begin_anew(tx: &mut Tx, webhook: Id) -> Result<()> {
    use webhook_deliveries as d;
    let rows = d::table.filter(d::webhook_id.eq(webhook)).filter(d::state.eq(State::Waiting));
    diesel::update(rows).set((d::next_at.eq(tx.now), d::not_before.eq(None::<Moment>), d::first_at.eq(None::<Moment>), d::attempts.eq(0))).execute(tx.conn)?;
    Ok(())
}

/// How many of a state a subscription has.
pub fn count_of(tx: &mut Tx, webhook: Id, state: State) -> Result<i64> {
    use webhook_deliveries as d;
    Ok(d::table.filter(d::webhook_id.eq(webhook)).filter(d::state.eq(state)).count().get_result(tx.conn)?)
}

/// A page of deliveries, newest position first.
pub fn deliveries(tx: &mut Tx, webhook: Id, states: &[State], before: Option<i64>, limit: i64) -> Result<Vec<Delivery>> {
    use webhook_deliveries as d;
    let mut found = Vec::new();
    // Each state is a walk of the index.
    let each = if states.is_empty() { vec![None] } else { states.iter().map(|s| Some(*s)).collect() };
    for state in each {
        let mut q = d::table.filter(d::webhook_id.eq(webhook)).order(d::position.desc()).limit(limit).select(Delivery::as_select()).into_boxed();
        if let Some(state) = state {
            q = q.filter(d::state.eq(state));
        }
        if let Some(position) = before {
            q = q.filter(d::position.lt(position));
        }
        found.extend(q.load(tx.conn)?);
    }
    found.sort_by_key(|d: &Delivery| std::cmp::Reverse(d.position));
    found.dedup_by_key(|d| d.id);
    found.truncate(usize::try_from(limit).unwrap_or(200));
    Ok(found)
}

/// The dead ones of a subscription, in order.
pub fn dead(tx: &mut Tx, webhook: Id, limit: i64) -> Result<Vec<Delivery>> {
    use webhook_deliveries as d;
    let rows = d::table.filter(d::webhook_id.eq(webhook)).filter(d::state.eq(State::Dead));
    Ok(rows.order(d::position.asc()).limit(limit).select(Delivery::as_select()).load(tx.conn)?)
}

/// Settled deliveries from before a moment.
pub fn old(tx: &mut Tx, before: Moment, limit: i64) -> Result<Vec<Id>> {
    use webhook_deliveries as d;
    let rows = d::table.filter(d::state.eq_any([State::Sent, State::Skipped])).filter(d::created_at.lt(before));
    Ok(rows.limit(limit).select(d::id).load(tx.conn)?)
}

/// Forgets them.
pub fn forget(tx: &mut Tx, ids: &[Id]) -> Result<usize> {
    use webhook_deliveries as d;
    Ok(diesel::delete(d::table.filter(d::id.eq_any(ids.to_vec()))).execute(tx.conn)?)
}
