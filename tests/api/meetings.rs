//! Meetings from the invitation to the last resolution carried out, and what they do not allow.

use serde_json::{Value, json};

use crate::support::{TestApp, center_id, counter_application, on_both_engines, started_matter, text, user_id, water_application};

on_both_engines!(
    from_the_call_to_what_was_resolved,
    moved_called_off_and_refused,
    an_agent_calls_about_own_matters,
    an_applicant_comes_to_an_early_guidance,
    resolutions_sent_back_extended_and_withdrawn,
    a_named_leader_instructs,
    a_project_on_the_agenda,
    whoever_manages_a_project_reads_its_meetings,
);

const START: &str = "2026-03-03T14:00:00+08:00";
const END: &str = "2026-03-03T16:00:00+08:00";

fn center(code: &str) -> Value {
    json!({ "kind": "center", "id": code })
}

fn user(login: &str) -> Value {
    json!({ "kind": "user", "id": user_id(login) })
}

fn meeting(invitees: Value, agenda: Value) -> Value {
    json!({ "kind": "parallel_approval", "title": "供水报装并联审批会", "place": "三楼会议室", "starts_at": START, "ends_at": END, "note": "请携带审查意见",
        "invitees": invitees, "agenda": agenda })
}

fn resolved(owner: Value, value: u32) -> Value {
    json!({ "agenda": 1, "owner": owner, "content": "完成管线迁改方案审查", "limit": { "value": value, "unit": "working_day" } })
}

/// The department of 如东 whose handler is `rd_scjg`, and one whose handler `rd_agent2` has just become.
async fn departments(app: &TestApp) -> (String, String) {
    let all = app.stranger().get("/centers/320623000000/departments").await.ok();
    let staffed = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).expect("a department with an account");
    let made = app.as_user("rd_manager").post("/centers/320623000000/departments", json!({ "name": "如东县水务局" })).await.created();
    let grant = json!({ "user_id": user_id("rd_agent2"), "role": "department_handler", "node_id": made["id"], "reason": "到岗" });
    let grant = app.as_user("sys_admin").post("/grants", grant).await.created();
    app.as_user("sec_admin").post(&format!("/grants/{}/approve", text(&grant["id"])), json!({})).await.ok();
    (text(&staffed["id"]).to_owned(), text(&made["id"]).to_owned())
}

fn department(id: &str) -> Value {
    json!({ "kind": "department", "id": id })
}

fn kinds(timeline: &Value, of: &str) -> Vec<String> {
    let all = timeline["items"].as_array().into_iter().flatten().map(|e| text(&e["kind"]).to_owned());
    all.filter(|k| k.starts_with(of)).collect()
}

async fn work(app: &TestApp, login: &str, kind: &str) -> Vec<String> {
    let list = app.as_user(login).get(&format!("/me/worklist?kind={kind}")).await.ok();
    list["items"].as_array().into_iter().flatten().map(|i| text(&i["number"]).to_owned()).collect()
}

async fn incoming(app: &TestApp, login: &str) -> usize {
    let list = app.as_user(login).get("/me/worklist?kind=meeting&bucket=incoming").await.ok();
    list["items"].as_array().map_or(0, Vec::len)
}

async fn from_the_call_to_what_was_resolved(app: TestApp) {
    let matter = started_matter(&app).await;
    let (market, water) = departments(&app).await;
    let (clerk, manager, city) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), app.as_user("city_clerk"));
    let mut call =
        meeting(json!([center("320600000000"), department(&market), department(&water)]), json!([{ "topic": "办理顺序和时限", "entrustment": matter }]));
    call["host_id"] = json!(user_id("rd_manager"));
    let called = clerk.post("/meetings", call).await.created();
    let number = text(&called["number"]).to_owned();
    assert!(number.starts_with("HY-320623-20260302-"), "{number}");
    assert_eq!(called["allowed_actions"], json!(["edit", "reschedule", "cancel"]));
    let path = format!("/meetings/{number}");
    // Who is invited reads it and answers; of the matter nothing personal, and the matter itself is no more visible than it was.
    let seen = app.as_user("rd_scjg").get(&path).await.ok();
    assert_eq!(
        (&seen["allowed_actions"], &seen["agenda"][0]["entrustment_id"], &seen["note"]),
        (&json!(["respond"]), &json!(matter), &json!("请携带审查意见"))
    );
    app.as_user("rd_scjg").get(&format!("/entrustments/{matter}")).await.expect(404);
    for stranger in ["cc_clerk", "yk_clerk", "ent_rudong", "citizen_wang"] {
        app.as_user(stranger).get(&path).await.expect(404);
        app.as_user(stranger).post(&format!("{path}/respond"), json!({ "response": "accepted" })).await.expect(404);
    }
    let masked = app.as_user("city_inspector").get(&path).await.ok();
    assert_eq!((&masked["masked"], masked.get("note"), &masked["title"]), (&json!(true), None, &json!("供水报装并联审批会")));
    assert_eq!((incoming(&app, "city_clerk").await, work(&app, "rd_scjg", "meeting").await), (1, vec![number.clone()]));
    // One comes, one sends somebody else, one has not answered.
    let respond = format!("{path}/respond");
    city.post(&respond, json!({ "response": "accepted" })).await.ok();
    assert_eq!(incoming(&app, "city_clerk").await, 0);
    let scjg = app.as_user("rd_scjg");
    assert_eq!(scjg.post(&respond, json!({ "response": "declined" })).await.expect(422).body["errors"][0]["pointer"], "/reason");
    assert_eq!(scjg.post(&respond, json!({ "response": "pending" })).await.problem(422), "rule_violation");
    scjg.post(&respond, json!({ "response": "declined", "reason": "当日外出审查", "substitute": "审批科负责人" })).await.ok();
    assert_eq!(clerk.post(&respond, json!({ "response": "accepted" })).await.problem(403), "forbidden");
    let own = clerk.get(&path).await.ok();
    assert_eq!((&own["invitees"][1]["response"], &own["invitees"][1]["substitute"]), (&json!("declined"), &json!("审批科负责人")));
    // Why one does not come is for who calls the meeting.
    let other = city.get(&path).await.ok();
    assert_eq!((&other["invitees"][1]["response"], other["invitees"][1].get("reason")), (&json!("declined"), None));
    // Minutes wait for the meeting.
    let minutes = json!({ "minutes": "会议明确了办理顺序。", "attended": [center_id("320600000000"), market],
        "resolutions": [resolved(center("320600000000"), 5), resolved(department(&water), 1)] });
    assert_eq!(clerk.post(&format!("{path}/record-minutes"), minutes.clone()).await.problem(409), "state_conflict");
    app.set_clock("2026-03-03T15:00:00+08:00");
    assert_eq!(city.post(&respond, json!({ "response": "accepted" })).await.problem(409), "state_conflict");
    let mut wrong = minutes.clone();
    wrong["attended"] = json!([user_id("rd_agent")]);
    wrong["resolutions"][0]["agenda"] = json!(2);
    wrong["resolutions"][1]["due_on"] = json!("2026-03-02");
    let faults = clerk.post(&format!("{path}/record-minutes"), wrong).await.expect(422).body;
    let at: Vec<&str> = faults["errors"].as_array().into_iter().flatten().map(|e| text(&e["pointer"])).collect();
    assert_eq!(at, ["/attended/0", "/resolutions/0/agenda", "/resolutions/1/limit"]);
    clerk.post(&format!("{path}/record-minutes"), minutes.clone()).await.ok();
    // A draft is the center's own until it is confirmed.
    let draft = city.get(&path).await.ok();
    assert_eq!((&draft["state"], draft.get("minutes"), &draft["resolutions"]), (&json!("held"), None, &json!([])));
    assert_eq!(clerk.post(&format!("{path}/conclude"), json!({})).await.problem(403), "forbidden");
    let tag = [("if-match", "\"2\"")];
    assert_eq!(manager.post_with(&format!("{path}/conclude"), &tag, json!({})).await.problem(412), "stale_version");
    let bound = manager.post(&format!("{path}/conclude"), json!({})).await.ok();
    assert_eq!((&bound["state"], &bound["invitees"][0]["attended"], &bound["invitees"][2]["attended"]), (&json!("concluded"), &json!(true), &json!(false)));
    assert_eq!(clerk.post(&format!("{path}/record-minutes"), minutes).await.problem(409), "state_conflict");
    assert_eq!(text(&city.get(&path).await.ok()["minutes"]), "会议明确了办理顺序。");
    let [first, second] = [0, 1].map(|i| format!("/resolutions/{}", text(&bound["resolutions"][i]["number"])));
    assert_eq!(text(&bound["resolutions"][0]["due_at"]), "2026-03-10T17:00:00.000+08:00");
    // The first is carried out and confirmed.
    scjg.get(&first).await.expect(404);
    assert_eq!(clerk.post(&format!("{first}/carry-out"), json!({ "report": "已完成" })).await.problem(403), "forbidden");
    assert_eq!(clerk.post(&format!("{first}/confirm"), json!({})).await.problem(409), "state_conflict");
    let done = city.post(&format!("{first}/carry-out"), json!({ "report": "已出具审查意见" })).await.ok();
    assert_eq!((&done["state"], &done["late"], &done["notes"][0]["text"]), (&json!("carried_out"), &json!(false), &json!("已出具审查意见")));
    assert_eq!(city.post(&format!("{first}/confirm"), json!({})).await.problem(403), "forbidden");
    assert_eq!(work(&app, "rd_clerk", "resolution").await.len(), 1);
    let ended = clerk.post(&format!("{first}/confirm"), json!({})).await.ok();
    assert_eq!((&ended["state"], &ended["allowed_actions"]), (&json!("confirmed"), &json!([])));
    // The second passes its deadline: it goes to the leader in charge, once.
    let owner = app.as_user("rd_agent2");
    assert_eq!(owner.get(&second).await.ok()["allowed_actions"], json!(["carry_out"]));
    assert_eq!(manager.post(&format!("{second}/instruct"), json!({ "instruction": "请落实" })).await.problem(409), "state_conflict");
    app.set_clock("2026-03-05T09:00:00+08:00");
    app.tick().await;
    app.tick().await;
    assert_eq!(app.count("SELECT count(*) AS value FROM events WHERE kind = 'resolution.escalated'").await, 1);
    assert_eq!(app.count("SELECT count(*) AS value FROM events WHERE kind = 'clock.breach' AND record_kind = 'resolution'").await, 1);
    let late = manager.get(&second).await.ok();
    assert_eq!((&late["overdue"], &late["allowed_actions"]), (&json!(true), &json!(["extend", "cancel", "instruct"])));
    assert_eq!(work(&app, "rd_manager", "resolution").await, [text(&late["number"])]);
    assert!(work(&app, "rd_clerk", "resolution").await.is_empty());
    let overdue = manager.get(&format!("/resolutions?overdue=true&escalated=true&owner_id={water}")).await.ok();
    assert_eq!(overdue["items"][0]["number"], late["number"]);
    manager.post(&format!("{second}/instruct"), json!({ "instruction": "请两日内落实" })).await.ok();
    let done = owner.post(&format!("{second}/carry-out"), json!({ "report": "已按批示落实" })).await.ok();
    assert_eq!((&done["late"], &done["notes"][0]["act"], &done["notes"][1]["act"]), (&json!(true), &json!("instruct"), &json!("carry_out")));
    clerk.post(&format!("{second}/confirm"), json!({})).await.ok();
    app.tick().await;
    assert!(work(&app, "rd_manager", "resolution").await.is_empty());
    // The timelines tell it: the matter's without a word of anybody.
    let told = clerk.get(&format!("/entrustments/{matter}/timeline?limit=100")).await.ok();
    assert_eq!(kinds(&told, "entrustment.meeting"), ["entrustment.meeting_convened", "entrustment.meeting_concluded"]);
    let steps = ["made", "made", "carried_out", "confirmed", "escalated", "carried_out", "confirmed"].map(|k| format!("entrustment.resolution_{k}"));
    assert_eq!(kinds(&told, "entrustment.resolution"), steps);
    assert!(!told.to_string().contains("供水报装并联审批会") && told.to_string().contains(&number));
    let own = clerk.get(&format!("{path}/timeline?limit=100")).await.ok();
    let instructed = own["items"].as_array().into_iter().flatten().find(|e| e["kind"] == "resolution.instructed").expect("instructed");
    assert_eq!(instructed["words"], "请两日内落实");
    let first_page = clerk.get(&format!("{path}/timeline?limit=3")).await.ok();
    let rest = clerk.get(&format!("{path}/timeline?limit=100&cursor={}", text(&first_page["next_cursor"]))).await.ok();
    let count = |page: &Value| page["items"].as_array().map_or(0, Vec::len);
    assert_eq!(count(&first_page) + count(&rest), count(&own));
    // An invitee reads the story, not the reports of what is not theirs.
    let other = scjg.get(&format!("{path}/timeline?limit=100")).await.ok();
    assert!(!other.to_string().contains("请两日内落实"));
    let of_matter = city.get(&format!("/entrustments/{matter}/meetings")).await;
    assert_eq!(of_matter.problem(404), "not_found");
    assert_eq!(clerk.get(&format!("/entrustments/{matter}/meetings")).await.ok()["items"][0]["number"], number);
}

async fn moved_called_off_and_refused(app: TestApp) {
    let matter = started_matter(&app).await;
    let clerk = app.as_user("rd_clerk");
    let agenda = json!([{ "topic": "办理顺序", "entrustment": matter }]);
    // Every wrong field is named at once.
    let mut wrong = meeting(
        json!([center("320623000000"), center("999900000000"), user("rd_agent"), user("rd_agent"), user("ent_rudong"), { "kind": "applicant", "id": user_id("ent_rudong") }]),
        json!([{ "topic": "办理顺序", "entrustment": "DB-none" }, { "topic": "步骤", "entrustment": matter, "steps": ["S9"] }, { "topic": "其他", "steps": ["S1"] }]),
    );
    wrong["starts_at"] = json!("2026-03-01T14:00:00+08:00");
    wrong["host_id"] = json!(user_id("city_clerk"));
    wrong["leader_id"] = json!(user_id("ent_rudong"));
    let faults = clerk.post("/meetings", wrong).await.expect(422).body;
    let at: Vec<&str> = faults["errors"].as_array().into_iter().flatten().map(|e| text(&e["pointer"])).collect();
    let expected = [
        "/starts_at",
        "/host_id",
        "/leader_id",
        "/agenda/0/entrustment",
        "/agenda/1/steps/0",
        "/agenda/2/steps",
        "/invitees/0",
        "/invitees/1/id",
        "/invitees/3",
        "/invitees/4/id",
        "/invitees/5",
    ];
    assert_eq!(at, expected);
    assert_eq!(clerk.post("/meetings", json!({ "kind": "party" })).await.problem(400), "invalid_request");
    for nobody in ["rd_scjg", "ent_rudong", "city_inspector"] {
        let mut other = meeting(json!([center("320600000000")]), agenda.clone());
        other["center"] = json!("320623000000");
        assert_eq!(app.as_user(nobody).post("/meetings", other).await.problem(403), "forbidden", "{nobody}");
    }
    let dry = clerk.post("/meetings?dry_run=true", meeting(json!([center("320600000000")]), agenda.clone())).await.ok();
    assert_eq!(dry["state"], "convened");
    let key = [("idempotency-key", "meeting-1")];
    let body = meeting(json!([center("320600000000"), user("rd_agent")]), agenda.clone());
    let called = clerk.post_with("/meetings", &key, body.clone()).await.created();
    let again = clerk.post_with("/meetings", &key, body).await;
    assert_eq!((again.header("idempotency-replayed"), &again.body["id"]), ("true", &called["id"]));
    let path = format!("/meetings/{}", text(&called["id"]));
    app.as_user("city_clerk").post(&format!("{path}/respond"), json!({ "response": "accepted" })).await.ok();
    // Edited: who stays invited keeps the answer; the agenda's matters are told what changed.
    let other = started_matter(&app).await;
    let edit = json!({ "title": "并联审批会", "place": "二楼会议室", "invitees": [center("320600000000"), center("320613000000")], "agenda": [{ "topic": "另一件", "entrustment": other }] });
    assert_eq!(clerk.put_with(&path, &[], edit.clone()).await.problem(428), "precondition_required");
    assert_eq!(clerk.put_with(&path, &[("if-match", "\"1\"")], edit.clone()).await.problem(412), "stale_version");
    let edited = clerk.put_with(&path, &[("if-match", "\"2\"")], edit).await.ok();
    assert_eq!((&edited["invitees"][0]["response"], &edited["invitees"][1]["response"]), (&json!("accepted"), &json!("pending")));
    app.as_user("rd_agent").get(&path).await.ok();
    let told = clerk.get(&format!("/entrustments/{matter}/timeline?limit=100")).await.ok();
    assert_eq!(kinds(&told, "entrustment.meeting"), ["entrustment.meeting_convened", "entrustment.meeting_withdrawn"]);
    assert_eq!(clerk.get(&format!("/entrustments/{matter}/meetings")).await.ok()["items"], json!([]));
    // Moved: all are asked again. Called off: nothing is left to do.
    let moved = json!({ "starts_at": "2026-03-04T14:00:00+08:00", "ends_at": "2026-03-04T15:00:00+08:00", "reason": "时间冲突" });
    assert_eq!(app.as_user("city_clerk").post(&format!("{path}/reschedule"), moved.clone()).await.problem(403), "forbidden");
    let moved = clerk.post(&format!("{path}/reschedule"), moved).await.ok();
    assert_eq!((&moved["invitees"][0]["response"], text(&moved["starts_at"])), (&json!("pending"), "2026-03-04T14:00:00.000+08:00"));
    for (filter, there) in [
        (format!("entrustment_id={other}"), 1),
        (format!("entrustment_id={matter}"), 0),
        ("kind=parallel_approval&starts_at[gte]=2026-03-04&starts_at[lt]=2026-03-05&sort=due_at".to_owned(), 1),
        ("kind=early_guidance".to_owned(), 0),
        (format!("center_id={}&mine=true", center_id("320623000000")), 1),
        (format!("center_id={}", center_id("320613000000")), 0),
    ] {
        let listed = clerk.get(&format!("/meetings?{filter}")).await.ok();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(there), "{filter}");
    }
    assert_eq!(app.as_user("rd_manager").get("/meetings?mine=true").await.ok()["items"], json!([]));
    assert_eq!(app.as_user("cc_clerk").get("/meetings?mine=true").await.ok()["items"].as_array().map(Vec::len), Some(1));
    let ended = clerk.post(&format!("{path}/cancel"), json!({ "reason": "已协调一致" })).await.ok();
    assert_eq!((&ended["state"], &ended["allowed_actions"], &ended["cancel_reason"]), (&json!("cancelled"), &json!([]), &json!("已协调一致")));
    let refused = clerk.post(&format!("{path}/cancel"), json!({ "reason": "再取消一次" })).await.expect(409);
    assert_eq!(refused.body["allowed_actions"], json!([]));
    assert_eq!(app.as_user("rd_manager").post(&format!("{path}/conclude"), json!({})).await.problem(409), "state_conflict");
    assert!(work(&app, "city_clerk", "meeting").await.is_empty());
}

async fn an_agent_calls_about_own_matters(app: TestApp) {
    let matter = started_matter(&app).await;
    let (agent, other) = (app.as_user("rd_agent"), app.as_user("rd_agent2"));
    let about = |agenda: Value| meeting(json!([center("320600000000")]), agenda);
    assert_eq!(other.post("/meetings", about(json!([{ "topic": "他人的件", "entrustment": matter }]))).await.problem(422), "rule_violation");
    assert_eq!(agent.post("/meetings", about(json!([{ "topic": "没有件" }]))).await.expect(422).body["errors"][0]["pointer"], "/agenda/0/entrustment");
    let called = agent.post("/meetings", about(json!([{ "topic": "自己的件", "entrustment": matter }]))).await.created();
    let path = format!("/meetings/{}", text(&called["id"]));
    assert_eq!(called["host_id"], json!(user_id("rd_agent")));
    assert_eq!(other.post(&format!("{path}/cancel"), json!({ "reason": "他人取消" })).await.problem(403), "forbidden");
    app.set_clock(START);
    agent.post(&format!("{path}/record-minutes"), json!({ "minutes": "已明确" })).await.ok();
    assert_eq!(work(&app, "rd_agent", "meeting").await, [text(&called["number"])]);
    assert_eq!(agent.post(&format!("{path}/conclude"), json!({})).await.ok()["state"], "concluded");
}

async fn an_applicant_comes_to_an_early_guidance(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let mut application = water_application();
    application["center"] = json!("320623000000");
    let matter = company.post("/entrustments", application).await.created();
    let clerk = app.as_user("rd_clerk");
    let mut call = meeting(
        json!([center("320600000000"), { "kind": "applicant", "id": matter["applicant"]["id"] }]),
        json!([{ "topic": "前期准备", "entrustment": matter["id"] }]),
    );
    assert_eq!(clerk.post("/meetings", call.clone()).await.expect(422).body["errors"][0]["pointer"], "/invitees/1");
    call["kind"] = json!("early_guidance");
    let called = clerk.post("/meetings", call).await.created();
    let path = format!("/meetings/{}", text(&called["id"]));
    let own = company.get(&path).await.ok();
    assert_eq!(
        (&own["title"], &own["place"], &own["agenda"], own.get("note"), own.get("host_id")),
        (&called["title"], &called["place"], &json!([]), None, None)
    );
    assert_eq!((own["invitees"].as_array().map(Vec::len), &own["allowed_actions"]), (Some(1), &json!(["respond"])));
    let answered = company.post(&format!("{path}/respond"), json!({ "response": "declined", "reason": "当日出差", "substitute": "技术负责人" })).await.ok();
    assert_eq!(answered["invitees"][0]["reason"], "当日出差");
    assert_eq!(clerk.get(&path).await.ok()["invitees"][1]["substitute"], "技术负责人");
    assert_eq!(kinds(&company.get(&format!("{path}/timeline")).await.ok(), "meeting"), ["meeting.convened"]);
    assert_eq!(company.get("/meetings").await.ok()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(company.get("/resolutions").await.problem(403), "forbidden");
    app.as_user("ent_chongchuan").get(&path).await.expect(404);
    app.set_clock(START);
    clerk.post(&format!("{path}/record-minutes"), json!({ "minutes": "内部意见", "resolutions": [resolved(user("rd_agent"), 3)] })).await.ok();
    clerk.post(&format!("{path}/conclude"), json!({})).await.ok();
    let own = company.get(&path).await;
    assert!(!own.text.contains("内部意见") && own.body["resolutions"] == json!([]), "{}", own.text);
    let told = company.get(&format!("/entrustments/{}/timeline?limit=100", text(&matter["id"]))).await.ok();
    assert!(kinds(&told, "entrustment.meeting").is_empty() && kinds(&told, "entrustment.resolution").is_empty());
}

/// A concluded meeting of 如东 with one resolution; answers the path of the resolution.
async fn concluded(app: &TestApp, owner: Value, leader: Option<&str>) -> String {
    let matter = started_matter(app).await;
    let clerk = app.as_user("rd_clerk");
    let mut call = meeting(json!([center("320600000000")]), json!([{ "topic": "办理顺序", "entrustment": matter }]));
    if let Some(leader) = leader {
        call["leader_id"] = json!(user_id(leader));
    }
    let path = format!("/meetings/{}", text(&clerk.post("/meetings", call).await.created()["id"]));
    app.set_clock(START);
    clerk.post(&format!("{path}/record-minutes"), json!({ "minutes": "已明确", "resolutions": [resolved(owner, 2)] })).await.ok();
    let bound = clerk.post(&format!("{path}/conclude"), json!({})).await.ok();
    format!("/resolutions/{}", text(&bound["resolutions"][0]["id"]))
}

async fn resolutions_sent_back_extended_and_withdrawn(app: TestApp) {
    let path = concluded(&app, user("city_agent1"), None).await;
    let (owner, clerk, manager) = (app.as_user("city_agent1"), app.as_user("rd_clerk"), app.as_user("rd_manager"));
    assert_eq!(work(&app, "city_agent1", "resolution").await.len(), 1);
    app.as_user("city_agent2").get(&path).await.expect(404);
    let due = |r: &Value| text(&r["due_at"]).to_owned();
    assert_eq!(due(&owner.get(&path).await.ok()), "2026-03-05T17:00:00.000+08:00");
    assert_eq!(clerk.post(&format!("{path}/extend"), json!({ "days": 2, "reason": "专家改期" })).await.problem(403), "forbidden");
    assert_eq!(due(&manager.post(&format!("{path}/extend"), json!({ "days": 2, "reason": "专家改期" })).await.ok()), "2026-03-09T17:00:00.000+08:00");
    // While it is reported its limit rests: nothing is late for want of a confirmation.
    app.set_clock("2026-03-06T10:00:00+08:00");
    owner.post(&format!("{path}/carry-out"), json!({ "report": "已完成一期" })).await.ok();
    assert_eq!(owner.post(&format!("{path}/carry-out"), json!({ "report": "再报一次" })).await.problem(409), "state_conflict");
    app.set_clock("2026-03-11T10:00:00+08:00");
    app.tick().await;
    assert_eq!(app.count("SELECT count(*) AS value FROM events WHERE kind = 'resolution.escalated'").await, 0);
    let back = clerk.post(&format!("{path}/send-back"), json!({ "reason": "未覆盖二期" })).await.ok();
    assert_eq!((&back["state"], back.get("carried_out_at"), due(&back)), (&json!("open"), None, "2026-03-13T17:00:00.000+08:00".to_owned()));
    assert_eq!(manager.post_with(&format!("{path}/cancel"), &[("if-match", "\"1\"")], json!({ "reason": "改由县级办理" })).await.problem(412), "stale_version");
    let ended = manager.post(&format!("{path}/cancel"), json!({ "reason": "改由县级办理" })).await.ok();
    assert_eq!((&ended["state"], &ended["allowed_actions"]), (&json!("cancelled"), &json!([])));
    app.set_clock("2026-03-20T10:00:00+08:00");
    app.tick().await;
    assert_eq!(app.count("SELECT count(*) AS value FROM events WHERE kind = 'resolution.escalated'").await, 0);
    let masked = app.as_user("city_inspector").get(&path).await.ok();
    assert_eq!((&masked["masked"], masked.get("content"), &masked["notes"]), (&json!(true), None, &json!([])));
    // Both timelines tell every turn of it.
    let turns = ["made", "extended", "carried_out", "sent_back", "cancelled"];
    let matter = text(&ended["entrustment_id"]).to_owned();
    let told = clerk.get(&format!("/entrustments/{matter}/timeline?limit=100")).await.ok();
    assert_eq!(kinds(&told, "entrustment.resolution"), turns.map(|k| format!("entrustment.resolution_{k}")));
    assert!(told.to_string().contains("退回指定人员继续落实") && !told.to_string().contains("未覆盖二期"), "{told}");
    let of_meeting = clerk.get(&format!("/meetings/{}/timeline?limit=100", text(&ended["meeting_id"]))).await.ok();
    let of_resolution = kinds(&of_meeting, "resolution");
    assert_eq!(of_resolution, turns.map(|k| format!("resolution.{k}")));
    assert_eq!(clerk.get("/resolutions").await.ok()["items"][0]["notes"].as_array().map(Vec::len), Some(4));
    assert_eq!(app.as_user("city_inspector").get("/resolutions").await.ok()["items"][0].get("content"), None);
}

async fn a_named_leader_instructs(app: TestApp) {
    let path = concluded(&app, center("320600000000"), Some("city_reform")).await;
    app.set_clock("2026-03-06T09:00:00+08:00");
    assert!(work(&app, "city_reform", "resolution").await.is_empty());
    app.tick().await;
    assert_eq!((work(&app, "city_reform", "resolution").await.len(), work(&app, "rd_manager", "resolution").await.len()), (1, 0));
    let order = json!({ "instruction": "请牵头落实" });
    assert_eq!(app.as_user("rd_manager").post(&format!("{path}/instruct"), order.clone()).await.problem(403), "forbidden");
    let instructed = app.as_user("city_reform").post(&format!("{path}/instruct"), order).await.ok();
    assert_eq!((&instructed["notes"][0]["text"], instructed.get("escalated_at").is_some()), (&json!("请牵头落实"), true));
    app.as_user("city_clerk").post(&format!("{path}/carry-out"), json!({ "report": "已落实" })).await.ok();
    assert!(work(&app, "city_reform", "resolution").await.is_empty());
}

async fn a_project_on_the_agenda(app: TestApp) {
    let matter = started_matter(&app).await;
    let (clerk, city) = (app.as_user("rd_clerk"), app.as_user("city_clerk"));
    let open = |name: &str| json!({ "applicant": counter_application("assisted")["applicant"], "content": { "name": name, "kinds": ["municipal_key"] } });
    let mut opened = Vec::new();
    for name in ["海上风电基地", "叶片二期厂房"] {
        opened.push(clerk.post("/projects", open(name)).await.created());
    }
    let [id, other] = [0, 1].map(|i| text(&opened[i]["id"]).to_owned());
    let told = async |project: &str| {
        let all = clerk.get(&format!("/projects/{project}/timeline?limit=100")).await.ok();
        let mut kinds: Vec<String> = kinds(&all, "project.meeting");
        kinds.extend(self::kinds(&all, "project.resolution"));
        (kinds, all)
    };
    // Only a project that the caller sees, by id or number; the other fields' faults are named with it.
    let about = |projects: [&str; 2]| {
        let agenda = json!([{ "topic": "前期准备", "project": projects[0] }, { "topic": "办理顺序", "entrustment": matter, "project": projects[1] }]);
        meeting(json!([center("320600000000")]), agenda)
    };
    let faults = clerk.post("/meetings", about(["XM-none", &user_id("rd_agent").to_string()])).await.expect(422).body;
    let at: Vec<&str> = faults["errors"].as_array().into_iter().flatten().map(|e| text(&e["pointer"])).collect();
    assert_eq!(at, ["/agenda/0/project", "/agenda/1/project"]);
    let mut elsewhere = meeting(json!([center("320600000000")]), json!([{ "topic": "外地项目", "project": id }]));
    elsewhere["center"] = json!("320613000000");
    assert_eq!(app.as_user("cc_clerk").post("/meetings", elsewhere).await.expect(422).body["errors"][0]["code"], "unknown_project");
    let called = clerk.post("/meetings", about([text(&opened[0]["number"]), &id])).await.created();
    let path = format!("/meetings/{}", text(&called["id"]));
    // Who is invited reads its number and name; the project itself is no more visible than it was.
    let seen = city.get(&path).await.ok();
    let entry = &seen["agenda"][1];
    assert_eq!((&entry["project_id"], &entry["project_number"], &entry["project_name"]), (&json!(id), &opened[0]["number"], &json!("海上风电基地")));
    assert_eq!(seen["agenda"][0].get("entrustment_id"), None);
    city.get(&format!("/projects/{id}")).await.expect(404);
    for (project, there) in [(&id, 1), (&other, 0)] {
        let listed = clerk.get(&format!("/meetings?project_id={project}")).await.ok();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(there));
    }
    let both = clerk.get(&format!("/meetings?project_id={id}&entrustment_id={matter}")).await.ok();
    assert_eq!(both["items"][0]["id"], called["id"]);
    // Taken from the agenda, one project is told so, and another that it is on it.
    let edit = |project: &str| {
        json!({ "title": "项目推进会", "place": "三楼会议室", "invitees": [center("320600000000")],
            "agenda": [{ "topic": "办理顺序", "entrustment": matter, "project": project }] })
    };
    clerk.put_with(&path, &[("if-match", "\"1\"")], edit(&other)).await.ok();
    assert_eq!(told(&id).await.0, ["project.meeting_convened", "project.meeting_withdrawn"]);
    assert_eq!(clerk.get(&format!("/meetings?project_id={id}")).await.ok()["items"], json!([]));
    app.set_clock(START);
    let minutes = json!({ "minutes": "已明确", "resolutions": [resolved(center("320600000000"), 1)] });
    clerk.post(&format!("{path}/record-minutes"), minutes).await.ok();
    clerk.post(&format!("{path}/conclude"), json!({})).await.ok();
    app.set_clock("2026-03-05T09:00:00+08:00");
    app.tick().await;
    let (kinds, all) = told(&other).await;
    let expected = ["meeting_convened", "meeting_concluded", "resolution_made", "resolution_escalated"].map(|k| format!("project.{k}"));
    assert_eq!(kinds, expected);
    // In plain words, and none that anybody wrote.
    let sentence = all["items"].as_array().into_iter().flatten().find(|e| e["kind"] == "project.meeting_concluded").expect("concluded");
    assert_eq!(text(&sentence["text"]), format!("并联审批会（{}）已召开，纪要已确认。", text(&called["number"])));
    assert!(!all.to_string().contains("管线迁改方案") && !all.to_string().contains("项目推进会"));
    // The investor reads none of it on the project, and may be asked to an early guidance about it.
    let investor = opened[0]["applicant"]["id"].clone();
    let mut guidance = meeting(json!([{ "kind": "applicant", "id": investor }]), json!([{ "topic": "前期准备", "project": id }]));
    guidance["kind"] = json!("early_guidance");
    (guidance["starts_at"], guidance["ends_at"]) = (json!("2026-03-09T14:00:00+08:00"), json!("2026-03-09T15:00:00+08:00"));
    assert_eq!(clerk.post("/meetings", guidance).await.created()["invitees"][0]["party"]["id"], investor);
}

async fn whoever_manages_a_project_reads_its_meetings(app: TestApp) {
    let matter = started_matter(&app).await;
    let (clerk, pm, manager) = (app.as_user("rd_clerk"), app.as_user("city_pm"), app.as_user("rd_manager"));
    let open = json!({ "applicant": counter_application("assisted")["applicant"], "content": { "name": "海上风电基地", "kinds": ["municipal_key"] } });
    let project = clerk.post("/projects", open).await.created();
    let agenda = json!([{ "topic": "项目推进", "project": project["id"] }, { "topic": "他人的件", "entrustment": matter }]);
    let called = clerk.post("/meetings", meeting(json!([center("320600000000")]), agenda)).await.created();
    let path = format!("/meetings/{}", text(&called["id"]));
    pm.get(&path).await.expect(404);
    // Whoever is given the project reads the meetings that are about it already.
    let named = json!({ "manager_id": user_id("city_pm") });
    manager.post(&format!("/projects/{}/assign-manager", text(&project["id"])), named).await.ok();
    let seen = pm.get(&path).await.ok();
    assert_eq!((&seen["masked"], seen.get("note"), &seen["allowed_actions"]), (&json!(true), None, &json!([])));
    assert_eq!((&seen["agenda"][0]["project_name"], &seen["title"]), (&json!("海上风电基地"), &called["title"]));
    assert_eq!(pm.get("/meetings").await.ok()["items"][0]["number"], called["number"]);
    assert!(work(&app, "city_pm", "meeting").await.is_empty());
    pm.get(&format!("/entrustments/{matter}")).await.expect(404);
    assert_eq!(pm.post(&format!("{path}/respond"), json!({ "response": "accepted" })).await.problem(403), "forbidden");
    app.set_clock(START);
    let resolved = |agenda: u32, content: &str| json!({ "agenda": agenda, "owner": center("320600000000"), "content": content, "limit": { "value": 3, "unit": "working_day" } });
    let minutes = json!({ "minutes": "会议全文", "resolutions": [resolved(1, "完成海域论证"), resolved(2, "核对他人材料")] });
    clerk.post(&format!("{path}/record-minutes"), minutes).await.ok();
    assert_eq!(pm.get(&path).await.ok()["resolutions"], json!([]), "a draft is the center's own");
    clerk.post(&format!("{path}/conclude"), json!({})).await.ok();
    // What was resolved about the project they read, of the rest that it was resolved.
    let seen = pm.get(&path).await.ok();
    assert_eq!((seen.get("minutes"), &seen["resolutions"][0]["content"], seen["resolutions"][1].get("content")), (None, &json!("完成海域论证"), None));
    // The list of resolutions says the same: what is about the project, and nothing else of the meeting.
    let listed = pm.get(&format!("/resolutions?project_id={}", text(&project["id"]))).await.ok();
    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["items"][0]["content"]), (Some(1), &json!("完成海域论证")));
    assert_eq!(listed["items"], pm.get("/resolutions").await.ok()["items"]);
    let single = pm.get(&format!("/resolutions/{}", text(&listed["items"][0]["id"]))).await.ok();
    assert_eq!(single["allowed_actions"], json!([]));
    pm.get(&format!("/resolutions/{}", text(&seen["resolutions"][1]["id"]))).await.expect(404);
    // Both were numbered in one go.
    let sequence = |at: usize| text(&seen["resolutions"][at]["number"])[19..25].parse::<u32>().expect("a number");
    assert_eq!(sequence(1), sequence(0) + 1);
    // An invitee answers and the worklist knows it, without a word of the meeting being opened.
    let again = json!({ "title": "再议", "place": "二楼", "invitees": [user("city_pm")], "agenda": [{ "topic": "项目推进", "project": project["id"] }] });
    let next = clerk
        .post(
            "/meetings",
            json!({ "kind": "parallel_approval", "title": "再议", "place": "二楼", "starts_at": "2026-03-09T14:00:00+08:00",
        "ends_at": "2026-03-09T15:00:00+08:00", "invitees": again["invitees"], "agenda": again["agenda"] }),
        )
        .await
        .created();
    assert_eq!((incoming(&app, "city_pm").await, work(&app, "city_pm", "meeting").await), (1, vec![text(&next["number"]).to_owned()]));
    let own = pm.get(&format!("/meetings/{}", text(&next["id"]))).await.ok();
    assert_eq!((&own["masked"], &own["allowed_actions"]), (&json!(false), &json!(["respond"])));
}
