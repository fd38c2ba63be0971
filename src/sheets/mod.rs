//! Assignment sheets 交办单: what a fallback ticket needs of a department, signed by a leader, signed in, replied to and
//! confirmed. What is late climbs the overdue ladder 挂牌警示、点名通报、问责, and stands with the department until it is lifted.

mod answering;
pub mod api;
mod drafting;
mod ladder;
mod listing;
mod load;
pub mod machine;
mod model;
mod narrative;
mod rungs_api;
mod standing;
pub mod store;
mod views;
mod waiting;

pub use answering::{confirm, grant_extension, issue, progress, refuse_extension, reply, request_extension, return_, send_back, sign_in};
pub use drafting::{any_open, determine, doors, draft, draft_as, fall, follow_handler};
pub use ladder::{anything_due, confirm as confirm_rung, number_of as rung_number, propose_due};
pub use listing::sheets as list;
pub use load::{ON_CHANGED, recompute, withhold};
pub use model::{LadderRung, SheetResult, SheetRole, SheetsInput};
pub use waiting::{rungs_awaiting, sheets_awaiting};
