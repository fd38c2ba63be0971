//! What every handler is given of a request: what all share, who asks, and what the path names.

use std::sync::Arc;

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, dev::Payload, http::header, web};

use super::{edge::RequestId, pulse::Pulse};
use crate::{
    auth::{self, Actor, Caller, Tokens},
    blobs::Blobs,
    config::Config,
    db::{self, Db, Tx},
    kernel::{ErrorCode, Problem},
    outbound::Outbound,
};

/// What handlers share.
pub struct State {
    /// The database.
    pub db: Db,
    /// Where files lie.
    pub blobs: Blobs,
    /// Signs and verifies.
    pub tokens: Arc<Tokens>,
    /// Settings of the process.
    pub config: Arc<Config>,
    /// Asks others.
    pub outbound: Outbound,
    /// How far the log has come.
    pub pulse: Pulse,
}

/// What handlers answer.
pub type Answer = Result<HttpResponse, Problem>;

/// Who calls, before it is known in a transaction what they may do.
#[derive(Clone)]
pub struct Who {
    pub(super) caller: Caller,
    pub(super) request_id: String,
}

impl Who {
    /// The verified bearer, for what goes on after the answer.
    pub fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// The request.
    pub fn request_id(&self) -> String {
        self.request_id.clone()
    }

    /// The caller with their roles of this moment.
    pub fn load(&self, tx: &mut Tx) -> db::Result<Actor> {
        auth::actor(tx, &self.caller, &self.request_id)
    }
}

/// What every handler begins with.
pub(super) struct Request {
    pub state: web::Data<State>,
    pub who: Who,
}

impl Request {
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let state = request.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::of(ErrorCode::Internal))?;
        let caller = bearer(request).ok_or_else(|| Problem::of(ErrorCode::Unauthenticated))?;
        Ok(Self { state, who: Who { caller, request_id: RequestId::of(request) } })
    }
}

/// The bearer of a request, verified once: the rate limit asks first, the handler again.
pub fn bearer(request: &HttpRequest) -> Option<Caller> {
    if let Some(known) = request.extensions().get::<Caller>() {
        return Some(known.clone());
    }
    let state = request.app_data::<web::Data<State>>()?;
    let (scheme, token) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let caller = state.tokens.verify(token.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
    request.extensions_mut().insert(caller.clone());
    Some(caller)
}

/// The record named in the path: decoded, bounded, and free of what PostgreSQL cannot store.
pub struct Named(pub String);

impl FromRequest for Named {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(reference(request).map(Self))
    }
}

pub(super) fn reference(request: &HttpRequest) -> Result<String, Problem> {
    let raw = request.match_info().get("id").unwrap_or_default();
    let text = percent_encoding::percent_decode_str(raw).decode_utf8().map_err(|_| Problem::not_found())?;
    if text.chars().count() > 100 || text.contains('\0') { Err(Problem::not_found()) } else { Ok(text.into_owned()) }
}

pub(super) fn unknown_parameter(name: &str) -> Problem {
    Problem::parameter(name, "unknown_parameter", format!("不认识的参数 {name}。"), format!("Unknown parameter {name}."))
}

/// `"7"`: a strong validator.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}
