//! A return visit as it is answered.

use serde::Serialize;

use super::{
    about::About,
    machine::{ReturnVisitReason, ReturnVisitState},
    narrative,
    service::load_seen,
    store::{self, ReturnVisit},
};
use crate::{
    access::{self, Sight},
    auth::Actor,
    db::{Result, Tx},
    entrustments::{self, Entrustment, TimelineEntry},
    events::{Audience, store as log},
    kernel::{Code as _, Id, ListQuery, Moment, Page},
    organization::{self, CenterBrief},
    tickets::{self, FeedbackWay, Ticket, TicketCaller},
};

/// A return visit as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReturnVisitView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "HF-320623-20260105-000001-101")]
    pub number: String,
    /// State.
    pub state: ReturnVisitState,
    /// In Chinese.
    pub state_label: String,
    /// Why.
    pub reason: ReturnVisitReason,
    /// In Chinese.
    pub reason_label: String,
    /// About which ticket; absent where it is about a matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<Id>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_number: Option<String>,
    /// About which matter; absent where it is about a ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_number: Option<String>,
    /// In a few words, or the item of the matter; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// About which round of it.
    pub round: i32,
    /// The center of the ticket, or of the matter.
    pub center: CenterBrief,
    /// Which caller of the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<Id>,
    /// Whom to call; masked in lists, and where the view is; absent where they are confidential and not this caller's to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their telephone; as the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What to ask about, or why nobody is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Attempts in vain.
    pub attempts: i32,
    /// How they were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way: Option<FeedbackWay>,
    /// 响应.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responded: Option<bool>,
    /// 解决.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<bool>,
    /// 满意.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<bool>,
    /// What they said; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Number of the recording or of the sheet; as the words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Visit until.
    pub due_at: Moment,
    /// When they were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visited_at: Option<Moment>,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When planned.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ReturnVisitView, "return_visit");

/// What a visit is about: a ticket and which of its callers is visited, or a matter.
#[derive(Clone, Copy)]
enum Of<'a> {
    Ticket(&'a Ticket, Option<&'a TicketCaller>),
    Matter(&'a Entrustment),
}

fn render(tx: &Tx, actor: &Actor, row: ReturnVisit, (of, center): (Of, CenterBrief), sight: Sight, clear: bool) -> Result<ReturnVisitView> {
    let d = row.details.open(tx.vault)?;
    let words = |text: String| Some(text).filter(|t| sight.words && !t.is_empty());
    let whom = match of {
        // A confidential caller is unmasked at the ticket, audited.
        Of::Ticket(_, caller) => caller.filter(|c| !c.confidential || !sight.masked).map(|c| (&c.name, &c.phone, c.confidential)),
        Of::Matter(e) => Some((&e.contact_name, &e.contact_phone, false)),
    };
    let (mut name, mut phone) = (None, None);
    if let Some((full, number, confidential)) = whom {
        let (full, number) = (full.open(tx.vault)?, number.open(tx.vault)?);
        let clear = clear && !confidential;
        name = Some(if clear { full } else { tx.masking.name(&full) });
        phone = Some(if clear { number } else { tx.masking.phone(&number) });
    }
    Ok(ReturnVisitView {
        id: row.id,
        number: row.number,
        state: row.state,
        state_label: row.state.label().into(),
        reason: row.reason,
        reason_label: row.reason.label().into(),
        ticket_id: row.ticket_id,
        ticket_number: if let Of::Ticket(ticket, _) = of { Some(ticket.number.clone()) } else { None },
        entrustment_id: row.entrustment_id,
        entrustment_number: if let Of::Matter(e) = of { Some(e.number.clone()) } else { None },
        title: match of {
            Of::Ticket(ticket, _) if sight.words => Some(tickets::title_of(tx, actor, ticket)?),
            Of::Ticket(..) => None,
            Of::Matter(e) => Some(e.title.clone()),
        },
        round: row.round,
        center,
        caller_id: row.caller_id,
        name,
        phone,
        note: words(d.note),
        attempts: row.attempts,
        way: d.way,
        responded: d.responded,
        resolved: d.resolved,
        satisfied: d.satisfied,
        words: words(d.words),
        evidence: words(d.evidence),
        due_at: row.due_at,
        visited_at: row.visited_at,
        allowed_actions: None,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// One visit after a change.
pub fn view(tx: &mut Tx, actor: &Actor, id: Id) -> Result<ReturnVisitView> {
    fetch(tx, actor, id.as_str())
}

/// By id or number.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ReturnVisitView> {
    let loaded = load_seen(tx, actor, reference)?;
    let allowed = loaded.allowed(actor);
    let center = organization::brief(tx, loaded.row.center_id)?;
    let clear = !loaded.sight.masked;
    let of = match &loaded.about {
        About::Ticket(ticket) => Of::Ticket(&ticket.row, loaded.about.caller(&loaded.row)),
        About::Matter(matter) => Of::Matter(&matter.e),
    };
    let shown = render(tx, actor, loaded.row.clone(), (of, center), loaded.sight, clear)?;
    Ok(ReturnVisitView { allowed_actions: Some(allowed), ..shown })
}

/// The visits that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ReturnVisitView>> {
    let (due, about, of_matters) = (q.all("due"), q.ids("ticket_id"), q.ids("entrustment_id"));
    let asked = |wanted: &[Id], id: Option<Id>| wanted.is_empty() || id.is_some_and(|id| wanted.contains(&id));
    let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> {
        let (now, today) = (tx.now, tx.now.local_date());
        let span = |row: &ReturnVisit| match row.due_at.local_date() {
            _ if row.state != ReturnVisitState::Planned => "ended",
            _ if row.due_at <= now => "overdue",
            day if day == today => "today",
            _ => "later",
        };
        let rows = store::visits_by_id(tx, ids)?;
        let kept = rows
            .iter()
            .filter(|row| (due.is_empty() || due.iter().any(|d| d == span(row))) && asked(&about, row.ticket_id) && asked(&of_matters, row.entrustment_id));
        Ok(kept.map(|row| row.id).collect())
    };
    let load = store::visits_by_id;
    let page = if due.is_empty() && about.is_empty() && of_matters.is_empty() {
        access::listed::<ReturnVisitState, _>(tx, actor, "return_visit", q, load, |row: &ReturnVisit| row.id)?
    } else {
        let sieve = access::Sieve { by: None, keep: &keep };
        access::sifted::<ReturnVisitState, _>(tx, actor, "return_visit", q, sieve, load, |row: &ReturnVisit| row.id)?
    };
    let ids = |of: fn(&ReturnVisit) -> Option<Id>| page.items.iter().filter_map(|(row, _)| of(row)).collect::<Vec<_>>();
    let (of_tickets, of_matters, of_centers) = (ids(|r| r.ticket_id), ids(|r| r.entrustment_id), ids(|r| Some(r.center_id)));
    let matters = entrustments::store::entrustments_by_id(tx, &of_matters)?;
    let rows = tickets::store::tickets_by_id(tx, &of_tickets)?;
    let callers = tickets::store::callers_of(tx, &of_tickets)?;
    let centers = organization::briefs(tx, &of_centers)?;
    page.try_map(|(row, sight)| {
        let gone = || crate::db::Error::Corrupt("a visit without what it is about".into());
        let ticket = rows.iter().find(|t| Some(t.id) == row.ticket_id);
        let matter = matters.iter().find(|e| Some(e.id) == row.entrustment_id);
        let center = centers.iter().find(|c| c.id == row.center_id).cloned().ok_or_else(gone)?;
        let caller = callers.iter().find(|c| Some(c.id) == row.caller_id);
        let of = ticket.map(|t| Of::Ticket(t, caller)).or_else(|| matter.map(Of::Matter)).ok_or_else(gone)?;
        render(tx, actor, row, (of, center), sight, false)
    })
}

/// What became of a visit, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let loaded = load_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let limit = i64::try_from(q.limit + 1).unwrap_or(201);
    let mut rows = Vec::new();
    for event in log::timeline(tx, loaded.row.id, Audience::ALL, after, limit)? {
        let text = narrative::tell(&event.kind, &event.params.get()?);
        rows.push(TimelineEntry { id: event.id, kind: event.kind, text, words: None, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |t: &TimelineEntry| q.cursor_of(String::new(), t.id.to_string())))
}
