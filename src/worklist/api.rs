//! The worklist over HTTP.

use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, Bucket, WorkKind, Worklist};
use crate::{
    http::{Answer, Ask, Filter, FilterKind, List, ListKind},
    kernel::Code,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(mine);
}

/// The worklist as a list.
pub struct Mine;
impl ListKind for Mine {
    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "bucket",
            kind: FilterKind::Codes(|| Bucket::ALL.iter().map(|b| b.code()).collect()),
            doc: "分类：open 全部在办（默认）、overdue 已超期、today 今日到期、soon 三日内到期、incoming 新到",
        },
        Filter { name: "kind", kind: FilterKind::Codes(|| WorkKind::ALL.iter().map(|k| k.code()).collect()), doc: "记录种类" },
    ];
    const SORTS: &'static [&'static str] = &[];
}

/// 我的待办（worklist）
///
/// 此刻由我办理的全部事项：专员的在办件，窗口和负责人的中心在办件与待答复的转办，部门经办人的待审批件，申请人的待补正、待签收件；先到期的在前，并给出各类的数量。
#[utoipa::path(tag = "entrustments", operation_id = "get_worklist", params(List<Mine>), responses((status = 200, description = "一页待办", body = Worklist)))]
#[get("/me/worklist")]
async fn mine(ask: Ask, asked: List<Mine>) -> Answer {
    let q = asked.query;
    ask.view(move |tx, actor, _| service::list(tx, actor, &q)).await
}
