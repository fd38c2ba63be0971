//! What is sent for a consultation.

use serde::Deserialize;
use validator::Validate;

use super::model::{ConsultationChannel, ConsultationTheme};
use crate::{
    applicants::{ApplicantInput, ContactInput},
    kernel::Id,
};

/// A question as it is taken in; with an answer it is closed at once.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "center": "320623000000", "channel": "on_site", "theme": "materials", "subject": "供水报装需要哪些材料",
    "question": "新建厂房申请供水报装，需要准备哪些材料？", "items": ["GS-320623-0001"], "contact": { "name": "联系人甲", "phone": "13900001234" },
    "answer": "需要报装申请表、营业执照和用地证明，已打印一次性告知书。" }))]
pub struct NewConsultation {
    /// Center that answers: id or 12-digit division code; absent: the caller's own, else the one that the rules name for the item.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320623000000")]
    pub center: Option<String>,
    /// At which window of it.
    #[serde(default)]
    pub window_id: Option<Id>,
    /// How it came in.
    pub channel: ConsultationChannel,
    /// What it is about; absent: other.
    #[serde(default)]
    pub theme: Option<ConsultationTheme>,
    /// In a few words.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub subject: String,
    /// The question.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub question: String,
    /// Items that it is about: id or code, the first one first.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub items: Vec<String>,
    /// Who asks, where they show who they are; absent for a signed-in applicant, and for who does not say.
    #[serde(default)]
    #[validate(nested)]
    pub applicant: Option<ApplicantInput>,
    /// Whom to call; absent: nobody (anonymous). Needed for what is not answered at once, unless it comes online or through the hotline.
    #[serde(default)]
    #[validate(nested)]
    pub contact: Option<ContactInput>,
    /// The asker stays reachable and is shown to nobody but the counter and who answers.
    #[serde(default)]
    pub confidential: bool,
    /// Whoever met the asker first 首问责任人; absent: who takes it in.
    #[serde(default)]
    pub first_responder_id: Option<Id>,
    /// Who answers: staff of the center; absent: who takes it in as an agent there, else whoever takes it up.
    #[serde(default)]
    pub assignee_id: Option<Id>,
    /// Its number in the system that it came from, such as a hotline's.
    #[serde(default)]
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    pub source: Option<String>,
    /// Uploads of the caller's own.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub attachments: Vec<Id>,
    /// Answered on the spot: it is closed at once.
    #[serde(default)]
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub answer: Option<String>,
    /// With an answer: articles of the knowledge base that it rests on, by id or number.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub articles: Vec<String>,
}

/// An answer.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "answer": "供水报装需要报装申请表、营业执照和用地证明，可在线提交。", "theme": "materials", "close": true }))]
pub struct ConsultationAnswerInput {
    /// In words; the asker reads it.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub answer: String,
    /// What the question turned out to be about; absent: as before.
    #[serde(default)]
    pub theme: Option<ConsultationTheme>,
    /// Items that it turned out to be about: id or code; absent: as before.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub items: Option<Vec<String>>,
    /// Articles of the knowledge base that it rests on, by id or number.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub articles: Vec<String>,
    /// The asker heard it and has no more questions: it is closed at once. What came through the hotline always is.
    #[serde(default)]
    pub close: bool,
}

/// The asker is not satisfied, and asks again.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "question": "答复只说了材料，请问办理需要几天？" }))]
pub struct AskAgainInput {
    /// What is still to be answered.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub question: String,
}

/// Something said with an action.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsultationReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "问题已经自行解决")]
    pub reason: String,
}

/// Why a question is withdrawn.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsultationWithdrawal {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "问题已经自行解决")]
    pub reason: String,
    /// What proves it; needed where staff withdraw for the asker.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "咨询人来电，录音编号 LY-20260302-01")]
    pub evidence: Option<String>,
}

/// What the staff tell each other.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsultationNote {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "已电话联系供水公司核实报装条件，下午回复。")]
    pub note: String,
}

/// Who answers.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsultationAssignment {
    /// Staff of the center.
    pub assignee_id: Id,
}

/// An offer to another center.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "to": "320623000000", "reason": "供水报装由如东县承办，请答复" }))]
pub struct ConsultationTransfer {
    /// Center: id, 12-digit division code, or `auto` for the one that the rules name for the item.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub to: String,
    /// Why; the other center reads it.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

/// Taking an offer up.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsultationAcceptance {
    /// Who answers there.
    #[serde(default)]
    pub assignee_id: Option<Id>,
}

/// Why personal data is needed in full.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsultationReveal {
    /// In words; it is kept in the audit log.
    #[validate(length(min = 4, max = 300))]
    #[schema(min_length = 4, max_length = 300, example = "电话回复咨询人")]
    pub reason: String,
}
