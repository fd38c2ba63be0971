//! What an evaluation does to a follow-up, in its own transaction: a bad grade opens one, the second rating ends it or takes it
//! to the upper center.

use serde_json::json;

use super::{
    load::{KIND, Loaded, Told, load_locked, place, tell},
    machine::{FollowUpState as State, after_second},
    model::FollowUpDetails,
    store::{self, FollowUp},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Private, Result, Tx, numbers},
    evaluations::{
        self, Served,
        model::RatedKind,
        store::{Evaluation, EvaluationState},
    },
    kernel::{Code as _, Id},
    organization, settings,
    tickets::Opened,
};

/// The handling of a ticket came to an end: whoever asked first is invited to rate it. This room stands above both.
pub fn on_ticket_served(tx: &mut Tx, actor: &Actor, ticket: &Opened) -> Result<()> {
    let Some(caller) = ticket.asking().next().or(ticket.callers.first()) else { return Ok(()) };
    let row = &ticket.row;
    let served = Served {
        kind: RatedKind::FallbackTicket,
        id: row.id,
        number: row.number.clone(),
        // The title is in people's own words.
        title: format!("“办不成事”反映：{}", row.category.label()),
        center_id: row.center_id,
        staff_id: row.handler_id,
        window_id: None,
        applicant_id: caller.applicant_id,
        phone: Some(caller.phone.open(tx.vault)?),
    };
    evaluations::open_for(tx, actor, &served).map(|_| ())
}

/// An evaluation was rated, or its window is over.
pub fn on_ended(tx: &mut Tx, actor: &Actor, rated: &Evaluation) -> Result<()> {
    let Some(id) = rated.follow_up_id else { return Ok(()) };
    if rated.round > 1 { second(tx, actor, rated, id) } else { open(tx, actor, rated, id) }
}

fn open(tx: &mut Tx, actor: &Actor, rated: &Evaluation, id: Id) -> Result<()> {
    // The worst of what was rated: 机构, 平台 or 人员.
    let Some(grade) = rated.bad().filter(|_| rated.state == EvaluationState::Rated) else { return Ok(()) };
    let center = organization::load(tx, rated.center_id)?;
    let rules = settings::rules(tx, &center.path)?;
    for (kind, limit) in [
        (ClockKind::FollowUpContact, rules.follow_up_contact_limit),
        (ClockKind::FollowUp, rules.follow_up_simple_limit),
        (ClockKind::Appeal, rules.appeal_limit),
    ] {
        clocks::start(tx, KIND, id, kind, limit)?;
    }
    let row = FollowUp {
        id,
        number: numbers::next(tx, "ZG", &center.division_code)?,
        evaluation_id: rated.id,
        second_evaluation_id: None,
        entrustment_id: rated.entrustment_id,
        center_id: rated.center_id,
        staff_id: rated.staff_id,
        applicant_id: rated.applicant_id,
        grade,
        is_named: rated.is_named,
        state: State::Opened,
        round: 1,
        is_complex: false,
        verdict: None,
        measure: None,
        appeal: None,
        attempts: 0,
        last_attempt_on: None,
        fix_due_on: None,
        handler_id: None,
        authority: None,
        decider_id: None,
        details: Private::seal(tx.vault, &FollowUpDetails::default())?,
        due_at: clocks::nearest_due(tx, id)?,
        closed_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        record_kind: rated.record_kind,
        record_id: rated.record_id,
    };
    store::insert(tx, &row)?;
    place(tx, &row, &center)?;
    tell(tx, actor, &row, Told::all("opened", json!({ "grade": grade.code() })))
}

fn second(tx: &mut Tx, actor: &Actor, rated: &Evaluation, id: Id) -> Result<()> {
    let mut loaded = load_locked(tx, id)?;
    let bad = rated.bad().is_some();
    let Some(next) = after_second(loaded.row.state, bad) else { return Ok(()) };
    let told = match rated.bad().or(rated.grade) {
        // The rated person reads this too.
        Some(_) if rated.is_anonymous() => Told::all("rated_again", json!({})),
        Some(grade) => Told::all("rated_again", json!({ "grade": grade.code() })),
        // It waited for an end that did not come.
        None if rated.due_at.known().is_none() => Told::all("not_rated_again", json!({ "fallen": true })),
        None => Told::all("not_rated_again", json!({})),
    };
    if next == State::UpperReview {
        return to_upper(tx, actor, loaded, told);
    }
    loaded.end(tx, next)?;
    loaded.save(tx, actor, told)
}

/// The grade was bad again: whoever is above the center looks at it. There is no third rating.
fn to_upper(tx: &mut Tx, actor: &Actor, mut loaded: Loaded, told: Told) -> Result<()> {
    let decider = loaded.set_decider(tx)?;
    let limit = settings::rules(tx, &decider.path)?.follow_up_review_limit;
    clocks::start(tx, KIND, loaded.row.id, ClockKind::FollowUpReview, limit)?;
    loaded.row.state = State::UpperReview;
    loaded.save(tx, actor, told)?;
    let name = super::appealing::decider_name(&loaded.row, &decider);
    tell(tx, &Actor::system(KIND), &loaded.row, Told::all("reviewed_above", json!({ "decider": name })))
}
