//! The channels of 好差评: picture and poster, counter tablet, telephone, text message, hotline.

use jieli::{evaluations, kernel::Id};
use serde_json::json;

use crate::{
    evaluations::{AT, client, evaluation, items, opened, service},
    support::{TestApp, counter_application, on_both_engines, text, user_id},
};

on_both_engines!(pictures_and_posters, tablets_rate_what_stands_before_them, told_by_telephone_and_recorded, by_text_message, a_hotline_records_what_it_heard,);

async fn pictures_and_posters(app: TestApp) {
    let occasion = opened(&app, "POST-1").await;
    let link = text(&occasion["link"]).to_owned();
    let picture = app.stranger().get(&format!("{link}/qr-code")).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.text.starts_with("<svg") && picture.text.contains("<path"));
    app.stranger().get(&format!("{link}x/qr-code")).await.expect(404);
    // The poster of the center opens nothing by itself.
    let poster = app.stranger().get("/rating-posters/320623000000").await.ok();
    assert!(text(&poster["center"]).contains("如东") && poster.get("link").is_none());
    assert!(app.stranger().get("/rating-posters/320623000000/qr-code").await.expect(200).text.starts_with("<svg"));
    app.stranger().get("/rating-posters/999999999999").await.expect(404);
    let at = "/rating-posters/320623000000";
    let by_phone = app.stranger().post(at, json!({ "service_no": "POST-1", "phone_last4": "5678" })).await.ok();
    assert_ne!(text(&by_phone["link"]), link, "of a holder that is not proved");
    let by_slip = app.stranger().post(at, json!({ "service_no": "POST-1", "receipt_code": occasion["receipt_code"] })).await.ok();
    assert_eq!(text(&by_slip["link"]), link);
    app.stranger().post(at, json!({ "service_no": "POST-1" })).await.expect(422);
    app.stranger().post("/rating-posters/320600000000", json!({ "service_no": "POST-1", "phone_last4": "5678" })).await.expect(404);
    // Few wrong claims close a number for the hour, even to the right one.
    for _ in 0..5 {
        app.stranger().post(at, json!({ "service_no": "POST-1", "phone_last4": "0000" })).await.expect(404);
    }
    let closed = app.stranger().post(at, json!({ "service_no": "POST-1", "phone_last4": "5678" })).await;
    assert_eq!(closed.clone().problem(429), "too_many_requests");
    assert_eq!(closed.header("retry-after"), "3600");
}

async fn tablets_rate_what_stands_before_them(app: TestApp) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    clerk.post("/rating-devices", json!({ "name": "评价器" })).await.expect(403);
    manager.post("/rating-devices", json!({ "name": "评价器", "center": "320600000000" })).await.expect(403);
    let device = manager.post("/rating-devices", json!({ "name": "综合窗口 1 号评价器" })).await.created();
    let token = text(&device["token"]).to_owned();
    let path = format!("/rating-devices/{}", text(&device["id"]));
    assert_eq!((manager.get(&path).await.ok().get("token"), &device["allowed_actions"]), (None, &json!(["present", "revoke"])));
    let listed = manager.get("/rating-devices").await.ok();
    assert!(!listed.to_string().contains(&token));
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM rating_devices WHERE token_hash LIKE '%.%'").await, 0);
    let occasion = opened(&app, "TAB-1").await;
    let elsewhere = app.as_user("cc_clerk").post(AT, service("TAB-2")).await.created();
    let ask = |token: &str| {
        let request = app.stranger().request(actix_web::http::Method::GET, "/device-ratings").insert_header(("x-device-token", token.to_owned()));
        app.send(request)
    };
    let waiting = ask(&token).await.ok();
    assert_eq!(items(&waiting).iter().map(|s| text(&s["service_no"]).to_owned()).collect::<Vec<_>>(), ["TAB-1"]);
    assert!(!waiting.to_string().contains("13900005678") && !waiting.to_string().contains("联系人乙"));
    ask("a-token-that-nobody-was-given").await.expect(401);
    app.stranger().get("/device-ratings").await.expect(401);
    let rate = |no: &'static str, grade: &'static str| json!({ "service_no": no, "rating": { "grade": grade } });
    let stranger = app.stranger();
    let with = [("x-device-token", token.as_str()), ("idempotency-key", "tablet-1")];
    stranger.post_with("/device-ratings", &with[..1], rate("TAB-2", "satisfied")).await.expect(404);
    let wrong = stranger
        .post_with("/device-ratings", &with[..1], json!({ "service_no": "TAB-1", "rating": { "grade": "satisfied", "channel": "system_default" } }))
        .await;
    assert_eq!(wrong.expect(422).body["errors"][0]["pointer"], "/rating/channel");
    let once = stranger.post_with("/device-ratings", &with, rate("TAB-1", "very_satisfied")).await.expect(200);
    let twice = stranger.post_with("/device-ratings", &with, rate("TAB-1", "very_satisfied")).await.expect(200);
    assert_eq!((twice.header("idempotency-replayed"), &once.body), ("true", &twice.body));
    stranger.post_with("/device-ratings", &with[..1], rate("TAB-1", "satisfied")).await.expect(409);
    assert_eq!(evaluation(&clerk, &occasion).await["channel"], "tablet");
    assert_eq!(evaluation(&app.as_user("cc_clerk"), &elsewhere).await["state"], "open");
    // A tablet at a window rates what was served there, or at no window in particular.
    let opening = json!({ "days": ["workday"], "from": "09:00", "to": "12:00", "minutes": 30, "capacity": 1 });
    let mut windows = Vec::new();
    for name in ["综合 1 号窗口", "综合 2 号窗口"] {
        let window = json!({ "kind": "general_assistance", "name": name, "hours": { "openings": [opening], "days_ahead": 7 } });
        windows.push(text(&manager.post("/centers/320623000000/windows", window).await.created()["id"]).to_owned());
    }
    let placed = manager.post("/rating-devices", json!({ "name": "2 号窗口评价器", "window_id": windows[1] })).await.created();
    let at_window = [("x-device-token", text(&placed["token"]))];
    for (n, window) in windows.iter().enumerate() {
        let mut body = service(&format!("WIN-{n}"));
        body["window_id"] = json!(window);
        clerk.post(AT, body).await.created();
    }
    assert_eq!(items(&ask(text(&placed["token"])).await.ok()).len(), 1);
    stranger.post_with("/device-ratings", &at_window, rate("WIN-0", "satisfied")).await.expect(404);
    stranger.post_with("/device-ratings", &at_window, rate("WIN-1", "satisfied")).await.expect(200);
    let poster = app.stranger().get(&format!("/rating-posters/{}", windows[0])).await.ok();
    assert_eq!(poster["window"], "综合 1 号窗口");
    // The counter shows what was just signed there to whoever stands before it: for ten minutes, and once.
    let show = |evaluation: &str| json!({ "evaluation": evaluation });
    let desk = crate::follow_ups::rudong(&app);
    let matter = crate::follow_ups::ended(&desk).await;
    let number = text(&matter["number"]).to_owned();
    assert_eq!(manager.get(&path).await.ok().get("presented_until"), None);
    let unknown = clerk.post(&format!("{path}/present"), show("TAB-2")).await.expect(422);
    assert_eq!(unknown.body["errors"][0]["pointer"], "/evaluation");
    app.as_user("cc_clerk").post(&format!("{path}/present"), show(&number)).await.expect(404);
    stranger.post_with("/device-ratings", &with[..1], rate_number(&number)).await.expect(404);
    let shown = clerk.post(&format!("{path}/present"), show(&number)).await.ok();
    assert!(shown["presented_until"].is_string() && shown["allowed_actions"] == json!(["present"]), "{shown}");
    let first = items(&ask(&token).await.ok())[0].clone();
    assert_eq!((&first["service_no"], &first["is_presented"]), (&json!(number), &json!(true)));
    app.set_clock("2026-03-02T10:30:00+08:00");
    stranger.post_with("/device-ratings", &with[..1], rate_number(&number)).await.expect(404);
    clerk.post(&format!("{path}/present"), show(&number)).await.ok();
    stranger.post_with("/device-ratings", &with[..1], rate_number(&number)).await.expect(200);
    stranger.post_with("/device-ratings", &with[..1], rate_number(&number)).await.expect(404);
    clerk.post(&format!("{path}/present"), show(&number)).await.expect(409);
    manager.post(&format!("{path}/revoke"), json!({})).await.ok();
    manager.post(&format!("{path}/revoke"), json!({})).await.expect(409);
    ask(&token).await.expect(401);
    stranger.post_with("/device-ratings", &with, rate("TAB-1", "very_satisfied")).await.expect(401);
}

fn rate_number(number: &str) -> serde_json::Value {
    json!({ "service_no": number, "rating": { "grade": "satisfied" } })
}

async fn told_by_telephone_and_recorded(app: TestApp) {
    let (clerk, agent, manager) = (app.as_user("rd_clerk"), app.as_user("rd_agent"), app.as_user("rd_manager"));
    let occasion = opened(&app, "TEL-1").await;
    let path = format!("/evaluations/{}/record", text(&occasion["number"]));
    let told = json!({ "rating": { "grade": "basically_satisfied", "comment": "窗口略少" }, "called": "申请人本人", "recording_no": "LY-1" });
    agent.post(&path, told.clone()).await.expect(403);
    app.as_user("cc_clerk").post(&path, told.clone()).await.expect(404);
    // Who served at the counter and was rated does not record it either.
    let own = clerk.post(AT, service("TEL-2")).await.created();
    clerk.post(&format!("/evaluations/{}/record", text(&own["number"])), told.clone()).await.expect(403);
    let mut link = told.clone();
    link["rating"]["channel"] = json!("mobile");
    assert_eq!(clerk.post(&path, link).await.expect(422).body["errors"][0]["pointer"], "/rating/channel");
    let mut ahead = told.clone();
    ahead["called_at"] = json!("2026-03-09T09:00:00+08:00");
    assert_eq!(clerk.post(&path, ahead).await.expect(422).body["errors"][0]["pointer"], "/called_at");
    assert!(evaluation(&clerk, &occasion).await["allowed_actions"].to_string().contains("record"));
    let e = clerk.post(&path, told.clone()).await.ok();
    assert_eq!((&e["channel"], &e["state"], &e["is_default"]), (&json!("phone"), &json!("rated"), &json!(false)));
    clerk.post(&path, told).await.expect(409);
    let read = evaluation(&manager, &occasion).await;
    assert_eq!((&read["recorded"]["recording_no"], &read["recorded"]["by"]), (&json!("LY-1"), &json!(user_id("rd_clerk"))));
    // Given without a name: not the rated person's to read.
    agent.get(&format!("/evaluations/{}", text(&occasion["evaluation_id"]))).await.expect(404);
}

async fn by_text_message(app: TestApp) {
    let occasion = opened(&app, "SMS-1").await;
    let number = text(&occasion["number"]).to_owned();
    let (ask, rate) = (format!("/progress/{number}/evaluation-code"), format!("/progress/{number}/evaluation-rating"));
    app.stranger().post(&ask, json!({ "phone_last4": "0000" })).await.expect(404);
    let sent = app.stranger().post(&ask, json!({ "phone_last4": "5678" })).await.ok();
    assert_eq!(sent["sent_to"], "139****5678");
    assert_eq!(app.stranger().post(&ask, json!({ "phone_last4": "5678" })).await.problem(429), "too_many_requests");
    let waiting = app.db.read(|tx| evaluations::outgoing(tx, 10)).await.expect("outbox");
    let (_, message) = waiting.first().cloned().expect("a message");
    assert_eq!((message.phone.as_str(), message.text.contains(&message.code)), ("13900005678", true));
    // No event, and no row in clear, has the code or the telephone.
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'evaluation.code_requested' AND params LIKE '%5678%'").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluation_codes WHERE message LIKE '%13900005678%'").await, 0);
    let with = |code: &str| json!({ "code": code, "rating": { "grade": "satisfied" } });
    let wrong = if message.code == "000000" { "000001" } else { "000000" };
    let refused = app.stranger().post(&rate, with(wrong)).await.expect(422);
    let unknown = app.stranger().post("/progress/FW-none/evaluation-rating", with(wrong)).await.expect(422);
    assert_eq!((&refused.body["errors"], &refused.body["detail"]), (&unknown.body["errors"], &unknown.body["detail"]));
    for _ in 0..4 {
        app.stranger().post(&rate, with(wrong)).await.expect(422);
    }
    app.stranger().post(&rate, with(&message.code)).await.expect(422);
    // A new one, in time.
    app.set_clock("2026-03-02T09:32:00+08:00");
    app.stranger().post(&ask, json!({ "phone_last4": "5678" })).await.ok();
    let code = |all: Vec<(Id, evaluations::CodeMessage)>| all.first().map(|(_, m)| m.code.clone()).expect("a message");
    let late = code(app.db.read(|tx| evaluations::outgoing(tx, 10)).await.expect("outbox"));
    app.set_clock("2026-03-02T09:43:00+08:00");
    app.stranger().post(&rate, with(&late)).await.expect(422);
    app.stranger().post(&ask, json!({ "phone_last4": "5678" })).await.ok();
    let good = code(app.db.read(|tx| evaluations::outgoing(tx, 10)).await.expect("outbox"));
    app.stranger().post(&rate, with(&good)).await.ok();
    assert_eq!(evaluation(&app.as_user("rd_clerk"), &occasion).await["channel"], "sms");
    app.stranger().post(&rate, with(&good)).await.expect(422);
    app.stranger().post(&ask, json!({ "phone_last4": "5678" })).await.expect(409);
    // A matter's contact is asked the same way, before and after.
    let mut asked = counter_application("assisted");
    asked["contact"]["phone"] = json!("0513-59000100");
    let matter = app.as_user("rd_clerk").post("/entrustments", asked).await.created();
    let at = format!("/progress/{}/evaluation-code", text(&matter["number"]));
    app.stranger().post(&at, json!({ "phone_last4": "0100" })).await.expect(404);
    let gone = json!({ "reason": "暂不办理", "evidence": "录音" });
    app.as_user("rd_clerk").post(&format!("/entrustments/{}/withdraw", text(&matter["id"])), gone).await.ok();
    app.stranger().post(&at, json!({ "phone_last4": "0100" })).await.expect(422);
}

async fn a_hotline_records_what_it_heard(app: TestApp) {
    let (hotline, other) = (client(&app, "12345-a", "hotline").await, client(&app, "12345-b", "hotline").await);
    let mut order = service("RX-20260302-1");
    order["kind"] = json!("hotline_order");
    order["center"] = json!("320623000000");
    let own = hotline.post(AT, order).await.created();
    let heard = json!({ "rating": { "grade": "very_dissatisfied", "comment": "一直没有人联系我" }, "called": "来电人", "recording_no": "RX-LY-1" });
    let path = "/evaluations/RX-20260302-1/record";
    other.post(path, heard.clone()).await.expect(404);
    let e = hotline.post(path, heard).await.ok();
    assert_eq!((&e["channel"], &e["state"], e.get("comment")), (&json!("phone"), &json!("rated"), None));
    let read = evaluation(&app.as_user("rd_manager"), &own).await;
    assert_eq!((&read["recorded"]["recording_no"], read["follow_up_id"].is_string()), (&json!("RX-LY-1"), true));
    let own = hotline.get(&format!("{AT}/RX-20260302-1")).await.ok();
    assert_eq!(own["evaluation_state"], "rated");
}
