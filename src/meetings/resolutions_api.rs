//! Resolutions over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    listing,
    machine::ResolutionState,
    model::{ResolutionExtension, ResolutionInstruction, ResolutionReason, ResolutionReport},
    resolving,
    views::{self, ResolutionView},
};
use crate::{
    entrustments::api::ENTRUSTMENT,
    http::{Answer, Ask, Body, Command, Empty, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch).service(carry_out).service(confirm).service(send_back).service(extend).service(cancel).service(instruct);
}

/// What a resolution leads to.
pub struct OfResolution;
impl Expands for OfResolution {
    const RELATIONS: &'static [Relation] = &[Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT }];
}

/// The list of resolutions.
pub struct Resolutions;
impl ListKind for Resolutions {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| ResolutionState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "owner_id", kind: FilterKind::Id, doc: "责任方：中心、部门或人员" },
        Filter { name: "overdue", kind: FilterKind::Flag, doc: "true 只看逾期未落实的" },
        Filter { name: "escalated", kind: FilterKind::Flag, doc: "true 只看已上报分管负责人的" },
        Filter { name: "meeting_id", kind: FilterKind::Id, doc: "会议" },
        Filter { name: "entrustment_id", kind: FilterKind::Id, doc: "代办件" },
        Filter { name: "project_id", kind: FilterKind::Id, doc: "项目" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "作出的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// 查询决议（resolutions）
///
/// 列出本人可见的决议：本中心会议作出的，和由本方落实的。sort=due_at 按时限先后。
#[utoipa::path(tag = "meetings", operation_id = "list_resolutions", params(List<Resolutions>, Expand<OfResolution>), responses((status = 200, description = "一页决议", body = Page<ResolutionView>)))]
#[get("/resolutions")]
async fn list(ask: Ask, asked: List<Resolutions>) -> Answer {
    ask.expanding::<OfResolution>().list(asked.query, listing::resolutions).await
}

/// 查看决议（resolution）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "meetings", operation_id = "get_resolution", params(("id" = String, Path, description = "决议 id 或编号", max_length = 100), Expand<OfResolution>), responses((status = 200, description = "决议", body = ResolutionView)))]
#[get("/resolutions/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfResolution>().get(views::fetch_resolution).await
}

/// 报告落实（carry out）
///
/// 责任方报告决议已落实，待召集会议的中心确认；其间时限暂停。
#[utoipa::path(tag = "meetings", operation_id = "carry_out_resolution", params(("id" = String, Path, description = "决议 id 或编号", max_length = 100)), request_body = ResolutionReport, responses((status = 200, description = "决议", body = ResolutionView)))]
#[post("/resolutions/{id}/carry-out")]
async fn carry_out(command: Command, body: Body<ResolutionReport>) -> Answer {
    command.act(body, resolving::carry_out).await
}

/// 确认落实（confirm）
///
/// 召集会议的中心确认决议已落实。
#[utoipa::path(tag = "meetings", operation_id = "confirm_resolution", params(("id" = String, Path, description = "决议 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "决议", body = ResolutionView)))]
#[post("/resolutions/{id}/confirm")]
async fn confirm(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| resolving::confirm(tx, actor, target)).await
}

/// 退回重办（send back）
///
/// 召集会议的中心说明理由退回，责任方继续落实，时限继续计算。
#[utoipa::path(tag = "meetings", operation_id = "send_back_resolution", params(("id" = String, Path, description = "决议 id 或编号", max_length = 100)), request_body = ResolutionReason, responses((status = 200, description = "决议", body = ResolutionView)))]
#[post("/resolutions/{id}/send-back")]
async fn send_back(command: Command, body: Body<ResolutionReason>) -> Answer {
    command.act(body, resolving::send_back).await
}

/// 决议延期（extend resolution）
///
/// 召集会议的中心负责人说明理由，延长落实时限。
#[utoipa::path(tag = "meetings", operation_id = "extend_resolution", params(("id" = String, Path, description = "决议 id 或编号", max_length = 100)), request_body = ResolutionExtension, responses((status = 200, description = "决议", body = ResolutionView)))]
#[post("/resolutions/{id}/extend")]
async fn extend(command: Command, body: Body<ResolutionExtension>) -> Answer {
    command.act(body, resolving::extend).await
}

/// 撤销决议（cancel resolution）
///
/// 召集会议的中心负责人说明理由，撤销尚未落实的决议。
#[utoipa::path(tag = "meetings", operation_id = "cancel_resolution", params(("id" = String, Path, description = "决议 id 或编号", max_length = 100)), request_body = ResolutionReason, responses((status = 200, description = "决议", body = ResolutionView)))]
#[post("/resolutions/{id}/cancel")]
async fn cancel(command: Command, body: Body<ResolutionReason>) -> Answer {
    command.act(body, resolving::cancel).await
}

/// 批示（instruct）
///
/// 决议逾期未落实即上报分管负责人；会议写明分管负责人的由其批示，未写明的由召集会议的中心负责人批示。
#[utoipa::path(tag = "meetings", operation_id = "instruct_resolution", params(("id" = String, Path, description = "决议 id 或编号", max_length = 100)), request_body = ResolutionInstruction, responses((status = 200, description = "决议", body = ResolutionView)))]
#[post("/resolutions/{id}/instruct")]
async fn instruct(command: Command, body: Body<ResolutionInstruction>) -> Answer {
    command.act(body, resolving::instruct).await
}
