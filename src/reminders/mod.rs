//! Reminders 催办: whoever has the next step of a matter is urged, and owes an answer.

pub mod api;
pub mod machine;
mod sending;
mod service;
pub mod store;

pub use machine::ReminderState;
pub use sending::{SendInput, SendItem, send_as};
pub use service::{fall, list, owed_by, recompute};
pub use store::Reminder;
