//! What is done with a supervision order once it is issued, and who sees it.

use chrono::NaiveDate;
use serde_json::json;

use super::{
    machine::{Facts, SupervisedKind, SupervisionAction as Action, SupervisionState as State, decide},
    model::{
        AnsweredSupervision, SupervisionAnswer, SupervisionExtension, SupervisionNote, SupervisionRecord, SupervisionSendBack, SupervisionSignIn,
        SupervisionWords,
    },
    store::{self, Supervision},
    views::{SupervisionView, view},
};
use crate::{
    access::{self, Placement},
    attachments,
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect},
    entrustments,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
    organization, settings, tickets,
};

/// The most that may be said of one order.
const MOST_NOTES: usize = 200;
/// An order is to be carried out within so many days.
const MOST_DAYS: i64 = 3_650;

/// Whose answer is owed.
fn far(row: &Supervision) -> Reachable<'static> {
    match row.to_department_id {
        Some(id) => Reachable { departments: vec![id], ..Reachable::default() },
        None => Reachable { centers: vec![row.to_center_id], ..Reachable::default() },
    }
}

/// Who supervises: the person, and the leader of the center in whose name it was issued.
fn near(row: &Supervision) -> Reachable<'static> {
    Reachable { centers: vec![row.from_center_id], assignee: row.issued_by, ..Reachable::default() }
}

/// Whoever owes the answer judges nothing of it.
fn permits(actor: &Actor, row: &Supervision, action: Action) -> bool {
    let owes = !actor.is_system() && policy::allows(actor, "supervision", Action::Answer.code(), &far(row));
    let reach = if action.is_addressees() { far(row) } else { near(row) };
    (action.is_addressees() || !owes) && policy::allows(actor, "supervision", action.code(), &reach)
}

fn facts(actor: &Actor, row: &Supervision, record: &SupervisionRecord) -> Facts {
    let answered_by = record.answer.as_ref().and_then(|a| a.by);
    Facts { extended: row.extensions > 0, own_answer: actor.id.is_some() && answered_by == actor.id }
}

/// Exactly what this caller may do now.
pub(super) fn allowed(actor: &Actor, row: &Supervision, record: &SupervisionRecord) -> Vec<String> {
    let facts = facts(actor, row, record);
    let may = |a: &&Action| decide(row.state, facts, **a).is_ok() && permits(actor, row, **a);
    Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
}

/// By id or number.
pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<Supervision> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::supervision(tx, id)?,
        Err(_) => store::supervision_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// An order for an action: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it (409);
/// changed by `edit`, noted, saved and told.
fn change(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    action: Action,
    words: &str,
    edit: impl FnOnce(&mut Tx, &mut Supervision, &mut SupervisionRecord) -> Result<()>,
) -> Result<SupervisionView> {
    let found = by_reference(tx, &target.reference)?;
    // The matter first, as everything does that tells both.
    lock_about(tx, &found)?;
    dialect::lock_root(tx.conn, "supervisions", found.id.as_str())?;
    let mut row = store::supervision(tx, found.id)?.ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, "supervision"), row.id)?.ok_or_else(Problem::not_found)?;
    if !permits(actor, &row, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let mut record = row.record.open(tx.vault)?;
    row.state = decide(row.state, facts(actor, &row, &record), action)
        .map_err(|refusal| Problem { allowed_actions: Some(allowed(actor, &row, &record)), ..Problem::from(refusal) })?;
    if record.notes.len() >= MOST_NOTES {
        return Err(Problem::new(ErrorCode::RuleViolation, Text::new("一份督办单最多记录 200 次办理情况。", "At most 200 notes.")).into());
    }
    record.notes.push(SupervisionNote { act: action, act_label: action.label().into(), words: words.to_owned(), by: actor.id, at: tx.now });
    edit(tx, &mut row, &mut record)?;
    row.due_at = if row.state.is_owed() { clocks::nearest_due(tx, row.id)? } else { Moment::NEVER };
    row.record = Private::seal(tx.vault, &record)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    publish(tx, actor, &row, told(action))?;
    let beside = match action {
        Action::Answer => Some("supervision_answered"),
        Action::Confirm => Some("supervision_closed"),
        Action::Withdraw => Some("supervision_withdrawn"),
        _ => None,
    };
    beside.map_or(Ok(()), |kind| tell_about(tx, actor, &row, kind))?;
    view(tx, actor, row)
}

/// What an action is called once it is done.
fn told(action: Action) -> &'static str {
    match action {
        Action::SignIn => "signed_in",
        Action::Progress => "progressed",
        Action::Extend => "extended",
        Action::Answer => "answered",
        Action::Confirm => "closed",
        Action::SendBack => "sent_back",
        Action::Withdraw => "withdrawn",
    }
}

/// The addressee takes it in.
pub fn sign_in(tx: &mut Tx, actor: &Actor, target: &Target, input: &SupervisionSignIn) -> Result<SupervisionView> {
    change(tx, actor, target, Action::SignIn, &input.responsible, |tx, row, record| {
        record.responsible = Some(input.responsible.clone());
        clocks::stop(tx, row.id, &[ClockKind::SupervisionSignIn])
    })
}

/// How it stands.
pub fn progress(tx: &mut Tx, actor: &Actor, target: &Target, input: &SupervisionWords) -> Result<SupervisionView> {
    change(tx, actor, target, Action::Progress, &input.words, |_, _, _| Ok(()))
}

/// Whoever supervises gives more time, once.
pub fn extend(tx: &mut Tx, actor: &Actor, target: &Target, input: &SupervisionExtension) -> Result<SupervisionView> {
    change(tx, actor, target, Action::Extend, &input.reason, |tx, row, _| {
        row.extensions += 1;
        if row.due_at.known().is_some_and(|due| input.due_on <= due.local_date()) {
            return Err(Problem::rule("/due_on", "out_of_range", "延期后的日期应晚于原期限。", "After the present day.").into());
        }
        check_day(tx, Some(input.due_on))?;
        row.late |= row.due_at <= tx.now;
        run(tx, row, Some(input.due_on))
    })
}

/// The addressee says what was found and done.
pub fn answer(tx: &mut Tx, actor: &Actor, target: &Target, input: &SupervisionAnswer) -> Result<SupervisionView> {
    change(tx, actor, target, Action::Answer, &input.measures, |tx, row, record| {
        record.answer = Some(AnsweredSupervision {
            findings: input.findings.clone(),
            measures: input.measures.clone(),
            evidence: input.evidence.clone(),
            by: actor.id,
            at: tx.now,
        });
        attachments::bind(tx, actor, &input.attachments, "supervision", row.id, "反馈材料", "/attachments")?;
        row.late |= row.due_at <= tx.now;
        row.answered_at = Some(tx.now);
        clocks::stop_all(tx, row.id)
    })
}

/// The answer does.
pub fn confirm(tx: &mut Tx, actor: &Actor, target: &Target, input: &SupervisionWords) -> Result<SupervisionView> {
    change(tx, actor, target, Action::Confirm, &input.words, |tx, row, _| {
        row.closed_at = Some(tx.now);
        Ok(())
    })
}

/// The answer does not do: another is owed.
pub fn send_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &SupervisionSendBack) -> Result<SupervisionView> {
    change(tx, actor, target, Action::SendBack, &input.words, |tx, row, record| {
        check_day(tx, input.due_on)?;
        row.sent_back += 1;
        record.answer = None;
        run(tx, row, input.due_on)
    })
}

/// It is no longer needed, or was issued in error.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target, input: &SupervisionWords) -> Result<SupervisionView> {
    change(tx, actor, target, Action::Withdraw, &input.words, |tx, row, _| {
        row.closed_at = Some(tx.now);
        clocks::stop_all(tx, row.id)
    })
}

/// A day ahead, and not out of reach.
pub(super) fn check_day(tx: &Tx, day: Option<NaiveDate>) -> Result<(), Problem> {
    let today = tx.now.local_date();
    match day {
        Some(day) if day <= today || (day - today).num_days() > MOST_DAYS => {
            Err(Problem::rule("/due_on", "out_of_range", "完成日期应在今天之后、十年之内。", "After today, within ten years."))
        }
        _ => Ok(()),
    }
}

/// The time to carry it out begins anew.
pub(super) fn run(tx: &mut Tx, row: &Supervision, until: Option<NaiveDate>) -> Result<()> {
    clocks::stop(tx, row.id, &[ClockKind::Supervision])?;
    if let Some(day) = until {
        return clocks::start_until(tx, "supervision", row.id, ClockKind::Supervision, day).map(|_| ());
    }
    let path = organization::load(tx, row.from_center_id)?.path;
    let limit = settings::rules(tx, &path)?.supervision_limit;
    clocks::start(tx, "supervision", row.id, ClockKind::Supervision, limit).map(|_| ())
}

/// Locks the record that an order is about.
pub(super) fn lock_about(tx: &mut Tx, row: &Supervision) -> Result<()> {
    match (row.about_kind, row.about_id) {
        (Some(SupervisedKind::Entrustment), Some(id)) => dialect::lock_root(tx.conn, "entrustments", id.as_str()),
        (Some(SupervisedKind::FallbackTicket), Some(id)) => dialect::lock_root(tx.conn, "fallback_tickets", id.as_str()),
        _ => Ok(()),
    }
}

/// The timeline of the record tells the staff.
pub(super) fn tell_about(tx: &mut Tx, actor: &Actor, row: &Supervision, kind: &'static str) -> Result<()> {
    let to = addressee(tx, row)?;
    let params = json!({ "number": row.number, "to": to, "reason": row.reason.label() });
    match (row.about_kind, row.about_id) {
        (Some(SupervisedKind::Entrustment), Some(id)) => {
            let loaded = entrustments::load_locked(tx, id)?;
            entrustments::tell(tx, actor, &loaded.e, entrustments::Told::new(kind, Audience::Staff, params))
        }
        (Some(SupervisedKind::FallbackTicket), Some(id)) => {
            let ticket = tickets::load_locked(tx, id)?;
            tickets::tell(tx, actor, &ticket.row, tickets::Told::new(kind, Audience::Staff, params))
        }
        _ => Ok(()),
    }
}

/// Who is supervised, by name.
pub(super) fn addressee(tx: &mut Tx, row: &Supervision) -> Result<String> {
    match row.to_department_id {
        Some(id) => Ok(organization::department(tx, id)?.map(|d| d.name).unwrap_or_default()),
        None => Ok(organization::load(tx, row.to_center_id)?.name),
    }
}

/// Event and visibility of an order.
pub(super) fn publish(tx: &mut Tx, actor: &Actor, row: &Supervision, kind: &str) -> Result<()> {
    let kind = format!("supervision.{kind}");
    let params =
        json!({ "number": row.number, "state": row.state, "reason": row.reason, "to_center_id": row.to_center_id, "to_department_id": row.to_department_id });
    let event = NewEvent { record_kind: "supervision", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    place(tx, row)
}

/// Who sees an order: who issued it, the center in whose name and all above it, and whoever is supervised with all above them.
fn place(tx: &mut Tx, row: &Supervision) -> Result<()> {
    let from = organization::load(tx, row.from_center_id)?;
    let to = organization::load(tx, row.to_center_id)?;
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&from).into_iter().map(|s| (s, false)).collect();
    match row.to_department_id {
        // What a department owes is not its center's to answer; who is above both reads it.
        Some(id) => {
            subjects.push((subject::department(id.as_str()), false));
            subjects.extend(to.lineage().map(|node| (subject::tree(node), false)));
        }
        None => subjects.extend(organization::subjects_of(&to).into_iter().map(|s| (s, false))),
    }
    subjects.extend(row.issued_by.map(|id| (subject::user(id.as_str()), false)));
    clocks::charge(tx, row.id, row.to_center_id, row.to_department_id)?;
    access::place(tx, &Placement { kind: "supervision", record: row.id, state: row.state.code(), due_at: row.due_at, updated_at: row.updated_at, subjects })
}

/// After the calendar moved: the time to carry it out follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "supervisions", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::supervision(tx, id)?.filter(|row| moved && row.state.is_owed()) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if store::save(tx, &row)? { place(tx, &row) } else { Err(Error::Contended) }
}

/// Those of these orders that wait for the caller: to be signed in and answered, or to be judged.
pub fn awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let next = |state: State| match state {
        State::Issued => Some(Action::SignIn),
        State::SignedIn => Some(Action::Answer),
        State::Answered => Some(Action::Confirm),
        State::Closed | State::Withdrawn => None,
    };
    let rows = store::supervisions_by_id(tx, ids)?;
    Ok(rows.iter().filter(|row| next(row.state).is_some_and(|action| permits(actor, row, action))).map(|row| row.id).collect())
}
