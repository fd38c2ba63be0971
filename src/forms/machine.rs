//! The kinds of forms and what each needs, as a table; and the states of a form.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// Which form.
    FormKind in "form-kinds" {
        Application "application" "帮办代办申请表",
        Receipt "receipt" "收件凭证",
        Agreement "agreement" "代办委托协议",
        Amendment "amendment" "变更协议",
        Plan "plan" "代办计划与申报进度计划",
        OneTimeNotice "one_time_notice" "一次性告知书",
        DeferralNotice "deferral_notice" "容缺受理通知书",
        Transfer "transfer" "转办单",
        HandOverList "hand_over_list" "资料交接清单",
        JointRequest "joint_request" "联办函",
        ArbitrationDecision "arbitration_decision" "指定办理决定书",
        Suspension "suspension" "中止单",
        Resumption "resumption" "续办单",
        Extension "extension" "延期告知书",
        DeliveryReceipt "delivery_receipt" "送达回证",
        Completion "completion" "代办事项办结单",
        Termination "termination" "代办事项终止委托单",
        Supervision "supervision" "督办单",
    }
}

code_enum! {
    /// State of a form.
    FormState in "form-states" {
        Issued "issued" "有效",
        Signed "signed" "已签署",
        Voided "voided" "已作废",
    }
}

code_enum! {
    /// What can be done with a form.
    FormAction in "form-actions" {
        Sign "sign" "签署",
        Link "link" "发送签署链接",
        Void "void" "作废",
    }
}

use FormAction as A;
use FormKind as K;
use FormState as S;

/// The table. What somebody has signed is never voided; a second party signs after the first.
pub const TABLE: &[(FormAction, &[FormState])] = &[(A::Sign, &[S::Issued, S::Signed]), (A::Link, &[S::Issued, S::Signed]), (A::Void, &[S::Issued])];

/// What a form is drawn up from, beside the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The matter alone.
    Matter,
    /// A transfer.
    Transfer,
    /// A joint handling.
    JointHandling,
    /// A decided arbitration.
    Arbitration,
    /// A reminder.
    Reminder,
}

impl FormKind {
    /// What it is drawn up from.
    pub fn about(self) -> About {
        match self {
            K::Transfer | K::HandOverList => About::Transfer,
            K::JointRequest => About::JointHandling,
            K::ArbitrationDecision => About::Arbitration,
            K::Supervision => About::Reminder,
            _ => About::Matter,
        }
    }

    /// Between units of the administration: no applicant reads it.
    pub fn internal(self) -> bool {
        self.about() != About::Matter
    }

    /// Signing it is signing the matter: the agreement, the result, the end.
    pub fn binds(self) -> bool {
        matches!(self, K::Agreement | K::Completion | K::Termination)
    }
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .action.code(), .state.code())]
    State {
        /// Asked.
        action: FormAction,
        /// Present.
        state: FormState,
    },
    /// The record does not hold yet what the form says.
    #[error("the matter has nothing that a {} could say", .0.code())]
    NotDue(FormKind),
    /// Somebody has signed this place.
    #[error("this place is signed")]
    PlaceTaken,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        match self {
            Self::State { action, state } => format!("文书当前为“{}”，不能{}。", state.label(), action.label()),
            Self::NotDue(kind) => format!("本件目前没有可以出具“{}”的内容。", kind.label()),
            Self::PlaceTaken => "该处已经签署，签署后不能更改。".into(),
        }
    }
}

/// Whether an action is possible in a state.
pub fn permits(state: FormState, action: FormAction) -> Result<(), Refusal> {
    let row = TABLE.iter().find(|(a, from)| *a == action && from.contains(&state));
    row.map(|_| ()).ok_or(Refusal::State { action, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_stays() {
        assert!(permits(S::Signed, A::Void).is_err() && permits(S::Voided, A::Sign).is_err() && permits(S::Voided, A::Link).is_err());
        assert!(permits(S::Issued, A::Void).is_ok() && permits(S::Signed, A::Sign).is_ok());
    }
}
