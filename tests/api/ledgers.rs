//! Any list as a file: what the list shows, with Chinese headers, masked and audited; a long one is made behind the scenes.

use std::io::Cursor;

use actix_web::http::Method;
use calamine::{Data, Reader as _, Xlsx};
use jieli::ledgers;
use serde_json::{Value, json};

use crate::support::{TestApp, counter_application, on_both_engines, text, water_application};

on_both_engines!(a_list_is_taken_along, the_register_names_nobody, a_long_one_is_made_behind_the_scenes, an_export_is_its_orderers_alone);

async fn made(app: &TestApp) -> usize {
    let state = app.shared.state();
    ledgers::run_due(&app.db, &state.blobs).await.expect("exports")
}

fn book(bytes: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(bytes)).expect("a workbook")
}

async fn a_list_is_taken_along(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut input = counter_application("assisted");
    input["applicant"] = json!({ "kind": "natural_person", "name": "申请人丙", "id_type": "passport", "id_number": "E12345678"});
    let person = clerk.post("/entrustments", input).await.created();
    let name = text(&person["applicant"]["name"]);
    assert!(!name.contains('*'), "the counter sees the person in clear: {name}");
    let rows = clerk.get("/entrustments?limit=200").await.ok()["items"].as_array().expect("items").len();

    let bytes = app.bytes(clerk.request(Method::GET, "/ledgers/entrustments?format=csv")).await;
    let csv = String::from_utf8(bytes).expect("UTF-8");
    assert!(csv.starts_with('\u{feff}') && csv.contains("办件编号,事项名称,事项编码,申请人"), "{csv}");
    assert_eq!(csv.lines().count(), rows + 1);
    assert!(csv.contains(text(&person["number"])) && !csv.contains(name), "a ledger masks persons");
    assert!(csv.contains("如东县") && csv.contains("GS-320623-0001"), "what ids lead to is told: {csv}");

    let mut xlsx = book(app.bytes(clerk.request(Method::GET, "/ledgers/entrustments?format=xlsx")).await);
    assert_eq!(xlsx.sheet_names(), ["帮办代办台账", "说明"]);
    let sheet = xlsx.worksheet_range("帮办代办台账").expect("sheet");
    assert_eq!(sheet.height(), rows + 1);
    let header: Vec<String> = sheet.rows().next().expect("header").iter().map(ToString::to_string).collect();
    let at = header.iter().position(|h| h == "收件时间").expect("column");
    assert!(sheet.rows().skip(1).all(|r| matches!(r[at], Data::DateTime(_))), "a moment is a moment, not text");
    let notes = xlsx.worksheet_range("说明").expect("notes");
    assert!(notes.rows().any(|r| r[0] == Data::String("行数".into()) && r[1] == Data::String(rows.to_string())));

    // The filters are those of the list, and so are their refusals.
    let filtered = |filter: &str| clerk.request(Method::GET, &format!("/ledgers/entrustments?format=csv&filter={filter}"));
    let none = app.bytes(filtered("state%3Dclosed%26mode%3Dassisted")).await;
    assert_eq!(String::from_utf8(none).expect("UTF-8").lines().count(), 1);
    for wrong in ["nonsense%3D1", "state%3Dnowhere", "limit%3D5", "cursor%3Dx"] {
        app.send(filtered(wrong)).await.expect(400);
    }
    clerk.get("/ledgers/nothing?format=csv").await.expect(404);
    clerk.get("/ledgers/entrustments?format=pdf").await.expect(400);
    clerk.get("/ledgers/entrustments?format=csv&more=1").await.expect(400);
    // Each one is audited.
    let audited = "SELECT COUNT(*) AS value FROM audit_log WHERE action = 'export'";
    assert_eq!(app.count(audited).await, 3, "three files");

    // Nobody finds in a ledger what the list would not show.
    let company = app.as_user("ent_rudong");
    company.get("/ledgers/entrustments?format=csv").await.expect(403);
    let listed = clerk.get("/ledgers").await.ok();
    let codes: Vec<&str> = listed["items"].as_array().expect("items").iter().map(|l| text(&l["code"])).collect();
    assert!(codes.contains(&"entrustments") && codes.contains(&"transfers"), "{codes:?}");
    let elsewhere = app.bytes(app.as_user("cc_clerk").request(Method::GET, "/ledgers/entrustments?format=csv")).await;
    assert!(!String::from_utf8(elsewhere).expect("UTF-8").contains(text(&person["number"])));
}

async fn the_register_names_nobody(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let input = json!({ "channel": "window", "contact": { "name": "欧阳演示", "phone": "13900007788" },
        "content": { "title": "欧阳演示反映备案难", "situation": "本人欧阳演示，电话 13900007788，多窗口均不受理", "category": "other" } });
    let ticket = clerk.post("/fallback-tickets", input).await.created();
    for ledger in ["fallback_tickets", "assignment_sheets"] {
        let csv = app.bytes(clerk.request(Method::GET, &format!("/ledgers/{ledger}?format=csv"))).await;
        let csv = String::from_utf8(csv).expect("UTF-8");
        assert!(!csv.contains("欧阳") && !csv.contains("13900007788"), "{csv}");
        assert!(ledger != "fallback_tickets" || csv.contains(text(&ticket["number"])), "{csv}");
    }
}

async fn a_long_one_is_made_behind_the_scenes(app: TestApp) {
    let company = app.as_user("ent_rudong");
    // More than a page of 500 would be slow here; pages are told apart by the cursor all the same.
    for _ in 0..3 {
        company.post("/entrustments", water_application()).await.created();
    }
    let clerk = app.as_user("city_clerk");
    let order = json!({ "ledger": "entrustments", "format": "xlsx", "filter": "sort=due_at", "reason": "月度台账" });
    let ordered = clerk.post("/exports", order.clone()).await.created();
    let at = format!("/exports/{}", text(&ordered["id"]));
    assert_eq!((&ordered["state"], &ordered["rows"], &ordered["allowed_actions"]), (&json!("queued"), &json!(0), &json!(["cancel"])));
    assert_eq!(made(&app).await, 1);
    let ready = clerk.get(&at).await.ok();
    assert_eq!((&ready["state"], &ready["allowed_actions"]), (&json!("ready"), &json!([])));
    let expected = clerk.get("/entrustments?limit=200").await.ok()["items"].as_array().expect("items").len();
    assert_eq!(ready["rows"], json!(expected));
    let link = text(&ready["download"]).to_owned();
    let mut xlsx = book(app.bytes(app.stranger().request(Method::GET, &link)).await);
    assert_eq!(xlsx.worksheet_range("帮办代办台账").expect("sheet").height(), expected + 1);
    assert_eq!(clerk.get("/exports").await.ok()["items"][0]["rows"], json!(expected));

    // A server that stopped leaves it to the next one.
    let left = clerk.post("/exports", order.clone()).await.created();
    let id = text(&left["id"]).to_owned();
    app.db
        .commit(move |tx| {
            let sql = "UPDATE exports SET state = 'running', attempts = 1, version = version + 1 WHERE id = '".to_owned() + &id + "'";
            Ok(diesel::RunQueryDsl::execute(diesel::sql_query(sql), tx.conn)?)
        })
        .await
        .expect("as a stopped server leaves it");
    assert_eq!(made(&app).await, 1);
    assert_eq!(clerk.get(&format!("/exports/{}", text(&left["id"]))).await.ok()["state"], "ready");

    // The file is kept for a week.
    app.set_clock("2026-03-10T09:00:00+08:00");
    assert_eq!(made(&app).await, 2);
    let gone = clerk.get(&at).await.ok();
    assert_eq!((&gone["state"], &gone["download"]), (&json!("expired"), &Value::Null));
    app.stranger().get(&link).await.expect(404);
}

async fn an_export_is_its_orderers_alone(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let order = |ledger: &str, filter: &str| json!({ "ledger": ledger, "format": "csv", "filter": filter, "reason": "核对" });
    let refused = clerk.post("/exports", order("nothing", "")).await.expect(422).body;
    assert_eq!(refused["errors"][0]["code"], "unknown_ledger");
    let refused = clerk.post("/exports", order("entrustments", "state=nowhere&nonsense=1")).await.expect(422).body;
    let named: Vec<&str> = refused["errors"].as_array().expect("errors").iter().map(|e| text(&e["parameter"])).collect();
    assert_eq!(named, ["state", "nonsense"], "every wrong filter is named");
    app.as_user("ent_rudong").post("/exports", order("entrustments", "")).await.expect(403);

    let own = text(&clerk.post("/exports", order("entrustments", "")).await.created()["id"]).to_owned();
    let at = format!("/exports/{own}");
    app.as_user("rd_manager").get(&at).await.expect(404);
    app.as_user("rd_manager").post(&format!("{at}/cancel"), json!({})).await.expect(404);
    assert_eq!(app.as_user("rd_manager").get("/exports").await.ok()["items"], json!([]));
    let off = clerk.post(&format!("{at}/cancel"), json!({})).await.ok();
    assert_eq!((&off["state"], &off["allowed_actions"]), (&json!("cancelled"), &json!([])));
    clerk.post(&format!("{at}/cancel"), json!({})).await.expect(409);
    assert_eq!(made(&app).await, 0, "what is called off is not made");

    for _ in 0..5 {
        clerk.post("/exports", order("transfers", "")).await.created();
    }
    clerk.post("/exports", order("transfers", "")).await.expect(409);
    // Who has lost the role by the time it is made gets nothing.
    let revoked = "UPDATE users SET status = 'disabled' WHERE login = 'rd_clerk'";
    app.db.commit(move |tx| Ok(diesel::RunQueryDsl::execute(diesel::sql_query(revoked), tx.conn)?)).await.expect("update");
    assert_eq!(made(&app).await, 5);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM exports WHERE state = 'failed' AND failure = 'unauthenticated'").await, 5);
}
