//! Typed settings of the process: defaults < file < environment. Checked at start; secrets are never printed.

use std::{fmt, path::Path};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::kernel::Masking;

/// All settings. Environment names are the field names in upper case with the prefix `JIELI_`, except `DATABASE_URL`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// Address to listen on.
    pub listen: String,
    /// How clients reach this server, the issuer of tokens; empty: the address it listens on.
    pub public_url: String,
    /// Secret from which all data keys are derived; read from `key_file` when empty.
    #[serde(deserialize_with = "text")]
    pub secret_key: String,
    /// Where the secret is kept when `secret_key` is empty; made on first start of an embedded database.
    pub key_file: String,
    /// Where attachments lie: `file:PATH`, or `s3://bucket/prefix` with the feature `s3`.
    pub files: String,
    /// `json` or `pretty`.
    pub log_format: String,
    /// Filter such as `info,jieli=debug`.
    pub log_level: String,
    /// Database connections.
    pub pool_size: u32,
    /// HTTP workers; 0 = one per processor.
    pub workers: usize,
    /// Whether people may sign in with a password at `/oauth2/token`.
    pub password_grant: bool,
    /// Argon2id memory in KiB.
    pub argon2_memory_kib: u32,
    /// Argon2id passes.
    pub argon2_passes: u32,
    /// Requests a caller may make per minute.
    pub rate_limit_per_minute: u32,
    /// Origins that browsers may call from; empty = none, `*` = any.
    pub cors_origins: Vec<String>,
    /// How many trusted proxies stand in front: the client address is taken that many hops from the right of `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Seconds that a connection on which nothing is asked stays open: longer than clients and proxies keep theirs.
    pub keep_alive_seconds: u64,
    /// Seconds that a stopping server waits for running requests.
    pub drain_seconds: u64,
    /// Run the worker (clocks, sequencer, expiry) inside the server.
    pub worker: bool,
    /// Largest request body in bytes.
    pub max_body_bytes: usize,
    /// What stays readable of personal data where it is masked; in the environment `JIELI_MASKING__PHONE` and so on.
    pub masking: Masking,
    /// Address ranges that webhooks and reporting may go to though they are not public, such as `10.20.0.0/16` of the government's
    /// network; `http` is allowed towards these alone. Absent: none; in a demo this machine.
    pub outbound_allow: Option<Vec<String>>,
    /// It is a demo: examples that lie ahead are dated by the calendar.
    pub demo: bool,
    /// Integrators try things out here: the clock can be moved, and nobody is real.
    pub sandbox: bool,
    /// Doors to people's telephones; in the environment `JIELI_GATEWAYS__SMS__URL` and so on.
    pub gateways: Gateways,
    /// Pages on which people follow a link; in the environment `JIELI_PAGES__EVALUATION` and so on.
    pub pages: Pages,
    /// Logins and posts of a demo, listed in the document; set by `jieli demo`.
    #[serde(skip)]
    pub accounts: Vec<(String, String)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite:jieli.db".into(),
            listen: "127.0.0.1:8080".into(),
            public_url: String::new(),
            secret_key: String::new(),
            key_file: "jieli.key".into(),
            files: "file:jieli-files".into(),
            log_format: "pretty".into(),
            log_level: "info".into(),
            pool_size: 8,
            workers: 0,
            password_grant: true,
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            rate_limit_per_minute: 6_000,
            cors_origins: Vec::new(),
            trusted_proxies: 0,
            keep_alive_seconds: 75,
            drain_seconds: 20,
            worker: true,
            max_body_bytes: 1_048_576,
            masking: Masking::default(),
            outbound_allow: None,
            demo: false,
            sandbox: false,
            gateways: Gateways::default(),
            pages: Pages::default(),
            accounts: Vec::new(),
        }
    }
}

/// A gateway that takes messages to people.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// Where messages are posted; `console`: they are written to the log instead; empty: nothing goes out through it.
    #[serde(deserialize_with = "text")]
    pub url: String,
    /// Who we are there.
    #[serde(deserialize_with = "text")]
    pub app_id: String,
    /// Signs what is sent (HMAC-SHA256 over time and body).
    #[serde(deserialize_with = "text")]
    pub secret: String,
    /// Names of the fields there, by ours (`id`, `phone`, `text`, `template`, `params`, `app_id`); absent: as ours.
    pub fields: std::collections::BTreeMap<String, String>,
    /// Where success stands in the answer, as a JSON pointer; empty: any 2xx is one.
    #[serde(deserialize_with = "text")]
    pub success_pointer: String,
    /// What success is.
    #[serde(deserialize_with = "text")]
    pub success: String,
}

/// Text, also where what stands in the environment or the file looks like a number or a truth.
fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Text(String),
        Truth(bool),
        Whole(i128),
        Number(f64),
    }
    Ok(match Given::deserialize(d)? {
        Given::Text(text) => text,
        Given::Truth(truth) => truth.to_string(),
        Given::Whole(number) => number.to_string(),
        Given::Number(number) => number.to_string(),
    })
}

/// The pages on which people follow a link that they were sent, or that they read off a picture: an address with `{token}` in it;
/// empty: our own address, which answers to programs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pages {
    /// To rate what has ended.
    pub evaluation: String,
    /// To read and sign a form.
    pub signing: String,
    /// To say by a poster what is rated; the token is the place.
    pub poster: String,
}

impl Pages {
    /// Where a path of ours leads people.
    pub fn address(&self, public_url: &str, path: &str) -> String {
        let kinds = [("/api/v1/evaluation-links/", &self.evaluation), ("/api/v1/signing-links/", &self.signing), ("/api/v1/rating-posters/", &self.poster)];
        let page = kinds.into_iter().find_map(|(head, page)| Some((path.strip_prefix(head)?, page))).filter(|(_, page)| !page.is_empty());
        match page {
            Some((token, page)) => page.replace("{token}", token),
            None => format!("{}{path}", public_url.trim_end_matches('/')),
        }
    }

    fn fits(&self) -> bool {
        [&self.evaluation, &self.signing, &self.poster]
            .into_iter()
            .all(|page| page.is_empty() || (page.contains("{token}") && (page.starts_with("https://") || page.starts_with("http://"))))
    }
}

/// Doors to people's telephones.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateways {
    /// Text messages.
    pub sms: Gateway,
    /// WeChat subscription messages.
    pub wechat: Gateway,
}

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Unreadable or unknown.
    #[error("configuration: {0}")]
    Read(#[from] Box<figment::Error>),
    /// Out of range.
    #[error("configuration: {key} {why}")]
    Invalid {
        /// Which key.
        key: &'static str,
        /// Why.
        why: &'static str,
    },
}

impl Config {
    /// Loads `file`, or `jieli.toml` if it exists, and the environment over the defaults.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        figment = figment.merge(file.map_or_else(|| Toml::file("jieli.toml"), Toml::file_exact));
        let mut config: Self = figment.merge(Env::prefixed("JIELI_").split("__")).merge(Env::raw().only(&["DATABASE_URL"])).extract().map_err(Box::new)?;
        config.check()?;
        if config.public_url.is_empty() {
            let home = config.listen.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "localhost:");
            config.public_url = format!("http://{home}");
        }
        Ok(config)
    }

    /// Nobody here is real: the fake identity provider may be used.
    pub fn with_fake(&self) -> bool {
        self.demo || self.sandbox
    }

    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |key, why| Err(ConfigError::Invalid { key, why });
        if self.pool_size == 0 || self.pool_size > 500 {
            return invalid("pool_size", "must be 1 to 500");
        }
        if !matches!(self.log_format.as_str(), "json" | "pretty") {
            return invalid("log_format", "must be json or pretty");
        }
        if self.argon2_memory_kib < 8 || self.argon2_passes == 0 {
            return invalid("argon2_memory_kib", "and argon2_passes are too small");
        }
        if self.rate_limit_per_minute == 0 {
            return invalid("rate_limit_per_minute", "must be positive");
        }
        if self.keep_alive_seconds == 0 || self.keep_alive_seconds > 3_600 {
            return invalid("keep_alive_seconds", "must be 1 to 3600");
        }
        if !self.pages.fits() {
            return invalid("pages", "must be http(s) addresses with {token}");
        }
        if !self.secret_key.is_empty() && self.secret_key.len() < 32 {
            return invalid("secret_key", "must have 32 characters or more");
        }
        Ok(())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("listen", &self.listen).field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Config, Box<figment::Error>> {
        Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(toml)).extract().map_err(Box::new)
    }

    #[test]
    fn what_looks_like_a_number_may_be_text() {
        let config = read("[gateways.sms]\napp_id = 1400012345\nsuccess = 0\nsuccess_pointer = \"/code\"").expect("read");
        let sms = &config.gateways.sms;
        assert_eq!((sms.app_id.as_str(), sms.success.as_str(), sms.url.as_str()), ("1400012345", "0", ""));
        assert_eq!(read("[gateways.sms]\nsuccess = true").expect("read").gateways.sms.success, "true");
        assert!(read("[gateways.sms]\nunknown = 1").is_err());
    }

    #[test]
    fn an_empty_list_is_not_an_absent_one() {
        assert_eq!(read("").expect("read").outbound_allow, None);
        assert_eq!(read("outbound_allow = []").expect("read").outbound_allow, Some(Vec::new()));
    }

    #[test]
    fn links_lead_to_pages_for_people() {
        let pages = Pages { evaluation: "https://portal.example.org/rate?token={token}".into(), ..Pages::default() };
        assert_eq!(pages.address("https://x/", "/api/v1/evaluation-links/a.b"), "https://portal.example.org/rate?token=a.b");
        assert_eq!(pages.address("https://x/", "/api/v1/signing-links/a.b"), "https://x/api/v1/signing-links/a.b");
        assert!(pages.fits() && !Pages { signing: "https://x/sign".into(), ..Pages::default() }.fits());
    }
}
