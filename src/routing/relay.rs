//! The relay shown 接力: who was responsible, what is open beside it, and who must do what next, in one answer; in plain
//! words for the applicant; and as a picture.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    arbitration::{self, machine::ArbitrationState},
    joint::{self, machine::JointState, store::JointHandling},
    transfers::{self, machine::TransferState},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockView},
    db::{Result, Tx},
    entrustments::{self, CustodyChain, Entrustment, Loaded, State, StepState, custody_chain},
    kernel::{Code as _, Id, Moment},
    organization::{self, CenterBrief, Department},
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
    pub open: Vec<OpenLeg>,
    /// Limits of the matter that run or rest.
    pub clocks: Vec<ClockView>,
    /// Who must do what next; what is due first comes first.
    pub next: Vec<NextStep>,
}

/// Something that the relay holds open.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct OpenLeg {
    /// `transfer`, `joint_handling` or `arbitration`.
    #[schema(example = "joint_handling")]
    pub kind: String,
    /// In Chinese.
    pub kind_label: String,
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// With whom it is.
    pub with: String,
    /// State's code.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// Codes of the steps, of a joint handling.
    pub steps: Vec<String>,
    /// Due at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
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
    let mut open = open_legs(tx, loaded)?;
    let mut next = next_of(tx, loaded)?;
    for leg in &open {
        next.extend(next_of_leg(loaded, leg));
    }
    if plain {
        // Never “go to another office”: who was asked and has not taken over is the staff's.
        open.retain(|leg| leg.kind == "joint_handling" && leg.state != JointState::Requested.code());
        next.retain(|n| n.record_kind == "entrustment" || open.iter().any(|leg| leg.id == n.record_id));
    }
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
        clocks,
        next,
    })
}

fn carrier(row: &JointHandling, centers: &[CenterBrief], departments: &[Department]) -> String {
    match row.department_id {
        Some(id) => departments.iter().find(|d| d.id == id).map(|d| d.name.clone()),
        None => centers.iter().find(|c| c.id == row.to_center_id).map(|c| c.name.clone()),
    }
    .unwrap_or_default()
}

fn open_legs(tx: &mut Tx, loaded: &Loaded) -> Result<Vec<OpenLeg>> {
    let mut open = Vec::new();
    if let Some(id) = loaded.e.open_transfer_id
        && let Some(t) = transfers::store::transfer(tx, id)?.filter(|t| t.state == TransferState::Offered)
    {
        let with = organization::load(tx, t.to_center_id)?.name;
        open.push(leg("transfer", "转办", (t.id, t.number, with), (t.state.code(), t.state.label()), t.due_at));
    }
    let legs: Vec<JointHandling> = joint::store::of_matter(tx, loaded.e.id)?.into_iter().filter(|row| row.state.is_open()).collect();
    let centers = organization::briefs(tx, &legs.iter().map(|row| row.to_center_id).collect::<Vec<_>>())?;
    let departments = organization::store::departments_by_id(tx, &legs.iter().filter_map(|row| row.department_id).collect::<Vec<_>>())?;
    for row in legs {
        let with = carrier(&row, &centers, &departments);
        let steps = row.steps.get()?;
        let made = leg("joint_handling", "联办", (row.id, row.number, with), (row.state.code(), row.state.label()), row.due_at);
        open.push(OpenLeg { steps, ..made });
    }
    if let Some(running) = &loaded.details.arbitration
        && let Some(a) = arbitration::store::arbitration(tx, running.id)?.filter(|a| a.state.is_open())
    {
        let with = arbitration::decider_name(tx, &a)?;
        open.push(leg("arbitration", "指定办理", (a.id, a.number, with), (a.state.code(), a.state.label()), a.due_at));
    }
    Ok(open)
}

fn leg(kind: &str, label: &str, (id, number, with): (Id, String, String), (state, state_label): (&str, &str), due_at: Moment) -> OpenLeg {
    OpenLeg {
        kind: kind.into(),
        kind_label: label.into(),
        id,
        number,
        with,
        state: state.into(),
        state_label: state_label.into(),
        steps: Vec::new(),
        due_at: due_at.known(),
    }
}

/// What somebody owes to something open.
fn next_of_leg(loaded: &Loaded, leg: &OpenLeg) -> Option<NextStep> {
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
    Some(NextStep { who, what: what.into(), due_at: leg.due_at, record_kind: leg.kind.clone(), record_id: leg.id })
}

/// What the matter itself waits for.
fn next_of(tx: &mut Tx, loaded: &Loaded) -> Result<Vec<NextStep>> {
    let e = &loaded.e;
    let center = loaded.custodian.name.as_str();
    let due = e.due_at.known();
    let step = |who: &str, what: String, due_at: Option<Moment>| NextStep { who: who.into(), what, due_at, record_kind: "entrustment".into(), record_id: e.id };
    let one = |who: &str, what: &str| vec![step(who, what.into(), due)];
    Ok(match e.state {
        State::Submitted => one(center, "受理"),
        State::CorrectionRequired => one("申请人", "补正材料"),
        State::Accepted if loaded.facts.agency && loaded.facts.agreement_drafted => one("申请人", "签订委托协议"),
        State::Accepted if loaded.facts.agency => one(center, "拟制委托协议"),
        State::Accepted => one(center, "开始帮办"),
        State::InProgress => in_progress(tx, loaded, &step)?,
        State::Suspended => one(center, "中止事由消除后续办"),
        State::Completed => one("申请人", "核对结果并签收"),
        State::Unclaimed => one("申请人", "领取结果并签收"),
        State::Terminating => vec![step("申请人", "签字确认终止".into(), due), step(center, "退还材料并签字".into(), due)],
        _ => Vec::new(),
    })
}

/// The steps that are ready, those that the authorities have, and the end when all are done.
fn in_progress(tx: &mut Tx, loaded: &Loaded, step: &dyn Fn(&str, String, Option<Moment>) -> NextStep) -> Result<Vec<NextStep>> {
    let center = loaded.custodian.name.as_str();
    let clocks = clocks::of_record(tx, loaded.e.id)?;
    let mut next = Vec::new();
    for (row, record) in loaded.plan.steps.iter().filter(|(_, record)| record.joint.is_none()) {
        let due = record.clock_id.and_then(|id| clocks.iter().find(|c| c.id == id && c.state == "running")).map(|c| c.due_at);
        match row.state {
            StepState::Planned if loaded.plan.before(record).next().is_none() => next.push(step(center, format!("申报“{}”", row.name), None)),
            StepState::CorrectionAsked => next.push(step(center, format!("补正后重新申报“{}”", row.name), None)),
            StepState::Filed => next.push(step(&row.department, format!("受理“{}”", row.name), None)),
            StepState::DeptAccepted | StepState::SpecialProcedure => next.push(step(&row.department, format!("审批“{}”", row.name), due)),
            StepState::Granted | StepState::Refused => next.push(step(center, format!("领取“{}”的结果", row.name), None)),
            _ => {}
        }
    }
    if loaded.plan.steps.is_empty() {
        next.push(step(center, "制定计划或登记帮办内容".into(), None));
    } else if loaded.plan.open() == 0 && loaded.facts.open_legs == 0 {
        next.push(step(center, "办结".into(), loaded.e.due_at.known()));
    }
    Ok(next)
}

/// The relay in plain words, for who proves to be the applicant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicRelay {
    /// Number of the matter.
    pub number: String,
    /// Who serves the applicant now.
    pub handled_by: String,
    /// One sentence for each link and for each part that others carry.
    #[schema(example = json!(["2026-11-23 起由南通市政务服务中心为您办理。", "2026-11-24 起由如东县政务服务中心接续办理。"]))]
    pub story: Vec<String>,
    /// One sentence for each thing that is waited for.
    #[schema(example = json!(["下一步：申请人核对结果并签收。"]))]
    pub next: Vec<String>,
}

/// The public version.
pub fn public(tx: &mut Tx, e: &Entrustment) -> Result<PublicRelay> {
    let loaded = entrustments::load_behind(tx, e.id)?;
    let relay = of(tx, &loaded, true)?;
    let mut story: Vec<String> = Vec::new();
    for link in &relay.chain.items {
        let verb = if link.sequence == 1 { "为您办理" } else { "接续办理" };
        story.push(format!("{} 起由{}{verb}。", link.from.local_date(), link.center.name));
    }
    story.extend(relay.open.iter().map(|leg| format!("{}正在联合办理有关步骤。", leg.with)));
    let next = relay.next.iter().map(|n| match n.due_at {
        Some(due) => format!("下一步：{}{}（{}前）。", n.who, n.what, due.local_date()),
        None => format!("下一步：{}{}。", n.who, n.what),
    });
    Ok(PublicRelay { next: next.collect(), number: relay.number, handled_by: relay.custodian.name, story })
}

/// A picture of the relay, to be drawn by Mermaid.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RelayDiagram {
    /// Text of a Mermaid flowchart.
    #[schema(example = "flowchart LR\n  c1[\"南通市政务服务中心\"] -->|转办| c2[\"如东县政务服务中心\"]")]
    pub mermaid: String,
}

/// The picture: the chain as a line, what is open beside the custodian.
pub fn diagram(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<RelayDiagram> {
    let loaded = entrustments::load_seen(tx, actor, reference)?;
    let relay = of(tx, &loaded, actor.applicant_id.is_some())?;
    let mut text = String::from("flowchart LR\n");
    let mut last = 0;
    for link in &relay.chain.items {
        let n = link.sequence;
        let until = link.to.map_or_else(|| "至今".to_owned(), |to| format!("至 {}", to.local_date()));
        let _ = writeln!(text, "  c{n}[\"{}<br/>{} {until}\"]", safe(&link.center.name), link.from.local_date());
        if last > 0 {
            let _ = writeln!(text, "  c{last} -->|{}| c{n}", link.cause_label);
        }
        last = n;
    }
    for (i, leg) in relay.open.iter().enumerate() {
        let label = if leg.steps.is_empty() { leg.kind_label.clone() } else { format!("{} {}", leg.kind_label, leg.steps.join(" ")) };
        let _ = writeln!(text, "  o{i}(\"{}<br/>{}\")", safe(&leg.with), leg.state_label);
        let _ = writeln!(text, "  c{last} -.->|{}| o{i}", safe(&label));
    }
    let _ = writeln!(text, "  style c{last} stroke-width:3px");
    Ok(RelayDiagram { mermaid: text })
}

/// Text inside a label: what would end it, or be markup, is taken out.
fn safe(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '"' | '|' | '<' | '>' | '#' | ';' | '\n')).collect()
}
