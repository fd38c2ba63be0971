//! Bulletins: composed from the figures as they stood, reviewed by another, published downwards; what is named stays inside.

use serde_json::{Value, json};

use crate::{
    statistics::counted,
    support::{TestApp, helped_matter, on_both_engines, text, water_application},
};

on_both_engines!(a_bulletin_to_its_publication, what_is_public_names_nobody, how_departments_stand);

const CITY: &str = "320600000000";
const RUDONG: &str = "320623000000";

/// A matter of the county that its authority accepted on the second of March, and that is not done.
async fn overdue(app: &TestApp) -> String {
    let id = helped_matter(app).await;
    let agent = app.as_user("rd_agent");
    agent.post(&format!("/entrustments/{id}/plan"), json!({})).await.ok();
    agent.post(&format!("/entrustments/{id}/steps/S1/file"), json!({ "receipt_no": "R-1" })).await.ok();
    let accepted = json!({ "acceptance_no": "A-1", "evidence": "受理单" });
    text(&agent.post(&format!("/entrustments/{id}/steps/S1/accept"), accepted).await.ok()["number"]).to_owned()
}

fn figure(body: &Value, indicator: &str) -> (i64, i64) {
    let all = body["body"]["figures"].as_array().expect("figures");
    let found = all.iter().find(|f| f["now"]["indicator"] == indicator).unwrap_or_else(|| panic!("no {indicator}"));
    (found["now"]["numerator"].as_i64().expect("a count"), found["before"]["numerator"].as_i64().expect("a count"))
}

async fn a_bulletin_to_its_publication(app: TestApp) {
    let number = overdue(&app).await;
    // Another that its center has not even taken up.
    let untaken = text(&app.as_user("ent_rudong").post("/entrustments", water_application()).await.created()["number"]).to_owned();
    let (inspector, reform, manager) = (app.as_user("city_inspector"), app.as_user("city_reform"), app.as_user("rd_manager"));
    let march = json!({ "center": CITY, "from": "2026-03", "to": "2026-03" });
    assert_eq!(inspector.post("/bulletins", march.clone()).await.expect(422).body["errors"][0]["pointer"], "/from", "March is not over");
    app.set_clock("2026-07-15T10:00:00+08:00");
    counted(&app).await;
    app.as_user("rd_clerk").post("/bulletins", march.clone()).await.expect(403);
    app.as_user("rd_manager").post("/bulletins", march.clone()).await.expect(403);
    let backwards = json!({ "center": CITY, "from": "2026-06", "to": "2026-05" });
    assert_eq!(inspector.post("/bulletins", backwards).await.expect(422).body["errors"][0]["code"], "range");
    let june = json!({ "center": CITY, "from": "2026-03", "to": "2026-06" });
    let b = inspector.post("/bulletins", june.clone()).await.created();
    let at = format!("/bulletins/{}", text(&b["number"]));
    assert_eq!(b["title"], "南通市政务服务中心2026年3月至2026年6月代办帮办工作情况通报");
    assert_eq!((figure(&b, "received_matters"), figure(&b, "overdue_matters")), ((2, 0), (1, 0)));
    let named = &b["body"]["overdue_matters"];
    assert_eq!((named.as_array().map(Vec::len), &named[0]["number"], &named[0]["responsible"]), (Some(1), &json!(number), &json!("如东县政务服务中心")));
    assert!(named[0]["days_late"].as_i64().is_some_and(|n| n > 30), "{named}");
    let limits = b["body"]["overdue_limits"].as_array().expect("limits");
    let other = limits.iter().find(|l| l["number"] == json!(untaken)).unwrap_or_else(|| panic!("{untaken} is not named: {limits:?}"));
    assert!(text(&other["limit_label"]).contains("受理") && other["responsible"].is_string(), "{other}");
    assert!(limits.iter().all(|l| l["limit_label"] != "承诺办理时限"), "those are named by themselves: {limits:?}");
    let whole = b.to_string();
    assert!(!whole.contains("联系人") && !whole.contains("1390000"), "nobody's personal data");
    let county = b["body"]["centers"].as_array().expect("centers").iter().find(|c| c["name"] == "如东县政务服务中心").cloned().expect("the county");
    assert_eq!(county["figures"][0]["numerator"], 1);
    // One of a period; nobody below reads a draft; nobody but its writers edits it.
    inspector.post("/bulletins", june.clone()).await.expect(409);
    manager.get(&at).await.expect(404);
    app.as_user("rd_clerk").get(&at).await.expect(404);
    let words =
        json!({ "title": "2026年上半年代办帮办工作情况通报", "overview": "全市总体平稳。", "problems": "个别中心超期。", "requirements": "限期办结。" });
    assert_eq!(inspector.put_with(&at, &[], words.clone()).await.status, 428);
    let e = inspector.put_with(&at, &[("if-match", "\"1\"")], words.clone()).await.ok();
    assert_eq!((&e["words"]["problems"], &e["version"]), (&json!("个别中心超期。"), &json!(2)));
    assert_eq!(inspector.put_with(&at, &[("if-match", "\"1\"")], words).await.status, 412);
    // Time passes: what was composed stays, until it is composed anew; it was overdue when the period ended all the same.
    app.set_clock("2026-08-03T10:00:00+08:00");
    assert_eq!(inspector.get(&at).await.ok()["body"], b["body"]);
    let again = inspector.post(&format!("{at}/recompose"), json!({})).await.ok();
    assert_ne!(again["body"]["composed_at"], b["body"]["composed_at"]);
    assert_eq!((figure(&again, "overdue_matters"), &again["body"]["overdue_matters"]), ((1, 0), named));

    inspector.post(&format!("{at}/publish"), json!({})).await.expect(403);
    inspector.post(&format!("{at}/submit"), json!({})).await.ok();
    reform.post(&format!("{at}/send-back"), json!({ "words": "请写明整改期限" })).await.ok();
    // Who touched it does not review it.
    reform.post(&format!("{at}/submit"), json!({})).await.ok();
    let own = reform.post(&format!("{at}/publish"), json!({})).await.expect(409);
    assert!(own.text.contains("另一人审核"), "{}", own.text);
    let city = app.as_user("city_manager");
    let seen = city.get(&at).await;
    let etag = seen.header("etag").to_owned();
    assert_eq!(seen.ok()["allowed_actions"], json!(["send_back", "publish"]));
    let p = city.post_with(&format!("{at}/publish"), &[("if-match", etag.as_str())], json!({ "document_no": "代办办〔2026〕7号" })).await.ok();
    assert_eq!((&p["state"], &p["document_no"], &p["allowed_actions"]), (&json!("published"), &json!("代办办〔2026〕7号"), &json!(["withdraw"])));
    // Everybody below reads it now, departments too; not how it came about; a stranger to the tree of centers nothing.
    for reader in ["rd_clerk", "rd_scjg", "rd_agent", "cc_clerk"] {
        let b = app.as_user(reader).get(&at).await.ok();
        assert_eq!((b.get("notes"), &b["allowed_actions"]), (None, &json!([])), "{reader}");
        let list = app.as_user(reader).get("/bulletins?month=2026-05").await.ok();
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{reader}");
        assert_eq!(app.as_user(reader).get("/bulletins?month=2026-07").await.ok()["items"], json!([]), "{reader}");
    }
    app.as_user("rd_clerk").get(&format!("{at}/timeline")).await.expect(403);
    app.as_user("ent_rudong").get(&at).await.expect(404);
    assert_eq!(app.as_user("ent_rudong").get("/bulletins").await.status, 403);
    let story = inspector.get(&format!("{at}/timeline")).await.ok().to_string();
    assert!(story.contains("审核发布，文号代办办〔2026〕7号") && story.contains("审核退回修改"), "{story}");
    // Withdrawn: on record for its writers, gone for its readers, and the period is free again.
    city.post(&format!("{at}/withdraw"), json!({ "words": "附表有误" })).await.ok();
    app.as_user("rd_clerk").get(&at).await.expect(404);
    assert_eq!(inspector.get(&at).await.ok()["state"], "withdrawn");
    inspector.post("/bulletins", june).await.created();
}

async fn what_is_public_names_nobody(app: TestApp) {
    let number = overdue(&app).await;
    app.set_clock("2026-04-15T10:00:00+08:00");
    counted(&app).await;
    let (inspector, reform) = (app.as_user("city_inspector"), app.as_user("city_reform"));
    let b = inspector.post("/bulletins", json!({ "center": CITY, "from": "2026-03", "to": "2026-03" })).await.created();
    let at = format!("/bulletins/{}", text(&b["id"]));
    let words = |overview: &str| json!({ "title": "2026年3月代办帮办工作情况通报", "overview": overview, "problems": "如东县 1 件超期。", "is_public": true });
    inspector.put_with(&at, &[("if-match", "\"1\"")], words("群众来电13900001234表扬。")).await.expect(400);
    inspector.put_with(&at, &[("if-match", "\"1\"")], words("群众来电0513-84112233表扬。")).await.ok();
    let refused = inspector.post(&format!("{at}/submit"), json!({})).await.expect(422);
    assert_eq!(refused.body["errors"][0]["pointer"], "/overview");
    inspector.put_with(&at, &[("if-match", "\"2\"")], words("总体平稳。")).await.ok();
    inspector.post(&format!("{at}/submit"), json!({})).await.ok();
    let public = format!("/public-bulletins/{}", text(&b["number"]));
    app.stranger().get(&public).await.expect(404);
    assert_eq!(app.stranger().get("/public-bulletins").await.ok()["items"], json!([]));
    reform.post(&format!("{at}/publish"), json!({})).await.ok();
    let p = app.stranger().get(&public).await.ok();
    assert_eq!((&p["overview"], &p["document_no"], &p["months"][0]["month"]), (&json!("总体平稳。"), &b["number"], &json!("2026-03")));
    // One matter is a small group, and what is named is not for everybody.
    assert!(p["months"][0]["figures"].as_array().expect("figures").iter().any(|f| f["suppressed"] == true), "{p}");
    let told = p.to_string();
    assert!(!told.contains(&number) && !told.contains("超期。"), "{told}");
    assert_eq!(app.stranger().get("/public-bulletins").await.ok()["items"][0]["title"], "2026年3月代办帮办工作情况通报");
}

async fn how_departments_stand(app: TestApp) {
    let departments = app.stranger().get(&format!("/centers/{RUDONG}/departments")).await.ok();
    let staffed = |d: &&Value| d["staffed"] == true && text(&d["name"]).contains("市场监督管理局");
    let department = departments["items"].as_array().expect("departments").iter().find(staffed).expect("one")["id"].clone();
    let (inspector, handler) = (app.as_user("city_inspector"), app.as_user("rd_scjg"));
    let order = |matter: &str| json!({ "department_id": department, "reason": "complaint", "matter": matter });
    // One answered in time, one that nobody signs.
    let s = inspector.post("/supervisions", order("窗口服务态度被投诉，请核查")).await.created();
    let at = format!("/supervisions/{}", text(&s["id"]));
    handler.post(&format!("{at}/sign-in"), json!({ "responsible": "窗口组长" })).await.ok();
    handler.post(&format!("{at}/answer"), json!({ "findings": "属实", "measures": "已道歉并培训" })).await.ok();
    inspector.post("/supervisions", order("核查收费公示")).await.created();
    inspector.post("/supervisions", json!({ "center": RUDONG, "reason": "inspection", "matter": "核查窗口空岗" })).await.created();
    app.set_clock("2026-03-20T10:00:00+08:00");
    app.tick().await;
    let all = app.as_user("rd_manager").get(&format!("/supervision-standings?center={RUDONG}&from=2026-03-01&to=2026-04-01")).await.ok();
    let d = &all["departments"][0];
    assert_eq!(d["id"], department);
    assert_eq!(d["orders"], json!({ "issued": 2, "late": 1, "sent_back": 0, "open": 2 }));
    // Signed and answered in time; neither signed nor answered.
    assert_eq!((&d["limits"], &d["on_time_rate"]), (&json!({ "kept": 2, "missed": 0, "late": 2 }), &json!(50.0)));
    assert_eq!(all["centers"][0]["orders"], json!({ "issued": 1, "late": 1, "sent_back": 0, "open": 1 }));
    let before = app.as_user("city_inspector").get(&format!("/supervision-standings?center={CITY}&from=2026-01-01&to=2026-02-01")).await.ok();
    assert_eq!((&before["departments"], &before["centers"]), (&json!([]), &json!([])));
    app.as_user("cc_clerk").get(&format!("/supervision-standings?center={RUDONG}")).await.expect(403);
    app.as_user("rd_manager").get("/supervision-standings?from=2026-03-02&to=2026-03-02").await.expect(400);
}
