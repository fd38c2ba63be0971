//! The registry: who finds an applicant, who acts for them and no longer, and duplicates made one.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, counter_application, fixed, on_both_engines, text, water_application};

on_both_engines!(
    a_company_bears_another_name,
    an_applicant_is_found_and_corrected,
    a_mandate_blocks_when_it_ends,
    an_account_acts_within_its_mandate,
    duplicates_become_one,
    racing_merges_and_revocations,
);

fn by_passport() -> Value {
    let mut body = counter_application("assisted");
    body["applicant"] = json!({ "kind": "natural_person", "name": "测试申请人", "id_type": "passport", "id_number": "E12345678" });
    body
}

fn by_citizen_id() -> Value {
    let mut body = counter_application("assisted");
    body["applicant"] = json!({ "kind": "natural_person", "name": "测试申请人", "id_type": "citizen_id", "id_number": "440781198506151231" });
    body
}

async fn a_company_bears_another_name(app: TestApp) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let mut application = crate::support::counter_application("assisted");
    let e = clerk.post("/entrustments", application.clone()).await.created();
    let path = format!("/applicants/{}", text(&e["applicant"]["id"]));
    application["applicant"]["name"] = json!("南通新名演示有限公司");
    assert_eq!(clerk.post("/entrustments", application.clone()).await.expect(422).body["errors"][0]["code"], "identity_mismatch");
    let renamed = json!({ "name": "南通新名演示有限公司", "evidence": "变更登记 118" });
    clerk.post(&format!("{path}/rename"), renamed.clone()).await.expect(403);
    let r = manager.post(&format!("{path}/rename"), renamed.clone()).await.ok();
    assert_eq!((&r["applicant"]["name"], &r["former_names"][0]["name"]), (&json!("南通新名演示有限公司"), &json!("南通柜台演示有限公司")));
    assert_eq!(manager.post(&format!("{path}/rename"), renamed).await.expect(422).body["errors"][0]["code"], "same_name");
    // The counter takes it in under the new name, as the same applicant; the old matter keeps its name.
    let again = clerk.post("/entrustments", application).await.created();
    assert_eq!(again["applicant"]["id"], e["applicant"]["id"]);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM audit_log WHERE action = 'rename'").await, 1);
}

async fn an_applicant_is_found_and_corrected(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", by_citizen_id()).await.created();
    let id = text(&e["applicant"]["id"]).to_owned();
    for q in ["440781198506151231", "测试申请人", "13900005678"] {
        let found = clerk.post("/applicants/search", json!({ "q": q })).await.ok();
        assert_eq!(found["items"][0]["id"], id.as_str(), "{q}");
        // Another center learns nothing, not even that there is somebody; a masked view confirms nobody.
        for login in ["cc_clerk", "rd_manager"] {
            assert_eq!(app.as_user(login).post("/applicants/search", json!({ "q": q })).await.ok()["items"], json!([]), "{login} {q}");
        }
    }
    app.as_user("cc_clerk").get(&format!("/applicants/{id}")).await.expect(404);
    let masked = app.as_user("rd_manager").get(&format!("/applicants/{id}")).await.ok();
    assert_eq!((&masked["applicant"]["name"], &masked["masked"], &masked["allowed_actions"]), (&json!("测****"), &json!(true), &json!(["rename", "merge"])));
    let record = clerk.get(&format!("/applicants/{id}")).await.ok();
    assert_eq!(record["allowed_actions"], json!(["edit", "empower"]));
    let edit = json!({ "division_code": "320623000000", "address": "掘港街道", "flags": ["elderly_disabled"], "contacts": [{ "name": "家属甲", "phone": "13900007777" }] });
    assert_eq!(clerk.put_with(&format!("/applicants/{id}"), &[], edit.clone()).await.problem(428), "precondition_required");
    let etag = format!("\"{}\"", record["version"]);
    let edited = clerk.put_with(&format!("/applicants/{id}"), &[("if-match", &etag)], edit.clone()).await.ok();
    assert_eq!((&edited["contacts"][0]["phone"], &edited["applicant"]["flags"]), (&json!("13900007777"), &json!(["elderly_disabled"])));
    assert_eq!(clerk.put_with(&format!("/applicants/{id}"), &[("if-match", &etag)], edit).await.problem(412), "stale_version");
    let masked = app.as_user("rd_manager").get(&format!("/applicants/{id}")).await.ok();
    assert_eq!(masked["contacts"][0], json!({ "name": "家**", "phone": "139****7777" }));
    // What qualifies for agency is not for the applicant to say.
    let company = fixed("applicant", "ent_rudong");
    let own = app.as_user("ent_rudong").get(&format!("/applicants/{company}")).await.ok();
    let etag = format!("\"{}\"", own["version"]);
    let change = |flags: Value| json!({ "division_code": "320623000000", "flags": flags });
    let path = format!("/applicants/{company}");
    let refused = app.as_user("ent_rudong").put_with(&path, &[("if-match", &etag)], change(json!(["major_investment"]))).await.expect(422).body;
    assert_eq!(refused["errors"][0]["code"], "staff_only");
    app.as_user("ent_rudong").put_with(&path, &[("if-match", &etag)], change(own["applicant"]["flags"].clone())).await.ok();
    // The history of matters is a list like any other.
    clerk.post("/entrustments", by_citizen_id()).await.created();
    clerk.post("/entrustments", counter_application("assisted")).await.created();
    let history = clerk.get(&format!("/entrustments?applicant_id={id}")).await.ok();
    assert_eq!(history["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(app.as_user("cc_clerk").get(&format!("/entrustments?applicant_id={id}")).await.ok()["items"], json!([]));
}

async fn a_mandate_blocks_when_it_ends(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", counter_application("full_agency")).await.created();
    let applicant = text(&e["applicant"]["id"]).to_owned();
    let give = |body: Value| async {
        let body = body;
        clerk.post(&format!("/applicants/{applicant}/mandates"), body).await
    };
    let wrong = give(json!({ "agent_name": "甲", "agent_phone": "1", "evidence": "书", "valid_from": "2026-05-01", "valid_until": "2026-04-01" }))
        .await
        .expect(400)
        .body;
    assert_eq!(wrong["errors"].as_array().map(Vec::len), Some(2), "{wrong}");
    let base = json!({ "agent_name": "经办人甲", "agent_phone": "13900000011", "evidence": "委托书 1" });
    let with = |extra: Value| {
        let mut body = base.clone();
        body.as_object_mut().expect("object").extend(extra.as_object().cloned().unwrap_or_default());
        body
    };
    assert_eq!(give(with(json!({ "valid_until": "2026-02-01" }))).await.problem(422), "rule_violation");
    assert_eq!(give(with(json!({ "items": ["nothing"] }))).await.problem(422), "rule_violation");
    assert_eq!(give(with(json!({ "agent_id_number": "440781198506151230" }))).await.problem(422), "rule_violation");
    let mandate = give(with(json!({ "items": ["GS-320623-0001"], "valid_until": "2026-03-20" }))).await.created();
    let id = text(&mandate["id"]).to_owned();
    let other = give(with(json!({ "items": ["GD-320600-0001"] }))).await.created();
    let mut body = counter_application("full_agency");
    body["mandate_id"] = other["id"].clone();
    assert_eq!(clerk.post("/entrustments", body.clone()).await.problem(422), "rule_violation");
    body["mandate_id"] = json!(id);
    let matter = clerk.post("/entrustments", body).await.created();
    let path = format!("/entrustments/{}", text(&matter["id"]));
    assert_eq!(matter["acting_agent"]["name"], "经办人甲");
    assert_eq!(app.as_user("rd_manager").get(&path).await.ok()["acting_agent"]["name"], "经***");
    clerk.post(&format!("/mandates/{id}/revoke"), json!({ "reason": "经办人离职" })).await.ok();
    assert_eq!(clerk.post(&format!("/mandates/{id}/revoke"), json!({ "reason": "经办人离职" })).await.problem(409), "state_conflict");
    // Nothing goes on under it: what is offered says so, and what is tried is refused.
    let now = clerk.get(&path).await.ok();
    assert_eq!(now["acting_agent"]["state"], "revoked");
    let offered: Vec<&str> = now["allowed_actions"].as_array().expect("list").iter().map(text).collect();
    assert!(!offered.contains(&"accept") && offered.contains(&"name_agent") && offered.contains(&"withdraw"), "{offered:?}");
    let refused = clerk.post(&format!("{path}/accept"), accepted()).await.expect(409).body;
    assert!(text(&refused["detail"]).contains("授权委托"));
    clerk.post(&format!("{path}/name-agent"), json!({})).await.ok();
    clerk.post(&format!("{path}/accept"), accepted()).await.ok();
    let timeline = clerk.get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(timeline.contains("改由申请人本人办理"), "{timeline}");
    assert_eq!(app.as_user("cc_clerk").get(&format!("/mandates/{id}")).await.problem(404), "not_found");
}

async fn an_account_acts_within_its_mandate(app: TestApp) {
    jieli::cli::load_demo_matters(&app.db).await.expect("matters");
    let agent = app.as_user("ent_rudong_agent");
    let company = fixed("applicant", "ent_rudong");
    assert!(agent.get("/me").await.ok()["id"].is_string());
    let matter = agent.post("/entrustments", water_application()).await.created();
    let path = format!("/entrustments/{}", text(&matter["id"]));
    assert_eq!((&matter["applicant"]["id"], &matter["acting_agent"]["name"]), (&json!(company), &json!("企业经办人甲")));
    // Who acts under a mandate reads their own in clear, and of the other agents what a masked reader does.
    let mandate_of = |name: &str| format!("/mandates/{}", fixed("mandate", name));
    let (own, other) = (agent.get(&mandate_of("企业经办人甲")).await.ok(), agent.get(&mandate_of("企业经办人乙")).await.ok());
    assert_eq!((&own["agent_name"], &own["evidence"]), (&json!("企业经办人甲"), &json!("授权委托书")));
    assert_eq!((&other["agent_name"], &other["agent_phone"], other.get("evidence")), (&json!("企****"), &json!("139****0012"), None));
    // The agent may act, and may neither correct the company's record nor empower others.
    let record = agent.get(&format!("/applicants/{company}")).await.ok();
    assert_eq!(record["allowed_actions"], json!([]));
    let body = json!({ "agent_name": "再委托", "agent_phone": "13900000099", "evidence": "无" });
    agent.post(&format!("/applicants/{company}/mandates"), body.clone()).await.expect(400);
    let body = json!({ "agent_name": "再委托", "agent_phone": "13900000099", "evidence": "无此书面" });
    assert_eq!(agent.post(&format!("/applicants/{company}/mandates"), body).await.problem(403), "forbidden");
    agent.post(&format!("{path}/materials/M1/submit"), json!({ "note": "复印件" })).await.ok();
    // The company takes the mandate back: its account sees and does nothing from that moment on.
    let mandate = fixed("mandate", "企业经办人甲");
    app.as_user("ent_rudong").post(&format!("/mandates/{mandate}/revoke"), json!({ "reason": "离职" })).await.ok();
    assert_eq!(agent.get(&path).await.status, 404);
    assert_eq!(agent.post("/entrustments", water_application()).await.problem(403), "forbidden");
    assert_eq!(agent.get("/entrustments").await.problem(403), "forbidden");
    // A last day is a last day: the worker ends it the day after, once.
    let body =
        json!({ "agent_name": "企业经办人甲", "agent_phone": "13900000011", "evidence": "新委托书", "valid_until": "2026-03-04", "login": "ent_rudong_agent" });
    let new = app.as_user("ent_rudong").post(&format!("/applicants/{company}/mandates"), body.clone()).await.created();
    assert_eq!(agent.get(&path).await.status, 200);
    assert_eq!(app.as_user("ent_rudong").post(&format!("/applicants/{company}/mandates"), body).await.problem(422), "rule_violation");
    app.set_clock("2026-03-04T18:00:00+08:00");
    app.tick().await;
    assert_eq!(agent.get(&path).await.status, 200);
    app.set_clock("2026-03-05T00:00:01+08:00");
    assert_eq!(agent.post(&format!("{path}/materials/M2/submit"), json!({})).await.problem(409), "state_conflict");
    app.tick().await;
    assert_eq!(agent.get(&path).await.status, 404);
    let ended = app.as_user("ent_rudong").get(&format!("/mandates/{}", text(&new["id"]))).await.ok();
    assert_eq!((&ended["state"], &ended["holds"]), (&json!("expired"), &json!(false)));
}

async fn duplicates_become_one(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let first = clerk.post("/entrustments", by_passport()).await.created();
    let second = clerk.post("/entrustments", by_citizen_id()).await.created();
    let (gone, stays) = (text(&first["applicant"]["id"]).to_owned(), text(&second["applicant"]["id"]).to_owned());
    let contact = json!({ "flags": ["livelihood"], "contacts": [{ "name": "家属甲", "phone": "13900007777" }] });
    clerk.put_with(&format!("/applicants/{gone}"), &[("if-match", "\"1\"")], contact).await.ok();
    let manager = app.as_user("rd_manager");
    let body = json!({ "into": stays, "reason": "同一人先后以护照和身份证登记" });
    assert_eq!(clerk.post(&format!("/applicants/{gone}/merge"), body.clone()).await.problem(403), "forbidden");
    let itself = json!({ "into": gone, "reason": "同一人先后登记" });
    assert_eq!(manager.post(&format!("/applicants/{gone}/merge"), itself).await.problem(422), "rule_violation");
    let company = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let other = json!({ "into": company["applicant"]["id"], "reason": "不是同一类申请人" });
    assert_eq!(manager.post(&format!("/applicants/{gone}/merge"), other).await.problem(422), "rule_violation");
    let merged = manager.post(&format!("/applicants/{gone}/merge"), body.clone()).await.ok();
    assert_eq!((&merged["id"], &merged["applicant"]["flags"]), (&json!(stays), &json!(["livelihood"])));
    assert_eq!(manager.post(&format!("/applicants/{gone}/merge"), body).await.problem(409), "state_conflict");
    let history = clerk.get(&format!("/entrustments?applicant_id={stays}")).await.ok();
    assert_eq!(history["items"].as_array().map(Vec::len), Some(2));
    let moved = clerk.get(&format!("/entrustments/{}", text(&first["id"]))).await.ok();
    assert_eq!((&moved["applicant"]["id"], &moved["applicant"]["id_type"]), (&json!(stays), &json!("citizen_id")));
    let old = clerk.get(&format!("/applicants/{gone}")).await.ok();
    assert_eq!((&old["merged_into"], &old["allowed_actions"]), (&json!(stays), &json!([])));
    // Whoever comes with the passport again is the one record.
    let third = clerk.post("/entrustments", by_passport()).await.created();
    assert_eq!(third["applicant"]["id"], stays.as_str());
    assert_eq!(app.count("SELECT count(*) AS value FROM audit_log WHERE action = 'merge'").await, 1);
    // The record that stayed is merged in turn: whoever comes with the first identity is the last record.
    let mut other = by_passport();
    other["applicant"]["id_type"] = json!("other");
    let last = text(&clerk.post("/entrustments", other).await.created()["applicant"]["id"]).to_owned();
    manager.post(&format!("/applicants/{stays}/merge"), json!({ "into": last, "reason": "又是同一申请人" })).await.ok();
    assert_eq!(clerk.post("/entrustments", by_passport()).await.created()["applicant"]["id"], last.as_str());
    assert_eq!(clerk.get(&format!("/applicants/{gone}")).await.ok()["merged_into"], last.as_str());
    let found = clerk.post("/applicants/search", json!({ "q": "440781198506151231" })).await.ok();
    assert_eq!((&found["items"][0]["id"], found["items"].as_array().map(Vec::len)), (&json!(last), Some(1)));
    assert_eq!(app.count("SELECT count(*) AS value FROM access WHERE subject LIKE 'applicant:%' AND record_id IN (SELECT id FROM entrustments WHERE applicant_id IN (SELECT id FROM applicants WHERE merged_into IS NOT NULL))").await, 0);
}

async fn racing_merges_and_revocations(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let first = clerk.post("/entrustments", by_passport()).await.created();
    let second = clerk.post("/entrustments", by_citizen_id()).await.created();
    let (a, b) = (text(&first["applicant"]["id"]).to_owned(), text(&second["applicant"]["id"]).to_owned());
    // Two managers merge the two records into each other: one wins, the other is told, and no circle is left.
    let (near, far) = (app.as_user("rd_manager"), app.as_user("city_manager"));
    let (ab, ba) = (format!("/applicants/{a}/merge"), format!("/applicants/{b}/merge"));
    let (x, y) =
        futures_util::join!(near.post(&ab, json!({ "into": b, "reason": "同一人两次登记" })), far.post(&ba, json!({ "into": a, "reason": "同一人两次登记" })));
    let mut answers = [x.status, y.status];
    answers.sort_unstable();
    assert!(answers == [200, 409] || answers == [200, 422], "{} {}", x.text, y.text);
    assert_eq!(app.count("SELECT count(*) AS value FROM applicants WHERE merged_into IS NOT NULL").await, 1);
    let stays = if x.status == 200 { &b } else { &a };
    let body = json!({ "agent_name": "经办人甲", "agent_phone": "13900000011", "evidence": "委托书 1" });
    let mandate = clerk.post(&format!("/applicants/{stays}/mandates"), body).await.created();
    let revoke = format!("/mandates/{}/revoke", text(&mandate["id"]));
    let tries = futures_util::future::join_all((0..10).map(|_| clerk.post(&revoke, json!({ "reason": "撤销委托" })))).await;
    assert_eq!(tries.iter().filter(|r| r.status == 200).count(), 1);
    assert!(tries.iter().all(|r| matches!(r.status, 200 | 409 | 412)));
}
