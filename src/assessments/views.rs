//! Assessments as they are answered.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    computing::question,
    deriving::{Derived, DerivedLine, derive, told},
    machine::{AssessedKind, AssessmentGrade, AssessmentState, EntryKind, EntryState, ObjectionState, SchemeState},
    model::AssessmentSchemeContent,
    narrative,
    objecting::{allowed_on, subject_of},
    service::{allowed, answers_for, assesses, content_of, load_seen, own_subjects},
    store::{self, Assessment, Entry, Objection, Scheme, Subject, UNRANKED},
};
use crate::{
    access,
    auth::Actor,
    db::{Error, Result, Tx},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    indicators::Indicator,
    kernel::{Code as _, Id, ListQuery, Moment, Page, Problem},
    organization::{self, Center, CenterBrief, CenterLevel},
    statistics::{self, FigureSide},
};

/// A scheme as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentSchemeView {
    /// Identity.
    pub id: Id,
    /// Where it holds, and below.
    pub center: CenterBrief,
    /// Name.
    pub name: String,
    /// Who is assessed.
    pub subject_kind: AssessedKind,
    /// In Chinese.
    pub subject_kind_label: String,
    /// Of centers: of which level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<CenterLevel>,
    /// A draft is not what holds.
    pub state: SchemeState,
    /// In Chinese.
    pub state_label: String,
    /// The version that holds; 0: none yet.
    pub number: i64,
    /// What that version says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<AssessmentSchemeContent>,
    /// What the next version says.
    pub draft: AssessmentSchemeContent,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(AssessmentSchemeView);

impl AssessmentSchemeView {
    /// A scheme at its center.
    pub fn of(row: Scheme, center: CenterBrief, published: Option<AssessmentSchemeContent>, allowed_actions: Vec<String>) -> Result<Self> {
        Ok(Self {
            id: row.id,
            center,
            name: row.name,
            subject_kind: row.subject_kind,
            subject_kind_label: row.subject_kind.label().into(),
            level: row.level,
            state: row.state,
            state_label: row.state.label().into(),
            number: row.number,
            published,
            draft: row.draft.get()?,
            allowed_actions,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The schemes of a center and of those above it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentSchemes {
    /// The schemes; of one kind, the one of the nearest center holds.
    pub items: Vec<AssessmentSchemeView>,
}

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

fn name_of(tx: &mut Tx, kind: AssessedKind, subject: &Subject) -> Result<String> {
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
fn subject_seen(tx: &mut Tx, actor: &Actor, reference: &str, subject: &str) -> Result<(Assessment, Center, Subject)> {
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

/// A record behind a figure of somebody who is assessed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessedRecordView {
    /// `entrustment`, `fallback_ticket` or `course`.
    #[schema(example = "entrustment")]
    pub kind: String,
    /// In Chinese.
    pub kind_label: String,
    /// Its number.
    pub number: String,
    /// Identity; absent where the caller may not see the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// In a few words; absent where the caller may not see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How much of the figure it is.
    #[schema(example = 1)]
    pub count: i64,
}

/// The records behind a line: those that were kept, of what is frozen; else those that are counted now.
pub fn records(tx: &mut Tx, actor: &Actor, reference: &str, subject: &str, line: &str, q: &ListQuery) -> Result<Page<AssessedRecordView>> {
    let (row, center, subject) = subject_seen(tx, actor, reference, subject)?;
    let content = content_of(tx, &row)?;
    let line = content.lines.iter().find(|l| l.code == line).ok_or_else(Problem::not_found)?;
    let below = q.all("side").iter().any(|s| s == "denominator");
    let side = if below { FigureSide::Denominator } else { FigureSide::Numerator };
    let after: Option<Id> = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let page = if row.state == AssessmentState::Frozen {
        let rows = store::kept(tx, subject.id, &line.code, side.code(), after, i64::try_from(q.limit + 1).unwrap_or(201))?;
        Page::cut(rows, q.limit, tx.vault, |r| q.cursor_of(String::new(), r.record_id.to_string())).map(|r| (r.kind, r.record_id, Some(r.number), r.count))
    } else {
        let asked = question(tx, &row, &center, &subject)?;
        let (found, next) = statistics::behind(tx, &asked, line.indicator, side, after, q.limit)?;
        let items = found.into_iter().map(|b| (b.kind, b.record, None, b.count)).collect();
        let next_cursor = next.map(|id| q.cursor_of(String::new(), id.to_string()).encode(tx.vault));
        Page { items, has_more: next_cursor.is_some(), next_cursor, as_of: None, count: None }
    };
    let mut known = std::collections::BTreeMap::new();
    for kind in ["entrustment", "fallback_ticket", "course"] {
        let ids: Vec<Id> = page.items.iter().filter(|r| r.0 == kind).map(|r| r.1).collect();
        if !ids.is_empty() {
            known.extend(statistics::told(tx, actor, kind, &ids)?);
        }
    }
    Ok(page.map(|(kind, id, number, count)| {
        let told = known.remove(&id);
        let seen = told.as_ref().is_some_and(|t| t.seen);
        let (now, title) = told.map_or((String::new(), None), |t| (t.number, t.title));
        let kind_label = statistics::kind_label(&kind).to_owned();
        AssessedRecordView { kind, kind_label, number: number.unwrap_or(now), id: Some(id).filter(|_| seen), title, count }
    }))
}

/// An objection as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssessmentObjectionView {
    /// Identity.
    pub id: Id,
    /// In which assessment.
    pub assessment_id: Id,
    /// By whom.
    pub subject_id: Id,
    /// Their name.
    pub subject_name: String,
    /// To which line.
    pub line: String,
    /// State.
    pub state: ObjectionState,
    /// In Chinese.
    pub state_label: String,
    /// Why.
    pub reason: String,
    /// What shows it.
    pub evidence: String,
    /// What was decided, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Number of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The entry that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_id: Option<Id>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(AssessmentObjectionView);

/// One objection.
pub fn objection_view(tx: &mut Tx, actor: &Actor, row: &Assessment, center: &Center, o: Objection) -> Result<AssessmentObjectionView> {
    let subject = subject_of(tx, row, o.subject_row.as_str())?;
    let allowed_actions = allowed_on(tx, actor, row, center, &o)?;
    let words = o.words.open(tx.vault)?;
    Ok(AssessmentObjectionView {
        id: o.id,
        assessment_id: row.id,
        subject_name: name_of(tx, row.subject_kind, &subject)?,
        subject_id: subject.subject_id,
        line: o.line,
        state: o.state,
        state_label: o.state.label().into(),
        reason: words.reason,
        evidence: words.evidence,
        decision: Some(words.decision).filter(|d| !d.is_empty()),
        document: Some(words.document).filter(|d| !d.is_empty()),
        entry_id: o.entry_id,
        allowed_actions,
        version: o.version,
        created_at: o.created_at,
        updated_at: o.updated_at,
    })
}

/// The objections in an assessment: all to the side that assesses, their own to who is assessed.
pub fn objections(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<AssessmentObjectionView>> {
    let (row, center) = load_seen(tx, actor, reference)?;
    let own = if assesses(actor, "create", &center) { None } else { Some(own_subjects(tx, actor, &row)?) };
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let limit = if own.is_some() { 10_000 } else { i64::try_from(q.limit + 1).unwrap_or(201) };
    let mut rows = store::objections(tx, row.id, after, limit)?;
    rows.retain(|o| own.as_ref().is_none_or(|own| own.iter().any(|s| s.id == o.subject_row)));
    let page = Page::cut(rows, q.limit, tx.vault, |o: &Objection| q.cursor_of(String::new(), o.id.to_string()));
    page.try_map(|o| objection_view(tx, actor, &row, &center, o))
}

/// What became of an assessment, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let (row, _) = load_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut rows = Vec::new();
    for event in log::timeline(tx, row.id, Audience::ALL, after, i64::try_from(q.limit + 1).unwrap_or(201))? {
        let text = narrative::tell(&event.kind, &event.params.get()?);
        rows.push(TimelineEntry { id: event.id, kind: event.kind, text, words: None, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |t: &TimelineEntry| q.cursor_of(String::new(), t.id.to_string())))
}
