//! What people write of a supervision order.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::machine::{SupervisedKind, SupervisionAction, SupervisionReason};
use crate::{
    deidentify::impersonal,
    kernel::{Id, Moment},
};

/// An order to be issued.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "about": { "kind": "entrustment", "reference": "DB-320623-20260105-000001-101" },
    "reason": "overdue", "matter": "承诺办理时限已过，请查明原因并限期办结", "due_on": "2030-01-08"
}))]
pub struct NewSupervision {
    /// The record, where it is about one.
    #[serde(default)]
    #[validate(nested)]
    pub about: Option<SupervisedInput>,
    /// Center that is supervised (id or division code); without it the one that is responsible for the record.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub center: Option<String>,
    /// Department that is supervised; its handlers sign in and answer.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// Why.
    pub reason: SupervisionReason,
    /// What is to be done.
    #[validate(length(min = 4, max = 2000), custom(function = "impersonal"))]
    #[schema(min_length = 4, max_length = 2000)]
    pub matter: String,
    /// Until the close of business of this day; without it within the limit of the rules.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<NaiveDate>,
    /// An earlier order that was not carried out.
    #[serde(default)]
    pub follows_id: Option<Id>,
}

/// Which record.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupervisedInput {
    /// What kind of record.
    pub kind: SupervisedKind,
    /// Id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub reference: String,
}

/// Who takes an order in.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "responsible": "审批科负责人" }))]
pub struct SupervisionSignIn {
    /// Who answers for it, by name or office.
    #[validate(length(min = 2, max = 60))]
    #[schema(min_length = 2, max_length = 60)]
    pub responsible: String,
}

/// Something said.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "words": "已约谈承办人，当日补办" }))]
pub struct SupervisionWords {
    /// In words.
    #[validate(length(min = 2, max = 1000), custom(function = "impersonal"))]
    #[schema(min_length = 2, max_length = 1000)]
    pub words: String,
}

/// The answer to an order.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "findings": "收件后未及时分派", "measures": "已办结并调整分派规则", "evidence": "办结单 1" }))]
pub struct SupervisionAnswer {
    /// What was found.
    #[validate(length(min = 2, max = 2000), custom(function = "impersonal"))]
    #[schema(min_length = 2, max_length = 2000)]
    pub findings: String,
    /// What was done about it.
    #[validate(length(min = 2, max = 2000), custom(function = "impersonal"))]
    #[schema(min_length = 2, max_length = 2000)]
    pub measures: String,
    /// What proves it.
    #[serde(default)]
    #[validate(length(max = 500), custom(function = "impersonal"))]
    #[schema(max_length = 500, example = "")]
    pub evidence: String,
    /// Uploaded files.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachments: Vec<Id>,
}

/// More time.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "due_on": "2030-01-10", "reason": "需会商两个部门" }))]
pub struct SupervisionExtension {
    /// Until the close of business of this day.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub due_on: NaiveDate,
    /// Why.
    #[validate(length(min = 2, max = 500), custom(function = "impersonal"))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

/// The answer does not do.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "words": "整改措施没有写明完成情况", "due_on": "2030-01-10" }))]
pub struct SupervisionSendBack {
    /// Why.
    #[validate(length(min = 2, max = 1000), custom(function = "impersonal"))]
    #[schema(min_length = 2, max_length = 1000)]
    pub words: String,
    /// Until when; without it within the limit of the rules.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<NaiveDate>,
}

/// One act and what was said with it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SupervisionNote {
    /// What was done.
    pub act: SupervisionAction,
    /// In Chinese.
    pub act_label: String,
    /// What was said.
    pub words: String,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// When.
    pub at: Moment,
}

/// What was answered.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnsweredSupervision {
    /// What was found.
    pub findings: String,
    /// What was done about it.
    pub measures: String,
    /// What proves it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub evidence: String,
    /// Who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// When.
    pub at: Moment,
}

/// Everything that people wrote.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SupervisionRecord {
    /// What is to be done.
    pub matter: String,
    /// Who answers for it.
    pub responsible: Option<String>,
    /// The answer that waits, or that closed it.
    pub answer: Option<AnsweredSupervision>,
    /// Oldest first.
    pub notes: Vec<SupervisionNote>,
}
