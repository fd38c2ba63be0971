//! SQL of supervision orders.

use diesel::prelude::*;

use super::{
    machine::{SupervisedKind, SupervisionReason, SupervisionState},
    model::SupervisionRecord,
};
use crate::{
    db::{
        Private, Result, Tx,
        schema::{centers, supervisions},
    },
    kernel::{Id, Moment},
};

/// A supervision order.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = supervisions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Supervision {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Center under whose name it was issued.
    pub from_center_id: Id,
    /// Who issued it.
    pub issued_by: Option<Id>,
    /// Center that is supervised, or that of the department.
    pub to_center_id: Id,
    /// Department that is supervised.
    pub to_department_id: Option<Id>,
    /// What kind of record it is about.
    pub about_kind: Option<SupervisedKind>,
    /// Which.
    pub about_id: Option<Id>,
    /// Its number.
    pub about_number: Option<String>,
    /// Why.
    pub reason: SupervisionReason,
    /// State.
    pub state: SupervisionState,
    /// The order that it follows.
    pub follows_id: Option<Id>,
    /// How often it was answered and sent back.
    pub sent_back: i32,
    /// How often it was extended.
    pub extensions: i32,
    /// What people wrote.
    pub record: Private<SupervisionRecord>,
    /// Nearest deadline of the addressee.
    pub due_at: Moment,
    /// Answered after its time, in any round.
    pub late: bool,
    /// When answered last.
    pub answered_at: Option<Moment>,
    /// When it ended.
    pub closed_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When issued.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

impl Supervision {
    /// The department that is supervised, else the center.
    pub fn addressee(&self) -> Id {
        self.to_department_id.unwrap_or(self.to_center_id)
    }
}

/// By id.
pub fn supervision(tx: &mut Tx, id: Id) -> Result<Option<Supervision>> {
    Ok(supervisions::table.filter(supervisions::id.eq(id)).select(Supervision::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn supervision_by_number(tx: &mut Tx, number: &str) -> Result<Option<Supervision>> {
    Ok(supervisions::table.filter(supervisions::number.eq(number)).select(Supervision::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn supervisions_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Supervision>> {
    Ok(supervisions::table.filter(supervisions::id.eq_any(ids.to_vec())).select(Supervision::as_select()).load(tx.conn)?)
}

/// A new order.
pub fn insert(tx: &mut Tx, row: &Supervision) -> Result<()> {
    diesel::insert_into(supervisions::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an order whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Supervision) -> Result<bool> {
    let changed = diesel::update(supervisions::table.filter(supervisions::id.eq(row.id)).filter(supervisions::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// The open orders about a record.
pub fn open_about(tx: &mut Tx, record: Id) -> Result<Vec<Supervision>> {
    use SupervisionState as S;
    let rows = supervisions::table.filter(supervisions::about_id.eq(record)).filter(supervisions::state.eq_any([S::Issued, S::SignedIn, S::Answered]));
    Ok(rows.select(Supervision::as_select()).load(tx.conn)?)
}

/// The orders of a period, by whom they were given to.
#[derive(Clone, Debug, Queryable)]
pub struct Ordered {
    /// The center that was ordered, or that of the department.
    pub center_id: Id,
    /// The department.
    pub department_id: Option<Id>,
    /// Issued, without those withdrawn.
    pub issued: i64,
    /// Of these, answered late, or late now.
    pub late: i64,
    /// Of these, with an answer that was sent back.
    pub sent_back: i64,
    /// Of these, not closed.
    pub open: i64,
}

/// The orders given at or below a path within `from`..`to`, counted by whom they were given to.
pub fn ordered(tx: &mut Tx, path: &str, (from, to): (Moment, Moment)) -> Result<Vec<Ordered>> {
    use diesel::{
        dsl::{count_star, sql},
        sql_types::{BigInt, Timestamp},
    };
    let now = tx.now;
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id);
    let late = sql::<BigInt>("CAST(SUM(CASE WHEN late OR due_at <= ").bind::<Timestamp, _>(now).sql(" THEN 1 ELSE 0 END) AS BIGINT)");
    let sent_back = sql::<BigInt>("CAST(SUM(CASE WHEN sent_back > 0 THEN 1 ELSE 0 END) AS BIGINT)");
    let open = sql::<BigInt>("CAST(SUM(CASE WHEN closed_at IS NULL THEN 1 ELSE 0 END) AS BIGINT)");
    Ok(supervisions::table
        .filter(supervisions::created_at.ge(from))
        .filter(supervisions::created_at.lt(to))
        .filter(supervisions::state.ne(SupervisionState::Withdrawn))
        .filter(supervisions::to_center_id.eq_any(below))
        .group_by((supervisions::to_center_id, supervisions::to_department_id))
        .select((supervisions::to_center_id, supervisions::to_department_id, count_star(), late, sent_back, open))
        .load(tx.conn)?)
}

/// The orders that were not closed when a period ended, and those issued in it: late ones first.
pub fn of_period(tx: &mut Tx, path: &str, (from, to): (Moment, Moment), limit: i64) -> Result<Vec<Supervision>> {
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id);
    Ok(supervisions::table
        .filter(supervisions::created_at.lt(to))
        .filter(supervisions::created_at.ge(from).or(supervisions::closed_at.is_null()).or(supervisions::closed_at.ge(to)))
        .filter(supervisions::state.ne(SupervisionState::Withdrawn))
        .filter(supervisions::to_center_id.eq_any(below))
        .order((supervisions::late.desc(), supervisions::id.asc()))
        .limit(limit)
        .select(Supervision::as_select())
        .load(tx.conn)?)
}
