//! Access tokens: `at+jwt` (RFC 9068), EdDSA, fifteen minutes at most. Verified, never looked up.

use std::{collections::HashMap, sync::RwLock};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use super::{
    Caller, SubjectKind, keys,
    store::{Client, SigningKey},
};
use crate::{
    db::{Result, Tx},
    kernel::{Id, Moment, random_token},
};

/// How long an access token lives.
pub const ACCESS_TTL_SECONDS: i64 = 900;
/// How long a refresh token lives.
pub const REFRESH_TTL_DAYS: i64 = 14;
const LEEWAY_SECONDS: u64 = 5;

/// Who acts for the subject (RFC 8693 §4.1).
#[derive(Debug, Serialize, Deserialize)]
pub struct ActorClaim {
    /// The OAuth client.
    pub sub: String,
}

/// How long a token lives that a portal got for an applicant.
pub const EXCHANGED_TTL_SECONDS: i64 = 600;

/// The claims of an access token.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience: this API.
    pub aud: String,
    /// The user's or client's id.
    pub sub: String,
    /// What `sub` is.
    pub kind: SubjectKind,
    /// OAuth client.
    pub client_id: String,
    /// Login session (the refresh token's family), for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// How sure it is who the subject is (ISO/IEC 29115), where a portal or provider has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Who acts for the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<ActorClaim>,
    /// The generation of the machine client that is or acts for the subject.
    #[serde(default)]
    pub generation: i64,
    /// Issued at.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Expires at.
    pub exp: i64,
    /// Unique id.
    pub jti: String,
}

/// Any failure to authenticate answers 401 and says no more.
#[derive(Debug, thiserror::Error)]
#[error("the access token is missing, invalid or expired")]
pub struct TokenError;

/// Signs and verifies.
pub struct Tokens {
    issuer: String,
    ring: RwLock<Ring>,
}

struct Ring {
    kid: String,
    sign: EncodingKey,
    verify: HashMap<String, DecodingKey>,
    jwks: serde_json::Value,
}

const AUDIENCE: &str = "jieli";

impl Tokens {
    /// Loads the ring; signs and verifies once, so that a broken crypto backend fails at start and not at the first login.
    pub fn load(tx: &mut Tx, issuer: &str) -> Result<Self> {
        let ring = Ring::read(tx)?;
        let tokens = Self { issuer: issuer.to_owned(), ring: RwLock::new(ring) };
        let probe = tokens.issue_to_user(Id::new(), "self-test", "self-test").map_err(|e| crate::db::Error::Corrupt(e.to_string()))?;
        tokens.verify(&probe).map_err(|e| crate::db::Error::Corrupt(format!("self-test of token keys: {e}")))?;
        Ok(tokens)
    }

    /// Reads the ring anew: another server may have rotated the keys.
    pub fn reload(&self, tx: &mut Tx) -> Result<()> {
        let ring = Ring::read(tx)?;
        *self.ring.write().unwrap_or_else(|e| e.into_inner()) = ring;
        Ok(())
    }

    /// Who issues.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public keys.
    pub fn jwks(&self) -> serde_json::Value {
        self.ring.read().unwrap_or_else(|e| e.into_inner()).jwks.clone()
    }

    /// Signs a token for a person who signed in here.
    pub fn issue_to_user(&self, sub: Id, client: &str, session: &str) -> Result<String, jsonwebtoken::errors::Error> {
        self.sign(self.claims(SubjectKind::User, sub, client, Some(session)))
    }

    /// Signs a token for a machine client.
    pub fn issue_to_client(&self, client: &Client) -> Result<String, jsonwebtoken::errors::Error> {
        self.sign(Claims { generation: client.generation, ..self.claims(SubjectKind::Client, client.id, &client.client_id, None) })
    }

    /// Signs a short token for an applicant in whose name a client acts, with how sure it is who that is.
    pub fn issue_for(&self, sub: Id, client: &Client, level: u8) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = self.claims(SubjectKind::User, sub, &client.client_id, None);
        let act = Some(ActorClaim { sub: client.client_id.clone() });
        let exp = claims.iat + EXCHANGED_TTL_SECONDS;
        self.sign(Claims { acr: Some(level.to_string()), act, exp, generation: client.generation, ..claims })
    }

    fn claims(&self, kind: SubjectKind, sub: Id, client: &str, session: Option<&str>) -> Claims {
        let now = Moment::system().utc().timestamp();
        Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.into(),
            sub: sub.to_string(),
            kind,
            client_id: client.to_owned(),
            sid: session.map(str::to_owned),
            acr: None,
            act: None,
            generation: 0,
            iat: now,
            nbf: now,
            exp: now + ACCESS_TTL_SECONDS,
            jti: random_token(),
        }
    }

    fn sign(&self, claims: Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let ring = self.ring.read().unwrap_or_else(|e| e.into_inner());
        let header = Header { typ: Some("at+jwt".into()), kid: Some(ring.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, &claims, &ring.sign)
    }

    /// Checks signature, type, issuer, audience and times. Keys named by the token itself (`jku`, `jwk`, `x5u`) are never used.
    pub fn verify(&self, token: &str) -> Result<Caller, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError)?;
        let typed = header.typ.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("at+jwt"));
        if !typed || header.alg != Algorithm::EdDSA {
            return Err(TokenError);
        }
        let ring = self.ring.read().unwrap_or_else(|e| e.into_inner());
        let key = header.kid.as_ref().and_then(|kid| ring.verify.get(kid)).ok_or(TokenError)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.leeway = LEEWAY_SECONDS;
        rules.validate_nbf = true;
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        let claims = decode::<Claims>(token, key, &rules).map_err(|_| TokenError)?.claims;
        let id = claims.sub.parse().map_err(|_| TokenError)?;
        // What somebody else's word stands for is never taken for a sign-in here.
        let level = match (&claims.act, claims.acr.as_deref()) {
            (None, None) => None,
            (_, acr) => Some(acr.and_then(|l| l.parse().ok()).ok_or(TokenError)?),
        };
        Ok(Caller { kind: claims.kind, id, session: claims.sid, client: claims.client_id, level, generation: Some(claims.generation) })
    }
}

impl Ring {
    fn read(tx: &mut Tx) -> Result<Self> {
        let stored: Vec<SigningKey> = keys::load_or_create(tx)?;
        let corrupt = |e: String| crate::db::Error::Corrupt(e);
        let signs = keys::signing(&stored).ok_or_else(|| corrupt("no signing key".into()))?;
        let sign = EncodingKey::from_ed_der(&keys::private_der(tx, signs)?);
        let verify = stored
            .iter()
            .map(|k| Ok((k.kid.clone(), DecodingKey::from_ed_components(&k.public_key).map_err(|e| corrupt(e.to_string()))?)))
            .collect::<Result<_>>()?;
        Ok(Self { kid: signs.kid.clone(), sign, verify, jwks: keys::jwks(&stored) })
    }
}
