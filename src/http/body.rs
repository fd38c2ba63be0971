//! Request bodies: JSON in UTF-8, whole, checked for shape (400) before any rule.

use std::{borrow::Cow, collections::HashMap, future::Future};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use futures_util::{FutureExt as _, future::LocalBoxFuture};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use super::shape;
use crate::kernel::{ErrorCode, FieldError, Problem, Text, segment, sha256_hex};

const BODY_DEADLINE: std::time::Duration = std::time::Duration::from_secs(30);

/// A request body that has the right shape.
pub struct Body<T> {
    /// The value.
    pub value: T,
    /// SHA-256 of the bytes as sent, for `Idempotency-Key`.
    pub digest: String,
}

/// An action that needs no fields.
#[derive(Clone, Copy, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

impl<T: DeserializeOwned + Validate + ToSchema + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        parsed(request, payload, parse).boxed_local()
    }
}

/// A JSON body; none at all is an empty object.
fn parsed<T>(request: &HttpRequest, payload: &mut Payload, parse: fn(&[u8]) -> Result<T, Problem>) -> impl Future<Output = Result<Body<T>, Problem>> + use<T> {
    let typed = content_type_is(request, "application/json");
    let bytes = arrive(request, payload);
    async move {
        let bytes = bytes.await?;
        if !bytes.is_empty() && !typed {
            return Err(Problem::of(ErrorCode::UnsupportedMedia));
        }
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        Ok(Body { value: parse(text)?, digest: sha256_hex(&bytes) })
    }
}

/// A body of rows, each of which is taken or refused for itself: what is wrong within one is not the body's.
pub trait Rows {
    /// The rows, under `items`.
    fn rows(&mut self) -> &mut Vec<Value>;
}

/// [`Body`] of such rows: they come as they were sent, to be [`read`] one by one.
pub struct RowsBody<T>(pub Body<T>);

impl<T: Rows + DeserializeOwned + Validate + ToSchema + 'static> FromRequest for RowsBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = parsed(request, payload, parse_rows);
        async move { body.await.map(Self) }.boxed_local()
    }
}

/// [`parse`] of what stands around the rows.
fn parse_rows<T: Rows + DeserializeOwned + Validate + ToSchema + 'static>(text: &[u8]) -> Result<T, Problem> {
    let mut whole: Value = serde_json::from_slice(text).map_err(|e| syntax(&e))?;
    let Some(items) = whole.get_mut("items").and_then(Value::as_array_mut) else { return parse(text) };
    let rows: Vec<Value> = items.iter_mut().map(|row| std::mem::replace(row, Value::Object(serde_json::Map::new()))).collect();
    let mut value: T = parse(whole.to_string().as_bytes())?;
    *value.rows() = rows;
    Ok(value)
}

/// A form, as OAuth sends it.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = content_type_is(request, "application/x-www-form-urlencoded");
        let bytes = arrive(request, payload);
        async move {
            let bytes = bytes.await?;
            if !typed {
                return Err(Problem::of(ErrorCode::UnsupportedMedia));
            }
            let text = std::str::from_utf8(&bytes).map_err(|_| Problem::of(ErrorCode::OauthInvalidRequest))?;
            super::query::parse(text).map(Self)
        }
        .boxed_local()
    }
}

/// One of several values of a body, each of which is taken or refused for itself.
pub fn read<T: DeserializeOwned + Validate + ToSchema + 'static>(value: &Value) -> Result<T, Problem> {
    parse(value.to_string().as_bytes())
}

/// The whole body, within its deadline: a stalled one never times out by itself (actix-web#928).
fn arrive(request: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<web::Bytes, Problem>> + use<> {
    let coded = request.headers().get(header::CONTENT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("identity").trim().to_ascii_lowercase();
    let known = matches!(coded.as_str(), "identity" | "gzip" | "br" | "deflate");
    let bytes = web::Bytes::from_request(request, payload);
    async move {
        if !known {
            return Err(Problem::of(ErrorCode::UnsupportedMedia));
        }
        tokio::time::timeout(BODY_DEADLINE, bytes).await.map_err(|_| Problem::of(ErrorCode::RequestTimeout))?.map_err(read_problem)
    }
}

fn content_type_is(request: &HttpRequest, wanted: &str) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (essence, params) = value.split_once(';').unwrap_or((value, ""));
    let charset = params.to_ascii_lowercase();
    essence.trim().eq_ignore_ascii_case(wanted) && (!charset.contains("charset") || charset.contains("utf-8"))
}

fn read_problem(e: actix_web::Error) -> Problem {
    match e.as_response_error().status_code().as_u16() {
        413 => Problem::of(ErrorCode::TooLarge),
        408 => Problem::of(ErrorCode::RequestTimeout),
        _ => Problem::new(ErrorCode::InvalidRequest, Text::new("请求体没有完整到达。", "The body did not arrive whole.")),
    }
}

/// Reads and validates a JSON text; names every place of the wrong shape.
pub fn parse<T: DeserializeOwned + Validate + ToSchema + 'static>(text: &[u8]) -> Result<T, Problem> {
    let whole: Value = serde_json::from_slice(text).map_err(|e| syntax(&e))?;
    // serde reads a struct from a list too; a body is an object.
    if !whole.is_object() {
        let e = FieldError::body("", "invalid_type", "请求体必须是 JSON 对象。", "The body must be a JSON object.");
        return Err(Problem::fields(ErrorCode::InvalidRequest, vec![e]));
    }
    let mut errors = shape::forbidden(&whole);
    // Read from the text, so that a field given twice is refused.
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(text));
    let value = match read {
        Ok(value) => {
            if let Err(e) = value.validate() {
                errors.extend(field_errors(&e, ""));
            }
            // A struct inside the body, too, is an object and no list.
            if errors.is_empty() && whole.as_object().is_some_and(|map| map.values().any(Value::is_array)) {
                errors.extend(shape::faults::<T>(&whole).into_iter().filter(|e| e.code == "invalid_type"));
            }
            Some(value)
        }
        Err(e) => {
            errors.extend(shape::faults::<T>(&whole));
            if errors.is_empty() {
                return Err(mistyped(&pointer_of(e.path()), e.inner()));
            }
            None
        }
    };
    match value {
        Some(value) if errors.is_empty() => Ok(value),
        _ => Err(Problem::fields(ErrorCode::InvalidRequest, errors)),
    }
}

fn syntax(e: &serde_json::Error) -> Problem {
    let zh = format!("请求体不是合法的 JSON（第 {} 行第 {} 列）。", e.line(), e.column());
    let en = format!("The body is not valid JSON (line {}, column {}).", e.line(), e.column());
    Problem::fields(ErrorCode::InvalidRequest, vec![FieldError::body("", "json_syntax", zh, en)])
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .filter_map(|part| match part {
            serde_path_to_error::Segment::Seq { index } => Some(format!("/{index}")),
            serde_path_to_error::Segment::Map { key } => Some(format!("/{}", segment(key))),
            _ => None,
        })
        .collect()
}

fn mistyped(pointer: &str, e: &serde_json::Error) -> Problem {
    let message = e.to_string();
    let message = message.rsplit_once(" at line").map_or(message.as_str(), |(m, _)| m);
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let (pointer, code, zh): (String, &'static str, String) = if let Some(field) = named("missing field `") {
        (format!("{pointer}/{field}"), "required", format!("缺少必填字段 {field}。"))
    } else if let Some(field) = named("unknown field `") {
        // The path already ends in the unknown field.
        let parent = pointer.strip_suffix(&format!("/{field}")).unwrap_or(pointer);
        (format!("{parent}/{field}"), "unknown_field", format!("不认识的字段 {field}。"))
    } else if let Some(field) = named("duplicate field `") {
        (format!("{}/{field}", pointer.strip_suffix(&format!("/{field}")).unwrap_or(pointer)), "repeated", format!("字段 {field} 重复出现。"))
    } else if message.contains("RFC 3339") {
        (pointer.to_owned(), "format", "应为带时区的 RFC 3339 时间，年份在 1900 到 2200 之间，例如 2026-11-23T09:30:00+08:00。".into())
    } else if message.starts_with("unknown variant") {
        let allowed = message.split_once("expected").map_or("", |(_, rest)| rest).trim().replace('`', "").replace("one of ", "");
        (pointer.to_owned(), "unknown_code", format!("取值不在代码表内，可用：{allowed}。"))
    } else {
        (pointer.to_owned(), "invalid_type", format!("字段 {} 的类型或格式不正确。", if pointer.is_empty() { "（请求体）" } else { pointer }))
    };
    let en: Cow<'static, str> = format!("{message}.").into();
    Problem::fields(ErrorCode::InvalidRequest, vec![FieldError::body(&pointer, code, zh, en)])
}

/// Flattens validation errors into pointers with messages in both languages.
pub fn field_errors(errors: &ValidationErrors, at: &str) -> Vec<FieldError> {
    let mut found: Vec<FieldError> = Vec::new();
    for (field, kind) in errors.errors() {
        let pointer = if field == "__all__" { at.to_owned() } else { format!("{at}/{field}") };
        match kind {
            ValidationErrorsKind::Field(list) => found.extend(list.iter().map(|e| {
                let (zh, en) = sentence(&e.code, &e.params, e.message.as_deref());
                FieldError { at: crate::kernel::problem::Place::Pointer(pointer.clone()), code: e.code.clone(), detail: Text::new(zh, en) }
            })),
            ValidationErrorsKind::Struct(inner) => found.extend(field_errors(inner, &pointer)),
            ValidationErrorsKind::List(rows) => {
                for (i, inner) in rows {
                    found.extend(field_errors(inner, &format!("{pointer}/{i}")));
                }
            }
        }
    }
    found.sort_by(|a, b| format!("{:?}", a.at).cmp(&format!("{:?}", b.at)));
    found
}

fn sentence(code: &str, params: &HashMap<Cow<'static, str>, Value>, message: Option<&str>) -> (String, String) {
    let number = |name: &str| params.get(name).map(ToString::to_string);
    if let Some(message) = message {
        // Written by our own validators as “中文|English”.
        let (zh, en) = message.split_once('|').unwrap_or((message, message));
        return (zh.to_owned(), en.to_owned());
    }
    // Of a list its entries are counted, of a text its characters.
    let (of, en) = if params.get("value").is_some_and(|v| v.is_array() || v.is_object()) { ("项", "entries") } else { ("个字", "characters") };
    match code {
        "length" => match (number("min"), number("max"), number("equal")) {
            (_, _, Some(n)) => (format!("应为 {n} {of}。"), format!("Must have exactly {n} {en}.")),
            (Some(a), Some(b), _) => (format!("应为 {a} 到 {b} {of}。"), format!("Must have {a} to {b} {en}.")),
            (Some(a), None, _) => (format!("至少 {a} {of}。"), format!("Must have at least {a} {en}.")),
            (None, b, _) => {
                let b = b.unwrap_or_default();
                (format!("最多 {b} {of}。"), format!("Must have at most {b} {en}."))
            }
        },
        "range" => {
            let (a, b) = (number("min").unwrap_or_else(|| "0".into()), number("max"));
            match b {
                Some(b) => (format!("数值应在 {a} 到 {b} 之间。"), format!("Must be between {a} and {b}.")),
                None => (format!("数值不能小于 {a}。"), format!("Must be at least {a}.")),
            }
        }
        other => (format!("取值不符合要求（{other}）。"), format!("Invalid value ({other}).")),
    }
}
