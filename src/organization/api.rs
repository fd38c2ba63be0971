//! Centers: public to read, edited by those responsible.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    CenterLevel, CenterView,
    departments::{self, DepartmentInput, DepartmentView},
    model::CenterEdit,
    service, store,
};
use crate::{
    http::{Answer, Body, Command, Expansion, Filter, FilterKind, List, ListKind, Public, named, shape::knows},
    kernel::{Code, Page, Problem, text::fold},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch).service(edit);
    cfg.service(list_departments).service(create_department).service(fetch_department).service(edit_department);
    super::people_api::routes(cfg);
    super::team_api::routes(cfg);
}

/// Centers, where a record leads to one.
pub static CENTER: Expansion = Expansion {
    schema: "CenterView",
    show: |tx, _, ids| {
        let centers = store::centers_by_id(tx, ids)?;
        named(centers.iter().map(CenterView::from).collect(), |c: &CenterView| c.id.to_string())
    },
    knows: knows::<CenterView>,
    relations: &[],
};

/// The list of centers.
pub struct Centers;

impl ListKind for Centers {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "parent_id", kind: FilterKind::Id, doc: "上级中心" },
        Filter { name: "level", kind: FilterKind::Codes(|| CenterLevel::ALL.iter().map(|l| l.code()).collect()), doc: "级别" },
        Filter { name: "division_code", kind: FilterKind::Division, doc: "行政区划代码" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
    const SEARCH: bool = true;
    const SHORTEST: usize = 1;
}

/// 查询服务中心（centers）
///
/// 公开。按级别、上级、区划代码筛选，q 按名称检索。
#[utoipa::path(tag = "centers", operation_id = "list_centers", security(()), params(List<Centers>), responses((status = 200, description = "一页中心", body = Page<CenterView>)))]
#[get("/centers")]
async fn list(public: Public, asked: List<Centers>) -> Answer {
    public
        .list(asked.query, 60, |tx, q| {
            let filter = store::CenterFilter {
                parents: q.ids("parent_id"),
                levels: q.all("level").iter().filter_map(|l| CenterLevel::parse(l)).collect(),
                divisions: q.all("division_code"),
                folded: q.q.as_deref().map(fold),
                after: q.cursor.as_ref().and_then(|c| c.id.parse().ok()),
                descending: q.sort.descending,
                limit: i64::try_from(q.limit + 1).unwrap_or(201),
            };
            let rows = store::centers(tx, &filter)?;
            let page = Page::cut(rows, q.limit, tx.vault, |c| q.cursor_of(String::new(), c.id.to_string()));
            Ok(page.map(|c| CenterView::from(&c)))
        })
        .await
}

/// 查看服务中心（center）
///
/// 公开。路径中可用 id，也可用 12 位行政区划代码。
#[utoipa::path(tag = "centers", operation_id = "get_center", security(()), params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")),
    responses((status = 200, description = "中心", body = CenterView)))]
#[get("/centers/{id}")]
async fn fetch(public: Public) -> Answer {
    public.record(60, |tx, id| Ok(CenterView::from(&store::center_by_reference(tx, id)?.ok_or_else(Problem::not_found)?))).await
}

/// 修改服务中心信息（edit center）
///
/// 系统管理员修改任一中心，中心负责人修改本中心及下级中心的名称、电话、地址和时间。须带 If-Match。
#[utoipa::path(tag = "centers", operation_id = "edit_center", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")),
    request_body = CenterEdit, responses((status = 200, description = "修改后的中心", body = CenterView)))]
#[put("/centers/{id}")]
async fn edit(command: Command, body: Body<CenterEdit>) -> Answer {
    command.conditional()?.act(body, service::edit).await
}

/// The departments of a center as a list.
pub struct Departments;

impl ListKind for Departments {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询部门（departments）
///
/// 公开。列出一个中心所在区划的承办部门；staffed 表示该部门已开通经办账号，由其自行登记受理与决定。
#[utoipa::path(tag = "centers", operation_id = "list_departments", security(()), params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000"), List<Departments>),
    responses((status = 200, description = "一页部门", body = Page<DepartmentView>)))]
#[get("/centers/{id}/departments")]
async fn list_departments(public: Public, asked: List<Departments>) -> Answer {
    public.list_of(asked.query, 60, departments::list).await
}

/// 登记部门（create department）
///
/// 系统管理员在任一中心、中心负责人在本中心及下级中心登记承办部门。
#[utoipa::path(tag = "centers", operation_id = "create_department", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")),
    request_body = DepartmentInput, responses((status = 201, description = "部门", body = DepartmentView)))]
#[post("/centers/{id}/departments")]
async fn create_department(command: Command, body: Body<DepartmentInput>) -> Answer {
    command.create("/api/v1/departments", body, departments::create).await
}

/// 查看部门（department）
///
/// 公开。
#[utoipa::path(tag = "centers", operation_id = "get_department", security(()), params(("id" = String, Path, description = "部门 id", max_length = 100)),
    responses((status = 200, description = "部门", body = DepartmentView)))]
#[get("/departments/{id}")]
async fn fetch_department(public: Public) -> Answer {
    public.record(60, departments::fetch).await
}

/// 修改部门（edit department）
///
/// 修改名称、统一社会信用代码和电话。须带 If-Match。
#[utoipa::path(tag = "centers", operation_id = "edit_department", params(("id" = String, Path, description = "部门 id", max_length = 100)),
    request_body = DepartmentInput, responses((status = 200, description = "修改后的部门", body = DepartmentView)))]
#[put("/departments/{id}")]
async fn edit_department(command: Command, body: Body<DepartmentInput>) -> Answer {
    command.conditional()?.act(body, departments::edit).await
}
