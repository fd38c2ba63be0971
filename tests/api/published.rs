//! What everybody reads tells of no small group, and what a division answers as a key is understood as a filter.

use jieli::{entrustments::Channel, kernel::Code as _};
use serde_json::{Value, json};

use crate::{
    statistics::counted,
    support::{TestApp, counter_application, helped_matter, on_both_engines, text},
};

on_both_engines!(company_is_drawn_by_chance, small_wholes_are_not_divided, every_key_is_a_filter);

const CITY: &str = "320600000000";
const YEAR: &str = "from=2026-01-01&to=2027-01-01";

async fn received(app: &TestApp, channels: &[(&str, usize)]) {
    for (channel, many) in channels {
        for _ in 0..*many {
            let mut application = counter_application("assisted");
            application["channel"] = json!(channel);
            app.as_user("rd_clerk").post("/entrustments", application).await.created();
        }
    }
}

/// By key, in the order that was answered: the number, or nothing.
fn parts(told: &Value) -> Vec<(String, Option<i64>)> {
    let part = |p: &Value| (text(&p["key"]).to_owned(), p["figures"][0]["numerator"].as_i64());
    told["parts"].as_array().expect("parts").iter().map(part).collect()
}

async fn company_is_drawn_by_chance(app: TestApp) {
    received(&app, &[("phone", 8), ("app", 4), ("window", 5), ("hotline", 6)]).await;
    counted(&app).await;
    app.set_clock("2026-04-02T09:30:00+08:00");
    let public = app.stranger();
    let asked = "indicator=received_matters&month=2026-03&by=channel";
    let told = public.get(&format!("/public-statistics/breakdown?center={CITY}&{asked}")).await.ok();
    assert_eq!(told["total"][0]["numerator"], json!(23), "{told}");
    let all = parts(&told);
    let known: Vec<&str> = Channel::ALL.iter().map(|c| c.code()).collect();
    assert_eq!(all.iter().map(|p| p.0.as_str()).collect::<Vec<_>>(), known, "in the dictionary's order, whatever is in them");
    let sum: i64 = all.iter().filter_map(|p| p.1).sum();
    let hidden: Vec<&str> = all.iter().filter(|p| p.1.is_none()).map(|p| p.0.as_str()).collect();
    assert!(hidden.contains(&"app") && hidden.len() > 1 && hidden.iter().all(|h| ["phone", "app", "window", "hotline"].contains(h)), "{told}");
    assert!(23 - sum >= 10, "four and five would both be small, or nearly: {told}");
    assert!(all.iter().all(|p| p.1.is_none_or(|n| n == 0 || n >= 5)), "{told}");
    // However often and by whatever name it is asked.
    let id = text(&told["center"]["id"]).to_owned();
    for center in [CITY, id.as_str()] {
        assert_eq!(parts(&public.get(&format!("/public-statistics/breakdown?{asked}&center={center}")).await.ok()), all);
    }
}

async fn small_wholes_are_not_divided(app: TestApp) {
    received(&app, &[("window", 4), ("phone", 5)]).await;
    counted(&app).await;
    app.set_clock("2026-04-02T09:30:00+08:00");
    for by in ["channel", "mode", "center"] {
        let told = app.stranger().get(&format!("/public-statistics/breakdown?center={CITY}&indicator=received_matters&month=2026-03&by={by}")).await.ok();
        assert_eq!(told["total"][0]["numerator"], json!(9), "{told}");
        assert!(parts(&told).len() > 1 && parts(&told).iter().all(|p| p.1.is_none()), "by {by}: {told}");
    }
    // What is told of the county is what is told of it beside the others.
    let told = app.stranger().get("/public-statistics?center=320623000000&month=2026-03").await.ok();
    assert_eq!(told["months"][0]["figures"][0]["suppressed"], json!(true), "{told}");
}

/// A ticket without a department, a service without item and mode, a matter with everything.
async fn every_key_is_a_filter(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    helped_matter(&app).await;
    let content = json!({ "title": "无处受理", "situation": "多个窗口答复不属于本部门受理", "request": "请明确由谁受理", "category": "no_lead_unit" });
    let ticket = json!({ "channel": "window", "content": content, "contact": { "name": "反映人甲", "phone": "13900001234" } });
    clerk.post("/fallback-tickets", ticket).await.created();
    clerk.post("/service-occasions", json!({ "service_no": "B1", "kind": "counter" })).await.created();
    counted(&app).await;
    let manager = app.as_user("city_manager");
    let mut without = Vec::new();
    for indicator in ["received_matters", "tickets_registered", "participation_rate"] {
        for by in ["item", "channel", "mode", "department"] {
            let told = manager.get(&format!("/statistics/breakdown?indicator={indicator}&by={by}&{YEAR}")).await;
            if told.status == 400 {
                continue;
            }
            for part in told.ok()["parts"].as_array().expect("parts") {
                let (key, told) = (text(&part["key"]), &part["figures"][0]);
                if key == "none" {
                    without.push(format!("{indicator} {by}"));
                }
                let filter = format!("{by}={key}&{YEAR}");
                let all = manager.get(&format!("/statistics?{filter}")).await.ok();
                let one = all["figures"].as_array().expect("figures").iter().find(|f| f["indicator"] == indicator).cloned().expect("told");
                assert_eq!(&one, told, "{indicator} {filter}");
                let trend = manager.get(&format!("/statistics/trend?indicator={indicator}&{filter}")).await.ok();
                assert_eq!(&trend["total"][0], told, "{indicator} {filter}");
                let again = manager.get(&format!("/statistics/breakdown?indicator={indicator}&by={by}&{filter}")).await.ok();
                assert_eq!((&again["parts"][0]["key"], &again["parts"][0]["figures"][0]), (&part["key"], told), "{indicator} {filter}");
                let side = if told["denominator"].is_null() { "numerator" } else { "denominator" };
                let behind = manager.get(&format!("/statistics/records?indicator={indicator}&side={side}&limit=200&{filter}")).await.ok();
                let sum: i64 = behind["items"].as_array().expect("records").iter().filter_map(|r| r["count"].as_i64()).sum();
                assert_eq!(Some(sum), told[side].as_i64(), "{indicator} {filter}: {behind}");
            }
        }
    }
    for expected in ["tickets_registered department", "participation_rate item", "participation_rate mode", "participation_rate department"] {
        assert!(without.iter().any(|w| w == expected), "{expected} has something without: {without:?}");
    }
    // What is not known is refused, and named.
    for (filter, field) in [("department=没有这个局", "department"), ("mode=teleport", "mode"), ("channel=pigeon", "channel"), ("item=GS-0", "item")] {
        for path in ["/statistics?", "/statistics/trend?indicator=received_matters&", "/statistics/records?indicator=received_matters&"] {
            let refused = manager.get(&format!("{path}{filter}&{YEAR}")).await.expect(400);
            assert!(refused.body["errors"][0].to_string().contains(field), "{filter}: {}", refused.text);
        }
    }
    // A department asks for its own alone.
    app.as_user("rd_scjg").get(&format!("/statistics?department=none&{YEAR}")).await.expect(403);
}
