//! Sends what waits, again and again until a gateway takes it; many servers share the work.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::{
    following,
    gateways::{self, Handed, Outgoing},
    kinds::{NoticeKind, NoticeParameter},
    model::{NoticeState, NoticeWords, fill},
    store::{self, Notice},
};
use crate::{
    config::{Gateways, Pages},
    db::{Db, Error, Result, Tx},
    evaluations,
    kernel::{Code as _, Moment},
    outbound::{Outbound, Pauses},
};

/// Messages on their way at once.
const BATCH: i64 = 16;
/// While one server tries a message, others leave it alone.
const LEASE: i64 = 60;
/// A minute to twelve hours, and then no more.
const PAUSES: Pauses = Pauses(&[60, 300, 900, 3_600, 10_800, 21_600, 43_200]);

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
        NoticeKind::RatingOpen | NoticeKind::RatingReminder | NoticeKind::RatingCode => Ok(!evaluations::is_waiting(tx, row.record_id)?),
        _ => Ok(false),
    }
}

/// Takes what is due for a while; what is of no use any more, or has no way to go, is put aside.
fn take(tx: &mut Tx, gateways: &Gateways, links: &Links) -> Result<(Vec<(Notice, Outgoing)>, usize)> {
    let now = tx.now;
    let (mut taken, mut aside) = (Vec::new(), 0);
    for mut row in store::due(tx, BATCH)? {
        let useless = if row.expires_at <= now {
            Some("expired")
        } else if answered(tx, &row)? {
            Some("answered")
        } else if gateways::of(gateways, row.channel).is_none() {
            Some("no_gateway")
        } else {
            None
        };
        row.version += 1;
        row.updated_at = now;
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
        let words = row.words.open(tx.vault)?;
        let params = links.reached(&words);
        let text = fill(&words.text, &params);
        let params = params.into_iter().map(|(p, v)| (p.code().to_owned(), v.into())).collect();
        let message = Outgoing {
            id: row.id.to_string(),
            channel: row.channel,
            phone: words.phone,
            applicant: row.applicant_id.map(|id| id.to_string()).unwrap_or_default(),
            title: words.title,
            text,
            template: words.template,
            params,
        };
        taken.push((row, message));
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

/// Sends what is due; answers how many were taken. One slow gateway delays the others of its batch by its patience alone.
pub async fn send_due(db: &Db, outbound: &Outbound, gateways: &Gateways, links: &Links) -> Result<usize> {
    let mut sent = 0;
    loop {
        if !db.read(|tx| Ok(!store::due(tx, 1)?.is_empty())).await? {
            return Ok(sent);
        }
        let (doors, lead) = (gateways.clone(), links.clone());
        let (taken, aside) = db.commit(move |tx| take(tx, &doors, &lead)).await?;
        if taken.is_empty() && aside == 0 {
            return Ok(sent);
        }
        let each = taken.into_iter().map(|(row, message)| async move {
            let outcome = gateways::hand(outbound, gateways, &message).await;
            let done = matches!(outcome, Handed::Taken);
            let outcome = std::sync::Arc::new(outcome);
            db.commit(move |tx| settle(tx, row.clone(), &outcome)).await?;
            Ok::<usize, Error>(usize::from(done))
        });
        let all: Vec<Result<usize>> = futures_util::future::join_all(each).await;
        sent += all.into_iter().sum::<Result<usize>>()?;
    }
}
