//! Follows the log: makes a delivery of each event that a subscription is told of, in one transaction with how far it came.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde_json::json;

use super::{
    machine::{self, WebhookState},
    model::{AfterDead, DeliveryState as State, PauseReason},
    store::{self, Delivery, Webhook},
};
use crate::{
    auth::{self, Actor, Caller, SubjectKind},
    db::{Error, Result, Tx, dialect},
    events::{self, Audience, Event, NewEvent, seeing::Seer, store as log},
    kernel::{Code as _, Id, Moment},
};

/// Positions that one subscription is taken forward in one transaction, and how many subscriptions.
const BATCH: i64 = 500;
const HOOKS: i64 = 8;
/// What was settled is kept so many days; the events themselves stay, and can be replayed.
const KEPT_DAYS: i64 = 30;

/// Tells that something became of a subscription.
pub(super) fn tell(tx: &mut Tx, actor: &Actor, row: &Webhook, kind: &str) -> Result<()> {
    let kind = format!("webhook.{kind}");
    let params = json!({ "state": row.state, "reason_code": row.reason.map(PauseReason::code) });
    let event = NewEvent { record_kind: "webhook", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)
}

/// Stops a subscription that cannot go on; its owner reads why, in the list and in the feed.
pub(super) fn stop(tx: &mut Tx, row: &mut Webhook, why: PauseReason) -> Result<()> {
    let Some(to) = machine::stopped(row.state, why) else { return Ok(()) };
    row.state = to;
    row.reason = Some(why);
    row.version += 1;
    row.updated_at = tx.now;
    super::service::place(tx, row)?;
    tell(tx, &Actor::system("webhooks"), row, if to == WebhookState::Disabled { "disabled" } else { "paused" })
}

/// With whose eyes a subscription looks at the log; `None`: its client is no longer served.
pub(super) fn seer(tx: &mut Tx, row: &Webhook) -> Result<Option<Seer>> {
    match (row.client_id, row.center_id) {
        (Some(id), _) => {
            let caller = Caller { kind: SubjectKind::Client, id, session: None, client: String::new(), level: None, generation: None };
            match auth::actor(tx, &caller, "webhooks") {
                Ok(actor) => Ok(Some(Seer::Actor(Box::new(actor)))),
                Err(Error::Refused(_)) => Ok(None),
                Err(e) => Err(e),
            }
        }
        (None, Some(center)) => Ok(Some(Seer::Below(center))),
        (None, None) => Ok(None),
    }
}

/// Which of these events a subscription is told of. A test reaches the subscription that was tested and no other.
pub(super) fn told(tx: &mut Tx, row: &Webhook, seer: &Seer, events: &[Event]) -> Result<Vec<bool>> {
    let filters = row.filters.get()?;
    let readable = events::seeing::readable(tx, seer, row.center_id, events)?;
    let one = |(event, may): (&Event, bool)| match event.kind.as_str() {
        "webhook.pinged" => event.record_id == row.id,
        _ => may && filters.take(event),
    };
    Ok(events.iter().zip(readable).map(one).collect())
}

/// Whether a subscription has not followed the log to its end.
pub fn anything_new(tx: &mut Tx) -> Result<bool> {
    let last = log::last_position(tx)?;
    Ok(!store::behind(tx, last, 1)?.is_empty())
}

/// Takes the next subscriptions forward; answers how many positions were looked at.
pub fn follow(tx: &mut Tx) -> Result<usize> {
    let last = log::last_position(tx)?;
    let mut done = 0;
    let mut behind = store::behind(tx, last, HOOKS)?;
    // Whoever locks several locks them in one order.
    behind.sort();
    for id in behind {
        done += follow_one(tx, id, last)?;
    }
    Ok(done)
}

fn follow_one(tx: &mut Tx, id: Id, last: i64) -> Result<usize> {
    dialect::lock_root(tx.conn, "webhooks", id.as_str())?;
    let Some(mut row) = store::webhook(tx, id)?.filter(|row| row.state == WebhookState::Active && row.position < last) else { return Ok(0) };
    let Some(seer) = seer(tx, &row)? else {
        stop(tx, &mut row, PauseReason::Owner)?;
        store::save(tx, &row)?;
        return Ok(1);
    };
    let until = last.min(row.position + BATCH);
    let events = log::between(tx, row.position, until)?;
    let wanted = told(tx, &row, &seer, &events)?;
    let events: Vec<Event> = events.into_iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(event, _)| event).collect();
    enqueue(tx, &row, &events)?;
    let looked = until - row.position;
    row.position = until;
    store::save(tx, &row)?;
    Ok(usize::try_from(looked).unwrap_or(0).max(1))
}

/// Whether a delivery in this state holds back later ones of its record.
fn holds(row: &Webhook, state: State) -> bool {
    match state {
        State::Queued | State::Waiting => true,
        State::Dead => row.after_dead == AfterDead::Wait,
        State::Sent | State::Skipped => false,
    }
}

fn enqueue(tx: &mut Tx, row: &Webhook, events: &[Event]) -> Result<()> {
    let positions: Vec<i64> = events.iter().filter_map(|e| e.position).collect();
    let records: Vec<Id> = events.iter().map(|e| e.record_id).collect();
    let mut known: HashMap<i64, Delivery> = store::at_positions(tx, row.id, &positions)?.into_iter().map(|d| (d.position, d)).collect();
    let mut open: HashMap<Id, Vec<i64>> = HashMap::new();
    for (record, position, _) in store::open(tx, row.id, &records)?.into_iter().filter(|(_, _, state)| holds(row, *state)) {
        open.entry(record).or_default().push(position);
    }
    let mut made = Vec::new();
    for event in events {
        let position = event.position.unwrap_or(0);
        let before = open.entry(event.record_id).or_default();
        let state = if before.iter().any(|p| *p < position) { State::Queued } else { State::Waiting };
        let others_later = before.iter().any(|p| *p > position);
        before.push(position);
        match known.remove(&position) {
            None => {
                // A replay has come to what was never queued: what of its record was tried waits for it.
                if others_later {
                    store::demote(tx, row.id, event.record_id, position)?;
                }
                made.push(Delivery {
                    id: Id::new(),
                    webhook_id: row.id,
                    event_id: event.id,
                    position,
                    record_id: event.record_id,
                    kind: event.kind.clone(),
                    state,
                    attempts: 0,
                    first_at: None,
                    next_at: tx.now,
                    not_before: None,
                    leased_until: Moment::system(),
                    last_status: None,
                    last_error: None,
                    last_ms: None,
                    sent_at: None,
                    version: 1,
                    created_at: tx.now,
                    updated_at: tx.now,
                });
            }
            Some(old) if position <= row.replay_to && !matches!(old.state, State::Queued | State::Waiting) => again(tx, row, old, state)?,
            Some(old) if old.state == State::Waiting && state == State::Queued => store::demote(tx, row.id, event.record_id, position - 1)?,
            Some(_) => {}
        }
    }
    store::insert_deliveries(tx, &made)
}

fn again(tx: &mut Tx, row: &Webhook, mut delivery: Delivery, state: State) -> Result<()> {
    delivery.state = state;
    delivery.attempts = 0;
    delivery.first_at = None;
    delivery.next_at = tx.now;
    delivery.not_before = None;
    delivery.leased_until = Moment::system();
    store::demote(tx, row.id, delivery.record_id, delivery.position)?;
    if store::save_delivery(tx, &mut delivery)? { Ok(()) } else { Err(Error::Contended) }
}

/// Sends a settled delivery again, in its place among what its record has open.
pub(super) fn requeue(tx: &mut Tx, row: &Webhook, delivery: Delivery) -> Result<()> {
    let open = store::open(tx, row.id, &[delivery.record_id])?;
    let blocked = open.iter().any(|(_, position, state)| *position < delivery.position && holds(row, *state));
    again(tx, row, delivery, if blocked { State::Queued } else { State::Waiting })
}

/// After one of a record was settled: the next of it is tried.
pub(super) fn promote(tx: &mut Tx, row: &Webhook, record: Id) -> Result<()> {
    if store::first_open(tx, row.id, record, State::Waiting)?.is_some() {
        return Ok(());
    }
    let Some(mut next) = store::first_open(tx, row.id, record, State::Queued)? else { return Ok(()) };
    let dead = store::first_open(tx, row.id, record, State::Dead)?;
    if dead.is_some_and(|d| d.position < next.position && holds(row, d.state)) {
        return Ok(());
    }
    next.state = State::Waiting;
    next.next_at = tx.now;
    if store::save_delivery(tx, &mut next)? { Ok(()) } else { Err(Error::Contended) }
}

fn kept_since(tx: &Tx) -> Moment {
    tx.now.plus(TimeDelta::days(-KEPT_DAYS))
}

/// Whether deliveries are old enough to be forgotten.
pub fn forgettable(tx: &mut Tx) -> Result<bool> {
    let before = kept_since(tx);
    Ok(!store::old(tx, before, 1)?.is_empty())
}

/// Forgets them; answers how many.
pub fn forget(tx: &mut Tx) -> Result<usize> {
    let before = kept_since(tx);
    let ids = store::old(tx, before, 500)?;
    store::forget(tx, &ids)
}
