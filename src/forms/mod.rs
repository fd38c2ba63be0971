//! Official forms 文书: drawn up from the record, frozen, signed, printed as PDF, and verified by a code (DOMAIN §12).
//!
//! Inside: `printing` (a sheet as data, and its pages) < `kinds` (the words of each form) < `drawing` (its facts, from the
//! record) < `service`, `signing`.

pub mod api;
mod drawing;
pub mod kinds;
pub mod machine;
pub mod printing;
mod service;
mod signing;
pub mod store;

pub use machine::{FormKind, FormState};
pub use service::{IssueInput, issue_as, on_told};
