//! What somebody rated who gave no name is no record of the one it is about, and who rated is not looked up by them; a link that
//! is got by number and four digits proves nobody.

use serde_json::{Value, json};

use crate::{
    evaluations::{items, opened},
    follow_ups::{Desk, appeal, ended, evaluation, found, rudong, told},
    support::{Caller, TestApp, on_both_engines, text, user_id},
};

on_both_engines!(
    whom_it_is_about_sees_what_was_said_by_name,
    a_second_rating_does_not_tell_of_the_first,
    who_rated_is_not_looked_up_by_the_rated,
    a_link_by_number_proves_nobody,
);

/// What a list shows, by a field.
async fn listed(caller: &Caller<'_>, path: &str, field: &str) -> Vec<Value> {
    let mut all: Vec<Value> = items(&caller.get(path).await.ok()).iter().map(|row| row[field].clone()).collect();
    all.sort_by_key(ToString::to_string);
    all
}

async fn rated(desk: &Desk<'_>, grade: &str, named: bool) -> Value {
    let open = ended(desk).await;
    desk.company.post(&format!("/evaluations/{}/rate", text(&open["id"])), json!({ "grade": grade, "is_named": named })).await.ok()
}

async fn whom_it_is_about_sees_what_was_said_by_name(app: TestApp) {
    let desk = rudong(&app);
    let open = ended(&desk).await;
    assert_eq!(desk.agent.get(&format!("/evaluations/{}", text(&open["id"]))).await.ok()["state"], "open");
    let named = rated(&desk, "dissatisfied", true).await;
    let (good, bad) = (rated(&desk, "satisfied", false).await, rated(&desk, "very_dissatisfied", false).await);
    let mut own = vec![open["id"].clone(), named["id"].clone()];
    own.sort_by_key(ToString::to_string);
    assert_eq!(listed(&desk.agent, "/evaluations?limit=200", "id").await, own);
    assert_eq!(listed(&desk.agent, &format!("/evaluations?staff_id={}", user_id("rd_agent")), "id").await, own);
    for hidden in [&good, &bad] {
        desk.agent.get(&format!("/evaluations/{}", text(&hidden["id"]))).await.expect(404);
        desk.agent.get(&format!("/evaluations/{}", text(&hidden["number"]))).await.expect(404);
    }
    // The follow-up of the named one is theirs to appeal against; the other's is the center's.
    assert_eq!(listed(&desk.agent, "/follow-ups", "id").await, [named["follow_up_id"].clone()]);
    let (theirs, centers) = (format!("/follow-ups/{}", text(&named["follow_up_id"])), format!("/follow-ups/{}", text(&bad["follow_up_id"])));
    desk.agent.get(&format!("{centers}/timeline")).await.expect(404);
    desk.agent.post(&format!("{centers}/appeal"), appeal()).await.expect(404);
    desk.agent.post(&format!("{theirs}/appeal"), appeal()).await.ok();
    let v = desk.manager.post(&format!("{centers}/appeal"), appeal()).await.ok();
    assert_eq!(v["appeal"]["in_person"], json!(false));
    desk.above.post(&format!("{centers}/decide-appeal"), json!({ "upheld": true, "reason": "叫号记录属实" })).await.ok();
    desk.agent.get(&centers).await.expect(404);
    desk.agent.get(&format!("/evaluations/{}", text(&bad["id"]))).await.expect(404);
    // Nor do the events tell it.
    let events = desk.agent.get("/events?limit=200").await;
    for hidden in [&good["id"], &bad["id"], &bad["follow_up_id"]] {
        assert!(!events.text.contains(text(hidden)), "{}", events.text);
    }
    // Who leads finds all of them, also along the rated person.
    assert_eq!(listed(&desk.manager, &format!("/evaluations?staff_id={}&state=rated", user_id("rd_agent")), "id").await.len(), 3);
    assert_eq!(listed(&desk.manager, "/follow-ups", "id").await.len(), 2);
}

async fn a_second_rating_does_not_tell_of_the_first(app: TestApp) {
    let desk = rudong(&app);
    for (named, status) in [(false, 404), (true, 200)] {
        let first = rated(&desk, "dissatisfied", named).await;
        let path = format!("/follow-ups/{}", text(&first["follow_up_id"]));
        for (act, body) in [("verify", found()), ("fix", json!({ "words": "已增开窗口" })), ("tell", told())] {
            desk.manager.post(&format!("{path}/{act}"), body).await.ok();
        }
        let second = evaluation(&desk, text(&first["entrustment_id"]), 2).await;
        let at = format!("/evaluations/{}", text(&second["id"]));
        desk.agent.get(&at).await.expect(status);
        desk.company.post(&format!("{at}/rate"), json!({ "grade": "satisfied", "is_named": true })).await.ok();
        desk.agent.get(&at).await.expect(status);
    }
    // Without a name the second is no record either, and its grade is not told with the follow-up of the first.
    let first = rated(&desk, "dissatisfied", true).await;
    let path = format!("/follow-ups/{}", text(&first["follow_up_id"]));
    for (act, body) in [("verify", found()), ("fix", json!({ "words": "已增开窗口" })), ("tell", told())] {
        desk.manager.post(&format!("{path}/{act}"), body).await.ok();
    }
    let second = evaluation(&desk, text(&first["entrustment_id"]), 2).await;
    desk.company.post(&format!("/evaluations/{}/rate", text(&second["id"])), json!({ "grade": "satisfied", "is_named": false })).await.ok();
    desk.agent.get(&format!("/evaluations/{}", text(&second["id"]))).await.expect(404);
    let v = desk.agent.get(&path).await.ok();
    assert_eq!((&v["state"], v.get("second_grade"), v.get("second_grade_label")), (&json!("closed"), None, None));
    assert!(!desk.agent.get(&format!("{path}/timeline")).await.text.contains("“满意”"));
    assert_eq!(desk.manager.get(&path).await.ok()["second_grade"], "satisfied");
}

async fn who_rated_is_not_looked_up_by_the_rated(app: TestApp) {
    let desk = rudong(&app);
    let open = ended(&desk).await;
    let matter = format!("/entrustments/{}", text(&open["entrustment_id"]));
    let why = json!({ "reason": "电话联系申请人补正材料" });
    let offered = |view: Value| view["allowed_actions"].as_array().expect("actions").iter().any(|a| a == "reveal");
    desk.agent.post(&format!("{matter}/reveal"), why.clone()).await.ok();
    assert!(offered(desk.agent.get(&matter).await.ok()));
    desk.company.post(&format!("/evaluations/{}/rate", text(&open["id"])), json!({ "grade": "dissatisfied" })).await.ok();
    let refused = desk.agent.post(&format!("{matter}/reveal"), why.clone()).await.expect(403);
    assert!(text(&refused.body["detail"]).contains("由中心负责人查看"), "{}", refused.body);
    assert!(!offered(desk.agent.get(&matter).await.ok()));
    desk.manager.post(&format!("{matter}/reveal"), why.clone()).await.ok();
    assert!(offered(desk.manager.get(&matter).await.ok()));
    // Handled again, the agent needs to call.
    desk.manager.post(&format!("{matter}/reopen"), json!({ "reason": "结果有误，重新办理" })).await.ok();
    desk.agent.post(&format!("{matter}/reveal"), why).await.ok();
}

async fn a_link_by_number_proves_nobody(app: TestApp) {
    let (agent, manager) = (app.as_user("rd_agent"), app.as_user("rd_manager"));
    let shown = async |made: &Value| manager.get(&format!("/evaluations/{}", text(&made["evaluation_id"]))).await.ok();
    let praise = json!({ "grade": "very_satisfied", "comment": "非常好", "is_named": true });
    // By number and four digits, as everybody may who served; counted all the same.
    let made = opened(&app, "NUM-1").await;
    let link = app.stranger().get(&format!("/progress/{}/evaluation?phone_last4=5678", text(&made["number"]))).await.ok();
    let link = text(&link["link"]).to_owned();
    assert_ne!(link, text(&made["link"]), "told apart");
    assert_eq!(app.stranger().get(&link).await.ok()["state"], "open");
    app.stranger().post(&link, praise.clone()).await.ok();
    let e = shown(&made).await;
    assert_eq!((&e["grade"], &e["is_named"], &e["suspicions"]), (&json!("very_satisfied"), &json!(false), &json!(["by_number"])));
    // Afterwards it tells that it was rated, and not how; the link of whoever was served does.
    let v = app.stranger().get(&link).await.ok();
    assert_eq!((&v["state"], v.get("grade")), (&json!("rated"), None));
    assert_eq!(app.stranger().get(text(&made["link"])).await.ok()["grade"], "very_satisfied");
    agent.get(&format!("/evaluations/{}", text(&made["evaluation_id"]))).await.expect(404);
    // One rating, whichever link.
    for used in [link.as_str(), text(&made["link"])] {
        assert_eq!(app.stranger().post(used, praise.clone()).await.problem(409), "state_conflict");
    }
    // At a poster the same.
    let made = opened(&app, "NUM-2").await;
    let claim = json!({ "service_no": "NUM-2", "phone_last4": "5678" });
    let link = app.stranger().post("/rating-posters/320623000000", claim).await.ok();
    app.stranger().post(text(&link["link"]), praise.clone()).await.ok();
    let e = shown(&made).await;
    assert_eq!((&e["is_named"], &e["suspicions"]), (&json!(false), &json!(["by_number"])));
    // What was handed or sent to whoever was served proves them.
    let made = opened(&app, "NUM-3").await;
    app.stranger().post(text(&made["link"]), praise).await.ok();
    let e = shown(&made).await;
    assert_eq!((&e["is_named"], &e["is_suspect"]), (&json!(true), &json!(false)));
    let (id, mark) = link["link"].as_str().and_then(|l| l.rsplit('/').next()?.split_once('.')).map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a token");
    let other = text(&made["evaluation_id"]);
    assert_ne!(id, other);
    app.stranger().get(&format!("/evaluation-links/{other}.{mark}")).await.expect(404);
}
