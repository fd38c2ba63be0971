//! Joint handlings over HTTP.

use actix_web::{get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    answering::{self, JointAcceptance, JointAssignment, JointDecline},
    carrying::{self, HandBackInput, JointCancel, JointExtension, JointSupply, JointWords},
    machine::JointState,
    service::{self, JointInput},
    views::{self, JointHandlingView},
};
use crate::{
    entrustments::{StepAct, StepReport, api::ENTRUSTMENT},
    http::{Answer, Ask, Body, Command, Empty, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code as _, Page, Problem},
    organization::{api::CENTER, people_api::PERSON},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(request).service(list).service(fetch).service(accept).service(decline).service(assign).service(progress);
    cfg.service(ask_materials).service(supply).service(record_step).service(hand_back).service(complete).service(extend).service(cancel);
}

/// What a joint handling leads to.
pub struct OfJoint;
impl Expands for OfJoint {
    const RELATIONS: &'static [Relation] = &[
        Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT },
        Relation { name: "from", key: "/from/id", target: &CENTER },
        Relation { name: "to", key: "/to/id", target: &CENTER },
        Relation { name: "assignee", key: "/assignee_id", target: &PERSON },
    ];
}

/// The list of joint handlings.
pub struct JointHandlings;
impl ListKind for JointHandlings {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| JointState::ALL.iter().map(|v| v.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "提请的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const NUMBERED: bool = true;
    const SYNC: bool = true;
}

/// 提请联办（request joint handling）
///
/// 把计划中的某些步骤提请上级中心、其他中心或已开通账号的部门联合办理；责任中心不变。可同时提请多方，各有时限；未结束前本件不能办结。to 填 auto 时由步骤所属的上级中心承担。
#[utoipa::path(tag = "routing", operation_id = "request_joint_handling", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = JointInput, responses((status = 201, description = "联办", body = JointHandlingView)))]
#[post("/entrustments/{id}/joint-handlings")]
async fn request(command: Command, body: Body<JointInput>) -> Answer {
    command.create("/api/v1/joint-handlings", body, service::request).await
}

/// 查询联办（joint handlings）
///
/// 列出本人可见的联办：本中心提请的和承担的。
#[utoipa::path(tag = "routing", operation_id = "list_joint_handlings", params(List<JointHandlings>, Expand<OfJoint>), responses((status = 200, description = "一页联办", body = Page<JointHandlingView>)))]
#[get("/joint-handlings")]
async fn list(ask: Ask, asked: List<JointHandlings>) -> Answer {
    ask.expanding::<OfJoint>().list(asked.query, views::list).await
}

/// 查看联办（joint handling）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "routing", operation_id = "get_joint_handling", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100), Expand<OfJoint>), responses((status = 200, description = "联办", body = JointHandlingView)))]
#[get("/joint-handlings/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfJoint>().get(views::fetch).await
}

/// 接受联办（accept joint handling）
///
/// 被提请的一方接受，可同时指派专员；办理时限从此开始。
#[utoipa::path(tag = "routing", operation_id = "accept_joint_handling", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = JointAcceptance, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/accept")]
async fn accept(command: Command, body: Body<JointAcceptance>) -> Answer {
    command.act(body, answering::accept).await
}

/// 拒绝联办（decline joint handling）
///
/// 说明理由拒绝；步骤退回责任中心，并自动提请指定办理。
#[utoipa::path(tag = "routing", operation_id = "decline_joint_handling", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = JointDecline, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/decline")]
async fn decline(command: Command, body: Body<JointDecline>) -> Answer {
    command.act(body, answering::decline).await
}

/// 指派联办专员（assign joint handling）
///
/// 由承担联办的中心指派或改派。
#[utoipa::path(tag = "routing", operation_id = "assign_joint_handling", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = JointAssignment, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/assign")]
async fn assign(command: Command, body: Body<JointAssignment>) -> Answer {
    command.act(body, answering::assign).await
}

/// 报告联办进展（progress）
///
/// 向责任中心报告进展。
#[utoipa::path(tag = "routing", operation_id = "report_joint_progress", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = JointWords, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/progress")]
async fn progress(command: Command, body: Body<JointWords>) -> Answer {
    command.act(body, carrying::progress).await
}

/// 要求补充材料（ask for materials）
///
/// 一次性告知责任中心还缺哪些材料；补充之前办理时限暂停。
#[utoipa::path(tag = "routing", operation_id = "ask_joint_materials", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = JointWords, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/ask-materials")]
async fn ask_materials(command: Command, body: Body<JointWords>) -> Answer {
    command.act(body, carrying::ask_materials).await
}

/// 补充联办材料（supply）
///
/// 责任中心补充所要求的材料，办理时限继续。
#[utoipa::path(tag = "routing", operation_id = "supply_joint_materials", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = JointSupply, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/supply")]
async fn supply(command: Command, body: Body<JointSupply>) -> Answer {
    command.act(body, carrying::supply).await
}

/// 登记联办步骤（record step）
///
/// 承担联办的一方登记所承担步骤的申报、部门受理与决定，内容与“登记步骤”相同，记入本件的计划。
#[utoipa::path(tag = "routing", operation_id = "record_joint_step",
    params(("id" = String, Path, description = "联办 id 或编号", max_length = 100), ("step" = String, Path, description = "步骤编号", max_length = 20, example = "S2"), ("act" = inline(StepAct), Path, description = "登记的内容")),
    request_body = StepReport, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/steps/{step}/{act}")]
async fn record_step(command: Command, path: web::Path<(String, String, String)>, body: Body<StepReport>) -> Answer {
    let (_, step, act) = path.into_inner();
    let act = StepAct::parse(&act).ok_or_else(Problem::not_found)?;
    command.act(body, move |tx, actor, target, report| carrying::record_step(tx, actor, target, &step, act, report)).await
}

/// 交回结果（hand back）
///
/// 逐个步骤交回办理结果和有关材料；部门已作出决定的步骤才能交回。
#[utoipa::path(tag = "routing", operation_id = "hand_back_joint_step", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = HandBackInput, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/hand-back")]
async fn hand_back(command: Command, body: Body<HandBackInput>) -> Answer {
    command.act(body, carrying::hand_back).await
}

/// 完成联办（complete joint handling）
///
/// 各步骤的结果均已交回后完成。
#[utoipa::path(tag = "routing", operation_id = "complete_joint_handling", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/complete")]
async fn complete(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| carrying::complete(tx, actor, target)).await
}

/// 联办延期（extend joint handling）
///
/// 责任中心同意延长联办时限，一次为限，须说明理由。
#[utoipa::path(tag = "routing", operation_id = "extend_joint_handling", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = JointExtension, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/extend")]
async fn extend(command: Command, body: Body<JointExtension>) -> Answer {
    command.act(body, carrying::extend).await
}

/// 取消联办（cancel joint handling）
///
/// 责任中心收回步骤；由指定办理决定的联办不能取消。
#[utoipa::path(tag = "routing", operation_id = "cancel_joint_handling", params(("id" = String, Path, description = "联办 id 或编号", max_length = 100)), request_body = JointCancel, responses((status = 200, description = "联办", body = JointHandlingView)))]
#[post("/joint-handlings/{id}/cancel")]
async fn cancel(command: Command, body: Body<JointCancel>) -> Answer {
    command.act(body, carrying::cancel).await
}
