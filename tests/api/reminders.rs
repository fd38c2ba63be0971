//! Whoever has the next step is urged, and owes an answer: an authority, the other side, the agent.

use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, started_matter, text, user_id};

on_both_engines!(an_authority_is_urged, the_other_sides_are_urged, several_in_one_call, reminders_end_with_their_matter);

const CITY: &str = "320600000000";

async fn planned(app: &TestApp) -> String {
    let path = format!("/entrustments/{}", started_matter(app).await);
    let step = |code: &str, name: &str| json!({ "code": code, "name": name, "department": "如东县水务局", "limit": { "value": 5, "unit": "working_day" } });
    app.as_user("rd_agent").post(&format!("{path}/plan"), json!({ "steps": [step("S1", "规划审查"), step("S2", "消防审查")] })).await.ok();
    path
}

fn urge(path: &str, more: Value) -> Value {
    let mut item = json!({ "entrustment": path.trim_start_matches("/entrustments/"), "message": "请尽快办理" });
    item.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    json!({ "items": [item] })
}

async fn one(app: &TestApp, login: &str, body: Value) -> Value {
    app.as_user(login).post("/reminders", body).await.expect(207).body["items"][0].clone()
}

async fn an_authority_is_urged(app: TestApp) {
    let path = planned(&app).await;
    let agent = app.as_user("rd_agent");
    // Nobody has the step yet.
    let refused = one(&app, "rd_agent", urge(&path, json!({ "step": "S1" }))).await;
    assert_eq!((&refused["status"], &refused["problem"]["errors"][0]["code"]), (&json!(422), &json!("not_with_authority")));
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "收-1" })).await.ok();
    for (more, status, code) in [
        (json!({ "step": "S9" }), 422, "unknown_step"),
        (json!({ "step": "S1", "open": user_id("x") }), 422, "step_or_open"),
        (json!({ "open": user_id("x") }), 422, "nothing_open"),
        (json!({ "step": "S1", "version": 1 }), 412, ""),
    ] {
        let refused = one(&app, "rd_agent", urge(&path, more)).await;
        assert_eq!(refused["status"], status, "{refused}");
        assert_eq!(refused["problem"]["errors"][0]["code"].as_str().unwrap_or_default(), code);
    }
    let sent = one(&app, "rd_agent", urge(&path, json!({ "step": "S1" }))).await;
    let at = format!("/reminders/{}", text(&sent["created_id"]));
    assert!(text(&sent["created_number"]).starts_with("CB-320623-"), "{sent}");
    // Not again before the answer is due.
    assert_eq!(one(&app, "rd_agent", urge(&path, json!({ "step": "S1" }))).await["status"], 409);
    let r = agent.get(&at).await.ok();
    assert_eq!((&r["to"], &r["about"], &r["step"], &r["overdue"]), (&json!("如东县水务局"), &json!("step"), &json!("S1"), &json!(false)));
    // The department has no account: its answer is recorded with what proves it.
    let answer = json!({ "answer": "本周五前出具意见", "expected_on": "2026-03-06" });
    assert_eq!(agent.post(&format!("{at}/answer"), answer.clone()).await.expect(422).body["errors"][0]["code"], "evidence_required");
    let mut past = answer.clone();
    (past["expected_on"], past["evidence"]) = (json!("2020-01-01"), json!("电话答复"));
    assert_eq!(agent.post(&format!("{at}/answer"), past).await.expect(422).body["errors"][0]["code"], "past");
    app.as_user("cc_clerk").post(&format!("{at}/answer"), answer.clone()).await.expect(404);
    let mut answer = answer;
    answer["evidence"] = "水务局窗口电话答复".into();
    let r = agent.post(&format!("{at}/answer"), answer.clone()).await.ok();
    assert_eq!((&r["state"], &r["allowed_actions"]), (&json!("answered"), &json!([])));
    agent.post(&format!("{at}/answer"), answer).await.expect(409);
    agent.post(&format!("{at}/withdraw"), json!({})).await.expect(409);
    let told = agent.get(&format!("{path}/timeline?limit=100")).await.ok();
    let kinds: Vec<&str> = told["items"].as_array().expect("items").iter().map(|t| text(&t["kind"])).collect();
    assert!(kinds.contains(&"entrustment.urged") && kinds.contains(&"entrustment.reminder_answered"), "{kinds:?}");
    // Internal to those who carry it.
    app.as_user("ent_rudong").get(&at).await.expect(404);
}

async fn the_other_sides_are_urged(app: TestApp) {
    let path = planned(&app).await;
    let agent = app.as_user("rd_agent");
    let asked = json!({ "to": CITY, "steps": ["S1"], "reason": "请协调" });
    let leg = agent.post(&format!("{path}/joint-handlings"), asked).await.created();
    let sent = one(&app, "rd_agent", urge(&path, json!({ "open": leg["id"] }))).await;
    let at = format!("/reminders/{}", text(&sent["created_id"]));
    // The city's desk finds it, and so does nobody else's.
    let mine = |login: &'static str| {
        let app = &app;
        async move { app.as_user(login).get("/me/worklist?kind=reminder").await.ok()["items"].as_array().map(Vec::len) }
    };
    assert_eq!((mine("city_clerk").await, mine("rd_agent").await, mine("cc_clerk").await), (Some(1), Some(0), Some(0)));
    // Overdue once, however often the sweep runs; then it may be urged again.
    app.set_clock("2026-03-20T09:00:00+08:00");
    app.tick().await;
    app.tick().await;
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE record_kind = 'reminder' AND kind = 'clock.breach'").await, 1);
    assert_eq!(agent.get(&at).await.ok()["overdue"], true);
    let answered = app.as_user("city_clerk").post(&format!("{at}/answer"), json!({ "answer": "已安排专人办理" })).await.ok();
    assert_eq!(answered["state"], "answered");
    assert_eq!(mine("city_clerk").await, Some(0));
    let listed = agent.get("/reminders?state=answered&sort=due_at&expand=entrustment").await.ok();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    // What was taken back needs no answer.
    let again = one(&app, "rd_manager", urge(&path, json!({}))).await;
    let at = format!("/reminders/{}", text(&again["created_id"]));
    app.as_user("rd_clerk").post(&format!("{at}/withdraw"), json!({})).await.expect(403);
    assert_eq!(app.as_user("rd_manager").post(&format!("{at}/withdraw"), json!({})).await.ok()["state"], "withdrawn");
}

async fn several_in_one_call(app: TestApp) {
    let (a, b) = (planned(&app).await, planned(&app).await);
    let item = |path: &str| urge(path, json!({}))["items"][0].clone();
    let manager = app.as_user("rd_manager");
    let absent = json!({ "entrustment": user_id("x"), "message": "请尽快办理" });
    let all = json!({ "atomic": true, "items": [item(&a), absent] });
    manager.post("/reminders", all).await.expect(404);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM reminders WHERE state = 'sent' AND about = 'matter'").await, 0);
    let each = manager.post("/reminders", json!({ "items": [item(&a), absent, item(&b)] })).await.expect(207).body;
    assert_eq!((&each["succeeded"], &each["failed"]), (&json!(2), &json!(1)));
    app.as_user("rd_clerk").post("/reminders", json!({ "items": [item(&a)] })).await.expect(403);
    let nothing = manager.post("/reminders", json!({ "items": [] })).await.expect(400);
    assert_eq!(nothing.body["errors"][0]["pointer"], "/items");
    assert_eq!(app.as_user("rd_agent").get("/me/worklist?kind=reminder").await.ok()["items"].as_array().map(Vec::len), Some(2));
}

async fn reminders_end_with_their_matter(app: TestApp) {
    let path = planned(&app).await;
    let sent = one(&app, "rd_manager", urge(&path, json!({}))).await;
    let at = format!("/reminders/{}", text(&sent["created_id"]));
    let agent = app.as_user("rd_agent");
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "企业决定暂缓" })).await.ok();
    agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok();
    let scan = json!({ "papers_returned": true, "applicant_signature": { "method": "paper_scan", "evidence": "终止单扫描件" } });
    assert_eq!(agent.post(&format!("{path}/sign-termination"), scan).await.ok()["state"], "terminated");
    let r = app.as_user("rd_manager").get(&at).await.ok();
    assert_eq!(r["state"], "lapsed", "{r}");
    assert_eq!(one(&app, "rd_manager", urge(&path, json!({}))).await["status"], 409);
}
