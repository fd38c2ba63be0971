//! Who may see which record: one row per subject and record, written in the transaction of the change it follows.
//!
//! Computed visibility took seconds at a million matters; stored, a list is one keyset query per subject.

pub mod store;

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use crate::{
    auth::{
        Actor, Scope,
        policy::{self, subject},
    },
    db::{Result, Tx},
    kernel::{Cursor, ErrorCode, Id, ListQuery, Moment, Page, Problem, page::NUMBERED},
};
pub use store::{Entry, Keys, Load, Order, Work, loads, work};

/// How a record is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Personal data is masked.
    pub masked: bool,
    /// What was written of the matter is read: in clear, or by the leader of the center that holds it, who answers for it.
    pub words: bool,
    /// Seen only because a department or another center carries a step: what is the custodian's own is left out.
    pub narrow: bool,
}

impl Sight {
    /// Everything, in clear.
    pub const CLEAR: Self = Self { masked: false, words: true, narrow: false };

    /// Everything, masked or not.
    pub fn masked(masked: bool) -> Self {
        Self { masked, words: !masked, ..Self::CLEAR }
    }
}

/// What the access table needs to know of a record.
pub struct Placement<'a> {
    /// `entrustment`, `transfer`, …
    pub kind: &'static str,
    /// Which record.
    pub record: Id,
    /// Its state's code.
    pub state: &'a str,
    /// Its next deadline, or [`Moment::NEVER`].
    pub due_at: Moment,
    /// When it changed.
    pub updated_at: Moment,
    /// Each subject, and whether it sees the record masked.
    pub subjects: Vec<(String, bool)>,
}

/// Makes the table say exactly this about the record.
pub fn place(tx: &mut Tx, placement: &Placement) -> Result<()> {
    let mut wanted: Vec<(String, bool)> = Vec::new();
    for (subject, masked) in &placement.subjects {
        // A subject with two reasons sees by the better one.
        match wanted.iter_mut().find(|(s, _)| s == subject) {
            Some((_, m)) => *m &= masked,
            None => wanted.push((subject.clone(), *masked)),
        }
    }
    wanted.sort();
    let mut present = store::subjects(tx, placement.record)?;
    present.sort();
    if present == wanted {
        return store::touch(tx, placement);
    }
    store::replace(tx, placement, &wanted)
}

/// [`place`] for a record that is certainly new.
pub fn place_new(tx: &mut Tx, placement: &Placement) -> Result<()> {
    store::insert(tx, placement, &placement.subjects)
}

/// Whether, and how, a scope sees a record.
pub fn sight(tx: &mut Tx, scope: &Scope, record: Id) -> Result<Option<Sight>> {
    let Scope::Subjects(reasons) = scope else { return Ok(Some(Sight::CLEAR)) };
    let rows = store::subjects(tx, record)?;
    Ok(by_reasons(reasons, rows.iter().map(|(subject, masked)| (subject, *masked))))
}

/// [`sight`] of several records, in one query; what is not seen is left out.
pub fn sights(tx: &mut Tx, scope: &Scope, records: &[Id]) -> Result<Vec<(Id, Sight)>> {
    let Scope::Subjects(reasons) = scope else { return Ok(records.iter().map(|id| (*id, Sight::CLEAR)).collect()) };
    let subjects: Vec<String> = reasons.iter().map(|(subject, _)| subject.clone()).collect();
    let rows = store::reasons(tx, &subjects, records)?;
    let of = |id: &Id| by_reasons(reasons, rows.iter().filter(|(record, ..)| record == id).map(|(_, subject, masked)| (subject, *masked)));
    Ok(records.iter().filter_map(|id| of(id).map(|sight| (*id, sight))).collect())
}

fn by_reasons<'a>(reasons: &[(String, bool)], rows: impl Iterator<Item = (&'a String, bool)>) -> Option<Sight> {
    let seen: Vec<(&str, bool, bool)> = rows
        .filter_map(|(subject, masked)| reasons.iter().find(|(s, _)| s == subject).map(|(s, rule)| (s.as_str(), *rule || masked, reads(s, *rule, masked))))
        .collect();
    let narrow = seen.iter().all(|(subject, ..)| subject::is_partial(subject));
    let words = seen.iter().any(|(_, _, words)| *words);
    seen.iter().map(|(_, masked, _)| *masked).min().map(|masked| Sight { masked, words, narrow })
}

/// Whether words are read for a reason to see a record: where it is seen in clear, and where the rule alone masks it for
/// the very center that holds it.
fn reads(subject: &str, rule: bool, row: bool) -> bool {
    !row && (!rule || subject::is_center(subject))
}

/// Which of these records a scope sees, in one query.
pub fn seen(tx: &mut Tx, scope: &Scope, records: &[Id]) -> Result<Vec<Id>> {
    let Scope::Subjects(reasons) = scope else { return Ok(records.to_vec()) };
    let subjects: Vec<String> = reasons.iter().map(|(subject, _)| subject.clone()).collect();
    store::seen(tx, &subjects, records)
}

/// A page of the records of a kind that the caller may read, each with how it is seen: by state where states are asked for,
/// or all of `states` where the order is that of deadlines.
pub fn listed<T>(
    tx: &mut Tx,
    actor: &Actor,
    kind: &'static str,
    q: &ListQuery,
    states: Vec<&'static str>,
    load: fn(&mut Tx, &[Id]) -> Result<Vec<T>>,
    id: fn(&T) -> Id,
) -> Result<Page<(T, Sight)>> {
    if !policy::may(actor, kind, "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut asked = q.all("state");
    asked.sort();
    asked.dedup();
    if asked.is_empty() && matches!(Order::of(q), Order::DueFirst | Order::DueLast) {
        asked = states.into_iter().map(str::to_owned).collect();
    }
    let page = self::page(tx, &Scope::of(actor, kind), kind, q, asked)?;
    let ids: Vec<Id> = page.items.iter().map(|(e, _)| e.record).collect();
    let mut rows = load(tx, &ids)?;
    rows.sort_by_key(|row| ids.iter().position(|known| *known == id(row)));
    let sights: Vec<Sight> = page.items.iter().map(|(_, sight)| *sight).collect();
    let of = |row: &T| ids.iter().position(|known| *known == id(row)).and_then(|at| sights.get(at).copied()).unwrap_or(Sight::masked(true));
    Ok(page.with(|_| rows.into_iter().map(|row| (of(&row), row)).map(|(sight, row)| (row, sight)).collect()))
}

/// The records of a kind that a scope sees, in keyset order: one query per subject and state, merged.
pub fn list(tx: &mut Tx, scope: &Scope, keys: &Keys) -> Result<Vec<(Entry, Sight)>> {
    let Scope::Subjects(reasons) = scope else { return store::page_of_all(tx, keys) };
    let mut places: HashMap<Id, usize> = HashMap::new();
    let mut found: Vec<(Entry, Sight)> = Vec::new();
    for (subject, rule) in reasons {
        for row in store::page(tx, subject, keys)? {
            let (masked, words) = (*rule || row.masked, reads(subject, *rule, row.masked));
            let place = *places.entry(row.record).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, sight)) => {
                    sight.masked &= masked;
                    sight.words |= words;
                }
                None => found.push((row, Sight { masked, words, narrow: false })),
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| keys.order.compare(a, b));
    found.truncate(keys.limit);
    Ok(found)
}

/// Longer than any write may run: rows that are still being committed are given to the next synchronisation.
const SETTLE_SECONDS: i64 = 10;

impl Order {
    /// The order that a list asks for; synchronising has its own.
    pub fn of(q: &ListQuery) -> Self {
        match (q.updated_since, q.sort.key, q.sort.descending) {
            (Some(_), ..) => Self::Changed,
            (None, "due_at", true) => Self::DueLast,
            (None, "due_at", false) => Self::DueFirst,
            (None, _, true) => Self::Newest,
            (None, _, false) => Self::Oldest,
        }
    }
}

/// Where a list begins, how far it goes, and until when it synchronises.
fn keys(tx: &Tx, kind: &'static str, q: &ListQuery, states: Vec<String>) -> (Keys, Moment) {
    let as_of = tx.now.plus(TimeDelta::seconds(-SETTLE_SECONDS));
    let after = q.cursor.as_ref().and_then(|c| {
        let key = c.key.parse::<chrono::DateTime<chrono::Utc>>().map_or(Moment::NEVER, Moment::from);
        Some((key, c.id.parse::<Id>().ok()?))
    });
    let limit = if q.page.is_some() { NUMBERED + 1 } else { q.limit + 1 };
    let (from, to) = q.range("created_at");
    let made = (from.map(Id::floor), to.map(Id::floor));
    (Keys { kind, states, order: Order::of(q), after, changed: q.updated_since.map(|since| (since, as_of)), made, limit }, as_of)
}

/// The sort key of an entry.
fn key_of(order: Order, e: &Entry) -> Moment {
    match order {
        Order::DueFirst | Order::DueLast => e.due_at,
        Order::Changed | Order::Newest | Order::Oldest => e.updated_at,
    }
}

fn cursor_at(order: Order, q: &ListQuery, e: &Entry) -> Cursor {
    let key = if matches!(order, Order::Newest | Order::Oldest) { String::new() } else { key_of(order, e).utc().to_rfc3339() };
    q.cursor_of(key, e.record.to_string())
}

/// The page of a kind that a list asks for, in the states named (empty: all).
pub fn page(tx: &mut Tx, scope: &Scope, kind: &'static str, q: &ListQuery, states: Vec<String>) -> Result<Page<(Entry, Sight)>> {
    let (keys, as_of) = keys(tx, kind, q, states);
    let entries = list(tx, scope, &keys)?;
    Ok(cut(tx, q, &keys, as_of, entries))
}

fn cut(tx: &Tx, q: &ListQuery, keys: &Keys, as_of: Moment, entries: Vec<(Entry, Sight)>) -> Page<(Entry, Sight)> {
    if let Some((page, size)) = q.page {
        return Page::numbered(entries, page, size);
    }
    let mut page = Page::cut(entries, q.limit, tx.vault, |(e, _)| cursor_at(keys.order, q, e));
    page.as_of = q.updated_since.map(|since| since.max(as_of));
    page
}

/// A filter that no index answers is asked about so many entries at a time, and so many times.
const BATCH: usize = 500;
const BATCHES: usize = 20;

/// [`page`] of those that `keep` keeps. The walk follows `by` where a filter names a subject of its own: few entries
/// instead of many. It is bounded: a page may hold less than it could and still go on.
pub fn filtered<F>(tx: &mut Tx, scope: &Scope, by: Option<&Scope>, kind: &'static str, q: &ListQuery, states: Vec<String>, mut keep: F) -> Result<Page<Id>>
where
    F: FnMut(&mut Tx, &[Id]) -> Result<Vec<Id>>,
{
    let (mut keys, as_of) = keys(tx, kind, q, states);
    let wanted = std::mem::replace(&mut keys.limit, BATCH);
    let mut kept: Vec<(Entry, Sight)> = Vec::new();
    let mut walked: Option<Entry> = None;
    let mut more = true;
    for _ in 0..BATCHES {
        let batch = list(tx, by.unwrap_or(scope), &keys)?;
        more = batch.len() == BATCH;
        walked = batch.last().map(|(e, _)| e.clone()).or(walked);
        keys.after = walked.as_ref().map(|e| (key_of(keys.order, e), e.record));
        let mut ids: Vec<Id> = batch.iter().map(|(e, _)| e.record).collect();
        if by.is_some() {
            ids = seen(tx, scope, &ids)?;
        }
        let chosen: HashSet<Id> = keep(tx, &ids)?.into_iter().collect();
        kept.extend(batch.into_iter().filter(|(e, _)| chosen.contains(&e.record)));
        if kept.len() >= wanted || !more {
            break;
        }
    }
    let short = more && kept.len() < wanted;
    let mut page = cut(tx, q, &keys, as_of, kept);
    match (&mut page.count, walked) {
        (Some(count), _) => count.total_is_lower_bound |= short,
        (None, Some(last)) if short => {
            page.has_more = true;
            page.next_cursor = Some(cursor_at(keys.order, q, &last).encode(tx.vault));
        }
        _ => {}
    }
    Ok(page.map(|(e, _)| e.record))
}
