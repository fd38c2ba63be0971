//! The knowledge base over HTTP, for staff, hotlines and who is signed in.

use actix_web::{get, post, put};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    feedback::{self, ArticleFeedbackView},
    finding::{self, Asker, KnowledgeHits, KnowledgeSuggestions, Wanted},
    machine::ArticleState,
    model::{ArticleEdit, ArticleFeedback, ArticleKind, ArticleReason, FeedbackAnswer, FeedbackState, NewArticle},
    reading::{self, ArticleCitations, ArticleDifferences, ArticleVersions},
    service,
    sources::{self, DrawnArticles},
    views::{self, ArticleBrief, ArticleView},
};
use crate::{
    entrustments::TimelineEntry,
    http::{Answer, Ask, Body, Command, Empty, Filter, FilterKind, List, ListKind, Nothing, Params},
    kernel::{Code as _, Page, Problem},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(suggest).service(search).service(browse);
    cfg.service(list).service(create).service(fetch).service(edit).service(submit).service(send_back).service(publish).service(withdraw);
    cfg.service(versions).service(differences).service(timeline).service(citations).service(use_article);
    cfg.service(give_feedback).service(list_feedback).service(answer_feedback);
    cfg.service(from_precedent).service(from_consultation).service(from_item);
    super::public_api::routes(cfg);
}

/// What is typed.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SuggestParams {
    /// 已输入的字词，1 到 100 个字
    #[param(min_length = 1, max_length = 100, example = "供水报")]
    pub q: String,
    /// 服务中心 id 或 12 位区划代码；缺省为本人所在中心
    #[param(min_length = 1, max_length = 40, example = "320623000000")]
    pub center: Option<String>,
}

/// What is looked for.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// 检索词，1 到 100 个字
    #[param(min_length = 1, max_length = 100, example = "供水报装")]
    pub q: String,
    /// 服务中心 id 或 12 位区划代码；缺省为本人所在中心
    #[param(min_length = 1, max_length = 40)]
    pub center: Option<String>,
    /// 种类
    #[param(inline)]
    pub kind: Option<ArticleKind>,
    /// 相关事项 id 或编码
    #[param(min_length = 1, max_length = 100)]
    pub item: Option<String>,
}

/// Refuses what is no question.
pub(super) fn checked(q: &str, center: Option<&String>, item: Option<&String>) -> Result<(), Problem> {
    for (name, value, most) in [("q", Some(q), 100), ("center", center.map(String::as_str), 40), ("item", item.map(String::as_str), 100)] {
        let Some(value) = value else { continue };
        if value.trim().is_empty() || value.chars().count() > most || value.contains('\0') {
            return Err(Problem::parameter(name, "length", format!("应为 1 到 {most} 个字。"), format!("1 to {most} characters.")));
        }
    }
    Ok(())
}

/// What is live, as a list.
pub struct LiveArticles;
impl ListKind for LiveArticles {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "kind", kind: FilterKind::Codes(|| ArticleKind::ALL.iter().map(|k| k.code()).collect()), doc: "种类" },
        Filter { name: "item_id", kind: FilterKind::Id, doc: "相关事项" },
    ];
    const SORTS: &'static [&'static str] = &[];
}

/// Articles of all states, as a list.
pub struct Articles;
impl ListKind for Articles {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| ArticleState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "kind", kind: FilterKind::Codes(|| ArticleKind::ALL.iter().map(|k| k.code()).collect()), doc: "种类" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "所属中心" },
        Filter { name: "owner_id", kind: FilterKind::Id, doc: "维护人" },
        Filter { name: "open_feedback", kind: FilterKind::Flag, doc: "true 只看有待答复反馈的" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "起草的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// What was said, as a list.
pub struct ArticleFeedbacks;
impl ListKind for ArticleFeedbacks {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "state", kind: FilterKind::Codes(|| FeedbackState::ALL.iter().map(|s| s.code()).collect()), doc: "是否待答复" }];
    const SORTS: &'static [&'static str] = &[];
}

/// A list without filters.
pub struct ArticleTimeline;
impl ListKind for ArticleTimeline {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 边输边查（type-ahead）
///
/// 供话务员和窗口人员边听边查：按标题、关键词和问法匹配，最多十条，近的在前；最后一个字或字母串按前缀匹配。只给出本人可读、当前有效、本中心及上下级的条目。
#[utoipa::path(tag = "knowledge", operation_id = "suggest_knowledge", params(SuggestParams), responses((status = 200, description = "至多十条", body = KnowledgeSuggestions)))]
#[get("/knowledge/suggest")]
async fn suggest(ask: Ask, params: Params<SuggestParams>) -> Answer {
    let SuggestParams { q, center } = params.0;
    checked(&q, center.as_ref(), None)?;
    ask.view(move |tx, actor, _| {
        let asker = Asker::of(tx, actor, center.as_deref())?;
        finding::suggest_to(tx, &asker, &q)
    })
    .await
}

/// 检索知识库（full-text search）
///
/// 中文全文检索，按相关程度排序：标题、关键词、问法在前，正文在后；命中的字词在 title 和 excerpt 中标出。最多五十条。
#[utoipa::path(tag = "knowledge", operation_id = "search_knowledge", params(SearchParams), responses((status = 200, description = "至多五十条", body = KnowledgeHits)))]
#[get("/knowledge/search")]
async fn search(ask: Ask, params: Params<SearchParams>) -> Answer {
    let SearchParams { q, center, kind, item } = params.0;
    checked(&q, center.as_ref(), item.as_ref())?;
    ask.view(move |tx, actor, _| {
        let asker = Asker::of(tx, actor, center.as_deref())?;
        finding::search_for(tx, &asker, &Wanted { q: q.clone(), kinds: kind.into_iter().collect(), item: item.clone() })
    })
    .await
}

/// 浏览知识库（articles in force）
///
/// 本人可读、当前有效的条目，新的在前。
#[utoipa::path(tag = "knowledge", operation_id = "browse_knowledge", params(List<LiveArticles>), responses((status = 200, description = "一页条目", body = Page<ArticleBrief>)))]
#[get("/knowledge/articles")]
async fn browse(ask: Ask, asked: List<LiveArticles>) -> Answer {
    ask.list(asked.query, |tx, actor, q| {
        let asker = Asker::of(tx, actor, None)?;
        finding::browse(tx, &asker, q)
    })
    .await
}

/// 知识条目台账（articles with drafts）
///
/// 供编写、审核和维护人员查看各状态的条目；sort=due_at 按失效日期先后。
#[utoipa::path(tag = "knowledge", operation_id = "list_knowledge_articles", params(List<Articles>), responses((status = 200, description = "一页条目", body = Page<ArticleView>)))]
#[get("/knowledge-articles")]
async fn list(ask: Ask, asked: List<Articles>) -> Answer {
    ask.list(asked.query, reading::list).await
}

/// 起草知识条目（write article）
///
/// 起草后提交审核，由另一人发布；条目在所属中心及其下级有效。
#[utoipa::path(tag = "knowledge", operation_id = "create_knowledge_article", request_body = NewArticle, responses((status = 201, description = "草稿", body = ArticleView)))]
#[post("/knowledge-articles")]
async fn create(command: Command, body: Body<NewArticle>) -> Answer {
    command.create("/api/v1/knowledge-articles", body, |tx, actor, _, input| service::create(tx, actor, input)).await
}

/// 查看知识条目（article）
///
/// 路径中可用 id，也可用编号。维护人员同时看到草稿。
#[utoipa::path(tag = "knowledge", operation_id = "get_knowledge_article", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), responses((status = 200, description = "条目", body = ArticleView)))]
#[get("/knowledge-articles/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 修改草稿（edit draft）
///
/// 提交的就是全部内容；已发布的版本不变，直到新版本发布。
#[utoipa::path(tag = "knowledge", operation_id = "edit_knowledge_article", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), request_body = ArticleEdit, responses((status = 200, description = "条目", body = ArticleView)))]
#[put("/knowledge-articles/{id}")]
async fn edit(command: Command, body: Body<ArticleEdit>) -> Answer {
    command.conditional()?.act(body, service::edit).await
}

/// 提交审核（submit）
///
/// 含证件号码、手机号码等个人信息的不能提交。
#[utoipa::path(tag = "knowledge", operation_id = "submit_knowledge_article", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "条目", body = ArticleView)))]
#[post("/knowledge-articles/{id}/submit")]
async fn submit(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::submit(tx, actor, target)).await
}

/// 退回修改（send back）
///
/// 审核人写明理由退回。
#[utoipa::path(tag = "knowledge", operation_id = "send_back_knowledge_article", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), request_body = ArticleReason, responses((status = 200, description = "条目", body = ArticleView)))]
#[post("/knowledge-articles/{id}/send-back")]
async fn send_back(command: Command, body: Body<ArticleReason>) -> Answer {
    command.act(body, service::send_back).await
}

/// 发布（publish）
///
/// 由编写人以外的人审核发布，成为编号的新版本；已发布的版本不再改变。
#[utoipa::path(tag = "knowledge", operation_id = "publish_knowledge_article", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "条目", body = ArticleView)))]
#[post("/knowledge-articles/{id}/publish")]
async fn publish(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::publish(tx, actor, target)).await
}

/// 撤下（withdraw）
///
/// 写明理由；各版本保留，可以修改后重新发布。
#[utoipa::path(tag = "knowledge", operation_id = "withdraw_knowledge_article", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), request_body = ArticleReason, responses((status = 200, description = "条目", body = ArticleView)))]
#[post("/knowledge-articles/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<ArticleReason>) -> Answer {
    command.act(body, service::withdraw).await
}

/// 历次版本（versions）
///
/// 新的在前，各版本与前一版本的差异逐项列出；供维护人员查看。
#[utoipa::path(tag = "knowledge", operation_id = "list_knowledge_article_versions", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), responses((status = 200, description = "版本", body = ArticleVersions)))]
#[get("/knowledge-articles/{id}/versions")]
async fn versions(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(reading::versions).await
}

/// Between which versions.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DifferenceParams {
    /// 自哪一版本；缺省为当前发布的版本
    #[param(minimum = 1)]
    from: Option<i64>,
    /// 至哪一版本；缺省为草稿，没有草稿的为当前发布的版本
    #[param(minimum = 1)]
    to: Option<i64>,
}

/// 版本差异（differences）
///
/// 两个版本之间，或某一版本与草稿之间的差异；答复中的 `from`、`to` 是实际比较的版本，`to` 缺省为草稿。没有所说的版本（例如尚未发布）为 404。
#[utoipa::path(tag = "knowledge", operation_id = "compare_knowledge_article_versions", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100), DifferenceParams), responses((status = 200, description = "差异", body = ArticleDifferences)))]
#[get("/knowledge-articles/{id}/differences")]
async fn differences(ask: Ask, params: Params<DifferenceParams>) -> Answer {
    let DifferenceParams { from, to } = params.0;
    ask.view(move |tx, actor, id| reading::differences(tx, actor, id, from, to)).await
}

/// 条目经过（timeline）
///
/// 由早到晚。
#[utoipa::path(tag = "knowledge", operation_id = "list_knowledge_article_timeline", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100), List<ArticleTimeline>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/knowledge-articles/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<ArticleTimeline>) -> Answer {
    ask.list_of(asked.query, reading::timeline).await
}

/// 引用该条目的咨询（citations）
///
/// 只列出本人可见的咨询。
#[utoipa::path(tag = "knowledge", operation_id = "list_knowledge_article_citations", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), responses((status = 200, description = "咨询", body = ArticleCitations)))]
#[get("/knowledge-articles/{id}/citations")]
async fn citations(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(reading::citations).await
}

/// 登记使用（count a use）
///
/// 话务员或窗口人员用该条目作了解答；用得多的在检索中靠前。答复咨询时引用的自动计数。
#[utoipa::path(tag = "knowledge", operation_id = "use_knowledge_article", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "条目", body = ArticleView)))]
#[post("/knowledge-articles/{id}/uses")]
async fn use_article(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| views::used(tx, actor, target)).await
}

/// 反馈（give feedback）
///
/// 有用、没有用只计数；内容有误、已经过时的须写明，进入维护人的待办。
#[utoipa::path(tag = "knowledge", operation_id = "give_knowledge_feedback", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100)), request_body = ArticleFeedback, responses((status = 200, description = "反馈", body = ArticleFeedbackView)))]
#[post("/knowledge-articles/{id}/feedback")]
async fn give_feedback(command: Command, body: Body<ArticleFeedback>) -> Answer {
    command.act(body, feedback::give).await
}

/// 查询反馈（feedback）
///
/// 维护人员看到全部，其他人看到自己的。
#[utoipa::path(tag = "knowledge", operation_id = "list_knowledge_feedback", params(("id" = String, Path, description = "条目 id 或编号", max_length = 100), List<ArticleFeedbacks>), responses((status = 200, description = "一页反馈", body = Page<ArticleFeedbackView>)))]
#[get("/knowledge-articles/{id}/feedback")]
async fn list_feedback(ask: Ask, asked: List<ArticleFeedbacks>) -> Answer {
    ask.list_of(asked.query, feedback::list).await
}

/// 答复反馈（answer feedback）
///
/// 由维护该条目的人员答复。
#[utoipa::path(tag = "knowledge", operation_id = "answer_knowledge_feedback", params(("id" = String, Path, description = "反馈 id", max_length = 100)), request_body = FeedbackAnswer, responses((status = 200, description = "反馈", body = ArticleFeedbackView)))]
#[post("/knowledge-feedback/{id}/answer")]
async fn answer_feedback(command: Command, body: Body<FeedbackAnswer>) -> Answer {
    command.act(body, feedback::answer).await
}

/// 由案例起草（draft from a precedent）
///
/// 由已公布的案例生成知识条目草稿。
#[utoipa::path(tag = "knowledge", operation_id = "draft_knowledge_from_precedent", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "草稿", body = ArticleView)))]
#[post("/precedents/{id}/knowledge-draft")]
async fn from_precedent(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| sources::from_precedent(tx, actor, target)).await
}

/// 由咨询起草（draft from a consultation）
///
/// 由难以答复或有代表性的咨询生成知识条目草稿，隐去咨询人；尚未答复的，正文待补充。
#[utoipa::path(tag = "knowledge", operation_id = "draft_knowledge_from_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "草稿", body = ArticleView)))]
#[post("/consultations/{id}/knowledge-draft")]
async fn from_consultation(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| sources::from_consultation(tx, actor, target)).await
}

/// 由办事指南起草（drafts from an item's guide）
///
/// 由事项办事指南的常见问题逐条生成知识条目草稿；已生成过的不重复。
#[utoipa::path(tag = "knowledge", operation_id = "draft_knowledge_from_item", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100)), request_body = Empty, responses((status = 200, description = "草稿", body = DrawnArticles)))]
#[post("/service-items/{id}/knowledge-drafts")]
async fn from_item(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| sources::from_item(tx, actor, target)).await
}
