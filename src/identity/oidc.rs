//! OpenID providers: discovery, the authorization code flow with PKCE, ID tokens.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::Value;

use super::{
    asserted::{Identity, Unbelievable},
    fetching::{Call, encoded, fetch, with_query},
    keys::{self, Keys},
    providers::{OpenIdPlatform, ProviderSettings},
    store::AttemptWords,
};
use crate::{kernel::Moment, outbound::Outbound};

/// What a provider says of itself.
struct Discovered {
    document: Value,
}

impl Discovered {
    async fn of(outbound: &Outbound, platform: &OpenIdPlatform) -> Result<Self, Unbelievable> {
        let url = format!("{}/.well-known/openid-configuration", platform.issuer.trim_end_matches('/'));
        let document = keys::document(outbound, &url).await.map_err(|e| {
            tracing::warn!(error = %e, "openid configuration");
            Unbelievable::later("登录平台没有答复，请稍后再试。")
        })?;
        // Another's document would make another's keys ours (OpenID Connect Discovery §4.3).
        if document.get("issuer").and_then(Value::as_str) != Some(platform.issuer.as_str()) {
            return Err(Unbelievable::of("登录平台的 issuer 与配置不符。"));
        }
        Ok(Self { document })
    }

    fn at(&self, name: &str) -> Result<String, Unbelievable> {
        let url = self.document.get(name).and_then(Value::as_str).filter(|u| crate::kernel::validators::web_address(u).is_ok());
        url.map(str::to_owned).ok_or(Unbelievable::of("登录平台的配置文档不完整。"))
    }
}

/// SHA-256 of a verifier as PKCE writes it.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()))
}

/// Where people are sent.
pub async fn login_url(
    outbound: &Outbound,
    settings: &ProviderSettings,
    platform: &OpenIdPlatform,
    callback: &str,
    state: &str,
    words: &AttemptWords,
) -> Result<String, Unbelievable> {
    let at = Discovered::of(outbound, platform).await?.at("authorization_endpoint")?;
    let scope = std::iter::once("openid").chain(platform.scopes.iter().map(String::as_str).filter(|s| *s != "openid")).collect::<Vec<_>>().join(" ");
    let pairs = [
        ("response_type", "code"),
        ("client_id", &settings.app_id),
        ("redirect_uri", callback),
        ("scope", &scope),
        ("state", state),
        ("nonce", &words.nonce),
        ("code_challenge", &challenge(&words.verifier)),
        ("code_challenge_method", "S256"),
    ];
    with_query(&at, pairs).ok_or(Unbelievable::of("登录平台的地址不正确。"))
}

/// Who came back with a code.
pub async fn identity(
    outbound: &Outbound,
    settings: &ProviderSettings,
    platform: &OpenIdPlatform,
    callback: &str,
    code: &str,
    words: &AttemptWords,
) -> Result<Identity, Unbelievable> {
    let discovered = Discovered::of(outbound, platform).await?;
    let pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback), ("code_verifier", words.verifier.as_str())];
    let plain = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let basic = STANDARD.encode(format!("{}:{}", plain(&settings.app_id), plain(&settings.secret)));
    let call = Call {
        url: discovered.at("token_endpoint")?,
        body: Some(("application/x-www-form-urlencoded", encoded(pairs))),
        headers: vec![("authorization".into(), format!("Basic {basic}"))],
    };
    let said = fetch(outbound, call).await.map_err(|e| {
        tracing::warn!(error = %e, "openid token endpoint");
        Unbelievable::unanswered(&e, "登录平台没有接受登录结果。")
    })?;
    let token = said.get("id_token").and_then(Value::as_str).ok_or(Unbelievable::of("登录平台没有给出 id_token。"))?;
    let keys = Keys::Published(discovered.at("jwks_uri")?);
    let mut claims = keys::verified(outbound, token, &keys, &platform.issuer, std::slice::from_ref(&settings.app_id)).await?;
    if claims.get("nonce").and_then(Value::as_str) != Some(words.nonce.as_str()) {
        return Err(Unbelievable::of("登录结果与登录请求不对应（nonce）。"));
    }
    if platform.userinfo {
        let access = said.get("access_token").and_then(Value::as_str).ok_or(Unbelievable::of("登录平台没有给出 access_token。"))?;
        let headers = vec![("authorization".into(), format!("Bearer {access}"))];
        let more = fetch(outbound, Call { url: discovered.at("userinfo_endpoint")?, body: None, headers }).await;
        let more = more.map_err(|e| Unbelievable::unanswered(&e, "登录平台没有给出用户信息。"))?;
        // Another person's particulars under this sign-in (OpenID Connect Core §5.3.2).
        if more.get("sub") != claims.get("sub") {
            return Err(Unbelievable::of("用户信息与登录人不符。"));
        }
        if let (Some(all), Value::Object(more)) = (claims.as_object_mut(), more) {
            more.into_iter().for_each(|(name, value)| {
                all.entry(name).or_insert(value);
            });
        }
    }
    settings.mapping.identity(&claims)
}

/// Longest life of an ID token that is exchanged.
const FRESH_SECONDS: i64 = 600;

/// Who an ID token is about that a portal exchanges; with its claims, so that it counts once.
pub async fn exchanged(
    outbound: &Outbound,
    settings: &ProviderSettings,
    platform: &OpenIdPlatform,
    audience: &[String],
    token: &str,
) -> Result<(Identity, Value), Unbelievable> {
    let discovered = Discovered::of(outbound, platform).await?;
    let keys = Keys::Published(discovered.at("jwks_uri")?);
    let claims = keys::verified(outbound, token, &keys, &platform.issuer, audience).await?;
    let issued = keys::seconds(&claims, "iat").unwrap_or(0);
    if Moment::system().utc().timestamp() - issued > FRESH_SECONDS {
        return Err(Unbelievable::of("身份令牌签发已超过十分钟，请重新登录。"));
    }
    Ok((settings.mapping.identity(&claims)?, claims))
}

#[cfg(test)]
mod tests {
    #[test]
    fn pkce_is_as_the_standard_shows_it() {
        // RFC 7636, appendix B.
        assert_eq!(super::challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
