//! A batch as it is answered.

use serde::Serialize;

use super::{
    machine::BatchState,
    narrative,
    service::load_seen,
    store::{self, Batch},
};
use crate::{
    access::{self, Sight},
    attachments::{self, AttachmentView},
    auth::Actor,
    db::{Result, Tx},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    kernel::{Code as _, Id, ListQuery, Moment, Page},
    organization::{self, CenterBrief},
    tickets::{self, machine::TicketState},
};

/// A ticket of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BatchTicketView)]
pub struct TicketInBatch {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// In a few words; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// State.
    pub state: TicketState,
    /// In Chinese.
    pub state_label: String,
    /// Version.
    pub version: i64,
    /// What the government decided; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Moment>,
}

/// A batch in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BatchBrief {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "TJ-320600-20260105-000001-101")]
    pub number: String,
    /// For which month.
    #[schema(example = "2026-12")]
    pub month: String,
    /// State.
    pub state: BatchState,
    /// In Chinese.
    pub state_label: String,
    /// Where the reform office sits.
    pub center: CenterBrief,
    /// Submit until.
    pub due_at: Moment,
    /// When it was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Moment>,
    /// When the last of its tickets was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Moment>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A batch, whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BatchView {
    /// What a list shows of it.
    #[serde(flatten)]
    pub brief: BatchBrief,
    /// What is asked of the government.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Number of the document by which it was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_no: Option<String>,
    /// Number of the last minutes or decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_no: Option<String>,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    /// Its tickets, oldest first.
    pub tickets: Vec<TicketInBatch>,
    /// The document, the minutes.
    pub attachments: Vec<AttachmentView>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
}

crate::versioned!(BatchView, "ticket_batch", in brief);

fn brief(row: Batch, center: CenterBrief) -> BatchBrief {
    BatchBrief {
        id: row.id,
        number: row.number,
        month: row.month,
        state: row.state,
        state_label: row.state.label().into(),
        center,
        due_at: row.due_at,
        submitted_at: row.submitted_at,
        decided_at: row.decided_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// A batch as its caller sees it.
pub fn view(tx: &mut Tx, actor: &Actor, id: Id) -> Result<BatchView> {
    fetch(tx, actor, id.as_str())
}

/// By id or number.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<BatchView> {
    let loaded = load_seen(tx, actor, reference)?;
    let allowed_actions = loaded.allowed(actor);
    let Sight { words, masked, .. } = loaded.sight;
    let read = |text: String| Some(text).filter(|t| words && !t.is_empty());
    let mut shown = Vec::with_capacity(loaded.items.len());
    for (item, t) in loaded.items {
        shown.push(TicketInBatch {
            id: t.id,
            title: read(tickets::title_of(tx, actor, &t)?),
            number: t.number,
            state: t.state,
            state_label: t.state.label().into(),
            version: t.version,
            decision: item.decision.map(|d| d.open(tx.vault)).transpose()?.and_then(&read),
            decided_at: item.decided_at,
        });
    }
    let center = organization::brief(tx, loaded.row.center_id)?;
    let d = loaded.details;
    Ok(BatchView {
        summary: read(d.summary),
        document_no: read(d.document_no),
        decision_no: read(d.decision_no),
        cancel_reason: read(d.cancel_reason),
        tickets: shown,
        attachments: attachments::of_record(tx, loaded.row.id, masked)?,
        allowed_actions,
        brief: brief(loaded.row, center),
    })
}

/// The batches that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<BatchBrief>> {
    let page = access::listed::<BatchState, _>(tx, actor, "ticket_batch", q, store::batches_by_id, |row: &Batch| row.id)?;
    let centers = organization::briefs(tx, &page.items.iter().map(|(row, _)| row.center_id).collect::<Vec<_>>())?;
    page.try_map(|(row, _)| {
        let center = centers.iter().find(|c| c.id == row.center_id).cloned();
        Ok(brief(row, center.ok_or_else(crate::kernel::Problem::not_found)?))
    })
}

/// What became of a batch, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let loaded = load_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let limit = i64::try_from(q.limit + 1).unwrap_or(201);
    let mut rows = Vec::new();
    for event in log::timeline(tx, loaded.row.id, Audience::ALL, after, limit)? {
        let text = narrative::tell(&event.kind, &event.params.get()?);
        rows.push(TimelineEntry { id: event.id, kind: event.kind, text, words: None, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |t: &TimelineEntry| q.cursor_of(String::new(), t.id.to_string())))
}
