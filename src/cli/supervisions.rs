//! The demo's supervision orders: one in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    db::{Result, Tx},
    entrustments::Identity,
    kernel::Target,
    supervision,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Loads what is not there yet: three to be signed in, three being carried out, two to be judged.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    (1..=8).try_for_each(|n| order(tx, n))
}

fn order(tx: &mut Tx, n: u32) -> Result<()> {
    let number = format!("DC-320623-20260105-{n:06}-{}", 100 + n);
    let id = fixed("supervision", &number);
    if supervision::store::supervision(tx, id)?.is_some() {
        return Ok(());
    }
    let (inspector, manager) = (actor(tx, "city_inspector")?, actor(tx, "rd_manager")?);
    let matters = ["核查一次性告知不到位的问题", "督促逾期的上门服务", "核查窗口空岗的问题", "督促代办件定期反馈"];
    let matter = matters.iter().cycle().nth(n as usize).copied().unwrap_or_default();
    let order = json!({ "center": "320623000000", "reason": "inspection", "matter": format!("{matter}，查明原因并落实整改") });
    supervision::issue_as(tx, &inspector, &read(order)?, Some(Identity { id, number }))?;
    if n > 3 {
        supervision::sign_in(tx, &manager, &Target::any(id), &read(json!({ "responsible": "代办科负责人" }))?)?;
    }
    if n > 6 {
        let answer = json!({ "findings": "人手调配不及时", "measures": "已调整排班并补办" });
        supervision::answer(tx, &manager, &Target::any(id), &read(answer)?)?;
    }
    Ok(())
}
