//! What is ready-made, over HTTP: bundles, process templates, the agency directory.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    ItemContent,
    bundles::{self, ComposeInput},
    directory::{self, DirectoryEntry},
    model::Mode,
    templates::{self, TemplateInput, TemplateState, TemplateView},
};
use crate::{
    http::{Answer, Ask, Body, Command, Empty, Filter, FilterKind, List, ListKind, Public},
    kernel::{Code, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(compose).service(of_center);
    cfg.service(list).service(publish).service(fetch).service(withdraw);
}

/// 组合“一件事”（compose bundle）
///
/// 由若干已发布的事项生成“一件事”草稿：材料合并同名项，流程依次衔接。不保存；修改后用新建事项提交（content.bundle 列明各事项）。
#[utoipa::path(tag = "catalogue", operation_id = "compose_bundle", request_body = ComposeInput, responses((status = 200, description = "草稿内容", body = ItemContent)))]
#[post("/service-items/compose")]
async fn compose(ask: Ask, body: Body<ComposeInput>) -> Answer {
    ask.compute(move |tx, actor| bundles::compose(tx, actor, &body.value)).await
}

/// The directory as a list.
pub struct Directory;
impl ListKind for Directory {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "mode", kind: FilterKind::Codes(|| Mode::ALL.iter().map(|m| m.code()).collect()), doc: "帮办方式" },
        Filter { name: "theme", kind: FilterKind::Text(60), doc: "主题" },
        Filter { name: "bundle", kind: FilterKind::Flag, doc: "true 只看“一件事”" },
    ];
    const SORTS: &'static [&'static str] = &[];
}

/// 代办目录（agency directory）
///
/// 公开。一个中心可以代办、帮办的事项：方式、承诺时限、材料数和流程步骤数。代办对象见 /centers/{id}/eligibility。
#[utoipa::path(tag = "catalogue", operation_id = "get_agency_directory", security(()), params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000"), List<Directory>),
    responses((status = 200, description = "一页目录", body = Page<DirectoryEntry>)))]
#[get("/centers/{id}/agency-directory")]
async fn of_center(public: Public, asked: List<Directory>) -> Answer {
    public.list_of(asked.query, 60, directory::of_center).await
}

/// The list of templates.
pub struct Templates;
impl ListKind for Templates {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "code", kind: FilterKind::Text(40), doc: "编号：其全部版本" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "所属中心" },
        Filter { name: "state", kind: FilterKind::Codes(|| TemplateState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
    ];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询专用流程（process templates）
///
/// 公开。高频事项专用流程的各个版本，新的在前。
#[utoipa::path(tag = "catalogue", operation_id = "list_process_templates", security(()), params(List<Templates>), responses((status = 200, description = "一页专用流程", body = Page<TemplateView>)))]
#[get("/process-templates")]
async fn list(public: Public, asked: List<Templates>) -> Answer {
    public.list(asked.query, 60, templates::list).await
}

/// 发布专用流程（publish process template）
///
/// 发布一个编号的下一个版本；制定计划时以 template_id 引用。以前版本制定的计划不受影响。
#[utoipa::path(tag = "catalogue", operation_id = "publish_process_template", request_body = TemplateInput, responses((status = 201, description = "新的版本", body = TemplateView)))]
#[post("/process-templates")]
async fn publish(command: Command, body: Body<TemplateInput>) -> Answer {
    command.create("/api/v1/process-templates", body, |tx, actor, _, input| templates::publish(tx, actor, input)).await
}

/// 查看专用流程（process template）
///
/// 公开。一个版本，内容永不改变。
#[utoipa::path(tag = "catalogue", operation_id = "get_process_template", security(()), params(("id" = String, Path, description = "版本 id", max_length = 100)), responses((status = 200, description = "专用流程", body = TemplateView)))]
#[get("/process-templates/{id}")]
async fn fetch(public: Public) -> Answer {
    public.record(60, templates::fetch).await
}

/// 停用专用流程（withdraw process template）
///
/// 停用一个版本；已制定的计划不受影响。
#[utoipa::path(tag = "catalogue", operation_id = "withdraw_process_template", params(("id" = String, Path, description = "版本 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "专用流程", body = TemplateView)))]
#[post("/process-templates/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| templates::withdraw(tx, actor, target)).await
}
