//! `jieli settings`: the rules of the center tree, typed.

use super::CliError;
use crate::{
    db::Db,
    kernel::{Id, Problem},
    organization,
    settings::{self, EVERYWHERE},
};

fn unknown(code: &str) -> Problem {
    Problem::rule("/center", "unknown_center", format!("没有区划代码为 {code} 的中心"), "No such center.")
}

/// Prints every rule as it holds at a center.
pub async fn show(db: &Db, center: Option<String>) -> Result<(), CliError> {
    let rules = db
        .read(move |tx| {
            let path = match &center {
                Some(code) => organization::store::center_by_division(tx, code)?.ok_or_else(|| unknown(code))?.path,
                None => String::new(),
            };
            settings::rules(tx, &path)
        })
        .await?;
    let value = serde_json::to_value(rules).map_err(|e| CliError::Said(e.to_string()))?;
    for (name, value) in value.as_object().into_iter().flatten() {
        println!("{name} = {value}");
    }
    Ok(())
}

/// Sets a rule; it holds for what begins from now on.
pub async fn set(db: &Db, name: String, value: String, center: Option<String>) -> Result<(), CliError> {
    let value: serde_json::Value = serde_json::from_str(&value).map_err(|e| CliError::Said(format!("值应为 JSON：{e}")))?;
    db.commit(move |tx| {
        let node = match &center {
            Some(code) => organization::store::center_by_division(tx, code)?.ok_or_else(|| unknown(code))?.id.to_string(),
            None => EVERYWHERE.to_owned(),
        };
        settings::set(tx, &node, &name, &value)?;
        let entry = crate::db::audit::Entry {
            actor_id: "system:cli".into(),
            action: "settings.set",
            record_kind: "settings",
            record_id: Id::new(),
            reason: &format!("{node} {name} = {value}"),
            request_id: "cli",
        };
        crate::db::audit::record(tx, &entry)
    })
    .await?;
    println!("已设置");
    Ok(())
}
