//! The edge: extractors, the one write path, lists, problems. Knows no domain; only `api` rooms use it.

mod body;
mod command;
pub mod edge;
mod list;
mod page;
pub mod problem;
mod query;

pub use body::{Body, Empty};
pub use command::{Answer, Ask, Command, State, Versioned, cacheable};
pub use list::{Filter, FilterKind, List, ListKind, ListQuery, Sort};
pub use page::{Cursor, Page};
pub use problem::ProblemDocument;
pub use query::Params;
