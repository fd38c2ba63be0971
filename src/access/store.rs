//! SQL of the access table.

use std::cmp::Ordering;

use diesel::prelude::*;

use super::{Placement, Sight};
use crate::{
    db::{Result, Tx, schema::access},
    insert_many,
    kernel::{Id, Moment},
};

/// A row as lists need it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = access)]
pub struct Entry {
    /// Record.
    #[diesel(column_name = record_id)]
    pub record: Id,
    /// Seen masked by this subject.
    pub masked: bool,
    /// Next deadline.
    pub due_at: Moment,
    /// Last change.
    pub updated_at: Moment,
}

#[derive(Insertable, Clone)]
#[diesel(table_name = access, treat_none_as_default_value = false)]
struct NewRow {
    record_id: Id,
    subject: String,
    kind: &'static str,
    state: String,
    masked: bool,
    due_at: Moment,
    updated_at: Moment,
}

/// The orders that have an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Newest record first.
    Newest,
    /// Oldest record first.
    Oldest,
    /// Nearest deadline first.
    DueFirst,
    /// Farthest deadline first.
    DueLast,
    /// Least recently changed first, from a moment on (synchronisation).
    Changed,
}

impl Order {
    /// Order of two entries.
    pub fn compare(self, a: &Entry, b: &Entry) -> Ordering {
        match self {
            Self::Newest => b.record.cmp(&a.record),
            Self::Oldest => a.record.cmp(&b.record),
            Self::DueFirst => (a.due_at, a.record).cmp(&(b.due_at, b.record)),
            Self::DueLast => (b.due_at, b.record).cmp(&(a.due_at, a.record)),
            Self::Changed => (a.updated_at, a.record).cmp(&(b.updated_at, b.record)),
        }
    }
}

/// Where a list stands.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Kind of record.
    pub kind: &'static str,
    /// States; empty = all.
    pub states: Vec<String>,
    /// Order.
    pub order: Order,
    /// The last entry of the page before: its sort key (unused by id orders) and id.
    pub after: Option<(Moment, Id)>,
    /// With [`Order::Changed`]: from, and up to.
    pub changed: Option<(Moment, Moment)>,
    /// Records made from one id on, and before another: ids begin with the time.
    pub made: (Option<Id>, Option<Id>),
    /// How many rows at most.
    pub limit: usize,
}

/// What to look for among what is somebody's own to do: seen in clear, by nearest deadline.
pub struct Work<'a> {
    /// Kind of record.
    pub kind: &'static str,
    /// Under which subjects.
    pub subjects: &'a [String],
    /// In which states.
    pub states: &'a [&'static str],
    /// Deadlines after, and until.
    pub due: (Option<Moment>, Option<Moment>),
    /// The last entry of the page before.
    pub after: Option<(Moment, Id)>,
    /// How many at most.
    pub limit: usize,
}

/// The records of a [`Work`], each once.
pub fn work(tx: &mut Tx, work: &Work) -> Result<Vec<Entry>> {
    let limit = i64::try_from(work.limit).unwrap_or(1_000);
    let mut found: Vec<Entry> = Vec::new();
    // One walk of the index for each subject and state: nearest deadlines first, however the states are distributed.
    for subject in work.subjects {
        for state in work.states {
            let mut q = access::table
                .select(Entry::as_select())
                .filter(access::kind.eq(work.kind).and(access::subject.eq(subject.clone())).and(access::state.eq(*state)).and(access::masked.eq(false)))
                .order((access::due_at.asc(), access::record_id.asc()))
                .limit(limit)
                .into_boxed();
            if let Some((t, id)) = work.after {
                q = q.filter(access::due_at.ge(t)).filter(access::due_at.gt(t).or(access::record_id.gt(id)));
            }
            if let Some(from) = work.due.0 {
                q = q.filter(access::due_at.gt(from));
            }
            if let Some(until) = work.due.1 {
                q = q.filter(access::due_at.le(until));
            }
            found.extend(q.load(tx.conn)?);
        }
    }
    found.sort_by_key(|e: &Entry| (e.due_at, e.record));
    found.dedup_by_key(|e| e.record);
    found.truncate(work.limit);
    Ok(found)
}

/// How much a subject has in clear.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Whose.
    pub subject: String,
    /// Records.
    pub open: i64,
    /// Of these, past their deadline.
    pub overdue: i64,
    /// The newest of them; none sorts first.
    pub newest: Option<String>,
}

/// How much each of these subjects has in clear, in these states.
pub fn loads(tx: &mut Tx, kind: &'static str, subjects: &[String], states: &[&'static str]) -> Result<Vec<Load>> {
    use diesel::dsl::{count_star, max};
    let now = tx.now;
    let all = access::table
        .filter(access::subject.eq_any(subjects.to_vec()))
        .filter(access::kind.eq(kind))
        .filter(access::state.eq_any(states.to_vec()))
        .filter(access::masked.eq(false));
    let open: Vec<(String, i64, Option<String>)> =
        all.clone().group_by(access::subject).select((access::subject, count_star(), max(access::record_id))).load(tx.conn)?;
    let late: Vec<(String, i64)> = all.filter(access::due_at.le(now)).group_by(access::subject).select((access::subject, count_star())).load(tx.conn)?;
    let overdue = |subject: &str| late.iter().find(|(s, _)| s == subject).map_or(0, |(_, n)| *n);
    Ok(open.into_iter().map(|(subject, open, newest)| Load { overdue: overdue(&subject), subject, open, newest }).collect())
}

/// Each subject of a record, and whether it sees it masked.
pub fn subjects(tx: &mut Tx, record: Id) -> Result<Vec<(String, bool)>> {
    Ok(access::table.filter(access::record_id.eq(record)).select((access::subject, access::masked)).load(tx.conn)?)
}

/// By which of these subjects each of the records is seen, and whether masked.
pub fn reasons(tx: &mut Tx, subjects: &[String], records: &[Id]) -> Result<Vec<(Id, String, bool)>> {
    let rows = access::table.filter(access::record_id.eq_any(records.to_vec())).filter(access::subject.eq_any(subjects.to_vec()));
    Ok(rows.select((access::record_id, access::subject, access::masked)).load(tx.conn)?)
}

/// Those of the records that one of the subjects sees.
pub fn seen(tx: &mut Tx, subjects: &[String], records: &[Id]) -> Result<Vec<Id>> {
    let rows = access::table.filter(access::record_id.eq_any(records.to_vec())).filter(access::subject.eq_any(subjects.to_vec()));
    Ok(rows.select(access::record_id).distinct().load(tx.conn)?)
}

/// What one subject saw, another sees.
pub fn rename(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    diesel::update(access::table.filter(access::subject.eq(from.to_owned()))).set(access::subject.eq(to.to_owned())).execute(tx.conn)?;
    Ok(())
}

/// The subjects stay; state and times move.
pub fn touch(tx: &mut Tx, p: &Placement) -> Result<()> {
    diesel::update(access::table.filter(access::record_id.eq(p.record)))
        .set((access::state.eq(p.state), access::due_at.eq(p.due_at), access::updated_at.eq(p.updated_at)))
        .execute(tx.conn)?;
    Ok(())
}

/// New subjects.
pub fn replace(tx: &mut Tx, p: &Placement, wanted: &[(String, bool)]) -> Result<()> {
    diesel::delete(access::table.filter(access::record_id.eq(p.record))).execute(tx.conn)?;
    insert(tx, p, wanted)
}

/// The rows of a record that has none.
pub fn insert(tx: &mut Tx, p: &Placement, wanted: &[(String, bool)]) -> Result<()> {
    let rows: Vec<NewRow> = wanted
        .iter()
        .map(|(subject, masked)| NewRow {
            record_id: p.record,
            subject: subject.clone(),
            kind: p.kind,
            state: p.state.to_owned(),
            masked: *masked,
            due_at: p.due_at,
            updated_at: p.updated_at,
        })
        .collect();
    insert_many!(tx.conn, access::table, &rows);
    Ok(())
}

/// One subject's page. Each state is a query of its own, so that the index delivers the order however the states are
/// distributed: with `state = ANY(…)` PostgreSQL walks the newest rows of every state.
pub fn page(tx: &mut Tx, subject: &str, keys: &Keys) -> Result<Vec<Entry>> {
    if keys.states.is_empty() || keys.order == Order::Changed {
        return query(tx, Some(subject), None, keys);
    }
    let mut found = Vec::new();
    for state in &keys.states {
        found.extend(query(tx, Some(subject), Some(state), keys)?);
    }
    found.sort_by(|a, b| keys.order.compare(a, b));
    found.truncate(keys.limit);
    Ok(found)
}

/// Everybody's page, for the system: each record once.
pub fn page_of_all(tx: &mut Tx, keys: &Keys) -> Result<Vec<(Entry, Sight)>> {
    let mut rows = query(tx, None, None, keys)?;
    rows.dedup_by(|a, b| a.record == b.record);
    Ok(rows.into_iter().map(|e| (e, Sight::CLEAR)).collect())
}

fn query(tx: &mut Tx, subject: Option<&str>, state: Option<&str>, keys: &Keys) -> Result<Vec<Entry>> {
    let limit = i64::try_from(keys.limit).unwrap_or(200);
    let mut q = access::table.select(Entry::as_select()).filter(access::kind.eq(keys.kind)).limit(limit).into_boxed();
    if let Some(subject) = subject {
        q = q.filter(access::subject.eq(subject.to_owned()));
    }
    if let Some(state) = state {
        q = q.filter(access::state.eq(state.to_owned()));
    } else if keys.order == Order::Changed && !keys.states.is_empty() {
        q = q.filter(access::state.eq_any(keys.states.clone()));
    }
    q = match (keys.order, keys.after) {
        (Order::Newest, Some((_, id))) => q.filter(access::record_id.lt(id)),
        (Order::Oldest, Some((_, id))) => q.filter(access::record_id.gt(id)),
        (Order::DueFirst, Some((t, id))) => q.filter(access::due_at.ge(t)).filter(access::due_at.gt(t).or(access::record_id.gt(id))),
        (Order::DueLast, Some((t, id))) => q.filter(access::due_at.le(t)).filter(access::due_at.lt(t).or(access::record_id.lt(id))),
        (Order::Changed, Some((t, id))) => q.filter(access::updated_at.ge(t)).filter(access::updated_at.gt(t).or(access::record_id.gt(id))),
        (_, None) => q,
    };
    if let Some(from) = keys.made.0 {
        q = q.filter(access::record_id.ge(from));
    }
    if let Some(before) = keys.made.1 {
        q = q.filter(access::record_id.lt(before));
    }
    if let Some((from, to)) = keys.changed {
        q = q.filter(access::updated_at.ge(from)).filter(access::updated_at.lt(to));
    }
    let q = match keys.order {
        Order::Newest => q.order(access::record_id.desc()),
        Order::Oldest => q.order(access::record_id.asc()),
        Order::DueFirst => q.order((access::due_at.asc(), access::record_id.asc())),
        Order::DueLast => q.order((access::due_at.desc(), access::record_id.desc())),
        Order::Changed => q.order((access::updated_at.asc(), access::record_id.asc())),
    };
    Ok(q.load(tx.conn)?)
}
