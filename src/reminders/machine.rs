//! The states of a reminder, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a reminder.
    ReminderState in "reminder-states" {
        Sent "sent" "待答复",
        Answered "answered" "已答复",
        Withdrawn "withdrawn" "已撤回",
        Lapsed "lapsed" "随件终结",
    }
}

code_enum! {
    /// What can be done with a reminder.
    ReminderAction in "reminder-actions" {
        Answer "answer" "答复",
        Withdraw "withdraw" "撤回",
        Lapse "lapse" "终结",
    }
}

code_enum! {
    /// What a reminder is about.
    ReminderAbout in "reminder-abouts" {
        Step "step" "计划步骤",
        JointHandling "joint_handling" "联办",
        Transfer "transfer" "转办",
        Arbitration "arbitration" "指定办理",
        Matter "matter" "代办件",
    }
}

use ReminderAction as A;
use ReminderState as S;

/// The table.
pub const TABLE: &[(ReminderAction, &[ReminderState], ReminderState)] =
    &[(A::Answer, &[S::Sent], S::Answered), (A::Withdraw, &[S::Sent], S::Withdrawn), (A::Lapse, &[S::Sent], S::Lapsed)];

/// Why not.
#[derive(Debug, thiserror::Error)]
#[error("{} is not possible when {}", .action.code(), .state.code())]
pub struct Refusal {
    /// Asked.
    pub action: ReminderAction,
    /// Present.
    pub state: ReminderState,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        format!("催办当前为“{}”，不能{}。", self.state.label(), self.action.label())
    }
}

/// The state after an action.
pub fn decide(state: ReminderState, action: ReminderAction) -> Result<ReminderState, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    row.map(|(_, _, to)| *to).ok_or(Refusal { action, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_is_answered() {
        for state in S::ALL {
            for action in A::ALL {
                assert_eq!(decide(*state, *action).is_ok(), *state == S::Sent, "{state:?} {action:?}");
            }
        }
    }
}
