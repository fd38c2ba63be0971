//! Personal data, planted wherever people write about tickets and matters, is looked for wherever it must not be: in what is
//! published, in every row of every table, in exports, refusals and the process's log.

use std::{
    io,
    sync::{Mutex, OnceLock},
};

use actix_web::http::Method;
use jieli::{db::Engine, ledgers};
use serde_json::{Value, json};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::support::{Caller, MONDAY, Reply, TestApp, accepted, on_both_engines, text, user_id};

on_both_engines!(planted_and_not_found);

const NAME: &str = "司马兰心";
const ID: &str = "331081198803127462";
const PHONE: &str = "13877665544";
const HOME: &str = "青园路88号7幢902室";
/// What gives the person away, however the sentence around it was cut.
const MARKS: [&str; 5] = ["司马兰心", "兰心", ID, PHONE, "青园路88号"];

/// Words of somebody who does not think of privacy.
fn say(words: &str) -> String {
    format!("{words}，当事人{NAME}，身份证{ID}，电话{PHONE}，家住{HOME}")
}

#[track_caller]
fn clean(told: &str, place: &str) {
    for mark in MARKS {
        assert!(!told.contains(mark), "{mark} in {place}: {told}");
    }
}

/// Lines of the process's log that name the person; the whole binary's, for a log has no owner.
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LINES: Mutex<usize> = Mutex::new(0);

struct Listener;
impl io::Write for Listener {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        *LINES.lock().expect("lines") += 1;
        if MARKS.iter().any(|mark| text.contains(mark)) {
            LEAKS.lock().expect("leaks").push(text.into_owned());
        }
        Ok(line.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
impl MakeWriter<'_> for Listener {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        Self
    }
}

/// Everything that the process says, at its most talkative, from now on.
fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let filter = EnvFilter::new("jieli=trace,actix_web=trace,actix_http=debug");
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Listener).init();
    });
}

struct Story<'a> {
    app: &'a TestApp,
    refusals: Vec<String>,
}

impl Story<'_> {
    fn by(&self, login: &str) -> Caller<'_> {
        self.app.as_user(login)
    }

    /// Done as it should be; and once more with a field that nobody knows, and by somebody who may not.
    async fn does(&mut self, login: &str, path: &str, body: Value) -> Value {
        let mut wrong = body.clone();
        wrong["unknown_field"] = json!(say("多余的内容"));
        let refused = [self.by(login).post(path, wrong).await, self.by("ent_rudong").post(path, body.clone()).await];
        let done = self.by(login).post(path, body).await;
        assert!(matches!(done.status, 200 | 201), "{login} {path}: {}", done.text);
        let again = self.by(login).post(path, json!({})).await;
        self.refusals.extend(refused.into_iter().chain([again]).filter(|r: &Reply| r.status >= 400).map(|r| r.text));
        done.body
    }
}

async fn planted_and_not_found(app: TestApp) {
    listen();
    tracing::info!(target: "jieli::test", "heard");
    let mut story = Story { app: &app, refusals: Vec::new() };
    let precedent = tickets(&mut story).await;
    let matter = matters(&mut story).await;
    app.set_clock("2026-07-20T09:00:00+08:00");
    while app.tick().await > 0 {}

    assert!(story.refusals.len() > 40, "{}", story.refusals.len());
    story.refusals.iter().for_each(|told| clean(told, "a problem document"));
    for public in [precedent.as_str(), "/precedents", "/precedents?q=确权"] {
        let told = app.stranger().get(public).await.expect(200).text;
        assert!(told.contains("确权"), "{public}: {told}");
        clean(&told, public);
    }
    for mark in MARKS {
        assert_eq!(app.stranger().get(&format!("/precedents?q={mark}")).await.ok()["items"], json!([]), "{mark}");
    }
    let progress = app.stranger().get(&format!("/progress/{matter}?phone_last4=5544")).await.expect(200);
    clean(&progress.text, "public progress");
    // Ledgers at once and made behind the scenes, by whom they show most.
    let clerk = app.as_user("rd_clerk");
    for ledger in ["entrustments", "fallback_tickets", "assignment_sheets", "evaluations"] {
        let csv = app.bytes(clerk.request(Method::GET, &format!("/ledgers/{ledger}?format=csv"))).await;
        clean(&String::from_utf8_lossy(&csv), ledger);
        let order = json!({ "ledger": ledger, "format": "csv", "filter": "", "reason": say("月度台账") });
        clerk.post("/exports", order).await.created();
    }
    ledgers::run_due(&app.db, &app.shared.state().blobs).await.expect("exports");
    let mut files = 0;
    let mut folders = vec![app.files.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            clean(&String::from_utf8_lossy(&std::fs::read(&path).expect("file")), "a file of the store");
        }
    }
    assert!(files >= 4, "{files} files");
    // Not in the events, not in the audit, not anywhere else: a copy of the database names nobody.
    assert!(rows_with(&app, "departments", "如东").await > 0, "who looks must find what is there");
    for table in tables(&app).await {
        for mark in MARKS {
            let n = rows_with(&app, &table, mark).await;
            assert_eq!(n, 0, "{mark} stands in {n} rows of {table}");
        }
    }
    assert!(app.count("SELECT COUNT(*) AS value FROM audit_log WHERE action = 'reveal'").await >= 2);
    assert!(*LINES.lock().expect("lines") > 0, "nothing was heard");
    let leaks = LEAKS.lock().expect("leaks");
    assert!(leaks.is_empty(), "{leaks:#?}");
}

fn person() -> Value {
    json!({ "kind": "natural_person", "name": NAME, "id_type": "citizen_id", "id_number": ID, "division_code": "320623000000", "address": HOME })
}

fn reported(title: &str) -> Value {
    json!({ "channel": "window", "contact": { "name": NAME, "phone": PHONE }, "applicant": person(),
        "content": { "title": format!("{NAME}{title}"), "situation": say("批文与现状不一致，三个部门均无法单独处理确权"), "request": say("请协调确权"),
            "category": "historical_issue" } })
}

/// Tickets through everything in which somebody writes; answers the path of the published case.
async fn tickets(s: &mut Story<'_>) -> String {
    let all = s.app.stranger().get("/centers/320623000000/departments").await.ok();
    let department = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).expect("a department")["id"].clone();
    let ticket = s.does("rd_clerk", "/fallback-tickets", reported("的宗地无法确权")).await;
    let (path, number) = (format!("/fallback-tickets/{}", text(&ticket["id"])), text(&ticket["number"]).to_owned());
    let other = s.does("rd_clerk", "/fallback-tickets", reported("重复反映确权")).await;
    s.does("rd_clerk", &format!("/fallback-tickets/{}/merge", text(&other["id"])), json!({ "into": number, "reason": say("同一问题") })).await;
    let callers = s.by("rd_clerk").get(&path).await.ok()["callers"].clone();
    let second = callers[1]["id"].clone();
    let withdrawal = json!({ "caller_id": second, "reason": say("不再反映"), "signature": { "method": "handwritten", "evidence": say("签字单") } });
    s.does("rd_clerk", &format!("{path}/withdraw"), withdrawal).await;
    s.does("rd_clerk", &format!("{path}/reveal"), json!({ "reason": say("电话联系申请人") })).await;
    s.does("rd_clerk", &format!("{path}/triage"), json!({ "tier": "exceptional", "note": say("涉及三个部门") })).await;
    let batch = s.does("city_reform", "/ticket-batches", json!({ "month": "2026-03", "summary": say("提请研究") })).await;
    let at = format!("/ticket-batches/{}", text(&batch["id"]));
    s.does("city_reform", &format!("{at}/add"), json!({ "tickets": [{ "id": number }] })).await;
    s.does("city_reform", &format!("{at}/submit"), json!({ "document_no": "提请 1 号" })).await;
    let decision = json!({ "document_no": "纪要 1 号", "decisions": [{ "ticket": number, "decision": say("由自然资源部门牵头确权") }] });
    s.does("city_reform", &format!("{at}/decide"), decision).await;
    // A sheet with all that a department may write, and the ladder above it.
    let part = json!({ "lead": { "department_id": department, "matter": say("办理确权") } });
    let sheet = s.does("rd_clerk", &format!("{path}/sheets"), part).await;
    let sheet = format!("/assignment-sheets/{}", text(&sheet["id"]));
    s.does("rd_manager", &format!("{sheet}/issue"), json!({ "opinion": say("请抓紧办理") })).await;
    let responsible = json!({ "responsible": { "name": NAME, "post": "科长", "phone": PHONE } });
    s.does("rd_scjg", &format!("{sheet}/sign-in"), responsible).await;
    s.does("rd_scjg", &format!("{sheet}/progress"), json!({ "note": say("已核实") })).await;
    s.does("rd_scjg", &format!("{sheet}/request-extension"), json!({ "days": 2, "reason": say("需会商") })).await;
    s.does("rd_manager", &format!("{sheet}/refuse-extension"), json!({ "reason": say("可以按期办结") })).await;
    s.app.set_clock("2026-03-17T09:00:00+08:00");
    while s.app.tick().await > 0 {}
    let rungs = s.by("city_inspector").get("/ladder-rungs?state=proposed").await.ok();
    let rung = format!("/ladder-rungs/{}", text(&rungs["items"][0]["id"]));
    s.does("city_inspector", &format!("{rung}/confirm"), json!({ "note": say("属实") })).await;
    s.does("city_inspector", &format!("{rung}/lift"), json!({ "reason": say("已整改"), "basis": say("验收单") })).await;
    let report = || json!({ "result": "solved", "report": say("已确权登记"), "signed_by": NAME });
    s.does("rd_scjg", &format!("{sheet}/reply"), report()).await;
    s.does("rd_clerk", &format!("{sheet}/send-back"), json!({ "reason": say("未附证书") })).await;
    s.does("rd_scjg", &format!("{sheet}/reply"), report()).await;
    s.does("rd_clerk", &format!("{sheet}/confirm"), json!({ "opinion": say("属实") })).await;
    s.does("rd_clerk", &format!("{path}/attempts"), json!({ "way": "phone", "words": say("无人接听") })).await;
    let said = json!({ "satisfied": true, "way": "phone", "evidence": say("录音 1"), "words": say("确权办好了") });
    s.does("rd_clerk", &format!("{path}/feedback"), said).await;
    assert_eq!(s.by("rd_clerk").get(&path).await.ok()["state"], "cleared");
    let drawn = s.by("city_reform").get(&format!("/return-visits?ticket_id={}", text(&ticket["id"]))).await.ok();
    let visit = match drawn["items"][0]["id"].as_str() {
        Some(id) => id.to_owned(),
        None => text(&s.does("city_reform", "/return-visits", json!({ "ticket": number, "note": say("核实证书") })).await["id"]).to_owned(),
    };
    let came = json!({ "way": "phone", "responded": true, "resolved": true, "satisfied": true, "words": say("很满意"), "evidence": say("录音 2") });
    s.does("city_reform", &format!("/return-visits/{visit}/record"), came).await;
    let drawn = s.does("rd_clerk", &format!("{path}/precedent"), json!({})).await;
    let case = format!("/precedents/{}", text(&drawn["id"]));
    // What the ticket does not tell is written by hand.
    let mut content = drawn["content"].clone();
    for field in ["cause", "handling", "result", "advice"] {
        if content[field] == "（待补充）" {
            content[field] = json!("同类事项先受理，再定承办部门");
        }
    }
    s.by("rd_clerk").put_with(&case, &[("if-match", "\"1\"")], json!({ "content": content })).await.ok();
    clean(&case, "a path");
    s.does("rd_clerk", &format!("{case}/submit"), json!({})).await;
    s.does("city_reform", &format!("{case}/send-back"), json!({ "reason": say("仍有疑问") })).await;
    s.does("rd_clerk", &format!("{case}/submit"), json!({})).await;
    s.does("city_reform", &format!("{case}/publish"), json!({})).await;
    // One that is left on the register, reviewed, and taken up again; one that is not taken in.
    s.app.set_clock(MONDAY);
    let mut body = reported("依法不能确权");
    body["settlement"] = json!({ "settlement": say("已说明") });
    let left = s.does("rd_clerk", "/fallback-tickets", body).await;
    let left = format!("/fallback-tickets/{}", text(&left["id"]));
    let bar = json!({ "reason": "lawful_bar", "explanation": say("依法不能办理"), "basis": say("有关规定"), "told_at": MONDAY, "told_by": "counter" });
    s.does("rd_manager", &format!("{left}/uphold"), bar).await;
    s.does("city_reform", &format!("{left}/review"), json!({ "reason": say("继续挂账") })).await;
    s.does("rd_manager", &format!("{left}/reopen"), json!({ "reason": say("具备条件") })).await;
    s.does("rd_clerk", &format!("{left}/triage"), json!({ "tier": "difficult", "note": say("两个部门") })).await;
    let meeting = json!({ "held_at": MONDAY, "place": HOME, "departments": [department] });
    s.does("city_reform", &format!("{left}/coordinate"), meeting).await;
    s.does("city_reform", &format!("{left}/record-coordination"), json!({ "outcome": say("由自然资源部门牵头") })).await;
    let suit = s.does("rd_clerk", "/fallback-tickets", reported("诉讼中的确权")).await;
    let suit = format!("/fallback-tickets/{}", text(&suit["id"]));
    let proposal = json!({ "reason": "litigation", "words": say("已立案"), "advice": say("请向法院查询") });
    s.does("rd_clerk", &format!("{suit}/propose-inadmissible"), proposal).await;
    s.does("rd_manager", &format!("{suit}/confirm-inadmissible"), json!({})).await;
    s.does("rd_clerk", &format!("{suit}/object"), json!({ "reason": say("诉讼已撤回") })).await;
    s.does("city_reform", &format!("{suit}/dismiss-objection"), json!({ "reason": say("仍在诉讼中") })).await;
    case
}

/// A matter with all that is written of one; answers its number.
async fn matters(s: &mut Story<'_>) -> String {
    s.app.set_clock(MONDAY);
    let form = json!({ "item": "GS-320623-0001", "mode": "assisted", "channel": "window", "applicant": person(),
        "contact": { "name": NAME, "phone": PHONE }, "request": say("新建住房需要接水") });
    let e = s.does("rd_clerk", "/entrustments", form).await;
    let (path, number) = (format!("/entrustments/{}", text(&e["id"])), text(&e["number"]).to_owned());
    let mut taken = accepted();
    taken["assignee_id"] = json!(user_id("rd_agent"));
    s.does("rd_clerk", &format!("{path}/accept"), taken).await;
    s.does("rd_agent", &format!("{path}/start"), json!({})).await;
    s.does("rd_agent", &format!("{path}/notes"), json!({ "text": say("申请人来电") })).await;
    s.does("rd_agent", &format!("{path}/record-help"), json!({ "kinds": ["fill_form"], "note": say("代填表格") })).await;
    let stuck = json!({ "note": say("供水单位已勘察"), "notify_applicant": true,
        "difficulty": { "what": say("管线距离过远"), "blocker": say("供水单位"), "since": "2026-03-01T09:00:00+08:00" } });
    s.does("rd_agent", &format!("{path}/progress"), stuck).await;
    s.does("rd_agent", &format!("{path}/reveal"), json!({ "reason": say("电话联系申请人") })).await;
    s.does("rd_manager", &format!("{path}/suspend"), json!({ "reason": "awaiting_applicant", "note": say("等待申请人"), "days": 5 })).await;
    s.does("rd_agent", &format!("{path}/resume"), json!({})).await;
    s.does("rd_agent", &format!("{path}/complete"), json!({ "outcome": "granted", "note": say("已接水") })).await;
    s.does("rd_agent", &format!("{path}/refuse-completion"), json!({ "reason": say("水压不足"), "evidence": say("电话记录") })).await;
    s.does("rd_agent", &format!("{path}/complete"), json!({ "outcome": "granted", "note": say("已加压") })).await;
    let signature = json!({ "signature": { "method": "handwritten", "evidence": say("签字单") } });
    s.does("rd_agent", &format!("{path}/sign-completion"), signature).await;
    let link = s.app.stranger().get(&format!("/progress/{number}/evaluation?phone_last4=5544")).await.ok();
    let rating = json!({ "grade": "dissatisfied", "comment": say("等了太久"), "is_named": true });
    s.app.stranger().post(text(&link["link"]), rating.clone()).await.ok();
    let contact = json!({ "name": NAME, "phone": PHONE });
    let service = json!({ "service_no": "P-1", "kind": "counter", "staff_id": user_id("rd_agent"), "contact": contact });
    let occasion = s.does("rd_clerk", "/service-occasions", service).await;
    let at = format!("/progress/{}/evaluation-code", text(&occasion["number"]));
    let sent = s.app.stranger().post(&at, json!({ "phone_last4": "5544" })).await.expect(200);
    clean(&sent.text, "a code on its way");
    let told = json!({ "rating": rating, "called": say("申请人"), "recording_no": "LY-1" });
    s.does("rd_clerk", &format!("/evaluations/{}/record", text(&occasion["number"])), told).await;
    s.does("rd_manager", &format!("{path}/reopen"), json!({ "reason": say("仍需整改") })).await;
    number
}

#[derive(diesel::QueryableByName)]
struct Named {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

async fn names(app: &TestApp, sql: String) -> Vec<String> {
    let rows: Vec<Named> = app.db.read(move |tx| Ok(diesel::RunQueryDsl::load(diesel::sql_query(sql), tx.conn)?)).await.expect("query");
    rows.into_iter().map(|row| row.name).collect()
}

async fn tables(app: &TestApp) -> Vec<String> {
    let sql = match app.db.engine() {
        Engine::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Engine::Postgres(_) => "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public'",
    };
    let tables = names(app, sql.into()).await;
    assert!(tables.len() > 50, "{tables:?}");
    tables
}

async fn rows_with(app: &TestApp, table: &str, mark: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        value: i64,
    }
    let sql = match app.db.engine() {
        Engine::Sqlite(_) => {
            let columns = names(app, format!("SELECT name FROM pragma_table_info('{table}')")).await;
            let any: Vec<String> = columns.iter().map(|c| format!("CAST(\"{c}\" AS TEXT) LIKE '%{mark}%'")).collect();
            format!("SELECT COUNT(*) AS value FROM \"{table}\" WHERE {}", any.join(" OR "))
        }
        Engine::Postgres(_) => format!("SELECT COUNT(*) AS value FROM \"{table}\" t WHERE t::text LIKE '%{mark}%'"),
    };
    let rows: Vec<Count> = app.db.read(move |tx| Ok(diesel::RunQueryDsl::load(diesel::sql_query(sql), tx.conn)?)).await.expect("query");
    rows.first().map_or(0, |row| row.value)
}
