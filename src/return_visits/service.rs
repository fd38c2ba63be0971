//! Use cases of return visits: planning a share of what is cleared, ordering one, and what came of it.

use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

use super::{
    machine::{ReturnVisitAction as Action, ReturnVisitReason as Reason, ReturnVisitState as State, decide},
    store::{self, ReturnVisit, ReturnVisitDetails},
    views::{ReturnVisitView, view},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{Actor, Reachable, Scope, policy},
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect, numbers},
    entrustments::Identity,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text, sha256_hex},
    organization::{self, Center},
    settings,
    tickets::{self, ContactOutcome, FeedbackWay, Opened, Ticket, TicketCaller, machine::TicketState},
};

/// A visit that somebody orders, or has made.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnVisitOrder {
    /// About which cleared ticket: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub ticket: String,
    /// Which caller; needed where there are several.
    #[serde(default)]
    pub caller_id: Option<Id>,
    /// What to ask about.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500, example = "核实备案是否实际办成")]
    pub note: String,
    /// What came of it, where the caller was asked already; of a planned visit, it is recorded there.
    #[serde(default)]
    #[validate(nested)]
    pub result: Option<ReturnVisitResult>,
}

/// What came of a visit.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "way": "phone", "responded": true, "resolved": true, "satisfied": true, "evidence": "录音 2026-1123-07" }))]
pub struct ReturnVisitResult {
    /// How they were asked: by phone, at the counter, on a visit, through the hotline.
    pub way: FeedbackWay,
    /// When; absent: now.
    #[serde(default)]
    pub visited_at: Option<Moment>,
    /// 响应: somebody took care of it.
    pub responded: bool,
    /// 解决: it is solved.
    pub resolved: bool,
    /// 满意: they are satisfied. Who is not opens the ticket again.
    pub satisfied: bool,
    /// What they said; needed where they are not satisfied.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub words: String,
    /// Number of the recording or of the sheet.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200)]
    pub evidence: String,
}

/// Nobody was reached.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "way": "phone", "words": "两次拨打无人接听" }))]
pub struct ReturnVisitAttempt {
    /// How it was tried.
    pub way: FeedbackWay,
    /// What came of it.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub words: String,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnVisitReasonInput {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "申请人要求不再回访")]
    pub reason: String,
}

/// A visit with what is needed to decide about it.
pub(super) struct Loaded {
    /// The record.
    pub row: ReturnVisit,
    /// What was asked and said.
    pub details: ReturnVisitDetails,
    /// The ticket with its callers.
    pub ticket: Opened,
    /// How the caller sees it.
    pub sight: Sight,
}

fn near<'a>(row: &ReturnVisit, center: &'a Center) -> Reachable<'a> {
    Reachable { centers: vec![row.center_id], path: &center.path, ..Reachable::default() }
}

impl Loaded {
    /// Who handled it, settled it or took the answer does not ask how well they did.
    fn is_own(&self, actor: &Actor) -> bool {
        let Some(me) = actor.id else { return false };
        let settled = self.ticket.details.settlement.as_ref().and_then(|noted| noted.by);
        let asked = self.ticket.contacts.iter().filter(|c| c.purpose == tickets::ContactPurpose::Feedback).filter_map(|c| c.staff_id);
        [self.ticket.row.handler_id, settled].into_iter().flatten().chain(asked).any(|id| id == me)
    }

    fn permits(&self, actor: &Actor, action: Action) -> bool {
        let own = self.is_own(actor) && action != Action::Drop;
        !own && policy::allows(actor, "return_visit", action.code(), &near(&self.row, &self.ticket.center))
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        let may = |a: &&Action| decide(self.row.state, **a, self.row.attempts + 1).is_ok() && self.permits(actor, **a);
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }

    /// The caller who is visited.
    pub fn caller(&self) -> Option<&TicketCaller> {
        self.ticket.callers.iter().find(|c| c.id == self.row.caller_id)
    }

    fn save(&mut self, tx: &mut Tx, actor: &Actor, kind: &str, params: Value) -> Result<()> {
        if self.row.state != State::Planned {
            clocks::stop_all(tx, self.row.id)?;
        }
        self.row.details = Private::seal(tx.vault, &self.details)?;
        self.row.version += 1;
        self.row.updated_at = tx.now;
        if !store::save(tx, &self.row)? {
            return Err(Problem::of(ErrorCode::Stale).into());
        }
        place(tx, &self.row, &self.ticket.center)?;
        tell(tx, actor, &self.row, kind, params)
    }
}

fn by_reference(tx: &mut Tx, reference: &str) -> Result<ReturnVisit> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::visit(tx, id)?,
        Err(_) => store::visit_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// A visit to who sees it.
pub(super) fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Loaded> {
    let row = by_reference(tx, reference)?;
    let sight = access::sight(tx, &Scope::of(actor, "return_visit"), row.id)?.ok_or_else(Problem::not_found)?;
    let ticket = tickets::load_behind(tx, row.ticket_id)?;
    Ok(Loaded { details: row.details.open(tx.vault)?, row, ticket, sight })
}

/// A visit for an action, with its state after it: its ticket and itself locked, seen (404), allowed (403), in the version
/// asked for (412), in a state that permits it (409).
fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<(Loaded, State)> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "fallback_tickets", found.ticket_id.as_str())?;
    dialect::lock_root(tx.conn, "return_visits", found.id.as_str())?;
    let loaded = load_seen(tx, actor, found.id.as_str())?;
    if !loaded.permits(actor, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.row.version)?;
    let next = decide(loaded.row.state, action, loaded.row.attempts + 1)
        .map_err(|refusal| Problem { allowed_actions: Some(loaded.allowed(actor)), ..Problem::from(refusal) })?;
    Ok((loaded, next))
}

/// The center of the ticket and everything above it.
fn place(tx: &mut Tx, row: &ReturnVisit, center: &Center) -> Result<()> {
    let subjects = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    let due_at = if row.state == State::Planned { row.due_at } else { Moment::NEVER };
    clocks::charge(tx, row.id, center.id, None)?;
    access::place(tx, &Placement { kind: "return_visit", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

fn tell(tx: &mut Tx, actor: &Actor, row: &ReturnVisit, kind: &str, mut params: Value) -> Result<()> {
    params["number"] = json!(row.number);
    let kind = format!("return_visit.{kind}");
    let event = NewEvent { record_kind: "return_visit", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)
}

/// Whether a cleared ticket is among the share that is visited: the same answer whoever asks, and however often.
fn is_sampled(ticket: Id, round: i32, percent: u32) -> bool {
    let digest = sha256_hex(format!("return visit {ticket} {round}").as_bytes());
    let draw = digest.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
    draw % 100 < percent
}

/// A ticket was cleared: each of its callers is visited, if it is among the share.
pub fn on_cleared(tx: &mut Tx, actor: &Actor, ticket: &Ticket) -> Result<()> {
    let center = organization::load(tx, ticket.center_id)?;
    let rules = settings::rules(tx, &center.path)?;
    if !is_sampled(ticket.id, ticket.round, rules.return_visit_percent) {
        return Ok(());
    }
    let callers = tickets::store::callers(tx, ticket.id)?;
    for caller in callers.into_iter().filter(|c| c.withdrawn_at.is_none()) {
        plan(tx, actor, ticket, &center, caller.id, Reason::Sampled, "", None)?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "a new record is all of these")]
fn plan(
    tx: &mut Tx,
    actor: &Actor,
    ticket: &Ticket,
    center: &Center,
    caller: Id,
    reason: Reason,
    note: &str,
    identity: Option<Identity>,
) -> Result<ReturnVisit> {
    let rules = settings::rules(tx, &center.path)?;
    let identity = match identity {
        Some(given) => given,
        None => Identity { id: Id::new(), number: numbers::next(tx, "HF", &center.division_code)? },
    };
    let details = ReturnVisitDetails { note: note.to_owned(), ..ReturnVisitDetails::default() };
    let mut row = ReturnVisit {
        id: identity.id,
        number: identity.number,
        center_id: center.id,
        ticket_id: ticket.id,
        caller_id: caller,
        round: ticket.round,
        reason,
        state: State::Planned,
        attempts: 0,
        last_attempt_on: None,
        details: Private::seal(tx.vault, &details)?,
        due_at: Moment::NEVER,
        visited_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    row.due_at = clocks::start(tx, "return_visit", row.id, ClockKind::ReturnVisit, rules.return_visit_limit)?;
    store::insert(tx, &row)?;
    place(tx, &row, center)?;
    tell(tx, actor, &row, "planned", json!({ "ticket": ticket.number }))?;
    Ok(row)
}

/// Orders a visit about a cleared ticket.
pub fn order(tx: &mut Tx, actor: &Actor, input: &ReturnVisitOrder) -> Result<ReturnVisitView> {
    plan_as(tx, actor, input, None)
}

/// Orders a visit, under a given identity.
pub fn plan_as(tx: &mut Tx, actor: &Actor, input: &ReturnVisitOrder, identity: Option<Identity>) -> Result<ReturnVisitView> {
    if !policy::may(actor, "return_visit", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let ticket = match tickets::load_seen(tx, actor, &input.ticket) {
        Err(Error::Refused(_)) => {
            return Err(Problem::rule("/ticket", "unknown_ticket", "没有这件，或者不在您的可见范围内。", "No ticket that you see.").into());
        }
        other => tickets::load_locked(tx, other?.row.id)?,
    };
    let reach = Reachable { centers: vec![ticket.row.center_id], path: &ticket.center.path, ..Reachable::default() };
    if !policy::allows(actor, "return_visit", "create", &reach) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    if ticket.row.state != TicketState::Cleared {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("只回访已销号的问题。", "Only what is cleared is visited.")).into());
    }
    let caller = tickets::caller_of(&ticket, actor, input.caller_id)?.id;
    let there = store::of_ticket(tx, ticket.row.id)?.into_iter().find(|v| v.caller_id == caller && v.round == ticket.row.round);
    let row = match there {
        None => plan(tx, actor, &ticket.row, &ticket.center, caller, Reason::Ordered, &input.note, identity)?,
        Some(planned) if planned.state == State::Planned && input.result.is_some() => planned,
        Some(_) => {
            return Err(Problem::new(ErrorCode::StateConflict, Text::new("本轮办理已安排过对该申请人的回访。", "This caller is visited already.")).into());
        }
    };
    match &input.result {
        None => view(tx, actor, row.id),
        Some(result) => record(tx, actor, &Target::any(row.id), result),
    }
}

/// Records what came of a visit; who is dissatisfied after all opens the ticket again.
pub fn record(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReturnVisitResult) -> Result<ReturnVisitView> {
    let (mut loaded, next) = load_for(tx, actor, target, Action::Record)?;
    let at = input.visited_at.unwrap_or(tx.now);
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
    if at > tx.now || loaded.ticket.row.cleared_at.is_some_and(|cleared| at < cleared) {
        return refuse("/visited_at", "out_of_range", "回访时间应在销号之后、现在之前。", "Between the clearance and now.");
    }
    if matches!(input.way, FeedbackWay::Link | FeedbackWay::Online) {
        return refuse(
            "/way",
            "way",
            "回访由工作人员登记，方式为电话、窗口、热线或上门。",
            "Staff record visits: by phone, at the counter, through the hotline, on site.",
        );
    }
    if !input.satisfied && input.words.trim().chars().count() < 2 {
        return refuse("/words", "required", "不满意的，请写明原因。", "Say why not.");
    }
    loaded.row.visited_at = Some(at);
    loaded.row.state = next;
    loaded.details = ReturnVisitDetails {
        note: loaded.details.note.clone(),
        way: Some(input.way),
        responded: Some(input.responded),
        resolved: Some(input.resolved),
        satisfied: Some(input.satisfied),
        words: input.words.clone(),
        evidence: input.evidence.clone(),
    };
    let outcome = if input.satisfied { ContactOutcome::Satisfied } else { ContactOutcome::Dissatisfied };
    let visit = told(&loaded, outcome, input.way, at, &input.words, &input.evidence);
    if input.satisfied || loaded.ticket.row.state != TicketState::Cleared {
        tickets::record_visit(tx, actor, loaded.row.ticket_id, visit)?;
    } else {
        tickets::reopen_after_visit(tx, actor, loaded.row.ticket_id, visit)?;
    }
    loaded.save(tx, actor, "visited", json!({ "outcome": outcome.label() }))?;
    if !input.satisfied {
        fall(tx, actor, loaded.row.ticket_id)?;
    }
    view(tx, actor, loaded.row.id)
}

fn told(loaded: &Loaded, outcome: ContactOutcome, way: FeedbackWay, at: Moment, words: &str, evidence: &str) -> tickets::Visit {
    tickets::Visit { caller: loaded.row.caller_id, outcome, way, at, words: words.to_owned(), evidence: evidence.to_owned() }
}

/// Nobody was reached; after three days of it the visit ends.
pub fn record_attempt(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReturnVisitAttempt) -> Result<ReturnVisitView> {
    let (mut loaded, next) = load_for(tx, actor, target, Action::RecordAttempt)?;
    let today = tx.now.local_date().to_string();
    if loaded.row.last_attempt_on.as_ref() == Some(&today) {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("今日已登记过联系未果，请改日再联系。", "One attempt a day.")).into());
    }
    loaded.row.attempts += 1;
    loaded.row.last_attempt_on = Some(today);
    loaded.row.state = next;
    let visit = told(&loaded, ContactOutcome::Unreachable, input.way, tx.now, &input.words, "");
    tickets::record_visit(tx, actor, loaded.row.ticket_id, visit)?;
    let kind = if next == State::Unreachable { "unreachable" } else { "tried" };
    loaded.save(tx, actor, kind, json!({}))?;
    view(tx, actor, loaded.row.id)
}

/// Nobody is asked after all.
pub fn give_up(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReturnVisitReasonInput) -> Result<ReturnVisitView> {
    let (mut loaded, next) = load_for(tx, actor, target, Action::Drop)?;
    loaded.details.note.clone_from(&input.reason);
    loaded.row.state = next;
    loaded.save(tx, actor, "dropped", json!({}))?;
    view(tx, actor, loaded.row.id)
}

/// The ticket is open again: what was planned about its last round is no longer asked.
fn fall(tx: &mut Tx, actor: &Actor, ticket: Id) -> Result<()> {
    for row in store::of_ticket(tx, ticket)?.into_iter().filter(|v| v.state == State::Planned) {
        dialect::lock_root(tx.conn, "return_visits", row.id.as_str())?;
        let ticket = tickets::load_locked(tx, row.ticket_id)?;
        let mut loaded = Loaded { details: row.details.open(tx.vault)?, row, ticket, sight: Sight::CLEAR };
        loaded.row.state = State::Dropped;
        loaded.save(tx, actor, "dropped", json!({}))?;
    }
    Ok(())
}

/// Those of these visits that the caller may make.
pub fn visits_awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let mut mine = Vec::new();
    for row in store::visits_by_id(tx, ids)? {
        let center = organization::load(tx, row.center_id)?;
        let handler = tickets::store::ticket(tx, row.ticket_id)?.and_then(|t| t.handler_id);
        let own = actor.id.is_some() && actor.id == handler;
        if row.state == State::Planned && !own && policy::allows(actor, "return_visit", "record", &near(&row, &center)) {
            mine.push(row.id);
        }
    }
    Ok(mine)
}

/// After the calendar moved: the time to visit follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "return_visits", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::visit(tx, id)?.filter(|row| moved && row.state == State::Planned) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let center = organization::load(tx, row.center_id)?;
    place(tx, &row, &center)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_about_what_was_asked_for() {
        let ids: Vec<Id> = (0..2_000).map(|_| Id::new()).collect();
        let share = |percent| ids.iter().filter(|id| is_sampled(**id, 1, percent)).count();
        assert_eq!((share(0), share(100)), (0, 2_000));
        assert!((480..720).contains(&share(30)), "{}", share(30));
    }
}
