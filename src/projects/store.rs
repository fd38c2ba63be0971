//! SQL of projects.

use diesel::prelude::*;

use super::{
    machine::ProjectState,
    model::{ProjectDetails, ProjectKind, ProjectStage, StageScheme, WarningLevel},
};
use crate::{
    db::{
        Json, Private, Result, Tx,
        schema::{project_matters, projects},
    },
    kernel::{Id, Moment},
};

/// A project.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = projects, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Project {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Project code, unique where given.
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// Folded name, code and number, for `q`.
    pub folded: String,
    /// What makes it matter.
    pub kinds: Json<Vec<ProjectKind>>,
    /// State.
    pub state: ProjectState,
    /// By which stages.
    pub scheme: StageScheme,
    /// The first stage that is not done; the last one when all are.
    pub stage: ProjectStage,
    /// Which center serves it.
    pub center_id: Id,
    /// Where it is built.
    pub division_code: String,
    /// Investor.
    pub applicant_id: Id,
    /// Who manages it.
    pub manager_id: Option<Id>,
    /// In 10,000 yuan.
    pub investment: Option<i64>,
    /// Working days that all stages may take.
    pub cap_days: i32,
    /// Working days used, when last looked at.
    pub used_days: i32,
    /// Working days expected in all, when last looked at.
    pub forecast_days: i32,
    /// How it stood to its cap, when last looked at.
    pub warning: WarningLevel,
    /// When the warning was raised.
    pub warned_at: Option<Moment>,
    /// When it was raised that the cap is passed.
    pub exceeded_at: Option<Moment>,
    /// When the cap is used up if the authorities go on without a break.
    pub due_at: Moment,
    /// When to look at it next.
    pub check_at: Moment,
    /// What people wrote.
    pub details: Private<ProjectDetails>,
    /// Version.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A matter of a project.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = project_matters, treat_none_as_default_value = false)]
pub struct ProjectMatter {
    /// Which matter; it belongs to one project.
    pub entrustment_id: Id,
    /// Which project.
    pub project_id: Id,
    /// In which stage.
    pub stage: ProjectStage,
    /// Since when.
    pub attached_at: Moment,
}

/// By id.
pub fn project(tx: &mut Tx, id: Id) -> Result<Option<Project>> {
    Ok(projects::table.filter(projects::id.eq(id)).select(Project::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn project_by_number(tx: &mut Tx, number: &str) -> Result<Option<Project>> {
    Ok(projects::table.filter(projects::number.eq(number)).select(Project::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn projects_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Project>> {
    Ok(projects::table.filter(projects::id.eq_any(ids.to_vec())).select(Project::as_select()).load(tx.conn)?)
}

/// A new project.
pub fn insert(tx: &mut Tx, row: &Project) -> Result<()> {
    diesel::insert_into(projects::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a project whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Project) -> Result<bool> {
    let changed =
        diesel::update(projects::table.filter(projects::id.eq(row.id)).filter(projects::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)?;
    Ok(changed == 1)
}

/// When to look at a project next; its readers see no change.
pub fn look_at(tx: &mut Tx, id: Id, at: Moment) -> Result<()> {
    diesel::update(projects::table.filter(projects::id.eq(id))).set(projects::check_at.eq(at)).execute(tx.conn)?;
    Ok(())
}

/// Looks at a project no later than now.
pub fn look_now(tx: &mut Tx, id: Id) -> Result<()> {
    let now = tx.now;
    diesel::update(projects::table.filter(projects::id.eq(id)).filter(projects::check_at.gt(now))).set(projects::check_at.eq(now)).execute(tx.conn)?;
    Ok(())
}

/// Open projects that are to be looked at.
pub fn to_look_at(tx: &mut Tx, limit: i64) -> Result<Vec<Id>> {
    let rows = projects::table.filter(projects::state.eq(ProjectState::Open)).filter(projects::check_at.le(tx.now));
    Ok(rows.order((projects::check_at.asc(), projects::id.asc())).limit(limit).select(projects::id).load(tx.conn)?)
}

/// The matters of a project.
pub fn matters(tx: &mut Tx, project: Id) -> Result<Vec<ProjectMatter>> {
    let rows = project_matters::table.filter(project_matters::project_id.eq(project)).order(project_matters::entrustment_id.asc());
    Ok(rows.select(ProjectMatter::as_select()).load(tx.conn)?)
}

/// To which project a matter belongs.
pub fn project_of(tx: &mut Tx, matter: Id) -> Result<Option<ProjectMatter>> {
    Ok(project_matters::table.find(matter).select(ProjectMatter::as_select()).first(tx.conn).optional()?)
}

/// A matter belongs to a project from now on.
pub fn attach(tx: &mut Tx, row: &ProjectMatter) -> Result<()> {
    diesel::insert_into(project_matters::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// A matter belongs to it no longer.
pub fn detach(tx: &mut Tx, matter: Id) -> Result<()> {
    diesel::delete(project_matters::table.find(matter)).execute(tx.conn)?;
    Ok(())
}

/// The projects of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(projects::table.filter(projects::applicant_id.eq(from))).set(projects::applicant_id.eq(to)).execute(tx.conn)?;
    Ok(())
}
