//! What goes out to addresses that others have named: webhooks, and what is reported to other platforms.
//!
//! Whoever may name an address could make this server ask inside its own network. So names are resolved here, every address
//! is looked at, and the one that was looked at is the one that is connected to; no redirect is followed, no proxy of the
//! environment is used, and of an answer only status and headers are taken.

mod addresses;
mod client;

pub use addresses::{Network, refused};
pub use client::{AddressRule, Outbound, OutboundError, Wrong};
