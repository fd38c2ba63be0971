//! Who may see which record: one row per subject and record, written in the transaction of the change it follows.
//!
//! Computed visibility took seconds at a million matters; stored, a list is one keyset query per subject.

mod searching;
pub mod store;

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use crate::{
    auth::{
        Actor, Scope,
        policy::{self, subject},
    },
    db::{Result, Tx},
    kernel::{Code, Cursor, ErrorCode, Id, ListQuery, Moment, Page, Problem, page::NUMBERED},
};
pub use searching::{found, matching};
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

    /// Who has two reasons sees by the better one.
    fn join(&mut self, other: Self) {
        self.masked &= other.masked;
        self.words |= other.words;
        self.narrow &= other.narrow;
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
    Ok(sights(tx, scope, &[record])?.remove(&record))
}

/// How a scope sees each of these records, in one query; those that it does not see are left out.
pub fn sights(tx: &mut Tx, scope: &Scope, records: &[Id]) -> Result<HashMap<Id, Sight>> {
    let Scope::Subjects(reasons) = scope else { return Ok(records.iter().map(|id| (*id, Sight::CLEAR)).collect()) };
    let mut sights: HashMap<Id, Sight> = HashMap::new();
    for (record, subject, row) in store::reasons(tx, &subjects(reasons), records)? {
        let rule = reasons.iter().any(|(s, masked)| *s == subject && *masked);
        let seen = Sight { masked: rule || row, words: reads(&subject, rule, row), narrow: subject::is_partial(&subject) };
        sights.entry(record).and_modify(|sight| sight.join(seen)).or_insert(seen);
    }
    Ok(sights)
}

fn subjects(reasons: &[(String, bool)]) -> Vec<String> {
    reasons.iter().map(|(subject, _)| subject.clone()).collect()
}

/// Whether words are read for a reason to see a record: where it is seen in clear, and where the rule alone masks it for
/// the very center that holds it.
fn reads(subject: &str, rule: bool, row: bool) -> bool {
    !row && (!rule || subject::is_center(subject))
}

/// Which of these records a scope sees, in one query.
pub fn seen(tx: &mut Tx, scope: &Scope, records: &[Id]) -> Result<Vec<Id>> {
    let Scope::Subjects(reasons) = scope else { return Ok(records.to_vec()) };
    store::seen(tx, &subjects(reasons), records)
}

/// A page of the records of a kind that the caller may read, each with how it is seen: by state where states are asked for,
/// or by all states `S` where the order is that of deadlines.
pub fn listed<S: Code, T>(
    tx: &mut Tx,
    actor: &Actor,
    kind: &'static str,
    q: &ListQuery,
    load: fn(&mut Tx, &[Id]) -> Result<Vec<T>>,
    id: fn(&T) -> Id,
) -> Result<Page<(T, Sight)>> {
    let (scope, states) = asked::<S>(actor, kind, q)?;
    let page = self::page(tx, &scope, kind, q, states)?.map(|(entry, sight)| (entry.record, sight));
    loaded(tx, page, load, id)
}

/// [`listed`], of those that a sieve keeps.
pub fn sifted<S: Code, T>(
    tx: &mut Tx,
    actor: &Actor,
    kind: &'static str,
    q: &ListQuery,
    sieve: Sieve,
    load: fn(&mut Tx, &[Id]) -> Result<Vec<T>>,
    id: fn(&T) -> Id,
) -> Result<Page<(T, Sight)>> {
    let (scope, states) = asked::<S>(actor, kind, q)?;
    let page = filtered(tx, &scope, sieve.by.as_ref(), kind, q, states, sieve.keep)?;
    let sights = sights(tx, &scope, &page.items)?;
    let page = page.map(|id| (id, sights.get(&id).copied().unwrap_or(Sight::masked(true))));
    loaded(tx, page, load, id)
}

/// What no index answers: the subjects along which to walk, where a filter names some, and which of a batch are kept.
pub struct Sieve<'a> {
    /// Along which subjects.
    pub by: Option<Scope>,
    /// Those to keep.
    pub keep: &'a Keep<'a>,
}

/// Those of some records that are kept.
pub type Keep<'a> = dyn Fn(&mut Tx, &[Id]) -> Result<Vec<Id>> + 'a;

/// What a list of a kind reads: by whom, and in which states.
fn asked<S: Code>(actor: &Actor, kind: &str, q: &ListQuery) -> Result<(Scope, Vec<String>)> {
    if !policy::may(actor, kind, "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut states = q.all("state");
    states.sort();
    states.dedup();
    if states.is_empty() && matches!(Order::of(q), Order::DueFirst | Order::DueLast) {
        states = S::ALL.iter().map(|state| state.code().to_owned()).collect();
    }
    Ok((Scope::of(actor, kind), states))
}

/// The records of a page in its order.
fn loaded<T>(tx: &mut Tx, page: Page<(Id, Sight)>, load: fn(&mut Tx, &[Id]) -> Result<Vec<T>>, id: fn(&T) -> Id) -> Result<Page<(T, Sight)>> {
    let ids: Vec<Id> = page.items.iter().map(|(id, _)| *id).collect();
    let places: HashMap<Id, (usize, Sight)> = page.items.iter().enumerate().map(|(at, (id, sight))| (*id, (at, *sight))).collect();
    let rows = load(tx, &ids)?.into_iter();
    let mut rows: Vec<(usize, (T, Sight))> = rows.filter_map(|row| places.get(&id(&row)).map(|(at, sight)| (*at, (row, *sight)))).collect();
    rows.sort_by_key(|(at, _)| *at);
    Ok(page.with(|_| rows.into_iter().map(|(_, row)| row).collect()))
}

/// The records of a kind that a scope sees, in keyset order: one query per subject and state, merged.
pub fn list(tx: &mut Tx, scope: &Scope, keys: &Keys) -> Result<Vec<(Entry, Sight)>> {
    let Scope::Subjects(reasons) = scope else { return store::page_of_all(tx, keys) };
    let mut places: HashMap<Id, usize> = HashMap::new();
    let mut found: Vec<(Entry, Sight)> = Vec::new();
    for (subject, rule) in reasons {
        for row in store::page(tx, subject, keys)? {
            let seen = Sight { masked: *rule || row.masked, words: reads(subject, *rule, row.masked), narrow: false };
            let place = *places.entry(row.record).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, sight)) => sight.join(seen),
                None => found.push((row, seen)),
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
