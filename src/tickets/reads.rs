//! How far somebody reads each of several tickets: for what is drawn from more than one of them.

use std::collections::HashMap;

use super::{
    store::{self, TicketCaller},
    views::Reader,
};
use crate::{
    access,
    auth::{Actor, Scope},
    db::{Result, Tx},
    kernel::Id,
};

/// How far a ticket is read, as its own view shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// What people wrote.
    pub words: bool,
    /// Persons are masked.
    pub masked: bool,
    /// Who is confidential is shown.
    pub knows: bool,
}

/// Each of these tickets that the caller sees, with how far.
pub fn reads(tx: &mut Tx, actor: &Actor, tickets: &[Id]) -> Result<HashMap<Id, Reads>> {
    if tickets.is_empty() {
        return Ok(HashMap::new());
    }
    let sights = access::sights(tx, &Scope::of(actor, "fallback_ticket"), tickets)?;
    let callers = store::callers_of(tx, tickets)?;
    let rows = store::tickets_by_id(tx, tickets)?;
    let one = |row: &store::Ticket| {
        let sight = *sights.get(&row.id)?;
        let of_row: Vec<TicketCaller> = callers.iter().filter(|c| c.ticket_id == row.id || c.origin_id == row.id).cloned().collect();
        let reader = Reader::of(actor, row, &of_row, sight);
        Some((row.id, Reads { words: reader.words, masked: reader.masked, knows: reader.knows }))
    };
    Ok(rows.iter().filter_map(one).collect())
}
