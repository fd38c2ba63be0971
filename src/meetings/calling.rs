//! Calling a meeting, changing and moving it, calling it off; and what every change of a meeting goes through.

use serde_json::json;

use super::{
    agenda::{self, About},
    machine::{MeetingAction as Action, MeetingState as State, decide},
    model::{Invitee, MeetingDetails, MeetingEdit, MeetingInput, MeetingKind, MeetingReason, MeetingReschedule, Party, PartyInput, PartyKind},
    parties,
    store::{self, Meeting},
    views::{MeetingView, view},
};
use crate::{
    access::{self, Placement},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    db::{Private, Result, Tx, dialect, numbers},
    entrustments::Identity,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target},
    organization::{self, Center},
    projects,
};

/// What the table of roles needs to know of a meeting: its center, and who chairs it.
fn near<'a>(host: Option<Id>, center: &'a Center) -> Reachable<'a> {
    Reachable { assignee: host, centers: vec![center.id], path: &center.path, ..Reachable::default() }
}

/// A meeting with what is needed to decide about it.
pub(super) struct Called {
    pub row: Meeting,
    pub details: MeetingDetails,
    pub center: Center,
}

impl Called {
    pub fn of(tx: &mut Tx, row: Meeting) -> Result<Self> {
        let details = opened(tx, &row)?;
        Ok(Self { center: organization::load(tx, row.center_id)?, row, details })
    }

    fn permitted(&self, actor: &Actor, action: Action) -> bool {
        match action {
            Action::Respond => self.details.invitees.iter().any(|i| parties::speaks_for(actor, "meeting", action.code(), &i.party)),
            _ => policy::allows(actor, "meeting", action.code(), &near(Some(self.row.host_id), &self.center)),
        }
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor, now: Moment) -> Vec<String> {
        let may = |a: &&Action| decide(self.row.state, self.row.starts_at <= now, **a).is_ok() && self.permitted(actor, **a);
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }

    /// What the agenda names.
    pub fn about(&self) -> About {
        About::of(&self.details.agenda)
    }
}

/// What was written of a meeting; whom the applicant was merged into is the applicant now.
pub(super) fn opened(tx: &Tx, row: &Meeting) -> Result<MeetingDetails> {
    let mut details = row.details.open(tx.vault)?;
    for invitee in details.invitees.iter_mut().filter(|i| i.party.kind == PartyKind::Applicant) {
        invitee.party.id = row.applicant_id.unwrap_or(invitee.party.id);
    }
    Ok(details)
}

pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<Meeting> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::meeting(tx, id)?,
        Err(_) => store::meeting_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// A meeting for an action: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it
/// (409); with the state after it.
pub(super) fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<Called> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "meetings", found.id.as_str())?;
    let row = by_reference(tx, found.id.as_str())?;
    access::sight(tx, &Scope::of(actor, "meeting"), row.id)?.ok_or_else(Problem::not_found)?;
    let mut called = Called::of(tx, row)?;
    if !called.permitted(actor, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(called.row.version)?;
    called.row.state = decide(called.row.state, called.row.starts_at <= tx.now, action)
        .map_err(|refusal| Problem { allowed_actions: Some(called.allowed(actor, tx.now)), ..Problem::from(refusal) })?;
    Ok(called)
}

/// Saves a change under its version, with its event and visibility, and answers the meeting.
pub(super) fn save(tx: &mut Tx, actor: &Actor, mut called: Called, kind: &str, words: &str) -> Result<MeetingView> {
    store::put_invitees(tx, called.row.id, &called.details.invitees)?;
    called.row.details = Private::seal(tx.vault, &called.details)?;
    called.row.version += 1;
    called.row.updated_at = tx.now;
    if !store::save_meeting(tx, &called.row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    publish(tx, actor, &called, kind, words)?;
    view(tx, actor, called)
}

/// Event and visibility of a change.
fn publish(tx: &mut Tx, actor: &Actor, called: &Called, kind: &str, words: &str) -> Result<()> {
    let row = &called.row;
    // When and where is the applicant's too, where invited.
    let shared = row.applicant_id.is_some() && matches!(kind, "convened" | "rescheduled" | "cancelled");
    let audience = if shared { Audience::Applicant } else { Audience::Staff };
    let kind = format!("meeting.{kind}");
    let words = Some(words).filter(|w| !w.is_empty());
    let event = NewEvent { record_kind: "meeting", record_id: row.id, version: row.version, kind: &kind, audience, params: params(row, &called.center), words };
    events::record(tx, actor, event)?;
    place(tx, called)
}

/// Who sees a meeting: the center that calls it and what is above it, who is invited, the host and the leader; masked, whoever
/// manages a project on its agenda.
pub(super) fn place(tx: &mut Tx, called: &Called) -> Result<()> {
    let row = &called.row;
    let managers = projects::store::projects_by_id(tx, &called.about().projects)?.into_iter().filter_map(|p| p.manager_id);
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&called.center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(managers.map(|id| (subject::user(id.as_str()), true)));
    subjects.extend(called.details.invitees.iter().map(|i| parties::subject_of(&i.party)));
    subjects.extend([Some(row.host_id), row.leader_id].into_iter().flatten().map(|id| (subject::user(id.as_str()), false)));
    let due_at = if row.state == State::Convened { row.starts_at } else { Moment::NEVER };
    access::place(tx, &Placement { kind: "meeting", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// Codes and names that events of a meeting carry: nothing that people wrote.
pub(super) fn params(row: &Meeting, center: &Center) -> serde_json::Value {
    json!({ "meeting_id": row.id, "number": row.number, "kind": row.kind, "meeting": row.kind.label(), "center": center.name, "starts_at": row.starts_at })
}

fn refuse_if(faults: Vec<FieldError>) -> Result<()> {
    if faults.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, faults).into()) }
}

fn check_time(tx: &Tx, start: Moment, end: Moment, faults: &mut Vec<FieldError>) {
    if start <= tx.now {
        faults.push(FieldError::body("/starts_at", "out_of_range", "会议时间应在将来。", "Must lie ahead."));
    }
    if end <= start {
        faults.push(FieldError::body("/ends_at", "out_of_range", "结束时间应晚于开始时间。", "Must be after the start."));
    }
}

/// Calls a meeting.
pub fn call(tx: &mut Tx, actor: &Actor, input: &MeetingInput) -> Result<MeetingView> {
    let called = call_as(tx, actor, input, None)?;
    let called = Called::of(tx, called)?;
    view(tx, actor, called)
}

/// Calls a meeting under a given identity, where one is given.
pub fn call_as(tx: &mut Tx, actor: &Actor, input: &MeetingInput, identity: Option<Identity>) -> Result<Meeting> {
    if !policy::may(actor, "meeting", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let center = match (&input.center, actor.center_id) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => return Err(unknown().into()),
    };
    if !policy::allows(actor, "meeting", "create", &near(actor.id, &center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut faults = Vec::new();
    check_time(tx, input.starts_at, input.ends_at, &mut faults);
    let Some(host) = input.host_id.or(actor.id) else {
        return Err(Problem::rule("/host_id", "required", "请指明主持人。", "Name who chairs it.").into());
    };
    let details = MeetingDetails { called_by: actor.id, ..MeetingDetails::default() };
    let identity = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "HY", &center.division_code)? },
    };
    let row = Meeting {
        id: identity.id,
        number: identity.number,
        kind: input.kind,
        state: State::Convened,
        center_id: center.id,
        host_id: host,
        leader_id: None,
        applicant_id: None,
        starts_at: input.starts_at,
        ends_at: input.ends_at,
        details: Private::seal(tx.vault, &details)?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let mut called = Called { row, details, center };
    fill(tx, actor, &mut called, &MeetingEdit::from(input), &mut faults)?;
    refuse_if(faults)?;
    called.row.details = Private::seal(tx.vault, &called.details)?;
    store::insert_meeting(tx, &called.row)?;
    let about = called.about();
    store::put_agenda(tx, called.row.id, &about)?;
    store::put_invitees(tx, called.row.id, &called.details.invitees)?;
    publish(tx, actor, &called, "convened", "")?;
    agenda::tell(tx, actor, &called, &about, "meeting_convened")?;
    Ok(called.row)
}

/// Edits the particulars: who stays invited keeps their answer, who is new is asked.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &MeetingEdit) -> Result<MeetingView> {
    let mut called = load_for(tx, actor, Action::Edit, target)?;
    let before = called.about();
    let mut faults = Vec::new();
    fill(tx, actor, &mut called, input, &mut faults)?;
    refuse_if(faults)?;
    let after = called.about();
    store::put_agenda(tx, called.row.id, &after)?;
    agenda::tell(tx, actor, &called, &after.without(&before), "meeting_convened")?;
    agenda::tell(tx, actor, &called, &before.without(&after), "meeting_withdrawn")?;
    save(tx, actor, called, "edited", "")
}

/// Takes what was sent into a meeting; what is wrong joins the faults.
fn fill(tx: &mut Tx, actor: &Actor, called: &mut Called, edit: &MeetingEdit, faults: &mut Vec<FieldError>) -> Result<()> {
    // Who is there as an agent alone calls meetings about their own matters, and chairs them.
    let desk = policy::allows(actor, "meeting", "edit", &near(None, &called.center));
    let host = edit.host_id.unwrap_or(called.row.host_id);
    if !desk && !actor.answers_for(host) {
        faults.push(FieldError::body("/host_id", "not_yourself", "专员召集的会议由本人主持。", "An agent chairs the meetings that they call."));
    } else if !parties::may_chair(tx, &called.center, host)? {
        faults.push(FieldError::body("/host_id", "not_staff_here", "主持人应为召集中心的在岗人员。", "Staff of the center that calls."));
    }
    called.row.host_id = host;
    if let Some(leader) = edit.leader_id
        && !parties::is_staff(tx, &called.center, leader)?
    {
        faults.push(FieldError::body("/leader_id", "unknown_user", "本市没有这位在岗人员。", "No such active staff in this city."));
    }
    called.row.leader_id = edit.leader_id;
    let (entries, applicants) = agenda::read(tx, actor, (&edit.agenda, called.row.kind), desk, &called.about(), faults)?;
    invite(tx, called, &edit.invitees, &applicants, faults)?;
    called.details.agenda = entries;
    called.details.title.clone_from(&edit.title);
    called.details.place.clone_from(&edit.place);
    called.details.note.clone_from(&edit.note);
    Ok(())
}

fn invite(tx: &mut Tx, called: &mut Called, inputs: &[PartyInput], applicants: &[Id], faults: &mut Vec<FieldError>) -> Result<()> {
    let mut invited: Vec<Invitee> = Vec::with_capacity(inputs.len());
    let mut applicant = None;
    for (i, input) in inputs.iter().enumerate() {
        let at = format!("/invitees/{i}");
        let Some(party) = parties::named(tx, &called.center, input, &at, faults)? else { continue };
        let mut fault = |code, zh, en| faults.push(FieldError::body(&at, code, zh, en));
        if invited.iter().any(|other| other.party == party) {
            fault("duplicate", "同一对象只邀请一次。", "Invited twice.");
        } else if party == (Party { kind: PartyKind::Center, id: called.center.id }) {
            fault("same_center", "召集会议的中心无须邀请。", "The center that calls need not be invited.");
        } else if party.kind == PartyKind::Applicant {
            if called.row.kind != MeetingKind::EarlyGuidance {
                fault("internal_meeting", "只有前期辅导会可以邀请申请人。", "Applicants come to early guidance only.");
            } else if !applicants.contains(&party.id) || applicant.is_some() {
                fault("unknown_applicant", "只能邀请一位申请人，且其代办件或项目须在议程上。", "One applicant, of a matter or a project on the agenda.");
            }
            applicant = Some(party.id);
        }
        let before = called.details.invitees.iter().find(|i| i.party == party).cloned();
        invited.push(before.unwrap_or_else(|| Invitee::asked(party)));
    }
    called.row.applicant_id = applicant;
    called.details.invitees = invited;
    Ok(())
}

/// Moves a meeting: everybody is asked again.
pub fn reschedule(tx: &mut Tx, actor: &Actor, target: &Target, input: &MeetingReschedule) -> Result<MeetingView> {
    let mut called = load_for(tx, actor, Action::Reschedule, target)?;
    let mut faults = Vec::new();
    check_time(tx, input.starts_at, input.ends_at, &mut faults);
    refuse_if(faults)?;
    (called.row.starts_at, called.row.ends_at) = (input.starts_at, input.ends_at);
    if let Some(place) = &input.place {
        called.details.place.clone_from(place);
    }
    for invitee in &mut called.details.invitees {
        *invitee = Invitee::asked(invitee.party);
    }
    agenda::tell(tx, actor, &called, &called.about(), "meeting_rescheduled")?;
    save(tx, actor, called, "rescheduled", &input.reason)
}

/// Calls a meeting off.
pub fn cancel(tx: &mut Tx, actor: &Actor, target: &Target, input: &MeetingReason) -> Result<MeetingView> {
    let mut called = load_for(tx, actor, Action::Cancel, target)?;
    called.details.cancel_reason.clone_from(&input.reason);
    agenda::tell(tx, actor, &called, &called.about(), "meeting_cancelled")?;
    save(tx, actor, called, "cancelled", &input.reason)
}
