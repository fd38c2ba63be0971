//! Not taking a ticket in: a listed reason, a second person, where to go instead; and the one objection.

use serde_json::json;

use super::{
    handling::noted,
    input::{ProposalInput, TicketReason},
    load::{Opened, Told, change},
    machine::TicketAction as Action,
    model::{Objection, Proposal},
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    events::Audience,
    kernel::{Code as _, Problem, Target},
};

/// Proposes not to take it in.
pub fn propose(tx: &mut Tx, actor: &Actor, target: &Target, input: &ProposalInput) -> Result<Opened> {
    change(tx, actor, target, Action::ProposeInadmissible, |tx, loaded| {
        loaded.details.proposal = Some(Proposal {
            reason: input.reason,
            words: input.words.clone(),
            advice: input.advice.clone(),
            at: tx.now,
            by: actor.id,
            confirmed_at: None,
            confirmed_by: None,
        });
        Ok(Told::new("inadmissible_proposed", Audience::Staff, json!({ "reason": input.reason.label() })).saying(&input.words))
    })
}

/// Another person confirms it.
pub fn confirm(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<Opened> {
    change(tx, actor, target, Action::ConfirmInadmissible, |tx, loaded| {
        let mut proposal = loaded.details.proposal.take().ok_or_else(Problem::not_found)?;
        (proposal.confirmed_at, proposal.confirmed_by) = (Some(tx.now), actor.id);
        let told = Told::new("inadmissible", Audience::Applicant, json!({ "reason": proposal.reason.label() })).saying(&proposal.advice);
        loaded.details.inadmissible = Some(proposal);
        Ok(told)
    })
}

/// It is taken in after all.
pub fn refuse(tx: &mut Tx, actor: &Actor, target: &Target, input: &TicketReason) -> Result<Opened> {
    change(tx, actor, target, Action::RefuseInadmissible, |_, loaded| {
        loaded.details.proposal = None;
        Ok(Told::new("inadmissible_refused", Audience::Staff, json!({})).saying(&input.reason))
    })
}

/// The applicant objects, or staff for them.
pub fn object(tx: &mut Tx, actor: &Actor, target: &Target, input: &TicketReason) -> Result<Opened> {
    change(tx, actor, target, Action::Object, |tx, loaded| {
        let by = actor.id.filter(|_| actor.applicant_id.is_none() && actor.kind == "user");
        loaded.details.objection = Some(Objection { words: input.reason.clone(), at: tx.now, by, upheld: None, decision: None });
        Ok(Told::new("objected", Audience::Applicant, json!({})).saying(&input.reason))
    })
}

/// The reform office says whether the objection is right.
pub fn decide(tx: &mut Tx, actor: &Actor, target: &Target, upheld: bool, input: &TicketReason) -> Result<Opened> {
    let action = if upheld { Action::UpholdObjection } else { Action::DismissObjection };
    change(tx, actor, target, action, |tx, loaded| {
        let decision = noted(tx, actor, &input.reason);
        if let Some(objection) = &mut loaded.details.objection {
            (objection.upheld, objection.decision) = (Some(upheld), Some(decision));
        }
        let kind = if upheld { "objection_upheld" } else { "objection_dismissed" };
        Ok(Told::new(kind, Audience::Applicant, json!({})).saying(&input.reason))
    })
}
