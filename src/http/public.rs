//! What needs no login: cached reads, and the write behind a one-time link.

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Body, State,
    outermost::unencoded,
    query::pairs,
    request::{Answer, bearer, etag, reference, unknown_parameter},
    shown::Shown,
    write::{Made, Write},
};
use crate::{
    auth::{self, Caller, SubjectKind},
    db::{self, Tx},
    kernel::{ErrorCode, ListQuery, Page, Problem, Text, Versioned, sha256_hex},
};

/// A public read.
pub struct Public {
    state: web::Data<State>,
    reference: String,
    stray: Option<String>,
    shown: Shown,
    known: Vec<String>,
}

impl FromRequest for Public {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

impl Public {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let state = request.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::of(ErrorCode::Internal))?;
        let mut pairs = pairs(request.query_string())?;
        let shown = Shown::take(&mut pairs)?;
        let stray = pairs.into_iter().next().map(|(name, _)| name);
        Ok(Self { state, reference: reference(request)?, stray, shown, known: known(request) })
    }

    /// Something that takes no parameters; kept by caches for `max_age` seconds.
    pub async fn fetch<T, F>(self, max_age: u32, f: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Tx, &str) -> db::Result<T> + Send + 'static,
    {
        self.plain()?.view(max_age, f).await
    }

    /// Something that is no record and no list, whose parameters another extractor has checked.
    pub async fn view<T, F>(self, max_age: u32, f: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Tx, &str) -> db::Result<T> + Send + 'static,
    {
        if let Some(name) = self.shown.given() {
            return Err(unknown_parameter(name));
        }
        let (value, known) = self.read(f).await?;
        Ok(tagged(&known, serde_json::to_vec(&value).unwrap_or_default(), None, max_age))
    }

    /// A record whose `ETag` is its version: it can be edited.
    pub async fn record<T, F>(self, max_age: u32, f: F) -> Answer
    where
        T: Versioned + ToSchema + Send + 'static,
        F: FnOnce(&mut Tx, &str) -> db::Result<T> + Send + 'static,
    {
        let mut this = self.plain()?;
        this.shown.check::<T>(&[])?;
        let shown = std::mem::take(&mut this.shown);
        let (record, known) = this.read(f).await?;
        let tag = Some(etag(record.version()));
        let body = match shown.given() {
            None => serde_json::to_vec(&record),
            Some(_) => serde_json::to_value(&record).and_then(|value| {
                let mut kept = [value];
                shown.keep(&mut kept);
                serde_json::to_vec(&kept[0])
            }),
        };
        Ok(tagged(&known, body.unwrap_or_default(), tag, max_age))
    }

    /// What only the holder of a link should keep.
    pub async fn fresh<T, F>(self, f: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Tx, &str) -> db::Result<T> + Send + 'static,
    {
        let this = self.plain()?;
        if let Some(name) = this.shown.given() {
            return Err(unknown_parameter(name));
        }
        Ok(HttpResponse::Ok().json(this.read(f).await?.0))
    }

    /// A list.
    pub async fn list<T, F>(self, query: Result<ListQuery, Problem>, max_age: u32, f: F) -> Answer
    where
        T: Serialize + ToSchema + Send + 'static,
        F: FnOnce(&mut Tx, &ListQuery) -> db::Result<Page<T>> + Send + 'static,
    {
        self.list_of(query, max_age, move |tx, _, query| f(tx, query)).await
    }

    /// A list that belongs to the record in the path.
    pub async fn list_of<T, F>(mut self, query: Result<ListQuery, Problem>, max_age: u32, f: F) -> Answer
    where
        T: Serialize + ToSchema + Send + 'static,
        F: FnOnce(&mut Tx, &str, &ListQuery) -> db::Result<Page<T>> + Send + 'static,
    {
        let (query, ()) = Problem::together(query, self.shown.check::<T>(&[]))?;
        let shown = std::mem::take(&mut self.shown);
        let (page, known) = self.read(move |tx, id| f(tx, id, &query)).await?;
        let body = match shown.given() {
            None => serde_json::to_vec(&page),
            Some(_) => page.items.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>().and_then(|mut items| {
                shown.keep(&mut items);
                serde_json::to_vec(&page.with(|_| items))
            }),
        };
        Ok(tagged(&known, body.unwrap_or_default(), None, max_age))
    }

    fn plain(self) -> Result<Self, Problem> {
        match &self.stray {
            Some(name) => Err(unknown_parameter(name)),
            None => Ok(self),
        }
    }

    async fn read<T, F>(self, f: F) -> Result<(T, Vec<String>), Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx, &str) -> db::Result<T> + Send + 'static,
    {
        let Self { state, reference, known, .. } = self;
        let value = state.db.read(move |tx| f(tx, &reference)).await.map_err(db::Error::into_problem)?;
        Ok((value, known))
    }
}

/// A write whose only proof is the link in its path.
pub struct LinkCommand {
    write: Write,
    caller: Option<Caller>,
    reference: String,
    request_id: String,
}

impl FromRequest for LinkCommand {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let command = reference(request).and_then(|reference| {
            let write = Write::of(request, "link")?;
            let caller = bearer(request);
            Ok(Self { write, caller, reference, request_id: super::edge::RequestId::of(request) })
        });
        std::future::ready(command)
    }
}

/// The links are the applicants': whoever is signed in as staff does not use them in their place.
fn no_staff(tx: &mut Tx, caller: Option<&Caller>, request_id: &str) -> db::Result<()> {
    let Some(caller) = caller.filter(|c| c.kind == SubjectKind::User) else { return Ok(()) };
    // A token that is good no more says nothing of who holds it.
    match auth::actor(tx, caller, request_id) {
        Ok(actor) if actor.applicant_id.is_none() => {}
        Ok(_) | Err(db::Error::Refused(_)) => return Ok(()),
        Err(e) => return Err(e),
    }
    let text = Text::new("链接由申请人本人使用，工作人员登录后不能代为提交。", "The link is the applicant's: staff do not use it.");
    Err(Problem::new(ErrorCode::Forbidden, text).into())
}

/// Who asks for what is the applicants' alone, without a login: for a handler that writes in a way of its own.
pub struct OwnHands {
    caller: Option<Caller>,
    request_id: String,
}

impl FromRequest for OwnHands {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self { caller: bearer(request), request_id: super::edge::RequestId::of(request) }))
    }
}

impl OwnHands {
    /// Refuses whoever is signed in as staff.
    pub async fn check(self, state: &State) -> Result<(), Problem> {
        let Self { caller, request_id } = self;
        if caller.is_none() {
            return Ok(());
        }
        state.db.read(move |tx| no_staff(tx, caller.as_ref(), &request_id)).await.map_err(db::Error::into_problem)
    }
}

impl LinkCommand {
    /// The action of the link: `f` gets the link's token and the request id, and authorizes by the token.
    pub async fn act<B, T, F>(self, body: Body<B>, mut f: F) -> Answer
    where
        B: Send + 'static,
        T: Serialize + 'static,
        F: FnMut(&mut Tx, &str, &str, &B) -> db::Result<T> + Send + 'static,
    {
        let Self { write, caller, reference, request_id } = self;
        let Body { value, digest } = body;
        let made = move |tx: &mut Tx| {
            no_staff(tx, caller.as_ref(), &request_id)?;
            f(tx, &reference, &request_id, &value).map(Made::of)
        };
        write.run(digest, |_, _| Ok(()), made).await
    }
}

impl LinkCommand {
    /// An action whose refusal must be kept, such as a wrong code that is counted: `f` answers the inner problem, and what it
    /// has written is committed. Never only tried, and never replayed.
    pub async fn attempt<B, T, F>(self, body: Body<B>, mut f: F) -> Answer
    where
        B: Send + 'static,
        T: Serialize + Send + 'static,
        F: FnMut(&mut Tx, &str, &str, &B) -> db::Result<Result<T, Problem>> + Send + 'static,
    {
        let Self { write, caller, reference, request_id } = self;
        let value = body.value;
        let attempt = move |tx: &mut Tx| {
            no_staff(tx, caller.as_ref(), &request_id)?;
            f(tx, &reference, &request_id, &value)
        };
        let tried = write.in_earnest()?.db().commit(attempt).await.map_err(db::Error::into_problem)?;
        Ok(HttpResponse::Ok().json(tried?))
    }
}

/// Where a device says who it is.
const DEVICE: &str = "x-device-token";

fn device_token(request: &HttpRequest) -> Result<String, Problem> {
    let token = request.headers().get(DEVICE).and_then(|v| v.to_str().ok()).filter(|t| (16..=200).contains(&t.len()));
    token.map(str::to_owned).ok_or_else(Problem::unknown_device)
}

/// A read by a device that stands at a counter.
pub struct DeviceAsk {
    state: web::Data<State>,
    token: String,
}

impl FromRequest for DeviceAsk {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ask = device_token(request).and_then(|token| {
            let state = request.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::of(ErrorCode::Internal))?;
            match pairs(request.query_string())?.first() {
                Some((name, _)) => Err(unknown_parameter(name)),
                None => Ok(Self { state, token }),
            }
        });
        std::future::ready(ask)
    }
}

impl DeviceAsk {
    /// What is shown to the device; `f` authorizes by the token.
    pub async fn view<T, F>(self, f: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Tx, &str) -> db::Result<T> + Send + 'static,
    {
        let Self { state, token } = self;
        Ok(HttpResponse::Ok().json(state.db.read(move |tx| f(tx, &token)).await.map_err(db::Error::into_problem)?))
    }
}

/// A write by a device that stands at a counter.
pub struct DeviceCommand {
    write: Write,
    token: String,
    request_id: String,
}

impl FromRequest for DeviceCommand {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let command = device_token(request).and_then(|token| {
            let write = Write::of(request, &format!("device:{}", sha256_hex(token.as_bytes())))?;
            Ok(Self { write, token, request_id: super::edge::RequestId::of(request) })
        });
        std::future::ready(command)
    }
}

impl DeviceCommand {
    /// The action: `known` authorizes a replay by the token, `f` the action itself.
    pub async fn act<B, T, F>(self, body: Body<B>, known: fn(&mut Tx, &str) -> db::Result<()>, mut f: F) -> Answer
    where
        B: Send + 'static,
        T: Serialize + 'static,
        F: FnMut(&mut Tx, &str, &str, &B) -> db::Result<T> + Send + 'static,
    {
        let Self { write, token, request_id } = self;
        let Body { value, digest } = body;
        let own = token.clone();
        write.run(digest, move |tx, _| known(tx, &own), move |tx| f(tx, &token, &request_id, &value).map(Made::of)).await
    }
}

fn known(request: &HttpRequest) -> Vec<String> {
    let header = request.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    header.split(',').map(str::trim).filter(|t| !t.is_empty()).map(|t| t.strip_prefix("W/").unwrap_or(t).to_owned()).collect()
}

/// A public, cacheable answer that needs no database: strong `ETag` over the bytes, 304 when it is known.
pub fn cacheable<T: Serialize>(request: &HttpRequest, value: &T, max_age: u32) -> HttpResponse {
    tagged(&known(request), serde_json::to_vec(value).unwrap_or_default(), None, max_age)
}

/// A document that is made once, with the tag by which it is known.
pub struct Kept {
    body: web::Bytes,
    tag: String,
}

impl Kept {
    /// Of JSON.
    pub fn new(json: String) -> Self {
        Self { tag: tag_of(json.as_bytes()), body: json.into() }
    }

    /// Answers it, or 304 when it is known.
    pub fn answer(&self, request: &HttpRequest, max_age: u32) -> HttpResponse {
        tagged(&known(request), self.body.clone(), Some(self.tag.clone()), max_age)
    }
}

fn tag_of(body: &[u8]) -> String {
    format!("\"{}\"", sha256_hex(body).get(..32).unwrap_or_default())
}

fn tagged(known: &[String], body: impl Into<web::Bytes>, tag: Option<String>, max_age: u32) -> HttpResponse {
    let body = body.into();
    let tag = tag.unwrap_or_else(|| tag_of(&body));
    // Known in whatever encoding: the tag under which it is known is the one that is confirmed.
    let held = known.iter().find(|t| *t == "*" || unencoded(t.trim_matches('"')) == tag.trim_matches('"'));
    let known = held.is_some();
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, held.filter(|t| *t != "*").cloned().unwrap_or(tag)));
    response.insert_header((header::CACHE_CONTROL, format!("public, max-age={max_age}")));
    if known { response.finish() } else { response.content_type("application/json").body(body) }
}
