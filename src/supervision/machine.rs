//! The states of a supervision order 督办, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a supervision order.
    SupervisionState in "supervision-states" {
        Issued "issued" "待签收",
        SignedIn "signed_in" "落实中",
        Answered "answered" "待审核",
        Closed "closed" "已办结",
        Withdrawn "withdrawn" "已撤销",
    }
}

code_enum! {
    /// What can be done with a supervision order.
    SupervisionAction in "supervision-actions" {
        SignIn "sign_in" "签收",
        Progress "progress" "报告进展",
        Extend "extend" "延期",
        Answer "answer" "反馈结果",
        Confirm "confirm" "审核办结",
        SendBack "send_back" "退回重办",
        Withdraw "withdraw" "撤销",
    }
}

code_enum! {
    /// Why somebody is ordered to catch up.
    SupervisionReason in "supervision-reasons" {
        Overdue "overdue" "超期未办",
        Shirking "shirking" "推诿、反复退回",
        Complaint "complaint" "投诉或差评",
        Inspection "inspection" "督查发现",
        LeaderInstruction "leader_instruction" "领导批示",
        Other "other" "其他",
    }
}

code_enum! {
    /// What an order is about, where it is about one record.
    SupervisedKind in "supervised-kinds" {
        Entrustment "entrustment" "代办件",
        FallbackTicket "fallback_ticket" "“办不成事”反映件",
    }
}

use SupervisionAction as A;
use SupervisionState as S;

/// The table; without a new state the order stays in its own.
pub const TABLE: &[(A, &[S], Option<S>)] = &[
    (A::SignIn, &[S::Issued], Some(S::SignedIn)),
    (A::Progress, &[S::SignedIn], None),
    (A::Extend, &[S::SignedIn], None),
    (A::Answer, &[S::SignedIn], Some(S::Answered)),
    (A::Confirm, &[S::Answered], Some(S::Closed)),
    (A::SendBack, &[S::Answered], Some(S::SignedIn)),
    (A::Withdraw, &[S::Issued, S::SignedIn, S::Answered], Some(S::Withdrawn)),
];

impl S {
    /// The addressee owes something.
    pub fn is_owed(self) -> bool {
        matches!(self, S::Issued | S::SignedIn)
    }
}

impl A {
    /// Done by the center or department that is supervised; the rest by who supervises.
    pub fn is_addressees(self) -> bool {
        matches!(self, A::SignIn | A::Progress | A::Answer)
    }
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// An order is extended once.
    #[error("extended already")]
    Extended,
    /// Who answered does not judge the answer.
    #[error("one's own answer")]
    OwnAnswer,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("督办当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Extended => "督办只能延期一次。".into(),
            Self::OwnAnswer => "反馈结果的人不能审核自己的反馈。".into(),
        }
    }
}

/// What the guards need.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// It was extended before.
    pub extended: bool,
    /// The caller has given the answer that waits.
    pub own_answer: bool,
}

/// The state after an action.
pub fn decide(state: S, facts: Facts, action: A) -> Result<S, Refusal> {
    let (_, _, next) = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state)).ok_or(Refusal::State(action, state))?;
    match action {
        A::Extend if facts.extended => Err(Refusal::Extended),
        A::Confirm | A::SendBack if facts.own_answer => Err(Refusal::OwnAnswer),
        _ => Ok(next.unwrap_or(state)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_an_end() {
        for state in [S::Closed, S::Withdrawn] {
            assert!(A::ALL.iter().all(|a| decide(state, Facts::default(), *a).is_err()), "{state:?}");
        }
    }

    #[test]
    fn only_a_confirmed_answer_closes() {
        for state in S::ALL {
            for action in A::ALL {
                let closes = decide(*state, Facts::default(), *action).is_ok_and(|next| next == S::Closed);
                assert_eq!(closes, *state == S::Answered && *action == A::Confirm, "{state:?} {action:?}");
            }
        }
    }

    #[test]
    fn guards() {
        assert!(decide(S::SignedIn, Facts { extended: true, ..Facts::default() }, A::Extend).is_err());
        let own = Facts { own_answer: true, ..Facts::default() };
        assert!(decide(S::Answered, own, A::Confirm).is_err() && decide(S::Answered, own, A::Withdraw).is_ok());
    }
}
