//! Several who ask for the same, and those who ask no longer: none is lost.

use serde_json::json;

use super::{
    asking::{caller_of, signed},
    input::{TicketMerge, WithdrawInput},
    load::{self, Opened, Told},
    machine::{Facts, TicketAction as Action, TicketState as State},
    model::Withdrawal,
    store,
};
use crate::{
    attachments,
    auth::{Actor, policy},
    db::{Error, Result, Tx, dialect},
    entrustments,
    events::Audience,
    kernel::{Code as _, Id, Problem, Target},
};

/// Merges the ticket in the path into another: its callers go over, and each will be asked.
pub fn merge(tx: &mut Tx, actor: &Actor, target: &Target, input: &TicketMerge) -> Result<Opened> {
    let refuse = |code, zh, en| Problem::rule("/into", code, zh, en);
    let unknown = || refuse("unknown_ticket", "没有这件，或者不在您的可见范围内。", "No ticket that you see.");
    let own = load::by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?.id;
    let other = load::by_reference(tx, &input.into)?;
    // Both are locked, in one order for everybody; what is not seen is not locked either.
    let mut both: Vec<Id> = other.iter().map(|t| t.id).chain([own]).collect();
    both.sort();
    both.dedup();
    load::load_seen(tx, actor, own.as_str())?;
    for id in &both {
        dialect::lock_root(tx.conn, "fallback_tickets", id.as_str())?;
    }
    let mut gone = load::load_for(tx, actor, Action::Merge, target)?;
    let next = gone.decide(actor, Action::Merge)?;
    let other = other.ok_or_else(unknown)?;
    let mut stays = match load::load_seen(tx, actor, other.id.as_str()) {
        Err(Error::Refused(_)) => return Err(unknown().into()),
        other => other?,
    };
    if stays.row.id == own || !stays.row.state.is_open() {
        return Err(refuse("not_open", "请指明另一件正在办理的反映问题。", "Name another ticket that is open.").into());
    }
    if stays.center.lineage().next() != gone.center.lineage().next() {
        return Err(refuse("other_city", "两件不属于同一城市。", "Of another city.").into());
    }
    if !policy::allows(actor, "fallback_ticket", Action::Merge.code(), &stays.near(actor)) {
        return Err(refuse("not_yours", "您不能办理要并入的那一件。", "You may not handle the other ticket.").into());
    }
    store::move_callers(tx, own, stays.row.id)?;
    for label in ["registration", "merged"] {
        attachments::share(tx, own, label, stays.row.id, "merged")?;
    }
    stays.callers = store::callers(tx, stays.row.id)?;
    stays.row.urgent |= gone.row.urgent;
    let mut departments = stays.departments.clone();
    for d in &gone.departments {
        if !departments.iter().any(|known| known.department_id == d.department_id) {
            departments.push(store::TicketDepartment { ticket_id: stays.row.id, sees: false, ..*d });
        }
    }
    store::set_departments(tx, stays.row.id, &departments)?;
    stays.departments = departments;
    gone.callers.clear();
    gone.row.state = next;
    gone.row.merged_into_id = Some(stays.row.id);
    gone.row.batch_id = None;
    gone.details.merge_reason.clone_from(&input.reason);
    load::save(tx, actor, &mut gone, Told::new("merged", Audience::Applicant, json!({ "into": stays.row.number })).saying(&input.reason))?;
    let params = json!({ "from": gone.row.number, "callers": stays.asking().count() });
    load::save(tx, actor, &mut stays, Told::new("absorbed", Audience::Staff, params))?;
    Ok(gone)
}

/// A caller asks no longer; with the last one the ticket ends.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target, input: &WithdrawInput) -> Result<Opened> {
    let mut loaded = load::load_for(tx, actor, Action::Withdraw, target)?;
    loaded.decide(actor, Action::Withdraw)?;
    let caller = caller_of(&loaded, actor, input.caller_id)?.id;
    let own = actor.applicant_id.is_some();
    if !own && input.signature.is_none() && input.attachments.is_empty() {
        let zh = "撤回须有申请人签字，或上传签字单、录音。";
        return Err(Problem::rule("/signature", "signature_required", zh, "The applicant's signature, or a recording.").into());
    }
    let signature = input.signature.as_ref().map(|s| signed(tx, actor, s, "/signature")).transpose()?;
    attachments::bind(tx, actor, &input.attachments, "fallback_ticket", loaded.row.id, "withdrawal", "/attachments")?;
    let facts = Facts { others_withdrawn: loaded.asking().all(|c| c.id == caller), ..loaded.facts(actor) };
    let next = loaded.decide_with(actor, &facts, Action::Withdraw)?;
    let now = tx.now;
    if let Some(row) = loaded.callers.iter_mut().find(|c| c.id == caller) {
        row.withdrawn_at = Some(now);
        store::save_caller(tx, row)?;
    }
    loaded.details.withdrawal = Some(Withdrawal { reason: input.reason.clone(), signature, at: now });
    loaded.row.state = next;
    let kind = if next == State::Withdrawn { "withdrawn" } else { "caller_withdrawn" };
    let audience = if next == State::Withdrawn { Audience::Applicant } else { Audience::Staff };
    let params = json!({ "number": loaded.row.number });
    load::save(tx, actor, &mut loaded, Told::new(kind, audience, params).saying(&input.reason))?;
    Ok(loaded)
}

/// The matter that a ticket is about names the ticket.
pub fn link_matter(tx: &mut Tx, actor: &Actor, matter: Id, ticket: &Opened) -> Result<()> {
    entrustments::mark_fallback(tx, actor, matter, ticket.row.id, &ticket.row.number)
}
