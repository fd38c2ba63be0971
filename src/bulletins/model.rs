//! What a bulletin is, and what is sent for it.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::machine::BulletinAction;
use crate::{
    deidentify::impersonal,
    kernel::{Id, Moment},
};

/// A bulletin to be composed.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "center": "320600000000", "from": "2026-02", "to": "2026-02" }))]
pub struct NewBulletin {
    /// Of which center with all below it: id or division code; without it the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub center: Option<String>,
    /// First month, `YYYY-MM`.
    #[validate(length(equal = 7))]
    #[schema(min_length = 7, max_length = 7, pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$", example = "2026-01")]
    pub from: String,
    /// Last month, that is over; at most twelve months together.
    #[validate(length(equal = 7))]
    #[schema(min_length = 7, max_length = 7, pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$", example = "2026-01")]
    pub to: String,
    /// Title; without it one that names center and period.
    #[serde(default)]
    #[validate(length(min = 4, max = 100))]
    #[schema(min_length = 4, max_length = 100)]
    pub title: Option<String>,
}

/// What people write in a bulletin.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "2026年1月代办帮办工作情况通报", "overview": "全市代办帮办工作总体平稳，按时办结率保持稳定。",
    "problems": "个别中心受理不及时，交办件超期未办复。", "requirements": "逾期单位应于五个工作日内办结并说明原因。", "is_public": false
}))]
pub struct BulletinWords {
    /// Title.
    #[validate(length(min = 4, max = 100), custom(function = "impersonal"))]
    #[schema(min_length = 4, max_length = 100)]
    pub title: String,
    /// How it went 总体情况.
    #[serde(default)]
    #[validate(length(max = 10_000), custom(function = "impersonal"))]
    #[schema(max_length = 10000)]
    pub overview: String,
    /// What is wrong 存在问题.
    #[serde(default)]
    #[validate(length(max = 10_000), custom(function = "impersonal"))]
    #[schema(max_length = 10000)]
    pub problems: String,
    /// What is to be done 工作要求.
    #[serde(default)]
    #[validate(length(max = 10_000), custom(function = "impersonal"))]
    #[schema(max_length = 10000)]
    pub requirements: String,
    /// Everybody may read title, overview and the published figures; nothing that is named.
    #[serde(default)]
    pub is_public: bool,
}

/// A review that it passed.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "document_no": "代办办〔2026〕3号" }))]
pub struct BulletinPublication {
    /// Number of the document under which it goes out; without it the bulletin's own number.
    #[serde(default)]
    #[validate(length(min = 2, max = 60))]
    #[schema(min_length = 2, max_length = 60)]
    pub document_no: Option<String>,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "words": "第三部分数字与附表不一致，请核对" }))]
pub struct BulletinReason {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000)]
    pub words: String,
}

/// One act and what was said with it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BulletinNote {
    /// What was done.
    pub act: BulletinAction,
    /// In Chinese.
    pub act_label: String,
    /// What was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub words: String,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    /// When.
    pub at: Moment,
}

/// Everything that people wrote, and who worked on it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BulletinRecord {
    /// The text.
    pub words: BulletinWords,
    /// Who composed, edited or submitted it: they do not review it.
    pub worked_by: Vec<Id>,
    /// Oldest first.
    pub notes: Vec<BulletinNote>,
}
