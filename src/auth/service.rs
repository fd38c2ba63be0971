//! Issuing tokens, and loading the actor behind one.

use chrono::TimeDelta;

use super::{
    Actor, Caller, Grant, Role, SubjectKind, Tokens,
    clients::{Authenticated, ClientScope},
    passwords,
    passwords::Cost,
    store::{self, Client},
    tokens::REFRESH_TTL_DAYS,
};
use crate::{
    db::{Db, Error, Result, Tx},
    kernel::{ErrorCode, Id, Moment, Problem, Text, random_token, sha256_hex},
    settings,
};

/// Failed logins in a row that lock an account, and for how long.
const LOCK_AFTER: i32 = 5;
const LOCK_MINUTES: i64 = 15;

/// The actor behind a token, as it stands in this transaction. A disabled account is no longer authenticated.
pub fn actor(tx: &mut Tx, caller: &Caller, request_id: &str) -> Result<Actor> {
    let gone = || Error::from(Problem::of(ErrorCode::Unauthenticated));
    let alive = |c: &Client| c.status == "active" && caller.generation.is_none_or(|g| g == c.generation);
    match caller.kind {
        SubjectKind::User => {
            let user = store::user(tx, caller.id)?.filter(|u| u.status == "active").ok_or_else(gone)?;
            let (signing_level, through) = match caller.level {
                None => (0, None),
                Some(_) => {
                    // A portal that was stopped acts for nobody any more.
                    let client = store::client(tx, &caller.client)?.filter(alive).ok_or_else(gone)?;
                    (settings::rules(tx, "")?.signing_level, Some(client.id))
                }
            };
            if caller.level.is_some() && user.applicant_id.is_none() {
                let zh = "您的授权委托已到期或者被撤销，不能再代该单位办理；请由单位重新授权后再登录。";
                return Err(Problem::new(ErrorCode::Forbidden, Text::new(zh, "The mandate under which you came has ended.")).into());
            }
            let mut grants = store::active_grants(tx, user.id)?;
            if let Some(applicant) = user.applicant_id {
                let role = if user.mandate_id.is_some() { Role::CompanyAgent } else { Role::Applicant };
                grants.push(Grant { role, node: applicant.to_string() });
            }
            // An applicant stands in for nobody.
            let stands_in_for = if user.applicant_id.is_some() { Vec::new() } else { store::stands_in_for(tx, user.id)? };
            Ok(Actor {
                kind: "user",
                stands_in_for,
                id: Some(user.id),
                grants,
                applicant_id: user.applicant_id,
                center_id: user.center_id,
                label: user.title,
                request_id: request_id.to_owned(),
                level: caller.level,
                signing_level,
                through,
            })
        }
        SubjectKind::Client => {
            let client = store::client_by_id(tx, caller.id)?.filter(alive).ok_or_else(gone)?;
            let role = match client.kind.as_str() {
                "hotline" => Some(Role::Hotline),
                "portal" => Some(Role::Portal),
                _ => None,
            };
            let grants = role.map(|role| Grant { role, node: client.id.to_string() }).into_iter().collect();
            Ok(Actor {
                kind: "client",
                stands_in_for: Vec::new(),
                id: Some(client.id),
                grants,
                applicant_id: None,
                center_id: client.center_id,
                label: client.name,
                request_id: request_id.to_owned(),
                level: None,
                signing_level: 0,
                through: None,
            })
        }
    }
}

/// A token request (RFC 6749).
#[derive(Debug)]
pub enum TokenGrant {
    /// First-party sign-in of a person.
    Password { username: String, password: String },
    /// A machine.
    ClientCredentials,
    /// Rotation.
    Refresh { token: String },
}

/// Why no token was issued (RFC 6749 §5.2).
#[derive(Debug, thiserror::Error)]
pub enum TokenRefusal {
    /// Wrong name or password, locked, disabled, unknown or reused refresh token.
    #[error("invalid_grant")]
    InvalidGrant(std::borrow::Cow<'static, str>),
    /// Unknown client or wrong secret.
    #[error("invalid_client")]
    InvalidClient,
    /// This client may not use this grant.
    #[error("unauthorized_client")]
    UnauthorizedClient,
    /// Whoever was to say who it is did not answer.
    #[error("temporarily_unavailable")]
    Unavailable(&'static str),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What is issued.
#[derive(Debug)]
pub struct TokenSet {
    /// `at+jwt`.
    pub access_token: String,
    /// For people.
    pub refresh_token: Option<String>,
}

/// Issues tokens for a grant. `machine` is the client that has proved itself, if one did.
pub async fn issue(
    db: &Db,
    tokens: &Tokens,
    cost: Cost,
    password_grant: bool,
    machine: Option<Authenticated>,
    grant: TokenGrant,
) -> Result<TokenSet, TokenRefusal> {
    match grant {
        TokenGrant::ClientCredentials => {
            let machine = machine.ok_or(TokenRefusal::InvalidClient)?;
            if !machine.may(ClientScope::Own) {
                return Err(TokenRefusal::UnauthorizedClient);
            }
            let access_token = signed(tokens.issue_to_client(&machine.client))?;
            Ok(TokenSet { access_token, refresh_token: None })
        }
        TokenGrant::Password { username, password } => {
            let barred = |m: &Authenticated| m.client.kind != "first_party" || !m.may(ClientScope::SignIn);
            if !password_grant || machine.as_ref().is_some_and(barred) {
                return Err(TokenRefusal::UnauthorizedClient);
            }
            sign_in(db, tokens, cost, username, password).await
        }
        TokenGrant::Refresh { token } => refresh(db, tokens, token).await,
    }
}

fn signed(token: Result<String, jsonwebtoken::errors::Error>) -> Result<String, TokenRefusal> {
    token.map_err(|e| TokenRefusal::Failed(Error::Corrupt(e.to_string())))
}

/// A short token for an applicant's account in whose name a client acts.
pub fn issue_for(tokens: &Tokens, account: Id, client: &Client, level: u8) -> Result<String, TokenRefusal> {
    signed(tokens.issue_for(account, client, level))
}

async fn sign_in(db: &Db, tokens: &Tokens, cost: Cost, username: String, password: String) -> Result<TokenSet, TokenRefusal> {
    let user = db.read(move |tx| store::user_by_login(tx, &username)).await?;
    let now = Moment::system();
    let usable = user.filter(|u| u.status == "active" && u.locked_until.is_none_or(|t| t <= now));
    let right = passwords::verify(password, usable.as_ref().map(|u| u.password_hash.clone()), cost).await;
    let wrong = TokenRefusal::InvalidGrant(WRONG.into());
    let Some(user) = usable else { return Err(wrong) };
    if !right {
        let until = now.plus(TimeDelta::minutes(LOCK_MINUTES));
        db.commit(move |tx| store::count_login_failure(tx, user.id, LOCK_AFTER, until)).await?;
        return Err(wrong);
    }
    let family = random_token();
    let access_token = signed(tokens.issue_to_user(user.id, FIRST_PARTY, &family))?;
    let refresh_token = random_token();
    let row = refresh_row(&refresh_token, family, user.id, now);
    let still_open = db
        .commit(move |tx| {
            // Others may have failed, and locked the account, while this password was being checked.
            let open = store::user(tx, user.id)?.is_some_and(|u| u.status == "active" && u.locked_until.is_none_or(|t| t <= now));
            if open {
                store::clear_login_failures(tx, user.id)?;
                store::insert_refresh_token(tx, &row)?;
            }
            Ok(open)
        })
        .await?;
    if !still_open {
        return Err(TokenRefusal::InvalidGrant(WRONG.into()));
    }
    Ok(TokenSet { access_token, refresh_token: Some(refresh_token) })
}

/// The OAuth client of whoever signs in here.
pub const FIRST_PARTY: &str = "jieli";
const WRONG: &str = "用户名或密码不正确，或账号已被锁定；连续输错五次将锁定十五分钟。";

fn refresh_row(token: &str, family: String, user_id: Id, now: Moment) -> store::RefreshToken {
    store::RefreshToken {
        token_hash: sha256_hex(token.as_bytes()),
        family,
        user_id,
        client: FIRST_PARTY.into(),
        expires_at: now.plus(TimeDelta::days(REFRESH_TTL_DAYS)),
        used_at: None,
        revoked_at: None,
        created_at: now,
    }
}

/// Rotates. A token that was used before means that two parties hold it: the whole session ends (RFC 9700 §4.14).
async fn refresh(db: &Db, tokens: &Tokens, token: String) -> Result<TokenSet, TokenRefusal> {
    let refusal = || TokenRefusal::InvalidGrant("登录已失效，请重新登录。".into());
    let now = Moment::system();
    let next = random_token();
    let fresh = next.clone();
    let rotated = db
        .commit(move |tx| {
            let Some(row) = store::refresh_token(tx, &sha256_hex(token.as_bytes()))? else { return Ok(None) };
            let usable = row.revoked_at.is_none() && row.expires_at > now;
            let active = store::user(tx, row.user_id)?.is_some_and(|u| u.status == "active");
            if !usable || !active {
                return Ok(None);
            }
            if !store::use_refresh_token(tx, &row.token_hash, now)? {
                tracing::warn!(family = %row.family, "refresh token used twice; session revoked");
                store::revoke_family(tx, &row.family, now)?;
                return Ok(None);
            }
            store::insert_refresh_token(tx, &refresh_row(&fresh, row.family.clone(), row.user_id, now))?;
            Ok(Some((row.user_id, row.family)))
        })
        .await?;
    let (user, family) = rotated.ok_or_else(refusal)?;
    let access_token = signed(tokens.issue_to_user(user, FIRST_PARTY, &family))?;
    Ok(TokenSet { access_token, refresh_token: Some(next) })
}
