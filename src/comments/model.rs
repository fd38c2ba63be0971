//! What a comment is, and what is sent for it.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::tagging::ProblemTag;

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
