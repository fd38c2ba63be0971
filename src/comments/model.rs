//! What a comment is, and what is sent for it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::tagging::ProblemTag;
use crate::{db::code_enum, evaluations::model::Grade, kernel::Id};

code_enum! {
    /// How a comment came. All but ratings are recorded apart and enter no rate.
    CommentSource in "comment-sources" {
        Rating "rating" "评价",
        LetterBox "letter_box" "意见箱",
        Mail "mail" "信函邮件",
        Media "media" "媒体",
        Inspection "inspection" "督查",
    }
}

/// A comment that came otherwise than with a rating.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "source": "letter_box",
    "received_on": "2026-03-01",
    "text": "取号机旁没有人引导，老人不会用，排队时间长",
}))]
pub struct NewComment {
    /// How it came; what comes with a rating is not recorded here.
    pub source: CommentSource,
    /// The center that it is about: id or 12-digit code; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "320623000000")]
    pub center: Option<String>,
    /// The department that it is about, of the center's city.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// The item that it is about: id or code.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub item: Option<String>,
    /// On which day it was received, or inspected.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub received_on: NaiveDate,
    /// What it says; it is kept without personal data.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub text: String,
    /// Grade, where one was given; it is counted nowhere.
    #[serde(default)]
    pub grade: Option<Grade>,
    /// What it is about; absent: what its words give away.
    #[serde(default)]
    #[validate(nested)]
    pub about: Option<CommentTags>,
}

/// What a recorded comment says in truth; it takes the place of what was recorded.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "received_on": "2026-03-01", "text": "取号机旁没有人引导，老人不会用", "reason": "补正原文" }))]
pub struct CommentCorrection {
    /// The department that it is about.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// The item that it is about: id or code.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub item: Option<String>,
    /// On which day it was received, or inspected.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub received_on: NaiveDate,
    /// What it says; it is kept without personal data.
    #[validate(length(min = 2, max = 2000))]
    #[schema(min_length = 2, max_length = 2000)]
    pub text: String,
    /// Grade, where one was given.
    #[serde(default)]
    pub grade: Option<Grade>,
    /// Why it is corrected.
    #[validate(length(min = 2, max = 500), custom(function = crate::deidentify::impersonal))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

/// Why it is withdrawn.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "与另一条重复" }))]
pub struct CommentReason {
    /// In words.
    #[validate(length(min = 2, max = 500), custom(function = crate::deidentify::impersonal))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

/// What a comment is about, as somebody read it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "tags": ["waiting", "visits"], "labels": ["午休无人值守"] }))]
pub struct CommentTags {
    /// Of the common vocabulary; they replace those that were there.
    #[validate(length(max = 16))]
    #[schema(max_items = 16)]
    pub tags: Vec<ProblemTag>,
    /// Words of the center's own, 2 to 12 characters each.
    #[serde(default)]
    #[validate(length(max = 5), custom(function = labels))]
    #[schema(max_items = 5)]
    pub labels: Vec<String>,
}

fn labels(all: &[String]) -> Result<(), validator::ValidationError> {
    let fits = |l: &String| (2..=12).contains(&l.trim().chars().count()) && l.trim() == l;
    if all.iter().all(fits) {
        Ok(())
    } else {
        Err(validator::ValidationError::new("label")
            .with_message("每个标签应为 2 至 12 个字，前后没有空格。|2 to 12 characters each, without blanks around.".into()))
    }
}
