//! Open comments 开放评论: what people wrote with their ratings, freed of personal data, found in Chinese, tagged; and the
//! problems that many of them have in common 共性问题.

pub mod api;
mod common;
mod indexing;
mod listing;
mod model;
mod service;
pub mod store;
mod tagging;

pub use indexing::on_rated;
pub use listing::list;
pub use model::CommentTags;
pub use service::tag;
pub use tagging::ProblemTag;
