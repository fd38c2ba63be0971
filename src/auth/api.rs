//! `/oauth2/token` and the documents that let clients find and trust it.

use actix_web::{HttpRequest, HttpResponse, get, http::header, post, web};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{ACCESS_TTL_SECONDS, TokenGrant, TokenRefusal, issue, passwords::Cost};
use crate::{
    http::{Answer, Form, State, cacheable},
    kernel::Problem,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(token).service(jwks).service(metadata);
}

/// A token request, form-encoded (RFC 6749).
#[derive(Deserialize, utoipa::ToSchema)]
pub struct TokenForm {
    /// `password`, `client_credentials` or `refresh_token`.
    #[schema(example = "password")]
    grant_type: String,
    /// With `password`.
    #[schema(example = "city_clerk")]
    username: Option<String>,
    /// With `password`.
    #[schema(format = "password", example = "jieli-demo-2026")]
    password: Option<String>,
    /// With `refresh_token`.
    #[schema(example = "")]
    refresh_token: Option<String>,
    /// If not sent by Basic.
    #[schema(example = "")]
    client_id: Option<String>,
    /// If not sent by Basic.
    #[schema(example = "")]
    client_secret: Option<String>,
    /// Ignored: a token carries no scopes of its own.
    #[serde(rename = "scope")]
    #[schema(rename = "scope", example = "")]
    _scope: Option<String>,
}

/// What is issued (RFC 6749 §5.1).
#[derive(Serialize, utoipa::ToSchema)]
pub struct TokenAnswer {
    /// `at+jwt`.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds.
    expires_in: i64,
    /// Rotates at each use; only for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// Why no token was issued (RFC 6749 §5.2).
#[derive(Serialize, utoipa::ToSchema)]
pub struct TokenErrorAnswer {
    /// `invalid_request`, `invalid_client`, `invalid_grant`, `unauthorized_client` or `unsupported_grant_type`.
    #[schema(example = "invalid_grant")]
    error: String,
    /// In English, for developers.
    error_description: String,
    /// In Chinese, for people.
    #[schema(example = "用户名或口令不正确。")]
    detail: String,
    /// The HTTP status again.
    status: u16,
    /// The same as `error`.
    code: String,
}

/// 取得访问令牌（token）
///
/// 支持 password（仅第一方登录）、client_credentials（门户、热线等机器客户端）和 refresh_token（轮换；旧令牌再次使用将使整个会话失效）。
/// 客户端密钥可用 HTTP Basic 或表单提交；空的 Basic 头等同没有。连续输错五次口令锁定十五分钟。
#[utoipa::path(tag = "identity", operation_id = "issue_token", security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded", example = json!({ "grant_type": "password", "username": "city_clerk", "password": "jieli-demo-2026" })),
    responses((status = 200, description = "令牌", body = TokenAnswer), (status = 400, description = "令牌请求被拒绝", body = TokenErrorAnswer),
              (status = 401, description = "客户端认证失败", body = TokenErrorAnswer)))]
#[post("/oauth2/token")]
async fn token(request: HttpRequest, state: web::Data<State>, form: Result<Form<TokenForm>, Problem>) -> Answer {
    let form = match form {
        Ok(Form(form)) => form,
        // Too late, too large or of another type: answered as everywhere.
        Err(problem) if problem.code.status() != 400 => return Err(problem),
        Err(problem) => return Ok(refused("invalid_request", 400, &problem.detail.zh)),
    };
    let long = |v: &Option<String>| v.as_ref().is_some_and(|v| v.len() > 1000 || v.contains('\0'));
    if [&form.username, &form.password, &form.refresh_token, &form.client_id, &form.client_secret].into_iter().any(long) {
        return Ok(refused("invalid_request", 400, "参数过长或包含空字符。"));
    }
    let grant = match (form.grant_type.as_str(), form.username, form.password, form.refresh_token) {
        ("password", Some(username), Some(password), _) => TokenGrant::Password { username, password },
        ("client_credentials", ..) => TokenGrant::ClientCredentials,
        ("refresh_token", _, _, Some(token)) => TokenGrant::Refresh { token },
        ("password" | "refresh_token", ..) => return Ok(refused("invalid_request", 400, "缺少该授权方式需要的参数。")),
        _ => return Ok(refused("unsupported_grant_type", 400, "不支持的 grant_type。")),
    };
    let posted = form.client_id.filter(|id| !id.is_empty()).map(|id| (id, form.client_secret.unwrap_or_default()));
    let client = match basic(&request) {
        Err(()) => return Ok(answer("invalid_client", 401, "Authorization 头不正确。", true)),
        Ok(basic) => basic.or(posted),
    };
    let config = &state.config;
    let cost = Cost { memory: config.argon2_memory_kib, passes: config.argon2_passes };
    match issue(&state.db, &state.tokens, cost, config.password_grant, client, grant).await {
        Ok(set) => Ok(HttpResponse::Ok().insert_header((header::PRAGMA, "no-cache")).json(TokenAnswer {
            access_token: set.access_token,
            token_type: "Bearer".into(),
            expires_in: ACCESS_TTL_SECONDS,
            refresh_token: set.refresh_token,
        })),
        Err(TokenRefusal::InvalidGrant(why)) => Ok(refused("invalid_grant", 400, why)),
        Err(TokenRefusal::InvalidClient) => {
            Ok(answer("invalid_client", 401, "客户端标识或密钥不正确。", request.headers().contains_key(header::AUTHORIZATION)))
        }
        Err(TokenRefusal::UnauthorizedClient) => Ok(refused("unauthorized_client", 400, "该客户端不能使用这种授权方式。")),
        Err(TokenRefusal::Failed(e)) => Err::<HttpResponse, Problem>(e.into_problem()),
    }
}

fn refused(error: &str, status: u16, zh: &str) -> HttpResponse {
    answer(error, status, zh, false)
}

/// The Basic challenge is for clients that used `Authorization` (RFC 6749 §5.2): a browser would ask its user.
fn answer(error: &str, status: u16, zh: &str, challenge: bool) -> HttpResponse {
    // RFC 6749 allows ASCII alone in `error_description`; people read `detail`.
    let description = match error {
        "invalid_client" => "The client is unknown or its secret is wrong.",
        "invalid_grant" => "Wrong user name, password or refresh token, or the account is locked.",
        "unauthorized_client" => "This client may not use this grant type.",
        "unsupported_grant_type" => "The grant type is not supported.",
        _ => "A parameter is missing, unknown, repeated or malformed.",
    };
    let body = TokenErrorAnswer { error: error.into(), error_description: description.into(), detail: zh.into(), status, code: error.into() };
    let mut response = if status == 401 { HttpResponse::Unauthorized() } else { HttpResponse::BadRequest() };
    if status == 401 {
        response.insert_header((header::WWW_AUTHENTICATE, if challenge { "Basic realm=\"jieli\"" } else { "Bearer realm=\"jieli\"" }));
    }
    response.json(body)
}

/// Reads HTTP Basic. Swagger UI sends an empty one with the password grant: that counts as none.
fn basic(request: &HttpRequest) -> Result<Option<(String, String)>, ()> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let encoded = value.to_str().ok().and_then(|v| v.split_once(' ')).filter(|(s, _)| s.eq_ignore_ascii_case("basic")).ok_or(())?.1;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).map_err(|_| ())?).map_err(|_| ())?;
    let (id, secret) = text.split_once(':').ok_or(())?;
    let plain = |s: &str| percent_encoding::percent_decode_str(s).decode_utf8_lossy().into_owned();
    let (id, secret) = (plain(id), plain(secret));
    if id.contains('\0') || secret.contains('\0') {
        return Err(());
    }
    Ok(if id.is_empty() { None } else { Some((id, secret)) })
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
    let mut grants = vec!["client_credentials", "refresh_token"];
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
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        }),
        300,
    )
}
