//! What operators and machines look for: health, metrics, the document, the explanation of errors.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    http::{Answer, Kept, ProblemReason, State, cacheable, metrics::Metrics},
    kernel::{ErrorCode, Problem, Text},
};

/// The served OpenAPI document.
pub struct Document(pub Kept);

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(livez).service(readyz).service(metrics).service(openapi).service(asyncapi).service(problem).service(security_txt).service(api_catalog);
}

/// Health.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: String,
}

/// 存活（liveness）
///
/// 进程在运行。
#[utoipa::path(tag = "operations", operation_id = "livez", security(()), responses((status = 200, description = "存活", body = Health)))]
#[get("/livez")]
async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok".into() })
}

/// 就绪（readiness）
///
/// 数据库可用且结构已更新到位。
#[utoipa::path(tag = "operations", operation_id = "readyz", security(()), responses((status = 200, description = "就绪", body = Health)))]
#[get("/readyz")]
async fn readyz(state: web::Data<State>) -> Answer {
    super::ready(&state.db).await.map_err(|reason| {
        let text = match reason {
            ProblemReason::Database => Text::new("数据库不可用。", "The database does not answer."),
            ProblemReason::Migrations => Text::new("数据库结构尚未更新，请先运行 jieli migrate。", "Migrations are pending: run jieli migrate."),
        };
        Problem::new(ErrorCode::Unavailable, text)
    })?;
    Ok(HttpResponse::Ok().json(Health { status: "ok".into() }))
}

/// 指标（metrics）
///
/// Prometheus 文本格式。
#[utoipa::path(tag = "operations", operation_id = "metrics", security(()), responses((status = 200, description = "指标", body = String, content_type = "text/plain")))]
#[get("/metrics")]
async fn metrics() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(Metrics::get().render())
}

/// 接口文档（OpenAPI）
///
/// 本接口的 OpenAPI 3.1 文档。
#[utoipa::path(tag = "operations", operation_id = "openapi", security(()), responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
#[get("/openapi.json")]
async fn openapi(document: web::Data<Document>, request: HttpRequest) -> HttpResponse {
    document.0.answer(&request, 60)
}

/// 事件文档（AsyncAPI）
///
/// 全部事件类型的 AsyncAPI 3.0 文档。
#[utoipa::path(tag = "operations", operation_id = "asyncapi", security(()), responses((status = 200, description = "AsyncAPI 3.0", body = serde_json::Value)))]
#[get("/asyncapi.json")]
async fn asyncapi(request: HttpRequest) -> HttpResponse {
    static EVENTS: LazyLock<Kept> = LazyLock::new(|| Kept::new(super::asyncapi::to_json()));
    EVENTS.answer(&request, 60)
}

/// An error, explained.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemExplained {
    /// Stable code.
    #[schema(example = "state_conflict")]
    code: String,
    /// HTTP status.
    status: u16,
    /// Chinese title.
    title_zh: String,
    /// English title.
    title_en: String,
    /// What to do, in Chinese.
    help_zh: String,
    /// What to do, in English.
    help_en: String,
}

/// 错误说明（problem）
///
/// 每个错误代码的中英文说明。
#[utoipa::path(tag = "operations", operation_id = "explain_problem", security(()), params(("code" = String, Path, description = "错误代码", max_length = 100, example = "state_conflict")), responses((status = 200, description = "说明", body = ProblemExplained)))]
#[get("/problems/{code}")]
async fn problem(request: HttpRequest, code: web::Path<String>) -> Answer {
    let found = ErrorCode::ALL.iter().find(|c| c.code() == code.as_str()).ok_or_else(Problem::not_found)?;
    let (title, help) = (found.title(), found.help());
    let explained = ProblemExplained {
        code: found.code().into(),
        status: found.status(),
        title_zh: title.zh.into_owned(),
        title_en: title.en.into_owned(),
        help_zh: help.zh.into_owned(),
        help_en: help.en.into_owned(),
    };
    Ok(cacheable(&request, &explained, 3600))
}

/// 安全联系（security.txt）
///
/// RFC 9116。
#[utoipa::path(tag = "operations", operation_id = "security_txt", security(()), responses((status = 200, description = "联系方式", body = String, content_type = "text/plain")))]
#[get("/.well-known/security.txt")]
async fn security_txt(state: web::Data<State>) -> HttpResponse {
    let url = &state.config.public_url;
    let body = format!("Contact: {url}/docs/\nExpires: 2027-12-31T00:00:00Z\nPreferred-Languages: zh, en\nCanonical: {url}/.well-known/security.txt\n");
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(body)
}

/// 接口目录（api-catalog）
///
/// RFC 9727。
#[utoipa::path(tag = "operations", operation_id = "api_catalog", security(()), responses((status = 200, description = "接口目录", body = serde_json::Value, content_type = "application/linkset+json")))]
#[get("/.well-known/api-catalog")]
async fn api_catalog(state: web::Data<State>) -> HttpResponse {
    let url = &state.config.public_url;
    let body = serde_json::json!({ "linkset": [{
        "anchor": format!("{url}/api/v1"),
        "service-desc": [{ "href": format!("{url}/openapi.json"), "type": "application/vnd.oai.openapi+json" }],
        "related": [{ "href": format!("{url}/asyncapi.json"), "type": "application/vnd.aai.asyncapi+json" }],
        "service-doc": [{ "href": format!("{url}/docs/"), "type": "text/html" }],
        "status": [{ "href": format!("{url}/readyz"), "type": "application/json" }],
    }] });
    HttpResponse::Ok().content_type("application/linkset+json").body(body.to_string())
}
