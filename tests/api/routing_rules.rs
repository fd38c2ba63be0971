//! Whose a matter is: by its level and division, by zones that stand beside the divisions, by powers handed down, by what a
//! place has set for an item; tried over a file before it holds; and over every level in one go.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, center_id, counter_application, on_both_engines, text};

on_both_engines!(
    what_decides_in_which_order,
    rules_are_versions_of_a_center,
    a_file_of_cases_before_it_holds,
    from_the_village_to_the_city_in_one_go,
    a_level_that_carries_nothing,
    a_level_that_carries_nothing_any_more,
);

const CITY: &str = "320600000000";
const RUDONG: &str = "320623000000";
const ZONE: &str = "320671000000";
const VILLAGE: &str = "320623001001";

/// Items of each level, published through the table that a city imports.
async fn items(app: &TestApp) {
    let table = "实施部门,事项名称,实施编码,事项类型,行使层级,行政区划代码\n\
                 市局,市级许可,T-CITY,行政许可,市级,320600000000\n\
                 县局,分级管理许可,T-GRADED,行政许可,分级管理,320600000000\n\
                 县局,镇级确认,T-TOWN,行政确认,镇（乡、街道）级,320623000000\n\
                 县局,县目录中的市级许可,T-ABOVE,行政许可,市级,320623000000\n";
    let report = app.as_user("sys_admin").upload("/service-items/import", &[], "items.csv", table.as_bytes(), None).await.ok();
    assert_eq!(report["failed"], 0, "{report}");
}

async fn resolve(app: &TestApp, item: &str, custodian: &str, applicant: Option<&str>) -> Value {
    let mut body = json!({ "item": item, "custodian": custodian });
    if let Some(seat) = applicant {
        body["applicant_division"] = seat.into();
    }
    app.as_user("city_clerk").post("/routing/resolve", body).await.ok()
}

fn told(r: &Value) -> (&str, &str, &str) {
    (text(&r["handler"]["division_code"]), text(&r["relation"]), text(&r["rule"]))
}

fn rule(code: &str, kind: &str, more: Value) -> Value {
    let mut rule = json!({ "code": code, "kind": kind, "basis": "审批权限调整通知" });
    rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    rule
}

async fn set(app: &TestApp, center: &str, rules: &[Value]) {
    app.as_user("city_reform").post(&format!("/centers/{center}/routing-rules"), json!({ "rules": rules })).await.created();
}

async fn what_decides_in_which_order(app: TestApp) {
    items(&app).await;
    // By level and division.
    assert_eq!(told(&resolve(&app, "T-CITY", RUDONG, None).await), (CITY, "joint_upward", "item_division"));
    assert_eq!(told(&resolve(&app, "T-GRADED", CITY, Some(RUDONG)).await), (RUDONG, "transfer_down", "graded_by_applicant_division"));
    assert_eq!(told(&resolve(&app, "T-GRADED", CITY, None).await), (CITY, "keep", "item_division"));
    assert_eq!(told(&resolve(&app, "T-TOWN", RUDONG, Some(VILLAGE)).await), ("320623001000", "transfer_down", "item_level_below"));
    assert_eq!(told(&resolve(&app, "T-TOWN", RUDONG, Some("320613000000")).await), (RUDONG, "keep", "item_division"));
    let above = resolve(&app, "T-ABOVE", RUDONG, None).await;
    assert_eq!(told(&above), (CITY, "joint_upward", "item_level_above"));
    assert!(text(&above["explanation"]).contains("市级"), "{above}");
    // A zone stands in for a division wherever the division decides.
    set(&app, CITY, &[rule("zone", "zone", json!({ "divisions": ["320671"], "handler": "320613000000" }))]).await;
    let zone = resolve(&app, "T-GRADED", CITY, Some(ZONE)).await;
    assert_eq!(told(&zone), ("320613000000", "transfer_down", "zone"));
    assert!(text(&zone["explanation"]).contains("审批权限调整通知"), "{zone}");
    // A power handed down reaches the applicants of the place it was given to, and only these.
    let zone = rule("zone", "zone", json!({ "divisions": ["320671"], "handler": "320613000000" }));
    let down = rule("down", "devolved", json!({ "levels": ["city"], "handler": RUDONG }));
    let entrusted = rule("entrusted", "entrusted", json!({ "items": ["T-CITY"], "divisions": ["320671"], "handler": ZONE }));
    set(&app, CITY, &[zone.clone(), down.clone(), entrusted.clone()]).await;
    assert_eq!(told(&resolve(&app, "T-CITY", CITY, Some(VILLAGE)).await), (RUDONG, "transfer_down", "devolved"));
    assert_eq!(told(&resolve(&app, "T-CITY", CITY, Some("320671001000")).await), (ZONE, "transfer_down", "entrusted"));
    assert_eq!(told(&resolve(&app, "T-CITY", CITY, Some("320613000000")).await), (CITY, "keep", "item_division"));
    assert_eq!(told(&resolve(&app, "T-CITY", CITY, None).await), (CITY, "keep", "item_division"));
    // What is set for an item comes before everything.
    let own = rule("own", "item_override", json!({ "items": ["T-CITY"], "handler": "320613000000" }));
    set(&app, CITY, &[zone, down, entrusted, own]).await;
    assert_eq!(told(&resolve(&app, "T-CITY", RUDONG, Some(VILLAGE)).await), ("320613000000", "transfer_sideways", "item_override"));
}

async fn rules_are_versions_of_a_center(app: TestApp) {
    let at = &format!("/centers/{RUDONG}/routing-rules");
    let first = app.stranger().get(at).await.ok();
    assert_eq!((&first["in_force"][0]["rules"][0]["code"], &first["versions"]), (&json!("zone-671"), &json!([])));
    let manager = app.as_user("rd_manager");
    let town = "320623001000";
    for (wrong, at_field, code) in [
        (rule("a", "item_override", json!({ "handler": town })), "/rules/0/items", "required"),
        (rule("a", "devolved", json!({ "handler": town })), "/rules/0/items", "required"),
        (rule("a", "zone", json!({ "handler": town })), "/rules/0/divisions", "required"),
        (rule("a", "zone", json!({ "divisions": ["32x"], "handler": town })), "/rules/0/divisions", "division_prefix"),
        (rule("a", "item_override", json!({ "items": ["GS-320623-0001"], "handler": CITY })), "/rules/0/handler", "unknown_center"),
    ] {
        let refused = manager.post(at, json!({ "rules": [wrong] })).await.expect(422).body;
        assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!(at_field), &json!(code)));
    }
    let good = rule("water", "item_override", json!({ "items": ["GS-320623-0001"], "handler": town }));
    manager.post(at, json!({ "effective_on": "2026-03-01", "rules": [good] })).await.expect(422);
    assert_eq!(manager.post(at, json!({ "rules": [good, good] })).await.expect(422).body["errors"][0]["code"], "duplicate");
    assert_eq!(manager.post("/centers/320613000000/routing-rules", json!({ "rules": [] })).await.problem(403), "forbidden");
    assert_eq!(app.as_user("rd_clerk").post(at, json!({ "rules": [] })).await.problem(403), "forbidden");
    // From its day on, and below the center that has set it.
    let made = manager.post(at, json!({ "effective_on": "2026-03-05", "rules": [good] })).await.created();
    assert_eq!((&made["version"], &made["in_force"]), (&json!(1), &json!(false)));
    assert_eq!(told(&resolve(&app, "GS-320623-0001", RUDONG, None).await).2, "item_division");
    app.set_clock("2026-03-05T09:00:00+08:00");
    assert_eq!(told(&resolve(&app, "GS-320623-0001", RUDONG, None).await), (town, "transfer_down", "item_override"));
    let version = app.stranger().get(&format!("/routing-rules/{}", text(&made["id"]))).await.ok();
    assert_eq!(version["in_force"], true);
    manager.post(at, json!({ "rules": [] })).await.created();
    assert_eq!(told(&resolve(&app, "GS-320623-0001", RUDONG, None).await).2, "item_division");
    assert_eq!(app.stranger().get(at).await.ok()["versions"].as_array().map(Vec::len), Some(2));
}

async fn a_file_of_cases_before_it_holds(app: TestApp) {
    items(&app).await;
    let cases = "事项编码,申请人区划,现责任中心,应承办中心\n\
                 T-GRADED,320623000000,320600000000,320623000000\n\
                 T-GRADED,320671001000,320600000000,320613000000\n\
                 T-CITY,,320600000000,\n\
                 T-NONE,,320600000000,\n\
                 T-CITY,,999999000000,\n\
                 T-CITY,12,320600000000,\n\
                 ,,320600000000,\n";
    let at = format!("/centers/{CITY}/routing-rules/dry-run");
    let draft = json!({ "rules": [rule("zone", "zone", json!({ "divisions": ["320671"], "handler": "320613000000" }))] }).to_string();
    let manager = app.as_user("city_manager");
    let report = manager.upload_with(&at, &[], &[("rules", &draft)], "cases.csv", cases.as_bytes()).await.ok();
    assert_eq!((&report["total"], &report["changed"], &report["unexpected"]), (&json!(3), &json!(1), &json!(0)), "{report}");
    let lines: Vec<i64> = report["bad"].as_array().expect("bad").iter().filter_map(|b| b["line"].as_i64()).collect();
    assert_eq!(lines, [5, 6, 7, 8]);
    let moved = &report["cases"][1];
    assert_eq!((text(&moved["now"]["handler"]), text(&moved["then"]["handler"]), &moved["as_expected"]), (ZONE, "320613000000", &json!(true)));
    // Nothing has changed; without a draft the rules answer as they stand.
    let report = manager.upload_with(&at, &[], &[], "cases.csv", cases.as_bytes()).await.ok();
    assert_eq!((&report["changed"], &report["unexpected"]), (&json!(0), &json!(1)));
    assert_eq!(manager.upload_with(&at, &[], &[("rules", "{")], "cases.csv", cases.as_bytes()).await.problem(400), "invalid_request");
    assert_eq!(app.as_user("rd_clerk").upload_with(&at, &[], &[], "cases.csv", cases.as_bytes()).await.problem(403), "forbidden");
    let none = manager.upload_with(&at, &[], &[], "cases.csv", "甲,乙\n1,2\n".as_bytes()).await.ok();
    assert_eq!((&none["total"], &none["bad"][0]["line"]), (&json!(0), &json!(1)));
}

async fn clerk_of<'a>(app: &'a TestApp, login: &str, center: &str) -> Caller<'a> {
    let new = json!({ "login": login, "password": "a-long-password", "display_name": login, "title": "工作人员", "employment": "part_time", "center_id": center_id(center) });
    let id = text(&app.as_user("sys_admin").post("/users", new).await.created()["id"]).to_owned();
    let grant = json!({ "user_id": id, "role": "clerk", "node_id": center_id(center), "reason": "村级受理" });
    let grant = text(&app.as_user("sys_admin").post("/grants", grant).await.created()["id"]).to_owned();
    app.as_user("sec_admin").post(&format!("/grants/{grant}/approve"), json!({})).await.ok();
    app.as_person(id.parse().expect("id"))
}

/// A matter over a city item, taken in by a village.
async fn village_matter(app: &TestApp, clerk: &Caller<'_>) -> Value {
    items(app).await;
    let mut body = counter_application("assisted");
    body["item"] = "T-CITY".into();
    clerk.post("/entrustments", body).await.created()
}

async fn from_the_village_to_the_city_in_one_go(app: TestApp) {
    let clerk = clerk_of(&app, "cun_clerk", VILLAGE).await;
    let e = village_matter(&app, &clerk).await;
    assert_eq!(text(&e["custodian"]["division_code"]), VILLAGE);
    let why = clerk.post("/routing/resolve", json!({ "item": "T-CITY" })).await.ok();
    assert_eq!(told(&why), (CITY, "joint_upward", "item_division"));
    let chain: Vec<&str> = why["chain"].as_array().expect("chain").iter().map(text).collect();
    assert_eq!(chain.len(), 4, "{chain:?}");
    assert_eq!((chain[2], chain[3]), ("如东县政务服务中心", "南通市政务服务中心"));
    // A transfer upward is not the way where the village carries matters itself.
    let offer = json!({ "to": "auto", "applicant_consent": true, "reason": "属市级事项" });
    clerk.post(&format!("/entrustments/{}/transfer", text(&e["id"])), offer).await.expect(422);
}

async fn a_level_that_carries_nothing(app: TestApp) {
    let clerk = clerk_of(&app, "cun_clerk", VILLAGE).await;
    let levels = json!(["city", "county", "town"]);
    let root = center_id(CITY).to_string();
    app.db.commit(move |tx| jieli::settings::set(tx, &root, "agency_levels", &levels)).await.expect("setting");
    let e = village_matter(&app, &clerk).await;
    let path = format!("/entrustments/{}", text(&e["id"]));
    let why = clerk.post("/routing/resolve", json!({ "item": "T-CITY" })).await.ok();
    assert_eq!(told(&why), (CITY, "transfer_up", "item_division"));
    // The town is above too, but it is not whose it is.
    let offer = |to: &str| json!({ "to": to, "applicant_consent": true, "reason": "属市级事项" });
    clerk.post(&format!("{path}/transfer"), offer("320623001000")).await.expect(422);
    let transfer = clerk.post(&format!("{path}/transfer"), offer("auto")).await.created();
    assert_eq!((text(&transfer["why"]["relation"]), transfer["why"]["chain"].as_array().map(Vec::len)), ("transfer_up", Some(4)));
    app.as_user("city_clerk").post(&format!("/transfers/{}/accept", text(&transfer["id"])), json!({})).await.ok();
    // One hand-over over four levels; the village still reads it.
    let chain = clerk.get(&format!("{path}/custody")).await.ok();
    let held: Vec<&str> = chain["items"].as_array().expect("links").iter().map(|l| text(&l["center"]["division_code"])).collect();
    assert_eq!(held, [VILLAGE, CITY]);
    // Nor is a matter offered to such a level directly, accepted there, or given to it: who should take it is said.
    let county = app.as_user("rd_clerk").post("/entrustments", counter_application("assisted")).await.created();
    let county = format!("/entrustments/{}", text(&county["id"]));
    let refused = app.as_user("rd_clerk").post(&format!("{county}/transfer"), offer(VILLAGE)).await.expect(422).body;
    assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/to"), &json!("level_without_agency")));
    let why = text(&refused["errors"][0]["detail"]);
    assert!(why.contains("所在层级不设代办") && why.contains("如东县政务服务中心"), "{why}");
    let own = clerk.post("/entrustments", counter_application("assisted")).await.created();
    assert!(!own["allowed_actions"].as_array().expect("actions").contains(&json!("accept")), "{own}");
    let own = format!("/entrustments/{}", text(&own["id"]));
    let refused = clerk.post(&format!("{own}/accept"), crate::support::accepted()).await.expect(409).body;
    assert!(text(&refused["detail"]).contains("不设代办") && refused["allowed_actions"].to_string().contains("transfer"), "{refused}");
    // Where the one center that it could be given to returns it, arbitration opens by itself: the matter is not stuck.
    let stuck = village_matter(&app, &clerk).await;
    let stuck = format!("/entrustments/{}", text(&stuck["id"]));
    let transfer = clerk.post(&format!("{stuck}/transfer"), offer("auto")).await.created();
    app.as_user("city_clerk").post(&format!("/transfers/{}/return", text(&transfer["id"])), json!({ "reason": "不属本级" })).await.ok();
    let open = clerk.get(&format!("{stuck}/relay")).await.ok();
    assert!(open["open"].as_array().is_some_and(|legs| legs.iter().any(|leg| leg["kind"] == "arbitration")), "{open}");
    // What comes down to such a level stays with the nearest above that carries.
    let down = resolve(&app, "T-TOWN", CITY, Some(VILLAGE)).await;
    assert_eq!(told(&down).0, "320623001000");
    let graded = resolve(&app, "T-GRADED", CITY, Some(VILLAGE)).await;
    assert_eq!((told(&graded).0, told(&graded).2), ("320623001000", "graded_by_applicant_division"));
    assert!(text(&graded["explanation"]).contains("不设代办"), "{graded}");
}

/// The city has changed its mind while an offer waited.
async fn a_level_that_carries_nothing_any_more(app: TestApp) {
    let (county, village) = (app.as_user("rd_clerk"), clerk_of(&app, "cun_clerk", VILLAGE).await);
    let e = county.post("/entrustments", counter_application("assisted")).await.created();
    let offer = json!({ "to": VILLAGE, "applicant_consent": true, "reason": "就近办理" });
    let transfer = county.post(&format!("/entrustments/{}/transfer", text(&e["id"])), offer).await.created();
    let path = format!("/transfers/{}", text(&transfer["id"]));
    let root = center_id(CITY).to_string();
    app.db.commit(move |tx| jieli::settings::set(tx, &root, "agency_levels", &json!(["city", "county", "town"]))).await.expect("setting");
    let refused = village.post(&format!("{path}/accept"), json!({})).await.expect(409).body;
    assert!(text(&refused["detail"]).contains("不设代办") && text(&refused["detail"]).contains("如东县政务服务中心"), "{refused}");
    village.post(&format!("{path}/return"), json!({ "reason": "本级不设代办" })).await.ok();
}
