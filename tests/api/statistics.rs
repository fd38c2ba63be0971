//! Figures: every rule of how to count, the same numbers however asked, nothing small published, who may ask.

use jieli::statistics::checking;
use serde_json::{Value, json};

use crate::support::{TestApp, accepted, counter_application, helped_matter, on_both_engines, text, user_id, water_application};

on_both_engines!(
    a_matter_counts_once_city_wide,
    on_time_counts_what_is_late_and_open,
    ratings_come_with_participation,
    tickets_by_caller_round_and_register,
    the_same_numbers_however_asked,
    small_groups_are_not_published,
    a_wrong_figure_is_found_and_written_anew,
);

const CITY: &str = "320600000000";
const COUNTY: &str = "320623000000";
const YEAR: &str = "from=2026-01-01&to=2027-01-01";

/// Counts what happened, and recounts everything: there is no difference.
pub async fn counted(app: &TestApp) {
    app.tick().await;
    app.tick().await;
    let found = app.db.read(checking::verify).await.expect("recounted");
    assert_eq!((found.differences, found.waiting), (0, 0), "{:#?}", found.told);
}

async fn figure(app: &TestApp, center: &str, more: &str, indicator: &str) -> (i64, i64) {
    let period = if more.contains("from=") { String::new() } else { format!("&{YEAR}") };
    let all = app.as_user("city_inspector").get(&format!("/statistics?center={center}{period}{more}")).await.ok();
    let found = all["figures"].as_array().expect("figures").iter().find(|f| f["indicator"] == indicator).cloned();
    let found = found.unwrap_or_else(|| panic!("no {indicator} in {all}"));
    (found["numerator"].as_i64().expect("a count"), found["denominator"].as_i64().unwrap_or(0))
}

async fn count(app: &TestApp, center: &str, more: &str, indicator: &str) -> i64 {
    figure(app, center, more, indicator).await.0
}

/// Taken in by the city, handed over to the county, done there.
async fn relayed(app: &TestApp) -> String {
    let mut application = counter_application("assisted");
    application["center"] = json!(CITY);
    let city = app.as_user("city_clerk");
    let id = text(&city.post("/entrustments", application).await.created()["id"]).to_owned();
    let offer = city.post(&format!("/entrustments/{id}/transfer"), json!({ "to": "auto", "applicant_consent": true })).await.created();
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    clerk.post(&format!("/transfers/{}/accept", text(&offer["id"])), json!({})).await.ok();
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("/entrustments/{id}/accept"), body).await.ok();
    agent.post(&format!("/entrustments/{id}/start"), json!({})).await.ok();
    agent.post(&format!("/entrustments/{id}/record-help"), json!({ "kinds": ["fill_form"] })).await.ok();
    id
}

/// Done and signed for.
async fn closed(app: &TestApp, id: &str) {
    app.as_user("rd_agent").post(&format!("/entrustments/{id}/complete"), json!({ "outcome": "granted" })).await.ok();
    let sign = json!({ "signature": { "method": "handwritten", "evidence": "签收单" } });
    app.as_user("rd_clerk").post(&format!("/entrustments/{id}/sign-completion"), sign).await.ok();
}

async fn a_matter_counts_once_city_wide(app: TestApp) {
    let id = relayed(&app).await;
    app.as_user("rd_agent").post(&format!("/entrustments/{id}/complete"), json!({ "outcome": "granted" })).await.ok();
    counted(&app).await;
    assert_eq!(count(&app, CITY, "", "completed_matters").await, 0, "not before the applicant has signed");
    let sign = json!({ "signature": { "method": "handwritten", "evidence": "签收单" } });
    app.as_user("rd_clerk").post(&format!("/entrustments/{id}/sign-completion"), sign).await.ok();
    counted(&app).await;
    // Intake credits the first center, completion the final custodian, and the city counts one.
    for (center, scope, received, completed) in [(CITY, "own", 1, 0), (COUNTY, "own", 0, 1), (CITY, "subtree", 1, 1)] {
        let more = format!("&scope={scope}");
        assert_eq!(count(&app, center, &more, "received_matters").await, received, "{center} {scope}");
        assert_eq!(count(&app, center, &more, "completed_matters").await, completed, "{center} {scope}");
    }
    assert_eq!(count(&app, CITY, "", "received_items").await, 1);
    assert_eq!(count(&app, CITY, "&level=county", "completed_matters").await, 1);
    assert_eq!(count(&app, CITY, "&level=city", "completed_matters").await, 0);
    let flows = app.as_user("city_manager").get(&format!("/statistics/relay?{YEAR}")).await.ok();
    let flow = &flows["flows"][0];
    assert_eq!((&flow["kind"], &flow["from"], &flow["to"], &flow["count"]), (&json!("hand_over"), &json!("city"), &json!("county"), &json!(1)));

    // What was reopened is not completed any more; what is split counts once, the part apart.
    app.as_user("rd_manager").post(&format!("/entrustments/{id}/reopen"), json!({ "reason": "登记有误" })).await.ok();
    app.as_user("rd_clerk").post(&format!("/entrustments/{id}/split"), json!({ "reason": "单独成件" })).await.created();
    counted(&app).await;
    assert_eq!(count(&app, CITY, "", "completed_matters").await, 0);
    assert_eq!((count(&app, CITY, "", "received_matters").await, count(&app, CITY, "", "split_off_matters").await), (1, 1));

    // What ended otherwise is told apart.
    let clerk = app.as_user("rd_clerk");
    let taken_back = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let reason = json!({ "reason": "暂不办理", "evidence": "电话录音" });
    clerk.post(&format!("/entrustments/{}/withdraw", text(&taken_back["id"])), reason).await.ok();
    let refused = clerk.post("/entrustments", counter_application("assisted")).await.created();
    clerk.post(&format!("/entrustments/{}/reject", text(&refused["id"])), json!({ "reason": "duplicate", "note": "同一事项已在办理" })).await.ok();
    counted(&app).await;
    assert_eq!((count(&app, CITY, "", "withdrawn_matters").await, count(&app, CITY, "", "rejected_matters").await), (1, 1));
    assert_eq!((count(&app, CITY, "", "received_matters").await, count(&app, CITY, "", "completed_matters").await), (3, 0));
}

async fn on_time_counts_what_is_late_and_open(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(text(&clerk.post("/entrustments", counter_application("assisted")).await.created()["id"]).to_owned());
    }
    clerk.post(&format!("/entrustments/{}/accept", ids[0]), accepted()).await.ok();
    counted(&app).await;
    assert_eq!(figure(&app, COUNTY, "", "accept_on_time_rate").await, (1, 1), "a limit that runs counts for nothing yet");
    // Due at the close of the third; the day is not over before the fourth.
    app.set_clock("2026-03-03T18:00:00+08:00");
    assert_eq!(figure(&app, COUNTY, "", "accept_on_time_rate").await, (1, 1));
    app.set_clock("2026-03-04T10:00:00+08:00");
    counted(&app).await;
    assert_eq!(figure(&app, COUNTY, "", "accept_on_time_rate").await, (1, 3), "time alone makes them late");
    clerk.post(&format!("/entrustments/{}/accept", ids[1]), accepted()).await.ok();
    counted(&app).await;
    app.set_clock("2026-03-09T10:00:00+08:00");
    assert_eq!(figure(&app, COUNTY, "", "accept_on_time_rate").await, (1, 3), "one kept, one missed, one open and past due");
    // Asked of the past it answers as it did then; in a later period, only what is still open.
    assert_eq!(figure(&app, COUNTY, "&from=2026-03-01&to=2026-03-04", "accept_on_time_rate").await, (1, 3));
    assert_eq!(figure(&app, COUNTY, "&from=2026-03-01&to=2026-03-03", "accept_on_time_rate").await, (1, 1));
    assert_eq!(figure(&app, COUNTY, "&from=2026-03-05&to=2026-03-09", "accept_on_time_rate").await, (0, 1));
}

async fn ratings_come_with_participation(app: TestApp) {
    let company = app.as_user("ent_rudong");
    for grade in ["very_satisfied", "basically_satisfied", "dissatisfied", ""] {
        let e = company.post("/entrustments", water_application()).await.created();
        company.post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
        if !grade.is_empty() {
            let open = company.get("/evaluations?state=open").await.ok();
            let link = text(&open["items"][0]["link"]).to_owned();
            app.stranger().post(&link, json!({ "grade": grade })).await.ok();
        }
    }
    counted(&app).await;
    assert_eq!(figure(&app, CITY, "", "satisfaction_rate").await, (2, 3));
    assert_eq!(figure(&app, CITY, "", "participation_rate").await, (3, 4));
    assert_eq!(count(&app, CITY, "", "bad_ratings").await, 1);
    // The rate is never told alone.
    let trend = app.as_user("city_manager").get(&format!("/statistics/trend?indicator=satisfaction_rate&{YEAR}")).await.ok();
    let told: Vec<&str> = trend["points"][2]["figures"].as_array().expect("figures").iter().map(|f| text(&f["indicator"])).collect();
    assert_eq!(told, ["satisfaction_rate", "participation_rate", "default_ratings"]);
    assert_eq!(trend["points"][2]["figures"][0]["rate"], json!(66.67));
}

async fn tickets_by_caller_round_and_register(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let register = async |name: &str, phone: &str| {
        let content = json!({ "title": "无处受理", "situation": "多个窗口答复不属于本部门受理", "request": "请明确由谁受理", "category": "emerging_field" });
        let body = json!({ "channel": "window", "content": content, "contact": { "name": name, "phone": phone } });
        text(&clerk.post("/fallback-tickets", body).await.created()["number"]).to_owned()
    };
    let [one, two, three] = [register("反映人甲", "13900006001").await, register("反映人乙", "13900006002").await, register("反映人丙", "13900006003").await];
    clerk.post(&format!("/fallback-tickets/{two}/merge"), json!({ "into": one, "reason": "同一问题" })).await.ok();
    counted(&app).await;
    assert_eq!((count(&app, COUNTY, "", "ticket_requests").await, count(&app, COUNTY, "", "tickets_registered").await), (3, 3));
    assert_eq!(figure(&app, COUNTY, "", "clearance_rate").await, (0, 2), "what was merged is taken out below the line");
    let settle = async |number: &str| {
        clerk.post(&format!("/fallback-tickets/{number}/triage"), json!({ "tier": "general" })).await.ok();
        clerk.post(&format!("/fallback-tickets/{number}/settle"), json!({ "settlement": "协调窗口当场受理" })).await.ok();
        clerk.post(&format!("/fallback-tickets/{number}/ask-feedback"), json!({})).await.ok();
    };
    let said = |satisfied: bool| json!({ "satisfied": satisfied, "way": "phone", "evidence": "录音 1", "words": "说明" });
    settle(&three).await;
    clerk.post(&format!("/fallback-tickets/{three}/feedback"), said(false)).await.ok();
    settle(&three).await;
    clerk.post(&format!("/fallback-tickets/{three}/feedback"), said(true)).await.ok();
    counted(&app).await;
    // Resolved in the second round: not the first time, but in the end; and both answers count.
    assert_eq!(figure(&app, COUNTY, "", "first_time_rate").await, (0, 2));
    assert_eq!(figure(&app, COUNTY, "", "clearance_rate").await, (1, 2));
    assert_eq!(figure(&app, COUNTY, "", "resolution_rate").await, (1, 2));
    assert_eq!(figure(&app, COUNTY, "", "response_rate").await, (2, 2));
    assert_eq!(count(&app, COUNTY, "", "tickets_cleared").await, 1);
    // The register says the same.
    let register = app.as_user("city_reform").get("/fallback-tickets/register").await;
    if register.status == 200 {
        assert_eq!(register.body["clearance_rate"], json!(50.0), "{}", register.text);
    }
}

async fn the_same_numbers_however_asked(app: TestApp) {
    for at in ["2026-03-02T09:30:00+08:00", "2026-03-05T09:30:00+08:00", "2026-04-02T09:30:00+08:00"] {
        app.set_clock(at);
        let id = relayed(&app).await;
        closed(&app, &id).await;
        let id = helped_matter(&app).await;
        closed(&app, &id).await;
        app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
        app.tick().await;
    }
    counted(&app).await;
    let manager = app.as_user("city_manager");
    let sum = |parts: &Value| parts.as_array().expect("parts").iter().map(|p| p["figures"][0]["numerator"].as_i64().expect("count")).sum::<i64>();
    for indicator in ["received_matters", "completed_matters", "accepted_matters"] {
        let whole = count(&app, CITY, "", indicator).await;
        assert!(whole >= 6, "{indicator} {whole}");
        for by in ["center", "level", "item", "channel", "mode", "department"] {
            // Over a year, over months cut at both ends, and of one level.
            for (period, of) in [(YEAR, whole), ("from=2026-03-03&to=2026-04-02", -1), ("from=2026-01-01&to=2027-01-01&level=county", -1)] {
                let told = manager.get(&format!("/statistics/breakdown?indicator={indicator}&by={by}&{period}")).await.ok();
                assert_eq!(sum(&told["parts"]), told["total"][0]["numerator"].as_i64().expect("total"), "{indicator} by {by} {period}: {told}");
                assert!(of < 0 || told["total"][0]["numerator"] == json!(of));
            }
        }
        for interval in ["day", "week", "month", "quarter", "year"] {
            for more in ["", "&channel=window", "&item=GS-320623-0001", "&mode=assisted&channel=window"] {
                let period = "from=2026-02-15&to=2026-05-10";
                let told = manager.get(&format!("/statistics/trend?indicator={indicator}&interval={interval}&{period}{more}")).await.ok();
                let total = told["total"][0]["numerator"].as_i64().expect("total");
                assert_eq!(sum(&told["points"]), total, "{indicator} by {interval}{more}: {told}");
                let again = count(&app, CITY, &format!("&{period}{more}"), indicator).await;
                assert_eq!(again, total);
            }
        }
    }
    // By the department's name, as the item has it.
    let by = manager.get(&format!("/statistics/breakdown?indicator=received_matters&by=department&{YEAR}")).await.ok();
    let name = text(&by["parts"][0]["label"]).to_owned();
    assert_eq!(count(&app, CITY, &format!("&department={name}"), "received_matters").await, by["parts"][0]["figures"][0]["numerator"].as_i64().expect("count"));
    // An indicator that does not know a filter is not told, or refused.
    let all = manager.get(&format!("/statistics?{YEAR}&mode=assisted")).await.ok();
    assert!(all["figures"].as_array().expect("figures").iter().all(|f| f["indicator"] != "tickets_registered"));
    assert_eq!(manager.get(&format!("/statistics/trend?indicator=clearance_rate&mode=assisted&{YEAR}")).await.problem(400), "invalid_request");

    // Charts: the words are text, and say what is drawn.
    let chart = manager.get(&format!("/statistics/trend/chart?indicator=completed_matters&{YEAR}")).await.expect(200);
    assert!(chart.header("content-type").starts_with("image/svg+xml") && chart.text.contains("<title id=\"title\">办结量（按月）</title>"), "{}", chart.text);
    assert!(chart.text.contains("2026-03 4件") && chart.text.ends_with("</svg>"), "{}", chart.text);
    let chart = manager.get(&format!("/statistics/relay/chart?{YEAR}")).await.expect(200);
    assert!(chart.text.contains("市级 至 县级 3 次"), "{}", chart.text);
}

async fn small_groups_are_not_published(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    for _ in 0..4 {
        clerk.post("/entrustments", counter_application("assisted")).await.created();
    }
    let at_city = || {
        let mut application = counter_application("assisted");
        application["center"] = json!(CITY);
        application
    };
    for _ in 0..9 {
        app.as_user("city_clerk").post("/entrustments", at_city()).await.created();
    }
    counted(&app).await;
    let (public, month) = (app.stranger(), "month=2026-03");
    assert_eq!(public.get(&format!("/public-statistics?center={CITY}&{month}")).await.problem(400), "invalid_request", "the month is not over");
    app.set_clock("2026-04-02T09:30:00+08:00");
    let all = public.get(&format!("/public-statistics?center={CITY}&{month}")).await.expect(200);
    assert!(all.header("cache-control").starts_with("public") && !all.header("etag").is_empty());
    let figures = all.body["months"][0]["figures"].as_array().expect("figures").clone();
    assert_eq!(figures[0]["numerator"], json!(13), "{}", all.text);
    // Four at the county are too few; the city's own would tell of them.
    let by = public.get(&format!("/public-statistics/breakdown?center={CITY}&indicator=received_matters&by=center&{month}")).await.ok();
    let parts = by["parts"].as_array().expect("parts");
    let hidden = parts.iter().filter(|p| p["figures"][0]["suppressed"] == true).count();
    assert_eq!(hidden, 2, "{by}");
    assert!(parts.iter().all(|p| p["figures"][0]["numerator"].as_i64().is_none_or(|n| n == 0 || n >= 5)), "{by}");
    let of = public.get(&format!("/public-statistics?center={COUNTY}&{month}")).await.ok();
    assert_eq!((&of["months"][0]["figures"][0]["suppressed"], of["months"][0]["figures"][0].get("numerator")), (&json!(true), None), "{of}");
    let trend = public.get(&format!("/public-statistics/trend?center={COUNTY}&indicator=received_matters&from=2026-02&to=2026-03")).await.ok();
    assert_eq!(trend["months"][1]["figures"][0]["suppressed"], json!(true));
    // Only what is published, only where it cannot overlap.
    let refused = public.get(&format!("/public-statistics/breakdown?center={CITY}&indicator=bad_ratings&by=center&{month}")).await;
    assert_eq!(refused.problem(400), "invalid_request");
    let refused = public.get(&format!("/public-statistics/breakdown?center={COUNTY}&indicator=received_matters&by=channel&{month}")).await;
    assert_eq!(refused.problem(400), "invalid_request");
    let by = public.get(&format!("/public-statistics/breakdown?center={CITY}&indicator=received_matters&by=channel&{month}")).await.ok();
    let window = by["parts"].as_array().expect("parts").iter().find(|p| p["key"] == "window").cloned().expect("told");
    assert_eq!(window["figures"][0]["numerator"], json!(13), "{by}");
    // Ratings are of several kinds of record, and an item is known to be somebody's: one division would tell of another.
    for (indicator, by) in [("satisfaction_rate", "channel"), ("participation_rate", "mode"), ("satisfaction_rate", "item"), ("received_matters", "item")] {
        let refused = public.get(&format!("/public-statistics/breakdown?center={CITY}&indicator={indicator}&by={by}&{month}")).await;
        assert_eq!(refused.problem(400), "invalid_request", "{indicator} by {by}");
    }
    // Of a whole that is kept back, not even the parts are named.
    app.as_user("city_clerk").post("/entrustments", at_city()).await.created();
    counted(&app).await;
    app.set_clock("2026-05-04T09:30:00+08:00");
    counted(&app).await;
    let few = public.get(&format!("/public-statistics/breakdown?center={CITY}&indicator=received_matters&by=channel&month=2026-04")).await.ok();
    assert_eq!((&few["total"][0]["suppressed"], &few["parts"]), (&json!(true), &json!([])), "{few}");
}

async fn a_wrong_figure_is_found_and_written_anew(app: TestApp) {
    let id = relayed(&app).await;
    closed(&app, &id).await;
    counted(&app).await;
    let before = app.as_user("city_manager").get(&format!("/statistics?{YEAR}")).await.ok();
    for damage in [
        "UPDATE stat_rollups SET n = n + 1 WHERE slice = 2",
        "DELETE FROM stat_rollups WHERE slice = 3",
        "UPDATE stat_facts SET body = ''",
        "DELETE FROM stat_traces WHERE own",
        "UPDATE stat_traces SET low = 0",
    ] {
        app.db.commit(move |tx| Ok(tx.conn.execute_batch(damage)?)).await.expect("damaged");
        let found = app.db.read(checking::verify).await.expect("recounted");
        assert!(found.differences > 0 && !found.told.is_empty(), "{damage}");
        checking::rebuild(&app.db, |_, _| {}).await.expect("written anew");
        counted(&app).await;
    }
    let after = app.as_user("city_manager").get(&format!("/statistics?{YEAR}")).await.ok();
    assert_eq!(before["figures"], after["figures"]);
}

/// The counter counts its own center, a department its own, a manager all below; nobody else anything.
#[actix_web::test]
async fn who_may_ask() {
    let app = TestApp::sqlite().await;
    helped_matter(&app).await;
    counted(&app).await;
    let status = async |login: &str, query: &str| app.as_user(login).get(&format!("/statistics?{YEAR}{query}")).await.status;
    assert_eq!(status("rd_clerk", "").await, 200);
    assert_eq!(status("rd_clerk", "&scope=subtree").await, 403);
    assert_eq!(status("rd_clerk", "&center=320600000000").await, 403);
    assert_eq!(status("rd_manager", "&scope=subtree").await, 200);
    assert_eq!(status("rd_manager", "&center=320613000000").await, 403);
    assert_eq!(status("rd_agent", "").await, 403);
    assert_eq!(status("ent_rudong", "").await, 403);
    assert_eq!(status("sys_admin", "").await, 403);
    assert_eq!(status("rd_scjg", "").await, 200);
    let own = app.as_user("rd_clerk").get(&format!("/statistics?{YEAR}")).await.ok();
    assert_eq!((&own["asked"]["scope"], &own["asked"]["complete"]), (&json!("own"), &json!(true)));
    // A department is narrowed to itself, whatever it asks.
    let narrowed = app.as_user("rd_scjg").get(&format!("/statistics?{YEAR}")).await.ok();
    assert!(narrowed["figures"].as_array().expect("figures").iter().any(|f| f["indicator"] == "received_matters" && f["numerator"] == 0), "{narrowed}");
    assert_eq!(status("rd_scjg", "&department=如东县自然资源和规划局").await, 403);
    assert_eq!(status("rd_scjg", "&department=没有的部门").await, 400);
    assert_eq!(app.stranger().get("/statistics").await.status, 401);
    // Every figure has its definition.
    let told = app.as_user("city_manager").get(&format!("/statistics?{YEAR}")).await.ok();
    let known = app.stranger().get("/dictionaries/indicators").await.ok();
    for figure in told["figures"].as_array().expect("figures") {
        let entry = known["items"].as_array().expect("items").iter().find(|i| i["code"] == figure["indicator"]).expect("defined").clone();
        assert!(text(&entry["definition"]["definition"]).chars().count() > 5, "{entry}");
        assert_eq!(figure.get("denominator").is_some(), entry["definition"].get("denominator").is_some());
    }
}
