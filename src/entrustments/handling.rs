//! The desk: accept, correct, assign, start, report, suspend, resume.

use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    closing::{self, ON_SUSPENDED},
    facts::{Acceptance, ApplicantReason, Difficulty, PastDifficulty, Rejection, Suspension},
    load::{self, Loaded, Told, load_for, save},
    machine::{Action, State, StepState},
    model::{RejectReason, SuspendReason},
    steps::{self, StepCommand},
    views::{EntrustmentView, view},
};
use crate::{
    auth::{Actor, Role, store as accounts},
    catalogue::{Mode, published_version},
    clocks::{self, ClockKind, Limit},
    db::{Result, Tx},
    events::Audience,
    kernel::{Code as _, Id, Problem, Target},
    organization::{self, team},
};

/// Acceptance (text 002): all three must be true.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "process_explained": true, "papers_verified": true, "form_signed": true }))]
pub struct AcceptInput {
    /// The process was explained.
    #[schema(example = true)]
    pub process_explained: bool,
    /// The papers were verified.
    #[schema(example = true)]
    pub papers_verified: bool,
    /// The application form is signed.
    #[schema(example = true)]
    pub form_signed: bool,
    /// The agent who shall carry it.
    #[serde(default)]
    pub assignee_id: Option<Id>,
}

/// Accepts a matter for the center; this is not the authority's acceptance.
pub fn accept(tx: &mut Tx, actor: &Actor, target: &Target, input: &AcceptInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Accept, target)?;
    accept_loaded(tx, actor, &mut loaded, input)?;
    view(tx, actor, loaded)
}

/// Acceptance of a matter already loaded: accepting a transfer may accept the matter in the same transaction.
pub fn accept_loaded(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, input: &AcceptInput) -> Result<()> {
    let next = loaded.decide(actor, Action::Accept)?;
    for (done, at, zh) in [
        (input.process_explained, "/process_explained", "受理前须向申请人说明办理流程。"),
        (input.papers_verified, "/papers_verified", "受理前须核对申请材料。"),
        (input.form_signed || loaded.details.form_signature.is_some(), "/form_signed", "受理前须由申请人签署申请表。"),
    ] {
        if !done {
            return Err(Problem::rule(at, "required_before_acceptance", zh, "Must be done before acceptance.").into());
        }
    }
    if let Some(agent) = input.assignee_id {
        loaded.e.assignee_id = Some(agent_of(tx, loaded, agent)?);
    }
    loaded.e.state = next;
    loaded.details.acceptance = Some(Acceptance { at: tx.now, by: actor.id });
    loaded.details.eligibility = loaded.judged.take();
    clocks::stop(tx, loaded.e.id, &[ClockKind::Accept, ClockKind::Supply])?;
    let params = json!({ "center": loaded.custodian.name });
    save(tx, actor, loaded, Told::new("accepted", Audience::Public, params))?;
    match input.assignee_id {
        Some(agent) => load::tell(tx, actor, &loaded.e, Told::new("assigned", Audience::Staff, json!({ "assignee_id": agent }))),
        None => Ok(()),
    }
}

/// An agent of the custodian, by id.
pub fn agent_of(tx: &mut Tx, loaded: &Loaded, agent: Id) -> Result<Id> {
    agent_at(tx, loaded.e.custodian_id, agent)
}

/// An agent of a center who is there.
pub fn agent_at(tx: &mut Tx, center: Id, agent: Id) -> Result<Id> {
    let known = accounts::holders(tx, Role::Agent, center.as_str())?.contains(&agent);
    if !known || accounts::user(tx, agent)?.is_none_or(|u| u.status != "active") {
        return Err(Problem::rule("/assignee_id", "not_an_agent_here", "该人员不是本中心在岗的帮办代办专员。", "Not an agent of the custodian center.").into());
    }
    let away = team::profiles(tx, &[agent])?.pop().filter(|p| p.absent);
    if let Some(away) = away {
        let deputy = away.deputy_id.map(|id| organization::name_of(tx, id)).transpose()?.map_or_else(String::new, |name| format!("，由{name}代班"));
        return Err(Problem::rule("/assignee_id", "absent", format!("该专员此刻不在岗{deputy}。"), "The agent is away.").into());
    }
    Ok(agent)
}

/// Names the agent of a matter already loaded.
pub fn assign_loaded(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, agent: Id, reason: &str) -> Result<()> {
    let from = loaded.e.assignee_id;
    loaded.e.assignee_id = Some(agent_of(tx, loaded, agent)?);
    let told = Told::new("assigned", Audience::Staff, json!({ "assignee_id": agent, "from_id": from }));
    save(tx, actor, loaded, if reason.is_empty() { told } else { told.saying(reason) })
}

/// Who shall carry it.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignInput {
    /// An agent of the custodian.
    pub assignee_id: Id,
    /// Why, where another carried it before.
    #[serde(default)]
    #[validate(length(max = 300))]
    #[schema(max_length = 300, example = "原专员借调")]
    pub reason: String,
}

/// Assigns or reassigns the agent.
pub fn assign(tx: &mut Tx, actor: &Actor, target: &Target, input: &AssignInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Assign, target)?;
    loaded.decide(actor, Action::Assign)?;
    assign_loaded(tx, actor, &mut loaded, input.assignee_id, &input.reason)?;
    view(tx, actor, loaded)
}

/// The applicant has supplied what was missing.
pub fn resubmit(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Resubmit, target)?;
    loaded.e.state = loaded.decide(actor, Action::Resubmit)?;
    clocks::stop(tx, loaded.e.id, &[ClockKind::Supply])?;
    clocks::start(tx, "entrustment", loaded.e.id, ClockKind::Accept, loaded.rules.accept_limit)?;
    loaded.e.reminders = 0;
    save(tx, actor, &mut loaded, Told::new("resubmitted", Audience::Public, json!({})))?;
    view(tx, actor, loaded)
}

/// Reminds the applicant of missing material; two reminders come before lapsing.
pub fn remind(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Remind, target)?;
    loaded.decide(actor, Action::Remind)?;
    loaded.e.reminders += 1;
    let params = json!({ "count": loaded.e.reminders });
    save(tx, actor, &mut loaded, Told::new("reminded", Audience::Applicant, params))?;
    view(tx, actor, loaded)
}

/// Missing material was not supplied: reminders were sent and its limit has passed.
pub fn lapse(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Lapse, target)?;
    loaded.e.state = loaded.decide(actor, Action::Lapse)?;
    closing::end(tx, actor, &mut loaded, Told::new("lapsed", Audience::Public, json!({})))?;
    view(tx, actor, loaded)
}

/// Why not.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectInput {
    /// Listed reason.
    pub reason: RejectReason,
    /// In words, with advice where to go instead.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "该事项由行业主管部门直接受理，请前往该部门窗口")]
    pub note: String,
}

/// The center does not take the matter.
pub fn reject(tx: &mut Tx, actor: &Actor, target: &Target, input: &RejectInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Reject, target)?;
    loaded.e.state = loaded.decide(actor, Action::Reject)?;
    loaded.details.rejection = Some(Rejection { reason: input.reason, note: input.note.clone() });
    let params = json!({ "reason": input.reason.label() });
    closing::end(tx, actor, &mut loaded, Told::new("rejected", Audience::Public, params).saying(&input.note))?;
    view(tx, actor, loaded)
}

/// The applicant takes the matter back; an open offer falls with it.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target, input: &ApplicantReason) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Withdraw, target)?;
    loaded.e.state = loaded.decide(actor, Action::Withdraw)?;
    loaded.details.withdrawal = Some(closing::said(tx, actor, &loaded, input)?);
    closing::end(tx, actor, &mut loaded, Told::new("withdrawn", Audience::Public, json!({})).saying(&input.reason))?;
    view(tx, actor, loaded)
}

/// Another way of help.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeInput {
    /// The new mode.
    pub mode: Mode,
}

/// Changes the mode: who is not eligible for agency is offered assistance, not a rejection.
pub fn change_mode(tx: &mut Tx, actor: &Actor, target: &Target, input: &ModeInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::ChangeMode, target)?;
    loaded.decide(actor, Action::ChangeMode)?;
    let offered = published_version(tx, loaded.e.item_id, loaded.e.item_version)?.modes;
    if !offered.is_empty() && !offered.contains(&input.mode) {
        return Err(Problem::rule("/mode", "mode_not_offered", "该事项不提供这种方式。", "The item is not offered in this mode.").into());
    }
    if loaded.e.state == State::Accepted && input.mode != Mode::Assisted {
        let judged = load::judge(tx, &loaded.e, &loaded.custodian, input.mode)?;
        if !judged.eligible {
            return Err(Problem::rule("/mode", "not_eligible", judged.explanation, "The applicant does not qualify for agency.").into());
        }
        loaded.details.eligibility = Some(judged);
    }
    let params = json!({ "from": loaded.e.mode, "to": input.mode });
    loaded.e.mode = input.mode;
    if loaded.e.agreement_state != "none" {
        super::agreement::supersede(tx, loaded.e.id)?;
        loaded.e.agreement_state = "none".into();
        clocks::stop(tx, loaded.e.id, &[ClockKind::SignAgreement])?;
    }
    loaded.facts.agency = input.mode != Mode::Assisted;
    save(tx, actor, &mut loaded, Told::new("mode_changed", Audience::Applicant, params))?;
    view(tx, actor, loaded)
}

/// Starts helping: assisted matters need no agreement.
pub fn start(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Start, target)?;
    loaded.e.state = loaded.decide(actor, Action::Start)?;
    save(tx, actor, &mut loaded, Told::new("started", Audience::Public, json!({})))?;
    view(tx, actor, loaded)
}

/// Progress as it is told.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressInput {
    /// What was done.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "已完成现场踏勘")]
    pub note: String,
    /// What blocks now 堵点; the one before, if any, is over. Absent: as it was.
    #[serde(default)]
    #[validate(nested)]
    pub difficulty: Option<Difficulty>,
    /// Nothing blocks any more.
    #[serde(default)]
    pub difficulty_resolved: bool,
    /// Acts of steps to be recorded with it, in order.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub steps: Vec<StepCommand>,
    /// Whether the applicant reads it.
    #[serde(default)]
    pub notify_applicant: bool,
}

/// Reports progress and difficulties.
pub fn progress(tx: &mut Tx, actor: &Actor, target: &Target, input: &ProgressInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Progress, target)?;
    loaded.decide(actor, Action::Progress)?;
    for (i, c) in input.steps.iter().enumerate() {
        // A refusal names the step that it is about.
        steps::record_step(tx, actor, &Target::any(loaded.e.id), &c.step, c.act, &c.report).map_err(|e| steps::at_step(e, i))?;
    }
    if !input.steps.is_empty() {
        loaded = load_for(tx, actor, Action::Progress, &Target::any(loaded.e.id))?;
    }
    if input.difficulty.as_ref().is_some_and(|d| d.since > tx.now) {
        return Err(Problem::rule("/difficulty/since", "in_the_future", "堵点的起始时间不能晚于现在。", "Must not lie in the future.").into());
    }
    if input.difficulty_resolved || input.difficulty.is_some() {
        if let Some(over) = loaded.details.difficulty.take() {
            loaded.details.difficulties.push(PastDifficulty { difficulty: over, resolved_at: tx.now });
        }
        loaded.details.difficulty.clone_from(&input.difficulty);
    }
    if input.notify_applicant {
        // Told: the next time is counted from now.
        clocks::stop(tx, loaded.e.id, &[ClockKind::Feedback])?;
    }
    let audience = if input.notify_applicant { Audience::Applicant } else { Audience::Staff };
    let params = json!({ "blocked": loaded.details.difficulty.is_some() });
    save(tx, actor, &mut loaded, Told::new("progressed", audience, params).saying(&input.note))?;
    view(tx, actor, loaded)
}

/// 中止.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "awaiting_third_party", "note": "等待检测单位出具报告", "days": 10 }))]
pub struct SuspendInput {
    /// Listed reason.
    pub reason: SuspendReason,
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "等待环评单位出具报告")]
    pub note: String,
    /// Natural days at most; the city sets the longest.
    #[validate(range(min = 1, max = 365))]
    #[schema(minimum = 1, maximum = 365, example = 10)]
    pub days: u32,
}

const PAUSED_BY_SUSPENSION: &[ClockKind] = &[ClockKind::Promise, ClockKind::SignAgreement, ClockKind::Supply, ClockKind::Deferral];

/// Suspends: the clocks stop.
pub fn suspend(tx: &mut Tx, actor: &Actor, target: &Target, input: &SuspendInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Suspend, target)?;
    loaded.e.state = loaded.decide(actor, Action::Suspend)?;
    let longest = loaded.rules.suspension_days;
    if input.days > longest {
        let zh = format!("一次中止最长 {longest} 个自然日。");
        return Err(Problem::rule("/days", "too_long", zh, format!("At most {}.", crate::kernel::counted(longest, "natural day"))).into());
    }
    clocks::pause(tx, loaded.e.id, PAUSED_BY_SUSPENSION)?;
    ON_SUSPENDED.get().map_or(Ok(()), |hook| hook(tx, loaded.e.id, true))?;
    let until = clocks::start(tx, "entrustment", loaded.e.id, ClockKind::Suspension, Limit::natural_days(input.days))?;
    loaded.details.suspension = Some(Suspension { reason: input.reason, note: input.note.clone(), from: tx.now, until, resumed_at: None, by: actor.id });
    let params = json!({ "reason": input.reason.label(), "until": until });
    save(tx, actor, &mut loaded, Told::new("suspended", Audience::Public, params).saying(&input.note))?;
    view(tx, actor, loaded)
}

/// Resumes 续办: the clocks run on.
pub fn resume(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Resume, target)?;
    loaded.e.state = loaded.decide(actor, Action::Resume)?;
    clocks::stop(tx, loaded.e.id, &[ClockKind::Suspension])?;
    // A special procedure keeps the promise paused by itself.
    let special = loaded.plan.steps.iter().any(|(s, _)| s.state == StepState::SpecialProcedure);
    let kinds: Vec<ClockKind> = PAUSED_BY_SUSPENSION.iter().copied().filter(|k| !(special && *k == ClockKind::Promise)).collect();
    clocks::resume(tx, loaded.e.id, &kinds)?;
    super::materials::follow_clocks(tx, &mut loaded)?;
    ON_SUSPENDED.get().map_or(Ok(()), |hook| hook(tx, loaded.e.id, false))?;
    if let Some(s) = &mut loaded.details.suspension {
        s.resumed_at = Some(tx.now);
    }
    save(tx, actor, &mut loaded, Told::new("resumed", Audience::Public, json!({})))?;
    view(tx, actor, loaded)
}
