//! Fallback tickets over HTTP; the feedback link needs no login.

use actix_web::{HttpResponse, get, post, put, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    asking,
    counting::{self, RegisterParams, TicketRegister},
    finding::{self, TicketProgress},
    handling, inadmissible,
    input::{
        AttemptInput, BulkTriage, CoordinateInput, CoordinationInput, FeedbackInput, LinkFeedback, NewTicket, ProposalInput, SettlementInput, TicketContent,
        TicketMerge, TicketReason, TicketReveal, TriageInput, UpholdInput, WithdrawInput,
    },
    intake,
    links::{self, FeedbackLinkView},
    listing,
    machine::{TicketState, TicketTier},
    merging,
    model::{TicketCategory, TicketChannel},
    reading::{self, RevealedTicket},
    views::{self, TicketView},
};
use crate::{
    db::Error,
    entrustments::{TimelineEntry, api::ENTRUSTMENT},
    http::{
        Answer, Ask, Body, BulkResults, Command, Empty, Expand, Expands, Filter, FilterKind, LinkCommand, List, ListKind, Named, Params, Public, Relation,
        State,
    },
    kernel::{Code, Page},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    // What has a name of its own comes before what is named by an id.
    cfg.service(list).service(register).service(figures).service(triage_many).service(fetch).service(edit).service(timeline).service(reveal);
    cfg.service(progress).service(by_link).service(feedback_by_link);
    cfg.service(triage)
        .service(settle)
        .service(coordinate)
        .service(record_coordination)
        .service(feedback)
        .service(attempt)
        .service(uphold)
        .service(review)
        .service(reopen)
        .service(propose)
        .service(refuse)
        .service(object)
        .service(merge)
        .service(withdraw)
        .service(ask_feedback)
        .service(confirm)
        .service(uphold_objection)
        .service(dismiss_objection);
}

/// What a ticket leads to.
pub struct OfTicket;
impl Expands for OfTicket {
    const RELATIONS: &'static [Relation] =
        &[Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT }, Relation { name: "center", key: "/center_id", target: &CENTER }];
}

/// The register as a list.
pub struct Tickets;
impl ListKind for Tickets {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| TicketState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "tier", kind: FilterKind::Codes(|| TicketTier::ALL.iter().map(|s| s.code()).collect()), doc: "分级" },
        Filter { name: "category", kind: FilterKind::Codes(|| TicketCategory::ALL.iter().map(|s| s.code()).collect()), doc: "类别" },
        Filter { name: "channel", kind: FilterKind::Codes(|| TicketChannel::ALL.iter().map(|s| s.code()).collect()), doc: "反映渠道" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "服务中心" },
        Filter { name: "department_id", kind: FilterKind::Id, doc: "涉及部门" },
        Filter { name: "handler_id", kind: FilterKind::Id, doc: "经办人" },
        Filter { name: "item_id", kind: FilterKind::Id, doc: "事项" },
        Filter { name: "entrustment_id", kind: FilterKind::Id, doc: "代办件" },
        Filter { name: "overdue", kind: FilterKind::Flag, doc: "true 只看超期的" },
        Filter { name: "due_at", kind: FilterKind::Moments, doc: "到期的时间" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "登记的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
    const NUMBERED: bool = true;
}

/// The timeline as a list.
pub struct TicketTimeline;
impl ListKind for TicketTimeline {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询“办不成事”反映（fallback tickets）
///
/// 列出本人可见的反映问题；sort=due_at 按到期先后，state=registered&state=reopened 即每周待分类的清单。
#[utoipa::path(tag = "fallback", operation_id = "list_fallback_tickets", params(List<Tickets>, Expand<OfTicket>), responses((status = 200, description = "一页反映问题", body = Page<TicketView>)))]
#[get("/fallback-tickets")]
async fn list(ask: Ask, asked: List<Tickets>) -> Answer {
    ask.expanding::<OfTicket>().list(asked.query, listing::list).await
}

/// 登记“办不成事”反映（register fallback ticket）
///
/// 各渠道反映的问题集中登记；当场能协调的一般问题，可以在同一次提交中登记协调结果（settlement）和申请人反馈（feedback）。
#[utoipa::path(tag = "fallback", operation_id = "register_fallback_ticket", request_body = NewTicket, responses((status = 201, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets")]
async fn register(command: Command, body: Body<NewTicket>) -> Answer {
    command.create("/api/v1/fallback-tickets", body, |tx, actor, _, input| intake::register(tx, actor, input)).await
}

/// 销号清单统计（fallback register in figures）
///
/// 本人可见范围内，按状态、类别、分级、中心、部门和在册时长统计；挂账不算销号。
#[utoipa::path(tag = "fallback", operation_id = "get_fallback_register", params(RegisterParams), responses((status = 200, description = "清单统计", body = TicketRegister)))]
#[get("/fallback-tickets/register")]
async fn figures(ask: Ask, params: Params<RegisterParams>) -> Answer {
    ask.view(move |tx, actor, _| counting::register(tx, actor, &params.0)).await
}

/// 批量分类（weekly triage）
///
/// 每周分类：一次最多 100 件，每件可带读取时的版本；atomic=true 时全部成功或全部不变。
#[utoipa::path(tag = "fallback", operation_id = "triage_fallback_tickets", request_body = BulkTriage, responses((status = 207, description = "逐件结果", body = BulkResults)))]
#[post("/fallback-tickets/triage")]
async fn triage_many(command: Command, body: Body<BulkTriage>) -> Answer {
    command.bulk(body, handling::triage_many).await
}

/// 查看“办不成事”反映（fallback ticket）
///
/// 路径中可用 id，也可用编号。申请人只看到自己的信息。
#[utoipa::path(tag = "fallback", operation_id = "get_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100), Expand<OfTicket>), responses((status = 200, description = "反映问题", body = TicketView)))]
#[get("/fallback-tickets/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfTicket>().get(views::fetch).await
}

/// 修改登记内容（edit fallback ticket）
///
/// 提交的就是全部内容；已登记、已分类和重新办理时可以修改。
#[utoipa::path(tag = "fallback", operation_id = "edit_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketContent, responses((status = 200, description = "反映问题", body = TicketView)))]
#[put("/fallback-tickets/{id}")]
async fn edit(command: Command, body: Body<TicketContent>) -> Answer {
    let act = |tx: &mut crate::db::Tx, actor: &crate::auth::Actor, target: &crate::kernel::Target, input: &TicketContent| {
        handling::edit(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))
    };
    command.conditional()?.act(body, act).await
}

/// 办理经过（timeline）
///
/// 由早到晚。
#[utoipa::path(tag = "fallback", operation_id = "list_fallback_ticket_timeline", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100), List<TicketTimeline>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/fallback-tickets/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<TicketTimeline>) -> Answer {
    ask.list_of(asked.query, reading::timeline).await
}

/// 查看完整个人信息（reveal）
///
/// 给出申请人的完整信息；须说明理由，并记入审计。保密的申请人只向窗口和改革办给出。
#[utoipa::path(tag = "fallback", operation_id = "reveal_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketReveal, responses((status = 200, description = "完整信息", body = RevealedTicket)))]
#[post("/fallback-tickets/{id}/reveal")]
async fn reveal(command: Command, body: Body<TicketReveal>) -> Answer {
    command.in_earnest()?.act(body, reading::reveal).await
}

/// The proof that one is a caller of a ticket.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TicketProof {
    /// 反映时所留电话的后四位
    #[param(pattern = "^[0-9]{4}$", min_length = 4, max_length = 4, example = "6001")]
    phone_last4: String,
}

/// 反映办理进度（public progress of a ticket）
///
/// 公开。没有账号的申请人凭编号和联系电话后四位查询办理进度；征求反馈期间，同时给出只能使用一次的反馈链接。同一编号每小时输错五次后暂停查询。
#[utoipa::path(tag = "public", operation_id = "get_fallback_progress", security(()), params(("id" = String, Path, description = "反映编号", max_length = 100, example = "DD-320623-20260105-000001-101"), TicketProof),
    responses((status = 200, description = "进度", body = TicketProgress)))]
#[get("/fallback-progress/{id}")]
async fn progress(state: web::Data<State>, Named(id): Named, params: Params<TicketProof>) -> Answer {
    let view = finding::progress(&state.db, id, params.0.phone_last4).await.map_err(Error::into_problem)?;
    Ok(HttpResponse::Ok().json(view))
}

/// 反馈链接（feedback link）
///
/// 公开。凭链接查看反映的问题办理结果，不含个人信息。
#[utoipa::path(tag = "public", operation_id = "get_feedback_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), responses((status = 200, description = "所反映的问题", body = FeedbackLinkView)))]
#[get("/feedback-links/{id}")]
async fn by_link(public: Public) -> Answer {
    public.fresh(links::by_link).await
}

/// 凭链接反馈（feedback by link）
///
/// 公开。链接只能使用一次。
#[utoipa::path(tag = "public", operation_id = "feedback_by_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), request_body = LinkFeedback, responses((status = 200, description = "反馈结果", body = FeedbackLinkView)))]
#[post("/feedback-links/{id}")]
async fn feedback_by_link(command: LinkCommand, body: Body<LinkFeedback>) -> Answer {
    command.act(body, asking::feedback_by_link).await
}

/// 分类（triage）
///
/// 分为一般、疑难复杂、特别疑难；不满意之后不得降级，两轮不满意的由改革办分类。
#[utoipa::path(tag = "fallback", operation_id = "triage_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TriageInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/triage")]
async fn triage(command: Command, body: Body<TriageInput>) -> Answer {
    command.act(body, |tx, actor, target, input| handling::triage(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 当场协调（settle on the spot）
///
/// 一般问题由中心当场协调，写明做了什么、结果如何。
#[utoipa::path(tag = "fallback", operation_id = "settle_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = SettlementInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/settle")]
async fn settle(command: Command, body: Body<SettlementInput>) -> Answer {
    command.act(body, |tx, actor, target, input| handling::settle(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 召开部门协调会（coordinate）
///
/// 疑难复杂问题由改革办召开部门协调会。
#[utoipa::path(tag = "fallback", operation_id = "coordinate_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = CoordinateInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/coordinate")]
async fn coordinate(command: Command, body: Body<CoordinateInput>) -> Answer {
    command.act(body, |tx, actor, target, input| handling::coordinate(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 登记协调结果（record coordination）
///
/// 登记协调会的结果、承办部门和完成时限；此后可以交办。
#[utoipa::path(tag = "fallback", operation_id = "record_fallback_ticket_coordination", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = CoordinationInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/record-coordination")]
async fn record_coordination(command: Command, body: Body<CoordinationInput>) -> Answer {
    command.act(body, |tx, actor, target, input| handling::record_coordination(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 登记反馈（record feedback）
///
/// 登记申请人的反馈：电话写明何时、录音编号，当面须有签字；每位申请人都满意才销号，有一位不满意即重新办理。
#[utoipa::path(tag = "fallback", operation_id = "record_fallback_ticket_feedback", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = FeedbackInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/feedback")]
async fn feedback(command: Command, body: Body<FeedbackInput>) -> Answer {
    command.act(body, |tx, actor, target, input| asking::feedback(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 登记联系未果（record attempt）
///
/// 联系不上申请人的，逐次登记。
#[utoipa::path(tag = "fallback", operation_id = "record_fallback_ticket_attempt", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = AttemptInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/attempts")]
async fn attempt(command: Command, body: Body<AttemptInput>) -> Answer {
    command.act(body, |tx, actor, target, input| asking::attempt(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 挂账（uphold unresolved）
///
/// 依法不能办理并已说明的，或在三个不同日子都联系不上的，挂账；挂账不是销号，仍在清单上。
#[utoipa::path(tag = "fallback", operation_id = "uphold_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = UpholdInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/uphold")]
async fn uphold(command: Command, body: Body<UpholdInput>) -> Answer {
    command.act(body, |tx, actor, target, input| asking::uphold(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 季度复核（review upheld）
///
/// 改革办每季度复核挂账的问题，写明复核意见。
#[utoipa::path(tag = "fallback", operation_id = "review_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketReason, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/review")]
async fn review(command: Command, body: Body<TicketReason>) -> Answer {
    command.act(body, |tx, actor, target, input| asking::review(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 重新办理（reopen）
///
/// 挂账的原因消失后重新办理。
#[utoipa::path(tag = "fallback", operation_id = "reopen_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketReason, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/reopen")]
async fn reopen(command: Command, body: Body<TicketReason>) -> Answer {
    command.act(body, |tx, actor, target, input| asking::reopen(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 提出不予受理（propose inadmissible）
///
/// 须写明列举的理由和应当去哪里办理；由另一人确认。
#[utoipa::path(tag = "fallback", operation_id = "propose_fallback_ticket_inadmissible", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = ProposalInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/propose-inadmissible")]
async fn propose(command: Command, body: Body<ProposalInput>) -> Answer {
    command.act(body, |tx, actor, target, input| inadmissible::propose(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 不同意不予受理（refuse inadmissible）
///
/// 不同意不予受理，继续办理。
#[utoipa::path(tag = "fallback", operation_id = "refuse_fallback_ticket_inadmissible", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketReason, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/refuse-inadmissible")]
async fn refuse(command: Command, body: Body<TicketReason>) -> Answer {
    command.act(body, |tx, actor, target, input| inadmissible::refuse(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 提出异议（object）
///
/// 申请人对不予受理提出一次异议，工作人员可以代为登记。
#[utoipa::path(tag = "fallback", operation_id = "object_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketReason, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/object")]
async fn object(command: Command, body: Body<TicketReason>) -> Answer {
    command.act(body, |tx, actor, target, input| inadmissible::object(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 合并（merge）
///
/// 同一问题并入另一件；申请人一并转入，每一位都会被征求意见。
#[utoipa::path(tag = "fallback", operation_id = "merge_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketMerge, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/merge")]
async fn merge(command: Command, body: Body<TicketMerge>) -> Answer {
    command.act(body, |tx, actor, target, input| merging::merge(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 撤回（withdraw）
///
/// 须有申请人签字或录音；有多位申请人的，其余继续办理。
#[utoipa::path(tag = "fallback", operation_id = "withdraw_fallback_ticket", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = WithdrawInput, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<WithdrawInput>) -> Answer {
    command.act(body, |tx, actor, target, input| merging::withdraw(tx, actor, target, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 征求反馈（ask feedback）
///
/// 开始征求每一位申请人的意见；每人各有一个一次性链接。
#[utoipa::path(tag = "fallback", operation_id = "ask_fallback_ticket_feedback", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/ask-feedback")]
async fn ask_feedback(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| asking::ask(tx, actor, target).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 确认不予受理（confirm inadmissible）
///
/// 由提出人以外的另一人确认；申请人可以提出一次异议。
#[utoipa::path(tag = "fallback", operation_id = "confirm_fallback_ticket_inadmissible", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/confirm-inadmissible")]
async fn confirm(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| inadmissible::confirm(tx, actor, target).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 异议成立（uphold objection）
///
/// 改革办认定异议成立，重新办理。
#[utoipa::path(tag = "fallback", operation_id = "uphold_fallback_ticket_objection", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketReason, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/uphold-objection")]
async fn uphold_objection(command: Command, body: Body<TicketReason>) -> Answer {
    command.act(body, |tx, actor, target, input| inadmissible::decide(tx, actor, target, true, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}

/// 异议不成立（dismiss objection）
///
/// 改革办认定异议不成立，不予受理为最终结果。
#[utoipa::path(tag = "fallback", operation_id = "dismiss_fallback_ticket_objection", params(("id" = String, Path, description = "反映问题 id 或编号", max_length = 100)), request_body = TicketReason, responses((status = 200, description = "反映问题", body = TicketView)))]
#[post("/fallback-tickets/{id}/dismiss-objection")]
async fn dismiss_objection(command: Command, body: Body<TicketReason>) -> Answer {
    command.act(body, |tx, actor, target, input| inadmissible::decide(tx, actor, target, false, input).and_then(|t| views::view(tx, actor, t.row.id))).await
}
