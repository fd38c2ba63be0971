//! Open comments over HTTP.

use actix_web::{get, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    common::{self, CommonProblemParams, CommonProblems},
    listing::{self, CommentView},
    model::CommentTags,
    service,
    tagging::ProblemTag,
};
use crate::{
    evaluations::model::Grade,
    http::{Answer, Ask, Body, Command, Filter, FilterKind, List, ListKind, Params},
    kernel::{Code as _, Page},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(fetch).service(tag).service(problems);
}

/// The list of comments.
pub struct Comments;
impl ListKind for Comments {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "center_id", kind: FilterKind::Id, doc: "被评价的中心" },
        Filter { name: "item_id", kind: FilterKind::Id, doc: "事项" },
        Filter { name: "grade", kind: FilterKind::Codes(|| Grade::ALL.iter().map(|g| g.code()).collect()), doc: "等级" },
        Filter { name: "is_bad", kind: FilterKind::Flag, doc: "true 只看差评" },
        Filter { name: "tag", kind: FilterKind::Codes(|| ProblemTag::ALL.iter().map(|t| t.code()).collect()), doc: "问题标签" },
        Filter { name: "label", kind: FilterKind::Text(12), doc: "本地标签" },
        Filter { name: "reviewed", kind: FilterKind::Flag, doc: "true 只看人工标注过的，false 只看未经人工标注的" },
        Filter { name: "rated_at", kind: FilterKind::Moments, doc: "评价的时间" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "收到的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at"];
    const SEARCH: bool = true;
}

/// 查询开放评论（open comments）
///
/// 评价中写下的文字，已去除姓名、电话、证件号、门牌等个人信息；q 为中文全文检索，可按标签、等级、中心、事项筛选。供中心负责人、督查和改革办查看本级及所辖。
#[utoipa::path(tag = "evaluations", operation_id = "list_open_comments", params(List<Comments>), responses((status = 200, description = "一页评论", body = Page<CommentView>)))]
#[get("/open-comments")]
async fn list(ask: Ask, asked: List<Comments>) -> Answer {
    ask.list(asked.query, listing::list).await
}

/// 查看开放评论（open comment）
///
/// 一条评论。
#[utoipa::path(tag = "evaluations", operation_id = "get_open_comment", params(("id" = String, Path, description = "评论 id，或所评件的编号", max_length = 100)), responses((status = 200, description = "评论", body = CommentView)))]
#[get("/open-comments/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(listing::fetch).await
}

/// 标注评论（tag comment）
///
/// 人工标注评论所反映的问题，取代按用词自动给出的标签；可加本地标签。
#[utoipa::path(tag = "evaluations", operation_id = "tag_open_comment", params(("id" = String, Path, description = "评论 id，或所评件的编号", max_length = 100)), request_body = CommentTags, responses((status = 200, description = "评论", body = CommentView)))]
#[put("/open-comments/{id}")]
async fn tag(command: Command, body: Body<CommentTags>) -> Answer {
    command.conditional()?.act(body, service::tag).await
}

/// 共性问题（common problems）
///
/// 一段期间的评论中反复出现的问题：次数、差评数、与上一期比较、涉及的中心和事项、最近的评论；表扬不列入。
#[utoipa::path(tag = "evaluations", operation_id = "list_common_problems", params(CommonProblemParams), responses((status = 200, description = "共性问题", body = CommonProblems)))]
#[get("/common-problems")]
async fn problems(ask: Ask, params: Params<CommonProblemParams>) -> Answer {
    ask.view(move |tx, actor, _| common::problems(tx, actor, &params.0)).await
}
