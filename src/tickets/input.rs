//! What is sent for a fallback ticket.

use serde::Deserialize;
use validator::Validate;

use super::{
    machine::TicketTier,
    model::{FeedbackWay, InadmissibleReason, TicketCategory, TicketChannel, UpholdReason},
};
use crate::{
    applicants::{ApplicantInput, ContactInput},
    entrustments::SignatureInput,
    kernel::{Id, Moment},
};

/// What a ticket says.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "无人机低空配送站点无处备案", "situation": "拟在园区设置无人机配送起降点，发改、交通、住建窗口均答复不属于本部门受理。",
    "request": "请明确备案机构和所需材料。", "category": "emerging_field" }))]
pub struct TicketContent {
    /// In a few words.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub title: String,
    /// 基本情况: what was tried, and what came of it.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub situation: String,
    /// 诉求: what the applicant asks for.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub request: String,
    /// What kind of difficulty.
    pub category: TicketCategory,
    /// Cannot wait.
    #[serde(default)]
    pub urgent: bool,
    /// About which item: id or code.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "GS-320623-0001")]
    pub item: Option<String>,
    /// The consultation 咨询 that came before it: its number where it was answered, at the hotline or a counter.
    #[serde(default)]
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "ZX-331081-20261120-000017")]
    pub consultation: Option<String>,
    /// Departments that it concerns.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub departments: Vec<Id>,
    /// Who handles it: staff of the center.
    #[serde(default)]
    pub handler_id: Option<Id>,
}

/// A ticket as it is registered; what the counter settles at once, and what the applicant says of it, may come with it.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    /// Center that answers for it: id or 12-digit division code; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320623000000")]
    pub center: Option<String>,
    /// How it came in.
    pub channel: TicketChannel,
    /// What it says.
    #[validate(nested)]
    pub content: TicketContent,
    /// Who asks, where they show who they are; absent for a signed-in applicant, and for who only leaves a telephone.
    #[serde(default)]
    #[validate(nested)]
    pub applicant: Option<ApplicantInput>,
    /// Whom to call.
    #[validate(nested)]
    pub contact: ContactInput,
    /// The caller stays reachable and is shown to nobody but the center's counter and the reform office.
    #[serde(default)]
    pub confidential: bool,
    /// About which matter: id or number; only one that the caller sees.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub entrustment: Option<String>,
    /// Uploads of the caller's own.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachments: Vec<Id>,
    /// Whoever met the applicant first 首问责任人; absent: who registers it.
    #[serde(default)]
    pub first_responder_id: Option<Id>,
    /// Its number in the system that it came from, such as a hotline's.
    #[serde(default)]
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    pub source: Option<String>,
    /// 当场协调: a general problem that is settled at once.
    #[serde(default)]
    #[validate(nested)]
    pub settlement: Option<SettlementInput>,
    /// With a settlement: what the applicant says of it there and then.
    #[serde(default)]
    #[validate(nested)]
    pub feedback: Option<FeedbackInput>,
}

/// The class of a ticket.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "tier": "difficult", "note": "涉及交通、住建两部门职责" }))]
pub struct TriageInput {
    /// How hard it is.
    pub tier: TicketTier,
    /// What kind of difficulty; absent: as registered.
    #[serde(default)]
    pub category: Option<TicketCategory>,
    /// Departments that it concerns; absent: as registered.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub departments: Option<Vec<Id>>,
    /// Why so.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: String,
}

/// The weekly triage: many tickets, each with the version that was read.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkTriage {
    /// All or none.
    #[serde(default)]
    pub atomic: bool,
    /// One for each ticket; no ticket twice.
    #[validate(nested)]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<BulkTriageItem>,
}

/// The class of one of them.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkTriageItem {
    /// Ticket: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub id: String,
    /// The version that was read; refused (412) when it has changed since.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i64>,
    /// Its class.
    #[validate(nested)]
    pub triage: TriageInput,
}

/// What was settled on the spot.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "settlement": "协调税务窗口当场补录登记信息，申请人已取得完税证明。" }))]
pub struct SettlementInput {
    /// What was done, and what came of it; the applicant reads it.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub settlement: String,
}

/// A coordination meeting is called.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "held_at": "2026-11-25T09:30:00+08:00", "place": "行政服务中心 3 楼会议室" }))]
pub struct CoordinateInput {
    /// When it is held.
    pub held_at: Moment,
    /// Where.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub place: Option<String>,
    /// Departments that take part; absent: those that it concerns.
    #[serde(default)]
    #[validate(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub departments: Option<Vec<Id>>,
}

/// What the meeting came to.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "outcome": "由交通运输部门牵头备案，住建部门配合核验场地。", "due_on": "2026-12-31" }))]
pub struct CoordinationInput {
    /// In words.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub outcome: String,
    /// Departments that are charged; absent: those that took part.
    #[serde(default)]
    #[validate(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub departments: Option<Vec<Id>>,
    /// Until when it is to be resolved; today or later.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<chrono::NaiveDate>,
}

/// What a caller says of the result.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "satisfied": true, "way": "phone", "asked_at": "2026-11-23T10:00:00+08:00", "evidence": "录音 2026-1123-01" }))]
pub struct FeedbackInput {
    /// Which caller; needed where there are several.
    #[serde(default)]
    pub caller_id: Option<Id>,
    /// Satisfied, or not.
    pub satisfied: bool,
    /// How they were asked; a signed-in applicant answers `online`.
    pub way: FeedbackWay,
    /// When they were asked; absent: now.
    #[serde(default)]
    pub asked_at: Option<Moment>,
    /// What they said; needed where they are not satisfied.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub words: String,
    /// Number of the recording or of the sheet; needed by telephone and through the hotline.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub evidence: String,
    /// Their signature; at the counter and on a visit it, or an attachment.
    #[serde(default)]
    #[validate(nested)]
    pub signature: Option<SignatureInput>,
    /// Uploads of the caller's own: the signed sheet, the recording.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub attachments: Vec<Id>,
}

/// What is said by one-time link.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "satisfied": true, "words": "问题已经解决" }))]
pub struct LinkFeedback {
    /// Satisfied, or not.
    pub satisfied: bool,
    /// In words; needed where they are not satisfied.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub words: String,
}

/// A caller could not be reached.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "way": "phone", "words": "两次拨打无人接听" }))]
pub struct AttemptInput {
    /// Which caller; needed where there are several.
    #[serde(default)]
    pub caller_id: Option<Id>,
    /// How it was tried.
    pub way: FeedbackWay,
    /// When; absent: now.
    #[serde(default)]
    pub tried_at: Option<Moment>,
    /// What came of it.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub words: String,
}

/// Why it stays on the register unresolved.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "lawful_bar", "explanation": "地块在生态保护红线内，依法不得建设，已当面向申请人说明。", "basis": "《中华人民共和国海洋环境保护法》",
    "told_at": "2026-11-23T10:00:00+08:00", "told_by": "counter" }))]
pub struct UpholdInput {
    /// Listed reason; unreachable only after attempts on three days with every caller who has not answered.
    pub reason: UpholdReason,
    /// What was explained to the applicant, or how they were looked for.
    #[validate(length(min = 4, max = 2000))]
    #[schema(min_length = 4, max_length = 2000)]
    pub explanation: String,
    /// The law that bars it; needed with a lawful bar.
    #[serde(default)]
    #[validate(length(min = 2, max = 300))]
    #[schema(min_length = 2, max_length = 300)]
    pub basis: Option<String>,
    /// When it was explained; needed with a lawful bar.
    #[serde(default)]
    pub told_at: Option<Moment>,
    /// How; needed with a lawful bar.
    #[serde(default)]
    pub told_by: Option<FeedbackWay>,
}

/// Something said with an action.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketReason {
    /// In words.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "政策已出台，具备办理条件")]
    pub reason: String,
}

/// A proposal not to take a ticket in.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "litigation", "words": "同一纠纷已由人民法院立案", "advice": "请向受理案件的人民法院查询，窗口已打印联系方式。" }))]
pub struct ProposalInput {
    /// Listed reason.
    pub reason: InadmissibleReason,
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub words: String,
    /// Where to go instead; the applicant reads it.
    #[validate(length(min = 4, max = 1000))]
    #[schema(min_length = 4, max_length = 1000)]
    pub advice: String,
}

/// Into which ticket.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketMerge {
    /// The ticket that goes on: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub into: String,
    /// Why they are one.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "两家企业反映的是同一地块的同一问题")]
    pub reason: String,
}

/// An applicant asks no longer.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "问题已自行解决", "signature": { "method": "handwritten", "evidence": "撤回单 0001 号" } }))]
pub struct WithdrawInput {
    /// Which caller; needed where there are several: the others go on.
    #[serde(default)]
    pub caller_id: Option<Id>,
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
    /// The applicant's signature; a signed-in applicant needs none.
    #[serde(default)]
    #[validate(nested)]
    pub signature: Option<SignatureInput>,
    /// Uploads of the caller's own, such as the recording.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub attachments: Vec<Id>,
}

/// Why personal data is needed in full.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketReveal {
    /// In words; it is kept in the audit log.
    #[validate(length(min = 4, max = 300))]
    #[schema(min_length = 4, max_length = 300, example = "改革办回访申请人")]
    pub reason: String,
}
