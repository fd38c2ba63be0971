//! Reading requests. Whoever asks reads which service, how it stands and until when; what was said, where, and by whom is read
//! with the key of the client that filed it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    media, services, store,
    wire::{Fault, Fields, Tree, date, read_date},
};
use crate::{
    auth::{Actor, Caller, SubjectKind, actor, store::Client},
    db::{Error, Result, Tx},
    hotline::{self, Order, model::Secrecy},
    kernel::{Code as _, Id, Moment},
    organization::{self, Center},
    settings,
};

/// The standard's two bounds: a span of days, and how many requests.
const DAYS: i64 = 90;
const MOST: usize = 1_000;

/// What a use case of this room answers: what it found, or the standard's refusal.
pub type Asked<T> = Result<std::result::Result<T, Fault>>;

/// Takes the answer, or hands the refusal on.
macro_rules! asked {
    ($e:expr) => {
        match $e {
            Ok(value) => value,
            Err(fault) => return Ok(Err(fault)),
        }
    };
}
pub(super) use asked;

/// The client of a key; none where none was sent.
pub fn client(tx: &mut Tx, fields: &Fields) -> Asked<Option<Client>> {
    let Some(key) = fields.get("api_key") else { return Ok(Ok(None)) };
    Ok(match store::client_of(tx, key)? {
        Some(client) => Ok(Some(client)),
        None => Err(Fault::new(403, "api_key 无效（invalid api_key）")),
    })
}

/// The client as an actor, for the hotline's own use cases.
pub fn actor_of(tx: &mut Tx, client: &Client, request_id: &str) -> Result<Actor> {
    let caller = Caller { kind: SubjectKind::Client, id: client.id, session: None, level: None, generation: None, client: client.client_id.clone() };
    actor(tx, &caller, request_id)
}

/// The center that a request is about: named, else the client's own, else the only one that clients file with, or, to read, the
/// one above them; else the only one at the top of the tree.
pub fn jurisdiction(tx: &mut Tx, fields: &Fields, client: Option<&Client>) -> Asked<Center> {
    if let Some(reference) = fields.get("jurisdiction_id") {
        let found = organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active");
        return Ok(found.ok_or_else(|| Fault::new(404, format!("没有这个 jurisdiction_id：{reference}（jurisdiction_id was not found）"))));
    }
    if let Some(id) = client.and_then(|c| c.center_id) {
        return organization::load(tx, id).map(Ok);
    }
    let served = store::served(tx)?;
    if let [only] = served.as_slice() {
        return organization::load(tx, *only).map(Ok);
    }
    // Whoever only asks is told of all of them, as long as one center stands above them.
    let served = organization::store::centers_by_id(tx, if client.is_none() { &served } else { &[] })?;
    if let Some(first) = served.first() {
        let above = first.lineage().take_while(|id| served.iter().all(|c| c.lineage().any(|l| l == *id))).last();
        if let Some(id) = above.and_then(|id| id.parse::<Id>().ok()) {
            return organization::load(tx, id).map(Ok);
        }
    }
    let filter = organization::store::CenterFilter {
        levels: vec![organization::CenterLevel::Province, organization::CenterLevel::City],
        limit: 50,
        ..Default::default()
    };
    let mut roots: Vec<Center> = organization::store::centers(tx, &filter)?.into_iter().filter(|c| c.parent_id.is_none()).collect();
    Ok(match (roots.pop(), roots.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Fault::new(400, "请用 jurisdiction_id 指明服务中心（jurisdiction_id was not provided）")),
    })
}

/// How far the world sees a request.
pub struct Shown<'a> {
    /// The client whose key was sent.
    pub client: Option<&'a Client>,
    /// Where this house is found, for links to what lies here.
    pub base: &'a str,
}

impl Shown<'_> {
    /// It was filed by the asking client.
    pub fn own(&self, row: &Order) -> bool {
        self.client.is_some_and(|c| row.client_id == Some(c.id))
    }

    /// Whether the request is shown at all.
    pub fn sees(&self, row: &Order) -> bool {
        self.own(row) || (row.service_code.is_some() && row.secrecy == Secrecy::Normal)
    }
}

/// The requests of orders as the standard has them.
pub fn render(tx: &mut Tx, rows: &[Order], shown: &Shown) -> Result<Vec<Value>> {
    let closed = hotline::ended(tx, rows)?;
    let centers = organization::store::centers_by_id(tx, &rows.iter().map(|r| r.center_id).collect::<Vec<_>>())?;
    let mut points: HashMap<Id, (f64, f64)> = HashMap::new();
    for center in &centers {
        let point = settings::rules(tx, &center.path)?.map_point;
        points.insert(center.id, point.degrees());
    }
    let own: Vec<Id> = rows.iter().filter(|row| shown.own(row)).map(|row| row.id).collect();
    let pictures = shown.client.map(|client| media::links(tx, &own, client.id)).transpose()?.unwrap_or_default();
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let center = centers.iter().find(|c| c.id == row.center_id).ok_or_else(|| Error::Corrupt("center gone".into()))?;
        let service = services::of(row.service_code.as_deref(), row.order_type.code());
        let own = shown.own(row);
        let details = row.details.open(tx.vault)?;
        let (lat, long) = match (details.latitude, details.longitude) {
            (Some(lat), Some(long)) if own => (lat, long),
            _ => points.get(&center.id).copied().unwrap_or_default(),
        };
        let said = |text: &str| if own && !text.is_empty() { Value::String(text.to_owned()) } else { Value::Null };
        let reply = details.replies.last().map(|r| r.words.as_str()).unwrap_or_default();
        let expected = if row.due_at.known().is_some() { Some(row.due_at) } else { details.deadline_at };
        let ended = closed.contains(&row.id);
        // What it opened has ended; the reply through the hotline is to come.
        let stands = if ended && !row.state.is_final() && row.replied_at.is_none() { "已办结" } else { row.state.label() };
        let linked = details.files.first().map(|f| f.url.clone());
        let picture = linked.or_else(|| pictures.get(&row.id).map(|path| format!("{}{path}", shown.base)));
        all.push(json!({
            "service_request_id": row.number,
            "status": if ended { "closed" } else { "open" },
            "status_notes": if own && !reply.is_empty() { reply.to_owned() } else { stands.to_owned() },
            "service_name": service.name,
            "service_code": service.code,
            "description": said(&details.content),
            "agency_responsible": center.name,
            "service_notice": Value::Null,
            "requested_datetime": date(row.created_at),
            "updated_datetime": date(row.updated_at),
            "expected_datetime": expected.map(date),
            "address": said(&details.address),
            "address_id": Value::Null,
            "zipcode": Value::Null,
            "lat": lat,
            "long": long,
            "media_url": picture.map_or(Value::Null, |url| said(&url)),
        }));
    }
    Ok(all)
}

/// GET requests/{id}, several parted by commas.
pub fn by_ids(tx: &mut Tx, ids: &[String], fields: &Fields, base: &str) -> Asked<Tree> {
    let found = asked!(known(tx, ids, fields, base)?);
    if found.value.as_array().is_some_and(Vec::is_empty) {
        return Ok(Err(Fault::new(404, "没有这个 service_request_id（service_request_id was not found）")));
    }
    Ok(Ok(found))
}

/// Those of these that are there.
fn known(tx: &mut Tx, ids: &[String], fields: &Fields, base: &str) -> Asked<Tree> {
    let client = asked!(client(tx, fields)?);
    let shown = Shown { client: client.as_ref(), base };
    let mut rows: Vec<Order> = Vec::new();
    for id in ids.iter().take(MOST) {
        let found = match id.parse::<Id>() {
            Ok(id) => hotline::store::order(tx, id)?,
            Err(_) => hotline::store::order_by_number(tx, &id.to_ascii_uppercase())?,
        };
        rows.extend(found.filter(|row| shown.sees(row) && !rows.iter().any(|r| r.id == row.id)));
    }
    Ok(Ok(Tree { root: "service_requests", value: Value::Array(render(tx, &rows, &shown)?) }))
}

/// From when until when: 90 days at most, the last ones where nothing is said.
pub fn span(tx: &Tx, fields: &Fields, names: [&str; 2]) -> std::result::Result<(Moment, Moment), Fault> {
    let read = |name: &str| fields.get(name).map(|text| read_date(text, name)).transpose();
    let days = chrono::TimeDelta::days(DAYS);
    let (from, to) = match (read(names[0])?, read(names[1])?) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => (from, from.plus(days)),
        (None, Some(to)) => (to.plus(-days), to),
        // What came this very second is of now.
        (None, None) => (tx.now.plus(-days), tx.now.plus(chrono::TimeDelta::seconds(1))),
    };
    if to < from || to.utc() - from.utc() > days + chrono::TimeDelta::days(1) {
        let text = format!("{} 与 {} 之间不能超过 {DAYS} 天（a span of at most {DAYS} days）", names[0], names[1]);
        return Err(Fault::new(400, text));
    }
    Ok((from, to))
}

/// GET requests.
pub fn list(tx: &mut Tx, fields: &Fields, base: &str) -> Asked<Tree> {
    let ids = fields.all("service_request_id", true);
    if !ids.is_empty() {
        return known(tx, &ids, fields, base);
    }
    let client = asked!(client(tx, fields)?);
    let center = asked!(jurisdiction(tx, fields, client.as_ref())?);
    let codes = fields.all("service_code", true);
    let statuses = fields.all("status", true);
    if let Some(wrong) = statuses.iter().find(|s| *s != "open" && *s != "closed") {
        return Ok(Err(Fault::new(400, format!("status 应为 open 或 closed：{wrong}（status must be open or closed）"))));
    }
    let made = asked!(span(tx, fields, ["start_date", "end_date"]));
    let after = asked!(fields.get("updated_after").map(|t| read_date(t, "updated_after")).transpose());
    let before = asked!(fields.get("updated_before").map(|t| read_date(t, "updated_before")).transpose());
    let (skip, size) = asked!(page(fields));
    // Whoever filters by the day of a change asks for what was made before that too.
    let made = if (after.is_some() || before.is_some()) && fields.get("start_date").is_none() && fields.get("end_date").is_none() {
        (tx.now.plus(-chrono::TimeDelta::days(3_650)), made.1)
    } else {
        made
    };
    let shown = Shown { client: client.as_ref(), base };
    let filed = hotline::store::Filed {
        path: center.parent_id.is_some().then(|| center.path.clone()),
        client: client.as_ref().map(|c| c.id),
        services: codes,
        made,
        after,
        before,
    };
    let rows = match statuses.iter().any(|s| *s != statuses[0]) || statuses.is_empty() {
        true => hotline::store::filed(tx, &filed, None, i64::try_from(skip).unwrap_or(i64::MAX), i64::try_from(size).unwrap_or(i64::MAX))?,
        false => standing(tx, &filed, statuses[0] == "closed", skip, size)?,
    };
    Ok(Ok(Tree { root: "service_requests", value: Value::Array(render(tx, &rows, &shown)?) }))
}

/// Of what is asked for, what is closed, or is not: what an order opened says so, so that all are looked at up to the page.
fn standing(tx: &mut Tx, filed: &hotline::store::Filed, wanted: bool, skip: usize, size: usize) -> Result<Vec<Order>> {
    const STEP: i64 = 500;
    let (mut found, mut at, mut seen) = (Vec::new(), None, 0_usize);
    loop {
        tx.in_time()?;
        let rows = hotline::store::filed(tx, filed, at, 0, STEP)?;
        let (Some(last), full) = (rows.last(), i64::try_from(rows.len()) == Ok(STEP)) else { return Ok(found) };
        at = Some((last.created_at, last.id));
        let closed = hotline::ended(tx, &rows)?;
        for row in rows {
            if closed.contains(&row.id) == wanted {
                seen += 1;
                if seen > skip {
                    found.push(row);
                }
            }
            if found.len() == size {
                return Ok(found);
            }
        }
        if !full {
            return Ok(found);
        }
    }
}

/// Which page: how many are before it, and how many are on it.
pub fn page(fields: &Fields) -> std::result::Result<(usize, usize), Fault> {
    let whole = |name: &str, usual: usize, most: usize| match fields.get(name) {
        None => Ok(usual),
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|n| (1..=most).contains(n))
            .ok_or_else(|| Fault::new(400, format!("{name} 应为 1 到 {most} 的整数（{name} must be an integer from 1 to {most}）"))),
    };
    let page = whole("page", 1, 1_000_000)?;
    let size = whole("page_size", if fields.get("page").is_some() { 50 } else { MOST }, MOST)?;
    Ok(((page - 1).saturating_mul(size), size))
}

/// GET tokens/{t}: every request has its number at once, so that a token is the order's identity.
pub fn token(tx: &mut Tx, token: &str) -> Asked<Tree> {
    let row = match token.parse::<Id>() {
        Ok(id) => hotline::store::order(tx, id)?,
        Err(_) => None,
    };
    let Some(row) = row.filter(|row| row.service_code.is_some()) else {
        return Ok(Err(Fault::new(404, "没有这个 token（token was not found）")));
    };
    Ok(Ok(Tree { root: "service_requests", value: json!([{ "service_request_id": row.number, "token": row.id }]) }))
}
