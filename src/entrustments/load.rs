//! Loading with permission in one call, and saving with everything that must go with it. 404 and 403 come from here
//! and only here.

use std::sync::OnceLock;

use serde_json::Value;

use super::{
    facts::Details,
    handout_machine::HandOutState,
    machine::{self, Action, Facts, Refusal, State, StepState},
    model::ExtensionState,
    project,
    standing::{self, Checklist, Plan, is_free},
    store::{self, Entrustment, StepRow},
};
use crate::{
    access::{self, Placement, Sight},
    applicants::{self, Mandate},
    auth::{
        Actor, Reachable, Role, Scope,
        policy::{self, subject},
    },
    catalogue::{self, Case, Judgement, Mode},
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Problem, Target, Text},
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
    /// The plan.
    pub plan: Plan,
    /// The checklist.
    pub checklist: Checklist,
    /// The mandate under which it is handed in.
    pub mandate: Option<Mandate>,
    /// Whether the applicant qualifies for the agency that is asked for; asked until the center has accepted.
    pub judged: Option<Judgement>,
    /// Who acts by an account of their own does so within their mandate.
    pub mandated: bool,
    /// It has ended, and its applicant has rated it.
    pub rated: bool,
    /// What the table's guards need.
    pub facts: Facts,
    /// How the caller sees it.
    pub sight: Sight,
}

impl Loaded {
    /// What the applicant must supply before the matter can end as granted: what was promised; in agency, all that is required.
    pub fn owed(&self) -> Vec<String> {
        if self.facts.agency { self.checklist.to_supply() } else { self.checklist.promises().map(str::to_owned).collect() }
    }

    /// The state after `action`, or the refusal with what may be done instead.
    pub fn decide(&self, actor: &Actor, action: Action) -> Result<State> {
        self.permits(actor, action)
            .and_then(|()| machine::decide(self.e.state, self.e.held_state, &self.facts_for(self.side(actor)), action))
            .map_err(|refusal| self.refused(actor, Problem::from(refusal)).into())
    }

    /// A refusal by the state, with what may be done instead.
    pub fn refused(&self, actor: &Actor, problem: Problem) -> Problem {
        Problem { allowed_actions: Some(self.allowed_actions(actor)), ..problem }
    }

    /// Exactly what this caller may do now.
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<String> {
        Action::ALL.iter().filter(|a| self.permits(actor, **a).is_ok() && self.allows(actor, **a)).map(|a| a.code().to_owned()).collect()
    }

    /// The policy; nobody looks up who has rated them.
    fn allows(&self, actor: &Actor, action: Action) -> bool {
        let near = self.reachable();
        let near = if action == Action::Reveal && self.rated { Reachable { assignee: None, ..near } } else { near };
        policy::allows(actor, "entrustment", action.code(), &near)
    }

    /// The table, whose turn it is in a termination, and whose step it is.
    fn permits(&self, actor: &Actor, action: Action) -> Result<(), Refusal> {
        let side = self.side(actor);
        if side == "applicant" && !self.mandated {
            return Err(Refusal::OutOfMandate);
        }
        machine::permits(self.e.state, &self.facts_for(side), action)?;
        if action == Action::DecideStep {
            let own: Vec<&str> = actor.nodes(Role::DepartmentHandler).collect();
            return if self.plan.awaits(&own) { Ok(()) } else { Err(Refusal::NoStep) };
        }
        match (action, &self.details.termination) {
            (Action::CancelTermination, Some(t)) if t.requested_by != side => Err(Refusal::OtherSide),
            (Action::SignTermination, Some(t)) if side == "applicant" && t.applicant_signature.is_some() => Err(Refusal::SignedAlready),
            _ => Ok(()),
        }
    }

    /// On whose side the caller stands: `applicant` or `center`.
    pub fn side(&self, actor: &Actor) -> &'static str {
        if actor.applicant_id == Some(self.e.applicant_id) { "applicant" } else { "center" }
    }

    /// The applicant in person needs nobody's mandate.
    fn facts_for(&self, side: &str) -> Facts {
        Facts { mandate_void: self.facts.mandate_void && side != "applicant", ..self.facts }
    }

    fn reachable(&self) -> Reachable<'_> {
        Reachable {
            applicant: Some(self.e.applicant_id),
            assignee: self.e.assignee_id,
            centers: vec![self.e.custodian_id],
            path: &self.custodian.path,
            departments: self.plan.departments(),
            ..Reachable::default()
        }
    }
}

/// By id or number, whoever may see it.
pub fn by_reference(tx: &mut Tx, reference: &str) -> Result<Option<Entrustment>> {
    match reference.parse::<Id>() {
        Ok(id) => store::entrustment(tx, id),
        Err(_) => store::entrustment_by_number(tx, &reference.to_ascii_uppercase()),
    }
}

/// A record just made or read, with what is needed to decide about it.
pub fn fresh(tx: &mut Tx, e: Entrustment, sight: Sight) -> Result<Loaded> {
    let custodian = organization::load(tx, e.custodian_id)?;
    let rules = settings::rules(tx, &custodian.path)?;
    under(tx, e, custodian, rules, sight)
}

/// What was changed and saved, with guards that know the change.
pub fn again(tx: &mut Tx, loaded: Loaded) -> Result<Loaded> {
    let Loaded { e, custodian, rules, sight, mandated, .. } = loaded;
    let loaded = if custodian.id == e.custodian_id { under(tx, e, custodian, rules, sight) } else { fresh(tx, e, sight) }?;
    Ok(Loaded { mandated, ..loaded })
}

/// Judges by the custodian's rules whether the applicant of a matter qualifies for a kind of help.
pub fn judge(tx: &mut Tx, e: &Entrustment, custodian: &Center, mode: Mode) -> Result<Judgement> {
    let gone = || Error::Corrupt("item or applicant gone".into());
    let item = catalogue::store::item(tx, e.item_id)?.ok_or_else(gone)?;
    let applicant = applicants::store::applicant(tx, e.applicant_id)?.ok_or_else(gone)?;
    let flags = applicant.flags.get()?;
    let division = applicant.division_code.as_deref();
    let case = Case { mode, item: &item.code, theme: &item.theme, kind: &applicant.kind, flags: &flags, division };
    catalogue::judge(tx, custodian, &case)
}

fn under(tx: &mut Tx, e: Entrustment, custodian: Center, rules: Rules, sight: Sight) -> Result<Loaded> {
    let details = e.facts.open(tx.vault)?;
    let before = matches!(e.state, State::Submitted | State::CorrectionRequired);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let plan = standing::plan(tx, e.id, details.arbitration.as_ref())?;
    let checklist = standing::checklist(tx, e.id)?;
    let judged = if before && e.mode != Mode::Assisted { Some(judge(tx, &e, &custodian, e.mode)?) } else { None };
    let mandate = e.mandate_id.map(|id| applicants::store::mandate(tx, id)).transpose()?.flatten();
    let correcting = e.state == State::CorrectionRequired;
    // Only two states ask about clocks.
    let limits = if correcting || e.state == State::InProgress { clocks::of_record(tx, e.id)? } else { Vec::new() };
    let promise_running = limits.iter().any(|c| c.kind == ClockKind::Promise && c.state == "running");
    let supply_over = correcting && limits.iter().rfind(|c| c.kind == ClockKind::Supply).is_none_or(|c| c.due_at <= tx.now);
    let facts = Facts {
        agency: e.mode != Mode::Assisted,
        agreement_drafted: e.agreement_state == "drafted",
        agreement_signed: e.agreement_state == "signed",
        transfer_open: e.open_transfer_id.is_some(),
        open_legs: u32::try_from(e.open_legs).unwrap_or(0),
        arbitration_open: details.arbitration.is_some(),
        arbitrated: details.arbitrations > 0,
        steps_free: plan.steps.iter().any(|(row, r)| is_free(row, r)),
        hand_overs: u32::try_from(e.hand_overs).unwrap_or(0),
        max_hand_overs: rules.max_hand_overs,
        returns: details.returns,
        max_returns: rules.returns_total,
        reminders: u32::try_from(e.reminders).unwrap_or(0),
        reminders_needed: rules.reminders_before_lapse,
        notice_unmet: correcting && checklist.notice_unmet(tx, e.id)?,
        supply_over,
        notice_given: if before { details.notices_before > 0 } else { details.notices_after > 0 },
        steps_open: count(plan.open()),
        steps_recordable: plan.recordable(),
        extension_asked: details.extension.as_ref().is_some_and(|x| x.state == ExtensionState::Requested),
        extensions: details.extensions,
        max_extensions: rules.extensions,
        promise_running,
        materials_submittable: checklist.submittable(),
        materials_reviewable: checklist.reviewable(),
        handing_out: details.hand_out.as_ref().is_some_and(|out| matches!(out.state, HandOutState::Sent | HandOutState::Received)),
        hand_out_open: details.hand_out.as_ref().is_some_and(|out| matches!(out.state, HandOutState::Arranged | HandOutState::Sent)),
        something_done: !details.helped.is_empty() || plan.started() || (!plan.steps.is_empty() && plan.open() == 0),
        ineligible: judged.as_ref().is_some_and(|j| !j.eligible),
        level_without_agency: !rules.carries(custodian.level.code()),
        originals_held: checklist.holds_originals(),
        mandate_void: mandate.as_ref().is_some_and(|m| !m.holds(tx.now)),
    };
    let rated = match RATED.get().filter(|_| e.state.is_final() && details.seen_off) {
        Some(rated) => rated(tx, e.id)?,
        None => false,
    };
    Ok(Loaded { e, details, custodian, rules, plan, checklist, mandate, judged, mandated: true, rated, facts, sight })
}

/// An entrustment that the caller may see.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Loaded> {
    let e = by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    let sight = access::sight(tx, &Scope::of(actor, "entrustment"), e.id)?.ok_or_else(Problem::not_found)?;
    let mandated = match (actor.is(Role::CompanyAgent), actor.id) {
        (true, Some(user)) => applicants::mandates::account_covers(tx, user, e.item_id)?,
        _ => true,
    };
    Ok(Loaded { mandated, ..fresh(tx, e, sight)? })
}

/// An entrustment for an action: locked, seen (404), allowed (403), in the version asked for (412).
pub fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<Loaded> {
    let id = match target.id() {
        Some(id) => id,
        None => by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?.id,
    };
    dialect::lock_root(tx.conn, "entrustments", id.as_str())?;
    let loaded = load_seen(tx, actor, id.as_str())?;
    if !loaded.allows(actor, action) {
        let rated = loaded.rated && policy::allows(actor, "entrustment", action.code(), &loaded.reachable());
        let zh = "本件申请人已评价，完整信息由中心负责人查看。";
        return Err(if rated {
            Problem::new(ErrorCode::Forbidden, Text::new(zh, "Rated by its applicant: the leader of the center looks it up."))
        } else {
            Problem::of(ErrorCode::Forbidden)
        }
        .into());
    }
    target.check(loaded.e.version)?;
    Ok(loaded)
}

/// [`load_locked`], to be read only.
pub fn load_behind(tx: &mut Tx, id: Id) -> Result<Loaded> {
    let e = store::entrustment(tx, id)?.ok_or_else(Problem::not_found)?;
    fresh(tx, e, Sight::CLEAR)
}

/// An entrustment that another record of the caller's leads to: the caller's right was checked there.
pub fn load_locked(tx: &mut Tx, id: Id) -> Result<Loaded> {
    dialect::lock_root(tx.conn, "entrustments", id.as_str())?;
    load_behind(tx, id)
}

/// Whether custody of a matter in this state may still move.
pub fn movable(state: State) -> bool {
    machine::TABLE.iter().any(|(action, from, _)| *action == Action::Transfer && from.contains(&state))
}

/// What higher rooms do in the transaction in which something is told of a matter, with its kind: set by `app`.
pub static ON_TOLD: OnceLock<ToldHook> = OnceLock::new();

/// Whether somebody is still to call the applicant of a matter (回访): set by `app`.
pub static CONTACT_NEEDED: OnceLock<fn(&mut Tx, Id) -> Result<bool>> = OnceLock::new();

/// Whether the applicant of a matter has rated it: set by `app`.
pub static RATED: OnceLock<fn(&mut Tx, Id) -> Result<bool>> = OnceLock::new();

/// What is done then.
pub type ToldHook = fn(&mut Tx, &Actor, &Entrustment, &str) -> Result<()>;

/// What a change tells the world.
pub struct Told {
    /// Event type after `entrustment.`.
    pub kind: &'static str,
    /// Who may read it.
    pub audience: Audience,
    /// Codes, numbers, names of centers.
    pub params: Value,
    words: Option<String>,
}

impl Told {
    /// Without words of anybody.
    pub fn new(kind: &'static str, audience: Audience, params: Value) -> Self {
        Self { kind, audience, params, words: None }
    }

    /// With what a person said: a reason, a note.
    pub fn saying(self, words: &str) -> Self {
        Self { words: Some(words.to_owned()), ..self }
    }
}

/// Saves a change with its deadline, event and visibility. The version predicate stays as an assertion under the lock.
pub fn save(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, told: Told) -> Result<()> {
    let e = &mut loaded.e;
    if e.first_responder_id.is_none() && actor.kind == "user" && actor.applicant_id.is_none() {
        // Handed in online: who of the staff acts first has met the applicant first.
        e.first_responder_id = actor.id;
    }
    e.version += 1;
    e.updated_at = tx.now;
    let telling = Some(loaded.rules.feedback_limit).filter(|_| e.state == State::InProgress);
    // What was just recorded may have made a step ready, or filed it.
    let may_file = e.state == State::InProgress && (e.mode == Mode::Assisted || e.agreement_state == "signed");
    let ready = may_file && standing::ready_to_file(tx, e.id, loaded.details.arbitration.as_ref())?;
    let filing = Some(loaded.rules.file_limit).filter(|_| ready);
    clocks::keep_running(tx, "entrustment", e.id, ClockKind::File, filing)?;
    e.due_at = clocks::keep_running(tx, "entrustment", e.id, ClockKind::Feedback, telling)?;
    e.facts = Private::seal(tx.vault, &loaded.details)?;
    e.closed_at = if e.state.is_final() { e.closed_at.or(Some(tx.now)) } else { None };
    if !store::save(tx, e)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, loaded)?;
    project::follow(tx, &loaded.details)?;
    let kind = told.kind;
    tell(tx, actor, &loaded.e, told)?;
    ON_TOLD.get().map_or(Ok(()), |hook| hook(tx, actor, &loaded.e, kind))
}

/// Writes an event of an entrustment.
pub fn tell(tx: &mut Tx, actor: &Actor, e: &Entrustment, told: Told) -> Result<()> {
    let kind = format!("entrustment.{}", told.kind);
    let event = NewEvent {
        record_kind: "entrustment",
        record_id: e.id,
        version: e.version,
        kind: &kind,
        audience: told.audience,
        params: told.params,
        words: told.words.as_deref(),
    };
    events::record(tx, actor, event)
}

/// Each of its limits is charged to whoever must act: the custodian, or the department that has the step.
fn charge(tx: &mut Tx, loaded: &Loaded) -> Result<()> {
    let e = &loaded.e;
    clocks::charge(tx, e.id, e.custodian_id, None)?;
    let decided = |row: &StepRow| matches!(row.state, StepState::DeptAccepted | StepState::SpecialProcedure);
    for (row, record) in loaded.plan.steps.iter().filter(|(row, _)| decided(row)) {
        if let (Some(clock), Some(department)) = (record.clock_id, row.department_id) {
            let center = organization::department(tx, department)?.map_or(e.custodian_id, |d| d.center_id);
            clocks::charge_some(tx, e.id, clocks::Which::One(clock), center, Some(department))?;
        }
    }
    Ok(())
}

/// Who sees an entrustment: the custodian and everything above it, former custodians and an offer's receiver masked,
/// the agent (masked once the matter has ended and was rated, or can no longer be, and nobody is to call again), the departments that have a step (masked while none waits for them), the
/// first responder and the manager of its project masked, and the applicant.
pub fn place(tx: &mut Tx, loaded: &Loaded) -> Result<()> {
    let e = &loaded.e;
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(&loaded.custodian).into_iter().map(|s| (s, false)).collect();
    for former in store::custody(tx, e.id)?.into_iter().filter(|c| c.to_at.is_some()) {
        subjects.push((subject::center(former.center_id.as_str()), true));
    }
    if let Some(receiver) = loaded.details.offered_to {
        subjects.push((subject::center(receiver.as_str()), true));
    }
    let over = e.state.is_final() && loaded.details.seen_off;
    let called = match CONTACT_NEEDED.get().filter(|_| over) {
        Some(needed) => needed(tx, e.id)?,
        None => false,
    };
    subjects.extend(e.assignee_id.map(|id| (subject::user(id.as_str()), over && !called)));
    subjects.extend(e.first_responder_id.map(|id| (subject::user(id.as_str()), true)));
    subjects.push((subject::applicant(e.applicant_id.as_str()), false));
    let follows = loaded.details.project.as_ref().and_then(|project| project.manager_id);
    subjects.extend(follows.map(|id| (subject::user(id.as_str()), true)));
    subjects.extend(loaded.details.project.as_ref().map(|project| (subject::project(project.id.as_str()), true)));
    for leg in &loaded.details.legs {
        let ended = e.state.is_final() || !leg.open;
        match leg.department_id {
            Some(id) => subjects.push((subject::department(id.as_str()), ended)),
            None => {
                subjects.push((subject::leg(leg.center_id.as_str()), true));
                subjects.extend(leg.assignee_id.map(|id| (subject::leg(id.as_str()), ended)));
            }
        }
    }
    if let Some(open) = &loaded.details.arbitration {
        subjects.extend(open.authority.map(|id| (subject::authority(id.as_str()), true)));
        subjects.extend(open.sides.iter().map(|id| (subject::center(id.as_str()), true)));
    }
    for id in loaded.plan.departments() {
        let waits = !e.state.is_final() && loaded.plan.awaits(&[id.as_str()]);
        subjects.push((subject::department(id.as_str()), !waits));
    }
    charge(tx, loaded)?;
    let state = e.state.code();
    access::place(tx, &Placement { kind: "entrustment", record: e.id, state, due_at: e.due_at, updated_at: e.updated_at, subjects })
}

/// The applicant has rated an ended matter, or may no longer: its agent reads it masked from now on (DOMAIN §4).
pub fn see_off(tx: &mut Tx, id: Id) -> Result<()> {
    let mut loaded = load_locked(tx, id)?;
    if loaded.details.seen_off || !loaded.e.state.is_final() {
        return Ok(());
    }
    loaded.details.seen_off = true;
    loaded.e.facts = Private::seal(tx.vault, &loaded.details)?;
    loaded.e.version += 1;
    loaded.e.updated_at = tx.now;
    if !store::save(tx, &loaded.e)? {
        return Err(Error::Contended);
    }
    place(tx, &loaded)
}

/// Somebody is to call the applicant again, or no longer: its agent reads it accordingly.
pub fn renew_sight(tx: &mut Tx, id: Id) -> Result<()> {
    let loaded = load_locked(tx, id)?;
    place(tx, &loaded)
}

/// After the calendar moved: the clocks of the record, and its nearest deadline with them.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "entrustments", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut e) = store::entrustment(tx, id)?.filter(|_| moved) else { return Ok(()) };
    e.due_at = clocks::nearest_due(tx, id)?;
    e.version += 1;
    e.updated_at = tx.now;
    if !store::save(tx, &e)? {
        return Err(Error::Contended);
    }
    let loaded = fresh(tx, e, Sight::CLEAR)?;
    place(tx, &loaded)
}
