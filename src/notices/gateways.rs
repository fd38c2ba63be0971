//! The door to people's telephones: one gateway per channel, an HTTP interface or the console.

use serde_json::{Map, Value};

use super::model::NoticeChannel;
use crate::{
    config::{Gateway, Gateways},
    kernel::Code as _,
    outbound::{Fault, Outbound, Signer, json, sent},
};

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
    NotTaken(Fault),
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
pub async fn hand(outbound: &Outbound, gateways: &Gateways, message: &Outgoing) -> Handed {
    match of(gateways, message.channel) {
        None => Handed::NoGateway,
        Some(gateway) if gateway.url == "console" => {
            println!("[{}] {} {}", message.channel.label(), message.phone, message.text);
            Handed::Taken
        }
        Some(gateway) => match post(outbound, gateway, message).await {
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

async fn post(outbound: &Outbound, gateway: &Gateway, message: &Outgoing) -> Result<(), Fault> {
    let signer = Signer { app_id: &gateway.app_id, secret: &gateway.secret };
    let request = outbound.configured().post(&gateway.url);
    let answer = sent(signer.sign(request, &message.id, body(gateway, message))).await?;
    if gateway.success_pointer.is_empty() {
        return Ok(());
    }
    let success = match json(answer, MOST).await?.pointer(&gateway.success_pointer) {
        Some(Value::String(text)) => *text == gateway.success,
        // Numbers are compared as they are written.
        Some(other) => serde_json::to_string(other).is_ok_and(|text| text == gateway.success),
        None => false,
    };
    if success { Ok(()) } else { Err(Fault::Denied) }
}
