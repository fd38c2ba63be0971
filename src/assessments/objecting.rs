//! What stands beside the figures: points by hand before publication, objections and what came of them, corrections of what is
//! frozen by two people. No figure is ever overwritten.

use serde_json::json;

use super::{
    computing,
    machine::{AssessmentAction as Action, EntryKind, EntryState, ObjectionState, decide as permitted},
    model::{AssessmentObjectionDecision, NewAssessmentEntry, NewAssessmentObjection},
    reading::{AssessmentObjectionView, objection_view},
    service::{answers_for, by_reference, content_of, facts, follow_objections, load_for, permits, save},
    store::{self, Assessment, Entry, EntryWords, Objection, ObjectionWords, Subject},
    views::{AssessedSubjectView, subject_view},
};
use crate::{
    auth::Actor,
    db::{Private, Result, Tx},
    indicators::Definition,
    kernel::{ErrorCode, Id, Problem, Target, Text},
};

/// One who is assessed, by the row or by who they are.
pub(super) fn subject_of(tx: &mut Tx, row: &Assessment, reference: &str) -> Result<Subject> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    Ok(store::subject(tx, row.id, id)?.ok_or_else(Problem::not_found)?)
}

#[expect(clippy::cast_possible_truncation, reason = "between -100 and 100")]
fn hundredths(points: f64) -> i64 {
    (points.clamp(-100.0, 100.0) * 100.0).round() as i64
}

/// What an entry changes.
#[derive(Default)]
struct Change {
    line: Option<String>,
    delta: i64,
    figure: Option<(i64, Option<i64>)>,
}

fn enter_as(tx: &mut Tx, actor: &Actor, subject: &Subject, (kind, state): (EntryKind, EntryState), change: Change, words: &EntryWords) -> Result<Entry> {
    let entry = Entry {
        id: Id::new(),
        assessment_id: subject.assessment_id,
        subject_row: subject.id,
        kind,
        state,
        line: change.line,
        delta: change.delta,
        numerator: change.figure.map(|f| f.0),
        denominator: change.figure.and_then(|f| f.1),
        words: Private::seal(tx.vault, words)?,
        entered_by: actor.id,
        confirmed_by: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_entry(tx, &entry)?;
    Ok(entry)
}

/// Enters points before publication; of what is frozen, proposes a correction that a second person confirms.
pub fn enter(tx: &mut Tx, actor: &Actor, target: &Target, subject: &str, input: &NewAssessmentEntry) -> Result<AssessedSubjectView> {
    let frozen = by_reference(tx, &target.reference)?.state == super::machine::AssessmentState::Frozen;
    let (action, kind, state, told) = if frozen {
        (Action::Correct, EntryKind::Correction, EntryState::Pending, "correction_proposed")
    } else {
        (Action::Enter, EntryKind::Bonus, EntryState::Effective, "entered")
    };
    let (row, center, _) = load_for(tx, actor, &target.reference, action)?;
    target.check(row.version)?;
    let subject = subject_of(tx, &row, subject)?;
    let delta = hundredths(input.points);
    if delta == 0 {
        return Err(Problem::rule("/points", "nought", "分值不能为 0。", "Not nought.").into());
    }
    let words = EntryWords { reason: input.reason.clone(), document: input.evidence.clone() };
    enter_as(tx, actor, &subject, (kind, state), Change { delta, ..Change::default() }, &words)?;
    let row = save(tx, actor, row, told, json!({}))?;
    if !frozen {
        let content = content_of(tx, &row)?;
        computing::rank(tx, &row, &content)?;
    }
    subject_view(tx, actor, &row, &center, subject.id)
}

/// A second person confirms a correction: it stands beside what is frozen, which stays as it was.
pub fn confirm(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<AssessedSubjectView> {
    let id = target.id().ok_or_else(Problem::not_found)?;
    let found = store::entry(tx, id)?.ok_or_else(Problem::not_found)?;
    let (row, center, _) = load_for(tx, actor, found.assessment_id.as_str(), Action::Confirm)?;
    // Read again under the lock.
    let entry = store::entry(tx, id)?.ok_or_else(Problem::not_found)?;
    if entry.state != EntryState::Pending {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("这一更正已经确认。", "Confirmed already.")).into());
    }
    if actor.id.is_some() && actor.id == entry.entered_by {
        return Err(Problem::new(ErrorCode::Forbidden, Text::new("更正须由提出人以外的人确认。", "Another person confirms.")).into());
    }
    let subject = entry.subject_row;
    store::save_entry(tx, &Entry { state: EntryState::Effective, confirmed_by: actor.id, updated_at: tx.now, ..entry })?;
    let row = save(tx, actor, row, "corrected", json!({}))?;
    subject_view(tx, actor, &row, &center, subject)
}

/// Whoever is assessed objects to a line.
pub fn object(tx: &mut Tx, actor: &Actor, target: &Target, subject: &str, input: &NewAssessmentObjection) -> Result<AssessmentObjectionView> {
    let (row, center, _) = load_for(tx, actor, &target.reference, Action::Object)?;
    let subject = subject_of(tx, &row, subject)?;
    if !answers_for(actor, row.subject_kind, &subject) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let content = content_of(tx, &row)?;
    if content.lines.iter().all(|line| line.code != input.line) {
        return Err(Problem::rule("/line", "unknown_line", "考评办法中没有这一项。", "No such line in the scheme.").into());
    }
    let waiting = |o: &Objection| o.subject_row == subject.id && o.line == input.line;
    if store::objections(tx, row.id, None, 10_000)?.iter().any(waiting) {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("对这一项已提出过异议。", "Objected to already.")).into());
    }
    let words = ObjectionWords { reason: input.reason.clone(), evidence: input.evidence.clone(), ..ObjectionWords::default() };
    let objection = Objection {
        id: Id::new(),
        assessment_id: row.id,
        subject_row: subject.id,
        line: input.line.clone(),
        state: ObjectionState::Open,
        words: Private::seal(tx.vault, &words)?,
        raised_by: actor.id,
        decided_by: None,
        entry_id: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_objection(tx, &objection)?;
    follow_objections(tx, &row, &center)?;
    let row = save(tx, actor, row, "objected", json!({ "line": input.line }))?;
    objection_view(tx, actor, &row, &center, objection)
}

/// Whether the caller may decide an objection: of the side that assesses, neither who drew it up nor who objected.
pub(super) fn may_decide(actor: &Actor, row: &Assessment, center: &crate::organization::Center, subject: &Subject, objection: &Objection) -> bool {
    let own = actor.id.is_some() && actor.id == objection.raised_by;
    !own && !answers_for(actor, row.subject_kind, subject) && permits(actor, row, center, Action::Decide)
}

/// Decides an objection; what is upheld becomes an entry of its own, and everybody is ranked anew.
pub fn decide(tx: &mut Tx, actor: &Actor, target: &Target, input: &AssessmentObjectionDecision) -> Result<AssessmentObjectionView> {
    let id = target.id().ok_or_else(Problem::not_found)?;
    let found = store::objection(tx, id)?.ok_or_else(Problem::not_found)?;
    let (row, center, _) = load_for(tx, actor, found.assessment_id.as_str(), Action::Decide)?;
    let mut objection = store::objection(tx, id)?.ok_or_else(Problem::not_found)?;
    target.check(objection.version)?;
    let subject = subject_of(tx, &row, objection.subject_row.as_str())?;
    if !may_decide(actor, &row, &center, &subject, &objection) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    if objection.state != ObjectionState::Open {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("这一异议已经复核。", "Decided already.")).into());
    }
    let content = content_of(tx, &row)?;
    let mut words = objection.words.open(tx.vault)?;
    words.decision.clone_from(&input.reason);
    words.document.clone_from(&input.document);
    if input.upheld {
        let line = content.lines.iter().find(|line| line.code == objection.line);
        let change = change_of(input, &objection.line, line.map(|line| line.indicator.definition()).as_ref())?;
        let said = EntryWords { reason: input.reason.clone(), document: input.document.clone() };
        objection.entry_id = Some(enter_as(tx, actor, &subject, (EntryKind::Objection, EntryState::Effective), change, &said)?.id);
    }
    objection.state = if input.upheld { ObjectionState::Upheld } else { ObjectionState::Refused };
    objection.words = Private::seal(tx.vault, &words)?;
    objection.decided_by = actor.id;
    objection.version += 1;
    objection.updated_at = tx.now;
    if !store::save_objection(tx, &objection)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    follow_objections(tx, &row, &center)?;
    if input.upheld {
        computing::rank(tx, &row, &content)?;
    }
    let kind = if input.upheld { "objection_upheld" } else { "objection_refused" };
    let row = save(tx, actor, row, kind, json!({ "line": objection.line }))?;
    objection_view(tx, actor, &row, &center, objection)
}

fn change_of(input: &AssessmentObjectionDecision, line: &str, of: Option<&Definition>) -> Result<Change, Problem> {
    let is_rate = of.is_some_and(|of| !of.under.is_empty());
    let is_part = is_rate && of.is_some_and(|of| of.unit == "%");
    if input.document.trim().chars().count() < 2 {
        return Err(Problem::rule("/document", "required", "异议成立的，请写明文号。", "The document's number."));
    }
    match (input.numerator, input.points) {
        (Some(numerator), None) if input.denominator.is_some() == is_rate => {
            if input.denominator.is_some_and(|under| under == 0) {
                return Err(Problem::rule("/denominator", "nought", "分母应大于 0。", "More than nought."));
            }
            if is_part && input.denominator.is_some_and(|under| numerator > under) {
                return Err(Problem::rule("/numerator", "more_than_all", "分子不能大于分母：该指标以百分比计。", "No more than the denominator."));
            }
            Ok(Change { line: Some(line.to_owned()), delta: 0, figure: Some((numerator, input.denominator)) })
        }
        (Some(_), None) if is_rate => Err(Problem::rule("/denominator", "required", "请写明复核后的分母。", "The denominator.")),
        (Some(_), None) => Err(Problem::rule("/denominator", "no_denominator", "计数指标没有分母。", "A count has none.")),
        (None, Some(points)) if input.denominator.is_none() => Ok(Change { line: Some(line.to_owned()), delta: hundredths(points), figure: None }),
        _ => {
            let zh = "异议成立的，请写明复核后的数或者调整的分值，二者之一。";
            Err(Problem::rule("/numerator", "required", zh, "What the figure is instead, or the points: one of them."))
        }
    }
}

/// Whether an objection still waits for this caller.
pub(super) fn allowed_on(tx: &mut Tx, actor: &Actor, row: &Assessment, center: &crate::organization::Center, objection: &Objection) -> Result<Vec<String>> {
    let subject = subject_of(tx, row, objection.subject_row.as_str())?;
    let facts = facts(tx, row)?;
    let open = objection.state == ObjectionState::Open && permitted(row.state, facts, Action::Decide).is_ok();
    Ok(if open && may_decide(actor, row, center, &subject, objection) { vec!["decide".into()] } else { Vec::new() })
}
