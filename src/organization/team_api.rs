//! The team over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::team::{self, AbsenceInput, AbsenceView, ProfileInput, ProfileView};
use crate::{
    http::{Answer, Ask, Body, Command, Empty, Filter, List, ListKind},
    kernel::Page,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(fetch_profile).service(edit_profile).service(list_absences).service(be_away).service(cancel_absence);
}

/// The absences of a person as a list.
pub struct Absences;
impl ListKind for Absences {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 专长与容量（profile）
///
/// 一名工作人员的专长、在办件容量，以及此刻是否在岗、由谁代班。
#[utoipa::path(tag = "people", operation_id = "get_profile", params(("id" = String, Path, description = "人员 id", max_length = 100)), responses((status = 200, description = "专长与容量", body = ProfileView)))]
#[get("/users/{id}/profile")]
async fn fetch_profile(ask: Ask) -> Answer {
    ask.get(team::profile).await
}

/// 修改专长与容量（edit profile）
///
/// 中心负责人登记本中心及下级中心人员的专长和在办件容量。须带 If-Match。
#[utoipa::path(tag = "people", operation_id = "edit_profile", params(("id" = String, Path, description = "人员 id", max_length = 100)), request_body = ProfileInput, responses((status = 200, description = "专长与容量", body = ProfileView)))]
#[put("/users/{id}/profile")]
async fn edit_profile(command: Command, body: Body<ProfileInput>) -> Answer {
    command.conditional()?.act(body, team::edit_profile).await
}

/// 查询缺勤（absences）
///
/// 一名工作人员的缺勤记录，新的在前。
#[utoipa::path(tag = "people", operation_id = "list_absences", params(("id" = String, Path, description = "人员 id", max_length = 100), List<Absences>), responses((status = 200, description = "一页缺勤", body = Page<AbsenceView>)))]
#[get("/users/{id}/absences")]
async fn list_absences(ask: Ask, asked: List<Absences>) -> Answer {
    ask.list_of(asked.query, team::absences).await
}

/// 登记缺勤（record absence）
///
/// 中心负责人登记缺勤和代班人；缺勤期间不向其派件。
#[utoipa::path(tag = "people", operation_id = "record_absence", params(("id" = String, Path, description = "人员 id", max_length = 100)), request_body = AbsenceInput, responses((status = 201, description = "缺勤", body = AbsenceView)))]
#[post("/users/{id}/absences")]
async fn be_away(command: Command, body: Body<AbsenceInput>) -> Answer {
    command.create("/api/v1/absences", body, team::be_away).await
}

/// 取消缺勤（cancel absence）
///
/// 取消后恢复派件。
#[utoipa::path(tag = "people", operation_id = "cancel_absence", params(("id" = String, Path, description = "缺勤 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "缺勤", body = AbsenceView)))]
#[post("/absences/{id}/cancel")]
async fn cancel_absence(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| team::cancel_absence(tx, actor, target)).await
}
