//! How targets and batches are answered.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    mapping::{ReportFormat, ReportMapping},
    model::{BatchKind, ReportBatchState, ReportPush, TargetState},
    service::{load, load_batch, may},
    store::{self, ReportBatch, Target},
};
use crate::{
    auth::{Actor, policy},
    catalogue,
    db::{Error, Result, Tx},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem},
    organization::{self, CenterBrief},
};

/// A platform that ratings are reported to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportingTargetView {
    /// Identity.
    pub id: Id,
    /// Its name.
    #[schema(example = "省政务服务“好差评”系统")]
    pub name: String,
    /// Whose ratings.
    pub center: CenterBrief,
    /// State.
    pub state: TargetState,
    /// In Chinese.
    pub state_label: String,
    /// How ratings are written.
    pub mapping: ReportMapping,
    /// Where they are pushed to; the secret is never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<ReportPush>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ReportingTargetView, by "reporting" "read");

/// The targets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportingTargets {
    /// Oldest first.
    pub items: Vec<ReportingTargetView>,
}

/// Ratings as they would be written.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportPreview {
    /// The newest first, at most ten.
    pub rows: Vec<Value>,
}

/// A batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportBatchView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "PJ-320600-20260105-000001-101")]
    pub number: String,
    /// To which target.
    pub target_id: Id,
    /// What it is for.
    pub kind: BatchKind,
    /// State.
    pub state: ReportBatchState,
    /// In Chinese.
    pub state_label: String,
    /// How many ratings.
    pub rows: i32,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Moment>,
    /// What the other side answered last: a status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Moment>,
    /// What was said when it was dropped; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
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

crate::versioned!(ReportBatchView, by "reporting" "read");

/// One target.
pub(super) fn target(tx: &mut Tx, actor: &Actor, row: Target) -> Result<ReportingTargetView> {
    let settings = row.settings.open(tx.vault)?;
    let center = organization::load(tx, row.center_id)?;
    let turn = if row.state == TargetState::Active { "pause" } else { "resume" };
    let allowed = ["edit", turn, "make_file"].into_iter().filter(|a| may(actor, &center, a)).map(str::to_owned).collect();
    Ok(ReportingTargetView {
        id: row.id,
        name: settings.name,
        center: CenterBrief::from(&center),
        state: row.state,
        state_label: row.state.label().into(),
        mapping: settings.mapping,
        push: settings.push,
        allowed_actions: allowed,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// The targets that the caller sees.
pub fn targets(tx: &mut Tx, actor: &Actor) -> Result<ReportingTargets> {
    if !policy::may(actor, "reporting", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut items = Vec::new();
    for row in store::targets(tx)? {
        let center = organization::load(tx, row.center_id)?;
        if may(actor, &center, "read") {
            items.push(target(tx, actor, row)?);
        }
    }
    Ok(ReportingTargets { items })
}

/// One target.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ReportingTargetView> {
    let (row, _) = load(tx, actor, reference, "read")?;
    target(tx, actor, row)
}

fn rendered(row: ReportBatch) -> ReportBatchView {
    ReportBatchView {
        id: row.id,
        number: row.number,
        target_id: row.target_id,
        kind: row.kind,
        state: row.state,
        state_label: row.state.label().into(),
        rows: row.row_count,
        attempts: row.attempts,
        next_at: row.next_at.known(),
        last_error: row.last_error,
        sent_at: row.sent_at,
        words: None,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// What may be done with a batch.
pub(super) fn allowed(tx: &mut Tx, actor: &Actor, row: &ReportBatch) -> Result<Vec<String>> {
    let Some(target) = store::target(tx, row.target_id)? else { return Ok(Vec::new()) };
    let center = organization::load(tx, target.center_id)?;
    let open = matches!(row.state, ReportBatchState::Waiting | ReportBatchState::Failed);
    Ok(["retry", "drop"].into_iter().filter(|a| open && may(actor, &center, a)).map(str::to_owned).collect())
}

/// One batch.
pub(super) fn batch(tx: &mut Tx, actor: &Actor, row: ReportBatch) -> Result<ReportBatchView> {
    let words = row.payload.open(tx.vault)?.words;
    let allowed = allowed(tx, actor, &row)?;
    Ok(ReportBatchView { words: Some(words).filter(|w| !w.is_empty()), allowed_actions: Some(allowed), ..rendered(row) })
}

/// One batch.
pub fn fetch_batch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ReportBatchView> {
    let row = load_batch(tx, actor, reference, "read")?;
    batch(tx, actor, row)
}

/// A page of batches, newest first.
pub fn batches(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ReportBatchView>> {
    let asked = q.ids("target_id");
    let seen: Vec<Id> = targets(tx, actor)?.items.into_iter().map(|t| t.id).filter(|id| asked.is_empty() || asked.contains(id)).collect();
    let states: Vec<ReportBatchState> = q.all("state").iter().filter_map(|s| ReportBatchState::parse(s)).collect();
    let kinds: Vec<BatchKind> = q.all("kind").iter().filter_map(|s| BatchKind::parse(s)).collect();
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::batches(tx, &seen, &states, &kinds, after, !q.sort.descending, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let page = Page::cut(rows, q.limit, tx.vault, |row: &ReportBatch| q.cursor_of(String::new(), row.id.to_string()));
    Ok(page.map(rendered))
}

/// A batch as a file: its name, which tells its form, and its bytes.
pub fn file(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(String, Vec<u8>)> {
    let row = load_batch(tx, actor, reference, "make_file")?;
    let (target, _) = load(tx, actor, row.target_id.as_str(), "read")?;
    let (mapping, rows) = (target.settings.open(tx.vault)?.mapping, row.payload.open(tx.vault)?.rows);
    match mapping.format {
        ReportFormat::Json => Ok((format!("{}.json", row.number), serde_json::to_vec(&rows)?)),
        ReportFormat::Csv => Ok((format!("{}.csv", row.number), csv(&rows)?)),
    }
}

/// With a byte-order mark, and no cell that a spreadsheet would take for a formula.
fn csv(rows: &[Map<String, Value>]) -> Result<Vec<u8>> {
    let broken = |e: csv::Error| Error::Corrupt(e.to_string());
    let mut writer = csv::Writer::from_writer(vec![0xEF, 0xBB, 0xBF]);
    if let Some(first) = rows.first() {
        writer.write_record(first.keys()).map_err(broken)?;
    }
    for row in rows {
        writer.write_record(row.values().map(|v| catalogue::harmless(v.as_str().unwrap_or_default()))).map_err(broken)?;
    }
    writer.into_inner().map_err(|e| Error::Corrupt(e.to_string()))
}
