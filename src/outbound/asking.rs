//! One request: how it is signed for a gateway, what may go wrong, what of an answer is read, and when it is tried again.

use aws_lc_rs::hmac;
use chrono::TimeDelta;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use super::client::{NoneAllowed, Outbound};
use crate::kernel::{Moment, random_bytes};

/// Why there is no good answer. What the other side says may hold anything: nothing of it is told on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The address may not be asked.
    #[error("address_refused")]
    Refused,
    /// Not within [`super::PATIENCE`].
    #[error("timeout")]
    Timeout,
    /// Nobody listens there.
    #[error("unreachable")]
    Unreachable,
    /// The connection broke.
    #[error("broken")]
    Broken,
    /// An answer, but not a good one.
    #[error("HTTP {0}")]
    Status(u16),
    /// A good answer, longer than is read.
    #[error("too_long")]
    TooLong,
    /// A good answer that cannot be read.
    #[error("not_json")]
    NotJson,
    /// A good answer that says no.
    #[error("denied")]
    Denied,
}

impl Fault {
    /// Whether nobody took the request, or only a gateway before who should have: no fault of what was sent.
    pub const fn is_outage(self) -> bool {
        matches!(self, Self::Timeout | Self::Unreachable | Self::Broken | Self::Status(429 | 502..=504))
    }
}

impl From<reqwest::Error> for Fault {
    fn from(e: reqwest::Error) -> Self {
        let mut cause = std::error::Error::source(&e);
        while let Some(inner) = cause {
            if inner.is::<NoneAllowed>() {
                return Self::Refused;
            }
            cause = inner.source();
        }
        match e {
            e if e.is_timeout() => Self::Timeout,
            e if e.is_connect() => Self::Unreachable,
            _ => Self::Broken,
        }
    }
}

impl Outbound {
    /// A GET to an address that somebody has named.
    pub fn get(&self, url: &str) -> Result<RequestBuilder, Fault> {
        self.client(url).map(|(client, url)| client.get(url)).map_err(|_| Fault::Refused)
    }

    /// A POST to an address that somebody has named.
    pub fn post(&self, url: &str) -> Result<RequestBuilder, Fault> {
        self.client(url).map(|(client, url)| client.post(url)).map_err(|_| Fault::Refused)
    }
}

/// Sends; every answer but a good one is a fault.
pub async fn sent(request: RequestBuilder) -> Result<Response, Fault> {
    let answer = request.send().await?;
    if answer.status().is_success() { Ok(answer) } else { Err(Fault::Status(answer.status().as_u16())) }
}

/// The JSON of an answer of at most so many bytes.
pub async fn json(mut answer: Response, most: usize) -> Result<Value, Fault> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            return Err(Fault::TooLong);
        }
    }
    serde_json::from_slice(&bytes).map_err(|_| Fault::NotJson)
}

/// Whom a gateway knows, and by what.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// How the other side calls us.
    pub app_id: &'a str,
    /// What we share.
    pub secret: &'a str,
}

impl Signer<'_> {
    /// JSON as gateways and platforms take it: HMAC-SHA256 over `timestamp.body`; `key` is the same for every try.
    pub fn sign(&self, request: RequestBuilder, key: &str, body: String) -> RequestBuilder {
        let at = Moment::system().utc().timestamp().to_string();
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let signature = hex::encode(hmac::sign(&secret, format!("{at}.{body}").as_bytes()));
        request
            .header("content-type", "application/json; charset=utf-8")
            .header("x-app-id", self.app_id)
            .header("x-timestamp", at)
            .header("x-signature", signature)
            .header("idempotency-key", key)
            .body(body)
    }
}

/// Seconds until the next try after so many; the last stands for all after it.
#[derive(Clone, Copy, Debug)]
pub struct Pauses(pub &'static [i64]);

impl Pauses {
    /// The wait after so many tries, a fifth more or less by chance: what failed together does not come back together.
    pub fn after(self, tries: i32) -> TimeDelta {
        self.by(tries, random_bytes::<1>()[0])
    }

    /// Whether so many tries have used every pause up.
    pub fn over(self, tries: i32) -> bool {
        usize::try_from(tries).is_ok_and(|n| n > self.0.len())
    }

    fn by(self, tries: i32, chance: u8) -> TimeDelta {
        let at = usize::try_from(tries - 1).unwrap_or(0).min(self.0.len().saturating_sub(1));
        let base = self.0.get(at).copied().unwrap_or(0) * 1_000;
        TimeDelta::milliseconds(base * 4 / 5 + base * 2 / 5 * i64::from(chance) / 255)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_the_last_stands() {
        let pauses = Pauses(&[5, 60, 300]);
        for (tries, base) in [(0, 5), (1, 5), (2, 60), (3, 300), (4, 300), (i32::MAX, 300)] {
            assert_eq!((pauses.by(tries, 0).num_milliseconds(), pauses.by(tries, 255).num_milliseconds()), (base * 800, base * 1_200), "{tries}");
        }
        assert!(!pauses.over(3) && pauses.over(4));
        assert_eq!(Pauses(&[]).by(1, 9), TimeDelta::zero());
    }
}
