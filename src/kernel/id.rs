use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::Moment;

/// A record's identity: a UUIDv7 in its canonical text form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Id([u8; 36]);

impl Id {
    /// A fresh identity, ordered by system time.
    pub fn new() -> Self {
        Self::from(Uuid::now_v7())
    }

    /// An identity that depends on `at` and `seed` only: for demo data and fixtures, whose documented ids must not move.
    pub fn fixed(at: DateTime<Utc>, seed: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, seed);
        let mut random = [0u8; 10];
        random.iter_mut().zip(digest.as_ref()).for_each(|(r, d)| *r = *d);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        Self::from(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// What every id made at `at` or later is not less than.
    pub fn floor(at: Moment) -> Self {
        let millis = u64::try_from(at.utc().timestamp_millis()).unwrap_or(0);
        // Version and variant bits are part of the text: the least id of the millisecond.
        Self::from(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }

    /// The canonical text form.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Default for Id {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Uuid> for Id {
    fn from(uuid: Uuid) -> Self {
        let mut text = [0u8; 36];
        uuid.hyphenated().encode_lower(&mut text);
        Self(text)
    }
}

impl FromStr for Id {
    type Err = uuid::Error;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        // Only the canonical form: other spellings of a UUID may be somebody's item code.
        let canonical = if s.len() == 36 { s } else { "" };
        Uuid::try_parse(canonical).map(Self::from)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Id {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::kernel::schema::string(utoipa::openapi::KnownFormat::Uuid, "0193f2f4-7c00-7000-8000-000000000001")
    }
}

impl utoipa::ToSchema for Id {}
