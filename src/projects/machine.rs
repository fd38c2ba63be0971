//! The states of a project, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, counted, problem::Refuse},
};

code_enum! {
    /// State of a project.
    ProjectState in "project-states" {
        Open "open" "推进中",
        Suspended "suspended" "已中止",
        Completed "completed" "已完成",
        Cancelled "cancelled" "已取消",
    }
}

code_enum! {
    /// What can be done with a project.
    ProjectAction in "project-actions" {
        Edit "edit" "修改",
        AssignManager "assign_manager" "指派项目服务经理",
        Attach "attach" "纳入办件",
        Detach "detach" "移出办件",
        CompleteStage "complete_stage" "完成阶段",
        ChangeCap "change_cap" "调整总时限",
        Suspend "suspend" "中止",
        Resume "resume" "恢复",
        Complete "complete" "办结",
        Cancel "cancel" "取消",
    }
}

use ProjectAction as A;
use ProjectState as S;

impl ProjectState {
    /// Nothing more happens.
    pub fn is_final(self) -> bool {
        matches!(self, S::Completed | S::Cancelled)
    }
}

/// What the guards need to know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Matters that belong to it.
    pub matters: usize,
    /// Stages that are not done.
    pub stages_open: usize,
}

/// The table; without a new state the project stays in its own.
pub const TABLE: &[(ProjectAction, &[ProjectState], Option<ProjectState>)] = &[
    (A::Edit, &[S::Open, S::Suspended], None),
    (A::AssignManager, &[S::Open, S::Suspended], None),
    (A::Attach, &[S::Open], None),
    (A::Detach, &[S::Open, S::Suspended], None),
    (A::CompleteStage, &[S::Open], None),
    (A::ChangeCap, &[S::Open, S::Suspended], None),
    (A::Suspend, &[S::Open], Some(S::Suspended)),
    (A::Resume, &[S::Suspended], Some(S::Open)),
    (A::Complete, &[S::Open], Some(S::Completed)),
    (A::Cancel, &[S::Open, S::Suspended], Some(S::Cancelled)),
];

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(ProjectAction, ProjectState),
    /// Stages are not done.
    #[error("not done: {}", counted(u64::try_from(*.0).unwrap_or(u64::MAX), "stage"))]
    StagesOpen(usize),
    /// Every stage is done.
    #[error("every stage is done")]
    StagesDone,
    /// No matter belongs to it.
    #[error("no matter belongs to it")]
    NoMatters,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("项目当前为“{}”，不能{}。", state.label(), action.label()),
            Self::StagesOpen(n) => format!("还有 {n} 个阶段尚未完成，项目不能办结。"),
            Self::StagesDone => "各阶段均已完成。".into(),
            Self::NoMatters => "项目中没有办件。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: ProjectState, facts: Facts, action: ProjectAction) -> Result<ProjectState, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| to.unwrap_or(state)).ok_or(Refusal::State(action, state))?;
    match action {
        A::Complete if facts.stages_open > 0 => Err(Refusal::StagesOpen(facts.stages_open)),
        A::CompleteStage if facts.stages_open == 0 => Err(Refusal::StagesDone),
        A::Detach if facts.matters == 0 => Err(Refusal::NoMatters),
        _ => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_ended() {
        let facts = Facts { matters: 1, stages_open: 0 };
        for state in S::ALL.iter().filter(|s| s.is_final()) {
            assert!(A::ALL.iter().all(|a| decide(*state, facts, *a).is_err()), "{state:?}");
        }
    }

    #[test]
    fn guards_look_at_stages_and_matters() {
        let open = Facts { matters: 0, stages_open: 1 };
        assert!(decide(S::Open, open, A::Complete).is_err());
        assert!(decide(S::Open, open, A::Detach).is_err());
        assert!(matches!(decide(S::Open, open, A::CompleteStage), Ok(S::Open)));
        let done = Facts { matters: 3, stages_open: 0 };
        assert!(matches!(decide(S::Open, done, A::Complete), Ok(S::Completed)));
        assert!(decide(S::Suspended, done, A::Complete).is_err(), "what stands still is resumed first");
    }
}
