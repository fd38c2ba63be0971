//! Bulletins 通报: what a period came to, composed from the figures, with the overdue matters named; reviewed by somebody else
//! and published to everybody below, and to the public without what is named (texts 003, 004).

pub mod api;
mod composing;
pub mod machine;
mod model;
mod naming;
mod narrative;
mod service;
pub mod store;
mod views;

pub use composing::{BulletinBody, NamedOverdue};
pub use machine::BulletinState;
pub use model::{BulletinPublication, BulletinWords, NewBulletin};
pub use service::{compose_as, edit, publish, submit};
pub use store::Bulletin;
pub use views::{BulletinView, fetch, list};
