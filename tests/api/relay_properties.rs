//! Whatever the parties do in whatever order: one custodian, a chain without gap or overlap, bounded hand-overs.

use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::support::{TestApp, accepted, counter_application, moment, on_both_engines, text};

on_both_engines!(random_parties);

/// Random histories; `make torture` plays more of them. They are the same every time: a long row can be played in parts.
fn runs() -> std::ops::Range<usize> {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    number("RELAY_FROM").unwrap_or(0)..number("RELAY_RUNS").unwrap_or(40)
}
const CENTERS: &[(&str, &str)] = &[("320600000000", "city_clerk"), ("320623000000", "rd_clerk"), ("320613000000", "cc_clerk"), ("320623101000", "yk_clerk")];

#[derive(Clone, Debug)]
enum Move {
    Offer {
        by: usize,
        to: usize,
    },
    Accept {
        by: usize,
    },
    Return {
        by: usize,
    },
    Recall {
        by: usize,
    },
    AskJoint {
        to: usize,
    },
    AnswerJoint {
        by: usize,
        accept: bool,
    },
    AskArbitration {
        with: usize,
    },
    Decide {
        kind: usize,
        to: usize,
    },
    Review {
        by: usize,
    },
    AcceptMatter {
        by: usize,
    },
    Withdraw {
        by: usize,
    },
    LetTimePass,
    /// The sender takes the offer back while the receiver answers it.
    Race {
        by: usize,
        accept: bool,
    },
    /// The whole answer is worked out, and lost before its commit.
    Crash {
        by: usize,
    },
}

fn any_move() -> impl Strategy<Value = Move> {
    let party = 0..CENTERS.len();
    let party2 = party.clone();
    prop_oneof![
        4 => (party.clone(), party.clone()).prop_map(|(by, to)| Move::Offer { by, to }),
        4 => party.clone().prop_map(|by| Move::Accept { by }),
        1 => party.clone().prop_map(|by| Move::Return { by }),
        1 => party.clone().prop_map(|by| Move::Recall { by }),
        2 => party.clone().prop_map(|to| Move::AskJoint { to }),
        3 => (party.clone(), any::<bool>()).prop_map(|(by, accept)| Move::AnswerJoint { by, accept }),
        1 => party.clone().prop_map(|with| Move::AskArbitration { with }),
        3 => (0..3usize, party.clone()).prop_map(|(kind, to)| Move::Decide { kind, to }),
        1 => party.clone().prop_map(|by| Move::Review { by }),
        2 => party.clone().prop_map(|by| Move::AcceptMatter { by }),
        1 => party.prop_map(|by| Move::Withdraw { by }).prop_filter("rare", |m| matches!(m, Move::Withdraw { by: 0 })),
        1 => Just(Move::LetTimePass),
        2 => (party2.clone(), any::<bool>()).prop_map(|(by, accept)| Move::Race { by, accept }),
        1 => party2.prop_map(|by| Move::Crash { by }),
    ]
}

async fn random_parties(app: TestApp) {
    let mut runner = TestRunner::deterministic();
    let walks = proptest::collection::vec(any_move(), 5..25);
    let played = runs();
    for run in 0..played.end {
        let moves = walks.new_tree(&mut runner).expect("moves").current();
        if !played.contains(&run) {
            continue;
        }
        if run % 1_000 == 0 {
            println!("history {run}");
        }
        app.set_clock(crate::support::MONDAY);
        let mut application = counter_application("assisted");
        application["center"] = json!("320600000000");
        let e = app.as_user("city_clerk").post("/entrustments", application).await.created();
        let id = text(&e["id"]).to_owned();
        let mut day = 3;
        plan(&app, &id, run).await;
        for m in &moves {
            play(&app, &id, m, &mut day).await;
            check(&app, &id, run, &moves).await;
        }
    }
}

/// Every other matter is under way, with a step that can be given to others.
async fn plan(app: &TestApp, id: &str, run: usize) {
    if run.is_multiple_of(2) {
        return;
    }
    let path = format!("/entrustments/{id}");
    let mut body = accepted();
    body["assignee_id"] = json!(crate::support::user_id("city_agent1"));
    app.as_user("city_clerk").post(&format!("{path}/accept"), body).await.ok();
    let agent = app.as_user("city_agent1");
    agent.post(&format!("{path}/start"), json!({})).await.ok();
    let step = json!({ "code": "S1", "name": "审查", "department": "审批部门", "limit": { "value": 5, "unit": "working_day" } });
    agent.post(&format!("{path}/plan"), json!({ "steps": [step] })).await.ok();
}

async fn play(app: &TestApp, id: &str, m: &Move, day: &mut u32) {
    let clerk = |i: usize| app.as_user(CENTERS[i].1);
    let open = |e: &Value| text(&e["open_transfer_id"]).to_owned();
    let reply = match m {
        Move::Offer { by, to } => clerk(*by).post(&format!("/entrustments/{id}/transfer"), json!({ "to": CENTERS[*to].0, "applicant_consent": true })).await,
        Move::Accept { by } | Move::Return { by } | Move::Recall { by } => {
            let seen = clerk(*by).get(&format!("/entrustments/{id}")).await;
            let transfer = open(&seen.body);
            if transfer.is_empty() {
                return;
            }
            match m {
                Move::Accept { .. } => clerk(*by).post(&format!("/transfers/{transfer}/accept"), json!({})).await,
                Move::Return { .. } => clerk(*by).post(&format!("/transfers/{transfer}/return"), json!({ "reason": "不属本中心" })).await,
                _ => clerk(*by).post(&format!("/transfers/{transfer}/recall"), json!({})).await,
            }
        }
        Move::Race { by, accept } => {
            let e = app.as_user("city_inspector").get(&format!("/entrustments/{id}")).await.ok();
            let transfer = open(&e);
            let sender = CENTERS.iter().position(|(code, _)| e["custodian"]["division_code"] == *code);
            let Some(sender) = sender.filter(|_| !transfer.is_empty()) else { return };
            let (act, body) = if *accept { ("accept", json!({})) } else { ("return", json!({ "reason": "不属本中心" })) };
            let (receiver, owner) = (clerk(*by), clerk(sender));
            let (answer, recall) = (format!("/transfers/{transfer}/{act}"), format!("/transfers/{transfer}/recall"));
            let (one, two) = futures_util::future::join(receiver.post(&answer, body), owner.post(&recall, json!({}))).await;
            assert!(one.status != 200 || two.status != 200, "an offer is answered once: {} {}", one.text, two.text);
            if two.status == 200 { two } else { one }
        }
        Move::Crash { by } => {
            let seen = clerk(*by).get(&format!("/entrustments/{id}")).await;
            let transfer = open(&seen.body);
            if transfer.is_empty() {
                return;
            }
            let reply = clerk(*by).post(&format!("/transfers/{transfer}/accept?dry_run=true"), json!({})).await;
            let after = clerk(*by).get(&format!("/entrustments/{id}")).await;
            assert_eq!(seen.body["version"], after.body["version"], "nothing half happens");
            reply
        }
        Move::AskJoint { to } => {
            // Whoever has custody asks: its manager, where there is one.
            let e = app.as_user("city_inspector").get(&format!("/entrustments/{id}")).await.ok();
            let body = json!({ "to": CENTERS[*to].0, "steps": ["S1"], "reason": "请协调办理" });
            let manager = if e["custodian"]["division_code"] == "320623000000" { "rd_manager" } else { "city_manager" };
            app.as_user(manager).post(&format!("/entrustments/{id}/joint-handlings"), body).await
        }
        Move::AnswerJoint { by, accept } => {
            let legs = clerk(*by).get("/joint-handlings?state=requested&limit=200").await.ok();
            let leg = legs["items"]
                .as_array()
                .expect("legs")
                .iter()
                .find(|l| l["entrustment_id"] == json!(id) && l["to"]["division_code"] == CENTERS[*by].0)
                .cloned();
            let Some(leg) = leg else { return };
            let (act, body) = if *accept { ("accept", json!({})) } else { ("decline", json!({ "reason": "不属本中心" })) };
            clerk(*by).post(&format!("/joint-handlings/{}/{act}", text(&leg["id"])), body).await
        }
        Move::AskArbitration { with } => {
            let body = json!({ "with": [CENTERS[*with].0], "reason": "请指定承办中心" });
            let by = if with.is_multiple_of(2) { "rd_manager" } else { "city_manager" };
            app.as_user(by).post(&format!("/entrustments/{id}/arbitrations"), body).await
        }
        Move::Decide { kind, to } => {
            let Some(at) = arbitration(app, id, "opened").await else { return };
            let body = match kind {
                0 => json!({ "kind": "keep", "reason": "维持" }),
                1 => json!({ "kind": "joint", "to": CENTERS[*to].0, "steps": ["S1"], "reason": "指定联办" }),
                _ => json!({ "kind": "custody", "to": CENTERS[*to].0, "reason": "指定承办" }),
            };
            // Whoever is no side decides; the other is refused.
            let first = app.as_user("city_manager").post(&format!("{at}/decide"), body.clone()).await;
            if first.status == 403 { app.as_user("city_reform").post(&format!("{at}/decide"), body).await } else { first }
        }
        Move::Review { by } => {
            let Some(at) = arbitration(app, id, "decided").await else { return };
            let who = if by.is_multiple_of(2) { "rd_manager" } else { "city_manager" };
            app.as_user(who).post(&format!("{at}/review"), json!({ "new_facts": "测绘报告" })).await
        }
        Move::AcceptMatter { by } => clerk(*by).post(&format!("/entrustments/{id}/accept"), accepted()).await,
        Move::Withdraw { by } => clerk(*by).post(&format!("/entrustments/{id}/withdraw"), json!({ "reason": "申请人撤回" })).await,
        Move::LetTimePass => {
            *day += 2;
            app.set_clock(&format!("2026-03-{:02}T18:00:00+08:00", (*day).min(30)));
            app.tick().await;
            return;
        }
    };
    assert!([200, 201, 403, 404, 409, 422].contains(&reply.status), "{m:?}: {}", reply.text);
}

/// The newest arbitration of the matter in a state.
async fn arbitration(app: &TestApp, id: &str, state: &str) -> Option<String> {
    let all = app.as_user("city_inspector").get(&format!("/arbitrations?state={state}&limit=200")).await.ok();
    let found = all["items"].as_array().expect("arbitrations").iter().find(|a| a["entrustment_id"] == json!(id)).cloned();
    found.map(|a| format!("/arbitrations/{}", text(&a["id"])))
}

async fn check(app: &TestApp, id: &str, run: usize, moves: &[Move]) {
    let chain = app.as_user("city_inspector").get(&format!("/entrustments/{id}/custody")).await.ok();
    let links = chain["items"].as_array().expect("chain").clone();
    let story = || format!("run {run}: {moves:?}\n{chain}");
    assert_eq!(links.iter().filter(|l| l.get("to").is_none()).count(), 1, "one custodian; {}", story());
    assert!(links.last().is_some_and(|l| l.get("to").is_none()), "the last link is the open one; {}", story());
    for pair in links.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "no gap, no overlap; {}", story());
        assert!(moment(text(&pair[0]["from"])) <= moment(text(&pair[0]["to"])), "{}", story());
    }
    // Four transfers, and a decision with its review.
    assert!(links.len() <= 7, "hand-overs are bounded; {}", story());
    let by = |cause: &str| links.iter().filter(|l| l["cause"] == cause).count();
    assert!(by("transfer") <= 4 && by("arbitration") <= 2, "{}", story());
    let decided = links.iter().position(|l| l["cause"] == "arbitration").unwrap_or(links.len());
    assert!(links.iter().skip(decided).all(|l| l["cause"] == "arbitration"), "what was decided is not transferred; {}", story());
    let e = app.as_user("city_inspector").get(&format!("/entrustments/{id}")).await.ok();
    assert_eq!(e["custodian"]["id"], links.last().expect("link")["center"]["id"], "{}", story());
    assert_eq!(e["hand_overs"], by("transfer"), "{}", story());
    let relay = app.as_user("city_inspector").get(&format!("/entrustments/{id}/relay")).await.ok();
    let open: Vec<&str> = relay["open"].as_array().expect("open").iter().map(|o| text(&o["kind"])).collect();
    let many = |kind: &str| open.iter().filter(|k| **k == kind).count();
    assert!(many("transfer") <= 1 && many("arbitration") <= 1, "{}", story());
    assert_eq!(
        (e["open_joint_handlings"].as_u64(), e.get("open_arbitration_id").is_some()),
        (Some(many("joint_handling") as u64), many("arbitration") == 1),
        "{}",
        story()
    );
    let ended = e.get("closed_at").is_some();
    assert!(!ended || open.is_empty(), "nothing is open beside what has ended; {}", story());
    let running = e["clocks"].as_array().expect("clocks").iter().filter(|c| c["state"] != "stopped").count();
    assert!(!ended || running == 0, "an ended matter has no running clock; {}", story());
}
