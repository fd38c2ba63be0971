//! What is sent for a hotline order.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{FileLink, OpenedKind};
use crate::{
    applicants::ApplicantInput,
    catalogue::Mode,
    kernel::{Id, Limit, Moment},
    tickets::TicketCategory,
};

/// Who called.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineCallerInput)]
pub struct CallerInput {
    /// They did not say who they are.
    #[serde(default)]
    pub anonymous: bool,
    /// Name; absent of an anonymous one.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(max_length = 40, example = "联系人甲")]
    pub name: Option<String>,
    /// Telephone, as the hotline has it.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(max_length = 40, example = "13900001234")]
    pub phone: Option<String>,
    /// Citizen number or unified social credit code, where it is known: an agency matter needs it.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(max_length = 40)]
    pub id_number: Option<String>,
}

/// An order as the hotline hands it in, in the hotline's own codes.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHotlineOrder, example = json!({ "external_number": "RX2026112300017", "order_type": "help", "category_code": "zwfw-01", "category_name": "政务服务",
    "urgency": "normal", "handling_unit": "320623000000", "title": "个体工商户变更经营场所无法提交",
    "content": "来电人反映在线办理变更登记时系统提示无此事项，请协助办理。", "caller": { "name": "联系人甲", "phone": "13900001234" }, "needs_return_visit": true }))]
pub struct NewOrder {
    /// The hotline's number of the order.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "RX2026112300017")]
    pub external_number: String,
    /// Round of handling: 1, or one more at each re-handling 重办.
    #[serde(default = "first")]
    #[validate(range(min = 1, max = 99))]
    #[schema(minimum = 1, maximum = 99, default = 1)]
    pub round: i32,
    /// When the content was last changed at the hotline: newer content amends the order.
    #[serde(default)]
    pub content_at: Option<Moment>,
    /// Center that takes it in by hand, or that the hotline hands in at: id or 12-digit code; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// How the caller reached the hotline.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(max_length = 60, example = "phone")]
    pub channel: Option<String>,
    /// Kind: 咨询、求助、投诉、举报、建议、表扬、其他.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "help")]
    pub order_type: String,
    /// Category.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub category_code: String,
    /// Its name.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_length = 100)]
    pub category_name: String,
    /// Urgency.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub urgency: Option<String>,
    /// Secrecy.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub secrecy: Option<String>,
    /// Disposal 直办、转办.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub disposal: Option<String>,
    /// The unit that handles it: a code of the mapping, or a center's 12-digit code. Absent or not known: the order waits to be
    /// dispatched.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(max_length = 60, example = "320623000000")]
    pub handling_unit: Option<String>,
    /// Who called.
    #[serde(default)]
    #[validate(nested)]
    pub caller: CallerInput,
    /// About whom, of a complaint or report.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub subject: String,
    /// Where.
    #[serde(default)]
    #[validate(length(max = 300))]
    #[schema(max_length = 300)]
    pub address: String,
    /// Of the place.
    #[serde(default)]
    #[validate(range(min = -90.0, max = 90.0))]
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    /// Of the place.
    #[serde(default)]
    #[validate(range(min = -180.0, max = 180.0))]
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
    /// In a few words.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What the caller said.
    #[validate(length(min = 1, max = 8000))]
    #[schema(min_length = 1, max_length = 8000)]
    pub content: String,
    /// Handled until.
    #[serde(default)]
    pub deadline_at: Option<Moment>,
    /// Or within; absent both: what the center's rules say.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// The hotline calls back.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub needs_return_visit: bool,
    /// The hotline supervises it.
    #[serde(default)]
    pub supervised: bool,
    /// Number of an order before this one.
    #[serde(default)]
    #[validate(length(max = 64))]
    #[schema(max_length = 64)]
    pub old_number: Option<String>,
    /// About which item: id or code.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_length = 100)]
    pub item: Option<String>,
    /// When the caller called.
    #[serde(default)]
    pub called_at: Option<Moment>,
    /// Uploads of the caller's own.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachments: Vec<Id>,
    /// Files that lie at the hotline.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub files: Vec<FileLink>,
}

fn first() -> i32 {
    1
}

fn yes() -> bool {
    true
}

/// Orders of a batch.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineOrderBatch)]
pub struct OrderBatch {
    /// Each as it is sent alone; what is wrong with one does not hold up the others.
    #[validate(length(min = 1, max = 100))]
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 100)]
    pub items: Vec<serde_json::Value>,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineReason, example = json!({ "reason": "按规定办理" }))]
pub struct OrderReason {
    /// In words.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub reason: String,
}

/// Where it goes.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineDispatch, example = json!({ "center": "320623000000", "reason": "属如东县办理" }))]
pub struct DispatchInput {
    /// Center: id or 12-digit code.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// Or the unit, in the hotline's own code.
    #[serde(default)]
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    pub handling_unit: Option<String>,
    /// Department of that center's city that handles it.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// Why there.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub reason: String,
}

/// Many at once.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineBulkSign)]
pub struct BulkSign {
    /// All or none.
    #[serde(default)]
    pub atomic: bool,
    /// Which orders.
    #[validate(length(min = 1, max = 100), nested)]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<SignItem>,
}

/// One of many.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineSignItem)]
pub struct SignItem {
    /// Order: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub id: String,
    /// The version that was read.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i64>,
}

/// Not ours.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineReturnRequest, example = json!({ "reason": "不属于本中心职责", "suggested_unit": "市市场监管局" }))]
pub struct ReturnRequest {
    /// Why.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub reason: String,
    /// To whom it belongs.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_length = 100)]
    pub suggested_unit: String,
}

/// More time.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineExtensionRequest, example = json!({ "days": 3, "reason": "需要多部门会商" }))]
pub struct ExtensionRequest {
    /// So many days, in the unit of the deadline.
    #[validate(range(min = 1, max = 60))]
    #[schema(minimum = 1, maximum = 60)]
    pub days: u32,
    /// Why.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub reason: String,
}

/// An answer of the hotline, with or without words.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineOpinion, example = json!({ "opinion": "同意" }))]
pub struct Opinion {
    /// In words.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub opinion: String,
}

/// A reply.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineReplyInput, example = json!({ "kind": "interim", "reply": "已联系诉求人并转市场监管窗口核实，三日内答复。" }))]
pub struct ReplyInput {
    /// Interim or final.
    pub kind: super::model::ReplyKind,
    /// What is answered.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub reply: String,
    /// Whether it is solved, as the unit sees it.
    #[serde(default)]
    pub solved: Option<bool>,
    /// Uploads of the caller's own.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachments: Vec<Id>,
}

/// What an order opens, by hand.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineOpen, example = json!({ "kind": "fallback_ticket", "ticket_category": "missing_from_system" }))]
pub struct OpenInput {
    /// What kind of record.
    pub kind: OpenedKind,
    /// Of a ticket: what kind of difficulty; absent: other.
    #[serde(default)]
    pub ticket_category: Option<TicketCategory>,
    /// Of a matter, and of the others where it is known: the item, id or code; absent: the order's.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub item: Option<String>,
    /// Of a matter: how it is helped; absent: assisted.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Of a matter: who asks; absent: by the identity number of the caller.
    #[serde(default)]
    #[validate(nested)]
    pub applicant: Option<ApplicantInput>,
    /// In other words than the order's.
    #[serde(default)]
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub title: Option<String>,
}

/// What a second-level unit is given.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineSubInput)]
pub struct SubInput {
    /// Which department.
    pub department_id: Id,
    /// What it does.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub matter: String,
    /// How long.
    pub limit: Limit,
}

/// What a second-level unit answers.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineSubAnswer)]
pub struct SubAnswer {
    /// Which sub-order.
    pub sub_order_id: Id,
    /// What was done.
    #[validate(length(min = 2, max = 4000))]
    #[schema(min_length = 2, max_length = 4000)]
    pub report: String,
}

/// Who handles it.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineAssign)]
pub struct HotlineAssignInput {
    /// Staff of the center.
    pub assignee_id: Id,
}

/// What the hotline heard when it called back.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineVisitInput, example = json!({ "contacted": true, "responded": true, "resolved": true, "hotline_satisfaction": "5",
    "department_satisfaction": "4", "recording_number": "LY20261123001", "opinion": "已经办好了" }))]
pub struct HotlineVisitInput {
    /// The caller was reached.
    pub contacted: bool,
    /// 响应: the unit had got in touch with the caller.
    #[serde(default)]
    pub responded: Option<bool>,
    /// 解决.
    #[serde(default)]
    pub resolved: Option<bool>,
    /// Satisfaction with the hotline: in its own scale of 1 to 5, or a grade.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub hotline_satisfaction: Option<String>,
    /// Satisfaction with the department that handled it: as above.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub department_satisfaction: Option<String>,
    /// What they said; needed where they are not satisfied.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub opinion: String,
    /// Number of the recording; needed where they are satisfied.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_length = 100)]
    pub recording_number: String,
    /// When; absent: now.
    #[serde(default)]
    pub visited_at: Option<Moment>,
    /// Who is not satisfied has it handled again; `false`: the hotline finds no ground for it.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub rehandle: bool,
}

/// Several callers, one matter.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineMerge)]
pub struct HotlineMergeInput {
    /// The order that goes on: id, number or the hotline's number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub into: String,
    /// Why.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub reason: String,
}

/// To be left out of the assessment.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineAppealInput)]
pub struct HotlineAppealInput {
    /// Why.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub reason: String,
    /// On what it rests.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub basis: String,
}
