//! The demo's joint handlings, arbitrations, reminders and forms: one in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    auth::{Caller, SubjectKind},
    db::{Result, Tx},
    entrustments::{self, Identity, StepAct},
    forms,
    kernel::{Id, Problem, Target},
    ledgers, reminders,
    routing::{self, arbitration, joint},
};

/// The county's matter whose steps the city carries.
const MATTER: &str = "DB-320623-20260105-000045-145";

fn identity(kind: &str, number: &str) -> Identity {
    Identity { id: fixed(kind, number), number: number.to_owned() }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Loads what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    take_along(tx)?;
    for n in 1..=11 {
        leg(tx, n)?;
    }
    for n in 47..=51 {
        dispute(tx, n)?;
    }
    for n in 1..=3 {
        urge(tx, n)?;
    }
    for n in 1..=4 {
        form(tx, n)?;
    }
    Ok(())
}

/// Forms of the same matter: one to read, one to sign, one to send for signing, one to void; each stands for an act of its own.
fn form(tx: &mut Tx, n: u32) -> Result<()> {
    let number = format!("WS-320623-20260105-{n:06}-{}", 100 + n);
    if forms::store::form(tx, fixed("form", &number))?.is_some() {
        return Ok(());
    }
    let agent = actor(tx, "rd_agent")?;
    let e = entrustments::store::entrustment(tx, fixed("entrustment", MATTER))?.ok_or_else(Problem::not_found)?;
    let leg = fixed("joint_handling", "LB-320623-20260105-000001-101");
    let (kind, about) = match n {
        1 => (forms::FormKind::Plan, None),
        2 => (forms::FormKind::Application, None),
        3 => (forms::FormKind::Receipt, None),
        _ => (forms::FormKind::JointRequest, Some(leg)),
    };
    forms::issue_as(tx, &agent, &e, &forms::IssueInput { kind, about }, Some(identity("form", &number)))?;
    Ok(())
}

/// The agent has ordered a ledger; the server makes it when it starts.
fn take_along(tx: &mut Tx) -> Result<()> {
    let id = fixed("export", "entrustments");
    if ledgers::store::export(tx, id)?.is_some() {
        return Ok(());
    }
    let agent = actor(tx, "rd_agent")?;
    let caller = Caller { kind: SubjectKind::User, id: fixed("user", "rd_agent"), session: None, client: "demo".into(), level: None, generation: None };
    let order: ledgers::ExportInput = read(json!({ "ledger": "entrustments", "format": "xlsx", "reason": "演示：本人经手的台账" }))?;
    ledgers::order_as(tx, &agent, &caller, &order, id)?;
    Ok(())
}

/// The city is urged about the legs 3 to 5, which it carries.
fn urge(tx: &mut Tx, n: u32) -> Result<()> {
    let number = format!("CB-320623-20260105-{n:06}-{}", 100 + n);
    let id = fixed("reminder", &number);
    if reminders::store::reminder(tx, id)?.is_some() {
        return Ok(());
    }
    let agent = actor(tx, "rd_agent")?;
    let leg = fixed("joint_handling", &format!("LB-320623-20260105-{:06}-{}", n + 2, n + 102));
    let item: reminders::SendItem = read(json!({ "entrustment": MATTER, "open": leg, "message": "距承诺办结还有两个工作日，请尽快办理" }))?;
    reminders::send_as(tx, &agent, &item, Some(identity("reminder", &number)))?;
    Ok(())
}

/// How far the city has come with the step `A1` … `A11` of the same number.
fn leg(tx: &mut Tx, n: u32) -> Result<()> {
    let number = format!("LB-320623-20260105-{n:06}-{}", 100 + n);
    let id = fixed("joint_handling", &number);
    if joint::store::joint_handling(tx, id)?.is_some() {
        return Ok(());
    }
    let step = format!("A{n}");
    let (county, city, agent) = (actor(tx, "rd_agent")?, actor(tx, "city_clerk")?, actor(tx, "city_agent1")?);
    let input: joint::JointInput = read(json!({ "to": "320600000000", "steps": [step], "reason": "属市级审批，请协调市级部门办理", "papers": ["申请表"] }))?;
    joint::request_as(tx, &county, &Target::any(fixed("entrustment", MATTER)), &input, Some(identity("joint_handling", &number)))?;
    let at = Target::any(id);
    // 1, 2 and 11 wait for their answer.
    if !(3..=10).contains(&n) {
        return Ok(());
    }
    joint::accept(tx, &city, &at, &read(json!({ "assignee_id": fixed("user", "city_agent1") }))?)?;
    if n == 6 {
        joint::ask_materials(tx, &agent, &at, &read(json!({ "note": "请补充授权委托书原件" }))?)?;
    }
    if n == 8 || n == 9 {
        for (act, report) in [
            (StepAct::File, json!({ "receipt_no": "收-1" })),
            (StepAct::Accept, json!({ "acceptance_no": "受-1", "evidence": "受理通知书照片" })),
            (StepAct::Grant, json!({ "result_no": "准-1", "evidence": "决定书照片" })),
        ] {
            joint::record_step(tx, &agent, &at, &step, act, &read(report)?)?;
        }
    }
    if n == 9 {
        joint::hand_back(tx, &agent, &at, &read(json!({ "step": step, "papers": ["批复正本"] }))?)?;
    }
    Ok(())
}

/// Whose the matter is, between two counties; the last was decided.
fn dispute(tx: &mut Tx, n: u32) -> Result<()> {
    let number = format!("ZD-320600-20260105-{n:06}-{}", 100 + n);
    let id: Id = fixed("arbitration", &number);
    if arbitration::store::arbitration(tx, id)?.is_some() {
        return Ok(());
    }
    let manager = actor(tx, "rd_manager")?;
    let matter = fixed("entrustment", &format!("DB-320623-20260105-{n:06}-{}", 100 + n));
    let input: arbitration::AskInput = read(json!({ "with": ["320613000000"], "reason": "项目跨如东县和崇川区，双方均认为属对方承办" }))?;
    arbitration::ask_as(tx, &manager, &Target::any(matter), &input, Some(identity("arbitration", &number)))?;
    if n == 51 {
        let decider = actor(tx, "city_manager")?;
        let input: routing::DecisionInput = read(json!({ "kind": "keep", "reason": "申请人住所在如东县，由如东县承办" }))?;
        routing::decide(tx, &decider, &Target::any(id), &input)?;
    }
    Ok(())
}
