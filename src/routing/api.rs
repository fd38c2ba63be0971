//! The relay over HTTP: the resolver and arbitrations here; transfers and joint handlings in rooms of their own.

use actix_web::{HttpRequest, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    Resolution, ResolveInput,
    arbitration::{self, ArbitrationView, AskInput, CaseInput, EscalateInput, NoUnitInput, ReviewInput, machine::ArbitrationState},
    deciding::{self, DecisionInput},
    relay::{self, PublicRelay, RelayDiagram, RelayView},
    resolver,
};
use crate::{
    db::Error,
    entrustments::{self, ProgressParams, api::ENTRUSTMENT},
    http::{self, Answer, Ask, Body, Command, Expand, Expands, Filter, FilterKind, List, ListKind, Named, Nothing, Params, Relation, cacheable},
    kernel::{Code as _, Page},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resolve).service(show).service(diagram).service(public);
    super::rules::api::routes(cfg);
    super::transfers::api::routes(cfg);
    super::joint::api::routes(cfg);
    cfg.service(dispute).service(list).service(fetch).service(state_case).service(decide).service(escalate).service(no_competent_unit).service(review);
}

/// What an arbitration leads to.
pub struct OfArbitration;
impl Expands for OfArbitration {
    const RELATIONS: &'static [Relation] =
        &[Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT }, Relation { name: "decider", key: "/decider/id", target: &CENTER }];
}

/// The list of arbitrations.
pub struct Arbitrations;
impl ListKind for Arbitrations {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| ArbitrationState::ALL.iter().map(|v| v.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "提起的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const NUMBERED: bool = true;
    const SYNC: bool = true;
}

/// 该由谁办（resolve）
///
/// 办理之前先说明：某事项在某中心应由谁承办、依据哪条规则。不产生任何变化。
#[utoipa::path(tag = "routing", operation_id = "resolve_routing", request_body = ResolveInput, responses((status = 200, description = "承办中心及理由", body = Resolution)))]
#[post("/routing/resolve")]
async fn resolve(ask: Ask, body: Body<ResolveInput>) -> Answer {
    ask.compute(move |tx, actor| resolver::resolve(tx, actor, &body.value)).await
}

/// 接力一览（relay）
///
/// 一次答复：责任链（从何时到何时由谁负责）、未了结的转办、联办和指定办理、正在计时的时限，以及下一步该由谁做什么。
#[utoipa::path(tag = "routing", operation_id = "get_relay", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), responses((status = 200, description = "接力一览", body = RelayView)))]
#[get("/entrustments/{id}/relay")]
async fn show(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(relay::show).await
}

/// 接力图（relay diagram）
///
/// 以 Mermaid 流程图画出责任链和未了结的转办、联办、指定办理。
#[utoipa::path(tag = "routing", operation_id = "get_relay_diagram", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), responses((status = 200, description = "接力图", body = RelayDiagram)))]
#[get("/entrustments/{id}/relay/diagram")]
async fn diagram(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(relay::diagram).await
}

/// 接力说明（public relay）
///
/// 公开。凭编号和联系电话后四位，用通俗的话说明由谁办理、谁在联合办理、下一步等什么。
#[utoipa::path(tag = "public", operation_id = "get_public_relay", security(()), params(("id" = String, Path, description = "代办件编号", max_length = 100, example = "DB-320600-20261122-000001-427"), ProgressParams),
    responses((status = 200, description = "接力说明", body = PublicRelay)))]
#[get("/progress/{id}/relay")]
async fn public(request: HttpRequest, state: web::Data<http::State>, Named(id): Named, params: Params<ProgressParams>) -> Answer {
    let found = entrustments::proved(&state.db, id, params.0.phone_last4, relay::public).await.map_err(Error::into_problem)?;
    Ok(cacheable(&request, &found, 10))
}

/// 申请指定办理（ask for arbitration）
///
/// 责任中心与其他中心就由谁承办有争议时，申请指定办理；多次退回、逾期未答复、联办被拒绝时自动提起。由不是当事方的最低共同上级中心裁定，没有的由改革办裁定。
#[utoipa::path(tag = "routing", operation_id = "ask_arbitration", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = AskInput, responses((status = 201, description = "指定办理", body = ArbitrationView)))]
#[post("/entrustments/{id}/arbitrations")]
async fn dispute(command: Command, body: Body<AskInput>) -> Answer {
    command.create("/api/v1/arbitrations", body, arbitration::ask).await
}

/// 查询指定办理（arbitrations）
///
/// 列出本人可见的指定办理：本方为当事方的、由本方裁定的。
#[utoipa::path(tag = "routing", operation_id = "list_arbitrations", params(List<Arbitrations>, Expand<OfArbitration>), responses((status = 200, description = "一页指定办理", body = Page<ArbitrationView>)))]
#[get("/arbitrations")]
async fn list(ask: Ask, asked: List<Arbitrations>) -> Answer {
    ask.expanding::<OfArbitration>().list(asked.query, arbitration::list).await
}

/// 查看指定办理（arbitration）
///
/// 路径中可用 id，也可用编号。
#[utoipa::path(tag = "routing", operation_id = "get_arbitration", params(("id" = String, Path, description = "指定办理 id 或编号", max_length = 100), Expand<OfArbitration>), responses((status = 200, description = "指定办理", body = ArbitrationView)))]
#[get("/arbitrations/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfArbitration>().get(arbitration::fetch).await
}

/// 陈述意见（state case）
///
/// 当事方陈述意见和依据。
#[utoipa::path(tag = "routing", operation_id = "state_arbitration_case", params(("id" = String, Path, description = "指定办理 id 或编号", max_length = 100)), request_body = CaseInput, responses((status = 200, description = "指定办理", body = ArbitrationView)))]
#[post("/arbitrations/{id}/cases")]
async fn state_case(command: Command, body: Body<CaseInput>) -> Answer {
    command.act(body, arbitration::state_case).await
}

/// 作出决定（decide arbitration）
///
/// custody 指定承办中心（责任立即移交）、joint 指定联办（立即接受）、keep 维持现承办中心。决定即时生效，不能退回；当事方的人员不能裁定。
#[utoipa::path(tag = "routing", operation_id = "decide_arbitration", params(("id" = String, Path, description = "指定办理 id 或编号", max_length = 100)), request_body = DecisionInput, responses((status = 200, description = "指定办理", body = ArbitrationView)))]
#[post("/arbitrations/{id}/decide")]
async fn decide(command: Command, body: Body<DecisionInput>) -> Answer {
    command.act(body, deciding::decide).await
}

/// 提请分管领导（escalate arbitration）
///
/// 裁定方提请分管领导决定；之后登记决定须写明文号。
#[utoipa::path(tag = "routing", operation_id = "escalate_arbitration", params(("id" = String, Path, description = "指定办理 id 或编号", max_length = 100)), request_body = EscalateInput, responses((status = 200, description = "指定办理", body = ArbitrationView)))]
#[post("/arbitrations/{id}/escalate")]
async fn escalate(command: Command, body: Body<EscalateInput>) -> Answer {
    command.act(body, arbitration::escalate).await
}

/// 认定无主管单位（no competent unit）
///
/// 裁定方认定没有主管单位；本件由现责任中心继续服务，问题转入兜底。
#[utoipa::path(tag = "routing", operation_id = "find_no_competent_unit", params(("id" = String, Path, description = "指定办理 id 或编号", max_length = 100)), request_body = NoUnitInput, responses((status = 200, description = "指定办理", body = ArbitrationView)))]
#[post("/arbitrations/{id}/no-competent-unit")]
async fn no_competent_unit(command: Command, body: Body<NoUnitInput>) -> Answer {
    command.act(body, arbitration::no_competent_unit).await
}

/// 申请复核（review arbitration）
///
/// 当事方以新的事实申请复核，一次为限；复核期间原决定不停止执行。
#[utoipa::path(tag = "routing", operation_id = "review_arbitration", params(("id" = String, Path, description = "指定办理 id 或编号", max_length = 100)), request_body = ReviewInput, responses((status = 200, description = "指定办理", body = ArbitrationView)))]
#[post("/arbitrations/{id}/review")]
async fn review(command: Command, body: Body<ReviewInput>) -> Answer {
    command.act(body, arbitration::review).await
}
