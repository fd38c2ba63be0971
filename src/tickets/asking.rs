//! Asking every applicant: what clears a ticket, what opens it again, and what is done where nobody can be reached or the
//! law stands in the way (群众不满意的，不予销号).

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    handling::noted,
    input::{AttemptInput, FeedbackInput, LinkFeedback, TicketReason, UpholdInput},
    links::{self, FeedbackLinkView},
    load::{self, Opened, Told, change},
    machine::{ATTEMPT_DAYS, Facts, REFORM_AFTER, TicketAction as Action, TicketState as State, TicketTier as Tier},
    model::{ContactOutcome, ContactPurpose, ContactWords, FeedbackWay, PastRound, RoundEnd, Upheld, UpholdReason},
    store::{self, TicketCaller, TicketContact},
};
use crate::{
    attachments,
    auth::Actor,
    clocks::{self, ClockKind},
    db::{Private, Result, Tx, dialect},
    entrustments::{Signature, SignatureInput, vocabulary::SignMethod},
    events::{Audience, covering},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
};

/// Begins to ask.
pub fn ask(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<Opened> {
    change(tx, actor, target, Action::AskFeedback, |tx, loaded| {
        loaded.details.asked_at = Some(tx.now);
        Ok(Told::new("feedback_asked", Audience::Applicant, json!({ "callers": loaded.asking().count() })))
    })
}

/// An applicant's own signature, or one that staff record with its evidence.
pub fn signed(tx: &Tx, actor: &Actor, input: &SignatureInput, at: &str) -> Result<Signature, Problem> {
    actor.sure_to_sign()?;
    let own = actor.applicant_id.is_some();
    if own != (input.method == SignMethod::Online) {
        return Err(Problem::rule(
            &format!("{at}/method"),
            "method",
            "申请人本人登录的在线确认，工作人员登记的为线下方式。",
            "Applicants sign online, staff record otherwise.",
        ));
    }
    if !own && input.evidence.trim().chars().count() < 2 {
        return Err(Problem::rule(&format!("{at}/evidence"), "evidence_required", "请写明签字的凭据。", "Say what proves the signature."));
    }
    Ok(Signature { method: input.method, evidence: input.evidence.clone(), at: tx.now, recorded_by: actor.id })
}

/// The caller of whom something is recorded: the one who is signed in, the one named, or the only one.
pub fn caller_of(loaded: &Opened, actor: &Actor, named: Option<Id>) -> Result<TicketCaller, Problem> {
    let mine = |c: &&TicketCaller| actor.applicant_id.is_none_or(|own| c.applicant_id == Some(own));
    let all: Vec<&TicketCaller> = loaded.asking().filter(mine).collect();
    let found = match (named, all.as_slice()) {
        (Some(id), all) => {
            let unknown = || Problem::rule("/caller_id", "unknown_caller", "没有这位申请人，或者已撤回。", "No such caller.");
            all.iter().find(|c| c.id == id).copied().ok_or_else(unknown)?
        }
        (None, [one]) => one,
        // Who has registered twice answers first what is still open.
        (None, [first, ..]) if actor.applicant_id.is_some() => all.iter().find(|c| loaded.answer_of(c.id).is_none()).copied().unwrap_or(first),
        (None, _) => return Err(Problem::rule("/caller_id", "required", "有多位申请人，请指明是哪一位。", "Several callers: name one.")),
    };
    Ok(found.clone())
}

/// What somebody said.
struct Said {
    caller: TicketCaller,
    satisfied: bool,
    way: FeedbackWay,
    at: Moment,
    words: ContactWords,
    staff: Option<Id>,
}

/// Records what a caller says; the last satisfied answer clears the ticket, a dissatisfied one opens the next round.
pub fn feedback(tx: &mut Tx, actor: &Actor, target: &Target, input: &FeedbackInput) -> Result<Opened> {
    let action = if input.satisfied { Action::FeedbackSatisfied } else { Action::FeedbackDissatisfied };
    let loaded = load::load_for(tx, actor, action, target)?;
    loaded.decide(actor, action)?;
    let caller = caller_of(&loaded, actor, input.caller_id)?;
    let at = input.asked_at.unwrap_or(tx.now);
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
    if at > tx.now || loaded.details.asked_at.is_some_and(|since| at < since) {
        return refuse("/asked_at", "out_of_range", "征求反馈的时间应在开始征求之后、现在之前。", "Between when asking began and now.");
    }
    let own = actor.applicant_id.is_some();
    if own != (input.way == FeedbackWay::Online) || input.way == FeedbackWay::Link {
        return refuse(
            "/way",
            "way",
            "申请人本人登录的为登录反馈；工作人员登记的为电话、窗口、热线或上门。",
            "Applicants answer online, staff record the other ways.",
        );
    }
    let proof = input.evidence.trim().chars().count() >= 2 || !input.attachments.is_empty();
    match input.way {
        FeedbackWay::Phone | FeedbackWay::Hotline if !proof => {
            return refuse("/evidence", "evidence_required", "电话和热线反馈须写明录音编号或上传录音。", "Name the recording, or upload it.");
        }
        FeedbackWay::Counter | FeedbackWay::Visit if input.signature.is_none() && input.attachments.is_empty() => {
            return refuse("/signature", "signature_required", "当面反馈须有申请人签字或上传签字单。", "The caller's signature, or an upload of it.");
        }
        _ => {}
    }
    let signature = input.signature.as_ref().map(|s| signed(tx, actor, s, "/signature")).transpose()?;
    attachments::bind(tx, actor, &input.attachments, "fallback_ticket", loaded.row.id, "feedback", "/attachments")?;
    let words = ContactWords { words: input.words.clone(), evidence: input.evidence.clone(), signature };
    let said = Said { caller, satisfied: input.satisfied, way: input.way, at, words, staff: actor.id.filter(|_| !own && actor.kind == "user") };
    hear(tx, actor, loaded, said)
}

/// Takes an answer in, however it came: the one way to `cleared`.
fn hear(tx: &mut Tx, actor: &Actor, mut loaded: Opened, said: Said) -> Result<Opened> {
    if !said.satisfied && said.words.words.trim().chars().count() < 2 {
        return Err(Problem::rule("/words", "required", "不满意的，请写明原因。", "Say why not.").into());
    }
    let caller = said.caller.id;
    if said.satisfied && loaded.answer_of(caller) == Some(ContactOutcome::Satisfied) {
        let text = Text::new("该申请人本轮已表示满意，不重复登记。", "This caller is satisfied already.");
        return Err(Problem { allowed_actions: Some(loaded.allowed(actor)), ..Problem::new(ErrorCode::StateConflict, text) }.into());
    }
    let satisfied = |c: &TicketCaller| c.id == caller || loaded.answer_of(c.id) == Some(ContactOutcome::Satisfied);
    let facts = Facts { others_satisfied: loaded.asking().all(satisfied), ..loaded.facts(actor) };
    let action = if said.satisfied { Action::FeedbackSatisfied } else { Action::FeedbackDissatisfied };
    let next = loaded.decide_with(actor, &facts, action)?;
    let outcome = if said.satisfied { ContactOutcome::Satisfied } else { ContactOutcome::Dissatisfied };
    contacted(
        tx,
        &mut loaded,
        Contact { caller, purpose: ContactPurpose::Feedback, outcome, way: said.way, staff: said.staff, at: said.at, words: said.words.clone() },
    )?;
    loaded.row.state = next;
    let round = loaded.row.round;
    let raised = !said.satisfied && dissatisfied(tx, &mut loaded, RoundEnd::Dissatisfied);
    let params = json!({ "way": said.way.label(), "round": round, "asked_at": said.at, "reform_office": raised });
    let told = if said.satisfied { "feedback_satisfied" } else { "feedback_dissatisfied" };
    if next == State::Cleared {
        loaded.row.cleared_at = Some(tx.now);
    }
    load::save(tx, actor, &mut loaded, Told::new(told, Audience::Applicant, params).saying(&said.words.words))?;
    if next == State::Cleared {
        let params = json!({ "number": loaded.row.number, "round": loaded.row.round });
        load::tell(tx, actor, &loaded.row, Told::new("cleared", Audience::Applicant, params))?;
        load::step(tx, actor, &loaded, load::Step::Cleared)?;
    }
    Ok(loaded)
}

/// A round failed: the next one begins, and after two the reform office leads. Answers whether it begins to lead now.
pub fn dissatisfied(tx: &Tx, loaded: &mut Opened, ended: RoundEnd) -> bool {
    next_round(tx, loaded, ended);
    loaded.row.dissatisfied += 1;
    let raised = !loaded.row.reform_led && u32::try_from(loaded.row.dissatisfied).is_ok_and(|n| n >= REFORM_AFTER);
    if raised {
        loaded.row.reform_led = true;
        loaded.row.tier = loaded.row.tier.max(Some(Tier::Difficult));
    }
    raised
}

/// What was done stays readable; every caller will be asked anew.
fn next_round(tx: &Tx, loaded: &mut Opened, ended: RoundEnd) {
    let d = &mut loaded.details;
    d.rounds.push(PastRound {
        round: loaded.row.round,
        settlement: d.settlement.take(),
        outcome: d.outcome.take(),
        coordination: d.coordination.take(),
        upheld: d.upheld.take(),
        ended,
        until: tx.now,
    });
    d.asked_at = None;
    loaded.row.round += 1;
    loaded.row.cleared_at = None;
}

/// Once that a caller was asked.
pub struct Contact {
    /// Which caller.
    pub caller: Id,
    /// What for.
    pub purpose: ContactPurpose,
    /// What came of it.
    pub outcome: ContactOutcome,
    /// How.
    pub way: FeedbackWay,
    /// Who recorded it.
    pub staff: Option<Id>,
    /// When.
    pub at: Moment,
    /// In words.
    pub words: ContactWords,
}

/// Writes down that a caller was asked.
pub fn contacted(tx: &mut Tx, loaded: &mut Opened, mut contact: Contact) -> Result<()> {
    if loaded.row.confidential {
        covering::details(tx, "fallback_ticket", loaded.row.id, &mut contact.words)?;
    }
    let row = TicketContact {
        id: Id::new(),
        ticket_id: loaded.row.id,
        caller_id: contact.caller,
        round: loaded.row.round,
        purpose: contact.purpose,
        outcome: contact.outcome,
        way: contact.way,
        staff_id: contact.staff,
        contacted_at: contact.at,
        words: Private::seal(tx.vault, &contact.words)?,
        created_at: tx.now,
    };
    store::insert_contact(tx, &row)?;
    loaded.contacts.push(row);
    Ok(())
}

/// Answers by link; the link is used up.
pub fn feedback_by_link(tx: &mut Tx, text: &str, request_id: &str, input: &LinkFeedback) -> Result<FeedbackLinkView> {
    let (found, round) = links::by_token(tx, text)?;
    dialect::lock_root(tx.conn, "fallback_tickets", found.ticket_id.as_str())?;
    // A merge may just have taken the caller along: the answer belongs to where they are asked.
    let (caller, round) = (store::caller(tx, found.id)?.ok_or_else(Problem::not_found)?, round);
    let loaded = load::load_locked(tx, caller.ticket_id)?;
    let shown = links::link_view(tx, &caller, round)?;
    if !shown.open {
        let zh = if shown.answer.is_some() { "该链接已经使用过。" } else { "当前不在征求反馈，或者链接已失效。" };
        return Err(Problem { allowed_actions: Some(Vec::new()), ..Problem::new(ErrorCode::StateConflict, Text::new(zh, "Used, or not asked now.")) }.into());
    }
    let actor = Actor { label: "申请人".into(), kind: "link", ..Actor::system(request_id) };
    let words = ContactWords { words: input.words.clone(), ..ContactWords::default() };
    let said = Said { caller: caller.clone(), satisfied: input.satisfied, way: FeedbackWay::Link, at: tx.now, words, staff: None };
    hear(tx, &actor, loaded, said)?;
    links::link_view(tx, &caller, round)
}

/// Records that a caller could not be reached.
pub fn attempt(tx: &mut Tx, actor: &Actor, target: &Target, input: &AttemptInput) -> Result<Opened> {
    change(tx, actor, target, Action::RecordAttempt, |tx, loaded| {
        let caller = caller_of(loaded, actor, input.caller_id)?.id;
        let at = input.tried_at.unwrap_or(tx.now);
        if at > tx.now || loaded.details.asked_at.is_some_and(|since| at < since) {
            return Err(Problem::rule("/tried_at", "out_of_range", "联系时间应在开始征求反馈之后、现在之前。", "Between when asking began and now.").into());
        }
        if matches!(input.way, FeedbackWay::Link | FeedbackWay::Online) {
            return Err(Problem::rule("/way", "way", "联系未果须为电话、窗口、热线或上门。", "By telephone, hotline or visit.").into());
        }
        let words = ContactWords { words: input.words.clone(), ..ContactWords::default() };
        let staff = actor.id.filter(|_| actor.kind == "user");
        contacted(tx, loaded, Contact { caller, purpose: ContactPurpose::Feedback, outcome: ContactOutcome::Unreachable, way: input.way, staff, at, words })?;
        let params = json!({ "way": input.way.label(), "tried_at": at, "days": days_tried(loaded, caller) });
        Ok(Told::new("attempted", Audience::Staff, params).saying(&input.words))
    })
}

/// On how many days of this round a caller was sought in vain.
fn days_tried(loaded: &Opened, caller: Id) -> usize {
    let tried = |c: &&TicketContact| c.caller_id == caller && c.round == loaded.row.round && c.outcome == ContactOutcome::Unreachable;
    loaded.contacts.iter().filter(tried).map(|c| c.contacted_at.local_date()).collect::<BTreeSet<_>>().len()
}

/// Leaves it on the register unresolved.
pub fn uphold(tx: &mut Tx, actor: &Actor, target: &Target, input: &UpholdInput) -> Result<Opened> {
    change(tx, actor, target, Action::Uphold, |tx, loaded| {
        let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
        match input.reason {
            UpholdReason::LawfulBar => {
                if input.basis.is_none() {
                    return refuse("/basis", "required", "请写明法律法规依据。", "Name the law.");
                }
                match (input.told_at, input.told_by) {
                    (Some(at), Some(_)) if at <= tx.now => {}
                    (Some(_), Some(_)) => return refuse("/told_at", "out_of_range", "说明的时间不能在将来。", "Not in the future."),
                    (None, _) => return refuse("/told_at", "required", "请写明何时向申请人说明。", "Say when it was explained."),
                    (_, None) => return refuse("/told_by", "required", "请写明以何种方式向申请人说明。", "Say how it was explained."),
                }
            }
            UpholdReason::Unreachable => {
                let silent = loaded.asking().filter(|c| loaded.answer_of(c.id) != Some(ContactOutcome::Satisfied));
                let reached = silent.map(|c| days_tried(loaded, c.id)).min().unwrap_or(0);
                if reached < ATTEMPT_DAYS {
                    let zh = format!("每位未反馈的申请人须在 {ATTEMPT_DAYS} 个不同的日子联系过，目前最少的只有 {reached} 天。");
                    return Err(Problem::rule("/reason", "too_few_attempts", zh, "Attempts on three different days with each silent caller.").into());
                }
            }
        }
        loaded.details.upheld = Some(Upheld {
            reason: input.reason,
            explanation: input.explanation.clone(),
            basis: input.basis.clone(),
            told_at: input.told_at,
            told_by: input.told_by,
            at: tx.now,
            by: actor.id.filter(|_| actor.kind == "user"),
        });
        Ok(Told::new("upheld", Audience::Applicant, json!({ "reason": input.reason.label() })).saying(&input.explanation))
    })
}

/// The reform office looks at it again, as each quarter.
pub fn review(tx: &mut Tx, actor: &Actor, target: &Target, input: &TicketReason) -> Result<Opened> {
    change(tx, actor, target, Action::Review, |tx, loaded| {
        loaded.details.reviews.push(noted(tx, actor, &input.reason));
        // The next quarter begins.
        clocks::stop(tx, loaded.row.id, &[ClockKind::TicketReview])?;
        Ok(Told::new("reviewed", Audience::Staff, json!({ "reviews": loaded.details.reviews.len() })).saying(&input.reason))
    })
}

/// What stood in the way is gone.
pub fn reopen(tx: &mut Tx, actor: &Actor, target: &Target, input: &TicketReason) -> Result<Opened> {
    change(tx, actor, target, Action::Reopen, |tx, loaded| {
        next_round(tx, loaded, RoundEnd::Reopened);
        loaded.details.reopening = Some(noted(tx, actor, &input.reason));
        Ok(Told::new("reopened", Audience::Applicant, json!({ "round": loaded.row.round })).saying(&input.reason))
    })
}

/// What a hotline heard when it called back, of whoever registered through a ticket, wherever it is handled now.
pub fn hear_visit(tx: &mut Tx, actor: &Actor, id: Id, visit: super::doors::Visit) -> Result<Opened> {
    let caller = store::caller(tx, visit.caller)?.ok_or_else(Problem::not_found)?;
    debug_assert!(caller.origin_id == id || caller.ticket_id == id);
    let loaded = load::load_locked(tx, caller.ticket_id)?;
    let satisfied = visit.outcome == ContactOutcome::Satisfied;
    if satisfied && visit.evidence.trim().chars().count() < 2 {
        let zh = "热线回访满意的，须写明录音编号。";
        return Err(Problem::rule("/recording_number", "evidence_required", zh, "Name the recording.").into());
    }
    let words = ContactWords { words: visit.words, evidence: visit.evidence, signature: None };
    let said = Said { caller, satisfied, way: FeedbackWay::Hotline, at: visit.at, words, staff: actor.id.filter(|_| actor.kind == "user") };
    hear(tx, actor, loaded, said)
}
