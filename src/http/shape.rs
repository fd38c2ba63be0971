//! Every wrong place of a body at once: serde stops at the first, the body's own JSON Schema names them all. Only asked
//! when a body was refused, so it costs nothing otherwise.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, OnceLock, RwLock},
};

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind as Kind};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::kernel::{FieldError, Text, problem::Place, segment};

/// What no field may hold: `null` (absent means absent), text of blanks only, U+0000, which PostgreSQL cannot store, and
/// characters that nobody sees and that turn what one reads into something else.
pub fn forbidden(value: &Value) -> Vec<FieldError> {
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

fn walk(value: &Value, at: &str, found: &mut Vec<FieldError>) {
    let mut refuse = |code, zh, en| found.push(FieldError::body(at, code, zh, en));
    match value {
        Value::Null => refuse("null", "不接受 null；没有的字段请省略。", "null is not accepted: leave the field out."),
        Value::String(s) if s.contains('\0') => refuse("nul_character", "不能包含空字符（U+0000）。", "Must not contain U+0000."),
        Value::String(s) if s.contains(misleading) => {
            refuse("invisible_character", "含有看不见的控制字符，请删除后重新输入。", "Contains invisible control characters.");
        }
        Value::String(s) if !s.is_empty() && s.trim().is_empty() => refuse("blank", "不能只有空白。", "Must not be blank."),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| walk(v, &format!("{at}/{i}"), found)),
        Value::Object(map) => {
            for (key, v) in map {
                if key.contains('\0') {
                    found.push(FieldError::body(at, "nul_character", "字段名不能包含空字符（U+0000）。", "No U+0000 in names."));
                }
                walk(v, &format!("{at}/{}", segment(key)), found);
            }
        }
        _ => {}
    }
}

/// Controls other than tab and line ends, the byte order mark, zero width, and what turns the direction of writing (UTS 55).
fn misleading(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Every place at which `value` departs from the schema of `T`.
pub fn faults<T: ToSchema + 'static>(value: &Value) -> Vec<FieldError> {
    let mut found = Vec::new();
    if let Some(validator) = validator::<T>() {
        validator.iter_errors(value).for_each(|e| fault(&e, value, &mut found));
    }
    found.sort_by(|a, b| format!("{:?}", a.at).cmp(&format!("{:?}", b.at)));
    found.dedup_by(|a, b| a.at == b.at);
    found
}

/// The validator of a type, compiled once.
fn validator<T: ToSchema + 'static>() -> Option<Arc<Validator>> {
    static KNOWN: OnceLock<RwLock<HashMap<TypeId, Arc<Validator>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(RwLock::default);
    if let Some(found) = known.read().unwrap_or_else(|e| e.into_inner()).get(&TypeId::of::<T>()) {
        return Some(found.clone());
    }
    let mut root = root::<T>();
    without_null(&mut root);
    let made = jsonschema::options().should_validate_formats(true).build(&root).map_err(|e| tracing::error!(error = %e, "schema of a body")).ok()?;
    let made = Arc::new(made);
    known.write().unwrap_or_else(|e| e.into_inner()).insert(TypeId::of::<T>(), made.clone());
    Some(made)
}

/// Whether answers of a type have a field: the names lead through objects, lists and their alternatives.
pub fn knows<T: ToSchema + 'static>(path: &[&str]) -> bool {
    static KNOWN: OnceLock<RwLock<HashMap<TypeId, Arc<Value>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(RwLock::default);
    let found = known.read().unwrap_or_else(|e| e.into_inner()).get(&TypeId::of::<T>()).cloned();
    let root = found.unwrap_or_else(|| {
        let made = Arc::new(root::<T>());
        known.write().unwrap_or_else(|e| e.into_inner()).insert(TypeId::of::<T>(), made.clone());
        made
    });
    leads(&root, root.as_ref(), path)
}

fn leads(root: &Value, at: &Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    let referred = at.get("$ref").and_then(Value::as_str).and_then(|r| root.pointer(r.trim_start_matches('#')));
    let ways = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|w| at.get(w)).filter_map(Value::as_array).flatten();
    at.pointer(&format!("/properties/{}", segment(first))).is_some_and(|p| leads(root, p, rest))
        || referred.into_iter().chain(at.get("items")).chain(ways).any(|way| leads(root, way, path))
}

/// The schema of a type with all that it refers to.
fn root<T: ToSchema>() -> Value {
    let mut components = Vec::new();
    T::schemas(&mut components);
    let schemas: serde_json::Map<String, Value> =
        components.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect();
    json!({ "allOf": [serde_json::to_value(T::schema()).unwrap_or_default()], "components": { "schemas": schemas } })
}

/// An optional field is absent, never `null`: takes the null alternatives out of a schema.
pub fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(map) => {
            map.values_mut().for_each(without_null);
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(ways)) = map.get_mut("oneOf") {
                ways.retain(|w| w.get("type").is_none_or(|t| t != "null"));
                if let [only] = ways.as_slice() {
                    let only = only.clone();
                    map.remove("oneOf");
                    if let Value::Object(fields) = only {
                        map.extend(fields);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Of several alternatives the one was meant whose fixed values fit; where none fits, all of them are told.
fn alternative(at: &str, context: &[Vec<ValidationError>], whole: &Value, found: &mut Vec<FieldError>) {
    let depth = at.matches('/').count() + 1;
    let tag = |e: &ValidationError| match e.kind() {
        Kind::Enum { options } if e.instance_path().to_string().matches('/').count() == depth => options.as_array().cloned(),
        _ => None,
    };
    let misfits = |errors: &[ValidationError]| errors.iter().filter(|e| tag(e).is_some()).count();
    let Some(meant) = context.iter().min_by_key(|errors| (misfits(errors), errors.len())) else { return };
    match meant.iter().find(|e| tag(e).is_some()) {
        None => meant.iter().for_each(|e| fault(e, whole, found)),
        Some(wrong) => {
            let all: Vec<Value> = context.iter().flatten().filter_map(tag).flatten().collect();
            let codes: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            let (zh, en) = (format!("取值不在代码表内，可用：{}。", codes.join("、")), format!("One of {}.", codes.join(", ")));
            found.push(FieldError { at: Place::Pointer(wrong.instance_path().to_string()), code: "unknown_code".into(), detail: Text::new(zh, en) });
        }
    }
}

fn fault(e: &ValidationError, whole: &Value, found: &mut Vec<FieldError>) {
    let at = e.instance_path().to_string();
    if let Kind::OneOfNotValid { context } | Kind::AnyOf { context } = e.kind() {
        return alternative(&at, context, whole, found);
    }
    let mut add = |at: String, code: &'static str, zh: String, en: String| {
        found.push(FieldError { at: Place::Pointer(at), code: code.into(), detail: Text::new(zh, en) });
    };
    match e.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            add(format!("{at}/{}", segment(name)), "required", format!("缺少必填字段 {name}。"), format!("{name} is required."));
        }
        Kind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                add(format!("{at}/{}", segment(name)), "unknown_field", format!("不认识的字段 {name}。"), format!("Unknown field {name}."));
            }
        }
        // Of an object that has no fields, none is known; the fault is told of one of them, at the object.
        Kind::FalseSchema => {
            for name in whole.pointer(&at).and_then(Value::as_object).into_iter().flat_map(serde_json::Map::keys) {
                add(format!("{at}/{}", segment(name)), "unknown_field", format!("不认识的字段 {name}。"), format!("Unknown field {name}."));
            }
        }
        Kind::Enum { options } => {
            let codes: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let (zh, en) = (format!("取值不在代码表内，可用：{}。", codes.join("、")), format!("One of {}.", codes.join(", ")));
            add(at, "unknown_code", zh, en);
        }
        Kind::Format { format } => {
            let (zh, en) = match format.as_str() {
                "date-time" => ("应为带时区的 RFC 3339 时间，例如 2026-11-23T09:30:00+08:00。", "An RFC 3339 time with zone."),
                "date" => ("应为日期，例如 2026-11-23。", "A date, YYYY-MM-DD."),
                "uuid" => ("应为记录的 id。", "A record id."),
                _ => ("格式不正确。", "Wrong format."),
            };
            add(at, "format", zh.into(), en.into());
        }
        Kind::Type { .. } => {
            let expected = e.to_string();
            let kind = [("\"string\"", "文本"), ("\"integer\"", "整数"), ("\"boolean\"", "true 或 false"), ("\"array\"", "列表"), ("\"object\"", "对象")];
            let zh = kind.iter().find(|(name, _)| expected.contains(name)).map_or("其他类型", |(_, zh)| *zh);
            add(at, "invalid_type", format!("类型不正确，应为{zh}。"), "Wrong type.".into());
        }
        Kind::MinLength { limit } => add(at, "length", format!("至少 {limit} 个字。"), format!("At least {limit} characters.")),
        Kind::MaxLength { limit } => add(at, "length", format!("最多 {limit} 个字。"), format!("At most {limit} characters.")),
        Kind::MinItems { limit } => add(at, "length", format!("至少 {limit} 项。"), format!("At least {limit} items.")),
        Kind::MaxItems { limit } => add(at, "length", format!("最多 {limit} 项。"), format!("At most {limit} items.")),
        Kind::Minimum { limit } => add(at, "range", format!("不能小于 {limit}。"), format!("At least {limit}.")),
        Kind::Maximum { limit } => add(at, "range", format!("不能大于 {limit}。"), format!("At most {limit}.")),
        Kind::Pattern { .. } => add(at, "format", "格式不正确。".into(), "Wrong format.".into()),
        _ => add(at, "invalid_value", "取值不正确。".into(), "Invalid value.".into()),
    }
}
