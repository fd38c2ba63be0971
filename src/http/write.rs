//! The one write path: key, use case, answer kept with the key, commit. Nothing is answered before the commit.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, web};
use serde::Serialize;

use super::{
    query::pairs,
    request::{Answer, State, etag, unknown_parameter},
};
use crate::{
    db::{self, Outcome, Tx, idempotency},
    kernel::{ErrorCode, Problem, Versioned, sha256_hex},
};

/// What every write has: its key, and whether it is only tried.
pub(super) struct Write {
    pub(super) state: web::Data<State>,
    pub(super) scope: Option<String>,
    pub(super) dry_run: bool,
    /// It may take longer than a request: an import, which no list of changes shows.
    long: bool,
}

/// What a use case made, ready to be answered.
pub(super) struct Made {
    id: Option<String>,
    version: Option<i64>,
    body: serde_json::Result<String>,
    /// It was there before: nothing was created.
    known: bool,
}

impl Made {
    /// Of something that is not one record.
    pub(super) fn of<T: Serialize>(value: T) -> Self {
        Self { id: None, version: None, body: serde_json::to_string(&value), known: false }
    }

    pub(super) fn record<T: Versioned>(record: &T) -> Self {
        Self { id: Some(record.id()), version: Some(record.version()), body: serde_json::to_string(record), known: false }
    }

    /// The same, where it may have been there before.
    pub(super) fn known(self, known: bool) -> Self {
        Self { known, ..self }
    }
}

impl Write {
    /// Reads the key and the trial flag; `who` tells the keys of callers apart.
    pub(super) fn of(request: &HttpRequest, who: &str) -> Result<Self, Problem> {
        let state = request.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::of(ErrorCode::Internal))?;
        let mut dry_run = false;
        for (at, (name, value)) in pairs(request.query_string())?.into_iter().enumerate() {
            if at > 0 && name == "dry_run" {
                return Err(Problem::parameter("dry_run", "repeated", "参数 dry_run 只能出现一次。", "dry_run may occur only once."));
            }
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

    /// Refuses to be only tried.
    pub(super) fn in_earnest(self) -> Result<Self, Problem> {
        if self.dry_run { Err(unknown_parameter("dry_run")) } else { Ok(self) }
    }

    /// The database.
    pub(super) fn db(&self) -> &db::Db {
        &self.state.db
    }

    /// For what may take longer than a request.
    pub(super) fn at_length(self) -> Self {
        Self { long: true, ..self }
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
    pub(super) async fn answer<F, S>(self, status: StatusCode, collection: Option<&'static str>, digest: String, mut seen: S, mut make: F) -> Answer
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
                let Made { id, version, body, known } = make(tx)?;
                let answer = Stored {
                    status: if dry_run || known { 200 } else { status.as_u16() },
                    location: collection.zip(id).filter(|_| !dry_run && !known).map(|(c, id)| format!("{c}/{id}")),
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

/// The first answer of a key.
pub(super) struct Stored {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    pub(super) body: String,
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
