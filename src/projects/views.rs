//! How projects are answered: whole, brief in lists, their matters and what happened.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    machine::ProjectState as State,
    model::{ProjectKind, ProjectMilestone, ProjectStage, StageScheme, StageState, WarningLevel},
    narrative,
    progress::{self, ProjectProgress, StageStanding},
    service::{Opened, load_seen},
    store::{self, Project},
    sweep,
};
use crate::{
    access::{self, Sieve},
    applicants::{self, Applicant},
    auth::{Actor, Scope, policy::subject},
    db::{Error, Result, Tx},
    entrustments::{self, EntrustmentBrief},
    events::{Audience, store as log},
    kernel::{Code as _, Id, ListQuery, Moment, Page, text},
    organization,
};

/// A stage as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StageView {
    /// Which.
    pub stage: ProjectStage,
    /// In Chinese.
    pub stage_label: String,
    /// How far it is.
    pub state: StageState,
    /// In Chinese.
    pub state_label: String,
    /// Matters that belong to it.
    pub matters: usize,
    /// The day on which it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_on: Option<NaiveDate>,
    /// Why before a stage that comes first; the staff's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a list and a single project show alike: no personal data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProjectOutline {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "XM-320623-20261122-000001-427")]
    pub number: String,
    /// Project code 项目代码.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// What makes it matter.
    pub kinds: Vec<ProjectKind>,
    /// Investment in 10,000 yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub investment: Option<i64>,
    /// The division it is built in.
    pub division_code: String,
    /// Which center serves it.
    pub center_id: Id,
    /// Who manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager_id: Option<Id>,
    /// The first stage that is not done; the last one when all are.
    pub stage: ProjectStage,
    /// In Chinese.
    pub stage_label: String,
    /// Working days that all stages may take together.
    pub cap_days: i32,
    /// Working days used.
    pub used_days: i32,
    /// Working days expected in all.
    pub forecast_days: i32,
    /// How it stands to its cap.
    pub warning: WarningLevel,
    /// In Chinese.
    pub warning_label: String,
    /// When the cap is used up if the authorities go on without a break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

impl ProjectOutline {
    fn of(row: Project) -> Result<Self> {
        Ok(Self {
            id: row.id,
            number: row.number,
            code: row.code,
            name: row.name,
            state: row.state,
            state_label: row.state.label().into(),
            kinds: row.kinds.get()?,
            investment: row.investment,
            division_code: row.division_code,
            center_id: row.center_id,
            manager_id: row.manager_id,
            stage: row.stage,
            stage_label: row.stage.label().into(),
            cap_days: row.cap_days,
            used_days: row.used_days,
            forecast_days: row.forecast_days,
            warning: row.warning,
            warning_label: row.warning.label().into(),
            due_at: row.due_at.known(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A project in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProjectBrief {
    /// What it is, and how it stands.
    #[serde(flatten)]
    pub outline: ProjectOutline,
    /// Investor.
    pub applicant_id: Id,
}

/// A project, whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProjectView {
    /// What it is, and how it stands.
    #[serde(flatten)]
    pub outline: ProjectOutline,
    /// Investor.
    pub applicant: Applicant,
    /// Where it is built; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The name of who manages it, so that the investor knows whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// The unit that supports the investor 帮扶单位.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supporting_unit: Option<String>,
    /// Milestones of the investor's contract.
    pub milestones: Vec<ProjectMilestone>,
    /// First planned day of the works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_start: Option<NaiveDate>,
    /// Last planned day of the works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_finish: Option<NaiveDate>,
    /// By which stages.
    pub scheme: StageScheme,
    /// In Chinese.
    pub scheme_label: String,
    /// The stages in order.
    pub stages: Vec<StageView>,
    /// Why the cap was last changed; the staff's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_reason: Option<String>,
    /// Why it stands still; the staff's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended_for: Option<String>,
    /// Why it was cancelled; the staff's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_for: Option<String>,
    /// Personal data is masked for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// When completed or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
}

crate::versioned!(ProjectView, "project", in outline);

/// One project.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ProjectView> {
    let opened = load_seen(tx, actor, reference)?;
    let allowed_actions = opened.allowed(actor);
    let Opened { mut row, details, matters, sight, .. } = opened;
    let standing = progress::standing(tx, &row, &details)?;
    if sweep::is_outdated(&row, tx.now) {
        sweep::take(&mut row, &standing);
    }
    let applicant = applicants::store::applicant(tx, row.applicant_id)?.ok_or_else(|| Error::Corrupt("applicant gone".into()))?;
    let manager = row.manager_id.map(|id| organization::name_of(tx, id)).transpose()?;
    // What the staff tell each other is not the investor's, and not for who sees the project masked.
    let internal = |words: Option<String>| words.filter(|_| sight.words && actor.applicant_id.is_none());
    let stage = |counted: &StageStanding| {
        let done = details.done.iter().find(|d| d.stage == counted.stage);
        StageView {
            stage: counted.stage,
            stage_label: counted.stage.label().into(),
            state: counted.state,
            state_label: counted.state.label().into(),
            matters: matters.iter().filter(|m| m.stage == counted.stage).count(),
            completed_on: done.map(|d| d.on),
            reason: internal(done.and_then(|d| d.reason.clone())),
        }
    };
    Ok(ProjectView {
        stages: standing.stages.iter().map(stage).collect(),
        applicant: applicants::show(tx, &applicant, sight)?,
        site: Some(details.site).filter(|s| sight.words && !s.is_empty()),
        cap_reason: internal(details.cap_reason),
        suspended_for: internal(details.suspended_for),
        cancelled_for: internal(details.cancelled_for),
        supporting_unit: details.supporting_unit,
        milestones: details.milestones,
        planned_start: details.planned_start,
        planned_finish: details.planned_finish,
        ended_at: details.ended_at,
        manager,
        scheme: row.scheme,
        scheme_label: row.scheme.label().into(),
        masked: sight.masked,
        allowed_actions,
        outline: ProjectOutline::of(row)?,
    })
}

/// Filters that are asked of each project.
const VALUES: [&str; 6] = ["kind", "center_id", "manager_id", "applicant_id", "division_code", "stage"];

/// The projects that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ProjectBrief>> {
    let asked: Vec<(&str, Vec<String>)> = VALUES.iter().map(|name| (*name, q.all(name))).filter(|(_, values)| !values.is_empty()).collect();
    let warning = q.one("warning").map(|v| v == "true");
    let words = q.q.as_deref().map(text::fold);
    let page = if asked.is_empty() && warning.is_none() && words.is_none() {
        access::listed::<State, _>(tx, actor, "project", q, sweep::current, |row| row.id)?
    } else {
        let keep = |tx: &mut Tx, ids: &[Id]| {
            let rows = if warning.is_some() { sweep::current(tx, ids) } else { store::projects_by_id(tx, ids) }?;
            let kept = |row: &Project| -> Result<bool> {
                let told = warning.is_none_or(|wanted| wanted == (row.warning != WarningLevel::None));
                Ok(told && words.as_ref().is_none_or(|words| row.folded.contains(words)) && keeps(row, &asked)?)
            };
            rows.into_iter().filter_map(|row| kept(&row).map(|kept| kept.then_some(row.id)).transpose()).collect()
        };
        let sieve = Sieve { by: walked(&asked), keep: &keep };
        access::sifted::<State, _>(tx, actor, "project", q, sieve, sweep::current, |row| row.id)?
    };
    page.try_map(|(row, _)| Ok(ProjectBrief { applicant_id: row.applicant_id, outline: ProjectOutline::of(row)? }))
}

/// The subjects that a filter names: whose projects they are is known by index.
fn walked(asked: &[(&str, Vec<String>)]) -> Option<Scope> {
    let values = |name: &str| asked.iter().find(|(asked, _)| *asked == name).map(|(_, values)| values);
    let by = [("applicant_id", subject::applicant as fn(&str) -> String), ("manager_id", subject::user), ("center_id", subject::center)];
    let (values, of) = by.into_iter().find_map(|(name, of)| Some((values(name)?, of)))?;
    Some(Scope::Subjects(values.iter().map(|id| (of(id), false)).collect()))
}

fn keeps(row: &Project, asked: &[(&str, Vec<String>)]) -> Result<bool> {
    for (name, values) in asked {
        let has = |value: &str| values.iter().any(|v| v == value);
        let kept = match *name {
            "kind" => row.kinds.get()?.iter().any(|kind| has(kind.code())),
            "center_id" => has(row.center_id.as_str()),
            "manager_id" => row.manager_id.is_some_and(|id| has(id.as_str())),
            "applicant_id" => has(row.applicant_id.as_str()),
            "division_code" => has(&row.division_code),
            _ => has(row.stage.code()),
        };
        if !kept {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A stage, and those of its matters that the caller sees.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StageMatters {
    /// Which.
    pub stage: ProjectStage,
    /// In Chinese.
    pub stage_label: String,
    /// Its matters, as the caller sees them.
    pub entrustments: Vec<EntrustmentBrief>,
    /// Matters that the caller does not see.
    pub hidden: usize,
}

/// The matters of a project.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProjectMatters {
    /// Each stage in order.
    pub items: Vec<StageMatters>,
}

/// The matters of a project by stages.
pub fn matters(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ProjectMatters> {
    let opened = load_seen(tx, actor, reference)?;
    let ids: Vec<Id> = opened.matters.iter().map(|m| m.entrustment_id).collect();
    let mut seen = entrustments::seen(tx, actor, &ids)?;
    seen.sort_by_key(|e| e.id);
    let of = |stage: &ProjectStage| {
        let own: Vec<Id> = opened.matters.iter().filter(|m| m.stage == *stage).map(|m| m.entrustment_id).collect();
        let entrustments: Vec<EntrustmentBrief> = seen.extract_if(.., |e| own.contains(&e.id)).collect();
        StageMatters { stage: *stage, stage_label: stage.label().into(), hidden: own.len() - entrustments.len(), entrustments }
    };
    Ok(ProjectMatters { items: opened.row.scheme.stages().iter().map(of).collect() })
}

/// The days of a project, counted now.
pub fn counted(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ProjectProgress> {
    let opened = load_seen(tx, actor, reference)?;
    let standing = progress::standing(tx, &opened.row, &opened.details)?;
    progress::render(tx, actor, &opened.row, standing)
}

/// One entry of a project's timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProjectEvent {
    /// Identity.
    pub id: Id,
    /// Type, such as `project.attached`.
    pub kind: String,
    /// In plain Chinese.
    pub text: String,
    /// What was said with it, such as a reason; the staff's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Post or part of whoever did it.
    pub actor: String,
    /// When.
    pub at: Moment,
}

/// What happened with a project, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<ProjectEvent>> {
    let opened = load_seen(tx, actor, reference)?;
    let staff = actor.applicant_id.is_none();
    let audiences = if staff { Audience::ALL } else { &[Audience::Public, Audience::Applicant] };
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let events = log::timeline(tx, opened.row.id, audiences, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let entry = |e: log::Event| -> Result<ProjectEvent> {
        let words = e.words.filter(|_| staff && opened.sight.words).map(|w| w.open(tx.vault)).transpose()?;
        let text = narrative::tell(&e.kind, &e.params.get().unwrap_or_default());
        Ok(ProjectEvent { id: e.id, text, words, kind: e.kind, actor: e.actor_label, at: e.occurred_at })
    };
    let rows = events.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(rows, q.limit, tx.vault, |e: &ProjectEvent| q.cursor_of(String::new(), e.id.to_string())))
}
