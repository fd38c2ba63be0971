//! Whoever asked hears how it ended, also where others ended it.

use serde_json::{Value, json};

use crate::{
    notices::{kinds, log, mine, twice},
    support::{TestApp, on_both_engines, text, water_application},
};

on_both_engines!(who_is_withdrawn_by_others_hears_of_it, who_reported_hears_how_it_went);

async fn who_is_withdrawn_by_others_hears_of_it(app: TestApp) {
    let (company, clerk) = (app.as_user("ent_rudong"), app.as_user("rd_clerk"));
    let question = json!({ "channel": "online", "center": "320623000000", "subject": "供水报装", "question": "需要准备哪些材料？" });
    let asked = company.post("/consultations", question).await.created();
    let reason = json!({ "reason": "电话里说不问了", "evidence": "录音 7" });
    clerk.post(&format!("/consultations/{}/withdraw", text(&asked["number"])), reason.clone()).await.ok();
    let mut body = water_application();
    body["center"] = "320623000000".into();
    let matter = company.post("/entrustments", body).await.created();
    clerk.post(&format!("/entrustments/{}/withdraw", text(&matter["id"])), reason).await.ok();
    let told = mine(&app, "ent_rudong").await;
    let of = |kind: &str| told.iter().find(|(k, _)| k == kind).map(|(_, said)| said.clone()).unwrap_or_default();
    assert!(of("consultation_withdrawn").contains(text(&asked["number"])), "{told:?}");
    assert!(of("matter_withdrawn").contains(text(&matter["number"])), "{told:?}");
    assert!(!told.iter().any(|(_, said)| said.contains("不问了")), "what people wrote is read in the record");
}

async fn who_reported_hears_how_it_went(app: TestApp) {
    let (company, clerk, manager) = (app.as_user("ent_rudong"), app.as_user("rd_clerk"), app.as_user("rd_manager"));
    let content = |title: &str| json!({ "title": title, "situation": "多个窗口答复不属于本部门受理", "category": "emerging_field" });
    let online = |title: &str| {
        let contact = json!({ "name": "联系人甲", "phone": "13900001234" });
        json!({ "center": "320623000000", "channel": "online", "content": content(title), "contact": contact })
    };
    let at = |ticket: &Value| format!("/fallback-tickets/{}", text(&ticket["number"]));
    // Not taken in; the objection is decided.
    let suit = company.post("/fallback-tickets", online("合同纠纷")).await.created();
    let proposal = json!({ "reason": "litigation", "words": "同一纠纷已立案", "advice": "请向受理案件的法院查询" });
    clerk.post(&format!("{}/propose-inadmissible", at(&suit)), proposal).await.ok();
    manager.post(&format!("{}/confirm-inadmissible", at(&suit)), json!({})).await.ok();
    company.post(&format!("{}/object", at(&suit)), json!({ "reason": "反映的是办理渠道" })).await.ok();
    app.as_user("city_reform").post(&format!("{}/dismiss-objection", at(&suit)), json!({ "reason": "仍在诉讼中" })).await.ok();
    let told = mine(&app, "ent_rudong").await;
    assert_eq!(kinds(&told), ["ticket_registered", "ticket_inadmissible", "rating_open", "ticket_objection"], "{told:?}");
    assert!(told[1].1.contains("原因") && told[3].1.contains("不成立") && !told[1].1.contains("法院"), "{told:?}");
    // Merged: who asked there is told where it goes on, and who asked here is not.
    let counter = json!({ "channel": "window", "content": content("同一问题"), "contact": { "name": "反映人乙", "phone": "13900006002" } });
    let (stays, gone) = (clerk.post("/fallback-tickets", counter).await.created(), company.post("/fallback-tickets", online("同一问题")).await.created());
    clerk.post(&format!("{}/merge", at(&gone)), json!({ "into": stays["number"], "reason": "同一问题" })).await.ok();
    let told = mine(&app, "ent_rudong").await;
    assert!(told.last().is_some_and(|(kind, said)| kind == "ticket_merged" && said.contains(text(&stays["number"]))), "{told:?}");
    // Withdrawn by one of two: that one is told, and by the last: nobody else.
    let ticket = clerk.get(&at(&stays)).await.ok();
    let callers = ticket["callers"].as_array().cloned().unwrap_or_default();
    assert_eq!(callers.len(), 2, "{ticket}");
    for caller in &callers {
        let signed = json!({ "caller_id": caller["id"], "reason": "已自行解决", "signature": { "method": "handwritten", "evidence": "撤回单 1" } });
        clerk.post(&format!("{}/withdraw", at(&stays)), signed).await.ok();
    }
    twice(&app).await;
    let sent = log(&app, "kind=ticket_withdrawn&channel=sms").await;
    let mut phones: Vec<&str> = sent.iter().map(|n| text(&n["recipient_phone"])).collect();
    phones.sort_unstable();
    assert_eq!(phones, ["139****1234", "139****6002"], "each once: {sent:?}");
}
