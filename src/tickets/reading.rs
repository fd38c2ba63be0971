//! Reading what is usually withheld, audited; and what happened with a ticket.

use serde::Serialize;

use super::{
    input::TicketReveal,
    load,
    machine::TicketAction,
    narrative,
    views::{Reader, TicketView, knows, render},
};
use crate::{
    access::Sight,
    applicants::{self, Applicant},
    auth::Actor,
    db::{Result, Tx, audit},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    kernel::{Code as _, Id, ListQuery, Page, Target},
};

/// A ticket in full.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RevealedTicket {
    /// Of the ticket.
    pub id: Id,
    /// Those who ask, in clear.
    pub callers: Vec<RevealedCaller>,
    /// The ticket with what was said of it.
    pub ticket: TicketView,
    /// Version of the ticket.
    pub version: i64,
}

crate::versioned!(RevealedTicket, "fallback_ticket");

/// Somebody who asks, in clear.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RevealedCaller {
    /// Identity.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// Their record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant: Option<Applicant>,
    /// Stays reachable, and is shown to nobody but the counter and the reform office.
    pub confidential: bool,
}

/// Shows personal data in full, audited with its reason; a confidential caller to the counter and the reform office alone.
pub fn reveal(tx: &mut Tx, actor: &Actor, target: &Target, input: &TicketReveal) -> Result<RevealedTicket> {
    let mut loaded = load::load_for(tx, actor, TicketAction::Reveal, target)?;
    let entry = audit::Entry {
        actor_id: actor.id.map(|id| id.to_string()).unwrap_or_default(),
        action: "reveal",
        record_kind: "fallback_ticket",
        record_id: loaded.row.id,
        reason: &input.reason,
        request_id: &actor.request_id,
    };
    audit::record(tx, &entry)?;
    load::tell(tx, actor, &loaded.row, load::Told::new("revealed", Audience::Staff, serde_json::json!({})))?;
    let knows = knows(actor, &loaded.row) || loaded.leads(actor);
    let mut callers = Vec::new();
    for c in loaded.callers.iter().filter(|c| knows || !c.confidential) {
        let record = c.applicant_id.map(|id| applicants::store::applicant(tx, id)).transpose()?.flatten();
        callers.push(RevealedCaller {
            id: c.id,
            name: c.name.open(tx.vault)?,
            phone: c.phone.open(tx.vault)?,
            applicant: record.map(|row| applicants::show(tx, &row, Sight::CLEAR)).transpose()?,
            confidential: c.confidential,
        });
    }
    loaded.sight = Sight::CLEAR;
    let mut reader = Reader::of(actor, &loaded.row, &loaded.callers, Sight::CLEAR);
    reader.knows = knows;
    let ticket = render(tx, actor, &loaded, reader)?;
    Ok(RevealedTicket { id: loaded.row.id, callers, version: loaded.row.version, ticket })
}

/// What happened with a ticket, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let loaded = load::load_seen(tx, actor, reference)?;
    let staff = actor.applicant_id.is_none() && !loaded.sight.narrow;
    let audiences = if staff { Audience::ALL } else { &[Audience::Public, Audience::Applicant] };
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let events = log::timeline(tx, loaded.row.id, audiences, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let reads = staff && loaded.sight.words && (!loaded.row.confidential || knows(actor, &loaded.row) || loaded.leads(actor));
    let entry = |e: log::Event| -> Result<TimelineEntry> {
        let words = e.words.filter(|_| reads).map(|w| w.open(tx.vault)).transpose()?;
        let text = narrative::tell(&e.kind, &e.params.get().unwrap_or_default());
        Ok(TimelineEntry { id: e.id, text, words, kind: e.kind, actor: e.actor_label, at: e.occurred_at })
    };
    let rows = events.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(rows, q.limit, tx.vault, |e: &TimelineEntry| q.cursor_of(String::new(), e.id.to_string())))
}
