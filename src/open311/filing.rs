//! Filing a request: an order of the client, taken in and signed in at once, which opens what the rules say.

use serde_json::{Value, json};

use super::{
    reading::{self, Asked, asked},
    services,
    wire::{Fault, Fields, Tree},
};
use crate::{
    db::{Error, Tx},
    hotline::{self, CallerInput, NewOrder, Via, model::FileLink},
    kernel::Id,
};

/// POST requests.
pub fn file(tx: &mut Tx, fields: &Fields, request_id: &str) -> Asked<Tree> {
    let Some(client) = asked!(reading::client(tx, fields)?) else {
        return Ok(Err(Fault::new(403, "缺少 api_key（api_key was not provided）")));
    };
    let center = asked!(reading::jurisdiction(tx, fields, Some(&client))?);
    let Some(code) = fields.get("service_code") else {
        return Ok(Err(Fault::new(400, "缺少 service_code（service_code was not provided）")));
    };
    let service = asked!(services::find(code));
    let latitude = asked!(fields.number("lat", -90.0, 90.0));
    let longitude = asked!(fields.number("long", -180.0, 180.0));
    let address = fields.get("address_string").or_else(|| fields.get("address_id")).unwrap_or_default();
    if latitude.is_some() != longitude.is_some() {
        return Ok(Err(Fault::new(400, "lat 与 long 须同时提供（lat and long go together）")));
    }
    if latitude.is_none() && address.is_empty() {
        return Ok(Err(Fault::new(400, "请提供 lat 和 long，或 address_string（a location is required）")));
    }
    let attributes = fields.attributes();
    if service.code == "assisted"
        && let Some(missing) = ["item", "id_number"].into_iter().find(|code| fields.attribute(code).is_none())
    {
        return Ok(Err(Fault::new(400, format!("缺少 attribute[{missing}]（attribute[{missing}] was not provided）"))));
    }
    let hotline_no = fields.attribute("hotline_no");
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let name = cut(&format!("{}{}", fields.get("last_name").unwrap_or_default(), fields.get("first_name").unwrap_or_default()), 40);
    let mut content = cut(fields.get("description").unwrap_or(service.name), 7_000);
    for (code, value) in attributes.iter().filter(|(code, _)| !["hotline_no", "item", "id_number", "confidential"].contains(&code.as_str())) {
        content.push_str(&format!("\n{}：{}", cut(code, 60), cut(value, 200)));
    }
    let media = fields.all("media_url", false);
    let files = media.iter().filter(|url| (8..=1000).contains(&url.len()) && (url.starts_with("https://") || url.starts_with("http://")));
    let order = NewOrder {
        external_number: hotline_no.as_deref().map_or_else(|| format!("O311-{}", Id::new()), |no| cut(no, 64)),
        round: 1,
        content_at: None,
        center: Some(center.id.to_string()),
        channel: Some("platform".into()),
        order_type: service.order_type.into(),
        category_code: service.code.into(),
        category_name: service.name.into(),
        urgency: None,
        secrecy: fields.attribute("confidential").filter(|v| v == "true").map(|_| "confidential".to_owned()),
        disposal: None,
        handling_unit: None,
        caller: CallerInput {
            anonymous: name.is_empty() && fields.get("phone").is_none(),
            name: Some(name).filter(|n| !n.is_empty()),
            phone: fields.get("phone").map(|p| cut(p, 40)),
            id_number: fields.attribute("id_number").map(|n| cut(&n, 40)),
        },
        subject: String::new(),
        address: cut(address, 300),
        latitude,
        longitude,
        title: cut(fields.get("description").unwrap_or(service.name), 60),
        content: cut(&content, 8_000),
        deadline_at: None,
        limit: None,
        // The standard has no return visits: a ticket asks its caller itself.
        needs_return_visit: false,
        supervised: false,
        old_number: None,
        item: fields.attribute("item").map(|i| cut(&i, 100)),
        called_at: None,
        attachments: Vec::new(),
        files: files.take(20).enumerate().map(|(i, url)| FileLink { name: format!("附件{}", i + 1), url: url.clone() }).collect(),
    };
    let actor = reading::actor_of(tx, &client, request_id)?;
    let via = Via { service_code: Some(service.code.to_owned()), first_wins: true, identity: None };
    let taken = match hotline::take_in(tx, &actor, &order, &via) {
        Err(Error::Refused(problem)) => return Ok(Err(refused(&problem))),
        other => other?,
    };
    let row = hotline::store::order(tx, taken.id)?.ok_or(Error::Contended)?;
    let value = json!([{ "service_request_id": row.number, "service_notice": Value::Null, "account_id": fields.get("account_id") }]);
    Ok(Ok(Tree { root: "service_requests", value }))
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
