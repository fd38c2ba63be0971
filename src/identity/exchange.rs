//! Tokens for applicants whom a portal has authenticated (RFC 8693), or who came back from a provider with a code.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::Value;

use super::{
    accounts::account_for,
    asserted::{Identity, Unbelievable},
    house::House,
    keys::{self, Keys},
    oidc,
    providers::{ProviderKind, ProviderStatus},
    store,
};
use crate::{
    auth::{
        TokenRefusal, Tokens,
        clients::{Authenticated, ClientScope},
        issue_for,
    },
    db::{Db, Error},
    kernel::{ErrorCode, Moment, Purpose, sha256_hex},
    outbound::Outbound,
};

/// Longest life of what a portal signs.
const LONGEST_SECONDS: i64 = 300;

/// What a portal shows for an applicant.
#[derive(Debug)]
pub enum SubjectToken {
    /// What it has signed itself.
    Assertion(String),
    /// What an OpenID provider has signed.
    IdToken(String),
    /// A ticket of a platform: its name, and the ticket.
    Ticket(String, String),
}

/// What is issued for it.
#[derive(Debug)]
pub struct Exchanged {
    /// `at+jwt`.
    pub access_token: String,
    /// How sure it is who it is.
    pub level: u8,
}

fn refused(why: impl Into<std::borrow::Cow<'static, str>>) -> TokenRefusal {
    TokenRefusal::InvalidGrant(why.into())
}

fn unbelievable(e: Unbelievable) -> TokenRefusal {
    if e.later { TokenRefusal::Unavailable(e.why) } else { refused(e.why) }
}

/// Issues a short token for the applicant that a portal names, with the portal as who acts and with how sure it is.
pub async fn exchange(db: &Db, tokens: &Tokens, client: &Authenticated, shown: SubjectToken, house: &House) -> Result<Exchanged, TokenRefusal> {
    if !client.may(ClientScope::Applicants) {
        return Err(TokenRefusal::UnauthorizedClient);
    }
    let (identity, mark, until) = match shown {
        SubjectToken::Assertion(token) => assertion(&house.outbound, tokens, client, &token).await?,
        SubjectToken::IdToken(token) => id_token(&house.outbound, db, &token).await?,
        SubjectToken::Ticket(provider, ticket) => by_ticket(house, db, provider, &ticket).await?,
    };
    issue(db, tokens, client, identity, Some((mark, until))).await
}

async fn assertion(outbound: &Outbound, tokens: &Tokens, client: &Authenticated, token: &str) -> Result<(Identity, String, Moment), TokenRefusal> {
    let keys = match (&client.settings.jwks, &client.settings.jwks_url) {
        (Some(set), _) => Keys::Inline(set.clone()),
        (None, Some(url)) => Keys::Published(url.clone()),
        (None, None) => return Err(refused("该客户端没有登记公钥，不能代表申请人。")),
    };
    let audience = [tokens.issuer().to_owned(), format!("{}/oauth2/token", tokens.issuer())];
    let name = &client.client.client_id;
    let claims = keys::verified(outbound, token, &keys, name, &audience).await.map_err(unbelievable)?;
    let at = |name: &str| keys::seconds(&claims, name).unwrap_or(0);
    if at("exp") - at("iat") > LONGEST_SECONDS {
        return Err(refused("断言的有效期不得超过五分钟。"));
    }
    let jti = claims
        .get("jti")
        .and_then(Value::as_str)
        .filter(|jti| (8..=200).contains(&jti.len()))
        .ok_or_else(|| refused("断言缺少 jti（8 到 200 个字符，每次不同）。"))?;
    let identity = Identity::of_claims(&claims).map_err(unbelievable)?;
    Ok((identity, sha256_hex(format!("assertion\n{name}\n{jti}").as_bytes()), until_of(&claims)))
}

fn until_of(claims: &Value) -> Moment {
    let seconds = keys::seconds(claims, "exp").and_then(|s| chrono::DateTime::from_timestamp(s, 0));
    let latest = Moment::system().plus(TimeDelta::days(1));
    // Longer than it could be shown again.
    seconds.map_or(latest, |s| Moment::from(s).min(latest)).plus(TimeDelta::minutes(1))
}

/// What a token says before anybody has looked at its signature: good for choosing a key, and for nothing else.
fn said_issuer(token: &str) -> Option<String> {
    let body = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&body).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

async fn id_token(outbound: &Outbound, db: &Db, token: &str) -> Result<(Identity, String, Moment), TokenRefusal> {
    let said = said_issuer(token).ok_or_else(|| refused("不是 JWT。"))?;
    let settings = db
        .read(move |tx| {
            for row in store::providers(tx)?.into_iter().filter(|p| p.kind == ProviderKind::Oidc && p.status == ProviderStatus::Active) {
                let settings = row.settings.open(tx.vault)?;
                if settings.openid.as_ref().is_some_and(|o| o.exchangeable && o.issuer == said) {
                    return Ok(Some(settings));
                }
            }
            Ok(None)
        })
        .await?;
    let settings = settings.ok_or_else(|| refused("没有启用签发此身份令牌的认证源。"))?;
    let platform = settings.openid.as_ref().ok_or_else(|| refused("认证源不完整。"))?;
    let (identity, claims) = oidc::exchanged(outbound, &settings, platform, std::slice::from_ref(&settings.app_id), token).await.map_err(unbelievable)?;
    Ok((identity, sha256_hex(format!("id_token\n{token}").as_bytes()), until_of(&claims)))
}

async fn by_ticket(house: &House, db: &Db, provider: String, ticket: &str) -> Result<(Identity, String, Moment), TokenRefusal> {
    let mark = sha256_hex(format!("ticket\n{provider}\n{ticket}\n{}", Moment::system().rfc3339()).as_bytes());
    let found = db.read(move |tx| {
        let row = store::provider(tx, &provider)?.filter(|p| p.status == ProviderStatus::Active);
        row.map(|p| Ok((p.kind, p.settings.open(tx.vault)?))).transpose()
    });
    let (kind, settings) = found.await?.ok_or_else(|| refused("没有启用此认证源。"))?;
    let identity = house.by_ticket(kind, &settings, ticket).await.map_err(unbelievable)?;
    // The platform itself takes a ticket once.
    Ok((identity, mark, Moment::system()))
}

async fn issue(db: &Db, tokens: &Tokens, client: &Authenticated, identity: Identity, once: Option<(String, Moment)>) -> Result<Exchanged, TokenRefusal> {
    let level = identity.level;
    let account = db.commit(move |tx| {
        if let Some((mark, until)) = &once
            && !store::use_up(tx, mark, *until)?
        {
            return Ok(Err("断言已经使用过，每次须重新签发。"));
        }
        Ok(Ok(account_for(tx, &identity)?.id))
    });
    let account = match account.await {
        Ok(Ok(id)) => id,
        Ok(Err(why)) => return Err(refused(why)),
        // What the registry says of an identity that it does not take.
        Err(Error::Refused(problem)) if problem.code == ErrorCode::RuleViolation => return Err(refused(problem.detail.zh.into_owned())),
        Err(e) => return Err(e.into()),
    };
    let access_token = issue_for(tokens, account, &client.client, level)?;
    Ok(Exchanged { access_token, level })
}

/// Issues a token to the portal that somebody was sent back to with a code; a code counts once, for that portal alone.
pub async fn by_code(db: &Db, tokens: &Tokens, client: &Authenticated, code: &str, redirect_uri: String, verifier: &str) -> Result<Exchanged, TokenRefusal> {
    if !client.may(ClientScope::Applicants) {
        return Err(TokenRefusal::UnauthorizedClient);
    }
    let (id, code, challenge) = (client.client.id, code.to_owned(), oidc::challenge(verifier));
    let found = db.commit(move |tx| {
        let mark = tx.vault.mark(Purpose::Link, &format!("login_code:{code}"));
        let Some(row) = store::attempt_by_code(tx, &mark)? else { return Ok(None) };
        let words = row.words.open(tx.vault)?;
        let now = Moment::system();
        let right = row.client_id == id && row.expires_at > now && words.redirect_uri == redirect_uri && words.challenge == challenge;
        // Whoever shows it wrongly may have stolen it: it is used up all the same.
        let first = store::redeem(tx, &mark, now)?;
        row.identity.filter(|_| right && first).map(|i| i.open(tx.vault)).transpose()
    });
    let identity = found.await?.ok_or_else(|| refused("登录代码不正确、已使用或已过期。"))?;
    issue(db, tokens, client, identity, None).await
}
