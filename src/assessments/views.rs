//! Assessments as they are answered.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    computing::question,
    deriving::{Derived, DerivedLine, derive, told},
    machine::{AssessedKind, AssessmentGrade, AssessmentState, EntryKind, EntryState},
    model::AssessmentSchemeContent,
    objecting::subject_of,
    service::{allowed, answers_for, assesses, content_of, load_seen, own_subjects},
    store::{self, Assessment, Entry, Subject, UNRANKED},
};
use crate::{
    access,
    auth::Actor,
    db::{Error, Result, Tx},
    indicators::Indicator,
    kernel::{Code as _, Id, ListQuery, Moment, Page, Problem},
    organization::{self, Center, CenterBrief},
};

/// An assessment as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "KP-320600-20260105-000001-101")]
    pub number: String,
    /// Under which center they stand who are assessed.
    pub center: CenterBrief,
    /// By which scheme.
    pub scheme_id: Id,
    /// In which version.
    pub scheme_number: i64,
    /// What it says; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<AssessmentSchemeContent>,
    /// Who is assessed.
    pub subject_kind: AssessedKind,
    /// In Chinese.
    pub subject_kind_label: String,
    /// From this day.
    #[schema(example = "2026-02-01")]
    pub from: NaiveDate,
    /// Before this day.
    #[schema(example = "2026-03-01")]
    pub to: NaiveDate,
    /// State.
    pub state: AssessmentState,
    /// In Chinese.
    pub state_label: String,
    /// What had happened until then was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Moment>,
    /// Objections until.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objections_until: Option<Moment>,
    /// When it was frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen_at: Option<Moment>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(AssessmentView, "assessment");

fn day(text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|_| Error::Corrupt("a day of an assessment".into()))
}

fn render(row: Assessment, center: CenterBrief) -> Result<AssessmentView> {
    Ok(AssessmentView {
        id: row.id,
        number: row.number,
        center,
        scheme_id: row.scheme_id,
        scheme_number: row.scheme_number,
        scheme: None,
        subject_kind: row.subject_kind,
        subject_kind_label: row.subject_kind.label().into(),
        from: day(&row.from_on)?,
        to: day(&row.to_on)?,
        state: row.state,
        state_label: row.state.label().into(),
        as_of: row.as_of,
        objections_until: row.objection_due_at.known(),
        frozen_at: row.frozen_at,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// One assessment after a change.
pub fn view(tx: &mut Tx, actor: &Actor, row: Assessment, center: &Center) -> Result<AssessmentView> {
    let (allowed, scheme) = (allowed(tx, actor, &row, center)?, content_of(tx, &row)?);
    Ok(AssessmentView { allowed_actions: Some(allowed), scheme: Some(scheme), ..render(row, CenterBrief::from(center))? })
}

/// By id or number.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<AssessmentView> {
    let (row, center) = load_seen(tx, actor, reference)?;
    view(tx, actor, row, &center)
}

/// The assessments that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<AssessmentView>> {
    let page = access::listed::<AssessmentState, _>(tx, actor, "assessment", q, store::assessments_by_id, |row: &Assessment| row.id)?;
    let centers = organization::briefs(tx, &page.items.iter().map(|(row, _)| row.center_id).collect::<Vec<_>>())?;
    let gone = || Error::Corrupt("an assessment without its center".into());
    page.try_map(|(row, _)| {
        let center = centers.iter().find(|c| c.id == row.center_id).cloned().ok_or_else(gone)?;
        render(row, center)
    })
}

/// Somebody who is assessed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessedSubjectView {
    /// Identity of this line of the ranking.
    pub id: Id,
    /// Which assessment.
    pub assessment_id: Id,
    /// Version of the assessment, as in `ETag`.
    pub version: i64,
    /// Center, department or person.
    pub subject_id: Id,
    /// Their name.
    pub name: String,
    /// Where they are.
    pub center: CenterBrief,
    /// Rank; equal scores share one. Absent where nothing counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub rank: Option<i32>,
    /// Of the lines, of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 93.5)]
    pub score: Option<f64>,
    /// With what was entered beside it: what is ranked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 94.5)]
    pub total: Option<f64>,
    /// Grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<AssessmentGrade>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade_label: Option<String>,
    /// The derivation; to the side that assesses and to who is assessed, single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derivation: Option<AssessmentDerivation>,
    /// What was entered beside the figures; as the derivation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<AssessmentEntryView>>,
}

impl crate::kernel::Versioned for AssessedSubjectView {
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// How a score came about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentDerivation {
    /// Each line of the scheme.
    pub lines: Vec<AssessedLineView>,
    /// Added or taken away by hand, within the caps.
    pub bonus: f64,
    /// Added by objections that were upheld.
    pub adjusted: f64,
    /// After corrections of what is frozen: what the total would be. The frozen one stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_total: Option<f64>,
    /// In words.
    #[schema(example = "各项得分合计 93.50，加减分 1.00，复核调整 0.00，总分 94.50。")]
    pub formula: String,
}

/// A line of a derivation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessedLineView {
    /// Which line of the scheme.
    #[schema(example = "on_time")]
    pub line: String,
    /// Which figure.
    pub indicator: Indicator,
    /// In Chinese.
    pub name: String,
    /// 件, % …
    pub unit: String,
    /// As it was counted.
    pub numerator: i64,
    /// As it was counted; absent of a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<i64>,
    /// What an objection has made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed_numerator: Option<i64>,
    /// See `reviewed_numerator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed_denominator: Option<i64>,
    /// In its unit; absent where there is too little to divide by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Of 100; absent where the line does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<f64>,
    /// As the scheme has it, in percent.
    pub weight: u32,
    /// After the weight of what does not count was spread, in percent.
    pub effective_weight: f64,
    /// How, in words.
    pub formula: String,
    /// The records behind the figure.
    pub records: String,
    /// The records below the line; absent of a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator_records: Option<String>,
    /// The same question to the statistics: what is counted there now.
    pub trace: String,
}

/// What was entered beside the figures.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentEntryView {
    /// Identity.
    pub id: Id,
    /// Why there is one.
    pub kind: EntryKind,
    /// In Chinese.
    pub kind_label: String,
    /// Pending corrections wait for a second person.
    pub state: EntryState,
    /// Which line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Points that are added.
    pub points: f64,
    /// What the figure is instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<i64>,
    /// See `numerator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<i64>,
    /// Why.
    pub reason: String,
    /// Number of the document.
    pub document: String,
    /// Who entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<Id>,
    /// Who confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<Id>,
    /// When.
    pub created_at: Moment,
}

pub(super) fn name_of(tx: &mut Tx, kind: AssessedKind, subject: &Subject) -> Result<String> {
    if kind == AssessedKind::Staff { organization::name_of(tx, subject.subject_id) } else { Ok(subject.name.clone()) }
}

fn shown(row: &Assessment, subject: &Subject, name: String, center: CenterBrief) -> AssessedSubjectView {
    AssessedSubjectView {
        id: subject.id,
        assessment_id: row.id,
        version: row.version,
        subject_id: subject.subject_id,
        name,
        center,
        rank: Some(subject.rank).filter(|rank| *rank != UNRANKED),
        score: subject.score.map(told),
        total: subject.total.map(told),
        grade: subject.grade,
        grade_label: subject.grade.map(|g| g.label().into()),
        derivation: None,
        entries: None,
    }
}

/// The ranking: to the side that assesses, and of centers and departments to all who are assessed; of people to themselves alone.
pub fn subjects(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<AssessedSubjectView>> {
    let (row, center) = load_seen(tx, actor, reference)?;
    let whole = assesses(actor, "create", &center) || row.subject_kind != AssessedKind::Staff;
    let rows = if whole {
        let key = q.cursor.as_ref().and_then(|c| Some((c.key.parse().ok()?, c.id.parse().ok()?)));
        store::ranked(tx, row.id, key, i64::try_from(q.limit + 1).unwrap_or(201))?
    } else {
        own_subjects(tx, actor, &row)?
    };
    let page = Page::cut(rows, q.limit, tx.vault, |s: &Subject| q.cursor_of(s.rank.to_string(), s.id.to_string()));
    let centers = organization::briefs(tx, &page.items.iter().map(|s| s.center_id).collect::<Vec<_>>())?;
    let people: Vec<Id> = if row.subject_kind == AssessedKind::Staff { page.items.iter().map(|s| s.subject_id).collect() } else { Vec::new() };
    let names = organization::names_of(tx, &people)?;
    page.try_map(|s| {
        let center = centers.iter().find(|c| c.id == s.center_id).cloned().ok_or_else(|| Error::Corrupt("a subject without its center".into()))?;
        let name = names.iter().find(|n| n.0 == s.subject_id).map_or_else(|| s.name.clone(), |n| n.1.clone());
        Ok(shown(&row, &s, name, center))
    })
}

/// The subject of a path, to the side that assesses and to who is assessed.
pub(super) fn subject_seen(tx: &mut Tx, actor: &Actor, reference: &str, subject: &str) -> Result<(Assessment, Center, Subject)> {
    let (row, center) = load_seen(tx, actor, reference)?;
    let subject = subject_of(tx, &row, subject)?;
    if !(assesses(actor, "create", &center) || answers_for(actor, row.subject_kind, &subject)) {
        // The others are in the ranking of centers and departments, and nowhere in that of people.
        let code = if row.subject_kind == AssessedKind::Staff { crate::kernel::ErrorCode::NotFound } else { crate::kernel::ErrorCode::Forbidden };
        return Err(Problem::of(code).into());
    }
    Ok((row, center, subject))
}

/// Somebody who is assessed, with the derivation.
pub fn subject(tx: &mut Tx, actor: &Actor, reference: &str, subject: &str) -> Result<AssessedSubjectView> {
    let (row, center, subject) = subject_seen(tx, actor, reference, subject)?;
    subject_view(tx, actor, &row, &center, subject.id)
}

/// The same, after a change.
pub fn subject_view(tx: &mut Tx, _: &Actor, row: &Assessment, center: &Center, subject: Id) -> Result<AssessedSubjectView> {
    let subject = subject_of(tx, row, subject.as_str())?;
    let content = content_of(tx, row)?;
    let entries = store::entries(tx, &[subject.id])?;
    let figures = subject.figures.get()?;
    let derived = derive(&content, &figures, &entries, false);
    let corrected = entries.iter().any(|e| e.kind == EntryKind::Correction && e.state == EntryState::Effective);
    let corrected = if corrected { derive(&content, &figures, &entries, true).total } else { None };
    let trace = trace(tx, row, center, &subject)?;
    let lines = derived.lines.iter().map(|line| line_view(row, &subject, line, &trace)).collect();
    let (name, home) = (name_of(tx, row.subject_kind, &subject)?, organization::brief(tx, subject.center_id)?);
    let derivation = AssessmentDerivation {
        lines,
        bonus: told(derived.bonus),
        adjusted: told(derived.adjusted),
        corrected_total: corrected.map(told),
        formula: in_words(&derived),
    };
    let entries = entries.into_iter().map(|e| entry_view(tx, e)).collect::<Result<Vec<_>>>()?;
    Ok(AssessedSubjectView { derivation: Some(derivation), entries: Some(entries), ..shown(row, &subject, name, home) })
}

fn in_words(derived: &Derived) -> String {
    match (derived.score, derived.total) {
        (Some(score), Some(total)) => {
            let (score, bonus, adjusted, total) = (told(score), told(derived.bonus), told(derived.adjusted), told(total));
            format!("各项得分合计 {score:.2}，加减分 {bonus:.2}，复核调整 {adjusted:.2}，总分 {total:.2}。")
        }
        _ => "各项均不足以计算，不予评分。".into(),
    }
}

/// The filters under which the statistics lead to the records of somebody.
fn trace(tx: &mut Tx, row: &Assessment, center: &Center, subject: &Subject) -> Result<String> {
    let q = question(tx, row, center, subject)?;
    let of = match row.subject_kind {
        AssessedKind::Center => format!("center={}&scope=subtree", subject.subject_id),
        AssessedKind::Department => format!("center={}&scope=subtree&department={}", q.center.id, subject.subject_id),
        AssessedKind::Staff => format!("staff={}", subject.subject_id),
    };
    Ok(format!("/api/v1/statistics/records?{of}&from={}&to={}", q.from, q.to))
}

fn line_view(row: &Assessment, subject: &Subject, line: &DerivedLine, trace: &str) -> AssessedLineView {
    let d = line.line.indicator.definition();
    let reviewed = line.counted != line.scored;
    let records = format!("/api/v1/assessments/{}/subjects/{}/records/{}", row.id, subject.id, line.line.code);
    AssessedLineView {
        line: line.line.code.clone(),
        indicator: line.line.indicator,
        name: line.line.indicator.label().into(),
        unit: d.unit.into(),
        numerator: line.counted.numerator,
        denominator: line.counted.denominator,
        reviewed_numerator: Some(line.scored.numerator).filter(|_| reviewed),
        reviewed_denominator: line.scored.denominator.filter(|_| reviewed),
        value: line.value,
        points: line.points.map(told),
        weight: line.line.weight,
        effective_weight: told(line.weight),
        formula: line.formula.clone(),
        denominator_records: line.counted.denominator.map(|_| format!("{records}?side=denominator")),
        records,
        trace: format!("{trace}&indicator={}", line.line.indicator.code()),
    }
}

fn entry_view(tx: &Tx, e: Entry) -> Result<AssessmentEntryView> {
    let words = e.words.open(tx.vault)?;
    Ok(AssessmentEntryView {
        id: e.id,
        kind: e.kind,
        kind_label: e.kind.label().into(),
        state: e.state,
        line: e.line,
        points: told(e.delta),
        numerator: e.numerator,
        denominator: e.denominator,
        reason: words.reason,
        document: words.document,
        entered_by: e.entered_by,
        confirmed_by: e.confirmed_by,
        created_at: e.created_at,
    })
}
