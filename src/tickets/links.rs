//! The one-time link by which a caller answers: nothing is stored, and only this server can make it.

use serde::Serialize;

use super::{
    load,
    machine::TicketState,
    model::{ContactOutcome, ContactPurpose},
    store::{self, TicketCaller},
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    kernel::{Code as _, Id, Problem, Purpose},
};

/// The token of a caller's link in a round: nothing is stored, and only this server can make it. Answering uses it up.
pub fn token(tx: &Tx, caller: Id, round: i32) -> String {
    format!("{caller}.{round}.{}", tx.vault.mark(Purpose::Link, &format!("ticket_feedback:{caller}:{round}")))
}

/// The path of a caller's link in a round.
pub fn path(tx: &Tx, caller: Id, round: i32) -> String {
    format!("/api/v1/feedback-links/{}", token(tx, caller, round))
}

/// What the holder of a link is asked about: nothing of anybody else.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FeedbackLinkView {
    /// Number of the ticket that they registered.
    pub number: String,
    /// The center that answers for it.
    pub center: String,
    /// State.
    pub state: TicketState,
    /// In Chinese.
    pub state_label: String,
    /// What was done: settled on the spot, or answered by the departments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What was said by this link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<ContactOutcome>,
    /// It can be answered now.
    pub open: bool,
}

/// The caller, the ticket and the round of a link.
pub fn by_token(tx: &mut Tx, text: &str) -> Result<(TicketCaller, i32)> {
    let mut parts = text.splitn(3, '.');
    let (Some(id), Some(round), Some(mark)) = (parts.next(), parts.next(), parts.next()) else { return Err(Problem::not_found().into()) };
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    let round: i32 = round.parse().map_err(|_| Problem::not_found())?;
    if !tx.vault.matches(Purpose::Link, &format!("ticket_feedback:{id}:{round}"), mark) {
        return Err(Problem::not_found().into());
    }
    Ok((store::caller(tx, id)?.ok_or_else(Problem::not_found)?, round))
}

/// What a link shows.
pub fn link_view(tx: &mut Tx, caller: &TicketCaller, round: i32) -> Result<FeedbackLinkView> {
    let actor = Actor::system("link");
    let loaded = load::load_seen(tx, &actor, caller.ticket_id.as_str())?;
    let origin = store::ticket(tx, caller.origin_id)?.ok_or_else(Problem::not_found)?;
    let answer = loaded
        .contacts
        .iter()
        .rfind(|c| c.caller_id == caller.id && c.round == round && c.purpose == ContactPurpose::Feedback && c.outcome != ContactOutcome::Unreachable)
        .map(|c| c.outcome);
    let open = loaded.row.state == TicketState::AwaitingFeedback && loaded.row.round == round && answer.is_none() && caller.withdrawn_at.is_none();
    let result = loaded.details.outcome.as_ref().or(loaded.details.settlement.as_ref()).map(|n| n.words.clone());
    Ok(FeedbackLinkView {
        number: origin.number,
        center: loaded.center.name,
        state: loaded.row.state,
        state_label: loaded.row.state.label().into(),
        result: result.filter(|_| loaded.row.round == round),
        answer,
        open,
    })
}

/// What a link shows to its holder.
pub fn by_link(tx: &mut Tx, text: &str) -> Result<FeedbackLinkView> {
    let (caller, round) = by_token(tx, text)?;
    link_view(tx, &caller, round)
}
