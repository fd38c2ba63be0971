//! The records behind a line, the objections, and what became of an assessment.

use serde::Serialize;

use super::{
    computing::question,
    machine::{AssessmentState, ObjectionState},
    model::AssessmentSchemeLine,
    narrative,
    objecting::{allowed_on, subject_of},
    service::{assesses, content_of, load_seen, own_subjects},
    store::{self, Assessment, KeptRecord, Objection, Subject},
    views::{name_of, subject_seen},
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    kernel::{Code as _, Id, ListQuery, Moment, Page, Problem},
    organization::Center,
    statistics::{self, FigureSide},
};

/// A record behind a figure of somebody who is assessed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessedRecordView {
    /// `entrustment`, `fallback_ticket` or `course`.
    #[schema(example = "entrustment")]
    pub kind: String,
    /// In Chinese.
    pub kind_label: String,
    /// Its number.
    pub number: String,
    /// Identity; absent where the caller may not see the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// In a few words; absent where the caller may not see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How much of the figure it is.
    #[schema(example = 1)]
    pub count: i64,
}

/// The records behind a line: those that were kept, of what is frozen; else those that are counted now. What was rated by
/// somebody who gave no name is not listed to whom it is about.
pub fn records(tx: &mut Tx, actor: &Actor, reference: &str, subject: &str, line: &str, q: &ListQuery) -> Result<Page<AssessedRecordView>> {
    let (row, center, subject) = subject_seen(tx, actor, reference, subject)?;
    let content = content_of(tx, &row)?;
    let line = content.lines.iter().find(|l| l.code == line).ok_or_else(Problem::not_found)?;
    let below = q.all("side").iter().any(|s| s == "denominator");
    let side = if below { FigureSide::Denominator } else { FigureSide::Numerator };
    let after: Option<Id> = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let page = if row.state == AssessmentState::Frozen {
        let rows = kept(tx, actor, &subject, line, side, after, q.limit + 1)?;
        Page::cut(rows, q.limit, tx.vault, |r| q.cursor_of(String::new(), r.record_id.to_string())).map(|r| (r.kind, r.record_id, Some(r.number), r.count))
    } else {
        let asked = question(tx, &row, &center, &subject)?;
        let (found, next) = statistics::behind(tx, actor, &asked, (line.indicator, side), after, q.limit)?;
        let items = found.into_iter().map(|b| (b.kind, b.record, None, b.count)).collect();
        let next_cursor = next.map(|id| q.cursor_of(String::new(), id.to_string()).encode(tx.vault));
        Page { items, has_more: next_cursor.is_some(), next_cursor, as_of: None, count: None }
    };
    let mut known = std::collections::BTreeMap::new();
    for kind in statistics::TRACED {
        let ids: Vec<Id> = page.items.iter().filter(|r| r.0 == kind).map(|r| r.1).collect();
        if !ids.is_empty() {
            known.extend(statistics::told(tx, actor, kind, &ids)?);
        }
    }
    Ok(page.map(|(kind, id, number, count)| {
        let told = known.remove(&id);
        let seen = told.as_ref().is_some_and(|t| t.seen);
        let (now, title) = told.map_or((String::new(), None), |t| (t.number, t.title));
        let kind_label = statistics::kind_label(&kind).to_owned();
        AssessedRecordView { kind, kind_label, number: number.unwrap_or(now), id: Some(id).filter(|_| seen), title, count }
    }))
}

/// So many kept records are looked at together.
const BATCH: i64 = 250;

/// Those that were kept and are listed to the caller, at most `wanted`: where a page ends tells nothing of the others.
fn kept(
    tx: &mut Tx,
    actor: &Actor,
    subject: &Subject,
    line: &AssessmentSchemeLine,
    side: FigureSide,
    after: Option<Id>,
    wanted: usize,
) -> Result<Vec<KeptRecord>> {
    let (mut found, mut at) = (Vec::new(), after);
    while found.len() < wanted {
        let rows = store::kept(tx, subject.id, &line.code, side.code(), at, BATCH)?;
        let Some(last) = rows.last() else { break };
        at = Some(last.record_id);
        let hidden = statistics::withheld(tx, actor, line.indicator, &rows.iter().map(|r| r.record_id).collect::<Vec<_>>())?;
        found.extend(rows.into_iter().filter(|r| !hidden.contains(&r.record_id)));
    }
    found.truncate(wanted);
    Ok(found)
}

/// An objection as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentObjectionView {
    /// Identity.
    pub id: Id,
    /// In which assessment.
    pub assessment_id: Id,
    /// By whom.
    pub subject_id: Id,
    /// Their name.
    pub subject_name: String,
    /// To which line.
    pub line: String,
    /// State.
    pub state: ObjectionState,
    /// In Chinese.
    pub state_label: String,
    /// Why.
    pub reason: String,
    /// What shows it.
    pub evidence: String,
    /// What was decided, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Number of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The entry that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_id: Option<Id>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(AssessmentObjectionView);

/// One objection.
pub fn objection_view(tx: &mut Tx, actor: &Actor, row: &Assessment, center: &Center, o: Objection) -> Result<AssessmentObjectionView> {
    let subject = subject_of(tx, row, o.subject_row.as_str())?;
    let allowed_actions = allowed_on(tx, actor, row, center, &o)?;
    let words = o.words.open(tx.vault)?;
    Ok(AssessmentObjectionView {
        id: o.id,
        assessment_id: row.id,
        subject_name: name_of(tx, row.subject_kind, &subject)?,
        subject_id: subject.subject_id,
        line: o.line,
        state: o.state,
        state_label: o.state.label().into(),
        reason: words.reason,
        evidence: words.evidence,
        decision: Some(words.decision).filter(|d| !d.is_empty()),
        document: Some(words.document).filter(|d| !d.is_empty()),
        entry_id: o.entry_id,
        allowed_actions,
        version: o.version,
        created_at: o.created_at,
        updated_at: o.updated_at,
    })
}

/// One objection, to the side that assesses and to who objects.
pub fn objection(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<AssessmentObjectionView> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let found = store::objection(tx, id)?.ok_or_else(Problem::not_found)?;
    let (row, center) = load_seen(tx, actor, found.assessment_id.as_str())?;
    let own = own_subjects(tx, actor, &row)?.iter().any(|s| s.id == found.subject_row);
    if !own && !assesses(actor, "create", &center) {
        return Err(Problem::not_found().into());
    }
    objection_view(tx, actor, &row, &center, found)
}

/// The objections in an assessment: all to the side that assesses, their own to who is assessed.
pub fn objections(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<AssessmentObjectionView>> {
    let (row, center) = load_seen(tx, actor, reference)?;
    let own = if assesses(actor, "create", &center) { None } else { Some(own_subjects(tx, actor, &row)?) };
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let limit = if own.is_some() { 10_000 } else { i64::try_from(q.limit + 1).unwrap_or(201) };
    let mut rows = store::objections(tx, row.id, after, limit)?;
    rows.retain(|o| own.as_ref().is_none_or(|own| own.iter().any(|s| s.id == o.subject_row)));
    let page = Page::cut(rows, q.limit, tx.vault, |o: &Objection| q.cursor_of(String::new(), o.id.to_string()));
    page.try_map(|o| objection_view(tx, actor, &row, &center, o))
}

/// What became of an assessment, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let (row, _) = load_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut rows = Vec::new();
    for event in log::timeline(tx, row.id, Audience::ALL, after, i64::try_from(q.limit + 1).unwrap_or(201))? {
        let text = narrative::tell(&event.kind, &event.params.get()?);
        rows.push(TimelineEntry { id: event.id, kind: event.kind, text, words: None, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |t: &TimelineEntry| q.cursor_of(String::new(), t.id.to_string())))
}
