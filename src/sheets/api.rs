//! Assignment sheets over HTTP.

use actix_web::{get, post, put};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    answering, drafting, listing,
    machine::SheetState,
    model::{
        DeterminationInput, LadderRung, SheetEdit, SheetExtensionRequest, SheetOpinion, SheetProgress, SheetReason, SheetReply, SheetReturn, SheetRole,
        SheetSignIn, SheetsInput,
    },
    rungs_api, standing,
    standing::DepartmentStanding,
    views::{self, SheetView},
};
use crate::{
    entrustments::TimelineEntry,
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind, Params},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(draft).service(determine).service(list).service(fetch).service(edit).service(timeline).service(issue).service(sign_in).service(give_back);
    cfg.service(request_extension).service(grant_extension).service(refuse_extension).service(progress).service(reply).service(confirm);
    cfg.service(send_back).service(cancel).service(department_standing);
    rungs_api::routes(cfg);
}

/// The list of assignment sheets.
pub struct Sheets;
impl ListKind for Sheets {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| SheetState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "role", kind: FilterKind::Codes(|| SheetRole::ALL.iter().map(|r| r.code()).collect()), doc: "牵头或协办" },
        Filter { name: "department_id", kind: FilterKind::Id, doc: "承办部门" },
        Filter { name: "ticket_id", kind: FilterKind::Id, doc: "“办不成事”反映件" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "服务中心" },
        Filter { name: "overdue", kind: FilterKind::Flag, doc: "true 只看逾期未办复的" },
        Filter { name: "binding", kind: FilterKind::Flag, doc: "true 只看由改革办指定的" },
        Filter { name: "rung", kind: FilterKind::Codes(|| LadderRung::ALL.iter().map(|r| r.code()).collect()), doc: "已提出或已确认的逾期警示" },
        Filter { name: "due_at", kind: FilterKind::Moments, doc: "完成时限" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "拟单的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// What is listed without filters.
pub struct Events;
impl ListKind for Events {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 拟交办单（draft sheets）
///
/// 部门协调会议或政府研究之后，向一个牵头部门和若干协办部门拟交办单，各一份；答复为牵头交办单。已有办理中的牵头交办单时，不写牵头部门即为增加协办部门。交办单经主管领导签发后生效；退回次数达到上限的，只能由改革办指定承办部门。
#[utoipa::path(tag = "fallback", operation_id = "draft_sheets", params(("id" = String, Path, description = "反映件 id 或编号", max_length = 100)), request_body = SheetsInput, responses((status = 201, description = "牵头交办单", body = SheetView)))]
#[post("/fallback-tickets/{id}/sheets")]
async fn draft(command: Command, body: Body<SheetsInput>) -> Answer {
    command.create("/api/v1/assignment-sheets", body, drafting::draft).await
}

/// 指定承办部门（determine）
///
/// 退回次数达到上限的，由改革办说明理由指定承办部门并拟交办单；该交办单经签发后不能退回。
#[utoipa::path(tag = "fallback", operation_id = "determine_department", params(("id" = String, Path, description = "反映件 id 或编号", max_length = 100)), request_body = DeterminationInput, responses((status = 201, description = "牵头交办单", body = SheetView)))]
#[post("/fallback-tickets/{id}/determine")]
async fn determine(command: Command, body: Body<DeterminationInput>) -> Answer {
    command.create("/api/v1/assignment-sheets", body, drafting::determine).await
}

/// 查询交办单（assignment sheets）
///
/// 列出本人可见的交办单：本中心和所辖中心的，以及交办给本部门的。sort=due_at 按最近的时限先后。
#[utoipa::path(tag = "fallback", operation_id = "list_sheets", params(List<Sheets>), responses((status = 200, description = "一页交办单", body = Page<SheetView>)))]
#[get("/assignment-sheets")]
async fn list(ask: Ask, asked: List<Sheets>) -> Answer {
    ask.list(asked.query, listing::sheets).await
}

/// 查看交办单（assignment sheet）
///
/// 路径中可用 id，也可用编号。承办部门在签发之后可见。
#[utoipa::path(tag = "fallback", operation_id = "get_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), responses((status = 200, description = "交办单", body = SheetView)))]
#[get("/assignment-sheets/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(views::fetch).await
}

/// 修改交办单（edit sheet）
///
/// 签发之前修改交办事项和完成时限，须带 If-Match。
#[utoipa::path(tag = "fallback", operation_id = "edit_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetEdit, responses((status = 200, description = "交办单", body = SheetView)))]
#[put("/assignment-sheets/{id}")]
async fn edit(command: Command, body: Body<SheetEdit>) -> Answer {
    command.conditional()?.act(body, drafting::edit).await
}

/// 交办单经过（sheet timeline）
///
/// 按时间先后列出交办单及其逾期警示的经过。
#[utoipa::path(tag = "fallback", operation_id = "list_sheet_timeline", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100), List<Events>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/assignment-sheets/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<Events>) -> Answer {
    ask.list_of(asked.query, views::timeline).await
}

/// 签发交办单（issue）
///
/// 主管领导（中心负责人或改革办）签字交办，拟单人不能签发自己拟的单；已拟的协办单随牵头交办单一并签发。签收时限和完成时限从此计算。
#[utoipa::path(tag = "fallback", operation_id = "issue_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetOpinion, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/issue")]
async fn issue(command: Command, body: Body<SheetOpinion>) -> Answer {
    command.act(body, answering::issue).await
}

/// 签收交办单（sign in）
///
/// 承办部门签收并确定责任人。
#[utoipa::path(tag = "fallback", operation_id = "sign_in_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetSignIn, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/sign-in")]
async fn sign_in(command: Command, body: Body<SheetSignIn>) -> Answer {
    command.act(body, answering::sign_in).await
}

/// 退回交办单（return）
///
/// 承办部门说明理由退回，可建议承办单位；由改革办指定的不能退回。牵头部门退回的，协办单随之撤销，反映件重新确定承办部门。
#[utoipa::path(tag = "fallback", operation_id = "return_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetReturn, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/return")]
async fn give_back(command: Command, body: Body<SheetReturn>) -> Answer {
    command.act(body, answering::return_).await
}

/// 申请延期（request extension）
///
/// 承办部门说明理由申请延期；次数和天数以当地规定为限。答复之前时限照常计算。
#[utoipa::path(tag = "fallback", operation_id = "request_sheet_extension", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetExtensionRequest, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/request-extension")]
async fn request_extension(command: Command, body: Body<SheetExtensionRequest>) -> Answer {
    command.act(body, answering::request_extension).await
}

/// 同意延期（grant extension）
///
/// 主管领导同意延期，完成时限顺延；尚未提出的逾期警示随之顺延，已提出的不变。
#[utoipa::path(tag = "fallback", operation_id = "grant_sheet_extension", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetOpinion, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/grant-extension")]
async fn grant_extension(command: Command, body: Body<SheetOpinion>) -> Answer {
    command.act(body, answering::grant_extension).await
}

/// 不同意延期（refuse extension）
///
/// 主管领导说明理由，不同意延期。
#[utoipa::path(tag = "fallback", operation_id = "refuse_sheet_extension", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetReason, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/refuse-extension")]
async fn refuse_extension(command: Command, body: Body<SheetReason>) -> Answer {
    command.act(body, answering::refuse_extension).await
}

/// 记录进展（progress）
///
/// 承办部门记录办理进展。
#[utoipa::path(tag = "fallback", operation_id = "report_sheet_progress", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetProgress, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/progress")]
async fn progress(command: Command, body: Body<SheetProgress>) -> Answer {
    command.act(body, answering::progress).await
}

/// 办复（reply）
///
/// 承办部门报告完成情况，由责任人签字，可附材料；牵头部门在协办部门全部办复之后办复。
#[utoipa::path(tag = "fallback", operation_id = "reply_to_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetReply, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/reply")]
async fn reply(command: Command, body: Body<SheetReply>) -> Answer {
    command.act(body, answering::reply).await
}

/// 确认办复（confirm）
///
/// 中心核对办复结果并确认；牵头交办单确认后，即向申请人征求意见。
#[utoipa::path(tag = "fallback", operation_id = "confirm_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetOpinion, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/confirm")]
async fn confirm(command: Command, body: Body<SheetOpinion>) -> Answer {
    command.act(body, answering::confirm).await
}

/// 退回重办（send back）
///
/// 中心说明理由退回，承办部门继续办理；时限继续计算，中心核对所用的时间不计入。
#[utoipa::path(tag = "fallback", operation_id = "send_back_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetReason, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/send-back")]
async fn send_back(command: Command, body: Body<SheetReason>) -> Answer {
    command.act(body, answering::send_back).await
}

/// 撤销交办单（cancel sheet）
///
/// 撤销尚未签发的交办单，或不再需要协办的协办单；牵头交办单签发之后不能撤销。
#[utoipa::path(tag = "fallback", operation_id = "cancel_sheet", params(("id" = String, Path, description = "交办单 id 或编号", max_length = 100)), request_body = SheetReason, responses((status = 200, description = "交办单", body = SheetView)))]
#[post("/assignment-sheets/{id}/cancel")]
async fn cancel(command: Command, body: Body<SheetReason>) -> Answer {
    command.act(body, drafting::cancel).await
}

/// A period.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StandingParams {
    /// 起始日期（含）；不写即当年 1 月 1 日
    #[param(example = "2026-01-01")]
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    from: Option<NaiveDate>,
    /// 截止日期（含）；不写即今天
    #[param(example = "2026-12-31")]
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    to: Option<NaiveDate>,
}

/// 部门交办情况（department standing）
///
/// 部门现有的和逾期的交办单、期间内按时和逾期办复的份数、退回的份数，以及仍然有效的挂牌警示、点名通报和问责。
#[utoipa::path(tag = "fallback", operation_id = "get_department_standing", params(("id" = String, Path, description = "部门 id", max_length = 100), StandingParams), responses((status = 200, description = "交办情况", body = DepartmentStanding)))]
#[get("/departments/{id}/standing")]
async fn department_standing(ask: Ask, params: Params<StandingParams>) -> Answer {
    let StandingParams { from, to } = params.0;
    ask.view(move |tx, actor, id| standing::standing(tx, actor, id, from, to)).await
}
