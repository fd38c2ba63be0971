//! Reminders over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::ReminderState,
    sending::{self, SendInput},
    service::{self, AnswerInput, ReminderView},
};
use crate::{
    entrustments::api::ENTRUSTMENT,
    http::{Answer, Ask, Body, BulkResults, Command, Empty, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(send).service(fetch).service(answer).service(withdraw);
}

/// What a reminder leads to.
pub struct OfReminder;
impl Expands for OfReminder {
    const RELATIONS: &'static [Relation] = &[Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT }];
}

/// The list of reminders.
pub struct Reminders;
impl ListKind for Reminders {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| ReminderState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "催办的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// 查询催办（reminders）
///
/// 列出本人可见的催办：本方发出的、催办本方的；sort=due_at 按答复期限先后。
#[utoipa::path(tag = "routing", operation_id = "list_reminders", params(List<Reminders>, Expand<OfReminder>), responses((status = 200, description = "一页催办", body = Page<ReminderView>)))]
#[get("/reminders")]
async fn list(ask: Ask, asked: List<Reminders>) -> Answer {
    ask.expanding::<OfReminder>().list(asked.query, service::list).await
}

/// 催办（send reminders）
///
/// 一次催办至多 100 项：部门手中的步骤、未了结的转办、联办和指定办理，或者承办人手中的代办件。被催办方须限时答复；答复期限未到不重复催办。答复 207，逐项列出结果。
#[utoipa::path(tag = "routing", operation_id = "send_reminders", request_body = SendInput, responses((status = 207, description = "逐项的结果", body = BulkResults)))]
#[post("/reminders")]
async fn send(command: Command, body: Body<SendInput>) -> Answer {
    command.bulk(body, sending::send).await
}

/// 查看催办（reminder）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "routing", operation_id = "get_reminder", params(("id" = String, Path, description = "催办 id 或编号", max_length = 100), Expand<OfReminder>), responses((status = 200, description = "催办", body = ReminderView)))]
#[get("/reminders/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfReminder>().get(service::fetch).await
}

/// 答复催办（answer reminder）
///
/// 被催办方说明进展和预计完成日期；没有账号的部门，由催办方写明何人以何方式答复后代为登记。
#[utoipa::path(tag = "routing", operation_id = "answer_reminder", params(("id" = String, Path, description = "催办 id 或编号", max_length = 100)), request_body = AnswerInput, responses((status = 200, description = "催办", body = ReminderView)))]
#[post("/reminders/{id}/answer")]
async fn answer(command: Command, body: Body<AnswerInput>) -> Answer {
    command.act(body, service::answer).await
}

/// 撤回催办（withdraw reminder）
///
/// 催办方在答复之前撤回。
#[utoipa::path(tag = "routing", operation_id = "withdraw_reminder", params(("id" = String, Path, description = "催办 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "催办", body = ReminderView)))]
#[post("/reminders/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::withdraw(tx, actor, target)).await
}
