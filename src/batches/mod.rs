//! Batches 提请批次: what is exceptionally hard is collected by the reform office and submitted to the government once a month;
//! what was decided is recorded for each ticket (text 003).

pub mod api;
pub mod machine;
mod model;
mod narrative;
mod service;
pub mod store;
mod views;

pub use model::{BatchDecisions, BatchInput, BatchSubmission, BatchTickets};
pub use service::{add, batches_awaiting, decide, fall, open_as, recompute, submit};
pub use store::Batch;
pub use views::{BatchView, list};
