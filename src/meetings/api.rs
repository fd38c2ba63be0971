//! Meetings over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    calling, holding,
    listing::{self, MeetingBrief},
    machine::MeetingState,
    model::{MeetingAnswer, MeetingEdit, MeetingInput, MeetingKind, MeetingReason, MeetingReschedule, MinutesInput},
    resolutions_api,
    views::{self, MeetingView},
};
use crate::{
    entrustments::TimelineEntry,
    http::{Answer, Ask, Body, Command, Empty, Expand, Expands, Filter, FilterKind, List, ListKind, Relation},
    kernel::{Code as _, Page},
    organization::people_api::PERSON,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(call).service(fetch).service(edit).service(reschedule).service(cancel).service(respond);
    cfg.service(record_minutes).service(conclude).service(timeline).service(of_matter);
    resolutions_api::routes(cfg);
}

/// What a meeting leads to.
pub struct OfMeeting;
impl Expands for OfMeeting {
    const RELATIONS: &'static [Relation] =
        &[Relation { name: "host_person", key: "/host_id", target: &PERSON }, Relation { name: "leader", key: "/leader_id", target: &PERSON }];
}

/// The list of meetings.
pub struct Meetings;
impl ListKind for Meetings {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| MeetingState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "kind", kind: FilterKind::Codes(|| MeetingKind::ALL.iter().map(|k| k.code()).collect()), doc: "会议种类" },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "召集会议的中心" },
        Filter { name: "entrustment_id", kind: FilterKind::Id, doc: "议程上的代办件" },
        Filter { name: "project_id", kind: FilterKind::Id, doc: "议程上的项目" },
        Filter { name: "fallback_ticket_id", kind: FilterKind::Id, doc: "议程上的“办不成事”反映" },
        Filter { name: "starts_at", kind: FilterKind::Moments, doc: "开会的时间" },
        Filter { name: "mine", kind: FilterKind::Flag, doc: "true 只看本人召集、主持或受邀的" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "召集的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SYNC: bool = true;
}

/// What is listed without filters.
pub struct Plain;
impl ListKind for Plain {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询会议（meetings）
///
/// 列出本人可见的会议：本中心召集的，和受邀参加的。sort=due_at 按开会时间先后。
#[utoipa::path(tag = "meetings", operation_id = "list_meetings", params(List<Meetings>), responses((status = 200, description = "一页会议", body = Page<MeetingBrief>)))]
#[get("/meetings")]
async fn list(ask: Ask, asked: List<Meetings>) -> Answer {
    ask.list(asked.query, listing::meetings).await
}

/// 召集会议（call meeting）
///
/// 召集联席会议、并联审批会或前期辅导会：邀请中心、承办部门和个人，列出议程。议程可关联本人可见的代办件和项目；专员只就本人承办的件召集，并由本人主持；改革办就疑难复杂的“办不成事”反映召集联席会议，协调有关部门。前期辅导会可以邀请议程所列代办件或项目的申请人，申请人只看到会议的名称、时间和地点。
#[utoipa::path(tag = "meetings", operation_id = "call_meeting", request_body = MeetingInput, responses((status = 201, description = "会议", body = MeetingView)))]
#[post("/meetings")]
async fn call(command: Command, body: Body<MeetingInput>) -> Answer {
    command.create("/api/v1/meetings", body, |tx, actor, _, input| calling::call(tx, actor, input)).await
}

/// 查看会议（meeting）
///
/// 路径中可用 id，也可用编号。受邀方看到议程所列件的编号和事项、项目的编号和名称，纪要和决议在确认之后可见。
#[utoipa::path(tag = "meetings", operation_id = "get_meeting", params(("id" = String, Path, description = "会议 id 或编号", max_length = 100), Expand<OfMeeting>), responses((status = 200, description = "会议", body = MeetingView)))]
#[get("/meetings/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfMeeting>().get(views::fetch).await
}

/// 修改会议安排（edit meeting）
///
/// 召开之前修改名称、地点、主持人、受邀方和议程，须带 If-Match；原已受邀的保留其答复。时间用“改期”变更。
#[utoipa::path(tag = "meetings", operation_id = "edit_meeting", params(("id" = String, Path, description = "会议 id 或编号", max_length = 100)), request_body = MeetingEdit, responses((status = 200, description = "会议", body = MeetingView)))]
#[put("/meetings/{id}")]
async fn edit(command: Command, body: Body<MeetingEdit>) -> Answer {
    command.conditional()?.act(body, calling::edit).await
}

/// 会议改期（reschedule）
///
/// 另定时间，可同时变更地点；受邀各方须重新答复。
#[utoipa::path(tag = "meetings", operation_id = "reschedule_meeting", params(("id" = String, Path, description = "会议 id 或编号", max_length = 100)), request_body = MeetingReschedule, responses((status = 200, description = "会议", body = MeetingView)))]
#[post("/meetings/{id}/reschedule")]
async fn reschedule(command: Command, body: Body<MeetingReschedule>) -> Answer {
    command.act(body, calling::reschedule).await
}

/// 取消会议（cancel meeting）
///
/// 说明理由取消会议。
#[utoipa::path(tag = "meetings", operation_id = "cancel_meeting", params(("id" = String, Path, description = "会议 id 或编号", max_length = 100)), request_body = MeetingReason, responses((status = 200, description = "会议", body = MeetingView)))]
#[post("/meetings/{id}/cancel")]
async fn cancel(command: Command, body: Body<MeetingReason>) -> Answer {
    command.act(body, calling::cancel).await
}

/// 答复邀请（respond）
///
/// 受邀方答复参加或不参加；不参加的须说明理由，可以写明由谁代为参加。会议开始之前可以更改。
#[utoipa::path(tag = "meetings", operation_id = "respond_to_meeting", params(("id" = String, Path, description = "会议 id 或编号", max_length = 100)), request_body = MeetingAnswer, responses((status = 200, description = "会议", body = MeetingView)))]
#[post("/meetings/{id}/respond")]
async fn respond(command: Command, body: Body<MeetingAnswer>) -> Answer {
    command.act(body, holding::respond).await
}

/// 记录纪要（record minutes）
///
/// 会议开始之后记录纪要、到会情况和决议；确认之前可以重新提交，以最后一次为准。每项决议写明所属议程、责任方，以及时限或完成日期。
#[utoipa::path(tag = "meetings", operation_id = "record_minutes", params(("id" = String, Path, description = "会议 id 或编号", max_length = 100)), request_body = MinutesInput, responses((status = 200, description = "会议", body = MeetingView)))]
#[post("/meetings/{id}/record-minutes")]
async fn record_minutes(command: Command, body: Body<MinutesInput>) -> Answer {
    command.act(body, holding::record_minutes).await
}

/// 确认纪要（conclude）
///
/// 由主持人或本中心负责人确认，纪要不再更改；决议从此生效，时限开始计算。
#[utoipa::path(tag = "meetings", operation_id = "conclude_meeting", params(("id" = String, Path, description = "会议 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "会议", body = MeetingView)))]
#[post("/meetings/{id}/conclude")]
async fn conclude(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| holding::conclude(tx, actor, target)).await
}

/// 会议经过（meeting timeline）
///
/// 按时间先后列出会议及其决议的经过。
#[utoipa::path(tag = "meetings", operation_id = "list_meeting_timeline", params(("id" = String, Path, description = "会议 id 或编号", max_length = 100), List<Plain>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/meetings/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<Plain>) -> Answer {
    ask.list_of(asked.query, views::timeline).await
}

/// 本件的会议（meetings of a matter）
///
/// 议程上列有本件的会议中，本人可见的，由新到旧。
#[utoipa::path(tag = "meetings", operation_id = "list_entrustment_meetings", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100), List<Plain>), responses((status = 200, description = "一页会议", body = Page<MeetingBrief>)))]
#[get("/entrustments/{id}/meetings")]
async fn of_matter(ask: Ask, asked: List<Plain>) -> Answer {
    ask.list_of(asked.query, listing::of_matter).await
}
