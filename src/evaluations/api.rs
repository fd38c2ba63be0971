//! Evaluations over HTTP; the link needs no login.

use actix_web::{HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    EvaluationView,
    codes::{self, CodeRating, CodeRequest, CodeSent},
    links::{self, EvaluationLink, LinkView},
    model::{EvaluationState, Grade, RatedKind, RatingChannel},
    posters::{self, PosterClaim, PosterView},
    rating::{self, RatingInput, RecordedRating},
    views,
};
use crate::{
    db::Error,
    entrustments::api::{ENTRUSTMENT, ProgressParams},
    http::{
        Answer, Ask, Body, Command, Expand, Expands, Filter, FilterKind, LinkCommand, List, ListKind, Named, Nothing, OwnHands, Params, Public, Relation, State,
    },
    kernel::{Code, Page},
    organization::{api::CENTER, people_api::PERSON},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch).service(rate).service(record).service(by_link).service(rate_by_link).service(link_picture);
    cfg.service(link_by_progress).service(request_code).service(rate_by_code).service(poster).service(poster_picture).service(claim);
}

/// What an evaluation leads to.
pub struct OfEvaluation;
impl Expands for OfEvaluation {
    const RELATIONS: &'static [Relation] = &[
        Relation { name: "entrustment", key: "/entrustment_id", target: &ENTRUSTMENT },
        Relation { name: "center", key: "/center_id", target: &CENTER },
        Relation { name: "staff", key: "/staff_id", target: &PERSON },
    ];
}

/// The list of evaluations.
pub struct Evaluations;
impl ListKind for Evaluations {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| EvaluationState::ALL.iter().map(|v| v.code()).collect()), doc: "状态" },
        Filter { name: "record_kind", kind: FilterKind::Codes(|| RatedKind::ALL.iter().map(|v| v.code()).collect()), doc: "评价的是什么" },
        Filter { name: "grade", kind: FilterKind::Codes(|| Grade::ALL.iter().map(|v| v.code()).collect()), doc: "总体等级" },
        Filter { name: "channel", kind: FilterKind::Codes(|| RatingChannel::ALL.iter().map(|v| v.code()).collect()), doc: "评价渠道" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "被评价中心" },
        Filter { name: "staff_id", kind: FilterKind::Id, doc: "被评价人员" },
        Filter { name: "is_bad", kind: FilterKind::Flag, doc: "差评：机构、平台、人员任一为不满意或非常不满意" },
        Filter { name: "is_default", kind: FilterKind::Flag, doc: "系统默认评价" },
        Filter { name: "is_excluded", kind: FilterKind::Flag, doc: "申诉成立、不计入统计" },
        Filter { name: "suspect", kind: FilterKind::Flag, doc: "疑似恶意差评（照常计入统计）" },
        Filter { name: "rated_at", kind: FilterKind::Moments, doc: "评价时间" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "邀请评价的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "rated_at"];
    const NUMBERED: bool = true;
}

/// 查询评价（evaluations）
///
/// 申请人看到自己的评价及评价链接；工作人员看到可见范围内的评价，个人信息遮蔽；被评价人看到对本人的实名评价，匿名评价只计入统计。sort=rated_at 只列已评价的。
#[utoipa::path(tag = "evaluations", operation_id = "list_evaluations", params(List<Evaluations>, Expand<OfEvaluation>), responses((status = 200, description = "一页评价", body = Page<EvaluationView>)))]
#[get("/evaluations")]
async fn list(ask: Ask, asked: List<Evaluations>) -> Answer {
    ask.expanding::<OfEvaluation>().list(asked.query, views::list).await
}

/// 查看评价（evaluation）
///
/// 一次评价。匿名评价不向被评价人本人显示（404）。
#[utoipa::path(tag = "evaluations", operation_id = "get_evaluation", params(("id" = String, Path, description = "评价 id、所评的件的编号或者服务编号", max_length = 100), Expand<OfEvaluation>), responses((status = 200, description = "评价", body = EvaluationView)))]
#[get("/evaluations/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfEvaluation>().get(views::fetch).await
}

/// 评价（rate）
///
/// 申请人登录后评价；一件只评一次，五个等级。办件重新办理的，此前未评价（含系统默认）的待再次办结后重新邀请评价。
#[utoipa::path(tag = "evaluations", operation_id = "rate_evaluation", params(("id" = String, Path, description = "评价 id", max_length = 100)), request_body = RatingInput, responses((status = 200, description = "评价", body = EvaluationView)))]
#[post("/evaluations/{id}/rate")]
async fn rate(command: Command, body: Body<RatingInput>) -> Answer {
    command.act(body, rating::rate).await
}

/// 登记电话评价（record a rating by telephone）
///
/// 中心工作人员登记申请人在电话中给出的评价，写明向谁、何时核实和录音编号；被评价人本人不能登记。热线客户端登记自己所开服务事件的回访评价，路径中可用服务编号。
#[utoipa::path(tag = "evaluations", operation_id = "record_evaluation", params(("id" = String, Path, description = "评价 id、所评的件的编号或者服务编号", max_length = 100)), request_body = RecordedRating, responses((status = 200, description = "评价", body = EvaluationView)))]
#[post("/evaluations/{id}/record")]
async fn record(command: Command, body: Body<RecordedRating>) -> Answer {
    command.act(body, rating::record).await
}

/// 评价链接（evaluation link）
///
/// 公开。凭链接查看所评的件，不含个人信息。
#[utoipa::path(tag = "public", operation_id = "get_evaluation_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), responses((status = 200, description = "所评的件", body = LinkView)))]
#[get("/evaluation-links/{id}")]
async fn by_link(public: Public) -> Answer {
    public.fresh(links::by_link).await
}

/// 评价链接的二维码（QR code of an evaluation link）
///
/// 公开。SVG 图片，扫码打开该评价链接；印在办结通知或小票上。
#[utoipa::path(tag = "public", operation_id = "get_evaluation_link_qr_code", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), responses((status = 200, description = "二维码", content_type = "image/svg+xml", body = String)))]
#[get("/evaluation-links/{id}/qr-code")]
async fn link_picture(state: web::Data<State>, Named(id): Named, _none: Params<Nothing>) -> Answer {
    let config = state.config.clone();
    svg(state.db.read(move |tx| links::link_picture(tx, &id, &config)).await)
}

/// A picture that only the holder of its address should keep.
fn svg(picture: crate::db::Result<String>) -> Answer {
    let picture = picture.map_err(Error::into_problem)?;
    Ok(HttpResponse::Ok().insert_header(("x-content-type-options", "nosniff")).content_type("image/svg+xml").body(picture))
}

/// 凭进度查询领取评价链接（evaluation link by progress）
///
/// 公开。没有账号的申请人凭编号（代办件、“办不成事”反映、咨询、热线工单或者服务事件）和联系电话后四位取得评价链接；同一编号每小时输错五次后暂停查询。凭后四位取得的链接无法核实本人：评价照常计入，不作实名，标为 by_number 供复看。
#[utoipa::path(tag = "public", operation_id = "get_evaluation_link_by_progress", security(()), params(("id" = String, Path, description = "编号", max_length = 100), ProgressParams),
    responses((status = 200, description = "评价链接", body = EvaluationLink)))]
#[get("/progress/{id}/evaluation")]
async fn link_by_progress(state: web::Data<State>, hands: OwnHands, Named(id): Named, params: Params<ProgressParams>) -> Answer {
    hands.check(&state).await?;
    let view = links::by_progress(&state.db, id, params.0.phone_last4).await.map_err(Error::into_problem)?;
    Ok(HttpResponse::Ok().json(view))
}

/// 获取短信评价验证码（evaluation code by text message）
///
/// 公开。凭编号和联系电话后四位请求六位验证码，发往所留手机；十分钟有效，输错五次失效，每分钟至多一次。
#[utoipa::path(tag = "public", operation_id = "request_evaluation_code", security(()), params(("id" = String, Path, description = "编号", max_length = 100)), request_body = CodeRequest,
    responses((status = 200, description = "已安排发送", body = CodeSent)))]
#[post("/progress/{id}/evaluation-code")]
async fn request_code(state: web::Data<State>, hands: OwnHands, Named(id): Named, _none: Params<Nothing>, body: Body<CodeRequest>) -> Answer {
    hands.check(&state).await?;
    let sent = codes::request(&state.db, id, body.value.phone_last4).await.map_err(Error::into_problem)?;
    Ok(HttpResponse::Ok().json(sent))
}

/// 凭短信验证码评价（rate by code）
///
/// 公开。验证码只能使用一次；编号不存在与验证码不正确答复相同。
#[utoipa::path(tag = "public", operation_id = "rate_by_code", security(()), params(("id" = String, Path, description = "编号", max_length = 100)), request_body = CodeRating, responses((status = 200, description = "评价结果", body = LinkView)))]
#[post("/progress/{id}/evaluation-rating")]
async fn rate_by_code(command: LinkCommand, body: Body<CodeRating>) -> Answer {
    command.attempt(body, codes::rate).await
}

/// 中心或窗口的评价码（rating poster）
///
/// 公开。张贴在中心或窗口的固定二维码所指的页面：说明如何凭服务编号评价。路径中为中心 id、区划代码或者窗口 id。
#[utoipa::path(tag = "public", operation_id = "get_rating_poster", security(()), params(("id" = String, Path, description = "中心 id、12 位区划代码或者窗口 id", max_length = 100, example = "320623000000")), responses((status = 200, description = "评价码所指", body = PosterView)))]
#[get("/rating-posters/{id}")]
async fn poster(public: Public) -> Answer {
    public.fetch(300, posters::view).await
}

/// 中心或窗口的固定二维码（QR code of a rating poster）
///
/// 公开。SVG 图片，供印刷张贴。
#[utoipa::path(tag = "public", operation_id = "get_rating_poster_qr_code", security(()), params(("id" = String, Path, description = "中心 id、12 位区划代码或者窗口 id", max_length = 100, example = "320623000000")), responses((status = 200, description = "二维码", content_type = "image/svg+xml", body = String)))]
#[get("/rating-posters/{id}/qr-code")]
async fn poster_picture(state: web::Data<State>, Named(id): Named, _none: Params<Nothing>) -> Answer {
    let config = state.config.clone();
    svg(state.db.read(move |tx| posters::poster_picture(tx, &id, &config)).await)
}

/// 凭评价码领取评价链接（claim by poster）
///
/// 公开。扫中心或窗口的二维码后，凭服务编号和所留电话后四位或小票上的六位评价码取得评价链接；同一编号每小时输错五次后暂停。凭后四位取得的，评价不作实名，标为 by_number 供复看。
#[utoipa::path(tag = "public", operation_id = "claim_by_rating_poster", security(()), params(("id" = String, Path, description = "中心 id、12 位区划代码或者窗口 id", max_length = 100, example = "320623000000")), request_body = PosterClaim,
    responses((status = 200, description = "评价链接", body = EvaluationLink)))]
#[post("/rating-posters/{id}")]
async fn claim(state: web::Data<State>, hands: OwnHands, Named(id): Named, _none: Params<Nothing>, body: Body<PosterClaim>) -> Answer {
    hands.check(&state).await?;
    let link = posters::claim(&state.db, id, body.value).await.map_err(Error::into_problem)?;
    Ok(HttpResponse::Ok().json(link))
}

/// 凭链接评价（rate by link）
///
/// 公开。链接只能使用一次。
#[utoipa::path(tag = "public", operation_id = "rate_by_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), request_body = RatingInput, responses((status = 200, description = "评价结果", body = LinkView)))]
#[post("/evaluation-links/{id}")]
async fn rate_by_link(command: LinkCommand, body: Body<RatingInput>) -> Answer {
    command.act(body, rating::rate_by_link).await
}
