//! Frozen months: the figures stay as they were, whatever happens to the records; what differs is noticed, and entered by two.

use serde_json::json;

use crate::{
    statistics::counted,
    support::{TestApp, accepted, counter_application, on_both_engines, text, user_id},
};

on_both_engines!(a_frozen_month_changes_by_two_people_alone, what_is_left_out_stays_out);

const CITY: &str = "320600000000";
const MARCH: &str = "from=2026-03-01&to=2026-04-01";

async fn completed(app: &TestApp) -> i64 {
    let all = app.as_user("city_inspector").get(&format!("/statistics?center={CITY}&{MARCH}")).await.ok();
    all["figures"].as_array().expect("figures").iter().find(|f| f["indicator"] == "completed_matters").expect("it")["numerator"].as_i64().expect("n")
}

/// A matter of the county that was done and signed for in March.
async fn done(app: &TestApp) -> String {
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let id = text(&clerk.post("/entrustments", counter_application("assisted")).await.created()["id"]).to_owned();
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("/entrustments/{id}/accept"), body).await.ok();
    agent.post(&format!("/entrustments/{id}/start"), json!({})).await.ok();
    agent.post(&format!("/entrustments/{id}/record-help"), json!({ "kinds": ["fill_form"] })).await.ok();
    agent.post(&format!("/entrustments/{id}/complete"), json!({ "outcome": "granted" })).await.ok();
    let sign = json!({ "signature": { "method": "handwritten", "evidence": "签收单" } });
    clerk.post(&format!("/entrustments/{id}/sign-completion"), sign).await.ok();
    id
}

async fn a_frozen_month_changes_by_two_people_alone(app: TestApp) {
    let (inspector, reform, manager) = (app.as_user("city_inspector"), app.as_user("city_reform"), app.as_user("rd_manager"));
    let (one, _two) = (done(&app).await, done(&app).await);
    counted(&app).await;
    let march = json!({ "month": "2026-03" });
    assert_eq!(reform.post("/statistics-periods", march.clone()).await.expect(422).body["errors"][0]["pointer"], "/month", "it is not over");
    app.set_clock("2026-04-02T10:00:00+08:00");
    counted(&app).await;
    manager.post("/statistics-periods", march.clone()).await.expect(403);
    app.as_user("rd_clerk").get("/statistics-periods").await.expect(403);
    let p = reform.post("/statistics-periods", march.clone()).await.created();
    assert_eq!(p["state"], "freezing");
    reform.post("/statistics-periods", march).await.expect(409);
    // It changes while it is being frozen: what was counted is what is frozen.
    manager.post(&format!("/entrustments/{one}/reopen"), json!({ "reason": "登记有误" })).await.ok();
    counted(&app).await;
    let p = inspector.get("/statistics-periods/2026-03").await.ok();
    assert_eq!((&p["state"], &p["waiting"], &p["entered"]), (&json!("frozen"), &json!(1), &json!(0)));
    assert_eq!(completed(&app).await, 2, "frozen");
    let list = inspector.get("/statistics-adjustments?month=2026-03&state=noticed").await.ok();
    let a = &list["items"][0];
    let at = format!("/statistics-adjustments/{}", text(&a["id"]));
    assert_eq!((&a["record_id"], &a["record_kind"]), (&json!(one), &json!("entrustment")));
    let change = a["changes"].as_array().expect("changes").iter().find(|c| c["measure"] == "办结（已签收）").expect("completed less");
    assert_eq!((&change["change"], &change["center"], &change["day"]), (&json!(-1), &json!("如东县政务服务中心"), &json!("2026-03-02")));
    // Rebuilding keeps what is frozen.
    jieli::statistics::checking::rebuild(&app.db, |_, _| ()).await.expect("rebuilt");
    counted(&app).await;
    assert_eq!(completed(&app).await, 2, "frozen still");
    assert_eq!(inspector.get(&at).await.ok()["state"], "noticed");

    inspector.post(&format!("{at}/approve"), json!({ "words": "同意" })).await.expect(409);
    let proposal = json!({ "reason": "该件登记有误，已重新办理", "document_no": "数据更正〔2026〕1号" });
    app.as_user("rd_clerk").post(&format!("{at}/propose"), proposal.clone()).await.expect(403);
    let p = inspector.post(&format!("{at}/propose"), proposal.clone()).await.ok();
    assert_eq!((&p["state"], &p["allowed_actions"]), (&json!("proposed"), &json!(["refuse"])));
    assert!(inspector.post(&format!("{at}/approve"), json!({ "words": "同意" })).await.expect(409).text.contains("另一人"));
    reform.post(&format!("{at}/refuse"), json!({ "words": "请附签收单" })).await.ok();
    inspector.post(&format!("{at}/propose"), proposal).await.ok();
    let e = reform.post(&format!("{at}/approve"), json!({ "words": "经核实同意" })).await.ok();
    assert_eq!((&e["state"], &e["answer"], &e["allowed_actions"]), (&json!("entered"), &json!("经核实同意"), &json!([])));
    assert_eq!(completed(&app).await, 1, "entered");
    counted(&app).await;
    let p = inspector.get("/statistics-periods").await.ok();
    assert_eq!((&p["items"][0]["waiting"], &p["items"][0]["entered"]), (&json!(0), &json!(1)));
    // April is not frozen: signed for again, it counts there.
    app.as_user("rd_agent").post(&format!("/entrustments/{one}/complete"), json!({ "outcome": "granted" })).await.ok();
    let sign = json!({ "signature": { "method": "handwritten", "evidence": "签收单" } });
    app.as_user("rd_clerk").post(&format!("/entrustments/{one}/sign-completion"), sign).await.ok();
    counted(&app).await;
    assert_eq!(completed(&app).await, 1);
    assert_eq!(inspector.get("/statistics-adjustments?state=noticed").await.ok()["items"], json!([]));
}

async fn what_is_left_out_stays_out(app: TestApp) {
    let (inspector, manager) = (app.as_user("city_inspector"), app.as_user("rd_manager"));
    let one = done(&app).await;
    app.set_clock("2026-04-02T10:00:00+08:00");
    counted(&app).await;
    inspector.post("/statistics-periods", json!({ "month": "2026-03" })).await.created();
    counted(&app).await;
    manager.post(&format!("/entrustments/{one}/reopen"), json!({ "reason": "登记有误" })).await.ok();
    counted(&app).await;
    let list = inspector.get("/statistics-adjustments").await.ok();
    let at = format!("/statistics-adjustments/{}", text(&list["items"][0]["id"]));
    inspector.post(&format!("{at}/leave-out"), json!({ "words": "不影响考核" })).await.ok();
    // Something else of the record changes, the difference does not.
    app.as_user("rd_agent").post(&format!("/entrustments/{one}/record-help"), json!({ "kinds": ["fill_form"] })).await.ok();
    counted(&app).await;
    assert_eq!(inspector.get(&at).await.ok()["state"], "left_out");
    assert_eq!(completed(&app).await, 1);
    let p = inspector.get("/statistics-periods/2026-03").await.ok();
    assert_eq!((&p["waiting"], &p["left_out"]), (&json!(0), &json!(1)));
}
