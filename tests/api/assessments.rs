//! Assessments: a scheme, figures with their derivation led back to matters, objection and review, frozen as it was; who sees what.

use serde_json::{Value, json};

use crate::{
    evaluations::opened,
    statistics::counted,
    support::{Caller, TestApp, center_id, counter_application, helped_matter, on_both_engines, text, user_id},
};

on_both_engines!(
    a_county_is_assessed_objects_and_is_frozen,
    people_see_their_own,
    what_is_said_without_a_name_is_in_figures_alone,
    departments_are_assessed_by_what_is_theirs,
    a_scheme_names_each_wrong_field,
    one_of_two_freezes_wins,
);

const CITY: &str = "320600000000";
const COUNTY: &str = "320623000000";

fn content() -> Value {
    json!({
        "lines": [
            { "code": "on_time", "indicator": "on_time_rate", "weight": 40, "rule": { "kind": "linear", "floor": 0.0, "target": 100.0 }, "minimum": 1 },
            { "code": "accept", "indicator": "accept_on_time_rate", "weight": 20, "rule": { "kind": "linear", "floor": 0.0, "target": 100.0 }, "minimum": 1 },
            { "code": "volume", "indicator": "completed_matters", "weight": 20, "rule": { "kind": "bands", "bands": [{ "at_least": 2.0, "points": 100.0 }, { "at_least": 1.0, "points": 60.0 }], "otherwise": 0.0 } },
            { "code": "late", "indicator": "overdue_matters", "weight": 10, "rule": { "kind": "deduct", "per_unit": 10.0, "free": 0.0 } },
            { "code": "rated", "indicator": "satisfaction_rate", "weight": 10, "rule": { "kind": "linear", "floor": 50.0, "target": 100.0 }, "minimum": 3 }
        ],
        "bonus_cap": 5, "malus_cap": 10, "grades": { "excellent": 90, "good": 80, "pass": 60 }
    })
}

async fn scheme(app: &TestApp, kind: &str, content: Value) -> String {
    let mut body = json!({ "center": CITY, "name": "代办帮办工作考评办法", "subject_kind": kind, "content": content });
    if kind == "center" {
        body["level"] = json!("county");
    }
    let reform = app.as_user("city_reform");
    let there = reform.get(&format!("/assessment-schemes?center={CITY}")).await.ok();
    let known = there["items"].as_array().expect("items").iter().find(|s| s["subject_kind"] == kind && s["center"]["division_code"] == CITY).cloned();
    let id = match known {
        // The demo has schemes of its own.
        Some(known) => {
            let (path, version) = (format!("/assessment-schemes/{}", text(&known["id"])), format!("\"{}\"", known["version"]));
            let edit = json!({ "name": body["name"], "content": body["content"] });
            reform.put_with(&path, &[("if-match", &version)], edit).await.ok();
            text(&known["id"]).to_owned()
        }
        None => text(&reform.post("/assessment-schemes", body).await.created()["id"]).to_owned(),
    };
    let published = reform.post(&format!("/assessment-schemes/{id}/publish"), json!({})).await.ok();
    assert_eq!(reform.get("/assessment-schemes?center=320600000000&limit=1").await.ok()["items"].as_array().map(Vec::len), Some(1));
    reform.get("/assessment-schemes?center=320600000000&limit=0").await.expect(400);
    assert_eq!((&published["state"], &published["published"]["bonus_cap"]), (&json!("published"), &json!(5)));
    id
}

async fn finished(app: &TestApp, id: &str) {
    app.as_user("rd_agent").post(&format!("/entrustments/{id}/complete"), json!({ "outcome": "granted" })).await.ok();
    let sign = json!({ "signature": { "method": "handwritten", "evidence": "签收单" } });
    app.as_user("rd_clerk").post(&format!("/entrustments/{id}/sign-completion"), sign).await.ok();
}

/// In March: two matters done, one that is never accepted.
async fn a_month(app: &TestApp) {
    for _ in 0..2 {
        let id = helped_matter(app).await;
        finished(app, &id).await;
    }
    app.as_user("rd_clerk").post("/entrustments", counter_application("assisted")).await.created();
    app.set_clock("2026-04-02T09:30:00+08:00");
    counted(app).await;
}

async fn drawn(app: &TestApp, who: &str, kind: &str) -> String {
    let mut body = json!({ "center": CITY, "subject_kind": kind, "period": "month", "from": "2026-03" });
    if kind == "center" {
        body["level"] = json!("county");
    }
    let drawn = app.as_user(who).post("/assessments", body).await.created();
    assert_eq!((&drawn["state"], &drawn["to"]), (&json!("computing"), &json!("2026-04-01")), "{drawn}");
    app.tick().await;
    app.tick().await;
    text(&drawn["id"]).to_owned()
}

pub async fn all_records(caller: &Caller<'_>, path: &str) -> i64 {
    let (mut sum, mut cursor) = (0, String::new());
    loop {
        let join = if path.contains('?') { "&" } else { "?" };
        let page = caller.get(&format!("{path}{join}limit=1{cursor}")).await.ok();
        sum += page["items"].as_array().expect("items").iter().map(|r| r["count"].as_i64().expect("count")).sum::<i64>();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return sum,
        }
    }
}

/// Every number of a derivation is the sum of its records, by its own list and by the statistics; the parts make the score.
pub async fn derivation_holds(caller: &Caller<'_>, subject: &Value, live: bool) {
    let (mut score, mut weights) = (0.0, 0.0);
    for line in subject["derivation"]["lines"].as_array().expect("lines") {
        let local = |field: &str| text(&line[field]).trim_start_matches("/api/v1").to_owned();
        let numerator = line["numerator"].as_i64().expect("numerator");
        assert_eq!(all_records(caller, &local("records")).await, numerator, "{line}");
        if live {
            assert_eq!(all_records(caller, &local("trace")).await, numerator, "{line}");
        }
        if let Some(under) = line["denominator"].as_i64() {
            assert_eq!(all_records(caller, &local("denominator_records")).await, under, "{line}");
        }
        score += line["points"].as_f64().unwrap_or(0.0) * line["effective_weight"].as_f64().expect("weight") / 100.0;
        weights += line["effective_weight"].as_f64().expect("weight");
        assert!(text(&line["formula"]).contains(text(&line["name"])), "{line}");
    }
    assert!((weights - 100.0).abs() < 0.001, "{weights}");
    assert!((score - subject["score"].as_f64().expect("a score")).abs() < 0.02, "{score} {subject}");
}

async fn a_county_is_assessed_objects_and_is_frozen(app: TestApp) {
    a_month(&app).await;
    let scheme = scheme(&app, "center", content()).await;
    let id = drawn(&app, "city_reform", "center").await;
    let (reform, manager, inspector) = (app.as_user("city_reform"), app.as_user("rd_manager"), app.as_user("city_inspector"));
    let path = format!("/assessments/{id}");
    let mine = format!("{path}/subjects/{}", center_id(COUNTY));
    let computed = reform.get(&path).await.ok();
    assert_eq!((&computed["state"], &computed["scheme_id"]), (&json!("computed"), &json!(scheme)), "{computed}");
    let again = reform.post("/assessments", json!({ "center": CITY, "subject_kind": "center", "level": "county", "period": "month", "from": "2026-03" })).await;
    assert_eq!(again.problem(409), "state_conflict");
    // Before it is published, who is assessed sees nothing.
    assert_eq!(manager.get(&path).await.status, 404);
    let shown = reform.get(&mine).await.ok();
    let line =
        |subject: &Value, code: &str| subject["derivation"]["lines"].as_array().expect("lines").iter().find(|l| l["line"] == code).expect("a line").clone();
    assert_eq!((&line(&shown, "volume")["numerator"], &line(&shown, "volume")["points"]), (&json!(2), &json!(100.0)));
    assert_eq!((&line(&shown, "accept")["numerator"], &line(&shown, "accept")["denominator"]), (&json!(2), &json!(3)), "one was never accepted");
    assert!(line(&shown, "rated").get("points").is_none(), "too few ratings: {shown}");
    derivation_holds(&reform, &shown, true).await;
    // Points by hand stay within the cap.
    let points = json!({ "points": 20.0, "reason": "承办全市现场会", "evidence": "通政办函〔2026〕3 号" });
    let entered = inspector.post(&format!("{mine}/entries"), points).await.ok();
    assert_eq!(entered["derivation"]["bonus"], json!(5.0));
    assert_eq!(entered["total"].as_f64().expect("total"), shown["score"].as_f64().expect("score") + 5.0);

    let waits = |work: Value| work.to_string().contains(text(&computed["number"]));
    assert!(waits(reform.get("/me/worklist?kind=assessment").await.ok()) && !waits(manager.get("/me/worklist?kind=assessment").await.ok()));
    reform.post(&format!("{path}/publish"), json!({})).await.ok();
    assert!(!waits(reform.get("/me/worklist?kind=assessment").await.ok()), "it waits for objections");
    let seen = manager.get(&mine).await.ok();
    assert_eq!(seen["rank"], json!(1), "{seen}");
    derivation_holds(&manager, &seen, true).await;
    let ranking = manager.get(&format!("{path}/subjects?limit=200")).await.ok();
    let places = ranking["items"].as_array().expect("items");
    assert!(places.len() > 3 && places.iter().all(|p| p.get("derivation").is_none()), "{ranking}");
    assert!(places.windows(2).all(|p| p[0]["rank"].as_i64().unwrap_or(i64::MAX) <= p[1]["rank"].as_i64().unwrap_or(i64::MAX)));
    let other = text(&places.iter().find(|p| p["subject_id"] != json!(center_id(COUNTY))).expect("another")["id"]).to_owned();
    assert_eq!(manager.get(&format!("{path}/subjects/{other}")).await.problem(403), "forbidden");
    assert_eq!(manager.get(&format!("{path}/subjects/{other}/records/on_time")).await.problem(403), "forbidden");

    // The county objects; nobody decides their own, nor who drew it up.
    let objection = json!({ "line": "accept", "reason": "一件因系统故障误计为超期", "evidence": "故障通报 2026-07" });
    assert_eq!(manager.post(&format!("{path}/subjects/{other}/objections"), objection.clone()).await.problem(403), "forbidden");
    let made = manager.post(&format!("{mine}/objections"), objection.clone()).await.created();
    assert_eq!(manager.post(&format!("{mine}/objections"), objection).await.problem(409), "state_conflict");
    let decide = format!("/assessment-objections/{}/decide", text(&made["id"]));
    assert!(waits(inspector.get("/me/worklist?kind=assessment").await.ok()), "an objection is to be decided");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM clocks WHERE kind = 'objection_decision' AND state = 'running' AND center_id IS NOT NULL").await, 1);
    let upheld = json!({ "upheld": true, "reason": "核实属实", "document": "通政考〔2026〕2 号", "numerator": 3, "denominator": 3 });
    assert_eq!(manager.post(&decide, upheld.clone()).await.problem(403), "forbidden");
    assert_eq!(reform.post(&decide, upheld.clone()).await.problem(403), "forbidden", "who drew it up");
    app.set_clock("2026-04-20T09:30:00+08:00");
    assert_eq!(inspector.post(&format!("{path}/freeze"), json!({})).await.problem(409), "state_conflict", "an objection waits");
    let beyond = json!({ "upheld": true, "reason": "核实属实", "document": "通政考〔2026〕2 号", "numerator": 11, "denominator": 10 });
    let refused = inspector.post(&decide, beyond).await.expect(422);
    assert_eq!((&refused.body["errors"][0]["pointer"], &refused.body["errors"][0]["code"]), (&json!("/numerator"), &json!("more_than_all")));
    let without = json!({ "upheld": true, "reason": "核实属实", "numerator": 3, "denominator": 3 });
    assert_eq!(inspector.post(&decide, without).await.problem(422), "rule_violation");
    let decided = inspector.post(&decide, upheld).await.ok();
    assert_eq!(decided["state"], json!("upheld"));
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM clocks WHERE kind = 'objection_decision' AND state = 'running'").await, 0);
    assert!(waits(inspector.get("/me/worklist?kind=assessment").await.ok()), "it is to be frozen");
    let after = manager.get(&mine).await.ok();
    let accept = line(&after, "accept");
    assert_eq!((&accept["numerator"], &accept["reviewed_numerator"], &accept["points"]), (&json!(2), &json!(3), &json!(100.0)), "beside, never over it");
    assert!(after["total"].as_f64() > seen["total"].as_f64() || after["total"] == json!(105.0), "{after}");
    assert_eq!(manager.post(&format!("{mine}/objections"), json!({ "line": "late", "reason": "补充异议" })).await.problem(409), "state_conflict", "too late");

    assert_eq!(reform.post(&format!("{path}/freeze"), json!({})).await.problem(403), "forbidden", "who drew it up");
    inspector.post(&format!("{path}/freeze"), json!({})).await.ok();
    app.tick().await;
    app.tick().await;
    let frozen = reform.get(&path).await.ok();
    assert_eq!((&frozen["state"], frozen["frozen_at"].is_string()), (&json!("frozen"), true), "{frozen}");
    // What happens to a matter later changes nothing of it.
    let first = manager.get(&format!("{mine}/records/volume")).await.ok();
    let matter = text(&first["items"][0]["id"]).to_owned();
    app.as_user("rd_manager").post(&format!("/entrustments/{matter}/reopen"), json!({ "reason": "登记有误" })).await.ok();
    counted(&app).await;
    let kept = manager.get(&mine).await.ok();
    derivation_holds(&manager, &kept, false).await;
    assert_eq!((&kept["total"], &line(&kept, "volume")["numerator"]), (&after["total"], &json!(2)));
    // A correction needs two people, and stands beside.
    let correction = json!({ "points": -2.0, "reason": "审计发现材料不实", "evidence": "通审〔2026〕1 号" });
    let proposed = reform.post(&format!("{mine}/entries"), correction).await.ok();
    let entry = proposed["entries"].as_array().expect("entries").iter().find(|e| e["kind"] == "correction").expect("a correction").clone();
    assert_eq!((&entry["state"], proposed["derivation"].get("corrected_total")), (&json!("pending"), None));
    let confirm = format!("/assessment-entries/{}/confirm", text(&entry["id"]));
    assert_eq!(reform.post(&confirm, json!({})).await.problem(403), "forbidden");
    let confirmed = inspector.post(&confirm, json!({})).await.ok();
    assert_eq!(confirmed["total"], after["total"]);
    assert!(confirmed["derivation"]["corrected_total"].as_f64() < after["total"].as_f64(), "{confirmed}");
    for act in ["compute", "publish", "withdraw"] {
        assert_eq!(reform.post(&format!("{path}/{act}"), json!({})).await.problem(409), "state_conflict", "{act}");
    }
    assert_eq!(inspector.post(&format!("{path}/freeze"), json!({})).await.problem(409), "state_conflict", "it is frozen");
    let told = manager.get(&format!("{path}/timeline?limit=50")).await.ok();
    assert!(told["items"].as_array().expect("items").iter().all(|e| !text(&e["text"]).starts_with("assessment.")), "{told}");
}

async fn people_see_their_own(app: TestApp) {
    a_month(&app).await;
    let personal = json!({
        "lines": [
            { "code": "volume", "indicator": "completed_matters", "weight": 60, "rule": { "kind": "linear", "floor": 0.0, "target": 4.0 } },
            { "code": "hours", "indicator": "training_hours", "weight": 40, "rule": { "kind": "linear", "floor": 0.0, "target": 16.0 } }
        ],
        "bonus_cap": 5, "malus_cap": 10
    });
    scheme(&app, "staff", personal).await;
    let id = drawn(&app, "city_manager", "staff").await;
    let (manager, agent) = (app.as_user("city_manager"), app.as_user("rd_agent"));
    manager.post(&format!("/assessments/{id}/publish"), json!({})).await.ok();
    let whole = manager.get(&format!("/assessments/{id}/subjects?limit=200")).await.ok();
    assert!(whole["items"].as_array().expect("items").len() > 1, "{whole}");
    let own = agent.get(&format!("/assessments/{id}/subjects")).await.ok();
    let items = own["items"].as_array().expect("items");
    assert_eq!((items.len(), &items[0]["subject_id"]), (1, &json!(user_id("rd_agent"))), "{own}");
    let mine = agent.get(&format!("/assessments/{id}/subjects/{}", user_id("rd_agent"))).await.ok();
    assert_eq!((&mine["score"], &mine["derivation"]["lines"][0]["points"]), (&json!(30.0), &json!(50.0)), "{mine}");
    derivation_holds(&agent, &mine, true).await;
    let other = items_other(&whole);
    assert_eq!(agent.get(&format!("/assessments/{id}/subjects/{other}")).await.status, 404);
    assert_eq!(app.as_user("rd_manager").get(&format!("/assessments/{id}")).await.status, 404);
    assert_eq!(app.as_user("ent_rudong").get(&format!("/assessments/{id}")).await.status, 404);
    let objection = json!({ "line": "volume", "reason": "少计一件" });
    assert_eq!(agent.post(&format!("/assessments/{id}/subjects/{other}/objections"), objection.clone()).await.problem(403), "forbidden");
    let made = agent.post(&format!("/assessments/{id}/subjects/{}/objections", user_id("rd_agent")), objection).await.created();
    let refused = json!({ "upheld": false, "reason": "经核实无误" });
    let decided = app.as_user("city_reform").post(&format!("/assessment-objections/{}/decide", text(&made["id"])), refused).await.ok();
    assert_eq!((&decided["state"], decided.get("entry_id")), (&json!("refused"), None));
}

fn items_other(whole: &Value) -> String {
    let agent = json!(user_id("rd_agent"));
    text(&whole["items"].as_array().expect("items").iter().find(|s| s["subject_id"] != agent).expect("another")["id"]).to_owned()
}

async fn departments_are_assessed_by_what_is_theirs(app: TestApp) {
    for _ in 0..3 {
        let mut application = counter_application("assisted");
        application["item"] = json!("11320623MB010010124000131012000");
        app.as_user("rd_clerk").post("/entrustments", application).await.created();
    }
    a_month(&app).await;
    let of_departments = json!({
        "lines": [
            { "code": "sheets", "indicator": "sheet_on_time_rate", "weight": 50, "rule": { "kind": "linear", "floor": 50.0, "target": 100.0 }, "minimum": 1 },
            { "code": "volume", "indicator": "received_matters", "weight": 50, "rule": { "kind": "linear", "floor": 0.0, "target": 3.0 } }
        ],
        "bonus_cap": 5
    });
    let body = json!({ "center": COUNTY, "name": "部门配合考评办法", "subject_kind": "department", "content": of_departments });
    let manager = app.as_user("rd_manager");
    let scheme = text(&manager.post("/assessment-schemes", body).await.created()["id"]).to_owned();
    manager.post(&format!("/assessment-schemes/{scheme}/publish"), json!({})).await.ok();
    let order = json!({ "center": COUNTY, "subject_kind": "department", "period": "month", "from": "2026-03" });
    let id = text(&manager.post("/assessments", order).await.created()["id"]).to_owned();
    app.tick().await;
    app.tick().await;
    manager.post(&format!("/assessments/{id}/publish"), json!({})).await.ok();
    let ranking = manager.get(&format!("/assessments/{id}/subjects?limit=200")).await.ok();
    let first = &ranking["items"][0];
    assert_eq!((&first["rank"], &first["score"]), (&json!(1), &json!(100.0)), "its three matters: {ranking}");
    let whole = manager.get(&format!("/assessments/{id}/subjects/{}", text(&first["id"]))).await.ok();
    derivation_holds(&manager, &whole, true).await;
    let handler = app.as_user("rd_scjg");
    let seen = handler.get(&format!("/assessments/{id}")).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    let others: Vec<u16> = {
        let mut all = Vec::new();
        for s in ranking["items"].as_array().expect("items") {
            all.push(handler.get(&format!("/assessments/{id}/subjects/{}", text(&s["id"]))).await.status);
        }
        all
    };
    assert_eq!(others.iter().filter(|s| **s == 200).count(), 1, "its own alone: {others:?}");
}

async fn a_scheme_names_each_wrong_field(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let wrong = json!({
        "lines": [
            { "code": "A", "indicator": "on_time_rate", "weight": 30, "rule": { "kind": "linear", "floor": 98.0, "target": 60.0 } },
            { "code": "b", "indicator": "clearance_rate", "weight": 30, "rule": { "kind": "deduct", "per_unit": 1.0, "free": 0.0 } }
        ],
        "grades": { "excellent": 60, "good": 80, "pass": 90 }
    });
    let body = json!({ "center": COUNTY, "name": "办法", "subject_kind": "staff", "content": wrong });
    let refused = manager.post("/assessment-schemes", body.clone()).await;
    let fields: Vec<String> = refused.body["errors"].as_array().expect("errors").iter().map(|e| text(&e["pointer"]).to_owned()).collect();
    assert_eq!(refused.status, 422, "{}", refused.text);
    for field in ["/content/lines/0/code", "/content/lines/0/rule", "/content/lines/1/indicator", "/content/lines/1/rule", "/content/lines", "/content/grades"]
    {
        assert!(fields.iter().any(|f| f.trim_start_matches('#') == field), "{field}: {fields:?}");
    }
    let mut elsewhere = body.clone();
    elsewhere["center"] = json!(CITY);
    elsewhere["content"] = content();
    elsewhere["subject_kind"] = json!("center");
    elsewhere["level"] = json!("county");
    assert_eq!(manager.post("/assessment-schemes", elsewhere).await.problem(403), "forbidden");
    assert_eq!(app.as_user("rd_clerk").get(&format!("/assessment-schemes?center={COUNTY}")).await.problem(403), "forbidden");
    let early = json!({ "center": COUNTY, "subject_kind": "staff", "period": "month", "from": "2026-03" });
    assert_eq!(manager.post("/assessments", early).await.problem(422), "rule_violation", "the month is not over");
}

async fn one_of_two_freezes_wins(app: TestApp) {
    a_month(&app).await;
    scheme(&app, "center", content()).await;
    let id = drawn(&app, "city_reform", "center").await;
    let reform = app.as_user("city_reform");
    reform.post(&format!("/assessments/{id}/publish"), json!({})).await.ok();
    assert_eq!(app.as_user("city_inspector").post(&format!("/assessments/{id}/freeze"), json!({})).await.problem(409), "state_conflict", "the window is open");
    app.set_clock("2026-04-20T09:30:00+08:00");
    let path = format!("/assessments/{id}/freeze");
    let (one, two) = (app.as_user("city_manager"), app.as_user("city_inspector"));
    let both = futures_util::future::join(one.post(&path, json!({})), two.post(&path, json!({}))).await;
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", both.0.text, both.1.text);
    // Two servers keep the records; each is kept once.
    let tick = || jieli::worker::tick(&app.db, "another");
    let (a, b) = futures_util::future::join(app.tick(), tick()).await;
    assert!(a + b.expect("ticked") > 0);
    app.tick().await;
    assert_eq!(reform.get(&format!("/assessments/{id}")).await.ok()["state"], json!("frozen"));
    let shown = reform.get(&format!("/assessments/{id}/subjects/{}", center_id(COUNTY))).await.ok();
    derivation_holds(&reform, &shown, false).await;
}

/// Of what somebody rated who gave no name whoever it is about sees the figures, and not which records they are made of.
async fn what_is_said_without_a_name_is_in_figures_alone(app: TestApp) {
    let rate = |grade: &str, named: bool| json!({ "grade": grade, "objects": [{ "object": "staff", "grade": grade }], "is_named": named });
    let mut numbers = Vec::new();
    let said = [("satisfied", true), ("dissatisfied", false), ("satisfied", false), ("satisfied", true), ("dissatisfied", false)];
    for (i, (grade, named)) in said.into_iter().enumerate() {
        let made = opened(&app, &format!("FIG-{i}")).await;
        app.stranger().post(text(&made["link"]), rate(grade, named)).await.ok();
        numbers.push(made["number"].clone());
    }
    app.set_clock("2026-04-02T09:30:00+08:00");
    counted(&app).await;
    let personal = json!({
        "lines": [
            { "code": "rated", "indicator": "staff_satisfaction_rate", "weight": 60, "rule": { "kind": "linear", "floor": 0.0, "target": 100.0 }, "minimum": 1 },
            { "code": "volume", "indicator": "completed_matters", "weight": 40, "rule": { "kind": "linear", "floor": 0.0, "target": 4.0 } }
        ],
        "bonus_cap": 5, "malus_cap": 10
    });
    scheme(&app, "staff", personal).await;
    let id = drawn(&app, "city_manager", "staff").await;
    let (manager, agent) = (app.as_user("city_manager"), app.as_user("rd_agent"));
    manager.post(&format!("/assessments/{id}/publish"), json!({})).await.ok();
    let own = format!("/assessments/{id}/subjects/{}", user_id("rd_agent"));
    let line = agent.get(&own).await.ok()["derivation"]["lines"][0].clone();
    assert_eq!((&line["numerator"], &line["denominator"]), (&json!(3), &json!(5)), "the figures are whole: {line}");
    let trace = text(&line["trace"]).trim_start_matches("/api/v1").to_owned();
    let listed = |page: Value| page["items"].as_array().expect("items").iter().map(|r| r["number"].clone()).collect::<Vec<_>>();
    let doors = async || {
        for side in ["numerator", "denominator"] {
            for path in [format!("{own}/records/rated?side={side}"), format!("{trace}&side={side}")] {
                let all = listed(manager.get(&path).await.ok()).len();
                assert_eq!(all, if side == "numerator" { 3 } else { 5 }, "to others as before: {path}");
                // Nor do places where a page ends tell of the others, between those that are listed and after them.
                let mut page = agent.get(&format!("{path}&limit=1")).await.ok();
                assert_eq!(page["has_more"], json!(true), "{path}");
                let next = format!("{path}&limit=1&cursor={}", text(&page["next_cursor"]));
                let mut shown = listed(page);
                page = agent.get(&next).await.ok();
                assert_eq!((&page["has_more"], page.get("next_cursor")), (&json!(false), None), "{path}");
                shown.extend(listed(page));
                assert_eq!(shown, [numbers[0].clone(), numbers[3].clone()], "{path}");
                assert_eq!(listed(agent.get(&path).await.ok()), shown, "{path}");
            }
        }
    };
    doors().await;
    app.set_clock("2026-04-20T09:30:00+08:00");
    app.as_user("city_inspector").post(&format!("/assessments/{id}/freeze"), json!({})).await.ok();
    app.tick().await;
    assert_eq!(manager.get(&format!("/assessments/{id}")).await.ok()["state"], "frozen");
    doors().await;
}
