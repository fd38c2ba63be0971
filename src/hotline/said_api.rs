//! What the hotline decides about its orders, over HTTP.

use actix_web::post;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    acting,
    input::{DispatchInput, HotlineMergeInput, HotlineVisitInput, Opinion, OrderReason},
    views::{self, OrderView},
    visiting,
};
use crate::http::{Answer, Body, Command};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(redispatch).service(deny_return).service(grant_extension).service(deny_extension).service(suspend).service(resume).service(take_up);
    cfg.service(pass).service(send_back).service(record_visit).service(rehandle).service(archive).service(urge).service(supervise).service(append);
    cfg.service(merge).service(revoke).service(approve_appeal).service(refuse_appeal);
}

/// 改派工单（redispatch）
///
/// 热线同意退单，改派给其他单位；签收时限重新计算。
#[utoipa::path(tag = "hotline", operation_id = "redispatch_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = DispatchInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/redispatch")]
async fn redispatch(command: Command, body: Body<DispatchInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::redispatch(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 不同意退单（deny return）
///
/// 热线说明理由不同意退单，承办中心继续办理。
#[utoipa::path(tag = "hotline", operation_id = "deny_hotline_return", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/deny-return")]
async fn deny_return(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::deny_return(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 同意延期（grant extension）
///
/// 热线同意延期，办理时限顺延申请的天数。
#[utoipa::path(tag = "hotline", operation_id = "grant_hotline_extension", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = Opinion, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/grant-extension")]
async fn grant_extension(command: Command, body: Body<Opinion>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::grant_extension(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 不同意延期（deny extension）
///
/// 热线说明理由不同意延期。
#[utoipa::path(tag = "hotline", operation_id = "deny_hotline_extension", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/deny-extension")]
async fn deny_extension(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::deny_extension(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 挂起工单（suspend）
///
/// 热线说明理由挂起，办理时限暂停。
#[utoipa::path(tag = "hotline", operation_id = "suspend_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/suspend")]
async fn suspend(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::suspend(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 恢复办理（resume）
///
/// 热线恢复办理，时限继续计算。
#[utoipa::path(tag = "hotline", operation_id = "resume_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = Opinion, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/resume")]
async fn resume(command: Command, body: Body<Opinion>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::resume(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 开始审核（take up）
///
/// 热线开始审核办结回复。
#[utoipa::path(tag = "hotline", operation_id = "take_up_hotline_reply", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = Opinion, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/take-up")]
async fn take_up(command: Command, body: Body<Opinion>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::take_up(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 审核通过（pass）
///
/// 热线审核通过，进入回访。
#[utoipa::path(tag = "hotline", operation_id = "pass_hotline_reply", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = Opinion, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/pass")]
async fn pass(command: Command, body: Body<Opinion>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::pass(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 审核退回（send back）
///
/// 热线审核未通过，退回继续办理；时限继续计算，审核所用的时间不计入。
#[utoipa::path(tag = "hotline", operation_id = "send_back_hotline_reply", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/send-back")]
async fn send_back(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::send_back(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 登记回访结果（return visit）
///
/// 登记是否联系上、响应、解决，以及对热线和对承办单位的两项满意度（按热线的评分方向换算）。满意且有录音编号的，即为所开“办不成事”反映的销号反馈；不满意或未解决的进入重办。
#[utoipa::path(tag = "hotline", operation_id = "record_hotline_visit", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = HotlineVisitInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/return-visit")]
async fn record_visit(command: Command, body: Body<HotlineVisitInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = visiting::record(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 重办（rehandle）
///
/// 热线要求重办，轮次加一；时限为原来的一半，不少于规定的工作日。
#[utoipa::path(tag = "hotline", operation_id = "rehandle_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/rehandle")]
async fn rehandle(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = visiting::rehandle(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 归档（archive）
///
/// 热线归档；需要回访的须先登记回访结果。
#[utoipa::path(tag = "hotline", operation_id = "archive_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = Opinion, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/archive")]
async fn archive(command: Command, body: Body<Opinion>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::archive(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 催办（urge）
///
/// 热线催办。
#[utoipa::path(tag = "hotline", operation_id = "urge_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/urge")]
async fn urge(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::urge(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 督办（supervise）
///
/// 热线督办，工单带督办标记。
#[utoipa::path(tag = "hotline", operation_id = "supervise_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/supervise")]
async fn supervise(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::supervise(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 追加情况（append）
///
/// 诉求人追加的情况。
#[utoipa::path(tag = "hotline", operation_id = "append_to_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/append")]
async fn append(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::append(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 并单（merge）
///
/// 同一热线的几件工单反映同一问题的，并入其中一件；已开件且未办结的不能并入其他件。
#[utoipa::path(tag = "hotline", operation_id = "merge_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = HotlineMergeInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/merge")]
async fn merge(command: Command, body: Body<HotlineMergeInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::merge(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 撤单（revoke）
///
/// 热线撤回工单；已开出的记录照常办理。
#[utoipa::path(tag = "hotline", operation_id = "revoke_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/revoke")]
async fn revoke(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::revoke(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 同意剔除（approve appeal）
///
/// 热线同意剔除，该次回访不计入三率。
#[utoipa::path(tag = "hotline", operation_id = "approve_hotline_appeal", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/approve-appeal")]
async fn approve_appeal(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::decide_appeal(tx, actor, target, input, true)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 不同意剔除（refuse appeal）
///
/// 热线不同意剔除。
#[utoipa::path(tag = "hotline", operation_id = "refuse_hotline_appeal", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/refuse-appeal")]
async fn refuse_appeal(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::decide_appeal(tx, actor, target, input, false)?;
            views::after(tx, actor, loaded)
        })
        .await
}
