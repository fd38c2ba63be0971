//! Official forms: drawn up from the record and frozen, signed with an account or by a one-time link, printed, verified.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, accepted, on_both_engines, text, user_id, water_application};

on_both_engines!(
    drawn_up_frozen_and_verified,
    an_agreement_is_signed_by_link,
    wrong_codes_use_a_link_up,
    what_is_told_has_its_form,
    a_termination_is_signed_by_both,
    who_reads_forms,
);

async fn issue(who: &Caller<'_>, path: &str, kind: &str) -> Value {
    who.post(&format!("{path}/forms"), json!({ "kind": kind })).await.created()
}

async fn pdf(app: &TestApp, login: &str, form: &Value) -> Vec<u8> {
    let caller = app.as_user(login);
    let request = caller.request(actix_web::http::Method::GET, &format!("/forms/{}/pdf", text(&form["id"])));
    app.bytes(request).await
}

/// A matter that the company has handed in itself, accepted.
async fn own_matter(app: &TestApp, mode: &str) -> String {
    let mut body = water_application();
    (body["center"], body["mode"]) = ("320623000000".into(), mode.into());
    let e = app.as_user("ent_rudong").post("/entrustments", body).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut acceptance = accepted();
    acceptance["assignee_id"] = json!(user_id("rd_agent"));
    app.as_user("rd_clerk").post(&format!("{path}/accept"), acceptance).await.ok();
    path
}

/// In progress, with its plan.
async fn planned(app: &TestApp) -> String {
    let path = own_matter(app, "assisted").await;
    app.as_user("rd_agent").post(&format!("{path}/start"), json!({})).await.ok();
    app.as_user("rd_agent").post(&format!("{path}/plan"), json!({})).await.ok();
    path
}

async fn drawn_up_frozen_and_verified(app: TestApp) {
    let path = planned(&app).await;
    let agent = app.as_user("rd_agent");
    let all = agent.get(&format!("{path}/forms")).await.ok();
    let available: Vec<&str> = all["available"].as_array().expect("kinds").iter().map(text).collect();
    for kind in ["application", "receipt", "plan"] {
        assert!(available.contains(&kind), "{kind}: {available:?}");
    }
    for kind in ["agreement", "completion", "termination", "transfer", "arbitration_decision", "suspension", "amendment"] {
        assert!(!available.contains(&kind), "{kind}");
        assert_eq!(agent.post(&format!("{path}/forms"), json!({ "kind": kind })).await.problem(409), "state_conflict");
    }
    let form = issue(&agent, &path, "plan").await;
    assert!(text(&form["number"]).starts_with("WS-320623-"), "{form}");
    // The hash is that of the very text.
    let canonical = serde_json::to_string(&form["sheet"]).expect("json");
    assert_eq!(jieli::kernel::sha256_hex(canonical.as_bytes()), text(&form["document_hash"]));
    assert!(canonical.contains("不是行政决定") && !canonical.contains("13900"), "no telephone in full");
    // The same call again is the same form.
    let key = [("idempotency-key", "form-1")];
    let once = agent.post_with(&format!("{path}/forms"), &key, json!({ "kind": "receipt" })).await.created();
    let again = agent.post_with(&format!("{path}/forms"), &key, json!({ "kind": "receipt" })).await;
    assert_eq!((again.header("idempotency-replayed"), &again.body["id"]), ("true", &once["id"]));
    // Papers that were taken in have one valid receipt.
    let twice = agent.post(&format!("{path}/forms"), json!({ "kind": "receipt" })).await.expect(409);
    assert!(text(&twice.body["detail"]).contains(text(&once["number"])), "{}", twice.text);
    let all = agent.get(&format!("{path}/forms")).await.ok();
    assert_eq!(all["available"], json!(["application"]));
    // What is issued stays, whatever becomes of the plan.
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "收-1" })).await.ok();
    let at = format!("/forms/{}", text(&form["number"]));
    assert_eq!(agent.get(&at).await.ok()["sheet"], form["sheet"]);
    // Anybody confirms it by its code.
    let code = text(&form["verification_code"]).to_lowercase().replace('-', "");
    let seen = app.stranger().get(&format!("/forms/verify/{code}?hash={}", text(&form["document_hash"]))).await.ok();
    assert_eq!((&seen["valid"], &seen["hash_matches"], &seen["number"]), (&json!(true), &json!(true), &form["number"]));
    let other = app.stranger().get(&format!("/forms/verify/{code}?hash={}", "0".repeat(64))).await.ok();
    assert_eq!(other["hash_matches"], false);
    app.stranger().get(&format!("/forms/verify/{code}?hash=xyz")).await.expect(400);
    app.stranger().get("/forms/verify/AAAA-AAAA-AAAA").await.expect(404);
    // Printed: the same bytes every time.
    let printed = pdf(&app, "rd_agent", &form).await;
    assert!(printed.starts_with(b"%PDF-1.") && printed.len() > 20_000, "{}", printed.len());
    assert_eq!(printed, pdf(&app, "rd_agent", &form).await);
    // Staff sign with their account, once; then it cannot be voided.
    let other = once;
    let at_other = format!("/forms/{}", text(&other["id"]));
    agent.post(&format!("{at_other}/void"), json!({ "reason": "重新出具" })).await.expect(403);
    let signed = agent.post(&format!("{at}/sign"), json!({ "place": "center", "document_hash": form["document_hash"] })).await.ok();
    assert_eq!((&signed["state"], &signed["signatures"][0]["place"]), (&json!("partly_signed"), &json!("center")));
    assert!(text(&signed["signatures"][0]["who"]).starts_with("如东县政务服务中心"), "{signed}");
    assert_eq!(agent.post(&format!("{at}/sign"), json!({ "place": "center" })).await.problem(409), "state_conflict");
    assert_eq!(agent.post(&format!("{at}/sign"), json!({ "place": "nowhere" })).await.expect(422).body["errors"][0]["code"], "unknown_place");
    assert_eq!(agent.post(&format!("{at}/sign"), json!({ "place": "applicant" })).await.expect(422).body["errors"][0]["code"], "evidence_required");
    let manager = app.as_user("rd_manager");
    manager.post(&format!("{at}/void"), json!({ "reason": "重新出具" })).await.expect(409);
    manager.post_with(&format!("{at_other}/void"), &[("if-match", "\"9\"")], json!({ "reason": "重新出具" })).await.expect(412);
    manager.post(&format!("{at_other}/void"), json!({ "reason": "重新出具" })).await.ok();
    let voided = app.stranger().get(&format!("/forms/verify/{}", text(&other["verification_code"]))).await.ok();
    assert_eq!((&voided["valid"], &voided["state"]), (&json!(false), &json!("voided")));
    assert!(pdf(&app, "rd_agent", &other).await.starts_with(b"%PDF"), "with 作废 across it");
    issue(&agent, &path, "receipt").await;
    // The applicant signs their own place, and no other.
    let company = app.as_user("ent_rudong");
    assert_eq!(company.post(&format!("{at}/sign"), json!({ "place": "center" })).await.expect(422).body["errors"][0]["code"], "not_yours");
    let both = company.post(&format!("{at}/sign"), json!({})).await.ok();
    assert_eq!(both["signatures"].as_array().map(Vec::len), Some(2));
    assert_ne!(printed, pdf(&app, "rd_agent", &form).await, "the signatures are printed");
}

async fn an_agreement_is_signed_by_link(app: TestApp) {
    let path = own_matter(&app, "full_agency").await;
    let (agent, clerk) = (app.as_user("rd_agent"), app.as_user("rd_clerk"));
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let form = issue(&agent, &path, "agreement").await;
    let at = format!("/forms/{}", text(&form["id"]));
    let sent = agent.post(&format!("{at}/signing-link"), json!({})).await.ok();
    let link = text(&sent["link"]).trim_start_matches("/api/v1").to_owned();
    assert!(text(&sent["phone"]).contains('*'), "{sent}");
    let shown = app.stranger().get(&link).await.ok();
    assert_eq!((&shown["document_hash"], &shown["signed"]), (&form["document_hash"], &json!(false)));
    let body = |code: &Value, hash: &Value| json!({ "code": code, "document_hash": hash });
    let wrong = if sent["code"] == "000000" { json!("000001") } else { json!("000000") };
    assert_eq!(app.stranger().post(&link, body(&wrong, &form["document_hash"])).await.expect(422).body["errors"][0]["code"], "wrong_code");
    let other = json!("0".repeat(64));
    assert_eq!(app.stranger().post(&link, body(&sent["code"], &other)).await.expect(422).body["errors"][0]["code"], "text_changed");
    app.stranger().post(&format!("{link}?dry_run=true"), body(&wrong, &form["document_hash"])).await.expect(400);
    app.stranger().get(&format!("{link}x")).await.expect(404);
    // The code of another link of the same text is another.
    let again = agent.post(&format!("{at}/signing-link"), json!({})).await.ok();
    // Replaced: refused alike, whether it is read or signed.
    let over = app.stranger().get(&link).await.expect(409);
    let signed = app.stranger().post(&link, body(&sent["code"], &form["document_hash"])).await.expect(409);
    assert_eq!(over.body["detail"], signed.body["detail"]);
    let link = text(&again["link"]).trim_start_matches("/api/v1").to_owned();
    let done = app.stranger().post(&link, body(&again["code"], &form["document_hash"])).await.ok();
    assert_eq!(done["signed"], true);
    // The matter is signed by the same act; the link is used up.
    let e = clerk.get(&path).await.ok();
    assert_eq!((&e["state"], &e["agreement"]["state"]), (&json!("in_progress"), &json!("signed")));
    app.stranger().post(&link, body(&again["code"], &form["document_hash"])).await.expect(409);
    // What was signed is read again for some days.
    let read = app.stranger().get(&link).await.ok();
    assert_eq!((&read["signed"], &read["document_hash"]), (&json!(true), &form["document_hash"]));
    let seen = app.stranger().get(&format!("/forms/verify/{}", text(&form["verification_code"]))).await.ok();
    assert_eq!((&seen["signatures"][0]["side"], &seen["signatures"][0]["how"]), (&json!("申请人"), &json!("一次性链接，验证码由工作人员当面告知")));
    // Not signed before all sides have.
    assert_eq!((&seen["state_label"], &seen["unsigned"]), (&json!("部分签署"), &json!(["出具方"])));
    assert_eq!(seen["signatures"][0]["code_told_by"], again["code_told_by"]);
    let own = clerk.get(&format!("/forms/{}", text(&form["id"]))).await.ok();
    assert_eq!((&own["signatures"][0]["code_told_by"], &own["allowed_actions"]), (&again["code_told_by"], &json!(["sign"])));
    assert_eq!(own["own_places"], json!(["center"]));
    app.set_clock("2026-03-10T09:30:00+08:00");
    app.stranger().get(&link).await.expect(409);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'entrustment.agreement_signed'").await, 1);
}

async fn wrong_codes_use_a_link_up(app: TestApp) {
    let path = own_matter(&app, "full_agency").await;
    let agent = app.as_user("rd_agent");
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let form = issue(&agent, &path, "agreement").await;
    let sent = agent.post(&format!("/forms/{}/signing-link", text(&form["id"])), json!({})).await.ok();
    let link = text(&sent["link"]).trim_start_matches("/api/v1").to_owned();
    let wrong = if sent["code"] == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        app.stranger().post(&link, json!({ "code": wrong, "document_hash": form["document_hash"] })).await.expect(422);
    }
    app.stranger().post(&link, json!({ "code": sent["code"], "document_hash": form["document_hash"] })).await.expect(409);
    // A text that was drafted anew is another text.
    let sent = agent.post(&format!("/forms/{}/signing-link", text(&form["id"])), json!({})).await.ok();
    agent.post(&format!("{path}/draft-agreement"), json!({ "scope": "只代为递交材料" })).await.ok();
    let link = text(&sent["link"]).trim_start_matches("/api/v1").to_owned();
    let refused = app.stranger().post(&link, json!({ "code": sent["code"], "document_hash": form["document_hash"] })).await.expect(422).body;
    assert_eq!(refused["errors"][0]["code"], "text_changed");
    // Over time a link ends by itself.
    let form = issue(&agent, &path, "agreement").await;
    let sent = agent.post(&format!("/forms/{}/signing-link", text(&form["id"])), json!({})).await.ok();
    app.set_clock("2026-03-09T09:00:00+08:00");
    app.stranger().get(text(&sent["link"]).trim_start_matches("/api/v1")).await.expect(409);
    // The code is answered once: neither tried nor kept with a key.
    let at = format!("/forms/{}/signing-link", text(&form["id"]));
    agent.post(&format!("{at}?dry_run=true"), json!({})).await.expect(400);
    let key = [("idempotency-key", "link-1")];
    let (one, two) = (agent.post_with(&at, &key, json!({})).await, agent.post_with(&at, &key, json!({})).await);
    assert_ne!(one.ok()["link"], two.ok()["link"]);
}

async fn what_is_told_has_its_form(app: TestApp) {
    let path = planned(&app).await;
    let (agent, manager) = (app.as_user("rd_agent"), app.as_user("rd_manager"));
    let kinds = || async {
        let all = app.as_user("rd_clerk").get(&format!("{path}/forms")).await.ok();
        all["items"].as_array().expect("items").iter().map(|f| text(&f["kind"]).to_owned()).collect::<Vec<_>>()
    };
    let notice = json!({ "items": [{ "code": "M1", "what": "未加盖公章", "how": "盖章后重新上传" }] });
    agent.post(&format!("{path}/one-time-notice"), notice).await.ok();
    assert_eq!(kinds().await, ["one_time_notice"]);
    manager.post(&format!("{path}/suspend"), json!({ "reason": "policy_change", "note": "规划调整", "days": 5 })).await.ok();
    agent.post(&format!("{path}/resume"), json!({})).await.ok();
    assert_eq!(kinds().await, ["resumption", "suspension", "one_time_notice"]);
    for (act, report) in [("file", json!({ "receipt_no": "1" })), ("accept", json!({ "acceptance_no": "2", "evidence": "通知书" }))] {
        agent.post(&format!("{path}/steps/S1/{act}"), report).await.ok();
    }
    let asked = json!({ "days": 3, "reason": "专家评审改期" });
    agent.post(&format!("{path}/request-extension"), asked).await.ok();
    manager.post(&format!("{path}/grant-extension"), json!({})).await.ok();
    assert_eq!(kinds().await[0], "extension");
    let items = agent.get(&format!("{path}/forms")).await.ok()["items"].clone();
    for form in items.as_array().expect("items") {
        assert!(pdf(&app, "rd_agent", form).await.starts_with(b"%PDF"), "{form}");
    }
}

async fn a_termination_is_signed_by_both(app: TestApp) {
    let path = planned(&app).await;
    let (agent, company) = (app.as_user("rd_agent"), app.as_user("ent_rudong"));
    company.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "项目调整，暂缓办理" })).await.ok();
    let form = issue(&agent, &path, "termination").await;
    let at = format!("/forms/{}", text(&form["id"]));
    assert_eq!(agent.post(&format!("{at}/sign"), json!({ "place": "center" })).await.expect(422).body["errors"][0]["code"], "papers_first");
    agent.post(&format!("{at}/sign"), json!({ "place": "center", "papers_returned": true })).await.ok();
    let done = company.post(&format!("{at}/sign"), json!({})).await.ok();
    assert_eq!(done["signatures"].as_array().map(Vec::len), Some(2), "{done}");
    let e = company.get(&path).await.ok();
    assert_eq!((&e["state"], &e["termination"]["papers_returned"]), (&json!("terminated"), &json!(true)));
    // Signed on the matter itself, it stands on the form as well.
    let path = planned(&app).await;
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "项目取消" })).await.ok();
    let form = issue(&agent, &path, "termination").await;
    company.post(&format!("{path}/sign-termination"), json!({})).await.ok();
    let seen = app.stranger().get(&format!("/forms/verify/{}", text(&form["verification_code"]))).await.ok();
    assert_eq!((&seen["signatures"][0]["side"], &seen["signatures"][0]["how"]), (&json!("申请人"), &json!("在线确认")));
}

async fn who_reads_forms(app: TestApp) {
    let path = planned(&app).await;
    let agent = app.as_user("rd_agent");
    let asked = json!({ "to": "320600000000", "steps": ["S1"], "reason": "请协调市级部门" });
    agent.post(&format!("{path}/joint-handlings"), asked).await.created();
    let letter = issue(&agent, &path, "joint_request").await;
    let own = issue(&agent, &path, "application").await;
    let at = |form: &Value| format!("/forms/{}", text(&form["id"]));
    let company = app.as_user("ent_rudong");
    company.get(&at(&own)).await.ok();
    // Between units of the administration.
    company.get(&at(&letter)).await.expect(404);
    let listed = company.get(&format!("{path}/forms")).await.ok();
    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["available"]), (Some(1), &json!([])));
    company.post(&format!("{path}/forms"), json!({ "kind": "receipt" })).await.expect(403);
    // Who is asked reads the letter and nothing else.
    for (login, status, list) in
        [("cc_clerk", 404, 404), ("ent_chongchuan", 404, 404), ("city_inspector", 403, 403), ("city_clerk", 403, 200), ("city_manager", 403, 200)]
    {
        assert_eq!(app.as_user(login).get(&at(&own)).await.status, status, "{login}");
        assert_eq!(app.as_user(login).get(&format!("{path}/forms")).await.status, list, "{login}");
    }
    let listed = app.as_user("city_clerk").get(&format!("{path}/forms")).await.ok();
    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["items"][0]["kind"], &listed["available"]), (Some(1), &json!("joint_request"), &json!([])));
    let wrong = json!({ "kind": "joint_request", "about": own["id"] });
    assert_eq!(agent.post(&format!("{path}/forms"), wrong).await.expect(422).body["errors"][0]["code"], "not_of_this_matter");
    let wrong = json!({ "kind": "receipt", "about": letter["id"] });
    assert_eq!(agent.post(&format!("{path}/forms"), wrong).await.expect(422).body["errors"][0]["code"], "not_of_this_matter");
}
