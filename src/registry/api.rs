//! The registry over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    finding::{self, SearchResult},
    mandates::{self, MandateInput, MandateView, RevocationInput},
    merging::{self, MergeInput},
    service::{self, ApplicantEdit, ApplicantQuestion, ApplicantRecord, ApplicantsFound, RenameInput},
};
use crate::{
    entrustments::SearchInput,
    http::{Answer, Ask, Body, Command, Filter, List, ListKind},
    kernel::Page,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(search).service(find).service(fetch).service(edit).service(rename).service(merge);
    cfg.service(list_mandates).service(give).service(fetch_mandate).service(revoke);
}

/// The mandates of an applicant as a list.
pub struct Mandates;
impl ListKind for Mandates {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查找（search）
///
/// 按编号、电话、姓名或单位名称、事项在本人可见的代办件和“办不成事”反映中查找。用 POST 提交，个人信息不出现在网址里。
#[utoipa::path(tag = "entrustments", operation_id = "search", request_body = SearchInput, responses((status = 200, description = "查找结果", body = SearchResult)))]
#[post("/search")]
async fn search(ask: Ask, body: Body<SearchInput>) -> Answer {
    ask.compute(move |tx, actor| finding::search(tx, actor, &body.value)).await
}

/// 查找申请人（find applicants）
///
/// 按统一社会信用代码、身份证号码、准确的名称或电话，在本人可见的申请人中查找。证件号码用 POST 提交，不出现在网址里。其历次办件用 GET /entrustments?applicant_id= 查询。
#[utoipa::path(tag = "applicants", operation_id = "find_applicants", request_body = ApplicantQuestion, responses((status = 200, description = "查找结果", body = ApplicantsFound)))]
#[post("/applicants/search")]
async fn find(ask: Ask, body: Body<ApplicantQuestion>) -> Answer {
    ask.compute(move |tx, actor| service::find(tx, actor, &body.value)).await
}

/// 查看申请人（applicant）
///
/// 申请人的登记：身份、特殊类别、联系人。工作人员看到自己经办范围内的申请人。
#[utoipa::path(tag = "applicants", operation_id = "get_applicant", params(("id" = String, Path, description = "申请人 id", max_length = 100)), responses((status = 200, description = "申请人", body = ApplicantRecord)))]
#[get("/applicants/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(service::fetch).await
}

/// 修改申请人（edit applicant）
///
/// 更新所在区划、地址、特殊类别和联系人：提交的就是全部，未填的即清空；身份不能修改，特殊类别只由工作人员登记。须带 If-Match。
#[utoipa::path(tag = "applicants", operation_id = "edit_applicant", params(("id" = String, Path, description = "申请人 id", max_length = 100)), request_body = ApplicantEdit, responses((status = 200, description = "申请人", body = ApplicantRecord)))]
#[put("/applicants/{id}")]
async fn edit(command: Command, body: Body<ApplicantEdit>) -> Answer {
    command.conditional()?.act(body, service::edit).await
}

/// 变更名称（rename applicant）
///
/// 中心负责人凭登记机关的凭据变更申请人名称：证件号码不变，曾用名保留，经审计留痕；办件详情显示新名称，列表和检索保持收件时的名称。
#[utoipa::path(tag = "applicants", operation_id = "rename_applicant", params(("id" = String, Path, description = "申请人 id", max_length = 100)), request_body = RenameInput, responses((status = 200, description = "申请人", body = ApplicantRecord)))]
#[post("/applicants/{id}/rename")]
async fn rename(command: Command, body: Body<RenameInput>) -> Answer {
    command.act(body, service::rename).await
}

/// 合并重复登记（merge applicant）
///
/// 中心负责人把重复的登记并入另一登记：办件、授权委托、账号和预约随之转移，经审计留痕。答复保留下来的登记。
#[utoipa::path(tag = "applicants", operation_id = "merge_applicant", params(("id" = String, Path, description = "被并入的申请人 id", max_length = 100)), request_body = MergeInput, responses((status = 200, description = "保留下来的申请人", body = ApplicantRecord)))]
#[post("/applicants/{id}/merge")]
async fn merge(command: Command, body: Body<MergeInput>) -> Answer {
    command.act(body, merging::merge).await
}

/// 查询授权委托（mandates）
///
/// 申请人授权了谁、办理哪些事项、有效期至何时。
#[utoipa::path(tag = "applicants", operation_id = "list_mandates", params(("id" = String, Path, description = "申请人 id", max_length = 100), List<Mandates>), responses((status = 200, description = "一页授权委托", body = Page<MandateView>)))]
#[get("/applicants/{id}/mandates")]
async fn list_mandates(ask: Ask, asked: List<Mandates>) -> Answer {
    ask.list_of(asked.query, mandates::list).await
}

/// 登记授权委托（give mandate）
///
/// 登记申请人授权的经办人：事项范围、有效期、凭据；可同时指明以其行事的账号。
#[utoipa::path(tag = "applicants", operation_id = "give_mandate", params(("id" = String, Path, description = "申请人 id", max_length = 100)), request_body = MandateInput, responses((status = 201, description = "授权委托", body = MandateView)))]
#[post("/applicants/{id}/mandates")]
async fn give(command: Command, body: Body<MandateInput>) -> Answer {
    command.create("/api/v1/mandates", body, mandates::give).await
}

/// 查看授权委托（mandate）
///
/// 一项授权委托。
#[utoipa::path(tag = "applicants", operation_id = "get_mandate", params(("id" = String, Path, description = "授权委托 id", max_length = 100)), responses((status = 200, description = "授权委托", body = MandateView)))]
#[get("/mandates/{id}")]
async fn fetch_mandate(ask: Ask) -> Answer {
    ask.get(mandates::fetch).await
}

/// 撤销授权委托（revoke mandate）
///
/// 立即生效：账号随即失去代理资格，以该委托提交的件在变更经办人之前不能继续办理。
#[utoipa::path(tag = "applicants", operation_id = "revoke_mandate", params(("id" = String, Path, description = "授权委托 id", max_length = 100)), request_body = RevocationInput, responses((status = 200, description = "授权委托", body = MandateView)))]
#[post("/mandates/{id}/revoke")]
async fn revoke(command: Command, body: Body<RevocationInput>) -> Answer {
    command.act(body, mandates::revoke).await
}
