//! Projects: stages with their matters, the working days that authorities take, and the cap on all of them.

use serde_json::{Value, json};

use crate::support::{Caller, TestApp, accepted, center_id, counter_application, on_both_engines, text, user_id, water_application};

on_both_engines!(
    five_stages_under_the_cap,
    a_project_that_passes_its_cap,
    what_a_project_refuses,
    who_sees_a_project,
    a_list_of_projects,
    what_others_manage_hides_nothing,
    stages_are_done_in_order_and_not_before_the_project,
    a_list_says_what_the_project_says,
    the_matters_of_a_project,
    what_is_refused_or_tried_takes_no_number,
);

fn content(name: &str) -> Value {
    json!({ "name": name, "kinds": ["municipal_key", "livelihood"], "investment": 120_000, "site": "如东县洋口港 1 号" })
}

/// A project of the company that comes to the counter, managed by `city_pm`; its path.
async fn opened(app: &TestApp, name: &str) -> String {
    let body = json!({ "applicant": counter_application("assisted")["applicant"], "content": content(name) });
    let project = app.as_user("rd_clerk").post("/projects", body).await.created();
    let path = format!("/projects/{}", text(&project["number"]));
    app.as_user("rd_manager").post(&format!("{path}/assign-manager"), json!({ "manager_id": user_id("city_pm") })).await.ok();
    path
}

/// A matter of that company in a stage of a project, with a plan of one step; its path.
async fn matter(app: &TestApp, project: &str, stage: &str, days: u32) -> String {
    let (clerk, agent) = (app.as_user("rd_clerk"), app.as_user("rd_agent"));
    let e = clerk.post("/entrustments", counter_application("assisted")).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    let mut acceptance = accepted();
    acceptance["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("{path}/accept"), acceptance).await.ok();
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    let step = json!({ "code": "S1", "name": "审批", "department": "供水单位", "limit": { "value": days, "unit": "working_day" } });
    agent.post(&format!("{path}/plan"), json!({ "steps": [step] })).await.ok();
    clerk.post(&format!("{project}/attach"), json!({ "entrustment": e["number"], "stage": stage })).await.ok();
    path
}

/// At a time, the agent records an act of the step.
async fn step(app: &TestApp, matter: &str, at: &str, act: &str) {
    app.set_clock(&format!("2026-{at}:00+08:00"));
    let agent = app.as_user("rd_agent");
    if act == "accept" {
        agent.post(&format!("{matter}/steps/S1/file"), json!({ "receipt_no": "R-1" })).await.ok();
    }
    let mut report = json!({ "evidence": "照片" });
    match act {
        "accept" => report["acceptance_no"] = json!("受-1"),
        "grant" => report["result_no"] = json!("准-1"),
        "enter_special" => report["special_days"] = json!(5),
        _ => {}
    }
    agent.post(&format!("{matter}/steps/S1/{act}"), report).await.ok();
}

/// The matter ends: completed, and signed for.
async fn close(app: &TestApp, matter: &str) {
    app.as_user("rd_agent").post(&format!("{matter}/complete"), json!({ "outcome": "granted" })).await.ok();
    let signed = json!({ "signature": { "method": "handwritten", "evidence": "签收单 1" } });
    app.as_user("rd_clerk").post(&format!("{matter}/sign-completion"), signed).await.ok();
}

async fn done(app: &TestApp, project: &str, stage: &str, on: &str) -> Value {
    app.as_user("city_pm").post(&format!("{project}/complete-stage"), json!({ "stage": stage, "completed_on": format!("2026-{on}") })).await.ok()
}

async fn used(caller: &Caller<'_>, project: &str) -> u64 {
    caller.get(&format!("{project}/progress")).await.ok()["used_days"].as_u64().expect("days")
}

async fn events(caller: &Caller<'_>, project: &str, kind: &str) -> usize {
    let told = caller.get(&format!("{project}/timeline?limit=200")).await.ok();
    told["items"].as_array().expect("timeline").iter().filter(|e| e["kind"] == kind).count()
}

async fn work(caller: &Caller<'_>, bucket: &str) -> Vec<String> {
    let work = caller.get(&format!("/me/worklist?kind=project&bucket={bucket}")).await.ok();
    work["items"].as_array().expect("work").iter().map(|w| text(&w["number"]).to_owned()).collect()
}

/// The story of Nanchong: five stages under 120 working days.
async fn five_stages_under_the_cap(app: TestApp) {
    let project = opened(&app, "城区供水扩建").await;
    let (pm, manager) = (app.as_user("city_pm"), app.as_user("rd_manager"));
    let fresh = pm.get(&project).await.ok();
    assert_eq!((&fresh["cap_days"], &fresh["stage"], fresh["stages"].as_array().map(Vec::len)), (&json!(120), &json!("initiation"), Some(5)));
    // 立项: Tuesday to Friday.
    let first = matter(&app, &project, "initiation", 10).await;
    step(&app, &first, "03-02T10:00", "accept").await;
    let ahead = pm.get(&format!("{project}/progress")).await.ok();
    assert_eq!((&ahead["used_days"], &ahead["forecast_days"], &ahead["expected_finish"]), (&json!(0), &json!(10), &json!("2026-03-16")));
    assert!(text(&ahead["assumption"]).contains("承诺时限"));
    assert_eq!(pm.get(&project).await.ok()["stages"][0]["state"], "running");
    step(&app, &first, "03-06T16:00", "grant").await;
    let early = json!({ "stage": "initiation", "completed_on": "2026-03-06" });
    assert_eq!(pm.post(&format!("{project}/complete-stage"), early).await.expect(422).body["errors"][0]["code"], "matters_open");
    close(&app, &first).await;
    let after = done(&app, &project, "initiation", "03-06").await;
    assert_eq!((&after["stage"], &after["stages"][0]["state"], used(&pm, &project).await), (&json!("land_supply"), &json!("done"), 4));
    // 供地: a suspension of the matter in the middle is not counted.
    let second = matter(&app, &project, "land_supply", 10).await;
    step(&app, &second, "03-09T10:00", "accept").await;
    app.set_clock("2026-03-11T10:00:00+08:00");
    manager.post(&format!("{second}/suspend"), json!({ "reason": "awaiting_third_party", "note": "等待测绘报告", "days": 10 })).await.ok();
    app.set_clock("2026-03-13T10:00:00+08:00");
    assert_eq!(used(&pm, &project).await, 5);
    app.set_clock("2026-03-16T10:00:00+08:00");
    app.as_user("rd_agent").post(&format!("{second}/resume"), json!({})).await.ok();
    step(&app, &second, "03-18T16:00", "grant").await;
    assert_eq!(used(&pm, &project).await, 7);
    close(&app, &second).await;
    done(&app, &project, "land_supply", "03-18").await;
    // 规划报建: two matters side by side use each day once.
    let (third, fourth) = (matter(&app, &project, "planning_approval", 10).await, matter(&app, &project, "planning_approval", 15).await);
    step(&app, &third, "03-19T10:00", "accept").await;
    step(&app, &fourth, "03-23T10:00", "accept").await;
    step(&app, &third, "03-26T16:00", "grant").await;
    step(&app, &fourth, "03-31T16:00", "grant").await;
    let counted = pm.get(&format!("{project}/progress")).await.ok();
    assert_eq!((&counted["used_days"], &counted["stages"][2]["used_days"]), (&json!(15), &json!(8)));
    let steps: Vec<_> = counted["stages"][2]["intervals"].as_array().expect("steps").iter().map(|i| i["used_days"].as_u64()).collect();
    assert!(steps.contains(&Some(5)) && steps.contains(&Some(6)), "{counted}");
    let last = counted["periods"].as_array().expect("periods").last().cloned().unwrap_or_default();
    assert_eq!(last, json!({ "from": "2026-03-20", "to": "2026-03-31", "days": 8 }));
    for e in [&third, &fourth] {
        close(&app, e).await;
    }
    done(&app, &project, "planning_approval", "03-31").await;
    // 施工许可: a special procedure and 清明 are not counted.
    let fifth = matter(&app, &project, "construction_permit", 10).await;
    step(&app, &fifth, "04-01T10:00", "accept").await;
    step(&app, &fifth, "04-02T10:00", "enter_special").await;
    step(&app, &fifth, "04-08T10:00", "leave_special").await;
    step(&app, &fifth, "04-10T16:00", "grant").await;
    assert_eq!(used(&pm, &project).await, 17);
    close(&app, &fifth).await;
    done(&app, &project, "construction_permit", "04-10").await;
    // Four fifths of a smaller cap are used: it warns once, however often one looks.
    app.tick().await;
    assert_eq!(events(&pm, &project, "project.warning").await, 0);
    let cap = |days: u32| json!({ "cap_days": days, "reason": "市级重点项目压缩时限" });
    assert_eq!(pm.post(&format!("{project}/change-cap"), cap(21)).await.problem(403), "forbidden");
    assert_eq!(manager.post(&format!("{project}/change-cap"), cap(21)).await.ok()["warning"], "warning");
    for _ in 0..3 {
        app.tick().await;
    }
    assert_eq!((events(&pm, &project, "project.warning").await, events(&pm, &project, "project.cap_exceeded").await), (1, 0));
    assert_eq!(work(&pm, "open").await, [text(&fresh["number"])]);
    assert_eq!(pm.get("/projects?warning=true").await.ok()["items"][0]["number"], fresh["number"]);
    assert_eq!(manager.post(&format!("{project}/change-cap"), cap(120)).await.ok()["warning"], "none");
    app.tick().await;
    assert!(work(&pm, "open").await.is_empty());
    // 竣工验收: the project as a whole stands still for two days.
    let sixth = matter(&app, &project, "final_acceptance", 5).await;
    step(&app, &sixth, "04-13T10:00", "accept").await;
    app.set_clock("2026-04-14T10:00:00+08:00");
    assert_eq!(pm.post(&format!("{project}/suspend"), json!({ "reason": "投资方调整方案" })).await.problem(403), "forbidden");
    manager.post(&format!("{project}/suspend"), json!({ "reason": "投资方调整方案" })).await.ok();
    let refused = pm.post(&format!("{project}/complete"), json!({})).await.expect(409).body;
    assert!(refused["allowed_actions"].as_array().expect("actions").contains(&json!("resume")), "{refused}");
    app.set_clock("2026-04-15T10:00:00+08:00");
    manager.post(&format!("{project}/resume"), json!({})).await.ok();
    step(&app, &sixth, "04-17T16:00", "grant").await;
    assert_eq!(pm.post(&format!("{project}/complete"), json!({})).await.problem(409), "state_conflict");
    close(&app, &sixth).await;
    let ready = done(&app, &project, "final_acceptance", "04-17").await;
    assert!(ready["allowed_actions"].as_array().expect("actions").contains(&json!("complete")));
    let ended = pm.post(&format!("{project}/complete"), json!({})).await.ok();
    assert_eq!((&ended["state"], &ended["used_days"], &ended["warning"]), (&json!("completed"), &json!(19), &json!("none")));
    assert_eq!(ended["allowed_actions"], json!([]));
    // Time goes on, the count does not.
    app.set_clock("2026-06-01T10:00:00+08:00");
    app.tick().await;
    assert_eq!(pm.get(&project).await.ok()["used_days"], 19);
    assert_eq!(pm.post(&format!("{project}/complete"), json!({})).await.problem(409), "state_conflict");
}

async fn a_project_that_passes_its_cap(app: TestApp) {
    let project = opened(&app, "工业园标准厂房").await;
    let (pm, manager) = (app.as_user("city_pm"), app.as_user("rd_manager"));
    manager.post(&format!("{project}/change-cap"), json!({ "cap_days": 3, "reason": "极简审批试点" })).await.ok();
    let own = matter(&app, &project, "initiation", 10).await;
    app.tick().await;
    // More than the cap is expected before anything is used.
    assert_eq!(events(&pm, &project, "project.warning").await, 1);
    step(&app, &own, "03-02T10:00", "accept").await;
    for day in 3..=5 {
        app.set_clock(&format!("2026-03-{day:02}T10:00:00+08:00"));
        app.tick().await;
    }
    let full = pm.get(&project).await.ok();
    assert_eq!((&full["used_days"], &full["warning"], text(&full["due_at"])), (&json!(3), &json!("warning"), "2026-03-05T17:00:00.000+08:00"));
    assert_eq!(work(&pm, "today").await, [text(&full["number"])]);
    // The server was down over a week: what has come is raised once.
    app.set_clock("2026-03-16T10:00:00+08:00");
    for _ in 0..3 {
        app.tick().await;
    }
    assert_eq!((events(&pm, &project, "project.warning").await, events(&pm, &project, "project.cap_exceeded").await), (1, 1));
    assert_eq!(pm.get(&project).await.ok()["warning"], "exceeded");
    assert_eq!(work(&pm, "overdue").await, [text(&full["number"])]);
    assert!(work(&manager, "open").await.is_empty(), "whoever manages it answers for it");
    // The investor reads no warnings and no reasons.
    let told = manager.get(&format!("{project}/timeline")).await.ok().to_string();
    assert!(told.contains("极简审批试点") && told.contains("已超过审批总时限"), "{told}");
    let masked = app.as_user("city_inspector").get(&format!("{project}/timeline")).await.ok().to_string();
    assert!(!masked.contains("极简审批试点"), "{masked}");
}

async fn what_a_project_refuses(app: TestApp) {
    let (clerk, manager, pm) = (app.as_user("rd_clerk"), app.as_user("rd_manager"), app.as_user("city_pm"));
    let applicant = counter_application("assisted")["applicant"].clone();
    let at = |body: &Value, n: usize| text(&body["errors"][n]["pointer"]).to_owned();
    // The national form is checked, a local one is taken as it is; each is there once.
    let mut body = json!({ "applicant": applicant, "content": content("码头") });
    body["content"]["code"] = json!("2026-320623-99-03-512345");
    assert_eq!(at(&clerk.post("/projects", body.clone()).await.expect(400).body, 0), "/content/code");
    body["content"]["code"] = json!("东投备〔2026〕12号");
    body["content"]["kinds"] = json!(["other", "other"]);
    body["content"]["planned_start"] = json!("2027-01-01");
    body["content"]["planned_finish"] = json!("2026-01-01");
    let wrong = clerk.post("/projects", body.clone()).await.expect(422).body;
    assert_eq!((at(&wrong, 0), at(&wrong, 1)), ("/content/kinds/1".into(), "/content/planned_finish".into()));
    body["content"] = content("码头");
    body["content"]["code"] = json!("东投备〔2026〕12号");
    body["scheme"] = json!("national_four");
    let made = clerk.post("/projects", body.clone()).await.created();
    assert_eq!((made["stages"].as_array().map(Vec::len), &made["stage"]), (Some(4), &json!("land_use_planning")));
    assert_eq!(at(&clerk.post("/projects", body.clone()).await.expect(422).body, 0), "/content/code");
    body["applicant_id"] = made["applicant"]["id"].clone();
    assert_eq!(clerk.post("/projects", body).await.problem(422), "rule_violation");
    let path = format!("/projects/{}", text(&made["id"]));
    // New to the center: its manager names who manages it.
    assert_eq!(work(&manager, "incoming").await, [text(&made["number"])]);
    pm.get(&path).await.expect(404);
    let foreign = json!({ "manager_id": user_id("rd_agent") });
    assert_eq!(at(&manager.post(&format!("{path}/assign-manager"), foreign).await.expect(422).body, 0), "/manager_id");
    assert_eq!(clerk.post(&format!("{path}/assign-manager"), json!({ "manager_id": user_id("city_pm") })).await.problem(403), "forbidden");
    manager.post(&format!("{path}/assign-manager"), json!({ "manager_id": user_id("city_pm") })).await.ok();
    assert!(work(&manager, "incoming").await.is_empty());
    // Editing takes the version that was read.
    let read = pm.get(&path).await.ok();
    pm.put_with(&path, &[], content("码头二期")).await.expect(428);
    pm.put_with(&path, &[("if-match", "\"1\"")], content("码头二期")).await.expect(412);
    let tag = format!("\"{}\"", read["version"]);
    assert_eq!(pm.put_with(&path, &[("if-match", &tag)], content("码头二期")).await.ok()["name"], "码头二期");
    // Matters: the investor's, in a stage of the scheme, in one project.
    let attach = |matter: &str, stage: &str| json!({ "entrustment": matter, "stage": stage });
    let own = text(&clerk.post("/entrustments", counter_application("assisted")).await.created()["number"]).to_owned();
    let other = text(&app.as_user("ent_rudong").post("/entrustments", water_application()).await.created()["id"]).to_owned();
    let url = format!("{path}/attach");
    let wrong = [(attach(&own, "initiation"), "unknown_stage"), (attach(&other, "construction_permit"), "unknown_matter")];
    for (body, code) in wrong {
        assert_eq!(clerk.post(&url, body).await.expect(422).body["errors"][0]["code"], code);
    }
    let mut near = water_application();
    near["center"] = json!("320623000000");
    let near = text(&app.as_user("ent_rudong").post("/entrustments", near).await.created()["id"]).to_owned();
    assert_eq!(clerk.post(&url, attach(&near, "construction_permit")).await.expect(422).body["errors"][0]["code"], "other_applicant");
    assert_eq!(clerk.post(&format!("{path}/detach"), json!({ "entrustment": own, "reason": "误纳入" })).await.problem(409), "state_conflict");
    let key = [("idempotency-key", "attach-1")];
    clerk.post_with(&format!("{url}?dry_run=true"), &[], attach(&own, "construction_permit")).await.ok();
    assert_eq!(clerk.get(&path).await.ok()["stages"][2]["matters"], 0, "a trial leaves nothing");
    let first = clerk.post_with(&url, &key, attach(&own, "construction_permit")).await.ok();
    assert_eq!(clerk.post_with(&url, &key, attach(&own, "construction_permit")).await.header("idempotency-replayed"), "true");
    assert_eq!(clerk.post(&url, attach(&own, "construction_permit")).await.expect(422).body["errors"][0]["code"], "attached_already");
    let second = opened(&app, "另一项目").await;
    assert_eq!(clerk.post(&format!("{second}/attach"), attach(&own, "initiation")).await.expect(422).body["errors"][0]["code"], "in_another_project");
    let moved = clerk.post(&url, attach(&own, "engineering_permit")).await.ok();
    assert_eq!((&first["stages"][2]["matters"], &moved["stages"][1]["matters"], &moved["stages"][2]["matters"]), (&json!(1), &json!(1), &json!(0)));
    let e = clerk.get(&format!("/entrustments/{own}")).await.ok();
    assert_eq!((&e["project"]["number"], &e["project"]["name"], &e["project"]["stage_label"]), (&made["number"], &json!("码头二期"), &json!("工程建设许可")));
    clerk.post(&format!("{path}/detach"), json!({ "entrustment": own, "reason": "误纳入" })).await.ok();
    assert_eq!(clerk.get(&format!("/entrustments/{own}")).await.ok().get("project"), None);
    let story = clerk.get(&format!("/entrustments/{own}/timeline?limit=100")).await.ok().to_string();
    assert!(story.contains("纳入项目") && story.contains("移出"), "{story}");
    // Out of order only with a reason, and never ahead of time.
    let stage = |stage: &str, on: &str| json!({ "stage": stage, "completed_on": on });
    let url = format!("{path}/complete-stage");
    assert_eq!(at(&pm.post(&url, stage("land_use_planning", "2026-03-03")).await.expect(422).body, 0), "/completed_on");
    assert_eq!(at(&pm.post(&url, stage("construction_permit", "2026-03-02")).await.expect(422).body, 0), "/reason");
    let mut with_reason = stage("construction_permit", "2026-03-02");
    with_reason["reason"] = json!("告知承诺制先行核发");
    let skipped = pm.post(&url, with_reason).await.ok();
    assert_eq!((&skipped["stage"], &skipped["stages"][2]["reason"]), (&json!("land_use_planning"), &json!("告知承诺制先行核发")));
    assert_eq!(pm.post(&url, stage("construction_permit", "2026-03-02")).await.expect(422).body["errors"][0]["code"], "stage_done");
    // Ten ask at once; one of them cancels.
    let url = format!("{path}/cancel");
    let racing = futures_util::future::join_all((0..10).map(|_| manager.post(&url, json!({ "reason": "投资方放弃" })))).await;
    let racing: Vec<u16> = racing.iter().map(|r| r.status).collect();
    assert_eq!(racing.iter().filter(|status| **status == 200).count(), 1, "{racing:?}");
    assert_eq!(clerk.post(&format!("{path}/attach"), attach(&own, "final_acceptance")).await.problem(409), "state_conflict");
}

async fn who_sees_a_project(app: TestApp) {
    let company = app.as_user("ent_rudong");
    let mut near = water_application();
    near["center"] = json!("320623000000");
    let e = company.post("/entrustments", near).await.created();
    let clerk = app.as_user("rd_clerk");
    let body = json!({ "applicant_id": e["applicant"]["id"], "content": content("风电装备基地") });
    let project = clerk.post("/projects", body.clone()).await.created();
    let path = format!("/projects/{}", text(&project["number"]));
    let (pm, manager) = (app.as_user("city_pm"), app.as_user("rd_manager"));
    let matter = format!("/entrustments/{}", text(&e["id"]));
    pm.get(&matter).await.expect(404);
    manager.post(&format!("{path}/assign-manager"), json!({ "manager_id": user_id("city_pm") })).await.ok();
    clerk.post(&format!("{path}/attach"), json!({ "entrustment": e["id"], "stage": "initiation" })).await.ok();
    // The manager of the project follows its matter, masked.
    let followed = pm.get(&matter).await.ok();
    assert_eq!((&followed["masked"], followed.get("request")), (&json!(true), None));
    // They let a matter go and take it in again: one of the investor's, by its number; of others they are told nothing.
    let take = |what: &Value| json!({ "entrustment": what, "stage": "initiation" });
    pm.post(&format!("{path}/detach"), json!({ "entrustment": e["id"], "reason": "误纳入" })).await.ok();
    pm.get(&matter).await.expect(404);
    let other = clerk.post("/entrustments", counter_application("assisted")).await.created();
    for unknown in [&other["number"], &json!("DB-none")] {
        assert_eq!(pm.post(&format!("{path}/attach"), take(unknown)).await.problem(422), "rule_violation");
    }
    pm.post(&format!("{path}/attach"), take(&e["number"])).await.ok();
    pm.get(&matter).await.ok();
    let seen = pm.get(&format!("{path}/matters")).await.ok();
    assert_eq!((&seen["items"][0]["entrustments"][0]["number"], &seen["items"][0]["hidden"]), (&e["number"], &json!(0)));
    assert_eq!(pm.get(&path).await.ok()["site"], "如东县洋口港 1 号");
    // The city sees it masked, other counties and companies do not see it, strangers are told nothing.
    for login in ["city_manager", "city_inspector", "city_reform"] {
        let masked = app.as_user(login).get(&path).await.ok();
        assert_eq!((&masked["masked"], masked.get("site")), (&json!(true), None), "{login}");
    }
    for login in ["cc_clerk", "ent_chongchuan", "city_clerk", "rd_scjg"] {
        app.as_user(login).get(&path).await.expect(404);
    }
    app.stranger().get(&path).await.expect(401);
    // The investor reads the project, but not what the staff tell each other.
    manager.post(&format!("{path}/suspend"), json!({ "reason": "内部协调用地指标" })).await.ok();
    let own = company.get(&path).await.ok();
    assert_eq!((&own["state"], own.get("suspended_for"), &own["site"]), (&json!("suspended"), None, &json!("如东县洋口港 1 号")));
    assert!(text(&own["manager"]).contains("项目服务经理"));
    let told = company.get(&format!("{path}/timeline")).await.ok().to_string();
    assert!(told.contains("项目中止") && !told.contains("内部协调用地指标"), "{told}");
    assert_eq!(manager.get(&path).await.ok()["suspended_for"], "内部协调用地指标");
    assert_eq!(company.post("/projects", body).await.problem(403), "forbidden");
    // Another takes over: the first one follows no longer.
    assert_eq!(company.post(&format!("{path}/resume"), json!({})).await.problem(403), "forbidden");
    clerk.post(&format!("{path}/detach"), json!({ "entrustment": e["id"], "reason": "不属于本项目" })).await.ok();
    pm.get(&matter).await.expect(404);
}

async fn a_list_of_projects(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let mut numbers = Vec::new();
    for name in ["港区码头", "风电装备基地", "Data Center"] {
        let mut body = json!({ "applicant": counter_application("assisted")["applicant"], "content": content(name) });
        body["content"]["code"] = json!(format!("RD-{name}").replace(' ', "_"));
        numbers.push(clerk.post("/projects", body).await.created()["number"].clone());
    }
    app.as_user("rd_manager").post(&format!("/projects/{}/assign-manager", text(&numbers[1])), json!({ "manager_id": user_id("city_pm") })).await.ok();
    let found = |q: &'static str| {
        let clerk = app.as_user("rd_clerk");
        async move {
            let page = clerk.get(&format!("/projects?{q}")).await.ok();
            page["items"].as_array().expect("items").iter().map(|p| p["number"].clone()).collect::<Vec<Value>>()
        }
    };
    assert_eq!(found("").await.len(), 3);
    assert_eq!(found("q=码头").await, [numbers[0].clone()]);
    assert_eq!(found("q=data center").await, [numbers[2].clone()]);
    assert_eq!(found("q=RD-风电").await, [numbers[1].clone()]);
    assert_eq!(found("kind=livelihood&stage=initiation&division_code=320623000000").await.len(), 3);
    assert!(found("kind=foreign_invested").await.is_empty() && found("warning=true").await.is_empty());
    assert_eq!(found("state=open&sort=due_at").await.len(), 3);
    let managed = clerk.get(&format!("/projects?manager_id={}", user_id("city_pm"))).await.ok();
    assert_eq!((&managed["items"][0]["number"], managed["items"].as_array().map(Vec::len)), (&numbers[1], Some(1)));
    let there = clerk.get(&format!("/projects?center_id={}&limit=2", center_id("320623000000"))).await.ok();
    assert_eq!((there["items"].as_array().map(Vec::len), &there["has_more"]), (Some(2), &json!(true)));
    let next = clerk.get(&format!("/projects?center_id={}&limit=2&cursor={}", center_id("320623000000"), text(&there["next_cursor"]))).await.ok();
    assert_eq!(next["items"][0]["number"], numbers[0]);
    assert_eq!(app.as_user("cc_clerk").get("/projects").await.ok()["items"], json!([]));
    assert_eq!(app.as_user("city_pm").get("/projects").await.ok()["items"].as_array().map(Vec::len), Some(1));
    app.as_user("sys_admin").get("/projects").await.expect(403);
    clerk.get("/projects?colour=red").await.expect(400);
    let since = clerk.get("/projects?updated_since=2026-03-02").await.ok();
    assert!(since["as_of"].is_string());
}

/// What does not wait for the caller is passed over, however small the page.
async fn what_others_manage_hides_nothing(app: TestApp) {
    for name in ["港区码头", "风电装备基地", "研发楼"] {
        opened(&app, name).await;
    }
    let body = json!({ "applicant": counter_application("assisted")["applicant"], "content": content("智能仓储") });
    let waits = app.as_user("rd_clerk").post("/projects", body).await.created();
    let page = app.as_user("rd_manager").get("/me/worklist?kind=project&limit=1").await.ok();
    assert_eq!((&page["items"][0]["number"], &page["has_more"], &page["counts"]["incoming"]), (&waits["number"], &json!(false), &json!(1)));
}

async fn stages_are_done_in_order_and_not_before_the_project(app: TestApp) {
    let project = opened(&app, "污水处理厂扩建").await;
    let pm = app.as_user("city_pm");
    let url = format!("{project}/complete-stage");
    let stage = |stage: &str, on: &str| json!({ "stage": stage, "completed_on": on });
    let code = |refused: &Value| (text(&refused["errors"][0]["pointer"]).to_owned(), text(&refused["errors"][0]["code"]).to_owned());
    let early = pm.post(&url, stage("initiation", "2026-03-01")).await.expect(422).body;
    assert_eq!(code(&early), ("/completed_on".into(), "before_project".into()));
    assert!(early.to_string().contains("2026-03-02"), "{early}");
    app.set_clock("2026-03-10T10:00:00+08:00");
    pm.post(&url, stage("initiation", "2026-03-06")).await.ok();
    let before = pm.post(&url, stage("land_supply", "2026-03-05")).await.expect(422).body;
    assert_eq!(code(&before), ("/completed_on".into(), "before_previous_stage".into()));
    assert!(before.to_string().contains("立项"), "{before}");
    let mut with_reason = stage("land_supply", "2026-03-05");
    with_reason["reason"] = json!("土地先行摘牌");
    assert_eq!(pm.post(&url, with_reason).await.ok()["stages"][1]["reason"], "土地先行摘牌");
    // A reason excuses the order, not a day before the project.
    let mut too_early = stage("planning_approval", "2026-02-27");
    too_early["reason"] = json!("容缺先行");
    assert_eq!(code(&pm.post(&url, too_early).await.expect(422).body).1, "before_project");
    pm.post(&url, stage("planning_approval", "2026-03-06")).await.ok();
}

/// List, project and count say the same before the worker has looked; and the words of the forecast are those of the stages.
async fn a_list_says_what_the_project_says(app: TestApp) {
    let project = opened(&app, "数据中心二期").await;
    let (pm, manager) = (app.as_user("city_pm"), app.as_user("rd_manager"));
    app.tick().await;
    manager.post(&format!("{project}/change-cap"), json!({ "cap_days": 12, "reason": "极简审批试点" })).await.ok();
    app.tick().await;
    let said = async || {
        let view = pm.get(&project).await.ok();
        let progress = pm.get(&format!("{project}/progress")).await.ok();
        let listed = pm.get("/projects").await.ok()["items"][0].clone();
        for of in [&listed, &progress] {
            for field in ["warning", "warning_label", "used_days", "forecast_days", "due_at"] {
                assert_eq!(of.get(field), view.get(field), "{field}");
            }
        }
        let warned = pm.get("/projects?warning=true").await.ok()["items"].as_array().map(Vec::len);
        let states: Vec<String> = view["stages"].as_array().expect("stages").iter().map(|s| text(&s["state"]).to_owned()).collect();
        let counted: Vec<String> = progress["stages"].as_array().expect("stages").iter().map(|s| text(&s["state"]).to_owned()).collect();
        assert_eq!(states, counted);
        (text(&view["warning"]).to_owned(), warned, states, text(&progress["assumption"]).to_owned())
    };
    let first = matter(&app, &project, "initiation", 10).await;
    let (warning, warned, states, assumption) = said().await;
    assert_eq!((warning.as_str(), warned, states[0].as_str()), ("none", Some(0), "preparing"));
    assert!(assumption.contains("准备中和未开始的阶段依次进行"), "{assumption}");
    // More than the cap is expected from the moment in which a second matter belongs to it.
    matter(&app, &project, "land_supply", 10).await;
    let (warning, warned, states, _) = said().await;
    assert_eq!((warning.as_str(), warned, &states[..3]), ("warning", Some(1), &["preparing", "preparing", "planned"].map(str::to_owned)[..]));
    // An authority has accepted: that stage runs, and the other one still comes after it.
    step(&app, &first, "03-02T10:00", "accept").await;
    let (.., states, _) = said().await;
    assert_eq!(states[..2], ["running", "preparing"]);
    assert_eq!(pm.get(&format!("{project}/progress")).await.ok()["forecast_days"], 20);
    // The day counts before anybody has looked, and the worker finds what was shown.
    app.set_clock("2026-03-05T10:00:00+08:00");
    let before = said().await;
    app.tick().await;
    assert_eq!(said().await, before);
    manager.post(&format!("{project}/suspend"), json!({ "reason": "投资方调整方案" })).await.ok();
    said().await;
}

async fn the_matters_of_a_project(app: TestApp) {
    let project = opened(&app, "港口物流园").await;
    let (clerk, pm) = (app.as_user("rd_clerk"), app.as_user("city_pm"));
    let first = matter(&app, &project, "initiation", 5).await;
    let second = text(&clerk.post("/entrustments", counter_application("assisted")).await.created()["number"]).to_owned();
    clerk.post("/entrustments", counter_application("assisted")).await.created();
    clerk.post(&format!("{project}/attach"), json!({ "entrustment": second, "stage": "land_supply" })).await.ok();
    let id = text(&clerk.get(&project).await.ok()["id"]).to_owned();
    let found = async |login: &str, q: String| {
        let page = app.as_user(login).get(&format!("/entrustments?{q}")).await.ok();
        page["items"].as_array().expect("items").iter().map(|e| format!("/entrustments/{}", text(&e["id"]))).collect::<Vec<_>>()
    };
    assert_eq!(found("rd_clerk", format!("project_id={id}")).await.len(), 2);
    assert_eq!(found("rd_clerk", format!("project_id={id}&state=in_progress")).await, std::slice::from_ref(&first));
    assert_eq!(found("rd_clerk", format!("project_id={id}&unassigned=true")).await.len(), 1);
    assert_eq!(found("rd_clerk", format!("project_id={id}&assignee_id={}", user_id("rd_agent"))).await, std::slice::from_ref(&first));
    assert_eq!(found("rd_clerk", format!("project_id={id}&q=供水")).await.len(), 2);
    assert_eq!(found("rd_clerk", format!("project_id={id}&sort=due_at&limit=1")).await.len(), 1);
    assert_eq!(clerk.get("/entrustments?project_id=XM-none").await.problem(400), "invalid_request");
    // Each sees what they see: the manager of the project all of it, the agent their own, other centers nothing.
    assert_eq!(found("city_pm", format!("project_id={id}")).await.len(), 2);
    assert_eq!(found("rd_agent", format!("project_id={id}")).await, std::slice::from_ref(&first));
    assert_eq!(found("city_inspector", format!("project_id={id}")).await.len(), 2);
    for login in ["cc_clerk", "ent_chongchuan"] {
        assert!(found(login, format!("project_id={id}")).await.is_empty(), "{login}");
    }
    pm.post(&format!("{project}/detach"), json!({ "entrustment": second, "reason": "不属于本项目" })).await.ok();
    assert_eq!(found("rd_clerk", format!("project_id={id}")).await, [first]);
}

/// Numbers follow each other, whatever was refused or only tried between them.
async fn what_is_refused_or_tried_takes_no_number(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let project = |code: &str| {
        let mut content = content("仓储中心");
        content["code"] = json!(code);
        json!({ "applicant": counter_application("assisted")["applicant"], "content": content })
    };
    let sequence = |made: &Value| text(&made["number"]).split('-').nth(3).expect("sequence").parse::<i64>().expect("number");
    let first = sequence(&clerk.post("/projects", project("RD-A")).await.created());
    for _ in 0..3 {
        clerk.post("/projects?dry_run=true", project("RD-B")).await.ok();
        clerk.post("/projects", project("RD-A")).await.expect(422);
    }
    let second = sequence(&clerk.post("/projects", project("RD-B")).await.created());
    assert_eq!(second, first + 1);
    // The same of matters, whose steps are looked at after the number.
    let form = || counter_application("assisted");
    let first = sequence(&clerk.post("/entrustments", form()).await.created());
    let mut wrong = form();
    wrong["steps"] = json!(["S1"]);
    for _ in 0..3 {
        clerk.post("/entrustments", wrong.clone()).await.expect(422);
        clerk.post("/entrustments?dry_run=true", form()).await.ok();
    }
    assert_eq!(sequence(&clerk.post("/entrustments", form()).await.created()), first + 1);
    // Those who race get one each.
    let racing = futures_util::future::join_all((0..8).map(|_| clerk.post("/entrustments", form()))).await;
    let mut taken: Vec<i64> = racing.into_iter().map(|made| sequence(&made.created())).collect();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 8);
}
