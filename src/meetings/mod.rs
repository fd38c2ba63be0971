//! Meetings 联席会议、并联审批会、前期辅导会: a center calls those whom a matter needs to one table. What the minutes resolve
//! has an owner and a clock; what is not carried out in time goes to the leader in charge.

mod agenda;
pub mod api;
mod calling;
mod holding;
mod listing;
pub mod machine;
mod model;
mod narrative;
mod parties;
mod resolutions_api;
mod resolving;
pub mod store;
mod views;
mod waiting;

pub use calling::call_as;
pub use holding::{conclude_as, record_minutes};
pub use model::{InviteeResponse, MeetingInput, MeetingKind, MinutesInput, PartyKind, ResolutionReport};
pub use resolving::{anything_overdue, carry_out, escalate_due, follow_manager, recompute};
pub use waiting::{meetings_awaiting, resolutions_awaiting};
