//! Clients over HTTP.

use actix_web::{get, post, put, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    model::{ClientEdit, NewClient, SecretRotation},
    service,
    usage::{self, ClientUsage},
    views::{self, ClientSecretView, ClientView},
};
use crate::{
    auth::{clients::ClientKind, policy},
    http::{Answer, Ask, Body, Command, Empty, Filter, FilterKind, List, ListKind, Params, State, limits::Limits},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(create).service(fetch).service(edit).service(approve).service(refuse).service(disable).service(enable);
    cfg.service(rotate_secret).service(client_usage);
}

/// The list of clients.
pub struct Clients;
impl ListKind for Clients {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "kind", kind: FilterKind::Codes(|| ClientKind::ALL.iter().map(|k| k.code()).collect()), doc: "类型" }];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// New limits hold at once on this server; the others read them within seconds.
async fn heed(state: &State, limits: &Limits) {
    match state.db.read(service::limits).await {
        Ok(all) => limits.set_clients(all),
        Err(e) => tracing::warn!(error = %e, "limits of clients not read; tried again in seconds"),
    }
}

/// 客户端（clients）
///
/// 列出门户、小程序、热线等机器客户端，附今日用量和最近一次调用。
#[utoipa::path(tag = "clients", operation_id = "list_clients", params(List<Clients>), responses((status = 200, description = "一页客户端", body = Page<ClientView>)))]
#[get("/clients")]
async fn list(ask: Ask, asked: List<Clients>) -> Answer {
    ask.list(asked.query, views::list).await
}

/// 新建客户端（propose client）
///
/// 由系统管理员提出，安全管理员批准后启用。密钥只在此时显示一次，请转交对接方妥善保管。令牌交换所用的公钥可直接登记（jwks），也可登记发布地址（jwks_url）。
#[utoipa::path(tag = "clients", operation_id = "create_client", request_body = NewClient, responses((status = 201, description = "待批准的客户端及其密钥", body = ClientSecretView)))]
#[post("/clients")]
async fn create(command: Command, state: web::Data<State>, limits: web::Data<Limits>, body: Body<NewClient>) -> Answer {
    let command = command.in_earnest()?.vet(|actor| policy::may(actor, "client", "create"), &body.value.settings.asked("/settings")).await?;
    let answer = command.create("/api/v1/clients", body, |tx, actor, _, new| service::create(tx, actor, new)).await;
    heed(&state, &limits).await;
    answer
}

/// 查看客户端（client）
///
/// 路径中可用 id，也可用 client_id。密钥不再显示。
#[utoipa::path(tag = "clients", operation_id = "get_client", params(("id" = String, Path, description = "客户端 id 或 client_id", max_length = 100)), responses((status = 200, description = "客户端", body = ClientView)))]
#[get("/clients/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 修改客户端（edit client）
///
/// 名称、说明、每分钟和每日限额立即生效；授权范围、回跳地址、公钥的修改须经另一人批准，批准之前原来的继续有效。
#[utoipa::path(tag = "clients", operation_id = "edit_client", params(("id" = String, Path, description = "客户端 id 或 client_id", max_length = 100)), request_body = ClientEdit, responses((status = 200, description = "客户端", body = ClientView)))]
#[put("/clients/{id}")]
async fn edit(command: Command, state: web::Data<State>, limits: web::Data<Limits>, body: Body<ClientEdit>) -> Answer {
    let command = command.conditional()?.vet(|actor| policy::may(actor, "client", "edit"), &body.value.asked("")).await?;
    let answer = command.act(body, service::edit).await;
    heed(&state, &limits).await;
    answer
}

/// 批准客户端（approve client）
///
/// 批准新建的客户端，或者批准待批准的修改；批准人不得是提出人。
#[utoipa::path(tag = "clients", operation_id = "approve_client", params(("id" = String, Path, description = "客户端 id 或 client_id", max_length = 100)), request_body = Empty, responses((status = 200, description = "客户端", body = ClientView)))]
#[post("/clients/{id}/approve")]
async fn approve(command: Command, state: web::Data<State>, limits: web::Data<Limits>, body: Body<Empty>) -> Answer {
    let answer = command.act(body, |tx, actor, target, _| service::approve(tx, actor, target)).await;
    heed(&state, &limits).await;
    answer
}

/// 否决客户端的修改（refuse）
///
/// 待批准的内容作废；新建的客户端不再启用。
#[utoipa::path(tag = "clients", operation_id = "refuse_client", params(("id" = String, Path, description = "客户端 id 或 client_id", max_length = 100)), request_body = Empty, responses((status = 200, description = "客户端", body = ClientView)))]
#[post("/clients/{id}/refuse")]
async fn refuse(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::refuse(tx, actor, target)).await
}

/// 停用客户端（disable client）
///
/// 立即生效：不再发给令牌，已有的令牌（包括代表申请人的）失效。
#[utoipa::path(tag = "clients", operation_id = "disable_client", params(("id" = String, Path, description = "客户端 id 或 client_id", max_length = 100)), request_body = Empty, responses((status = 200, description = "客户端", body = ClientView)))]
#[post("/clients/{id}/disable")]
async fn disable(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::disable(tx, actor, target)).await
}

/// 恢复客户端（enable client）
///
/// 按原来批准的内容恢复使用，由安全管理员办理。
#[utoipa::path(tag = "clients", operation_id = "enable_client", params(("id" = String, Path, description = "客户端 id 或 client_id", max_length = 100)), request_body = Empty, responses((status = 200, description = "客户端", body = ClientView)))]
#[post("/clients/{id}/enable")]
async fn enable(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::enable(tx, actor, target)).await
}

/// 更换密钥（rotate secret）
///
/// 新密钥只在此时显示一次；原密钥在重叠期内继续有效，最长七天，填 0 立即失效。
#[utoipa::path(tag = "clients", operation_id = "rotate_client_secret", params(("id" = String, Path, description = "客户端 id 或 client_id", max_length = 100)), request_body = SecretRotation, responses((status = 200, description = "客户端及其新密钥", body = ClientSecretView)))]
#[post("/clients/{id}/rotate-secret")]
async fn rotate_secret(command: Command, body: Body<SecretRotation>) -> Answer {
    command.in_earnest()?.act(body, service::rotate_secret).await
}

/// Which days, and how fine.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// 从这一天起；不填为止日前七天
    #[param(required = false, value_type = Option<String>, format = Date)]
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    from: Option<NaiveDate>,
    /// 到这一天之前；不填为明天
    #[param(required = false, value_type = Option<String>, format = Date)]
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    to: Option<NaiveDate>,
    /// 按日（day，最多 100 天）或按小时（hour，最多 7 天）
    #[param(required = false, value_type = Option<String>, max_length = 10, pattern = "^(day|hour)$", example = "day")]
    #[serde(default)]
    by: By,
}

/// By day or by hour.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Day,
    Hour,
}

/// 客户端用量（client usage）
///
/// 按日或小时、按接口列出调用次数、成功和各类错误代码、耗时的中位数和 95 分位（所在区间的上限），以及今日限额余量。各服务器每几秒汇总一次。
#[utoipa::path(tag = "clients", operation_id = "get_client_usage", params(("id" = String, Path, description = "客户端 id 或 client_id", max_length = 100), UsageQuery), responses((status = 200, description = "用量", body = ClientUsage)))]
#[get("/clients/{id}/usage")]
async fn client_usage(ask: Ask, Params(query): Params<UsageQuery>) -> Answer {
    ask.view(move |tx, actor, id| usage::told(tx, actor, id, (query.from, query.to), query.by == By::Hour)).await
}
