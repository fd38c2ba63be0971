//! What is said and sent about a follow-up.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::machine::{FollowUpMeasure, FollowUpVerdict};
use crate::{
    db::code_enum,
    kernel::{Id, Moment},
    tickets::FeedbackWay,
};

code_enum! {
    /// Why a rating should not count.
    AppealGround in "appeal-grounds" {
        Mistaken "mistaken" "误评",
        Malicious "malicious" "恶意差评",
    }
}

/// What was said and done: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUpDetails {
    /// Attempts in vain, oldest first.
    pub attempts: Vec<Attempt>,
    /// What the verification found.
    pub verification: Option<Verification>,
    /// Why it is complex.
    pub complex_reason: String,
    /// What is put right by a date.
    pub plan: String,
    /// What was done, or explained.
    pub done: Option<Done>,
    /// How the applicant was told.
    pub told: Option<Telling>,
    /// What was done and told before it was sent back.
    pub earlier: Vec<(Option<Done>, Option<Telling>)>,
    /// The appeal.
    pub appeal: Option<Appealed>,
    /// What the upper center said of a second bad grade; oldest first.
    pub reviews: Vec<Reviewed>,
}

/// Nobody was reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Moment,
    /// How.
    pub way: FeedbackWay,
    /// What came of it.
    pub words: String,
    /// By whom.
    pub by: Option<Id>,
}

/// What was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verification {
    /// When the applicant was asked, or it was given up.
    pub at: Moment,
    /// How; none: not reached.
    pub way: Option<FeedbackWay>,
    /// What was said and found.
    pub words: String,
    /// Number of the recording or sheet.
    pub evidence: String,
    /// By whom.
    pub by: Option<Id>,
}

/// What was done about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// How.
    pub measure: FollowUpMeasure,
    /// In words.
    pub words: String,
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: Option<Id>,
}

/// How the applicant was told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Telling {
    /// When.
    pub at: Moment,
    /// How; nobody is told who left no contact.
    #[serde(default)]
    pub way: Option<FeedbackWay>,
    /// What was told.
    pub words: String,
    /// By whom.
    pub by: Option<Id>,
}

/// An appeal and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Appealed {
    /// 误评 or 恶意差评.
    pub ground: AppealGround,
    /// Why.
    pub reasons: String,
    /// What proves it.
    pub evidence: String,
    /// By the rated person, not the center.
    pub in_person: bool,
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: Option<Id>,
    /// Why it was upheld or refused.
    pub decision: String,
    /// When it was decided.
    pub decided_at: Option<Moment>,
    /// By whom.
    pub decided_by: Option<Id>,
}

/// What the upper center said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reviewed {
    /// Sent back, or concluded.
    pub sent_back: bool,
    /// In words.
    pub words: String,
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: Option<Id>,
}

/// Who handles it.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUpAssignment {
    /// Staff of the rated center, and not the rated person.
    pub handler_id: Id,
}

/// Nobody was reached.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "way": "phone", "words": "两次拨打无人接听" }))]
pub struct FollowUpAttempt {
    /// How it was tried: by phone, at the counter, through the hotline, on site.
    pub way: FeedbackWay,
    /// What came of it.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub words: String,
}

/// What a return visit found.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "verdict": "true", "way": "phone", "words": "申请人称窗口排队过久，经查当日只开一个窗口", "evidence": "录音 2026-0302-01" }))]
pub struct FollowUpVerification {
    /// Whether it is as the applicant says.
    pub verdict: FollowUpVerdict,
    /// How the applicant was asked; absent where they were not reached: then it cannot be verified.
    #[serde(default)]
    pub way: Option<FeedbackWay>,
    /// When; absent: now.
    #[serde(default)]
    pub visited_at: Option<Moment>,
    /// What they said and what was found.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub words: String,
    /// Number of the recording or of the sheet; needed where they were asked.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub evidence: String,
    /// Why it is complex and takes longer; the leader's to say.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub complex_reason: Option<String>,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUpReason {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "涉及三个窗口的分工调整，需要重新排班")]
    pub reason: String,
}

/// Put right by a date.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "words": "增开一个综合窗口，调整午间排班" }))]
pub struct FollowUpPlan {
    /// Until this day, within the time to handle it; absent: the last day of that.
    #[serde(default)]
    pub due_on: Option<NaiveDate>,
    /// What is put right.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub words: String,
}

/// What was put right, or explained.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUpDone {
    /// In words.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "已增开一个综合窗口，并对当班人员作了培训")]
    pub words: String,
}

/// How the applicant was told.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "way": "phone", "words": "已电话告知整改情况，并请其再次评价" }))]
pub struct FollowUpTelling {
    /// How; absent only where whoever rated left no contact: the follow-up ends with it.
    #[serde(default)]
    pub way: Option<FeedbackWay>,
    /// When; absent: now.
    #[serde(default)]
    pub told_at: Option<Moment>,
    /// What was told.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub words: String,
}

/// Why a rating should not count.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "ground": "mistaken", "reasons": "申请人评价的是另一部门的事项", "evidence": "通话录音 2026-0302-02，申请人书面说明" }))]
pub struct AppealInput {
    /// 误评 or 恶意差评.
    pub ground: AppealGround,
    /// Why.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub reasons: String,
    /// What proves it.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub evidence: String,
}

/// What is decided about an appeal.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "upheld": false, "reason": "证据不足以证明误评，请继续整改" }))]
pub struct AppealDecision {
    /// Upheld: the rating stays, and is not counted. Refused: the follow-up goes on.
    pub upheld: bool,
    /// Why.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub reason: String,
}
