//! Many matters at once, and the worklist from which they are picked.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, accepted_matter, counter_application, on_both_engines, started_matter, text, water_application};

on_both_engines!(filters_are_saved, each_for_itself, all_or_none, a_worklist_is_what_is_mine, what_waits_for_others_than_agents, racing_bulk_actions);

async fn each_for_itself(app: TestApp) {
    let agent = app.as_user("rd_agent");
    let (mine, ready, foreign) = (started_matter(&app).await, accepted_matter(&app, "assisted").await, {
        let e = app.as_user("city_clerk").post("/entrustments", counter_application("assisted")).await.created();
        text(&e["id"]).to_owned()
    });
    let progress = |note: &str| json!({ "action": "progress", "body": { "note": note } });
    let items = json!([
        { "id": mine, "act": progress("已踏勘") },
        { "id": ready, "version": 99, "act": { "action": "start" } },
        { "id": foreign, "act": progress("看不见的件") },
        { "id": ready.to_uppercase(), "act": progress("还没开始") },
    ]);
    let reply = agent.post_with("/entrustments/bulk", &[("idempotency-key", "bulk-1")], json!({ "items": items })).await.expect(207);
    assert_eq!((&reply.body["succeeded"], &reply.body["failed"]), (&json!(1), &json!(3)), "{}", reply.text);
    let statuses: Vec<i64> = reply.body["items"].as_array().expect("items").iter().filter_map(|i| i["status"].as_i64()).collect();
    assert_eq!(statuses, [200, 412, 404, 409], "in the order of the request");
    assert_eq!(reply.body["items"][0]["state"], "in_progress");
    assert!(reply.body["items"][3]["problem"]["allowed_actions"].is_array(), "a 409 says what may be done");
    // The same key: the same answer, and nothing twice.
    let again = agent.post_with("/entrustments/bulk", &[("idempotency-key", "bulk-1")], json!({ "items": items })).await.expect(207);
    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &reply.body));
    let story = agent.get(&format!("/entrustments/{mine}/timeline")).await.ok().to_string();
    assert_eq!(story.matches("entrustment.progressed").count(), 1);
    // The shape of every act is checked before any is done.
    let wrong = json!({ "items": [{ "id": mine, "act": progress("好的") }, { "id": ready, "act": progress("x") }] });
    let refused = agent.post("/entrustments/bulk", wrong).await.expect(400);
    assert_eq!(refused.body["errors"][0]["pointer"], "/items/1/act/body/note");
    for items in [json!([]), json!([{ "id": mine, "act": progress("甲乙") }, { "id": mine, "act": progress("丙丁") }])] {
        assert_eq!(agent.post("/entrustments/bulk", json!({ "items": items })).await.expect(400).body["errors"][0]["pointer"], "/items");
    }
    // One matter under its id and its number is one matter.
    let number = agent.get(&format!("/entrustments/{mine}")).await.ok()["number"].clone();
    let twice = json!({ "items": [{ "id": mine, "act": progress("甲乙") }, { "id": number, "act": progress("丙丁") }] });
    assert_eq!(agent.post("/entrustments/bulk", twice).await.expect(207).body["succeeded"], 1);
    let many: Vec<Value> = (0..101).map(|n| json!({ "id": format!("DB-{n}"), "act": progress("好的") })).collect();
    agent.post("/entrustments/bulk", json!({ "items": many })).await.expect(400);
}

async fn all_or_none(app: TestApp) {
    let agent = app.as_user("rd_agent");
    let (started, accepted) = (started_matter(&app).await, accepted_matter(&app, "full_agency").await);
    let items = json!([
        { "id": started, "act": { "action": "progress", "body": { "note": "已踏勘" } } },
        { "id": accepted, "act": { "action": "start" } },
    ]);
    let refused = agent.post("/entrustments/bulk", json!({ "atomic": true, "items": items })).await.expect(409);
    assert_eq!(refused.body["errors"][0]["pointer"], "/items/1");
    let story = agent.get(&format!("/entrustments/{started}/timeline")).await.ok().to_string();
    assert!(!story.contains("progressed"), "the first act is undone with the second");
    let dry = agent
        .post("/entrustments/bulk?dry_run=true", json!({ "items": [{ "id": started, "act": { "action": "progress", "body": { "note": "试运行" } } }] }))
        .await;
    assert_eq!(dry.expect(200).body["succeeded"], 1);
    assert!(!agent.get(&format!("/entrustments/{started}/timeline")).await.ok().to_string().contains("progressed"));
}

async fn what_waits_for_others_than_agents(app: TestApp) {
    let (company, clerk, agent) = (app.as_user("ent_rudong"), app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let mut application = crate::support::water_application();
    application["center"] = json!("320623000000");
    let id = text(&company.post("/entrustments", application).await.created()["id"]).to_owned();
    let path = format!("/entrustments/{id}");
    let mine = || async { company.get("/me/worklist").await.ok()["items"].as_array().map(Vec::len) };
    assert_eq!(mine().await, Some(0));
    let mut body = crate::support::accepted();
    body["assignee_id"] = json!(crate::support::user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    // An agreement to sign, a promise to keep, a notice to meet: each is the applicant's to do.
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    assert_eq!(mine().await, Some(1));
    company.post(&format!("{path}/sign-agreement"), json!({ "signature": { "method": "online" } })).await.ok();
    assert_eq!(mine().await, Some(0));
    agent.post(&format!("{path}/materials/M4/defer"), json!({ "until": "2026-03-05" })).await.ok();
    assert_eq!(mine().await, Some(1));
    // A date that was mistyped is corrected.
    let e = agent.post(&format!("{path}/materials/M4/defer"), json!({ "until": "2026-03-04" })).await.ok();
    assert_eq!(e["clocks"].as_array().expect("clocks").iter().filter(|c| c["kind"] == "deferral" && c["state"] == "running").count(), 1);
    company.post(&format!("{path}/materials/M4/submit"), json!({ "note": "图纸" })).await.ok();
    assert_eq!(mine().await, Some(0));
    agent.post(&format!("{path}/one-time-notice"), json!({ "items": [{ "code": "M1", "what": "缺签字", "how": "补签" }] })).await.ok();
    assert_eq!(mine().await, Some(1));
    // A home visit waits for the desk, then for who goes.
    let visit = json!({ "center": "320623000000", "reason": "key_enterprise", "contact": { "name": "联系人甲", "phone": "13900000001" }, "address": "掘港街道 1 号", "request": "现场踏勘" });
    let visit = company.post("/home-visits", visit).await.created();
    assert_eq!(clerk.get("/me/worklist?kind=home_visit&bucket=incoming").await.ok()["items"][0]["id"], visit["id"]);
    let arranged = json!({ "start": "2026-03-04T14:00:00+08:00", "end": "2026-03-04T15:00:00+08:00", "visitor_ids": [crate::support::user_id("rd_agent")] });
    clerk.post(&format!("/home-visits/{}/arrange", text(&visit["id"])), arranged).await.ok();
    assert_eq!(agent.get("/me/worklist?kind=home_visit").await.ok()["items"][0]["id"], visit["id"]);
    assert_eq!(clerk.get("/me/worklist?kind=home_visit").await.ok()["items"].as_array().map(Vec::len), Some(0));
}

async fn a_worklist_is_what_is_mine(app: TestApp) {
    let (agent, clerk, county) = (app.as_user("rd_agent"), app.as_user("city_clerk"), app.as_user("rd_clerk"));
    let mine = started_matter(&app).await;
    let company = app.as_user("ent_rudong");
    let offered = text(&company.post("/entrustments", water_application()).await.created()["id"]).to_owned();
    let list = clerk.get("/me/worklist?bucket=incoming").await.ok();
    assert_eq!((&list["items"][0]["id"], &list["counts"]["incoming"]), (&json!(offered), &json!(1)));
    clerk.post(&format!("/entrustments/{offered}/transfer"), json!({ "to": "auto", "applicant_consent": true })).await.created();
    // The receiver must answer; the sender waits.
    let list = county.get("/me/worklist?bucket=incoming&kind=transfer").await.ok();
    assert_eq!((&list["items"][0]["kind"], &list["items"][0]["state"]), (&json!("transfer"), &json!("offered")));
    assert_eq!(clerk.get("/me/worklist?kind=transfer").await.ok()["items"], json!([]));
    // The agent sees what is assigned to them; another agent of the center nothing.
    let ids = |list: &Value| list["items"].as_array().expect("items").iter().map(|i| text(&i["id"]).to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&agent.get("/me/worklist").await.ok()), [mine.as_str()]);
    assert_eq!(app.as_user("rd_agent2").get("/me/worklist").await.ok()["counts"]["open"], 0);
    // The applicant's turn comes with the completion.
    assert_eq!(company.get("/me/worklist").await.ok()["items"], json!([]));
    // Buckets follow the deadline of the matter.
    let e = county.post("/entrustments", counter_application("assisted")).await.created();
    let overdue = |list: &Value| (list["counts"]["overdue"].clone(), list["counts"]["today"].clone(), list["counts"]["soon"].clone());
    assert_eq!(overdue(&county.get("/me/worklist").await.ok()), (json!(0), json!(0), json!(2)), "matter and offer are due tomorrow");
    app.set_clock("2026-03-03T08:00:00+08:00");
    assert_eq!(overdue(&county.get("/me/worklist").await.ok()), (json!(0), json!(2), json!(0)));
    app.set_clock("2026-03-04T08:00:00+08:00");
    let late = county.get("/me/worklist?bucket=overdue&kind=entrustment").await.ok();
    assert_eq!((ids(&late), &late["items"][0]["overdue"]), (vec![text(&e["id"]).to_owned()], &json!(true)));
    // A page after a page, nothing twice.
    for _ in 0..5 {
        county.post("/entrustments", counter_application("assisted")).await.created();
    }
    let (mut seen, mut path) = (Vec::new(), "/me/worklist?limit=2".to_owned());
    loop {
        let page = county.get(&path).await.ok();
        seen.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/me/worklist?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let all = county.get("/me/worklist?limit=200").await.ok();
    assert_eq!((seen.clone(), json!(seen.len())), (ids(&all), all["counts"]["open"].clone()));
    county.post(&format!("/entrustments/{}/accept", text(&e["id"])), accepted()).await.ok();
    app.stranger().get("/me/worklist").await.expect(401);
}

/// Two bulk actions over the same matters in opposite order: each matter starts once, and nobody waits for ever.
async fn racing_bulk_actions(app: TestApp) {
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(accepted_matter(&app, "assisted").await);
    }
    let body = |ids: &[String]| json!({ "items": ids.iter().map(|id| json!({ "id": id, "act": { "action": "start" } })).collect::<Vec<_>>() });
    let mut backwards = ids.clone();
    backwards.reverse();
    let agent = app.as_user("rd_agent");
    let (one, other) = futures_util::join!(agent.post("/entrustments/bulk", body(&ids)), agent.post("/entrustments/bulk", body(&backwards)));
    let done = |r: &Value| r["succeeded"].as_i64().unwrap_or(0);
    assert_eq!(done(&one.expect(207).body) + done(&other.expect(207).body), 4);
}

async fn filters_are_saved(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let body = |name: &str, query: &str| json!({ "name": name, "list": "entrustments", "query": query });
    for wrong in ["state=nonsense", "colour=red", "cursor=x", "sort=name", "overdue=maybe"] {
        let refused = clerk.post("/saved-filters", body("甲", wrong)).await.expect(400).body;
        assert_eq!(refused["errors"][0]["pointer"], "/query", "{wrong}");
    }
    let saved = clerk.post("/saved-filters", body("甲", "open=true&tag=重大项目")).await.created();
    clerk.get(text(&saved["href"])).await.ok();
    assert_eq!(clerk.post("/saved-filters", body("甲", "open=false")).await.problem(422), "rule_violation");
    let path = format!("/saved-filters/{}", text(&saved["id"]));
    // They are mine alone.
    let other = app.as_user("rd_agent");
    assert_eq!(other.get("/saved-filters").await.ok()["items"], json!([]));
    assert_eq!(other.get(&path).await.problem(404), "not_found");
    let tag = [("if-match", "\"1\"")];
    assert_eq!(other.put_with(&path, &tag, body("乙", "")).await.problem(404), "not_found");
    assert_eq!(clerk.put_with(&path, &tag, body("乙", "open=false")).await.ok()["version"], 2);
    assert_eq!(clerk.put_with(&path, &tag, body("丙", "")).await.problem(412), "stale_version");
    let removal = |version: &'static str| clerk.request(actix_web::http::Method::DELETE, &path).insert_header(("if-match", version));
    assert_eq!(app.send(removal("\"1\"")).await.problem(412), "stale_version");
    app.send(removal("\"2\"")).await.expect(204);
    assert_eq!(clerk.get("/saved-filters").await.ok()["items"], json!([]));
}
