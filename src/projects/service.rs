//! Use cases of projects: opening, editing, who manages, and how they end.

use std::sync::OnceLock;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{
    machine::{Facts, ProjectAction as Action, ProjectState as State, decide},
    model::{CapInput, ManagerInput, NewProject, ProjectContent, ProjectDetails, ProjectReason, StageScheme, WarningLevel},
    progress,
    store::{self, Project, ProjectMatter},
    sweep,
    views::{self, ProjectView},
};
use crate::{
    access::{self, Placement, Sight},
    applicants::{self, ApplicantRow},
    auth::{
        Actor, Reachable, Role, Scope,
        policy::{self, subject},
        store as accounts,
    },
    clocks::Pause,
    db::{Error, Json, Private, Result, Tx, dialect, numbers},
    entrustments::{self, Identity},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, FieldError, Id, Moment, Problem, Target, text},
    organization::{self, Center},
    settings,
};

/// What higher rooms do in the transaction in which a project is given another manager: set by `app`.
pub static ON_MANAGER: OnceLock<fn(&mut Tx, Id) -> Result<()>> = OnceLock::new();

/// A project with what is needed to decide about it.
pub struct Opened {
    /// The record.
    pub row: Project,
    /// What people wrote.
    pub details: ProjectDetails,
    /// Which center serves it.
    pub center: Center,
    /// Its matters.
    pub matters: Vec<ProjectMatter>,
    /// How the caller sees it.
    pub sight: Sight,
}

impl Opened {
    /// What the table's guards need.
    fn facts(&self) -> Facts {
        let open = |stage: &&super::ProjectStage| !self.details.done.iter().any(|d| d.stage == **stage);
        Facts { matters: self.matters.len(), stages_open: self.row.scheme.stages().iter().filter(open).count() }
    }

    /// Exactly what this caller may do now.
    pub fn allowed(&self, actor: &Actor) -> Vec<String> {
        let near = near(&self.row, &self.center);
        let may = |a: &&Action| decide(self.row.state, self.facts(), **a).is_ok() && policy::allows(actor, "project", a.code(), &near);
        Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
    }
}

fn near<'a>(row: &Project, center: &'a Center) -> Reachable<'a> {
    Reachable { applicant: Some(row.applicant_id), assignee: row.manager_id, centers: vec![row.center_id], path: &center.path, ..Reachable::default() }
}

/// By id or number, whoever may see it.
pub fn by_reference(tx: &mut Tx, reference: &str) -> Result<Option<Project>> {
    match reference.parse::<Id>() {
        Ok(id) => store::project(tx, id),
        Err(_) => store::project_by_number(tx, &reference.to_ascii_uppercase()),
    }
}

/// A project that the caller may see.
pub fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Opened> {
    let row = by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    let sight = access::sight(tx, &Scope::of(actor, "project"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    let matters = store::matters(tx, row.id)?;
    Ok(Opened { details: row.details.open(tx.vault)?, row, center, matters, sight })
}

/// What a change tells the world.
pub struct Told {
    kind: &'static str,
    audience: Audience,
    params: Value,
    words: Option<String>,
}

impl Told {
    /// Without words of anybody.
    pub fn new(kind: &'static str, audience: Audience, params: Value) -> Self {
        Self { kind, audience, params, words: None }
    }

    /// With what a person said.
    pub fn saying(self, words: &str) -> Self {
        Self { words: Some(words.to_owned()), ..self }
    }
}

/// Writes an event of a project.
pub fn tell(tx: &mut Tx, actor: &Actor, row: &Project, told: Told) -> Result<()> {
    let kind = format!("project.{}", told.kind);
    let Told { audience, params, words, .. } = told;
    let event = NewEvent { record_kind: "project", record_id: row.id, version: row.version, kind: &kind, audience, params, words: words.as_deref() };
    events::record(tx, actor, event)
}

/// Who sees a project: its center and everything above, its manager, its investor.
pub fn place(tx: &mut Tx, row: &Project, center: &Center) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.manager_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.push((subject::applicant(row.applicant_id.as_str()), false));
    let due_at = if row.state == State::Open { row.due_at } else { Moment::NEVER };
    access::place(tx, &Placement { kind: "project", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

/// A change of a project: locked, seen (404), allowed (403), in the version asked for (412), in a state that permits it (409).
pub fn change(tx: &mut Tx, actor: &Actor, target: &Target, action: Action, edit: impl FnOnce(&mut Tx, &mut Opened) -> Result<Told>) -> Result<ProjectView> {
    let id = by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?.id;
    dialect::lock_root(tx.conn, "projects", id.as_str())?;
    let mut opened = load_seen(tx, actor, id.as_str())?;
    if !policy::allows(actor, "project", action.code(), &near(&opened.row, &opened.center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(opened.row.version)?;
    let next = decide(opened.row.state, opened.facts(), action);
    let next = next.map_err(|refusal| Problem { allowed_actions: Some(opened.allowed(actor)), ..Problem::from(refusal) })?;
    opened.row.version += 1;
    let told = edit(tx, &mut opened)?;
    let row = &mut opened.row;
    row.state = next;
    row.updated_at = tx.now;
    // What was changed may change how it stands: the worker looks at it at once.
    row.check_at = if next == State::Open { tx.now } else { Moment::NEVER };
    row.details = Private::seal(tx.vault, &opened.details)?;
    if !store::save(tx, row).map_err(|e| taken(e, ""))? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    place(tx, row, &opened.center)?;
    tell(tx, actor, row, told)?;
    if action == Action::AssignManager {
        ON_MANAGER.get().map_or(Ok(()), |hook| hook(tx, row.id))?;
    }
    views::fetch(tx, actor, id.as_str())
}

fn taken(e: Error, within: &str) -> Error {
    let zh = "该项目代码已有登记。";
    if e.is_unique() { Problem::rule(&format!("{within}/code"), "duplicate", zh, "The project code is registered already.").into() } else { e }
}

/// Opens a project.
pub fn open(tx: &mut Tx, actor: &Actor, input: &NewProject) -> Result<ProjectView> {
    let id = open_as(tx, actor, input, None)?.id;
    views::fetch(tx, actor, id.as_str())
}

/// Opens a project under a given identity, where one is given.
pub fn open_as(tx: &mut Tx, actor: &Actor, input: &NewProject, identity: Option<Identity>) -> Result<Project> {
    if !policy::may(actor, "project", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    let center = match (&input.center, actor.center_id) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => return Err(unknown().into()),
    };
    if !policy::allows(actor, "project", "create", &organization::custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    fits(&input.content, tx.now.local_date(), "/content")?;
    let applicant = investor(tx, input)?;
    let Identity { id, number } = match identity {
        Some(identity) => identity,
        None => Identity { id: Id::new(), number: numbers::next(tx, "XM", &center.division_code)? },
    };
    let scheme = input.scheme.unwrap_or(StageScheme::Five);
    let cap = settings::rules(tx, &center.path)?.project_cap;
    let mut row = Project {
        id,
        number,
        code: None,
        name: String::new(),
        folded: String::new(),
        kinds: Json::new(&Vec::new())?,
        state: State::Open,
        scheme,
        stage: scheme.stages().first().copied().unwrap_or(super::ProjectStage::Initiation),
        center_id: center.id,
        division_code: center.division_code.clone(),
        applicant_id: applicant.id,
        manager_id: None,
        investment: None,
        cap_days: i32::try_from(cap).unwrap_or(i32::MAX),
        used_days: 0,
        forecast_days: 0,
        warning: WarningLevel::None,
        warned_at: None,
        exceeded_at: None,
        due_at: Moment::NEVER,
        check_at: Moment::NEVER,
        details: Private::seal(tx.vault, &ProjectDetails::default())?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let mut details = ProjectDetails::default();
    fill(&mut row, &mut details, &input.content)?;
    row.details = Private::seal(tx.vault, &details)?;
    store::insert(tx, &row).map_err(|e| taken(e, "/content"))?;
    place(tx, &row, &center)?;
    tell(tx, actor, &row, Told::new("opened", Audience::Applicant, json!({ "number": row.number, "center": center.name })))?;
    Ok(row)
}

/// By id, or by what identifies them.
fn investor(tx: &mut Tx, input: &NewProject) -> Result<ApplicantRow> {
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
    match (input.applicant_id, &input.applicant) {
        (Some(id), None) => match applicants::store::applicant(tx, id)? {
            Some(found) => applicants::survivor(tx, found),
            None => refuse("/applicant_id", "unknown_applicant", "没有这个申请人。", "No such applicant."),
        },
        (None, Some(input)) => applicants::find_or_enter(tx, input),
        (None, None) => refuse("/applicant", "required", "请填写项目单位：applicant_id 或 applicant。", "Name the investor."),
        (Some(_), Some(_)) => refuse("/applicant", "not_both", "applicant_id 和 applicant 只填一个。", "Name the investor once."),
    }
}

/// Years from today at which a date of a plan is a slip of the pen.
const FAR: u32 = 30;

/// Rules across the fields.
fn fits(content: &ProjectContent, today: NaiveDate, within: &str) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    let mut refuse = |at: String, code: &'static str, zh: &'static str, en: &'static str| {
        wrong.push(FieldError::body(&format!("{within}{at}"), code, zh, en));
    };
    for (i, kind) in content.kinds.iter().enumerate() {
        if content.kinds.iter().take(i).any(|earlier| earlier == kind) {
            refuse(format!("/kinds/{i}"), "duplicate", "项目类别重复。", "Named twice.");
        }
    }
    let planned = [("/planned_start".to_owned(), content.planned_start), ("/planned_finish".to_owned(), content.planned_finish)];
    let milestones = content.milestones.iter().enumerate().map(|(i, m)| (format!("/milestones/{i}/due_on"), Some(m.due_on)));
    for (at, date) in planned.into_iter().chain(milestones) {
        if date.is_some_and(|date| today.years_since(date).unwrap_or(0) >= FAR || date.years_since(today).unwrap_or(0) >= FAR) {
            refuse(at, "out_of_range", "日期离今天三十年以上，请核对。", "Thirty years or more from today.");
        }
    }
    if content.planned_start.zip(content.planned_finish).is_some_and(|(start, finish)| start > finish) {
        refuse("/planned_finish".into(), "out_of_range", "计划竣工日期不能早于计划开工日期。", "Before the planned start.");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong)) }
}

fn fill(row: &mut Project, details: &mut ProjectDetails, content: &ProjectContent) -> Result<()> {
    row.code.clone_from(&content.code);
    row.name.clone_from(&content.name);
    row.folded = text::fold(&format!("{} {} {}", row.name, row.code.as_deref().unwrap_or_default(), row.number));
    row.kinds = Json::new(&content.kinds)?;
    row.investment = content.investment;
    if let Some(division) = &content.division_code {
        row.division_code.clone_from(division);
    }
    details.site.clone_from(&content.site);
    details.supporting_unit.clone_from(&content.supporting_unit);
    details.milestones.clone_from(&content.milestones);
    (details.planned_start, details.planned_finish) = (content.planned_start, content.planned_finish);
    Ok(())
}

/// Changes what it is: all of it.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &ProjectContent) -> Result<ProjectView> {
    change(tx, actor, target, Action::Edit, |tx, opened| {
        fits(input, tx.now.local_date(), "")?;
        let renamed = opened.row.name != input.name;
        fill(&mut opened.row, &mut opened.details, input)?;
        if renamed {
            renew_matters(tx, opened)?;
        }
        Ok(Told::new("edited", Audience::Staff, json!({ "number": opened.row.number })))
    })
}

/// The matters bear the project's name and its manager.
fn renew_matters(tx: &mut Tx, opened: &Opened) -> Result<()> {
    opened.matters.iter().try_for_each(|m| entrustments::renew_project(tx, m.entrustment_id, &opened.row.name, opened.row.manager_id))
}

/// Names who manages it.
pub fn assign_manager(tx: &mut Tx, actor: &Actor, target: &Target, input: &ManagerInput) -> Result<ProjectView> {
    change(tx, actor, target, Action::AssignManager, |tx, opened| {
        let id = input.manager_id;
        let mut holds = false;
        for node in opened.center.lineage() {
            holds |= accounts::holders(tx, Role::ProjectManager, node)?.contains(&id);
        }
        if !holds || accounts::user(tx, id)?.is_none_or(|u| u.status != "active") {
            let zh = "该人员不是本中心或上级中心在岗的项目服务经理。";
            return Err(Problem::rule("/manager_id", "not_a_project_manager_here", zh, "Not a project manager of the center or of one above it.").into());
        }
        let from = opened.row.manager_id.replace(id);
        renew_matters(tx, opened)?;
        let params = json!({ "number": opened.row.number, "manager_id": id, "from_id": from });
        Ok(Told::new("manager_assigned", Audience::Applicant, params))
    })
}

/// Sets another cap; what was raised for the old one and has not come for the new one may be raised again.
pub fn change_cap(tx: &mut Tx, actor: &Actor, target: &Target, input: &CapInput) -> Result<ProjectView> {
    change(tx, actor, target, Action::ChangeCap, |tx, opened| {
        let from = std::mem::replace(&mut opened.row.cap_days, i32::try_from(input.cap_days).unwrap_or(i32::MAX));
        opened.details.cap_reason = Some(input.reason.clone());
        let state = opened.row.state;
        count(tx, opened, state)?;
        if opened.row.warning == WarningLevel::None {
            opened.row.warned_at = None;
        }
        if opened.row.warning != WarningLevel::Exceeded {
            opened.row.exceeded_at = None;
        }
        let params = json!({ "number": opened.row.number, "from": from, "to": opened.row.cap_days });
        Ok(Told::new("cap_changed", Audience::Staff, params).saying(&input.reason))
    })
}

/// The project as a whole stands still: its days are not counted.
pub fn suspend(tx: &mut Tx, actor: &Actor, target: &Target, input: &ProjectReason) -> Result<ProjectView> {
    change(tx, actor, target, Action::Suspend, |tx, opened| {
        opened.details.suspensions.push(Pause { from: tx.now.utc(), to: None });
        opened.details.suspended_for = Some(input.reason.clone());
        count(tx, opened, State::Suspended)?;
        Ok(Told::new("suspended", Audience::Applicant, json!({ "number": opened.row.number })).saying(&input.reason))
    })
}

/// It goes on.
pub fn resume(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ProjectView> {
    change(tx, actor, target, Action::Resume, |tx, opened| {
        if let Some(last) = opened.details.suspensions.last_mut() {
            last.to = Some(tx.now.utc());
        }
        opened.details.suspended_for = None;
        Ok(Told::new("resumed", Audience::Applicant, json!({ "number": opened.row.number })))
    })
}

/// Every stage is done: the days it took are its result.
pub fn complete(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ProjectView> {
    change(tx, actor, target, Action::Complete, |tx, opened| {
        end(tx, opened)?;
        let params = json!({ "number": opened.row.number, "used": opened.row.used_days, "cap": opened.row.cap_days });
        Ok(Told::new("completed", Audience::Applicant, params))
    })
}

/// The project is given up; its matters go on by themselves.
pub fn cancel(tx: &mut Tx, actor: &Actor, target: &Target, input: &ProjectReason) -> Result<ProjectView> {
    change(tx, actor, target, Action::Cancel, |tx, opened| {
        opened.details.cancelled_for = Some(input.reason.clone());
        end(tx, opened)?;
        Ok(Told::new("cancelled", Audience::Applicant, json!({ "number": opened.row.number })).saying(&input.reason))
    })
}

/// Counts for the last time: nothing is expected any more.
fn end(tx: &mut Tx, opened: &mut Opened) -> Result<()> {
    opened.details.ended_at = Some(tx.now);
    count(tx, opened, State::Completed)
}

/// Counts a project as it stands in a state; what is not open any more is not looked at again.
fn count(tx: &mut Tx, opened: &mut Opened, state: State) -> Result<()> {
    let standing = progress::standing(tx, &Project { state, ..opened.row.clone() }, &opened.details)?;
    sweep::take(&mut opened.row, &standing);
    Ok(())
}
