//! Who comes: the token endpoint, portals that act for applicants they have authenticated (token exchange), and other platforms
//! that say who somebody is (identity providers). Whoever is named becomes the applicant of that identity, with an account of
//! their own that has no password.

mod accounts;
pub mod api;
mod asserted;
mod exchange;
mod fetching;
mod flow;
mod house;
mod keys;
mod mapping;
mod oidc;
pub mod providers;
mod providers_api;
pub mod store;
mod ticket;
mod token_api;

pub use asserted::{AssertedAgent, AssertedApplicant, Identity};
pub use exchange::{Exchanged, SubjectToken, by_code, exchange};
pub use store::forget;
