//! Attachments 附件: files that belong to records. Rows say what they are and whose; the bytes lie behind `blobs`.

pub mod api;
mod kinds;
mod service;
pub mod store;

pub use kinds::media_type;
pub use service::{AttachmentView, NAMES, bind, download, forget, keep, let_go, of_record, of_record_as, reserve, share};
