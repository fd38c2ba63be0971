//! The way through a provider and back: a portal sends somebody to us, we send them to the provider, the provider sends them back,
//! and we send them on to the portal with a code that it alone can redeem (PKCE).

use chrono::TimeDelta;

use super::{
    asserted::Unbelievable,
    fetching::with_query,
    house::House,
    oidc,
    providers::{ProviderKind, ProviderSettings, ProviderStatus},
    store::{self, Attempt, AttemptWords},
    ticket,
};
use crate::{
    auth::{
        clients::{self, ClientScope},
        store as accounts,
    },
    db::{Db, Error, Private},
    kernel::{ErrorCode, Id, Moment, Problem, Purpose, Text, random_token},
};

/// Minutes in which somebody comes back.
const MINUTES: i64 = 10;
/// Seconds in which the portal redeems the code.
const CODE_SECONDS: i64 = 120;

/// Where a portal sends somebody from.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The portal.
    pub client_id: String,
    /// Where it wants them back: registered, to the letter.
    pub redirect_uri: String,
    /// What it wants back with them.
    pub state: String,
    /// S256 of its verifier.
    pub challenge: String,
    /// How it was made of it; empty: S256, which is all there is.
    pub challenge_method: String,
    /// Whom the fake provider should send.
    pub hint: String,
}

fn mark_of(tx: &crate::db::Tx, state: &str) -> String {
    tx.vault.mark(Purpose::Link, &format!("login_state:{state}"))
}

fn wrong(name: &str, zh: &'static str, en: &'static str) -> Problem {
    Problem::parameter(name, "invalid_value", zh, en)
}

fn told(e: Unbelievable) -> Problem {
    let code = if e.later { ErrorCode::Unavailable } else { ErrorCode::RuleViolation };
    Problem::new(code, Text::new(e.why, "The identity provider did not confirm who this is."))
}

struct Known {
    id: Id,
    kind: ProviderKind,
    settings: ProviderSettings,
}

fn provider(tx: &mut crate::db::Tx, name: &str, with_fake: bool) -> crate::db::Result<Known> {
    let row = store::provider(tx, name)?.filter(|p| p.name == name && p.status == ProviderStatus::Active);
    let row = row.filter(|p| with_fake || p.kind != ProviderKind::Fake).ok_or_else(Problem::not_found)?;
    Ok(Known { id: row.id, kind: row.kind, settings: row.settings.open(tx.vault)? })
}

/// Sends somebody to a provider: answers where.
pub async fn start(db: &Db, house: &House, name: String, setting: Setting) -> Result<String, Problem> {
    if !(43..=128).contains(&setting.challenge.len()) || !setting.challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)) {
        return Err(wrong("code_challenge", "请按 RFC 7636 用 S256 计算 code_challenge。", "S256 of a verifier, as RFC 7636 says."));
    }
    if !matches!(setting.challenge_method.as_str(), "" | "S256") {
        return Err(wrong("code_challenge_method", "只支持 S256。", "S256 alone."));
    }
    if setting.state.len() > 500 {
        return Err(wrong("state", "state 最多 500 个字符。", "At most 500 characters."));
    }
    let (state, hint) = (random_token(), setting.hint.clone());
    let words = AttemptWords {
        nonce: random_token(),
        verifier: format!("{}{}", random_token(), random_token()),
        redirect_uri: setting.redirect_uri.clone(),
        state: setting.state.clone(),
        challenge: setting.challenge.clone(),
    };
    let (with_fake, kept, asked, key) = (house.with_fake, words.clone(), name.clone(), state.clone());
    let known = db
        .commit(move |tx| {
            let known = provider(tx, &asked, with_fake)?;
            let unknown = || wrong("client_id", "没有这个客户端，或者它不能代表申请人。", "Unknown, or not for applicants.");
            let client = accounts::client(tx, &setting.client_id)?.filter(|c| c.status == "active").ok_or_else(unknown)?;
            let (_, settings) = clients::settings_of(tx, client.id)?;
            if !clients::scopes(&client.kind, &settings).contains(&ClientScope::Applicants) {
                return Err(unknown().into());
            }
            // Compared to the letter: a code must not go where nobody registered (RFC 9700 §2.1).
            if !settings.redirect_uris.contains(&setting.redirect_uri) {
                return Err(wrong("redirect_uri", "redirect_uri 没有登记。", "Not registered for this client.").into());
            }
            let attempt = Attempt {
                state_mark: mark_of(tx, &key),
                provider_id: known.id,
                client_id: client.id,
                words: Private::seal(tx.vault, &kept)?,
                code_mark: None,
                identity: None,
                used_at: None,
                expires_at: Moment::system().plus(TimeDelta::minutes(MINUTES)),
            };
            store::insert_attempt(tx, &attempt)?;
            Ok(known)
        })
        .await
        .map_err(Error::into_problem)?;
    let callback = house.callback(&name);
    match (known.kind, &known.settings.openid, &known.settings.ticket) {
        (ProviderKind::Oidc, Some(platform), _) => oidc::login_url(&house.outbound, &known.settings, platform, &callback, &state, &words).await.map_err(told),
        (ProviderKind::Ticket, _, Some(platform)) => {
            // These platforms carry no state of ours: it goes along in the address to come back to.
            let back = with_query(&callback, [("state", state.as_str())]);
            back.and_then(|back| ticket::login_url(platform, &back)).ok_or_else(Problem::not_found)
        }
        (ProviderKind::Fake, ..) => {
            let first = known.settings.people.first().map(|p| p.hint.clone()).unwrap_or_default();
            let hint = if hint.is_empty() { first } else { hint };
            with_query(&callback, [("state", state.as_str()), ("ticket", hint.as_str())]).ok_or_else(Problem::not_found)
        }
        _ => Err(Problem::not_found()),
    }
}

/// What a provider's own refusal means to a portal: whether it may be tried again, and why not.
fn refusal(error: &str) -> (&'static str, String) {
    match error {
        "server_error" | "temporarily_unavailable" => ("temporarily_unavailable", "登录平台没有答复，请稍后再试。".into()),
        "access_denied" => ("access_denied", "登录被取消，或者登录平台没有同意。".into()),
        // A code, and no more than that: its words are the provider's own.
        code if code.len() <= 60 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => ("access_denied", format!("登录平台没有完成登录（{code}）。")),
        _ => ("access_denied", "登录平台没有完成登录。".into()),
    }
}

/// Somebody comes back from a provider: answers where they go on to.
pub async fn callback(db: &Db, house: &House, name: String, said: &dyn Fn(&str) -> Option<String>) -> Result<String, Problem> {
    let gone = || Problem::new(ErrorCode::RuleViolation, Text::new("登录已过期或已完成，请从头登录。", "This sign-in is over: begin again."));
    let state = said("state").ok_or_else(|| wrong("state", "缺少 state。", "state is missing."))?;
    let (with_fake, asked, key) = (house.with_fake, name.clone(), state.clone());
    let (known, attempt, words) = db
        .read(move |tx| {
            let known = provider(tx, &asked, with_fake)?;
            let mark = mark_of(tx, &key);
            let open = store::attempt(tx, &mark)?.filter(|a| a.provider_id == known.id && a.code_mark.is_none() && a.expires_at > Moment::system());
            let attempt = open.ok_or_else(gone)?;
            let words = attempt.words.open(tx.vault)?;
            Ok((known, attempt, words))
        })
        .await
        .map_err(Error::into_problem)?;
    let back = |pairs: &[(&str, &str)]| {
        let state = Some(("state", words.state.as_str())).filter(|(_, s)| !s.is_empty());
        with_query(&words.redirect_uri, pairs.iter().copied().chain(state)).ok_or_else(gone)
    };
    if let Some(error) = said("error") {
        tracing::warn!(provider = %name, error = ?error.chars().take(60).collect::<String>(), "the provider refused the sign-in");
        let (error, why) = refusal(&error);
        return back(&[("error", error), ("error_description", &why)]);
    }
    let answer = match (known.kind, &known.settings.openid, &known.settings.ticket) {
        (ProviderKind::Oidc, Some(platform), _) => match (said("code"), said("iss")) {
            // Another provider's answer (RFC 9207).
            (_, Some(iss)) if iss != platform.issuer => return Err(wrong("iss", "答复来自另一认证源。", "The answer is another provider's.")),
            (Some(code), _) => oidc::identity(&house.outbound, &known.settings, platform, &house.callback(&name), &code, &words).await,
            (None, _) => return Err(wrong("code", "缺少 code。", "code is missing.")),
        },
        (kind, _, platform) => {
            let parameter = platform.as_ref().map_or("ticket", |p| p.ticket_parameter.as_str());
            let ticket = said(parameter).ok_or_else(|| wrong("ticket", "缺少登录票据。", "The ticket is missing."))?;
            house.by_ticket(kind, &known.settings, &ticket).await
        }
    };
    let identity = match answer {
        Ok(identity) => identity,
        Err(e) => {
            tracing::warn!(provider = %name, why = e.why, "sign-in not confirmed");
            let error = if e.later { "temporarily_unavailable" } else { "access_denied" };
            return back(&[("error", error), ("error_description", e.why)]);
        }
    };
    let code = random_token();
    let kept = code.clone();
    let noted = db.commit(move |tx| {
        let mut row = attempt.clone();
        row.code_mark = Some(tx.vault.mark(Purpose::Link, &format!("login_code:{kept}")));
        row.identity = Some(Private::seal(tx.vault, &identity)?);
        row.expires_at = Moment::system().plus(TimeDelta::seconds(CODE_SECONDS));
        store::come_back(tx, &row)
    });
    if !noted.await.map_err(Error::into_problem)? {
        return Err(gone());
    }
    back(&[("code", &code)])
}
