//! The relay 接力: who should handle a matter and why, and the transfer that moves custody.

pub mod api;
pub mod machine;
mod resolver;
pub mod store;
mod transfers;

pub use resolver::{Relation, Resolution, ResolveInput, resolve};
pub use transfers::{TransferInput, TransferView, anything_overdue, expire_due, fall, offer_as, recompute};
