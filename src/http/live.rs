//! What is watched live: Server-Sent Events of a view that is read again and again, sent when it has changed.

use std::{convert::Infallible, time::Duration};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web::Bytes};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use futures_util::stream;
use serde::Serialize;
use tokio::{sync::watch, time::Instant};

use super::{Answer, Ask};
use crate::{
    auth::Actor,
    db::{self, Tx},
    kernel::{ErrorCode, Moment, Problem, random_bytes},
};

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(2);
/// A comment keeps proxies from closing what is quiet.
const BEAT: Duration = Duration::from_secs(15);
/// Whoever watches longer comes again, with a token of that moment.
const LONGEST: Duration = Duration::from_secs(600);

struct Watch<F> {
    ask: Ask,
    read: F,
    sent: Option<String>,
    began: Instant,
    beat: Instant,
}

impl Ask {
    /// Streams a view: at once, and whenever it has changed. Who watches is asked anew each time; the first answer may refuse.
    pub async fn live<T, F>(self, name: &'static str, read: F) -> Result<HttpResponse, Problem>
    where
        T: Serialize + Send + 'static,
        F: Fn(&mut Tx, &Actor) -> db::Result<T> + Clone + Send + 'static,
    {
        let first = self.look(&read).await?;
        let now = Instant::now();
        let watch = Watch { ask: self, read, sent: None, began: now, beat: now };
        let body = stream::unfold((watch, Some(first)), move |(mut watch, first)| async move {
            let mut found = first;
            loop {
                let text = match found.take() {
                    Some(text) => text,
                    None => {
                        if watch.began.elapsed() > LONGEST || watch.ask.pulse().ended() {
                            return None;
                        }
                        tokio::time::sleep(LOOK).await;
                        let _turn = watch.ask.pulse().turn().await;
                        match watch.ask.look(&watch.read).await {
                            Ok(text) => text,
                            Err(e) if passes(&e) => continue,
                            // No longer permitted: the watcher comes again and is told why.
                            Err(_) => return None,
                        }
                    }
                };
                if watch.sent.as_ref() != Some(&text) {
                    let piece = format!("event: {name}\nretry: 3000\ndata: {text}\n\n");
                    watch.sent = Some(text);
                    watch.beat = Instant::now();
                    return Some((Ok::<_, Infallible>(Bytes::from(piece)), (watch, None)));
                }
                if watch.beat.elapsed() > BEAT {
                    watch.beat = Instant::now();
                    return Some((Ok(Bytes::from_static(b": quiet\n\n")), (watch, None)));
                }
            }
        });
        Ok(streamed(body))
    }

    async fn look<T, F>(&self, read: &F) -> Result<String, Problem>
    where
        T: Serialize + Send + 'static,
        F: Fn(&mut Tx, &Actor) -> db::Result<T> + Clone + Send + 'static,
    {
        let read = read.clone();
        self.again(move |tx, actor| Ok(serde_json::to_string(&read(tx, actor)?)?)).await
    }
}

/// Whether a later look may succeed.
fn passes(e: &Problem) -> bool {
    e.code == ErrorCode::Unavailable
}

/// When everybody waits for the same, they do not come again together.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(300 + 4 * u64::from(random_bytes::<1>()[0]))).await;
}

fn streamed(body: impl stream::Stream<Item = Result<Bytes, Infallible>> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body)
}

/// What a resumed stream begins with, and when it ends.
pub struct Resume {
    /// `Last-Event-ID`, where it is a number.
    pub after: Option<i64>,
    /// When the token expires, as it says itself; it was verified before.
    expires: i64,
}

impl FromRequest for Resume {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().trim().to_owned();
        let given = text("last-event-id");
        let after = given.parse().ok().filter(|n| *n >= 0);
        if after.is_none() && !given.is_empty() {
            let refusal = Problem::parameter("Last-Event-ID", "format", "应为上一个事件的 id。", "Must be the id of the last event.");
            return std::future::ready(Err(refusal));
        }
        let expires = text("authorization").split('.').nth(1).and_then(|part| B64.decode(part).ok());
        let expires = expires.and_then(|json| serde_json::from_slice::<serde_json::Value>(&json).ok()).and_then(|claims| claims["exp"].as_i64());
        std::future::ready(Ok(Self { after, expires: expires.unwrap_or(i64::MAX) }))
    }
}

/// What comes next of something that grows: pieces with their places, in order.
pub struct Next {
    /// Place and text of each.
    pub pieces: Vec<(i64, String)>,
    /// Where it goes on.
    pub at: i64,
    /// Whether it goes on at once.
    pub more: bool,
}

struct Following<F> {
    ask: Ask,
    read: F,
    at: i64,
    more: bool,
    began: Instant,
    beat: Instant,
    expires: i64,
    felt: watch::Receiver<i64>,
}

impl<F> Following<F> {
    /// How long it may still go on.
    fn left(&self) -> Duration {
        let token = u64::try_from(self.expires.saturating_sub(Moment::system().utc().timestamp())).unwrap_or(0);
        LONGEST.saturating_sub(self.began.elapsed()).min(Duration::from_secs(token))
    }

    /// An id without data: whoever comes again need not walk over what was not theirs.
    fn quiet(&mut self) -> Bytes {
        self.beat = Instant::now();
        Bytes::from(format!(": quiet\nid: {}\nretry: 3000\n\n", self.at))
    }
}

impl Ask {
    /// Streams what is added, from a place on: each piece once, with its place as its id, so that whoever comes again goes on
    /// where they were. It is read as fast as it is taken and no faster; it ends with the token.
    pub async fn following<F>(self, from: i64, resume: &Resume, read: F) -> Answer
    where
        F: Fn(&mut Tx, &Actor, i64) -> db::Result<Next> + Clone + Send + 'static,
    {
        let first = self.after(&read, from).await?;
        let now = Instant::now();
        let felt = self.pulse().felt();
        let following = Following { ask: self, read, at: from, more: false, began: now, beat: now, expires: resume.expires, felt };
        let body = stream::unfold((following, Some(first)), |(mut f, mut first)| async move {
            loop {
                let next = match first.take() {
                    Some(next) => next,
                    None => {
                        let left = f.left();
                        if left.is_zero() || f.ask.pulse().ended() {
                            return None;
                        }
                        if !f.more {
                            let (at, quiet) = (f.at, BEAT.saturating_sub(f.beat.elapsed()));
                            let moved = tokio::time::timeout(left.min(quiet), f.felt.wait_for(|now| *now > at)).await.map(|felt| felt.is_ok());
                            match moved {
                                Ok(true) => {}
                                Ok(false) => return None,
                                Err(_) if f.left().is_zero() => return None,
                                Err(_) => return Some((Ok(f.quiet()), (f, None))),
                            }
                        }
                        let turn = f.ask.pulse().turn().await;
                        let next = f.ask.after(&f.read, f.at).await;
                        drop(turn);
                        match next {
                            Ok(next) => next,
                            Err(e) if passes(&e) => {
                                a_while().await;
                                continue;
                            }
                            // No longer permitted: whoever follows comes again and is told why.
                            Err(_) => return None,
                        }
                    }
                };
                f.more = next.more;
                let moved = next.at != f.at;
                f.at = next.at;
                if !next.pieces.is_empty() {
                    f.beat = Instant::now();
                    let text: String = next.pieces.iter().map(|(at, text)| format!("id: {at}\ndata: {text}\n\n")).collect();
                    return Some((Ok::<_, Infallible>(Bytes::from(text)), (f, None)));
                }
                if f.beat.elapsed() > BEAT || (moved && !f.more) {
                    return Some((Ok(f.quiet()), (f, None)));
                }
            }
        });
        Ok(streamed(body))
    }

    async fn after<F>(&self, read: &F, at: i64) -> Result<Next, Problem>
    where
        F: Fn(&mut Tx, &Actor, i64) -> db::Result<Next> + Clone + Send + 'static,
    {
        let read = read.clone();
        self.again(move |tx, actor| read(tx, actor, at)).await
    }

    /// Answers when there is something to answer, or when the patience ends. Each look begins where the last one ended.
    pub async fn awaited<T, F>(self, patience: Duration, mut at: i64, read: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: Fn(&mut Tx, &Actor, i64) -> db::Result<(T, i64, bool)> + Clone + Send + 'static,
    {
        let began = Instant::now();
        let look = async |at| {
            let read = read.clone();
            self.again(move |tx, actor| read(tx, actor, at)).await
        };
        let (mut found, mut next, mut enough) = look(at).await?;
        let mut felt = None;
        while !enough && !self.pulse().ended() {
            at = next;
            let left = patience.saturating_sub(began.elapsed());
            if left.is_zero() {
                break;
            }
            let moves = felt.get_or_insert_with(|| self.pulse().felt()).wait_for(|now| *now > at);
            if !tokio::time::timeout(left, moves).await.is_ok_and(|felt| felt.is_ok()) {
                break;
            }
            let turn = self.pulse().turn().await;
            let looked = look(at).await;
            drop(turn);
            match looked {
                Ok(more) => (found, next, enough) = more,
                Err(e) if passes(&e) => a_while().await,
                Err(e) => return Err(e),
            }
        }
        Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(found))
    }
}
