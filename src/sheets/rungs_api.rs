//! The overdue ladder over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    ladder, listing,
    machine::RungState,
    model::{LadderRung, RungConfirmation, RungLift, RungRejection},
    views::RungView,
};
use crate::{
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch).service(confirm).service(reject).service(lift);
}

/// The list of rungs.
pub struct Rungs;
impl ListKind for Rungs {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| RungState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "rung", kind: FilterKind::Codes(|| LadderRung::ALL.iter().map(|r| r.code()).collect()), doc: "挂牌警示、点名通报或问责" },
        Filter { name: "department_id", kind: FilterKind::Id, doc: "承办部门" },
        Filter { name: "sheet_id", kind: FilterKind::Id, doc: "交办单" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "提出的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// 查询逾期警示（ladder rungs）
///
/// 列出本人可见的挂牌警示、点名通报和问责；逾期未办复的，由系统到期逐级提出。
#[utoipa::path(tag = "fallback", operation_id = "list_ladder_rungs", params(List<Rungs>), responses((status = 200, description = "一页逾期警示", body = Page<RungView>)))]
#[get("/ladder-rungs")]
async fn list(ask: Ask, asked: List<Rungs>) -> Answer {
    ask.list(asked.query, listing::rungs).await
}

/// 查看逾期警示（ladder rung）
///
/// 查看一级警示：何时到期、何时提出、由谁确认或解除。
#[utoipa::path(tag = "fallback", operation_id = "get_ladder_rung", params(("id" = String, Path, description = "警示 id 或编号", max_length = 100)), responses((status = 200, description = "逾期警示", body = RungView)))]
#[get("/ladder-rungs/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(ladder::fetch).await
}

/// 确认逾期警示（confirm rung）
///
/// 挂牌警示和点名通报由督查人员确认；问责由改革办确认，须写明有权机关的文号。
#[utoipa::path(tag = "fallback", operation_id = "confirm_ladder_rung", params(("id" = String, Path, description = "警示 id 或编号", max_length = 100)), request_body = RungConfirmation, responses((status = 200, description = "逾期警示", body = RungView)))]
#[post("/ladder-rungs/{id}/confirm")]
async fn confirm(command: Command, body: Body<RungConfirmation>) -> Answer {
    command.act(body, ladder::confirm).await
}

/// 不予采用（reject rung）
///
/// 经核实不应警示的，说明理由不予采用。
#[utoipa::path(tag = "fallback", operation_id = "reject_ladder_rung", params(("id" = String, Path, description = "警示 id 或编号", max_length = 100)), request_body = RungRejection, responses((status = 200, description = "逾期警示", body = RungView)))]
#[post("/ladder-rungs/{id}/reject")]
async fn reject(command: Command, body: Body<RungRejection>) -> Answer {
    command.act(body, ladder::reject).await
}

/// 解除逾期警示（lift rung）
///
/// 写明理由和依据，解除已确认的警示；解除之前一直计入部门交办情况。
#[utoipa::path(tag = "fallback", operation_id = "lift_ladder_rung", params(("id" = String, Path, description = "警示 id 或编号", max_length = 100)), request_body = RungLift, responses((status = 200, description = "逾期警示", body = RungView)))]
#[post("/ladder-rungs/{id}/lift")]
async fn lift(command: Command, body: Body<RungLift>) -> Answer {
    command.act(body, ladder::lift).await
}
