//! The demo's reporting targets: one for files, with batches of both kinds that documented examples begin with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    db::{Result, Tx},
    kernel::Target,
    reporting,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Loads what is not there yet: three platforms that take files, and a file.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let (admin, reform) = (actor(tx, "sys_admin")?, actor(tx, "city_reform")?);
    for (n, name) in ["省政务服务“好差评”系统", "国家政务服务平台", "市营商环境监测平台"].into_iter().enumerate() {
        let id = fixed("reporting_target", &n.to_string());
        if reporting::store::target(tx, id)?.is_some() {
            continue;
        }
        reporting::create_as(tx, &admin, &read(json!({ "name": name, "center": "320600000000" }))?, Some(id))?;
        if n == 0 {
            let file = fixed("reporting_batch", "0");
            reporting::file_as(tx, &reform, &Target::any(id), &read(json!({ "from": "2026-01-01", "to": "2026-02-01" }))?, Some(file))?;
        }
        if n == 2 {
            reporting::pause(tx, &admin, &Target::any(id))?;
        }
    }
    Ok(())
}
