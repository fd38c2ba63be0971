//! The demo's hotline: its client, its codes, its Open311 key, and orders in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    auth::{Actor, store as accounts},
    db::{Error, Private, Result, Tx},
    entrustments::Identity,
    hotline::{self, NewOrder, Via, machine::OrderState},
    kernel::{Id, Target, sha256_hex},
    open311, organization, settings,
};

/// The secret and the key of the demo's hotline: known to everybody, as the accounts' password is.
const CLIENT: &str = "hotline-nantong";
const KEY: &str = "demo-open311-key";

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// How far an order of the demo has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Come {
    Received,
    Dispatched,
    Signed,
    Subbed,
    Returning,
    Extending,
    Suspended,
    Replied,
    ToVisit,
    Visited,
    Appealed,
}

const COME: [Come; 30] = [
    Come::Received,
    Come::Dispatched,
    Come::Dispatched,
    Come::Signed,
    Come::Signed,
    Come::Signed,
    Come::Signed,
    Come::Subbed,
    Come::Signed,
    Come::Visited,
    Come::Signed,
    Come::Returning,
    Come::Returning,
    Come::Extending,
    Come::Extending,
    Come::Signed,
    Come::Suspended,
    Come::Replied,
    Come::Replied,
    Come::Replied,
    Come::ToVisit,
    Come::ToVisit,
    Come::Visited,
    Come::Signed,
    Come::Signed,
    Come::Signed,
    Come::Signed,
    Come::Appealed,
    Come::Appealed,
    Come::Dispatched,
];

/// Titles and what was said; no persons.
const CALLS: [(&str, &str); 3] = [
    ("询问变更登记进度", "来电人反映提交变更登记后一直没有答复，希望告知进度。"),
    ("反映窗口等候时间长", "来电人反映午间窗口等候时间较长，建议增加人手。"),
    ("请求协助办理供水报装", "来电人反映不清楚供水报装需要的材料，请求协助。"),
];

/// Enters what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let Some(city) = organization::store::center_by_division(tx, "320600000000")? else { return Ok(()) };
    if organization::store::center_by_division(tx, "320623000000")?.is_none() {
        return Ok(());
    }
    client(tx, city.id)?;
    let by = By { clerk: actor(tx, "rd_clerk")?, inspector: actor(tx, "city_inspector")? };
    for (n, come) in (1..).zip(COME) {
        let number = format!("RX-320623-20260105-{n:06}-{}", 100 + n);
        let id = fixed("hotline_order", &number);
        match hotline::store::order(tx, id)? {
            None => order(tx, &by, n, come, Identity { id, number })?,
            // Whenever the demo is started, there is still time to hand it back.
            Some(mut row) if n == 3 && row.state == OrderState::Dispatched => {
                let mut details = row.details.open(tx.vault)?;
                details.dispatched_at = Some(tx.now);
                row.details = Private::seal(tx.vault, &details)?;
                row.version += 1;
                hotline::store::save(tx, &row)?;
            }
            Some(_) => {}
        }
    }
    for (n, (service, said)) in (31..).zip(FILED) {
        let number = format!("RX-320623-20260105-{n:06}-{}", 100 + n);
        let id = fixed("hotline_order", &number);
        if hotline::store::order(tx, id)?.is_none() {
            filed(tx, n, service, said, Identity { id, number })?;
        }
    }
    Ok(())
}

/// As clients of Open311 file them: what its list begins with.
const FILED: [(&str, &str); 2] = [("suggestion", "建议在午间增加一个综合窗口。"), ("praise", "帮办代办人员耐心解答，少跑了一趟。")];

/// The demo's hotline, as its system acts.
fn system(tx: &mut Tx) -> Result<Actor> {
    let caller = crate::auth::Caller {
        kind: crate::auth::SubjectKind::Client,
        id: fixed("client", CLIENT),
        session: None,
        level: None,
        generation: None,
        client: CLIENT.into(),
    };
    crate::auth::actor(tx, &caller, "demo")
}

fn filed(tx: &mut Tx, n: usize, service: &str, said: &str, identity: Identity) -> Result<()> {
    let input: NewOrder = read(json!({
        "external_number": format!("O311-2026-{n:03}"), "order_type": service, "category_code": service, "channel": "platform", "title": said,
        "content": said, "center": "320623000000", "address": "如东县政务服务中心", "needs_return_visit": false,
        "limit": { "value": 60, "unit": "working_day" }, "caller": { "anonymous": true },
    }))?;
    let via = Via { service_code: Some(service.to_owned()), first_wins: true, identity: Some(identity) };
    let system = system(tx)?;
    hotline::take_in(tx, &system, &input, &via)?;
    Ok(())
}

fn client(tx: &mut Tx, center: Id) -> Result<()> {
    let id = fixed("client", CLIENT);
    if accounts::client_by_id(tx, id)?.is_some() {
        return Ok(());
    }
    let row = accounts::Client {
        id,
        client_id: CLIENT.into(),
        secret_hash: sha256_hex(b"jieli-demo-2026"),
        name: "南通市 12345 热线（演示）".into(),
        kind: "hotline".into(),
        center_id: Some(center),
        status: "active".into(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        generation: 0,
    };
    accounts::insert_client(tx, &row)?;
    open311::add_key(tx, id, KEY)?;
    settings::set(tx, center.as_str(), "map_point", &json!({ "latitude_e6": 31_980_000, "longitude_e6": 120_894_000 }))?;
    if let Some(county) = organization::store::center_by_division(tx, "320623000000")? {
        settings::set(tx, county.id.as_str(), "map_point", &json!({ "latitude_e6": 32_331_000, "longitude_e6": 121_185_000 }))?;
    }
    let content = json!({
        "types": [{ "code": "01", "to": "consultation" }, { "code": "02", "to": "help" }, { "code": "03", "to": "complaint" }],
        "categories": [{ "code": "zwfw-01", "to": "政务服务" }, { "code": "yshj-01", "to": "营商环境" }],
        "urgencies": [{ "code": "1", "to": "normal" }, { "code": "2", "to": "urgent" }],
        "units": [{ "code": "RD001", "center": "320623000000" }],
        "states": [{ "state": "dispatched", "code": "10", "name": "待签收" }, { "state": "signed", "code": "20", "name": "已签收" },
            { "state": "handling", "code": "30", "name": "办理中" }, { "state": "replied", "code": "40", "name": "已办结" },
            { "state": "archived", "code": "90", "name": "已归档" }],
        "satisfaction_scale": "five_is_best",
        "rules": [{ "name": "办不成事", "order_types": ["help"], "keywords": ["无此事项", "办不成", "无人受理"], "open": "fallback_ticket",
            "ticket_category": "other" }],
    });
    let new = json!({ "client": CLIENT, "content": content, "note": "演示用的代码映射" });
    hotline::set_mapping(tx, &Actor::system("demo"), &read(new)?, fixed("hotline_mapping", "1"))?;
    Ok(())
}

struct By {
    clerk: Actor,
    /// Stands for the hotline where an order was taken in by hand.
    inspector: Actor,
}

fn order(tx: &mut Tx, by: &By, n: usize, come: Come, identity: Identity) -> Result<()> {
    let (title, content) = CALLS.get((n - 1) % CALLS.len()).copied().unwrap_or(("", ""));
    let id = identity.id;
    let input: NewOrder = read(json!({
        "external_number": format!("YS-2026-{n:03}"), "order_type": "help", "category_name": "政务服务", "channel": "phone", "title": title,
        "content": content, "limit": { "value": 60, "unit": "working_day" },
        "caller": { "name": "来电人甲", "phone": format!("1390000{:04}", 7_100 + n) },
    }))?;
    let via = Via { identity: Some(identity), ..Via::default() };
    if come == Come::Received {
        // As the hotline's system hands it in, without a unit.
        let system = system(tx)?;
        hotline::take_in(tx, &system, &input, &via)?;
        return Ok(());
    }
    hotline::take_in(tx, &by.clerk, &input, &via)?;
    let at = Target::any(id);
    if come == Come::Dispatched {
        return Ok(());
    }
    hotline::sign(tx, &by.clerk, &at)?;
    match come {
        Come::Subbed => {
            let department = department(tx)?;
            let sub = json!({ "department_id": department, "matter": "核实登记情况", "limit": { "value": 30, "unit": "working_day" } });
            hotline::assign_sub(tx, &by.clerk, &at, &read(sub)?)?;
            // Under an id that a documented example can name.
            let mut row = hotline::store::order(tx, id)?.ok_or(Error::Contended)?;
            let mut details = row.details.open(tx.vault)?;
            details.subs.iter_mut().for_each(|sub| sub.id = fixed("hotline_sub_order", "1"));
            row.details = Private::seal(tx.vault, &details)?;
            row.version += 1;
            hotline::store::save(tx, &row)?;
        }
        Come::Returning => {
            hotline::request_return(tx, &by.clerk, &at, &read(json!({ "reason": "不属于本中心职责", "suggested_unit": "市中心" }))?)?;
        }
        Come::Extending => {
            hotline::request_extension(tx, &by.clerk, &at, &read(json!({ "days": 3, "reason": "需要多部门会商" }))?)?;
        }
        Come::Suspended => {
            hotline::suspend(tx, &by.inspector, &at, &read(json!({ "reason": "等待政策明确" }))?)?;
        }
        Come::Replied | Come::ToVisit | Come::Visited | Come::Appealed => {
            hotline::reply(tx, &by.clerk, &at, &read(json!({ "kind": "final", "reply": "已向诉求人说明办理情况。", "solved": true }))?)?;
            if come != Come::Replied {
                hotline::pass(tx, &by.inspector, &at, &read(json!({}))?)?;
            }
            if matches!(come, Come::Visited | Come::Appealed) {
                let visit = json!({ "contacted": true, "responded": true, "resolved": true, "hotline_satisfaction": "5", "department_satisfaction": "4",
                    "recording_number": format!("LY-{n:03}"), "opinion": "已经了解" });
                hotline::record_visit(tx, &by.inspector, &at, &read(visit)?)?;
            }
            if come == Come::Appealed {
                hotline::appeal(tx, &by.clerk, &at, &read(json!({ "reason": "诉求超出法定权限", "basis": "有关规定" }))?)?;
            }
        }
        Come::Received | Come::Dispatched | Come::Signed => {}
    }
    Ok(())
}

fn department(tx: &mut Tx) -> Result<Id> {
    let center = organization::store::center_by_division(tx, "320623000000")?.ok_or(Error::Contended)?;
    let all = organization::store::departments(tx, center.id, None, 50)?;
    let staffed = actor(tx, "rd_scjg")?;
    let own = all.iter().find(|d| staffed.grants.iter().any(|g| g.node == d.id.as_str()));
    own.or(all.first()).map(|d| d.id).ok_or(Error::Contended)
}
