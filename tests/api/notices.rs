//! Notices to people: made once of each event, in the words of the place, sent until a gateway takes them.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::hmac;
use jieli::{
    config::{Gateway, Gateways, Pages},
    notices::{Courier, Links},
    outbound::Outbound,
};
use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, text, water_application};

on_both_engines!(
    what_happens_is_told_once,
    a_gateway_is_tried_until_it_takes,
    nights_are_quiet_and_people_may_say_no,
    places_say_it_in_their_words,
    codes_and_links_go_out_and_stay_secret,
    nobody_is_asked_for_what_was_given,
    whoever_asked_or_booked_hears_of_it,
    an_end_is_told_to_whom_it_concerns,
);

const KEY: &str = "a-secret-of-the-gateway";

pub type Got = Arc<Mutex<Vec<(String, Value)>>>;

/// A gateway that answers with these statuses, then 200 for ever; what it was sent, with the key of each request.
pub fn gateway(statuses: Vec<u16>) -> (Gateways, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/sms", listener.local_addr().expect("address"));
    let got: Got = Arc::default();
    let kept = got.clone();
    std::thread::spawn(move || {
        let mut statuses = statuses.into_iter();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().expect("stream"));
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                    break;
                }
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().expect("a length");
                }
                head.push_str(&line.to_ascii_lowercase());
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let value = |name: &str| head.lines().find_map(|l| l.strip_prefix(&format!("{name}: "))).unwrap_or_default().trim().to_owned();
            let signed = format!("{}.{}", value("x-timestamp"), String::from_utf8_lossy(&body));
            let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
            assert!(hmac::verify(&key, signed.as_bytes(), &hex::decode(value("x-signature")).expect("hex")).is_ok(), "signed");
            kept.lock().expect("kept").push((value("idempotency-key"), serde_json::from_slice(&body).expect("JSON")));
            let status = statuses.next().unwrap_or(200);
            let answer = if status == 201 { "{\"code\":\"FAIL\"}" } else { "{\"code\":\"OK\"}" };
            let _ = stream.write_all(format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len()).as_bytes());
        }
    });
    let sms = Gateway {
        url,
        app_id: "jieli".into(),
        secret: KEY.into(),
        fields: [("phone".to_owned(), "mobile".to_owned()), ("title".to_owned(), String::new())].into(),
        success_pointer: "/code".into(),
        success: "OK".into(),
    };
    (Gateways { sms, wechat: Gateway::default() }, got)
}

pub fn courier(gateways: &Gateways, pages: Pages) -> Courier {
    Courier::new(Outbound::new(&[]).expect("a client"), gateways.clone(), Links { pages, public_url: "https://jieli.example.org".into() })
}

pub async fn twice(app: &TestApp) {
    app.tick().await;
    app.tick().await;
}

pub async fn send(app: &TestApp, gateways: &Gateways) -> usize {
    send_to(app, gateways, Pages::default()).await
}

async fn send_to(app: &TestApp, gateways: &Gateways, pages: Pages) -> usize {
    courier(gateways, pages).drain(&app.db, Duration::from_secs(60)).await.expect("sent")
}

pub async fn submit(app: &TestApp) -> Value {
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    twice(app).await;
    e
}

pub async fn log(app: &TestApp, query: &str) -> Vec<Value> {
    let page = app.as_user("sys_admin").get(&format!("/notices?limit=200&{query}")).await.ok();
    page["items"].as_array().cloned().unwrap_or_default()
}

async fn what_happens_is_told_once(app: TestApp) {
    let company = app.as_user("ent_rudong");
    assert_eq!(company.get("/me/messages").await.ok()["items"], json!([]));
    let e = submit(&app).await;
    let mine = company.get("/me/messages?unread=true").await.ok();
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1), "{mine}");
    let message = &mine["items"][0];
    assert_eq!((&message["kind"], &message["record_id"], &message["is_read"]), (&json!("matter_received"), &e["id"], &json!(false)));
    assert!(text(&message["text"]).contains(text(&e["number"])) && !text(&message["text"]).contains('{'), "{message}");
    // Nobody else's.
    let at = format!("/me/messages/{}/read", text(&message["id"]));
    app.as_user("ent_chongchuan").post(&at, json!({})).await.expect(404);
    assert_eq!(app.as_user("ent_chongchuan").get("/me/messages").await.ok()["items"], json!([]));
    let read = company.post(&at, json!({})).await.ok();
    assert_eq!((&read["is_read"], &company.post(&at, json!({})).await.ok()["version"]), (&json!(true), &read["version"]));
    assert_eq!(company.get("/me/messages?unread=true").await.ok()["items"], json!([]));
    // Looked at again from the beginning, and by two servers: still once.
    let made = app.count("SELECT COUNT(*) AS value FROM notices").await;
    let again = async |app: &TestApp| {
        app.db.commit(|tx| Ok(diesel::RunQueryDsl::execute(diesel::sql_query("UPDATE notice_progress SET position = 0"), tx.conn)?)).await.expect("again");
        let second = app.another(|_| {}).await;
        let (one, two) = futures_util::future::join(jieli::worker::tick(&app.db, "a"), jieli::worker::tick(&second.db, "b")).await;
        one.and(two).expect("followed");
    };
    again(&app).await;
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM notices").await, made);
    assert_eq!(made, 2, "in the app, and by text message");
    // Staff are told of theirs in the app alone.
    let clerk = app.as_user("city_clerk");
    let at = format!("/entrustments/{}", text(&e["id"]));
    let mut body = crate::support::accepted();
    body["assignee_id"] = json!(crate::support::user_id("city_agent1"));
    clerk.post(&format!("{at}/accept"), body).await.ok();
    twice(&app).await;
    let agent = app.as_user("city_agent1").get("/me/messages").await.ok();
    assert_eq!((&agent["items"][0]["kind"], agent["items"].as_array().map(Vec::len)), (&json!("matter_assigned"), Some(1)));
    assert!(app.as_user("ent_rudong").post("/me/messages/read-all", json!({})).await.ok()["read"].as_u64().is_some_and(|n| n >= 1));
    let stored = app.count("SELECT COUNT(*) AS value FROM notices WHERE words LIKE '%13900001234%' OR recipient LIKE '%13900001234%'").await;
    assert_eq!(stored, 0, "sealed");
    // Machines have no messages.
    app.stranger().get("/me/messages").await.expect(401);
}

async fn a_gateway_is_tried_until_it_takes(app: TestApp) {
    submit(&app).await;
    let (gateways, got) = gateway(vec![503, 302, 201]);
    assert_eq!(send(&app, &gateways).await, 0, "503: not taken");
    assert_eq!(send(&app, &gateways).await, 0, "not before its time");
    let waiting = log(&app, "state=waiting").await;
    assert_eq!((waiting.len(), &waiting[0]["attempts"], &waiting[0]["last_error"]), (1, &json!(1), &json!("HTTP 503")));
    app.set_clock("2026-03-02T09:33:00+08:00");
    send(&app, &gateways).await;
    assert_eq!(log(&app, "state=waiting").await[0]["last_error"], "HTTP 302", "no redirect is followed");
    app.set_clock("2026-03-02T09:45:00+08:00");
    send(&app, &gateways).await;
    assert_eq!(log(&app, "state=waiting").await[0]["last_error"], "denied");
    // By hand, at once; two servers share it, and one sends it.
    let id = text(&waiting[0]["id"]).to_owned();
    app.as_user("rd_clerk").get(&format!("/notices/{id}")).await.expect(404);
    app.as_user("city_clerk").post(&format!("/notices/{id}/retry"), json!({})).await.expect(403);
    app.as_user("city_manager").post(&format!("/notices/{id}/retry"), json!({})).await.ok();
    let second = app.another(|_| {}).await;
    second.set_clock("2026-03-02T09:45:00+08:00");
    let (one, two) = futures_util::future::join(send(&app, &gateways), send(&second, &gateways)).await;
    assert_eq!(one + two, 1);
    let got = got.lock().expect("got").clone();
    assert_eq!(got.len(), 4);
    assert!(got.iter().all(|(key, _)| *key == id), "the same message has the same key");
    let body = &got[3].1;
    assert_eq!((&body["mobile"], body.get("phone").is_none(), body.get("title").is_none()), (&json!("13900001234"), true, true), "{body}");
    assert!(body["params"]["number"].is_string() && !text(&body["text"]).contains('{'));
    let sent = log(&app, "state=sent&channel=sms").await;
    assert_eq!((&sent[0]["recipient_phone"], &sent[0]["allowed_actions"]), (&json!("139****1234"), &Value::Null));
    app.as_user("city_manager").post(&format!("/notices/{id}/retry"), json!({})).await.expect(409);
    // One that nobody ever takes ends among the dead, and a person decides.
    submit(&app).await;
    let (never, _) = gateway(vec![500; 40]);
    let mut last = String::new();
    for minute in [46, 50, 59] {
        app.set_clock(&format!("2026-03-02T09:{minute}:00+08:00"));
        send(&app, &never).await;
    }
    for (day, hour) in [(2, 11), (2, 13), (2, 17), (3, 1), (3, 16), (4, 8)] {
        app.set_clock(&format!("2026-03-{day:02}T{hour:02}:30:00+08:00"));
        send(&app, &never).await;
        last = format!("{day} {hour}");
    }
    let dead = log(&app, "state=dead").await;
    assert_eq!((dead.len(), &dead[0]["attempts"]), (1, &json!(8)), "{last} {dead:?}");
    let at = format!("/notices/{}", text(&dead[0]["id"]));
    assert_eq!(app.as_user("city_manager").get(&at).await.ok()["allowed_actions"], json!(["retry", "drop", "opt_out"]));
    assert_eq!(app.as_user("city_manager").post(&format!("{at}/drop"), json!({})).await.ok()["state"], "dropped");
    // Without a gateway nothing piles up.
    app.set_clock("2026-03-04T09:30:00+08:00");
    submit(&app).await;
    send(&app, &Gateways::default()).await;
    assert_eq!(log(&app, "state=skipped").await[0]["last_error"], "no_gateway");
    // What is of no use any more is not sent.
    submit(&app).await;
    app.set_clock("2026-03-09T09:30:00+08:00");
    let (gateways, got) = gateway(vec![]);
    send(&app, &gateways).await;
    assert_eq!((log(&app, "state=skipped").await[0]["last_error"].clone(), got.lock().expect("got").len()), (json!("expired"), 0));
}

async fn nights_are_quiet_and_people_may_say_no(app: TestApp) {
    app.set_clock("2026-03-02T22:15:00+08:00");
    submit(&app).await;
    let (gateways, got) = gateway(vec![]);
    assert_eq!(send(&app, &gateways).await, 0);
    assert_eq!(log(&app, "state=waiting").await[0]["next_at"], "2026-03-03T08:00:00.000+08:00");
    assert_eq!(app.as_user("ent_rudong").get("/me/messages").await.ok()["items"].as_array().map(Vec::len), Some(1), "the app wakes nobody");
    app.set_clock("2026-03-03T08:00:01+08:00");
    assert_eq!(send(&app, &gateways).await, 1);
    // What a gateway did not take in the evening is not tried again at night, by itself or by hand.
    app.set_clock("2026-03-03T20:59:30+08:00");
    submit(&app).await;
    let (down, _) = gateway(vec![503]);
    assert_eq!(send(&app, &down).await, 0);
    let waiting = log(&app, "state=waiting").await;
    assert_eq!(waiting[0]["next_at"], "2026-03-04T08:00:00.000+08:00");
    app.set_clock("2026-03-03T22:30:00+08:00");
    let by_hand = app.as_user("city_manager").post(&format!("/notices/{}/retry", text(&waiting[0]["id"])), json!({})).await.ok();
    assert_eq!(by_hand["next_at"], "2026-03-04T08:00:00.000+08:00");
    app.set_clock("2026-03-04T08:00:01+08:00");
    assert_eq!(send(&app, &gateways).await, 1);
    // No more text messages, please: by oneself,
    let company = app.as_user("ent_rudong");
    assert_eq!(company.get("/me/notice-preferences").await.ok(), json!({ "sms": true, "wechat": true }));
    assert_eq!(company.post("/me/notice-preferences", json!({ "sms": false, "wechat": true })).await.ok()["sms"], false);
    submit(&app).await;
    assert_eq!(send(&app, &gateways).await, 0);
    assert_eq!(log(&app, "state=skipped").await[0]["last_error"], "opted_out");
    company.post("/me/notice-preferences", json!({ "sms": true, "wechat": true })).await.ok();
    submit(&app).await;
    assert_eq!(send(&app, &gateways).await, 1);
    // or told to the counter, for a telephone.
    let sent = log(&app, "state=sent&channel=sms").await;
    app.as_user("city_clerk").post(&format!("/notices/{}/opt-out", text(&sent[0]["id"])), json!({})).await.ok();
    submit(&app).await;
    assert_eq!(send(&app, &gateways).await, 0);
    assert_eq!(got.lock().expect("got").len(), 3);
}

async fn places_say_it_in_their_words(app: TestApp) {
    let (city, county) = (app.as_user("city_manager"), app.as_user("rd_manager"));
    let new = |center: &str, words: &str| json!({ "kind": "matter_received", "center": center, "content": { "title": "已收件", "text": words, "channels": ["in_app"] } });
    for (words, code) in [("{name}您好", "unknown_parameter"), ("{number", "unknown_parameter")] {
        let refused = city.post("/notice-templates", new("320600000000", words)).await.expect(422);
        assert_eq!((&refused.body["errors"][0]["code"], &refused.body["errors"][0]["pointer"]), (&json!(code), &json!("/content/text")));
    }
    county.post("/notice-templates", new("320600000000", "{number}")).await.expect(403);
    app.as_user("rd_clerk").post("/notice-templates", new("320623000000", "{number}")).await.expect(403);
    let first = city.post("/notice-templates", new("320600000000", "市中心收到{number}")).await.created();
    assert_eq!((&first["number"], &first["state"]), (&json!(1), &json!("published")));
    let second = city.post("/notice-templates", new("320600000000", "市中心再收到{number}")).await.created();
    assert_eq!(second["number"], 2);
    // The county inherits; what it says itself holds there alone.
    let here = async |who: &crate::support::Caller<'_>, center: &str| {
        let all = who.get(&format!("/notice-templates?center={center}")).await.ok();
        all["items"].as_array().into_iter().flatten().find(|t| t["kind"] == "matter_received").cloned().unwrap_or_default()
    };
    let inherited = here(&county, "320623000000").await;
    assert_eq!((&inherited["template_id"], &inherited["versions"]), (&second["id"], &json!([])));
    county.post("/notice-templates", new("320623000000", "县中心收到{number}")).await.created();
    assert_eq!(here(&county, "320623000000").await["content"]["text"], "县中心收到{number}");
    assert_eq!(here(&city, "320600000000").await["content"]["text"], "市中心再收到{number}");
    let e = submit(&app).await;
    let company = app.as_user("ent_rudong");
    assert_eq!(company.get("/me/messages").await.ok()["items"][0]["text"], json!(format!("市中心再收到{}", text(&e["number"]))));
    assert!(log(&app, "channel=sms").await.is_empty(), "the place sends none");
    // Withdrawn: the version before holds again; then what is usual. What was said stays as it was said.
    let at = format!("/notice-templates/{}", text(&second["id"]));
    assert_eq!(city.post(&format!("{at}/withdraw"), json!({})).await.ok()["state"], "withdrawn");
    city.post(&format!("{at}/withdraw"), json!({})).await.expect(409);
    assert_eq!(here(&city, "320600000000").await["template_id"], first["id"]);
    city.post(&format!("/notice-templates/{}/withdraw", text(&first["id"])), json!({})).await.ok();
    assert!(here(&city, "320600000000").await.get("template_id").is_none());
    assert_eq!(company.get("/me/messages").await.ok()["items"][0]["text"], json!(format!("市中心再收到{}", text(&e["number"]))));
    app.as_user("ent_rudong").get("/notice-templates").await.expect(403);
}

async fn codes_and_links_go_out_and_stay_secret(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let e = submit(&app).await;
    company.post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
    twice(&app).await;
    let (gateways, got) = gateway(vec![]);
    send(&app, &gateways).await;
    // At night, and to who wants no messages: what somebody asked for themselves comes all the same.
    company.post("/me/notice-preferences", json!({ "sms": false, "wechat": false })).await.ok();
    app.set_clock("2026-03-02T23:10:00+08:00");
    let asked = app.stranger().post(&format!("/progress/{}/evaluation-code", text(&e["number"])), json!({ "phone_last4": "1234" })).await;
    assert!((200..300).contains(&asked.status), "{}", asked.text);
    twice(&app).await;
    assert_eq!(send(&app, &gateways).await, 1);
    let (_, body) = got.lock().expect("got").last().cloned().expect("sent");
    let code = text(&body["params"]["code"]).to_owned();
    assert!(code.len() == 6 && text(&body["text"]).contains(&code), "{body}");
    // Staff read that it went, and not what opens it.
    let listed = app.as_user("city_manager").get("/notices?kind=rating_code").await.ok();
    assert_eq!((&listed["items"][0]["state"], listed["items"][0].get("text").is_none()), (&json!("sent"), true));
    let whole = app.as_user("city_manager").get("/notices?limit=200").await.ok().to_string();
    assert!(!whole.contains(&code) && !whole.contains("evaluation-links") && !whole.contains("13900001234"), "{whole}");
    // The link to rate went with where we are reached.
    let links: Vec<String> = got.lock().expect("got").iter().map(|(_, b)| text(&b["params"]["link"]).to_owned()).filter(|l| !l.is_empty()).collect();
    assert!(!links.is_empty() && links.iter().all(|l| l.starts_with("https://jieli.example.org/api/v1/evaluation-links/")), "{links:?}");
    twice(&app).await;
    assert_eq!(send(&app, &gateways).await, 0, "once");
    // The app says where to go beside the words, not in them.
    let told = company.get("/me/messages").await.ok();
    let rating = told["items"].as_array().into_iter().flatten().find(|m| m["kind"] == "rating_open").cloned().expect("told");
    assert!(text(&rating["link"]).starts_with("/api/v1/evaluation-links/") && !text(&rating["text"]).contains("/api/"), "{rating}");
    // Where there is a page for people, a link leads there.
    company.post("/me/notice-preferences", json!({ "sms": true, "wechat": true })).await.ok();
    app.set_clock("2026-03-03T09:10:00+08:00");
    let e = submit(&app).await;
    company.post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
    twice(&app).await;
    send_to(&app, &gateways, Pages { evaluation: "https://portal.example.org/rate?token={token}".into(), ..Pages::default() }).await;
    let last = got.lock().expect("got").iter().map(|(_, b)| text(&b["params"]["link"]).to_owned()).rfind(|l| !l.is_empty()).expect("a link");
    assert!(last.starts_with("https://portal.example.org/rate?token=") && !last.contains("{token}") && last.len() > 60, "{last}");
}

/// What was rated during the quiet hours is not asked for in the morning.
async fn nobody_is_asked_for_what_was_given(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let (one, two) = (submit(&app).await, submit(&app).await);
    let (gateways, got) = gateway(vec![]);
    send(&app, &gateways).await;
    app.set_clock("2026-03-02T23:10:00+08:00");
    for e in [&one, &two] {
        company.post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
    }
    twice(&app).await;
    assert_eq!(log(&app, "kind=rating_open&state=waiting&channel=sms").await.len(), 2, "until the morning");
    company.post(&format!("/evaluations/{}/rate", text(&one["number"])), json!({ "grade": "satisfied" })).await.ok();
    app.set_clock("2026-03-03T10:00:00+08:00");
    send(&app, &gateways).await;
    let skipped = log(&app, "kind=rating_open&state=skipped&channel=sms").await;
    assert_eq!((skipped.len(), &skipped[0]["last_error"]), (1, &json!("answered")));
    let asked: Vec<String> = got.lock().expect("got").iter().map(|(_, b)| b.to_string()).filter(|b| b.contains("evaluation-links")).collect();
    assert!(asked.len() == 1 && asked[0].contains(text(&two["number"])), "{asked:?}");
}

/// My messages, oldest first: kind and text.
pub async fn mine(app: &TestApp, login: &str) -> Vec<(String, String)> {
    twice(app).await;
    let page = app.as_user(login).get("/me/messages?limit=100").await.ok();
    let mut all: Vec<_> = page["items"].as_array().into_iter().flatten().map(|m| (text(&m["kind"]).to_owned(), text(&m["text"]).to_owned())).collect();
    assert!(all.iter().all(|(_, said)| !said.contains('{')), "{all:?}");
    all.reverse();
    all
}

pub fn kinds(all: &[(String, String)]) -> Vec<&str> {
    all.iter().map(|(kind, _)| kind.as_str()).collect()
}

async fn whoever_asked_or_booked_hears_of_it(app: TestApp) {
    let (company, clerk, manager) = (app.as_user("ent_rudong"), app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let question = json!({ "channel": "online", "center": "320623000000", "subject": "供水报装需要哪些材料", "question": "需要准备哪些材料？" });
    let asked = company.post("/consultations", question.clone()).await.created();
    let number = text(&asked["number"]).to_owned();
    let path = format!("/consultations/{number}");
    assert_eq!(kinds(&mine(&app, "ent_rudong").await), ["consultation_received"]);
    clerk.post(&format!("{path}/answer"), json!({ "answer": "申请表和营业执照。" })).await.ok();
    company.post(&format!("{path}/close"), json!({})).await.ok();
    let told = mine(&app, "ent_rudong").await;
    assert_eq!(kinds(&told), ["consultation_received", "consultation_answered", "rating_open"]);
    // By the number under which it was asked, the invitation to rate as well.
    assert!(told.iter().all(|(_, said)| said.contains(&number)), "{told:?}");
    assert!(!told[1].1.contains("营业执照"), "what people wrote is read in the record");
    // Who has the answer in hand hears of nothing but the rating.
    let on_the_spot = json!({ "channel": "phone", "center": "320623000000", "subject": "上班时间", "question": "周六上班吗？", "answer": "周六上午照常。",
        "contact": { "name": "联系人甲", "phone": "13900007777" } });
    clerk.post("/consultations", on_the_spot).await.created();
    // A question that waits for its answer: by text message, to who left a telephone.
    let by_phone = json!({ "channel": "phone", "center": "320623000000", "subject": "办理地点", "question": "在哪里办理？", "confidential": true,
        "contact": { "name": "联系人乙", "phone": "13900008888" } });
    clerk.post("/consultations", by_phone).await.created();
    twice(&app).await;
    let log = log(&app, "channel=sms").await;
    let sent = |phone: &str| log.iter().filter(|n| n["recipient_phone"] == phone).map(|n| text(&n["kind"]).to_owned()).collect::<Vec<_>>();
    assert_eq!((sent("139****7777"), sent("139****8888")), (vec!["rating_open".to_owned()], vec!["consultation_received".to_owned()]));
    assert!(log.iter().all(|n| n["recipient_phone"] != "139****8888" || n.get("recipient_name").is_none()), "asked in confidence");

    // Bookings: made, a day before, and called off by the window.
    let hours = |closed: Value| {
        json!({ "kind": "general_assistance", "name": "综合帮办 1 号窗口", "hours": { "days_ahead": 60, "closures": closed,
            "openings": [{ "days": ["workday"], "from": "09:00", "to": "12:00", "minutes": 60, "capacity": 3 }] } })
    };
    let window = text(&manager.post("/centers/320623000000/windows", hours(json!([]))).await.created()["id"]).to_owned();
    let book = |start: &str| json!({ "window_id": window, "start": start, "contact": { "name": "来访人甲", "phone": "13900001234" } });
    let first = company.post("/appointments", book("2026-03-04T09:00:00+08:00")).await.created();
    let second = company.post("/appointments", book("2026-03-05T10:00:00+08:00")).await.created();
    app.set_clock("2026-03-03T09:30:00+08:00");
    let edit = hours(json!([{ "date": "2026-03-05", "reason": "停电" }]));
    app.tick().await;
    let at = format!("/windows/{window}");
    let etag = manager.get(&at).await.expect(200).header("etag").to_owned();
    manager.put_with(&at, &[("if-match", &etag)], edit).await.ok();
    let told = mine(&app, "ent_rudong").await.split_off(3);
    assert_eq!(kinds(&told), ["appointment_booked", "appointment_booked", "appointment_reminder", "appointment_cancelled"], "{told:?}");
    assert!(told[0].1.contains("3月4日09:00") && told[0].1.contains(text(&first["number"])), "{told:?}");
    assert!(told[2].1.contains("3月4日09:00"), "{told:?}");
    assert!(told[3].1.contains("停电") && told[3].1.contains("3月5日10:00") && told[3].1.contains(text(&second["number"])), "{told:?}");

    // A visit that is arranged, and one that nobody makes.
    let visit = json!({ "center": "320623000000", "reason": "special_group", "contact": { "name": "家属甲", "phone": "13900004444" }, "address": "如东县掘港街道人民路 1 号", "request": "行动不便" });
    let citizen = app.as_user("citizen_wang");
    let path = format!("/home-visits/{}", text(&citizen.post("/home-visits", visit).await.created()["id"]));
    let plan = json!({ "start": "2026-03-06T14:00:00+08:00", "end": "2026-03-06T15:00:00+08:00", "visitor_ids": [crate::support::user_id("rd_agent")] });
    clerk.post(&format!("{path}/arrange"), plan).await.ok();
    clerk.post(&format!("{path}/cancel"), json!({ "reason": "道路施工" })).await.ok();
    let told = mine(&app, "citizen_wang").await;
    assert_eq!(kinds(&told), ["visit_arranged", "visit_cancelled"]);
    assert!(told[0].1.contains("3月6日14:00") && told[1].1.contains("已取消"), "{told:?}");
}

async fn an_end_is_told_to_whom_it_concerns(app: TestApp) {
    let mut body = water_application();
    (body["center"], body["mode"]) = ("320623000000".into(), "assisted".into());
    let path = format!("/entrustments/{}", text(&app.as_user("ent_rudong").post("/entrustments", body).await.created()["id"]));
    let mut acceptance = crate::support::accepted();
    acceptance["assignee_id"] = json!(crate::support::user_id("rd_agent"));
    app.as_user("rd_clerk").post(&format!("{path}/accept"), acceptance).await.ok();
    let (company, agent) = (app.as_user("ent_rudong"), app.as_user("rd_agent"));
    let ask = json!({ "reason": "conditions_not_met", "note": "条件不具备" });
    agent.post(&format!("{path}/request-termination"), ask.clone()).await.ok();
    agent.post(&format!("{path}/cancel-termination"), json!({})).await.ok();
    agent.post(&format!("{path}/request-termination"), ask).await.ok();
    agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok();
    company.post(&format!("{path}/sign-termination"), json!({})).await.ok();
    let told = mine(&app, "ent_rudong").await;
    let after = ["termination_to_sign", "matter_resumed", "termination_to_sign", "matter_terminated", "rating_open"];
    assert_eq!(kinds(&told), [&["matter_received", "matter_accepted"][..], &after[..]].concat(), "{told:?}");
}
