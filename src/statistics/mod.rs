//! Figures of what was done (DOMAIN §11), by center, period, item, channel, mode and department.
//!
//! What a record contributes is a pure function of it (`facts.rs`). The event log says which records changed; a job follows it,
//! works their contributions out anew, and brings the difference into the rollups in the same transaction (`keeping.rs`). So the
//! write path pays nothing, nothing is lost, and `jieli stats verify` can recount everything (`checking.rs`). What depends on the
//! time of asking, such as what is past due, is counted from contributions on the day on which it begins and ends.

mod answering;
pub mod api;
mod cells;
pub mod checking;
mod drawing;
mod facts;
mod gathering;
mod keeping;
mod model;
mod public;
mod question;
mod relay;
mod store;
mod totals;
mod traces;
mod tracing;

pub use keeping::{behind, follow};
pub use model::{CenterScope, Interval};
