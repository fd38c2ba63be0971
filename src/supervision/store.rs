//! SQL of supervision orders.

use diesel::prelude::*;

use super::{
    machine::{SupervisedKind, SupervisionReason, SupervisionState},
    model::SupervisionRecord,
};
use crate::{
    db::{Private, Result, Tx, schema::supervisions},
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
