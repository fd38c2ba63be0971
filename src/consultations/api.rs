//! Consultations over HTTP.

use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    answering,
    finding::{self, ConsultationProgress},
    input::{
        AskAgainInput, ConsultationAcceptance, ConsultationAnswerInput, ConsultationAssignment, ConsultationNote, ConsultationReason, ConsultationReveal,
        ConsultationTransfer, ConsultationWithdrawal, NewConsultation,
    },
    listing,
    machine::ConsultationState,
    model::{ConsultationChannel, ConsultationTheme},
    moving,
    reading::{self, RevealedConsultation},
    service,
    turning::{self, OpenEntrustment, OpenTicket},
    views::{self, ConsultationView},
};
use crate::{
    db::Error,
    entrustments::TimelineEntry,
    http::{Answer, Ask, Body, Command, Empty, Expand, Expands, Filter, FilterKind, List, ListKind, Named, Params, Relation, State},
    kernel::{Code as _, Page},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(create).service(fetch).service(timeline).service(reveal).service(progress);
    cfg.service(answer)
        .service(close)
        .service(reopen)
        .service(withdraw)
        .service(assign)
        .service(note)
        .service(transfer)
        .service(accept)
        .service(give_back)
        .service(recall)
        .service(designate)
        .service(open_entrustment)
        .service(open_ticket);
}

/// What a consultation leads to.
pub struct OfConsultation;
impl Expands for OfConsultation {
    const RELATIONS: &'static [Relation] = &[Relation { name: "center", key: "/center_id", target: &CENTER }];
}

/// Consultations as a list.
pub struct Consultations;
impl ListKind for Consultations {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| ConsultationState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "channel", kind: FilterKind::Codes(|| ConsultationChannel::ALL.iter().map(|s| s.code()).collect()), doc: "咨询渠道" },
        Filter { name: "theme", kind: FilterKind::Codes(|| ConsultationTheme::ALL.iter().map(|s| s.code()).collect()), doc: "咨询主题" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "答复的服务中心" },
        Filter { name: "assignee_id", kind: FilterKind::Id, doc: "答复人" },
        Filter { name: "first_responder_id", kind: FilterKind::Id, doc: "首问责任人" },
        Filter { name: "item_id", kind: FilterKind::Id, doc: "所问事项" },
        Filter { name: "applicant_id", kind: FilterKind::Id, doc: "咨询人（申请人登记）" },
        Filter { name: "unassigned", kind: FilterKind::Flag, doc: "true 只看无人认领的" },
        Filter { name: "offered", kind: FilterKind::Flag, doc: "true 只看有转办待接收的" },
        Filter { name: "overdue", kind: FilterKind::Flag, doc: "true 只看超期的" },
        Filter { name: "due_at", kind: FilterKind::Moments, doc: "到期的时间" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "收到的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SEARCH: bool = true;
    const SYNC: bool = true;
    const NUMBERED: bool = true;
}

/// The timeline as a list.
pub struct ConsultationTimeline;
impl ListKind for ConsultationTimeline {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询咨询（consultations）
///
/// 列出本人可见的咨询；申请人只见自己的。q 按编号、事项、主题检索，不检索加密保存的问题原文。
#[utoipa::path(tag = "consultations", operation_id = "list_consultations", params(List<Consultations>, Expand<OfConsultation>), responses((status = 200, description = "一页咨询", body = Page<ConsultationView>)))]
#[get("/consultations")]
async fn list(ask: Ask, asked: List<Consultations>) -> Answer {
    ask.expanding::<OfConsultation>().list(asked.query, listing::list).await
}

/// 登记或提交咨询（take in a consultation）
///
/// 现场、电话、网上、热线的咨询统一登记；当场答复的，带上 answer，一次办结并产生评价。网上咨询由申请人本人或门户提交，未指明中心的按事项规则确定。
#[utoipa::path(tag = "consultations", operation_id = "create_consultation", request_body = NewConsultation, responses((status = 201, description = "咨询", body = ConsultationView)))]
#[post("/consultations")]
async fn create(command: Command, body: Body<NewConsultation>) -> Answer {
    command.create("/api/v1/consultations", body, |tx, actor, _, input| service::create(tx, actor, input)).await
}

/// 查看咨询（consultation）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "consultations", operation_id = "get_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100), Expand<OfConsultation>), responses((status = 200, description = "咨询", body = ConsultationView)))]
#[get("/consultations/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfConsultation>().get(views::fetch).await
}

/// 咨询经过（timeline）
///
/// 由早到晚；申请人看不到工作人员之间的备注和转办。
#[utoipa::path(tag = "consultations", operation_id = "list_consultation_timeline", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100), List<ConsultationTimeline>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/consultations/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<ConsultationTimeline>) -> Answer {
    ask.list_of(asked.query, reading::timeline).await
}

/// 查看完整个人信息（reveal）
///
/// 须说明理由，并记入审计。保密的咨询人只向窗口和答复人给出。
#[utoipa::path(tag = "consultations", operation_id = "reveal_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationReveal, responses((status = 200, description = "完整信息", body = RevealedConsultation)))]
#[post("/consultations/{id}/reveal")]
async fn reveal(command: Command, body: Body<ConsultationReveal>) -> Answer {
    command.in_earnest()?.act(body, reading::reveal).await
}

/// The proof that one is who asked.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConsultationProof {
    /// 咨询时所留电话的后四位
    #[param(pattern = "^[0-9]{4}$", min_length = 4, max_length = 4, example = "1234")]
    phone_last4: String,
}

/// 咨询进度（public progress of a consultation）
///
/// 公开。凭编号和联系电话后四位查询；不含个人信息和答复原文。同一编号每小时输错五次后暂停查询。
#[utoipa::path(tag = "public", operation_id = "get_consultation_progress", security(()), params(("id" = String, Path, description = "咨询编号", max_length = 100, example = "ZX-320623-20260105-000001-101"), ConsultationProof),
    responses((status = 200, description = "进度", body = ConsultationProgress)))]
#[get("/consultation-progress/{id}")]
async fn progress(state: web::Data<State>, Named(id): Named, params: Params<ConsultationProof>) -> Answer {
    let view = finding::progress(&state.db, id, params.0.phone_last4).await.map_err(Error::into_problem)?;
    Ok(HttpResponse::Ok().json(view))
}

/// 答复（answer）
///
/// 登记答复，可引用知识条目（articles），并按实际情况更正主题和事项；咨询人已当面或在电话中听取的，close=true 一并办结。热线转来的答复即办结。
#[utoipa::path(tag = "consultations", operation_id = "answer_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationAnswerInput, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/answer")]
async fn answer(command: Command, body: Body<ConsultationAnswerInput>) -> Answer {
    command.act(body, answering::answer).await
}

/// 办结（close）
///
/// 已答复、咨询人没有其他疑问的，办结并产生一次评价；到期未再提出疑问的自动办结。
#[utoipa::path(tag = "consultations", operation_id = "close_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/close")]
async fn close(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| answering::close(tx, actor, target)).await
}

/// 再次咨询（ask again）
///
/// 对答复不满意或还有疑问的，写明问题，进入下一轮答复；一件咨询只评价一次。
#[utoipa::path(tag = "consultations", operation_id = "reopen_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = AskAgainInput, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/reopen")]
async fn reopen(command: Command, body: Body<AskAgainInput>) -> Answer {
    command.act(body, service::reopen).await
}

/// 撤回（withdraw）
///
/// 尚未答复的，咨询人可以撤回；工作人员代为登记的，须写明凭据，撤回后告知咨询人。
#[utoipa::path(tag = "consultations", operation_id = "withdraw_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationWithdrawal, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<ConsultationWithdrawal>) -> Answer {
    command.act(body, service::withdraw).await
}

/// 指派答复人（assign）
///
/// 由中心安排谁来答复。
#[utoipa::path(tag = "consultations", operation_id = "assign_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationAssignment, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/assign")]
async fn assign(command: Command, body: Body<ConsultationAssignment>) -> Answer {
    command.act(body, service::assign).await
}

/// 备注（note）
///
/// 工作人员之间的说明，咨询人看不到。
#[utoipa::path(tag = "consultations", operation_id = "note_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationNote, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/notes")]
async fn note(command: Command, body: Body<ConsultationNote>) -> Answer {
    command.act(body, service::note).await
}

/// 转办（offer to another center）
///
/// 请本市另一中心答复；to=auto 按事项规则确定。接收前仍由本中心负责；退回过的中心不再转给，退回和转办次数有上限。
#[utoipa::path(tag = "consultations", operation_id = "transfer_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationTransfer, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/transfer")]
async fn transfer(command: Command, body: Body<ConsultationTransfer>) -> Answer {
    command.act(body, moving::transfer).await
}

/// 接收转办（accept）
///
/// 接收后由本中心负责答复，答复时限重新起算。
#[utoipa::path(tag = "consultations", operation_id = "accept_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationAcceptance, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/accept")]
async fn accept(command: Command, body: Body<ConsultationAcceptance>) -> Answer {
    command.act(body, moving::accept).await
}

/// 退回转办（return）
///
/// 写明理由；责任中心不变。
#[utoipa::path(tag = "consultations", operation_id = "return_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationReason, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/return")]
async fn give_back(command: Command, body: Body<ConsultationReason>) -> Answer {
    command.act(body, moving::give_back).await
}

/// 收回转办（recall）
///
/// 对方尚未答复的转办可以收回。
#[utoipa::path(tag = "consultations", operation_id = "recall_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/recall")]
async fn recall(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| moving::recall(tx, actor, target)).await
}

/// 指定答复中心（designate）
///
/// 由上级中心负责人或改革办指定，即时生效，不得退回原转办方。
#[utoipa::path(tag = "consultations", operation_id = "designate_consultation", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = ConsultationTransfer, responses((status = 200, description = "咨询", body = ConsultationView)))]
#[post("/consultations/{id}/designate")]
async fn designate(command: Command, body: Body<ConsultationTransfer>) -> Answer {
    command.act(body, moving::designate).await
}

/// 转为代办帮办（open an entrustment）
///
/// 咨询转为代办帮办件：同一事务内建立，双向关联，首问责任人不变；咨询人已登记的无须再填申请人。
#[utoipa::path(tag = "consultations", operation_id = "open_consultation_entrustment", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = OpenEntrustment, responses((status = 200, description = "咨询，records 中有新建的件", body = ConsultationView)))]
#[post("/consultations/{id}/open-entrustment")]
async fn open_entrustment(command: Command, body: Body<OpenEntrustment>) -> Answer {
    command.act(body, turning::open_entrustment).await
}

/// 转为“办不成事”反映（open a fallback ticket）
///
/// 咨询反映的是办不成的事的，登记为“办不成事”反映：同一事务内建立，双向关联，首问责任人不变。
#[utoipa::path(tag = "consultations", operation_id = "open_consultation_ticket", params(("id" = String, Path, description = "咨询 id 或编号", max_length = 100)), request_body = OpenTicket, responses((status = 200, description = "咨询，records 中有新登记的反映", body = ConsultationView)))]
#[post("/consultations/{id}/open-ticket")]
async fn open_ticket(command: Command, body: Body<OpenTicket>) -> Answer {
    command.act(body, turning::open_ticket).await
}
