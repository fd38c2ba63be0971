//! Gateways that are silent, and people who say no while a message waits.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use jieli::config::{Gateway, Gateways, Pages};
use serde_json::json;

use crate::{
    notices::{courier, gateway, log, send, submit, twice},
    support::{TestApp, on_both_engines, text, water_application},
};

on_both_engines!(who_says_no_meanwhile_gets_nothing, what_is_late_lets_people_sleep, a_silent_gateway_is_waited_for_by_nobody);

/// What waits for the morning, or for a gateway, does not go to who has said no meanwhile.
async fn who_says_no_meanwhile_gets_nothing(app: TestApp) {
    let company = app.as_user("ent_rudong");
    app.set_clock("2026-03-02T22:15:00+08:00");
    submit(&app).await;
    assert_eq!(log(&app, "state=waiting&channel=sms").await.len(), 1, "until the morning");
    company.post("/me/notice-preferences", json!({ "sms": false, "wechat": true })).await.ok();
    app.set_clock("2026-03-03T09:00:00+08:00");
    let (gateways, got) = gateway(vec![503]);
    assert_eq!(send(&app, &gateways).await, 0);
    assert_eq!((&log(&app, "state=skipped").await[0]["last_error"], got.lock().expect("got").len()), (&json!("opted_out"), 0));
    // The same for a telephone, told at the counter, between two tries.
    company.post("/me/notice-preferences", json!({ "sms": true, "wechat": true })).await.ok();
    submit(&app).await;
    assert_eq!(send(&app, &gateways).await, 0, "503");
    let waiting = log(&app, "state=waiting&channel=sms").await;
    app.as_user("city_clerk").post(&format!("/notices/{}/opt-out", text(&waiting[0]["id"])), json!({})).await.ok();
    app.set_clock("2026-03-03T09:10:00+08:00");
    assert_eq!(send(&app, &gateways).await, 0);
    assert_eq!((log(&app, "state=waiting&channel=sms").await.len(), got.lock().expect("got").len()), (0, 1));
}

/// What was due by day and could not go, as while the server was down, waits for the morning.
async fn what_is_late_lets_people_sleep(app: TestApp) {
    app.set_clock("2026-03-02T20:50:00+08:00");
    submit(&app).await;
    let (gateways, got) = gateway(vec![]);
    app.set_clock("2026-03-02T23:30:00+08:00");
    assert_eq!(send(&app, &gateways).await, 0);
    let waiting = log(&app, "state=waiting&channel=sms").await;
    assert_eq!((waiting.len(), &waiting[0]["attempts"], got.lock().expect("got").len()), (1, &json!(0), 0));
    app.set_clock("2026-03-03T08:00:00+08:00");
    assert_eq!((send(&app, &gateways).await, got.lock().expect("got").len()), (1, 1));
}

/// Takes connections and answers nothing.
fn silent() -> Gateway {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/sms", listener.local_addr().expect("address"));
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        listener.incoming().flatten().for_each(|stream| kept.push(stream));
    });
    Gateway { url, ..Gateway::default() }
}

async fn a_silent_gateway_is_waited_for_by_nobody(app: TestApp) {
    let words = json!({ "title": "已收件", "text": "收到{number}", "channels": ["sms", "wechat"] });
    let new = json!({ "kind": "matter_received", "center": "320600000000", "content": words });
    app.as_user("city_manager").post("/notice-templates", new).await.created();
    for _ in 0..20 {
        app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    }
    twice(&app).await;
    assert_eq!(log(&app, "state=waiting").await.len(), 40);
    let (fine, got) = gateway(vec![]);
    let gateways = Gateways { sms: silent(), wechat: fine.sms };
    let (courier, began) = (courier(&gateways, Pages::default()), Instant::now());
    // Whoever waits, such as for the clock of a sandbox, waits so long and no longer.
    courier.drain(&app.db, Duration::from_secs(2)).await.expect("drained");
    courier.drain(&app.db, Duration::from_secs(2)).await.expect("drained");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(got.lock().expect("got").len(), 20, "the other gateway has got everything");
    // Places are kept for what somebody waits for: it is tried while the others hang.
    let number = log(&app, "channel=wechat").await.len();
    assert_eq!(number, 20);
    let tried = "SELECT COUNT(*) AS value FROM notices WHERE channel = 'sms' AND attempts > 0";
    assert_eq!(app.count(tried).await, 12, "not all places for what can wait");
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    app.as_user("ent_rudong").post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
    twice(&app).await;
    let asked = app.stranger().post(&format!("/progress/{}/evaluation-code", text(&e["number"])), json!({ "phone_last4": "1234" })).await;
    assert!((200..300).contains(&asked.status), "{}", asked.text);
    twice(&app).await;
    courier.drain(&app.db, Duration::from_secs(1)).await.expect("drained");
    assert_eq!(log(&app, "kind=rating_code").await[0]["attempts"], 1, "at once");
    // When those have timed out it rests: nothing more is tried for a while.
    let before = app.count(tried).await;
    while log(&app, "state=waiting&channel=sms").await.iter().filter(|n| n["last_error"] == "timeout").count() < 12 {
        assert!(began.elapsed() < Duration::from_secs(60), "they time out");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    courier.drain(&app.db, Duration::from_secs(1)).await.expect("drained");
    assert_eq!(app.count(tried).await, before, "it rests");
}
