//! The states of an export, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of an export.
    ExportState in "export-states" {
        Queued "queued" "排队中",
        Running "running" "生成中",
        Ready "ready" "可下载",
        Failed "failed" "未能生成",
        Cancelled "cancelled" "已取消",
        Expired "expired" "已过期清除",
    }
}

code_enum! {
    /// What happens to an export.
    ExportAction in "export-actions" {
        Begin "begin" "开始生成",
        Progress "progress" "生成",
        Finish "finish" "生成完毕",
        Fail "fail" "中止生成",
        Cancel "cancel" "取消",
        Expire "expire" "清除",
    }
}

use ExportAction as A;
use ExportState as S;

/// The table. A server that stopped leaves an export running: another begins it again.
pub const TABLE: &[(ExportAction, &[ExportState], ExportState)] = &[
    (A::Begin, &[S::Queued, S::Running], S::Running),
    (A::Progress, &[S::Running], S::Running),
    (A::Finish, &[S::Running], S::Ready),
    (A::Fail, &[S::Queued, S::Running], S::Failed),
    (A::Cancel, &[S::Queued, S::Running], S::Cancelled),
    (A::Expire, &[S::Ready], S::Expired),
];

/// Why not.
#[derive(Debug, thiserror::Error)]
#[error("{} is not possible when {}", .action.code(), .state.code())]
pub struct Refusal {
    /// Asked.
    pub action: ExportAction,
    /// Present.
    pub state: ExportState,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        format!("导出当前为“{}”，不能{}。", self.state.label(), self.action.label())
    }
}

/// The state after an action.
pub fn decide(state: ExportState, action: ExportAction) -> Result<ExportState, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    row.map(|(_, _, to)| *to).ok_or(Refusal { action, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_ended() {
        for state in [S::Failed, S::Cancelled, S::Expired] {
            assert!(A::ALL.iter().all(|a| decide(state, *a).is_err()), "{state:?}");
        }
        assert!(A::ALL.iter().filter(|a| **a != A::Expire).all(|a| decide(S::Ready, *a).is_err()));
    }
}
