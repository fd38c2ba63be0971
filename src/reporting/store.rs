//! SQL of reporting.

use diesel::prelude::*;

use super::model::{BatchKind, Payload, ReportBatchState, TargetSettings, TargetState};
use crate::{
    db::{
        Private, Result, Tx,
        schema::{centers, evaluations, reporting_batches, reporting_targets},
    },
    evaluations::model::EvaluationState,
    kernel::{Id, Moment},
};

/// A platform that ratings are reported to.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reporting_targets, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Target {
    /// Identity.
    pub id: Id,
    /// Whose ratings.
    pub center_id: Id,
    /// State.
    pub state: TargetState,
    /// What it is set to.
    pub settings: Private<TargetSettings>,
    /// It is pushed to.
    pub pushes: bool,
    /// Position of the last event that was looked at.
    pub position: i64,
    /// Version.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// Ratings that go together.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reporting_batches, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ReportBatch {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// To which target.
    pub target_id: Id,
    /// What it is for.
    pub kind: BatchKind,
    /// State.
    pub state: ReportBatchState,
    /// How many ratings.
    pub row_count: i32,
    /// What it holds.
    pub payload: Private<Payload>,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next, in system time.
    pub next_at: Moment,
    /// What the other side said last: a status, never its words.
    pub last_error: Option<String>,
    /// When it was taken.
    pub sent_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When made.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn target(tx: &mut Tx, id: Id) -> Result<Option<Target>> {
    Ok(reporting_targets::table.find(id).select(Target::as_select()).first(tx.conn).optional()?)
}

/// All targets, oldest first: a handful.
pub fn targets(tx: &mut Tx) -> Result<Vec<Target>> {
    Ok(reporting_targets::table.order(reporting_targets::id.asc()).limit(200).select(Target::as_select()).load(tx.conn)?)
}

/// Those that are pushed to now.
pub fn pushing(tx: &mut Tx) -> Result<Vec<Target>> {
    let rows = reporting_targets::table.filter(reporting_targets::state.eq(TargetState::Active)).filter(reporting_targets::pushes.eq(true));
    Ok(rows.order(reporting_targets::id.asc()).select(Target::as_select()).load(tx.conn)?)
}

/// A new target.
pub fn insert_target(tx: &mut Tx, row: &Target) -> Result<()> {
    diesel::insert_into(reporting_targets::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a target whose version was counted up by one.
pub fn save_target(tx: &mut Tx, row: &Target) -> Result<bool> {
    let old = reporting_targets::table.filter(reporting_targets::id.eq(row.id)).filter(reporting_targets::version.eq(row.version - 1));
    // How far it has come is the worker's to say.
    let set = (
        reporting_targets::state.eq(row.state),
        reporting_targets::settings.eq(row.settings.clone()),
        reporting_targets::pushes.eq(row.pushes),
        reporting_targets::version.eq(row.version),
        reporting_targets::updated_at.eq(row.updated_at),
    );
    Ok(diesel::update(old).set(set).execute(tx.conn)? == 1)
}

/// Notes how far a target has come.
pub fn advance(tx: &mut Tx, id: Id, position: i64) -> Result<()> {
    diesel::update(reporting_targets::table.find(id)).set(reporting_targets::position.eq(position)).execute(tx.conn)?;
    Ok(())
}

/// The ratings given at or below a path within `from`..`to`, in order.
pub fn rated_within(tx: &mut Tx, path: &str, (from, to): (Moment, Moment), limit: i64) -> Result<Vec<Id>> {
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id);
    Ok(evaluations::table
        .filter(evaluations::state.eq(EvaluationState::Rated))
        .filter(evaluations::rated_at.ge(from))
        .filter(evaluations::rated_at.lt(to))
        .filter(evaluations::center_id.eq_any(below))
        .order((evaluations::rated_at.asc(), evaluations::id.asc()))
        .limit(limit)
        .select(evaluations::id)
        .load(tx.conn)?)
}

/// The newest ratings at or below a path; those of nobody where they are reported too.
pub fn newest(tx: &mut Tx, path: &str, defaults: bool, limit: i64) -> Result<Vec<Id>> {
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id);
    Ok(evaluations::table
        .filter(evaluations::state.eq(EvaluationState::Rated))
        .filter(evaluations::center_id.eq_any(below))
        .filter(evaluations::is_default.eq(false).or(evaluations::is_default.eq(defaults)))
        .order((evaluations::rated_at.desc(), evaluations::id.desc()))
        .limit(limit)
        .select(evaluations::id)
        .load(tx.conn)?)
}

/// By id.
pub fn batch(tx: &mut Tx, id: Id) -> Result<Option<ReportBatch>> {
    Ok(reporting_batches::table.find(id).select(ReportBatch::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn batch_by_number(tx: &mut Tx, number: &str) -> Result<Option<ReportBatch>> {
    Ok(reporting_batches::table.filter(reporting_batches::number.eq(number)).select(ReportBatch::as_select()).first(tx.conn).optional()?)
}

/// A new batch.
pub fn insert_batch(tx: &mut Tx, row: &ReportBatch) -> Result<()> {
    diesel::insert_into(reporting_batches::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a batch whose version was counted up by one.
pub fn save_batch(tx: &mut Tx, row: &ReportBatch) -> Result<bool> {
    let old = reporting_batches::table.filter(reporting_batches::id.eq(row.id)).filter(reporting_batches::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// The oldest batch of a target that was not taken yet: those after it wait for it, so that the order holds.
pub fn next_of(tx: &mut Tx, target: Id) -> Result<Option<ReportBatch>> {
    let rows = reporting_batches::table.filter(reporting_batches::target_id.eq(target));
    let open = rows.filter(reporting_batches::state.eq_any([ReportBatchState::Waiting, ReportBatchState::Failed]));
    Ok(open.order(reporting_batches::id.asc()).select(ReportBatch::as_select()).first(tx.conn).optional()?)
}

/// A page of the batches of some targets.
pub fn batches(
    tx: &mut Tx,
    targets: &[Id],
    states: &[ReportBatchState],
    kinds: &[BatchKind],
    after: Option<Id>,
    ascending: bool,
    limit: i64,
) -> Result<Vec<ReportBatch>> {
    use reporting_batches as b;
    let mut q = b::table.filter(b::target_id.eq_any(targets.to_vec())).select(ReportBatch::as_select()).limit(limit).into_boxed();
    if !states.is_empty() {
        q = q.filter(b::state.eq_any(states.to_vec()));
    }
    if !kinds.is_empty() {
        q = q.filter(b::kind.eq_any(kinds.to_vec()));
    }
    if let Some(id) = after {
        q = if ascending { q.filter(b::id.gt(id)) } else { q.filter(b::id.lt(id)) };
    }
    let q = if ascending { q.order(b::id.asc()) } else { q.order(b::id.desc()) };
    Ok(q.load(tx.conn)?)
}
