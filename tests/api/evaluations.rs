//! 好差评, whole: of matters, tickets and service occasions; by object; with its reminder, its default, and a
//! guard that hides nothing.

use futures_util::future::join_all;
use jieli::{settings, statistics};
use serde_json::{Value, json};

use crate::support::{Caller, TestApp, center_id, on_both_engines, text, user_id};

on_both_engines!(
    a_ticket_that_ended_is_rated_once,
    one_service_is_rated_once,
    many_at_once_make_one,
    a_client_sees_its_own,
    each_object_has_its_own_grade,
    reminded_once_and_expired,
    defaults_are_kept_apart,
    suspect_and_counted,
    lists_are_filtered,
    who_is_rated_reads_no_anonymous_words,
    links_are_the_applicants,
    whoever_is_rated_holds_no_link,
);

pub const AT: &str = "/service-occasions";

pub fn service(no: &str) -> Value {
    json!({ "service_no": no, "kind": "counter", "contact": { "name": "联系人乙", "phone": "13900005678" } })
}

/// An occasion at 如东's counter, served by `rd_agent`; answers it with its link.
pub async fn opened(app: &TestApp, no: &str) -> Value {
    let mut body = service(no);
    body["staff_id"] = json!(user_id("rd_agent"));
    app.as_user("rd_clerk").post(AT, body).await.created()
}

pub async fn evaluation(caller: &Caller<'_>, occasion: &Value) -> Value {
    caller.get(&format!("/evaluations/{}", text(&occasion["evaluation_id"]))).await.ok()
}

pub fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().cloned().unwrap_or_default()
}

/// A machine client with a token.
pub async fn client<'a>(app: &'a TestApp, name: &'static str, kind: &'static str) -> Caller<'a> {
    app.new_client(name, kind, None).await.1
}

pub async fn set(app: &TestApp, name: &'static str, value: Value) {
    app.db.commit(move |tx| settings::set(tx, settings::EVERYWHERE, name, &value)).await.expect("setting");
}

/// A ticket left at the counter by somebody without an account, settled on the spot; answers its path.
pub async fn ticket(app: &TestApp, phone: &str) -> String {
    let clerk = app.as_user("rd_clerk");
    let content = json!({ "title": "无处补录", "situation": "多个窗口答复不属于本部门受理", "category": "emerging_field" });
    let body = json!({ "channel": "window", "content": content, "contact": { "name": "反映人甲", "phone": phone }, "settlement": { "settlement": "协调窗口当场补录" } });
    format!("/fallback-tickets/{}", text(&clerk.post("/fallback-tickets", body).await.created()["number"]))
}

async fn a_ticket_that_ended_is_rated_once(app: TestApp) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let path = ticket(&app, "13900006001").await;
    let number = path.rsplit('/').next().unwrap_or_default().to_owned();
    let progress = format!("/progress/{number}/evaluation?phone_last4=6001");
    app.stranger().get(&progress).await.expect(404);
    let said = |satisfied: bool| json!({ "satisfied": satisfied, "way": "phone", "evidence": "录音 1", "words": "说明" });
    clerk.post(&format!("{path}/feedback"), said(true)).await.ok();
    let e = clerk.get(&format!("/evaluations/{number}")).await.ok();
    assert_eq!((&e["record_kind"], &e["state"], e.get("entrustment_id")), (&json!("fallback_ticket"), &json!("open"), None));
    assert!(!e.to_string().contains("无处补录"), "the title is people's own words");
    // Whoever asked finds the link by number and telephone, and nobody else does.
    app.stranger().get(&format!("/progress/{number}/evaluation?phone_last4=0000")).await.expect(404);
    let link = app.stranger().get(&progress).await.ok();
    app.stranger().post(text(&link["link"]), json!({ "grade": "dissatisfied", "comment": "等了三个月才有人管" })).await.ok();
    app.stranger().get(&progress).await.expect(404);
    let e = manager.get(&format!("/evaluations/{number}")).await.ok();
    let f = manager.get(&format!("/follow-ups/{}", text(&e["follow_up_id"]))).await.ok();
    assert_eq!((&f["record_kind"], &f["record_id"], &f["record_number"]), (&json!("fallback_ticket"), &e["record_id"], &json!(number)));
    assert_eq!((f.get("entrustment_id"), f.get("entrustment_number"), &f["comment"]), (None, None, &json!("等了三个月才有人管")));
    let listed = manager.get("/follow-ups?record_kind=fallback_ticket").await.ok();
    assert_eq!(items(&listed).len(), 1);
    let work = manager.get("/me/worklist?kind=follow_up").await.ok();
    assert!(work.to_string().contains("“办不成事”反映"), "{work}");
    // Opened again after a return visit, and cleared again, it keeps its first.
    let unsolved = json!({ "way": "phone", "responded": true, "resolved": false, "satisfied": false, "words": "仍未补录", "evidence": "录音 3" });
    app.as_user("city_reform").post("/return-visits", json!({ "ticket": number, "result": unsolved })).await.created();
    clerk.post(&format!("{path}/triage"), json!({ "tier": "general" })).await.ok();
    clerk.post(&format!("{path}/settle"), json!({ "settlement": "已补录" })).await.ok();
    clerk.post(&format!("{path}/ask-feedback"), json!({})).await.ok();
    assert_eq!(clerk.post(&format!("{path}/feedback"), said(true)).await.ok()["state"], "cleared");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE record_kind = 'fallback_ticket' AND round = 1").await, 1);
    // What is withdrawn is rated too; what was merged is not.
    let content = json!({ "title": "无处补录", "situation": "多个窗口答复不属于本部门受理", "category": "emerging_field" });
    let fresh = json!({ "channel": "window", "content": content, "contact": { "name": "反映人乙", "phone": "13900006002" } });
    let (one, other) = (clerk.post("/fallback-tickets", fresh.clone()).await.created(), clerk.post("/fallback-tickets", fresh).await.created());
    let merge = json!({ "into": other["number"], "reason": "同一问题" });
    clerk.post(&format!("/fallback-tickets/{}/merge", text(&one["number"])), merge).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE record_kind = 'fallback_ticket'").await, 1);
    let third = ticket(&app, "13900006004").await;
    let signed = json!({ "reason": "已自行解决", "signature": { "method": "handwritten", "evidence": "撤回单 1" } });
    clerk.post(&format!("{third}/withdraw"), signed).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE record_kind = 'fallback_ticket'").await, 2);
    // The figures know it.
    app.tick().await;
    let found = app.db.read(statistics::checking::verify).await.expect("recounted");
    assert_eq!((found.differences, found.waiting), (0, 0), "{:#?}", found.told);
}

async fn one_service_is_rated_once(app: TestApp) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let first = opened(&app, "A001-0302").await;
    assert_eq!((&first["kind_label"], &first["evaluation_state"], &first["contact_phone"]), (&json!("窗口办理"), &json!("open"), &json!("13900005678")));
    assert!(text(&first["number"]).starts_with("FW-320623-"));
    // The same again is the same; other content is refused; another center numbers for itself.
    let mut again = service("A001-0302");
    again["staff_id"] = json!(user_id("rd_agent"));
    assert_eq!(clerk.post(AT, again).await.expect(200).body["id"], first["id"]);
    let mut other = service("A001-0302");
    other["kind"] = json!("consultation");
    assert_eq!(clerk.post(AT, other).await.problem(409), "conflict");
    let elsewhere = app.as_user("cc_clerk").post(AT, service("A001-0302")).await.created();
    assert_ne!(elsewhere["id"], first["id"]);
    assert_eq!(clerk.get(&format!("{AT}/A001-0302")).await.ok()["id"], first["id"], "each finds its own");
    app.as_user("cc_clerk").get(&format!("{AT}/{}", text(&first["number"]))).await.expect(404);
    // Masked for who leads, without the link for whoever reads later.
    let seen = manager.get(&format!("{AT}/{}", text(&first["number"]))).await.ok();
    assert_eq!((&seen["contact_phone"], seen.get("link"), seen.get("receipt_code")), (&json!("139****5678"), None, None));
    assert!(!seen.to_string().contains("联系人乙"));
    app.as_user("ent_rudong").post(AT, service("X1")).await.expect(403);
    clerk.post(AT, json!({ "service_no": "X1", "kind": "counter", "center": "320600000000" })).await.expect(403);
    let late = clerk.post(AT, json!({ "service_no": "X1", "kind": "counter", "served_at": "2026-01-02T09:00:00+08:00" })).await.expect(422);
    assert_eq!(late.body["errors"][0]["pointer"], "/served_at");
    let stray = json!({ "service_no": "X1", "kind": "counter", "staff_id": user_id("cc_clerk") });
    assert_eq!(clerk.post(AT, stray).await.expect(422).body["errors"][0]["pointer"], "/staff_id");
    // Two ratings of one link: one wins.
    let link = text(&first["link"]).to_owned();
    let stranger = app.stranger();
    let replies = join_all(["satisfied", "dissatisfied"].map(|grade| stranger.post(&link, json!({ "grade": grade })))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let listed = clerk.get(&format!("{AT}?state=rated&kind=counter&center_id={}", center_id("320623000000"))).await.ok();
    assert_eq!(items(&listed).iter().map(|o| o["id"].clone()).collect::<Vec<_>>(), [first["id"].clone()]);
    let by = clerk.get(&format!("{AT}?staff_id={}&served_at[gte]=2026-03-02", user_id("rd_agent"))).await.ok();
    assert_eq!(items(&by).len(), 1);
}

async fn many_at_once_make_one(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let replies = join_all((0..10).map(|_| clerk.post(AT, service("RACE-1")))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[..9].iter().all(|s| *s == 200), statuses[9]), (true, 201), "{statuses:?}");
    assert!(replies.iter().all(|r| r.body["id"] == replies[0].body["id"]));
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM service_occasions WHERE service_no = 'RACE-1'").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE record_kind = 'service_occasion' AND title = '窗口办理'").await, 1);
}

async fn a_client_sees_its_own(app: TestApp) {
    let (portal, other) = (client(&app, "portal-1", "portal").await, client(&app, "portal-2", "portal").await);
    let mut body = service("ONLINE-1");
    body["center"] = json!("320623000000");
    body["kind"] = json!("consultation");
    let own = portal.post(AT, body.clone()).await.created();
    assert!(own["link"].is_string());
    // Clients number for themselves.
    assert_ne!(other.post(AT, body.clone()).await.created()["id"], own["id"]);
    assert_eq!(portal.get(&format!("{AT}/ONLINE-1")).await.ok()["id"], own["id"]);
    other.get(&format!("{AT}/{}", text(&own["id"]))).await.expect(404);
    assert_eq!(items(&portal.get(AT).await.ok()).len(), 1);
    let mut nowhere = body;
    nowhere["service_no"] = json!("ONLINE-2");
    nowhere.as_object_mut().expect("object").remove("center");
    assert_eq!(portal.post(AT, nowhere).await.expect(422).body["errors"][0]["pointer"], "/center");
    let e = portal.get(&format!("/evaluations/{}", text(&own["evaluation_id"]))).await.ok();
    assert_eq!((&e["allowed_actions"], e.get("link")), (&json!([]), None));
    portal.post(&format!("/evaluations/{}/record", text(&e["id"])), json!({ "rating": { "grade": "satisfied" }, "called": "本人" })).await.expect(403);
}

async fn each_object_has_its_own_grade(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let occasion = opened(&app, "OBJ-1").await;
    let link = text(&occasion["link"]).to_owned();
    let shown = app.stranger().get(&link).await.ok();
    assert_eq!((&shown["record_kind"], &shown["rates_staff"]), (&json!("service_occasion"), &json!(true)));
    let rating = |objects: Value| json!({ "grade": "satisfied", "objects": objects });
    let refused = [
        (json!([{ "object": "platform", "grade": "satisfied" }, { "object": "platform", "grade": "satisfied" }]), "/objects/1/object"),
        (
            json!([{ "object": "staff", "grade": "satisfied" }, { "object": "platform", "grade": "satisfied", "dimensions": ["attitude"] }]),
            "/objects/1/dimensions/0",
        ),
        (json!([{ "object": "institution", "grade": "dissatisfied" }]), "/objects/0/grade"),
    ];
    for (objects, pointer) in refused {
        let reply = app.stranger().post(&link, rating(objects)).await.expect(422);
        assert_eq!(reply.body["errors"][0]["pointer"], pointer);
    }
    let mut own = rating(json!([]));
    own["own_tags"] = json!(["太好了", "这一个自填的标签实在是太长太长太长太长太长了"]);
    assert_eq!(app.stranger().post(&link, own).await.expect(422).body["errors"][0]["pointer"], "/own_tags/1");
    let whole = json!({
        "grade": "satisfied", "dimensions": ["efficiency", "attitude"], "tags": ["done_at_once"], "own_tags": ["窗口敞亮"], "comment": "很快",
        "objects": [
            { "object": "institution", "grade": "satisfied", "dimensions": ["process"] },
            { "object": "platform", "grade": "very_satisfied", "dimensions": ["convenience"], "tags": ["easy_online"] },
            { "object": "staff", "grade": "dissatisfied", "dimensions": ["attitude"], "tags": ["cold_staff"] },
        ],
    });
    app.stranger().post(&link, whole).await.ok();
    let e = evaluation(&manager, &occasion).await;
    assert_eq!((&e["grade"], &e["tags"], &e["own_tags"]), (&json!("satisfied"), &json!(["done_at_once"]), &json!(["窗口敞亮"])));
    assert_eq!((&e["objects"][2]["grade"], &e["objects"][1]["tags"]), (&json!("dissatisfied"), &json!(["easy_online"])));
    // A bad grade of the person alone is followed up too.
    let f = manager.get(&format!("/follow-ups/{}", text(&e["follow_up_id"]))).await.ok();
    assert_eq!(f["grade"], "dissatisfied");
    // Nobody is rated who did not serve.
    let mut nobody = service("OBJ-2");
    nobody["center"] = json!("320623000000");
    let unknown = client(&app, "portal-1", "portal").await.post(AT, nobody).await.created();
    let reply = app.stranger().post(text(&unknown["link"]), rating(json!([{ "object": "staff", "grade": "satisfied" }]))).await.expect(422);
    assert_eq!(reply.body["errors"][0]["code"], "nobody");
    // A grade belongs only to the object rated.
    app.set_clock("2026-03-03T09:30:00+08:00");
    app.tick().await;
    app.tick().await;
    let figures = manager.get("/statistics?from=2026-03-02&to=2026-03-03").await.ok();
    let of = |indicator: &str| {
        let all = figures["figures"].as_array().expect("figures").iter();
        let f = all.clone().find(|f| f["indicator"] == indicator).cloned().unwrap_or_default();
        (f["numerator"].as_i64(), f["denominator"].as_i64())
    };
    assert_eq!(of("satisfaction_rate"), (Some(1), Some(1)));
    assert_eq!(of("platform_satisfaction_rate"), (Some(1), Some(1)));
    assert_eq!(of("staff_satisfaction_rate"), (Some(0), Some(1)));
    let found = app.db.read(statistics::checking::verify).await.expect("recounted");
    assert_eq!((found.differences, found.waiting), (0, 0), "{:#?}", found.told);
}

async fn reminded_once_and_expired(app: TestApp) {
    let occasion = opened(&app, "REM-1").await;
    let reminded = "SELECT COUNT(*) AS value FROM events WHERE kind = 'evaluation.reminded'";
    // 15 natural days from 2 March: due at the close of 17 March; three working days before is the 12th.
    assert!(text(&occasion["due_at"]).starts_with("2026-03-17"), "{}", occasion["due_at"]);
    app.set_clock("2026-03-11T17:00:00+08:00");
    app.tick().await;
    assert_eq!(app.count(reminded).await, 0);
    app.set_clock("2026-03-12T09:01:00+08:00");
    app.tick().await;
    app.tick().await;
    assert_eq!(app.count(reminded).await, 1);
    app.set_clock("2026-03-18T09:00:00+08:00");
    app.tick().await;
    let e = evaluation(&app.as_user("rd_clerk"), &occasion).await;
    assert_eq!((&e["state"], &e["is_default"], e.get("grade")), (&json!("expired"), &json!(false), None));
    assert_eq!(app.count(reminded).await, 1);
    assert_eq!(app.as_user("rd_clerk").get(&format!("{AT}?state=expired")).await.ok()["items"][0]["id"], occasion["id"]);
    app.stranger().post(text(&occasion["link"]), json!({ "grade": "satisfied" })).await.expect(409);
    // None is wanted, none comes.
    set(&app, "evaluation_reminder", json!(0)).await;
    opened(&app, "REM-2").await;
    app.set_clock("2026-04-01T09:00:00+08:00");
    app.tick().await;
    assert_eq!(app.count(reminded).await, 1);
}

async fn defaults_are_kept_apart(app: TestApp) {
    set(&app, "default_rating", json!(true)).await;
    let (silent, said) = (opened(&app, "DEF-1").await, opened(&app, "DEF-2").await);
    app.stranger().post(text(&said["link"]), json!({ "grade": "dissatisfied" })).await.ok();
    app.set_clock("2026-03-18T09:00:00+08:00");
    app.tick().await;
    let manager = app.as_user("rd_manager");
    let e = evaluation(&manager, &silent).await;
    assert_eq!((&e["state"], &e["grade"], &e["channel"], &e["is_default"]), (&json!("rated"), &json!("satisfied"), &json!("system_default"), &json!(true)));
    let listed = manager.get("/evaluations?is_default=true").await.ok();
    assert_eq!(items(&listed).iter().map(|e| e["id"].clone()).collect::<Vec<_>>(), [e["id"].clone()]);
    app.set_clock("2026-03-19T09:00:00+08:00");
    app.tick().await;
    let figures = manager.get("/statistics?from=2026-03-02&to=2026-03-19").await.ok();
    let of = |indicator: &str, part: &str| {
        let all = figures["figures"].as_array().expect("figures").iter();
        all.clone().find(|f| f["indicator"] == indicator).and_then(|f| f[part].as_i64())
    };
    assert_eq!((of("satisfaction_rate", "numerator"), of("satisfaction_rate", "denominator")), (Some(0), Some(1)));
    assert_eq!(of("default_ratings", "numerator"), Some(1));
    assert_eq!((of("participation_rate", "numerator"), of("participation_rate", "denominator")), (Some(1), Some(2)));
}

async fn suspect_and_counted(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let words = "态度极差一无是处";
    let mut last = Value::Null;
    for n in 0..4 {
        last = opened(&app, &format!("BAD-{n}")).await;
        app.stranger().post(text(&last["link"]), json!({ "grade": "very_dissatisfied", "comment": words, "is_named": n == 3 })).await.ok();
    }
    let e = evaluation(&manager, &last).await;
    assert_eq!((&e["is_suspect"], &e["suspicions"]), (&json!(true), &json!(["many_bad", "same_words"])));
    // Three by the same telephone are not yet many; three in the same words are the same words.
    let suspect = items(&manager.get("/evaluations?suspect=true").await.ok());
    assert_eq!(suspect.len(), 2, "{suspect:?}");
    assert!(items(&manager.get("/evaluations?suspect=false&is_bad=true").await.ok()).len() >= 2);
    // The rated person is not told, and nothing is hidden or uncounted.
    let own = evaluation(&app.as_user("rd_agent"), &last).await;
    assert_eq!((own.get("is_suspect"), own.get("suspicions"), &own["grade"]), (None, None, &json!("very_dissatisfied")));
    assert_eq!(items(&app.as_user("rd_agent").get("/evaluations?suspect=true").await.ok()).len(), 0);
    app.set_clock("2026-03-03T09:30:00+08:00");
    app.tick().await;
    let figures = manager.get("/statistics?from=2026-03-02&to=2026-03-03").await.ok();
    let bad = figures["figures"].as_array().expect("figures").iter().find(|f| f["indicator"] == "bad_ratings").cloned().unwrap_or_default();
    assert_eq!(bad["numerator"], 4);
    // A flood at one center within an hour, by whoever.
    set(&app, "suspect_hourly", json!(2)).await;
    for n in 0..3 {
        let mut body = service(&format!("FLOOD-{n}"));
        body["contact"]["phone"] = json!(format!("1390001000{n}"));
        body["staff_id"] = json!(user_id("rd_agent"));
        last = app.as_user("rd_clerk").post(AT, body).await.created();
        app.stranger().post(text(&last["link"]), json!({ "grade": "dissatisfied" })).await.ok();
    }
    assert_eq!(evaluation(&manager, &last).await["suspicions"], json!(["flood"]));
}

async fn lists_are_filtered(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let made: Vec<Value> = join_all(["L-1", "L-2", "L-3"].map(|no| opened(&app, no))).await;
    // Rated in another order than opened.
    for (at, (n, grade)) in [(2, "dissatisfied"), (0, "satisfied"), (1, "very_satisfied")].into_iter().enumerate() {
        app.set_clock(&format!("2026-03-0{}T09:30:00+08:00", 3 + at));
        let rating = json!({ "grade": grade, "channel": if n == 0 { "pc" } else { "qr_code" } });
        app.stranger().post(text(&made[n]["link"]), rating).await.ok();
    }
    let ids = |q: String| {
        let manager = &manager;
        async move { items(&manager.get(&format!("/evaluations?record_kind=service_occasion{q}")).await.ok()).iter().map(|e| e["id"].clone()).collect::<Vec<_>>() }
    };
    let id = |n: usize| made[n]["evaluation_id"].clone();
    assert_eq!(ids("&sort=rated_at".into()).await, [id(2), id(0), id(1)]);
    assert_eq!(ids("&sort=-rated_at".into()).await, [id(1), id(0), id(2)]);
    assert_eq!(ids("&is_bad=true".into()).await, [id(2)]);
    assert_eq!(ids("&grade=satisfied&grade=dissatisfied&sort=rated_at".into()).await, [id(2), id(0)]);
    assert_eq!(ids("&channel=pc".into()).await, [id(0)]);
    assert_eq!(ids("&rated_at[gte]=2026-03-04&rated_at[lt]=2026-03-05".into()).await, [id(0)]);
    assert_eq!(ids(format!("&staff_id={}&sort=-rated_at", user_id("rd_agent"))).await, [id(1), id(0), id(2)]);
    assert_eq!(ids(format!("&center_id={}", center_id("320600000000"))).await, Vec::<Value>::new());
    assert_eq!(ids("&is_excluded=true".into()).await, Vec::<Value>::new());
    // Page by page in the order of rating.
    let page = manager.get("/evaluations?record_kind=service_occasion&sort=rated_at&limit=2").await.ok();
    let next = manager.get(&format!("/evaluations?record_kind=service_occasion&sort=rated_at&limit=2&cursor={}", text(&page["next_cursor"]))).await.ok();
    let all: Vec<Value> = items(&page).iter().chain(&items(&next)).map(|e| e["id"].clone()).collect();
    assert_eq!(all, [id(2), id(0), id(1)]);
    let expanded = manager.get("/evaluations?record_kind=service_occasion&expand=center,entrustment&limit=1").await.ok();
    assert_eq!(expanded["items"][0]["center"]["id"], json!(center_id("320623000000")));
    // An applicant does not ask whom they rated.
    let own = app.as_user("ent_rudong").get(&format!("/evaluations?staff_id={}", user_id("rd_agent"))).await.ok();
    assert_eq!(items(&own), Vec::<Value>::new());
}

async fn who_is_rated_reads_no_anonymous_words(app: TestApp) {
    let (agent, manager) = (app.as_user("rd_agent"), app.as_user("rd_manager"));
    let (hidden, named) = (opened(&app, "ANON-1").await, opened(&app, "ANON-2").await);
    let rating = |named: bool| json!({ "grade": "satisfied", "comment": "办得不错", "own_tags": ["窗口敞亮"], "is_named": named });
    app.stranger().post(text(&hidden["link"]), rating(false)).await.ok();
    app.stranger().post(text(&named["link"]), rating(true)).await.ok();
    // A number that leads to somebody is nobody's to read who does not see the rest of them.
    let third = opened(&app, "ANON-3").await;
    let words = json!({ "grade": "dissatisfied", "comment": "排队太久，请回电 139 0000 1234", "own_tags": ["微信13900001234"] });
    app.stranger().post(text(&third["link"]), words).await.ok();
    let shown = evaluation(&manager, &third).await;
    assert_eq!(shown["comment"], "排队太久，请回电 [手机号]", "{shown}");
    assert!(!shown.to_string().contains("13900001234"));
    agent.get(&format!("/evaluations/{}", text(&hidden["evaluation_id"]))).await.expect(404);
    let own = evaluation(&agent, &named).await;
    assert_eq!((&own["grade"], own.get("comment"), own.get("own_tags")), (&json!("satisfied"), None, None), "words are the leader's to read");
    assert_eq!(evaluation(&manager, &hidden).await["comment"], "办得不错");
    // Nobody is told whom it was by the evaluation.
    for (who, which) in [(&agent, &named), (&manager, &hidden)] {
        let shown = evaluation(who, which).await.to_string();
        assert!(!shown.contains("13900005678") && !shown.contains("联系人乙"));
    }
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE rating LIKE '%办得不错%' OR rating LIKE '%窗口敞亮%'").await, 0);
}

/// Whoever has served does not rate in the place of whoever was served; without a contact nobody can say who it was.
async fn links_are_the_applicants(app: TestApp) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let occasion = clerk.post(AT, json!({ "service_no": "SELF-1", "kind": "counter", "staff_id": user_id("rd_agent") })).await.created();
    let link = text(&occasion["link"]).to_owned();
    let praise = json!({ "grade": "very_satisfied" });
    let refused = clerk.post(&link, praise.clone()).await;
    assert_eq!(refused.clone().problem(403), "forbidden");
    assert!(refused.text.contains("申请人本人"), "{}", refused.text);
    manager.post(&link, praise.clone()).await.expect(403);
    app.stranger().post(&link, praise).await.ok();
    let shown = evaluation(&manager, &occasion).await;
    assert_eq!((&shown["is_suspect"], &shown["suspicions"]), (&json!(true), &json!(["unproven"])));
    // A bad grade of somebody who left no contact is handled, and nobody can be told.
    let bad = clerk.post(AT, json!({ "service_no": "SELF-2", "kind": "counter", "staff_id": user_id("rd_agent") })).await.created();
    // Who gave no contact gave no name, whatever was ticked; nobody is asked to call nobody.
    app.stranger().post(text(&bad["link"]), json!({ "grade": "dissatisfied", "is_named": true })).await.ok();
    assert_eq!(evaluation(&manager, &bad).await["is_named"], json!(false));
    let path = format!("/follow-ups/{}", text(&evaluation(&manager, &bad).await["follow_up_id"]));
    manager.post(&format!("{path}/verify"), json!({ "verdict": "unverifiable", "words": "没有留联系方式" })).await.ok();
    manager.post(&format!("{path}/explain"), json!({ "words": "已在大厅公示改进情况" })).await.ok();
    let closed = manager.post(&format!("{path}/tell"), json!({ "words": "没有留联系方式，无从反馈" })).await.ok();
    assert_eq!((&closed["state"], closed.get("second_evaluation_id")), (&json!("closed"), None), "{closed}");
    // Whoever left a telephone is told.
    let named = opened(&app, "SELF-3").await;
    app.stranger().post(text(&named["link"]), json!({ "grade": "dissatisfied" })).await.ok();
    let path = format!("/follow-ups/{}", text(&evaluation(&manager, &named).await["follow_up_id"]));
    manager.post(&format!("{path}/verify"), json!({ "verdict": "unverifiable", "words": "未联系上" })).await.ok();
    manager.post(&format!("{path}/explain"), json!({ "words": "已说明" })).await.ok();
    let untold = manager.post(&format!("{path}/tell"), json!({ "words": "不再反馈" })).await.expect(422);
    assert_eq!(untold.body["errors"][0]["pointer"], "/way");
}

/// Who opens what they are rated by hands nothing on; who was served has the poster and the text message, which are not the staff's.
async fn whoever_is_rated_holds_no_link(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let own = clerk.post(AT, service("OWN-1")).await.created();
    assert_eq!((&own["staff_id"], own.get("link"), own.get("receipt_code")), (&json!(user_id("rd_clerk")), None, None), "{own}");
    let again = clerk.post(AT, service("OWN-1")).await.expect(200).body;
    assert_eq!((again.get("link"), again.get("receipt_code")), (None, None));
    let claim = json!({ "service_no": "OWN-1", "phone_last4": "5678" });
    let number = text(&own["number"]).to_owned();
    for who in [&clerk, &app.as_user("rd_manager")] {
        assert_eq!(who.post("/rating-posters/320623000000", claim.clone()).await.problem(403), "forbidden");
        assert_eq!(who.get(&format!("/progress/{number}/evaluation?phone_last4=5678")).await.problem(403), "forbidden");
        assert_eq!(who.post(&format!("/progress/{number}/evaluation-code"), json!({ "phone_last4": "5678" })).await.problem(403), "forbidden");
    }
    // An applicant is no staff, and neither is who has no account.
    app.as_user("ent_rudong").post("/rating-posters/320623000000", claim.clone()).await.ok();
    let link = app.stranger().post("/rating-posters/320623000000", claim).await.ok();
    app.stranger().post(text(&link["link"]), json!({ "grade": "satisfied", "is_named": true })).await.ok();
    assert_eq!(evaluation(&app.as_user("rd_manager"), &own).await["is_named"], json!(false), "got by number: who it was is not proved");
}
