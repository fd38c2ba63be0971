//! Nantong [000]: a company of 如东 applies at the city center; the city transfers it to the county, which carries it.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, center_id, on_both_engines, text, user_id, water_application};

on_both_engines!(the_whole_story);

async fn the_whole_story(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let city = app.as_user("city_clerk");
    let county = app.as_user("rd_clerk");
    let agent = app.as_user("rd_agent");

    // The company applies by APP at the city center.
    let mut application = water_application();
    application["materials"] = json!([{ "code": "M2" }, { "code": "M3", "note": "不动产权证" }]);
    let taken = company.post("/entrustments", application).await;
    assert_eq!(taken.header("location"), format!("/api/v1/entrustments/{}", text(&taken.body["id"])));
    assert_eq!(taken.header("etag"), "\"1\"");
    let e = taken.created();
    let id = text(&e["id"]).to_owned();
    let number = text(&e["number"]).to_owned();
    assert_eq!(e["state"], "submitted");
    assert_eq!(e["custodian"]["division_code"], "320600000000");
    assert_eq!(e["clocks"][0]["kind"], "accept");
    assert_eq!(e["due_at"], "2026-03-03T17:00:00.000+08:00");

    // The resolver says why 如东 must carry it.
    let why = city.post("/routing/resolve", json!({ "item": "GS-320623-0001", "custodian": "320600000000" })).await.ok();
    assert_eq!(why["handler"]["division_code"], "320623000000");
    assert_eq!(why["relation"], "transfer_down");
    assert!(text(&why["explanation"]).contains("如东县"), "{why}");

    // County staff cannot even tell that the matter exists.
    county.get(&format!("/entrustments/{id}")).await.expect(404);

    // Transfer: offered, custody stays; the receiver sees it masked.
    let offer = json!({ "to": "auto", "applicant_consent": true, "papers": ["申请表"] });
    let transfer = city.post(&format!("/entrustments/{id}/transfer"), offer).await.created();
    let transfer_id = text(&transfer["id"]).to_owned();
    assert_eq!(transfer["state"], "offered");
    assert_eq!(transfer["to"]["id"], json!(center_id("320623000000")));
    let seen = county.get(&format!("/entrustments/{id}")).await.ok();
    assert_eq!(seen["custodian"]["division_code"], "320600000000");
    assert_eq!(seen["masked"], true);
    assert_eq!(seen["contact"]["phone"], "139****1234");
    assert_eq!(seen["allowed_actions"], json!([]));

    // The county accepts, names its agent, and accepts the matter in the same call.
    let acceptance = json!({ "assignee_id": user_id("rd_agent"), "papers_received": ["申请表"], "accept_matter": accepted() });
    let answered = county.post(&format!("/transfers/{transfer_id}/accept"), acceptance).await.ok();
    assert_eq!(answered["state"], "accepted");
    let e = agent.get(&format!("/entrustments/{id}")).await.ok();
    assert_eq!(e["state"], "accepted");
    assert_eq!(e["custodian"]["division_code"], "320623000000");
    assert_eq!(e["masked"], false);
    let old = city.get(&format!("/entrustments/{id}")).await.ok();
    assert_eq!(old["masked"], true, "the former custodian reads masked");

    // Agreement and its signature by the company.
    let post = |action: &str, body: Value| {
        let path = format!("/entrustments/{id}/{action}");
        let agent = app.as_user("rd_agent");
        async move { agent.post(&path, body).await }
    };
    let e = post("draft-agreement", json!({})).await.ok();
    let hash = text(&e["agreement"]["text_hash"]).to_owned();
    assert!(text(&e["agreement"]["text"]).contains("代办不包办、服务不揽责"));
    let sign = json!({ "signature": { "method": "online" }, "text_hash": hash });
    let e = company.post(&format!("/entrustments/{id}/sign-agreement"), sign).await.ok();
    assert_eq!(e["state"], "in_progress");

    // Plan from the item's own template.
    let e = post("plan", json!({})).await.ok();
    let steps: Vec<String> = e["steps"].as_array().expect("steps").iter().map(|s| text(&s["code"]).to_owned()).collect();
    assert!(steps.len() >= 2, "{steps:?}");

    // One missing material by one-time notice, supplied by the company.
    let notice = json!({ "items": [{ "code": "M1", "what": "缺少法定代表人签字", "how": "签字后拍照上传" }] });
    let e = post("one-time-notice", notice.clone()).await.ok();
    assert_eq!(e["state"], "in_progress", "after acceptance a notice changes materials, not the state");
    assert_eq!(post("one-time-notice", notice).await.problem(409), "state_conflict");
    company.post(&format!("/entrustments/{id}/materials/M1/submit"), json!({ "note": "已签字" })).await.ok();
    let e = post("materials/M1/accept", json!({})).await.ok();
    assert_eq!(e["materials"][0]["state"], "accepted");

    // The first step is filed and accepted by the authority: the promise begins to run.
    let first = &steps[0];
    post(&format!("steps/{first}/file"), json!({ "receipt_no": "RD-2026-000123" })).await.ok();
    let e = post(&format!("steps/{first}/accept"), json!({ "acceptance_no": "受理-001", "evidence": "受理通知书照片" })).await.ok();
    let promise = e["clocks"].as_array().expect("clocks").iter().find(|c| c["kind"] == "promise").cloned().expect("promise");
    assert_eq!(promise["state"], "running");

    // Suspended and resumed: two days touched by the pause are not counted.
    app.set_clock("2026-03-03T10:00:00+08:00");
    let suspension = json!({ "reason": "awaiting_third_party", "note": "等待检测报告", "days": 10 });
    assert_eq!(post("suspend", suspension.clone()).await.status, 403, "suspending is the manager's");
    let e = app.as_user("rd_manager").post(&format!("/entrustments/{id}/suspend"), suspension).await.ok();
    assert_eq!(e["state"], "suspended");
    assert_eq!(post("complete", json!({ "outcome": "granted" })).await.problem(409), "state_conflict");
    app.set_clock("2026-03-04T10:00:00+08:00");
    let e = post("resume", json!({})).await.ok();
    let moved = e["clocks"].as_array().expect("clocks").iter().find(|c| c["kind"] == "promise").cloned().expect("promise");
    assert!(text(&moved["due_at"]) > text(&promise["due_at"]), "{promise} {moved}");

    // Completion waits for every step.
    assert_eq!(post("complete", json!({ "outcome": "granted" })).await.problem(409), "state_conflict");
    for (i, step) in steps.iter().enumerate() {
        if i > 0 {
            post(&format!("steps/{step}/file"), json!({ "receipt_no": format!("R-{i}") })).await.ok();
            post(&format!("steps/{step}/accept"), json!({ "acceptance_no": format!("A-{i}"), "evidence": "受理单" })).await.ok();
        }
        post(&format!("steps/{step}/grant"), json!({ "result_no": format!("D-{i}"), "evidence": "决定书" })).await.ok();
    }
    let e = post("complete", json!({ "outcome": "granted", "results": ["供水合同"], "papers_returned": ["营业执照"] })).await.ok();
    assert_eq!(e["state"], "completed");

    // The applicant first refuses to sign, then signs.
    let e = company.post(&format!("/entrustments/{id}/refuse-completion"), json!({ "reason": "水表位置不对" })).await.ok();
    assert_eq!((&e["state"], &e["refusal"]["reason"]), (&json!("in_progress"), &json!("水表位置不对")));
    assert_eq!((e.get("completion"), e["earlier_completions"].as_array().map(Vec::len)), (None, Some(1)));
    let e = app.as_user("rd_agent").get(&format!("/entrustments/{id}")).await.ok();
    assert_eq!(e["refusal"]["reason"], "水表位置不对", "the agent must know what to mend");
    post("complete", json!({ "outcome": "granted", "note": "已改" })).await.ok();
    let e = company.post(&format!("/entrustments/{id}/sign-completion"), json!({ "signature": { "method": "online" } })).await.ok();
    assert_eq!(e["state"], "closed");
    assert_eq!(e["allowed_actions"], json!([]));

    // One evaluation, once.
    let open = company.get("/evaluations").await.ok();
    let link = text(&open["items"][0]["link"]).to_owned();
    let shown = app.stranger().get(&link).await.ok();
    assert_eq!(shown["state"], "open");
    let rating = json!({ "grade": "very_satisfied", "dimensions": ["visits"], "comment": "一次没跑" });
    let rated = app.stranger().post(&link, rating.clone()).await.ok();
    assert_eq!(rated["grade"], "very_satisfied");
    assert_eq!(app.stranger().post(&link, rating).await.problem(409), "state_conflict");

    // Public progress tells the relay in plain Chinese, with nobody's name.
    let progress = app.stranger().get(&format!("/progress/{number}?phone_last4=1234")).await.ok();
    let story: Vec<&str> = progress["story"].as_array().expect("story").iter().map(|l| text(&l["text"])).collect();
    assert!(story.iter().any(|l| l.contains("由南通市政务服务中心接力给如东县") && l.contains("无须再跑")), "{story:?}");
    assert!(!progress.to_string().contains("联系人"), "{progress}");
    app.stranger().get(&format!("/progress/{number}?phone_last4=0000")).await.expect(404);

    // The chain has no gap and no overlap.
    let chain = company.get(&format!("/entrustments/{id}/custody")).await.ok();
    let links = chain["items"].as_array().expect("chain").clone();
    assert_eq!(links.len(), 2);
    assert_eq!(links[0]["to"], links[1]["from"]);
    assert_eq!(links[1].get("to"), None);

    // Events are sequenced without gaps.
    assert!(app.tick().await > 0);
    let timeline = company.get(&format!("/entrustments/{id}/timeline?limit=200")).await.ok();
    assert!(timeline["items"].as_array().expect("timeline").len() > 15);
}
