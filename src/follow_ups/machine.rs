//! The states of a follow-up, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a follow-up.
    FollowUpState in "follow-up-states" {
        Opened "opened" "待核实",
        Verified "verified" "已核实待处理",
        Fixing "fixing" "限期整改中",
        Handled "handled" "待反馈申请人",
        Told "told" "待二次评价",
        UpperReview "upper_review" "上级复核中",
        Closed "closed" "已办结",
        Excluded "excluded" "申诉成立",
    }
}

code_enum! {
    /// What is done with a follow-up.
    FollowUpAction in "follow-up-actions" {
        Assign "assign" "指定承办人",
        RecordAttempt "record_attempt" "登记联系未果",
        Verify "verify" "登记核实结果",
        MarkComplex "mark_complex" "认定情况复杂",
        PlanFix "plan_fix" "限期整改",
        Fix "fix" "登记已整改",
        Explain "explain" "说明解释",
        Tell "tell" "反馈申请人",
        Appeal "appeal" "申诉",
        DecideAppeal "decide_appeal" "复核申诉",
        Conclude "conclude" "复核办结",
        SendBack "send_back" "退回重新整改",
    }
}

code_enum! {
    /// Whether it is as the applicant says.
    FollowUpVerdict in "follow-up-verdicts" {
        True "true" "属实",
        False "false" "不属实",
        Unverifiable "unverifiable" "无法核实",
    }
}

code_enum! {
    /// How it was handled.
    FollowUpMeasure in "follow-up-measures" {
        Fixed "fixed" "已整改",
        Explained "explained" "已说明解释",
    }
}

code_enum! {
    /// How an appeal stands.
    AppealState in "appeal-states" {
        Pending "pending" "待复核",
        Upheld "upheld" "申诉成立",
        Refused "refused" "申诉不成立",
    }
}

use FollowUpAction as A;
use FollowUpState as S;

/// Attempts in vain, each on another day, after which somebody who gave their name is taken as unreachable.
pub const ATTEMPTS: i32 = 3;

/// How often a follow-up is handled at most: once, and once more after the upper center has sent it back.
pub const ROUNDS: i32 = 2;

/// While the center handles it.
const HANDLING: &[S] = &[S::Opened, S::Verified, S::Fixing, S::Handled];

/// The table; no row for a state after the action: it stays.
pub const TABLE: &[(A, &[S], Option<S>)] = &[
    (A::Assign, HANDLING, None),
    (A::RecordAttempt, &[S::Opened], None),
    (A::Verify, &[S::Opened], Some(S::Verified)),
    // Said with the verification, or soon after it.
    (A::MarkComplex, &[S::Opened, S::Verified], None),
    (A::PlanFix, &[S::Verified], Some(S::Fixing)),
    (A::Fix, &[S::Verified, S::Fixing], Some(S::Handled)),
    (A::Explain, &[S::Verified], Some(S::Handled)),
    // The second evaluation opens with it; there is only one.
    (A::Tell, &[S::Handled], Some(S::Told)),
    (A::Appeal, HANDLING, None),
    // Upheld, it ends.
    (A::DecideAppeal, HANDLING, None),
    (A::Conclude, &[S::UpperReview], Some(S::Closed)),
    (A::SendBack, &[S::UpperReview], Some(S::Verified)),
];

/// What the guards know beside the state.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// 1, or 2 after it was sent back.
    pub round: i32,
    /// What the verification said.
    pub verdict: Option<FollowUpVerdict>,
    /// Complex already.
    pub complex: bool,
    /// The time to handle it is over.
    pub handling_over: bool,
    /// How an appeal stands, if there is one.
    pub appeal: Option<AppealState>,
    /// The time to appeal is over.
    pub appeal_over: bool,
    /// What is decided upholds the appeal.
    pub upheld: bool,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not in this state.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// Said once.
    #[error("complex already")]
    Complex,
    /// Too late to have more time.
    #[error("the time to handle it is over")]
    Late,
    /// Nothing to put right.
    #[error("what was said is not so")]
    NothingToFix,
    /// An appeal waits.
    #[error("an appeal is pending")]
    AppealPending,
    /// No appeal waits.
    #[error("no appeal is pending")]
    NoAppeal,
    /// One each.
    #[error("appealed already")]
    Appealed,
    /// Too late to appeal.
    #[error("the time to appeal is over")]
    AppealOver,
    /// Bounded.
    #[error("sent back once already")]
    SentBack,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("差评整改当前为“{}”，不能{}。", state.label(), action.label()),
            Self::Complex => "已认定情况复杂，不再重复认定。".into(),
            Self::Late => "整改时限已过，不能再认定情况复杂。".into(),
            Self::NothingToFix => "核实结果为不属实，请说明解释。".into(),
            Self::AppealPending => "申诉正在复核，复核后再反馈申请人。".into(),
            Self::NoAppeal => "没有待复核的申诉。".into(),
            Self::Appealed => "一次差评只申诉一次。".into(),
            Self::AppealOver => "申诉期限已过。".into(),
            Self::SentBack => "已退回重新整改过一次，请复核办结。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: S, facts: &Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state)).ok_or(Refusal::State(action, state))?;
    let pending = facts.appeal == Some(AppealState::Pending);
    let refusal = match action {
        A::MarkComplex if facts.complex => Some(Refusal::Complex),
        A::MarkComplex if facts.handling_over => Some(Refusal::Late),
        A::PlanFix | A::Fix if facts.verdict == Some(FollowUpVerdict::False) => Some(Refusal::NothingToFix),
        A::Tell if pending => Some(Refusal::AppealPending),
        A::Appeal if facts.appeal.is_some() => Some(Refusal::Appealed),
        A::Appeal if facts.appeal_over || facts.round > 1 => Some(Refusal::AppealOver),
        A::DecideAppeal if !pending => Some(Refusal::NoAppeal),
        A::SendBack if facts.round >= ROUNDS => Some(Refusal::SentBack),
        _ => None,
    };
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    Ok(match action {
        A::DecideAppeal if facts.upheld => S::Excluded,
        // There is one second evaluation; what was sent back is told, and that is its end.
        A::Tell if facts.round >= ROUNDS => S::Closed,
        _ => row.2.unwrap_or(state),
    })
}

/// What the second evaluation came to: rated, and how; or its window is over.
pub fn after_second(state: S, bad: bool) -> Option<S> {
    match state {
        S::Told if bad => Some(S::UpperReview),
        S::Told => Some(S::Closed),
        _ => None,
    }
}

impl S {
    /// Nothing is done with it any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Excluded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Facts = Facts { round: 1, verdict: None, complex: false, handling_over: false, appeal: None, appeal_over: false, upheld: false };

    #[test]
    fn what_has_ended_stays_ended() {
        for state in [S::Closed, S::Excluded] {
            let pending = Facts { appeal: Some(AppealState::Pending), ..PLAIN };
            assert!(state.is_final() && A::ALL.iter().all(|a| decide(state, &PLAIN, *a).is_err() && decide(state, &pending, *a).is_err()), "{state:?}");
            assert!(after_second(state, true).is_none());
        }
    }

    #[test]
    fn guards() {
        let pending = Facts { appeal: Some(AppealState::Pending), ..PLAIN };
        assert!(decide(S::Handled, &pending, A::Tell).is_err() && decide(S::Verified, &pending, A::Fix).is_ok(), "handling goes on beside an appeal");
        assert!(decide(S::Opened, &pending, A::Appeal).is_err() && decide(S::Opened, &Facts { appeal_over: true, ..PLAIN }, A::Appeal).is_err());
        assert!(decide(S::Opened, &PLAIN, A::DecideAppeal).is_err());
        assert!(matches!(decide(S::Fixing, &Facts { upheld: true, ..pending }, A::DecideAppeal), Ok(S::Excluded)));
        assert!(matches!(decide(S::Fixing, &pending, A::DecideAppeal), Ok(S::Fixing)), "refused, it goes on where it was");
        let untrue = Facts { verdict: Some(FollowUpVerdict::False), ..PLAIN };
        assert!(decide(S::Verified, &untrue, A::Fix).is_err() && decide(S::Verified, &untrue, A::Explain).is_ok());
        assert!(decide(S::Verified, &Facts { handling_over: true, ..PLAIN }, A::MarkComplex).is_err());
    }

    /// However it is played, it ends: it is sent back once, and what is told then is the end.
    #[test]
    fn rounds_are_bounded() {
        let again = Facts { round: ROUNDS, ..PLAIN };
        assert!(decide(S::UpperReview, &PLAIN, A::SendBack).is_ok() && decide(S::UpperReview, &again, A::SendBack).is_err());
        assert!(matches!(decide(S::Handled, &again, A::Tell), Ok(S::Closed)));
        assert!(matches!((after_second(S::Told, true), after_second(S::Told, false)), (Some(S::UpperReview), Some(S::Closed))));
    }

    /// The whole table, plain and with an appeal pending.
    #[test]
    fn table() {
        let mut lines = Vec::new();
        for state in S::ALL {
            let to = |facts: &Facts| {
                let next = |a: &A| decide(*state, facts, *a).ok().map(|to| format!("{}→{}", a.code(), to.code()));
                A::ALL.iter().filter_map(next).collect::<Vec<_>>().join(" ")
            };
            lines.push(format!("{} plain: {} | appealed: {}", state.code(), to(&PLAIN), to(&Facts { appeal: Some(AppealState::Pending), ..PLAIN })));
        }
        insta::assert_snapshot!(lines.join("\n"));
    }
}
