//! The reporting interface of 好差评: ratings go up to the platform above, as batch files or pushed, under the field names and
//! codes that it asks for. Names, codes and address are configuration: platforms differ.

pub mod api;
mod gathering;
mod mapping;
mod model;
mod pushing;
mod service;
pub mod store;
mod views;

pub use mapping::{ReportFormat, ReportSource, ReportTime};
pub use model::{BatchKind, NewReportingTarget, ReportBatchState, TargetState};
pub use pushing::push_due;
pub use service::{anything_new, create_as, file_as, follow, pause};
