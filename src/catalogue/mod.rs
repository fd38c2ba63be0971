//! The catalogue 事项目录: items edited as drafts, published as numbered immutable versions, read by everybody.

pub mod api;
mod import;
pub mod model;
mod service;
pub mod store;

pub use import::{BadRow, ImportReport, ImportRow, import, read_catalogue};
pub use model::{ItemContent, MaterialSpec, Mode, StepTemplate};
pub use service::{NewItem, Published, published, published_version, put_and_publish};
