//! What was said and signed along the way: kept with the record as one JSON document, shown by `views`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    handout::HandOut,
    model::{ExtensionState, HelpKind, Outcome, RejectReason, SignMethod, SuspendReason, TerminateReason},
    recorded::{BundledItem, HeldPaper},
};
use crate::{
    catalogue::Judgement,
    kernel::{Id, Moment},
};

/// All of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// What the applicant asks for, in their words.
    pub request: String,
    /// The steps that the center carries in partial agency; empty: the plan says.
    pub steps: Vec<String>,
    /// What the plan follows beside the steps.
    pub plan: PlanFacts,
    /// Kinds of help asked for.
    pub help: Vec<HelpKind>,
    /// Help that was given, oldest first.
    pub helped: Vec<Help>,
    /// Statutory fees that the applicant pays to the authority.
    pub fees: Vec<FeeDue>,
    /// The present or last extension of the promised limit.
    pub extension: Option<Extension>,
    /// Extensions granted so far.
    pub extensions: u32,
    /// How the center accepted.
    pub acceptance: Option<Acceptance>,
    /// How the results reach the applicant.
    pub hand_out: Option<HandOut>,
    /// By which rules the applicant qualified when the center accepted.
    pub eligibility: Option<Judgement>,
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
    /// Those that are over, oldest first.
    pub difficulties: Vec<PastDifficulty>,
    /// How the application form was signed, where it was signed at intake.
    pub form_signature: Option<Signature>,
    /// The applicant has rated, or may no longer: the agent needs no name and telephone any more.
    pub seen_off: bool,
    /// How it ended.
    pub completion: Option<Completion>,
    /// Completions that the applicant did not sign, or that were reopened; oldest first.
    pub earlier_completions: Vec<Completion>,
    /// The last refusal to sign.
    pub refusal: Option<Said>,
    /// The termination that is asked for, or by which the matter ended; none that was taken back.
    pub termination: Option<Termination>,
    /// The center that an open transfer is offered to.
    pub offered_to: Option<Id>,
    /// Who carries, or carried, steps for the custodian: who sees the matter in part.
    pub legs: Vec<Leg>,
    /// The arbitration that waits for its decision.
    pub arbitration: Option<OpenArbitration>,
    /// Arbitrations decided so far.
    pub arbitrations: u32,
    /// How often a decision has moved custody.
    pub custody_decisions: u32,
    /// The project that it belongs to.
    pub project: Option<super::project::ProjectMark>,
    /// Fallback tickets about it, oldest first.
    pub fallback_tickets: Vec<FallbackMark>,
    /// The consultation that it grew out of.
    pub consultation: Option<ConsultationMark>,
    /// The items of a bundle 一件事, in order, as they were when the matter was opened.
    pub bundle: Vec<BundledItem>,
    /// Why it was withdrawn.
    pub withdrawal: Option<Said>,
    /// Why it was reopened.
    pub reopening: Option<Said>,
    /// Offers that were returned or not answered.
    pub returns: u32,
}

impl Details {
    /// Free words and evidence may name people: a masked view shows codes and dates only.
    pub fn hide_words(&mut self) {
        for c in self.completion.iter_mut().chain(&mut self.earlier_completions) {
            c.note.clear();
            c.results.clear();
            c.papers_returned.clear();
            c.delivery_proof = None;
            c.signature.iter_mut().for_each(|s| s.evidence.clear());
        }
        for said in [&mut self.refusal, &mut self.withdrawal, &mut self.reopening].into_iter().flatten() {
            said.reason.clear();
            said.evidence.clear();
        }
        if let Some(t) = &mut self.termination {
            t.note.clear();
            t.papers_held.iter_mut().for_each(|paper| paper.note.clear());
            t.delivery_proof = None;
            t.applicant_signature.iter_mut().chain(&mut t.center_signature).for_each(|s| s.evidence.clear());
        }
        if let Some(s) = &mut self.suspension {
            s.note.clear();
        }
        if let Some(r) = &mut self.rejection {
            r.note.clear();
        }
        for help in &mut self.helped {
            help.note.clear();
        }
        for fee in &mut self.fees {
            fee.voucher = None;
        }
        if let Some(x) = &mut self.extension {
            x.reason.clear();
            x.note = None;
        }
        self.difficulty = None;
        self.difficulties.clear();
        self.form_signature.iter_mut().for_each(|s| s.evidence.clear());
    }
}

/// A fallback ticket “办不成事”反映 about a matter, as the matter knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FallbackMark {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "DD-331081-20261122-000001-427")]
    pub number: String,
}

/// The consultation 咨询 that a matter grew out of, as the matter knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsultationMark {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "ZX-331081-20261120-000017-101")]
    pub number: String,
}

/// A joint handling as its matter knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leg {
    /// Which joint handling.
    pub id: Id,
    /// Who carries the steps.
    pub center_id: Id,
    /// The department, where one is asked and no center.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// The agent there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Id>,
    /// Which steps.
    pub steps: Vec<String>,
    /// Not ended.
    pub open: bool,
}

/// An arbitration as its matter knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenArbitration {
    /// Which.
    pub id: Id,
    /// The node of the reform office that decides, where no center does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Id>,
    /// Centers that are sides: they argue about what they can read.
    #[serde(default)]
    pub sides: Vec<Id>,
    /// Steps whose carrier is disputed: they stay as they are until it is decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// What a plan follows beside its steps (text 004).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanFacts {
    /// The unit that supports the investor 帮扶单位.
    pub supporting_unit: Option<String>,
    /// The investor's contract milestones, as they were promised.
    pub milestones: Vec<Milestone>,
}

/// A milestone of the investor's contract 合同节点.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// What.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "正式用水")]
    pub name: String,
    /// By when.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    #[schema(example = "2026-12-31")]
    pub due_on: NaiveDate,
    /// The step that must be done by then; absent: the whole plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "S3")]
    pub step: Option<String>,
}

/// Help given with an assisted matter.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Help {
    /// What kind.
    pub kind: HelpKind,
    /// In words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub note: String,
    /// When.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// A statutory fee: shown, never collected here.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FeeDue {
    /// Unique within the matter.
    #[schema(example = "F1")]
    pub code: String,
    /// Name.
    pub name: String,
    /// In yuan, such as `120.00`.
    #[schema(example = "120.00")]
    pub amount: String,
    /// Standard and legal basis.
    pub basis: String,
    /// To whom it is paid.
    pub payee: String,
    /// To be paid by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// Number of the voucher, once the applicant has paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<String>,
    /// When it was told.
    pub at: Moment,
    /// When the payment was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Moment>,
}

/// 延期: of the center's own promise, never of an authority's limit.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Extension {
    /// Where it stands.
    pub state: ExtensionState,
    /// By how many days of the promise's own unit.
    pub days: u32,
    /// Why; empty where the view is masked.
    pub reason: String,
    /// When asked for.
    pub requested_at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<Id>,
    /// What the manager said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Moment>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Id>,
    /// The deadline before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_due_at: Option<Moment>,
    /// The new deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
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

/// A reason that somebody gave.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Said {
    /// In words; empty where the view is masked.
    #[schema(example = "水表还没有安装")]
    pub reason: String,
    /// What proves it, where staff recorded it for the applicant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub evidence: String,
    /// When.
    pub at: Moment,
    /// Who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
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
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
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

/// A difficulty that is over.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PastDifficulty {
    /// What it was.
    #[serde(flatten)]
    pub difficulty: Difficulty,
    /// When it was over.
    pub resolved_at: Moment,
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
    /// Originals that were not back when the center signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub papers_held: Vec<HeldPaper>,
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

/// A reason of the applicant's: their own words, or recorded by staff with what proves it.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicantReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "材料与实际不符，需重新办理")]
    pub reason: String,
    /// Needed from staff: number of the recording, scan or witness's post.
    #[serde(default)]
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "电话录音 20261122-0015")]
    pub evidence: Option<String>,
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
