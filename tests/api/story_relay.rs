//! The relay in four cities: Nantong [000] (a county project that needs the city), Nanchong [001] (five stages under 120 days),
//! Taishan [002] (from the village to the city), Gongqingcheng [004] (terminated by the applicant, every form printed).

use jieli::cli::Shipped;
use serde_json::{Value, json};

use crate::support::{Caller, TestApp, accepted, center_id, counter_application, on_both_engines, text, user_id};

on_both_engines!(nantong_asks_the_city);

macro_rules! in_city {
    ($($name:ident: $city:ident),* $(,)?) => {
        mod sqlite_city { $( #[actix_web::test] async fn $name() { super::$name(crate::support::TestApp::sqlite_city(super::Shipped::$city).await).await } )* }
        mod postgres_city { $( #[actix_web::test] async fn $name() { super::$name(crate::support::TestApp::postgres_city(super::Shipped::$city).await).await } )* }
    };
}
in_city!(nanchong_runs_five_stages: Nanchong, taishan_from_the_village_to_the_city: Taishan, gongqingcheng_prints_every_form: Gongqingcheng);

const CHONGCHUAN: &str = "320613000000";

/// Files, is accepted and granted, by whoever carries the step.
async fn carry(who: &Caller<'_>, path: &str, step: &str) {
    for (act, report) in [
        ("file", json!({ "receipt_no": "收-1" })),
        ("accept", json!({ "acceptance_no": "受-1", "evidence": "通知书" })),
        ("grant", json!({ "result_no": format!("准-{step}"), "evidence": "决定书" })),
    ] {
        who.post(&format!("{path}/steps/{step}/{act}"), report).await.ok();
    }
}

async fn printed(app: &TestApp, who: &Caller<'_>, form: &Value) {
    let request = who.request(actix_web::http::Method::GET, &format!("/forms/{}/pdf", text(&form["id"])));
    assert!(app.bytes(request).await.starts_with(b"%PDF-"), "{form}");
}

/// Staff of a center, granted by two administrators.
async fn staff<'a>(app: &'a TestApp, login: &str, role: &str, center: &str) -> Caller<'a> {
    let new = json!({ "login": login, "password": "a-long-password", "display_name": login, "title": "工作人员", "employment": "part_time", "center_id": center_id(center) });
    let id = text(&app.as_user("sys_admin").post("/users", new).await.created()["id"]).to_owned();
    let grant = json!({ "user_id": id, "role": role, "node_id": center_id(center), "reason": "到岗" });
    let grant = text(&app.as_user("sys_admin").post("/grants", grant).await.created()["id"]).to_owned();
    app.as_user("sec_admin").post(&format!("/grants/{grant}/approve"), json!({})).await.ok();
    app.as_person(id.parse().expect("id"))
}

async fn nantong_asks_the_city(app: TestApp) {
    let (clerk, agent, city, carrier) = (app.as_user("rd_clerk"), app.as_user("rd_agent"), app.as_user("city_clerk"), app.as_user("city_agent1"));
    // The project and its matter.
    let content = json!({ "name": "海上风电装备基地", "kinds": ["provincial_key"], "investment": 300_000, "site": "如东县洋口港" });
    let project = clerk.post("/projects", json!({ "applicant": counter_application("assisted")["applicant"], "content": content })).await.created();
    let project = format!("/projects/{}", text(&project["number"]));
    let e = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    clerk.post(&format!("{project}/attach"), json!({ "entrustment": e["number"], "stage": "planning_approval" })).await.ok();
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    let step = |code: &str, name: &str| json!({ "code": code, "name": name, "department": "审批部门", "limit": { "value": 5, "unit": "working_day" } });
    agent.post(&format!("{path}/plan"), json!({ "steps": [step("S1", "海域使用论证"), step("S2", "跨区管线审查"), step("S3", "施工许可")] })).await.ok();
    // Two are asked at the same time; the county's own step goes on beside them.
    let ask = |to: &str, step: &str| json!({ "to": to, "steps": [step], "reason": "请协调办理", "papers": ["申请表"] });
    let first = agent.post(&format!("{path}/joint-handlings"), ask("auto", "S1")).await.created();
    let second = agent.post(&format!("{path}/joint-handlings"), ask(CHONGCHUAN, "S2")).await.created();
    let leg = |l: &Value| format!("/joint-handlings/{}", text(&l["number"]));
    carry(&agent, &path, "S3").await;
    let letter = agent.post(&format!("{path}/forms"), json!({ "kind": "joint_request", "about": first["id"] })).await.created();
    printed(&app, &agent, &letter).await;
    // The city is urged, and takes its part over; the district declines: whose it is, the city decides.
    let urged = agent.post("/reminders", json!({ "items": [{ "entrustment": e["number"], "open": first["id"], "message": "请尽快答复" }] })).await.expect(207);
    let reminder = format!("/reminders/{}", text(&urged.body["items"][0]["created_number"]));
    city.post(&format!("{reminder}/answer"), json!({ "answer": "今日安排专人" })).await.ok();
    city.post(&format!("{}/accept", leg(&first)), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    app.as_user("cc_clerk").post(&format!("{}/decline", leg(&second)), json!({ "reason": "管线不在本区" })).await.ok();
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.expect(409);
    let at = format!("/arbitrations/{}", text(&agent.get(&path).await.ok()["open_arbitration_id"]));
    app.as_user("rd_manager").post(&format!("{at}/decide"), json!({ "kind": "keep", "reason": "本县自办" })).await.expect(403);
    let decision = json!({ "kind": "joint", "to": CHONGCHUAN, "steps": ["S2"], "reason": "管线起点在崇川区" });
    app.as_user("city_manager").post(&format!("{at}/decide"), decision).await.ok();
    // The decision has its form at once, in the name of who decided; each side reads it.
    let all = agent.get(&format!("{path}/forms")).await.ok();
    let order = all["items"].as_array().expect("forms").iter().find(|f| f["kind"] == "arbitration_decision").expect("the decision").clone();
    let decided = agent.get(&format!("/forms/{}", text(&order["id"]))).await.ok();
    assert!(decided["sheet"].to_string().contains("管线起点在崇川区"), "{decided}");
    printed(&app, &agent, &decided).await;
    // What was decided is carried, whether one likes it or not.
    let relay = agent.get(&format!("{path}/relay")).await.ok();
    let open = relay["open"].as_array().expect("open");
    let imposed = open.iter().find(|l| l["with"] == "崇川区政务服务中心").expect("imposed").clone();
    assert_eq!((open.len(), &imposed["state"]), (2, &json!("accepted")));
    let imposed = format!("/joint-handlings/{}", text(&imposed["number"]));
    let district = app.as_user("cc_agent");
    app.as_user("cc_clerk").post(&format!("{imposed}/assign"), json!({ "assignee_id": user_id("cc_agent") })).await.ok();
    for (who, at, step) in [(&carrier, leg(&first), "S1"), (&district, imposed.clone(), "S2")] {
        carry(who, &at, step).await;
        who.post(&format!("{at}/hand-back"), json!({ "step": step, "papers": ["批复"] })).await.ok();
        who.post(&format!("{at}/complete"), json!({})).await.ok();
    }
    agent.post(&format!("{path}/complete"), json!({ "outcome": "granted", "note": "三项均已批准" })).await.ok();
    let signed = json!({ "signature": { "method": "handwritten", "evidence": "签收单 1" } });
    let e = clerk.post(&format!("{path}/sign-completion"), signed).await.ok();
    assert_eq!((&e["state"], &e["hand_overs"], &e["custodian"]["division_code"]), (&json!("closed"), &json!(0), &json!("320623000000")));
    // Counted once, and the work of each apart; the project has the days.
    let legs = agent.get("/joint-handlings?state=completed").await.ok();
    assert_eq!(legs["items"].as_array().map(Vec::len), Some(2));
    assert!(clerk.get(&format!("{project}/progress")).await.ok()["used_days"].as_u64().is_some());
}

async fn nanchong_runs_five_stages(app: TestApp) {
    let (clerk, agent, manager, pm) = (app.as_user("city_clerk"), app.as_user("city_agent1"), app.as_user("city_manager"), app.as_user("city_pm"));
    let item = app.stranger().get("/service-items?limit=1").await.ok()["items"][0]["code"].clone();
    let company = json!({ "kind": "enterprise", "name": "南充市重点项目演示有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G", "flags": ["key_project"] });
    let content = json!({ "name": "嘉陵江大桥", "kinds": ["municipal_key", "livelihood"], "investment": 80_000, "site": "顺庆区" });
    let project = clerk.post("/projects", json!({ "applicant": company, "content": content })).await.created();
    let project = format!("/projects/{}", text(&project["number"]));
    manager.post(&format!("{project}/assign-manager"), json!({ "manager_id": user_id("city_pm") })).await.ok();
    let stages = ["initiation", "land_supply", "planning_approval", "construction_permit", "final_acceptance"];
    for (month, (n, stage)) in (3u32..).zip(stages.iter().enumerate()) {
        app.set_clock(&format!("2026-{month:02}-09T09:30:00+08:00"));
        let form =
            json!({ "item": item, "mode": "assisted", "channel": "window", "applicant": company, "contact": { "name": "联系人甲", "phone": "13900001111" } });
        let e = clerk.post("/entrustments", form).await.created();
        let path = format!("/entrustments/{}", text(&e["id"]));
        let mut body = accepted();
        body["assignee_id"] = json!(user_id("city_agent1"));
        clerk.post(&format!("{path}/accept"), body).await.ok();
        agent.post(&format!("{path}/start"), json!({})).await.ok();
        let step = json!({ "code": "S1", "name": "审批", "department": "南充市行政审批局", "limit": { "value": 10, "unit": "working_day" } });
        agent.post(&format!("{path}/plan"), json!({ "steps": [step] })).await.ok();
        clerk.post(&format!("{project}/attach"), json!({ "entrustment": e["number"], "stage": stage })).await.ok();
        agent.post(&format!("{path}/steps/S1/file"), json!({ "receipt_no": "收-1" })).await.ok();
        agent.post(&format!("{path}/steps/S1/accept"), json!({ "acceptance_no": "受-1", "evidence": "通知书" })).await.ok();
        if n == 1 {
            // 中止: what waits for others is not counted.
            app.set_clock(&format!("2026-{month:02}-10T09:30:00+08:00"));
            manager.post(&format!("{path}/suspend"), json!({ "reason": "awaiting_third_party", "note": "等待测绘", "days": 10 })).await.ok();
            app.set_clock(&format!("2026-{month:02}-13T09:30:00+08:00"));
            agent.post(&format!("{path}/resume"), json!({})).await.ok();
        }
        if n == 2 {
            meet(&app, &project, text(&e["number"]), month).await;
        }
        app.set_clock(&format!("2026-{month:02}-16T15:00:00+08:00"));
        agent.post(&format!("{path}/steps/S1/grant"), json!({ "result_no": "准-1", "evidence": "批复" })).await.ok();
        agent.post(&format!("{path}/complete"), json!({ "outcome": "granted" })).await.ok();
        clerk.post(&format!("{path}/sign-completion"), json!({ "signature": { "method": "handwritten", "evidence": "签收单" } })).await.ok();
        let done = json!({ "stage": stage, "completed_on": format!("2026-{month:02}-16") });
        pm.post(&format!("{project}/complete-stage"), done).await.ok();
    }
    let ended = pm.post(&format!("{project}/complete"), json!({})).await.ok();
    let used = ended["used_days"].as_u64().expect("days");
    assert!(ended["state"] == "completed" && (15..=30).contains(&used) && ended["warning"] == "none", "{ended}");
}

/// 并联审批会 over the project: one resolution is not carried out in time, and goes to the leader.
async fn meet(app: &TestApp, project: &str, matter: &str, month: u32) {
    let (clerk, manager, leader) = (app.as_user("city_clerk"), app.as_user("near_clerk"), app.as_user("city_manager"));
    let near = app.as_user("near_clerk").get("/me").await.ok();
    let near = near["center"]["id"].as_str().or(near["center_id"].as_str()).expect("center").to_owned();
    let call = json!({ "kind": "parallel_approval", "title": "规划报建并联审批会", "place": "市政务服务中心",
        "starts_at": format!("2026-{month:02}-10T14:00:00+08:00"), "ends_at": format!("2026-{month:02}-10T16:00:00+08:00"),
        "host_id": user_id("city_manager"),
        "invitees": [{ "kind": "center", "id": near }], "agenda": [{ "topic": "管线迁改", "entrustment": matter }, { "topic": "项目进度", "project": project.trim_start_matches("/projects/") }] });
    let meeting = format!("/meetings/{}", text(&clerk.post("/meetings", call).await.created()["number"]));
    manager.post(&format!("{meeting}/respond"), json!({ "response": "accepted" })).await.ok();
    app.set_clock(&format!("2026-{month:02}-10T16:30:00+08:00"));
    let minutes = json!({ "minutes": "明确管线迁改由所在区负责。", "attended": [near],
        "resolutions": [{ "agenda": 1, "owner": { "kind": "center", "id": near }, "content": "完成管线迁改", "limit": { "value": 1, "unit": "working_day" } }] });
    clerk.post(&format!("{meeting}/record-minutes"), minutes).await.ok();
    let bound = leader.post(&format!("{meeting}/conclude"), json!({})).await.ok();
    let resolution = format!("/resolutions/{}", text(&bound["resolutions"][0]["number"]));
    app.set_clock(&format!("2026-{month:02}-14T09:00:00+08:00"));
    app.tick().await;
    app.tick().await;
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM events WHERE kind = 'resolution.escalated'").await, 1);
    leader.post(&format!("{resolution}/instruct"), json!({ "instruction": "今日完成" })).await.ok();
    manager.post(&format!("{resolution}/carry-out"), json!({ "report": "已完成迁改" })).await.ok();
    clerk.post(&format!("{resolution}/confirm"), json!({})).await.ok();
}

async fn taishan_from_the_village_to_the_city(app: TestApp) {
    const CITY: &str = "440781000000";
    const VILLAGE: &str = "440781001001";
    let (city, manager) = (app.as_user("city_clerk"), app.as_user("city_manager"));
    let village = staff(&app, "cun_clerk", "clerk", VILLAGE).await;
    // Villages take in, and carry nothing themselves.
    let root = center_id(CITY).to_string();
    let levels = json!(["county", "town"]);
    app.db.commit(move |tx| jieli::settings::set(tx, &root, "agency_levels", &levels)).await.expect("setting");
    let found = app.stranger().get("/service-items?q=食品经营许可").await.ok();
    let item = found["items"][0]["code"].clone();
    let form = json!({ "item": item, "mode": "full_agency", "channel": "window",
        "applicant": { "kind": "enterprise", "name": "台山市返乡创业演示有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G", "flags": ["foreign_invested"], "division_code": VILLAGE },
        "contact": { "name": "联系人甲", "phone": "13900007777" } });
    let e = village.post("/entrustments", form).await.created();
    let (path, number) = (format!("/entrustments/{}", text(&e["id"])), text(&e["number"]).to_owned());
    let why = village.post("/routing/resolve", json!({ "item": item })).await.ok();
    assert_eq!((&why["relation"], why["chain"].as_array().map(Vec::len)), (&json!("transfer_up"), Some(3)), "{why}");
    let offer = json!({ "to": "auto", "applicant_consent": true, "reason": "属市级事项，村级不设代办", "papers": ["营业执照复印件"] });
    let transfer = village.post(&format!("{path}/transfer"), offer).await.created();
    for kind in ["transfer", "hand_over_list"] {
        let form = village.post(&format!("{path}/forms"), json!({ "kind": kind })).await.created();
        printed(&app, &village, &form).await;
    }
    // Only the giver's own people sign as giver; nobody signs for the taker in the giver's name.
    let list = village.get(&format!("{path}/forms")).await.ok()["items"][0].clone();
    let at = format!("/forms/{}/sign", text(&list["id"]));
    assert_eq!(village.post(&at, json!({ "place": "taker" })).await.expect(422).body["errors"][0]["code"], "not_yours");
    // One hand-over over three levels; the city carries it to its end.
    let mut acceptance = accepted();
    acceptance["assignee_id"] = json!(user_id("city_agent1"));
    let taken = json!({ "papers_received": ["营业执照复印件"], "accept_matter": acceptance });
    city.post(&format!("/transfers/{}/accept", text(&transfer["id"])), taken).await.ok();
    let chain = village.get(&format!("{path}/custody")).await.ok();
    assert_eq!(chain["items"].as_array().map(Vec::len), Some(2));
    let agent = app.as_user("city_agent1");
    assert_eq!(agent.post(&at, json!({ "place": "giver" })).await.expect(422).body["errors"][0]["code"], "not_yours");
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let form = agent.post(&format!("{path}/forms"), json!({ "kind": "agreement" })).await.created();
    let sent = agent.post(&format!("/forms/{}/signing-link", text(&form["id"])), json!({})).await.ok();
    let link = text(&sent["link"]).trim_start_matches("/api/v1");
    app.stranger().post(link, json!({ "code": sent["code"], "document_hash": form["document_hash"] })).await.ok();
    let e = manager.get(&path).await.ok();
    assert_eq!((&e["state"], &e["hand_overs"]), (&json!("in_progress"), &json!(1)));
    let told = app.stranger().get(&format!("/progress/{number}/relay?phone_last4=7777")).await.ok();
    assert!(text(&told["story"][1]).contains("接续办理"), "{told}");
}

async fn gongqingcheng_prints_every_form(app: TestApp) {
    let (company, clerk, agent, manager) = (app.as_user("company"), app.as_user("city_clerk"), app.as_user("city_agent1"), app.as_user("city_manager"));
    let found = app.stranger().get("/service-items?q=建设工程规划许可证").await.ok();
    let form = json!({ "item": found["items"][0]["code"], "mode": "full_agency", "channel": "mini_program", "center": "360482000000",
        "contact": { "name": "联系人己", "phone": "13900006666" }, "request": "新建厂房" });
    let e = company.post("/entrustments", form).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("city_agent1"));
    clerk.post(&format!("{path}/accept"), body).await.ok();
    agent.post(&format!("{path}/draft-agreement"), json!({})).await.ok();
    let issue = async |kind: &str| agent.post(&format!("{path}/forms"), json!({ "kind": kind })).await.created();
    let agreement = issue("agreement").await;
    company.post(&format!("/forms/{}/sign", text(&agreement["id"])), json!({ "document_hash": agreement["document_hash"] })).await.ok();
    agent
        .post(
            &format!("{path}/plan"),
            json!({ "milestones": [{ "name": "取得规划许可", "due_on": "2026-04-30" }], "supporting_unit": "共青城市发展和改革委员会" }),
        )
        .await
        .ok();
    for kind in ["application", "receipt", "plan"] {
        issue(kind).await;
    }
    let material = company.get(&path).await.ok()["materials"][0]["code"].clone();
    let notice = json!({ "items": [{ "code": material, "what": "未加盖公章", "how": "盖章后重新上传" }] });
    agent.post(&format!("{path}/one-time-notice"), notice).await.ok();
    manager.post(&format!("{path}/suspend"), json!({ "reason": "awaiting_applicant", "note": "等待选址", "days": 20 })).await.ok();
    agent.post(&format!("{path}/resume"), json!({})).await.ok();
    // 终止 by the applicant: both sign the form itself.
    company.post(&format!("{path}/request-termination"), json!({ "reason": "applicant_request", "note": "投资计划调整" })).await.ok();
    let last = issue("termination").await;
    let at = format!("/forms/{}/sign", text(&last["id"]));
    agent.post(&at, json!({ "place": "center", "papers_returned": true })).await.ok();
    company.post(&at, json!({ "document_hash": last["document_hash"] })).await.ok();
    assert_eq!(company.get(&path).await.ok()["state"], "terminated");
    let all = agent.get(&format!("{path}/forms")).await.ok();
    let kinds: Vec<&str> = all["items"].as_array().expect("forms").iter().map(|f| text(&f["kind"])).collect();
    for kind in ["application", "receipt", "agreement", "plan", "one_time_notice", "suspension", "resumption", "termination"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    for form in all["items"].as_array().expect("forms") {
        printed(&app, &company, form).await;
        let seen = app.stranger().get(&format!("/forms/verify/{}", text(&form["verification_code"]))).await.ok();
        assert_eq!((&seen["valid"], &seen["document_hash"]), (&json!(true), &form["document_hash"]));
        assert!(!seen.to_string().contains("1390000"), "{seen}");
    }
}
