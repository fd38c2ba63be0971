//! Whatever happens in whatever order, counted by however many workers: the rollups equal a recount.

use futures_util::future::join_all;
use jieli::{
    db::Outcome,
    statistics::{self, checking},
    worker,
};
use serde_json::{Value, json};

use crate::support::{TestApp, accepted, counter_application, on_both_engines, text, user_id, water_application};

on_both_engines!(rollups_equal_a_recount);

/// The same numbers every time.
struct Dice(u64);
impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).expect("small")
    }
}

/// Histories; `make torture` plays more of them.
fn runs() -> usize {
    std::env::var("STATISTICS_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(8)
}

async fn rollups_equal_a_recount(app: TestApp) {
    let mut dice = Dice(20_260_302);
    let (mut matters, mut tickets) = (Vec::new(), Vec::new());
    let mut done = 0;
    for run in 0..runs() {
        app.set_clock(&format!("2026-{:02}-{:02}T{:02}:30:00+08:00", 3 + run / 9, 2 + (run % 9) * 3, 9 + run % 8));
        for _ in 0..12 {
            done += usize::from(act(&app, &mut dice, &mut matters, &mut tickets).await < 300);
        }
        // Several servers at once, as if their leases had run out; one that dies in the middle leaves nothing half done.
        let follow = || app.db.commit(statistics::follow);
        let died = app.db.write(|tx| statistics::follow(tx).map(Outcome::Rollback));
        let (ticked, followed, died) = futures_util::future::join3(worker::tick(&app.db, "test"), join_all((0..4).map(|_| follow())), died).await;
        assert!(ticked.is_ok() && died.is_ok());
        assert!(followed.into_iter().all(|n| n.is_ok()));
        app.tick().await;
        app.tick().await;
        let found = app.db.read(checking::verify).await.expect("recounted");
        assert_eq!((found.differences, found.waiting), (0, 0), "run {run}: {:#?}", found.told);
    }
    assert!(done > runs() * 5, "most of it happened: {done}");
    crate::tracing::every_figure_is_its_records(&app).await;
    let before = app.count("SELECT CAST(COUNT(*) AS BIGINT) AS value FROM stat_rollups").await;
    let sum = app.count("SELECT CAST(SUM(n) AS BIGINT) AS value FROM stat_rollups WHERE slice = 1").await;
    checking::rebuild(&app.db, |_, _| {}).await.expect("written anew");
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) AS value FROM stat_rollups").await, before, "what was kept is what is written anew");
    assert_eq!(app.count("SELECT CAST(SUM(n) AS BIGINT) AS value FROM stat_rollups WHERE slice = 1").await, sum);
    let all = app.count("SELECT CAST(SUM(n) AS BIGINT) AS value FROM stat_rollups WHERE slice = 1 AND measure = 1").await;
    let there = app
        .count("SELECT COUNT(*) AS value FROM entrustments e WHERE NOT EXISTS (SELECT 1 FROM matter_links l WHERE l.to_id = e.id AND l.kind = 'split')")
        .await;
    assert_eq!(all, there, "one matter counts once");
}

fn pick(dice: &mut Dice, of: &[String]) -> Option<String> {
    if of.is_empty() { None } else { of.get(dice.roll(of.len())).cloned() }
}

/// Something that somebody tries; it may be refused.
async fn act(app: &TestApp, dice: &mut Dice, matters: &mut Vec<String>, tickets: &mut Vec<String>) -> u16 {
    let (clerk, agent, city, company) = (app.as_user("rd_clerk"), app.as_user("rd_agent"), app.as_user("city_clerk"), app.as_user("ent_rudong"));
    let sign = json!({ "signature": { "method": "handwritten", "evidence": "签收单" } });
    let choice = dice.roll(27);
    if choice < 4 {
        let made = match choice {
            0 => company.post("/entrustments", water_application()).await,
            1 => {
                let mut application = counter_application("assisted");
                application["center"] = json!("320600000000");
                city.post("/entrustments", application).await
            }
            _ => clerk.post("/entrustments", counter_application("assisted")).await,
        };
        matters.push(text(&made.body["id"]).to_owned());
        return made.status;
    }
    if choice < 6 {
        let content = json!({ "title": "无处受理", "situation": "多个窗口答复不属于本部门受理", "request": "请明确由谁受理", "category": "no_lead_unit" });
        let body = json!({ "channel": "window", "content": content, "contact": { "name": "反映人甲", "phone": format!("1390000{:04}", dice.roll(9999)) } });
        let made = clerk.post("/fallback-tickets", body).await;
        tickets.push(text(&made.body["number"]).to_owned());
        return made.status;
    }
    let matter = pick(dice, matters).map(|id| format!("/entrustments/{id}"));
    let ticket = pick(dice, tickets).map(|number| format!("/fallback-tickets/{number}"));
    let (Some(matter), Some(ticket)) = (matter, ticket) else { return 404 };
    let said = |satisfied: bool| json!({ "satisfied": satisfied, "way": "phone", "evidence": "录音 1", "words": "说明" });
    let post = |who: &str, path: String, body: Value| {
        let who = app.as_user(who);
        async move { who.post(&path, body).await.status }
    };
    match choice {
        6 | 7 => {
            let mut body = accepted();
            body["assignee_id"] = json!(user_id("rd_agent"));
            post("rd_clerk", format!("{matter}/accept"), body).await
        }
        8 | 9 => {
            post("rd_agent", format!("{matter}/start"), json!({})).await;
            post("rd_agent", format!("{matter}/record-help"), json!({ "kinds": ["fill_form"] })).await
        }
        10 | 11 => {
            agent.post(&format!("{matter}/complete"), json!({ "outcome": "granted" })).await;
            post("rd_clerk", format!("{matter}/sign-completion"), sign).await
        }
        12 => post("rd_clerk", format!("{matter}/refuse-completion"), json!({ "reason": "材料不符", "evidence": "记录 1" })).await,
        13 => post("rd_manager", format!("{matter}/reopen"), json!({ "reason": "登记有误" })).await,
        14 => post("rd_clerk", format!("{matter}/withdraw"), json!({ "reason": "暂不办理", "evidence": "录音" })).await,
        15 => post("rd_clerk", format!("{matter}/split"), json!({ "reason": "单独成件" })).await,
        16 => {
            let offer = city.post(&format!("{matter}/transfer"), json!({ "to": "auto", "applicant_consent": true })).await;
            clerk.post(&format!("/transfers/{}/accept", text(&offer.body["id"])), json!({})).await.status
        }
        17 => {
            let open = company.get("/evaluations?state=open").await;
            let link = text(&open.body["items"][0]["link"]).to_owned();
            if link.is_empty() {
                return 404;
            }
            let grade = ["very_satisfied", "satisfied", "dissatisfied"].get(dice.roll(3)).copied().unwrap_or("satisfied");
            app.stranger().post(&link, json!({ "grade": grade })).await.status
        }
        18 | 19 => {
            clerk.post(&format!("{ticket}/triage"), json!({ "tier": "general" })).await;
            clerk.post(&format!("{ticket}/settle"), json!({ "settlement": "协调窗口当场受理" })).await;
            post("rd_clerk", format!("{ticket}/ask-feedback"), json!({})).await
        }
        20 => post("rd_clerk", format!("{ticket}/feedback"), said(true)).await,
        21 => post("rd_clerk", format!("{ticket}/feedback"), said(false)).await,
        22 => {
            let into = pick(dice, tickets).unwrap_or_default();
            post("rd_clerk", format!("{ticket}/merge"), json!({ "into": into, "reason": "同一问题" })).await
        }
        24 | 25 => {
            let body = json!({ "service_no": format!("A{}", dice.roll(40)), "kind": "counter", "staff_id": user_id("rd_agent") });
            let occasion = clerk.post("/service-occasions", body).await;
            let grades = ["very_satisfied", "basically_satisfied", "very_dissatisfied"];
            let mut grade = || grades.get(dice.roll(3)).copied().unwrap_or("satisfied");
            let objects = json!([{ "object": "platform", "grade": grade() }, { "object": "staff", "grade": grade() }]);
            app.stranger().post(text(&occasion.body["link"]), json!({ "grade": grade(), "objects": objects })).await.status
        }
        26 => {
            let body = json!({ "service_no": format!("B{}", dice.roll(40)), "kind": "consultation" });
            clerk.post("/service-occasions", body).await.status
        }
        _ => {
            let asked = clerk.post(&format!("{matter}/change-mode"), json!({ "mode": "assisted" })).await.status;
            post("rd_manager", format!("{matter}/request-termination"), json!({ "reason": "applicant_request", "note": "不再办理" })).await.min(asked)
        }
    }
}
