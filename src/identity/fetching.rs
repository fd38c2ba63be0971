//! Requests to identity providers. Everything that goes out of this room goes through [`fetch`].

use serde_json::Value;

use crate::outbound::{Fault, Outbound, json, sent};

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

/// Asks, and reads the JSON of a successful answer.
pub async fn fetch(outbound: &Outbound, call: Call) -> Result<Value, Fault> {
    let mut request = match call.body {
        None => outbound.get(&call.url)?,
        Some((media, body)) => outbound.post(&call.url)?.header("content-type", media).body(body),
    };
    request = request.header("accept", "application/json");
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    json(sent(request).await?, MOST).await
}
