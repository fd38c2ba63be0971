//! The demo's fallback tickets: one in each state that a documented example begins with, and three in a city's demo.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    entrustments::Identity,
    kernel::{Id, Target},
    organization,
    tickets::{self, TicketReason},
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// How far a ticket of the demo has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Come {
    Registered,
    General,
    Difficult,
    Coordinating,
    Settled,
    Asked,
    Upheld,
    Proposed,
    Inadmissible,
    Objected,
}

/// Titles and what stands in the way; no persons.
const PROBLEMS: [(&str, &str, &str); 3] = [
    ("无人机低空配送站点无处备案", "拟在园区设置无人机配送起降点，多个窗口均答复不属于本部门受理。", "emerging_field"),
    ("老厂房加装货梯无法办理", "厂房建成早于现行系统，系统中没有对应的事项可以申报。", "historical_issue"),
    ("临街店铺外摆许可无人受理", "机构调整后，原承办科室撤销，接续的部门尚未明确。", "no_lead_unit"),
];

/// Nantong's: every state that an example begins with.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let come = [
        Come::Registered,
        Come::Asked,
        Come::Difficult,
        Come::Registered,
        Come::General,
        Come::Coordinating,
        Come::Settled,
        Come::Asked,
        Come::Asked,
        Come::Upheld,
        Come::Upheld,
        Come::Registered,
        Come::Proposed,
        Come::Proposed,
        Come::Inadmissible,
        Come::Objected,
        Come::Objected,
        Come::Registered,
        Come::Registered,
        Come::Registered,
    ];
    enter(tx, "320623000000", "rd_clerk", &come)
}

/// A city's: one registered, one awaiting feedback, one triaged difficult.
pub(super) fn of_city(tx: &mut Tx, root: &str) -> Result<()> {
    enter(tx, root, "city_clerk", &[Come::Registered, Come::Asked, Come::Difficult])
}

fn enter(tx: &mut Tx, division: &str, clerk: &str, come: &[Come]) -> Result<()> {
    if organization::store::center_by_division(tx, division)?.is_none() {
        return Ok(());
    }
    let prefix = division.get(..6).unwrap_or(division).to_owned();
    let actors = Actors { clerk: actor(tx, clerk)?, reform: actor(tx, "city_reform")?, system: Actor::system("demo") };
    for (n, come) in (1..).zip(come) {
        let number = format!("DD-{prefix}-20260105-{n:06}-{}", 100 + n);
        let id = fixed("fallback_ticket", &number);
        if tickets::store::ticket(tx, id)?.is_none() {
            ticket(tx, &actors, division, n, *come, Identity { id, number })?;
        }
    }
    Ok(())
}

struct Actors {
    clerk: Actor,
    reform: Actor,
    /// A center's leader, or another person, as a second one.
    system: Actor,
}

fn ticket(tx: &mut Tx, by: &Actors, division: &str, n: usize, come: Come, identity: Identity) -> Result<()> {
    let (title, situation, category) = PROBLEMS.get((n - 1) % PROBLEMS.len()).copied().unwrap_or(("", "", "other"));
    let id = identity.id;
    let input = json!({
        "center": division, "channel": "window", "contact": { "name": "反映人甲", "phone": format!("1390000{:04}", 6_000 + n) },
        "content": { "title": title, "situation": situation, "request": "请明确由谁受理、需要什么材料。", "category": category,
            "departments": [department(tx, division)?] },
    });
    tickets::register_as(tx, &by.clerk, &read(input)?, Some(identity))?;
    let at = Target::any(id);
    let triage = |tx: &mut Tx, tier: &str| tickets::triage(tx, &by.clerk, &at, &read(json!({ "tier": tier }))?).map(|_| ());
    match come {
        Come::Registered => return Ok(()),
        Come::Difficult => return triage(tx, "difficult"),
        Come::Coordinating => {
            triage(tx, "difficult")?;
            // Long past, so that what it came to can be recorded whenever the demo is started.
            let held_at = tx.now.plus(chrono::TimeDelta::hours(-1));
            tickets::coordinate(tx, &by.reform, &at, &read(json!({ "held_at": held_at }))?)?;
            return Ok(());
        }
        Come::Proposed | Come::Inadmissible | Come::Objected => {
            let proposal = json!({ "reason": "litigation", "words": "同一纠纷已由人民法院立案", "advice": "请向受理案件的人民法院查询。" });
            tickets::propose_inadmissible(tx, &by.clerk, &at, &read(proposal)?)?;
            if come != Come::Proposed {
                tickets::confirm_inadmissible(tx, &by.system, &at)?;
            }
            if come == Come::Objected {
                let reason: TicketReason = read(json!({ "reason": "诉讼已经撤回" }))?;
                tickets::object(tx, &by.clerk, &at, &reason)?;
            }
            return Ok(());
        }
        Come::General | Come::Settled | Come::Asked | Come::Upheld => triage(tx, "general")?,
    }
    if come != Come::General {
        tickets::settle(tx, &by.clerk, &at, &read(json!({ "settlement": "协调有关窗口当场受理，已告知所需材料。" }))?)?;
    }
    if matches!(come, Come::Asked | Come::Upheld) {
        tickets::ask(tx, &by.clerk, &at)?;
    }
    if come == Come::Upheld {
        let bar = json!({ "reason": "lawful_bar", "explanation": "地块在生态保护红线内，依法不得建设，已当面说明。", "basis": "有关法律的规定",
            "told_at": tx.now, "told_by": "counter" });
        tickets::uphold(tx, &by.reform, &at, &read(bar)?)?;
    }
    Ok(())
}

fn department(tx: &mut Tx, division: &str) -> Result<Id> {
    let center = organization::store::center_by_division(tx, division)?.ok_or_else(|| Error::Corrupt(division.to_owned()))?;
    Ok(organization::department_named(tx, center.id, &format!("{}市场监督管理局", center.division_name), None)?.id)
}
