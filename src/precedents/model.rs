//! What a precedent is, and what is sent for it.

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::{
    deidentify::{Finding, Known, check},
    kernel::{Id, Moment},
    tickets::{TicketCategory, machine::TicketTier},
};

/// What a precedent says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrecedentContent {
    /// Title.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "开发企业注销后的历史遗留房屋办理不动产登记")]
    pub title: String,
    /// What kind of difficulty.
    pub category: TicketCategory,
    /// How hard it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TicketTier>,
    /// 问题.
    #[validate(length(min = 2, max = 5000))]
    #[schema(min_length = 2, max_length = 5000)]
    pub problem: String,
    /// 原因.
    #[serde(default)]
    #[validate(length(max = 3000))]
    #[schema(max_length = 3000)]
    pub cause: String,
    /// 处理过程.
    #[validate(length(min = 2, max = 5000))]
    #[schema(min_length = 2, max_length = 5000)]
    pub handling: String,
    /// 结果.
    #[validate(length(min = 2, max = 3000))]
    #[schema(min_length = 2, max_length = 3000)]
    pub result: String,
    /// 依据.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = lines))]
    #[schema(max_items = 20)]
    pub basis: Vec<String>,
    /// 办理指引: what later cases do.
    #[validate(length(min = 2, max = 1900))]
    #[schema(min_length = 2, max_length = 1900)]
    pub advice: String,
    /// Keywords.
    #[serde(default)]
    #[validate(length(max = 10), custom(function = keywords))]
    #[schema(max_items = 10)]
    pub keywords: Vec<String>,
    /// Items that it is about: id or code; answered as ids.
    #[serde(default)]
    #[validate(length(max = 10), custom(function = lines))]
    #[schema(max_items = 10)]
    pub items: Vec<String>,
    /// Departments that took part.
    #[serde(default)]
    #[validate(length(max = 10), custom(function = lines))]
    #[schema(max_items = 10)]
    pub departments: Vec<String>,
}

fn each(values: &[String], most: usize, text: &'static str) -> Result<(), ValidationError> {
    if values.iter().all(|v| (1..=most).contains(&v.chars().count())) { Ok(()) } else { Err(ValidationError::new("length").with_message(text.into())) }
}

fn lines(values: &[String]) -> Result<(), ValidationError> {
    each(values, 300, "每项应为 1 到 300 个字。|1 to 300 characters each.")
}

fn keywords(values: &[String]) -> Result<(), ValidationError> {
    each(values, 20, "每个关键词应为 1 到 20 个字。|1 to 20 characters each.")
}

impl PrecedentContent {
    /// Every text in it that people read, with its pointer.
    pub fn texts(&self) -> Vec<(String, &str)> {
        let single = [
            ("/title", &self.title),
            ("/problem", &self.problem),
            ("/cause", &self.cause),
            ("/handling", &self.handling),
            ("/result", &self.result),
            ("/advice", &self.advice),
        ];
        let several = [("/basis", &self.basis), ("/keywords", &self.keywords), ("/departments", &self.departments)];
        let each = several.into_iter().flat_map(|(at, list)| list.iter().enumerate().map(move |(i, text)| (format!("{at}/{i}"), text.as_str())));
        single.into_iter().map(|(at, text)| (at.to_owned(), text.as_str())).chain(each).collect()
    }

    /// The personal data in it, each with the pointer of its text.
    pub fn findings(&self, known: &Known) -> Vec<(String, Finding)> {
        let texts = self.texts();
        let known = known.hearing(texts.iter().map(|(_, text)| *text));
        let of = |(at, text): (String, &str)| check(text, &known).into_iter().map(move |f| (at.clone(), f));
        texts.into_iter().flat_map(of).collect()
    }
}

/// A new precedent, written by hand.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrecedent {
    /// Center that writes it: id or 12-digit division code; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// What it says.
    #[validate(nested)]
    pub content: PrecedentContent,
}

/// The draft as it shall be.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrecedentEdit {
    /// All of it.
    #[validate(nested)]
    pub content: PrecedentContent,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrecedentReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "处理过程应写明牵头部门和时限")]
    pub reason: String,
}

/// What the reviewer found.
#[derive(Clone, Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct PrecedentPublication {
    /// Words that look like personal data and are none.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub not_personal: Vec<NotPersonal>,
}

/// Words that are no personal data, and why.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotPersonal {
    /// The words, exactly as they were reported.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "王府路")]
    pub words: String,
    /// Why they are none.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "道路名称")]
    pub reason: String,
}

/// What belongs to a precedent beside its text: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PrecedentRecord {
    /// Who wrote the draft, or submitted it: they do not review it.
    pub authors: Vec<Id>,
    /// Why it was sent back.
    pub sent_back_for: Option<String>,
    /// Why it was withdrawn.
    pub withdrawn_for: Option<String>,
}

/// How a version was reviewed: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VersionReview {
    /// Who wrote it.
    pub authors: Vec<Id>,
    /// Who published it.
    pub reviewer: Option<Id>,
    /// What looked like personal data and is none.
    pub not_personal: Vec<NotPersonal>,
}

/// How a precedent helped.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CitationInput {
    /// Which: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub precedent: String,
    /// How it helped.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "参照案例由自然资源和规划部门牵头，容缺受理竣工资料")]
    pub helped: String,
}

/// What shall become of a precedent in the catalogue.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionInput {
    /// The item that it changes: id or code; absent: a new item is proposed.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "GS-320623-0001")]
    pub item: Option<String>,
    /// What is proposed.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "在办事指南中增加历史遗留情形的办理说明")]
    pub proposal: String,
}

/// What became of a proposed item.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionSettlement {
    /// The item that was made for it: id or code; absent: it is declined.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub item: Option<String>,
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "已列入地方事项目录")]
    pub reason: String,
}

/// What belongs to a promotion: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PromotionRecord {
    /// What is proposed.
    pub proposal: String,
    /// Who proposed it.
    pub by: Option<Id>,
    /// Why it was settled so.
    pub reason: String,
    /// Who settled it.
    pub settled_by: Option<Id>,
    /// When.
    pub settled_at: Option<Moment>,
}
