//! The states of a hand-out, as a table. Absent = refused. Pure: no IO, no time.

use super::model::HandOutWay;
use crate::db::code_enum;

code_enum! {
    /// How far the results are on their way.
    HandOutState in "hand-out-states" {
        Arranged "arranged" "待出件",
        Sent "sent" "已寄出",
        Received "received" "已领取",
        CameBack "came_back" "已退回",
    }
}

code_enum! {
    /// What is done to hand the results out.
    HandOutAct in "hand-out-acts" {
        HandOut "hand_out" "交付",
        Send "send" "寄出",
        Deliver "deliver" "登记妥投",
        ComeBack "come_back" "登记退回",
    }
}

use HandOutState as H;
use HandOutWay::{Counter, Electronic, Express};

/// The table of a hand-out.
pub const HAND_OUT_TABLE: &[(HandOutAct, &[HandOutWay], HandOutState, HandOutState)] = &[
    (HandOutAct::HandOut, &[Counter, Electronic], H::Arranged, H::Received),
    (HandOutAct::Send, &[Express], H::Arranged, H::Sent),
    (HandOutAct::Deliver, &[Express], H::Sent, H::Received),
    (HandOutAct::ComeBack, &[Express], H::Sent, H::CameBack),
];

/// The state of a hand-out after an act.
pub fn decide_hand_out(way: HandOutWay, state: HandOutState, act: HandOutAct) -> Option<HandOutState> {
    HAND_OUT_TABLE.iter().find(|(a, ways, from, _)| *a == act && ways.contains(&way) && *from == state).map(|(.., to)| *to)
}
