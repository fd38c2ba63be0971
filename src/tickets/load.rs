//! Loading with permission in one call, and saving with everything that must go with it: event, clocks, access rows.

use std::sync::OnceLock;

use serde_json::Value;

use super::{
    machine::{self, Facts, TicketAction as Action, TicketDoor, TicketState as State, TicketTier as Tier},
    model::{ContactOutcome, ContactPurpose, TicketDetails},
    store::{self, Ticket, TicketCaller, TicketContact, TicketDepartment},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Role, Scope,
        policy::{self, subject},
    },
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect},
    events::{self, Audience, NewEvent, covering},
    kernel::{Code as _, ErrorCode, Id, Limit, Moment, Problem, Target},
    organization::{self, Center},
    settings::{self, Rules},
};

/// What higher rooms do in the transaction in which something happens to a ticket: set by `app`.
pub static ON_STEP: OnceLock<StepHook> = OnceLock::new();
/// See [`ON_STEP`].
pub type StepHook = fn(&mut Tx, &Actor, &Opened, Step) -> Result<()>;

/// What happens to a ticket that higher rooms act upon, in this order where several happen at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is withdrawn, merged or not taken in.
    Ended,
    /// It is to be handled again.
    Reopened,
    /// It was saved, whatever for.
    Saved,
    /// Its handling comes to an end that its caller may rate: cleared, upheld, not taken in, or withdrawn.
    Served,
    /// It is cleared.
    Cleared,
    /// Somebody else handles it.
    Handler,
}

/// Tells higher rooms what happened.
pub(super) fn step(tx: &mut Tx, actor: &Actor, loaded: &Opened, step: Step) -> Result<()> {
    ON_STEP.get().map_or(Ok(()), |hook| hook(tx, actor, loaded, step))
}

/// Whether a department still has a sheet of a ticket, or its reply waits to be confirmed: set by `app`.
pub static SHEETS_OPEN: OnceLock<fn(&mut Tx, Id) -> Result<bool>> = OnceLock::new();

/// What is done about a ticket at the doors of higher rooms: set by `app`, where a caller may go now.
pub static OPEN_DOORS: OnceLock<Vec<DoorsHook>> = OnceLock::new();
/// See [`OPEN_DOORS`].
pub type DoorsHook = fn(&mut Tx, &Actor, &Opened) -> Result<Vec<TicketDoor>>;

/// A ticket with what is needed to decide about it.
#[derive(Clone)]
pub struct Opened {
    /// The record.
    pub row: Ticket,
    /// What people wrote.
    pub details: TicketDetails,
    /// The center that answers for it.
    pub center: Center,
    /// Who asks.
    pub callers: Vec<TicketCaller>,
    /// How they were asked.
    pub contacts: Vec<TicketContact>,
    /// Departments that it concerns.
    pub departments: Vec<TicketDepartment>,
    /// A department has a sheet of it that is not confirmed; known where the callers are to be asked next.
    pub sheets_open: bool,
    /// How the caller sees it.
    pub sight: Sight,
}

impl Opened {
    /// The state after `action`, or the refusal with what may be done instead.
    pub fn decide(&self, actor: &Actor, action: Action) -> Result<State> {
        self.decide_with(actor, &self.facts(actor), action)
    }

    /// [`Opened::decide`] by facts that know more.
    pub fn decide_with(&self, actor: &Actor, facts: &Facts, action: Action) -> Result<State> {
        machine::decide(self.row.state, facts, action)
            .map_err(|refusal| Problem { allowed_actions: Some(self.allowed(actor)), ..Problem::from(refusal) }.into())
    }

    /// What the table's guards know.
    pub fn facts(&self, actor: &Actor) -> Facts {
        Facts {
            tier: self.row.tier,
            reform_led: self.row.reform_led,
            reform_office: self.leads(actor),
            coordinated: self.row.coordinated,
            decided: self.row.decided,
            proposed: self.details.proposal.is_some(),
            own_proposal: self.details.proposal.as_ref().is_some_and(|p| p.by.is_some() && p.by == actor.id),
            objected: self.details.objection.is_some(),
            sheets_open: self.sheets_open,
            others_satisfied: true,
            others_withdrawn: true,
        }
    }

    /// Whether the caller is the reform office above this ticket.
    pub fn leads(&self, actor: &Actor) -> bool {
        actor.is_system() || actor.nodes(Role::ReformOffice).any(|n| self.center.path.split('/').any(|p| p == n))
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        let (near, facts) = (self.near(actor), self.facts(actor));
        let may = |a: &&Action| machine::decide(self.row.state, &facts, **a).is_ok() && policy::allows(actor, "fallback_ticket", a.code(), &near);
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }

    /// [`Opened::allowed`], and the doors of higher rooms that are open to this caller.
    pub fn allowed_everywhere(&self, tx: &mut Tx, actor: &Actor) -> Result<Vec<String>> {
        let mut all = self.allowed(actor);
        for doors in OPEN_DOORS.get().into_iter().flatten() {
            all.extend(doors(tx, actor, self)?.into_iter().map(|door| door.code().to_owned()));
        }
        Ok(all)
    }

    /// How far the ticket is from a caller.
    pub fn near(&self, actor: &Actor) -> Reachable<'_> {
        let own = actor.applicant_id.filter(|id| self.callers.iter().any(|c| c.applicant_id == Some(*id)));
        Reachable {
            applicant: own,
            assignee: self.row.handler_id,
            centers: vec![self.row.center_id],
            path: &self.center.path,
            departments: self.departments.iter().filter(|d| d.sees).map(|d| d.department_id).collect(),
            ..Reachable::default()
        }
    }

    /// Those who still ask.
    pub fn asking(&self) -> impl Iterator<Item = &TicketCaller> {
        self.callers.iter().filter(|c| c.withdrawn_at.is_none())
    }

    /// What a caller has said in this round, if they have.
    pub fn answer_of(&self, caller: Id) -> Option<ContactOutcome> {
        let said = |c: &&TicketContact| {
            c.caller_id == caller && c.round == self.row.round && c.purpose == ContactPurpose::Feedback && c.outcome != ContactOutcome::Unreachable
        };
        self.contacts.iter().rfind(said).map(|c| c.outcome)
    }

    /// The title, where somebody with this sight may read it.
    pub fn title(&self) -> &str {
        &self.details.title
    }
}

/// By id or number, whoever may see it.
pub fn by_reference(tx: &mut Tx, reference: &str) -> Result<Option<Ticket>> {
    match reference.parse::<Id>() {
        Ok(id) => store::ticket(tx, id),
        Err(_) => store::ticket_by_number(tx, &reference.to_ascii_uppercase()),
    }
}

fn opened(tx: &mut Tx, row: Ticket, sight: Sight) -> Result<Opened> {
    let to_ask = matches!(row.state, State::SettledOnSpot | State::Replied);
    let sheets_open = match SHEETS_OPEN.get().filter(|_| to_ask) {
        Some(open) => open(tx, row.id)?,
        None => false,
    };
    Ok(Opened {
        sheets_open,
        details: row.details.open(tx.vault)?,
        center: organization::load(tx, row.center_id)?,
        callers: store::callers(tx, row.id)?,
        contacts: store::contacts(tx, row.id)?,
        departments: store::departments(tx, &[row.id])?,
        row,
        sight,
    })
}

/// A ticket that the caller may see.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Opened> {
    let row = by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    let sight = access::sight(tx, &Scope::of(actor, "fallback_ticket"), row.id)?.ok_or_else(Problem::not_found)?;
    opened(tx, row, sight)
}

/// A ticket for an action: locked, seen (404), allowed (403), in the version asked for (412).
pub fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<Opened> {
    let id = by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?.id;
    dialect::lock_root(tx.conn, "fallback_tickets", id.as_str())?;
    let loaded = load_seen(tx, actor, id.as_str())?;
    if !policy::allows(actor, "fallback_ticket", action.code(), &loaded.near(actor)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.row.version)?;
    Ok(loaded)
}

/// [`load_locked`], to be read only.
pub fn load_behind(tx: &mut Tx, id: Id) -> Result<Opened> {
    let row = store::ticket(tx, id)?.ok_or_else(Problem::not_found)?;
    opened(tx, row, Sight::CLEAR)
}

/// A ticket that another record of the caller's leads to: the caller's right was checked there.
pub fn load_locked(tx: &mut Tx, id: Id) -> Result<Opened> {
    dialect::lock_root(tx.conn, "fallback_tickets", id.as_str())?;
    let row = store::ticket(tx, id)?.ok_or_else(Problem::not_found)?;
    opened(tx, row, Sight::CLEAR)
}

/// What a change tells the world.
pub struct Told {
    kind: &'static str,
    audience: Audience,
    params: Value,
    words: Option<String>,
}

impl Told {
    /// Without words of anybody.
    pub fn new(kind: &'static str, audience: Audience, params: Value) -> Self {
        Self { kind, audience, params, words: None }
    }

    /// With what a person said.
    pub fn saying(self, words: &str) -> Self {
        Self { words: Some(words.to_owned()), ..self }
    }
}

/// Writes an event of a ticket.
pub fn tell(tx: &mut Tx, actor: &Actor, row: &Ticket, told: Told) -> Result<()> {
    let kind = format!("fallback_ticket.{}", told.kind);
    let Told { audience, params, words, .. } = told;
    let event = NewEvent { record_kind: "fallback_ticket", record_id: row.id, version: row.version, kind: &kind, audience, params, words: words.as_deref() };
    events::record(tx, actor, event)
}

/// A change of a ticket: locked, seen, allowed, in the right version and state; then saved with what it tells.
pub fn change(tx: &mut Tx, actor: &Actor, target: &Target, action: Action, edit: impl FnOnce(&mut Tx, &mut Opened) -> Result<Told>) -> Result<Opened> {
    let mut loaded = load_for(tx, actor, action, target)?;
    let next = loaded.decide(actor, action)?;
    let told = edit(tx, &mut loaded)?;
    loaded.row.state = next;
    save(tx, actor, &mut loaded, told)?;
    Ok(loaded)
}

/// [`change`] by a higher room that has checked its own record and who may change it.
pub fn pass(tx: &mut Tx, actor: &Actor, id: Id, action: Action, edit: impl FnOnce(&mut Tx, &mut Opened) -> Result<Told>) -> Result<Opened> {
    let mut loaded = load_locked(tx, id)?;
    let next = loaded.decide(actor, action)?;
    let told = edit(tx, &mut loaded)?;
    loaded.row.state = next;
    save(tx, actor, &mut loaded, told)?;
    Ok(loaded)
}

/// Saves a changed ticket under its version, with clocks, access rows and event.
pub fn save(tx: &mut Tx, actor: &Actor, loaded: &mut Opened, told: Told) -> Result<()> {
    if !matches!(loaded.row.state, State::Registered | State::Triaged) {
        // Somebody did something about it after all.
        loaded.details.proposal = None;
    }
    let row = &mut loaded.row;
    row.confidential |= loaded.callers.iter().any(|c| c.confidential);
    if row.confidential {
        covering::details(tx, "fallback_ticket", row.id, &mut loaded.details)?;
    }
    row.details = Private::seal(tx.vault, &loaded.details)?;
    row.version += 1;
    row.updated_at = tx.now;
    let rules = settings::rules(tx, &loaded.center.path)?;
    keep_clocks(tx, row, &rules)?;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, loaded)?;
    tell(tx, actor, &loaded.row, told)?;
    let state = loaded.row.state;
    let steps = [
        (Step::Ended, matches!(state, State::Withdrawn | State::Merged | State::Inadmissible)),
        (Step::Reopened, state == State::Reopened),
        (Step::Saved, true),
        (Step::Served, served(loaded) == Some(tx.now)),
    ];
    steps.into_iter().filter(|(_, happened)| *happened).try_for_each(|(what, _)| step(tx, actor, loaded, what))
}

/// Saves what is no step of the handling: clocks and ends stay as they are.
pub fn correct(tx: &mut Tx, actor: &Actor, loaded: &mut Opened, told: Told) -> Result<()> {
    let row = &mut loaded.row;
    row.confidential |= loaded.callers.iter().any(|c| c.confidential);
    row.details = Private::seal(tx.vault, &loaded.details)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, loaded)?;
    tell(tx, actor, &loaded.row, told)
}

/// When the handling came to its present end, if it did.
fn served(loaded: &Opened) -> Option<Moment> {
    let (row, details) = (&loaded.row, &loaded.details);
    match row.state {
        State::Cleared => row.cleared_at,
        State::UpheldUnresolved => details.upheld.as_ref().map(|u| u.at),
        State::Inadmissible => details.inadmissible.as_ref().and_then(|p| p.confirmed_at),
        State::Withdrawn => details.withdrawal.as_ref().map(|w| w.at),
        _ => None,
    }
}

const CLOCKS: [ClockKind; 6] = [
    ClockKind::TicketTriage,
    ClockKind::TicketSettle,
    ClockKind::TicketCoordination,
    ClockKind::TicketFeedback,
    ClockKind::TicketReview,
    ClockKind::TicketObjection,
];

/// Which limit runs in a state. While a department has its sheet, the sheet's limits run; what waits for the monthly batch
/// has none.
fn limit_of(row: &Ticket, rules: &Rules) -> Option<(ClockKind, Limit)> {
    match (row.state, row.tier) {
        (State::Registered | State::Reopened, _) => Some((ClockKind::TicketTriage, rules.ticket_triage_limit)),
        (State::Triaged, Some(Tier::General)) => Some((ClockKind::TicketSettle, rules.ticket_settle_limit)),
        (State::Triaged, Some(Tier::Difficult)) | (State::InCoordination | State::Decided, _) => {
            Some((ClockKind::TicketCoordination, rules.ticket_coordination_limit))
        }
        (state, _) if state.is_to_ask() => Some((ClockKind::TicketFeedback, rules.ticket_feedback_limit)),
        (State::UpheldUnresolved, _) => Some((ClockKind::TicketReview, rules.upheld_review)),
        (State::Objected, _) => Some((ClockKind::TicketObjection, rules.ticket_objection_limit)),
        _ => None,
    }
}

/// Exactly the clock of the present state runs.
fn keep_clocks(tx: &mut Tx, row: &mut Ticket, rules: &Rules) -> Result<()> {
    let wanted = limit_of(row, rules);
    let others: Vec<ClockKind> = CLOCKS.into_iter().filter(|kind| wanted.is_none_or(|(w, _)| w != *kind)).collect();
    clocks::stop(tx, row.id, &others)?;
    if let Some((kind, limit)) = wanted {
        clocks::keep_running(tx, "fallback_ticket", row.id, kind, Some(limit))?;
        row.due_at = clocks::nearest_due(tx, row.id)?;
    } else if !matches!(row.state, State::Assigned | State::SignedIn) {
        row.due_at = Moment::NEVER;
    }
    Ok(())
}

/// Who sees a ticket: its center and everything above, who handles it and who met the applicant first, those who ask, and
/// the departments that have its sheets.
pub fn place(tx: &mut Tx, loaded: &Opened) -> Result<()> {
    let row = &loaded.row;
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&loaded.center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.handler_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(row.first_responder_id.map(|id| (subject::user(id.as_str()), true)));
    // Who registered it follows it even when it was merged into another.
    let origin = store::callers_of_origin(tx, row.id)?;
    let own = loaded.callers.iter().chain(&origin).filter_map(|c| c.applicant_id);
    subjects.extend(own.map(|id| (subject::applicant(id.as_str()), false)));
    // What was written may tell who a confidential caller is.
    subjects.extend(loaded.departments.iter().filter(|d| d.sees).map(|d| (subject::department(d.department_id.as_str()), row.confidential)));
    clocks::charge(tx, row.id, row.center_id, None)?;
    access::place(tx, &Placement { kind: "fallback_ticket", record: row.id, state: row.state.code(), due_at: row.due_at, updated_at: row.updated_at, subjects })
}

/// After the calendar moved: the deadline shown on the ticket follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "fallback_tickets", id.as_str())?;
    if !clocks::recompute(tx, id)? {
        return Ok(());
    }
    let Some(row) = store::ticket(tx, id)?.filter(|row| !matches!(row.state, State::Assigned | State::SignedIn)) else { return Ok(()) };
    let mut loaded = opened(tx, row, Sight::CLEAR)?;
    loaded.row.due_at = clocks::nearest_due(tx, id)?;
    loaded.row.version += 1;
    loaded.row.updated_at = tx.now;
    if store::save(tx, &loaded.row)? { place(tx, &loaded) } else { Err(Error::Contended) }
}
