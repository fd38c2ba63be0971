//! The outermost layer: request ids, problem documents, headers that every answer carries, and a net for panics.

use std::{panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use futures_util::FutureExt as _;

use super::{
    limits::{AnswerCode, ByClient, Limits, charged_to_client},
    metrics::Metrics,
    problem::{Asked, render},
};
use crate::{
    auth::Caller,
    kernel::{ErrorCode, Id, Problem, random_bytes},
    usage::{Answered, Usage},
};

/// The id under which a request is logged and answered.
#[derive(Clone)]
pub struct RequestId(String);

impl RequestId {
    /// Of a request.
    pub fn of(request: &HttpRequest) -> String {
        request.extensions().get::<RequestId>().map(|r| r.0.clone()).unwrap_or_default()
    }
}

/// Every path of the API with its methods, for 405 and OPTIONS.
pub struct PathTable(Vec<(Vec<Segment>, Vec<String>)>);

enum Segment {
    Fixed(String),
    Any,
}

impl PathTable {
    /// Reads the table off the OpenAPI document.
    pub fn new<'a>(paths: impl Iterator<Item = (&'a str, Vec<String>)>) -> Self {
        let segments = |p: &str| p.split('/').map(|s| if s.starts_with('{') { Segment::Any } else { Segment::Fixed(s.to_owned()) }).collect();
        Self(paths.map(|(p, methods)| (segments(p), methods)).collect())
    }

    /// The methods of a path, if it is one of ours.
    pub fn methods(&self, path: &str) -> Option<String> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |segments: &[Segment]| {
            segments.len() == parts.len()
                && segments.iter().zip(&parts).all(|(s, p)| match s {
                    Segment::Fixed(f) => f == p,
                    Segment::Any => !p.is_empty(),
                })
        };
        let fixed = |segments: &[Segment]| segments.iter().filter(|s| matches!(s, Segment::Fixed(_))).count();
        // `/service-items/themes` is a path of its own, not an item called so.
        let nearest = self.0.iter().filter(|(s, _)| fits(s)).map(|(s, _)| fixed(s)).max().unwrap_or(0);
        let mut found: Vec<&str> = self.0.iter().filter(|(s, _)| fits(s) && fixed(s) == nearest).flat_map(|(_, m)| m.iter().map(String::as_str)).collect();
        if found.is_empty() {
            return None;
        }
        found.push("OPTIONS");
        if found.contains(&"GET") {
            found.push("HEAD");
        }
        found.sort_unstable();
        found.dedup();
        Some(found.join(", "))
    }
}

/// What no route took: 405 with `Allow` on a known path, OPTIONS answered, else 404.
pub async fn fallback(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let table = request.app_data::<actix_web::web::Data<PathTable>>();
    match table.and_then(|t| t.methods(request.path())) {
        Some(allow) if request.method() == Method::OPTIONS => Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish()),
        Some(allow) => Err(Problem { allow: Some(allow), ..Problem::of(ErrorCode::MethodNotAllowed) }),
        None => Err(Problem::not_found()),
    }
}

type Edged<B> = ServiceResponse<EitherBody<B, BoxBody>>;

/// The middleware.
pub async fn edge<B: MessageBody + 'static>(mut request: ServiceRequest, next: Next<B>) -> Result<Edged<B>, actix_web::Error> {
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id.clone()));
    let asked = Asked::of(request.request(), &id);
    let trace = Trace::of(&request);
    let counting = Counting::of(&request);
    let method = request.method().to_string();
    if request.method() == Method::HEAD {
        // Every GET answers HEAD too; the body is dropped on the wire.
        request.head_mut().method = Method::GET;
    }
    let started = Instant::now();
    Metrics::get().begin();
    let outcome = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    let end = |route: &str, status: StatusCode| Metrics::get().end(&method, route, status.as_u16(), started.elapsed().as_secs_f64());
    match outcome {
        Ok(Ok(response)) => {
            let problem = response.response().error().map(problem_of);
            let mut code = problem.as_ref().map(|p| p.code.code());
            let mut response = match problem {
                Some(problem) => {
                    let mut document = render(&problem, &asked).map_into_boxed_body();
                    for name in ["ratelimit", "ratelimit-policy"] {
                        if let Some(value) = response.headers().get(name) {
                            document.headers_mut().insert(HeaderName::from_static(name), value.clone());
                        }
                    }
                    response.into_response(document).map_into_right_body()
                }
                None => {
                    let said = response.response().extensions().get::<AnswerCode>().map(|c| c.0);
                    code = said;
                    response.map_into_left_body()
                }
            };
            let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".into());
            end(&route, response.status());
            if let Some(counting) = counting {
                let (operation, status, seconds) = (format!("{method} {route}"), response.status().as_u16(), started.elapsed().as_secs_f64());
                counting.note(response.request(), Answered { operation, status, code, seconds, proved: false });
            }
            dress(response.response_mut(), &id, &trace);
            Ok(response)
        }
        // Without its request nothing but an error can carry the answer.
        broken => {
            let problem = match broken {
                Ok(Err(e)) => problem_of(&e),
                _ => {
                    tracing::error!(request_id = %id, "panic in a handler");
                    Problem::of(ErrorCode::Internal)
                }
            };
            let mut document = render(&problem, &asked);
            end("unmatched", document.status());
            dress(&mut document, &id, &trace);
            Err(InternalError::from_response(problem, document).into())
        }
    }
}

/// Counts what machine clients ask.
struct Counting {
    limits: actix_web::web::Data<Limits>,
    usage: actix_web::web::Data<Usage>,
}

impl Counting {
    fn of(request: &ServiceRequest) -> Option<Self> {
        let (limits, usage) = (request.app_data()?, request.app_data()?);
        Some(Self { limits: actix_web::web::Data::clone(limits), usage: actix_web::web::Data::clone(usage) })
    }

    fn note(&self, request: &HttpRequest, answered: Answered) {
        let parts = request.extensions();
        let bearer = parts.get::<Caller>().filter(|c| charged_to_client(c)).map(|c| c.client.as_str());
        let named = || parts.get::<ByClient>().map(|c| c.0.as_str());
        if let Some(client) = bearer.or_else(named).filter(|c| self.limits.knows(c)) {
            self.usage.note(client, Answered { proved: bearer.is_some(), ..answered });
        }
    }
}

/// The problem behind a framework's error: routing, payload and path errors of actix-web become ours.
fn problem_of(e: &actix_web::Error) -> Problem {
    if let Some(p) = e.as_error::<Problem>() {
        return p.clone();
    }
    match e.as_response_error().status_code() {
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::of(ErrorCode::TooLarge),
        StatusCode::REQUEST_TIMEOUT => Problem::of(ErrorCode::RequestTimeout),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::of(ErrorCode::UnsupportedMedia),
        s if s.is_client_error() => Problem::of(ErrorCode::InvalidRequest),
        _ => {
            tracing::error!(error = %e, "unhandled error");
            Problem::of(ErrorCode::Internal)
        }
    }
}

/// The caller's `X-Request-Id` if it is harmless, else a new one.
pub(super) fn request_id(request: &ServiceRequest) -> String {
    let harmless = |v: &&str| (1..=64).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let given = request.headers().get("x-request-id").and_then(|v| v.to_str().ok()).filter(harmless);
    given.map_or_else(|| Id::new().to_string(), str::to_owned)
}

/// The W3C trace of a request: the caller's trace goes on under a span of ours, or a new one begins.
pub(super) struct Trace(String);

impl Trace {
    pub(super) fn of(request: &ServiceRequest) -> Self {
        let given = request.headers().get("traceparent").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let hex = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) && s.bytes().any(|b| b != b'0');
        let parts: Vec<&str> = given.split('-').collect();
        let (trace, flags) = match parts.as_slice() {
            ["00", trace, parent, flags] if hex(trace, 32) && hex(parent, 16) && flags.len() == 2 && flags.bytes().all(|b| b.is_ascii_hexdigit()) => {
                ((*trace).to_owned(), (*flags).to_owned())
            }
            _ => (hex::encode(random_bytes::<16>()), "00".to_owned()),
        };
        Self(format!("00-{trace}-{}-{flags}", hex::encode(random_bytes::<8>())))
    }
}

pub(super) fn dress<B>(response: &mut HttpResponse<B>, id: &str, trace: &Trace) {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-request-id", id);
    set("traceparent", &trace.0);
    set("api-version", env!("CARGO_PKG_VERSION"));
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    set("x-frame-options", "DENY");
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding, accept-language, authorization"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
