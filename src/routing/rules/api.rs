//! The rules of the relay over HTTP.

use actix_multipart::Multipart;
use actix_web::{get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate as _;

use super::{
    RoutingRuleSet,
    dry_run::{self, DryRunReport},
    service::{self, RoutingRules, RoutingRulesView},
};
use crate::{
    auth::policy,
    http::{Answer, Body, Command, FormFile, Public},
    kernel::{ErrorCode, Problem},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(of_center).service(set_rules).service(try_out).service(fetch);
}

/// 承办规则（routing rules）
///
/// 公开。一个中心今日适用的承办规则（本中心和各上级中心设定的），以及本中心设定过的各个版本。依次适用：事项指定承办、下放和委托、开发区（统计区划）、事项的行使层级和区划。
#[utoipa::path(tag = "routing", operation_id = "get_routing_rules", security(()), params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320600000000")),
    responses((status = 200, description = "承办规则", body = RoutingRules)))]
#[get("/centers/{id}/routing-rules")]
async fn of_center(public: Public) -> Answer {
    public.fetch(60, service::of_center).await
}

/// 设定承办规则（set routing rules）
///
/// 系统管理员、改革办和中心负责人为本中心及下级中心设定新的版本，自生效日期起适用；旧版本保留。设定前可先试算。
#[utoipa::path(tag = "routing", operation_id = "set_routing_rules", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320600000000")),
    request_body = RoutingRuleSet, responses((status = 201, description = "新的版本", body = RoutingRulesView)))]
#[post("/centers/{id}/routing-rules")]
async fn set_rules(command: Command, body: Body<RoutingRuleSet>) -> Answer {
    command.create("/api/v1/routing-rules", body, service::set).await
}

/// The form of a dry run.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the form")]
pub struct DryRunForm {
    /// CSV or XLSX with the columns 事项编码, 申请人区划, 现责任中心, 应承办中心; at most 1,000 rows.
    #[schema(format = "binary", max_length = 20_971_520)]
    file: String,
    /// The rules to try, as JSON like the body of setting them; empty: the rules as they stand.
    #[schema(max_length = 100_000, example = "")]
    rules: Option<String>,
}

/// 试算承办规则（dry-run routing rules）
///
/// 上传一批案例，逐条给出按现行规则和按拟设规则由谁承办、依据哪条规则、有无变化、是否符合预期。不产生任何变化。
#[utoipa::path(tag = "routing", operation_id = "dry_run_routing_rules", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320600000000")),
    request_body(content = DryRunForm, content_type = "multipart/form-data"), responses((status = 200, description = "试算结果", body = DryRunReport)))]
#[post("/centers/{id}/routing-rules/dry-run")]
async fn try_out(command: Command, form: Multipart) -> Answer {
    let command = command.admit(|actor| policy::may(actor, "routing_rules", "edit")).await?;
    let FormFile { bytes, digest, mut fields } = FormFile::read(form, &["rules"]).await?;
    let draft = fields.remove("rules").filter(|text| !text.trim().is_empty()).map(|text| read_rules(&text)).transpose()?;
    let read = web::block(move || dry_run::read(&bytes)).await.map_err(|_| Problem::of(ErrorCode::Internal))?;
    let body = Body { digest: format!("{digest} {draft:?}"), value: (read.0, read.1, draft) };
    command.report_on(body, |tx, actor, target, (cases, bad, draft)| dry_run::run(tx, actor, &target.reference, draft.as_ref(), cases, bad.clone())).await
}

fn read_rules(text: &str) -> Result<RoutingRuleSet, Problem> {
    let wrong = |why: String| Problem::parameter("rules", "invalid_value", format!("rules 应为承办规则的 JSON：{why}。"), format!("rules: {why}."));
    let draft: RoutingRuleSet = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    draft.validate().map_err(|e| wrong(e.to_string().replace('\n', "；")))?;
    Ok(draft)
}

/// 承办规则的一个版本（routing rules version）
///
/// 公开。一个版本的规则，永不改变。
#[utoipa::path(tag = "routing", operation_id = "get_routing_rules_version", security(()), params(("id" = String, Path, description = "版本 id", max_length = 100)),
    responses((status = 200, description = "一个版本", body = RoutingRulesView)))]
#[get("/routing-rules/{id}")]
async fn fetch(public: Public) -> Answer {
    public.record(60, service::fetch).await
}
