//! The states of a consultation, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a consultation.
    ConsultationState in "consultation-states" {
        Open "open" "待答复",
        Answered "answered" "已答复",
        Closed "closed" "已办结",
        HandedOver "handed_over" "已转为办件",
        Withdrawn "withdrawn" "已撤回",
    }
}

code_enum! {
    /// What can be done with a consultation.
    ConsultationAction in "consultation-actions" {
        Answer "answer" "答复",
        Close "close" "办结",
        Reopen "reopen" "再次咨询",
        Withdraw "withdraw" "撤回",
        Assign "assign" "指派",
        Note "note" "备注",
        Transfer "transfer" "转办",
        AcceptTransfer "accept_transfer" "接收",
        ReturnTransfer "return_transfer" "退回",
        RecallTransfer "recall_transfer" "收回转办",
        Designate "designate" "指定答复中心",
        OpenEntrustment "open_entrustment" "转为代办帮办",
        OpenTicket "open_ticket" "转为“办不成事”反映",
        Reveal "reveal" "查看完整信息",
    }
}

use ConsultationAction as A;
use ConsultationState as S;

impl S {
    /// Nothing is owed any more.
    pub fn is_final(self) -> bool {
        matches!(self, S::Closed | S::HandedOver | S::Withdrawn)
    }
}

/// The table; without a new state the consultation stays in its own.
pub const TABLE: &[(A, &[S], Option<S>)] = &[
    (A::Answer, &[S::Open], Some(S::Answered)),
    (A::Close, &[S::Answered], Some(S::Closed)),
    (A::Reopen, &[S::Answered, S::Closed], Some(S::Open)),
    (A::Withdraw, &[S::Open], Some(S::Withdrawn)),
    (A::Assign, &[S::Open], None),
    (A::Note, <S as crate::kernel::Code>::ALL, None),
    (A::Transfer, &[S::Open], None),
    (A::AcceptTransfer, &[S::Open], None),
    (A::ReturnTransfer, &[S::Open], None),
    (A::RecallTransfer, &[S::Open], None),
    (A::Designate, &[S::Open], None),
    (A::OpenEntrustment, &[S::Open, S::Answered, S::HandedOver], Some(S::HandedOver)),
    // Who comes back after the end with the answer in hand: the consultation stays closed, and was rated as one.
    (A::OpenEntrustment, &[S::Closed], Some(S::Closed)),
    (A::OpenTicket, &[S::Open, S::Answered, S::HandedOver], Some(S::HandedOver)),
    (A::OpenTicket, &[S::Closed], Some(S::Closed)),
    (A::Reveal, <S as crate::kernel::Code>::ALL, None),
];

/// What the guards know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Another center has an offer of it.
    pub offered: bool,
    /// Offers came back so often that nobody is asked again.
    pub returned_enough: bool,
    /// It was handed over so often that it moves no more by offers.
    pub moved_enough: bool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// One offer at a time.
    #[error("another center has an offer of it")]
    Offered,
    /// Nobody has an offer of it.
    #[error("no center has an offer of it")]
    NotOffered,
    /// It came back too often.
    #[error("offers came back too often")]
    ReturnedEnough,
    /// It moved too often.
    #[error("it was handed over too often")]
    MovedEnough,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("该咨询当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Offered => "该咨询已有未答复的转办。".into(),
            Self::NotOffered => "该咨询没有待接收的转办。".into(),
            Self::ReturnedEnough => "该咨询被退回的次数已到上限，请直接答复，或由上级中心指定答复中心。".into(),
            Self::MovedEnough => "该咨询转办的次数已到上限，请直接答复，或由上级中心指定答复中心。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: S, facts: Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| to.unwrap_or(state)).ok_or(Refusal::State(action, state))?;
    match action {
        A::Transfer if facts.offered => Err(Refusal::Offered),
        A::Transfer if facts.returned_enough => Err(Refusal::ReturnedEnough),
        A::Transfer if facts.moved_enough => Err(Refusal::MovedEnough),
        A::AcceptTransfer | A::ReturnTransfer | A::RecallTransfer if !facts.offered => Err(Refusal::NotOffered),
        _ => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_as_it_stands() {
        let told = |state: S| {
            let may = A::ALL.iter().filter_map(|a| decide(state, Facts::default(), *a).ok().map(|to| format!("{}→{}", a.code(), to.code())));
            format!("{}: {}", state.code(), may.collect::<Vec<_>>().join(" "))
        };
        insta::assert_snapshot!(S::ALL.iter().map(|s| told(*s)).collect::<Vec<_>>().join("\n"), @r"
        open: answer→answered withdraw→withdrawn assign→open note→open transfer→open designate→open open_entrustment→handed_over open_ticket→handed_over reveal→open
        answered: close→closed reopen→open note→answered open_entrustment→handed_over open_ticket→handed_over reveal→answered
        closed: reopen→open note→closed open_entrustment→closed open_ticket→closed reveal→closed
        handed_over: note→handed_over open_entrustment→handed_over open_ticket→handed_over reveal→handed_over
        withdrawn: note→withdrawn reveal→withdrawn
        ");
    }

    #[test]
    fn one_offer_at_a_time_and_not_for_ever() {
        let with = |facts| A::ALL.iter().copied().filter(move |a| decide(S::Open, facts, *a).is_ok()).collect::<Vec<_>>();
        let offered = with(Facts { offered: true, ..Facts::default() });
        assert!(offered.contains(&A::AcceptTransfer) && offered.contains(&A::ReturnTransfer) && !offered.contains(&A::Transfer));
        for facts in [Facts { returned_enough: true, ..Facts::default() }, Facts { moved_enough: true, ..Facts::default() }] {
            assert!(!with(facts).contains(&A::Transfer) && with(facts).contains(&A::Designate));
        }
    }
}
