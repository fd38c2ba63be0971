//! Forms of fallback tickets, sheets, batches and registers, and the monthly report: each reader gets what the record itself
//! shows to them, and no signature clears a ticket.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, on_both_engines, text, user_id};

on_both_engines!(
    an_application_is_signed_and_clears_nothing,
    a_confidential_caller_stays_hidden_in_print,
    several_callers_each_sign_their_own,
    a_sheet_is_printed_as_it_is_issued_and_as_it_comes_back,
    a_sheet_that_fell_has_no_valid_form,
    a_batch_goes_to_the_government,
    the_register_on_paper,
    the_monthly_report_and_the_register_agree,
    what_is_wrong_with_a_form_of_a_ticket,
    long_texts_fit_their_pages,
);

const AT: &str = "/fallback-tickets";

fn at_counter(name: &str, phone: &str) -> Value {
    json!({ "channel": "window", "contact": { "name": name, "phone": phone },
        "content": { "title": "无人机配送站无处备案", "situation": "多个窗口均答复不属于本部门受理的事项", "request": "请明确由谁受理该项备案", "category": "emerging_field" } })
}

async fn register(caller: &Caller<'_>, body: Value) -> String {
    format!("{AT}/{}", text(&caller.post(AT, body).await.created()["number"]))
}

async fn online(app: &TestApp) -> String {
    let mut body = at_counter("联系人甲", "13900001234");
    body["channel"] = json!("online");
    body["center"] = json!("320623000000");
    register(&app.as_user("ent_rudong"), body).await
}

async fn issue(who: &Caller<'_>, path: &str, kind: &str) -> Value {
    who.post(&format!("{path}/forms"), json!({ "kind": kind })).await.created()
}

fn form_path(form: &Value) -> String {
    format!("/forms/{}", text(&form["number"]))
}

async fn pdf(who: &Caller<'_>, app: &TestApp, form: &Value) -> Vec<u8> {
    let request = who.request(actix_web::http::Method::GET, &format!("{}/pdf", form_path(form)));
    let bytes = app.bytes(request).await;
    assert!(bytes.starts_with(b"%PDF-"), "{form}");
    if let Ok(dir) = std::env::var("PDF_DIR") {
        std::fs::write(format!("{dir}/{}-{}.pdf", text(&form["kind"]), text(&form["number"])), &bytes).expect("dump");
    }
    bytes
}

/// The text of a form as somebody reads it; its PDF can be printed too.
async fn said(app: &TestApp, who: &Caller<'_>, form: &Value) -> (String, bool) {
    let read = who.get(&form_path(form)).await.ok();
    pdf(who, app, form).await;
    (read["sheet"].to_string(), read["masked"] == true)
}

async fn state(app: &TestApp, ticket: &str) -> String {
    text(&app.as_user("rd_clerk").get(ticket).await.ok()["state"]).to_owned()
}

fn code(refused: &Value) -> &str {
    text(&refused["errors"][0]["code"])
}

async fn an_application_is_signed_and_clears_nothing(app: TestApp) {
    let (clerk, company) = (app.as_user("rd_clerk"), app.as_user("ent_rudong"));
    let ticket = online(&app).await;
    let all = clerk.get(&format!("{ticket}/forms")).await.ok();
    assert_eq!(all["available"], json!(["ticket_application", "ticket_record"]));
    let form = clerk.post_with(&format!("{ticket}/forms"), &[("idempotency-key", "apply-1")], json!({ "kind": "ticket_application" })).await.created();
    let again = clerk.post_with(&format!("{ticket}/forms"), &[("idempotency-key", "apply-1")], json!({ "kind": "ticket_application" })).await;
    assert_eq!(again.body["id"], form["id"]);
    let canonical = serde_json::to_string(&form["sheet"]).expect("json");
    assert_eq!(jieli::kernel::sha256_hex(canonical.as_bytes()), text(&form["document_hash"]));
    assert!(canonical.contains("联系人甲") && !canonical.contains("13900001234") && canonical.contains("不予销号"), "{canonical}");
    assert_eq!((&form["places"], form.get("entrustment_id")), (&json!(["applicant_1", "center"]), None));
    // One valid form, until what it says has changed; the later takes the place of the former.
    clerk.post(&format!("{ticket}/forms"), json!({ "kind": "ticket_application" })).await.expect(409);
    // The applicant reads and signs their own place, and no other's; the other form is not theirs.
    let read = company.get(&form_path(&form)).await.ok();
    assert_eq!((&read["own_places"], &read["allowed_actions"], &read["masked"]), (&json!(["applicant_1"]), &json!(["sign"]), &json!(false)));
    assert_eq!(code(&company.post(&format!("{}/sign", form_path(&form)), json!({ "place": "center" })).await.expect(422).body), "not_yours");
    let record = issue(&clerk, &ticket, "ticket_record").await;
    company.get(&form_path(&record)).await.expect(404);
    assert_eq!(company.get(&format!("{ticket}/forms")).await.ok()["items"].as_array().map(Vec::len), Some(1));
    let signed = company.post(&format!("{}/sign", form_path(&form)), json!({})).await.ok();
    assert_eq!((&signed["state"], &signed["signatures"][0]["who"]), (&json!("partly_signed"), &json!("联系人甲")));
    // What somebody has signed is not voided; the center signs its own place.
    app.as_user("rd_manager").post(&format!("{}/void", form_path(&form)), json!({ "reason": "重新出具" })).await.expect(409);
    let sealed = clerk.post(&format!("{}/sign", form_path(&form)), json!({})).await.ok();
    assert!(text(&sealed["signatures"][1]["who"]).starts_with("如东县政务服务中心"), "{sealed}");
    // Asked for the result, the link of a form is no answer: only the feedback is.
    clerk.post(&format!("{ticket}/triage"), json!({ "tier": "general" })).await.ok();
    clerk.post(&format!("{ticket}/settle"), json!({ "settlement": "协调窗口当场受理备案" })).await.ok();
    clerk.post(&format!("{ticket}/ask-feedback"), json!({})).await.ok();
    let edited = issue(&clerk, &ticket, "ticket_record").await;
    assert_eq!(clerk.get(&form_path(&record)).await.ok()["state"], "voided", "what was told before is out of date");
    assert!(edited["sheet"].to_string().contains("协调窗口当场受理备案"), "{edited}");
    assert_eq!(state(&app, &ticket).await, "awaiting_feedback");
    // Anybody confirms it by its code, and learns nothing that anybody wrote.
    let seen = app.stranger().get(&format!("/forms/verify/{}?hash={}", text(&form["verification_code"]), text(&form["document_hash"]))).await.ok();
    assert_eq!((&seen["valid"], &seen["hash_matches"], &seen["applicant"]), (&json!(true), &json!(true), &json!("申请人1名")));
    let told = seen.to_string();
    assert!(!told.contains("联系人甲") && !told.contains("无人机") && told.contains(text(&form["number"])), "{told}");
}

async fn a_confidential_caller_stays_hidden_in_print(app: TestApp) {
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let mut body = at_counter("反映人戊", "13900003333");
    body["confidential"] = json!(true);
    let ticket = register(&clerk, body).await;
    let application = issue(&clerk, &ticket, "ticket_application").await;
    let record = issue(&clerk, &ticket, "ticket_record").await;
    clerk
        .post(
            &format!("{}/sign", form_path(&application)),
            json!({ "place": "applicant_1", "signature": { "method": "handwritten", "evidence": "申请单原件" } }),
        )
        .await
        .ok();
    let (own, masked) = said(&app, &clerk, &application).await;
    assert!(own.contains("反映人戊") && !masked, "{own}");
    // The leader of the center reads what was written, and not who it was; who looks from above neither.
    let (words, masked) = said(&app, &manager, &application).await;
    assert!(masked && words.contains("（保密）") && !words.contains("反映人") && words.contains("多个窗口均答复"), "{words}");
    let shown = manager.get(&form_path(&application)).await.ok();
    assert_eq!(shown["signatures"][0]["who"], "（保密）");
    assert_eq!(shown["document_hash"], application["document_hash"], "of the original");
    for login in ["city_inspector", "city_manager"] {
        let who = app.as_user(login);
        let (words, masked) = said(&app, &who, &application).await;
        assert!(masked && !words.contains("反映人") && !words.contains("多个窗口均答复") && words.contains("（不予显示）"), "{login}: {words}");
        let (words, _) = said(&app, &who, &record).await;
        assert!(!words.contains("无人机") && !words.contains("请明确由谁"), "{login}: {words}");
    }
    // The department that has its sheet reads neither words nor name; another county nothing at all.
    let (number, _) = charged(&app, &ticket).await;
    let scjg = app.as_user("rd_scjg");
    let (words, masked) = said(&app, &scjg, &application).await;
    assert!(masked && !words.contains("反映人") && !words.contains("多个窗口均答复"), "{words}");
    let order = issue(&clerk, &format!("/assignment-sheets/{number}"), "assignment_sheet").await;
    let (words, _) = said(&app, &scjg, &order).await;
    assert!(words.contains("核实诉求") && !words.contains("反映人"), "{words}");
    app.as_user("cc_clerk").get(&form_path(&application)).await.expect(404);
    app.as_user("cc_clerk").get(&format!("{ticket}/forms")).await.expect(404);
    app.as_user("ent_chongchuan").get(&form_path(&application)).await.expect(404);
}

/// A sheet of a ticket, issued to the department of 如东 whose handler is `rd_scjg`.
async fn charged(app: &TestApp, ticket: &str) -> (String, String) {
    let (clerk, reform) = (app.as_user("rd_clerk"), app.as_user("city_reform"));
    clerk.post(&format!("{ticket}/triage"), json!({ "tier": "difficult" })).await.ok();
    let all = app.stranger().get("/centers/320623000000/departments").await.ok();
    let department = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).expect("a department").clone();
    let held = app.db.clock().now();
    reform.post(&format!("{ticket}/coordinate"), json!({ "held_at": held, "departments": [department["id"]] })).await.ok();
    reform.post(&format!("{ticket}/record-coordination"), json!({ "outcome": "由市场监管部门牵头" })).await.ok();
    let input = json!({ "lead": { "department_id": department["id"], "matter": "核实诉求，依法办理备案" } });
    let drafted = clerk.post(&format!("{ticket}/sheets"), input).await.created();
    let number = text(&drafted["number"]).to_owned();
    // What no leader has signed is no 交办单.
    clerk.post(&format!("/assignment-sheets/{number}/forms"), json!({ "kind": "assignment_sheet" })).await.expect(409);
    app.as_user("rd_manager").post(&format!("/assignment-sheets/{number}/issue"), json!({})).await.ok();
    (number, text(&department["name"]).to_owned())
}

async fn several_callers_each_sign_their_own(app: TestApp) {
    let (clerk, company) = (app.as_user("rd_clerk"), app.as_user("ent_rudong"));
    let ticket = register(&clerk, at_counter("反映人乙", "13900004444")).await;
    let first = issue(&clerk, &ticket, "ticket_application").await;
    let other = online(&app).await;
    let into = text(&clerk.get(&ticket).await.ok()["number"]).to_owned();
    clerk.post(&format!("{other}/merge"), json!({ "into": into, "reason": "同一问题" })).await.ok();
    assert_eq!(clerk.post(&format!("{other}/forms"), json!({ "kind": "ticket_application" })).await.problem(409), "state_conflict");
    let form = issue(&clerk, &ticket, "ticket_application").await;
    assert_eq!(form["places"], json!(["applicant_1", "applicant_2", "center"]));
    assert_eq!(clerk.get(&form_path(&first)).await.ok()["state"], "voided");
    // Who came later reads themselves and nothing that the other wrote.
    let (words, masked) = said(&app, &company, &form).await;
    assert!(masked && words.contains("联系人甲") && words.contains("（其他申请人）") && !words.contains("反映人乙"), "{words}");
    assert!(!words.contains("多个窗口均答复"), "{words}");
    let at = form_path(&form);
    assert_eq!(company.get(&at).await.ok()["own_places"], json!(["applicant_2"]));
    assert_eq!(code(&company.post(&format!("{at}/sign"), json!({ "place": "applicant_1" })).await.expect(422).body), "not_yours");
    company.post(&format!("{at}/sign"), json!({})).await.ok();
    // The other has no account: a link of their own, once.
    assert_eq!(code(&clerk.post(&format!("{at}/signing-link"), json!({ "place": "center" })).await.expect(422).body), "unknown_place");
    clerk.post(&format!("{at}/signing-link"), json!({ "place": "applicant_2" })).await.expect(409);
    let sent = clerk.post(&format!("{at}/signing-link"), json!({})).await.ok();
    let link = text(&sent["link"]).trim_start_matches("/api/v1").to_owned();
    let shown = app.stranger().get(&link).await.ok();
    let words = shown["sheet"].to_string();
    assert!(words.contains("反映人乙") && !words.contains("联系人甲") && words.contains("多个窗口均答复"), "{words}");
    let body = |code: &Value| json!({ "code": code, "document_hash": form["document_hash"] });
    let wrong = if sent["code"] == "000000" { json!("000001") } else { json!("000000") };
    assert_eq!(code(&app.stranger().post(&link, body(&wrong)).await.expect(422).body), "wrong_code");
    let signed = app.stranger().post(&link, body(&sent["code"])).await.ok();
    assert_eq!(signed["signed"], true);
    app.stranger().post(&link, body(&sent["code"])).await.expect(409);
    let whole = clerk.get(&at).await.ok();
    let who: Vec<&str> = whole["signatures"].as_array().into_iter().flatten().map(|s| text(&s["who"])).collect();
    assert_eq!(who, ["联系人甲", "反映人乙"]);
    assert_eq!(state(&app, &ticket).await, "registered");
}

fn responsible() -> Value {
    json!({ "responsible": { "name": "审批科负责人", "post": "科长", "phone": "0513-59001005" } })
}

async fn a_sheet_is_printed_as_it_is_issued_and_as_it_comes_back(app: TestApp) {
    let (clerk, scjg, company) = (app.as_user("rd_clerk"), app.as_user("rd_scjg"), app.as_user("ent_rudong"));
    let ticket = online(&app).await;
    let (number, department) = charged(&app, &ticket).await;
    let path = format!("/assignment-sheets/{number}");
    scjg.post(&format!("{path}/forms"), json!({ "kind": "assignment_sheet" })).await.expect(403);
    assert_eq!(clerk.post(&format!("{path}/forms"), json!({ "kind": "assignment_reply" })).await.problem(409), "state_conflict");
    let order = issue(&clerk, &path, "assignment_sheet").await;
    // The leader's signature is that of the sheet; nobody signs the form.
    assert_eq!((&order["state"], &order["places"], &order["allowed_actions"]), (&json!("signed"), &json!(["leader"]), &json!([])));
    assert_eq!((&order["signatures"][0]["place"], &order["signatures"][0]["how"]), (&json!("leader"), &json!("签发交办单")));
    let words = order["sheet"].to_string();
    let fields = [
        "交办单编号",
        "交办时间",
        "承办部门",
        "完成时限",
        "责任人",
        "交办事项",
        "主管领导（签字）",
        "完成情况",
        "责任人（签字）",
        "申请人意见反馈",
        "申请人（签字）",
    ];
    let at: Vec<Option<usize>> = fields.iter().map(|field| words.find(field)).collect();
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{words}");
    assert!(words.contains(&department) && words.contains(&number), "{words}");
    assert_eq!(scjg.get(&format!("{path}/forms")).await.ok()["items"].as_array().map(Vec::len), Some(1));
    company.get(&form_path(&order)).await.expect(404);
    scjg.post(&format!("{path}/sign-in"), responsible()).await.ok();
    scjg.post(&format!("{path}/reply"), json!({ "result": "solved", "report": "备案已经办理并送达企业" })).await.ok();
    let back = issue(&clerk, &path, "assignment_reply").await;
    assert_eq!(back["places"], json!(["leader", "responsible", "applicant_1"]));
    let signed: Vec<&str> = back["signatures"].as_array().into_iter().flatten().map(|s| text(&s["place"])).collect();
    assert_eq!(signed, ["leader", "responsible"]);
    let words = back["sheet"].to_string();
    assert!(words.contains("备案已经办理并送达企业") && words.contains("审批科负责人") && words.contains("□不满意"), "{words}");
    // Sent back, the reply's form falls and the order's stands; replied again, it is drawn up again.
    clerk.post(&format!("{path}/send-back"), json!({ "reason": "未附回执" })).await.ok();
    assert_eq!((&clerk.get(&form_path(&back)).await.ok()["state"], &clerk.get(&form_path(&order)).await.ok()["state"]), (&json!("voided"), &json!("signed")));
    scjg.post(&format!("{path}/reply"), json!({ "result": "solved", "report": "备案已经办理，回执附后" })).await.ok();
    let back = issue(&clerk, &path, "assignment_reply").await;
    clerk.post(&format!("{path}/confirm"), json!({})).await.ok();
    // The applicant signs the form, with their account or by its link: the ticket is not cleared by that.
    company.post(&format!("{}/sign", form_path(&back)), json!({})).await.ok();
    assert_eq!(state(&app, &ticket).await, "awaiting_feedback");
    let asked = company.get(&ticket).await.ok();
    assert_eq!(asked["callers"][0].get("answer"), None);
    company.post(&format!("{ticket}/feedback"), json!({ "satisfied": true, "way": "online" })).await.ok();
    assert_eq!(state(&app, &ticket).await, "cleared");
    // What they said stands on the form that is drawn up after it; it takes the former's place.
    let last = issue(&clerk, &path, "assignment_reply").await;
    assert!(last["sheet"].to_string().contains("满意（登录反馈"), "{last}");
    assert_eq!(clerk.get(&form_path(&back)).await.ok()["state"], "voided");
    assert_eq!(clerk.get(&format!("{ticket}/forms")).await.ok()["items"].as_array().map(Vec::len), Some(4), "those of its sheets too");
    pdf(&scjg, &app, &last).await;
}

async fn a_sheet_that_fell_has_no_valid_form(app: TestApp) {
    let (clerk, scjg) = (app.as_user("rd_clerk"), app.as_user("rd_scjg"));
    let ticket = online(&app).await;
    let (number, _) = charged(&app, &ticket).await;
    let path = format!("/assignment-sheets/{number}");
    let order = issue(&clerk, &path, "assignment_sheet").await;
    scjg.post(&format!("{path}/return"), json!({ "reason": "不属于本部门职责" })).await.ok();
    let seen = app.stranger().get(&format!("/forms/verify/{}", text(&order["verification_code"]))).await.ok();
    assert_eq!((&seen["valid"], &seen["entrustment_number"]), (&json!(false), &json!(number)));
    clerk.post(&format!("{path}/forms"), json!({ "kind": "assignment_sheet" })).await.expect(409);
}

async fn a_batch_goes_to_the_government(app: TestApp) {
    let (reform, clerk) = (app.as_user("city_reform"), app.as_user("rd_clerk"));
    let ticket = register(&clerk, at_counter("反映人丙", "13900005555")).await;
    clerk.post(&format!("{ticket}/triage"), json!({ "tier": "exceptional" })).await.ok();
    let batch = reform.post("/ticket-batches", json!({ "month": "2026-03", "summary": "提请研究低空配送起降点备案" })).await.created();
    let at = format!("/ticket-batches/{}", text(&batch["number"]));
    reform.post(&format!("{at}/forms"), json!({ "kind": "batch_list" })).await.expect(409);
    reform.post(&format!("{at}/add"), json!({ "tickets": [{ "id": ticket.trim_start_matches("/fallback-tickets/") }] })).await.ok();
    let list = issue(&reform, &at, "batch_list").await;
    let words = list["sheet"].to_string();
    assert!(words.contains("南通市改革办") && words.contains("南通市人民政府：") && words.contains("2026年3月") && words.contains("多个窗口均答复"), "{words}");
    assert!(!words.contains("反映人丙"), "{words}");
    reform.post(&format!("{}/sign", form_path(&list)), json!({})).await.ok();
    // Its reader from above gets no words; a clerk of the county nothing.
    let (words, masked) = said(&app, &app.as_user("city_inspector"), &list).await;
    assert!(masked && !words.contains("多个窗口均答复") && !words.contains("低空配送"), "{words}");
    clerk.get(&form_path(&list)).await.expect(404);
    app.as_user("city_manager").post(&format!("{at}/forms"), json!({ "kind": "batch_list" })).await.expect(403);
    reform.post(&format!("{at}/submit"), json!({ "document_no": "提请 1 号" })).await.ok();
    let decided = json!({ "document_no": "纪要 1 号", "decisions": [{ "ticket": ticket.trim_start_matches("/fallback-tickets/"), "decision": "由交通运输部门牵头备案" }] });
    reform.post(&format!("{at}/decide"), decided).await.ok();
    let last = issue(&reform, &at, "batch_list").await;
    let words = last["sheet"].to_string();
    assert!(words.contains("由交通运输部门牵头备案") && words.contains("纪要 1 号") && words.contains("研究决定"), "{words}");
    // What was sent stays what it was: a list of its own tells the decisions.
    assert_eq!(reform.get(&form_path(&list)).await.ok()["state"], "signed");
}

async fn the_register_on_paper(app: TestApp) {
    let (clerk, manager, reform) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), app.as_user("city_reform"));
    let mut body = at_counter("反映人丁", "13900006666");
    body["confidential"] = json!(true);
    register(&clerk, body).await;
    register(&clerk, at_counter("反映人己", "13900007777")).await;
    let at = "/centers/320623000000/register-forms";
    assert_eq!(clerk.get(at).await.ok()["available"], json!(["register_record", "triage_list", "monthly_report"]));
    let triage = clerk.post(at, json!({ "kind": "triage_list" })).await.created();
    let words = triage["sheet"].to_string();
    assert!(words.contains("共2件") && words.contains("□特别疑难") && words.contains("无人机配送站"), "{words}");
    // Nothing has changed: one list is enough.
    clerk.post(at, json!({ "kind": "triage_list" })).await.expect(409);
    let record = clerk.post(at, json!({ "kind": "register_record", "from": "2026-03-01", "to": "2026-03-31" })).await.created();
    let report = manager.post(at, json!({ "kind": "monthly_report", "month": "2026-03" })).await.created();
    clerk.post(&format!("{}/sign", form_path(&record)), json!({ "place": "recorder" })).await.ok();
    assert_eq!(code(&clerk.post(&format!("{}/sign", form_path(&record)), json!({ "place": "manager" })).await.expect(422).body), "not_yours");
    manager.post(&format!("{}/sign", form_path(&record)), json!({ "place": "manager" })).await.ok();
    // Who looks from above reads the figures and none of the words.
    for form in [&triage, &record] {
        let (words, masked) = said(&app, &app.as_user("city_inspector"), form).await;
        assert!(masked && !words.contains("无人机配送站") && words.contains("DD-320623"), "{words}");
    }
    let (words, masked) = said(&app, &reform, &record).await;
    assert!(!masked && words.contains("无人机配送站") && !words.contains("反映人"), "{words}");
    let (words, _) = said(&app, &app.as_user("city_inspector"), &report).await;
    assert!(words.contains("2026年3月") && words.contains("累计登记"), "{words}");
    // A part of the register is not for who reads less of it, nor for departments and applicants.
    let below = reform.post("/centers/320600000000/register-forms", json!({ "kind": "monthly_report", "month": "2026-03" })).await.created();
    clerk.get(&form_path(&below)).await.expect(404);
    for login in ["rd_scjg", "ent_rudong", "cc_clerk", "rd_agent"] {
        app.as_user(login).get(at).await.expect(404);
        app.as_user(login).get(&form_path(&record)).await.expect(404);
    }
    for wrong in [
        json!({ "kind": "ticket_record" }),
        json!({ "kind": "monthly_report", "month": "2026-04" }),
        json!({ "kind": "triage_list", "month": "2026-03" }),
        json!({ "kind": "register_record", "from": "2026-03-09", "to": "2026-03-01" }),
    ] {
        clerk.post(at, wrong).await.expect(422);
    }
}

/// Counts by key of a list that has something in it.
fn counts(list: &Value) -> Vec<(String, i64)> {
    let mut all: Vec<(String, i64)> =
        list.as_array().into_iter().flatten().map(|c| (text(&c["key"]).to_owned(), c["count"].as_i64().unwrap_or_default())).collect();
    all.retain(|(_, n)| *n > 0);
    all.sort();
    all
}

async fn the_monthly_report_and_the_register_agree(app: TestApp) {
    let (clerk, inspector, reform) = (app.as_user("rd_clerk"), app.as_user("city_inspector"), app.as_user("city_reform"));
    // Three in March, of which one is cleared, one upheld and one reopened; a sheet goes late.
    let mut done = at_counter("反映人乙", "13900001111");
    done["settlement"] = json!({ "settlement": "当场协调受理" });
    done["feedback"] = json!({ "satisfied": true, "way": "counter", "signature": { "method": "handwritten", "evidence": "反馈单 1" } });
    register(&clerk, done).await;
    let late = online(&app).await;
    let (sheet, department) = charged(&app, &late).await;
    let unhappy = register(&clerk, at_counter("反映人丙", "13900002222")).await;
    clerk.post(&format!("{unhappy}/triage"), json!({ "tier": "general" })).await.ok();
    clerk.post(&format!("{unhappy}/settle"), json!({ "settlement": "协调受理" })).await.ok();
    clerk.post(&format!("{unhappy}/ask-feedback"), json!({})).await.ok();
    clerk.post(&format!("{unhappy}/feedback"), json!({ "satisfied": false, "way": "phone", "words": "没有解决", "evidence": "录音 1" })).await.ok();
    app.set_clock("2026-03-30T10:00:00+08:00");
    for _ in 0..10 {
        app.tick().await;
    }
    let march = clerk.get("/ticket-reports/2026-03").await.ok();
    assert_eq!(march["opened"]["total"], json!(3));
    let register_of = clerk.get(&format!("{AT}/register?from=2026-03-01&to=2026-04-01")).await.ok();
    assert_eq!((&march["opened"]["total"], &march["opened"]["before"]), (&register_of["registered"], &json!(0)));
    for by in ["by_category", "by_tier", "by_center"] {
        assert_eq!(counts(&march["opened"][by]), counts(&register_of[by]), "{by}");
    }
    // All of them were registered in March: what stands is the register itself, and what happened is what it counts.
    let whole = clerk.get(&format!("{AT}/register")).await.ok();
    assert_eq!(march["register"], whole);
    assert_eq!((&march["cleared"]["total"], &march["upheld"]["total"]), (&whole["cleared"], &whole["upheld"]));
    assert_eq!((&march["cleared"]["total"], &march["reopened"]["total"]), (&json!(1), &json!(1)));
    assert_eq!(march["overdue"]["total"], whole["overdue"], "{march}");
    assert_eq!(counts(&march["opened"]["by_department"]).len(), 1, "{march}");
    let said = &march["satisfaction"];
    assert_eq!((&said["satisfied"], &said["dissatisfied"], &said["rate"]), (&json!(1), &json!(1), &json!(50.0)));
    assert_eq!((&march["overdue_sheets"][0]["number"], &march["overdue_sheets"][0]["department"]), (&json!(sheet), &json!(department)));
    assert!(march["rungs"].as_array().is_some_and(|r| !r.is_empty()), "{march}");
    // Who sees the same reads the same; who sees another center's, nothing of it.
    assert_eq!(inspector.get("/ticket-reports/2026-03").await.ok()["opened"]["total"], march["opened"]["total"]);
    assert_eq!(app.as_user("cc_clerk").get("/ticket-reports/2026-03").await.ok()["opened"]["total"], json!(0));
    let center = text(&march["opened"]["by_center"][0]["key"]).to_owned();
    assert_eq!(reform.get(&format!("/ticket-reports/2026-03?center_id={center}")).await.ok()["overdue"], march["overdue"]);
    // In April, March is the month before.
    app.set_clock("2026-04-08T10:00:00+08:00");
    let april = clerk.get("/ticket-reports/2026-04").await.ok();
    assert_eq!((&april["opened"]["total"], &april["opened"]["before"], &april["cleared"]["before"]), (&json!(0), &march["opened"]["total"], &json!(1)));
    for (who, path, status) in [
        ("rd_clerk", "/ticket-reports/2026-05", 400),
        ("rd_clerk", "/ticket-reports/2026-13", 400),
        ("rd_clerk", "/ticket-reports/last", 400),
        ("rd_clerk", "/ticket-reports/2026-03?center_id=x", 400),
        ("rd_scjg", "/ticket-reports/2026-03", 403),
        ("ent_rudong", "/ticket-reports/2026-03", 403),
    ] {
        app.as_user(who).get(path).await.expect(status);
    }
}

async fn what_is_wrong_with_a_form_of_a_ticket(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let ticket = register(&clerk, at_counter("反映人庚", "13900008888")).await;
    let at = format!("{ticket}/forms");
    assert_eq!(code(&clerk.post(&at, json!({ "kind": "plan" })).await.expect(422).body), "other_record");
    assert_eq!(code(&clerk.post(&at, json!({ "kind": "triage_list" })).await.expect(422).body), "other_record");
    clerk.post(&at, json!({ "kind": "nothing" })).await.expect(400);
    clerk.post_with(&at, &[("if-match", "\"9\"")], json!({ "kind": "ticket_record" })).await.expect(412);
    clerk.post(&format!("{at}?dry_run=true"), json!({ "kind": "ticket_record" })).await;
    assert_eq!(clerk.get(&at).await.ok()["items"], json!([]));
    // Who only looks, or is charged, issues nothing.
    for login in ["city_inspector", "city_manager"] {
        app.as_user(login).post(&at, json!({ "kind": "ticket_record" })).await.expect(403);
    }
    app.as_user("cc_clerk").post(&at, json!({ "kind": "ticket_record" })).await.expect(404);
    let form = issue(&clerk, &ticket, "ticket_record").await;
    let at = form_path(&form);
    clerk.post(&format!("{at}/void"), json!({ "reason": "重新出具" })).await.expect(403);
    clerk.post_with(&format!("{at}/sign"), &[("if-match", "\"7\"")], json!({})).await.expect(412);
    assert_eq!(code(&clerk.post(&format!("{at}/sign"), json!({ "place": "nowhere" })).await.expect(422).body), "unknown_place");
    assert_eq!(code(&clerk.post(&format!("{at}/sign"), json!({ "document_hash": "0".repeat(64) })).await.expect(422).body), "text_changed");
    app.as_user("rd_manager").post(&format!("{at}/void"), json!({ "reason": "重新出具" })).await.ok();
    assert_eq!(clerk.post(&format!("{at}/sign"), json!({})).await.problem(409), "state_conflict");
    // A matter has no such form, and a ticket's is found by its own door alone.
    clerk.post("/entrustments/DB-none/forms", json!({ "kind": "ticket_record" })).await.expect(404);
}

/// A department of 如东 with an account.
async fn staffed(app: &TestApp, name: &str) -> String {
    let made = app.as_user("rd_manager").post("/centers/320623000000/departments", json!({ "name": name })).await.created();
    let grant = json!({ "user_id": user_id("rd_agent2"), "role": "department_handler", "node_id": made["id"], "reason": "到岗" });
    let grant = app.as_user("sys_admin").post("/grants", grant).await.created();
    app.as_user("sec_admin").post(&format!("/grants/{}/approve", text(&grant["id"])), json!({})).await.ok();
    text(&made["id"]).to_owned()
}

async fn long_texts_fit_their_pages(app: TestApp) {
    let (clerk, reform, scjg) = (app.as_user("rd_clerk"), app.as_user("city_reform"), app.as_user("rd_scjg"));
    let long = |words: &str, most: usize| words.chars().cycle().take(most).collect::<String>();
    let mut body = at_counter(&long("反映人辛的企业名称很长有限责任公司", 40), "13900009999");
    body["content"]["title"] = json!(long("老厂房加装货梯、扩建雨棚和变更消防用水的历史遗留问题，", 60));
    body["content"]["situation"] = json!(long("厂房建成早于现行系统，系统中没有对应的事项可以申报；多部门均答复不属于本部门受理。", 1900));
    body["content"]["request"] = json!(long("请明确由谁受理、需要什么材料、何时办结。", 900));
    let ticket = register(&clerk, body).await;
    pdf(&clerk, &app, &issue(&clerk, &ticket, "ticket_application").await).await;
    let mut assisting = Vec::new();
    for n in 1..=4 {
        let name = format!("如东县第{n}{}", long("自然资源和规划以及住房城乡建设联合管理办公室", 60));
        assisting.push(json!({ "department_id": staffed(&app, &name).await, "matter": "配合核实" }));
    }
    clerk.post(&format!("{ticket}/triage"), json!({ "tier": "difficult" })).await.ok();
    let all = app.stranger().get("/centers/320623000000/departments").await.ok();
    let lead = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true && d["name"] == "如东县市场监督管理局").expect("lead")["id"].clone();
    let concerned: Vec<Value> = assisting.iter().map(|a| a["department_id"].clone()).chain([lead.clone()]).collect();
    reform.post(&format!("{ticket}/coordinate"), json!({ "held_at": app.db.clock().now(), "departments": concerned })).await.ok();
    reform.post(&format!("{ticket}/record-coordination"), json!({ "outcome": long("由市场监管部门牵头登记，其他部门配合核验场地。", 900) })).await.ok();
    let matter = long("核实企业反映的供水接入、消防验收和加装货梯问题，提出解决方案并落实到位，书面答复企业。", 2000);
    let input = json!({ "lead": { "department_id": lead, "matter": matter }, "assisting": assisting });
    let drafted = clerk.post(&format!("{ticket}/sheets"), input).await.created();
    let path = format!("/assignment-sheets/{}", text(&drafted["number"]));
    app.as_user("rd_manager").post(&format!("{path}/issue"), json!({})).await.ok();
    let order = issue(&clerk, &path, "assignment_sheet").await;
    assert!(order["sheet"].to_string().matches("联合管理办公室").count() >= 4, "{order}");
    pdf(&clerk, &app, &order).await;
    for sheet in drafted["assisting"].as_array().into_iter().flatten() {
        let own = format!("/assignment-sheets/{}", text(&sheet["id"]));
        pdf(&clerk, &app, &issue(&clerk, &own, "assignment_sheet").await).await;
        let other = app.as_user("rd_agent2");
        other.post(&format!("{own}/sign-in"), responsible()).await.ok();
        other.post(&format!("{own}/reply"), json!({ "result": "solved", "report": "已配合核实" })).await.ok();
        clerk.post(&format!("{own}/confirm"), json!({})).await.ok();
    }
    scjg.post(&format!("{path}/sign-in"), responsible()).await.ok();
    scjg.post(&format!("{path}/reply"), json!({ "result": "partly_solved", "report": matter })).await.ok();
    pdf(&clerk, &app, &issue(&clerk, &path, "assignment_reply").await).await;
    pdf(&clerk, &app, &issue(&clerk, &ticket, "ticket_record").await).await;
    let at = "/centers/320623000000/register-forms";
    for input in [json!({ "kind": "register_record" }), json!({ "kind": "monthly_report", "month": "2026-03" })] {
        pdf(&clerk, &app, &clerk.post(at, input).await.created()).await;
    }
}
