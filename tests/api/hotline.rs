//! 12345 hotline orders: handed in once, read in the hotline's codes, handled, replied to, visited; and who sees what of them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Caller, MONDAY, TestApp, on_both_engines, text};

on_both_engines!(
    from_the_order_to_the_archive,
    ten_at_once_make_one,
    the_same_replays_and_newer_amends,
    codes_are_mapped_and_nothing_is_refused,
    returned_and_extended,
    handled_again,
    second_level_units,
    one_of_many_signs,
    who_sees_what,
    the_three_rates,
    taken_in_by_hand,
    a_batch_of_many,
    a_consultation_of_the_hotline,
    an_accepted_order_is_rated,
    a_withheld_caller_stays_withheld,
    an_amendment_reaches_what_was_opened,
    rounds_and_nonsense,
);

const AT: &str = "/hotline/orders";
const RUDONG: &str = "320623000000";

/// A hotline with its own token; its home is the city's center.
pub async fn hotline<'a>(app: &'a TestApp, name: &'static str) -> Caller<'a> {
    app.new_client(name, "hotline", Some("320600000000")).await.1
}

pub fn order(external: &str) -> Value {
    json!({ "external_number": external, "order_type": "help", "category_code": "zwfw", "category_name": "政务服务", "handling_unit": RUDONG,
        "title": "变更登记办不成", "content": "系统提示无此事项，多次往返未办成。", "address": "如东县掘港街道某路 1 号",
        "caller": { "name": "来电人乙", "phone": "13900008801" } })
}

async fn act(who: &Caller<'_>, path: &str, action: &str, body: Value) -> Value {
    who.post(&format!("{path}/{action}"), body).await.ok()
}

fn kinds(page: &Value) -> Vec<&str> {
    page["items"].as_array().into_iter().flatten().map(|i| text(&i["kind"])).collect()
}

async fn department(app: &TestApp) -> String {
    let all = app.stranger().get(&format!("/centers/{RUDONG}/departments")).await.ok();
    let staffed = all["items"].as_array().into_iter().flatten().find(|d| d["staffed"] == true).cloned().expect("a department with an account");
    text(&staffed["id"]).to_owned()
}

/// The whole story: an order opens a ticket by rule, a department replies to its sheet, the hotline's return visit clears it, the
/// center replies, the hotline archives.
async fn from_the_order_to_the_archive(app: TestApp) {
    let hotline = hotline(&app, "h-story").await;
    let (clerk, manager, scjg, reform) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), app.as_user("rd_scjg"), app.as_user("city_reform"));
    let codes = json!({ "client": "h-story", "content": {
        "types": [{ "code": "02", "to": "help" }], "units": [{ "code": "RD001", "center": RUDONG }],
        "states": [{ "state": "signed", "code": "20", "name": "已签收" }, { "state": "replied", "code": "40", "name": "已办结" }],
        "rules": [{ "name": "办不成事", "order_types": ["help"], "keywords": ["无此事项"], "open": "fallback_ticket", "ticket_category": "missing_from_system" }] } });
    app.as_user("city_manager").post("/hotline/mappings", codes).await.created();
    let mut sent = order("RX-1");
    (sent["order_type"], sent["handling_unit"]) = (json!("02"), json!("RD001"));
    let made = hotline.post(AT, sent).await.created();
    assert_eq!((&made["state"], &made["center"]["division_code"], &made["unmapped"]), (&json!("dispatched"), &json!(RUDONG), &json!(false)));
    let path = format!("{AT}/{}", text(&made["id"]));
    assert_eq!(made["caller"]["phone"], "13900008801", "its own hotline reads what it has sent");
    let work = clerk.get("/me/worklist?kind=hotline_order&bucket=incoming").await.ok();
    assert!(work["items"].as_array().is_some_and(|all| all.iter().any(|w| w["number"] == made["number"])), "{work:#}");
    hotline.post(&format!("{path}/sign"), json!({})).await.expect(403);
    clerk.post(&format!("{path}/archive"), json!({})).await.expect(403);
    let signed = act(&clerk, &path, "sign", json!({})).await;
    assert_eq!((&signed["state"], &signed["opened"][0]["kind"]), (&json!("handling"), &json!("fallback_ticket")), "{signed:#}");
    assert!(text(&signed["classification"]).contains("办不成事"), "{}", signed["classification"]);
    let ticket = format!("/fallback-tickets/{}", text(&signed["opened"][0]["id"]));
    // Nobody replies for good, and nobody is visited, before it has come that far.
    let last = json!({ "kind": "final", "reply": "已为诉求人办理。", "solved": true });
    let refused = clerk.post(&format!("{path}/reply"), last.clone()).await.expect(409);
    assert!(refused.body["allowed_actions"].as_array().is_some_and(|all| all.contains(&json!("reply_interim"))), "{:#}", refused.body);
    let visit = json!({ "contacted": true, "responded": true, "resolved": true, "hotline_satisfaction": "5", "department_satisfaction": "4",
        "recording_number": "LY-1", "opinion": "办好了" });
    hotline.post(&format!("{path}/return-visit"), visit.clone()).await.expect(409);
    act(&clerk, &path, "reply", json!({ "kind": "interim", "reply": "已联系诉求人，正在协调。" })).await;
    // The ticket's own way, to the department and back.
    let opened = clerk.get(&ticket).await.ok();
    assert_eq!((&opened["channel"], &opened["category"]), (&json!("hotline"), &json!("missing_from_system")));
    let department = department(&app).await;
    clerk.post(&format!("{ticket}/triage"), json!({ "tier": "difficult" })).await.ok();
    reform.post(&format!("{ticket}/coordinate"), json!({ "held_at": MONDAY, "departments": [department] })).await.ok();
    reform.post(&format!("{ticket}/record-coordination"), json!({ "outcome": "由市场监管部门办理" })).await.ok();
    let sheet = clerk.post(&format!("{ticket}/sheets"), json!({ "lead": { "department_id": department, "matter": "依法办理变更登记" } })).await.created();
    let sheet = format!("/assignment-sheets/{}", text(&sheet["id"]));
    manager.post(&format!("{sheet}/issue"), json!({})).await.ok();
    scjg.post(&format!("{sheet}/sign-in"), json!({ "responsible": { "name": "科室负责人", "phone": "0513-59001005" } })).await.ok();
    scjg.post(&format!("{sheet}/reply"), json!({ "result": "solved", "report": "已办理变更登记" })).await.ok();
    clerk.post(&format!("{sheet}/confirm"), json!({})).await.ok();
    assert_eq!(clerk.get(&ticket).await.ok()["state"], "awaiting_feedback");
    // Satisfied without a recording clears nothing.
    let mut unheard = visit.clone();
    unheard["recording_number"] = json!("");
    assert_eq!(hotline.post(&format!("{path}/return-visit"), unheard).await.expect(422).body["errors"][0]["pointer"], "/recording_number");
    assert_eq!(clerk.get(&ticket).await.ok()["state"], "awaiting_feedback");
    let visited = act(&hotline, &path, "return-visit", visit).await;
    assert_eq!((&visited["state"], &visited["department_satisfaction"]), (&json!("handling"), &json!("satisfied")));
    let cleared = clerk.get(&ticket).await.ok();
    assert_eq!((&cleared["state"], &cleared["callers"][0]["answer"]), (&json!("cleared"), &json!("satisfied")));
    assert_eq!(visited["opened"][0]["open"], false);
    let replied = act(&clerk, &path, "reply", last).await;
    assert_eq!((&replied["state"], &replied["external_state"]), (&json!("replied"), &json!("40")));
    act(&hotline, &path, "take-up", json!({})).await;
    assert_eq!(act(&hotline, &path, "pass", json!({ "opinion": "同意" })).await["state"], "return_visit");
    assert_eq!(act(&hotline, &path, "archive", json!({})).await["state"], "archived");
    // What the hotline pulls: every change once, in order, in its own codes, with what was said.
    app.tick().await;
    let first = hotline.get(&format!("{AT}/changes?limit=3")).await.ok();
    assert_eq!((first["items"].as_array().map(Vec::len), &first["has_more"]), (Some(3), &json!(true)));
    let rest = hotline.get(&format!("{AT}/changes?after={}", first["next_after"])).await.ok();
    let all: Vec<&str> = kinds(&first).into_iter().chain(kinds(&rest)).collect();
    let expected = ["received", "signed", "opened", "replied_interim", "record_ended", "visited", "replied", "taken_up", "passed", "archived"];
    assert_eq!(all, expected.map(|k| format!("hotline_order.{k}")).iter().map(String::as_str).collect::<Vec<_>>());
    let reply = rest["items"].as_array().into_iter().flatten().find(|c| c["kind"] == "hotline_order.replied").expect("the reply");
    assert_eq!((&reply["words"], &reply["external_state"], &reply["external_number"]), (&json!("已为诉求人办理。"), &json!("40"), &json!("RX-1")));
    assert_eq!(hotline.get(&format!("{AT}/changes?after={}", rest["next_after"])).await.ok()["items"], json!([]));
    // Where it was: units and posts, and nobody's name.
    let tracking = hotline.get(&format!("{AT}/RX-1/tracking")).await.ok();
    assert_eq!(tracking["answerable"]["center"]["division_code"], RUDONG);
    assert!(tracking["records"][0]["story"].as_array().is_some_and(|s| s.iter().any(|l| l["kind"] == "fallback_ticket.cleared")), "{tracking:#}");
    let said = tracking.to_string();
    assert!(!said.contains("来电人乙") && !said.contains("13900008801") && !said.contains("科室负责人"), "{said}");
    assert_eq!(
        app.count(
            "SELECT COUNT(*) AS value FROM access WHERE kind = 'hotline_order' AND state = 'archived' AND subject LIKE 'center:%' \
            AND record_id IN (SELECT id FROM hotline_orders WHERE external_number = 'RX-1')"
        )
        .await,
        1
    );
}

async fn ten_at_once_make_one(app: TestApp) {
    let hotline = hotline(&app, "h-race").await;
    let replies = join_all((0..10).map(|_| hotline.post(AT, order("RX-10")))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|r| r.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 9], vec![201]].concat());
    let ids: std::collections::BTreeSet<&str> = replies.iter().map(|r| text(&r.body["id"])).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM hotline_orders WHERE external_number = 'RX-10'").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'hotline_order.received' AND params LIKE '%RX-10%'").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM clocks WHERE record_id IN (SELECT id FROM hotline_orders WHERE external_number = 'RX-10')").await, 2);
}

async fn the_same_replays_and_newer_amends(app: TestApp) {
    let (hotline, other) = (hotline(&app, "h-same").await, hotline(&app, "h-other").await);
    let first = hotline.post(AT, order("RX-20")).await.created();
    let again = hotline.post(AT, order("RX-20")).await.expect(200);
    assert_eq!((&again.body["id"], again.header("location")), (&first["id"], ""));
    let mut changed = order("RX-20");
    changed["content"] = json!("诉求人补充：昨天又去了一次。");
    let refused = hotline.post(AT, changed.clone()).await;
    assert_eq!(refused.problem(409), "conflict");
    changed["content_at"] = json!("2026-03-02T09:00:00+08:00");
    assert_eq!(hotline.post(AT, changed.clone()).await.problem(409), "conflict", "older than what is there");
    app.set_clock("2026-03-02T10:00:00+08:00");
    changed["content_at"] = json!("2026-03-02T09:50:00+08:00");
    let amended = hotline.post(AT, changed.clone()).await.expect(200).body;
    assert_eq!((&amended["id"], &amended["content"]), (&first["id"], &changed["content"]));
    hotline.post(AT, changed).await.expect(200);
    assert_eq!(hotline.post(AT, order("RX-20")).await.problem(409), "conflict", "what was before is not newer");
    // Another hotline's number is another order.
    let theirs = other.post(AT, order("RX-20")).await.created();
    assert_ne!(theirs["id"], first["id"]);
    assert_eq!(
        hotline.post(AT, json!({ "external_number": "RX-21", "round": 3, "order_type": "help", "title": "旧单", "content": "历史工单" })).await.created()["round"],
        3
    );
}

async fn codes_are_mapped_and_nothing_is_refused(app: TestApp) {
    let hotline = hotline(&app, "h-codes").await;
    let manager = app.as_user("city_manager");
    let content = json!({
        "types": [{ "code": "01", "to": "consultation" }, { "code": "03", "to": "complaint" }],
        "categories": [{ "code": "c1", "to": "营商环境" }],
        "urgencies": [{ "code": "9", "to": "very_urgent" }],
        "units": [{ "code": "U1", "center": RUDONG }],
        "states": [{ "state": "dispatched", "code": "10", "name": "待签收" }],
        "limits": [{ "urgency": "very_urgent", "limit": { "value": 1, "unit": "working_day" } }],
        "satisfaction_scale": "one_is_best",
    });
    let bad = json!({ "client": "h-codes", "content": { "types": [{ "code": "01", "to": "no_such" }] } });
    assert_eq!(manager.post("/hotline/mappings", bad).await.expect(422).body["errors"][0]["pointer"], "/content/types/0/to");
    app.as_user("rd_manager").post("/hotline/mappings", json!({ "client": "h-codes", "content": content })).await.expect(403);
    let set = manager.post("/hotline/mappings", json!({ "client": "h-codes", "content": content, "note": "首版" })).await.created();
    assert_eq!((&set["number"], &set["in_force"]), (&json!(1), &json!(true)));
    assert_eq!(hotline.get("/hotline/mappings").await.ok()["items"][0]["id"], set["id"]);
    let trial = manager.post("/hotline/mappings/try", json!({ "content": content, "order": order("T") })).await.ok();
    assert!(text(&trial["why"]).contains("人工"), "{trial:#}");
    let mut sent = order("RX-30");
    (sent["order_type"], sent["category_code"], sent["urgency"], sent["handling_unit"]) = (json!("03"), json!("c1"), json!("9"), json!("U1"));
    let read = hotline.post(AT, sent).await.created();
    assert_eq!((&read["order_type"], &read["category"], &read["urgency"]), (&json!("complaint"), &json!("营商环境"), &json!("very_urgent")));
    assert_eq!((&read["external_state"], &read["external_state_name"], &read["unmapped"]), (&json!("10"), &json!("待签收"), &json!(false)));
    let handling = read["clocks"].as_array().into_iter().flatten().find(|c| c["kind"] == "hotline").expect("a limit");
    assert_eq!(handling["due_at"], "2026-03-03T17:00:00.000+08:00");
    let mut odd = order("RX-31");
    (odd["order_type"], odd["category_code"], odd["secrecy"], odd["handling_unit"]) = (json!("77"), json!("zz"), json!("??"), json!("nobody"));
    let odd = hotline.post(AT, odd).await.created();
    assert_eq!(
        (&odd["state"], &odd["order_type"], &odd["secrecy"], &odd["unmapped"]),
        (&json!("received"), &json!("other"), &json!("confidential"), &json!(true))
    );
    assert_eq!(odd["raw"]["order_type"], "77");
    assert_eq!(odd["unmapped_fields"].as_array().map(Vec::len), Some(4), "{}", odd["unmapped_fields"]);
    // It waits at the city's center to be dispatched.
    let path = format!("{AT}/{}", text(&odd["id"]));
    app.as_user("rd_clerk").get(&path).await.expect(404);
    let sent_on = act(&app.as_user("city_clerk"), &path, "dispatch", json!({ "center": RUDONG, "reason": "属如东县" })).await;
    assert_eq!((&sent_on["state"], &sent_on["center"]["division_code"]), (&json!("dispatched"), &json!(RUDONG)));
    app.as_user("rd_clerk").get(&path).await.ok();
    assert_eq!(hotline.get(&format!("{AT}?unmapped=true")).await.ok()["items"].as_array().map(Vec::len), Some(1));
    // Their 1 is the best.
    let clerk = app.as_user("rd_clerk");
    act(&clerk, &path, "sign", json!({})).await;
    act(&clerk, &path, "reply", json!({ "kind": "final", "reply": "已答复。" })).await;
    act(&hotline, &path, "pass", json!({})).await;
    let visited = act(
        &hotline,
        &path,
        "return-visit",
        json!({ "contacted": true, "responded": true, "resolved": true,
        "hotline_satisfaction": "2", "department_satisfaction": "1", "recording_number": "LY-3" }),
    )
    .await;
    assert_eq!((&visited["department_satisfaction"], &visited["hotline_satisfaction"]), (&json!("very_satisfied"), &json!("satisfied")));
}

async fn returned_and_extended(app: TestApp) {
    let hotline = hotline(&app, "h-return").await;
    let clerk = app.as_user("rd_clerk");
    let path = format!("{AT}/{}", text(&hotline.post(AT, order("RX-40")).await.created()["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    let asked = act(&clerk, &path, "request-return", json!({ "reason": "不属于本县", "suggested_unit": "市中心" })).await;
    assert_eq!(asked["state"], "return_requested");
    assert_eq!(act(&hotline, &path, "deny-return", json!({ "reason": "属本县职责" })).await["state"], "signed");
    act(&clerk, &path, "request-return", json!({ "reason": "确不属于本县" })).await;
    let gone = act(&hotline, &path, "redispatch", json!({ "center": "320600000000", "reason": "改派市中心" })).await;
    assert_eq!((&gone["state"], &gone["return_count"], &gone["center"]["division_code"]), (&json!("dispatched"), &json!(2), &json!("320600000000")));
    clerk.get(&path).await.expect(404);
    let city = app.as_user("city_clerk");
    act(&city, &path, "sign", json!({})).await;
    assert_eq!(city.post(&format!("{path}/request-return"), json!({ "reason": "又一次退单" })).await.problem(409), "state_conflict");
    // Too late to be handed back after a working day.
    let late = format!("{AT}/{}", text(&hotline.post(AT, order("RX-41")).await.created()["id"]));
    app.set_clock("2026-03-04T09:00:00+08:00");
    assert_eq!(clerk.post(&format!("{late}/request-return"), json!({ "reason": "不属于本县" })).await.problem(409), "state_conflict");
    act(&clerk, &late, "sign", json!({})).await;
    // 5 working days from Monday: until 9 March. More time is asked a working day before that at least.
    let extended = act(&clerk, &late, "request-extension", json!({ "days": 2, "reason": "需会商" })).await;
    assert_eq!(extended["state"], "extension_requested");
    let granted = act(&hotline, &late, "grant-extension", json!({})).await;
    assert_eq!((&granted["state"], &granted["due_at"]), (&json!("signed"), &json!("2026-03-11T17:00:00.000+08:00")));
    app.set_clock("2026-03-11T09:00:00+08:00");
    assert_eq!(clerk.post(&format!("{late}/request-extension"), json!({ "days": 2, "reason": "还需会商" })).await.problem(409), "state_conflict");
    act(&hotline, &late, "suspend", json!({ "reason": "等待政策" })).await;
    app.set_clock("2026-03-13T09:00:00+08:00");
    let resumed = act(&hotline, &late, "resume", json!({})).await;
    assert_eq!((&resumed["state"], &resumed["overdue"]), (&json!("signed"), &json!(false)));
    act(&hotline, &late, "urge", json!({ "reason": "请尽快" })).await;
    let supervised = act(&hotline, &late, "supervise", json!({ "reason": "领导批示" })).await;
    assert_eq!((&supervised["reminder_count"], &supervised["supervised"]), (&json!(1), &json!(true)));
}

async fn handled_again(app: TestApp) {
    let hotline = hotline(&app, "h-again").await;
    let clerk = app.as_user("rd_clerk");
    let path = format!("{AT}/{}", text(&hotline.post(AT, order("RX-50")).await.created()["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    let last = json!({ "kind": "final", "reply": "已答复诉求人。" });
    act(&clerk, &path, "reply", last.clone()).await;
    assert_eq!(act(&hotline, &path, "send-back", json!({ "reason": "答复不完整" })).await["state"], "handling");
    act(&clerk, &path, "reply", last.clone()).await;
    act(&hotline, &path, "pass", json!({})).await;
    assert_eq!(hotline.post(&format!("{path}/archive"), json!({})).await.problem(409), "state_conflict", "nobody has called back");
    let unhappy = json!({ "contacted": true, "responded": true, "resolved": false, "department_satisfaction": "1", "opinion": "没有解决" });
    let again = act(&hotline, &path, "return-visit", unhappy).await;
    assert_eq!((&again["state"], &again["round"], again.get("resolved")), (&json!("handling"), &json!(2), None));
    assert_eq!(again["visits"][0]["resolved"], false, "what was found stays on record");
    // Half of five working days, rounded up.
    assert_eq!(again["due_at"], "2026-03-05T17:00:00.000+08:00");
    act(&clerk, &path, "reply", last.clone()).await;
    act(&hotline, &path, "pass", json!({})).await;
    // The hotline's system sends the next round itself.
    let mut third = order("RX-50");
    third["round"] = json!(4);
    assert_eq!(hotline.post(AT, third.clone()).await.expect(422).body["errors"][0]["pointer"], "/round");
    third["round"] = json!(3);
    let sent = hotline.post(AT, third.clone()).await.expect(200).body;
    assert_eq!((&sent["state"], &sent["round"], &sent["rehandling_count"]), (&json!("handling"), &json!(3), &json!(2)));
    assert_eq!(hotline.post(AT, third).await.expect(200).body["version"], sent["version"]);
    act(&clerk, &path, "reply", last).await;
    act(&hotline, &path, "pass", json!({})).await;
    act(&hotline, &path, "return-visit", json!({ "contacted": false })).await;
    assert_eq!(act(&hotline, &path, "archive", json!({})).await["state"], "archived");
    // Two callers of one matter.
    let (a, b) = (hotline.post(AT, order("RX-51")).await.created(), hotline.post(AT, order("RX-52")).await.created());
    let gone = act(&hotline, &format!("{AT}/{}", text(&a["id"])), "merge", json!({ "into": "RX-52", "reason": "同一问题" })).await;
    assert_eq!((&gone["state"], &gone["merged_into_id"]), (&json!("merged"), &b["id"]));
    assert_eq!(act(&hotline, &format!("{AT}/RX-52"), "revoke", json!({ "reason": "误派工单" })).await["state"], "revoked");
}

async fn second_level_units(app: TestApp) {
    let hotline = hotline(&app, "h-subs").await;
    let (clerk, scjg) = (app.as_user("rd_clerk"), app.as_user("rd_scjg"));
    let path = format!("{AT}/{}", text(&hotline.post(AT, order("RX-60")).await.created()["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    scjg.get(&path).await.expect(404);
    let department = department(&app).await;
    let given =
        act(&clerk, &path, "sub-orders", json!({ "department_id": department, "matter": "核实登记情况", "limit": { "value": 2, "unit": "working_day" } }))
            .await;
    assert_eq!((&given["state"], &given["sub_orders"][0]["due_at"]), (&json!("handling"), &json!("2026-03-04T17:00:00.000+08:00")));
    let last = json!({ "kind": "final", "reply": "已答复。" });
    assert_eq!(clerk.post(&format!("{path}/reply"), last.clone()).await.problem(409), "state_conflict");
    // The unit reads what it is about, and not who called.
    let seen = scjg.get(&path).await.ok();
    assert_eq!((seen["content"].is_string(), &seen["allowed_actions"]), (true, &json!(["answer_sub"])));
    assert_ne!(seen["caller"]["phone"], "13900008801");
    let work = scjg.get("/me/worklist?kind=hotline_order&limit=200").await.ok();
    assert!(work["items"].as_array().is_some_and(|all| all.iter().any(|w| w["number"] == given["number"])), "{work:#}");
    act(&scjg, &path, "answer-sub-order", json!({ "sub_order_id": given["sub_orders"][0]["id"], "report": "登记情况属实" })).await;
    assert_eq!(act(&clerk, &path, "reply", last).await["state"], "replied");
}

async fn one_of_many_signs(app: TestApp) {
    let hotline = hotline(&app, "h-sign").await;
    let clerk = app.as_user("rd_clerk");
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(hotline.post(AT, order(&format!("RX-7{n}"))).await.created()["id"].clone());
    }
    let path = format!("{AT}/{}/sign", text(&ids[0]));
    let statuses: Vec<u16> = join_all((0..20).map(|_| clerk.post(&path, json!({})))).await.iter().map(|r| r.status).collect();
    assert_eq!((statuses.iter().filter(|s| **s == 200).count(), statuses.iter().filter(|s| **s == 409).count()), (1, 19), "{statuses:?}");
    let many = json!({ "items": ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>() });
    let done = clerk.post(&format!("{AT}/sign"), many).await.expect(207).body;
    assert_eq!((&done["succeeded"], &done["failed"], &done["items"][0]["status"]), (&json!(2), &json!(1), &json!(409)));
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'hotline_order.signed' AND params LIKE '%RX-7%'").await, 3);
}

async fn who_sees_what(app: TestApp) {
    let (hotline, other) = (hotline(&app, "h-sees").await, hotline(&app, "h-blind").await);
    let mut secret = order("RX-80");
    secret["secrecy"] = json!("confidential");
    let made = hotline.post(AT, secret).await.created();
    let path = format!("{AT}/{}", text(&made["id"]));
    let strict = {
        let mut o = order("RX-81");
        o["secrecy"] = json!("strict");
        hotline.post(AT, o).await.created()
    };
    let anonymous = {
        let mut o = order("RX-82");
        o["caller"] = json!({ "anonymous": true, "name": "不应出现", "phone": "13900008802" });
        hotline.post(AT, o).await.created()
    };
    // A hotline has its own alone; a center too.
    other.get(&path).await.expect(404);
    assert_eq!(other.get(AT).await.ok()["items"], json!([]));
    other.post(&format!("{path}/urge"), json!({ "reason": "试一试" })).await.expect(404);
    app.tick().await;
    assert_eq!(other.get(&format!("{AT}/changes")).await.ok()["items"], json!([]));
    app.as_user("cc_clerk").get(&path).await.expect(404);
    app.as_user("ent_rudong").get(&path).await.expect(404);
    // The counter handles it and does not read who called, until it says why.
    let clerk = app.as_user("rd_clerk");
    let seen = clerk.get(&path).await.ok();
    assert_eq!((&seen["caller"]["withheld"], seen["caller"].get("phone"), seen["content"].is_string()), (&json!(true), None, true));
    let shown = clerk.post(&format!("{path}/reveal"), json!({ "reason": "须电话核实情况" })).await.ok();
    assert_eq!(shown["caller"]["phone"], "13900008801");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'hotline_order.revealed' AND params LIKE '%RX-80%'").await, 1);
    let strict = format!("{AT}/{}", text(&strict["id"]));
    clerk.post(&format!("{strict}/reveal"), json!({ "reason": "须电话核实情况" })).await.expect(403);
    app.as_user("rd_manager").post(&format!("{strict}/reveal"), json!({ "reason": "须电话核实情况" })).await.ok();
    assert_eq!(app.as_user("city_inspector").get(&strict).await.ok().get("content"), None);
    assert!(!clerk.get(&format!("{AT}/{}", text(&anonymous["id"]))).await.text.contains("不应出现"));
    // Lists mask; search finds by telephone only who is not withheld.
    let plain = hotline.post(AT, order("RX-83")).await.created();
    let listed = clerk.get(AT).await;
    assert!(!listed.text.contains("13900008801") && !listed.text.contains("来电人乙"), "{}", listed.text);
    let found = clerk.post("/search", json!({ "q": "13900008801" })).await.ok();
    let numbers: Vec<&Value> = found["hotline_orders"].as_array().into_iter().flatten().map(|o| &o["number"]).collect();
    assert_eq!(numbers, [&plain["number"]]);
    let found = clerk.post("/search", json!({ "q": "RX-80" })).await.ok();
    assert_eq!(found["hotline_orders"][0]["number"], made["number"]);
    // Nothing personal lies open in the database.
    for column in ["details", "phone_mark", "name_mark", "category"] {
        let sql: &'static str = Box::leak(format!("SELECT COUNT(*) AS value FROM hotline_orders WHERE {column} LIKE '%13900008801%'").into_boxed_str());
        assert_eq!(app.count(sql).await, 0, "{column}");
    }
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE params LIKE '%13900008801%'").await, 0);
}

async fn the_three_rates(app: TestApp) {
    let hotline = hotline(&app, "h-rates").await;
    let clerk = app.as_user("rd_clerk");
    let visits = [
        json!({ "contacted": true, "responded": true, "resolved": true, "department_satisfaction": "5", "recording_number": "LY-1" }),
        json!({ "contacted": true, "responded": true, "resolved": false, "department_satisfaction": "2", "opinion": "没有解决", "rehandle": false }),
        json!({ "contacted": true, "responded": false, "resolved": false, "department_satisfaction": "1", "opinion": "没人联系", "rehandle": false }),
        json!({ "contacted": false }),
    ];
    let mut paths = Vec::new();
    for (n, visit) in visits.iter().enumerate() {
        let path = format!("{AT}/{}", text(&hotline.post(AT, order(&format!("RX-9{n}"))).await.created()["id"]));
        act(&clerk, &path, "sign", json!({})).await;
        act(&clerk, &path, "reply", json!({ "kind": "final", "reply": "已答复。" })).await;
        act(&hotline, &path, "pass", json!({})).await;
        act(&hotline, &path, "return-visit", visit.clone()).await;
        paths.push(path);
    }
    // One is left out, by an appeal that the hotline approves.
    act(&clerk, &paths[2], "appeal", json!({ "reason": "诉求超出法定权限", "basis": "相关规定" })).await;
    hotline.post(&format!("{}/appeal", paths[2]), json!({ "reason": "诉求超出法定权限" })).await.expect(403);
    act(&hotline, &paths[2], "approve-appeal", json!({ "reason": "情况属实" })).await;
    assert_eq!(hotline.post(&format!("{}/refuse-appeal", paths[2]), json!({ "reason": "再议" })).await.problem(409), "state_conflict");
    app.set_clock("2026-03-03T09:00:00+08:00");
    app.tick().await;
    let of = async |indicator: &str| {
        let all = app.as_user("city_inspector").get(&format!("/statistics?center={RUDONG}&from=2026-03-02&to=2026-03-03")).await.ok();
        all["figures"].as_array().into_iter().flatten().find(|f| f["indicator"] == indicator).cloned().expect("a figure")
    };
    for (indicator, numerator, denominator) in [
        ("hotline_response_rate", 2, 2),
        ("hotline_resolution_rate", 1, 2),
        ("hotline_satisfaction_rate", 1, 2),
        ("hotline_on_time_rate", 4, 4),
        ("hotline_first_resolution_rate", 1, 2),
    ] {
        let figure = of(indicator).await;
        assert_eq!((&figure["numerator"], &figure["denominator"]), (&json!(numerator), &json!(denominator)), "{indicator}: {figure:#}");
    }
    assert_eq!(of("hotline_unreachable").await["numerator"], json!(1));
    crate::statistics::counted(&app).await;
}

async fn taken_in_by_hand(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let made = clerk.post(AT, order("ZZ-1")).await.created();
    assert_eq!((&made["state"], made.get("client_id")), (&json!("dispatched"), None));
    clerk.post(AT, order("ZZ-1")).await.expect(200);
    let path = format!("{AT}/{}", text(&made["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    act(&clerk, &path, "reply", json!({ "kind": "final", "reply": "已电话答复。" })).await;
    // Who inspects stands for the hotline; the counter does not review itself.
    clerk.post(&format!("{path}/pass"), json!({})).await.expect(403);
    let inspector = app.as_user("city_inspector");
    act(&inspector, &path, "pass", json!({})).await;
    act(
        &inspector,
        &path,
        "return-visit",
        json!({ "contacted": true, "responded": true, "resolved": true, "department_satisfaction": "5", "recording_number": "LY-9" }),
    )
    .await;
    assert_eq!(act(&inspector, &path, "archive", json!({})).await["state"], "archived");
    // But not for a hotline that is there.
    let hotline = hotline(&app, "h-hand").await;
    let theirs = format!("{AT}/{}", text(&hotline.post(AT, order("ZZ-1")).await.created()["id"]));
    inspector.post(&format!("{theirs}/revoke"), json!({ "reason": "试一试" })).await.expect(403);
    app.as_user("ent_rudong").post(AT, order("ZZ-2")).await.expect(403);
}

fn batch(from: usize, count: usize) -> Value {
    json!({ "items": (from..from + count).map(|n| order(&format!("B-{n}"))).collect::<Vec<_>>() })
}

async fn a_batch_of_many(app: TestApp) {
    let hotline = hotline(&app, "h-batch").await;
    let mut mixed = batch(0, 3);
    mixed["items"][1] = json!({ "external_number": "B-1", "title": 5 });
    let done = hotline.post(&format!("{AT}/batch"), mixed).await.expect(207).body;
    assert_eq!((&done["succeeded"], &done["failed"]), (&json!(2), &json!(1)));
    assert_eq!(done["items"][0]["status"], 201);
    assert_eq!((&done["items"][1]["status"], &done["items"][1]["id"]), (&json!(400), &json!("B-1")), "{done:#}");
    assert!(done["items"][1]["problem"]["errors"].as_array().is_some_and(|e| !e.is_empty()));
    assert!(done["items"][0]["created_number"].is_string());
    hotline.post(&format!("{AT}/batch"), json!({ "items": [] })).await.expect(400);
    burst(&app, &hotline, 300).await;
}

/// Batches at once, each sent twice: every order is there once.
async fn burst(app: &TestApp, hotline: &Caller<'_>, orders: usize) {
    let path = format!("{AT}/batch");
    let sends: Vec<Value> = (0..orders).step_by(100).flat_map(|from| [batch(from, 100), batch(from, 100)]).collect();
    for some in sends.chunks(8) {
        for reply in join_all(some.iter().map(|body| hotline.post(&path, body.clone()))).await {
            // A full queue is told to come again.
            assert!(reply.status == 207 || reply.status == 503, "{}", reply.text);
        }
    }
    // Whoever was told to come again comes again.
    for body in sends.iter().step_by(2) {
        let mut reply = hotline.post(&path, body.clone()).await;
        for _ in 0..10 {
            if reply.status == 503 {
                reply = hotline.post(&path, body.clone()).await;
            }
        }
        assert_eq!(reply.expect(207).body["failed"], 0);
    }
    let expected = i64::try_from(orders).expect("few");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM hotline_orders WHERE external_number LIKE 'B-%'").await, expected);
    assert_eq!(app.count("SELECT COUNT(DISTINCT external_number) AS value FROM hotline_orders WHERE external_number LIKE 'B-%'").await, expected);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'hotline_order.received' AND params LIKE '%\"B-%'").await, expected);
}

/// Ten thousand in a burst, each there once: `make torture`.
#[actix_web::test]
#[ignore = "minutes"]
async fn ten_thousand_in_a_burst() {
    for app in [TestApp::sqlite().await, TestApp::postgres().await] {
        let hotline = hotline(&app, "h-burst").await;
        burst(&app, &hotline, 10_000).await;
    }
}

async fn a_consultation_of_the_hotline(app: TestApp) {
    let hotline = hotline(&app, "h-ask").await;
    let clerk = app.as_user("rd_clerk");
    let mut asked = order("RX-Q1");
    (asked["order_type"], asked["item"]) = (json!("consultation"), json!("GS-320623-0001"));
    let path = format!("{AT}/{}", text(&hotline.post(AT, asked).await.created()["id"]));
    let signed = act(&clerk, &path, "sign", json!({})).await;
    assert_eq!((&signed["state"], &signed["opened"][0]["kind"]), (&json!("handling"), &json!("consultation")), "{signed:#}");
    let last = json!({ "kind": "final", "reply": "已答复。" });
    assert_eq!(clerk.post(&format!("{path}/reply"), last.clone()).await.problem(409), "state_conflict");
    let consultation = format!("/consultations/{}", text(&signed["opened"][0]["id"]));
    clerk.post(&format!("{consultation}/answer"), json!({ "answer": "带营业执照和用地证明。" })).await.ok();
    assert_eq!(act(&clerk, &path, "reply", last).await["state"], "replied");
}

/// What the hotline has accepted is rated once, by who called; nobody is asked who is withheld.
async fn an_accepted_order_is_rated(app: TestApp) {
    let hotline = hotline(&app, "h-rated").await;
    let (clerk, manager) = (app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let answered = async |sent: Value, accept: &str| {
        let made = hotline.post(AT, sent).await.created();
        let path = format!("{AT}/{}", text(&made["id"]));
        act(&clerk, &path, "sign", json!({})).await;
        act(&clerk, &path, "reply", json!({ "kind": "final", "reply": "已为诉求人办理。", "solved": true })).await;
        let asked = format!("/progress/{}/evaluation?phone_last4=8801", text(&made["number"]));
        app.stranger().get(&asked).await.expect(404);
        act(&hotline, &path, accept, json!({})).await;
        (path, text(&made["number"]).to_owned(), asked)
    };
    let plain = |external: &str| {
        let mut sent = order(external);
        (sent["order_type"], sent["needs_return_visit"]) = (json!("suggestion"), json!(false));
        sent
    };
    let (path, number, asked) = answered(plain("RX-E1"), "pass").await;
    let occasion = manager.get(&format!("/service-occasions/{number}")).await.ok();
    assert_eq!((&occasion["kind"], &occasion["is_anonymous"], &occasion["evaluation_state"]), (&json!("hotline_order"), &json!(false), &json!("open")));
    let link = app.stranger().get(&asked).await.ok();
    app.stranger().post(text(&link["link"]), json!({ "grade": "satisfied" })).await.ok();
    // Handled again and accepted again: rated once.
    act(&hotline, &path, "rehandle", json!({ "reason": "诉求人补充情况" })).await;
    act(&clerk, &path, "reply", json!({ "kind": "final", "reply": "已补充办理。", "solved": true })).await;
    act(&hotline, &path, "archive", json!({})).await;
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM service_occasions WHERE kind = 'hotline_order'").await, 1);
    // Archived at once is accepted too; who wants to stay unknown is kept nowhere.
    let mut secret = plain("RX-E2");
    secret["secrecy"] = json!("confidential");
    let (_, number, asked) = answered(secret, "archive").await;
    let occasion = manager.get(&format!("/service-occasions/{number}")).await.ok();
    assert_eq!((&occasion["is_anonymous"], occasion.get("contact_name"), occasion.get("contact_phone")), (&json!(true), None, None), "{occasion}");
    app.stranger().get(&asked).await.expect(404);
    // The ledger tells numbers as numbers and grades in words.
    let request = manager.request(actix_web::http::Method::GET, "/ledgers/hotline_orders?format=csv");
    let csv = String::from_utf8(app.bytes(request).await).expect("UTF-8");
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().expect("header").split(',').collect();
    let at = |name: &str| header.iter().position(|h| *h == name).expect("column");
    let row: Vec<&str> = lines.find(|l| l.contains("RX-E1")).expect("the order").split(',').collect();
    assert_eq!((row[at("轮次")], row[at("退单次数")], row[at("延期次数")], row[at("催办次数")]), ("2", "0", "0", "0"), "{csv}");
    crate::statistics::counted(&app).await;
    let found = app.db.read(jieli::statistics::checking::verify).await.expect("recounted");
    assert_eq!(found.differences, 0, "{:#?}", found.told);
}

const SECRETS: [&str; 5] = ["司徒来电", "13877776666", "11010519491231002X", "密探巷", "320011"];

fn told(external: &str, more: &Value) -> Value {
    let mut order = order(external);
    order["caller"] = json!({ "name": SECRETS[0], "phone": SECRETS[1], "id_number": SECRETS[2] });
    order["address"] = json!("如东县密探巷 77 号");
    (order["latitude"], order["longitude"]) = (json!(32.320011), json!(121.2));
    order["content"] = json!(format!("{}（{}）反映变更登记无此事项。", SECRETS[0], SECRETS[1]));
    for (name, value) in more.as_object().into_iter().flatten() {
        order[name] = value.clone();
    }
    order
}

fn record(link: &Value) -> String {
    let at = match text(&link["kind"]) {
        "consultation" => "/consultations",
        "fallback_ticket" => "/fallback-tickets",
        _ => "/entrustments",
    };
    format!("{at}/{}", text(&link["id"]))
}

/// What was opened from an order tells nobody at the center who called; search does not, either.
async fn silent(app: &TestApp, path: &str) {
    for login in ["rd_clerk", "rd_manager", "rd_agent", "city_manager"] {
        let who = app.as_user(login);
        let Some(seen) = Some(who.get(path).await).filter(|r| r.status == 200) else { continue };
        for secret in &SECRETS[..3] {
            assert!(!seen.text.contains(secret), "{login} {path} {secret}: {}", seen.text);
        }
        let found = who.post("/search", json!({ "q": SECRETS[1] })).await.text;
        assert!(!found.contains(path.rsplit('/').next().unwrap_or_default()), "{login} finds {path}");
    }
}

async fn a_withheld_caller_stays_withheld(app: TestApp) {
    let (hotline, clerk) = (hotline(&app, "h-hush").await, app.as_user("rd_clerk"));
    let cases = [
        ("S-1", json!({ "secrecy": "confidential" })),
        ("S-2", json!({ "secrecy": "strict" })),
        ("S-3", json!({ "caller": { "anonymous": true, "name": SECRETS[0], "phone": SECRETS[1], "id_number": SECRETS[2] }, "content": "反映无此事项。" })),
    ];
    for (number, more) in cases {
        let path = format!("{AT}/{}", text(&hotline.post(AT, told(number, &more)).await.created()["id"]));
        let seen = act(&clerk, &path, "sign", json!({})).await;
        assert_eq!((&seen["caller"]["withheld"], seen["caller"].get("phone"), seen.get("address"), seen.get("latitude")), (&json!(true), None, None, None));
        for kind in ["fallback_ticket", "consultation"] {
            let links = act(&clerk, &path, "open", json!({ "kind": kind })).await["opened"].clone();
            let link = links.as_array().and_then(|all| all.last().cloned()).expect("a link");
            silent(&app, &record(&link)).await;
        }
        // A matter is nobody's unless a person says whose.
        let matter = json!({ "kind": "entrustment", "item": "GS-320623-0001" });
        assert_eq!(clerk.post(&format!("{path}/open"), matter).await.expect(422).body["errors"][0]["pointer"], "/applicant");
        assert_eq!(hotline.get(&path).await.ok()["caller"]["phone"], SECRETS[1], "its own hotline reads what it has sent");
    }
    // By rule neither.
    let rule =
        json!({ "client": "h-hush", "content": { "rules": [{ "name": "代办", "keywords": ["无此事项"], "open": "entrustment", "item": "GS-320623-0001" }] } });
    app.as_user("city_manager").post("/hotline/mappings", rule).await.created();
    let path = format!("{AT}/{}", text(&hotline.post(AT, told("S-4", &json!({ "secrecy": "confidential" }))).await.created()["id"]));
    let signed = act(&clerk, &path, "sign", json!({})).await;
    assert_eq!((&signed["state"], &signed["opened"]), (&json!("signed"), &json!([])), "{signed:#}");
    let shown = clerk.post(&format!("{path}/reveal"), json!({ "reason": "须电话核实情况" })).await.ok();
    assert_eq!(shown["caller"]["phone"], SECRETS[1]);
}

async fn an_amendment_reaches_what_was_opened(app: TestApp) {
    let (hotline, clerk) = (hotline(&app, "h-later").await, app.as_user("rd_clerk"));
    let path = format!("{AT}/{}", text(&hotline.post(AT, told("T-1", &json!({}))).await.created()["id"]));
    act(&clerk, &path, "sign", json!({})).await;
    act(&clerk, &path, "open", json!({ "kind": "consultation" })).await;
    let opened = act(&clerk, &path, "open", json!({ "kind": "fallback_ticket" })).await["opened"].clone();
    let opened = opened.as_array().expect("links");
    for link in opened {
        assert!(clerk.get(&record(link)).await.text.contains(SECRETS[1]), "it was told before");
    }
    app.set_clock("2026-03-02T10:00:00+08:00");
    let amended = told("T-1", &json!({ "secrecy": "confidential", "content_at": "2026-03-02T09:55:00+08:00" }));
    assert_eq!(hotline.post(AT, amended).await.expect(200).body["secrecy"], "confidential");
    for link in opened {
        let seen = clerk.get(&record(link)).await;
        assert!(seen.text.contains("保密"), "{}", seen.text);
        silent(&app, &record(link)).await;
    }
}

async fn rounds_and_nonsense(app: TestApp) {
    let hotline = hotline(&app, "h-odd").await;
    // Rounds out of order make no second record.
    let sent = |round: i32| told("R-1", &json!({ "round": round }));
    let first = hotline.post(AT, sent(2)).await.created();
    assert_eq!(hotline.post(AT, sent(1)).await.problem(409), "conflict");
    assert_eq!(hotline.post(AT, sent(2)).await.expect(200).body["id"], first["id"]);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM hotline_orders WHERE external_number = 'R-1'").await, 1);
    for (more, at) in [
        (json!({ "content_at": "2026-03-02T12:00:00+08:00" }), "/content_at"),
        (json!({ "called_at": "2026-03-03T12:00:00+08:00" }), "/called_at"),
        (json!({ "deadline_at": "2026-03-01T12:00:00+08:00" }), "/deadline_at"),
        (json!({ "limit": { "value": 0, "unit": "hour" } }), "/limit/value"),
    ] {
        assert_eq!(hotline.post(AT, told("R-2", &more)).await.expect(422).body["errors"][0]["pointer"], at);
    }
    let mut half = order("R-2");
    half["latitude"] = json!(32.1);
    assert_eq!(hotline.post(AT, half).await.expect(422).body["errors"][0]["pointer"], "/longitude");
    hotline.post(AT, told("R-2", &json!({ "files": [{ "name": "a", "url": "javascript:alert(1)" }] }))).await.expect(400);
    // Its own number comes before what is another's number here.
    let own = hotline.post(AT, told(text(&first["number"]), &json!({}))).await.created();
    assert_eq!(hotline.get(&format!("{AT}/{}", text(&first["number"]))).await.ok()["id"], own["id"]);
    // Each row for itself, whatever it is; what is new is told from what was there.
    let rows = json!({ "items": [null, "x", 5, [], { "external_number": "R-3", "title": "a\u{0}b" }, told("R-4", &json!({})), sent(2)] });
    let done = hotline.post(&format!("{AT}/batch"), rows).await.expect(207).body;
    let statuses: Vec<i64> = done["items"].as_array().into_iter().flatten().filter_map(|i| i["status"].as_i64()).collect();
    assert_eq!(statuses, [400, 400, 400, 400, 400, 201, 200], "{done:#}");
    hotline.post(&format!("{AT}/batch"), json!({ "items": [{}], "more": 1 })).await.expect(400);
    // All that is wrong with a table of codes is told at once.
    let bad = json!({ "client": "h-odd", "content": { "types": [{ "code": "1", "to": "x" }, { "code": "1", "to": "y" }], "urgencies": [{ "code": "1", "to": "z" }] } });
    let told = app.as_user("city_manager").post("/hotline/mappings", bad).await.expect(422).body;
    assert_eq!(told["errors"].as_array().map(Vec::len), Some(4), "{told:#}");
}
