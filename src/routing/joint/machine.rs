//! The states of a joint handling, as a table (DOMAIN §5). Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, counted, problem::Refuse},
};

code_enum! {
    /// State of a joint handling.
    JointState in "joint-handling-states" {
        Requested "requested" "待答复",
        Accepted "accepted" "已接受",
        InProgress "in_progress" "联办中",
        AwaitingMaterials "awaiting_materials" "待补充材料",
        Completed "completed" "已完成",
        Declined "declined" "已拒绝",
        Expired "expired" "逾期未答复",
        Cancelled "cancelled" "已取消",
    }
}

code_enum! {
    /// What can be done with a joint handling.
    JointAction in "joint-handling-actions" {
        Accept "accept" "接受",
        Decline "decline" "拒绝",
        Expire "expire" "逾期",
        Assign "assign" "指派",
        Progress "progress" "报告进展",
        AskMaterials "ask_materials" "要求补充材料",
        Supply "supply" "补充材料",
        RecordStep "record_step" "登记步骤",
        HandBack "hand_back" "交回结果",
        Complete "complete" "完成",
        Extend "extend" "延期",
        Cancel "cancel" "取消",
    }
}

use JointAction as A;
use JointState as S;

/// Taken over and not ended.
const CARRIED: &[S] = &[S::Accepted, S::InProgress];
const OPEN: &[S] = &[S::Requested, S::Accepted, S::InProgress, S::AwaitingMaterials];

/// The table; no state: it stays.
pub const TABLE: &[(A, &[S], Option<S>)] = &[
    (A::Accept, &[S::Requested], Some(S::Accepted)),
    (A::Decline, &[S::Requested], Some(S::Declined)),
    (A::Expire, &[S::Requested], Some(S::Expired)),
    (A::Assign, &[S::Accepted, S::InProgress, S::AwaitingMaterials], None),
    (A::Progress, CARRIED, Some(S::InProgress)),
    (A::AskMaterials, CARRIED, Some(S::AwaitingMaterials)),
    (A::Supply, &[S::AwaitingMaterials], Some(S::InProgress)),
    (A::RecordStep, CARRIED, Some(S::InProgress)),
    (A::HandBack, CARRIED, Some(S::InProgress)),
    (A::Complete, CARRIED, Some(S::Completed)),
    (A::Extend, &[S::Accepted, S::InProgress, S::AwaitingMaterials], None),
    (A::Cancel, OPEN, Some(S::Cancelled)),
];

impl S {
    /// Not ended.
    pub fn is_open(self) -> bool {
        OPEN.contains(&self)
    }
}

/// What the guards know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// The matter is in progress: neither suspended nor at its end.
    pub matter_active: bool,
    /// By arbitration: it is carried whether one likes it or not.
    pub imposed: bool,
    /// Steps whose results were not handed back.
    pub steps_left: u32,
    /// Extended before.
    pub extended: bool,
    /// Materials were asked for before.
    pub asked: bool,
    /// The result of some step can be handed back.
    pub result_ready: bool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not from this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    NotNow(A, S),
    /// The matter does not move.
    #[error("the matter is not in progress")]
    MatterResting,
    /// A decision binds.
    #[error("imposed by arbitration")]
    Imposed,
    /// Results come before the end.
    #[error("{} not handed back", counted(*.0, "step"))]
    StepsLeft(u32),
    /// Once.
    #[error("extended already")]
    ExtendedAlready,
    /// Everything missing is asked for at once.
    #[error("asked already")]
    AskedAlready,
    /// No authority has decided.
    #[error("no result to hand back")]
    NoResult,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::NotNow(action, state) => format!("联办当前为“{}”，不能{}。", state.label(), action.label()),
            Self::MatterResting => "本件已中止或已结束，联办随之暂停。".into(),
            Self::Imposed => "该联办由指定办理决定，不能取消。".into(),
            Self::StepsLeft(n) => format!("还有 {n} 个步骤的办理结果没有交回。"),
            Self::AskedAlready => "补充材料只能一次性告知，已经要求过。".into(),
            Self::NoResult => "还没有部门已作出决定、尚未交回的步骤。".into(),
            Self::ExtendedAlready => "联办只能延期一次。".into(),
        }
    }
}

/// Whether an action is possible, and the state after it.
pub fn permits(state: S, facts: &Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state)).ok_or(Refusal::NotNow(action, state))?;
    match action {
        A::Cancel if facts.imposed => Err(Refusal::Imposed),
        A::Cancel | A::Assign | A::Expire => Ok(row.2.unwrap_or(state)),
        _ if !facts.matter_active => Err(Refusal::MatterResting),
        A::Complete if facts.steps_left > 0 => Err(Refusal::StepsLeft(facts.steps_left)),
        A::AskMaterials if facts.asked => Err(Refusal::AskedAlready),
        A::HandBack if !facts.result_ready => Err(Refusal::NoResult),
        A::Extend if facts.extended => Err(Refusal::ExtendedAlready),
        _ => Ok(row.2.unwrap_or(state)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_ended() {
        let facts = Facts { matter_active: true, ..Facts::default() };
        for state in S::ALL.iter().filter(|s| !s.is_open()) {
            for action in A::ALL {
                assert!(permits(*state, &facts, *action).is_err(), "{state:?} {action:?}");
            }
        }
    }

    #[test]
    fn guards() {
        let facts = Facts { matter_active: true, ..Facts::default() };
        let resting = Facts::default();
        assert!(permits(S::Requested, &resting, A::Accept).is_err() && permits(S::Requested, &resting, A::Cancel).is_ok());
        let imposed = Facts { imposed: true, ..facts };
        assert!(permits(S::Accepted, &imposed, A::Cancel).is_err() && permits(S::Accepted, &facts, A::Cancel).is_ok());
        let left = Facts { steps_left: 1, ..facts };
        assert!(permits(S::InProgress, &left, A::Complete).is_err() && permits(S::InProgress, &facts, A::Complete).is_ok());
        assert!(permits(S::AwaitingMaterials, &facts, A::Complete).is_err(), "what is awaited comes first");
    }
}
