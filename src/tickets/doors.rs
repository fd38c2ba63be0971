//! How higher rooms move a ticket: assignment sheets, batches, return visits, precedents; and how an arbitration that finds
//! no competent unit opens one. Each has checked its own record and who may change it; the table of this room still decides.

use serde_json::json;

use super::{
    asking::{self, Contact, contacted},
    handling::noted,
    input::TicketContent,
    intake::{Entry, enter},
    load::{self, Opened, Told, pass},
    machine::{TicketAction as Action, TicketState as State},
    model::{ContactOutcome, ContactPurpose, ContactWords, Decision, FeedbackWay, RoundEnd, TicketCategory, TicketChannel, TicketOrigin},
    store::{self, TicketCaller, TicketContact, TicketDepartment},
};
use crate::{
    applicants::{self, ContactInput},
    auth::Actor,
    db::{Private, Result, Sealed, Tx, dialect},
    entrustments,
    events::{Audience, covering, store as log},
    kernel::{Code as _, Id, Moment, Problem, Target, text},
    organization::{self, Center},
};

/// Departments are charged with a ticket.
pub struct Assigned {
    /// The department that answers for it.
    pub lead: Id,
    /// Those that assist.
    pub assisting: Vec<Id>,
    /// Until when.
    pub due_at: Moment,
}

/// The sheets are issued.
pub fn assign(tx: &mut Tx, actor: &Actor, id: Id, to: Assigned) -> Result<Opened> {
    pass(tx, actor, id, Action::Assign, |tx, loaded| {
        for department in to.assisting.iter().chain([&to.lead]) {
            charge(loaded, *department);
        }
        store::set_departments(tx, id, &loaded.departments)?;
        loaded.row.lead_department_id = Some(to.lead);
        loaded.row.due_at = to.due_at;
        let department = organization::department(tx, to.lead)?.map(|d| d.name).unwrap_or_default();
        Ok(Told::new("assigned", Audience::Applicant, json!({ "department": department, "due_at": to.due_at })))
    })
}

fn charge(loaded: &mut Opened, department: Id) {
    match loaded.departments.iter_mut().find(|d| d.department_id == department) {
        Some(known) => known.sees = true,
        None => loaded.departments.push(TicketDepartment { ticket_id: loaded.row.id, department_id: department, sees: true }),
    }
}

/// One more department has a sheet: it sees the ticket, whose state stays.
pub fn show_to(tx: &mut Tx, id: Id, department: Id) -> Result<()> {
    let mut loaded = load::load_locked(tx, id)?;
    charge(&mut loaded, department);
    store::set_departments(tx, id, &loaded.departments)?;
    load::place(tx, &loaded)
}

/// The lead department signs its sheet in.
pub fn sign_in(tx: &mut Tx, actor: &Actor, id: Id) -> Result<Opened> {
    pass(tx, actor, id, Action::SignIn, |tx, loaded| {
        let department = lead_name(tx, loaded)?;
        Ok(Told::new("signed_in", Audience::Applicant, json!({ "department": department })))
    })
}

fn lead_name(tx: &mut Tx, loaded: &Opened) -> Result<String> {
    let lead = loaded.row.lead_department_id.map(|id| organization::department(tx, id)).transpose()?.flatten();
    Ok(lead.map(|d| d.name).unwrap_or_default())
}

/// The lead department hands its sheet back: the ticket is to be charged anew, and so many assist no longer.
pub fn return_(tx: &mut Tx, actor: &Actor, id: Id, reason: &str, assisting: usize) -> Result<Opened> {
    pass(tx, actor, id, Action::Return, |tx, loaded| {
        loaded.row.returns += 1;
        let department = lead_name(tx, loaded)?;
        loaded.row.lead_department_id = None;
        let params = json!({ "department": department, "returns": loaded.row.returns, "assisting": assisting });
        Ok(Told::new("returned", Audience::Staff, params).saying(reason))
    })
}

/// The lead department has answered; the applicant reads what.
pub fn reply(tx: &mut Tx, actor: &Actor, id: Id, outcome: &str) -> Result<Opened> {
    pass(tx, actor, id, Action::Reply, |tx, loaded| {
        let department = lead_name(tx, loaded)?;
        loaded.details.outcome = Some(noted(tx, actor, outcome));
        Ok(Told::new("replied", Audience::Applicant, json!({ "department": department })).saying(outcome))
    })
}

/// The center sends the answer back.
pub fn send_back(tx: &mut Tx, actor: &Actor, id: Id, reason: &str, due_at: Moment) -> Result<Opened> {
    pass(tx, actor, id, Action::SendBack, |tx, loaded| {
        let department = lead_name(tx, loaded)?;
        loaded.details.outcome = None;
        loaded.row.due_at = due_at;
        Ok(Told::new("sent_back", Audience::Staff, json!({ "department": department })).saying(reason))
    })
}

/// The center has checked the answer: the callers are asked.
pub fn ask_feedback(tx: &mut Tx, actor: &Actor, id: Id) -> Result<Opened> {
    pass(tx, actor, id, Action::AskFeedback, |tx, loaded| {
        loaded.details.asked_at = Some(tx.now);
        Ok(Told::new("feedback_asked", Audience::Applicant, json!({ "callers": loaded.asking().count() })))
    })
}

/// The limit of the lead sheet has moved.
pub fn move_due(tx: &mut Tx, actor: &Actor, id: Id, due_at: Moment) -> Result<()> {
    let mut loaded = load::load_locked(tx, id)?;
    if matches!(loaded.row.state, State::Assigned | State::SignedIn) && loaded.row.due_at != due_at {
        loaded.row.due_at = due_at;
        load::save(tx, actor, &mut loaded, Told::new("due_moved", Audience::Applicant, json!({ "due_at": due_at })))?;
    }
    Ok(())
}

/// Collected for the government's monthly batch.
pub fn batch(tx: &mut Tx, actor: &Actor, target: &Target, batch: Id) -> Result<Opened> {
    let id = load::by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?.id;
    let loaded = pass(tx, actor, id, Action::Batch, |_, loaded| {
        target.check(loaded.row.version)?;
        loaded.row.batch_id = Some(batch);
        Ok(Told::new("batched", Audience::Applicant, json!({})))
    })?;
    Ok(loaded)
}

/// Taken out of the batch before it is submitted.
pub fn unbatch(tx: &mut Tx, actor: &Actor, id: Id) -> Result<Opened> {
    pass(tx, actor, id, Action::Unbatch, |_, loaded| {
        loaded.row.batch_id = None;
        Ok(Told::new("unbatched", Audience::Staff, json!({})))
    })
}

/// The batch is submitted to the government.
pub fn submit(tx: &mut Tx, actor: &Actor, id: Id) -> Result<Opened> {
    pass(tx, actor, id, Action::Submit, |_, _| Ok(Told::new("submitted", Audience::Applicant, json!({}))))
}

/// What the government decided about one ticket of a batch.
pub struct BatchDecision {
    /// In words.
    pub words: String,
    /// Number of the document.
    pub document_no: Option<String>,
    /// When it decided.
    pub at: Moment,
}

/// The government has decided.
pub fn decide(tx: &mut Tx, actor: &Actor, id: Id, decision: BatchDecision) -> Result<Opened> {
    pass(tx, actor, id, Action::Decide, |_, loaded| {
        loaded.row.decided = true;
        let BatchDecision { words, document_no, at } = decision;
        let told = Told::new("decided", Audience::Applicant, json!({ "document_no": document_no })).saying(&words);
        loaded.details.decision = Some(Decision { words, document_no, at });
        Ok(told)
    })
}

/// A return visit to one caller.
pub struct Visit {
    /// Which caller.
    pub caller: Id,
    /// What they said.
    pub outcome: ContactOutcome,
    /// How they were asked.
    pub way: FeedbackWay,
    /// When.
    pub at: Moment,
    /// In words.
    pub words: String,
    /// Number of the recording.
    pub evidence: String,
}

impl Visit {
    fn contact(self, actor: &Actor) -> Contact {
        let words = ContactWords { words: self.words, evidence: self.evidence, signature: None };
        let staff = actor.id.filter(|_| actor.kind == "user");
        Contact { caller: self.caller, purpose: ContactPurpose::ReturnVisit, outcome: self.outcome, way: self.way, staff, at: self.at, words }
    }
}

/// Records a return visit that changes nothing: satisfied, or nobody reached.
pub fn record_visit(tx: &mut Tx, actor: &Actor, id: Id, visit: Visit) -> Result<Opened> {
    let mut loaded = load::load_locked(tx, id)?;
    let params = json!({ "outcome": visit.outcome.label() });
    contacted(tx, &mut loaded, visit.contact(actor))?;
    load::save(tx, actor, &mut loaded, Told::new("visited", Audience::Staff, params))?;
    Ok(loaded)
}

/// A return visit finds the applicant dissatisfied: what was cleared is opened again.
pub fn reopen_after_visit(tx: &mut Tx, actor: &Actor, id: Id, visit: Visit) -> Result<Opened> {
    let words = visit.words.clone();
    pass(tx, actor, id, Action::ReopenAfterVisit, |tx, loaded| {
        contacted(tx, loaded, Visit { outcome: ContactOutcome::Dissatisfied, ..visit }.contact(actor))?;
        let raised = asking::dissatisfied(tx, loaded, RoundEnd::ReturnVisit);
        Ok(Told::new("reopened_after_visit", Audience::Applicant, json!({ "round": loaded.row.round, "reform_office": raised })).saying(&words))
    })
}

/// What a ticket says, and whose names and telephones must not be read in a case drawn from it.
pub struct TicketWords {
    /// In a few words.
    pub title: String,
    /// 基本情况 and 诉求.
    pub situation: String,
    /// What the applicant asked for.
    pub request: String,
    /// What was done, oldest first: settlements, coordination, decision, answers.
    pub handling: Vec<String>,
    /// What came of it last.
    pub result: String,
    /// Names of those who asked, and of their records.
    pub names: Vec<String>,
    /// Their telephones.
    pub phones: Vec<String>,
    /// Numbers that identify them.
    pub numbers: Vec<String>,
}

/// The words of a ticket, for a case that is drawn from it.
pub fn words_of(tx: &mut Tx, id: Id) -> Result<TicketWords> {
    let loaded = load::load_locked(tx, id)?;
    let (mut names, mut phones, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for c in &loaded.callers {
        names.push(c.name.open(tx.vault)?);
        phones.push(c.phone.open(tx.vault)?);
        if let Some(row) = c.applicant_id.map(|id| applicants::store::applicant(tx, id)).transpose()?.flatten() {
            let shown = applicants::show(tx, &row, crate::access::Sight::CLEAR)?;
            names.push(shown.name);
            numbers.push(shown.id_number);
        }
    }
    let d = loaded.details;
    let mut handling: Vec<String> = Vec::new();
    for round in &d.rounds {
        handling.extend(round.coordination.iter().filter_map(|c| c.outcome.clone()));
        handling.extend([&round.settlement, &round.outcome].into_iter().flatten().map(|n| n.words.clone()));
    }
    handling.extend(d.coordination.and_then(|c| c.outcome));
    handling.extend(d.decision.map(|x| x.words));
    let last = d.outcome.or(d.settlement).map(|n| n.words).unwrap_or_default();
    Ok(TicketWords { title: d.title, situation: d.situation, request: d.request, handling, result: last, names, phones, numbers })
}

/// A case was drawn from it.
pub fn mark_precedent(tx: &mut Tx, actor: &Actor, id: Id, precedent: Id, number: &str) -> Result<Opened> {
    let mut loaded = load::load_locked(tx, id)?;
    loaded.row.precedent_id = Some(precedent);
    load::save(tx, actor, &mut loaded, Told::new("precedent_drawn", Audience::Staff, json!({ "number": number })))?;
    Ok(loaded)
}

/// No unit is competent for a matter: its difficulty goes on the register of the center where that was found (DOMAIN §5).
pub fn on_no_unit(tx: &mut Tx, actor: &Actor, matter: &entrustments::Loaded, decider: &Center, arbitration: (Id, &str), reason: &str) -> Result<(Id, String)> {
    let e = &matter.e;
    let contact = ContactInput { name: e.contact_name.open(tx.vault)?, phone: e.contact_phone.open(tx.vault)? };
    let content = TicketContent {
        title: format!("{}：无主管单位", e.title).chars().take(100).collect(),
        situation: reason.to_owned(),
        request: matter.details.request.clone(),
        consultation: None,
        category: TicketCategory::NoLeadUnit,
        urgent: false,
        item: None,
        departments: Vec::new(),
        handler_id: None,
    };
    let origin = TicketOrigin { id: arbitration.0, number: arbitration.1.to_owned() };
    let entry =
        Entry { applicant: Some(e.applicant_id), contact: &contact, confidential: false, first_responder: e.first_responder_id, matter: Some(e.clone()) };
    let ticket = enter(tx, actor, decider, &content, TicketChannel::OtherWindow, entry, None, Some(origin), None)?;
    Ok((ticket.row.id, ticket.row.number))
}

/// Who calls a hotline, and under which number it came.
pub struct FromOrder<'a> {
    /// Their record, where their identity is known.
    pub applicant: Option<Id>,
    /// Whom to call.
    pub contact: &'a ContactInput,
    /// Shown to nobody else.
    pub confidential: bool,
    /// Who met them first.
    pub first_responder: Option<Id>,
    /// Whose number, and which.
    pub source: (Id, String),
}

/// A hotline's order opens a ticket: who may was asked of the order.
pub fn open_from_order(tx: &mut Tx, actor: &Actor, center: &Center, content: &TicketContent, from: FromOrder) -> Result<Opened> {
    let FromOrder { applicant, contact, confidential, first_responder, source } = from;
    let entry = Entry { applicant, contact, confidential, first_responder, matter: None };
    enter(tx, actor, center, content, TicketChannel::Hotline, entry, Some(source), None, None)
}

/// A hotline's return visit says what a caller thinks of it while they are asked: a satisfied word, with its recording, is
/// the feedback that clears (DOMAIN §8). Answers the ticket as it is then.
pub fn hear_hotline(tx: &mut Tx, actor: &Actor, origin: Id, visit: Visit) -> Result<Opened> {
    asking::hear_visit(tx, actor, origin, visit)
}

/// Who registered a ticket is confidential from now on: it forgets them, and calls whom it is told to call. `over` says how what
/// was written stands without them. Answers the tickets that it reached.
pub fn withhold(tx: &mut Tx, actor: &Actor, origin: Id, instead: &ContactInput, over: &dyn Fn(&str) -> String) -> Result<Vec<Id>> {
    let callers = store::callers_of_origin(tx, origin)?;
    // A ticket that was merged, and the one that goes on for it.
    let mut ids: Vec<Id> = callers.iter().map(|c| c.ticket_id).chain([origin]).collect();
    ids.sort();
    ids.dedup();
    for id in &ids {
        dialect::lock_root(tx.conn, "fallback_tickets", id.as_str())?;
    }
    for caller in callers {
        let row = TicketCaller {
            applicant_id: None,
            name: Sealed::seal(tx.vault, &instead.name)?,
            phone: Sealed::seal(tx.vault, &instead.phone)?,
            phone_mark: applicants::phone_mark(tx, &instead.phone),
            name_mark: applicants::name_mark(tx, &text::fold(&instead.name)),
            confidential: true,
            ..caller
        };
        store::save_caller(tx, &row)?;
    }
    for id in &ids {
        let mut loaded = load::load_locked(tx, *id)?;
        loaded.details = covering::recast(&loaded.details, over)?;
        for contact in loaded.contacts.clone() {
            let said = covering::recast(&contact.words.open(tx.vault)?, over)?;
            store::save_contact(tx, &TicketContact { words: Private::seal(tx.vault, &said)?, ..contact })?;
        }
        log::reword(tx, *id, over)?;
        load::correct(tx, actor, &mut loaded, Told::new("caller_withheld", Audience::Staff, json!({})))?;
    }
    Ok(ids)
}
