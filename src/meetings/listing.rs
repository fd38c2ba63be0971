//! Lists of meetings and resolutions, through the access table.

use serde::Serialize;

use super::{
    calling,
    machine::{MeetingState, ResolutionState},
    model::MeetingKind,
    parties,
    store::{self, Meeting},
    views::{ResolutionView, resolution_views},
};
use crate::{
    access::{self, Sight},
    auth::{
        Actor, Scope,
        policy::{self, subject},
    },
    db::{Error, Result, Tx},
    entrustments,
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem},
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

fn admit(actor: &Actor, resource: &str) -> Result<()> {
    if policy::may(actor, resource, "read") { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden).into()) }
}

/// The states to walk: orders by deadline have an index per state only.
fn states(q: &ListQuery, all: Vec<String>) -> Vec<String> {
    let mut states = q.all("state");
    states.sort();
    states.dedup();
    if states.is_empty() && q.sort.key == "due_at" { all } else { states }
}

/// Meetings in the order of `ids`.
fn briefs(tx: &mut Tx, ids: &[Id]) -> Result<Vec<MeetingBrief>> {
    let mut rows = store::meetings_by_id(tx, ids)?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    let centers = organization::briefs(tx, &rows.iter().map(|row| row.center_id).collect::<Vec<_>>())?;
    let brief = |row: Meeting| {
        let details = row.details.open(tx.vault)?;
        let center = centers.iter().find(|c| c.id == row.center_id).cloned();
        Ok(MeetingBrief {
            id: row.id,
            kind: row.kind,
            kind_label: row.kind.label().into(),
            state: row.state,
            state_label: row.state.label().into(),
            title: details.title,
            center: center.ok_or_else(|| Error::Corrupt("center gone".into()))?,
            place: details.place,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            number: row.number,
        })
    };
    rows.into_iter().map(brief).collect()
}

/// The meetings that the caller sees.
pub fn meetings(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<MeetingBrief>> {
    admit(actor, "meeting")?;
    let scope = Scope::of(actor, "meeting");
    let states = states(q, MeetingState::ALL.iter().map(|s| s.code().to_owned()).collect());
    let marked = q.values.iter().any(|(name, _)| !matches!(name.as_str(), "state" | "created_at[gte]" | "created_at[lt]"));
    let page = if marked {
        // A center sees its own meetings and those it is invited to: fewer than all that the caller sees.
        let centers = q.ids("center_id");
        let by = (!centers.is_empty()).then(|| Scope::Subjects(centers.iter().map(|id| (subject::center(id.as_str()), false)).collect()));
        access::filtered(tx, &scope, by.as_ref(), "meeting", q, states, |tx, ids| keep(tx, actor, q, ids))?
    } else {
        access::page(tx, &scope, "meeting", q, states)?.map(|(e, _)| e.record)
    };
    let items = briefs(tx, &page.items)?;
    Ok(page.with(|_| items))
}

fn keep(tx: &mut Tx, actor: &Actor, q: &ListQuery, ids: &[Id]) -> Result<Vec<Id>> {
    let (kinds, centers, matters) = (q.all("kind"), q.ids("center_id"), q.ids("entrustment_id"));
    let (from, to) = q.range("starts_at");
    let projects = q.ids("project_id");
    let mut about = if matters.is_empty() { ids.to_vec() } else { store::having(tx, ids, &matters)? };
    if !projects.is_empty() {
        about = store::having_project(tx, &about, &projects)?;
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
    let items = briefs(tx, found.get(..=q.limit).unwrap_or(&found))?;
    Ok(Page::cut(items, q.limit, tx.vault, |m| q.cursor_of(String::new(), m.id.to_string())))
}

/// The resolutions that the caller sees.
pub fn resolutions(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ResolutionView>> {
    admit(actor, "resolution")?;
    let scope = Scope::of(actor, "resolution");
    let states = states(q, ResolutionState::ALL.iter().map(|s| s.code().to_owned()).collect());
    let owners = q.ids("owner_id");
    // Ids tell by themselves whether they are a center's, a department's or a person's.
    let subjects = [subject::center as fn(&str) -> String, subject::department, subject::user];
    let by = (!owners.is_empty()).then(|| Scope::Subjects(owners.iter().flat_map(|id| subjects.map(|of| (of(id.as_str()), false))).collect()));
    let page = access::filtered(tx, &scope, by.as_ref(), "resolution", q, states, |tx, ids| keep_resolutions(tx, q, ids))?;
    let mut rows = store::resolutions_by_id(tx, &page.items)?;
    rows.sort_by_key(|row| page.items.iter().position(|id| *id == row.id));
    let mut sights = Vec::with_capacity(rows.len());
    for row in &rows {
        sights.push((row.id, access::sight(tx, &scope, row.id)?.unwrap_or(Sight::masked(true))));
    }
    let items = resolution_views(tx, rows, |id| sights.iter().find(|(of, _)| *of == id).map_or(Sight::masked(true), |(_, sight)| *sight))?;
    Ok(page.with(|_| items))
}

fn keep_resolutions(tx: &mut Tx, q: &ListQuery, ids: &[Id]) -> Result<Vec<Id>> {
    let (owners, meetings, matters) = (q.ids("owner_id"), q.ids("meeting_id"), q.ids("entrustment_id"));
    let flag = |name: &str| q.one(name).map(|v| v == "true");
    let (overdue, escalated) = (flag("overdue"), flag("escalated"));
    let now = tx.now;
    let rows = store::resolutions_by_id(tx, ids)?.into_iter().filter(|row| {
        (owners.is_empty() || owners.contains(&row.owner_id))
            && (meetings.is_empty() || meetings.contains(&row.meeting_id))
            && (matters.is_empty() || row.entrustment_id.is_some_and(|id| matters.contains(&id)))
            && overdue.is_none_or(|wanted| wanted == (row.state == ResolutionState::Open && row.due_at <= now))
            && escalated.is_none_or(|wanted| wanted == row.escalated_at.is_some())
    });
    Ok(rows.map(|row| row.id).collect())
}
