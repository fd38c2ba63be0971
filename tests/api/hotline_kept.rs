//! 12345 hotline orders: what is kept from whom in words, what a correction does, and what staff are told.

use actix_web::test;
use serde_json::{Value, json};

use crate::{
    hotline::{hotline, order},
    support::{Caller, TestApp, on_both_engines, text, user_id},
};

on_both_engines!(
    withheld_in_words,
    a_masked_reader_reads_no_name,
    a_corrected_unit_is_followed_or_refused,
    secret_at_any_time,
    raised_later_it_reaches_every_word,
    parts_of_an_address_and_names_of_files,
    staff_are_told,
    visits_rules_and_merged_orders,
);

const AT: &str = "/hotline/orders";
const RUDONG: &str = "320623000000";
const CHONGCHUAN: &str = "320613000000";
const SECRETS: [&str; 6] = ["司徒密探", "司徒先生", "13877776666", "138 7777 6666", "11010519491231002X", "秘密路9号"];

async fn act(who: &Caller<'_>, path: &str, action: &str, body: Value) -> Value {
    who.post(&format!("{path}/{action}"), body).await.ok()
}

fn secret(external: &str, more: &Value) -> Value {
    let mut order = order(external);
    order["title"] = json!("司徒密探反映办不成");
    order["content"] =
        json!("来电人司徒密探（13877776666，11010519491231002X，住如东县掘港街道秘密路9号8幢）反映变更登记无此事项；司徒先生另一写法 138 7777 6666。");
    order["address"] = json!("如东县掘港街道秘密路9号8幢");
    order["caller"] = json!({ "name": SECRETS[0], "phone": SECRETS[2], "id_number": SECRETS[4] });
    for (name, value) in more.as_object().into_iter().flatten() {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(field, value)| order[name][field] = value.clone()),
            value => order[name] = value.clone(),
        }
    }
    order
}

async fn department(app: &TestApp) -> String {
    let all = app.stranger().get(&format!("/centers/{RUDONG}/departments")).await.ok();
    let staffed = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).cloned().expect("a department with an account");
    text(&staffed["id"]).to_owned()
}

/// Nobody of these reads who called.
async fn silent(app: &TestApp, path: &str, logins: &[&str]) {
    for login in logins {
        let seen = app.as_user(login).get(path).await.expect(200);
        for said in SECRETS {
            assert!(!seen.text.contains(said), "{login} {path} {said}: {}", seen.text);
        }
    }
}

/// Name, numbers and address stand nowhere in words: not on the order, not in what it opened, not in what was said since.
async fn withheld_in_words(app: TestApp) {
    let (hotline, clerk, scjg) = (hotline(&app, "h-kept").await, app.as_user("rd_clerk"), app.as_user("rd_scjg"));
    let department = department(&app).await;
    let cases = [
        ("K-1", json!({ "caller": { "anonymous": true } })),
        ("K-2", json!({ "secrecy": "confidential" })),
        ("K-3", json!({ "secrecy": "strict" })),
        ("K-4", json!({ "secrecy": "strict", "caller": { "anonymous": true } })),
    ];
    for (number, more) in cases {
        let made = hotline.post(AT, secret(number, &more)).await.created();
        let path = format!("{AT}/{}", text(&made["id"]));
        act(&clerk, &path, "sign", json!({})).await;
        let link = act(&clerk, &path, "open", json!({ "kind": "fallback_ticket" })).await["opened"][0].clone();
        let asked = act(&clerk, &path, "open", json!({ "kind": "consultation" })).await["opened"][1].clone();
        act(&hotline, &path, "append", json!({ "reason": "司徒密探补充：电话 13877776666" })).await;
        act(&hotline, &path, "urge", json!({ "reason": "司徒密探来电催办" })).await;
        let sub = json!({ "department_id": department, "matter": "核实登记情况（司徒密探）", "limit": { "value": 2, "unit": "working_day" } });
        let given = act(&clerk, &path, "sub-orders", sub).await;
        let own = scjg.get(&path).await.ok();
        assert_eq!(own["sub_orders"][0]["matter"], "核实登记情况（（保密））", "{number}");
        assert_eq!(own.get("title").is_some(), made["secrecy"] != "strict", "{number}");
        let report = json!({ "sub_order_id": given["sub_orders"][0]["id"], "report": "已与司徒密探核实" });
        assert_eq!(act(&scjg, &path, "answer-sub-order", report).await["sub_orders"][0]["report"]["words"], "已与（保密）核实");
        let seen = clerk.get(&path).await.ok();
        assert!(text(&seen["content"]).contains("变更登记无此事项"), "what is to be done is read: {seen:#}");
        assert!(hotline.get(&path).await.ok()["content"].as_str().is_some_and(|c| SECRETS.iter().all(|s| c.contains(s))), "its own hotline reads all");
        // The hotline calls back while the ticket asks.
        let ticket = format!("/fallback-tickets/{}", text(&link["id"]));
        act(&clerk, &ticket, "triage", json!({ "tier": "general" })).await;
        act(&clerk, &ticket, "settle", json!({ "settlement": "协调窗口当场受理" })).await;
        act(&clerk, &ticket, "ask-feedback", json!({})).await;
        let visit = json!({ "contacted": true, "responded": true, "resolved": true, "department_satisfaction": "5", "recording_number": "LY-1",
            "opinion": "司徒密探说已办好，电话13877776666" });
        act(&hotline, &path, "return-visit", visit).await;
        assert_eq!(clerk.get(&ticket).await.ok()["state"], "cleared");
        silent(&app, &ticket, &["rd_clerk", "rd_manager", "city_reform"]).await;
        silent(&app, &format!("{ticket}/timeline"), &["rd_clerk", "city_reform"]).await;
        silent(&app, &format!("/consultations/{}", text(&asked["id"])), &["rd_clerk", "rd_manager"]).await;
        silent(&app, &path, &["rd_clerk", "rd_manager", "rd_scjg", "city_inspector"]).await;
        silent(&app, &format!("{path}/timeline"), &["rd_clerk", "rd_scjg"]).await;
        silent(&app, AT, &["rd_clerk", "rd_scjg"]).await;
        let shown = app.as_user("rd_manager").post(&format!("{path}/reveal"), json!({ "reason": "须电话核实情况" })).await.ok();
        assert!(text(&shown["content"]).contains(SECRETS[0]) && text(&shown["content"]).contains(SECRETS[2]), "{shown:#}");
    }
}

/// Whoever does not read a caller in clear does not read them in words.
async fn a_masked_reader_reads_no_name(app: TestApp) {
    let (hotline, clerk, scjg) = (hotline(&app, "h-mask").await, app.as_user("rd_clerk"), app.as_user("rd_scjg"));
    let path = format!("{AT}/{}", text(&hotline.post(AT, secret("M-1", &json!({}))).await.created()["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    let department = department(&app).await;
    act(&clerk, &path, "sub-orders", json!({ "department_id": department, "matter": "核实登记情况", "limit": { "value": 2, "unit": "working_day" } })).await;
    assert!(text(&clerk.get(&path).await.ok()["content"]).contains(SECRETS[0]), "who handles it reads it");
    let seen = scjg.get(&path).await.ok();
    assert_eq!(seen["masked"], true);
    assert!(text(&seen["content"]).contains("无此事项"));
    silent(&app, &path, &["rd_scjg"]).await;
}

async fn a_corrected_unit_is_followed_or_refused(app: TestApp) {
    let (hotline, city) = (hotline(&app, "h-unit").await, app.as_user("city_clerk"));
    let sent = |external: &str, unit: &str, at: &str| {
        let mut order = order(external);
        order["handling_unit"] = json!(unit);
        if !at.is_empty() {
            order["content_at"] = json!(at);
        }
        order
    };
    let lost = hotline.post(AT, sent("U-1", "BADUNIT", "")).await.created();
    let path = format!("{AT}/{}", text(&lost["id"]));
    assert_eq!((&lost["state"], &lost["unmapped_fields"]), (&json!("received"), &json!(["handling_unit"])));
    let early = city.post(&format!("{path}/sign"), json!({})).await.expect(409).body;
    assert!(text(&early["detail"]).contains("分派"), "{early:#}");
    app.set_clock("2026-03-02T10:00:00+08:00");
    let found = hotline.post(AT, sent("U-1", RUDONG, "2026-03-02T09:50:00+08:00")).await.expect(200).body;
    assert_eq!((&found["state"], &found["center"]["division_code"], &found["unmapped"]), (&json!("dispatched"), &json!(RUDONG), &json!(false)));
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM clocks WHERE kind = 'hotline_sign' AND state = 'running'").await, 1);
    app.as_user("rd_clerk").get(&path).await.ok();
    // Once it is dispatched, it does not move by a correction, and nobody is told that it did.
    app.set_clock("2026-03-02T10:30:00+08:00");
    let moved = hotline.post(AT, sent("U-1", CHONGCHUAN, "2026-03-02T10:20:00+08:00")).await.expect(422).body;
    assert_eq!(moved["errors"][0]["pointer"], "/handling_unit", "{moved:#}");
    assert_eq!(hotline.get(&path).await.ok()["raw"]["handling_unit"], RUDONG);
    let mut other = sent("U-1", RUDONG, "2026-03-02T10:25:00+08:00");
    other["title"] = json!("变更登记仍办不成");
    assert_eq!(hotline.post(AT, other).await.expect(200).body["title"], "变更登记仍办不成");
    // In use, but not the hotline's.
    let mut outside = order("U-2");
    outside["center"] = json!("511600000000");
    let refused = hotline.post(AT, outside).await.expect(422).body;
    assert!(refused["errors"][0]["pointer"] == "/center" && refused.to_string().contains("下级"), "{refused:#}");
}

/// Whoever called may want to be kept secret when all is done: nothing else is changed then.
async fn secret_at_any_time(app: TestApp) {
    let (hotline, clerk) = (hotline(&app, "h-late").await, app.as_user("rd_clerk"));
    let cases = [(2, "L-1", json!({ "secrecy": "confidential" }), "secrecy"), (3, "L-2", json!({ "caller": { "anonymous": true } }), "anonymous")];
    for (day, number, more, raised) in cases {
        let at = |time: &str| format!("2026-03-0{day}T{time}:00+08:00");
        app.set_clock(&at("09:40"));
        let path = format!("{AT}/{}", text(&hotline.post(AT, secret(number, &json!({}))).await.created()["id"]));
        act(&clerk, &path, "sign", json!({})).await;
        let asked = act(&clerk, &path, "open", json!({ "kind": "consultation" })).await["opened"][0].clone();
        let asked = format!("/consultations/{}", text(&asked["id"]));
        act(&clerk, &asked, "answer", json!({ "answer": "带营业执照。" })).await;
        act(&clerk, &path, "reply", json!({ "kind": "final", "reply": "已答复。" })).await;
        act(&hotline, &path, "pass", json!({})).await;
        app.set_clock(&at("11:00"));
        let mut later = secret(number, &more);
        later["content_at"] = json!(at("10:50"));
        let mut more_than_that = later.clone();
        more_than_that["content"] = json!("换一种说法，并且保密。");
        let refused = hotline.post(AT, more_than_that).await.expect(409).body;
        assert!(text(&refused["detail"]).contains("保密"), "{refused:#}");
        let kept = hotline.post(AT, later).await.expect(200).body;
        assert_eq!(
            (&kept["state"], kept["secrecy"] == "confidential", &kept["caller"]["anonymous"]),
            (&json!("return_visit"), raised == "secrecy", &json!(raised == "anonymous"))
        );
        silent(&app, &path, &["rd_clerk"]).await;
        silent(&app, &asked, &["rd_clerk", "rd_manager"]).await;
        // Never the other way round.
        app.set_clock(&at("12:00"));
        let mut open = secret(number, &json!({}));
        open["content_at"] = json!(at("11:50"));
        assert_eq!(hotline.post(AT, open).await.problem(409), "state_conflict");
    }
    // Nor is it asked in which round it is by now, which the hotline may not know.
    app.set_clock("2026-03-04T09:40:00+08:00");
    let path = format!("{AT}/{}", text(&hotline.post(AT, secret("L-3", &json!({}))).await.created()["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    act(&clerk, &path, "reply", json!({ "kind": "final", "reply": "已答复。" })).await;
    act(&hotline, &path, "pass", json!({})).await;
    app.set_clock("2026-03-04T11:00:00+08:00");
    act(&hotline, &path, "rehandle", json!({ "reason": "诉求人补充情况" })).await;
    let mut later = secret("L-3", &json!({ "secrecy": "confidential" }));
    later["content_at"] = json!("2026-03-04T10:50:00+08:00");
    let mut more_than_that = later.clone();
    more_than_that["content"] = json!("换一种说法，并且保密。");
    let refused = hotline.post(AT, more_than_that).await.expect(409).body;
    assert!(text(&refused["detail"]).contains("第2轮"), "{refused:#}");
    let kept = hotline.post(AT, later).await.expect(200).body;
    assert_eq!((&kept["secrecy"], &kept["round"]), (&json!("confidential"), &json!(2)));
    silent(&app, &path, &["rd_clerk"]).await;
}

/// Whatever was written of what the order opened, before and after its caller wanted to be kept secret.
async fn raised_later_it_reaches_every_word(app: TestApp) {
    let (hotline, clerk) = (hotline(&app, "h-words").await, app.as_user("rd_clerk"));
    let path = format!("{AT}/{}", text(&hotline.post(AT, secret("W-1", &json!({}))).await.created()["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    let ticket = act(&clerk, &path, "open", json!({ "kind": "fallback_ticket" })).await["opened"][0].clone();
    let asked = act(&clerk, &path, "open", json!({ "kind": "consultation" })).await["opened"][1].clone();
    let (ticket, asked) = (format!("/fallback-tickets/{}", text(&ticket["id"])), format!("/consultations/{}", text(&asked["id"])));
    let said = "与司徒密探（138 7777 6666）联系，住秘密路9号";
    act(&clerk, &ticket, "triage", json!({ "tier": "general", "note": said })).await;
    act(&clerk, &ticket, "settle", json!({ "settlement": said })).await;
    act(&clerk, &asked, "notes", json!({ "note": said })).await;
    act(&clerk, &asked, "answer", json!({ "answer": said })).await;
    assert!(clerk.get(&format!("{ticket}/timeline")).await.ok().to_string().contains("司徒密探"), "it is told until it is to be kept");
    app.set_clock("2026-03-02T11:00:00+08:00");
    let mut later = secret("W-1", &json!({ "secrecy": "confidential" }));
    later["content_at"] = json!("2026-03-02T10:50:00+08:00");
    assert_eq!(hotline.post(AT, later).await.expect(200).body["secrecy"], "confidential");
    // And what is written from now on.
    act(&clerk, &asked, "reopen", json!({ "question": said })).await;
    act(&clerk, &asked, "notes", json!({ "note": said })).await;
    act(&clerk, &asked, "withdraw", json!({ "reason": said, "evidence": said })).await;
    act(&clerk, &ticket, "ask-feedback", json!({})).await;
    for login in ["rd_clerk", "rd_manager", "city_reform", "city_inspector"] {
        for at in [ticket.clone(), format!("{ticket}/timeline"), asked.clone(), format!("{asked}/timeline"), "/fallback-tickets".into()] {
            let seen = app.as_user(login).get(&at).await;
            assert!(SECRETS.iter().all(|s| !seen.text.contains(s)), "{login} {at}: {}", seen.text);
        }
    }
    let kept = clerk.get(&ticket).await.ok();
    assert!(text(&kept["triage_note"]).contains("（保密）") && text(&kept["triage_note"]).contains("联系"), "{kept:#}");
}

/// However an address is cut and spelled; and a file tells it as little by its name.
async fn parts_of_an_address_and_names_of_files(app: TestApp) {
    let (hotline, clerk) = (hotline(&app, "h-parts").await, app.as_user("rd_clerk"));
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    let file = hotline.upload("/attachments", &[], "司徒密探 138 7777 6666.png", png, None).await.created();
    let said = "住掘港街道秘密路9号，即秘密路9号8幢、秘密路 9 号 8 幢、秘密路九号八幢；电话138・7777・6666，第3号窗口";
    let more = json!({ "secrecy": "confidential", "content": said, "attachments": [file["id"]],
        "files": [{ "name": "司徒密探.jpg", "url": "https://12345.example.cn/f/%E5%8F%B8%E5%BE%92%E5%AF%86%E6%8E%A2.jpg" }] });
    let path = format!("{AT}/{}", text(&hotline.post(AT, secret("A-1", &more)).await.created()["id"]));
    let seen = act(&clerk, &path, "sign", json!({})).await;
    let content = text(&seen["content"]);
    assert!(!content.contains("秘密路") && !content.contains("7777") && content.contains("第3号窗口"), "{content}");
    assert_eq!(seen["files"][0]["url"], "https://12345.example.cn/");
    let one = clerk.get(&format!("/attachments/{}", text(&file["id"]))).await.ok();
    for name in [&seen["attachments"][0]["name"], &one["name"]] {
        assert!(!text(name).contains("司徒") && !text(name).contains("7777"), "{name}");
    }
    let got = app.send(test::TestRequest::get().uri(text(&one["download"]))).await.expect(200);
    let told = percent_encoding::percent_decode_str(got.header("content-disposition")).decode_utf8_lossy().into_owned();
    assert!(told.contains("附件.png") && !told.contains("司徒"), "{told}");
    assert_eq!(hotline.get(&format!("/attachments/{}", text(&file["id"]))).await.ok()["name"], "司徒密探 138 7777 6666.png", "its own hotline reads it");
}

async fn messages(app: &TestApp, login: &str) -> Vec<(String, String)> {
    // The events get their places first, and are followed then.
    for _ in 0..3 {
        app.tick().await;
    }
    let page = app.as_user(login).get("/me/messages?limit=100").await.ok();
    let all = page["items"].as_array().cloned().unwrap_or_default();
    all.iter().rev().filter(|m| text(&m["kind"]).starts_with("hotline")).map(|m| (text(&m["kind"]).to_owned(), text(&m["text"]).to_owned())).collect()
}

async fn staff_are_told(app: TestApp) {
    let (hotline, clerk) = (hotline(&app, "h-tell").await, app.as_user("rd_clerk"));
    let made = hotline.post(AT, secret("N-1", &json!({}))).await.created();
    let path = format!("{AT}/{}", text(&made["id"]));
    let first = messages(&app, "rd_clerk").await;
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].0 == "hotline_order_received" && first[0].1.contains(text(&made["number"])), "{first:?}");
    act(&hotline, &path, "urge", json!({ "reason": "请尽快联系司徒密探" })).await;
    let pressed = messages(&app, "rd_clerk").await;
    assert!(pressed.len() == 2 && pressed[1].1.contains("催办") && !pressed[1].1.contains("司徒"), "{pressed:?}");
    act(&clerk, &path, "sign", json!({})).await;
    act(&clerk, &path, "assign", json!({ "assignee_id": user_id("rd_agent") })).await;
    act(&hotline, &path, "supervise", json!({ "reason": "领导批示" })).await;
    act(&hotline, &path, "append", json!({ "reason": "又去了一次" })).await;
    let own: Vec<String> = messages(&app, "rd_agent").await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(own, ["hotline_order_assigned", "hotline_order_news", "hotline_order_news"]);
    assert_eq!(messages(&app, "rd_clerk").await.len(), 2, "somebody else has it now");
    assert!(messages(&app, "cc_clerk").await.is_empty());
}

async fn visits_rules_and_merged_orders(app: TestApp) {
    let (hotline, clerk) = (hotline(&app, "h-small").await, app.as_user("rd_clerk"));
    let path = format!("{AT}/{}", text(&hotline.post(AT, order("V-1")).await.created()["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    act(&clerk, &path, "reply", json!({ "kind": "final", "reply": "已答复。" })).await;
    act(&hotline, &path, "pass", json!({})).await;
    let visit = json!({ "contacted": true, "resolved": true, "department_satisfaction": "5", "recording_number": "LY-1" });
    assert_eq!(hotline.post(&format!("{path}/return-visit"), visit).await.expect(422).body["errors"][0]["pointer"], "/responded");
    let all = json!({ "client": "h-small", "content": { "rules": [{ "name": "全部", "open": "consultation" }] } });
    let refused = app.as_user("city_manager").post("/hotline/mappings", all).await.expect(422).body;
    assert_eq!(refused["errors"][0]["pointer"], "/content/rules/0", "{refused:#}");
    let (a, b) = (hotline.post(AT, order("V-2")).await.created(), hotline.post(AT, order("V-3")).await.created());
    act(&hotline, &format!("{AT}/V-2"), "merge", json!({ "into": "V-3" })).await;
    let stays = hotline.get(&format!("{AT}/{}", text(&b["id"]))).await.ok();
    assert_eq!(stays["merged_orders"][0]["number"], a["number"]);
}
