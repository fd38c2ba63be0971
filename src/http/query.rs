//! Query strings of everything that is not a list: unknown parameters are refused.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use crate::kernel::Problem;

/// No parameters.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Typed query parameters. `T` denies unknown fields.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(parse(request.query_string()).map(Self))
    }
}

/// Decodes a query string into pairs; refuses what is not UTF-8 or holds U+0000.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let decode = |s: &str| {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(&s.replace('+', " ")).collect();
        String::from_utf8(bytes).ok().filter(|s| !s.contains('\0'))
    };
    query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|pair| {
            let (k, v) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(k), decode(v)) {
                (Some(k), Some(v)) => Ok((k, v)),
                (k, _) => {
                    let name = k.unwrap_or_else(|| "query".into());
                    Err(Problem::parameter(&name, "encoding", "参数必须是 UTF-8 编码，且不含空字符。", "Must be percent-encoded UTF-8 without U+0000."))
                }
            }
        })
        .collect()
}

/// Reads pairs into a type that denies unknown fields.
pub(super) fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut map = serde_json::Map::new();
    for (k, v) in pairs(query)? {
        if map.insert(k.clone(), serde_json::Value::String(v)).is_some() {
            return Err(Problem::parameter(&k, "repeated", "参数只能出现一次。", "May occur only once."));
        }
    }
    serde_path_to_error::deserialize(serde_json::Value::Object(map)).map_err(|e| {
        let message = e.inner().to_string();
        let quoted = message.split('`').nth(1).unwrap_or_default();
        let (name, code, zh) = if message.starts_with("unknown field") {
            (quoted.to_owned(), "unknown_parameter", format!("不认识的参数 {quoted}。"))
        } else if message.starts_with("missing field") {
            (quoted.to_owned(), "required", format!("缺少参数 {quoted}。"))
        } else {
            let name = e.path().to_string();
            (name.clone(), "invalid_value", format!("参数 {name} 的取值不正确。"))
        };
        Problem::parameter(&name, code, zh, format!("{message}."))
    })
}
