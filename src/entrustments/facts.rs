//! What was said and signed along the way: kept with the record as one JSON document, shown by `views`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{Outcome, RejectReason, SignMethod, SuspendReason, TerminateReason};
use crate::{
    catalogue::MaterialSpec,
    kernel::{Id, Moment},
};

/// All of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// What the applicant asks for, in their words.
    pub request: String,
    /// How the center accepted.
    pub acceptance: Option<Acceptance>,
    /// Why not.
    pub rejection: Option<Rejection>,
    /// The present or last suspension.
    pub suspension: Option<Suspension>,
    /// Notices given before and after acceptance.
    pub notices_before: u32,
    /// See above.
    pub notices_after: u32,
    /// The present difficulty 堵点.
    pub difficulty: Option<Difficulty>,
    /// How it ended.
    pub completion: Option<Completion>,
    /// The last refusal to sign.
    pub refusal: Option<String>,
    /// The present or last termination.
    pub termination: Option<Termination>,
    /// The center that an open transfer is offered to.
    pub offered_to: Option<Id>,
    /// Why it was withdrawn, or reopened.
    pub remark: Option<String>,
}

impl Details {
    /// Free words and evidence may name people: a masked view shows codes and dates only.
    pub fn hide_words(&mut self) {
        if let Some(c) = &mut self.completion {
            c.note.clear();
            c.delivery_proof = None;
            c.signature.iter_mut().for_each(|s| s.evidence.clear());
        }
        if let Some(t) = &mut self.termination {
            t.note.clear();
            t.delivery_proof = None;
            t.applicant_signature.iter_mut().chain(&mut t.center_signature).for_each(|s| s.evidence.clear());
        }
        if let Some(s) = &mut self.suspension {
            s.note.clear();
        }
        if let Some(r) = &mut self.rejection {
            r.note.clear();
        }
        self.difficulty = None;
    }
}

/// Acceptance by the center (text 002).
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Acceptance {
    /// When.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// Refusal by the center.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rejection {
    /// Listed reason.
    pub reason: RejectReason,
    /// In words, with advice.
    pub note: String,
}

/// 中止.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Suspension {
    /// Listed reason.
    pub reason: SuspendReason,
    /// In words.
    pub note: String,
    /// From.
    pub from: Moment,
    /// Expected until.
    pub until: Moment,
    /// Ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<Moment>,
}

/// 堵点.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Difficulty {
    /// What.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "规划条件尚未出具")]
    pub what: String,
    /// Who blocks.
    #[validate(length(max = 100))]
    #[schema(max_length = 100, example = "如东县自然资源和规划局")]
    pub blocker: String,
    /// Since when.
    pub since: Moment,
}

/// 办结.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Completion {
    /// Outcome.
    pub outcome: Outcome,
    /// In words.
    pub note: String,
    /// Numbers of results handed out.
    pub results: Vec<String>,
    /// Originals returned.
    pub papers_returned: Vec<String>,
    /// When.
    pub at: Moment,
    /// The applicant's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Proof of delivery, when nobody came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_proof: Option<String>,
}

/// 终止.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Termination {
    /// Listed reason.
    pub reason: TerminateReason,
    /// In words.
    pub note: String,
    /// `applicant` or `center`.
    pub requested_by: String,
    /// When.
    pub requested_at: Moment,
    /// The applicant's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicant_signature: Option<Signature>,
    /// The center's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub center_signature: Option<Signature>,
    /// The papers are back with the applicant.
    pub papers_returned: bool,
    /// Proof of delivery of a one-sided termination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_proof: Option<String>,
}

/// A signature, with what proves it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Signature {
    /// How.
    pub method: SignMethod,
    /// Number of the scan, receipt code, witness's post.
    pub evidence: String,
    /// When.
    pub at: Moment,
    /// Who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<Id>,
}

/// A signature as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureInput {
    /// How; an applicant who is signed in signs `online`.
    pub method: SignMethod,
    /// Number of the scan, receipt code or witness's post; needed for every way but `online`.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200, example = "签收单 0001 号")]
    pub evidence: String,
}

/// What was recorded of a step.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepRecord {
    /// The authority's own limit, once it has accepted.
    pub clock_id: Option<Id>,
    /// Steps before.
    pub depends_on: Vec<String>,
    /// Materials it needs.
    pub materials: Vec<String>,
    /// The authority's receipt.
    pub receipt_no: Option<String>,
    /// The authority's acceptance number.
    pub acceptance_no: Option<String>,
    /// Number of the result.
    pub result_no: Option<String>,
    /// Days of the special procedure, in writing.
    pub special_days: Option<u32>,
    /// Why corrected, not accepted or refused.
    pub reason: Option<String>,
    /// What proves it, where the agent records for the authority.
    pub evidence: Option<String>,
    /// When filed.
    pub filed_at: Option<Moment>,
    /// When accepted.
    pub accepted_at: Option<Moment>,
    /// When decided.
    pub decided_at: Option<Moment>,
}

/// What was recorded of a material.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MaterialRecord {
    /// From the catalogue; absent for one that a notice added.
    pub spec: Option<MaterialSpec>,
    /// What was handed in.
    pub note: String,
    /// Why it was rejected, or what is missing.
    pub reason: String,
    /// Promised by.
    pub deferred_until: Option<NaiveDate>,
    /// The clock of that promise.
    #[serde(default)]
    pub deferral_clock: Option<Id>,
    /// When handed in.
    pub submitted_at: Option<Moment>,
}

/// One thing that is missing, and how to supply it.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingItem {
    /// Code in the checklist; absent for something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "M2")]
    pub code: Option<String>,
    /// What is missing or wrong.
    #[validate(length(min = 2, max = 300))]
    #[schema(min_length = 2, max_length = 300, example = "缺少法定代表人签字")]
    pub what: String,
    /// How to supply it.
    #[validate(length(min = 2, max = 300))]
    #[schema(min_length = 2, max_length = 300, example = "签字后拍照上传，或交至任一窗口")]
    pub how: String,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonInput {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "材料与实际不符，需重新办理")]
    pub reason: String,
}
