//! The edge: extractors, the one write path, lists, problems. Knows no domain; only `api` rooms use it.

mod ask;
mod body;
mod bulk;
mod command;
pub mod edge;
mod files;
pub mod limits;
mod list;
mod live;
pub mod metrics;
pub mod outermost;
pub mod problem;
mod public;
mod pulse;
mod query;
mod request;
pub mod shape;
pub mod shown;
mod write;

pub use ask::Ask;
pub use body::{Body, Empty, Form, Rows, RowsBody, read as read_body};
pub use bulk::BulkResults;
pub use command::Command;
pub use files::{Download, FormFile, broken};
pub use limits::{AnswerCode, ByClient};
pub use list::{Filter, FilterKind, List, ListKind};
pub use live::{Next, Resume};
pub use problem::ProblemDocument;
pub use public::{DeviceAsk, DeviceCommand, Kept, LinkCommand, OwnHands, Public, cacheable};
pub use pulse::Pulse;
pub use query::{Nothing, Params};
pub use request::{Answer, Named, State, Who};
pub use shown::{Expand, Expands, Expansion, Relation, named};

/// Why a server is not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemReason {
    /// The database does not answer.
    Database,
    /// Its schema lags behind.
    Migrations,
}
