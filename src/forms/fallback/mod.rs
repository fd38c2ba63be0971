//! Forms of fallback tickets “办不成事”, of their assignment sheets and batches, and of a center's register.
//!
//! They are forms like all others: drawn up from the record, frozen, hashed, signed, verified. What differs is what they hang
//! on, and who reads what of them: a copy shows of each ticket exactly what the ticket's own view shows to that reader, so
//! that a confidential caller stays hidden wherever a text was printed. No signature here moves a ticket: whoever is satisfied
//! says so through `tickets`, and only there.
//!
//! A 交办单 is two forms. As it is issued, signed by the leader in the same act, it orders; what comes back is left open on it.
//! After the reply the 交办单（办复） repeats it with 完成情况, who answers for it and what the applicants say: its hash then
//! covers the very words that the department has signed, which a box filled in later on the first one would not.
//!
//! Inside: `subject` (what a form hangs on) < `veils` (what of it is hidden from whom) < `drawing`, `register` (its facts) <
//! `service`, `signing`.

pub mod api;
mod drawing;
mod register;
mod service;
mod signing;
mod subject;
mod veils;

pub use service::{fetch, is_one, issue_as, on_sheet, pdf, verify, void};
pub use signing::{link, link_sheet, sign, sign_by_link};
pub use subject::Of;
pub use veils::Kept;
