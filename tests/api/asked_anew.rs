//! What is handled again is asked about anew when it ends again, unless somebody rated it: matters and tickets.

use jieli::{kernel::Id, statistics};
use serde_json::{Value, json};

use crate::{
    evaluations::{items, set, ticket},
    support::{TestApp, helped_matter, on_both_engines, text},
};

on_both_engines!(what_is_handled_again_is_asked_anew, a_default_does_not_outlast_the_handling, a_ticket_handled_again_is_asked_anew);

/// A matter of 如东 is carried to its end, with the applicant's signature.
async fn ended(app: &TestApp, id: &str) {
    let done = json!({ "outcome": "granted", "signature": { "method": "handwritten", "evidence": "办结单 8" } });
    let e = app.as_user("rd_agent").post(&format!("/entrustments/{id}/complete"), done).await.ok();
    assert_eq!(e["state"], "closed", "{e}");
}

async fn reopened(app: &TestApp, id: &str) {
    app.as_user("rd_manager").post(&format!("/entrustments/{id}/reopen"), json!({ "reason": "结果有误，重新办理" })).await.ok();
}

/// Its evaluation as the leader sees it, and its link.
async fn of_matter(app: &TestApp, id: &str) -> (Value, String) {
    let all = items(&app.as_user("rd_manager").get("/evaluations?record_kind=entrustment&limit=200").await.ok());
    let found = all.into_iter().find(|e| e["record_id"] == id).expect("an evaluation");
    let key: Id = text(&found["id"]).parse().expect("an id");
    let reached = app.db.read(move |tx| jieli::evaluations::reach(tx, key)).await.expect("read").expect("one");
    (found, reached.2.trim_start_matches("/api/v1").to_owned())
}

/// The figures of March, recounted first.
async fn figure_of(app: &TestApp, indicator: &str) -> (i64, i64) {
    app.tick().await;
    app.tick().await;
    let found = app.db.read(statistics::checking::verify).await.expect("recounted");
    assert_eq!((found.differences, found.waiting), (0, 0), "{:#?}", found.told);
    let figures = app.as_user("rd_manager").get("/statistics?from=2026-03-01&to=2026-06-01").await.ok();
    let f = figures["figures"].as_array().expect("figures").iter().find(|f| f["indicator"] == indicator).cloned().unwrap_or_default();
    (f["numerator"].as_i64().unwrap_or(0), f["denominator"].as_i64().unwrap_or(0))
}

async fn what_is_handled_again_is_asked_anew(app: TestApp) {
    let id = helped_matter(&app).await;
    ended(&app, &id).await;
    let (first, link) = of_matter(&app, &id).await;
    assert!(text(&first["due_at"]).starts_with("2026-03-17"), "{first}");
    reopened(&app, &id).await;
    let (held, _) = of_matter(&app, &id).await;
    assert_eq!((&held["state"], held.get("due_at"), &held["id"]), (&json!("open"), None, &first["id"]), "no window runs while it is handled");
    let refused = app.stranger().post(&link, json!({ "grade": "satisfied" })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("重新办理"), "{}", refused.body);
    app.set_clock("2026-03-24T09:30:00+08:00");
    app.tick().await;
    assert_eq!(of_matter(&app, &id).await.0["state"], "open", "the first window is over, and was none of this end's");
    ended(&app, &id).await;
    let (again, same) = of_matter(&app, &id).await;
    assert_eq!((&again["state"], &again["id"], &same), (&json!("open"), &first["id"], &link));
    assert!(text(&again["due_at"]).starts_with("2026-04-0"), "{again}");
    app.stranger().post(&link, json!({ "grade": "dissatisfied" })).await.ok();
    let refused = app.stranger().post(&link, json!({ "grade": "satisfied" })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("一件只评一次"), "{}", refused.body);
    // What somebody rated stays, however often it is handled again.
    reopened(&app, &id).await;
    ended(&app, &id).await;
    assert_eq!(of_matter(&app, &id).await.0["state"], "rated");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE record_kind = 'entrustment'").await, 1);
    assert_eq!(figure_of(&app, "satisfaction_rate").await, (0, 1));
}

async fn a_default_does_not_outlast_the_handling(app: TestApp) {
    set(&app, "default_rating", json!(true)).await;
    let id = helped_matter(&app).await;
    ended(&app, &id).await;
    let (_, link) = of_matter(&app, &id).await;
    app.set_clock("2026-03-18T09:30:00+08:00");
    app.tick().await;
    assert_eq!(of_matter(&app, &id).await.0["is_default"], json!(true));
    let refused = app.stranger().post(&link, json!({ "grade": "dissatisfied" })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("系统已默认评价"), "{}", refused.body);
    assert_eq!(figure_of(&app, "default_ratings").await.0, 1);
    reopened(&app, &id).await;
    ended(&app, &id).await;
    let (again, _) = of_matter(&app, &id).await;
    assert_eq!((&again["state"], &again["is_default"], again.get("grade")), (&json!("open"), &json!(false), None));
    assert_eq!(figure_of(&app, "default_ratings").await.0, 0);
    app.stranger().post(&link, json!({ "grade": "satisfied" })).await.ok();
    assert_eq!(figure_of(&app, "participation_rate").await, (1, 1));
}

async fn a_ticket_handled_again_is_asked_anew(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let path = ticket(&app, "13900006007").await;
    let number = path.rsplit('/').next().unwrap_or_default().to_owned();
    let said = |satisfied: bool| json!({ "satisfied": satisfied, "way": "phone", "evidence": "录音 1", "words": "说明" });
    clerk.post(&format!("{path}/feedback"), said(true)).await.ok();
    let first = clerk.get(&format!("/evaluations/{number}")).await.ok();
    let unsolved = json!({ "way": "phone", "responded": true, "resolved": false, "satisfied": false, "words": "仍未补录", "evidence": "录音 3" });
    app.as_user("city_reform").post("/return-visits", json!({ "ticket": number, "result": unsolved })).await.created();
    assert_eq!(clerk.get(&format!("/evaluations/{number}")).await.ok().get("due_at"), None, "handled again");
    app.stranger().get(&format!("/progress/{number}/evaluation?phone_last4=6007")).await.expect(404);
    app.set_clock("2026-03-24T09:30:00+08:00");
    app.tick().await;
    clerk.post(&format!("{path}/triage"), json!({ "tier": "general" })).await.ok();
    clerk.post(&format!("{path}/settle"), json!({ "settlement": "已补录" })).await.ok();
    clerk.post(&format!("{path}/ask-feedback"), json!({})).await.ok();
    clerk.post(&format!("{path}/feedback"), said(true)).await.ok();
    let again = clerk.get(&format!("/evaluations/{number}")).await.ok();
    assert_eq!((&again["id"], &again["state"]), (&first["id"], &json!("open")));
    assert!(text(&again["due_at"]).starts_with("2026-04-0"), "{again}");
    let link = app.stranger().get(&format!("/progress/{number}/evaluation?phone_last4=6007")).await.ok();
    app.stranger().post(text(&link["link"]), json!({ "grade": "satisfied" })).await.ok();
    assert_eq!(figure_of(&app, "satisfaction_rate").await, (1, 1));
}
