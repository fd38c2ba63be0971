//! The overdue ladder: each rung is proposed once, when its time comes, and recorded with that time however late the
//! worker finds it. Inspectors confirm 挂牌警示 and 点名通报; 问责 needs the competent body's document, and the reform office.

use serde_json::json;

use super::{
    load::{self, by_reference},
    machine::{RungAction as Action, RungState as State, settle},
    model::{LadderRung, RungConfirmation, RungDetails, RungLift, RungRejection},
    store::{self, Rung, Sheet},
    views::{RungView, rung_view},
};
use crate::{
    access::{self, Placement},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    clocks,
    db::{Error, Private, Result, Tx, dialect},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Limit, Moment, Problem, Target},
    organization::{self, Center},
    settings::{self, Rules},
};

/// When the next rung of a sheet is to be proposed: so many working days after its deadline; never, after the last.
pub(super) fn next_at(tx: &mut Tx, row: &Sheet, rules: &Rules) -> Result<Moment> {
    let next = usize::try_from(row.rungs).ok().and_then(|n| rules.ladder_days.get(n));
    Ok(match next {
        _ if row.due_at == Moment::NEVER => Moment::NEVER,
        None => Moment::NEVER,
        Some(0) => row.due_at,
        Some(days) => clocks::calendar(tx, row.due_at)?.deadline(row.due_at.utc(), Limit::working_days(*days), &[]).due.into(),
    })
}

/// Whether a rung is to be proposed.
pub fn anything_due(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::to_propose(tx, now, 1)?.is_empty())
}

/// Proposes the rungs whose time has come, of each sheet the next one; answers how many. Each sheet is locked and read anew,
/// so each rung is proposed once, and a worker that was down finds them in order.
pub fn propose_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let now = tx.now;
    let due = store::to_propose(tx, now, batch)?;
    for id in &due {
        dialect::lock_root(tx.conn, "assignment_sheets", id.as_str())?;
        if let Some(row) = store::sheet(tx, *id)?.filter(|row| row.rung_at <= now) {
            propose(tx, row)?;
        }
    }
    Ok(due.len())
}

fn propose(tx: &mut Tx, mut row: Sheet) -> Result<()> {
    let center = organization::load(tx, row.center_id)?;
    let rules = settings::rules(tx, &center.path)?;
    let next = usize::try_from(row.rungs).ok().and_then(|n| LadderRung::ALL.get(n).copied()).filter(|_| row.state.is_with_department());
    if let Some(which) = next {
        let rung = Rung {
            id: Id::new(),
            sheet_id: row.id,
            rung: which,
            center_id: row.center_id,
            department_id: row.department_id,
            state: State::Proposed,
            due_at: row.rung_at,
            sheet_due_at: row.due_at,
            decided_at: None,
            lifted_at: None,
            details: Private::seal(tx.vault, &RungDetails::default())?,
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
        };
        store::insert_rung(tx, &rung)?;
        row.rungs += 1;
        publish(tx, &Actor::system("sheets"), &rung, &row, &center, "proposed", "")?;
    }
    load::follow_clock(tx, &mut row, &rules)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    load::place(tx, &row, &center)
}

/// What the table of roles calls an act on a rung: the last one is the reform office's.
fn verb(rung: LadderRung, action: Action) -> &'static str {
    match (rung, action) {
        (LadderRung::Accountability, Action::Confirm) => "confirm_accountability",
        (LadderRung::Accountability, Action::Reject) => "reject_accountability",
        (LadderRung::Accountability, Action::Lift) => "lift_accountability",
        (_, Action::Confirm) => "confirm",
        (_, Action::Reject) => "reject",
        (_, Action::Lift) => "lift",
    }
}

/// Whether the caller may do this, whatever the state.
pub(super) fn permits(actor: &Actor, row: &Rung, center: &Center, action: Action) -> bool {
    let near = Reachable { centers: vec![row.center_id], path: &center.path, departments: vec![row.department_id], ..Reachable::default() };
    policy::allows(actor, "ladder_rung", verb(row.rung, action), &near)
}

/// Exactly what this caller may do now.
pub(super) fn allowed(actor: &Actor, row: &Rung, center: &Center, below_waits: bool) -> Vec<String> {
    let may = |a: &&Action| settle(row.state, below_waits, **a).is_ok() && permits(actor, row, center, **a);
    Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
}

/// A rung below this one on its sheet waits to be confirmed or rejected.
pub(super) fn below_waits(tx: &mut Tx, row: &Rung) -> Result<bool> {
    let place = |rung: LadderRung| LadderRung::ALL.iter().position(|r| *r == rung);
    Ok(store::rungs_of(tx, &[row.sheet_id])?.iter().any(|other| place(other.rung) < place(row.rung) && other.state == State::Proposed))
}

/// The number that people read: its sheet's, and which rung it is.
pub fn number_of(sheet: &str, rung: LadderRung) -> String {
    let place = LadderRung::ALL.iter().position(|r| *r == rung).map_or(0, |at| at + 1);
    format!("{sheet}-{place}")
}

fn rung_by_reference(tx: &mut Tx, reference: &str) -> Result<Rung> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::rung(tx, id)?,
        Err(_) => rung_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

fn rung_by_number(tx: &mut Tx, number: &str) -> Result<Option<Rung>> {
    let Some((of, _)) = number.rsplit_once('-') else { return Ok(None) };
    let Some(sheet) = store::sheet_by_number(tx, of)? else { return Ok(None) };
    Ok(store::rungs_of(tx, &[sheet.id])?.into_iter().find(|r| number_of(&sheet.number, r.rung) == number))
}

/// One rung, to those who may see it.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<RungView> {
    let row = rung_by_reference(tx, reference)?;
    rung_view(tx, actor, row)
}

/// A rung for an action: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it (409).
fn change(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    action: Action,
    words: &str,
    edit: impl FnOnce(&Tx, &mut Rung, &mut RungDetails) -> Result<()>,
) -> Result<RungView> {
    let found = rung_by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "assignment_sheets", found.sheet_id.as_str())?;
    dialect::lock_root(tx.conn, "ladder_rungs", found.id.as_str())?;
    let mut row = rung_by_reference(tx, found.id.as_str())?;
    access::sight(tx, &Scope::of(actor, "ladder_rung"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    if !permits(actor, &row, &center, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let waits = below_waits(tx, &row)?;
    row.state = settle(row.state, waits, action)
        .map_err(|refusal| Problem { allowed_actions: Some(allowed(actor, &row, &center, waits)), ..Problem::from(refusal) })?;
    let mut details = row.details.open(tx.vault)?;
    edit(tx, &mut row, &mut details)?;
    row.details = Private::seal(tx.vault, &details)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_rung(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    let sheet = by_reference(tx, row.sheet_id.as_str())?;
    publish(tx, actor, &row, &sheet, &center, row.state.code(), words)?;
    rung_view(tx, actor, row)
}

/// It holds from now on.
pub fn confirm(tx: &mut Tx, actor: &Actor, target: &Target, input: &RungConfirmation) -> Result<RungView> {
    let document = input.document_number.trim();
    change(tx, actor, target, Action::Confirm, &input.note, |tx, row, details| {
        if row.rung == LadderRung::Accountability && document.is_empty() {
            return Err(
                Problem::rule("/document_number", "required", "问责须写明有权机关的文号。", "Accountability needs the competent body's document.").into()
            );
        }
        row.decided_at = Some(tx.now);
        details.decided_by = actor.id;
        details.document_number = document.to_owned();
        details.reason.clone_from(&input.note);
        Ok(())
    })
}

/// It does not hold.
pub fn reject(tx: &mut Tx, actor: &Actor, target: &Target, input: &RungRejection) -> Result<RungView> {
    change(tx, actor, target, Action::Reject, &input.reason, |tx, row, details| {
        row.decided_at = Some(tx.now);
        details.decided_by = actor.id;
        details.reason.clone_from(&input.reason);
        Ok(())
    })
}

/// It no longer holds.
pub fn lift(tx: &mut Tx, actor: &Actor, target: &Target, input: &RungLift) -> Result<RungView> {
    change(tx, actor, target, Action::Lift, &input.reason, |tx, row, details| {
        row.lifted_at = Some(tx.now);
        details.lifted_by = actor.id;
        details.lift_reason.clone_from(&input.reason);
        details.lift_basis.clone_from(&input.basis);
        Ok(())
    })
}

/// Event and visibility: who sees the sheet sees what its lateness has led to.
fn publish(tx: &mut Tx, actor: &Actor, row: &Rung, sheet: &Sheet, center: &Center, kind: &str, words: &str) -> Result<()> {
    let mut params = load::params(tx, sheet)?;
    let more = json!({ "sheet_id": sheet.id, "rung": row.rung, "rung_label": row.rung.label(), "rung_due_at": row.due_at, "state": row.state });
    if let (Some(all), Some(more)) = (params.as_object_mut(), more.as_object()) {
        all.extend(more.clone());
    }
    let kind = format!("ladder_rung.{kind}");
    let words = Some(words).filter(|w| !w.is_empty());
    let event = NewEvent { record_kind: "ladder_rung", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words };
    events::record(tx, actor, event)?;
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    subjects.push((subject::department(row.department_id.as_str()), false));
    let due_at = if row.state == State::Proposed { row.due_at } else { Moment::NEVER };
    access::place(tx, &Placement { kind: "ladder_rung", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}
