//! The catalogue 事项目录: items edited as drafts, published as numbered immutable versions, read by everybody.

pub mod api;
mod bundles;
mod columns;
mod directory;
mod eligibility;
mod eligibility_api;
mod import;
pub mod model;
mod ready_api;
mod review;
mod rules;
mod service;
pub mod store;
mod table;
mod table_api;
pub mod templates;
mod views;

pub use bundles::parts;
pub use eligibility::{Case, Judgement, RuleSet, judge, set_as as set_eligibility};
pub use import::{BadRow, ImportReport, ImportRow, TableRow, import, import_table, read_catalogue};
pub use model::{ItemContent, MaterialSpec, Mode, Necessity, StepTemplate};
pub use review::{Suggested, anything_scheduled, publish_due, submit, suggest, suggested};
pub use rules::check_steps;
pub use service::{ItemEdit, NewItem, Published, code_of, create, edit, published, published_version, put_and_publish};
pub use table::{Table, harmless, read as read_rows};
