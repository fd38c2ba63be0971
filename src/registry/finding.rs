//! Finding a record by what is known of it, whatever kind it is.

use serde::Serialize;

use crate::{
    auth::{Actor, policy},
    consultations::{self, ConsultationView},
    db::{Result, Tx},
    entrustments::{self, EntrustmentBrief, SearchInput},
    hotline::{self, OrderView},
    kernel::{ErrorCode, Problem},
    tickets::{self, TicketView},
};

/// What was found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SearchResult {
    /// Matters, newest first, at most 50.
    pub entrustments: Vec<EntrustmentBrief>,
    /// Fallback tickets, newest first, at most 50.
    pub fallback_tickets: Vec<TicketView>,
    /// Hotline orders, newest first, at most 50.
    pub hotline_orders: Vec<OrderView>,
    /// Consultations, newest first, at most 50.
    pub consultations: Vec<ConsultationView>,
}

/// Finds by number, phone, exact name or text, among what the caller sees.
pub fn search(tx: &mut Tx, actor: &Actor, input: &SearchInput) -> Result<SearchResult> {
    if !policy::may(actor, "search", "search") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let asked = input.q.trim();
    Ok(SearchResult {
        entrustments: entrustments::search(tx, actor, input)?,
        fallback_tickets: tickets::search(tx, actor, asked)?,
        hotline_orders: hotline::search(tx, actor, asked)?,
        consultations: consultations::search(tx, actor, asked)?,
    })
}
