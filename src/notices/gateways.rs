//! The door to people's telephones: one gateway per channel, an HTTP interface or the console.

use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::{Map, Value};

use super::model::NoticeChannel;
use crate::{
    config::{Gateway, Gateways},
    kernel::{Code as _, Moment},
};

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const MOST: usize = 64 * 1024;

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The same for every try: the gateway takes it once.
    pub id: String,
    /// How it goes.
    pub channel: NoticeChannel,
    /// Telephone.
    pub phone: String,
    /// The applicant, whom a mini app knows by its own means.
    pub applicant: String,
    /// Above it.
    pub title: String,
    /// What it says.
    pub text: String,
    /// What the gateway calls it.
    pub template: String,
    /// What was filled in.
    pub params: Map<String, Value>,
}

/// What became of a try.
pub enum Handed {
    /// Taken.
    Taken,
    /// Not taken: it is tried again.
    NotTaken(String),
    /// There is no gateway for this channel.
    NoGateway,
}

/// The gateway of a channel.
pub fn of(gateways: &Gateways, channel: NoticeChannel) -> Option<&Gateway> {
    let gateway = match channel {
        NoticeChannel::Sms => &gateways.sms,
        NoticeChannel::Wechat => &gateways.wechat,
        NoticeChannel::InApp => return None,
    };
    Some(gateway).filter(|g| !g.url.is_empty())
}

/// Hands a message over.
pub async fn hand(gateways: &Gateways, message: &Outgoing) -> Handed {
    match of(gateways, message.channel) {
        None => Handed::NoGateway,
        Some(gateway) if gateway.url == "console" => {
            println!("[{}] {} {}", message.channel.label(), message.phone, message.text);
            Handed::Taken
        }
        Some(gateway) => match post(gateway, message).await {
            Ok(()) => Handed::Taken,
            Err(why) => Handed::NotTaken(why),
        },
    }
}

/// The fields as the gateway calls them; one that it calls by an empty name is left out.
fn body(gateway: &Gateway, message: &Outgoing) -> String {
    let ours: [(&str, Value); 8] = [
        ("id", message.id.clone().into()),
        ("phone", message.phone.clone().into()),
        ("applicant", message.applicant.clone().into()),
        ("title", message.title.clone().into()),
        ("text", message.text.clone().into()),
        ("template", message.template.clone().into()),
        ("params", Value::Object(message.params.clone())),
        ("app_id", gateway.app_id.clone().into()),
    ];
    let named = ours.into_iter().map(|(name, value)| (gateway.fields.get(name).cloned().unwrap_or_else(|| name.to_owned()), value));
    Value::Object(named.filter(|(name, _)| !name.is_empty()).collect()).to_string()
}

async fn post(gateway: &Gateway, message: &Outgoing) -> Result<(), String> {
    // A redirect would carry a telephone elsewhere.
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    let client = client.map_err(|_| "no client".to_owned())?;
    let body = body(gateway, message);
    let at = Moment::system().utc().timestamp().to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, gateway.secret.as_bytes());
    let signature = hex::encode(hmac::sign(&key, format!("{at}.{body}").as_bytes()));
    let request = client
        .post(&gateway.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-app-id", &gateway.app_id)
        .header("x-timestamp", at)
        .header("x-signature", signature)
        .header("idempotency-key", &message.id)
        .body(body);
    // What the other side says may hold anything: its status is enough.
    let told = |e: reqwest::Error| {
        if e.is_timeout() {
            "timeout".to_owned()
        } else if e.is_connect() {
            "unreachable".to_owned()
        } else {
            "broken".to_owned()
        }
    };
    let mut answer = request.send().await.map_err(told)?;
    if !answer.status().is_success() {
        return Err(format!("HTTP {}", answer.status().as_u16()));
    }
    if gateway.success_pointer.is_empty() {
        return Ok(());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(told)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST {
            return Err("answer too long".into());
        }
    }
    let said: Value = serde_json::from_slice(&bytes).map_err(|_| "answer not JSON".to_owned())?;
    let success = match said.pointer(&gateway.success_pointer) {
        Some(Value::String(text)) => *text == gateway.success,
        // Numbers are compared as they are written.
        Some(other) => serde_json::to_string(other).is_ok_and(|text| text == gateway.success),
        None => false,
    };
    if success { Ok(()) } else { Err("refused by the gateway".into()) }
}
