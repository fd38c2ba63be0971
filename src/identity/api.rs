//! Signing in through a provider, and the token endpoint.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, get, http::header, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    flow::{self, Setting},
    house::House,
    providers::{self, ProviderBrief},
    providers_api, token_api,
};
use crate::{
    db,
    http::{Answer, Params, State, cacheable},
};

/// Mounts what lies beside the API: the token endpoint, and the way through a provider.
pub fn root_routes(cfg: &mut ServiceConfig) {
    token_api::routes(cfg);
    cfg.service(open).service(start).service(callback);
}

/// Mounts the operations of administrators.
pub fn routes(cfg: &mut ServiceConfig) {
    providers_api::routes(cfg);
}

/// What this deployment is.
pub fn house(state: &State) -> House {
    House { public_url: state.config.public_url.clone(), with_fake: state.config.with_fake(), outbound: state.outbound.clone() }
}

/// Through whom people can sign in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderBriefs {
    /// By name.
    items: Vec<ProviderBrief>,
}

/// 可用的认证源（sign-in providers）
///
/// 门户登录页据此列出登录方式。
#[utoipa::path(tag = "identity", operation_id = "list_sign_in_providers", security(()), responses((status = 200, description = "认证源", body = ProviderBriefs)))]
#[get("/auth/providers")]
async fn open(request: HttpRequest, state: web::Data<State>) -> Answer {
    let with_fake = state.config.with_fake();
    let items = state.db.read(move |tx| providers::open_to_people(tx, with_fake)).await.map_err(db::Error::into_problem)?;
    Ok(cacheable(&request, &ProviderBriefs { items }, 60))
}

/// Where a portal sends somebody from.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StartQuery {
    /// 门户的 client_id
    #[param(max_length = 100, example = "demo-portal")]
    client_id: String,
    /// 登录后回到何处：须已登记，逐字相同
    #[param(max_length = 500, example = "http://127.0.0.1:5173/signed-in")]
    redirect_uri: String,
    /// 原样带回
    #[param(max_length = 500, required = false)]
    #[serde(default)]
    state: String,
    /// PKCE：code_verifier 的 S256（RFC 7636）
    #[param(min_length = 43, max_length = 128, example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")]
    code_challenge: String,
    /// 固定为 S256
    #[param(max_length = 10, required = false)]
    #[serde(default)]
    code_challenge_method: String,
    /// 模拟登录中选择由谁登录
    #[param(max_length = 40, required = false)]
    #[serde(default)]
    login_hint: String,
}

/// 登录（start）
///
/// 门户把申请人的浏览器带到这里，再转到所选认证源；登录后回到 redirect_uri，带一次性 code（两分钟内凭 code_verifier 在 /oauth2/token 换取令牌）。
#[utoipa::path(tag = "identity", operation_id = "start_sign_in", security(()), params(("provider" = String, Path, description = "认证源名称", max_length = 40, example = "fake"), StartQuery),
    responses((status = 302, description = "转到认证源", headers(("Location" = String, description = "认证源的登录地址")))))]
#[get("/auth/{provider}/start")]
async fn start(state: web::Data<State>, provider: web::Path<String>, Params(query): Params<StartQuery>) -> Answer {
    let setting = Setting {
        client_id: query.client_id,
        redirect_uri: query.redirect_uri,
        state: query.state,
        challenge: query.code_challenge,
        challenge_method: query.code_challenge_method,
        hint: query.login_hint,
    };
    let to = flow::start(&state.db, &house(&state), provider.into_inner(), setting).await?;
    Ok(HttpResponse::Found().insert_header((header::LOCATION, to)).finish())
}

/// 登录返回（callback）
///
/// 认证源把申请人带回这里；参数由各认证源规定（code、ticket 等）。核实后转回门户。
#[utoipa::path(tag = "identity", operation_id = "finish_sign_in", security(()), params(("provider" = String, Path, description = "认证源名称", max_length = 40, example = "fake"), ("state" = String, Query, description = "登录请求的标识", max_length = 100)),
    responses((status = 302, description = "回到门户", headers(("Location" = String, description = "redirect_uri，带 code 或 error")))))]
#[get("/auth/{provider}/callback")]
async fn callback(state: web::Data<State>, provider: web::Path<String>, Params(query): Params<HashMap<String, String>>) -> Answer {
    let short = |name: &str| query.get(name).filter(|v| v.len() <= 4000).cloned();
    let to = flow::callback(&state.db, &house(&state), provider.into_inner(), &short).await?;
    Ok(HttpResponse::Found().insert_header((header::LOCATION, to)).finish())
}
