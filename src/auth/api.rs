//! The documents that let clients find and trust `/oauth2/token`.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::{State, cacheable};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(jwks).service(metadata);
}

/// 公钥集（JWKS）
///
/// 校验访问令牌签名所用的公钥（RFC 7517）。
#[utoipa::path(tag = "identity", operation_id = "get_jwks", security(()), responses((status = 200, description = "公钥集", body = serde_json::Value)))]
#[get("/.well-known/jwks.json")]
async fn jwks(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    cacheable(&request, &state.tokens.jwks(), 300)
}

/// 授权服务器元数据（metadata）
///
/// RFC 8414 所定义的授权服务器元数据。
#[utoipa::path(tag = "identity", operation_id = "get_authorization_server_metadata", security(()), responses((status = 200, description = "元数据", body = serde_json::Value)))]
#[get("/.well-known/oauth-authorization-server")]
async fn metadata(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let issuer = state.tokens.issuer();
    let mut grants = vec!["client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange", "authorization_code"];
    if state.config.password_grant {
        grants.push("password");
    }
    cacheable(
        &request,
        &json!({
            "issuer": issuer,
            "token_endpoint": format!("{issuer}/oauth2/token"),
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "grant_types_supported": grants,
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        }),
        300,
    )
}
