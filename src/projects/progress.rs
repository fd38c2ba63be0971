//! How a project stands: the days its stages have used, what they still need, and what follows for its cap.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    counting::{self, DayRun, Need, Span},
    machine::ProjectState,
    model::{ProjectDetails, ProjectStage, StageState, WarningLevel},
    store::{self, Project},
};
use crate::{
    auth::Actor,
    clocks::{self, Limit, Pause, Unit, WorkCalendar, local},
    db::{Result, Tx},
    entrustments::{self, AuthorityStep, AuthorityTime},
    kernel::{Code as _, Id, Moment},
};

/// A stage, and the days of its authorities.
pub struct StageStanding {
    /// Which.
    pub stage: ProjectStage,
    /// How far it is.
    pub state: StageState,
    /// Days used.
    pub days: BTreeSet<NaiveDate>,
    /// Working days that its open steps may still take.
    pub needs: u32,
    /// Its steps that authorities have accepted.
    spans: Vec<(Id, String, AuthorityStep, u32)>,
}

impl StageStanding {
    fn begun(&self) -> bool {
        matches!(self.state, StageState::Running | StageState::Done)
    }
}

/// A project, counted.
pub struct Standing {
    /// In order.
    pub stages: Vec<StageStanding>,
    /// Days used by all stages together, each once.
    pub days: BTreeSet<NaiveDate>,
    /// Working days used.
    pub used: u32,
    /// Working days expected in all.
    pub forecast: u32,
    /// The day on which the last open step is expected to be decided.
    pub finish: Option<NaiveDate>,
    /// How it stands to its cap.
    pub level: WarningLevel,
    /// A day is being used now.
    pub running: bool,
    /// When the cap is used up if the authorities go on without a break.
    pub due_at: Moment,
    /// What is expected reaches into a year whose calendar is not announced.
    pub provisional: bool,
    calendar: WorkCalendar,
}

/// Counts a project from what is recorded of its matters.
pub fn standing(tx: &mut Tx, row: &Project, details: &ProjectDetails) -> Result<Standing> {
    let matters = store::matters(tx, row.id)?;
    let ids: Vec<Id> = matters.iter().map(|m| m.entrustment_id).collect();
    let mut times: HashMap<Id, AuthorityTime> = entrustments::authority_time(tx, &ids)?.into_iter().map(|t| (t.id, t)).collect();
    let first = times.values().flat_map(|t| &t.steps).filter_map(|s| s.accepted_at).min();
    let calendar = clocks::calendar(tx, first.unwrap_or(tx.now))?;
    // What has ended uses no more days.
    let now = details.ended_at.map_or(tx.now, |end| end.min(tx.now)).utc();
    let mut running = false;
    let mut stages = Vec::new();
    for stage in row.scheme.stages() {
        let mut standing = StageStanding { stage: *stage, state: StageState::Planned, days: BTreeSet::new(), needs: 0, spans: Vec::new() };
        for matter in matters.iter().filter(|m| m.stage == *stage) {
            let Some(time) = times.remove(&matter.entrustment_id) else { continue };
            let mut open: Vec<(String, Vec<String>, u32)> = Vec::new();
            for mut step in time.steps {
                step.pauses.extend(details.suspensions.iter().copied());
                let span = step.accepted_at.map(|from| Span { from: from.utc(), to: step.ended_at.map(Moment::utc), pauses: step.pauses.clone() });
                let days = span.as_ref().map_or_else(Vec::new, |s| s.days(&calendar, now));
                let used = u32::try_from(days.len()).unwrap_or(u32::MAX);
                if step.open {
                    open.push((step.code.clone(), step.depends_on.clone(), counting::in_working_days(step.limit).saturating_sub(used)));
                }
                if let Some(span) = span {
                    running |= span.runs();
                    standing.days.extend(days);
                    standing.spans.push((time.id, time.number.clone(), step, used));
                }
            }
            let open: Vec<Need> = open.iter().map(|(code, after, days)| Need { code, after, days: *days }).collect();
            standing.needs = standing.needs.max(counting::longest(&open));
        }
        // Done by act; else what its matters do says how far it is.
        standing.state = if details.done.iter().any(|d| d.stage == *stage) {
            StageState::Done
        } else if !standing.spans.is_empty() {
            StageState::Running
        } else if matters.iter().any(|m| m.stage == *stage) {
            StageState::Preparing
        } else {
            StageState::Planned
        };
        stages.push(standing);
    }
    Ok(Standing::of(row, stages, calendar, running, tx.now))
}

impl Standing {
    fn of(row: &Project, stages: Vec<StageStanding>, calendar: WorkCalendar, running: bool, now: Moment) -> Self {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let cap = u32::try_from(row.cap_days).unwrap_or(0);
        let days: BTreeSet<NaiveDate> = stages.iter().flat_map(|s| s.days.iter().copied()).collect();
        let used = count(days.len());
        let open = !row.state.is_final();
        let needs = if open { counting::remaining(stages.iter().map(|s| (s.begun(), s.needs))) } else { 0 };
        let forecast = used.saturating_add(needs);
        let limit = |days: u32| calendar.deadline(now.utc(), Limit { value: days, unit: Unit::WorkingDay }, &[]);
        let due = |days: u32| limit(days).due;
        let running = running && row.state == ProjectState::Open;
        // Used up: at the close of the day that was the last of the cap.
        let last = days.iter().nth(cap.saturating_sub(1) as usize).copied();
        let due_at = match last {
            Some(day) => clocks::utc(day.and_time(calendar.hours.close)).into(),
            None if running => due(cap - used).into(),
            None => Moment::NEVER,
        };
        let finish = (needs > 0).then(|| local(due(needs)).date());
        let provisional = limit(needs.max(if running && last.is_none() { cap - used } else { 0 })).provisional;
        Self { level: counting::judge(used, forecast, cap), finish, used, forecast, running, due_at, provisional, days, stages, calendar }
    }
}

/// What the forecast takes for granted.
const ASSUMPTION: &str = "预计总用时＝已用工作日＋未办结审批步骤还需的工作日。步骤按部门承诺时限扣除已用工作日计算，尚未受理的按全部承诺时限计算；\
同一件按前后步骤的最长路径计算，同一阶段的各件并行；进行中（部门已有受理）的阶段相互并行，准备中和未开始的阶段依次进行。尚未制定计划的件、申请人准备材料和部门受理之前的时间不计入；\
特别程序、件的中止和项目中止期间不计。";

/// Days used, days needed, and the warning.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProjectProgress {
    /// Working days that all stages may take together.
    pub cap_days: i32,
    /// Working days used.
    pub used_days: u32,
    /// Working days left.
    pub remaining_days: u32,
    /// Working days expected in all.
    pub forecast_days: u32,
    /// What the forecast takes for granted, in words.
    pub assumption: &'static str,
    /// The day on which the last open step is expected to be decided; absent: none is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_finish: Option<NaiveDate>,
    /// When the cap is used up if the authorities go on without a break; absent: no day is being used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// One of these days lies in a year whose calendar is not announced yet.
    pub provisional: bool,
    /// How it stands to its cap.
    pub warning: WarningLevel,
    /// In Chinese.
    pub warning_label: String,
    /// The days used, each once.
    pub periods: Vec<DayRun>,
    /// Each stage by itself: stages may overlap, so their days add up to no less than those used.
    pub stages: Vec<StageProgress>,
}

/// The days of a stage.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StageProgress {
    /// Which.
    pub stage: ProjectStage,
    /// In Chinese.
    pub stage_label: String,
    /// How far it is.
    pub state: StageState,
    /// In Chinese.
    pub state_label: String,
    /// Working days used.
    pub used_days: u32,
    /// Working days that its open steps may still take.
    pub needed_days: u32,
    /// The steps that these days come from.
    pub intervals: Vec<StepInterval>,
}

/// A step in an authority's hands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StepInterval {
    /// Number of the matter; absent for who does not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment: Option<String>,
    /// Name of the step; absent for who does not see the matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The authority; absent for who does not see the matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// When it accepted.
    pub accepted_at: Moment,
    /// When it decided, or when the matter ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// When it did not count: special procedures and suspensions.
    pub pauses: Vec<StandStill>,
    /// Working days used.
    pub used_days: u32,
}

/// A time that is not counted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StandStill {
    /// From.
    pub from: Moment,
    /// Until; absent: it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Moment>,
}

impl From<Pause> for StandStill {
    fn from(pause: Pause) -> Self {
        Self { from: pause.from.into(), to: pause.to.map(Moment::from) }
    }
}

/// Renders a standing for a caller: of a matter that they do not see, they learn the days alone.
pub fn render(tx: &mut Tx, actor: &Actor, row: &Project, standing: Standing) -> Result<ProjectProgress> {
    let matters: Vec<Id> = standing.stages.iter().flat_map(|s| &s.spans).map(|(id, ..)| *id).collect();
    let seen = crate::access::seen(tx, &crate::auth::Scope::of(actor, "entrustment"), &matters)?;
    let calendar = &standing.calendar;
    let interval = |(id, number, step, used_days): (Id, String, AuthorityStep, u32)| {
        let shown = seen.contains(&id);
        let from = step.accepted_at?;
        let within = |p: &Pause| p.to.is_none_or(|to| to > from.utc()) && step.ended_at.is_none_or(|end| p.from < end.utc());
        Some(StepInterval {
            entrustment: shown.then_some(number),
            step: shown.then_some(step.name),
            department: shown.then_some(step.department),
            accepted_at: from,
            pauses: step.pauses.iter().copied().filter(within).map(StandStill::from).collect(),
            ended_at: step.ended_at,
            used_days,
        })
    };
    let periods = counting::runs(&standing.days, calendar);
    let stage = |s: StageStanding| StageProgress {
        stage: s.stage,
        stage_label: s.stage.label().into(),
        state: s.state,
        state_label: s.state.label().into(),
        used_days: u32::try_from(s.days.len()).unwrap_or(u32::MAX),
        needed_days: s.needs,
        intervals: s.spans.into_iter().filter_map(interval).collect(),
    };
    Ok(ProjectProgress {
        cap_days: row.cap_days,
        used_days: standing.used,
        remaining_days: u32::try_from(row.cap_days).unwrap_or(0).saturating_sub(standing.used),
        forecast_days: standing.forecast,
        assumption: ASSUMPTION,
        expected_finish: standing.finish,
        due_at: standing.due_at.known(),
        provisional: standing.provisional,
        warning: standing.level,
        warning_label: standing.level.label().into(),
        periods,
        stages: standing.stages.into_iter().map(stage).collect(),
    })
}
