//! What is handled again is asked about anew when it ends again, unless somebody rated it: matters and tickets.

use jieli::{kernel::Id, statistics};
use serde_json::{Value, json};

use crate::{
    evaluations::{items, set, ticket},
    follow_ups::{found, told},
    support::{TestApp, helped_matter, on_both_engines, text},
};

on_both_engines!(
    what_is_handled_again_is_asked_anew,
    a_default_does_not_outlast_the_handling,
    a_ticket_handled_again_is_asked_anew,
    a_second_evaluation_waits_for_the_new_end,
    nothing_waits_for_an_end_that_does_not_come,
);

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

/// Follows a bad grade up until the applicant is told.
async fn told_of(app: &TestApp, follow_up: &Value) -> String {
    let path = format!("/follow-ups/{}", text(follow_up));
    for (act, body) in [("verify", found()), ("fix", json!({ "words": "已整改" })), ("tell", told())] {
        app.as_user("rd_manager").post(&format!("{path}/{act}"), body).await.ok();
    }
    path
}

/// An evaluation by id as the leader sees it, and its link.
async fn by_id(app: &TestApp, id: &Value) -> (Value, String) {
    let key: Id = text(id).parse().expect("an id");
    let reached = app.db.read(move |tx| jieli::evaluations::reach(tx, key)).await.expect("read").expect("one");
    (app.as_user("rd_manager").get(&format!("/evaluations/{}", text(id))).await.ok(), reached.2.trim_start_matches("/api/v1").to_owned())
}

async fn a_second_evaluation_waits_for_the_new_end(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let id = helped_matter(&app).await;
    ended(&app, &id).await;
    let (first, link) = of_matter(&app, &id).await;
    app.stranger().post(&link, json!({ "grade": "dissatisfied" })).await.ok();
    reopened(&app, &id).await;
    let path = told_of(&app, &by_id(&app, &first["id"]).await.0["follow_up_id"]).await;
    let v = manager.get(&path).await.ok();
    let (second, link) = by_id(&app, &v["second_evaluation_id"]).await;
    assert_eq!((&second["state"], second.get("due_at"), &second["round"]), (&json!("open"), None, &json!(2)), "it waits: {second}");
    assert_eq!((&v["state"], v.get("due_at"), &v["overdue"]), (&json!("told"), None, &json!(false)), "{v}");
    let refused = app.stranger().post(&link, json!({ "grade": "satisfied" })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("重新办理"), "{}", refused.body);
    app.set_clock("2026-04-20T09:30:00+08:00");
    app.tick().await;
    assert_eq!(manager.get(&path).await.ok()["state"], "told", "no window ran out while it was handled");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'evaluation.opened'").await, 1, "nobody is asked before it ends");
    ended(&app, &id).await;
    let (second, link) = by_id(&app, &second["id"]).await;
    assert!(text(&second["due_at"]).starts_with("2026-05"), "{second}");
    app.stranger().post(&link, json!({ "grade": "satisfied" })).await.ok();
    assert_eq!(manager.get(&path).await.ok()["state"], "closed");
}

async fn nothing_waits_for_an_end_that_does_not_come(app: TestApp) {
    set(&app, "default_rating", json!(true)).await;
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let said = json!({ "satisfied": true, "way": "phone", "evidence": "录音 1", "words": "说明" });
    let (silent, told, stays) = (ticket(&app, "13900006011").await, ticket(&app, "13900006012").await, ticket(&app, "13900006013").await);
    let of = |path: &str| format!("/evaluations/{}", path.rsplit('/').next().unwrap_or_default());
    for path in [&silent, &told] {
        clerk.post(&format!("{path}/feedback"), said.clone()).await.ok();
    }
    // The one is rated badly, and its applicant told; the other nobody has rated. Both are handled again.
    let first = manager.get(&of(&told)).await.ok();
    app.stranger().post(&by_id(&app, &first["id"]).await.1, json!({ "grade": "dissatisfied" })).await.ok();
    let follow_up = told_of(&app, &by_id(&app, &first["id"]).await.0["follow_up_id"]).await;
    let unsolved = json!({ "way": "phone", "responded": true, "resolved": false, "satisfied": false, "words": "仍未补录", "evidence": "录音 3" });
    for path in [&silent, &told] {
        let visit = json!({ "ticket": path.rsplit('/').next(), "result": unsolved });
        app.as_user("city_reform").post("/return-visits", visit).await.created();
    }
    let second = manager.get(&follow_up).await.ok()["second_evaluation_id"].clone();
    let never = manager.get(&of(&silent)).await.ok()["id"].clone();
    for id in [&second, &never] {
        let (held, _) = by_id(&app, id).await;
        assert_eq!((&held["state"], held.get("due_at")), (&json!("open"), None), "{held}");
    }
    // Merged, they end without being served.
    for path in [&silent, &told] {
        let into = json!({ "into": stays.rsplit('/').next(), "reason": "同一问题" });
        assert_eq!(clerk.post(&format!("{path}/merge"), into).await.ok()["state"], "merged");
    }
    for id in [&second, &never] {
        let (over, link) = by_id(&app, id).await;
        assert_eq!((&over["state"], over.get("grade"), &over["is_default"]), (&json!("expired"), None, &json!(false)), "{over}");
        app.stranger().post(&link, json!({ "grade": "satisfied" })).await.expect(409);
    }
    let closed = manager.get(&follow_up).await.ok();
    assert_eq!((&closed["state"], closed["closed_at"].is_string()), (&json!("closed"), true), "{closed}");
    assert!(manager.get(&format!("{follow_up}/timeline?limit=50")).await.text.contains("已并入他件"));
    // The callers are asked with the ticket that goes on: it is rated once.
    let callers = clerk.get(&stays).await.ok()["callers"].as_array().cloned().unwrap_or_default();
    assert_eq!(callers.len(), 3);
    for caller in &callers {
        let mut body = said.clone();
        body["caller_id"] = caller["id"].clone();
        clerk.post(&format!("{stays}/feedback"), body).await.ok();
    }
    assert_eq!(clerk.get(&stays).await.ok()["state"], "cleared");
    let asked = manager.get(&of(&stays)).await.ok();
    assert_eq!((&asked["state"], asked["due_at"].is_string()), (&json!("open"), true), "{asked}");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE state = 'open'").await, 1);
}
