//! Open311 GeoReport v2 with the service-request-updates extension, so that existing clients of city hotlines work unmodified.
//! A request is a hotline order of the client whose `api_key` it carries, filed with the center that is its jurisdiction.
//!
//! The wire is the standard's own (XML and JSON, form bodies, its errors), so it stands beside the OpenAPI document.

pub mod api;
mod filing;
mod media;
mod reading;
mod services;
pub mod store;
mod updates;
mod wire;

pub use store::{add_key, keys, revoke};
