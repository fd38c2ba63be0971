//! What is sent about clients, and how their usage is kept.

use diesel::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use validator::{Validate, ValidationError};

use crate::{
    auth::clients::{ClientKind, ClientScope, ClientSettings},
    db::schema::client_usage,
};

/// What a client is set to.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientEdit {
    /// What people call it.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "南通市政务服务小程序")]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub description: String,
    /// What it may get tokens for; absent: as its kind has them.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(max_items = 3)]
    pub scopes: Option<Vec<ClientScope>>,
    /// Where people may be sent back to after they signed in with a provider.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = redirects))]
    #[schema(max_items = 20)]
    pub redirect_uris: Vec<String>,
    /// Its public keys, a JWK set; not together with `jwks_url`.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Where it publishes them instead.
    #[serde(default)]
    #[validate(length(max = 500), custom(function = crate::kernel::validators::web_address))]
    #[schema(max_length = 500)]
    pub jwks_url: Option<String>,
    /// Requests a minute; absent: as everybody.
    #[serde(default)]
    #[validate(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000, example = 600)]
    pub per_minute: Option<u32>,
    /// Requests a day; absent: no quota.
    #[serde(default)]
    #[validate(range(min = 1, max = 1_000_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 200_000)]
    pub per_day: Option<u32>,
}

/// Absolute addresses without fragment; plain `http` only to the machine itself.
fn redirects(all: &[String]) -> Result<(), ValidationError> {
    let fits = |text: &String| {
        reqwest::Url::parse(text).is_ok_and(|url| {
            let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
            let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
            text.len() <= 500 && scheme && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
        })
    };
    if all.iter().all(fits) {
        Ok(())
    } else {
        let words = "应为 https 地址（本机可用 http），不含用户名、口令和片段。|https addresses without user and fragment; http to this machine only.";
        Err(ValidationError::new("url").with_message(words.into()))
    }
}

impl ClientEdit {
    /// As it is kept.
    pub fn settings(&self) -> ClientSettings {
        ClientSettings {
            description: self.description.clone(),
            scopes: self.scopes.clone(),
            redirect_uris: self.redirect_uris.clone(),
            jwks: self.jwks.clone(),
            jwks_url: self.jwks_url.clone(),
            per_minute: self.per_minute,
            per_day: self.per_day,
        }
    }
}

impl ClientEdit {
    /// The address that is asked for its keys, and where it stands.
    pub fn asked(&self, under: &str) -> Vec<(String, &str)> {
        self.jwks_url.iter().map(|url| (format!("{under}/jwks_url"), url.as_str())).collect()
    }
}

/// A new client.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    /// OAuth client id: lower-case letters, digits, `_`, `-`, `.`.
    #[validate(length(min = 3, max = 60), custom(function = client_id))]
    #[schema(min_length = 3, max_length = 60, pattern = "^[a-z][a-z0-9_.-]+$", example = "nantong-mini-app")]
    pub client_id: String,
    /// What it is.
    pub kind: ClientKind,
    /// Its center: id or division code.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "320600000000")]
    pub center: Option<String>,
    /// The rest.
    #[validate(nested)]
    pub settings: ClientEdit,
}

fn client_id(text: &str) -> Result<(), ValidationError> {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    // The name under which people sign in here is no client's.
    if first && text != crate::auth::FIRST_PARTY && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b)) {
        Ok(())
    } else {
        Err(ValidationError::new("client_id").with_message("只能用小写字母、数字和 _ . -，以字母开头。|Lower-case letters, digits, _ . - only.".into()))
    }
}

/// A new secret.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "overlap_hours": 24 }))]
pub struct SecretRotation {
    /// Hours for which the former one stays good; 0: it ends at once.
    #[serde(default = "day")]
    #[validate(range(min = 0, max = 168))]
    #[schema(minimum = 0, maximum = 168, required = false, example = 24)]
    pub overlap_hours: i64,
}

fn day() -> i64 {
    24
}

/// What a client asked in an hour of one operation.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = client_usage)]
pub struct UsageRow {
    /// Hour of the Unix epoch.
    pub hour: i64,
    /// Method and path.
    pub operation: String,
    /// In all.
    pub requests: i64,
    /// Refused by a limit.
    pub limited: i64,
    /// Charged to the quota of the day.
    pub charged: i64,
    /// 2xx and 3xx.
    pub succeeded: i64,
    /// 4xx.
    pub refused: i64,
    /// 5xx.
    pub failed: i64,
    /// By duration.
    pub b0: i64,
    pub b1: i64,
    pub b2: i64,
    pub b3: i64,
    pub b4: i64,
    pub b5: i64,
    pub b6: i64,
    pub b7: i64,
    pub b8: i64,
    pub b9: i64,
    pub b10: i64,
}

impl UsageRow {
    /// By duration, the shortest first.
    pub fn durations(&self) -> [i64; 11] {
        [self.b0, self.b1, self.b2, self.b3, self.b4, self.b5, self.b6, self.b7, self.b8, self.b9, self.b10]
    }
}
