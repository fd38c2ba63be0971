//! What a batch is, and what is sent for it.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::kernel::{Id, Moment};

/// What people wrote: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchDetails {
    /// What is asked of the government.
    pub summary: String,
    /// Number of the document by which it was submitted.
    pub document_no: String,
    /// Number of the minutes or the decision.
    pub decision_no: String,
    /// Why it was cancelled.
    pub cancel_reason: String,
}

/// A batch as it is opened.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketBatchInput, example = json!({ "month": "2026-12", "summary": "提请研究低空配送起降点备案等问题" }))]
pub struct BatchInput {
    /// Division of the reform office: center id or 12-digit division code; absent: the only one that the caller has.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320600000000")]
    pub center: Option<String>,
    /// For which month, `YYYY-MM`; one batch a month.
    #[validate(custom(function = month))]
    #[schema(min_length = 7, max_length = 7, pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$")]
    pub month: String,
    /// What is asked of the government.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(max_length = 4000)]
    pub summary: String,
}

/// What a batch says.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketBatchContent, example = json!({ "summary": "提请研究低空配送起降点备案等问题" }))]
pub struct BatchContent {
    /// What is asked of the government.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub summary: String,
}

/// A ticket, with the version that was read.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchTicket {
    /// Ticket: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub id: String,
    /// The version that was read; refused (412) when it has changed since.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i64>,
}

/// Tickets that go into a batch: all or none.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchTickets {
    /// Classified as exceptional; no ticket twice.
    #[validate(length(min = 1, max = 100), nested)]
    #[schema(min_items = 1, max_items = 100)]
    pub tickets: Vec<BatchTicket>,
}

/// A ticket that leaves a batch.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRemoval {
    /// Ticket: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub ticket: String,
}

/// The batch goes to the government.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "document_no": "改革办〔2026〕12 号" }))]
pub struct BatchSubmission {
    /// Number of the document by which it is submitted.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub document_no: String,
    /// When; absent: now.
    #[serde(default)]
    pub submitted_at: Option<Moment>,
    /// Uploads of the caller's own: the document.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub attachments: Vec<Id>,
}

/// What the government decided about one ticket.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchDecisionItem {
    /// Ticket: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub ticket: String,
    /// In words; the applicant reads it.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000, example = "由交通运输局牵头备案，住建局配合核验场地。")]
    pub decision: String,
}

/// What the government decided; tickets may follow one after another.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchDecisions {
    /// Number of the minutes or the decision.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "政府专题会议纪要〔2026〕8 号")]
    pub document_no: String,
    /// When it decided; absent: now.
    #[serde(default)]
    pub decided_at: Option<Moment>,
    /// One for each ticket; no ticket twice.
    #[validate(length(min = 1, max = 100), nested)]
    #[schema(min_items = 1, max_items = 100)]
    pub decisions: Vec<BatchDecisionItem>,
    /// Uploads of the caller's own: the minutes.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(max_items = 10)]
    pub attachments: Vec<Id>,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "本月没有需提请研究的问题")]
    pub reason: String,
}

fn month(text: &str) -> Result<(), validator::ValidationError> {
    let day = format!("{text}-01").parse::<chrono::NaiveDate>();
    if text.len() == 7 && text.starts_with("20") && day.is_ok() {
        Ok(())
    } else {
        Err(validator::ValidationError::new("month").with_message("应为 YYYY-MM。|Must be YYYY-MM.".into()))
    }
}
