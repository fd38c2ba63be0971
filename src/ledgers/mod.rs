//! Ledgers 台账: any filtered list as a workbook or a CSV file, with Chinese headers, masked and audited. A short one is
//! answered at once; a long one is an export, made page by page and fetched by a signed link. Memory stays bounded by a page.

pub mod api;
mod columns;
pub mod machine;
mod running;
mod service;
pub mod store;
mod writing;

pub use running::run_due;
pub use service::{ExportInput, order_as};
pub use writing::LedgerForm;
