//! 差评整改 as text 004 and DOMAIN §7 have it: a bad grade is followed up, rated again or appealed against, and never lost.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Caller, TestApp, accepted, on_both_engines, text, user_id};

on_both_engines!(
    nobody_looks_into_what_was_said_of_themselves,
    one_of_many_verifies,
    clocks_run_and_are_breached,
    who_gave_a_name_is_called_three_times,
    an_appeal_is_decided_above,
    what_a_reader_is_not_told,
    twice_bad_goes_up_and_comes_to_an_end,
    the_second_link_is_found_without_an_account,
);

/// The story in the Jiangxi city, in its own tree.
mod jiangxi {
    use jieli::cli::Shipped::Gongqingcheng;

    use super::{TestApp, five_grades_in_jiangxi};

    #[actix_web::test]
    async fn five_grades_on_sqlite() {
        five_grades_in_jiangxi(TestApp::sqlite_city(Gongqingcheng).await).await;
    }

    #[actix_web::test]
    async fn five_grades_on_postgres() {
        five_grades_in_jiangxi(TestApp::postgres_city(Gongqingcheng).await).await;
    }
}

/// Who plays at a center.
pub struct Desk<'a> {
    pub item: &'a str,
    pub division: &'a str,
    pub company: Caller<'a>,
    pub clerk: Caller<'a>,
    pub agent: Caller<'a>,
    pub rated: &'a str,
    pub manager: Caller<'a>,
    pub above: Caller<'a>,
}

pub fn rudong(app: &TestApp) -> Desk<'_> {
    Desk {
        item: "GS-320623-0001",
        division: "320623000000",
        company: app.as_user("ent_rudong"),
        clerk: app.as_user("rd_clerk"),
        agent: app.as_user("rd_agent"),
        rated: "rd_agent",
        manager: app.as_user("rd_manager"),
        above: app.as_user("city_manager"),
    }
}

/// A matter that was helped with and signed for; answers its open evaluation, as the applicant sees it.
pub async fn ended(desk: &Desk<'_>) -> Value {
    let asked = json!({ "item": desk.item, "mode": "assisted", "channel": "app", "center": desk.division,
        "contact": { "name": "联系人甲", "phone": "13900001234" }, "request": "新建厂房需要接水" });
    let id = text(&desk.company.post("/entrustments", asked).await.created()["id"]).to_owned();
    let path = format!("/entrustments/{id}");
    let mut body = accepted();
    body["assignee_id"] = json!(user_id(desk.rated));
    desk.clerk.post(&format!("{path}/accept"), body).await.ok();
    desk.agent.post(&format!("{path}/start"), json!({})).await.ok();
    desk.agent.post(&format!("{path}/record-help"), json!({ "kinds": ["fill_form"] })).await.ok();
    desk.agent.post(&format!("{path}/complete"), json!({ "outcome": "granted", "note": "已通水" })).await.ok();
    desk.company.post(&format!("{path}/sign-completion"), json!({ "signature": { "method": "online" } })).await.ok();
    evaluation(desk, &id, 1).await
}

/// The evaluation of a matter in a round.
pub async fn evaluation(desk: &Desk<'_>, matter: &str, round: i64) -> Value {
    let all = desk.company.get("/evaluations?limit=200").await.ok();
    let own = |e: &&Value| e["entrustment_id"] == json!(matter) && e["round"] == json!(round);
    all["items"].as_array().expect("items").iter().find(own).cloned().unwrap_or_default()
}

/// A rating; answers the path of its follow-up.
async fn bad(desk: &Desk<'_>, named: bool) -> String {
    let open = ended(desk).await;
    let rating = json!({ "grade": "dissatisfied", "comment": "排队两小时", "is_named": named });
    let rated = desk.company.post(&format!("/evaluations/{}/rate", text(&open["id"])), rating).await.ok();
    format!("/follow-ups/{}", text(&rated["follow_up_id"]))
}

pub fn found() -> Value {
    json!({ "verdict": "true", "way": "phone", "words": "申请人说当日只开一个窗口", "evidence": "录音 1" })
}

pub fn appeal() -> Value {
    json!({ "ground": "mistaken", "reasons": "说的是另一部门的窗口", "evidence": "叫号记录 9" })
}

pub fn told() -> Value {
    json!({ "way": "phone", "words": "已电话告知" })
}

fn actions(view: &Value) -> Vec<&str> {
    view["allowed_actions"].as_array().expect("actions").iter().map(text).collect()
}

fn clock(view: &Value, kind: &str) -> Value {
    view["clocks"].as_array().expect("clocks").iter().rfind(|c| c["kind"] == kind).cloned().unwrap_or_default()
}

async fn five_grades_in_jiangxi(app: TestApp) {
    let desk = Desk {
        item: "GS-360482-0001",
        division: "360482001000",
        company: app.as_user("company"),
        clerk: app.as_user("near_clerk"),
        agent: app.as_user("near_agent"),
        rated: "near_agent",
        manager: app.as_user("near_manager"),
        above: app.as_user("city_manager"),
    };
    // The demo of the city shows some in different states.
    let shown = app.as_user("city_inspector").get("/follow-ups?limit=200").await.ok();
    let states: Vec<&str> = shown["items"].as_array().expect("items").iter().map(|f| text(&f["state"])).collect();
    assert!(states.len() >= 4 && ["opened", "fixing", "told"].iter().all(|s| states.contains(s)), "{states:?}");

    // 五个等级: the three good ones open nothing.
    let mut bad = Vec::new();
    for grade in ["very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied"] {
        let open = ended(&desk).await;
        let named = grade == "very_dissatisfied";
        let rating = json!({ "grade": grade, "dimensions": ["efficiency", "attitude"], "comment": format!("评语 {grade}"), "is_named": named });
        // The single-use link.
        app.stranger().post(text(&open["link"]), rating.clone()).await.ok();
        assert_eq!(app.stranger().post(text(&open["link"]), rating).await.problem(409), "state_conflict");
        let e = desk.company.get(&format!("/evaluations/{}", text(&open["id"]))).await.ok();
        assert_eq!((&e["round"], &e["is_excluded"]), (&json!(1), &json!(false)));
        match e.get("follow_up_id") {
            Some(id) => bad.push((grade, text(id).to_owned(), e.clone())),
            None => assert!(!grade.contains("dissatisfied"), "{grade} opens one"),
        }
    }
    assert_eq!(bad.iter().map(|(grade, ..)| *grade).collect::<Vec<_>>(), ["dissatisfied", "very_dissatisfied"]);

    // The first: verified, put right by a date, told, rated again; the first rating stays.
    let (_, id, first) = &bad[0];
    let path = format!("/follow-ups/{id}");
    let seen = desk.manager.get(&path).await;
    let etag = seen.header("etag").to_owned();
    let opened = seen.ok();
    assert_eq!((&opened["state"], &opened["comment"]), (&json!("opened"), &json!("评语 dissatisfied")));
    let stale = desk.manager.post_with(&format!("{path}/verify"), &[("if-match", "\"99\"")], found()).await;
    assert_eq!(stale.problem(412), "stale_version");
    let key = [("if-match", etag.as_str()), ("idempotency-key", "verify-0001")];
    let once = desk.manager.post_with(&format!("{path}/verify"), &key, found()).await.ok();
    let twice = desk.manager.post_with(&format!("{path}/verify"), &key, found()).await;
    assert_eq!((twice.header("idempotency-replayed"), &twice.body["version"]), ("true", &once["version"]));
    let v = desk.manager.post(&format!("{path}/plan-fix"), json!({ "due_on": "2026-03-05", "words": "增开窗口" })).await.ok();
    assert_eq!((&v["state"], &v["fix_due_on"]), (&json!("fixing"), &json!("2026-03-05")));
    desk.manager.post(&format!("{path}/fix"), json!({ "words": "已增开窗口" })).await.ok();
    let v = desk.manager.post(&format!("{path}/tell"), told()).await.ok();
    assert_eq!((&v["state"], v["second_evaluation_id"].is_string()), (&json!("told"), true));
    let second = evaluation(&desk, text(&first["entrustment_id"]), 2).await;
    assert_eq!((&second["state"], &second["follow_up_id"]), (&json!("open"), &json!(id)));
    app.stranger().post(text(&second["link"]), json!({ "grade": "satisfied" })).await.ok();
    let v = desk.manager.get(&path).await.ok();
    assert_eq!((&v["state"], &v["second_grade"], &v["grade"]), (&json!("closed"), &json!("satisfied"), &json!("dissatisfied")));
    assert_eq!(v["allowed_actions"], json!([]));
    assert!(v["clocks"].as_array().expect("clocks").iter().all(|c| c["state"] == "stopped"), "nothing runs on");
    let kept = evaluation(&desk, text(&first["entrustment_id"]), 1).await;
    assert_eq!((&kept["grade"], &kept["comment"], &kept["version"]), (&first["grade"], &first["comment"], &first["version"]), "kept as it was");

    // The other: appealed against by the rated person, upheld above: kept, shown, not counted.
    let (_, id, first) = &bad[1];
    let path = format!("/follow-ups/{id}");
    desk.agent.post(&format!("{path}/appeal"), appeal()).await.ok();
    let v = desk.above.post(&format!("{path}/decide-appeal"), json!({ "upheld": true, "reason": "叫号记录属实" })).await.ok();
    assert_eq!((&v["state"], &v["appeal"]["state"]), (&json!("excluded"), &json!("upheld")));
    let e = desk.manager.get(&format!("/evaluations/{}", text(&first["id"]))).await.ok();
    assert_eq!((&e["is_excluded"], &e["grade"], &e["excluded_why"]), (&json!(true), &json!("very_dissatisfied"), &json!("叫号记录属实")));
    let own = desk.company.get(&format!("/evaluations/{}", text(&first["id"]))).await;
    assert!(!own.text.contains("叫号记录"), "the appeal's words are the staff's");
    assert_eq!(evaluation(&desk, text(&first["entrustment_id"]), 2).await, json!(null), "no second one");

    // At the top of the tree the reform office decides, and nobody of the rated center.
    let top = Desk {
        division: "360482000000",
        clerk: app.as_user("city_clerk"),
        agent: app.as_user("city_agent1"),
        rated: "city_agent1",
        manager: app.as_user("city_manager"),
        ..desk
    };
    let path = self::bad(&top, false).await;
    top.manager.post(&format!("{path}/appeal"), appeal()).await.ok();
    let decision = json!({ "upheld": false, "reason": "证据不足" });
    top.manager.post(&format!("{path}/decide-appeal"), decision.clone()).await.expect(403);
    let v = app.as_user("city_reform").post(&format!("{path}/decide-appeal"), decision).await.ok();
    assert_eq!((&v["state"], &v["appeal"]["state"]), (&json!("opened"), &json!("refused")));
}

async fn nobody_looks_into_what_was_said_of_themselves(app: TestApp) {
    let desk = rudong(&app);
    let path = bad(&desk, true).await;
    // The rated person may appeal against what they were told by name, and nothing else.
    let own = desk.agent.get(&path).await.ok();
    assert_eq!(actions(&own), ["appeal"]);
    desk.agent.post(&format!("{path}/verify"), found()).await.expect(403);
    let refused = desk.manager.post(&format!("{path}/assign"), json!({ "handler_id": user_id("rd_agent") })).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/handler_id");
    // Colleagues do not see it until it is theirs.
    app.as_user("rd_agent2").get(&path).await.expect(404);
    desk.clerk.get(&path).await.expect(404);
    let assigned = desk.manager.post(&format!("{path}/assign"), json!({ "handler_id": user_id("rd_clerk") })).await.ok();
    assert_eq!(assigned["handler_id"], json!(user_id("rd_clerk")));
    let work = desk.clerk.get("/me/worklist?kind=follow_up").await.ok();
    assert_eq!(work["items"][0]["number"], assigned["number"]);
    assert_eq!(desk.manager.get("/me/worklist?kind=follow_up").await.ok()["items"], json!([]), "it is the handler's now");
    let mine = desk.manager.get(&format!("/follow-ups?handler_id={}&state=opened&grade=dissatisfied", user_id("rd_clerk"))).await.ok();
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1));
    // Whether it is complex is the leader's to say.
    let mut complex = found();
    complex["complex_reason"] = json!("涉及三个窗口");
    let refused = desk.clerk.post(&format!("{path}/verify"), complex).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/complex_reason");
    let v = desk.clerk.post(&format!("{path}/verify"), found()).await.ok();
    assert_eq!((&v["verification"]["by_id"], &v["verdict"]), (&json!(user_id("rd_clerk")), &json!("true")));
    assert!(actions(&v).contains(&"fix") && !actions(&v).contains(&"appeal") && !actions(&v).contains(&"assign"));
}

async fn one_of_many_verifies(app: TestApp) {
    let desk = rudong(&app);
    let path = format!("{}/verify", bad(&desk, false).await);
    let replies = join_all((0..20).map(|_| desk.manager.post(&path, found()))).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(200), count(409)), (1, 19), "{statuses:?}");
    let loser = replies.iter().find(|r| r.status == 409).expect("a loser");
    assert!(loser.body["allowed_actions"].as_array().expect("actions").iter().any(|a| a == "fix"));
    // With a version, who comes later is told that it is stale.
    let path = bad(&desk, false).await;
    let etag = desk.manager.get(&path).await.header("etag").to_owned();
    let condition = [("if-match", etag.as_str())];
    let verify = format!("{path}/verify");
    let replies = join_all((0..10).map(|_| desk.manager.post_with(&verify, &condition, found()))).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|s| [200, 409, 412].contains(s)), "{statuses:?}");
}

async fn clocks_run_and_are_breached(app: TestApp) {
    let desk = rudong(&app);
    let (path, complex) = (bad(&desk, true).await, bad(&desk, true).await);
    let v = desk.manager.get(&path).await.ok();
    let due = |view: &Value, kind: &str| text(&clock(view, kind)["due_at"]).get(..10).unwrap_or_default().to_owned();
    assert_eq!((due(&v, "follow_up_contact"), due(&v, "follow_up"), due(&v, "appeal")), ("2026-03-03".into(), "2026-03-09".into(), "2026-03-09".into()));
    assert_eq!(desk.manager.get("/me/worklist?kind=follow_up&bucket=incoming").await.ok()["items"].as_array().map(Vec::len), Some(2));
    let mut body = found();
    body["complex_reason"] = json!("涉及三个窗口的分工");
    let v = desk.manager.post(&format!("{complex}/verify"), body).await.ok();
    assert_eq!((&v["is_complex"], due(&v, "follow_up"), &v["complex_reason"]), (&json!(true), "2026-03-23".into(), &json!("涉及三个窗口的分工")));

    // Two days on: nobody has called.
    app.set_clock("2026-03-04T10:00:00+08:00");
    app.tick().await;
    let late = desk.manager.get("/follow-ups?overdue=true").await.ok();
    assert_eq!(late["items"].as_array().map(Vec::len), Some(1), "the complex one was contacted");
    assert_eq!(late["items"][0]["overdue"], true);
    let story = desk.manager.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(story.contains("已超差评联系核实时限"), "{story}");
    let plain = desk.company.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(!plain.contains("已超") && plain.contains("开始核实整改"), "what the center watches is the staff's: {plain}");

    // After the window nobody appeals, and its end is nobody's breach.
    app.set_clock("2026-03-10T10:00:00+08:00");
    app.tick().await;
    let v = desk.manager.get(&path).await.ok();
    assert!(!actions(&v).contains(&"appeal") && !actions(&v).contains(&"mark_complex"));
    assert_eq!(desk.agent.post(&format!("{path}/appeal"), appeal()).await.problem(409), "state_conflict");
    let story = desk.manager.get(&format!("{path}/timeline?limit=200")).await.ok().to_string();
    assert!(story.contains("已超差评整改时限") && !story.contains("已超差评申诉期限"), "{story}");
    // Late is not never.
    desk.manager.post(&format!("{path}/verify"), found()).await.ok();
    desk.manager.post(&format!("{path}/fix"), json!({ "words": "已增开窗口" })).await.ok();
    desk.manager.post(&format!("{path}/tell"), told()).await.ok();
    // Nobody rates a second time: the window ends it.
    app.set_clock("2026-03-27T10:00:00+08:00");
    app.tick().await;
    let v = desk.manager.get(&path).await.ok();
    assert_eq!((&v["state"], v.get("second_grade")), (&json!("closed"), None));
}

async fn who_gave_a_name_is_called_three_times(app: TestApp) {
    let desk = rudong(&app);
    let path = bad(&desk, true).await;
    let unverified = json!({ "verdict": "unverifiable", "words": "多次联系未果" });
    let tried = json!({ "way": "phone", "words": "无人接听" });
    for day in 2..5 {
        let refused = desk.manager.post(&format!("{path}/verify"), unverified.clone()).await.expect(422);
        assert_eq!(refused.body["errors"][0]["pointer"], "/verdict");
        app.set_clock(&format!("2026-03-0{day}T11:00:00+08:00"));
        desk.manager.post(&format!("{path}/record-attempt"), tried.clone()).await.ok();
        desk.manager.post(&format!("{path}/record-attempt"), tried.clone()).await.expect(409);
    }
    // What is said must be known from somewhere.
    let mut unasked = found();
    unasked.as_object_mut().expect("object").remove("way");
    assert_eq!(desk.manager.post(&format!("{path}/verify"), unasked).await.expect(422).body["errors"][0]["pointer"], "/way");
    let mut online = found();
    online["way"] = json!("link");
    assert_eq!(desk.manager.post(&format!("{path}/verify"), online).await.expect(422).body["errors"][0]["pointer"], "/way");
    let v = desk.manager.post(&format!("{path}/verify"), unverified).await.ok();
    assert_eq!((&v["attempts"], v["attempted"].as_array().map(Vec::len), &v["verdict"]), (&json!(3), Some(3), &json!("unverifiable")));
    let v = desk.manager.post(&format!("{path}/explain"), json!({ "words": "经查当日开了三个窗口" })).await.ok();
    assert_eq!(v["measure"], "explained");
    // Anonymous ones need not be.
    let path = bad(&desk, false).await;
    desk.manager.post(&format!("{path}/verify"), json!({ "verdict": "unverifiable", "words": "未留联系方式" })).await.ok();
    // What is not so is explained, not put right.
    let path = bad(&desk, false).await;
    let mut untrue = found();
    untrue["verdict"] = json!("false");
    let v = desk.manager.post(&format!("{path}/verify"), untrue).await.ok();
    assert!(actions(&v).contains(&"explain") && !actions(&v).contains(&"fix"));
    desk.manager.post(&format!("{path}/fix"), json!({ "words": "已整改" })).await.expect(409);
}

async fn an_appeal_is_decided_above(app: TestApp) {
    let desk = rudong(&app);
    let path = bad(&desk, true).await;
    desk.manager.post(&format!("{path}/verify"), found()).await.ok();
    let before = clock(&desk.manager.get(&path).await.ok(), "follow_up");
    let v = desk.manager.post(&format!("{path}/appeal"), appeal()).await.ok();
    assert_eq!((&v["state"], &v["appeal"]["state"], &v["appeal"]["in_person"]), (&json!("verified"), &json!("pending"), &json!(false)));
    assert_eq!(desk.agent.post(&format!("{path}/appeal"), appeal()).await.problem(409), "state_conflict", "one each");
    // It goes on beside it, but the applicant is not told before it is decided.
    let v = desk.manager.post(&format!("{path}/fix"), json!({ "words": "已增开窗口" })).await.ok();
    assert!(!actions(&v).contains(&"tell"));
    assert_eq!(clock(&v, "follow_up")["state"], "paused", "what only waits for the decision is not the center's delay");
    desk.manager.post(&format!("{path}/tell"), told()).await.expect(409);
    let decision = |upheld: bool| json!({ "upheld": upheld, "reason": "证据不足以证明误评" });
    for (who, status) in [("rd_manager", 403), ("rd_agent", 403), ("city_inspector", 403), ("city_reform", 403), ("cc_clerk", 404), ("city_clerk", 404)] {
        app.as_user(who).post(&format!("{path}/decide-appeal"), decision(true)).await.expect(status);
    }
    let work = desk.above.get("/me/worklist?kind=follow_up").await.ok();
    assert_eq!(work["items"][0]["id"], v["id"], "it waits for the center above");
    let racers = join_all((0..10).map(|i| {
        let (path, above) = (format!("{path}/decide-appeal"), &desk.above);
        async move { above.post(&path, decision(i % 2 == 1)).await.status }
    }))
    .await;
    assert_eq!(racers.iter().filter(|s| **s == 200).count(), 1, "{racers:?}");
    assert_eq!(racers.iter().filter(|s| **s == 409).count(), 9, "{racers:?}");
    // Refused, and on another one: the clocks go on as they were.
    let path = bad(&desk, true).await;
    desk.agent.post(&format!("{path}/appeal"), appeal()).await.ok();
    let v = desk.above.post(&format!("{path}/decide-appeal"), decision(false)).await.ok();
    assert_eq!((&v["state"], &v["appeal"]["state"]), (&json!("opened"), &json!("refused")));
    let after = clock(&v, "follow_up");
    assert_eq!((&after["due_at"], &after["state"]), (&before["due_at"], &json!("running")));
    desk.agent.post(&format!("{path}/appeal"), appeal()).await.expect(409);
    // Nobody decides in time: that is a breach of the one above.
    let path = bad(&desk, true).await;
    desk.agent.post(&format!("{path}/appeal"), appeal()).await.ok();
    app.set_clock("2026-03-11T10:00:00+08:00");
    app.tick().await;
    assert!(desk.above.get(&format!("{path}/timeline?limit=200")).await.ok().to_string().contains("已超申诉复核时限"));
}

async fn what_a_reader_is_not_told(app: TestApp) {
    let desk = rudong(&app);
    let (quiet, named) = (bad(&desk, false).await, bad(&desk, true).await);
    for path in [&quiet, &named] {
        desk.manager.post(&format!("{path}/verify"), found()).await.ok();
    }
    desk.agent.post(&format!("{named}/appeal"), appeal()).await.ok();
    // What was said without a name is the center's to appeal against: whom it is about does not see it.
    desk.agent.post(&format!("{quiet}/appeal"), appeal()).await.expect(404);
    desk.manager.post(&format!("{quiet}/appeal"), appeal()).await.ok();
    desk.agent.get(&quiet).await.expect(404);
    // The rated person: the grade, what was said by name, their own appeal, and nothing of the return visit.
    let own = desk.agent.get(&named).await;
    assert!(!own.text.contains("当日只开一个窗口"), "{}", own.text);
    assert_eq!((&own.body["grade"], &own.body["appeal"]["reasons"]), (&json!("dissatisfied"), &json!("说的是另一部门的窗口")));
    assert_eq!(own.body["comment"], "排队两小时");
    // The leader reads all of it.
    let all = desk.manager.get(&quiet).await.ok();
    assert_eq!((&all["comment"], &all["verification"]["evidence"]), (&json!("排队两小时"), &json!("录音 1")));
    // The applicant: how it stands, and nothing of the appeal or who is who.
    let plain = desk.company.get(&quiet).await;
    for hidden in ["说的是另一部门", "叫号记录", "当日只开一个窗口", "appeal", "staff_id", "handler_id", "clocks", "verdict"] {
        assert!(!plain.text.contains(hidden), "{hidden}: {}", plain.text);
    }
    assert_eq!(plain.body["state"], "verified");
    let story = desk.company.get(&format!("{quiet}/timeline")).await;
    assert!(!story.text.contains("申诉"), "{}", story.text);
    assert!(!desk.company.get("/follow-ups").await.text.contains("appeal"));
    app.as_user("ent_chongchuan").get(&quiet).await.expect(404);
    // Inspectors see how it stands, and no words; lists have none for anybody.
    let masked = app.as_user("city_inspector").get(&named).await;
    for hidden in ["排队两小时", "当日只开一个窗口", "说的是另一部门", "叫号记录"] {
        assert!(!masked.text.contains(hidden), "{hidden}: {}", masked.text);
    }
    for who in ["rd_manager", "city_manager", "city_inspector"] {
        let listed = app.as_user(who).get("/follow-ups?limit=200").await;
        assert!(listed.status == 200 && !listed.text.contains("排队两小时") && !listed.text.contains("叫号记录"), "{who}: {}", listed.text);
    }
    // In public, nothing at all.
    let number = text(&all["entrustment_number"]);
    let public = app.stranger().get(&format!("/progress/{number}?phone_last4=1234")).await.text;
    assert!(!public.contains("排队") && !public.contains("不满意") && !public.contains("follow_up"), "{public}");
    // Nothing that people wrote lies open in the tables.
    for (what, sql) in [
        ("details", "SELECT COUNT(*) AS value FROM follow_ups WHERE details LIKE '%窗口%'"),
        ("events", "SELECT COUNT(*) AS value FROM events WHERE record_kind = 'follow_up' AND (params LIKE '%窗口%' OR params LIKE '%录音%')"),
    ] {
        assert_eq!(app.count(sql).await, 0, "{what}");
    }
}

async fn twice_bad_goes_up_and_comes_to_an_end(app: TestApp) {
    let desk = rudong(&app);
    let path = bad(&desk, false).await;
    let matter = text(&desk.manager.get(&path).await.ok()["entrustment_id"]).to_owned();
    for (act, body) in [("verify", found()), ("fix", json!({ "words": "已增开窗口" })), ("tell", told())] {
        desk.manager.post(&format!("{path}/{act}"), body).await.ok();
    }
    let second = evaluation(&desk, &matter, 2).await;
    let rated = desk.company.post(&format!("/evaluations/{}/rate", text(&second["id"])), json!({ "grade": "very_dissatisfied" })).await.ok();
    assert_eq!(rated["follow_up_id"], json!(path.rsplit('/').next()), "no follow-up of a follow-up");
    let v = desk.above.get(&path).await.ok();
    assert_eq!((&v["state"], actions(&v)), (&json!("upper_review"), vec!["conclude", "send_back"]));
    desk.manager.post(&format!("{path}/conclude"), json!({ "reason": "已经整改" })).await.expect(403);
    desk.above.post(&format!("{path}/send-back"), json!({ "reason": "午间仍未开窗" })).await.ok();
    for (act, body) in [("fix", json!({ "words": "午间已开窗" })), ("tell", told())] {
        desk.manager.post(&format!("{path}/{act}"), body).await.ok();
    }
    let v = desk.manager.get(&path).await.ok();
    assert_eq!((&v["state"], &v["round"], &v["reviews"][0]["words"]), (&json!("closed"), &json!(2), &json!("午间仍未开窗")));
    assert_eq!(evaluation(&desk, &matter, 3).await, json!(null), "there is no third rating");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM evaluations WHERE round > 2").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM follow_ups").await, 1);
}

/// Who has no account finds the second link as the first. Where the first was without a name, it comes with the message alone:
/// whoever served knows the number too, and that there is a second rating tells of the first.
async fn the_second_link_is_found_without_an_account(app: TestApp) {
    let desk = rudong(&app);
    let unnamed = bad(&desk, false).await;
    let number = text(&desk.manager.get(&unnamed).await.ok()["entrustment_number"]).to_owned();
    let link = format!("/progress/{number}/evaluation?phone_last4=1234");
    let (code, digits) = (format!("/progress/{number}/evaluation-code"), json!({ "phone_last4": "1234" }));
    let before = (app.stranger().get(&link).await.status, app.stranger().post(&code, digits.clone()).await.body["detail"].clone());
    for (act, body) in [("verify", found()), ("fix", json!({ "words": "已增开窗口" })), ("tell", told())] {
        desk.manager.post(&format!("{unnamed}/{act}"), body).await.ok();
    }
    let after = (app.stranger().get(&link).await.status, app.stranger().post(&code, digits).await.body["detail"].clone());
    assert_eq!(before, (404, json!("本件已评价，一件只评一次。")));
    assert_eq!(after, before, "nothing tells that there is a second one");
    let path = bad(&desk, true).await;
    let number = text(&desk.manager.get(&path).await.ok()["entrustment_number"]).to_owned();
    for (act, body) in [("verify", found()), ("fix", json!({ "words": "已增开窗口" })), ("tell", told())] {
        desk.manager.post(&format!("{path}/{act}"), body).await.ok();
    }
    // Without an account, the second link is found by the number and the telephone, and works once.
    let link = app.stranger().get(&format!("/progress/{number}/evaluation?phone_last4=1234")).await.ok();
    let link = text(&link["link"]).to_owned();
    assert_eq!(app.stranger().get(&link).await.ok()["state"], "open");
    app.stranger().post(&link, json!({ "grade": "very_satisfied" })).await.ok();
    app.stranger().post(&link, json!({ "grade": "very_satisfied" })).await.expect(409);
    app.stranger().get(&format!("/progress/{number}/evaluation?phone_last4=1234")).await.expect(404);
    assert_eq!(desk.manager.get(&path).await.ok()["state"], "closed");
}
