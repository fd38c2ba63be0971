//! Orders and bulletins on paper: drawn from what their own views show to whoever asks, each time anew. What is signed and
//! frozen is a form (`forms`).

pub mod api;
mod bulletin;
mod order;

pub use bulletin::bulletin;
pub use order::order;
