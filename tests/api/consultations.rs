//! Consultations 导办: answered on the spot or later, moved between centers, turned into matters and tickets, rated once.

use serde_json::{Value, json};

use crate::{
    evaluations::client,
    support::{Caller, TestApp, center_id, on_both_engines, text, user_id},
};

on_both_engines!(
    answered_on_the_spot_and_rated_once,
    asked_online_answered_and_asked_again,
    moves_by_an_offer_and_not_for_ever,
    a_center_above_says_who_answers,
    becomes_a_matter_and_a_ticket,
    who_sees_what_of_whom,
    what_was_answered_closes_by_itself,
    found_and_told_without_a_login,
    a_hotline_brings_and_follows,
    two_who_answer_at_once,
    counted_by_the_time
);

const AT: &str = "/consultations";

fn question(channel: &str) -> Value {
    json!({ "channel": channel, "theme": "materials", "subject": "供水报装需要哪些材料", "question": "新建厂房申请供水报装，需要准备哪些材料？",
        "items": ["GS-320623-0001"], "contact": { "name": "联系人甲", "phone": "13900001234" } })
}

fn answered(channel: &str) -> Value {
    let mut body = question(channel);
    body["answer"] = json!("需要报装申请表、营业执照和用地证明。");
    body
}

async fn ask(caller: &Caller<'_>, body: Value) -> (String, Value) {
    let made = caller.post(AT, body).await.created();
    (format!("{AT}/{}", text(&made["number"])), made)
}

fn may(view: &Value, action: &str) -> bool {
    view["allowed_actions"].as_array().is_some_and(|all| all.iter().any(|a| a == action))
}

async fn answered_on_the_spot_and_rated_once(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let (path, made) = ask(&clerk, answered("on_site")).await;
    assert_eq!((&made["state"], &made["assignee_id"]), (&json!("closed"), &json!(user_id("rd_clerk"))), "{made}");
    assert!(made["ended_at"].is_string() && made["due_at"].is_null());
    assert_eq!(made["first_responder_id"], json!(user_id("rd_clerk")));
    // Whoever answered is rated, and is not handed the link; who asked comes to it by the consultation's own number.
    assert!(made["rating"]["evaluation_id"].is_string() && made["rating"].get("link").is_none(), "{made}");
    let asked = |last4: &str| format!("/progress/{}/evaluation?phone_last4={last4}", text(&made["number"]));
    app.stranger().get(&asked("0000")).await.expect(404);
    let phone = text(&question("on_site")["contact"]["phone"]).to_owned();
    let link = text(&app.stranger().get(&asked(&phone[7..])).await.ok()["link"]).to_owned();
    assert!(link.starts_with("/api/v1/evaluation-links/"), "{link}");
    assert!(clerk.get(&path).await.ok()["rating"].get("link").is_none());
    let occasion = clerk.get(&format!("/service-occasions/{}", text(&made["number"]))).await.ok();
    assert_eq!((&occasion["kind"], &occasion["staff_id"]), (&json!("consultation"), &json!(user_id("rd_clerk"))));
    let at = link.trim_start_matches("/api/v1");
    app.stranger().post(at, json!({ "grade": "very_satisfied" })).await.ok();
    // Asked again and closed again: still one rating.
    clerk.post(&format!("{path}/reopen"), json!({ "question": "办理需要几天？" })).await.ok();
    let again = clerk.post(&format!("{path}/answer"), json!({ "answer": "五个工作日。", "close": true })).await.ok();
    assert_eq!((&again["state"], &again["round"]), (&json!("closed"), &json!(2)));
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM service_occasions").await, 1);
    assert_eq!(again["rounds"][0]["answer"]["answer"], "需要报装申请表、营业执照和用地证明。");
    // Nothing is withdrawn that is over, and an answer needs words.
    let refused = clerk.post(&format!("{path}/withdraw"), json!({ "reason": "不问了" })).await.expect(409);
    assert!(refused.body["allowed_actions"].as_array().is_some_and(|a| a.contains(&json!("reopen"))), "{}", refused.body);
    let mut bare = question("phone");
    bare["contact"] = Value::Null;
    let bare = bare.as_object().map(|o| o.iter().filter(|(k, _)| *k != "contact").map(|(k, v)| (k.clone(), v.clone())).collect::<serde_json::Map<_, _>>());
    assert_eq!(clerk.post(AT, json!(bare)).await.expect(422).body["errors"][0]["pointer"], "/contact");
    clerk.post(AT, json!({ "channel": "phone", "subject": "上班时间", "question": "周六上班吗？", "answer": "周六上午照常。" })).await.created();
}

async fn asked_online_answered_and_asked_again(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let mut body = question("online");
    // Without a center the rules name the one for the item.
    let (path, made) = ask(&company, body.clone()).await;
    assert_eq!((&made["state"], &made["center_id"]), (&json!("open"), &json!(center_id("320623000000"))), "{made}");
    assert!(made["due_at"].is_string() && made["first_responder_id"].is_null());
    body["channel"] = json!("phone");
    company.post(AT, body).await.expect(422);
    let waiting = app.as_user("rd_clerk").get("/me/worklist?kind=consultation&bucket=incoming").await.ok();
    assert_eq!(waiting["items"][0]["number"], made["number"], "{waiting}");
    let clerk = app.as_user("rd_clerk");
    clerk.post(&format!("{path}/assign"), json!({ "assignee_id": user_id("rd_agent") })).await.ok();
    clerk.post(&format!("{path}/notes"), json!({ "note": "已向供水公司核实" })).await.ok();
    let agent = app.as_user("rd_agent");
    assert_eq!(agent.get("/me/worklist?kind=consultation").await.ok()["items"][0]["number"], made["number"]);
    app.as_user("rd_agent2").get(&path).await.expect(404);
    app.as_user("ent_chongchuan").get(&path).await.expect(404);
    let done = agent.post(&format!("{path}/answer"), json!({ "answer": "需要申请表。", "theme": "procedure" })).await.ok();
    assert_eq!((&done["state"], &done["theme"]), (&json!("answered"), &json!("procedure")));
    let own = company.get(&path).await.ok();
    assert_eq!(own["answer"]["answer"], "需要申请表。");
    assert!(own["answer"].get("answered_by").is_none() && own.get("transfers").is_none());
    assert!(may(&own, "reopen") && may(&own, "close") && !may(&own, "note"), "{own}");
    let story = company.get(&format!("{path}/timeline")).await.ok();
    assert!(!story.to_string().contains("已向供水公司核实") && story.to_string().contains("已答复"), "{story}");
    let again = company.post(&format!("{path}/reopen"), json!({ "question": "还需要几天？" })).await.ok();
    assert_eq!((&again["state"], &again["question"]), (&json!("open"), &json!("还需要几天？")));
    agent.post(&format!("{path}/answer"), json!({ "answer": "五个工作日。" })).await.ok();
    let closed = company.post(&format!("{path}/close"), json!({})).await.ok();
    assert_eq!(closed["state"], "closed");
    assert!(company.get(&path).await.ok()["rating"]["link"].is_string(), "who asked rates it from there");
    let mine = company.get("/evaluations?state=open").await.ok();
    assert!(mine["items"].as_array().is_some_and(|all| all.iter().any(|e| e["id"] == closed["rating"]["evaluation_id"])), "{mine}");
    company.post(&format!("{path}/answer"), json!({ "answer": "自问自答" })).await.expect(403);
    let (other, _) = ask(&company, question("online")).await;
    assert_eq!(company.post(&format!("{other}/withdraw"), json!({ "reason": "已自行解决" })).await.ok()["state"], "withdrawn");
    // For the asker only with what proves it, and the asker hears of it.
    let (third, _) = ask(&company, question("online")).await;
    let refused = clerk.post(&format!("{third}/withdraw"), json!({ "reason": "电话里说不问了" })).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/evidence", "{}", refused.text);
    let proved = json!({ "reason": "电话里说不问了", "evidence": "录音 7" });
    assert_eq!(clerk.post(&format!("{third}/withdraw"), proved).await.ok()["withdrawal_evidence"], "录音 7");
    assert!(company.get(&third).await.ok().get("withdrawal_evidence").is_none(), "of the staff");
}

async fn moves_by_an_offer_and_not_for_ever(app: TestApp) {
    let city = app.as_user("city_clerk");
    let (path, made) = ask(&city, question("phone")).await;
    let (county, other) = (app.as_user("rd_clerk"), app.as_user("cc_clerk"));
    county.get(&path).await.expect(404);
    let offered = city.post(&format!("{path}/transfer"), json!({ "to": "auto", "reason": "供水报装由如东承办" })).await.ok();
    assert_eq!(offered["transfers"][0]["to"]["division_code"], "320623000000", "{offered}");
    assert!(!text(&offered["transfers"][0]["why"]).is_empty() && offered["center_id"] == made["center_id"]);
    // One offer at a time; who has it reads it, and answers the offer only.
    city.post(&format!("{path}/transfer"), json!({ "to": "320613000000", "reason": "另请崇川" })).await.expect(409);
    let seen = county.get(&path).await.ok();
    assert!(may(&seen, "accept_transfer") && may(&seen, "return_transfer") && !may(&seen, "answer"), "{seen}");
    assert_eq!(county.get("/me/worklist?kind=consultation&bucket=incoming").await.ok()["items"][0]["number"], made["number"]);
    county.post(&format!("{path}/answer"), json!({ "answer": "抢先答复" })).await.expect(403);
    let back = county.post(&format!("{path}/return"), json!({ "reason": "厂房在崇川区" })).await.ok();
    assert_eq!(back["hand_overs"], 0);
    county.get(&path).await.expect(404);
    // Who returned it is not asked again.
    let twice = city.post(&format!("{path}/transfer"), json!({ "to": "320623000000", "reason": "再请如东" })).await.expect(422);
    assert_eq!(twice.body["errors"][0]["code"], "returned_before");
    city.post(&format!("{path}/transfer"), json!({ "to": "320613000000", "reason": "厂房在崇川区" })).await.ok();
    city.post(&format!("{path}/recall"), json!({})).await.ok();
    city.post(&format!("{path}/transfer"), json!({ "to": "320613000000", "reason": "厂房在崇川区" })).await.ok();
    let moved = other.post(&format!("{path}/accept"), json!({})).await.ok();
    assert_eq!((&moved["center_id"], &moved["hand_overs"]), (&json!(center_id("320613000000")), &json!(1)));
    // Who had it follows it masked, who met the asker first stays that.
    let former = city.get(&path).await.ok();
    assert_eq!((&former["masked"], &former["first_responder_id"]), (&json!(true), &json!(user_id("city_clerk"))), "{former}");
    assert!(former.get("question").is_none() && !former.to_string().contains("13900001234"));
    other.post(&format!("{path}/transfer"), json!({ "to": "320600000000", "reason": "退回市里" })).await.ok();
    city.post(&format!("{path}/return"), json!({ "reason": "属崇川区" })).await.ok();
    let worn = other.post(&format!("{path}/transfer"), json!({ "to": "320682000000", "reason": "请如皋" })).await;
    assert_eq!(worn.problem(409), "state_conflict");
    other.post(&format!("{path}/answer"), json!({ "answer": "由崇川供水营业厅受理。", "close": true })).await.ok();
}

async fn a_center_above_says_who_answers(app: TestApp) {
    let county = app.as_user("rd_clerk");
    let (path, _) = ask(&county, question("phone")).await;
    county.post(&format!("{path}/transfer"), json!({ "to": "320613000000", "reason": "厂房在崇川区" })).await.ok();
    let order = json!({ "to": "320613000000", "reason": "由厂房所在地答复" });
    app.as_user("rd_manager").post(&format!("{path}/designate"), order.clone()).await.expect(403);
    app.as_user("cc_clerk").post(&format!("{path}/designate"), order.clone()).await.expect(403);
    let told = app.as_user("city_manager").post(&format!("{path}/designate"), order).await.ok();
    assert_eq!(told["center_id"], json!(center_id("320613000000")), "{told}");
    let seen = app.as_user("cc_clerk").get(&path).await.ok();
    let states: Vec<&str> = seen["transfers"].as_array().into_iter().flatten().map(|t| text(&t["state"])).collect();
    assert_eq!(states, ["recalled", "designated"]);
    assert!(may(&seen, "answer") && !may(&seen, "accept_transfer"));
}

async fn becomes_a_matter_and_a_ticket(app: TestApp) {
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let mut body = question("phone");
    body["first_responder_id"] = json!(user_id("rd_agent2"));
    let (path, made) = ask(&clerk, body).await;
    // Nobody is known who applies, and whoever has no say does not hand over.
    clerk.post(&format!("{path}/open-entrustment"), json!({ "mode": "assisted" })).await.expect(422);
    agent.post(&format!("{path}/open-entrustment"), json!({ "mode": "assisted" })).await.expect(404);
    assert_eq!(clerk.get(&path).await.ok()["state"], "open");
    let applicant = json!({ "kind": "enterprise", "name": "南通示例新材料有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G" });
    let turned = clerk.post(&format!("{path}/open-entrustment"), json!({ "mode": "assisted", "applicant": applicant })).await.ok();
    assert_eq!((&turned["state"], &turned["records"][0]["kind"]), (&json!("handed_over"), &json!("entrustment")), "{turned}");
    let matter = clerk.get(&format!("/entrustments/{}", text(&turned["records"][0]["number"]))).await.ok();
    assert_eq!((&matter["consultation"]["number"], &matter["first_responder_id"]), (&made["number"], &json!(user_id("rd_agent2"))), "{matter}");
    assert_eq!((&matter["contact"]["phone"], &matter["channel"]), (&json!("13900001234"), &json!("phone")));
    // The matter is rated, not the question before it.
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM service_occasions").await, 0);
    let both = clerk.post(&format!("{path}/open-ticket"), json!({ "category": "no_lead_unit", "request": "请明确受理部门" })).await.ok();
    assert_eq!((&both["state"], both["records"].as_array().map(Vec::len)), (&json!("handed_over"), Some(2)));
    let ticket = clerk.get(&format!("/fallback-tickets/{}", text(&both["records"][1]["number"]))).await.ok();
    assert_eq!((&ticket["consultation"], &ticket["first_responder_id"]), (&made["number"], &json!(user_id("rd_agent2"))), "{ticket}");
    // What it became and is open is not opened once more, unless that is what is meant.
    let more = json!({ "mode": "assisted", "applicant": applicant });
    let refused = clerk.post(&format!("{path}/open-entrustment"), more.clone()).await.expect(409).body;
    assert!(refused["code"] == "conflict" && text(&refused["detail"]).contains(text(&turned["records"][0]["number"])), "{refused}");
    clerk.post(&format!("{path}/open-ticket"), json!({ "category": "other" })).await.expect(409);
    clerk.post(&format!("{path}/open-ticket?dry_run=true"), json!({ "category": "other", "another": true })).await.ok();
    let (parallel, _) = ask(&clerk, question("phone")).await;
    let url = format!("{parallel}/open-entrustment");
    let all = futures_util::future::join_all((0..4).map(|_| clerk.post(&url, more.clone()))).await;
    assert_eq!(all.iter().filter(|r| r.status == 200).count(), 1, "{:?}", all.iter().map(|r| r.status).collect::<Vec<_>>());
    let mut another = more;
    another["another"] = json!(true);
    assert_eq!(clerk.post(&url, another).await.ok()["records"].as_array().map(Vec::len), Some(2));
    // A dry run hands nothing over.
    let (dry, _) = ask(&clerk, question("phone")).await;
    clerk.post(&format!("{dry}/open-ticket?dry_run=true"), json!({ "category": "other" })).await.ok();
    assert_eq!(clerk.get(&dry).await.ok()["state"], "open");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM fallback_tickets").await, 1);
}

async fn who_sees_what_of_whom(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut body = question("phone");
    body["confidential"] = json!(true);
    body["question"] = json!("联系人甲反映邻厂排水，电话 13900001234，如何投诉？");
    let (path, _) = ask(&clerk, body).await;
    assert_eq!(clerk.get(&path).await.ok()["contact_phone"], "13900001234");
    let leader = app.as_user("rd_manager").get(&path).await.ok();
    assert!(leader.get("contact_name").is_none() && text(&leader["question"]).contains("（保密）"), "{leader}");
    for login in ["city_manager", "city_inspector", "city_reform"] {
        let seen = app.as_user(login).get(&path).await.ok();
        assert!(!seen.to_string().contains("13900001234") && seen.get("question").is_none(), "{login}: {seen}");
    }
    let full = app.as_user("rd_manager").post(&format!("{path}/reveal"), json!({ "reason": "核实投诉内容" })).await.ok();
    assert!(full.get("contact_phone").is_none(), "{full}");
    let (open, _) = ask(&clerk, question("phone")).await;
    let leader = app.as_user("rd_manager").get(&open).await.ok();
    assert_eq!((&leader["contact_phone"], leader["question"].is_string()), (&json!("139****1234"), true), "{leader}");
    let full = app.as_user("rd_manager").post(&format!("{open}/reveal"), json!({ "reason": "核实投诉内容" })).await.ok();
    assert_eq!(full["contact_phone"], "13900001234");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM audit_log WHERE record_kind = 'consultation' AND action = 'reveal'").await, 2);
    // Nothing that people wrote stands anywhere in clear.
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM search_docs WHERE body LIKE '%厂房%'").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE params LIKE '%厂房%' OR params LIKE '%1390000%'").await, 0);
}

async fn what_was_answered_closes_by_itself(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let (path, _) = ask(&company, question("online")).await;
    app.as_user("rd_clerk").post(&format!("{path}/answer"), json!({ "answer": "需要申请表。" })).await.ok();
    app.tick().await;
    assert_eq!(company.get(&path).await.ok()["state"], "answered");
    app.set_clock("2026-03-12T10:00:00+08:00");
    app.tick().await;
    let closed = company.get(&path).await.ok();
    assert_eq!(closed["state"], "closed");
    assert!(closed["rating"]["evaluation_id"].is_string());
    app.tick().await;
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM service_occasions").await, 1);
    // What is late is late for the center.
    let (late, _) = ask(&company, question("online")).await;
    app.set_clock("2026-03-20T10:00:00+08:00");
    app.tick().await;
    let seen = app.as_user("rd_clerk").get(&format!("{AT}?overdue=true&state=open")).await.ok();
    assert_eq!(format!("{AT}/{}", text(&seen["items"][0]["number"])), late);
    assert!(app.as_user("rd_clerk").get(&format!("{late}/timeline")).await.ok().to_string().contains("已超咨询答复时限"));
}

async fn found_and_told_without_a_login(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let (_, made) = ask(&clerk, question("phone")).await;
    let found = |login: &'static str, q: &'static str| {
        let app = &app;
        async move { app.as_user(login).post("/search", json!({ "q": q })).await.ok()["consultations"].as_array().map_or(0, Vec::len) }
    };
    assert_eq!(found("rd_clerk", "13900001234").await, 1);
    assert_eq!(found("rd_clerk", "联系人甲").await, 1);
    assert_eq!(found("rd_clerk", "供水").await, 1);
    assert_eq!((found("rd_manager", "13900001234").await, found("cc_clerk", "供水").await), (0, 0));
    let by_words = clerk.get(&format!("{AT}?q=供水&theme=materials&channel=phone")).await.ok();
    assert_eq!(by_words["items"][0]["number"], made["number"], "{by_words}");
    assert!(clerk.get(&format!("{AT}?q=供水&theme=fees")).await.ok()["items"].as_array().is_some_and(Vec::is_empty));
    let at = format!("/consultation-progress/{}", text(&made["number"]));
    let told = app.stranger().get(&format!("{at}?phone_last4=1234")).await.ok();
    assert!(told["state"] == "open" && !told.to_string().contains("联系人甲") && !told.to_string().contains("厂房"), "{told}");
    for _ in 0..5 {
        app.stranger().get(&format!("{at}?phone_last4=0000")).await.expect(404);
    }
    app.stranger().get(&format!("{at}?phone_last4=1234")).await.expect(429);
}

async fn a_hotline_brings_and_follows(app: TestApp) {
    let hotline = client(&app, "hotline-c", "hotline").await;
    let mut body = question("hotline");
    body["center"] = json!("320623000000");
    body["source"] = json!("12345-2026-0001");
    let (path, made) = ask(&hotline, body.clone()).await;
    assert_eq!(hotline.post(AT, body).await.expect(422).body["errors"][0]["pointer"], "/source");
    assert_eq!(hotline.get(&path).await.ok()["source"], "12345-2026-0001");
    hotline.post(&format!("{path}/answer"), json!({ "answer": "由热线答复" })).await.expect(403);
    // The hotline tells the caller: what a center answers is closed.
    let done = app.as_user("rd_clerk").post(&format!("{path}/answer"), json!({ "answer": "需要申请表。" })).await.ok();
    assert_eq!((&done["state"], &done["number"]), (&json!("closed"), &made["number"]));
    assert_eq!(hotline.get(&path).await.ok()["answer"]["answer"], "需要申请表。");
    assert_eq!(hotline.get(AT).await.ok()["items"].as_array().map(Vec::len), Some(1));
    ask(&app.as_user("rd_clerk"), question("phone")).await;
    assert_eq!(hotline.get(AT).await.ok()["items"].as_array().map(Vec::len), Some(1));
}

async fn two_who_answer_at_once(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let (path, _) = ask(&clerk, question("phone")).await;
    let at = format!("{path}/answer");
    let (one, two) = futures_util::join!(clerk.post(&at, json!({ "answer": "答复一。" })), clerk.post(&at, json!({ "answer": "答复二。" })));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    // A version that was read before is stale.
    let stale = clerk.post_with(&format!("{path}/close"), &[("if-match", "\"1\"")], json!({})).await;
    assert_eq!(stale.problem(412), "stale_version");
}

async fn counted_by_the_time(app: TestApp) {
    let (city, county) = (app.as_user("city_clerk"), app.as_user("rd_clerk"));
    ask(&county, answered("on_site")).await;
    let (moved, _) = ask(&city, question("phone")).await;
    city.post(&format!("{moved}/transfer"), json!({ "to": "320623000000", "reason": "由如东答复" })).await.ok();
    county.post(&format!("{moved}/accept"), json!({})).await.ok();
    county.post(&format!("{moved}/answer"), json!({ "answer": "需要申请表。", "close": true })).await.ok();
    let (turned, _) = ask(&county, question("phone")).await;
    county.post(&format!("{turned}/open-ticket"), json!({ "category": "other" })).await.ok();
    let (again, _) = ask(&county, question("phone")).await;
    county.post(&format!("{again}/answer"), json!({ "answer": "需要申请表。" })).await.ok();
    county.post(&format!("{again}/reopen"), json!({ "question": "还有呢？" })).await.ok();
    app.set_clock("2026-03-12T10:00:00+08:00");
    crate::statistics::counted(&app).await;
    let figures = |center: &'static str| {
        let app = &app;
        async move {
            let path = format!("/statistics?center={center}&from=2026-03-01&to=2026-03-12");
            let all = app.as_user("city_inspector").get(&path).await.ok();
            let of = |name: &str| {
                let found = all["figures"].as_array().into_iter().flatten().find(|f| f["indicator"] == name).cloned().unwrap_or_default();
                (found["numerator"].as_i64().unwrap_or(-1), found["denominator"].as_i64().unwrap_or(0))
            };
            let names = ["consultations_received", "consultations_answered", "consultations_handed_over", "consultation_on_time_rate", "overdue_consultations"];
            names.map(of)
        }
    };
    // Received where it was taken in, answered where it is; asked again and left it is late, and once received.
    assert_eq!(figures("320623000000").await, [(3, 0), (3, 0), (1, 0), (3, 4), (1, 0)]);
    assert_eq!(figures("320600000000").await[0], (4, 0), "with what the city took in itself");
}
