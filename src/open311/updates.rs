//! Service-request updates: what changed, to be pulled; and what a client adds.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    filing::{DESCRIPTION, refused},
    media::Media,
    reading::{self, Asked, Shown, asked, page, span},
    store::{self, Update, UpdateWords, Wanted},
    wire::{Fault, Fields, Tree, addresses, at_most, date, read_date},
};
use crate::{
    attachments,
    db::{Error, Private, Result, Tx, dialect},
    events::store as log,
    hotline::{self, Order, OrderReason},
    kernel::{Id, Target},
    organization::{self, Center},
};

/// What is told of an order by itself, and how it is told to everybody: without numbers, names or rules.
const TOLD: &[(&str, &str)] = &[
    ("received", "已收到诉求。"),
    ("dispatched", "已分派办理单位。"),
    ("redispatched", "已改派办理单位。"),
    ("signed", "办理单位已签收。"),
    ("opened", "已转入办理。"),
    ("record_ended", "办理有新的进展。"),
    ("suspended", "暂停办理。"),
    ("resumed", "恢复办理。"),
    ("replied_interim", "办理单位已作阶段性答复。"),
    ("replied", "办理单位已答复。"),
    ("rehandled", "重新办理。"),
    ("appended", "补充了情况。"),
    ("archived", "已归档。"),
    ("merged", "已与其他诉求合并办理。"),
    ("target_ended", "合并办理的诉求有新的进展。"),
    ("revoked", "已撤销。"),
];

/// GET servicerequestupdates: by the span of days, oldest first, in pages of 1,000 at most.
pub fn list(tx: &mut Tx, fields: &Fields, base: &str) -> Asked<Tree> {
    let client = asked!(reading::client(tx, fields)?);
    let numbers: Vec<String> = fields.all("service_request_id", true).iter().take(1_000).map(|n| n.to_ascii_uppercase()).collect();
    let within = asked!(span(tx, fields, ["start_date", "end_date"]));
    let (skip, size) = asked!(page(fields));
    let shown = Shown { client: client.as_ref(), base };
    // Whoever names requests need not say where they are.
    let center = match numbers.is_empty() || fields.get("jurisdiction_id").is_some() {
        true => Some(asked!(reading::jurisdiction(tx, fields, client.as_ref())?)),
        false => None,
    };
    let orders = if numbers.is_empty() { None } else { Some(named(tx, &numbers, &shown, center.as_ref())?) };
    let wanted = Wanted {
        kinds: TOLD.iter().map(|(kind, _)| format!("hotline_order.{kind}")).collect(),
        orders,
        client: client.as_ref().map(|c| c.id),
        path: center.filter(|c| c.parent_id.is_some()).map(|c| c.path),
        within,
    };
    let events = store::events_of(tx, &wanted, i64::try_from(skip).unwrap_or(i64::MAX), i64::try_from(size).unwrap_or(i64::MAX))?;
    let mut ids: Vec<Id> = events.iter().map(|e| e.record_id).collect();
    ids.sort();
    ids.dedup();
    let rows: HashMap<Id, Order> = hotline::store::orders_by_id(tx, &ids)?.into_iter().map(|r| (r.id, r)).collect();
    let sent = store::updates_by_id(tx, &events.iter().map(|e| e.id).collect::<Vec<_>>())?;
    let mut found = Vec::with_capacity(events.len());
    for event in events {
        let Some(row) = rows.get(&event.record_id) else { continue };
        let Some((kind, public)) = event.kind.strip_prefix("hotline_order.").and_then(|k| TOLD.iter().find(|(kind, _)| *kind == k)) else { continue };
        let params = event.params.get()?;
        let closed = ended_with(kind, &params);
        let own = shown.own(row);
        let said = matches!(*kind, "replied" | "replied_interim" | "appended") && own;
        let words = event.words.filter(|_| said).map(|w| w.open(tx.vault)).transpose()?;
        let media = match sent.iter().find(|u| u.id == event.id).filter(|_| own) {
            Some(update) => media_of(tx, update)?,
            None => None,
        };
        let told = || if own { hotline::tell(&event.kind, &params) } else { (*public).to_owned() };
        found.push(json!({
            "update_id": event.id,
            "service_request_id": row.number,
            "status": if closed { "closed" } else { "open" },
            "updated_datetime": date(event.occurred_at),
            "description": words.unwrap_or_else(told),
            "media_url": media,
        }));
    }
    Ok(Ok(Tree { root: "service_request_updates", value: Value::Array(found) }))
}

/// What a client sent with an update: the address that it named, or its picture here, behind a link for some minutes.
fn media_of(tx: &mut Tx, update: &Update) -> Result<Option<String>> {
    let words = update.details.open(tx.vault)?;
    match (words.media.into_iter().next(), words.files.first()) {
        (Some(named), _) => Ok(Some(named)),
        (None, Some(file)) => attachments::download(tx, *file),
        (None, None) => Ok(None),
    }
}

/// Whether the order had ended after a change, as the change itself says; older ones say it by their kind.
fn ended_with(kind: &str, params: &Value) -> bool {
    let flag = |key: &str| params.get(key).and_then(Value::as_bool);
    let state = params.get("state").and_then(Value::as_str).unwrap_or_default();
    flag("ended").unwrap_or_else(|| (kind == "record_ended" && flag("open") == Some(false)) || matches!(state, "archived" | "revoked"))
}

/// The orders of these numbers that the asking client sees, at or below a center where one is named.
fn named(tx: &mut Tx, numbers: &[String], shown: &Shown, center: Option<&Center>) -> Result<Vec<Id>> {
    let rows = hotline::store::orders_by_numbers(tx, numbers)?;
    let homes = organization::store::centers_by_id(tx, &rows.iter().map(|r| r.home_center_id).collect::<Vec<_>>())?;
    let here = |row: &Order| center.is_none_or(|center| homes.iter().any(|c| c.id == row.home_center_id && center.contains(c)));
    Ok(rows.iter().filter(|row| shown.sees(row) && here(row)).map(|row| row.id).collect())
}

/// POST servicerequestupdates: what the client adds to its own request; the same `update_id` twice makes one.
pub fn add(tx: &mut Tx, fields: &Fields, media: &Media, request_id: &str) -> Asked<Tree> {
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
    let media_urls = asked!(addresses(fields, 10));
    asked!(fields.get("updated_datetime").map(|at| read_date(at, "updated_datetime")).transpose());
    let answer = |update: &Update| Tree { root: "service_request_updates", value: json!([{ "update_id": update.id }]) };
    asked!(at_most("update_id", update_id, 100));
    let own_number = update_id.to_owned();
    // Of the same update twice at once, the second finds the first.
    dialect::lock_root(tx.conn, "hotline_orders", row.id.as_str())?;
    if let Some(there) = store::update(tx, client.id, row.id, &own_number)? {
        return Ok(Ok(answer(&there)));
    }
    let description = asked!(fields.within("description", DESCRIPTION)).unwrap_or_default().to_owned();
    let status = fields.get("status").unwrap_or_default().to_ascii_uppercase();
    if !matches!(status.as_str(), "" | "OPEN" | "CLOSED") {
        return Ok(Err(Fault::new(400, "status 应为 OPEN 或 CLOSED（status must be OPEN or CLOSED）")));
    }
    let said = match (description.chars().count(), status.as_str()) {
        (0 | 1, "") => return Ok(Err(Fault::new(400, "缺少 description（description was not provided）"))),
        (0 | 1, status) => format!("对方系统状态：{status}"),
        (_, "" | "OPEN") => description.clone(),
        (_, status) => format!("{description}（对方系统状态：{status}）"),
    };
    let actor = reading::actor_of(tx, &client, request_id)?;
    let appended = match hotline::append(tx, &actor, &Target::any(row.id), &OrderReason { reason: said }) {
        Err(Error::Refused(problem)) => return Ok(Err(refused(&problem))),
        other => other?,
    };
    // It is listed under the same number: that of what it did.
    let id =
        log::of_version(tx, row.id, appended.row.version, "hotline_order.appended")?.ok_or_else(|| Error::Corrupt("an update without its event".into()))?;
    let words = UpdateWords { description, media: media_urls, files: media.ids() };
    let details = Private::seal(tx.vault, &words)?;
    let update = Update { id, client_id: client.id, update_id: own_number, order_id: row.id, details, created_at: tx.now };
    store::insert_update(tx, &update)?;
    media.keep(tx, row.id)?;
    Ok(Ok(answer(&update)))
}
