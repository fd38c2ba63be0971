//! Frozen months and adjustments over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::AdjustmentState,
    service::{self, AdjustmentProposal, AdjustmentView, AdjustmentWords, StatisticsPeriodInput, StatisticsPeriodView, StatisticsPeriods},
};
use crate::{
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(freeze).service(fetch).service(adjustments).service(adjustment).service(propose).service(approve).service(refuse);
    cfg.service(leave_out);
}

/// The list of adjustments.
pub struct Adjustments;
impl ListKind for Adjustments {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| AdjustmentState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "month", kind: FilterKind::Text(7), doc: "冻结的月份，如 2026-01" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// 已冻结的月份（frozen periods）
///
/// 列出已冻结的统计月份及冻结后出现的差异数。
#[utoipa::path(tag = "statistics", operation_id = "list_statistics_periods", responses((status = 200, description = "已冻结的月份", body = StatisticsPeriods)))]
#[get("/statistics-periods")]
async fn list(ask: Ask) -> Answer {
    ask.view(|tx, actor, _| service::periods(tx, actor)).await
}

/// 冻结月份（freeze period）
///
/// 冻结一个已经结束、已全部计入的月份，此后该月各项数字不再随记录变化；变化列为差异，经两人办理调整后才计入。
#[utoipa::path(tag = "statistics", operation_id = "freeze_statistics_period", request_body = StatisticsPeriodInput, responses((status = 201, description = "月份", body = StatisticsPeriodView)))]
#[post("/statistics-periods")]
async fn freeze(command: Command, body: Body<StatisticsPeriodInput>) -> Answer {
    command.create("/api/v1/statistics-periods", body, |tx, actor, _, input| service::freeze(tx, actor, input)).await
}

/// 查看冻结的月份（frozen period）
///
/// 路径中可用月份，也可用 id。
#[utoipa::path(tag = "statistics", operation_id = "get_statistics_period", params(("id" = String, Path, description = "月份或 id", max_length = 100, example = "2026-01")), responses((status = 200, description = "月份", body = StatisticsPeriodView)))]
#[get("/statistics-periods/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(service::period).await
}

/// 查询调整（adjustments）
///
/// 冻结之后记录的变化：哪件、哪些数字会增减多少，是否已办理调整。
#[utoipa::path(tag = "statistics", operation_id = "list_statistics_adjustments", params(List<Adjustments>), responses((status = 200, description = "一页差异", body = Page<AdjustmentView>)))]
#[get("/statistics-adjustments")]
async fn adjustments(ask: Ask, asked: List<Adjustments>) -> Answer {
    ask.list(asked.query, service::adjustments).await
}

/// 查看调整（adjustment）
///
/// 一件记录对一个冻结月份的差异。
#[utoipa::path(tag = "statistics", operation_id = "get_statistics_adjustment", params(("id" = String, Path, description = "差异 id", max_length = 100)), responses((status = 200, description = "差异", body = AdjustmentView)))]
#[get("/statistics-adjustments/{id}")]
async fn adjustment(ask: Ask) -> Answer {
    ask.get(service::adjustment).await
}

/// 提出调整（propose adjustment）
///
/// 说明理由和依据，提出把差异计入冻结的月份。
#[utoipa::path(tag = "statistics", operation_id = "propose_statistics_adjustment", params(("id" = String, Path, description = "差异 id", max_length = 100)), request_body = AdjustmentProposal, responses((status = 200, description = "差异", body = AdjustmentView)))]
#[post("/statistics-adjustments/{id}/propose")]
async fn propose(command: Command, body: Body<AdjustmentProposal>) -> Answer {
    command.act(body, service::propose).await
}

/// 批准调整（approve adjustment）
///
/// 由另一人批准，差异随即计入冻结的月份。
#[utoipa::path(tag = "statistics", operation_id = "approve_statistics_adjustment", params(("id" = String, Path, description = "差异 id", max_length = 100)), request_body = AdjustmentWords, responses((status = 200, description = "差异", body = AdjustmentView)))]
#[post("/statistics-adjustments/{id}/approve")]
async fn approve(command: Command, body: Body<AdjustmentWords>) -> Answer {
    command.act(body, service::approve).await
}

/// 退回调整（refuse adjustment）
///
/// 理由或依据不足的，说明原因退回。
#[utoipa::path(tag = "statistics", operation_id = "refuse_statistics_adjustment", params(("id" = String, Path, description = "差异 id", max_length = 100)), request_body = AdjustmentWords, responses((status = 200, description = "差异", body = AdjustmentView)))]
#[post("/statistics-adjustments/{id}/refuse")]
async fn refuse(command: Command, body: Body<AdjustmentWords>) -> Answer {
    command.act(body, service::refuse).await
}

/// 不予调整（leave out）
///
/// 说明理由，冻结的数字不变；记录再变化时重新列为差异。
#[utoipa::path(tag = "statistics", operation_id = "leave_out_statistics_adjustment", params(("id" = String, Path, description = "差异 id", max_length = 100)), request_body = AdjustmentWords, responses((status = 200, description = "差异", body = AdjustmentView)))]
#[post("/statistics-adjustments/{id}/leave-out")]
async fn leave_out(command: Command, body: Body<AdjustmentWords>) -> Answer {
    command.act(body, service::leave_out).await
}
