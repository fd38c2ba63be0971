//! The reporting interface of 好差评: the names and codes of the other platform, files, and pushing in order until it is taken.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use aws_lc_rs::hmac;
use jieli::settings;
use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, text, water_application};

on_both_engines!(a_file_in_the_other_platforms_words, batches_are_pushed_in_order_until_they_are_taken, who_sets_it_up, defaults_hide_no_ratings);

const CITY: &str = "320600000000";

async fn rated(app: &TestApp, rating: Value) -> String {
    let company = app.as_user("ent_rudong");
    let e = company.post("/entrustments", water_application()).await.created();
    company.post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
    let open = company.get("/evaluations?state=open").await.ok();
    app.stranger().post(text(&open["items"][0]["link"]), rating).await.ok();
    text(&e["number"]).to_owned()
}

async fn a_file_in_the_other_platforms_words(app: TestApp) {
    let (admin, reform) = (app.as_user("sys_admin"), app.as_user("city_reform"));
    let one = rated(&app, json!({ "grade": "very_satisfied", "channel": "qr_code", "dimensions": ["efficiency"], "comment": "=很快，致电13912345678" })).await;
    rated(&app, json!({ "grade": "very_dissatisfied" })).await;
    let t = admin.post("/reporting-targets", json!({ "name": "省“好差评”系统", "center": CITY })).await.created();
    let at = format!("/reporting-targets/{}", text(&t["id"]));
    let seen = reform.get(&format!("{at}/preview")).await.ok();
    assert_eq!(seen["rows"].as_array().map(Vec::len), Some(2));
    let row = seen["rows"].as_array().expect("rows").iter().find(|r| r["projectNo"] == json!(one)).expect("the first");
    assert_eq!((&row["satisfaction"], &row["pf"], &row["taskCode"]), (&json!("5"), &json!("3"), &json!("GS-320623-0001")));
    assert_eq!((&row["userProp"], &row["isRealName"]), (&json!("20"), &json!("0")), "kinds of applicants are codes too");
    assert_eq!((&row["userName"], &row["serviceNumber"], &row["evalDetail"]), (&json!(""), &json!("1"), &json!("4")));
    assert!(text(&row["assessTime"]).starts_with("2026-03-02 ") && !row.to_string().contains("13912345678"), "{row}");
    let period = json!({ "from": "2026-03-01", "to": "2026-04-01" });
    admin.post(&format!("{at}/files"), period.clone()).await.expect(403);
    let b = reform.post(&format!("{at}/files"), period).await.created();
    assert_eq!((&b["state"], &b["rows"], &b["kind"]), (&json!("ready"), &json!(2), &json!("file")));
    let file = reform.get(&format!("/reporting-batches/{}/file", text(&b["number"]))).await.expect(200);
    assert!(file.header("content-disposition").contains("%2Ecsv"));
    assert!(file.text.starts_with('\u{feff}') && file.text.contains("projectNo") && file.text.contains("'=很快"), "{}", file.text);
    // Another platform, other words: the direction turned, JSON.
    let mut edit = json!({ "name": "市平台", "mapping": t["mapping"] });
    edit["mapping"]["format"] = json!("json");
    edit["mapping"]["grades"] = json!({ "very_satisfied": "1", "satisfied": "2", "basically_satisfied": "3", "dissatisfied": "4", "very_dissatisfied": "5" });
    edit["mapping"]["applicant_kinds"] = json!({ "enterprise": "FR" });
    edit["mapping"]["flags"] = json!({ "yes": "Y", "no": "N" });
    edit["mapping"]["divisions"] = json!({ "320623000000": "RD" });
    edit["mapping"]["fields"] = json!([{ "name": "kind", "source": "applicant_kind" }, { "name": "area", "source": "division_code" },
        { "name": "named", "source": "is_named" }, { "name": "grade", "source": "grade" }, { "name": "source", "source": "literal", "value": "jieli" }]);
    let mut wrong = edit.clone();
    wrong["mapping"]["grades"]["satisfied"] = json!("1");
    let refused = admin.put_with(&at, &[("if-match", "\"1\"")], wrong).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/mapping/grades");
    for (name, codes) in
        [("flags", json!({ "yes": "1", "no": "1" })), ("flags", json!({ "yes": "0" })), ("dimensions", json!({ "efficiency": "1", "process": "1" }))]
    {
        let mut wrong = edit.clone();
        wrong["mapping"][name] = codes;
        let refused = admin.put_with(&at, &[("if-match", "\"1\"")], wrong).await.expect(422);
        assert_eq!(refused.body["errors"][0]["pointer"], json!(format!("/mapping/{name}")), "{}", refused.text);
    }
    admin.put_with(&at, &[("if-match", "\"1\"")], edit).await.ok();
    let seen = reform.get(&format!("{at}/preview")).await.ok();
    let mut grades: Vec<&str> = seen["rows"].as_array().expect("rows").iter().map(|r| text(&r["grade"])).collect();
    grades.sort_unstable();
    let row = &seen["rows"][0];
    assert_eq!((&row["kind"], &row["named"]), (&json!("FR"), &json!("N")), "{row}");
    assert!(text(&row["area"]) == "RD" || text(&row["area"]) == CITY, "{row}");
    assert_eq!((grades, &seen["rows"][0]["source"]), (vec!["1", "5"], &json!("jieli")));
    let b = reform.post(&format!("{at}/files"), json!({ "from": "2026-03-01", "to": "2026-03-02" })).await.created();
    assert_eq!(b["rows"], 0, "the last day is not in it");
    assert_eq!(reform.get(&format!("/reporting-batches/{}/file", text(&b["id"]))).await.ok(), json!([]));
}

/// The events get their positions, and are then looked at.
async fn twice(app: &TestApp) {
    app.tick().await;
    app.tick().await;
}

/// What a platform was sent: the key of each request, and its body.
type Sent = Arc<Mutex<Vec<(String, Value)>>>;

/// A platform that answers with these statuses, one after another, and keeps what it was sent.
fn platform(statuses: Vec<u16>) -> (String, Sent) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/evaluations", listener.local_addr().expect("address"));
    let got = Arc::new(Mutex::new(Vec::new()));
    let kept = got.clone();
    std::thread::spawn(move || {
        for status in statuses {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut reader = BufReader::new(stream.try_clone().expect("stream"));
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("a line");
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().expect("a length");
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line.to_ascii_lowercase());
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let value = |name: &str| head.lines().find_map(|l| l.strip_prefix(&format!("{name}: "))).unwrap_or_default().trim().to_owned();
            let signed = format!("{}.{}", value("x-timestamp"), String::from_utf8_lossy(&body));
            let key = hmac::Key::new(hmac::HMAC_SHA256, b"a-secret-of-the-platform");
            assert!(hmac::verify(&key, signed.as_bytes(), &hex::decode(value("x-signature")).expect("hex")).is_ok(), "signed");
            kept.lock().expect("kept").push((value("idempotency-key"), serde_json::from_slice(&body).expect("JSON")));
            let location = if status == 302 { "location: http://127.0.0.1:1/\r\n" } else { "" };
            stream.write_all(format!("HTTP/1.1 {status} x\r\n{location}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).expect("written");
        }
    });
    (url, got)
}

async fn batches_are_pushed_in_order_until_they_are_taken(app: TestApp) {
    let before = rated(&app, json!({ "grade": "satisfied" })).await;
    twice(&app).await;
    let (url, got) = platform(vec![503, 302, 200, 200]);
    let (admin, reform) = (app.as_user("sys_admin"), app.as_user("city_reform"));
    let push = json!({ "url": url, "app_id": "jieli", "secret": "a-secret-of-the-platform" });
    let t = admin.post("/reporting-targets", json!({ "name": "省“好差评”系统", "center": CITY, "push": push })).await.created();
    let at = format!("/reporting-targets/{}", text(&t["id"]));
    assert!(!t.to_string().contains("a-secret"), "never shown");
    let one = rated(&app, json!({ "grade": "dissatisfied", "is_named": true })).await;
    twice(&app).await;
    let two = rated(&app, json!({ "grade": "satisfied" })).await;
    twice(&app).await;
    let list = reform.get(&format!("/reporting-batches?target_id={}&state=waiting", text(&t["id"]))).await.ok();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "{list}");
    let outbound = jieli::outbound::Outbound::new(&["127.0.0.0/8".to_owned()]).expect("a client");
    let push = async || jieli::reporting::push_due(&app.db, &outbound).await.expect("pushed");
    assert_eq!(push().await, 0, "503: not taken");
    assert_eq!(push().await, 0, "not before its time");
    let first = reform.get(&format!("/reporting-batches/{}", text(&list["items"][1]["id"]))).await.ok();
    assert_eq!((&first["attempts"], &first["last_error"], &first["allowed_actions"]), (&json!(1), &json!("HTTP 503"), &json!(["retry", "drop"])));
    // A redirect is not followed.
    reform.post(&format!("/reporting-batches/{}/retry", text(&first["id"])), json!({})).await.ok();
    assert_eq!(push().await, 0);
    assert_eq!(reform.get(&format!("/reporting-batches/{}", text(&first["id"]))).await.ok()["last_error"], "HTTP 302");
    reform.post(&format!("/reporting-batches/{}/retry", text(&first["id"])), json!({})).await.ok();
    assert_eq!(push().await, 2, "both, in order");
    let got = got.lock().expect("got").clone();
    let numbers: Vec<&str> = got.iter().map(|(_, b)| text(&b["data"][0]["projectNo"])).collect();
    assert_eq!(numbers, [one.as_str(), &one, &one, &two], "not what was rated before: {before}");
    assert_eq!((&got[0].0, got[0].0 == got[3].0), (&got[2].0, false), "the same batch has the same key");
    assert_eq!(got[2].1["data"][0]["satisfaction"], "2");
    let sent = reform.get("/reporting-batches?state=sent").await.ok();
    assert_eq!(sent["items"].as_array().map(Vec::len), Some(2));
    reform.post(&format!("/reporting-batches/{}/drop", text(&first["id"])), json!({ "words": "已推送" })).await.expect(409);
    // Paused: what is rated waits; resumed, it goes.
    admin.post(&format!("{at}/pause"), json!({})).await.ok();
    admin.post(&format!("{at}/pause"), json!({})).await.expect(409);
    rated(&app, json!({ "grade": "satisfied" })).await;
    twice(&app).await;
    assert_eq!(reform.get("/reporting-batches?state=waiting").await.ok()["items"], json!([]));
    admin.post(&format!("{at}/resume"), json!({})).await.ok();
    twice(&app).await;
    let waiting = reform.get("/reporting-batches?state=waiting").await.ok();
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1));
    let gone = format!("/reporting-batches/{}/drop", text(&waiting["items"][0]["id"]));
    assert_eq!(reform.post(&gone, json!({ "words": "对方停机，改报文件" })).await.ok()["words"], "对方停机，改报文件");
}

async fn who_sets_it_up(app: TestApp) {
    let (admin, reform) = (app.as_user("sys_admin"), app.as_user("city_reform"));
    let new = json!({ "name": "省“好差评”系统", "center": CITY });
    for login in ["city_reform", "city_manager", "rd_clerk", "city_inspector"] {
        app.as_user(login).post("/reporting-targets", new.clone()).await.expect(403);
    }
    app.as_user("rd_manager").get("/reporting-targets").await.expect(403);
    let push = |url: &str| json!({ "name": "平台", "center": CITY, "push": { "url": url, "app_id": "a", "secret": "a-secret-of-the-platform" } });
    for url in ["ftp://example.org/x", "http://user@example.org/", "not an address", "https://example.org/#x"] {
        assert_eq!(admin.post("/reporting-targets", push(url)).await.expect(400).body["errors"][0]["pointer"], "/push/url", "{url}");
    }
    let mut bare = push("https://example.org/x");
    bare["push"].as_object_mut().expect("push").remove("secret");
    assert_eq!(admin.post("/reporting-targets", bare).await.expect(422).body["errors"][0]["pointer"], "/push/secret");
    let t = admin.post("/reporting-targets", push("https://example.org/x")).await.created();
    let at = format!("/reporting-targets/{}", text(&t["id"]));
    assert_eq!(reform.get(&at).await.ok()["allowed_actions"], json!(["pause", "make_file"]));
    // Without a secret the old one stays.
    let edit = json!({ "name": "平台乙", "mapping": t["mapping"], "push": { "url": "https://example.org/y", "app_id": "a" } });
    reform.put_with(&at, &[("if-match", "\"1\"")], edit.clone()).await.expect(403);
    assert_eq!(admin.put_with(&at, &[("if-match", "\"1\"")], edit).await.ok()["name"], "平台乙");
    assert_eq!(reform.get("/reporting-targets").await.ok()["items"].as_array().map(Vec::len), Some(1));
}

async fn defaults_hide_no_ratings(app: TestApp) {
    let one = rated(&app, json!({ "grade": "satisfied" })).await;
    app.db.commit(|tx| settings::set(tx, settings::EVERYWHERE, "default_rating", &json!(true))).await.expect("setting");
    let company = app.as_user("ent_rudong");
    for _ in 0..11 {
        let e = company.post("/entrustments", water_application()).await.created();
        company.post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
    }
    app.set_clock("2026-03-20T09:30:00+08:00");
    app.tick().await;
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE is_default").await, 11);
    let t = app.as_user("sys_admin").post("/reporting-targets", json!({ "name": "省“好差评”系统", "center": CITY })).await.created();
    let seen = app.as_user("city_reform").get(&format!("/reporting-targets/{}/preview", text(&t["id"]))).await.ok();
    assert_eq!((seen["rows"].as_array().map(Vec::len), &seen["rows"][0]["projectNo"]), (Some(1), &json!(one)), "{seen}");
}
