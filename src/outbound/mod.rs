//! What goes out: webhooks, reports to other platforms, messages to gateways, questions to identity providers.
//!
//! Whoever may name an address could make this server ask inside its own network. So names are resolved here, every address
//! is looked at, and the one that was looked at is the one that is connected to; no redirect is followed, no proxy of the
//! environment is used, and of an answer no more is read than the asker needs. Only what the settings of the process name is
//! asked wherever it lies.

mod addresses;
mod asking;
mod client;

pub use addresses::{Network, refused};
pub use asking::{Fault, Pauses, Signer, json, sent};
pub use client::{AddressRule, Outbound, OutboundError, PATIENCE, Wrong};
