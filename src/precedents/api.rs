//! Precedents over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    citing::{self, PrecedentCitation, PrecedentCitations},
    machine::PrecedentState,
    model::{CitationInput, NewPrecedent, PrecedentEdit, PrecedentPublication, PrecedentReason, PromotionInput, PromotionSettlement},
    promoting::{self, PromotionKind, PromotionState, PromotionView},
    reading::{self, PrecedentEvent, PrecedentSuggestions},
    service,
    views::{PrecedentBrief, PrecedentView, PublicPrecedent},
};
use crate::{
    http::{Answer, Ask, Body, Command, Empty, Filter, FilterKind, List, ListKind, Nothing, Params, Public},
    kernel::{Code, Page},
    tickets::{TicketCategory, machine::TicketTier},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(browse).service(create).service(list).service(promotions).service(settle).service(fetch).service(edit).service(fetch_draft);
    cfg.service(submit).service(send_back).service(publish).service(withdraw).service(promote).service(timeline).service(citations);
    cfg.service(from_ticket).service(cite).service(cited).service(suggest);
}

/// The public list.
pub struct PublicPrecedents;
impl ListKind for PublicPrecedents {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "category", kind: FilterKind::Codes(|| TicketCategory::ALL.iter().map(|c| c.code()).collect()), doc: "问题类别" },
        Filter { name: "tier", kind: FilterKind::Codes(|| TicketTier::ALL.iter().map(|t| t.code()).collect()), doc: "难易程度" },
        Filter { name: "division_code", kind: FilterKind::Division, doc: "行政区划代码" },
        Filter { name: "item_id", kind: FilterKind::Id, doc: "相关事项" },
        Filter { name: "department", kind: FilterKind::Text(100), doc: "参与部门（全称）" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
    const SEARCH: bool = true;
}

/// The list for writers and reviewers.
pub struct Drafts;
impl ListKind for Drafts {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| PrecedentState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "起草的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
    const SYNC: bool = true;
}

/// Proposals to the catalogue.
pub struct Promotions;
impl ListKind for Promotions {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| PromotionState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "kind", kind: FilterKind::Codes(|| PromotionKind::ALL.iter().map(|s| s.code()).collect()), doc: "建议的种类" },
    ];
    const SORTS: &'static [&'static str] = &[];
}

/// A list without filters.
pub struct Plain;
impl ListKind for Plain {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询案例（precedents）
///
/// 公开。已公布的疑难问题办理案例，供同类事务参照；q 为中文全文检索。案例不含个人信息。
#[utoipa::path(tag = "precedents", operation_id = "list_precedents", security(()), params(List<PublicPrecedents>), responses((status = 200, description = "一页案例", body = Page<PrecedentBrief>)))]
#[get("/precedents")]
async fn browse(public: Public, asked: List<PublicPrecedents>) -> Answer {
    public.list(asked.query, 60, reading::browse).await
}

/// 查看案例（precedent）
///
/// 公开。路径中可用 id，也可用编号。
#[utoipa::path(tag = "precedents", operation_id = "get_precedent", security(()), params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), responses((status = 200, description = "案例", body = PublicPrecedent)))]
#[get("/precedents/{id}")]
async fn fetch(public: Public) -> Answer {
    public.fetch(60, reading::public).await
}

/// 起草案例（write precedent）
///
/// 由服务中心或改革办起草；草稿只有本中心、上级和改革办可见，经另一人审核后公布。
#[utoipa::path(tag = "precedents", operation_id = "create_precedent", request_body = NewPrecedent, responses((status = 201, description = "案例草稿", body = PrecedentView)))]
#[post("/precedents")]
async fn create(command: Command, body: Body<NewPrecedent>) -> Answer {
    command.create("/api/v1/precedents", body, |tx, actor, _, input| service::create(tx, actor, input)).await
}

/// 案例台账（precedents with drafts）
///
/// 供工作人员查看各状态的案例，含草稿和已撤下的。
#[utoipa::path(tag = "precedents", operation_id = "list_precedent_drafts", params(List<Drafts>), responses((status = 200, description = "一页案例", body = Page<PrecedentView>)))]
#[get("/precedents/drafts")]
async fn list(ask: Ask, asked: List<Drafts>) -> Answer {
    ask.list(asked.query, reading::list).await
}

/// 查看草稿（draft）
///
/// 供起草人和审核人查看：正在修改的内容、疑似个人信息的位置、各版本、纳入事项目录的建议；ETag 用于修改。
#[utoipa::path(tag = "precedents", operation_id = "get_precedent_draft", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), responses((status = 200, description = "案例及草稿", body = PrecedentView)))]
#[get("/precedents/{id}/draft")]
async fn fetch_draft(ask: Ask) -> Answer {
    ask.get(reading::draft).await
}

/// 修改案例（edit precedent）
///
/// 提交的就是全部内容。已公布的案例可以修改，公布之前对外仍是原来的版本。须带 If-Match。
#[utoipa::path(tag = "precedents", operation_id = "edit_precedent", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), request_body = PrecedentEdit, responses((status = 200, description = "案例", body = PrecedentView)))]
#[put("/precedents/{id}")]
async fn edit(command: Command, body: Body<PrecedentEdit>) -> Answer {
    command.conditional()?.act(body, service::edit).await
}

/// 提交审核（submit precedent）
///
/// 提交后由另一人审核。
#[utoipa::path(tag = "precedents", operation_id = "submit_precedent", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "案例", body = PrecedentView)))]
#[post("/precedents/{id}/submit")]
async fn submit(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::submit(tx, actor, target)).await
}

/// 审核退回（send back precedent）
///
/// 审核人说明理由，退回修改。
#[utoipa::path(tag = "precedents", operation_id = "send_back_precedent", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), request_body = PrecedentReason, responses((status = 200, description = "案例", body = PrecedentView)))]
#[post("/precedents/{id}/send-back")]
async fn send_back(command: Command, body: Body<PrecedentReason>) -> Answer {
    command.act(body, service::send_back).await
}

/// 公布案例（publish precedent）
///
/// 由起草人、提交人以外的人审核公布，成为下一个版本。仍有疑似个人信息的不能公布，逐处指出位置和文字；确非个人信息的（如道路名称），由审核人在 not_personal 中说明，并记录在案。
#[utoipa::path(tag = "precedents", operation_id = "publish_precedent", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), request_body = PrecedentPublication, responses((status = 200, description = "案例", body = PrecedentView)))]
#[post("/precedents/{id}/publish")]
async fn publish(command: Command, body: Body<PrecedentPublication>) -> Answer {
    command.act(body, service::publish).await
}

/// 撤下案例（withdraw precedent）
///
/// 说明理由撤下，不再公开；修改后可以重新公布。
#[utoipa::path(tag = "precedents", operation_id = "withdraw_precedent", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), request_body = PrecedentReason, responses((status = 200, description = "案例", body = PrecedentView)))]
#[post("/precedents/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<PrecedentReason>) -> Answer {
    command.act(body, service::withdraw).await
}

/// 建议纳入事项目录（promote precedent）
///
/// 指明事项的，把办理指引写入该事项办事指南的草稿并提交审核；没有对应事项的，形成新增事项的建议，由改革办或系统管理员处理。
#[utoipa::path(tag = "precedents", operation_id = "promote_precedent", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100)), request_body = PromotionInput, responses((status = 200, description = "案例", body = PrecedentView)))]
#[post("/precedents/{id}/promote")]
async fn promote(command: Command, body: Body<PromotionInput>) -> Answer {
    command.act(body, promoting::promote).await
}

/// 纳入事项目录的建议（promotions）
///
/// 供改革办和系统管理员处理；修改办事指南的，状态随事项草稿的审核结果。
#[utoipa::path(tag = "precedents", operation_id = "list_precedent_promotions", params(List<Promotions>), responses((status = 200, description = "一页建议", body = Page<PromotionView>)))]
#[get("/precedent-promotions")]
async fn promotions(ask: Ask, asked: List<Promotions>) -> Answer {
    ask.list(asked.query, promoting::list).await
}

/// 处理新增事项的建议（settle promotion）
///
/// 已编入目录的填写事项；不采纳的不填事项，说明理由。
#[utoipa::path(tag = "precedents", operation_id = "settle_precedent_promotion", params(("id" = String, Path, description = "建议 id", max_length = 100)), request_body = PromotionSettlement, responses((status = 200, description = "建议", body = PromotionView)))]
#[post("/precedent-promotions/{id}/settle")]
async fn settle(command: Command, body: Body<PromotionSettlement>) -> Answer {
    command.act(body, promoting::settle).await
}

/// 案例经过（timeline）
///
/// 供工作人员查看，按时间先后。
#[utoipa::path(tag = "precedents", operation_id = "list_precedent_timeline", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100), List<Plain>), responses((status = 200, description = "一页经过", body = Page<PrecedentEvent>)))]
#[get("/precedents/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<Plain>) -> Answer {
    ask.list_of(asked.query, reading::timeline).await
}

/// 引用本案例的反映件（citations of a precedent）
///
/// 只列出本人可见的反映件；引用总数见案例的 citations。
#[utoipa::path(tag = "precedents", operation_id = "list_precedent_citations", params(("id" = String, Path, description = "案例 id 或编号", max_length = 100), List<Plain>), responses((status = 200, description = "一页引用", body = Page<PrecedentCitation>)))]
#[get("/precedents/{id}/citations")]
async fn citations(ask: Ask, asked: List<Plain>) -> Answer {
    ask.list_of(asked.query, citing::of_precedent).await
}

/// 由反映件形成案例（precedent of a ticket）
///
/// 已销号的反映件可以形成案例草稿；反映人、工作人员的姓名和各种号码先行去除，仍须人工核对。一件只形成一个案例。
#[utoipa::path(tag = "precedents", operation_id = "draw_precedent", params(("id" = String, Path, description = "反映件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 201, description = "案例草稿", body = PrecedentView)))]
#[post("/fallback-tickets/{id}/precedent")]
async fn from_ticket(command: Command, body: Body<Empty>) -> Answer {
    command.create("/api/v1/precedents", body, |tx, actor, target, _| service::from_ticket(tx, actor, target)).await
}

/// 引用案例（cite precedent）
///
/// 登记办理中参照了哪个已公布的案例、有何帮助；同一案例只登记一次。
#[utoipa::path(tag = "precedents", operation_id = "cite_precedent", params(("id" = String, Path, description = "反映件 id 或编号", max_length = 100)), request_body = CitationInput, responses((status = 200, description = "引用", body = PrecedentCitation)))]
#[post("/fallback-tickets/{id}/citations")]
async fn cite(command: Command, body: Body<CitationInput>) -> Answer {
    command.act(body, citing::cite).await
}

/// 反映件引用的案例（citations of a ticket）
///
/// 供可见该反映件的人查看。
#[utoipa::path(tag = "precedents", operation_id = "list_ticket_citations", params(("id" = String, Path, description = "反映件 id 或编号", max_length = 100)), responses((status = 200, description = "引用的案例", body = PrecedentCitations)))]
#[get("/fallback-tickets/{id}/citations")]
async fn cited(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(citing::of_ticket).await
}

/// 可参照的案例（suggested precedents）
///
/// 按事项、类别、关键词和用语，列出与反映件最接近的已公布案例，并说明理由。
#[utoipa::path(tag = "precedents", operation_id = "suggest_precedents", params(("id" = String, Path, description = "反映件 id 或编号", max_length = 100)), responses((status = 200, description = "可参照的案例", body = PrecedentSuggestions)))]
#[get("/fallback-tickets/{id}/precedents")]
async fn suggest(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(reading::suggestions).await
}
