//! Identity providers over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::providers::{self, NewProvider, ProviderEdit, ProviderView, Providers};
use crate::{
    auth::policy,
    http::{Answer, Ask, Body, Command, Empty},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(create).service(fetch).service(edit).service(approve).service(refuse).service(disable).service(enable);
}

/// 认证源（identity providers）
///
/// 列出可供申请人登录的外部认证源：OpenID Connect 平台、票据换令牌的省级统一身份认证，以及只在演示和沙箱中可用的模拟登录。密钥不显示。
#[utoipa::path(tag = "clients", operation_id = "list_identity_providers", responses((status = 200, description = "认证源", body = Providers)))]
#[get("/identity-providers")]
async fn list(ask: Ask) -> Answer {
    ask.view(|tx, actor, _| providers::list(tx, actor)).await
}

/// 新建认证源（propose identity provider）
///
/// 由系统管理员提出，安全管理员批准后启用。对方返回的字段以 JSON Pointer 对照，代码以表对照。
#[utoipa::path(tag = "clients", operation_id = "create_identity_provider", request_body = NewProvider, responses((status = 201, description = "待批准的认证源", body = ProviderView)))]
#[post("/identity-providers")]
async fn create(command: Command, body: Body<NewProvider>) -> Answer {
    let command = command.vet(|actor| policy::may(actor, "identity_provider", "create"), &body.value.settings.asked("/settings")).await?;
    command.create("/api/v1/identity-providers", body, |tx, actor, _, new| providers::create(tx, actor, new)).await
}

/// 查看认证源（identity provider）
///
/// 路径中可用 id，也可用名称。有待批准的修改时，显示的是修改后的内容。
#[utoipa::path(tag = "clients", operation_id = "get_identity_provider", params(("id" = String, Path, description = "认证源 id 或名称", max_length = 100)), responses((status = 200, description = "认证源", body = ProviderView)))]
#[get("/identity-providers/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(providers::fetch).await
}

/// 修改认证源（propose change）
///
/// 修改须经另一人批准，批准之前原来的配置继续有效；密钥不填的保持不变。
#[utoipa::path(tag = "clients", operation_id = "edit_identity_provider", params(("id" = String, Path, description = "认证源 id 或名称", max_length = 100)), request_body = ProviderEdit, responses((status = 200, description = "认证源", body = ProviderView)))]
#[put("/identity-providers/{id}")]
async fn edit(command: Command, body: Body<ProviderEdit>) -> Answer {
    let command = command.conditional()?.vet(|actor| policy::may(actor, "identity_provider", "edit"), &body.value.asked("")).await?;
    command.act(body, providers::edit).await
}

/// 批准认证源（approve）
///
/// 批准人不得是提出人。
#[utoipa::path(tag = "clients", operation_id = "approve_identity_provider", params(("id" = String, Path, description = "认证源 id 或名称", max_length = 100)), request_body = Empty, responses((status = 200, description = "认证源", body = ProviderView)))]
#[post("/identity-providers/{id}/approve")]
async fn approve(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| providers::approve(tx, actor, target)).await
}

/// 否决认证源的修改（refuse）
///
/// 待批准的内容作废，原来的配置继续有效。
#[utoipa::path(tag = "clients", operation_id = "refuse_identity_provider", params(("id" = String, Path, description = "认证源 id 或名称", max_length = 100)), request_body = Empty, responses((status = 200, description = "认证源", body = ProviderView)))]
#[post("/identity-providers/{id}/refuse")]
async fn refuse(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| providers::refuse(tx, actor, target)).await
}

/// 停用认证源（disable）
///
/// 立即停用，不再有人从此登录。
#[utoipa::path(tag = "clients", operation_id = "disable_identity_provider", params(("id" = String, Path, description = "认证源 id 或名称", max_length = 100)), request_body = Empty, responses((status = 200, description = "认证源", body = ProviderView)))]
#[post("/identity-providers/{id}/disable")]
async fn disable(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| providers::disable(tx, actor, target)).await
}

/// 恢复认证源（enable）
///
/// 按原来批准的配置恢复使用。
#[utoipa::path(tag = "clients", operation_id = "enable_identity_provider", params(("id" = String, Path, description = "认证源 id 或名称", max_length = 100)), request_body = Empty, responses((status = 200, description = "认证源", body = ProviderView)))]
#[post("/identity-providers/{id}/enable")]
async fn enable(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| providers::enable(tx, actor, target)).await
}
