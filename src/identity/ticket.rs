//! Platforms that send people back with a ticket: ticket → token → who it is, in their words.

use aws_lc_rs::hmac;
use serde_json::{Map, Value};

use super::{
    asserted::{Identity, Unbelievable},
    fetching::{Call, encoded, fetch, with_query},
    mapping::at,
    providers::{AskBy, PlatformQuestion, ProviderSettings, TicketPlatform},
};
use crate::{
    kernel::{Moment, random_token},
    outbound::{Fault, Outbound},
};

/// Where people are sent, and how they come back.
pub fn login_url(platform: &TicketPlatform, callback: &str) -> Option<String> {
    with_query(&platform.login_url, [(platform.callback_parameter.as_str(), callback)])
}

/// What stands for the placeholders of one question.
struct Values {
    pairs: Vec<(&'static str, String)>,
}

impl Values {
    fn of(settings: &ProviderSettings, ticket: &str, token: &str) -> Self {
        let timestamp = Moment::system().utc().timestamp_millis().to_string();
        let nonce = random_token();
        let key = hmac::Key::new(hmac::HMAC_SHA256, settings.secret.as_bytes());
        let sign = hex::encode(hmac::sign(&key, format!("{}{timestamp}{nonce}", settings.app_id).as_bytes()));
        let pairs = vec![
            ("{ticket}", ticket.to_owned()),
            ("{token}", token.to_owned()),
            ("{app_id}", settings.app_id.clone()),
            ("{secret}", settings.secret.clone()),
            ("{timestamp}", timestamp),
            ("{nonce}", nonce),
            ("{sign}", sign),
        ];
        Self { pairs }
    }

    /// A value that is one placeholder, or holds some. What is put in is not looked at again.
    fn fill(&self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some(start) = rest.find('{') {
            out.push_str(rest.get(..start).unwrap_or_default());
            rest = rest.get(start..).unwrap_or_default();
            match self.pairs.iter().find(|(name, _)| rest.starts_with(name)) {
                Some((name, value)) => {
                    out.push_str(value);
                    rest = rest.get(name.len()..).unwrap_or_default();
                }
                None => {
                    out.push('{');
                    rest = rest.get(1..).unwrap_or_default();
                }
            }
        }
        out.push_str(rest);
        out
    }
}

fn call(question: &PlatformQuestion, values: &Values) -> Result<Call, Unbelievable> {
    let fields: Vec<(String, String)> = question.fields.iter().map(|(k, v)| (k.clone(), values.fill(v))).collect();
    let pairs = || fields.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    let headers = question.header_fields.iter().map(|(k, v)| (k.clone(), values.fill(v))).collect();
    let (url, body) = match question.by {
        AskBy::Get => (with_query(&question.url, pairs()).ok_or(Unbelievable::of("登录平台的地址不正确。"))?, None),
        AskBy::PostForm => (question.url.clone(), Some(("application/x-www-form-urlencoded", encoded(pairs())))),
        AskBy::PostJson => {
            let body: Map<String, Value> = fields.into_iter().map(|(k, v)| (k, Value::String(v))).collect();
            (question.url.clone(), Some(("application/json", Value::Object(body).to_string())))
        }
    };
    Ok(Call { url, body, headers })
}

async fn ask(outbound: &Outbound, platform: &TicketPlatform, question: &PlatformQuestion, values: &Values) -> Result<Value, Unbelievable> {
    let unreachable = |e: Fault| {
        tracing::warn!(error = %e, "identity provider");
        Unbelievable::unanswered(&e, "登录平台不认可此票据。")
    };
    let said = fetch(outbound, call(question, values)?).await.map_err(unreachable)?;
    match (&platform.success_pointer, &platform.success) {
        (Some(pointer), Some(success)) if at(&said, pointer).as_ref() != Some(success) => Err(Unbelievable::of("登录平台不认可此票据。")),
        _ => Ok(said),
    }
}

/// Who holds a ticket.
pub async fn identity(outbound: &Outbound, settings: &ProviderSettings, platform: &TicketPlatform, ticket: &str) -> Result<Identity, Unbelievable> {
    let said = ask(outbound, platform, &platform.token, &Values::of(settings, ticket, "")).await?;
    let token = at(&said, &platform.token_pointer).ok_or(Unbelievable::of("登录平台不认可此票据。"))?;
    let said = ask(outbound, platform, &platform.user, &Values::of(settings, ticket, &token)).await?;
    settings.mapping.identity(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once() {
        let settings = ProviderSettings { app_id: "{secret}".into(), secret: "s".into(), ..ProviderSettings::default() };
        let values = Values::of(&settings, "T&1", "tok");
        assert_eq!(values.fill("a{ticket}b{token}{unknown}{"), "aT&1btok{unknown}{");
        assert_eq!(values.fill("{app_id}"), "{secret}", "what is put in is not filled again");
    }
}
