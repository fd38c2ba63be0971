//! Finding tickets: among what staff see, and by a caller who proves who they are.

use serde::Serialize;

use super::{
    links, load,
    machine::TicketState as State,
    narrative,
    store::{self, Ticket, TicketCaller},
    views::{self, TicketView, knows},
};
use crate::{
    access::{self, Sight},
    applicants,
    auth::{Actor, Scope, policy},
    db::{Db, Result, Tx},
    entrustments,
    events::{Audience, store as log},
    kernel::{Code as _, Id, Moment, Problem, phone, text},
    organization,
};

/// So many callers of one name or telephone are looked at.
const CANDIDATES: i64 = 500;
const MOST: usize = 50;

/// Tickets by number, by the telephone or the exact name of a caller, newest first. By what is personal only those are found
/// that are seen in clear, and a confidential caller only by who is shown them.
pub fn search(tx: &mut Tx, actor: &Actor, asked: &str) -> Result<Vec<TicketView>> {
    if !policy::may(actor, "fallback_ticket", "read") {
        return Ok(Vec::new());
    }
    let scope = Scope::of(actor, "fallback_ticket");
    let mut callers = Vec::new();
    if phone::check(asked).is_ok() {
        let mark = applicants::phone_mark(tx, asked);
        callers.extend(store::callers_by_phone(tx, &mark, CANDIDATES)?);
    }
    let mark = applicants::name_mark(tx, &text::fold(asked));
    callers.extend(store::callers_by_name(tx, &mark, CANDIDATES)?);
    let numbered = store::ticket_by_number(tx, &asked.to_ascii_uppercase())?;
    let mut ids: Vec<Id> = callers.iter().map(|c| c.ticket_id).collect();
    ids.sort();
    ids.dedup();
    let mut rows = store::tickets_by_id(tx, &ids)?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    ids.extend(numbered.iter().map(|t| t.id));
    let sights = access::sights(tx, &scope, &ids)?;
    let personal = |row: &Ticket, sight: Sight| {
        let shown = |c: &TicketCaller| {
            c.ticket_id == row.id && (!c.confidential || knows(actor, row) || (c.applicant_id.is_some() && c.applicant_id == actor.applicant_id))
        };
        !sight.masked && !sight.narrow && callers.iter().any(shown)
    };
    let by_person = rows.into_iter().filter(|row| numbered.as_ref().is_none_or(|n| n.id != row.id));
    let by_person = by_person.filter_map(|row| sights.get(&row.id).copied().filter(|sight| personal(&row, *sight)).map(|sight| (row, sight)));
    let by_person: Vec<(Ticket, Sight)> = by_person.collect();
    let mut found: Vec<(Ticket, Sight)> =
        numbered.and_then(|row| Some((sights.get(&row.id).copied()?, row))).map(|(sight, row)| (row, sight)).into_iter().collect();
    found.extend(by_person);
    found.truncate(MOST);
    views::listed(tx, actor, found)
}

/// What a caller without an account reads of what they registered: nothing personal, and nothing of who else asks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TicketProgress {
    /// Number that they were given.
    pub number: String,
    /// What kind of difficulty, in Chinese.
    pub category_label: String,
    /// State: of the ticket under which it is handled, where it was merged.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Round of handling, from 1.
    pub round: i32,
    /// The center that answers for it.
    pub handled_by: String,
    /// Telephone of that center.
    pub phone: String,
    /// The department that has it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Next deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// While they are asked: the path of their single-use link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/api/v1/feedback-links/0193f2f4-7c00-7000-8000-000000000001.1.mark")]
    pub feedback_link: Option<String>,
    /// What happened in plain Chinese, oldest first.
    pub story: Vec<TicketStoryLine>,
}

/// One sentence of what happened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TicketStoryLine {
    /// In plain Chinese.
    pub text: String,
    /// When.
    pub at: Moment,
}

/// Public progress by the number that a caller was given and the last four digits of their phone, with the guards that
/// matters have.
pub async fn progress(db: &Db, number: String, last4: String) -> Result<TicketProgress> {
    entrustments::guarded(db, number, last4, |tx, number, last4| {
        let Some(origin) = store::ticket_by_number(tx, number)? else { return Ok(None) };
        for caller in store::callers_of_origin(tx, origin.id)? {
            if phone::last4(&caller.phone.open(tx.vault)?).is_some_and(|digits| digits == last4) {
                return told(tx, &origin, &caller).map(Some);
            }
        }
        Ok(None)
    })
    .await
}

fn told(tx: &mut Tx, origin: &Ticket, caller: &TicketCaller) -> Result<TicketProgress> {
    let loaded = load::load_behind(tx, caller.ticket_id)?;
    let row = &loaded.row;
    let department = row.lead_department_id.map(|id| organization::department(tx, id)).transpose()?.flatten().map(|d| d.name);
    let link = links::link_view(tx, caller, row.round)?.open.then(|| links::path(tx, caller.id, row.round));
    let mut events = log::timeline(tx, origin.id, &[Audience::Public, Audience::Applicant], None, 200)?;
    if row.id != origin.id {
        // What happened to the other ticket before is of those who asked there.
        let since = events.iter().rfind(|e| e.kind == "fallback_ticket.merged").map(|e| e.occurred_at).ok_or_else(Problem::not_found)?;
        events.extend(log::timeline(tx, row.id, &[Audience::Public, Audience::Applicant], None, 200)?.into_iter().filter(|e| e.occurred_at >= since));
    }
    let story = events.into_iter().map(|e| TicketStoryLine { text: narrative::tell(&e.kind, &e.params.get().unwrap_or_default()), at: e.occurred_at });
    Ok(TicketProgress {
        number: origin.number.clone(),
        category_label: origin.category.label().into(),
        state: row.state,
        state_label: row.state.label().into(),
        round: row.round,
        department,
        due_at: row.due_at.known(),
        feedback_link: link,
        story: story.collect(),
        handled_by: loaded.center.name,
        phone: loaded.center.phone,
    })
}
