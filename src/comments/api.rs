//! Open comments over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    common::{self, CommonProblemParams, CommonProblems},
    listing::{self, CommentView},
    model::{CommentCorrection, CommentReason, CommentSource, CommentTags, NewComment},
    recording, service,
    tagging::ProblemTag,
};
use crate::{
    evaluations::model::Grade,
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind, Params},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(record).service(fetch).service(tag).service(correct).service(withdraw).service(problems);
}

/// The list of comments.
pub struct Comments;
impl ListKind for Comments {
    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "source",
            kind: FilterKind::Codes(|| CommentSource::ALL.iter().map(|s| s.code()).collect()),
            doc: "来源：rating 为随评价写下的，其余为综合点评和督查",
        },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "所评的中心" },
        Filter { name: "department_id", kind: FilterKind::Id, doc: "所评的部门（综合点评和督查）" },
        Filter { name: "item_id", kind: FilterKind::Id, doc: "事项" },
        Filter { name: "grade", kind: FilterKind::Codes(|| Grade::ALL.iter().map(|g| g.code()).collect()), doc: "等级" },
        Filter { name: "is_bad", kind: FilterKind::Flag, doc: "true 只看差评" },
        Filter { name: "tag", kind: FilterKind::Codes(|| ProblemTag::ALL.iter().map(|t| t.code()).collect()), doc: "问题标签" },
        Filter { name: "label", kind: FilterKind::Text(12), doc: "本地标签" },
        Filter { name: "reviewed", kind: FilterKind::Flag, doc: "true 只看人工标注过的，false 只看未经人工标注的" },
        Filter { name: "withdrawn", kind: FilterKind::Flag, doc: "true 看已撤回的；缺省不列" },
        Filter { name: "rated_at", kind: FilterKind::Moments, doc: "评价的时间，或收到的日期" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "收到的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
    const SEARCH: bool = true;
}

/// 查询开放评论（open comments）
///
/// 评价中写下的文字，以及意见箱、信函、媒体的综合点评和督查意见，已去除姓名、电话、证件号、门牌等个人信息；q 为中文全文检索，可按来源、标签、等级、中心、事项筛选。供中心负责人、督查和改革办查看本级及所辖；综窗看到本中心登记的。
#[utoipa::path(tag = "evaluations", operation_id = "list_open_comments", params(List<Comments>), responses((status = 200, description = "一页评论", body = Page<CommentView>)))]
#[get("/open-comments")]
async fn list(ask: Ask, asked: List<Comments>) -> Answer {
    ask.list(asked.query, listing::list).await
}

/// 登记综合点评、督查意见（record open comment）
///
/// 登记来自意见箱、信函邮件、媒体的综合点评和督查意见；文字中的个人信息自动去除，未填问题标签的按用词给出；督查意见由督查人员、改革办或中心负责人登记。单独记录，等级仅供参考，不计入满意率等任何评价指标。
#[utoipa::path(tag = "evaluations", operation_id = "record_open_comment", request_body = NewComment, responses((status = 201, description = "评论", body = CommentView)))]
#[post("/open-comments")]
async fn record(command: Command, body: Body<NewComment>) -> Answer {
    command.create("/api/v1/open-comments", body, |tx, actor, _, input| recording::record(tx, actor, input)).await
}

/// 查看开放评论（open comment）
///
/// 一条评论。
#[utoipa::path(tag = "evaluations", operation_id = "get_open_comment", params(("id" = String, Path, description = "评论 id 或编号，或所评件的编号", max_length = 100)), responses((status = 200, description = "评论", body = CommentView)))]
#[get("/open-comments/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(listing::fetch).await
}

/// 标注评论（tag comment）
///
/// 人工标注评论所反映的问题，取代按用词自动给出的标签；可加本地标签。
#[utoipa::path(tag = "evaluations", operation_id = "tag_open_comment", params(("id" = String, Path, description = "评论 id 或编号，或所评件的编号", max_length = 100)), request_body = CommentTags, responses((status = 200, description = "评论", body = CommentView)))]
#[put("/open-comments/{id}")]
async fn tag(command: Command, body: Body<CommentTags>) -> Answer {
    command.conditional()?.act(body, service::tag).await
}

/// 更正登记的评论（correct open comment）
///
/// 由登记的中心更正所登记的内容，写明理由；来源和所评中心有误的，撤回后重新登记。随评价写下的评论不可更正。
#[utoipa::path(tag = "evaluations", operation_id = "correct_open_comment", params(("id" = String, Path, description = "评论 id 或编号", max_length = 100)), request_body = CommentCorrection, responses((status = 200, description = "评论", body = CommentView)))]
#[post("/open-comments/{id}/correct")]
async fn correct(command: Command, body: Body<CommentCorrection>) -> Answer {
    command.act(body, recording::correct).await
}

/// 撤回登记的评论（withdraw open comment）
///
/// 由登记的中心撤回误登、重复登记的，写明理由；撤回后不再检索、不计入共性问题，记录保留。随评价写下的评论不可撤回。
#[utoipa::path(tag = "evaluations", operation_id = "withdraw_open_comment", params(("id" = String, Path, description = "评论 id 或编号", max_length = 100)), request_body = CommentReason, responses((status = 200, description = "评论", body = CommentView)))]
#[post("/open-comments/{id}/withdraw")]
async fn withdraw(command: Command, body: Body<CommentReason>) -> Answer {
    command.act(body, recording::withdraw).await
}

/// 共性问题（common problems）
///
/// 一段期间的评论（含综合点评和督查意见）中反复出现的问题：次数、差评数、登记的点评数、与上一期比较、涉及的中心和事项、最近的评论；表扬不列入。
#[utoipa::path(tag = "evaluations", operation_id = "list_common_problems", params(CommonProblemParams), responses((status = 200, description = "共性问题", body = CommonProblems)))]
#[get("/common-problems")]
async fn problems(ask: Ask, params: Params<CommonProblemParams>) -> Answer {
    ask.view(move |tx, actor, _| common::problems(tx, actor, &params.0)).await
}
