//! The states of a home visit, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a home visit.
    VisitState in "visit-states" {
        Requested "requested" "待安排",
        Arranged "arranged" "已安排",
        Visited "visited" "已上门",
        Completed "completed" "已办结",
        NotMet "not_met" "未遇",
        Declined "declined" "不予安排",
        Cancelled "cancelled" "已取消",
    }
}

code_enum! {
    /// What can be done with a home visit.
    VisitAction in "visit-actions" {
        Arrange "arrange" "安排",
        Prepare "prepare" "准备",
        Record "record" "登记上门",
        Miss "miss" "登记未遇",
        Complete "complete" "办结",
        Decline "decline" "不予安排",
        Cancel "cancel" "取消",
    }
}

use VisitAction as A;
use VisitState as S;

/// The table.
pub const TABLE: &[(VisitAction, &[VisitState], VisitState)] = &[
    (A::Arrange, &[S::Requested, S::Arranged, S::NotMet], S::Arranged),
    (A::Prepare, &[S::Arranged], S::Arranged),
    (A::Record, &[S::Arranged], S::Visited),
    (A::Miss, &[S::Arranged], S::NotMet),
    (A::Complete, &[S::Visited], S::Completed),
    (A::Decline, &[S::Requested], S::Declined),
    (A::Cancel, &[S::Requested, S::Arranged, S::NotMet], S::Cancelled),
];

/// Why not.
#[derive(Debug, thiserror::Error)]
#[error("{} is not possible when {}", .action.code(), .state.code())]
pub struct Refusal {
    /// Asked.
    pub action: VisitAction,
    /// Present.
    pub state: VisitState,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        format!("上门服务当前为“{}”，不能{}。", self.state.label(), self.action.label())
    }
}

/// The state after an action.
pub fn decide(state: VisitState, action: VisitAction) -> Result<VisitState, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    row.map(|(_, _, to)| *to).ok_or(Refusal { action, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_ended() {
        for state in [S::Completed, S::Declined, S::Cancelled] {
            assert!(A::ALL.iter().all(|a| decide(state, *a).is_err()), "{state:?}");
        }
        assert!(decide(S::Requested, A::Record).is_err(), "nobody goes before it is arranged");
        assert!(matches!(decide(S::NotMet, A::Arrange), Ok(S::Arranged)));
    }
}
