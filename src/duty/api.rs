//! Rota and training over HTTP.

use actix_web::{HttpResponse, delete, get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    rota::{self, ShiftInput, ShiftView},
    training::{self, CourseInput, CourseView, TrainingRecords, TrainingView},
};
use crate::{
    http::{Answer, Ask, Body, Command, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::Page,
    organization::people_api::PERSON,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(shifts).service(add).service(fetch_shift).service(remove);
    cfg.service(courses).service(create).service(fetch).service(edit).service(record).service(trainings);
}

/// What a shift leads to.
pub struct OfShift;
impl Expands for OfShift {
    const RELATIONS: &'static [Relation] = &[Relation { name: "user", key: "/user_id", target: &PERSON }];
}

/// The rota as a list.
pub struct Rota;
impl ListKind for Rota {
    const FILTERS: &'static [Filter] = &[Filter { name: "at", kind: FilterKind::Moments, doc: "时段；不填为此后七天" }];
    const SORTS: &'static [&'static str] = &[];
}

/// A list in its own order.
pub struct Plain;
impl ListKind for Plain {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询排班（rota）
///
/// 一个中心在某段时间内的排班，按时间先后；expand=user 一并返回人员姓名。
#[utoipa::path(tag = "people", operation_id = "list_shifts", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000"), List<Rota>, Expand<OfShift>),
    responses((status = 200, description = "一页排班", body = Page<ShiftView>)))]
#[get("/centers/{id}/shifts")]
async fn shifts(ask: Ask, asked: List<Rota>) -> Answer {
    ask.expanding::<OfShift>().list_of(asked.query, rota::list).await
}

/// 排班（add shift）
///
/// 中心负责人安排一个班次：不与该人员的其他班次和缺勤重叠。
#[utoipa::path(tag = "people", operation_id = "add_shift", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")), request_body = ShiftInput, responses((status = 201, description = "班次", body = ShiftView)))]
#[post("/centers/{id}/shifts")]
async fn add(command: Command, body: Body<ShiftInput>) -> Answer {
    command.create("/api/v1/shifts", body, rota::add).await
}

/// 查看班次（shift）
///
/// 一个班次。
#[utoipa::path(tag = "people", operation_id = "get_shift", params(("id" = String, Path, description = "班次 id", max_length = 100), Expand<OfShift>), responses((status = 200, description = "班次", body = ShiftView)))]
#[get("/shifts/{id}")]
async fn fetch_shift(ask: Ask) -> Answer {
    ask.expanding::<OfShift>().get(rota::fetch).await
}

/// 撤下班次（remove shift）
///
/// 须带 If-Match。
#[utoipa::path(tag = "people", operation_id = "remove_shift", params(("id" = String, Path, description = "班次 id", max_length = 100)), responses((status = 204, description = "已撤下")))]
#[delete("/shifts/{id}")]
async fn remove(command: Command) -> Answer {
    command.conditional()?.remove(rota::remove).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// 查询培训（courses）
///
/// 一个中心的培训，新的在前。
#[utoipa::path(tag = "people", operation_id = "list_courses", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000"), List<Plain>),
    responses((status = 200, description = "一页培训", body = Page<CourseView>)))]
#[get("/centers/{id}/courses")]
async fn courses(ask: Ask, asked: List<Plain>) -> Answer {
    ask.list_of(asked.query, training::list).await
}

/// 登记培训（create course）
///
/// 中心负责人登记一次培训：集中授课、传帮带、轮岗跟班、线上学习或竞赛。
#[utoipa::path(tag = "people", operation_id = "create_course", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")), request_body = CourseInput, responses((status = 201, description = "培训", body = CourseView)))]
#[post("/centers/{id}/courses")]
async fn create(command: Command, body: Body<CourseInput>) -> Answer {
    command.create("/api/v1/courses", body, training::create).await
}

/// 查看培训（course）
///
/// 一次培训及参训记录。
#[utoipa::path(tag = "people", operation_id = "get_course", params(("id" = String, Path, description = "培训 id", max_length = 100)), responses((status = 200, description = "培训", body = CourseView)))]
#[get("/courses/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(training::fetch).await
}

/// 修改培训（edit course）
///
/// 须带 If-Match。
#[utoipa::path(tag = "people", operation_id = "edit_course", params(("id" = String, Path, description = "培训 id", max_length = 100)), request_body = CourseInput, responses((status = 200, description = "培训", body = CourseView)))]
#[put("/courses/{id}")]
async fn edit(command: Command, body: Body<CourseInput>) -> Answer {
    command.conditional()?.act(body, training::edit).await
}

/// 登记参训记录（record training）
///
/// 逐人登记报名、合格、不合格或缺席及成绩；未列出的人员不变。
#[utoipa::path(tag = "people", operation_id = "record_training", params(("id" = String, Path, description = "培训 id", max_length = 100)), request_body = TrainingRecords, responses((status = 200, description = "培训", body = CourseView)))]
#[post("/courses/{id}/records")]
async fn record(command: Command, body: Body<TrainingRecords>) -> Answer {
    command.act(body, training::record).await
}

/// 培训经历（trainings of a person）
///
/// 一名工作人员的参训记录，新的在前；本人可查看自己的。
#[utoipa::path(tag = "people", operation_id = "list_trainings", params(("id" = String, Path, description = "人员 id", max_length = 100), List<Plain>), responses((status = 200, description = "一页记录", body = Page<TrainingView>)))]
#[get("/users/{id}/trainings")]
async fn trainings(ask: Ask, asked: List<Plain>) -> Answer {
    ask.list_of(asked.query, training::of_person).await
}
