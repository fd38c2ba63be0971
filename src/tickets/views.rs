//! How tickets are answered: each caller sees what concerns them, and nobody whom they should not.

use serde::Serialize;

use super::{
    links::path,
    load::{self, Opened},
    machine::{TicketState, TicketTier},
    model::{
        ContactOutcome, ContactPurpose, Coordination, Decision, FeedbackWay, Noted, Objection, PastRound, Proposal, TicketCategory, TicketChannel,
        TicketDetails, TicketOrigin, Upheld, Withdrawal,
    },
    store::{self, Ticket, TicketCaller},
};
use crate::{
    access::Sight,
    attachments::{self, AttachmentView},
    auth::{Actor, Role, policy},
    clocks::{self, ClockView},
    db::{Result, Tx},
    kernel::{Code as _, Id, Moment},
    organization::{self, CenterBrief, Department},
};

/// Somebody who asks, as they are answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CallerView {
    /// Identity.
    pub id: Id,
    /// Their record; absent where it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant_id: Option<Id>,
    /// Whom to call; masked where the view is, absent where it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their telephone; masked where the view is, absent where it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Stays reachable, and is shown to nobody but the counter and the reform office.
    pub confidential: bool,
    /// The ticket that they registered, where it was merged into this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_from: Option<Id>,
    /// What they said in this round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<ContactOutcome>,
    /// While they are asked: the one-time link, for themselves alone. Without an account it is given with the public progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether their one-time link can be answered now; for staff who record feedback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_open: Option<bool>,
    /// When they withdrew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Moment>,
    /// Since when they ask.
    pub since: Moment,
}

/// Once that a caller was asked, as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TicketContactView {
    /// Identity.
    pub id: Id,
    /// Which caller.
    pub caller_id: Id,
    /// In which round.
    pub round: i32,
    /// What for.
    pub purpose: ContactPurpose,
    /// What came of it.
    pub outcome: ContactOutcome,
    /// In Chinese.
    pub outcome_label: String,
    /// How.
    pub way: FeedbackWay,
    /// Who recorded it; absent: the caller in person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_id: Option<Id>,
    /// When.
    pub at: Moment,
    /// What they said; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What proves it; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// A department that a ticket concerns.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TicketDepartmentView {
    /// Identity.
    pub id: Id,
    /// Name.
    pub name: String,
    /// It has, or had, a sheet.
    pub charged: bool,
    /// It leads.
    pub lead: bool,
}

/// Another ticket, named.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TicketBrief {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "DD-331081-20261122-000001-427")]
    pub number: String,
}

/// A fallback ticket as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TicketView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "DD-331081-20261122-000001-427")]
    pub number: String,
    /// State.
    pub state: TicketState,
    /// In Chinese.
    pub state_label: String,
    /// How hard it is; known once triaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<TicketTier>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_label: Option<String>,
    /// What kind of difficulty.
    pub category: TicketCategory,
    /// In Chinese.
    pub category_label: String,
    /// How it came in.
    pub channel: TicketChannel,
    /// In Chinese.
    pub channel_label: String,
    /// The center that answers for it.
    pub center_id: Id,
    /// Named; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center: Option<CenterBrief>,
    /// Cannot wait.
    pub urgent: bool,
    /// Round of handling, from 1.
    pub round: i32,
    /// Rounds that the applicant was not satisfied with.
    pub dissatisfied: i32,
    /// Sheets that departments handed back.
    pub returns: i32,
    /// A coordination meeting has said what is to be done.
    pub coordinated: bool,
    /// The government has decided.
    pub decided: bool,
    /// Two rounds failed: the reform office leads.
    pub reform_led: bool,
    /// In a few words; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// 基本情况; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub situation: Option<String>,
    /// 诉求; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Number of the consultation that came before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consultation: Option<String>,
    /// About which item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<Id>,
    /// About which matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// The arbitration that found no competent unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arbitration: Option<TicketOrigin>,
    /// Its number in the system that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whoever met the applicant first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_responder_id: Option<Id>,
    /// Who handles it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler_id: Option<Id>,
    /// How many ask.
    pub callers_total: usize,
    /// Who asks; single records only. An applicant sees themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callers: Option<Vec<CallerView>>,
    /// Departments that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departments: Option<Vec<TicketDepartmentView>>,
    /// The department that answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_department_id: Option<Id>,
    /// The batch in which it goes to the government.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<Id>,
    /// The case that was drawn from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precedent_id: Option<Id>,
    /// The ticket that goes on for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into_id: Option<Id>,
    /// Tickets that were merged into it; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<Vec<TicketBrief>>,
    /// Why it was classified so; the staff's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triage_note: Option<String>,
    /// What was settled on the spot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Noted>,
    /// The coordination meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordination: Option<Coordination>,
    /// What the government decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What the departments answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Noted>,
    /// Rounds before this one; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Vec<PastRound>>,
    /// A proposal not to take it in, or why it was not taken in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inadmissible: Option<Proposal>,
    /// The objection to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objection: Option<Objection>,
    /// Why it stays unresolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upheld: Option<Upheld>,
    /// Quarterly reviews; the staff's own, single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviews: Option<Vec<Noted>>,
    /// Why it was last reopened by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopening: Option<Noted>,
    /// How it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<Withdrawal>,
    /// How the callers were asked; the staff's own, single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Vec<TicketContactView>>,
    /// Files; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<AttachmentView>>,
    /// Its limits; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Vec<ClockView>>,
    /// Civil date of registration.
    #[schema(example = "2026-11-22")]
    pub registered_on: String,
    /// Next deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// The deadline has passed.
    pub overdue: bool,
    /// When last classified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triaged_at: Option<Moment>,
    /// When cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Moment>,
    /// Personal data is masked for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When registered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(TicketView, "fallback_ticket");

/// What a reader may know of a ticket.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    /// The applicant that the reader is.
    own: Option<Id>,
    /// Reads what the applicant wrote.
    pub(super) words: bool,
    /// Reads what the staff of centers write to each other.
    staff: bool,
    /// Callers are shown masked.
    pub(super) masked: bool,
    /// Confidential callers are shown.
    pub(super) knows: bool,
}

impl Reader {
    pub(super) fn of(actor: &Actor, row: &Ticket, callers: &[TicketCaller], sight: Sight) -> Self {
        let own = actor.applicant_id;
        let origin = callers.iter().any(|c| c.applicant_id.is_some() && c.applicant_id == own && c.origin_id == row.id);
        Self {
            own,
            words: if own.is_some() { origin } else { sight.words && !(sight.narrow && row.confidential) },
            staff: own.is_none() && sight.words && !sight.narrow,
            masked: sight.masked || sight.narrow,
            knows: knows(actor, row),
        }
    }
}

/// Who is shown a confidential caller: the counter of the registering center, and who handles the ticket there.
pub(super) fn knows(actor: &Actor, row: &Ticket) -> bool {
    let at = |role: Role| actor.nodes(role).any(|n| n == row.center_id.as_str());
    actor.is_system() || at(Role::Clerk) || (at(Role::Agent) && row.handler_id.is_some_and(|id| actor.answers_for(id)))
}

fn caller_view(tx: &Tx, loaded: &Opened, reader: Reader, may_send: bool, c: &TicketCaller) -> Result<CallerView> {
    let mine = reader.own.is_some() && c.applicant_id == reader.own;
    let withheld = !mine && c.confidential && !reader.knows;
    let masked = !mine && reader.masked;
    let shown = |sealed: &crate::db::Sealed, mask: fn(&crate::kernel::Masking, &str) -> String| -> Result<Option<String>> {
        let plain = sealed.open(tx.vault)?;
        Ok(if withheld { None } else { Some(if masked { mask(tx.masking, &plain) } else { plain }) })
    };
    let answer = loaded.answer_of(c.id);
    let asked = loaded.row.state == TicketState::AwaitingFeedback && answer.is_none() && c.withdrawn_at.is_none();
    Ok(CallerView {
        id: c.id,
        applicant_id: c.applicant_id.filter(|_| !withheld),
        name: shown(&c.name, crate::kernel::Masking::name)?,
        phone: shown(&c.phone, crate::kernel::Masking::phone)?,
        confidential: c.confidential,
        merged_from: (c.origin_id != loaded.row.id).then_some(c.origin_id),
        answer,
        link: (asked && mine).then(|| path(tx, c.id, loaded.row.round)),
        link_open: may_send.then_some(asked),
        withdrawn_at: c.withdrawn_at,
        since: c.since,
    })
}

/// What was written, without the names and telephones of those who stay confidential: who writes it down forgets that it is read.
fn without_confidential(tx: &Tx, callers: &[TicketCaller], text: &str) -> Result<String> {
    let mut text = text.to_owned();
    for c in callers.iter().filter(|c| c.confidential) {
        for said in [c.name.open(tx.vault)?, c.phone.open(tx.vault)?] {
            if said.chars().count() > 1 {
                text = text.replace(&said, "（保密）");
            }
        }
    }
    Ok(text)
}

/// What was written of a ticket as it may stand where several read it.
pub fn for_others(tx: &mut Tx, row: &Ticket, text: &str) -> Result<String> {
    let callers = if row.confidential { store::callers_of(tx, &[row.id])? } else { Vec::new() };
    without_confidential(tx, &callers, text)
}

/// What a list and a single record have in common.
fn head(tx: &Tx, row: &Ticket, d: TicketDetails, reader: Reader, callers: &[TicketCaller], callers_total: usize) -> Result<TicketView> {
    let of = |text: String, may: bool| Some(text).filter(|t| may && !t.is_empty());
    let told_by = if reader.own.is_some() || reader.knows { &[] } else { callers };
    let (title, situation, request) =
        (without_confidential(tx, told_by, &d.title)?, without_confidential(tx, told_by, &d.situation)?, without_confidential(tx, told_by, &d.request)?);
    let told = reader.own.is_some() || reader.words || reader.staff;
    let staff = reader.staff;
    // A pending proposal is the staff's; what was confirmed is told.
    let inadmissible = d.proposal.filter(|_| staff).or(d.inadmissible.filter(|_| told));
    Ok(TicketView {
        id: row.id,
        number: row.number.clone(),
        state: row.state,
        state_label: row.state.label().into(),
        tier: row.tier,
        tier_label: row.tier.map(|t| t.label().into()),
        category: row.category,
        category_label: row.category.label().into(),
        channel: row.channel,
        channel_label: row.channel.label().into(),
        center_id: row.center_id,
        center: None,
        urgent: row.urgent,
        round: row.round,
        dissatisfied: row.dissatisfied,
        returns: row.returns,
        coordinated: row.coordinated,
        decided: row.decided,
        reform_led: row.reform_led,
        title: of(title, reader.words),
        situation: of(situation, reader.words),
        request: of(request, reader.words),
        consultation: d.consultation.filter(|_| told),
        item_id: row.item_id,
        entrustment_id: row.entrustment_id.filter(|_| reader.own.is_none() || reader.words),
        arbitration: d.arbitration.filter(|_| reader.own.is_none()),
        source: row.source.clone().filter(|_| reader.own.is_none()),
        first_responder_id: row.first_responder_id,
        handler_id: row.handler_id,
        callers_total,
        callers: None,
        departments: None,
        lead_department_id: row.lead_department_id,
        batch_id: row.batch_id,
        precedent_id: row.precedent_id,
        merged_into_id: row.merged_into_id,
        merged: None,
        triage_note: of(d.triage, staff),
        settlement: d.settlement.filter(|_| told),
        coordination: d.coordination.filter(|_| reader.own.is_none() && told),
        decision: d.decision.filter(|_| reader.own.is_none() && told),
        outcome: d.outcome.filter(|_| told),
        rounds: None,
        inadmissible,
        objection: d.objection.filter(|_| reader.words),
        upheld: d.upheld.filter(|_| reader.own.is_some() || reader.words),
        reviews: None,
        reopening: d.reopening.filter(|_| staff),
        withdrawal: d.withdrawal.filter(|_| reader.words),
        contacts: None,
        attachments: None,
        clocks: None,
        registered_on: row.registered_on.clone(),
        due_at: row.due_at.known(),
        overdue: row.due_at <= tx.now,
        triaged_at: row.triaged_at,
        cleared_at: row.cleared_at,
        masked: reader.masked,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn department_views<'a>(rows: impl Iterator<Item = &'a store::TicketDepartment>, named: &[Department], lead: Option<Id>) -> Vec<TicketDepartmentView> {
    let shown = rows.filter_map(|d| {
        let name = named.iter().find(|n| n.id == d.department_id)?.name.clone();
        Some(TicketDepartmentView { id: d.department_id, name, charged: d.sees, lead: lead == Some(d.department_id) })
    });
    shown.collect()
}

fn contact_views(tx: &Tx, loaded: &Opened, reader: Reader) -> Result<Vec<TicketContactView>> {
    let hidden = |caller: Id| loaded.callers.iter().any(|c| c.id == caller && c.confidential) && !reader.knows;
    let view = |c: &store::TicketContact| -> Result<TicketContactView> {
        let words = c.words.open(tx.vault)?;
        let reads = reader.staff && !hidden(c.caller_id);
        let of = |text: String| Some(text).filter(|t| reads && !t.is_empty());
        let evidence = words.signature.map_or(words.evidence, |s| s.evidence);
        Ok(TicketContactView {
            id: c.id,
            caller_id: c.caller_id,
            round: c.round,
            purpose: c.purpose,
            outcome: c.outcome,
            outcome_label: c.outcome.label().into(),
            way: c.way,
            staff_id: c.staff_id,
            at: c.contacted_at,
            words: of(words.words),
            evidence: of(evidence),
        })
    };
    loaded.contacts.iter().map(view).collect()
}

/// A ticket with all that belongs to it, as the caller sees it.
pub(super) fn render(tx: &mut Tx, actor: &Actor, loaded: &Opened, reader: Reader) -> Result<TicketView> {
    let row = &loaded.row;
    let d = loaded.details.clone();
    let told = reader.own.is_some() || reader.words;
    let (mut rounds, reviews) = (d.rounds.clone(), d.reviews.clone());
    if reader.own.is_some() {
        rounds.iter_mut().for_each(|past| past.coordination = None);
    }
    let near = loaded.near(actor);
    let may_send = reader.own.is_none() && policy::allows(actor, "fallback_ticket", "feedback_satisfied", &near);
    let mine = |c: &&TicketCaller| reader.own.is_none() || c.applicant_id == reader.own;
    let callers = loaded.callers.iter().filter(mine).map(|c| caller_view(tx, loaded, reader, may_send, c)).collect::<Result<Vec<_>>>()?;
    let ids: Vec<Id> = loaded.departments.iter().map(|d| d.department_id).collect();
    let named = organization::store::departments_by_id(tx, &ids)?;
    let departments = department_views(loaded.departments.iter(), &named, row.lead_department_id);
    // Files of one caller are not another's.
    let alone = loaded.callers.len() == 1 && reader.words;
    let files = if reader.own.is_none() || alone { attachments::of_record(tx, row.id, loaded.sight.masked || !reader.words)? } else { Vec::new() };
    let merged = store::merged_into(tx, row.id)?.into_iter().map(|(id, number)| TicketBrief { id, number }).collect();
    let contacts = if reader.own.is_none() { Some(contact_views(tx, loaded, reader)?) } else { None };
    Ok(TicketView {
        center: Some(CenterBrief::from(&loaded.center)),
        callers: Some(callers),
        departments: Some(departments),
        merged: reader.own.is_none().then_some(merged),
        rounds: told.then_some(rounds),
        reviews: reader.staff.then_some(reviews),
        contacts,
        attachments: Some(files),
        clocks: Some(clocks::of_record(tx, row.id)?),
        allowed_actions: Some(loaded.allowed_everywhere(tx, actor)?),
        ..head(tx, row, d, reader, &loaded.callers, loaded.asking().count())?
    })
}

/// One ticket as the caller sees it now.
pub fn view(tx: &mut Tx, actor: &Actor, id: Id) -> Result<TicketView> {
    fetch(tx, actor, id.as_str())
}

/// One ticket.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<TicketView> {
    let loaded = load::load_seen(tx, actor, reference)?;
    let mut own = loaded.callers.clone();
    own.extend(store::callers_of_origin(tx, loaded.row.id)?);
    let reader = Reader::of(actor, &loaded.row, &own, loaded.sight);
    render(tx, actor, &loaded, reader)
}

/// Tickets in a list.
pub fn listed(tx: &mut Tx, actor: &Actor, rows: Vec<(Ticket, Sight)>) -> Result<Vec<TicketView>> {
    let ids: Vec<Id> = rows.iter().map(|(row, _)| row.id).collect();
    let callers = store::callers_of(tx, &ids)?;
    let concerned = store::departments(tx, &ids)?;
    let mut named: Vec<Id> = concerned.iter().map(|d| d.department_id).collect();
    named.sort();
    named.dedup();
    let named = organization::store::departments_by_id(tx, &named)?;
    let one = |(row, sight): (Ticket, Sight)| -> Result<TicketView> {
        let of_row: Vec<TicketCaller> = callers.iter().filter(|c| c.ticket_id == row.id || c.origin_id == row.id).cloned().collect();
        let asking = of_row.iter().filter(|c| c.ticket_id == row.id && c.withdrawn_at.is_none()).count();
        let reader = Reader::of(actor, &row, &of_row, sight);
        let departments = department_views(concerned.iter().filter(|d| d.ticket_id == row.id), &named, row.lead_department_id);
        Ok(TicketView { departments: Some(departments), ..head(tx, &row, row.details.open(tx.vault)?, reader, &of_row, asking)? })
    };
    rows.into_iter().map(one).collect()
}

/// In a few words, for who finds it among their work; an applicant's may have been merged into another's.
pub fn title_of(tx: &Tx, actor: &Actor, row: &Ticket) -> Result<String> {
    if actor.applicant_id.is_some() { Ok(row.category.label().to_owned()) } else { Ok(row.details.open(tx.vault)?.title) }
}
