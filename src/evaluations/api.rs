//! Evaluations over HTTP; the link needs no login.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    EvaluationView,
    service::{self, LinkView, RatingInput},
    store::EvaluationState,
};
use crate::{
    http::{Answer, Ask, Body, Command, Filter, FilterKind, LinkCommand, List, ListKind, Public},
    kernel::{Code, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch).service(rate).service(by_link).service(rate_by_link);
}

/// The list of evaluations.
pub struct Evaluations;
impl ListKind for Evaluations {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "state", kind: FilterKind::Codes(|| EvaluationState::ALL.iter().map(|v| v.code()).collect()), doc: "状态" }];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// 查询评价（evaluations）
///
/// 申请人看到自己的评价及评价链接；工作人员看到可见范围内的评价，个人信息遮蔽。
#[utoipa::path(tag = "evaluations", operation_id = "list_evaluations", params(List<Evaluations>), responses((status = 200, description = "一页评价", body = Page<EvaluationView>)))]
#[get("/evaluations")]
async fn list(ask: Ask, asked: List<Evaluations>) -> Answer {
    ask.list(asked.query, service::list).await
}

/// 查看评价（evaluation）
///
/// 一次评价。
#[utoipa::path(tag = "evaluations", operation_id = "get_evaluation", params(("id" = String, Path, description = "评价 id", max_length = 100)), responses((status = 200, description = "评价", body = EvaluationView)))]
#[get("/evaluations/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(service::fetch).await
}

/// 评价（rate）
///
/// 申请人登录后评价；一件只评一次，五个等级。
#[utoipa::path(tag = "evaluations", operation_id = "rate_evaluation", params(("id" = String, Path, description = "评价 id", max_length = 100)), request_body = RatingInput, responses((status = 200, description = "评价", body = EvaluationView)))]
#[post("/evaluations/{id}/rate")]
async fn rate(command: Command, body: Body<RatingInput>) -> Answer {
    command.act(body, service::rate).await
}

/// 评价链接（evaluation link）
///
/// 公开。凭链接查看所评的件，不含个人信息。
#[utoipa::path(tag = "public", operation_id = "get_evaluation_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), responses((status = 200, description = "所评的件", body = LinkView)))]
#[get("/evaluation-links/{id}")]
async fn by_link(public: Public) -> Answer {
    public.fresh(service::by_link).await
}

/// 凭链接评价（rate by link）
///
/// 公开。链接只能使用一次。
#[utoipa::path(tag = "public", operation_id = "rate_by_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), request_body = RatingInput, responses((status = 200, description = "评价结果", body = LinkView)))]
#[post("/evaluation-links/{id}")]
async fn rate_by_link(command: LinkCommand, body: Body<RatingInput>) -> Answer {
    command.act(body, service::rate_by_link).await
}
