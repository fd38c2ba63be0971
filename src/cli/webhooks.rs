//! The demo's subscriptions to events: of the city, towards this very machine, where whoever tries the demo may listen.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    db::{Result, Tx},
    kernel::Target,
    webhooks,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Loads what is not there yet: two that run, one of which documented examples pause, one that is paused, and one that they remove.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let admin = actor(tx, "sys_admin")?;
    for (n, what) in ["数据共享平台：代办帮办件", "大屏展示", "已停用的接口", "接口联调"].into_iter().enumerate() {
        let id = fixed("webhook", &n.to_string());
        if webhooks::store::webhook(tx, id)?.is_some() {
            continue;
        }
        let filters = json!({ "types": ["entrustment.*", "transfer.*"], "center": "320600000000", "audiences": ["public", "applicant"] });
        let new = json!({ "url": "http://127.0.0.1:9099/jieli", "description": what, "filters": filters });
        webhooks::create_as(tx, &admin, &read(new)?, Some(id))?;
        if matches!(n, 1 | 2) {
            webhooks::pause(tx, &admin, &Target::any(id))?;
        }
    }
    Ok(())
}
