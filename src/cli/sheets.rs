//! The demo's assignment sheets: one in each state that a documented example begins with, each of a ticket of its own.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    entrustments::Identity,
    kernel::{Id, Target},
    sheets::{self, machine::RungState},
    tickets,
};

/// The department of the county whose handler has an account.
const DEPARTMENT: &str = "如东县市场监督管理局";

/// What becomes of a sheet before an example begins with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// There is none yet.
    Coordinated,
    Drafted,
    Issued,
    SignedIn,
    ExtensionRequested,
    Replied,
    /// Handed back twice: only the reform office says who handles it.
    Returned,
    /// Long past its deadline, with all rungs proposed.
    Late,
    /// The same, with the first one confirmed.
    Listed,
}

const SHEETS: [Until; 16] = [
    Until::Drafted,
    Until::Issued,
    Until::Issued,
    Until::SignedIn,
    Until::ExtensionRequested,
    Until::ExtensionRequested,
    Until::SignedIn,
    Until::SignedIn,
    Until::Replied,
    Until::Replied,
    Until::Drafted,
    Until::Drafted,
    Until::Coordinated,
    Until::Returned,
    Until::Late,
    Until::Listed,
];

fn identity(kind: &str, prefix: &str, n: usize) -> Identity {
    let number = format!("{prefix}-320623-20260105-{n:06}-{}", 100 + n);
    Identity { id: fixed(kind, &number), number }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Loads what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let now = tx.now;
    for (n, until) in (1..).zip(SHEETS) {
        // Their numbers stand apart from those of the demo's other tickets.
        let ticket = identity("fallback_ticket", "DD", 100 + n);
        if tickets::store::ticket(tx, ticket.id)?.is_some() {
            continue;
        }
        if matches!(until, Until::Late | Until::Listed) {
            tx.now = now.plus(TimeDelta::days(-60));
        }
        sheet(tx, n, until, ticket)?;
        tx.now = now;
    }
    while sheets::propose_due(tx, 20)? > 0 {}
    let listed = identity("assignment_sheet", "JB", SHEETS.len());
    let (inspector, none) = (actor(tx, "city_inspector")?, read(json!({}))?);
    let mut proposed = sheets::store::rungs_of(tx, &[listed.id])?.into_iter().take(1).filter(|r| r.state == RungState::Proposed);
    proposed.try_for_each(|r| sheets::confirm_rung(tx, &inspector, &Target::any(r.id), &none).map(|_| ()))
}

fn sheet(tx: &mut Tx, n: usize, until: Until, identity_of_ticket: Identity) -> Result<()> {
    let clerk = actor(tx, "rd_clerk")?;
    let ticket = identity_of_ticket.id;
    let input = json!({ "channel": "window", "contact": { "name": "反映人乙", "phone": "13900006666" },
        "content": { "title": "共享充电舱备案无处受理", "situation": "多部门均答复不属其职责，备案无法办理", "request": "请明确受理部门并办理备案", "category": "no_lead_unit" } });
    tickets::register_as(tx, &clerk, &read(input)?, Some(identity_of_ticket))?;
    coordinate(tx, ticket)?;
    if until == Until::Coordinated {
        return Ok(());
    }
    let own = identity("assignment_sheet", "JB", n);
    let at = Target::any(own.id);
    draft(tx, &clerk, ticket, Some(own))?;
    if until == Until::Drafted {
        return Ok(());
    }
    let (manager, department) = (actor(tx, "rd_manager")?, actor(tx, "rd_scjg")?);
    sheets::issue(tx, &manager, &at, &read(json!({ "opinion": "请抓紧办理" }))?)?;
    if until == Until::Returned {
        let returned = json!({ "reason": "不属于本部门职责", "suggested_unit": "如东县水务局" });
        sheets::return_(tx, &department, &at, &read(returned.clone())?)?;
        let second = draft(tx, &clerk, ticket, None)?;
        sheets::issue(tx, &manager, &Target::any(second), &read(json!({}))?)?;
        sheets::return_(tx, &department, &Target::any(second), &read(returned)?)?;
        return Ok(());
    }
    if until == Until::Issued {
        return Ok(());
    }
    let responsible = json!({ "responsible": { "name": "审批科负责人", "post": "科长", "phone": "0513-59001021" } });
    sheets::sign_in(tx, &department, &at, &read(responsible)?)?;
    if until == Until::ExtensionRequested {
        sheets::request_extension(tx, &department, &at, &read(json!({ "days": 5, "reason": "需现场勘察后会商" }))?)?;
    }
    if until == Until::Replied {
        sheets::reply(tx, &department, &at, &read(json!({ "result": "solved", "report": "已办理备案并送达" }))?)?;
    }
    Ok(())
}

/// A coordination meeting of the reform office has said who leads.
fn coordinate(tx: &mut Tx, ticket: Id) -> Result<()> {
    let (clerk, reform, at) = (actor(tx, "rd_clerk")?, actor(tx, "city_reform")?, Target::any(ticket));
    tickets::triage(tx, &clerk, &at, &read(json!({ "tier": "difficult" }))?)?;
    let meeting = json!({ "held_at": tx.now, "place": "行政服务中心三楼会议室", "departments": [fixed("department", DEPARTMENT)] });
    tickets::coordinate(tx, &reform, &at, &read(meeting)?)?;
    tickets::record_coordination(tx, &reform, &at, &read(json!({ "outcome": "由市场监管部门牵头办理备案" }))?)?;
    Ok(())
}

fn draft(tx: &mut Tx, clerk: &Actor, ticket: Id, identity: Option<Identity>) -> Result<Id> {
    let part = json!({ "department_id": fixed("department", DEPARTMENT), "matter": "核实诉求，依法办理备案" });
    Ok(sheets::draft_as(tx, clerk, &Target::any(ticket), &read(json!({ "lead": part }))?, identity)?.id)
}
