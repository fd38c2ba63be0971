//! Projects 投资/建设项目: an investment project goes through stages, each with its matters, under one manager and one cap on
//! the working days that the authorities may take together (texts 001 and 004).
//!
//! A stage is done by act, with its date; what its matters do says whether it runs. The days are counted from what is
//! recorded of the authorities' steps (`counting` is pure), so that nobody keeps them by hand.

pub mod api;
mod counting;
pub mod machine;
mod model;
mod narrative;
mod progress;
mod service;
mod staging;
pub mod store;
mod sweep;
mod views;

pub use model::{ProjectKind, ProjectStage, StageScheme, StageState, WarningLevel};
pub use service::{ON_MANAGER, Told, assign_manager, by_reference, load_seen, open_as, suspend, tell};
pub use staging::{attach, complete_stage};
pub use store::Project;
pub use sweep::{anything_due, look_again, sweep};
pub use views::list;
