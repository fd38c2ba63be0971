//! Evaluations over HTTP; the link needs no login.

use actix_web::{HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    EvaluationView,
    service::{self, EvaluationLink, LinkView, RatingInput},
    store::EvaluationState,
};
use crate::{
    db::Error,
    entrustments::{
        self,
        api::{ENTRUSTMENT, ProgressParams},
    },
    http::{Answer, Ask, Body, Command, Expand, Expands, Filter, FilterKind, LinkCommand, List, ListKind, Named, Params, Public, Relation, State},
    kernel::{Code, Page},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch).service(rate).service(by_link).service(rate_by_link).service(link_by_progress);
}

/// What an evaluation leads to.
pub struct OfEvaluation;
impl Expands for OfEvaluation {
    const RELATIONS: &'static [Relation] =
        &[Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT }, Relation { name: "center", key: "/center_id", target: &CENTER }];
}

/// The list of evaluations.
pub struct Evaluations;
impl ListKind for Evaluations {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| EvaluationState::ALL.iter().map(|v| v.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "收到或发起的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
    const NUMBERED: bool = true;
}

/// 查询评价（evaluations）
///
/// 申请人看到自己的评价及评价链接；工作人员看到可见范围内的评价，个人信息遮蔽。
#[utoipa::path(tag = "evaluations", operation_id = "list_evaluations", params(List<Evaluations>, Expand<OfEvaluation>), responses((status = 200, description = "一页评价", body = Page<EvaluationView>)))]
#[get("/evaluations")]
async fn list(ask: Ask, asked: List<Evaluations>) -> Answer {
    ask.expanding::<OfEvaluation>().list(asked.query, service::list).await
}

/// 查看评价（evaluation）
///
/// 一次评价。
#[utoipa::path(tag = "evaluations", operation_id = "get_evaluation", params(("id" = String, Path, description = "评价 id", max_length = 100), Expand<OfEvaluation>), responses((status = 200, description = "评价", body = EvaluationView)))]
#[get("/evaluations/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfEvaluation>().get(service::fetch).await
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

/// 凭进度查询领取评价链接（evaluation link by progress）
///
/// 公开。没有账号的申请人凭编号和联系电话后四位取得评价链接；同一编号每小时输错五次后暂停查询。
#[utoipa::path(tag = "public", operation_id = "get_evaluation_link_by_progress", security(()), params(("id" = String, Path, description = "代办件编号", max_length = 100), ProgressParams),
    responses((status = 200, description = "评价链接", body = EvaluationLink)))]
#[get("/progress/{id}/evaluation")]
async fn link_by_progress(state: web::Data<State>, Named(id): Named, params: Params<ProgressParams>) -> Answer {
    let view = entrustments::proved(&state.db, id, params.0.phone_last4, service::link_of).await.map_err(Error::into_problem)?;
    Ok(HttpResponse::Ok().json(view))
}

/// 凭链接评价（rate by link）
///
/// 公开。链接只能使用一次。
#[utoipa::path(tag = "public", operation_id = "rate_by_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), request_body = RatingInput, responses((status = 200, description = "评价结果", body = LinkView)))]
#[post("/evaluation-links/{id}")]
async fn rate_by_link(command: LinkCommand, body: Body<RatingInput>) -> Answer {
    command.act(body, service::rate_by_link).await
}
