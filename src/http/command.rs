//! The one write path, and its sister for reads.
//!
//! A write: open the transaction, load the actor, take the idempotency key, run the use case, render the answer, store
//! it with the key, commit, answer. Nothing is answered before the commit.

use std::sync::Arc;

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, dev::Payload, http::StatusCode, http::header, web};
use serde::Serialize;

use super::{Body, bulk::BulkResults, edge::RequestId, problem::Asked, query::pairs};
use crate::{
    access,
    auth::{self, Actor, Caller, Scope, Tokens},
    blobs::Blobs,
    config::Config,
    db::{self, Db, Outcome, Tx, idempotency},
    kernel::{ErrorCode, ListQuery, Page, Part, Problem, Target, Versioned, sha256_hex},
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
}

/// What handlers answer.
pub type Answer = Result<HttpResponse, Problem>;

/// Who calls, before it is known in a transaction what they may do.
#[derive(Clone)]
pub struct Who {
    caller: Caller,
    request_id: String,
}

impl Who {
    /// The caller with their roles of this moment.
    pub fn load(&self, tx: &mut Tx) -> db::Result<Actor> {
        auth::actor(tx, &self.caller, &self.request_id)
    }
}

struct Request {
    state: web::Data<State>,
    who: Who,
}

impl Request {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
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

/// An authenticated read.
pub struct Ask {
    request: Request,
    reference: String,
    /// Names of the parameters that no list or params extractor declares.
    stray: Option<String>,
}

impl FromRequest for Ask {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ask = Request::of(request).and_then(|r| {
            let stray = pairs(request.query_string())?.into_iter().next().map(|(k, _)| k);
            Ok(Self { request: r, reference: reference(request)?, stray })
        });
        std::future::ready(ask)
    }
}

impl Ask {
    /// Who asks.
    pub fn actor(&self) -> Who {
        self.request.who.clone()
    }

    /// One record.
    pub async fn get<T, F>(self, f: F) -> Answer
    where
        T: Versioned + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &str) -> db::Result<T> + Send + 'static,
    {
        if let Some(name) = &self.stray {
            return Err(unknown_parameter(name));
        }
        let record = self.read(f).await?;
        Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(record.version()))).json(record))
    }

    /// Something that is not one record.
    pub async fn view<T, F>(self, f: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &str) -> db::Result<T> + Send + 'static,
    {
        Ok(HttpResponse::Ok().json(self.read(f).await?))
    }

    /// A question that is asked by `POST` and changes nothing.
    pub async fn compute<T, F>(self, f: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Tx, &Actor) -> db::Result<T> + Send + 'static,
    {
        if let Some(name) = &self.stray {
            return Err(unknown_parameter(name));
        }
        Ok(HttpResponse::Ok().json(self.read(move |tx, actor, _| f(tx, actor)).await?))
    }

    /// A file; its parameters were checked by another extractor.
    pub async fn bytes<F>(self, f: F) -> Result<Vec<u8>, Problem>
    where
        F: FnOnce(&mut Tx, &Actor) -> db::Result<Vec<u8>> + Send + 'static,
    {
        self.read(move |tx, actor, _| f(tx, actor)).await
    }

    /// A list.
    pub async fn list<T, F>(self, query: ListQuery, f: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &ListQuery) -> db::Result<Page<T>> + Send + 'static,
    {
        Ok(HttpResponse::Ok().json(self.read(move |tx, actor, _| f(tx, actor, &query)).await?))
    }

    async fn read<T, F>(self, f: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &str) -> db::Result<T> + Send + 'static,
    {
        let Self { request, reference, .. } = self;
        let Request { state, who } = request;
        state
            .db
            .read(move |tx| {
                let actor = who.load(tx)?;
                f(tx, &actor, &reference)
            })
            .await
            .map_err(db::Error::into_problem)
    }
}

pub(super) fn unknown_parameter(name: &str) -> Problem {
    Problem::parameter(name, "unknown_parameter", format!("不认识的参数 {name}。"), format!("Unknown parameter {name}."))
}

/// `"7"`: a strong validator.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// What every write has: its key, and whether it is only tried.
pub(super) struct Write {
    state: web::Data<State>,
    scope: Option<String>,
    dry_run: bool,
    /// It may take longer than a request: an import, which no list of changes shows.
    long: bool,
}

/// What a use case made, ready to be answered.
pub(super) struct Made {
    id: Option<String>,
    version: Option<i64>,
    body: serde_json::Result<String>,
}

impl Made {
    /// Of something that is not one record.
    pub(super) fn of<T: Serialize>(value: T) -> Self {
        Self { id: None, version: None, body: serde_json::to_string(&value) }
    }

    fn record<T: Versioned>(record: &T) -> Self {
        Self { id: Some(record.id()), version: Some(record.version()), body: serde_json::to_string(record) }
    }
}

impl Write {
    /// Reads the key and the trial flag; `who` tells the keys of callers apart.
    pub(super) fn of(request: &HttpRequest, who: &str) -> Result<Self, Problem> {
        let state = request.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::of(ErrorCode::Internal))?;
        let mut dry_run = false;
        for (name, value) in pairs(request.query_string())? {
            match (name.as_str(), value.as_str()) {
                ("dry_run", "true") => dry_run = true,
                ("dry_run", "false") => {}
                ("dry_run", _) => return Err(Problem::parameter("dry_run", "invalid_value", "dry_run 应为 true 或 false。", "dry_run must be true or false.")),
                _ => return Err(unknown_parameter(&name)),
            }
        }
        let key = idempotency_key(request)?;
        let scope = key.map(|key| sha256_hex(format!("{who}\n{}\n{}\n{key}", request.method(), request.path()).as_bytes()));
        Ok(Self { state, scope: scope.filter(|_| !dry_run), dry_run, long: false })
    }

    /// Answers 200.
    pub(super) async fn run<F, S>(self, digest: String, seen: S, make: F) -> Answer
    where
        S: FnMut(&mut Tx, &Stored) -> db::Result<()> + Send + 'static,
        F: FnMut(&mut Tx) -> db::Result<Made> + Send + 'static,
    {
        self.answer(StatusCode::OK, None, digest, seen, make).await
    }

    /// The one write path: key, use case, answer kept with the key, commit. `seen` guards a replay.
    async fn answer<F, S>(self, status: StatusCode, collection: Option<&'static str>, digest: String, mut seen: S, mut make: F) -> Answer
    where
        S: FnMut(&mut Tx, &Stored) -> db::Result<()> + Send + 'static,
        F: FnMut(&mut Tx) -> db::Result<Made> + Send + 'static,
    {
        let Self { state, scope, dry_run, long } = self;
        let stored = state
            .db
            .write(move |tx| {
                if let Some(scope) = &scope
                    && let Some(first) = replay(tx, scope, &digest)?
                {
                    seen(tx, &first)?;
                    return Ok(Outcome::Rollback(first));
                }
                let Made { id, version, body } = make(tx)?;
                let answer = Stored {
                    status: if dry_run { 200 } else { status.as_u16() },
                    location: collection.zip(id).filter(|_| !dry_run).map(|(c, id)| format!("{c}/{id}")),
                    etag: version.map(etag).filter(|_| !dry_run),
                    body: body?,
                    replayed: false,
                };
                if dry_run {
                    return Ok(Outcome::Rollback(answer));
                }
                if let Some(scope) = &scope {
                    keep(tx, scope, &digest, &answer)?;
                }
                if !long {
                    tx.in_time()?;
                }
                Ok(Outcome::Commit(answer))
            })
            .await
            .map_err(db::Error::into_problem)?;
        Ok(stored.respond())
    }
}

/// An authenticated write.
pub struct Command {
    write: Write,
    who: Who,
    target: Target,
    asked: Asked,
}

impl FromRequest for Command {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

impl Command {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let Request { who, .. } = Request::of(request)?;
        let write = Write::of(request, who.caller.id.as_str())?;
        let target = Target { reference: reference(request)?, expected: if_match(request)? };
        let asked = Asked::of(request, &who.request_id);
        Ok(Self { write, who, target, asked })
    }

    /// Where this write was sent.
    pub fn path(&self) -> &str {
        &self.asked.path
    }

    /// Who writes.
    pub fn actor(&self) -> Who {
        self.who.clone()
    }

    /// The process's settings.
    pub fn config(&self) -> &Arc<Config> {
        &self.write.state.config
    }

    /// Refuses who may not, before something costly is done for them; the use case asks again in its transaction.
    pub async fn admit(self, may: impl FnOnce(&Actor) -> bool + Send + 'static) -> Result<Self, Problem> {
        let who = self.who.clone();
        let allowed = self.write.state.db.read(move |tx| Ok(may(&who.load(tx)?))).await.map_err(db::Error::into_problem)?;
        if allowed { Ok(self) } else { Err(Problem::of(ErrorCode::Forbidden)) }
    }

    /// For `PUT` and `DELETE`: refuses a request without `If-Match`.
    pub fn conditional(self) -> Result<Self, Problem> {
        if self.target.expected.is_none() { Err(Problem::of(ErrorCode::PreconditionRequired)) } else { Ok(self) }
    }

    /// For what is its own effect, such as a reveal: never tried, and never kept with a key.
    pub fn in_earnest(mut self) -> Result<Self, Problem> {
        if self.write.dry_run {
            return Err(unknown_parameter("dry_run"));
        }
        self.write.scope = None;
        Ok(self)
    }

    /// A named action or an edit: answers 200 with the whole new record.
    pub async fn act<B, T, F>(self, body: Body<B>, f: F) -> Answer
    where
        B: Send + 'static,
        T: Versioned + 'static,
        F: FnMut(&mut Tx, &Actor, &Target, &B) -> db::Result<T> + Send + 'static,
    {
        self.run(StatusCode::OK, None, body, f).await
    }

    /// A creation: answers 201 with `Location` under `collection`.
    pub async fn create<B, T, F>(self, collection: &'static str, body: Body<B>, f: F) -> Answer
    where
        B: Send + 'static,
        T: Versioned + 'static,
        F: FnMut(&mut Tx, &Actor, &Target, &B) -> db::Result<T> + Send + 'static,
    {
        self.run(StatusCode::CREATED, Some(collection), body, f).await
    }

    /// A bulk action: answers 207 with what became of each record.
    pub async fn bulk<B, F>(self, body: Body<B>, mut f: F) -> Answer
    where
        B: Send + 'static,
        F: FnMut(&mut Tx, &Actor, &B) -> db::Result<Vec<Part>> + Send + 'static,
    {
        let Self { write, who, asked, .. } = self;
        let Body { value, digest } = body;
        let make = move |tx: &mut Tx| {
            let actor = who.load(tx)?;
            Ok(Made::of(BulkResults::of(f(tx, &actor, &value)?, &asked)))
        };
        write.answer(StatusCode::MULTI_STATUS, None, digest, |_, _| Ok(()), make).await
    }

    /// Whether this is only tried.
    pub fn is_dry(&self) -> bool {
        self.write.dry_run
    }

    /// A long write that is not one record, such as an import: answers 200 with what it did.
    pub async fn report<B, T, F>(self, body: Body<B>, mut f: F) -> Answer
    where
        B: Send + 'static,
        T: Serialize + 'static,
        F: FnMut(&mut Tx, &Actor, &B) -> db::Result<T> + Send + 'static,
    {
        let Self { write, who, .. } = self;
        let Body { value, digest } = body;
        let make = move |tx: &mut Tx| {
            let actor = who.load(tx)?;
            f(tx, &actor, &value).map(Made::of)
        };
        Write { long: true, ..write }.run(digest, |_, _| Ok(()), make).await
    }

    /// A write about the record in the path that answers 200 with something else.
    pub async fn report_on<B, T, F>(self, body: Body<B>, mut f: F) -> Answer
    where
        B: Send + 'static,
        T: Serialize + 'static,
        F: FnMut(&mut Tx, &Actor, &Target, &B) -> db::Result<T> + Send + 'static,
    {
        let target = self.target.clone();
        self.report(body, move |tx, actor, input| f(tx, actor, &target, input)).await
    }

    /// A removal: `f` answers what must be done once it is durable. Never tried, and never kept with a key: what is gone
    /// is gone the second time too.
    pub async fn remove<T, F>(self, mut f: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Actor, &Target) -> db::Result<T> + Send + 'static,
    {
        let Self { write, who, target, .. } = self.in_earnest()?;
        write
            .state
            .db
            .commit(move |tx| {
                let actor = who.load(tx)?;
                f(tx, &actor, &target)
            })
            .await
            .map_err(db::Error::into_problem)
    }

    async fn run<B, T, F>(self, status: StatusCode, collection: Option<&'static str>, body: Body<B>, mut f: F) -> Answer
    where
        B: Send + 'static,
        T: Versioned + 'static,
        F: FnMut(&mut Tx, &Actor, &Target, &B) -> db::Result<T> + Send + 'static,
    {
        let Self { write, who, target, .. } = self;
        let Body { value, digest } = body;
        let again = who.clone();
        let seen = move |tx: &mut Tx, first: &Stored| {
            let actor = again.load(tx)?;
            still_seen::<T>(tx, &actor, first)
        };
        let make = move |tx: &mut Tx| {
            let actor = who.load(tx)?;
            f(tx, &actor, &target, &value).map(|record| Made::record(&record))
        };
        write.answer(status, collection, digest, seen, make).await
    }
}

/// The first answer of a key.
pub(super) struct Stored {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    body: String,
    replayed: bool,
}

impl Stored {
    fn respond(self) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        if let Some(location) = self.location {
            response.insert_header((header::LOCATION, location));
        }
        if let Some(etag) = self.etag {
            response.insert_header((header::ETAG, etag));
        }
        if self.replayed {
            response.insert_header(("idempotency-replayed", "true"));
        }
        response.content_type("application/json").body(self.body)
    }
}

/// A replay authorizes again: who no longer sees the record does not see its first answer either.
fn still_seen<T: Versioned>(tx: &mut Tx, actor: &Actor, first: &Stored) -> db::Result<()> {
    let Some(kind) = T::KIND else { return Ok(()) };
    let record: serde_json::Value = serde_json::from_str(&first.body)?;
    let id = record.get("id").and_then(|id| id.as_str()).and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, kind), id)?.map(|_| ()).ok_or_else(|| Problem::not_found().into())
}

/// Answers what the key was answered first.
fn replay(tx: &mut Tx, scope: &str, digest: &str) -> db::Result<Option<Stored>> {
    let Some(first) = idempotency::first_answer(tx, scope)? else { return Ok(None) };
    if first.digest != digest {
        return Err(Problem::of(ErrorCode::IdempotencyMismatch).into());
    }
    let status = u16::try_from(first.status).unwrap_or(200);
    Ok(Some(Stored { status, location: first.location, etag: first.etag, body: first.body.open(tx.vault)?, replayed: true }))
}

fn keep(tx: &mut Tx, scope: &str, digest: &str, answer: &Stored) -> db::Result<()> {
    let first = idempotency::FirstAnswer {
        digest: digest.to_owned(),
        status: i32::from(answer.status),
        location: answer.location.clone(),
        etag: answer.etag.clone(),
        body: db::Sealed::seal(tx.vault, &answer.body)?,
    };
    idempotency::keep(tx, scope, &first)
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    if (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(Some(text.to_owned()))
    } else {
        Err(Problem::parameter("Idempotency-Key", "format", "幂等键应为 1 到 255 个可见 ASCII 字符。", "Must be 1 to 255 visible ASCII characters."))
    }
}

/// Reads `If-Match`. A weak tag never matches strongly (RFC 9110 §13.1.1), so it stands for no version at all.
fn if_match(request: &HttpRequest) -> Result<Option<Vec<i64>>, Problem> {
    let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Err(Problem::parameter("If-Match", "format", "请写明具体版本，例如 \"3\"。", "Name a version, such as \"3\"."));
    }
    let tags: Option<Vec<Option<i64>>> = text
        .split(',')
        .map(str::trim)
        .map(|tag| {
            let (weak, tag) = tag.strip_prefix("W/").map_or((false, tag), |t| (true, t));
            let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
            Some(if weak { None } else { inner.parse().ok() })
        })
        .collect();
    match tags {
        Some(tags) => Ok(Some(tags.into_iter().flatten().collect())),
        None => Err(Problem::parameter("If-Match", "format", "应为带引号的 ETag，例如 \"3\"。", "Must be a quoted ETag, such as \"3\".")),
    }
}
