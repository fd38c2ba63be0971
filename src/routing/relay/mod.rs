//! The relay shown 接力: who was responsible, what is open or over beside it, who must do what next, and how it ended, in one
//! answer; in plain words for the applicant, and as a picture (`told`).

mod parts;
mod told;

use serde::Serialize;

pub use parts::RelayLeg;
pub use told::{PublicRelay, RelayDiagram, diagram, public};

use super::{arbitration::machine::ArbitrationState, joint::machine::JointState};
use crate::{
    auth::Actor,
    clocks::{self, ClockView},
    db::{Result, Tx},
    entrustments::{self, CustodyChain, Loaded, State, StepState, custody_chain},
    kernel::{Code as _, Id, Moment},
    organization::CenterBrief,
};

/// The relay of a matter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RelayView {
    /// Which matter.
    pub entrustment_id: Id,
    /// Its number.
    pub number: String,
    /// Its state.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Who has custody.
    pub custodian: CenterBrief,
    /// Who had it, from when to when, without gap; the last link is open.
    pub chain: CustodyChain,
    /// What the relay holds open: the offer, the joint handlings, the arbitration. The applicant reads of joint handlings
    /// that were taken over.
    pub open: Vec<RelayLeg>,
    /// All of it, open and over, oldest first; transfers that moved custody are the links of the chain.
    pub legs: Vec<RelayLeg>,
    /// Limits of the matter that run or rest.
    pub clocks: Vec<ClockView>,
    /// Who must do what next; what is due first comes first.
    pub next: Vec<NextStep>,
    /// When the matter ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// How it ended, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "办结（准予）")]
    pub outcome: Option<String>,
}

/// What somebody must do next.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct NextStep {
    /// Who: a center, a department, or the applicant.
    #[schema(example = "南通市政务服务中心")]
    pub who: String,
    /// What.
    #[schema(example = "答复联办")]
    pub what: String,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// On what kind of record.
    #[schema(example = "joint_handling")]
    pub record_kind: String,
    /// Which.
    pub record_id: Id,
}

/// The relay for whoever sees the matter.
pub fn show(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<RelayView> {
    let loaded = entrustments::load_seen(tx, actor, reference)?;
    of(tx, &loaded, actor.applicant_id.is_some())
}

fn of(tx: &mut Tx, loaded: &Loaded, plain: bool) -> Result<RelayView> {
    let mut legs = parts::legs(tx, loaded)?;
    let mut next = next_of(tx, loaded)?;
    if plain {
        // Never “go to another office”: who was asked and has not taken over is the staff's.
        legs.retain(RelayLeg::is_plain);
    }
    let open: Vec<RelayLeg> = legs.iter().filter(|leg| leg.open).cloned().collect();
    next.extend(open.iter().filter(|leg| !leg.resting).map(|leg| next_of_leg(loaded, leg)));
    next.sort_by_key(|n| n.due_at.unwrap_or(Moment::NEVER));
    let clocks = clocks::of_record(tx, loaded.e.id)?.into_iter().filter(|c| c.state != "stopped").collect();
    Ok(RelayView {
        entrustment_id: loaded.e.id,
        number: loaded.e.number.clone(),
        state: loaded.e.state,
        state_label: loaded.e.state.label().into(),
        custodian: CenterBrief::from(&loaded.custodian),
        chain: custody_chain(tx, loaded.e.id)?,
        open,
        legs,
        clocks,
        next,
        ended_at: loaded.e.closed_at.filter(|_| loaded.e.state.is_final()),
        outcome: outcome(loaded),
    })
}

/// How a matter ended.
fn outcome(loaded: &Loaded) -> Option<String> {
    let details = &loaded.details;
    let (end, why) = match loaded.e.state {
        State::Closed => ("办结", details.completion.as_ref().map(|c| c.outcome.label())),
        State::Terminated => ("终止", details.termination.as_ref().map(|t| t.reason.label())),
        State::Rejected => ("不予受理", details.rejection.as_ref().map(|r| r.reason.label())),
        State::Withdrawn => ("撤回", None),
        State::Lapsed => ("因逾期未补正失效", None),
        _ => return None,
    };
    Some(why.map_or_else(|| end.to_owned(), |why| format!("{end}（{why}）")))
}

/// What somebody owes to something open.
fn next_of_leg(loaded: &Loaded, leg: &RelayLeg) -> NextStep {
    let awaiting = leg.state == JointState::AwaitingMaterials.code();
    let what = match leg.kind.as_str() {
        "transfer" => "答复转办",
        "arbitration" if leg.state == ArbitrationState::EscalatedToLeader.code() => "登记分管领导的决定",
        "arbitration" => "作出指定办理决定",
        _ if leg.state == JointState::Requested.code() => "答复联办",
        _ if awaiting => "补充联办材料",
        _ => "办理联办步骤并交回结果",
    };
    let who = if awaiting { loaded.custodian.name.clone() } else { leg.with.clone() };
    NextStep { who, what: what.into(), due_at: leg.due_at, record_kind: leg.kind.clone(), record_id: leg.id }
}

/// What the matter itself waits for.
fn next_of(tx: &mut Tx, loaded: &Loaded) -> Result<Vec<NextStep>> {
    let e = &loaded.e;
    let center = loaded.custodian.name.as_str();
    let due = e.due_at.known();
    let step = |who: &str, what: String, due_at: Option<Moment>| NextStep { who: who.into(), what, due_at, record_kind: "entrustment".into(), record_id: e.id };
    let one = |who: &str, what: &str| vec![step(who, what.into(), due)];
    Ok(match e.state {
        // A level without agency passes on what it took in; whoever was asked owes the answer.
        State::Submitted if loaded.facts.level_without_agency => {
            match (e.open_transfer_id.is_some() || loaded.facts.arbitration_open, loaded.details.returns) {
                (true, _) => Vec::new(),
                (false, 0) => one(center, "转交承办中心"),
                (false, _) => one(center, "申请指定办理"),
            }
        }
        State::Submitted => one(center, "受理"),
        State::CorrectionRequired => one("申请人", "补正材料"),
        State::Accepted if loaded.facts.agency && loaded.facts.agreement_drafted => one("申请人", "签订委托协议"),
        State::Accepted if loaded.facts.agency => one(center, "拟制委托协议"),
        State::Accepted => one(center, "开始帮办"),
        State::InProgress => in_progress(tx, loaded, &step)?,
        State::Suspended => one(center, "中止事由消除后续办"),
        State::Completed => one("申请人", "核对结果并签收"),
        State::Unclaimed => one("申请人", "领取结果并签收"),
        State::Terminating => {
            let t = loaded.details.termination.as_ref();
            let theirs = t.is_none_or(|t| t.applicant_signature.is_none()).then(|| step("申请人", "签字确认终止".into(), due));
            let ours = t.is_none_or(|t| t.center_signature.is_none()).then(|| step(center, "退还材料并签字".into(), due));
            theirs.into_iter().chain(ours).collect()
        }
        _ => Vec::new(),
    })
}

/// A few names, and how many there are.
fn listed(names: &[String]) -> String {
    match names {
        [first, second, third, _, ..] => format!("{first}、{second}、{third}等{}份", names.len()),
        few => few.join("、"),
    }
}

/// The steps that are ready, those that the authorities have, and the end when all are done.
fn in_progress(tx: &mut Tx, loaded: &Loaded, step: &dyn Fn(&str, String, Option<Moment>) -> NextStep) -> Result<Vec<NextStep>> {
    let center = loaded.custodian.name.as_str();
    let clocks = clocks::of_record(tx, loaded.e.id)?;
    let mut next = Vec::new();
    for (row, record) in loaded.plan.steps.iter().filter(|(_, record)| record.joint.is_none()) {
        let due = record.clock_id.and_then(|id| clocks.iter().find(|c| c.id == id && c.state == "running")).map(|c| c.due_at);
        match row.state {
            StepState::Planned if loaded.plan.obstacle(row, record).is_none() => next.push(step(center, format!("申报“{}”", row.name), None)),
            StepState::CorrectionAsked if loaded.plan.obstacle(row, record).is_none() => next.push(step(center, format!("补正后重新申报“{}”", row.name), None)),
            StepState::Filed => next.push(step(&row.department, format!("受理“{}”", row.name), None)),
            StepState::DeptAccepted | StepState::SpecialProcedure => next.push(step(&row.department, format!("审批“{}”", row.name), due)),
            StepState::Granted | StepState::Refused => next.push(step(center, format!("领取“{}”的结果", row.name), None)),
            _ => {}
        }
    }
    let owed = loaded.owed();
    if !owed.is_empty() {
        next.push(step("申请人", format!("提交材料：{}", listed(&owed)), None));
    }
    if loaded.plan.steps.is_empty() {
        next.push(step(center, "制定计划或登记帮办内容".into(), None));
    } else if loaded.plan.open() == 0 && loaded.facts.open_legs == 0 && (owed.is_empty() || loaded.plan.failed()) {
        next.push(step(center, "办结".into(), loaded.e.due_at.known()));
    }
    Ok(next)
}
