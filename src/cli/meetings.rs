//! The demo's meetings: one in each state that a documented example begins with, about one matter of the county.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    db::{Result, Tx},
    entrustments::Identity,
    kernel::{Moment, Target},
    meetings,
};

const MATTER: &str = "DB-320623-20260105-000045-145";

fn identity(kind: &str, prefix: &str, n: usize) -> Identity {
    let number = format!("{prefix}-320623-20260105-{n:06}-{}", 100 + n);
    Identity { id: fixed(kind, &number), number }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Loads what is not there yet: 1, 2 and 5 lie ahead, 4 has begun, 3 waits for its confirmation, 6 is concluded.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let now = tx.now;
    for n in 1..=6 {
        let id = identity("meeting", "HY", n);
        if meetings::store::meeting(tx, id.id)?.is_some() {
            continue;
        }
        let ahead = matches!(n, 1 | 2 | 5);
        tx.now = if ahead { now } else { now.plus(TimeDelta::days(-4)) };
        let start = tx.now.plus(TimeDelta::days(if ahead { 30 } else { 1 }));
        call(tx, id.clone(), start)?;
        tx.now = now.plus(TimeDelta::days(-2));
        if n == 3 || n == 6 {
            minute(tx, &id, n)?;
        }
        if n == 6 {
            conclude(tx, &id, now)?;
        }
        tx.now = now;
    }
    Ok(())
}

fn call(tx: &mut Tx, id: Identity, start: Moment) -> Result<()> {
    let clerk = actor(tx, "rd_clerk")?;
    let input = json!({ "kind": "parallel_approval", "title": "供水报装并联审批会", "place": "如东县政务服务中心三楼会议室", "starts_at": start,
        "ends_at": start.plus(TimeDelta::hours(2)), "note": "请携带审查意见",
        "invitees": [{ "kind": "center", "id": "320600000000" }, { "kind": "user", "id": fixed("user", "rd_agent") }],
        "agenda": [{ "topic": "市县两级审批步骤的衔接", "entrustment": MATTER, "steps": ["A1", "A2"] }] });
    meetings::call_as(tx, &clerk, &read(input)?, Some(id)).map(|_| ())
}

fn minute(tx: &mut Tx, id: &Identity, n: usize) -> Result<()> {
    let clerk = actor(tx, "rd_clerk")?;
    // The last one is over before anybody looks: it goes to the leader in charge.
    let limits = [("working_day", 30), ("working_day", 30), ("working_day", 30), ("working_day", 30), ("working_day", 30), ("hour", 1)];
    let resolved = limits.map(|(unit, value)| {
        json!({ "agenda": 1, "owner": { "kind": "center", "id": "320600000000" }, "content": "完成所承担步骤的审查并反馈意见", "limit": { "value": value, "unit": unit } })
    });
    let resolved = if n == 6 { resolved.as_slice() } else { resolved.get(..1).unwrap_or_default() };
    let input = json!({ "minutes": "会议听取了各方意见，明确了办理顺序和时限。", "attended": [fixed("user", "rd_agent")], "resolutions": resolved });
    meetings::record_minutes(tx, &clerk, &Target::any(id.id), &read(input)?).map(|_| ())
}

/// 2 and 3 were reported as carried out, 6 is late.
fn conclude(tx: &mut Tx, id: &Identity, now: Moment) -> Result<()> {
    let (manager, city) = (actor(tx, "rd_manager")?, actor(tx, "city_clerk")?);
    let resolutions: Vec<Identity> = (1..=6).map(|n| identity("resolution", "JY", n)).collect();
    meetings::conclude_as(tx, &manager, &Target::any(id.id), &resolutions)?;
    tx.now = now;
    for done in resolutions.iter().skip(1).take(2) {
        meetings::carry_out(tx, &city, &Target::any(done.id), &read(json!({ "report": "已完成审查并反馈意见" }))?)?;
    }
    meetings::escalate_due(tx, 20).map(|_| ())
}
