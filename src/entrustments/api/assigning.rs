//! Giving out the work.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::{
    EntrustmentView,
    assigning::{self, PortfolioInput, PortfolioMoved, Workload},
};
use crate::http::{Answer, Ask, Body, Command, Empty, Nothing, Params};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(assign_by_load).service(pull).service(hand_over_portfolio).service(workload);
}

/// 按专长和负荷派件（assign by load）
///
/// 在本中心在岗且未满负荷的专员中，先看专长，再看负荷，负荷相同的给最久没有接件的人。
#[utoipa::path(tag = "entrustments", operation_id = "assign_by_load", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/assign-by-load")]
async fn assign_by_load(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| assigning::assign_by_load(tx, actor, target)).await
}

/// 领取下一件（pull）
///
/// 专员从本中心待派的件中领取最早且符合专长的一件；不在岗或已满负荷的不能领取。
#[utoipa::path(tag = "entrustments", operation_id = "pull_entrustment", request_body = Empty, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/me/pull")]
async fn pull(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, _, _| assigning::pull(tx, actor)).await
}

/// 移交全部在办件（hand over portfolio）
///
/// 专员离岗时由中心负责人移交其全部在办件：交给指定专员，或按专长和负荷分给同事；责任链不断。每次至多 500 件。
#[utoipa::path(tag = "people", operation_id = "hand_over_portfolio", params(("id" = String, Path, description = "移交人 id", max_length = 100)), request_body = PortfolioInput, responses((status = 200, description = "移交结果", body = PortfolioMoved)))]
#[post("/users/{id}/hand-over")]
async fn hand_over_portfolio(command: Command, body: Body<PortfolioInput>) -> Answer {
    command.report_on(body, assigning::hand_over_portfolio).await
}

/// 工作负荷（workload）
///
/// 一个中心的专员各有多少在办件、超期件，是否在岗，以及还有多少件待派。
#[utoipa::path(tag = "people", operation_id = "get_workload", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")), responses((status = 200, description = "工作负荷", body = Workload)))]
#[get("/centers/{id}/workload")]
async fn workload(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(assigning::workload).await
}
