//! Counter tablets over HTTP: registered with a login, rating with a token of their own.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    rating::{self, DeviceRating, Presentation, WaitingServices},
    service::{self as devices, DeviceView, NewDevice},
    store::DeviceState,
};
use crate::{
    evaluations::links::LinkView,
    http::{Answer, Ask, Body, Command, DeviceAsk, DeviceCommand, Empty, Filter, FilterKind, List, ListKind},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(register).service(fetch).service(present).service(revoke).service(waiting).service(rate);
}

/// The list of tablets.
pub struct Devices;
impl ListKind for Devices {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "state", kind: FilterKind::Codes(|| DeviceState::ALL.iter().map(|v| v.code()).collect()), doc: "状态" }];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// 查询评价设备（rating devices）
///
/// 中心负责人看到本中心及下级的大厅平板（评价器）；令牌不再显示。
#[utoipa::path(tag = "evaluations", operation_id = "list_rating_devices", params(List<Devices>), responses((status = 200, description = "一页设备", body = Page<DeviceView>)))]
#[get("/rating-devices")]
async fn list(ask: Ask, asked: List<Devices>) -> Answer {
    ask.list(asked.query, devices::list).await
}

/// 登记评价设备（register rating device）
///
/// 中心负责人登记一台大厅平板，绑定中心，可再绑定窗口；令牌只在本次答复中显示一次，系统只保存其摘要。
#[utoipa::path(tag = "evaluations", operation_id = "register_rating_device", request_body = NewDevice, responses((status = 201, description = "设备及其令牌", body = DeviceView)))]
#[post("/rating-devices")]
async fn register(command: Command, body: Body<NewDevice>) -> Answer {
    command.create("/api/v1/rating-devices", body, |tx, actor, _, input| devices::register(tx, actor, input)).await
}

/// 查看评价设备（rating device）
///
/// 一台大厅平板。
#[utoipa::path(tag = "evaluations", operation_id = "get_rating_device", params(("id" = String, Path, description = "设备 id", max_length = 100)), responses((status = 200, description = "设备", body = DeviceView)))]
#[get("/rating-devices/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(devices::fetch).await
}

/// 在设备上请申请人评价（present at a rating device）
///
/// 窗口工作人员把刚办结、刚签收的件（代办件、“办不成事”反映或者服务事件）推送到本中心的一台平板，十分钟内可在该平板上评价；评价仍只有一次。
#[utoipa::path(tag = "evaluations", operation_id = "present_at_rating_device", params(("id" = String, Path, description = "设备 id", max_length = 100)), request_body = Presentation, responses((status = 200, description = "设备", body = DeviceView)))]
#[post("/rating-devices/{id}/present")]
async fn present(command: Command, body: Body<Presentation>) -> Answer {
    command.act(body, rating::present).await
}

/// 停用评价设备（revoke rating device）
///
/// 停用后其令牌立即失效。
#[utoipa::path(tag = "evaluations", operation_id = "revoke_rating_device", params(("id" = String, Path, description = "设备 id", max_length = 100)), responses((status = 200, description = "设备", body = DeviceView)))]
#[post("/rating-devices/{id}/revoke")]
async fn revoke(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| devices::revoke(tx, actor, target)).await
}

/// 设备待评价的服务（services waiting at a device）
///
/// 大厅平板以请求头 X-Device-Token 读取本中心、本窗口待评价的服务，不含个人信息。
#[utoipa::path(tag = "evaluations", operation_id = "list_device_ratings", security(("deviceToken" = [])), responses((status = 200, description = "待评价的服务", body = WaitingServices)))]
#[get("/device-ratings")]
async fn waiting(ask: DeviceAsk) -> Answer {
    ask.view(rating::waiting).await
}

/// 在设备上评价（rate at a device）
///
/// 大厅平板以请求头 X-Device-Token 提交评价，按服务编号，或者按窗口推送到该平板的件的编号；其他中心、其他窗口的服务编号为 404。
#[utoipa::path(tag = "evaluations", operation_id = "rate_at_device", security(("deviceToken" = [])), request_body = DeviceRating, responses((status = 200, description = "评价结果", body = LinkView)))]
#[post("/device-ratings")]
async fn rate(command: DeviceCommand, body: Body<DeviceRating>) -> Answer {
    command.act(body, |tx, token| devices::by_token(tx, token).map(|_| ()), rating::rate).await
}
