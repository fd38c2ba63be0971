//! Service occasions: what was served once, at a counter, by telephone or through a hotline, without a matter; each is rated
//! once (一次一评). Whoever served gives it a number of their own: the same number with the same content is the same occasion.

pub mod api;
mod service;
pub mod store;
mod views;

pub(super) use service::of_own_number;
pub use service::{NewOccasion, ServedRecord, forget_contact, number_of_record, open, open_as, open_of_record};
pub use store::{Occasion, OccasionKind};
pub use views::{OccasionView, RecordRating, list, of_record};
