//! Official forms 文书: drawn up from the record, frozen, signed, printed as PDF, and verified by a code (DOMAIN §12).
//!
//! Inside: `printing` (a sheet as data, and its pages) < `kinds` (the words of each form) < `drawing` (its facts, from the
//! record) < `reading` (who reads it, and masked or not), `sides` (whose its places are) < `service`, `signing`, `links` <
//! `hooks` (what acts elsewhere do to forms).

pub mod api;
mod doors;
mod drawing;
pub mod fallback;
mod hooks;
pub mod kinds;
mod links;
pub mod machine;
mod masking;
pub mod printing;
mod reading;
mod service;
mod sides;
mod signing;
pub mod store;
mod views;

pub use hooks::{on_decided, on_told};
pub use machine::{FormKind, FormState};
pub use service::{IssueInput, issue_as};
