//! Figures over HTTP.

use actix_web::{HttpResponse, get, http::header};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    answering::{self, BreakdownParams, SummaryParams, TrendParams},
    drawing,
    model::{RelayFlows, StatisticsBreakdown, StatisticsSummary, StatisticsTrend},
    public::{self, PublicBreakdown, PublicBreakdownParams, PublicStatistics, PublicSummaryParams, PublicTrendParams},
    relay::{self, RelayParams},
    tracing::{self, TraceParams, TracedPage},
};
use crate::http::{Answer, Ask, Params, Public};

/// Published months change seldom.
const AGE: u32 = 3600;

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(summary).service(trend).service(breakdown).service(records).service(flows).service(trend_chart).service(flows_chart);
    cfg.service(public_summary).service(public_trend).service(public_breakdown);
}

/// 统计总览（statistics summary）
///
/// 一个中心（含全部下级，或仅本级）在一段期间内的全部指标；比率同时给出分子和分母，口径见代码表 indicators。可按层级、事项、渠道、帮办方式、部门筛选，不区分该项的指标不列出。窗口人员统计本中心，承办部门统计本部门，中心负责人、督查、改革办统计本级和下级。as_of 之前发生的都已计入。
#[utoipa::path(tag = "statistics", operation_id = "get_statistics", params(SummaryParams), responses((status = 200, description = "全部指标", body = StatisticsSummary)))]
#[get("/statistics")]
async fn summary(ask: Ask, params: Params<SummaryParams>) -> Answer {
    ask.view(move |tx, actor, _| answering::summary(tx, actor, &params.0)).await
}

/// 统计趋势（statistics trend）
///
/// 一项指标按日、周、月、季度、年的变化，连同须一并公布的指标；期末存量按每段期末计。
#[utoipa::path(tag = "statistics", operation_id = "get_statistics_trend", params(TrendParams), responses((status = 200, description = "趋势", body = StatisticsTrend)))]
#[get("/statistics/trend")]
async fn trend(ask: Ask, params: Params<TrendParams>) -> Answer {
    ask.view(move |tx, actor, _| answering::trend(tx, actor, &params.0)).await
}

/// 统计分列（statistics breakdown）
///
/// 一项指标按下级中心、层级、事项、渠道、帮办方式或部门分列，各项之和等于合计。
#[utoipa::path(tag = "statistics", operation_id = "get_statistics_breakdown", params(BreakdownParams), responses((status = 200, description = "分列", body = StatisticsBreakdown)))]
#[get("/statistics/breakdown")]
async fn breakdown(ask: Ask, params: Params<BreakdownParams>) -> Answer {
    ask.view(move |tx, actor, _| answering::breakdown(tx, actor, &params.0)).await
}

/// 指标溯源（records behind a figure）
///
/// 一项指标的分子或分母由哪些记录构成，每条记录贡献多少；筛选与统计总览相同，全部页的 count 之和等于该数字。期末存量列出期末仍在的。本人无权查看的记录只列种类和编号；对本人的匿名评价只计入数字，不向本人列出。
#[utoipa::path(tag = "statistics", operation_id = "list_statistics_records", params(TraceParams), responses((status = 200, description = "一页记录", body = TracedPage)))]
#[get("/statistics/records")]
async fn records(ask: Ask, params: Params<TraceParams>) -> Answer {
    ask.view(move |tx, actor, _| tracing::page(tx, actor, &params.0)).await
}

/// 接力流向（relay flows）
///
/// 期内转办、指定办理和提请联办在各层级中心之间的次数，计入接收（被提请）的中心。
#[utoipa::path(tag = "statistics", operation_id = "get_relay_flows", params(RelayParams), responses((status = 200, description = "流向", body = RelayFlows)))]
#[get("/statistics/relay")]
async fn flows(ask: Ask, params: Params<RelayParams>) -> Answer {
    ask.view(move |tx, actor, _| relay::flows(tx, actor, &params.0)).await
}

/// 趋势图（trend chart）
///
/// 一项指标的趋势图，SVG：文字为文本，附标题和文字说明，不靠颜色也能读懂。
#[utoipa::path(tag = "statistics", operation_id = "draw_statistics_trend", params(TrendParams), responses((status = 200, description = "SVG", content((String = "image/svg+xml")))))]
#[get("/statistics/trend/chart")]
async fn trend_chart(ask: Ask, params: Params<TrendParams>) -> Answer {
    let drawn = ask.bytes(move |tx, actor| Ok(drawing::trend(&answering::trend(tx, actor, &params.0)?).into_bytes())).await?;
    Ok(svg(drawn))
}

/// 接力流向图（relay flows chart）
///
/// 转办、联办在各层级中心之间的流向（桑基图），SVG。
#[utoipa::path(tag = "statistics", operation_id = "draw_relay_flows", params(RelayParams), responses((status = 200, description = "SVG", content((String = "image/svg+xml")))))]
#[get("/statistics/relay/chart")]
async fn flows_chart(ask: Ask, params: Params<RelayParams>) -> Answer {
    let drawn = ask.bytes(move |tx, actor| Ok(drawing::relay(&relay::flows(tx, actor, &params.0)?).into_bytes())).await?;
    Ok(svg(drawn))
}

/// Nothing in a drawing runs or loads anything.
fn svg(bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "image/svg+xml; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(bytes)
}

/// 公开统计（published statistics）
///
/// 公开。一个中心（含下级）某个已结束月份的公开指标。少于 5 的群体以及能据以推算的数字不公布（suppressed）。尚未冻结的月份仍随记录变化，公布前宜先冻结。
#[utoipa::path(tag = "statistics", operation_id = "get_public_statistics", security(()), params(PublicSummaryParams), responses((status = 200, description = "公开指标", body = PublicStatistics)))]
#[get("/public-statistics")]
async fn public_summary(public: Public, params: Params<PublicSummaryParams>) -> Answer {
    public.view(AGE, move |tx, _| public::summary(tx, &params.0)).await
}

/// 公开统计趋势（published trend）
///
/// 公开。一项公开指标逐月的变化；满意率与参与率一并公布。
#[utoipa::path(tag = "statistics", operation_id = "get_public_trend", security(()), params(PublicTrendParams), responses((status = 200, description = "逐月的公开指标", body = PublicStatistics)))]
#[get("/public-statistics/trend")]
async fn public_trend(public: Public, params: Params<PublicTrendParams>) -> Answer {
    public.view(AGE, move |tx, _| public::trend(tx, &params.0)).await
}

/// 公开统计分列（published breakdown）
///
/// 公开。一项公开指标按下级中心分列；最上级中心还可以按渠道、帮办方式分列。各项按代码表的顺序，没有的列 0；合计不足 10 的不分列，少于 5 的与随机选取的其他项一并不公布。
#[utoipa::path(tag = "statistics", operation_id = "get_public_breakdown", security(()), params(PublicBreakdownParams), responses((status = 200, description = "分列", body = PublicBreakdown)))]
#[get("/public-statistics/breakdown")]
async fn public_breakdown(public: Public, params: Params<PublicBreakdownParams>) -> Answer {
    public.view(AGE, move |tx, _| public::breakdown(tx, &params.0)).await
}
