//! What an assignment sheet and a rung are, and what is sent for them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::machine::SheetAction;
use crate::{
    db::code_enum,
    kernel::{Id, Limit, Moment},
};

code_enum! {
    /// Whose sheet.
    SheetRole in "sheet-roles" {
        Lead "lead" "牵头",
        Assisting "assisting" "协办",
    }
}

code_enum! {
    /// What the department has achieved.
    SheetResult in "sheet-results" {
        Solved "solved" "已解决",
        PartlySolved "partly_solved" "部分解决",
        LawfullyBarred "lawfully_barred" "依法依规不能解决",
    }
}

code_enum! {
    /// A rung of the overdue ladder.
    LadderRung in "ladder-rungs" {
        Listing "listing" "挂牌警示",
        Naming "naming" "点名通报",
        Accountability "accountability" "问责",
    }
}

/// What people wrote of a sheet: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SheetDetails {
    /// What is assigned 交办事项.
    pub matter: String,
    /// How long, from its issue.
    pub limit: Option<Limit>,
    /// Until which day.
    pub due_on: Option<NaiveDate>,
    /// The leader in charge, who has signed it.
    pub leader: Option<Signature>,
    /// Who answers for it at the department.
    pub responsible: Option<Responsible>,
    /// What was achieved.
    pub result: Option<SheetResult>,
    /// What was done 完成情况.
    pub report: String,
    /// Who has signed that.
    pub signed: Option<Signature>,
    /// Why it came back.
    pub return_reason: String,
    /// Who should handle it instead.
    pub suggested_unit: String,
    /// The last extension that was asked for.
    pub extension: Option<SheetExtension>,
    /// What was said since, oldest first.
    pub notes: Vec<SheetNote>,
    /// Why the reform office has determined this department.
    pub determination: String,
}

/// Who has signed, and when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signature {
    /// Whose account; none where the system has.
    #[serde(default)]
    pub by: Option<Id>,
    /// The name that stands on the sheet; empty: the account's.
    #[serde(default)]
    pub name: String,
    /// When.
    pub at: Moment,
}

/// Who answers for a sheet at its department 责任人.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Responsible {
    /// Name.
    #[validate(length(min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50, example = "审批科负责人")]
    pub name: String,
    /// Post.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_length = 50, example = "科长")]
    pub post: String,
    /// Telephone.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(max_length = 40, example = "0513-59001005")]
    pub phone: String,
}

/// An extension that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SheetExtension {
    /// Days, as the limit counts.
    pub days: u32,
    /// Why.
    pub reason: String,
    /// When asked.
    pub requested_at: Moment,
    /// Whether granted; absent: not answered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<bool>,
    /// What the leader said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// What was said of a sheet with an act.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SheetNote {
    /// With which act.
    pub act: SheetAction,
    /// In Chinese.
    pub act_label: String,
    /// In words.
    pub text: String,
    /// When.
    pub at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// What people wrote of a rung: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RungDetails {
    /// Who has confirmed or rejected it.
    pub decided_by: Option<Id>,
    /// Why it is not taken, or what was said with the confirmation.
    pub reason: String,
    /// Of the competent body.
    pub document_number: String,
    /// Who has lifted it.
    pub lifted_by: Option<Id>,
    /// Why.
    pub lift_reason: String,
    /// On what it rests.
    pub lift_basis: String,
}

/// What is assigned to a department.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetPart {
    /// Which department: of the same city, with an account.
    pub department_id: Id,
    /// What it shall do 交办事项; the department reads it.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "核实企业反映的供水接入问题，提出解决方案并落实")]
    pub matter: String,
    /// Until which day: this, `limit`, or neither for the limit that is set.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<NaiveDate>,
    /// How long, from its issue.
    #[serde(default)]
    pub limit: Option<Limit>,
}

/// Sheets as they are drawn up.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetsInput {
    /// The lead department; absent: assisting ones are added to the open lead sheet.
    #[serde(default)]
    #[validate(nested)]
    pub lead: Option<SheetPart>,
    /// Assisting departments.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub assisting: Vec<SheetPart>,
}

/// The reform office says who handles it.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeterminationInput {
    /// Which department leads.
    pub department_id: Id,
    /// Why this one; it reads that.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "依据三定方案，该事项由市场监督管理部门牵头")]
    pub reason: String,
    /// What it shall do; absent: as on the sheet that was returned last.
    #[serde(default)]
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub matter: Option<String>,
    /// Until which day: this, `limit`, or neither for the limit that is set.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<NaiveDate>,
    /// How long, from its issue.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// Departments that assist.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub assisting: Vec<SheetPart>,
}

/// A draft's editable fields, all of them.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetEdit {
    /// What the department shall do.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "核实企业反映的供水接入问题，提出解决方案并落实")]
    pub matter: String,
    /// Until which day.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    pub due_on: Option<NaiveDate>,
    /// How long, from its issue.
    #[serde(default)]
    pub limit: Option<Limit>,
}

/// The department takes it in.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetSignIn {
    /// Who answers for it.
    #[validate(nested)]
    pub responsible: Responsible,
}

/// Why it is not the department's.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetReturn {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "不属于本部门职责，依据三定方案")]
    pub reason: String,
    /// Who should handle it.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_length = 100, example = "如东县水务局")]
    pub suggested_unit: String,
}

/// More time.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetExtensionRequest {
    /// Days, as the limit counts.
    #[validate(range(min = 1, max = 365))]
    #[schema(minimum = 1, maximum = 365, example = 5)]
    pub days: u32,
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "需现场勘察后会商")]
    pub reason: String,
}

/// What the leader, or the center, says to it.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetOpinion {
    /// In words.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500, example = "同意，请按期办结")]
    pub opinion: String,
}

/// How it goes.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetProgress {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "已会同供水单位现场勘察")]
    pub note: String,
}

/// What was done.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetReply {
    /// What was achieved.
    pub result: SheetResult,
    /// What was done 完成情况.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000, example = "已完成管线迁改，企业已接水")]
    pub report: String,
    /// Who signs it; absent: who answers for it.
    #[serde(default)]
    #[validate(length(min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50)]
    pub signed_by: Option<String>,
    /// Files that the caller has uploaded; they stay with the sheet.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachments: Vec<Id>,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "完成情况未说明二期管线")]
    pub reason: String,
}

/// That a rung holds.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RungConfirmation {
    /// Number of the competent body's document; accountability needs it.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_length = 100, example = "东纪问〔2026〕3号")]
    pub document_number: String,
    /// What else is to be said.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: String,
}

/// Why a rung does not hold.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RungRejection {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "系统停机期间无法办复，经核实不予警示")]
    pub reason: String,
}

/// Why a rung no longer holds.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RungLift {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "已整改到位并办结")]
    pub reason: String,
    /// On what it rests.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "整改验收单 2026-3")]
    pub basis: String,
}
