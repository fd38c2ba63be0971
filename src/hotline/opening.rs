//! What an order opens: a consultation, a matter or a ticket, in the order's own transaction; and how what it opened stands.

use serde_json::json;

use super::{
    classify::{self, Verdict},
    input::OpenInput,
    load::{self, Loaded, Told},
    machine::OrderAction as Action,
    mapping,
    model::OpenedKind,
    store::{self, Link},
    withheld,
};
use crate::{
    applicants::{self, ApplicantInput, ApplicantKind, ApplicantRow, ContactInput, IdType},
    auth::Actor,
    catalogue::Mode,
    consultations::{self, Consultation, ConsultationChannel, NewConsultation, machine::ConsultationState},
    db::{Error, Result, Tx},
    entrustments::{self, ClosedMatter},
    kernel::{Code as _, Id, Problem, Target, citizen_id, credit_code, phone},
    organization,
    tickets::{self, FromOrder, Opened, Ticket, TicketCategory, machine::TicketState},
};

/// How a record that was opened stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which link.
    pub link: Id,
    /// Its state's code.
    pub state: String,
    /// In Chinese.
    pub label: String,
    /// It has not ended; of a ticket, it is not cleared.
    pub open: bool,
    /// A ticket that waits for its caller's word.
    pub asks: bool,
    /// The center that has it.
    pub center_id: Id,
}

/// How several records stand, a question per kind.
pub fn states(tx: &mut Tx, links: &[Link]) -> Result<Vec<Standing>> {
    let of = |kind: OpenedKind| links.iter().filter(|l| l.kind == kind).map(|l| l.record_id).collect::<Vec<_>>();
    let mut all = Vec::with_capacity(links.len());
    let link_of = |id: Id| links.iter().find(|l| l.record_id == id).map_or(id, |l| l.id);
    for row in tickets::store::tickets_by_id(tx, &of(OpenedKind::FallbackTicket))? {
        // A ticket that was merged goes on as another.
        let mut at = row.clone();
        while let Some(into) = at.merged_into_id {
            at = tickets::store::ticket(tx, into)?.ok_or_else(|| Error::Corrupt("merged into nothing".into()))?;
        }
        let open = !matches!(at.state, TicketState::Cleared | TicketState::Withdrawn | TicketState::Inadmissible);
        all.push(Standing {
            link: link_of(row.id),
            state: at.state.code().into(),
            label: at.state.label().into(),
            open,
            asks: at.state == TicketState::AwaitingFeedback,
            center_id: at.center_id,
        });
    }
    for row in entrustments::store::entrustments_by_id(tx, &of(OpenedKind::Entrustment))? {
        all.push(Standing {
            link: link_of(row.id),
            state: row.state.code().into(),
            label: row.state.label().into(),
            open: !row.state.is_final(),
            asks: false,
            center_id: row.custodian_id,
        });
    }
    for row in consultations::store::consultations_by_id(tx, &of(OpenedKind::Consultation))? {
        all.push(Standing {
            link: link_of(row.id),
            state: row.state.code().into(),
            label: row.state.label().into(),
            // Through the hotline it is told to the caller with the order's reply.
            open: row.state == ConsultationState::Open,
            asks: false,
            center_id: row.center_id,
        });
    }
    Ok(all)
}

/// Opens a record by hand.
pub fn open(tx: &mut Tx, actor: &Actor, target: &Target, input: &OpenInput) -> Result<Loaded> {
    load::change(tx, actor, target, Action::Open, |tx, loaded| {
        let link = make(tx, actor, loaded, input)?;
        Ok(told(&link, "人工开件"))
    })
}

fn told(link: &Link, why: &str) -> Told {
    Told::new("opened", json!({ "record_kind": link.kind, "record_id": link.record_id, "record_number": link.record_number, "why": why })).public()
}

/// Opens what the rules say, when an order is signed in. What cannot be opened so is left to a person: it holds up nothing.
pub fn by_rules(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded) -> Result<Option<Told>> {
    let (_, codes) = mapping::in_force(tx, loaded.row.client_id)?;
    let verdict = verdict(loaded, &codes.rules);
    loaded.details.why.clone_from(&verdict.why);
    let Some(kind) = verdict.open else { return Ok(None) };
    if loaded.links.iter().any(|l| l.kind == kind) {
        return Ok(None);
    }
    let input = OpenInput { kind, ticket_category: verdict.ticket_category, item: verdict.item, mode: verdict.mode, applicant: None, title: None };
    match tx.savepoint(|tx| make(tx, actor, loaded, &input)) {
        Ok(link) => Ok(Some(told(&link, &verdict.why))),
        Err(Error::Refused(problem)) => {
            loaded.details.why = format!("{}；未能自动开件：{}", verdict.why, problem.detail.zh);
            loaded.links = store::links(tx, loaded.row.id)?;
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// What the rules say of an order.
pub fn verdict(loaded: &Loaded, rules: &[classify::Rule]) -> Verdict {
    let d = &loaded.details;
    let told = classify::Told {
        order_type: loaded.row.order_type,
        category: [&loaded.row.category, &d.raw.category],
        words: [&d.title, &d.content],
        service_code: loaded.row.service_code.as_deref(),
    };
    classify::classify(rules, &told)
}

fn make(tx: &mut Tx, actor: &Actor, loaded: &mut Loaded, input: &OpenInput) -> Result<Link> {
    let (id, number) = match input.kind {
        OpenedKind::FallbackTicket => ticket(tx, actor, loaded, input)?,
        OpenedKind::Entrustment => matter(tx, actor, loaded, input)?,
        OpenedKind::Consultation => consultation(tx, actor, loaded, input)?,
    };
    let link =
        Link { id: Id::new(), order_id: loaded.row.id, kind: input.kind, record_id: id, record_number: number, round: loaded.row.round, created_at: tx.now };
    store::insert_link(tx, &link)?;
    loaded.links.push(link.clone());
    loaded.facts.opened = true;
    Ok(link)
}

/// Whom to call: a caller who is withheld is reached through the order alone.
fn contact(loaded: &Loaded) -> ContactInput {
    let d = &loaded.details;
    if loaded.row.withheld() {
        return withheld::nobody();
    }
    let name = if d.name.trim().is_empty() { "匿名来电人".to_owned() } else { d.name.chars().take(40).collect() };
    let phone = if phone::check(&d.phone).is_ok() { d.phone.clone() } else { "12345".to_owned() };
    ContactInput { name, phone }
}

/// Who asks, where the identity is known.
fn applicant(tx: &mut Tx, loaded: &Loaded, given: Option<&ApplicantInput>) -> Result<Option<ApplicantRow>> {
    if let Some(input) = given {
        return applicants::find_or_enter(tx, input).map(Some);
    }
    let d = &loaded.details;
    // Whoever is withheld is named by a person, or by nobody.
    if loaded.row.withheld() {
        return Ok(None);
    }
    let number = d.id_number.trim().to_ascii_uppercase();
    let kind = if citizen_id::check(&number, tx.now.local_date()).is_ok() {
        Some((ApplicantKind::NaturalPerson, IdType::CitizenId))
    } else if credit_code::check(&number).is_ok() {
        Some((ApplicantKind::Enterprise, IdType::CreditCode))
    } else {
        None
    };
    let Some((kind, id_type)) = kind.filter(|_| !d.name.trim().is_empty()) else { return Ok(None) };
    let input = ApplicantInput { kind, name: d.name.clone(), id_type, id_number: number, division_code: None, address: None, flags: Vec::new() };
    applicants::find_or_enter(tx, &input).map(Some)
}

fn item_of(loaded: &Loaded, input: &OpenInput) -> Option<String> {
    input.item.clone().or_else(|| loaded.details.item.clone()).filter(|i| !i.trim().is_empty())
}

fn ticket(tx: &mut Tx, actor: &Actor, loaded: &Loaded, input: &OpenInput) -> Result<(Id, String)> {
    let d = &loaded.details;
    let cover = withheld::Cover::of(&loaded.row, d);
    let content = tickets::TicketContent {
        title: cover.over(&input.title.clone().unwrap_or_else(|| long_enough(&d.title, 100))),
        situation: cover.over(&asked(&d.content)),
        request: String::new(),
        category: input.ticket_category.unwrap_or(TicketCategory::Other),
        urgent: loaded.row.urgency != super::model::Urgency::Normal,
        item: item_of(loaded, input),
        consultation: None,
        departments: Vec::new(),
        handler_id: None,
    };
    let known = applicant(tx, loaded, input.applicant.as_ref())?.map(|a| a.id);
    let from = FromOrder {
        applicant: known,
        contact: &contact(loaded),
        confidential: loaded.row.withheld(),
        first_responder: loaded.row.first_responder_id,
        source: (loaded.row.source_by, format!("{}#{}", loaded.row.external_number, loaded.links.len() + 1)),
    };
    let opened: Opened = tickets::open_from_order(tx, actor, &loaded.center, &content, from)?;
    Ok((opened.row.id, opened.row.number))
}

/// What was said, as a record takes it.
pub(super) fn asked(content: &str) -> String {
    long_enough(content, 4000)
}

/// Titles of a ticket have two characters at least.
pub(super) fn long_enough(text: &str, most: usize) -> String {
    let cut: String = text.trim().chars().take(most).collect();
    if cut.chars().count() < 2 { format!("{cut}（热线工单）") } else { cut }
}

fn matter(tx: &mut Tx, actor: &Actor, loaded: &Loaded, input: &OpenInput) -> Result<(Id, String)> {
    let required = |zh, en| Problem::rule("/item", "required", zh, en);
    let item = item_of(loaded, input).ok_or_else(|| required("开帮办代办件须指明事项。", "A matter needs its item."))?;
    let who = applicant(tx, loaded, input.applicant.as_ref())?.ok_or_else(|| {
        let zh = match loaded.row.withheld() {
            true => "诉求人匿名或信息保密，工单不替其填写申请人；请经本人同意后人工填写申请人开件。",
            false => "工单没有诉求人的证件号码，请填写申请人后开件。",
        };
        Problem::rule("/applicant", "required", zh, "The caller's identity is not known, or withheld: name the applicant.")
    })?;
    let new = entrustments::NewEntrustment {
        item,
        mode: input.mode.unwrap_or(Mode::Assisted),
        channel: entrustments::Channel::Hotline,
        center: None,
        applicant: None,
        contact: contact(loaded),
        request: withheld::Cover::of(&loaded.row, &loaded.details).over(&asked(&loaded.details.content)).chars().take(2000).collect(),
        steps: Vec::new(),
        help: Vec::new(),
        materials: Vec::new(),
        window_id: None,
        signature: None,
        mandate_id: None,
    };
    let center = organization::load(tx, loaded.row.center_id)?;
    let made = entrustments::enter(tx, actor, &new, center, who, None)?;
    Ok((made.e.id, made.e.number))
}

fn consultation(tx: &mut Tx, actor: &Actor, loaded: &Loaded, input: &OpenInput) -> Result<(Id, String)> {
    let d = &loaded.details;
    let who = contact(loaded);
    let cover = withheld::Cover::of(&loaded.row, d);
    let reachable = !loaded.row.withheld() && phone::check(&d.phone).is_ok() && !d.name.trim().is_empty();
    let new = NewConsultation {
        center: Some(loaded.row.center_id.to_string()),
        window_id: None,
        channel: ConsultationChannel::Hotline,
        theme: None,
        subject: cover.over(&input.title.clone().unwrap_or_else(|| long_enough(&d.title, 100))),
        question: cover.over(&asked(&d.content)),
        items: item_of(loaded, input).into_iter().collect(),
        applicant: input.applicant.clone(),
        contact: reachable.then_some(who),
        confidential: loaded.row.withheld(),
        first_responder_id: loaded.row.first_responder_id,
        assignee_id: None,
        source: None,
        attachments: Vec::new(),
        answer: None,
        articles: Vec::new(),
    };
    let made = consultations::take_in(tx, actor, new)?;
    Ok((made.id, made.number))
}

/// A consultation that an order opened moves on.
pub fn on_consultation(tx: &mut Tx, actor: &Actor, row: &Consultation, step: consultations::Step) -> Result<()> {
    match (step, row.state) {
        (consultations::Step::Ended, _) => on_consultation_ended(tx, actor, row),
        (consultations::Step::Saved, ConsultationState::Open | ConsultationState::Answered) => {
            load::on_moved(tx, actor, OpenedKind::Consultation, row.id, row.state.code())
        }
        (consultations::Step::Saved, _) => Ok(()),
    }
}

/// It has ended; what it was turned into is the order's too.
fn on_consultation_ended(tx: &mut Tx, actor: &Actor, ended: &Consultation) -> Result<()> {
    let Some(link) = store::link_to(tx, ended.id)? else { return Ok(()) };
    for turned in consultations::store::turned(tx, &[ended.id])? {
        let kind = OpenedKind::parse(&turned.record_kind);
        if let Some(kind) = kind.filter(|_| store::link_to(tx, turned.record_id).is_ok_and(|l| l.is_none())) {
            let next = Link {
                id: Id::new(),
                order_id: link.order_id,
                kind,
                record_id: turned.record_id,
                record_number: turned.number,
                round: link.round,
                created_at: tx.now,
            };
            store::insert_link(tx, &next)?;
        }
    }
    load::on_record(tx, actor, OpenedKind::Consultation, ended.id, ended.state.code())
}

/// The tickets that were registered for somebody who asks here: itself, and those that were merged into it.
fn origins(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Id>> {
    let mut all: Vec<Id> = tickets::store::callers(tx, ticket.id)?.iter().map(|c| c.origin_id).chain([ticket.id]).collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// A ticket was cleared, or has ended otherwise.
pub fn on_ticket_ended(tx: &mut Tx, actor: &Actor, ticket: &Ticket) -> Result<()> {
    for id in origins(tx, ticket)? {
        load::on_record(tx, actor, OpenedKind::FallbackTicket, id, ticket.state.code())?;
    }
    Ok(())
}

/// A ticket was opened again.
pub fn on_ticket_moved(tx: &mut Tx, actor: &Actor, ticket: &Ticket) -> Result<()> {
    if matches!(ticket.state, TicketState::Cleared | TicketState::Withdrawn | TicketState::Merged | TicketState::Inadmissible) {
        return Ok(());
    }
    for id in origins(tx, ticket)? {
        load::on_moved(tx, actor, OpenedKind::FallbackTicket, id, ticket.state.code())?;
    }
    Ok(())
}

/// A matter has ended.
pub fn on_matter_closed(tx: &mut Tx, actor: &Actor, matter: &ClosedMatter) -> Result<()> {
    load::on_record(tx, actor, OpenedKind::Entrustment, matter.id, "closed")
}
