//! Public keys of others: registered, or read where they publish them, and what they have signed.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet},
};
use serde_json::Value;

use super::{
    asserted::Unbelievable,
    fetching::{Call, fetch},
};
use crate::{
    kernel::Moment,
    outbound::{Fault, Outbound},
};

/// Published keys are read again after so long,
const KEPT: Duration = Duration::from_secs(600);
/// and for a key that is unknown not more often than this.
const AGAIN: Duration = Duration::from_secs(30);
const LEEWAY: u64 = 5;
const ALGORITHMS: [Algorithm; 4] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256, Algorithm::PS256];

type Kept = Mutex<HashMap<String, (Instant, Value)>>;

fn kept() -> &'static Kept {
    static DOCUMENTS: OnceLock<Kept> = OnceLock::new();
    DOCUMENTS.get_or_init(Mutex::default)
}

fn known(url: &str, within: Duration) -> Option<Value> {
    let all = kept().lock().unwrap_or_else(|e| e.into_inner());
    all.get(url).filter(|(read, _)| read.elapsed() < within).map(|(_, document)| document.clone())
}

/// A published document, kept for a while.
pub async fn document(outbound: &Outbound, url: &str) -> Result<Value, Fault> {
    match known(url, KEPT) {
        Some(document) => Ok(document),
        None => read(outbound, url).await,
    }
}

async fn read(outbound: &Outbound, url: &str) -> Result<Value, Fault> {
    let document = fetch(outbound, Call { url: url.to_owned(), body: None, headers: Vec::new() }).await?;
    let mut all = kept().lock().unwrap_or_else(|e| e.into_inner());
    // Addresses are configured: there are few.
    if all.len() > 200 {
        all.clear();
    }
    all.insert(url.to_owned(), (Instant::now(), document.clone()));
    Ok(document)
}

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum Keys {
    /// A JWK set that was registered.
    Inline(Value),
    /// Where one is published.
    Published(String),
}

fn pick(set: &Value, kid: Option<&str>) -> Option<Jwk> {
    let set: JwkSet = serde_json::from_value(set.clone()).ok()?;
    match kid {
        Some(kid) => set.keys.into_iter().find(|k| k.common.key_id.as_deref() == Some(kid)),
        // Without a name there must be no choice.
        None if set.keys.len() == 1 => set.keys.into_iter().next(),
        None => None,
    }
}

/// The claims of a token that this issuer has signed for this audience. Keys named by the token itself are never used.
pub async fn verified(outbound: &Outbound, token: &str, keys: &Keys, issuer: &str, audience: &[String]) -> Result<Value, Unbelievable> {
    let header = decode_header(token).map_err(|_| Unbelievable::of("不是 JWT。"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Unbelievable::of("签名算法应为 EdDSA、ES256、RS256 或 PS256。"));
    }
    let unreadable = |_| Unbelievable::later("读不到公钥集（JWKS），请稍后再试。");
    let kid = header.kid.as_deref();
    let found = match keys {
        Keys::Inline(set) => pick(set, kid),
        Keys::Published(url) => match pick(&document(outbound, url).await.map_err(unreadable)?, kid) {
            Some(key) => Some(key),
            // A key that is new since we looked.
            None if known(url, AGAIN).is_none() => pick(&read(outbound, url).await.map_err(unreadable)?, kid),
            None => None,
        },
    };
    let key = found.ok_or(Unbelievable::of("找不到 kid 对应的公钥。"))?;
    let key = DecodingKey::from_jwk(&key).map_err(|_| Unbelievable::of("公钥不能使用。"))?;
    let mut rules = Validation::new(header.alg);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_audience(audience);
    rules.set_issuer(&[issuer]);
    rules.set_required_spec_claims(&["exp", "aud", "iss"]);
    let claims = decode::<Value>(token, &key, &rules).map_err(|_| Unbelievable::of("签名、iss、aud 或有效期不正确。"))?.claims;
    let now = Moment::system().utc().timestamp();
    match (seconds(&claims, "iat"), seconds(&claims, "exp")) {
        (Some(iat), Some(exp)) if iat <= now + 5 && exp > iat => Ok(claims),
        (Some(_), Some(_)) => Err(Unbelievable::of("iat 在将来，或不早于 exp。")),
        _ => Err(Unbelievable::of("缺少 iat 或 exp，或者不是数字。")),
    }
}

/// A moment of a token, in whole seconds; it may be written with a fraction (RFC 7519 §2).
pub fn seconds(claims: &Value, name: &str) -> Option<i64> {
    let said = claims.get(name)?;
    said.as_i64().or_else(|| said.as_f64().filter(|s| (0.0..1e11).contains(s)).map(|s| s.floor() as i64))
}
