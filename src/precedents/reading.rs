//! Lists of precedents: for everybody, for their writers and reviewers, and what fits a ticket.

use std::collections::HashSet;

use serde::Serialize;

use super::{
    machine::{PrecedentAction, PrecedentState},
    model::PrecedentContent,
    narrative, service,
    store::{self, Precedent, PrecedentFilter},
    views::{self, PrecedentBrief, PrecedentView, PublicPrecedent},
};
use crate::{
    access,
    auth::Actor,
    db::{Json, Result, Tx, dialect},
    events::{Audience, store as log},
    kernel::{Code, Id, ListQuery, Moment, Page, Problem, text},
    tickets,
};

fn codes<C: Code>(q: &ListQuery, name: &str) -> Vec<C> {
    q.all(name).iter().filter_map(|v| C::parse(v)).collect()
}

/// What everybody may read.
pub fn browse(tx: &mut Tx, q: &ListQuery) -> Result<Page<PrecedentBrief>> {
    let mut filter = PrecedentFilter {
        categories: codes(q, "category"),
        tiers: codes(q, "tier"),
        divisions: q.all("division_code"),
        items: q.all("item_id"),
        departments: q.all("department"),
        ids: None,
        after: q.cursor.as_ref().and_then(|c| c.id.parse().ok()),
        ascending: !q.sort.descending,
        limit: i64::try_from(q.limit + 1).unwrap_or(201),
    };
    if let Some(words) = &q.q {
        let tokens: Vec<String> = text::query_tokens(words).iter().map(|t| text::encode_token(t)).collect();
        let folded: Vec<String> = text::fold(words).split(' ').map(str::to_owned).collect();
        let found =
            dialect::search(tx.conn, &dialect::Match { kind: "precedent", tokens: &tokens, words: &folded, subjects: None, limit: 1000, before: None })?;
        filter.ids = Some(found.iter().filter_map(|id| id.parse().ok()).collect());
    }
    let rows = store::public(tx, &filter)?;
    let page = Page::cut(rows, q.limit, tx.vault, |row| q.cursor_of(String::new(), row.id.to_string()));
    let briefs = views::briefs(tx, &page.items)?;
    Ok(page.with(|_| briefs))
}

/// One published precedent.
pub fn public(tx: &mut Tx, reference: &str) -> Result<PublicPrecedent> {
    let row = service::by_reference(tx, reference)?;
    if !row.public {
        return Err(Problem::not_found().into());
    }
    views::public(tx, &row)
}

/// One precedent with its draft.
pub fn draft(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<PrecedentView> {
    let opened = service::load_seen(tx, actor, reference)?;
    views::whole(tx, actor, opened)
}

/// Precedents of all states, for their writers and reviewers.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<PrecedentView>> {
    let page = access::listed::<PrecedentState, _>(tx, actor, "precedent", q, store::precedents_by_id, |row: &Precedent| row.id)?;
    page.try_map(|(row, _)| views::listed(tx, row))
}

/// Those of these precedents that wait for the caller to review them: who wrote or submitted one does not.
pub fn awaiting(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Id>> {
    let mut mine = Vec::new();
    for row in store::precedents_by_id(tx, ids)? {
        let id = row.id;
        if service::open(tx, row)?.allows(actor, PrecedentAction::Publish) {
            mine.push(id);
        }
    }
    Ok(mine)
}

/// One entry of a precedent's timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentEvent {
    /// Identity.
    pub id: Id,
    /// Type, such as `precedent.published`.
    pub kind: String,
    /// In plain Chinese.
    pub text: String,
    /// What was said with it, such as a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Post or part of whoever did it.
    pub actor: String,
    /// When.
    pub at: Moment,
}

/// What happened with a precedent, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<PrecedentEvent>> {
    let opened = service::load_seen(tx, actor, reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let events = log::timeline(tx, opened.row.id, Audience::ALL, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let entry = |e: log::Event| -> Result<PrecedentEvent> {
        let words = e.words.map(|w| w.open(tx.vault)).transpose()?;
        let text = narrative::tell(&e.kind, &e.params.get().unwrap_or_default());
        Ok(PrecedentEvent { id: e.id, text, words, kind: e.kind, actor: e.actor_label, at: e.occurred_at })
    };
    let rows = events.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(rows, q.limit, tx.vault, |e: &PrecedentEvent| q.cursor_of(String::new(), e.id.to_string())))
}

/// A published precedent that fits a ticket.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentSuggestion {
    /// Which.
    pub precedent: PrecedentBrief,
    /// How well it fits: the larger the better.
    pub score: u32,
    /// Why, in Chinese.
    pub reasons: Vec<String>,
}

/// What fits a ticket, best first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PrecedentSuggestions {
    /// At most ten.
    pub items: Vec<PrecedentSuggestion>,
}

/// So many of each sort are looked at.
const CANDIDATES: i64 = 200;
const SHOWN: usize = 10;
/// Fewer words in common say nothing.
const FEWEST: usize = 3;

/// Published precedents that fit a ticket: of its item, of its category, in its words.
pub fn suggestions(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<PrecedentSuggestions> {
    let ticket = tickets::load_seen(tx, actor, reference)?;
    // Who does not read the ticket's words learns nothing of them by what they find.
    let words = match ticket.sight.words {
        true => text::fold(&format!("{} {} {}", ticket.details.title, ticket.details.situation, ticket.details.request)),
        false => String::new(),
    };
    let own: HashSet<String> = text::tokens(&words).into_iter().collect();
    let item = ticket.row.item_id.map(|id| id.to_string());
    let by = |filter: PrecedentFilter| PrecedentFilter { limit: CANDIDATES, ..filter };
    let mut found = store::public(tx, &by(PrecedentFilter { categories: vec![ticket.row.category], ..PrecedentFilter::default() }))?;
    if let Some(item) = &item {
        found.extend(store::public(tx, &by(PrecedentFilter { items: vec![item.clone()], ..PrecedentFilter::default() }))?);
    }
    found.extend(store::public(tx, &by(PrecedentFilter::default()))?);
    let mut ids = HashSet::new();
    found.retain(|row| ids.insert(row.id) && row.ticket_id != Some(ticket.row.id));
    let mut fitting: Vec<(u32, Vec<String>, Precedent)> = Vec::new();
    for row in found {
        let Some(content) = row.published.as_ref().map(Json::get).transpose()? else { continue };
        let (score, reasons) = fits(&content, &item, &words, &own, row.category == ticket.row.category);
        if score > 0 {
            fitting.push((score, reasons, row));
        }
    }
    fitting.sort_by_key(|(score, _, row)| (std::cmp::Reverse(*score), std::cmp::Reverse(row.id)));
    fitting.truncate(SHOWN);
    let rows: Vec<Precedent> = fitting.iter().map(|(_, _, row)| row.clone()).collect();
    let briefs = views::briefs(tx, &rows)?;
    let items = briefs.into_iter().zip(fitting).map(|(precedent, (score, reasons, _))| PrecedentSuggestion { precedent, score, reasons }).collect();
    Ok(PrecedentSuggestions { items })
}

/// How well a precedent fits: the same item tells most, then keywords, the kind of difficulty, and the words in common.
fn fits(content: &PrecedentContent, item: &Option<String>, words: &str, own: &HashSet<String>, same_category: bool) -> (u32, Vec<String>) {
    let (mut score, mut reasons) = (0, Vec::new());
    if item.as_ref().is_some_and(|item| content.items.contains(item)) {
        score += 50;
        reasons.push("同一事项".to_owned());
    }
    if same_category {
        score += 10;
        reasons.push("同类问题".to_owned());
    }
    let said: Vec<&str> = content.keywords.iter().map(String::as_str).filter(|k| words.contains(&text::fold(k))).collect();
    if !said.is_empty() {
        score += 15 * u32::try_from(said.len()).unwrap_or(1);
        reasons.push(format!("关键词：{}", said.join("、")));
    }
    let there = text::tokens(&format!("{} {} {}", content.title, content.problem, content.cause));
    let common = there.iter().filter(|t| own.contains(*t)).count();
    if common >= FEWEST {
        score += u32::try_from(common.min(30)).unwrap_or(30);
        reasons.push("用语相近".to_owned());
    }
    (score, reasons)
}
