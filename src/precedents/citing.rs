//! Citing: which tickets a precedent has helped.

use serde::Serialize;
use serde_json::json;

use super::{
    model::CitationInput,
    service,
    store::{self, Citation},
};
use crate::{
    access,
    auth::{Actor, Scope, policy},
    db::{Result, Sealed, Tx},
    events::Audience,
    kernel::{ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text},
    tickets::{
        self,
        machine::{TicketDoor, TicketState},
    },
};

/// A ticket that a precedent has helped.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentCitation {
    /// Identity.
    pub id: Id,
    /// Which precedent.
    pub precedent_id: Id,
    /// Its number.
    pub precedent: String,
    /// Which ticket.
    pub ticket_id: Id,
    /// Its number.
    pub ticket: String,
    /// How it helped; absent where the ticket's words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helped: Option<String>,
    /// Version: a citation is never changed.
    pub version: i64,
    /// When.
    pub created_at: Moment,
}

crate::versioned!(PrecedentCitation);

/// The precedents that a ticket cites.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentCitations {
    /// Newest first.
    pub items: Vec<PrecedentCitation>,
}

fn render(tx: &Tx, row: Citation, precedent: String, ticket: String, words: bool) -> Result<PrecedentCitation> {
    let helped = if words { Some(row.words.open(tx.vault)?) } else { None };
    Ok(PrecedentCitation {
        id: row.id,
        precedent_id: row.precedent_id,
        precedent,
        ticket_id: row.ticket_id,
        ticket,
        helped,
        version: 1,
        created_at: row.created_at,
    })
}

/// Whether a ticket in this state may still be helped by a precedent.
fn is_citing(state: TicketState) -> bool {
    !matches!(state, TicketState::Merged | TicketState::Withdrawn | TicketState::Inadmissible)
}

/// Which doors of this room are open to the caller, for the ticket's view.
pub fn doors(tx: &mut Tx, actor: &Actor, ticket: &tickets::Opened) -> Result<Vec<TicketDoor>> {
    let near = ticket.near(actor);
    let mut open = Vec::new();
    let draws = ticket.row.state == TicketState::Cleared && ticket.sight.words && policy::allows(actor, "precedent", "create", &near);
    if draws && store::of_ticket(tx, ticket.row.id)?.is_none() {
        open.push(TicketDoor::Precedent);
    }
    if is_citing(ticket.row.state) && policy::allows(actor, "precedent", "cite", &near) {
        open.push(TicketDoor::Citations);
    }
    Ok(open)
}

/// A ticket cites a published precedent, once.
pub fn cite(tx: &mut Tx, actor: &Actor, target: &Target, input: &CitationInput) -> Result<PrecedentCitation> {
    let ticket = tickets::load_seen(tx, actor, &target.reference)?;
    if !policy::allows(actor, "precedent", "cite", &ticket.near(actor)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(ticket.row.version)?;
    if !is_citing(ticket.row.state) {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("反映件已不再办理，不能引用案例。", "The ticket is handled no more.")).into());
    }
    let unknown = || Problem::rule("/precedent", "unknown_precedent", "没有这个已公布的案例。", "No such published precedent.");
    let precedent = match service::by_reference(tx, &input.precedent) {
        Err(crate::db::Error::Refused(_)) => return Err(unknown().into()),
        other => other?,
    };
    if !precedent.public || precedent.ticket_id == Some(ticket.row.id) {
        return Err(unknown().into());
    }
    let words = Sealed::seal(tx.vault, &input.helped)?;
    let row = Citation { id: Id::new(), precedent_id: precedent.id, ticket_id: ticket.row.id, staff_id: actor.id, words, created_at: tx.now };
    let twice = || Problem::new(ErrorCode::Conflict, Text::new("该反映件已引用这个案例。", "The ticket cites this precedent already."));
    store::insert_citation(tx, &row).map_err(|e| if e.is_unique() { twice().into() } else { e })?;
    let params = json!({ "number": precedent.number, "ticket": ticket.row.number });
    service::tell_with(tx, actor, &precedent, ("cited", Audience::Staff), params, None)?;
    render(tx, row, precedent.number, ticket.row.number, true)
}

/// The precedents that a ticket cites, to those who see the ticket.
pub fn of_ticket(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<PrecedentCitations> {
    let ticket = tickets::load_seen(tx, actor, reference)?;
    // What helped is the staff's own.
    let words = ticket.sight.words && actor.applicant_id.is_none();
    let rows = store::cited_by(tx, ticket.row.id)?;
    let ids: Vec<Id> = rows.iter().map(|r| r.precedent_id).collect();
    let precedents = store::precedents_by_id(tx, &ids)?;
    let number = |id: Id| precedents.iter().find(|p| p.id == id).map(|p| p.number.clone()).unwrap_or_default();
    let items =
        rows.into_iter().map(|r| (number(r.precedent_id), r)).map(|(n, r)| render(tx, r, n, ticket.row.number.clone(), words)).collect::<Result<_>>()?;
    Ok(PrecedentCitations { items })
}

/// So many citations are walked through for a page.
const WALK: i64 = 1_000;

/// The tickets that cite a precedent, of those that the caller sees.
pub fn of_precedent(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<PrecedentCitation>> {
    if actor.applicant_id.is_some() || !policy::may(actor, "fallback_ticket", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let precedent = service::by_reference(tx, reference)?;
    if !precedent.public {
        access::sight(tx, &Scope::of(actor, "precedent"), precedent.id)?.ok_or_else(Problem::not_found)?;
    }
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut rows = store::citations(tx, precedent.id, after, WALK)?;
    let scope = Scope::of(actor, "fallback_ticket");
    let ids: Vec<Id> = rows.iter().map(|r| r.ticket_id).collect();
    let seen = access::seen(tx, &scope, &ids)?;
    rows.retain(|r| seen.contains(&r.ticket_id));
    let page = Page::cut(rows, q.limit, tx.vault, |r| q.cursor_of(String::new(), r.id.to_string()));
    let ids: Vec<Id> = page.items.iter().map(|r| r.ticket_id).collect();
    let numbers: Vec<(Id, String)> = tickets::store::tickets_by_id(tx, &ids)?.into_iter().map(|t| (t.id, t.number)).collect();
    let mut items = Vec::new();
    for row in &page.items {
        let words = access::sight(tx, &scope, row.ticket_id)?.is_some_and(|s| s.words);
        let number = numbers.iter().find(|(id, _)| *id == row.ticket_id).map(|(_, n)| n.clone()).unwrap_or_default();
        items.push(render(tx, row.clone(), precedent.number.clone(), number, words)?);
    }
    Ok(page.with(|_| items))
}
