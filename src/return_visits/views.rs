//! A return visit as it is answered.

use serde::Serialize;

use super::{
    machine::{ReturnVisitReason, ReturnVisitState},
    narrative,
    service::load_seen,
    store::{self, ReturnVisit},
};
use crate::{
    access::{self, Sight},
    auth::Actor,
    db::{Result, Tx},
    entrustments::TimelineEntry,
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
    /// About which ticket.
    pub ticket_id: Id,
    /// Its number.
    pub ticket_number: String,
    /// In a few words; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// About which round of it.
    pub round: i32,
    /// The center of the ticket.
    pub center: CenterBrief,
    /// Which caller.
    pub caller_id: Id,
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

/// Its ticket, which of its callers is visited, and the center.
type Of<'a> = (&'a Ticket, Option<&'a TicketCaller>, CenterBrief);

fn render(tx: &Tx, actor: &Actor, row: ReturnVisit, (ticket, caller, center): Of, sight: Sight, clear: bool) -> Result<ReturnVisitView> {
    let d = row.details.open(tx.vault)?;
    let words = |text: String| Some(text).filter(|t| sight.words && !t.is_empty());
    // A confidential caller is unmasked at the ticket, audited.
    let known = caller.filter(|c| !c.confidential || !sight.masked);
    let (mut name, mut phone) = (None, None);
    if let Some(c) = known {
        let (full, number) = (c.name.open(tx.vault)?, c.phone.open(tx.vault)?);
        let clear = clear && !c.confidential;
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
        ticket_number: ticket.number.clone(),
        title: if sight.words { Some(tickets::title_of(tx, actor, ticket)?) } else { None },
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
    let shown = render(tx, actor, loaded.row.clone(), (&loaded.ticket.row, loaded.caller(), center), loaded.sight, clear)?;
    Ok(ReturnVisitView { allowed_actions: Some(allowed), ..shown })
}

/// The visits that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<ReturnVisitView>> {
    let (due, about) = (q.all("due"), q.ids("ticket_id"));
    let keep = |tx: &mut Tx, ids: &[Id]| -> Result<Vec<Id>> {
        let (now, today) = (tx.now, tx.now.local_date());
        let span = |row: &ReturnVisit| match row.due_at.local_date() {
            _ if row.state != ReturnVisitState::Planned => "ended",
            _ if row.due_at <= now => "overdue",
            day if day == today => "today",
            _ => "later",
        };
        let rows = store::visits_by_id(tx, ids)?;
        let kept = rows.iter().filter(|row| (due.is_empty() || due.iter().any(|d| d == span(row))) && (about.is_empty() || about.contains(&row.ticket_id)));
        Ok(kept.map(|row| row.id).collect())
    };
    let load = store::visits_by_id;
    let page = if due.is_empty() && about.is_empty() {
        access::listed::<ReturnVisitState, _>(tx, actor, "return_visit", q, load, |row: &ReturnVisit| row.id)?
    } else {
        let sieve = access::Sieve { by: None, keep: &keep };
        access::sifted::<ReturnVisitState, _>(tx, actor, "return_visit", q, sieve, load, |row: &ReturnVisit| row.id)?
    };
    let ids = |of: fn(&ReturnVisit) -> Id| page.items.iter().map(|(row, _)| of(row)).collect::<Vec<_>>();
    let (of_tickets, of_centers) = (ids(|r| r.ticket_id), ids(|r| r.center_id));
    let rows = tickets::store::tickets_by_id(tx, &of_tickets)?;
    let callers = tickets::store::callers_of(tx, &of_tickets)?;
    let centers = organization::briefs(tx, &of_centers)?;
    page.try_map(|(row, sight)| {
        let gone = || crate::db::Error::Corrupt("a visit without its ticket".into());
        let ticket = rows.iter().find(|t| t.id == row.ticket_id).ok_or_else(gone)?;
        let center = centers.iter().find(|c| c.id == row.center_id).cloned().ok_or_else(gone)?;
        let caller = callers.iter().find(|c| c.id == row.caller_id);
        render(tx, actor, row, (ticket, caller, center), sight, false)
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
