//! Supervision orders and the wall: who is above orders, who is ordered answers, and every running limit is charged to whoever
//! must act.

use actix_web::{
    body::{BoxBody, MessageBody as _},
    http::Method,
};
use serde_json::{Value, json};

use crate::support::{TestApp, accepted, counter_application, on_both_engines, text};

on_both_engines!(an_order_to_its_end, an_order_to_a_department, the_wall_charges_whoever_must_act, the_wall_is_watched);

const CITY: &str = "320600000000";
const RUDONG: &str = "320623000000";

/// A matter that the county has taken in.
async fn matter(app: &TestApp) -> String {
    let e = app.as_user("rd_clerk").post("/entrustments", counter_application("assisted")).await.created();
    text(&e["number"]).to_owned()
}

async fn an_order_to_its_end(app: TestApp) {
    let number = matter(&app).await;
    let (inspector, manager) = (app.as_user("city_inspector"), app.as_user("rd_manager"));
    let order = json!({ "about": { "kind": "entrustment", "reference": number }, "reason": "overdue", "matter": "请查明原因并限期办结" });
    // Nobody below, beside, or supervised themselves orders.
    app.as_user("rd_clerk").post("/supervisions", order.clone()).await.expect(403);
    app.as_user("cc_clerk").post("/supervisions", order.clone()).await.expect(403);
    assert_eq!(manager.post("/supervisions", order.clone()).await.expect(422).body["errors"][0]["code"], "own_center");
    let late = json!({ "about": { "kind": "entrustment", "reference": number }, "reason": "overdue", "matter": "请查明原因", "due_on": "2026-03-01" });
    assert_eq!(inspector.post("/supervisions", late).await.expect(422).body["errors"][0]["pointer"], "/due_on");
    let telling = json!({ "about": { "kind": "entrustment", "reference": number }, "reason": "overdue", "matter": "请回电申请人 13900001234" });
    let told = inspector.post("/supervisions", telling).await.expect(400);
    assert_eq!((&told.body["errors"][0]["pointer"], &told.body["errors"][0]["code"]), (&json!("/matter"), &json!("personal_data")));
    let bare = json!({ "reason": "other", "matter": "请查明原因" });
    assert_eq!(inspector.post("/supervisions", bare).await.expect(422).body["errors"][0]["pointer"], "/center");

    let s = inspector.post("/supervisions", order.clone()).await.created();
    let at = format!("/supervisions/{}", text(&s["number"]));
    assert_eq!((&s["state"], &s["to"], &s["about_number"]), (&json!("issued"), &json!("如东县政务服务中心"), &json!(number)));
    assert_eq!(s["due_at"], "2026-03-03T17:00:00.000+08:00", "to be signed in within a working day");
    assert_eq!(s["allowed_actions"], json!(["withdraw"]));
    inspector.post("/supervisions", order).await.expect(409);
    // The center reads it, its leader answers; another center finds nothing; the applicant reads of none.
    assert_eq!(app.as_user("rd_clerk").get(&at).await.ok()["allowed_actions"], json!([]));
    app.as_user("cc_clerk").get(&at).await.expect(404);
    let story = manager.get(&format!("/entrustments/{number}/timeline?limit=100")).await.ok().to_string();
    assert!(story.contains("发出督办单"), "{story}");
    let mine = manager.get("/me/worklist?bucket=incoming").await.ok().to_string();
    assert!(mine.contains(text(&s["number"])), "{mine}");
    manager.post(&format!("{at}/answer"), json!({ "findings": "查明", "measures": "办结" })).await.expect(409);
    let s = manager.post(&format!("{at}/sign-in"), json!({ "responsible": "代办科负责人" })).await.ok();
    assert_eq!((&s["state"], &s["due_at"]), (&json!("signed_in"), &json!("2026-03-09T17:00:00.000+08:00")));
    inspector.post(&format!("{at}/progress"), json!({ "words": "不是我的事" })).await.expect(403);
    app.as_user("rd_clerk").post(&format!("{at}/progress"), json!({ "words": "已补齐材料" })).await.ok();
    inspector.post(&format!("{at}/extend"), json!({ "due_on": "2026-03-09", "reason": "需会商" })).await.expect(422);
    let s = inspector.post(&format!("{at}/extend"), json!({ "due_on": "2026-03-11", "reason": "需会商" })).await.ok();
    assert_eq!((&s["due_at"], &s["late"]), (&json!("2026-03-11T17:00:00.000+08:00"), &json!(false)));
    inspector.post(&format!("{at}/extend"), json!({ "due_on": "2026-03-12", "reason": "再延" })).await.expect(409);

    app.set_clock("2026-03-12T10:00:00+08:00");
    app.tick().await;
    let s = manager.get(&at).await.ok();
    assert_eq!((&s["overdue"], &s["clocks"][2]["breached_at"].is_string()), (&json!(true), &true), "{s}");
    let answer = json!({ "findings": "收件后未分派", "measures": "已办结并调整分派规则" });
    let s = manager.post(&format!("{at}/answer"), answer.clone()).await.ok();
    assert_eq!((&s["state"], &s["late"], s.get("due_at")), (&json!("answered"), &json!(true), None));
    manager.post(&format!("{at}/confirm"), json!({ "words": "同意" })).await.expect(403);
    let s = inspector.post(&format!("{at}/send-back"), json!({ "words": "没有写明完成情况" })).await.ok();
    assert_eq!((&s["state"], &s["sent_back"], s.get("answer")), (&json!("signed_in"), &json!(1), None));
    manager.post(&format!("{at}/answer"), answer).await.ok();
    // Two judge at once: one of them is told.
    let version = inspector.get(&at).await.expect(200).header("etag").to_owned();
    let judge = || {
        let request = inspector.request(Method::POST, &format!("{at}/confirm")).insert_header(("if-match", version.clone()));
        app.send(request.set_json(json!({ "words": "整改到位" })))
    };
    let (one, two) = futures_util::future::join(judge(), judge()).await;
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both[0], 200);
    assert!(matches!(both[1], 409 | 412), "{both:?}");
    let s = inspector.get(&at).await.ok();
    assert_eq!((&s["state"], &s["allowed_actions"], &s["notes"].as_array().map(Vec::len)), (&json!("closed"), &json!([]), &Some(7)));
    // The next one may name the one before.
    let next = json!({ "about": { "kind": "entrustment", "reference": number }, "reason": "shirking", "matter": "再次督办", "follows_id": s["id"] });
    inspector.post("/supervisions", next).await.created();
    let late = inspector.get("/supervisions?reason=overdue&state=closed").await.ok();
    assert_eq!(late["items"].as_array().map(Vec::len), Some(1));
}

async fn an_order_to_a_department(app: TestApp) {
    let departments = app.stranger().get(&format!("/centers/{RUDONG}/departments")).await.ok();
    let of = |staffed: bool| {
        let fits = |d: &&Value| d["staffed"] == staffed && (!staffed || text(&d["name"]).contains("市场监督管理局"));
        departments["items"].as_array().expect("departments").iter().find(fits).expect("one")["id"].clone()
    };
    let (inspector, manager) = (app.as_user("city_inspector"), app.as_user("rd_manager"));
    let charge = |department: Value| json!({ "department_id": department, "reason": "complaint", "matter": "窗口服务态度被投诉，请核查" });
    let refused = inspector.post("/supervisions", charge(of(false))).await.expect(422);
    assert_eq!(refused.body["errors"][0]["code"], "department_without_account");
    // A leader may order a department of their own center, and judges its answer.
    let s = manager.post("/supervisions", charge(of(true))).await.created();
    let at = format!("/supervisions/{}", text(&s["id"]));
    let handler = app.as_user("rd_scjg");
    assert_eq!(handler.get(&at).await.ok()["allowed_actions"], json!(["sign_in"]));
    manager.post(&format!("{at}/sign-in"), json!({ "responsible": "中心" })).await.expect(403);
    handler.post(&format!("{at}/sign-in"), json!({ "responsible": "窗口组长" })).await.ok();
    handler.post(&format!("{at}/answer"), json!({ "findings": "属实", "measures": "已道歉并培训" })).await.ok();
    manager.post(&format!("{at}/confirm"), json!({ "words": "同意" })).await.ok();
    // The inspectors of the city supervise the city's own center, whose leader judges nothing of it.
    let order = json!({ "center": CITY, "reason": "inspection", "matter": "核查窗口空岗的问题" });
    let s = inspector.post("/supervisions", order).await.created();
    let (at, leader) = (format!("/supervisions/{}", text(&s["id"])), app.as_user("city_manager"));
    leader.post(&format!("{at}/sign-in"), json!({ "responsible": "值班长" })).await.ok();
    let s = leader.post(&format!("{at}/answer"), json!({ "findings": "属实", "measures": "已调整排班" })).await.ok();
    assert_eq!(s["allowed_actions"], json!([]));
    leader.post(&format!("{at}/confirm"), json!({ "words": "同意" })).await.expect(403);
    inspector.post(&format!("{at}/confirm"), json!({ "words": "同意" })).await.ok();
    // Withdrawn: nobody owes anything.
    let s = inspector.post("/supervisions", charge(of(true))).await.created();
    let gone = inspector.post(&format!("/supervisions/{}/withdraw", text(&s["id"])), json!({ "words": "重复" })).await.ok();
    assert!(gone["clocks"].as_array().expect("clocks").iter().all(|c| c["state"] == "stopped"));
}

/// Of a wall, the counts of a kind of limit.
fn of_kind(wall: &Value, kind: &str) -> Value {
    wall["kinds"].as_array().expect("kinds").iter().find(|k| k["kind"] == kind).map(|k| k["counts"].clone()).unwrap_or_default()
}

async fn the_wall_charges_whoever_must_act(app: TestApp) {
    let (city, county) = (app.as_user("city_manager"), app.as_user("rd_manager"));
    let wall = |of: &'static str| format!("/supervision-wall?center={of}");
    let before = city.get(&wall(CITY)).await.ok();
    let running = |w: &Value, kind: &str| of_kind(w, kind)["running"].as_i64().unwrap_or(0);
    let mut application = counter_application("assisted");
    application["center"] = json!(CITY);
    let number = text(&app.as_user("city_clerk").post("/entrustments", application).await.created()["number"]).to_owned();
    let now = city.get(&wall(CITY)).await.ok();
    assert_eq!((running(&now, "accept"), running(&now, "transfer")), (running(&before, "accept") + 1, running(&before, "transfer")));
    // Offered: the receiver owes the answer, and not the sender.
    let own = |w: &Value| w["own"]["running"].as_i64().expect("n");
    let offer = json!({ "to": RUDONG, "applicant_consent": true });
    app.as_user("city_clerk").post(&format!("/entrustments/{number}/transfer"), offer).await.created();
    assert_eq!(running(&county.get(&wall(RUDONG)).await.ok(), "transfer"), 1);
    assert_eq!(own(&city.get(&wall(CITY)).await.ok()), own(&now), "who offers does not owe the answer");
    // Taken over: what the matter asks for is the county's own.
    let transfer = app.as_user("city_clerk").get(&format!("/entrustments/{number}")).await.ok()["open_transfer_id"].clone();
    let mut accept = accepted();
    accept["assignee_id"] = json!(crate::support::user_id("rd_agent"));
    app.as_user("rd_clerk").post(&format!("/transfers/{}/accept", text(&transfer)), json!({ "accept_matter": accept })).await.ok();
    app.as_user("rd_agent").post(&format!("/entrustments/{number}/start"), json!({})).await.ok();
    let all = city.get(&wall(CITY)).await.ok();
    assert_eq!((own(&all), running(&all, "transfer")), (own(&before), running(&before, "transfer")));
    assert_eq!(running(&all, "feedback"), running(&before, "feedback") + 1, "the applicant is to be told how it stands");
    let of_county = all["centers"].as_array().expect("centers").iter().find(|c| c["center"]["division_code"] == RUDONG).expect("the county");
    assert!(of_county["counts"]["running"].as_i64() >= Some(1), "{all}");
    // The sums agree: everything is the center's own, a child's or a department's.
    let sum = |list: &Value| list.as_array().expect("list").iter().map(|c| c["counts"]["running"].as_i64().expect("n")).sum::<i64>();
    let parts = own(&all) + sum(&all["centers"]) + sum(&all["departments"]);
    assert_eq!(all["totals"]["running"].as_i64(), Some(parts));
    assert_eq!(
        all["totals"]["running"].as_i64(),
        Some(all["kinds"].as_array().expect("kinds").iter().map(|k| k["counts"]["running"].as_i64().expect("n")).sum())
    );
    // Time passes: what is late is broken, on every wall above.
    app.set_clock("2026-04-20T10:00:00+08:00");
    let late = city.get(&wall(CITY)).await.ok();
    assert!(late["totals"]["broken"].as_i64() > Some(0) && late["totals"]["running"].as_i64() < all["totals"]["running"].as_i64());
    // Behind each number stand its limits, by name: the broken first.
    let broken = city.get(&format!("/supervision-wall/limits?center={CITY}&standing=broken&limit=200")).await.ok();
    assert_eq!(broken["items"].as_array().map(|l| l.len() as i64), late["totals"]["broken"].as_i64());
    let mut named = 0;
    let mut cursor = String::new();
    loop {
        let page = city.get(&format!("/supervision-wall/limits?center={CITY}&limit=2{cursor}")).await.ok();
        named += page["items"].as_array().expect("items").len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let all_now = ["running", "near", "broken"].map(|k| late["totals"][k].as_i64().expect("n")).iter().sum::<i64>();
    assert_eq!(named as i64, all_now, "page by page");
    let one = broken["items"].as_array().expect("items").iter().find(|l| l["number"] == json!(number)).expect("the matter");
    assert_eq!((&one["responsible"], one["title"].is_string()), (&json!("如东县政务服务中心"), true));
    county.get(&format!("/supervision-wall/limits?center={CITY}")).await.expect(403);
    // Each sees their own and what is below.
    county.get(&wall(CITY)).await.expect(403);
    app.as_user("rd_agent").get(&wall(RUDONG)).await.expect(403);
    city.get("/supervision-wall?center=999999999999").await.expect(400);
    county.get("/supervision-wall").await.ok();
}

/// The next piece of a stream, comments aside.
async fn piece(body: &mut BoxBody) -> String {
    loop {
        let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_next(cx)).await;
        let text = String::from_utf8(next.expect("open").expect("a piece").to_vec()).expect("text");
        if !text.starts_with(':') {
            return text;
        }
    }
}

async fn the_wall_is_watched(app: TestApp) {
    let request = app.as_user("rd_manager").request(Method::GET, "/supervision-wall/stream").to_request();
    let mut body = app.streamed(request).await;
    let first = piece(&mut body).await;
    assert!(first.starts_with("event: wall\nretry: 3000\ndata: {\"center\""), "{first}");
    matter(&app).await;
    let second = piece(&mut body).await;
    assert!(second.starts_with("event: wall") && second != first, "{second}");
    app.as_user("rd_agent").get("/supervision-wall/stream").await.expect(403);
}
