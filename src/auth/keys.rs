//! Signing keys: Ed25519, sealed in the database, published as a JWK set, rotated every ninety days by adding a newer one.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::store::{self, SigningKey};
use crate::{
    db::{Error, Result, Sealed, Tx, dialect},
    kernel::{Id, Moment},
};

/// The keys that verify, newest first. Makes the first key of an empty database.
pub fn load_or_create(tx: &mut Tx) -> Result<Vec<SigningKey>> {
    dialect::lock_name(tx.conn, "signing-keys")?;
    let keys = store::signing_keys(tx)?;
    if !keys.is_empty() {
        return Ok(keys);
    }
    let made = generate(tx)?;
    store::insert_signing_key(tx, &made)?;
    Ok(vec![made])
}

const ROTATE_AFTER_DAYS: i64 = 90;
/// Long enough that every server has read a new key before one signs with it, and a token of an old key has expired.
const SETTLE_MINUTES: i64 = 30;

/// The key that signs: the newest that every server knows by now.
pub fn signing(keys: &[SigningKey]) -> Option<&SigningKey> {
    let known = Moment::system().plus(TimeDelta::minutes(-SETTLE_MINUTES));
    keys.iter().find(|k| k.created_at <= known).or_else(|| keys.last())
}

/// Adds a key when the newest is old, and retires those before the one that signs; answers how many rows changed.
pub fn rotate(tx: &mut Tx) -> Result<usize> {
    dialect::lock_name(tx.conn, "signing-keys")?;
    let now = Moment::system();
    let keys = store::signing_keys(tx)?;
    let Some(newest) = keys.first() else { return Ok(0) };
    if newest.created_at <= now.plus(TimeDelta::days(-ROTATE_AFTER_DAYS)) {
        let made = generate(tx)?;
        store::insert_signing_key(tx, &made)?;
        return Ok(1);
    }
    if newest.created_at > now.plus(TimeDelta::minutes(-2 * SETTLE_MINUTES)) {
        return Ok(0);
    }
    store::retire_signing_keys(tx, &newest.kid, now)
}

/// A fresh Ed25519 key.
pub fn generate(tx: &Tx) -> Result<SigningKey> {
    let broken = |_| Error::Corrupt("key generation failed".into());
    let pair = Ed25519KeyPair::generate().map_err(broken)?;
    let der = pair.to_pkcs8v1().map_err(broken)?;
    Ok(SigningKey {
        kid: Id::new().to_string(),
        algorithm: "EdDSA".into(),
        private_key: Sealed::seal(tx.vault, &STANDARD.encode(der.as_ref()))?,
        public_key: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
        created_at: Moment::system(),
        retired_at: None,
    })
}

/// The PKCS#8 form that signs.
pub fn private_der(tx: &Tx, key: &SigningKey) -> Result<Vec<u8>> {
    STANDARD.decode(key.private_key.open(tx.vault)?).map_err(|e| Error::Corrupt(e.to_string()))
}

/// The JWK set (RFC 7517, RFC 8037).
pub fn jwks(keys: &[SigningKey]) -> Value {
    let keys: Vec<Value> =
        keys.iter().map(|k| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": k.kid, "x": k.public_key })).collect();
    json!({ "keys": keys })
}
