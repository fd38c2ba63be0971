//! Transfer 转办: offered, then accepted, returned, recalled or expired. Custody moves at acceptance and not before.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    machine::{Refusal, TransferAction, TransferState, decide},
    store::{self, Transfer, TransferRecord},
};
use crate::{
    access::{self, Placement, Sight},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    clocks::{self, ClockKind},
    db::{Error, Private, Result, Tx, dialect, numbers},
    entrustments::{self, AcceptInput, ClosedMatter, HandOver, Identity, Loaded, Moved, Told},
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text},
    organization::{self, Center, CenterBrief},
    routing::{
        Explanation, Relation,
        arbitration::{self, Opening, Party, machine::ArbitrationCause},
        joint, lines, relayed, resolve_for,
        resolver::no_agency,
    },
};

/// A transfer as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TransferView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// State.
    pub state: TransferState,
    /// In Chinese.
    pub state_label: String,
    /// Sender.
    pub from: CenterBrief,
    /// Receiver.
    pub to: CenterBrief,
    /// Why, in the sender's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub reason: String,
    /// What the resolver said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Explanation>,
    /// Hand-over list of papers.
    pub papers: Vec<String>,
    /// What arrived; absent until somebody has said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub papers_received: Option<Vec<String>>,
    /// Once it is said what arrived: what of the list did not.
    #[schema(example = json!(["租约"]))]
    pub papers_missing: Vec<String>,
    /// Why returned.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub return_reason: String,
    /// The applicant agreed.
    pub applicant_consent: bool,
    /// Answer until.
    pub due_at: Moment,
    /// When answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When offered.
    pub created_at: Moment,
}

crate::versioned!(TransferView, "transfer");

/// An offer.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "to": "auto", "applicant_consent": true, "reason": "属如东县事项", "papers": ["申请表"] }))]
pub struct TransferInput {
    /// `auto` (the resolver decides), a center's id, or a division code.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "auto")]
    pub to: String,
    /// Why, in words.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub reason: String,
    /// The applicant agreed to the transfer: service is voluntary.
    #[schema(example = true)]
    pub applicant_consent: bool,
    /// Hand-over list of papers.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub papers: Vec<String>,
}

/// Offers a matter to whom it belongs.
pub fn offer(tx: &mut Tx, actor: &Actor, target: &Target, input: &TransferInput) -> Result<TransferView> {
    offer_as(tx, actor, target, input, None)
}

/// An offer under a given identity, where one is given.
pub fn offer_as(tx: &mut Tx, actor: &Actor, target: &Target, input: &TransferInput, identity: Option<Identity>) -> Result<TransferView> {
    let id = identity.as_ref().map_or_else(Id::new, |i| i.id);
    // Loads and authorizes the matter, then locks it; what is learnt before the lock is checked again under it.
    let seen = entrustments::load_for(tx, actor, entrustments::Action::Transfer, target)?;
    seen.decide(actor, entrustments::Action::Transfer)?;
    if !input.applicant_consent {
        return Err(Problem::rule("/applicant_consent", "consent_required", "转办须经申请人同意。", "The applicant must agree.").into());
    }
    lines(&input.papers, "/papers")?;
    let (to, why) = destination(tx, &seen, &input.to)?;
    guard_returns(tx, &seen, to.id)?.map_err(|refusal| seen.refused(actor, refusal.into()))?;
    let due_at = clocks::start(tx, "transfer", id, ClockKind::Transfer, seen.rules.transfer_limit)?;
    let record = TransferRecord {
        reason: input.reason.clone(),
        why: Some(why),
        papers: input.papers.clone(),
        applicant_consent: true,
        offered_by: actor.id,
        ..TransferRecord::default()
    };
    let row = Transfer {
        id,
        number: match identity {
            Some(identity) => identity.number,
            None => numbers::next(tx, "ZB", &seen.custodian.division_code)?,
        },
        entrustment_id: seen.e.id,
        from_center_id: seen.custodian.id,
        to_center_id: to.id,
        state: TransferState::Offered,
        record: Private::seal(tx.vault, &record)?,
        due_at,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    let loaded = entrustments::mark_transfer(tx, actor, &Target::any(seen.e.id), id, &to)?;
    publish(tx, actor, &row, &loaded, "transfer.offered")?;
    view(tx, actor, row)
}

fn destination(tx: &mut Tx, seen: &Loaded, to: &str) -> Result<(Center, Explanation)> {
    let (resolved, why) = resolve_for(tx, seen)?;
    let named = if to == "auto" {
        resolved.clone()
    } else {
        organization::store::center_by_reference(tx, to)?
            .filter(|c| c.status == "active")
            .ok_or_else(|| Problem::rule("/to", "unknown_center", "没有这个服务中心。", "No such center."))?
    };
    if named.status != "active" {
        return Err(Problem::rule("/to", "center_closed", "该服务中心已停用。", "The center is closed.").into());
    }
    if named.id == seen.custodian.id {
        return Err(Refusal::SameCenter.into());
    }
    if let Some(zh) = no_agency(tx, seen, &named)? {
        return Err(Problem::rule("/to", "level_without_agency", zh, "Centers of this level carry no matters.").into());
    }
    // Up, a matter goes only from a level that carries none (DOMAIN §5).
    if named.contains(&seen.custodian) && !(named.id == resolved.id && why.relation == Relation::TransferUp) {
        let up = why.relation == Relation::TransferUp;
        return Err(if up { Refusal::NotTheLevel(resolved.name).into() } else { Refusal::Upward.into() });
    }
    if named.id == resolved.id {
        return Ok((named, why));
    }
    // Down is the sender's choice; sideways only where the resolver says that the division is theirs.
    if !seen.custodian.contains(&named) {
        return Err(Refusal::NotTheirs.into());
    }
    let explanation = format!("由{}指定转交下级{}承办。", seen.custodian.name, named.name);
    Ok((named, Explanation { relation: Relation::TransferDown, rule: "named_by_sender".into(), explanation, chain: Vec::new() }))
}

/// Anti-ping-pong: a center that has returned a matter, or has not answered, is not asked again; how often in all is the
/// machine's to say.
fn guard_returns(tx: &mut Tx, seen: &Loaded, to: Id) -> Result<Result<(), Refusal>> {
    let by_center = store::returns(tx, seen.e.id)?.iter().filter(|c| **c == to).count();
    let refused = u32::try_from(by_center).unwrap_or(u32::MAX) >= seen.rules.returns_per_center;
    Ok(if refused { Err(Refusal::ReturnedBefore) } else { Ok(()) })
}

fn by_reference(tx: &mut Tx, reference: &str) -> Result<Transfer> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::transfer(tx, id)?,
        Err(_) => store::transfer_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// Who may do what with a transfer: the receiver answers, the sender recalls.
fn permitted(tx: &mut Tx, actor: &Actor, row: &Transfer, action: TransferAction) -> Result<bool> {
    let side = match action {
        TransferAction::Recall => row.from_center_id,
        TransferAction::Accept | TransferAction::Return => row.to_center_id,
        TransferAction::Expire => return Ok(actor.is_system()),
    };
    let assignee = entrustments::store::entrustment(tx, row.entrustment_id)?.and_then(|e| e.assignee_id);
    Ok(policy::allows(actor, "transfer", action.code(), &Reachable { centers: vec![side], assignee, ..Reachable::default() }))
}

/// A transfer and its matter, both locked, the matter first: every path takes them in this order.
fn load_for(tx: &mut Tx, actor: &Actor, action: TransferAction, target: &Target) -> Result<(Transfer, Loaded)> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "transfers", found.id.as_str())?;
    let row = store::transfer(tx, found.id)?.ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, "transfer"), row.id)?.ok_or_else(Problem::not_found)?;
    if !permitted(tx, actor, &row, action)? {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    let loaded = entrustments::load_locked(tx, row.entrustment_id)?;
    Ok((row, loaded))
}

fn answer(tx: &mut Tx, actor: &Actor, row: &mut Transfer, action: TransferAction, f: impl FnOnce(&mut TransferRecord)) -> Result<()> {
    row.state = decide(row.state, action).map_err(|refusal| Problem { allowed_actions: Some(Vec::new()), ..Problem::from(refusal) })?;
    let mut record = row.record.open(tx.vault)?;
    record.answered_by = actor.id;
    record.answered_at = Some(tx.now);
    f(&mut record);
    row.record = Private::seal(tx.vault, &record)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    clocks::stop(tx, row.id, &[ClockKind::Transfer])
}

/// The receiver takes over.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "papers_received": ["申请表"], "accept_matter": { "process_explained": true, "papers_verified": true, "form_signed": true } }))]
pub struct TransferAcceptance {
    /// The receiver's agent for it.
    #[serde(default)]
    pub assignee_id: Option<Id>,
    /// What arrived of the hand-over list; what is not named counts as missing. Without it nothing is said yet: it is said
    /// when the list is signed.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub papers_received: Option<Vec<String>>,
    /// Accepts the matter too, where it is still submitted.
    #[serde(default)]
    #[validate(nested)]
    pub accept_matter: Option<AcceptInput>,
}

/// Accepts: custody moves now.
pub fn accept(tx: &mut Tx, actor: &Actor, target: &Target, input: &TransferAcceptance) -> Result<TransferView> {
    let (mut row, mut loaded) = load_for(tx, actor, TransferAction::Accept, target)?;
    lines(input.papers_received.as_deref().unwrap_or_default(), "/papers_received")?;
    let to = organization::load(tx, row.to_center_id)?;
    if let Some(zh) = no_agency(tx, &loaded, &to)? {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new(zh, "Centers of this level carry no matters.")).into());
    }
    answer(tx, actor, &mut row, TransferAction::Accept, |r| r.papers_received.clone_from(&input.papers_received))?;
    if !entrustments::movable(loaded.e.state) || loaded.e.open_transfer_id != Some(row.id) {
        return Err(Refusal::MatterEnded.into());
    }
    entrustments::hand_over(tx, actor, &mut loaded, HandOver { by: Moved::Transfer(row.id), to, assignee: None })?;
    note_missing(tx, actor, &row, &loaded)?;
    joint::follow(tx, actor, &mut loaded)?;
    if let Some(agent) = input.assignee_id {
        entrustments::assign_loaded(tx, actor, &mut loaded, agent, "")?;
    }
    if let Some(acceptance) = &input.accept_matter {
        entrustments::accept_loaded(tx, actor, &mut loaded, acceptance)?;
    }
    publish(tx, actor, &row, &loaded, "transfer.accepted")?;
    view(tx, actor, row)
}

/// What of the hand-over list did not arrive.
fn missing(r: &TransferRecord) -> Vec<String> {
    let Some(received) = &r.papers_received else { return Vec::new() };
    let mut received: Vec<&str> = received.iter().map(|paper| paper.trim()).collect();
    let mut came = |paper: &&String| received.iter().position(|r| *r == paper.trim()).map(|at| received.swap_remove(at)).is_some();
    r.papers.iter().filter(|paper| !came(paper)).cloned().collect()
}

/// Tells the matter's timeline what did not arrive, so that neither center forgets whose it is to find.
fn note_missing(tx: &mut Tx, actor: &Actor, row: &Transfer, loaded: &Loaded) -> Result<()> {
    let missing = missing(&row.record.open(tx.vault)?);
    if missing.is_empty() {
        return Ok(());
    }
    let params = json!({ "transfer_id": row.id, "count": missing.len() });
    let words = format!("未收到：{}", missing.join("、"));
    entrustments::tell(tx, actor, &loaded.e, Told::new("papers_missing", Audience::Staff, params).saying(&words))
}

/// Why not.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnInput {
    /// In words; the sender reads it.
    #[validate(length(min = 2, max = 500))]
    #[schema(min_length = 2, max_length = 500, example = "项目选址在崇川区，不属本县")]
    pub reason: String,
}

/// Returns: custody never moved.
pub fn give_back(tx: &mut Tx, actor: &Actor, target: &Target, input: &ReturnInput) -> Result<TransferView> {
    let (mut row, mut loaded) = load_for(tx, actor, TransferAction::Return, target)?;
    answer(tx, actor, &mut row, TransferAction::Return, |r| r.return_reason.clone_from(&input.reason))?;
    close(tx, actor, &row, &mut loaded, "transfer_returned", "transfer.returned")?;
    // Where the custodian's level carries no matters, nobody is left to do it.
    if loaded.details.returns >= loaded.rules.returns_total || loaded.facts.level_without_agency {
        dispute(tx, actor, &mut loaded, ArbitrationCause::Returned, &input.reason)?;
    }
    view(tx, actor, row)
}

/// Nobody takes it: who must is for arbitration to say. The sides are the custodian and whoever did not take it.
fn dispute(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, cause: ArbitrationCause, reason: &str) -> Result<()> {
    let others = store::returns(tx, loaded.e.id)?.into_iter().filter(|id| *id != loaded.custodian.id);
    let others = others.map(|center_id| Party { center_id, department_id: None }).collect();
    arbitration::open(tx, actor, loaded, Opening { cause, others, joint_handling: None, reason, steps: Vec::new(), identity: None })?;
    Ok(())
}

/// The sender takes the offer back.
pub fn recall(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<TransferView> {
    let (mut row, mut loaded) = load_for(tx, actor, TransferAction::Recall, target)?;
    answer(tx, actor, &mut row, TransferAction::Recall, |_| {})?;
    close(tx, actor, &row, &mut loaded, "transfer_recalled", "transfer.recalled")?;
    view(tx, actor, row)
}

/// The matter has ended: an offer that nobody has answered falls with it.
pub fn fall(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    let Some(id) = matter.open_transfer_id else { return Ok(()) };
    dialect::lock_root(tx.conn, "transfers", id.as_str())?;
    let Some(mut row) = store::transfer(tx, id)?.filter(|row| row.state == TransferState::Offered) else { return Ok(()) };
    answer(tx, actor, &mut row, TransferAction::Recall, |_| {})?;
    let loaded = entrustments::load_locked(tx, row.entrustment_id)?;
    publish(tx, actor, &row, &loaded, "transfer.recalled")
}

/// After the calendar moved: the time to answer follows its clock.
pub fn recompute(tx: &mut Tx, id: Id) -> Result<()> {
    let Some(found) = store::transfer(tx, id)? else { return Ok(()) };
    dialect::lock_root(tx.conn, "entrustments", found.entrustment_id.as_str())?;
    dialect::lock_root(tx.conn, "transfers", id.as_str())?;
    let moved = clocks::recompute(tx, id)?;
    let Some(mut row) = store::transfer(tx, id)?.filter(|row| moved && row.state == TransferState::Offered) else { return Ok(()) };
    row.due_at = clocks::nearest_due(tx, id)?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let loaded = entrustments::load_locked(tx, row.entrustment_id)?;
    place(tx, &row, &loaded)
}

/// Whether an offer's time is over.
pub fn anything_overdue(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::overdue(tx, now, 1)?.is_empty())
}

/// Lets offers expire whose time is over; answers how many. Each under its locks, so it happens once.
pub fn expire_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let actor = Actor::system("routing");
    let mut done = 0;
    let now = tx.now;
    for id in store::overdue(tx, now, batch)? {
        let (mut row, mut loaded) = load_for(tx, &actor, TransferAction::Expire, &Target::any(id))?;
        if row.state != TransferState::Offered {
            continue;
        }
        answer(tx, &actor, &mut row, TransferAction::Expire, |_| {})?;
        close(tx, &actor, &row, &mut loaded, "transfer_expired", "transfer.expired")?;
        dispute(tx, &actor, &mut loaded, ArbitrationCause::Expired, "")?;
        done += 1;
    }
    Ok(done)
}

fn close(tx: &mut Tx, actor: &Actor, row: &Transfer, loaded: &mut Loaded, told: &'static str, kind: &str) -> Result<()> {
    if loaded.e.open_transfer_id == Some(row.id) {
        let to = organization::load(tx, row.to_center_id)?;
        let params = json!({ "transfer_id": row.id, "from": loaded.custodian.name, "to": to.name });
        entrustments::clear_transfer(tx, actor, loaded, told, params)?;
    }
    publish(tx, actor, row, loaded, kind)
}

/// Event and visibility of a transfer.
fn publish(tx: &mut Tx, actor: &Actor, row: &Transfer, loaded: &Loaded, kind: &str) -> Result<()> {
    let params = json!({ "number": row.number, "entrustment_id": row.entrustment_id, "state": row.state });
    let event = NewEvent { record_kind: "transfer", record_id: row.id, version: row.version, kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    place(tx, row, loaded)?;
    relayed(tx, actor, row.entrustment_id, row.id)
}

/// Who sees a transfer: both sides and what is above them, the sender's agent, and the applicant.
fn place(tx: &mut Tx, row: &Transfer, loaded: &Loaded) -> Result<()> {
    let mut subjects = Vec::new();
    for side in [row.from_center_id, row.to_center_id] {
        let center = organization::load(tx, side)?;
        subjects.extend(organization::subjects_of(&center).into_iter().map(|s| (s, false)));
    }
    subjects.extend(loaded.e.assignee_id.map(|id| (subject::user(id.as_str()), false)));
    subjects.extend(row.record.open(tx.vault)?.offered_by.map(|id| (subject::user(id.as_str()), false)));
    // The applicant has agreed to it, and reads who took over; never who did not (DOMAIN §5).
    if matches!(row.state, TransferState::Offered | TransferState::Accepted) {
        subjects.push((subject::applicant(loaded.e.applicant_id.as_str()), false));
    }
    let due_at = if row.state == TransferState::Offered { row.due_at } else { Moment::NEVER };
    clocks::charge(tx, row.id, row.to_center_id, None)?;
    access::place(tx, &Placement { kind: "transfer", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })
}

fn view(tx: &mut Tx, actor: &Actor, row: Transfer) -> Result<TransferView> {
    let sight = access::sight(tx, &Scope::of(actor, "transfer"), row.id)?.ok_or_else(Problem::not_found)?;
    let centers = organization::briefs(tx, &[row.from_center_id, row.to_center_id])?;
    let mut allowed = Vec::new();
    for action in [TransferAction::Accept, TransferAction::Return, TransferAction::Recall] {
        if decide(row.state, action).is_ok() && permitted(tx, actor, &row, action)? {
            allowed.push(action.code().to_owned());
        }
    }
    Ok(TransferView { allowed_actions: Some(allowed), ..render(tx, actor, row, &centers, sight)? })
}

/// A transfer as a list shows it: without actions, which cost a look at each matter.
fn render(tx: &Tx, actor: &Actor, row: Transfer, centers: &[CenterBrief], sight: Sight) -> Result<TransferView> {
    let named = |id: Id| centers.iter().find(|c| c.id == id).cloned().ok_or_else(|| Error::Corrupt("center gone".into()));
    let mut r = row.record.open(tx.vault)?;
    if !sight.words {
        // Free words may name people.
        (r.reason, r.return_reason, r.papers, r.papers_received) = Default::default();
    }
    if actor.applicant_id.is_some() {
        // An applicant never reads that their matter was sent elsewhere because somebody did not want it (DOMAIN §5).
        r.return_reason.clear();
    }
    Ok(TransferView {
        papers_missing: if row.state == TransferState::Accepted { missing(&r) } else { Vec::new() },
        id: row.id,
        from: named(row.from_center_id)?,
        to: named(row.to_center_id)?,
        number: row.number,
        entrustment_id: row.entrustment_id,
        state: row.state,
        state_label: row.state.label().into(),
        reason: r.reason,
        why: r.why,
        papers: r.papers,
        papers_received: r.papers_received,
        return_reason: r.return_reason,
        applicant_consent: r.applicant_consent,
        due_at: row.due_at,
        answered_at: r.answered_at,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
    })
}

/// One transfer.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<TransferView> {
    let row = by_reference(tx, reference)?;
    view(tx, actor, row)
}

/// A page of the transfers that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<TransferView>> {
    let page = access::listed::<TransferState, _>(tx, actor, "transfer", q, store::transfers_by_id, |t| t.id)?;
    let sides: Vec<Id> = page.items.iter().flat_map(|(t, _)| [t.from_center_id, t.to_center_id]).collect();
    let centers = organization::briefs(tx, &sides)?;
    page.try_map(|(t, sight)| render(tx, actor, t, &centers, sight))
}
