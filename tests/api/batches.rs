//! What is exceptionally hard goes to the government as one batch a month; what was cleared is called again.

use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, text};

on_both_engines!(a_month_of_the_exceptional, a_batch_refuses_what_is_not_its_own, who_withdraws_leaves_the_batch, a_share_is_called_again, nobody_answers);

fn reported(n: u32) -> Value {
    json!({ "channel": "window", "contact": { "name": "反映人丙", "phone": format!("1390000{n:04}") },
        "content": { "title": "宗地无法确权", "situation": "批文与现状不一致，三个部门均无法单独处理", "category": "historical_issue" } })
}

async fn exceptional(app: &TestApp, n: u32) -> String {
    let clerk = app.as_user("rd_clerk");
    let id = text(&clerk.post("/fallback-tickets", reported(n)).await.created()["id"]).to_owned();
    clerk.post(&format!("/fallback-tickets/{id}/triage"), json!({ "tier": "exceptional" })).await.ok();
    id
}

async fn state(app: &TestApp, ticket: &str) -> String {
    text(&app.as_user("rd_clerk").get(&format!("/fallback-tickets/{ticket}")).await.ok()["state"]).to_owned()
}

/// The city's batch of March.
async fn opened(app: &TestApp) -> String {
    let batch = app.as_user("city_reform").post("/ticket-batches", json!({ "month": "2026-03", "summary": "提请研究" })).await.created();
    assert_eq!((&batch["state"], &batch["center"]["division_code"]), (&json!("collecting"), &json!("320600000000")));
    assert!(text(&batch["due_at"]).starts_with("2026-03-31"), "{}", batch["due_at"]);
    format!("/ticket-batches/{}", text(&batch["id"]))
}

async fn a_month_of_the_exceptional(app: TestApp) {
    let reform = app.as_user("city_reform");
    let (one, two) = (exceptional(&app, 1).await, exceptional(&app, 2).await);
    let at = opened(&app).await;
    // One batch a month, none for the past.
    let again = reform.post("/ticket-batches", json!({ "month": "2026-03" })).await.expect(422).body;
    assert_eq!(again["errors"][0]["code"], "batch_exists");
    assert!(again.to_string().contains("2026年3月已有提请批次"), "{again}");
    for wrong in ["2026-02", "2026-13", "26-3", "2099-01"] {
        let refused = reform.post("/ticket-batches", json!({ "month": wrong })).await;
        assert!(matches!(refused.status, 400 | 422), "{wrong}: {}", refused.text);
    }
    assert_eq!(reform.post(&format!("{at}/submit"), json!({ "document_no": "提请 1 号" })).await.problem(409), "state_conflict");
    // Tried, nothing moves.
    let both = json!({ "tickets": [{ "id": one, "version": 2 }, { "id": two }] });
    reform.post(&format!("{at}/add?dry_run=true"), both.clone()).await.ok();
    assert_eq!(state(&app, &one).await, "triaged");
    let mut stale = both.clone();
    stale["tickets"][0]["version"] = json!(1);
    reform.post(&format!("{at}/add"), stale).await.expect(412);
    assert_eq!(state(&app, &two).await, "triaged", "all or none");
    let filled = reform.post(&format!("{at}/add"), both).await.ok();
    assert_eq!(filled["tickets"].as_array().map(Vec::len), Some(2));
    assert_eq!((state(&app, &one).await, state(&app, &two).await), ("batched".into(), "batched".into()));
    reform.post(&format!("{at}/remove"), json!({ "ticket": two })).await.ok();
    assert_eq!(state(&app, &two).await, "triaged");
    reform.post(&format!("{at}/add"), json!({ "tickets": [{ "id": two }] })).await.ok();
    // The leader of the county reads nothing of the city's batch; nobody else submits it.
    app.as_user("rd_manager").get(&at).await.expect(404);
    app.as_user("city_manager").post(&format!("{at}/submit"), json!({ "document_no": "提请 1 号" })).await.expect(403);
    let submitted = reform.post(&format!("{at}/submit"), json!({ "document_no": "提请 1 号" })).await.ok();
    assert_eq!((&submitted["state"], &submitted["document_no"], &submitted["allowed_actions"]), (&json!("submitted"), &json!("提请 1 号"), &json!(["decide"])));
    assert_eq!(state(&app, &one).await, "submitted");
    let waits = reform.get("/me/worklist?kind=ticket_batch").await.ok();
    assert_eq!(waits["items"].as_array().map(Vec::len), Some(1), "{waits}");
    // Decided one after another; what was decided is the applicant's to read.
    let decided = |ticket: &str| json!({ "document_no": "纪要 1 号", "decisions": [{ "ticket": ticket, "decision": "由自然资源部门牵头办理" }] });
    let half = reform.post(&format!("{at}/decide"), decided(&one)).await.ok();
    assert_eq!((&half["state"], &half["tickets"][0]["decision"]), (&json!("submitted"), &json!("由自然资源部门牵头办理")));
    let twice = reform.post(&format!("{at}/decide"), decided(&one)).await.expect(422).body;
    assert_eq!(twice["errors"][0]["code"], "not_submitted");
    let whole = reform.post(&format!("{at}/decide"), decided(&two)).await.ok();
    assert_eq!((&whole["state"], &whole["allowed_actions"]), (&json!("decided"), &json!([])));
    assert_eq!((state(&app, &one).await, state(&app, &two).await), ("decided".into(), "decided".into()));
    let kinds: Vec<String> =
        reform.get(&format!("{at}/timeline")).await.ok()["items"].as_array().expect("items").iter().map(|e| text(&e["kind"]).to_owned()).collect();
    for kind in ["opened", "added", "removed", "submitted", "decided"] {
        assert!(kinds.iter().any(|k| k == &format!("ticket_batch.{kind}")), "{kind} in {kinds:?}");
    }
}

async fn a_batch_refuses_what_is_not_its_own(app: TestApp) {
    let reform = app.as_user("city_reform");
    let at = opened(&app).await;
    let clerk = app.as_user("rd_clerk");
    let general = text(&clerk.post("/fallback-tickets", reported(5)).await.created()["id"]).to_owned();
    clerk.post(&format!("/fallback-tickets/{general}/triage"), json!({ "tier": "general" })).await.ok();
    assert_eq!(reform.post(&format!("{at}/add"), json!({ "tickets": [{ "id": general }] })).await.problem(409), "state_conflict");
    let hard = exceptional(&app, 6).await;
    let wrong = reform.post(&format!("{at}/add"), json!({ "tickets": [{ "id": hard }, { "id": hard }, { "id": "DD-none" }] })).await.expect(422).body;
    let codes: Vec<(&str, &str)> = wrong["errors"].as_array().expect("errors").iter().map(|e| (text(&e["pointer"]), text(&e["code"]))).collect();
    assert_eq!(codes, [("/tickets/1/id", "repeated"), ("/tickets/2/id", "unknown_ticket")]);
    reform.post(&format!("{at}/add"), json!({ "tickets": [{ "id": hard }] })).await.ok();
    assert_eq!(reform.post(&format!("{at}/cancel"), json!({ "reason": "本月不提请" })).await.problem(409), "state_conflict");
    reform.post(&format!("{at}/remove"), json!({ "ticket": hard })).await.ok();
    let off = reform.post(&format!("{at}/cancel"), json!({ "reason": "本月不提请" })).await.ok();
    assert_eq!((&off["state"], &off["allowed_actions"]), (&json!("cancelled"), &json!([])));
    // Another one may take its place.
    reform.post("/ticket-batches", json!({ "month": "2026-03" })).await.created();
}

async fn who_withdraws_leaves_the_batch(app: TestApp) {
    let reform = app.as_user("city_reform");
    let at = opened(&app).await;
    let (one, two) = (exceptional(&app, 7).await, exceptional(&app, 8).await);
    reform.post(&format!("{at}/add"), json!({ "tickets": [{ "id": one }, { "id": two }] })).await.ok();
    let withdrawal = json!({ "reason": "已自行解决", "signature": { "method": "handwritten", "evidence": "撤回单 1" } });
    app.as_user("rd_clerk").post(&format!("/fallback-tickets/{one}/withdraw"), withdrawal.clone()).await.ok();
    reform.post(&format!("{at}/submit"), json!({ "document_no": "提请 1 号" })).await.ok();
    assert_eq!((state(&app, &one).await, state(&app, &two).await), ("withdrawn".into(), "submitted".into()));
    // The last one that waited is withdrawn: nothing is left to decide.
    app.as_user("rd_clerk").post(&format!("/fallback-tickets/{two}/withdraw"), withdrawal).await.ok();
    assert_eq!(reform.get(&at).await.ok()["state"], "decided");
}

/// A cleared ticket and the visit about it: drawn, or ordered where it was not.
async fn visited(app: &TestApp, n: u32) -> (String, String) {
    let mut input = reported(n);
    input["settlement"] = json!({ "settlement": "协调窗口当场办结" });
    input["feedback"] = json!({ "satisfied": true, "way": "counter", "signature": { "method": "handwritten", "evidence": "反馈单 1" } });
    let ticket = text(&app.as_user("rd_clerk").post("/fallback-tickets", input).await.created()["id"]).to_owned();
    let reform = app.as_user("city_reform");
    let drawn = reform.get(&format!("/return-visits?ticket_id={ticket}")).await.ok();
    let id = match drawn["items"][0]["id"].as_str() {
        Some(id) => id.to_owned(),
        None => text(&reform.post("/return-visits", json!({ "ticket": ticket })).await.created()["id"]).to_owned(),
    };
    (ticket, format!("/return-visits/{id}"))
}

async fn a_share_is_called_again(app: TestApp) {
    let reform = app.as_user("city_reform");
    let (good, at) = visited(&app, 21).await;
    reform.post("/return-visits", json!({ "ticket": good })).await.expect(409);
    let planned = reform.get(&at).await.ok();
    assert_eq!((&planned["state"], &planned["phone"]), (&json!("planned"), &json!("13900000021")));
    let masked = app.as_user("rd_manager").get(&at).await.ok();
    assert!(!text(&masked["phone"]).contains("00000021"), "{masked}");
    let result = |satisfied: bool| json!({ "way": "phone", "responded": true, "resolved": satisfied, "satisfied": satisfied, "evidence": "录音 7" });
    let unsaid = reform.post(&format!("{at}/record"), result(false)).await.expect(422).body;
    assert_eq!(unsaid["errors"][0]["pointer"], "/words");
    // Whoever settled it, or took the answer, does not ask how well they did.
    assert_eq!(app.as_user("rd_clerk").post(&format!("{at}/record"), result(true)).await.problem(403), "forbidden");
    let told = reform.post(&format!("{at}/record"), result(true)).await.ok();
    assert_eq!((&told["state"], &told["satisfied"], &told["allowed_actions"]), (&json!("visited"), &json!(true), &json!([])));
    assert_eq!(state(&app, &good).await, "cleared");
    reform.post(&format!("{at}/record"), result(true)).await.expect(409);

    // Who is dissatisfied after all opens it again, in the next round, and it is not cleared but by the next answer.
    let (bad, at) = visited(&app, 22).await;
    let mut complaint = result(false);
    complaint["words"] = json!("证明仍未取得");
    reform.post(&format!("{at}/record"), complaint).await.ok();
    let reopened = app.as_user("rd_clerk").get(&format!("/fallback-tickets/{bad}")).await.ok();
    assert_eq!((&reopened["state"], &reopened["round"]), (&json!("reopened"), &json!(2)));
    // Ordered and recorded in one call.
    let clerk = app.as_user("rd_clerk");
    clerk.post("/return-visits", json!({ "ticket": bad })).await.expect(409);
    let due = reform.get("/return-visits?due=later").await.ok();
    assert!(due["items"].as_array().is_some_and(|items| items.iter().all(|v| v["state"] == "planned")), "{due}");
}

async fn nobody_answers(app: TestApp) {
    let reform = app.as_user("city_reform");
    let (ticket, at) = visited(&app, 23).await;
    let attempt = json!({ "way": "phone", "words": "无人接听" });
    for (day, left) in [("2026-03-02", "planned"), ("2026-03-03", "planned"), ("2026-03-04", "unreachable")] {
        app.set_clock(&format!("{day}T10:00:00+08:00"));
        assert_eq!(reform.post(&format!("{at}/record-attempt"), attempt.clone()).await.ok()["state"], left);
        reform.post(&format!("{at}/record-attempt"), attempt.clone()).await.expect(409);
    }
    assert_eq!(state(&app, &ticket).await, "cleared", "who cannot be reached changes nothing");
    let (_, at) = visited(&app, 24).await;
    app.as_user("rd_manager").post(&format!("{at}/drop"), json!({ "reason": "申请人不愿再被联系" })).await.ok();
    assert_eq!(reform.get("/me/worklist?kind=return_visit").await.ok()["items"], json!([]));
    // A limit that passes is told once.
    let (_, _) = visited(&app, 25).await;
    app.set_clock("2026-04-10T09:00:00+08:00");
    while app.tick().await > 0 {}
    let overdue = reform.get("/return-visits?due=overdue").await.ok();
    assert_eq!(overdue["items"].as_array().map(Vec::len), Some(1), "{overdue}");
}
