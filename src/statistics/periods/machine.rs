//! Frozen months and what changed in them afterwards, as tables. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a month.
    PeriodState in "statistics-period-states" {
        Freezing "freezing" "冻结中",
        Frozen "frozen" "已冻结",
    }
}

code_enum! {
    /// State of a difference in a frozen month.
    AdjustmentState in "adjustment-states" {
        Noticed "noticed" "待处理",
        Proposed "proposed" "拟调整",
        Entered "entered" "已调整",
        LeftOut "left_out" "不调整",
        Gone "gone" "差异已消失",
    }
}

code_enum! {
    /// What can be done with a difference in a frozen month.
    AdjustmentAction in "adjustment-actions" {
        Propose "propose" "提出调整",
        Approve "approve" "批准调整",
        Refuse "refuse" "退回",
        LeaveOut "leave_out" "不予调整",
    }
}

use AdjustmentAction as A;
use AdjustmentState as S;

/// The table.
pub const TABLE: &[(A, &[S], S)] = &[
    (A::Propose, &[S::Noticed, S::LeftOut], S::Proposed),
    (A::Approve, &[S::Proposed], S::Entered),
    (A::Refuse, &[S::Proposed], S::Noticed),
    (A::LeaveOut, &[S::Noticed], S::LeftOut),
];

impl S {
    /// The frozen figures and the record differ.
    pub const OPEN: [S; 3] = [S::Noticed, S::Proposed, S::LeftOut];
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// An entry takes two people.
    #[error("nobody approves what they proposed")]
    Own,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Own => "提出调整的人不能批准，请由另一人批准。".into(),
        }
    }
}

/// The state after an action; `own`: the caller proposed it.
pub fn decide(state: S, own: bool, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| *to).ok_or(Refusal::State(action, state))?;
    if action == A::Approve && own { Err(Refusal::Own) } else { Ok(to) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_figure_changes_by_two_people_alone() {
        for state in S::ALL {
            for action in A::ALL {
                if let Ok(S::Entered) = decide(*state, false, *action) {
                    assert_eq!((*state, *action), (S::Proposed, A::Approve));
                    assert!(decide(*state, true, *action).is_err());
                }
            }
            assert!(A::ALL.iter().all(|a| decide(S::Entered, false, *a).is_err() && decide(S::Gone, false, *a).is_err()));
        }
    }
}
