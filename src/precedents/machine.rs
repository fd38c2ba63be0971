//! The states of a precedent, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a precedent: of the text that is being worked on.
    PrecedentState in "precedent-states" {
        Draft "draft" "草稿",
        InReview "in_review" "审核中",
        SentBack "sent_back" "已退回修改",
        Published "published" "已公布",
        Withdrawn "withdrawn" "已撤下",
    }
}

code_enum! {
    /// What can be done with a precedent.
    PrecedentAction in "precedent-actions" {
        Edit "edit" "修改",
        Submit "submit" "提交审核",
        SendBack "send_back" "退回",
        Publish "publish" "公布",
        Withdraw "withdraw" "撤下",
        Promote "promote" "建议纳入事项目录",
    }
}

use PrecedentAction as A;
use PrecedentState as S;

/// What the guards need to know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// A version can be read by everybody.
    pub public: bool,
    /// The caller wrote the draft, or submitted it.
    pub own: bool,
}

/// The table; without a new state the precedent stays in its own.
pub const TABLE: &[(PrecedentAction, &[PrecedentState], Option<PrecedentState>)] = &[
    (A::Edit, &[S::Draft, S::SentBack, S::Published, S::Withdrawn], Some(S::Draft)),
    (A::Submit, &[S::Draft, S::SentBack], Some(S::InReview)),
    (A::SendBack, &[S::InReview], Some(S::SentBack)),
    (A::Publish, &[S::InReview], Some(S::Published)),
    (A::Withdraw, &[S::Draft, S::InReview, S::SentBack, S::Published], Some(S::Withdrawn)),
    (A::Promote, &[S::Draft, S::InReview, S::SentBack, S::Published], None),
];

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(PrecedentAction, PrecedentState),
    /// Nothing is published.
    #[error("nothing is published")]
    NotPublic,
    /// Who wrote it does not judge it.
    #[error("somebody else must review it")]
    Own,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("案例当前为“{}”，不能{}。", state.label(), action.label()),
            Self::NotPublic => "案例尚未公布。".into(),
            Self::Own => "案例由您编写或提交，须由另一人审核。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: PrecedentState, facts: Facts, action: PrecedentAction) -> Result<PrecedentState, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| to.unwrap_or(state)).ok_or(Refusal::State(action, state))?;
    match action {
        A::Withdraw | A::Promote if !facts.public => Err(Refusal::NotPublic),
        A::Publish | A::SendBack if facts.own => Err(Refusal::Own),
        _ => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_person_publishes_and_only_what_was_reviewed() {
        for state in S::ALL {
            for (public, own) in [(false, false), (false, true), (true, false), (true, true)] {
                let next = decide(*state, Facts { public, own }, A::Publish);
                assert_eq!(next.is_ok(), *state == S::InReview && !own, "{state:?}");
            }
        }
    }

    #[test]
    fn what_is_public_can_always_be_withdrawn() {
        let facts = Facts { public: true, own: true };
        for state in S::ALL.iter().filter(|s| **s != S::Withdrawn) {
            assert!(matches!(decide(*state, facts, A::Withdraw), Ok(S::Withdrawn)), "{state:?}");
        }
        assert!(decide(S::Draft, Facts::default(), A::Withdraw).is_err());
    }
}
