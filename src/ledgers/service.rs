//! Use cases of exports: ordering, following, cancelling, and what the worker writes of them.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    api::kinds::{self, Ledger},
    machine::{ExportAction as Action, ExportState as State, decide},
    store::{self, Export, Ordered},
    writing::LedgerForm,
};
use crate::{
    access::{self, Placement},
    attachments,
    auth::{
        Actor, Caller, Scope,
        policy::{self, subject},
    },
    blobs::Written,
    db::{Error, Private, Result, Tx, audit, dialect},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text},
};

/// Exports of one person that may wait or be made at a time.
const MOST_OPEN: i64 = 5;
/// Days for which a file is kept.
const KEPT_DAYS: i64 = 7;
/// Seconds after which a server that says nothing is believed to have stopped.
const LEASE_SECONDS: i64 = 60;
/// How often an export is begun before it is given up.
const MOST_ATTEMPTS: i32 = 5;

/// An export as it is ordered.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "ledger": "entrustments", "format": "xlsx", "filter": "state=in_progress&sort=due_at", "reason": "月度台账" }))]
pub struct ExportInput {
    /// Code of the ledger, as `GET /ledgers` lists them.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub ledger: String,
    /// In which form.
    pub format: LedgerForm,
    /// Filters and sort, as in the query of the list.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub filter: String,
    /// What it is for; kept in the audit log.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200)]
    pub reason: String,
}

/// An export as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExportView {
    /// Identity.
    pub id: Id,
    /// Code of the ledger.
    pub ledger: String,
    /// Its title.
    pub title: String,
    /// In which form.
    pub format: LedgerForm,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Filters and sort.
    pub filter: String,
    /// What it is for.
    pub reason: String,
    /// Rows so far.
    pub rows: i64,
    /// Opens the file for five minutes; ask again for a fresh one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<String>,
    /// Why it could not be made, as a code of problem documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Until when the file is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When ordered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ExportView, "export");

fn render(tx: &mut Tx, row: Export) -> Result<ExportView> {
    let ordered = row.ordered.open(tx.vault)?;
    let download = row.attachment_id.filter(|_| row.state == State::Ready).map(|id| attachments::download(tx, id)).transpose()?.flatten();
    Ok(ExportView {
        id: row.id,
        title: kinds::find(&row.ledger).map_or_else(|| row.ledger.clone(), |l| l.title.into()),
        ledger: row.ledger,
        format: row.form,
        state: row.state,
        state_label: row.state.label().into(),
        filter: ordered.filter,
        reason: ordered.reason,
        rows: row.rows,
        download,
        failure: row.failure,
        expires_at: Some(row.expires_at).filter(|_| row.state == State::Ready),
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn single(tx: &mut Tx, row: Export) -> Result<ExportView> {
    let may = decide(row.state, Action::Cancel).is_ok();
    let allowed = may.then(|| Action::Cancel.code().to_owned()).into_iter().collect();
    Ok(ExportView { allowed_actions: Some(allowed), ..render(tx, row)? })
}

/// The ledger of a code, if this caller may export it.
pub fn permitted(actor: &Actor, code: &str) -> Result<&'static Ledger> {
    let found = kinds::find(code).filter(|ledger| policy::may(actor, ledger.resource, "read"));
    if !policy::may(actor, "export", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// Orders an export.
pub fn order(tx: &mut Tx, actor: &Actor, caller: &Caller, input: &ExportInput) -> Result<ExportView> {
    order_as(tx, actor, caller, input, Id::new())
}

/// Orders an export under a given identity.
pub fn order_as(tx: &mut Tx, actor: &Actor, caller: &Caller, input: &ExportInput, id: Id) -> Result<ExportView> {
    let unknown = |_| Problem::rule("/ledger", "unknown_ledger", "没有这种台账，或您无权导出。", "No such ledger that you may export.");
    let ledger = match permitted(actor, &input.ledger) {
        Err(Error::Refused(problem)) if problem.code == ErrorCode::NotFound => return Err(unknown(()).into()),
        other => other?,
    };
    (ledger.query)(&input.filter)
        .map_err(|p| Problem { errors: p.errors, ..Problem::rule("/filter", "invalid_filter", "筛选条件不正确。", "Not a query of this list.") })?;
    let by = actor.id.ok_or_else(|| Problem::of(ErrorCode::Forbidden))?;
    if store::unfinished(tx, by)? >= MOST_OPEN {
        let text = Text::new(format!("您已有 {MOST_OPEN} 项导出正在生成，请等其完成。"), "Wait until your other exports are made.");
        return Err(Problem::new(ErrorCode::StateConflict, text).into());
    }
    let ordered = Ordered {
        filter: input.filter.clone(),
        reason: input.reason.clone(),
        kind: caller.kind,
        client: caller.client.clone(),
        request_id: actor.request_id.clone(),
    };
    let row = Export {
        id,
        ledger: ledger.code.into(),
        form: input.format,
        state: State::Queued,
        ordered: Private::seal(tx.vault, &ordered)?,
        requested_by: by,
        rows: 0,
        attempts: 0,
        leased_until: Moment::system(),
        attachment_id: None,
        failure: None,
        expires_at: Moment::NEVER,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    place(tx, &row)?;
    note(tx, actor, ledger, row.id, &input.reason)?;
    single(tx, row)
}

/// Notes who takes which ledger, and what for.
pub fn note(tx: &mut Tx, actor: &Actor, ledger: &Ledger, id: Id, reason: &str) -> Result<()> {
    let actor_id = actor.id.map(|id| id.to_string()).unwrap_or_default();
    audit::record(tx, &audit::Entry { actor_id, action: "export", record_kind: ledger.resource, record_id: id, reason, request_id: &actor.request_id })
}

/// An export is its orderer's alone.
fn place(tx: &mut Tx, row: &Export) -> Result<()> {
    let subjects = vec![(subject::user(row.requested_by.as_str()), false)];
    access::place(tx, &Placement { kind: "export", record: row.id, state: row.state.code(), due_at: Moment::NEVER, updated_at: row.updated_at, subjects })
}

/// The caller's own exports.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ExportView>> {
    access::listed::<State, _>(tx, actor, "export", q, store::exports_by_id, |row: &Export| row.id)?.try_map(|(row, _)| render(tx, row))
}

fn seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Export> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::export(tx, id)?.ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, "export"), row.id)?.ok_or_else(Problem::not_found)?;
    Ok(row)
}

/// One of the caller's own.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ExportView> {
    let row = seen(tx, actor, reference)?;
    single(tx, row)
}

/// Calls an export off.
pub fn cancel(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ExportView> {
    let found = seen(tx, actor, &target.reference)?;
    dialect::lock_root(tx.conn, "exports", found.id.as_str())?;
    let mut row = seen(tx, actor, found.id.as_str())?;
    target.check(row.version)?;
    row.state = decide(row.state, Action::Cancel).map_err(|refusal| Problem { allowed_actions: Some(Vec::new()), ..Problem::from(refusal) })?;
    save(tx, &mut row)?;
    single(tx, row)
}

fn save(tx: &mut Tx, row: &mut Export) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, row)
}

/// What the worker does to an export: `None` when it is no longer the worker's to do.
fn worked(tx: &mut Tx, id: Id, action: Action, edit: impl FnOnce(&mut Tx, &mut Export) -> Result<()>) -> Result<Option<Export>> {
    dialect::lock_root(tx.conn, "exports", id.as_str())?;
    let Some(mut row) = store::export(tx, id)? else { return Ok(None) };
    let Ok(state) = decide(row.state, action) else { return Ok(None) };
    row.state = state;
    edit(tx, &mut row)?;
    save(tx, &mut row)?;
    Ok(Some(row))
}

fn lease() -> Moment {
    Moment::system().plus(TimeDelta::seconds(LEASE_SECONDS))
}

/// An export that this server makes now, and its file's row.
pub fn begin(tx: &mut Tx) -> Result<Option<(Export, Ordered)>> {
    let Some(found) = store::next(tx, Moment::system())? else { return Ok(None) };
    if found.attempts >= MOST_ATTEMPTS {
        fail(tx, found.id, ErrorCode::Internal)?;
        return Ok(None);
    }
    let begun = worked(tx, found.id, Action::Begin, |tx, row| {
        let title = kinds::find(&row.ledger).map_or(row.ledger.as_str(), |l| l.title);
        let name = format!("{title}-{}.{}", tx.now.local_date().format("%Y%m%d"), row.form.code());
        row.attempts += 1;
        row.rows = 0;
        row.leased_until = lease();
        row.attachment_id = Some(attachments::reserve(tx, row.requested_by, &name)?);
        Ok(())
    })?;
    begun.map(|row| Ok((row.clone(), row.ordered.open(tx.vault)?))).transpose()
}

/// So many rows are written; whether to go on.
pub fn progress(tx: &mut Tx, id: Id, rows: u32) -> Result<bool> {
    let on = worked(tx, id, Action::Progress, |_, row| {
        row.rows = i64::from(rows);
        row.leased_until = lease();
        Ok(())
    })?;
    Ok(on.is_some())
}

/// The file is there.
pub fn finish(tx: &mut Tx, id: Id, rows: u32, file: Id, written: &Written) -> Result<bool> {
    let done = worked(tx, id, Action::Finish, |tx, row| {
        row.rows = i64::from(rows);
        row.expires_at = tx.now.plus(TimeDelta::days(KEPT_DAYS));
        row.attachment_id = Some(file);
        attachments::keep(tx, file, written, row.form.media(), ("export", row.id))
    })?;
    Ok(done.is_some())
}

/// It could not be made.
pub fn fail(tx: &mut Tx, id: Id, code: ErrorCode) -> Result<()> {
    worked(tx, id, Action::Fail, |_, row| {
        row.failure = Some(code.code().into());
        row.attachment_id = None;
        Ok(())
    })?;
    Ok(())
}

/// Lets one file go whose time is over; answers the keys of its bytes.
pub fn expire(tx: &mut Tx) -> Result<Vec<String>> {
    let Some(found) = store::stale(tx)? else { return Ok(Vec::new()) };
    let file = found.attachment_id;
    worked(tx, found.id, Action::Expire, |_, row| {
        row.attachment_id = None;
        Ok(())
    })?;
    file.map_or(Ok(Vec::new()), |id| attachments::let_go(tx, id))
}
