//! Sends deliveries: many at once, in order for each record, and none of them in another's way.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};

use super::{
    following::{promote, seer, stop, told},
    machine::WebhookState,
    model::{AfterDead, DeliveryState as State, PauseReason},
    signing, store,
    store::Delivery,
};
use crate::{
    db::{Db, Error, Result, Tx, dialect},
    events::{Event, cloud::cloud, store as log},
    kernel::{Id, Moment, random_bytes},
    outbound::{Fault, Outbound},
};

/// Deliveries that one server sends at the same time to receivers that are well, and to those that are slow or down.
const QUICK: usize = 24;
const TROUBLED: usize = 8;
/// And to one subscription, all servers together.
const EACH: i64 = 4;
/// A receiver that takes longer is slow: it gets one at a time, and who waits for it keeps no place that others need.
const SLOW: Duration = Duration::from_secs(3);
/// Subscriptions that are looked at in one transaction.
const TOGETHER: usize = 8;
/// While one server tries a delivery, others leave it alone: longer than any try.
const LEASE: i64 = 60;

/// How often it is looked whether something has become due.
const LOOK: Duration = Duration::from_millis(300);

/// Sends what is due.
#[derive(Clone)]
pub struct Sender(Arc<Inner>);

struct Inner {
    outbound: Outbound,
    source: String,
    quick: Arc<Semaphore>,
    troubled: Arc<Semaphore>,
    /// A try has ended: there is a place again.
    ended: Notify,
}

/// A delivery that is being tried.
#[derive(Clone)]
struct Trying {
    delivery: Delivery,
    event: Event,
    url: String,
    secrets: Vec<String>,
}

/// What became of a try.
#[derive(Clone, Default)]
struct Tried {
    status: Option<u16>,
    error: Option<String>,
    retry_after: Option<i64>,
    ms: i32,
}

impl Sender {
    /// `source` is how others know this deployment.
    pub fn new(outbound: Outbound, source: &str) -> Self {
        let [quick, troubled] = [QUICK, TROUBLED].map(|n| Arc::new(Semaphore::new(n)));
        Self(Arc::new(Inner { outbound, source: source.to_owned(), quick, troubled, ended: Notify::new() }))
    }

    /// Starts what is due and has a place; answers the tries, which go on by themselves.
    pub async fn start(&self, db: &Db) -> Result<Vec<JoinHandle<()>>> {
        let due = db.read(|tx| store::due(tx, Moment::system())).await?;
        let due = due.into_iter().filter(|(_, trouble, ms, trying)| *trying < at_once(*trouble, *ms));
        let (well, troubled): (Vec<_>, Vec<_>) = due.partition(|(_, trouble, ms, _)| !is_troubled(*trouble, *ms));
        let (mut started, mut failed) = (Vec::new(), None);
        for (mut due, places) in [(well, &self.0.quick), (troubled, &self.0.troubled)] {
            // Each time somebody else comes first, when places are scarce.
            let first = usize::from(random_bytes::<1>()[0]) % due.len().max(1);
            due.rotate_left(first);
            for some in due.chunks(TOGETHER) {
                let room = i64::try_from(places.available_permits()).unwrap_or(0);
                if room == 0 {
                    break;
                }
                let mut ids: Vec<Id> = some.iter().map(|(id, ..)| *id).collect();
                ids.sort();
                match db.commit(move |tx| claim_some(tx, &ids, room)).await {
                    Ok(claimed) => {
                        for trying in claimed {
                            let Ok(place) = places.clone().acquire_owned().await else { break };
                            started.push(self.spawned(db, trying, place));
                        }
                    }
                    // One that cannot be read keeps nobody else waiting.
                    Err(e) => failed = Some(e),
                }
            }
        }
        match failed {
            Some(e) if started.is_empty() => Err(e),
            Some(e) => {
                tracing::warn!(error = %e, "some webhooks not sent; tried again");
                Ok(started)
            }
            None => Ok(started),
        }
    }

    fn spawned(&self, db: &Db, trying: Trying, place: OwnedSemaphorePermit) -> JoinHandle<()> {
        let (sender, db) = (self.clone(), db.clone());
        tokio::spawn(async move {
            let attempt = sender.attempt(&db, trying);
            tokio::pin!(attempt);
            let answered = tokio::time::timeout(SLOW, &mut attempt).await.is_ok();
            drop(place);
            sender.0.ended.notify_one();
            if !answered {
                attempt.await;
                sender.0.ended.notify_one();
            }
        })
    }

    /// Sends until nothing is due any more; answers how many tries that were. A server calls [`Sender::run`] instead.
    pub async fn drain(&self, db: &Db) -> Result<usize> {
        let mut tries = 0;
        loop {
            let started = self.start(db).await?;
            if started.is_empty() {
                return Ok(tries);
            }
            tries += started.len();
            for one in started {
                one.await.ok();
            }
        }
    }

    /// Sends for as long as the server runs: what is slow is not waited for, and whatever has ended makes room at once.
    pub async fn run(&self, db: &Db) {
        loop {
            if let Err(e) = self.start(db).await {
                tracing::warn!(error = %e, "webhooks not sent; tried again");
            }
            tokio::time::timeout(LOOK, self.0.ended.notified()).await.ok();
        }
    }

    async fn attempt(&self, db: &Db, trying: Trying) {
        let began = Instant::now();
        let mut tried = self.send(&trying).await;
        tried.ms = i32::try_from(began.elapsed().as_millis()).unwrap_or(i32::MAX);
        let delivery = trying.delivery;
        // What is not noted is tried again when its lease ends: at least once.
        if let Err(e) = db.commit(move |tx| settle(tx, delivery.clone(), &tried)).await {
            tracing::warn!(error = %e, "a webhook delivery was not noted; it is sent again");
        }
    }

    async fn send(&self, trying: &Trying) -> Tried {
        let failed = |error: String| Tried { error: Some(error), ..Tried::default() };
        let request = match self.0.outbound.post(&trying.url) {
            Ok(request) => request,
            Err(fault) => return failed(fault.to_string()),
        };
        let Ok(body) = cloud(&trying.event, &self.0.source).and_then(|e| Ok(serde_json::to_string(&e)?)) else { return failed("unreadable".into()) };
        let (id, at) = (trying.event.id.to_string(), Moment::system().utc().timestamp());
        let secrets: Vec<&str> = trying.secrets.iter().map(String::as_str).collect();
        let request = request
            .header("content-type", "application/cloudevents+json; charset=utf-8")
            .header("webhook-id", &id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signing::signature(&secrets, &id, at, &body))
            .body(body);
        match request.send().await {
            // Of the answer nothing but status and waiting time is taken; its body is not read.
            Ok(response) => {
                let status = response.status();
                let retry_after = response.headers().get("retry-after").and_then(|v| v.to_str().ok()).and_then(seconds);
                let error = match status.as_u16() {
                    200..=299 => None,
                    300..=399 => Some("redirect".into()),
                    _ => Some("refused".into()),
                };
                Tried { status: Some(status.as_u16()), error, retry_after, ms: 0 }
            }
            Err(e) => failed(Fault::from(e).to_string()),
        }
    }
}

/// `Retry-After`: seconds, or a date.
fn seconds(text: &str) -> Option<i64> {
    let date = |text| Some(DateTime::parse_from_rfc2822(text).ok()?.timestamp() - Moment::system().utc().timestamp());
    text.trim().parse().ok().or_else(|| date(text.trim())).filter(|n| *n > 0)
}

/// Whether a receiver is slow or down.
fn is_troubled(trouble: i32, ms: i32) -> bool {
    signing::is_down(trouble) || u128::try_from(ms).is_ok_and(|ms| ms > SLOW.as_millis())
}

/// How many deliveries of a subscription are sent at the same time; one, as long as nothing is known of its receiver.
fn at_once(trouble: i32, ms: i32) -> i64 {
    if ms == 0 || is_troubled(trouble, ms) { 1 } else { EACH }
}

/// Takes the next deliveries of some subscriptions, in the order of their ids, since others lock them in that order.
fn claim_some(tx: &mut Tx, ids: &[Id], mut room: i64) -> Result<Vec<Trying>> {
    let mut claimed = Vec::new();
    for id in ids {
        if room <= 0 {
            break;
        }
        let some = claim(tx, *id, room)?;
        room -= i64::try_from(some.len()).unwrap_or(room);
        claimed.extend(some);
    }
    Ok(claimed)
}

/// Takes the next deliveries of a subscription for a while.
fn claim(tx: &mut Tx, id: Id, room: i64) -> Result<Vec<Trying>> {
    dialect::lock_root(tx.conn, "webhooks", id.as_str())?;
    let (now, system) = (tx.now, Moment::system());
    let Some(mut row) = store::webhook(tx, id)?.filter(|row| row.state == WebhookState::Active && row.resume_at <= now) else { return Ok(Vec::new()) };
    let free = (at_once(row.trouble, row.last_ms) - store::in_flight(tx, id, system)?).min(room);
    if free <= 0 {
        return Ok(Vec::new());
    }
    let Some(seer) = seer(tx, &row)? else {
        stop(tx, &mut row, PauseReason::Owner)?;
        store::save(tx, &row)?;
        return Ok(Vec::new());
    };
    let heads = store::heads(tx, &row, system, free)?;
    let events = log::events_by_id(tx, &heads.iter().map(|d| d.event_id).collect::<Vec<_>>())?;
    let told = told(tx, &row, &seer, &events)?;
    let sealed = row.sealed.open(tx.vault)?;
    let secrets: Vec<String> = sealed.signing(now).into_iter().map(str::to_owned).collect();
    let mut claimed = Vec::new();
    for mut delivery in heads {
        let Some((event, still)) = events.iter().zip(&told).find(|(e, _)| e.id == delivery.event_id) else { continue };
        if !still {
            // Since it was queued its record was taken out of the owner's sight, or the filters were changed.
            delivery.state = State::Skipped;
            delivery.last_error = Some("not_visible".into());
            store::save_delivery(tx, &mut delivery)?;
            promote(tx, &row, delivery.record_id)?;
            continue;
        }
        delivery.attempts += 1;
        delivery.first_at = delivery.first_at.or(Some(now));
        delivery.leased_until = system.plus(TimeDelta::seconds(LEASE));
        if !store::save_delivery(tx, &mut delivery)? {
            return Err(Error::Contended);
        }
        claimed.push(Trying { delivery, event: event.clone(), url: sealed.url.clone(), secrets: secrets.clone() });
    }
    Ok(claimed)
}

/// Notes what became of a try.
fn settle(tx: &mut Tx, tried: Delivery, outcome: &Tried) -> Result<()> {
    dialect::lock_root(tx.conn, "webhooks", tried.webhook_id.as_str())?;
    let Some(mut row) = store::webhook(tx, tried.webhook_id)? else { return Ok(()) };
    // Somebody skipped or replayed it meanwhile, or the lease ended and another server tries it: that stands.
    let Some(mut delivery) = store::delivery(tx, tried.id)?.filter(|d| d.version == tried.version && d.state == State::Waiting) else { return Ok(()) };
    let now = tx.now;
    delivery.leased_until = Moment::system();
    delivery.last_status = outcome.status.map(i32::from);
    delivery.last_error = outcome.error.clone();
    delivery.last_ms = Some(outcome.ms);
    row.last_ms = if outcome.ms > row.last_ms { outcome.ms } else { outcome.ms.midpoint(row.last_ms) }.max(1);
    let (was_down, failing_since) = (signing::is_down(row.trouble), row.failing_since);
    let settled = match &outcome.error {
        None => {
            delivery.state = State::Sent;
            delivery.sent_at = Some(now);
            row.failures = 0;
            row.trouble = 0;
            row.failing_since = None;
            row.last_success_at = Some(now);
            true
        }
        Some(_) => {
            row.failures = row.failures.saturating_add(1);
            row.failing_since = row.failing_since.or(Some(now));
            row.trouble = signing::troubled(row.trouble, outcome.status, delivery.attempts);
            delivery.next_at = now.plus(signing::pause(delivery.attempts, outcome.retry_after));
            delivery.not_before = outcome.retry_after.map(|seconds| now.plus(signing::asked(seconds)));
            if signing::is_down(row.trouble) {
                row.resume_at = now.plus(TimeDelta::seconds(signing::rest(row.trouble, outcome.status)));
            }
            let given_up = delivery.first_at.is_some_and(|first| first.plus(TimeDelta::hours(signing::GIVE_UP_HOURS)) <= now);
            if given_up {
                delivery.state = State::Dead;
            }
            given_up && row.after_dead == AfterDead::GoOn
        }
    };
    if !store::save_delivery(tx, &mut delivery)? {
        return Err(Error::Contended);
    }
    if settled {
        promote(tx, &row, delivery.record_id)?;
    }
    if outcome.error.is_none() && was_down {
        // It is well again: what was put off while it was not is tried now.
        row.resume_at = now;
        store::hurry(tx, row.id, failing_since.unwrap_or(now))?;
    }
    if outcome.status == Some(410) {
        stop(tx, &mut row, PauseReason::Gone)?;
    } else if let Some(since) = row.failing_since {
        let (hours, ever_took) = ((now.utc() - since.utc()).num_hours(), row.last_success_at.is_some());
        let gives_up = |all_tried: bool| signing::gives_up(hours, row.trouble, ever_took, outcome.status, all_tried);
        if gives_up(false) || (gives_up(true) && store::kinds(tx, row.id)?.iter().all(|kind| kind.last_tried.is_some())) {
            stop(tx, &mut row, PauseReason::Failing)?;
        }
    }
    store::save(tx, &row)
}
