//! Transfer 转办: an offer of custody, and its answer.

pub mod api;
pub mod machine;
mod service;
pub mod store;

pub use service::{TransferInput, TransferView, anything_overdue, expire_due, fall, list, offer_as, recompute};
