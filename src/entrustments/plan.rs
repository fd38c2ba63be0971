//! The plan 代办计划: a DAG of the authorities' steps with planned dates, and what is recorded of each.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    facts::{StepEntry, StepRecord},
    load::{Loaded, Told, load_for, save},
    machine::{Action, StepAct, StepState, decide_step},
    store::{self, StepRow},
    views::{EntrustmentView, view},
};
use crate::{
    access::Sight,
    auth::Actor,
    catalogue::{StepTemplate, check_steps, published_version},
    clocks::{self, ClockKind, Limit, Unit, WorkCalendar},
    db::{Private, Result, Tx},
    events::Audience,
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
};

/// A step as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StepView {
    /// Unique within the plan.
    #[schema(example = "S1")]
    pub code: String,
    /// What is done.
    pub name: String,
    /// By whom.
    pub department: String,
    /// State.
    pub state: StepState,
    /// In Chinese.
    pub state_label: String,
    /// In what time.
    pub limit: Limit,
    /// Steps before.
    pub depends_on: Vec<String>,
    /// First planned day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_start: Option<String>,
    /// Last planned day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_end: Option<String>,
    /// The authority's receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_no: Option<String>,
    /// The authority's acceptance number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance_no: Option<String>,
    /// Number of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_no: Option<String>,
    /// Days of the special procedure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub special_days: Option<u32>,
    /// What was recorded, oldest first.
    pub history: Vec<StepEntry>,
    /// When filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filed_at: Option<Moment>,
    /// When accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Moment>,
    /// When decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Moment>,
}

impl StepView {
    /// Of a row and its record.
    pub fn of(row: StepRow, mut r: StepRecord, sight: Sight) -> Self {
        if sight.masked {
            r.history.iter_mut().for_each(|entry| (entry.reason, entry.evidence) = (None, None));
        }
        Self {
            limit: limit_of(&row),
            code: row.code,
            name: row.name,
            department: row.department,
            state: row.state,
            state_label: row.state.label().into(),
            depends_on: r.depends_on,
            planned_start: row.planned_start,
            planned_end: row.planned_end,
            receipt_no: r.receipt_no,
            acceptance_no: r.acceptance_no,
            result_no: r.result_no,
            special_days: r.special_days,
            history: r.history,
            filed_at: r.filed_at,
            accepted_at: r.accepted_at,
            decided_at: r.decided_at,
        }
    }
}

fn limit_of(row: &StepRow) -> Limit {
    Limit { value: u32::try_from(row.limit_value).unwrap_or(0), unit: Unit::parse(&row.limit_unit).unwrap_or(Unit::WorkingDay) }
}

/// A plan as it is sent.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct PlanInput {
    /// The steps in order; absent: the item's own template.
    #[serde(default)]
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub steps: Option<Vec<StepTemplate>>,
    /// First day of the plan; absent: today.
    #[serde(default)]
    pub start: Option<NaiveDate>,
}

/// Makes or remakes the plan. Once a step is under way the plan can no longer be replaced.
pub fn plan(tx: &mut Tx, actor: &Actor, target: &Target, input: &PlanInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Plan, target)?;
    loaded.decide(actor, Action::Plan)?;
    let content = published_version(tx, loaded.e.item_id, loaded.e.item_version)?;
    let steps = input.steps.clone().unwrap_or(content.template);
    if steps.is_empty() {
        return Err(Problem::rule("/steps", "no_template", "该事项没有专用流程，请写明步骤。", "The item has no template: name the steps.").into());
    }
    let materials: Vec<&str> = loaded.checklist.materials.iter().map(|(m, _)| m.code.as_str()).collect();
    let errors = check_steps("/steps", &steps, &materials);
    if !errors.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, errors).into());
    }
    let today = tx.now.local_date();
    let start = input.start.unwrap_or(today);
    if start < today || start > today.checked_add_days(Days::new(730)).unwrap_or(today) {
        return Err(Problem::rule("/start", "out_of_range", "计划开始日应在今日至两年之内。", "Between today and two years ahead.").into());
    }
    let calendar = clocks::calendar(tx, Moment::from(clocks::utc(start.and_hms_opt(9, 0, 0).unwrap_or_default())))?;
    let rows = lay_out(tx, loaded.e.id, &steps, start, &calendar)?;
    store::replace_steps(tx, loaded.e.id, &rows)?;
    let finish = rows.iter().filter_map(|r| r.planned_end.clone()).max();
    save(tx, actor, &mut loaded, Told::new("planned", Audience::Applicant, json!({ "steps": rows.len(), "finish": finish })))?;
    view(tx, actor, loaded)
}

/// Each step begins when the last step before it ends.
fn lay_out(tx: &Tx, entrustment: Id, steps: &[StepTemplate], start: NaiveDate, calendar: &WorkCalendar) -> Result<Vec<StepRow>> {
    let mut ends: HashMap<&str, NaiveDate> = HashMap::new();
    let mut rows = Vec::with_capacity(steps.len());
    for (i, s) in steps.iter().enumerate() {
        let begin = s.depends_on.iter().filter_map(|d| ends.get(d.as_str()).copied()).max().unwrap_or(start);
        let from = clocks::utc(begin.and_hms_opt(9, 0, 0).unwrap_or_default());
        let end = clocks::local(calendar.deadline(from, s.limit, &[]).due).date();
        ends.insert(&s.code, end);
        let record = StepRecord { depends_on: s.depends_on.clone(), materials: s.materials.clone(), ..StepRecord::default() };
        rows.push(StepRow {
            id: Id::new(),
            entrustment_id: entrustment,
            code: s.code.clone(),
            sequence: i32::try_from(i).unwrap_or(0),
            state: StepState::Planned,
            name: s.name.clone(),
            department: s.department.clone(),
            limit_value: i32::try_from(s.limit.value).unwrap_or(i32::MAX),
            limit_unit: s.limit.unit.as_str().into(),
            planned_start: Some(begin.to_string()),
            planned_end: Some(end.to_string()),
            record: Private::seal(tx.vault, &record)?,
            updated_at: tx.now,
        });
    }
    Ok(rows)
}

/// What is recorded of a step.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "receipt_no": "RD-2026-000123", "acceptance_no": "受理-2026-0001", "result_no": "决定-2026-0001", "evidence": "受理通知书照片" }))]
pub struct StepReport {
    /// With `file`: the authority's receipt.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "RD-2026-000123")]
    pub receipt_no: Option<String>,
    /// With `accept`: the authority's acceptance number.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub acceptance_no: Option<String>,
    /// With `grant`, `refuse`, `receive_result`: number of the document.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub result_no: Option<String>,
    /// With `enter_special`: its days, as told in writing.
    #[serde(default)]
    #[validate(range(min = 1, max = 365))]
    #[schema(minimum = 1, maximum = 365)]
    pub special_days: Option<u32>,
    /// With `ask_correction`, `not_accept`, `refuse`: why.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: Option<String>,
    /// What proves it; needed for whatever the authority did. Staff read it with the step.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "受理通知书照片")]
    pub evidence: Option<String>,
}

/// Records an act of a step.
pub fn record_step(tx: &mut Tx, actor: &Actor, target: &Target, code: &str, act: StepAct, report: &StepReport) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::RecordStep, target)?;
    let (mut row, mut record) = loaded.plan.steps.iter().find(|(s, _)| s.code == code).cloned().ok_or_else(Problem::not_found)?;
    loaded.decide(actor, Action::RecordStep)?;
    let next = decide_step(row.state, act).ok_or_else(|| {
        let zh = format!("步骤当前为“{}”，不能{}。", row.state.label(), act.label());
        loaded.refused(actor, Problem::new(ErrorCode::StateConflict, Text::new(zh, "The step's state forbids this.")))
    })?;
    let before: Vec<&str> = loaded.plan.before(&record).collect();
    if act == StepAct::File && !before.is_empty() {
        let zh = format!("前置步骤尚未准予：{}。", before.join("、"));
        return Err(loaded.refused(actor, Problem::new(ErrorCode::StateConflict, Text::new(zh, "Steps before it have not succeeded."))).into());
    }
    let entry = fill(tx.now, &mut record, act, report)?;
    record.history.push(StepEntry { by: actor.id, ..entry });
    run_clocks(tx, &loaded, &row, &mut record, act)?;
    row.state = next;
    row.record = Private::seal(tx.vault, &record)?;
    row.updated_at = tx.now;
    store::save_step(tx, &row)?;
    let params = json!({ "step": row.code, "name": row.name, "department": row.department, "act": act, "number": record.acceptance_no });
    // What the authority did is part of the public story; the steps to it are the applicant's to read.
    let spoken = matches!(act, StepAct::Accept | StepAct::NotAccept | StepAct::Grant | StepAct::Refuse);
    let audience = if spoken { Audience::Public } else { Audience::Applicant };
    let told = Told::new("step_recorded", audience, params).saying(report.reason.as_deref().unwrap_or_default());
    save(tx, actor, &mut loaded, told)?;
    view(tx, actor, loaded)
}

/// What each act needs to be told, and what it leaves with the step.
fn fill(now: Moment, record: &mut StepRecord, act: StepAct, report: &StepReport) -> Result<StepEntry, Problem> {
    let need = |value: &Option<String>, at: &str, zh: &'static str| value.clone().ok_or_else(|| Problem::rule(at, "required", zh, "Required for this act."));
    let mut entry = StepEntry { act, number: None, reason: None, evidence: report.evidence.clone(), at: now, by: None };
    if !matches!(act, StepAct::File | StepAct::ReceiveResult) {
        entry.evidence = Some(need(&report.evidence, "/evidence", "代部门登记须写明凭据。")?);
    }
    match act {
        StepAct::File => {
            entry.number = Some(need(&report.receipt_no, "/receipt_no", "申报须写明部门的收件凭证号。")?);
            record.receipt_no.clone_from(&entry.number);
            record.filed_at = Some(now);
        }
        StepAct::Accept => {
            entry.number = Some(need(&report.acceptance_no, "/acceptance_no", "须写明部门的受理文号。")?);
            record.acceptance_no.clone_from(&entry.number);
            record.accepted_at = Some(now);
        }
        StepAct::AskCorrection => entry.reason = Some(need(&report.reason, "/reason", "须写明部门要求补正的内容。")?),
        StepAct::NotAccept | StepAct::Refuse => {
            entry.reason = Some(need(&report.reason, "/reason", "须写明部门的理由。")?);
            entry.number.clone_from(&report.result_no);
            record.result_no.clone_from(&report.result_no);
            record.refused = true;
            record.decided_at = Some(now);
        }
        StepAct::EnterSpecial => {
            let days = report.special_days.ok_or_else(|| Problem::rule("/special_days", "required", "特别程序须写明书面告知的天数。", "Say how many days."))?;
            record.special_days = Some(days);
        }
        StepAct::LeaveSpecial => {}
        StepAct::Grant => {
            entry.number = Some(need(&report.result_no, "/result_no", "须写明决定文书号。")?);
            record.result_no.clone_from(&entry.number);
            record.decided_at = Some(now);
        }
        StepAct::ReceiveResult => {
            if report.result_no.is_some() {
                record.result_no.clone_from(&report.result_no);
            }
            entry.number.clone_from(&record.result_no);
        }
    }
    Ok(entry)
}

/// Statutory and promised clocks run from the authority's acceptance; the first one starts the matter's promise.
/// A special procedure (检验、检测、专家评审) does not count (行政许可法 45).
fn run_clocks(tx: &mut Tx, loaded: &Loaded, row: &StepRow, record: &mut StepRecord, act: StepAct) -> Result<()> {
    match act {
        StepAct::Accept => {
            record.clock_id = Some(clocks::start_named(tx, "entrustment", loaded.e.id, ClockKind::StepPromise, limit_of(row))?.0);
            let running = clocks::of_record(tx, loaded.e.id)?;
            if !running.iter().any(|c| c.kind == ClockKind::Promise && c.state != "stopped") {
                let content = published_version(tx, loaded.e.item_id, loaded.e.item_version)?;
                let limit = content.promised_limit.unwrap_or(loaded.rules.default_promise);
                clocks::start(tx, "entrustment", loaded.e.id, ClockKind::Promise, limit)?;
            }
        }
        StepAct::EnterSpecial => {
            record.clock_id.map_or(Ok(()), |id| clocks::pause_one(tx, id))?;
            clocks::pause(tx, loaded.e.id, &[ClockKind::Promise])?;
        }
        StepAct::LeaveSpecial => {
            record.clock_id.map_or(Ok(()), |id| clocks::resume_one(tx, id))?;
            let others = loaded.plan.steps.iter().any(|(s, _)| s.id != row.id && s.state == StepState::SpecialProcedure);
            if !others {
                clocks::resume(tx, loaded.e.id, &[ClockKind::Promise])?;
            }
        }
        StepAct::Grant | StepAct::Refuse => record.clock_id.map_or(Ok(()), |id| clocks::stop_one(tx, id))?,
        StepAct::File | StepAct::AskCorrection | StepAct::NotAccept | StepAct::ReceiveResult => {}
    }
    Ok(())
}
