//! Use cases of return visits: planning a share of what is cleared, ordering one, and what came of it.

use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

use super::{
    about::{About, Heard},
    machine::{ReturnVisitAction as Action, ReturnVisitReason as Reason, ReturnVisitState as State, decide},
    store::{self, ReturnVisit, ReturnVisitDetails},
    views::{ReturnVisitView, view},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{Actor, Reachable, Scope, policy},
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect, numbers},
    entrustments::{self, ClosedMatter, Entrustment, Identity},
    events::{self, Audience, NewEvent, covering},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text, sha256_hex},
    organization::{self, Center},
    settings,
    tickets::{self, ContactOutcome, FeedbackWay, Ticket},
};

/// A visit that somebody orders, or has made.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnVisitOrder {
    /// About which cleared ticket: id or number.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub ticket: Option<String>,
    /// Or about which matter that was signed for: id or number.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub entrustment: Option<String>,
    /// Which caller of the ticket; needed where there are several.
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
    /// 满意: they are satisfied. Who is not opens the ticket again; of a matter, its center decides whether it is reopened.
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
    /// What it is about.
    pub about: About,
    /// How the caller sees it.
    pub sight: Sight,
}

fn near<'a>(row: &ReturnVisit, center: &'a Center) -> Reachable<'a> {
    Reachable { centers: vec![row.center_id], path: &center.path, ..Reachable::default() }
}

impl Loaded {
    fn permits(&self, actor: &Actor, action: Action) -> bool {
        let own = self.about.is_own(actor) && action != Action::Drop;
        !own && policy::allows(actor, "return_visit", action.code(), &near(&self.row, self.about.center()))
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        let may = |a: &&Action| decide(self.row.state, **a, self.row.attempts + 1).is_ok() && self.permits(actor, **a);
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }

    fn save(&mut self, tx: &mut Tx, actor: &Actor, kind: &str, params: Value) -> Result<()> {
        if self.row.state != State::Planned {
            clocks::stop_all(tx, self.row.id)?;
        }
        if let Some(ticket) = self.row.ticket_id {
            covering::details(tx, "fallback_ticket", ticket, &mut self.details)?;
        }
        self.row.details = Private::seal(tx.vault, &self.details)?;
        self.row.version += 1;
        self.row.updated_at = tx.now;
        if !store::save(tx, &self.row)? {
            return Err(Problem::of(ErrorCode::Stale).into());
        }
        place(tx, &self.row, self.about.center())?;
        tell(tx, actor, &self.row, kind, params)?;
        // Nobody calls any more: the agent needs no telephone.
        match self.row.entrustment_id.filter(|_| self.row.state != State::Planned) {
            Some(matter) => entrustments::renew_sight(tx, matter),
            None => Ok(()),
        }
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
    let about = About::of(tx, &row)?;
    Ok(Loaded { details: row.details.open(tx.vault)?, row, about, sight })
}

/// A visit for an action, with its state after it: what it is about and itself locked, seen (404), allowed (403), in the version
/// asked for (412), in a state that permits it (409).
fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<(Loaded, State)> {
    let found = by_reference(tx, &target.reference)?;
    About::lock(tx, &found)?;
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

/// The center of the ticket, or of the matter, and everything above it.
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

/// Whether what is over is among the share that is visited: the same answer whoever asks, and however often.
fn is_sampled(record: Id, round: i32, percent: u32) -> bool {
    let digest = sha256_hex(format!("return visit {record} {round}").as_bytes());
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
    let opened = About::Ticket(Box::new(tickets::load_behind(tx, ticket.id)?));
    let callers = tickets::store::callers(tx, ticket.id)?;
    for caller in callers.into_iter().filter(|c| c.withdrawn_at.is_none()) {
        plan(tx, actor, &opened, Some(caller.id), (Reason::Sampled, ""), None)?;
    }
    Ok(())
}

/// A matter was signed for: its applicant is visited, if it is among the share.
pub fn on_matter_closed(tx: &mut Tx, actor: &Actor, ended: &ClosedMatter) -> Result<()> {
    let center = organization::load(tx, ended.center_id)?;
    let percent = settings::rules(tx, &center.path)?.matter_visit_percent;
    if percent == 0 || !ended.served {
        return Ok(());
    }
    let about = About::Matter(Box::new(entrustments::load_behind(tx, ended.id)?));
    // Round by round a matter is visited once, however often it is signed for.
    let known = store::of_matter(tx, ended.id)?.iter().any(|v| v.round == about.round());
    if about.is_over() && !known && is_sampled(ended.id, about.round(), percent) {
        plan(tx, actor, &about, None, (Reason::Sampled, ""), None)?;
    }
    Ok(())
}

/// A matter is handled again: what was planned about its end is no longer asked.
pub fn on_matter_told(tx: &mut Tx, actor: &Actor, matter: &Entrustment, kind: &str) -> Result<()> {
    if kind != "reopened" {
        return Ok(());
    }
    let rows = store::of_matter(tx, matter.id)?;
    fall(tx, actor, rows)
}

/// Whether somebody still calls the applicant of a matter: until then its agent keeps their telephone.
pub fn contact_needed(tx: &mut Tx, matter: Id) -> Result<bool> {
    Ok(store::of_matter(tx, matter)?.iter().any(|v| v.state == State::Planned))
}

/// Who registered a ticket is confidential from now on: the visits about it forget them, as `over` says.
pub fn withhold(tx: &mut Tx, ticket: Id, over: &dyn Fn(&str) -> String) -> Result<()> {
    for visit in store::of_ticket(tx, ticket)? {
        dialect::lock_root(tx.conn, "return_visits", visit.id.as_str())?;
        let mut row = store::visit(tx, visit.id)?.ok_or_else(Problem::not_found)?;
        row.details = Private::seal(tx.vault, &covering::recast(&row.details.open(tx.vault)?, over)?)?;
        row.version += 1;
        row.updated_at = tx.now;
        if !store::save(tx, &row)? {
            return Err(Problem::of(ErrorCode::Stale).into());
        }
    }
    Ok(())
}

fn plan(tx: &mut Tx, actor: &Actor, about: &About, caller: Option<Id>, (reason, note): (Reason, &str), identity: Option<Identity>) -> Result<ReturnVisit> {
    let center = about.center();
    let rules = settings::rules(tx, &center.path)?;
    let identity = match identity {
        Some(given) => given,
        None => Identity { id: Id::new(), number: numbers::next(tx, "HF", &center.division_code)? },
    };
    let mut details = ReturnVisitDetails { note: note.to_owned(), ..ReturnVisitDetails::default() };
    let of_ticket = matches!(about, About::Ticket(_));
    if of_ticket {
        covering::details(tx, "fallback_ticket", about.id(), &mut details)?;
    }
    let mut row = ReturnVisit {
        id: identity.id,
        number: identity.number,
        center_id: center.id,
        ticket_id: Some(about.id()).filter(|_| of_ticket),
        caller_id: caller,
        round: about.round(),
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
        entrustment_id: Some(about.id()).filter(|_| !of_ticket),
    };
    row.due_at = clocks::start(tx, "return_visit", row.id, ClockKind::ReturnVisit, rules.return_visit_limit)?;
    store::insert(tx, &row)?;
    place(tx, &row, center)?;
    // Its name is that of the first records of this kind.
    tell(tx, actor, &row, "planned", json!({ "ticket": about.number() }))?;
    Ok(row)
}

/// Orders a visit about a cleared ticket, or about a matter that was signed for.
pub fn order(tx: &mut Tx, actor: &Actor, input: &ReturnVisitOrder) -> Result<ReturnVisitView> {
    plan_as(tx, actor, input, None)
}

/// Orders a visit, under a given identity.
pub fn plan_as(tx: &mut Tx, actor: &Actor, input: &ReturnVisitOrder, identity: Option<Identity>) -> Result<ReturnVisitView> {
    if !policy::may(actor, "return_visit", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let (about, at) = asked_about(tx, actor, input)?;
    if !reaches(actor, about.center(), "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    if input.result.is_some() && (about.is_own(actor) || !reaches(actor, about.center(), "record")) {
        let zh = "您可以指定回访，不能登记回访结果；请不带 result，由综窗人员或改革办（承办人以外的人）回访后登记。";
        return Err(Problem::new(ErrorCode::Forbidden, Text::new(zh, "You may order a visit, but not record its result.")).into());
    }
    if !about.is_over() {
        let (zh, en) = match &about {
            About::Ticket(_) => ("只回访已销号的问题。", "Only what is cleared is visited."),
            About::Matter(_) => ("只回访申请人已签收办结的办件。", "Only what was signed for is visited."),
        };
        return Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, en)).into());
    }
    let (caller, there) = match &about {
        About::Ticket(ticket) => (Some(tickets::caller_of(ticket, actor, input.caller_id)?.id), store::of_ticket(tx, at)?),
        About::Matter(_) => (None, store::of_matter(tx, at)?),
    };
    let there = there.into_iter().find(|v| v.caller_id == caller && v.round == about.round());
    let row = match there {
        None => plan(tx, actor, &about, caller, (Reason::Ordered, &input.note), identity)?,
        Some(planned) if planned.state == State::Planned && input.result.is_some() => planned,
        Some(_) => {
            return Err(Problem::new(ErrorCode::StateConflict, Text::new("本轮办理已安排过对该申请人的回访。", "This caller is visited already.")).into());
        }
    };
    if let About::Matter(_) = about {
        // Its agent reads the telephone again until then.
        entrustments::renew_sight(tx, at)?;
    }
    match &input.result {
        None => view(tx, actor, row.id),
        Some(result) => record(tx, actor, &Target::any(row.id), result),
    }
}

/// Whether a caller may do this with the visits of a center.
fn reaches(actor: &Actor, center: &Center, action: &str) -> bool {
    policy::allows(actor, "return_visit", action, &Reachable { centers: vec![center.id], path: &center.path, ..Reachable::default() })
}

/// A matter that the caller sees, or whose visits are theirs to order: who calls back needs no more of it than the visit shows.
fn matter(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Option<Id>> {
    match entrustments::load_seen(tx, actor, reference) {
        Ok(seen) => return Ok(Some(seen.e.id)),
        Err(Error::Refused(_)) => {}
        Err(other) => return Err(other),
    }
    let Some(e) = entrustments::by_reference(tx, reference)? else { return Ok(None) };
    let center = organization::load(tx, e.custodian_id)?;
    Ok(reaches(actor, &center, "create").then_some(e.id))
}

/// What a visit is ordered about, within reach and locked: a ticket, or a matter.
fn asked_about(tx: &mut Tx, actor: &Actor, input: &ReturnVisitOrder) -> Result<(About, Id)> {
    let refuse = |at: &str, code, zh, en| Error::from(Problem::rule(at, code, zh, en));
    match (&input.ticket, &input.entrustment) {
        (Some(reference), None) => match tickets::load_seen(tx, actor, reference) {
            Err(Error::Refused(_)) => Err(refuse("/ticket", "unknown_ticket", "没有这件，或者不在您的可见范围内。", "No ticket that you see.")),
            other => {
                let id = other?.row.id;
                Ok((About::Ticket(Box::new(tickets::load_locked(tx, id)?)), id))
            }
        },
        (None, Some(_)) if input.caller_id.is_some() => {
            Err(refuse("/caller_id", "not_applicable", "办件回访其申请人，不指定反映人。", "The applicant of a matter is visited."))
        }
        (None, Some(reference)) => match matter(tx, actor, reference)? {
            None => Err(refuse("/entrustment", "unknown_entrustment", "没有这件，或者不在您的可见范围内。", "No matter within your reach.")),
            Some(id) => Ok((About::Matter(Box::new(entrustments::load_locked(tx, id)?)), id)),
        },
        _ => Err(refuse("/ticket", "one_of", "请指明一件反映问题或者一件办件，二者只填其一。", "Name a ticket or a matter, not both.")),
    }
}

/// Records what came of a visit; who is dissatisfied after all opens the ticket again.
pub fn record(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReturnVisitResult) -> Result<ReturnVisitView> {
    let (mut loaded, next) = load_for(tx, actor, target, Action::Record)?;
    let at = input.visited_at.unwrap_or(tx.now);
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
    if at > tx.now || loaded.about.over_since().is_some_and(|over| at < over) {
        return refuse("/visited_at", "out_of_range", "回访时间应在销号或办结之后、现在之前。", "Between its end and now.");
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
    let heard = Heard { outcome, way: input.way, at, words: &input.words, evidence: &input.evidence };
    loaded.about.hear(tx, actor, &loaded.row, heard)?;
    loaded.save(tx, actor, "visited", json!({ "outcome": outcome.label() }))?;
    if let (false, Some(ticket)) = (input.satisfied, loaded.row.ticket_id) {
        let rows = store::of_ticket(tx, ticket)?;
        fall(tx, actor, rows)?;
    }
    view(tx, actor, loaded.row.id)
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
    let heard = Heard { outcome: ContactOutcome::Unreachable, way: input.way, at: tx.now, words: &input.words, evidence: "" };
    loaded.about.hear(tx, actor, &loaded.row, heard)?;
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

/// What is handled again: what was planned about its end is no longer asked.
fn fall(tx: &mut Tx, actor: &Actor, rows: Vec<ReturnVisit>) -> Result<()> {
    for row in rows.into_iter().filter(|v| v.state == State::Planned) {
        About::lock(tx, &row)?;
        dialect::lock_root(tx.conn, "return_visits", row.id.as_str())?;
        let about = About::of(tx, &row)?;
        let mut loaded = Loaded { details: row.details.open(tx.vault)?, row, about, sight: Sight::CLEAR };
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
        let handler = match (row.ticket_id, row.entrustment_id) {
            (Some(id), _) => tickets::store::ticket(tx, id)?.and_then(|t| t.handler_id),
            (None, Some(id)) => entrustments::store::entrustment(tx, id)?.and_then(|e| e.assignee_id),
            (None, None) => None,
        };
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
