//! Return visits about matters: a share of what was signed for is asked again, by another than the agent who carried it.

use actix_web::http::Method;
use jieli::{evaluations, kernel::Id, settings};
use serde_json::{Value, json};

use crate::support::{TestApp, helped_matter, on_both_engines, text};

on_both_engines!(
    whoever_is_above_orders,
    rated_before_it_was_handled_again,
    a_matter_is_visited,
    a_share_of_matters_is_visited,
    the_agent_keeps_the_telephone_until_then,
);

/// A matter of 如东 that its applicant has signed for; answers its id.
async fn closed(app: &TestApp) -> String {
    let id = helped_matter(app).await;
    let done = json!({ "outcome": "granted", "signature": { "method": "handwritten", "evidence": "办结单 8" } });
    let e = app.as_user("rd_agent").post(&format!("/entrustments/{id}/complete"), done).await.ok();
    assert_eq!(e["state"], "closed", "{e}");
    id
}

fn said(satisfied: bool) -> Value {
    json!({ "way": "phone", "responded": true, "resolved": satisfied, "satisfied": satisfied, "words": "结果未送到", "evidence": "录音 1" })
}

async fn a_matter_is_visited(app: TestApp) {
    let (clerk, agent, reform, manager) = (app.as_user("rd_clerk"), app.as_user("rd_agent"), app.as_user("city_reform"), app.as_user("rd_manager"));
    let open = helped_matter(&app).await;
    let refused = clerk.post("/return-visits", json!({ "entrustment": open })).await;
    assert_eq!(refused.problem(409), "state_conflict", "nobody is asked before the end");
    let id = closed(&app).await;
    assert_eq!(clerk.get("/return-visits").await.ok()["items"], json!([]), "none is drawn unless the place says so");
    for wrong in [json!({}), json!({ "entrustment": id, "ticket": id }), json!({ "ticket": id }), json!({ "entrustment": "DB-1" })] {
        assert_eq!(clerk.post("/return-visits", wrong).await.status, 422);
    }
    agent.post("/return-visits", json!({ "entrustment": id })).await.expect(403);
    app.as_user("cc_clerk").post("/return-visits", json!({ "entrustment": id })).await.expect(422);
    let v = clerk.post("/return-visits", json!({ "entrustment": id, "note": "核实结果是否送达" })).await.created();
    assert_eq!((&v["entrustment_id"], &v["reason"], &v["state"], &v["round"]), (&json!(id), &json!("ordered"), &json!("planned"), &json!(1)));
    assert!(v.get("ticket_id").is_none() && v.get("caller_id").is_none() && text(&v["entrustment_number"]).starts_with("DB-"), "{v}");
    assert_eq!(clerk.post("/return-visits", json!({ "entrustment": id })).await.status, 409, "once each round");
    let at = format!("/return-visits/{}", text(&v["number"]));
    // In clear to whoever calls, masked in the list and to who only answers for the center; the agent sees none.
    let contact = clerk.get(&format!("/entrustments/{id}")).await.ok()["contact"].clone();
    assert_eq!(clerk.get(&at).await.ok()["phone"], contact["phone"]);
    let listed = clerk.get(&format!("/return-visits?entrustment_id={id}")).await.ok();
    assert_eq!((listed["items"].as_array().map(Vec::len), text(&listed["items"][0]["phone"]).contains('*')), (Some(1), true), "{listed}");
    assert!(text(&manager.get(&at).await.ok()["phone"]).contains('*'));
    agent.get(&at).await.expect(404);
    app.as_user("cc_clerk").get(&at).await.expect(404);
    let work = reform.get("/me/worklist?kind=return_visit").await.ok();
    assert_eq!((work["items"].as_array().map(Vec::len), text(&work["items"][0]["title"]).starts_with("回访：")), (Some(1), true), "{work}");
    // Nobody answered at first.
    let tried = reform.post(&format!("{at}/record-attempt"), json!({ "way": "phone", "words": "无人接听" })).await.ok();
    assert_eq!((&tried["state"], &tried["attempts"]), (&json!("planned"), &json!(1)));
    let early =
        json!({ "way": "phone", "visited_at": "2026-03-01T09:00:00+08:00", "responded": true, "resolved": true, "satisfied": true, "evidence": "录音 1" });
    reform.post(&format!("{at}/record"), early).await.expect(422);
    let v = reform.post(&format!("{at}/record"), said(false)).await.ok();
    assert_eq!((&v["state"], &v["responded"], &v["resolved"], &v["satisfied"]), (&json!("visited"), &json!(true), &json!(false), &json!(false)));
    assert_eq!(manager.get(&format!("/entrustments/{id}")).await.ok()["state"], "closed", "whether it is reopened its center decides");
    let told = manager.get(&format!("/entrustments/{id}/timeline?limit=200")).await.ok();
    assert!(told["items"].as_array().expect("items").iter().any(|t| t["kind"] == "entrustment.visited" && text(&t["text"]).contains("不满意")), "{told}");
    let told = app.as_user("city_reform").get(&format!("{at}/timeline")).await.ok();
    assert_eq!(told["items"].as_array().map(Vec::len), Some(3), "{told}");
    // Handled again and signed again, it is asked about again.
    manager.post(&format!("/entrustments/{id}/reopen"), json!({ "reason": "结果未送达" })).await.ok();
    clerk.post("/return-visits", json!({ "entrustment": id })).await.expect(409);
    let done = json!({ "outcome": "granted", "signature": { "method": "handwritten", "evidence": "办结单 9" } });
    agent.post(&format!("/entrustments/{id}/complete"), done).await.ok();
    let again = clerk.post("/return-visits", json!({ "entrustment": id, "result": said(true) })).await.created();
    assert_eq!((&again["round"], &again["state"], &again["satisfied"]), (&json!(2), &json!("visited"), &json!(true)));
}

async fn a_share_of_matters_is_visited(app: TestApp) {
    app.db.commit(|tx| settings::set(tx, settings::EVERYWHERE, "matter_visit_percent", &json!(100))).await.expect("setting");
    let id = closed(&app).await;
    let clerk = app.as_user("rd_clerk");
    let drawn = clerk.get(&format!("/return-visits?entrustment_id={id}")).await.ok();
    assert_eq!((drawn["items"].as_array().map(Vec::len), &drawn["items"][0]["reason"]), (Some(1), &json!("sampled")), "{drawn}");
    // What is handled again is no longer asked about, and is drawn anew at its next end.
    app.as_user("rd_manager").post(&format!("/entrustments/{id}/reopen"), json!({ "reason": "误办结" })).await.ok();
    let at = format!("/return-visits/{}", text(&drawn["items"][0]["id"]));
    assert_eq!(clerk.get(&at).await.ok()["state"], "dropped");
    let done = json!({ "outcome": "granted", "signature": { "method": "handwritten", "evidence": "办结单 9" } });
    app.as_user("rd_agent").post(&format!("/entrustments/{id}/complete"), done).await.ok();
    let rounds = clerk.get(&format!("/return-visits?entrustment_id={id}&state=planned")).await.ok();
    assert_eq!((rounds["items"].as_array().map(Vec::len), &rounds["items"][0]["round"]), (Some(1), &json!(2)));
}

async fn the_agent_keeps_the_telephone_until_then(app: TestApp) {
    let id = closed(&app).await;
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let path = format!("/entrustments/{id}");
    let v = clerk.post("/return-visits", json!({ "entrustment": id })).await.created();
    app.set_clock("2026-03-30T10:00:00+08:00");
    app.tick().await;
    assert_eq!(agent.get(&path).await.ok()["masked"], false, "rated no more, but somebody is still to call");
    clerk.post(&format!("/return-visits/{}/record", text(&v["id"])), said(true)).await.ok();
    assert_eq!(agent.get(&path).await.ok()["masked"], true);
}

async fn whoever_is_above_orders(app: TestApp) {
    let id = closed(&app).await;
    let (reform, leader, own) = (app.as_user("city_reform"), app.as_user("city_manager"), app.as_user("rd_manager"));
    reform.get(&format!("/entrustments/{id}")).await.expect(404);
    // Who may not call does not say what came of it, and reads so.
    for caller in [&leader, &own] {
        let refused = caller.post("/return-visits", json!({ "entrustment": id, "result": said(true) })).await.expect(403);
        assert!(text(&refused.body["detail"]).contains("result"), "{}", refused.body);
    }
    let v = reform.post("/return-visits", json!({ "entrustment": id })).await.created();
    assert_eq!((&v["entrustment_id"], &v["center"]["division_code"]), (&json!(id), &json!("320623000000")), "{v}");
    reform.get(&format!("/entrustments/{id}")).await.expect(404);
    let other = closed(&app).await;
    leader.post("/return-visits", json!({ "entrustment": other })).await.created();
    let third = closed(&app).await;
    app.as_user("city_inspector").post("/return-visits", json!({ "entrustment": third })).await.created();
    // So does a supervision.
    let order = json!({ "about": { "kind": "entrustment", "reference": other }, "reason": "overdue", "matter": "核查办理经过" });
    let s = reform.post("/supervisions", order.clone()).await.created();
    assert!(text(&s["about_number"]).starts_with("DB-"), "{s}");
    let unknown = json!({ "about": { "kind": "entrustment", "reference": "DB-1" }, "reason": "overdue", "matter": "核查办理经过" });
    reform.post("/supervisions", unknown).await.expect(422);
    // The register names the matter.
    let csv = String::from_utf8(app.bytes(reform.request(Method::GET, "/ledgers/return_visits?format=csv")).await).expect("UTF-8");
    assert!(csv.contains("办件编号,事项或问题") && csv.contains(text(&v["entrustment_number"])), "{csv}");
}

async fn rated_before_it_was_handled_again(app: TestApp) {
    let id = closed(&app).await;
    let (agent, path) = (app.as_user("rd_agent"), format!("/entrustments/{id}"));
    let all = app.as_user("rd_manager").get("/evaluations?record_kind=entrustment").await.ok();
    let key: Id = text(&all["items"][0]["id"]).parse().expect("an id");
    let link = app.db.read(move |tx| evaluations::reach(tx, key)).await.expect("read").expect("one").2;
    app.stranger().post(link.trim_start_matches("/api/v1"), json!({ "grade": "satisfied" })).await.ok();
    assert_eq!(agent.get(&path).await.ok()["masked"], true);
    app.as_user("rd_manager").post(&format!("{path}/reopen"), json!({ "reason": "误办结" })).await.ok();
    assert_eq!(agent.get(&path).await.ok()["masked"], false, "whoever handles it calls");
    let done = json!({ "outcome": "granted", "signature": { "method": "handwritten", "evidence": "办结单 9" } });
    agent.post(&format!("{path}/complete"), done).await.ok();
    assert_eq!(agent.get(&path).await.ok()["masked"], true, "nobody rates it again");
}
