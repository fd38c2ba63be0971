//! What a meeting has resolved: carried out, confirmed or sent back; and what is not carried out in time goes to the leader
//! in charge, once.

use serde_json::json;

use super::{
    agenda::About,
    calling::{self, Called},
    machine::{ResolutionAction as Action, ResolutionState as State, settle},
    model::{Draft, Party, PartyKind, ResolutionDetails, ResolutionExtension, ResolutionInstruction, ResolutionNote, ResolutionReason, ResolutionReport},
    parties,
    store::{self, Meeting, Resolution},
    views::{ResolutionView, entry, resolution_view},
};
use crate::{
    access::{self, Placement},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect, numbers},
    entrustments::Identity,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
    organization::{self, Center},
    projects,
};

/// What may be said of one resolution.
const MOST_NOTES: usize = 200;

impl Resolution {
    /// Who carries it out.
    pub(super) fn owner(&self) -> Party {
        Party { kind: self.owner_kind, id: self.owner_id }
    }
}

/// Makes a resolution of confirmed minutes: its clock begins.
pub(super) fn make(tx: &mut Tx, actor: &Actor, called: &Called, draft: &Draft, identity: Option<&Identity>) -> Result<()> {
    let (id, number) = match identity {
        Some(identity) => (identity.id, identity.number.clone()),
        None => (Id::new(), numbers::next(tx, "JY", &called.center.division_code)?),
    };
    match (draft.limit, draft.due_on) {
        (Some(limit), _) => clocks::start(tx, "resolution", id, ClockKind::Resolution, limit).map(|_| ())?,
        (None, Some(day)) => clocks::start_until(tx, "resolution", id, ClockKind::Resolution, day).map(|_| ())?,
        (None, None) => return Err(Error::Corrupt("a resolution without a limit".into())),
    }
    let due_at = clocks::nearest_due(tx, id)?;
    let entry = entry(&called.details.agenda, draft.agenda);
    let row = Resolution {
        id,
        number,
        meeting_id: called.row.id,
        entrustment_id: entry.and_then(|entry| entry.entrustment_id),
        center_id: called.row.center_id,
        host_id: called.row.host_id,
        leader_id: called.row.leader_id,
        agenda: draft.agenda,
        owner_kind: draft.owner.kind,
        owner_id: draft.owner.id,
        state: State::Open,
        details: Private::seal(tx.vault, &ResolutionDetails { content: draft.content.clone(), ..ResolutionDetails::default() })?,
        due_at,
        escalate_at: due_at,
        escalated_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_resolution(tx, &row)?;
    publish(tx, actor, &row, &called.center, Telling { kind: "made", on_agenda: Some("resolution_made"), words: "" })
}

fn near<'a>(row: &Resolution, center: &'a Center) -> Reachable<'a> {
    Reachable { assignee: Some(row.host_id), centers: vec![row.center_id], path: &center.path, ..Reachable::default() }
}

/// Whether the caller is the leader in charge: the one who is named, else a manager of the center that called the meeting.
fn permitted(actor: &Actor, row: &Resolution, center: &Center, action: Action) -> bool {
    match (action, row.leader_id) {
        (Action::Escalate, _) => actor.is_system(),
        (Action::CarryOut, _) => parties::speaks_for(actor, "resolution", action.code(), &row.owner()),
        (Action::Instruct, Some(leader)) => {
            let leads = Party { kind: PartyKind::User, id: leader };
            parties::speaks_for(actor, "resolution", action.code(), &leads)
        }
        (Action::Instruct, None) => policy::allows(actor, "resolution", action.code(), &Reachable { assignee: None, ..near(row, center) }),
        _ => policy::allows(actor, "resolution", action.code(), &near(row, center)),
    }
}

/// Exactly what this caller may do now.
pub(super) fn allowed(actor: &Actor, row: &Resolution, center: &Center) -> Vec<String> {
    let may = |a: &&Action| **a != Action::Escalate && settle(row.state, row.escalated_at.is_some(), **a).is_ok() && permitted(actor, row, center, **a);
    Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
}

pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<Resolution> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::resolution(tx, id)?,
        Err(_) => store::resolution_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// What a change tells: the kind of event, what its matter and project are told, and what a person said.
struct Telling<'a> {
    kind: &'static str,
    on_agenda: Option<&'static str>,
    words: &'a str,
}

/// A resolution for an action: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it
/// (409); changed by `edit`, noted, saved and told.
fn change(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    action: Action,
    telling: Telling,
    edit: impl FnOnce(&mut Tx, &mut Resolution, &mut ResolutionDetails) -> Result<()>,
) -> Result<Resolution> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "resolutions", found.id.as_str())?;
    let mut row = by_reference(tx, found.id.as_str())?;
    access::sight(tx, &Scope::of(actor, "resolution"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    if !permitted(actor, &row, &center, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let next = settle(row.state, row.escalated_at.is_some(), action)
        .map_err(|refusal| Problem { allowed_actions: Some(allowed(actor, &row, &center)), ..Problem::from(refusal) })?;
    row.state = next;
    let mut details = row.details.open(tx.vault)?;
    if !telling.words.is_empty() {
        if details.notes.len() >= MOST_NOTES {
            let full = Text::new("一项决议最多记录 200 次办理情况。", "At most 200 notes.");
            return Err(Problem::new(ErrorCode::RuleViolation, full).into());
        }
        let (act_label, text) = (action.label().into(), telling.words.to_owned());
        details.notes.push(ResolutionNote { act: action, act_label, text, at: tx.now, by: actor.id });
    }
    edit(tx, &mut row, &mut details)?;
    row.details = Private::seal(tx.vault, &details)?;
    follow_clock(tx, &mut row)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_resolution(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    publish(tx, actor, &row, &center, telling)?;
    Ok(row)
}

/// The deadline is its clock's; it goes to the leader when that has passed, unless it has gone there before.
fn follow_clock(tx: &mut Tx, row: &mut Resolution) -> Result<()> {
    let open = row.state == State::Open;
    if open {
        row.due_at = clocks::nearest_due(tx, row.id)?;
    }
    row.escalate_at = if open && row.escalated_at.is_none() { row.due_at } else { Moment::NEVER };
    Ok(())
}

fn publish(tx: &mut Tx, actor: &Actor, row: &Resolution, center: &Center, telling: Telling) -> Result<()> {
    let (meeting, about) = origin(tx, row)?;
    let owner = parties::public_name(tx, &row.owner())?;
    let params = json!({ "resolution_id": row.id, "resolution": row.number, "meeting_id": meeting.id, "number": meeting.number,
        "kind": meeting.kind, "meeting": meeting.kind.label(), "owner": owner, "due_at": row.due_at });
    if let Some(kind) = telling.on_agenda {
        about.tell(tx, actor, kind, &params)?;
    }
    let kind = format!("resolution.{}", telling.kind);
    let words = Some(telling.words).filter(|w| !w.is_empty());
    let event = NewEvent { record_kind: "resolution", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words };
    events::record(tx, actor, event)?;
    place(tx, row, center, &about)
}

/// The meeting that made a resolution, and what it is about.
fn origin(tx: &mut Tx, row: &Resolution) -> Result<(Meeting, About)> {
    let meeting = store::meeting(tx, row.meeting_id)?.ok_or_else(|| Error::Corrupt("meeting gone".into()))?;
    let agenda = meeting.details.open(tx.vault)?.agenda;
    let about = About::of(entry(&agenda, row.agenda).map_or(&[], std::slice::from_ref));
    Ok((meeting, about))
}

/// Who sees a resolution: the center that called the meeting and what is above it, its owner, the host and the leader, and
/// whoever manages the project that it is about.
fn place(tx: &mut Tx, row: &Resolution, center: &Center, about: &About) -> Result<()> {
    let managers = projects::store::projects_by_id(tx, &about.projects)?.into_iter().filter_map(|p| p.manager_id);
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    subjects.push(parties::subject_of(&row.owner()));
    subjects.extend([Some(row.host_id), row.leader_id].into_iter().flatten().chain(managers).map(|id| (subject::user(id.as_str()), false)));
    let due_at = if row.state == State::Open { row.due_at } else { Moment::NEVER };
    let owner = row.owner();
    match owner.kind {
        PartyKind::Department => {
            let of = organization::department(tx, owner.id)?.map_or(center.id, |d| d.center_id);
            clocks::charge(tx, row.id, of, Some(owner.id))?;
        }
        PartyKind::Center => clocks::charge(tx, row.id, owner.id, None)?,
        _ => clocks::charge(tx, row.id, center.id, None)?,
    }
    access::place(tx, &Placement { kind: "resolution", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// The owner reports it as carried out; its clock rests until the center has confirmed.
pub fn carry_out(tx: &mut Tx, actor: &Actor, target: &Target, input: &ResolutionReport) -> Result<ResolutionView> {
    let telling = Telling { kind: "carried_out", on_agenda: Some("resolution_carried_out"), words: &input.report };
    let row = change(tx, actor, target, Action::CarryOut, telling, |tx, row, details| {
        details.carried_out_at = Some(tx.now);
        clocks::pause(tx, row.id, &[ClockKind::Resolution])
    })?;
    resolution_view(tx, actor, row)
}

/// The center that called the meeting confirms.
pub fn confirm(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ResolutionView> {
    let telling = Telling { kind: "confirmed", on_agenda: Some("resolution_confirmed"), words: "" };
    let row = change(tx, actor, target, Action::Confirm, telling, |tx, row, _| clocks::stop(tx, row.id, &[ClockKind::Resolution]))?;
    resolution_view(tx, actor, row)
}

/// The center sends it back: its clock runs on.
pub fn send_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &ResolutionReason) -> Result<ResolutionView> {
    let telling = Telling { kind: "sent_back", on_agenda: Some("resolution_sent_back"), words: &input.reason };
    let row = change(tx, actor, target, Action::SendBack, telling, |tx, row, details| {
        details.carried_out_at = None;
        clocks::resume(tx, row.id, &[ClockKind::Resolution])
    })?;
    resolution_view(tx, actor, row)
}

/// The center's manager gives more time.
pub fn extend(tx: &mut Tx, actor: &Actor, target: &Target, input: &ResolutionExtension) -> Result<ResolutionView> {
    let telling = Telling { kind: "extended", on_agenda: Some("resolution_extended"), words: &input.reason };
    let row = change(tx, actor, target, Action::Extend, telling, |tx, row, _| clocks::extend(tx, row.id, ClockKind::Resolution, input.days).map(|_| ()))?;
    resolution_view(tx, actor, row)
}

/// The center's manager withdraws it.
pub fn cancel(tx: &mut Tx, actor: &Actor, target: &Target, input: &ResolutionReason) -> Result<ResolutionView> {
    let telling = Telling { kind: "cancelled", on_agenda: Some("resolution_cancelled"), words: &input.reason };
    let row = change(tx, actor, target, Action::Cancel, telling, |tx, row, _| clocks::stop(tx, row.id, &[ClockKind::Resolution]))?;
    resolution_view(tx, actor, row)
}

/// The leader in charge instructs.
pub fn instruct(tx: &mut Tx, actor: &Actor, target: &Target, input: &ResolutionInstruction) -> Result<ResolutionView> {
    let telling = Telling { kind: "instructed", on_agenda: None, words: &input.instruction };
    let row = change(tx, actor, target, Action::Instruct, telling, |_, _, _| Ok(()))?;
    resolution_view(tx, actor, row)
}

/// Whether a resolution must go to the leader in charge.
pub fn anything_overdue(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::to_escalate(tx, now, 1)?.is_empty())
}

/// Takes to the leader in charge what was not carried out in time; answers how many. Each under its lock, so it happens once.
pub fn escalate_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let actor = Actor::system("meetings");
    let now = tx.now;
    let mut done = 0;
    for id in store::to_escalate(tx, now, batch)? {
        dialect::lock_root(tx.conn, "resolutions", id.as_str())?;
        if store::resolution(tx, id)?.is_none_or(|row| row.escalate_at > now) {
            continue;
        }
        let telling = Telling { kind: "escalated", on_agenda: Some("resolution_escalated"), words: "" };
        change(tx, &actor, &Target::any(id), Action::Escalate, telling, |tx, row, _| {
            row.escalated_at = Some(tx.now);
            Ok(())
        })?;
        done += 1;
    }
    Ok(done)
}

/// After the calendar moved: the deadline follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "resolutions", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::resolution(tx, id)?.filter(|row| moved && row.state == State::Open) else { return Ok(()) };
    follow_clock(tx, &mut row)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_resolution(tx, &row)? {
        return Err(Error::Contended);
    }
    follow(tx, &row)
}

/// A project has another manager: its meetings, and what they resolved about it, are theirs to read.
pub fn follow_manager(tx: &mut Tx, project: Id) -> Result<()> {
    for meeting in store::meetings_about(tx, project)? {
        let called = Called::of(tx, meeting)?;
        calling::place(tx, &called)?;
        for row in store::resolutions_of(tx, called.row.id)? {
            follow(tx, &row)?;
        }
    }
    Ok(())
}

/// Who sees it follows who manages its project.
fn follow(tx: &mut Tx, row: &Resolution) -> Result<()> {
    let center = organization::load(tx, row.center_id)?;
    let (_, about) = origin(tx, row)?;
    place(tx, row, &center, &about)
}
