//! Taishan [002] and Jiangxi [004]: from the application form to the signed completion or termination, with a deferred
//! material that arrives late, an extension, a department that decides itself, and a matter handed on when its agent leaves.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, on_both_engines, text, user_id};

on_both_engines!(taishan_to_the_signed_completion, gongqingcheng_to_the_signed_termination);

const LICENCE: &str = "11320623MB010010124000131012000";

fn application(mode: &str) -> Value {
    json!({
        "item": LICENCE, "mode": mode, "channel": "window",
        "applicant": { "kind": "enterprise", "name": "南通食堂演示有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G", "division_code": "320623000000", "flags": ["micro_small_medium"] },
        "contact": { "name": "联系人丙", "phone": "13900004321" }, "request": "新开餐厅，办理食品经营许可",
    })
}

async fn taishan_to_the_signed_completion(app: TestApp) {
    let (clerk, agent, manager, authority) = (app.as_user("rd_clerk"), app.as_user("rd_agent"), app.as_user("rd_manager"), app.as_user("rd_scjg"));
    let guide = app.stranger().get(&format!("/service-items/{LICENCE}")).await.ok();
    let materials = guide["content"]["materials"].as_array().expect("materials").clone();
    let deferrable = materials.iter().find(|m| m["deferrable"] == true).map(|m| text(&m["code"]).to_owned()).expect("one that may be promised");

    // The form, with everything but what is promised; one original among it.
    let mut form = application("full_agency");
    form["materials"] = materials.iter().filter(|m| m["code"] != json!(deferrable)).map(|m| json!({ "code": m["code"], "note": "已交" })).collect();
    let e = clerk.post("/entrustments", form).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let first = text(&e["materials"][0]["code"]).to_owned();
    clerk.post(&format!("{path}/materials/{first}/submit"), json!({ "note": "原件一份", "original": true })).await.ok();
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), body).await.ok();

    // 容缺受理: promised by a day no later than the item's own limit.
    let deferred = agent.post(&format!("{path}/materials/{deferrable}/defer"), json!({ "until": "2026-03-05" })).await.ok();
    let clock = |e: &Value, kind: &str| e["clocks"].as_array().expect("clocks").iter().rfind(|c| c["kind"] == kind).cloned().unwrap_or_default();
    assert_eq!(clock(&deferred, "deferral")["due_at"], "2026-03-05T17:00:00.000+08:00");

    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    clerk.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "handwritten", "evidence": "协议原件 12" } })).await.ok();
    agent.post(&format!("{path}/plan"), json!({})).await.ok();

    // The promise is broken: warned, breached, told; the material is still taken when it comes.
    app.set_clock("2026-03-06T10:00:00+08:00");
    app.tick().await;
    let story = agent.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(story.contains("已超容缺补交时限"), "{story}");
    let e = clerk.post(&format!("{path}/materials/{deferrable}/submit"), json!({ "note": "迟交一日" })).await.ok();
    let late = clock(&e, "deferral");
    assert_eq!((&late["state"], late["breached_at"].is_string()), (&json!("stopped"), true));
    for m in e["materials"].as_array().expect("materials") {
        agent.post(&format!("{path}/materials/{}/accept", text(&m["code"])), json!({})).await.ok();
    }

    // The authority has an account: it accepts, and decides; the agent files and fetches.
    agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "SP-1" })).await.ok();
    authority.post(&format!("{path}/steps/S1/accept"), json!({ "acceptance_no": "受理-88" })).await.ok();
    let before = clock(&agent.get(&path).await.ok(), "promise")["due_at"].clone();
    agent.post(&format!("{path}/request-extension"), json!({ "days": 5, "reason": "现场核查因台风推迟" })).await.ok();
    let e = manager.post(&format!("{path}/grant-extension"), json!({ "note": "同意" })).await.ok();
    assert_eq!(e["masked"], true);
    let e = agent.get(&path).await.ok();
    let after = clock(&e, "promise")["due_at"].clone();
    assert!(text(&after) > text(&before), "{before} {after}");
    authority.post(&format!("{path}/steps/S1/grant"), json!({ "result_no": "准-1" })).await.ok();
    for step in ["S2", "S3"] {
        agent.post(&format!("{path}/steps/{step}/file"), json!({ "receipt_no": "SP-2" })).await.ok();
        authority.post(&format!("{path}/steps/{step}/accept"), json!({ "acceptance_no": "受理-89" })).await.ok();
        authority.post(&format!("{path}/steps/{step}/grant"), json!({ "result_no": "准-2" })).await.ok();
    }
    agent.post(&format!("{path}/steps/S3/receive_result"), json!({})).await.ok();

    // The agent leaves; the portfolio goes to a colleague, who completes.
    let moved = manager.post(&format!("/users/{}/hand-over", user_id("rd_agent")), json!({ "to": user_id("rd_agent2"), "reason": "岗位调整" })).await.ok();
    assert_eq!(moved["items"].as_array().map(Vec::len), Some(1));
    agent.get(&path).await.expect(404);
    let next = app.as_user("rd_agent2");
    next.post(&format!("{path}/materials/{first}/return"), json!({ "receipt": "退件 3" })).await.ok();
    let done = json!({ "outcome": "granted", "note": "许可证已领取", "results": ["准-2"], "papers_returned": ["营业执照原件"] });
    next.post(&format!("{path}/complete"), done).await.ok();
    clerk.post(&format!("{path}/sign-completion"), json!({ "signature": { "method": "handwritten", "evidence": "办结单 21" } })).await.ok();
    let e = clerk.get(&path).await.ok();
    assert_eq!((&e["state"], &e["allowed_actions"].to_string().contains("reopen")), (&json!("closed"), &false));
    assert!(e["clocks"].as_array().expect("clocks").iter().all(|c| c["state"] == "stopped"), "nothing runs on");
    // The authority reads masked from now on: its part is done.
    assert_eq!(authority.get(&path).await.ok()["masked"], true);
    let told = app.stranger().get(&format!("/progress/{}?phone_last4=4321", text(&e["number"]))).await.ok().to_string();
    for part in ["办理期限延长", "已准予", "您已签收"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

async fn gongqingcheng_to_the_signed_termination(app: TestApp) {
    let (clerk, agent, manager) = (app.as_user("rd_clerk"), app.as_user("rd_agent"), app.as_user("rd_manager"));
    let mut form = application("partial_agency");
    form["steps"] = json!(["S1"]);
    let e = clerk.post("/entrustments", form).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    agent.post(&format!("{path}/draft-agreement"), json!({ "scope": "代为报送申请材料" })).await.ok();
    clerk.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "paper_scan", "evidence": "委托书扫描件 9" } })).await.ok();
    agent.post(&format!("{path}/plan"), json!({})).await.ok();
    agent.post(&format!("{path}/record-fee"), json!({ "name": "检验费", "amount": "300", "basis": "收费文件", "payee": "检验机构" })).await.ok();
    agent
        .post(
            &format!("{path}/progress"),
            json!({ "note": "场地未达到条件", "notify_applicant": true,
        "difficulty": { "what": "经营场所不符合布局要求", "blocker": "申请人", "since": "2026-03-01T09:00:00+08:00" } }),
        )
        .await
        .ok();
    manager.post(&format!("{path}/suspend"), json!({ "reason": "awaiting_applicant", "note": "等待整改", "days": 20 })).await.ok();
    // Suspended long enough, it is ended: both sign, the papers go back, and nothing runs on.
    app.set_clock("2026-03-16T10:00:00+08:00");
    agent.post(&format!("{path}/request-termination"), json!({ "reason": "conditions_not_met", "note": "场所不具备条件" })).await.ok();
    let scan = json!({ "papers_returned": true, "applicant_signature": { "method": "paper_scan", "evidence": "终止单扫描件 4" } });
    agent.post(&format!("{path}/sign-termination"), scan).await.ok();
    let e = agent.post(&format!("{path}/sign-termination"), json!({ "papers_returned": true })).await;
    let e = if e.status == 200 { e.ok() } else { clerk.get(&path).await.ok() };
    assert_eq!(e["state"], "terminated");
    assert!(e["clocks"].as_array().expect("clocks").iter().all(|c| c["state"] == "stopped"));
    assert_eq!((&e["fees"][0]["amount"], &e["agency_steps"]), (&json!("300"), &json!(["S1"])));
    let open = clerk.get("/evaluations").await.ok();
    assert!(open["items"].to_string().contains(text(&e["number"])), "an ended matter is rated, too");
}
