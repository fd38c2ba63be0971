//! `/oauth2/token`.

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, http::header, post, web};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    api::house,
    exchange::{SubjectToken, by_code, exchange},
};
use crate::{
    auth::{ACCESS_TTL_SECONDS, EXCHANGED_TTL_SECONDS, TokenGrant, TokenRefusal, TokenSet, clients, issue, passwords::Cost},
    http::{Answer, AnswerCode, ByClient, Form, State},
    kernel::Problem,
};

/// Mounts the operation.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(issue_token);
}

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const TICKET: &str = "urn:jieli:params:oauth:token-type:ticket";

/// A token request, form-encoded (RFC 6749).
#[derive(Deserialize, utoipa::ToSchema)]
pub struct TokenForm {
    /// `password`, `client_credentials`, `refresh_token`, `authorization_code`, or token exchange (RFC 8693):
    /// `urn:ietf:params:oauth:grant-type:token-exchange`.
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
    /// With token exchange: a JWT that the portal has signed for an applicant it has authenticated, an ID token, or a ticket.
    #[schema(max_length = 8000, example = "")]
    subject_token: Option<String>,
    /// With token exchange: `urn:ietf:params:oauth:token-type:jwt`, `…:id_token`, or `urn:jieli:params:oauth:token-type:ticket`.
    #[schema(example = "")]
    subject_token_type: Option<String>,
    /// With a ticket: whose.
    #[schema(example = "")]
    provider: Option<String>,
    /// With token exchange: an access token, which is what there is.
    #[schema(example = "")]
    requested_token_type: Option<String>,
    /// Ignored: tokens are for this API.
    #[serde(rename = "audience")]
    #[schema(rename = "audience", example = "")]
    _audience: Option<String>,
    /// Ignored: tokens are for this API.
    #[serde(rename = "resource")]
    #[schema(rename = "resource", example = "")]
    _resource: Option<String>,
    /// With `authorization_code`: what somebody was sent back with.
    #[schema(example = "")]
    code: Option<String>,
    /// With `authorization_code`: where to.
    #[schema(example = "")]
    redirect_uri: Option<String>,
    /// With `authorization_code`: proves who sent them (PKCE).
    #[schema(example = "")]
    code_verifier: Option<String>,
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
    /// With token exchange: what kind of token it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<String>,
    /// With token exchange and codes: how sure it is who the applicant is, 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2")]
    acr: Option<String>,
    /// Rotates at each use; only for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// Why no token was issued (RFC 6749 §5.2).
#[derive(Serialize, utoipa::ToSchema)]
pub struct TokenErrorAnswer {
    /// `invalid_request`, `invalid_client`, `invalid_grant`, `unauthorized_client`, `unsupported_grant_type` or
    /// `temporarily_unavailable`.
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
/// 门户代表已认证的申请人用令牌交换（RFC 8693）：subject_token 是以登记的密钥签发的 JWT（有效期不超过五分钟，jti 每次不同），写明申请人（applicant.kind 为 natural_person、enterprise、public_institution、social_organization、government_agency 或 other_organization）和实名等级 acr；
/// 单位的经办人另写 agent，须有写明其证件号码的有效委托；
/// 或者是已启用认证源的 id_token、登录票据。所得令牌十分钟有效，权限就是该申请人自己的权限，实名等级不够的不能签署。从 /auth/{provider}/start 登录回来的用 authorization_code。
/// 客户端密钥可用 HTTP Basic 或表单提交；空的 Basic 头等同没有。连续输错五次口令锁定十五分钟。
#[utoipa::path(tag = "identity", operation_id = "issue_token", security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded", example = json!({ "grant_type": "password", "username": "city_clerk", "password": "jieli-demo-2026" })),
    responses((status = 200, description = "令牌", body = TokenAnswer), (status = 400, description = "令牌请求被拒绝", body = TokenErrorAnswer),
              (status = 401, description = "客户端认证失败", body = TokenErrorAnswer),
              (status = 503, description = "认证源没有答复，请稍后再试", body = TokenErrorAnswer)))]
#[post("/oauth2/token")]
async fn issue_token(request: HttpRequest, state: web::Data<State>, form: Result<Form<TokenForm>, Problem>) -> Answer {
    let form = match form {
        Ok(Form(form)) => form,
        // Too late, too large or of another type: answered as everywhere.
        Err(problem) if problem.code.status() != 400 => return Err(problem),
        Err(problem) => return Ok(refused("invalid_request", 400, &problem.detail.zh)),
    };
    let long = |v: &Option<String>, most: usize| v.as_ref().is_some_and(|v| v.len() > most || v.contains('\0'));
    let texts = [&form.username, &form.password, &form.refresh_token, &form.client_id, &form.client_secret];
    let more = [&form.subject_token_type, &form.provider, &form.requested_token_type, &form.code, &form.redirect_uri, &form.code_verifier];
    if texts.into_iter().chain(more).any(|v| long(v, 1000)) || long(&form.subject_token, 8000) {
        return Ok(refused("invalid_request", 400, "参数过长或包含空字符。"));
    }
    let posted = form.client_id.clone().filter(|id| !id.is_empty()).map(|id| (id, form.client_secret.clone().unwrap_or_default()));
    let named = match basic(&request) {
        Err(()) => return Ok(answer("invalid_client", 401, "Authorization 头不正确。", true)),
        Ok(basic) => basic.or(posted),
    };
    if let Some((id, _)) = &named {
        request.extensions_mut().insert(ByClient(id.clone()));
    }
    match granted(&state, form, named).await {
        Ok(issued) => Ok(HttpResponse::Ok().insert_header((header::PRAGMA, "no-cache")).json(issued)),
        Err(Refused::Request(error, why)) => Ok(refused(error, 400, why)),
        Err(Refused::Token(TokenRefusal::InvalidGrant(why))) => Ok(refused("invalid_grant", 400, &why)),
        Err(Refused::Token(TokenRefusal::InvalidClient)) => {
            Ok(answer("invalid_client", 401, "客户端标识或密钥不正确。", request.headers().contains_key(header::AUTHORIZATION)))
        }
        Err(Refused::Token(TokenRefusal::UnauthorizedClient)) => Ok(refused("unauthorized_client", 400, "该客户端不能使用这种授权方式。")),
        Err(Refused::Token(TokenRefusal::Unavailable(why))) => Ok(refused("temporarily_unavailable", 503, why)),
        Err(Refused::Token(TokenRefusal::Failed(e))) => Err::<HttpResponse, Problem>(e.into_problem()),
    }
}

/// Why nothing is issued.
enum Refused {
    /// The request itself.
    Request(&'static str, &'static str),
    /// What it shows.
    Token(TokenRefusal),
}

impl From<TokenRefusal> for Refused {
    fn from(e: TokenRefusal) -> Self {
        Self::Token(e)
    }
}

async fn granted(state: &State, form: TokenForm, named: Option<(String, String)>) -> Result<TokenAnswer, Refused> {
    let missing = || Refused::Request("invalid_request", "缺少该授权方式需要的参数。");
    let config = &state.config;
    let machine = match named {
        None => None,
        Some((id, secret)) => Some(clients::authenticate(&state.db, id, &secret).await?),
    };
    let for_applicant = matches!(form.grant_type.as_str(), EXCHANGE | "authorization_code");
    if for_applicant {
        let machine = machine.ok_or(TokenRefusal::InvalidClient)?;
        let issued = if form.grant_type == EXCHANGE {
            if form.requested_token_type.as_ref().is_some_and(|t| t != ACCESS_TOKEN) {
                return Err(Refused::Request("invalid_request", "requested_token_type 只支持 access_token。"));
            }
            let token = form.subject_token.filter(|t| !t.is_empty()).ok_or_else(missing)?;
            let shown = match (form.subject_token_type.as_deref(), form.provider) {
                (Some(JWT), _) => SubjectToken::Assertion(token),
                (Some(ID_TOKEN), _) => SubjectToken::IdToken(token),
                (Some(TICKET), Some(provider)) => SubjectToken::Ticket(provider, token),
                (None, _) | (Some(TICKET), None) => return Err(missing()),
                _ => return Err(Refused::Request("invalid_request", "不支持的 subject_token_type。")),
            };
            exchange(&state.db, &state.tokens, &machine, shown, &house(state)).await?
        } else {
            let (Some(code), Some(uri), Some(verifier)) = (form.code, form.redirect_uri, form.code_verifier) else { return Err(missing()) };
            by_code(&state.db, &state.tokens, &machine, &code, uri, &verifier).await?
        };
        return Ok(TokenAnswer {
            access_token: issued.access_token,
            token_type: "Bearer".into(),
            expires_in: EXCHANGED_TTL_SECONDS,
            issued_token_type: Some(ACCESS_TOKEN.into()).filter(|_| form.grant_type == EXCHANGE),
            acr: Some(issued.level.to_string()),
            refresh_token: None,
        });
    }
    let grant = match (form.grant_type.as_str(), form.username, form.password, form.refresh_token) {
        ("password", Some(username), Some(password), _) => TokenGrant::Password { username, password },
        ("client_credentials", ..) => TokenGrant::ClientCredentials,
        ("refresh_token", _, _, Some(token)) => TokenGrant::Refresh { token },
        ("password" | "refresh_token", ..) => return Err(missing()),
        _ => return Err(Refused::Request("unsupported_grant_type", "不支持的 grant_type。")),
    };
    let cost = Cost { memory: config.argon2_memory_kib, passes: config.argon2_passes };
    let TokenSet { access_token, refresh_token } = issue(&state.db, &state.tokens, cost, config.password_grant, machine, grant).await?;
    Ok(TokenAnswer { access_token, token_type: "Bearer".into(), expires_in: ACCESS_TTL_SECONDS, issued_token_type: None, acr: None, refresh_token })
}

fn refused(error: &'static str, status: u16, zh: &str) -> HttpResponse {
    answer(error, status, zh, false)
}

/// The Basic challenge is for clients that used `Authorization` (RFC 6749 §5.2): a browser would ask its user.
fn answer(error: &'static str, status: u16, zh: &str, challenge: bool) -> HttpResponse {
    // RFC 6749 allows ASCII alone in `error_description`; people read `detail`.
    let description = match error {
        "invalid_client" => "The client is unknown or its secret is wrong.",
        "invalid_grant" => "Wrong user name, password, refresh token, code or assertion, or the account is locked.",
        "unauthorized_client" => "This client may not use this grant type.",
        "temporarily_unavailable" => "The identity provider does not answer; try again.",
        "unsupported_grant_type" => "The grant type is not supported.",
        _ => "A parameter is missing, unknown, repeated or malformed.",
    };
    let body = TokenErrorAnswer { error: error.into(), error_description: description.into(), detail: zh.into(), status, code: error.into() };
    let mut response = match status {
        401 => HttpResponse::Unauthorized(),
        503 => HttpResponse::ServiceUnavailable(),
        _ => HttpResponse::BadRequest(),
    };
    if status == 503 {
        response.insert_header((header::RETRY_AFTER, "5"));
    }
    if status == 401 {
        response.insert_header((header::WWW_AUTHENTICATE, if challenge { "Basic realm=\"jieli\"" } else { "Bearer realm=\"jieli\"" }));
    }
    let mut response = response.json(body);
    response.extensions_mut().insert(AnswerCode(error));
    response
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
