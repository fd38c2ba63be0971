//! The monthly report 月报 of the fallback register: what came in, what was cleared, what stays, what is late and with whom,
//! compared with the month before; what the applicants say; what was published of it.
//!
//! What is counted of a month is what happened in it: a ticket that was cleared and opened again counts in both months. What
//! stands is the register itself, by the same function (`tickets::figures`).

pub mod api;
mod counting;
mod model;
mod store;

pub use counting::{Part, no_month, report};
pub use model::{ReportCount, ReportFigure, ReportPrecedent, ReportRung, ReportSheet, TicketReport};
