//! Webhooks: events told to other systems by signed requests, in order for each record, at least once.
//!
//! A subscription follows the log by positions and makes a delivery of each event that its owner may read and that its filters
//! take. Of a record the first delivery that is not settled is tried; those after it are queued behind it.

pub mod api;
mod following;
mod machine;
mod model;
mod sending;
mod service;
pub mod signing;
pub mod store;
mod views;

pub use following::{anything_new, follow, forget, forgettable};
pub use machine::WebhookState;
pub use model::{AfterDead, DeliveryState, NewWebhook, PauseReason, WebhookFilters};
pub use sending::Sender;
pub use service::{create_as, pause};
