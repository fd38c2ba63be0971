//! The codes of hotlines, over HTTP.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::{
    classify,
    input::NewOrder,
    mapping::{self, MappingContent, MappingView, NewMapping},
    model::{OpenedKind, OrderType, RawCodes, Secrecy, Urgency},
};
use crate::{
    auth::policy,
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind},
    kernel::{Code as _, ErrorCode, Page, Problem},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(create).service(try_out).service(fetch);
}

/// The versions of hotlines' codes.
pub struct Mappings;
impl ListKind for Mappings {
    const FILTERS: &'static [Filter] = &[Filter { name: "client", kind: FilterKind::Text(100), doc: "热线的客户端标识" }];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询代码映射（hotline mappings）
///
/// 列出可见的热线代码映射各版本，新的在前；最新的一版生效。
#[utoipa::path(tag = "hotline", operation_id = "list_hotline_mappings", params(List<Mappings>), responses((status = 200, description = "一页映射", body = Page<MappingView>)))]
#[get("/hotline/mappings")]
async fn list(ask: Ask, asked: List<Mappings>) -> Answer {
    ask.list(asked.query, mapping::list).await
}

/// 制定代码映射（set hotline mapping）
///
/// 为一个热线制定新一版映射：分类、紧急程度、类型、渠道、保密、承办单位、对外状态、满意度方向、办理时限，以及按类型、分类、关键词开件的规则。
/// 新版立即对此后交办的工单生效，旧版保留不变。
#[utoipa::path(tag = "hotline", operation_id = "create_hotline_mapping", request_body = NewMapping, responses((status = 201, description = "映射", body = MappingView)))]
#[post("/hotline/mappings")]
async fn create(command: Command, body: Body<NewMapping>) -> Answer {
    command.create("/api/v1/hotline/mappings", body, |tx, actor, _, input| mapping::create(tx, actor, input)).await
}

/// 查看代码映射（hotline mapping）
///
/// 一个版本的全部内容。
#[utoipa::path(tag = "hotline", operation_id = "get_hotline_mapping", params(("id" = String, Path, description = "映射 id", max_length = 100)), responses((status = 200, description = "映射", body = MappingView)))]
#[get("/hotline/mappings/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(mapping::fetch).await
}

/// A draft of codes, and an order to try them on.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HotlineTrial)]
pub struct Trial {
    /// The codes.
    #[validate(nested)]
    pub content: MappingContent,
    /// The order.
    #[validate(nested)]
    pub order: NewOrder,
}

/// How the order would be read, and what it would open.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HotlineTrialResult)]
pub struct TrialResult {
    /// Kind.
    pub order_type: OrderType,
    /// Category, by our name.
    pub category: String,
    /// Urgency.
    pub urgency: Urgency,
    /// Secrecy.
    pub secrecy: Secrecy,
    /// Center of the handling unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center: Option<String>,
    /// Fields whose code is not known.
    pub unmapped: Vec<String>,
    /// What it would open; absent: a person looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenedKind>,
    /// By which rule.
    pub why: String,
}

/// 试用代码映射（try mapping）
///
/// 以一份工单试用映射草稿：各代码怎样读、哪些没有映射、按哪条规则开出什么；不保存任何内容。
#[utoipa::path(tag = "hotline", operation_id = "try_hotline_mapping", request_body = Trial, responses((status = 200, description = "结果", body = TrialResult)))]
#[post("/hotline/mappings/try")]
async fn try_out(ask: Ask, body: Body<Trial>) -> Answer {
    let Trial { content, order } = body.value;
    ask.compute(move |_, actor| {
        if !policy::may(actor, "hotline_mapping", "read") {
            return Err(Problem::of(ErrorCode::Forbidden).into());
        }
        let raw = RawCodes {
            order_type: order.order_type.clone(),
            category: order.category_code.clone(),
            category_name: order.category_name.clone(),
            urgency: order.urgency.clone(),
            secrecy: order.secrecy.clone(),
            channel: order.channel.clone(),
            disposal: order.disposal.clone(),
            handling_unit: order.handling_unit.clone(),
        };
        let read = content.read(&raw);
        let told = classify::Told {
            order_type: read.order_type,
            category: [&read.category, &raw.category],
            words: [&order.title, &order.content],
            service_code: None,
        };
        let verdict = classify::classify(&content.rules, &told);
        Ok(TrialResult {
            order_type: read.order_type,
            category: read.category.clone(),
            urgency: read.urgency,
            secrecy: read.secrecy,
            center: read.unit.map(|u| u.0),
            unmapped: read.unmapped,
            open: verdict.open,
            why: format!("{}（{}）", verdict.why, verdict.open.map_or("不开件", OpenedKind::label)),
        })
    })
    .await
}
