//! Makes messages of what happened: follows the positions of the event log, in one transaction with how far it came.

use chrono::{NaiveDateTime, TimeDelta};

use super::{
    model::{NoticeChannel, NoticeState, NoticeWords},
    recipients::{Recipient, Telling, of_code, of_event},
    store::{self, Notice},
    templates,
};
use crate::{
    applicants,
    db::{Private, Result, Tx, dialect},
    evaluations, events,
    kernel::{BusinessHours, Id, Moment},
    organization, settings,
};

/// Events that are looked at in one transaction.
const BATCH: i64 = 100;
/// A message that could not go for so many days is of no use.
const DAYS: i64 = 3;

/// Whether something happened that is not told yet.
pub fn anything_new(tx: &mut Tx) -> Result<bool> {
    let at = store::position(tx)?;
    Ok(events::store::last_position(tx)? > at || evaluations::any_outgoing(tx)?)
}

/// Makes the next messages; answers how much was looked at.
pub fn follow(tx: &mut Tx) -> Result<usize> {
    dialect::lock_name(tx.conn, "notices")?;
    let codes = evaluations::take_outgoing(tx, BATCH)?;
    for code in &codes {
        if let Some(telling) = of_code(tx, code)? {
            let source = format!("{}:{}", code.evaluation_id, code.made_at.utc().timestamp_micros());
            make(tx, &source, ("evaluation", code.evaluation_id), &telling)?;
        }
    }
    let at = store::position(tx)?;
    let events = events::store::following(tx, at, BATCH)?;
    for event in &events {
        if let Some(telling) = of_event(tx, event)? {
            make(tx, event.id.as_str(), (&event.record_kind, event.record_id), &telling)?;
        }
    }
    if let Some(last) = events.iter().filter_map(|e| e.position).max() {
        store::advance(tx, last)?;
    }
    Ok(codes.len() + events.len())
}

/// Whose channel is closed, and which row is the second of its kind: telephones by their keyed hash, others by their ids.
pub(super) fn keys(tx: &Tx, to: &Recipient) -> Vec<String> {
    let phone = Some(&to.phone).filter(|p| !p.is_empty()).map(|p| applicants::phone_mark(tx, p));
    let applicant = to.applicant_id.map(|id| format!("applicant:{id}"));
    let user = to.user_id.map(|id| format!("user:{id}"));
    [applicant, user, phone].into_iter().flatten().collect()
}

fn is_mobile(phone: &str) -> bool {
    phone.len() == 11 && phone.starts_with('1') && phone.bytes().all(|b| b.is_ascii_digit())
}

/// When a message may go: at once, or when people are awake again. Counted in China's time.
pub(super) fn awake(now: Moment, hours: &BusinessHours) -> Moment {
    let local: NaiveDateTime = now.plus(TimeDelta::hours(8)).utc().naive_utc();
    if local.time() >= hours.open && local.time() < hours.close {
        return now;
    }
    let day = if local.time() < hours.open { local.date() } else { local.date() + TimeDelta::days(1) };
    Moment::from(day.and_time(hours.open).and_utc()).plus(TimeDelta::hours(-8))
}

/// When a message of a center may go that is to go at a moment: what nobody has asked for waits until people are awake.
pub(super) fn waking(tx: &mut Tx, row: &Notice, at: Moment) -> Result<Moment> {
    if row.urgent {
        return Ok(at);
    }
    let path = row.center_id.map(|id| organization::load(tx, id)).transpose()?.map(|c| c.path).unwrap_or_default();
    Ok(awake(at, &settings::rules(tx, &path)?.notice_hours))
}

fn make(tx: &mut Tx, source: &str, (record_kind, record_id): (&str, Id), telling: &Telling) -> Result<()> {
    let content = templates::content(tx, telling.kind, telling.center.as_ref())?;
    let hours = settings::rules(tx, telling.center.as_ref().map_or("", |c| c.path.as_str()))?.notice_hours;
    let urgent = telling.kind.is_urgent();
    let now = tx.now;
    for to in &telling.to {
        let keys = keys(tx, to);
        let closed = store::opt_outs(tx, &keys)?;
        for channel in &content.channels {
            // In the app to who has an account, by WeChat to whom the portal knows, by text message to a mobile telephone.
            let recipient = match channel {
                NoticeChannel::Sms => Some(&to.phone).filter(|p| is_mobile(p)).and(keys.last()),
                NoticeChannel::Wechat => to.applicant_id.and(keys.first()),
                NoticeChannel::InApp => to.applicant_id.or(to.user_id).and(keys.first()),
            };
            let Some(recipient) = recipient.cloned() else { continue };
            let in_app = *channel == NoticeChannel::InApp;
            // What somebody asked for themselves comes also to who wants nothing else.
            let shut = closed.contains(channel) && !urgent && !in_app;
            let template = match channel {
                NoticeChannel::Sms => content.sms_template.clone(),
                NoticeChannel::Wechat => content.wechat_template.clone(),
                NoticeChannel::InApp => None,
            };
            let words = NoticeWords {
                name: to.name.clone(),
                phone: to.phone.clone(),
                title: content.title.clone(),
                text: content.text.clone(),
                template: template.unwrap_or_default(),
                params: telling.params.clone(),
            };
            let row = Notice {
                id: Id::new(),
                source: source.to_owned(),
                kind: telling.kind,
                channel: *channel,
                state: match (in_app, shut) {
                    (true, _) => NoticeState::Sent,
                    (_, true) => NoticeState::Skipped,
                    _ => NoticeState::Waiting,
                },
                recipient,
                applicant_id: to.applicant_id,
                user_id: to.user_id,
                center_id: telling.center.as_ref().map(|c| c.id),
                record_kind: record_kind.to_owned(),
                record_id,
                words: Private::seal(tx.vault, &words)?,
                urgent,
                attempts: 0,
                next_at: if in_app || shut {
                    Moment::NEVER
                } else if urgent {
                    now
                } else {
                    awake(now, &hours)
                },
                expires_at: telling.expires_at.unwrap_or(now.plus(TimeDelta::days(DAYS))),
                last_error: shut.then(|| "opted_out".to_owned()),
                sent_at: in_app.then_some(now),
                read_at: None,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            // Seen before: told before.
            store::insert(tx, &row)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;

    use super::*;

    #[test]
    fn nights_are_quiet_in_china() {
        let at = |text: &str| Moment::from(chrono::DateTime::parse_from_rfc3339(text).expect("a time").with_timezone(&chrono::Utc));
        let time = |h| NaiveTime::from_hms_opt(h, 0, 0).expect("a time");
        let hours = BusinessHours { open: time(8), close: time(21) };
        for (now, then) in [
            ("2026-03-02T09:30:00+08:00", "2026-03-02T09:30:00+08:00"),
            ("2026-03-02T07:59:00+08:00", "2026-03-02T08:00:00+08:00"),
            ("2026-03-02T21:00:00+08:00", "2026-03-03T08:00:00+08:00"),
            ("2026-02-28T23:30:00+08:00", "2026-03-01T08:00:00+08:00"),
            ("2026-03-02T08:00:00+08:00", "2026-03-02T08:00:00+08:00"),
        ] {
            assert_eq!(awake(at(now), &hours), at(then), "{now}");
        }
    }
}
