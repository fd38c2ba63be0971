//! What is recorded of each step and each material: kept with them, shown by `views`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{machine::StepAct, model::StepCarrier};
use crate::{
    catalogue::MaterialSpec,
    kernel::{Id, Moment},
};

/// An original that is not back with the applicant when an entrustment ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldPaper {
    /// Code of the material.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "M1")]
    pub material: String,
    /// By when it goes back; absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::kernel::date::optional")]
    pub until: Option<NaiveDate>,
    /// What became of it, such as that it was lost and how that is made good; empty where the view is masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[validate(length(max = 200))]
    #[schema(required = false, max_length = 200, example = "已遗失，由中心出具证明并承担补办费用")]
    pub note: String,
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
    /// Who carries it; absent: the agent.
    pub carrier: Option<StepCarrier>,
    /// The open joint handling that carries it for the agent.
    pub joint: Option<Id>,
    /// The authority has extended its own limit.
    pub extended: bool,
    /// The authority's receipt.
    pub receipt_no: Option<String>,
    /// The authority's acceptance number.
    pub acceptance_no: Option<String>,
    /// Number of the result.
    pub result_no: Option<String>,
    /// Days of the special procedure, in writing.
    pub special_days: Option<u32>,
    /// The authority refused, or did not accept.
    pub refused: bool,
    /// What was recorded, oldest first.
    pub history: Vec<StepEntry>,
    /// When filed.
    pub filed_at: Option<Moment>,
    /// When accepted.
    pub accepted_at: Option<Moment>,
    /// When decided.
    pub decided_at: Option<Moment>,
}

/// An item of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BundledItem {
    /// Code of the item.
    #[schema(example = "GS-320623-0001")]
    pub code: String,
    /// Its name.
    pub name: String,
}

/// One act recorded of a step.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepEntry {
    /// What.
    pub act: StepAct,
    /// Number of the authority's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Why corrected, not accepted or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What proves it, where the agent records for the authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// When.
    pub at: Moment,
    /// Who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
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
    /// How to supply it, as the notice said.
    pub how: String,
    /// Promised by.
    pub deferred_until: Option<NaiveDate>,
    /// The clock of that promise.
    pub deferral_clock: Option<Id>,
    /// When handed in.
    pub submitted_at: Option<Moment>,
    /// An original was handed in.
    pub original: bool,
    /// How many copies were handed in.
    pub copies: u32,
    /// The original went back to the applicant.
    pub returned: Option<Returned>,
}

/// An original went back, against a receipt.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Returned {
    /// Number of the receipt that the applicant signed; empty where the view is masked.
    pub receipt: String,
    /// When.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// One thing that is missing, and how to supply it.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingItem {
    /// Code in the checklist; absent for something else, which then becomes an entry of the checklist.
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
