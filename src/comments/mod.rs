//! Open comments 开放评论: what people wrote with their ratings, and what came otherwise (综合点评, 督查), freed of personal data,
//! found in Chinese, tagged; and the problems that many of them have in common 共性问题. What came otherwise enters no rate.

pub mod api;
mod common;
mod indexing;
mod listing;
mod model;
mod recording;
mod service;
pub mod store;
mod tagging;

pub use indexing::on_rated;
pub use listing::list;
pub use model::{CommentSource, CommentTags, NewComment};
pub use recording::record_as;
pub use service::tag;
pub use tagging::ProblemTag;
