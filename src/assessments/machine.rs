//! The states of an assessment, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of an assessment.
    AssessmentState in "assessment-states" {
        Computing "computing" "计算中",
        Computed "computed" "待公示",
        Published "published" "公示中",
        Freezing "freezing" "归档中",
        Frozen "frozen" "已冻结",
        Withdrawn "withdrawn" "已撤销",
    }
}

code_enum! {
    /// What is done with an assessment.
    AssessmentAction in "assessment-actions" {
        Compute "compute" "重新计算",
        Enter "enter" "登记加减分",
        Publish "publish" "公示",
        Object "object" "提出异议",
        Decide "decide" "复核异议",
        Freeze "freeze" "冻结",
        Correct "correct" "提出更正",
        Confirm "confirm" "确认更正",
        Withdraw "withdraw" "撤销",
    }
}

code_enum! {
    /// Who is assessed.
    AssessedKind in "assessed-kinds" {
        Center "center" "服务中心",
        Department "department" "部门",
        Staff "staff" "代办人员",
    }
}

code_enum! {
    /// How somebody did.
    AssessmentGrade in "assessment-grades" {
        Excellent "excellent" "优秀",
        Good "good" "良好",
        Pass "pass" "合格",
        Fail "fail" "不合格",
    }
}

code_enum! {
    /// State of an objection.
    ObjectionState in "assessment-objection-states" {
        Open "open" "待复核",
        Upheld "upheld" "成立",
        Refused "refused" "不成立",
    }
}

code_enum! {
    /// What is entered beside the figures.
    EntryKind in "assessment-entry-kinds" {
        Bonus "bonus" "加减分",
        Objection "objection" "异议成立调整",
        Correction "correction" "冻结后更正",
    }
}

code_enum! {
    /// State of an entry.
    EntryState in "assessment-entry-states" {
        Pending "pending" "待确认",
        Effective "effective" "有效",
    }
}

code_enum! {
    /// State of a scheme.
    SchemeState in "assessment-scheme-states" {
        Draft "draft" "草稿",
        Published "published" "已发布",
    }
}

use AssessmentAction as A;
use AssessmentState as S;

/// The table; no state after the action: it stays.
pub const TABLE: &[(A, &[S], Option<S>)] = &[
    (A::Compute, &[S::Computed], Some(S::Computing)),
    (A::Enter, &[S::Computed], None),
    (A::Publish, &[S::Computed], Some(S::Published)),
    (A::Object, &[S::Published], None),
    (A::Decide, &[S::Published], None),
    // The worker keeps the records behind the figures, and then it is frozen.
    (A::Freeze, &[S::Published], Some(S::Freezing)),
    (A::Correct, &[S::Frozen], None),
    (A::Confirm, &[S::Frozen], None),
    (A::Withdraw, &[S::Computing, S::Computed, S::Published], Some(S::Withdrawn)),
];

/// What the guards know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// The time to object is over.
    pub window_over: bool,
    /// Objections that nobody has decided.
    pub open_objections: bool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not in this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// Objections may still come.
    #[error("the time to object is not over")]
    WindowOpen,
    /// It is too late to object.
    #[error("the time to object is over")]
    WindowOver,
    /// An objection waits.
    #[error("an objection is not decided")]
    ObjectionOpen,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("考评当前为“{}”，不能{}。", state.label(), action.label()),
            Self::WindowOpen => "公示期未满，不能冻结。".into(),
            Self::WindowOver => "公示期已满，不再受理异议。".into(),
            Self::ObjectionOpen => "还有异议未复核，不能冻结。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: S, facts: Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| to.unwrap_or(state)).ok_or(Refusal::State(action, state))?;
    match action {
        A::Object if facts.window_over => Err(Refusal::WindowOver),
        A::Freeze if !facts.window_over => Err(Refusal::WindowOpen),
        A::Freeze if facts.open_objections => Err(Refusal::ObjectionOpen),
        _ => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_frozen_while_somebody_may_object_and_nothing_moves_after() {
        let over = Facts { window_over: true, open_objections: false };
        assert!(matches!(decide(S::Published, over, A::Freeze), Ok(S::Freezing)));
        assert!(matches!(decide(S::Published, Facts::default(), A::Freeze), Err(Refusal::WindowOpen)));
        assert!(matches!(decide(S::Published, Facts { open_objections: true, ..over }, A::Freeze), Err(Refusal::ObjectionOpen)));
        assert!(matches!(decide(S::Published, over, A::Object), Err(Refusal::WindowOver)));
        // The worker alone leaves these.
        for state in [S::Computing, S::Freezing, S::Frozen, S::Withdrawn] {
            let moved = A::ALL.iter().filter_map(|a| decide(state, over, *a).ok()).filter(|to| *to != state);
            assert!(moved.into_iter().all(|to| to == S::Withdrawn && state == S::Computing), "{state:?}");
        }
    }
}
