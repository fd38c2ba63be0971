//! Assignment sheets of fallback tickets: from the draft to the clearance, handed back and determined, extended, and up the
//! overdue ladder.

use jieli::worker;
use serde_json::{Value, json};

use crate::support::{TestApp, on_both_engines, text, user_id};

on_both_engines!(
    lead_and_assisting_until_clearance,
    returned_twice_then_determined,
    a_dissatisfied_round_has_a_sheet_of_its_own,
    more_time,
    every_rung_once_in_its_own_time,
    standing_until_it_is_lifted,
    nobody_of_another_department,
    what_falls_with_its_ticket,
    what_is_wrong_is_named,
);

/// The department of 如东 whose handler is `rd_scjg`, and one whose handler `rd_agent2` has just become.
async fn departments(app: &TestApp) -> (String, String) {
    let all = app.stranger().get("/centers/320623000000/departments").await.ok();
    let staffed = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).expect("a department with an account");
    let made = app.as_user("rd_manager").post("/centers/320623000000/departments", json!({ "name": "如东县交通运输局" })).await.created();
    let grant = json!({ "user_id": user_id("rd_agent2"), "role": "department_handler", "node_id": made["id"], "reason": "到岗" });
    let grant = app.as_user("sys_admin").post("/grants", grant).await.created();
    app.as_user("sec_admin").post(&format!("/grants/{}/approve", text(&grant["id"])), json!({})).await.ok();
    (text(&staffed["id"]).to_owned(), text(&made["id"]).to_owned())
}

fn ticket_input() -> Value {
    json!({ "channel": "window", "contact": { "name": "反映人甲", "phone": "13900007777" },
        "content": { "title": "新业态备案无处受理", "situation": "共享充电舱备案，多部门均答复不属其职责", "request": "请明确受理部门并办理备案", "category": "no_lead_unit" } })
}

/// A difficult ticket of 如东 for which a coordination meeting has said what is to be done.
pub async fn coordinated(app: &TestApp) -> String {
    let id = text(&app.as_user("rd_clerk").post("/fallback-tickets", ticket_input()).await.created()["id"]).to_owned();
    coordinate(app, &id).await;
    id
}

async fn coordinate(app: &TestApp, ticket: &str) {
    let (clerk, reform) = (app.as_user("rd_clerk"), app.as_user("city_reform"));
    let at = |action: &str| format!("/fallback-tickets/{ticket}/{action}");
    let triaged = clerk.post(&at("triage"), json!({ "tier": "difficult" })).await;
    if triaged.status == 409 {
        reform.post(&at("triage"), json!({ "tier": "difficult" })).await.ok();
    }
    let all = app.stranger().get("/centers/320623000000/departments").await.ok();
    let department = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).expect("a department")["id"].clone();
    let held = app.db.clock().now();
    reform.post(&at("coordinate"), json!({ "held_at": held, "departments": [department] })).await.ok();
    reform.post(&at("record-coordination"), json!({ "outcome": "由市场监管部门牵头办理备案" })).await.ok();
}

fn part(department: &str) -> Value {
    json!({ "department_id": department, "matter": "核实诉求，依法办理备案" })
}

/// The lead's sheet of a ticket, issued to a department.
async fn issued(app: &TestApp, ticket: &str, department: &str) -> String {
    let drafted = app.as_user("rd_clerk").post(&format!("/fallback-tickets/{ticket}/sheets"), json!({ "lead": part(department) })).await.created();
    let path = format!("/assignment-sheets/{}", text(&drafted["id"]));
    app.as_user("rd_manager").post(&format!("{path}/issue"), json!({})).await.ok();
    path
}

fn responsible() -> Value {
    json!({ "responsible": { "name": "审批科负责人", "post": "科长", "phone": "0513-59001005" } })
}

fn replied() -> Value {
    json!({ "result": "solved", "report": "已办理备案并送达" })
}

async fn ticket_state(app: &TestApp, ticket: &str) -> String {
    text(&app.as_user("rd_clerk").get(&format!("/fallback-tickets/{ticket}")).await.ok()["state"]).to_owned()
}

async fn work(app: &TestApp, login: &str, kind: &str) -> Vec<String> {
    let list = app.as_user(login).get(&format!("/me/worklist?kind={kind}")).await.ok();
    list["items"].as_array().into_iter().flatten().map(|i| text(&i["state"]).to_owned()).collect()
}

fn states(view: &Value) -> Vec<&str> {
    view.as_array().into_iter().flatten().map(|v| text(&v["state"])).collect()
}

async fn lead_and_assisting_until_clearance(app: TestApp) {
    let (lead, assisting) = departments(&app).await;
    let ticket = coordinated(&app).await;
    let (clerk, manager, scjg, other) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), app.as_user("rd_scjg"), app.as_user("rd_agent2"));
    let mut input = json!({ "lead": part(&lead), "assisting": [part(&assisting)] });
    input["assisting"][0]["due_on"] = json!("2026-03-10");
    // Tried, nothing is drawn up.
    clerk.post(&format!("/fallback-tickets/{ticket}/sheets?dry_run=true"), input.clone()).await.ok();
    let drafted = clerk.post(&format!("/fallback-tickets/{ticket}/sheets"), input).await.created();
    assert_eq!((&drafted["role"], &drafted["state"], drafted.get("due_at")), (&json!("lead"), &json!("drafted"), None));
    assert_eq!(drafted["allowed_actions"], json!(["edit"]), "who drew it up does not sign it");
    let path = format!("/assignment-sheets/{}", text(&drafted["id"]));
    let of_other = format!("/assignment-sheets/{}", text(&drafted["assisting"][0]["number"]));
    // A draft is the center's own.
    assert_eq!(scjg.get(&path).await.problem(404), "not_found");
    assert_eq!(clerk.post(&format!("{path}/issue"), json!({})).await.problem(403), "forbidden");
    assert_eq!(manager.post(&format!("{of_other}/issue"), json!({})).await.problem(409), "state_conflict");
    assert_eq!(clerk.put_with(&path, &[], json!({ "matter": "核实" })).await.problem(428), "precondition_required");
    let edited = json!({ "matter": "核实诉求，依法办理备案，并书面答复", "limit": { "value": 10, "unit": "working_day" } });
    clerk.put_with(&path, &[("if-match", "\"1\"")], edited).await.ok();
    assert_eq!(work(&app, "rd_manager", "assignment_sheet").await, ["drafted", "drafted"]);
    let signed = manager.post(&format!("{path}/issue"), json!({ "opinion": "请抓紧办理" })).await.ok();
    assert_eq!(signed["leader"]["by"], json!(user_id("rd_manager")));
    assert_eq!((text(&signed["due_at"]), states(&signed["assisting"])), ("2026-03-16T17:00:00.000+08:00", vec!["issued"]));
    assert_eq!(ticket_state(&app, &ticket).await, "assigned");
    // Each department takes its own in, and names who answers for it.
    assert_eq!(work(&app, "rd_scjg", "assignment_sheet").await, ["issued"]);
    assert_eq!(scjg.post(&format!("{path}/reply"), replied()).await.problem(409), "state_conflict");
    let taken = scjg.post(&format!("{path}/sign-in"), responsible()).await.ok();
    assert_eq!((&taken["state"], &taken["responsible"]["name"]), (&json!("signed_in"), &json!("审批科负责人")));
    assert_eq!(ticket_state(&app, &ticket).await, "signed_in");
    let refused = scjg.post(&format!("{path}/reply"), replied()).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("协办部门") && refused.body["allowed_actions"] == json!(["return", "request_extension", "progress"]));
    other.post(&format!("{of_other}/sign-in"), responsible()).await.ok();
    other.post(&format!("{of_other}/progress"), json!({ "note": "已核实场地" })).await.ok();
    let file = other.upload("/attachments", &[], "核验.pdf", b"%PDF-1.4 demo", None).await.created();
    let mut reply = replied();
    reply["attachments"] = json!([file["id"]]);
    let answered = other.post(&format!("{of_other}/reply"), reply).await.ok();
    assert_eq!((answered["attachments"].as_array().map(Vec::len), &answered["late"]), (Some(1), &json!(false)));
    // The assisting one moves no ticket; the lead's does.
    assert_eq!(ticket_state(&app, &ticket).await, "signed_in");
    let answered = scjg.post(&format!("{path}/reply"), replied()).await.ok();
    assert_eq!((&answered["state"], &answered["signed"]["name"]), (&json!("replied"), &json!("审批科负责人")));
    assert_eq!(ticket_state(&app, &ticket).await, "replied");
    assert_eq!(work(&app, "rd_clerk", "assignment_sheet").await, ["replied", "replied"]);
    assert_eq!(clerk.post(&format!("{path}/confirm"), json!({})).await.problem(409), "state_conflict");
    // Sent back: what the center took to look at it does not count.
    app.set_clock("2026-03-04T09:30:00+08:00");
    let back = clerk.post(&format!("{path}/send-back"), json!({ "reason": "未附备案回执" })).await.ok();
    assert_eq!((&back["state"], text(&back["due_at"])), (&json!("signed_in"), "2026-03-18T17:00:00.000+08:00"));
    assert_eq!(ticket_state(&app, &ticket).await, "signed_in");
    scjg.post(&format!("{path}/reply"), replied()).await.ok();
    clerk.post(&format!("{of_other}/confirm"), json!({})).await.ok();
    let confirmed = clerk.post(&format!("{path}/confirm"), json!({ "opinion": "属实" })).await.ok();
    assert_eq!((&confirmed["state"], &confirmed["allowed_actions"]), (&json!("confirmed"), &json!([])));
    assert_eq!(ticket_state(&app, &ticket).await, "awaiting_feedback");
    let satisfied = json!({ "satisfied": true, "way": "phone", "evidence": "录音 2026-0304-01" });
    clerk.post(&format!("/fallback-tickets/{ticket}/feedback"), satisfied).await.ok();
    assert_eq!(ticket_state(&app, &ticket).await, "cleared");
    let whole = clerk.get(&path).await.ok();
    assert_eq!((whole["feedback"].as_array().map(Vec::len), &whole["feedback"][0]["outcome"]), (Some(1), &json!("satisfied")));
    let told = clerk.get(&format!("{path}/timeline?limit=100")).await.ok();
    let kinds: Vec<&str> = told["items"].as_array().into_iter().flatten().map(|e| text(&e["kind"]).rsplit('.').next().unwrap_or_default()).collect();
    assert_eq!(kinds, ["drafted", "edited", "issued", "signed_in", "replied", "sent_back", "replied", "confirmed"]);
    assert!(told["items"].as_array().into_iter().flatten().all(|e| !text(&e["text"]).contains("assignment_sheet")), "{told}");
    let masked = app.as_user("city_inspector").get(&path).await.ok();
    assert_eq!((&masked["masked"], masked.get("matter"), masked.get("report"), &masked["notes"]), (&json!(true), None, None, &json!([])));
    assert!(text(&masked["responsible"]["name"]).contains('*'), "{masked}");
}

async fn returned_twice_then_determined(app: TestApp) {
    let (first, second) = departments(&app).await;
    let ticket = coordinated(&app).await;
    let (clerk, reform) = (app.as_user("rd_clerk"), app.as_user("city_reform"));
    let sheets = format!("/fallback-tickets/{ticket}/sheets");
    let determination = json!({ "department_id": first, "reason": "依据三定方案，由其牵头" });
    assert_eq!(reform.post(&format!("/fallback-tickets/{ticket}/determine"), determination.clone()).await.problem(409), "state_conflict");
    let path = issued(&app, &ticket, &first).await;
    let returned = json!({ "reason": "不属于本部门职责", "suggested_unit": "如东县交通运输局" });
    let back = app.as_user("rd_scjg").post(&format!("{path}/return"), returned.clone()).await.ok();
    assert_eq!((&back["state"], &back["suggested_unit"], &back["allowed_actions"]), (&json!("returned"), &json!("如东县交通运输局"), &json!([])));
    assert_eq!(ticket_state(&app, &ticket).await, "triaged");
    // The second one has an assisting department, which falls with it.
    let both = clerk.post(&sheets, json!({ "lead": part(&second), "assisting": [part(&first)] })).await.created();
    let path = format!("/assignment-sheets/{}", text(&both["id"]));
    app.as_user("rd_manager").post(&format!("{path}/issue"), json!({})).await.ok();
    app.as_user("rd_agent2").post(&format!("{path}/sign-in"), responsible()).await.ok();
    let back = app.as_user("rd_agent2").post(&format!("{path}/return"), returned.clone()).await.ok();
    assert_eq!(states(&back["assisting"]), ["cancelled"]);
    // Now only the reform office says who handles it.
    let refused = clerk.post(&sheets, json!({ "lead": part(&first) })).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("改革办"), "{}", refused.text);
    assert_eq!(clerk.post(&format!("/fallback-tickets/{ticket}/determine"), determination.clone()).await.problem(403), "forbidden");
    let determined = reform.post(&format!("/fallback-tickets/{ticket}/determine"), determination.clone()).await.created();
    assert_eq!((&determined["binding"], &determined["matter"]), (&json!(true), &json!("核实诉求，依法办理备案")));
    assert_eq!(reform.post(&format!("/fallback-tickets/{ticket}/determine"), determination).await.problem(409), "state_conflict");
    let path = format!("/assignment-sheets/{}", text(&determined["id"]));
    assert_eq!(reform.post(&format!("{path}/issue"), json!({})).await.problem(409), "state_conflict");
    app.as_user("rd_manager").post(&format!("{path}/issue"), json!({})).await.ok();
    let scjg = app.as_user("rd_scjg");
    let refused = scjg.post(&format!("{path}/return"), returned).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("不能退回") && refused.body["allowed_actions"] == json!(["sign_in"]), "{}", refused.text);
    scjg.post(&format!("{path}/sign-in"), responsible()).await.ok();
    scjg.post(&format!("{path}/reply"), replied()).await.ok();
    assert_eq!(ticket_state(&app, &ticket).await, "replied");
    assert_eq!(
        app.as_user("rd_clerk").get(&format!("/assignment-sheets?ticket_id={ticket}&binding=true")).await.ok()["items"].as_array().map(Vec::len),
        Some(1)
    );
    let listed = clerk.get(&format!("/assignment-sheets?ticket_id={ticket}&role=lead&state=returned")).await.ok();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
}

async fn a_dissatisfied_round_has_a_sheet_of_its_own(app: TestApp) {
    let (first, _) = departments(&app).await;
    let ticket = coordinated(&app).await;
    let (clerk, scjg) = (app.as_user("rd_clerk"), app.as_user("rd_scjg"));
    let old = issued(&app, &ticket, &first).await;
    scjg.post(&format!("{old}/sign-in"), responsible()).await.ok();
    scjg.post(&format!("{old}/reply"), replied()).await.ok();
    clerk.post(&format!("{old}/confirm"), json!({})).await.ok();
    let refused = json!({ "satisfied": false, "way": "phone", "words": "备案仍未办结", "evidence": "录音 2026-0302-01" });
    clerk.post(&format!("/fallback-tickets/{ticket}/feedback"), refused).await.ok();
    assert_eq!(ticket_state(&app, &ticket).await, "reopened");
    assert_eq!(clerk.post(&format!("/fallback-tickets/{ticket}/sheets"), json!({ "lead": part(&first) })).await.problem(409), "state_conflict");
    coordinate(&app, &ticket).await;
    let new = issued(&app, &ticket, &first).await;
    let (old, new) = (clerk.get(&old).await.ok(), clerk.get(&new).await.ok());
    assert_eq!((&old["state"], &old["round"], &old["feedback"][0]["outcome"]), (&json!("confirmed"), &json!(1), &json!("dissatisfied")));
    assert_eq!((&new["state"], &new["round"], &new["feedback"]), (&json!("issued"), &json!(2), &json!([])));
}

async fn more_time(app: TestApp) {
    let (first, _) = departments(&app).await;
    let ticket = coordinated(&app).await;
    let path = issued(&app, &ticket, &first).await;
    let (scjg, manager) = (app.as_user("rd_scjg"), app.as_user("rd_manager"));
    scjg.post(&format!("{path}/sign-in"), responsible()).await.ok();
    let ask = |days: u32| json!({ "days": days, "reason": "需现场勘察后会商" });
    assert_eq!(scjg.post(&format!("{path}/request-extension"), ask(11)).await.expect(422).body["errors"][0]["pointer"], "/days");
    let asked = scjg.post(&format!("{path}/request-extension"), ask(5)).await.ok();
    assert_eq!((&asked["state"], text(&asked["due_at"])), (&json!("extension_requested"), "2026-03-16T17:00:00.000+08:00"));
    // Whoever can answer after all need not wait for it: the request falls with the reply.
    let answered = scjg.post(&format!("{path}/reply?dry_run=true"), replied()).await.ok();
    assert_eq!((&answered["state"], answered.get("extension")), (&json!("replied"), None));
    assert_eq!(work(&app, "rd_manager", "assignment_sheet").await, ["extension_requested"]);
    assert_eq!(app.as_user("rd_clerk").post(&format!("{path}/grant-extension"), json!({})).await.problem(403), "forbidden");
    let refused = manager.post(&format!("{path}/refuse-extension"), json!({ "reason": "可以按期办结" })).await.ok();
    assert_eq!((&refused["state"], &refused["extension"]["granted"]), (&json!("signed_in"), &json!(false)));
    // Asked again after the deadline, when the first rung was proposed: what is not proposed yet moves.
    app.set_clock("2026-03-17T09:00:00+08:00");
    app.tick().await;
    scjg.post(&format!("{path}/request-extension"), ask(5)).await.ok();
    assert_eq!(manager.post_with(&format!("{path}/grant-extension"), &[("if-match", "\"1\"")], json!({})).await.problem(412), "stale_version");
    let granted = manager.post(&format!("{path}/grant-extension"), json!({ "opinion": "同意" })).await.ok();
    assert_eq!((text(&granted["due_at"]), &granted["overdue"]), ("2026-03-23T17:00:00.000+08:00", &json!(false)));
    assert_eq!((states(&granted["rungs"]), text(&granted["next_rung_at"])), (vec!["proposed"], "2026-03-30T17:00:00.000+08:00"));
    let shown = app.as_user("rd_clerk").get(&format!("/fallback-tickets/{ticket}")).await.ok();
    assert_eq!(shown["due_at"], granted["due_at"]);
    // Once.
    let refused = scjg.post(&format!("{path}/request-extension"), ask(1)).await.expect(409);
    assert_eq!(refused.body["allowed_actions"], json!(["return", "progress", "reply"]));
    app.set_clock("2026-03-24T09:00:00+08:00");
    app.tick().await;
    let now = scjg.get(&path).await.ok();
    assert_eq!((now["rungs"].as_array().map(Vec::len), &now["overdue"]), (Some(1), &json!(true)), "the second is not due yet");
}

async fn every_rung_once_in_its_own_time(app: TestApp) {
    let (first, second) = departments(&app).await;
    let (late, kept) = (coordinated(&app).await, coordinated(&app).await);
    let (late, kept) = (issued(&app, &late, &first).await, issued(&app, &kept, &second).await);
    let tick = async || {
        let (a, b) = futures_util::future::join(worker::tick(&app.db, "a"), worker::tick(&app.db, "b")).await;
        (a.expect("worker"), b.expect("worker"))
    };
    // In time nothing is proposed; a warning and the breach are events of the clocks.
    app.set_clock("2026-03-16T16:59:00+08:00");
    tick().await;
    assert_eq!(app.count("SELECT count(*) AS value FROM ladder_rungs").await, 0);
    app.as_user("rd_agent2").post(&format!("{kept}/sign-in"), responsible()).await.ok();
    app.as_user("rd_agent2").post(&format!("{kept}/reply"), replied()).await.ok();
    // The worker is down for twenty days.
    app.set_clock("2026-04-07T09:00:00+08:00");
    tick().await;
    tick().await;
    let rungs = app.as_user("city_inspector").get("/ladder-rungs?sort=created_at").await.ok();
    let all: Vec<(&str, &str, &str)> =
        rungs["items"].as_array().into_iter().flatten().map(|r| (text(&r["rung"]), text(&r["due_at"]), text(&r["sheet_due_at"]))).collect();
    let due = "2026-03-16T17:00:00.000+08:00";
    let expected = [("listing", due, due), ("naming", "2026-03-23T17:00:00.000+08:00", due), ("accountability", "2026-03-30T17:00:00.000+08:00", due)];
    assert_eq!(all, expected, "each once, in order, each with its own time");
    assert!(text(&rungs["items"][0]["proposed_at"]).starts_with("2026-04-07T09:0"));
    assert_eq!(app.count("SELECT count(*) AS value FROM events WHERE kind = 'ladder_rung.proposed'").await, 3);
    assert_eq!(
        app.count("SELECT count(*) AS value FROM events WHERE kind = 'clock.breach' AND record_kind = 'assignment_sheet'").await,
        3,
        "two were taken in late, one is late"
    );
    // After the last there is none; and an answered sheet gets none.
    app.set_clock("2026-05-20T09:00:00+08:00");
    tick().await;
    tick().await;
    assert_eq!(app.count("SELECT count(*) AS value FROM ladder_rungs").await, 3);
    let sheet = app.as_user("rd_scjg").get(&late).await.ok();
    assert_eq!((states(&sheet["rungs"]), sheet.get("next_rung_at")), (vec!["proposed"; 3], None));
    for (filter, there) in
        [("rung=naming", 1), ("overdue=true", 1), ("overdue=false", 1), ("due_at[gte]=2026-03-17", 0), ("due_at[lt]=2026-03-17&sort=due_at", 2)]
    {
        let listed = app.as_user("rd_clerk").get(&format!("/assignment-sheets?{filter}")).await.ok();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(there), "{filter}");
    }
    // Inspectors confirm the first two, the reform office the third with the competent body's document.
    let at = |n: usize, act: &str| format!("/ladder-rungs/{}/{act}", text(&rungs["items"][n]["id"]));
    let (inspector, reform) = (app.as_user("city_inspector"), app.as_user("city_reform"));
    assert_eq!((work(&app, "city_inspector", "ladder_rung").await.len(), work(&app, "city_reform", "ladder_rung").await.len()), (2, 1));
    assert_eq!(app.as_user("rd_scjg").post(&at(0, "confirm"), json!({})).await.problem(403), "forbidden");
    assert_eq!(app.as_user("rd_agent2").post(&at(0, "confirm"), json!({})).await.problem(404), "not_found");
    assert_eq!(reform.post(&at(0, "confirm"), json!({})).await.problem(403), "forbidden");
    // One after the other: what is below is decided first.
    assert_eq!(inspector.post(&at(1, "confirm"), json!({})).await.problem(409), "state_conflict");
    assert_eq!(reform.post(&at(2, "confirm"), json!({ "document_number": "东纪问〔2026〕3号" })).await.problem(409), "state_conflict");
    assert_eq!(inspector.post(&at(0, "confirm"), json!({})).await.ok()["allowed_actions"], json!(["lift"]));
    assert_eq!(inspector.post(&at(1, "reject"), json!({ "reason": "当日系统停机，经核实不予通报" })).await.ok()["state"], "rejected");
    assert_eq!(inspector.post(&at(1, "confirm"), json!({})).await.problem(409), "state_conflict");
    assert_eq!(inspector.post(&at(2, "confirm"), json!({ "document_number": "东纪问〔2026〕3号" })).await.problem(403), "forbidden");
    assert_eq!(reform.post(&at(2, "confirm"), json!({})).await.expect(422).body["errors"][0]["pointer"], "/document_number");
    let held = reform.post(&at(2, "confirm"), json!({ "document_number": "东纪问〔2026〕3号" })).await.ok();
    assert_eq!((&held["state"], &held["document_number"]), (&json!("confirmed"), &json!("东纪问〔2026〕3号")));
    let told = app.as_user("rd_clerk").get(&format!("{late}/timeline?limit=100")).await.ok();
    let climbed = told["items"].as_array().into_iter().flatten().filter(|e| text(&e["kind"]).starts_with("ladder_rung.")).count();
    assert_eq!(climbed, 6);
}

async fn standing_until_it_is_lifted(app: TestApp) {
    let (first, second) = departments(&app).await;
    let (one, two, three) = (coordinated(&app).await, coordinated(&app).await, coordinated(&app).await);
    let (late, kept, back) = (issued(&app, &one, &first).await, issued(&app, &two, &first).await, issued(&app, &three, &first).await);
    let scjg = app.as_user("rd_scjg");
    for path in [&late, &kept] {
        scjg.post(&format!("{path}/sign-in"), responsible()).await.ok();
    }
    scjg.post(&format!("{kept}/reply"), replied()).await.ok();
    scjg.post(&format!("{back}/return"), json!({ "reason": "不属于本部门职责" })).await.ok();
    app.set_clock("2026-03-17T09:00:00+08:00");
    app.tick().await;
    let inspector = app.as_user("city_inspector");
    let rung = inspector.get("/ladder-rungs?state=proposed").await.ok()["items"][0]["id"].clone();
    let rung = format!("/ladder-rungs/{}", text(&rung));
    let of = format!("/departments/{first}/standing");
    let counts = |s: &Value| ["open", "overdue", "on_time", "late", "returns", "rungs"].map(|k| s[k].as_i64().unwrap_or(-1));
    let before = scjg.get(&of).await.ok();
    assert_eq!((counts(&before), &before["on_time_rate"]), ([1, 1, 1, 0, 1, 0], &json!(50.0)), "what is only proposed does not hold");
    inspector.post(&format!("{rung}/confirm"), json!({})).await.ok();
    // The answer comes late: the rung stays until it is lifted.
    scjg.post(&format!("{late}/reply"), replied()).await.ok();
    app.set_clock("2026-04-10T09:00:00+08:00");
    app.tick().await;
    let now = scjg.get(&of).await.ok();
    assert_eq!((counts(&now), &now["rungs_in_force"][0]["rung"]), ([0, 0, 1, 1, 1, 1], &json!("listing")));
    let april = app.as_user("rd_manager").get(&format!("{of}?from=2026-04-01&to=2026-04-30")).await.ok();
    assert_eq!((counts(&april), april.get("on_time_rate")), ([0, 0, 0, 0, 0, 1], None));
    assert_eq!(inspector.get(&format!("{of}?from=2026-04-01&to=2026-03-01")).await.problem(400), "invalid_request");
    assert_eq!(app.as_user("rd_agent2").get(&of).await.problem(403), "forbidden");
    assert_eq!(app.as_user("cc_clerk").get(&of).await.problem(403), "forbidden");
    app.as_user("rd_agent2").get(&format!("/departments/{second}/standing")).await.ok();
    assert_eq!(inspector.post(&format!("{rung}/lift"), json!({ "reason": "已整改" })).await.problem(400), "invalid_request");
    let lifted = inspector.post(&format!("{rung}/lift"), json!({ "reason": "已整改到位", "basis": "整改验收单 2026-3" })).await.ok();
    assert_eq!(
        (&lifted["state"], &lifted["lift_basis"], &lifted["lifted_by"]),
        (&json!("lifted"), &json!("整改验收单 2026-3"), &json!(user_id("city_inspector")))
    );
    assert_eq!(counts(&app.as_user("city_reform").get(&of).await.ok()), [0, 0, 1, 1, 1, 0]);
    // A little late is on the sheet, too.
    assert_eq!(scjg.get(&late).await.ok()["late"], true);
}

async fn nobody_of_another_department(app: TestApp) {
    let (first, second) = departments(&app).await;
    let (one, two) = (coordinated(&app).await, coordinated(&app).await);
    let (own, others) = (issued(&app, &one, &first).await, issued(&app, &two, &second).await);
    let scjg = app.as_user("rd_scjg");
    assert_eq!(scjg.get(&others).await.problem(404), "not_found");
    for (act, body) in [
        ("sign-in", responsible()),
        ("return", json!({ "reason": "不属于本部门职责" })),
        ("request-extension", json!({ "days": 1, "reason": "需会商" })),
        ("progress", json!({ "note": "已核实" })),
        ("reply", replied()),
        ("issue", json!({})),
        ("confirm", json!({})),
        ("cancel", json!({ "reason": "不需要" })),
    ] {
        assert_eq!(scjg.post(&format!("{others}/{act}"), body.clone()).await.problem(404), "not_found", "{act}");
        assert_eq!(app.as_user("cc_clerk").post(&format!("{others}/{act}"), body.clone()).await.problem(404), "not_found", "{act}");
        // Who is no leader, no department and not of the center may at most read.
        let inspector = app.as_user("city_inspector").post(&format!("{others}/{act}"), body).await;
        assert_eq!(inspector.problem(403), "forbidden", "{act}");
    }
    assert_eq!(scjg.post(&format!("{own}/confirm"), json!({})).await.problem(403), "forbidden");
    assert_eq!(app.as_user("rd_manager").post(&format!("{own}/sign-in"), responsible()).await.problem(403), "forbidden");
    let listed = scjg.get("/assignment-sheets?limit=200").await.ok();
    let seen: Vec<&str> = listed["items"].as_array().into_iter().flatten().map(|s| text(&s["department"]["id"])).collect();
    assert!(seen.iter().all(|d| *d == first), "{seen:?}");
    assert_eq!(scjg.get(&format!("/assignment-sheets?department_id={second}&state=issued")).await.ok()["items"], json!([]));
    assert_eq!(app.as_user("ent_rudong").get("/assignment-sheets").await.problem(403), "forbidden");
    // Of the ticket a department reads what it needs once it is charged, and never who has called.
    assert_eq!(scjg.get(&format!("/fallback-tickets/{two}")).await.problem(404), "not_found");
    let ticket = scjg.get(&format!("/fallback-tickets/{one}")).await.expect(200);
    assert!(!ticket.text.contains("13900007777"), "{}", ticket.text);
}

async fn what_falls_with_its_ticket(app: TestApp) {
    let (first, second) = departments(&app).await;
    let ticket = coordinated(&app).await;
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let drafted = clerk.post(&format!("/fallback-tickets/{ticket}/sheets"), json!({ "lead": part(&first) })).await.created();
    let path = format!("/assignment-sheets/{}", text(&drafted["id"]));
    assert_eq!(clerk.post(&format!("{path}/cancel"), json!({ "reason": "重拟" })).await.problem(403), "forbidden");
    assert_eq!(manager.post(&format!("{path}/cancel"), json!({ "reason": "重拟" })).await.ok()["state"], "cancelled");
    let path = issued(&app, &ticket, &first).await;
    // One more department is asked later, and is not needed in the end.
    let more = clerk.post(&format!("/fallback-tickets/{ticket}/sheets"), json!({ "assisting": [part(&second)] })).await.created();
    let of_other = format!("/assignment-sheets/{}", text(&more["assisting"][0]["id"]));
    manager.post(&format!("{of_other}/issue"), json!({})).await.ok();
    app.as_user("rd_agent2").get(&format!("/fallback-tickets/{ticket}")).await.ok();
    assert_eq!(manager.post(&format!("{of_other}/cancel"), json!({ "reason": "牵头部门可独立办理" })).await.ok()["state"], "cancelled");
    assert_eq!(manager.post(&format!("{path}/cancel"), json!({ "reason": "不再办理" })).await.problem(409), "state_conflict");
    let again = clerk.post(&format!("/fallback-tickets/{ticket}/sheets"), json!({ "assisting": [part(&second)] })).await.created();
    let drafted = format!("/assignment-sheets/{}", text(&again["assisting"][1]["id"]));
    let withdrawn = json!({ "reason": "问题已自行解决", "signature": { "method": "handwritten", "evidence": "撤回单 0001 号" } });
    clerk.post(&format!("/fallback-tickets/{ticket}/withdraw"), withdrawn).await.ok();
    for path in [&path, &drafted] {
        assert_eq!(clerk.get(path).await.ok()["state"], "cancelled");
    }
    app.set_clock("2026-04-10T09:00:00+08:00");
    app.tick().await;
    assert_eq!(app.count("SELECT count(*) AS value FROM ladder_rungs").await, 0);
    assert!(work(&app, "rd_scjg", "assignment_sheet").await.is_empty());
}

async fn what_is_wrong_is_named(app: TestApp) {
    let (first, _) = departments(&app).await;
    let clerk = app.as_user("rd_clerk");
    // Nothing is charged to a department before it was coordinated or decided.
    let fresh = text(&clerk.post("/fallback-tickets", ticket_input()).await.created()["id"]).to_owned();
    assert_eq!(clerk.post(&format!("/fallback-tickets/{fresh}/sheets"), json!({ "lead": part(&first) })).await.problem(409), "state_conflict");
    let ticket = coordinated(&app).await;
    let sheets = format!("/fallback-tickets/{ticket}/sheets");
    let unstaffed = app.as_user("rd_manager").post("/centers/320623000000/departments", json!({ "name": "如东县水务局" })).await.created();
    let mut wrong = json!({ "lead": part(&first), "assisting": [part(&first), part(text(&unstaffed["id"])), part(user_id("rd_clerk").as_str())] });
    wrong["lead"]["due_on"] = json!("2026-03-02");
    wrong["assisting"][0]["limit"] = json!({ "value": 0, "unit": "working_day" });
    let refused = clerk.post(&sheets, wrong).await.expect(422);
    let mut at: Vec<&str> = refused.body["errors"].as_array().into_iter().flatten().map(|e| text(&e["pointer"])).collect();
    at.sort_unstable();
    let expected = ["/assisting/0/department_id", "/assisting/0/limit", "/assisting/1/department_id", "/assisting/2/department_id", "/lead/due_on"];
    assert_eq!(at, expected, "{}", refused.text);
    assert_eq!(clerk.post(&sheets, json!({ "assisting": [part(&first)] })).await.problem(409), "state_conflict");
    assert_eq!(clerk.post(&sheets, json!({})).await.expect(422).body["errors"][0]["pointer"], "/lead");
    // The ticket itself says that sheets are to be drawn up, to whoever draws them up.
    let may = |seen: &Value| seen["allowed_actions"].as_array().is_some_and(|all| all.contains(&json!("sheets")));
    let seen = clerk.get(&format!("/fallback-tickets/{ticket}")).await.ok();
    assert!(may(&seen), "{seen}");
    assert!(!may(&app.as_user("city_reform").get(&format!("/fallback-tickets/{ticket}")).await.ok()), "until it leads");
    // The same request with the same key is one sheet.
    let input = json!({ "lead": part(&first) });
    let once = clerk.post_with(&sheets, &[("idempotency-key", "sheet-1")], input.clone()).await.expect(201);
    let twice = clerk.post_with(&sheets, &[("idempotency-key", "sheet-1")], input.clone()).await.expect(201);
    assert_eq!((once.body["id"].clone(), twice.header("idempotency-replayed")), (twice.body["id"].clone(), "true"));
    assert!(once.header("location").ends_with(text(&once.body["id"])) && once.header("etag") == "\"1\"");
    assert_eq!(clerk.post(&sheets, input).await.problem(409), "state_conflict");
    assert_eq!(app.as_user("cc_clerk").post(&sheets, json!({ "lead": part(&first) })).await.problem(404), "not_found");
    assert_eq!(app.as_user("rd_scjg").post(&sheets, json!({ "lead": part(&first) })).await.problem(404), "not_found");
}
