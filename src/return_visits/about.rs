//! What a return visit asks about: a cleared ticket and one of its callers, or a matter that the applicant has signed for.

use serde_json::json;

use super::store::ReturnVisit;
use crate::{
    auth::Actor,
    db::{Error, Result, Tx, dialect},
    entrustments::{self, Told},
    events::Audience,
    kernel::{Code as _, Id, Moment},
    organization::Center,
    tickets::{self, ContactOutcome, FeedbackWay, Opened, TicketCaller, machine::TicketState},
};

/// What is asked about, with what is needed to decide.
pub(super) enum About {
    /// A ticket with its callers.
    Ticket(Box<Opened>),
    /// A matter.
    Matter(Box<entrustments::Loaded>),
}

/// What was heard, or that nobody was.
pub(super) struct Heard<'a> {
    /// What came of it.
    pub outcome: ContactOutcome,
    /// How they were asked.
    pub way: FeedbackWay,
    /// When.
    pub at: Moment,
    /// In words.
    pub words: &'a str,
    /// Number of the recording.
    pub evidence: &'a str,
}

impl About {
    /// What a visit is about, to be read only.
    pub fn of(tx: &mut Tx, row: &ReturnVisit) -> Result<Self> {
        match (row.ticket_id, row.entrustment_id) {
            (Some(id), _) => Ok(Self::Ticket(Box::new(tickets::load_behind(tx, id)?))),
            (None, Some(id)) => Ok(Self::Matter(Box::new(entrustments::load_behind(tx, id)?))),
            (None, None) => Err(Error::Corrupt("a visit about nothing".into())),
        }
    }

    /// Locks what a visit is about, before the visit itself.
    pub fn lock(tx: &mut Tx, row: &ReturnVisit) -> Result<()> {
        match (row.ticket_id, row.entrustment_id) {
            (Some(id), _) => dialect::lock_root(tx.conn, "fallback_tickets", id.as_str()),
            (None, Some(id)) => dialect::lock_root(tx.conn, "entrustments", id.as_str()),
            (None, None) => Ok(()),
        }
    }

    /// Which record.
    pub fn id(&self) -> Id {
        match self {
            Self::Ticket(ticket) => ticket.row.id,
            Self::Matter(matter) => matter.e.id,
        }
    }

    /// Its number.
    pub fn number(&self) -> &str {
        match self {
            Self::Ticket(ticket) => &ticket.row.number,
            Self::Matter(matter) => &matter.e.number,
        }
    }

    /// The center that answers for it.
    pub fn center(&self) -> &Center {
        match self {
            Self::Ticket(ticket) => &ticket.center,
            Self::Matter(matter) => &matter.custodian,
        }
    }

    /// Which round of it.
    pub fn round(&self) -> i32 {
        match self {
            Self::Ticket(ticket) => ticket.row.round,
            Self::Matter(matter) => i32::try_from(matter.details.earlier_completions.len() + 1).unwrap_or(i32::MAX),
        }
    }

    /// When it was over; nothing is asked before.
    pub fn over_since(&self) -> Option<Moment> {
        match self {
            Self::Ticket(ticket) => ticket.row.cleared_at,
            Self::Matter(matter) => matter.e.closed_at,
        }
    }

    /// Whether it is over in the way that is asked about: cleared, or signed for.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Ticket(ticket) => ticket.row.state == TicketState::Cleared,
            Self::Matter(matter) => matter.e.state == entrustments::State::Closed,
        }
    }

    /// Who handled it, carried it, settled it or took the answer does not ask how well they did.
    pub fn is_own(&self, actor: &Actor) -> bool {
        let Some(me) = actor.id else { return false };
        match self {
            Self::Ticket(ticket) => {
                let settled = ticket.details.settlement.as_ref().and_then(|noted| noted.by);
                let asked = ticket.contacts.iter().filter(|c| c.purpose == tickets::ContactPurpose::Feedback).filter_map(|c| c.staff_id);
                [ticket.row.handler_id, settled].into_iter().flatten().chain(asked).any(|id| id == me)
            }
            Self::Matter(matter) => matter.e.assignee_id == Some(me),
        }
    }

    /// The caller of a ticket who is visited.
    pub fn caller(&self, row: &ReturnVisit) -> Option<&TicketCaller> {
        match self {
            Self::Ticket(ticket) => ticket.callers.iter().find(|c| Some(c.id) == row.caller_id),
            Self::Matter(_) => None,
        }
    }

    /// Tells the record what was heard. A ticket of the dissatisfied opens again; whether a matter does that was signed for is
    /// for the leader of its center to say.
    pub fn hear(&self, tx: &mut Tx, actor: &Actor, row: &ReturnVisit, heard: Heard) -> Result<()> {
        let dissatisfied = heard.outcome == ContactOutcome::Dissatisfied;
        match self {
            Self::Ticket(ticket) => {
                let caller = row.caller_id.ok_or_else(|| Error::Corrupt("a visit to nobody".into()))?;
                let (words, evidence) = (heard.words.to_owned(), heard.evidence.to_owned());
                let visit = tickets::Visit { caller, outcome: heard.outcome, way: heard.way, at: heard.at, words, evidence };
                if dissatisfied && ticket.row.state == TicketState::Cleared {
                    tickets::reopen_after_visit(tx, actor, ticket.row.id, visit)?;
                } else {
                    tickets::record_visit(tx, actor, ticket.row.id, visit)?;
                }
                Ok(())
            }
            Self::Matter(matter) => {
                let params = json!({ "outcome": heard.outcome.label(), "visit": row.number });
                entrustments::tell(tx, actor, &matter.e, Told::new("visited", Audience::Staff, params).saying(heard.words))
            }
        }
    }
}
