//! Projects over HTTP.

use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::ProjectState,
    model::{CapInput, ManagerInput, NewProject, ProjectContent, ProjectKind, ProjectReason, ProjectStage},
    progress::ProjectProgress,
    service,
    staging::{self, AttachInput, DetachInput, StageCompletion},
    views::{self, ProjectBrief, ProjectEvent, ProjectMatters, ProjectView},
};
use crate::{
    http::{Answer, Ask, Body, Command, Empty, Expand, Expands, Filter, FilterKind, List, ListKind, Nothing, Params, Relation},
    kernel::{Code, Page},
    organization::api::CENTER,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list).service(open).service(fetch).service(edit).service(timeline).service(matters).service(progress);
    cfg.service(assign_manager).service(attach).service(detach).service(complete_stage).service(change_cap);
    cfg.service(suspend).service(resume).service(complete).service(cancel);
}

/// What a project leads to.
pub struct OfProject;
impl Expands for OfProject {
    const RELATIONS: &'static [Relation] = &[Relation { name: "center", key: "/center_id", target: &CENTER }];
}

/// The list of projects.
pub struct Projects;
impl ListKind for Projects {
    const FILTERS: &'static [Filter] = &[
        Filter { name: "state", kind: FilterKind::Codes(|| ProjectState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" },
        Filter { name: "kind", kind: FilterKind::Codes(|| ProjectKind::ALL.iter().map(|k| k.code()).collect()), doc: "类别" },
        Filter {
            name: "stage", kind: FilterKind::Codes(|| ProjectStage::ALL.iter().map(|s| s.code()).collect()), doc: "当前阶段：第一个未完成的阶段"
        },
        Filter { name: "center_id", kind: FilterKind::Id, doc: "服务中心" },
        Filter { name: "manager_id", kind: FilterKind::Id, doc: "项目服务经理" },
        Filter { name: "applicant_id", kind: FilterKind::Id, doc: "项目单位" },
        Filter { name: "division_code", kind: FilterKind::Division, doc: "建设地点的区划" },
        Filter { name: "warning", kind: FilterKind::Flag, doc: "true 只看预警和超期的" },
        Filter { name: "created_at", kind: FilterKind::Moments, doc: "登记的时间" },
    ];
    const SORTS: &'static [&'static str] = &["created_at", "due_at"];
    const SEARCH: bool = true;
    const SYNC: bool = true;
}

/// The timeline as a list.
pub struct ProjectTimeline;
impl ListKind for ProjectTimeline {
    const FILTERS: &'static [Filter] = &[];
    const SORTS: &'static [&'static str] = &[];
}

/// 查询项目（projects）
///
/// 列出本人可见的项目；q 检索名称、项目代码和编号；sort=due_at 按总时限将到的先后。
#[utoipa::path(tag = "projects", operation_id = "list_projects", params(List<Projects>, Expand<OfProject>), responses((status = 200, description = "一页项目", body = Page<ProjectBrief>)))]
#[get("/projects")]
async fn list(ask: Ask, asked: List<Projects>) -> Answer {
    ask.expanding::<OfProject>().list(asked.query, views::list).await
}

/// 登记项目（open project）
///
/// 由服务中心登记投资或建设项目；审批总时限按登记时的设置（默认 120 个工作日）。国家项目代码填写时校验，本地代码照录。
#[utoipa::path(tag = "projects", operation_id = "open_project", request_body = NewProject, responses((status = 201, description = "项目", body = ProjectView)))]
#[post("/projects")]
async fn open(command: Command, body: Body<NewProject>) -> Answer {
    command.create("/api/v1/projects", body, |tx, actor, _, input| service::open(tx, actor, input)).await
}

/// 查看项目（project）
///
/// 路径中可用 id，也可用编号。用时为最近一次统计；progress 即时统计。
#[utoipa::path(tag = "projects", operation_id = "get_project", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100), Expand<OfProject>), responses((status = 200, description = "项目", body = ProjectView)))]
#[get("/projects/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.expanding::<OfProject>().get(views::fetch).await
}

/// 项目经过（timeline）
///
/// 按时间先后列出；预警和内部调整只对工作人员公开。
#[utoipa::path(tag = "projects", operation_id = "list_project_timeline", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100), List<ProjectTimeline>), responses((status = 200, description = "一页经过", body = Page<ProjectEvent>)))]
#[get("/projects/{id}/timeline")]
async fn timeline(ask: Ask, asked: List<ProjectTimeline>) -> Answer {
    ask.list_of(asked.query, views::timeline).await
}

/// 项目的办件（matters）
///
/// 按阶段列出；只列出本人可见的件，其余只给件数。
#[utoipa::path(tag = "projects", operation_id = "list_project_matters", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), responses((status = 200, description = "各阶段的件", body = ProjectMatters)))]
#[get("/projects/{id}/matters")]
async fn matters(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(views::matters).await
}

/// 用时与预测（progress）
///
/// 即时统计：已用工作日（部门受理之后、扣除特别程序和中止，并行的只计一次）、各阶段用时及其来源、预计总用时、预计完成日期和预警。
#[utoipa::path(tag = "projects", operation_id = "get_project_progress", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), responses((status = 200, description = "用时与预测", body = ProjectProgress)))]
#[get("/projects/{id}/progress")]
async fn progress(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(views::counted).await
}

/// 修改项目（edit project）
///
/// 提交的就是全部可修改的内容；阶段、项目单位和服务中心不在其中。
#[utoipa::path(tag = "projects", operation_id = "edit_project", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = ProjectContent, responses((status = 200, description = "项目", body = ProjectView)))]
#[put("/projects/{id}")]
async fn edit(command: Command, body: Body<ProjectContent>) -> Answer {
    command.conditional()?.act(body, service::edit).await
}

/// 指派项目服务经理（assign manager）
///
/// 由中心负责人指派或改派；须是本中心或上级中心的项目服务经理。
#[utoipa::path(tag = "projects", operation_id = "assign_project_manager", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = ManagerInput, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/assign-manager")]
async fn assign_manager(command: Command, body: Body<ManagerInput>) -> Answer {
    command.act(body, service::assign_manager).await
}

/// 纳入办件（attach）
///
/// 把项目单位的一件代办件纳入某个阶段；已在本项目其他阶段的改到该阶段。一件只属于一个项目。
#[utoipa::path(tag = "projects", operation_id = "attach_to_project", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = AttachInput, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/attach")]
async fn attach(command: Command, body: Body<AttachInput>) -> Answer {
    command.act(body, staging::attach).await
}

/// 移出办件（detach）
///
/// 说明理由移出；其用时不再计入项目。已完成阶段的件不能移出。
#[utoipa::path(tag = "projects", operation_id = "detach_from_project", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = DetachInput, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/detach")]
async fn detach(command: Command, body: Body<DetachInput>) -> Answer {
    command.act(body, staging::detach).await
}

/// 完成阶段（complete stage）
///
/// 该阶段的件全部结束后登记完成日期；前面的阶段尚未完成的须说明理由。
#[utoipa::path(tag = "projects", operation_id = "complete_project_stage", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = StageCompletion, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/complete-stage")]
async fn complete_stage(command: Command, body: Body<StageCompletion>) -> Answer {
    command.act(body, staging::complete_stage).await
}

/// 中止项目（suspend）
///
/// 由中心负责人说明理由中止；期间不计时，各件照常办理。
#[utoipa::path(tag = "projects", operation_id = "suspend_project", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = ProjectReason, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/suspend")]
async fn suspend(command: Command, body: Body<ProjectReason>) -> Answer {
    command.act(body, service::suspend).await
}

/// 恢复项目（resume）
///
/// 中止的项目恢复推进，继续计时。
#[utoipa::path(tag = "projects", operation_id = "resume_project", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/resume")]
async fn resume(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::resume(tx, actor, target)).await
}

/// 办结项目（complete）
///
/// 各阶段全部完成后办结，并确定审批用时。
#[utoipa::path(tag = "projects", operation_id = "complete_project", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = Empty, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/complete")]
async fn complete(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::complete(tx, actor, target)).await
}

/// 取消项目（cancel）
///
/// 说明理由取消；已纳入的件照常办理。
#[utoipa::path(tag = "projects", operation_id = "cancel_project", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = ProjectReason, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/cancel")]
async fn cancel(command: Command, body: Body<ProjectReason>) -> Answer {
    command.act(body, service::cancel).await
}

/// 调整总时限（change cap）
///
/// 由中心负责人说明理由调整本项目的审批总时限（工作日），并按新的总时限重新判断预警。
#[utoipa::path(tag = "projects", operation_id = "change_project_cap", params(("id" = String, Path, description = "项目 id 或编号", max_length = 100)), request_body = CapInput, responses((status = 200, description = "项目", body = ProjectView)))]
#[post("/projects/{id}/change-cap")]
async fn change_cap(command: Command, body: Body<CapInput>) -> Answer {
    command.act(body, service::change_cap).await
}
