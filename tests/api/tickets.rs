//! Fallback tickets “办不成事”反映: caught, classified, settled or charged to departments, and cleared by the applicant alone.

use jieli::{
    auth::Actor,
    kernel::Id,
    tickets::{self, Assigned},
};
use serde_json::{Value, json};

use crate::support::{Caller, TestApp, center_id, counter_application, moment, on_both_engines, text, user_id};

on_both_engines!(
    settled_in_one_call,
    dissatisfied_twice_goes_to_the_reform_office,
    not_taken_in_by_two_persons,
    merged_and_every_caller_is_asked,
    upheld_and_reviewed_each_quarter,
    a_confidential_caller,
    withdrawn_with_a_signature,
    the_weekly_triage_and_the_register,
    an_arbitration_without_a_competent_unit,
    duplicate_applicants_made_one,
    nothing_else_clears
);

const AT: &str = "/fallback-tickets";

fn content(title: &str) -> Value {
    json!({ "title": title, "situation": "多个窗口答复不属于本部门受理", "request": "请明确由谁受理", "category": "emerging_field" })
}

/// What is left at the counter by somebody without an account.
fn at_counter(title: &str, name: &str, phone: &str) -> Value {
    json!({ "channel": "window", "content": content(title), "contact": { "name": name, "phone": phone } })
}

async fn register(caller: &Caller<'_>, body: Value) -> (String, Value) {
    let ticket = caller.post(AT, body).await.created();
    (format!("{AT}/{}", text(&ticket["number"])), ticket)
}

/// Registered online by the company of 如东.
async fn online(app: &TestApp, title: &str) -> (String, Value) {
    let contact = json!({ "name": "联系人甲", "phone": "13900001234" });
    let body = json!({ "center": "320623000000", "channel": "online", "content": content(title), "contact": contact });
    register(&app.as_user("ent_rudong"), body).await
}

async fn settled(app: &TestApp, path: &str) {
    let clerk = app.as_user("rd_clerk");
    clerk.post(&format!("{path}/triage"), json!({ "tier": "general" })).await.ok();
    settled_again(app, path).await;
}

async fn settled_again(app: &TestApp, path: &str) {
    let clerk = app.as_user("rd_clerk");
    clerk.post(&format!("{path}/settle"), json!({ "settlement": "协调窗口当场受理" })).await.ok();
    clerk.post(&format!("{path}/ask-feedback"), json!({})).await.ok();
}

fn phoned(satisfied: bool) -> Value {
    json!({ "satisfied": satisfied, "way": "phone", "evidence": "录音 1", "words": "已经办好了" })
}

async fn events(caller: &Caller<'_>, path: &str) -> Vec<String> {
    let told = caller.get(&format!("{path}/timeline?limit=200")).await.ok();
    told["items"].as_array().expect("timeline").iter().map(|e| text(&e["kind"]).to_owned()).collect()
}

async fn work(caller: &Caller<'_>, bucket: &str) -> Vec<String> {
    let work = caller.get(&format!("/me/worklist?kind=fallback_ticket&bucket={bucket}&limit=200")).await.ok();
    work["items"].as_array().expect("work").iter().map(|w| text(&w["number"]).to_owned()).collect()
}

fn has(actions: &Value, action: &str) -> bool {
    actions["allowed_actions"].as_array().is_some_and(|all| all.iter().any(|a| a == action))
}

/// The department of 如东 whose handler has an account.
async fn department(app: &TestApp) -> Id {
    let all = app.stranger().get("/centers/320623000000/departments").await.ok();
    let staffed = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).cloned().unwrap_or_default();
    text(&staffed["id"]).parse().expect("department")
}

fn id_of(ticket: &Value) -> Id {
    text(&ticket["id"]).parse().expect("id")
}

/// The sheets' side: the lead department has it until a day.
async fn assign(app: &TestApp, ticket: Id, lead: Id) {
    let due_at = moment("2026-04-30T17:00:00+08:00");
    let to = move || Assigned { lead, assisting: Vec::new(), due_at };
    app.db.commit(move |tx| tickets::assign(tx, &Actor::system("test"), ticket, to())).await.expect("assigned");
}

async fn settled_in_one_call(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut body = at_counter("税务登记无处补录", "反映人甲", "13900006001");
    body["applicant"] = counter_application("assisted")["applicant"].clone();
    body["feedback"] = json!({ "satisfied": true, "way": "counter", "signature": { "method": "handwritten", "evidence": "签字单 1" } });
    let refused = clerk.post(AT, body.clone()).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "nothing_settled");
    body["settlement"] = json!({ "settlement": "协调税务窗口当场补录" });
    // Nothing is half done: an unsigned answer refuses the whole.
    let mut unsigned = body.clone();
    unsigned["feedback"] = json!({ "satisfied": true, "way": "counter" });
    let refused = clerk.post(AT, unsigned).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/feedback/signature");
    let tried = clerk.post(&format!("{AT}?dry_run=true"), body.clone()).await.ok();
    assert_eq!(tried["state"], "cleared");
    assert_eq!(clerk.get(&format!("{AT}?state=cleared")).await.ok()["items"], json!([]));
    let first = clerk.post_with(AT, &[("idempotency-key", "one")], body.clone()).await.expect(201);
    let again = clerk.post_with(AT, &[("idempotency-key", "one")], body).await.expect(201);
    assert_eq!((again.header("idempotency-replayed"), &again.body["id"]), ("true", &first.body["id"]));
    let ticket = first.body;
    let path = format!("{AT}/{}", text(&ticket["number"]));
    assert_eq!((&ticket["state"], &ticket["tier"], &ticket["round"]), (&json!("cleared"), &json!("general"), &json!(1)));
    assert_eq!((&ticket["first_responder_id"], &ticket["callers"][0]["answer"]), (&json!(user_id("rd_clerk")), &json!("satisfied")));
    assert_eq!(ticket["allowed_actions"], json!(["reveal", "precedent", "citations"]));
    assert!(ticket.get("due_at").is_none() && ticket["clocks"].as_array().is_some_and(|c| c.iter().all(|c| c["state"] == "stopped")));
    let told = events(&clerk, &path).await;
    for kind in ["registered", "triaged", "settled", "feedback_asked", "feedback_satisfied", "cleared"] {
        assert!(told.contains(&format!("fallback_ticket.{kind}")), "{kind}: {told:?}");
    }
    assert!(events(&clerk, &path).await.iter().all(|k| k.starts_with("fallback_ticket.")));
    let told = clerk.get(&format!("{path}/timeline")).await.ok();
    assert!(told["items"].as_array().expect("items").iter().all(|e| e["text"] != e["kind"]), "{told}");
    // Who may not register, and what nobody may.
    app.as_user("city_pm").post(AT, at_counter("甲乙", "甲", "13900000001")).await.expect(403);
    app.as_user("cc_clerk").get(&path).await.expect(404);
    let elsewhere = json!({ "center": "320613000000", "channel": "window", "content": content("甲乙"), "contact": { "name": "甲", "phone": "13900000001" } });
    clerk.post(AT, elsewhere).await.expect(403);
    clerk.post(AT, json!({ "channel": "window", "content": content("甲乙"), "contact": { "name": "甲", "phone": "1" } })).await.expect(400);
    let mut unknown = at_counter("甲乙", "甲", "13900000001");
    unknown["content"]["item"] = json!("none");
    assert_eq!(clerk.post(AT, unknown).await.expect(422).body["errors"][0]["pointer"], "/content/item");
    let mut sourced = at_counter("热线转来", "甲", "13900000001");
    sourced["channel"] = json!("hotline");
    sourced["source"] = json!("12345-1");
    clerk.post(AT, sourced.clone()).await.created();
    assert_eq!(clerk.post(AT, sourced).await.expect(422).body["errors"][0]["code"], "duplicate");
    // Whoever settles nothing asks nobody.
    app.as_user("ent_rudong")
        .post(
            AT,
            json!({ "center": "320623000000", "channel": "online", "content": content("甲乙"),
        "contact": { "name": "甲", "phone": "13900000001" }, "settlement": { "settlement": "自己协调" } }),
        )
        .await
        .expect(422);
}

async fn dissatisfied_twice_goes_to_the_reform_office(app: TestApp) {
    let (clerk, company, reform) = (app.as_user("rd_clerk"), app.as_user("ent_rudong"), app.as_user("city_reform"));
    let (path, ticket) = online(&app, "低空配送无处备案").await;
    assert_eq!((&ticket["state"], text(&ticket["due_at"])), (&json!("registered"), "2026-03-09T17:00:00.000+08:00"));
    assert!(work(&clerk, "incoming").await.contains(&text(&ticket["number"]).to_owned()));
    // A late triage is raised once.
    app.set_clock("2026-03-10T09:00:00+08:00");
    app.tick().await;
    app.tick().await;
    assert_eq!(events(&clerk, &path).await.iter().filter(|k| *k == "clock.breach").count(), 1);
    assert!(work(&clerk, "overdue").await.contains(&text(&ticket["number"]).to_owned()));
    assert_eq!(company.get(&path).await.ok()["allowed_actions"], json!(["withdraw"]));
    company.post(&format!("{path}/triage"), json!({ "tier": "general" })).await.expect(403);
    clerk.post(&format!("{path}/settle"), json!({ "settlement": "尚未分类" })).await.expect(409);
    settled(&app, &path).await;
    assert!(work(&company, "open").await.contains(&text(&ticket["number"]).to_owned()), "it waits for the applicant");
    // Not satisfied: in person, with the reason.
    company.post(&format!("{path}/feedback"), json!({ "satisfied": false, "way": "phone", "words": "没有解决" })).await.expect(422);
    company.post(&format!("{path}/feedback"), json!({ "satisfied": false, "way": "online" })).await.expect(422);
    let reopened = company.post(&format!("{path}/feedback"), json!({ "satisfied": false, "way": "online", "words": "仍然没有解决" })).await.ok();
    assert_eq!((&reopened["state"], &reopened["round"], &reopened["reform_led"]), (&json!("reopened"), &json!(2), &json!(false)));
    assert_eq!(reopened["rounds"][0]["settlement"]["words"], "协调窗口当场受理");
    // Again, by link: it is used up, and a made-up one shows nothing.
    settled(&app, &path).await;
    let asked = clerk.get(&path).await.ok();
    assert_eq!((asked["callers"][0].get("link"), &asked["callers"][0]["link_open"]), (None, &json!(true)), "staff do not answer in the caller's name");
    let number = text(&ticket["number"]);
    app.stranger().get(&format!("/fallback-progress/{number}?phone_last4=0000")).await.expect(404);
    let progress = app.stranger().get(&format!("/fallback-progress/{number}?phone_last4=1234")).await.ok();
    let link = text(&progress["feedback_link"]).to_owned();
    let shown = app.stranger().get(&link).await.ok();
    assert_eq!((&shown["open"], &shown["result"], &shown["number"]), (&json!(true), &json!("协调窗口当场受理"), &ticket["number"]));
    app.stranger().get(&format!("{link}x")).await.expect(404);
    app.stranger().get(&link.replace(".2.", ".3.")).await.expect(404);
    app.stranger().post(&link, json!({ "satisfied": false })).await.expect(422);
    let answered = app.stranger().post(&link, json!({ "satisfied": false, "words": "两次都没有解决" })).await.ok();
    assert_eq!((&answered["answer"], &answered["open"]), (&json!("dissatisfied"), &json!(false)));
    app.stranger().post(&link, json!({ "satisfied": true })).await.expect(409);
    // Two rounds failed: the reform office leads, and the tier does not fall.
    let led = clerk.get(&path).await.ok();
    assert_eq!((&led["state"], &led["reform_led"], &led["tier"], &led["round"]), (&json!("reopened"), &json!(true), &json!("difficult"), &json!(3)));
    assert!(!has(&led, "triage") && led["contacts"][1]["words"] == "两次都没有解决");
    clerk.post(&format!("{path}/triage"), json!({ "tier": "difficult" })).await.expect(409);
    assert!(work(&reform, "open").await.contains(&text(&ticket["number"]).to_owned()));
    assert_eq!(reform.post(&format!("{path}/triage"), json!({ "tier": "general" })).await.expect(422).body["errors"][0]["code"], "tier_falls");
    reform.post(&format!("{path}/triage"), json!({ "tier": "difficult", "note": "涉及两个部门" })).await.ok();
    reform.post(&format!("{path}/settle"), json!({ "settlement": "当场协调" })).await.expect(403);
    clerk.post(&format!("{path}/settle"), json!({ "settlement": "当场协调" })).await.expect(409);
    clerk.post(&format!("{path}/coordinate"), json!({ "held_at": "2026-03-11T09:00:00+08:00" })).await.expect(403);
    let lead = department(&app).await;
    assert_eq!(
        reform.post(&format!("{path}/coordinate"), json!({ "held_at": "2026-03-11T09:00:00+08:00" })).await.expect(422).body["errors"][0]["code"],
        "required"
    );
    reform.post(&format!("{path}/coordinate"), json!({ "held_at": "2026-03-11T09:00:00+08:00", "departments": [lead] })).await.ok();
    let outcome = json!({ "outcome": "由市场监管部门牵头", "due_on": "2026-04-30" });
    assert_eq!(reform.post(&format!("{path}/record-coordination"), outcome.clone()).await.expect(422).body["errors"][0]["code"], "too_early");
    app.set_clock("2026-03-11T11:00:00+08:00");
    let coordinated = reform.post(&format!("{path}/record-coordination"), outcome).await.ok();
    assert_eq!((&coordinated["coordinated"], &coordinated["coordination"]["due_on"]), (&json!(true), &json!("2026-04-30")));
    // A department sees it with its sheet, and not before; it may hand it back, and another answers.
    let handler = app.as_user("rd_scjg");
    handler.get(&path).await.expect(404);
    let id = id_of(&ticket);
    assign(&app, id, lead).await;
    let seen = handler.get(&path).await.ok();
    assert_eq!((&seen["state"], &seen["masked"], &seen["title"]), (&json!("assigned"), &json!(true), &json!("低空配送无处备案")));
    assert!(seen["callers"][0]["name"] != "联系人甲" && seen.get("triage_note").is_none(), "{seen}");
    assert_eq!(seen["due_at"], "2026-04-30T17:00:00.000+08:00");
    assert_eq!(seen["allowed_actions"], json!(["citations"]), "a case that helped may be named");
    app.db.commit(move |tx| tickets::return_(tx, &Actor::system("test"), id, "不属于本部门职责", 0)).await.expect("returned");
    let returned = clerk.get(&path).await.ok();
    assert_eq!((&returned["state"], &returned["returns"]), (&json!("triaged"), &json!(1)));
    assign(&app, id, lead).await;
    app.db.commit(move |tx| tickets::sign_in(tx, &Actor::system("test"), id)).await.expect("signed in");
    app.db.commit(move |tx| tickets::reply(tx, &Actor::system("test"), id, "已予备案")).await.expect("replied");
    clerk.post(&format!("{path}/ask-feedback"), json!({})).await.ok();
    // By telephone: who, when, how.
    clerk.post(&format!("{path}/feedback"), json!({ "satisfied": true, "way": "phone" })).await.expect(422);
    clerk
        .post(&format!("{path}/feedback"), json!({ "satisfied": true, "way": "phone", "evidence": "录音 3", "asked_at": "2026-03-01T09:00:00+08:00" }))
        .await
        .expect(422);
    clerk.post(&format!("{path}/feedback"), json!({ "satisfied": true, "way": "online" })).await.expect(422);
    let cleared = clerk.post(&format!("{path}/feedback"), phoned(true)).await.ok();
    assert_eq!(
        (&cleared["state"], &cleared["outcome"]["words"], &cleared["contacts"][2]["staff_id"]),
        (&json!("cleared"), &json!("已予备案"), &json!(user_id("rd_clerk")))
    );
    // A bad return visit, and nothing else, opens it again.
    let caller = text(&cleared["callers"][0]["id"]).parse::<Id>().expect("caller");
    let at = moment("2026-03-11T11:00:00+08:00");
    let visit = move || tickets::Visit {
        caller,
        outcome: tickets::ContactOutcome::Dissatisfied,
        way: tickets::FeedbackWay::Phone,
        at,
        words: "又不行了".into(),
        evidence: "录音 9".into(),
    };
    app.db.commit(move |tx| tickets::reopen_after_visit(tx, &Actor::system("test"), id, visit())).await.expect("reopened");
    assert_eq!(clerk.get(&path).await.ok()["state"], "reopened");
}

async fn not_taken_in_by_two_persons(app: TestApp) {
    let (clerk, manager, company, reform) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), app.as_user("ent_rudong"), app.as_user("city_reform"));
    let (path, _) = online(&app, "合同纠纷").await;
    let proposal = json!({ "reason": "litigation", "words": "同一纠纷已立案", "advice": "请向受理案件的法院查询" });
    clerk.post(&format!("{path}/propose-inadmissible"), json!({ "reason": "because", "words": "无", "advice": "" })).await.expect(400);
    manager.post(&format!("{path}/confirm-inadmissible"), json!({})).await.expect(409);
    let proposed = clerk.post(&format!("{path}/propose-inadmissible"), proposal.clone()).await.ok();
    assert!(!has(&proposed, "confirm_inadmissible") && has(&proposed, "refuse_inadmissible"));
    clerk.post(&format!("{path}/propose-inadmissible"), proposal.clone()).await.expect(409);
    clerk.post(&format!("{path}/confirm-inadmissible"), json!({})).await.expect(409);
    assert!(company.get(&path).await.ok().get("inadmissible").is_none(), "what is only proposed is the staff's");
    let confirmed = manager.post(&format!("{path}/confirm-inadmissible"), json!({})).await.ok();
    assert_eq!((&confirmed["state"], &confirmed["inadmissible"]["confirmed_by"]), (&json!("inadmissible"), &json!(user_id("rd_manager"))));
    let told = company.get(&path).await.ok();
    assert_eq!((&told["inadmissible"]["advice"], &told["allowed_actions"]), (&json!("请向受理案件的法院查询"), &json!(["object"])));
    // One objection; the reform office decides.
    let objected = company.post(&format!("{path}/object"), json!({ "reason": "反映的是办理渠道" })).await.ok();
    assert_eq!((&objected["state"], text(&objected["due_at"])), (&json!("objected"), "2026-03-09T17:00:00.000+08:00"));
    manager.post(&format!("{path}/uphold-objection"), json!({ "reason": "成立" })).await.expect(403);
    let dismissed = reform.post(&format!("{path}/dismiss-objection"), json!({ "reason": "仍在诉讼中" })).await.ok();
    assert_eq!((&dismissed["state"], &dismissed["objection"]["upheld"]), (&json!("inadmissible"), &json!(false)));
    company.post(&format!("{path}/object"), json!({ "reason": "再次异议" })).await.expect(409);
    // The other way: it is right, and the ticket goes on.
    let (path, _) = online(&app, "渠道不明").await;
    clerk.post(&format!("{path}/propose-inadmissible"), proposal.clone()).await.ok();
    manager.post(&format!("{path}/refuse-inadmissible"), json!({ "reason": "应当受理" })).await.ok();
    clerk.post(&format!("{path}/propose-inadmissible"), proposal).await.ok();
    manager.post(&format!("{path}/confirm-inadmissible"), json!({})).await.ok();
    clerk.post(&format!("{path}/object"), json!({ "reason": "申请人当面提出异议" })).await.ok();
    assert_eq!(reform.post(&format!("{path}/uphold-objection"), json!({ "reason": "应当受理" })).await.ok()["state"], "reopened");
    settled(&app, &path).await;
}

async fn merged_and_every_caller_is_asked(app: TestApp) {
    let (clerk, company) = (app.as_user("rd_clerk"), app.as_user("ent_rudong"));
    let (stays, target) = register(&clerk, at_counter("同一地块问题", "反映人乙", "13900006002")).await;
    let (gone, source) = online(&app, "同一地块").await;
    company.post(&format!("{gone}/merge"), json!({ "into": target["number"], "reason": "同一问题" })).await.expect(403);
    clerk.post(&format!("{gone}/merge"), json!({ "into": "DD-none", "reason": "同一问题" })).await.expect(422);
    clerk.post(&format!("{gone}/merge"), json!({ "into": source["number"], "reason": "同一问题" })).await.expect(422);
    let stale = clerk.post_with(&format!("{gone}/merge"), &[("if-match", "\"7\"")], json!({ "into": target["number"], "reason": "同一问题" })).await;
    assert_eq!(stale.problem(412), "stale_version");
    let merged = clerk.post(&format!("{gone}/merge"), json!({ "into": target["number"], "reason": "同一问题" })).await.ok();
    assert_eq!((&merged["state"], &merged["merged_into_id"], &merged["allowed_actions"]), (&json!("merged"), &target["id"], &json!(["reveal"])));
    let both = clerk.get(&stays).await.ok();
    assert_eq!((both["callers"].as_array().map(Vec::len), &both["callers"][1]["merged_from"], &both["callers_total"]), (Some(2), &source["id"], &json!(2)));
    assert_eq!(both["merged"][0]["number"], source["number"]);
    // Who was merged sees what goes on, themselves, and nobody else's words.
    let own = company.get(&stays).await.ok();
    assert_eq!((own["callers"].as_array().map(Vec::len), &own["callers"][0]["name"]), (Some(1), &json!("联系人甲")));
    assert!(own.get("situation").is_none() && !own.to_string().contains("反映人乙"), "{own}");
    assert_eq!(company.get(&gone).await.ok()["state"], "merged");
    // Every caller is asked; one who is satisfied clears nothing.
    settled(&app, &stays).await;
    let progress = app.stranger().get(&format!("/fallback-progress/{}?phone_last4=6002", text(&target["number"]))).await.ok();
    let link = text(&progress["feedback_link"]).to_owned();
    assert_eq!(clerk.post(&format!("{stays}/feedback"), phoned(true)).await.expect(422).body["errors"][0]["code"], "required");
    let one = company.post(&format!("{stays}/feedback"), json!({ "satisfied": true, "way": "online" })).await.ok();
    assert_eq!(one["state"], "awaiting_feedback");
    // Satisfied once in a round: said again it would count twice.
    let mut again = phoned(true);
    again["caller_id"] = one["callers"][0]["id"].clone();
    assert_eq!(clerk.post(&format!("{stays}/feedback"), again).await.problem(409), "state_conflict");
    // The other is not: both are asked anew.
    app.stranger().post(&link, json!({ "satisfied": false, "words": "我的还没有解决" })).await.ok();
    let again = clerk.get(&stays).await.ok();
    assert_eq!((&again["state"], &again["callers"][1].get("answer")), (&json!("reopened"), &None));
    assert!(!company.get(&format!("{stays}/timeline")).await.ok().to_string().contains("我的还没有解决"), "words are not told to others");
    settled(&app, &stays).await;
    let asked = clerk.get(&stays).await.ok();
    let caller = |n: usize| asked["callers"][n]["id"].clone();
    let mut first = phoned(true);
    first["caller_id"] = caller(0);
    assert_eq!(clerk.post(&format!("{stays}/feedback"), first).await.ok()["state"], "awaiting_feedback");
    let mut second = phoned(true);
    second["caller_id"] = caller(1);
    assert_eq!(clerk.post(&format!("{stays}/feedback"), second).await.ok()["state"], "cleared");
    // Into what has ended nothing is merged; of two callers one withdraws, and the other is still asked.
    let (third, _) = online(&app, "又一件").await;
    assert_eq!(
        clerk.post(&format!("{third}/merge"), json!({ "into": target["number"], "reason": "同一问题" })).await.expect(422).body["errors"][0]["code"],
        "not_open"
    );
    let (fourth, fourth_ticket) = register(&clerk, at_counter("再一件", "反映人丙", "13900006003")).await;
    clerk.post(&format!("{third}/merge"), json!({ "into": fourth_ticket["number"], "reason": "同一问题" })).await.ok();
    let left = company.post(&format!("{fourth}/withdraw"), json!({ "reason": "不再反映" })).await.ok();
    assert_eq!((&left["state"], &left["callers_total"]), (&json!("registered"), &json!(1)));
    settled(&app, &fourth).await;
    assert_eq!(clerk.post(&format!("{fourth}/feedback"), phoned(true)).await.ok()["state"], "cleared");
}

async fn upheld_and_reviewed_each_quarter(app: TestApp) {
    let (clerk, manager, reform) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), app.as_user("city_reform"));
    let (path, ticket) = register(&clerk, at_counter("联系不上", "反映人丁", "13900006004")).await;
    settled(&app, &path).await;
    let unreachable = json!({ "reason": "unreachable", "explanation": "三日均无人接听" });
    let attempt = json!({ "way": "phone", "words": "无人接听" });
    for (day, status) in [("02", 422), ("02", 422), ("03", 422), ("04", 200)] {
        app.set_clock(&format!("2026-03-{day}T15:00:00+08:00"));
        clerk.post(&format!("{path}/attempts"), attempt.clone()).await.ok();
        let tried = manager.post(&format!("{path}/uphold?dry_run=true"), unreachable.clone()).await;
        assert_eq!(tried.status, status, "{}", tried.text);
    }
    clerk.post(&format!("{path}/uphold"), unreachable.clone()).await.expect(403);
    let upheld = manager.post(&format!("{path}/uphold"), unreachable).await.ok();
    assert_eq!((&upheld["state"], upheld.get("cleared_at")), (&json!("upheld_unresolved"), None));
    assert_eq!(text(&upheld["due_at"]).get(..10), Some("2026-06-02"), "ninety days on");
    // It stays on the register, and is not cleared.
    let register = clerk.get(&format!("{AT}/register")).await.ok();
    assert_eq!((&register["upheld"], &register["cleared"]), (&json!(1), &json!(0)));
    clerk.post(&format!("{path}/review"), json!({ "reason": "仍联系不上" })).await.expect(403);
    app.set_clock("2026-06-03T09:00:00+08:00");
    app.tick().await;
    assert!(events(&reform, &path).await.contains(&"clock.breach".to_owned()));
    assert!(work(&reform, "overdue").await.contains(&text(&ticket["number"]).to_owned()));
    let reviewed = reform.post(&format!("{path}/review"), json!({ "reason": "仍联系不上，继续挂账" })).await.ok();
    assert_eq!((&reviewed["state"], text(&reviewed["due_at"]).get(..10)), (&json!("upheld_unresolved"), Some("2026-09-01")));
    let reopened = reform.post(&format!("{path}/reopen"), json!({ "reason": "申请人来电" })).await.ok();
    assert_eq!((&reopened["state"], &reopened["round"], reopened.get("upheld")), (&json!("reopened"), &json!(2), None));
    // A lawful bar is explained, with the law.
    settled(&app, &path).await;
    let mut bar = json!({ "reason": "lawful_bar", "explanation": "在红线内，依法不得建设", "told_at": "2026-06-03T10:00:00+08:00", "told_by": "counter" });
    assert_eq!(reform.post(&format!("{path}/uphold"), bar.clone()).await.expect(422).body["errors"][0]["pointer"], "/basis");
    bar["basis"] = json!("有关法律第十条");
    assert_eq!(reform.post(&format!("{path}/uphold"), bar.clone()).await.expect(422).body["errors"][0]["pointer"], "/told_at");
    app.set_clock("2026-06-03T11:00:00+08:00");
    assert_eq!(reform.post(&format!("{path}/uphold"), bar).await.ok()["upheld"]["reason"], "lawful_bar");
}

async fn a_confidential_caller(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut body = at_counter("举报窗口推诿", "保密人甲", "13900006005");
    body["confidential"] = json!(true);
    body["content"]["situation"] = json!("保密人甲（13900006005）三次到窗口，均被要求去别处");
    body["content"]["consultation"] = json!("ZX-320623-20260227-000003");
    let (path, ticket) = register(&clerk, body).await;
    assert!(text(&ticket["situation"]).contains("保密人甲"), "the counter reads what it wrote");
    assert_eq!(ticket["consultation"], "ZX-320623-20260227-000003", "what was asked before is named");
    assert_eq!((&ticket["callers"][0]["name"], &ticket["callers"][0]["phone"]), (&json!("保密人甲"), &json!("13900006005")));
    clerk.post(&format!("{path}/triage"), json!({ "tier": "difficult" })).await.ok();
    let id = id_of(&ticket);
    let lead = department(&app).await;
    let reform = app.as_user("city_reform");
    reform.post(&format!("{path}/coordinate"), json!({ "held_at": "2026-03-02T09:30:00+08:00", "departments": [lead] })).await.ok();
    reform.post(&format!("{path}/record-coordination"), json!({ "outcome": "由市场监管部门牵头" })).await.ok();
    assign(&app, id, lead).await;
    // The department, the leaders and the inspectors do not learn who it is, nor what they wrote where it would tell.
    for login in ["rd_scjg", "rd_manager", "city_manager", "city_inspector", "city_reform"] {
        let caller = app.as_user(login);
        let seen = caller.get(&path).await.ok();
        assert!(seen["callers"][0].get("name").is_none() && seen["callers"][0].get("phone").is_none(), "{login}: {seen}");
        assert!(!seen.to_string().contains("保密人甲") && !seen.to_string().contains("13900006005"), "{login}: nor in what was written: {seen}");
        let all = format!("{seen}{}{}", caller.get(&format!("{path}/timeline")).await.ok(), caller.get(&format!("{AT}?limit=200")).await.ok());
        assert!(!all.contains("保密人甲") && !all.contains("13900006005"), "{login}");
    }
    let narrow = app.as_user("rd_scjg").get(&path).await.ok();
    assert!(narrow.get("situation").is_none() && narrow.get("title").is_none());
    // Unmasking is the reform office's, audited; the leader learns nothing by it.
    let reason = json!({ "reason": "改革办回访申请人" });
    let revealed = reform.post(&format!("{path}/reveal"), reason.clone()).await.ok();
    assert_eq!((&revealed["callers"][0]["name"], &revealed["callers"][0]["phone"]), (&json!("保密人甲"), &json!("13900006005")));
    let leader = app.as_user("rd_manager").post(&format!("{path}/reveal"), reason.clone()).await.ok();
    assert!(leader["callers"] == json!([]) && !leader.to_string().contains("保密人甲"), "{leader}");
    app.as_user("rd_scjg").post(&format!("{path}/reveal"), reason).await.expect(403);
    assert_eq!(app.count("SELECT count(*) AS value FROM audit_log WHERE record_kind = 'fallback_ticket' AND action = 'reveal'").await, 2);
    assert_eq!(app.count("SELECT count(*) AS value FROM events WHERE params LIKE '%保密人甲%' OR params LIKE '%13900006005%'").await, 0);
    // Who is not confidential is masked for the leader, and unmasked on request.
    let (open, _) = register(&clerk, at_counter("普通反映", "反映人戊", "13900006006")).await;
    let masked = app.as_user("rd_manager").get(&open).await.ok();
    assert!(masked["callers"][0]["name"] != "反映人戊" && masked["callers"][0].get("name").is_some() && masked["title"] == "普通反映");
    let revealed = app.as_user("rd_manager").post(&format!("{open}/reveal"), json!({ "reason": "核实情况" })).await.ok();
    assert_eq!(revealed["callers"][0]["name"], "反映人戊");
}

async fn withdrawn_with_a_signature(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let (path, _) = register(&clerk, at_counter("自行解决", "反映人己", "13900006007")).await;
    let mut body = json!({ "reason": "问题已自行解决" });
    assert_eq!(clerk.post(&format!("{path}/withdraw"), body.clone()).await.expect(422).body["errors"][0]["code"], "signature_required");
    body["signature"] = json!({ "method": "online", "evidence": "签字单 2" });
    clerk.post(&format!("{path}/withdraw"), body.clone()).await.expect(422);
    body["signature"]["method"] = json!("handwritten");
    let gone = clerk.post(&format!("{path}/withdraw"), body.clone()).await.ok();
    assert_eq!((&gone["state"], &gone["withdrawal"]["signature"]["evidence"]), (&json!("withdrawn"), &json!("签字单 2")));
    clerk.post(&format!("{path}/withdraw"), body).await.expect(409);
    // A recording will do; and the applicant in person signs by being there.
    let (path, _) = register(&clerk, at_counter("电话撤回", "反映人庚", "13900006008")).await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    let file = clerk.upload("/attachments", &[], "撤回单.png", png, None).await.created();
    let gone = clerk.post(&format!("{path}/withdraw"), json!({ "reason": "电话说明不再反映", "attachments": [file["id"]] })).await.ok();
    assert_eq!((&gone["state"], &gone["attachments"][0]["label"]), (&json!("withdrawn"), &json!("withdrawal")));
    let (path, _) = online(&app, "本人撤回").await;
    settled(&app, &path).await;
    assert_eq!(app.as_user("ent_rudong").post(&format!("{path}/withdraw"), json!({ "reason": "不再反映" })).await.ok()["state"], "withdrawn");
}

async fn the_weekly_triage_and_the_register(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut made = Vec::new();
    for n in 0..4 {
        made.push(register(&clerk, at_counter(&format!("每周分类{n}"), "反映人辛", &format!("1390000610{n}"))).await);
    }
    let waiting = clerk.get(&format!("{AT}?state=registered&state=reopened&sort=due_at")).await.ok();
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(4));
    let row = |n: usize, tier: &str, version: u32| json!({ "id": made[n].1["number"], "version": version, "triage": { "tier": tier } });
    let body = json!({ "items": [row(0, "general", 1), row(1, "difficult", 9), row(2, "exceptional", 1)] });
    let done = clerk.post(&format!("{AT}/triage"), body.clone()).await.expect(207).body;
    assert_eq!((&done["succeeded"], &done["items"][1]["status"], &done["items"][2]["state"]), (&json!(2), &json!(412), &json!("triaged")));
    let atomic = json!({ "atomic": true, "items": [row(1, "difficult", 1), row(3, "difficult", 9)] });
    clerk.post(&format!("{AT}/triage"), atomic).await.expect(412);
    assert_eq!(clerk.get(&made[1].0).await.ok()["state"], "registered");
    clerk.post(&format!("{AT}/triage"), json!({ "items": [row(1, "difficult", 1), row(1, "general", 1)] })).await.expect(422);
    clerk.post(&format!("{AT}/triage"), json!({ "items": [] })).await.expect(422);
    app.as_user("cc_clerk").post(&format!("{AT}/triage"), json!({ "items": [row(3, "general", 1)] })).await.expect(207);
    assert_eq!(clerk.get(&made[3].0).await.ok()["state"], "registered", "what is not seen is not classified");
    // Edited under its version only.
    let edit = content("改过的标题");
    assert_eq!(clerk.put_with(&made[3].0, &[], edit.clone()).await.problem(428), "precondition_required");
    assert_eq!(clerk.put_with(&made[3].0, &[("if-match", "\"5\"")], edit.clone()).await.problem(412), "stale_version");
    let edited = clerk.put_with(&made[3].0, &[("if-match", "\"1\"")], edit).await.expect(200);
    assert_eq!((edited.header("etag"), &edited.body["title"]), ("\"2\"", &json!("改过的标题")));
    let mut handled = content("有人经办");
    handled["handler_id"] = json!(user_id("cc_agent1"));
    clerk.put_with(&made[3].0, &[("if-match", "\"2\"")], handled.clone()).await.expect(422);
    handled["handler_id"] = json!(user_id("rd_agent"));
    handled["departments"] = json!([department(&app).await]);
    clerk.put_with(&made[3].0, &[("if-match", "\"2\"")], handled).await.expect(200);
    let agent = app.as_user("rd_agent");
    assert_eq!(agent.get(AT).await.ok()["items"].as_array().map(Vec::len), Some(1), "its own");
    // The list's filters.
    let count = |filter: String| {
        let clerk = app.as_user("rd_clerk");
        async move { clerk.get(&format!("{AT}?limit=200&{filter}")).await.ok()["items"].as_array().map_or(0, Vec::len) }
    };
    assert_eq!(count("tier=general&tier=exceptional".into()).await, 2);
    assert_eq!(count("category=other".into()).await, 0);
    assert_eq!(count("channel=window".into()).await, 4);
    assert_eq!(count(format!("center_id={}", center_id("320623000000"))).await, 4);
    assert_eq!(count(format!("handler_id={}", user_id("rd_agent"))).await, 1);
    assert_eq!(count(format!("department_id={}", department(&app).await)).await, 1);
    assert_eq!(count("overdue=true".into()).await, 0);
    assert_eq!(count("due_at[lt]=2026-03-04".into()).await, 1, "the general one is settled within a day");
    clerk.get(&format!("{AT}?tier=none")).await.expect(400);
    app.set_clock("2026-03-20T09:00:00+08:00");
    assert_eq!(count("overdue=true".into()).await, 3);
    assert_eq!(count("updated_since=2020-01-01".into()).await, 4);
    assert_eq!(count("updated_since=2020-01-01&tier=general&created_at[gte]=2020-01-01".into()).await, 1);
    // The register in figures, over what the caller sees.
    let figures = clerk.get(&format!("{AT}/register")).await.ok();
    let of = |name: &str, key: &str| figures[name].as_array().and_then(|all| all.iter().find(|c| c["key"] == key)).map(|c| c["count"].clone());
    assert_eq!((&figures["registered"], &figures["open"], &figures["overdue"], &figures["clearance_rate"]), (&json!(4), &json!(4), &json!(3), &json!(0.0)));
    assert_eq!((of("by_state", "triaged"), of("by_tier", "none"), of("by_category", "emerging_field")), (Some(json!(2)), Some(json!(2)), Some(json!(4))));
    assert_eq!((of("by_center", center_id("320623000000").as_str()), of("by_age", "d30")), (Some(json!(4)), Some(json!(4))));
    assert_eq!(of("by_department", department(&app).await.as_str()), Some(json!(1)));
    assert_eq!(app.as_user("cc_clerk").get(&format!("{AT}/register")).await.ok()["registered"], 0);
    assert_eq!(app.as_user("city_inspector").get(&format!("{AT}/register")).await.ok()["registered"], 4);
    app.as_user("ent_rudong").get(&format!("{AT}/register")).await.expect(403);
    clerk.get(&format!("{AT}/register?from=soon")).await.expect(400);
    assert_eq!(clerk.get(&format!("{AT}/register?center_id={}", center_id("320613000000"))).await.ok()["registered"], 0);
    // A department's lot and an onlooker's: masked lists tell no titles.
    let seen = app.as_user("city_inspector").get(AT).await.ok();
    assert!(seen["items"].as_array().is_some_and(|all| all.len() == 4 && all.iter().all(|t| t.get("title").is_none() && t["masked"] == true)));
}

async fn an_arbitration_without_a_competent_unit(app: TestApp) {
    let matter = crate::support::started_matter(&app).await;
    let (agent, manager) = (app.as_user("rd_agent"), app.as_user("city_manager"));
    let asked = json!({ "with": ["320613000000"], "reason": "无人主管" });
    let dispute = app.as_user("rd_manager").post(&format!("/entrustments/{matter}/arbitrations"), asked).await.created();
    manager.post(&format!("/arbitrations/{}/no-competent-unit", text(&dispute["id"])), json!({ "reason": "新业态，现有职责均未覆盖" })).await.ok();
    // Linked both ways.
    let e = agent.get(&format!("/entrustments/{matter}")).await.ok();
    let ticket = manager.get(&format!("{AT}/{}", text(&e["fallback_tickets"][0]["number"]))).await.ok();
    assert_eq!(
        (&ticket["category"], &ticket["entrustment_id"], &ticket["arbitration"]["number"]),
        (&json!("no_lead_unit"), &json!(matter), &dispute["number"])
    );
    assert_eq!((&ticket["state"], &ticket["center_id"]), (&json!("registered"), &json!(center_id("320600000000"))));
    let told = agent.get(&format!("/entrustments/{matter}/timeline?limit=200")).await.ok();
    let named = |e: &Value| e["kind"] == "entrustment.fallback_opened" && text(&e["text"]).contains(text(&ticket["number"]));
    assert!(told["items"].as_array().is_some_and(|all| all.iter().any(named)), "{told}");
    let clerk = app.as_user("city_clerk");
    let seen = clerk.get(&format!("{AT}/{}", text(&ticket["id"]))).await.ok();
    assert_eq!((&seen["callers"][0]["name"], seen["callers"][0].get("applicant_id").is_some()), (&json!("联系人乙"), true));
    // The counter may say which matter it is about; only one that it sees.
    let mut body = at_counter("办件卡住", "联系人乙", "13900005678");
    body["entrustment"] = json!(matter);
    let ticket = app.as_user("rd_clerk").post(AT, body.clone()).await.created();
    assert_eq!(ticket["item_id"], agent.get(&format!("/entrustments/{matter}")).await.ok()["item_id"]);
    assert_eq!(agent.get(&format!("/entrustments/{matter}")).await.ok()["fallback_tickets"].as_array().map(Vec::len), Some(2));
    body["center"] = json!("320613000000");
    app.as_user("cc_clerk").post(AT, body).await.expect(422);
    // Whoever met the applicant first follows the city's ticket too, masked.
    let both = app.as_user("rd_clerk").get(&format!("{AT}?entrustment_id={matter}&sort=created_at")).await.ok();
    assert_eq!((both["items"].as_array().map(Vec::len), &both["items"][0]["masked"], &both["items"][1]["masked"]), (Some(2), &json!(true), &json!(false)));
}

async fn duplicate_applicants_made_one(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let person = |id_type: &str, id_number: &str| json!({ "kind": "natural_person", "name": "测试人甲", "id_type": id_type, "id_number": id_number, "division_code": "320623000000" });
    let mut ids = Vec::new();
    for (id_type, number) in [("passport", "E12345678"), ("citizen_id", "440781198506151231")] {
        let mut matter = counter_application("assisted");
        matter["applicant"] = person(id_type, number);
        ids.push(text(&clerk.post("/entrustments", matter).await.created()["applicant"]["id"]).to_owned());
    }
    let mut body = at_counter("两次登记", "测试人甲", "13900006009");
    body["applicant"] = person("passport", "E12345678");
    let (path, ticket) = register(&clerk, body).await;
    assert_eq!(ticket["callers"][0]["applicant_id"], json!(ids[0]));
    let merge = json!({ "into": ids[1], "reason": "同一申请人先后登记" });
    app.as_user("rd_manager").post(&format!("/applicants/{}/merge", ids[0]), merge).await.ok();
    assert_eq!(clerk.get(&path).await.ok()["callers"][0]["applicant_id"], json!(ids[1]));
}

/// Whoever does whatever to whatever is open: nothing is cleared but by a satisfied answer to what was asked.
async fn nothing_else_clears(app: TestApp) {
    jieli::cli::load_demo_matters(&app.db).await.expect("matters");
    let demo = |n: u32| format!("{AT}/DD-320623-20260105-{n:06}-{}", 100 + n);
    let acts: Vec<(&str, Value)> = vec![
        ("triage", json!({ "tier": "general" })),
        ("settle", json!({ "settlement": "已当场协调" })),
        ("coordinate", json!({ "held_at": "2026-03-01T09:30:00+08:00" })),
        ("record-coordination", json!({ "outcome": "由市场监管部门牵头" })),
        ("ask-feedback", json!({})),
        ("feedback", json!({ "satisfied": false, "way": "phone", "evidence": "录音 1", "words": "没有解决" })),
        ("feedback", phoned(true)),
        ("attempts", json!({ "way": "phone", "words": "无人接听" })),
        (
            "uphold",
            json!({ "reason": "lawful_bar", "explanation": "依法不能办理", "basis": "有关法律", "told_at": "2026-03-01T09:00:00+08:00", "told_by": "counter" }),
        ),
        ("review", json!({ "reason": "继续挂账" })),
        ("reopen", json!({ "reason": "具备条件" })),
        ("propose-inadmissible", json!({ "reason": "litigation", "words": "已立案", "advice": "请向法院查询" })),
        ("confirm-inadmissible", json!({})),
        ("refuse-inadmissible", json!({ "reason": "应当受理" })),
        ("object", json!({ "reason": "不同意" })),
        ("uphold-objection", json!({ "reason": "成立" })),
        ("dismiss-objection", json!({ "reason": "不成立" })),
        ("merge", json!({ "into": "DD-320623-20260105-000020-120", "reason": "同一问题" })),
        ("withdraw", json!({ "reason": "不再反映", "signature": { "method": "handwritten", "evidence": "签字单 1" } })),
    ];
    let roles = ["rd_clerk", "rd_agent", "rd_manager", "city_manager", "rd_scjg", "city_inspector", "city_reform", "city_pm", "ent_rudong", "sys_admin"];
    let mut cleared = Vec::new();
    // One in each state that the demo knows.
    for n in [1, 2, 3, 5, 6, 7, 10, 13, 15, 16] {
        let path = demo(n);
        let before = app.as_user("rd_clerk").get(&path).await.ok()["state"].clone();
        for role in roles {
            let caller = app.as_user(role);
            for (act, body) in &acts {
                let reply = caller.post(&format!("{path}/{act}?dry_run=true"), body.clone()).await;
                assert!(reply.status < 500, "{role} {act}: {}", reply.text);
                if reply.body["state"] == "cleared" {
                    cleared.push((before.clone(), *act, body["satisfied"].clone(), role));
                }
            }
            let bulk = json!({ "items": [{ "id": path.trim_start_matches("/fallback-tickets/"), "triage": { "tier": "general" } }] });
            assert!(!caller.post(&format!("{AT}/triage?dry_run=true"), bulk).await.text.contains("cleared"));
        }
    }
    let answered = |role| (json!("awaiting_feedback"), "feedback", json!(true), role);
    assert_eq!(cleared, [answered("rd_clerk"), answered("city_reform")], "the counter and the reform office record what the applicant says");
    // Nor do the doors of other rooms.
    let id = id_of(&app.as_user("rd_clerk").get(&demo(1)).await.ok());
    let lead = department(&app).await;
    let to = move || Assigned { lead, assisting: Vec::new(), due_at: moment("2026-04-30T17:00:00+08:00") };
    let by = || Actor::system("test");
    app.db.commit(move |tx| tickets::assign(tx, &by(), id, to())).await.map(|_| ()).expect_err("nothing was coordinated");
    app.db.commit(move |tx| tickets::ask_feedback(tx, &by(), id)).await.map(|_| ()).expect_err("nothing was done");
    app.db.commit(move |tx| tickets::reply(tx, &by(), id, "办复")).await.map(|_| ()).expect_err("nobody signed");
    assert_eq!(app.as_user("rd_clerk").get(&demo(1)).await.ok()["state"], "registered");
}
