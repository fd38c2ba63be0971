//! What is recorded of a step: by the agent who files and fetches, by the department that decides.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    load::{Loaded, Told, load_for, save},
    machine::{Action, StepAct, StepState, decide_step},
    plan::limit_of,
    recorded::{StepEntry, StepRecord},
    standing::Obstacle,
    store::{self, StepRow},
    views::{EntrustmentView, view},
};
use crate::{
    auth::{Actor, Role},
    catalogue::published_version,
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx},
    events::Audience,
    kernel::{Code as _, ErrorCode, Moment, Problem, Target, Text, problem::Place},
};

/// What is recorded of a step.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, utoipa::ToSchema)]
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
    /// With `extend`: by how many working days the authority extends its own limit, once and at most ten (行政许可法 42).
    #[serde(default)]
    #[validate(range(min = 1, max = 10))]
    #[schema(minimum = 1, maximum = 10)]
    pub extension_days: Option<u32>,
    /// With `ask_correction`, `not_accept`, `refuse`, `hand_back`, `extend`: why.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: Option<String>,
    /// What proves it; needed where the agent records what the authority did. Staff read it with the step.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "受理通知书照片")]
    pub evidence: Option<String>,
}

/// An act recorded of a step.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepCommand {
    /// Code of the step.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "S1")]
    pub step: String,
    /// What.
    pub act: StepAct,
    /// With what.
    #[serde(default)]
    #[validate(nested)]
    pub report: StepReport,
}

/// A refusal of the step at this place of a list, with pointers that say so.
pub fn at_step(e: Error, i: usize) -> Error {
    let Error::Refused(mut problem) = e else { return e };
    for field in &mut problem.errors {
        if let Place::Pointer(at) = &mut field.at {
            *at = format!("/steps/{i}/report{at}");
        }
    }
    Error::Refused(problem)
}

/// Records an act of a step: the department's handler records their own; the agent files, fetches, and records for a
/// department that has no account here.
pub fn record_step(tx: &mut Tx, actor: &Actor, target: &Target, code: &str, act: StepAct, report: &StepReport) -> Result<EntrustmentView> {
    let own = act.is_departments() && actor.is(Role::DepartmentHandler) && !actor.is(Role::Agent);
    let action = if own { Action::DecideStep } else { Action::RecordStep };
    let mut loaded = load_for(tx, actor, action, target)?;
    let at = loaded.plan.steps.iter().position(|(s, _)| s.code == code && (!own || holds(actor, s))).ok_or_else(Problem::not_found)?;
    let (row, record) = loaded.plan.steps.get(at).cloned().ok_or_else(Problem::not_found)?;
    if !own && act.is_departments() && loaded.plan.is_staffed(&row) {
        let zh = format!("{}已开通经办账号，由其经办人登记。", row.department);
        return Err(loaded.refused(actor, Problem::new(ErrorCode::StateConflict, Text::new(zh, "The department records this itself."))).into());
    }
    if let (false, Some(_)) = (own, record.joint) {
        let zh = "该步骤正由联办方办理，由联办方登记。";
        return Err(loaded.refused(actor, Problem::new(ErrorCode::StateConflict, Text::new(zh, "A joint handling carries this step."))).into());
    }
    loaded.decide(actor, action)?;
    record_at(tx, actor, &mut loaded, at, act, report, own)?;
    view(tx, actor, loaded)
}

/// Records an act of the step at this place of the plan; who may do so was asked before.
pub(super) fn record_at(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, at: usize, act: StepAct, report: &StepReport, own: bool) -> Result<()> {
    let (mut row, mut record) = loaded.plan.steps.get(at).cloned().ok_or_else(Problem::not_found)?;
    let next = decide_step(row.state, act).ok_or_else(|| {
        let zh = format!("步骤当前为“{}”，不能{}。", row.state.label(), act.label());
        loaded.refused(actor, Problem::new(ErrorCode::StateConflict, Text::new(zh, "The step's state forbids this.")))
    })?;
    if let Some(obstacle) = loaded.plan.obstacle(&row, &record).filter(|_| act == StepAct::File) {
        let text = match obstacle {
            Obstacle::Disputed => Text::new("该步骤由谁办理正在指定办理，决定之前不能申报。", "Who carries this step is being arbitrated."),
            Obstacle::Before(steps) => Text::new(format!("前置步骤尚未准予：{}。", steps.join("、")), "Steps before it have not succeeded."),
        };
        return Err(loaded.refused(actor, Problem::new(ErrorCode::StateConflict, text)).into());
    }
    let entry = fill(tx.now, &mut record, act, report, own)?;
    record.history.push(StepEntry { by: actor.id, ..entry });
    run_clocks(tx, loaded, &row, &mut record, act)?;
    if let (StepAct::Extend, Some(clock), Some(days)) = (act, record.clock_id, report.extension_days) {
        clocks::extend_one(tx, clock, days)?;
    }
    row.state = next;
    row.record = Private::seal(tx.vault, &record)?;
    row.updated_at = tx.now;
    store::save_step(tx, &row)?;
    let params = json!({ "step": row.code, "name": row.name, "department": row.department, "act": act, "number": record.acceptance_no });
    if let Some(slot) = loaded.plan.steps.get_mut(at) {
        // Who sees the matter follows from the steps.
        *slot = (row, record);
    }
    // What the authority did is part of the public story; the steps to it are the applicant's to read.
    let spoken = matches!(act, StepAct::Accept | StepAct::NotAccept | StepAct::Grant | StepAct::Refuse | StepAct::Extend);
    let audience = if spoken { Audience::Public } else { Audience::Applicant };
    let told = Told::new("step_recorded", audience, params).saying(report.reason.as_deref().unwrap_or_default());
    save(tx, actor, loaded, told)
}

fn holds(actor: &Actor, step: &StepRow) -> bool {
    step.state != StepState::Planned && step.department_id.is_some_and(|id| actor.nodes(Role::DepartmentHandler).any(|n| n == id.as_str()))
}

/// What each act needs to be told, and what it leaves with the step.
fn fill(now: Moment, record: &mut StepRecord, act: StepAct, report: &StepReport, own: bool) -> Result<StepEntry, Problem> {
    let need = |value: &Option<String>, at: &str, zh: &'static str| value.clone().ok_or_else(|| Problem::rule(at, "required", zh, "Required for this act."));
    let mut entry = StepEntry { act, number: None, reason: None, evidence: report.evidence.clone(), at: now, by: None };
    if act.is_departments() && !own {
        entry.evidence = Some(need(&report.evidence, "/evidence", "代部门登记须写明凭据。")?);
    }
    match act {
        StepAct::File => {
            entry.number = Some(need(&report.receipt_no, "/receipt_no", "申报须写明部门的收件凭证号。")?);
            record.receipt_no.clone_from(&entry.number);
            record.filed_at = Some(now);
            // Filed again, what was not accepted counts no longer.
            (record.refused, record.decided_at) = (false, None);
        }
        StepAct::Accept => {
            entry.number = Some(need(&report.acceptance_no, "/acceptance_no", "须写明部门的受理文号。")?);
            record.acceptance_no.clone_from(&entry.number);
            record.accepted_at = Some(now);
        }
        StepAct::AskCorrection => entry.reason = Some(need(&report.reason, "/reason", "须写明部门要求补正的内容。")?),
        StepAct::HandBack => {
            entry.reason = Some(need(&report.reason, "/reason", "退回申报须说明理由。")?);
            record.filed_at = None;
        }
        StepAct::Extend => {
            entry.reason = Some(need(&report.reason, "/reason", "延长审批时限须说明理由并告知申请人。")?);
            report.extension_days.ok_or_else(|| Problem::rule("/extension_days", "required", "须写明延长几个工作日。", "Say how many days."))?;
            if std::mem::replace(&mut record.extended, true) {
                return Err(Problem::rule("/extension_days", "extended_already", "审批时限只能延长一次。", "Extended once already."));
            }
        }
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
        StepAct::File | StepAct::AskCorrection | StepAct::NotAccept | StepAct::ReceiveResult | StepAct::HandBack | StepAct::Extend => {}
    }
    Ok(())
}
