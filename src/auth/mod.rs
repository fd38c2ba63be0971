//! Who is calling, and what their roles permit.
//!
//! Tokens carry a subject, a session and a client, never roles; grants are read in the transaction that uses them.

mod actor;
pub mod api;
pub mod clients;
pub mod keys;
pub mod passwords;
pub mod policy;
mod service;
pub mod store;
mod tokens;

pub use actor::{Actor, Caller, Grant, Role, SubjectKind};
pub use policy::{Reach, Reachable, Scope};
pub use service::{FIRST_PARTY, TokenGrant, TokenRefusal, TokenSet, actor, issue, issue_for};
pub use tokens::{ACCESS_TTL_SECONDS, Claims, EXCHANGED_TTL_SECONDS, REFRESH_TTL_DAYS, TokenError, Tokens};
