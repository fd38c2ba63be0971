//! Service-request updates: what changed, to be pulled; and what a client adds.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    filing::refused,
    reading::{self, Asked, Shown, asked, span},
    store::{self, Update, UpdateWords},
    wire::{Fault, Fields, Tree, date},
};
use crate::{
    db::{Error, Private, Tx},
    hotline::{self, Order, OrderReason},
    kernel::{Id, Target},
    organization,
};

/// What is told of an order by itself.
const TOLD: &[&str] = &[
    "received",
    "dispatched",
    "redispatched",
    "signed",
    "opened",
    "record_ended",
    "suspended",
    "resumed",
    "replied_interim",
    "replied",
    "rehandled",
    "appended",
    "archived",
    "merged",
    "revoked",
];

/// GET servicerequestupdates: by the span of days, oldest first.
pub fn list(tx: &mut Tx, fields: &Fields) -> Asked<Tree> {
    let client = asked!(reading::client(tx, fields)?);
    let center = asked!(reading::jurisdiction(tx, fields, client.as_ref())?);
    let within = asked!(span(tx, fields, ["start_date", "end_date"]));
    let numbers = fields.all("service_request_id", true);
    let shown = Shown { client: client.as_ref() };
    let events = store::events_between(tx, within, 5_000)?;
    let mut ids: Vec<Id> = events.iter().map(|e| e.record_id).collect();
    ids.sort();
    ids.dedup();
    let rows = hotline::store::orders_by_id(tx, &ids)?;
    let centers = organization::store::centers_by_id(tx, &rows.iter().map(|r| r.home_center_id).collect::<Vec<_>>())?;
    let here = |row: &Order| centers.iter().any(|c| c.id == row.home_center_id && center.contains(c));
    let rows: HashMap<Id, Order> = rows.into_iter().filter(|r| shown.sees(r) && here(r)).map(|r| (r.id, r)).collect();
    let mut found = Vec::new();
    for event in events {
        let Some(row) = rows.get(&event.record_id) else { continue };
        let Some(kind) = event.kind.strip_prefix("hotline_order.").filter(|k| TOLD.contains(k)) else { continue };
        if !numbers.is_empty() && !numbers.contains(&row.number) {
            continue;
        }
        let params = event.params.get()?;
        let ended = kind == "record_ended" && params.get("open").and_then(Value::as_bool) == Some(false);
        let state = params.get("state").and_then(Value::as_str).unwrap_or_default();
        let closed = ended || matches!(state, "archived" | "merged" | "revoked");
        let own = client.as_ref().is_some_and(|c| row.client_id == Some(c.id));
        let said = matches!(kind, "replied" | "replied_interim" | "appended") && own;
        let words = event.words.filter(|_| said).map(|w| w.open(tx.vault)).transpose()?;
        found.push(json!({
            "update_id": event.id,
            "service_request_id": row.number,
            "status": if closed { "closed" } else { "open" },
            "updated_datetime": date(event.occurred_at),
            "description": words.unwrap_or_else(|| hotline::tell(&event.kind, &params)),
            "media_url": Value::Null,
        }));
        if found.len() == 1_000 {
            break;
        }
    }
    Ok(Ok(Tree { root: "service_request_updates", value: Value::Array(found) }))
}

/// POST servicerequestupdates: what the client adds to its own request; the same `update_id` twice makes one.
pub fn add(tx: &mut Tx, fields: &Fields, request_id: &str) -> Asked<Tree> {
    let Some(client) = asked!(reading::client(tx, fields)?) else {
        return Ok(Err(Fault::new(403, "缺少 api_key（api_key was not provided）")));
    };
    let (Some(number), Some(update_id)) = (fields.get("service_request_id"), fields.get("update_id")) else {
        return Ok(Err(Fault::new(400, "缺少 service_request_id 或 update_id（service_request_id and update_id are required）")));
    };
    let row = hotline::store::order_by_number(tx, &number.to_ascii_uppercase())?.filter(|row| row.client_id == Some(client.id));
    let Some(row) = row else {
        return Ok(Err(Fault::new(404, "没有这个 service_request_id（service_request_id was not found）")));
    };
    let answer = |update: &Update| Tree { root: "service_request_updates", value: json!([{ "update_id": update.id }]) };
    let own_number: String = update_id.chars().take(100).collect();
    if let Some(there) = store::update(tx, client.id, row.id, &own_number)? {
        return Ok(Ok(answer(&there)));
    }
    let description: String = fields.get("description").unwrap_or_default().chars().take(2_000).collect();
    let status = fields.get("status").unwrap_or_default().to_ascii_uppercase();
    let said = match (description.chars().count(), status.as_str()) {
        (0 | 1, "") => return Ok(Err(Fault::new(400, "缺少 description（description was not provided）"))),
        (0 | 1, status) => format!("对方系统状态：{status}"),
        (_, "" | "OPEN") => description.clone(),
        (_, status) => format!("{description}（对方系统状态：{status}）"),
    };
    let words = UpdateWords { description, media: fields.all("media_url", false).into_iter().take(10).collect() };
    let update = Update {
        id: Id::new(),
        client_id: client.id,
        update_id: own_number.clone(),
        order_id: row.id,
        details: Private::seal(tx.vault, &words)?,
        created_at: tx.now,
    };
    match tx.savepoint(|tx| store::insert_update(tx, &update)) {
        Ok(()) => {}
        Err(e) if e.is_unique() => {
            let there = store::update(tx, client.id, row.id, &own_number)?.ok_or(Error::Contended)?;
            return Ok(Ok(answer(&there)));
        }
        Err(e) => return Err(e),
    }
    let actor = reading::actor_of(tx, &client, request_id)?;
    match hotline::append(tx, &actor, &Target::any(row.id), &OrderReason { reason: said.chars().take(2_000).collect() }) {
        Err(Error::Refused(problem)) => Ok(Err(refused(&problem))),
        other => other.map(|_| Ok(answer(&update))),
    }
}
