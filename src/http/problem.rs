//! Problem documents (RFC 9457).

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, http::StatusCode, http::header};
use serde::Serialize;

use crate::kernel::{
    ErrorCode, Problem,
    problem::{FieldError, Place},
};

/// The body of every error.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemDocument {
    /// Explains the error to people, in Chinese and English.
    #[schema(example = "/problems/not_found")]
    pub r#type: String,
    /// Short name of the error.
    #[schema(example = "没有找到")]
    pub title: String,
    /// The HTTP status again, for clients that only see the body.
    #[schema(example = 404, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What to do now.
    pub detail: String,
    /// Path of the request.
    #[schema(example = "/api/v1/entrustments")]
    pub instance: String,
    /// Stable code.
    #[schema(example = "not_found")]
    pub code: String,
    /// For the operator.
    pub request_id: String,
    /// Every invalid field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<ProblemField>,
    /// On 409: what may be done instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// With `assurance_too_low`: the level that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3)]
    pub required_level: Option<u8>,
}

/// One invalid field.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// JSON pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/applicant/credit_code")]
    pub pointer: Option<String>,
    /// Name of the parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Stable code.
    #[schema(example = "required")]
    pub code: String,
    /// What is wrong.
    pub detail: String,
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The edge renders the document: only it knows the request's language and id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).finish()
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.code(), self.detail.en)
    }
}

/// What rendering needs of a request. Taken before it is routed: a request that is held elsewhere cannot be routed.
pub struct Asked {
    /// Path, for `instance`.
    pub path: String,
    /// English is preferred.
    pub english: bool,
    /// Its id.
    pub request_id: String,
}

impl Asked {
    /// Of a request.
    pub fn of(request: &HttpRequest, request_id: &str) -> Self {
        Self { path: request.path().chars().take(300).collect(), english: prefers_english(request), request_id: request_id.to_owned() }
    }
}

/// What was sent may be told back, and not without end.
fn short(text: &str) -> String {
    const MOST: usize = 2_000;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

impl ProblemDocument {
    /// Of a problem, in the language of the request.
    pub fn of(problem: &Problem, asked: &Asked) -> Self {
        let english = asked.english;
        let field = |e: &FieldError| {
            let (pointer, parameter) = match &e.at {
                Place::Pointer(p) => (Some(short(p)), None),
                Place::Parameter(p) => (None, Some(short(p))),
            };
            ProblemField { pointer, parameter, code: e.code.to_string(), detail: short(e.detail.pick(english)) }
        };
        Self {
            r#type: format!("/problems/{}", problem.code.code()),
            title: problem.code.title().pick(english).to_owned(),
            status: problem.code.status(),
            detail: short(problem.detail.pick(english)),
            instance: asked.path.clone(),
            code: problem.code.code().to_owned(),
            request_id: asked.request_id.clone(),
            errors: problem.errors.iter().map(field).collect(),
            allowed_actions: problem.allowed_actions.clone(),
            required_level: problem.required_level,
        }
    }
}

/// Renders a problem for a request.
pub fn render(problem: &Problem, asked: &Asked) -> HttpResponse {
    let document = ProblemDocument::of(problem, asked);
    let mut response: HttpResponseBuilder = HttpResponse::build(problem.status_code());
    response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
    response.insert_header((header::CONTENT_LANGUAGE, if asked.english { "en" } else { "zh-CN" }));
    if let Some(seconds) = problem.retry_after {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    if let Some(allow) = &problem.allow {
        response.insert_header((header::ALLOW, allow.clone()));
    }
    if problem.code == ErrorCode::Unauthenticated {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"jieli\""));
    }
    response.body(serde_json::to_vec(&document).unwrap_or_default())
}

/// English when it is named and preferred to Chinese (RFC 9110 §12.5.4).
fn prefers_english(request: &HttpRequest) -> bool {
    let asked = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let weight = |language: &str| {
        asked
            .split(',')
            .filter_map(|part| {
                let (tag, params) = part.trim().split_once(';').unwrap_or((part.trim(), ""));
                let named = tag.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case(language));
                named.then(|| params.trim().strip_prefix("q=").map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0)))
            })
            .fold(0.0, f32::max)
    };
    let (chinese, english) = (weight("zh"), weight("en"));
    english > chinese || (english > 0.0 && english.total_cmp(&chinese).is_eq() && first_is_english(asked))
}

fn first_is_english(asked: &str) -> bool {
    asked
        .split(',')
        .map(|part| part.trim().to_ascii_lowercase())
        .find(|tag| tag.starts_with("zh") || tag.starts_with("en"))
        .is_some_and(|t| t.starts_with("en"))
}
