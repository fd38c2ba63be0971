//! SQL of home visits.

use diesel::prelude::*;

use super::{
    machine::VisitState,
    model::{VisitDetails, VisitReason},
};
use crate::{
    db::{Private, Result, Tx, schema::home_visits},
    kernel::{Id, Moment},
};

/// A home visit.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = home_visits, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct HomeVisit {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Which center comes.
    pub center_id: Id,
    /// About which matter.
    pub entrustment_id: Option<Id>,
    /// To whom.
    pub applicant_id: Option<Id>,
    /// For whom, or why.
    pub reason: VisitReason,
    /// State.
    pub state: VisitState,
    /// From.
    pub start_at: Option<Moment>,
    /// Until.
    pub end_at: Option<Moment>,
    /// What people wrote.
    pub details: Private<VisitDetails>,
    /// Version.
    pub version: i64,
    /// When asked for.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn visit(tx: &mut Tx, id: Id) -> Result<Option<HomeVisit>> {
    Ok(home_visits::table.filter(home_visits::id.eq(id)).select(HomeVisit::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn visit_by_number(tx: &mut Tx, number: &str) -> Result<Option<HomeVisit>> {
    Ok(home_visits::table.filter(home_visits::number.eq(number)).select(HomeVisit::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn visits_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<HomeVisit>> {
    Ok(home_visits::table.filter(home_visits::id.eq_any(ids.to_vec())).select(HomeVisit::as_select()).load(tx.conn)?)
}

/// A new visit.
pub fn insert(tx: &mut Tx, row: &HomeVisit) -> Result<()> {
    diesel::insert_into(home_visits::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a visit whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &HomeVisit) -> Result<bool> {
    let changed = diesel::update(home_visits::table.filter(home_visits::id.eq(row.id)).filter(home_visits::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// The visits of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(home_visits::table.filter(home_visits::applicant_id.eq(from))).set(home_visits::applicant_id.eq(to)).execute(tx.conn)?;
    Ok(())
}
