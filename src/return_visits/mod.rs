//! Return visits 回访: of what was cleared, a share is called again, and more where somebody asks for it. Who is dissatisfied
//! after all opens the ticket again (text 003).

pub mod api;
pub mod machine;
mod narrative;
mod service;
pub mod store;
mod views;

pub use service::{ReturnVisitOrder, on_cleared, plan_as, recompute, visits_awaiting};
pub use store::ReturnVisit;
pub use views::{ReturnVisitView, list};
