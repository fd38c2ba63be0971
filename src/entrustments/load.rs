//! Loading with permission in one call, and saving with everything that must go with it. 404 and 403 come from here
//! and only here.

use serde_json::Value;

use super::{
    facts::Details,
    machine::{self, Action, Facts, State},
    model::MaterialState,
    store::{self, Entrustment},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    catalogue::Mode,
    clocks,
    db::{Json, Result, Tx, dialect},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Problem, Target},
    organization::{self, Center},
    settings::{self, Rules},
};

/// An entrustment with what is needed to decide about it.
pub struct Loaded {
    /// The record.
    pub e: Entrustment,
    /// What was said and signed.
    pub details: Details,
    /// Who has custody.
    pub custodian: Center,
    /// The custodian's rules.
    pub rules: Rules,
    /// What the table's guards need.
    pub facts: Facts,
    /// How the caller sees it.
    pub sight: Sight,
}

impl Loaded {
    /// The state after `action`, or the refusal with what may be done instead.
    pub fn decide(&self, actor: &Actor, action: Action) -> Result<State> {
        machine::decide(self.e.state, self.e.held_state, &self.facts, action).map_err(|refusal| {
            let mut problem = Problem::from(refusal);
            problem.allowed_actions = Some(self.allowed_actions(actor));
            problem.into()
        })
    }

    /// Exactly what this caller may do now.
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<String> {
        let near = self.reachable();
        Action::ALL
            .iter()
            .filter(|a| machine::permits(self.e.state, &self.facts, **a).is_ok() && policy::allows(actor, "entrustment", a.code(), &near))
            .map(|a| a.code().to_owned())
            .collect()
    }

    fn reachable(&self) -> Reachable<'_> {
        Reachable { applicant: Some(self.e.applicant_id), assignee: self.e.assignee_id, centers: vec![self.e.custodian_id], path: &self.custodian.path }
    }
}

fn by_reference(tx: &mut Tx, reference: &str) -> Result<Option<Entrustment>> {
    match reference.parse::<Id>() {
        Ok(id) => store::entrustment(tx, id),
        Err(_) => store::entrustment_by_number(tx, reference),
    }
}

/// A record just made or read, with what is needed to decide about it.
pub fn fresh(tx: &mut Tx, e: Entrustment, sight: Sight) -> Result<Loaded> {
    let details = e.facts.get()?;
    let custodian = organization::load(tx, e.custodian_id)?;
    let rules = settings::rules(tx, &custodian.path)?;
    let steps_open = store::steps(tx, e.id)?.iter().filter(|s| !s.state.has_ended()).count();
    let materials = store::materials(tx, e.id)?;
    let open = |s: MaterialState| matches!(s, MaterialState::Missing | MaterialState::Rejected);
    let before = matches!(e.state, State::Submitted | State::CorrectionRequired);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let facts = Facts {
        agency: e.mode != Mode::Assisted,
        agreement_drafted: e.agreement_state == "drafted",
        agreement_signed: e.agreement_state == "signed",
        transfer_open: e.open_transfer_id.is_some(),
        open_legs: u32::try_from(e.open_legs).unwrap_or(0),
        hand_overs: u32::try_from(e.hand_overs).unwrap_or(0),
        max_hand_overs: rules.max_hand_overs,
        reminders: u32::try_from(e.reminders).unwrap_or(0),
        notice_given: if before { details.notices_before > 0 } else { details.notices_after > 0 },
        steps_open: count(steps_open),
        materials_open: count(materials.iter().filter(|m| open(m.state)).count()),
    };
    Ok(Loaded { e, details, custodian, rules, facts, sight })
}

/// An entrustment that the caller may see.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Loaded> {
    let e = by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    let sight = access::sight(tx, &Scope::of(actor, "entrustment"), e.id)?.ok_or_else(Problem::not_found)?;
    fresh(tx, e, sight)
}

/// An entrustment for an action: locked, seen (404), allowed (403), in the version asked for (412).
pub fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<Loaded> {
    let id = match target.id() {
        Some(id) => id,
        None => by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?.id,
    };
    dialect::lock_root(tx.conn, "entrustments", id.as_str())?;
    let loaded = load_seen(tx, actor, id.as_str())?;
    if !policy::allows(actor, "entrustment", action.code(), &loaded.reachable()) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.e.version)?;
    Ok(loaded)
}

/// An entrustment that another record of the caller's leads to: the caller's right was checked there.
pub fn load_locked(tx: &mut Tx, id: Id) -> Result<Loaded> {
    dialect::lock_root(tx.conn, "entrustments", id.as_str())?;
    let e = store::entrustment(tx, id)?.ok_or_else(Problem::not_found)?;
    fresh(tx, e, Sight { masked: false })
}

/// Whether custody of a matter in this state may still move.
pub fn movable(state: State) -> bool {
    machine::TABLE.iter().any(|(action, from, _)| *action == Action::Transfer && from.contains(&state))
}

/// What a change tells the world.
pub struct Told {
    /// Event type after `entrustment.`.
    pub kind: &'static str,
    /// Who may read it.
    pub audience: Audience,
    /// Codes, numbers, names of centers.
    pub params: Value,
}

/// Saves a change with its deadline, event and visibility. The version predicate stays as an assertion under the lock.
pub fn save(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, told: Told) -> Result<()> {
    let e = &mut loaded.e;
    e.version += 1;
    e.updated_at = tx.now;
    e.due_at = clocks::nearest_due(tx, e.id)?;
    e.facts = Json::new(&loaded.details)?;
    e.closed_at = if e.state.is_final() { e.closed_at.or(Some(tx.now)) } else { None };
    if !store::save(tx, e)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, loaded)?;
    tell(tx, actor, &loaded.e, told)
}

/// Writes an event of an entrustment.
pub fn tell(tx: &mut Tx, actor: &Actor, e: &Entrustment, told: Told) -> Result<()> {
    let kind = format!("entrustment.{}", told.kind);
    let event = NewEvent { record_kind: "entrustment", record_id: e.id, version: e.version, kind: &kind, audience: told.audience, params: told.params };
    events::record(tx, actor, event)
}

/// Who sees an entrustment: the custodian and everything above it, former custodians and an offer's receiver masked,
/// the agent, the first responder masked, and the applicant.
pub fn place(tx: &mut Tx, loaded: &Loaded) -> Result<()> {
    let e = &loaded.e;
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&loaded.custodian).into_iter().map(|s| (s, false)).collect();
    for former in store::custody(tx, e.id)?.into_iter().filter(|c| c.to_at.is_some()) {
        subjects.push((subject::center(former.center_id.as_str()), true));
    }
    if let Some(receiver) = loaded.details.offered_to {
        subjects.push((subject::center(receiver.as_str()), true));
    }
    subjects.extend(e.assignee_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(e.first_responder_id.map(|id| (subject::user(id.as_str()), true)));
    subjects.push((subject::applicant(e.applicant_id.as_str()), false));
    let state = e.state.code();
    access::place(tx, &Placement { kind: "entrustment", record: e.id, state, due_at: e.due_at, updated_at: e.updated_at, subjects })
}

/// After the calendar moved: the clocks of the record, and its nearest deadline with them.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "entrustments", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut e) = store::entrustment(tx, id)?.filter(|_| moved) else { return Ok(()) };
    e.due_at = clocks::nearest_due(tx, id)?;
    store::set_due(tx, id, e.due_at)?;
    let loaded = fresh(tx, e, Sight { masked: false })?;
    place(tx, &loaded)
}
