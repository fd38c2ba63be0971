//! Return visits over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::ReturnVisitState,
    service::{self, ReturnVisitAttempt, ReturnVisitOrder, ReturnVisitReasonInput, ReturnVisitResult},
    views::{self, ReturnVisitView},
};
use crate::{
    entrustments::{TimelineEntry, api::ENTRUSTMENT},
    http::{Answer, Ask, Body, Command, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(order).service(fetch).service(timeline).service(record).service(record_attempt).service(drop_visit);
}

/// What a return visit leads to.
pub struct OfReturnVisit;
impl Expands for OfReturnVisit {
    const RELATIONS: &'static [Relation] = &[Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT }];
}

/// The list of return visits.
pub struct ReturnVisits;
impl ListKind for ReturnVisits {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| ReturnVisitState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "due", kind: FilterKind::Codes(|| vec!["overdue", "today", "later"]), doc: "期限：已过、今日、以后" },
        Filter { name: "ticket_id", kind: FilterKind::Id, doc: "关于哪件反映问题" },
        Filter { name: "entrustment_id", kind: FilterKind::Id, doc: "关于哪件办件" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "安排的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// The events of a return visit.
pub struct ReturnVisitEvents;
impl ListKind for ReturnVisitEvents {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询回访（return visits）
///
/// 列出本人可见的回访；due=today 为今日应回访的，sort=due_at 按期限先后。
#[utoipa::path(tag = "fallback", operation_id = "list_return_visits", params(List<ReturnVisits>, Expand<OfReturnVisit>), responses((status = 200, description = "一页回访", body = Page<ReturnVisitView>)))]
#[get("/return-visits")]
async fn list(ask: Ask, asked: List<ReturnVisits>) -> Answer {
    ask.expanding::<OfReturnVisit>().list(asked.query, views::list).await
}

/// 指定或登记回访（order return visit）
///
/// 问题销号、办件签收办结后按比例自动抽取回访；对其他已销号的问题（ticket）、已签收办结的办件（entrustment）可指定回访，二者填其一。由综窗人员、中心负责人就本中心的件指定，由上级中心负责人、督查人员、改革办就所辖中心的件指定。带 result 的，一次完成安排和登记，限能登记回访结果的综窗人员和改革办，承办人不能登记；已安排的登记在该次回访上。每轮办理对每位申请人回访一次。
#[utoipa::path(tag = "fallback", operation_id = "order_return_visit", request_body = ReturnVisitOrder, responses((status = 201, description = "回访", body = ReturnVisitView)))]
#[post("/return-visits")]
async fn order(command: Command, body: Body<ReturnVisitOrder>) -> Answer {
    command.create("/api/v1/return-visits", body, |tx, actor, _, input| service::order(tx, actor, input)).await
}

/// 查看回访（return visit）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "fallback", operation_id = "get_return_visit", params(("id" = String, Path, description = "回访 id 或编号", max_length = 100), Expand<OfReturnVisit>), responses((status = 200, description = "回访", body = ReturnVisitView)))]
#[get("/return-visits/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfReturnVisit>().get(views::fetch).await
}

/// 回访经过（return visit timeline）
///
/// 按时间先后列出回访的经过。
#[utoipa::path(tag = "fallback", operation_id = "list_return_visit_timeline", params(("id" = String, Path, description = "回访 id 或编号", max_length = 100), List<ReturnVisitEvents>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/return-visits/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<ReturnVisitEvents>) -> Answer {
    ask.list_of(asked.query, views::timeline).await
}

/// 登记回访结果（record return visit）
///
/// 登记响应、解决、满意三项和录音编号；由承办人以外的人回访；反映问题不满意的重新办理，办件不满意的记入办件经过，由中心负责人决定是否重新办理。
#[utoipa::path(tag = "fallback", operation_id = "record_return_visit", params(("id" = String, Path, description = "回访 id 或编号", max_length = 100)), request_body = ReturnVisitResult, responses((status = 200, description = "回访", body = ReturnVisitView)))]
#[post("/return-visits/{id}/record")]
async fn record(command: Command, body: Body<ReturnVisitResult>) -> Answer {
    command.act(body, service::record).await
}

/// 登记联系未果（record attempt）
///
/// 每日至多一次；三个不同的日子联系未果，回访结束。
#[utoipa::path(tag = "fallback", operation_id = "record_return_visit_attempt", params(("id" = String, Path, description = "回访 id 或编号", max_length = 100)), request_body = ReturnVisitAttempt, responses((status = 200, description = "回访", body = ReturnVisitView)))]
#[post("/return-visits/{id}/record-attempt")]
async fn record_attempt(command: Command, body: Body<ReturnVisitAttempt>) -> Answer {
    command.act(body, service::record_attempt).await
}

/// 不再回访（drop return visit）
///
/// 写明理由，例如申请人要求不再回访。
#[utoipa::path(tag = "fallback", operation_id = "drop_return_visit", params(("id" = String, Path, description = "回访 id 或编号", max_length = 100)), request_body = ReturnVisitReasonInput, responses((status = 200, description = "回访", body = ReturnVisitView)))]
#[post("/return-visits/{id}/drop")]
async fn drop_visit(command: Command, body: Body<ReturnVisitReasonInput>) -> Answer {
    command.act(body, service::give_up).await
}
