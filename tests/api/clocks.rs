//! Limits on records: due dates, warnings and breaches raised once, explanations, years loaded late.

use serde_json::{Value, json};

use crate::support::{TestApp, counter_application, on_both_engines, started_matter, text};

on_both_engines!(
    each_rung_is_raised_once,
    an_offer_expires,
    a_late_calendar_moves_deadlines,
    a_deadline_explains_itself,
    an_authority_that_is_late_shows_on_the_matter
);

async fn kinds(app: &TestApp, id: &str) -> Vec<String> {
    let timeline = app.as_user("rd_clerk").get(&format!("/entrustments/{id}/timeline?limit=200")).await.ok();
    timeline["items"].as_array().expect("items").iter().map(|t| text(&t["kind"]).to_owned()).collect()
}

async fn each_rung_is_raised_once(app: TestApp) {
    let e = app.as_user("rd_clerk").post("/entrustments", counter_application("assisted")).await.created();
    let id = text(&e["id"]);
    let count = |kinds: &[String], kind: &str| kinds.iter().filter(|k| *k == kind).count();
    app.tick().await;
    assert_eq!(count(&kinds(&app, id).await, "clock.warning"), 0);
    app.set_clock("2026-03-03T16:59:00+08:00");
    app.tick().await;
    app.tick().await;
    let seen = kinds(&app, id).await;
    assert_eq!((count(&seen, "clock.warning"), count(&seen, "clock.breach")), (1, 0));
    // However long the workers were down, and however many wake at once.
    app.set_clock("2026-03-20T09:00:00+08:00");
    let (a, b) = futures_util::future::join(jieli::worker::tick(&app.db, "test"), jieli::worker::tick(&app.db, "test")).await;
    a.and(b).expect("workers");
    let seen = kinds(&app, id).await;
    assert_eq!((count(&seen, "clock.warning"), count(&seen, "clock.breach")), (1, 1));
    // Time alone changes nothing: the matter can still be accepted.
    app.as_user("rd_clerk").post(&format!("/entrustments/{id}/accept"), crate::support::accepted()).await.ok();
}

async fn an_offer_expires(app: TestApp) {
    let id = started_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let t = agent.post(&format!("/entrustments/{id}/transfer"), json!({ "to": "320623001000", "applicant_consent": true })).await.created();
    assert_eq!(t["due_at"], "2026-03-03T17:00:00.000+08:00");
    app.set_clock("2026-03-03T17:00:01+08:00");
    app.tick().await;
    let t = agent.get(&format!("/transfers/{}", text(&t["id"]))).await.ok();
    assert_eq!((&t["state"], &t["allowed_actions"]), (&json!("expired"), &json!([])));
    let e = agent.get(&format!("/entrustments/{id}")).await.ok();
    assert_eq!(e.get("open_transfer_id"), None);
    assert_eq!(e["custodian"]["division_code"], "320623000000");
}

/// 2027 is not announced: a deadline into it is provisional, and moves when the year is loaded.
async fn a_late_calendar_moves_deadlines(app: TestApp) {
    app.set_clock("2026-12-31T10:00:00+08:00");
    let e = app.as_user("rd_clerk").post("/entrustments", counter_application("assisted")).await.created();
    let id = text(&e["id"]).to_owned();
    assert_eq!(e["clocks"][0]["provisional"], true);
    assert_eq!(e["due_at"], "2027-01-04T17:00:00.000+08:00");
    let year = json!({ "years": { "2027": { "notice": [], "holidays": [
        { "date": "2027-01-01", "name": "元旦" }, { "date": "2027-01-02", "name": "元旦" }, { "date": "2027-01-03", "name": "元旦" }, { "date": "2027-01-04", "name": "元旦" } ],
        "makeup_workdays": [] } } });
    let rules = jieli::clocks::WorkCalendar::parse_file(&year.to_string()).expect("a calendar");
    app.db
        .commit(move |tx| {
            for (year, rule) in &rules {
                assert!(jieli::clocks::load_year(tx, *year, rule, "test")?);
                assert!(!jieli::clocks::load_year(tx, *year, rule, "test")?, "twice changes nothing");
            }
            Ok(())
        })
        .await
        .expect("load");
    app.tick().await;
    let e = app.as_user("rd_clerk").get(&format!("/entrustments/{id}")).await.ok();
    assert_eq!(e["clocks"][0]["provisional"], false);
    assert_eq!(e["due_at"], "2027-01-05T17:00:00.000+08:00");
    let listed = app.as_user("rd_clerk").get("/entrustments?sort=due_at").await.ok();
    assert_eq!(listed["items"][0]["due_at"], "2027-01-05T17:00:00.000+08:00");
    assert!(kinds(&app, &id).await.contains(&"clock.recomputed".to_owned()));
}

async fn a_deadline_explains_itself(app: TestApp) {
    let spring = json!({ "start": "2026-02-12T10:00:00+08:00", "limit": { "value": 3, "unit": "working_day" } });
    let d = app.stranger().post("/calendar/deadline", spring).await.ok();
    assert_eq!(d["due_at"], "2026-02-24T17:00:00.000+08:00");
    let days = d["days"].as_array().expect("days");
    assert_eq!(days.len(), 13);
    assert!(days.iter().any(|d: &Value| text(&d["reason_zh"]).contains("春节")));
    assert_eq!(days.iter().filter_map(|d| d["counted"].as_u64()).max(), Some(3));
    let id = started_matter(&app).await;
    let explained = app.as_user("rd_agent").get(&format!("/entrustments/{id}/deadlines")).await.ok();
    assert_eq!(explained["items"][0]["clock"]["kind"], "accept");
}

/// The authority's own limit is told on the matter's timeline; a special procedure does not count against it.
async fn an_authority_that_is_late_shows_on_the_matter(app: TestApp) {
    let id = started_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let post = |action: &str, body: Value| {
        let path = format!("/entrustments/{id}/{action}");
        let agent = app.as_user("rd_agent");
        async move { agent.post(&path, body).await.ok() }
    };
    post("plan", json!({})).await;
    post("steps/S1/file", json!({ "receipt_no": "R-1" })).await;
    let e = post("steps/S1/accept", json!({ "acceptance_no": "A-1", "evidence": "受理单" })).await;
    let of_kind = |e: &Value, kind: &str| e["clocks"].as_array().expect("clocks").iter().find(|c| c["kind"] == kind).cloned().expect("a clock");
    assert_eq!(of_kind(&e, "step_promise")["state"], "running");
    let e = post("steps/S1/enter_special", json!({ "special_days": 5, "evidence": "告知书" })).await;
    assert_eq!((&of_kind(&e, "step_promise")["state"], &of_kind(&e, "promise")["state"]), (&json!("paused"), &json!("paused")));
    // A suspension meanwhile does not set the promise running.
    let suspension = json!({ "reason": "policy_change", "note": "等待", "days": 5 });
    app.as_user("rd_manager").post(&format!("/entrustments/{id}/suspend"), suspension).await.ok();
    let e = post("resume", json!({})).await;
    assert_eq!(of_kind(&e, "promise")["state"], "paused");
    let e = post("steps/S1/leave_special", json!({ "evidence": "专家评审结束通知" })).await;
    assert_eq!((&of_kind(&e, "step_promise")["state"], &of_kind(&e, "promise")["state"]), (&json!("running"), &json!("running")));
    app.set_clock("2026-06-01T09:00:00+08:00");
    app.tick().await;
    assert!(kinds(&app, &id).await.iter().filter(|k| *k == "clock.breach").count() >= 2);
    let e = post("steps/S1/grant", json!({ "result_no": "D-1", "evidence": "决定书" })).await;
    assert_eq!(of_kind(&e, "step_promise")["state"], "stopped");
    assert_eq!(of_kind(&agent.get(&format!("/entrustments/{id}")).await.ok(), "promise")["state"], "running");
}
