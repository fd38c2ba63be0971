//! How meetings and resolutions are answered.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    agenda::About,
    calling::{self, Called},
    listing::MeetingBrief,
    machine::{MeetingState, ResolutionState},
    model::{AgendaEntry, Draft, InviteeResponse, Party, PartyKind, ResolutionNote},
    narrative,
    parties::{self, Names, ParticipantView},
    resolving,
    store::{self, Resolution},
};
use crate::{
    access::{self, Sight},
    attachments::{self, AttachmentView},
    auth::{Actor, Scope},
    db::{Error, Result, Tx},
    entrustments::{self, Entrustment, TimelineEntry},
    events::{Audience, store as log},
    kernel::{Code as _, Id, Limit, ListQuery, Moment, Page, Problem},
    organization::{self, CenterBrief},
    projects::{self, Project},
    tickets::{self, Ticket},
};

/// An invitee as they are answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InviteeView {
    /// Who.
    pub party: ParticipantView,
    /// Answer.
    pub response: InviteeResponse,
    /// In Chinese.
    pub response_label: String,
    /// Why not; for who calls the meeting and for the invitee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who comes instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute: Option<String>,
    /// When answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responded_at: Option<Moment>,
    /// Whether they came; known with the minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attended: Option<bool>,
}

/// An entry of the agenda as it is answered: of a matter its number and item, of a project its number and name, nothing personal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AgendaView {
    /// Place, from 1.
    #[schema(example = 1)]
    pub position: i32,
    /// What is spoken about.
    pub topic: String,
    /// About which matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_number: Option<String>,
    /// Its item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_title: Option<String>,
    /// About which project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<Id>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_number: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_name: Option<String>,
    /// About which fallback ticket; who asks is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_ticket_id: Option<Id>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_ticket_number: Option<String>,
    /// Its category, in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_ticket_category: Option<String>,
    /// Steps of its plan.
    pub steps: Vec<String>,
}

/// A resolution as its meeting shows it; before the minutes are confirmed it has no number yet.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResolutionLine {
    /// Identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Number that people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Place of its agenda entry.
    #[schema(example = 1)]
    pub agenda: i32,
    /// Who carries it out.
    pub owner: ParticipantView,
    /// What; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// How long, as the minutes say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Until which day, as the minutes say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// State.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ResolutionState>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_label: Option<String>,
    /// Deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
}

/// A meeting as it is answered. An invited applicant reads when and where.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MeetingView {
    /// As in a list.
    #[serde(flatten)]
    pub brief: MeetingBrief,
    /// Who chairs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_id: Option<Id>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The leader in charge, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_id: Option<Id>,
    /// What else invitees should know; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who is invited.
    pub invitees: Vec<InviteeView>,
    /// In order.
    pub agenda: Vec<AgendaView>,
    /// What was said; for invitees once it is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<String>,
    /// Files of the minutes.
    pub attachments: Vec<AttachmentView>,
    /// What was resolved.
    pub resolutions: Vec<ResolutionLine>,
    /// Why it was called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    /// What people wrote is left out for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
}

crate::versioned!(MeetingView, "meeting", in brief);

/// One meeting, to those who may see it.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<MeetingView> {
    let row = calling::by_reference(tx, reference)?;
    let called = Called::of(tx, row)?;
    view(tx, actor, called)
}

fn some(text: String, shown: bool) -> Option<String> {
    Some(text).filter(|t| shown && !t.is_empty())
}

pub(super) fn view(tx: &mut Tx, actor: &Actor, called: Called) -> Result<MeetingView> {
    let sight = access::sight(tx, &Scope::of(actor, "meeting"), called.row.id)?.ok_or_else(Problem::not_found)?;
    let allowed_actions = Some(called.allowed(actor, tx.now));
    let Called { row, details, center } = called;
    let applicant = actor.applicant_id.is_some();
    let calls = actor.is_system() || actor.grants.iter().any(|g| g.node == center.id.as_str());
    // What is not confirmed yet is a draft of who called the meeting.
    let recorded = !applicant && (row.state == MeetingState::Concluded || calls);
    let host = Party { kind: PartyKind::User, id: row.host_id };
    let made = if row.state == MeetingState::Concluded { store::resolutions_of(tx, row.id)? } else { Vec::new() };
    let drafts = if recorded && made.is_empty() { details.resolutions } else { Vec::new() };
    let mut parties: Vec<Party> = details.invitees.iter().map(|i| i.party).chain([host]).collect();
    parties.extend(made.iter().map(Resolution::owner).chain(drafts.iter().map(|draft| draft.owner)));
    let names = Names::of(tx, &parties)?;
    let named = Named::of(tx, &details.agenda)?;
    // Whoever manages a project reads what was resolved about it.
    let words = |at: i32| sight.words || named.manages(actor, entry(&details.agenda, at));
    let own = |party: &Party| parties::speaks_for(actor, "meeting", "respond", party);
    let invitees = details.invitees.into_iter().filter(|i| !applicant || own(&i.party)).map(|i| {
        let words = (sight.words && calls) || own(&i.party);
        InviteeView {
            party: names.view(&i.party),
            response: i.response,
            response_label: i.response.label().into(),
            reason: some(i.reason, words),
            substitute: some(i.substitute, words),
            responded_at: i.responded_at,
            attended: i.attended,
        }
    });
    let invitees = invitees.collect();
    let mut resolutions: Vec<ResolutionLine> =
        drafts.into_iter().map(|draft| (words(draft.agenda), draft)).map(|(words, draft)| noted(&names, draft, words)).collect();
    if recorded {
        resolutions.extend(made.into_iter().map(|row| bound(tx, &names, words(row.agenda), row)).collect::<Result<Vec<_>>>()?);
    }
    let files = if recorded { attachments::of_record(tx, row.id, sight.masked)? } else { Vec::new() };
    Ok(MeetingView {
        host_id: Some(row.host_id).filter(|_| !applicant),
        host: some(names.person(row.host_id), !applicant),
        leader_id: row.leader_id.filter(|_| !applicant),
        note: some(details.note, sight.words && !applicant),
        invitees,
        agenda: if applicant { Vec::new() } else { named.agenda(&details.agenda) },
        minutes: some(details.minutes, sight.words && recorded),
        attachments: files,
        resolutions,
        cancel_reason: some(details.cancel_reason, sight.words && !applicant),
        masked: sight.masked,
        allowed_actions,
        brief: MeetingBrief::of(&row, CenterBrief::from(&center), details.title, details.place),
    })
}

/// A resolution that the minutes note.
fn noted(names: &Names, draft: Draft, words: bool) -> ResolutionLine {
    ResolutionLine {
        id: None,
        number: None,
        agenda: draft.agenda,
        owner: names.view(&draft.owner),
        content: some(draft.content, words),
        limit: draft.limit,
        due_on: draft.due_on,
        state: None,
        state_label: None,
        due_at: None,
    }
}

/// A resolution that binds.
fn bound(tx: &Tx, names: &Names, words: bool, row: Resolution) -> Result<ResolutionLine> {
    Ok(ResolutionLine {
        id: Some(row.id),
        agenda: row.agenda,
        owner: names.view(&row.owner()),
        content: some(row.details.open(tx.vault)?.content, words),
        limit: None,
        due_on: None,
        state: Some(row.state),
        state_label: Some(row.state.label().into()),
        due_at: Some(row.due_at),
        number: Some(row.number),
    })
}

/// An entry of an agenda by its place, from 1.
pub(super) fn entry(agenda: &[AgendaEntry], at: i32) -> Option<&AgendaEntry> {
    agenda.get(usize::try_from(at - 1).ok()?)
}

/// What an agenda names, read once for all of its entries.
struct Named {
    matters: Vec<Entrustment>,
    projects: Vec<Project>,
    tickets: Vec<Ticket>,
}

impl Named {
    fn of(tx: &mut Tx, entries: &[AgendaEntry]) -> Result<Self> {
        let about = About::of(entries);
        Ok(Self {
            matters: entrustments::store::entrustments_by_id(tx, &about.matters)?,
            projects: projects::store::projects_by_id(tx, &about.projects)?,
            tickets: tickets::store::tickets_by_id(tx, &about.tickets)?,
        })
    }

    fn project(&self, entry: &AgendaEntry) -> Option<&Project> {
        self.projects.iter().find(|p| Some(p.id) == entry.project_id)
    }

    fn manages(&self, actor: &Actor, entry: Option<&AgendaEntry>) -> bool {
        entry.and_then(|entry| self.project(entry)?.manager_id).is_some_and(|id| actor.answers_for(id))
    }

    fn agenda(&self, entries: &[AgendaEntry]) -> Vec<AgendaView> {
        let shown = (1..).zip(entries).map(|(position, entry)| {
            let matter = self.matters.iter().find(|m| Some(m.id) == entry.entrustment_id);
            let project = self.project(entry);
            let ticket = self.tickets.iter().find(|t| Some(t.id) == entry.ticket_id);
            AgendaView {
                position,
                topic: entry.topic.clone(),
                entrustment_id: entry.entrustment_id,
                entrustment_number: matter.map(|m| m.number.clone()),
                item_title: matter.map(|m| m.title.clone()),
                project_id: entry.project_id,
                project_number: project.map(|p| p.number.clone()),
                project_name: project.map(|p| p.name.clone()),
                fallback_ticket_id: entry.ticket_id,
                fallback_ticket_number: ticket.map(|t| t.number.clone()),
                fallback_ticket_category: ticket.map(|t| t.category.label().into()),
                steps: entry.steps.clone(),
            }
        });
        shown.collect()
    }
}

/// The timeline of a meeting and of what it resolved, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let row = calling::by_reference(tx, reference)?;
    let sight = access::sight(tx, &Scope::of(actor, "meeting"), row.id)?.ok_or_else(Problem::not_found)?;
    let applicant = actor.applicant_id.is_some();
    let audiences = if applicant { &[Audience::Public, Audience::Applicant] } else { Audience::ALL };
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let limit = i64::try_from(q.limit + 1).unwrap_or(201);
    let made = if applicant { Vec::new() } else { store::resolutions_of(tx, row.id)? };
    // What was reported of a resolution is read by who sees the resolution.
    let all: Vec<Id> = made.iter().map(|r| r.id).collect();
    let seen = access::seen(tx, &Scope::of(actor, "resolution"), &all)?;
    let mut events = log::timeline(tx, row.id, audiences, after, limit)?;
    for id in &all {
        events.extend(log::timeline(tx, *id, audiences, after, limit)?);
    }
    events.sort_by_key(|event| event.id);
    events.truncate(q.limit + 1);
    let mut entries = Vec::with_capacity(events.len());
    for event in events {
        let words = sight.words && !applicant && (event.record_id == row.id || seen.contains(&event.record_id));
        let text = narrative::tell(&event.kind, &event.params.get()?);
        let words = event.words.filter(|_| words).map(|w| w.open(tx.vault)).transpose()?;
        entries.push(TimelineEntry { id: event.id, kind: event.kind, text, words, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(entries, q.limit, tx.vault, |t| q.cursor_of(String::new(), t.id.to_string())))
}

/// A resolution as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResolutionView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "JY-320623-20261122-000001-427")]
    pub number: String,
    /// State.
    pub state: ResolutionState,
    /// In Chinese.
    pub state_label: String,
    /// Of which meeting.
    pub meeting_id: Id,
    /// Its number.
    pub meeting_number: String,
    /// Place of its agenda entry.
    #[schema(example = 1)]
    pub agenda: i32,
    /// What was spoken about there.
    pub topic: String,
    /// About which matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// The center that called the meeting.
    pub center: CenterBrief,
    /// Who carries it out.
    pub owner: ParticipantView,
    /// The leader in charge, where one is named; else the center's managers are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_id: Option<Id>,
    /// What; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What was said since, oldest first; empty where the view is masked.
    pub notes: Vec<ResolutionNote>,
    /// Deadline.
    pub due_at: Moment,
    /// Still to be carried out, and its deadline has passed.
    pub overdue: bool,
    /// When it was reported as carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_out_at: Option<Moment>,
    /// It was carried out after its deadline.
    pub late: bool,
    /// When it went to the leader in charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Moment>,
    /// What people wrote is left out for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ResolutionView, "resolution");

/// One resolution, to those who may see it.
pub fn fetch_resolution(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ResolutionView> {
    let row = resolving::by_reference(tx, reference)?;
    resolution_view(tx, actor, row)
}

pub(super) fn resolution_view(tx: &mut Tx, actor: &Actor, row: Resolution) -> Result<ResolutionView> {
    let sight = access::sight(tx, &Scope::of(actor, "resolution"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    let allowed_actions = Some(resolving::allowed(actor, &row, &center));
    let mut shown = resolution_views(tx, vec![(row, sight)])?;
    let shown = shown.pop().ok_or_else(Problem::not_found)?;
    Ok(ResolutionView { allowed_actions, ..shown })
}

/// Resolutions as they are answered: what they lead to is read once for all of them.
pub(super) fn resolution_views(tx: &mut Tx, rows: Vec<(Resolution, Sight)>) -> Result<Vec<ResolutionView>> {
    let meetings = store::meetings_by_id(tx, &rows.iter().map(|(r, _)| r.meeting_id).collect::<Vec<_>>())?;
    let meetings = meetings.into_iter().map(|m| Ok((m.id, m.number, m.details.open(tx.vault)?.agenda))).collect::<Result<Vec<_>>>()?;
    let center = |id: Id| Party { kind: PartyKind::Center, id };
    let parties: Vec<Party> = rows.iter().flat_map(|(r, _)| [r.owner(), center(r.center_id)]).collect();
    let names = Names::of(tx, &parties)?;
    rows.into_iter()
        .map(|(row, sight)| {
            let details = row.details.open(tx.vault)?;
            let (_, meeting_number, agenda) = meetings.iter().find(|(id, ..)| *id == row.meeting_id).ok_or_else(|| Error::Corrupt("meeting gone".into()))?;
            let topic = entry(agenda, row.agenda).map(|entry| entry.topic.clone()).unwrap_or_default();
            Ok(ResolutionView {
                id: row.id,
                state: row.state,
                state_label: row.state.label().into(),
                meeting_id: row.meeting_id,
                meeting_number: meeting_number.clone(),
                agenda: row.agenda,
                topic,
                entrustment_id: row.entrustment_id,
                center: names.center(row.center_id)?,
                owner: names.view(&row.owner()),
                leader_id: row.leader_id,
                content: some(details.content, sight.words),
                notes: if sight.words { details.notes } else { Vec::new() },
                due_at: row.due_at,
                overdue: row.state == ResolutionState::Open && row.due_at <= tx.now,
                carried_out_at: details.carried_out_at,
                late: details.carried_out_at.is_some_and(|at| at > row.due_at),
                escalated_at: row.escalated_at,
                masked: sight.masked,
                allowed_actions: None,
                version: row.version,
                created_at: row.created_at,
                updated_at: row.updated_at,
                number: row.number,
            })
        })
        .collect()
}
