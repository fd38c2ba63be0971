//! `fields=` and `expand=`: a part of an answer, and what it leads to, never more than its own endpoint would show.

use jieli::kernel::{AddressMask, Masking, NameMask};
use serde_json::{Value, json};

use crate::support::{TestApp, accepted_matter, counter_application, on_both_engines, text, user_id, water_application};

on_both_engines!(fields_are_kept, references_are_expanded, an_expansion_authorizes, masked_by_the_policy_of_the_deployment);

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().expect("object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

async fn fields_are_kept(app: TestApp) {
    let id = accepted_matter(&app, "assisted").await;
    let clerk = app.as_user("rd_clerk");
    let reply = clerk.get(&format!("/entrustments/{id}?fields=number,custodian.name,materials.state")).await;
    assert_eq!(reply.header("etag"), format!("\"{}\"", clerk.get(&format!("/entrustments/{id}")).await.ok()["version"]));
    let shown = reply.ok();
    assert_eq!(names(&shown), ["custodian", "materials", "number"]);
    assert_eq!(shown["custodian"], json!({ "name": "如东县政务服务中心" }));
    assert!(shown["materials"].as_array().expect("list").iter().all(|m| names(m) == ["state"]));
    let page = clerk.get("/entrustments?fields=id,state&limit=1").await.ok();
    assert_eq!(names(&page["items"][0]), ["id", "state"]);
    assert_eq!(page["has_more"], false);
    let center = app.stranger().get("/centers/320623000000?fields=name").await.ok();
    assert_eq!(names(&center), ["name"]);
    let items = app.stranger().get("/service-items?fields=name&limit=2").await.ok();
    assert!(items["items"].as_array().expect("items").iter().all(|i| names(i) == ["name"]) && items["next_cursor"].is_string());
    // Everything that is wrong is named; a cursor does not mind what is shown of a page.
    let wrong = clerk.get(&format!("/entrustments/{id}?fields=number,nmber,custodian.phne,a.b.c,&expand=applicant,item.x")).await.expect(400).body;
    let told: Vec<&str> = wrong["errors"].as_array().expect("errors").iter().map(|e| text(&e["parameter"])).collect();
    assert_eq!(told, ["expand", "expand", "fields", "fields", "fields", "fields"]);
    assert_eq!(clerk.get("/entrustments?fields=id&fields=state").await.problem(400), "invalid_request");
    assert_eq!(clerk.get(&format!("/entrustments/{id}/custody?fields=items")).await.problem(400), "invalid_request");
    let next = app.stranger().get(&format!("/service-items?limit=2&fields=code&cursor={}", text(&items["next_cursor"]))).await.ok();
    assert_eq!(next["items"].as_array().map(Vec::len), Some(2));
}

async fn references_are_expanded(app: TestApp) {
    let id = accepted_matter(&app, "assisted").await;
    let clerk = app.as_user("rd_clerk");
    let shown = clerk.get(&format!("/entrustments/{id}?expand=item,custodian,assignee.center&fields=number,item.code,assignee")).await.ok();
    assert_eq!(names(&shown), ["assignee", "custodian", "item", "number"]);
    assert_eq!(shown["item"], json!({ "code": "GS-320623-0001" }));
    assert_eq!(shown["assignee"]["id"], user_id("rd_agent").to_string());
    assert_eq!(shown["assignee"]["center"]["division_code"], "320623000000");
    assert_eq!(shown["custodian"]["division_code"], "320623000000");
    // A list asks once for all it leads to.
    let page = clerk.get("/entrustments?expand=assignee,item").await.ok();
    assert_eq!(page["items"][0]["item"]["name"], page["items"][0]["title"]);
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    let offer = json!({ "to": "auto", "applicant_consent": true });
    app.as_user("city_clerk").post(&format!("/entrustments/{}/transfer", text(&e["id"])), offer).await.created();
    let transfers = clerk.get("/transfers?expand=entrustment.item,to").await.ok();
    let transfer = &transfers["items"][0];
    assert_eq!(transfer["entrustment"]["number"], e["number"]);
    assert_eq!(transfer["entrustment"]["item"]["code"], "GS-320623-0001");
    assert!(transfer["to"]["hours"].is_string());
}

/// What the endpoint of a thing refuses is not there when it is expanded.
async fn an_expansion_authorizes(app: TestApp) {
    let e = app.as_user("ent_rudong").post("/entrustments", water_application()).await.created();
    let id = text(&e["id"]).to_owned();
    let accept = json!({ "process_explained": true, "papers_verified": true, "form_signed": true, "assignee_id": user_id("city_agent1") });
    app.as_user("city_clerk").post(&format!("/entrustments/{id}/accept"), accept).await.ok();
    let company = app.as_user("ent_rudong");
    company.get(&format!("/users/{}", user_id("city_agent1"))).await.expect(404);
    let shown = company.get(&format!("/entrustments/{id}?expand=assignee,first_responder,custodian,item")).await.ok();
    assert_eq!((shown.get("assignee"), shown["assignee_id"].is_string()), (None, true));
    assert!(shown.get("first_responder").is_none() && shown["item"]["code"].is_string());
    let own = app.as_user("city_clerk").get(&format!("/entrustments/{id}?expand=assignee")).await.ok();
    assert!(own["assignee"]["display_name"].is_string());
    // The receiver of an offer sees the transfer and, masked, the matter; the sender's people are not its to see.
    let offer = json!({ "to": "auto", "applicant_consent": true });
    app.as_user("city_clerk").post(&format!("/entrustments/{id}/transfer"), offer).await.created();
    let seen = app.as_user("rd_clerk").get("/transfers?expand=entrustment.assignee").await.ok();
    let matter = &seen["items"][0]["entrustment"];
    assert_eq!((matter["id"].as_str(), matter.get("assignee")), (Some(id.as_str()), None));
    // An inspector reads evaluations below, and of the matters what the list of matters shows: masked.
    let person = json!({ "kind": "natural_person", "name": "演示王", "id_type": "citizen_id", "id_number": "440781198506151231" });
    let mut body = counter_application("assisted");
    body["applicant"] = person;
    let e = app.as_user("rd_clerk").post("/entrustments", body).await.created();
    let reject = json!({ "reason": "not_in_catalogue", "note": "请前往该部门窗口" });
    app.as_user("rd_clerk").post(&format!("/entrustments/{}/reject", text(&e["id"])), reject).await.ok();
    let seen = app.as_user("city_inspector").get("/evaluations?expand=entrustment.custodian").await.ok();
    let matter = &seen["items"][0]["entrustment"];
    assert_eq!((text(&matter["applicant_name"]), &matter["custodian"]["level"]), ("演**", &json!("county")));
}

async fn masked_by_the_policy_of_the_deployment(app: TestApp) {
    let person =
        json!({ "kind": "natural_person", "name": "演示王", "id_type": "citizen_id", "id_number": "440781198506151231", "address": "如东县掘港街道1号" });
    let mut body = counter_application("assisted");
    body["applicant"] = person;
    let e = app.as_user("rd_clerk").post("/entrustments", body).await.created();
    let strict = app
        .masking(Masking { name: NameMask::Hidden, phone: "0+2".to_owned().try_into().expect("ends"), address: AddressMask::Hidden, ..Masking::default() })
        .await;
    for (server, name, phone, address) in [(&app, "演**", "139****5678", "如东县****"), (&strict, "***", "*********78", "****")] {
        let seen = server.as_user("rd_manager").get(&format!("/entrustments/{}", text(&e["id"]))).await.ok();
        assert_eq!((&seen["applicant"]["name"], &seen["contact"]["phone"], &seen["applicant"]["address"]), (&json!(name), &json!(phone), &json!(address)));
        let page = server.as_user("rd_clerk").get("/entrustments").await.ok();
        assert_eq!(page["items"][0]["applicant_name"], name);
        // In clear it is the same.
        let own = server.as_user("rd_clerk").get(&format!("/entrustments/{}", text(&e["id"]))).await.ok();
        assert_eq!(own["applicant"]["name"], "演示王");
    }
}
