//! The demo's bulletins: one in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    bulletins,
    db::{Result, Tx},
    entrustments::Identity,
    kernel::Target,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Loads what is not there yet: four drafts, two to be reviewed, two published.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    (1..=8).try_for_each(|n| bulletin(tx, n))
}

fn bulletin(tx: &mut Tx, n: u32) -> Result<()> {
    let number = format!("TB-320600-20260105-{n:06}-{}", 100 + n);
    let id = fixed("bulletin", &number);
    if bulletins::store::bulletin(tx, id)?.is_some() {
        return Ok(());
    }
    let (inspector, reform) = (actor(tx, "city_inspector")?, actor(tx, "city_reform")?);
    let month = format!("2025-{n:02}");
    let asked = json!({ "center": "320600000000", "from": month, "to": month });
    bulletins::compose_as(tx, &inspector, &read(asked)?, Some(Identity { id, number }))?;
    if n > 4 {
        let words = json!({
            "title": format!("2025年{n}月代办帮办工作情况通报"), "overview": "全市代办帮办工作总体平稳，各中心按时办结率保持稳定。",
            "problems": "个别中心受理不够及时。", "requirements": "有超期件的单位应当于五个工作日内办结并说明原因。", "is_public": n > 6,
        });
        bulletins::edit(tx, &inspector, &Target::any(id), &read(words)?)?;
        bulletins::submit(tx, &inspector, &Target::any(id))?;
    }
    if n > 6 {
        bulletins::publish(tx, &reform, &Target::any(id), &read(json!({ "document_no": format!("代办办〔2025〕{n}号") }))?)?;
    }
    Ok(())
}
