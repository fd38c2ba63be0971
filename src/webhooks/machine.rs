//! What can be done with a subscription in which state.

use super::model::PauseReason;
use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of a subscription.
    WebhookState in "webhook-states" {
        Active "active" "启用",
        Paused "paused" "暂停",
        Disabled "disabled" "接收方已撤销",
    }
}

code_enum! {
    /// What can be done with a subscription.
    WebhookAction in "webhook-actions" {
        Edit "edit" "修改",
        Pause "pause" "暂停",
        Resume "resume" "恢复",
        Ping "ping" "测试",
        RotateSecret "rotate_secret" "更换密钥",
        Replay "replay" "重新投递",
        Skip "skip" "跳过",
        Remove "remove" "删除",
    }
}

/// Refused.
#[derive(Debug, thiserror::Error)]
#[error("{} is not possible when {}", .action.code(), .state.code())]
pub struct WebhookRefusal {
    state: WebhookState,
    action: WebhookAction,
}

impl Refuse for WebhookRefusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        format!("订阅当前为“{}”，不能{}。", self.state.label(), self.action.label())
    }
}

/// The state after an action; whatever is absent is refused. Who resumes has put the receiver right, so what was disabled by
/// the receiver is resumed as well.
pub fn decide(state: WebhookState, action: WebhookAction) -> Result<WebhookState, WebhookRefusal> {
    use {WebhookAction as A, WebhookState as S};
    match (state, action) {
        (_, A::Edit | A::RotateSecret | A::Replay | A::Skip | A::Remove) => Ok(state),
        (S::Active, A::Ping) => Ok(S::Active),
        (S::Active, A::Pause) => Ok(S::Paused),
        (S::Paused | S::Disabled, A::Resume) => Ok(S::Active),
        _ => Err(WebhookRefusal { state, action }),
    }
}

/// What the receiver itself does to it: gone for good, or nothing but failure for too long.
pub fn stopped(state: WebhookState, why: PauseReason) -> Option<WebhookState> {
    match (state, why) {
        (WebhookState::Active, PauseReason::Gone) => Some(WebhookState::Disabled),
        (WebhookState::Active, PauseReason::Failing | PauseReason::Owner) => Some(WebhookState::Paused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{WebhookAction as A, WebhookState as S, *};

    #[test]
    fn the_table() {
        let row = |state: S| A::ALL.iter().filter_map(|a| decide(state, *a).ok().map(|to| format!("{}:{}", a.code(), to.code()))).collect::<Vec<_>>().join(" ");
        assert_eq!(row(S::Active), "edit:active pause:paused ping:active rotate_secret:active replay:active skip:active remove:active");
        assert_eq!(row(S::Paused), "edit:paused resume:active rotate_secret:paused replay:paused skip:paused remove:paused");
        assert_eq!(row(S::Disabled), "edit:disabled resume:active rotate_secret:disabled replay:disabled skip:disabled remove:disabled");
        assert_eq!(stopped(S::Paused, PauseReason::Gone), None);
        assert_eq!(stopped(S::Active, PauseReason::Failing), Some(S::Paused));
    }
}
