//! Open311 GeoReport v2: what its clients send and expect, in XML and in JSON.

use actix_web::{http::Method, test};
use futures_util::future::join_all;
use jieli::{kernel::Id, open311, settings};
use serde_json::{Value, json};

use crate::support::{Caller, Reply, TestApp, center_id, on_both_engines, text};

on_both_engines!(
    services_in_both_formats,
    filed_followed_and_closed,
    the_same_number_makes_one,
    refusals_of_the_standard,
    lists_and_their_filters,
    updates_both_ways,
    who_reads_what,
    kept_or_refused,
    the_world_is_told_little,
    requests_and_updates_agree,
);

const AT: &str = "/open311/v2";
const KEY: &str = "key-of-the-test-client";
const RUDONG: &str = "320623000000";

async fn client(app: &TestApp, name: &'static str, key: &'static str) -> Id {
    client_at(app, name, key, "320600000000").await
}

async fn client_at(app: &TestApp, name: &'static str, key: &'static str, center: &str) -> Id {
    signed_in(app, name, key, center).await.0
}

/// A client with its key, and its own token.
async fn signed_in<'a>(app: &'a TestApp, name: &'static str, key: &'static str, center: &str) -> (Id, Caller<'a>) {
    let (id, caller) = app.new_client(name, "hotline", Some(center)).await;
    let point = json!({ "latitude_e6": 32_331_000, "longitude_e6": 121_185_000 });
    app.db
        .commit(move |tx| {
            open311::add_key(tx, id, key)?;
            settings::set(tx, center_id(RUDONG).as_str(), "map_point", &point)
        })
        .await
        .expect("client");
    (id, caller)
}

async fn get(app: &TestApp, path: &str) -> Reply {
    app.stranger().get(&format!("{AT}/{path}")).await
}

async fn post(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Reply {
    let encode = |s: &str| percent_encoding::utf8_percent_encode(s, percent_encoding::NON_ALPHANUMERIC).to_string();
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
    let request = test::TestRequest::default().method(Method::POST).uri(&format!("{AT}/{path}"));
    app.send(request.insert_header(("content-type", "application/x-www-form-urlencoded")).set_payload(body.join("&"))).await
}

fn problem(hotline_no: &str) -> Vec<(&'static str, String)> {
    vec![
        ("api_key", KEY.into()),
        ("jurisdiction_id", RUDONG.into()),
        ("service_code", "fallback_missing_from_system".into()),
        ("lat", "32.3311".into()),
        ("long", "121.1851".into()),
        ("address_string", "如东县掘港街道某路 1 号".into()),
        ("first_name", "丙".into()),
        ("last_name", "反映人".into()),
        ("phone", "13900008811".into()),
        ("description", "办理变更登记时系统提示无此事项 <请协助> & 谢谢".into()),
        ("attribute[hotline_no]", hotline_no.into()),
    ]
}

async fn file(app: &TestApp, format: &str, fields: &[(&'static str, String)]) -> Reply {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    post(app, &format!("requests.{format}"), &fields).await
}

async fn services_in_both_formats(app: TestApp) {
    let xml = get(&app, "services.xml").await.expect(200);
    assert_eq!(xml.header("content-type"), "text/xml; charset=utf-8");
    assert!(xml.text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<services><service><service_code>consultation</service_code>"), "{}", xml.text);
    let json = get(&app, "services.json?jurisdiction_id=320623000000").await.expect(200);
    assert_eq!(json.header("content-type"), "application/json; charset=utf-8");
    let all = json.body.as_array().expect("an array").clone();
    assert!(all.len() >= 8 && all.iter().all(|s| s["type"] == "realtime" && s["metadata"].is_boolean() && s["group"].is_string()));
    let definition = get(&app, "services/fallback_no_lead_unit.json").await.ok();
    assert_eq!((&definition["service_code"], &definition["attributes"][0]["code"]), (&json!("fallback_no_lead_unit"), &json!("hotline_no")));
    assert_eq!(definition["attributes"][0]["order"], 1);
    assert!(get(&app, "services/consultation.xml").await.expect(200).text.contains("<attributes><attribute><variable>true</variable><code>hotline_no</code>"));
    // Without an ending, by Accept.
    let ask = |accept: &'static str| app.send(app.stranger().request(Method::GET, &format!("{AT}/services")).insert_header(("accept", accept)));
    assert_eq!(ask("application/json").await.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(ask("*/*").await.header("content-type"), "text/xml; charset=utf-8");
    let found = get(&app, "discovery.json").await.ok();
    assert_eq!(found["endpoints"][0]["specification"], "http://wiki.open311.org/GeoReport_v2");
    assert_eq!((&found["endpoints"][1]["url"], found["endpoints"].as_array().map(Vec::len)), (&found["endpoints"][0]["url"], Some(2)), "and the updates");
    // What is asked for by number and is not there is an empty list; by its address it is missing.
    assert_eq!(get(&app, "requests.json?service_request_id=NOPE,3").await.ok(), json!([]));
    get(&app, "requests/NOPE.json").await.expect(404);
    assert!(get(&app, "discovery.xml").await.expect(200).text.contains("<formats><format>text/xml</format><format>application/json</format></formats>"));
}

async fn filed_followed_and_closed(app: TestApp) {
    client(&app, "o311-story", KEY).await;
    let made = file(&app, "json", &problem("")).await.expect(201).body;
    let number = text(&made[0]["service_request_id"]).to_owned();
    // Signed in as it came, and opened by the service's own rule.
    let clerk = app.as_user("rd_clerk");
    let order = clerk.get(&format!("/hotline/orders/{number}")).await.ok();
    assert_eq!((&order["state"], &order["opened"][0]["kind"], &order["opened"][0]["open"]), (&json!("handling"), &json!("fallback_ticket"), &json!(true)));
    let ticket = format!("/fallback-tickets/{}", text(&order["opened"][0]["id"]));
    assert_eq!(clerk.get(&ticket).await.ok()["category"], "missing_from_system");
    let mine = get(&app, &format!("requests/{number}.json?api_key={KEY}")).await.ok()[0].clone();
    assert_eq!((&mine["status"], &mine["lat"], &mine["long"]), (&json!("open"), &json!(32.3311), &json!(121.1851)));
    let at = text(&mine["requested_datetime"]);
    assert!(at.starts_with("2026-03-02T09:3") && at.ends_with("+08:00") && at.len() == 25, "a zone, and no fractions: {at}");
    assert_eq!(mine["agency_responsible"], "如东县政务服务中心");
    assert_eq!(mine["expected_datetime"], "2026-03-09T17:00:00+08:00");
    let xml = get(&app, &format!("requests/{number}.xml?api_key={KEY}")).await.expect(200).text;
    assert!(xml.contains("&lt;请协助&gt; &amp; 谢谢") && xml.contains("<zipcode/>"), "{xml}");
    // Settled on the spot: still open until the caller is satisfied.
    clerk.post(&format!("{ticket}/triage"), json!({ "tier": "general" })).await.ok();
    clerk.post(&format!("{ticket}/settle"), json!({ "settlement": "协调窗口当场受理" })).await.ok();
    clerk.post(&format!("{ticket}/ask-feedback"), json!({})).await.ok();
    assert_eq!(get(&app, &format!("requests/{number}.json")).await.ok()[0]["status"], "open");
    clerk.post(&format!("{ticket}/feedback"), json!({ "satisfied": true, "way": "phone", "evidence": "录音 1" })).await.ok();
    assert_eq!(get(&app, &format!("requests/{number}.json")).await.ok()[0]["status"], "closed");
    assert_eq!(get(&app, "requests.json?status=closed").await.ok().as_array().map(Vec::len), Some(1));
    assert_eq!(get(&app, "requests.json?status=open").await.ok(), json!([]));
    let token = get(&app, &format!("tokens/{}.json", text(&order["id"]))).await.ok();
    assert_eq!(token[0]["service_request_id"], number.as_str());
    // A consultation and an agency matter.
    let asked =
        [("api_key", KEY), ("jurisdiction_id", RUDONG), ("service_code", "consultation"), ("address_string", "如东"), ("description", "报装要带什么材料")];
    let number = text(&post(&app, "requests.json", &asked).await.expect(201).body[0]["service_request_id"]).to_owned();
    assert_eq!(clerk.get(&format!("/hotline/orders/{number}")).await.ok()["opened"][0]["kind"], "consultation");
    let matter = [
        ("api_key", KEY),
        ("jurisdiction_id", RUDONG),
        ("service_code", "assisted"),
        ("address_string", "如东"),
        ("description", "请帮助办理供水报装"),
        ("last_name", "反映人丁"),
        ("phone", "13900008812"),
        ("attribute[item]", "GS-320623-0001"),
        ("attribute[id_number]", "11010519491231002X"),
    ];
    let number = text(&post(&app, "requests.json", &matter).await.expect(201).body[0]["service_request_id"]).to_owned();
    assert_eq!(clerk.get(&format!("/hotline/orders/{number}")).await.ok()["opened"][0]["kind"], "entrustment");
}

async fn the_same_number_makes_one(app: TestApp) {
    client(&app, "o311-same", KEY).await;
    let fields = problem("FMS-7");
    let replies = join_all((0..10).map(|_| file(&app, "xml", &fields))).await;
    let bodies: std::collections::BTreeSet<&str> = replies
        .iter()
        .map(|r| {
            assert_eq!(r.status, 201, "{}", r.text);
            r.text.as_str()
        })
        .collect();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let mut other = problem("FMS-7");
    other.retain(|(n, _)| *n != "description");
    other.push(("description", "换一种说法".into()));
    assert_eq!(bodies.iter().next().copied(), Some(file(&app, "xml", &other).await.expect(201).text.as_str()));
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM hotline_orders WHERE external_number = 'FMS-7'").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM fallback_tickets WHERE source LIKE 'FMS-7%'").await, 1);
}

async fn refusals_of_the_standard(app: TestApp) {
    client(&app, "o311-wrong", KEY).await;
    let without = |name: &str| problem("").into_iter().filter(|(n, _)| *n != name).collect::<Vec<_>>();
    let with = |name: &'static str, value: &str| {
        let mut fields = without(name);
        fields.push((name, value.to_owned()));
        fields
    };
    for (fields, status) in [
        (without("api_key"), 403),
        (with("api_key", "wrong"), 403),
        (without("service_code"), 400),
        (with("service_code", "potholes"), 404),
        (with("jurisdiction_id", "999999999999"), 404),
        (with("lat", "north"), 400),
        (without("lat"), 400),
        (with("service_code", "assisted"), 400),
    ] {
        let refused = file(&app, "json", &fields).await.expect(status);
        assert_eq!(refused.body[0]["code"], status);
        assert!(refused.body[0]["description"].as_str().is_some_and(|d| !d.is_empty()), "{}", refused.text);
    }
    let xml = file(&app, "xml", &without("api_key")).await.expect(403).text;
    assert!(xml.contains("<errors><error><code>403</code><description>"), "{xml}");
    get(&app, "requests/NO-SUCH.json").await.expect(404);
    get(&app, "services/potholes.xml").await.expect(404);
    get(&app, "requests.json?start_date=2025-01-01T00:00:00Z&end_date=2025-12-31T00:00:00Z").await.expect(400);
    get(&app, "requests.json?status=pending").await.expect(400);
    get(&app, "requests.json?start_date=yesterday").await.expect(400);
    get(&app, "requests.csv").await.expect(406);
    get(&app, "nothing.json").await.expect(404);
    get(&app, "tokens/unknown.json").await.expect(404);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM hotline_orders WHERE service_code IS NOT NULL").await, 0);
    // Malformed bodies are refused, whatever they are.
    let raw = |body: Vec<u8>, kind: &'static str| {
        app.send(test::TestRequest::default().method(Method::POST).uri("/open311/v2/requests.json").insert_header(("content-type", kind)).set_payload(body))
    };
    raw(vec![0xff, 0xfe], "application/x-www-form-urlencoded").await.expect(400);
    raw(b"description=%ff&api_key=%00".to_vec(), "application/x-www-form-urlencoded").await.expect(400);
    raw(b"{}".to_vec(), "application/json").await.expect(415);
    app.send(test::TestRequest::default().method(Method::DELETE).uri("/open311/v2/requests.json")).await.expect(405);
}

async fn lists_and_their_filters(app: TestApp) {
    client(&app, "o311-list", KEY).await;
    let mut numbers = Vec::new();
    for n in 0..3 {
        app.set_clock(&format!("2026-03-0{}T10:00:00+08:00", n + 2));
        let mut fields = problem(&format!("L-{n}"));
        if n == 2 {
            fields.retain(|(name, _)| *name != "service_code");
            fields.push(("service_code", "suggestion".into()));
        }
        numbers.push(text(&file(&app, "json", &fields).await.expect(201).body[0]["service_request_id"]).to_owned());
    }
    let ids = async |query: &str| -> Vec<String> {
        let page = get(&app, &format!("requests.json?{query}")).await.ok();
        page.as_array().into_iter().flatten().map(|r| text(&r["service_request_id"]).to_owned()).collect()
    };
    assert_eq!(ids("").await, [numbers[2].clone(), numbers[1].clone(), numbers[0].clone()], "newest first");
    assert_eq!(ids("service_code=suggestion,praise").await, [numbers[2].clone()]);
    assert_eq!(ids("start_date=2026-03-03T00:00:00%2B08:00&end_date=2026-03-04T00:00:00%2B08:00").await, [numbers[1].clone()]);
    assert_eq!(ids(&format!("service_request_id={},{}", numbers[0], numbers[2])).await, [numbers[0].clone(), numbers[2].clone()]);
    assert_eq!(ids("page=2&page_size=2").await, [numbers[0].clone()]);
    assert_eq!(ids("jurisdiction_id=320623000000").await.len(), 3);
    assert_eq!(ids("jurisdiction_id=320613000000").await.len(), 0);
    assert_eq!(ids("updated_after=2026-03-04T00:00:00%2B08:00").await, [numbers[2].clone()]);
    assert_eq!(ids("updated_before=2026-03-03T00:00:00%2B08:00").await, [numbers[0].clone()]);
}

async fn updates_both_ways(app: TestApp) {
    client(&app, "o311-upd", KEY).await;
    client(&app, "o311-upd2", "key-of-another").await;
    let number = text(&file(&app, "json", &problem("U-1")).await.expect(201).body[0]["service_request_id"]).to_owned();
    let update = |key: &'static str, id: &'static str| {
        let fields = vec![
            ("api_key", key),
            ("service_request_id", number.as_str()),
            ("update_id", id),
            ("description", "今天又去了一次窗口"),
            ("status", "OPEN"),
            ("updated_datetime", "2026-03-02T09:30:00+08:00"),
            ("media_url", "https://12345.example.cn/f/9.jpg"),
        ];
        let app = &app;
        async move { post(app, "servicerequestupdates.xml", &fields).await }
    };
    let replies = join_all((0..5).map(|_| update(KEY, "9"))).await;
    let bodies: std::collections::BTreeSet<String> = replies.into_iter().map(|r| r.expect(201).text).collect();
    assert_eq!(bodies.len(), 1);
    assert!(bodies.iter().next().is_some_and(|b| b.contains("<service_request_updates><request_update><update_id>")));
    update(KEY, "10").await.expect(201);
    update("key-of-another", "9").await.expect(404);
    update("nobody", "9").await.expect(403);
    let order = app.as_user("rd_clerk").get(&format!("/hotline/orders/{number}")).await.ok();
    assert_eq!(order["appended"].as_array().map(Vec::len), Some(2));
    app.as_user("rd_clerk").post(&format!("/hotline/orders/{number}/reply"), json!({ "kind": "interim", "reply": "已联系您，正在协调。" })).await.ok();
    let days = "start_date=2026-03-02T00:00:00%2B08:00&end_date=2026-03-03T00:00:00%2B08:00";
    let told = get(&app, &format!("servicerequestupdates.json?{days}&api_key={KEY}")).await.ok();
    let last = told.as_array().and_then(|all| all.last().cloned()).expect("an update");
    assert_eq!((&last["service_request_id"], &last["status"], &last["description"]), (&json!(number), &json!("open"), &json!("已联系您，正在协调。")));
    let ids: std::collections::BTreeSet<&str> = told.as_array().into_iter().flatten().map(|u| text(&u["update_id"])).collect();
    assert_eq!(ids.len(), told.as_array().map_or(0, Vec::len), "each has a number of its own");
    // Under the number that it was answered with.
    let own = told.as_array().into_iter().flatten().find(|u| bodies.iter().all(|b| b.contains(text(&u["update_id"])))).expect("the one that was sent");
    assert_eq!((&own["description"], &own["media_url"]), (&json!("今天又去了一次窗口"), &json!("https://12345.example.cn/f/9.jpg")));
    let stranger = get(&app, &format!("servicerequestupdates.xml?{days}")).await.expect(200).text;
    assert!(stranger.contains(&number) && !stranger.contains("已联系您") && !stranger.contains("今天又去了"), "{stranger}");
}

async fn who_reads_what(app: TestApp) {
    client(&app, "o311-own", KEY).await;
    client(&app, "o311-not", "key-of-another").await;
    let number = text(&file(&app, "json", &problem("P-1")).await.expect(201).body[0]["service_request_id"]).to_owned();
    let mut secret = problem("P-2");
    secret.push(("attribute[confidential]", "true".into()));
    let hidden = text(&file(&app, "json", &secret).await.expect(201).body[0]["service_request_id"]).to_owned();
    for key in ["", "&api_key=key-of-another"] {
        let seen = get(&app, &format!("requests.json?jurisdiction_id={RUDONG}{key}")).await.expect(200);
        for private in ["13900008811", "反映人", "变更登记", "某路 1 号", hidden.as_str()] {
            assert!(!seen.text.contains(private), "{private}: {}", seen.text);
        }
        // The center's own place stands for what is not shown.
        assert_eq!((&seen.body[0]["lat"], &seen.body[0]["long"], &seen.body[0]["description"]), (&json!(32.331), &json!(121.185), &Value::Null));
        get(&app, &format!("requests/{hidden}.json?jurisdiction_id={RUDONG}{key}")).await.expect(404);
    }
    let own = get(&app, &format!("requests.json?api_key={KEY}")).await.ok();
    assert_eq!(own.as_array().map(Vec::len), Some(2));
    assert!(own.to_string().contains("某路 1 号") && own.to_string().contains(&number));
    // The key opens nothing else.
    let bearer = Caller { app: &app, token: Some(KEY.into()) };
    bearer.get("/hotline/orders").await.expect(401);
}

async fn upload(app: &TestApp, name: &str, content: &[u8]) -> Reply {
    let mut body = Vec::new();
    let mut fields = problem("");
    fields.retain(|(n, _)| *n != "attribute[hotline_no]");
    for (n, v) in fields {
        body.extend(format!("--B\r\nContent-Disposition: form-data; name=\"{n}\"\r\n\r\n{v}\r\n").bytes());
    }
    body.extend(format!("--B\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"\r\n\r\n").bytes());
    body.extend(content);
    body.extend(b"\r\n--B--\r\n");
    let request = test::TestRequest::default().method(Method::POST).uri(&format!("{AT}/requests.json"));
    app.send(request.insert_header(("content-type", "multipart/form-data; boundary=B")).set_payload(body)).await
}

async fn kept_or_refused(app: TestApp) {
    client(&app, "o311-kept", KEY).await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    let number = text(&upload(&app, "photo.png", png).await.expect(201).body[0]["service_request_id"]).to_owned();
    let order = app.as_user("rd_clerk").get(&format!("/hotline/orders/{number}")).await.ok();
    assert_eq!(order["attachments"][0]["name"], "photo.png", "{order:#}");
    let own = get(&app, &format!("requests/{number}.json?api_key={KEY}")).await.ok();
    assert!(text(&own[0]["media_url"]).contains("/api/v1/files/"), "{own:#}");
    assert_eq!(get(&app, &format!("requests/{number}.json")).await.ok()[0]["media_url"], Value::Null);
    upload(&app, "x.exe", b"MZ\x90\0\x03").await.expect(400);
    // Nothing is cut: what is too long is refused, and two numbers that differ late are two.
    let with = |name: &'static str, value: String| {
        let mut fields: Vec<_> = problem("K-1").into_iter().filter(|(n, _)| *n != name).collect();
        fields.push((name, value));
        fields
    };
    file(&app, "json", &with("attribute[hotline_no]", "9".repeat(65))).await.expect(400);
    file(&app, "json", &with("description", "长".repeat(4_001))).await.expect(400);
    file(&app, "json", &with("description", "长".repeat(4_000))).await.expect(201);
    file(&app, "json", &with("media_url", "javascript:alert(1)".into())).await.expect(400);
    for update in [("update_id", "1".repeat(101)), ("status", "FOO".into()), ("updated_datetime", "tomorrow".into())] {
        let mut fields = vec![("api_key", KEY), ("service_request_id", number.as_str()), ("update_id", "1"), ("description", "又去了一次")];
        fields.retain(|(n, _)| *n != update.0);
        fields.push((update.0, update.1.as_str()));
        post(&app, "servicerequestupdates.json", &fields).await.expect(400);
    }
    // An item that nobody knows, and a field that says two things.
    let unknown = file(&app, "json", &with("attribute[item]", "GS-000000-9999".into())).await.expect(400).text;
    assert!(unknown.contains("attribute[item]") && unknown.contains("没有这个事项"), "{unknown}");
    for (name, value) in [("attribute[hotline_no]", "K-2"), ("service_code", "praise"), ("api_key", "another")] {
        let mut fields = problem("K-1");
        fields.push((name, value.into()));
        assert!(file(&app, "json", &fields).await.expect(400).text.contains(name));
    }
    // Rather too secret.
    for (said, secrecy) in [("1", "confidential"), ("是", "confidential"), ("no", "normal")] {
        let mut fields = problem("");
        fields.retain(|(n, _)| *n != "attribute[hotline_no]");
        fields.push(("attribute[confidential]", said.into()));
        let number = text(&file(&app, "json", &fields).await.expect(201).body[0]["service_request_id"]).to_owned();
        assert_eq!(app.as_user("rd_clerk").get(&format!("/hotline/orders/{number}")).await.ok()["secrecy"], secrecy, "{said}");
    }
    let definition = get(&app, "services/complaint.json").await.ok();
    let choice = definition["attributes"].as_array().into_iter().flatten().find(|a| a["code"] == "confidential").cloned().expect("it");
    assert_eq!((&choice["datatype"], &choice["values"][0]["key"]), (&json!("singlevaluelist"), &json!("true")));
}

async fn the_world_is_told_little(app: TestApp) {
    client(&app, "o311-told", KEY).await;
    let number = text(&file(&app, "json", &problem("GEHEIM-77")).await.expect(201).body[0]["service_request_id"]).to_owned();
    for n in 0..3 {
        file(&app, "json", &problem(&format!("GEHEIM-{n}"))).await.expect(201);
    }
    let days = "start_date=2026-03-02T00:00:00%2B08:00&end_date=2026-03-03T00:00:00%2B08:00";
    let stranger = get(&app, &format!("servicerequestupdates.json?{days}")).await.expect(200);
    for private in ["GEHEIM", "DD-", "规则"] {
        assert!(!stranger.text.contains(private), "{private}: {}", stranger.text);
    }
    assert_eq!(stranger.body.as_array().map(Vec::len), Some(12), "{}", stranger.text);
    // Named in small letters, and only it; a page at a time.
    let one = get(&app, &format!("servicerequestupdates.json?{days}&service_request_id={}", number.to_lowercase())).await.ok();
    assert!(one.as_array().is_some_and(|all| all.len() == 3 && all.iter().all(|u| u["service_request_id"] == number.as_str())), "{one:#}");
    let ids = |page: &Value| page.as_array().into_iter().flatten().map(|u| text(&u["update_id"]).to_owned()).collect::<Vec<_>>();
    let (first, second) = (
        get(&app, &format!("servicerequestupdates.json?{days}&page=1&page_size=7")).await.ok(),
        get(&app, &format!("servicerequestupdates.json?{days}&page=2&page_size=7")).await.ok(),
    );
    assert_eq!([ids(&first), ids(&second)].concat(), ids(&stranger.body));
    // An answered question is closed, and says so.
    let asked = [("api_key", KEY), ("jurisdiction_id", RUDONG), ("service_code", "consultation"), ("address_string", "如东"), ("description", "带什么材料")];
    let question = text(&post(&app, "requests.json", &asked).await.expect(201).body[0]["service_request_id"]).to_owned();
    let clerk = app.as_user("rd_clerk");
    let order = clerk.get(&format!("/hotline/orders/{question}")).await.ok();
    clerk.post(&format!("/consultations/{}/answer", text(&order["opened"][0]["id"])), json!({ "answer": "带营业执照。" })).await.ok();
    let seen = get(&app, &format!("requests/{question}.json")).await.ok();
    assert_eq!((&seen[0]["status"], &seen[0]["status_notes"]), (&json!("closed"), &json!("已办结")));
    // Another key with another center leaves those who only ask where they were; a revoked key opens nothing.
    let other = client_at(&app, "o311-else", "key-of-another", RUDONG).await;
    assert_eq!(get(&app, "requests.json?status=open,closed").await.ok().as_array().map(Vec::len), Some(5));
    let key = app.db.read(move |tx| open311::keys(tx, Some(other))).await.expect("keys")[0].id;
    assert!(app.db.commit(move |tx| open311::revoke(tx, key)).await.expect("revoked"));
    get(&app, "requests.json?api_key=key-of-another").await.expect(403);
}

/// How a request stands, and what its updates say, oldest first.
async fn standing(app: &TestApp, number: &str) -> (String, Vec<String>) {
    let request = get(app, &format!("requests/{number}.json?api_key={KEY}")).await.ok();
    let updates = get(app, &format!("servicerequestupdates.json?api_key={KEY}&service_request_id={number}")).await.ok();
    let told = updates.as_array().into_iter().flatten().map(|u| text(&u["status"]).to_owned()).collect();
    (text(&request[0]["status"]).to_owned(), told)
}

/// The last update says what the request says, and nothing that was closed is told as open unless it was opened again.
async fn agrees(app: &TestApp, number: &str, status: &str) {
    let (now, told) = standing(app, number).await;
    assert_eq!((now.as_str(), told.last().map(String::as_str)), (status, Some(status)), "{number}: {told:?}");
}

async fn requests_and_updates_agree(app: TestApp) {
    let (_, hotline) = signed_in(&app, "o311-agree", KEY, "320600000000").await;
    let clerk = app.as_user("rd_clerk");
    let filed = async |service: &str, external: &str| {
        let mut fields = problem(external);
        fields.retain(|(n, _)| *n != "service_code");
        fields.push(("service_code", service.to_owned()));
        text(&file(&app, "json", &fields).await.expect(201).body[0]["service_request_id"]).to_owned()
    };
    let act = async |who: &Caller<'_>, number: &str, action: &str, body: Value| who.post(&format!("/hotline/orders/{number}/{action}"), body).await.ok();
    let last = json!({ "kind": "final", "reply": "已为诉求人办理。" });
    // What has opened nothing ends when the hotline has done with it.
    let plain = filed("suggestion", "A-1").await;
    for (who, action, body) in [
        (&clerk, "reply", last.clone()),
        (&hotline, "send-back", json!({ "reason": "答复不完整" })),
        (&clerk, "reply", last.clone()),
        (&hotline, "pass", json!({})),
        (&hotline, "rehandle", json!({ "reason": "诉求人补充情况" })),
        (&clerk, "reply", last.clone()),
    ] {
        act(who, &plain, action, body).await;
        agrees(&app, &plain, "open").await;
    }
    act(&hotline, &plain, "archive", json!({})).await;
    agrees(&app, &plain, "closed").await;
    // What was cleared stays so while the hotline goes through its own steps.
    let helped = filed("fallback_other", "A-2").await;
    let link = clerk.get(&format!("/hotline/orders/{helped}")).await.ok()["opened"][0].clone();
    let ticket = format!("/fallback-tickets/{}", text(&link["id"]));
    clerk.post(&format!("{ticket}/triage"), json!({ "tier": "general" })).await.ok();
    clerk.post(&format!("{ticket}/settle"), json!({ "settlement": "协调窗口当场受理" })).await.ok();
    clerk.post(&format!("{ticket}/ask-feedback"), json!({})).await.ok();
    agrees(&app, &helped, "open").await;
    clerk.post(&format!("{ticket}/feedback"), json!({ "satisfied": true, "way": "phone", "evidence": "录音 1" })).await.ok();
    agrees(&app, &helped, "closed").await;
    act(&clerk, &helped, "reply", last.clone()).await;
    agrees(&app, &helped, "closed").await;
    // Opened again by another room's visit: both say so.
    act(&hotline, &helped, "pass", json!({})).await;
    let unhappy = json!({ "contacted": true, "responded": true, "resolved": false, "department_satisfaction": "1", "opinion": "又不行了", "rehandle": false });
    act(&hotline, &helped, "return-visit", unhappy).await;
    agrees(&app, &helped, "open").await;
    // A question is answered, and asked again.
    let asked = filed("consultation", "A-3").await;
    let question = clerk.get(&format!("/hotline/orders/{asked}")).await.ok()["opened"][0].clone();
    let question = format!("/consultations/{}", text(&question["id"]));
    clerk.post(&format!("{question}/answer"), json!({ "answer": "带营业执照。" })).await.ok();
    agrees(&app, &asked, "closed").await;
    act(&clerk, &asked, "reply", json!({ "kind": "interim", "reply": "已答复咨询。" })).await;
    act(&clerk, &asked, "reply", last).await;
    agrees(&app, &asked, "closed").await;
    assert!(!standing(&app, &asked).await.1.windows(2).any(|w| w == ["closed", "open"]));
    // One that was merged goes on as the other.
    let (gone, stays) = (filed("suggestion", "A-4").await, filed("suggestion", "A-5").await);
    act(&hotline, &gone, "merge", json!({ "into": stays })).await;
    agrees(&app, &gone, "open").await;
    assert_eq!(get(&app, &format!("requests.json?api_key={KEY}&status=open")).await.ok().as_array().map(Vec::len), Some(3));
    act(&hotline, &stays, "revoke", json!({ "reason": "误派工单" })).await;
    agrees(&app, &stays, "closed").await;
    agrees(&app, &gone, "closed").await;
}
