//! Open comments: found in Chinese without whom they name, tagged, and counted as what they have in common.

use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, text, water_application};

on_both_engines!(
    what_came_otherwise_is_recorded_apart,
    comments_are_found_without_whom_they_name,
    what_many_say_is_a_common_problem,
    the_rated_leader_is_not_told
);

const CITY: &str = "320600000000";

/// A matter of the county that was withdrawn and rated so.
async fn rated(app: &TestApp, grade: &str, comment: &str) -> Value {
    let company = app.as_user("ent_rudong");
    let mut asked = water_application();
    asked["center"] = json!("320623000000");
    let e = company.post("/entrustments", asked).await.created();
    company.post(&format!("/entrustments/{}/withdraw", text(&e["id"])), json!({ "reason": "暂不需要" })).await.ok();
    let open = company.get("/evaluations?state=open").await.ok();
    app.stranger().post(text(&open["items"][0]["link"]), json!({ "grade": grade, "comment": comment })).await.ok();
    e
}

async fn comments_are_found_without_whom_they_name(app: TestApp) {
    let e = rated(&app, "dissatisfied", "排队等了两小时，跑了三趟，联系人张三丰电话13912345678，没有一次性告知").await;
    rated(&app, "very_satisfied", "窗口人员热情，很方便").await;
    rated(&app, "satisfied", "").await;
    let (inspector, manager) = (app.as_user("city_inspector"), app.as_user("rd_manager"));
    let all = inspector.get("/open-comments").await.ok();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2), "without words there is no comment: {all}");
    assert!(!all.to_string().contains("13912345678") && !all.to_string().contains("张三丰"), "{all}");
    let found = manager.get("/open-comments?q=%E4%B8%80%E6%AC%A1%E6%80%A7%E5%91%8A%E7%9F%A5").await.ok();
    let c = &found["items"][0];
    assert_eq!((found["items"].as_array().map(Vec::len), &c["number"], &c["grade"]), (Some(1), &e["number"], &json!("dissatisfied")));
    assert_eq!(c["tags"], json!(["waiting", "visits", "not_told_once"]));
    assert_eq!(manager.get("/open-comments?q=%E5%BC%A0%E4%B8%89%E4%B8%B0").await.ok()["items"], json!([]), "nobody is found by name");
    for (filter, count) in [("tag=visits", 1), ("tag=praise", 1), ("is_bad=true", 1), ("grade=satisfied", 0), ("reviewed=true", 0), ("tag=fees", 9)] {
        let found = manager.get(&format!("/open-comments?{filter}")).await;
        match count {
            9 => assert_eq!(found.status, 400, "{filter}"),
            _ => assert_eq!(found.ok()["items"].as_array().map(Vec::len), Some(count), "{filter}"),
        }
    }
    // Whoever does not answer for the center reads none; another county's leader finds none.
    assert_eq!(app.as_user("rd_clerk").get("/open-comments").await.ok()["items"], json!([]), "the counter finds what it recorded");
    app.as_user("rd_agent").get("/open-comments").await.expect(403);
    let at = format!("/open-comments/{}", text(&c["id"]));
    app.as_user("rd_clerk").get(&at).await.expect(404);
    let tags = json!({ "tags": ["waiting"], "labels": ["午休无人"] });
    assert_eq!(manager.put_with(&at, &[], tags.clone()).await.status, 428);
    let bad = json!({ "tags": ["waiting"], "labels": [" 长", "好"] });
    assert_eq!(manager.put_with(&at, &[("if-match", "\"1\"")], bad).await.status, 400);
    let t = manager.put_with(&at, &[("if-match", "\"1\"")], tags.clone()).await.ok();
    assert_eq!((&t["tags"], &t["labels"], &t["is_reviewed"], &t["version"]), (&json!(["waiting"]), &json!(["午休无人"]), &json!(true), &json!(2)));
    assert_eq!(manager.put_with(&at, &[("if-match", "\"1\"")], tags).await.status, 412);
    let labelled = "/open-comments?label=%E5%8D%88%E4%BC%91%E6%97%A0%E4%BA%BA";
    assert_eq!(inspector.get(labelled).await.ok()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(inspector.get("/open-comments?tag=visits").await.ok()["items"], json!([]), "what somebody read replaces what the words gave away");
    // The city's leader reads what is below and leaves the tagging to others.
    let read = app.as_user("city_manager").get(&at).await.ok();
    assert_eq!(read["allowed_actions"], json!([]));
}

/// Whoever is rated does not read, nor tag, what somebody without a name said of them.
async fn the_rated_leader_is_not_told(app: TestApp) {
    let (manager, inspector) = (app.as_user("rd_manager"), app.as_user("city_inspector"));
    let occasion = json!({ "service_no": "C-1", "kind": "counter", "staff_id": crate::support::user_id("rd_manager"), "contact": { "name": "联系人丁", "phone": "13900001111" } });
    let occasion = app.as_user("rd_clerk").post("/service-occasions", occasion).await.created();
    let rating = json!({ "grade": "very_dissatisfied", "comment": "我是联系人丁，排队太久" });
    app.stranger().post(text(&occasion["link"]), rating).await.ok();
    let seen = inspector.get("/open-comments?tag=waiting").await.ok();
    let comment = &seen["items"][0];
    assert!(!seen.to_string().contains("联系人丁") && text(&comment["text"]).contains("排队太久"), "{seen}");
    let at = format!("/open-comments/{}", text(&comment["id"]));
    assert_eq!(manager.get("/open-comments?tag=waiting").await.ok()["items"], json!([]));
    manager.get(&at).await.expect(404);
    manager.put_with(&at, &[("if-match", "\"1\"")], json!({ "tags": ["praise"] })).await.expect(404);
    let problems = manager.get("/common-problems?from=2026-03-01&to=2026-04-01&least=1").await.ok();
    assert!(!problems.to_string().contains("排队太久"), "{problems}");
    inspector.get(&at).await.ok();
}

async fn what_many_say_is_a_common_problem(app: TestApp) {
    rated(&app, "dissatisfied", "排队太久，系统打不开").await;
    rated(&app, "very_dissatisfied", "等候一上午").await;
    rated(&app, "basically_satisfied", "网站登录不了").await;
    rated(&app, "very_satisfied", "感谢耐心讲解").await;
    let inspector = app.as_user("city_inspector");
    let all = inspector.get(&format!("/common-problems?center={CITY}&from=2026-03-01&to=2026-04-01")).await.ok();
    let told: Vec<(&str, i64, i64)> = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|p| (text(&p["tag"]), p["comments"].as_i64().unwrap_or(0), p["bad"].as_i64().unwrap_or(0)))
        .collect();
    assert_eq!(told, [("waiting", 2, 2), ("system", 2, 1)], "praise is no problem: {all}");
    let waiting = &all["items"][0];
    assert_eq!((&waiting["label"], &waiting["centers"], &waiting["before"]), (&json!("等候时间长"), &json!(1), &json!(0)));
    assert_eq!((&waiting["top_centers"][0]["name"], &waiting["top_centers"][0]["count"]), (&json!("如东县政务服务中心"), &json!(2)));
    assert_eq!((waiting["samples"].as_array().map(Vec::len), &waiting["top_items"][0]["count"]), (Some(2), &json!(2)));
    assert_eq!(inspector.get(&format!("/common-problems?center={CITY}&from=2026-03-01&to=2026-04-01&least=3")).await.ok()["items"], json!([]));
    let later = inspector.get(&format!("/common-problems?center={CITY}&from=2026-03-05&to=2026-03-08&least=1")).await.ok();
    assert_eq!(later["items"], json!([]), "what was said in the period before is no problem of this one: {later}");
    app.as_user("rd_clerk").get("/common-problems").await.expect(403);
    inspector.get("/common-problems?least=0").await.expect(400);
    inspector.get("/common-problems?from=2026-03-02&to=2026-03-01").await.expect(400);
}

/// 综合点评 and 督查: recorded without whom they name, found, counted among the problems, and outside every rate.
async fn what_came_otherwise_is_recorded_apart(app: TestApp) {
    let (clerk, manager, inspector) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), app.as_user("city_inspector"));
    rated(&app, "dissatisfied", "排队太久").await;
    let figures = || async {
        app.tick().await;
        app.tick().await;
        app.as_user("rd_manager").get("/statistics?from=2026-03-01&to=2026-04-01").await.ok()["figures"].clone()
    };
    let before = figures().await;
    let letter = json!({
        "source": "letter_box", "received_on": "2026-03-01", "grade": "very_dissatisfied",
        "text": "我叫张三丰，电话13912345678，取号机旁没有人引导，排队等了很久",
    });
    let c = clerk.post("/open-comments", letter.clone()).await.created();
    assert_eq!((&c["source"], &c["source_label"], &c["title"], &c["tags"]), (&json!("letter_box"), &json!("意见箱"), &json!("意见箱"), &json!(["waiting"])));
    assert!(c.get("evaluation_id").is_none() && !c.to_string().contains("13912345678") && !c.to_string().contains("张三丰"), "{c}");
    assert!(text(&c["rated_at"]).starts_with("2026-03-01T00:00") && text(&c["number"]).starts_with("DP-320623-"), "{c}");
    assert_eq!(c["allowed_actions"], json!(["correct", "withdraw"]));
    // An inspection of the county by the city, about an item, tagged by who writes it down.
    let review = json!({
        "source": "inspection", "center": "320623000000", "item": "GS-320623-0001", "received_on": "2026-03-02",
        "text": "窗口午间无人，群众排队", "about": { "tags": ["absence", "waiting"], "labels": ["午休无人"] },
    });
    let review = inspector.post("/open-comments", review).await.created();
    assert_eq!((&review["is_reviewed"], review.get("grade")), (&json!(true), None));
    for (wrong, status) in [
        (json!({ "source": "rating", "received_on": "2026-03-01", "text": "很好" }), 422),
        (json!({ "source": "inspection", "received_on": "2026-03-01", "text": "很好" }), 422),
        (json!({ "source": "mail", "received_on": "2026-03-03", "text": "很好" }), 422),
        (json!({ "source": "mail", "received_on": "2020-03-03", "text": "很好" }), 422),
        (json!({ "source": "mail", "received_on": "2026-03-01", "text": "很好", "item": "无此事项" }), 422),
        (json!({ "source": "mail", "received_on": "2026-03-01", "text": "很好", "department_id": "01900000-0000-7000-8000-000000000000" }), 422),
        (json!({ "source": "mail", "received_on": "2026-03-01", "text": "很好", "about": { "tags": [], "labels": ["13912345678"] } }), 422),
        (json!({ "source": "mail", "received_on": "2026-03-01", "text": "很好", "center": "320613000000" }), 403),
        (json!({ "source": "radio", "received_on": "2026-03-01", "text": "很好" }), 400),
    ] {
        assert_eq!(clerk.post("/open-comments", wrong.clone()).await.status, status, "{wrong}");
    }
    app.as_user("rd_agent").post("/open-comments", letter.clone()).await.expect(403);
    app.as_user("ent_rudong").post("/open-comments", letter).await.expect(403);
    // Marked with where they came from, found in Chinese, and beside the ratings.
    for (filter, count) in [
        ("", 3),
        ("?source=rating", 1),
        ("?source=letter_box&source=inspection", 2),
        ("?q=%E5%8F%96%E5%8F%B7%E6%9C%BA", 1),
        ("?withdrawn=true", 0),
        ("?tag=absence", 1),
    ] {
        assert_eq!(manager.get(&format!("/open-comments{filter}")).await.ok()["items"].as_array().map(Vec::len), Some(count), "{filter}");
    }
    // The counter reads what it recorded, another county's nothing.
    assert_eq!(clerk.get("/open-comments").await.ok()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(app.as_user("cc_clerk").get("/open-comments").await.ok()["items"], json!([]));
    let problems = inspector.get(&format!("/common-problems?center={CITY}&from=2026-03-01&to=2026-04-01")).await.ok();
    let waiting = &problems["items"][0];
    assert_eq!(
        (&waiting["tag"], &waiting["comments"], &waiting["recorded"], &waiting["bad"]),
        (&json!("waiting"), &json!(3), &json!(2), &json!(1)),
        "{problems}"
    );
    assert!(waiting["samples"].as_array().expect("samples").iter().any(|s| s["source"] == "inspection"), "{problems}");
    assert_eq!(figures().await, before, "they enter no rate");
    // Whose record it is corrects it; the leader of the inspected center does not, the leader of the recording one does.
    let (at, of_city) = (format!("/open-comments/{}", text(&c["number"])), format!("/open-comments/{}", text(&review["id"])));
    let right = json!({ "received_on": "2026-03-02", "text": "取号机旁没有人引导，态度冷漠", "reason": "补正原文" });
    assert_eq!(manager.get(&of_city).await.ok()["allowed_actions"], json!(["tag"]));
    manager.post(&format!("{of_city}/correct"), right.clone()).await.expect(403);
    clerk.post(&format!("{of_city}/correct"), right.clone()).await.expect(404);
    let rating = text(&manager.get("/open-comments?source=rating").await.ok()["items"][0]["id"]).to_owned();
    manager.post(&format!("/open-comments/{rating}/withdraw"), json!({ "reason": "不想看到" })).await.expect(403);
    let c = manager.post(&format!("{at}/correct"), right.clone()).await.ok();
    assert_eq!((&c["tags"], c.get("grade"), &c["version"]), (&json!(["attitude"]), None, &json!(2)));
    assert_eq!(manager.get("/open-comments?q=%E5%86%B7%E6%BC%A0").await.ok()["items"].as_array().map(Vec::len), Some(1));
    let c = clerk.post(&format!("{at}/withdraw"), json!({ "reason": "与来信重复" })).await.ok();
    assert_eq!((&c["withdrawn_why"], &c["allowed_actions"]), (&json!("与来信重复"), &json!([])));
    clerk.post(&format!("{at}/correct"), right).await.expect(409);
    assert_eq!(manager.put_with(&at, &[("if-match", "\"3\"")], json!({ "tags": ["waiting"] })).await.status, 409);
    assert_eq!(manager.get("/open-comments?q=%E5%86%B7%E6%BC%A0").await.ok()["items"], json!([]), "what was withdrawn is not found");
    assert_eq!(manager.get("/open-comments?withdrawn=true").await.ok()["items"][0]["id"], c["id"]);
    let problems = inspector.get(&format!("/common-problems?center={CITY}&from=2026-03-01&to=2026-04-01&least=1")).await.ok();
    assert!(!problems.to_string().contains("attitude"), "{problems}");
}
