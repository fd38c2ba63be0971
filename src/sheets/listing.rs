//! Lists of sheets and of rungs, through the access table.

use super::{
    machine::{RungState, SheetState},
    store::{self, Rung, Sheet},
    views::{RungView, SheetView, rung_of, views},
};
use crate::{
    access::{self, Sight},
    auth::{
        Actor, Scope,
        policy::{self, subject},
    },
    db::{Error, Result, Tx},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Page, Problem},
    organization,
};

fn admit(actor: &Actor, resource: &str) -> Result<()> {
    if policy::may(actor, resource, "read") { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden).into()) }
}

/// The states to walk: orders by deadline have an index per state only.
fn states(q: &ListQuery, all: Vec<&'static str>) -> Vec<String> {
    let mut states = q.all("state");
    states.sort();
    states.dedup();
    if states.is_empty() && q.sort.key == "due_at" { all.into_iter().map(str::to_owned).collect() } else { states }
}

/// Where departments are named, only what is theirs is walked.
fn along(q: &ListQuery) -> Option<Scope> {
    let departments = q.ids("department_id");
    (!departments.is_empty()).then(|| Scope::Subjects(departments.iter().map(|id| (subject::department(id.as_str()), false)).collect()))
}

/// The sheets that the caller sees.
pub fn sheets(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<SheetView>> {
    admit(actor, "assignment_sheet")?;
    let scope = Scope::of(actor, "assignment_sheet");
    let states = states(q, SheetState::ALL.iter().map(|s| s.code()).collect());
    let by = along(q).filter(|_| !drafts(&states));
    let page = access::filtered(tx, &scope, by.as_ref(), "assignment_sheet", q, states, |tx, ids| keep(tx, q, ids))?;
    let mut rows = store::sheets_by_id(tx, &page.items)?;
    rows.sort_by_key(|row| page.items.iter().position(|id| *id == row.id));
    let sights = access::sights(tx, &scope, &page.items)?;
    let sight = |id: Id| sights.get(&id).copied().unwrap_or(Sight::masked(true));
    let items = views(tx, rows.into_iter().map(|row| (sight(row.id), row)).map(|(sight, row)| (row, sight)).collect())?;
    Ok(page.with(|_| items))
}

/// A department has no row of what is not issued to it: then all that the caller sees is walked.
fn drafts(states: &[String]) -> bool {
    states.is_empty() || states.iter().any(|s| s == SheetState::Drafted.code() || s == SheetState::Cancelled.code())
}

fn keep(tx: &mut Tx, q: &ListQuery, ids: &[Id]) -> Result<Vec<Id>> {
    let (departments, tickets, centers) = (q.ids("department_id"), q.ids("ticket_id"), q.ids("center_id"));
    let (roles, wanted) = (q.all("role"), q.all("rung"));
    let flag = |name: &str| q.one(name).map(|v| v == "true");
    let (overdue, binding) = (flag("overdue"), flag("binding"));
    let (from, to) = q.range("due_at");
    let now = tx.now;
    let rows = store::sheets_by_id(tx, ids)?;
    let climbed = if wanted.is_empty() { Vec::new() } else { store::rungs_of(tx, ids)? };
    let holds = |r: &Rung| matches!(r.state, RungState::Proposed | RungState::Confirmed) && wanted.iter().any(|w| w == r.rung.code());
    let kept = rows.into_iter().filter(|row| {
        (departments.is_empty() || departments.contains(&row.department_id))
            && (tickets.is_empty() || tickets.contains(&row.ticket_id))
            && (centers.is_empty() || centers.contains(&row.center_id))
            && (roles.is_empty() || roles.iter().any(|r| r == row.role().code()))
            && overdue.is_none_or(|wanted| wanted == row.is_overdue(now))
            && binding.is_none_or(|wanted| wanted == row.binding)
            && from.is_none_or(|from| row.due_at.known().is_some_and(|due| due >= from))
            && to.is_none_or(|to| row.due_at < to)
            && (wanted.is_empty() || climbed.iter().any(|r| r.sheet_id == row.id && holds(r)))
    });
    Ok(kept.map(|row| row.id).collect())
}

/// The rungs that the caller sees.
pub fn rungs(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<RungView>> {
    admit(actor, "ladder_rung")?;
    let scope = Scope::of(actor, "ladder_rung");
    let states = states(q, RungState::ALL.iter().map(|s| s.code()).collect());
    let page = access::filtered(tx, &scope, along(q).as_ref(), "ladder_rung", q, states, |tx, ids| {
        let (departments, sheets, wanted) = (q.ids("department_id"), q.ids("sheet_id"), q.all("rung"));
        let kept = store::rungs_by_id(tx, ids)?.into_iter().filter(|row| {
            (departments.is_empty() || departments.contains(&row.department_id))
                && (sheets.is_empty() || sheets.contains(&row.sheet_id))
                && (wanted.is_empty() || wanted.iter().any(|w| w == row.rung.code()))
        });
        Ok(kept.map(|row| row.id).collect())
    })?;
    let mut rows = store::rungs_by_id(tx, &page.items)?;
    rows.sort_by_key(|row| page.items.iter().position(|id| *id == row.id));
    let sights = access::sights(tx, &scope, &page.items)?;
    let sight = |id: Id| sights.get(&id).copied().unwrap_or(Sight::masked(true));
    let items = rung_views(tx, rows.into_iter().map(|row| (sight(row.id), row)).map(|(sight, row)| (row, sight)).collect())?;
    Ok(page.with(|_| items))
}

/// Rungs as they are answered: what they lead to is read once for all of them.
pub(super) fn rung_views(tx: &mut Tx, rows: Vec<(Rung, Sight)>) -> Result<Vec<RungView>> {
    let sheets: Vec<Sheet> = store::sheets_by_id(tx, &rows.iter().map(|(r, _)| r.sheet_id).collect::<Vec<_>>())?;
    let centers = organization::briefs(tx, &rows.iter().map(|(r, _)| r.center_id).collect::<Vec<_>>())?;
    let departments = organization::store::departments_by_id(tx, &rows.iter().map(|(r, _)| r.department_id).collect::<Vec<_>>())?;
    let gone = || Error::Corrupt("a rung without its sheet".into());
    let shown = rows.into_iter().map(|(row, sight)| {
        let sheet = sheets.iter().find(|s| s.id == row.sheet_id).ok_or_else(gone)?;
        let center = centers.iter().find(|c| c.id == row.center_id).cloned().ok_or_else(gone)?;
        rung_of(tx, row, sheet, center, &departments, sight)
    });
    shown.collect()
}
