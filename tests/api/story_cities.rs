//! Taishan [002] and Jiangxi [004] in their own trees, with their own windows and rules as they are shipped: from the
//! application form to the signed completion or termination.

use jieli::cli::Shipped;
use serde_json::{Value, json};

use crate::support::{TestApp, accepted, text, user_id};

/// Tells a story in a city, on both engines.
macro_rules! in_city {
    ($($name:ident: $city:ident),* $(,)?) => {
        mod sqlite { $( #[actix_web::test] async fn $name() { super::$name(crate::support::TestApp::sqlite_city(super::Shipped::$city).await).await } )* }
        mod postgres { $( #[actix_web::test] async fn $name() { super::$name(crate::support::TestApp::postgres_city(super::Shipped::$city).await).await } )* }
    };
}
in_city!(taishan_to_the_signed_completion: Taishan, gongqingcheng_to_the_signed_termination: Gongqingcheng);

/// The city's item of this name.
async fn item(app: &TestApp, name: &str) -> Value {
    let found = app.stranger().get(&format!("/service-items?q={name}")).await.ok();
    let code = text(&found["items"][0]["code"]).to_owned();
    app.stranger().get(&format!("/service-items/{code}")).await.ok()
}

fn clock(e: &Value, kind: &str) -> Value {
    e["clocks"].as_array().expect("clocks").iter().rfind(|c| c["kind"] == kind).cloned().unwrap_or_default()
}

async fn taishan_to_the_signed_completion(app: TestApp) {
    let (company, clerk, agent, manager) = (app.as_user("company"), app.as_user("city_clerk"), app.as_user("city_agent1"), app.as_user("city_manager"));
    let guide = item(&app, "食品经营许可").await;
    let materials = guide["content"]["materials"].as_array().expect("materials").clone();
    let code = |deferrable: bool| text(&materials.iter().find(|m| (m["deferrable"] == true) == deferrable).expect("one")["code"]).to_owned();
    let (plain, promised) = (code(false), code(true));

    // 申请表: by whom the city's rules let ask for agency; a small company without a project is offered assistance.
    let mut small = json!({
        "item": guide["code"], "mode": "full_agency", "channel": "window", "contact": { "name": "联系人甲", "phone": "13900001111" },
        "applicant": { "kind": "enterprise", "name": "台山市小店演示有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G", "flags": ["micro_small_medium"] },
    });
    let e = clerk.post("/entrustments", small.clone()).await.created();
    assert_eq!((&e["eligibility"]["eligible"], &e["custodian"]["name"]), (&json!(false), &json!("台山市政务服务中心")));
    clerk.post(&format!("/entrustments/{}/accept", text(&e["id"])), accepted()).await.expect(409);
    clerk.post(&format!("/entrustments/{}/change-mode", text(&e["id"])), json!({ "mode": "assisted" })).await.ok();
    clerk.post(&format!("/entrustments/{}/accept", text(&e["id"])), accepted()).await.ok();
    small["applicant"]["flags"] = json!(["foreign_invested"]);

    // The investor applies online; nothing comes with the form, so all that is missing is told once.
    let form = json!({ "item": guide["code"], "mode": "full_agency", "channel": "government_portal", "center": "440781000000",
        "contact": { "name": "联系人乙", "phone": "13900002222" }, "request": "新建食堂" });
    let e = company.post("/entrustments", form).await.created();
    let (path, number) = (format!("/entrustments/{}", text(&e["id"])), text(&e["number"]).to_owned());
    assert!(number.starts_with("DB-440781-"), "{number}");
    let missing: Vec<Value> = materials
        .iter()
        .filter(|m| m["code"] != json!(promised))
        .map(|m| json!({ "code": m["code"], "what": "未提交", "how": "拍照上传或交至窗口" }))
        .collect();
    clerk.post(&format!("{path}/one-time-notice"), json!({ "items": missing })).await.ok();
    company.post(&format!("{path}/resubmit"), json!({})).await.expect(409);
    for m in materials.iter().filter(|m| m["code"] != json!(promised)) {
        company.post(&format!("{path}/materials/{}/submit", text(&m["code"])), json!({ "note": "已提交" })).await.ok();
    }
    company.post(&format!("{path}/resubmit"), json!({})).await.ok();
    clerk.post(&format!("{path}/materials/{plain}/submit"), json!({ "note": "原件", "original": true })).await.ok();
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("city_agent1"));
    let e = clerk.post(&format!("{path}/accept"), body).await.ok();
    assert_eq!(e["eligibility"]["eligible"], true);

    // 容缺: promised, broken, told, and taken late.
    agent.post(&format!("{path}/materials/{promised}/defer"), json!({ "until": "2026-03-05", "reason": "承诺三日内补交" })).await.ok();
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    company.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "online" } })).await.ok();
    agent.post(&format!("{path}/plan"), json!({})).await.ok();
    app.set_clock("2026-03-06T10:00:00+08:00");
    app.tick().await;
    let story = company.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(!story.contains("已超容缺"), "what the center watches is the staff's");
    assert!(agent.get(&format!("{path}/timeline?limit=200")).await.ok().to_string().contains("已超容缺补交时限"));
    let e = company.post(&format!("{path}/materials/{promised}/submit"), json!({ "note": "迟交" })).await.ok();
    assert_eq!((&clock(&e, "deferral")["state"], clock(&e, "deferral")["breached_at"].is_string()), (&json!("stopped"), true));
    for m in &materials {
        agent.post(&format!("{path}/materials/{}/accept", text(&m["code"])), json!({})).await.ok();
    }

    // The steps, by the agent with what proves them; the extension, by the manager.
    let steps: Vec<String> = agent.get(&path).await.ok()["steps"].as_array().expect("steps").iter().map(|s| text(&s["code"]).to_owned()).collect();
    for (i, step) in steps.iter().enumerate() {
        agent.post(&format!("{path}/steps/{step}/file"), json!({ "receipt_no": format!("SJ-{i}") })).await.ok();
        agent.post(&format!("{path}/steps/{step}/accept"), json!({ "acceptance_no": format!("SL-{i}"), "evidence": "受理通知书照片" })).await.ok();
        if i == 0 {
            let before = clock(&agent.get(&path).await.ok(), "promise")["due_at"].clone();
            agent.post(&format!("{path}/request-extension"), json!({ "days": 5, "reason": "台风影响现场核查" })).await.ok();
            assert_eq!(manager.get(&path).await.ok()["extension"]["reason"], "台风影响现场核查");
            manager.post(&format!("{path}/grant-extension"), json!({ "note": "同意" })).await.ok();
            let e = company.get(&path).await.ok();
            assert!(text(&clock(&e, "promise")["due_at"]) > text(&before));
            assert_eq!(e["extension"]["reason"], "台风影响现场核查", "the applicant is told why");
        }
        agent.post(&format!("{path}/steps/{step}/grant"), json!({ "result_no": format!("ZY-{i}"), "evidence": "决定书照片" })).await.ok();
    }
    let last = steps.last().expect("a step");
    agent.post(&format!("{path}/steps/{last}/receive_result"), json!({})).await.ok();
    agent.post(&format!("{path}/materials/{plain}/return"), json!({ "receipt": "退件 1" })).await.ok();
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted", "note": "许可证已领取", "results": ["ZY-2"] })).await.ok();
    let e = company.post(&format!("{path}/sign-completion"), json!({ "signature": { "method": "online" } })).await.ok();
    assert_eq!(e["state"], "closed");
    assert!(e["clocks"].as_array().expect("clocks").iter().all(|c| c["state"] == "stopped"), "nothing runs on");

    // 评价: the company rates, the manager's region shows it.
    let evaluations = company.get("/evaluations").await.ok();
    let rating = json!({ "grade": "satisfied", "comment": "代办很省心" });
    company.post(&format!("/evaluations/{}/rate", text(&evaluations["items"][0]["id"])), rating).await.ok();
    let told = app.stranger().get(&format!("/progress/{number}?phone_last4=2222")).await.ok().to_string();
    for part in ["一次性告知", "办理期限延长", "您已签收"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

async fn gongqingcheng_to_the_signed_termination(app: TestApp) {
    let (company, clerk, agent, manager) = (app.as_user("company"), app.as_user("city_clerk"), app.as_user("city_agent1"), app.as_user("city_manager"));
    let guide = item(&app, "建设工程规划许可证").await;

    // 午间延时: the visit is booked in extended hours as they are published.
    let windows = app.stranger().get("/centers/360482000000/windows").await.ok();
    let window = text(&windows["items"][0]["id"]).to_owned();
    let places = app.stranger().get(&format!("/windows/{window}/places?from=2026-03-03&to=2026-03-07")).await.ok();
    let labelled = |label: &str| places["items"].as_array().expect("places").iter().find(|p| p["label"] == label).cloned().unwrap_or_default();
    assert_eq!((text(&labelled("午间延时")["start"]).len(), text(&labelled("周末和节假日值班")["day"])), (29, "weekend"));
    let booking = json!({ "window_id": window, "start": labelled("午间延时")["start"], "contact": { "name": "联系人丙", "phone": "13900003333" }, "subject": "委托代办规划许可" });
    company.post("/appointments", booking).await.created();

    // 委托书, partial: the center carries one step, the plan names milestones and the supporting unit.
    let form = json!({ "item": guide["code"], "mode": "partial_agency", "channel": "window", "steps": ["S1"],
        "applicant": { "kind": "enterprise", "name": "共青城市外来投资演示有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G", "flags": ["major_investment"] },
        "contact": { "name": "联系人丁", "phone": "13900004444" } });
    let e = clerk.post("/entrustments", form).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("city_agent1"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    agent.post(&format!("{path}/draft-agreement"), json!({ "scope": "代为报送申请材料" })).await.ok();
    clerk.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "paper_scan", "evidence": "委托书扫描件 9" } })).await.ok();
    let plan = json!({ "milestones": [{ "name": "取得规划许可", "due_on": "2026-04-30" }], "supporting_unit": "共青城市发展和改革委员会" });
    let e = agent.post(&format!("{path}/plan"), plan).await.ok();
    assert_eq!((&e["plan"]["milestones"][0]["late"], &e["agency_steps"]), (&json!(false), &json!(["S1"])));
    agent.post(&format!("{path}/record-fee"), json!({ "name": "测绘费", "amount": "300.00", "basis": "合同约定", "payee": "测绘单位" })).await.ok();
    let blocked = json!({ "what": "选址与规划不符", "blocker": "申请人", "since": "2026-03-01T09:00:00+08:00" });
    agent.post(&format!("{path}/progress"), json!({ "note": "选址待定", "notify_applicant": true, "difficulty": blocked })).await.ok();
    manager.post(&format!("{path}/suspend"), json!({ "reason": "awaiting_applicant", "note": "等待选址", "days": 20 })).await.ok();
    app.set_clock("2026-03-16T10:00:00+08:00");
    // 终止: the applicant no longer wants it; the center signs when the papers are back, the applicant on paper.
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "申请人书面要求终止" })).await.ok();
    agent.post(&format!("{path}/sign-termination"), json!({})).await.expect(422);
    agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok();
    let scan = json!({ "applicant_signature": { "method": "paper_scan", "evidence": "终止单扫描件 4" } });
    let e = agent.post(&format!("{path}/sign-termination"), scan).await.ok();
    assert_eq!((&e["state"], &e["termination"]["reason"]), (&json!("terminated"), &json!("applicant_request")));
    assert!(e["clocks"].as_array().expect("clocks").iter().all(|c| c["state"] == "stopped"));
    assert!(clerk.get("/evaluations").await.ok()["items"].to_string().contains(text(&e["number"])), "an ended matter is rated, too");

    // By an applicant who signs in: only on their own account.
    let own = json!({ "item": guide["code"], "mode": "full_agency", "channel": "mini_program", "center": "360482000000", "contact": { "name": "联系人戊", "phone": "13900005555" } });
    let e = company.post("/entrustments", own).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("city_agent1"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    company.post(&format!("{path}/request-termination"), json!({ "reason": "false_material", "note": "不办了" })).await.expect(422);
    company.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "不办了" })).await.ok();
    company.post(&format!("{path}/sign-termination"), json!({})).await.ok();
    let e = agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok();
    assert_eq!(e["state"], "terminated");
}
