//! Frozen months (DOMAIN §11): their figures stay as they were; what differs afterwards is entered by two people.

pub mod api;
pub mod freezing;
pub mod machine;
mod service;
mod store;
