//! What a ticket gives to the precedent drawn from it: its words, and whom these must not name.

use super::model::PrecedentContent;
use crate::{
    access::Sight,
    applicants,
    db::{Result, Tx},
    deidentify::{Known, KnownPerson, clean},
    entrustments,
    kernel::Id,
    organization, tickets,
};

const CALLER: &str = "申请人";
const STAFF: &str = "工作人员";

/// Everybody whom a ticket names: those who asked, also before they were merged into it, and the staff.
pub fn known(tx: &mut Tx, ticket: Option<Id>) -> Result<Known> {
    let mut known = Known::default();
    let Some(ticket) = ticket.map(|id| tickets::store::ticket(tx, id)).transpose()?.flatten() else { return Ok(known) };
    let mut callers = tickets::store::callers(tx, ticket.id)?;
    callers.extend(tickets::store::callers_of_origin(tx, ticket.id)?);
    let mut applicants: Vec<Id> = callers.iter().filter_map(|c| c.applicant_id).collect();
    let mut contacts: Vec<(String, String)> = Vec::new();
    for c in &callers {
        contacts.push((c.name.open(tx.vault)?, c.phone.open(tx.vault)?));
    }
    if let Some(matter) = ticket.entrustment_id.map(|id| entrustments::store::entrustment(tx, id)).transpose()?.flatten() {
        applicants.push(matter.applicant_id);
        contacts.push((matter.contact_name.open(tx.vault)?, matter.contact_phone.open(tx.vault)?));
    }
    for (name, phone) in contacts {
        known.persons.push(KnownPerson { name, stands_for: CALLER });
        known.numbers.push(phone);
    }
    applicants.sort();
    applicants.dedup();
    for id in applicants {
        let Some(row) = applicants::store::applicant(tx, id)? else { continue };
        let shown = applicants::show(tx, &row, Sight::CLEAR)?;
        known.numbers.push(shown.id_number);
        if row.person_name.is_some() {
            known.persons.push(KnownPerson { name: shown.name, stands_for: CALLER });
        } else {
            known.organizations.push(shown.name);
        }
        for former in row.former_names.map(|f| f.open(tx.vault)).transpose()?.unwrap_or_default() {
            known.persons.push(KnownPerson { name: former.name, stands_for: CALLER });
        }
    }
    let mut staff: Vec<Id> = ticket.handler_id.into_iter().chain(ticket.first_responder_id).collect();
    staff.extend(tickets::store::contacts(tx, ticket.id)?.into_iter().filter_map(|c| c.staff_id));
    let names = organization::names_of(tx, &staff)?.into_iter();
    known.persons.extend(names.map(|(_, name)| KnownPerson { name, stands_for: STAFF }));
    Ok(known)
}

/// What is not told yet, for whoever writes on.
pub const OPEN: &str = "（待补充）";

/// A draft in the ticket's words, without those whom they name.
pub fn content(tx: &mut Tx, ticket: &tickets::Opened) -> Result<PrecedentContent> {
    let known = known(tx, Some(ticket.row.id))?;
    let words = tickets::words_of(tx, ticket.row.id)?;
    let all = [&words.title, &words.situation, &words.request, &words.result].into_iter().chain(&words.handling);
    let known = known.hearing(all.map(String::as_str));
    let say = |text: &str, most: usize| {
        let text: String = clean(text, &known).0.chars().take(most).collect();
        if text.chars().count() < 2 { OPEN.to_owned() } else { text }
    };
    let ids: Vec<Id> = ticket.departments.iter().map(|d| d.department_id).collect();
    let departments = organization::store::departments_by_id(tx, &ids)?.into_iter().map(|d| d.name).take(10).collect();
    let items = ticket.row.item_id.map(|id| crate::catalogue::published(tx, id.as_str())).transpose()?.flatten();
    Ok(PrecedentContent {
        title: say(&words.title, 100),
        category: ticket.row.category,
        tier: ticket.row.tier,
        problem: say(&format!("{}\n诉求：{}", words.situation, words.request), 5000),
        cause: String::new(),
        handling: say(&words.handling.join("\n"), 5000),
        result: say(&words.result, 3000),
        basis: Vec::new(),
        advice: OPEN.to_owned(),
        keywords: Vec::new(),
        items: items.into_iter().map(|item| item.id.to_string()).collect(),
        departments,
    })
}
