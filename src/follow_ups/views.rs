//! A follow-up as it is answered. Staff read what was written; a rated leader does not read what an anonymous rater said, nor
//! any rated person what was said in a return visit; the applicant reads how it stands and what they were told, and nothing of an appeal.

use serde::Serialize;

use super::{
    load::{Loaded, load_seen},
    machine::{AppealState, FollowUpMeasure, FollowUpState, FollowUpVerdict},
    model::{AppealGround, Appealed, FollowUpDetails, Reviewed},
    narrative,
    store::FollowUp,
};
use crate::{
    access::Sight,
    auth::Actor,
    clocks::ClockView,
    db::{Error, Result, Tx},
    deidentify,
    entrustments::TimelineEntry,
    evaluations::{
        self,
        model::RatedKind,
        store::{Evaluation, Grade},
    },
    events::{Audience, store as log},
    kernel::{Code as _, Id, ListQuery, Moment, Page},
    organization::{self, CenterBrief},
    tickets::FeedbackWay,
};

/// A return visit that verified a bad grade.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VerificationView {
    /// When.
    pub at: Moment,
    /// How; absent: not reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way: Option<FeedbackWay>,
    /// What was said and found.
    pub words: String,
    /// Number of the recording or sheet.
    pub evidence: String,
    /// By whom; never the rated person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_id: Option<Id>,
}

/// An attempt in vain.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FollowUpAttemptView {
    /// When.
    pub at: Moment,
    /// How.
    pub way: FeedbackWay,
    /// What came of it.
    pub words: String,
}

/// An appeal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AppealView {
    /// How it stands.
    pub state: AppealState,
    /// In Chinese.
    pub state_label: String,
    /// 误评 or 恶意差评.
    pub ground: AppealGround,
    /// In Chinese.
    pub ground_label: String,
    /// Why; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<String>,
    /// What proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// By the rated person, not the center.
    pub in_person: bool,
    /// When.
    pub at: Moment,
    /// Who decides: a center, or the reform office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decider: Option<String>,
    /// Why it was upheld or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Moment>,
}

/// What the upper center said of a second bad grade.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FollowUpReviewView {
    /// Sent back, or concluded.
    pub sent_back: bool,
    /// In words; absent where they are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// When.
    pub at: Moment,
}

/// A follow-up as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FollowUpView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "ZG-320623-20260105-000001-101")]
    pub number: String,
    /// The rating that opened it.
    pub evaluation_id: Id,
    /// What was rated.
    pub record_kind: RatedKind,
    /// Which.
    pub record_id: Id,
    /// Its number.
    pub record_number: String,
    /// About which matter, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// The matter's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_number: Option<String>,
    /// Name of the item, or what kind of service it was.
    pub title: String,
    /// Rated center.
    pub center: CenterBrief,
    /// Rated person; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_id: Option<Id>,
    /// Grade.
    pub grade: Grade,
    /// In Chinese.
    pub grade_label: String,
    /// Named, or anonymous.
    pub is_named: bool,
    /// What was said with the grade; single records only, absent where it is not the caller's to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// State.
    pub state: FollowUpState,
    /// In Chinese.
    pub state_label: String,
    /// 1, or 2 after it was sent back.
    pub round: i32,
    /// More time, because it is complex.
    pub is_complex: bool,
    /// Why it is complex; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complex_reason: Option<String>,
    /// Who handles it; absent: the leader of the center. For staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler_id: Option<Id>,
    /// What the verification said; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<FollowUpVerdict>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict_label: Option<String>,
    /// Attempts in vain.
    pub attempts: i32,
    /// What they were; single records only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempted: Vec<FollowUpAttemptView>,
    /// The return visit; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationView>,
    /// Put right until.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_due_on: Option<String>,
    /// What is put right by then; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// How it was handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<FollowUpMeasure>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure_label: Option<String>,
    /// What was done or explained; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// When the applicant was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Moment>,
    /// How.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_way: Option<FeedbackWay>,
    /// What they were told; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The appeal; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal: Option<AppealView>,
    /// What the upper center said of a second bad grade; for staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<FollowUpReviewView>,
    /// The second evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_evaluation_id: Option<Id>,
    /// Its grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_grade: Option<Grade>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_grade_label: Option<String>,
    /// Nearest deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// It has passed.
    pub overdue: bool,
    /// Its limits; single records only, for staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<ClockView>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Moment>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(FollowUpView, "follow_up");

/// Who is reading.
#[derive(Clone, Copy)]
struct Reader {
    /// The applicant, who reads plain progress.
    applicant: bool,
    /// The one who was rated.
    rated: bool,
    /// Reads what staff wrote.
    words: bool,
}

impl Reader {
    fn of(actor: &Actor, row: &FollowUp, sight: Sight) -> Self {
        let rated = actor.id.is_some() && actor.id == row.staff_id;
        Self { applicant: actor.applicant_id.is_some(), rated, words: sight.words && actor.applicant_id.is_none() }
    }

    fn staff<T>(self, value: Option<T>) -> Option<T> {
        value.filter(|_| !self.applicant)
    }

    /// What is written about the matter among staff; the rated person reads what concerns them.
    fn written(self, text: String) -> Option<String> {
        Some(text).filter(|text| !text.is_empty() && !self.applicant && (self.words || self.rated))
    }

    /// What was learnt from the applicant.
    fn learnt<T>(self, value: Option<T>) -> Option<T> {
        value.filter(|_| self.words && !self.rated)
    }
}

/// The records that a follow-up leads to.
pub(super) struct Around {
    evaluations: Vec<Evaluation>,
    centers: Vec<CenterBrief>,
}

impl Around {
    pub fn of(tx: &mut Tx, rows: &[&FollowUp]) -> Result<Self> {
        let ids: Vec<Id> = rows.iter().flat_map(|row| [Some(row.evaluation_id), row.second_evaluation_id]).flatten().collect();
        let centers: Vec<Id> = rows.iter().flat_map(|row| [Some(row.center_id), row.decider_id]).flatten().collect();
        Ok(Self { evaluations: evaluations::store::evaluations_by_id(tx, &ids)?, centers: organization::briefs(tx, &centers)? })
    }

    fn evaluation(&self, id: Id) -> Option<&Evaluation> {
        self.evaluations.iter().find(|e| e.id == id)
    }

    fn center(&self, id: Id) -> Option<&CenterBrief> {
        self.centers.iter().find(|c| c.id == id)
    }
}

/// A row of a list: no free words.
pub(super) fn row_view(actor: &Actor, row: FollowUp, around: &Around, sight: Sight, now: Moment) -> Result<FollowUpView> {
    let reader = Reader::of(actor, &row, sight);
    let gone = || Error::Corrupt("a follow-up without its evaluation".into());
    let first = around.evaluation(row.evaluation_id).ok_or_else(gone)?;
    let second = row.second_evaluation_id.and_then(|id| around.evaluation(id)).filter(|e| !(reader.rated && e.is_anonymous())).and_then(|e| e.grade);
    Ok(FollowUpView {
        record_kind: row.record_kind,
        record_id: row.record_id,
        record_number: first.number.clone(),
        entrustment_number: row.entrustment_id.map(|_| first.number.clone()),
        title: first.title.clone(),
        center: around.center(row.center_id).cloned().ok_or_else(gone)?,
        staff_id: reader.staff(row.staff_id),
        grade_label: row.grade.label().into(),
        comment: None,
        state_label: row.state.label().into(),
        complex_reason: None,
        handler_id: reader.staff(row.handler_id),
        verdict: reader.staff(row.verdict),
        verdict_label: reader.staff(row.verdict).map(|v| v.label().into()),
        attempted: Vec::new(),
        verification: None,
        plan: None,
        measure_label: row.measure.map(|m| m.label().into()),
        done: None,
        told_at: None,
        told_way: None,
        told: None,
        appeal: None,
        reviews: Vec::new(),
        second_grade: second,
        second_grade_label: second.map(|g| g.label().into()),
        due_at: row.due_at.known().filter(|_| !row.state.is_final()),
        overdue: row.is_overdue(now),
        clocks: Vec::new(),
        allowed_actions: None,
        id: row.id,
        number: row.number,
        evaluation_id: row.evaluation_id,
        entrustment_id: row.entrustment_id,
        grade: row.grade,
        is_named: row.is_named,
        state: row.state,
        round: row.round,
        is_complex: row.is_complex,
        attempts: row.attempts,
        fix_due_on: row.fix_due_on,
        measure: row.measure,
        second_evaluation_id: row.second_evaluation_id,
        closed_at: row.closed_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn appeal_view(row: &FollowUp, appeal: Appealed, around: &Around, reader: Reader) -> Option<AppealView> {
    let state = row.appeal.filter(|_| !reader.applicant)?;
    let node = row.decider_id.and_then(|id| around.center(id));
    Some(AppealView {
        state,
        state_label: state.label().into(),
        ground: appeal.ground,
        ground_label: appeal.ground.label().into(),
        reasons: reader.written(appeal.reasons),
        evidence: reader.written(appeal.evidence),
        in_person: appeal.in_person,
        at: appeal.at,
        decider: node.map(|c| c.name.clone()),
        decision: reader.written(appeal.decision),
        decided_at: appeal.decided_at,
    })
}

fn review_view(review: Reviewed, reader: Reader) -> FollowUpReviewView {
    FollowUpReviewView { sent_back: review.sent_back, words: reader.written(review.words), at: review.at }
}

/// One follow-up, whole.
fn whole(tx: &mut Tx, actor: &Actor, loaded: Loaded) -> Result<FollowUpView> {
    let allowed = loaded.allowed(tx.now, actor);
    let around = Around::of(tx, &[&loaded.row])?;
    let Loaded { row, details, clocks, sight, .. } = loaded;
    let reader = Reader::of(actor, &row, sight);
    let first = around.evaluation(row.evaluation_id).map(|e| evaluations::comment_of(tx, e)).transpose()?.flatten();
    // Their own words the applicant knows; the rated person reads those of somebody who gave a name.
    let comment = first.filter(|_| reader.applicant || if reader.rated { row.is_named } else { reader.words });
    let comment = comment.map(|text| if reader.applicant { text } else { deidentify::without_numbers(&text) });
    let FollowUpDetails { attempts, verification, complex_reason, plan, done, told, appeal, reviews, .. } = details;
    let appeal = appeal.and_then(|appeal| appeal_view(&row, appeal, &around, reader));
    let attempted = attempts.into_iter().map(|a| FollowUpAttemptView { at: a.at, way: a.way, words: a.words });
    let verification = verification.map(|v| VerificationView { at: v.at, way: v.way, words: v.words, evidence: v.evidence, by_id: v.by });
    let now = tx.now;
    Ok(FollowUpView {
        comment,
        complex_reason: reader.written(complex_reason),
        attempted: reader.learnt(Some(attempted.collect())).unwrap_or_default(),
        verification: reader.learnt(verification),
        plan: reader.written(plan),
        done: done.and_then(|done| reader.written(done.words)),
        told_at: told.as_ref().map(|t| t.at),
        told_way: told.as_ref().and_then(|t| t.way),
        told: told.map(|t| t.words).filter(|_| reader.applicant || reader.words || reader.rated),
        appeal,
        reviews: if reader.applicant { Vec::new() } else { reviews.into_iter().map(|r| review_view(r, reader)).collect() },
        clocks: if reader.applicant { Vec::new() } else { clocks },
        allowed_actions: Some(allowed),
        ..row_view(actor, row, &around, sight, now)?
    })
}

/// One follow-up after a change.
pub(super) fn view(tx: &mut Tx, actor: &Actor, id: Id) -> Result<FollowUpView> {
    fetch(tx, actor, id.as_str())
}

/// By id or number.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<FollowUpView> {
    let loaded = load_seen(tx, actor, reference)?;
    whole(tx, actor, loaded)
}

/// What became of it, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let loaded = load_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let limit = i64::try_from(q.limit + 1).unwrap_or(201);
    let audiences = if actor.applicant_id.is_some() { &[Audience::Public, Audience::Applicant][..] } else { Audience::ALL };
    let mut rows = Vec::new();
    for event in log::timeline(tx, loaded.row.id, audiences, after, limit)? {
        let text = narrative::tell(&event.kind, &event.params.get()?);
        rows.push(TimelineEntry { id: event.id, kind: event.kind, text, words: None, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |t: &TimelineEntry| q.cursor_of(String::new(), t.id.to_string())))
}
