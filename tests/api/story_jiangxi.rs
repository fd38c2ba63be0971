//! A month in the Jiangxi city (text 004): five grades, a bad one followed up to a better second rating, one appealed against; the
//! bulletin of the month and the assessment derived from it, every figure led back to its matters.

use jieli::cli::Shipped::Gongqingcheng;
use serde_json::{Value, json};

use crate::{
    assessments::{all_records, derivation_holds},
    follow_ups::{Desk, appeal, ended, evaluation, found, told},
    statistics::counted,
    support::{TestApp, text},
};

#[actix_web::test]
async fn a_month_on_sqlite() {
    a_month(TestApp::sqlite_city(Gongqingcheng).await).await;
}

#[actix_web::test]
async fn a_month_on_postgres() {
    a_month(TestApp::postgres_city(Gongqingcheng).await).await;
}

const ROOT: &str = "360482000000";
const NEAR: &str = "360482001000";
const MARCH: &str = "from=2026-03-01&to=2026-04-01";

fn figure<'a>(all: &'a Value, indicator: &str) -> &'a Value {
    all.as_array().expect("figures").iter().find(|f| f["indicator"] == indicator).unwrap_or_else(|| panic!("no {indicator} in {all}"))
}

async fn a_month(app: TestApp) {
    let desk = Desk {
        item: "GS-360482-0001",
        division: NEAR,
        company: app.as_user("company"),
        clerk: app.as_user("near_clerk"),
        agent: app.as_user("near_agent"),
        rated: "near_agent",
        manager: app.as_user("near_manager"),
        above: app.as_user("city_manager"),
    };
    let (inspector, reform) = (app.as_user("city_inspector"), app.as_user("city_reform"));
    // What the demo shows is not of this month's making.
    counted(&app).await;
    let statistics = format!("/statistics?center={NEAR}&{MARCH}");
    let before = inspector.get(&statistics).await.ok();
    let count = |all: &Value, indicator: &str, side: &str| figure(&all["figures"], indicator)[side].as_i64().unwrap_or(0);

    // 五个等级, the link used once each.
    let mut bad = Vec::new();
    for grade in ["very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied"] {
        let open = ended(&desk).await;
        let rating = json!({ "grade": grade, "dimensions": ["efficiency"], "comment": format!("评语：{}", if grade.starts_with("dis") { "排队太久" } else { "已办好" }), "is_named": grade == "very_dissatisfied" });
        app.stranger().post(text(&open["link"]), rating).await.ok();
        let rated = desk.company.get(&format!("/evaluations/{}", text(&open["id"]))).await.ok();
        bad.extend(rated.get("follow_up_id").map(|id| (text(id).to_owned(), rated.clone())));
    }
    let [(first, rated), (second, _)] = bad.as_slice() else { panic!("two bad grades: {bad:?}") };
    // The one is put right, told and rated again.
    let path = format!("/follow-ups/{first}");
    desk.manager.post(&format!("{path}/verify"), found()).await.ok();
    desk.manager.post(&format!("{path}/fix"), json!({ "words": "已增开窗口" })).await.ok();
    desk.manager.post(&format!("{path}/tell"), told()).await.ok();
    let again = evaluation(&desk, text(&rated["entrustment_id"]), 2).await;
    app.stranger().post(text(&again["link"]), json!({ "grade": "satisfied" })).await.ok();
    assert_eq!(desk.manager.get(&path).await.ok()["state"], "closed");
    // The other is appealed against, and excluded above.
    let path = format!("/follow-ups/{second}");
    desk.agent.post(&format!("{path}/appeal"), appeal()).await.ok();
    desk.above.post(&format!("{path}/decide-appeal"), json!({ "upheld": true, "reason": "叫号记录属实" })).await.ok();
    counted(&app).await;

    // Three of four are satisfied: the second rating replaces nothing, the excluded one is no rating of the rate.
    let all = inspector.get(&statistics).await.ok();
    let more = |indicator: &str, side: &str| count(&all, indicator, side) - count(&before, indicator, side);
    assert_eq!((more("satisfaction_rate", "numerator"), more("satisfaction_rate", "denominator")), (3, 4), "{all}");
    assert_eq!((more("participation_rate", "numerator"), more("participation_rate", "denominator")), (4, 4), "what is excluded is in no rate");
    assert_eq!(more("bad_ratings", "numerator"), 1);
    assert_eq!(more("completed_matters", "numerator"), 5);
    // Every figure of the month is led back to its records.
    for f in all["figures"].as_array().expect("figures") {
        let records = format!("/statistics/records?indicator={}&center={NEAR}&{MARCH}", text(&f["indicator"]));
        assert_eq!(Some(all_records(&inspector, &format!("{records}&side=numerator")).await), f["numerator"].as_i64(), "{f}");
        if let Some(under) = f["denominator"].as_i64() {
            assert_eq!(all_records(&inspector, &format!("{records}&side=denominator")).await, under, "{f}");
        }
    }

    // The month is over: frozen, told in a bulletin that somebody else reviews, assessed.
    app.set_clock("2026-04-03T09:30:00+08:00");
    counted(&app).await;
    let all = inspector.get(&statistics).await.ok();
    reform.post("/statistics-periods", json!({ "month": "2026-03" })).await.created();
    counted(&app).await;
    let b = inspector.post("/bulletins", json!({ "center": ROOT, "from": "2026-03", "to": "2026-03" })).await.created();
    let at = format!("/bulletins/{}", text(&b["id"]));
    let near = b["body"]["centers"].as_array().expect("centers").iter().find(|c| figure(&c["figures"], "completed_matters")["numerator"].as_i64() >= Some(5));
    let near = near.unwrap_or_else(|| panic!("the center is told of: {b}"));
    assert_eq!(figure(&near["figures"], "satisfaction_rate"), figure(&all["figures"], "satisfaction_rate"));
    inspector.post(&format!("{at}/submit"), json!({})).await.ok();
    reform.post(&format!("{at}/publish"), json!({ "document_no": "共代办〔2026〕3号" })).await.ok();
    assert_eq!(desk.manager.get(&at).await.ok()["document_no"], "共代办〔2026〕3号");
    let paper = desk.manager.get(&format!("{at}/pdf")).await.expect(200);
    assert!(paper.header("content-type").starts_with("application/pdf"));
    let problems = inspector.get(&format!("/common-problems?center={ROOT}&{MARCH}&least=1")).await.ok();
    assert!(problems["items"].as_array().expect("items").iter().any(|p| p["tag"] == "waiting"), "{problems}");

    let level = app.stranger().get(&format!("/centers/{NEAR}")).await.ok()["level"].clone();
    let lines = json!([
        { "code": "satisfaction", "indicator": "satisfaction_rate", "weight": 50, "rule": { "kind": "linear", "floor": 0.0, "target": 100.0 }, "minimum": 1 },
        { "code": "volume", "indicator": "completed_matters", "weight": 30, "rule": { "kind": "linear", "floor": 0.0, "target": 5.0 } },
        { "code": "bad", "indicator": "bad_ratings", "weight": 20, "rule": { "kind": "deduct", "per_unit": 10.0, "free": 0.0 } }
    ]);
    let scheme = json!({ "center": ROOT, "name": "代办帮办工作考评办法", "subject_kind": "center", "level": level, "content": { "lines": lines } });
    let scheme = reform.post("/assessment-schemes", scheme).await.created();
    reform.post(&format!("/assessment-schemes/{}/publish", text(&scheme["id"])), json!({})).await.ok();
    let drawn = json!({ "center": ROOT, "subject_kind": "center", "level": level, "period": "month", "from": "2026-03" });
    let drawn = reform.post("/assessments", drawn).await.created();
    let path = format!("/assessments/{}", text(&drawn["id"]));
    app.tick().await;
    app.tick().await;
    reform.post(&format!("{path}/publish"), json!({})).await.ok();
    let id = app.stranger().get(&format!("/centers/{NEAR}")).await.ok()["id"].clone();
    let mine = format!("{path}/subjects/{}", text(&id));
    let seen = desk.manager.get(&mine).await.ok();
    derivation_holds(&desk.manager, &seen, true).await;
    // After the days of objection it is frozen, with the records behind each figure; later changes do not move it.
    app.set_clock("2026-04-20T09:30:00+08:00");
    inspector.post(&format!("{path}/freeze"), json!({})).await.ok();
    app.tick().await;
    app.tick().await;
    assert_eq!(reform.get(&path).await.ok()["state"], "frozen");
    desk.manager.post(&format!("/entrustments/{}/reopen", text(&rated["entrustment_id"])), json!({ "reason": "登记有误" })).await.ok();
    counted(&app).await;
    let kept = desk.manager.get(&mine).await.ok();
    derivation_holds(&desk.manager, &kept, false).await;
    assert_eq!(kept["total"], seen["total"]);
    let frozen = inspector.get(&statistics).await.ok();
    assert_eq!(count(&frozen, "completed_matters", "numerator"), count(&all, "completed_matters", "numerator"), "the month is frozen");
    assert_eq!(reform.get("/statistics-periods/2026-03").await.ok()["waiting"], 1, "what is different is noticed");
}
