//! Drawing up sheets: to a lead department and to those that assist it; by determination, when departments have handed the
//! ticket back as often as the rules permit. And what becomes of them when their ticket ends.

use chrono::NaiveDate;

use super::{
    load::{Loaded, change, place, publish},
    machine::{Refusal, SheetAction as Action, SheetState as State},
    model::{DeterminationInput, SheetDetails, SheetEdit, SheetPart, SheetReason, SheetsInput},
    store::{self, Sheet},
    views::{SheetView, view},
};
use crate::{
    access::Sight,
    auth::{Actor, Reachable, Role, policy, store as accounts},
    db::{Private, Result, Tx, dialect, numbers},
    entrustments::Identity,
    events::covering,
    kernel::{ErrorCode, FieldError, Id, Limit, Moment, Problem, Target},
    organization::{self, Center},
    settings::{self, Rules},
    tickets::{
        self, Ticket,
        machine::{TicketAction, TicketDoor},
    },
};

/// A ticket for which sheets are drawn up: seen (404), allowed (403), locked, in the version asked for (412).
struct Opened {
    ticket: tickets::Opened,
    center: Center,
    rules: Rules,
    /// All sheets it ever had, oldest first.
    sheets: Vec<Sheet>,
    /// The caller may say who handles it.
    determines: bool,
}

fn open(tx: &mut Tx, actor: &Actor, target: &Target, verb: &str) -> Result<Opened> {
    let seen = tickets::load_seen(tx, actor, &target.reference)?.row.id;
    let ticket = tickets::load_locked(tx, seen)?;
    if !may(actor, &ticket, verb) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(ticket.row.version)?;
    Opened::of(tx, actor, ticket)
}

fn may(actor: &Actor, ticket: &tickets::Opened, verb: &str) -> bool {
    let near = Reachable { centers: vec![ticket.center.id], path: &ticket.center.path, ..Reachable::default() };
    policy::allows(actor, "assignment_sheet", verb, &near)
}

/// Which doors of this room are open to the caller, for the ticket's view.
pub fn doors(tx: &mut Tx, actor: &Actor, ticket: &tickets::Opened) -> Result<Vec<TicketDoor>> {
    let (draws, determines) = (may(actor, ticket, "create"), may(actor, ticket, "determine"));
    if !ticket.row.state.is_open() || !(draws || determines) {
        return Ok(Vec::new());
    }
    let opened = Opened::of(tx, actor, ticket.clone())?;
    let assignable = opened.ticket.decide(actor, TicketAction::Assign).is_ok();
    let (lead, more) = (assignable && opened.check_lead(true).is_ok(), opened.check_lead(false).is_ok() && opened.check_assisting().is_ok());
    let sheets = draws && opened.check_drawer(actor).is_ok() && (lead || more);
    let determine = determines && assignable && opened.check_worn().is_ok();
    Ok([(TicketDoor::Sheets, sheets), (TicketDoor::Determine, determine)].into_iter().filter(|(_, open)| *open).map(|(door, _)| door).collect())
}

impl Opened {
    fn of(tx: &mut Tx, actor: &Actor, ticket: tickets::Opened) -> Result<Self> {
        let center = ticket.center.clone();
        let rules = settings::rules(tx, &center.path)?;
        let sheets = store::of_ticket(tx, ticket.row.id)?;
        let determines = may(actor, &ticket, "determine");
        Ok(Self { ticket, center, rules, sheets, determines })
    }

    /// A refusal with what may be done with the ticket instead.
    fn refused(&self, actor: &Actor, refusal: Refusal) -> Problem {
        Problem { allowed_actions: Some(self.ticket.allowed(actor)), ..Problem::from(refusal) }
    }

    fn lead(&self) -> Option<&Sheet> {
        self.sheets.iter().find(|s| s.lead_id.is_none() && s.state.is_open())
    }

    /// Whose turn it is to draw sheets up: the reform office's where it leads the ticket, else the center's. What departments
    /// have handed back too often is the reform office's to determine all the same.
    fn check_drawer(&self, actor: &Actor) -> Result<(), Refusal> {
        let at = |role: Role| actor.nodes(role).any(|n| n == self.center.id.as_str());
        let (center, reform) = (at(Role::Clerk) || at(Role::CenterManager), self.ticket.leads(actor));
        match (self.ticket.row.reform_led, center, reform) {
            (true, _, false) => Err(Refusal::ReformDraws),
            (false, false, _) if !actor.is_system() && !self.is_worn(false) => Err(Refusal::CenterDraws),
            _ => Ok(()),
        }
    }

    /// One department leads at a time; who assists joins a lead that has not answered.
    fn check_lead(&self, new: bool) -> Result<(), Refusal> {
        match (new, self.lead()) {
            (true, Some(_)) => Err(Refusal::LeadThere),
            (false, lead) if lead.is_none_or(|lead| lead.state == State::Replied) => Err(Refusal::NoLead),
            (true, None) if self.is_worn(true) => Err(Refusal::ReturnedTooOften),
            _ => Ok(()),
        }
    }

    /// Who assists is the reform office's to say once too many came back.
    fn check_assisting(&self) -> Result<(), Refusal> {
        if self.is_worn(false) && !self.determines { Err(Refusal::ReturnedTooOften) } else { Ok(()) }
    }

    /// Whether it is the reform office's turn to say who leads.
    fn check_worn(&self) -> Result<(), Refusal> {
        match self.lead() {
            Some(_) => Err(Refusal::LeadThere),
            None if !self.is_worn(true) => Err(Refusal::NotReturned),
            None => Ok(()),
        }
    }

    /// So many sheets of leads, or of assisting departments, came back that only the reform office says who handles it.
    fn is_worn(&self, lead: bool) -> bool {
        let returned = self.sheets.iter().filter(|s| s.state == State::Returned && s.lead_id.is_none() == lead).count();
        u32::try_from(returned).is_ok_and(|n| n >= self.rules.sheet_returns)
    }
}

/// Draws up the sheet of a lead department and those of the assisting ones, or adds assisting ones to an open lead.
pub fn draft(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetsInput) -> Result<SheetView> {
    draft_as(tx, actor, target, input, None)
}

/// [`draft`], the lead's sheet under a given identity, where one is given.
pub fn draft_as(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetsInput, identity: Option<Identity>) -> Result<SheetView> {
    let opened = open(tx, actor, target, "create")?;
    if input.lead.is_none() && input.assisting.is_empty() {
        return Err(Problem::rule("/lead", "required", "请写明牵头部门或协办部门。", "Name a lead or an assisting department.").into());
    }
    let checked = opened.check_drawer(actor).and_then(|()| opened.check_lead(input.lead.is_some()));
    checked.and_then(|()| if input.assisting.is_empty() { Ok(()) } else { opened.check_assisting() }).map_err(|refusal| opened.refused(actor, refusal))?;
    let lead = opened.lead().cloned();
    if input.lead.is_some() {
        opened.ticket.decide(actor, TicketAction::Assign)?;
    }
    let mut faults = Vec::new();
    let mut named = Vec::new();
    for (part, at) in input.lead.iter().map(|p| (p, "/lead".to_owned())).chain(input.assisting.iter().zip(0..).map(|(p, i)| (p, format!("/assisting/{i}")))) {
        check(tx, &opened, part, &at, &mut named, &mut faults)?;
    }
    if !faults.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, faults).into());
    }
    let lead = match (&input.lead, lead) {
        (Some(part), _) => enter(tx, actor, &opened, part, &Kind { lead: None, binding: false, determination: "" }, identity)?,
        (None, Some(lead)) => lead,
        (None, None) => return Err(Refusal::NoLead.into()),
    };
    assist(tx, actor, &opened, &lead, &input.assisting)?;
    view(tx, actor, lead.id)
}

fn assist(tx: &mut Tx, actor: &Actor, opened: &Opened, lead: &Sheet, parts: &[SheetPart]) -> Result<()> {
    let kind = Kind { lead: Some(lead.id), binding: opened.is_worn(false), determination: "" };
    parts.iter().try_for_each(|part| enter(tx, actor, opened, part, &kind, None).map(|_| ()))
}

/// The reform office says which department handles it: its sheet cannot be returned.
pub fn determine(tx: &mut Tx, actor: &Actor, target: &Target, input: &DeterminationInput) -> Result<SheetView> {
    let opened = open(tx, actor, target, "determine")?;
    opened.check_worn().map_err(|refusal| opened.refused(actor, refusal))?;
    opened.ticket.decide(actor, TicketAction::Assign)?;
    let before = opened.sheets.iter().rfind(|s| s.lead_id.is_none()).map(|s| s.details.open(tx.vault)).transpose()?;
    let matter = input.matter.clone().or(before.map(|d| d.matter)).unwrap_or_default();
    let part = SheetPart { department_id: input.department_id, matter, due_on: input.due_on, limit: input.limit };
    let (mut faults, mut named) = (Vec::new(), Vec::new());
    check(tx, &opened, &part, "", &mut named, &mut faults)?;
    for (part, i) in input.assisting.iter().zip(0..) {
        check(tx, &opened, part, &format!("/assisting/{i}"), &mut named, &mut faults)?;
    }
    if !faults.is_empty() {
        return Err(Problem::fields(ErrorCode::RuleViolation, faults).into());
    }
    let lead = enter(tx, actor, &opened, &part, &Kind { lead: None, binding: true, determination: &input.reason }, None)?;
    assist(tx, actor, &opened, &lead, &input.assisting)?;
    view(tx, actor, lead.id)
}

/// What is wrong with a part joins the faults.
fn check(tx: &mut Tx, opened: &Opened, part: &SheetPart, at: &str, named: &mut Vec<Id>, faults: &mut Vec<FieldError>) -> Result<()> {
    let department = organization::department(tx, part.department_id)?;
    let here = match &department {
        Some(department) => organization::load(tx, department.center_id)?.lineage().next() == opened.center.lineage().next(),
        None => false,
    };
    let staffed = here && !accounts::held(tx, Role::DepartmentHandler, &[part.department_id.to_string()])?.is_empty();
    let there = opened.sheets.iter().any(|s| s.state.is_open() && s.department_id == part.department_id);
    let at_department = format!("{at}/department_id");
    let mut fault = |code, zh, en| faults.push(FieldError::body(&at_department, code, zh, en));
    match (here, staffed) {
        (false, _) => fault("unknown_department", "本市没有这个部门。", "No such department in this city."),
        (_, false) => fault("department_without_account", "该部门没有开通经办账号，不能签收交办单。", "The department has no account."),
        _ if there || named.contains(&part.department_id) => {
            fault("duplicate", "该部门已有本件的交办单，每个部门只交办一份。", "The department has a sheet of this ticket already.")
        }
        _ => {}
    }
    named.push(part.department_id);
    limited(tx.now.local_date(), part.due_on, part.limit, at, faults);
    Ok(())
}

/// A deadline is a day ahead, or a limit that a sheet can have, or left to the rules.
fn limited(today: NaiveDate, due_on: Option<NaiveDate>, limit: Option<Limit>, at: &str, faults: &mut Vec<FieldError>) {
    let mut fault = |field: &str, code, zh, en| faults.push(FieldError::body(&format!("{at}/{field}"), code, zh, en));
    if due_on.is_some() && limit.is_some() {
        fault("limit", "one_of", "完成日期和时限只写一项。", "Either a day or a limit.");
    }
    if due_on.is_some_and(|day| day <= today || (day - today).num_days() > 730) {
        fault("due_on", "out_of_range", "完成日期应在今天之后、两年之内。", "After today, within two years.");
    }
    if limit.is_some_and(|limit| !(1..=365).contains(&limit.value)) {
        fault("limit", "out_of_range", "时限应为 1 到 365。", "From 1 to 365.");
    }
}

/// What a sheet is among those of its ticket.
struct Kind<'a> {
    lead: Option<Id>,
    binding: bool,
    determination: &'a str,
}

fn enter(tx: &mut Tx, actor: &Actor, opened: &Opened, part: &SheetPart, kind: &Kind, identity: Option<Identity>) -> Result<Sheet> {
    let (id, number) = match identity {
        Some(identity) => (identity.id, identity.number),
        None => (Id::new(), numbers::next(tx, "JB", &opened.center.division_code)?),
    };
    let mut details = SheetDetails {
        matter: part.matter.clone(),
        limit: part.limit,
        due_on: part.due_on,
        determination: kind.determination.to_owned(),
        ..SheetDetails::default()
    };
    covering::details(tx, "fallback_ticket", opened.ticket.row.id, &mut details)?;
    let row = Sheet {
        id,
        number,
        ticket_id: opened.ticket.row.id,
        lead_id: kind.lead,
        center_id: opened.center.id,
        department_id: part.department_id,
        round: opened.ticket.row.round,
        state: State::Drafted,
        binding: kind.binding,
        drafted_by: actor.id,
        details: Private::seal(tx.vault, &details)?,
        issued_at: None,
        signed_in_at: None,
        replied_at: None,
        returned_at: None,
        due_at: Moment::NEVER,
        extensions: 0,
        rungs: 0,
        rung_at: Moment::NEVER,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    let told = if kind.binding { "determined" } else { "drafted" };
    publish(tx, actor, &row, &opened.center, told, kind.determination)?;
    Ok(row)
}

/// Changes a draft.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetEdit) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::Edit, "", |tx, sheet| {
        let mut faults = Vec::new();
        limited(tx.now.local_date(), input.due_on, input.limit, "", &mut faults);
        if !faults.is_empty() {
            return Err(Problem::fields(ErrorCode::RuleViolation, faults).into());
        }
        sheet.details.matter.clone_from(&input.matter);
        (sheet.details.due_on, sheet.details.limit) = (input.due_on, input.limit);
        Ok(())
    })?;
    view(tx, actor, loaded.row.id)
}

/// Withdraws a draft, or the sheet of an assisting department that is no longer needed; with a lead's draft fall those that
/// would assist it.
pub fn cancel(tx: &mut Tx, actor: &Actor, target: &Target, input: &SheetReason) -> Result<SheetView> {
    let loaded = change(tx, actor, target, Action::Cancel, &input.reason, |tx, sheet| crate::clocks::stop_all(tx, sheet.row.id))?;
    if loaded.facts.lead {
        drop_assisting(tx, actor, loaded.row.id, "牵头交办单已撤销")?;
    }
    view(tx, actor, loaded.row.id)
}

/// Those that assist a lead who no longer has it are not needed; what they have replied stays. Answers how many fell.
pub(super) fn drop_assisting(tx: &mut Tx, actor: &Actor, lead: Id, why: &str) -> Result<usize> {
    let needless: Vec<Sheet> = store::assisting(tx, lead)?.into_iter().filter(|s| s.state.is_open() && s.state != State::Replied).collect();
    let count = needless.len();
    needless.into_iter().try_for_each(|row| cancel_one(tx, actor, row, why))?;
    Ok(count)
}

fn cancel_one(tx: &mut Tx, actor: &Actor, row: Sheet, why: &str) -> Result<()> {
    dialect::lock_root(tx.conn, "assignment_sheets", row.id.as_str())?;
    let mut loaded = Loaded::of(tx, actor, row, Sight::CLEAR)?;
    loaded.facts.ticket_ended = true;
    loaded.apply(tx, actor, Action::Cancel, why, |tx, sheet| crate::clocks::stop_all(tx, sheet.row.id))
}

/// Whether a department still has a sheet of a ticket, one is drawn up, or a reply waits to be confirmed.
pub fn any_open(tx: &mut Tx, ticket: Id) -> Result<bool> {
    Ok(store::of_ticket(tx, ticket)?.iter().any(|s| s.state.is_open()))
}

/// Somebody else handles the ticket: its sheets are theirs to read.
pub fn follow_handler(tx: &mut Tx, ticket: &Ticket) -> Result<()> {
    let center = organization::load(tx, ticket.center_id)?;
    store::of_ticket(tx, ticket.id)?.iter().try_for_each(|row| place(tx, row, &center))
}

/// The ticket was withdrawn, merged or not taken in: its open sheets fall with it.
pub fn fall(tx: &mut Tx, actor: &Actor, ticket: &Ticket) -> Result<()> {
    let open: Vec<Sheet> = store::of_ticket(tx, ticket.id)?.into_iter().filter(|s| s.state.is_open()).collect();
    let (leads, assisting): (Vec<Sheet>, Vec<Sheet>) = open.into_iter().partition(|s| s.lead_id.is_none());
    for row in assisting.into_iter().chain(leads) {
        cancel_one(tx, actor, row, "反映事项已撤回或合并")?;
    }
    Ok(())
}
