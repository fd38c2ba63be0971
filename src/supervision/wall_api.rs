//! The wall over HTTP, once and live; the standings.

use actix_web::get;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    standing::{self, SupervisionStandings},
    wall::{self, WallView},
};
use crate::http::{Answer, Ask, Params};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(show).service(watch).service(standings);
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
/// 以 Server-Sent Events 推送：打开即发当前的监督墙，其后有变化才发（事件名 wall，data 为监督墙的 JSON）。十分钟后由客户端重新连接；每次读取都重新核对权限。文档页面里的“执行”等不到结果；命令行用 `curl -N`（不缓冲）。
#[utoipa::path(tag = "supervision", operation_id = "watch_supervision_wall", params(WallParams), responses((status = 200, description = "事件流", body = String, content_type = "text/event-stream", example = "event: wall\nretry: 3000\ndata: {}\n\n")))]
#[get("/supervision-wall/stream")]
async fn watch(ask: Ask, params: Params<WallParams>) -> Answer {
    ask.live("wall", move |tx, actor| wall::watched(tx, actor, params.0.center.as_deref())).await
}

/// Whose standings, and when.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StandingsParams {
    /// 服务中心 id 或 12 位区划代码；不填为本人所在中心
    #[serde(default)]
    #[param(max_length = 36, example = "320600000000")]
    pub center: Option<String>,
    /// 日期，起（含）；缺省为本年 1 月 1 日
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    #[param(example = "2026-01-01")]
    pub from: Option<NaiveDate>,
    /// 日期，止（不含）；缺省为明日
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    #[param(example = "2027-01-01")]
    pub to: Option<NaiveDate>,
}

/// 部门和中心履职情况（standings）
///
/// 期内记在各部门名下的时限按时、超期完成的和期末已超期的，及收到督办单、逾期反馈、被退回的情况；下级中心的督办情况。按时率低的部门在前。
#[utoipa::path(tag = "supervision", operation_id = "get_supervision_standings", params(StandingsParams), responses((status = 200, description = "履职情况", body = SupervisionStandings)))]
#[get("/supervision-standings")]
async fn standings(ask: Ask, params: Params<StandingsParams>) -> Answer {
    let StandingsParams { center, from, to } = params.0;
    ask.view(move |tx, actor, _| standing::standings(tx, actor, center.as_deref(), from, to)).await
}
