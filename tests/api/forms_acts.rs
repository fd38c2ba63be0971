//! What forms stand for and say: one valid form per act, signatures where they were given, masked copies, truthful contents.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, accepted, counter_application, helped_matter, on_both_engines, started_matter, text, user_id};

on_both_engines!(
    one_valid_form_per_act,
    what_did_not_come_about,
    what_is_signed_elsewhere,
    an_amendment_is_the_agreement,
    a_person_is_masked,
    the_end_as_it_is,
    limits_and_notices,
    originals_and_delivery
);

fn at(form: &Value) -> String {
    format!("/forms/{}", text(&form["id"]))
}

async fn issue(who: &Caller<'_>, path: &str, kind: &str) -> Value {
    who.post(&format!("{path}/forms"), json!({ "kind": kind })).await.created()
}

async fn newest(who: &Caller<'_>, path: &str, kind: &str) -> Value {
    let all = who.get(&format!("{path}/forms")).await.ok();
    let found = all["items"].as_array().expect("items").iter().find(|f| f["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {all}")).clone();
    who.get(&at(&found)).await.ok()
}

async fn one_valid_form_per_act(app: TestApp) {
    let path = format!("/entrustments/{}", helped_matter(&app).await);
    let (agent, clerk, manager) = (app.as_user("rd_agent"), app.as_user("rd_clerk"), app.as_user("rd_manager"));
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted", "results": ["供水合同 2026-001"] })).await.ok();
    let first = newest(&agent, &path, "completion").await;
    // By itself and by hand: not both.
    let twice = agent.post(&format!("{path}/forms"), json!({ "kind": "completion" })).await.expect(409);
    assert!(text(&twice.body["detail"]).contains(text(&first["number"])), "{}", twice.text);
    assert!(!agent.get(&format!("{path}/forms")).await.ok()["available"].to_string().contains("completion"));
    manager.post(&format!("{}/void", at(&first)), json!({ "reason": "结果名称有误" })).await.ok();
    let second = issue(&agent, &path, "completion").await;
    assert_ne!(first["document_hash"], second["document_hash"]);
    // The signature stands under the one that is valid.
    clerk.post(&format!("{path}/sign-completion"), json!({ "signature": { "method": "handwritten", "evidence": "签收单 1" } })).await.ok();
    let signed = clerk.get(&at(&second)).await.ok();
    assert_eq!((&signed["state"], &signed["signatures"][0]["how"]), (&json!("partly_signed"), &json!("现场手写")));
    let void = clerk.get(&at(&first)).await.ok();
    assert_eq!((&void["state"], &void["signatures"]), (&json!("voided"), &json!([])));
    // What can still be done is offered, and nothing else.
    assert_eq!((&signed["own_places"], &signed["allowed_actions"]), (&json!(["center"]), &json!(["sign"])));
    clerk.post(&format!("{}/signing-link", at(&second)), json!({})).await.expect(409);
    clerk.post(&format!("{}/sign", at(&second)), json!({})).await.ok();
    assert_eq!(clerk.get(&at(&second)).await.ok()["allowed_actions"], json!([]));
    // What a closed matter began with is still drawn up, as a copy of today; and a refusal says why.
    let over = clerk.get(&format!("{path}/forms")).await.ok();
    assert_eq!(over["available"], json!(["application", "receipt", "delivery_receipt"]));
    for kind in ["application", "receipt"] {
        let copy = issue(&clerk, &path, kind).await;
        assert_eq!(copy["sheet"]["subtitle"], "（补制件）");
        assert!(copy["sheet"].to_string().contains("据办件记录"), "{copy}");
    }
    for (kind, why) in [("plan", "没有制定代办计划"), ("agreement", "没有拟定代办委托协议"), ("suspension", "当前为“已签收办结”")]
    {
        let refused = clerk.post(&format!("{path}/forms"), json!({ "kind": kind })).await.expect(409);
        assert!(text(&refused.body["detail"]).contains(why), "{kind}: {}", refused.text);
    }
    assert_eq!(
        app.count("SELECT COUNT(*) AS value FROM forms WHERE kind = 'completion' AND state <> 'voided'").await,
        app.count("SELECT COUNT(DISTINCT act) AS value FROM forms WHERE kind = 'completion' AND state <> 'voided'").await
    );
}

async fn what_did_not_come_about(app: TestApp) {
    let path = format!("/entrustments/{}", helped_matter(&app).await);
    let (agent, clerk) = (app.as_user("rd_agent"), app.as_user("rd_clerk"));
    let refusal = json!({ "reason": "水表还没有安装", "evidence": "电话录音 1" });
    for round in 0..2 {
        agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.ok();
        let form = newest(&agent, &path, "completion").await;
        if round == 1 {
            clerk.post(&format!("{}/sign", at(&form)), json!({})).await.ok();
        }
        clerk.post(&format!("{path}/refuse-completion"), refusal.clone()).await.ok();
        let form = clerk.get(&at(&form)).await.ok();
        // Whoever has signed it, it is valid no more, and nobody's to sign.
        assert_eq!((&form["state"], &form["allowed_actions"]), (&json!("voided"), &json!([])), "{round}");
        assert_eq!(form["signatures"].as_array().map(Vec::len), Some(round), "what was signed stays readable");
        let verified = app.stranger().get(&format!("/forms/verify/{}", text(&form["verification_code"]))).await.ok();
        assert_eq!(verified["valid"], false, "{verified}");
    }
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "项目取消" })).await.ok();
    let form = issue(&agent, &path, "termination").await;
    agent.post(&format!("{path}/cancel-termination"), json!({})).await.ok();
    assert_eq!(agent.get(&at(&form)).await.ok()["state"], "voided");
}

/// After a transfer the agreement is amended: its form is the matter's agreement, signed by the same act on either way.
async fn an_amendment_is_the_agreement(app: TestApp) {
    let (company, city, county, agent) = (app.as_user("ent_rudong"), app.as_user("city_clerk"), app.as_user("rd_clerk"), app.as_user("rd_agent"));
    for on_the_form in [true, false] {
        let path = format!("/entrustments/{}", text(&company.post("/entrustments", crate::support::water_application()).await.created()["id"]));
        city.post(&format!("{path}/accept"), accepted()).await.ok();
        city.post(&format!("{path}/assign"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
        app.as_user("city_agent1").post(&format!("{path}/draft-agreement"), json!({})).await.ok();
        company.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "online" } })).await.ok();
        let offer = json!({ "to": "auto", "applicant_consent": true });
        let transfer = text(&city.post(&format!("{path}/transfer"), offer).await.created()["id"]).to_owned();
        county.post(&format!("/transfers/{transfer}/accept"), json!({ "assignee_id": user_id("rd_agent") })).await.ok();
        agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
        let form = issue(&agent, &path, "amendment").await;
        if on_the_form {
            company.post(&format!("{}/sign", at(&form)), json!({})).await.ok();
        } else {
            company.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "online" } })).await.ok();
        }
        assert_eq!(agent.get(&path).await.ok()["agreement"]["state"], "signed", "on the form: {on_the_form}");
        let form = company.get(&at(&form)).await.ok();
        assert_eq!((&form["state"], form["signatures"].as_array().map(Vec::len)), (&json!("partly_signed"), Some(1)), "on the form: {on_the_form}");
        company.post(&format!("{}/sign", at(&form)), json!({ "place": "applicant" })).await.expect(409);
        agent.post(&format!("{path}/plan"), json!({})).await.ok();
    }
}

async fn what_is_signed_elsewhere(app: TestApp) {
    let path = format!("/entrustments/{}", crate::support::accepted_matter(&app, "full_agency").await);
    let (agent, clerk) = (app.as_user("rd_agent"), app.as_user("rd_clerk"));
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let old = issue(&agent, &path, "agreement").await;
    agent.post(&format!("{path}/draft-agreement"), json!({ "scope": "只代为递交材料" })).await.ok();
    // The text was drafted anew: the form of the former one is nobody's to sign.
    assert_eq!(agent.get(&at(&old)).await.ok()["allowed_actions"], json!([]));
    clerk.post(&format!("{}/sign", at(&old)), json!({})).await.expect(409);
    let paper = json!({ "place": "applicant", "signature": { "method": "handwritten", "evidence": "协议原件 1" } });
    assert_eq!(clerk.post(&format!("{}/sign", at(&old)), paper.clone()).await.expect(422).body["errors"][0]["code"], "text_changed");
    let form = issue(&agent, &path, "agreement").await;
    assert_eq!(form["own_places"], json!(["center", "applicant"]));
    clerk.post(&format!("{}/sign", at(&form)), paper).await.ok();
    let e = clerk.get(&path).await.ok();
    assert_eq!((&e["state"], &e["agreement"]["state"]), (&json!("in_progress"), &json!("signed")));
    assert_eq!(clerk.get(&at(&old)).await.ok()["signatures"], json!([]));
    assert_eq!(clerk.get(&at(&form)).await.ok()["signatures"].as_array().map(Vec::len), Some(1));
    // Signed first, drawn up afterwards: the agreement is the very text that was signed.
    let path = format!("/entrustments/{}", crate::support::accepted_matter(&app, "full_agency").await);
    let drafted = agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let signed = json!({ "signature": { "method": "handwritten", "evidence": "协议原件 2" }, "text_hash": drafted["agreement"]["text_hash"] });
    clerk.post(&format!("{path}/sign-agreement"), signed).await.ok();
    let form = issue(&agent, &path, "agreement").await;
    assert_eq!((&form["state"], &form["signatures"][0]["place"]), (&json!("partly_signed"), &json!("applicant")));
    app.as_user("rd_manager").post(&format!("{}/void", at(&form)), json!({ "reason": "重新出具" })).await.expect(409);
}

async fn a_person_is_masked(app: TestApp) {
    let (clerk, agent, manager) = (app.as_user("rd_clerk"), app.as_user("rd_agent"), app.as_user("rd_manager"));
    let mut application = counter_application("assisted");
    application["applicant"] =
        json!({ "kind": "natural_person", "name": "演示王", "id_type": "citizen_id", "id_number": "440781198506151231", "address": "如东县掘港街道人民路1号" });
    application["contact"] = json!({ "name": "演示王", "phone": "13900005678" });
    application["request"] = json!("演示王（电话13900005678）申请新装水表");
    let e = clerk.post("/entrustments", application).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    let form = issue(&agent, &path, "application").await;
    let plain = form["sheet"].to_string();
    for needed in ["演示王", "如东县掘港街道人民路1号", "13900005678"] {
        assert!(plain.contains(needed), "{needed}: {plain}");
    }
    let paper = json!({ "place": "applicant", "signature": { "method": "handwritten", "evidence": "申请表原件" } });
    agent.post(&format!("{}/sign", at(&form)), paper).await.ok();
    let file = |reply: &crate::support::Reply| reply.header("content-disposition").to_owned();
    let pdf = async |who: &Caller<'_>| app.send(who.request(actix_web::http::Method::GET, &format!("{}/pdf", at(&form)))).await.expect(200);
    let (shown, original) = (manager.get(&at(&form)).await.ok(), clerk.get(&at(&form)).await.ok());
    assert_eq!((&shown["masked"], &original["masked"], &shown["document_hash"]), (&json!(true), &json!(false), &original["document_hash"]));
    assert_eq!(original["sheet"], form["sheet"]);
    let listed = manager.get(&format!("{path}/forms")).await.ok();
    for hidden in ["演示王", "人民路", "13900005678", "440781198506151231"] {
        assert!(!shown.to_string().contains(hidden) && !listed.to_string().contains(hidden), "{hidden}: {shown}");
    }
    assert!(shown["sheet"].to_string().contains("139****5678") && text(&shown["signatures"][0]["who"]) == "演**", "{shown}");
    let copy = "%E8%84%B1%E6%95%8F%E4%BB%B6";
    assert!(file(&pdf(&manager).await).contains(copy) && !file(&pdf(&clerk).await).contains(copy));
    // Issued or signed by who sees the matter masked, it is answered masked too.
    let receipt = manager.post(&format!("{path}/forms"), json!({ "kind": "receipt" })).await.created();
    assert!(receipt["masked"] == true && !receipt.to_string().contains("演示王"), "{receipt}");
    // The agent keeps the file copy when all is over and rated: masked then, as the matter is.
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    agent.post(&format!("{path}/record-help"), json!({ "kinds": ["fill_form"] })).await.ok();
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.ok();
    clerk.post(&format!("{path}/sign-completion"), json!({ "signature": { "method": "handwritten", "evidence": "签收单 1" } })).await.ok();
    assert_eq!(agent.get(&at(&form)).await.ok()["masked"], false);
    app.set_clock("2026-06-01T09:30:00+08:00");
    for _ in 0..4 {
        app.tick().await;
    }
    assert_eq!(agent.get(&path).await.ok()["masked"], true);
    let kept = agent.get(&at(&form)).await.ok();
    assert!(kept["masked"] == true && !kept.to_string().contains("演示王"), "{kept}");
    assert!(file(&pdf(&agent).await).contains(copy));
    app.as_user("rd_agent2").get(&at(&form)).await.expect(404);
}

async fn the_end_as_it_is(app: TestApp) {
    let (agent, clerk, manager) = (app.as_user("rd_agent"), app.as_user("rd_clerk"), app.as_user("rd_manager"));
    // Drawn up early: open, and truthful about it.
    let path = format!("/entrustments/{}", started_matter(&app).await);
    agent.post(&format!("{path}/materials/M1/submit"), json!({ "original": true, "copies": 2 })).await.ok();
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "项目取消" })).await.ok();
    let form = issue(&agent, &path, "termination").await;
    let said = form["sheet"].to_string();
    for needed in ["出具时尚未退还", "双方签字之日", "申请人（代办中心代为登记）"] {
        assert!(said.contains(needed), "{needed}: {said}");
    }
    // While it holds an original, the center signs only with a word on each.
    assert_eq!(form["own_places"], json!(["center", "applicant"]));
    let held = agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.expect(422);
    assert_eq!(held.body["errors"][0]["code"], "originals_held");
    agent.post(&format!("{path}/materials/M1/return"), json!({ "receipt": "退件单 1" })).await.ok();
    assert_eq!(agent.get(&at(&form)).await.ok()["own_places"], json!(["center", "applicant"]));
    agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok();
    let paper = json!({ "applicant_signature": { "method": "handwritten", "evidence": "终止单 1" } });
    agent.post(&format!("{path}/sign-termination"), paper.clone()).await.ok();
    // Both signed the matter: the same form holds both, and no second one is drawn up.
    let all = clerk.get(&format!("{path}/forms")).await.ok();
    let ends: Vec<&Value> = all["items"].as_array().expect("items").iter().filter(|f| f["kind"] == "termination").collect();
    assert_eq!((ends.len(), ends[0]["signatures"].as_array().map(Vec::len)), (1, Some(2)));
    // Not drawn up before: by itself when it is over, and it says so.
    let path = format!("/entrustments/{}", started_matter(&app).await);
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "conditions_not_met", "note": "选址不符合规划" })).await.ok();
    agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok();
    agent.post(&format!("{path}/sign-termination"), paper).await.ok();
    let form = newest(&clerk, &path, "termination").await;
    let said = form["sheet"].to_string();
    assert!(said.contains("2026年3月2日，现场手写") && !said.contains("双方签字之日"), "{said}");
    assert_eq!((&form["places"], &form["signatures"]), (&json!(["issuer", "recipient"]), &json!([])));
    clerk.post(&format!("{}/sign", at(&form)), json!({})).await.ok();
    // One-sided: proof of delivery, and the manager's own place.
    let path = format!("/entrustments/{}", started_matter(&app).await);
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "conditions_not_met", "note": "联系不上申请人" })).await.ok();
    let open = issue(&agent, &path, "termination").await;
    manager.post(&format!("{path}/terminate-unilaterally"), json!({ "delivery_proof": "送达回证 9" })).await.ok();
    assert_eq!(clerk.get(&at(&open)).await.ok()["state"], "voided", "nobody signs it any more");
    let form = newest(&clerk, &path, "termination").await;
    assert_eq!((&form["places"], &form["own_places"]), (&json!(["issuer", "manager"]), &json!(["issuer"])));
    assert!(form["sheet"].to_string().contains("送达回证 9"));
    assert_eq!(clerk.post(&format!("{}/sign", at(&form)), json!({ "place": "manager" })).await.expect(422).body["errors"][0]["code"], "not_yours");
    manager.post(&format!("{}/sign", at(&form)), json!({ "place": "manager" })).await.ok();
}

async fn limits_and_notices(app: TestApp) {
    let path = format!("/entrustments/{}", started_matter(&app).await);
    let (agent, manager) = (app.as_user("rd_agent"), app.as_user("rd_manager"));
    let receipt = issue(&agent, &path, "receipt").await["sheet"].to_string();
    assert!(receipt.contains("已于2026年3月2日接受委托"), "{receipt}");
    agent.post(&format!("{path}/plan"), json!({})).await.ok();
    for (act, report) in [("file", json!({ "receipt_no": "1" })), ("accept", json!({ "acceptance_no": "2", "evidence": "通知书" }))] {
        agent.post(&format!("{path}/steps/S1/{act}"), report).await.ok();
    }
    let notice = json!({ "items": [{ "code": "M1", "what": "未加盖公章", "how": "盖章后重新上传（含\u{31350}字）" }] });
    agent.post(&format!("{path}/one-time-notice"), notice).await.ok();
    let told = newest(&agent, &path, "one_time_notice").await;
    let said = told["sheet"].to_string();
    assert!(!said.contains("（）") && said.contains("12345"), "{said}");
    assert_eq!(told["missing_characters"], json!(["\u{31350}"]), "told, not only logged");
    let promise = |e: &Value| e["clocks"].as_array().expect("clocks").iter().find(|c| c["kind"] == "promise").expect("promise").clone();
    manager.post(&format!("{path}/suspend"), json!({ "reason": "policy_change", "note": "规划调整", "days": 5 })).await.ok();
    let people = app.as_user("sys_admin").get("/users?limit=200").await.ok();
    let name = people["items"].as_array().expect("people").iter().find(|u| u["login"] == "rd_manager").expect("manager")["display_name"].clone();
    let said = newest(&agent, &path, "suspension").await["sheet"].to_string();
    assert!(said.contains(text(&name)) && said.contains("个工作日"), "{said}");
    app.set_clock("2026-03-04T09:30:00+08:00");
    let e = agent.post(&format!("{path}/resume"), json!({})).await.ok();
    let due = text(&promise(&e)["due_at"]).get(..10).expect("day").to_owned();
    let (year, month, day) = (&due[..4], due[5..7].trim_start_matches('0'), due[8..10].trim_start_matches('0'));
    let said = newest(&agent, &path, "resumption").await["sheet"].to_string();
    assert!(said.contains(&format!("{year}年{month}月{day}日")), "{due}: {said}");
    // One shape of dates.
    for form in agent.get(&format!("{path}/forms")).await.ok()["items"].as_array().expect("items") {
        let sheet = agent.get(&at(form)).await.ok()["sheet"].to_string();
        assert!(!sheet.contains("2026-0"), "{sheet}");
    }
}

async fn originals_and_delivery(app: TestApp) {
    let path = format!("/entrustments/{}", helped_matter(&app).await);
    let (agent, clerk) = (app.as_user("rd_agent"), app.as_user("rd_clerk"));
    agent.post(&format!("{path}/materials/M1/submit"), json!({ "original": true, "copies": 2 })).await.ok();
    agent.post(&format!("{path}/materials/M2/submit"), json!({ "copies": 1 })).await.ok();
    let sheet = issue(&clerk, &path, "receipt").await["sheet"].clone();
    let rows = sheet["blocks"].as_array().expect("blocks").iter().find(|b| b["block"] == "table").expect("papers")["rows"].clone();
    let forms: Vec<(&str, &str)> = rows.as_array().expect("rows").iter().map(|r| (text(&r[2]), text(&r[3]))).collect();
    assert_eq!(forms, [("原件", "1"), ("复印件", "2"), ("复印件", "1")]);
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted", "results": ["供水合同 2026-001"] })).await.ok();
    let form = issue(&clerk, &path, "delivery_receipt").await;
    // How and when is not known: left open to be written in, and nobody signs a blank.
    let open = form["receipts"].to_string();
    assert!(open.contains("□直接送达") && open.contains("送达日期") && !open.contains("☑"), "{open}");
    assert_eq!(form["own_places"], json!(["deliverer"]));
    let witness = json!({ "place": "witness", "signature": { "method": "handwritten", "evidence": "回证原件" } });
    assert!(text(&clerk.post(&format!("{}/sign", at(&form)), witness.clone()).await.expect(409).body["detail"]).contains("空白"));
    let sign = async |body: Value| clerk.post(&format!("{}/sign", at(&form)), body).await;
    assert_eq!(sign(json!({})).await.expect(422).body["errors"][0]["pointer"], "/delivered");
    sign(json!({ "delivered": { "way": "left", "on": "2036-03-02" } })).await.expect(422);
    sign(json!({ "delivered": { "way": "left", "on": "2026-03-02", "remark": "家属拒收" } })).await.ok();
    sign(json!({ "place": "witness" })).await.expect(422);
    let signed = sign(witness).await.ok();
    assert_eq!(signed["state"], "partly_signed");
    assert!(signed["receipts"].to_string().contains("☑留置送达") && signed["receipts"].to_string().contains("家属拒收"), "{signed}");
    let paper = json!({ "place": "recipient", "signature": { "method": "handwritten", "evidence": "回证原件" } });
    let signed = sign(paper).await.ok();
    assert_eq!((&signed["state"], &signed["document_hash"]), (&json!("signed"), &form["document_hash"]));
}
