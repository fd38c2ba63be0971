//! An authenticated read: one transaction, shown as it was asked for.

use std::sync::Arc;

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Pulse,
    query::pairs,
    request::{Answer, Request, Who, etag, reference, unknown_parameter},
    shown::{Expands, Relation, Shown},
};
use crate::{
    auth::Actor,
    config::Config,
    db::{self, Tx},
    kernel::{ListQuery, Page, Problem, Versioned},
};

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
    pub async fn list<T, F>(self, query: Result<ListQuery, Problem>, f: F) -> Answer
    where
        T: Serialize + ToSchema + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &ListQuery) -> db::Result<Page<T>> + Send + 'static,
    {
        self.list_of(query, move |tx, actor, _, query| f(tx, actor, query)).await
    }

    /// A list that belongs to the record in the path.
    pub async fn list_of<T, F>(self, query: Result<ListQuery, Problem>, f: F) -> Answer
    where
        T: Serialize + ToSchema + Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &str, &ListQuery) -> db::Result<Page<T>> + Send + 'static,
    {
        let (query, ()) = Problem::together(query, self.shown.check::<T>(self.relations))?;
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
