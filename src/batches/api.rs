//! Batches over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::BatchState,
    model::{BatchContent, BatchDecisions, BatchInput, BatchReason, BatchRemoval, BatchSubmission, BatchTickets},
    service,
    views::{self, BatchBrief, BatchView},
};
use crate::{
    entrustments::TimelineEntry,
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(open).service(fetch).service(edit).service(timeline).service(add).service(remove).service(submit).service(decide).service(cancel);
}

/// The list of batches.
pub struct Batches;
impl ListKind for Batches {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| BatchState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "建立的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// The events of a batch.
pub struct BatchEvents;
impl ListKind for BatchEvents {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询提请批次（ticket batches）
///
/// 特别疑难问题每月一批提请政府研究；列出本人可见的批次。
#[utoipa::path(tag = "fallback", operation_id = "list_ticket_batches", params(List<Batches>), responses((status = 200, description = "一页批次", body = Page<BatchBrief>)))]
#[get("/ticket-batches")]
async fn list(ask: Ask, asked: List<Batches>) -> Answer {
    ask.list(asked.query, views::list).await
}

/// 建立提请批次（open batch）
///
/// 改革办为某月建立批次；每月一批，月末前提交。
#[utoipa::path(tag = "fallback", operation_id = "open_ticket_batch", request_body = BatchInput, responses((status = 201, description = "批次", body = BatchView)))]
#[post("/ticket-batches")]
async fn open(command: Command, body: Body<BatchInput>) -> Answer {
    command.create("/api/v1/ticket-batches", body, |tx, actor, _, input| service::open(tx, actor, input)).await
}

/// 查看提请批次（ticket batch）
///
/// 批次中的问题及逐件的研究结果；路径中可用 id，也可用编号。
#[utoipa::path(tag = "fallback", operation_id = "get_ticket_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), responses((status = 200, description = "批次", body = BatchView)))]
#[get("/ticket-batches/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 修改提请内容（edit batch）
///
/// 提交之前修改提请研究的内容。
#[utoipa::path(tag = "fallback", operation_id = "edit_ticket_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body = BatchContent, responses((status = 200, description = "批次", body = BatchView)))]
#[put("/ticket-batches/{id}")]
async fn edit(command: Command, body: Body<BatchContent>) -> Answer {
    command.conditional()?.act(body, service::edit).await
}

/// 批次经过（batch timeline）
///
/// 按时间先后列出批次的经过。
#[utoipa::path(tag = "fallback", operation_id = "list_ticket_batch_timeline", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100), List<BatchEvents>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/ticket-batches/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<BatchEvents>) -> Answer {
    ask.list_of(asked.query, views::timeline).await
}

/// 列入问题（add tickets）
///
/// 把已分类为特别疑难的问题列入批次，全部列入或全部不列入。
#[utoipa::path(tag = "fallback", operation_id = "add_to_ticket_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body = BatchTickets, responses((status = 200, description = "批次", body = BatchView)))]
#[post("/ticket-batches/{id}/add")]
async fn add(command: Command, body: Body<BatchTickets>) -> Answer {
    command.act(body, service::add).await
}

/// 移出问题（remove ticket）
///
/// 提交之前移出一件，该件回到已分类。
#[utoipa::path(tag = "fallback", operation_id = "remove_from_ticket_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body = BatchRemoval, responses((status = 200, description = "批次", body = BatchView)))]
#[post("/ticket-batches/{id}/remove")]
async fn remove(command: Command, body: Body<BatchRemoval>) -> Answer {
    command.act(body, service::remove).await
}

/// 提交政府（submit batch）
///
/// 写明提请文件的文号，可附文件；批次中的问题一并成为已提交。
#[utoipa::path(tag = "fallback", operation_id = "submit_ticket_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body = BatchSubmission, responses((status = 200, description = "批次", body = BatchView)))]
#[post("/ticket-batches/{id}/submit")]
async fn submit(command: Command, body: Body<BatchSubmission>) -> Answer {
    command.act(body, service::submit).await
}

/// 登记研究结果（record decisions）
///
/// 逐件登记政府研究结果，申请人可见；可分几次登记，全部登记后批次为已研究。
#[utoipa::path(tag = "fallback", operation_id = "decide_ticket_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body = BatchDecisions, responses((status = 200, description = "批次", body = BatchView)))]
#[post("/ticket-batches/{id}/decide")]
async fn decide(command: Command, body: Body<BatchDecisions>) -> Answer {
    command.act(body, service::decide).await
}

/// 取消批次（cancel batch）
///
/// 没有问题的批次可以取消，写明理由。
#[utoipa::path(tag = "fallback", operation_id = "cancel_ticket_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body = BatchReason, responses((status = 200, description = "批次", body = BatchView)))]
#[post("/ticket-batches/{id}/cancel")]
async fn cancel(command: Command, body: Body<BatchReason>) -> Answer {
    command.act(body, service::cancel).await
}
