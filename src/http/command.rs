//! What handlers are given of a request: who asks, what is named, what is commanded. Reads run here; writes go through
//! the one path in `write.rs`.

use std::sync::Arc;

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, dev::Payload, http::StatusCode, http::header, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Body,
    bulk::BulkResults,
    edge::RequestId,
    outermost::unencoded,
    problem::Asked,
    pulse::Pulse,
    query::pairs,
    shown::{Expands, Relation, Shown},
    write::{Made, Stored, Write},
};
use crate::{
    access,
    auth::{self, Actor, Caller, Scope, Tokens, policy},
    blobs::Blobs,
    config::Config,
    db::{self, Db, Tx},
    kernel::{ErrorCode, ListQuery, Page, Part, Problem, Readers, Target, Text, Versioned},
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
    caller: Caller,
    request_id: String,
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
    /// The first parameter that neither says what to show.
    stray: Option<String>,
    shown: Shown,
    relations: &'static [Relation],
}

impl FromRequest for Ask {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ask = Request::of(request).and_then(|r| {
            let mut pairs = pairs(request.query_string())?;
            let shown = Shown::take(&mut pairs)?;
            let stray = pairs.into_iter().next().map(|(name, _)| name);
            Ok(Self { request: r, reference: reference(request)?, stray, shown, relations: &[] })
        });
        std::future::ready(ask)
    }
}

impl Ask {
    /// Who asks.
    pub fn actor(&self) -> Who {
        self.request.who.clone()
    }

    /// The process's settings.
    pub fn config(&self) -> &Arc<Config> {
        &self.request.state.config
    }

    /// How far the log has come.
    pub(super) fn pulse(&self) -> &Pulse {
        &self.request.state.pulse
    }

    /// Lets the caller expand what the answer leads to.
    pub fn expanding<R: Expands>(self) -> Self {
        Self { relations: R::RELATIONS, ..self }
    }

    /// One record.
    pub async fn get<T, F>(self, f: F) -> Answer
    where
        T: Versioned + ToSchema + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &str) -> db::Result<T> + Send + 'static,
    {
        if let Some(name) = &self.stray {
            return Err(unknown_parameter(name));
        }
        self.shown.check::<T>(self.relations)?;
        if self.shown.given().is_none() {
            let record = self.read(f).await?;
            return Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(record.version()))).json(record));
        }
        let (version, record) = self
            .read_shown(move |tx, actor, id| {
                let record = f(tx, actor, id)?;
                Ok((record.version(), vec![serde_json::to_value(record)?]))
            })
            .await?;
        Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(version))).json(record.first()))
    }

    /// Something that is neither one record nor a list of them.
    pub async fn view<T, F>(self, f: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &str) -> db::Result<T> + Send + 'static,
    {
        self.whole()?;
        Ok(HttpResponse::Ok().json(self.read(f).await?))
    }

    /// Refuses to show a part of what is only answered whole.
    fn whole(&self) -> Result<(), Problem> {
        self.shown.given().map_or(Ok(()), |name| Err(unknown_parameter(name)))
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
        self.whole()?;
        Ok(HttpResponse::Ok().json(self.read(move |tx, actor, _| f(tx, actor)).await?))
    }

    /// A file; its parameters were checked by another extractor.
    pub async fn bytes<F>(self, f: F) -> Result<Vec<u8>, Problem>
    where
        F: FnOnce(&mut Tx, &Actor) -> db::Result<Vec<u8>> + Send + 'static,
    {
        self.whole()?;
        self.read(move |tx, actor, _| f(tx, actor)).await
    }

    /// A file with a name of its own; its parameters were checked by another extractor.
    pub async fn file<F>(self, f: F) -> Result<(String, Vec<u8>), Problem>
    where
        F: FnOnce(&mut Tx, &Actor) -> db::Result<(String, Vec<u8>)> + Send + 'static,
    {
        self.whole()?;
        self.read(move |tx, actor, _| f(tx, actor)).await
    }

    /// A list.
    pub async fn list<T, F>(self, query: ListQuery, f: F) -> Answer
    where
        T: Serialize + ToSchema + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &ListQuery) -> db::Result<Page<T>> + Send + 'static,
    {
        self.list_of(query, move |tx, actor, _, query| f(tx, actor, query)).await
    }

    /// A list that belongs to the record in the path.
    pub async fn list_of<T, F>(self, query: ListQuery, f: F) -> Answer
    where
        T: Serialize + ToSchema + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &str, &ListQuery) -> db::Result<Page<T>> + Send + 'static,
    {
        self.shown.check::<T>(self.relations)?;
        if self.shown.given().is_none() {
            return Ok(HttpResponse::Ok().json(self.read(move |tx, actor, id| f(tx, actor, id, &query)).await?));
        }
        let (page, items) = self
            .read_shown(move |tx, actor, id| {
                let page = f(tx, actor, id, &query)?;
                let items = page.items.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
                Ok((page.with(|_| Vec::new()), items))
            })
            .await?;
        Ok(HttpResponse::Ok().json(page.with(|_: Vec<serde_json::Value>| items)))
    }

    /// Reads records and shows them as they were asked for.
    async fn read_shown<T, F>(mut self, f: F) -> Result<(T, Vec<serde_json::Value>), Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &str) -> db::Result<(T, Vec<serde_json::Value>)> + Send + 'static,
    {
        let (shown, relations) = (std::mem::take(&mut self.shown), self.relations);
        self.read(move |tx, actor, id| {
            let (rest, mut records) = f(tx, actor, id)?;
            shown.apply(tx, actor, &mut records, relations)?;
            Ok((rest, records))
        })
        .await
    }

    /// A read that leaves the question to be asked again.
    pub(super) async fn again<T, F>(&self, f: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx, &Actor) -> db::Result<T> + Send + 'static,
    {
        self.whole()?;
        let Request { state, who } = &self.request;
        let who = who.clone();
        state.db.read(move |tx| who.load(tx).and_then(|actor| f(tx, &actor))).await.map_err(db::Error::into_problem)
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

    /// Refuses addresses that must not be asked, each under its pointer: of whoever may name them, for names are resolved for
    /// nobody else.
    pub async fn vet<P: AsRef<str>>(self, may: impl FnOnce(&Actor) -> bool + Send + 'static, named: &[(P, &str)]) -> Result<Self, Problem> {
        if named.is_empty() {
            return Ok(self);
        }
        let command = self.admit(may).await?;
        command.write.state.outbound.rule().vet(named).await?;
        Ok(command)
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

    /// Takes in what may be sent again: 201 where it is new, 200 with the record as it is where `f` says that it was known.
    pub async fn take_in<B, T, F>(self, collection: &'static str, body: Body<B>, mut f: F) -> Answer
    where
        B: Send + 'static,
        T: Versioned + 'static,
        F: FnMut(&mut Tx, &Actor, &B) -> db::Result<(T, bool)> + Send + 'static,
    {
        let Self { write, who, .. } = self;
        let Body { value, digest } = body;
        let again = who.clone();
        let seen = move |tx: &mut Tx, first: &Stored| {
            let actor = again.load(tx)?;
            still_seen::<T>(tx, &actor, first)
        };
        let make = move |tx: &mut Tx| {
            let actor = who.load(tx)?;
            f(tx, &actor, &value).map(|(record, new)| Made::record(&record).known(!new))
        };
        write.answer(StatusCode::CREATED, Some(collection), digest, seen, make).await
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
        write.at_length().run(digest, |_, _| Ok(()), make).await
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
            match f(tx, &actor, &target, &value) {
                Ok(record) => Ok(Made::record(&record)),
                Err(e) => Err(unsure(&actor, e, |surer| f(tx, surer, &target, &value))),
            }
        };
        write.answer(status, collection, digest, seen, make).await
    }
}

/// Tells whoever was refused, and would not have been if it were surer who they are, just that. What is tried on the way is
/// rolled back with the refusal.
fn unsure<T>(actor: &Actor, e: db::Error, again: impl FnOnce(&Actor) -> db::Result<T>) -> db::Error {
    let forbidden = |e: &db::Error| matches!(e, db::Error::Refused(problem) if problem.code == ErrorCode::Forbidden);
    if actor.may_sign() || !forbidden(&e) {
        return e;
    }
    match again(&Actor { level: None, ..actor.clone() }) {
        Err(still) if forbidden(&still) => e,
        _ => actor.unsure().into(),
    }
}

/// A replay authorizes again: who no longer sees the record does not see its first answer either. But they are told that what
/// they asked was done, for it may be the very act that took the record out of their sight, such as dispatching it.
fn still_seen<T: Versioned>(tx: &mut Tx, actor: &Actor, first: &Stored) -> db::Result<()> {
    let seen = match T::READERS {
        Readers::Sighted(kind) => {
            let record: serde_json::Value = serde_json::from_str(&first.body)?;
            let id = record.get("id").and_then(|id| id.as_str()).and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)?;
            access::sight(tx, &Scope::of(actor, kind), id)?.is_some()
        }
        Readers::Permitted(resource, action) => policy::may(actor, resource, action),
        Readers::Caller => true,
    };
    let gone = || {
        let zh = "此前以同一幂等键提交的操作已经成功；记录已不在您的可见范围内，不再显示。";
        Problem::new(ErrorCode::NotFound, Text::new(zh, "What you asked under this key was done; the record is no longer in your sight."))
    };
    if seen { Ok(()) } else { Err(gone().into()) }
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
            Some(if weak { None } else { unencoded(inner).parse().ok() })
        })
        .collect();
    match tags {
        Some(tags) => Ok(Some(tags.into_iter().flatten().collect())),
        None => Err(Problem::parameter("If-Match", "format", "应为带引号的 ETag，例如 \"3\"。", "Must be a quoted ETag, such as \"3\".")),
    }
}
