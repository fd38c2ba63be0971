//! The end: complete, sign, refuse to sign, deliver, terminate, reopen.

use std::sync::OnceLock;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use super::{
    agreement::signature,
    facts::{ApplicantReason, Completion, ReasonInput, Said, Signature, SignatureInput, Termination},
    legs,
    load::{Loaded, RATED, Told, load_for, save},
    machine::{Action, Refusal, State},
    model::{Outcome, SignMethod, TerminateReason},
    recorded::HeldPaper,
    views::{EntrustmentView, view},
};
use crate::{
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Result, Tx},
    events::Audience,
    kernel::{Code as _, Id, Problem, Target},
};

/// A matter that has ended, as the evaluation needs it.
pub struct ClosedMatter {
    /// Identity.
    pub id: Id,
    /// Number.
    pub number: String,
    /// Name of the item.
    pub title: String,
    /// Final custodian.
    pub center_id: Id,
    /// Who carried it.
    pub staff_id: Option<Id>,
    /// Whose.
    pub applicant_id: Id,
    /// A lapsed matter was never served; all others may be rated, also rejected and withdrawn ones (DOMAIN §7).
    pub served: bool,
    /// An offer that nobody has answered: it falls with the matter.
    pub open_transfer_id: Option<Id>,
}

/// What higher ranks do inside the transaction in which a matter ends, in this order: set by `app`.
pub static ON_CLOSED: OnceLock<Vec<ClosedHook>> = OnceLock::new();

/// One of them.
pub type ClosedHook = fn(&mut Tx, &Actor, &ClosedMatter) -> Result<()>;

/// What higher ranks do when a matter is suspended (`true`) or resumed: set by `app`.
pub static ON_SUSPENDED: OnceLock<SuspendedHook> = OnceLock::new();

/// What is done then.
pub type SuspendedHook = fn(&mut Tx, Id, bool) -> Result<()>;

/// Ends a matter: its clocks stop, the change is saved, and what was served may be rated.
pub fn end(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, told: Told) -> Result<()> {
    clocks::stop_all(tx, loaded.e.id)?;
    let open_transfer_id = loaded.e.open_transfer_id.take();
    loaded.details.offered_to = None;
    loaded.details.arbitration = None;
    // Nobody rates what was never served, nor a second time what was rated before it was handled again.
    loaded.details.seen_off = loaded.e.state == State::Lapsed || RATED.get().map_or(Ok(false), |rated| rated(tx, loaded.e.id))?;
    legs::close_all(tx, loaded)?;
    save(tx, actor, loaded, told)?;
    let e = &loaded.e;
    let matter = ClosedMatter {
        id: e.id,
        number: e.number.clone(),
        title: e.title.clone(),
        center_id: e.custodian_id,
        staff_id: e.assignee_id,
        applicant_id: e.applicant_id,
        served: e.state != State::Lapsed,
        open_transfer_id,
    };
    ON_CLOSED.get().into_iter().flatten().try_for_each(|hook| hook(tx, actor, &matter))
}

/// 办结.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "outcome": "granted", "note": "已通水", "results": ["供水合同 2026-001"], "papers_returned": ["营业执照原件"] }))]
pub struct CompleteInput {
    /// What the authorities decided.
    pub outcome: Outcome,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub note: String,
    /// Numbers of the results handed out.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub results: Vec<String>,
    /// Originals returned.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub papers_returned: Vec<String>,
    /// The applicant is there and signs for it at once: then this call closes the matter.
    #[serde(default)]
    #[validate(nested)]
    pub signature: Option<SignatureInput>,
}

/// Completes: the applicant still has to sign.
pub fn complete(tx: &mut Tx, actor: &Actor, target: &Target, input: &CompleteInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Complete, target)?;
    loaded.e.state = loaded.decide(actor, Action::Complete)?;
    if input.results.iter().chain(&input.papers_returned).any(|s| s.chars().count() > 200) {
        return Err(Problem::rule("/results", "length", "每项最多 200 个字。", "At most 200 characters each.").into());
    }
    fits(&loaded, input.outcome)?;
    clocks::stop(tx, loaded.e.id, &[ClockKind::Promise, ClockKind::Supply, ClockKind::Deferral])?;
    clocks::start(tx, "entrustment", loaded.e.id, ClockKind::SignCompletion, loaded.rules.sign_limit)?;
    loaded.details.completion = Some(Completion {
        outcome: input.outcome,
        note: input.note.clone(),
        results: input.results.clone(),
        papers_returned: input.papers_returned.clone(),
        at: tx.now,
        signature: None,
        delivery_proof: None,
    });
    let params = json!({ "outcome": input.outcome.label() });
    save(tx, actor, &mut loaded, Told::new("completed", Audience::Public, params).saying(&input.note))?;
    if let Some(signature) = &input.signature {
        return sign(tx, actor, &Target::any(loaded.e.id), &SignInput { signature: signature.clone() });
    }
    view(tx, actor, loaded)
}

/// The outcome is what the authorities decided; an agency does not hand out results without the papers they rest on.
fn fits(loaded: &Loaded, outcome: Outcome) -> Result<()> {
    let plan = &loaded.plan;
    let granted = matches!(outcome, Outcome::Granted | Outcome::PartlyGranted);
    if outcome == Outcome::Granted && plan.failed() {
        let zh = format!("步骤未获准予：{}；结果不能是准予。不予受理的可以重新申报。", plan.refused().join("、"));
        return Err(Problem::rule("/outcome", "step_refused", zh, "A step was refused.").into());
    }
    if !granted && plan.started() && !plan.failed() {
        return Err(Problem::rule("/outcome", "steps_granted", "各步骤均已准予，结果与登记不符。", "Every step was granted.").into());
    }
    if granted && loaded.checklist.promises().next().is_some() {
        let zh = "容缺的材料尚未补交，请先补齐。";
        return Err(Problem::rule("/outcome", "deferred_outstanding", zh, "A promised material is not there.").into());
    }
    let missing = loaded.checklist.required_missing();
    if granted && loaded.facts.agency && !missing.is_empty() {
        let zh = format!("必要材料尚未提供：{}。", missing.join("、"));
        return Err(Problem::rule("/outcome", "materials_missing", zh, "Required materials are missing.").into());
    }
    Ok(())
}

/// What the applicant said: themselves, or recorded by staff with what proves it.
pub fn said(tx: &Tx, actor: &Actor, loaded: &Loaded, input: &ApplicantReason) -> Result<Said, Problem> {
    if loaded.side(actor) == "center" && input.evidence.is_none() {
        return Err(Problem::recorded_without_evidence());
    }
    Ok(Said { reason: input.reason.clone(), evidence: input.evidence.clone().unwrap_or_default(), at: tx.now, by: actor.id })
}

/// A signature, alone.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInput {
    /// How.
    #[validate(nested)]
    pub signature: SignatureInput,
}

/// The applicant signs for the result: only this closes a matter.
pub fn sign(tx: &mut Tx, actor: &Actor, target: &Target, input: &SignInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::SignCompletion, target)?;
    loaded.e.state = loaded.decide(actor, Action::SignCompletion)?;
    let signed = signature(tx, actor, loaded.e.applicant_id, &input.signature, "/signature")?;
    if let Some(c) = &mut loaded.details.completion {
        c.signature = Some(signed);
    }
    let params = json!({ "method": input.signature.method.label() });
    end(tx, actor, &mut loaded, Told::new("closed", Audience::Public, params))?;
    view(tx, actor, loaded)
}

/// The applicant does not sign: the matter goes on.
pub fn refuse(tx: &mut Tx, actor: &Actor, target: &Target, input: &ApplicantReason) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::RefuseCompletion, target)?;
    loaded.e.state = loaded.decide(actor, Action::RefuseCompletion)?;
    loaded.details.refusal = Some(said(tx, actor, &loaded, input)?);
    set_aside(&mut loaded);
    clocks::stop(tx, loaded.e.id, &[ClockKind::SignCompletion])?;
    clocks::reopen(tx, loaded.e.id, ClockKind::Promise)?;
    save(tx, actor, &mut loaded, Told::new("completion_refused", Audience::Public, json!({})).saying(&input.reason))?;
    view(tx, actor, loaded)
}

/// Proof of delivery.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryInput {
    /// Number of the delivery receipt 送达回证 or tracking number.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "送达回证 2026-0015")]
    pub delivery_proof: String,
}

/// Nobody came to sign: delivered with proof.
pub fn unclaimed(tx: &mut Tx, actor: &Actor, target: &Target, input: &DeliveryInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::MarkUnclaimed, target)?;
    loaded.e.state = loaded.decide(actor, Action::MarkUnclaimed)?;
    if let Some(c) = &mut loaded.details.completion {
        c.delivery_proof = Some(input.delivery_proof.clone());
    }
    // The center has done its part: it no longer waits against a limit.
    clocks::stop(tx, loaded.e.id, &[ClockKind::SignCompletion])?;
    save(tx, actor, &mut loaded, Told::new("unclaimed", Audience::Public, json!({})))?;
    view(tx, actor, loaded)
}

/// Reopens what was closed by mistake.
pub fn reopen(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReasonInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::Reopen, target)?;
    loaded.e.state = loaded.decide(actor, Action::Reopen)?;
    loaded.details.reopening = Some(Said { reason: input.reason.clone(), evidence: String::new(), at: tx.now, by: actor.id });
    set_aside(&mut loaded);
    clocks::reopen(tx, loaded.e.id, ClockKind::Promise)?;
    save(tx, actor, &mut loaded, Told::new("reopened", Audience::Public, json!({})).saying(&input.reason))?;
    view(tx, actor, loaded)
}

/// A completion that no longer holds is kept, but is not the matter's end.
fn set_aside(loaded: &mut Loaded) {
    loaded.details.earlier_completions.extend(loaded.details.completion.take());
}

/// 终止.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminateInput {
    /// Listed reason.
    pub reason: TerminateReason,
    /// In words.
    #[validate(length(min = 2, max = 1000))]
    #[schema(min_length = 2, max_length = 1000, example = "项目选址调整，不再办理")]
    pub note: String,
}

/// Asks for termination, from either side.
pub fn request_termination(tx: &mut Tx, actor: &Actor, target: &Target, input: &TerminateInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::RequestTermination, target)?;
    let next = loaded.decide(actor, Action::RequestTermination)?;
    if loaded.side(actor) == "applicant" && input.reason != TerminateReason::ApplicantRequest {
        let zh = "申请人提出终止的，事由为申请人主动要求（applicant_request）。";
        return Err(Problem::rule("/reason", "not_yours", zh, "An applicant asks on their own account: applicant_request.").into());
    }
    loaded.e.held_state = Some(loaded.e.state);
    loaded.e.state = next;
    loaded.details.termination = Some(Termination {
        reason: input.reason,
        note: input.note.clone(),
        requested_by: loaded.side(actor).into(),
        requested_at: tx.now,
        applicant_signature: None,
        center_signature: None,
        papers_returned: false,
        papers_held: Vec::new(),
        delivery_proof: None,
    });
    if loaded.e.held_state == Some(State::InProgress) {
        rest(tx, loaded.e.id, true)?;
    }
    let params = json!({ "reason": input.reason.label(), "by": loaded.side(actor) });
    save(tx, actor, &mut loaded, Told::new("termination_requested", Audience::Public, params).saying(&input.note))?;
    view(tx, actor, loaded)
}

/// While it is asked whether a matter ends, what others carry of it rests; that of a suspended matter rests already.
fn rest(tx: &mut Tx, id: Id, resting: bool) -> Result<()> {
    ON_SUSPENDED.get().map_or(Ok(()), |hook| hook(tx, id, resting))
}

/// Takes the request back: the matter goes on where it was.
pub fn cancel_termination(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::CancelTermination, target)?;
    loaded.e.state = loaded.decide(actor, Action::CancelTermination)?;
    loaded.e.held_state = None;
    // What was signed was signed for an end that does not come: the timeline keeps it, the matter does not.
    loaded.details.termination = None;
    if loaded.e.state == State::InProgress {
        rest(tx, loaded.e.id, false)?;
    }
    save(tx, actor, &mut loaded, Told::new("termination_cancelled", Audience::Public, json!({})))?;
    view(tx, actor, loaded)
}

/// A signature under a termination.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminationSignature {
    /// The applicant's: by themselves online, or recorded by staff with evidence. Each side signs once.
    #[serde(default)]
    #[validate(nested)]
    pub applicant_signature: Option<SignatureInput>,
    /// The center's signature, from staff: the papers are back with the applicant; refused while an original is held. With
    /// `applicant_signature`, one call signs for both.
    #[serde(default)]
    pub papers_returned: bool,
    /// With the center's signature: every original that is not back, with the day by which it goes back, or with what became
    /// of it. A lost paper does not keep an applicant in an entrustment.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub papers_held: Vec<HeldPaper>,
}

/// What the center says of the originals that it has not given back: of each, when it goes back or what became of it.
fn held(loaded: &Loaded, today: NaiveDate, input: &TerminationSignature) -> Result<(), Problem> {
    let originals: Vec<(&str, &str)> = loaded.checklist.originals().collect();
    for (i, paper) in input.papers_held.iter().enumerate() {
        let at = format!("/papers_held/{i}");
        if !originals.iter().any(|(code, _)| *code == paper.material) {
            return Err(Problem::rule(&format!("{at}/material"), "not_held", "没有这份尚未退还的原件。", "No original of this material is held."));
        }
        if paper.until.is_none() && paper.note.trim().chars().count() < 2 {
            return Err(Problem::rule(&at, "until_or_note", "请写明退还日期，或者不能退还的情况。", "By when it goes back, or what became of it."));
        }
        if paper.until.is_some_and(|day| day < today) {
            return Err(Problem::rule(&format!("{at}/until"), "past", "退还日期不能早于今天。", "Not before today."));
        }
    }
    let silent: Vec<&str> = originals.iter().filter(|(code, _)| input.papers_held.iter().all(|p| p.material != *code)).map(|(_, name)| *name).collect();
    if input.papers_returned && !originals.is_empty() || !silent.is_empty() {
        let names: Vec<&str> = if silent.is_empty() { originals.iter().map(|(_, name)| *name).collect() } else { silent };
        let zh = format!("尚有原件未退还：{}。请先逐件登记退还（return），或者在 papers_held 中逐件写明退还日期或者不能退还的情况。", names.join("、"));
        return Err(Problem::rule("/papers_returned", "originals_held", zh, "An original was not given back."));
    }
    Ok(())
}

/// Signs a termination, each side once. It takes effect when both have signed and the papers are back.
pub fn sign_termination(tx: &mut Tx, actor: &Actor, target: &Target, input: &TerminationSignature) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::SignTermination, target)?;
    let ended = loaded.decide(actor, Action::SignTermination)?;
    let Some(mut t) = loaded.details.termination.clone() else { return Err(Problem::not_found().into()) };
    let online = SignatureInput { method: SignMethod::Online, evidence: String::new() };
    let own = loaded.side(actor) == "applicant";
    let says = input.papers_returned || !input.papers_held.is_empty();
    if own && says {
        let zh = "材料退还由代办中心签字时登记，申请人无须填写。";
        return Err(Problem::rule("/papers_returned", "not_yours", zh, "The center says so when it signs.").into());
    }
    let theirs = input.applicant_signature.as_ref().or(own.then_some(&online));
    // Said again with the applicant's signature, it is no second one of the center's.
    let center = !own && (theirs.is_none() || says && t.center_signature.is_none());
    if theirs.is_some() && t.applicant_signature.is_some() {
        return Err(loaded.refused(actor, Refusal::ApplicantSigned.into()).into());
    }
    if center && t.center_signature.is_some() {
        return Err(loaded.refused(actor, Refusal::SignedAlready.into()).into());
    }
    if center && !says {
        return Err(Problem::rule("/papers_returned", "papers_first", "中心签字前须将材料退还申请人。", "The papers go back first.").into());
    }
    if center {
        held(&loaded, tx.now.local_date(), input)?;
    }
    if let Some(given) = theirs {
        t.applicant_signature = Some(signature(tx, actor, loaded.e.applicant_id, given, "/applicant_signature")?);
    }
    if center {
        t.center_signature = Some(Signature { method: SignMethod::Online, evidence: String::new(), at: tx.now, recorded_by: actor.id });
        t.papers_returned = input.papers_returned;
        t.papers_held.clone_from(&input.papers_held);
    }
    let papers_held = t.papers_held.len();
    let both = t.applicant_signature.is_some() && t.center_signature.is_some();
    loaded.details.termination = Some(t);
    let signed = match (theirs, center) {
        (Some(_), true) => "both",
        (Some(_), false) => "applicant",
        _ => "center",
    };
    let recorded = theirs.filter(|_| !own).map(|given| given.method.label());
    let params = json!({ "by": loaded.side(actor), "signed": signed, "recorded": recorded, "papers_held": papers_held });
    if both {
        loaded.e.state = ended;
        end(tx, actor, &mut loaded, Told::new("terminated", Audience::Public, params))?;
    } else {
        save(tx, actor, &mut loaded, Told::new("termination_signed", Audience::Applicant, params))?;
    }
    view(tx, actor, loaded)
}

/// Terminates one-sidedly: the manager, with proof of delivery.
pub fn terminate_unilaterally(tx: &mut Tx, actor: &Actor, target: &Target, input: &DeliveryInput) -> Result<EntrustmentView> {
    let mut loaded = load_for(tx, actor, Action::TerminateUnilaterally, target)?;
    loaded.e.state = loaded.decide(actor, Action::TerminateUnilaterally)?;
    if let Some(t) = &mut loaded.details.termination {
        t.delivery_proof = Some(input.delivery_proof.clone());
    }
    end(tx, actor, &mut loaded, Told::new("terminated", Audience::Public, json!({ "by": "center", "unilateral": true })))?;
    view(tx, actor, loaded)
}
