//! SQL of assignment sheets and of the ladder's rungs.

use diesel::prelude::*;

use super::{
    machine::{RungState, SheetState},
    model::{LadderRung, RungDetails, SheetDetails, SheetRole},
};
use crate::{
    db::{
        Private, Result, Tx,
        schema::{assignment_sheets, ladder_rungs},
    },
    kernel::{Code as _, Id, Moment},
};

/// An assignment sheet.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = assignment_sheets, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Sheet {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of which ticket.
    pub ticket_id: Id,
    /// The lead's sheet; none on the lead's own.
    pub lead_id: Option<Id>,
    /// The center of the ticket.
    pub center_id: Id,
    /// To which department.
    pub department_id: Id,
    /// Round of the ticket in which it was drawn up.
    pub round: i32,
    /// State.
    pub state: SheetState,
    /// The department was determined by the reform office.
    pub binding: bool,
    /// Who drew it up.
    pub drafted_by: Option<Id>,
    /// What people wrote.
    pub details: Private<SheetDetails>,
    /// When the leader signed it.
    pub issued_at: Option<Moment>,
    /// When the department took it in.
    pub signed_in_at: Option<Moment>,
    /// When the department last replied.
    pub replied_at: Option<Moment>,
    /// When it came back.
    pub returned_at: Option<Moment>,
    /// Complete until; never, before it is issued.
    pub due_at: Moment,
    /// Extensions granted.
    pub extensions: i32,
    /// Rungs of the ladder that were proposed.
    pub rungs: i32,
    /// When the next one is; never, where none will be.
    pub rung_at: Moment,
    /// Version.
    pub version: i64,
    /// When drawn up.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

impl Sheet {
    /// Whose sheet it is.
    pub fn role(&self) -> SheetRole {
        if self.lead_id.is_none() { SheetRole::Lead } else { SheetRole::Assisting }
    }

    /// It is with the department, and its deadline has passed.
    pub fn is_overdue(&self, now: Moment) -> bool {
        self.state.is_with_department() && self.due_at <= now
    }
}

/// A rung of the overdue ladder.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = ladder_rungs, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Rung {
    /// Identity.
    pub id: Id,
    /// Of which sheet.
    pub sheet_id: Id,
    /// Which.
    pub rung: LadderRung,
    /// The center of the ticket.
    pub center_id: Id,
    /// Whose.
    pub department_id: Id,
    /// State.
    pub state: RungState,
    /// When its time came.
    pub due_at: Moment,
    /// The deadline that had passed.
    pub sheet_due_at: Moment,
    /// When confirmed or rejected.
    pub decided_at: Option<Moment>,
    /// When lifted.
    pub lifted_at: Option<Moment>,
    /// What people wrote.
    pub details: Private<RungDetails>,
    /// Version.
    pub version: i64,
    /// When proposed.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn sheet(tx: &mut Tx, id: Id) -> Result<Option<Sheet>> {
    Ok(assignment_sheets::table.filter(assignment_sheets::id.eq(id)).select(Sheet::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn sheet_by_number(tx: &mut Tx, number: &str) -> Result<Option<Sheet>> {
    Ok(assignment_sheets::table.filter(assignment_sheets::number.eq(number)).select(Sheet::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn sheets_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Sheet>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(assignment_sheets::table.filter(assignment_sheets::id.eq_any(ids.to_vec())).select(Sheet::as_select()).load(tx.conn)?)
}

/// All of a ticket, oldest first.
pub fn of_ticket(tx: &mut Tx, ticket: Id) -> Result<Vec<Sheet>> {
    let rows = assignment_sheets::table.filter(assignment_sheets::ticket_id.eq(ticket)).order(assignment_sheets::id.asc());
    Ok(rows.select(Sheet::as_select()).load(tx.conn)?)
}

/// All of several tickets, oldest first.
pub fn of_tickets(tx: &mut Tx, tickets: &[Id]) -> Result<Vec<Sheet>> {
    let rows = assignment_sheets::table.filter(assignment_sheets::ticket_id.eq_any(tickets.to_vec())).order(assignment_sheets::id.asc());
    Ok(rows.select(Sheet::as_select()).load(tx.conn)?)
}

/// The sheets of the departments that assist a lead, oldest first.
pub fn assisting(tx: &mut Tx, lead: Id) -> Result<Vec<Sheet>> {
    let rows = assignment_sheets::table.filter(assignment_sheets::lead_id.eq(lead)).order(assignment_sheets::id.asc());
    Ok(rows.select(Sheet::as_select()).load(tx.conn)?)
}

/// A new sheet.
pub fn insert(tx: &mut Tx, row: &Sheet) -> Result<()> {
    diesel::insert_into(assignment_sheets::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a sheet whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Sheet) -> Result<bool> {
    let changed = diesel::update(assignment_sheets::table.filter(assignment_sheets::id.eq(row.id)).filter(assignment_sheets::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Sheets for which a rung is to be proposed.
pub fn to_propose(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Id>> {
    let due = assignment_sheets::table.filter(assignment_sheets::rung_at.le(now));
    Ok(due.order((assignment_sheets::rung_at.asc(), assignment_sheets::id.asc())).limit(limit).select(assignment_sheets::id).load(tx.conn)?)
}

/// By id.
pub fn rung(tx: &mut Tx, id: Id) -> Result<Option<Rung>> {
    Ok(ladder_rungs::table.filter(ladder_rungs::id.eq(id)).select(Rung::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn rungs_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Rung>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(ladder_rungs::table.filter(ladder_rungs::id.eq_any(ids.to_vec())).select(Rung::as_select()).load(tx.conn)?)
}

/// Of these sheets, in the order in which they were proposed.
pub fn rungs_of(tx: &mut Tx, sheets: &[Id]) -> Result<Vec<Rung>> {
    if sheets.is_empty() {
        return Ok(Vec::new());
    }
    let rows = ladder_rungs::table.filter(ladder_rungs::sheet_id.eq_any(sheets.to_vec())).order(ladder_rungs::id.asc());
    Ok(rows.select(Rung::as_select()).load(tx.conn)?)
}

/// A new rung.
pub fn insert_rung(tx: &mut Tx, row: &Rung) -> Result<()> {
    diesel::insert_into(ladder_rungs::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a rung whose version was counted up by one.
pub fn save_rung(tx: &mut Tx, row: &Rung) -> Result<bool> {
    let changed = diesel::update(ladder_rungs::table.filter(ladder_rungs::id.eq(row.id)).filter(ladder_rungs::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// The rungs that hold against a department, oldest first.
pub fn in_force(tx: &mut Tx, department: Id, limit: i64) -> Result<Vec<Rung>> {
    let rows = ladder_rungs::table.filter(ladder_rungs::department_id.eq(department)).filter(ladder_rungs::state.eq(RungState::Confirmed));
    Ok(rows.order(ladder_rungs::id.asc()).limit(limit).select(Rung::as_select()).load(tx.conn)?)
}

/// How many sheets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// With the department.
    pub open: i64,
    /// Of these, past their deadline.
    pub overdue: i64,
    /// Replied in the period, in time.
    pub in_time: i64,
    /// Replied in the period, late.
    pub late: i64,
    /// Returned in the period.
    pub returned: i64,
    /// Rungs that hold.
    pub rungs: i64,
}

/// What a department has before it, and what it did from a moment until another.
pub fn tally(tx: &mut Tx, department: Id, from: Moment, until: Moment) -> Result<Tally> {
    use assignment_sheets as s;
    let now = tx.now;
    let with: Vec<SheetState> = SheetState::ALL.iter().copied().filter(|state| state.is_with_department()).collect();
    let own = || s::table.filter(s::department_id.eq(department));
    let open = own().filter(s::state.eq_any(with.clone())).count().get_result(tx.conn)?;
    let overdue = own().filter(s::state.eq_any(with)).filter(s::due_at.le(now)).count().get_result(tx.conn)?;
    let answered = || {
        let answered = own().filter(s::state.eq_any([SheetState::Replied, SheetState::Confirmed].to_vec()));
        answered.filter(s::replied_at.ge(from)).filter(s::replied_at.lt(until))
    };
    let in_time = answered().filter(s::replied_at.le(s::due_at.nullable())).count().get_result(tx.conn)?;
    let late = answered().filter(s::replied_at.gt(s::due_at.nullable())).count().get_result(tx.conn)?;
    let returned = own().filter(s::returned_at.ge(from)).filter(s::returned_at.lt(until)).count().get_result(tx.conn)?;
    let held = ladder_rungs::table.filter(ladder_rungs::department_id.eq(department)).filter(ladder_rungs::state.eq(RungState::Confirmed));
    let rungs = held.count().get_result(tx.conn)?;
    Ok(Tally { open, overdue, in_time, late, returned, rungs })
}
