//! What a home visit is, and what is sent for it.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    applicants::ContactInput,
    db::code_enum,
    kernel::{Id, Moment},
};

code_enum! {
    /// For whom, or why, one goes there.
    VisitReason in "visit-reasons" {
        KeyEnterprise "key_enterprise" "重点企业",
        KeyProject "key_project" "重点项目",
        ForeignEnterprise "foreign_enterprise" "外资企业",
        SpecialGroup "special_group" "老弱病残孕等特殊群体",
        Other "other" "其他",
    }
}

/// What people wrote: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VisitDetails {
    /// Whom to call.
    pub contact_name: String,
    /// Their telephone.
    pub contact_phone: String,
    /// Where.
    pub address: String,
    /// What for.
    pub request: String,
    /// What to bring and to do before.
    pub preparation: Vec<Preparation>,
    /// Who goes.
    pub visitor_ids: Vec<Id>,
    /// What was done there, or why nobody was met, or why it is not arranged.
    pub result: String,
    /// Papers taken along.
    pub papers_received: Vec<String>,
    /// Papers sent after.
    pub papers_sent: Vec<String>,
    /// How they were sent.
    pub delivery: String,
    /// When it was done there.
    pub visited_at: Option<Moment>,
}

/// Something to bring, or to do before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    /// What.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "携带高拍仪和空白申请表")]
    pub what: String,
    /// It is done.
    #[serde(default)]
    pub done: bool,
}

/// A home visit as it is asked for.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "center": "320623000000", "reason": "special_group", "contact": { "name": "家属甲", "phone": "13900004444" },
    "address": "如东县掘港街道人民路 1 号", "request": "行动不便，请上门办理居住证明" }))]
pub struct VisitInput {
    /// Center that shall come: id or 12-digit division code; absent: the clerk's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// For whom.
    pub reason: VisitReason,
    /// Whom to call.
    #[validate(nested)]
    pub contact: ContactInput,
    /// Where.
    #[validate(length(min = 4, max = 200))]
    #[schema(min_length = 4, max_length = 200)]
    pub address: String,
    /// What for.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub request: String,
    /// About which matter: id or number; only one that the caller sees.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub entrustment: Option<String>,
}

/// When one goes, who, and with what.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitArrangement {
    /// From.
    pub start: Moment,
    /// Until.
    pub end: Moment,
    /// Who goes: staff of the center.
    #[validate(length(min = 1, max = 10))]
    #[schema(min_items = 1, max_items = 10)]
    pub visitor_ids: Vec<Id>,
    /// What to bring and to do before.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub preparation: Vec<Preparation>,
}

/// The list as it now stands.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "preparation": [{ "what": "携带高拍仪和空白申请表", "done": true }] }))]
pub struct VisitPreparation {
    /// All of it.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub preparation: Vec<Preparation>,
}

/// What was done there.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "result": "现场核验身份并收取申请材料", "papers_received": ["申请表", "身份证复印件"] }))]
pub struct VisitRecord {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub result: String,
    /// Papers taken along.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = lines))]
    #[schema(max_items = 50)]
    pub papers_received: Vec<String>,
}

/// What was sent after.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "papers_sent": ["居住证明"], "delivery": "EMS 1234567890123" }))]
pub struct VisitCompletion {
    /// Papers sent after; none: nothing had to be sent.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = lines))]
    #[schema(max_items = 50)]
    pub papers_sent: Vec<String>,
    /// How: carrier and number, or who brought them.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub delivery: String,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitReasonInput {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "申请人已自行到大厅办理")]
    pub reason: String,
}

fn lines(papers: &[String]) -> Result<(), validator::ValidationError> {
    if papers.iter().all(|p| (1..=200).contains(&p.chars().count())) {
        Ok(())
    } else {
        Err(validator::ValidationError::new("length").with_message("每项应为 1 到 200 个字。|1 to 200 characters each.".into()))
    }
}
