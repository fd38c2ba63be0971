//! Subscriptions over HTTP.

use actix_web::{HttpResponse, delete, get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::WebhookState,
    model::{DeliveryState, NewWebhook, ReplayWebhook, RotateSecret, WebhookEdit},
    service,
    views::{self, WebhookDeliveryView, WebhookReplayed, WebhookView},
};
use crate::{
    auth::policy,
    http::{Answer, Ask, Body, Command, Empty, Filter, FilterKind, List, ListKind},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(create).service(fetch).service(edit).service(remove);
    cfg.service(pause).service(resume).service(ping).service(rotate).service(replay);
    cfg.service(deliveries).service(fetch_delivery).service(replay_one).service(skip_one);
}

/// The list of subscriptions.
pub struct Webhooks;
impl ListKind for Webhooks {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "state", kind: FilterKind::Codes(|| WebhookState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" }];
    const SORTS: &'static [&'static str] = &[];
}

/// The deliveries of a subscription.
pub struct WebhookDeliveries;
impl ListKind for WebhookDeliveries {
    const FILTERS: &'static [Filter] =
        &[Filter {
            name: "state", kind: FilterKind::Codes(|| DeliveryState::ALL.iter().map(|s| s.code()).collect()), doc: "状态；dead 为多次失败、待处理的"
        }];
    const SORTS: &'static [&'static str] = &[];
}

/// 事件订阅（webhooks）
///
/// 列出本客户端的订阅；系统管理员、安全管理员可见全部。
#[utoipa::path(tag = "events", operation_id = "list_webhooks", params(List<Webhooks>), responses((status = 200, description = "一页订阅", body = Page<WebhookView>)))]
#[get("/webhooks")]
async fn list(ask: Ask, asked: List<Webhooks>) -> Answer {
    ask.list(asked.query, views::list).await
}

/// 订阅事件（subscribe）
///
/// 自此刻起，把本客户端可见记录的事件以 CloudEvents 1.0 推送到所填地址，按 Standard Webhooks 签名；签名密钥只在答复中出现这一次，不接受 Idempotency-Key；没有收到答复的，查列表删去后再建。同一记录的事件按先后推送，至少一次；接收方以 2xx 答复即为收到，十五秒内未答复的稍后重试，重试持续三天。
/// 系统管理员可以替客户端订阅（client_id），或为本部署订阅一个中心及其下级的事件（filters.center）。地址须为 https，不得指向内网；政务网内的地址由运维人员列入 JIELI_OUTBOUND_ALLOW。
#[utoipa::path(tag = "events", operation_id = "create_webhook", request_body = NewWebhook, responses((status = 201, description = "订阅，含密钥", body = WebhookView)))]
#[post("/webhooks")]
async fn create(command: Command, body: Body<NewWebhook>) -> Answer {
    let command = command.in_earnest()?.vet(|actor| policy::may(actor, "webhook", "create"), &[("/url", &body.value.url)]).await?;
    command.create("/api/v1/webhooks", body, |tx, actor, _, input| service::create(tx, actor, input)).await
}

/// 查看订阅（webhook）
///
/// 含待投递、失败的件数和最近的情况；密钥不再显示。
#[utoipa::path(tag = "events", operation_id = "get_webhook", params(("id" = String, Path, description = "订阅 id", max_length = 100)), responses((status = 200, description = "订阅", body = WebhookView)))]
#[get("/webhooks/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 修改订阅（edit webhook）
///
/// 修改地址、说明、筛选条件；已排队的事件按新条件投递到新地址。
#[utoipa::path(tag = "events", operation_id = "edit_webhook", params(("id" = String, Path, description = "订阅 id", max_length = 100)), request_body = WebhookEdit, responses((status = 200, description = "订阅", body = WebhookView)))]
#[put("/webhooks/{id}")]
async fn edit(command: Command, body: Body<WebhookEdit>) -> Answer {
    let command = command.conditional()?.vet(|actor| policy::may(actor, "webhook", "edit"), &[("/url", &body.value.url)]).await?;
    command.act(body, service::edit).await
}

/// 删除订阅（remove webhook）
///
/// 停止推送并删除投递记录；须带 If-Match。
#[utoipa::path(tag = "events", operation_id = "remove_webhook", params(("id" = String, Path, description = "订阅 id", max_length = 100)), responses((status = 204, description = "已删除")))]
#[delete("/webhooks/{id}")]
async fn remove(command: Command) -> Answer {
    command.conditional()?.remove(service::remove).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// 暂停订阅（pause webhook）
///
/// 暂停推送；期间的事件留待恢复后推送。
#[utoipa::path(tag = "events", operation_id = "pause_webhook", params(("id" = String, Path, description = "订阅 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "订阅", body = WebhookView)))]
#[post("/webhooks/{id}/pause")]
async fn pause(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::pause(tx, actor, target)).await
}

/// 恢复订阅（resume webhook）
///
/// 从停下之处继续推送；自动暂停或停用的，排除故障后以此恢复。
#[utoipa::path(tag = "events", operation_id = "resume_webhook", params(("id" = String, Path, description = "订阅 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "订阅", body = WebhookView)))]
#[post("/webhooks/{id}/resume")]
async fn resume(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::resume(tx, actor, target)).await
}

/// 测试订阅（ping webhook）
///
/// 推送一个 cn.jieli.webhook.pinged 事件，与其他事件同样签名、投递和重试；接收方连不上、正在歇的（rests_until），随即再试。结果见投递记录。
#[utoipa::path(tag = "events", operation_id = "ping_webhook", params(("id" = String, Path, description = "订阅 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "订阅", body = WebhookView)))]
#[post("/webhooks/{id}/ping")]
async fn ping(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::ping(tx, actor, target)).await
}

/// 更换密钥（rotate secret）
///
/// 新密钥只在答复中出现这一次，不接受 Idempotency-Key；没有收到答复的，再更换一次。旧密钥在 overlap_hours 小时内继续并列签名，接收方可从容更换。
#[utoipa::path(tag = "events", operation_id = "rotate_webhook_secret", params(("id" = String, Path, description = "订阅 id", max_length = 100)), request_body = RotateSecret, responses((status = 200, description = "订阅，含新密钥", body = WebhookView)))]
#[post("/webhooks/{id}/rotate-secret")]
async fn rotate(command: Command, body: Body<RotateSecret>) -> Answer {
    command.in_earnest()?.act(body, service::rotate).await
}

/// 重新投递（replay）
///
/// 全部失败的（dead），或某一位置之后（after）、某一时间以来（since）的事件，按先后重新投递；接收方以 webhook-id 辨认重复。
#[utoipa::path(tag = "events", operation_id = "replay_webhook", params(("id" = String, Path, description = "订阅 id", max_length = 100)), request_body = ReplayWebhook, responses((status = 200, description = "重新投递的范围", body = WebhookReplayed)))]
#[post("/webhooks/{id}/replay")]
async fn replay(command: Command, body: Body<ReplayWebhook>) -> Answer {
    command.act(body, service::replay).await
}

/// 投递记录（deliveries）
///
/// 由新到旧列出每个事件的投递情况：状态码、用时、次数；不保存接收方答复的内容。已送达的保留三十天。
#[utoipa::path(tag = "events", operation_id = "list_webhook_deliveries", params(("id" = String, Path, description = "订阅 id", max_length = 100), List<WebhookDeliveries>), responses((status = 200, description = "一页投递", body = Page<WebhookDeliveryView>)))]
#[get("/webhooks/{id}/deliveries")]
async fn deliveries(ask: Ask, asked: List<WebhookDeliveries>) -> Answer {
    ask.list_of(asked.query, views::deliveries).await
}

/// 查看投递（delivery）
///
/// 一个事件的投递情况。
#[utoipa::path(tag = "events", operation_id = "get_webhook_delivery", params(("id" = String, Path, description = "投递 id", max_length = 100)), responses((status = 200, description = "投递", body = WebhookDeliveryView)))]
#[get("/webhook-deliveries/{id}")]
async fn fetch_delivery(ask: Ask) -> Answer {
    ask.get(views::fetch_delivery).await
}

/// 重投一个事件（replay delivery）
///
/// 失败、已送达或已跳过的事件重新投递。
#[utoipa::path(tag = "events", operation_id = "replay_webhook_delivery", params(("id" = String, Path, description = "投递 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "投递", body = WebhookDeliveryView)))]
#[post("/webhook-deliveries/{id}/replay")]
async fn replay_one(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::replay_one(tx, actor, target)).await
}

/// 跳过一个事件（skip delivery）
///
/// 不再投递该事件，同一记录后面的事件继续。
#[utoipa::path(tag = "events", operation_id = "skip_webhook_delivery", params(("id" = String, Path, description = "投递 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "投递", body = WebhookDeliveryView)))]
#[post("/webhook-deliveries/{id}/skip")]
async fn skip_one(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::skip_one(tx, actor, target)).await
}
