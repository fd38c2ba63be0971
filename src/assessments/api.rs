//! Assessments over HTTP.

use actix_web::{get, post, put, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::AssessmentState,
    model::{
        AssessmentObjectionDecision, AssessmentSchemeContent, AssessmentSchemeEdit, NewAssessment, NewAssessmentEntry, NewAssessmentObjection,
        NewAssessmentScheme,
    },
    objecting,
    reading::{self, AssessedRecordView, AssessmentObjectionView},
    scheme_views::{AssessmentSchemeView, AssessmentSchemes},
    schemes, service,
    views::{self, AssessedSubjectView, AssessmentView},
};
use crate::{
    entrustments::TimelineEntry,
    http::{Answer, Ask, Body, Command, Empty, Filter, FilterKind, List, ListKind, Params},
    kernel::{Code as _, Page, Problem},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(schemes_of).service(create_scheme).service(scheme).service(edit_scheme).service(publish_scheme).service(scheme_version);
    cfg.service(list).service(create).service(fetch).service(compute).service(publish).service(freeze).service(withdraw).service(timeline);
    cfg.service(subjects)
        .service(assessed)
        .service(records)
        .service(enter)
        .service(confirm)
        .service(raise)
        .service(objections)
        .service(objection)
        .service(decide);
}

/// The list of assessments.
pub struct Assessments;
impl ListKind for Assessments {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| AssessmentState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "发起的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// What belongs to an assessment.
pub struct Parts;
impl ListKind for Parts {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// The records behind a line.
pub struct LineRecords;
impl ListKind for LineRecords {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "side", kind: FilterKind::Codes(|| vec!["numerator", "denominator"]), doc: "分子（缺省）或分母" }];
    const SORTS: &'static [&'static str] = &[];
}

/// Whose schemes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SchemeParams {
    /// 服务中心 id 或区划代码
    #[param(max_length = 100, example = "320600000000")]
    center: String,
    /// 最多列出多少条
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// 考评办法（assessment schemes）
///
/// 一个中心及其上级中心的考评办法。同类办法以最近的上级（含本级）为准。
#[utoipa::path(tag = "assessments", operation_id = "list_assessment_schemes", params(SchemeParams), responses((status = 200, description = "考评办法", body = AssessmentSchemes)))]
#[get("/assessment-schemes")]
async fn schemes_of(ask: Ask, params: Params<SchemeParams>) -> Answer {
    let SchemeParams { center, limit } = params.0;
    let most = limit.map_or(Ok(200), |text| text.parse::<usize>());
    let wrong = || Problem::parameter("limit", "range", "limit 应为 1 到 200 的整数。", "limit must be 1 to 200.");
    let most = most.ok().filter(|most| (1..=200).contains(most)).ok_or_else(wrong)?;
    ask.view(move |tx, actor, _| schemes::list(tx, actor, &center, most)).await
}

/// 新增考评办法（create scheme）
///
/// 新建草稿：各项的指标、权重（合计 100）、计分方法、最少样本，加减分上限和等次分数线。发布后才用于考评。
#[utoipa::path(tag = "assessments", operation_id = "create_assessment_scheme", request_body = NewAssessmentScheme, responses((status = 201, description = "草稿", body = AssessmentSchemeView)))]
#[post("/assessment-schemes")]
async fn create_scheme(command: Command, body: Body<NewAssessmentScheme>) -> Answer {
    command.create("/api/v1/assessment-schemes", body, |tx, actor, _, input| schemes::create(tx, actor, input)).await
}

/// 查看考评办法（scheme）
///
/// 现行版本和草稿。
#[utoipa::path(tag = "assessments", operation_id = "get_assessment_scheme", params(("id" = String, Path, description = "考评办法 id", max_length = 100)), responses((status = 200, description = "考评办法", body = AssessmentSchemeView)))]
#[get("/assessment-schemes/{id}")]
async fn scheme(ask: Ask) -> Answer {
    ask.get(schemes::fetch).await
}

/// 修改考评办法（edit scheme）
///
/// 修改草稿；已发布的版本不变。须带 If-Match。
#[utoipa::path(tag = "assessments", operation_id = "edit_assessment_scheme", params(("id" = String, Path, description = "考评办法 id", max_length = 100)), request_body = AssessmentSchemeEdit, responses((status = 200, description = "考评办法", body = AssessmentSchemeView)))]
#[put("/assessment-schemes/{id}")]
async fn edit_scheme(command: Command, body: Body<AssessmentSchemeEdit>) -> Answer {
    command.conditional()?.act(body, schemes::edit).await
}

/// 发布考评办法（publish scheme）
///
/// 草稿发布为下一个版本，此后永不改变；已发起的考评仍按其版本。
#[utoipa::path(tag = "assessments", operation_id = "publish_assessment_scheme", params(("id" = String, Path, description = "考评办法 id", max_length = 100)), responses((status = 200, description = "考评办法", body = AssessmentSchemeView)))]
#[post("/assessment-schemes/{id}/publish")]
async fn publish_scheme(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| schemes::publish(tx, actor, target)).await
}

/// 考评办法的一个版本（scheme version）
///
/// 已发布的版本，按发布时的内容。
#[utoipa::path(tag = "assessments", operation_id = "get_assessment_scheme_version", params(("id" = String, Path, description = "考评办法 id", max_length = 100), ("number" = i64, Path, description = "版本号", minimum = 1, example = 1)), responses((status = 200, description = "内容", body = AssessmentSchemeContent)))]
#[get("/assessment-schemes/{id}/versions/{number}")]
async fn scheme_version(ask: Ask, path: web::Path<(String, String)>) -> Answer {
    let number: i64 = path.into_inner().1.parse().map_err(|_| Problem::not_found())?;
    ask.view(move |tx, actor, id| schemes::version(tx, actor, id, number)).await
}

/// 查询考评（assessments）
///
/// 列出本人可见的考评：考评方看到所辖的，考评对象看到公示以后的。
#[utoipa::path(tag = "assessments", operation_id = "list_assessments", params(List<Assessments>), responses((status = 200, description = "一页考评", body = Page<AssessmentView>)))]
#[get("/assessments")]
async fn list(ask: Ask, asked: List<Assessments>) -> Answer {
    ask.list(asked.query, views::list).await
}

/// 发起考评（create assessment）
///
/// 对一个中心之下某层级的中心、该中心的部门或所辖代办人员，按考评办法考评一个已结束的期间（月、季度、半年、年或整月）。对象逐批计算，算完即可公示。
#[utoipa::path(tag = "assessments", operation_id = "create_assessment", request_body = NewAssessment, responses((status = 201, description = "考评", body = AssessmentView)))]
#[post("/assessments")]
async fn create(command: Command, body: Body<NewAssessment>) -> Answer {
    command.create("/api/v1/assessments", body, |tx, actor, _, input| service::create(tx, actor, input)).await
}

/// 查看考评（assessment）
///
/// 路径中可用 id，也可用编号；带所用办法的内容。
#[utoipa::path(tag = "assessments", operation_id = "get_assessment", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100)), responses((status = 200, description = "考评", body = AssessmentView)))]
#[get("/assessments/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 重新计算（compute assessment）
///
/// 公示之前可以重新计算；已登记的加减分不变。
#[utoipa::path(tag = "assessments", operation_id = "compute_assessment", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100)), responses((status = 200, description = "考评", body = AssessmentView)))]
#[post("/assessments/{id}/compute")]
async fn compute(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::compute(tx, actor, target)).await
}

/// 公示考评（publish assessment）
///
/// 考评对象自此可以看到得分、计算过程和排名，并在公示期内提出异议。
#[utoipa::path(tag = "assessments", operation_id = "publish_assessment", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100)), responses((status = 200, description = "考评", body = AssessmentView)))]
#[post("/assessments/{id}/publish")]
async fn publish(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::publish(tx, actor, target)).await
}

/// 冻结考评（freeze assessment）
///
/// 公示期满、异议均已复核后，由起草人以外的人冻结：得分和排名不再改变，各项数字背后的记录逐批归档。
#[utoipa::path(tag = "assessments", operation_id = "freeze_assessment", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100)), responses((status = 200, description = "考评", body = AssessmentView)))]
#[post("/assessments/{id}/freeze")]
async fn freeze(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::freeze(tx, actor, target)).await
}

/// 撤销考评（withdraw assessment）
///
/// 发起有误的，冻结之前可以撤销。
#[utoipa::path(tag = "assessments", operation_id = "withdraw_assessment", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100)), responses((status = 200, description = "考评", body = AssessmentView)))]
#[post("/assessments/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::withdraw(tx, actor, target)).await
}

/// 考评经过（assessment timeline）
///
/// 按时间先后列出考评的经过。
#[utoipa::path(tag = "assessments", operation_id = "list_assessment_timeline", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100), List<Parts>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/assessments/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<Parts>) -> Answer {
    ask.list_of(asked.query, reading::timeline).await
}

/// 考评排名（ranked subjects）
///
/// 按名次列出考评对象；同分同名次。人员考评中本人只看到自己。
#[utoipa::path(tag = "assessments", operation_id = "list_assessed_subjects", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100), List<Parts>), responses((status = 200, description = "一页考评对象", body = Page<AssessedSubjectView>)))]
#[get("/assessments/{id}/subjects")]
async fn subjects(ask: Ask, asked: List<Parts>) -> Answer {
    ask.list_of(asked.query, views::subjects).await
}

/// 考评对象得分（assessed subject）
///
/// 得分的计算过程：每项的分子、分母、数值、得分、权重、计算式和明细链接，以及加减分、复核调整。考评方和考评对象本方可看。
#[utoipa::path(tag = "assessments", operation_id = "get_assessed_subject", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100), ("subject" = String, Path, description = "考评对象（中心、部门或人员）的 id", max_length = 100)), responses((status = 200, description = "考评对象", body = AssessedSubjectView)))]
#[get("/assessments/{id}/subjects/{subject}")]
async fn assessed(ask: Ask, path: web::Path<(String, String)>) -> Answer {
    let subject = path.into_inner().1;
    ask.get(move |tx, actor, id| views::subject(tx, actor, id, &subject)).await
}

/// 考评数字的明细（records behind a line）
///
/// 一项分子或分母由哪些记录构成；已冻结的为冻结时归档的，未冻结的为现在统计的。本人无权查看的记录只列种类和编号；对本人的匿名评价只计入数字，不向本人列出。
#[utoipa::path(tag = "assessments", operation_id = "list_assessed_records", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100), ("subject" = String, Path, description = "考评对象的 id", max_length = 100), ("line" = String, Path, description = "考评办法中的一项", max_length = 40, example = "on_time"), List<LineRecords>), responses((status = 200, description = "一页记录", body = Page<AssessedRecordView>)))]
#[get("/assessments/{id}/subjects/{subject}/records/{line}")]
async fn records(ask: Ask, path: web::Path<(String, String, String)>, asked: List<LineRecords>) -> Answer {
    let (_, subject, line) = path.into_inner();
    ask.list_of(asked.query, move |tx, actor, id, q| reading::records(tx, actor, id, &subject, &line, q)).await
}

/// 登记加减分（enter points）
///
/// 公示之前由考评方登记加减分，写明理由和依据文号，合计不超过办法规定的上限；冻结之后为提出更正，由另一人确认后另列，不改变冻结的结果。
#[utoipa::path(tag = "assessments", operation_id = "enter_assessment_points", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100), ("subject" = String, Path, description = "考评对象的 id", max_length = 100)), request_body = NewAssessmentEntry, responses((status = 200, description = "考评对象", body = AssessedSubjectView)))]
#[post("/assessments/{id}/subjects/{subject}/entries")]
async fn enter(command: Command, path: web::Path<(String, String)>, body: Body<NewAssessmentEntry>) -> Answer {
    let subject = path.into_inner().1;
    command.act(body, move |tx, actor, target, input| objecting::enter(tx, actor, target, &subject, input)).await
}

/// 确认更正（confirm correction）
///
/// 冻结之后的更正由提出人以外的考评方人员确认。
#[utoipa::path(tag = "assessments", operation_id = "confirm_assessment_entry", params(("id" = String, Path, description = "更正 id", max_length = 100)), responses((status = 200, description = "考评对象", body = AssessedSubjectView)))]
#[post("/assessment-entries/{id}/confirm")]
async fn confirm(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| objecting::confirm(tx, actor, target)).await
}

/// 提出异议（object）
///
/// 公示期内由考评对象（中心负责人、部门经办人或本人）对某一项提出，每项一次。
#[utoipa::path(tag = "assessments", operation_id = "object_to_assessment", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100), ("subject" = String, Path, description = "考评对象的 id", max_length = 100)), request_body = NewAssessmentObjection, responses((status = 201, description = "异议", body = AssessmentObjectionView)))]
#[post("/assessments/{id}/subjects/{subject}/objections")]
async fn raise(command: Command, path: web::Path<(String, String)>, body: Body<NewAssessmentObjection>) -> Answer {
    let subject = path.into_inner().1;
    command.create("/api/v1/assessment-objections", body, move |tx, actor, target, input| objecting::object(tx, actor, target, &subject, input)).await
}

/// 考评异议（objections）
///
/// 考评方看到全部异议，考评对象看到本方的。
#[utoipa::path(tag = "assessments", operation_id = "list_assessment_objections", params(("id" = String, Path, description = "考评 id 或编号", max_length = 100), List<Parts>), responses((status = 200, description = "一页异议", body = Page<AssessmentObjectionView>)))]
#[get("/assessments/{id}/objections")]
async fn objections(ask: Ask, asked: List<Parts>) -> Answer {
    ask.list_of(asked.query, reading::objections).await
}

/// 查看异议（objection）
///
/// 考评方和提出异议的考评对象可看。
#[utoipa::path(tag = "assessments", operation_id = "get_assessment_objection", params(("id" = String, Path, description = "异议 id", max_length = 100)), responses((status = 200, description = "异议", body = AssessmentObjectionView)))]
#[get("/assessment-objections/{id}")]
async fn objection(ask: Ask) -> Answer {
    ask.get(reading::objection).await
}

/// 复核异议（decide objection）
///
/// 由考评方中发起人、异议人以外的人复核。成立的，登记复核后的数或调整的分值，写明文号，另列为调整，重新排名；原数不改。
#[utoipa::path(tag = "assessments", operation_id = "decide_assessment_objection", params(("id" = String, Path, description = "异议 id", max_length = 100)), request_body = AssessmentObjectionDecision, responses((status = 200, description = "异议", body = AssessmentObjectionView)))]
#[post("/assessment-objections/{id}/decide")]
async fn decide(command: Command, body: Body<AssessmentObjectionDecision>) -> Answer {
    command.act(body, objecting::decide).await
}
