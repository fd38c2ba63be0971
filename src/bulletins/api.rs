//! Bulletins over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::BulletinState,
    model::{BulletinPublication, BulletinReason, BulletinWords, NewBulletin},
    service,
    views::{self, BulletinBrief, BulletinView, PublicBulletin},
};
use crate::{
    entrustments::TimelineEntry,
    http::{Answer, Ask, Body, Command, Empty, Filter, FilterKind, List, ListKind, Public},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(compose).service(fetch).service(edit).service(timeline).service(recompose).service(submit).service(send_back);
    cfg.service(publish).service(withdraw).service(discard).service(browse).service(fetch_public);
}

/// The list of bulletins.
pub struct Bulletins;
impl ListKind for Bulletins {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| BulletinState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "哪个中心的通报" },
        Filter { name: "month", kind: FilterKind::Text(7), doc: "期间包含的月份，如 2026-01" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// The public list.
pub struct PublicBulletins;
impl ListKind for PublicBulletins {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "center_id", kind: FilterKind::Id, doc: "哪个中心的通报" },
        Filter { name: "month", kind: FilterKind::Text(7), doc: "期间包含的月份，如 2026-01" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// The events of a bulletin.
pub struct BulletinEvents;
impl ListKind for BulletinEvents {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询通报（bulletins）
///
/// 起草、审核单位看到本单位及所辖的各状态通报；其他工作人员看到本中心和上级中心已发布的通报。
#[utoipa::path(tag = "supervision", operation_id = "list_bulletins", params(List<Bulletins>), responses((status = 200, description = "一页通报", body = Page<BulletinBrief>)))]
#[get("/bulletins")]
async fn list(ask: Ask, asked: List<Bulletins>) -> Answer {
    ask.list(asked.query, views::list).await
}

/// 起草通报（compose bulletin）
///
/// 按中心和已结束的月份取数：总体指标与上期比较、下级中心、部门履职情况，点名期末超期的代办件、交办单和督办单；同一期间只有一份。数字和名单定格在取数之时，送审前可重新取数。
#[utoipa::path(tag = "supervision", operation_id = "compose_bulletin", request_body = NewBulletin, responses((status = 201, description = "通报草稿", body = BulletinView)))]
#[post("/bulletins")]
async fn compose(command: Command, body: Body<NewBulletin>) -> Answer {
    command.create("/api/v1/bulletins", body, |tx, actor, _, input| service::compose(tx, actor, input)).await
}

/// 查看通报（bulletin）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "supervision", operation_id = "get_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), responses((status = 200, description = "通报", body = BulletinView)))]
#[get("/bulletins/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 修改通报文字（edit bulletin）
///
/// 送审之前修改标题、总体情况、存在问题、工作要求和是否公开。
#[utoipa::path(tag = "supervision", operation_id = "edit_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), request_body = BulletinWords, responses((status = 200, description = "通报", body = BulletinView)))]
#[put("/bulletins/{id}")]
async fn edit(command: Command, body: Body<BulletinWords>) -> Answer {
    command.conditional()?.act(body, service::edit).await
}

/// 通报经过（bulletin timeline）
///
/// 按时间先后列出起草、审核、发布的经过；供起草和审核单位查看。
#[utoipa::path(tag = "supervision", operation_id = "list_bulletin_timeline", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100), List<BulletinEvents>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/bulletins/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<BulletinEvents>) -> Answer {
    ask.list_of(asked.query, views::timeline).await
}

/// 重新取数（recompose）
///
/// 送审之前按现在的记录重新取数，文字不变。
#[utoipa::path(tag = "supervision", operation_id = "recompose_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "通报", body = BulletinView)))]
#[post("/bulletins/{id}/recompose")]
async fn recompose(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::recompose(tx, actor, target)).await
}

/// 送审（submit bulletin）
///
/// 送另一人审核；要公开的文字中不得有个人信息。
#[utoipa::path(tag = "supervision", operation_id = "submit_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "通报", body = BulletinView)))]
#[post("/bulletins/{id}/submit")]
async fn submit(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::submit(tx, actor, target)).await
}

/// 审核退回（send back bulletin）
///
/// 审核人说明理由退回修改；起草、修改过的人不能审核。
#[utoipa::path(tag = "supervision", operation_id = "send_back_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), request_body = BulletinReason, responses((status = 200, description = "通报", body = BulletinView)))]
#[post("/bulletins/{id}/send-back")]
async fn send_back(command: Command, body: Body<BulletinReason>) -> Answer {
    command.act(body, service::send_back).await
}

/// 审核发布（publish bulletin）
///
/// 由改革办或中心负责人审核后发布，所辖各中心和部门可见；标明公开的，其公开部分人人可读。
#[utoipa::path(tag = "supervision", operation_id = "publish_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), request_body = BulletinPublication, responses((status = 200, description = "通报", body = BulletinView)))]
#[post("/bulletins/{id}/publish")]
async fn publish(command: Command, body: Body<BulletinPublication>) -> Answer {
    command.act(body, service::publish).await
}

/// 撤回通报（withdraw bulletin）
///
/// 已发布的通报有误时说明理由撤回，记录保留，可重新起草。
#[utoipa::path(tag = "supervision", operation_id = "withdraw_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), request_body = BulletinReason, responses((status = 200, description = "通报", body = BulletinView)))]
#[post("/bulletins/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<BulletinReason>) -> Answer {
    command.act(body, service::withdraw).await
}

/// 作废草稿（discard bulletin）
///
/// 不再需要的草稿说明理由作废。
#[utoipa::path(tag = "supervision", operation_id = "discard_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), request_body = BulletinReason, responses((status = 200, description = "通报", body = BulletinView)))]
#[post("/bulletins/{id}/discard")]
async fn discard(command: Command, body: Body<BulletinReason>) -> Answer {
    command.act(body, service::discard).await
}

/// 公开通报（public bulletins）
///
/// 公开。已发布并公开的通报，由新到旧。
#[utoipa::path(tag = "public", operation_id = "list_public_bulletins", security(()), params(List<PublicBulletins>), responses((status = 200, description = "一页通报", body = Page<BulletinBrief>)))]
#[get("/public-bulletins")]
async fn browse(public: Public, asked: List<PublicBulletins>) -> Answer {
    public.list(asked.query, 60, views::browse).await
}

/// 查看公开通报（public bulletin）
///
/// 公开。标题、总体情况和公开指标；不含点名内容和小于五的分组。
#[utoipa::path(tag = "public", operation_id = "get_public_bulletin", security(()), params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), responses((status = 200, description = "通报的公开部分", body = PublicBulletin)))]
#[get("/public-bulletins/{id}")]
async fn fetch_public(public: Public) -> Answer {
    public.fetch(60, views::public).await
}
