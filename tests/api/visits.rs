//! Service at the applicant's place, the one counter that hands out, and what is not asked for twice.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, accepted_matter, counter_application, on_both_engines, text, user_id};

on_both_engines!(
    a_visit_from_request_to_papers,
    a_visit_is_declined_called_off_or_in_vain,
    results_are_handed_out,
    what_was_given_before_is_taken_over,
    a_window_is_staffed,
);

fn request() -> Value {
    json!({ "center": "320623000000", "reason": "special_group", "contact": { "name": "家属甲", "phone": "13900004444" }, "address": "如东县掘港街道人民路 1 号", "request": "行动不便" })
}

async fn a_visit_from_request_to_papers(app: TestApp) {
    let citizen = app.as_user("citizen_wang");
    let visit = citizen.post("/home-visits", request()).await.created();
    assert_eq!((&visit["state"], &visit["allowed_actions"]), (&json!("requested"), &json!(["cancel"])));
    let path = format!("/home-visits/{}", text(&visit["number"]));
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    app.as_user("cc_clerk").get(&path).await.expect(404);
    app.as_user("ent_rudong").get(&path).await.expect(404);
    let masked = app.as_user("city_inspector").get(&path).await.ok();
    assert_eq!((&masked["contact_name"], &masked["address"], masked.get("request")), (&json!("家**"), &json!("如东县****"), None));
    let plan = |start: &str, end: &str, who: Value| json!({ "start": start, "end": end, "visitor_ids": who, "preparation": [{ "what": "携带高拍仪" }] });
    let (start, end) = ("2026-03-03T14:00:00+08:00", "2026-03-03T15:00:00+08:00");
    for (wrong, at) in [
        (plan(end, start, json!([user_id("rd_agent")])), "/start"),
        (plan("2026-03-01T14:00:00+08:00", end, json!([user_id("rd_agent")])), "/start"),
        (plan(start, end, json!([user_id("city_agent1")])), "/visitor_ids/0"),
        (plan(start, end, json!([user_id("rd_agent"), user_id("rd_agent")])), "/visitor_ids/1"),
    ] {
        assert_eq!(clerk.post(&format!("{path}/arrange"), wrong).await.expect(422).body["errors"][0]["pointer"], at);
    }
    assert_eq!(citizen.post(&format!("{path}/arrange"), plan(start, end, json!([user_id("rd_agent")]))).await.problem(403), "forbidden");
    clerk.post(&format!("{path}/arrange"), plan(start, end, json!([user_id("rd_agent")]))).await.ok();
    // What the center prepares is its own; when somebody comes is the applicant's too.
    let own = citizen.get(&path).await.ok();
    assert_eq!((&own["preparation"], text(&own["start"])), (&json!([]), "2026-03-03T14:00:00.000+08:00"));
    agent.post(&format!("{path}/prepare"), json!({ "preparation": [{ "what": "携带高拍仪", "done": true }] })).await.ok();
    assert_eq!(agent.post(&format!("{path}/record"), json!({ "result": "已办理" })).await.problem(422), "rule_violation");
    assert_eq!(agent.post(&format!("{path}/complete"), json!({})).await.problem(409), "state_conflict");
    app.set_clock("2026-03-03T14:30:00+08:00");
    let done = json!({ "result": "现场核验身份", "papers_received": ["申请表"] });
    let record = format!("{path}/record");
    let racing = futures_util::future::join_all((0..10).map(|_| agent.post(&record, done.clone()))).await;
    let racing: Vec<u16> = racing.iter().map(|r| r.status).collect();
    assert_eq!(racing.iter().filter(|status| **status == 200).count(), 1, "{racing:?}");
    assert_eq!(agent.post(&format!("{path}/complete"), json!({ "papers_sent": ["居住证明"] })).await.problem(422), "rule_violation");
    let ended = agent.post(&format!("{path}/complete"), json!({ "papers_sent": ["居住证明"], "delivery": "EMS 123456" })).await.ok();
    assert_eq!((&ended["state"], &ended["allowed_actions"]), (&json!("completed"), &json!([])));
    assert_eq!(app.count("SELECT count(*) AS value FROM events WHERE record_kind = 'home_visit'").await, 5);
    let listed = clerk.get("/home-visits?state=completed&expand=center&fields=number").await.ok();
    assert_eq!((&listed["items"][0]["number"], text(&listed["items"][0]["center"]["division_code"])), (&visit["number"], "320623000000"));
}

async fn a_visit_is_declined_called_off_or_in_vain(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let why = || json!({ "reason": "可以网上办理" });
    let declined = clerk.post("/home-visits", request()).await.created();
    let ended = app.as_user("rd_manager").post(&format!("/home-visits/{}/decline", text(&declined["id"])), why()).await.ok();
    assert_eq!(ended["state"], "declined");
    let visit = app.as_user("citizen_wang").post("/home-visits", request()).await.created();
    let path = format!("/home-visits/{}", text(&visit["id"]));
    let plan = |day: &str| json!({ "start": format!("{day}T14:00:00+08:00"), "end": format!("{day}T15:00:00+08:00"), "visitor_ids": [user_id("rd_agent")] });
    clerk.post(&format!("{path}/arrange"), plan("2026-03-03")).await.ok();
    assert_eq!(clerk.post(&format!("{path}/miss"), why()).await.problem(422), "rule_violation");
    app.set_clock("2026-03-03T14:30:00+08:00");
    clerk.post(&format!("{path}/miss"), json!({ "reason": "家中无人" })).await.ok();
    clerk.post(&format!("{path}/arrange"), plan("2026-03-05")).await.ok();
    let own = app.as_user("citizen_wang").post(&format!("{path}/cancel"), json!({ "reason": "已到大厅办理" })).await.ok();
    assert_eq!((&own["state"], &own["result"]), (&json!("cancelled"), &json!("已到大厅办理")));
    assert_eq!(clerk.post(&format!("{path}/arrange"), plan("2026-03-06")).await.problem(409), "state_conflict");
    // A matter of somebody else cannot be named.
    let foreign = accepted_matter(&app, "assisted").await;
    let mut about = request();
    about["entrustment"] = json!(foreign);
    assert_eq!(app.as_user("citizen_wang").post("/home-visits", about.clone()).await.problem(422), "rule_violation");
    let seen = clerk.post("/home-visits", about).await.created();
    assert_eq!(seen["entrustment_id"], foreign.as_str());
}

async fn results_are_handed_out(app: TestApp) {
    let id = accepted_matter(&app, "assisted").await;
    let path = format!("/entrustments/{id}");
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let way = |way: &str| json!({ "way": way, "recipient": "联系人乙", "phone": "13900005678" });
    assert_eq!(clerk.post(&format!("{path}/arrange-hand-out"), way("express")).await.problem(422), "rule_violation");
    let mut express = way("express");
    express["address"] = json!("如东县掘港街道人民路 1 号");
    clerk.post(&format!("{path}/arrange-hand-out"), way("counter")).await.ok();
    let arranged = clerk.post(&format!("{path}/arrange-hand-out"), express).await.ok();
    assert_eq!(arranged["hand_out"]["state"], "arranged");
    let waiting = clerk.get("/entrustments?hand_out_state=arranged").await.ok();
    assert_eq!((&waiting["items"][0]["id"], waiting["items"].as_array().map(Vec::len)), (&arranged["id"], Some(1)));
    assert_eq!(clerk.get("/entrustments?hand_out_state=sent").await.ok()["items"], json!([]));
    let masked = app.as_user("rd_manager").get(&path).await.ok();
    assert_eq!((&masked["hand_out"]["recipient"], &masked["hand_out"]["address"]), (&json!("联***"), &json!("如东县****")));
    assert_eq!(clerk.post(&format!("{path}/hand-out"), json!({ "act": "send" })).await.problem(409), "state_conflict");
    for (act, body) in [("start", json!({})), ("record-help", json!({ "kinds": ["fill_form"] })), ("complete", json!({ "outcome": "granted" }))] {
        agent.post(&format!("{path}/{act}"), body).await.ok();
    }
    assert_eq!(clerk.post(&format!("{path}/hand-out"), json!({ "act": "hand_out", "note": "签收单" })).await.problem(409), "state_conflict");
    let missing = clerk.post(&format!("{path}/hand-out"), json!({ "act": "send" })).await.expect(422).body;
    assert_eq!(missing["errors"][0]["pointer"], "/carrier");
    let send = json!({ "act": "send", "carrier": "中国邮政 EMS", "tracking_no": "1234567890123" });
    clerk.post(&format!("{path}/hand-out"), send.clone()).await.ok();
    assert_eq!(clerk.post(&format!("{path}/hand-out"), send).await.problem(409), "state_conflict");
    assert_eq!(clerk.post(&format!("{path}/arrange-hand-out"), way("counter")).await.problem(409), "state_conflict");
    let number = text(&arranged["number"]).to_owned();
    let told = app.stranger().get(&format!("/progress/{number}?phone_last4=5678")).await.ok().to_string();
    assert!(told.contains("中国邮政 EMS") && !told.contains("1234567890123"), "{told}");
    // It comes back, is arranged anew, and is fetched at the counter.
    clerk.post(&format!("{path}/hand-out"), json!({ "act": "come_back", "note": "地址不详" })).await.ok();
    clerk.post(&format!("{path}/arrange-hand-out"), way("counter")).await.ok();
    let ended = clerk.post(&format!("{path}/hand-out"), json!({ "act": "hand_out", "note": "领取签收单 0001 号" })).await.ok();
    assert_eq!((&ended["hand_out"]["state"], &ended["hand_out"]["note"]), (&json!("received"), &json!("领取签收单 0001 号")));
    assert!(!ended["allowed_actions"].as_array().expect("list").contains(&json!("record_hand_out")));
}

async fn what_was_given_before_is_taken_over(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut body = counter_application("assisted");
    let file = clerk.upload("/attachments", &[], "执照.pdf", b"%PDF-1.4 licence", None).await.created();
    body["materials"] = json!([{ "code": "M1", "attachments": [file["id"]] }]);
    let first = clerk.post("/entrustments", body).await.created();
    let first_id = text(&first["id"]).to_owned();
    let second = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}", text(&second["id"]));
    let at = format!("{path}/reusable-materials");
    assert_eq!(clerk.get(&at).await.ok()["items"], json!([]), "what was not checked is not offered");
    clerk.post(&format!("/entrustments/{first_id}/materials/M1/accept"), json!({})).await.ok();
    let offered = clerk.get(&at).await.ok();
    assert_eq!((&offered["items"][0]["entrustment_id"], &offered["items"][0]["attachments"]), (&json!(first_id), &json!(1)));
    assert_eq!(app.as_user("rd_manager").get(&at).await.problem(403), "forbidden");
    let submit = format!("{path}/materials/M1/submit");
    let reuse =
        |matter: &str, material: &str, consent: bool| json!({ "reuse": { "entrustment_id": matter, "material": material, "applicant_consent": consent } });
    let foreign = app.as_user("ent_rudong").post("/entrustments", crate::support::water_application()).await.created();
    for (wrong, code) in [
        (reuse(&first_id, "M1", false), "consent_required"),
        (reuse(text(&foreign["id"]), "M1", true), "unknown_entrustment"),
        (reuse(&first_id, "M2", true), "not_accepted"),
        (reuse(text(&second["id"]), "M1", true), "unknown_entrustment"),
    ] {
        assert_eq!(clerk.post(&submit, wrong).await.expect(422).body["errors"][0]["code"], code);
    }
    let taken = clerk.post(&submit, reuse(&first_id, "M1", true)).await.ok();
    let material = &taken["materials"][0];
    assert_eq!(material["state"], "submitted");
    assert!(text(&material["note"]).contains(text(&first["number"])));
    // The same bytes under a link of its own; and it is checked like any other.
    let link = text(&material["attachments"][0]["download"]).to_owned();
    assert_ne!(material["attachments"][0]["id"], file["id"]);
    let bytes = app.bytes(app.stranger().request(actix_web::http::Method::GET, &link)).await;
    assert_eq!(bytes, b"%PDF-1.4 licence");
    clerk.post(&format!("{path}/materials/M1/accept"), json!({})).await.ok();
    clerk.post(&format!("{path}/accept"), accepted()).await.ok();
}

async fn a_window_is_staffed(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let opening = json!({ "days": ["workday"], "from": "09:00", "to": "12:00", "minutes": 60, "capacity": 2 });
    let window =
        |staffing: Value| json!({ "kind": "talent", "name": "人才服务窗口", "hours": { "openings": [opening], "days_ahead": 14 }, "staffing": staffing });
    let department = app.stranger().get("/centers/320623000000/departments").await.ok()["items"][0]["id"].clone();
    let foreign = json!({ "leader_id": user_id("city_agent1") });
    assert_eq!(manager.post("/centers/320623000000/windows", window(foreign)).await.expect(422).body["errors"][0]["pointer"], "/staffing/leader_id");
    let twice = json!({ "leader_id": user_id("rd_agent"), "officer_ids": [user_id("rd_agent")] });
    assert_eq!(manager.post("/centers/320623000000/windows", window(twice)).await.expect(422).body["errors"][0]["pointer"], "/staffing/officer_ids/0");
    let staffing = json!({ "lead_department_id": department, "leader_id": user_id("rd_manager"), "chief_officer_id": user_id("rd_agent"), "officer_ids": [user_id("rd_agent2")] });
    let made = manager.post("/centers/320623000000/windows", window(staffing.clone())).await.created();
    let path = format!("/windows/{}", text(&made["id"]));
    // The public reads who leads and how many they are, not who.
    let public = app.stranger().get(&path).await.ok();
    assert_eq!((&public["lead_department_id"], &public["officers"]), (&department, &json!(3)));
    assert!(!public.to_string().contains(user_id("rd_agent").as_str()));
    assert_eq!(app.as_user("rd_clerk").get(&format!("{path}/staffing")).await.ok(), staffing);
    assert_eq!(app.as_user("cc_clerk").get(&format!("{path}/staffing")).await.problem(403), "forbidden");
    // A matter keeps which window took it in; only an open window of the center takes in.
    let mut body = counter_application("assisted");
    body["window_id"] = made["id"].clone();
    let e = app.as_user("rd_clerk").post("/entrustments", body.clone()).await.created();
    assert_eq!(e["window_id"], made["id"]);
    body["center"] = json!("320600000000");
    assert_eq!(app.as_user("city_clerk").post("/entrustments", body).await.problem(422), "rule_violation");
}
