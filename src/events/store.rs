//! SQL of the event log.

use diesel::prelude::*;
use serde_json::Value;

use super::Audience;
use crate::{
    db::{
        Json, Result, Sealed, Tx,
        schema::{centers, event_listeners, events},
    },
    kernel::{Id, Moment, Problem},
};

/// One event.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub struct Event {
    /// CloudEvents id.
    pub id: Id,
    /// Place in the feed, given by the sequencer.
    pub position: Option<i64>,
    /// Kind of record.
    pub record_kind: String,
    /// Record.
    pub record_id: Id,
    /// Its version after the change.
    pub record_version: i64,
    /// Type.
    pub kind: String,
    /// Who may read it.
    pub audience: Audience,
    /// `user`, `client`, `system`.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Id>,
    /// Post or part.
    pub actor_label: String,
    /// Parameters.
    pub params: Json<Value>,
    /// Business time.
    pub occurred_at: Moment,
    /// System time.
    pub created_at: Moment,
    /// What a person said with it.
    pub words: Option<Sealed>,
}

/// Adds an event.
pub fn insert(tx: &mut Tx, event: &Event) -> Result<()> {
    diesel::insert_into(events::table).values(event.clone()).execute(tx.conn)?;
    Ok(())
}

/// A record's timeline, oldest first, for readers of these audiences.
pub fn timeline(tx: &mut Tx, record: Id, audiences: &[Audience], after: Option<Id>, limit: i64) -> Result<Vec<Event>> {
    let mut q = events::table
        .filter(events::record_id.eq(record))
        .filter(events::audience.eq_any(audiences.to_vec()))
        .order(events::id.asc())
        .limit(limit)
        .select(Event::as_select())
        .into_boxed();
    if let Some(after) = after {
        q = q.filter(events::id.gt(after));
    }
    Ok(q.load(tx.conn)?)
}

/// What was said with the events of a record, said otherwise from now on; what happened stays.
pub fn reword(tx: &mut Tx, record: Id, over: &dyn Fn(&str) -> String) -> Result<()> {
    let said = events::table.filter(events::record_id.eq(record)).filter(events::words.is_not_null());
    let rows: Vec<(Id, Option<Sealed>)> = said.select((events::id, events::words)).load(tx.conn)?;
    for (id, words) in rows {
        let Some(words) = words.map(|w| w.open(tx.vault)).transpose()? else { continue };
        let covered = over(&words);
        if covered != words {
            let covered = Sealed::seal(tx.vault, &covered)?;
            diesel::update(events::table.filter(events::id.eq(id))).set(events::words.eq(Some(covered))).execute(tx.conn)?;
        }
    }
    Ok(())
}

/// The event that a change of a record wrote: by its version after it.
pub fn of_version(tx: &mut Tx, record: Id, version: i64, kind: &str) -> Result<Option<Id>> {
    let rows = events::table.filter(events::record_id.eq(record)).filter(events::record_version.eq(version)).filter(events::kind.eq(kind.to_owned()));
    Ok(rows.select(events::id).first(tx.conn).optional()?)
}

/// The last position that is given.
pub fn last_position(tx: &mut Tx) -> Result<i64> {
    let last: Option<i64> = events::table.select(diesel::dsl::max(events::position)).first(tx.conn)?;
    Ok(last.unwrap_or(0))
}

/// A place from which somebody goes on: one that was never given, such as after a restored backup, is refused rather than waited
/// for, since what comes until it is reached would be missed in silence.
pub fn given(tx: &mut Tx, position: i64) -> Result<i64> {
    if position <= last_position(tx)? {
        return Ok(position);
    }
    let (zh, en) = (
        "没有这个位置，数据可能已恢复到更早的时点；请核对后从 0 或 latest 重新读取。",
        "No such position: the data may have been restored to an earlier time. Begin again.",
    );
    Err(Problem::parameter("after", "unknown_position", zh, en).into())
}

/// An event as it is to those who only ask what was touched.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct Touch {
    /// Place in the feed.
    pub position: Option<i64>,
    /// Type.
    pub kind: String,
    /// Kind of record.
    pub record_kind: String,
    /// Record.
    pub record_id: Id,
}

/// What was touched next after a position, in order; and the last position that was looked at.
pub fn touched(tx: &mut Tx, after: i64, limit: i64) -> Result<(Vec<Touch>, i64)> {
    let rows = events::table.filter(events::position.gt(after)).order(events::position.asc()).limit(limit);
    let rows: Vec<Touch> = rows.select(Touch::as_select()).load(tx.conn)?;
    let last = rows.last().and_then(|e| e.position).unwrap_or(after);
    Ok((rows, last))
}

/// What was touched by events that have no position yet.
pub fn unplaced(tx: &mut Tx) -> Result<Vec<Touch>> {
    Ok(events::table.filter(events::position.is_null()).select(Touch::as_select()).load(tx.conn)?)
}

/// What comes next after a position, in order.
pub fn following(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<Event>> {
    let rows = events::table.filter(events::position.gt(after)).order(events::position.asc()).limit(limit);
    Ok(rows.select(Event::as_select()).load(tx.conn)?)
}

/// The same of one kind of record.
pub fn following_of(tx: &mut Tx, kind: &str, after: i64, limit: i64) -> Result<Vec<Event>> {
    let rows = events::table.filter(events::record_kind.eq(kind.to_owned())).filter(events::position.gt(after));
    Ok(rows.order(events::position.asc()).limit(limit).select(Event::as_select()).load(tx.conn)?)
}

/// What stands after one position and not after another, in order.
pub fn between(tx: &mut Tx, after: i64, until: i64) -> Result<Vec<Event>> {
    let rows = events::table.filter(events::position.gt(after)).filter(events::position.le(until));
    Ok(rows.order(events::position.asc()).select(Event::as_select()).load(tx.conn)?)
}

/// What a record has after a position, in order.
pub fn after_of(tx: &mut Tx, record: Id, after: i64, limit: i64) -> Result<Vec<Event>> {
    let rows = events::table.filter(events::record_id.eq(record)).filter(events::position.gt(after));
    Ok(rows.order(events::position.asc()).limit(limit).select(Event::as_select()).load(tx.conn)?)
}

/// A machine client hears what becomes of a record that an applicant began by way of it.
pub fn let_hear(tx: &mut Tx, record: Id, client: Id) -> Result<()> {
    if heard(tx, client, &[record])?.is_empty() {
        let row = (event_listeners::record_id.eq(record), event_listeners::client_id.eq(client));
        diesel::insert_into(event_listeners::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// Whoever hears of one record hears of another that it became.
pub fn hear_on(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    let clients: Vec<Id> = event_listeners::table.filter(event_listeners::record_id.eq(from)).select(event_listeners::client_id).load(tx.conn)?;
    clients.into_iter().try_for_each(|client| let_hear(tx, to, client))
}

/// Those of the records of which a client hears.
pub fn heard(tx: &mut Tx, client: Id, records: &[Id]) -> Result<Vec<Id>> {
    let rows = event_listeners::table.filter(event_listeners::record_id.eq_any(records.to_vec())).filter(event_listeners::client_id.eq(client));
    Ok(rows.select(event_listeners::record_id).load(tx.conn)?)
}

/// Several, by id.
pub fn events_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Event>> {
    Ok(events::table.filter(events::id.eq_any(ids.to_vec())).select(Event::as_select()).load(tx.conn)?)
}

/// The last position that was given before a moment of business time.
pub fn position_before(tx: &mut Tx, moment: Moment) -> Result<i64> {
    // Positions follow the order in which things happened closely, not exactly: begin where the first of them stands.
    let first: Option<i64> = events::table.filter(events::occurred_at.ge(moment)).select(diesel::dsl::min(events::position)).first(tx.conn)?;
    match first {
        Some(position) => Ok(position - 1),
        None => last_position(tx),
    }
}

/// A center by its id or division code.
pub fn center(tx: &mut Tx, reference: &str) -> Result<Option<Id>> {
    let found = centers::table.filter(centers::id.eq(reference).or(centers::division_code.eq(reference)));
    Ok(found.select(centers::id).first(tx.conn).optional()?)
}

/// Whether events wait for their positions.
pub fn unsequenced(tx: &mut Tx) -> Result<bool> {
    Ok(events::table.filter(events::position.is_null()).select(events::id).limit(1).load::<Id>(tx.conn)?.len() == 1)
}

/// Gives the next events their positions; answers how many. One caller at a time, under the sequencer's lease: rows
/// become visible out of id order on PostgreSQL, so readers follow positions, never ids.
pub fn sequence(tx: &mut Tx, batch: i64) -> Result<usize> {
    let ids: Vec<Id> = events::table.filter(events::position.is_null()).order(events::id.asc()).limit(batch).select(events::id).load(tx.conn)?;
    let last: Option<i64> = events::table.select(diesel::dsl::max(events::position)).first(tx.conn)?;
    let mut position = last.unwrap_or(0);
    for id in &ids {
        position += 1;
        diesel::update(events::table.filter(events::id.eq(id))).set(events::position.eq(Some(position))).execute(tx.conn)?;
    }
    Ok(ids.len())
}
