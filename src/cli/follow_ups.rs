//! The demo's follow-ups of bad grades: one in each state that a documented example begins with, and a few in the city whose
//! text tells of 好差评.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    entrustments::{self, Identity, NewEntrustment, desk::Act},
    evaluations, follow_ups,
    kernel::{Id, Target},
    organization,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// How far a follow-up of the demo has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Come {
    Opened,
    Appealed,
    Verified,
    Fixing,
    Handled,
    Told,
    RatedAgain,
}

/// Whose demo it is.
struct Place<'a> {
    division: &'a str,
    item: String,
    company: &'a str,
    clerk: &'a str,
    agent: &'a str,
    manager: &'a str,
    /// Numbers begin after this one.
    after: usize,
}

/// Nantong's county: loads what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    use Come::{Appealed, Handled, Opened, RatedAgain, Verified};
    let place = Place {
        division: "320623000000",
        item: "GS-320623-0001".into(),
        company: "ent_rudong",
        clerk: "rd_clerk",
        agent: "rd_agent",
        manager: "rd_manager",
        after: 0,
    };
    enter(tx, &place, &[Opened, Opened, Opened, Appealed, Verified, Verified, Verified, Handled, RatedAgain, RatedAgain])
}

/// A city's: at the center itself, whose appeals the reform office decides, and at a center below it.
pub(super) fn of_city(tx: &mut Tx, root: &str) -> Result<()> {
    crate::app::wire();
    let item = format!("GS-{}-0001", root.get(..6).unwrap_or_default());
    let at = |near: bool, division| Place {
        division,
        item: item.clone(),
        company: "company",
        clerk: if near { "near_clerk" } else { "city_clerk" },
        agent: if near { "near_agent" } else { "city_agent1" },
        manager: if near { "near_manager" } else { "city_manager" },
        after: if near { 10 } else { 0 },
    };
    enter(tx, &at(false, root), &[Come::Fixing, Come::Told])?;
    let near = actor(tx, "near_clerk")?.center_id;
    let Some(near) = near.map(|id| organization::load(tx, id)).transpose()? else { return Ok(()) };
    enter(tx, &at(true, &near.division_code), &[Come::Opened, Come::Appealed])
}

fn enter(tx: &mut Tx, place: &Place, come: &[Come]) -> Result<()> {
    if organization::store::center_by_division(tx, place.division)?.is_none() {
        return Ok(());
    }
    let prefix = place.division.get(..6).unwrap_or(place.division);
    for (n, come) in (place.after + 1..).zip(come) {
        let number = format!("ZG-{prefix}-20260105-{n:06}-{}", 100 + n);
        if follow_ups::store::follow_up_by_number(tx, &number)?.is_none() {
            let rated = rated(tx, place, &format!("DB-{prefix}-20260105-{:06}-{}", 700 + n, 800 + n))?;
            follow_ups::store::renumber(tx, rated, &number)?;
            bring(tx, place, rated, *come)?;
        }
    }
    Ok(())
}

/// A matter that was helped with, signed for, and rated badly; answers its follow-up.
fn rated(tx: &mut Tx, place: &Place, number: &str) -> Result<Id> {
    let (company, clerk, agent) = (actor(tx, place.company)?, actor(tx, place.clerk)?, actor(tx, place.agent)?);
    let new: NewEntrustment = read(json!({
        "item": place.item, "mode": "assisted", "channel": "app", "center": place.division, "request": "请帮助办理用水报装",
        "contact": { "name": "联系人甲", "phone": "13900001234" },
    }))?;
    let id = fixed("entrustment", number);
    entrustments::submit_as(tx, &company, &new, Some(Identity { id, number: number.to_owned() }))?;
    let accepted = json!({ "process_explained": true, "papers_verified": true, "form_signed": true, "assignee_id": agent.id });
    let acts: [(&Actor, &str, Value); 5] = [
        (&clerk, "accept", accepted),
        (&agent, "start", Value::Null),
        (&agent, "record_help", json!({ "kinds": ["fill_form"], "note": "协助填写申请表" })),
        (&agent, "complete", json!({ "outcome": "granted", "note": "已通水" })),
        (&company, "sign_completion", json!({ "signature": { "method": "online" } })),
    ];
    for (by, action, body) in acts {
        let mut act = json!({ "action": action });
        if !body.is_null() {
            act["body"] = body;
        }
        read::<Act>(act)?.perform(tx, by, &Target::any(id))?;
    }
    let gone = || Error::Corrupt(format!("{number} has no evaluation"));
    let open = evaluations::store::of_record(tx, id)?.ok_or_else(gone)?;
    let grade = json!({ "grade": "dissatisfied", "dimensions": ["efficiency"], "comment": "等候时间太长", "is_named": true });
    evaluations::rate(tx, &company, &Target::any(open.id), &read(grade)?)?;
    evaluations::store::evaluation(tx, open.id)?.and_then(|e| e.follow_up_id).ok_or_else(gone)
}

fn bring(tx: &mut Tx, place: &Place, id: Id, come: Come) -> Result<()> {
    let (at, manager) = (Target::any(id), actor(tx, place.manager)?);
    if come == Come::Appealed {
        let agent = actor(tx, place.agent)?;
        let input = json!({ "ground": "mistaken", "reasons": "申请人所说的排队发生在另一部门的窗口", "evidence": "当日叫号记录" });
        follow_ups::appeal(tx, &agent, &at, &read(input)?)?;
        return Ok(());
    }
    if come >= Come::Verified {
        let found = json!({ "verdict": "true", "way": "phone", "words": "申请人称排队过久，经查当日只开一个窗口", "evidence": "录音 2026-0105-01" });
        follow_ups::verify(tx, &manager, &at, &read(found)?)?;
    }
    if come == Come::Fixing {
        follow_ups::plan_fix(tx, &manager, &at, &read(json!({ "words": "增开一个综合窗口，调整午间排班" }))?)?;
    }
    if come >= Come::Handled {
        follow_ups::fix(tx, &manager, &at, &read(json!({ "words": "已增开一个综合窗口" }))?)?;
    }
    if come >= Come::Told {
        follow_ups::tell(tx, &manager, &at, &read(json!({ "way": "phone", "words": "已电话告知整改情况，并请其再次评价" }))?)?;
    }
    if come == Come::RatedAgain {
        let second = follow_ups::store::follow_up(tx, id)?.and_then(|f| f.second_evaluation_id);
        let second = second.ok_or_else(|| Error::Corrupt("no second evaluation".into()))?;
        let company = actor(tx, place.company)?;
        evaluations::rate(tx, &company, &Target::any(second), &read(json!({ "grade": "dissatisfied", "comment": "仍然要等" }))?)?;
    }
    Ok(())
}
