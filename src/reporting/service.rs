//! Targets, and the batches that are made for them.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{
    gathering,
    mapping::ReportMapping,
    model::{
        BatchKind, NewReportingTarget, Payload, ReportBatchState as State, ReportFileInput, ReportPush, ReportPushInput, ReportWords, ReportingTargetEdit,
        TargetSettings, TargetState,
    },
    store::{self, ReportBatch, Target as Row},
    views::{self, ReportBatchView, ReportingTargetView},
};
use crate::{
    auth::{Actor, policy},
    clocks::midnight,
    db::{Error, Private, Result, Tx, dialect, numbers},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
    organization::{self, Center},
};

/// Ratings that go together when they are pushed.
const PUSHED: i64 = 200;
/// What a rating can come to that a target is told of.
const TOLD: [&str; 3] = ["evaluation.rated", "evaluation.excluded", "evaluation.defaulted"];
/// Ratings in one file.
const FILED: i64 = 10_000;
/// The longest period of a file, in days.
const LONGEST: i64 = 366;

pub(super) fn may(actor: &Actor, center: &Center, action: &str) -> bool {
    policy::allows(actor, "reporting", action, &organization::custodian_reachable(center))
}

/// A target that the caller may do this with (404 where it is none of theirs, 403 where they may only look).
pub(super) fn load(tx: &mut Tx, actor: &Actor, reference: &str, action: &str) -> Result<(Row, Center)> {
    if !policy::may(actor, "reporting", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::target(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    if !may(actor, &center, "read") {
        return Err(Problem::not_found().into());
    }
    if !may(actor, &center, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    Ok((row, center))
}

fn tell(tx: &mut Tx, actor: &Actor, (record_kind, record_id, version): (&'static str, Id, i64), kind: &str, params: Value) -> Result<()> {
    let kind = format!("{record_kind}.{kind}");
    events::record(tx, actor, NewEvent { record_kind, record_id, version, kind: &kind, audience: Audience::Staff, params, words: None })
}

/// Address and account, with the secret that signs: a new one, or the one that was there.
fn pushing(push: Option<&ReportPushInput>, old: Option<&TargetSettings>) -> Result<(Option<ReportPush>, String), Problem> {
    let Some(push) = push else { return Ok((None, String::new())) };
    let kept = old.map(|o| o.secret.clone()).filter(|s| !s.is_empty());
    let missing = || Problem::rule("/push/secret", "required", "请填写签名密钥。", "A secret is needed.");
    let secret = push.secret.clone().or(kept).ok_or_else(missing)?;
    Ok((Some(ReportPush { url: push.url.clone(), app_id: push.app_id.clone() }), secret))
}

/// A new target: what is rated from now on goes there.
pub fn create(tx: &mut Tx, actor: &Actor, input: &NewReportingTarget) -> Result<ReportingTargetView> {
    create_as(tx, actor, input, None)
}

/// A target under a given id, where one is given.
pub fn create_as(tx: &mut Tx, actor: &Actor, input: &NewReportingTarget, id: Option<Id>) -> Result<ReportingTargetView> {
    if !policy::may(actor, "reporting", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = || Problem::rule("/center", "unknown_center", "没有这个服务中心。", "No such center.");
    let center = organization::store::center_by_reference(tx, &input.center)?.ok_or_else(unknown)?;
    if !may(actor, &center, "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mapping = input.mapping.clone().unwrap_or_default();
    mapping.check()?;
    let (push, secret) = pushing(input.push.as_ref(), None)?;
    let settings = TargetSettings { name: input.name.clone(), mapping, push, secret };
    let row = Row {
        id: id.unwrap_or_default(),
        center_id: center.id,
        state: TargetState::Active,
        pushes: settings.push.is_some(),
        settings: Private::seal(tx.vault, &settings)?,
        position: events::store::last_position(tx)?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_target(tx, &row)?;
    tell(tx, actor, ("reporting_target", row.id, 1), "created", json!({ "name": settings.name }))?;
    views::target(tx, actor, row)
}

fn changed(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    action: &'static str,
    edit: impl FnOnce(&mut Tx, &mut Row, &mut TargetSettings) -> Result<()>,
) -> Result<ReportingTargetView> {
    let (found, _) = load(tx, actor, &target.reference, action)?;
    dialect::lock_root(tx.conn, "reporting_targets", found.id.as_str())?;
    let mut row = store::target(tx, found.id)?.ok_or_else(Problem::not_found)?;
    target.check(row.version)?;
    let mut settings = row.settings.open(tx.vault)?;
    edit(tx, &mut row, &mut settings)?;
    row.settings = Private::seal(tx.vault, &settings)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_target(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    tell(tx, actor, ("reporting_target", row.id, row.version), action, json!({ "name": settings.name }))?;
    views::target(tx, actor, row)
}

/// Sets a target anew; what waits is pushed as it was made.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReportingTargetEdit) -> Result<ReportingTargetView> {
    changed(tx, actor, target, "edit", |tx, row, settings| {
        input.mapping.check()?;
        let (push, secret) = pushing(input.push.as_ref(), Some(settings))?;
        if push.is_some() && !row.pushes {
            // Who begins to be pushed to is told what comes from now on.
            let last = events::store::last_position(tx)?;
            store::advance(tx, row.id, last)?;
        }
        row.pushes = push.is_some();
        *settings = TargetSettings { name: input.name.clone(), mapping: input.mapping.clone(), push, secret };
        Ok(())
    })
}

fn turn(tx: &mut Tx, actor: &Actor, target: &Target, action: &'static str, to: TargetState) -> Result<ReportingTargetView> {
    changed(tx, actor, target, action, |_, row, _| {
        if row.state == to {
            let zh = format!("该上报对象已是“{}”。", to.label());
            return Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, "It is so already.")).into());
        }
        row.state = to;
        Ok(())
    })
}

/// Nothing is pushed any more; what is rated meanwhile waits.
pub fn pause(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ReportingTargetView> {
    turn(tx, actor, target, "pause", TargetState::Paused)
}

/// It goes on where it stood.
pub fn resume(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ReportingTargetView> {
    turn(tx, actor, target, "resume", TargetState::Active)
}

/// The rows of a batch that is made now.
struct Made {
    kind: BatchKind,
    rows: Vec<Map<String, Value>>,
    by: Option<Id>,
}

fn insert(tx: &mut Tx, actor: &Actor, target: &Row, center: &Center, made: Made, id: Option<Id>) -> Result<ReportBatch> {
    let Made { kind, rows, by } = made;
    let row = ReportBatch {
        id: id.unwrap_or_default(),
        number: numbers::next(tx, "PJ", &center.division_code)?,
        target_id: target.id,
        kind,
        state: if kind == BatchKind::Push { State::Waiting } else { State::Ready },
        row_count: i32::try_from(rows.len()).unwrap_or(i32::MAX),
        payload: Private::seal(tx.vault, &Payload { rows, words: String::new(), by })?,
        attempts: 0,
        next_at: if kind == BatchKind::Push { Moment::system() } else { Moment::NEVER },
        last_error: None,
        sent_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_batch(tx, &row)?;
    tell(tx, actor, ("reporting_batch", row.id, 1), "made", json!({ "number": row.number, "rows": row.row_count }))?;
    Ok(row)
}

/// The ratings of some days as a file.
pub fn file(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReportFileInput) -> Result<ReportBatchView> {
    file_as(tx, actor, target, input, None)
}

/// The same under a given id, where one is given.
pub fn file_as(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReportFileInput, id: Option<Id>) -> Result<ReportBatchView> {
    let (row, center) = load(tx, actor, &target.reference, "make_file")?;
    if !(1..=LONGEST).contains(&(input.to - input.from).num_days()) {
        return Err(Problem::rule("/to", "range", "止日（不含）应晚于起日，最多 366 天。", "After from, at most 366 days.").into());
    }
    let ids = store::rated_within(tx, &center.path, (midnight(input.from), midnight(input.to)), FILED + 1)?;
    if i64::try_from(ids.len()).is_ok_and(|n| n > FILED) {
        return Err(Problem::rule("/to", "too_many", format!("超过 {FILED} 条，请缩短期间。"), format!("More than {FILED}: choose a shorter period.")).into());
    }
    let settings = row.settings.open(tx.vault)?;
    let rows = gathered(tx, &settings.mapping, &center, &ids)?;
    let batch = insert(tx, actor, &row, &center, Made { kind: BatchKind::File, rows, by: actor.id }, id)?;
    views::batch(tx, actor, batch)
}

fn gathered(tx: &mut Tx, mapping: &ReportMapping, center: &Center, ids: &[Id]) -> Result<Vec<Map<String, Value>>> {
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        rows.extend(gathering::rows(tx, mapping, &center.path, chunk)?);
    }
    Ok(rows)
}

/// The newest ratings as they would be written.
pub fn preview(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<views::ReportPreview> {
    let (row, center) = load(tx, actor, reference, "read")?;
    let settings = row.settings.open(tx.vault)?;
    let ids = store::newest(tx, &center.path, settings.mapping.with_defaults, 10)?;
    Ok(views::ReportPreview { rows: gathered(tx, &settings.mapping, &center, &ids)?.into_iter().map(Value::Object).collect() })
}

/// Whether something was rated that a target was not told of yet.
pub fn anything_new(tx: &mut Tx) -> Result<bool> {
    let last = events::store::last_position(tx)?;
    Ok(store::pushing(tx)?.iter().any(|t| t.position < last))
}

/// Makes the next batches; answers how many events were looked at.
pub fn follow(tx: &mut Tx) -> Result<usize> {
    let mut done = 0;
    for found in store::pushing(tx)? {
        dialect::lock_root(tx.conn, "reporting_targets", found.id.as_str())?;
        let Some(row) = store::target(tx, found.id)? else { continue };
        let (touched, last) = events::store::touched(tx, row.position, PUSHED)?;
        if last == row.position {
            continue;
        }
        let center = organization::load(tx, row.center_id)?;
        let settings = row.settings.open(tx.vault)?;
        let mut ids: Vec<Id> = touched.iter().filter(|e| TOLD.contains(&e.kind.as_str())).map(|e| e.record_id).collect();
        let mut once = HashSet::new();
        ids.retain(|id| once.insert(*id));
        let rows = gathered(tx, &settings.mapping, &center, &ids)?;
        if !rows.is_empty() {
            insert(tx, &Actor::system("reporting"), &row, &center, Made { kind: BatchKind::Push, rows, by: None }, None)?;
        }
        store::advance(tx, row.id, last)?;
        done += 1;
    }
    Ok(done)
}

/// A batch that the caller may do this with.
pub(super) fn load_batch(tx: &mut Tx, actor: &Actor, reference: &str, action: &str) -> Result<ReportBatch> {
    if !policy::may(actor, "reporting", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let found = match reference.parse::<Id>() {
        Ok(id) => store::batch(tx, id)?,
        Err(_) => store::batch_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    let row = found.ok_or_else(Problem::not_found)?;
    load(tx, actor, row.target_id.as_str(), action)?;
    Ok(row)
}

fn settle(tx: &mut Tx, actor: &Actor, target: &Target, action: &'static str, (from, to): (&[State], State), words: &str) -> Result<ReportBatchView> {
    let found = load_batch(tx, actor, &target.reference, action)?;
    dialect::lock_root(tx.conn, "reporting_batches", found.id.as_str())?;
    let mut row = store::batch(tx, found.id)?.ok_or_else(Problem::not_found)?;
    target.check(row.version)?;
    if !from.contains(&row.state) {
        let zh = format!("该批次当前为“{}”，不能这样处理。", row.state.label());
        let allowed = views::allowed(tx, actor, &row)?;
        return Err(Problem { allowed_actions: Some(allowed), ..Problem::new(ErrorCode::StateConflict, Text::new(zh, "The state forbids it.")) }.into());
    }
    let mut payload = row.payload.open(tx.vault)?;
    words.clone_into(&mut payload.words);
    row.payload = Private::seal(tx.vault, &payload)?;
    row.state = to;
    row.attempts = 0;
    row.next_at = if to == State::Waiting { Moment::system() } else { Moment::NEVER };
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_batch(tx, &row)? {
        return Err(Error::Contended);
    }
    tell(tx, actor, ("reporting_batch", row.id, row.version), action, json!({ "number": row.number }))?;
    views::batch(tx, actor, row)
}

/// It is pushed again, now.
pub fn retry(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ReportBatchView> {
    settle(tx, actor, target, "retry", (&[State::Failed, State::Waiting], State::Waiting), "")
}

/// It is not pushed any more, so that those after it go on.
pub fn drop_batch(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReportWords) -> Result<ReportBatchView> {
    settle(tx, actor, target, "drop", (&[State::Failed, State::Waiting], State::Dropped), &input.words)
}
