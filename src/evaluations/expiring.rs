//! What time does: the reminder, the end of the window, and the default rating where a city has one.

use chrono::{NaiveTime, TimeDelta};
use serde_json::json;

use super::{
    load::{KIND, lock, place, publish},
    machine::{Standing, Step},
    model::{EvaluationState, Grade, RatingChannel},
    opening::ON_ENDED,
    store::{self, Evaluation},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Error, Result, Tx},
    entrustments,
    events::{self, Audience, NewEvent},
    kernel::{Id, Moment},
    organization, settings,
};

/// So many working days before the window ends, in the morning; never where none is wanted, or the window is shorter.
pub(super) fn remind_at(tx: &mut Tx, due: Moment, working_days: u32) -> Result<Moment> {
    let calendar = clocks::calendar(tx, due)?;
    let (mut day, mut left) = (due.local_date(), working_days);
    while left > 0 {
        day = day.pred_opt().unwrap_or(day);
        if calendar.is_workday(day) {
            left -= 1;
        }
    }
    let at: Moment = clocks::utc(day.and_time(NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default())).into();
    Ok(if working_days == 0 || at <= tx.now { Moment::NEVER } else { at })
}

/// After the calendar moved: the window follows its clock, and the reminder the window.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    crate::db::dialect::lock_root(tx.conn, "evaluations", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::evaluation(tx, id)?.filter(|row| moved && row.state == EvaluationState::Open) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    if row.remind_at.known().is_some() {
        let center = organization::load(tx, row.center_id)?;
        let days = settings::rules(tx, &center.path)?.evaluation_reminder;
        row.remind_at = remind_at(tx, row.due_at, days)?;
    }
    row.version += 1;
    row.updated_at = tx.now;
    if store::save(tx, &row)? { place(tx, &row) } else { Err(Error::Contended) }
}

/// Whether an evaluation's window is over, or somebody is to be reminded.
pub fn anything_due(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::overdue(tx, now, 1)?.is_empty() || !store::to_remind(tx, now, 1)?.is_empty())
}

/// Lets expire what is over and reminds of what will be; answers how many.
pub fn sweep(tx: &mut Tx, batch: i64) -> Result<usize> {
    // First what is over: nobody is reminded of that.
    Ok(expire_due(tx, batch)? + remind_due(tx, batch)?)
}

fn remind_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let now = tx.now;
    let ids: Vec<Id> = store::to_remind(tx, now, batch)?.into_iter().map(|row| row.id).collect();
    let actor = Actor::system("evaluations");
    for id in &ids {
        let mut row = lock(tx, *id)?;
        if row.remind_at > now || row.decide(Step::Remind, now).is_err() {
            continue;
        }
        // A server that was down reminds late, and not on the last day's end.
        let late = row.due_at <= now.plus(TimeDelta::hours(1));
        row.remind_at = Moment::NEVER;
        row.version += 1;
        row.updated_at = now;
        if !store::save(tx, &row)? {
            return Err(Error::Contended);
        }
        place(tx, &row)?;
        if !late {
            let params = json!({ "number": row.number, "due_at": row.due_at });
            let event = NewEvent {
                record_kind: KIND,
                record_id: row.id,
                version: row.version,
                kind: "evaluation.reminded",
                audience: Audience::Applicant,
                params,
                words: None,
            };
            events::record(tx, &actor, event)?;
        }
    }
    Ok(ids.len())
}

/// Lets evaluations expire whose window is over; where a city has default ratings, the first one is rated so, apart from all
/// that people say.
fn expire_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let now = tx.now;
    let ids: Vec<Id> = store::overdue(tx, now, batch)?.into_iter().map(|row| row.id).collect();
    let actor = Actor::system("evaluations");
    for id in &ids {
        let mut row = lock(tx, *id)?;
        let center = organization::load(tx, row.center_id)?;
        let wanted = settings::rules(tx, &center.path)?.default_rating;
        let default = row.decide(Step::Default, now).ok().filter(|_| wanted);
        let Some(next) = default.or_else(|| row.decide(Step::Expire, now).ok()) else { continue };
        let kind = if default.is_some() {
            row.is_default = true;
            row.grade = Some(Grade::Satisfied);
            row.channel = Some(RatingChannel::SystemDefault);
            row.rated_at = Some(now);
            "evaluation.defaulted"
        } else {
            "evaluation.expired"
        };
        end_unrated(tx, &actor, &mut row, next, kind)?;
    }
    Ok(ids.len())
}

/// An evaluation ends that nobody has rated.
pub(super) fn end_unrated(tx: &mut Tx, actor: &Actor, row: &mut Evaluation, next: Standing, kind: &str) -> Result<()> {
    row.state = next.state();
    row.remind_at = Moment::NEVER;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Error::Contended);
    }
    clocks::stop(tx, row.id, &[ClockKind::Evaluation])?;
    row.entrustment_id.map_or(Ok(()), |id| entrustments::see_off(tx, id))?;
    publish(tx, actor, row, kind, json!({}))?;
    ON_ENDED.get().map_or(Ok(()), |hook| hook(tx, actor, row))
}
