//! The states of a return visit, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a return visit.
    ReturnVisitState in "return-visit-states" {
        Planned "planned" "待回访",
        Visited "visited" "已回访",
        Unreachable "unreachable" "未联系上",
        Dropped "dropped" "不再回访",
    }
}

code_enum! {
    /// What happens to a return visit.
    ReturnVisitAction in "return-visit-actions" {
        Record "record" "登记回访结果",
        RecordAttempt "record_attempt" "登记联系未果",
        Drop "drop" "不再回访",
    }
}

code_enum! {
    /// Why somebody is visited.
    ReturnVisitReason in "return-visit-reasons" {
        Sampled "sampled" "按比例抽取",
        Ordered "ordered" "指定回访",
    }
}

use ReturnVisitAction as A;
use ReturnVisitState as S;

/// Attempts, each on another day, after which a caller is taken as unreachable.
pub const ATTEMPTS: i32 = 3;

/// The table.
pub const TABLE: &[(A, &[S], S)] = &[
    (A::Record, &[S::Planned], S::Visited),
    // The last of the attempts ends it.
    (A::RecordAttempt, &[S::Planned], S::Planned),
    (A::Drop, &[S::Planned], S::Dropped),
];

/// Why not.
#[derive(Debug, thiserror::Error)]
#[error("{} is not possible when {}", .0.code(), .1.code())]
pub struct Refusal(pub A, pub S);

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        let action = if self.0 == A::Drop { "取消" } else { self.0.label() };
        format!("回访当前为“{}”，不能{action}。", self.1.label())
    }
}

/// The state after an action; `attempts` counts this one.
pub fn decide(state: S, action: A, attempts: i32) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| *to).ok_or(Refusal(action, state))?;
    Ok(if action == A::RecordAttempt && attempts >= ATTEMPTS { S::Unreachable } else { to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_attempts_end_it() {
        assert!(matches!(decide(S::Planned, A::RecordAttempt, 2), Ok(S::Planned)));
        assert!(matches!(decide(S::Planned, A::RecordAttempt, 3), Ok(S::Unreachable)));
        for state in [S::Visited, S::Unreachable, S::Dropped] {
            assert!(A::ALL.iter().all(|a| decide(state, *a, 1).is_err()), "{state:?}");
        }
    }
}
