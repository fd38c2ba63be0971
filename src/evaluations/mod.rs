//! Evaluations 好差评: ending a matter opens one, by a single-use link; five grades; one per matter.

pub mod api;
mod service;
pub mod store;

pub use service::{EvaluationView, anything_overdue, expire_due, list, open, recompute};
