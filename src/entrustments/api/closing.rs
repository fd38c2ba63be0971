//! The end.

use actix_web::post;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::{
    EntrustmentView,
    closing::{self, CompleteInput, DeliveryInput, SignInput, TerminateInput, TerminationSignature},
    facts::{ApplicantReason, ReasonInput},
    handout::{self, HandOutInput, HandOutReport},
};
use crate::http::{Answer, Body, Command, Empty};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(arrange_hand_out).service(record_hand_out);
    cfg.service(complete).service(sign).service(refuse).service(unclaimed).service(reopen);
    cfg.service(request_termination).service(cancel_termination).service(sign_termination).service(terminate_unilaterally);
}

/// 办结（complete）
///
/// 登记审批结果并交付；申请人签收后才算办结。有未结束的联办、步骤或未答复的转办时不能办结。
#[utoipa::path(tag = "entrustments", operation_id = "complete_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = CompleteInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/complete")]
async fn complete(command: Command, body: Body<CompleteInput>) -> Answer {
    command.act(body, closing::complete).await
}

/// 签收（sign completion）
///
/// 申请人签收，本件办结并打开一次评价。
#[utoipa::path(tag = "entrustments", operation_id = "sign_completion", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = SignInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/sign-completion")]
async fn sign(command: Command, body: Body<SignInput>) -> Answer {
    command.act(body, closing::sign).await
}

/// 拒绝签收（refuse completion）
///
/// 申请人不认可结果，本件继续办理。
#[utoipa::path(tag = "entrustments", operation_id = "refuse_completion", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = ApplicantReason, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/refuse-completion")]
async fn refuse(command: Command, body: Body<ApplicantReason>) -> Answer {
    command.act(body, closing::refuse).await
}

/// 登记无人领取（unclaimed）
///
/// 凭送达证明登记；之后申请人仍可签收。
#[utoipa::path(tag = "entrustments", operation_id = "mark_unclaimed", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = DeliveryInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/mark-unclaimed")]
async fn unclaimed(command: Command, body: Body<DeliveryInput>) -> Answer {
    command.act(body, closing::unclaimed).await
}

/// 重新办理（reopen）
///
/// 负责人说明理由后，重新打开误结的件。
#[utoipa::path(tag = "entrustments", operation_id = "reopen_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = ReasonInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/reopen")]
async fn reopen(command: Command, body: Body<ReasonInput>) -> Answer {
    command.act(body, closing::reopen).await
}

/// 申请终止（request termination）
///
/// 申请人或中心以列明的理由提出终止。
#[utoipa::path(tag = "entrustments", operation_id = "request_termination", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = TerminateInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/request-termination")]
async fn request_termination(command: Command, body: Body<TerminateInput>) -> Answer {
    command.act(body, closing::request_termination).await
}

/// 取消终止（cancel termination）
///
/// 回到提出终止前的状态；已作的签字和材料退还登记不再有效，只留在办理记录中。
#[utoipa::path(tag = "entrustments", operation_id = "cancel_termination", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/cancel-termination")]
async fn cancel_termination(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| closing::cancel_termination(tx, actor, target)).await
}

/// 签字终止（sign termination）
///
/// 申请人和中心各签一次，双方签字且材料退还后终止生效。工作人员填 papers_returned 即为中心签字，可同时登记申请人的线下签字。
#[utoipa::path(tag = "entrustments", operation_id = "sign_termination", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = TerminationSignature, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/sign-termination")]
async fn sign_termination(command: Command, body: Body<TerminationSignature>) -> Answer {
    command.act(body, closing::sign_termination).await
}

/// 单方终止（unilateral termination）
///
/// 负责人凭送达证明单方终止。
#[utoipa::path(tag = "entrustments", operation_id = "terminate_unilaterally", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = DeliveryInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/terminate-unilaterally")]
async fn terminate_unilaterally(command: Command, body: Body<DeliveryInput>) -> Answer {
    command.act(body, closing::terminate_unilaterally).await
}

/// 约定出件（arrange hand-out）
///
/// 约定结果如何送达：窗口领取（可约时间）、快递送达或电子证照；寄出或领取之前可以重新约定。
#[utoipa::path(tag = "entrustments", operation_id = "arrange_hand_out", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = HandOutInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/arrange-hand-out")]
async fn arrange_hand_out(command: Command, body: Body<HandOutInput>) -> Answer {
    command.act(body, handout::arrange).await
}

/// 登记出件（record hand-out）
///
/// 出件窗口登记：hand_out 当面交付、send 寄出（承运单位和运单号）、deliver 妥投、come_back 退回。
#[utoipa::path(tag = "entrustments", operation_id = "record_hand_out", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = HandOutReport, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/hand-out")]
async fn record_hand_out(command: Command, body: Body<HandOutReport>) -> Answer {
    command.act(body, handout::record).await
}
