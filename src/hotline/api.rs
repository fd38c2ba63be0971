//! Hotline orders over HTTP: handing in, reading, following, and what the center does.

use std::ops::RangeInclusive;

use actix_web::{get, post};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    acting, codes_api, following,
    following::{Changes, Tracking},
    input::{
        BulkSign, DispatchInput, ExtensionRequest, HotlineAppealInput, HotlineAssignInput, NewOrder, OpenInput, OrderBatch, OrderReason, ReplyInput,
        ReturnRequest, SubAnswer, SubInput,
    },
    intake, listing,
    machine::{HotlineAppealState, OrderState},
    model::{OrderType, Secrecy, Urgency},
    opening, said_api,
    views::{self, OrderView},
};
use crate::{
    entrustments::TimelineEntry,
    http::{
        Answer, Ask, Body, BulkResults, Command, Empty, Expand, Expands, Filter, FilterKind, List, ListKind, Nothing, Params, Relation, Rows, RowsBody,
        read_body,
    },
    kernel::{Code as _, Page, Problem},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    // What has a name of its own comes before what is named by an id.
    cfg.service(list).service(hand_in).service(hand_in_many).service(sign_many).service(changes).service(fetch).service(timeline).service(tracking);
    cfg.service(dispatch).service(sign).service(request_return).service(request_extension).service(open).service(assign).service(assign_sub);
    cfg.service(answer_sub).service(reply).service(appeal).service(reveal);
    said_api::routes(cfg);
    codes_api::routes(cfg);
}

/// What an order leads to.
pub struct OfOrder;
impl Expands for OfOrder {
    const RELATIONS: &'static [Relation] = &[Relation { name: "handling_center", key: "/center/id", target: &CENTER }];
}

/// Filters that no index answers.
pub const SIEVED: &[&str] =
    &["order_type", "urgency", "secrecy", "appeal", "external_number", "center_id", "department_id", "client_id", "overdue", "unmapped", "supervised"];

/// The list of hotline orders.
pub struct Orders;
impl ListKind for Orders {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| OrderState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "order_type", kind: FilterKind::Codes(|| OrderType::ALL.iter().map(|s| s.code()).collect()), doc: "工单类型" },
        Filter { name: "urgency", kind: FilterKind::Codes(|| Urgency::ALL.iter().map(|s| s.code()).collect()), doc: "紧急程度" },
        Filter { name: "secrecy", kind: FilterKind::Codes(|| Secrecy::ALL.iter().map(|s| s.code()).collect()), doc: "保密程度" },
        Filter { name: "appeal", kind: FilterKind::Codes(|| HotlineAppealState::ALL.iter().map(|s| s.code()).collect()), doc: "剔除申请" },
        Filter { name: "external_number", kind: FilterKind::Text(64), doc: "热线的工单编号" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "承办中心" },
        Filter { name: "department_id", kind: FilterKind::Id, doc: "承办部门" },
        Filter { name: "client_id", kind: FilterKind::Id, doc: "热线客户端" },
        Filter { name: "overdue", kind: FilterKind::Flag, doc: "true 只看超期的" },
        Filter { name: "unmapped", kind: FilterKind::Flag, doc: "true 只看有未映射代码的" },
        Filter { name: "supervised", kind: FilterKind::Flag, doc: "true 只看热线督办的" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "接收的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
    const NUMBERED: bool = true;
}

/// The events of an order.
pub struct OrderEvents;
impl ListKind for OrderEvents {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询热线工单（hotline orders）
///
/// 热线看到自己交办的；中心看到承办的，以及其下级承办的；二级单位看到派发给它的。列表中诉求人信息一律遮蔽。
#[utoipa::path(tag = "hotline", operation_id = "list_hotline_orders", params(List<Orders>, Expand<OfOrder>), responses((status = 200, description = "一页工单", body = Page<OrderView>)))]
#[get("/hotline/orders")]
async fn list(ask: Ask, asked: List<Orders>) -> Answer {
    ask.expanding::<OfOrder>().list(asked.query, listing::list).await
}

/// 交办热线工单（hand in hotline order）
///
/// 由热线系统以其自己的代码交办，或由工作人员补登纸质、电话转来的工单。同一热线的同一编号、同一轮次即同一工单：内容相同的再次发送得到原工单（200），
/// 带有更新的 content_at 且内容不同的视为更新（200），其余为 409；轮次加一即重办，比已登记的更早而未登记过的轮次为 409。不认识的代码按默认值处理并标记 unmapped，不会被拒绝。
/// 承办单位（handling_unit）认得的，工单直接分派给它（dispatched）；没有写或不认得的为 received，等接收中心分派，也可以用更新的 content_at 补上。分派之后用更正改变承办单位为 422。
/// 更正为保密或匿名在任何状态都可以，已回复之后其他内容须与已登记的相同。
#[utoipa::path(tag = "hotline", operation_id = "create_hotline_order", request_body = NewOrder, responses((status = 201, description = "新工单", body = OrderView), (status = 200, description = "已有的工单", body = OrderView)))]
#[post("/hotline/orders")]
async fn hand_in(command: Command, body: Body<NewOrder>) -> Answer {
    command
        .take_in("/api/v1/hotline/orders", body, |tx, actor, input| {
            let taken = intake::take_in(tx, actor, input, &intake::Via::default())?;
            Ok((views::fetch(tx, actor, taken.id.as_str())?, taken.new))
        })
        .await
}

impl Rows for OrderBatch {
    fn rows(&mut self) -> &mut Vec<serde_json::Value> {
        &mut self.items
    }
}

/// 批量交办热线工单（hand in many）
///
/// 每次 1 到 100 件，每件的内容同单件交办；逐件答复，有问题的不影响其他。新工单为 201，已有的工单同样算成功，为 200。
#[utoipa::path(tag = "hotline", operation_id = "create_hotline_orders", request_body = OrderBatch, responses((status = 207, description = "逐件结果", body = BulkResults)))]
#[post("/hotline/orders/batch")]
async fn hand_in_many(command: Command, body: RowsBody<OrderBatch>) -> Answer {
    let RowsBody(body) = body;
    let rows: Vec<Result<NewOrder, Problem>> = body.value.items.iter().map(read_body::<NewOrder>).collect();
    let named = |row: &serde_json::Value| {
        row.get("external_number").and_then(|n| n.as_str()).map(|n| n.chars().filter(|c| !c.is_control()).take(64).collect::<String>())
    };
    let references: Vec<String> = body.value.items.iter().map(|row| named(row).unwrap_or_default()).collect();
    command.bulk(body, move |tx, actor, _| intake::take_in_many(tx, actor, &rows, &references)).await
}

/// 批量签收（sign many）
///
/// 每次 1 到 100 件，可带各自的版本；atomic 为 true 时全部签收或全部不签。签收后按规则自动开件。
#[utoipa::path(tag = "hotline", operation_id = "sign_hotline_orders", request_body = BulkSign, responses((status = 207, description = "逐件结果", body = BulkResults)))]
#[post("/hotline/orders/sign")]
async fn sign_many(command: Command, body: Body<BulkSign>) -> Answer {
    command.bulk(body, acting::sign_many).await
}

/// Where to go on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangesParams {
    /// 上次答复中的 next_after；不写即从头开始
    #[param(value_type = Option<i64>, minimum = 0, example = 0)]
    #[serde(default)]
    after: Option<String>,
    /// 最多几条，1 到 200
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, example = 100)]
    #[serde(default)]
    limit: Option<String>,
}

/// 拉取工单变化（pull changes）
///
/// 按先后列出本热线工单的全部变化，状态为热线自己的代码，附回复、理由等内容；以 next_after 续取，不重不漏。与推送的事件为同一 event_id。
#[utoipa::path(tag = "hotline", operation_id = "list_hotline_changes", params(ChangesParams), responses((status = 200, description = "变化", body = Changes)))]
#[get("/hotline/orders/changes")]
async fn changes(ask: Ask, params: Params<ChangesParams>) -> Answer {
    let number = |text: &Option<String>, name: &str, usual: i64, within: RangeInclusive<i64>| match text.as_deref() {
        None => Ok(usual),
        Some(text) => text.parse::<i64>().ok().filter(|n| within.contains(n)).ok_or_else(|| {
            let (least, most) = within.into_inner();
            let zh = format!("参数 {name} 应为 {least} 到 {most} 的整数。");
            Problem::parameter(name, "invalid_value", zh, format!("{name} must be an integer from {least} to {most}."))
        }),
    };
    let after = number(&params.0.after, "after", 0, 0..=9_007_199_254_740_991)?;
    let limit = usize::try_from(number(&params.0.limit, "limit", 100, 1..=200)?).unwrap_or(100);
    ask.view(move |tx, actor, _| following::changes(tx, actor, after, limit)).await
}

/// 查看热线工单（hotline order）
///
/// 路径中可用 id、编号，热线也可用自己的编号。保密的诉求人不显示，须由承办人员说明理由查看并留痕。
#[utoipa::path(tag = "hotline", operation_id = "get_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100), Expand<OfOrder>), responses((status = 200, description = "工单", body = OrderView)))]
#[get("/hotline/orders/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfOrder>().get(views::fetch).await
}

/// 工单经过（order timeline）
///
/// 按时间先后列出工单的经过。
#[utoipa::path(tag = "hotline", operation_id = "list_hotline_order_timeline", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100), List<OrderEvents>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/hotline/orders/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<OrderEvents>) -> Answer {
    ask.list_of(asked.query, listing::timeline).await
}

/// 首问负责跟踪（tracking）
///
/// 工单现在在哪里、由谁负责（单位和岗位）、每一次交接、所开记录的进展和各项时限；不含任何人的个人信息。
#[utoipa::path(tag = "hotline", operation_id = "track_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), responses((status = 200, description = "跟踪", body = Tracking)))]
#[get("/hotline/orders/{id}/tracking")]
async fn tracking(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(following::tracking).await
}

/// 分派工单（dispatch）
///
/// 热线没有指明承办单位的，由接收中心分派给本中心、下级中心或部门；签收时限从此计算。
#[utoipa::path(tag = "hotline", operation_id = "dispatch_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = DispatchInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/dispatch")]
async fn dispatch(command: Command, body: Body<DispatchInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::dispatch(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 签收工单（sign）
///
/// 承办中心签收；签收后按配置的规则自动开出导办、帮办代办件或“办不成事”反映，规则不适用的由人工开件或直接回复。
#[utoipa::path(tag = "hotline", operation_id = "sign_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/sign")]
async fn sign(command: Command, body: Body<Empty>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = {
                let _: &Empty = input;
                acting::sign(tx, actor, target)?
            };
            views::after(tx, actor, loaded)
        })
        .await
}

/// 申请退单（request return）
///
/// 不属于本单位职责的，在规定时限内说明理由申请退单，由热线决定；已开件且未办结的不能退单。
#[utoipa::path(tag = "hotline", operation_id = "request_hotline_return", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = ReturnRequest, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/request-return")]
async fn request_return(command: Command, body: Body<ReturnRequest>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::request_return(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 申请延期（request extension）
///
/// 不晚于到期前规定的工作日，说明理由申请延期，由热线决定；答复之前时限照常计算。
#[utoipa::path(tag = "hotline", operation_id = "request_hotline_extension", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = ExtensionRequest, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/request-extension")]
async fn request_extension(command: Command, body: Body<ExtensionRequest>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::request_extension(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 开件（open record）
///
/// 由人工从工单开出导办咨询、帮办代办件或“办不成事”反映，可以开出几件；所开的记录办结之前，工单不能办结回复。
#[utoipa::path(tag = "hotline", operation_id = "open_hotline_record", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OpenInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/open")]
async fn open(command: Command, body: Body<OpenInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = opening::open(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 指定经办人（assign）
///
/// 指定本中心的工作人员经办。
#[utoipa::path(tag = "hotline", operation_id = "assign_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = HotlineAssignInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/assign")]
async fn assign(command: Command, body: Body<HotlineAssignInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::assign(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 派发二级单位（sub-order）
///
/// 派发给本市的部门办理其中一部分，各有时限；全部办结后工单方可办结回复。
#[utoipa::path(tag = "hotline", operation_id = "create_hotline_sub_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = SubInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/sub-orders")]
async fn assign_sub(command: Command, body: Body<SubInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::assign_sub(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 二级单位办结（answer sub-order）
///
/// 二级单位报告办理情况；没有账号的由承办中心代为登记。
#[utoipa::path(tag = "hotline", operation_id = "answer_hotline_sub_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = SubAnswer, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/answer-sub-order")]
async fn answer_sub(command: Command, body: Body<SubAnswer>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::answer_sub(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 回复工单（reply）
///
/// 阶段性回复可多次；办结回复须在所开的记录（“办不成事”反映须已销号）和二级单位全部办结之后，办理时限停止。
#[utoipa::path(tag = "hotline", operation_id = "reply_to_hotline_order", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = ReplyInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/reply")]
async fn reply(command: Command, body: Body<ReplyInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::reply(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 申请剔除考核（appeal）
///
/// 回访结果不应计入三率的，说明理由申请剔除，由热线决定。
#[utoipa::path(tag = "hotline", operation_id = "appeal_hotline_assessment", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = HotlineAppealInput, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/appeal")]
async fn appeal(command: Command, body: Body<HotlineAppealInput>) -> Answer {
    command
        .act(body, |tx, actor, target, input| {
            let loaded = acting::appeal(tx, actor, target, input)?;
            views::after(tx, actor, loaded)
        })
        .await
}

/// 查看诉求人信息（reveal caller）
///
/// 说明理由查看诉求人信息，留下审计记录；内容保密的工单只有承办中心负责人可以查看。
#[utoipa::path(tag = "hotline", operation_id = "reveal_hotline_caller", params(("id" = String, Path, description = "工单 id、编号或热线编号", max_length = 100)), request_body = OrderReason, responses((status = 200, description = "工单", body = OrderView)))]
#[post("/hotline/orders/{id}/reveal")]
async fn reveal(command: Command, body: Body<OrderReason>) -> Answer {
    command
        .in_earnest()?
        .act(body, |tx, actor, target, input| {
            let loaded = acting::reveal(tx, actor, target, input)?;
            views::revealed(tx, actor, &loaded)
        })
        .await
}
