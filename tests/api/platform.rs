//! Rules of every endpoint: bad input of any sort gets a clear problem in Chinese that names every wrong field.

use actix_web::http::Method;
use serde_json::json;

use crate::support::{TestApp, counter_application, on_both_engines, text};

on_both_engines!(
    ready_when_migrated,
    an_encoding_has_a_tag_of_its_own,
    every_wrong_field_is_named,
    no_input_makes_a_5xx,
    dry_run_has_no_effect,
    nothing_half_happens
);

/// PostgreSQL: the operator makes the key, and is told so before anything is connected to.
#[actix_web::test]
async fn a_key_file_that_is_not_there() {
    let config = jieli::config::Config {
        database_url: "postgres://nobody@127.0.0.1:1/none".into(),
        key_file: "no-such-folder/data.key".into(),
        secret_key: String::new(),
        ..jieli::config::Config::default()
    };
    let said = jieli::app::open(&config).err().map(|e| e.to_string()).unwrap_or_default();
    for wanted in ["no-such-folder/data.key 不存在", "PostgreSQL", "openssl rand", "JIELI_SECRET_KEY"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[actix_web::test]
async fn methods_and_types() {
    let app = TestApp::sqlite().await;
    let clerk = app.as_user("rd_clerk");
    let wrong = app.send(clerk.request(Method::DELETE, "/entrustments")).await;
    assert_eq!(wrong.header("allow"), "GET, HEAD, OPTIONS, POST");
    assert_eq!(wrong.problem(405), "method_not_allowed");
    app.send(clerk.request(Method::OPTIONS, "/entrustments")).await.expect(204);
    app.send(clerk.request(Method::HEAD, "/entrustments")).await.expect(200);
    assert_eq!(clerk.get("/nothing-here").await.problem(404), "not_found");
    let text_body = clerk.request(Method::POST, "/entrustments").insert_header(("content-type", "text/plain")).set_payload("x");
    assert_eq!(app.send(text_body).await.problem(415), "unsupported_media_type");
    let huge = clerk.request(Method::POST, "/entrustments").insert_header(("content-type", "application/json")).set_payload("x".repeat(1_100_000));
    assert_eq!(app.send(huge).await.problem(413), "payload_too_large");
    let english = clerk.request(Method::GET, "/nothing-here").insert_header(("accept-language", "en-GB,en;q=0.9"));
    let reply = app.send(english).await;
    assert_eq!((reply.header("content-language"), text(&reply.body["title"])), ("en", "Not found"));
    let traced = clerk.request(Method::GET, "/me").insert_header(("x-request-id", "trace-42"));
    let reply = app.send(traced).await;
    assert_eq!((reply.header("x-request-id"), reply.header("cache-control")), ("trace-42", "no-store"));
    assert!(!reply.header("ratelimit").is_empty() && !reply.header("api-version").is_empty());
    let explained = app.send(actix_web::test::TestRequest::get().uri("/problems/stale_version")).await.ok();
    assert_eq!(explained["status"], 412);
    for path in ["/livez", "/readyz", "/metrics", "/openapi.json", "/docs/", "/.well-known/security.txt", "/.well-known/api-catalog"] {
        app.send(actix_web::test::TestRequest::get().uri(path)).await.expect(200);
    }
    for path in ["/openapi.json", "/asyncapi.json"] {
        let ask = || actix_web::test::TestRequest::get().uri(path);
        let first = app.send(ask()).await;
        let again = app.send(ask().insert_header(("if-none-match", first.header("etag")))).await;
        assert_eq!((again.status, again.header("etag"), again.text.as_str()), (304, first.header("etag"), ""));
    }
}

async fn every_wrong_field_is_named(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut body = counter_application("assisted");
    body["contact"]["phone"] = json!("12");
    body["applicant"]["division_code"] = json!("32");
    body["request"] = json!("长".repeat(2001));
    let reply = clerk.post("/entrustments", body).await.expect(400);
    let pointers: Vec<&str> = reply.body["errors"].as_array().expect("errors").iter().map(|e| text(&e["pointer"])).collect();
    assert_eq!(pointers, ["/applicant/division_code", "/contact/phone", "/request"]);
    // So it is with parameters, also with those that say what is shown.
    let named = |reply: &crate::support::Reply| {
        let errors = reply.body["errors"].as_array().expect("errors");
        errors.iter().map(|e| text(&e["parameter"]).to_owned()).collect::<Vec<_>>()
    };
    let reply = clerk.get("/entrustments?limit=x&mode=x&fields=nope&expand=nope").await.expect(400);
    assert_eq!(named(&reply), ["limit", "mode", "expand", "fields"]);
    let reply = clerk.get("/statistics?level=x&scope=x&other=1").await.expect(400);
    assert_eq!(named(&reply), ["level", "other", "scope"]);
    let reply = clerk.get("/events?types=x&record=x&center=x&record_kind=x&limit=x").await.expect(400);
    assert_eq!(named(&reply), ["types", "record_kind", "record", "center", "limit"]);
    let one = |body: serde_json::Value| {
        let clerk = app.as_user("rd_clerk");
        async move {
            let reply = clerk.post("/entrustments", body).await;
            let e = reply.body["errors"][0].clone();
            (reply.status, text(&e["pointer"]).to_owned(), text(&e["code"]).to_owned())
        }
    };
    let mut unknown = counter_application("assisted");
    unknown["applicant"]["nickname"] = json!("x");
    assert_eq!(one(unknown).await, (400, "/applicant/nickname".into(), "unknown_field".into()));
    // Where no field is known, and where one of many bodies was meant.
    let told = |reply: crate::support::Reply| {
        let errors = reply.expect(400).body["errors"].as_array().expect("errors").clone();
        errors.iter().map(|e| (text(&e["pointer"]).to_owned(), text(&e["code"]).to_owned())).collect::<Vec<_>>()
    };
    let none = clerk.post("/entrustments/DB-none/start", json!({ "x": 1, "y": 2 })).await;
    assert_eq!(told(none), [("/x".to_owned(), "unknown_field".to_owned()), ("/y".into(), "unknown_field".into())]);
    let bulk = |act: serde_json::Value| {
        let clerk = app.as_user("rd_clerk");
        async move { clerk.post("/entrustments/bulk", json!({ "items": [{ "id": "DB-none", "act": act }] })).await }
    };
    let note = told(bulk(json!({ "action": "note", "body": { "txt": "x" } })).await);
    assert_eq!(note, [("/items/0/act/body/text".to_owned(), "required".to_owned()), ("/items/0/act/body/txt".into(), "unknown_field".into())]);
    let unknown = told(bulk(json!({ "action": "dance" })).await);
    assert_eq!(unknown, [("/items/0/act/action".to_owned(), "unknown_code".to_owned())]);
    let mut missing = counter_application("assisted");
    missing.as_object_mut().expect("object").remove("contact");
    assert_eq!(one(missing).await, (400, "/contact".into(), "required".into()));
    assert_eq!(one(counter_application("none")).await, (400, "/mode".into(), "unknown_code".into()));
    let mut check_digit = counter_application("assisted");
    check_digit["applicant"]["id_number"] = json!("91320600MATE5T0170");
    assert_eq!(one(check_digit).await, (422, "/applicant/id_number".into(), "credit_code_check_digit".into()));
    let mut nul = counter_application("assisted");
    nul["request"] = json!("a\u{0}b");
    assert_eq!(one(nul).await, (400, "/request".into(), "nul_character".into()));
    let mut person = counter_application("assisted");
    person["applicant"] = json!({ "kind": "natural_person", "name": "测试", "id_type": "citizen_id", "id_number": "110105202502290021" });
    assert_eq!(one(person).await.0, 422);
    let list = clerk.get("/entrustments?limit=0&sort=name&state=none&nonsense=1&cursor=x").await.expect(400);
    let names: Vec<&str> = list.body["errors"].as_array().expect("errors").iter().map(|e| text(&e["parameter"])).collect();
    assert_eq!(names, ["limit", "sort", "state", "nonsense", "cursor"]);
}

async fn no_input_makes_a_5xx(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    for body in ["", "{", "null", "[]", "1", "\"x\"", "{\"a\":", "{\"item\":{}}", "\u{feff}{}", "{\"item\":\"\\ud800\"}", &"[".repeat(5000)] {
        let request = clerk.request(Method::POST, "/entrustments").insert_header(("content-type", "application/json")).set_payload(body.to_owned());
        assert_eq!(app.send(request).await.problem(400), "invalid_request", "{body:.40}");
    }
    for reference in ["x", "%00", "%F0%9F%99%82", "..%2F..%2F", "'%20OR%201=1", &"9".repeat(150), "%ff"] {
        for path in [
            format!("/entrustments/{reference}"),
            format!("/transfers/{reference}"),
            format!("/evaluations/{reference}"),
            format!("/service-items/{reference}"),
            format!("/centers/{reference}"),
            format!("/progress/{reference}?phone_last4=1234"),
            format!("/evaluation-links/{reference}"),
        ] {
            let status = clerk.get(&path).await.status;
            assert!([400, 404].contains(&status), "{path}: {status}");
        }
    }
    for q in ["%00", "%ff", "\"", "a%00b", "%F0%9F%99%82", "((((", "AND", "'", "\\"] {
        for path in [
            "/entrustments?q=",
            "/service-items?q=",
            "/centers?q=",
            "/entrustments?updated_since=",
            "/entrustments?cursor=",
            "/calendar/days?from=0001-01-01&to=",
        ] {
            let status = clerk.get(&format!("{path}{q}")).await.status;
            assert!(status < 500, "{path}{q}: {status}");
        }
        assert!(clerk.post("/search", json!({ "q": format!("{q}{q}") })).await.status < 500);
    }
    for start in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1900-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z"] {
        for unit in ["hour", "working_hour", "natural_day", "working_day"] {
            let body = json!({ "start": start, "limit": { "value": 1000, "unit": unit } });
            assert!(app.stranger().post("/calendar/deadline", body).await.status < 500, "{start} {unit}");
        }
    }
}

async fn dry_run_has_no_effect(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let tried = clerk.post("/entrustments?dry_run=true", counter_application("assisted")).await.ok();
    assert_eq!(tried["state"], "submitted");
    assert_eq!(clerk.get("/entrustments").await.ok()["items"], json!([]));
    clerk.get(&format!("/entrustments/{}", text(&tried["id"]))).await.expect(404);
}

/// A refusal late in a use case leaves nothing of its beginning.
async fn nothing_half_happens(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut body = counter_application("assisted");
    body["materials"] = json!([{ "code": "M1" }, { "code": "NO-SUCH" }]);
    let refused = clerk.post_with("/entrustments", &[("idempotency-key", "half")], body).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/materials/1/code");
    assert_eq!(clerk.get("/entrustments").await.ok()["items"], json!([]));
    // A refusal is not remembered: the key is free for the corrected request.
    clerk.post_with("/entrustments", &[("idempotency-key", "half")], counter_application("assisted")).await.created();
}

async fn ready_when_migrated(app: TestApp) {
    app.send(actix_web::test::TestRequest::get().uri("/readyz")).await.expect(200);
}

/// What was compressed is other bytes than what was not: each is cached by its own tag, and either goes back as what was read.
async fn an_encoding_has_a_tag_of_its_own(app: TestApp) {
    let public = "/centers/320600000000";
    let stranger = app.stranger();
    let get = async |encoding: &str, known: &str| {
        let request = stranger.request(Method::GET, public).insert_header(("accept-encoding", encoding));
        if known.is_empty() { app.send(request).await } else { app.send(request.insert_header(("if-none-match", known))).await }
    };
    let (plain, packed) = (get("identity", "").await.expect(200), get("gzip", "").await.expect(200));
    let (tag, other) = (plain.header("etag").to_owned(), packed.header("etag").to_owned());
    assert_eq!((packed.header("content-encoding"), other.as_str()), ("gzip", format!("{}-gzip\"", tag.trim_end_matches('"')).as_str()));
    for (encoding, known) in [("gzip", &other), ("identity", &tag), ("identity", &other)] {
        let same = get(encoding, known).await.expect(304);
        assert_eq!(same.header("etag"), known, "the tag that is held is the one that is confirmed");
    }
    get("gzip", "\"another-gzip\"").await.expect(200);
    // A record that was read compressed is edited under its tag; an older one is refused as ever.
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let at = format!("/entrustments/{}", text(&e["id"]));
    let read = app.send(clerk.request(Method::GET, &at).insert_header(("accept-encoding", "gzip"))).await.expect(200);
    assert_eq!(read.header("etag"), format!("\"{}-gzip\"", e["version"]));
    let reason = || json!({ "reason": "暂不需要", "evidence": "电话录音 1" });
    clerk.post_with(&format!("{at}/withdraw"), &[("if-match", read.header("etag"))], reason()).await.ok();
    clerk.post_with(&format!("{at}/withdraw"), &[("if-match", read.header("etag"))], reason()).await.expect(412);
}
