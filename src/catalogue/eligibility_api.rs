//! Eligibility for agency over HTTP.

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::eligibility::{self, Eligibility, EligibilityQuestion, Judgement, RuleSet, RuleSetView};
use crate::http::{Answer, Body, Command, Public};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(of_center).service(set).service(fetch).service(check);
}

/// 代办对象（eligibility）
///
/// 公开。一个中心今日适用的代办对象规则（本中心或最近的上级中心设定），以及本中心设定过的各个版本。没有规则时代办不限对象；帮办从不限对象。
#[utoipa::path(tag = "catalogue", operation_id = "get_eligibility", security(()), params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")),
    responses((status = 200, description = "代办对象规则", body = Eligibility)))]
#[get("/centers/{id}/eligibility")]
async fn of_center(public: Public) -> Answer {
    public.fetch(60, eligibility::of_center).await
}

/// 设定代办对象（set eligibility）
///
/// 系统管理员、改革办和中心负责人为本中心及下级中心设定新的版本，自生效日期起适用；旧版本保留。
#[utoipa::path(tag = "catalogue", operation_id = "set_eligibility", params(("id" = String, Path, description = "中心 id 或 12 位区划代码", max_length = 100, example = "320623000000")),
    request_body = RuleSet, responses((status = 201, description = "新的版本", body = RuleSetView)))]
#[post("/centers/{id}/eligibility")]
async fn set(command: Command, body: Body<RuleSet>) -> Answer {
    command.create("/api/v1/eligibility", body, eligibility::set).await
}

/// 代办对象的一个版本（eligibility version）
///
/// 公开。一个版本的规则，永不改变。
#[utoipa::path(tag = "catalogue", operation_id = "get_eligibility_version", security(()), params(("id" = String, Path, description = "版本 id", max_length = 100)),
    responses((status = 200, description = "一个版本", body = RuleSetView)))]
#[get("/eligibility/{id}")]
async fn fetch(public: Public) -> Answer {
    public.record(60, eligibility::fetch).await
}

/// 能否代办（check eligibility）
///
/// 公开。按某中心今日的规则说明申请人能否申请代办，逐条给出理由。
#[utoipa::path(tag = "public", operation_id = "check_eligibility", security(()), request_body = EligibilityQuestion, responses((status = 200, description = "能否代办及理由", body = Judgement)))]
#[post("/eligibility/check")]
async fn check(public: Public, body: Body<EligibilityQuestion>) -> Answer {
    public.fresh(move |tx, _| eligibility::ask(tx, &body.value)).await
}
