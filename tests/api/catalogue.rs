//! The catalogue: real input, search in Chinese, immutable versions, caching.

use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, text};

on_both_engines!(
    chinese_search,
    versions_are_immutable,
    browse_by_pages,
    changes_since,
    the_importer_names_every_bad_row,
    reviewed_by_another,
    on_a_day_to_come
);

async fn names(app: &TestApp, q: &str) -> Vec<String> {
    let page = app.stranger().get(&format!("/service-items?limit=200&q={q}")).await.ok();
    page["items"].as_array().expect("items").iter().map(|i| text(&i["name"]).to_owned()).collect()
}

async fn chinese_search(app: TestApp) {
    assert!(names(&app, "供水").await.contains(&"供水报装（用水报装）".to_owned()));
    let permits = names(&app, "施工许可").await;
    assert!(!permits.is_empty() && permits.iter().all(|n| n.contains("施工许可")), "{permits:?}");
    assert!(names(&app, "GS-320623-0001").await.len() == 1);
    assert!(names(&app, "并不存在的事项").await.is_empty());
    // What engines' query languages would take for operators is text here.
    for q in ["%22%22", "a%20OR%20b", "**", "NEAR(", "%27%20%26%20%7C%20!", "%25%25", "__", "🙂🙂"] {
        app.stranger().get(&format!("/service-items?q={q}")).await.ok();
    }
    // The index knows words of two characters: one alone is refused, not silently found nowhere.
    assert_eq!(app.stranger().get("/service-items?q=供").await.problem(400), "invalid_request");
    assert!(!app.stranger().get("/centers?q=洋").await.ok()["items"].as_array().expect("items").is_empty());
}

async fn versions_are_immutable(app: TestApp) {
    let editor = app.as_user("sys_admin");
    let path = "/service-items/GS-320623-0001";
    let before = app.stranger().get(&format!("{path}/versions/1")).await.ok();
    let draft = editor.get(&format!("{path}/draft")).await;
    let etag = draft.header("etag").to_owned();
    let mut content = draft.body["content"].clone();
    content["name"] = json!("供水报装（新版）");
    assert_eq!(editor.put_with(path, &[], json!({ "content": content })).await.problem(428), "precondition_required");
    assert_eq!(editor.put_with(path, &[("if-match", "\"99\"")], json!({ "content": content })).await.problem(412), "stale_version");
    editor.put_with(path, &[("if-match", &etag)], json!({ "content": content })).await.ok();
    assert_eq!(app.stranger().get(path).await.ok()["content"]["name"], before["name"], "a draft is not public");
    let refused = editor.post(&format!("{path}/publish"), json!({})).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("先提交审核"), "{}", refused.text);
    app.as_user("city_manager").post(&format!("{path}/submit"), json!({})).await.ok();
    let published = editor.post(&format!("{path}/publish"), json!({})).await.ok();
    assert_eq!(published["published_version"], 2);
    assert_eq!(app.stranger().get(&format!("{path}/versions/1")).await.ok(), before);
    assert_eq!(app.stranger().get(path).await.ok()["content"]["name"], "供水报装（新版）");
    assert_eq!(names(&app, "新版").await.len(), 1);
    assert_eq!(editor.post(&format!("{path}/publish"), json!({})).await.problem(409), "state_conflict");
    editor.post(&format!("{path}/withdraw"), json!({})).await.ok();
    assert!(names(&app, "新版").await.is_empty());
    // The rules across fields.
    let mut wrong = content;
    wrong["promised_limit"] = json!({ "value": 999, "unit": "working_day" });
    wrong["template"][0]["depends_on"] = json!(["S9"]);
    let etag = editor.get(&format!("{path}/draft")).await.header("etag").to_owned();
    let refused = editor.put_with(path, &[("if-match", &etag)], json!({ "content": wrong })).await.expect(422);
    let pointers: Vec<&str> = refused.body["errors"].as_array().expect("errors").iter().map(|e| text(&e["pointer"])).collect();
    assert_eq!(pointers, ["/content/promised_limit", "/content/template/0/depends_on"]);
}

async fn browse_by_pages(app: TestApp) {
    let mut seen: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.stranger().get(&format!("/service-items?limit=150&division_code=511602000000{cursor}")).await.ok();
        seen.extend(page["items"].as_array().expect("items").iter().map(|i| text(&i["id"]).to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (1000, 1000));
    // Cacheable, and 304 when known.
    let first = app.stranger().get("/service-items/GS-320623-0001").await;
    assert!(first.header("cache-control").starts_with("public"));
    let request = app.stranger().request(actix_web::http::Method::GET, "/service-items/GS-320623-0001").insert_header(("if-none-match", first.header("etag")));
    app.send(request).await.expect(304);
}

async fn changes_since(app: TestApp) {
    app.set_clock("2026-03-05T10:00:00+08:00");
    app.as_user("sys_admin").post("/service-items/GS-320623-0001/withdraw", json!({})).await.ok();
    app.set_clock("2026-03-05T11:00:00+08:00");
    let page = app.stranger().get("/service-items?updated_since=2026-03-05T00:00:00%2B08:00").await.ok();
    let items = page["items"].as_array().expect("items");
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["state"], "withdrawn");
    let next = text(&page["as_of"]).replace('+', "%2B");
    let page = app.stranger().get(&format!("/service-items?updated_since={next}")).await.ok();
    assert_eq!(page["items"], Value::Array(Vec::new()));
}

async fn the_importer_names_every_bad_row(app: TestApp) {
    let head = "实施部门,主项名称,事项名称,实施编码,事项类型,行使层级,行政区划代码\n";
    let good = "区水务局,,取水许可,T-1,行政许可,县级,511602000000\n";
    let rows = format!(
        "{head}{good}区水务局,,无类型,T-2,不存在,县级,511602000000\n,,无部门,T-3,行政许可,县级,511602000000\n{good}区水务局,,坏区划,T-4,行政许可,县级,51160200000X\n"
    );
    let (taken, bad) = jieli::catalogue::read_catalogue(rows.as_bytes());
    assert_eq!(taken.len(), 1);
    assert_eq!(bad.iter().map(|b| b.line).collect::<Vec<_>>(), [3, 4, 5, 6]);
    // GB18030 and a BOM read the same.
    let legacy = encoding_rs::GB18030.encode(&rows).0.into_owned();
    assert_eq!(jieli::catalogue::read_catalogue(&legacy).1, bad);
    assert_eq!(jieli::catalogue::read_catalogue(format!("\u{feff}{rows}").as_bytes()).1, bad);
    let import = |taken: Vec<jieli::catalogue::TableRow>| {
        app.db.commit(move |tx| jieli::catalogue::import_table(tx, &jieli::auth::Actor::system("test"), &taken, false))
    };
    let first = import(taken.clone()).await.expect("import");
    assert_eq!((first.created, first.updated, first.unchanged), (1, 0, 0));
    let second = import(taken).await.expect("import");
    assert_eq!((second.created, second.updated, second.unchanged), (0, 0, 1), "twice changes nothing");
}

/// Edits the draft of the water item; answers its path.
async fn redraft(app: &TestApp, login: &str, name: &str) -> &'static str {
    let path = "/service-items/GS-320623-0001";
    let editor = app.as_user(login);
    let draft = editor.get(&format!("{path}/draft")).await;
    let etag = draft.header("etag").to_owned();
    let mut content = draft.body["content"].clone();
    content["name"] = json!(name);
    content["promised_limit"] = json!({ "value": 6, "unit": "working_day" });
    editor.put_with(path, &[("if-match", &etag)], json!({ "content": content })).await.ok();
    path
}

async fn reviewed_by_another(app: TestApp) {
    let path = redraft(&app, "rd_manager", "供水报装（审核版）").await;
    let (manager, admin) = (app.as_user("rd_manager"), app.as_user("sys_admin"));
    let submitted = manager.post(&format!("{path}/submit"), json!({})).await.ok();
    assert_eq!((&submitted["review"]["state"], submitted["allowed_actions"].to_string().contains("publish")), (&json!("submitted"), false));
    manager.post(&format!("{path}/submit"), json!({})).await.expect(409);
    manager.post(&format!("{path}/publish"), json!({})).await.expect(403);
    manager.post(&format!("{path}/return"), json!({ "reason": "自己退回" })).await.expect(403);
    let returned = admin.post(&format!("{path}/return"), json!({ "reason": "时限须与市级一致" })).await.ok();
    assert_eq!((&returned["review"]["state"], &returned["review"]["note"]), (&json!("returned"), &json!("时限须与市级一致")));
    admin.post(&format!("{path}/return"), json!({ "reason": "再次退回" })).await.expect(409);
    assert!(app.stranger().get(path).await.ok().get("review").is_none(), "the public does not see the review");
    redraft(&app, "rd_manager", "供水报装（审核版）").await;
    manager.post(&format!("{path}/submit"), json!({})).await.ok();
    admin.post(&format!("{path}/publish"), json!({})).await.ok();
    // Nobody judges what they submitted themselves.
    redraft(&app, "sys_admin", "供水报装（自审）").await;
    admin.post(&format!("{path}/submit"), json!({})).await.ok();
    let refused = admin.post(&format!("{path}/publish"), json!({})).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("另一人"));
    let pending = admin.get(&format!("{path}/draft/changes")).await.ok();
    assert_eq!((&pending["from"], &pending["items"][0]["path"], &pending["items"][0]["after"]), (&json!(2), &json!("/name"), &json!("供水报装（自审）")));
    // What the new version says differently, and which matters it leaves alone.
    let changes = app.stranger().get(&format!("{path}/versions/2/changes")).await.ok();
    let told: Vec<(&str, &str)> = changes["items"].as_array().expect("items").iter().map(|c| (text(&c["op"]), text(&c["path"]))).collect();
    assert!(told.contains(&("replace", "/name")), "{told:?}");
    assert!(changes["items"].as_array().expect("items").iter().any(|c| c["path"] == "/name" && c["after"] == "供水报装（审核版）" && c["before"].is_string()));
    app.stranger().get(&format!("{path}/versions/2/changes?from=9")).await.expect(404);
    app.as_user("rd_clerk").post("/entrustments", crate::support::counter_application("assisted")).await.created();
    let open = admin.get(&format!("{path}/open-matters")).await.ok();
    assert_eq!(open["items"], json!([{ "item_version": 2, "open": 1 }]));
    app.as_user("rd_clerk").get(&format!("{path}/open-matters")).await.expect(403);
}

async fn on_a_day_to_come(app: TestApp) {
    let path = redraft(&app, "sys_admin", "供水报装（四月起）").await;
    let (admin, manager) = (app.as_user("sys_admin"), app.as_user("city_manager"));
    manager.post(&format!("{path}/submit"), json!({})).await.ok();
    for wrong in ["2026-03-01T00:00:00+08:00", "2029-01-01T00:00:00+08:00"] {
        assert_eq!(admin.post(&format!("{path}/publish"), json!({ "effective_at": wrong })).await.problem(422), "rule_violation");
    }
    let planned = admin.post(&format!("{path}/publish"), json!({ "effective_at": "2026-04-01T00:00:00+08:00" })).await.ok();
    assert_eq!((&planned["published_version"], &planned["effective_at"]), (&json!(1), &json!("2026-04-01T00:00:00.000+08:00")));
    app.tick().await;
    assert_eq!(app.stranger().get(path).await.ok()["published_version"], 1);
    app.set_clock("2026-04-01T00:00:01+08:00");
    app.tick().await;
    app.tick().await;
    let now = app.stranger().get(path).await.ok();
    assert_eq!((&now["published_version"], &now["content"]["name"]), (&json!(2), &json!("供水报装（四月起）")));
    // An edit takes the date back: it was another text.
    redraft(&app, "sys_admin", "供水报装（五月起）").await;
    manager.post(&format!("{path}/submit"), json!({})).await.ok();
    admin.post(&format!("{path}/publish"), json!({ "effective_at": "2026-05-01T00:00:00+08:00" })).await.ok();
    redraft(&app, "sys_admin", "供水报装（再改）").await;
    app.set_clock("2026-05-02T00:00:00+08:00");
    app.tick().await;
    assert_eq!(app.stranger().get(path).await.ok()["published_version"], 2);
}
