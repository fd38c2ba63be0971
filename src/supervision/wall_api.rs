//! The wall over HTTP, once and live.

use actix_web::get;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::wall::{self, WallView};
use crate::http::{Answer, Ask, Params};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(show).service(watch);
}

/// Whose wall.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WallParams {
    /// 服务中心 id 或 12 位区划代码；不填为本人所在中心
    #[serde(default)]
    #[param(max_length = 36, example = "320600000000")]
    pub center: Option<String>,
}

/// 时限监督墙（supervision wall）
///
/// 一个中心及其所辖范围内正在计时、临近和已超的时限，按时限种类、下级中心、部门统计；每个时限记在应当办理的中心或部门名下，申请人的时限不计入。
#[utoipa::path(tag = "supervision", operation_id = "get_supervision_wall", params(WallParams), responses((status = 200, description = "监督墙", body = WallView)))]
#[get("/supervision-wall")]
async fn show(ask: Ask, params: Params<WallParams>) -> Answer {
    ask.view(move |tx, actor, _| wall::wall(tx, actor, params.0.center.as_deref())).await
}

/// 时限监督墙实时推送（supervision wall, live）
///
/// 以 Server-Sent Events 推送：打开即发当前的监督墙，其后有变化才发（事件名 wall，data 为监督墙的 JSON）。十分钟后由客户端重新连接；每次读取都重新核对权限。
#[utoipa::path(tag = "supervision", operation_id = "watch_supervision_wall", params(WallParams), responses((status = 200, description = "事件流", body = String, content_type = "text/event-stream", example = "event: wall\nretry: 3000\ndata: {}\n\n")))]
#[get("/supervision-wall/stream")]
async fn watch(ask: Ask, params: Params<WallParams>) -> Answer {
    ask.live("wall", move |tx, actor| wall::watched(tx, actor, params.0.center.as_deref())).await
}
