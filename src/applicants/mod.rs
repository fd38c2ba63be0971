//! Applicants 申请人: persons and organisations, who they are and who may act for them. What staff do with their records is
//! the registry's.

mod identity;
pub mod mandates;
mod model;
pub mod store;
mod views;

pub use identity::{find_or_enter, find_or_enter_as, identity_mark, link_account, name_mark, phone_mark, survivor};
pub use model::{Applicant, ApplicantFlag, ApplicantInput, ApplicantKind, Contact, ContactInput, IdType, MandateState, MandateWords};
pub use store::{ApplicantRow, FormerName, Mandate};
pub use views::show;
