//! The document as it is written: examples put in, bounds on what the types leave open, nothing that nobody refers to.

use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use crate::http::shape::without_null;

/// Pretty JSON with a final newline, with a bound on whatever the types leave open: a client may size its buffers by it.
pub fn to_json(api: &OpenApi) -> String {
    let mut value = serde_json::to_value(api).unwrap_or_default();
    bound(&mut value);
    tidy(&mut value);
    if let Some(server) = value.pointer_mut("/servers/0").and_then(Value::as_object_mut) {
        server.insert("x-internal".into(), Value::Bool(false));
    }
    if let Some(schemes) = value.pointer_mut("/components/securitySchemes").and_then(Value::as_object_mut) {
        let docs = [
            ("bearerAuth", "访问令牌 at+jwt（RFC9068），EdDSA 签名，按 RFC8725 校验，15 分钟有效。"),
            ("deviceToken", "大厅平板的令牌：登记设备时显示一次，停用后失效。"),
            ("oauth2", "在 /oauth2/token 取得令牌（RFC6749、RFC8725）：人员用 password，机器客户端用 client_credentials，续期用 refresh_token。"),
        ];
        for (name, doc) in docs {
            if let Some(scheme) = schemes.get_mut(name).and_then(Value::as_object_mut) {
                scheme.insert("description".into(), doc.into());
            }
        }
        if let Some(flow) = schemes.get_mut("oauth2").and_then(|s| s.pointer_mut("/flows/clientCredentials")).and_then(Value::as_object_mut) {
            flow.insert("refreshUrl".into(), "/oauth2/token".into());
        }
    }
    without_null(&mut value);
    exemplify(&mut value);
    prune(&mut value);
    relax_bodies(&mut value);
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// For each operation: who calls it, with which path and body, on the demo's data as it stands. A test plays them all.
const EXAMPLES: &str = include_str!("../../../openapi/examples.json");

fn exemplify(document: &mut Value) {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let Some(paths) = document.pointer_mut("/paths").and_then(Value::as_object_mut) else { return };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(example) = examples.get(&id) else { continue };
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let given = if name == "If-Match" { example.get("if_match") } else { example.pointer(&format!("/path/{name}")) };
            if let (Some(value), Some(parameter)) = (given, parameter.as_object_mut()) {
                parameter.insert("example".into(), value.clone());
            }
        }
        let who = example.get("as").and_then(Value::as_str).unwrap_or_default();
        let content = operation.pointer_mut("/requestBody/content/application~1json").and_then(Value::as_object_mut);
        if let (Some(content), Some(body)) = (content, example.get("body")) {
            match example.get("more").and_then(Value::as_object) {
                None => content.insert("example".into(), body.clone()),
                Some(more) => {
                    let own = std::iter::once((format!("示例（{who}）"), body.clone()));
                    let all = own.chain(more.clone()).map(|(name, value)| (name, serde_json::json!({ "value": value })));
                    content.insert("examples".into(), Value::Object(all.collect()))
                }
            };
        }
        let operation_is_form = operation.pointer("/requestBody/content/multipart~1form-data").is_some();
        if !who.is_empty()
            && let Some(Value::String(text)) = operation.get_mut("description")
        {
            let ready = if operation_is_form { "选择文件后执行" } else { "示例可直接执行" };
            text.push_str(&format!("\n\n演示：以 `{who}` 登录，{ready}。"));
        }
    }
}

/// What is no JSON is bytes and not a list of numbers: clients upload and save it as it is.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Object(content)) = fields.get_mut("content") {
                for (_, media) in content.iter_mut().filter(|(name, _)| !name.contains("json")) {
                    if let Some(schema) = media.get_mut("schema").filter(|s| s.get("type").and_then(Value::as_str) == Some("array")) {
                        *schema = json!({ "type": "string", "format": "binary", "maxLength": 1_073_741_824 });
                    }
                }
            }
            // What stands where a field is left out is nothing, and no value of the field.
            if fields.contains_key("type") && fields.get("default").is_some_and(|d| d.is_null() || d == "") {
                fields.remove("default");
            }
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// A body of which nothing is required may be left out.
fn relax_bodies(value: &mut Value) {
    let schemas = value.pointer("/components/schemas").cloned().unwrap_or_default();
    let Some(paths) = value.pointer_mut("/paths").and_then(Value::as_object_mut) else { return };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        let reference = operation.pointer("/requestBody/content/application~1json/schema/$ref").and_then(Value::as_str);
        let name = reference.and_then(|r| r.rsplit('/').next()).unwrap_or_default().to_owned();
        let needs = schemas.get(&name).is_some_and(|s| s.get("required").is_some());
        if !needs && let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
            body.insert("required".into(), Value::Bool(name.is_empty()));
        }
    }
}

/// Drops components that nothing refers to; what only they referred to goes with them.
fn prune(value: &mut Value) {
    loop {
        let mut used = std::collections::BTreeSet::new();
        refs(value, &mut used);
        let mut dropped = false;
        for kind in ["schemas", "responses"] {
            if let Some(map) = value.pointer_mut(&format!("/components/{kind}")).and_then(Value::as_object_mut) {
                let before = map.len();
                map.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
                dropped |= map.len() < before;
            }
        }
        if !dropped {
            return;
        }
    }
}

fn refs(value: &Value, used: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|v| refs(v, used)),
        Value::Object(map) => {
            used.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|v| refs(v, used));
        }
        _ => {}
    }
}

fn bound(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(bound),
        Value::Object(map) => {
            // A stream has no end that could be told: the largest number stands for it.
            if let Some(schema) = map.get_mut("text/event-stream").and_then(|content| content.get_mut("schema")) {
                schema["maxLength"] = 9_007_199_254_740_991_i64.into();
            }
            map.iter_mut().filter(|(key, _)| !matches!(key.as_str(), "example" | "examples" | "enum")).for_each(|(_, v)| bound(v));
            let is = |name: &str| match map.get("type") {
                Some(Value::String(t)) => t == name,
                Some(Value::Array(types)) => types.iter().any(|t| t == name),
                _ => false,
            };
            let (text, list, number) = (is("string"), is("array"), is("integer"));
            let named = map.contains_key("enum") || map.contains_key("const");
            if text && !named {
                let longest = match map.get("format").and_then(Value::as_str) {
                    Some("uuid") => 36,
                    Some("date") => 10,
                    Some("date-time") => 40,
                    _ => 20_000,
                };
                map.entry("maxLength").or_insert(longest.into());
            }
            if list {
                map.entry("maxItems").or_insert(1_000.into());
            }
            if number {
                let wide = map.entry("format").or_insert("int64".into()) == "int64";
                map.entry("minimum").or_insert(0.into());
                map.entry("maximum").or_insert(if wide { 9_007_199_254_740_991_i64.into() } else { i32::MAX.into() });
            }
        }
        _ => {}
    }
}
