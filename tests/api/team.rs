//! The team: profiles, absences, work given out by skill and load, pulled, and handed over.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, center_id, counter_application, on_both_engines, text, user_id};

on_both_engines!(
    a_rota_without_overlaps,
    courses_and_records,
    profiles_and_absences,
    a_deputy_stands_in,
    by_skill_and_load,
    pulled_from_the_queue,
    a_portfolio_changes_hands,
    racing_pulls,
    a_month_stays_balanced
);

/// A matter of 如东's counter that nobody carries yet.
async fn waiting_matter(app: &TestApp) -> String {
    let e = app.as_user("rd_clerk").post("/entrustments", counter_application("assisted")).await.created();
    text(&e["id"]).to_owned()
}

/// Another agent of 如东, granted by two administrators.
async fn new_agent(app: &TestApp, login: &str) -> String {
    let new = json!({ "login": login, "password": "a-long-password", "display_name": login, "title": "代办专员", "employment": "part_time", "center_id": center_id("320623000000") });
    let id = text(&app.as_user("sys_admin").post("/users", new).await.created()["id"]).to_owned();
    let grant = json!({ "user_id": id, "role": "agent", "node_id": center_id("320623000000"), "reason": "新到岗" });
    let grant = text(&app.as_user("sys_admin").post("/grants", grant).await.created()["id"]).to_owned();
    app.as_user("sec_admin").post(&format!("/grants/{grant}/approve"), json!({})).await.ok();
    id
}

async fn set_profile(app: &TestApp, user: &str, skills: &[&str], capacity: i32) {
    let path = format!("/users/{user}/profile");
    let version = app.as_user("rd_manager").get(&path).await.header("etag").to_owned();
    app.as_user("rd_manager").put_with(&path, &[("if-match", &version)], json!({ "skills": skills, "capacity": capacity })).await.ok();
}

async fn profiles_and_absences(app: TestApp) {
    let (manager, agent) = (app.as_user("rd_manager"), user_id("rd_agent"));
    let path = format!("/users/{agent}/profile");
    let fresh = manager.get(&path).await;
    assert_eq!(fresh.header("etag"), "\"0\"");
    assert_eq!(fresh.ok()["capacity"], 20);
    manager.put_with(&path, &[], json!({ "skills": [], "capacity": 5 })).await.expect(428);
    manager.put_with(&path, &[("if-match", "\"0\"")], json!({ "skills": ["公用事业"], "capacity": 5 })).await.ok();
    manager.put_with(&path, &[("if-match", "\"0\"")], json!({ "skills": [], "capacity": 9 })).await.expect(412);
    app.as_user("rd_agent").put_with(&path, &[("if-match", "\"1\"")], json!({ "skills": [], "capacity": 9 })).await.expect(403);
    app.as_user("cc_clerk").get(&path).await.expect(404);
    app.as_user("rd_agent").get(&path).await.ok();
    // Absences: with a deputy of the same center who is there.
    let path = format!("/users/{agent}/absences");
    let away = |deputy: Value, from: &str, to: &str| json!({ "kind": "leave", "from": from, "to": to, "deputy_id": deputy, "note": "家中有事" });
    let (from, to) = ("2026-03-02T08:00:00+08:00", "2026-03-06T18:00:00+08:00");
    for (body, at) in [
        (away(json!(user_id("city_agent1")), from, to), "/deputy_id"),
        (away(json!(agent), from, to), "/deputy_id"),
        (away(json!(user_id("rd_agent2")), to, from), "/to"),
        (away(json!(user_id("rd_agent2")), "2026-02-01T08:00:00+08:00", "2026-02-02T08:00:00+08:00"), "/to"),
    ] {
        assert_eq!(manager.post(&path, body).await.expect(422).body["errors"][0]["pointer"], at);
    }
    let made = manager.post(&path, away(json!(user_id("rd_agent2")), from, to)).await.created();
    assert_eq!(manager.post(&path, away(json!(user_id("rd_agent2")), from, to)).await.expect(422).body["errors"][0]["code"], "overlap");
    // Nobody assigns to the absent, and the refusal names who stands in.
    let id = waiting_matter(&app).await;
    let refused = app.as_user("rd_clerk").post(&format!("/entrustments/{id}/assign"), json!({ "assignee_id": agent })).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "absent");
    assert!(text(&refused.body["detail"]).contains("代班"), "{}", refused.text);
    let list = manager.get(&path).await.ok();
    assert_eq!(list["items"][0]["note"], "家中有事");
    let cancel = format!("/absences/{}/cancel", text(&made["id"]));
    app.as_user("cc_clerk").post(&cancel, json!({})).await.expect(404);
    app.as_user("rd_clerk").post(&cancel, json!({})).await.expect(403);
    manager.post(&cancel, json!({})).await.ok();
    manager.post(&cancel, json!({})).await.expect(409);
    app.as_user("rd_clerk").post(&format!("/entrustments/{id}/assign"), json!({ "assignee_id": agent })).await.ok();
}

async fn a_deputy_stands_in(app: TestApp) {
    let (manager, deputy) = (app.as_user("rd_manager"), app.as_user("rd_agent2"));
    let id = crate::support::started_matter(&app).await;
    let path = format!("/entrustments/{id}");
    deputy.get(&path).await.expect(404);
    let mut absence = json!({ "kind": "leave", "from": "2026-03-03T08:00:00+08:00", "to": "2026-03-06T18:00:00+08:00", "deputy_id": user_id("rd_clerk") });
    let refused = manager.post(&format!("/users/{}/absences", user_id("rd_agent")), absence.clone()).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "not_an_agent", "who cannot do the work does not stand in for it");
    absence["deputy_id"] = json!(user_id("rd_agent2"));
    let absence = manager.post(&format!("/users/{}/absences", user_id("rd_agent")), absence).await.created();
    deputy.get(&path).await.expect(404);
    // While the colleague is away, their work is seen, listed and done; and it is still theirs.
    app.set_clock("2026-03-04T09:30:00+08:00");
    assert_eq!(deputy.get(&path).await.ok()["masked"], false);
    assert_eq!(deputy.get("/me/worklist?kind=entrustment").await.ok()["items"][0]["id"], json!(id));
    deputy.post(&format!("{path}/progress"), json!({ "note": "代班办理中", "notify_applicant": true })).await.ok();
    assert_eq!(deputy.get(&path).await.ok()["assignee_id"], json!(user_id("rd_agent")));
    // Back, or not away after all: no longer.
    app.set_clock("2026-03-06T18:00:01+08:00");
    deputy.get(&path).await.expect(404);
    app.set_clock("2026-03-04T09:30:00+08:00");
    manager.post(&format!("/absences/{}/cancel", text(&absence["id"])), json!({})).await.ok();
    deputy.get(&path).await.expect(404);
    // Who carried it stays in the chain, with the reason, for the staff.
    manager.post(&format!("{path}/assign"), json!({ "assignee_id": user_id("rd_agent2"), "reason": "原专员借调" })).await.ok();
    let story = deputy.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(story.contains("改派") && story.contains("原专员借调"), "{story}");
}

async fn by_skill_and_load(app: TestApp) {
    let (clerk, one, two) = (app.as_user("rd_clerk"), user_id("rd_agent").to_string(), user_id("rd_agent2").to_string());
    set_profile(&app, &one, &["公用事业"], 2).await;
    set_profile(&app, &two, &["企业开办"], 5).await;
    let mut got = Vec::new();
    for _ in 0..4 {
        let id = waiting_matter(&app).await;
        let e = clerk.post(&format!("/entrustments/{id}/assign-by-load"), json!({})).await.ok();
        got.push(text(&e["assignee_id"]).to_owned());
    }
    assert_eq!(got, [one.clone(), one.clone(), two.clone(), two.clone()], "the specialist first, until full");
    set_profile(&app, &two, &["企业开办"], 2).await;
    let id = waiting_matter(&app).await;
    let refused = clerk.post(&format!("/entrustments/{id}/assign-by-load"), json!({})).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("满负荷"));
    let load = clerk.get("/centers/320623000000/workload").await.ok();
    let open: BTreeMap<&str, i64> = load["items"].as_array().expect("items").iter().map(|a| (text(&a["user_id"]), a["open"].as_i64().unwrap_or(-1))).collect();
    assert_eq!((open[one.as_str()], open[two.as_str()], &load["waiting"]), (2, 2, &json!(1)));
    app.set_clock("2026-03-10T10:00:00+08:00");
    assert_eq!(clerk.get("/centers/320623000000/workload").await.ok()["items"][0]["overdue"], 2, "past the limit for acceptance");
    app.as_user("cc_clerk").get("/centers/320623000000/workload").await.expect(403);
}

async fn pulled_from_the_queue(app: TestApp) {
    let agent = app.as_user("rd_agent");
    assert_eq!(agent.post("/me/pull", json!({})).await.problem(409), "state_conflict", "nothing waits");
    let (first, second) = (waiting_matter(&app).await, waiting_matter(&app).await);
    let setup = {
        let mut application = counter_application("assisted");
        application["item"] = json!("11320623MB010010124000131001001");
        text(&app.as_user("rd_clerk").post("/entrustments", application).await.created()["id"]).to_owned()
    };
    assert_eq!(agent.post("/me/pull", json!({})).await.ok()["id"], json!(first), "the oldest");
    let theme = app.stranger().get("/service-items/11320623MB010010124000131001001").await.ok()["content"]["theme"].clone();
    set_profile(&app, user_id("rd_agent2").as_str(), &[text(&theme)], 1).await;
    assert_eq!(app.as_user("rd_agent2").post("/me/pull", json!({})).await.ok()["id"], json!(setup), "what fits comes first");
    app.as_user("rd_agent2").post("/me/pull", json!({})).await.expect(409);
    assert_eq!(agent.post("/me/pull", json!({})).await.ok()["id"], json!(second));
    app.as_user("rd_clerk").post("/me/pull", json!({})).await.expect(403);
    app.as_user("city_agent1").post("/me/pull", json!({})).await.expect(409);
}

async fn a_portfolio_changes_hands(app: TestApp) {
    let (manager, leaver) = (app.as_user("rd_manager"), user_id("rd_agent"));
    for _ in 0..3 {
        let id = waiting_matter(&app).await;
        let mut body = accepted();
        body["assignee_id"] = json!(leaver);
        app.as_user("rd_clerk").post(&format!("/entrustments/{id}/accept"), body).await.ok();
    }
    let path = format!("/users/{leaver}/hand-over");
    let body = json!({ "to": user_id("rd_agent2"), "reason": "借调离岗" });
    app.as_user("rd_clerk").post(&path, body.clone()).await.expect(403);
    app.as_user("cc_clerk").post(&path, body.clone()).await.expect(404);
    assert_eq!(manager.post(&path, json!({ "to": user_id("city_agent1"), "reason": "借调离岗" })).await.problem(422), "rule_violation");
    let moved = manager.post(&path, body).await.ok();
    assert_eq!((moved["items"].as_array().map(Vec::len), &moved["left"]), (Some(3), &json!(0)));
    assert_eq!(app.as_user("rd_agent").get("/me/worklist").await.ok()["counts"]["open"], 0);
    let id = text(&moved["items"][0]["id"]);
    let next = app.as_user("rd_agent2");
    let story = next.get(&format!("/entrustments/{id}/timeline")).await.ok().to_string();
    assert!(story.contains("借调离岗"), "{story}");
    let chain = next.get(&format!("/entrustments/{id}/custody")).await.ok();
    assert_eq!(chain["items"].as_array().map(Vec::len), Some(1), "the center answers on");
}

async fn racing_pulls(app: TestApp) {
    let only = waiting_matter(&app).await;
    let (one, two) = (app.as_user("rd_agent"), app.as_user("rd_agent2"));
    let (a, b) = futures_util::join!(one.post("/me/pull", json!({})), two.post("/me/pull", json!({})));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", a.text, b.text);
    let won = if a.status == 200 { a } else { b };
    assert_eq!(won.body["id"], json!(only));
}

/// Twenty days with six agents, one of them away for a week: loads differ by one at most among those who are there, nothing
/// goes to the absent, nothing to another center.
async fn a_month_stays_balanced(app: TestApp) {
    let mut agents = vec![user_id("rd_agent").to_string(), user_id("rd_agent2").to_string()];
    for n in 3..=6 {
        agents.push(new_agent(&app, &format!("rd_helper{n}")).await);
    }
    let (clerk, manager, away) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), agents[2].clone());
    let absence = json!({ "kind": "leave", "from": "2026-03-09T00:00:00+08:00", "to": "2026-03-14T00:00:00+08:00" });
    manager.post(&format!("/users/{away}/absences"), absence).await.created();
    let mut open: Vec<(String, String)> = Vec::new();
    let mut seed = 7_u64;
    for day in 2..=27 {
        app.set_clock(&format!("2026-03-{day:02}T09:30:00+08:00"));
        for _ in 0..4 {
            let id = waiting_matter(&app).await;
            let e = clerk.post(&format!("/entrustments/{id}/assign-by-load"), json!({})).await.ok();
            let who = text(&e["assignee_id"]).to_owned();
            assert!(agents.contains(&who), "an agent of this center");
            assert!(who != away || !(9..14).contains(&day), "nothing goes to the absent");
            open.push((id, who));
        }
        // Some end, whosever they are.
        for _ in 0..3 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(seed >> 33).unwrap_or(0) % open.len();
            let (id, _) = open.swap_remove(at);
            clerk.post(&format!("/entrustments/{id}/withdraw"), json!({ "reason": "不再办理", "evidence": "电话录音 1" })).await.ok();
        }
    }
    let load = clerk.get("/centers/320623000000/workload").await.ok();
    let loads: Vec<i64> = load["items"].as_array().expect("items").iter().filter_map(|a| a["open"].as_i64()).collect();
    let (least, most) = (loads.iter().min().copied().unwrap_or(0), loads.iter().max().copied().unwrap_or(0));
    assert_eq!(loads.len(), 6);
    assert!(most - least <= 2, "{loads:?}");
}

async fn a_rota_without_overlaps(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let at = "/centers/320623000000/shifts";
    let shift = |login: &str, from: &str, to: &str| json!({ "user_id": user_id(login), "post": "午间值班", "start": format!("2026-03-{from}:00+08:00"), "end": format!("2026-03-{to}:00+08:00") });
    let made = manager.post(at, shift("rd_agent", "04T12:00", "04T14:00")).await.created();
    let away = json!({ "kind": "leave", "from": "2026-03-05T00:00:00+08:00", "to": "2026-03-06T00:00:00+08:00" });
    manager.post(&format!("/users/{}/absences", user_id("rd_agent")), away).await.created();
    for (wrong, code) in [
        (shift("rd_agent", "04T13:00", "04T15:00"), "overlap"),
        (shift("rd_agent", "05T12:00", "05T14:00"), "absent"),
        (shift("city_agent1", "04T12:00", "04T14:00"), "not_staff_here"),
        (shift("rd_agent", "06T14:00", "06T12:00"), "out_of_range"),
        (shift("rd_agent", "01T12:00", "01T14:00"), "out_of_range"),
        (shift("rd_agent", "06T12:00", "08T12:00"), "out_of_range"),
    ] {
        assert_eq!(manager.post(at, wrong).await.expect(422).body["errors"][0]["code"], code);
    }
    manager.post(at, shift("rd_agent", "04T14:00", "04T16:00")).await.created();
    assert_eq!(app.as_user("rd_clerk").post(at, shift("rd_agent", "09T12:00", "09T14:00")).await.problem(403), "forbidden");
    assert_eq!(app.as_user("cc_clerk").get(at).await.problem(403), "forbidden");
    // Of those who race for the same hours of one person, one gets them.
    let race = (0..10).map(|_| manager.post(at, shift("rd_agent2", "09T12:00", "09T14:00")));
    let answers = futures_util::future::join_all(race).await;
    assert_eq!(answers.iter().filter(|r| r.status == 201).count(), 1);
    assert!(answers.iter().all(|r| matches!(r.status, 201 | 422)));
    let week = app.as_user("rd_clerk").get(&format!("{at}?at[gte]=2026-03-04&at[lt]=2026-03-05&expand=user&limit=1")).await.ok();
    assert_eq!((&week["items"][0]["id"], &week["has_more"]), (&made["id"], &json!(true)));
    assert!(week["items"][0]["user"]["display_name"].is_string());
    let next = app.as_user("rd_clerk").get(&format!("{at}?at[gte]=2026-03-04&at[lt]=2026-03-05&limit=1&cursor={}", text(&week["next_cursor"]))).await.ok();
    assert_eq!((text(&next["items"][0]["start"]), &next["has_more"]), ("2026-03-04T14:00:00.000+08:00", &json!(false)));
    let path = format!("/shifts/{}", text(&made["id"]));
    let removal = |who: &'static str| app.as_user(who).request(actix_web::http::Method::DELETE, &path).insert_header(("if-match", "\"1\""));
    assert_eq!(app.send(removal("rd_clerk")).await.problem(403), "forbidden");
    assert_eq!(app.send(removal("cc_clerk")).await.problem(404), "not_found");
    app.send(removal("rd_manager")).await.expect(204);
    manager.get(&path).await.expect(404);
}

async fn courses_and_records(app: TestApp) {
    let manager = app.as_user("rd_manager");
    let course = |to: &str| json!({ "title": "帮办代办业务培训", "kind": "shadowing", "hours": 40, "from": "2026-03-09", "to": to });
    assert_eq!(manager.post("/centers/320623000000/courses", course("2026-03-01")).await.problem(422), "rule_violation");
    let made = manager.post("/centers/320623000000/courses", course("2026-03-13")).await.created();
    let path = format!("/courses/{}", text(&made["id"]));
    let record = |login: &str, result: &str, score: i32| json!({ "records": [{ "user_id": user_id(login), "result": result, "score": score }] });
    assert_eq!(manager.post(&format!("{path}/records"), record("city_agent1", "passed", 90)).await.problem(422), "rule_violation");
    assert_eq!(manager.post(&format!("{path}/records"), record("rd_agent", "passed", 101)).await.problem(400), "invalid_request");
    manager.post(&format!("{path}/records"), record("rd_agent", "enrolled", 0)).await.ok();
    manager.post(&format!("{path}/records"), record("yk_clerk", "passed", 77)).await.ok();
    let done = manager.post(&format!("{path}/records"), record("rd_agent", "passed", 92)).await.ok();
    assert_eq!((done["records"].as_array().map(Vec::len), &done["version"]), (Some(2), &json!(4)));
    let own = app.as_user("rd_agent").get(&format!("/users/{}/trainings", user_id("rd_agent"))).await.ok();
    assert_eq!((&own["items"][0]["score"], &own["items"][0]["course"]["title"]), (&json!(92), &json!("帮办代办业务培训")));
    app.as_user("cc_clerk").get(&format!("/users/{}/trainings", user_id("rd_agent"))).await.expect(404);
    app.as_user("cc_clerk").get(&path).await.expect(404);
    assert_eq!(manager.put_with(&path, &[("if-match", "\"1\"")], course("2026-03-14")).await.problem(412), "stale_version");
    let edited = manager.put_with(&path, &[("if-match", "\"4\"")], course("2026-03-14")).await.ok();
    assert_eq!((text(&edited["to"]), edited["records"].as_array().map(Vec::len)), ("2026-03-14", Some(2)));
}
