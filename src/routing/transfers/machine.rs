//! The states of a transfer, as a table (DOMAIN §5). Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a transfer.
    TransferState in "transfer-states" {
        Offered "offered" "待接收",
        Accepted "accepted" "已接收",
        Returned "returned" "已退回",
        Recalled "recalled" "已撤回",
        Expired "expired" "逾期未答复",
    }
}

code_enum! {
    /// What can be done with a transfer.
    TransferAction in "transfer-actions" {
        Accept "accept" "接收",
        Return "return" "退回",
        Recall "recall" "撤回",
        Expire "expire" "逾期",
    }
}

use TransferAction as A;
use TransferState as S;

/// The table.
pub const TABLE: &[(TransferAction, TransferState, TransferState)] =
    &[(A::Accept, S::Offered, S::Accepted), (A::Return, S::Offered, S::Returned), (A::Recall, S::Offered, S::Recalled), (A::Expire, S::Offered, S::Expired)];

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Answered already.
    #[error("the transfer is {}", .0.code())]
    Answered(TransferState),
    /// The matter has ended meanwhile.
    #[error("the matter can no longer move")]
    MatterEnded,
    /// This center has returned the matter before.
    #[error("returned before; only arbitration decides")]
    ReturnedBefore,
    /// Already there.
    #[error("the center has custody already")]
    SameCenter,
    /// Upward means joint handling.
    #[error("upward is joint handling")]
    Upward,
    /// Sideways only when the resolver says so.
    #[error("the matter does not belong to that center")]
    NotTheirs,
    /// Up goes only to the center that carries it.
    #[error("the center that carries it is another")]
    NotTheLevel(String),
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Answered(_) | Self::MatterEnded | Self::ReturnedBefore => ErrorCode::StateConflict,
            Self::SameCenter | Self::Upward | Self::NotTheirs | Self::NotTheLevel(_) => ErrorCode::RuleViolation,
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Answered(state) => format!("该转办“{}”，不能再次答复。", state.label()),
            Self::MatterEnded => "本件已结束或正在终止，不能转办。".into(),
            Self::ReturnedBefore => "该中心已退回过本件或者逾期未答复，由谁承办须申请指定办理。".into(),
            Self::SameCenter => "本件已由该中心办理，无须转办。".into(),
            Self::Upward => "属于上级的事项应提请上级中心联办，不能向上转办。".into(),
            Self::NotTheLevel(center) => format!("按事项规则本件由{center}承办，请直接转至该中心（to 可填 auto），不逐级转办。"),
            Self::NotTheirs => "按区划和事项规则，本件不属于该中心，不能平级转办。".into(),
        }
    }

    fn pointer(&self) -> Option<&'static str> {
        matches!(self.code(), ErrorCode::RuleViolation).then_some("/to")
    }
}

/// The state after an action.
pub fn decide(state: TransferState, action: TransferAction) -> Result<TransferState, Refusal> {
    TABLE.iter().find(|(a, from, _)| *a == action && *from == state).map(|(_, _, to)| *to).ok_or(Refusal::Answered(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_final() {
        for state in S::ALL {
            for action in A::ALL {
                assert_eq!(decide(*state, *action).is_ok(), *state == S::Offered, "{state:?} {action:?}");
            }
        }
    }
}
