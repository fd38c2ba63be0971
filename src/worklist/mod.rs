//! What is mine to do now: one list over every kind of record, nearest deadline first, in buckets.

pub mod api;
mod filters;
mod items;
mod service;
pub mod store;

pub use service::Bucket;
