//! Follow-ups over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    appealing, handling, listing,
    machine::{AppealState, FollowUpState},
    model::{
        AppealDecision, AppealInput, FollowUpAssignment, FollowUpAttempt, FollowUpDone, FollowUpPlan, FollowUpReason, FollowUpTelling, FollowUpVerification,
    },
    views::{self, FollowUpView},
};
use crate::{
    entrustments::{TimelineEntry, api::ENTRUSTMENT},
    evaluations::{model::RatedKind, store::Grade},
    http::{Answer, Ask, Body, Command, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch).service(timeline).service(assign).service(record_attempt).service(verify).service(mark_complex);
    cfg.service(plan_fix).service(fix).service(explain).service(tell).service(appeal).service(decide_appeal).service(conclude).service(send_back);
}

/// What a follow-up leads to.
pub struct OfFollowUp;
impl Expands for OfFollowUp {
    const RELATIONS: &'static [Relation] = &[Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT }];
}

/// The list of follow-ups.
pub struct FollowUps;
impl ListKind for FollowUps {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| FollowUpState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "被评价中心" },
        Filter { name: "grade", kind: FilterKind::Codes(|| Grade::ALL.iter().filter(|g| g.is_bad()).map(|g| g.code()).collect()), doc: "差评等级" },
        Filter { name: "overdue", kind: FilterKind::Flag, doc: "已超期" },
        Filter { name: "handler_id", kind: FilterKind::Id, doc: "承办人" },
        Filter { name: "unassigned", kind: FilterKind::Flag, doc: "尚未指定承办人" },
        Filter { name: "appeal", kind: FilterKind::Codes(|| AppealState::ALL.iter().map(|s| s.code()).collect()), doc: "申诉情况" },
        Filter { name: "record_kind", kind: FilterKind::Codes(|| RatedKind::ALL.iter().map(|k| k.code()).collect()), doc: "差评的是什么" },
        Filter { name: "entrustment_id", kind: FilterKind::Id, doc: "关于哪件代办件" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "差评的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
    const NUMBERED: bool = true;
}

/// The events of a follow-up.
pub struct FollowUpEvents;
impl ListKind for FollowUpEvents {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询差评整改（follow-ups）
///
/// 列出本人可见的差评整改：被评价中心负责人、上级中心、承办人、实名差评的被评价人，以及评价的申请人；overdue=true 为已超期的。
#[utoipa::path(tag = "evaluations", operation_id = "list_follow_ups", params(List<FollowUps>, Expand<OfFollowUp>), responses((status = 200, description = "一页差评整改", body = Page<FollowUpView>)))]
#[get("/follow-ups")]
async fn list(ask: Ask, asked: List<FollowUps>) -> Answer {
    ask.expanding::<OfFollowUp>().list(asked.query, listing::list).await
}

/// 查看差评整改（follow-up）
///
/// 路径中可用 id，也可用编号。被评价人看到实名差评的整改，看不到匿名差评的（只计入统计）；申请人看到进度，看不到申诉。
#[utoipa::path(tag = "evaluations", operation_id = "get_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100), Expand<OfFollowUp>), responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[get("/follow-ups/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfFollowUp>().get(views::fetch).await
}

/// 整改经过（follow-up timeline）
///
/// 按时间先后列出核实、整改、反馈和申诉的经过；申请人看到与其有关的部分。
#[utoipa::path(tag = "evaluations", operation_id = "list_follow_up_timeline", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100), List<FollowUpEvents>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/follow-ups/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<FollowUpEvents>) -> Answer {
    ask.list_of(asked.query, views::timeline).await
}

/// 指定承办人（assign follow-up）
///
/// 由中心负责人指定本中心人员；被评价人不能承办。
#[utoipa::path(tag = "evaluations", operation_id = "assign_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpAssignment, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/assign")]
async fn assign(command: Command, body: Body<FollowUpAssignment>) -> Answer {
    command.act(body, handling::assign).await
}

/// 登记联系未果（record follow-up attempt）
///
/// 每日至多一次；实名差评须在三个不同的日子联系未果，才能登记无法核实。
#[utoipa::path(tag = "evaluations", operation_id = "record_follow_up_attempt", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpAttempt, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/record-attempt")]
async fn record_attempt(command: Command, body: Body<FollowUpAttempt>) -> Answer {
    command.act(body, handling::record_attempt).await
}

/// 登记核实结果（verify follow-up）
///
/// 回访申请人后登记属实、不属实或者无法核实；由被评价人以外的人登记。中心负责人可同时认定情况复杂。
#[utoipa::path(tag = "evaluations", operation_id = "verify_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpVerification, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/verify")]
async fn verify(command: Command, body: Body<FollowUpVerification>) -> Answer {
    command.act(body, handling::verify).await
}

/// 认定情况复杂（mark follow-up complex）
///
/// 由中心负责人写明理由，整改时限由 5 个工作日延长为 15 个工作日。
#[utoipa::path(tag = "evaluations", operation_id = "mark_follow_up_complex", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpReason, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/mark-complex")]
async fn mark_complex(command: Command, body: Body<FollowUpReason>) -> Answer {
    command.act(body, handling::mark_complex).await
}

/// 限期整改（plan fix）
///
/// 不能立行立改的，写明整改内容和日期；日期不超过整改时限。
#[utoipa::path(tag = "evaluations", operation_id = "plan_follow_up_fix", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpPlan, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/plan-fix")]
async fn plan_fix(command: Command, body: Body<FollowUpPlan>) -> Answer {
    command.act(body, handling::plan_fix).await
}

/// 登记已整改（fix）
///
/// 立行立改的，或者限期整改完成的，写明整改情况。
#[utoipa::path(tag = "evaluations", operation_id = "fix_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpDone, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/fix")]
async fn fix(command: Command, body: Body<FollowUpDone>) -> Answer {
    command.act(body, handling::fix).await
}

/// 说明解释（explain）
///
/// 不属实、无法核实，或者因法律法规暂不能改的，写明说明。
#[utoipa::path(tag = "evaluations", operation_id = "explain_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpDone, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/explain")]
async fn explain(command: Command, body: Body<FollowUpDone>) -> Answer {
    command.act(body, handling::explain).await
}

/// 反馈申请人（tell applicant）
///
/// 登记反馈的时间和方式；同时开启一次二次评价，首次评价保留不变。所评的件正在重新办理的，再次办结后开始二次评价；并入他件的不再二次评价。
#[utoipa::path(tag = "evaluations", operation_id = "tell_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpTelling, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/tell")]
async fn tell(command: Command, body: Body<FollowUpTelling>) -> Answer {
    command.act(body, handling::tell).await
}

/// 申诉（appeal）
///
/// 中心负责人，或者实名差评的被评价人认为误评、恶意差评的，在 5 个工作日内写明理由和证据，由上级中心复核；复核期间整改照常进行。匿名差评由中心负责人申诉。
#[utoipa::path(tag = "evaluations", operation_id = "appeal_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = AppealInput, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/appeal")]
async fn appeal(command: Command, body: Body<AppealInput>) -> Answer {
    command.act(body, appealing::appeal).await
}

/// 复核申诉（decide appeal）
///
/// 由上级中心负责人复核（最高一级由改革办复核），被评价中心人员不能复核。成立的，评价保留但不计入统计，整改结束；不成立的，继续整改。
#[utoipa::path(tag = "evaluations", operation_id = "decide_follow_up_appeal", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = AppealDecision, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/decide-appeal")]
async fn decide_appeal(command: Command, body: Body<AppealDecision>) -> Answer {
    command.act(body, appealing::decide_appeal).await
}

/// 复核办结（conclude follow-up）
///
/// 二次评价仍为差评的，由上级复核；认为整改到位的，写明意见后办结。
#[utoipa::path(tag = "evaluations", operation_id = "conclude_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpReason, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/conclude")]
async fn conclude(command: Command, body: Body<FollowUpReason>) -> Answer {
    command.act(body, appealing::conclude).await
}

/// 退回重新整改（send follow-up back）
///
/// 二次评价仍为差评且整改不到位的，退回重新整改一次；再次反馈后即办结，不再评价。
#[utoipa::path(tag = "evaluations", operation_id = "send_back_follow_up", params(("id" = String, Path, description = "差评整改 id 或编号", max_length = 100)), request_body = FollowUpReason, responses((status = 200, description = "差评整改", body = FollowUpView)))]
#[post("/follow-ups/{id}/send-back")]
async fn send_back(command: Command, body: Body<FollowUpReason>) -> Answer {
    command.act(body, appealing::send_back).await
}
