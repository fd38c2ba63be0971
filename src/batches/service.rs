//! Use cases of batches. A batch and its tickets change together: in one transaction, the tickets locked in the order of their
//! ids and before the batch, as everything does that changes a ticket.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde_json::{Value, json};

use super::{
    machine::{BatchAction as Action, BatchState as State, Facts, decide as permits},
    model::{BatchContent, BatchDecisions, BatchDetails, BatchInput, BatchReason, BatchRemoval, BatchSubmission, BatchTickets},
    store::{self, Batch, BatchItem},
    views::{BatchView, view},
};
use crate::{
    access::{self, Placement, Sight},
    attachments,
    auth::{Actor, Reachable, Role, Scope, policy},
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect, numbers},
    entrustments::Identity,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target},
    organization::{self, Center},
    tickets::{self, BatchDecision, Ticket, machine::TicketState},
};

/// Most tickets in one batch.
const MOST: usize = 200;

/// A batch with what is needed to decide about it.
pub(super) struct Loaded {
    /// The record.
    pub row: Batch,
    /// What people wrote.
    pub details: BatchDetails,
    /// Where the reform office sits.
    pub center: Center,
    /// What is in it, oldest tickets first.
    pub items: Vec<(BatchItem, Ticket)>,
    /// How the caller sees it.
    pub sight: Sight,
}

impl Loaded {
    fn of(tx: &mut Tx, row: Batch, sight: Sight) -> Result<Self> {
        let center = organization::load(tx, row.center_id)?;
        let items = items(tx, row.id)?;
        Ok(Self { details: row.details.open(tx.vault)?, row, center, items, sight })
    }

    fn near(&self) -> Reachable<'_> {
        Reachable { centers: vec![self.row.center_id], path: &self.center.path, ..Reachable::default() }
    }

    fn facts(&self) -> Facts {
        Facts { tickets: self.in_state(TicketState::Batched).len() }
    }

    /// Its tickets that are still the batch's to move: who withdrew one has taken it out.
    fn in_state(&self, state: TicketState) -> Vec<Id> {
        self.items.iter().filter(|(item, t)| t.state == state && t.batch_id == Some(item.batch_id)).map(|(_, t)| t.id).collect()
    }

    /// One of its tickets, by id or number.
    fn find(&self, reference: &str) -> Option<&Ticket> {
        self.items.iter().map(|(_, t)| t).find(|t| t.id.as_str() == reference || t.number.eq_ignore_ascii_case(reference))
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        let may = |a: &&Action| permits(self.row.state, &self.facts(), **a).is_ok() && policy::allows(actor, "ticket_batch", a.code(), &self.near());
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }

    fn next(&self, actor: &Actor, action: Action) -> Result<State> {
        permits(self.row.state, &self.facts(), action)
            .map_err(|refusal| Problem { allowed_actions: Some(self.allowed(actor)), ..Problem::from(refusal) }.into())
    }

    /// Saves it with clock, visibility and event.
    fn save(&mut self, tx: &mut Tx, actor: &Actor, kind: &str, params: Value) -> Result<()> {
        if self.row.state != State::Collecting {
            clocks::stop_all(tx, self.row.id)?;
        }
        self.row.details = Private::seal(tx.vault, &self.details)?;
        self.row.version += 1;
        self.row.updated_at = tx.now;
        if !store::save(tx, &self.row)? {
            return Err(Problem::of(ErrorCode::Stale).into());
        }
        place(tx, &self.row, &self.center)?;
        tell(tx, actor, &self.row, kind, params)
    }
}

fn items(tx: &mut Tx, batch: Id) -> Result<Vec<(BatchItem, Ticket)>> {
    let items = store::items(tx, batch)?;
    let mut tickets = tickets::store::tickets_by_id(tx, &items.iter().map(|i| i.ticket_id).collect::<Vec<_>>())?;
    tickets.sort_by_key(|t| t.id);
    Ok(items.into_iter().zip(tickets).collect())
}

fn by_reference(tx: &mut Tx, reference: &str) -> Result<Batch> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::batch(tx, id)?,
        Err(_) => store::batch_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// A batch to who sees it.
pub(super) fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Loaded> {
    let row = by_reference(tx, reference)?;
    let sight = access::sight(tx, &Scope::of(actor, "ticket_batch"), row.id)?.ok_or_else(Problem::not_found)?;
    Loaded::of(tx, row, sight)
}

/// A batch for an action, with its state after it: `tickets` and itself locked, seen (404), allowed (403), in the version
/// asked for (412), in a state that permits it (409).
fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: Action, tickets: &mut [Id]) -> Result<(Loaded, State)> {
    let id = by_reference(tx, &target.reference)?.id;
    tickets.sort();
    for ticket in tickets {
        dialect::lock_root(tx.conn, "fallback_tickets", ticket.as_str())?;
    }
    dialect::lock_root(tx.conn, "ticket_batches", id.as_str())?;
    let loaded = load_seen(tx, actor, id.as_str())?;
    if !policy::allows(actor, "ticket_batch", action.code(), &loaded.near()) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.row.version)?;
    let next = loaded.next(actor, action)?;
    Ok((loaded, next))
}

/// The reform office's reach: the center and everything above it; its tickets are looked up there.
fn place(tx: &mut Tx, row: &Batch, center: &Center) -> Result<()> {
    let subjects = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    let due_at = if row.state == State::Collecting { row.due_at } else { Moment::NEVER };
    clocks::charge(tx, row.id, center.id, None)?;
    access::place(tx, &Placement { kind: "ticket_batch", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

fn tell(tx: &mut Tx, actor: &Actor, row: &Batch, kind: &str, mut params: Value) -> Result<()> {
    params["number"] = json!(row.number);
    let kind = format!("ticket_batch.{kind}");
    let event = NewEvent { record_kind: "ticket_batch", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)
}

/// The last day of a month, `YYYY-MM`.
fn last_day(month: &str) -> Option<NaiveDate> {
    let first: NaiveDate = format!("{month}-01").parse().ok()?;
    first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))
}

/// Opens the batch of a month.
pub fn open(tx: &mut Tx, actor: &Actor, input: &BatchInput) -> Result<BatchView> {
    open_as(tx, actor, input, None)
}

/// Opens a batch, under a given identity.
pub fn open_as(tx: &mut Tx, actor: &Actor, input: &BatchInput, identity: Option<Identity>) -> Result<BatchView> {
    if !policy::may(actor, "ticket_batch", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let nodes: Vec<Id> = actor.nodes(Role::ReformOffice).filter_map(|n| n.parse().ok()).collect();
    let unknown = || Problem::rule("/center", "unknown_center", "请指明改革办所在的中心。", "Name the center of a reform office.");
    let center = match (&input.center, nodes.as_slice()) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, [only]) => organization::load(tx, *only)?,
        (None, _) => return Err(unknown().into()),
    };
    let near = Reachable { centers: vec![center.id], path: &center.path, ..Reachable::default() };
    if !policy::allows(actor, "ticket_batch", "create", &near) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let today = tx.now.local_date();
    let past = || Problem::rule("/month", "past", "批次的月份不能早于本月，也不超过五年。", "This month or one of the next five years.");
    let last = last_day(&input.month).filter(|last| *last >= today && *last <= today + Months::new(61)).ok_or_else(past)?;
    if let Some(there) = store::of_month(tx, center.id, &input.month)? {
        let (year, month) = input.month.split_once('-').unwrap_or_default();
        let zh = format!("{year}年{}月已有提请批次 {}，每月一批。", month.trim_start_matches('0'), there.number);
        return Err(Problem::rule("/month", "batch_exists", zh, "One batch a month: there is one.").into());
    }
    let details = BatchDetails { summary: input.summary.clone(), ..BatchDetails::default() };
    let identity = match identity {
        Some(given) => given,
        None => Identity { id: Id::new(), number: numbers::next(tx, "TJ", &center.division_code)? },
    };
    let mut row = Batch {
        id: identity.id,
        number: identity.number,
        center_id: center.id,
        month: input.month.clone(),
        state: State::Collecting,
        details: Private::seal(tx.vault, &details)?,
        due_at: Moment::NEVER,
        submitted_at: None,
        decided_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    clocks::start_until(tx, "ticket_batch", row.id, ClockKind::TicketBatch, last)?;
    row.due_at = clocks::nearest_due(tx, row.id)?;
    store::insert(tx, &row)?;
    place(tx, &row, &center)?;
    tell(tx, actor, &row, "opened", json!({ "month": row.month }))?;
    view(tx, actor, row.id)
}

/// Changes what is asked of the government.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &BatchContent) -> Result<BatchView> {
    let (mut loaded, _) = load_for(tx, actor, target, Action::Edit, &mut [])?;
    loaded.details.summary.clone_from(&input.summary);
    loaded.save(tx, actor, "edited", json!({}))?;
    view(tx, actor, loaded.row.id)
}

/// A ticket that the reform office of this batch sees, at the place of a field.
fn named(tx: &mut Tx, actor: &Actor, center: Option<&Center>, reference: &str, at: &str, seen: &[Id]) -> Result<std::result::Result<Id, FieldError>> {
    let wrong = |code: &'static str, zh: &'static str, en: &'static str| Ok(Err(FieldError::body(at, code, zh, en)));
    let ticket = match tickets::load_seen(tx, actor, reference) {
        Ok(ticket) => ticket,
        Err(Error::Refused(_)) => return wrong("unknown_ticket", "没有这件，或者不在您的可见范围内。", "No ticket that you see."),
        Err(e) => return Err(e),
    };
    if seen.contains(&ticket.row.id) {
        return wrong("repeated", "同一件只能出现一次。", "Each ticket once.");
    }
    if center.is_some_and(|c| !ticket.center.path.split('/').any(|p| p == c.id.as_str())) {
        return wrong("other_division", "该件不属于本批次的行政区划。", "Not of this batch's division.");
    }
    Ok(Ok(ticket.row.id))
}

/// Takes tickets into the batch: all or none.
pub fn add(tx: &mut Tx, actor: &Actor, target: &Target, input: &BatchTickets) -> Result<BatchView> {
    let batch = load_seen(tx, actor, &target.reference)?;
    let (mut ids, mut faults) = (Vec::new(), Vec::new());
    for (i, ticket) in input.tickets.iter().enumerate() {
        match named(tx, actor, Some(&batch.center), &ticket.id, &format!("/tickets/{i}/id"), &ids)? {
            Ok(id) => ids.push(id),
            Err(fault) => faults.push(fault),
        }
    }
    let wanted: Vec<(Id, Option<i64>)> = ids.iter().copied().zip(input.tickets.iter().map(|t| t.version)).collect();
    let (mut loaded, _) = load_for(tx, actor, target, Action::Add, &mut ids)?;
    if !faults.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, faults).into());
    }
    if loaded.items.len() + wanted.len() > MOST {
        return Err(Problem::rule("/tickets", "too_many", format!("一个批次最多 {MOST} 件。"), format!("At most {MOST} tickets.")).into());
    }
    for (id, version) in wanted {
        let of = Target { reference: id.to_string(), expected: version.map(|v| vec![v]) };
        tickets::batch(tx, actor, &of, loaded.row.id)?;
        store::insert_item(tx, loaded.row.id, id)?;
    }
    loaded.items = items(tx, loaded.row.id)?;
    let params = json!({ "tickets": loaded.facts().tickets });
    loaded.save(tx, actor, "added", params)?;
    view(tx, actor, loaded.row.id)
}

/// Takes a ticket out again.
pub fn remove(tx: &mut Tx, actor: &Actor, target: &Target, input: &BatchRemoval) -> Result<BatchView> {
    let batch = load_seen(tx, actor, &target.reference)?;
    let mut ids: Vec<Id> = batch.find(&input.ticket).map(|t| t.id).into_iter().collect();
    let (mut loaded, _) = load_for(tx, actor, target, Action::Remove, &mut ids)?;
    let unknown = || Problem::rule("/ticket", "unknown_ticket", "批次中没有这件。", "Not in this batch.");
    let (id, number) = loaded.find(&input.ticket).map(|t| (t.id, t.number.clone())).ok_or_else(unknown)?;
    tickets::unbatch(tx, actor, id)?;
    store::remove_item(tx, loaded.row.id, id)?;
    loaded.items.retain(|(_, t)| t.id != id);
    let params = json!({ "ticket": number, "tickets": loaded.facts().tickets });
    loaded.save(tx, actor, "removed", params)?;
    view(tx, actor, loaded.row.id)
}

fn no_future(tx: &Tx, at: Option<Moment>, pointer: &str) -> Result<Moment> {
    match at {
        Some(at) if at > tx.now => Err(Problem::rule(pointer, "future", "时间不能在将来。", "Not in the future.").into()),
        other => Ok(other.unwrap_or(tx.now)),
    }
}

/// The batch goes to the government, with all its tickets.
pub fn submit(tx: &mut Tx, actor: &Actor, target: &Target, input: &BatchSubmission) -> Result<BatchView> {
    let batch = load_seen(tx, actor, &target.reference)?;
    let mut ids: Vec<Id> = batch.items.iter().map(|(_, t)| t.id).collect();
    let (mut loaded, next) = load_for(tx, actor, target, Action::Submit, &mut ids)?;
    loaded.row.submitted_at = Some(no_future(tx, input.submitted_at, "/submitted_at")?);
    attachments::bind(tx, actor, &input.attachments, "ticket_batch", loaded.row.id, "提请文件", "/attachments")?;
    let going = loaded.in_state(TicketState::Batched);
    for id in &going {
        tickets::submit(tx, actor, *id)?;
    }
    loaded.details.document_no.clone_from(&input.document_no);
    loaded.row.state = next;
    let params = json!({ "document_no": input.document_no, "tickets": going.len() });
    loaded.save(tx, actor, "submitted", params)?;
    view(tx, actor, loaded.row.id)
}

/// Records what the government decided; once nothing waits any more, the batch is decided.
pub fn decide(tx: &mut Tx, actor: &Actor, target: &Target, input: &BatchDecisions) -> Result<BatchView> {
    let batch = load_seen(tx, actor, &target.reference)?;
    let mut ids: Vec<Id> = batch.items.iter().map(|(_, t)| t.id).collect();
    let (mut loaded, next) = load_for(tx, actor, target, Action::Decide, &mut ids)?;
    let at = no_future(tx, input.decided_at, "/decided_at")?;
    let waiting = loaded.in_state(TicketState::Submitted);
    let (mut decided, mut faults) = (Vec::new(), Vec::new());
    for (i, item) in input.decisions.iter().enumerate() {
        let pointer = format!("/decisions/{i}/ticket");
        match loaded.find(&item.ticket) {
            None => faults.push(FieldError::body(&pointer, "unknown_ticket", "批次中没有这件。", "Not in this batch.")),
            Some(t) if decided.contains(&t.id) => faults.push(FieldError::body(&pointer, "repeated", "同一件只能出现一次。", "Each ticket once.")),
            Some(t) if !waiting.contains(&t.id) => {
                faults.push(FieldError::body(&pointer, "not_submitted", "该件已有研究结果，或已不在提请中。", "It waits for no decision."));
            }
            Some(t) => decided.push(t.id),
        }
    }
    if !faults.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, faults).into());
    }
    attachments::bind(tx, actor, &input.attachments, "ticket_batch", loaded.row.id, "研究结果", "/attachments")?;
    for (id, item) in decided.iter().zip(&input.decisions) {
        store::decide_item(tx, loaded.row.id, *id, &Private::seal(tx.vault, &item.decision)?, at)?;
        tickets::decide(tx, actor, *id, BatchDecision { words: item.decision.clone(), document_no: Some(input.document_no.clone()), at })?;
    }
    loaded.items = items(tx, loaded.row.id)?;
    loaded.details.decision_no.clone_from(&input.document_no);
    let waiting = loaded.in_state(TicketState::Submitted).len();
    loaded.row.state = if waiting == 0 { State::Decided } else { next };
    loaded.row.decided_at = (waiting == 0).then_some(at);
    loaded.save(tx, actor, "decided", json!({ "document_no": input.document_no, "tickets": waiting }))?;
    view(tx, actor, loaded.row.id)
}

/// No batch this month after all.
pub fn cancel(tx: &mut Tx, actor: &Actor, target: &Target, input: &BatchReason) -> Result<BatchView> {
    let (mut loaded, next) = load_for(tx, actor, target, Action::Cancel, &mut [])?;
    loaded.details.cancel_reason.clone_from(&input.reason);
    loaded.row.state = next;
    loaded.save(tx, actor, "cancelled", json!({}))?;
    view(tx, actor, loaded.row.id)
}

/// A ticket was withdrawn while it waited for the government: its batch waits for one less.
pub fn fall(tx: &mut Tx, actor: &Actor, ticket: &Ticket) -> Result<()> {
    let Some(id) = ticket.batch_id else { return Ok(()) };
    dialect::lock_root(tx.conn, "ticket_batches", id.as_str())?;
    let Some(row) = store::batch(tx, id)?.filter(|row| row.state == State::Submitted) else { return Ok(()) };
    let mut loaded = Loaded::of(tx, row, Sight::CLEAR)?;
    if loaded.in_state(TicketState::Submitted).is_empty() {
        loaded.row.state = State::Decided;
        loaded.row.decided_at = Some(tx.now);
        let document_no = loaded.details.decision_no.clone();
        loaded.save(tx, actor, "decided", json!({ "document_no": document_no, "tickets": 0 }))?;
    }
    Ok(())
}

/// Those of these batches that wait for the caller: to be submitted in the last days of their month, to be decided.
pub fn batches_awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let mut mine = Vec::new();
    for row in store::batches_by_id(tx, ids)? {
        let center = organization::load(tx, row.center_id)?;
        let near = Reachable { centers: vec![row.center_id], path: &center.path, ..Reachable::default() };
        let soon = last_day(&row.month).is_some_and(|last| last.signed_duration_since(tx.now.local_date()).num_days() <= i64::from(last.day() / 3));
        let next = match row.state {
            State::Collecting if soon => Action::Submit,
            State::Submitted => Action::Decide,
            _ => continue,
        };
        if policy::allows(actor, "ticket_batch", next.code(), &near) {
            mine.push(row.id);
        }
    }
    Ok(mine)
}

/// After the calendar moved: the time to submit follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "ticket_batches", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::batch(tx, id)?.filter(|row| moved && row.state == State::Collecting) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let center = organization::load(tx, row.center_id)?;
    place(tx, &row, &center)
}
