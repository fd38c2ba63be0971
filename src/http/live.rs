//! What is watched live: Server-Sent Events of a view that is read again and again, sent when it has changed.

use std::{convert::Infallible, time::Duration};

use actix_web::{HttpResponse, http::header, web::Bytes};
use futures_util::stream;
use serde::Serialize;
use tokio::time::Instant;

use super::command::Ask;
use crate::{
    auth::Actor,
    db::{self, Tx},
    kernel::Problem,
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
                        if watch.began.elapsed() > LONGEST {
                            return None;
                        }
                        tokio::time::sleep(LOOK).await;
                        // No longer permitted, or the database is gone: the watcher comes again and is told why.
                        watch.ask.look(&watch.read).await.ok()?
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
        Ok(HttpResponse::Ok()
            .content_type("text/event-stream")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_ENCODING, "identity"))
            .insert_header(("x-accel-buffering", "no"))
            .streaming(body))
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
