//! The registry of applicants: finding and correcting their records, their mandates, and duplicates made one. It stands
//! above all rooms whose records belong to applicants.

pub mod api;
mod finding;
mod mandates;
mod merging;
mod service;

pub use mandates::{MandateInput, empower};
