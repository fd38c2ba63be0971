//! Return visits 回访: of what was cleared, and of matters that were signed for, a share is called again, and more where somebody
//! asks for it. Who is dissatisfied after all opens the ticket again (text 003).

mod about;
pub mod api;
pub mod machine;
mod narrative;
mod service;
pub mod store;
mod views;

pub use service::{ReturnVisitOrder, contact_needed, on_cleared, on_matter_closed, on_matter_told, plan_as, recompute, visits_awaiting, withhold};
pub use store::ReturnVisit;
pub use views::{ReturnVisitView, list};
