//! The states of a meeting and of a resolution, as tables. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a meeting.
    MeetingState in "meeting-states" {
        Convened "convened" "已召集",
        Held "held" "已召开",
        Concluded "concluded" "纪要已确认",
        Cancelled "cancelled" "已取消",
    }
}

code_enum! {
    /// What can be done with a meeting.
    MeetingAction in "meeting-actions" {
        Edit "edit" "修改",
        Reschedule "reschedule" "改期",
        Cancel "cancel" "取消",
        Respond "respond" "答复",
        RecordMinutes "record_minutes" "记录纪要",
        Conclude "conclude" "确认纪要",
    }
}

code_enum! {
    /// State of a resolution.
    ResolutionState in "resolution-states" {
        Open "open" "待落实",
        CarriedOut "carried_out" "已报落实",
        Confirmed "confirmed" "已确认落实",
        Cancelled "cancelled" "已撤销",
    }
}

code_enum! {
    /// What can be done with a resolution.
    ResolutionAction in "resolution-actions" {
        CarryOut "carry_out" "报告落实",
        Confirm "confirm" "确认落实",
        SendBack "send_back" "退回重办",
        Extend "extend" "延期",
        Cancel "cancel" "撤销",
        Escalate "escalate" "上报负责人",
        Instruct "instruct" "批示",
    }
}

use MeetingAction as A;
use MeetingState as S;
use ResolutionAction as Act;
use ResolutionState as R;

/// The table of meetings. Minutes can be corrected until the host confirms them.
pub const MEETINGS: &[(A, &[S], S)] = &[
    (A::Edit, &[S::Convened], S::Convened),
    (A::Reschedule, &[S::Convened], S::Convened),
    (A::Cancel, &[S::Convened], S::Cancelled),
    (A::Respond, &[S::Convened], S::Convened),
    (A::RecordMinutes, &[S::Convened, S::Held], S::Held),
    (A::Conclude, &[S::Held], S::Concluded),
];

/// The table of resolutions.
pub const RESOLUTIONS: &[(Act, &[R], R)] = &[
    (Act::CarryOut, &[R::Open], R::CarriedOut),
    (Act::Confirm, &[R::CarriedOut], R::Confirmed),
    (Act::SendBack, &[R::CarriedOut], R::Open),
    (Act::Extend, &[R::Open], R::Open),
    (Act::Cancel, &[R::Open], R::Cancelled),
    (Act::Escalate, &[R::Open], R::Open),
    (Act::Instruct, &[R::Open], R::Open),
];

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not from this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    Meeting(A, S),
    /// Not from this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    Resolution(Act, R),
    /// Nothing has been said yet.
    #[error("the meeting has not begun")]
    NotBegun,
    /// Who has not come need not answer any more.
    #[error("the meeting has begun")]
    Begun,
    /// It is not with the leader.
    #[error("not escalated")]
    NotEscalated,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::Meeting(action, state) => format!("会议当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Resolution(action, state) => format!("决议当前为“{}”，不能{}。", state.label(), action.label()),
            Self::NotBegun => "会议尚未开始，不能记录纪要。".into(),
            Self::Begun => "会议已经开始，不能再答复。".into(),
            Self::NotEscalated => "决议未逾期上报，无须批示。".into(),
        }
    }
}

/// The state of a meeting after an action; `begun`: its time has come.
pub fn decide(state: S, begun: bool, action: A) -> Result<S, Refusal> {
    let row = MEETINGS.iter().find(|(a, from, _)| *a == action && from.contains(&state)).ok_or(Refusal::Meeting(action, state))?;
    match action {
        A::RecordMinutes if !begun => Err(Refusal::NotBegun),
        A::Respond if begun => Err(Refusal::Begun),
        _ => Ok(row.2),
    }
}

/// The state of a resolution after an action; `escalated`: it is with the leader in charge.
pub fn settle(state: R, escalated: bool, action: Act) -> Result<R, Refusal> {
    let row = RESOLUTIONS.iter().find(|(a, from, _)| *a == action && from.contains(&state)).ok_or(Refusal::Resolution(action, state))?;
    if action == Act::Instruct && !escalated { Err(Refusal::NotEscalated) } else { Ok(row.2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_ended() {
        for begun in [false, true] {
            for state in [S::Concluded, S::Cancelled] {
                assert!(A::ALL.iter().all(|a| decide(state, begun, *a).is_err()), "{state:?}");
            }
            for state in [R::Confirmed, R::Cancelled] {
                assert!(Act::ALL.iter().all(|a| settle(state, begun, *a).is_err()), "{state:?}");
            }
        }
    }

    #[test]
    fn guards() {
        assert!(decide(S::Convened, false, A::RecordMinutes).is_err() && decide(S::Convened, true, A::RecordMinutes).is_ok());
        assert!(decide(S::Convened, true, A::Respond).is_err() && decide(S::Convened, false, A::Respond).is_ok());
        assert!(decide(S::Held, true, A::Cancel).is_err(), "what was held is not called off");
        assert!(settle(R::Open, false, Act::Instruct).is_err() && settle(R::Open, true, Act::Instruct).is_ok());
        assert!(settle(R::CarriedOut, true, Act::Extend).is_err());
    }
}
