//! Seeing: a list shows exactly the records that the caller can open, in every order and by every page size.

use serde_json::{Value, json};

use crate::support::{TestApp, counter_application, on_both_engines, text, water_application};

on_both_engines!(lists_show_what_can_be_opened, pages_are_whole_in_every_order, masking_and_reveal, synchronising);

const LOGINS: &[&str] =
    &["ent_rudong", "ent_chongchuan", "city_clerk", "cc_clerk", "rd_clerk", "yk_clerk", "rd_agent", "rd_manager", "city_manager", "city_inspector"];

async fn mixed(app: &TestApp) -> Vec<String> {
    let mut all = Vec::new();
    for i in 0..4 {
        let id = text(&app.as_user("ent_rudong").post("/entrustments", water_application()).await.created()["id"]).to_owned();
        if i % 2 == 0 {
            let offer = json!({ "to": "auto", "applicant_consent": true });
            let t = app.as_user("city_clerk").post(&format!("/entrustments/{id}/transfer"), offer).await.created();
            if i == 0 {
                app.as_user("rd_clerk").post(&format!("/transfers/{}/accept", text(&t["id"])), json!({})).await.ok();
            }
        }
        all.push(id);
    }
    for login in ["rd_clerk", "cc_clerk", "yk_clerk"] {
        all.push(text(&app.as_user(login).post("/entrustments", counter_application("assisted")).await.created()["id"]).to_owned());
    }
    all
}

async fn listed(app: &TestApp, login: &str, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.as_user(login).get(&format!("/entrustments?{query}{cursor}")).await.ok();
        found.extend(page["items"].as_array().expect("items").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|i| text(&i["id"]).to_owned()).collect()
}

async fn lists_show_what_can_be_opened(app: TestApp) {
    let all = mixed(&app).await;
    for login in LOGINS {
        let mut openable = Vec::new();
        for id in &all {
            if app.as_user(login).get(&format!("/entrustments/{id}")).await.status == 200 {
                openable.push(id.clone());
            }
        }
        let mut shown = ids(&listed(&app, login, "limit=200").await);
        shown.sort();
        openable.sort();
        assert_eq!(shown, openable, "{login}");
        let mut found = ids(&listed(&app, login, "q=%E4%BE%9B%E6%B0%B4&limit=2").await);
        found.sort();
        assert_eq!(found, openable, "{login} by search");
    }
}

async fn pages_are_whole_in_every_order(app: TestApp) {
    mixed(&app).await;
    for query in [
        "sort=-created_at",
        "sort=created_at",
        "sort=due_at",
        "sort=-due_at",
        "state=submitted&sort=-created_at",
        "state=submitted&state=closed&sort=due_at",
        "open=true",
    ] {
        let whole = ids(&listed(&app, "city_manager", &format!("limit=200&{query}")).await);
        assert!(!whole.is_empty());
        for limit in [1, 2, 3] {
            assert_eq!(ids(&listed(&app, "city_manager", &format!("limit={limit}&{query}")).await), whole, "{query} by {limit}");
        }
    }
    let newest = listed(&app, "city_manager", "sort=-created_at").await;
    assert!(newest.windows(2).all(|w| text(&w[0]["created_at"]) >= text(&w[1]["created_at"])));
    assert!(listed(&app, "city_manager", "open=false").await.is_empty());
    // A cursor belongs to its order, and cannot be made up.
    let page = app.as_user("city_manager").get("/entrustments?limit=1").await.ok();
    let cursor = text(&page["next_cursor"]);
    app.as_user("city_manager").get(&format!("/entrustments?sort=due_at&cursor={cursor}")).await.expect(400);
    app.as_user("city_manager").get(&format!("/entrustments?cursor={cursor}x")).await.expect(400);
}

async fn masking_and_reveal(app: TestApp) {
    let mut body = counter_application("assisted");
    body["applicant"] =
        json!({ "kind": "natural_person", "name": "测试人", "id_type": "citizen_id", "id_number": "440781198506151231", "address": "南通市崇川区某路1号" });
    let e = app.as_user("rd_clerk").post("/entrustments", body).await.created();
    assert_eq!(e["applicant"]["id_number"], "440781198506151231");
    let path = format!("/entrustments/{}", text(&e["id"]));
    for login in ["city_manager", "city_inspector"] {
        let seen = app.as_user(login).get(&path).await.expect(200);
        assert_eq!(seen.body["masked"], true, "{login}");
        for secret in ["测试人", "440781198506151231", "13900005678", "某路"] {
            assert!(!seen.text.contains(secret), "{login} sees {secret}");
        }
        let list = app.as_user(login).get("/entrustments").await;
        assert!(!list.text.contains("联系人乙") && !list.text.contains("测试人"));
    }
    let reason = json!({ "reason": "电话联系申请人" });
    app.as_user("city_inspector").post(&format!("{path}/reveal"), reason.clone()).await.expect(403);
    let revealed = app.as_user("rd_manager").post(&format!("{path}/reveal"), reason).await.ok();
    assert_eq!(revealed["applicant"]["name"], "测试人");
    let timeline = app.as_user("rd_manager").get(&format!("{path}/timeline")).await;
    assert!(timeline.text.contains("entrustment.revealed"));
    assert!(!timeline.text.contains("测试人") && !timeline.text.contains("13900005678"), "events hold no personal data");
    // Found by phone and by exact name, only by those who see it.
    for q in ["13900005678", "测试人", "联系人乙"] {
        let found = app.as_user("rd_clerk").post("/search", json!({ "q": q })).await.ok();
        assert_eq!(found["entrustments"].as_array().map(Vec::len), Some(1), "{q}");
        let nothing = app.as_user("cc_clerk").post("/search", json!({ "q": q })).await.ok();
        assert_eq!(nothing["entrustments"], json!([]));
    }
}

async fn synchronising(app: TestApp) {
    let all = mixed(&app).await;
    app.set_clock("2026-03-02T10:00:00+08:00");
    let page = app.as_user("city_inspector").get("/entrustments?updated_since=2026-03-01&limit=200").await.ok();
    assert_eq!(page["items"].as_array().expect("items").len(), all.len());
    let next = text(&page["as_of"]).replace('+', "%2B");
    let page = app.as_user("city_inspector").get(&format!("/entrustments?updated_since={next}")).await.ok();
    assert_eq!(page["items"], json!([]));
    app.as_user("ent_rudong").post(&format!("/entrustments/{}/withdraw", all[1]), json!({ "reason": "不办了" })).await.ok();
    // A row is withheld until every write that began before it has surely ended.
    let page = app.as_user("city_inspector").get(&format!("/entrustments?updated_since={next}")).await.ok();
    assert_eq!(page["items"], json!([]));
    app.set_clock("2026-03-02T10:01:00+08:00");
    let page = app.as_user("city_inspector").get(&format!("/entrustments?updated_since={next}")).await.ok();
    assert_eq!(page["items"].as_array().expect("items").len(), 1);
}
