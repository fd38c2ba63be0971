//! Reporting over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    model::{BatchKind, NewReportingTarget, ReportBatchState, ReportFileInput, ReportPushInput, ReportWords, ReportingTargetEdit},
    service,
    views::{self, ReportBatchView, ReportPreview, ReportingTargetView, ReportingTargets},
};
use crate::{
    auth::policy,
    http::{Answer, Ask, Body, Command, Download, Empty, Filter, FilterKind, List, ListKind, Named},
    kernel::{Code as _, Page, Problem},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(targets).service(create).service(fetch).service(edit).service(pause).service(resume).service(preview).service(make_file);
    cfg.service(batches).service(fetch_batch).service(download).service(retry).service(drop_batch);
}

/// The list of batches.
pub struct ReportBatches;
impl ListKind for ReportBatches {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "target_id", kind: FilterKind::Id, doc: "上报对象" },
        Filter { name: "state", kind: FilterKind::Codes(|| ReportBatchState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "kind", kind: FilterKind::Codes(|| BatchKind::ALL.iter().map(|s| s.code()).collect()), doc: "推送或文件" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// Refuses an address that must not be asked, of whoever may set one.
async fn vetted(command: Command, action: &'static str, push: Option<&ReportPushInput>) -> Result<Command, Problem> {
    let named: Vec<(&str, &str)> = push.iter().map(|push| ("/push/url", push.url.as_str())).collect();
    command.vet(move |actor| policy::may(actor, "reporting", action), &named).await
}

/// 上报对象（reporting targets）
///
/// 列出接收“好差评”数据的上级平台及其字段、代码对照。
#[utoipa::path(tag = "evaluations", operation_id = "list_reporting_targets", responses((status = 200, description = "上报对象", body = ReportingTargets)))]
#[get("/reporting-targets")]
async fn targets(ask: Ask) -> Answer {
    ask.view(|tx, actor, _| views::targets(tx, actor)).await
}

/// 新建上报对象（new reporting target）
///
/// 指明哪个中心及所辖的评价报给谁。字段名、代码、时间格式按对方的接口文档配置，不填为通行的缺省值：满意度 5＝非常满意 … 1＝非常不满意。填写推送地址的，自建立之时起逐批推送；只生成文件的不填。
#[utoipa::path(tag = "evaluations", operation_id = "create_reporting_target", request_body = NewReportingTarget, responses((status = 201, description = "上报对象", body = ReportingTargetView)))]
#[post("/reporting-targets")]
async fn create(command: Command, body: Body<NewReportingTarget>) -> Answer {
    let command = vetted(command, "create", body.value.push.as_ref()).await?;
    command.create("/api/v1/reporting-targets", body, |tx, actor, _, input| service::create(tx, actor, input)).await
}

/// 查看上报对象（reporting target）
///
/// 签名密钥不再显示。
#[utoipa::path(tag = "evaluations", operation_id = "get_reporting_target", params(("id" = String, Path, description = "上报对象 id", max_length = 100)), responses((status = 200, description = "上报对象", body = ReportingTargetView)))]
#[get("/reporting-targets/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 修改上报对象（edit reporting target）
///
/// 修改名称、字段和代码对照、推送地址；密钥不填的保持不变。已生成的批次按原样推送。
#[utoipa::path(tag = "evaluations", operation_id = "edit_reporting_target", params(("id" = String, Path, description = "上报对象 id", max_length = 100)), request_body = ReportingTargetEdit, responses((status = 200, description = "上报对象", body = ReportingTargetView)))]
#[put("/reporting-targets/{id}")]
async fn edit(command: Command, body: Body<ReportingTargetEdit>) -> Answer {
    let command = vetted(command.conditional()?, "edit", body.value.push.as_ref()).await?;
    command.act(body, service::edit).await
}

/// 暂停上报（pause）
///
/// 暂停推送，期间的评价留待恢复后推送。
#[utoipa::path(tag = "evaluations", operation_id = "pause_reporting_target", params(("id" = String, Path, description = "上报对象 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "上报对象", body = ReportingTargetView)))]
#[post("/reporting-targets/{id}/pause")]
async fn pause(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::pause(tx, actor, target)).await
}

/// 恢复上报（resume）
///
/// 从暂停之处继续推送。
#[utoipa::path(tag = "evaluations", operation_id = "resume_reporting_target", params(("id" = String, Path, description = "上报对象 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "上报对象", body = ReportingTargetView)))]
#[post("/reporting-targets/{id}/resume")]
async fn resume(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::resume(tx, actor, target)).await
}

/// 预览上报数据（preview）
///
/// 最近的评价按对照后的字段和代码列出，最多十条。
#[utoipa::path(tag = "evaluations", operation_id = "preview_reporting", params(("id" = String, Path, description = "上报对象 id", max_length = 100)), responses((status = 200, description = "预览", body = ReportPreview)))]
#[get("/reporting-targets/{id}/preview")]
async fn preview(ask: Ask) -> Answer {
    ask.view(service::preview).await
}

/// 生成上报文件（report file）
///
/// 按评价日期生成一批上报文件，最多一万条。
#[utoipa::path(tag = "evaluations", operation_id = "make_reporting_file", params(("id" = String, Path, description = "上报对象 id", max_length = 100)), request_body = ReportFileInput, responses((status = 201, description = "批次", body = ReportBatchView)))]
#[post("/reporting-targets/{id}/files")]
async fn make_file(command: Command, body: Body<ReportFileInput>) -> Answer {
    command.create("/api/v1/reporting-batches", body, service::file).await
}

/// 查询上报批次（reporting batches）
///
/// 推送和文件的批次，由新到旧。
#[utoipa::path(tag = "evaluations", operation_id = "list_reporting_batches", params(List<ReportBatches>), responses((status = 200, description = "一页批次", body = Page<ReportBatchView>)))]
#[get("/reporting-batches")]
async fn batches(ask: Ask, asked: List<ReportBatches>) -> Answer {
    ask.list(asked.query, views::batches).await
}

/// 查看上报批次（reporting batch）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "evaluations", operation_id = "get_reporting_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), responses((status = 200, description = "批次", body = ReportBatchView)))]
#[get("/reporting-batches/{id}")]
async fn fetch_batch(ask: Ask) -> Answer {
    ask.get(views::fetch_batch).await
}

/// 下载上报文件（download batch）
///
/// 批次的内容，按上报对象的格式（CSV 带 BOM，或 JSON）；姓名已脱敏，文字评价已去除个人信息。
#[utoipa::path(tag = "evaluations", operation_id = "download_reporting_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)),
    responses((status = 200, description = "文件", content((String = "text/csv", example = "projectNo,satisfaction\n"), (Vec<HashMap<String, String>> = "application/json")))))]
#[get("/reporting-batches/{id}/file")]
async fn download(ask: Ask, Named(id): Named) -> Answer {
    let (name, bytes) = ask.file(move |tx, actor| views::file(tx, actor, &id)).await?;
    let media = if name.ends_with(".json") { "application/json" } else { "text/csv; charset=utf-8" };
    Ok(Download { name: &name, media }.answer().body(bytes))
}

/// 重新推送（retry）
///
/// 未被接收的批次立即重新推送；同一对象的批次按先后次序推送。
#[utoipa::path(tag = "evaluations", operation_id = "retry_reporting_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "批次", body = ReportBatchView)))]
#[post("/reporting-batches/{id}/retry")]
async fn retry(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::retry(tx, actor, target)).await
}

/// 不再推送（drop batch）
///
/// 说明理由，该批不再推送，其后的批次继续。
#[utoipa::path(tag = "evaluations", operation_id = "drop_reporting_batch", params(("id" = String, Path, description = "批次 id 或编号", max_length = 100)), request_body = ReportWords, responses((status = 200, description = "批次", body = ReportBatchView)))]
#[post("/reporting-batches/{id}/drop")]
async fn drop_batch(command: Command, body: Body<ReportWords>) -> Answer {
    command.act(body, service::drop_batch).await
}
