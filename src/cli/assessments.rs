//! The demo's assessments: schemes for counties and for people, and one assessment in each state that a documented example
//! begins with.

use chrono::{Datelike as _, Months, TimeDelta};
use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    assessments::{self, store},
    auth::Actor,
    db::{Result, Tx},
    entrustments::Identity,
    kernel::{Id, Moment, Target},
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

fn linear(code: &str, indicator: &str, weight: u32, floor: f64, target: f64) -> Value {
    json!({ "code": code, "indicator": indicator, "weight": weight, "rule": { "kind": "linear", "floor": floor, "target": target }, "minimum": 1 })
}

/// How counties are assessed: the work, its quality, what applicants say of it (text 000, part 4).
fn of_counties() -> Value {
    let late = json!({ "code": "overdue", "indicator": "overdue_matters", "weight": 10, "rule": { "kind": "deduct", "per_unit": 5.0, "free": 0.0 } });
    json!({
        "lines": [
            linear("on_time", "on_time_rate", 20, 60.0, 100.0),
            linear("accept", "accept_on_time_rate", 10, 60.0, 100.0),
            linear("accept_hours", "accept_hours", 10, 48.0, 8.0),
            late,
            linear("satisfaction", "satisfaction_rate", 15, 60.0, 100.0),
            linear("follow_ups", "follow_up_on_time_rate", 10, 60.0, 100.0),
            linear("clearance", "clearance_rate", 10, 50.0, 100.0),
            linear("sheets", "sheet_on_time_rate", 5, 50.0, 100.0),
            linear("returns", "return_rate", 5, 50.0, 0.0),
            linear("training", "training_hours", 5, 0.0, 40.0)
        ],
        "bonus_cap": 5, "malus_cap": 10, "grades": { "excellent": 90, "good": 80, "pass": 60 }
    })
}

/// How agents are assessed.
fn of_people() -> Value {
    json!({
        "lines": [
            linear("volume", "completed_matters", 30, 0.0, 20.0),
            linear("on_time", "on_time_rate", 30, 60.0, 100.0),
            linear("satisfaction", "staff_satisfaction_rate", 20, 60.0, 100.0),
            linear("training", "training_hours", 20, 0.0, 16.0)
        ],
        "bonus_cap": 5, "malus_cap": 10, "grades": { "excellent": 90, "good": 80, "pass": 60 }
    })
}

/// The schemes of a city that has none yet.
pub(super) fn schemes(tx: &mut Tx, division: &str, by: &Actor) -> Result<()> {
    for (kind, level, name, content) in
        [("center", Some("county"), "县（市、区）代办帮办工作考评办法", of_counties()), ("staff", None, "代办帮办人员考评办法", of_people())]
    {
        let id = fixed("assessment_scheme", &format!("{division} {kind}"));
        if store::scheme(tx, id)?.is_none() {
            let scheme = json!({ "center": division, "name": name, "subject_kind": kind, "level": level, "content": content });
            assessments::create_scheme(tx, by, &read(scheme)?, id)?;
            assessments::publish_scheme(tx, by, &Target::any(id))?;
        }
    }
    Ok(())
}

const CITY: &str = "320600000000";

/// Loads what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let reform = actor(tx, "city_reform")?;
    schemes(tx, CITY, &reform)?;
    let now = tx.now;
    let done = (1..=7).try_for_each(|n| assessment(tx, n, now));
    tx.now = now;
    done?;
    // Edited and not published: the example publishes it.
    let id = fixed("assessment_scheme", &format!("{CITY} staff"));
    if store::scheme(tx, id)?.is_some_and(|row| row.version == 2) {
        let edit = json!({ "name": "代办帮办人员考评办法", "content": of_people() });
        assessments::edit_scheme(tx, &reform, &Target::any(id), &read(edit)?)?;
    }
    Ok(())
}

/// 1 and 2 wait for publication, 3 and 4 are published, 5 may be frozen, 6 is frozen, 7 is to be withdrawn; of the n-th month back.
fn assessment(tx: &mut Tx, n: u32, now: Moment) -> Result<()> {
    let number = format!("KP-320600-20260105-{n:06}-{}", 100 + n);
    let id = fixed("assessment", &number);
    if store::assessment(tx, id)?.is_some() {
        return Ok(());
    }
    let (reform, manager, county) = (actor(tx, "city_reform")?, actor(tx, "city_manager")?, actor(tx, "rd_manager")?);
    let today = now.local_date();
    let first = today.with_day(1).and_then(|day| day.checked_sub_months(Months::new(n))).unwrap_or(today);
    // What may be frozen was published a month ago.
    tx.now = if matches!(n, 5 | 6) { now.plus(TimeDelta::days(-30)) } else { now };
    let month = format!("{:04}-{:02}", first.year(), first.month());
    let order = json!({ "center": CITY, "subject_kind": "center", "level": "county", "period": "month", "from": month });
    assessments::create_as(tx, &reform, &read(order)?, Some(Identity { id, number }))?;
    while assessments::compute_some(tx)? > 0 {}
    if !(3..=6).contains(&n) {
        return Ok(());
    }
    assessments::publish(tx, &reform, &Target::any(id))?;
    let rudong = county.center_id.map(|id| id.to_string()).unwrap_or_default();
    if n == 4 {
        let objection = json!({ "line": "training", "reason": "市里组织的培训未计入", "evidence": "培训签到表" });
        let made = assessments::object(tx, &county, &Target::any(id), &rudong, &read(objection)?)?;
        identify(tx, made.id, fixed("assessment_objection", "1"))?;
    }
    tx.now = now;
    if n == 6 {
        assessments::freeze(tx, &manager, &Target::any(id))?;
        while assessments::freeze_some(tx)? > 0 {}
        let correction = json!({ "points": -1.0, "reason": "审计发现一件材料不实", "evidence": "通审〔2026〕1 号" });
        let proposed = assessments::enter(tx, &manager, &Target::any(id), &rudong, &read(correction)?)?;
        if let Some(entry) = proposed.entries.iter().flatten().next() {
            identify(tx, entry.id, fixed("assessment_entry", "1"))?;
        }
    }
    Ok(())
}

/// Gives what was just made the identity that the document's examples know.
fn identify(tx: &mut Tx, made: Id, id: Id) -> Result<()> {
    store::identify(tx, made, id)
}
