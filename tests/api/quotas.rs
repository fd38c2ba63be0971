//! A client's quota of the day is its own: what anybody says in its name is noted and charged to nobody.

use serde_json::json;

use crate::{
    portal::{PORTAL, SECRET, bearer, token},
    support::{TestApp, on_both_engines, text},
};

on_both_engines!(strangers_use_up_nothing);

async fn strangers_use_up_nothing(app: TestApp) {
    let system = app.as_user("sys_admin");
    let present = system.get("/clients/demo-portal").await.ok();
    let edit = json!({ "name": "演示门户", "jwks": present["jwks"], "redirect_uris": present["redirect_uris"], "per_minute": 6, "per_day": 8 });
    system.put_with("/clients/demo-portal", &[("if-match", &format!("\"{}\"", present["version"]))], edit).await.ok();
    let form = [("grant_type", "client_credentials")];
    let portal = bearer(&app, &token(&app, (PORTAL, SECRET), &form).await.ok());
    for _ in 0..20 {
        token(&app, (PORTAL, "wrong"), &form).await.expect(401);
    }
    app.shared.refresh().await.expect("counted");
    let reply = portal.get("/centers/320600000000").await.expect(200);
    assert!(reply.header("ratelimit").contains("\"day\";r=7;t="), "{}", reply.header("ratelimit"));
    for _ in 0..5 {
        portal.get("/centers/320600000000").await.expect(200);
    }
    // What the minute refuses still tells of the day, and is not charged to it.
    for _ in 0..3 {
        let over = portal.get("/centers/320600000000").await.expect(429);
        assert_eq!(over.header("ratelimit-policy"), "\"client\";q=6;w=60, \"day\";q=8;w=86400");
        assert!(over.header("ratelimit").contains("\"day\";r=2;t="), "{}", over.header("ratelimit"));
        assert!(!text(&over.body["detail"]).contains("今天"), "{}", over.text);
    }
    app.shared.refresh().await.expect("counted");
    let usage = system.get("/clients/demo-portal/usage").await.ok();
    assert_eq!((&usage["quota"]["used"], &usage["quota"]["left"]), (&json!(6), &json!(2)), "{usage}");
    assert_eq!(system.get("/clients/demo-portal").await.ok()["used_today"], 6);
    let line = usage["lines"].as_array().into_iter().flatten().find(|l| l["operation"] == "POST /oauth2/token").cloned().unwrap_or_default();
    assert_eq!((&line["requests"], &line["codes"][0]["requests"]), (&json!(21), &json!(20)), "noted all the same");
    // Another server that has just read it says the same, and when the day is used up, that it is.
    let second = app.another(|_| {}).await;
    second.shared.refresh().await.expect("read");
    let elsewhere = crate::support::Caller { app: &second, token: portal.token.clone() };
    for _ in 0..2 {
        elsewhere.get("/centers/320600000000").await.expect(200);
    }
    let over = elsewhere.get("/centers/320600000000").await.expect(429);
    assert!(text(&over.body["detail"]).contains("今天的额度已用完"), "{}", over.text);
}
