//! Targets and batches, and what is sent for them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::mapping::ReportMapping;
use crate::{db::code_enum, kernel::Id};

code_enum! {
    /// State of a target.
    TargetState in "reporting-target-states" {
        Active "active" "启用",
        Paused "paused" "暂停",
    }
}

code_enum! {
    /// What a batch is for.
    BatchKind in "reporting-batch-kinds" {
        Push "push" "推送",
        File "file" "文件",
    }
}

code_enum! {
    /// State of a batch.
    ReportBatchState in "reporting-batch-states" {
        Waiting "waiting" "待推送",
        Sent "sent" "已推送",
        Failed "failed" "推送失败",
        Ready "ready" "文件已生成",
        Dropped "dropped" "不再推送",
    }
}

/// Where batches are pushed to, as it is shown: without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportPush {
    /// `https://…`, or `http://…` inside the government network.
    #[schema(example = "https://hcp.example.gov.cn/api/evaluations")]
    pub url: String,
    /// Who we are there.
    #[schema(example = "jieli")]
    pub app_id: String,
}

/// Where batches are to be pushed to.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportPushInput {
    /// `https://…`, or `http://…` inside the government network.
    #[validate(length(min = 8, max = 500), custom(function = address))]
    #[schema(min_length = 8, max_length = 500, example = "https://hcp.example.gov.cn/api/evaluations")]
    pub url: String,
    /// Who we are there.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "jieli")]
    pub app_id: String,
    /// Signs what is pushed; never shown again. Absent when a target is edited: it stays.
    #[serde(default)]
    #[validate(length(min = 16, max = 200))]
    #[schema(min_length = 16, max_length = 200, example = "a-secret-of-the-platform")]
    pub secret: Option<String>,
}

/// An `http` or `https` address with a host, without user, password or fragment.
fn address(text: &str) -> Result<(), validator::ValidationError> {
    let plain = reqwest::Url::parse(text).is_ok_and(|url| {
        let scheme = matches!(url.scheme(), "http" | "https");
        scheme && url.has_host() && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
    });
    if plain {
        Ok(())
    } else {
        Err(validator::ValidationError::new("url").with_message("应为 http 或 https 地址，不含用户名和片段。|An http or https address.".into()))
    }
}

/// A platform that ratings are reported to.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "省政务服务“好差评”系统", "center": "320600000000" }))]
pub struct NewReportingTarget {
    /// Its name.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub name: String,
    /// Ratings of this center and all below it: id or division code.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub center: String,
    /// How ratings are written; absent: as is usual.
    #[serde(default)]
    #[validate(nested)]
    pub mapping: Option<ReportMapping>,
    /// Where they are pushed to; absent: files alone.
    #[serde(default)]
    #[validate(nested)]
    pub push: Option<ReportPushInput>,
}

/// A target as it is edited.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportingTargetEdit {
    /// Its name.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub name: String,
    /// How ratings are written.
    #[validate(nested)]
    pub mapping: ReportMapping,
    /// Where they are pushed to; absent: files alone.
    #[serde(default)]
    #[validate(nested)]
    pub push: Option<ReportPushInput>,
}

/// A file of the ratings of some days.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "from": "2026-01-01", "to": "2026-02-01" }))]
pub struct ReportFileInput {
    /// From this day.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub from: NaiveDate,
    /// Before this day; at most 366 days together.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub to: NaiveDate,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "words": "对方已收到，无需重推" }))]
pub struct ReportWords {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub words: String,
}

/// What a target is set to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetSettings {
    /// Its name.
    pub name: String,
    /// How ratings are written.
    pub mapping: ReportMapping,
    /// Address and account.
    pub push: Option<ReportPush>,
    /// Signs what is pushed.
    pub secret: String,
}

/// What a batch holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Payload {
    /// As the other platform reads them, in order.
    pub rows: Vec<serde_json::Map<String, serde_json::Value>>,
    /// What was said when it was dropped.
    pub words: String,
    /// Who asked for it.
    pub by: Option<Id>,
}
