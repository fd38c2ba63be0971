//! Matters in stages: which belong to a project, and when a stage is done.

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    machine::ProjectAction as Action,
    model::{ProjectStage, StageDone},
    service::{Opened, Told, change},
    store::{self, ProjectMatter},
    views::ProjectView,
};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    entrustments::{self, Entrustment, ProjectMark},
    events::Audience,
    kernel::{Code as _, Id, Problem, Target},
    organization,
};

/// A matter, and the stage that it belongs to.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachInput {
    /// Matter of the investor: id or number; one that the caller sees, or, for who manages the project, one held at the project's
    /// center or below it.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "DB-320623-20260105-000045-145")]
    pub entrustment: String,
    /// A stage of the project's scheme.
    pub stage: ProjectStage,
}

/// A matter that belongs to the project no longer.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DetachInput {
    /// Matter of the project: id or number.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "DB-320623-20260105-000045-145")]
    pub entrustment: String,
    /// Why.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "该件不属于本项目")]
    pub reason: String,
}

/// A stage that is done.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageCompletion {
    /// Which.
    pub stage: ProjectStage,
    /// On which day; absent: today.
    #[serde(default, deserialize_with = "crate::kernel::date::optional")]
    #[schema(example = "2026-03-02")]
    pub completed_on: Option<NaiveDate>,
    /// Why before a stage that comes first; needed then.
    #[serde(default)]
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: Option<String>,
}

const MOST: usize = 200;

fn refuse<T>(at: &str, code: &'static str, zh: impl Into<std::borrow::Cow<'static, str>>, en: &'static str) -> Result<T> {
    Err(Problem::rule(at, code, zh, en).into())
}

/// A stage of the project that is not done.
fn open_stage(opened: &Opened, stage: ProjectStage) -> Result<()> {
    if !opened.row.scheme.stages().contains(&stage) {
        let own: Vec<&str> = opened.row.scheme.stages().iter().map(|s| s.label()).collect();
        return refuse("/stage", "unknown_stage", format!("本项目的阶段为：{}。", own.join("、")), "No stage of this project.");
    }
    if opened.details.done.iter().any(|d| d.stage == stage) {
        return refuse("/stage", "stage_done", format!("“{}”阶段已经完成。", stage.label()), "The stage is done.");
    }
    Ok(())
}

/// The matter to take in: one that the caller sees. Whoever manages the project names by its number any of the investor's
/// that is held at the project's center or below it, and so comes to see it.
fn to_attach(tx: &mut Tx, actor: &Actor, opened: &Opened, reference: &str) -> Result<Entrustment> {
    match entrustments::load_seen(tx, actor, reference) {
        Err(Error::Refused(_)) => {}
        other => return Ok(other?.e),
    }
    if let Some(matter) = entrustments::by_reference(tx, reference)?.filter(|m| m.applicant_id == opened.row.applicant_id) {
        let custodian = organization::load(tx, matter.custodian_id)?;
        if opened.row.manager_id.is_some_and(|id| actor.answers_for(id)) && custodian.path.starts_with(&opened.center.path) {
            return Ok(matter);
        }
    }
    refuse("/entrustment", "unknown_matter", "没有这件，或者不在您的可见范围内。", "No matter that you see.")
}

/// Takes a matter of the investor into a stage, or into another stage.
pub fn attach(tx: &mut Tx, actor: &Actor, target: &Target, input: &AttachInput) -> Result<ProjectView> {
    change(tx, actor, target, Action::Attach, |tx, opened| {
        open_stage(opened, input.stage)?;
        let matter = to_attach(tx, actor, opened, &input.entrustment)?;
        if matter.applicant_id != opened.row.applicant_id {
            return refuse("/entrustment", "other_applicant", "该件的申请人不是本项目的项目单位。", "A matter of another applicant.");
        }
        if opened.matters.len() >= MOST {
            return refuse("/entrustment", "too_many", "一个项目最多 200 件。", "At most 200 matters.");
        }
        match store::project_of(tx, matter.id)? {
            Some(there) if there.project_id != opened.row.id => {
                return refuse("/entrustment", "in_another_project", "该件已纳入另一个项目。", "The matter belongs to another project.");
            }
            Some(there) if there.stage == input.stage => {
                return refuse("/entrustment", "attached_already", "该件已在这个阶段中。", "The matter is in this stage already.");
            }
            Some(there) => {
                // What a stage was done with stays in it.
                if opened.details.done.iter().any(|d| d.stage == there.stage) {
                    return refuse("/entrustment", "stage_done", "该件所在的阶段已经完成。", "Its stage is done.");
                }
                store::detach(tx, matter.id)?;
            }
            None => {}
        }
        store::attach(tx, &ProjectMatter { entrustment_id: matter.id, project_id: opened.row.id, stage: input.stage, attached_at: tx.now })?;
        let mark = ProjectMark {
            id: opened.row.id,
            number: opened.row.number.clone(),
            name: opened.row.name.clone(),
            stage: input.stage.code().into(),
            stage_label: input.stage.label().into(),
            manager_id: opened.row.manager_id,
        };
        entrustments::mark_project(tx, actor, matter.id, Some(mark))?;
        Ok(Told::new("attached", Audience::Applicant, params(opened, &matter.number, input.stage)))
    })
}

fn params(opened: &Opened, matter: &str, stage: ProjectStage) -> serde_json::Value {
    json!({ "number": opened.row.number, "entrustment": matter, "stage": stage.label() })
}

/// Lets a matter go that does not belong here; its days are counted no longer.
pub fn detach(tx: &mut Tx, actor: &Actor, target: &Target, input: &DetachInput) -> Result<ProjectView> {
    change(tx, actor, target, Action::Detach, |tx, opened| {
        let unknown = || Problem::rule("/entrustment", "not_attached", "该件不在本项目中。", "Not a matter of this project.");
        let matter = entrustments::by_reference(tx, &input.entrustment)?.ok_or_else(unknown)?;
        let there = opened.matters.iter().find(|m| m.entrustment_id == matter.id).ok_or_else(unknown)?;
        let stage = there.stage;
        if opened.details.done.iter().any(|d| d.stage == stage) {
            return refuse("/entrustment", "stage_done", "该件所在的阶段已经完成，不能移出。", "Its stage is done.");
        }
        store::detach(tx, matter.id)?;
        entrustments::mark_project(tx, actor, matter.id, None)?;
        Ok(Told::new("detached", Audience::Applicant, params(opened, &matter.number, stage)).saying(&input.reason))
    })
}

/// Without a reason, the stages before it are done, and none of them later.
fn in_order(opened: &Opened, input: &StageCompletion, on: NaiveDate) -> Result<()> {
    let before = || opened.row.scheme.stages().iter().take_while(|stage| **stage != input.stage);
    let done = |stage: &ProjectStage| opened.details.done.iter().find(|d| d.stage == *stage);
    let skipped: Vec<&str> = before().filter(|stage| done(stage).is_none()).map(|stage| stage.label()).collect();
    if !skipped.is_empty() {
        let zh = format!("前面的阶段尚未完成：{}；先完成本阶段须说明理由。", skipped.join("、"));
        return refuse("/reason", "out_of_order", zh, "Stages before it are open: say why.");
    }
    if let Some(later) = before().filter_map(done).find(|earlier| earlier.on > on) {
        let zh = format!("前面的“{}”阶段于{}完成，本阶段的完成日期不能更早；确系先行完成的须说明理由。", later.stage.label(), later.on);
        return refuse("/completed_on", "before_previous_stage", zh, "Before a stage that it follows: say why.");
    }
    Ok(())
}

/// Marks a stage done: its matters have ended, and no stage before it is open, unless a reason is given.
pub fn complete_stage(tx: &mut Tx, actor: &Actor, target: &Target, input: &StageCompletion) -> Result<ProjectView> {
    change(tx, actor, target, Action::CompleteStage, |tx, opened| {
        open_stage(opened, input.stage)?;
        let ids: Vec<Id> = opened.matters.iter().filter(|m| m.stage == input.stage).map(|m| m.entrustment_id).collect();
        let open = entrustments::store::entrustments_by_id(tx, &ids)?.iter().filter(|e| !e.state.is_final()).count();
        if open > 0 {
            return refuse("/stage", "matters_open", format!("该阶段还有 {open} 件没有结束。"), "Matters of this stage are open.");
        }
        let on = input.completed_on.unwrap_or(tx.now.local_date());
        if on > tx.now.local_date() {
            return refuse("/completed_on", "in_future", "完成日期不能晚于今天。", "Later than today.");
        }
        let registered = opened.row.created_at.local_date();
        if on < registered {
            let zh = format!("完成日期不能早于项目登记的日期（{registered}）。");
            return refuse("/completed_on", "before_project", zh, "Before the project was opened.");
        }
        let stages = opened.row.scheme.stages();
        if input.reason.is_none() {
            in_order(opened, input, on)?;
        }
        opened.details.done.push(StageDone { stage: input.stage, on, reason: input.reason.clone() });
        let first = stages.iter().find(|s| !opened.details.done.iter().any(|d| d.stage == **s));
        opened.row.stage = first.or(stages.last()).copied().unwrap_or(input.stage);
        let params = json!({ "number": opened.row.number, "stage": input.stage.label(), "on": on });
        Ok(Told::new("stage_completed", Audience::Applicant, params).saying(input.reason.as_deref().unwrap_or_default()))
    })
}
