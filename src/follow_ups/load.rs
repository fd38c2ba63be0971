//! A follow-up with what is needed to decide about it: seen, permitted, saved, placed.

use serde_json::{Value, json};

use super::{
    machine::{AppealState, Facts, FollowUpAction as Action, FollowUpState as State, decide},
    model::FollowUpDetails,
    store::{self, FollowUp},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Role, Scope,
        policy::{self, subject},
        store as accounts,
    },
    clocks::{self, ClockKind, ClockView},
    db::{Error, Private, Result, Tx, dialect},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target},
    organization::{self, Center},
    routing::arbitration::machine::Authority,
};

/// Its name in the access table, in the policy and in events.
pub(super) const KIND: &str = "follow_up";

/// A follow-up with what is needed to decide about it.
pub(super) struct Loaded {
    /// The record.
    pub row: FollowUp,
    /// What was said and done.
    pub details: FollowUpDetails,
    /// The rated center.
    pub center: Center,
    /// Its clocks.
    pub clocks: Vec<ClockView>,
    /// How the caller sees it.
    pub sight: Sight,
}

/// Who may do what, from the record alone: lists of work ask it of many.
pub(super) fn permits(row: &FollowUp, path: &str, actor: &Actor, action: Action) -> bool {
    let rated = actor.id.is_some() && actor.id == row.staff_id;
    let near = |assignee, centers, authority| Reachable { assignee, centers, path, authority, ..Reachable::default() };
    let rule = |on: &Reachable| policy::allows(actor, KIND, action.code(), on);
    match action {
        // The rated person's own, of what they were told by name; or the center's.
        Action::Appeal => rule(&near(row.staff_id.filter(|_| row.is_named), vec![row.center_id], None)),
        // The node above, and nobody who works at the rated center, whatever else they are.
        Action::DecideAppeal | Action::Conclude | Action::SendBack => {
            let node = match row.authority {
                Some(Authority::Center) => near(None, row.decider_id.into_iter().collect(), None),
                _ => near(None, Vec::new(), row.decider_id),
            };
            !rated && !works_at(actor, row.center_id) && rule(&Reachable { path: "", ..node })
        }
        // Nobody looks into what was said of themselves.
        _ => !rated && rule(&near(row.handler_id, vec![row.center_id], None)),
    }
}

/// Whether somebody serves at a center; the reform office and the inspectors stand at it, and do not.
pub(super) fn works_at(actor: &Actor, center: Id) -> bool {
    [Role::Clerk, Role::Agent, Role::CenterManager, Role::ProjectManager].iter().any(|role| actor.nodes(*role).any(|n| n == center.as_str()))
}

impl Loaded {
    fn due_of(&self, kind: ClockKind) -> Option<Moment> {
        self.clocks.iter().rfind(|c| c.kind == kind).map(|c| c.due_at)
    }

    /// By when it must be handled.
    pub fn handling_due(&self) -> Option<Moment> {
        self.due_of(ClockKind::FollowUp)
    }

    /// What the table's guards know.
    pub fn facts(&self, now: Moment, upheld: bool) -> Facts {
        Facts {
            round: self.row.round,
            verdict: self.row.verdict,
            complex: self.row.is_complex,
            handling_over: self.handling_due().is_none_or(|due| due <= now),
            appeal: self.row.appeal,
            appeal_over: self.due_of(ClockKind::Appeal).is_none_or(|due| due <= now),
            upheld,
        }
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, now: Moment, actor: &Actor) -> Vec<String> {
        let facts = self.facts(now, false);
        let may = |a: &&Action| decide(self.row.state, &facts, **a).is_ok() && permits(&self.row, &self.center.path, actor, **a);
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }

    /// The state after an action, or why not.
    pub fn decide(&self, now: Moment, actor: &Actor, action: Action, upheld: bool) -> Result<State, Problem> {
        decide(self.row.state, &self.facts(now, upheld), action)
            .map_err(|refusal| Problem { allowed_actions: Some(self.allowed(now, actor)), ..Problem::from(refusal) })
    }

    /// Whoever is above the rated center decides from now on: the nearest ancestor that has a leader; at the top of the tree,
    /// and where nobody above leads, the reform office, as in an arbitration.
    pub fn set_decider(&mut self, tx: &mut Tx) -> Result<Center> {
        let lineage: Vec<String> = self.center.lineage().map(str::to_owned).collect();
        let above: Vec<String> = lineage.iter().filter(|n| n.as_str() != self.center.id.as_str()).cloned().collect();
        let nearest = |nodes: &[String], staffed: &[Id]| nodes.iter().rfind(|n| staffed.iter().any(|s| s.as_str() == n.as_str())).cloned();
        let led = crate::auth::store::held(tx, Role::CenterManager, &above)?;
        let (authority, node) = match nearest(&above, &led) {
            Some(node) => (Authority::Center, node),
            None => {
                let staffed = crate::auth::store::held(tx, Role::ReformOffice, &lineage)?;
                let node = nearest(&lineage, &staffed).or_else(|| lineage.first().cloned());
                (Authority::ReformOffice, node.ok_or_else(|| Error::Corrupt("a center without a place in the tree".into()))?)
            }
        };
        let id: Id = node.parse().map_err(|_| Error::Corrupt(format!("{node} is no center")))?;
        (self.row.authority, self.row.decider_id) = (Some(authority), Some(id));
        organization::load(tx, id)
    }

    /// Ends it.
    pub fn end(&mut self, tx: &mut Tx, state: State) -> Result<()> {
        clocks::stop_all(tx, self.row.id)?;
        self.row.state = state;
        self.row.closed_at = Some(tx.now);
        Ok(())
    }

    /// Writes the change, who sees it, and what happened.
    pub fn save(&mut self, tx: &mut Tx, actor: &Actor, told: Told) -> Result<()> {
        // What is done waits for the appeal and not for the center: the time to handle it stands still.
        if self.row.state == State::Handled && self.row.appeal == Some(AppealState::Pending) {
            clocks::pause(tx, self.row.id, &[ClockKind::FollowUp])?;
        } else {
            clocks::resume(tx, self.row.id, &[ClockKind::FollowUp])?;
        }
        self.row.due_at = clocks::nearest_due(tx, self.row.id)?;
        self.row.details = Private::seal(tx.vault, &self.details)?;
        self.row.version += 1;
        self.row.updated_at = tx.now;
        if !store::save(tx, &self.row)? {
            return Err(Problem::of(ErrorCode::Stale).into());
        }
        place(tx, &self.row, &self.center)?;
        tell(tx, actor, &self.row, told)
    }
}

/// What is told of a change.
pub(super) struct Told {
    kind: &'static str,
    audience: Audience,
    params: Value,
}

impl Told {
    /// The applicant reads it.
    pub fn all(kind: &'static str, params: Value) -> Self {
        Self { kind, audience: Audience::Applicant, params }
    }

    /// Staff read it.
    pub fn staff(kind: &'static str, params: Value) -> Self {
        Self { kind, audience: Audience::Staff, params }
    }
}

/// Records what happened.
pub(super) fn tell(tx: &mut Tx, actor: &Actor, row: &FollowUp, told: Told) -> Result<()> {
    let mut params = told.params;
    if params.is_null() {
        params = json!({});
    }
    params["number"] = json!(row.number);
    let kind = format!("{KIND}.{}", told.kind);
    let event = NewEvent { record_kind: KIND, record_id: row.id, version: row.version, kind: &kind, audience: told.audience, params, words: None };
    events::record(tx, actor, event)
}

/// Who sees it: the rated center's leader and what is above it, who handles it, who decides, the rated person where the rater
/// gave a name (masked: the grade, not who gave it), and the applicant.
pub(super) fn place(tx: &mut Tx, row: &FollowUp, center: &Center) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.staff_id.filter(|_| row.is_named).map(|id| (subject::user(id.as_str()), true)));
    subjects.extend(row.handler_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(row.applicant_id.map(|id| (subject::applicant(id.as_str()), false)));
    // Where the leader is the one who was rated, the upper center names who handles it.
    if let Some(above) = center.parent_id.filter(|_| row.handler_id.is_none())
        && leads(tx, row)?
    {
        subjects.push((subject::center(above.as_str()), false));
    }
    match (row.authority, row.decider_id) {
        (Some(Authority::Center), Some(id)) => subjects.push((subject::center(id.as_str()), false)),
        (Some(Authority::ReformOffice), Some(id)) => subjects.push((subject::authority(id.as_str()), false)),
        _ => {}
    }
    let due_at = if row.state.is_final() { Moment::NEVER } else { row.due_at };
    clocks::charge(tx, row.id, row.center_id, None)?;
    if let Some(above) = row.decider_id {
        // The center waits for whoever decides above it.
        for kind in [ClockKind::AppealDecision, ClockKind::FollowUpReview] {
            clocks::charge_some(tx, row.id, clocks::Which::Kind(kind), above, None)?;
        }
    }
    access::place(tx, &Placement { kind: KIND, record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// Whether the rated person leads the rated center.
pub(super) fn leads(tx: &mut Tx, row: &FollowUp) -> Result<bool> {
    let Some(rated) = row.staff_id else { return Ok(false) };
    Ok(accounts::holders(tx, Role::CenterManager, row.center_id.as_str())?.contains(&rated))
}

fn by_reference(tx: &mut Tx, reference: &str) -> Result<FollowUp> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::follow_up(tx, id)?,
        Err(_) => store::follow_up_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

fn whole(tx: &mut Tx, row: FollowUp, sight: Sight) -> Result<Loaded> {
    let center = organization::load(tx, row.center_id)?;
    Ok(Loaded { details: row.details.open(tx.vault)?, clocks: clocks::of_record(tx, row.id)?, row, center, sight })
}

/// A follow-up to who sees it.
pub(super) fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Loaded> {
    let row = by_reference(tx, reference)?;
    let sight = access::sight(tx, &Scope::of(actor, KIND), row.id)?.ok_or_else(Problem::not_found)?;
    whole(tx, row, sight)
}

/// A follow-up for what happens by itself, locked.
pub(super) fn load_locked(tx: &mut Tx, id: Id) -> Result<Loaded> {
    dialect::lock_root(tx.conn, "follow_ups", id.as_str())?;
    let row = store::follow_up(tx, id)?.ok_or_else(Problem::not_found)?;
    whole(tx, row, Sight::CLEAR)
}

/// A follow-up for an action: locked, seen (404), allowed (403), in the version asked for (412). The state is asked by
/// [`Loaded::decide`] (409).
pub(super) fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<Loaded> {
    let id = by_reference(tx, &target.reference)?.id;
    dialect::lock_root(tx.conn, "follow_ups", id.as_str())?;
    let loaded = load_seen(tx, actor, id.as_str())?;
    if !permits(&loaded.row, &loaded.center.path, actor, action) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(loaded.row.version)?;
    Ok(loaded)
}

/// After the calendar moved: the nearest deadline follows its clocks.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "follow_ups", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::follow_up(tx, id)?.filter(|row| moved && !row.state.is_final()) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let center = organization::load(tx, row.center_id)?;
    place(tx, &row, &center)
}
