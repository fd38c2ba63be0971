//! Forms say what really happened: receipts, what falls with its act, papers that went or did not, custody that has moved on.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, accepted, counter_application, on_both_engines, started_matter, text, user_id, water_application};

on_both_engines!(
    a_returned_transfer_falls,
    an_expired_transfer_falls,
    papers_that_did_not_arrive,
    a_lost_original_ends_nothing,
    the_matter_has_moved_on,
    one_valid_plan,
    results_of_others
);

const CITY: &str = "320600000000";
const RUDONG: &str = "320623000000";

fn at(form: &Value) -> String {
    format!("/forms/{}", text(&form["id"]))
}

async fn issue(who: &Caller<'_>, path: &str, kind: &str) -> Value {
    who.post(&format!("{path}/forms"), json!({ "kind": kind })).await.created()
}

async fn pages(app: &TestApp, who: &Caller<'_>, form: &Value) -> Vec<u8> {
    let bytes = app.bytes(who.request(actix_web::http::Method::GET, &format!("{}/pdf", at(form)))).await;
    assert!(bytes.starts_with(b"%PDF-"), "{form}");
    if let Ok(dir) = std::env::var("JIELI_TEST_PAGES") {
        let name = format!("{dir}/{}-{}.pdf", text(&form["kind"]), text(&form["number"]));
        std::fs::write(name, &bytes).expect("written");
    }
    bytes
}

async fn verified(app: &TestApp, form: &Value) -> Value {
    app.stranger().get(&format!("/forms/verify/{}", text(&form["verification_code"]))).await.ok()
}

/// A matter of the city's, offered to 如东: its path and the transfer.
async fn offered(app: &TestApp, papers: Value) -> (String, Value) {
    let city = app.as_user("city_clerk");
    let mut application = counter_application("assisted");
    application["center"] = json!(CITY);
    let path = format!("/entrustments/{}", text(&city.post("/entrustments", application).await.created()["id"]));
    city.post(&format!("{path}/materials/M1/submit"), json!({ "original": true, "copies": 1 })).await.ok();
    let offer = json!({ "to": RUDONG, "applicant_consent": true, "reason": "属如东县事项", "papers": papers });
    let transfer = city.post(&format!("{path}/transfer"), offer).await.created();
    (path, transfer)
}

async fn a_returned_transfer_falls(app: TestApp) {
    let (city, clerk) = (app.as_user("city_clerk"), app.as_user("rd_clerk"));
    let (path, transfer) = offered(&app, json!(["营业执照复印件"])).await;
    let (slip, list) = (issue(&city, &path, "transfer").await, issue(&city, &path, "hand_over_list").await);
    city.post(&format!("{}/sign", at(&slip)), json!({})).await.ok();
    let before = pages(&app, &clerk, &slip).await;
    let reason = format!("项目选址不在本县，{}", "经现场踏勘核实，".repeat(55));
    clerk.post(&format!("/transfers/{}/return", text(&transfer["id"])), json!({ "reason": reason })).await.ok();
    // Both fall with the offer, the signed one too; what was answered is told in full, day and reason.
    for form in [&slip, &list] {
        let now = city.get(&at(form)).await.ok();
        assert_eq!((&now["state"], &now["document_hash"], &now["allowed_actions"]), (&json!("voided"), &form["document_hash"], &json!([])));
        assert_eq!(now["void_reason"], "转办未成立，本件仍由转出单位办理");
        let seen = verified(&app, form).await;
        assert_eq!((&seen["valid"], &seen["void_reason"]), (&json!(false), &now["void_reason"]));
        clerk.post(&format!("{}/sign", at(form)), json!({})).await.expect(409);
    }
    let read = clerk.get(&at(&slip)).await.ok();
    assert!(text(&read["receipts"][0]["statement"]).contains("☑ 退回（2026年3月2日答复）"), "{read}");
    assert!(read["receipts"][0]["above"].to_string().contains(&reason) && read["sheet"] == slip["sheet"], "{read}");
    assert_ne!(before, pages(&app, &clerk, &slip).await);
    // Nothing is drawn up about it any more, and the refusal says why.
    let about = json!({ "kind": "transfer", "about": transfer["id"] });
    assert!(text(&city.post(&format!("{path}/forms"), about).await.expect(409).body["detail"]).contains("转办未成立"));
    assert!(text(&city.post(&format!("{path}/forms"), json!({ "kind": "transfer" })).await.expect(409).body["detail"]).contains("没有待答复或者已接收的转办"));
}

async fn an_expired_transfer_falls(app: TestApp) {
    let city = app.as_user("city_clerk");
    let (path, _) = offered(&app, json!([])).await;
    let slip = issue(&city, &path, "transfer").await;
    app.set_clock("2026-03-06T18:00:00+08:00");
    app.tick().await;
    app.tick().await;
    let now = city.get(&at(&slip)).await.ok();
    assert_eq!(now["state"], "voided", "{now}");
    assert!(text(&now["receipts"][0]["statement"]).contains("逾期未答复"), "{now}");
}

async fn papers_that_did_not_arrive(app: TestApp) {
    let (city, clerk) = (app.as_user("city_clerk"), app.as_user("rd_clerk"));
    let (path, transfer) = offered(&app, json!(["营业执照复印件", "土地合同"])).await;
    let list = issue(&city, &path, "hand_over_list").await;
    let table = list["sheet"]["blocks"].as_array().expect("blocks").iter().find(|b| b["block"] == "table").expect("rows")["rows"].clone();
    let forms: Vec<(&str, &str)> = table.as_array().expect("rows").iter().map(|r| (text(&r[2]), text(&r[3]))).collect();
    // As what they are; and the original that the sender holds travels too.
    assert_eq!(forms, [("复印件", "1"), ("未注明", "1"), ("原件", "1")], "{table}");
    let taken = json!({ "papers_received": ["营业执照复印件", "授权书"], "assignee_id": user_id("rd_agent") });
    clerk.post(&format!("/transfers/{}/accept", text(&transfer["id"])), taken).await.ok();
    let told = clerk.get(&at(&list)).await.ok()["receipts"][0].clone();
    let rows = told["above"][1]["rows"].as_array().expect("differences").clone();
    assert_eq!(rows.len(), 3, "{told}");
    assert_eq!((&rows[0][0], &rows[0][4], &rows[0][5]), (&json!("2"), &json!("0"), &json!("缺1份")));
    assert_eq!((&rows[1][0], &rows[1][5], &rows[2][1], &rows[2][5]), (&json!("3"), &json!("缺1份"), &json!("授权书"), &json!("清单以外收到")));
    assert!(text(&told["statement"]).starts_with("□ 已核对，与清单一致　　☑ 有差异3项"), "{told}");
    // Who signs for them counts: the original was there after all.
    let sign = async |body: Value| clerk.post(&format!("{}/sign", at(&list)), body).await;
    assert_eq!(sign(json!({ "arrived": [{ "row": 9, "count": 1 }] })).await.expect(422).body["errors"][0]["code"], "unknown_row");
    let signed = sign(json!({ "arrived": [{ "row": 2, "count": 0, "note": "转出单位另行补寄" }] })).await.ok();
    assert!(text(&signed["signatures"][0]["statement"]).contains("有差异2项"), "{signed}");
    assert!(signed["receipts"].to_string().contains("缺1份；转出单位另行补寄"), "{signed}");
    city.post(&format!("{}/sign", at(&list)), json!({ "arrived": [] })).await.expect(422);
    city.post(&format!("{}/sign", at(&list)), json!({})).await.ok();
    pages(&app, &clerk, &list).await;
    let seen = verified(&app, &list).await;
    assert_eq!((&seen["state_label"], &seen["unsigned"]), (&json!("已签署"), &json!([])));
    let sides: Vec<(&str, &str)> = seen["signatures"].as_array().expect("two").iter().map(|s| (text(&s["side"]), text(&s["unit"]))).collect();
    assert_eq!(sides, [("接收方", "如东县政务服务中心"), ("出具方", "南通市政务服务中心")]);
}

async fn a_lost_original_ends_nothing(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let (agent, clerk) = (app.as_user("rd_agent"), app.as_user("rd_clerk"));
    for code in ["M1", "M2"] {
        agent.post(&format!("{path}/materials/{code}/submit"), json!({ "original": true })).await.ok();
    }
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "项目取消" })).await.ok();
    let form = issue(&agent, &path, "termination").await;
    let said = form["sheet"].to_string();
    assert!(!said.contains("全部退还") && !said.contains("已经收回"), "nothing frozen claims it: {said}");
    // The applicant signs what is true today.
    let paper = json!({ "place": "applicant", "signature": { "method": "handwritten", "evidence": "终止单原件" } });
    let signed = agent.post(&format!("{}/sign", at(&form)), paper).await.ok();
    let statement = text(&signed["signatures"][0]["statement"]).to_owned();
    assert!(statement.contains("尚有2件原件没有退还"), "{statement}");
    // The center neither claims what is not so nor passes a paper over.
    let sign = async |body: Value| agent.post(&format!("{}/sign", at(&form)), body).await;
    let refused = sign(json!({ "place": "center", "papers_returned": true })).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "originals_held");
    let name = text(&clerk.get(&path).await.ok()["materials"][1]["name"]).to_owned();
    let silent = json!({ "place": "center", "papers_held": [{ "material": "M1", "until": "2026-03-20" }] });
    assert!(sign(silent).await.expect(422).text.contains(&name));
    let empty = json!({ "place": "center", "papers_held": [{ "material": "M1" }, { "material": "M2", "note": "遗失" }] });
    assert_eq!(sign(empty).await.expect(422).body["errors"][0]["code"], "until_or_note");
    agent.post(&format!("{path}/materials/M1/return"), json!({ "receipt": "退件 1" })).await.ok();
    let lost = json!({ "place": "center", "papers_held": [{ "material": "M2", "note": "已遗失，由本中心承担补办费用" }] });
    let done = sign(lost).await.ok();
    assert_eq!((&done["state"], &clerk.get(&path).await.ok()["state"]), (&json!("signed"), &json!("terminated")));
    // What stands in the box is what stood there when it was signed; the table tells how it is now.
    assert_eq!(done["signatures"][0]["statement"], statement);
    let told = done["receipts"].to_string();
    assert!(told.contains("已于2026年3月2日退还") && told.contains("不能退还；已遗失，由本中心承担补办费用"), "{told}");
    pages(&app, &clerk, &done).await;
}

async fn the_matter_has_moved_on(app: TestApp) {
    let (company, city, county, agent) = (app.as_user("ent_rudong"), app.as_user("city_clerk"), app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let former = app.as_user("city_agent1");
    let path = format!("/entrustments/{}", text(&company.post("/entrustments", water_application()).await.created()["id"]));
    city.post(&format!("{path}/materials/M1/submit"), json!({ "copies": 1 })).await.ok();
    city.post(&format!("{path}/accept"), accepted()).await.ok();
    city.post(&format!("{path}/assign"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    former.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let agreement = issue(&former, &path, "agreement").await;
    // The term says the same in the cell and in the clause.
    let term = "自签订之日起至本件办结或终止之日止";
    assert_eq!(agreement["sheet"].to_string().matches(term).count(), 2, "{agreement}");
    company.post(&format!("{}/sign", at(&agreement)), json!({})).await.ok();
    let transfer = text(&city.post(&format!("{path}/transfer"), json!({ "to": "auto", "applicant_consent": true })).await.created()["id"]).to_owned();
    let slip = issue(&city, &path, "transfer").await;
    county.post(&format!("/transfers/{transfer}/accept"), json!({ "assignee_id": user_id("rd_agent") })).await.ok();
    // The applicant has a copy of the slip, and of nothing else between units.
    let copy = company.get(&at(&slip)).await.ok();
    assert!(text(&copy["receipts"][0]["statement"]).starts_with("☑ 同意接收"), "{copy}");
    app.as_user("ent_chongchuan").get(&at(&slip)).await.expect(404);
    // The former center and its agent read what they issued, as they see the matter now; others of it nothing more.
    for who in [&city, &former] {
        for form in [&agreement, &slip] {
            assert_eq!(who.get(&at(form)).await.ok()["masked"], true);
            pages(&app, who, form).await;
        }
        assert_eq!(who.get(&format!("{path}/forms")).await.ok()["items"].as_array().map(Vec::len), Some(2));
    }
    assert_eq!(app.as_user("cc_clerk").get(&at(&agreement)).await.status, 404);
    // What the city took in stays taken in by the city.
    let receipt = issue(&agent, &path, "receipt").await["sheet"].to_string();
    assert!(receipt.contains("南通市政务服务中心（2026年3月2日）") && !receipt.contains("上列资料已核对收到"), "{receipt}");
    let application = issue(&agent, &path, "application").await;
    assert!(application["sheet"].to_string().contains("现由本中心承接"), "{application}");
    pages(&app, &agent, &application).await;
    city.get(&at(&application)).await.expect(403);
    // No agreement afresh: it is amended, and names who signed it and who carries on.
    let refused = agent.post(&format!("{path}/forms"), json!({ "kind": "agreement" })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("变更协议"), "{}", refused.text);
    let e = agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    assert!(text(&e["agreement"]["text"]).contains("乙方（承接方）：如东县政务服务中心"), "{e}");
    agent.post(&format!("{path}/forms"), json!({ "kind": "agreement" })).await.expect(409);
    assert!(!agent.get(&format!("{path}/forms")).await.ok()["available"].to_string().contains("\"agreement\""));
    let amendment = issue(&agent, &path, "amendment").await;
    let said = amendment["sheet"].to_string();
    for needed in [text(&agreement["number"]), "原乙方（代办机构）：南通市政务服务中心", "乙方（承接方）：如东县政务服务中心", "最后签署一方的签署日期"]
    {
        assert!(said.contains(needed), "{needed}: {said}");
    }
    pages(&app, &agent, &amendment).await;
}

async fn one_valid_plan(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let agent = app.as_user("rd_agent");
    let step = |code: &str, name: &str| json!({ "code": code, "name": name, "department": "审批部门", "limit": { "value": 5, "unit": "working_day" } });
    agent.post(&format!("{path}/plan"), json!({ "steps": [step("S1", "规划审查")] })).await.ok();
    let first = issue(&agent, &path, "plan").await;
    agent.post(&format!("{}/sign", at(&first)), json!({ "place": "center" })).await.ok();
    agent.post(&format!("{path}/plan"), json!({ "steps": [step("S1", "规划审查"), step("S2", "消防审查")] })).await.ok();
    let now = agent.get(&at(&first)).await.ok();
    assert_eq!((&now["state"], &now["void_reason"]), (&json!("voided"), &json!("代办计划已重新制定")));
    let second = issue(&agent, &path, "plan").await;
    // What is recorded of a step makes no other plan.
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "1" })).await.ok();
    assert_eq!(agent.get(&at(&second)).await.ok()["state"], "issued");
    let twice = agent.post(&format!("{path}/forms"), json!({ "kind": "plan" })).await.expect(409);
    assert!(text(&twice.body["detail"]).contains("可以直接打印"), "{}", twice.text);
}

async fn results_of_others(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let (agent, clerk, city) = (app.as_user("rd_agent"), app.as_user("city_clerk"), app.as_user("city_agent1"));
    let step = json!({ "code": "S1", "name": "规划审查", "department": "审批部门", "limit": { "value": 5, "unit": "working_day" } });
    agent.post(&format!("{path}/plan"), json!({ "steps": [step] })).await.ok();
    let papers: Vec<String> = (1..=14).map(|n| format!("附件{n}：{}", "项目用地预审与选址意见及相关图件".repeat(6))).collect();
    let asked = json!({ "to": CITY, "steps": ["S1"], "reason": "属市级审批", "papers": papers });
    let leg = format!("/joint-handlings/{}", text(&agent.post(&format!("{path}/joint-handlings"), asked).await.created()["id"]));
    let letter = issue(&agent, &path, "joint_request").await;
    clerk.post(&format!("{leg}/accept"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    pages(&app, &agent, &letter).await;
    for (act, report) in [
        ("file", json!({ "receipt_no": "1" })),
        ("accept", json!({ "acceptance_no": "2", "evidence": "通知书" })),
        ("grant", json!({ "result_no": "准-1", "evidence": "决定书" })),
    ] {
        city.post(&format!("{leg}/steps/S1/{act}"), report).await.ok();
    }
    city.post(&format!("{leg}/hand-back"), json!({ "step": "S1", "papers": ["规划批复正本"] })).await.ok();
    city.post(&format!("{leg}/complete"), json!({})).await.ok();
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted", "results": ["供水合同 2026-001"] })).await.ok();
    let all = agent.get(&format!("{path}/forms")).await.ok();
    let form = all["items"].as_array().expect("forms").iter().find(|f| f["kind"] == "completion").expect("drawn up").clone();
    let said = agent.get(&at(&form)).await.ok()["sheet"].to_string();
    assert!(said.contains("供水合同 2026-001、规划批复正本") && said.contains("南通市政务服务中心联办“规划审查”"), "{said}");
    pages(&app, &agent, &form).await;
}
