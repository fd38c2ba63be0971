//! Custody: exactly one center at any instant. Only `routing` moves it, through these doors.

use serde_json::json;

use super::{
    agreement,
    facts::{FallbackMark, OpenArbitration},
    load::{self, Loaded, Told, load_for, save},
    machine::Action,
    model::CustodyCause,
    store::{self, CustodyRow},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Error, Result, Tx},
    events::Audience,
    kernel::{Id, Target},
    organization::{self, Center},
    settings,
};

/// Begins the chain.
pub fn begin(tx: &mut Tx, entrustment: Id, center: Id) -> Result<()> {
    let row = CustodyRow {
        id: Id::new(),
        entrustment_id: entrustment,
        sequence: 1,
        center_id: center,
        cause: CustodyCause::Intake,
        transfer_id: None,
        arbitration_id: None,
        from_at: tx.now,
        to_at: None,
    };
    store::insert_custody(tx, &row)
}

/// Notes that a transfer is offered: the receiver sees the matter masked from now on.
pub fn mark_transfer(tx: &mut Tx, actor: &Actor, target: &Target, transfer: Id, to: &Center) -> Result<Loaded> {
    let mut loaded = load_for(tx, actor, Action::Transfer, target)?;
    loaded.decide(actor, Action::Transfer)?;
    loaded.e.open_transfer_id = Some(transfer);
    loaded.details.offered_to = Some(to.id);
    let params = json!({ "transfer_id": transfer, "from": loaded.custodian.name, "to": to.name });
    save(tx, actor, &mut loaded, Told::new("transfer_offered", Audience::Staff, params))?;
    Ok(loaded)
}

/// Notes that the offer ended without moving custody (returned, recalled, expired).
pub fn clear_transfer(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, kind: &'static str, params: serde_json::Value) -> Result<()> {
    loaded.e.open_transfer_id = None;
    loaded.details.offered_to = None;
    if kind != "transfer_recalled" {
        loaded.details.returns += 1;
    }
    save(tx, actor, loaded, Told::new(kind, Audience::Staff, params))
}

/// Notes that an arbitration is open: nothing is transferred until it has decided.
pub fn open_arbitration(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, open: OpenArbitration, params: serde_json::Value) -> Result<()> {
    loaded.details.arbitration = Some(open);
    save(tx, actor, loaded, Told::new("arbitration_opened", Audience::Staff, params))
}

/// Notes that it has ended; `decided` says that its decision binds.
pub fn close_arbitration(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, decided: bool, params: serde_json::Value) -> Result<()> {
    loaded.details.arbitration = None;
    loaded.details.arbitrations += u32::from(decided);
    let told = if decided { Told::new("arbitrated", Audience::Public, params) } else { Told::new("no_competent_unit", Audience::Staff, params) };
    save(tx, actor, loaded, told)
}

/// Notes a fallback ticket about a matter.
pub fn mark_fallback(tx: &mut Tx, actor: &Actor, id: Id, ticket: Id, number: &str) -> Result<()> {
    let mut loaded = load::load_locked(tx, id)?;
    note_fallback(tx, actor, &mut loaded, ticket, number)
}

/// [`mark_fallback`] of a matter in hand.
pub fn note_fallback(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, ticket: Id, number: &str) -> Result<()> {
    loaded.details.fallback_tickets.push(FallbackMark { id: ticket, number: number.to_owned() });
    save(tx, actor, loaded, Told::new("fallback_opened", Audience::Applicant, json!({ "ticket_id": ticket, "number": number })))
}

/// By what custody moves.
#[derive(Clone, Copy, Debug)]
pub enum Moved {
    /// An accepted transfer.
    Transfer(Id),
    /// The decision of an arbitration.
    Arbitration(Id),
}

/// How custody moves.
pub struct HandOver {
    /// By what.
    pub by: Moved,
    /// To whom.
    pub to: Center,
    /// The agent there, if named already.
    pub assignee: Option<Id>,
}

/// Moves custody: the old period ends at the instant at which the new one begins. The matter's state stays; a signed
/// agreement must be amended before the new center acts as agent.
pub fn hand_over(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, how: HandOver) -> Result<()> {
    let id = loaded.e.id;
    let sequence = store::custody(tx, id)?.iter().map(|c| c.sequence).max().unwrap_or(0) + 1;
    if !store::end_custody(tx, id, tx.now)? {
        return Err(Error::Corrupt(format!("entrustment {id} has no custodian")));
    }
    let (cause, transfer_id, arbitration_id) = match how.by {
        Moved::Transfer(id) => (CustodyCause::Transfer, Some(id), None),
        Moved::Arbitration(id) => (CustodyCause::Arbitration, None, Some(id)),
    };
    let row =
        CustodyRow { id: Id::new(), entrustment_id: id, sequence, center_id: how.to.id, cause, transfer_id, arbitration_id, from_at: tx.now, to_at: None };
    store::insert_custody(tx, &row)?;
    let from = loaded.custodian.name.clone();
    if loaded.e.agreement_state != "none" {
        clocks::stop(tx, id, &[ClockKind::SignAgreement])?;
        agreement::supersede(tx, id)?;
        loaded.e.agreement_state = "none".into();
    }
    loaded.e.custodian_id = how.to.id;
    loaded.e.assignee_id = how.assignee;
    loaded.e.open_transfer_id = None;
    match how.by {
        Moved::Transfer(_) => loaded.e.hand_overs += 1,
        Moved::Arbitration(_) => loaded.details.custody_decisions += 1,
    }
    loaded.details.offered_to = None;
    loaded.custodian = organization::load(tx, how.to.id)?;
    loaded.rules = settings::rules(tx, &loaded.custodian.path)?;
    if loaded.judged.is_some() {
        // The new custodian's rules decide who may ask for agency.
        let judged = load::judge(tx, &loaded.e, &loaded.custodian, loaded.e.mode)?;
        loaded.facts.ineligible = !judged.eligible;
        loaded.judged = Some(judged);
    }
    loaded.facts.transfer_open = false;
    loaded.facts.agreement_signed = false;
    let params = json!({ "transfer_id": transfer_id, "arbitration_id": arbitration_id, "from": from, "to": how.to.name });
    save(tx, actor, loaded, Told::new("custody_moved", Audience::Public, params))
}
