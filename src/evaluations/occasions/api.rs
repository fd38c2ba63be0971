//! Service occasions over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    service::{self, NewOccasion},
    store::OccasionKind,
    views::{self, OccasionView},
};
use crate::{
    evaluations::model::EvaluationState,
    http::{Answer, Ask, Body, Command, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code as _, Page},
    organization::{api::CENTER, people_api::PERSON},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(open).service(fetch);
}

/// What an occasion leads to.
pub struct OfOccasion;
impl Expands for OfOccasion {
    const RELATIONS: &'static [Relation] =
        &[Relation { name: "center", key: "/center_id", target: &CENTER }, Relation { name: "staff", key: "/staff_id", target: &PERSON }];
}

/// The list of occasions.
pub struct Occasions;
impl ListKind for Occasions {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| EvaluationState::ALL.iter().map(|v| v.code()).collect()), doc: "评价状态" },
        Filter { name: "kind", kind: FilterKind::Codes(|| OccasionKind::ALL.iter().map(|v| v.code()).collect()), doc: "服务类型" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "服务中心" },
        Filter { name: "staff_id", kind: FilterKind::Id, doc: "服务人员" },
        Filter { name: "served_at", kind: FilterKind::Moments, doc: "服务时间" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "登记时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
    const SYNC: bool = true;
    const NUMBERED: bool = true;
}

/// 查询服务事件（service occasions）
///
/// 列出本人可见的现场、电话和热线服务及其评价状态；联系人按可见范围遮蔽。客户端看到自己登记的。
#[utoipa::path(tag = "evaluations", operation_id = "list_service_occasions", params(List<Occasions>, Expand<OfOccasion>), responses((status = 200, description = "一页服务事件", body = Page<OccasionView>)))]
#[get("/service-occasions")]
async fn list(ask: Ask, asked: List<Occasions>) -> Answer {
    ask.expanding::<OfOccasion>().list(asked.query, views::list).await
}

/// 登记一次服务（open service occasion）
///
/// 窗口、帮办代办专员以及门户、热线客户端登记一次没有办件的服务，同时邀请评价（一次一评），答复评价链接和小票上的评价码。
/// 服务编号由登记方给出：同一编号、同一内容再次登记得到同一记录（200），内容不同的为 409。登记人就是被评价人的，不答复链接和评价码。
#[utoipa::path(tag = "evaluations", operation_id = "open_service_occasion", request_body = NewOccasion, responses((status = 201, description = "服务事件", body = OccasionView), (status = 200, description = "此前已登记的服务事件", body = OccasionView)))]
#[post("/service-occasions")]
async fn open(command: Command, body: Body<NewOccasion>) -> Answer {
    command.take_in("/api/v1/service-occasions", body, service::open).await
}

/// 查看服务事件（service occasion）
///
/// 路径中可用 id、编号，也可用服务编号。
#[utoipa::path(tag = "evaluations", operation_id = "get_service_occasion", params(("id" = String, Path, description = "服务事件 id、编号或服务编号", max_length = 100), Expand<OfOccasion>), responses((status = 200, description = "服务事件", body = OccasionView)))]
#[get("/service-occasions/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfOccasion>().get(views::fetch).await
}
