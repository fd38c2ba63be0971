//! Follow-ups 差评整改: what a bad grade obliges the rated center to do. Somebody other than the rated person asks the
//! applicant whether it is so; what is wrong is put right or explained; the applicant is told, and rates a second time. Or it
//! is appealed against, and the center above decides whether the rating counts (DOMAIN §7, text 004).

pub mod api;
mod appealing;
mod handling;
mod listing;
mod load;
pub mod machine;
mod model;
mod narrative;
mod opening;
pub mod store;
mod views;

pub use appealing::appeal;
pub use handling::{assign, fix, plan_fix, tell, verify};
pub use listing::{awaiting, list, waiting_states};
pub use load::recompute;
pub use model::AppealGround;
pub use opening::{on_ended, on_ticket_served};
pub use store::FollowUp;
pub use views::FollowUpView;
