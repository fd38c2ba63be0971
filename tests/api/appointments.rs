//! Windows with hours that follow the working calendar, places that are never given twice, and what becomes of a booking.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestApp, counter_application, on_both_engines, text};

on_both_engines!(
    hours_appear_as_published,
    never_overbooked,
    a_booking_and_its_ways,
    who_stays_away,
    windows_are_the_managers,
    who_booked_a_day_that_closes,
    a_voice_system_books
);

fn hours() -> Value {
    json!({
        "openings": [
            { "days": ["workday"], "from": "09:00", "to": "12:00", "minutes": 60, "capacity": 3 },
            { "days": ["workday"], "from": "12:00", "to": "13:00", "minutes": 30, "capacity": 1, "label": "午间延时" },
            { "days": ["weekend"], "weekdays": [6], "from": "09:00", "to": "11:00", "minutes": 60, "capacity": 2, "label": "周六不打烊" },
            { "days": ["holiday"], "from": "10:00", "to": "11:00", "minutes": 60, "capacity": 1, "label": "节假日值班" },
        ],
        "closures": [{ "date": "2026-03-04", "reason": "设备检修" }],
        "days_ahead": 60,
    })
}

async fn window(app: &TestApp) -> String {
    let new = json!({ "kind": "general_assistance", "name": "综合帮办 1 号窗口", "hours": hours() });
    text(&app.as_user("rd_manager").post("/centers/320623000000/windows", new).await.created()["id"]).to_owned()
}

fn booking(window: &str, start: &str, phone: &str) -> Value {
    json!({ "window_id": window, "start": start, "contact": { "name": "来访人甲", "phone": phone }, "subject": "咨询供水报装" })
}

const NINE: &str = "2026-03-03T09:00:00+08:00";

async fn hours_appear_as_published(app: TestApp) {
    let window = window(&app).await;
    let day = |date: &str| format!("/windows/{window}/places?from={date}&to={date}");
    let starts = |places: &Value| places["items"].as_array().expect("items").iter().map(|p| text(&p["start"])[11..16].to_owned()).collect::<Vec<_>>();
    let public = app.stranger();
    assert_eq!(starts(&public.get(&day("2026-03-03")).await.ok()), ["09:00", "10:00", "11:00", "12:00", "12:30"]);
    assert_eq!(starts(&public.get(&day("2026-03-04")).await.ok()), Vec::<String>::new(), "closed");
    let saturday = public.get(&day("2026-03-07")).await.ok();
    assert_eq!((starts(&saturday), &saturday["items"][0]["label"]), (vec!["09:00".to_owned(), "10:00".to_owned()], &json!("周六不打烊")));
    assert_eq!(starts(&public.get(&day("2026-03-08")).await.ok()), Vec::<String>::new(), "no Sunday");
    // 清明 2026-04-05 is an announced break; 2026-02-28 is a make-up Saturday and a workday.
    let holiday = public.get(&day("2026-04-05")).await.ok();
    assert_eq!((starts(&holiday), &holiday["items"][0]["day"]), (vec!["10:00".to_owned()], &json!("holiday")));
    assert_eq!(public.get(&day("2026-02-28")).await.ok()["items"].as_array().map(Vec::len), Some(5), "a make-up workday has a workday's hours");
    let past = public.get(&day("2026-02-28")).await.ok();
    assert_eq!(past["items"][0]["bookable"], false, "what is over is not bookable");
    public.get(&format!("/windows/{window}/places?from=2026-03-01&to=2026-05-01")).await.expect(400);
    for far in ["%2B262142-12-31", "0001-01-01", "9999-12-31"] {
        public.get(&format!("/windows/{window}/places?from={far}&to={far}")).await.expect(400);
    }
    let list = public.get("/centers/320623000000/windows?kind=general_assistance").await.ok();
    assert_eq!(list["items"][0]["hours"]["openings"].as_array().map(Vec::len), Some(4));
}

async fn never_overbooked(app: TestApp) {
    let window = window(&app).await;
    let clerk = app.as_user("rd_clerk");
    let calls = (0..200).map(|n| {
        let body = booking(&window, NINE, &format!("139{n:08}"));
        let clerk = &clerk;
        async move { clerk.post("/appointments", body).await }
    });
    let replies = join_all(calls).await;
    let count = |status: u16| replies.iter().filter(|r| r.status == status).count();
    assert_eq!((count(201), count(409)), (3, 197));
    assert!(replies.iter().filter(|r| r.status == 409).all(|r| text(&r.body["detail"]).contains("约满")));
    let places = app.stranger().get(&format!("/windows/{window}/places?from=2026-03-03&to=2026-03-03")).await.ok();
    assert_eq!((&places["items"][0]["free"], &places["items"][0]["bookable"]), (&json!(0), &json!(false)));
    assert_eq!(app.count("SELECT CAST(booked AS BIGINT) AS value FROM window_places").await, 3);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM appointments").await, 3, "a refused booking leaves nothing");
    // Who gives a place back makes room for exactly one.
    let won = replies.iter().find(|r| r.status == 201).map(|r| text(&r.body["id"]).to_owned()).expect("one");
    clerk.post(&format!("/appointments/{won}/cancel"), json!({})).await.ok();
    clerk.post("/appointments", booking(&window, NINE, "13800000001")).await.created();
    clerk.post("/appointments", booking(&window, NINE, "13800000002")).await.expect(409);
}

async fn a_booking_and_its_ways(app: TestApp) {
    let window = window(&app).await;
    let (company, clerk) = (app.as_user("ent_rudong"), app.as_user("rd_clerk"));
    let made = company.post("/appointments", booking(&window, NINE, "13900000001")).await;
    assert!(made.header("location").starts_with("/api/v1/appointments/"));
    let a = made.created();
    let path = format!("/appointments/{}", text(&a["number"]));
    assert_eq!((&a["channel"], &a["allowed_actions"]), (&json!("web"), &json!(["reschedule", "cancel"])));
    assert!(text(&a["number"]).starts_with("YY-320623-"));
    for (body, code) in [
        (booking(&window, "2026-03-03T09:15:00+08:00", "13900000002"), "no_such_place"),
        (booking(&window, "2026-03-02T09:00:00+08:00", "13900000002"), "out_of_reach"),
        (booking(&window, "2026-06-01T09:00:00+08:00", "13900000002"), "out_of_reach"),
        (booking(&window, NINE, "13900000001"), "booked_already"),
    ] {
        assert_eq!(company.post("/appointments", body).await.expect(422).body["errors"][0]["code"], code);
    }
    // Another company cannot even tell that it exists; the city's manager reads it masked.
    app.as_user("ent_chongchuan").get(&path).await.expect(404);
    app.as_user("cc_clerk").get(&path).await.expect(404);
    let masked = app.as_user("city_manager").get(&path).await.ok();
    assert_eq!((&masked["contact_phone"], masked.get("subject")), (&json!("139****0001"), None));
    // Moved: the new place is taken, the old one free again.
    let a = company.post(&format!("{path}/reschedule"), json!({ "start": "2026-03-03T12:00:00+08:00" })).await.ok();
    assert_eq!(a["start"], "2026-03-03T12:00:00.000+08:00");
    let places = app.stranger().get(&format!("/windows/{window}/places?from=2026-03-03&to=2026-03-03")).await.ok();
    let free: Vec<i64> = places["items"].as_array().expect("items").iter().filter_map(|p| p["free"].as_i64()).collect();
    assert_eq!(free, [3, 3, 3, 0, 1]);
    clerk.post(&format!("{path}/arrive"), json!({})).await.expect(422);
    company.post(&format!("{path}/arrive"), json!({})).await.expect(403);
    // Reminded once, a day before.
    app.set_clock("2026-03-02T13:00:00+08:00");
    app.tick().await;
    app.tick().await;
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'appointment.reminder'").await, 1);
    app.set_clock("2026-03-03T11:55:00+08:00");
    let a = clerk.post(&format!("{path}/arrive"), json!({})).await.ok();
    assert_eq!((&a["state"], &a["allowed_actions"]), (&json!("arrived"), &json!(["serve"])));
    clerk.post(&format!("{path}/serve"), json!({})).await.ok();
    let refused = clerk.post(&format!("{path}/cancel"), json!({})).await.expect(409);
    assert_eq!(refused.body["allowed_actions"], json!([]));
    // About a matter that the caller sees.
    let matter = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let mut about = booking(&window, "2026-03-06T10:00:00+08:00", "13900005678");
    about["entrustment"] = matter["number"].clone();
    about["channel"] = json!("voice");
    let a = clerk.post("/appointments", about.clone()).await.created();
    assert_eq!((&a["entrustment_id"], &a["channel"]), (&matter["id"], &json!("voice")));
    about["start"] = json!("2026-03-06T11:00:00+08:00");
    about.as_object_mut().expect("object").remove("channel");
    assert_eq!(app.as_user("ent_chongchuan").post("/appointments", about).await.expect(422).body["errors"][0]["pointer"], "/entrustment");
    let due = clerk.get("/appointments?sort=due_at&state=booked").await.ok();
    assert_eq!(due["items"][0]["id"], a["id"]);
}

async fn who_booked_a_day_that_closes(app: TestApp) {
    let window = window(&app).await;
    let (company, manager) = (app.as_user("ent_rudong"), app.as_user("rd_manager"));
    let gone = text(&company.post("/appointments", booking(&window, NINE, "13900000001")).await.created()["id"]).to_owned();
    let kept = text(&company.post("/appointments", booking(&window, "2026-03-05T09:00:00+08:00", "13900000001")).await.created()["id"]).to_owned();
    let mut hours = hours();
    hours["closures"] = json!([{ "date": "2026-03-03", "reason": "停电" }]);
    let edited = json!({ "kind": "general_assistance", "name": "综合帮办 1 号窗口", "hours": hours });
    let path = format!("/windows/{window}");
    let etag = manager.get(&path).await.expect(200).header("etag").to_owned();
    let edited = manager.put_with(&path, &[("if-match", &etag)], edited).await.ok();
    let off = company.get(&format!("/appointments/{gone}")).await.ok();
    assert_eq!((&off["state"], &off["cancel_reason"], &edited["displaced"]), (&json!("cancelled"), &json!("停电"), &json!([off["number"]])));
    assert_eq!(company.get(&format!("/appointments/{kept}")).await.ok()["state"], "booked");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'appointment.displaced'").await, 1);
    assert_eq!(app.count("SELECT CAST(SUM(booked) AS BIGINT) AS value FROM window_places").await, 1, "its place was given back");
}

async fn a_voice_system_books(app: TestApp) {
    let window = window(&app).await;
    let (_, voice) = app.new_client("voice", "hotline", None).await;
    let a = voice.post("/appointments", booking(&window, NINE, "13900000007")).await.created();
    assert_eq!((&a["channel"], &a["allowed_actions"]), (&json!("voice"), &json!(["reschedule", "cancel"])));
    let mut web = booking(&window, NINE, "13900000008");
    web["channel"] = json!("web");
    assert_eq!(voice.post("/appointments", web).await.expect(422).body["errors"][0]["code"], "voice_only");
    // It sees what it booked, and nothing else.
    let other = app.as_user("rd_clerk").post("/appointments", booking(&window, NINE, "13900000009")).await.created();
    voice.get(&format!("/appointments/{}", text(&other["id"]))).await.expect(404);
    assert_eq!(voice.get("/appointments").await.ok()["items"].as_array().map(Vec::len), Some(1));
    voice.post(&format!("/appointments/{}/cancel", text(&a["id"])), json!({})).await.ok();
}

async fn who_stays_away(app: TestApp) {
    let window = window(&app).await;
    let (company, clerk) = (app.as_user("ent_rudong"), app.as_user("rd_clerk"));
    let mut last = String::new();
    for day in ["05", "06", "09"] {
        last = text(&company.post("/appointments", booking(&window, &format!("2026-03-{day}T09:00:00+08:00"), "13900000001")).await.created()["id"]).to_owned();
    }
    app.set_clock("2026-03-09T10:30:00+08:00");
    app.tick().await;
    assert_eq!(company.get("/appointments?state=no_show").await.ok()["items"].as_array().map(Vec::len), Some(3));
    let next = booking(&window, "2026-03-10T09:00:00+08:00", "13900000001");
    let refused = company.post("/appointments", next.clone()).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "too_many_no_shows");
    clerk.post("/appointments", next.clone()).await.created();
    // Who comes late on the day is still received, and counts no longer.
    clerk.post(&format!("/appointments/{last}/arrive"), json!({})).await.ok();
    company.post("/appointments", booking(&window, "2026-03-11T09:00:00+08:00", "13900000001")).await.created();
}

async fn windows_are_the_managers(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let id = window(&app).await;
    let new = |name: &str, hours: Value| json!({ "kind": "fallback", "name": name, "hours": hours });
    assert_eq!(manager.post("/centers/320623000000/windows", new("综合帮办 1 号窗口", hours())).await.problem(422), "rule_violation");
    manager.post("/centers/320600000000/windows", new("市窗口", hours())).await.expect(403);
    app.as_user("rd_clerk").post("/centers/320623000000/windows", new("窗口", hours())).await.expect(403);
    let mut clash = hours();
    clash["openings"][1]["from"] = json!("11:30");
    let refused = manager.post("/centers/320623000000/windows", new("重叠", clash)).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/hours/openings/1");
    let mut late = hours();
    late["openings"][0]["from"] = json!("25:00");
    assert_eq!(manager.post("/centers/320623000000/windows", new("错误", late)).await.expect(400).body["errors"][0]["pointer"], "/hours/openings/0/from");
    let path = format!("/windows/{id}");
    let mut edit = json!({ "kind": "fallback", "name": "兜底窗口", "status": "closed", "hours": hours() });
    manager.put_with(&path, &[], edit.clone()).await.expect(428);
    manager.put_with(&path, &[("if-match", "\"1\"")], edit.clone()).await.ok();
    manager.put_with(&path, &[("if-match", "\"1\"")], edit.clone()).await.expect(412);
    let refused = app.as_user("rd_clerk").post("/appointments", booking(&id, NINE, "13900000001")).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "window_closed");
    edit["status"] = json!("open");
    manager.put_with(&path, &[("if-match", "\"2\"")], edit).await.ok();
    app.as_user("rd_clerk").post("/appointments", booking(&id, NINE, "13900000001")).await.created();
}
