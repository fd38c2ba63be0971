//! The demo's projects: one with matters in its stages, and one in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    entrustments::Identity,
    kernel::{Code as _, Id, Target},
    projects::{self, StageScheme},
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Loads what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    for (n, name) in [
        (1, "海上风电装备制造基地（演示）"),
        (2, "风电叶片二期厂房（演示）"),
        (3, "港区配套码头（演示）"),
        (4, "智能仓储中心（演示）"),
        (5, "研发楼改造（演示）"),
        (6, "职工宿舍楼（演示）"),
        (7, "堆场扩建（演示）"),
    ] {
        let number = format!("XM-320623-20260105-{n:06}-{}", 100 + n);
        let id = fixed("project", &number);
        if projects::store::project(tx, id)?.is_none() {
            project(tx, n, name, Identity { id, number })?;
        }
    }
    Ok(())
}

fn project(tx: &mut Tx, n: u32, name: &str, identity: Identity) -> Result<()> {
    let (clerk, manager) = (actor(tx, "rd_clerk")?, actor(tx, "rd_manager")?);
    let content = json!({
        "code": format!("2026-320623-38-03-{:06}", 510_000 + n), "name": name, "kinds": ["municipal_key", "encouraged_industry"], "investment": 120_000,
        "site": "如东县洋口港经济开发区（演示地址）", "supporting_unit": "如东县发展和改革委员会",
        "milestones": [{ "name": "一期厂房开工", "due_on": "2026-12-31" }],
    });
    let at = Target::any(identity.id);
    let input = json!({ "center": "320623000000", "applicant_id": fixed("applicant", "ent_rudong"), "content": content });
    projects::open_as(tx, &clerk, &read(input)?, Some(identity))?;
    match n {
        1 => {
            projects::assign_manager(tx, &manager, &at, &read(json!({ "manager_id": fixed("user", "city_pm") }))?)?;
            for (matter, stage) in [(33, "initiation"), (35, "planning_approval"), (37, "planning_approval")] {
                let matter: Id = fixed("entrustment", &format!("DB-320623-20260105-{matter:06}-{}", 100 + matter));
                projects::attach(tx, &clerk, &at, &read(json!({ "entrustment": matter, "stage": stage }))?)?;
            }
            done(tx, &manager, &at, "initiation")?;
        }
        5 => {
            projects::suspend(tx, &manager, &at, &read(json!({ "reason": "投资方调整建设方案" }))?)?;
        }
        6 => StageScheme::Five.stages().iter().try_for_each(|stage| done(tx, &manager, &at, stage.code()))?,
        _ => {}
    }
    Ok(())
}

fn done(tx: &mut Tx, by: &Actor, at: &Target, stage: &str) -> Result<()> {
    let input = json!({ "stage": stage, "completed_on": tx.now.local_date() });
    projects::complete_stage(tx, by, at, &read(input)?).map(|_| ())
}
