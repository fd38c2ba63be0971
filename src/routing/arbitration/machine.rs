//! The states of an arbitration, as a table (DOMAIN §5). Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of an arbitration.
    ArbitrationState in "arbitration-states" {
        Opened "opened" "待裁定",
        EscalatedToLeader "escalated_to_leader" "已提请分管领导",
        Decided "decided" "已裁定",
        NoCompetentUnit "no_competent_unit" "无主管单位",
        Moot "moot" "本件已结束",
    }
}

code_enum! {
    /// What can be done with an arbitration.
    ArbitrationAction in "arbitration-actions" {
        StateCase "state_case" "陈述意见",
        Decide "decide" "作出决定",
        Escalate "escalate" "提请分管领导",
        NoCompetentUnit "no_competent_unit" "认定无主管单位",
        Review "review" "申请复核",
        Moot "moot" "因结束而终止",
    }
}

code_enum! {
    /// Why an arbitration was opened.
    ArbitrationCause in "arbitration-causes" {
        Returned "returned" "转办被退回",
        Expired "expired" "逾期未答复",
        Declined "declined" "联办被拒绝",
        Asked "asked" "承办中心申请",
    }
}

code_enum! {
    /// Who decides.
    Authority in "deciding-authorities" {
        Center "center" "共同上级中心",
        ReformOffice "reform_office" "改革办",
    }
}

code_enum! {
    /// What was decided.
    DecisionKind in "decision-kinds" {
        Custody "custody" "指定承办中心",
        Joint "joint" "指定联办",
        Keep "keep" "维持现承办中心",
    }
}

impl DecisionKind {
    /// What was decided, in plain words, about who is named.
    pub fn outcome(self, name: &str) -> String {
        match self {
            Self::Custody => format!("本件由{name}承办"),
            Self::Joint => format!("有关步骤由{name}联合办理"),
            Self::Keep => format!("本件仍由{name}承办"),
        }
    }
}

use ArbitrationAction as A;
use ArbitrationState as S;

/// Waits for its decision.
const OPEN: &[S] = &[S::Opened, S::EscalatedToLeader];

/// The table. A decision binds; one review on new facts opens it once more.
pub const TABLE: &[(A, &[S], Option<S>)] = &[
    (A::StateCase, OPEN, None),
    (A::Decide, OPEN, Some(S::Decided)),
    (A::Escalate, &[S::Opened], Some(S::EscalatedToLeader)),
    (A::NoCompetentUnit, OPEN, Some(S::NoCompetentUnit)),
    (A::Review, &[S::Decided], Some(S::Opened)),
    (A::Moot, OPEN, Some(S::Moot)),
];

impl S {
    /// Waits for its decision.
    pub fn is_open(self) -> bool {
        OPEN.contains(&self)
    }
}

/// What the guards know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// It was reviewed before.
    pub reviewed: bool,
    /// The matter has ended, or another arbitration of it is open.
    pub matter_closed: bool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not from this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    NotNow(A, S),
    /// One review.
    #[error("reviewed once already")]
    ReviewedOnce,
    /// Nothing is left to decide about.
    #[error("the matter has ended")]
    MatterEnded,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::NotNow(action, state) => format!("指定办理当前为“{}”，不能{}。", state.label(), action.label()),
            Self::ReviewedOnce => "已经复核过一次，决定不再改变。".into(),
            Self::MatterEnded => "本件已结束或另有指定办理，不能复核。".into(),
        }
    }
}

/// Whether an action is possible, and the state after it.
pub fn permits(state: S, facts: Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state)).ok_or(Refusal::NotNow(action, state))?;
    match action {
        A::Review if facts.reviewed => Err(Refusal::ReviewedOnce),
        A::Review if facts.matter_closed => Err(Refusal::MatterEnded),
        _ => Ok(row.2.unwrap_or(state)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_opened_again_once() {
        let fresh = Facts::default();
        let reviewed = Facts { reviewed: true, ..fresh };
        for state in S::ALL {
            for action in A::ALL {
                let open = state.is_open();
                let allowed = permits(*state, fresh, *action).is_ok();
                let expected = match action {
                    A::Review => *state == S::Decided,
                    A::Escalate => *state == S::Opened,
                    _ => open,
                };
                assert_eq!(allowed, expected, "{state:?} {action:?}");
            }
        }
        assert!(matches!(permits(S::Decided, fresh, A::Review), Ok(S::Opened)));
        assert!(permits(S::Decided, reviewed, A::Review).is_err());
        assert!(permits(S::Moot, fresh, A::Decide).is_err(), "nothing is decided about what has ended");
    }
}
