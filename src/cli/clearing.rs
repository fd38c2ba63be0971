//! The demo's batches and return visits: one in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    auth::Actor,
    batches,
    db::{Result, Tx},
    entrustments::Identity,
    kernel::{Id, Target},
    return_visits, tickets,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

fn identity(kind: &str, prefix: &str, n: usize) -> Identity {
    let number = format!("{prefix}-20260105-{n:06}-{}", 100 + n);
    Identity { id: fixed(kind, &number), number }
}

/// How far a batch of the demo has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Come {
    Empty,
    Filled,
    Submitted,
}

/// Loads what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let come = [Come::Empty, Come::Filled, Come::Filled, Come::Submitted, Come::Empty, Come::Empty, Come::Filled];
    for (n, come) in (1..).zip(come) {
        batch(tx, n, come)?;
    }
    // What no batch has taken in yet.
    ticket(tx, 220, false)?;
    for (n, planned) in (1..).zip([true, true, true, true, false]) {
        visit(tx, n, planned)?;
    }
    Ok(())
}

/// A ticket of the county, exceptional or cleared.
fn ticket(tx: &mut Tx, n: usize, cleared: bool) -> Result<Id> {
    let named = identity("fallback_ticket", "DD-320623", n);
    let id = named.id;
    if tickets::store::ticket(tx, id)?.is_some() {
        return Ok(id);
    }
    let clerk = actor(tx, "rd_clerk")?;
    let mut input = json!({
        "center": "320623000000", "channel": "window", "contact": { "name": "反映人乙", "phone": format!("1390001{n:04}") },
        "content": { "title": "历史遗留宗地无法确权登记", "situation": "批文与现状不一致，三个部门均无法单独处理。", "request": "请研究确权路径。", "category": "historical_issue" },
    });
    if cleared {
        input["settlement"] = json!({ "settlement": "协调登记窗口当场补录，已取得证明。" });
        input["feedback"] = json!({ "satisfied": true, "way": "counter", "signature": { "method": "handwritten", "evidence": "反馈单 0001 号" } });
    }
    tickets::register_as(tx, &clerk, &read(input)?, Some(named))?;
    if !cleared {
        tickets::triage(tx, &clerk, &Target::any(id), &read(json!({ "tier": "exceptional" }))?)?;
    }
    Ok(id)
}

fn batch(tx: &mut Tx, n: usize, come: Come) -> Result<()> {
    let named = identity("ticket_batch", "TJ-320600", n);
    let id = named.id;
    if batches::store::batch(tx, id)?.is_some() {
        return Ok(());
    }
    let reform = actor(tx, "city_reform")?;
    let month = format!("2029-{n:02}");
    batches::open_as(tx, &reform, &read(json!({ "center": "320600000000", "month": month, "summary": "提请研究历史遗留宗地确权问题" }))?, Some(named))?;
    if come == Come::Empty {
        return Ok(());
    }
    let of = ticket(tx, 200 + n, false)?;
    let at = Target::any(id);
    batches::add(tx, &reform, &at, &read(json!({ "tickets": [{ "id": of }] }))?)?;
    if come == Come::Submitted {
        batches::submit(tx, &reform, &at, &read(json!({ "document_no": "提请 2029-4 号" }))?)?;
    }
    Ok(())
}

/// Cleared tickets that no draw has chosen, so that their visits have the numbers of the examples.
const CLEARED: [usize; 5] = [302, 303, 304, 306, 307];

fn visit(tx: &mut Tx, n: usize, planned: bool) -> Result<()> {
    let Some(of) = CLEARED.get(n - 1) else { return Ok(()) };
    let of = ticket(tx, *of, true)?;
    let named = identity("return_visit", "HF-320623", n);
    if !planned || return_visits::store::visit(tx, named.id)?.is_some() {
        return Ok(());
    }
    let reform: Actor = actor(tx, "city_reform")?;
    return_visits::plan_as(tx, &reform, &read(json!({ "ticket": of, "note": "核实证明是否实际取得" }))?, Some(named))?;
    Ok(())
}
