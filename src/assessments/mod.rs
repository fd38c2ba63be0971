//! Assessment 考评 of counties, departments and people: what is counted of them, weighed by a scheme, ranked, open to objection,
//! frozen (DOMAIN §11; text 000, part 4).
//!
//! A scheme is versioned configuration of a center, which holds for all below that have none of their own (`schemes.rs`). An
//! assessment is one version of one for a period: the worker computes its subjects in batches (`computing.rs`), each figure with
//! its derivation (`scoring.rs`, pure); who is assessed objects, who did not draw it up decides, and what changes is an entry
//! beside the figures, never in them (`objecting.rs`). Freezing keeps the records behind every figure (`freezing.rs`).

pub mod api;
mod computing;
mod deriving;
mod freezing;
pub mod machine;
mod model;
mod narrative;
mod objecting;
mod reading;
mod scheme_views;
mod schemes;
pub mod scoring;
mod service;
pub mod store;
mod views;

pub use computing::{anything_pending, compute_some};
pub use freezing::{anything_freezing, freeze_some};
pub use model::{AssessmentPeriod, NewAssessment, NewAssessmentScheme};
pub use objecting::{enter, object};
pub use schemes::edit as edit_scheme;
pub use schemes::{create_as as create_scheme, publish as publish_scheme};
pub use service::{awaiting, create_as, freeze, publish, recompute};
