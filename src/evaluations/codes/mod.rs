//! Codes: one sent by text message to whoever was served, and one printed on the slip. The message waits
//! sealed until `notices` takes it along, and no event carries the code or the telephone.

mod service;
mod store;

pub use service::{CodeRating, CodeRequest, CodeSent, rate, receipt_code, request};
pub use store::{CodeMessage, Outgoing, any_outgoing, outgoing, take_outgoing};
