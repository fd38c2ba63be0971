//! Official forms 文书: drawn up from the record, frozen, signed, printed as PDF, and verified by a code (DOMAIN §12).
//!
//! Inside: `printing` (a sheet as data, and its pages) < `kinds` (the words of each form) < `drawing` (its facts, from the
//! record) < `receipts` (what is told beside the signatures later), `reading` (who reads it, and masked or not), `sides` (whose
//! its places are) < `service`, `signing`, `links` < `hooks` (what acts elsewhere do to forms).
//!
//! The hash covers the sheet as it was issued, with its receipts blank. Whatever is known only later is printed live, beside the
//! signatures: the answer of whoever was asked, what arrived of a list, how something was delivered, which originals went back.
//! A form whose act did not come about falls with it, with the reason, and its receipt still tells what was answered.

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
mod receipts;
mod service;
mod sides;
mod signing;
pub mod store;
mod views;

pub use hooks::{on_decided, on_relay, on_told};
pub use links::{OpenLink, open_link};
pub use machine::{DeliveryWay, FormKind, FormState};
pub use service::{IssueInput, issue_as};
