//! Forms of fallback tickets, assignment sheets, batches and registers over HTTP: what can be issued and what was. Reading,
//! printing, signing and voiding one of them is as with any other form.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    register::{self, RegisterFormInput},
    service::{self, TicketFormInput},
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    forms::{
        machine::About,
        views::{FormView, MatterForms},
    },
    http::{Answer, Ask, Body, Command, Nothing, Params},
    kernel::Target,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(of_ticket).service(issue_ticket).service(of_sheet).service(issue_sheet);
    cfg.service(of_batch).service(issue_batch).service(of_register).service(issue_register);
}

/// Where forms are found.
const FORMS: &str = "/api/v1/forms";

/// 反映问题的文书（forms of a fallback ticket）
///
/// 申请单、记录表，以及本件各交办单的文书：可以出具的种类和可以阅读的已出具文书。看到的内容与查看本件时相同，脱敏的和保密的在文书中同样不显示。
#[utoipa::path(tag = "fallback", operation_id = "list_fallback_ticket_forms", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), responses((status = 200, description = "文书", body = MatterForms)))]
#[get("/fallback-tickets/{id}/forms")]
async fn of_ticket(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(|tx, actor, id| service::of_record(tx, actor, About::Ticket, id)).await
}

/// 出具反映问题的文书（issue form of a fallback ticket）
///
/// 按当前的登记出具申请单或记录表，出具后文本固定；内容有变化后再次出具的，先前的一份作废，写明由哪一份代替。申请人各签各处；签字不是销号的反馈。
#[utoipa::path(tag = "fallback", operation_id = "issue_fallback_ticket_form", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketFormInput, responses((status = 201, description = "文书", body = FormView)))]
#[post("/fallback-tickets/{id}/forms")]
async fn issue_ticket(command: Command, body: Body<TicketFormInput>) -> Answer {
    command.create(FORMS, body, on(About::Ticket)).await
}

/// 交办单的文书（forms of an assignment sheet）
///
/// 签发的交办单，和办复后载明完成情况、责任人签字、申请人意见的交办单（办复）。
#[utoipa::path(tag = "fallback", operation_id = "list_assignment_sheet_forms", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), responses((status = 200, description = "文书", body = MatterForms)))]
#[get("/assignment-sheets/{id}/forms")]
async fn of_sheet(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(|tx, actor, id| service::of_record(tx, actor, About::Sheet, id)).await
}

/// 出具交办单（issue form of an assignment sheet）
///
/// 领导签发之后才有交办单，签发即主管领导签字；办复之后出具交办单（办复），责任人的办复签字载于其上，征得申请人意见后可以重新出具。交办单退回、撤销的，文书随之作废。
#[utoipa::path(tag = "fallback", operation_id = "issue_assignment_sheet_form", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body(content = TicketFormInput, example = json!({ "kind": "assignment_sheet" })), responses((status = 201, description = "文书", body = FormView)))]
#[post("/assignment-sheets/{id}/forms")]
async fn issue_sheet(command: Command, body: Body<TicketFormInput>) -> Answer {
    command.create(FORMS, body, on(About::Sheet)).await
}

/// 批次的文书（forms of a batch）
///
/// 报送政府的特别疑难问题清单；研究决定后出具的载明每件的决定。
#[utoipa::path(tag = "fallback", operation_id = "list_ticket_batch_forms", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), responses((status = 200, description = "文书", body = MatterForms)))]
#[get("/ticket-batches/{id}/forms")]
async fn of_batch(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(|tx, actor, id| service::of_record(tx, actor, About::Batch, id)).await
}

/// 出具特别疑难问题清单（issue form of a batch）
///
/// 由改革办出具并盖章；批次内容有变化或者已有研究决定的，可以重新出具。
#[utoipa::path(tag = "fallback", operation_id = "issue_ticket_batch_form", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body(content = TicketFormInput, example = json!({ "kind": "batch_list" })), responses((status = 201, description = "文书", body = FormView)))]
#[post("/ticket-batches/{id}/forms")]
async fn issue_batch(command: Command, body: Body<TicketFormInput>) -> Answer {
    command.create(FORMS, body, on(About::Batch)).await
}

/// 中心登记簿的文书（forms of a center's register）
///
/// 已出具的汇总记录表、每周分类清单和月报，最近的 60 份；能查看销号清单统计的人可以阅读，其中每件的内容与查看该件时相同。
#[utoipa::path(tag = "fallback", operation_id = "list_register_forms", params(("id" = String, Path, description = "服务中心 id 或区划代码", max_length = 100)), responses((status = 200, description = "文书", body = MatterForms)))]
#[get("/centers/{id}/register-forms")]
async fn of_register(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(|tx, actor, id| service::of_record(tx, actor, About::Register, id)).await
}

/// 出具登记簿的文书（issue form of a center's register）
///
/// 出具某一期间的汇总记录表（至多 200 件）、每周分类清单，或者月报；统计范围为出具人可见的范围：中心自身，或者该中心及所属各中心。
#[utoipa::path(tag = "fallback", operation_id = "issue_register_form", params(("id" = String, Path, description = "服务中心 id 或区划代码", max_length = 100)), request_body = RegisterFormInput, responses((status = 201, description = "文书", body = FormView)))]
#[post("/centers/{id}/register-forms")]
async fn issue_register(command: Command, body: Body<RegisterFormInput>) -> Answer {
    command.create(FORMS, body, register::issue).await
}

/// Issuing on one kind of record.
fn on(about: About) -> impl FnMut(&mut Tx, &Actor, &Target, &TicketFormInput) -> Result<FormView> + Send + 'static {
    move |tx, actor, target, input| service::issue(tx, actor, about, target, input)
}
