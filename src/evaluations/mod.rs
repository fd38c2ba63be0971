//! Evaluations 好差评: ending a matter opens one, by a single-use link; five grades; one per matter, and a second
//! one after a bad grade was followed up.

pub mod api;
mod service;
pub mod store;

pub use service::{EvaluationView, ON_ENDED, anything_overdue, comment_of, exclude, expire_due, list, open, open_second, rate, recompute};
