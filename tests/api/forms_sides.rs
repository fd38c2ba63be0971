//! Forms between units: each side reads what is addressed to it and signs its own places; who decides issues the decision.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, counter_application, on_both_engines, started_matter, text, user_id};

on_both_engines!(
    a_transfer_between_two_centers,
    a_letter_to_another_center,
    a_letter_to_a_department,
    a_decision_imposes_steps,
    a_third_is_bound,
    the_reform_office_decides
);

const CITY: &str = "320600000000";
const CHONGCHUAN: &str = "320613000000";

fn at(form: &Value) -> String {
    format!("/forms/{}", text(&form["id"]))
}

async fn printed(app: &TestApp, who: &Caller<'_>, form: &Value) {
    let request = who.request(actix_web::http::Method::GET, &format!("{}/pdf", at(form)));
    assert!(app.bytes(request).await.starts_with(b"%PDF-"), "{form}");
}

async fn forms(who: &Caller<'_>, path: &str) -> Vec<Value> {
    who.get(&format!("{path}/forms")).await.ok()["items"].as_array().expect("items").clone()
}

async fn find(who: &Caller<'_>, path: &str, kind: &str) -> Value {
    forms(who, path).await.into_iter().find(|f| f["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

fn code(refused: &Value) -> &str {
    text(&refused["errors"][0]["code"])
}

async fn a_transfer_between_two_centers(app: TestApp) {
    let (city, clerk, manager) = (app.as_user("city_clerk"), app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let mut application = counter_application("assisted");
    application["center"] = json!(CITY);
    let path = format!("/entrustments/{}", text(&city.post("/entrustments", application).await.created()["id"]));
    let offer = json!({ "to": "320623000000", "applicant_consent": true, "reason": "属如东县事项", "papers": ["营业执照复印件"] });
    let transfer = city.post(&format!("{path}/transfer"), offer).await.created();
    let slip = city.post(&format!("{path}/forms"), json!({ "kind": "transfer" })).await.created();
    let list = city.post(&format!("{path}/forms"), json!({ "kind": "hand_over_list" })).await.created();
    assert_eq!(slip["own_places"], json!(["sender"]));
    // Before it is accepted, the receiver reads both and signs its own place; it issues neither.
    clerk.post(&format!("{path}/forms"), json!({ "kind": "transfer" })).await.expect(403);
    assert_eq!(forms(&clerk, &path).await.len(), 2);
    let read = clerk.get(&at(&slip)).await.ok();
    assert_eq!((&read["own_places"], &read["allowed_actions"], &read["masked"]), (&json!([]), &json!([]), &json!(true)));
    printed(&app, &clerk, &slip).await;
    assert_eq!(code(&clerk.post(&format!("{}/sign", at(&slip)), json!({ "place": "sender" })).await.expect(422).body), "not_yours");
    assert_eq!(code(&city.post(&format!("{}/sign", at(&list)), json!({ "place": "taker" })).await.expect(422).body), "not_yours");
    clerk.post(&format!("{}/void", at(&slip)), json!({ "reason": "重新出具" })).await.expect(403);
    // What is not answered is not signed for.
    for (form, why) in [(&slip, "尚未答复"), (&list, "尚未接收")] {
        let refused = clerk.post(&format!("{}/sign", at(form)), json!({})).await.expect(409);
        assert!(text(&refused.body["detail"]).contains(why), "{}", refused.text);
    }
    // Others of the city, and other counties, read nothing.
    for login in ["cc_clerk", "ent_rudong", "rd_agent"] {
        app.as_user(login).get(&at(&slip)).await.expect(404);
    }
    clerk.post(&format!("/transfers/{}/accept", text(&transfer["id"])), json!({ "assignee_id": user_id("rd_agent") })).await.ok();
    // Who accepted without a word on the papers says it when signing for them.
    assert_eq!(clerk.post(&format!("{}/sign", at(&list)), json!({})).await.expect(422).body["errors"][0]["pointer"], "/arrived");
    let signed = clerk.post(&format!("{}/sign", at(&list)), json!({ "arrived": [] })).await.ok();
    assert_eq!((&signed["signatures"][0]["place"], &signed["state"]), (&json!("taker"), &json!("partly_signed")));
    assert!(text(&signed["signatures"][0]["statement"]).starts_with("☑ 已核对，与清单一致"), "{signed}");
    assert!(text(&signed["signatures"][0]["who"]).starts_with("如东县政务服务中心"), "{signed}");
    assert_eq!(signed["allowed_actions"], json!([]));
    clerk.post(&format!("{}/sign", at(&list)), json!({})).await.expect(409);
    // Afterwards the former custodian still reads, signs and, after voiding, issues what is its own.
    city.get(&at(&list)).await.ok();
    city.post(&format!("{}/sign", at(&list)), json!({})).await.ok();
    assert_eq!(code(&app.as_user("rd_agent").post(&format!("{}/sign", at(&slip)), json!({ "place": "sender" })).await.expect(422).body), "not_yours");
    manager.post(&format!("{}/void", at(&slip)), json!({ "reason": "重新出具" })).await.expect(403);
    app.as_user("city_manager").post(&format!("{}/void", at(&slip)), json!({ "reason": "重新出具" })).await.ok();
    clerk.post(&format!("{path}/forms"), json!({ "kind": "transfer" })).await.expect(403);
    assert_eq!(city.get(&format!("{path}/forms")).await.ok()["available"], json!(["transfer"]));
    let again = city.post(&format!("{path}/forms"), json!({ "kind": "transfer" })).await.created();
    let said = again["sheet"].to_string();
    assert_eq!((&again["center"]["division_code"], text(&again["sheet"]["issuer"])), (&json!(CITY), "南通市政务服务中心"));
    assert!(text(&again["number"]).starts_with("WS-320600-") && said.contains("□ 同意接收"), "the sheet leaves its receipt blank: {said}");
    assert!(again["receipts"].to_string().contains("☑ 同意接收"), "{again}");
}

/// A matter of 如东 in progress with two steps.
async fn planned(app: &TestApp) -> String {
    let path = format!("/entrustments/{}", started_matter(app).await);
    let step = |code: &str, name: &str| json!({ "code": code, "name": name, "department": "审批部门", "limit": { "value": 5, "unit": "working_day" } });
    app.as_user("rd_agent").post(&format!("{path}/plan"), json!({ "steps": [step("S1", "规划审查"), step("S2", "消防审查")] })).await.ok();
    path
}

async fn a_letter_to_another_center(app: TestApp) {
    let path = planned(&app).await;
    let (agent, other) = (app.as_user("rd_agent"), app.as_user("cc_clerk"));
    let asked = json!({ "to": CHONGCHUAN, "steps": ["S1"], "reason": "用地在崇川区", "due_on": "2026-03-20" });
    let leg = agent.post(&format!("{path}/joint-handlings"), asked).await.created();
    let letter = agent.post(&format!("{path}/forms"), json!({ "kind": "joint_request" })).await.created();
    let said = letter["sheet"].to_string();
    // Both limits: to answer, and to finish.
    for needed in ["2026年3月20日", "2026年3月3日", "□ 同意联办"] {
        assert!(said.contains(needed), "{needed}: {said}");
    }
    let read = other.get(&at(&letter)).await.ok();
    assert_eq!(read["own_places"], json!([]));
    printed(&app, &other, &letter).await;
    assert_eq!(code(&other.post(&format!("{}/sign", at(&letter)), json!({ "place": "issuer" })).await.expect(422).body), "not_yours");
    assert_eq!(code(&agent.post(&format!("{}/sign", at(&letter)), json!({ "place": "receiver" })).await.expect(422).body), "not_yours");
    assert!(text(&other.post(&format!("{}/sign", at(&letter)), json!({})).await.expect(409).body["detail"]).contains("尚未函复"));
    agent.post(&format!("{}/sign", at(&letter)), json!({})).await.ok();
    // Answered: ticked with its day in what was drawn up and signed before, whose text and hash stay.
    app.set_clock("2026-03-03T09:00:00+08:00");
    other.post(&format!("/joint-handlings/{}/accept", text(&leg["id"])), json!({})).await.ok();
    let answered = other.post(&format!("{}/sign", at(&letter)), json!({})).await.ok();
    assert_eq!((&answered["document_hash"], &answered["sheet"], &answered["state"]), (&letter["document_hash"], &letter["sheet"], &json!("signed")));
    assert!(text(&answered["receipts"][0]["statement"]).starts_with("☑ 同意联办（2026年3月3日答复）"), "{answered}");
    // Called off: it stands no more, and its receipt still says what was answered.
    app.set_clock("2026-03-04T09:00:00+08:00");
    agent.post(&format!("/joint-handlings/{}/cancel", text(&leg["id"])), json!({ "reason": "改由本中心办理" })).await.ok();
    let fallen = other.get(&at(&letter)).await.ok();
    assert_eq!((&fallen["state"], &fallen["void_reason"]), (&json!("voided"), &json!("联办已经取消，本件仍由发函单位办理")));
    assert!(text(&fallen["receipts"][0]["statement"]).contains("之后已经取消"), "{fallen}");
    printed(&app, &other, &fallen).await;
    let again = agent.post(&format!("{path}/forms"), json!({ "kind": "joint_request", "about": leg["id"] })).await.expect(409);
    assert!(text(&again.body["detail"]).contains("联办已经取消"), "{}", again.text);
    let asked = json!({ "to": CHONGCHUAN, "steps": ["S2"], "reason": "用地在崇川区" });
    let leg = agent.post(&format!("{path}/joint-handlings"), asked).await.created();
    app.set_clock("2026-03-05T09:00:00+08:00");
    other.post(&format!("/joint-handlings/{}/accept", text(&leg["id"])), json!({})).await.ok();
    app.set_clock("2026-03-06T09:00:00+08:00");
    let said = agent.post(&format!("{path}/forms"), json!({ "kind": "joint_request" })).await.created()["sheet"].to_string();
    assert!(said.contains("已于2026年3月5日函复同意") && !said.contains("请于"), "{said}");
}

async fn a_letter_to_a_department(app: TestApp) {
    let path = planned(&app).await;
    let (agent, handler) = (app.as_user("rd_agent"), app.as_user("rd_scjg"));
    let departments = app.stranger().get("/centers/320623000000/departments?limit=200").await.ok();
    let staffed = departments["items"].as_array().expect("departments").iter().find(|d| d["staffed"] == true).expect("one")["id"].clone();
    let asked = json!({ "department_id": staffed, "steps": ["S1"], "reason": "请贵局办理" });
    let leg = agent.post(&format!("{path}/joint-handlings"), asked).await.created();
    let letter = agent.post(&format!("{path}/forms"), json!({ "kind": "joint_request" })).await.created();
    assert_eq!(forms(&handler, &path).await.len(), 1);
    printed(&app, &handler, &letter).await;
    // The center's own staff do not sign for its department.
    assert_eq!(code(&app.as_user("rd_clerk").post(&format!("{}/sign", at(&letter)), json!({ "place": "receiver" })).await.expect(422).body), "not_yours");
    handler.post(&format!("{}/sign", at(&letter)), json!({})).await.expect(409);
    handler.post(&format!("/joint-handlings/{}/accept", text(&leg["id"])), json!({})).await.ok();
    let signed = handler.post(&format!("{}/sign", at(&letter)), json!({})).await.ok();
    assert!(text(&signed["signatures"][0]["who"]).starts_with("如东县市场监督管理局"), "{signed}");
    let seen = app.stranger().get(&format!("/forms/verify/{}", text(&letter["verification_code"]))).await.ok();
    assert_eq!((&seen["signatures"][0]["side"], &seen["signatures"][0]["unit"]), (&json!("主送方"), &json!("如东县市场监督管理局")));
    handler.post(&format!("{path}/forms"), json!({ "kind": "joint_request" })).await.expect(403);
}

async fn a_decision_imposes_steps(app: TestApp) {
    let path = planned(&app).await;
    let (agent, other, manager, city) = (app.as_user("rd_agent"), app.as_user("cc_clerk"), app.as_user("rd_manager"), app.as_user("city_manager"));
    let asked = json!({ "to": CHONGCHUAN, "steps": ["S2"], "reason": "管线起点在崇川区" });
    let leg = agent.post(&format!("{path}/joint-handlings"), asked).await.created();
    other.post(&format!("/joint-handlings/{}/decline", text(&leg["id"])), json!({ "reason": "管线不在本区" })).await.ok();
    let dispute = format!("/arbitrations/{}", text(&agent.get(&path).await.ok()["open_arbitration_id"]));
    assert_eq!(agent.post(&format!("{path}/forms"), json!({ "kind": "arbitration_decision" })).await.problem(409), "state_conflict");
    manager.post(&format!("{dispute}/cases"), json!({ "statement": "见管线图 2026-18" })).await.ok();
    let decision = json!({ "kind": "joint", "to": CHONGCHUAN, "steps": ["S2"], "reason": "管线起点在崇川区" });
    city.post(&format!("{dispute}/decide"), decision).await.ok();
    // Drawn up with the decision, in the name of who decided.
    let order = find(&agent, &path, "arbitration_decision").await;
    assert_eq!(order["center"]["division_code"], CITY);
    assert!(text(&order["number"]).starts_with("WS-320600-"), "{order}");
    let own = city.get(&at(&order)).await.ok();
    assert_eq!((&own["own_places"], &own["allowed_actions"]), (&json!(["issuer"]), &json!(["sign", "void"])));
    assert_eq!(text(&own["sheet"]["issuer"]), "南通市政务服务中心");
    let said = own["sheet"].to_string();
    for needed in ["消防审查", "联合办理", "管线起点在崇川区", "管线不在本区", "见管线图 2026-18", "共同上级", text(&own["sheet"]["document_number"])]
    {
        assert!(said.contains(needed), "{needed}: {said}");
    }
    for wrong in ["移交", "指定崇川区政务服务中心承办"] {
        assert!(!said.contains(wrong), "{wrong}: {said}");
    }
    // No side issues it; who decided, once.
    agent.post(&format!("{path}/forms"), json!({ "kind": "arbitration_decision" })).await.expect(403);
    manager.post(&format!("{path}/forms"), json!({ "kind": "arbitration_decision" })).await.expect(403);
    let twice = city.post(&format!("{path}/forms"), json!({ "kind": "arbitration_decision" })).await.expect(409);
    assert!(text(&twice.body["detail"]).contains(text(&order["number"])), "{}", twice.text);
    // Each side reads it and signs for its own copy.
    for (who, place, others) in [(&other, "recipient_2", "recipient_1"), (&manager, "recipient_1", "recipient_2")] {
        printed(&app, who, &order).await;
        assert_eq!(who.get(&at(&order)).await.ok()["own_places"], json!([place]));
        assert_eq!(code(&who.post(&format!("{}/sign", at(&order)), json!({ "place": others })).await.expect(422).body), "not_yours");
        assert_eq!(code(&who.post(&format!("{}/sign", at(&order)), json!({ "place": "issuer" })).await.expect(422).body), "not_yours");
        let signed = who.post(&format!("{}/sign", at(&order)), json!({})).await.ok();
        assert!(signed["signatures"].to_string().contains(place), "{signed}");
    }
    city.post(&format!("{}/sign", at(&order)), json!({})).await.ok();
    city.post(&format!("{}/void", at(&order)), json!({ "reason": "重新出具" })).await.expect(409);
    app.as_user("city_clerk").post(&format!("{path}/forms"), json!({ "kind": "arbitration_decision" })).await.expect(403);
    // The letter of what was imposed asks for no consent.
    let said = agent.post(&format!("{path}/forms"), json!({ "kind": "joint_request" })).await.created()["sheet"].to_string();
    assert!(said.contains("无须另行函复") && !said.contains("□ 同意联办"), "{said}");
    // A review decides anew: a decision of its own.
    manager.post(&format!("{dispute}/review"), json!({ "new_facts": "测绘显示起点不在崇川区" })).await.ok();
    city.post(&format!("{dispute}/decide"), json!({ "kind": "keep", "reason": "由如东县自办" })).await.ok();
    let all = forms(&city, &path).await;
    assert_eq!(all.iter().filter(|f| f["kind"] == "arbitration_decision").count(), 2);
    let last = city.get(&at(&find(&city, &path, "arbitration_decision").await)).await.ok()["sheet"].to_string();
    assert!(last.contains("复核决定") && last.contains("继续承办"), "{last}");
}

async fn a_third_is_bound(app: TestApp) {
    let path = planned(&app).await;
    let (manager, city, third) = (app.as_user("rd_manager"), app.as_user("city_manager"), app.as_user("yk_clerk"));
    let asked = json!({ "with": [CHONGCHUAN], "reason": "由谁审查有争议" });
    let dispute = manager.post(&format!("{path}/arbitrations"), asked).await.created();
    let dispute = format!("/arbitrations/{}", text(&dispute["id"]));
    third.get(&format!("{path}/forms")).await.expect(404);
    city.post(&format!("{dispute}/decide"), json!({ "kind": "joint", "to": "320623101000", "steps": ["S2"], "reason": "管线在镇域之内" })).await.ok();
    // Named by the decision and no side of it: it reads the decision and signs for its copy, and sees nothing of the dispute.
    third.get(&dispute).await.expect(404);
    let order = find(&third, &path, "arbitration_decision").await;
    let read = third.get(&at(&order)).await.ok();
    assert_eq!((&read["own_places"], &read["allowed_actions"]), (&json!(["recipient_3"]), &json!(["sign"])));
    assert_eq!(code(&third.post(&format!("{}/sign", at(&order)), json!({ "place": "recipient_1" })).await.expect(422).body), "not_yours");
    third.post(&format!("{}/sign", at(&order)), json!({})).await.ok();
    printed(&app, &third, &order).await;
}

async fn the_reform_office_decides(app: TestApp) {
    let path = planned(&app).await;
    let (agent, reform) = (app.as_user("rd_agent"), app.as_user("city_reform"));
    agent.post(&format!("{path}/joint-handlings"), json!({ "to": CITY, "steps": ["S1"], "reason": "属市级审批" })).await.created();
    app.set_clock("2026-03-03T18:00:00+08:00");
    app.tick().await;
    app.tick().await;
    let dispute = format!("/arbitrations/{}", text(&agent.get("/arbitrations").await.ok()["items"][0]["number"]));
    reform.post(&format!("{dispute}/decide"), json!({ "kind": "joint", "to": CITY, "steps": ["S1"], "reason": "属市级审批" })).await.ok();
    // The matter is out of its sight; the decision is its own.
    reform.get(&path).await.expect(404);
    let order = find(&reform, &path, "arbitration_decision").await;
    let read = reform.get(&at(&order)).await.ok();
    assert_eq!((&read["own_places"], text(&read["sheet"]["issuer"])), (&json!(["issuer"]), "南通市改革办"));
    let signed = reform.post(&format!("{}/sign", at(&order)), json!({})).await.ok();
    assert!(text(&signed["signatures"][0]["who"]).starts_with("南通市改革办"), "{signed}");
    let seen = app.stranger().get(&format!("/forms/verify/{}", text(&order["verification_code"]))).await.ok();
    assert_eq!(seen["issuer"], "南通市改革办");
    // The city is a side: its staff sign for their copy only.
    assert_eq!(app.as_user("city_clerk").get(&at(&order)).await.ok()["own_places"], json!(["recipient_2"]));
    app.as_user("city_manager").post(&format!("{path}/forms"), json!({ "kind": "arbitration_decision" })).await.expect(403);
}
