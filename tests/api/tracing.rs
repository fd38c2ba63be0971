//! Every figure is led back to its records: together they are the figure, whoever asks and however it is asked.

use jieli::kernel::Code as _;
use serde_json::{Value, json};

use crate::{
    statistics::counted,
    support::{Caller, TestApp, counter_application, helped_matter, on_both_engines, text, user_id},
};

on_both_engines!(a_person_has_figures_of_their_own, what_is_not_seen_is_counted_but_not_told);

const CITY: &str = "320600000000";
const COUNTY: &str = "320623000000";

/// All records behind a number, page by page.
async fn records(caller: &Caller<'_>, query: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("/statistics/records?{query}&limit={limit}{cursor}")).await.ok();
        all.extend(page["items"].as_array().expect("items").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn sum(records: &[Value]) -> i64 {
    records.iter().map(|r| r["count"].as_i64().expect("a count")).sum()
}

/// The records behind every figure, over all pages, are the figure.
pub async fn every_figure_is_its_records(app: &TestApp) {
    let caller = app.as_user("city_inspector");
    let (mut figures, mut found) = (0, 0);
    let all = "from=2026-01-01&to=2027-01-01";
    for (question, limit) in [
        (format!("center={CITY}&{all}"), 7),
        (format!("center={COUNTY}&{all}"), 50),
        (format!("center={CITY}&{all}&scope=own"), 50),
        (format!("center={CITY}&{all}&level=county"), 50),
        (format!("center={CITY}&{all}&channel=window"), 50),
        (format!("center={COUNTY}&from=2026-03-05&to=2026-03-15"), 3),
    ] {
        let told = caller.get(&format!("/statistics?{question}")).await.ok();
        for figure in told["figures"].as_array().expect("figures") {
            for side in ["numerator", "denominator"] {
                let Some(is) = figure.get(side).and_then(Value::as_i64) else { continue };
                let indicator = text(&figure["indicator"]);
                let behind = records(&caller, &format!("{question}&indicator={indicator}&side={side}"), limit).await;
                assert_eq!(sum(&behind), is, "{indicator} {side} of {question}: {behind:#?}");
                assert!(behind.iter().all(|r| r["count"] != 0 && !text(&r["number"]).is_empty()), "{behind:#?}");
                let mut numbers: Vec<&str> = behind.iter().map(|r| text(&r["number"])).collect();
                let listed = numbers.len();
                numbers.sort_unstable();
                numbers.dedup();
                assert_eq!(numbers.len(), listed, "each record once");
                (figures, found) = (figures + 1, found + listed);
            }
        }
    }
    assert!(figures > 200 && found > 200, "{figures} {found}");
}

async fn finished(app: &TestApp, id: &str) {
    app.as_user("rd_agent").post(&format!("/entrustments/{id}/complete"), json!({ "outcome": "granted" })).await.ok();
    let sign = json!({ "signature": { "method": "handwritten", "evidence": "签收单" } });
    app.as_user("rd_clerk").post(&format!("/entrustments/{id}/sign-completion"), sign).await.ok();
}

async fn a_person_has_figures_of_their_own(app: TestApp) {
    for _ in 0..2 {
        let id = helped_matter(&app).await;
        finished(&app, &id).await;
    }
    let manager = app.as_user("rd_manager");
    let body = json!({ "title": "帮办代办业务培训", "kind": "lecture", "hours": 16, "from": "2026-03-01", "to": "2026-03-02" });
    let course = manager.post(&format!("/centers/{COUNTY}/courses"), body).await.created();
    let result = |result: &str| json!({ "records": [{ "user_id": user_id("rd_agent"), "result": result }] });
    let path = format!("/courses/{}/records", text(&course["id"]));
    manager.post(&path, result("passed")).await.ok();
    counted(&app).await;
    let period = "from=2026-03-01&to=2026-04-01";
    let agent = user_id("rd_agent");
    let of = async |who: &str, indicator: &str| {
        let caller = app.as_user(who);
        sum(&records(&caller, &format!("staff={agent}&indicator={indicator}&{period}"), 50).await)
    };
    assert_eq!(of("rd_agent", "completed_matters").await, 2);
    assert_eq!(of("rd_manager", "training_hours").await, 16);
    // What is a person's is not counted twice where they serve.
    let told = manager.get(&format!("/statistics?center={COUNTY}&{period}")).await.ok();
    let figure = |indicator: &str| told["figures"].as_array().expect("figures").iter().find(|f| f["indicator"] == indicator).expect("told").clone();
    assert_eq!((&figure("completed_matters")["numerator"], &figure("training_hours")["numerator"]), (&json!(2), &json!(16)));
    assert_eq!((&figure("accept_hours")["denominator"], &figure("accept_hours")["unit"]), (&json!(2), &json!("小时")));
    manager.post(&path, result("failed")).await.ok();
    counted(&app).await;
    assert_eq!((of("rd_agent", "training_hours").await, of("rd_agent", "courses_passed").await), (0, 0));
    let other = app.as_user("rd_clerk").get(&format!("/statistics/records?staff={agent}&indicator=completed_matters&{period}")).await;
    assert_eq!(other.problem(403), "forbidden");
    let mixed = manager.get(&format!("/statistics/records?staff={agent}&center={COUNTY}&indicator=completed_matters")).await;
    assert_eq!(mixed.problem(400), "invalid_request");
}

async fn what_is_not_seen_is_counted_but_not_told(app: TestApp) {
    let mut application = counter_application("assisted");
    application["center"] = json!(CITY);
    app.as_user("city_clerk").post("/entrustments", application).await.created();
    helped_matter(&app).await;
    let mut application = counter_application("assisted");
    application["item"] = json!("11320623MB010010124000131012000");
    app.as_user("rd_clerk").post("/entrustments", application).await.created();
    counted(&app).await;
    let period = "from=2026-01-01&to=2027-01-01";
    // A department asks of what is its own, and sees a matter only once it carries a step.
    let handler = app.as_user("rd_scjg");
    let manager = app.as_user("rd_manager");
    let of = format!("center={COUNTY}&indicator=received_matters&{period}");
    let behind = records(&manager, &of, 50).await;
    assert!(behind.len() == 2 && behind[0]["title"].is_string() && behind[0]["id"].is_string(), "{behind:#?}");
    let asked = handler.get(&format!("/statistics/records?indicator=received_matters&{period}")).await.ok();
    let told = asked["items"].as_array().expect("items");
    assert_eq!((told.len(), told[0]["count"].as_i64(), told[0]["kind"].as_str()), (1, Some(1), Some("entrustment")), "{asked}");
    assert!(!text(&told[0]["number"]).is_empty() && told[0].get("id").is_none() && told[0].get("title").is_none(), "{asked}");
    assert_eq!(manager.get(&format!("/statistics/records?center=320613000000&indicator=received_matters&{period}")).await.problem(403), "forbidden");
    assert_eq!(app.as_user("ent_rudong").get(&format!("/statistics/records?{of}")).await.problem(403), "forbidden");
    assert_eq!(manager.get(&format!("/statistics/records?{of}&side=denominator")).await.problem(400), "invalid_request");
    // A cursor belongs to its question.
    let two = "center=320600000000&indicator=received_matters&from=2026-01-01&to=2027-01-01&limit=1";
    let inspector = app.as_user("city_inspector");
    let first = inspector.get(&format!("/statistics/records?{two}")).await.ok();
    let cursor = text(&first["next_cursor"]).to_owned();
    assert_eq!(inspector.get(&format!("/statistics/records?{of}&cursor={cursor}")).await.problem(400), "invalid_request");
    assert!(jieli::indicators::Indicator::ALL.iter().all(|i| !i.code().is_empty()));
}
