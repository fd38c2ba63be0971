//! Lists of meetings and resolutions, through the access table.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    calling,
    machine::{MeetingState, ResolutionState},
    model::{AgendaEntry, MeetingKind},
    parties,
    store::{self, Meeting, Resolution},
    views::{ResolutionView, entry, resolution_views},
};
use crate::{
    access::{self, Sieve},
    auth::{Actor, Scope, policy::subject},
    db::{Error, Result, Tx},
    entrustments,
    kernel::{Code as _, Id, ListQuery, Moment, Page},
    organization::{self, CenterBrief},
};

/// A meeting in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MeetingBrief {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "HY-320623-20261122-000001-427")]
    pub number: String,
    /// What kind.
    pub kind: MeetingKind,
    /// In Chinese.
    pub kind_label: String,
    /// State.
    pub state: MeetingState,
    /// In Chinese.
    pub state_label: String,
    /// Title.
    pub title: String,
    /// Which center calls it.
    pub center: CenterBrief,
    /// Where.
    pub place: String,
    /// From.
    pub starts_at: Moment,
    /// Until.
    pub ends_at: Moment,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When called.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

impl MeetingBrief {
    pub(super) fn of(row: &Meeting, center: CenterBrief, title: String, place: String) -> Self {
        Self {
            id: row.id,
            number: row.number.clone(),
            kind: row.kind,
            kind_label: row.kind.label().into(),
            state: row.state,
            state_label: row.state.label().into(),
            title,
            center,
            place,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

fn briefs(tx: &mut Tx, rows: Vec<Meeting>) -> Result<Vec<MeetingBrief>> {
    let centers = organization::briefs(tx, &rows.iter().map(|row| row.center_id).collect::<Vec<_>>())?;
    let center = |id: Id| centers.iter().find(|c| c.id == id).cloned().ok_or_else(|| Error::Corrupt("center gone".into()));
    let brief = |row: Meeting| {
        let details = row.details.open(tx.vault)?;
        Ok(MeetingBrief::of(&row, center(row.center_id)?, details.title, details.place))
    };
    rows.into_iter().map(brief).collect()
}

/// The meetings that the caller sees.
pub fn meetings(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<MeetingBrief>> {
    let marked = q.values.iter().any(|(name, _)| !matches!(name.as_str(), "state" | "created_at[gte]" | "created_at[lt]"));
    let page = if marked {
        // A center sees its own meetings and those it is invited to: fewer than all that the caller sees.
        let centers = q.ids("center_id");
        let by = (!centers.is_empty()).then(|| Scope::Subjects(centers.iter().map(|id| (subject::center(id.as_str()), false)).collect()));
        let sieve = Sieve { by, keep: &|tx, ids| keep(tx, actor, q, ids) };
        access::sifted::<MeetingState, _>(tx, actor, "meeting", q, sieve, store::meetings_by_id, |row| row.id)?
    } else {
        access::listed::<MeetingState, _>(tx, actor, "meeting", q, store::meetings_by_id, |row| row.id)?
    };
    page.try_with(|rows| briefs(tx, rows.into_iter().map(|(row, _)| row).collect()))
}

fn keep(tx: &mut Tx, actor: &Actor, q: &ListQuery, ids: &[Id]) -> Result<Vec<Id>> {
    let (kinds, centers, matters) = (q.all("kind"), q.ids("center_id"), q.ids("entrustment_id"));
    let (from, to) = q.range("starts_at");
    let projects = q.ids("project_id");
    let mut about = if matters.is_empty() { ids.to_vec() } else { store::having(tx, ids, &matters)? };
    if !projects.is_empty() {
        about = store::having_project(tx, &about, &projects)?;
    }
    let tickets = q.ids("fallback_ticket_id");
    if !tickets.is_empty() {
        about = store::having_ticket(tx, &about, &tickets)?;
    }
    let mine = q.one("mine").map(|v| v == "true");
    let mut kept = Vec::new();
    for row in store::meetings_by_id(tx, &about)? {
        let named = (kinds.is_empty() || kinds.iter().any(|k| k == row.kind.code())) && (centers.is_empty() || centers.contains(&row.center_id));
        let timely = from.is_none_or(|from| row.starts_at >= from) && to.is_none_or(|to| row.starts_at < to);
        if named && timely && (mine.is_none() || mine == Some(is_mine(tx, actor, &row)?)) {
            kept.push(row.id);
        }
    }
    Ok(kept)
}

/// Called or chaired by the caller, or they are among those invited.
fn is_mine(tx: &Tx, actor: &Actor, row: &Meeting) -> Result<bool> {
    let details = calling::opened(tx, row)?;
    let called = [Some(row.host_id), details.called_by].into_iter().flatten().any(|id| actor.answers_for(id));
    Ok(called || details.invitees.iter().any(|i| parties::speaks_for(actor, "meeting", "respond", &i.party)))
}

/// The meetings about a matter, of those that the caller sees, newest first.
pub fn of_matter(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<MeetingBrief>> {
    let loaded = entrustments::load_seen(tx, actor, reference)?;
    let scope = Scope::of(actor, "meeting");
    let mut before: Option<Id> = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut found: Vec<Id> = Vec::new();
    // What the caller does not see is passed over; a matter has few meetings.
    while found.len() <= q.limit {
        let batch = store::meetings_of(tx, loaded.e.id, before, 200)?;
        let seen = access::seen(tx, &scope, &batch)?;
        found.extend(batch.iter().filter(|id| seen.contains(id)));
        before = batch.last().copied();
        if batch.len() < 200 {
            break;
        }
    }
    found.truncate(q.limit + 1);
    let mut rows = store::meetings_by_id(tx, &found)?;
    rows.sort_by_key(|row| found.iter().position(|id| *id == row.id));
    Ok(Page::cut(briefs(tx, rows)?, q.limit, tx.vault, |m| q.cursor_of(String::new(), m.id.to_string())))
}

/// The resolutions that the caller sees.
pub fn resolutions(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ResolutionView>> {
    let owners = q.ids("owner_id");
    // Ids tell by themselves whether they are a center's, a department's or a person's.
    let subjects = [subject::center as fn(&str) -> String, subject::department, subject::user];
    let by = (!owners.is_empty()).then(|| Scope::Subjects(owners.iter().flat_map(|id| subjects.map(|of| (of(id.as_str()), false))).collect()));
    let sieve = Sieve { by, keep: &|tx, ids| keep_resolutions(tx, q, ids) };
    let page = access::sifted::<ResolutionState, _>(tx, actor, "resolution", q, sieve, store::resolutions_by_id, |row| row.id)?;
    page.try_with(|rows| resolution_views(tx, rows))
}

fn keep_resolutions(tx: &mut Tx, q: &ListQuery, ids: &[Id]) -> Result<Vec<Id>> {
    let (owners, meetings, matters) = (q.ids("owner_id"), q.ids("meeting_id"), q.ids("entrustment_id"));
    let flag = |name: &str| q.one(name).map(|v| v == "true");
    let (overdue, escalated) = (flag("overdue"), flag("escalated"));
    let now = tx.now;
    let ids = about_projects(tx, ids, &q.ids("project_id"))?;
    let rows = store::resolutions_by_id(tx, &ids)?.into_iter().filter(|row| {
        (owners.is_empty() || owners.contains(&row.owner_id))
            && (meetings.is_empty() || meetings.contains(&row.meeting_id))
            && (matters.is_empty() || row.entrustment_id.is_some_and(|id| matters.contains(&id)))
            && overdue.is_none_or(|wanted| wanted == (row.state == ResolutionState::Open && row.due_at <= now))
            && escalated.is_none_or(|wanted| wanted == row.escalated_at.is_some())
    });
    Ok(rows.map(|row| row.id).collect())
}

/// Those of these resolutions that are about one of these projects; all, where none is named.
fn about_projects(tx: &mut Tx, ids: &[Id], projects: &[Id]) -> Result<Vec<Id>> {
    if projects.is_empty() {
        return Ok(ids.to_vec());
    }
    let rows = store::resolutions_by_id(tx, ids)?;
    let having = store::having_project(tx, &rows.iter().map(|row| row.meeting_id).collect::<Vec<_>>(), projects)?;
    let mut agendas: HashMap<Id, Vec<AgendaEntry>> = HashMap::new();
    for meeting in store::meetings_by_id(tx, &having)? {
        agendas.insert(meeting.id, meeting.details.open(tx.vault)?.agenda);
    }
    let project = |row: &Resolution| entry(agendas.get(&row.meeting_id)?, row.agenda)?.project_id;
    Ok(rows.iter().filter(|row| project(row).is_some_and(|id| projects.contains(&id))).map(|row| row.id).collect())
}
