//! The desk.

use actix_multipart::Multipart;
use actix_web::{post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::{
    EntrustmentView, NewEntrustment,
    agreement::{self, AgreementInput, AgreementSignature},
    bulk::{BulkInput, perform},
    extension::{self, ExtensionDecision, ExtensionInput},
    facts::ApplicantReason,
    handling::{self, AcceptInput, AssignInput, ModeInput, ProgressInput, RejectInput, SuspendInput},
    intake,
    machine::StepAct,
    materials::{self, MaterialReport, OneTimeNotice},
    model::MaterialAct,
    notes::{self, FeeInput, HelpInput},
    plan::{self, PlanInput},
    steps::{self, StepReport},
};
use crate::{
    attachments::api::{Received, UploadForm},
    auth::Actor,
    db::Tx,
    http::{Answer, Body, BulkResults, Command, Empty, State},
    kernel::{Code as _, Problem, Target},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(submit).service(accept).service(assign).service(notice).service(resubmit).service(remind).service(lapse);
    cfg.service(reject).service(withdraw).service(change_mode).service(draft_agreement).service(sign_agreement).service(start);
    cfg.service(in_bulk);
    cfg.service(record_help).service(record_fee).service(request_extension).service(grant_extension).service(refuse_extension);
    cfg.service(make_plan).service(record_step).service(upload_material).service(report_material).service(progress).service(suspend).service(resume);
}

/// 收件（submit）
///
/// 一次调用完成收件：申请人、代办件、材料清单、责任中心和受理时限。申请人登录后无须填写 applicant；工作人员在本中心收件。
#[utoipa::path(tag = "entrustments", operation_id = "create_entrustment", request_body = NewEntrustment, responses((status = 201, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments")]
async fn submit(command: Command, body: Body<NewEntrustment>) -> Answer {
    command.create("/api/v1/entrustments", body, |tx, actor, _, new| intake::submit(tx, actor, new)).await
}

/// 受理（accept）
///
/// 中心受理：须已说明流程、核对材料、签署申请表；可同时指派专员。中心受理不等于审批部门受理。
#[utoipa::path(tag = "entrustments", operation_id = "accept_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = AcceptInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/accept")]
async fn accept(command: Command, body: Body<AcceptInput>) -> Answer {
    command.act(body, handling::accept).await
}

/// 指派专员（assign）
///
/// 指派或改派本中心的帮办代办专员。
#[utoipa::path(tag = "entrustments", operation_id = "assign_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = AssignInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/assign")]
async fn assign(command: Command, body: Body<AssignInput>) -> Answer {
    command.act(body, handling::assign).await
}

/// 一次性告知（one-time notice）
///
/// 一次告知全部所缺内容和补齐办法。受理前告知转为待补正；受理后告知只改变材料。
#[utoipa::path(tag = "entrustments", operation_id = "give_one_time_notice", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = OneTimeNotice, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/one-time-notice")]
async fn notice(command: Command, body: Body<OneTimeNotice>) -> Answer {
    command.act(body, materials::one_time_notice).await
}

/// 补正后重新提交（resubmit）
///
/// 告知的材料补齐后重新提交。
#[utoipa::path(tag = "entrustments", operation_id = "resubmit_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/resubmit")]
async fn resubmit(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| handling::resubmit(tx, actor, target)).await
}

/// 催补（remind）
///
/// 提醒申请人补齐材料并计数；催补两次且补正时限届满后才可作逾期处理。
#[utoipa::path(tag = "entrustments", operation_id = "remind_applicant", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/remind")]
async fn remind(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| handling::remind(tx, actor, target)).await
}

/// 逾期失效（lapse）
///
/// 催补两次后仍未补齐、补正时限届满的，作逾期处理。
#[utoipa::path(tag = "entrustments", operation_id = "lapse_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/lapse")]
async fn lapse(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| handling::lapse(tx, actor, target)).await
}

/// 不予受理（reject）
///
/// 只能以列明的理由不予受理，并告知去向。
#[utoipa::path(tag = "entrustments", operation_id = "reject_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = RejectInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/reject")]
async fn reject(command: Command, body: Body<RejectInput>) -> Answer {
    command.act(body, handling::reject).await
}

/// 撤回（withdraw）
///
/// 申请人在签订协议之前撤回申请。
#[utoipa::path(tag = "entrustments", operation_id = "withdraw_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = ApplicantReason, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<ApplicantReason>) -> Answer {
    command.act(body, handling::withdraw).await
}

/// 改变帮办方式（change mode）
///
/// 不符合代办条件的可改为帮办，而不是被拒绝。
#[utoipa::path(tag = "entrustments", operation_id = "change_entrustment_mode", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = ModeInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/change-mode")]
async fn change_mode(command: Command, body: Body<ModeInput>) -> Answer {
    command.act(body, handling::change_mode).await
}

/// 拟制协议（draft agreement）
///
/// 生成委托协议文本及其哈希；未签订前可重新拟制。
#[utoipa::path(tag = "entrustments", operation_id = "draft_agreement", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = AgreementInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/draft-agreement")]
async fn draft_agreement(command: Command, body: Body<AgreementInput>) -> Answer {
    command.act(body, agreement::draft).await
}

/// 签订协议（sign agreement）
///
/// 申请人在线签订，或由工作人员凭据登记线下签字；签订后开始代办，文本不再改变。
#[utoipa::path(tag = "entrustments", operation_id = "sign_agreement", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = AgreementSignature, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/sign-agreement")]
async fn sign_agreement(command: Command, body: Body<AgreementSignature>) -> Answer {
    command.act(body, agreement::sign).await
}

/// 开始帮办（start）
///
/// 帮办件无须协议，直接开始。
#[utoipa::path(tag = "entrustments", operation_id = "start_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/start")]
async fn start(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| handling::start(tx, actor, target)).await
}

/// 制定计划（plan）
///
/// 按事项的专用流程或自拟步骤制定计划，推算每步的计划日期。可再次提交以调整：已申报的步骤须原样保留。部门按名称在本中心及上级中心查找。
#[utoipa::path(tag = "entrustments", operation_id = "plan_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = PlanInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/plan")]
async fn make_plan(command: Command, body: Body<PlanInput>) -> Answer {
    command.act(body, plan::plan).await
}

/// 报告进展（progress）
///
/// 报告进展和堵点，可同时告知申请人。
#[utoipa::path(tag = "entrustments", operation_id = "report_progress", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = ProgressInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/progress")]
async fn progress(command: Command, body: Body<ProgressInput>) -> Answer {
    command.act(body, handling::progress).await
}

/// 批量办理（bulk actions）
///
/// 一次办理至多 100 件，每件一个操作，规则与单件办理相同。答复 207，逐件列出结果；atomic 为 true 时任何一件被拒绝则全部撤销。
#[utoipa::path(tag = "entrustments", operation_id = "act_in_bulk", request_body = BulkInput, responses((status = 207, description = "逐件的结果", body = BulkResults)))]
#[post("/entrustments/bulk")]
async fn in_bulk(command: Command, body: Body<BulkInput>) -> Answer {
    command.bulk(body, perform).await
}

/// 登记帮办内容（record help）
///
/// 登记为帮办（协办）件提供的帮助：取号、填表、网上办、指尖办、自助办、网上申报、文件上传、进度查询。
#[utoipa::path(tag = "entrustments", operation_id = "record_help", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = HelpInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/record-help")]
async fn record_help(command: Command, body: Body<HelpInput>) -> Answer {
    command.act(body, notes::help).await
}

/// 登记费用（record fee）
///
/// 告知申请人须向审批部门缴纳的法定费用，或登记其缴费凭证；中心不代收费用。
#[utoipa::path(tag = "entrustments", operation_id = "record_fee", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = FeeInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/record-fee")]
async fn record_fee(command: Command, body: Body<FeeInput>) -> Answer {
    command.act(body, notes::fee).await
}

/// 申请延期（request extension）
///
/// 专员申请延长承诺办理时限，说明理由；由中心负责人批准。审批部门自己的时限不因此改变。
#[utoipa::path(tag = "entrustments", operation_id = "request_extension", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = ExtensionInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/request-extension")]
async fn request_extension(command: Command, body: Body<ExtensionInput>) -> Answer {
    command.act(body, extension::request).await
}

/// 批准延期（grant extension）
///
/// 批准后承诺时限顺延，理由和新的时限告知申请人。
#[utoipa::path(tag = "entrustments", operation_id = "grant_extension", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = ExtensionDecision, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/grant-extension")]
async fn grant_extension(command: Command, body: Body<ExtensionDecision>) -> Answer {
    command.act(body, extension::grant).await
}

/// 不批准延期（refuse extension）
///
/// 须说明理由，仍按原时限办理。
#[utoipa::path(tag = "entrustments", operation_id = "refuse_extension", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = ExtensionDecision, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/refuse-extension")]
async fn refuse_extension(command: Command, body: Body<ExtensionDecision>) -> Answer {
    command.act(body, extension::refuse).await
}

/// 中止（suspend）
///
/// 只能以列明的理由中止，时限停表。
#[utoipa::path(tag = "entrustments", operation_id = "suspend_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = SuspendInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/suspend")]
async fn suspend(command: Command, body: Body<SuspendInput>) -> Answer {
    command.act(body, handling::suspend).await
}

/// 续办（resume）
///
/// 恢复办理，时限继续计算；中止所及之日不计。
#[utoipa::path(tag = "entrustments", operation_id = "resume_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/resume")]
async fn resume(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| handling::resume(tx, actor, target)).await
}

/// 登记步骤（record step）
///
/// 登记审批步骤。部门已开通经办账号的，由其经办人登记本部门的受理与决定；未开通的，由专员凭据代为登记。file 申报、accept 部门受理、ask_correction 要求补正、not_accept 不予受理、enter_special / leave_special 特别程序、grant 准予、refuse 不予许可、receive_result 领取结果、hand_back 退回申报、extend 延长审批时限（一次，最长十个工作日）。
#[utoipa::path(tag = "entrustments", operation_id = "record_step",
    params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100), ("step" = String, Path, description = "步骤编号", max_length = 20, example = "S1"), ("act" = inline(StepAct), Path, description = "登记的内容")),
    request_body = StepReport, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/steps/{step}/{act}")]
async fn record_step(command: Command, path: web::Path<(String, String, String)>, body: Body<StepReport>) -> Answer {
    let (_, step, act) = path.into_inner();
    let act = StepAct::parse(&act).ok_or_else(Problem::not_found)?;
    command.act(body, move |tx, actor, target, report| steps::record_step(tx, actor, target, &step, act, report)).await
}

/// 上传材料（upload material）
///
/// 一次调用：上传一个文件（multipart/form-data，最大 20 MB）并提交该材料。
#[utoipa::path(tag = "entrustments", operation_id = "upload_material",
    params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100), ("material" = String, Path, description = "材料编号", max_length = 20, example = "M1")),
    request_body(content = UploadForm, content_type = "multipart/form-data"), responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/materials/{material}/upload")]
async fn upload_material(command: Command, state: web::Data<State>, path: web::Path<(String, String)>, form: Multipart) -> Answer {
    let material = path.into_inner().1;
    let received = Received::of(&command, &state, form).await?;
    let (file, body) = (received.clone(), Body { value: (), digest: received.digest() });
    let supply = move |tx: &mut Tx, actor: &Actor, target: &Target, (): &()| {
        file.keep(tx, actor)?;
        let report = MaterialReport { attachments: vec![file.id], ..MaterialReport::default() };
        materials::report(tx, actor, target, &material, MaterialAct::Submit, &report)
    };
    let answer = command.act(body, supply).await;
    received.settle(&state).await;
    answer
}

/// 登记材料（report material）
///
/// submit 提交（可注明原件、份数）、accept 核验通过、reject 退回并说明原因、defer 容缺后补并写明日期、return 退还原件并写明签收单号。
#[utoipa::path(tag = "entrustments", operation_id = "report_material",
    params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100), ("material" = String, Path, description = "材料编号", max_length = 20, example = "M1"), ("act" = inline(MaterialAct), Path, description = "登记的内容")),
    request_body = MaterialReport, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/materials/{material}/{act}")]
async fn report_material(command: Command, path: web::Path<(String, String, String)>, body: Body<MaterialReport>) -> Answer {
    let (_, material, act) = path.into_inner();
    let act = MaterialAct::parse(&act).ok_or_else(Problem::not_found)?;
    command.act(body, move |tx, actor, target, report| materials::report(tx, actor, target, &material, act, report)).await
}
