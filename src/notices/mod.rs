//! Notices to people: what happened to a record is told to whom it concerns, in the words of the place, by text message, by WeChat
//! or in the app. The outbox follows the event log: a message is made in the transaction that notes how far the events are told,
//! once for each person and channel, and sent afterwards until a gateway takes it.

pub mod api;
mod following;
mod gateways;
mod kinds;
mod messages;
mod model;
mod recipients;
mod sending;
mod service;
mod store;
mod templates;
mod views;

pub use following::{anything_new, follow};
pub use kinds::{NoticeKind, NoticeParameter};
pub use model::{NoticeChannel, NoticeContent, NoticeState, TemplateStatus};
pub use sending::{Courier, Links};
pub use templates::{NewTemplate, is_known, publish_as};
