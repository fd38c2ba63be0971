//! The working calendar, public.

use actix_web::{get, post};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::{ExplainedDay, Limit, calendar, workdays::Day};
use crate::{
    http::{Answer, Body, Params, Public},
    kernel::{Moment, Problem},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list_days).service(compute);
}

/// A stretch of days.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DaysParams {
    /// 起始日期（含）
    #[param(example = "2026-02-10")]
    #[serde(deserialize_with = "crate::kernel::date::date")]
    from: NaiveDate,
    /// 结束日期（含），最多 400 天
    #[param(example = "2026-02-28")]
    #[serde(deserialize_with = "crate::kernel::date::date")]
    to: NaiveDate,
}

/// Days with their kinds.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DaysView {
    /// In order.
    items: Vec<Day>,
}

/// 工作日历（calendar）
///
/// 公开。逐日说明是工作日、调休上班、周末还是放假；尚未公布的年份标为暂定。
#[utoipa::path(tag = "public", operation_id = "list_calendar_days", security(()), params(DaysParams), responses((status = 200, description = "逐日", body = DaysView)))]
#[get("/calendar/days")]
async fn list_days(public: Public, params: Params<DaysParams>) -> Answer {
    let DaysParams { from, to } = params.0;
    let length = (to - from).num_days();
    if !(0..=400).contains(&length) {
        return Err(Problem::parameter("to", "range", "结束日期应在起始日期之后 400 天以内。", "Within 400 days after from."));
    }
    public
        .view(3600, move |tx, _| {
            let calendar = calendar(tx, at_nine(from))?;
            let items = (0..=length.unsigned_abs()).filter_map(|n| from.checked_add_days(Days::new(n))).map(|d| calendar.day(d)).collect();
            Ok(DaysView { items })
        })
        .await
}

fn at_nine(date: NaiveDate) -> Moment {
    Moment::from(super::utc(date.and_hms_opt(9, 0, 0).unwrap_or_default()))
}

/// A deadline to compute.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadlineInput {
    /// From when.
    start: Moment,
    /// How long.
    #[validate(nested)]
    limit: LimitInput,
}

/// A limit as it is sent.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitInput {
    /// How many.
    #[validate(range(max = 1000))]
    #[schema(maximum = 1000, example = 5)]
    value: u32,
    /// Of what.
    unit: super::Unit,
}

/// A deadline, explained.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeadlineView {
    /// Close of business of the last day.
    due_at: Moment,
    /// Yellow card at.
    warn_at: Moment,
    /// Reaches into a year whose calendar is not announced.
    provisional: bool,
    /// Day by day.
    #[schema(max_items = 2000)]
    days: Vec<ExplainedDay>,
}

/// 推算期限（compute deadline）
///
/// 公开。按工作日历推算一个期限，并逐日说明。
#[utoipa::path(tag = "public", operation_id = "compute_deadline", security(()), request_body = DeadlineInput, responses((status = 200, description = "期限", body = DeadlineView)))]
#[post("/calendar/deadline")]
async fn compute(public: Public, body: Body<DeadlineInput>) -> Answer {
    let DeadlineInput { start, limit } = body.value;
    let limit = Limit { value: limit.value, unit: limit.unit };
    public
        .fresh(move |tx, _| {
            let calendar = calendar(tx, start)?;
            let d = calendar.deadline(start.utc(), limit, &[]);
            let days = calendar.explain(start.utc(), limit, &[]);
            Ok(DeadlineView { due_at: d.due.into(), warn_at: d.warn_at.into(), provisional: d.provisional, days })
        })
        .await
}
