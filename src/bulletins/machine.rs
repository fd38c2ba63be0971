//! The states of a bulletin, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a bulletin.
    BulletinState in "bulletin-states" {
        Draft "draft" "起草中",
        Submitted "submitted" "待审核",
        Published "published" "已发布",
        Withdrawn "withdrawn" "已撤回",
        Discarded "discarded" "已作废",
    }
}

code_enum! {
    /// What can be done with a bulletin.
    BulletinAction in "bulletin-actions" {
        Edit "edit" "修改文字",
        Recompose "recompose" "重新取数",
        Submit "submit" "送审",
        SendBack "send_back" "退回修改",
        Publish "publish" "审核发布",
        Withdraw "withdraw" "撤回",
        Discard "discard" "作废",
    }
}

use BulletinAction as A;
use BulletinState as S;

/// The table.
pub const TABLE: &[(A, &[S], S)] = &[
    (A::Edit, &[S::Draft], S::Draft),
    (A::Recompose, &[S::Draft], S::Draft),
    (A::Submit, &[S::Draft], S::Submitted),
    (A::SendBack, &[S::Submitted], S::Draft),
    (A::Publish, &[S::Submitted], S::Published),
    (A::Withdraw, &[S::Published], S::Withdrawn),
    (A::Discard, &[S::Draft], S::Discarded),
];

impl S {
    /// States in which another of the same period would be a second one.
    pub const STANDING: [S; 3] = [S::Draft, S::Submitted, S::Published];
}

impl A {
    /// A review: never by whoever worked on it.
    pub fn is_review(self) -> bool {
        matches!(self, A::SendBack | A::Publish)
    }
}

/// What the guards know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// The caller composed, edited or submitted it.
    pub own: bool,
    /// Every event of the period is counted.
    pub counted: bool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// Nobody reviews their own.
    #[error("nobody reviews what they worked on")]
    Own,
    /// The figures are not whole.
    #[error("the figures are being made anew")]
    NotCounted,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("通报当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Own => "起草、修改过本通报的人不能审核，请由另一人审核。".into(),
            Self::NotCounted => "取数时统计正在重建，数字不全；请重新取数后再送审。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: S, facts: Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| *to).ok_or(Refusal::State(action, state))?;
    if action.is_review() && facts.own {
        return Err(Refusal::Own);
    }
    if action == A::Submit && !facts.counted {
        return Err(Refusal::NotCounted);
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_was_reviewed_by_another_and_is_only_withdrawn() {
        let (mine, theirs) = (Facts { own: true, counted: true }, Facts { own: false, counted: true });
        for state in S::ALL {
            for action in A::ALL {
                if let Ok(S::Published) = decide(*state, theirs, *action) {
                    assert_eq!((*state, *action), (S::Submitted, A::Publish));
                    assert!(decide(*state, mine, *action).is_err());
                }
            }
        }
        let from_published: Vec<A> = A::ALL.iter().copied().filter(|a| decide(S::Published, theirs, *a).is_ok()).collect();
        assert_eq!(from_published, [A::Withdraw]);
        assert!(decide(S::Draft, Facts { own: true, counted: false }, A::Submit).is_err());
    }
}
