//! Signing in through other platforms, the sandbox, and browsers of other origins.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::{
    portal::{COMPANY, PORTAL, SECRET, bearer, exchange, for_app, now, signed, token},
    support::{Reply, TestApp, on_both_engines, text, water_application},
};

on_both_engines!(people_come_back_from_an_openid_provider, people_come_back_from_a_ticket_platform, the_clock_moves_in_a_sandbox_alone,);

/// A platform in a thread of its own: what it is asked, and what it answers by path.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

fn platform(answers: impl Fn(&str, &str, &str) -> Value + Send + 'static) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    let asked: Asked = Arc::default();
    let (kept, own) = (asked.clone(), url.clone());
    std::thread::spawn(move || {
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
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
            let body = String::from_utf8_lossy(&body).into_owned();
            let answer = answers(&own, &path, &body).to_string();
            kept.lock().expect("kept").push((format!("{path}\n{head}"), body));
            let _ = stream.write_all(
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len())
                    .as_bytes(),
            );
        }
    });
    (url, asked)
}

/// The parameters of an address.
fn query(url: &str) -> HashMap<String, String> {
    reqwest::Url::parse(url).expect("an address").query_pairs().into_owned().collect()
}

const BACK: &str = "http://127.0.0.1:5173/signed-in";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn start(app: &TestApp, provider: &str, edit: &[(&str, &str)]) -> Reply {
    let mut all: HashMap<&str, &str> = [("client_id", PORTAL), ("redirect_uri", BACK), ("state", "s-1"), ("code_challenge", CHALLENGE)].into();
    all.extend(edit.iter().copied());
    let pairs: Vec<String> = all.iter().map(|(k, v)| format!("{k}={}", percent_encoding::utf8_percent_encode(v, percent_encoding::NON_ALPHANUMERIC))).collect();
    app.send(TestRequest::get().uri(&format!("/auth/{provider}/start?{}", pairs.join("&")))).await
}

/// Goes to where somebody was sent back to us.
async fn back(app: &TestApp, location: &str) -> Reply {
    let url = reqwest::Url::parse(location).expect("an address");
    app.send(TestRequest::get().uri(&format!("{}?{}", url.path(), url.query().unwrap_or_default()))).await
}

async fn redeem(app: &TestApp, code: &str, verifier: &str) -> Reply {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", verifier)];
    token(app, (PORTAL, SECRET), &form).await
}

async fn propose(app: &TestApp, new: Value) -> String {
    let p = app.as_user("sys_admin").post("/identity-providers", new).await.created();
    let at = format!("/identity-providers/{}", text(&p["id"]));
    assert!(!p.to_string().contains("a-secret-of"), "{p}");
    app.as_user("sys_admin").post(&format!("{at}/approve"), json!({})).await.expect(403);
    assert_eq!(app.as_user("sec_admin").post(&format!("{at}/approve"), json!({})).await.ok()["state"], "active");
    at
}

async fn people_come_back_from_an_openid_provider(app: TestApp) {
    let nonce: Arc<Mutex<String>> = Arc::default();
    let (given, issuer_of) = (nonce.clone(), Arc::new(Mutex::new(None::<String>)));
    let lie = issuer_of.clone();
    let (url, asked) = platform(move |own, path, _| match path {
        "/.well-known/openid-configuration" => {
            json!({ "issuer": own, "authorization_endpoint": format!("{own}/login"), "token_endpoint": format!("{own}/token"), "jwks_uri": format!("{own}/keys") })
        }
        "/keys" => serde_json::from_str(include_str!("../../data/demo/portal-jwks.json")).expect("keys"),
        "/token" => {
            let nonce = given.lock().expect("nonce").clone();
            let issuer = lie.lock().expect("issuer").clone().unwrap_or_else(|| own.to_owned());
            json!({ "access_token": "at", "token_type": "Bearer", "id_token": signed(|c| {
                *c = json!({ "iss": issuer, "aud": "jieli", "sub": "u-1", "iat": now(), "exp": now() + 300, "nonce": nonce,
                    "name": "演示自然人一号", "id_number": "320601199001010011", "acr": "loa3" });
            }) })
        }
        _ => json!({}),
    });
    let new = json!({ "name": "openid", "kind": "oidc", "settings": { "title": "统一登录", "app_id": "jieli", "secret": "a-secret-of-the-platform",
        "openid": { "issuer": url, "exchangeable": true },
        "mapping": { "name": "/name", "id_number": "/id_number", "level": "/acr", "levels": { "loa3": 3 }, "usual_level": 1 } } });
    start(&app, "openid", &[]).await.expect(404);
    propose(&app, new).await;
    assert!(app.send(TestRequest::get().uri("/auth/providers")).await.ok()["items"].as_array().expect("items").iter().any(|p| p["name"] == "openid"));
    for (name, value) in [("redirect_uri", "http://127.0.0.1:5173/signed-in/"), ("client_id", "nobody"), ("code_challenge", "short")] {
        assert_eq!(start(&app, "openid", &[(name, value)]).await.expect(400).body["errors"][0]["parameter"], name);
    }
    let sent = start(&app, "openid", &[]).await.expect(302);
    let there = query(sent.header("location"));
    assert!(sent.header("location").starts_with(&format!("{url}/login?")));
    assert_eq!((there["response_type"].as_str(), there["code_challenge_method"].as_str(), there["client_id"].as_str()), ("code", "S256", "jieli"));
    *nonce.lock().expect("nonce") = there["nonce"].clone();
    let callback = |state: &str| format!("{}?code=c-1&state={state}", there["redirect_uri"]);
    back(&app, &callback("made-up")).await.expect(422);
    let returned = back(&app, &callback(&there["state"])).await.expect(302);
    let got = query(returned.header("location"));
    assert!(returned.header("location").starts_with(BACK) && got["state"] == "s-1", "{}", returned.header("location"));
    // Our half of PKCE and our secret went to the provider, and nobody else saw them.
    let asked_of_it = asked.lock().expect("asked").iter().find(|(head, _)| head.starts_with("/token")).cloned().expect("asked for a token");
    assert!(asked_of_it.1.contains("code_verifier=") && asked_of_it.0.to_ascii_lowercase().contains("authorization: basic"));
    back(&app, &callback(&there["state"])).await.expect(422);
    // The code counts once, for who has the verifier; a wrong one uses it up.
    let issued = redeem(&app, &got["code"], VERIFIER).await.ok();
    assert_eq!(issued["acr"], "3");
    let me = bearer(&app, &issued).get("/me").await.ok();
    assert_eq!((&me["assurance_level"], &me["applicant_id"]), (&json!(3), &app.as_user("citizen_wang").get("/me").await.ok()["applicant_id"]));
    redeem(&app, &got["code"], VERIFIER).await.expect(400);
    let go = async || {
        let there = query(start(&app, "openid", &[]).await.expect(302).header("location"));
        *nonce.lock().expect("nonce") = there["nonce"].clone();
        there
    };
    let there = go().await;
    let got = query(back(&app, &format!("{}?code=c-2&state={}", there["redirect_uri"], there["state"])).await.expect(302).header("location"));
    redeem(&app, &got["code"], "another-verifier-another-verifier-another-verifier").await.expect(400);
    redeem(&app, &got["code"], VERIFIER).await.expect(400);
    // An answer to another question, another issuer, or a refusal goes back as a refusal.
    let there = go().await;
    *nonce.lock().expect("nonce") = "another".into();
    let got = query(back(&app, &format!("{}?code=c-3&state={}", there["redirect_uri"], there["state"])).await.expect(302).header("location"));
    assert_eq!((got["error"].as_str(), got.contains_key("code")), ("access_denied", false));
    let there = go().await;
    *issuer_of.lock().expect("issuer") = Some("https://elsewhere.example".into());
    let got = query(back(&app, &format!("{}?code=c-4&state={}", there["redirect_uri"], there["state"])).await.expect(302).header("location"));
    assert_eq!(got["error"], "access_denied");
    for (error, told, why) in [
        ("login_required", "access_denied", "login_required"),
        ("access_denied", "access_denied", "取消"),
        ("server_error", "temporarily_unavailable", "稍后再试"),
        ("%3Cb%3E", "access_denied", "没有完成登录。"),
    ] {
        let there = go().await;
        let got = query(back(&app, &format!("{}?error={error}&state={}", there["redirect_uri"], there["state"])).await.expect(302).header("location"));
        assert_eq!(got["error"], told);
        assert!(got["error_description"].contains(why), "{}", got["error_description"]);
    }
    // A portal may publish its keys instead of having them registered: read where they are, once for many.
    let present = app.as_user("sys_admin").get("/clients/demo-portal").await.ok();
    let edit = json!({ "name": "演示门户", "redirect_uris": present["redirect_uris"], "jwks_url": format!("{url}/keys") });
    app.as_user("sys_admin").put_with("/clients/demo-portal", &[("if-match", &format!("\"{}\"", present["version"]))], edit).await.ok();
    let approved = app.as_user("sec_admin").post("/clients/demo-portal/approve", json!({})).await.ok();
    assert!(approved.get("jwks").is_none() && approved["jwks_url"].is_string(), "{approved}");
    for _ in 0..2 {
        exchange(&app, &for_app(&app, |_| {})).await.ok();
    }
    let reads = asked.lock().expect("asked").iter().filter(|(head, _)| head.starts_with("/keys")).count();
    assert_eq!(reads, 1, "the keys are kept for a while");
    // A portal may exchange the provider's own ID token.
    let id_token = signed(|c| {
        *c = json!({ "iss": url, "aud": "jieli", "sub": "u-1", "iat": now(), "exp": now() + 300, "name": "演示自然人一号", "id_number": "320601199001010011", "acr": "?" });
    });
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("subject_token", &id_token),
    ];
    assert_eq!(token(&app, (PORTAL, SECRET), &form).await.ok()["acr"], "1", "a level without a meaning is the lowest");
    token(&app, (PORTAL, SECRET), &form).await.expect(400);
}

async fn people_come_back_from_a_ticket_platform(app: TestApp) {
    let (url, asked) = platform(|_, path, body| match path.split('?').next().unwrap_or_default() {
        "/token" if body.contains("T-1") => json!({ "code": 200, "data": { "token": "tok-1" } }),
        "/token" => json!({ "code": 500, "data": {} }),
        _ => {
            json!({ "code": 200, "data": { "userType": 2, "name": "经办人甲", "idCardNo": "320601199001010011", "corpName": COMPANY, "creditCode": "91320623MADEM0001N", "authLevel": "L2" } })
        }
    });
    let new = json!({ "name": "tickets", "kind": "ticket", "settings": { "title": "省统一身份认证", "app_id": "jieli", "secret": "a-secret-of-the-platform",
        "ticket": { "login_url": format!("{url}/login?mark=1"), "callback_parameter": "gotoUrl", "ticket_parameter": "tk",
            "token": { "url": format!("{url}/token"), "by": "post_json", "fields": { "ticket": "{ticket}", "appId": "{app_id}", "sign": "{sign}" } }, "token_pointer": "/data/token",
            "user": { "url": format!("{url}/user"), "by": "get", "fields": { "token": "{token}" } }, "success_pointer": "/code", "success": "200" },
        "mapping": { "kind": "/data/userType", "kinds": { "2": "enterprise" }, "name": "/data/name", "id_number": "/data/idCardNo",
            "organization_name": "/data/corpName", "credit_code": "/data/creditCode", "level": "/data/authLevel", "levels": { "L2": 2 }, "usual_level": 1 } } });
    let at = propose(&app, new).await;
    let sent = start(&app, "tickets", &[]).await.expect(302);
    let there = query(sent.header("location"));
    assert_eq!(there["mark"], "1");
    let returned = back(&app, &format!("{}&tk=T-1&extra=1", there["gotoUrl"])).await.expect(302);
    let issued = redeem(&app, &query(returned.header("location"))["code"], VERIFIER).await.ok();
    assert_eq!(bearer(&app, &issued).get("/me").await.ok()["applicant_id"], app.as_user("ent_rudong").get("/me").await.ok()["applicant_id"]);
    assert!(asked.lock().expect("asked").iter().any(|(head, _)| head.starts_with("/user?token=tok-1")));
    let there = query(start(&app, "tickets", &[]).await.expect(302).header("location"));
    let denied = back(&app, &format!("{}&tk=T-2", there["gotoUrl"])).await.expect(302);
    assert_eq!(query(denied.header("location"))["error"], "access_denied");
    assert_eq!(start(&app, "tickets", &[("code_challenge_method", "plain")]).await.problem(400), "invalid_request");
    start(&app, "tickets", &[("code_challenge_method", "S256")]).await.expect(302);
    // A mini app that has the ticket itself exchanges it.
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:jieli:params:oauth:token-type:ticket"),
        ("provider", "tickets"),
        ("subject_token", "T-1"),
    ];
    assert_eq!(token(&app, (PORTAL, SECRET), &form).await.ok()["acr"], "2");
    app.as_user("sys_admin").post(&format!("{at}/disable"), json!({})).await.ok();
    token(&app, (PORTAL, SECRET), &form).await.expect(400);
    // A platform that does not answer says nothing of anybody: try again.
    let question = |path: &str| json!({ "url": format!("http://127.0.0.1:9/{path}"), "by": "post_json", "fields": { "ticket": "{ticket}" } });
    let silent = json!({ "name": "silent", "kind": "ticket", "settings": { "title": "没有答复的平台", "app_id": "jieli", "secret": "a-secret-of-the-platform",
        "ticket": { "login_url": "http://127.0.0.1:9/login", "callback_parameter": "gotoUrl", "ticket_parameter": "tk",
            "token": question("token"), "token_pointer": "/token", "user": question("user") },
        "mapping": { "name": "/name", "id_number": "/id", "usual_level": 1 } } });
    propose(&app, silent).await;
    let asked = [form[0], form[1], ("provider", "silent"), form[3]];
    let later = token(&app, (PORTAL, SECRET), &asked).await.expect(503);
    assert_eq!((&later.body["error"], later.header("retry-after").is_empty()), (&json!("temporarily_unavailable"), false), "{}", later.text);
    let there = query(start(&app, "silent", &[]).await.expect(302).header("location"));
    let returned = back(&app, &format!("{}&tk=T-1", there["gotoUrl"])).await.expect(302);
    assert_eq!(query(returned.header("location"))["error"], "temporarily_unavailable");
    start(&app, "tickets", &[]).await.expect(404);
    // The fake one is nowhere but in a demo or sandbox.
    start(&app, "fake", &[]).await.expect(404);
    assert!(!app.send(TestRequest::get().uri("/auth/providers")).await.text.contains("fake"));
    let sandbox = app.another(|c| c.sandbox = true).await;
    let sent = start(&sandbox, "fake", &[("login_hint", "citizen")]).await.expect(302);
    let returned = back(&sandbox, sent.header("location")).await.expect(302);
    assert_eq!(redeem(&sandbox, &query(returned.header("location"))["code"], VERIFIER).await.ok()["acr"], "2");
    // The same way is closed again where it is no sandbox.
    let sent = start(&sandbox, "fake", &[]).await.expect(302);
    back(&app, sent.header("location")).await.expect(404);
}

async fn the_clock_moves_in_a_sandbox_alone(app: TestApp) {
    let step = json!({ "advance": { "value": 2, "unit": "natural_day" } });
    for login in ["sys_admin", "city_manager", "ent_rudong"] {
        app.as_user(login).post("/sandbox/clock", step.clone()).await.expect(404);
        app.as_user(login).get("/sandbox").await.expect(404);
        app.as_user(login).post("/sandbox/reset", json!({})).await.expect(404);
    }
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    let sandbox = app.another(|c| c.sandbox = true).await;
    sandbox.as_user("city_manager").post("/sandbox/clock", step.clone()).await.expect(403);
    let before = sandbox.as_user("sys_admin").get("/sandbox").await.ok();
    assert!(text(&before["now"]).starts_with("2026-03-02T09:30"));
    let machine = token(&sandbox, (PORTAL, SECRET), &[("grant_type", "client_credentials")]).await.ok();
    let moved = bearer(&sandbox, &machine).post("/sandbox/clock", step).await.ok();
    assert!(text(&moved["now"]).starts_with("2026-03-04T09:30") && moved["done"].as_u64().is_some_and(|n| n > 0), "{moved}");
    // What falls due meanwhile has happened: nobody accepted within a working day.
    let told = sandbox.as_user("city_clerk").get(&format!("/entrustments/{}/timeline", text(&e["id"]))).await.ok();
    assert!(told.to_string().contains("clock.breach"), "{told}");
    let admin = sandbox.as_user("sys_admin");
    admin.post("/sandbox/clock", json!({ "to": "2026-03-01T00:00:00+08:00" })).await.expect(422);
    admin.post("/sandbox/clock", json!({})).await.expect(422);
    admin.post("/sandbox/clock", json!({ "advance": { "value": 1, "unit": "working_day" } })).await.expect(422);
    assert!(sandbox.count("SELECT value AS value FROM epochs WHERE name = 'sandbox_clock'").await != 0, "it outlives a restart");
}

/// What a browser asks before it sends headers of its own.
#[actix_web::test]
async fn browsers_may_call_from_configured_origins() {
    let app = TestApp::sqlite().await;
    let app = app.another(|c| c.cors_origins = vec!["https://portal.example.org".into()]).await;
    let preflight = |origin: &'static str, headers: &'static str| {
        TestRequest::default()
            .method(actix_web::http::Method::OPTIONS)
            .uri("/api/v1/entrustments")
            .insert_header(("origin", origin))
            .insert_header(("access-control-request-method", "POST"))
            .insert_header(("access-control-request-headers", headers))
    };
    let allowed = app.send(preflight("https://portal.example.org", "authorization,if-match,idempotency-key,content-type")).await.expect(200);
    assert_eq!(allowed.header("access-control-allow-origin"), "https://portal.example.org");
    for name in ["authorization", "if-match", "idempotency-key", "content-type"] {
        assert!(allowed.header("access-control-allow-headers").to_ascii_lowercase().contains(name), "{}", allowed.header("access-control-allow-headers"));
    }
    assert!(allowed.header("access-control-allow-methods").contains("POST"));
    let other = app.send(preflight("https://elsewhere.example", "authorization")).await;
    assert!(other.header("access-control-allow-origin").is_empty());
    let other = other.expect(400);
    assert_eq!((&other.body["code"], &other.body["errors"][0]["code"]), (&json!("invalid_request"), &json!("origin_not_allowed")), "{}", other.text);
    assert!(!other.header("x-request-id").is_empty() && other.header("content-type") == "application/problem+json");
    let methods = allowed.header("access-control-allow-methods");
    assert!(["TRACE", "CONNECT", "PATCH"].iter().all(|m| !methods.contains(m)) && methods.contains("DELETE"), "{methods}");
    let reply = app.send(TestRequest::get().uri("/api/v1/centers/320600000000").insert_header(("origin", "https://portal.example.org"))).await.expect(200);
    let exposed = reply.header("access-control-expose-headers").to_ascii_lowercase();
    assert!(["etag", "retry-after", "ratelimit", "idempotency-replayed"].iter().all(|h| exposed.contains(h)), "{exposed}");
}

/// Two who reset at once begin it anew once: what is left over would end the server that follows.
#[actix_web::test]
async fn a_sandbox_that_is_reset_twice_begins_anew_once() {
    let app = TestApp::sqlite().await;
    let sandbox = app.another(|c| c.sandbox = true).await;
    for _ in 0..2 {
        assert_eq!(sandbox.as_user("sys_admin").post("/sandbox/reset", json!({})).await.ok()["state"], "resetting");
    }
    let ends = async || tokio::time::timeout(std::time::Duration::from_millis(50), jieli::app::asked_anew()).await.is_ok();
    assert!(ends().await && jieli::app::begins_anew());
    assert!(!ends().await && !jieli::app::begins_anew(), "once");
}
