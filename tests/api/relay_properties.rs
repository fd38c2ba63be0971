//! Whatever the parties do in whatever order: one custodian, a chain without gap or overlap, bounded hand-overs.

use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::support::{TestApp, accepted, counter_application, moment, on_both_engines, text};

on_both_engines!(random_parties);

const RUNS: usize = 40;
const CENTERS: &[(&str, &str)] = &[("320600000000", "city_clerk"), ("320623000000", "rd_clerk"), ("320613000000", "cc_clerk"), ("320623101000", "yk_clerk")];

#[derive(Clone, Debug)]
enum Move {
    Offer { by: usize, to: usize },
    Accept { by: usize },
    Return { by: usize },
    Recall { by: usize },
    AcceptMatter { by: usize },
    Withdraw { by: usize },
    LetTimePass,
}

fn any_move() -> impl Strategy<Value = Move> {
    let party = 0..CENTERS.len();
    prop_oneof![
        4 => (party.clone(), party.clone()).prop_map(|(by, to)| Move::Offer { by, to }),
        4 => party.clone().prop_map(|by| Move::Accept { by }),
        1 => party.clone().prop_map(|by| Move::Return { by }),
        1 => party.clone().prop_map(|by| Move::Recall { by }),
        1 => party.clone().prop_map(|by| Move::AcceptMatter { by }),
        1 => party.prop_map(|by| Move::Withdraw { by }).prop_filter("rare", |m| matches!(m, Move::Withdraw { by: 0 })),
        1 => Just(Move::LetTimePass),
    ]
}

async fn random_parties(app: TestApp) {
    let mut runner = TestRunner::deterministic();
    let walks = proptest::collection::vec(any_move(), 5..25);
    for run in 0..RUNS {
        let moves = walks.new_tree(&mut runner).expect("moves").current();
        app.set_clock(crate::support::MONDAY);
        let mut application = counter_application("assisted");
        application["center"] = json!("320600000000");
        let e = app.as_user("city_clerk").post("/entrustments", application).await.created();
        let id = text(&e["id"]).to_owned();
        let mut day = 3;
        for m in &moves {
            play(&app, &id, m, &mut day).await;
            check(&app, &id, run, &moves).await;
        }
    }
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
    assert!(links.len() <= 5, "at most four hand-overs; {}", story());
    let e = app.as_user("city_inspector").get(&format!("/entrustments/{id}")).await.ok();
    assert_eq!(e["custodian"]["id"], links.last().expect("link")["center"]["id"], "{}", story());
    assert_eq!(e["hand_overs"], links.len() - 1, "{}", story());
    let ended = e.get("closed_at").is_some();
    let running = e["clocks"].as_array().expect("clocks").iter().filter(|c| c["state"] != "stopped").count();
    assert!(!ended || running == 0, "an ended matter has no running clock; {}", story());
}
