//! Notices over HTTP.

use actix_web::{get, post};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    kinds::NoticeKind,
    messages::{self, MessageView, MessagesRead, NoticePreferenceInput, NoticePreferences},
    model::{NoticeChannel, NoticeState},
    service,
    templates::{self, NewTemplate, NoticeTemplateView, NoticeWordings},
    views::NoticeLogEntry,
};
use crate::{
    http::{Answer, Ask, Body, Command, Empty, Filter, FilterKind, List, ListKind, Params},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(my_messages).service(read_all).service(read).service(preferences).service(prefer);
    cfg.service(wordings).service(publish).service(template).service(withdraw);
    cfg.service(list).service(fetch).service(retry).service(drop_one).service(opt_out);
}

/// The list of my messages.
pub struct MyMessages;
impl ListKind for MyMessages {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "unread", kind: FilterKind::Codes(|| vec!["true", "false"]), doc: "true 只看未读，false 只看已读" }];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// The log of messages.
pub struct Notices;
impl ListKind for Notices {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| NoticeState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "channel", kind: FilterKind::Codes(|| NoticeChannel::ALL.iter().map(|s| s.code()).collect()), doc: "渠道" },
        Filter { name: "kind", kind: FilterKind::Codes(|| NoticeKind::ALL.iter().map(|s| s.code()).collect()), doc: "通知种类" },
        Filter { name: "record_id", kind: FilterKind::Id, doc: "哪一件" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// 我的消息（my messages）
///
/// 发给我（申请人本人或所代表的单位，或者工作人员本人）的站内消息，由新到旧。
#[utoipa::path(tag = "notices", operation_id = "list_my_messages", params(List<MyMessages>), responses((status = 200, description = "一页消息", body = Page<MessageView>)))]
#[get("/me/messages")]
async fn my_messages(ask: Ask, asked: List<MyMessages>) -> Answer {
    ask.list(asked.query, messages::list).await
}

/// 标记已读（read message）
///
/// 把一条消息标记为已读；重复标记没有变化。
#[utoipa::path(tag = "notices", operation_id = "read_message", params(("id" = String, Path, description = "消息 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "消息", body = MessageView)))]
#[post("/me/messages/{id}/read")]
async fn read(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| messages::read(tx, actor, target)).await
}

/// 全部已读（read all messages）
///
/// 把我的全部消息标记为已读。
#[utoipa::path(tag = "notices", operation_id = "read_all_messages", request_body = Empty, responses((status = 200, description = "标记了多少条", body = MessagesRead)))]
#[post("/me/messages/read-all")]
async fn read_all(command: Command, body: Body<Empty>) -> Answer {
    command.report(body, |tx, actor, _| messages::read_all(tx, actor)).await
}

/// 我的通知偏好（notice preferences）
///
/// 是否接收短信、微信订阅消息。站内消息总会收到；本人索取的验证码和签署链接不受影响。
#[utoipa::path(tag = "notices", operation_id = "get_notice_preferences", responses((status = 200, description = "偏好", body = NoticePreferences)))]
#[get("/me/notice-preferences")]
async fn preferences(ask: Ask) -> Answer {
    ask.view(|tx, actor, _| messages::preferences(tx, actor)).await
}

/// 修改通知偏好（set notice preferences）
///
/// 退订或恢复短信、微信订阅消息。
#[utoipa::path(tag = "notices", operation_id = "set_notice_preferences", request_body = NoticePreferenceInput, responses((status = 200, description = "偏好", body = NoticePreferences)))]
#[post("/me/notice-preferences")]
async fn prefer(command: Command, body: Body<NoticePreferenceInput>) -> Answer {
    command.report(body, messages::prefer).await
}

/// At which place.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlaceQuery {
    /// 中心 id 或区划代码；不填为全局
    #[param(required = false, max_length = 100)]
    #[serde(default)]
    center: Option<String>,
}

/// 通知模板（notice templates）
///
/// 各类通知在某一中心（或全局）实际使用的文字、渠道和可用参数，以及该处的各个版本。没有设置的沿用上级，都没有设置的用缺省文字。
#[utoipa::path(tag = "notices", operation_id = "list_notice_templates", params(PlaceQuery), responses((status = 200, description = "通知模板", body = NoticeWordings)))]
#[get("/notice-templates")]
async fn wordings(ask: Ask, Params(place): Params<PlaceQuery>) -> Answer {
    ask.view(move |tx, actor, _| templates::wordings(tx, actor, place.center.as_deref())).await
}

/// 发布通知模板（publish notice template）
///
/// 发布新版本，自此生效，对该中心及所辖各级有效。花括号中的参数须是该类通知可用的；版本发布后不再改变。
#[utoipa::path(tag = "notices", operation_id = "publish_notice_template", request_body = NewTemplate, responses((status = 201, description = "模板版本", body = NoticeTemplateView)))]
#[post("/notice-templates")]
async fn publish(command: Command, body: Body<NewTemplate>) -> Answer {
    command.create("/api/v1/notice-templates", body, |tx, actor, _, new| templates::publish(tx, actor, new)).await
}

/// 查看模板版本（notice template）
///
/// 一个版本的内容。
#[utoipa::path(tag = "notices", operation_id = "get_notice_template", params(("id" = String, Path, description = "模板版本 id", max_length = 100)), responses((status = 200, description = "模板版本", body = NoticeTemplateView)))]
#[get("/notice-templates/{id}")]
async fn template(ask: Ask) -> Answer {
    ask.get(templates::fetch).await
}

/// 停用模板版本（withdraw notice template）
///
/// 停用后，沿用该处前一个启用的版本，没有的沿用上级。
#[utoipa::path(tag = "notices", operation_id = "withdraw_notice_template", params(("id" = String, Path, description = "模板版本 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "模板版本", body = NoticeTemplateView)))]
#[post("/notice-templates/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| templates::withdraw(tx, actor, target)).await
}

/// 通知记录（notices）
///
/// 本人职责范围内发出和未发出的通知，姓名、电话脱敏，验证码和链接不显示。发送失败的按 state=dead 查询。
#[utoipa::path(tag = "notices", operation_id = "list_notices", params(List<Notices>), responses((status = 200, description = "一页通知", body = Page<NoticeLogEntry>)))]
#[get("/notices")]
async fn list(ask: Ask, asked: List<Notices>) -> Answer {
    ask.list(asked.query, service::list).await
}

/// 查看通知（notice）
///
/// 一条通知的发送情况。
#[utoipa::path(tag = "notices", operation_id = "get_notice", params(("id" = String, Path, description = "通知 id", max_length = 100)), responses((status = 200, description = "通知", body = NoticeLogEntry)))]
#[get("/notices/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(service::fetch).await
}

/// 重新发送（retry notice）
///
/// 发送失败或等待重试的立即重新发送。
#[utoipa::path(tag = "notices", operation_id = "retry_notice", params(("id" = String, Path, description = "通知 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "通知", body = NoticeLogEntry)))]
#[post("/notices/{id}/retry")]
async fn retry(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::retry(tx, actor, target)).await
}

/// 不再发送（drop notice）
///
/// 尚未发出的不再发送。
#[utoipa::path(tag = "notices", operation_id = "drop_notice", params(("id" = String, Path, description = "通知 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "通知", body = NoticeLogEntry)))]
#[post("/notices/{id}/drop")]
async fn drop_one(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::drop_notice(tx, actor, target)).await
}

/// 登记退订（opt out）
///
/// 收件人向工作人员表示不再接收短信的，登记后不再向该号码发送（本人索取的验证码除外）。
#[utoipa::path(tag = "notices", operation_id = "opt_out_of_notices", params(("id" = String, Path, description = "通知 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "通知", body = NoticeLogEntry)))]
#[post("/notices/{id}/opt-out")]
async fn opt_out(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::opt_out(tx, actor, target)).await
}
