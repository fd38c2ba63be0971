//! The worklist over HTTP.

use actix_web::{HttpResponse, delete, get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    filters::{self, FilterInput, FilterView, Filters, SavedList},
    service::{self, Bucket, WorkKind, Worklist},
    wall::{self, LimitStanding, WallItem},
};
use crate::{
    appointments::api::Appointments,
    clocks::ClockKind,
    entrustments::api::Entrustments,
    evaluations::api::Evaluations,
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind, Nothing, Params},
    kernel::{Code, Page, Problem},
    routing::transfers::api::Transfers,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(limits).service(mine).service(saved).service(save).service(one).service(change).service(forget);
}

/// The worklist as a list.
pub struct Mine;
impl ListKind for Mine {
    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "bucket",
            kind: FilterKind::Codes(|| Bucket::ALL.iter().map(|b| b.code()).collect()),
            doc: "分类：open 全部在办（默认）、overdue 已超期、today 今日到期、soon 三日内到期、incoming 新到",
        },
        Filter { name: "kind", kind: FilterKind::Codes(|| WorkKind::ALL.iter().map(|k| k.code()).collect()), doc: "记录种类" },
    ];
    const SORTS: &'static [&'static str] = &[];
}

/// 我的待办（worklist）
///
/// 此刻由我办理的全部事项：专员的在办件，窗口和负责人的中心在办件与待答复的转办，部门经办人的待审批件，申请人的待补正、待签收件；先到期的在前，并给出各类的数量。
#[utoipa::path(tag = "entrustments", operation_id = "get_worklist", params(List<Mine>), responses((status = 200, description = "一页待办", body = Worklist)))]
#[get("/me/worklist")]
async fn mine(ask: Ask, asked: List<Mine>) -> Answer {
    let q = asked.query?;
    ask.view(move |tx, actor, _| service::list(tx, actor, &q)).await
}

/// The limits behind the wall.
pub struct Limits;
impl ListKind for Limits {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "center", kind: FilterKind::Text(36), doc: "服务中心 id 或 12 位区划代码；不填为本人所在中心" },
        Filter { name: "department_id", kind: FilterKind::Id, doc: "应当办理的部门" },
        Filter { name: "limit_kind", kind: FilterKind::Codes(|| ClockKind::ALL.iter().map(|k| k.code()).collect()), doc: "时限种类" },
        Filter {
            name: "standing", kind: FilterKind::Codes(|| LimitStanding::ALL.iter().map(|s| s.code()).collect()), doc: "已超期、临近到期或正常计时"
        },
    ];
    const SORTS: &'static [&'static str] = &[];
}

/// 监督墙明细（limits behind the wall）
///
/// 监督墙上每个数字背后的时限：哪一件、由谁办理、何时到期，先到期的在前。不可见的记录只列编号。
#[utoipa::path(tag = "supervision", operation_id = "list_wall_limits", params(List<Limits>), responses((status = 200, description = "一页时限", body = Page<WallItem>)))]
#[get("/supervision-wall/limits")]
async fn limits(ask: Ask, asked: List<Limits>) -> Answer {
    ask.list(asked.query, wall::limits).await
}

/// What is asked is checked against its list; what is wrong is told at `/query`.
fn checked(input: &FilterInput) -> Result<(), Problem> {
    let asked = match input.list {
        SavedList::Entrustments => List::<Entrustments>::check(&input.query),
        SavedList::Transfers => List::<Transfers>::check(&input.query),
        SavedList::Appointments => List::<Appointments>::check(&input.query),
        SavedList::Evaluations => List::<Evaluations>::check(&input.query),
    };
    asked.map_err(|problem| problem.at("/query"))
}

/// 我的筛选（saved filters）
///
/// 本人保存的筛选，按名称排列；href 可直接使用。
#[utoipa::path(tag = "entrustments", operation_id = "list_saved_filters", responses((status = 200, description = "本人的筛选", body = Filters)))]
#[get("/saved-filters")]
async fn saved(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(|tx, actor, _| filters::list(tx, actor)).await
}

/// 保存筛选（save filter）
///
/// 为某个列表的筛选条件取名保存；条件按该列表的规则校验。
#[utoipa::path(tag = "entrustments", operation_id = "save_filter", request_body = FilterInput, responses((status = 201, description = "筛选", body = FilterView)))]
#[post("/saved-filters")]
async fn save(command: Command, body: Body<FilterInput>) -> Answer {
    checked(&body.value)?;
    command.create("/api/v1/saved-filters", body, |tx, actor, _, input| filters::create(tx, actor, input)).await
}

/// 查看筛选（saved filter）
///
/// 本人保存的一个筛选。
#[utoipa::path(tag = "entrustments", operation_id = "get_saved_filter", params(("id" = String, Path, description = "筛选 id", max_length = 100)), responses((status = 200, description = "筛选", body = FilterView)))]
#[get("/saved-filters/{id}")]
async fn one(ask: Ask) -> Answer {
    ask.get(filters::fetch).await
}

/// 修改筛选（change filter）
///
/// 须带 If-Match。
#[utoipa::path(tag = "entrustments", operation_id = "change_filter", params(("id" = String, Path, description = "筛选 id", max_length = 100)), request_body = FilterInput, responses((status = 200, description = "筛选", body = FilterView)))]
#[put("/saved-filters/{id}")]
async fn change(command: Command, body: Body<FilterInput>) -> Answer {
    checked(&body.value)?;
    command.conditional()?.act(body, filters::edit).await
}

/// 删除筛选（forget filter）
///
/// 须带 If-Match。
#[utoipa::path(tag = "entrustments", operation_id = "forget_filter", params(("id" = String, Path, description = "筛选 id", max_length = 100)), responses((status = 204, description = "已删除")))]
#[delete("/saved-filters/{id}")]
async fn forget(command: Command) -> Answer {
    command.conditional()?.remove(filters::remove).await?;
    Ok(HttpResponse::NoContent().finish())
}
