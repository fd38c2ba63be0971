//! The states of an appointment, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of an appointment.
    AppointmentState in "appointment-states" {
        Booked "booked" "已预约",
        Arrived "arrived" "已到场",
        Served "served" "已办理",
        Cancelled "cancelled" "已取消",
        NoShow "no_show" "未到场",
    }
}

code_enum! {
    /// What can be done with an appointment.
    AppointmentAction in "appointment-actions" {
        Reschedule "reschedule" "改约",
        Cancel "cancel" "取消",
        Arrive "arrive" "登记到场",
        Serve "serve" "登记办理",
        Miss "miss" "登记未到场",
    }
}

use AppointmentAction as A;
use AppointmentState as S;

/// The table. Who comes late is still received.
pub const TABLE: &[(AppointmentAction, &[AppointmentState], AppointmentState)] = &[
    (A::Reschedule, &[S::Booked], S::Booked),
    (A::Cancel, &[S::Booked], S::Cancelled),
    (A::Arrive, &[S::Booked, S::NoShow], S::Arrived),
    (A::Serve, &[S::Arrived], S::Served),
    (A::Miss, &[S::Booked], S::NoShow),
];

/// Why not.
#[derive(Debug, thiserror::Error)]
#[error("{} is not possible when {}", .action.code(), .state.code())]
pub struct Refusal {
    /// Asked.
    pub action: AppointmentAction,
    /// Present.
    pub state: AppointmentState,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }
    fn zh(&self) -> String {
        format!("预约当前为“{}”，不能{}。", self.state.label(), self.action.label())
    }
}

/// The state after an action.
pub fn decide(state: AppointmentState, action: AppointmentAction) -> Result<AppointmentState, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    row.map(|(_, _, to)| *to).ok_or(Refusal { action, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_ended() {
        for action in A::ALL {
            assert!(decide(S::Served, *action).is_err() && decide(S::Cancelled, *action).is_err());
        }
        assert!(matches!(decide(S::NoShow, A::Arrive), Ok(S::Arrived)));
        assert!(decide(S::Booked, A::Serve).is_err(), "who was not there was not served");
    }
}
