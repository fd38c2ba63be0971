//! What a meeting is about: the matters, projects and tickets that its agenda names, and telling them of it.

use serde_json::Value;

use super::{
    calling::{Called, params},
    model::{AgendaEntry, AgendaInput, MeetingKind},
};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    entrustments::{self, Entrustment},
    events::Audience,
    kernel::{FieldError, Id},
    projects::{self, Project},
    tickets,
};

/// The matters, projects and tickets on an agenda, each once.
#[derive(Default)]
pub(super) struct About {
    pub matters: Vec<Id>,
    pub projects: Vec<Id>,
    pub tickets: Vec<Id>,
}

impl About {
    pub fn of(agenda: &[AgendaEntry]) -> Self {
        let once = |of: fn(&AgendaEntry) -> Option<Id>| {
            let mut ids: Vec<Id> = agenda.iter().filter_map(of).collect();
            ids.sort();
            ids.dedup();
            ids
        };
        Self { matters: once(|entry| entry.entrustment_id), projects: once(|entry| entry.project_id), tickets: once(|entry| entry.ticket_id) }
    }

    /// What the other one does not name.
    pub fn without(&self, other: &Self) -> Self {
        let without = |all: &[Id], others: &[Id]| all.iter().filter(|id| !others.contains(id)).copied().collect();
        Self {
            matters: without(&self.matters, &other.matters),
            projects: without(&self.projects, &other.projects),
            tickets: without(&self.tickets, &other.tickets),
        }
    }

    /// Writes an event about a meeting, or about what it resolved, on each of their timelines.
    pub fn tell(&self, tx: &mut Tx, actor: &Actor, kind: &'static str, params: &Value) -> Result<()> {
        for matter in entrustments::store::entrustments_by_id(tx, &self.matters)? {
            entrustments::tell(tx, actor, &matter, entrustments::Told::new(kind, Audience::Staff, params.clone()))?;
        }
        for project in projects::store::projects_by_id(tx, &self.projects)? {
            projects::tell(tx, actor, &project, projects::Told::new(kind, Audience::Staff, params.clone()))?;
        }
        for ticket in tickets::store::tickets_by_id(tx, &self.tickets)? {
            tickets::tell(tx, actor, &ticket, tickets::Told::new(kind, Audience::Staff, params.clone()))?;
        }
        Ok(())
    }
}

/// Tells matters, projects and tickets what became of a meeting.
pub(super) fn tell(tx: &mut Tx, actor: &Actor, called: &Called, about: &About, kind: &'static str) -> Result<()> {
    about.tell(tx, actor, kind, &params(&called.row, &called.center))
}

/// The agenda that was sent, with the applicants whom it is about; what is wrong joins the faults. `known` is on it already.
pub(super) fn read(
    tx: &mut Tx,
    actor: &Actor,
    (inputs, kind): (&[AgendaInput], MeetingKind),
    desk: bool,
    known: &About,
    faults: &mut Vec<FieldError>,
) -> Result<(Vec<AgendaEntry>, Vec<Id>)> {
    let mut entries = Vec::with_capacity(inputs.len());
    let mut applicants = Vec::new();
    for (i, input) in inputs.iter().enumerate() {
        let ticket = ticket(tx, actor, input, (i, desk, kind), &known.tickets, faults)?;
        // Who calls a meeting about a ticket of theirs need not name a matter.
        let matter = matter(tx, actor, input, (i, desk || input.fallback_ticket.is_some()), &known.matters, faults)?;
        let project = project(tx, actor, input, i, &known.projects, faults)?;
        applicants.extend(matter.as_ref().map(|m| m.applicant_id));
        applicants.extend(project.as_ref().map(|p| p.applicant_id));
        let (entrustment_id, project_id) = (matter.map(|m| m.id), project.map(|p| p.id));
        entries.push(AgendaEntry { topic: input.topic.clone(), entrustment_id, project_id, ticket_id: ticket, steps: input.steps.clone() });
    }
    Ok((entries, applicants))
}

/// The project of an entry, by the same rule as a matter.
fn project(tx: &mut Tx, actor: &Actor, input: &AgendaInput, i: usize, known: &[Id], faults: &mut Vec<FieldError>) -> Result<Option<Project>> {
    let Some(reference) = &input.project else { return Ok(None) };
    let seen = match projects::load_seen(tx, actor, reference) {
        Ok(opened) => Some(opened.row),
        Err(Error::Refused(_)) => projects::by_reference(tx, reference)?.filter(|p| known.contains(&p.id)),
        Err(e) => return Err(e),
    };
    if seen.is_none() {
        let (at, zh) = (format!("/agenda/{i}/project"), "没有这个项目，或者不在您的可见范围内。");
        faults.push(FieldError::body(&at, "unknown_project", zh, "No project that you see."));
    }
    Ok(seen)
}

/// The ticket of an entry: one that the caller sees, or that is on the agenda already. Who is not of the desk calls meetings
/// about tickets that they handle, or that the reform office, whose they are, coordinates.
fn ticket(
    tx: &mut Tx,
    actor: &Actor,
    input: &AgendaInput,
    (i, desk, kind): (usize, bool, MeetingKind),
    known: &[Id],
    faults: &mut Vec<FieldError>,
) -> Result<Option<Id>> {
    let Some(reference) = &input.fallback_ticket else { return Ok(None) };
    let at = format!("/agenda/{i}/fallback_ticket");
    let mut fault = |code, zh, en| faults.push(FieldError::body(&at, code, zh, en));
    if kind != MeetingKind::JointConference {
        fault("joint_conference_only", "“办不成事”反映只列入联席会议的议程。", "Tickets are on the agenda of joint conferences only.");
    }
    if let Some(row) = tickets::by_reference(tx, reference)?.filter(|row| known.contains(&row.id)) {
        return Ok(Some(row.id));
    }
    let seen = match tickets::load_seen(tx, actor, reference) {
        Ok(opened) => opened,
        Err(Error::Refused(_)) => {
            fault("unknown_ticket", "没有这件，或者不在您的可见范围内。", "No ticket that you see.");
            return Ok(None);
        }
        Err(e) => return Err(e),
    };
    let theirs = desk || seen.leads(actor) || seen.row.handler_id.is_some_and(|id| actor.answers_for(id));
    if !theirs {
        fault("not_yours", "只能就本人经办的，或者本改革办统筹的反映召集会议。", "Neither handled by you nor your office's.");
    } else if !seen.row.state.is_open() {
        fault("not_open", "该反映已经办结，或者不在办理中。", "Not being handled.");
    }
    Ok(Some(seen.row.id))
}

/// The matter of an entry: one that the caller sees, or that is on the agenda already.
fn matter(
    tx: &mut Tx,
    actor: &Actor,
    input: &AgendaInput,
    (i, desk): (usize, bool),
    known: &[Id],
    faults: &mut Vec<FieldError>,
) -> Result<Option<Entrustment>> {
    let mut fault = |at: String, code, zh, en| faults.push(FieldError::body(&format!("/agenda/{i}{at}"), code, zh, en));
    let Some(reference) = &input.entrustment else {
        if !desk {
            fault("/entrustment".into(), "required", "专员召集的会议须逐项写明本人承办的件。", "An agent names a matter of their own.");
        } else if !input.steps.is_empty() {
            fault("/steps".into(), "without_matter", "写明步骤时须写明是哪一件。", "Steps belong to a matter.");
        }
        return Ok(None);
    };
    let seen = match entrustments::load_seen(tx, actor, reference) {
        Ok(loaded) => Some(loaded.e),
        Err(Error::Refused(_)) => entrustments::by_reference(tx, reference)?.filter(|e| known.contains(&e.id)),
        Err(e) => return Err(e),
    };
    let Some(matter) = seen else {
        fault("/entrustment".into(), "unknown_matter", "没有这件，或者不在您的可见范围内。", "No matter that you see.");
        return Ok(None);
    };
    if !desk && !known.contains(&matter.id) && !matter.assignee_id.is_some_and(|id| actor.answers_for(id)) {
        fault("/entrustment".into(), "not_yours", "专员只能就本人承办的件召集会议。", "Not assigned to you.");
    }
    let plan = entrustments::store::steps(tx, matter.id)?;
    for (j, _) in input.steps.iter().enumerate().filter(|(_, code)| !plan.iter().any(|s| s.code == **code)) {
        fault(format!("/steps/{j}"), "unknown_step", "计划中没有这个步骤。", "No such step in the plan.");
    }
    Ok(Some(matter))
}
