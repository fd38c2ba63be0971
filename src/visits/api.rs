//! Home visits over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::{VisitAction as Action, VisitState},
    model::{VisitArrangement, VisitCompletion, VisitInput, VisitPreparation, VisitReasonInput, VisitRecord},
    service::{self, VisitView},
};
use crate::{
    entrustments::api::ENTRUSTMENT,
    http::{Answer, Ask, Body, Command, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code, Page},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(request).service(fetch).service(arrange).service(prepare).service(record).service(miss).service(complete);
    cfg.service(decline).service(cancel);
}

/// What a home visit leads to.
pub struct OfVisit;
impl Expands for OfVisit {
    const RELATIONS: &'static [Relation] =
        &[Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT }, Relation { name: "center", key: "/center_id", target: &CENTER }];
}

/// The list of home visits.
pub struct Visits;
impl ListKind for Visits {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| VisitState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "申请的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// 查询上门服务（home visits）
///
/// 列出本人可见的上门服务；sort=due_at 按约定时间先后。
#[utoipa::path(tag = "appointments", operation_id = "list_home_visits", params(List<Visits>, Expand<OfVisit>), responses((status = 200, description = "一页上门服务", body = Page<VisitView>)))]
#[get("/home-visits")]
async fn list(ask: Ask, asked: List<Visits>) -> Answer {
    ask.expanding::<OfVisit>().list(asked.query, service::list).await
}

/// 申请上门服务（request home visit）
///
/// 重点企业、重点项目、外资企业和老弱病残孕等特殊群体可以申请上门服务；工作人员可代为登记。
#[utoipa::path(tag = "appointments", operation_id = "request_home_visit", request_body = VisitInput, responses((status = 201, description = "上门服务", body = VisitView)))]
#[post("/home-visits")]
async fn request(command: Command, body: Body<VisitInput>) -> Answer {
    command.create("/api/v1/home-visits", body, |tx, actor, _, input| service::request(tx, actor, input)).await
}

/// 查看上门服务（home visit）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "appointments", operation_id = "get_home_visit", params(("id" = String, Path, description = "上门服务 id 或编号", max_length = 100), Expand<OfVisit>), responses((status = 200, description = "上门服务", body = VisitView)))]
#[get("/home-visits/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfVisit>().get(service::fetch).await
}

/// 安排上门（arrange）
///
/// 约定时间、上门人员和准备清单；可以重新安排。
#[utoipa::path(tag = "appointments", operation_id = "arrange_home_visit", params(("id" = String, Path, description = "上门服务 id 或编号", max_length = 100)), request_body = VisitArrangement, responses((status = 200, description = "上门服务", body = VisitView)))]
#[post("/home-visits/{id}/arrange")]
async fn arrange(command: Command, body: Body<VisitArrangement>) -> Answer {
    command.act(body, service::arrange).await
}

/// 准备（prepare）
///
/// 逐项登记准备情况；提交的就是全部清单。
#[utoipa::path(tag = "appointments", operation_id = "prepare_home_visit", params(("id" = String, Path, description = "上门服务 id 或编号", max_length = 100)), request_body = VisitPreparation, responses((status = 200, description = "上门服务", body = VisitView)))]
#[post("/home-visits/{id}/prepare")]
async fn prepare(command: Command, body: Body<VisitPreparation>) -> Answer {
    command.act(body, service::prepare).await
}

/// 登记上门（record visit）
///
/// 登记上门办理的情况和带回的材料；约定时间之前不能登记。
#[utoipa::path(tag = "appointments", operation_id = "record_home_visit", params(("id" = String, Path, description = "上门服务 id 或编号", max_length = 100)), request_body = VisitRecord, responses((status = 200, description = "上门服务", body = VisitView)))]
#[post("/home-visits/{id}/record")]
async fn record(command: Command, body: Body<VisitRecord>) -> Answer {
    command.act(body, service::record).await
}

/// 登记未遇（not met）
///
/// 上门而未遇到申请人；可以重新安排。
#[utoipa::path(tag = "appointments", operation_id = "miss_home_visit", params(("id" = String, Path, description = "上门服务 id 或编号", max_length = 100)), request_body = VisitReasonInput, responses((status = 200, description = "上门服务", body = VisitView)))]
#[post("/home-visits/{id}/miss")]
async fn miss(command: Command, body: Body<VisitReasonInput>) -> Answer {
    command.act(body, |tx, actor, target, input| service::give_up(tx, actor, target, Action::Miss, input)).await
}

/// 办结上门服务（complete visit）
///
/// 登记事后送达的材料及送达方式；没有需要送达的可以留空。
#[utoipa::path(tag = "appointments", operation_id = "complete_home_visit", params(("id" = String, Path, description = "上门服务 id 或编号", max_length = 100)), request_body = VisitCompletion, responses((status = 200, description = "上门服务", body = VisitView)))]
#[post("/home-visits/{id}/complete")]
async fn complete(command: Command, body: Body<VisitCompletion>) -> Answer {
    command.act(body, service::complete).await
}

/// 不予安排（decline）
///
/// 说明理由，不予安排上门。
#[utoipa::path(tag = "appointments", operation_id = "decline_home_visit", params(("id" = String, Path, description = "上门服务 id 或编号", max_length = 100)), request_body = VisitReasonInput, responses((status = 200, description = "上门服务", body = VisitView)))]
#[post("/home-visits/{id}/decline")]
async fn decline(command: Command, body: Body<VisitReasonInput>) -> Answer {
    command.act(body, |tx, actor, target, input| service::give_up(tx, actor, target, Action::Decline, input)).await
}

/// 取消上门服务（cancel visit）
///
/// 上门之前，申请人或中心可以取消。
#[utoipa::path(tag = "appointments", operation_id = "cancel_home_visit", params(("id" = String, Path, description = "上门服务 id 或编号", max_length = 100)), request_body = VisitReasonInput, responses((status = 200, description = "上门服务", body = VisitView)))]
#[post("/home-visits/{id}/cancel")]
async fn cancel(command: Command, body: Body<VisitReasonInput>) -> Answer {
    command.act(body, |tx, actor, target, input| service::give_up(tx, actor, target, Action::Cancel, input)).await
}
