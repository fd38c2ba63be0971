//! The relay beside transfers: steps that others carry while custody stays, and who decides where nobody agrees.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, counter_application, on_both_engines, started_matter, text, user_id};

on_both_engines!(
    legs_in_parallel,
    a_department_is_asked,
    legs_rest_and_fall_with_their_matter,
    nobody_answers,
    returned_twice_and_decided,
    a_decision_and_its_review,
    one_open_arbitration_at_a_time,
    the_applicant_reads_who_helps,
    the_relay_in_the_worklist,
    the_relay_in_one_answer,
    filed_again_after_it_was_not_accepted,
    a_decision_is_read,
    a_termination_lets_legs_rest,
    the_relay_keeps_what_is_over,
    what_did_not_arrive_is_noted,
);

const CITY: &str = "320600000000";
const CHONGCHUAN: &str = "320613000000";

/// A matter of 如东 in progress with three independent steps.
async fn planned(app: &TestApp) -> String {
    let path = format!("/entrustments/{}", started_matter(app).await);
    let step = |code: &str, name: &str| json!({ "code": code, "name": name, "department": "审批部门", "limit": { "value": 5, "unit": "working_day" } });
    let steps = json!({ "steps": [step("S1", "规划审查"), step("S2", "消防审查"), step("S3", "施工许可")] });
    app.as_user("rd_agent").post(&format!("{path}/plan"), steps).await.ok();
    path
}

fn ask(to: &str, steps: &[&str]) -> Value {
    json!({ "to": to, "steps": steps, "reason": "请贵中心协调办理", "papers": ["申请表"] })
}

/// Files, is accepted and granted, by whoever carries the step.
async fn carry(who: &Caller<'_>, path: &str, step: &str) {
    for (act, report) in [
        ("file", json!({ "receipt_no": "收-1" })),
        ("accept", json!({ "acceptance_no": "受-1", "evidence": "通知书" })),
        ("grant", json!({ "result_no": "准-1", "evidence": "决定书" })),
    ] {
        who.post(&format!("{path}/steps/{step}/{act}"), report).await.ok();
    }
}

async fn legs_in_parallel(app: TestApp) {
    let path = planned(&app).await;
    let (agent, city, carrier, other) = (app.as_user("rd_agent"), app.as_user("city_clerk"), app.as_user("city_agent1"), app.as_user("city_agent2"));
    // `auto`: the center above.
    let leg = agent.post(&format!("{path}/joint-handlings"), ask("auto", &["S1"])).await.created();
    assert_eq!((&leg["to"]["division_code"], &leg["state"]), (&json!(CITY), &json!("requested")));
    let second = agent.post(&format!("{path}/joint-handlings"), ask(CHONGCHUAN, &["S2"])).await.created();
    for (body, code) in [
        (ask(CITY, &["S1"]), "step_not_free"),
        (ask(CITY, &["S9"]), "unknown_step"),
        (ask("320623000000", &["S3"]), "same_center"),
        (ask("511602000000", &["S3"]), "unknown_center"),
        (json!({ "to": CITY, "department_id": user_id("x"), "steps": ["S3"], "reason": "请办理" }), "center_or_department"),
    ] {
        assert_eq!(agent.post(&format!("{path}/joint-handlings"), body).await.expect(422).body["errors"][0]["code"], code);
    }
    app.as_user("rd_clerk").post(&format!("{path}/joint-handlings"), ask(CITY, &["S3"])).await.expect(403);
    // Custody stays; the matter cannot end.
    let e = agent.get(&path).await.ok();
    assert_eq!((&e["custodian"]["division_code"], &e["open_joint_handlings"]), (&json!("320623000000"), &json!(2)));
    assert_eq!(e["steps"][0]["joint_handling_id"], leg["id"]);
    let refused = agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("2 个联办"), "{}", refused.text);
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "x" })).await.expect(409);

    // Taken over by the city; its agent sees what the step needs, in clear; a colleague only that there is one.
    let at = format!("/joint-handlings/{}", text(&leg["number"]));
    carrier.post(&format!("{at}/accept"), json!({})).await.expect(404);
    let taken = city.post(&format!("{at}/accept"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    assert_eq!((&taken["state"], &taken["due_at"]), (&json!("accepted"), &json!("2026-03-09T17:00:00.000+08:00")));
    city.post(&format!("{at}/decline"), json!({ "reason": "不办" })).await.expect(409);
    let seen = carrier.get(&path).await.ok();
    let codes: Vec<&str> = seen["steps"].as_array().expect("steps").iter().map(|s| text(&s["code"])).collect();
    assert_eq!((codes, &seen["masked"], &seen["contact"]["phone"]), (vec!["S1"], &json!(false), &json!("13900005678")));
    assert_eq!((seen["allowed_actions"].as_array().map(Vec::len), seen.get("agreement")), (Some(0), None));
    assert_eq!(other.get(&path).await.ok()["contact"]["phone"], "139****5678");
    app.as_user("yk_clerk").get(&path).await.expect(404);

    // Materials are asked for once, while its limit rests.
    carrier.post(&format!("{at}/ask-materials"), json!({ "note": "缺授权委托书" })).await.ok();
    carrier.post(&format!("{at}/progress"), json!({ "note": "等待" })).await.expect(409);
    app.set_clock("2026-03-03T10:00:00+08:00");
    agent.post(&format!("{at}/supply"), json!({ "papers": ["授权委托书"] })).await.ok();
    carrier.post(&format!("{at}/ask-materials"), json!({ "note": "还缺图纸" })).await.expect(409);
    let e = carrier.post(&format!("{at}/progress"), json!({ "note": "已提交预审" })).await.ok();
    assert_eq!((&e["state"], &e["due_at"]), (&json!("in_progress"), &json!("2026-03-10T17:00:00.000+08:00")), "a day touched by the pause");
    // Only its own step, and results only when they are decided.
    carrier.post(&format!("{at}/steps/S3/file"), json!({ "receipt_no": "x" })).await.expect(404);
    let undecided = carrier.post(&format!("{at}/hand-back"), json!({ "step": "S1" })).await.expect(409);
    assert!(!undecided.body["allowed_actions"].to_string().contains("hand_back") && !undecided.text.contains("ask_materials"), "{}", undecided.text);
    carry(&carrier, &at, "S1").await;
    assert!(text(&carrier.post(&format!("{at}/complete"), json!({})).await.expect(409).body["detail"]).contains("1 个步骤"));
    carrier.post(&format!("{at}/hand-back"), json!({ "step": "S1", "papers": ["规划许可证正本"], "note": "正本已寄" })).await.ok();
    let done = carrier.post(&format!("{at}/complete"), json!({})).await.ok();
    assert_eq!((&done["state"], &done["results"][0]["papers"][0]), (&json!("completed"), &json!("规划许可证正本")));
    let e = agent.get(&path).await.ok();
    assert_eq!((&e["steps"][0]["state"], e["steps"][0].get("joint_handling_id"), &e["open_joint_handlings"]), (&json!("granted"), None, &json!(1)));
    assert_eq!(carrier.get(&path).await.ok()["masked"], true, "its part is done");

    // The other declines: arbitration opens by itself, and who decides is above both and no side.
    let at = format!("/joint-handlings/{}", text(&second["id"]));
    app.as_user("cc_clerk").post(&format!("{at}/decline"), json!({ "reason": "不属本区权限" })).await.ok();
    let id = text(&agent.get(&path).await.ok()["open_arbitration_id"]).to_owned();
    let manager = app.as_user("city_manager");
    let a = manager.get(&format!("/arbitrations/{id}")).await.ok();
    assert_eq!((&a["cause"], &a["authority"], &a["decider"]["division_code"]), (&json!("declined"), &json!("center"), &json!(CITY)));
    assert_eq!(a["allowed_actions"], json!(["decide", "escalate", "no_competent_unit"]));
    app.as_user("rd_manager").post(&format!("/arbitrations/{id}/decide"), json!({ "kind": "keep", "reason": "自办" })).await.expect(403);
    agent.post(&format!("{path}/joint-handlings"), ask(CHONGCHUAN, &["S2"])).await.expect(409);
    app.as_user("rd_manager").post(&format!("/arbitrations/{id}/cases"), json!({ "statement": "用地在崇川区" })).await.ok();
    // What is disputed stays as it is: not filed, not asked of others, not planned away.
    assert_eq!(agent.post(&format!("{path}/steps/S2/file"), json!({ "receipt_no": "收-9" })).await.problem(409), "state_conflict");
    assert_eq!(agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S2"])).await.problem(409), "state_conflict");
    let next = agent.get(&format!("{path}/relay")).await.ok()["next"].to_string();
    let disputed = format!("申报“{}”", text(&agent.get(&path).await.ok()["steps"][1]["name"]));
    assert!(next.contains("作出指定办理决定") && !next.contains(&disputed), "nobody files what is disputed: {next}");
    let decision = json!({ "kind": "joint", "to": CHONGCHUAN, "steps": ["S2"], "reason": "用地在崇川区" });
    let a = manager.post(&format!("/arbitrations/{id}/decide"), decision).await.ok();
    assert_eq!((&a["state"], &a["decisions"][0]["party"]["name"]), (&json!("decided"), &json!("崇川区政务服务中心")));
    // Imposed: taken over from this moment, neither declined nor cancelled.
    let legs = app.as_user("cc_clerk").get("/joint-handlings?state=accepted").await.ok();
    let imposed = legs["items"].as_array().expect("legs").first().cloned().expect("imposed");
    assert_eq!(imposed["arbitration_id"], json!(id));
    let at = format!("/joint-handlings/{}", text(&imposed["id"]));
    app.as_user("cc_clerk").post(&format!("{at}/decline"), json!({ "reason": "仍不办" })).await.expect(409);
    agent.post(&format!("{at}/cancel"), json!({ "reason": "自办" })).await.expect(409);
    // On new facts it is decided anew, once: what was imposed ends, the step is the custodian's again.
    app.as_user("rd_manager").post(&format!("/arbitrations/{id}/review"), json!({ "new_facts": "测绘显示不在崇川区" })).await.ok();
    manager.post(&format!("/arbitrations/{id}/decide"), json!({ "kind": "keep", "reason": "由如东县自办" })).await.ok();
    assert_eq!(app.as_user("cc_clerk").get(&at).await.ok()["state"], "cancelled");
    agent.post(&format!("{path}/steps/S2/file"), json!({ "receipt_no": "收-2" })).await.ok();
    // The applicant reads one plain story, and nothing of who did not want it.
    let told = app.stranger().get(&format!("/progress/{}?phone_last4=5678", text(&e["number"]))).await.ok().to_string();
    assert!(told.contains("联办完成") && told.contains("协调") && !told.contains("拒绝") && !told.contains("未接受"), "{told}");
    app.as_user("ent_rudong").get(&format!("/arbitrations/{id}")).await.expect(404);
}

async fn a_department_is_asked(app: TestApp) {
    let path = planned(&app).await;
    let (agent, handler) = (app.as_user("rd_agent"), app.as_user("rd_scjg"));
    let departments = app.stranger().get("/centers/320623000000/departments?limit=200").await.ok();
    let of = |name: &str| {
        departments["items"].as_array().expect("departments").iter().find(|d| text(&d["name"]).contains(name)).map(|d| d["id"].clone()).expect("one")
    };
    let without = json!({ "department_id": of("公安局"), "steps": ["S1"], "reason": "请办理" });
    assert_eq!(agent.post(&format!("{path}/joint-handlings"), without).await.expect(422).body["errors"][0]["code"], "department_without_account");
    let body = json!({ "department_id": of("市场监督管理局"), "steps": ["S1"], "reason": "请贵局办理", "due_on": "2026-03-20" });
    let leg = agent.post(&format!("{path}/joint-handlings"), body).await.created();
    let at = format!("/joint-handlings/{}", text(&leg["id"]));
    assert_eq!(leg["department"], "如东县市场监督管理局");
    app.as_user("rd_clerk").post(&format!("{at}/accept"), json!({})).await.expect(403);
    let taken = handler.post(&format!("{at}/accept"), json!({})).await.ok();
    assert_eq!(taken["due_at"], "2026-03-20T17:00:00.000+08:00");
    assert_eq!(handler.get(&path).await.ok()["masked"], false);
    carry(&handler, &at, "S1").await;
    handler.post(&format!("{at}/hand-back"), json!({ "step": "S1" })).await.ok();
    handler.post(&format!("{at}/complete"), json!({})).await.ok();
    // Declined by a department, competence is for the reform office to say.
    let body = json!({ "department_id": of("市场监督管理局"), "steps": ["S2"], "reason": "请贵局办理" });
    let leg = agent.post(&format!("{path}/joint-handlings"), body).await.created();
    handler.post(&format!("/joint-handlings/{}/decline", text(&leg["id"])), json!({ "reason": "属消防救援机构" })).await.ok();
    let id = text(&agent.get(&path).await.ok()["open_arbitration_id"]).to_owned();
    let reform = app.as_user("city_reform");
    let a = reform.get(&format!("/arbitrations/{id}")).await.ok();
    assert_eq!((&a["authority"], &a["parties"][1]["name"]), (&json!("reform_office"), &json!("如东县市场监督管理局")));
    assert_eq!(reform.get(&path).await.ok()["masked"], true, "while it is open, masked");
    app.as_user("city_manager").post(&format!("/arbitrations/{id}/decide"), json!({ "kind": "keep", "reason": "x1" })).await.expect(403);
    handler.post(&format!("/arbitrations/{id}/cases"), json!({ "statement": "见三定方案" })).await.ok();
    reform.post(&format!("/arbitrations/{id}/escalate"), json!({ "leader": "分管副市长", "reason": "职责交叉" })).await.ok();
    let keep = json!({ "kind": "keep", "reason": "由代办中心继续协调" });
    assert_eq!(reform.post(&format!("/arbitrations/{id}/decide"), keep.clone()).await.expect(422).body["errors"][0]["pointer"], "/document_no");
    let mut keep = keep;
    keep["document_no"] = json!("通政办〔2026〕7号");
    reform.post(&format!("/arbitrations/{id}/decide"), keep).await.ok();
    reform.get(&path).await.expect(404);
}

async fn legs_rest_and_fall_with_their_matter(app: TestApp) {
    let path = planned(&app).await;
    let (agent, manager, city) = (app.as_user("rd_agent"), app.as_user("rd_manager"), app.as_user("city_clerk"));
    let leg = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    let asked = agent.post(&format!("{path}/joint-handlings"), ask(CHONGCHUAN, &["S2"])).await.created();
    let (at, unanswered) = (format!("/joint-handlings/{}", text(&leg["id"])), format!("/joint-handlings/{}", text(&asked["id"])));
    city.post(&format!("{at}/accept"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    manager.post(&format!("{path}/suspend"), json!({ "reason": "policy_change", "note": "等待新规", "days": 20 })).await.ok();
    app.as_user("city_agent1").post(&format!("{at}/progress"), json!({ "note": "进展" })).await.expect(409);
    // Rested, it does not expire.
    app.set_clock("2026-03-10T10:00:00+08:00");
    app.tick().await;
    assert_eq!(city.get(&at).await.ok()["state"], "accepted");
    assert_eq!(app.as_user("cc_clerk").get(&unanswered).await.ok()["state"], "requested");
    agent.post(&format!("{path}/resume"), json!({})).await.ok();
    assert_eq!(app.as_user("cc_clerk").get(&unanswered).await.ok()["due_at"], "2026-03-11T17:00:00.000+08:00");
    // The end cancels them with notice.
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "conditions_not_met", "note": "条件不具备" })).await.ok();
    manager.post(&format!("{path}/terminate-unilaterally"), json!({ "delivery_proof": "送达回证 9" })).await.ok();
    for leg in [&at, &unanswered] {
        let leg = app.as_user("city_inspector").get(leg).await.ok();
        assert_eq!((&leg["state"], leg.get("due_at")), (&json!("cancelled"), None));
    }
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM clocks WHERE record_kind = 'joint_handling' AND state <> 'stopped'").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'joint_handling.cancelled'").await, 2);
}

async fn nobody_answers(app: TestApp) {
    let path = planned(&app).await;
    let agent = app.as_user("rd_agent");
    let leg = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    app.set_clock("2026-03-03T18:00:00+08:00");
    app.tick().await;
    app.tick().await;
    assert_eq!(agent.get(&format!("/joint-handlings/{}", text(&leg["id"]))).await.ok()["state"], "expired");
    // The city is a side itself: the reform office decides, and not the city's manager.
    let arbitrations = agent.get("/arbitrations").await.ok();
    let a = &arbitrations["items"][0];
    assert_eq!((&a["cause"], &a["authority"], arbitrations["items"].as_array().map(Vec::len)), (&json!("expired"), &json!("reform_office"), Some(1)));
    let at = format!("/arbitrations/{}", text(&a["number"]));
    app.as_user("city_manager").post(&format!("{at}/decide"), json!({ "kind": "keep", "reason": "市里不办" })).await.expect(403);
    let decision = json!({ "kind": "joint", "to": CITY, "steps": ["S1"], "reason": "属市级审批" });
    app.as_user("city_reform").post(&format!("{at}/decide"), decision).await.ok();
    let e = agent.get(&path).await.ok();
    assert_eq!((e.get("open_arbitration_id"), &e["open_joint_handlings"]), (None, &json!(1)));
}

/// A matter at the city's counter that belongs to none of the two that it is offered to.
async fn returned_twice(app: &TestApp) -> String {
    let city = app.as_user("city_clerk");
    let mut application = counter_application("assisted");
    application["center"] = json!(CITY);
    let path = format!("/entrustments/{}", text(&city.post("/entrustments", application).await.created()["id"]));
    for (to, receiver) in [("320623000000", "rd_clerk"), (CHONGCHUAN, "cc_clerk")] {
        let offer = city.post(&format!("{path}/transfer"), json!({ "to": to, "applicant_consent": true })).await.created();
        app.as_user(receiver).post(&format!("/transfers/{}/return", text(&offer["id"])), json!({ "reason": "不属本中心" })).await.ok();
    }
    path
}

async fn returned_twice_and_decided(app: TestApp) {
    let path = returned_twice(&app).await;
    let city = app.as_user("city_clerk");
    let e = city.get(&path).await.ok();
    let at = format!("/arbitrations/{}", text(&e["open_arbitration_id"]));
    city.post(&format!("{path}/transfer"), json!({ "to": "320623101000", "applicant_consent": true })).await.expect(409);
    let reform = app.as_user("city_reform");
    let a = reform.get(&at).await.ok();
    assert_eq!((&a["cause"], a["parties"].as_array().map(Vec::len)), (&json!("returned"), Some(3)), "the custodian and both that returned it");
    for (body, code) in [
        (json!({ "kind": "custody", "to": CITY, "reason": "原中心" }), "same_center"),
        (json!({ "kind": "custody", "to": "511602000000", "reason": "外市" }), "unknown_center"),
        (json!({ "kind": "custody", "reason": "未写明" }), "one_center"),
        (json!({ "kind": "keep", "to": CITY, "reason": "多余" }), "keep_names_nobody"),
    ] {
        assert_eq!(reform.post(&format!("{at}/decide"), body).await.expect(422).body["errors"][0]["code"], code);
    }
    reform.post(&format!("{at}/decide"), json!({ "kind": "custody", "to": "320623000000", "reason": "申请人住所在如东县" })).await.ok();
    // At once, gapless, by arbitration, and it cannot be returned.
    let e = app.as_user("rd_clerk").get(&path).await.ok();
    assert_eq!((&e["custodian"]["division_code"], &e["hand_overs"], &e["masked"]), (&json!("320623000000"), &json!(0), &json!(false)));
    let chain = city.get(&format!("{path}/custody")).await.ok();
    assert_eq!((&chain["items"][1]["cause"], &chain["items"][0]["to"]), (&json!("arbitration"), &chain["items"][1]["from"]));
    assert_eq!(chain["items"][1]["arbitration_id"], a["id"]);
    let refused = app.as_user("rd_clerk").post(&format!("{path}/transfer"), json!({ "to": "320623101000", "applicant_consent": true })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("指定办理"), "{}", refused.text);
    app.as_user("rd_manager").post(&format!("{path}/arbitrations"), json!({ "with": [CITY], "reason": "再议" })).await.expect(409);
}

async fn a_decision_and_its_review(app: TestApp) {
    let path = returned_twice(&app).await;
    let at = format!("/arbitrations/{}", text(&app.as_user("city_clerk").get(&path).await.ok()["open_arbitration_id"]));
    let (reform, manager) = (app.as_user("city_reform"), app.as_user("rd_manager"));
    manager.post(&format!("{at}/review"), json!({ "new_facts": "尚无决定" })).await.expect(409);
    reform.post(&format!("{at}/decide"), json!({ "kind": "custody", "to": "320623000000", "reason": "住所在如东县" })).await.ok();
    let a = manager.post(&format!("{at}/review"), json!({ "new_facts": "测绘显示用地在崇川区" })).await.ok();
    assert_eq!((&a["state"], &a["allowed_actions"]), (&json!("opened"), &json!(["state_case"])));
    // It binds meanwhile.
    assert_eq!(manager.get(&path).await.ok()["custodian"]["division_code"], "320623000000");
    reform.post(&format!("{at}/decide"), json!({ "kind": "custody", "to": CHONGCHUAN, "reason": "测绘报告属实" })).await.ok();
    let e = app.as_user("cc_clerk").get(&path).await.ok();
    assert_eq!(e["custodian"]["division_code"], CHONGCHUAN);
    manager.post(&format!("{at}/review"), json!({ "new_facts": "又有新事实" })).await.expect(409);
    let chain = app.as_user("cc_clerk").get(&format!("{path}/custody")).await.ok();
    assert_eq!(chain["items"].as_array().map(Vec::len), Some(3));
}

async fn the_applicant_reads_who_helps(app: TestApp) {
    let (company, clerk, agent) = (app.as_user("ent_rudong"), app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let mut application = crate::support::water_application();
    application["center"] = json!("320623000000");
    application["mode"] = json!("assisted");
    let path = format!("/entrustments/{}", text(&company.post("/entrustments", application).await.created()["id"]));
    let mut body = crate::support::accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    let story = clerk.get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(story.contains("指派"), "accepting may name who carries it: {story}");
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    agent.post(&format!("{path}/plan"), json!({})).await.ok();
    let mine = || async { company.get("/joint-handlings").await.ok()["items"].as_array().map(Vec::len) };
    let declined = agent.post(&format!("{path}/joint-handlings"), ask(CHONGCHUAN, &["S1"])).await.created();
    assert_eq!(mine().await, Some(0), "only asked");
    app.as_user("cc_clerk").post(&format!("/joint-handlings/{}/decline", text(&declined["id"])), json!({ "reason": "不属本区" })).await.ok();
    assert_eq!(mine().await, Some(0));
    company.get(&format!("/joint-handlings/{}", text(&declined["id"]))).await.expect(404);
    // A side reads, masked, what it argues about; and no longer than it is argued about.
    let a = clerk.get("/arbitrations").await.ok()["items"][0].clone();
    let side = app.as_user("cc_clerk");
    assert_eq!(side.get(&path).await.ok()["masked"], true);
    side.post(&format!("/arbitrations/{}/cases", text(&a["id"])), json!({ "statement": "项目不在本区" })).await.ok();
    app.as_user("city_manager").post(&format!("/arbitrations/{}/decide", text(&a["id"])), json!({ "kind": "keep", "reason": "由如东县办理" })).await.ok();
    side.get(&path).await.expect(404);
    let story = company.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(story.contains("经南通市政务服务中心协调") && !story.contains("崇川"), "{story}");
    let helped = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    app.as_user("city_clerk").post(&format!("/joint-handlings/{}/accept", text(&helped["id"])), json!({})).await.ok();
    assert_eq!(mine().await, Some(1));
}

async fn one_open_arbitration_at_a_time(app: TestApp) {
    let path = planned(&app).await;
    let (agent, manager) = (app.as_user("rd_agent"), app.as_user("rd_manager"));
    let asked = agent.post(&format!("{path}/arbitrations"), json!({ "with": [CHONGCHUAN], "reason": "属崇川区承办" })).await.created();
    agent.post(&format!("{path}/arbitrations"), json!({ "with": [CHONGCHUAN], "reason": "再申请" })).await.expect(409);
    // A leg declined meanwhile joins it: the sides grow, and with the city among them nobody of the city decides.
    let leg = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    app.as_user("city_clerk").post(&format!("/joint-handlings/{}/decline", text(&leg["id"])), json!({ "reason": "不属市级" })).await.ok();
    let a = agent.get(&format!("/arbitrations/{}", text(&asked["id"]))).await.ok();
    assert_eq!((a["parties"].as_array().map(Vec::len), &a["authority"], &a["cases"][0]["statement"]), (Some(3), &json!("reform_office"), &json!("不属市级")));
    assert_eq!(agent.get("/arbitrations").await.ok()["items"].as_array().map(Vec::len), Some(1));
    // Ended, there is nothing to decide.
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "conditions_not_met", "note": "条件不具备" })).await.ok();
    manager.post(&format!("{path}/terminate-unilaterally"), json!({ "delivery_proof": "送达回证 9" })).await.ok();
    let a = agent.get(&format!("/arbitrations/{}", text(&asked["id"]))).await.ok();
    assert_eq!(a["state"], "moot");
    // No competent unit: the custodian serves on.
    let path = planned(&app).await;
    let asked = agent.post(&format!("{path}/arbitrations"), json!({ "with": [CHONGCHUAN], "reason": "无人主管" })).await.created();
    let at = format!("/arbitrations/{}", text(&asked["id"]));
    let a = app.as_user("city_manager").post(&format!("{at}/no-competent-unit"), json!({ "reason": "新业态" })).await.ok();
    assert_eq!(a["state"], "no_competent_unit");
    let e = agent.get(&path).await.ok();
    assert_eq!((e.get("open_arbitration_id"), &e["state"]), (None, &json!("in_progress")));
}

async fn the_relay_in_the_worklist(app: TestApp) {
    let path = planned(&app).await;
    let (agent, city, carrier) = (app.as_user("rd_agent"), app.as_user("city_clerk"), app.as_user("city_agent1"));
    let leg = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    let at = format!("/joint-handlings/{}", text(&leg["id"]));
    let incoming = city.get("/me/worklist?bucket=incoming&kind=joint_handling").await.ok();
    assert_eq!((&incoming["items"][0]["id"], incoming["items"].as_array().map(Vec::len)), (&leg["id"], Some(1)));
    let none = |list: Value| list["items"].as_array().map(Vec::len) == Some(0);
    assert!(none(agent.get("/me/worklist?kind=joint_handling").await.ok()), "what was sent waits for others");
    city.post(&format!("{at}/accept"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    assert!(none(city.get("/me/worklist?kind=joint_handling").await.ok()), "its agent carries it now");
    assert_eq!(carrier.get("/me/worklist?kind=joint_handling").await.ok()["items"][0]["id"], leg["id"]);
    carrier.post(&format!("{at}/ask-materials"), json!({ "note": "缺委托书" })).await.ok();
    assert_eq!(agent.get("/me/worklist?kind=joint_handling").await.ok()["items"][0]["state"], "awaiting_materials");
    let asked = agent.post(&format!("{path}/arbitrations"), json!({ "with": [CHONGCHUAN], "reason": "属崇川区承办" })).await.created();
    assert_eq!(app.as_user("city_manager").get("/me/worklist?kind=arbitration").await.ok()["items"][0]["id"], asked["id"]);
    assert!(none(app.as_user("rd_manager").get("/me/worklist?kind=arbitration").await.ok()));
}

async fn the_relay_in_one_answer(app: TestApp) {
    let path = planned(&app).await;
    let (agent, city) = (app.as_user("rd_agent"), app.as_user("city_clerk"));
    let leg = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    agent.post(&format!("{path}/joint-handlings"), ask(CHONGCHUAN, &["S2"])).await.created();
    agent.post(&format!("{path}/arbitrations"), json!({ "with": [CHONGCHUAN], "reason": "属崇川区承办" })).await.created();
    let relay = agent.get(&format!("{path}/relay")).await.ok();
    let open: Vec<(&str, &str)> = relay["open"].as_array().expect("open").iter().map(|o| (text(&o["kind"]), text(&o["with"]))).collect();
    let expected = [("joint_handling", "南通市政务服务中心"), ("joint_handling", "崇川区政务服务中心"), ("arbitration", "南通市政务服务中心")];
    assert_eq!(open, expected);
    let next: Vec<(&str, &str)> = relay["next"].as_array().expect("next").iter().map(|n| (text(&n["who"]), text(&n["what"]))).collect();
    for wanted in [("南通市政务服务中心", "答复联办"), ("南通市政务服务中心", "作出指定办理决定"), ("如东县政务服务中心", "申报“施工许可”")]
    {
        assert!(next.contains(&wanted), "{wanted:?} {next:?}");
    }
    assert_eq!((&relay["custodian"]["division_code"], relay["chain"]["items"].as_array().map(Vec::len)), (&json!("320623000000"), Some(1)));
    let picture = text(&agent.get(&format!("{path}/relay/diagram")).await.ok()["mermaid"]).to_owned();
    assert!(picture.starts_with("flowchart LR\n") && picture.contains("-.->|联办 S1|") && picture.contains("指定办理"), "{picture}");
    app.as_user("yk_clerk").get(&format!("{path}/relay")).await.expect(404);
    // In plain words: who has taken over, and nothing of who was only asked, or of a dispute.
    city.post(&format!("/joint-handlings/{}/accept", text(&leg["id"])), json!({})).await.ok();
    let number = text(&relay["number"]);
    let told = app.stranger().get(&format!("/progress/{number}/relay?phone_last4=5678")).await.ok();
    let words = told.to_string();
    assert!(words.contains("南通市政务服务中心正在联合办理") && !words.contains("崇川") && !words.contains("指定办理"), "{words}");
    app.stranger().get(&format!("/progress/{number}/relay?phone_last4=0000")).await.expect(404);
    // What is missing and what is owed is told at the same door.
    agent.post(&format!("{path}/record-fee"), json!({ "name": "登记费", "amount": "80.00", "basis": "规定", "payee": "登记机构" })).await.ok();
    let progress = app.stranger().get(&format!("/progress/{number}?phone_last4=5678")).await.ok();
    assert_eq!((&progress["fees"][0]["amount"], progress["missing"].as_array().is_some_and(|m| !m.is_empty())), (&json!("80.00"), true));
    // To its end, the next step is the applicant's.
    let applicant = started_matter(&app).await;
    agent.post(&format!("/entrustments/{applicant}/record-help"), json!({ "kinds": ["fill_form"] })).await.ok();
    agent.post(&format!("/entrustments/{applicant}/complete"), json!({ "outcome": "granted" })).await.ok();
    let relay = agent.get(&format!("/entrustments/{applicant}/relay")).await.ok();
    assert_eq!((&relay["next"][0]["who"], &relay["next"][0]["what"]), (&json!("申请人"), &json!("核对结果并签收")));
}

async fn filed_again_after_it_was_not_accepted(app: TestApp) {
    let path = planned(&app).await;
    let agent = app.as_user("rd_agent");
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "收-1" })).await.ok();
    agent.post(&format!("{path}/steps/S1/not_accept"), json!({ "reason": "图纸不全", "evidence": "通知书" })).await.ok();
    for step in ["S2", "S3"] {
        carry(&agent, &path, step).await;
    }
    let refused = agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.expect(422).body;
    assert!(text(&refused["errors"][0]["detail"]).contains("规划审查"), "{refused}");
    carry(&agent, &path, "S1").await;
    for step in ["S1", "S2", "S3"] {
        agent.post(&format!("{path}/steps/{step}/receive_result"), json!({ "result_no": "准-1" })).await.ok();
    }
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.ok();
}

/// Whoever may read a decided arbitration, or a joint handling under way, reads it: a read locks nothing.
async fn a_decision_is_read(app: TestApp) {
    let path = planned(&app).await;
    let agent = app.as_user("rd_agent");
    let leg = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    let leg = format!("/joint-handlings/{}", text(&leg["id"]));
    app.as_user("city_clerk").post(&format!("{leg}/accept"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    let asked = agent.post(&format!("{path}/arbitrations"), json!({ "with": [CHONGCHUAN], "reason": "属崇川区" })).await.created();
    let at = format!("/arbitrations/{}", text(&asked["id"]));
    app.as_user("city_manager").post(&format!("{at}/decide"), json!({ "kind": "keep", "reason": "属如东县" })).await.ok();
    for login in ["city_manager", "rd_manager", "rd_agent", "rd_clerk"] {
        assert_eq!(app.as_user(login).get(&at).await.ok()["state"], "decided", "{login}");
    }
    for login in ["city_agent1", "city_clerk", "rd_agent"] {
        assert_eq!(app.as_user(login).get(&leg).await.ok()["state"], "accepted", "{login}");
    }
}

/// What the applicant reads with number and telephone.
async fn public(app: &TestApp, number: &Value) -> Value {
    app.stranger().get(&format!("/progress/{}/relay?phone_last4=5678", text(number))).await.ok()
}

async fn a_termination_lets_legs_rest(app: TestApp) {
    let path = planned(&app).await;
    let (agent, city) = (app.as_user("rd_agent"), app.as_user("city_clerk"));
    let leg = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    let asked = agent.post(&format!("{path}/joint-handlings"), ask(CHONGCHUAN, &["S2"])).await.created();
    city.post(&format!("/joint-handlings/{}/accept", text(&leg["id"])), json!({})).await.ok();
    let unanswered = format!("/joint-handlings/{}", text(&asked["id"]));
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "conditions_not_met", "note": "条件不具备" })).await.ok();
    let relay = agent.get(&format!("{path}/relay")).await.ok();
    assert_eq!((relay["open"].as_array().map(Vec::len), &relay["open"][0]["resting"]), (Some(2), &json!(true)));
    let next: Vec<&str> = relay["next"].as_array().expect("next").iter().map(|n| text(&n["what"])).collect();
    assert_eq!(next, ["签字确认终止", "退还材料并签字"]);
    let told = public(&app, &relay["number"]).await.to_string();
    assert!(told.contains("南通市政务服务中心的联合办理随本件暂停") && !told.contains("正在联合办理") && !told.contains("办理联办步骤"), "{told}");
    // Nobody's time runs out meanwhile; taken back, everything goes on.
    app.set_clock("2026-03-10T10:00:00+08:00");
    app.tick().await;
    assert_eq!(app.as_user("cc_clerk").get(&unanswered).await.ok()["state"], "requested");
    agent.post(&format!("{path}/cancel-termination"), json!({})).await.ok();
    assert_eq!(app.as_user("cc_clerk").get(&unanswered).await.ok()["due_at"], "2026-03-11T17:00:00.000+08:00");
    let told = public(&app, &relay["number"]).await.to_string();
    assert!(told.contains("正在联合办理") && told.contains("办理联办步骤"), "{told}");
}

async fn the_relay_keeps_what_is_over(app: TestApp) {
    let path = planned(&app).await;
    let (agent, city, carrier) = (app.as_user("rd_agent"), app.as_user("city_clerk"), app.as_user("city_agent1"));
    let leg = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S1"])).await.created();
    let at = format!("/joint-handlings/{}", text(&leg["id"]));
    city.post(&format!("{at}/accept"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    carry(&carrier, &at, "S1").await;
    carrier.post(&format!("{at}/hand-back"), json!({ "step": "S1", "papers": ["正本"] })).await.ok();
    app.set_clock("2026-03-03T10:00:00+08:00");
    carrier.post(&format!("{at}/complete"), json!({})).await.ok();
    let declined = agent.post(&format!("{path}/joint-handlings"), ask(CHONGCHUAN, &["S2"])).await.created();
    app.as_user("cc_clerk").post(&format!("/joint-handlings/{}/decline", text(&declined["id"])), json!({ "reason": "不属本区" })).await.ok();
    let id = text(&agent.get(&path).await.ok()["open_arbitration_id"]).to_owned();
    app.as_user("city_manager").post(&format!("/arbitrations/{id}/decide"), json!({ "kind": "keep", "reason": "由如东县办理" })).await.ok();
    let asked = agent.post(&format!("{path}/joint-handlings"), ask(CITY, &["S2"])).await.created();
    let cancelled = format!("/joint-handlings/{}/cancel", text(&asked["id"]));
    agent.post(&cancelled, json!({ "reason": "改由本中心申报" })).await.ok();

    let relay = agent.get(&format!("{path}/relay")).await.ok();
    assert_eq!((&relay["open"], relay.get("ended_at")), (&json!([]), None));
    let legs: Vec<(&str, &str)> = relay["legs"].as_array().expect("legs").iter().map(|l| (text(&l["kind"]), text(&l["state"]))).collect();
    assert!(legs.contains(&("joint_handling", "completed")) && legs.contains(&("joint_handling", "declined")), "{legs:?}");
    assert!(legs.contains(&("joint_handling", "cancelled")) && legs.contains(&("arbitration", "decided")), "{legs:?}");
    assert!(relay["legs"].as_array().expect("legs").iter().all(|l| l["open"] == false && l["ended_at"].is_string() && l.get("due_at").is_none()));
    let arbitration = relay["legs"].as_array().expect("legs").iter().find(|l| l["kind"] == "arbitration").expect("one");
    assert_eq!(arbitration["outcome"], "本件仍由如东县政务服务中心承办");
    let picture = text(&agent.get(&format!("{path}/relay/diagram")).await.ok()["mermaid"]).to_owned();
    for wanted in ["---|联办 S1|", "--x|联办 S2|", "---|指定办理|", "至今", "classDef over"] {
        assert!(picture.contains(wanted), "{wanted}: {picture}");
    }
    assert!(!picture.contains("-.->"), "{picture}");
    // In plain words who helped and what was decided; not who did not want to.
    let told = public(&app, &relay["number"]).await;
    let words = told["story"].to_string();
    assert!(words.contains("2026-03-02 至 2026-03-03 南通市政务服务中心联合办理有关步骤，已办完"), "{words}");
    assert!(words.contains("2026-03-03 经南通市政务服务中心协调，本件仍由如东县政务服务中心承办"), "{words}");
    assert!(words.contains("为您办理") && !words.contains("崇川"), "{words}");

    // Ended, it says so everywhere.
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "conditions_not_met", "note": "条件不具备" })).await.ok();
    app.as_user("rd_manager").post(&format!("{path}/terminate-unilaterally"), json!({ "delivery_proof": "送达回证 9" })).await.ok();
    let relay = agent.get(&format!("{path}/relay")).await.ok();
    assert_eq!((&relay["outcome"], &relay["next"]), (&json!("终止（不具备办结条件）"), &json!([])));
    assert!(text(&relay["ended_at"]).starts_with("2026-03-03"), "{relay}");
    let picture = text(&agent.get(&format!("{path}/relay/diagram")).await.ok()["mermaid"]).to_owned();
    assert!(picture.contains("2026-03-02 至 2026-03-03") && picture.contains("==> z") && !picture.contains("至今"), "{picture}");
    let told = public(&app, &relay["number"]).await;
    let words = told["story"].to_string();
    assert!(words.contains("本件已于 2026-03-03 终止（不具备办结条件）。") && words.contains("如东县政务服务中心办理。"), "{words}");
    assert!(!words.contains("为您办理") && !words.contains("正在"), "{words}");
    assert_eq!((&told["outcome"], &told["next"]), (&json!("终止（不具备办结条件）"), &json!([])));
}

async fn what_did_not_arrive_is_noted(app: TestApp) {
    let (city, county) = (app.as_user("city_clerk"), app.as_user("rd_clerk"));
    let mut application = counter_application("assisted");
    application["center"] = json!(CITY);
    let path = format!("/entrustments/{}", text(&city.post("/entrustments", application).await.created()["id"]));
    let offer = json!({ "to": "auto", "applicant_consent": true, "papers": ["申请表", "租约", "图纸"] });
    let t = city.post(&format!("{path}/transfer"), offer).await.created();
    assert_eq!(t["papers_missing"], json!([]), "nothing is missing before it is handed over");
    let at = format!("/transfers/{}", text(&t["id"]));
    let taken = county.post(&format!("{at}/accept"), json!({ "papers_received": ["图纸", "申请表"] })).await.ok();
    assert_eq!(taken["papers_missing"], json!(["租约"]));
    assert_eq!(city.get(&at).await.ok()["papers_missing"], json!(["租约"]), "the sender reads it too");
    let told = county.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(told.contains("转办交接时有1份材料未收到") && told.contains("未收到：租约"), "{told}");
    // The former custodian reads the matter masked: that something is missing, and in the transfer what.
    let told = city.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(told.contains("转办交接时有1份材料未收到") && !told.contains("租约"), "{told}");
}
