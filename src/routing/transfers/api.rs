//! Transfers over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::TransferState,
    service::{self, ReturnInput, TransferAcceptance, TransferInput, TransferView},
};
use crate::{
    entrustments::api::ENTRUSTMENT,
    http::{Answer, Ask, Body, Command, Empty, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code, Page},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(offer).service(list).service(fetch).service(accept).service(give_back).service(recall);
}

/// What a transfer leads to.
pub struct OfTransfer;
impl Expands for OfTransfer {
    const RELATIONS: &'static [Relation] = &[
        Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT },
        Relation { name: "from", key: "/from/id", target: &CENTER },
        Relation { name: "to", key: "/to/id", target: &CENTER },
    ];
}

/// The list of transfers.
pub struct Transfers;
impl ListKind for Transfers {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| TransferState::ALL.iter().map(|v| v.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "收到或发起的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const NUMBERED: bool = true;
    const SYNC: bool = true;
}

/// 转办（transfer）
///
/// 把本件转给应承办的中心；to 填 auto 时由规则决定。须经申请人同意；同一件同时只能有一个待答复的转办。接收之前责任中心不变。
#[utoipa::path(tag = "routing", operation_id = "offer_transfer", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = TransferInput, responses((status = 201, description = "转办", body = TransferView)))]
#[post("/entrustments/{id}/transfer")]
async fn offer(command: Command, body: Body<TransferInput>) -> Answer {
    command.create("/api/v1/transfers", body, service::offer).await
}

/// 查询转办（transfers）
///
/// 列出本人可见的转办：本中心转出的和转入的。
#[utoipa::path(tag = "routing", operation_id = "list_transfers", params(List<Transfers>, Expand<OfTransfer>), responses((status = 200, description = "一页转办", body = Page<TransferView>)))]
#[get("/transfers")]
async fn list(ask: Ask, asked: List<Transfers>) -> Answer {
    ask.expanding::<OfTransfer>().list(asked.query, service::list).await
}

/// 查看转办（transfer）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "routing", operation_id = "get_transfer", params(("id" = String, Path, description = "转办 id 或编号", max_length = 100), Expand<OfTransfer>), responses((status = 200, description = "转办", body = TransferView)))]
#[get("/transfers/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfTransfer>().get(service::fetch).await
}

/// 接收转办（accept transfer）
///
/// 接收之时责任移交；可同时指派专员并受理本件。给出 papers_received 时，交接清单中未列入的材料记为未收到（papers_missing）；双方中心可见，并记入本件办理记录；不给出即为尚未清点，在签署交接清单时登记。
#[utoipa::path(tag = "routing", operation_id = "accept_transfer", params(("id" = String, Path, description = "转办 id 或编号", max_length = 100)), request_body = TransferAcceptance, responses((status = 200, description = "转办", body = TransferView)))]
#[post("/transfers/{id}/accept")]
async fn accept(command: Command, body: Body<TransferAcceptance>) -> Answer {
    command.act(body, service::accept).await
}

/// 退回转办（return transfer）
///
/// 说明理由退回；退回次数有限，超过后由指定办理决定。
#[utoipa::path(tag = "routing", operation_id = "return_transfer", params(("id" = String, Path, description = "转办 id 或编号", max_length = 100)), request_body = ReturnInput, responses((status = 200, description = "转办", body = TransferView)))]
#[post("/transfers/{id}/return")]
async fn give_back(command: Command, body: Body<ReturnInput>) -> Answer {
    command.act(body, service::give_back).await
}

/// 撤回转办（recall transfer）
///
/// 转出方在对方接收之前撤回。
#[utoipa::path(tag = "routing", operation_id = "recall_transfer", params(("id" = String, Path, description = "转办 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "转办", body = TransferView)))]
#[post("/transfers/{id}/recall")]
async fn recall(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::recall(tx, actor, target)).await
}
