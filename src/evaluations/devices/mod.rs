//! Counter tablets: registered by the leader of a center, known by a token that is shown once, and good for what was served at
//! that center, or at that window, alone.

pub mod api;
mod rating;
mod service;
pub mod store;

pub use service::{NewDevice, enter};
pub use store::DeviceState;
