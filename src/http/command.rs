//! An authenticated write, through the one path in `write.rs`.

use std::sync::Arc;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, http::header};
use serde::Serialize;

use super::{
    Body,
    bulk::BulkResults,
    outermost::unencoded,
    problem::Asked,
    request::{Answer, Request, Who, reference, unknown_parameter},
    write::{Made, Stored, Write},
};
use crate::{
    access,
    auth::{Actor, Scope, policy},
    config::Config,
    db::{self, Tx},
    kernel::{ErrorCode, Part, Problem, Readers, Target, Text, Versioned},
};

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
