//! Lists of follow-ups, and those that wait for the caller.

use super::{
    load::{KIND, leads, permits, works_at},
    machine::{AppealState, FollowUpAction as Action, FollowUpState as State},
    store::{self, FollowUp},
    views::{Around, FollowUpView, row_view},
};
use crate::{
    access::{self, Sight},
    auth::{Actor, Role, policy},
    db::{Result, Tx},
    kernel::{Code as _, Id, ListQuery, Page},
    organization,
};

/// The follow-ups that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<FollowUpView>> {
    let (centers, grades, handlers, matters) = (q.ids("center_id"), q.all("grade"), q.ids("handler_id"), q.ids("entrustment_id"));
    let overdue = q.one("overdue").map(|v| v == "true");
    let unassigned = q.one("unassigned").map(|v| v == "true");
    let (appeals, kinds) = (q.all("appeal"), q.all("record_kind"));
    let plain = centers.is_empty() && grades.is_empty() && handlers.is_empty() && matters.is_empty() && appeals.is_empty() && kinds.is_empty();
    // Who handles it is the staff's to know.
    let staff = actor.applicant_id.is_none();
    let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> {
        let now = tx.now;
        let kept = store::follow_ups_by_id(tx, ids)?.into_iter().filter(|row| {
            (centers.is_empty() || centers.contains(&row.center_id))
                && (grades.is_empty() || grades.iter().any(|g| g == row.grade.code()))
                && (handlers.is_empty() || staff && row.handler_id.is_some_and(|id| handlers.contains(&id)))
                && (matters.is_empty() || row.entrustment_id.is_some_and(|id| matters.contains(&id)))
                && (kinds.is_empty() || kinds.iter().any(|k| k == row.record_kind.code()))
                && (appeals.is_empty() || staff && row.appeal.is_some_and(|a| appeals.iter().any(|asked| asked == a.code())))
                && overdue.is_none_or(|wanted| wanted == row.is_overdue(now))
                && unassigned.is_none_or(|wanted| staff && wanted == row.handler_id.is_none())
        });
        Ok(kept.map(|row| row.id).collect())
    };
    let id = |row: &FollowUp| row.id;
    let page = if plain && overdue.is_none() && unassigned.is_none() {
        access::listed::<State, _>(tx, actor, KIND, q, store::follow_ups_by_id, id)?
    } else {
        let sieve = access::Sieve { by: None, keep: &keep };
        access::sifted::<State, _>(tx, actor, KIND, q, sieve, store::follow_ups_by_id, id)?
    };
    let around = Around::of(tx, &page.items.iter().map(|(row, _)| row).collect::<Vec<_>>())?;
    let now = tx.now;
    page.try_map(|(row, sight): (FollowUp, Sight)| row_view(actor, row, &around, sight, now))
}

/// The states in which one waits for somebody.
pub fn waiting_states() -> Vec<&'static str> {
    [State::Opened, State::Verified, State::Fixing, State::Handled, State::UpperReview].iter().map(|s| s.code()).collect()
}

/// Those of these that wait for the caller: to decide, above; to name who handles what was said of the leader; to handle, as the handler, or as the leader of the center while
/// nobody is named.
pub fn awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    if !policy::may(actor, KIND, "read") {
        return Ok(Vec::new());
    }
    let rows = store::follow_ups_by_id(tx, ids)?;
    let mut mine = Vec::new();
    for row in rows {
        let center = organization::load(tx, row.center_id)?;
        let path = &center.path;
        let above = center.parent_id.is_some_and(|above| actor.nodes(Role::CenterManager).any(|n| n == above.as_str()));
        let names = row.state == State::Opened && row.handler_id.is_none() && above && !works_at(actor, row.center_id) && leads(tx, &row)?;
        let decides = match row.state {
            State::UpperReview => permits(&row, path, actor, Action::Conclude),
            _ => row.appeal == Some(AppealState::Pending) && permits(&row, path, actor, Action::DecideAppeal),
        };
        let own = row.handler_id.is_none_or(|id| actor.answers_for(id));
        // By the leader of the very center: whoever is above may, and is not expected to.
        let handles = own && row.state != State::UpperReview && permits(&row, path, actor, Action::Tell);
        // What only waits for an appeal is nobody's in the center.
        let waits = row.state == State::Handled && row.appeal == Some(AppealState::Pending);
        if decides || names || (handles && !waits) {
            mine.push(row.id);
        }
    }
    Ok(mine)
}
