//! The public catalogue, and its editors' desk.

use actix_web::{get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    ItemContent,
    model::{ExerciseLevel, HandlingType, ItemType},
    review::{self, ItemReturn, PublishInput, VersionChanges},
    service::{self, ItemEdit, NewItem},
    store,
    views::{ItemBrief, ItemView},
};
use crate::{
    http::{Answer, Ask, Body, Command, Empty, Expansion, Filter, FilterKind, List, ListKind, Nothing, Params, Public, named, shape::knows},
    kernel::{Code, Moment, Page, Problem},
};

/// Items, where a record leads to one.
pub static ITEM: Expansion =
    Expansion { schema: "ItemBrief", show: |tx, _, ids| named(service::briefs(tx, ids)?, |i| i.id.to_string()), knows: knows::<ItemBrief>, relations: &[] };

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    super::table_api::routes(cfg);
    super::eligibility_api::routes(cfg);
    super::ready_api::routes(cfg);
    cfg.service(list).service(themes).service(fetch).service(versions).service(version);
    cfg.service(create)
        .service(fetch_draft)
        .service(edit)
        .service(publish)
        .service(withdraw)
        .service(submit)
        .service(give_back)
        .service(changes)
        .service(draft_changes);
}

/// The list of items.
pub struct Items;
impl ListKind for Items {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "division_code", kind: FilterKind::Division, doc: "行政区划代码" },
        Filter { name: "item_type", kind: FilterKind::Codes(|| ItemType::ALL.iter().map(|v| v.code()).collect()), doc: "事项类型" },
        Filter { name: "exercise_level", kind: FilterKind::Codes(|| ExerciseLevel::ALL.iter().map(|v| v.code()).collect()), doc: "行使层级" },
        Filter { name: "handling_type", kind: FilterKind::Codes(|| HandlingType::ALL.iter().map(|v| v.code()).collect()), doc: "办件类型" },
        Filter { name: "department", kind: FilterKind::Text(100), doc: "实施部门（全称）" },
        Filter { name: "theme", kind: FilterKind::Text(60), doc: "主题" },
        Filter { name: "code_prefix", kind: FilterKind::Text(60), doc: "编码的前若干位" },
        Filter { name: "bundle", kind: FilterKind::Flag, doc: "true 只看“一件事”，false 只看单个事项" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
    const SEARCH: bool = true;
    const SYNC: bool = true;
}

/// 浏览事项目录（service items）
///
/// 公开。按区划、类型、层级、部门、主题筛选，q 为中文全文检索；updated_since 取变化（含已撤回的事项）。
#[utoipa::path(tag = "catalogue", operation_id = "list_service_items", security(()), params(List<Items>), responses((status = 200, description = "一页事项", body = Page<ItemBrief>)))]
#[get("/service-items")]
async fn list(public: Public, asked: List<Items>) -> Answer {
    public.list(asked.query, 60, service::browse).await
}

/// The themes in use.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Themes {
    /// Names.
    items: Vec<String>,
}

/// 主题目录（themes）
///
/// 公开。已发布事项所用的主题。
#[utoipa::path(tag = "catalogue", operation_id = "list_themes", security(()), responses((status = 200, description = "主题", body = Themes)))]
#[get("/service-items/themes")]
async fn themes(public: Public) -> Answer {
    public.fetch(300, |tx, _| Ok(Themes { items: store::themes(tx)? })).await
}

/// 办事指南（guide）
///
/// 公开。路径中可用 id，也可用事项编码。
#[utoipa::path(tag = "catalogue", operation_id = "get_service_item", security(()), params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")),
    responses((status = 200, description = "办事指南", body = ItemView)))]
#[get("/service-items/{id}")]
async fn fetch(public: Public) -> Answer {
    public.record(60, service::guide).await
}

/// A published version.
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionBrief {
    /// Number.
    number: i64,
    /// Since when.
    published_at: Moment,
}

/// The versions of an item.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Versions {
    /// Newest first.
    items: Vec<VersionBrief>,
}

/// 指南版本（versions）
///
/// 公开。列出事项已发布的各个版本。
#[utoipa::path(tag = "catalogue", operation_id = "list_service_item_versions", security(()), params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")),
    responses((status = 200, description = "版本", body = Versions)))]
#[get("/service-items/{id}/versions")]
async fn versions(public: Public) -> Answer {
    public
        .fetch(60, |tx, id| {
            let item = store::item_by_reference(tx, id)?.filter(|i| i.published.is_some()).ok_or_else(Problem::not_found)?;
            let items = store::versions(tx, item.id)?.into_iter().map(|(number, published_at)| VersionBrief { number, published_at }).collect();
            Ok(Versions { items })
        })
        .await
}

/// 指定版本的指南（version）
///
/// 公开。已发布的版本永不改变。
#[utoipa::path(tag = "catalogue", operation_id = "get_service_item_version", security(()),
    params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001"), ("number" = i64, Path, description = "版本号", minimum = 1, example = 1)),
    responses((status = 200, description = "指南内容", body = ItemContent)))]
#[get("/service-items/{id}/versions/{number}")]
async fn version(public: Public, path: web::Path<(String, String)>) -> Answer {
    let number: i64 = path.into_inner().1.parse().map_err(|_| Problem::not_found())?;
    public.fetch(86_400, move |tx, id| service::guide_version(tx, id, number)).await
}

/// 新增事项草稿（create item）
///
/// 新建草稿；发布后才对外可见。
#[utoipa::path(tag = "catalogue", operation_id = "create_service_item", request_body = NewItem, responses((status = 201, description = "草稿", body = ItemView)))]
#[post("/service-items")]
async fn create(command: Command, body: Body<NewItem>) -> Answer {
    command.create("/api/v1/service-items", body, |tx, actor, _, new| service::create(tx, actor, new)).await
}

/// 查看草稿（draft）
///
/// 供编目人员查看事项及其草稿；ETag 用于编辑。
#[utoipa::path(tag = "catalogue", operation_id = "get_service_item_draft", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")),
    responses((status = 200, description = "事项及草稿", body = ItemView)))]
#[get("/service-items/{id}/draft")]
async fn fetch_draft(ask: Ask) -> Answer {
    ask.get(service::editor_view).await
}

/// 修改草稿（edit item）
///
/// 以整个内容替换草稿，已发布的版本不变。须带 If-Match。
#[utoipa::path(tag = "catalogue", operation_id = "edit_service_item", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")),
    request_body = ItemEdit, responses((status = 200, description = "事项", body = ItemView)))]
#[put("/service-items/{id}")]
async fn edit(command: Command, body: Body<ItemEdit>) -> Answer {
    command.conditional()?.act(body, service::edit).await
}

/// 发布（publish item）
///
/// 草稿成为下一个不可更改的版本，可排定生效时间；在办的件仍按其受理时的版本。自己提交审核的草稿须由另一人发布。
#[utoipa::path(tag = "catalogue", operation_id = "publish_service_item", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")),
    request_body = PublishInput, responses((status = 200, description = "事项", body = ItemView)))]
#[post("/service-items/{id}/publish")]
async fn publish(command: Command, body: Body<PublishInput>) -> Answer {
    command.act(body, review::publish).await
}

/// 提交审核（submit item）
///
/// 编目人员把草稿提交审核；由另一人审核发布。
#[utoipa::path(tag = "catalogue", operation_id = "submit_service_item", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")),
    request_body = Empty, responses((status = 200, description = "事项", body = ItemView)))]
#[post("/service-items/{id}/submit")]
async fn submit(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| review::submit(tx, actor, target)).await
}

/// 审核退回（return item）
///
/// 审核人说明理由退回草稿。
#[utoipa::path(tag = "catalogue", operation_id = "return_service_item", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")),
    request_body = ItemReturn, responses((status = 200, description = "事项", body = ItemView)))]
#[post("/service-items/{id}/return")]
async fn give_back(command: Command, body: Body<ItemReturn>) -> Answer {
    command.act(body, review::give_back).await
}

/// Which versions to compare.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangesParams {
    /// 与哪个版本比较；缺省为前一版本
    #[param(value_type = Option<i64>, minimum = 0, example = 0)]
    pub from: Option<String>,
}

/// 版本差异（changes）
///
/// 公开。逐处列出两个已发布版本的差别（RFC 6902），并给出改动前后的内容。
#[utoipa::path(tag = "catalogue", operation_id = "list_service_item_changes", security(()),
    params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001"), ("number" = i64, Path, description = "较新的版本号", minimum = 1, example = 1), ChangesParams),
    responses((status = 200, description = "差别", body = VersionChanges)))]
#[get("/service-items/{id}/versions/{number}/changes")]
async fn changes(public: Public, path: web::Path<(String, String)>, params: Params<ChangesParams>) -> Answer {
    let number: i64 = path.into_inner().1.parse().map_err(|_| Problem::not_found())?;
    let whole = |text: String| text.parse::<i64>().ok().filter(|n| *n >= 0);
    let wrong = || Problem::parameter("from", "invalid_value", "from 应为版本号。", "from must be the number of a version.");
    let from = params.0.from.map(|text| whole(text).ok_or_else(wrong)).transpose()?;
    public.view(86_400, move |tx, id| review::changes(tx, id, from, number)).await
}

/// 草稿差异（draft changes）
///
/// 供编目人员逐处核对草稿（含待生效的草稿）与已发布版本的差别（RFC 6902）。
#[utoipa::path(tag = "catalogue", operation_id = "list_draft_changes", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GD-320600-0001")),
    responses((status = 200, description = "差别", body = VersionChanges)))]
#[get("/service-items/{id}/draft/changes")]
async fn draft_changes(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(review::draft_changes).await
}

/// 撤回（withdraw item）
///
/// 撤回后不再受理新件；在办的件不受影响。
#[utoipa::path(tag = "catalogue", operation_id = "withdraw_service_item", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")),
    request_body = Empty, responses((status = 200, description = "事项", body = ItemView)))]
#[post("/service-items/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::withdraw(tx, actor, target)).await
}
