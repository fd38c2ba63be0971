//! The states of a batch, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a batch.
    BatchState in "ticket-batch-states" {
        Collecting "collecting" "收集中",
        Submitted "submitted" "已提交政府",
        Decided "decided" "已研究",
        Cancelled "cancelled" "已取消",
    }
}

code_enum! {
    /// What can be done with a batch.
    BatchAction in "ticket-batch-actions" {
        Edit "edit" "修改",
        Add "add" "列入问题",
        Remove "remove" "移出问题",
        Submit "submit" "提交政府",
        Decide "decide" "登记研究结果",
        Cancel "cancel" "取消",
    }
}

use BatchAction as A;
use BatchState as S;

/// The table. A submitted batch is decided once each of its tickets is.
pub const TABLE: &[(A, &[S], S)] = &[
    (A::Edit, &[S::Collecting], S::Collecting),
    (A::Add, &[S::Collecting], S::Collecting),
    (A::Remove, &[S::Collecting], S::Collecting),
    (A::Submit, &[S::Collecting], S::Submitted),
    (A::Decide, &[S::Submitted], S::Submitted),
    (A::Cancel, &[S::Collecting], S::Cancelled),
];

/// What the guards know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Tickets that are in it.
    pub tickets: usize,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// Nothing to submit.
    #[error("the batch is empty")]
    Empty,
    /// Tickets would be without a batch.
    #[error("the batch is not empty")]
    NotEmpty,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("批次当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Empty => "批次中还没有问题，不能提交。".into(),
            Self::NotEmpty => "批次中还有问题，请先移出再取消。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: S, facts: &Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| *to).ok_or(Refusal::State(action, state))?;
    match action {
        A::Submit if facts.tickets == 0 => Err(Refusal::Empty),
        A::Cancel if facts.tickets > 0 => Err(Refusal::NotEmpty),
        _ => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_submitted_is_decided_and_nothing_else() {
        let full = Facts { tickets: 2 };
        for action in A::ALL {
            assert_eq!(decide(S::Submitted, &full, *action).is_ok(), *action == A::Decide, "{action:?}");
            assert!(decide(S::Decided, &full, *action).is_err() && decide(S::Cancelled, &full, *action).is_err());
        }
        assert!(decide(S::Collecting, &Facts::default(), A::Submit).is_err() && decide(S::Collecting, &full, A::Cancel).is_err());
    }
}
