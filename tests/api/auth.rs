//! Signing in, rotation, lock-out, grants by two people.

use serde_json::{Value, json};

use crate::support::{Reply, TestApp, center_id, on_both_engines, text, user_id};

on_both_engines!(sign_in_and_rotate, wrong_passwords_lock, a_grant_takes_two_people, disabled_at_once, keys_are_published);

async fn token(app: &TestApp, form: &[(&str, &str)]) -> Reply {
    let request = actix_web::test::TestRequest::post().uri("/oauth2/token").insert_header(("authorization", "Basic Og==")).set_form(form);
    app.send(request).await
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> Reply {
    token(app, &[("grant_type", "password"), ("username", login), ("password", password)]).await
}

async fn me(app: &TestApp, token: &Value) -> Reply {
    let caller = crate::support::Caller { app, token: Some(text(token).to_owned()) };
    caller.get("/me").await
}

async fn sign_in_and_rotate(app: TestApp) {
    let set = sign_in(&app, "rd_clerk", "jieli-demo-2026").await.ok();
    assert_eq!(set["token_type"], "Bearer");
    assert!(set["expires_in"].as_i64().is_some_and(|s| s <= 900));
    let who = me(&app, &set["access_token"]).await.ok();
    assert_eq!(who["login"], "rd_clerk");
    assert_eq!(who["roles"][0]["role"], "clerk");
    let old = text(&set["refresh_token"]).to_owned();
    let next = token(&app, &[("grant_type", "refresh_token"), ("refresh_token", &old)]).await.ok();
    // The old token again: somebody copied it, so the whole session ends.
    assert_eq!(token(&app, &[("grant_type", "refresh_token"), ("refresh_token", &old)]).await.expect(400).body["error"], "invalid_grant");
    let newest = text(&next["refresh_token"]).to_owned();
    token(&app, &[("grant_type", "refresh_token"), ("refresh_token", &newest)]).await.expect(400);
    assert_eq!(token(&app, &[("grant_type", "none")]).await.expect(400).body["error"], "unsupported_grant_type");
    token(&app, &[("grant_type", "client_credentials")]).await.expect(401);
    me(&app, &json!("nonsense")).await.expect(401);
}

async fn wrong_passwords_lock(app: TestApp) {
    for _ in 0..5 {
        sign_in(&app, "rd_agent", "wrong").await.expect(400);
    }
    // Locked: even the right one is refused, and nothing tells the two apart.
    let locked = sign_in(&app, "rd_agent", "jieli-demo-2026").await.expect(400);
    let unknown = sign_in(&app, "nobody_at_all", "wrong").await.expect(400);
    assert_eq!(locked.body, unknown.body);
    let unlock = format!("/users/{}/unlock", user_id("rd_agent"));
    app.as_user("rd_clerk").post(&unlock, json!({})).await.expect(403);
    app.as_user("sec_admin").post(&unlock, json!({})).await.ok();
    sign_in(&app, "rd_agent", "jieli-demo-2026").await.ok();
}

async fn a_grant_takes_two_people(app: TestApp) {
    let proposal = json!({ "user_id": user_id("rd_agent2"), "role": "clerk", "node_id": center_id("320623000000"), "reason": "轮岗" });
    app.as_user("rd_clerk").post("/grants", proposal.clone()).await.expect(403);
    app.as_user("cc_clerk").post("/grants", proposal.clone()).await.expect(403);
    let grant = app.as_user("rd_manager").post("/grants", proposal.clone()).await.created();
    assert_eq!(grant["state"], "proposed");
    assert_eq!(app.as_user("rd_manager").post("/grants", proposal).await.problem(409), "conflict");
    let path = format!("/grants/{}", text(&grant["id"]));
    app.as_user("rd_manager").post(&format!("{path}/approve"), json!({})).await.expect(403);
    app.as_user("rd_agent2").get("/entrustments").await.ok();
    let active = app.as_user("sec_admin").post(&format!("{path}/approve"), json!({})).await.ok();
    assert_eq!(active["state"], "active");
    assert_eq!(app.as_user("sec_admin").post(&format!("{path}/approve"), json!({})).await.problem(409), "state_conflict");
    app.as_user("sec_admin").post(&format!("{path}/revoke"), json!({})).await.ok();
    // The three administrators exclude each other, and a proposer in another county is refused.
    let both = json!({ "user_id": user_id("sys_admin"), "role": "audit_admin", "reason": "兼任" });
    assert_eq!(app.as_user("sys_admin").post("/grants", both).await.problem(422), "rule_violation");
    let far = json!({ "user_id": user_id("cc_clerk"), "role": "agent", "node_id": center_id("320613000000"), "reason": "越界" });
    app.as_user("rd_manager").post("/grants", far).await.expect(403);
}

async fn disabled_at_once(app: TestApp) {
    let clerk = app.as_user("cc_clerk");
    clerk.get("/me").await.ok();
    app.as_user("sys_admin").post(&format!("/users/{}/disable", user_id("cc_clerk")), json!({})).await.ok();
    clerk.get("/me").await.expect(401);
    clerk.post("/entrustments", json!({})).await.expect(400);
    clerk.post("/entrustments", crate::support::counter_application("assisted")).await.expect(401);
    sign_in(&app, "cc_clerk", "jieli-demo-2026").await.expect(400);
}

async fn keys_are_published(app: TestApp) {
    let keys = app.stranger().get("/.well-known/jwks.json").await.ok();
    assert_eq!(keys["keys"][0]["crv"], "Ed25519");
    assert!(!keys.to_string().contains("\"d\""));
    let metadata = app.stranger().get("/.well-known/oauth-authorization-server").await.ok();
    assert!(text(&metadata["token_endpoint"]).ends_with("/oauth2/token"));
}
