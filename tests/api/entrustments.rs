//! The other ways a matter goes: corrected, lapsed, rejected, suspended, terminated, delivered, reopened.

use serde_json::{Value, json};

use crate::support::{
    TestApp, accepted, accepted_matter, counter_application, helped_matter, on_both_engines, started_matter, text, user_id, water_application,
};

on_both_engines!(
    correction_and_lapse,
    termination_takes_both,
    each_side_signs_once,
    what_was_signed_falls_with_the_request,
    delivered_and_reopened,
    only_the_applicant_closes,
    modes_and_agreements,
    allowed_is_what_is_accepted,
    free_words_stay_inside,
    a_refusal_by_the_authority_ends_the_matter,
    an_offer_falls_with_its_matter,
    clocks_follow_the_papers
);

/// A matter that the company has handed in itself, accepted.
async fn own_matter(app: &TestApp, mode: &str) -> String {
    let mut body = water_application();
    (body["center"], body["mode"]) = ("320623000000".into(), mode.into());
    let path = format!("/entrustments/{}", text(&app.as_user("ent_rudong").post("/entrustments", body).await.created()["id"]));
    let mut acceptance = accepted();
    acceptance["assignee_id"] = json!(user_id("rd_agent"));
    app.as_user("rd_clerk").post(&format!("{path}/accept"), acceptance).await.ok();
    path
}

fn offers(e: &Value, action: &str) -> bool {
    e["allowed_actions"].as_array().expect("actions").iter().any(|a| a == action)
}

/// Nobody signs for another over what they signed, and nobody twice; the timeline says who.
async fn each_side_signs_once(app: TestApp) {
    let (company, agent) = (app.as_user("ent_rudong"), app.as_user("rd_agent"));
    let path = own_matter(&app, "full_agency").await;
    // The agreement and the completion are signed once as well.
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let online = json!({ "signature": { "method": "online" } });
    let paper = json!({ "signature": { "method": "paper_scan", "evidence": "扫描件 7" } });
    let e = company.post(&format!("{path}/sign-agreement"), online.clone()).await.ok();
    assert!(!offers(&e, "sign_agreement"));
    company.post(&format!("{path}/sign-agreement"), online.clone()).await.expect(409);
    agent.post(&format!("{path}/sign-agreement"), paper.clone()).await.expect(409);
    assert_eq!(agent.get(&path).await.ok()["agreement"]["signature"]["method"], "online");
    let done = own_matter(&app, "assisted").await;
    agent.post(&format!("{done}/start"), json!({})).await.ok();
    agent.post(&format!("{done}/record-help"), json!({ "kinds": ["fill_form"] })).await.ok();
    agent.post(&format!("{done}/complete"), json!({ "outcome": "granted" })).await.ok();
    let e = company.post(&format!("{done}/sign-completion"), online.clone()).await.ok();
    assert!(e["state"] == "closed" && !offers(&e, "sign_completion"));
    for (who, signature) in [(&company, &online), (&agent, &paper)] {
        who.post(&format!("{done}/sign-completion"), signature.clone()).await.expect(409);
    }

    // The applicant first: staff do not write a paper signature over it.
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "项目取消" })).await.ok();
    let sign = format!("{path}/sign-termination");
    company.post(&sign, json!({ "papers_returned": true })).await.expect(422);
    let e = company.post(&sign, json!({})).await.ok();
    assert!(!offers(&e, "sign_termination"));
    assert!(text(&company.post(&sign, json!({})).await.expect(409).body["detail"]).contains("本方已经签字"));
    let scan = json!({ "method": "paper_scan", "evidence": "终止单扫描件 1" });
    for body in [json!({ "applicant_signature": scan }), json!({ "applicant_signature": scan, "papers_returned": true })] {
        let refused = agent.post(&sign, body).await.expect(409);
        assert!(text(&refused.body["detail"]).contains("申请人已经签字"), "{}", refused.text);
        assert!(refused.body["allowed_actions"].to_string().contains("sign_termination"), "the center has not signed");
    }
    let e = agent.get(&path).await.ok();
    assert_eq!((&e["termination"]["applicant_signature"]["method"], &e["termination"]["papers_returned"]), (&json!("online"), &json!(false)));
    let next = agent.get(&format!("{path}/relay")).await.ok()["next"].clone();
    assert_eq!((next.as_array().map(Vec::len), &next[0]["what"]), (Some(1), &json!("退还材料并签字")), "{next}");
    assert_eq!(agent.post(&sign, json!({ "papers_returned": true })).await.ok()["state"], "terminated");
    let told = agent.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(told.contains("申请人已签字确认终止") && told.contains("中心已退还材料并签字"), "{told}");

    // The center first: it does not sign again.
    let path = own_matter(&app, "assisted").await;
    let sign = format!("{path}/sign-termination");
    company.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "项目取消" })).await.ok();
    agent.post(&sign, json!({ "papers_returned": true })).await.ok();
    for body in [json!({ "papers_returned": true }), json!({})] {
        assert!(text(&agent.post(&sign, body).await.expect(409).body["detail"]).contains("本方已经签字"));
    }
    let next = company.get(&format!("{path}/relay")).await.ok()["next"].clone();
    assert_eq!((next.as_array().map(Vec::len), &next[0]["who"]), (Some(1), &json!("申请人")), "{next}");
    assert!(app.as_user("rd_clerk").get(&format!("{path}/timeline")).await.ok().to_string().contains("中心已退还材料并签字，待申请人签字"));
    assert_eq!(company.post(&sign, json!({})).await.ok()["state"], "terminated");

    // Both at the counter, in one call.
    let path = own_matter(&app, "assisted").await;
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "项目取消" })).await.ok();
    let e = agent.post(&format!("{path}/sign-termination"), json!({ "applicant_signature": scan, "papers_returned": true })).await.ok();
    let t = &e["termination"];
    assert_eq!((&e["state"], &t["applicant_signature"]["method"], &t["papers_returned"]), (&json!("terminated"), &json!("paper_scan"), &json!(true)));
    assert!(t["center_signature"]["at"].is_string(), "{t}");
    assert!(agent.get(&format!("{path}/timeline")).await.ok().to_string().contains("申请人和中心均已签字，本件终止"));
}

/// Taken back, a termination leaves nothing on the matter that goes on; the timeline keeps it.
async fn what_was_signed_falls_with_the_request(app: TestApp) {
    let (company, agent) = (app.as_user("ent_rudong"), app.as_user("rd_agent"));
    let path = own_matter(&app, "assisted").await;
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    let reason = json!({ "reason": "applicant_request", "note": "项目取消" });
    company.post(&format!("{path}/request-termination"), reason.clone()).await.ok();
    agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok();
    let e = company.post(&format!("{path}/cancel-termination"), json!({})).await.ok();
    assert_eq!((&e["state"], e.get("termination")), (&json!("in_progress"), None));
    let told = agent.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(told.contains("中心已退还材料并签字") && told.contains("项目取消"), "{told}");
    // Asked again, both sign anew.
    let e = company.post(&format!("{path}/request-termination"), reason).await.ok();
    assert_eq!((e["termination"].get("center_signature"), &e["termination"]["papers_returned"]), (None, &json!(false)));
    assert_eq!(company.post(&format!("{path}/sign-termination"), json!({})).await.ok()["state"], "terminating");
    assert_eq!(agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok()["state"], "terminated");
}

async fn correction_and_lapse(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let notice = json!({ "items": [{ "code": "M1", "what": "缺原件", "how": "带到窗口" }] });
    let e = clerk.post(&format!("{path}/one-time-notice"), notice).await.ok();
    assert_eq!(e["state"], "correction_required");
    // Still missing: naming what.
    let refused = clerk.post(&format!("{path}/resubmit"), json!({})).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("尚未补齐"));
    assert!(!refused.body["allowed_actions"].to_string().contains("resubmit"));
    assert_eq!(clerk.post(&format!("{path}/lapse"), json!({})).await.problem(409), "state_conflict");
    clerk.post(&format!("{path}/remind"), json!({})).await.ok();
    clerk.post(&format!("{path}/remind"), json!({})).await.ok();
    assert_eq!(clerk.post(&format!("{path}/lapse"), json!({})).await.problem(409), "state_conflict", "the limit still runs");
    app.set_clock("2026-04-30T09:00:00+08:00");
    let e = clerk.post(&format!("{path}/lapse"), json!({})).await.ok();
    assert_eq!((&e["state"], e.get("due_at")), (&json!("lapsed"), None));
    assert!(e["clocks"].as_array().expect("clocks").iter().all(|c| c["state"] == "stopped"));
    // The other way: supplied in time.
    let e = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    clerk.post(&format!("{path}/one-time-notice"), json!({ "items": [{ "code": "M1", "what": "缺原件", "how": "带到窗口" }] })).await.ok();
    clerk.post(&format!("{path}/materials/M1/submit"), json!({ "note": "原件" })).await.ok();
    let e = clerk.post(&format!("{path}/resubmit"), json!({})).await.ok();
    assert_eq!(e["state"], "submitted");
    let mut half = accepted();
    half["form_signed"] = json!(false);
    let refused = clerk.post(&format!("{path}/accept"), half).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/form_signed");
    let mut stranger = accepted();
    stranger["assignee_id"] = json!(user_id("city_agent1"));
    assert_eq!(clerk.post(&format!("{path}/accept"), stranger).await.problem(422), "rule_violation", "not an agent of this center");
}

async fn termination_takes_both(app: TestApp) {
    let id = started_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let path = format!("/entrustments/{id}");
    let reason = json!({ "reason": "applicant_request", "note": "项目取消" });
    let e = agent.post(&format!("{path}/request-termination"), reason.clone()).await.ok();
    assert_eq!(e["state"], "terminating");
    let e = agent.post(&format!("{path}/cancel-termination"), json!({})).await.ok();
    assert_eq!(e["state"], "in_progress", "back where it was");
    agent.post(&format!("{path}/request-termination"), reason).await.ok();
    assert_eq!(agent.post(&format!("{path}/sign-termination"), json!({})).await.problem(422), "rule_violation", "papers first");
    let e = agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await.ok();
    assert_eq!(e["state"], "terminating", "one signature is not enough");
    let scan = json!({ "papers_returned": true, "applicant_signature": { "method": "paper_scan", "evidence": "终止单扫描件 12" } });
    let e = agent.post(&format!("{path}/sign-termination"), scan).await.ok();
    assert_eq!(e["state"], "terminated");
    assert_eq!(e["termination"]["papers_returned"], true);
    // One-sided: only the manager, with proof.
    let id = started_matter(&app).await;
    let path = format!("/entrustments/{id}");
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "false_material", "note": "材料虚假" })).await.ok();
    let proof = json!({ "delivery_proof": "送达回证 3" });
    agent.post(&format!("{path}/terminate-unilaterally"), proof.clone()).await.expect(403);
    let e = app.as_user("rd_manager").post(&format!("{path}/terminate-unilaterally"), proof).await.ok();
    assert_eq!(e["state"], "terminated");
}

async fn delivered_and_reopened(app: TestApp) {
    let id = helped_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let path = format!("/entrustments/{id}");
    agent.post(&format!("{path}/complete"), json!({ "outcome": "partly_granted" })).await.ok();
    let e = agent.post(&format!("{path}/mark-unclaimed"), json!({ "delivery_proof": "EMS 1" })).await.ok();
    assert_eq!(e["state"], "unclaimed");
    let sign = json!({ "signature": { "method": "receipt_code", "evidence": "收件凭证 8821" } });
    let e = agent.post(&format!("{path}/sign-completion"), sign).await.ok();
    assert_eq!(e["state"], "closed");
    let why = json!({ "reason": "误结，结果有误" });
    agent.post(&format!("{path}/reopen"), why.clone()).await.expect(403);
    let e = app.as_user("rd_manager").post(&format!("{path}/reopen"), why).await.ok();
    assert_eq!((&e["state"], e.get("closed_at")), (&json!("in_progress"), None));
}

/// Completing is not the agent's act alone: staff record the applicant's signature only with what proves it.
async fn only_the_applicant_closes(app: TestApp) {
    let id = helped_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let path = format!("/entrustments/{id}");
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.ok();
    for signature in [json!({ "method": "online" }), json!({ "method": "handwritten" }), json!({ "method": "paper_scan", "evidence": "1" })] {
        let reply = agent.post(&format!("{path}/sign-completion"), json!({ "signature": signature })).await;
        assert_eq!(reply.problem(422), "rule_violation");
    }
    assert_eq!(agent.get(&path).await.ok()["state"], "completed");
}

async fn modes_and_agreements(app: TestApp) {
    let id = accepted_matter(&app, "full_agency").await;
    let agent = app.as_user("rd_agent");
    let path = format!("/entrustments/{id}");
    assert_eq!(agent.post(&format!("{path}/start"), json!({})).await.problem(409), "state_conflict", "agency needs the agreement");
    let first = agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let stale = text(&first["agreement"]["text_hash"]).to_owned();
    agent.post(&format!("{path}/draft-agreement"), json!({ "scope": "仅代为报送材料" })).await.ok();
    let signature = json!({ "method": "handwritten", "evidence": "协议原件 5" });
    let old = json!({ "signature": signature, "text_hash": stale });
    assert_eq!(agent.post(&format!("{path}/sign-agreement"), old).await.problem(422), "rule_violation", "the text has changed");
    let e = agent.post(&format!("{path}/sign-agreement"), json!({ "signature": signature })).await.ok();
    assert_eq!((&e["state"], &e["agreement"]["state"]), (&json!("in_progress"), &json!("signed")));
    // Who does not want agency is offered assistance.
    let id = accepted_matter(&app, "full_agency").await;
    let path = format!("/entrustments/{id}");
    let e = agent.post(&format!("{path}/change-mode"), json!({ "mode": "assisted" })).await.ok();
    assert!(e["allowed_actions"].as_array().expect("actions").contains(&json!("start")));
    agent.post(&format!("{path}/start"), json!({})).await.ok();
}

/// What a front end is shown and what the server accepts cannot differ: every action not offered is refused by its
/// state (409) or its caller (403), never half done.
async fn allowed_is_what_is_accepted(app: TestApp) {
    let id = accepted_matter(&app, "assisted").await;
    let bodies: &[(&str, &str, Value)] = &[
        ("accept", "accept", accepted()),
        ("resubmit", "resubmit", json!({})),
        ("remind", "remind", json!({})),
        ("lapse", "lapse", json!({})),
        ("reject", "reject", json!({ "reason": "duplicate", "note": "已在办" })),
        ("draft_agreement", "draft-agreement", json!({})),
        ("resume", "resume", json!({})),
        ("complete", "complete", json!({ "outcome": "granted" })),
        ("mark_unclaimed", "mark-unclaimed", json!({ "delivery_proof": "EMS 1" })),
        ("cancel_termination", "cancel-termination", json!({})),
        ("reopen", "reopen", json!({ "reason": "误结" })),
        ("start", "start", json!({})),
        ("plan", "plan", json!({})),
    ];
    for login in ["rd_clerk", "rd_agent", "rd_manager"] {
        let caller = app.as_user(login);
        let offered = caller.get(&format!("/entrustments/{id}")).await.ok()["allowed_actions"].clone();
        for (action, path, body) in bodies {
            let reply = caller.post(&format!("/entrustments/{id}/{path}?dry_run=true"), body.clone()).await;
            let is_offered = offered.as_array().expect("actions").iter().any(|a| a == action);
            assert_eq!(reply.status == 200, is_offered, "{login} {action}: {}", reply.text);
            assert!(is_offered || [403, 409].contains(&reply.status), "{login} {action}: {}", reply.text);
        }
    }
}

/// Whatever people write in free words is read by those who see the matter in clear, and by nobody else; events, which
/// leave the house, never hold it.
async fn free_words_stay_inside(app: TestApp) {
    let city = app.as_user("city_clerk");
    let (county, agent, manager) = (app.as_user("rd_clerk"), app.as_user("rd_agent"), app.as_user("rd_manager"));
    let mut application = counter_application("full_agency");
    application["request"] = json!("SECRET-request");
    application["materials"] = json!([{ "code": "M1", "note": "SECRET-material" }, { "code": "M2" }, { "code": "M3" }]);
    let e = city.post("/entrustments", application).await.created();
    let id = text(&e["id"]).to_owned();
    let path = format!("/entrustments/{id}");
    let offer = json!({ "to": "auto", "applicant_consent": true, "reason": "SECRET-offer", "papers": ["SECRET-paper"] });
    let t = city.post(&format!("{path}/transfer"), offer).await.created();
    let acceptance = json!({ "assignee_id": user_id("rd_agent"), "papers_received": ["SECRET-received"], "accept_matter": accepted() });
    county.post(&format!("/transfers/{}/accept", text(&t["id"])), acceptance).await.ok();
    let act = |action: &str, body: Value| {
        let path = format!("{path}/{action}");
        let agent = app.as_user("rd_agent");
        async move { agent.post(&path, body).await.ok() }
    };
    act("draft-agreement", json!({ "scope": "SECRET-scope" })).await;
    act("sign-agreement", json!({ "signature": { "method": "witnessed_fingerprint", "evidence": "SECRET-witness" } })).await;
    act(
        "one-time-notice",
        json!({ "items": [{ "code": "M4", "what": "SECRET-what", "how": "SECRET-how" }, { "what": "SECRET-extra", "how": "SECRET-how2" }] }),
    )
    .await;
    act("materials/M1/reject", json!({ "reason": "SECRET-reject" })).await;
    act("materials/M1/submit", json!({ "note": "SECRET-again" })).await;
    act("materials/N5/submit", json!({ "note": "SECRET-supplied" })).await;
    act("plan", json!({})).await;
    act("steps/S1/file", json!({ "receipt_no": "R-1", "evidence": "SECRET-filing" })).await;
    act("steps/S1/ask_correction", json!({ "reason": "SECRET-correction", "evidence": "SECRET-letter" })).await;
    let difficulty = json!({ "what": "SECRET-difficulty", "blocker": "SECRET-blocker", "since": "2026-03-01T09:00:00+08:00" });
    act("progress", json!({ "note": "SECRET-note", "difficulty": difficulty })).await;
    let suspension = json!({ "reason": "policy_change", "note": "SECRET-suspension", "days": 5 });
    manager.post(&format!("{path}/suspend"), suspension).await.ok();
    act("resume", json!({})).await;
    act("request-termination", json!({ "reason": "conditions_not_met", "note": "SECRET-termination" })).await;
    act("cancel-termination", json!({})).await;

    let pages = [path.clone(), format!("{path}/timeline?limit=200"), format!("{path}/custody"), "/entrustments".into(), "/transfers".into()];
    for login in ["city_clerk", "city_inspector", "city_manager"] {
        for page in &pages {
            let reply = app.as_user(login).get(page).await;
            // Both sides of a transfer read its papers in clear: they hand them over.
            let own = page == "/transfers" && matches!(login, "city_clerk" | "city_manager");
            assert!(own || !reply.text.contains("SECRET"), "{login} {page}: {}", reply.text);
        }
    }
    // The leader of the center that holds it answers for it: what was written is read, persons stay masked.
    let led = manager.get(&path).await;
    assert!(led.text.contains("SECRET-difficulty") && led.text.contains("SECRET-suspension"), "{}", led.text);
    assert_eq!((&led.body["masked"], &led.body["contact"]["phone"]), (&json!(true), &json!("139****5678")));
    assert!(manager.get(&format!("{path}/timeline?limit=200")).await.text.contains("SECRET-note"));
    let shown = agent.get(&path).await.text + &agent.get(&format!("{path}/timeline?limit=200")).await.text;
    for words in [
        "request",
        "again",
        "scope",
        "witness",
        "what",
        "how",
        "extra",
        "supplied",
        "correction",
        "letter",
        "difficulty",
        "note",
        "reject",
        "suspension",
        "termination",
    ] {
        assert!(shown.contains(&format!("SECRET-{words}")), "the agent reads {words}: {shown}");
    }
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE params LIKE '%SECRET%'").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM entrustments WHERE facts LIKE '%SECRET%'").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM steps WHERE record LIKE '%SECRET%'").await, 0);
}

/// The authority refuses: what rests on that step is not filed, and the matter ends with its outcome.
async fn a_refusal_by_the_authority_ends_the_matter(app: TestApp) {
    let id = started_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let path = format!("/entrustments/{id}");
    agent.post(&format!("{path}/plan"), json!({})).await.ok();
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "R-1" })).await.ok();
    agent.post(&format!("{path}/steps/S1/accept"), json!({ "acceptance_no": "A-1", "evidence": "受理单" })).await.ok();
    assert_eq!(agent.post(&format!("{path}/complete"), json!({ "outcome": "refused" })).await.problem(409), "state_conflict");
    let e = agent.post(&format!("{path}/steps/S1/refuse"), json!({ "reason": "不符合规划", "evidence": "决定书" })).await.ok();
    assert!(e["allowed_actions"].to_string().contains("\"complete\""));
    let refused = agent.post(&format!("{path}/steps/S2/file"), json!({ "receipt_no": "R-2" })).await.expect(409);
    assert!(refused.body["allowed_actions"].is_array(), "{}", refused.text);
    assert_eq!(agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.problem(422), "rule_violation");
    let e = agent.post(&format!("{path}/complete"), json!({ "outcome": "refused" })).await.ok();
    assert_eq!(e["state"], "completed");
    assert_eq!(e["steps"][0]["history"].as_array().map(Vec::len), Some(3), "each act with its own evidence");
}

/// A withdrawn matter leaves no offer behind.
async fn an_offer_falls_with_its_matter(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let e = company.post("/entrustments", crate::support::water_application()).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let offer = json!({ "to": "auto", "applicant_consent": true });
    let t = app.as_user("city_clerk").post(&format!("{path}/transfer"), offer).await.created();
    let e = company.post(&format!("{path}/withdraw"), json!({ "reason": "不办了" })).await.ok();
    assert_eq!((&e["state"], &e["withdrawal"]["reason"]), (&json!("withdrawn"), &json!("不办了")));
    let transfer = format!("/transfers/{}", text(&t["id"]));
    let seen = app.as_user("rd_clerk").get(&transfer).await.ok();
    assert_eq!((&seen["state"], &seen["allowed_actions"]), (&json!("recalled"), &json!([])));
    app.set_clock("2026-03-20T09:00:00+08:00");
    app.tick().await;
    assert_eq!(app.as_user("rd_clerk").get(&transfer).await.ok()["state"], "recalled", "nobody is blamed for not answering");
    // Staff withdraw for the applicant only with what proves it.
    let e = app.as_user("rd_clerk").post("/entrustments", counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}/withdraw", text(&e["id"]));
    let clerk = app.as_user("rd_clerk");
    assert_eq!(clerk.post(&path, json!({ "reason": "电话撤回" })).await.problem(422), "rule_violation");
    clerk.post(&path, json!({ "reason": "电话撤回", "evidence": "录音 0015" })).await.ok();
}

/// A promise ends on the day that was promised; a notice's clock ends with what the notice named.
async fn clocks_follow_the_papers(app: TestApp) {
    let id = accepted_matter(&app, "assisted").await;
    let agent = app.as_user("rd_agent");
    let path = format!("/entrustments/{id}");
    app.set_clock("2026-03-04T10:00:00+08:00");
    let e = agent.post(&format!("{path}/materials/M4/defer"), json!({ "until": "2026-03-07" })).await.ok();
    let clock = |e: &Value, kind: &str| e["clocks"].as_array().expect("clocks").iter().find(|c| c["kind"] == kind).cloned().expect("a clock");
    assert_eq!(clock(&e, "deferral")["due_at"], "2026-03-09T17:00:00.000+08:00", "a Saturday: the working day after it");
    let notice = json!({ "items": [{ "code": "M1", "what": "缺盖章", "how": "盖章后交来" }, { "what": "缺授权书", "how": "另附" }] });
    let e = agent.post(&format!("{path}/one-time-notice"), notice).await.ok();
    let extra = text(&e["notices"][0]["items"][1]["code"]).to_owned();
    agent.post(&format!("{path}/materials/M1/submit"), json!({})).await.ok();
    let e = agent.post(&format!("{path}/materials/M2/submit"), json!({})).await.ok();
    assert_eq!(clock(&e, "supply")["state"], "running", "the other item is unmet");
    let e = agent.post(&format!("{path}/materials/{extra}/submit"), json!({})).await.ok();
    assert_eq!(clock(&e, "supply")["state"], "stopped", "M3 was never asked for");
    let e = agent.post(&format!("{path}/materials/M4/submit"), json!({})).await.ok();
    assert_eq!(clock(&e, "deferral")["state"], "stopped");
}
