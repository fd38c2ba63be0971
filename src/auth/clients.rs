//! Machine clients: what each may do, what it proves itself by, and how much it may ask.

use chrono::TimeDelta;
use jsonwebtoken::{DecodingKey, jwk::JwkSet};
use serde::{Deserialize, Serialize};

use super::{
    TokenRefusal,
    store::{self, Client, ClientSettingsRow},
};
use crate::{
    db::{Db, Result, Tx, code_enum},
    kernel::{Id, Moment, sha256_hex},
};

code_enum! {
    /// What a machine client is.
    ClientKind in "client-kinds" {
        Portal "portal" "门户、小程序",
        Hotline "hotline" "热线",
        FirstParty "first_party" "本系统前端",
    }
}

code_enum! {
    /// What a machine client may get tokens for.
    ClientScope in "client-scopes" {
        Own "own" "以自身名义调用",
        Applicants "applicants" "代表已认证的申请人调用",
        SignIn "sign_in" "工作人员口令登录",
    }
}

/// What is set for a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSettings {
    /// What it is for.
    pub description: String,
    /// What it may get tokens for; none are set: as its kind has them.
    pub scopes: Option<Vec<ClientScope>>,
    /// Where people may be sent back to after they signed in with a provider.
    pub redirect_uris: Vec<String>,
    /// Its public keys, a JWK set.
    pub jwks: Option<serde_json::Value>,
    /// Where its public keys are read instead.
    pub jwks_url: Option<String>,
    /// Requests a minute; absent: as everybody.
    pub per_minute: Option<u32>,
    /// Requests a day; absent: no quota.
    pub per_day: Option<u32>,
}

/// Scopes, addresses to come back to, keys, and where keys are published.
pub type Trust<'a> = (&'a Option<Vec<ClientScope>>, &'a [String], &'a Option<serde_json::Value>, &'a Option<String>);

impl ClientSettings {
    /// What another person must approve: whoever has the keys speaks for the client's users.
    pub fn trust(&self) -> Trust<'_> {
        (&self.scopes, &self.redirect_uris, &self.jwks, &self.jwks_url)
    }
}

/// What a kind may get tokens for, unless it is set otherwise.
pub fn usual_scopes(kind: &str) -> Vec<ClientScope> {
    match kind {
        "portal" => vec![ClientScope::Own, ClientScope::Applicants],
        "first_party" => vec![ClientScope::Own, ClientScope::SignIn],
        _ => vec![ClientScope::Own],
    }
}

/// What a client may get tokens for.
pub fn scopes(kind: &str, settings: &ClientSettings) -> Vec<ClientScope> {
    settings.scopes.clone().unwrap_or_else(|| usual_scopes(kind))
}

/// A client that has proved itself.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The client.
    pub client: Client,
    /// What is set for it.
    pub settings: ClientSettings,
}

impl Authenticated {
    /// Whether it may get tokens for this.
    pub fn may(&self, scope: ClientScope) -> bool {
        scopes(&self.client.kind, &self.settings).contains(&scope)
    }
}

/// What is set for a client; nothing is, of those that were made by the command line.
pub fn settings_of(tx: &mut Tx, id: Id) -> Result<(Option<ClientSettingsRow>, ClientSettings)> {
    let row = store::client_settings(tx, id)?;
    let settings = row.as_ref().map(|r| r.settings.get()).transpose()?.unwrap_or_default();
    Ok((row, settings))
}

/// Checks name and secret. While a secret is being exchanged the former one is good too.
pub async fn authenticate(db: &Db, client_id: String, secret: &str) -> Result<Authenticated, TokenRefusal> {
    let hash = sha256_hex(secret.as_bytes());
    let found = db
        .read(move |tx| {
            let Some(client) = store::client(tx, &client_id)? else { return Ok(None) };
            let (row, settings) = settings_of(tx, client.id)?;
            Ok(Some((client, row, settings)))
        })
        .await?;
    let (client, row, settings) = found.ok_or(TokenRefusal::InvalidClient)?;
    let now = Moment::system();
    let former = row.as_ref().filter(|r| r.former_until.is_some_and(|t| t > now)).and_then(|r| r.former_hash.clone());
    let same = |known: &str| aws_lc_rs::constant_time::verify_slices_are_equal(known.as_bytes(), hash.as_bytes()).is_ok();
    let right = same(&client.secret_hash) || former.is_some_and(|f| same(&f));
    if client.status == "active" && right { Ok(Authenticated { client, settings }) } else { Err(TokenRefusal::InvalidClient) }
}

/// Hours for which the former secret stays good at most.
pub const LONGEST_OVERLAP: i64 = 168;

/// Puts a new secret in the place of the present one, which stays good for a while.
pub fn rotate(client: &mut Client, row: &mut ClientSettingsRow, new_hash: String, overlap_hours: i64) {
    let until = Moment::system().plus(TimeDelta::hours(overlap_hours.clamp(0, LONGEST_OVERLAP)));
    let former = std::mem::replace(&mut client.secret_hash, new_hash);
    row.former_hash = Some(former).filter(|_| overlap_hours > 0);
    row.former_until = Some(until).filter(|_| overlap_hours > 0);
}

/// Whether a JWK set can be used: public keys alone, one to ten of them.
pub fn usable_keys(set: &serde_json::Value) -> bool {
    let keys = set.get("keys").and_then(serde_json::Value::as_array);
    let secret = |k: &serde_json::Value| ["d", "k", "p", "q"].iter().any(|name| k.get(name).is_some());
    let public = keys.is_some_and(|keys| (1..=10).contains(&keys.len()) && !keys.iter().any(secret));
    public && serde_json::from_value::<JwkSet>(set.clone()).is_ok_and(|set| set.keys.iter().all(|k| DecodingKey::from_jwk(k).is_ok()))
}
