//! The edge: extractors, the one write path, lists, problems. Knows no domain; only `api` rooms use it.

mod body;
mod command;
pub mod edge;
mod list;
pub mod problem;
mod query;

pub use body::{Body, Empty};
pub use command::{Answer, Ask, Command, State, cacheable};
pub use list::{Filter, FilterKind, List, ListKind};
pub use problem::ProblemDocument;
pub use query::Params;
