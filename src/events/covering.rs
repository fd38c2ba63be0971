//! What is written of a record that keeps somebody secret: covered as it is written, and anew where they are kept secret later.
//! So nothing that is read, exported or drawn from the record afterwards knows them.

use std::sync::OnceLock;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    db::{Result, Tx},
    kernel::Id,
};

/// How words stand without whom a record keeps secret.
pub type Over = Box<dyn Fn(&str) -> String>;
/// See [`COVER`]: the kind of the record, and which.
pub type CoverHook = fn(&mut Tx, &str, Id) -> Result<Option<Over>>;
/// Who knows whom a record keeps secret: set by `app`.
pub static COVER: OnceLock<CoverHook> = OnceLock::new();

/// How the words of a record stand; none: as they are.
pub fn of(tx: &mut Tx, kind: &str, record: Id) -> Result<Option<Over>> {
    COVER.get().map_or(Ok(None), |hook| hook(tx, kind, record))
}

/// Words of a record, as they may stand.
pub fn words(tx: &mut Tx, kind: &str, record: Id, text: &str) -> Result<String> {
    Ok(of(tx, kind, record)?.map_or_else(|| text.to_owned(), |over| over(text)))
}

/// All that was written of a record, as it may stand.
pub fn details<T: Serialize + DeserializeOwned>(tx: &mut Tx, kind: &str, record: Id, written: &mut T) -> Result<()> {
    if let Some(over) = of(tx, kind, record)? {
        *written = recast(written, &*over)?;
    }
    Ok(())
}

/// Every text in it said otherwise, so that none is forgotten; identities, moments and codes stay what they are.
pub fn recast<T: Serialize + DeserializeOwned>(written: &T, over: &dyn Fn(&str) -> String) -> Result<T> {
    let mut value = serde_json::to_value(written)?;
    walk(&mut value, over);
    Ok(serde_json::from_value(value)?)
}

fn walk(value: &mut Value, over: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) if !coded(text) => *text = over(text),
        Value::Array(all) => all.iter_mut().for_each(|value| walk(value, over)),
        Value::Object(all) => all.values_mut().for_each(|value| walk(value, over)),
        _ => {}
    }
}

fn coded(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') || text.parse::<Id>().is_ok() || chrono::DateTime::parse_from_rfc3339(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_covered_and_codes_are_not() {
        let id = Id::new();
        let written = json!({ "note": "来电人乙说", "all": [{ "words": "乙", "at": "2026-03-02T09:30:00+08:00" }], "by": id, "reason": "other", "n": 1 });
        let covered = recast(&written, &|_| "（保密）".into()).unwrap_or_default();
        let wanted = json!({ "note": "（保密）", "all": [{ "words": "（保密）", "at": "2026-03-02T09:30:00+08:00" }], "by": id, "reason": "other", "n": 1 });
        assert_eq!(covered, wanted);
    }
}
