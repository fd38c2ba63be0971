//! Portals: token exchange with assurance levels, clients over HTTP, limits and usage.

use actix_web::test::TestRequest;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{Caller, Reply, TestApp, accepted, on_both_engines, text, user_id, water_application};

on_both_engines!(
    a_portal_acts_for_whom_it_has_authenticated,
    assertions_count_once_and_only_as_they_should,
    a_portal_hears_of_what_was_begun_by_way_of_it,
    agents_come_by_mandate,
    clients_take_two_people,
    limits_and_quotas_are_each_clients_own,
    usage_is_added_up_over_servers,
);

pub const PORTAL: &str = "demo-portal";
pub const SECRET: &str = "jieli-demo-portal-2026";
pub const COMPANY: &str = "如东海风装备制造有限公司（演示）";

pub fn now() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()).expect("a time")
}

/// What the demo portal signs.
pub fn signed(edit: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({
        "iss": PORTAL, "aud": "", "sub": "portal-user-1", "iat": now(), "exp": now() + 120, "jti": jieli::kernel::random_token(), "acr": "2",
        "applicant": { "kind": "enterprise", "name": COMPANY, "id_number": "91320623MADEM0001N" },
    });
    edit(&mut claims);
    let key = EncodingKey::from_ed_pem(include_bytes!("../../data/demo/portal-key.pem")).expect("key");
    let header = Header { kid: Some("demo-portal-1".into()), ..Header::new(Algorithm::EdDSA) };
    encode(&header, &claims, &key).expect("signed")
}

pub fn for_app(app: &TestApp, edit: impl FnOnce(&mut Value)) -> String {
    let issuer = app.shared.state().tokens.issuer().to_owned();
    signed(|claims| {
        claims["aud"] = json!(issuer);
        edit(claims);
    })
}

pub async fn token(app: &TestApp, (id, secret): (&str, &str), form: &[(&str, &str)]) -> Reply {
    let mut all = vec![("client_id", id), ("client_secret", secret)];
    all.extend(form);
    app.send(TestRequest::post().uri("/oauth2/token").set_form(all)).await
}

pub async fn exchange(app: &TestApp, assertion: &str) -> Reply {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token", assertion),
    ];
    token(app, (PORTAL, SECRET), &form).await
}

pub fn bearer<'a>(app: &'a TestApp, issued: &Value) -> Caller<'a> {
    Caller { app, token: Some(text(&issued["access_token"]).to_owned()) }
}

fn person(claims: &mut Value) {
    claims["applicant"] = json!({ "kind": "natural_person", "name": "演示自然人九号", "id_number": "440781198506151231" });
    claims["phone_number"] = json!("13900000009");
}

async fn a_portal_acts_for_whom_it_has_authenticated(app: TestApp) {
    let issued = exchange(&app, &for_app(&app, |c| c["acr"] = json!("1"))).await.ok();
    assert_eq!((&issued["issued_token_type"], &issued["acr"]), (&json!("urn:ietf:params:oauth:token-type:access_token"), &json!("1")));
    assert!(issued["expires_in"].as_i64().is_some_and(|s| s <= 600) && issued.get("refresh_token").is_none());
    let basic = bearer(&app, &issued);
    let me = basic.get("/me").await.ok();
    assert_eq!((&me["assurance_level"], &me["signing_level"]), (&json!(1), &json!(2)));
    // The applicant of this credit code is the one that was known before.
    let own = app.as_user("ent_rudong").get("/me").await.ok();
    assert_eq!(me["applicant_id"], own["applicant_id"]);
    assert!(me["id"] != own["id"] && own.get("assurance_level").is_none());
    let mut asked = water_application();
    asked["center"] = json!("320623000000");
    // A signature that goes along with something else is one all the same.
    let mut with = asked.clone();
    with["signature"] = json!({ "method": "online" });
    assert_eq!(basic.post("/entrustments", with.clone()).await.problem(403), "assurance_too_low");
    bearer(&app, &exchange(&app, &for_app(&app, |_| {})).await.ok()).post("/entrustments?dry_run=true", with).await.ok();
    let e = basic.post("/entrustments", asked).await.created();
    let at = format!("/entrustments/{}", text(&e["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    app.as_user("rd_clerk").post(&format!("{at}/accept"), body).await.ok();
    app.as_user("rd_agent").post(&format!("{at}/draft-agreement"), json!({})).await.ok();
    // Signing takes a higher level: it is not offered, and refused with what it takes.
    let seen = basic.get(&at).await.ok();
    let offers = |seen: &Value| seen["allowed_actions"].as_array().expect("actions").contains(&json!("sign_agreement"));
    assert!(!offers(&seen), "{}", seen["allowed_actions"]);
    let signature = json!({ "signature": { "method": "online" } });
    let refused = basic.post(&format!("{at}/sign-agreement"), signature.clone()).await.expect(403);
    assert!(text(&refused.body["detail"]).contains("实名等级"), "{}", refused.text);
    assert_eq!((&refused.body["code"], &refused.body["required_level"]), (&json!("assurance_too_low"), &json!(2)), "{}", refused.text);
    // What nobody of them may do is no matter of levels.
    assert_eq!(basic.post(&format!("{at}/draft-agreement"), json!({})).await.problem(403), "forbidden");
    let sure = bearer(&app, &exchange(&app, &for_app(&app, |_| {})).await.ok());
    assert!(offers(&sure.get(&at).await.ok()));
    sure.post(&format!("{at}/sign-agreement"), signature).await.ok();
    // What applicants do works as for whoever has an account here: files, messages, ratings.
    let up = sure.upload(&format!("{at}/materials/M3/upload"), &[], "图纸.pdf", b"%PDF-1.4 drawing", None).await;
    assert!((200..300).contains(&up.status), "{}", up.text);
    app.tick().await;
    app.tick().await;
    let told = sure.get("/me/messages").await.ok();
    assert!(told["items"].as_array().into_iter().flatten().any(|m| m["kind"] == "agreement_ready"), "{told}");
    let other = text(&sure.post("/entrustments", water_application()).await.created()["id"]).to_owned();
    sure.post(&format!("/entrustments/{other}/withdraw"), json!({ "reason": "暂不需要" })).await.ok();
    let open = sure.get("/evaluations?state=open").await.ok();
    sure.post(&format!("/evaluations/{}/rate", text(&open["items"][0]["id"])), json!({ "grade": "satisfied" })).await.ok();
    // Somebody nobody knew becomes an applicant, and finds the same account again.
    let first = bearer(&app, &exchange(&app, &for_app(&app, person)).await.ok()).get("/me").await.ok();
    let again = bearer(&app, &exchange(&app, &for_app(&app, person)).await.ok()).get("/me").await.ok();
    assert_eq!((&first["id"], &first["display_name"]), (&again["id"], &json!("演示自然人九号")));
    assert!(bearer(&app, &exchange(&app, &for_app(&app, person)).await.ok()).get(&at).await.status == 404, "another's matter");
    let kept = app.count("SELECT COUNT(*) AS value FROM applicants WHERE name LIKE '%九号%' OR id_number LIKE '%440781%'").await;
    assert_eq!(kept, 0, "sealed");
    // The portal itself is nobody's applicant.
    let machine = token(&app, (PORTAL, SECRET), &[("grant_type", "client_credentials")]).await.ok();
    bearer(&app, &machine).get(&at).await.expect(404);
}

async fn a_portal_hears_of_what_was_begun_by_way_of_it(app: TestApp) {
    let through = bearer(&app, &exchange(&app, &for_app(&app, |_| {})).await.ok());
    let mine = text(&through.post("/entrustments", water_application()).await.created()["id"]).to_owned();
    // The same applicant, by themselves.
    app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    app.as_user("city_clerk").post(&format!("/entrustments/{mine}/accept"), accepted()).await.ok();
    app.tick().await;
    app.tick().await;
    let machine = bearer(&app, &token(&app, (PORTAL, SECRET), &[("grant_type", "client_credentials")]).await.ok());
    let feed = machine.get("/events?types=entrustment.*&limit=200").await.ok();
    let told: Vec<(&str, &str)> = feed["items"].as_array().into_iter().flatten().map(|e| (text(&e["type"]), text(&e["data"]["record_id"]))).collect();
    assert!(
        told.iter().any(|(kind, _)| kind.ends_with("entrustment.submitted")) && told.iter().any(|(kind, _)| kind.ends_with("entrustment.accepted")),
        "{feed}"
    );
    assert!(told.iter().all(|(_, record)| *record == mine), "{feed}");
    let all = "SELECT COUNT(*) AS value FROM events e JOIN event_listeners l ON l.record_id = e.record_id WHERE e.record_kind = 'entrustment' AND e.audience <> 'staff'";
    assert_eq!(i64::try_from(told.len()).ok(), Some(app.count(all).await), "what the staff tell each other is not told: {feed}");
    // What was asked by way of it, and goes on as a matter: it hears of both, and which the one became.
    let question = json!({ "channel": "online", "center": "320623000000", "subject": "接水", "question": "怎样报装供水？", "items": ["GS-320623-0001"],
        "contact": { "name": "联系人甲", "phone": "13900001234" } });
    let asked = through.post("/consultations", question).await.created();
    let turn = json!({ "mode": "assisted" });
    let turned = app.as_user("rd_clerk").post(&format!("/consultations/{}/open-entrustment", text(&asked["id"])), turn).await.ok();
    app.tick().await;
    let feed = machine.get("/events?types=consultation.*,entrustment.*&limit=200").await.ok();
    let of = |kind: &str, record: &Value| {
        let all = feed["items"].as_array().into_iter().flatten();
        all.filter(|e| text(&e["type"]).ends_with(kind) && e["data"]["record_id"] == *record).cloned().collect::<Vec<_>>()
    };
    let opened = &turned["records"][0]["id"];
    let handed = of("consultation.handed_over", &asked["id"]);
    assert_eq!(handed.first().map(|e| &e["data"]["params"]["entrustment_id"]), Some(opened), "{feed}");
    assert_eq!(of("entrustment.submitted", opened).len(), 1, "{feed}");
    // It hears, and reads nothing more for it.
    machine.get(&format!("/entrustments/{mine}")).await.expect(404);
    machine.get(&format!("/entrustments/{mine}/timeline")).await.expect(404);
    let hotline = crate::evaluations::client(&app, "hotline-1", "hotline").await;
    assert_eq!(hotline.get("/events?types=entrustment.*").await.ok()["items"], json!([]), "another client does not");
}

async fn assertions_count_once_and_only_as_they_should(app: TestApp) {
    let refused = async |assertion: String, why: &str| {
        let reply = exchange(&app, &assertion).await.expect(400);
        assert_eq!(reply.body["error"], "invalid_grant", "{why}");
        assert!(text(&reply.body["detail"]).contains(why), "{why}: {}", reply.text);
    };
    let once = for_app(&app, |_| {});
    exchange(&app, &once).await.ok();
    refused(once, "已经使用过").await;
    refused(signed(|c| c["aud"] = json!("https://elsewhere.example")), "aud").await;
    refused(for_app(&app, |c| c["iss"] = json!("another-portal")), "iss").await;
    refused(for_app(&app, |c| (c["iat"], c["exp"]) = (json!(now() - 400), json!(now() - 100))), "有效期").await;
    refused(for_app(&app, |c| c["exp"] = json!(now() + 3600)), "五分钟").await;
    refused(for_app(&app, |c| c["jti"] = json!("")), "jti").await;
    refused(for_app(&app, |c| c["acr"] = json!("4")), "等级").await;
    refused(for_app(&app, |c| c["acr"] = Value::Null), "等级").await;
    refused(for_app(&app, |c| c["acr"] = json!("+3")), "等级").await;
    // Times may have fractions (RFC 7519 §2).
    let now_f = |by: i64| json!(i32::try_from(now() + by).map(f64::from).expect("a time") + 0.5);
    exchange(&app, &for_app(&app, |c| (c["iat"], c["exp"]) = (now_f(-1), now_f(100)))).await.ok();
    refused(for_app(&app, |c| c["applicant"]["name"] = json!("另一公司")), "另一名称").await;
    refused(for_app(&app, |c| c["applicant"]["id_number"] = json!("91320623MADEM0001X")), "校验位").await;
    // Signed by somebody else, by nobody, or with our own token.
    let other =
        jsonwebtoken::encode(&Header { kid: Some("demo-portal-1".into()), ..Header::new(Algorithm::HS256) }, &json!({}), &EncodingKey::from_secret(b"x"));
    refused(other.expect("signed"), "算法").await;
    refused("eyJhbGciOiJub25lIn0.e30.".into(), "JWT").await;
    let ours = exchange(&app, &for_app(&app, |_| {})).await.ok();
    refused(text(&ours["access_token"]).into(), "kid").await;
    let mut tampered = for_app(&app, |_| {});
    tampered.insert(tampered.rfind('.').expect("three parts"), 'A');
    refused(tampered, "签名").await;
    // A hotline, a wrong secret, an unknown type.
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", "x"), ("subject_token_type", "urn:x")];
    assert_eq!(token(&app, (PORTAL, SECRET), &form).await.expect(400).body["error"], "invalid_request");
    assert_eq!(token(&app, (PORTAL, "wrong"), &form).await.expect(401).body["error"], "invalid_client");
    // A portal that is stopped acts for nobody any more, also with tokens it has.
    let caller = bearer(&app, &ours);
    caller.get("/me").await.ok();
    app.as_user("sec_admin").post("/clients/demo-portal/disable", json!({})).await.ok();
    caller.get("/me").await.expect(401);
    assert_eq!(exchange(&app, &for_app(&app, |_| {})).await.expect(401).body["error"], "invalid_client");
    app.as_user("sec_admin").post("/clients/demo-portal/enable", json!({})).await.ok();
    // Works again, but what was stopped with it stays so.
    caller.get("/me").await.expect(401);
    let anew = exchange(&app, &for_app(&app, |_| {})).await.ok();
    bearer(&app, &anew).get("/me").await.ok();
    // Twenty at once with one assertion: one token.
    let same = for_app(&app, person);
    let all = futures_util::future::join_all((0..20).map(|_| exchange(&app, &same))).await;
    assert_eq!(all.iter().filter(|r| r.status == 200).count(), 1);
    // Twenty at once for somebody nobody knew: one account.
    let all: Vec<String> = (0..20).map(|_| for_app(&app, person)).collect();
    let all = futures_util::future::join_all(all.iter().map(|a| exchange(&app, a))).await;
    assert!(all.iter().all(|r| r.status == 200), "{:?}", all.iter().map(|r| &r.text).collect::<Vec<_>>());
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM users WHERE login LIKE '@%'").await, 2, "the company and the person");
}

async fn agents_come_by_mandate(app: TestApp) {
    let by_agent = |c: &mut Value| c["agent"] = json!({ "name": "经办人甲", "id_number": "320601199001010011" });
    let none = exchange(&app, &for_app(&app, by_agent)).await.expect(400);
    assert!(text(&none.body["detail"]).contains("没有授权"), "{}", none.text);
    let company = app.as_user("ent_rudong");
    let applicant = text(&company.get("/me").await.ok()["applicant_id"]).to_owned();
    // A mandate that does not say who its agent is lets nobody in; and says so.
    let nameless = json!({ "agent_name": "经办人甲", "agent_phone": "13900000011", "evidence": "委托书 0" });
    company.post(&format!("/applicants/{applicant}/mandates"), nameless).await.created();
    let none = exchange(&app, &for_app(&app, by_agent)).await.expect(400);
    assert!(text(&none.body["detail"]).contains("agent_id_number"), "{}", none.text);
    let unknown = exchange(&app, &for_app(&app, |c| c["applicant"]["kind"] = json!("person"))).await.expect(400);
    assert!(text(&unknown.body["detail"]).contains("natural_person"), "{}", unknown.text);
    let mandate = json!({ "agent_name": "经办人甲", "agent_id_number": "320601199001010011", "agent_phone": "13900000011", "evidence": "委托书 1" });
    let m = company.post(&format!("/applicants/{applicant}/mandates"), mandate).await.created();
    let issued = exchange(&app, &for_app(&app, by_agent)).await.ok();
    let agent = bearer(&app, &issued);
    assert_eq!(agent.get("/me").await.ok()["applicant_id"], json!(applicant));
    agent.post("/entrustments", water_application()).await.created();
    // Revoked: the token acts for nobody at once, and no new one is issued.
    company.post(&format!("/mandates/{}/revoke", text(&m["id"])), json!({ "reason": "离职" })).await.ok();
    let over = agent.post("/entrustments", water_application()).await.expect(403);
    assert!(text(&over.body["detail"]).contains("授权委托已到期或者被撤销"), "{}", over.text);
    exchange(&app, &for_app(&app, by_agent)).await.expect(400);
}

fn new_client(id: &str) -> Value {
    json!({ "client_id": id, "kind": "portal", "center": "320600000000", "settings": { "name": "县门户", "redirect_uris": ["https://portal.example.org/back"] } })
}

async fn clients_take_two_people(app: TestApp) {
    let (system, security, audit) = (app.as_user("sys_admin"), app.as_user("sec_admin"), app.as_user("aud_admin"));
    for login in ["sec_admin", "aud_admin", "city_manager", "ent_rudong"] {
        app.as_user(login).post("/clients", new_client("county-portal")).await.expect(403);
    }
    let mut reckless = new_client("county-portal");
    reckless["settings"]["redirect_uris"] = json!(["https://:pw@portal.example.org/back"]);
    system.post("/clients", reckless).await.expect(400);
    let mut wanted = new_client("county-portal");
    (wanted["settings"]["per_minute"], wanted["settings"]["per_day"], wanted["settings"]["description"]) = (json!(60), json!(9_000), json!("县级门户"));
    let c = system.post("/clients", wanted).await.created();
    // Whoever approves sees what they approve.
    let proposed = security.get(&format!("/clients/{}", text(&c["id"]))).await.ok()["pending"].clone();
    assert_eq!((&proposed["per_minute"], &proposed["per_day"], &proposed["description"]), (&json!(60), &json!(9_000), &json!("县级门户")), "{proposed}");
    let (at, secret) = (format!("/clients/{}", text(&c["id"])), text(&c["client_secret"]).to_owned());
    assert_eq!((&c["state"], secret.len() >= 32), (&json!("proposed"), true));
    assert_eq!(system.post("/clients", new_client("county-portal")).await.problem(409), "conflict");
    let own = [("grant_type", "client_credentials")];
    token(&app, ("county-portal", &secret), &own).await.expect(401);
    system.post(&format!("{at}/approve"), json!({})).await.expect(403);
    assert_eq!(security.post(&format!("{at}/approve"), json!({})).await.ok()["state"], "active");
    token(&app, ("county-portal", &secret), &own).await.ok();
    let shown = audit.get(&at).await.ok();
    assert!(shown.get("client_secret").is_none() && !shown.to_string().contains(&secret));
    // Keys wait for the second person; limits do not.
    let mut edit = json!({ "name": "县门户", "redirect_uris": ["https://portal.example.org/back"], "per_minute": 50 });
    edit["jwks"] = serde_json::from_str(include_str!("../../data/demo/portal-jwks.json")).expect("keys");
    system.put_with(&at, &[], edit.clone()).await.expect(428);
    let version = format!("\"{}\"", shown["version"]);
    let pending = system.put_with(&at, &[("if-match", &version)], edit.clone()).await.ok();
    assert_eq!((&pending["per_minute"], pending.get("jwks").is_none(), pending["pending"]["jwks"].is_object()), (&json!(50), true, true));
    system.put_with(&at, &[("if-match", &version)], edit.clone()).await.expect(412);
    assert!(security.post(&format!("{at}/approve"), json!({})).await.ok()["jwks"].is_object());
    let mut private = edit.clone();
    private["jwks"]["keys"][0]["d"] = json!("AAAA");
    let version = format!("\"{}\"", system.get(&at).await.ok()["version"]);
    assert_eq!(system.put_with(&at, &[("if-match", &version)], private).await.problem(422), "rule_violation");
    let mut plain = edit;
    plain["redirect_uris"] = json!(["http://portal.example.org/back"]);
    assert_eq!(system.put_with(&at, &[("if-match", &version)], plain).await.problem(400), "invalid_request");
    // A new secret: both are good for a while, then the former one is not.
    system.post(&format!("{at}/rotate-secret"), json!({})).await.expect(403);
    let rotated = security.post(&format!("{at}/rotate-secret"), json!({ "overlap_hours": 1 })).await.ok();
    let second = text(&rotated["client_secret"]).to_owned();
    for good in [&secret, &second] {
        token(&app, ("county-portal", good), &own).await.ok();
    }
    let third = security.post(&format!("{at}/rotate-secret"), json!({ "overlap_hours": 0 })).await.ok();
    for bad in [&secret, &second] {
        token(&app, ("county-portal", bad), &own).await.expect(401);
    }
    token(&app, ("county-portal", text(&third["client_secret"])), &own).await.ok();
    // Each step is audited.
    let audited = app.count("SELECT COUNT(*) AS value FROM audit_log WHERE record_kind = 'client' AND actor_id NOT LIKE 'system%'").await;
    assert!(audited >= 6, "{audited}");
    // Without the scope it speaks for nobody.
    let c = system.post("/clients", json!({ "client_id": "own-only", "kind": "portal", "settings": { "name": "只读", "scopes": ["own"] } })).await.created();
    security.post(&format!("/clients/{}/approve", text(&c["id"])), json!({})).await.ok();
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token", "x.y.z"),
    ];
    let reply = token(&app, ("own-only", text(&c["client_secret"])), &form).await.expect(400);
    assert_eq!(reply.body["error"], "unauthorized_client");
}

async fn set_limits(app: &TestApp, limits: Value) {
    let system = app.as_user("sys_admin");
    let present = system.get("/clients/demo-portal").await.ok();
    let mut edit = json!({ "name": "演示门户", "jwks": present["jwks"], "redirect_uris": present["redirect_uris"] });
    for (name, value) in limits.as_object().expect("limits") {
        edit[name] = value.clone();
    }
    let version = format!("\"{}\"", present["version"]);
    let set = system.put_with("/clients/demo-portal", &[("if-match", &version)], edit).await.ok();
    assert!(set.get("pending").is_none(), "limits hold at once: {set}");
}

async fn limits_and_quotas_are_each_clients_own(app: TestApp) {
    set_limits(&app, json!({ "per_minute": 5 })).await;
    let machine = token(&app, (PORTAL, SECRET), &[("grant_type", "client_credentials")]).await.ok();
    let portal = bearer(&app, &machine);
    let first = portal.get("/centers/320600000000").await.expect(200);
    assert_eq!(first.header("ratelimit-policy"), "\"client\";q=5;w=60");
    assert!(first.header("ratelimit").starts_with("\"client\";r=4;t="), "{}", first.header("ratelimit"));
    // Whoever acts by way of the portal is charged to both.
    let issued = exchange(&app, &for_app(&app, |_| {})).await.ok();
    let through = bearer(&app, &issued).get("/me").await.expect(200);
    assert!(through.header("ratelimit-policy").starts_with("\"default\";q=") && through.header("ratelimit-policy").ends_with("\"client\";q=5;w=60"));
    assert!(through.header("ratelimit").contains("\"client\";r=3"), "{}", through.header("ratelimit"));
    let mut refused = None;
    for _ in 0..5 {
        let reply = portal.get("/centers/320600000000").await;
        if reply.status == 429 {
            refused = Some(reply);
        }
    }
    let refused = refused.expect("the bucket is empty");
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|s| (1..=60).contains(&s)));
    assert_eq!((refused.header("ratelimit-policy"), &refused.body["code"]), ("\"client\";q=5;w=60", &json!("too_many_requests")));
    assert!(refused.header("ratelimit").starts_with("\"client\";r=0"));
    assert_eq!(bearer(&app, &issued).get("/me").await.status, 429, "the applicants of an exhausted portal wait too");
    app.as_user("ent_rudong").get("/me").await.ok();
    // A quota for the day, on top of a bucket that is large enough.
    set_limits(&app, json!({ "per_minute": 100_000, "per_day": 3 })).await;
    app.shared.refresh().await.expect("counted");
    let used = app.as_user("sys_admin").get("/clients/demo-portal").await.ok()["used_today"].as_i64().expect("a count");
    set_limits(&app, json!({ "per_minute": 100_000, "per_day": used + 2 })).await;
    let reply = portal.get("/centers/320600000000").await.expect(200);
    assert!(reply.header("ratelimit-policy").ends_with(&format!("\"day\";q={};w=86400", used + 2)), "{}", reply.header("ratelimit-policy"));
    assert!(reply.header("ratelimit").contains("\"day\";r=1;t="), "{}", reply.header("ratelimit"));
    portal.get("/centers/320600000000").await.expect(200);
    let over = portal.get("/centers/320600000000").await.expect(429);
    assert!(over.header("retry-after").parse::<u64>().is_ok_and(|s| s <= 86_400));
    // Refused ones are not charged, and another server knows as soon as it has read.
    let second = app.another(|_| {}).await;
    second.shared.refresh().await.expect("read");
    app.shared.refresh().await.expect("counted");
    second.shared.refresh().await.expect("read");
    let elsewhere = Caller { app: &second, token: portal.token.clone() };
    elsewhere.get("/centers/320600000000").await.expect(429);
    let usage = app.as_user("sys_admin").get("/clients/demo-portal/usage").await.ok();
    assert_eq!((&usage["quota"]["used"], &usage["quota"]["left"]), (&json!(used + 2), &json!(0)), "{usage}");
}

async fn usage_is_added_up_over_servers(app: TestApp) {
    let machine = token(&app, (PORTAL, SECRET), &[("grant_type", "client_credentials")]).await.ok();
    let second = app.another(|_| {}).await;
    for server in [&app, &second] {
        server.shared.refresh().await.expect("read");
        let portal = Caller { app: server, token: Some(text(&machine["access_token"]).to_owned()) };
        for _ in 0..3 {
            portal.get("/centers/320600000000").await.ok();
        }
        portal.get("/entrustments/nothing").await.expect(404);
    }
    let before = app.count("SELECT COUNT(*) AS value FROM client_usage").await;
    assert_eq!(before, 0, "no request writes");
    let (one, two) = futures_util::future::join(app.shared.refresh(), second.shared.refresh()).await;
    one.expect("added");
    two.expect("added");
    token(&app, (PORTAL, "wrong"), &[("grant_type", "client_credentials")]).await.expect(401);
    app.shared.refresh().await.expect("added");
    let usage = app.as_user("sys_admin").get("/clients/demo-portal/usage").await.ok();
    let line = |operation: &str| usage["lines"].as_array().into_iter().flatten().find(|l| l["operation"] == operation).cloned().unwrap_or_default();
    let centers = line("GET /api/v1/centers/{id}");
    assert_eq!((&centers["requests"], &centers["succeeded"], &centers["failed"]), (&json!(6), &json!(6), &json!(0)), "{usage}");
    assert!(centers["p50_ms"].as_i64().is_some() && centers["p95_ms"].as_i64() >= centers["p50_ms"].as_i64());
    let missing = line("GET /api/v1/entrustments/{id}");
    assert_eq!((&missing["refused"], &missing["codes"][0]["code"], &missing["codes"][0]["requests"]), (&json!(2), &json!("not_found"), &json!(2)));
    let tokens = line("POST /oauth2/token");
    assert_eq!((&tokens["refused"], &tokens["codes"][0]["code"]), (&json!(1), &json!("invalid_client")), "who names it with a wrong secret is counted");
    assert_eq!(usage["total"]["requests"], 9);
    assert!(usage["last_used_at"].is_string() && usage["quota"]["per_day"] == 1_000_000);
    let hourly = app.as_user("sec_admin").get("/clients/demo-portal/usage?by=hour").await.ok();
    assert!(text(&hourly["lines"][0]["period"]).ends_with("+08:00"));
    app.as_user("aud_admin").get("/clients/demo-portal/usage?from=2026-01-01&to=2025-01-01").await.expect(400);
    app.as_user("city_manager").get("/clients/demo-portal/usage").await.expect(403);
    // An unknown client costs no memory.
    token(&app, ("made-up", "x"), &[("grant_type", "client_credentials")]).await.expect(401);
    app.shared.refresh().await.expect("added");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM client_usage WHERE client_id = 'made-up'").await, 0);
}

/// The guide's example of an agent works on the demo as it stands.
#[actix_web::test]
async fn the_agent_of_the_guide_comes_in() {
    let app = TestApp::sqlite().await;
    jieli::cli::load_demo_matters(&app.db).await.expect("matters");
    let guide = include_str!("../../docs/integration.md");
    let example = guide.split("```json").find(|block| block.contains("\"agent\"")).and_then(|block| block.split("```").next()).expect("an example");
    let example: Value = serde_json::from_str(example).expect("JSON");
    let agent = |c: &mut Value| (c["applicant"], c["agent"]) = (example["applicant"].clone(), example["agent"].clone());
    let issued = exchange(&app, &for_app(&app, agent)).await.ok();
    let me = bearer(&app, &issued).get("/me").await.ok();
    assert_eq!(me["applicant_id"], app.as_user("ent_rudong").get("/me").await.ok()["applicant_id"]);
}
