//! Who may ask for agency: rules as data, in versions, with an explanation; assistance instead of a rejection.

use serde_json::{Value, json};

use crate::support::{TestApp, accepted, counter_application, on_both_engines, text};

on_both_engines!(rules_are_versions_of_data, who_does_not_qualify_is_offered_assistance, the_five_cities_say_whom_they_serve);

fn unflagged() -> Value {
    let mut body = counter_application("full_agency");
    body["applicant"].as_object_mut().expect("object").remove("flags");
    body
}

async fn rules_are_versions_of_data(app: TestApp) {
    let at = "/centers/320623000000/eligibility";
    let inherited = app.stranger().get(at).await.ok();
    assert_eq!((&inherited["in_force"]["version"], text(&inherited["in_force"]["center"]["division_code"])), (&json!(1), "320600000000"));
    assert_eq!(inherited["versions"], json!([]));
    let ask = |flags: Value, division: &str| {
        let body = json!({ "center": "320623000000", "item": "GS-320623-0001", "mode": "full_agency", "kind": "enterprise", "flags": flags, "division_code": division });
        let stranger = app.stranger();
        async move { stranger.post("/eligibility/check", body).await.ok() }
    };
    assert_eq!(ask(json!(["micro_small_medium"]), "320623000000").await["eligible"], true);
    let no = ask(json!(["foreign_invested"]), "320623000000").await;
    assert_eq!((&no["eligible"], &no["rules"][0]["criteria"][0]["met"]), (&json!(false), &json!(false)));
    assert!(text(&no["explanation"]).contains("中小微企业") && text(&no["explanation"]).contains("改为帮办"), "{no}");
    // The county sets its own: from its day on, and only there.
    let manager = app.as_user("rd_manager");
    let rule = json!({ "code": "local", "label": "本县外商投资企业", "flags": ["foreign_invested"], "divisions": ["320623"], "themes": ["公用事业"], "kinds": ["enterprise"] });
    let set = json!({ "basis": "如东县办法", "effective_on": "2026-03-05", "rules": [rule] });
    for (wrong, code) in [
        (json!({ "basis": "办法", "rules": [rule, rule] }), "duplicate"),
        (json!({ "basis": "办法", "effective_on": "2026-03-01", "rules": [] }), "past"),
        (json!({ "basis": "办法", "rules": [{ "code": "x", "label": "无效", "modes": ["assisted"] }] }), "assisted"),
        (json!({ "basis": "办法", "rules": [{ "code": "x", "label": "无效", "divisions": ["3x"] }] }), "division_prefix"),
    ] {
        assert_eq!(manager.post(at, wrong).await.expect(422).body["errors"][0]["code"], code);
    }
    assert_eq!(app.as_user("rd_clerk").post(at, set.clone()).await.problem(403), "forbidden");
    assert_eq!(manager.post("/centers/320613000000/eligibility", set.clone()).await.problem(403), "forbidden");
    let made = manager.post(at, set).await.created();
    assert_eq!((&made["version"], &made["in_force"]), (&json!(1), &json!(false)));
    assert_eq!(ask(json!(["foreign_invested"]), "320623000000").await["eligible"], false);
    app.set_clock("2026-03-05T09:00:00+08:00");
    let yes = ask(json!(["foreign_invested"]), "320623001000").await;
    assert_eq!((&yes["eligible"], &yes["basis"]), (&json!(true), &json!("如东县办法")));
    let elsewhere = ask(json!(["foreign_invested"]), "320613000000").await;
    let unmet: Vec<&str> =
        elsewhere["rules"][0]["criteria"].as_array().expect("criteria").iter().filter(|c| c["met"] == false).map(|c| text(&c["what"])).collect();
    assert_eq!(unmet, ["申请人所在区划为320623"]);
    let version = app.stranger().get(&format!("/eligibility/{}", text(&made["id"]))).await.ok();
    assert_eq!((&version["in_force"], &version["rules"][0]["code"]), (&json!(true), &json!("local")));
    // An empty set opens agency to everybody again; the old version stays readable.
    manager.post(at, json!({ "basis": "如东县放开", "rules": [] })).await.created();
    assert_eq!(ask(json!([]), "320613000000").await["eligible"], true);
    let now = app.stranger().get(at).await.ok();
    assert_eq!((now["versions"].as_array().map(Vec::len), &now["in_force"]["version"]), (Some(2), &json!(2)));
}

async fn who_does_not_qualify_is_offered_assistance(app: TestApp) {
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", unflagged()).await.created();
    let path = format!("/entrustments/{}", text(&e["id"]));
    assert_eq!(e["eligibility"]["eligible"], false);
    let offered: Vec<&str> = e["allowed_actions"].as_array().expect("list").iter().map(text).collect();
    assert!(!offered.contains(&"accept") && offered.contains(&"change_mode"), "{offered:?}");
    let refused = clerk.post(&format!("{path}/accept"), accepted()).await.expect(409).body;
    assert!(text(&refused["detail"]).contains("改为帮办"));
    let changed = clerk.post(&format!("{path}/change-mode"), json!({ "mode": "assisted" })).await.ok();
    assert_eq!(changed.get("eligibility"), None);
    clerk.post(&format!("{path}/accept"), accepted()).await.ok();
    // Accepted as assistance, it does not become agency behind the rules.
    let back = clerk.post(&format!("{path}/change-mode"), json!({ "mode": "full_agency" })).await.expect(422).body;
    assert_eq!(back["errors"][0]["code"], "not_eligible");
    // Once the record says what the applicant is, they qualify; the acceptance keeps by which rules.
    let applicant = text(&e["applicant"]["id"]).to_owned();
    let record = clerk.get(&format!("/applicants/{applicant}")).await.ok();
    let etag = format!("\"{}\"", record["version"]);
    clerk.put_with(&format!("/applicants/{applicant}"), &[("if-match", &etag)], json!({ "flags": ["micro_small_medium"] })).await.ok();
    let second = clerk.post("/entrustments", unflagged()).await.created();
    assert_eq!(second["eligibility"]["eligible"], true);
    let taken = clerk.post(&format!("/entrustments/{}/accept", text(&second["id"])), accepted()).await.ok();
    assert_eq!((&taken["eligibility"]["rules_version"], &taken["eligibility"]["eligible"]), (&json!(1), &json!(true)));
}

/// The rules of the five cities, as their texts have them ([000] to [004]).
async fn the_five_cities_say_whom_they_serve(app: TestApp) {
    use jieli::cli::Shipped::{Gongqingcheng, Nanchong, Nantong, Taishan, Wenling};
    let cases = [
        (Nantong, "320600000000", "enterprise", "micro_small_medium", "key_project"),
        (Nanchong, "511300000000", "enterprise", "livelihood", "micro_small_medium"),
        (Taishan, "440781000000", "natural_person", "elderly_disabled", "micro_small_medium"),
        (Wenling, "331081000000", "enterprise", "micro_small_medium", ""),
        (Gongqingcheng, "360482000000", "enterprise", "encouraged_industry", "livelihood"),
    ];
    for (city, root, kind, yes, no) in cases {
        if city != Nantong {
            jieli::cli::load_city(&app.db, city, crate::support::COST).await.expect("city");
        }
        let ask = |flag: &'static str| {
            let flags = if flag.is_empty() { json!([]) } else { json!([flag]) };
            let body = json!({ "center": root, "item": "GS-320623-0001", "mode": "full_agency", "kind": kind, "flags": flags });
            let stranger = app.stranger();
            async move { stranger.post("/eligibility/check", body).await.ok() }
        };
        assert_eq!(ask(yes).await["eligible"], true, "{root}");
        // Wenling serves everybody.
        assert_eq!(ask(no).await["eligible"], no.is_empty(), "{root}");
    }
    let windows = app.stranger().get("/centers/331081000000/windows?limit=50").await.ok();
    let kinds: Vec<&str> = windows["items"].as_array().expect("windows").iter().map(|w| text(&w["kind"])).collect();
    for kind in ["project", "policy", "finance", "talent", "legal", "sci_tech", "opening", "data", "fallback"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
}
