//! Every operation × every role has an expected answer, kept as a snapshot: a change of who may do what is a change
//! of a reviewed file. An operation that is mounted and not probed fails.

use std::{collections::BTreeMap, fmt::Write as _};

use actix_web::{http::Method, test::TestRequest};
use serde_json::{Value, json};

use crate::{
    openapi::operations,
    support::{TestApp, accepted_matter, center_id, fixed, started_matter, text, user_id, water_application},
};

const ROLES: &[&str] = &[
    "(nobody)",
    "ent_rudong",
    "ent_chongchuan",
    "city_clerk",
    "cc_clerk",
    "rd_clerk",
    "rd_agent",
    "rd_agent2",
    "rd_manager",
    "city_manager",
    "rd_scjg",
    "city_inspector",
    "city_reform",
    "city_pm",
    "sys_admin",
    "sec_admin",
    "aud_admin",
];

struct Fixture {
    matter: String,
    case: String,
    public_case: String,
    case_ticket: String,
    promotion: String,
    offered: String,
    transfer: String,
    evaluation: String,
    link: String,
    grant: String,
    upload: String,
    discarded: String,
    department: String,
    absence: String,
    window: String,
    appointment: String,
    applicant: String,
    other_applicant: String,
    mandate: String,
    filter: String,
    shift: String,
    removed: String,
    course: String,
    visit: String,
    forgotten: String,
    leg: String,
    reminder: String,
    supervision: String,
    reporting: String,
    hook: String,
    gone_hook: String,
    delivery: String,
    report_batch: String,
    bulletin: String,
    comment: String,
    recorded: String,
    scheme: String,
    assessment: String,
    assessed: String,
    objection: String,
    entry: String,
    export: String,
    form: String,
    sent: String,
    dispute: String,
    project: String,
    meeting: String,
    concluded: String,
    resolution: String,
    ticket: String,
    other_ticket: String,
    batch: String,
    asked: String,
    offered_question: String,
    answered_question: String,
    article: String,
    reviewed_article: String,
    live_article: String,
    article_feedback: String,
    return_visit: String,
    follow_up: String,
    occasion: String,
    device: String,
    handlers: String,
    uncharged: String,
    drafted: String,
    charged: String,
    rung: String,
    hotline_order: String,
}

/// The visit about a cleared ticket: drawn, or ordered where it was not.
async fn return_visit_of(app: &TestApp, ticket: &str) -> String {
    let reform = app.as_user("city_reform");
    let drawn = reform.get(&format!("/return-visits?ticket_id={ticket}")).await.ok();
    match drawn["items"][0]["id"].as_str() {
        Some(id) => id.to_owned(),
        None => text(&reform.post("/return-visits", json!({ "ticket": ticket })).await.created()["id"]).to_owned(),
    }
}

/// A bad grade of `ent_chongchuan` for what 如东's `rd_agent` did, appealed against.
async fn follow_up_of_rudong(app: &TestApp) -> String {
    let company = app.as_user("ent_chongchuan");
    let mut asked = water_application();
    asked["center"] = json!("320623000000");
    asked["mode"] = json!("assisted");
    let matter = text(&company.post("/entrustments", asked).await.created()["id"]).to_owned();
    let mut body = crate::support::accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    app.as_user("rd_clerk").post(&format!("/entrustments/{matter}/accept"), body).await.ok();
    company.post(&format!("/entrustments/{matter}/withdraw"), json!({ "reason": "暂不需要" })).await.ok();
    let open = company.get("/evaluations?state=open").await.ok();
    let mine = open["items"].as_array().into_iter().flatten().find(|e| e["entrustment_id"] == json!(matter)).cloned().unwrap_or_default();
    let rating = json!({ "grade": "dissatisfied", "comment": "排队太久", "is_named": true });
    let rated = company.post(&format!("/evaluations/{}/rate", text(&mine["id"])), rating).await.ok();
    let id = text(&rated["follow_up_id"]).to_owned();
    let appeal = json!({ "ground": "mistaken", "reasons": "评价的是另一事项", "evidence": "通话录音 1" });
    app.as_user("rd_agent").post(&format!("/follow-ups/{id}/appeal"), appeal).await.ok();
    id
}

/// Questions of 如东's counter: one open, one answered; and one that the city offers to 如东.
async fn questions(app: &TestApp) -> (String, String, String) {
    let question = |answer: Option<&str>| {
        let mut body = json!({ "channel": "phone", "subject": "供水报装材料", "question": "需要准备哪些材料？", "items": ["GS-320623-0001"],
            "contact": { "name": "咨询人甲", "phone": "13900008001" } });
        if answer.is_none() {
            body["assignee_id"] = json!(user_id("rd_agent"));
        }
        body
    };
    let (clerk, city) = (app.as_user("rd_clerk"), app.as_user("city_clerk"));
    let open = text(&clerk.post("/consultations", question(None)).await.created()["id"]).to_owned();
    let answered = text(&clerk.post("/consultations", question(None)).await.created()["id"]).to_owned();
    clerk.post(&format!("/consultations/{answered}/answer"), json!({ "answer": "需要申请表。" })).await.ok();
    let offered = text(&city.post("/consultations", question(Some(""))).await.created()["id"]).to_owned();
    city.post(&format!("/consultations/{offered}/transfer"), json!({ "to": "320623000000", "reason": "由如东答复" })).await.ok();
    (open, answered, offered)
}

fn article_content() -> Value {
    json!({ "title": "供水报装材料", "body": "需要申请表。", "visibility": "public" })
}

/// Articles of 如东's counter: a draft, one in review, one that is live and called outdated.
async fn articles(app: &TestApp) -> (String, String, String, String) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let mut made = Vec::new();
    for far in 0..3 {
        let draft = clerk.post("/knowledge-articles", json!({ "kind": "faq", "content": article_content() })).await.created();
        let id = text(&draft["id"]).to_owned();
        if far > 0 {
            clerk.post(&format!("/knowledge-articles/{id}/submit"), json!({})).await.ok();
        }
        if far > 1 {
            manager.post(&format!("/knowledge-articles/{id}/publish"), json!({})).await.ok();
        }
        made.push(id);
    }
    let live = made.remove(2);
    let said = json!({ "kind": "outdated", "words": "材料已经减少" });
    let said = app.as_user("cc_clerk").post(&format!("/knowledge-articles/{live}/feedback"), said).await.ok();
    (made.remove(0), made.remove(0), live, text(&said["id"]).to_owned())
}

/// The department of 如东 whose handler has an account.
async fn fixed_department(app: &TestApp) -> String {
    let all = app.stranger().get("/centers/320623000000/departments").await.ok();
    let staffed = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true);
    staffed.map(|d| text(&d["id"]).to_owned()).unwrap_or_default()
}

fn course() -> Value {
    json!({ "title": "业务培训", "kind": "lecture", "hours": 8, "from": "2026-03-09", "to": "2026-03-10" })
}

fn window_input(name: &str) -> Value {
    let opening = json!({ "days": ["workday"], "from": "09:00", "to": "12:00", "minutes": 60, "capacity": 2 });
    json!({ "kind": "general_assistance", "name": name, "hours": { "openings": [opening], "days_ahead": 14 } })
}

fn case_content() -> Value {
    json!({ "title": "加装电梯无牵头部门", "category": "no_lead_unit", "problem": "各窗口均不受理", "handling": "召开部门协调会", "result": "已办结", "advice": "由住建部门牵头" })
}

/// A case of 如东's counter that is reviewed, one that is published and proposed to the catalogue, and a ticket beside them.
async fn cases(app: &TestApp) -> (String, String, String, String) {
    let (clerk, reform) = (app.as_user("rd_clerk"), app.as_user("city_reform"));
    let mut made = Vec::new();
    for _ in 0..2 {
        let draft = clerk.post("/precedents", json!({ "content": case_content() })).await.created();
        let path = format!("/precedents/{}", text(&draft["id"]));
        clerk.post(&format!("{path}/submit"), json!({})).await.ok();
        made.push((text(&draft["id"]).to_owned(), path));
    }
    let (public, path) = made.remove(1);
    reform.post(&format!("{path}/publish"), json!({})).await.ok();
    let promoted = reform.post(&format!("{path}/promote"), json!({ "proposal": "增设事项" })).await.ok();
    let ticket = json!({ "channel": "window", "contact": { "name": "反映人乙", "phone": "13900007009" },
        "content": { "title": "无处备案", "situation": "多个窗口不受理", "category": "emerging_field" } });
    let ticket = clerk.post("/fallback-tickets", ticket).await.created();
    (made.remove(0).0, public, text(&ticket["id"]).to_owned(), text(&promoted["promotions"][0]["id"]).to_owned())
}

/// A subscription of the deployment with a delivery, and one to be removed.
async fn webhooks(app: &TestApp) -> (String, String, String) {
    let new = json!({ "url": "http://127.0.0.1:9/jieli", "filters": { "center": "320600000000" } });
    let admin = app.as_user("sys_admin");
    let hook = text(&admin.post("/webhooks", new.clone()).await.created()["id"]).to_owned();
    let gone = text(&admin.post("/webhooks", new).await.created()["id"]).to_owned();
    admin.post(&format!("/webhooks/{hook}/ping"), json!({})).await.ok();
    while app.db.commit(|tx| jieli::events::store::sequence(tx, 1_000)).await.expect("positions") > 0 {}
    while app.db.commit(jieli::webhooks::follow).await.expect("followed") > 0 {}
    let list = admin.get(&format!("/webhooks/{hook}/deliveries")).await.ok();
    (hook, gone, text(&list["items"][0]["id"]).to_owned())
}

/// A matter of 如东's counter in the hands of `rd_agent`, one of `ent_rudong` offered by the city to 如东, and an
/// evaluation of `ent_rudong`.
async fn fixture(app: &TestApp) -> Fixture {
    let matter = accepted_matter(app, "assisted").await;
    let company = app.as_user("ent_rudong");
    let offered = text(&company.post("/entrustments", water_application()).await.created()["id"]).to_owned();
    let offer = json!({ "to": "auto", "applicant_consent": true });
    let transfer = text(&app.as_user("city_clerk").post(&format!("/entrustments/{offered}/transfer"), offer).await.created()["id"]).to_owned();
    let ended = text(&company.post("/entrustments", water_application()).await.created()["id"]).to_owned();
    company.post(&format!("/entrustments/{ended}/withdraw"), json!({ "reason": "暂不需要" })).await.ok();
    let open = company.get("/evaluations").await.ok();
    let evaluation = text(&open["items"][0]["id"]).to_owned();
    let link = text(&open["items"][0]["link"]).rsplit('/').next().unwrap_or_default().to_owned();
    let proposal = json!({ "user_id": user_id("rd_agent"), "role": "clerk", "node_id": center_id("320623000000"), "reason": "轮岗" });
    let grant = text(&app.as_user("sys_admin").post("/grants", proposal).await.created()["id"]).to_owned();
    let session = json!({ "name": "图纸.pdf", "size": 9, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" });
    let upload = text(&company.post("/attachments/sessions", session.clone()).await.created()["id"]).to_owned();
    let discarded = text(&company.post("/attachments/sessions", session).await.created()["id"]).to_owned();
    let department = text(&app.stranger().get("/centers/320623000000/departments").await.ok()["items"][0]["id"]).to_owned();
    let handlers = fixed_department(app).await;
    let absence = json!({ "kind": "leave", "from": "2026-04-01T08:00:00+08:00", "to": "2026-04-02T08:00:00+08:00" });
    let absence = app.as_user("rd_manager").post(&format!("/users/{}/absences", user_id("rd_agent2")), absence).await.created();
    let window = text(&app.as_user("rd_manager").post("/centers/320623000000/windows", window_input("1 号窗口")).await.created()["id"]).to_owned();
    let visit = json!({ "window_id": window, "start": "2026-03-03T09:00:00+08:00", "contact": { "name": "来访人", "phone": "13900000001" } });
    let appointment = text(&company.post("/appointments", visit).await.created()["id"]).to_owned();
    let absence = text(&absence["id"]).to_owned();
    let own = company.get(&format!("/entrustments/{offered}")).await.ok();
    let applicant = text(&own["applicant"]["id"]).to_owned();
    let counter = app.as_user("rd_clerk").get(&format!("/entrustments/{matter}")).await.ok();
    let other_applicant = text(&counter["applicant"]["id"]).to_owned();
    let mandate = json!({ "agent_name": "经办人甲", "agent_phone": "13900000011", "evidence": "委托书 1" });
    let mandate = text(&company.post(&format!("/applicants/{applicant}/mandates"), mandate).await.created()["id"]).to_owned();
    let saved = |name: &str| json!({ "name": name, "list": "entrustments", "query": "open=true" });
    let filter = text(&app.as_user("rd_clerk").post("/saved-filters", saved("一")).await.created()["id"]).to_owned();
    let forgotten = text(&app.as_user("rd_clerk").post("/saved-filters", saved("二")).await.created()["id"]).to_owned();
    let visit = json!({ "center": "320623000000", "reason": "key_enterprise", "contact": { "name": "联系人甲", "phone": "13900000001" },
        "address": "如东县掘港街道 1 号", "request": "现场踏勘" });
    let visit = text(&company.post("/home-visits", visit).await.created()["id"]).to_owned();
    let manager = app.as_user("rd_manager");
    let shift = |day: &str| json!({ "user_id": user_id("rd_clerk"), "post": "午间值班", "start": format!("{day}T12:00:00+08:00"), "end": format!("{day}T14:00:00+08:00") });
    let at = "/centers/320623000000/shifts";
    let removed = text(&manager.post(at, shift("2026-03-03")).await.created()["id"]).to_owned();
    let shift = text(&manager.post(at, shift("2026-03-04")).await.created()["id"]).to_owned();
    let made = text(&manager.post("/centers/320623000000/courses", course()).await.created()["id"]).to_owned();
    let carried = started_matter(app).await;
    let county = app.as_user("rd_agent");
    county.post(&format!("/entrustments/{carried}/plan"), json!({})).await.ok();
    let asked = json!({ "to": "320600000000", "steps": ["S1"], "reason": "属市级审批" });
    let leg = text(&county.post(&format!("/entrustments/{carried}/joint-handlings"), asked).await.created()["id"]).to_owned();
    let form = text(&county.post(&format!("/entrustments/{carried}/forms"), json!({ "kind": "application" })).await.created()["id"]).to_owned();
    let sent = text(&county.post(&format!("/entrustments/{carried}/forms"), json!({ "kind": "plan" })).await.created()["id"]).to_owned();
    let urged = json!({ "items": [{ "entrustment": carried, "message": "请尽快办理" }] });
    let reminder = text(&app.as_user("rd_manager").post("/reminders", urged).await.expect(207).body["items"][0]["created_id"]).to_owned();
    let order = json!({ "center": "320623000000", "reason": "inspection", "matter": "核查窗口空岗的问题" });
    let supervision = text(&app.as_user("city_inspector").post("/supervisions", order).await.created()["id"]).to_owned();
    let lines = json!([{ "code": "volume", "indicator": "completed_matters", "weight": 100, "rule": { "kind": "linear", "floor": 0.0, "target": 5.0 } }]);
    let scheme =
        json!({ "center": "320600000000", "name": "考评办法", "subject_kind": "center", "level": "county", "content": { "lines": lines, "bonus_cap": 5 } });
    let reform = app.as_user("city_reform");
    let scheme = text(&reform.post("/assessment-schemes", scheme).await.created()["id"]).to_owned();
    reform.post(&format!("/assessment-schemes/{scheme}/publish"), json!({})).await.ok();
    let order = json!({ "center": "320600000000", "subject_kind": "center", "level": "county", "period": "month", "from": "2026-01" });
    let assessment = text(&reform.post("/assessments", order).await.created()["id"]).to_owned();
    while app.db.commit(jieli::assessments::compute_some).await.expect("computed") > 0 {}
    let assessed = center_id("320623000000").to_string();
    let subject = format!("/assessments/{assessment}/subjects/{assessed}");
    let points = json!({ "points": 1.0, "reason": "承办现场会", "evidence": "文件 1 号" });
    let entry = text(&reform.post(&format!("{subject}/entries"), points).await.ok()["entries"][0]["id"]).to_owned();
    reform.post(&format!("/assessments/{assessment}/publish"), json!({})).await.ok();
    let objection = json!({ "line": "volume", "reason": "少计一件" });
    let objection = text(&app.as_user("rd_manager").post(&format!("{subject}/objections"), objection).await.created()["id"]).to_owned();
    let ordered = json!({ "ledger": "entrustments", "format": "csv", "reason": "核对" });
    let export = text(&county.post("/exports", ordered).await.created()["id"]).to_owned();
    let disputed = started_matter(app).await;
    let asked = json!({ "with": ["320613000000"], "reason": "属崇川区承办" });
    let dispute = text(&manager.post(&format!("/entrustments/{disputed}/arbitrations"), asked).await.created()["id"]).to_owned();
    let content = json!({ "name": "风电装备制造基地", "kinds": ["municipal_key"] });
    let project = json!({ "center": "320623000000", "applicant_id": applicant, "content": content });
    let project = text(&app.as_user("rd_clerk").post("/projects", project).await.created()["id"]).to_owned();
    manager.post(&format!("/projects/{project}/assign-manager"), json!({ "manager_id": user_id("city_pm") })).await.ok();
    let call = |title: &str| {
        json!({ "kind": "parallel_approval", "title": title, "place": "三楼会议室", "starts_at": "2026-03-02T09:40:00+08:00", "ends_at": "2026-03-02T10:40:00+08:00",
            "invitees": [{ "kind": "center", "id": "320600000000" }, { "kind": "department", "id": handlers }], "agenda": [{ "topic": "办理顺序", "entrustment": matter }] })
    };
    let clerk = app.as_user("rd_clerk");
    let (case, public_case, case_ticket, promotion) = cases(app).await;
    let meeting = text(&clerk.post("/meetings", call("会议一")).await.created()["id"]).to_owned();
    let concluded = text(&clerk.post("/meetings", call("会议二")).await.created()["id"]).to_owned();
    app.set_clock("2026-03-02T09:45:00+08:00");
    let owner = json!({ "kind": "center", "id": "320600000000" });
    let minutes =
        json!({ "minutes": "已明确", "resolutions": [{ "agenda": 1, "owner": owner, "content": "完成审查", "limit": { "value": 5, "unit": "working_day" } }] });
    clerk.post(&format!("/meetings/{concluded}/record-minutes"), minutes).await.ok();
    let bound = clerk.post(&format!("/meetings/{concluded}/conclude"), json!({})).await.ok();
    let resolution = text(&bound["resolutions"][0]["id"]).to_owned();
    let reported = |n: u32| {
        json!({ "center": "320623000000", "channel": "online", "contact": { "name": "反映人甲", "phone": format!("1390000700{n}") },
            "content": { "title": "无处备案", "situation": "多个窗口答复不属于本部门", "category": "emerging_field" } })
    };
    let ticket = text(&company.post("/fallback-tickets", reported(1)).await.created()["id"]).to_owned();
    let batch = json!({ "center": "320600000000", "month": "2026-03" });
    let batch = text(&app.as_user("city_reform").post("/ticket-batches", batch).await.created()["id"]).to_owned();
    let mut cleared = reported(3);
    cleared["channel"] = json!("window");
    cleared["settlement"] = json!({ "settlement": "已当场协调" });
    cleared["feedback"] = json!({ "satisfied": true, "way": "counter", "signature": { "method": "handwritten", "evidence": "反馈单 1" } });
    let cleared = text(&app.as_user("rd_clerk").post("/fallback-tickets", cleared).await.created()["id"]).to_owned();
    let return_visit = return_visit_of(app, &cleared).await;
    let follow_up = follow_up_of_rudong(app).await;
    let comment = text(&app.as_user("city_inspector").get("/open-comments").await.ok()["items"][0]["id"]).to_owned();
    let letter = json!({ "source": "letter_box", "received_on": "2026-03-01", "text": "取号机旁没有人引导" });
    let recorded = text(&app.as_user("rd_clerk").post("/open-comments", letter).await.created()["id"]).to_owned();
    let platform = json!({ "name": "省平台", "center": "320600000000" });
    let reporting = text(&app.as_user("sys_admin").post("/reporting-targets", platform).await.created()["id"]).to_owned();
    let days = json!({ "from": "2026-03-01", "to": "2026-03-02" });
    let report_batch = app.as_user("city_reform").post(&format!("/reporting-targets/{reporting}/files"), days).await.created();
    let report_batch = text(&report_batch["id"]).to_owned();
    let (hook, gone_hook, delivery) = webhooks(app).await;
    let period = json!({ "center": "320623000000", "from": "2026-02", "to": "2026-02" });
    let bulletin = text(&app.as_user("city_inspector").post("/bulletins", period).await.created()["id"]).to_owned();
    let occasion = json!({ "service_no": "A001", "kind": "counter", "staff_id": user_id("rd_agent") });
    let occasion = text(&app.as_user("rd_clerk").post("/service-occasions", occasion).await.created()["number"]).to_owned();
    let device = text(&app.as_user("rd_manager").post("/rating-devices", json!({ "name": "评价器" })).await.created()["id"]).to_owned();
    let other_ticket = text(&company.post("/fallback-tickets", reported(2)).await.created()["id"]).to_owned();
    let (uncharged, drafted, charged, rung) = sheets(app, &handlers).await;
    let (asked, answered_question, offered_question) = questions(app).await;
    let (article, reviewed_article, live_article, article_feedback) = articles(app).await;
    let hotline_order = text(&app.as_user("rd_clerk").post("/hotline/orders", crate::hotline::order("MX-0")).await.created()["id"]).to_owned();
    Fixture {
        hotline_order,
        asked,
        offered_question,
        answered_question,
        article,
        reviewed_article,
        live_article,
        article_feedback,
        ticket,
        other_ticket,
        batch,
        return_visit,
        follow_up,
        occasion,
        device,
        handlers,
        uncharged,
        drafted,
        charged,
        rung,
        project,
        meeting,
        concluded,
        resolution,
        leg,
        reminder,
        supervision,
        reporting,
        hook,
        gone_hook,
        delivery,
        report_batch,
        bulletin,
        comment,
        recorded,
        scheme,
        assessment,
        assessed,
        objection,
        entry,
        export,
        form,
        sent,
        dispute,
        shift,
        removed,
        course: made,
        visit,
        filter,
        forgotten,
        applicant,
        other_applicant,
        mandate,
        window,
        appointment,
        absence,
        department,
        matter,
        case,
        public_case,
        case_ticket,
        promotion,
        offered,
        transfer,
        evaluation,
        link,
        grant,
        upload,
        discarded,
    }
}

/// A ticket that is to be charged, a draft, a sheet that is issued, and a rung of the ladder.
async fn sheets(app: &TestApp, department: &str) -> (String, String, String, String) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let mut tickets = Vec::new();
    for _ in 0..3 {
        tickets.push(crate::sheets::coordinated(app).await);
    }
    let input = json!({ "lead": { "department_id": department, "matter": "核实诉求", "limit": { "value": 1, "unit": "hour" } } });
    let mut made = Vec::new();
    for ticket in tickets.iter().skip(1) {
        made.push(text(&clerk.post(&format!("/fallback-tickets/{ticket}/sheets"), input.clone()).await.created()["id"]).to_owned());
    }
    manager.post(&format!("/assignment-sheets/{}/issue", made[1]), json!({})).await.ok();
    // Late for a moment.
    let now = app.db.clock().now();
    app.db.clock().set(now.plus(chrono::TimeDelta::hours(2)));
    app.db.commit(|tx| jieli::sheets::propose_due(tx, 20)).await.expect("rung");
    app.db.clock().set(now);
    let rungs = app.as_user("city_inspector").get("/ladder-rungs").await.ok();
    (tickets[0].clone(), made[0].clone(), made[1].clone(), text(&rungs["items"][0]["id"]).to_owned())
}

/// A request for each operation that is right in shape. Writes are sent with `dry_run`, so that each role meets the
/// same records.
fn probe(id: &str, path: &str, f: &Fixture) -> Option<(String, Value)> {
    let item = "GS-320623-0001";
    let in_path = |reference: &str| path.replace("{id}", reference);
    let reason = || json!({ "reason": "测试用的理由" });
    let empty = || json!({});
    let content = || -> Value {
        let items: Vec<Value> = serde_json::from_str(include_str!("../../data/demo/nantong-items.json")).expect("items");
        items[9]["content"].clone()
    };
    let signature = || json!({ "signature": { "method": "online" } });
    let material = |p: &str| p.replace("{material}", "M1").replace("{act}", "submit");
    let step = |p: &str| p.replace("{step}", "S1").replace("{act}", "file");
    let matter = &f.matter;
    Some(match id {
        "create_entrustment" => (path.into(), water_application()),
        "accept_entrustment" => (in_path(&f.offered), json!({ "process_explained": true, "papers_verified": true, "form_signed": true })),
        "assign_entrustment" => (in_path(matter), json!({ "assignee_id": user_id("rd_agent2") })),
        "give_one_time_notice" => (in_path(matter), json!({ "items": [{ "what": "缺少签字", "how": "补签" }] })),
        "reject_entrustment" => (in_path(&f.offered), json!({ "reason": "duplicate", "note": "已在办理" })),
        "withdraw_entrustment" | "refuse_completion" | "reopen_entrustment" => (in_path(matter), reason()),
        "change_entrustment_mode" => (in_path(matter), json!({ "mode": "full_agency" })),
        "sign_agreement" | "sign_completion" => (in_path(matter), signature()),
        "report_progress" => (in_path(matter), json!({ "note": "已踏勘" })),
        "act_in_bulk" => (path.into(), json!({ "items": [{ "id": matter, "act": { "action": "start" } }] })),
        "note_entrustment" => (in_path(matter), json!({ "text": "申请人希望下午联系" })),
        "mark_entrustment" => (in_path(matter), json!({ "priority": "high", "tags": ["重大项目"] })),
        "name_agent" | "watch_entrustment" | "unwatch_entrustment" | "list_links" => (in_path(matter), empty()),
        "link_entrustment" => (in_path(matter), json!({ "to": f.offered, "kind": "related" })),
        "unlink_entrustment" => (in_path(matter), json!({ "to": f.offered })),
        "split_entrustment" => (in_path(matter), json!({ "reason": "单独成件" })),
        "list_saved_filters" => (path.into(), empty()),
        "save_filter" => (path.into(), json!({ "name": "在办", "list": "entrustments", "query": "open=true" })),
        "get_saved_filter" => (in_path(&f.filter), empty()),
        "change_filter" => (in_path(&f.filter), json!({ "name": "急件", "list": "entrustments", "query": "priority=urgent" })),
        "forget_filter" => (in_path(&f.forgotten), empty()),
        "list_home_visits" => (path.into(), empty()),
        "request_home_visit" => {
            let contact = json!({ "name": "家属甲", "phone": "13900004444" });
            (path.into(), json!({ "center": "320623000000", "reason": "special_group", "contact": contact, "address": "掘港街道 1 号", "request": "上门办理" }))
        }
        "get_home_visit" => (in_path(&f.visit), empty()),
        "arrange_home_visit" => {
            let (start, end) = ("2026-03-04T14:00:00+08:00", "2026-03-04T15:00:00+08:00");
            (in_path(&f.visit), json!({ "start": start, "end": end, "visitor_ids": [user_id("rd_agent")] }))
        }
        "prepare_home_visit" => (in_path(&f.visit), json!({ "preparation": [{ "what": "空白申请表" }] })),
        "record_home_visit" => (in_path(&f.visit), json!({ "result": "已办理" })),
        "miss_home_visit" | "decline_home_visit" | "cancel_home_visit" => (in_path(&f.visit), reason()),
        "complete_home_visit" => (in_path(&f.visit), empty()),
        "list_projects" => (path.into(), empty()),
        "open_project" => {
            let content = json!({ "name": "港区码头", "kinds": ["other"] });
            (path.into(), json!({ "center": "320623000000", "applicant_id": f.applicant, "content": content }))
        }
        "get_project" | "list_project_timeline" | "list_project_matters" | "get_project_progress" | "resume_project" | "complete_project" => {
            (in_path(&f.project), empty())
        }
        "edit_project" => (in_path(&f.project), json!({ "name": "港区码头", "kinds": ["other"] })),
        "assign_project_manager" => (in_path(&f.project), json!({ "manager_id": user_id("city_pm") })),
        "attach_to_project" => (in_path(&f.project), json!({ "entrustment": f.offered, "stage": "initiation" })),
        "detach_from_project" => (in_path(&f.project), json!({ "entrustment": f.offered, "reason": "不属于本项目" })),
        "complete_project_stage" => (in_path(&f.project), json!({ "stage": "initiation", "completed_on": "2026-03-02" })),
        "suspend_project" | "cancel_project" => (in_path(&f.project), reason()),
        "change_project_cap" => (in_path(&f.project), json!({ "cap_days": 100, "reason": "压缩审批时限" })),
        "list_ticket_batches" | "list_return_visits" => (path.into(), empty()),
        "open_ticket_batch" => (path.into(), json!({ "center": "320600000000", "month": "2026-04" })),
        "get_ticket_batch" | "list_ticket_batch_timeline" => (in_path(&f.batch), empty()),
        "edit_ticket_batch" => (in_path(&f.batch), json!({ "summary": "提请研究" })),
        "add_to_ticket_batch" => (in_path(&f.batch), json!({ "tickets": [{ "id": f.ticket }] })),
        "remove_from_ticket_batch" => (in_path(&f.batch), json!({ "ticket": f.ticket })),
        "submit_ticket_batch" => (in_path(&f.batch), json!({ "document_no": "提请 1 号" })),
        "decide_ticket_batch" => (in_path(&f.batch), json!({ "document_no": "纪要 1 号", "decisions": [{ "ticket": f.ticket, "decision": "由一部门牵头" }] })),
        "cancel_ticket_batch" => (in_path(&f.batch), reason()),
        "order_return_visit" => (path.into(), json!({ "ticket": f.ticket })),
        "get_return_visit" | "list_return_visit_timeline" => (in_path(&f.return_visit), empty()),
        "record_return_visit" => {
            (in_path(&f.return_visit), json!({ "way": "phone", "responded": true, "resolved": true, "satisfied": true, "evidence": "录音 1" }))
        }
        "record_return_visit_attempt" => (in_path(&f.return_visit), json!({ "way": "phone", "words": "无人接听" })),
        "drop_return_visit" => (in_path(&f.return_visit), reason()),
        "list_follow_ups" => (path.into(), empty()),
        "get_follow_up" | "list_follow_up_timeline" => (in_path(&f.follow_up), empty()),
        "assign_follow_up" => (in_path(&f.follow_up), json!({ "handler_id": user_id("rd_clerk") })),
        "record_follow_up_attempt" => (in_path(&f.follow_up), json!({ "way": "phone", "words": "无人接听" })),
        "verify_follow_up" => (in_path(&f.follow_up), json!({ "verdict": "true", "way": "phone", "words": "情况属实", "evidence": "录音 1" })),
        "plan_follow_up_fix" | "fix_follow_up" | "explain_follow_up" => (in_path(&f.follow_up), json!({ "words": "已经整改" })),
        "tell_follow_up" => (in_path(&f.follow_up), json!({ "way": "phone", "words": "已经告知" })),
        "appeal_follow_up" => (in_path(&f.follow_up), json!({ "ground": "mistaken", "reasons": "评价的是另一事项", "evidence": "录音 2" })),
        "decide_follow_up_appeal" => (in_path(&f.follow_up), json!({ "upheld": false, "reason": "证据不足" })),
        "mark_follow_up_complex" | "conclude_follow_up" | "send_back_follow_up" => (in_path(&f.follow_up), reason()),
        "list_hotline_orders" | "list_hotline_changes" | "list_hotline_mappings" => (path.into(), empty()),
        "create_hotline_order" => (path.into(), crate::hotline::order("MX-1")),
        "create_hotline_orders" => (path.into(), json!({ "items": [crate::hotline::order("MX-2")] })),
        "sign_hotline_orders" => (path.into(), json!({ "items": [{ "id": f.hotline_order }] })),
        "create_hotline_mapping" => (path.into(), json!({ "client": "hotline-nantong", "content": {} })),
        "try_hotline_mapping" => (path.into(), json!({ "content": {}, "order": crate::hotline::order("MX-3") })),
        "get_hotline_mapping" => (in_path(fixed("no", "such").as_str()), empty()),
        "get_hotline_order"
        | "list_hotline_order_timeline"
        | "track_hotline_order"
        | "sign_hotline_order"
        | "grant_hotline_extension"
        | "resume_hotline_order"
        | "take_up_hotline_reply"
        | "pass_hotline_reply"
        | "archive_hotline_order" => (in_path(&f.hotline_order), empty()),
        "dispatch_hotline_order" | "redispatch_hotline_order" => (in_path(&f.hotline_order), json!({ "center": "320623000000" })),
        "request_hotline_extension" => (in_path(&f.hotline_order), json!({ "days": 2, "reason": "需会商" })),
        "open_hotline_record" => (in_path(&f.hotline_order), json!({ "kind": "fallback_ticket" })),
        "assign_hotline_order" => (in_path(&f.hotline_order), json!({ "assignee_id": user_id("rd_agent") })),
        "create_hotline_sub_order" => {
            (in_path(&f.hotline_order), json!({ "department_id": f.handlers, "matter": "核实情况", "limit": { "value": 2, "unit": "working_day" } }))
        }
        "answer_hotline_sub_order" => (in_path(&f.hotline_order), json!({ "sub_order_id": fixed("no", "such"), "report": "已核实" })),
        "reply_to_hotline_order" => (in_path(&f.hotline_order), json!({ "kind": "interim", "reply": "已联系诉求人" })),
        "record_hotline_visit" => (in_path(&f.hotline_order), json!({ "contacted": false })),
        "merge_hotline_order" => (in_path(&f.hotline_order), json!({ "into": "MX-0" })),
        "request_hotline_return"
        | "deny_hotline_return"
        | "deny_hotline_extension"
        | "suspend_hotline_order"
        | "send_back_hotline_reply"
        | "rehandle_hotline_order"
        | "urge_hotline_order"
        | "supervise_hotline_order"
        | "append_to_hotline_order"
        | "revoke_hotline_order"
        | "appeal_hotline_assessment"
        | "approve_hotline_appeal"
        | "refuse_hotline_appeal"
        | "reveal_hotline_caller" => (in_path(&f.hotline_order), reason()),
        "list_fallback_tickets" | "get_fallback_register" => (path.into(), empty()),
        "register_fallback_ticket" => {
            let content = json!({ "title": "无处备案", "situation": "多个窗口答复不属于本部门", "category": "emerging_field" });
            (
                path.into(),
                json!({ "center": "320623000000", "channel": "window", "contact": { "name": "反映人甲", "phone": "13900007003" }, "content": content }),
            )
        }
        "triage_fallback_tickets" => (path.into(), json!({ "items": [{ "id": f.ticket, "triage": { "tier": "general" } }] })),
        "get_fallback_ticket" | "list_fallback_ticket_timeline" | "ask_fallback_ticket_feedback" | "confirm_fallback_ticket_inadmissible" => {
            (in_path(&f.ticket), empty())
        }
        "edit_fallback_ticket" => (in_path(&f.ticket), json!({ "title": "无处备案", "situation": "多个窗口答复不属于本部门", "category": "other" })),
        "reveal_fallback_ticket" => (in_path(&f.ticket), json!({ "reason": "电话联系申请人" })),
        "triage_fallback_ticket" => (in_path(&f.ticket), json!({ "tier": "general" })),
        "settle_fallback_ticket" => (in_path(&f.ticket), json!({ "settlement": "已当场协调" })),
        "coordinate_fallback_ticket" => (in_path(&f.ticket), json!({ "held_at": "2026-03-04T09:30:00+08:00" })),
        "record_fallback_ticket_coordination" => (in_path(&f.ticket), json!({ "outcome": "由市场监管部门牵头" })),
        "record_fallback_ticket_feedback" => (in_path(&f.ticket), json!({ "satisfied": true, "way": "phone", "evidence": "录音 1" })),
        "record_fallback_ticket_attempt" => (in_path(&f.ticket), json!({ "way": "phone", "words": "无人接听" })),
        "uphold_fallback_ticket" => (
            in_path(&f.ticket),
            json!({ "reason": "lawful_bar", "explanation": "依法不能办理", "basis": "有关法律", "told_at": "2026-03-02T09:00:00+08:00", "told_by": "counter" }),
        ),
        "review_fallback_ticket"
        | "reopen_fallback_ticket"
        | "refuse_fallback_ticket_inadmissible"
        | "object_fallback_ticket"
        | "uphold_fallback_ticket_objection"
        | "dismiss_fallback_ticket_objection" => (in_path(&f.ticket), reason()),
        "propose_fallback_ticket_inadmissible" => (in_path(&f.ticket), json!({ "reason": "litigation", "words": "已立案", "advice": "请向法院查询" })),
        "merge_fallback_ticket" => (in_path(&f.ticket), json!({ "into": f.other_ticket, "reason": "同一问题" })),
        "withdraw_fallback_ticket" => (in_path(&f.ticket), json!({ "reason": "不再反映", "signature": { "method": "handwritten", "evidence": "撤回单 1" } })),
        "get_feedback_link" => (in_path(&format!("{}.1.wrong", f.ticket)), empty()),
        "feedback_by_link" => (in_path(&format!("{}.1.wrong", f.ticket)), json!({ "satisfied": true })),
        "list_precedents" | "list_precedent_drafts" | "list_precedent_promotions" => (path.into(), empty()),
        "list_consultations" | "list_knowledge_articles" | "browse_knowledge" | "list_public_knowledge" => (path.into(), empty()),
        "create_consultation" => {
            let contact = json!({ "name": "咨询人甲", "phone": "13900008001" });
            (path.into(), json!({ "center": "320623000000", "channel": "online", "subject": "材料", "question": "要哪些材料？", "contact": contact }))
        }
        "get_consultation" | "list_consultation_timeline" | "draft_knowledge_from_consultation" => (in_path(&f.asked), empty()),
        "get_consultation_progress" => (format!("{}?phone_last4=8001", in_path("ZX-320623-20260302-000000-000")), empty()),
        "reveal_consultation" => (in_path(&f.asked), json!({ "reason": "电话回复咨询人" })),
        "answer_consultation" => (in_path(&f.asked), json!({ "answer": "需要申请表。" })),
        "close_consultation" => (in_path(&f.answered_question), empty()),
        "reopen_consultation" => (in_path(&f.answered_question), json!({ "question": "还要多久？" })),
        "withdraw_consultation" => (in_path(&f.asked), json!({ "reason": "不再咨询", "evidence": "录音 7" })),
        "assign_consultation" => (in_path(&f.asked), json!({ "assignee_id": user_id("rd_agent") })),
        "note_consultation" => (in_path(&f.asked), json!({ "note": "下午回复" })),
        "transfer_consultation" | "designate_consultation" => (in_path(&f.asked), json!({ "to": "320613000000", "reason": "由崇川答复" })),
        "accept_consultation" | "recall_consultation" => (in_path(&f.offered_question), empty()),
        "return_consultation" => (in_path(&f.offered_question), reason()),
        "open_consultation_entrustment" => {
            let applicant = json!({ "kind": "enterprise", "name": "南通示例新材料有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G" });
            (in_path(&f.asked), json!({ "mode": "assisted", "applicant": applicant }))
        }
        "open_consultation_ticket" => (in_path(&f.asked), json!({ "category": "other" })),
        "suggest_knowledge" | "search_knowledge" | "suggest_public_knowledge" | "search_public_knowledge" => (format!("{path}?q=%E4%BE%9B%E6%B0%B4"), empty()),
        "create_knowledge_article" => (path.into(), json!({ "center": "320623000000", "kind": "faq", "content": article_content() })),
        "get_knowledge_article"
        | "list_knowledge_article_versions"
        | "compare_knowledge_article_versions"
        | "list_knowledge_article_timeline"
        | "list_knowledge_article_citations"
        | "use_knowledge_article"
        | "list_knowledge_feedback"
        | "get_public_knowledge" => (in_path(&f.live_article), empty()),
        "edit_knowledge_article" => (in_path(&f.article), json!({ "content": article_content() })),
        "submit_knowledge_article" => (in_path(&f.article), empty()),
        "publish_knowledge_article" => (in_path(&f.reviewed_article), empty()),
        "send_back_knowledge_article" => (in_path(&f.reviewed_article), reason()),
        "withdraw_knowledge_article" => (in_path(&f.live_article), reason()),
        "give_knowledge_feedback" => (in_path(&f.live_article), json!({ "kind": "useful" })),
        "answer_knowledge_feedback" => (in_path(&f.article_feedback), json!({ "answer": "已核实" })),
        "draft_knowledge_from_precedent" | "list_precedent_knowledge" => (in_path(&f.public_case), empty()),
        "draft_knowledge_from_item" | "list_item_knowledge" => (in_path(item), empty()),
        "create_precedent" => (path.into(), json!({ "center": "320623000000", "content": case_content() })),
        "get_precedent" | "list_precedent_citations" => (in_path(&f.public_case), empty()),
        "get_precedent_draft" | "list_precedent_timeline" | "submit_precedent" | "publish_precedent" => (in_path(&f.case), empty()),
        "edit_precedent" => (in_path(&f.case), json!({ "content": case_content() })),
        "send_back_precedent" => (in_path(&f.case), reason()),
        "withdraw_precedent" => (in_path(&f.public_case), reason()),
        "promote_precedent" => (in_path(&f.public_case), json!({ "proposal": "增设事项" })),
        "settle_precedent_promotion" => (in_path(&f.promotion), reason()),
        "draw_precedent" | "list_ticket_citations" | "suggest_precedents" => (in_path(&f.case_ticket), empty()),
        "cite_precedent" => (in_path(&f.case_ticket), json!({ "precedent": f.public_case, "helped": "参照办理" })),
        "list_meetings" | "list_resolutions" => (path.into(), empty()),
        "call_meeting" => {
            let (start, end) = ("2026-03-04T14:00:00+08:00", "2026-03-04T15:00:00+08:00");
            let body = json!({ "kind": "joint_conference", "title": "联席会议", "center": "320623000000", "place": "三楼会议室", "starts_at": start, "ends_at": end,
                "invitees": [{ "kind": "center", "id": "320600000000" }], "agenda": [{ "topic": "办理顺序", "entrustment": matter }] });
            (path.into(), body)
        }
        "get_meeting" | "list_meeting_timeline" => (in_path(&f.concluded), empty()),
        "list_entrustment_meetings" => (in_path(matter), empty()),
        "edit_meeting" => {
            let agenda = json!([{ "topic": "办理顺序", "entrustment": matter }]);
            (in_path(&f.meeting), json!({ "title": "会议", "place": "三楼会议室", "invitees": [{ "kind": "center", "id": "320600000000" }], "agenda": agenda }))
        }
        "reschedule_meeting" => {
            let (start, end) = ("2026-03-04T14:00:00+08:00", "2026-03-04T15:00:00+08:00");
            (in_path(&f.meeting), json!({ "starts_at": start, "ends_at": end, "reason": "时间冲突" }))
        }
        "cancel_meeting" => (in_path(&f.meeting), reason()),
        "respond_to_meeting" => (in_path(&f.meeting), json!({ "response": "accepted" })),
        "record_minutes" => (in_path(&f.meeting), json!({ "minutes": "已明确" })),
        "conclude_meeting" => (in_path(&f.meeting), empty()),
        "get_resolution" | "confirm_resolution" => (in_path(&f.resolution), empty()),
        "carry_out_resolution" => (in_path(&f.resolution), json!({ "report": "已完成" })),
        "send_back_resolution" | "cancel_resolution" => (in_path(&f.resolution), reason()),
        "extend_resolution" => (in_path(&f.resolution), json!({ "days": 2, "reason": "专家评审改期" })),
        "instruct_resolution" => (in_path(&f.resolution), json!({ "instruction": "请抓紧落实" })),
        "draft_sheets" => (in_path(&f.uncharged), json!({ "lead": { "department_id": f.handlers, "matter": "核实诉求" } })),
        "determine_department" => (in_path(&f.uncharged), json!({ "department_id": f.handlers, "reason": "依据三定方案" })),
        "list_sheets" | "list_ladder_rungs" => (path.into(), empty()),
        "get_sheet" | "list_sheet_timeline" | "confirm_sheet" | "grant_sheet_extension" => (in_path(&f.charged), empty()),
        "edit_sheet" => (in_path(&f.drafted), json!({ "matter": "核实诉求" })),
        "issue_sheet" => (in_path(&f.drafted), empty()),
        "cancel_sheet" => (in_path(&f.drafted), reason()),
        "sign_in_sheet" => (in_path(&f.charged), json!({ "responsible": { "name": "审批科负责人" } })),
        "return_sheet" | "refuse_sheet_extension" | "send_back_sheet" => (in_path(&f.charged), reason()),
        "request_sheet_extension" => (in_path(&f.charged), json!({ "days": 2, "reason": "需会商" })),
        "report_sheet_progress" => (in_path(&f.charged), json!({ "note": "已核实" })),
        "reply_to_sheet" => (in_path(&f.charged), json!({ "result": "solved", "report": "已办结" })),
        "get_department_standing" => (in_path(&f.handlers), empty()),
        "get_ladder_rung" | "confirm_ladder_rung" => (in_path(&f.rung), empty()),
        "reject_ladder_rung" => (in_path(&f.rung), reason()),
        "lift_ladder_rung" => (in_path(&f.rung), json!({ "reason": "已整改", "basis": "验收单 1" })),
        "get_window_staffing" => (in_path(&f.window), empty()),
        "list_reusable_materials" => (in_path(matter), empty()),
        "arrange_hand_out" => (in_path(matter), json!({ "way": "counter", "recipient": "联系人乙", "phone": "13900005678" })),
        "record_hand_out" => (in_path(matter), json!({ "act": "hand_out", "note": "签收单 1" })),
        "compose_bundle" => (path.into(), json!({ "name": "一件事", "items": [item, "GD-320600-0001"] })),
        "get_agency_directory" => (in_path("320623000000"), empty()),
        "list_process_templates" => (path.into(), empty()),
        "get_process_template" | "withdraw_process_template" => (in_path(fixed("template", "water-1").as_str()), empty()),
        "publish_process_template" => {
            let step = json!({ "code": "S1", "name": "踏勘", "department": "供水单位", "limit": { "value": 1, "unit": "working_day" } });
            (path.into(), json!({ "code": "local", "center": "320623000000", "name": "专用流程", "content": { "steps": [step] } }))
        }
        "list_shifts" | "list_courses" => (in_path("320623000000"), empty()),
        "add_shift" => {
            let (start, end) = ("2026-03-05T12:00:00+08:00", "2026-03-05T14:00:00+08:00");
            (in_path("320623000000"), json!({ "user_id": user_id("rd_agent"), "post": "午间值班", "start": start, "end": end }))
        }
        "get_shift" => (in_path(&f.shift), empty()),
        "remove_shift" => (in_path(&f.removed), empty()),
        "create_course" => (in_path("320623000000"), course()),
        "get_course" => (in_path(&f.course), empty()),
        "edit_course" => (in_path(&f.course), course()),
        "record_training" => (in_path(&f.course), json!({ "records": [{ "user_id": user_id("rd_agent"), "result": "passed" }] })),
        "list_trainings" => (in_path(user_id("rd_agent2").as_str()), empty()),
        "get_eligibility" => (in_path("320623000000"), empty()),
        "get_eligibility_version" => (in_path(fixed("eligibility", "320600000000").as_str()), empty()),
        "set_eligibility" => (in_path("320623000000"), json!({ "basis": "代办办法", "rules": [] })),
        "get_routing_rules" => (in_path("320623000000"), empty()),
        "get_routing_rules_version" => (in_path(fixed("routing_rules", "320600000000").as_str()), empty()),
        "set_routing_rules" => (in_path("320623000000"), json!({ "rules": [] })),
        "dry_run_routing_rules" => (in_path("320623000000"), empty()),
        "check_eligibility" => (path.into(), json!({ "center": "320623000000", "item": item, "mode": "full_agency", "kind": "enterprise" })),
        "find_applicants" => (path.into(), json!({ "q": "91320623MADEM0001N" })),
        "get_applicant" | "list_mandates" => (in_path(&f.applicant), empty()),
        "edit_applicant" => (in_path(&f.applicant), json!({ "flags": [] })),
        "merge_applicant" => (in_path(&f.applicant), json!({ "into": f.other_applicant, "reason": "同一单位两次登记" })),
        "rename_applicant" => (in_path(&f.applicant), json!({ "name": "如东更名有限公司", "evidence": "变更登记 1" })),
        "give_mandate" => (in_path(&f.applicant), json!({ "agent_name": "经办人甲", "agent_phone": "13900000011", "evidence": "委托书 1" })),
        "get_mandate" => (in_path(&f.mandate), empty()),
        "revoke_mandate" => (in_path(&f.mandate), reason()),
        "get_worklist" => (path.into(), empty()),
        "import_service_items" => (path.into(), empty()),
        "export_service_items" => (format!("{path}?format=csv&division_code=320623000000"), empty()),
        "get_profile" | "list_absences" => (in_path(user_id("rd_agent2").as_str()), empty()),
        "edit_profile" => (in_path(user_id("rd_agent2").as_str()), json!({ "skills": [], "capacity": 10 })),
        "record_absence" => {
            (in_path(user_id("rd_agent2").as_str()), json!({ "kind": "leave", "from": "2026-03-03T08:00:00+08:00", "to": "2026-03-04T08:00:00+08:00" }))
        }
        "cancel_absence" => (in_path(&f.absence), empty()),
        "assign_by_load" => (in_path(matter), empty()),
        "pull_entrustment" => (path.into(), empty()),
        "hand_over_portfolio" => (in_path(user_id("rd_agent").as_str()), json!({ "reason": "借调离岗" })),
        "get_workload" => (in_path("320623000000"), empty()),
        "list_windows" => (in_path("320623000000"), empty()),
        "create_window" => (in_path("320623000000"), window_input("2 号窗口")),
        "get_window" => (in_path(&f.window), empty()),
        "edit_window" => (in_path(&f.window), window_input("1 号窗口")),
        "list_places" => (format!("{}?from=2026-03-03&to=2026-03-04", in_path(&f.window)), empty()),
        "book_appointment" => {
            (path.into(), json!({ "window_id": f.window, "start": "2026-03-03T10:00:00+08:00", "contact": { "name": "来访人", "phone": "13900000009" } }))
        }
        "get_appointment" | "cancel_appointment" | "arrive_appointment" | "serve_appointment" => (in_path(&f.appointment), empty()),
        "reschedule_appointment" => (in_path(&f.appointment), json!({ "start": "2026-03-03T11:00:00+08:00" })),
        "list_appointments" => (path.into(), empty()),
        "submit_service_item" | "count_open_matters" | "list_draft_changes" => (in_path(item), empty()),
        "return_service_item" => (in_path(item), reason()),
        "list_service_item_changes" => (format!("{}?from=1", in_path(item).replace("{number}", "1")), empty()),
        "record_help" => (in_path(matter), json!({ "kinds": ["fill_form"] })),
        "record_fee" => (in_path(matter), json!({ "name": "登记费", "amount": "80.00", "basis": "规定", "payee": "登记机构" })),
        "request_extension" => (in_path(matter), json!({ "days": 5, "reason": "踏勘推迟" })),
        "grant_extension" => (in_path(matter), empty()),
        "refuse_extension" => (in_path(matter), json!({ "note": "可按期办结" })),
        "list_departments" => (in_path("320623000000"), empty()),
        "create_department" => (in_path("320623000000"), json!({ "name": "如东县交通运输局" })),
        "get_department" => (in_path(&f.department), empty()),
        "edit_department" => (in_path(&f.department), json!({ "name": "如东县市场监督管理局" })),
        "suspend_entrustment" => (in_path(matter), json!({ "reason": "policy_change", "note": "等待新规", "days": 5 })),
        "complete_entrustment" => (in_path(matter), json!({ "outcome": "granted" })),
        "mark_unclaimed" | "terminate_unilaterally" => (in_path(matter), json!({ "delivery_proof": "送达回证 1" })),
        "request_termination" => (in_path(matter), json!({ "reason": "applicant_request", "note": "不再办理" })),
        "sign_termination" => (in_path(matter), json!({ "papers_returned": true })),
        "record_step" => (step(&in_path(matter)), json!({ "receipt_no": "R-1" })),
        "report_material" => (material(&in_path(matter)), empty()),
        "offer_transfer" => (in_path(matter), json!({ "to": "320623001000", "applicant_consent": true })),
        "reveal_entrustment" => (in_path(matter), json!({ "reason": "电话联系申请人" })),
        "resubmit_entrustment"
        | "remind_applicant"
        | "lapse_entrustment"
        | "draft_agreement"
        | "start_entrustment"
        | "plan_entrustment"
        | "resume_entrustment"
        | "cancel_termination"
        | "get_entrustment"
        | "list_entrustment_timeline"
        | "get_custody_chain"
        | "get_relay"
        | "get_relay_diagram"
        | "explain_deadlines" => (in_path(matter), empty()),
        "list_forms" => (in_path(&f.matter), empty()),
        "list_fallback_ticket_forms" => (in_path(&f.ticket), empty()),
        "issue_fallback_ticket_form" => (in_path(&f.ticket), json!({ "kind": "ticket_application" })),
        "list_assignment_sheet_forms" => (in_path(&f.charged), empty()),
        "issue_assignment_sheet_form" => (in_path(&f.charged), json!({ "kind": "assignment_sheet" })),
        "list_ticket_batch_forms" => (in_path(&f.batch), empty()),
        // There is nothing in it: who may gets a 409.
        "issue_ticket_batch_form" => (in_path(&f.batch), json!({ "kind": "batch_list" })),
        "list_register_forms" => (in_path("320623000000"), empty()),
        "issue_register_form" => (in_path("320623000000"), json!({ "kind": "triage_list" })),
        "get_fallback_report" => (in_path("2026-02"), empty()),
        "issue_form" => (in_path(&f.matter), json!({ "kind": "receipt" })),
        "get_form" | "print_form" => (in_path(&f.form), empty()),
        "make_signing_link" => (in_path(&f.sent), empty()),
        "sign_form" => (in_path(&f.form), json!({ "place": "center" })),
        "void_form" => (in_path(&f.form), reason()),
        "verify_form" | "get_signing_link" => (in_path("AAAA-AAAA-AAAA"), empty()),
        "sign_by_link" => (in_path("x"), json!({ "code": "000000", "document_hash": "0".repeat(64) })),
        "list_ledgers" | "list_exports" => (path.into(), empty()),
        "get_statistics" | "get_relay_flows" | "draw_relay_flows" => (format!("{path}?center=320623000000"), empty()),
        "get_statistics_trend" | "draw_statistics_trend" => (format!("{path}?center=320623000000&indicator=received_matters"), empty()),
        "list_statistics_records" => (format!("{path}?center=320623000000&indicator=received_matters"), empty()),
        "get_statistics_breakdown" => (format!("{path}?center=320623000000&indicator=received_matters&by=channel"), empty()),
        "get_public_statistics" => (format!("{path}?center=320623000000&month=2026-01"), empty()),
        "get_public_trend" => (format!("{path}?center=320623000000&indicator=received_matters&from=2026-01&to=2026-01"), empty()),
        "get_public_breakdown" => (format!("{path}?center=320623000000&indicator=received_matters&by=center&month=2026-01"), empty()),
        "download_ledger" => (format!("{}?format=csv", in_path("entrustments")), empty()),
        "order_export" => (path.into(), json!({ "ledger": "entrustments", "format": "csv", "reason": "核对" })),
        "get_export" | "cancel_export" => (in_path(&f.export), empty()),
        "list_assessment_schemes" => (format!("{path}?center=320623000000"), empty()),
        "create_assessment_scheme" => {
            let lines =
                json!([{ "code": "volume", "indicator": "completed_matters", "weight": 100, "rule": { "kind": "linear", "floor": 0.0, "target": 5.0 } }]);
            (path.into(), json!({ "center": "320623000000", "name": "考评办法", "subject_kind": "staff", "content": { "lines": lines } }))
        }
        "get_assessment_scheme" | "publish_assessment_scheme" => (in_path(&f.scheme), empty()),
        "edit_assessment_scheme" => {
            let lines =
                json!([{ "code": "volume", "indicator": "completed_matters", "weight": 100, "rule": { "kind": "linear", "floor": 0.0, "target": 6.0 } }]);
            (in_path(&f.scheme), json!({ "name": "考评办法", "content": { "lines": lines } }))
        }
        "get_assessment_scheme_version" => (in_path(&f.scheme).replace("{number}", "1"), empty()),
        "list_assessments" => (path.into(), empty()),
        "create_assessment" => {
            (path.into(), json!({ "center": "320600000000", "subject_kind": "center", "level": "county", "period": "month", "from": "2025-12" }))
        }
        "get_assessment"
        | "compute_assessment"
        | "publish_assessment"
        | "freeze_assessment"
        | "withdraw_assessment"
        | "list_assessment_timeline"
        | "list_assessed_subjects"
        | "list_assessment_objections" => (in_path(&f.assessment), empty()),
        "get_assessed_subject" => (in_path(&f.assessment).replace("{subject}", &f.assessed), empty()),
        "list_assessed_records" => (in_path(&f.assessment).replace("{subject}", &f.assessed).replace("{line}", "volume"), empty()),
        "enter_assessment_points" => {
            (in_path(&f.assessment).replace("{subject}", &f.assessed), json!({ "points": 1.0, "reason": "承办现场会", "evidence": "文件 1 号" }))
        }
        "confirm_assessment_entry" => (in_path(&f.entry), empty()),
        "object_to_assessment" => (in_path(&f.assessment).replace("{subject}", &f.assessed), json!({ "line": "volume", "reason": "少计一件" })),
        "get_assessment_objection" => (in_path(&f.objection), empty()),
        "decide_assessment_objection" => (in_path(&f.objection), json!({ "upheld": false, "reason": "经核实无误" })),
        "list_supervisions" => (path.into(), empty()),
        "issue_supervision" => (path.into(), json!({ "center": "320623000000", "reason": "other", "matter": "核查窗口空岗的问题" })),
        "get_supervision" | "print_supervision" => (in_path(&f.supervision), empty()),
        "sign_in_supervision" => (in_path(&f.supervision), json!({ "responsible": "代办科负责人" })),
        "extend_supervision" => (in_path(&f.supervision), json!({ "due_on": "2026-04-01", "reason": "需会商" })),
        "answer_supervision" => (in_path(&f.supervision), json!({ "findings": "查明", "measures": "办结" })),
        "report_supervision_progress" | "confirm_supervision" | "send_back_supervision" | "withdraw_supervision" => {
            (in_path(&f.supervision), json!({ "words": "已核查" }))
        }
        "list_wall_limits" => (format!("{path}?center=320623000000"), empty()),
        "get_supervision_wall" => ("/api/v1/supervision-wall?center=320623000000".into(), empty()),
        // What streams does not end; its first reading is that of the wall.
        "watch_supervision_wall" => ("/api/v1/supervision-wall?center=320623000000".into(), empty()),
        "get_supervision_standings" => (format!("{path}?center=320623000000"), empty()),
        "list_bulletins" | "list_public_bulletins" | "list_open_comments" => (path.into(), empty()),
        "compose_bulletin" => (path.into(), json!({ "center": "320623000000", "from": "2026-01", "to": "2026-01" })),
        "edit_bulletin" => (in_path(&f.bulletin), json!({ "title": "工作情况通报", "overview": "总体平稳" })),
        "get_bulletin"
        | "print_bulletin"
        | "list_bulletin_timeline"
        | "recompose_bulletin"
        | "submit_bulletin"
        | "publish_bulletin"
        | "get_public_bulletin" => (in_path(&f.bulletin), empty()),
        "send_back_bulletin" | "withdraw_bulletin" | "discard_bulletin" => (in_path(&f.bulletin), json!({ "words": "数字有误" })),
        "pull_events" | "list_webhooks" => (path.into(), empty()),
        // A stream does not end.
        "stream_events" => ("/api/v1/events".into(), empty()),
        "create_webhook" => (path.into(), json!({ "url": "https://example.org/jieli", "filters": { "center": "320600000000" } })),
        "get_webhook" | "pause_webhook" | "resume_webhook" | "ping_webhook" | "rotate_webhook_secret" | "list_webhook_deliveries" => {
            (in_path(&f.hook), empty())
        }
        "edit_webhook" => (in_path(&f.hook), json!({ "url": "https://example.org/jieli", "filters": { "center": "320600000000" } })),
        "replay_webhook" => (in_path(&f.hook), json!({ "dead": true })),
        "remove_webhook" => (in_path(&f.gone_hook), empty()),
        "get_webhook_delivery" | "replay_webhook_delivery" | "skip_webhook_delivery" => (in_path(&f.delivery), empty()),
        "list_reporting_targets" | "list_reporting_batches" => (path.into(), empty()),
        "create_reporting_target" => (path.into(), json!({ "name": "省平台", "center": "320600000000" })),
        "get_reporting_target" | "preview_reporting" | "pause_reporting_target" | "resume_reporting_target" => (in_path(&f.reporting), empty()),
        "edit_reporting_target" => {
            let fields = json!([{ "name": "satisfaction", "source": "grade" }]);
            let grades = json!({ "very_satisfied": "5", "satisfied": "4", "basically_satisfied": "3", "dissatisfied": "2", "very_dissatisfied": "1" });
            let channels =
                json!({ "pc": "1", "mobile": "2", "qr_code": "3", "tablet": "4", "other_terminal": "5", "phone": "6", "sms": "7", "system_default": "8" });
            let mapping = json!({ "format": "csv", "times": "datetime", "fields": fields, "grades": grades, "channels": channels });
            (in_path(&f.reporting), json!({ "name": "省平台", "mapping": mapping }))
        }
        "make_reporting_file" => (in_path(&f.reporting), json!({ "from": "2026-03-01", "to": "2026-03-02" })),
        "get_reporting_batch" | "download_reporting_batch" | "retry_reporting_batch" => (in_path(&f.report_batch), empty()),
        "drop_reporting_batch" => (in_path(&f.report_batch), json!({ "words": "对方已收到" })),
        "record_open_comment" => (path.into(), json!({ "source": "mail", "center": "320623000000", "received_on": "2026-03-01", "text": "指示牌不清楚" })),
        "correct_open_comment" => (in_path(&f.recorded), json!({ "received_on": "2026-03-01", "text": "取号机旁无人引导", "reason": "补正" })),
        "withdraw_open_comment" => (in_path(&f.recorded), reason()),
        "get_open_comment" => (in_path(&f.comment), empty()),
        "tag_open_comment" => (in_path(&f.comment), json!({ "tags": ["waiting"] })),
        "list_common_problems" => (format!("{path}?center=320623000000"), empty()),
        "list_statistics_periods" | "list_statistics_adjustments" => (path.into(), empty()),
        "get_statistics_period" => (in_path("2026-01"), empty()),
        "freeze_statistics_period" => (path.into(), json!({ "month": "2026-01" })),
        "get_statistics_adjustment" => (in_path(fixed("no", "such").as_str()), empty()),
        "propose_statistics_adjustment" => (in_path(fixed("no", "such").as_str()), json!({ "reason": "经核实属于本月" })),
        "approve_statistics_adjustment" | "refuse_statistics_adjustment" | "leave_out_statistics_adjustment" => {
            (in_path(fixed("no", "such").as_str()), json!({ "words": "经核实" }))
        }
        "list_reminders" => (path.into(), empty()),
        "send_reminders" => (path.into(), json!({ "items": [{ "entrustment": f.matter, "message": "请尽快办理" }] })),
        "get_reminder" | "answer_reminder" | "withdraw_reminder" => (in_path(&f.reminder), json!({ "answer": "已安排" })),
        "get_transfer" | "accept_transfer" | "recall_transfer" => (in_path(&f.transfer), empty()),
        "request_joint_handling" => (in_path(matter), json!({ "to": "auto", "steps": ["S1"], "reason": "属市级审批" })),
        "list_joint_handlings" | "list_arbitrations" => (path.into(), empty()),
        "get_joint_handling" | "accept_joint_handling" | "complete_joint_handling" => (in_path(&f.leg), empty()),
        "decline_joint_handling" | "cancel_joint_handling" => (in_path(&f.leg), reason()),
        "assign_joint_handling" => (in_path(&f.leg), json!({ "assignee_id": user_id("city_agent1") })),
        "report_joint_progress" | "ask_joint_materials" => (in_path(&f.leg), json!({ "note": "已提交预审" })),
        "supply_joint_materials" => (in_path(&f.leg), json!({ "papers": ["委托书"] })),
        "record_joint_step" => (step(&in_path(&f.leg)), json!({ "receipt_no": "R-1" })),
        "hand_back_joint_step" => (in_path(&f.leg), json!({ "step": "S1" })),
        "extend_joint_handling" => (in_path(&f.leg), json!({ "days": 2, "reason": "专家评审改期" })),
        "ask_arbitration" => (in_path(matter), json!({ "with": ["320613000000"], "reason": "属崇川区承办" })),
        "get_arbitration" => (in_path(&f.dispute), empty()),
        "state_arbitration_case" => (in_path(&f.dispute), json!({ "statement": "项目在崇川区" })),
        "decide_arbitration" => (in_path(&f.dispute), json!({ "kind": "keep", "reason": "申请人在如东县" })),
        "escalate_arbitration" => (in_path(&f.dispute), json!({ "leader": "分管副市长", "reason": "职责调整" })),
        "find_no_competent_unit" => (in_path(&f.dispute), reason()),
        "review_arbitration" => (in_path(&f.dispute), json!({ "new_facts": "测绘报告显示用地在崇川区" })),
        "return_transfer" => (in_path(&f.transfer), reason()),
        "get_evaluation" => (in_path(&f.evaluation), empty()),
        "rate_evaluation" => (in_path(&f.evaluation), json!({ "grade": "satisfied" })),
        "get_evaluation_link" => (in_path(&f.link), empty()),
        "rate_by_link" => (in_path(&format!("{}.wrong", f.evaluation)), json!({ "grade": "satisfied" })),
        "record_evaluation" => (in_path(&f.occasion), json!({ "rating": { "grade": "satisfied" }, "called": "申请人本人" })),
        "get_evaluation_link_qr_code" => (in_path(&f.link), empty()),
        "request_evaluation_code" => (in_path("FW-absent"), json!({ "phone_last4": "0000" })),
        "rate_by_code" => (in_path("FW-absent"), json!({ "code": "000000", "rating": { "grade": "satisfied" } })),
        "get_rating_poster" | "get_rating_poster_qr_code" => (in_path("320623000000"), empty()),
        "claim_by_rating_poster" => (in_path("320623000000"), json!({ "service_no": "absent", "phone_last4": "0000" })),
        "open_service_occasion" => (path.into(), json!({ "service_no": "A002", "kind": "counter", "center": "320623000000" })),
        "get_service_occasion" => (in_path(&f.occasion), empty()),
        "register_rating_device" => (path.into(), json!({ "name": "评价器", "center": "320623000000" })),
        "present_at_rating_device" => (in_path(&f.device), json!({ "evaluation": f.occasion })),
        "get_rating_device" | "revoke_rating_device" => (in_path(&f.device), empty()),
        // Devices have tests of their own: here nobody is one.
        "rate_at_device" => (path.into(), json!({ "service_no": "A001", "rating": { "grade": "satisfied" } })),
        "list_service_occasions" | "list_rating_devices" | "list_device_ratings" => (path.into(), empty()),
        "search" => (path.into(), json!({ "q": "供水" })),
        "resolve_routing" => (path.into(), json!({ "item": item, "custodian": "320600000000" })),
        "create_user" => {
            let new = json!({ "login": "rd_new", "password": "a-long-password", "display_name": "新专员", "title": "专员", "employment": "full_time", "center_id": center_id("320623000000") });
            (path.into(), new)
        }
        "get_user" | "disable_user" | "unlock_user" => (in_path(user_id("rd_agent2").as_str()), empty()),
        "propose_grant" => (path.into(), json!({ "user_id": user_id("rd_agent2"), "role": "clerk", "node_id": center_id("320623000000"), "reason": "轮岗" })),
        "get_grant" | "approve_grant" | "refuse_grant" | "revoke_grant" => (in_path(&f.grant), empty()),
        "edit_center" => (in_path("320623000000"), json!({ "name": "如东县政务服务中心", "phone": "0513-59000100", "address": "掘港", "hours": "工作日" })),
        "create_service_item" => (path.into(), json!({ "code": "GS-320623-0099", "division_code": "320623000000", "content": content() })),
        "edit_service_item" => (in_path(item), json!({ "content": content() })),
        "publish_service_item" | "withdraw_service_item" | "get_service_item_draft" | "get_service_item" | "list_service_item_versions" => {
            (in_path(item), empty())
        }
        "get_service_item_version" => (in_path(item).replace("{number}", "1"), empty()),
        "get_center" => (in_path("320623000000"), empty()),
        "get_public_relay" => (format!("{}?phone_last4=0000", in_path("DB-none")), empty()),
        "get_fallback_progress" => (format!("{}?phone_last4=0000", in_path("DD-none")), empty()),
        "get_progress" => (format!("{}?phone_last4=0000", in_path("DB-none")), empty()),
        "get_evaluation_link_by_progress" => (format!("{}?phone_last4=0000", in_path("DB-absent")), empty()),
        // Multipart forms and bytes have tests of their own; here everybody sends what is no form.
        "upload_attachment" => (path.into(), empty()),
        "upload_material" => (in_path(matter).replace("{material}", "M1"), empty()),
        "open_upload" => (path.into(), json!({ "name": "图纸.pdf", "size": 9, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" })),
        "upload_part" => (in_path(&f.upload).replace("{n}", "1"), empty()),
        "get_attachment" | "complete_upload" => (in_path(&f.upload), empty()),
        "discard_attachment" => (in_path(&f.discarded), empty()),
        "download_file" => (in_path("none.1.made-up"), empty()),
        "list_clients" | "list_identity_providers" | "list_notices" | "list_my_messages" | "list_notice_templates" => (path.into(), empty()),
        "create_client" => (path.into(), json!({ "client_id": "matrix-portal", "kind": "portal", "settings": { "name": "门户" } })),
        "edit_client" => (in_path("demo-portal"), json!({ "name": "门户" })),
        "get_client" | "disable_client" | "get_client_usage" => (in_path("demo-portal"), empty()),
        "rotate_client_secret" => (in_path("demo-portal"), json!({ "overlap_hours": 1 })),
        "approve_client" | "refuse_client" => (in_path("demo-mini-app"), empty()),
        "enable_client" => (in_path("demo-old-portal"), empty()),
        "create_identity_provider" => {
            let people = json!([{ "hint": "someone", "claims": {} }]);
            (path.into(), json!({ "name": "matrix", "kind": "fake", "settings": { "title": "模拟", "people": people } }))
        }
        "edit_identity_provider" => (in_path("fake"), json!({ "title": "模拟", "people": [{ "hint": "someone", "claims": {} }] })),
        "get_identity_provider" | "disable_identity_provider" => (in_path("fake"), empty()),
        "approve_identity_provider" | "refuse_identity_provider" => (in_path("province"), empty()),
        "enable_identity_provider" => (in_path("city-old"), empty()),
        "list_sign_in_providers" => (path.into(), empty()),
        "start_sign_in" => {
            let query = "client_id=demo-portal&redirect_uri=x&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
            (format!("{}?{query}", path.replace("{provider}", "absent")), empty())
        }
        "finish_sign_in" => (format!("{}?state=made-up", path.replace("{provider}", "absent")), empty()),
        // Messages are made by the worker: here nobody has any.
        "read_message" | "get_notice" | "retry_notice" | "drop_notice" | "opt_out_of_notices" => (in_path(fixed("no", "such").as_str()), empty()),
        "read_all_messages" | "get_notice_preferences" => (path.into(), empty()),
        "set_notice_preferences" => (path.into(), json!({ "sms": true, "wechat": true })),
        "publish_notice_template" => {
            let content = json!({ "title": "已收件", "text": "收到{number}", "channels": ["in_app"] });
            (path.into(), json!({ "kind": "matter_received", "center": "320600000000", "content": content }))
        }
        "get_notice_template" | "withdraw_notice_template" => (in_path(fixed("notice_template", "result_ready").as_str()), empty()),
        // It is no sandbox.
        "get_sandbox" | "reset_sandbox" => (path.into(), empty()),
        "advance_sandbox_clock" => (path.into(), json!({ "advance": { "value": 1, "unit": "hour" } })),
        "get_dictionary" => (in_path("grades"), empty()),
        "explain_problem" => (path.replace("{code}", "not_found"), empty()),
        "list_calendar_days" => (format!("{path}?from=2026-02-10&to=2026-02-20"), empty()),
        "compute_deadline" => (path.into(), json!({ "start": "2026-02-12T10:00:00+08:00", "limit": { "value": 3, "unit": "working_day" } })),
        "issue_token"
        | "get_jwks"
        | "get_authorization_server_metadata"
        | "livez"
        | "readyz"
        | "metrics"
        | "openapi"
        | "asyncapi"
        | "security_txt"
        | "api_catalog"
        | "list_users"
        | "list_grants"
        | "get_me"
        | "list_centers"
        | "list_service_items"
        | "list_themes"
        | "list_entrustments"
        | "list_transfers"
        | "list_evaluations"
        | "list_dictionaries" => (path.into(), empty()),
        _ => return None,
    })
}

#[actix_web::test]
async fn every_operation_for_every_role() {
    let app = TestApp::sqlite().await;
    let f = fixture(&app).await;
    let mut table: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for (method, path, op) in operations() {
        let id = text(&op["operationId"]).to_owned();
        let (uri, body) = probe(&id, &path, &f).unwrap_or_else(|| panic!("{id} is mounted and not probed: add it to the matrix"));
        let takes_dry_run = op["parameters"].as_array().is_some_and(|ps| ps.iter().any(|p| p["name"] == "dry_run"));
        let uri = if takes_dry_run { format!("{uri}?dry_run=true") } else { uri };
        let open = op["security"].as_array().is_some_and(|s| s.iter().any(|r| r.as_object().is_some_and(serde_json::Map::is_empty)));
        for role in ROLES {
            let verb = Method::from_bytes(method.to_uppercase().as_bytes()).expect("method");
            let mut request = TestRequest::default().method(verb.clone()).uri(&uri);
            // What cannot be tried is done: the next role meets the next version.
            if id != "make_signing_link" {
                request = request.insert_header(("if-match", "\"1\""));
            }
            if verb != Method::GET {
                let mut body = body.clone();
                if id == "create_entrustment" && !role.starts_with("ent_") {
                    body = crate::support::counter_application("assisted");
                    body["center"] = json!("320623000000");
                }
                request = request.set_json(body);
            }
            if *role != "(nobody)" {
                request = request.insert_header(("authorization", format!("Bearer {}", app.as_user(role).token.unwrap_or_default())));
            }
            let reply = app.send(request).await;
            assert!(reply.status < 500, "{id} as {role}: {}", reply.text);
            if *role == "(nobody)" && !open {
                assert_eq!(reply.status, 401, "{id}: strangers are told nothing");
            }
            let documented = op["responses"].as_object().is_some_and(|r| r.contains_key(&reply.status.to_string()));
            assert!(documented, "{id} as {role}: {} is not documented: {}", reply.status, reply.text);
            table.entry(id.clone()).or_default().push(reply.status);
        }
    }
    let mut out = format!("{:34}", "operation");
    for role in ROLES {
        let _ = write!(out, " {role:>14}");
    }
    out.push('\n');
    for (id, statuses) in table {
        let _ = write!(out, "{id:34}");
        for status in statuses {
            let _ = write!(out, " {status:>14}");
        }
        out.push('\n');
    }
    insta::assert_snapshot!(out);
}

/// What stands in the policy exists: every action is a machine's action or an operation's verb.
#[test]
fn policy_names_what_exists() {
    use jieli::{auth::policy::rules, entrustments::Action, kernel::Code as _, tickets::machine::TicketAction};
    let verbs = [
        "read",
        "create",
        "edit",
        "publish",
        "withdraw",
        "import",
        "disable",
        "unlock",
        "propose",
        "approve",
        "refuse",
        "revoke",
        "present",
        "resolve",
        "search",
        "rate",
        "accept",
        "return",
        "recall",
        "answer",
        "issue",
        "sign",
        "link",
        "void",
        "pull",
        "reschedule",
        "cancel",
        "arrive",
        "serve",
        "find",
        "empower",
        "revoke_mandate",
        "merge",
        "rename",
        "arrange",
        "prepare",
        "record",
        "miss",
        "complete",
        "decline",
        "progress",
        "ask_materials",
        "supply",
        "hand_back",
        "extend",
        "state_case",
        "decide",
        "escalate",
        "no_competent_unit",
        "review",
        "assign_manager",
        "attach",
        "detach",
        "complete_stage",
        "change_cap",
        "respond",
        "record_minutes",
        "conclude",
        "carry_out",
        "confirm",
        "send_back",
        "instruct",
        "count",
        "sign_in",
        "request_extension",
        "reply",
        "determine",
        "add",
        "remove",
        "drop",
        "record_attempt",
        "reject",
        "lift",
        "confirm_accountability",
        "reject_accountability",
        "lift_accountability",
        "submit",
        "promote",
        "cite",
        "settle_promotion",
        "verify",
        "mark_complex",
        "plan_fix",
        "fix",
        "explain",
        "tell",
        "appeal",
        "decide_appeal",
        "read_center",
        "read_department",
        "read_published",
        "recompose",
        "discard",
        "pause",
        "resume",
        "make_file",
        "retry",
        "leave_out",
        "dispatch",
        "redispatch",
        "deny_return",
        "deny_extension",
        "assign_sub",
        "answer_sub",
        "reply_interim",
        "reply_final",
        "request_return",
        "open",
        "take_up",
        "pass",
        "record_visit",
        "rehandle",
        "archive",
        "urge",
        "supervise",
        "append",
        "amend",
        "approve_appeal",
        "refuse_appeal",
        "tag",
        "look_up",
        "use",
        "give_feedback",
        "answer_feedback",
        "compute",
        "enter",
        "freeze",
        "object",
        "correct",
        "ping",
        "replay",
        "skip",
        "rotate_secret",
        "enable",
        "rotate_secret",
        "advance",
        "reset",
        "opt_out",
    ];
    for rule in rules() {
        for action in rule.actions {
            let of_ticket = rule.resource == "fallback_ticket" && TicketAction::ALL.iter().any(|a| a.code() == *action);
            let of_question = rule.resource == "consultation" && jieli::consultations::machine::ConsultationAction::ALL.iter().any(|a| a.code() == *action);
            let known = of_ticket || of_question || verbs.contains(action) || Action::ALL.iter().any(|a| a.code() == *action);
            assert!(known, "{:?} {} {action}", rule.role, rule.resource);
        }
    }
    for action in Action::ALL {
        assert!(rules().any(|r| r.resource == "entrustment" && r.actions.contains(&action.code())), "nobody may {}", action.code());
    }
}

/// A stranger to a center cannot tell whether its matters exist: the answers are the same byte for byte.
#[actix_web::test]
async fn invisible_is_absent() {
    let app = TestApp::sqlite().await;
    let f = fixture(&app).await;
    for login in ["cc_clerk", "ent_chongchuan", "yk_clerk", "rd_agent2"] {
        let caller = app.as_user(login);
        for action in ["", "/timeline", "/custody", "/deadlines"] {
            let there = caller.get(&format!("/entrustments/{}{action}", f.matter)).await;
            let absent = caller.get(&format!("/entrustments/{}{action}", fixed("no", "such"))).await;
            assert_eq!((there.status, &there.body["detail"], &there.body["code"]), (404, &absent.body["detail"], &absent.body["code"]), "{login}");
        }
        let there = caller.post(&format!("/entrustments/{}/accept", f.matter), crate::support::accepted()).await;
        assert_eq!(there.status, 404, "{login}");
        let listed = caller.get("/entrustments?limit=200").await;
        assert!(!listed.text.contains(&f.matter), "{login}");
        let found = caller.post("/search", json!({ "q": "南通柜台演示有限公司" })).await;
        assert!(!found.text.contains(&f.matter), "{login}");
    }
}
