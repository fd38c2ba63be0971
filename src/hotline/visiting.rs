//! Return visits of the hotline: what the caller says of the hotline and of who handled it. Who is satisfied clears the ticket
//! that the order opened; who is not has it handled again.

use serde_json::json;

use super::{
    input::{HotlineVisitInput, OrderReason},
    load::{self, KIND, Loaded, Told, change},
    machine::OrderAction as Action,
    mapping,
    model::{OpenedKind, Visited},
    opening,
    store::{self, Intake, Link},
    withheld,
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Error, Result, Tx},
    evaluations::store::Grade,
    kernel::{Id, Limit, Moment, Problem, Target, Unit},
    tickets::{self, ContactOutcome, FeedbackWay, machine::TicketState},
};

/// Records what came of a return visit.
pub fn record(tx: &mut Tx, actor: &Actor, target: &Target, input: &HotlineVisitInput) -> Result<Loaded> {
    let before = load::load_for(tx, actor, target, Action::RecordVisit)?;
    before.decide(actor, Action::RecordVisit)?;
    let (_, codes) = mapping::in_force(tx, before.row.client_id)?;
    let grade = |sent: &Option<String>, at: &str| -> Result<Option<Grade>, Problem> {
        let Some(sent) = sent else { return Ok(None) };
        let wrong = || Problem::rule(at, "unknown_grade", "满意度应为 1 到 5，或非常满意等五个等级的代码。", "1 to 5, or the code of a grade.");
        codes.grade(sent).map(Some).ok_or_else(wrong)
    };
    let hotline = grade(&input.hotline_satisfaction, "/hotline_satisfaction")?;
    let department = grade(&input.department_satisfaction, "/department_satisfaction")?;
    let at = input.visited_at.unwrap_or(tx.now);
    fits(tx, &before, input, department, at)?;
    let satisfied = department.map(|g| !g.is_bad());
    let tickets_told = tell_tickets(tx, actor, &before, input, satisfied, at)?;
    // A ticket that was cleared has told the order: it is read anew.
    let mut loaded = load::load_locked(tx, before.row.id)?;
    let visit = Visited {
        round: loaded.row.round,
        contacted: input.contacted,
        responded: input.responded,
        resolved: input.resolved,
        hotline_satisfaction: hotline,
        department_satisfaction: department,
        opinion: input.opinion.clone(),
        recording_number: input.recording_number.clone(),
        at,
    };
    let first = loaded.details.visits.is_empty();
    loaded.details.visits.push(visit);
    let row = &mut loaded.row;
    row.contacted = Some(input.contacted);
    row.responded = input.responded;
    row.resolved = input.resolved;
    row.hotline_grade = hotline;
    row.department_grade = department;
    row.visited_at = Some(at);
    if first || (row.first_resolved.is_none() && row.round == 1) {
        row.first_resolved = input.resolved;
    }
    let params = json!({ "contacted": input.contacted, "responded": input.responded, "resolved": input.resolved, "satisfied": satisfied,
        "cleared": tickets_told, "hotline_grade": hotline, "department_grade": department });
    loaded.save(tx, actor, Told::new("visited", params).saying(&input.opinion))?;
    let unhappy = satisfied == Some(false) || input.resolved == Some(false);
    if unhappy && input.rehandle {
        again(tx, actor, &mut loaded, &input.opinion)?;
    }
    Ok(loaded)
}

/// Rules across the fields.
fn fits(tx: &Tx, loaded: &Loaded, input: &HotlineVisitInput, department: Option<Grade>, at: Moment) -> Result<(), Problem> {
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en));
    if at > tx.now || at < loaded.row.created_at {
        return refuse("/visited_at", "out_of_range", "回访时间应在工单登记之后、现在之前。", "Between its arrival and now.");
    }
    if !input.contacted && (input.resolved.is_some() || department.is_some() || input.hotline_satisfaction.is_some()) {
        return refuse("/contacted", "not_contacted", "未联系上诉求人的，不填写解决和满意情况。", "Nobody was reached who could say so.");
    }
    if input.contacted && (input.resolved.is_none() || department.is_none()) {
        return refuse("/resolved", "required", "联系上诉求人的，请填写解决情况和对承办单位的满意度。", "Say whether it is solved and how satisfied they are.");
    }
    if input.contacted && input.responded.is_none() {
        return refuse("/responded", "required", "联系上诉求人的，请填写承办单位是否与其联系过（响应）。", "Say whether the unit had got in touch.");
    }
    let bad = department.is_some_and(Grade::is_bad);
    if bad && input.opinion.trim().chars().count() < 2 {
        return refuse("/opinion", "required", "不满意的，请写明原因。", "Say why not.");
    }
    if department.is_some() && !bad && input.recording_number.trim().chars().count() < 2 {
        return refuse("/recording_number", "evidence_required", "满意的，须写明录音编号。", "Name the recording.");
    }
    Ok(())
}

/// The tickets that the order opened hear it: while they are asked, it is the caller's answer; once cleared, a visit after the
/// fact, which opens them again where the caller is not satisfied after all. Answers how many were cleared.
fn tell_tickets(tx: &mut Tx, actor: &Actor, loaded: &Loaded, input: &HotlineVisitInput, satisfied: Option<bool>, at: Moment) -> Result<usize> {
    let Some(satisfied) = satisfied else { return Ok(0) };
    let mut cleared = 0;
    // A ticket knows nobody who is withheld.
    let words = withheld::Cover::of(&loaded.row, &loaded.details).heard(&input.opinion);
    for link in loaded.links.iter().filter(|l| l.kind == OpenedKind::FallbackTicket) {
        let Some(caller) = caller_of(tx, link)? else { continue };
        let ticket = tickets::load_behind(tx, caller.1)?;
        let outcome = if satisfied { ContactOutcome::Satisfied } else { ContactOutcome::Dissatisfied };
        let visit = tickets::Visit { caller: caller.0, outcome, way: FeedbackWay::Hotline, at, words: words.clone(), evidence: input.recording_number.clone() };
        match ticket.row.state {
            TicketState::AwaitingFeedback if satisfied && ticket.answer_of(caller.0) == Some(ContactOutcome::Satisfied) => {}
            TicketState::AwaitingFeedback => {
                let after = tickets::hear_hotline(tx, actor, link.record_id, visit)?;
                cleared += usize::from(after.row.state == TicketState::Cleared);
            }
            TicketState::Cleared if satisfied => {
                tickets::record_visit(tx, actor, ticket.row.id, visit)?;
            }
            TicketState::Cleared => {
                tickets::reopen_after_visit(tx, actor, ticket.row.id, visit)?;
            }
            _ => {}
        }
    }
    Ok(cleared)
}

/// The caller for whom a ticket was opened, and the ticket under which they are asked now.
fn caller_of(tx: &mut Tx, link: &Link) -> Result<Option<(Id, Id)>> {
    let callers = tickets::store::callers_of_origin(tx, link.record_id)?;
    Ok(callers.into_iter().find(|c| c.withdrawn_at.is_none()).map(|c| (c.id, c.ticket_id)))
}

/// The hotline has it handled again.
pub fn rehandle(tx: &mut Tx, actor: &Actor, target: &Target, input: &OrderReason) -> Result<Loaded> {
    change(tx, actor, target, Action::Rehandle, |tx, loaded| {
        begin_round(tx, loaded, "", None)?;
        let round = loaded.row.round;
        Ok(Told::new("rehandled", json!({ "to_round": round })).public().saying(&input.reason))
    })
}

/// After a visit that found the caller dissatisfied.
fn again(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, words: &str) -> Result<()> {
    begin_round(tx, loaded, "", None)?;
    loaded.step(super::machine::OrderState::Handling);
    let round = loaded.row.round;
    loaded.save(tx, actor, Told::new("rehandled", json!({ "to_round": round })).public().saying(words))
}

/// Half of what it had, and two working days at least.
pub(super) fn half(limit: Limit, least: Limit) -> Limit {
    let half = Limit { value: limit.value.div_ceil(2), unit: limit.unit };
    let days = |l: Limit| match l.unit {
        Unit::WorkingDay | Unit::NaturalDay => l.value,
        Unit::Hour => l.value / 24,
        Unit::WorkingHour => l.value / 8,
    };
    if days(half) >= days(least) { half } else { least }
}

/// The next round begins: what was found in the last one stays with its visit, the limit is half, and it is signed in already.
pub(super) fn begin_round(tx: &mut Tx, loaded: &mut Loaded, digest: &str, content_at: Option<Moment>) -> Result<()> {
    let row = &mut loaded.row;
    row.round += 1;
    (row.contacted, row.responded, row.resolved) = (None, None, None);
    (row.hotline_grade, row.department_grade, row.visited_at) = (None, None, None);
    row.replied_at = None;
    // What was appealed against was the last round's.
    row.appeal = super::machine::HotlineAppealState::None;
    let limit = half(loaded.details.limit.unwrap_or(loaded.rules.hotline_limit), loaded.rules.hotline_rehandle_least);
    clocks::stop(tx, row.id, &[ClockKind::Hotline, ClockKind::HotlineSign, ClockKind::HotlineSub])?;
    clocks::start(tx, KIND, row.id, ClockKind::Hotline, limit)?;
    let intake = Intake {
        id: Id::new(),
        source_by: row.source_by,
        external_number: row.external_number.clone(),
        round: row.round,
        order_id: row.id,
        digest: digest.to_owned(),
        content_at: content_at.unwrap_or(tx.now),
        created_at: tx.now,
    };
    tx.savepoint(|tx| store::insert_intake(tx, &intake)).map_err(|e| if e.is_unique() { Error::Contended } else { e })?;
    let standing = opening::states(tx, &loaded.links)?;
    loaded.facts.opened = standing.iter().any(|s| s.open);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_two_working_days_at_least() {
        let least = Limit { value: 2, unit: Unit::WorkingDay };
        let of = |value, unit| half(Limit { value, unit }, least);
        assert_eq!(of(10, Unit::WorkingDay), Limit { value: 5, unit: Unit::WorkingDay });
        assert_eq!(of(5, Unit::WorkingDay), Limit { value: 3, unit: Unit::WorkingDay });
        assert_eq!(of(3, Unit::WorkingDay), least);
        assert_eq!(of(1, Unit::WorkingDay), least);
        assert_eq!(of(24, Unit::Hour), least);
        assert_eq!(of(120, Unit::Hour), Limit { value: 60, unit: Unit::Hour });
    }
}
