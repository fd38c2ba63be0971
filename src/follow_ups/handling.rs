//! What the rated center does: verify, put right or explain, tell.

use serde_json::json;

use super::{
    load::{KIND, Loaded, Told, load_for, permits},
    machine::{ATTEMPTS, FollowUpAction as Action, FollowUpMeasure, FollowUpState as State, FollowUpVerdict},
    model::{
        Attempt, Done, FollowUpAssignment, FollowUpAttempt, FollowUpDone, FollowUpPlan, FollowUpReason, FollowUpTelling, FollowUpVerification, Telling,
        Verification,
    },
    store::FollowUp,
    views::{FollowUpView, view},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Result, Tx},
    entrustments,
    evaluations::{self, model::RatedKind},
    kernel::{Code as _, ErrorCode, Moment, Problem, Target, Text},
    organization::team,
    settings,
    tickets::{self, FeedbackWay},
};

/// Names who handles it: somebody of the center, and not the one who was rated.
pub fn assign(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpAssignment) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::Assign)?;
    loaded.decide(tx.now, actor, Action::Assign, false)?;
    if Some(input.handler_id) == loaded.row.staff_id {
        return Err(Problem::rule("/handler_id", "is_rated", "被评价人不能核实对本人的评价。", "The rated person does not handle it.").into());
    }
    if !team::is_staff_of(tx, input.handler_id, loaded.center.id)? {
        return Err(Problem::rule("/handler_id", "not_staff", "承办人应为被评价中心的在岗人员。", "Staff of the rated center.").into());
    }
    loaded.row.handler_id = Some(input.handler_id);
    loaded.save(tx, actor, Told::staff("assigned", json!({})))?;
    view(tx, actor, loaded.row.id)
}

/// Staff record how they reached somebody; links and accounts are the applicant's own.
fn in_person(way: FeedbackWay) -> Result<(), Problem> {
    if matches!(way, FeedbackWay::Link | FeedbackWay::Online) {
        let zh = "由工作人员登记，方式为电话、窗口、热线或上门。";
        return Err(Problem::rule("/way", "way", zh, "By phone, at the counter, through the hotline, on site."));
    }
    Ok(())
}

fn within(loaded: &Loaded, now: Moment, at: Option<Moment>, field: &str) -> Result<Moment, Problem> {
    let at = at.unwrap_or(now);
    if at > now || at < loaded.row.created_at {
        return Err(Problem::rule(field, "out_of_range", "时间应在差评之后、现在之前。", "Between the rating and now."));
    }
    Ok(at)
}

/// Nobody was reached; once a day. The center has tried: its time to make contact is kept.
pub fn record_attempt(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpAttempt) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::RecordAttempt)?;
    loaded.row.state = loaded.decide(tx.now, actor, Action::RecordAttempt, false)?;
    in_person(input.way)?;
    let today = tx.now.local_date().to_string();
    if loaded.row.last_attempt_on.as_ref() == Some(&today) {
        let mut problem = Problem::new(ErrorCode::StateConflict, Text::new("今日已登记过联系未果，请改日再联系。", "One attempt a day."));
        problem.allowed_actions = Some(loaded.allowed(tx.now, actor));
        return Err(problem.into());
    }
    loaded.row.attempts += 1;
    loaded.row.last_attempt_on = Some(today);
    loaded.details.attempts.push(Attempt { at: tx.now, way: input.way, words: input.words.clone(), by: actor.id });
    clocks::stop(tx, loaded.row.id, &[ClockKind::FollowUpContact])?;
    loaded.save(tx, actor, Told::all("tried", json!({})))?;
    view(tx, actor, loaded.row.id)
}

/// Whether whoever rated left anything by which they can be asked.
fn reachable(tx: &mut Tx, loaded: &Loaded) -> Result<bool> {
    Ok(evaluations::store::evaluation(tx, loaded.row.evaluation_id)?.is_some_and(|e| e.has_contact()))
}

/// What the return visit found.
pub fn verify(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpVerification) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::Verify)?;
    let next = loaded.decide(tx.now, actor, Action::Verify, false)?;
    let at = within(&loaded, tx.now, input.visited_at, "/visited_at")?;
    let refuse = |at: &str, code, zh: String, en| Err(Problem::rule(at, code, zh, en).into());
    match input.way {
        Some(way) => {
            in_person(way)?;
            if input.evidence.trim().chars().count() < 2 {
                return refuse("/evidence", "required", "请写明录音或者回访单的编号。".into(), "Number of the recording or of the sheet.");
            }
        }
        None if input.verdict != FollowUpVerdict::Unverifiable => {
            return refuse("/way", "required", "请写明回访方式；未联系上的，核实结果为无法核实。".into(), "How were they asked?");
        }
        // Whoever gave a name is called back, all of them; who left no contact cannot be.
        None if loaded.row.is_named && loaded.row.attempts < ATTEMPTS && reachable(tx, &loaded)? => {
            let zh = format!("实名差评应当回访：须在不同的日子联系{ATTEMPTS}次未果，才能登记无法核实。");
            return refuse("/verdict", "attempts", zh, "Try on three days first.");
        }
        None => {}
    }
    if input.complex_reason.is_some() && !permits(&loaded.row, &loaded.center.path, actor, Action::MarkComplex) {
        return refuse("/complex_reason", "leaders", "情况复杂由中心负责人认定。".into(), "The leader says so.");
    }
    clocks::stop(tx, loaded.row.id, &[ClockKind::FollowUpContact])?;
    if let Some(reason) = &input.complex_reason {
        complicate(tx, actor, &mut loaded, reason)?;
    }
    loaded.row.state = next;
    loaded.row.verdict = Some(input.verdict);
    let found = Verification { at, way: input.way, words: input.words.clone(), evidence: input.evidence.clone(), by: actor.id };
    loaded.details.verification = Some(found);
    let kind = if input.way.is_some() { "verified" } else { "unverifiable" };
    loaded.save(tx, actor, Told::all(kind, json!({})))?;
    view(tx, actor, loaded.row.id)
}

/// The time to handle it is that of a complex one, from the same day.
fn complicate(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, reason: &str) -> Result<()> {
    loaded.decide(tx.now, actor, Action::MarkComplex, false)?;
    let rules = settings::rules(tx, &loaded.center.path)?;
    let more = rules.follow_up_complex_limit.value.saturating_sub(rules.follow_up_simple_limit.value);
    clocks::extend(tx, loaded.row.id, ClockKind::FollowUp, more)?;
    loaded.row.is_complex = true;
    reason.clone_into(&mut loaded.details.complex_reason);
    Ok(())
}

/// It is complex: the leader says so, with a reason.
pub fn mark_complex(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpReason) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::MarkComplex)?;
    complicate(tx, actor, &mut loaded, &input.reason)?;
    loaded.save(tx, actor, Told::all("complex", json!({})))?;
    view(tx, actor, loaded.row.id)
}

/// It will be put right by a date, within the time to handle it.
pub fn plan_fix(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpPlan) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::PlanFix)?;
    loaded.row.state = loaded.decide(tx.now, actor, Action::PlanFix, false)?;
    let last = loaded.handling_due().map(Moment::local_date);
    let today = tx.now.local_date();
    let due_on = input.due_on.or(last).unwrap_or(today);
    if input.due_on.is_some_and(|day| day < today || last.is_some_and(|last| day > last)) {
        let zh = last.map_or_else(|| "整改日期不能早于今天。".into(), |last| format!("整改日期应在今天至{last}（整改时限）之间。"));
        return Err(Problem::rule("/due_on", "out_of_range", zh, "Between today and the time to handle it.").into());
    }
    clocks::stop(tx, loaded.row.id, &[ClockKind::FollowUpFix])?;
    clocks::start_until(tx, KIND, loaded.row.id, ClockKind::FollowUpFix, due_on)?;
    loaded.row.fix_due_on = Some(due_on.to_string());
    loaded.details.plan.clone_from(&input.words);
    loaded.save(tx, actor, Told::all("planned", json!({ "due_on": due_on })))?;
    view(tx, actor, loaded.row.id)
}

/// It is put right.
pub fn fix(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpDone) -> Result<FollowUpView> {
    done(tx, actor, target, input, Action::Fix)
}

/// There is nothing to put right, or not by the center: it is explained.
pub fn explain(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpDone) -> Result<FollowUpView> {
    done(tx, actor, target, input, Action::Explain)
}

fn done(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpDone, action: Action) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, action)?;
    loaded.row.state = loaded.decide(tx.now, actor, action, false)?;
    let (measure, kind) = if action == Action::Fix { (FollowUpMeasure::Fixed, "fixed") } else { (FollowUpMeasure::Explained, "explained") };
    clocks::stop(tx, loaded.row.id, &[ClockKind::FollowUpFix])?;
    loaded.row.measure = Some(measure);
    loaded.details.done = Some(Done { measure, words: input.words.clone(), at: tx.now, by: actor.id });
    loaded.save(tx, actor, Told::all(kind, json!({ "measure": measure.code() })))?;
    view(tx, actor, loaded.row.id)
}

/// Whether what was rated has not ended anew: an occasion never begins again.
fn is_handled_again(tx: &mut Tx, row: &FollowUp) -> Result<bool> {
    Ok(match row.record_kind {
        RatedKind::Entrustment => entrustments::store::entrustment(tx, row.record_id)?.is_some_and(|e| !e.state.is_final()),
        RatedKind::FallbackTicket => tickets::store::ticket(tx, row.record_id)?.is_some_and(|t| t.state.is_open()),
        RatedKind::ServiceOccasion => false,
    })
}

/// The applicant is told, and may rate a second time; after it was sent back, that is its end.
pub fn tell(tx: &mut Tx, actor: &Actor, target: &Target, input: &FollowUpTelling) -> Result<FollowUpView> {
    let mut loaded = load_for(tx, actor, target, Action::Tell)?;
    let next = loaded.decide(tx.now, actor, Action::Tell, false)?;
    match input.way {
        Some(way) => in_person(way)?,
        None if reachable(tx, &loaded)? => {
            let zh = "请写明反馈方式；只有没有留联系方式的，才可以不反馈而办结。";
            return Err(Problem::rule("/way", "required", zh, "How were they told? Only who left no contact is not.").into());
        }
        None => {}
    }
    let at = within(&loaded, tx.now, input.told_at, "/told_at")?;
    if loaded.details.done.as_ref().is_some_and(|done| at < done.at && input.told_at.is_some()) {
        return Err(Problem::rule("/told_at", "out_of_range", "反馈应在整改或者说明之后。", "After it was handled.").into());
    }
    loaded.details.told = Some(Telling { at, way: input.way, words: input.words.clone(), by: actor.id });
    clocks::stop(tx, loaded.row.id, &[ClockKind::FollowUp, ClockKind::Appeal])?;
    // Whoever cannot be told cannot rate again either.
    let last = if input.way.is_none() { Some("closed_untold") } else { (next == State::Closed).then_some("told_again") };
    if let Some(kind) = last {
        loaded.end(tx, State::Closed)?;
        loaded.save(tx, actor, Told::all(kind, json!({})))?;
        return view(tx, actor, loaded.row.id);
    }
    loaded.row.state = next;
    let again = is_handled_again(tx, &loaded.row)?;
    loaded.row.second_evaluation_id = Some(evaluations::open_second(tx, actor, loaded.row.evaluation_id, again)?);
    loaded.save(tx, actor, Told::all("told", if again { json!({ "again": true }) } else { json!({}) }))?;
    view(tx, actor, loaded.row.id)
}
