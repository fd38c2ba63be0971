//! The other ways a matter goes: corrected, lapsed, rejected, suspended, terminated, delivered, reopened.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, accepted_matter, counter_application, on_both_engines, started_matter, text, user_id};

on_both_engines!(
    correction_and_lapse,
    termination_takes_both,
    delivered_and_reopened,
    only_the_applicant_closes,
    modes_and_agreements,
    allowed_is_what_is_accepted
);

async fn correction_and_lapse(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let notice = json!({ "items": [{ "code": "M1", "what": "缺原件", "how": "带到窗口" }] });
    let e = clerk.post(&format!("{path}/one-time-notice"), notice).await.ok();
    assert_eq!(e["state"], "correction_required");
    // Still missing: naming what.
    let refused = clerk.post(&format!("{path}/resubmit"), json!({})).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "still_missing");
    assert_eq!(clerk.post(&format!("{path}/lapse"), json!({})).await.problem(409), "state_conflict");
    clerk.post(&format!("{path}/remind"), json!({})).await.ok();
    clerk.post(&format!("{path}/remind"), json!({})).await.ok();
    assert_eq!(clerk.post(&format!("{path}/lapse"), json!({})).await.problem(422), "rule_violation", "the limit still runs");
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
    let id = started_matter(&app).await;
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
    let id = started_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let path = format!("/entrustments/{id}");
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.ok();
    for signature in [json!({ "method": "online" }), json!({ "method": "handwritten" }), json!({ "method": "paper_scan", "evidence": " " })] {
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
