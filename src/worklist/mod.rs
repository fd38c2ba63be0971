//! What is mine to do now: one list over every kind of record, nearest deadline first, in buckets; and the
//! limits behind the wall of supervision.

pub mod api;
mod filters;
mod items;
mod service;
pub mod store;
mod wall;

pub use service::Bucket;
pub use wall::LimitStanding;
