//! Drawing an assessment up, publishing and freezing it; who sees it, and who may do what.

use chrono::{Datelike as _, NaiveDate};
use serde_json::{Value, json};

use super::{
    computing,
    machine::{AssessedKind, AssessmentAction as Action, AssessmentState as State, Facts, decide},
    model::{AssessmentPeriod, AssessmentSchemeContent, NewAssessment},
    schemes,
    store::{self, Assessment, Subject},
    views::{AssessmentView, view},
};
use crate::{
    access::{self, Placement},
    auth::{
        Actor, Reachable, Role, Scope,
        policy::{self, subject as names},
    },
    clocks::{self, ClockKind},
    db::{Error, Result, Tx, dialect, numbers},
    entrustments::Identity,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, Moment, Month, Problem, Target, Text},
    organization::{self, Center},
    settings,
};

/// Nobody assesses more at once.
const MOST: usize = 3_000;

/// Whether the caller is of the side that assesses.
pub(super) fn assesses(actor: &Actor, action: &str, center: &Center) -> bool {
    policy::allows(actor, "assessment", action, &organization::custodian_reachable(center))
}

/// Whether the caller answers for somebody who is assessed, or is them.
pub(super) fn answers_for(actor: &Actor, kind: AssessedKind, subject: &Subject) -> bool {
    let near = match kind {
        AssessedKind::Center => Reachable { centers: vec![subject.subject_id], ..Reachable::default() },
        AssessedKind::Department => Reachable { departments: vec![subject.subject_id], ..Reachable::default() },
        AssessedKind::Staff => Reachable { centers: vec![subject.center_id], assignee: Some(subject.subject_id), ..Reachable::default() },
    };
    !actor.is_system() && policy::allows(actor, "assessment", "object", &near)
}

/// Those who are assessed for whom the caller answers.
pub(super) fn own_subjects(tx: &mut Tx, actor: &Actor, row: &Assessment) -> Result<Vec<Subject>> {
    let mut ids: Vec<Id> = match row.subject_kind {
        AssessedKind::Center => actor.nodes(Role::CenterManager).filter_map(|n| n.parse().ok()).collect(),
        AssessedKind::Department => actor.nodes(Role::DepartmentHandler).filter_map(|n| n.parse().ok()).collect(),
        AssessedKind::Staff => actor.id.into_iter().collect(),
    };
    ids.sort();
    ids.dedup();
    let mut own = Vec::new();
    for id in ids {
        own.extend(store::subject(tx, row.id, id)?.filter(|s| s.subject_id == id && answers_for(actor, row.subject_kind, s)));
    }
    Ok(own)
}

/// Whoever drew it up decides no objection to it, and does not freeze it alone.
pub(super) fn permits(actor: &Actor, row: &Assessment, center: &Center, action: Action) -> bool {
    let drew = actor.id.is_some() && actor.id == row.created_by;
    assesses(actor, action.code(), center) && !(matches!(action, Action::Decide | Action::Freeze) && drew)
}

/// What the guards know.
pub(super) fn facts(tx: &mut Tx, row: &Assessment) -> Result<Facts> {
    Ok(Facts { window_over: row.objection_due_at <= tx.now, open_objections: store::any_open(tx, row.id)? })
}

/// Exactly what this caller may do now.
pub(super) fn allowed(tx: &mut Tx, actor: &Actor, row: &Assessment, center: &Center) -> Result<Vec<String>> {
    let facts = facts(tx, row)?;
    let objects = !own_subjects(tx, actor, row)?.is_empty();
    let may = |a: &&Action| decide(row.state, facts, **a).is_ok() && if **a == Action::Object { objects } else { permits(actor, row, center, **a) };
    Ok(Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect())
}

/// By id or number.
pub(super) fn by_reference(tx: &mut Tx, reference: &str) -> Result<Assessment> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::assessment(tx, id)?,
        Err(_) => store::assessment_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// An assessment to who sees it.
pub(super) fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Assessment, Center)> {
    let row = by_reference(tx, reference)?;
    access::sight(tx, &Scope::of(actor, "assessment"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    Ok((row, center))
}

/// An assessment for an action, with its state after it: locked, seen (404), allowed (403), in a state that permits it (409).
pub(super) fn load_for(tx: &mut Tx, actor: &Actor, reference: &str, action: Action) -> Result<(Assessment, Center, State)> {
    let id = by_reference(tx, reference)?.id;
    dialect::lock_root(tx.conn, "assessments", id.as_str())?;
    let (row, center) = load_seen(tx, actor, id.as_str())?;
    if action != Action::Object && !permits(actor, &row, &center, action) {
        if action == Action::Freeze && assesses(actor, action.code(), &center) {
            return Err(Problem::new(ErrorCode::Forbidden, Text::new("考评须由起草人以外的人冻结。", "Another person than who drew it up freezes it.")).into());
        }
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let facts = facts(tx, &row)?;
    match decide(row.state, facts, action) {
        Ok(next) => Ok((row, center, next)),
        Err(refusal) => Err(Problem { allowed_actions: Some(allowed(tx, actor, &row, &center)?), ..Problem::from(refusal) }.into()),
    }
}

/// What the scheme says by which it is drawn up.
pub(super) fn content_of(tx: &mut Tx, row: &Assessment) -> Result<AssessmentSchemeContent> {
    let gone = || Error::Corrupt("an assessment without its scheme".into());
    store::scheme_version(tx, row.scheme_id, row.scheme_number)?.ok_or_else(gone)?.content.get()
}

/// Saves an assessment, says who sees it, and tells what happened.
pub(super) fn save(tx: &mut Tx, actor: &Actor, mut row: Assessment, kind: &str, params: Value) -> Result<Assessment> {
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    let center = organization::load(tx, row.center_id)?;
    place(tx, &row, &center)?;
    tell(tx, actor, &row, kind, params)?;
    Ok(row)
}

pub(super) fn tell(tx: &mut Tx, actor: &Actor, row: &Assessment, kind: &str, mut params: Value) -> Result<()> {
    params["number"] = json!(row.number);
    let kind = format!("assessment.{kind}");
    let event = NewEvent { record_kind: "assessment", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)
}

/// The center and all above it; from its publication on, whoever is assessed.
fn place(tx: &mut Tx, row: &Assessment, center: &Center) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    if matches!(row.state, State::Published | State::Freezing | State::Frozen) {
        let name = |s: &Subject| match row.subject_kind {
            AssessedKind::Center => names::center(s.subject_id.as_str()),
            AssessedKind::Department => names::department(s.subject_id.as_str()),
            AssessedKind::Staff => names::user(s.subject_id.as_str()),
        };
        subjects.extend(store::subjects(tx, row.id)?.iter().map(|s| (name(s), false)));
    }
    let due_at = if row.state == State::Published { row.objection_due_at } else { Moment::NEVER };
    access::place(tx, &Placement { kind: "assessment", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// The days of a period: from the first of a month to the first after its last.
fn days(tx: &Tx, input: &NewAssessment) -> Result<(NaiveDate, NaiveDate), Problem> {
    let today = tx.now.local_date();
    let month = |at: &str, text: &str| Month::over(text, today).map_err(|[code, zh, en]| Problem::rule(at, code, zh, en));
    let first = month("/from", &input.from)?;
    let from = first.first();
    let long = |n: i32| first.plus(n).first();
    let begins = |every: u32| {
        let zh = "季度、半年、年应从其第一个月开始。";
        if from.month0().is_multiple_of(every) {
            Ok(())
        } else {
            Err(Problem::rule("/from", "period", zh, "A quarter, half or year begins with its first month."))
        }
    };
    if (input.period == AssessmentPeriod::Custom) != input.to.is_some() {
        return Err(Problem::rule("/to", "period", "自定期间须写明最后一个月，其他期间不写。", "The last month of a custom period, and of no other."));
    }
    let to = match input.period {
        AssessmentPeriod::Month => long(1),
        AssessmentPeriod::Quarter => begins(3).map(|()| long(3))?,
        AssessmentPeriod::Half => begins(6).map(|()| long(6))?,
        AssessmentPeriod::Year => begins(12).map(|()| long(12))?,
        AssessmentPeriod::Custom => {
            let last = month("/to", input.to.as_deref().unwrap_or_default())?;
            Some(last.end())
                .filter(|to| *to > from && *to <= long(36))
                .ok_or_else(|| Problem::rule("/to", "period", "应在起始月之后三年以内。", "Within three years of the first month."))?
        }
    };
    if to > today {
        return Err(Problem::rule("/from", "not_over", "期间尚未结束，不能考评。", "The period is not over."));
    }
    Ok((from, to))
}

/// Draws an assessment up; the worker computes it.
pub fn create(tx: &mut Tx, actor: &Actor, input: &NewAssessment) -> Result<AssessmentView> {
    create_as(tx, actor, input, None)
}

/// The same, under a given identity.
pub fn create_as(tx: &mut Tx, actor: &Actor, input: &NewAssessment, identity: Option<Identity>) -> Result<AssessmentView> {
    let center = schemes::center_named(tx, &input.center)?;
    if !assesses(actor, "create", &center) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    schemes::check_level(input.subject_kind, input.level)?;
    let (from, to) = days(tx, input)?;
    let scheme = match input.scheme_id {
        None => schemes::effective(tx, &center, input.subject_kind, input.level)?,
        Some(id) => {
            let meant = |s: &store::Scheme| s.number > 0 && s.subject_kind == input.subject_kind && s.level == input.level;
            let above = |s: &store::Scheme| center.lineage().any(|node| node == s.center_id.as_str());
            store::scheme(tx, id)?.filter(|s| meant(s) && above(s))
        }
    };
    let none = || Problem::rule("/scheme_id", "no_scheme", "本中心和上级中心没有已发布的这类考评办法。", "No published scheme here or above.");
    let scheme = scheme.ok_or_else(none)?;
    dialect::lock_name(tx.conn, &format!("assessment {}", center.id))?;
    let again = |a: &Assessment| a.subject_kind == input.subject_kind && a.scheme_id == scheme.id && a.state != State::Withdrawn;
    if store::of_period(tx, center.id, &from.to_string(), &to.to_string())?.iter().any(again) {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("这一期间已有同类考评。", "There is an assessment of this period.")).into());
    }
    let (id, number) = match identity {
        Some(identity) => (identity.id, identity.number),
        None => (Id::new(), numbers::next(tx, "KP", &center.division_code)?),
    };
    let row = Assessment {
        id,
        number,
        center_id: center.id,
        scheme_id: scheme.id,
        scheme_number: scheme.number,
        subject_kind: input.subject_kind,
        from_on: from.to_string(),
        to_on: to.to_string(),
        state: State::Computing,
        created_by: actor.id,
        as_of: None,
        objection_due_at: Moment::NEVER,
        kept: String::new(),
        frozen_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let subjects = computing::subjects_of(tx, &row, &center, input.level)?;
    if subjects.is_empty() || subjects.len() > MOST {
        let zh = format!("考评对象应为 1 到 {MOST} 个，现为 {} 个。", subjects.len());
        return Err(Problem::rule("/center", "subjects", zh, "From one to 3,000 who are assessed.").into());
    }
    store::insert(tx, &row)?;
    store::insert_subjects(tx, &subjects)?;
    place(tx, &row, &center)?;
    tell(tx, actor, &row, "created", json!({ "subjects": subjects.len() }))?;
    view(tx, actor, row, &center)
}

/// Computes everybody anew.
pub fn compute(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<AssessmentView> {
    let (row, center, next) = load_for(tx, actor, &target.reference, Action::Compute)?;
    target.check(row.version)?;
    store::all_pending(tx, row.id)?;
    let row = save(tx, actor, Assessment { state: next, ..row }, "recomputed", json!({}))?;
    view(tx, actor, row, &center)
}

/// Publishes it to whoever is assessed; they object until the window closes.
pub fn publish(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<AssessmentView> {
    let (row, center, next) = load_for(tx, actor, &target.reference, Action::Publish)?;
    target.check(row.version)?;
    let limit = settings::rules(tx, &center.path)?.assessment_objection_limit;
    let objection_due_at = clocks::start(tx, "assessment", row.id, ClockKind::AssessmentObjection, limit)?;
    let row = save(tx, actor, Assessment { state: next, objection_due_at, ..row }, "published", json!({}))?;
    view(tx, actor, row, &center)
}

/// Freezes it: nothing of it changes any more. The worker keeps the records behind it.
pub fn freeze(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<AssessmentView> {
    let (row, center, next) = load_for(tx, actor, &target.reference, Action::Freeze)?;
    target.check(row.version)?;
    clocks::stop_all(tx, row.id)?;
    let row = save(tx, actor, Assessment { state: next, kept: String::new(), ..row }, "freezing", json!({}))?;
    view(tx, actor, row, &center)
}

/// It was drawn up in error.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<AssessmentView> {
    let (row, center, next) = load_for(tx, actor, &target.reference, Action::Withdraw)?;
    target.check(row.version)?;
    clocks::stop_all(tx, row.id)?;
    let row = save(tx, actor, Assessment { state: next, ..row }, "withdrawn", json!({}))?;
    view(tx, actor, row, &center)
}

/// Objections are decided in time: a limit runs while any is open, charged to the center that assesses.
pub(super) fn follow_objections(tx: &mut Tx, row: &Assessment, center: &Center) -> Result<()> {
    let limit = settings::rules(tx, &center.path)?.appeal_decision_limit;
    let open = store::any_open(tx, row.id)?;
    clocks::keep_running(tx, "assessment", row.id, ClockKind::ObjectionDecision, open.then_some(limit))?;
    clocks::charge(tx, row.id, row.center_id, None)
}

/// After a calendar was loaded: the window closes when its limit does.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    dialect::lock_root(tx.conn, "assessments", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::assessment(tx, id)?.filter(|row| moved && row.state == State::Published) else { return Ok(()) };
    let window = clocks::of_record(tx, id)?.into_iter().find(|clock| clock.kind == ClockKind::AssessmentObjection);
    row.objection_due_at = window.map_or(row.objection_due_at, |clock| clock.due_at);
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let center = organization::load(tx, row.center_id)?;
    place(tx, &row, &center)
}

/// Those of these that wait for the caller: to be published, for an objection to be decided, to be frozen.
pub fn awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let rows = store::assessments_by_id(tx, ids)?;
    let centers: Vec<Id> = rows.iter().map(|row| row.center_id).collect();
    let centers = organization::store::centers_by_id(tx, &centers)?;
    let mut waiting = Vec::new();
    for row in rows {
        let Some(center) = centers.iter().find(|c| c.id == row.center_id) else { continue };
        let facts = facts(tx, &row)?;
        let may = |action: &Action| decide(row.state, facts, *action).is_ok() && permits(actor, &row, center, *action);
        let decides = facts.open_objections && may(&Action::Decide);
        if decides || [Action::Publish, Action::Freeze].iter().any(may) {
            waiting.push(row.id);
        }
    }
    Ok(waiting)
}
