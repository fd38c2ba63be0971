//! The knowledge base 知识库: articles drawn from policies, guides, precedents and questions; reviewed by another person, published
//! in numbered versions, valid for a time; found while typing, and cited by the answers of consultations.

pub mod api;
mod citing;
mod expiring;
mod feedback;
mod finding;
pub mod machine;
mod model;
mod narrative;
mod public_api;
pub mod ranking;
mod reading;
mod service;
mod sources;
pub mod store;
mod views;

pub use citing::cite;
pub use expiring::{anything_expired, expire_due};
pub use feedback::{ArticleFeedbackView, give_as as give_feedback_as};
pub use finding::{Asker, suggest_to};
pub use model::{ArticleContent, ArticleFeedback, ArticleKind, ArticleSourceKind, ArticleVisibility, FeedbackKind, FeedbackState, NewArticle};
pub use service::{awaiting, create_as, publish, submit};
pub use store::Article;
pub use views::title_of;
