//! Sends what waits, again and again until a gateway takes it; many servers share the work.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use chrono::TimeDelta;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::{
    following,
    gateways::{self, Handed, Outgoing},
    kinds::{NoticeKind, NoticeParameter},
    model::{NoticeChannel, NoticeState, NoticeWords, fill},
    recipients::Recipient,
    store::{self, Notice},
};
use crate::{
    config::{Gateways, Pages},
    db::{Db, Result, Tx},
    evaluations,
    kernel::{Code as _, Moment},
    outbound::{Outbound, Pauses},
};

/// Messages that one server hands to one gateway at the same time, and the places among them that are kept for what somebody
/// waits for.
const PLACES: usize = 16;
const KEPT: usize = 4;
/// Messages that are looked at in one transaction.
const BATCH: i64 = 32;
/// While one server tries a message, others leave it alone: longer than any try.
const LEASE: i64 = 60;
/// A minute to twelve hours, and then no more.
const PAUSES: Pauses = Pauses(&[60, 300, 900, 3_600, 10_800, 21_600, 43_200]);
/// After so many outages in a row a gateway rests, and is then asked by one message at a time until it answers. Never long: a
/// code is good for minutes.
const DOWN: i32 = 4;
const RESTS: Pauses = Pauses(&[5, 10, 20, 30]);
/// How often it is looked whether something has become due.
const LOOK: Duration = Duration::from_millis(500);

/// Where links lead people.
#[derive(Clone, Debug)]
pub struct Links {
    /// Pages for people, by kind of link.
    pub pages: Pages,
    /// How we are reached.
    pub public_url: String,
}

impl Links {
    fn reached(&self, words: &NoticeWords) -> BTreeMap<NoticeParameter, String> {
        let mut params = words.params.clone();
        if let Some(link) = params.get_mut(&NoticeParameter::Link) {
            *link = self.pages.address(&self.public_url, link);
        }
        params
    }
}

/// What it asks for was given meanwhile, such as a rating during the quiet hours.
fn answered(tx: &mut Tx, row: &Notice) -> Result<bool> {
    match row.kind {
        NoticeKind::RatingOpen | NoticeKind::RatingAgain | NoticeKind::RatingReminder | NoticeKind::RatingCode => {
            Ok(!evaluations::is_waiting(tx, row.record_id)?)
        }
        _ => Ok(false),
    }
}

/// Whoever it goes to wants nothing through its channel any more; what they have asked for themselves comes all the same.
fn opted_out(tx: &mut Tx, row: &Notice, phone: &str) -> Result<bool> {
    if row.urgent {
        return Ok(false);
    }
    let to = Recipient { applicant_id: row.applicant_id, user_id: row.user_id, phone: phone.to_owned(), ..Recipient::default() };
    let keys = following::keys(tx, &to);
    Ok(store::opt_outs(tx, &keys)?.contains(&row.channel))
}

/// How many messages may be handed over now: in all, and of those that nobody waits for.
#[derive(Clone, Copy)]
struct Room {
    all: usize,
    usual: usize,
}

/// Takes what is due for a while, the urgent first; what is of no use any more, or has no way to go, is put aside.
fn take(tx: &mut Tx, channel: NoticeChannel, room: Room, gateways: &Gateways, links: &Links) -> Result<(Vec<(Notice, Outgoing)>, usize)> {
    let now = tx.now;
    let (mut taken, mut aside) = (Vec::new(), 0);
    for urgent in [true, false] {
        let most = if urgent { room.all } else { room.all.min(taken.len() + room.usual) };
        for mut row in store::due(tx, channel, urgent, BATCH)? {
            if taken.len() >= most {
                break;
            }
            let words = row.words.open(tx.vault)?;
            let useless = if row.expires_at <= now {
                Some("expired")
            } else if answered(tx, &row)? {
                Some("answered")
            } else if opted_out(tx, &row, &words.phone)? {
                Some("opted_out")
            } else if gateways::of(gateways, channel).is_none() {
                Some("no_gateway")
            } else {
                None
            };
            row.version += 1;
            row.updated_at = now;
            // What was due by day and is late, as after an outage, is as unwelcome at night.
            let wakes = following::waking(tx, &row, now)?;
            if useless.is_none() && wakes > now {
                row.next_at = wakes;
                aside += usize::from(store::save(tx, &row)?);
                continue;
            }
            if let Some(why) = useless {
                (row.state, row.last_error, row.next_at) = (NoticeState::Skipped, Some(why.to_owned()), Moment::NEVER);
                aside += usize::from(store::save(tx, &row)?);
                continue;
            }
            row.attempts += 1;
            row.next_at = now.plus(TimeDelta::seconds(LEASE));
            // Another server has it.
            if !store::save(tx, &row)? {
                continue;
            }
            let params = links.reached(&words);
            let text = fill(&words.text, &params);
            let params = params.into_iter().map(|(p, v)| (p.code().to_owned(), v.into())).collect();
            let message = Outgoing {
                id: row.id.to_string(),
                channel,
                phone: words.phone,
                applicant: row.applicant_id.map(|id| id.to_string()).unwrap_or_default(),
                title: words.title,
                text,
                template: words.template,
                params,
            };
            taken.push((row, message));
        }
    }
    Ok((taken, aside))
}

/// Notes what became of it.
fn settle(tx: &mut Tx, mut row: Notice, outcome: &Handed) -> Result<()> {
    let now = tx.now;
    match outcome {
        Handed::Taken => {
            row.state = NoticeState::Sent;
            row.sent_at = Some(now);
            row.next_at = Moment::NEVER;
            row.last_error = None;
        }
        Handed::NotTaken(why) => {
            row.last_error = Some(why.to_string());
            if PAUSES.over(row.attempts) {
                (row.state, row.next_at) = (NoticeState::Dead, Moment::NEVER);
            } else {
                row.next_at = following::waking(tx, &row, now.plus(PAUSES.after(row.attempts)))?;
            }
        }
        Handed::NoGateway => (row.state, row.last_error, row.next_at) = (NoticeState::Skipped, Some("no_gateway".into()), Moment::NEVER),
    }
    row.version += 1;
    row.updated_at = now;
    // Somebody dropped it meanwhile: that stands.
    store::save(tx, &row).map(|_| ())
}

/// How a gateway fares, as this server sees it.
#[derive(Default)]
struct Health {
    outages: i32,
    rests_until: Option<Instant>,
}

/// The way to one gateway: no other has to wait for it.
struct Road {
    channel: NoticeChannel,
    places: Arc<Semaphore>,
    health: Mutex<Health>,
}

impl Road {
    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn room(&self) -> Room {
        let free = self.places.available_permits();
        let health = self.health();
        let rests = health.rests_until.is_some_and(|until| Instant::now() < until);
        match health.outages >= DOWN {
            false => Room { all: free, usual: free.saturating_sub(KEPT) },
            true if rests || free < PLACES => Room { all: 0, usual: 0 },
            true => Room { all: 1, usual: 1 },
        }
    }

    fn note(&self, outcome: &Handed) {
        let mut health = self.health();
        if !matches!(outcome, Handed::NotTaken(why) if why.is_outage()) {
            *health = Health::default();
            return;
        }
        // What was on its way together fails together, and counts as one failed try.
        if health.rests_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        health.outages = health.outages.saturating_add(1);
        if health.outages >= DOWN {
            let rest = RESTS.after(health.outages - DOWN + 1).to_std().unwrap_or_default();
            health.rests_until = Some(Instant::now() + rest);
        }
    }
}

/// Hands messages over.
#[derive(Clone)]
pub struct Courier(Arc<Inner>);

struct Inner {
    outbound: Outbound,
    gateways: Gateways,
    links: Links,
    roads: Vec<Road>,
    /// A try has ended: there is a place again.
    ended: Notify,
}

impl Courier {
    /// To these gateways.
    pub fn new(outbound: Outbound, gateways: Gateways, links: Links) -> Self {
        let road = |channel: &NoticeChannel| Road { channel: *channel, places: Arc::new(Semaphore::new(PLACES)), health: Mutex::default() };
        Self(Arc::new(Inner { outbound, gateways, links, roads: NoticeChannel::ALL.iter().map(road).collect(), ended: Notify::new() }))
    }

    /// Starts what is due and has a place; answers the tries, which go on by themselves, and how many messages were put aside.
    async fn start(&self, db: &Db) -> Result<(Vec<JoinHandle<bool>>, usize)> {
        let (mut started, mut set_aside) = (Vec::new(), 0);
        for (at, road) in self.0.roads.iter().enumerate() {
            let (channel, room) = (road.channel, road.room());
            if room.all == 0 || !db.read(move |tx| store::any_due(tx, channel)).await? {
                continue;
            }
            let inner = self.0.clone();
            let (taken, aside) = db.commit(move |tx| take(tx, channel, room, &inner.gateways, &inner.links)).await?;
            set_aside += aside;
            for (row, message) in taken {
                let Ok(place) = road.places.clone().acquire_owned().await else { break };
                started.push(self.spawned(db, at, row, message, place));
            }
        }
        Ok((started, set_aside))
    }

    fn spawned(&self, db: &Db, at: usize, row: Notice, message: Outgoing, place: OwnedSemaphorePermit) -> JoinHandle<bool> {
        let (inner, db) = (self.0.clone(), db.clone());
        tokio::spawn(async move {
            let outcome = Arc::new(gateways::hand(&inner.outbound, &inner.gateways, &message).await);
            inner.roads.iter().skip(at).take(1).for_each(|road| road.note(&outcome));
            let taken = matches!(*outcome, Handed::Taken);
            // What is not noted is tried again when its lease ends: the gateway knows it by its key.
            if let Err(e) = db.commit(move |tx| settle(tx, row.clone(), &outcome)).await {
                tracing::warn!(error = %e, "a message was not noted; it is sent again");
            }
            drop(place);
            inner.ended.notify_one();
            taken
        })
    }

    /// Sends what is due, for so long at most; answers how many were taken. What is on its way then goes on by itself.
    pub async fn drain(&self, db: &Db, longest: Duration) -> Result<usize> {
        let until = Instant::now() + longest;
        let mut sent = 0;
        loop {
            let (started, aside) = self.start(db).await?;
            if started.is_empty() && aside == 0 {
                return Ok(sent);
            }
            for one in started {
                match timeout_at(until, one).await {
                    Ok(taken) => sent += usize::from(taken.unwrap_or(false)),
                    Err(_) => return Ok(sent),
                }
            }
            if Instant::now() >= until {
                return Ok(sent);
            }
        }
    }

    /// Sends for as long as the server runs: nothing waits for a gateway but its own messages.
    pub async fn run(&self, db: &Db) {
        loop {
            let moved = match self.start(db).await {
                Ok((started, aside)) => started.len() + aside,
                Err(e) => {
                    tracing::warn!(error = %e, "messages not sent; tried again");
                    0
                }
            };
            if moved == 0 {
                timeout(LOOK, self.0.ended.notified()).await.ok();
            }
        }
    }
}
