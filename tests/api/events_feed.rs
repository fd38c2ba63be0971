//! The feed of events: each reader's own part, in order, resumed without a gap, without personal data.

use actix_web::{body::MessageBody as _, http::Method};
use serde_json::{Value, json};

use crate::{
    support::{Caller, TestApp, accepted_matter, helped_matter, on_both_engines, text, water_application},
    webhooks::client,
};

on_both_engines!(
    it_resumes_without_a_gap,
    everybody_reads_their_own_part,
    what_is_pulled_is_thin,
    drafts_are_told_to_who_reads_them,
    it_is_watched_live_and_resumed,
    a_stream_outlives_a_busy_database,
    a_question_waits_for_an_answer,
    events_without_a_place_wait,
);

async fn placed(app: &TestApp) {
    while app.db.commit(|tx| jieli::events::store::sequence(tx, 500)).await.expect("positions") > 0 {}
}

fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().cloned().unwrap_or_default()
}

/// What the harness has published lies before what a test does.
async fn begin(app: &TestApp) -> i64 {
    placed(app).await;
    app.count("SELECT MAX(position) AS value FROM events").await
}

async fn all(who: &Caller<'_>, from: i64, query: &str) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), json!(from));
    loop {
        let page = who.get(&format!("/events?after={after}{query}")).await.ok();
        found.extend(items(&page));
        after = page["next_after"].clone();
        if page["has_more"] == false {
            return found;
        }
    }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|e| text(&e["type"]).trim_start_matches("cn.jieli.")).collect()
}

fn subjects(events: &[Value]) -> std::collections::BTreeSet<&str> {
    events.iter().map(|e| text(&e["subject"])).collect()
}

async fn it_resumes_without_a_gap(app: TestApp) {
    let from = begin(&app).await;
    let clerk = app.as_user("rd_clerk");
    let first = helped_matter(&app).await;
    placed(&app).await;
    let own = all(&clerk, from, &format!("&record={first}&limit=2")).await;
    assert_eq!((kinds(&own)[0], *kinds(&own).last().expect("some")), ("entrustment.submitted", "entrustment.helped"));
    assert!(own.windows(2).all(|w| text(&w[0]["sequence"]) < text(&w[1]["sequence"])));
    let whole = clerk.get(&format!("/events?after={from}&limit=200")).await.ok();
    assert_eq!((items(&whole), &whole["has_more"]), (all(&clerk, from, "&limit=3").await, &json!(false)), "in pages as in one");
    let latest = clerk.get("/events?after=latest").await.ok();
    assert_eq!((items(&latest).len(), &latest["next_after"]), (0, &whole["next_after"]));
    let second = accepted_matter(&app, "assisted").await;
    placed(&app).await;
    let next = clerk.get(&format!("/events?after={}", latest["next_after"])).await.ok();
    assert!(!items(&next).is_empty() && items(&next).iter().all(|e| text(&e["subject"]).ends_with(&second)));
    // Filters.
    assert_eq!(kinds(&all(&clerk, from, "&types=entrustment.accepted").await), ["entrustment.accepted"; 2]);
    assert_eq!(kinds(&all(&clerk, from, "&types=cn.jieli.entrustment.accepted,entrustment.helped").await).len(), 3);
    assert_eq!(all(&clerk, from, "&record_kind=transfer").await.len(), 0);
    assert_eq!(all(&clerk, from, "&types=entrustment.*&center=320623000000").await, all(&clerk, from, "&types=entrustment.*").await);
    assert_eq!(all(&clerk, from, "&center=320613000000").await.len(), 0);
    for (bad, name) in [
        ("after=-1", "after"),
        ("after=x", "after"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("types=Entrust", "types"),
        ("types=entrustment.*,nope.*", "types"),
        ("record_kind=nope", "record_kind"),
        ("center=9", "center"),
        ("record=9", "record"),
        ("wait=21", "wait"),
        ("from=1", "from"),
    ] {
        assert_eq!(clerk.get(&format!("/events?{bad}")).await.expect(400).body["errors"][0]["parameter"], name, "{bad}");
    }
    app.stranger().get("/events").await.expect(401);
}

async fn everybody_reads_their_own_part(app: TestApp) {
    let from = begin(&app).await;
    let company = app.as_user("ent_rudong");
    let offered = text(&company.post("/entrustments", water_application()).await.created()["id"]).to_owned();
    let note = json!({ "text": "内部提醒", "audience": "staff" });
    let noted = app.as_user("city_clerk").post(&format!("/entrustments/{offered}/notes"), note).await;
    assert!(noted.status < 500);
    let offer = json!({ "to": "auto", "applicant_consent": true });
    app.as_user("city_clerk").post(&format!("/entrustments/{offered}/transfer"), offer).await.created();
    let other = accepted_matter(&app, "assisted").await;
    placed(&app).await;
    // The applicant: their own matter, and of it what is meant for them.
    let seen = all(&company, from, "").await;
    assert!(!seen.is_empty() && seen.iter().all(|e| e["audience"] != "staff"), "{seen:?}");
    assert!(subjects(&seen).iter().all(|s| !s.contains(&other)));
    let staff = all(&app.as_user("city_clerk"), from, "").await;
    assert!(staff.iter().any(|e| e["audience"] == "staff") && kinds(&staff).contains(&"transfer.offered"));
    // Somebody else's company, another county, administrators: nothing of it.
    for login in ["ent_chongchuan", "cc_clerk", "sys_admin", "aud_admin", "sec_admin", "rd_scjg"] {
        let all = all(&app.as_user(login), from, "").await;
        assert!(all.iter().all(|e| !text(&e["subject"]).starts_with("entrustment/")), "{login}: {all:?}");
    }
    // The county sees the offer, and the matter by it; the leader of the city what is below.
    assert!(kinds(&all(&app.as_user("rd_clerk"), from, "").await).contains(&"transfer.offered"));
    assert!(subjects(&all(&app.as_user("city_manager"), from, "").await).iter().any(|s| s.contains(&other)));
    // A machine: what it has made itself.
    let (portal, hotline) = (client(&app, "portal-a", "portal").await, client(&app, "12345-b", "hotline").await);
    let occasion = json!({ "service_no": "F-001", "kind": "consultation", "center": "320623000000" });
    portal.post("/service-occasions", occasion).await.created();
    placed(&app).await;
    assert_eq!(kinds(&all(&portal, from, "").await), ["evaluation.opened"]);
    assert_eq!(all(&hotline, from, "").await.len(), 0);
    // What is taken out of sight is gone from the feed.
    let last = app.as_user("rd_agent");
    assert!(subjects(&all(&last, from, "").await).iter().any(|s| s.contains(&other)));
    let agent = json!({ "assignee_id": crate::support::user_id("rd_agent2") });
    app.as_user("rd_manager").post(&format!("/entrustments/{other}/assign"), agent).await.ok();
    assert!(subjects(&all(&last, from, "").await).iter().all(|s| !s.contains(&other)));
}

async fn what_is_pulled_is_thin(app: TestApp) {
    let from = begin(&app).await;
    let published = all(&app.as_user("cc_clerk"), 0, "&types=service_item.*&limit=200").await;
    assert!(!published.is_empty() && kinds(&published).iter().all(|k| *k == "service_item.published"), "drafts are nobody's");
    helped_matter(&app).await;
    app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    placed(&app).await;
    for login in ["rd_clerk", "city_clerk", "city_manager", "ent_rudong"] {
        let told = serde_json::to_string(&all(&app.as_user(login), from, "").await).expect("JSON");
        for personal in ["联系人", "1390000", "南通柜台", "91320600MATE5T017G", "新建厂房", "政务服务中心", &crate::support::user_id("rd_agent").to_string()]
        {
            assert!(!told.contains(personal), "{login} is told {personal}");
        }
    }
}

async fn drafts_are_told_to_who_reads_them(app: TestApp) {
    let from = begin(&app).await;
    let clerk = app.as_user("rd_clerk");
    let draft = clerk.post("/precedents", json!({ "content": crate::precedents::content() })).await.created();
    placed(&app).await;
    for login in ["rd_clerk", "rd_manager", "city_reform", "city_manager", "cc_clerk", "city_clerk", "rd_scjg", "sys_admin", "aud_admin", "ent_rudong"] {
        let who = app.as_user(login);
        let told = !all(&who, from, "&types=precedent.*").await.is_empty();
        let reads = who.get(&format!("/precedents/{}/draft", text(&draft["id"]))).await.status == 200;
        assert_eq!(told, reads, "{login}");
    }
    assert!(!all(&clerk, from, "&types=precedent.drafted").await.is_empty());
}

async fn piece(body: &mut actix_web::body::BoxBody) -> String {
    let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_next(cx)).await;
    String::from_utf8(next.expect("open").expect("a piece").to_vec()).expect("text")
}

/// Pieces until there is one with data.
async fn told(body: &mut actix_web::body::BoxBody) -> String {
    loop {
        let text = piece(body).await;
        if text.contains("data: ") {
            return text;
        }
    }
}

async fn it_is_watched_live_and_resumed(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut body = app.streamed(clerk.request(Method::GET, "/events/stream?after=latest&types=entrustment.*").to_request()).await;
    let one = accepted_matter(&app, "assisted").await;
    placed(&app).await;
    let first = told(&mut body).await;
    let ids: Vec<&str> = first.lines().filter_map(|l| l.strip_prefix("id: ")).collect();
    assert!(first.contains("\"cn.jieli.entrustment.submitted\"") && first.contains(&one) && ids.len() >= 2, "{first}");
    drop(body);
    // Whoever was cut off after the first goes on with the second.
    let cut = ids[0].to_owned();
    let request = clerk.request(Method::GET, "/events/stream?types=entrustment.*").insert_header(("last-event-id", cut.clone())).to_request();
    let mut body = app.streamed(request).await;
    let again = told(&mut body).await;
    assert_eq!(again.lines().filter_map(|l| l.strip_prefix("id: ")).collect::<Vec<_>>(), ids[1..].to_vec());
    let two = helped_matter(&app).await;
    placed(&app).await;
    assert!(told(&mut body).await.contains(&two));
    // Another center is told nothing of it.
    let mut other = app
        .streamed(app.as_user("cc_clerk").request(Method::GET, "/events/stream?types=entrustment.*").insert_header(("last-event-id", cut)).to_request())
        .await;
    let quiet = piece(&mut other).await;
    assert!(quiet.starts_with(": quiet\nid: ") && !quiet.contains("data"), "{quiet}");
    let bad = clerk.request(Method::GET, "/events/stream").insert_header(("last-event-id", "x"));
    app.send(bad).await.expect(400);
    // It ends with the account.
    app.as_user("sec_admin").post(&format!("/users/{}/disable", crate::support::user_id("rd_clerk")), json!({ "reason": "测试" })).await;
}

/// While every connection is in use, nothing is asked in vain; afterwards it goes on.
async fn a_stream_outlives_a_busy_database(app: TestApp) {
    let hasty = app.hasty().await;
    let clerk = hasty.as_user("rd_clerk");
    let mut body = hasty.streamed(clerk.request(Method::GET, "/events/stream?after=latest&types=entrustment.*").to_request()).await;
    assert!(piece(&mut body).await.starts_with(": quiet"));
    let occupied = || {
        hasty.db.read(|_| {
            std::thread::sleep(std::time::Duration::from_secs(3));
            Ok(())
        })
    };
    let acts = async {
        let (one, two, ()) = futures_util::future::join3(occupied(), occupied(), async {
            accepted_matter(&app, "assisted").await;
            placed(&app).await;
        })
        .await;
        one.and(two).expect("held");
    };
    let (first, ()) = futures_util::future::join(told(&mut body), acts).await;
    assert!(first.contains("entrustment.submitted"), "{first}");
}

async fn a_question_waits_for_an_answer(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let latest = clerk.get("/events?after=latest").await.ok()["next_after"].clone();
    let began = std::time::Instant::now();
    let empty = clerk.get(&format!("/events?after={latest}&wait=1")).await.ok();
    assert!(items(&empty).is_empty() && began.elapsed().as_millis() >= 900);
    let asks = async { clerk.get(&format!("/events?after={latest}&wait=20")).await.ok() };
    let acts = async {
        accepted_matter(&app, "assisted").await;
        placed(&app).await;
    };
    let (answer, ()) = futures_util::future::join(asks, acts).await;
    assert!(!items(&answer).is_empty() && began.elapsed().as_secs() < 15, "{answer}");
}

async fn events_without_a_place_wait(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    placed(&app).await;
    let before = clerk.get("/events?after=latest").await.ok()["next_after"].clone();
    accepted_matter(&app, "assisted").await;
    let none = clerk.get(&format!("/events?after={before}")).await.ok();
    assert_eq!((items(&none).len(), &none["next_after"], &none["has_more"]), (0, &before, &json!(false)), "nothing is passed over");
    placed(&app).await;
    assert!(items(&clerk.get(&format!("/events?after={before}")).await.ok()).len() >= 2);
}
