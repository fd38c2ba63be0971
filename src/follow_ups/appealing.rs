//! Appeals, and what the center above the rated one decides.

use serde_json::json;

use super::{
    load::{KIND, Told, load_for},
    machine::{AppealState, FollowUpAction as Action, FollowUpState as State},
    model::{AppealDecision, AppealInput, Appealed, FollowUpReason, Reviewed},
    store::FollowUp,
    views::{FollowUpView, view},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Result, Tx},
    evaluations,
    kernel::{Code as _, ErrorCode, Problem, Target},
    organization::Center,
    routing::arbitration::machine::Authority,
    settings,
};

/// Who decides, as people call them.
pub(super) fn decider_name(row: &FollowUp, node: &Center) -> String {
    match row.authority {
        Some(Authority::Center) => node.name.clone(),
        _ => format!("{}改革办", node.division_name),
    }
}

/// The rated person, or the center, says why the rating should not count. The follow-up goes on meanwhile, and so do its clocks.
pub fn appeal(tx: &mut Tx, actor: &Actor, target: &Target, input: &AppealInput) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::Appeal)?;
    loaded.decide(tx.now, actor, Action::Appeal, false)?;
    let decider = loaded.set_decider(tx)?;
    let limit = settings::rules(tx, &decider.path)?.appeal_decision_limit;
    clocks::stop(tx, loaded.row.id, &[ClockKind::Appeal])?;
    clocks::start(tx, KIND, loaded.row.id, ClockKind::AppealDecision, limit)?;
    loaded.row.appeal = Some(AppealState::Pending);
    loaded.details.appeal = Some(Appealed {
        ground: input.ground,
        reasons: input.reasons.clone(),
        evidence: input.evidence.clone(),
        in_person: actor.id.is_some() && actor.id == loaded.row.staff_id,
        at: tx.now,
        by: actor.id,
        decision: String::new(),
        decided_at: None,
        decided_by: None,
    });
    let name = decider_name(&loaded.row, &decider);
    loaded.save(tx, actor, Told::staff("appealed", json!({ "ground": input.ground.code(), "decider": name })))?;
    view(tx, actor, loaded.row.id)
}

/// The center above decides: upheld, the rating stays and is not counted, and the follow-up ends; refused, it goes on.
pub fn decide_appeal(tx: &mut Tx, actor: &Actor, target: &Target, input: &AppealDecision) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::DecideAppeal)?;
    let next = loaded.decide(tx.now, actor, Action::DecideAppeal, input.upheld)?;
    if let Some(appeal) = &mut loaded.details.appeal {
        if actor.id.is_some() && appeal.by == actor.id {
            return Err(Problem::of(ErrorCode::Forbidden).into());
        }
        appeal.decision.clone_from(&input.reason);
        appeal.decided_at = Some(tx.now);
        appeal.decided_by = actor.id;
    }
    clocks::stop(tx, loaded.row.id, &[ClockKind::AppealDecision])?;
    if input.upheld {
        loaded.row.appeal = Some(AppealState::Upheld);
        loaded.end(tx, next)?;
        loaded.save(tx, actor, Told::all("appeal_upheld", json!({})))?;
        evaluations::exclude(tx, actor, loaded.row.evaluation_id, &input.reason)?;
    } else {
        loaded.row.appeal = Some(AppealState::Refused);
        loaded.row.state = next;
        loaded.save(tx, actor, Told::staff("appeal_refused", json!({})))?;
    }
    view(tx, actor, loaded.row.id)
}

/// The upper center has looked at a second bad grade: what was done is enough.
pub fn conclude(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpReason) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::Conclude)?;
    let next = loaded.decide(tx.now, actor, Action::Conclude, false)?;
    loaded.details.reviews.push(Reviewed { sent_back: false, words: input.reason.clone(), at: tx.now, by: actor.id });
    loaded.end(tx, next)?;
    loaded.save(tx, actor, Told::all("concluded", json!({})))?;
    view(tx, actor, loaded.row.id)
}

/// It is not enough: once, the center handles it again, with its time anew.
pub fn send_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpReason) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::SendBack)?;
    let next: State = loaded.decide(tx.now, actor, Action::SendBack, false)?;
    loaded.details.reviews.push(Reviewed { sent_back: true, words: input.reason.clone(), at: tx.now, by: actor.id });
    let former = (loaded.details.done.take(), loaded.details.told.take());
    loaded.details.earlier.push(former);
    clocks::stop(tx, loaded.row.id, &[ClockKind::FollowUpReview])?;
    let rules = settings::rules(tx, &loaded.center.path)?;
    let limit = if loaded.row.is_complex { rules.follow_up_complex_limit } else { rules.follow_up_simple_limit };
    clocks::start(tx, KIND, loaded.row.id, ClockKind::FollowUp, limit)?;
    loaded.row.state = next;
    loaded.row.round += 1;
    loaded.row.measure = None;
    loaded.row.fix_due_on = None;
    loaded.details.plan.clear();
    loaded.save(tx, actor, Told::all("sent_back", json!({})))?;
    view(tx, actor, loaded.row.id)
}
