//! Precedents 案例: what was learned from a hard case is published, freed of personal data, and guides later ones (text 003).
//!
//! A draft is written by a center and reviewed by somebody else; it is published only while nothing in it looks like personal
//! data (`crate::deidentify`). Tickets cite precedents; what proves itself goes on to the catalogue.

pub mod api;
mod citing;
pub mod machine;
mod model;
mod narrative;
mod promoting;
mod reading;
mod service;
mod sources;
pub mod store;
mod views;

pub use citing::{cite, doors};
pub use model::{NewPrecedent, PrecedentContent};
pub use promoting::{PromotionKind, PromotionState, promote_as};
pub use reading::awaiting;
pub use service::{create_as, publish, submit};
