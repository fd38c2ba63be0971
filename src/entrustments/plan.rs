//! The plan 代办计划: a DAG of the authorities' steps with planned dates, and what is recorded of each.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    facts::{Milestone, PlanFacts},
    load::{Loaded, Told, load_for, save},
    machine::{Action, StepState},
    model::StepCarrier,
    recorded::{StepEntry, StepRecord},
    schedule::Forecast,
    standing::{Plan, is_begun},
    store::{self, StepRow},
    views::{EntrustmentView, view},
};
use crate::{
    access::Sight,
    auth::Actor,
    catalogue::{Mode, StepTemplate, check_steps, published_version, templates},
    clocks::{self, Limit, Unit, WorkCalendar},
    db::{Private, Result, Tx},
    events::Audience,
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target},
    organization,
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
    /// The department's own record, where it is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// Who carries it for the applicant, or that they keep it.
    pub carrier: StepCarrier,
    /// In Chinese.
    pub carrier_label: String,
    /// State.
    pub state: StepState,
    /// In Chinese.
    pub state_label: String,
    /// In what time.
    pub limit: Limit,
    /// Steps before.
    pub depends_on: Vec<String>,
    /// Materials it needs.
    pub materials: Vec<String>,
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
    /// The open joint handling that carries it for the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joint_handling_id: Option<Id>,
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
        if !sight.words {
            r.history.iter_mut().for_each(|entry| (entry.reason, entry.evidence) = (None, None));
        }
        Self {
            limit: limit_of(&row),
            code: row.code,
            name: row.name,
            department: row.department,
            state: row.state,
            state_label: row.state.label().into(),
            department_id: row.department_id,
            carrier: r.carrier.unwrap_or(StepCarrier::Agent),
            carrier_label: r.carrier.unwrap_or(StepCarrier::Agent).label().into(),
            depends_on: r.depends_on,
            materials: r.materials,
            planned_start: row.planned_start,
            planned_end: row.planned_end,
            receipt_no: r.receipt_no,
            acceptance_no: r.acceptance_no,
            result_no: r.result_no,
            special_days: r.special_days,
            joint_handling_id: r.joint,
            history: r.history,
            filed_at: r.filed_at,
            accepted_at: r.accepted_at,
            decided_at: r.decided_at,
        }
    }
}

pub(super) fn limit_of(row: &StepRow) -> Limit {
    Limit { value: u32::try_from(row.limit_value).unwrap_or(0), unit: Unit::parse(&row.limit_unit).unwrap_or(Unit::WorkingDay) }
}

/// A plan as it is sent.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct PlanInput {
    /// The steps in order; absent: the item's own template. Once steps are filed: the whole new plan, those steps as they are.
    #[serde(default)]
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub steps: Option<Vec<PlanStep>>,
    /// Instead of steps: a version of a process template that is made for the custodian or a center above it.
    #[serde(default)]
    pub template_id: Option<Id>,
    /// First day of the plan; absent: today, or the first working day after it.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub start: Option<NaiveDate>,
    /// The investor's contract milestones that the plan follows; absent: as they are.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub milestones: Option<Vec<Milestone>>,
    /// The unit that supports the investor 帮扶单位; absent: as it is.
    #[serde(default)]
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "如东县发展和改革委员会")]
    pub supporting_unit: Option<String>,
}

/// The plan as a whole.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PlanView {
    /// Last planned day of the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub finish: Option<String>,
    /// The day on which the last step is expected to be decided, as things stand; absent once the matter has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_finish: Option<NaiveDate>,
    /// Codes of the steps that this day hangs on: what makes one of them later makes the whole later.
    pub critical_path: Vec<String>,
    /// The unit that supports the investor 帮扶单位.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supporting_unit: Option<String>,
    /// The investor's contract milestones.
    pub milestones: Vec<MilestoneView>,
}

/// A milestone, and how the plan stands to it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MilestoneView {
    /// The milestone.
    #[serde(flatten)]
    pub milestone: Milestone,
    /// The day on which its steps end: as decided, or as planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub expected_on: Option<String>,
    /// Everything it waits for is decided.
    pub reached: bool,
    /// Later than agreed.
    pub late: bool,
}

impl PlanView {
    /// Of a plan that was made; none before.
    pub fn of(facts: PlanFacts, plan: &Plan, forecast: Forecast, today: NaiveDate) -> Option<Self> {
        if plan.steps.is_empty() {
            return None;
        }
        let finish = plan.steps.iter().filter_map(|(row, _)| row.planned_end.clone()).max();
        let milestones = facts.milestones.into_iter().map(|m| MilestoneView::of(m, plan, today)).collect();
        Some(Self { finish, expected_finish: forecast.finish, critical_path: forecast.critical, supporting_unit: facts.supporting_unit, milestones })
    }
}

impl MilestoneView {
    fn of(milestone: Milestone, plan: &Plan, today: NaiveDate) -> Self {
        let waits: Vec<_> = plan.steps.iter().filter(|(row, _)| milestone.step.as_ref().is_none_or(|code| *code == row.code)).collect();
        let reached = !waits.is_empty() && waits.iter().all(|(row, _)| row.state.has_ended());
        let days = waits.iter().filter_map(|(row, r)| r.decided_at.map(|at| at.local_date().to_string()).or_else(|| row.planned_end.clone()));
        let expected_on = days.max();
        // What is not done today ends today at the earliest.
        let floor = if reached { None } else { Some(today.to_string()) };
        let late = expected_on.iter().chain(&floor).any(|day| *day > milestone.due_on.to_string());
        Self { milestone, expected_on, reached, late }
    }
}

/// A step as it is planned: the template's, who carries it, and when.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    /// Unique within the plan.
    #[validate(length(min = 1, max = 20), custom(function = crate::kernel::validators::code))]
    #[schema(min_length = 1, max_length = 20, pattern = "^[A-Za-z0-9_-]+$", example = "S1")]
    pub code: String,
    /// What is done.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "现场踏勘")]
    pub name: String,
    /// By whom: a department of the center or of one above is found by its name.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "如东县市场监督管理局")]
    pub department: String,
    /// The department's own record, where the name does not say.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// In what time.
    pub limit: Limit,
    /// Codes of the steps before.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub depends_on: Vec<String>,
    /// Codes of the materials it needs.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub materials: Vec<String>,
    /// In partial agency, and with assistance, the applicant may keep a step.
    #[serde(default)]
    pub carrier: Option<StepCarrier>,
    /// First planned day; absent: when the last step before it ends.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub planned_start: Option<NaiveDate>,
    /// Last planned day; absent: by its limit.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub planned_end: Option<NaiveDate>,
}

impl PlanStep {
    /// Of the item's template; in partial agency the applicant keeps what was not chosen.
    fn of(t: StepTemplate, chosen: &[String]) -> Self {
        let carrier = (!chosen.is_empty() && !chosen.contains(&t.code)).then_some(StepCarrier::Applicant);
        Self {
            code: t.code,
            name: t.name,
            department: t.department,
            department_id: None,
            limit: t.limit,
            depends_on: t.depends_on,
            materials: t.materials,
            carrier,
            planned_start: None,
            planned_end: None,
        }
    }

    fn template(&self) -> StepTemplate {
        StepTemplate {
            code: self.code.clone(),
            name: self.name.clone(),
            department: self.department.clone(),
            limit: self.limit,
            depends_on: self.depends_on.clone(),
            materials: self.materials.clone(),
        }
    }

    /// What may not change of a step that was filed.
    fn is_still(&self, row: &StepRow, record: &StepRecord) -> bool {
        self.name == row.name
            && self.department == row.department
            && self.limit == limit_of(row)
            && self.depends_on == record.depends_on
            && self.carrier.unwrap_or(StepCarrier::Agent) == record.carrier.unwrap_or(StepCarrier::Agent)
    }
}

/// Makes the plan, or makes it anew: steps that were filed stay as they are.
pub fn plan(tx: &mut Tx, actor: &Actor, target: &Target, input: &PlanInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Plan, target)?;
    loaded.decide(actor, Action::Plan)?;
    let content = published_version(tx, loaded.e.item_id, loaded.e.item_version)?;
    let started = loaded.plan.steps.iter().any(|(row, r)| is_begun(row, r));
    if started && input.steps.is_none() {
        let zh = "计划已开始执行，请提交调整后的全部步骤，已申报的步骤须原样保留。";
        return Err(Problem::rule("/steps", "plan_started", zh, "Steps were filed: send the whole new plan, with those as they are.").into());
    }
    let ready = match input.template_id {
        Some(_) if input.steps.is_some() => {
            return Err(Problem::rule("/template_id", "steps_or_template", "步骤和专用流程只能填一项。", "Either steps or a template.").into());
        }
        Some(id) => templates::steps(tx, &loaded.custodian, id, "/template_id")?,
        None => content.template,
    };
    let template = || ready.into_iter().map(|t| PlanStep::of(t, &loaded.details.steps)).collect();
    let steps: Vec<PlanStep> = input.steps.clone().unwrap_or_else(template);
    if steps.is_empty() {
        return Err(Problem::rule("/steps", "no_template", "该事项没有专用流程，请写明步骤。", "The item has no template: name the steps.").into());
    }
    let materials: Vec<&str> = loaded.checklist.materials.iter().map(|(m, _)| m.code.as_str()).collect();
    let mut errors = check_steps("/steps", &steps.iter().map(PlanStep::template).collect::<Vec<_>>(), &materials);
    errors.extend(check_plan(&loaded, &steps));
    if !errors.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, errors).into());
    }
    let today = tx.now.local_date();
    let start = match input.start {
        Some(day) => day,
        None => clocks::workday_from(tx, today)?,
    };
    if start < today || start > today.checked_add_days(Days::new(730)).unwrap_or(today) {
        return Err(Problem::rule("/start", "out_of_range", "计划开始日应在今日至两年之内。", "Between today and two years ahead.").into());
    }
    follow(&mut loaded, &steps, input)?;
    let calendar = clocks::calendar(tx, Moment::from(clocks::utc(start.and_hms_opt(9, 0, 0).unwrap_or_default())))?;
    let rows = lay_out(tx, &loaded, &steps, start, &calendar)?;
    store::replace_steps(tx, loaded.e.id, &rows)?;
    let finish = rows.iter().filter_map(|r| r.planned_end.clone()).max();
    let kind = if loaded.plan.steps.is_empty() { "planned" } else { "plan_revised" };
    save(tx, actor, &mut loaded, Told::new(kind, Audience::Applicant, json!({ "steps": rows.len(), "finish": finish })))?;
    view(tx, actor, loaded)
}

/// The milestones and the supporting unit that are given; a milestone waits for a step of this plan.
fn follow(loaded: &mut Loaded, steps: &[PlanStep], input: &PlanInput) -> Result<(), Problem> {
    let facts = &mut loaded.details.plan;
    facts.supporting_unit = input.supporting_unit.clone().or(facts.supporting_unit.take());
    if let Some(milestones) = &input.milestones {
        facts.milestones.clone_from(milestones);
    }
    let known = |m: &Milestone| m.step.as_ref().is_none_or(|code| steps.iter().any(|s| s.code == *code));
    match facts.milestones.iter().position(|m| !known(m)) {
        Some(i) => Err(Problem::rule(&format!("/milestones/{i}/step"), "unknown_step", "计划中没有这个步骤。", "No such step in the plan.")),
        None => Ok(()),
    }
}

/// What a plan must keep beyond the rules of a template: filed steps, the mode, the order of days.
fn check_plan(loaded: &Loaded, steps: &[PlanStep]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let full = loaded.e.mode == Mode::FullAgency;
    let stays = |row: &StepRow, record: &StepRecord| is_begun(row, record) || loaded.plan.is_disputed(&row.code);
    for (i, s) in steps.iter().enumerate() {
        let mut refuse = |field: &str, code, zh, en| errors.push(FieldError::body(&format!("/steps/{i}/{field}"), code, zh, en));
        let filed = loaded.plan.steps.iter().find(|(row, r)| row.code == s.code && stays(row, r));
        if filed.is_some_and(|(row, record)| !s.is_still(row, record)) {
            refuse("code", "step_started", "已申报、正在联办或正在指定办理的步骤不能修改。", "A step that is filed or with others does not change.");
        }
        if full && s.carrier == Some(StepCarrier::Applicant) {
            refuse("carrier", "full_agency", "全程代办件的步骤均由专员办理。", "In full agency the agent carries every step.");
        }
        if s.planned_start.zip(s.planned_end).is_some_and(|(from, to)| from > to) {
            refuse("planned_end", "before_start", "计划完成日早于开始日。", "Ends before it begins.");
        }
    }
    for (row, _) in loaded.plan.steps.iter().filter(|(row, r)| stays(row, r)) {
        if !steps.iter().any(|s| s.code == row.code) {
            let zh = format!("缺少已申报、正在联办或正在指定办理的步骤 {}。", row.code);
            errors.push(FieldError::body("/steps", "step_started", zh, format!("The filed step {} is missing.", row.code)));
        }
    }
    errors
}

/// Each step begins when the last step before it ends, unless it is given days of its own. Filed steps keep theirs.
fn lay_out(tx: &mut Tx, loaded: &Loaded, steps: &[PlanStep], start: NaiveDate, calendar: &WorkCalendar) -> Result<Vec<StepRow>> {
    let names: Vec<String> = steps.iter().map(|s| s.department.clone()).collect();
    let known = organization::departments_at_or_above(tx, &loaded.custodian, &names)?;
    let near = |d: &organization::Department| loaded.custodian.lineage().any(|id| id == d.center_id.as_str());
    let mut ends: HashMap<&str, NaiveDate> = HashMap::new();
    let mut rows = Vec::with_capacity(steps.len());
    for (i, s) in steps.iter().enumerate() {
        let sequence = i32::try_from(i).unwrap_or(0);
        let begin = s.planned_start.unwrap_or_else(|| s.depends_on.iter().filter_map(|d| ends.get(d.as_str()).copied()).max().unwrap_or(start));
        let from = clocks::utc(begin.and_hms_opt(9, 0, 0).unwrap_or_default());
        let end = s.planned_end.unwrap_or_else(|| clocks::local(calendar.deadline(from, s.limit, &[]).due).date());
        if let Some((row, _)) = loaded.plan.steps.iter().find(|(row, r)| row.code == s.code && is_begun(row, r)) {
            ends.insert(&s.code, row.planned_end.as_deref().and_then(|d| d.parse().ok()).unwrap_or(end));
            rows.push(StepRow { sequence, ..row.clone() });
            continue;
        }
        ends.insert(&s.code, end);
        let department = match s.department_id {
            // A department sees what is filed with it: only the center's own and those above it carry its matters.
            Some(id) => Some(organization::department(tx, id)?.filter(|d| near(d)).ok_or_else(|| unknown_department(i))?),
            None => known.iter().find(|d| d.name == s.department).cloned(),
        };
        if end < begin {
            let at = format!("/steps/{i}/planned_end");
            return Err(Problem::rule(&at, "before_start", "计划完成日早于开始日。", "Ends before it begins.").into());
        }
        let record = StepRecord { depends_on: s.depends_on.clone(), materials: s.materials.clone(), carrier: s.carrier, ..StepRecord::default() };
        rows.push(StepRow {
            id: Id::new(),
            entrustment_id: loaded.e.id,
            code: s.code.clone(),
            sequence,
            state: StepState::Planned,
            name: s.name.clone(),
            department: department.as_ref().map_or_else(|| s.department.clone(), |d| d.name.clone()),
            limit_value: i32::try_from(s.limit.value).unwrap_or(i32::MAX),
            limit_unit: s.limit.unit.as_str().into(),
            planned_start: Some(begin.to_string()),
            planned_end: Some(end.to_string()),
            record: Private::seal(tx.vault, &record)?,
            updated_at: tx.now,
            department_id: department.map(|d| d.id),
        });
    }
    Ok(rows)
}

fn unknown_department(step: usize) -> Problem {
    Problem::rule(&format!("/steps/{step}/department_id"), "unknown_department", "没有这个部门。", "No such department.")
}
