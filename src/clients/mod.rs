//! Machine clients as they are administered: portals, hotlines, front ends. What gives trust (keys, scopes, where people are sent
//! back to) is proposed by one administrator and approved by another; limits are set by one. What each asks is counted.

pub mod api;
mod model;
mod service;
mod store;
mod usage;
mod views;

pub use model::NewClient;
pub use service::{create_as, limits, stop};
pub use usage::{flush, forget};
pub use views::ClientState;
