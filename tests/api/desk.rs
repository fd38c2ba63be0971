//! The desk at work: departments and their steps, plans made anew, partial agency, help, fees, extensions, originals,
//! regular feedback.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, accepted_matter, counter_application, on_both_engines, started_matter, text, user_id};

on_both_engines!(
    originals_go_back_whenever_they_do,
    departments_decide_their_own_steps,
    a_plan_is_made_anew_around_what_was_filed,
    partial_agency_leaves_steps_to_the_applicant,
    help_fees_and_originals,
    an_extension_takes_the_manager,
    the_applicant_is_told_again_and_again,
    the_directory_of_departments,
    promises_wait_while_suspended,
    a_plan_follows_the_contract,
    what_makes_the_whole_later,
    one_call_for_what_is_one_job,
    a_ready_step_is_filed_in_time,
    papers_are_back_before_the_end
);

const SETUP: &str = "11320623MB010010124000131001001";

fn setup_application(mode: &str) -> Value {
    let mut application = counter_application(mode);
    application["item"] = json!(SETUP);
    application
}

/// An assisted matter of company setup, in progress, with its plan.
async fn setup_matter(app: &TestApp) -> String {
    let clerk = app.as_user("rd_clerk");
    let agent = app.as_user("rd_agent");
    let path = format!("/entrustments/{}", text(&clerk.post("/entrustments", setup_application("assisted")).await.created()["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    agent.post(&format!("{path}/plan"), json!({})).await.ok();
    path
}

async fn departments_decide_their_own_steps(app: TestApp) {
    let path = setup_matter(&app).await;
    let (agent, handler) = (app.as_user("rd_agent"), app.as_user("rd_scjg"));
    // Not theirs before it is filed.
    handler.get(&path).await.expect(404);
    let e = agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "SC-1" })).await.ok();
    assert!(e["steps"][0]["department_id"].is_string(), "{}", e["steps"][0]);
    let seen = handler.get(&path).await.ok();
    let own = |e: &Value| e["steps"].as_array().expect("steps").iter().map(|s| text(&s["code"]).to_owned()).collect::<Vec<_>>();
    assert_eq!(own(&seen), ["S1", "S2"], "steps of other departments are not shown");
    assert_eq!(seen["allowed_actions"], json!(["decide_step"]));
    assert_eq!(seen["masked"], false, "the authority decides on the applicant's own papers");
    assert_eq!(handler.get("/entrustments").await.ok()["items"][0]["id"], seen["id"]);
    // The agent does not speak for a department that has an account.
    let refused = agent.post(&format!("{path}/steps/S1/accept"), json!({ "acceptance_no": "A-1", "evidence": "通知书" })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("其经办人登记"));
    assert!(!agent.get(&path).await.ok()["allowed_actions"].to_string().contains("record_step"), "nothing is offered that is refused");
    // The handler files nothing, and touches no step of others.
    handler.post(&format!("{path}/steps/S2/file"), json!({ "receipt_no": "x" })).await.expect(403);
    handler.post(&format!("{path}/steps/S3/accept"), json!({ "acceptance_no": "x" })).await.expect(404);
    handler.post(&format!("{path}/progress"), json!({ "note": "越权" })).await.expect(403);
    // Handed back: it leaves their sight until it is filed again.
    let back = handler.post(&format!("{path}/steps/S1/hand_back"), json!({ "reason": "材料份数不足" })).await.ok();
    assert_eq!(back["steps"][0]["state"], "planned");
    handler.get(&path).await.expect(404);
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "SC-2" })).await.ok();
    let e = handler.post(&format!("{path}/steps/S1/accept"), json!({ "acceptance_no": "受理-1" })).await.ok();
    assert_eq!(e["steps"][0]["state"], "dept_accepted", "no evidence is needed of one's own act");
    let due = |e: &Value| {
        text(e["clocks"].as_array().expect("clocks").iter().rfind(|c| c["kind"] == "step_promise").map_or(&Value::Null, |c| &c["due_at"])).to_owned()
    };
    let before = due(&e);
    let longer = json!({ "extension_days": 5, "reason": "案情复杂，经负责人批准" });
    let e = handler.post(&format!("{path}/steps/S1/extend"), longer.clone()).await.ok();
    assert!(due(&e) > before, "{} {before}", due(&e));
    assert_eq!(handler.post(&format!("{path}/steps/S1/extend"), longer).await.problem(422), "rule_violation", "once only");
    handler.post(&format!("{path}/steps/S1/grant"), json!({ "result_no": "准-1" })).await.ok();
    let story = app.as_user("rd_clerk").get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(story.contains("已准予"), "{story}");
    // What the center's staff tell each other is theirs.
    agent.post(&format!("{path}/progress"), json!({ "note": "内部情况说明甲" })).await.ok();
    let told = handler.get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(!told.contains("内部情况说明甲"), "{told}");
    // A department elsewhere of the same name is another one: the city's manager still sees all steps.
    assert_eq!(own(&app.as_user("city_manager").get(&path).await.ok()).len(), 5);
}

async fn a_plan_is_made_anew_around_what_was_filed(app: TestApp) {
    let path = setup_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let e = agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "SC-1" })).await.ok();
    let refused = agent.post(&format!("{path}/plan"), json!({})).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "plan_started");
    let first = json!({ "code": "S1", "name": e["steps"][0]["name"], "department": e["steps"][0]["department"], "limit": e["steps"][0]["limit"],
        "depends_on": e["steps"][0]["depends_on"] });
    let mut wrong = first.clone();
    wrong["limit"] = json!({ "value": 99, "unit": "working_day" });
    let extra = json!({ "code": "S9", "name": "现场核查", "department": "如东县市场监督管理局", "limit": { "value": 2, "unit": "working_day" },
        "depends_on": ["S1"], "planned_start": "2026-03-10", "planned_end": "2026-03-12" });
    let refused = agent.post(&format!("{path}/plan"), json!({ "steps": [wrong, extra] })).await.expect(422);
    assert_eq!((&refused.body["errors"][0]["pointer"], &refused.body["errors"][0]["code"]), (&json!("/steps/0/code"), &json!("step_started")));
    let refused = agent
        .post(
            &format!("{path}/plan"),
            json!({ "steps": [{ "code": "S9", "name": "核查", "department": "某局", "limit": { "value": 2, "unit": "working_day" } }] }),
        )
        .await;
    assert_eq!(refused.expect(422).body["errors"][0]["code"], "step_started", "a filed step is not left out");
    // A department of another county would see what is filed with it; days are plain dates of our times, in order.
    let foreign = json!({ "name": "崇川区某局" });
    let foreign = app.as_user("sys_admin").post("/centers/320613000000/departments", foreign).await.created();
    let mut bad = extra.clone();
    bad["department_id"] = foreign["id"].clone();
    let refused = agent.post(&format!("{path}/plan"), json!({ "steps": [first, bad] })).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/steps/1/department_id");
    for (field, value, status) in [("planned_end", "2026-03-01", 422), ("planned_start", "+12026-01-01", 400), ("planned_end", "9999-12-31", 400)] {
        let mut bad = extra.clone();
        bad[field] = json!(value);
        let refused = agent.post(&format!("{path}/plan"), json!({ "steps": [first, bad] })).await.expect(status);
        assert!(refused.text.contains("/steps/1/planned"), "{field} {value}: {}", refused.text);
    }
    let e = agent.post(&format!("{path}/plan"), json!({ "steps": [first, extra] })).await.ok();
    assert_eq!(e["steps"].as_array().expect("steps").len(), 2);
    assert_eq!((&e["steps"][0]["state"], &e["steps"][0]["receipt_no"]), (&json!("filed"), &json!("SC-1")));
    assert_eq!((&e["steps"][1]["planned_start"], &e["steps"][1]["planned_end"]), (&json!("2026-03-10"), &json!("2026-03-12")));
    assert!(e["steps"][1]["department_id"].is_string());
    let story = agent.get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(story.contains("办理计划已调整"));
}

async fn partial_agency_leaves_steps_to_the_applicant(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut application = setup_application("partial_agency");
    application["steps"] = json!(["S9"]);
    let refused = clerk.post("/entrustments", application.clone()).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/steps/0");
    application["steps"] = json!(["S3"]);
    let mut full = setup_application("full_agency");
    full["steps"] = json!(["S3"]);
    assert_eq!(clerk.post("/entrustments", full).await.expect(422).body["errors"][0]["code"], "partial_agency_only");
    let e = clerk.post("/entrustments", application).await.created();
    assert_eq!(e["agency_steps"], json!(["S3"]));
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    let agent = app.as_user("rd_agent");
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    clerk.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "handwritten", "evidence": "协议原件 1" } })).await.ok();
    let e = agent.post(&format!("{path}/plan"), json!({})).await.ok();
    let carriers: Vec<&str> = e["steps"].as_array().expect("steps").iter().map(|s| text(&s["carrier"])).collect();
    assert_eq!(carriers, ["applicant", "applicant", "agent", "applicant", "applicant"]);
    assert!(!e["allowed_actions"].to_string().contains("complete\""), "the center's own step is open: {}", e["allowed_actions"]);
}

async fn help_fees_and_originals(app: TestApp) {
    let id = accepted_matter(&app, "assisted").await;
    let path = format!("/entrustments/{id}");
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let e = clerk.post(&format!("{path}/record-help"), json!({ "kinds": ["fill_form", "upload_files"], "note": "协助填表" })).await.ok();
    assert_eq!((e["helped"].as_array().map(Vec::len), &e["helped"][0]["kind"]), (Some(2), &json!("fill_form")));
    let fee = json!({ "name": "检定费", "amount": "120.50", "basis": "收费文件", "payee": "计量检定机构", "due_on": "2026-03-20" });
    let e = agent.post(&format!("{path}/record-fee"), fee.clone()).await.ok();
    assert_eq!((&e["fees"][0]["code"], &e["fees"][0]["amount"]), (&json!("F1"), &json!("120.50")));
    let mut paid = fee.clone();
    paid["code"] = json!("F1");
    paid["voucher"] = json!("票据 0031");
    let e = agent.post(&format!("{path}/record-fee"), paid).await.ok();
    assert!(e["fees"][0]["paid_at"].is_string() && e["fees"].as_array().is_some_and(|f| f.len() == 1));
    let mut bad = fee;
    bad["amount"] = json!("12.345");
    assert_eq!(agent.post(&format!("{path}/record-fee"), bad).await.expect(400).body["errors"][0]["pointer"], "/amount");
    // An original is handed in, and goes back against a receipt, once.
    let e = clerk.post(&format!("{path}/materials/M1/submit"), json!({ "note": "原件一份", "original": true, "copies": 2 })).await.ok();
    assert_eq!((&e["materials"][0]["original"], &e["materials"][0]["copies"]), (&json!(true), &json!(2)));
    assert!(e["materials"][0]["spec"]["source"].is_string());
    assert_eq!(clerk.post(&format!("{path}/materials/M1/return"), json!({})).await.expect(422).body["errors"][0]["pointer"], "/receipt");
    let e = clerk.post(&format!("{path}/materials/M1/return"), json!({ "receipt": "退件 7" })).await.ok();
    assert_eq!(e["materials"][0]["returned"]["receipt"], "退件 7");
    clerk.post(&format!("{path}/materials/M1/return"), json!({ "receipt": "退件 8" })).await.expect(409);
    // A masked reader sees neither words nor vouchers.
    let masked = app.as_user("city_manager").get(&path).await.ok().to_string();
    for secret in ["协助填表", "票据 0031", "退件 7", "原件一份"] {
        assert!(!masked.contains(secret), "{secret}");
    }
    // Agency is the agent's whole work: no kinds of help.
    let full = accepted_matter(&app, "full_agency").await;
    agent.post(&format!("/entrustments/{full}/record-help"), json!({ "kinds": ["queue"] })).await.expect(409);
}

async fn an_extension_takes_the_manager(app: TestApp) {
    let id = started_matter(&app).await;
    let path = format!("/entrustments/{id}");
    let (agent, manager) = (app.as_user("rd_agent"), app.as_user("rd_manager"));
    let asked = json!({ "days": 5, "reason": "现场踏勘因暴雨推迟" });
    agent.post(&format!("{path}/request-extension"), asked.clone()).await.expect(409);
    agent.post(&format!("{path}/plan"), json!({})).await.ok();
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "1" })).await.ok();
    let e = agent.post(&format!("{path}/steps/S1/accept"), json!({ "acceptance_no": "2", "evidence": "通知书" })).await.ok();
    let before = text(&e["clocks"].as_array().expect("clocks").iter().find(|c| c["kind"] == "promise").expect("promise")["due_at"]).to_owned();
    assert_eq!(agent.post(&format!("{path}/request-extension"), json!({ "days": 30, "reason": "太久" })).await.problem(422), "rule_violation");
    agent.post(&format!("{path}/request-extension"), asked.clone()).await.ok();
    agent.post(&format!("{path}/request-extension"), asked.clone()).await.expect(409);
    agent.post(&format!("{path}/grant-extension"), json!({})).await.expect(403);
    // Who decides reads what is asked for; anybody above who does not, reads it masked.
    assert_eq!(manager.get(&path).await.ok()["extension"]["reason"], asked["reason"]);
    assert_eq!(app.as_user("city_manager").get(&path).await.ok()["extension"]["reason"], "");
    let revealed = manager.post(&format!("{path}/reveal"), json!({ "reason": "审批延期前核对情况" })).await.ok();
    assert_eq!((&revealed["matter"]["masked"], &revealed["matter"]["contact"]["phone"]), (&json!(false), &json!("13900005678")));
    let shown = agent.get(&format!("{path}/deadlines")).await.ok();
    assert_eq!((&shown["extension"]["state"], &shown["extension"]["reason"]), (&json!("requested"), &asked["reason"]));
    assert_eq!(manager.post(&format!("{path}/refuse-extension"), json!({})).await.expect(422).body["errors"][0]["pointer"], "/note");
    manager.post(&format!("{path}/refuse-extension"), json!({ "note": "可先办其他步骤" })).await.ok();
    agent.post(&format!("{path}/request-extension"), asked.clone()).await.ok();
    manager.post(&format!("{path}/grant-extension"), json!({ "note": "同意" })).await.ok();
    let e = agent.get(&path).await.ok();
    let after = text(&e["clocks"].as_array().expect("clocks").iter().find(|c| c["kind"] == "promise").expect("promise")["due_at"]).to_owned();
    assert!(after > before, "{before} {after}");
    assert_eq!((&e["extension"]["state"], &e["extension"]["due_at"]), (&json!("granted"), &json!(after)));
    let step = e["clocks"].as_array().expect("clocks").iter().find(|c| c["kind"] == "step_promise").expect("step");
    assert!(text(&step["due_at"]) < after.as_str(), "the authority's own limit does not move");
    agent.post(&format!("{path}/request-extension"), asked).await.expect(409);
    let progress = app.stranger().get(&format!("/progress/{}?phone_last4=5678", text(&e["number"]))).await.ok().to_string();
    assert!(progress.contains("办理期限延长"), "{progress}");
}

async fn promises_wait_while_suspended(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let (agent, manager) = (app.as_user("rd_agent"), app.as_user("rd_manager"));
    // After hours, for tomorrow: tomorrow it is.
    app.set_clock("2026-03-02T18:30:00+08:00");
    let e = agent.post(&format!("{path}/materials/M4/defer"), json!({ "until": "2026-03-03", "reason": "房东出差，次日补交" })).await.ok();
    let material = |e: &Value| e["materials"].as_array().expect("materials").iter().find(|m| m["code"] == "M4").cloned().expect("M4");
    let due = |e: &Value| e["clocks"].as_array().expect("clocks").iter().rfind(|c| c["kind"] == "deferral").expect("deferral")["due_at"].clone();
    assert_eq!((due(&e), &material(&e)["reason"]), (json!("2026-03-03T17:00:00.000+08:00"), &json!("房东出差，次日补交")));
    // Suspended, the promise stands still with the rest, and its day moves with it.
    app.set_clock("2026-03-03T10:00:00+08:00");
    manager.post(&format!("{path}/suspend"), json!({ "reason": "policy_change", "note": "等待新规", "days": 10 })).await.ok();
    app.set_clock("2026-03-05T10:00:00+08:00");
    app.tick().await;
    assert!(!agent.get(&format!("{path}/timeline?limit=200")).await.ok().to_string().contains("已超容缺补交时限"));
    let e = agent.post(&format!("{path}/resume"), json!({})).await.ok();
    assert_eq!((due(&e), &material(&e)["deferred_until"]), (json!("2026-03-06T17:00:00.000+08:00"), &json!("2026-03-06")));
    // Nothing was done yet: there is no outcome to tell.
    let none = agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.expect(409);
    assert!(text(&none.body["detail"]).contains("还没有登记"), "{}", none.text);
}

async fn a_plan_follows_the_contract(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let agent = app.as_user("rd_agent");
    // A Saturday is no day to begin on by default.
    app.set_clock("2026-03-07T10:00:00+08:00");
    let milestones = json!([{ "name": "施工用水", "due_on": "2026-03-11", "step": "S1" }, { "name": "正式用水", "due_on": "2026-03-12" }]);
    let e = agent.post(&format!("{path}/plan"), json!({ "milestones": milestones, "supporting_unit": "如东县发展和改革委员会" })).await.ok();
    assert_eq!((&e["steps"][0]["planned_start"], &e["plan"]["supporting_unit"]), (&json!("2026-03-09"), &json!("如东县发展和改革委员会")));
    // S1 → S2 → S3 → S4: each day later makes the whole later.
    assert_eq!((&e["plan"]["expected_finish"], &e["plan"]["critical_path"]), (&e["plan"]["finish"], &json!(["S1", "S2", "S3", "S4"])));
    let (first, whole) = (&e["plan"]["milestones"][0], &e["plan"]["milestones"][1]);
    assert_eq!((&first["late"], &first["reached"], &first["expected_on"]), (&json!(false), &json!(false), &e["steps"][0]["planned_end"]));
    assert_eq!((&whole["late"], &whole["expected_on"]), (&json!(true), &e["plan"]["finish"]), "later than the investor was promised");
    // Made anew it keeps them; a milestone of a step that is no more is refused.
    let one = json!([{ "code": "A", "name": "装表", "department": "供水单位", "limit": { "value": 1, "unit": "working_day" } }]);
    let refused = agent.post(&format!("{path}/plan"), json!({ "steps": one })).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/milestones/0/step");
    let e = agent.post(&format!("{path}/plan"), json!({ "steps": one, "milestones": [{ "name": "正式用水", "due_on": "2026-03-12" }] })).await.ok();
    assert_eq!((&e["plan"]["milestones"][0]["late"], &e["plan"]["supporting_unit"]), (&json!(false), &json!("如东县发展和改革委员会")));
    // A milestone that is past and not reached is late, whatever was planned.
    app.set_clock("2026-03-13T10:00:00+08:00");
    let e = agent.get(&path).await.ok();
    assert_eq!((&e["plan"]["milestones"][0]["late"], &e["plan"]["expected_finish"]), (&json!(true), &json!("2026-03-16")), "not begun, it begins today");
}

async fn what_makes_the_whole_later(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let agent = app.as_user("rd_agent");
    let step = |code: &str, days: u32, after: &[&str]| json!({ "code": code, "name": format!("步骤{code}"), "department": "审批部门", "limit": { "value": days, "unit": "working_day" }, "depends_on": after });
    let e = agent.post(&format!("{path}/plan"), json!({ "steps": [step("A", 5, &[]), step("B", 2, &[]), step("C", 1, &["A", "B"])] })).await.ok();
    // The long branch carries the end; the short one has time.
    assert_eq!((&e["plan"]["critical_path"], &e["plan"]["expected_finish"]), (&json!(["A", "C"]), &json!("2026-03-10")));
    // Decided early, it no longer does: the other branch is the later one now.
    let record = |step: &str, act: &str, body: Value| {
        let (agent, at) = (app.as_user("rd_agent"), format!("{path}/steps/{step}/{act}"));
        async move { agent.post(&at, body).await.ok() }
    };
    record("A", "file", json!({ "receipt_no": "1" })).await;
    record("A", "accept", json!({ "acceptance_no": "1", "evidence": "通知书" })).await;
    let e = record("A", "grant", json!({ "result_no": "1", "evidence": "决定书" })).await;
    assert_eq!((&e["plan"]["critical_path"], &e["plan"]["expected_finish"]), (&json!(["B", "C"]), &json!("2026-03-05")));
    // Nobody begins: with each day the end is later, and past its planned day it says so.
    app.set_clock("2026-03-09T10:00:00+08:00");
    let e = agent.get(&path).await.ok();
    assert_eq!((&e["plan"]["expected_finish"], &e["plan"]["finish"]), (&json!("2026-03-12"), &json!("2026-03-10")));
}

async fn one_call_for_what_is_one_job(app: TestApp) {
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    // Intake: applicant, item, materials with their originals, signature.
    let mut application = setup_application("partial_agency");
    application["steps"] = json!(["S2", "S3"]);
    application["materials"] = json!([{ "code": "M1", "original": true, "copies": 2 }]);
    application["signature"] = json!({ "method": "handwritten", "evidence": "申请表 17" });
    let e = clerk.post("/entrustments", application).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    assert_eq!((&e["form_signature"]["evidence"], &e["originals_held"], &e["materials"][0]["copies"]), (&json!("申请表 17"), &json!(true), &json!(2)));
    // The form is signed: acceptance need not say so again.
    let body = json!({ "process_explained": true, "papers_verified": true, "form_signed": false, "assignee_id": user_id("rd_agent") });
    clerk.post(&format!("{path}/accept"), body).await.ok();
    // The agreement is as wide as what was chosen, and no wider.
    let drafted = agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let words = text(&drafted["agreement"]["text"]);
    assert!(words.contains("仅限下列环节") && words.contains("其余环节由甲方自行办理"), "{words}");
    clerk.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "handwritten", "evidence": "协议 3" } })).await.ok();
    let one = |code: &str| json!({ "code": code, "name": "核名", "department": "登记机关", "limit": { "value": 1, "unit": "working_day" } });
    agent.post(&format!("{path}/plan"), json!({ "steps": [one("S1")] })).await.ok();
    // Progress with the acts of its steps; the wrong one is named and nothing of it happens.
    let act = |act: &str, report: Value| json!({ "step": "S1", "act": act, "report": report });
    let wrong = json!({ "note": "已申报", "steps": [act("file", json!({ "receipt_no": "R-1" })), act("accept", json!({ "evidence": "通知书" }))] });
    assert_eq!(agent.post(&format!("{path}/progress"), wrong).await.expect(422).body["errors"][0]["pointer"], "/steps/1/report/acceptance_no");
    assert_eq!(agent.get(&path).await.ok()["steps"][0]["state"], "planned");
    let blocked = json!({ "what": "系统维护", "blocker": "登记机关", "since": "2026-03-01T09:00:00+08:00" });
    let steps = json!([act("file", json!({ "receipt_no": "R-1" })), act("accept", json!({ "acceptance_no": "A-1", "evidence": "通知书" }))]);
    let e = agent.post(&format!("{path}/progress"), json!({ "note": "已受理", "steps": steps, "difficulty": blocked })).await.ok();
    assert_eq!((&e["steps"][0]["state"], &e["difficulty"]["what"]), (&json!("dept_accepted"), &json!("系统维护")));
    // A report that says nothing of it leaves it; one that says so ends it, and it is kept.
    assert_eq!(agent.post(&format!("{path}/progress"), json!({ "note": "仍在等待" })).await.ok()["difficulty"]["what"], "系统维护");
    let e = agent.post(&format!("{path}/progress"), json!({ "note": "已恢复", "difficulty_resolved": true })).await.ok();
    assert_eq!((e.get("difficulty"), &e["difficulties"][0]["blocker"]), (None, &json!("登记机关")));
    let grant = act("grant", json!({ "result_no": "准-1", "evidence": "决定书" }));
    agent.post(&format!("{path}/progress"), json!({ "note": "已准予", "steps": [grant] })).await.ok();
    for m in agent.get(&path).await.ok()["materials"].as_array().expect("materials") {
        clerk.post(&format!("{path}/materials/{}/submit", text(&m["code"])), json!({ "note": "已交" })).await.ok();
    }
    // Complete and sign in one call: it is closed, and the agent reads it in clear until it is rated.
    let done = json!({ "outcome": "granted", "results": ["准-1"], "signature": { "method": "handwritten", "evidence": "办结单 8" } });
    let e = agent.post(&format!("{path}/complete"), done).await.ok();
    assert_eq!((&e["state"], &e["masked"]), (&json!("closed"), &json!(false)));
    let link = text(&clerk.get("/evaluations").await.ok()["items"][0]["id"]).to_owned();
    app.set_clock("2026-03-30T10:00:00+08:00");
    app.tick().await;
    assert!(!link.is_empty());
    assert_eq!(agent.get(&path).await.ok()["masked"], true, "nobody rates it any more");
}

async fn a_ready_step_is_filed_in_time(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let (agent, clerk) = (app.as_user("rd_agent"), app.as_user("rd_clerk"));
    let filing = |e: &Value| e["clocks"].as_array().expect("clocks").iter().rfind(|c| c["kind"] == "file").cloned();
    let e = agent.post(&format!("{path}/plan"), json!({})).await.ok();
    assert!(filing(&e).is_none(), "its materials are not there");
    for code in ["M1", "M2", "M3"] {
        clerk.post(&format!("{path}/materials/{code}/submit"), json!({ "note": "已交" })).await.ok();
    }
    let e = agent.get(&path).await.ok();
    let clock = filing(&e).expect("running");
    assert_eq!((&clock["state"], &clock["due_at"]), (&json!("running"), &json!("2026-03-05T17:00:00.000+08:00")));
    assert_ne!(e["due_at"], clock["due_at"], "it is no deadline of the matter");
    let e = agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "R-1" })).await.ok();
    assert_eq!(filing(&e).expect("there")["state"], "stopped");
}

async fn papers_are_back_before_the_end(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let (agent, clerk) = (app.as_user("rd_agent"), app.as_user("rd_clerk"));
    clerk.post(&format!("{path}/materials/M1/submit"), json!({ "note": "原件", "original": true })).await.ok();
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "conditions_not_met", "note": "条件不具备" })).await.ok();
    let signed = json!({ "papers_returned": true });
    assert_eq!(agent.post(&format!("{path}/sign-termination"), signed.clone()).await.expect(422).body["errors"][0]["code"], "originals_held");
    agent.post(&format!("{path}/materials/M1/return"), json!({ "receipt": "退件 1" })).await.ok();
    agent.post(&format!("{path}/sign-termination"), signed).await.ok();
}

async fn the_applicant_is_told_again_and_again(app: TestApp) {
    let id = started_matter(&app).await;
    let path = format!("/entrustments/{id}");
    let agent = app.as_user("rd_agent");
    let feedback = |e: &Value| -> Vec<(String, String)> {
        let all = e["clocks"].as_array().expect("clocks").iter().filter(|c| c["kind"] == "feedback");
        all.map(|c| (text(&c["state"]).to_owned(), text(&c["due_at"]).to_owned())).collect()
    };
    let e = agent.get(&path).await.ok();
    assert_eq!(feedback(&e), [("running".to_owned(), "2026-03-09T17:00:00.000+08:00".to_owned())], "five working days");
    assert_ne!(e["due_at"], json!("2026-03-09T17:00:00.000+08:00"), "it is no deadline of the matter");
    app.set_clock("2026-03-04T10:00:00+08:00");
    agent.post(&format!("{path}/progress"), json!({ "note": "内部记录" })).await.ok();
    assert_eq!(feedback(&agent.get(&path).await.ok()).len(), 1, "a note among staff tells nobody");
    let e = agent.post(&format!("{path}/progress"), json!({ "note": "已踏勘", "notify_applicant": true })).await.ok();
    assert_eq!(feedback(&e).last().map(|f| f.1.as_str()), Some("2026-03-11T17:00:00.000+08:00"));
    app.set_clock("2026-03-12T10:00:00+08:00");
    app.tick().await;
    let story = agent.get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(story.contains("已超定期反馈时限"), "{story}");
    let manager = app.as_user("rd_manager");
    let e = manager.post(&format!("{path}/suspend"), json!({ "reason": "policy_change", "note": "等待新规", "days": 5 })).await.ok();
    assert!(feedback(&e).iter().all(|f| f.0 == "stopped"), "nothing runs while suspended");
    let e = manager.post(&format!("{path}/resume"), json!({})).await.ok();
    assert_eq!(feedback(&e).last().map(|f| f.0.as_str()), Some("running"));
}

async fn the_directory_of_departments(app: TestApp) {
    let (manager, admin) = (app.as_user("rd_manager"), app.as_user("sys_admin"));
    let list = app.stranger().get("/centers/320623000000/departments").await.ok();
    let known = list["items"].as_array().expect("items").iter().find(|d| d["name"] == "如东县市场监督管理局").expect("seeded").clone();
    assert_eq!(known["staffed"], true);
    let new = json!({ "name": "如东县交通运输局", "phone": "0513-59001100" });
    let made = manager.post("/centers/320623000000/departments", new.clone()).await;
    assert!(made.header("location").starts_with("/api/v1/departments/"));
    let made = made.created();
    assert_eq!(manager.post("/centers/320623000000/departments", new).await.problem(422), "rule_violation");
    manager.post("/centers/320600000000/departments", json!({ "name": "市某局" })).await.expect(403);
    let path = format!("/departments/{}", text(&made["id"]));
    let tag = app.stranger().get(&path).await.header("etag").to_owned();
    manager.put_with(&path, &[], json!({ "name": "如东县交通局" })).await.expect(428);
    let e = admin.put_with(&path, &[("if-match", &tag)], json!({ "name": "如东县交通局" })).await.ok();
    assert_eq!((&e["name"], &e["staffed"]), (&json!("如东县交通局"), &json!(false)));
    manager.put_with(&path, &[("if-match", &tag)], json!({ "name": "再改" })).await.expect(412);
    assert_eq!(manager.put_with(&path, &[("if-match", "\"2\"")], json!({ "name": "如东县市场监督管理局" })).await.problem(422), "rule_violation");
    assert_eq!(
        manager.post("/centers/320623000000/departments", json!({ "name": "某局", "credit_code": "91320600MATE5T017X" })).await.problem(400),
        "invalid_request"
    );
}

/// An original that is still with the center when the matter has ended goes back all the same, once.
async fn originals_go_back_whenever_they_do(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", crate::support::counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    clerk.post(&format!("{path}/materials/M1/submit"), json!({ "original": true })).await.ok();
    let ended = clerk.post(&format!("{path}/withdraw"), json!({ "reason": "不再办理", "evidence": "撤回申请 1 号" })).await.ok();
    assert!(ended["allowed_actions"].as_array().expect("list").contains(&json!("return_original")));
    let back = clerk.post(&format!("{path}/materials/M1/return"), json!({ "receipt": "退件签收单 0007" })).await.ok();
    assert_eq!(back["materials"][0]["returned"]["receipt"], "退件签收单 0007");
    assert!(!back["allowed_actions"].as_array().expect("list").contains(&json!("return_original")));
    assert_eq!(clerk.post(&format!("{path}/materials/M1/return"), json!({ "receipt": "退件签收单 0008" })).await.problem(409), "state_conflict");
}
