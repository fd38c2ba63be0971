//! Lists, records, timelines, search and public progress.

use actix_web::{HttpRequest, get, post, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::{
    Channel, EntrustmentBrief, EntrustmentView, State,
    facts::Extension,
    handout_machine::HandOutState,
    listing,
    lookup::{self, OpenMatters, RevealInput, Revealed},
    model::Priority,
    reuse::{self, ReusableMaterials},
    story::{self, CustodyChain, ProgressView, TimelineEntry},
    views,
};
use crate::{
    catalogue::{Mode, api::ITEM},
    clocks::{ClockView, ExplainedDay},
    db::Error,
    http::{
        self, Answer, Ask, Body, Command, Expand, Expands, Expansion, Filter, FilterKind, List, ListKind, Named, Nothing, Params, Relation, cacheable, named,
        shape::knows,
    },
    kernel::{Code, Page},
    organization::{api::CENTER, people_api::PERSON},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list)
        .service(fetch)
        .service(timeline)
        .service(custody)
        .service(explain)
        .service(reveal)
        .service(progress)
        .service(open_matters)
        .service(reusable);
}

/// Matters, where a record leads to one: as a list shows them, to those who may see them.
pub static ENTRUSTMENT: Expansion = Expansion {
    schema: "EntrustmentBrief",
    show: |tx, actor, ids| named(lookup::seen(tx, actor, ids)?, |e| e.id.to_string()),
    knows: knows::<EntrustmentBrief>,
    relations: InList::RELATIONS,
};

/// What a matter in a list leads to.
pub struct InList;
impl Expands for InList {
    const RELATIONS: &'static [Relation] = &[
        Relation { name: "item", key: "/item_id", target: &ITEM },
        Relation { name: "custodian", key: "/custodian_id", target: &CENTER },
        Relation { name: "assignee", key: "/assignee_id", target: &PERSON },
    ];
}

/// What a matter leads to.
pub struct OfMatter;
impl Expands for OfMatter {
    const RELATIONS: &'static [Relation] = &[
        Relation { name: "item", key: "/item_id", target: &ITEM },
        Relation { name: "custodian", key: "/custodian/id", target: &CENTER },
        Relation { name: "intake_center", key: "/intake_center_id", target: &CENTER },
        Relation { name: "assignee", key: "/assignee_id", target: &PERSON },
        Relation { name: "first_responder", key: "/first_responder_id", target: &PERSON },
    ];
}

/// The list of entrustments.
pub struct Entrustments;
impl ListKind for Entrustments {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| State::ALL.iter().map(|v| v.code()).collect()), doc: "状态" },
        Filter { name: "open", kind: FilterKind::Flag, doc: "true 只看未结束的件，false 只看已结束的件" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "收到或发起的时间" },
        Filter { name: "mode", kind: FilterKind::Codes(|| Mode::ALL.iter().map(|v| v.code()).collect()), doc: "帮办方式" },
        Filter { name: "channel", kind: FilterKind::Codes(|| Channel::ALL.iter().map(|v| v.code()).collect()), doc: "收件渠道" },
        Filter { name: "priority", kind: FilterKind::Codes(|| Priority::ALL.iter().map(|v| v.code()).collect()), doc: "轻重缓急" },
        Filter { name: "tag", kind: FilterKind::Text(20), doc: "标签" },
        Filter { name: "item_id", kind: FilterKind::Id, doc: "事项" },
        Filter { name: "window_id", kind: FilterKind::Id, doc: "收件窗口" },
        Filter {
            name: "hand_out_state",
            kind: FilterKind::Codes(|| HandOutState::ALL.iter().map(|v| v.code()).collect()),
            doc: "结果送达的状态：待领取、待寄出的可在此筛选",
        },
        Filter { name: "item_version", kind: FilterKind::Text(10), doc: "事项的版本号" },
        Filter { name: "division_code", kind: FilterKind::Division, doc: "事项所属区划" },
        Filter { name: "applicant_id", kind: FilterKind::Id, doc: "申请人：其历次办件" },
        Filter { name: "custodian_id", kind: FilterKind::Id, doc: "责任中心" },
        Filter { name: "assignee_id", kind: FilterKind::Id, doc: "承办专员" },
        Filter { name: "project_id", kind: FilterKind::Id, doc: "所属项目" },
        Filter { name: "overdue", kind: FilterKind::Flag, doc: "true 只看已超期未结的" },
        Filter { name: "unassigned", kind: FilterKind::Flag, doc: "true 只看尚未指派的" },
        Filter { name: "watched", kind: FilterKind::Flag, doc: "true 只看本人关注的" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const NUMBERED: bool = true;
    const SEARCH: bool = true;
    const SYNC: bool = true;
}

/// The timeline as a list.
pub struct Timeline;
impl ListKind for Timeline {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询代办件（entrustments）
///
/// 只列出本人可见的件。筛选条件可重复，重复为“或”，不同条件之间为“且”；罕见的条件可能一页不满而 has_more 仍为 true，请继续翻页。sort=due_at 按时限先后；q 检索编号、事项和单位名称；updated_since 用于同步，下次传返回的 as_of。
#[utoipa::path(tag = "entrustments", operation_id = "list_entrustments", params(List<Entrustments>, Expand<InList>), responses((status = 200, description = "一页代办件", body = Page<EntrustmentBrief>)))]
#[get("/entrustments")]
async fn list(ask: Ask, asked: List<Entrustments>) -> Answer {
    ask.expanding::<InList>().list(asked.query, listing::list).await
}

/// 查看代办件（entrustment）
///
/// 路径中可用 id，也可用编号。allowed_actions 是当前登录人此刻可以进行的全部操作。
#[utoipa::path(tag = "entrustments", operation_id = "get_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100), Expand<OfMatter>), responses((status = 200, description = "代办件", body = EntrustmentView)))]
#[get("/entrustments/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfMatter>()
        .get(|tx, actor, id| {
            let loaded = super::super::load_seen(tx, actor, id)?;
            views::render(tx, actor, loaded)
        })
        .await
}

/// 办理过程（timeline）
///
/// 按时间先后列出办理经过；申请人只看到对其公开的内容。
#[utoipa::path(tag = "entrustments", operation_id = "list_entrustment_timeline", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100), List<Timeline>), responses((status = 200, description = "一页经过", body = Page<TimelineEntry>)))]
#[get("/entrustments/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<Timeline>) -> Answer {
    ask.list_of(asked.query, |tx, actor, id, q| {
        let loaded = super::super::load_seen(tx, actor, id)?;
        let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
        let rows = story::timeline(tx, actor, &loaded, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
        Ok(Page::cut(rows, q.limit, tx.vault, |t: &TimelineEntry| q.cursor_of(String::new(), t.id.to_string())))
    })
    .await
}

/// 接力链（custody chain）
///
/// 谁在何时对本件负责，首尾相接，没有空档。
#[utoipa::path(tag = "entrustments", operation_id = "get_custody_chain", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), responses((status = 200, description = "接力链", body = CustodyChain)))]
#[get("/entrustments/{id}/custody")]
async fn custody(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(|tx, actor, id| {
        let loaded = super::super::load_seen(tx, actor, id)?;
        story::custody_chain(tx, loaded.e.id)
    })
    .await
}

/// A clock, explained.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct ClockExplained {
    /// The clock.
    pub clock: ClockView,
    /// Day by day.
    #[schema(max_items = 2000)]
    pub days: Vec<ExplainedDay>,
}

/// Clocks, explained.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct ClocksExplained {
    /// Every clock of the matter.
    pub items: Vec<ClockExplained>,
    /// The present or last extension of the promised limit: once granted, its days are part of that limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
}

/// 时限说明（deadlines explained）
///
/// 逐日说明每个时限是怎样算出来的：哪天计、哪天不计、为什么。
#[utoipa::path(tag = "entrustments", operation_id = "explain_deadlines", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), responses((status = 200, description = "逐日说明", body = ClocksExplained)))]
#[get("/entrustments/{id}/deadlines")]
async fn explain(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(|tx, actor, id| {
        let loaded = super::super::load_seen(tx, actor, id)?;
        let items = crate::clocks::explained(tx, loaded.e.id)?.into_iter().map(|(clock, days)| ClockExplained { clock, days }).collect();
        let mut details = loaded.details;
        if !loaded.sight.words {
            details.hide_words();
        }
        Ok(ClocksExplained { items, extension: details.extension })
    })
    .await
}

/// 可沿用的材料（reusable materials）
///
/// 申请人在以前的件中已经核验过、与本件所需同名的材料；提交材料时以 reuse 指明即可，不必重复提交。
#[utoipa::path(tag = "entrustments", operation_id = "list_reusable_materials", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), responses((status = 200, description = "可沿用的材料", body = ReusableMaterials)))]
#[get("/entrustments/{id}/reusable-materials")]
async fn reusable(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(reuse::candidates).await
}

/// 查看完整个人信息（reveal）
///
/// 对已遮蔽的个人信息给出完整内容；须说明理由，并记入审计。申请人评价以后，经办人不再查看（403），由中心负责人查看。
#[utoipa::path(tag = "entrustments", operation_id = "reveal_entrustment", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = RevealInput, responses((status = 200, description = "完整信息", body = Revealed)))]
#[post("/entrustments/{id}/reveal")]
async fn reveal(command: Command, body: Body<RevealInput>) -> Answer {
    command.in_earnest()?.act(body, lookup::reveal).await
}

/// 各版本的在办件（open matters by version）
///
/// 供编目人员查看：某事项的在办件各按哪个版本办理；发布新版本不影响它们。
#[utoipa::path(tag = "catalogue", operation_id = "count_open_matters", params(("id" = String, Path, description = "事项 id 或编码", max_length = 100, example = "GS-320623-0001")), responses((status = 200, description = "各版本的件数", body = OpenMatters)))]
#[get("/service-items/{id}/open-matters")]
async fn open_matters(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(lookup::open_matters).await
}

/// The proof that one is the applicant.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProgressParams {
    /// 联系电话的后四位
    #[param(pattern = "^[0-9]{4}$", min_length = 4, max_length = 4, example = "1234")]
    pub phone_last4: String,
}

/// 办理进度（public progress）
///
/// 公开。凭编号和联系电话后四位查询；同一编号每小时输错五次后暂停查询。
#[utoipa::path(tag = "public", operation_id = "get_progress", security(()), params(("id" = String, Path, description = "代办件编号", max_length = 100, example = "DB-320600-20261122-000001-427"), ProgressParams),
    responses((status = 200, description = "进度", body = ProgressView)))]
#[get("/progress/{id}")]
async fn progress(request: HttpRequest, state: web::Data<http::State>, Named(id): Named, params: Params<ProgressParams>) -> Answer {
    let last4 = params.0.phone_last4;
    let found = lookup::progress(&state.db, id, last4).await.map_err(Error::into_problem)?;
    Ok(cacheable(&request, &found, 10))
}
