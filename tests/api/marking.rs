//! What staff set beside a matter: notes, marks, links, what is split from it; and the lists that filter by it.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted_matter, counter_application, on_both_engines, started_matter, text, user_id, water_application};

on_both_engines!(notes_are_read_by_whom_they_are_for, marks_filter_lists, matters_are_linked, a_matter_is_split, filters_page_like_lists);

async fn notes_are_read_by_whom_they_are_for(app: TestApp) {
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let clerk = app.as_user("city_clerk");
    let before = clerk.get(&path).await.ok()["version"].clone();
    clerk.post(&format!("{path}/notes"), json!({ "text": "内部：曾多次来电" })).await.ok();
    let noted = clerk.post(&format!("{path}/notes"), json!({ "text": "请备好原件", "audience": "applicant" })).await.ok();
    assert_eq!(noted["version"], before, "a note changes nothing");
    let own = app.as_user("ent_rudong").get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(own.contains("请备好原件") && !own.contains("曾多次来电"));
    let staff = clerk.get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(staff.contains("曾多次来电"));
    let masked = app.as_user("city_inspector").get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(!masked.contains("曾多次来电") && !masked.contains("请备好原件"));
    assert_eq!(app.as_user("ent_rudong").post(&format!("{path}/notes"), json!({ "text": "我来写" })).await.problem(403), "forbidden");
    assert_eq!(app.as_user("cc_clerk").post(&format!("{path}/notes"), json!({ "text": "我来写" })).await.problem(404), "not_found");
}

fn numbers(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|e| text(&e["number"])).collect()
}

async fn marks_filter_lists(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let first = accepted_matter(&app, "assisted").await;
    let second = clerk.post("/entrustments", counter_application("full_agency")).await.created();
    let mark = json!({ "priority": "urgent", "tags": ["绿色通道", "重大项目"] });
    let marked = clerk.post(&format!("/entrustments/{first}/mark"), mark).await.ok();
    assert_eq!((&marked["priority_label"], &marked["tags"]), (&json!("紧急"), &json!(["绿色通道", "重大项目"])));
    for wrong in [json!(["甲", "甲"]), json!([" 甲"]), json!([""]), json!(["长".repeat(21)])] {
        let refused = clerk.post(&format!("/entrustments/{first}/mark"), json!({ "priority": "normal", "tags": wrong })).await.expect(400).body;
        assert_eq!(refused["errors"][0]["pointer"].as_str().map(|p| p.starts_with("/tags")), Some(true), "{refused}");
    }
    let (one, two) = (text(&marked["number"]).to_owned(), text(&second["number"]).to_owned());
    let agent = user_id("rd_agent");
    let item = text(&second["item_id"]).to_owned();
    let both = [two.as_str(), one.as_str()];
    for (query, expected) in [
        ("priority=urgent".to_owned(), &[one.as_str()][..]),
        ("priority=normal&priority=urgent".into(), &both),
        ("tag=绿色通道".into(), &[&one]),
        ("tag=没有".into(), &[]),
        ("mode=full_agency".into(), &[&two]),
        ("channel=window".into(), &both),
        ("channel=app".into(), &[]),
        (format!("assignee_id={agent}"), &[&one]),
        ("unassigned=true".into(), &[&two]),
        (format!("item_id={item}&state=accepted"), &[&one]),
        ("division_code=320623000000&sort=created_at".into(), &[&one, &two]),
        ("overdue=true".into(), &[]),
        ("watched=true".into(), &[]),
        ("q=供水&mode=full_agency".into(), &[&two]),
        ("mode=assisted&page=1&page_size=10".into(), &[&one]),
    ] {
        let page = clerk.get(&format!("/entrustments?{query}")).await.ok();
        assert_eq!(numbers(&page), expected, "{query}");
        assert_eq!(page["has_more"], false, "{query}");
        // The same question shows a stranger nothing.
        assert_eq!(app.as_user("cc_clerk").get(&format!("/entrustments?{query}")).await.ok()["items"], json!([]), "{query}");
    }
    clerk.post(&format!("/entrustments/{first}/watch"), json!({})).await.ok();
    clerk.post(&format!("/entrustments/{first}/watch"), json!({})).await.ok();
    assert_eq!(numbers(&clerk.get("/entrustments?watched=true").await.ok()), [one.as_str()]);
    assert_eq!(app.as_user("rd_manager").get("/entrustments?watched=true").await.ok()["items"], json!([]));
    assert_eq!(app.as_user("rd_manager").post(&format!("/entrustments/{first}/unwatch"), json!({})).await.ok()["watching"], false);
    clerk.post(&format!("/entrustments/{first}/unwatch"), json!({})).await.ok();
    assert_eq!(clerk.get("/entrustments?watched=true").await.ok()["items"], json!([]));
    // The applicant is not shown how staff mark their matter.
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    app.as_user("city_clerk").post(&format!("{path}/mark"), json!({ "priority": "high", "tags": ["难缠"] })).await.ok();
    assert_eq!(app.as_user("ent_rudong").get(&path).await.ok()["tags"], json!([]));
    assert_eq!(app.as_user("ent_rudong").get("/entrustments?tag=难缠").await.ok()["items"], json!([]));
    app.set_clock("2026-03-20T10:00:00+08:00");
    assert_eq!(clerk.get("/entrustments?overdue=true").await.ok()["items"].as_array().map(Vec::len), Some(1));
}

async fn matters_are_linked(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let first = accepted_matter(&app, "assisted").await;
    let second = accepted_matter(&app, "assisted").await;
    let foreign = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    let link = format!("/entrustments/{first}/link");
    let linked = clerk.post(&link, json!({ "to": second, "kind": "prerequisite" })).await.ok();
    assert_eq!((text(&linked["items"][0]["entrustment"]["id"]), text(&linked["items"][0]["kind_label"])), (second.as_str(), "以之为前提"));
    for body in [
        json!({ "to": second, "kind": "related" }),
        json!({ "to": first, "kind": "related" }),
        json!({ "to": foreign["id"], "kind": "related" }),
        json!({ "to": "DB-none", "kind": "related" }),
        json!({ "to": second, "kind": "split" }),
    ] {
        assert_eq!(clerk.post(&link, body.clone()).await.problem(422), "rule_violation", "{body}");
    }
    let back = clerk.get(&format!("/entrustments/{second}/links")).await.ok();
    assert_eq!((text(&back["items"][0]["kind_label"]), &back["items"][0]["inbound"]), ("是其前提", &json!(true)));
    // Who cannot see the other matter does not see the link.
    app.as_user("rd_agent2").get(&format!("/entrustments/{first}/links")).await.expect(404);
    assert_eq!(clerk.post(&format!("/entrustments/{second}/unlink"), json!({ "to": first })).await.ok()["items"], json!([]));
    assert_eq!(clerk.post(&format!("/entrustments/{second}/unlink"), json!({ "to": first })).await.problem(422), "rule_violation");
}

async fn a_matter_is_split(app: TestApp) {
    let id = started_matter(&app).await;
    let agent = app.as_user("rd_agent");
    let limit = json!({ "value": 3, "unit": "working_day" });
    let step = |code: &str, after: Value| json!({ "code": code, "name": "步骤", "department": "如东县水务局", "limit": limit, "depends_on": after });
    let plan = json!({ "steps": [step("S1", json!([])), step("S2", json!(["S1"])), step("S3", json!(["S2"]))] });
    agent.post(&format!("/entrustments/{id}/plan"), plan).await.ok();
    let split = format!("/entrustments/{id}/split");
    for (steps, code) in
        [(json!(["S9"]), "unknown_step"), (json!(["S1"]), "needed_here"), (json!(["S1", "S2", "S3"]), "nothing_left"), (json!(["S3", "S3"]), "step_filed")]
    {
        let refused = agent.post(&split, json!({ "reason": "另行委托", "steps": steps })).await.expect(422).body;
        assert_eq!(refused["errors"][0]["code"], code);
    }
    let made = agent.post(&split, json!({ "reason": "另行委托", "steps": ["S3"], "item": "GD-320600-0001" })).await.created();
    assert_eq!((text(&made["state"]), text(&made["custodian"]["division_code"])), ("submitted", "320623000000"));
    let before = agent.get(&format!("/entrustments/{id}")).await.ok();
    let codes: Vec<&str> = before["steps"].as_array().expect("steps").iter().map(|s| text(&s["code"])).collect();
    assert_eq!(codes, ["S1", "S2"]);
    assert_eq!(before["applicant"]["id"], made["applicant"]["id"]);
    let clerk = app.as_user("rd_clerk");
    let links = clerk.get(&format!("/entrustments/{}/links", text(&made["id"]))).await.ok();
    assert_eq!((text(&links["items"][0]["entrustment"]["id"]), text(&links["items"][0]["kind_label"])), (id.as_str(), "拆分自"));
    assert_eq!(clerk.post(&format!("/entrustments/{id}/unlink"), json!({ "to": made["id"] })).await.problem(422), "rule_violation");
    let timeline = clerk.get(&format!("/entrustments/{id}/timeline")).await.ok().to_string();
    assert!(timeline.contains("拆分出") && timeline.contains(text(&made["number"])));
}

/// A filter pages to the same records as the whole list, in the same order, whatever the page size.
async fn filters_page_like_lists(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    for i in 0..12 {
        let e = clerk.post("/entrustments", counter_application(if i % 3 == 0 { "full_agency" } else { "assisted" })).await.created();
        if i % 2 == 0 {
            clerk.post(&format!("/entrustments/{}/mark", text(&e["id"])), json!({ "priority": "high", "tags": [] })).await.ok();
        }
    }
    for sort in ["-created_at", "created_at", "due_at", "-due_at"] {
        let all = clerk.get(&format!("/entrustments?sort={sort}&limit=100")).await.ok();
        let kept = |e: &&Value| e["mode"] == "assisted" && e["priority"] == "high";
        let expected: Vec<&str> = all["items"].as_array().expect("items").iter().filter(kept).map(|e| text(&e["number"])).collect();
        let mut found: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = clerk.get(&format!("/entrustments?sort={sort}&limit=2&mode=assisted&priority=high{cursor}")).await.ok();
            found.extend(numbers(&page).into_iter().map(str::to_owned));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(found, expected, "{sort}");
        assert_eq!(expected.len(), 4);
    }
}
