//! Sealing of personal data: AES-256-GCM for what is read back, HMAC-SHA-256 for what is only matched or signed.

use std::fmt::Write as _;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf, hmac, rand,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};

/// What a derived key is for; keys of different purposes are unrelated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Blind index of a personal field, for exact match.
    Index,
    /// One-time links.
    Link,
    /// Cursors and other opaque values handed to clients.
    Cursor,
    /// Choices that are always the same and that nobody can foresee.
    Choice,
}

/// A sealed value could not be opened: wrong key or damaged data.
#[derive(Debug, thiserror::Error)]
#[error("sealed value cannot be opened")]
pub struct VaultError;

/// Holds the keys derived from the one configured secret.
pub struct Vault {
    seal: RandomizedNonceKey,
    index: hmac::Key,
    link: hmac::Key,
    cursor: hmac::Key,
    choice: hmac::Key,
}

struct Length(usize);
impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Names the key that sealed a value, so that keys can be rotated.
const KEY_ID: &str = "k1";

impl Vault {
    /// Derives all keys from `secret` (32 bytes or more of randomness).
    pub fn new(secret: &[u8]) -> Result<Self, VaultError> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"jieli/v1").extract(secret);
        let derive = |label: &'static str| -> Result<[u8; 32], VaultError> {
            let mut out = [0u8; 32];
            prk.expand(&[label.as_bytes()], Length(32)).and_then(|okm| okm.fill(&mut out)).map_err(|_| VaultError)?;
            Ok(out)
        };
        let mac = |label| derive(label).map(|k| hmac::Key::new(hmac::HMAC_SHA256, &k));
        Ok(Self {
            seal: RandomizedNonceKey::new(&AES_256_GCM, &derive("seal")?).map_err(|_| VaultError)?,
            index: mac("index")?,
            link: mac("link")?,
            cursor: mac("cursor")?,
            choice: mac("choice")?,
        })
    }

    /// Encrypts `plain`; the result names its key and carries its nonce.
    pub fn seal(&self, plain: &str) -> Result<String, VaultError> {
        let mut data = plain.as_bytes().to_vec();
        let nonce = self.seal.seal_in_place_append_tag(Aad::from(KEY_ID), &mut data).map_err(|_| VaultError)?;
        let mut out = nonce.as_ref().to_vec();
        out.append(&mut data);
        Ok(format!("{KEY_ID}.{}", B64.encode(out)))
    }

    /// Decrypts what [`Vault::seal`] made.
    pub fn open(&self, sealed: &str) -> Result<String, VaultError> {
        let (key_id, body) = sealed.split_once('.').ok_or(VaultError)?;
        let mut data = B64.decode(body).map_err(|_| VaultError)?;
        if key_id != KEY_ID || data.len() < NONCE_LEN {
            return Err(VaultError);
        }
        let mut cipher = data.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&data).map_err(|_| VaultError)?;
        let plain = self.seal.open_in_place(nonce, Aad::from(KEY_ID), &mut cipher).map_err(|_| VaultError)?;
        String::from_utf8(plain.to_vec()).map_err(|_| VaultError)
    }

    /// A keyed digest of `text`: equal texts give equal marks, and a mark tells nothing without the key.
    pub fn mark(&self, purpose: Purpose, text: &str) -> String {
        let tag = hmac::sign(self.key(purpose), text.as_bytes());
        B64.encode(tag.as_ref().get(..18).unwrap_or_default())
    }

    /// Whether `mark` belongs to `text`, in constant time.
    pub fn matches(&self, purpose: Purpose, text: &str, mark: &str) -> bool {
        let expected = self.mark(purpose, text);
        aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), mark.as_bytes()).is_ok()
    }

    fn key(&self, purpose: Purpose) -> &hmac::Key {
        match purpose {
            Purpose::Index => &self.index,
            Purpose::Link => &self.link,
            Purpose::Cursor => &self.cursor,
            Purpose::Choice => &self.choice,
        }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// `N` random bytes of the operating system.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut out = [0u8; N];
    // The system generator of aws-lc aborts rather than fail.
    let _ = rand::fill(&mut out);
    out
}

/// A token of 192 random bits, safe in URLs.
pub fn random_token() -> String {
    B64.encode(random_bytes::<24>())
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(data: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, data);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_and_opens() {
        let vault = Vault::new(&[7; 32]).expect("keys");
        let sealed = vault.seal("13900001234").expect("sealed");
        assert!(!sealed.contains("1390"));
        assert_eq!(vault.open(&sealed).expect("opened"), "13900001234");
        let other = Vault::new(&[8; 32]).expect("keys");
        assert!(other.open(&sealed).is_err());
        assert!(vault.open("k1.").is_err() && vault.open("").is_err());
    }

    #[test]
    fn marks_match_only_their_purpose() {
        let vault = Vault::new(&[7; 32]).expect("keys");
        let mark = vault.mark(Purpose::Link, "x");
        assert!(vault.matches(Purpose::Link, "x", &mark));
        assert!(!vault.matches(Purpose::Index, "x", &mark));
    }
}
