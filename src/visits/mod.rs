//! Home visits 上门服务: for projects and for those who cannot come. Asked for, arranged with what to bring and who goes,
//! recorded, and ended when the papers have been sent after (text 001).

pub mod api;
pub mod machine;
mod model;
mod service;
pub mod store;

pub use model::{VisitDetails, VisitReason};
pub use service::{enter, list};
pub use store::HomeVisit;
