//! Freezing a month, and entering what changed afterwards.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    freezing,
    machine::{AdjustmentAction as Action, AdjustmentState as State, PeriodState, decide},
    store::{self, Adjustment, AdjustmentEntry, Period},
};
use crate::{
    auth::{Actor, policy},
    db::{Private, Result, Tx, dialect},
    entrustments,
    evaluations::occasions,
    events::{self, Audience, NewEvent},
    indicators::Measure,
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Month, Page, Problem, Target, Text},
    organization,
    statistics::{
        cells::{self, day_of, month_number, month_start},
        keeping, store as counted,
    },
    tickets,
};

/// A month to be frozen.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "month": "2026-01" }))]
pub struct StatisticsPeriodInput {
    /// Which, `YYYY-MM`: over, and counted to its end.
    #[validate(length(equal = 7))]
    #[schema(min_length = 7, max_length = 7, pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$")]
    pub month: String,
}

/// A frozen month.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsPeriodView {
    /// Identity.
    pub id: Id,
    /// Which.
    #[schema(example = "2026-01")]
    pub month: String,
    /// State.
    pub state: PeriodState,
    /// In Chinese.
    pub state_label: String,
    /// Who had it frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen_by: Option<Id>,
    /// Differences that wait for somebody.
    pub waiting: i64,
    /// Differences that were entered.
    pub entered: i64,
    /// Differences that were left out.
    pub left_out: i64,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When that was asked.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(StatisticsPeriodView, by "statistics_period" "read");

/// The frozen months.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsPeriods {
    /// Newest first.
    pub items: Vec<StatisticsPeriodView>,
}

/// The figures are one for the whole tree: it is frozen from its top.
fn admit(tx: &mut Tx, actor: &Actor, action: &str) -> Result<()> {
    if !policy::may(actor, "statistics_period", action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let nodes: Vec<Id> = actor.grants.iter().filter(|g| g.role.at_center()).filter_map(|g| g.node.parse().ok()).collect();
    let centers = organization::store::centers_by_id(tx, &nodes)?;
    let mut tops: Vec<Id> = centers.iter().filter_map(|c| c.lineage().next().and_then(|top| top.parse().ok())).collect();
    tops.sort();
    tops.dedup();
    let tops = organization::store::centers_by_id(tx, &tops)?;
    let at = |c: &organization::Center| policy::allows(actor, "statistics_period", action, &organization::custodian_reachable(c));
    let reaches = actor.is_system() || tops.iter().any(at);
    if reaches { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden).into()) }
}

fn month_text(number: i32) -> String {
    month_start(number).format("%Y-%m").to_string()
}

fn views(tx: &mut Tx, rows: Vec<Period>) -> Result<Vec<StatisticsPeriodView>> {
    let counts = store::counted(tx)?;
    let count = |month: i32, states: &[State]| counts.iter().filter(|(m, s, _)| *m == month && states.contains(s)).map(|c| c.2).sum();
    let view = |row: Period| StatisticsPeriodView {
        waiting: count(row.month, &[State::Noticed, State::Proposed]),
        entered: count(row.month, &[State::Entered]),
        left_out: count(row.month, &[State::LeftOut]),
        version: if row.state == PeriodState::Frozen { 2 } else { 1 },
        id: row.id,
        month: month_text(row.month),
        state: row.state,
        state_label: row.state.label().into(),
        frozen_by: row.frozen_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The frozen months.
pub fn periods(tx: &mut Tx, actor: &Actor) -> Result<StatisticsPeriods> {
    admit(tx, actor, "read")?;
    let rows = store::periods(tx)?;
    Ok(StatisticsPeriods { items: views(tx, rows)? })
}

/// One, by month or id.
pub fn period(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<StatisticsPeriodView> {
    admit(tx, actor, "read")?;
    let row = store::periods(tx)?.into_iter().find(|p| p.id.as_str() == reference || month_text(p.month) == reference);
    views(tx, row.into_iter().collect())?.pop().ok_or_else(|| Problem::not_found().into())
}

/// Freezes a month: its figures stay as they are from this moment on.
pub fn freeze(tx: &mut Tx, actor: &Actor, input: &StatisticsPeriodInput) -> Result<StatisticsPeriodView> {
    admit(tx, actor, "freeze")?;
    let asked = Month::over(&input.month, tx.now.local_date()).map_err(|[code, zh, en]| Problem::rule("/month", code, zh, en))?;
    counted::lock(tx)?;
    if counted::progress(tx)?.1 {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("统计正在重建，完成后才能冻结。", "The figures are being made anew.")).into());
    }
    if keeping::as_of(tx)?.local_date() < asked.end() {
        let zh = "该月的记录尚未全部计入，请稍后再冻结。";
        return Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, "Not everything of that month is counted yet.")).into());
    }
    let month = month_number(asked.first());
    if store::periods(tx)?.iter().any(|p| p.month == month) {
        return Err(Problem::new(ErrorCode::Conflict, Text::new("该月已经冻结。", "That month is frozen.")).into());
    }
    let row = Period { month, id: Id::new(), state: PeriodState::Freezing, after: String::new(), frozen_by: actor.id, created_at: tx.now, updated_at: tx.now };
    store::insert_period(tx, &row)?;
    let params = json!({ "month": input.month });
    let kind = "statistics_period.freezing";
    let event = NewEvent { record_kind: "statistics_period", record_id: row.id, version: 1, kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    views(tx, vec![row])?.pop().ok_or_else(|| Problem::not_found().into())
}

/// Why a difference is to be entered.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "该件补录签收时间，经核实属于本月", "document_no": "数据更正〔2026〕1号" }))]
pub struct AdjustmentProposal {
    /// In words.
    #[validate(length(min = 4, max = 1000))]
    #[schema(min_length = 4, max_length = 1000)]
    pub reason: String,
    /// Number of the document that it rests on.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub document_no: String,
}

/// What is said of it.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "words": "经核实同意" }))]
pub struct AdjustmentWords {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub words: String,
}

/// By how much a figure's measure would change.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AdjustedMeasure {
    /// What is counted, in Chinese.
    #[schema(example = "办结（已签收）")]
    pub measure: String,
    /// Civil day.
    #[schema(example = "2026-01-30")]
    pub day: chrono::NaiveDate,
    /// Credited center; of a person's figure, who.
    #[schema(example = "如东县政务服务中心")]
    pub center: String,
    /// The person, where it is a person's figure, beside the center's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_id: Option<Id>,
    /// More, or less.
    #[schema(minimum = -9007199254740991_i64, example = 1)]
    pub change: i64,
}

/// What changed in a record after its month was frozen.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AdjustmentView {
    /// Identity.
    pub id: Id,
    /// Of which month.
    #[schema(example = "2026-01")]
    pub month: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Kind of the record.
    #[schema(example = "entrustment")]
    pub record_kind: String,
    /// The record.
    pub record_id: Id,
    /// Its number.
    pub number: String,
    /// By how much the record's contributions differ from what is counted.
    pub changes: Vec<AdjustedMeasure>,
    /// Why it is to be entered.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Number of the document that it rests on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub document_no: String,
    /// What was said when it was settled.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// Who proposed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<Id>,
    /// Who settled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<Id>,
    /// When it was entered or left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Moment>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When it was noticed.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(AdjustmentView, by "statistics_period" "read");

fn own(actor: &Actor, row: &Adjustment) -> bool {
    row.proposed_by.is_some() && row.proposed_by == actor.id
}

fn allowed(actor: &Actor, row: &Adjustment) -> Vec<String> {
    let may = |a: &&Action| decide(row.state, own(actor, row), **a).is_ok() && policy::may(actor, "statistics_period", a.code());
    Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
}

fn rendered(tx: &mut Tx, actor: &Actor, rows: Vec<Adjustment>) -> Result<Vec<AdjustmentView>> {
    let of = |kind: &str| rows.iter().filter(|r| r.record_kind == kind).map(|r| r.record_id).collect::<Vec<Id>>();
    let mut numbers: Vec<(Id, String)> = entrustments::store::entrustments_by_id(tx, &of("entrustment"))?.into_iter().map(|e| (e.id, e.number)).collect();
    numbers.extend(tickets::store::tickets_by_id(tx, &of("fallback_ticket"))?.into_iter().map(|t| (t.id, t.number)));
    numbers.extend(crate::consultations::store::consultations_by_id(tx, &of("consultation"))?.into_iter().map(|c| (c.id, c.number)));
    numbers.extend(occasions::store::occasions_by_id(tx, &of(occasions::store::KIND))?.into_iter().map(|o| (o.id, o.number)));
    let mut centers: Vec<i32> = rows.iter().flat_map(|r| cells::read(&r.body).into_keys().map(|c| c.center).collect::<Vec<_>>()).collect();
    centers.sort_unstable();
    centers.dedup();
    let known: Vec<(i32, Id)> = counted::values(tx, &centers)?.into_iter().filter_map(|(n, v)| Some((n, v.parse().ok()?))).collect();
    let names = organization::briefs(tx, &known.iter().map(|k| k.1).collect::<Vec<_>>())?;
    let people = organization::names_of(tx, &known.iter().map(|k| k.1).filter(|id| names.iter().all(|c| c.id != *id)).collect::<Vec<_>>())?;
    let credited = |number: i32| {
        let id = known.iter().find(|k| k.0 == number).map(|k| k.1);
        let person = people.iter().find(|(person, _)| Some(*person) == id);
        let name = names.iter().find(|c| Some(c.id) == id).map(|c| c.name.clone());
        (name.or_else(|| person.map(|(_, name)| format!("{name}（个人）"))).unwrap_or_default(), person.map(|(id, _)| *id))
    };
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let AdjustmentEntry { reason, document_no, answer, settled_by } = row.entry.open(tx.vault)?;
        let change = |(cell, n): (cells::Cell, i64)| {
            let (center, staff_id) = credited(cell.center);
            let measure = Measure::ALL.iter().find(|m| m.id() == cell.measure).map_or("接力流向", |m| m.label()).into();
            AdjustedMeasure { measure, day: day_of(cell.day), center, staff_id, change: n }
        };
        all.push(AdjustmentView {
            allowed_actions: allowed(actor, &row),
            month: month_text(row.month),
            state_label: row.state.label().into(),
            number: numbers.iter().find(|(id, _)| *id == row.record_id).map(|(_, n)| n.clone()).unwrap_or_default(),
            changes: cells::read(&row.body).into_iter().map(change).collect(),
            id: row.id,
            state: row.state,
            record_kind: row.record_kind,
            record_id: row.record_id,
            reason,
            document_no,
            answer,
            proposed_by: row.proposed_by,
            settled_by,
            settled_at: row.settled_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        });
    }
    Ok(all)
}

fn one(tx: &mut Tx, actor: &Actor, row: Adjustment) -> Result<AdjustmentView> {
    rendered(tx, actor, vec![row])?.pop().ok_or_else(|| Problem::not_found().into())
}

fn load(tx: &mut Tx, reference: &str) -> Result<Adjustment> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    Ok(store::adjustment(tx, id)?.ok_or_else(Problem::not_found)?)
}

/// One difference.
pub fn adjustment(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<AdjustmentView> {
    admit(tx, actor, "read")?;
    let row = load(tx, reference)?;
    one(tx, actor, row)
}

/// A page of differences, newest first.
pub fn adjustments(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<AdjustmentView>> {
    admit(tx, actor, "read")?;
    let states: Vec<State> = q.all("state").iter().filter_map(|s| State::parse(s)).collect();
    let months: Vec<i32> = q.all("month").iter().map(|m| Month::read(m).map_or(0, |m| month_number(m.first()))).collect();
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::adjustments(tx, &months, &states, after, !q.sort.descending, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let page = Page::cut(rows, q.limit, tx.vault, |row: &Adjustment| q.cursor_of(String::new(), row.id.to_string()));
    page.try_with(|rows| rendered(tx, actor, rows))
}

/// A difference for an action, changed by `edit`.
fn change(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    action: Action,
    edit: impl FnOnce(&mut Tx, &mut Adjustment, &mut AdjustmentEntry) -> Result<()>,
) -> Result<AdjustmentView> {
    admit(tx, actor, "read")?;
    // Whoever counts holds this lock while differences are noticed.
    counted::lock(tx)?;
    let id = load(tx, &target.reference)?.id;
    dialect::lock_root(tx.conn, "stat_adjustments", id.as_str())?;
    let mut row = load(tx, id.as_str())?;
    admit(tx, actor, action.code())?;
    target.check(row.version)?;
    row.state =
        decide(row.state, own(actor, &row), action).map_err(|refusal| Problem { allowed_actions: Some(allowed(actor, &row)), ..Problem::from(refusal) })?;
    let mut entry = row.entry.open(tx.vault)?;
    edit(tx, &mut row, &mut entry)?;
    row.entry = Private::seal(tx.vault, &entry)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    if row.state == State::Entered {
        freezing::enter(tx, &row)?;
    }
    let kind = format!("statistics_adjustment.{}", row.state.code());
    let params = json!({ "month": month_text(row.month), "document_no": entry.document_no });
    let event =
        NewEvent { record_kind: "statistics_adjustment", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    one(tx, actor, row)
}

/// Somebody says that it belongs into the frozen month.
pub fn propose(tx: &mut Tx, actor: &Actor, target: &Target, input: &AdjustmentProposal) -> Result<AdjustmentView> {
    change(tx, actor, target, Action::Propose, |_, row, entry| {
        row.proposed_by = actor.id;
        *entry = AdjustmentEntry { reason: input.reason.clone(), document_no: input.document_no.clone(), ..AdjustmentEntry::default() };
        Ok(())
    })
}

/// Another enters it: the frozen figures change by it.
pub fn approve(tx: &mut Tx, actor: &Actor, target: &Target, input: &AdjustmentWords) -> Result<AdjustmentView> {
    change(tx, actor, target, Action::Approve, |tx, row, entry| settle(tx, actor, row, entry, input))
}

/// It is not ready to be entered.
pub fn refuse(tx: &mut Tx, actor: &Actor, target: &Target, input: &AdjustmentWords) -> Result<AdjustmentView> {
    change(tx, actor, target, Action::Refuse, |_, row, entry| {
        row.proposed_by = None;
        entry.answer.clone_from(&input.words);
        Ok(())
    })
}

/// The frozen figures stay as they are.
pub fn leave_out(tx: &mut Tx, actor: &Actor, target: &Target, input: &AdjustmentWords) -> Result<AdjustmentView> {
    change(tx, actor, target, Action::LeaveOut, |tx, row, entry| settle(tx, actor, row, entry, input))
}

fn settle(tx: &Tx, actor: &Actor, row: &mut Adjustment, entry: &mut AdjustmentEntry, input: &AdjustmentWords) -> Result<()> {
    entry.answer.clone_from(&input.words);
    entry.settled_by = actor.id;
    row.settled_at = Some(tx.now);
    Ok(())
}
