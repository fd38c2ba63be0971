//! Codes: one sent by text message to whoever was served, and one printed on the slip. There is no gateway here: the message
//! waits sealed until something sends it, and no event carries the code or the telephone.

mod service;
mod store;

pub use service::{CodeRating, CodeRequest, CodeSent, rate, receipt_code, request};
pub use store::{CodeMessage, outgoing};
