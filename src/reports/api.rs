//! The monthly report over HTTP.

use actix_web::get;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    counting::{self, Part, no_month},
    model::TicketReport,
};
use crate::{
    auth::{Actor, Scope, policy},
    db::{Result, Tx},
    http::{Answer, Ask, Params},
    kernel::{ErrorCode, Id, Month, Problem},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(monthly);
}

/// Which part of the register.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReportParams {
    /// 服务中心 id
    #[serde(default)]
    #[param(max_length = 36)]
    pub center_id: Option<String>,
}

/// “办不成事”反映月报（monthly report）
///
/// 本人可见范围内某月的登记、销号、挂账、重新办理、超期，按类别、分级、涉及部门、中心统计并与上月比较；点名超期交办单和警示级别，反馈满意率，发布的案例。与销号清单统计同一口径；需要盖章的 PDF 在中心的文书中出具。
#[utoipa::path(tag = "fallback", operation_id = "get_fallback_report", params(("id" = String, Path, description = "月份，如 2026-03", max_length = 100, example = "2026-01"), ReportParams), responses((status = 200, description = "月报", body = TicketReport)))]
#[get("/ticket-reports/{id}")]
async fn monthly(ask: Ask, params: Params<ReportParams>) -> Answer {
    ask.view(move |tx, actor, month| of_caller(tx, actor, month, params.0.center_id.as_deref())).await
}

/// What the caller sees, as the register.
fn of_caller(tx: &mut Tx, actor: &Actor, month: &str, center: Option<&str>) -> Result<TicketReport> {
    if !policy::may(actor, "fallback_ticket", "count") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let Scope::Subjects(reasons) = Scope::of(actor, "fallback_ticket") else { return Err(Problem::of(ErrorCode::Forbidden).into()) };
    let month = Month::read(month).filter(|m| m.first() <= tx.now.local_date()).ok_or_else(|| no_month("id"))?;
    let wrong = || Problem::parameter("center_id", "invalid_value", "应为服务中心的 id。", "The id of a center.");
    let center: Option<Id> = center.map(|id| id.parse().map_err(|_| wrong())).transpose()?;
    let subjects: Vec<String> = reasons.into_iter().map(|(subject, _)| subject).collect();
    counting::report(tx, month, Part { subjects: &subjects, center })
}
