//! 12345 hotline orders 热线工单: what hotlines hand over, in their own codes; who handles it and until when; what it opens;
//! what is answered, and what the caller says of it when called back (DOMAIN §8).
//!
//! The hotline decides return, extension, review and archive; the center signs, requests and replies. What an order opens (a
//! matter, a ticket) lives in its own room, and tells the order when it ends.

mod acting;
pub mod api;
mod classify;
mod codes_api;
mod ending;
mod following;
mod input;
mod intake;
mod listing;
mod load;
pub mod machine;
mod mapping;
pub mod model;
mod narrative;
mod opening;
mod rated;
mod said_api;
mod spelling;
pub mod store;
mod views;
mod visiting;
mod waiting;
mod withheld;

pub use acting::{appeal, append, assign_sub, dispatch, pass, reply, request_extension, request_return, sign, suspend};
pub use ending::ended;
pub use input::{CallerInput, DispatchInput, ExtensionRequest, NewOrder, OrderReason, ReplyInput, ReturnRequest};
pub use intake::{Taken, Via, take_in};
pub use listing::list;
pub use load::{KIND, Loaded, load_seen, recompute};
pub use mapping::{NewMapping, Scale, create_as as set_mapping};
pub use narrative::tell;
pub use opening::{on_consultation, on_matter_closed, on_ticket_ended, on_ticket_moved};
pub use store::Order;
pub use views::OrderView;
pub use visiting::record as record_visit;
pub use waiting::{awaiting, search};
pub use withheld::{cover_for, cover_of};
