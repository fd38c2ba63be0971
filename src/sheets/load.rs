//! Loading a sheet with permission in one call, and saving it with everything that must go with it.

use std::sync::OnceLock;

use serde_json::json;

use super::{
    ladder,
    machine::{Facts, SheetAction as Action, SheetState as State, decide},
    model::{SheetDetails, SheetNote},
    store::{self, Sheet},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect},
    events::{self, Audience, NewEvent, covering, store as log},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
    organization::{self, Center},
    settings::{self, Rules},
    tickets::{self, Ticket},
};

/// What higher rooms do in the transaction in which a sheet has changed, by what it told: set by `app`.
pub static ON_CHANGED: OnceLock<SheetHook> = OnceLock::new();
/// See [`ON_CHANGED`].
pub type SheetHook = fn(&mut Tx, &Actor, &Sheet, &str) -> Result<()>;

/// What may be said of one sheet.
const MOST_NOTES: usize = 200;

/// A sheet with what is needed to decide about it.
pub(super) struct Loaded {
    /// The record.
    pub row: Sheet,
    /// What people wrote.
    pub details: SheetDetails,
    /// The center of its ticket.
    pub center: Center,
    /// That center's rules.
    pub rules: Rules,
    /// What the table's guards need.
    pub facts: Facts,
    /// How the caller sees it.
    pub sight: Sight,
}

/// The ticket of a sheet.
pub(super) fn ticket_of(tx: &mut Tx, id: Id) -> Result<Ticket> {
    tickets::store::ticket(tx, id)?.ok_or_else(|| Error::Corrupt("ticket gone".into()))
}

pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<Sheet> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::sheet(tx, id)?,
        Err(_) => store::sheet_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// Whether the caller may do this with a sheet, whatever its state.
pub(super) fn permits(actor: &Actor, row: &Sheet, center: &Center, action: Action) -> bool {
    let near = Reachable { centers: vec![row.center_id], path: &center.path, departments: vec![row.department_id], ..Reachable::default() };
    policy::allows(actor, "assignment_sheet", action.code(), &near)
}

impl Loaded {
    /// A sheet to who sees it.
    pub fn seen(tx: &mut Tx, actor: &Actor, row: Sheet) -> Result<Self> {
        let sight = access::sight(tx, &Scope::of(actor, "assignment_sheet"), row.id)?.ok_or_else(Problem::not_found)?;
        Self::of(tx, actor, row, sight)
    }

    /// A sheet with what hangs on it.
    pub fn of(tx: &mut Tx, actor: &Actor, row: Sheet, sight: Sight) -> Result<Self> {
        let center = organization::load(tx, row.center_id)?;
        let rules = settings::rules(tx, &center.path)?;
        let lead = row.lead_id.is_none();
        let assisting = if lead { store::assisting(tx, row.id)? } else { Vec::new() };
        let lead_drafted = match row.lead_id {
            Some(id) => store::sheet(tx, id)?.is_some_and(|lead| lead.state == State::Drafted),
            None => false,
        };
        let facts = Facts {
            lead,
            binding: row.binding,
            own_draft: actor.id.is_some() && actor.id == row.drafted_by,
            lead_drafted,
            assisting_open: assisting.iter().any(|s| s.state.is_with_department() || s.state == State::Drafted),
            assisting_replied: assisting.iter().any(|s| s.state == State::Replied),
            extended: u32::try_from(row.extensions).is_ok_and(|n| n >= rules.sheet_extensions),
            ticket_ended: false,
        };
        let details = row.details.open(tx.vault)?;
        Ok(Self { row, details, center, rules, facts, sight })
    }

    /// Whether the caller may do this, whatever the state.
    pub fn permits(&self, actor: &Actor, action: Action) -> bool {
        permits(actor, &self.row, &self.center, action)
    }

    /// Whether the caller may do this now.
    pub fn may(&self, actor: &Actor, action: Action) -> bool {
        decide(self.row.state, &self.facts, action).is_ok() && self.permits(actor, action)
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        Action::ALL.iter().filter(|a| self.may(actor, **a)).map(|a| a.code().to_owned()).collect()
    }

    /// Does an action in a state that permits it (409): changed by `edit`, noted, saved and told.
    pub fn apply(&mut self, tx: &mut Tx, actor: &Actor, action: Action, words: &str, edit: impl FnOnce(&mut Tx, &mut Self) -> Result<()>) -> Result<()> {
        self.row.state =
            decide(self.row.state, &self.facts, action).map_err(|refusal| Problem { allowed_actions: Some(self.allowed(actor)), ..Problem::from(refusal) })?;
        if !words.is_empty() {
            if self.details.notes.len() >= MOST_NOTES {
                return Err(Problem::new(ErrorCode::RuleViolation, Text::new("一份交办单最多记录 200 次办理情况。", "At most 200 notes.")).into());
            }
            let note = SheetNote { act: action, act_label: action.label().into(), text: words.to_owned(), at: tx.now, by: actor.id };
            self.details.notes.push(note);
        }
        edit(tx, self)?;
        self.save(tx)?;
        publish(tx, actor, &self.row, &self.center, told(action), words)
    }

    fn save(&mut self, tx: &mut Tx) -> Result<()> {
        covering::details(tx, "fallback_ticket", self.row.ticket_id, &mut self.details)?;
        self.row.details = Private::seal(tx.vault, &self.details)?;
        follow_clock(tx, &mut self.row, &self.rules)?;
        self.row.version += 1;
        self.row.updated_at = tx.now;
        if store::save(tx, &self.row)? { Ok(()) } else { Err(Problem::of(ErrorCode::Stale).into()) }
    }
}

/// Who registered a ticket is confidential from now on: its sheets forget them, as `over` says.
pub fn withhold(tx: &mut Tx, ticket: Id, over: &dyn Fn(&str) -> String) -> Result<()> {
    for sheet in store::of_ticket(tx, ticket)? {
        dialect::lock_root(tx.conn, "assignment_sheets", sheet.id.as_str())?;
        let mut row = store::sheet(tx, sheet.id)?.ok_or_else(|| Error::Corrupt("sheet gone".into()))?;
        row.details = Private::seal(tx.vault, &covering::recast(&row.details.open(tx.vault)?, over)?)?;
        row.version += 1;
        row.updated_at = tx.now;
        if !store::save(tx, &row)? {
            return Err(Error::Contended);
        }
        log::reword(tx, row.id, over)?;
    }
    Ok(())
}

/// What an action is called once it is done.
fn told(action: Action) -> &'static str {
    match action {
        Action::Edit => "edited",
        Action::Issue => "issued",
        Action::SignIn => "signed_in",
        Action::Return => "returned",
        Action::RequestExtension => "extension_requested",
        Action::GrantExtension => "extension_granted",
        Action::RefuseExtension => "extension_refused",
        Action::Progress => "progressed",
        Action::Reply => "replied",
        Action::Confirm => "confirmed",
        Action::SendBack => "sent_back",
        Action::Cancel => "cancelled",
    }
}

/// A sheet for an action: its ticket and itself locked, seen (404), allowed (403), in the version asked for (412), in a state
/// that permits it (409); changed by `edit`, noted, saved and told.
pub(super) fn change(
    tx: &mut Tx,
    actor: &Actor,
    target: &Target,
    action: Action,
    words: &str,
    edit: impl FnOnce(&mut Tx, &mut Loaded) -> Result<()>,
) -> Result<Loaded> {
    let found = by_reference(tx, &target.reference)?;
    // The ticket first, as everything does that changes both.
    dialect::lock_root(tx.conn, "fallback_tickets", found.ticket_id.as_str())?;
    dialect::lock_root(tx.conn, "assignment_sheets", found.id.as_str())?;
    let row = by_reference(tx, found.id.as_str())?;
    let mut loaded = Loaded::seen(tx, actor, row)?;
    if !loaded.permits(actor, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.row.version)?;
    loaded.apply(tx, actor, action, words, edit)?;
    Ok(loaded)
}

/// The deadline is its clock's. The next rung follows from it while the department has the sheet.
pub(super) fn follow_clock(tx: &mut Tx, row: &mut Sheet, rules: &Rules) -> Result<()> {
    if !row.state.is_with_department() {
        row.rung_at = Moment::NEVER;
        return Ok(());
    }
    let clock = clocks::of_record(tx, row.id)?.into_iter().rfind(|c| c.kind == ClockKind::Sheet);
    row.due_at = clock.map_or(Moment::NEVER, |c| c.due_at);
    row.rung_at = ladder::next_at(tx, row, rules)?;
    Ok(())
}

/// What an event says of a sheet: codes, numbers and names of units.
pub(super) fn params(tx: &mut Tx, row: &Sheet) -> Result<serde_json::Value> {
    let ticket = ticket_of(tx, row.ticket_id)?;
    let department = organization::department(tx, row.department_id)?.map(|d| d.name).unwrap_or_default();
    Ok(json!({ "number": row.number, "ticket_id": ticket.id, "ticket": ticket.number, "department_id": row.department_id, "department": department,
        "role": row.role(), "state": row.state, "due_at": row.due_at.known() }))
}

/// Event and visibility of a change.
pub(super) fn publish(tx: &mut Tx, actor: &Actor, row: &Sheet, center: &Center, kind: &str, words: &str) -> Result<()> {
    let params = params(tx, row)?;
    let told = kind;
    let kind = format!("assignment_sheet.{told}");
    let words = Some(words).filter(|w| !w.is_empty());
    let event = NewEvent { record_kind: "assignment_sheet", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words };
    events::record(tx, actor, event)?;
    place(tx, row, center)?;
    ON_CHANGED.get().map_or(Ok(()), |hook| hook(tx, actor, row, told))
}

/// Who sees a sheet: the center of its ticket, what is above it, who handles the ticket, and its own department once it is
/// issued.
pub(super) fn place(tx: &mut Tx, row: &Sheet, center: &Center) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(ticket_of(tx, row.ticket_id)?.handler_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(row.issued_at.map(|_| (subject::department(row.department_id.as_str()), false)));
    let due_at = if row.state.is_open() { clocks::nearest_due(tx, row.id)? } else { Moment::NEVER };
    clocks::charge(tx, row.id, row.center_id, Some(row.department_id))?;
    // Who asks for more time waits for the answer.
    clocks::charge_some(tx, row.id, clocks::Which::Kind(ClockKind::SheetExtension), row.center_id, None)?;
    access::place(tx, &Placement { kind: "assignment_sheet", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// After the calendar moved: the deadline follows its clock, the ladder follows the deadline, and the ticket the lead's.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    let Some(ticket) = store::sheet(tx, id)?.map(|row| row.ticket_id) else { return Ok(()) };
    dialect::lock_root(tx.conn, "fallback_tickets", ticket.as_str())?;
    dialect::lock_root(tx.conn, "assignment_sheets", id.as_str())?;
    clocks::recompute(tx, id)?;
    let Some(mut row) = store::sheet(tx, id)?.filter(|row| row.state.is_with_department()) else { return Ok(()) };
    let before = (row.due_at, row.rung_at);
    let center = organization::load(tx, row.center_id)?;
    let rules = settings::rules(tx, &center.path)?;
    follow_clock(tx, &mut row, &rules)?;
    if before != (row.due_at, row.rung_at) {
        row.version += 1;
        row.updated_at = tx.now;
        if !store::save(tx, &row)? {
            return Err(Error::Contended);
        }
    }
    if row.lead_id.is_none() {
        tickets::move_due(tx, &Actor::system("sheets"), ticket, row.due_at)?;
    }
    place(tx, &row, &center)
}
