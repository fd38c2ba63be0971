//! Fifty callers at once: exactly one effect, and clear answers for the rest.

use actix_web::http::Method;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{TestApp, accepted, counter_application, on_both_engines, started_matter, text, water_application};

on_both_engines!(one_acceptance, one_transfer_offer, one_transfer_answer, one_effect_for_a_key, one_rating, lost_updates_are_refused);

const RACERS: usize = 50;

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|s| **s == status).count()
}

async fn one_acceptance(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}/accept", text(&e["id"]));
    let replies = join_all((0..RACERS).map(|_| clerk.post(&path, accepted()))).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    assert_eq!((count(&statuses, 200), count(&statuses, 409)), (1, RACERS - 1), "{statuses:?}");
    let loser = replies.iter().find(|r| r.status == 409).expect("a loser");
    assert_eq!(loser.body["code"], "state_conflict");
    assert!(loser.body["allowed_actions"].as_array().expect("actions").iter().any(|a| a == "start"));
    let timeline = clerk.get(&format!("/entrustments/{}/timeline", text(&e["id"]))).await.ok();
    let accepted: usize = timeline["items"].as_array().expect("items").iter().filter(|t| t["kind"] == "entrustment.accepted").count();
    assert_eq!(accepted, 1);
}

async fn one_transfer_offer(app: TestApp) {
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    let clerk = app.as_user("city_clerk");
    let path = format!("/entrustments/{}/transfer", text(&e["id"]));
    let replies = join_all((0..RACERS).map(|_| clerk.post(&path, json!({ "to": "auto", "applicant_consent": true })))).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    assert_eq!((count(&statuses, 201), count(&statuses, 409)), (1, RACERS - 1), "{statuses:?}");
}

/// Accept, return and recall race: one wins, and custody agrees with it.
async fn one_transfer_answer(app: TestApp) {
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    let id = text(&e["id"]);
    let city = app.as_user("city_clerk");
    let county = app.as_user("rd_clerk");
    let t = city.post(&format!("/entrustments/{id}/transfer"), json!({ "to": "auto", "applicant_consent": true })).await.created();
    let transfer = text(&t["id"]);
    let paths: Vec<(bool, String, serde_json::Value)> = (0..RACERS)
        .map(|i| match i % 3 {
            0 => (false, format!("/transfers/{transfer}/accept"), json!({})),
            1 => (false, format!("/transfers/{transfer}/return"), json!({ "reason": "不属本县" })),
            _ => (true, format!("/transfers/{transfer}/recall"), json!({})),
        })
        .collect();
    let replies =
        join_all(paths.iter().map(|(sender, path, body)| if *sender { city.post(path, body.clone()) } else { county.post(path, body.clone()) })).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    assert_eq!((count(&statuses, 200), count(&statuses, 409)), (1, RACERS - 1), "{statuses:?}");
    let state = city.get(&format!("/transfers/{transfer}")).await.ok()["state"].clone();
    let chain = city.get(&format!("/entrustments/{id}/custody")).await.ok();
    let links = chain["items"].as_array().expect("chain");
    assert_eq!(links.len(), if state == "accepted" { 2 } else { 1 });
    assert_eq!(links.iter().filter(|l| l.get("to").is_none()).count(), 1, "exactly one custodian");
}

async fn one_effect_for_a_key(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let headers = [("idempotency-key", "counter-0001")];
    let first = join_all((0..RACERS).map(|_| clerk.post_with("/entrustments", &headers, counter_application("assisted")))).await;
    let made: Vec<&str> = first.iter().filter(|r| r.status == 201).map(|r| text(&r.body["id"])).collect();
    assert!(!made.is_empty());
    assert!(made.iter().all(|id| id == &made[0]), "one record whoever asks");
    // On PostgreSQL a request may meet its twin in flight; it is told to retry, and the retry gets the same answer.
    assert!(first.iter().all(|r| r.status == 201 || (r.status == 409 && r.body["code"] == "idempotency_in_progress")));
    let again = clerk.post_with("/entrustments", &headers, counter_application("assisted")).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.header("location"), format!("/api/v1/entrustments/{}", made[0]));
    assert_eq!(text(&again.created()["id"]), made[0]);
    let other = clerk.post_with("/entrustments", &headers, counter_application("full_agency")).await;
    assert_eq!(other.problem(422), "idempotency_mismatch");
    let listed = clerk.get("/entrustments?limit=200").await.ok();
    assert_eq!(listed["items"].as_array().expect("items").len(), 1);
    // The same key of another caller is another key.
    let mut elsewhere = counter_application("assisted");
    elsewhere["center"] = json!("320600000000");
    app.as_user("city_clerk").post_with("/entrustments", &headers, elsewhere).await.created();
}

async fn one_rating(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let e = company.post("/entrustments", water_application()).await.created();
    company.post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
    let open = company.get("/evaluations").await.ok();
    let link = text(&open["items"][0]["link"]).to_owned();
    let stranger = app.stranger();
    let replies = join_all((0..RACERS).map(|_| stranger.post(&link, json!({ "grade": "satisfied" })))).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    assert_eq!((count(&statuses, 200), count(&statuses, 409)), (1, RACERS - 1), "{statuses:?}");
}

/// Whoever saw an older version is told so; nothing is overwritten.
async fn lost_updates_are_refused(app: TestApp) {
    let id = started_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let seen = agent.get(&format!("/entrustments/{id}")).await;
    let etag = seen.header("etag").to_owned();
    let path = format!("/entrustments/{id}/progress");
    let headers = [("if-match", etag.as_str())];
    let replies = join_all((0..RACERS).map(|i| agent.post_with(&path, &headers, json!({ "note": format!("进展 {i}") })))).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    assert_eq!((count(&statuses, 200), count(&statuses, 412)), (1, RACERS - 1), "{statuses:?}");
    // Without a condition all of them happen, one after the other.
    let before = agent.get(&format!("/entrustments/{id}")).await.ok()["version"].as_i64().expect("version");
    let replies = join_all((0..RACERS).map(|i| agent.post(&path, json!({ "note": format!("进展 {i}") })))).await;
    assert!(replies.iter().all(|r| r.status == 200));
    let after = agent.app.send(agent.request(Method::GET, &format!("/entrustments/{id}"))).await.ok()["version"].as_i64().expect("version");
    assert_eq!(after - before, i64::try_from(RACERS).expect("small"));
}
