//! Windows and appointments over HTTP.

use actix_web::{get, post, put};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    booking::{self, AppointmentView, BookingInput, RescheduleInput},
    machine::{AppointmentAction as Action, AppointmentState},
    model::{Staffing, WindowKind},
    windows::{self, Places, WindowInput, WindowView},
};
use crate::{
    entrustments::api::ENTRUSTMENT,
    http::{
        Answer, Ask, Body, Command, Empty, Expand, Expands, Expansion, Filter, FilterKind, List, ListKind, Nothing, Params, Public, Relation, named,
        shape::knows,
    },
    kernel::{Code, Page, Problem},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list_windows).service(create_window).service(fetch_window).service(edit_window).service(window_staffing).service(places);
    cfg.service(book).service(list).service(fetch).service(reschedule).service(cancel).service(arrive).service(serve);
}

/// The windows of a center as a list.
pub struct Windows;
impl ListKind for Windows {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "kind", kind: FilterKind::Codes(|| WindowKind::ALL.iter().map(|k| k.code()).collect()), doc: "窗口种类" }];
    const SORTS: &'static [&'static str] = &[];
}

/// What an appointment leads to.
pub struct OfAppointment;
impl Expands for OfAppointment {
    const RELATIONS: &'static [Relation] = &[
        Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT },
        Relation { name: "center", key: "/center_id", target: &CENTER },
        Relation { name: "window", key: "/window_id", target: &WINDOW },
    ];
}

/// Windows, where a record leads to one.
static WINDOW: Expansion =
    Expansion { schema: "WindowView", show: |tx, _, ids| named(windows::by_ids(tx, ids)?, |w| w.id.to_string()), knows: knows::<WindowView>, relations: &[] };

/// The list of appointments.
pub struct Appointments;
impl ListKind for Appointments {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| AppointmentState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "预约的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// 查询窗口（windows）
///
/// 公开。列出一个中心的窗口及其开放时段。
#[utoipa::path(tag = "appointments", operation_id = "list_windows", security(()), params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000"), List<Windows>),
    responses((status = 200, description = "一页窗口", body = Page<WindowView>)))]
#[get("/centers/{id}/windows")]
async fn list_windows(public: Public, asked: List<Windows>) -> Answer {
    public.list_of(asked.query, 60, windows::list).await
}

/// 设置窗口（create window）
///
/// 中心负责人设置窗口的种类、开放时段（工作日、午间、周末、节假日）、每次时长和同时接待人数。
#[utoipa::path(tag = "appointments", operation_id = "create_window", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")),
    request_body = WindowInput, responses((status = 201, description = "窗口", body = WindowView)))]
#[post("/centers/{id}/windows")]
async fn create_window(command: Command, body: Body<WindowInput>) -> Answer {
    command.create("/api/v1/windows", body, windows::create).await
}

/// 查看窗口（window）
///
/// 公开。
#[utoipa::path(tag = "appointments", operation_id = "get_window", security(()), params(("id" = String, Path, description = "窗口 id", max_length = 100)), responses((status = 200, description = "窗口", body = WindowView)))]
#[get("/windows/{id}")]
async fn fetch_window(public: Public) -> Answer {
    public.record(60, windows::fetch).await
}

/// 修改窗口（edit window）
///
/// 新的时间不再包含的预约随之取消并告知申请人，其余预约不变。须带 If-Match。
#[utoipa::path(tag = "appointments", operation_id = "edit_window", params(("id" = String, Path, description = "窗口 id", max_length = 100)), request_body = WindowInput, responses((status = 200, description = "窗口", body = WindowView)))]
#[put("/windows/{id}")]
async fn edit_window(command: Command, body: Body<WindowInput>) -> Answer {
    command.conditional()?.act(body, booking::rearrange).await
}

/// 窗口人员（window staffing）
///
/// 窗口的“1+1+1+X”配备：牵头部门、窗口负责人、首席服务专员和服务专员；本中心及上级中心的工作人员可见。
#[utoipa::path(tag = "appointments", operation_id = "get_window_staffing", params(("id" = String, Path, description = "窗口 id", max_length = 100)), responses((status = 200, description = "窗口人员", body = Staffing)))]
#[get("/windows/{id}/staffing")]
async fn window_staffing(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(windows::staffing).await
}

/// A stretch of days.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlacesParams {
    /// 起始日期（含）
    #[param(example = "2026-12-01")]
    #[serde(deserialize_with = "crate::kernel::date::date")]
    from: NaiveDate,
    /// 结束日期（含），最多 31 天
    #[param(example = "2026-12-07")]
    #[serde(deserialize_with = "crate::kernel::date::date")]
    to: NaiveDate,
}

/// 可约时段（places）
///
/// 公开。逐个时段列出还剩多少名额；按工作日历区分工作日、调休上班、周末和节假日。
#[utoipa::path(tag = "appointments", operation_id = "list_places", security(()), params(("id" = String, Path, description = "窗口 id", max_length = 100), PlacesParams), responses((status = 200, description = "时段", body = Places)))]
#[get("/windows/{id}/places")]
async fn places(public: Public, params: Params<PlacesParams>) -> Answer {
    let PlacesParams { from, to } = params.0;
    if !(0..=31).contains(&(to - from).num_days()) {
        return Err(Problem::parameter("to", "range", "结束日期应在起始日期之后 31 天以内。", "Within 31 days after from."));
    }
    public.view(5, move |tx, id| windows::places(tx, id, from, to)).await
}

/// 预约（book）
///
/// 预约一个时段；同一时段的名额绝不超额。申请人登录后为网上预约，工作人员可代为人工或语音预约。
#[utoipa::path(tag = "appointments", operation_id = "book_appointment", request_body = BookingInput, responses((status = 201, description = "预约", body = AppointmentView)))]
#[post("/appointments")]
async fn book(command: Command, body: Body<BookingInput>) -> Answer {
    command.create("/api/v1/appointments", body, |tx, actor, _, input| booking::book(tx, actor, input)).await
}

/// 查询预约（appointments）
///
/// 列出本人可见的预约；sort=due_at 按到访时间先后。
#[utoipa::path(tag = "appointments", operation_id = "list_appointments", params(List<Appointments>, Expand<OfAppointment>), responses((status = 200, description = "一页预约", body = Page<AppointmentView>)))]
#[get("/appointments")]
async fn list(ask: Ask, asked: List<Appointments>) -> Answer {
    ask.expanding::<OfAppointment>().list(asked.query, booking::list).await
}

/// 查看预约（appointment）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "appointments", operation_id = "get_appointment", params(("id" = String, Path, description = "预约 id 或编号", max_length = 100), Expand<OfAppointment>), responses((status = 200, description = "预约", body = AppointmentView)))]
#[get("/appointments/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfAppointment>().get(booking::fetch).await
}

/// 改约（reschedule）
///
/// 改到同一窗口的另一时段；新的时段约上之后才放弃原来的。
#[utoipa::path(tag = "appointments", operation_id = "reschedule_appointment", params(("id" = String, Path, description = "预约 id 或编号", max_length = 100)), request_body = RescheduleInput, responses((status = 200, description = "预约", body = AppointmentView)))]
#[post("/appointments/{id}/reschedule")]
async fn reschedule(command: Command, body: Body<RescheduleInput>) -> Answer {
    command.act(body, booking::reschedule).await
}

/// 取消预约（cancel）
///
/// 名额随即放出。
#[utoipa::path(tag = "appointments", operation_id = "cancel_appointment", params(("id" = String, Path, description = "预约 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "预约", body = AppointmentView)))]
#[post("/appointments/{id}/cancel")]
async fn cancel(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| booking::act(tx, actor, target, Action::Cancel)).await
}

/// 登记到场（arrive）
///
/// 在预约当天登记；迟到的仍予接待。
#[utoipa::path(tag = "appointments", operation_id = "arrive_appointment", params(("id" = String, Path, description = "预约 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "预约", body = AppointmentView)))]
#[post("/appointments/{id}/arrive")]
async fn arrive(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| booking::act(tx, actor, target, Action::Arrive)).await
}

/// 登记办理（serve）
///
/// 到场后办理完毕。
#[utoipa::path(tag = "appointments", operation_id = "serve_appointment", params(("id" = String, Path, description = "预约 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "预约", body = AppointmentView)))]
#[post("/appointments/{id}/serve")]
async fn serve(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| booking::act(tx, actor, target, Action::Serve)).await
}
