//! Receivers in trouble: what they refuse stops nothing else, what was put off comes, and somebody is told.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    support::{TestApp, accepted_matter, helped_matter, on_both_engines, text},
    webhooks::{Got, Receiver, Reply, down, fine, in_order, later, send, sender, spread, state, stories, subscribed},
};

on_both_engines!(
    some_bad_records_stop_nobody_else,
    many_bad_records_are_passed_by,
    after_an_outage_nothing_waits_for_its_turn,
    a_replay_puts_a_record_in_order,
    many_slow_ones_keep_no_places,
    what_stops_is_told_to_administrators,
    who_refuses_a_kind_gets_the_others,
    nothing_resumes_for_who_is_not_served,
);

/// Refuses what it refuses now, and takes all other records.
fn refusing(receiver: &Receiver, bad: &[String]) {
    let bad = bad.to_vec();
    receiver.now(move |g| if bad.iter().any(|b| g.record() == b) { (500, "", Duration::ZERO) } else { fine(g) });
}

async fn matters(app: &TestApp, many: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..many {
        all.push(accepted_matter(app, "assisted").await);
    }
    all
}

async fn some_bad_records_stop_nobody_else(app: TestApp) {
    let receiver = Receiver::new(fine);
    let (at, _) = subscribed(&app, &receiver.url).await;
    let bad = matters(&app, 12).await;
    refusing(&receiver, &bad);
    spread(&app).await;
    assert!(send(&app).await >= 12);
    for round in 0..6 {
        let good = accepted_matter(&app, "assisted").await;
        spread(&app).await;
        send(&app).await;
        assert_eq!(stories(&receiver.got()).get(&good).map(Vec::len), Some(3), "at once, in round {round}");
        later(&app, 1);
    }
    // Nothing else happens for longer than nothing but failure would be borne.
    for _ in 0..10 {
        later(&app, 5);
        send(&app).await;
    }
    assert_eq!(state(&app, &at).await["state"], "active");
    let good = accepted_matter(&app, "assisted").await;
    spread(&app).await;
    send(&app).await;
    let got = receiver.got();
    assert_eq!(stories(&got).get(&good).map(Vec::len), Some(3));
    for id in &bad {
        let tries = got.iter().filter(|g| g.record() == id).count();
        assert!((5..=10).contains(&tries), "each keeps its own pauses: {tries}");
    }
}

async fn many_bad_records_are_passed_by(app: TestApp) {
    let receiver = Receiver::new(fine);
    let (at, _) = subscribed(&app, &receiver.url).await;
    let bad = matters(&app, 24).await;
    refusing(&receiver, &bad);
    spread(&app).await;
    send(&app).await;
    let good = matters(&app, 2).await;
    spread(&app).await;
    let taken = |id: &String| stories(&receiver.got()).get(id).map_or(0, Vec::len);
    let mut rounds = 0;
    while taken(&good[0]) + taken(&good[1]) < 6 {
        assert!(rounds < 8, "what was not tried yet is tried before what was refused");
        app.db.clock().advance(TimeDelta::seconds(61));
        send(&app).await;
        rounds += 1;
    }
    // It takes what it takes: what it refuses does not make it count as down again.
    for _ in 0..5 {
        app.db.clock().advance(TimeDelta::minutes(7));
        send(&app).await;
        let next = accepted_matter(&app, "assisted").await;
        spread(&app).await;
        send(&app).await;
        assert_eq!(taken(&next), 3, "at once");
    }
    assert_eq!(state(&app, &at).await["state"], "active");
}

async fn after_an_outage_nothing_waits_for_its_turn(app: TestApp) {
    let receiver = Receiver::new(down);
    let (at, _) = subscribed(&app, &receiver.url).await;
    let matter = helped_matter(&app).await;
    spread(&app).await;
    for _ in 0..30 {
        later(&app, 1);
        send(&app).await;
    }
    receiver.forget();
    receiver.now(fine);
    app.db.clock().advance(TimeDelta::minutes(16));
    send(&app).await;
    let told = stories(&receiver.got());
    assert_eq!(told.get(&matter).and_then(|kinds| kinds.last()).map(String::as_str), Some("entrustment.helped"), "{told:?}");
    assert_eq!(state(&app, &at).await["waiting"], 0);
    // What a receiver has put off itself stays put off while it is down.
    receiver.now(|_| (503, "retry-after: 7200\r\n", Duration::ZERO));
    let asked = accepted_matter(&app, "assisted").await;
    spread(&app).await;
    send(&app).await;
    receiver.now(|_| (503, "", Duration::ZERO));
    matters(&app, 6).await;
    spread(&app).await;
    send(&app).await;
    receiver.forget();
    for _ in 0..6 {
        app.db.clock().advance(TimeDelta::minutes(16));
        send(&app).await;
    }
    assert!(!receiver.got().is_empty() && receiver.got().iter().all(|g| g.record() != asked));
    app.db.clock().advance(TimeDelta::minutes(40));
    receiver.now(fine);
    send(&app).await;
    app.db.clock().advance(TimeDelta::minutes(16));
    send(&app).await;
    assert!(receiver.got().iter().any(|g| g.record() == asked));
}

async fn a_replay_puts_a_record_in_order(app: TestApp) {
    let matter = helped_matter(&app).await;
    spread(&app).await;
    let receiver = Receiver::new(down);
    let (at, _) = subscribed(&app, &receiver.url).await;
    let help = json!({ "kinds": ["fill_form"] });
    app.as_user("rd_agent").post(&format!("/entrustments/{matter}/record-help"), help).await.ok();
    spread(&app).await;
    assert_eq!(send(&app).await, 1, "one was tried and waits");
    app.as_user("sys_admin").post(&format!("{at}/replay"), json!({ "after": 0 })).await.ok();
    spread(&app).await;
    receiver.forget();
    // Slow enough that what is sent at the same time is seen to be.
    receiver.now(|_| (200, "", Duration::from_millis(100)));
    later(&app, 1);
    send(&app).await;
    let got: Vec<Got> = receiver.got().into_iter().filter(|g| g.record() == matter).collect();
    assert!(in_order(&got) && got.len() >= 4 && got.last().is_some_and(|g| g.kind() == "entrustment.helped"), "{:?}", stories(&got));
}

async fn many_slow_ones_keep_no_places(app: TestApp) {
    fn slowly(_: &Got) -> Reply {
        (200, "", Duration::from_secs(5))
    }
    let (slow, fast) = (Receiver::new(slowly), Receiver::new(fine));
    for _ in 0..28 {
        subscribed(&app, &slow.url).await;
    }
    subscribed(&app, &fast.url).await;
    matters(&app, 4).await;
    spread(&app).await;
    let (sender, began) = (sender(), Instant::now());
    while began.elapsed() < Duration::from_secs(11) {
        sender.start(&app.db).await.expect("started");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let waiting = "SELECT COUNT(*) AS value FROM webhook_deliveries WHERE state = 'waiting'";
    assert!(app.count(waiting).await >= 28, "the slow ones are not done");
    fast.forget();
    let good = accepted_matter(&app, "assisted").await;
    spread(&app).await;
    let began = Instant::now();
    while !stories(&fast.got()).contains_key(&good) {
        assert!(began.elapsed() < Duration::from_secs(3), "it waits for slow ones");
        sender.start(&app.db).await.expect("started");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn what_stops_is_told_to_administrators(app: TestApp) {
    let receiver = Receiver::new(|_| (410, "", Duration::ZERO));
    let (gone, _) = subscribed(&app, &receiver.url).await;
    let (asked, _) = subscribed(&app, &receiver.url).await;
    let admin = app.as_user("sys_admin");
    admin.post(&format!("{asked}/pause"), json!({})).await.ok();
    accepted_matter(&app, "assisted").await;
    spread(&app).await;
    send(&app).await;
    app.tick().await;
    app.tick().await;
    let messages = admin.get("/me/messages").await.ok();
    assert_eq!(messages["items"].as_array().map(Vec::len), Some(1), "what somebody has stopped they know: {messages}");
    let message = &messages["items"][0];
    assert_eq!((&message["kind"], &message["record_kind"]), (&json!("webhook_stopped"), &json!("webhook")));
    assert!(gone.ends_with(text(&message["record_id"])) && text(&message["text"]).contains("“测试”") && text(&message["text"]).contains("410"), "{message}");
    assert_eq!(app.as_user("sec_admin").get("/me/messages").await.ok()["items"], json!([]));
}

async fn ask(app: &TestApp, n: usize) {
    let (subject, contact) = (format!("第{n}问：需要哪些材料"), json!({ "name": "联系人甲", "phone": "13900001234" }));
    let body = json!({ "channel": "on_site", "theme": "materials", "subject": subject, "question": "需要带哪些材料？", "contact": contact });
    app.as_user("rd_clerk").post("/consultations", body).await.created();
}

/// Questions are refused, more of them than a receiver may refuse and count as well; matters are taken.
async fn who_refuses_a_kind_gets_the_others(app: TestApp) {
    let receiver = Receiver::new(|g| if g.kind().starts_with("consultation.") { (500, "", Duration::ZERO) } else { fine(g) });
    let new = json!({ "url": receiver.url, "description": "测试", "filters": { "types": ["entrustment.*", "consultation.*"], "center": "320600000000" } });
    let hook = app.as_user("sys_admin").post("/webhooks", new).await.created();
    let at = format!("/webhooks/{}", text(&hook["id"]));
    for n in 0..30 {
        ask(&app, n).await;
    }
    spread(&app).await;
    send(&app).await;
    let resting = state(&app, &at).await;
    assert!(resting["failures"].as_i64().is_some_and(|n| n >= 20) && text(&resting["rests_until"]).ends_with("+08:00"), "{resting}");
    let good = matters(&app, 2).await;
    spread(&app).await;
    let taken = |id: &String| stories(&receiver.got()).get(id).map_or(0, Vec::len);
    let mut seconds = 0;
    while taken(&good[0]) + taken(&good[1]) < 6 {
        assert!(seconds < 60, "matters wait for what is refused: {}", taken(&good[0]) + taken(&good[1]));
        app.db.clock().advance(TimeDelta::seconds(1));
        send(&app).await;
        seconds += 1;
    }
    // Days later, with a kind that was never tried: it may be taken, so nothing is stopped.
    for n in 0..25 {
        ask(&app, n).await;
    }
    spread(&app).await;
    send(&app).await;
    let next = accepted_matter(&app, "assisted").await;
    spread(&app).await;
    later(&app, 60);
    send(&app).await;
    for _ in 0..10 {
        app.db.clock().advance(TimeDelta::seconds(6));
        send(&app).await;
    }
    assert_eq!((state(&app, &at).await["state"].clone(), taken(&next)), (json!("active"), 3));
    // A test asks at once whoever rests, and shows that in the view.
    assert!(app.as_user("sys_admin").post(&format!("{at}/ping"), json!({})).await.ok().get("rests_until").is_none());
    // Who may only look is offered nothing.
    let admin = app.as_user("sys_admin").get(&format!("{at}/deliveries")).await.ok();
    let looked = app.as_user("sec_admin").get(&format!("{at}/deliveries")).await.ok();
    assert_ne!(admin["items"][0]["allowed_actions"], json!([]));
    assert_eq!(looked["items"][0]["allowed_actions"], json!([]), "{looked}");
    let one = app.as_user("sec_admin").get(&format!("/webhook-deliveries/{}", text(&looked["items"][0]["id"]))).await.ok();
    assert_eq!(one["allowed_actions"], json!([]));
}

async fn nothing_resumes_for_who_is_not_served(app: TestApp) {
    let receiver = Receiver::new(fine);
    let admin = app.as_user("sys_admin");
    let new = json!({ "url": receiver.url, "client_id": "demo-portal", "filters": { "types": ["entrustment.*"] } });
    let at = format!("/webhooks/{}", text(&admin.post("/webhooks", new).await.created()["id"]));
    app.as_user("sec_admin").post("/clients/demo-portal/disable", json!({})).await.ok();
    accepted_matter(&app, "assisted").await;
    spread(&app).await;
    let stopped = state(&app, &at).await;
    assert_eq!((&stopped["state"], &stopped["reason"]), (&json!("paused"), &json!("owner_disabled")), "{stopped}");
    assert!(!stopped["allowed_actions"].to_string().contains("resume"), "{stopped}");
    let refused = admin.post(&format!("{at}/resume"), json!({})).await.expect(409);
    assert!(refused.text.contains("客户端已停用") && !refused.body["allowed_actions"].to_string().contains("resume"), "{}", refused.text);
    app.as_user("sec_admin").post("/clients/demo-portal/enable", json!({})).await.ok();
    assert!(state(&app, &at).await["allowed_actions"].to_string().contains("resume"));
    assert_eq!(admin.post(&format!("{at}/resume"), json!({})).await.ok()["state"], "active");
}
