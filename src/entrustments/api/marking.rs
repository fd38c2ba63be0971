//! What staff set beside a matter, and what it belongs together with.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::{
    EntrustmentView,
    linking::{self, LinkInput, Links, SplitInput, UnlinkInput},
    marking::{self, AgentInput, MarkInput, NoteInput, Watching},
};
use crate::http::{Answer, Ask, Body, Command, Empty, Nothing, Params};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(note).service(mark).service(name_agent).service(watch).service(unwatch);
    cfg.service(links).service(link).service(unlink).service(split);
}

/// 备注（note）
///
/// 在办理过程中留下备注；可以只给工作人员看，也可以让申请人看到。
#[utoipa::path(tag = "entrustments", operation_id = "note_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = NoteInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/notes")]
async fn note(command: Command, body: Body<NoteInput>) -> Answer {
    command.act(body, marking::note).await
}

/// 标注（mark）
///
/// 设置轻重缓急和标签；提交的就是全部标签。列表可按二者筛选。
#[utoipa::path(tag = "entrustments", operation_id = "mark_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = MarkInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/mark")]
async fn mark(command: Command, body: Body<MarkInput>) -> Answer {
    command.act(body, marking::mark).await
}

/// 变更经办人（name agent）
///
/// 改由申请人授权的另一经办人办理；不填 mandate_id 则由申请人本人办理。
#[utoipa::path(tag = "entrustments", operation_id = "name_agent", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = AgentInput, responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[post("/entrustments/{id}/name-agent")]
async fn name_agent(command: Command, body: Body<AgentInput>) -> Answer {
    command.act(body, marking::name_agent).await
}

/// 关注（watch）
///
/// 关注一件；GET /entrustments?watched=true 列出本人关注的件。重复关注不产生变化。
#[utoipa::path(tag = "entrustments", operation_id = "watch_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "是否关注", body = Watching)))]
#[post("/entrustments/{id}/watch")]
async fn watch(command: Command, body: Body<Empty>) -> Answer {
    command.report_on(body, |tx, actor, target, _| marking::watch(tx, actor, target, true)).await
}

/// 取消关注（unwatch）
///
/// 不再关注。
#[utoipa::path(tag = "entrustments", operation_id = "unwatch_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "是否关注", body = Watching)))]
#[post("/entrustments/{id}/unwatch")]
async fn unwatch(command: Command, body: Body<Empty>) -> Answer {
    command.report_on(body, |tx, actor, target, _| marking::watch(tx, actor, target, false)).await
}

/// 关联的件（links）
///
/// 与本件相关、重复、互为前提或拆分而来的件，只列本人可见的。
#[utoipa::path(tag = "entrustments", operation_id = "list_links", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), responses((status = 200, description = "关联的件", body = Links)))]
#[get("/entrustments/{id}/links")]
async fn links(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(linking::links).await
}

/// 关联（link）
///
/// 把本件与另一件关联起来。
#[utoipa::path(tag = "entrustments", operation_id = "link_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = LinkInput, responses((status = 200, description = "关联的件", body = Links)))]
#[post("/entrustments/{id}/link")]
async fn link(command: Command, body: Body<LinkInput>) -> Answer {
    command.report_on(body, linking::link).await
}

/// 解除关联（unlink）
///
/// 解除与另一件的关联；拆分关系不能解除。
#[utoipa::path(tag = "entrustments", operation_id = "unlink_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = UnlinkInput, responses((status = 200, description = "关联的件", body = Links)))]
#[post("/entrustments/{id}/unlink")]
async fn unlink(command: Command, body: Body<UnlinkInput>) -> Answer {
    command.report_on(body, linking::unlink).await
}

/// 拆分（split）
///
/// 把本件的一部分单独成件：同一申请人、同一中心；尚未申报的步骤可以随之移出。统计时两件合计为一件。答复新成的件。
#[utoipa::path(tag = "entrustments", operation_id = "split_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = SplitInput, responses((status = 201, description = "新成的件", body = EntrustmentView)))]
#[post("/entrustments/{id}/split")]
async fn split(command: Command, body: Body<SplitInput>) -> Answer {
    command.create("/api/v1/entrustments", body, linking::split).await
}
