//! How bulletins are answered, and to whom.

use serde::Serialize;

use super::{
    composing::BulletinBody,
    machine::BulletinState,
    model::{BulletinNote, BulletinWords},
    narrative,
    service::{Loaded, by_reference},
    store::{self, Bulletin, BulletinFilter},
};
use crate::{
    auth::{Actor, Role, policy},
    db::{Result, Tx},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem},
    organization::{self, CenterBrief},
    statistics::PublicMonth,
};

/// A bulletin in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct BulletinBrief {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "TB-320600-20260105-000001-101")]
    pub number: String,
    /// Title.
    pub title: String,
    /// Of which center with all below it.
    pub center: CenterBrief,
    /// First month.
    #[schema(example = "2026-01")]
    pub first_month: String,
    /// Last month.
    #[schema(example = "2026-01")]
    pub last_month: String,
    /// State.
    pub state: BulletinState,
    /// In Chinese.
    pub state_label: String,
    /// Everybody may read its public part.
    pub is_public: bool,
    /// Number of the document under which it went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_no: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When composed first.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A bulletin, whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BulletinView {
    /// What a list shows of it.
    #[serde(flatten)]
    pub brief: BulletinBrief,
    /// What it says in words.
    pub words: BulletinWords,
    /// What it says in figures and names.
    pub body: BulletinBody,
    /// How it came about, oldest first; for whoever works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<BulletinNote>>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
}

crate::versioned!(BulletinView, by "bulletin" "read", in brief);

/// What everybody may read of a bulletin: nothing that is named, no small group.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicBulletin {
    /// Identity.
    pub id: Id,
    /// Number of the document.
    pub document_no: String,
    /// Title.
    pub title: String,
    /// Of which center with all below it.
    pub center: CenterBrief,
    /// First month.
    #[schema(example = "2026-01")]
    pub first_month: String,
    /// Last month.
    #[schema(example = "2026-01")]
    pub last_month: String,
    /// How it went.
    pub overview: String,
    /// Published figures, month by month.
    pub months: Vec<PublicMonth>,
    /// When it went out.
    pub published_at: Moment,
}

fn brief(row: Bulletin, title: String, center: CenterBrief) -> BulletinBrief {
    BulletinBrief {
        id: row.id,
        number: row.number,
        title,
        center,
        first_month: row.first_month,
        last_month: row.last_month,
        state: row.state,
        state_label: row.state.label().into(),
        is_public: row.is_public,
        document_no: row.document_no,
        published_at: row.published_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// A bulletin as its caller sees it.
pub(super) fn whole(actor: &Actor, loaded: Loaded) -> BulletinView {
    let allowed_actions = loaded.allowed(actor);
    let works = policy::allows(actor, "bulletin", "read", &organization::custodian_reachable(&loaded.center));
    let Loaded { row, record, body, center } = loaded;
    BulletinView {
        brief: brief(row, record.words.title.clone(), CenterBrief::from(&center)),
        notes: works.then_some(record.notes),
        words: record.words,
        body,
        allowed_actions,
    }
}

fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Loaded> {
    let row = by_reference(tx, reference)?;
    let loaded = Loaded::of(tx, row)?;
    if loaded.is_seen(tx, actor)? { Ok(loaded) } else { Err(Problem::not_found().into()) }
}

/// One bulletin.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<BulletinView> {
    Ok(whole(actor, load_seen(tx, actor, reference)?))
}

/// The centers whose published bulletins the caller hears of: their own and all above.
pub(super) fn hears_of(tx: &mut Tx, actor: &Actor) -> Result<Vec<Id>> {
    if !policy::may(actor, "bulletin", "read_published") {
        return Ok(Vec::new());
    }
    let mut nodes: Vec<Id> = actor.grants.iter().filter(|g| g.role.at_center()).filter_map(|g| g.node.parse().ok()).collect();
    let departments: Vec<Id> = actor.nodes(Role::DepartmentHandler).filter_map(|n| n.parse().ok()).collect();
    nodes.extend(organization::store::departments_by_id(tx, &departments)?.into_iter().map(|d| d.center_id));
    let centers = organization::store::centers_by_id(tx, &nodes)?;
    let mut above: Vec<Id> = centers.iter().flat_map(|c| c.lineage().filter_map(|id| id.parse().ok()).collect::<Vec<Id>>()).collect();
    above.sort();
    above.dedup();
    Ok(above)
}

/// The centers of whose bulletins the caller sees every state.
fn works_at(tx: &mut Tx, actor: &Actor) -> Result<Vec<Id>> {
    let there = store::centers(tx)?;
    let centers = organization::store::centers_by_id(tx, &there)?;
    Ok(centers.iter().filter(|c| policy::allows(actor, "bulletin", "read", &organization::custodian_reachable(c))).map(|c| c.id).collect())
}

/// A page of the bulletins that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<BulletinBrief>> {
    if !policy::may(actor, "bulletin", "read") && !policy::may(actor, "bulletin", "read_published") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let filter = BulletinFilter {
        all_of: works_at(tx, actor)?,
        published_of: hears_of(tx, actor)?,
        states: q.all("state").iter().filter_map(|s| BulletinState::parse(s)).collect(),
        ..asked(q)
    };
    paged(tx, q, &filter)
}

/// What everybody may read, newest first.
pub fn browse(tx: &mut Tx, q: &ListQuery) -> Result<Page<BulletinBrief>> {
    paged(tx, q, &BulletinFilter { public: true, ..asked(q) })
}

fn asked(q: &ListQuery) -> BulletinFilter {
    BulletinFilter {
        centers: q.ids("center_id"),
        month: q.one("month"),
        after: q.cursor.as_ref().and_then(|c| c.id.parse().ok()),
        ascending: !q.sort.descending,
        limit: i64::try_from(q.limit + 1).unwrap_or(201),
        ..BulletinFilter::default()
    }
}

fn paged(tx: &mut Tx, q: &ListQuery, filter: &BulletinFilter) -> Result<Page<BulletinBrief>> {
    let rows = store::bulletins(tx, filter)?;
    let centers = organization::briefs(tx, &rows.iter().map(|row| row.center_id).collect::<Vec<_>>())?;
    let page = Page::cut(rows, q.limit, tx.vault, |row: &Bulletin| q.cursor_of(String::new(), row.id.to_string()));
    page.try_map(|row| {
        let title = row.record.open(tx.vault)?.words.title;
        let center = centers.iter().find(|c| c.id == row.center_id).cloned().ok_or_else(Problem::not_found)?;
        Ok(brief(row, title, center))
    })
}

/// The public part of one.
pub fn public(tx: &mut Tx, reference: &str) -> Result<PublicBulletin> {
    let row = by_reference(tx, reference)?;
    let (true, BulletinState::Published, Some(published_at)) = (row.is_public, row.state, row.published_at) else {
        return Err(Problem::not_found().into());
    };
    let Loaded { row, record, body, center } = Loaded::of(tx, row)?;
    Ok(PublicBulletin {
        id: row.id,
        document_no: row.document_no.unwrap_or(row.number),
        title: record.words.title,
        center: CenterBrief::from(&center),
        first_month: row.first_month,
        last_month: row.last_month,
        overview: record.words.overview,
        months: body.published,
        published_at,
    })
}

/// How a bulletin came about, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let loaded = load_seen(tx, actor, reference)?;
    if !policy::allows(actor, "bulletin", "read", &organization::custodian_reachable(&loaded.center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut rows = Vec::new();
    for event in log::timeline(tx, loaded.row.id, Audience::ALL, after, i64::try_from(q.limit + 1).unwrap_or(201))? {
        let text = narrative::tell(&event.kind, &event.params.get()?);
        rows.push(TimelineEntry { id: event.id, kind: event.kind, text, words: None, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |e: &TimelineEntry| q.cursor_of(String::new(), e.id.to_string())))
}
