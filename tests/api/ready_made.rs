//! Bundles, process templates, the agency directory: what the catalogue holds ready.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, accepted_matter, counter_application, fixed, on_both_engines, started_matter, text, user_id};

on_both_engines!(a_bundle_is_one_matter, a_template_has_versions, the_directory_is_public, codes_are_found_by_their_beginning);

const WATER: &str = "GS-320623-0001";
const GAS: &str = "GQ-320613-0001";

async fn a_bundle_is_one_matter(app: TestApp) {
    let editor = app.as_user("city_reform");
    let compose = |items: Value| json!({ "name": "接水接气“一件事”", "items": items });
    assert_eq!(editor.post("/service-items/compose", compose(json!([WATER, "none"]))).await.expect(422).body["errors"][0]["pointer"], "/items/1");
    assert_eq!(app.as_user("rd_clerk").post("/service-items/compose", compose(json!([WATER, GAS]))).await.problem(403), "forbidden");
    let mut draft = editor.post("/service-items/compose", compose(json!([WATER, GAS]))).await.ok();
    assert_eq!(draft["bundle"], json!([WATER, GAS]));
    // One set of materials: what both ask for is asked for once; the second plan begins where the first ends.
    let part = |guide: &Value, what: &str| guide["content"][what].as_array().expect("list").clone();
    let (water, gas) = (app.stranger().get(&format!("/service-items/{WATER}")).await.ok(), app.stranger().get(&format!("/service-items/{GAS}")).await.ok());
    let mut names: Vec<String> = [part(&water, "materials"), part(&gas, "materials")].concat().iter().map(|m| text(&m["name"]).to_owned()).collect();
    let asked = names.len();
    names.sort();
    names.dedup();
    let materials = draft["materials"].as_array().expect("materials");
    assert_eq!(materials.len(), names.len());
    assert!(names.len() < asked, "the two share a material");
    let steps = draft["template"].as_array().expect("steps").clone();
    assert_eq!(steps.len(), part(&water, "template").len() + part(&gas, "template").len());
    let second: Vec<&Value> = steps.iter().filter(|s| text(&s["code"]).starts_with("2-")).collect();
    assert!(text(&second[0]["depends_on"][0]).starts_with("1-"), "{second:?}");
    // It is edited, published and browsed like any item, and holds what a bundle may hold.
    draft["modes"] = json!(["assisted"]);
    let new = |content: &Value| json!({ "code": "YJS-320600-0001", "division_code": "320600000000", "content": content });
    for (bundle, code) in [(json!([WATER]), "bundle_of_one"), (json!([WATER, WATER]), "duplicate"), (json!([WATER, "none"]), "unknown_item")] {
        let mut wrong = draft.clone();
        wrong["bundle"] = bundle;
        let refused = editor.post("/service-items", new(&wrong)).await.expect(422).body;
        assert!(refused["errors"].as_array().expect("errors").iter().any(|e| e["code"] == code), "{code}: {refused}");
    }
    editor.post("/service-items", new(&draft)).await.created();
    app.as_user("city_manager").post("/service-items/YJS-320600-0001/submit", json!({})).await.ok();
    app.as_user("sys_admin").post("/service-items/YJS-320600-0001/publish", json!({})).await.ok();
    let bundles = app.stranger().get("/service-items?bundle=true").await.ok();
    assert_eq!((bundles["items"].as_array().map(Vec::len), &bundles["items"][0]["code"]), (Some(1), &json!("YJS-320600-0001")));
    let mut nested = draft.clone();
    nested["bundle"] = json!([WATER, "YJS-320600-0001"]);
    let refused =
        editor.post("/service-items", json!({ "code": "YJS-320600-0002", "division_code": "320600000000", "content": nested })).await.expect(422).body;
    assert_eq!(refused["errors"][0]["code"], "nested_bundle");
    // One matter, one checklist, one plan.
    let clerk = app.as_user("city_clerk");
    let mut application = counter_application("assisted");
    application["item"] = json!("YJS-320600-0001");
    let e = clerk.post("/entrustments", application).await.created();
    assert_eq!(e["materials"].as_array().map(Vec::len), Some(names.len()));
    // Each of its items is told apart in the one plan.
    let path = format!("/entrustments/{}", text(&e["id"]));
    clerk.post(&format!("{path}/accept"), accepted()).await.ok();
    clerk.post(&format!("{path}/assign"), json!({ "assignee_id": user_id("city_agent1") })).await.ok();
    let agent = app.as_user("city_agent1");
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    agent.post(&format!("{path}/plan"), json!({})).await.ok();
    let e = agent.post(&format!("{path}/steps/{}/file", text(&steps[0]["code"])), json!({ "receipt_no": "收-1" })).await.ok();
    let parts = e["bundle"].as_array().expect("parts");
    assert_eq!((parts.len(), &parts[0]["code"], &parts[0]["state"], &parts[1]["state"]), (2, &json!(WATER), &json!("in_progress"), &json!("planned")));
    assert_eq!(parts[1]["steps"].as_array().map(Vec::len), Some(second.len()));
    // Side by side, the second part waits for nothing.
    let mut side_by_side = compose(json!([WATER, GAS]));
    side_by_side["parallel"] = json!(true);
    let draft = editor.post("/service-items/compose", side_by_side).await.ok();
    let begins = draft["template"].as_array().expect("steps").iter().filter(|s| s["depends_on"] == json!([])).count();
    assert!(begins >= 2, "{}", draft["template"]);
}

async fn a_template_has_versions(app: TestApp) {
    let step = |code: &str, after: Value| json!({ "code": code, "name": "踏勘", "department": "供水单位", "limit": { "value": 2, "unit": "working_day" }, "depends_on": after });
    let input = |center: &str, steps: Value| json!({ "code": "local", "center": center, "name": "本县专用流程", "content": { "steps": steps } });
    let manager = app.as_user("rd_manager");
    let wrong = manager.post("/process-templates", input("320623000000", json!([step("A", json!(["B"])), step("B", json!([]))]))).await.expect(422).body;
    assert_eq!(wrong["errors"][0]["pointer"], "/content/steps/0/depends_on");
    assert_eq!(manager.post("/process-templates", input("320600000000", json!([step("A", json!([]))]))).await.problem(403), "forbidden");
    let first = manager.post("/process-templates", input("320623000000", json!([step("A", json!([]))]))).await.created();
    let both = json!([step("A", json!([])), step("B", json!(["A"]))]);
    let second = manager.post("/process-templates", input("320623000000", both)).await.created();
    assert_eq!((&first["number"], &second["number"]), (&json!(1), &json!(2)));
    assert_eq!(
        app.as_user("city_reform").post("/process-templates", input("320600000000", json!([step("A", json!([]))]))).await.problem(422),
        "rule_violation"
    );
    let all = app.stranger().get("/process-templates?code=local").await.ok();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2));
    // A plan is made from a version; the version goes out of use, the plan stays.
    let agent = app.as_user("rd_agent");
    let plan = |id: &Value| json!({ "template_id": id });
    let matter = started_matter(&app).await;
    let planned = agent.post(&format!("/entrustments/{matter}/plan"), plan(&second["id"])).await.ok();
    let codes: Vec<&str> = planned["steps"].as_array().expect("steps").iter().map(|s| text(&s["code"])).collect();
    assert_eq!(codes, ["A", "B"]);
    let path = format!("/process-templates/{}", text(&second["id"]));
    manager.post(&format!("{path}/withdraw"), json!({})).await.ok();
    assert_eq!(manager.post(&format!("{path}/withdraw"), json!({})).await.problem(409), "state_conflict");
    let other = accepted_matter(&app, "assisted").await;
    assert_eq!(agent.post(&format!("/entrustments/{other}/plan"), plan(&second["id"])).await.problem(422), "rule_violation");
    agent.post(&format!("/entrustments/{other}/plan"), plan(&json!(fixed("template", "water-2")))).await.ok();
    let both = json!({ "template_id": first["id"], "steps": [step("A", json!([]))] });
    assert_eq!(agent.post(&format!("/entrustments/{other}/plan"), both).await.problem(422), "rule_violation");
    // A template of one county is none of another's.
    let clerk = app.as_user("city_clerk");
    let e = clerk
        .post("/entrustments", {
            let mut b = counter_application("assisted");
            b["center"] = json!("320600000000");
            b
        })
        .await
        .created();
    let accept = json!({ "process_explained": true, "papers_verified": true, "form_signed": true, "assignee_id": crate::support::user_id("city_agent1") });
    clerk.post(&format!("/entrustments/{}/accept", text(&e["id"])), accept).await.ok();
    let refused = app.as_user("city_agent1").post(&format!("/entrustments/{}/plan", text(&e["id"])), plan(&first["id"])).await.expect(422).body;
    assert_eq!(refused["errors"][0]["code"], "unknown_template");
}

async fn the_directory_is_public(app: TestApp) {
    let at = "/centers/320623000000/agency-directory";
    let all = app.stranger().get(&format!("{at}?limit=200")).await.ok();
    let entries = all["items"].as_array().expect("items");
    assert!(entries.iter().any(|e| e["item"]["code"] == WATER) && entries.iter().all(|e| e["item"]["division_code"] == "320623000000"));
    // It pages to the same entries, and filters by what is offered.
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.stranger().get(&format!("{at}?limit=3{cursor}")).await.ok();
        paged.extend(page["items"].as_array().expect("items").iter().map(|e| e["item"]["code"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, entries.iter().map(|e| e["item"]["code"].clone()).collect::<Vec<_>>());
    let partial = app.stranger().get(&format!("{at}?limit=200&mode=partial_agency")).await.ok();
    let offered = |e: &&Value| e["modes"].as_array().expect("modes").contains(&json!("partial_agency"));
    assert_eq!(partial["items"].as_array().map(Vec::len), Some(entries.iter().filter(offered).count()));
    app.stranger().get("/centers/999999000000/agency-directory").await.expect(404);
}

async fn codes_are_found_by_their_beginning(app: TestApp) {
    let codes = |page: &Value| page["items"].as_array().expect("items").iter().map(|i| text(&i["code"]).to_owned()).collect::<Vec<_>>();
    let found = codes(&app.stranger().get("/service-items?code_prefix=GS-320623&limit=50").await.ok());
    assert!(found.contains(&WATER.to_owned()) && found.iter().all(|c| c.starts_with("GS-320623")), "{found:?}");
    assert!(codes(&app.stranger().get("/service-items?code_prefix=%25&limit=50").await.ok()).is_empty());
    let real = codes(&app.stranger().get("/service-items?code_prefix=511A&limit=5").await.ok());
    assert_eq!(real.len(), 5);
}
