//! What an article is, and what is sent for it.

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::{
    db::code_enum,
    kernel::{Id, Moment},
};

code_enum! {
    /// What kind of article.
    ArticleKind in "knowledge-kinds" {
        Policy "policy" "政策",
        Guide "guide" "办事指引",
        Precedent "precedent" "案例",
        Faq "faq" "常见问题",
        Script "script" "话术",
    }
}
code_enum! {
    /// Who may read an article.
    ArticleVisibility in "knowledge-visibilities" {
        Public "public" "公开",
        Hotline "hotline" "热线和工作人员",
        Staff "staff" "工作人员",
    }
}
code_enum! {
    /// What a source is.
    ArticleSourceKind in "knowledge-source-kinds" {
        Document "document" "文件",
        Link "link" "网页",
        Precedent "precedent" "案例",
        Guide "guide" "办事指南",
        Consultation "consultation" "咨询",
    }
}
code_enum! {
    /// What is said of an article.
    FeedbackKind in "knowledge-feedback-kinds" {
        Useful "useful" "有用",
        NotUseful "not_useful" "没有用",
        Wrong "wrong" "内容有误",
        Outdated "outdated" "已经过时",
    }
}
code_enum! {
    /// Whether what was said waits for an answer.
    FeedbackState in "knowledge-feedback-states" {
        Open "open" "待处理",
        Answered "answered" "已答复",
        Noted "noted" "已记录",
    }
}

/// What an article rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArticleSource {
    /// What it is.
    pub kind: ArticleSourceKind,
    /// Name.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "关于优化供水报装服务的通知")]
    pub name: String,
    /// Number of the document, of the precedent, of the item.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[validate(length(max = 100))]
    #[schema(max_length = 100, example = "东政办发〔2026〕3号")]
    pub number: String,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 500), url)]
    #[schema(max_length = 500, example = "https://www.example.gov.cn/policies/2026/3.html")]
    pub url: Option<String>,
}

/// What an article says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "供水报装需要哪些材料", "question": "企业新建厂房接水，要准备什么？", "summary": "申请表、营业执照、用地证明三样",
    "body": "1. 供水报装申请表；\n2. 营业执照；\n3. 用地证明。", "keywords": ["接水", "用水报装"], "items": ["GS-320623-0001"], "visibility": "public" }))]
pub struct ArticleContent {
    /// Title.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub title: String,
    /// The question that it answers, as people ask it.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub question: String,
    /// The answer in a sentence or two: what is read while typing.
    #[serde(default)]
    #[validate(length(max = 300))]
    #[schema(max_length = 300)]
    pub summary: String,
    /// The text, in Markdown.
    #[validate(length(min = 2, max = 20000))]
    #[schema(min_length = 2, max_length = 20000)]
    pub body: String,
    /// Keywords and other words for the same.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = keywords))]
    #[schema(max_items = 20)]
    pub keywords: Vec<String>,
    /// Items that it is about: id or code; answered as ids.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = references))]
    #[schema(max_items = 20)]
    pub items: Vec<String>,
    /// What it rests on.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub sources: Vec<ArticleSource>,
    /// Who may read it.
    pub visibility: ArticleVisibility,
    /// First day on which it holds; absent: from its publication.
    #[serde(default, deserialize_with = "crate::kernel::date::optional", skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-01-01")]
    pub valid_from: Option<chrono::NaiveDate>,
    /// Last day on which it holds; absent: until it is withdrawn.
    #[serde(default, deserialize_with = "crate::kernel::date::optional", skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-12-31")]
    pub valid_until: Option<chrono::NaiveDate>,
}

fn each(values: &[String], most: usize, text: &'static str) -> Result<(), ValidationError> {
    if values.iter().all(|v| (1..=most).contains(&v.trim().chars().count())) { Ok(()) } else { Err(ValidationError::new("length").with_message(text.into())) }
}

fn keywords(values: &[String]) -> Result<(), ValidationError> {
    each(values, 20, "每个关键词应为 1 到 20 个字。|1 to 20 characters each.")
}

fn references(values: &[String]) -> Result<(), ValidationError> {
    each(values, 100, "每项应为 1 到 100 个字。|1 to 100 characters each.")
}

impl ArticleContent {
    /// Every text in it that people read, with its pointer.
    pub fn texts(&self) -> Vec<(String, &str)> {
        let single = [("/title", &self.title), ("/question", &self.question), ("/summary", &self.summary), ("/body", &self.body)];
        let words = self.keywords.iter().enumerate().map(|(i, text)| (format!("/keywords/{i}"), text.as_str()));
        single.into_iter().map(|(at, text)| (at.to_owned(), text.as_str())).chain(words).collect()
    }
}

/// A new article.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewArticle {
    /// Center whose it is: id or 12-digit division code; absent: the caller's own. It holds there and below.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "320600000000")]
    pub center: Option<String>,
    /// Department that answers for it.
    #[serde(default)]
    pub department_id: Option<Id>,
    /// Who keeps it right; absent: who writes it.
    #[serde(default)]
    pub owner_id: Option<Id>,
    /// What kind.
    pub kind: ArticleKind,
    /// What it says.
    #[validate(nested)]
    pub content: ArticleContent,
}

/// The draft as it shall be.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArticleEdit {
    /// Who keeps it right; absent: as before.
    #[serde(default)]
    pub owner_id: Option<Id>,
    /// All of it.
    #[validate(nested)]
    pub content: ArticleContent,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArticleReason {
    /// In words.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "请补充文件依据")]
    pub reason: String,
}

/// What a user says of an article.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "outdated", "words": "2026 年起不再需要用地证明原件" }))]
pub struct ArticleFeedback {
    /// What.
    pub kind: FeedbackKind,
    /// In words; needed for what is wrong or outdated.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub words: String,
}

/// What the owner answers.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackAnswer {
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "已核实并提交新版本审核")]
    pub answer: String,
}

/// What belongs to an article beside its text: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArticleRecord {
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
pub struct ArticleReview {
    /// Who wrote it.
    pub authors: Vec<Id>,
    /// Who published it.
    pub reviewer: Option<Id>,
}

/// What was said, and answered: kept encrypted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedbackWords {
    /// What was said.
    pub words: String,
    /// What was answered.
    pub answer: Option<String>,
    /// By whom.
    pub answered_by: Option<Id>,
    /// When.
    pub answered_at: Option<Moment>,
}
