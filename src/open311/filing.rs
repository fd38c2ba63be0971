//! Filing a request: an order of the client, taken in and signed in at once, which opens what the rules say.

use serde_json::{Value, json};

use super::{
    media::Media,
    reading::{self, Asked, asked},
    services::{self, Service},
    wire::{Fault, Fields, Tree, addresses, at_most},
};
use crate::{
    catalogue,
    db::{Error, Tx},
    hotline::{self, CallerInput, NewOrder, Via, model::FileLink},
    kernel::Id,
};

/// The standard's own bound of a description.
pub const DESCRIPTION: usize = 4_000;

/// Attributes with a meaning here; the others are told in the content.
const KNOWN: [&str; 4] = ["hotline_no", "item", "id_number", "confidential"];

/// POST requests.
pub fn file(tx: &mut Tx, fields: &Fields, media: &Media, request_id: &str) -> Asked<Tree> {
    asked!(fields.once(&["api_key", "service_code", "attribute[hotline_no]"]));
    let Some(client) = asked!(reading::client(tx, fields)?) else {
        return Ok(Err(Fault::new(403, "缺少 api_key（api_key was not provided）")));
    };
    let center = asked!(reading::jurisdiction(tx, fields, Some(&client))?);
    let Some(code) = fields.get("service_code") else {
        return Ok(Err(Fault::new(400, "缺少 service_code（service_code was not provided）")));
    };
    let service = asked!(services::find(code));
    let order = asked!(order_of(fields, service, center.id));
    if let Some(item) = &order.item
        && catalogue::store::item_by_reference(tx, item)?.is_none()
    {
        return Ok(Err(Fault::new(400, format!("没有这个事项：attribute[item] = {item}（attribute[item] is not known）"))));
    }
    let actor = reading::actor_of(tx, &client, request_id)?;
    let via = Via { service_code: Some(service.code.to_owned()), first_wins: true, identity: None };
    let taken = match hotline::take_in(tx, &actor, &order, &via) {
        Err(Error::Refused(problem)) => return Ok(Err(refused(&problem))),
        other => other?,
    };
    if taken.new {
        media.keep(tx, taken.id)?;
    }
    let row = hotline::store::order(tx, taken.id)?.ok_or(Error::Contended)?;
    let value = json!([{ "service_request_id": row.number, "service_notice": Value::Null, "account_id": fields.get("account_id") }]);
    Ok(Ok(Tree { root: "service_requests", value }))
}

/// The order that a form asks for; what is too long is refused, never cut.
fn order_of(fields: &Fields, service: &Service, center: Id) -> Result<NewOrder, Fault> {
    let latitude = fields.number("lat", -90.0, 90.0)?;
    let longitude = fields.number("long", -180.0, 180.0)?;
    let address = fields.within("address_string", 300)?.or(fields.within("address_id", 300)?).unwrap_or_default();
    if latitude.is_some() != longitude.is_some() {
        return Err(Fault::new(400, "lat 与 long 须同时提供（lat and long go together）"));
    }
    if latitude.is_none() && address.is_empty() {
        return Err(Fault::new(400, "请提供 lat 和 long，或 address_string、address_id（a location is required）"));
    }
    if service.code == "assisted"
        && let Some(missing) = ["item", "id_number"].into_iter().find(|code| fields.attribute(code).is_none())
    {
        return Err(Fault::new(400, format!("缺少 attribute[{missing}]（attribute[{missing}] was not provided）")));
    }
    let named = |code: &str, most: usize| -> Result<Option<String>, Fault> {
        let value = fields.attribute(code);
        value.as_deref().map_or(Ok(()), |v| at_most(&format!("attribute[{code}]"), v, most))?;
        Ok(value)
    };
    let description = fields.within("description", DESCRIPTION)?.unwrap_or(service.name);
    let attributes = fields.attributes();
    let mut content = description.to_owned();
    for (code, value) in attributes.iter().filter(|(code, _)| !KNOWN.iter().any(|k| k.eq_ignore_ascii_case(code))) {
        at_most("attribute", code, 60)?;
        at_most(&format!("attribute[{code}]"), value, 1_000)?;
        content.push_str(&format!("\n{code}：{value}"));
    }
    at_most("description 与 attribute", &content, 8_000)?;
    let name = format!("{}{}", fields.get("last_name").unwrap_or_default(), fields.get("first_name").unwrap_or_default());
    at_most("last_name 与 first_name", &name, 40)?;
    let phone = fields.within("phone", 40)?.map(str::to_owned);
    let files = addresses(fields, 20)?;
    Ok(NewOrder {
        external_number: named("hotline_no", 64)?.unwrap_or_else(|| format!("O311-{}", Id::new())),
        round: 1,
        content_at: None,
        center: Some(center.to_string()),
        channel: Some("platform".into()),
        order_type: service.order_type.into(),
        category_code: service.code.into(),
        category_name: service.name.into(),
        urgency: None,
        secrecy: confidential(&attributes).then(|| "confidential".to_owned()),
        disposal: None,
        handling_unit: None,
        caller: CallerInput {
            anonymous: name.is_empty() && phone.is_none(),
            name: Some(name).filter(|n| !n.is_empty()),
            phone,
            id_number: named("id_number", 40)?,
        },
        subject: String::new(),
        address: address.to_owned(),
        latitude,
        longitude,
        title: description.chars().take(60).collect(),
        content,
        deadline_at: None,
        limit: None,
        // The standard has no return visits: a ticket asks its caller itself.
        needs_return_visit: false,
        supervised: false,
        old_number: None,
        item: named("item", 100)?,
        called_at: None,
        attachments: Vec::new(),
        files: files.into_iter().enumerate().map(|(i, url)| FileLink { name: format!("附件{}", i + 1), url }).collect(),
    })
}

/// Whatever is said there and is no clear no means yes: rather too secret.
fn confidential(attributes: &[(String, String)]) -> bool {
    let no = |value: &str| matches!(value.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no" | "否");
    attributes.iter().any(|(code, value)| code.eq_ignore_ascii_case("confidential") && !no(value))
}

/// A refusal of the house in the standard's words.
pub fn refused(problem: &crate::kernel::Problem) -> Fault {
    let code = match problem.code.status() {
        401 | 403 => 403,
        404 => 404,
        409 => 409,
        _ => 400,
    };
    Fault::new(code, format!("{}（{}）", problem.detail.zh, problem.detail.en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_no_is_not_confidential() {
        let says = |value: &str| confidential(&[("confidential".into(), value.into())]);
        assert!(["true", "1", "yes", "是", "TRUE", "保密", "?"].into_iter().all(says));
        assert!(!["", " ", "false", "False", "0", "no", "否"].into_iter().any(says));
        assert!(!confidential(&[]));
    }
}
