//! Requests to identity providers. Everything that goes out of this room goes through [`fetch`].

use std::sync::OnceLock;

use serde_json::Value;

use crate::outbound::Outbound;

/// How addresses are asked: set once, when the server is put together.
pub static OUTBOUND: OnceLock<Outbound> = OnceLock::new();
/// The longest answer that is read.
const MOST: usize = 256 * 1024;

/// What is sent.
#[derive(Debug)]
pub struct Call {
    /// Where to.
    pub url: String,
    /// `None`: a GET.
    pub body: Option<(&'static str, String)>,
    /// Headers beside the content type.
    pub headers: Vec<(String, String)>,
}

/// Why there is no answer; nothing of what the other side says is told on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub &'static str);

/// Pairs as a form or a query writes them.
pub fn encoded<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut url = reqwest::Url::parse("http://x/").unwrap_or_else(|_| unreachable!("a constant"));
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// An address with more parameters.
pub fn with_query<'a>(url: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let mut url = reqwest::Url::parse(url).ok()?;
    url.query_pairs_mut().extend_pairs(pairs);
    Some(url.to_string())
}

/// Asks, and reads the JSON of a successful answer. No redirect is followed, and no proxy of the environment is used.
pub async fn fetch(call: Call) -> Result<Value, FetchError> {
    let outbound = OUTBOUND.get().ok_or(FetchError("no client"))?;
    let (client, url) = outbound.client(&call.url).map_err(|_| FetchError("address refused"))?;
    let mut request = match call.body {
        None => client.get(url),
        Some((media, body)) => client.post(url).header("content-type", media).body(body),
    };
    request = request.header("accept", "application/json");
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    let told = |e: reqwest::Error| {
        FetchError(if e.is_timeout() {
            "timeout"
        } else if e.is_connect() {
            "unreachable"
        } else {
            "broken"
        })
    };
    let mut answer = request.send().await.map_err(told)?;
    if !answer.status().is_success() {
        return Err(FetchError("refused"));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(told)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST {
            return Err(FetchError("too long"));
        }
    }
    serde_json::from_slice(&bytes).map_err(|_| FetchError("not JSON"))
}
