//! Documents over HTTP.

use actix_web::{get, http::header};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::{Answer, Ask, Download, Named, Nothing, Params};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(order).service(bulletin);
}

/// 打印督办单（supervision order as PDF）
///
/// 督办单：督办事由和要求、签收和反馈的期限、责任人、反馈的情况；已撤销的加印“已撤销”。
#[utoipa::path(tag = "supervision", operation_id = "print_supervision", params(("id" = String, Path, description = "督办单 id 或编号", max_length = 100)), responses((status = 200, description = "PDF", content((Vec<u8> = "application/pdf")))))]
#[get("/supervisions/{id}/pdf")]
async fn order(ask: Ask, Named(id): Named, _none: Params<Nothing>) -> Answer {
    let (name, bytes) = ask.file(move |tx, actor| super::order(tx, actor, &id)).await?;
    Ok(Download { name: &name, media: "application/pdf" }.answer().insert_header((header::CACHE_CONTROL, "no-store")).body(bytes))
}

/// 打印通报（bulletin as PDF）
///
/// 通报：总体情况、主要指标、下级中心和部门的情况、点名的超期件、存在问题和工作要求；未发布的加印“草稿”，已撤回的加印“已撤回”。
#[utoipa::path(tag = "supervision", operation_id = "print_bulletin", params(("id" = String, Path, description = "通报 id 或编号", max_length = 100)), responses((status = 200, description = "PDF", content((Vec<u8> = "application/pdf")))))]
#[get("/bulletins/{id}/pdf")]
async fn bulletin(ask: Ask, Named(id): Named, _none: Params<Nothing>) -> Answer {
    let (name, bytes) = ask.file(move |tx, actor| super::bulletin(tx, actor, &id)).await?;
    Ok(Download { name: &name, media: "application/pdf" }.answer().insert_header((header::CACHE_CONTROL, "no-store")).body(bytes))
}
