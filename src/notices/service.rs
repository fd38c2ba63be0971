//! The log of messages, for those who answer for the centers.

use super::{
    following,
    kinds::NoticeKind,
    model::{NoticeChannel, NoticeState},
    store::{self, Asked, Notice},
    views::{self, NoticeLogEntry},
};
use crate::{
    applicants,
    auth::{Actor, Reachable, Role, policy},
    db::{Result, Tx, audit},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target},
    organization::{self, custodian_reachable},
};

fn reaches(tx: &mut Tx, actor: &Actor, action: &str, row: &Notice) -> Result<bool> {
    Ok(match row.center_id {
        Some(id) => policy::allows(actor, "notice", action, &custodian_reachable(&organization::load(tx, id)?)),
        None => policy::allows(actor, "notice", action, &Reachable::default()),
    })
}

/// What this caller may do with it now.
pub(super) fn acts(tx: &mut Tx, actor: &Actor, row: &Notice) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for act in ["retry", "drop", "opt_out"] {
        let fits = match act {
            "retry" => row.state == NoticeState::Dead || (row.state == NoticeState::Waiting && row.attempts > 0),
            "drop" => matches!(row.state, NoticeState::Waiting | NoticeState::Dead),
            _ => row.channel == NoticeChannel::Sms,
        };
        if fits && reaches(tx, actor, act, row)? {
            all.push(act.to_owned());
        }
    }
    Ok(all)
}

/// The centers whose messages a caller reads; `None`: everywhere.
fn centers(tx: &mut Tx, actor: &Actor) -> Result<Option<Vec<Id>>> {
    if policy::allows(actor, "notice", "read", &Reachable::default()) {
        return Ok(None);
    }
    let mut own: Vec<Id> = Vec::new();
    for role in [Role::CenterManager, Role::Inspector] {
        for node in actor.nodes(role).map(str::to_owned).collect::<Vec<_>>() {
            if let Some(c) = organization::store::center_by_reference(tx, &node)? {
                own.extend(organization::store::subtree(tx, &c.path)?);
            }
        }
    }
    own.extend(actor.nodes(Role::Clerk).filter_map(|n| n.parse::<Id>().ok()));
    Ok(Some(own))
}

/// A page of messages, newest first.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<NoticeLogEntry>> {
    if !policy::may(actor, "notice", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let asked = Asked {
        centers: centers(tx, actor)?,
        states: q.all("state").iter().filter_map(|c| NoticeState::parse(c)).collect(),
        channels: q.all("channel").iter().filter_map(|c| NoticeChannel::parse(c)).collect(),
        kinds: q.all("kind").iter().filter_map(|c| NoticeKind::parse(c)).collect(),
        record: q.ids("record_id").first().copied(),
    };
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::list(tx, &asked, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let page = Page::cut(rows, q.limit, tx.vault, |n| q.cursor_of(String::new(), n.id.to_string()));
    page.try_map(|n| views::view(tx, n, None))
}

fn load(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Notice> {
    if !policy::may(actor, "notice", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::notice(tx, id)?.ok_or_else(Problem::not_found)?;
    if reaches(tx, actor, "read", &row)? { Ok(row) } else { Err(Problem::not_found().into()) }
}

/// One message.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<NoticeLogEntry> {
    let row = load(tx, actor, reference)?;
    let allowed = acts(tx, actor, &row)?;
    views::view(tx, row, Some(allowed))
}

fn changed(tx: &mut Tx, actor: &Actor, target: &Target, action: &'static str, edit: impl FnOnce(&mut Tx, &mut Notice) -> Result<()>) -> Result<NoticeLogEntry> {
    let mut row = load(tx, actor, &target.reference)?;
    if !reaches(tx, actor, action, &row)? {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let allowed = acts(tx, actor, &row)?;
    if !allowed.iter().any(|a| a == action) {
        return Err(Problem { allowed_actions: Some(allowed), ..Problem::of(ErrorCode::StateConflict) }.into());
    }
    edit(tx, &mut row)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    let actor_id = actor.id.map_or_else(|| actor.request_id.clone(), |id| id.to_string());
    audit::record(tx, &audit::Entry { actor_id, action, record_kind: "notice", record_id: row.id, reason: "", request_id: &actor.request_id })?;
    let allowed = acts(tx, actor, &row)?;
    views::view(tx, row, Some(allowed))
}

/// It is tried again now, from the beginning.
pub fn retry(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<NoticeLogEntry> {
    changed(tx, actor, target, "retry", |tx, row| {
        row.state = NoticeState::Waiting;
        row.attempts = 0;
        row.next_at = following::waking(tx, row, tx.now)?;
        row.expires_at = row.expires_at.max(tx.now.plus(chrono::TimeDelta::days(1)));
        Ok(())
    })
}

/// It is not sent any more.
pub fn drop_notice(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<NoticeLogEntry> {
    changed(tx, actor, target, "drop", |_, row| {
        row.state = NoticeState::Dropped;
        row.next_at = Moment::NEVER;
        Ok(())
    })
}

/// Its recipient has said that they want no text messages: nothing goes to that telephone any more.
pub fn opt_out(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<NoticeLogEntry> {
    changed(tx, actor, target, "opt_out", |tx, row| {
        let phone = row.words.open(tx.vault)?.phone;
        let mark = applicants::phone_mark(tx, &phone);
        store::opt_out(tx, &mark, row.channel, true)
    })
}
