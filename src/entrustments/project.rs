//! The door to `projects`: what a matter knows of the project it belongs to, and what the authorities' steps of many
//! matters say about time.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    facts::Details,
    load::{self, Told, load_locked, save},
    machine::{State, StepAct},
    plan::limit_of,
    standing::Plan,
    store::{self, StepRow},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind, Limit, Pause},
    db::{Error, Private, Result, Tx},
    events::Audience,
    kernel::{Id, Moment},
};

/// What a project does in the transaction in which one of its matters changes: set by `app`.
pub static ON_PROJECT: OnceLock<fn(&mut Tx, Id) -> Result<()>> = OnceLock::new();

/// The project that a matter belongs to, as the matter knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectMark {
    /// Which.
    pub id: Id,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Code of the stage that the matter belongs to.
    pub stage: String,
    /// The stage in Chinese.
    pub stage_label: String,
    /// Who manages it: they follow the matter, masked.
    pub manager_id: Option<Id>,
}

/// The project that a matter belongs to, as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MatterProject {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "XM-320623-20261122-000001-427")]
    pub number: String,
    /// Name.
    pub name: String,
    /// Code of the stage.
    #[schema(example = "construction_permit")]
    pub stage: String,
    /// In Chinese.
    #[schema(example = "施工许可")]
    pub stage_label: String,
}

impl From<ProjectMark> for MatterProject {
    fn from(mark: ProjectMark) -> Self {
        Self { id: mark.id, number: mark.number, name: mark.name, stage: mark.stage, stage_label: mark.stage_label }
    }
}

/// Notes that a matter belongs to a project from now on, or no longer, and tells its readers.
pub fn mark_project(tx: &mut Tx, actor: &Actor, id: Id, mark: Option<ProjectMark>) -> Result<()> {
    let mut loaded = load_locked(tx, id)?;
    let before = std::mem::replace(&mut loaded.details.project, mark);
    let told = match (&loaded.details.project, before) {
        (Some(now), _) => Told::new("project_attached", Audience::Applicant, json!({ "project": now.number, "stage": now.stage_label })),
        (None, Some(was)) => Told::new("project_detached", Audience::Applicant, json!({ "project": was.number, "stage": was.stage_label })),
        (None, None) => return Ok(()),
    };
    save(tx, actor, &mut loaded, told)
}

/// The project has another name or manager: its matter follows, and nobody need be told.
pub fn renew_project(tx: &mut Tx, id: Id, name: &str, manager_id: Option<Id>) -> Result<()> {
    let mut loaded = load_locked(tx, id)?;
    let Some(mark) = &mut loaded.details.project else { return Ok(()) };
    name.clone_into(&mut mark.name);
    mark.manager_id = manager_id;
    loaded.e.facts = Private::seal(tx.vault, &loaded.details)?;
    loaded.e.version += 1;
    loaded.e.updated_at = tx.now;
    if !store::save(tx, &loaded.e)? {
        return Err(Error::Contended);
    }
    load::place(tx, &loaded)
}

/// Tells the project of a matter that the matter has changed.
pub(super) fn follow(tx: &mut Tx, details: &Details) -> Result<()> {
    match (&details.project, ON_PROJECT.get()) {
        (Some(mark), Some(hook)) => hook(tx, mark.id),
        _ => Ok(()),
    }
}

/// A matter, and the time that authorities take with it.
pub struct AuthorityTime {
    /// Which matter.
    pub id: Id,
    /// Its number.
    pub number: String,
    /// Its state.
    pub state: State,
    /// Its steps in order.
    pub steps: Vec<AuthorityStep>,
}

/// A step, and the time that its authority takes.
pub struct AuthorityStep {
    /// Unique within the plan.
    pub code: String,
    /// What is done.
    pub name: String,
    /// By whom.
    pub department: String,
    /// In what time, extended where the authority has extended it.
    pub limit: Limit,
    /// Steps before.
    pub depends_on: Vec<String>,
    /// When the authority accepted.
    pub accepted_at: Option<Moment>,
    /// When it decided, or when the matter ended without its decision.
    pub ended_at: Option<Moment>,
    /// When it did not count: special procedures, and suspensions of the matter.
    pub pauses: Vec<Pause>,
    /// It is still to be decided.
    pub open: bool,
}

/// The time that authorities take with these matters, in four queries however many they are.
pub fn authority_time(tx: &mut Tx, ids: &[Id]) -> Result<Vec<AuthorityTime>> {
    let matters = store::entrustments_by_id(tx, ids)?;
    let mut rows = store::steps_of(tx, ids)?;
    let limits = clocks::of_kinds(tx, ids, &[ClockKind::Suspension, ClockKind::StepPromise])?;
    let mut all = Vec::with_capacity(matters.len());
    for e in matters {
        let mine: Vec<StepRow> = rows.extract_if(.., |row| row.entrustment_id == e.id).collect();
        let plan = Plan::unstaffed(tx, mine)?;
        let failed = plan.failed();
        let suspended = limits.iter().filter(|c| c.record_id == e.id && c.kind == ClockKind::Suspension);
        let suspensions: Vec<Pause> = suspended.map(|c| Pause { from: c.started_at.utc(), to: c.stopped_at.map(Moment::utc) }).collect();
        let step = |(row, record): (StepRow, super::recorded::StepRecord)| {
            let mut pauses = suspensions.clone();
            for entry in &record.history {
                match (entry.act, pauses.last_mut()) {
                    (StepAct::EnterSpecial, _) => pauses.push(Pause { from: entry.at.utc(), to: None }),
                    (StepAct::LeaveSpecial, Some(special)) => special.to = Some(entry.at.utc()),
                    _ => {}
                }
            }
            let clock = record.clock_id.and_then(|id| limits.iter().find(|c| c.id == id));
            AuthorityStep {
                limit: clock.map_or_else(|| limit_of(&row), clocks::store::ClockRow::limit),
                // Nobody waits for what comes after a refusal.
                open: !e.state.is_final() && !row.state.has_ended() && (!failed || row.state.is_under_way()),
                code: row.code,
                name: row.name,
                department: row.department,
                depends_on: record.depends_on,
                accepted_at: record.accepted_at,
                ended_at: record.decided_at.or(e.closed_at),
                pauses,
            }
        };
        all.push(AuthorityTime { id: e.id, number: e.number, state: e.state, steps: plan.steps.into_iter().map(step).collect() });
    }
    Ok(all)
}
