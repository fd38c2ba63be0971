//! Supervision orders over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    issuing,
    machine::{SupervisionReason, SupervisionState},
    model::{NewSupervision, SupervisionAnswer, SupervisionExtension, SupervisionSendBack, SupervisionSignIn, SupervisionWords},
    service,
    views::{self, SupervisionView},
    wall_api,
};
use crate::{
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind},
    kernel::{Code, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    wall_api::routes(cfg);
    cfg.service(list).service(issue).service(fetch).service(sign_in).service(progress).service(extend).service(answer).service(confirm);
    cfg.service(send_back).service(withdraw);
}

/// The list of supervision orders.
pub struct Supervisions;
impl ListKind for Supervisions {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| SupervisionState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "reason", kind: FilterKind::Codes(|| SupervisionReason::ALL.iter().map(|s| s.code()).collect()), doc: "督办原因" },
        Filter { name: "to_center_id", kind: FilterKind::Id, doc: "被督办的中心，或被督办部门所属的中心" },
        Filter { name: "to_department_id", kind: FilterKind::Id, doc: "被督办的部门" },
        Filter { name: "about_id", kind: FilterKind::Id, doc: "所督办的代办件或反映件" },
        Filter { name: "overdue", kind: FilterKind::Flag, doc: "true 只看已超期的" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "发出的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// 查询督办单（supervisions）
///
/// 列出本人可见的督办单：本方发出的、督办本方和所辖单位的；sort=due_at 按反馈期限先后。
#[utoipa::path(tag = "supervision", operation_id = "list_supervisions", params(List<Supervisions>), responses((status = 200, description = "一页督办单", body = Page<SupervisionView>)))]
#[get("/supervisions")]
async fn list(ask: Ask, asked: List<Supervisions>) -> Answer {
    ask.list(asked.query, views::list).await
}

/// 发出督办单（issue supervision）
///
/// 由督查人员、改革办或上级中心负责人向所辖中心或部门发出；可就一个代办件或反映件发出，不写对象时督办其责任中心。签收和反馈各有时限；同一件、同一对象未办结前不重复发出；不能督办本中心自己。
#[utoipa::path(tag = "supervision", operation_id = "issue_supervision", request_body = NewSupervision, responses((status = 201, description = "督办单", body = SupervisionView)))]
#[post("/supervisions")]
async fn issue(command: Command, body: Body<NewSupervision>) -> Answer {
    command.create("/api/v1/supervisions", body, |tx, actor, _, input| issuing::issue(tx, actor, input)).await
}

/// 查看督办单（supervision）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "supervision", operation_id = "get_supervision", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), responses((status = 200, description = "督办单", body = SupervisionView)))]
#[get("/supervisions/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 签收督办单（sign in）
///
/// 被督办的中心负责人或部门经办人签收并确定责任人。
#[utoipa::path(tag = "supervision", operation_id = "sign_in_supervision", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), request_body = SupervisionSignIn, responses((status = 200, description = "督办单", body = SupervisionView)))]
#[post("/supervisions/{id}/sign-in")]
async fn sign_in(command: Command, body: Body<SupervisionSignIn>) -> Answer {
    command.act(body, service::sign_in).await
}

/// 报告督办进展（progress）
///
/// 被督办方在反馈结果之前说明进展。
#[utoipa::path(tag = "supervision", operation_id = "report_supervision_progress", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), request_body = SupervisionWords, responses((status = 200, description = "督办单", body = SupervisionView)))]
#[post("/supervisions/{id}/progress")]
async fn progress(command: Command, body: Body<SupervisionWords>) -> Answer {
    command.act(body, service::progress).await
}

/// 督办延期（extend）
///
/// 由督办方说明理由延期一次；原期限已过的，仍记为超期。
#[utoipa::path(tag = "supervision", operation_id = "extend_supervision", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), request_body = SupervisionExtension, responses((status = 200, description = "督办单", body = SupervisionView)))]
#[post("/supervisions/{id}/extend")]
async fn extend(command: Command, body: Body<SupervisionExtension>) -> Answer {
    command.act(body, service::extend).await
}

/// 反馈督办结果（answer）
///
/// 被督办方写明查明的情况和整改措施，可附证明材料。
#[utoipa::path(tag = "supervision", operation_id = "answer_supervision", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), request_body = SupervisionAnswer, responses((status = 200, description = "督办单", body = SupervisionView)))]
#[post("/supervisions/{id}/answer")]
async fn answer(command: Command, body: Body<SupervisionAnswer>) -> Answer {
    command.act(body, service::answer).await
}

/// 督办审核办结（confirm）
///
/// 督办方审核反馈后办结；反馈人不能审核自己的反馈。
#[utoipa::path(tag = "supervision", operation_id = "confirm_supervision", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), request_body = SupervisionWords, responses((status = 200, description = "督办单", body = SupervisionView)))]
#[post("/supervisions/{id}/confirm")]
async fn confirm(command: Command, body: Body<SupervisionWords>) -> Answer {
    command.act(body, service::confirm).await
}

/// 督办退回重办（send back）
///
/// 反馈不符合要求的，督办方说明理由退回，时限重新计算。
#[utoipa::path(tag = "supervision", operation_id = "send_back_supervision", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), request_body = SupervisionSendBack, responses((status = 200, description = "督办单", body = SupervisionView)))]
#[post("/supervisions/{id}/send-back")]
async fn send_back(command: Command, body: Body<SupervisionSendBack>) -> Answer {
    command.act(body, service::send_back).await
}

/// 撤销督办单（withdraw）
///
/// 督办方说明理由撤销，记录保留。
#[utoipa::path(tag = "supervision", operation_id = "withdraw_supervision", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), request_body = SupervisionWords, responses((status = 200, description = "督办单", body = SupervisionView)))]
#[post("/supervisions/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<SupervisionWords>) -> Answer {
    command.act(body, service::withdraw).await
}
