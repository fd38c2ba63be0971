//! The catalogue: real input, search in Chinese, immutable versions, caching.

use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, text};

on_both_engines!(chinese_search, versions_are_immutable, browse_by_pages, changes_since, the_importer_names_every_bad_row);

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
