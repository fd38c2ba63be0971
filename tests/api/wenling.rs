//! Wenling [003] in its own tree: what could not be done in any normal way, until the person is satisfied. One ticket of each
//! kind through every step, and at the end its timeline, the register and how the departments stand.

use jieli::cli::Shipped;
use serde_json::{Value, json};

use crate::support::{Caller, TestApp, accepted, moment, text, user_id};

mod sqlite {
    #[actix_web::test]
    async fn until_the_person_is_satisfied() {
        super::until_the_person_is_satisfied(crate::support::TestApp::sqlite_city(super::Shipped::Wenling).await).await;
    }
}
mod postgres {
    #[actix_web::test]
    async fn until_the_person_is_satisfied() {
        super::until_the_person_is_satisfied(crate::support::TestApp::postgres_city(super::Shipped::Wenling).await).await;
    }
}

const CITY: &str = "331081000000";
const AT: &str = "/fallback-tickets";

/// Whose ticket, by the last digits of their telephone.
fn reported(n: u32, title: &str, category: &str) -> Value {
    json!({ "channel": "window", "contact": { "name": format!("反映人{n}号"), "phone": format!("1390000{n:04}") },
        "content": { "title": title, "situation": "走了多个窗口，均答复不属于本部门职责", "request": "请明确受理部门并办结", "category": category } })
}

struct City<'a> {
    app: &'a TestApp,
    clerk: Caller<'a>,
    manager: Caller<'a>,
    reform: Caller<'a>,
    inspector: Caller<'a>,
    /// 市场监管: whose handler is `near_agent`; 自然资源: whose handler is `near_clerk`.
    departments: [String; 2],
}

impl<'a> City<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let as_user = |login| app.as_user(login);
        let mut departments = [String::new(), String::new()];
        for (at, (name, login)) in [("温岭市大数据发展管理局", "near_agent"), ("温岭市海洋经济发展局", "near_clerk")].into_iter().enumerate()
        {
            let made = as_user("city_manager").post(&format!("/centers/{CITY}/departments"), json!({ "name": name })).await.created();
            let grant = json!({ "user_id": user_id(login), "role": "department_handler", "node_id": made["id"], "reason": "到岗" });
            let grant = as_user("sys_admin").post("/grants", grant).await.created();
            as_user("sec_admin").post(&format!("/grants/{}/approve", text(&grant["id"])), json!({})).await.ok();
            departments[at] = text(&made["id"]).to_owned();
        }
        Self {
            app,
            clerk: as_user("city_clerk"),
            manager: as_user("city_manager"),
            reform: as_user("city_reform"),
            inspector: as_user("city_inspector"),
            departments,
        }
    }

    fn handler(&self, department: usize) -> Caller<'a> {
        self.app.as_user(["near_agent", "near_clerk"][department])
    }

    async fn register(&self, body: Value) -> (String, String) {
        let ticket = self.clerk.post(AT, body).await.created();
        (format!("{AT}/{}", text(&ticket["id"])), text(&ticket["number"]).to_owned())
    }

    async fn triage(&self, ticket: &str, tier: &str) {
        self.clerk.post(&format!("{ticket}/triage"), json!({ "tier": tier, "note": "每周分类" })).await.ok();
    }

    /// The departments' meeting of the reform office has been held.
    async fn coordinate(&self, ticket: &str) {
        let at = self.app.db.clock().now();
        self.reform.post(&format!("{ticket}/coordinate"), json!({ "held_at": at, "departments": [self.departments[0]] })).await.ok();
        self.reform.post(&format!("{ticket}/record-coordination"), json!({ "outcome": "由市场监管部门牵头" })).await.ok();
    }

    /// A lead's sheet, drawn up by one and signed by the leader.
    async fn charge(&self, by: &Caller<'_>, ticket: &str, department: usize) -> String {
        let part = json!({ "lead": { "department_id": self.departments[department], "matter": "核实诉求，依法办结" } });
        let drawn = by.post(&format!("{ticket}/sheets"), part).await.created();
        let sheet = format!("/assignment-sheets/{}", text(&drawn["id"]));
        self.manager.post(&format!("{sheet}/issue"), json!({ "opinion": "请抓紧办理" })).await.ok();
        sheet
    }

    async fn sign_in(&self, sheet: &str, department: usize) {
        let responsible = json!({ "responsible": { "name": "审批科负责人", "post": "科长", "phone": "0576-86000001" } });
        self.handler(department).post(&format!("{sheet}/sign-in"), responsible).await.ok();
    }

    /// Replied, and confirmed by the center: the callers are asked.
    async fn answer(&self, sheet: &str, department: usize) {
        let report = json!({ "result": "solved", "report": "已受理并办结" });
        self.handler(department).post(&format!("{sheet}/reply"), report).await.ok();
        self.clerk.post(&format!("{sheet}/confirm"), json!({ "opinion": "属实" })).await.ok();
    }

    /// What the caller says by the link that they find with their number and telephone.
    async fn says(&self, number: &str, n: u32, answer: Value) {
        let found = self.app.stranger().get(&format!("/fallback-progress/{number}?phone_last4={n:04}")).await.ok();
        self.app.stranger().post(text(&found["feedback_link"]), answer).await.ok();
    }

    async fn satisfied(&self, number: &str, n: u32) {
        self.says(number, n, json!({ "satisfied": true, "words": "办好了" })).await;
    }

    async fn state(&self, ticket: &str) -> String {
        text(&self.clerk.get(ticket).await.ok()["state"]).to_owned()
    }

    async fn kinds(&self, of: &str) -> Vec<String> {
        let told = self.clerk.get(&format!("{of}/timeline?limit=200")).await.ok();
        let all = told["items"].as_array().expect("items");
        assert!(all.iter().all(|e| !text(&e["text"]).contains('_') && !text(&e["text"]).contains("{}")), "{told}");
        all.iter().map(|e| text(&e["kind"]).rsplit('.').next().unwrap_or_default().to_owned()).collect()
    }
}

fn states(list: &Value) -> Vec<&str> {
    list["items"].as_array().into_iter().flatten().map(|i| text(&i["state"])).collect()
}

async fn until_the_person_is_satisfied(app: TestApp) {
    let city = City::of(&app).await;
    let before = city.clerk.get(&format!("{AT}/register")).await.ok();
    let general = settled_on_the_spot(&city).await;
    let (difficult, precedent) = coordinated_charged_and_told_as_a_case(&city).await;
    let exceptional = submitted_with_the_months_batch(&city).await;
    let twice = dissatisfied_twice(&city).await;
    let returned = returned_twice(&city).await;
    let unit = no_unit_is_competent(&city).await;
    let late = up_the_whole_ladder(&city).await;
    citing(&city, &precedent).await;

    // Struck from the register is what its callers were satisfied with, and nothing else.
    let now = city.clerk.get(&format!("{AT}/register")).await.ok();
    let more = |key: &str| now[key].as_i64().unwrap_or(0) - before[key].as_i64().unwrap_or(0);
    assert_eq!((more("registered"), more("cleared"), more("open"), more("upheld")), (8, 6, 2, 0), "{now}");
    for (ticket, state) in [
        (&general, "cleared"),
        (&difficult, "cleared"),
        (&exceptional, "cleared"),
        (&twice, "cleared"),
        (&returned, "cleared"),
        (&late, "cleared"),
        (&unit, "registered"),
    ] {
        assert_eq!(city.state(ticket).await, state, "{ticket}");
    }
    for ticket in [&general, &difficult, &exceptional, &twice, &returned, &late] {
        let kinds = city.kinds(ticket).await;
        let (said, cleared) = (kinds.iter().position(|k| k == "feedback_satisfied"), kinds.iter().position(|k| k == "cleared"));
        assert!(said.is_some() && said < cleared && kinds.iter().filter(|k| *k == "cleared").count() == 1, "{kinds:?}");
    }
    let kinds = city.kinds(&exceptional).await;
    let told =
        ["registered", "triaged", "batched", "submitted", "decided", "assigned", "signed_in", "replied", "feedback_asked", "feedback_satisfied", "cleared"];
    assert_eq!(kinds, told);
}

async fn settled_on_the_spot(city: &City<'_>) -> String {
    let mut body = reported(1, "个体户变更经营者无处办理", "other");
    body["settlement"] = json!({ "settlement": "兜底窗口协调登记窗口当场受理" });
    body["feedback"] = json!({ "satisfied": true, "way": "counter", "signature": { "method": "handwritten", "evidence": "反馈单 1" } });
    let (ticket, _) = city.register(body).await;
    assert_eq!(city.kinds(&ticket).await, ["registered", "triaged", "settled", "feedback_asked", "feedback_satisfied", "cleared"]);
    ticket
}

/// By the departments' meeting and a sheet; what was learnt becomes a published case.
async fn coordinated_charged_and_told_as_a_case(city: &City<'_>) -> (String, String) {
    let (app, clerk, reform) = (city.app, &city.clerk, &city.reform);
    let mut body = reported(2, "共享厨房备案无牵头部门", "no_lead_unit");
    body["confidential"] = json!(true);
    body["content"]["handler_id"] = json!(user_id("city_agent1"));
    let (ticket, number) = city.register(body).await;
    city.triage(&ticket, "difficult").await;
    // The reform office calls the departments together: what is on the agenda is a number and a category, and nobody's name.
    let call = json!({ "kind": "joint_conference", "title": "共享厨房备案协调会", "place": "三楼会议室", "starts_at": "2026-03-03T09:00:00+08:00",
        "ends_at": "2026-03-03T11:00:00+08:00", "invitees": [{ "kind": "department", "id": city.departments[0] }],
        "agenda": [{ "topic": "明确牵头部门", "fallback_ticket": number }] });
    let mut wrong = call.clone();
    wrong["kind"] = json!("parallel_approval");
    assert_eq!(reform.post("/meetings", wrong).await.expect(422).body["errors"][0]["pointer"], "/agenda/0/fallback_ticket");
    let mut other = call.clone();
    other["agenda"][0].as_object_mut().expect("entry").remove("fallback_ticket");
    reform.post("/meetings", other).await.expect(422);
    let meeting = reform.post("/meetings", call).await.created();
    let at = format!("/meetings/{}", text(&meeting["id"]));
    let invited = city.handler(0).get(&at).await.expect(200);
    assert_eq!(
        (&invited.body["agenda"][0]["fallback_ticket_number"], &invited.body["agenda"][0]["fallback_ticket_category"]),
        (&json!(number), &json!("改革创新、机构调整致无牵头单位"))
    );
    assert!(!invited.text.contains("反映人") && !invited.text.contains("13900000002"), "{}", invited.text);
    city.handler(0).get(&ticket).await.expect(404);
    reform.post(&format!("{ticket}/coordinate"), json!({ "held_at": "2026-03-03T09:00:00+08:00", "departments": city.departments })).await.ok();
    app.set_clock("2026-03-03T11:30:00+08:00");
    let minutes = json!({ "minutes": "由市场监管部门牵头备案。", "attended": [city.departments[0]], "resolutions": [{ "agenda": 1,
        "owner": { "kind": "department", "id": city.departments[0] }, "content": "制定备案流程", "limit": { "value": 10, "unit": "working_day" } }] });
    reform.post(&format!("{at}/record-minutes"), minutes).await.ok();
    reform.post(&format!("{at}/conclude"), json!({})).await.ok();
    let about = reform.get(&format!("/meetings?fallback_ticket_id={}", ticket.rsplit('/').next().unwrap_or_default())).await.ok();
    assert_eq!((states(&about), &about["items"][0]["id"]), (vec!["concluded"], &meeting["id"]));
    reform.post(&format!("{ticket}/record-coordination"), json!({ "outcome": "由市场监管部门牵头备案" })).await.ok();
    // What is coordinated is the center's to charge; the reform office leads it not.
    let part = json!({ "lead": { "department_id": city.departments[0], "matter": "办理备案" } });
    assert_eq!(reform.post(&format!("{ticket}/sheets"), part).await.problem(409), "state_conflict");
    let mine = clerk.get("/me/worklist?kind=fallback_ticket&limit=200").await.ok();
    assert!(!mine["items"].as_array().expect("items").iter().any(|i| i["number"] == json!(number)), "who handles it charges it: {mine}");
    let waits = city.manager.get("/me/worklist?kind=fallback_ticket&limit=200").await.ok();
    assert!(waits["items"].as_array().expect("items").iter().any(|i| i["number"] == json!(number)), "{waits}");
    let sheet = city.charge(clerk, &ticket, 0).await;
    // Who handles the ticket follows its sheet; another agent does not.
    let agent = app.as_user("city_agent1");
    let seen = agent.get(&sheet).await.ok();
    assert_eq!((&seen["state"], &seen["allowed_actions"]), (&json!("issued"), &json!([])));
    assert_eq!(states(&agent.get(&format!("/assignment-sheets?ticket_id={}", ticket.rsplit('/').next().unwrap_or_default())).await.ok()), ["issued"]);
    agent.post(&format!("{sheet}/confirm"), json!({})).await.expect(403);
    city.sign_in(&sheet, 0).await;
    // A reply ends the request for more time that nobody has answered.
    city.handler(0).post(&format!("{sheet}/request-extension"), json!({ "days": 3, "reason": "需会商" })).await.ok();
    let report = json!({ "result": "solved", "report": "已制定流程并完成备案" });
    let replied = city.handler(0).post(&format!("{sheet}/reply"), report).await.ok();
    assert_eq!((&replied["state"], replied.get("extension")), (&json!("replied"), None));
    assert_eq!(app.count("SELECT count(*) AS value FROM clocks WHERE kind = 'sheet_extension' AND state <> 'stopped'").await, 0);
    // Nobody is asked before the center has confirmed what the department says.
    let early = clerk.post(&format!("{ticket}/ask-feedback"), json!({})).await.expect(409);
    assert!(text(&early.body["detail"]).contains("交办单") && !early.body["allowed_actions"].to_string().contains("ask_feedback"), "{}", early.text);
    clerk.post(&format!("{sheet}/confirm"), json!({ "opinion": "属实" })).await.ok();
    // The staff know that the link is open, and not what it is.
    let asked = clerk.get(&ticket).await.ok();
    assert_eq!((&asked["callers"][0]["link_open"], asked["callers"][0].get("link")), (&json!(true), None));
    for wrong in [format!("/fallback-progress/{number}?phone_last4=0001"), "/fallback-progress/DD-331081-20260101-000000-000?phone_last4=0002".to_owned()] {
        assert_eq!(app.stranger().get(&wrong).await.problem(404), "not_found");
    }
    let progress = app.stranger().get(&format!("/fallback-progress/{}?phone_last4=0002", number.to_lowercase())).await.expect(200);
    assert_eq!((&progress.body["state"], &progress.body["department"]), (&json!("awaiting_feedback"), &json!("温岭市大数据发展管理局")));
    assert!(!progress.text.contains("反映人") && !progress.text.contains("厨房") && !progress.text.contains("13900000002"), "{}", progress.text);
    city.satisfied(&number, 2).await;
    assert_eq!(clerk.get(&ticket).await.ok()["callers"][0]["link_open"], false);
    // Five wrong guesses close a number for the hour, also to who knows.
    let guess = |last4: &str| format!("/fallback-progress/{number}?phone_last4={last4}");
    for _ in 0..4 {
        app.stranger().get(&guess("9999")).await.expect(404);
    }
    assert_eq!(app.stranger().get(&guess("0002")).await.problem(429), "too_many_requests");
    // What departments told and resolved is on the ticket's timeline.
    let kinds = city.kinds(&ticket).await;
    let expected = [
        "registered",
        "triaged",
        "meeting_convened",
        "coordinating",
        "meeting_concluded",
        "resolution_made",
        "coordinated",
        "assigned",
        "signed_in",
        "replied",
        "feedback_asked",
        "feedback_satisfied",
        "cleared",
    ];
    assert_eq!(kinds, expected);
    // Found by number and by telephone; a confidential caller only by who is shown them.
    let find =
        async |caller: &Caller<'_>, q: &str| caller.post("/search", json!({ "q": q })).await.ok()["fallback_tickets"].as_array().map(Vec::len).unwrap_or(9);
    for (asked, by_clerk, by_reform, by_inspector) in
        [(number.as_str(), 1, 1, 1), ("13900000002", 1, 0, 0), ("反映人2号", 1, 0, 0), ("反映人1号", 1, 1, 0), ("13900000001", 1, 1, 0)]
    {
        let found = (find(clerk, asked).await, find(reform, asked).await, find(&city.inspector, asked).await);
        assert_eq!(found, (by_clerk, by_reform, by_inspector), "{asked}");
    }
    // A case is drawn from it, and waits for another person than who wrote it.
    let draft = clerk.post(&format!("{ticket}/precedent"), json!({})).await.created();
    let case = format!("/precedents/{}", text(&draft["id"]));
    // What the ticket does not tell is written by hand first.
    let mut content = draft["content"].clone();
    for field in ["handling", "advice"] {
        if text(&content[field]) == "（待补充）" {
            content[field] = json!("同类事项由协调窗口先行受理，再定承办部门");
        }
    }
    clerk.put_with(&case, &[("if-match", "\"1\"")], json!({ "content": content })).await.ok();
    clerk.post(&format!("{case}/submit"), json!({})).await.ok();
    let waits = reform.get("/me/worklist?kind=precedent").await.ok();
    assert!(waits["items"].as_array().expect("items").iter().any(|i| i["id"] == draft["id"] && i["state"] == "in_review"), "{waits}");
    assert_eq!(clerk.get("/me/worklist?kind=precedent").await.ok()["items"], json!([]));
    let published = reform.post(&format!("{case}/publish"), json!({})).await.ok();
    assert_eq!(published["state"], "published");
    (ticket, case)
}

async fn submitted_with_the_months_batch(city: &City<'_>) -> String {
    let (ticket, number) = city.register(reported(3, "老厂区宗地无法确权", "historical_issue")).await;
    city.triage(&ticket, "exceptional").await;
    let part = json!({ "lead": { "department_id": city.departments[1], "matter": "确权登记" } });
    assert_eq!(city.clerk.post(&format!("{ticket}/sheets"), part).await.problem(409), "state_conflict");
    let batch = city.reform.post("/ticket-batches", json!({ "month": "2026-03", "summary": "提请研究" })).await.created();
    let at = format!("/ticket-batches/{}", text(&batch["id"]));
    city.reform.post(&format!("{at}/add"), json!({ "tickets": [{ "id": number }] })).await.ok();
    city.reform.post(&format!("{at}/submit"), json!({ "document_no": "温改办〔2026〕3号" })).await.ok();
    let decisions = json!({ "document_no": "市政府专题会议纪要〔2026〕5号", "decisions": [{ "ticket": number, "decision": "由自然资源部门牵头确权" }] });
    assert_eq!(city.reform.post(&format!("{at}/decide"), decisions).await.ok()["state"], "decided");
    let sheet = city.charge(&city.clerk, &ticket, 1).await;
    city.sign_in(&sheet, 1).await;
    city.answer(&sheet, 1).await;
    city.satisfied(&number, 3).await;
    ticket
}

/// After two rounds the reform office leads: it classifies, coordinates, and draws the sheets up.
async fn dissatisfied_twice(city: &City<'_>) -> String {
    let (ticket, number) = city.register(reported(4, "网约房开业手续无处办理", "emerging_field")).await;
    for round in 1..=2 {
        city.triage(&ticket, "general").await;
        city.clerk.post(&format!("{ticket}/settle"), json!({ "settlement": "协调窗口告知流程" })).await.ok();
        city.clerk.post(&format!("{ticket}/ask-feedback"), json!({})).await.ok();
        city.says(&number, 4, json!({ "satisfied": false, "words": "仍未办成" })).await;
        let now = city.clerk.get(&ticket).await.ok();
        assert_eq!((&now["state"], &now["round"], &now["reform_led"]), (&json!("reopened"), &json!(round + 1), &json!(round == 2)));
    }
    assert_eq!(city.clerk.post(&format!("{ticket}/triage"), json!({ "tier": "difficult" })).await.problem(409), "state_conflict");
    city.reform.post(&format!("{ticket}/triage"), json!({ "tier": "difficult" })).await.ok();
    city.coordinate(&ticket).await;
    let part = json!({ "lead": { "department_id": city.departments[0], "matter": "办理开业手续" } });
    let refused = city.clerk.post(&format!("{ticket}/sheets"), part).await.expect(409);
    assert!(text(&refused.body["detail"]).contains("改革办"), "{}", refused.text);
    let sheet = city.charge(&city.reform, &ticket, 0).await;
    city.sign_in(&sheet, 0).await;
    city.answer(&sheet, 0).await;
    city.satisfied(&number, 4).await;
    ticket
}

/// Handed back twice: the reform office determines, and that binds.
async fn returned_twice(city: &City<'_>) -> String {
    let (ticket, number) = city.register(reported(5, "屋顶光伏备案两部门互推", "cross_department_level")).await;
    city.triage(&ticket, "difficult").await;
    city.coordinate(&ticket).await;
    for department in [0, 1] {
        let sheet = city.charge(&city.clerk, &ticket, department).await;
        let reason = json!({ "reason": "不属于本部门职责" });
        city.handler(department).post(&format!("{sheet}/return"), reason).await.ok();
        assert_eq!(city.state(&ticket).await, "triaged");
    }
    let part = json!({ "lead": { "department_id": city.departments[0], "matter": "办理备案" } });
    assert_eq!(city.clerk.post(&format!("{ticket}/sheets"), part).await.problem(409), "state_conflict");
    let waits = city.reform.get("/me/worklist?kind=fallback_ticket&limit=200").await.ok();
    assert!(waits["items"].as_array().expect("items").iter().any(|i| i["number"] == json!(number)), "it is the reform office's to determine");
    let determination = json!({ "department_id": city.departments[0], "reason": "依据三定方案，由其牵头" });
    assert_eq!(city.clerk.post(&format!("{ticket}/determine"), determination.clone()).await.problem(403), "forbidden");
    let bound = city.reform.post(&format!("{ticket}/determine"), determination).await.created();
    assert_eq!(bound["binding"], true);
    let sheet = format!("/assignment-sheets/{}", text(&bound["id"]));
    city.manager.post(&format!("{sheet}/issue"), json!({})).await.ok();
    assert_eq!(city.handler(0).post(&format!("{sheet}/return"), json!({ "reason": "不属于本部门职责" })).await.problem(409), "state_conflict");
    city.sign_in(&sheet, 0).await;
    city.answer(&sheet, 0).await;
    city.satisfied(&number, 5).await;
    ticket
}

/// Three rungs, each in its time and confirmed by whom it is theirs; they stand until they are lifted.
async fn up_the_whole_ladder(city: &City<'_>) -> String {
    let (ticket, number) = city.register(reported(6, "农房翻建审批久拖不决", "other")).await;
    city.triage(&ticket, "difficult").await;
    city.coordinate(&ticket).await;
    let standing = format!("/departments/{}/standing", city.departments[1]);
    let kept = city.manager.get(&standing).await.ok();
    let sheet = city.charge(&city.clerk, &ticket, 1).await;
    city.sign_in(&sheet, 1).await;
    let due = moment(text(&city.clerk.get(&sheet).await.ok()["due_at"]));
    let mut lifted = Vec::new();
    let rungs = [
        ("listing", "city_inspector", "city_reform", 0),
        ("naming", "city_inspector", "city_reform", 5),
        ("accountability", "city_reform", "city_inspector", 10),
    ];
    for (at, (rung, right, wrong, _)) in rungs.into_iter().enumerate() {
        let next = text(&city.clerk.get(&sheet).await.ok()["next_rung_at"]).to_owned();
        app_to(city, &next);
        while city.app.tick().await > 0 {}
        let all = city.inspector.get(&format!("/ladder-rungs?sheet_id={}&sort=created_at", sheet.rsplit('/').next().unwrap_or_default())).await.ok();
        assert_eq!((all["items"].as_array().map(Vec::len), &all["items"][at]["rung"]), (Some(at + 1), &json!(rung)));
        assert_eq!((&all["items"][at]["due_at"], &all["items"][at]["sheet_due_at"]), (&json!(next), &json!(due)));
        let path = format!("/ladder-rungs/{}", text(&all["items"][at]["id"]));
        assert_eq!(city.app.as_user(wrong).post(&format!("{path}/confirm"), json!({ "document_number": "温纪〔2026〕1号" })).await.problem(403), "forbidden");
        city.handler(1).post(&format!("{path}/confirm"), json!({})).await.expect(403);
        let document = if rung == "accountability" {
            assert_eq!(city.reform.post(&format!("{path}/confirm"), json!({})).await.expect(422).body["errors"][0]["pointer"], "/document_number");
            json!({ "document_number": "温纪〔2026〕1号" })
        } else {
            json!({})
        };
        let held = city.app.as_user(right).post(&format!("{path}/confirm"), document).await.ok();
        assert_eq!(held["state"], "confirmed");
        lifted.push(path);
    }
    let now = city.manager.get(&standing).await.ok();
    let more = |key: &str| now[key].as_i64().unwrap_or(0) - kept[key].as_i64().unwrap_or(0);
    assert_eq!((more("open"), more("overdue"), more("rungs"), more("late")), (1, 1, 3, 0), "{now}");
    city.answer(&sheet, 1).await;
    city.satisfied(&number, 6).await;
    // Answered late: the rungs hold until they are lifted, with a reason and on a record.
    assert_eq!(city.manager.get(&standing).await.ok()["rungs"], 3);
    for (path, by) in lifted.iter().zip(["city_inspector", "city_inspector", "city_reform"]) {
        city.app.as_user(by).post(&format!("{path}/lift"), json!({ "reason": "已整改" })).await.expect(400);
        city.app.as_user(by).post(&format!("{path}/lift"), json!({ "reason": "已整改到位", "basis": "整改验收单 2026-3" })).await.ok();
    }
    let now = city.manager.get(&standing).await.ok();
    let more = |key: &str| now[key].as_i64().unwrap_or(0) - kept[key].as_i64().unwrap_or(0);
    assert_eq!((more("open"), more("overdue"), more("rungs"), more("late")), (0, 0, 0, 1), "{now}");
    let told = city.clerk.get(&format!("{sheet}/timeline?limit=100")).await.ok();
    let climbed: Vec<&str> = told["items"].as_array().expect("items").iter().map(|e| text(&e["kind"])).filter(|k| k.starts_with("ladder_rung.")).collect();
    let once = ["ladder_rung.proposed", "ladder_rung.confirmed"];
    assert_eq!(climbed, [&once[..], &once[..], &once[..], &["ladder_rung.lifted"; 3]].concat());
    ticket
}

fn app_to(city: &City<'_>, at: &str) {
    city.app.db.clock().set(moment(at));
}

/// An arbitration that finds nobody competent opens a ticket; matter, arbitration and ticket name each other.
async fn no_unit_is_competent(city: &City<'_>) -> String {
    let (clerk, agent) = (city.app.as_user("near_clerk"), city.app.as_user("near_agent"));
    let items = city.app.stranger().get("/service-items?q=供水").await.ok();
    let matter = json!({ "item": items["items"][0]["code"], "mode": "assisted", "channel": "window", "contact": { "name": "联系人乙", "phone": "13900005678" },
        "applicant": { "kind": "enterprise", "name": "温岭市柜台演示有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G", "flags": ["micro_small_medium"] } });
    let e = clerk.post("/entrustments", matter).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut taken = accepted();
    taken["assignee_id"] = json!(user_id("near_agent"));
    clerk.post(&format!("{path}/accept"), taken).await.ok();
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    let asked = json!({ "with": ["331081002000"], "reason": "新业态，无人主管" });
    let dispute = city.app.as_user("near_manager").post(&format!("{path}/arbitrations"), asked).await.created();
    let at = format!("/arbitrations/{}", text(&dispute["id"]));
    city.manager.post(&format!("{at}/no-competent-unit"), json!({ "reason": "现有职责均未覆盖" })).await.ok();
    let e = agent.get(&path).await.ok();
    let ticket = city.clerk.get(&format!("{AT}/{}", text(&e["fallback_tickets"][0]["number"]))).await.ok();
    assert_eq!((&ticket["entrustment_id"], &ticket["arbitration"]["number"], &ticket["category"]), (&e["id"], &dispute["number"], &json!("no_lead_unit")));
    assert_eq!(ticket["state"], "registered");
    format!("{AT}/{}", text(&ticket["id"]))
}

/// The next one who has the same difficulty finds the case, and it is cited.
async fn citing(city: &City<'_>, precedent: &str) {
    let (ticket, _) = city.register(reported(8, "共享厨房备案无牵头部门", "no_lead_unit")).await;
    let fitting = city.clerk.get(&format!("{ticket}/precedents")).await.ok();
    let case = city.app.stranger().get(precedent).await.ok();
    assert!(fitting["items"].as_array().expect("items").iter().any(|i| i["precedent"]["number"] == case["number"]), "{fitting}");
    let cited = json!({ "precedent": case["number"], "helped": "参照由市场监管部门牵头备案" });
    city.clerk.post(&format!("{ticket}/citations"), cited).await.ok();
    assert_eq!(city.app.stranger().get(precedent).await.ok()["citations"], 1);
}
