//! SQL of meetings and resolutions.

use diesel::prelude::*;

use super::{
    agenda::About,
    machine::{MeetingState, ResolutionState},
    model::{Invitee, InviteeResponse, MeetingDetails, MeetingKind, PartyKind, ResolutionDetails},
};
use crate::{
    db::{
        Private, Result, Tx,
        schema::{meeting_invitees, meeting_matters, meeting_projects, meeting_tickets, meetings, resolutions},
    },
    insert_many,
    kernel::{Id, Moment},
};

/// A meeting.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = meetings, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Meeting {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// What kind.
    pub kind: MeetingKind,
    /// State.
    pub state: MeetingState,
    /// Which center calls it.
    pub center_id: Id,
    /// Who chairs it.
    pub host_id: Id,
    /// The leader in charge, where one is named.
    pub leader_id: Option<Id>,
    /// The applicant, where invited.
    pub applicant_id: Option<Id>,
    /// From.
    pub starts_at: Moment,
    /// Until.
    pub ends_at: Moment,
    /// What people wrote.
    pub details: Private<MeetingDetails>,
    /// Version.
    pub version: i64,
    /// When called.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A resolution.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = resolutions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Resolution {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of which meeting.
    pub meeting_id: Id,
    /// About which matter.
    pub entrustment_id: Option<Id>,
    /// The center that called the meeting.
    pub center_id: Id,
    /// Who chaired it.
    pub host_id: Id,
    /// The leader in charge, where one is named.
    pub leader_id: Option<Id>,
    /// Place of its agenda entry, from 1.
    pub agenda: i32,
    /// What kind of owner.
    pub owner_kind: PartyKind,
    /// Who carries it out.
    pub owner_id: Id,
    /// State.
    pub state: ResolutionState,
    /// What people wrote.
    pub details: Private<ResolutionDetails>,
    /// Carry out until.
    pub due_at: Moment,
    /// When it goes to the leader in charge; never, once it has gone or need not go.
    pub escalate_at: Moment,
    /// When it went there.
    pub escalated_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn meeting(tx: &mut Tx, id: Id) -> Result<Option<Meeting>> {
    Ok(meetings::table.filter(meetings::id.eq(id)).select(Meeting::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn meeting_by_number(tx: &mut Tx, number: &str) -> Result<Option<Meeting>> {
    Ok(meetings::table.filter(meetings::number.eq(number)).select(Meeting::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn meetings_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Meeting>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(meetings::table.filter(meetings::id.eq_any(ids.to_vec())).select(Meeting::as_select()).load(tx.conn)?)
}

/// A new meeting.
pub fn insert_meeting(tx: &mut Tx, row: &Meeting) -> Result<()> {
    diesel::insert_into(meetings::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a meeting whose version was counted up by one.
pub fn save_meeting(tx: &mut Tx, row: &Meeting) -> Result<bool> {
    let changed =
        diesel::update(meetings::table.filter(meetings::id.eq(row.id)).filter(meetings::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)?;
    Ok(changed == 1)
}

#[derive(Clone, Insertable)]
#[diesel(table_name = meeting_matters)]
struct MatterRow {
    meeting_id: Id,
    entrustment_id: Id,
}

#[derive(Clone, Insertable)]
#[diesel(table_name = meeting_tickets)]
struct TicketRow {
    meeting_id: Id,
    ticket_id: Id,
}

#[derive(Clone, Insertable)]
#[diesel(table_name = meeting_projects)]
struct ProjectRow {
    meeting_id: Id,
    project_id: Id,
}

/// What is on the agenda: exactly this, each once.
pub(super) fn put_agenda(tx: &mut Tx, meeting: Id, about: &About) -> Result<()> {
    let About { matters, projects, tickets } = about;
    diesel::delete(meeting_matters::table.filter(meeting_matters::meeting_id.eq(meeting))).execute(tx.conn)?;
    diesel::delete(meeting_projects::table.filter(meeting_projects::meeting_id.eq(meeting))).execute(tx.conn)?;
    diesel::delete(meeting_tickets::table.filter(meeting_tickets::meeting_id.eq(meeting))).execute(tx.conn)?;
    let matters: Vec<MatterRow> = matters.iter().map(|id| MatterRow { meeting_id: meeting, entrustment_id: *id }).collect();
    insert_many!(tx.conn, meeting_matters::table, &matters);
    let projects: Vec<ProjectRow> = projects.iter().map(|id| ProjectRow { meeting_id: meeting, project_id: *id }).collect();
    insert_many!(tx.conn, meeting_projects::table, &projects);
    let tickets: Vec<TicketRow> = tickets.iter().map(|id| TicketRow { meeting_id: meeting, ticket_id: *id }).collect();
    insert_many!(tx.conn, meeting_tickets::table, &tickets);
    Ok(())
}

/// An invitee as the worklist asks for them: who, and whether they still have to answer.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = meeting_invitees)]
pub struct InviteeRow {
    /// Of which meeting.
    pub meeting_id: Id,
    /// What kind of party.
    pub kind: PartyKind,
    /// Who.
    pub party_id: Id,
    /// Not answered yet.
    pub pending: bool,
}

/// Who is invited: exactly these. The applicant has no worklist, and is not among them.
pub fn put_invitees(tx: &mut Tx, meeting: Id, invitees: &[Invitee]) -> Result<()> {
    diesel::delete(meeting_invitees::table.filter(meeting_invitees::meeting_id.eq(meeting))).execute(tx.conn)?;
    let staff = invitees.iter().filter(|i| i.party.kind != PartyKind::Applicant);
    let row = |i: &Invitee| InviteeRow { meeting_id: meeting, kind: i.party.kind, party_id: i.party.id, pending: i.response == InviteeResponse::Pending };
    let rows: Vec<InviteeRow> = staff.map(row).collect();
    insert_many!(tx.conn, meeting_invitees::table, &rows);
    Ok(())
}

/// Who is invited to these meetings.
pub fn invitees(tx: &mut Tx, meetings: &[Id]) -> Result<Vec<InviteeRow>> {
    Ok(meeting_invitees::table.filter(meeting_invitees::meeting_id.eq_any(meetings.to_vec())).select(InviteeRow::as_select()).load(tx.conn)?)
}

/// The meetings that have a project on their agenda.
pub fn meetings_about(tx: &mut Tx, project: Id) -> Result<Vec<Meeting>> {
    let ids = meeting_projects::table.filter(meeting_projects::project_id.eq(project)).select(meeting_projects::meeting_id);
    Ok(meetings::table.filter(meetings::id.eq_any(ids)).select(Meeting::as_select()).load(tx.conn)?)
}

/// The meetings that have a matter on their agenda, newest first.
pub fn meetings_of(tx: &mut Tx, entrustment: Id, before: Option<Id>, limit: i64) -> Result<Vec<Id>> {
    let mut q = meeting_matters::table
        .filter(meeting_matters::entrustment_id.eq(entrustment))
        .order(meeting_matters::meeting_id.desc())
        .limit(limit)
        .select(meeting_matters::meeting_id)
        .into_boxed();
    if let Some(before) = before {
        q = q.filter(meeting_matters::meeting_id.lt(before));
    }
    Ok(q.load(tx.conn)?)
}

/// Those of these meetings that have one of these matters on their agenda.
pub fn having(tx: &mut Tx, meetings: &[Id], matters: &[Id]) -> Result<Vec<Id>> {
    Ok(meeting_matters::table
        .filter(meeting_matters::meeting_id.eq_any(meetings.to_vec()))
        .filter(meeting_matters::entrustment_id.eq_any(matters.to_vec()))
        .select(meeting_matters::meeting_id)
        .distinct()
        .load(tx.conn)?)
}

/// Those of these meetings that have one of these projects on their agenda.
pub fn having_project(tx: &mut Tx, meetings: &[Id], projects: &[Id]) -> Result<Vec<Id>> {
    Ok(meeting_projects::table
        .filter(meeting_projects::meeting_id.eq_any(meetings.to_vec()))
        .filter(meeting_projects::project_id.eq_any(projects.to_vec()))
        .select(meeting_projects::meeting_id)
        .distinct()
        .load(tx.conn)?)
}

/// Those of these meetings that have one of these tickets on their agenda.
pub fn having_ticket(tx: &mut Tx, meetings: &[Id], tickets: &[Id]) -> Result<Vec<Id>> {
    Ok(meeting_tickets::table
        .filter(meeting_tickets::meeting_id.eq_any(meetings.to_vec()))
        .filter(meeting_tickets::ticket_id.eq_any(tickets.to_vec()))
        .select(meeting_tickets::meeting_id)
        .distinct()
        .load(tx.conn)?)
}

/// The meetings to which one applicant was invited become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(meetings::table.filter(meetings::applicant_id.eq(from))).set(meetings::applicant_id.eq(to)).execute(tx.conn)?;
    Ok(())
}

/// By id.
pub fn resolution(tx: &mut Tx, id: Id) -> Result<Option<Resolution>> {
    Ok(resolutions::table.filter(resolutions::id.eq(id)).select(Resolution::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn resolution_by_number(tx: &mut Tx, number: &str) -> Result<Option<Resolution>> {
    Ok(resolutions::table.filter(resolutions::number.eq(number)).select(Resolution::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn resolutions_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Resolution>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(resolutions::table.filter(resolutions::id.eq_any(ids.to_vec())).select(Resolution::as_select()).load(tx.conn)?)
}

/// Of a meeting, in the order of its agenda.
pub fn resolutions_of(tx: &mut Tx, meeting: Id) -> Result<Vec<Resolution>> {
    Ok(resolutions::table
        .filter(resolutions::meeting_id.eq(meeting))
        .order((resolutions::agenda.asc(), resolutions::id.asc()))
        .select(Resolution::as_select())
        .load(tx.conn)?)
}

/// A new resolution.
pub fn insert_resolution(tx: &mut Tx, row: &Resolution) -> Result<()> {
    diesel::insert_into(resolutions::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a resolution whose version was counted up by one.
pub fn save_resolution(tx: &mut Tx, row: &Resolution) -> Result<bool> {
    let changed = diesel::update(resolutions::table.filter(resolutions::id.eq(row.id)).filter(resolutions::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Resolutions that must go to the leader in charge.
pub fn to_escalate(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Id>> {
    Ok(resolutions::table.filter(resolutions::escalate_at.le(now)).order(resolutions::escalate_at.asc()).limit(limit).select(resolutions::id).load(tx.conn)?)
}
