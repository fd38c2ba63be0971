//! SQL of fallback tickets, who called, which departments they concern, and how callers were asked.

use diesel::{dsl::count_star, prelude::*};

use super::{
    machine::{TicketState, TicketTier},
    model::{ContactOutcome, ContactPurpose, ContactWords, FeedbackWay, TicketCategory, TicketChannel, TicketDetails},
};
use crate::{
    db::{
        Private, Result, Sealed, Tx,
        schema::{access, fallback_tickets, ticket_callers, ticket_contacts, ticket_departments},
    },
    kernel::{Id, Moment},
};

/// A fallback ticket.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = fallback_tickets, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Ticket {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Which center answers for it.
    pub center_id: Id,
    /// How it came in.
    pub channel: TicketChannel,
    /// What kind of difficulty.
    pub category: TicketCategory,
    /// How hard it is; known once triaged.
    pub tier: Option<TicketTier>,
    /// State.
    pub state: TicketState,
    /// Round of handling, from 1.
    pub round: i32,
    /// Rounds that the applicant was not satisfied with.
    pub dissatisfied: i32,
    /// Sheets that departments handed back.
    pub returns: i32,
    /// A coordination meeting has said what is to be done.
    pub coordinated: bool,
    /// The government has decided.
    pub decided: bool,
    /// The reform office leads.
    pub reform_led: bool,
    /// Cannot wait.
    pub urgent: bool,
    /// One of the callers is confidential.
    pub confidential: bool,
    /// About which item.
    pub item_id: Option<Id>,
    /// About which matter.
    pub entrustment_id: Option<Id>,
    /// Whoever met the applicant first.
    pub first_responder_id: Option<Id>,
    /// Who handles it at the center.
    pub handler_id: Option<Id>,
    /// The department that answers for it.
    pub lead_department_id: Option<Id>,
    /// The batch in which it goes to the government.
    pub batch_id: Option<Id>,
    /// The ticket that goes on for it.
    pub merged_into_id: Option<Id>,
    /// The case that was drawn from it.
    pub precedent_id: Option<Id>,
    /// Whose number its source is: a client's, or a center's.
    pub source_by: Option<Id>,
    /// Its number there.
    pub source: Option<String>,
    /// What people wrote.
    pub details: Private<TicketDetails>,
    /// Civil date of registration, `YYYY-MM-DD`.
    pub registered_on: String,
    /// Next deadline.
    pub due_at: Moment,
    /// When last classified.
    pub triaged_at: Option<Moment>,
    /// When cleared.
    pub cleared_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When registered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// Somebody who asked.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = ticket_callers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct TicketCaller {
    /// Identity.
    pub id: Id,
    /// The ticket under which it is handled.
    pub ticket_id: Id,
    /// The ticket that they registered.
    pub origin_id: Id,
    /// Their record, where they have one.
    pub applicant_id: Option<Id>,
    /// Whom to call.
    pub name: Sealed,
    /// Their telephone.
    pub phone: Sealed,
    /// Blind index of the telephone.
    pub phone_mark: String,
    /// Stays reachable, and is shown to nobody else.
    pub confidential: bool,
    /// Asks no longer.
    pub withdrawn_at: Option<Moment>,
    /// Since when.
    pub since: Moment,
    /// Blind index of the name.
    pub name_mark: String,
}

/// Once that a caller was asked, or could not be.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = ticket_contacts, treat_none_as_default_value = false)]
pub struct TicketContact {
    /// Identity.
    pub id: Id,
    /// Of which ticket.
    pub ticket_id: Id,
    /// Which caller.
    pub caller_id: Id,
    /// In which round.
    pub round: i32,
    /// What for.
    pub purpose: ContactPurpose,
    /// What they said.
    pub outcome: ContactOutcome,
    /// How they were asked.
    pub way: FeedbackWay,
    /// Who recorded it.
    pub staff_id: Option<Id>,
    /// When they were asked.
    pub contacted_at: Moment,
    /// What they said in words, and what proves it.
    pub words: Private<ContactWords>,
    /// When recorded.
    pub created_at: Moment,
}

/// A department that a ticket concerns.
#[derive(Clone, Copy, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = ticket_departments)]
pub struct TicketDepartment {
    /// Which ticket.
    pub ticket_id: Id,
    /// Which department.
    pub department_id: Id,
    /// It has, or had, a sheet.
    pub sees: bool,
}

/// By id.
pub fn ticket(tx: &mut Tx, id: Id) -> Result<Option<Ticket>> {
    Ok(fallback_tickets::table.find(id).select(Ticket::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn ticket_by_number(tx: &mut Tx, number: &str) -> Result<Option<Ticket>> {
    Ok(fallback_tickets::table.filter(fallback_tickets::number.eq(number)).select(Ticket::as_select()).first(tx.conn).optional()?)
}

/// By another system's number.
pub fn ticket_by_source(tx: &mut Tx, by: Id, source: &str) -> Result<Option<Ticket>> {
    let row = fallback_tickets::table.filter(fallback_tickets::source_by.eq(by)).filter(fallback_tickets::source.eq(source));
    Ok(row.select(Ticket::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn tickets_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Ticket>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(fallback_tickets::table.filter(fallback_tickets::id.eq_any(ids.to_vec())).select(Ticket::as_select()).load(tx.conn)?)
}

/// Number and id of the tickets that were merged into this one, oldest first.
pub fn merged_into(tx: &mut Tx, id: Id) -> Result<Vec<(Id, String)>> {
    let rows = fallback_tickets::table.filter(fallback_tickets::merged_into_id.eq(id)).order(fallback_tickets::id.asc());
    Ok(rows.select((fallback_tickets::id, fallback_tickets::number)).load(tx.conn)?)
}

/// A new ticket.
pub fn insert(tx: &mut Tx, row: &Ticket) -> Result<()> {
    diesel::insert_into(fallback_tickets::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a ticket whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Ticket) -> Result<bool> {
    let old = fallback_tickets::table.filter(fallback_tickets::id.eq(row.id)).filter(fallback_tickets::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// Who asks under a ticket, first comers first.
pub fn callers(tx: &mut Tx, ticket: Id) -> Result<Vec<TicketCaller>> {
    let rows = ticket_callers::table.filter(ticket_callers::ticket_id.eq(ticket)).order(ticket_callers::id.asc());
    Ok(rows.select(TicketCaller::as_select()).load(tx.conn)?)
}

/// Who asks under these tickets, or registered them.
pub fn callers_of(tx: &mut Tx, tickets: &[Id]) -> Result<Vec<TicketCaller>> {
    let rows = ticket_callers::table.filter(ticket_callers::ticket_id.eq_any(tickets.to_vec()).or(ticket_callers::origin_id.eq_any(tickets.to_vec())));
    Ok(rows.order(ticket_callers::id.asc()).select(TicketCaller::as_select()).load(tx.conn)?)
}

/// Who registered a ticket, wherever it is handled now.
pub fn callers_of_origin(tx: &mut Tx, ticket: Id) -> Result<Vec<TicketCaller>> {
    let rows = ticket_callers::table.filter(ticket_callers::origin_id.eq(ticket)).order(ticket_callers::id.asc());
    Ok(rows.select(TicketCaller::as_select()).load(tx.conn)?)
}

/// A caller.
pub fn caller(tx: &mut Tx, id: Id) -> Result<Option<TicketCaller>> {
    Ok(ticket_callers::table.find(id).select(TicketCaller::as_select()).first(tx.conn).optional()?)
}

/// Those who gave this telephone, newest first.
pub fn callers_by_phone(tx: &mut Tx, mark: &str, limit: i64) -> Result<Vec<TicketCaller>> {
    let rows = ticket_callers::table.filter(ticket_callers::phone_mark.eq(mark)).order(ticket_callers::id.desc()).limit(limit);
    Ok(rows.select(TicketCaller::as_select()).load(tx.conn)?)
}

/// Those who gave this name, newest first.
pub fn callers_by_name(tx: &mut Tx, mark: &str, limit: i64) -> Result<Vec<TicketCaller>> {
    let rows = ticket_callers::table.filter(ticket_callers::name_mark.eq(mark)).order(ticket_callers::id.desc()).limit(limit);
    Ok(rows.select(TicketCaller::as_select()).load(tx.conn)?)
}

/// A new caller.
pub fn insert_caller(tx: &mut Tx, row: &TicketCaller) -> Result<()> {
    diesel::insert_into(ticket_callers::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// A caller's particulars have changed.
pub fn save_caller(tx: &mut Tx, row: &TicketCaller) -> Result<()> {
    diesel::update(ticket_callers::table.find(row.id)).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// The callers of one ticket are another's from now on.
pub fn move_callers(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(ticket_callers::table.filter(ticket_callers::ticket_id.eq(from))).set(ticket_callers::ticket_id.eq(to)).execute(tx.conn)?;
    Ok(())
}

/// The calls of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(ticket_callers::table.filter(ticket_callers::applicant_id.eq(from))).set(ticket_callers::applicant_id.eq(to)).execute(tx.conn)?;
    Ok(())
}

/// The departments that tickets concern.
pub fn departments(tx: &mut Tx, tickets: &[Id]) -> Result<Vec<TicketDepartment>> {
    let rows = ticket_departments::table.filter(ticket_departments::ticket_id.eq_any(tickets.to_vec())).order(ticket_departments::department_id.asc());
    Ok(rows.select(TicketDepartment::as_select()).load(tx.conn)?)
}

/// Makes exactly these the departments that a ticket concerns.
pub fn set_departments(tx: &mut Tx, ticket: Id, rows: &[TicketDepartment]) -> Result<()> {
    diesel::delete(ticket_departments::table.filter(ticket_departments::ticket_id.eq(ticket))).execute(tx.conn)?;
    for row in rows {
        diesel::insert_into(ticket_departments::table).values(*row).execute(tx.conn)?;
    }
    Ok(())
}

/// How the callers of a ticket were asked, oldest first.
pub fn contacts(tx: &mut Tx, ticket: Id) -> Result<Vec<TicketContact>> {
    let rows = ticket_contacts::table.filter(ticket_contacts::ticket_id.eq(ticket)).order(ticket_contacts::id.asc());
    Ok(rows.select(TicketContact::as_select()).load(tx.conn)?)
}

/// A caller was asked.
pub fn insert_contact(tx: &mut Tx, row: &TicketContact) -> Result<()> {
    diesel::insert_into(ticket_contacts::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// What was said when a caller was asked is put otherwise.
pub fn save_contact(tx: &mut Tx, row: &TicketContact) -> Result<()> {
    diesel::update(ticket_contacts::table.filter(ticket_contacts::id.eq(row.id))).set(ticket_contacts::words.eq(row.words.clone())).execute(tx.conn)?;
    Ok(())
}

/// Of which tickets one counts: what some subjects see, registered within.
pub struct Counted<'a> {
    /// Who sees them.
    pub subjects: &'a [String],
    /// Registered from, and before.
    pub made: (Moment, Moment),
}

/// The tickets that are counted.
macro_rules! counted {
    ($counted:expr) => {{
        let seen = access::table.filter(access::subject.eq_any($counted.subjects.to_vec())).filter(access::kind.eq("fallback_ticket"));
        fallback_tickets::table
            .filter(fallback_tickets::id.eq_any(seen.select(access::record_id)))
            .filter(fallback_tickets::created_at.ge($counted.made.0))
            .filter(fallback_tickets::created_at.lt($counted.made.1))
    }};
}

/// State, category, tier and center of what is counted, with how many there are.
pub type Tally = (TicketState, TicketCategory, Option<TicketTier>, Id, i64);

/// Counts by state, category, tier and center, in one query.
pub fn tally(tx: &mut Tx, counted: &Counted) -> Result<Vec<Tally>> {
    use fallback_tickets as t;
    let by = (t::state, t::category, t::tier, t::center_id);
    Ok(counted!(counted).group_by(by).select((t::state, t::category, t::tier, t::center_id, count_star())).load(tx.conn)?)
}

/// Counts of those in some states by center and day of registration: they age.
pub fn tally_days(tx: &mut Tx, counted: &Counted, states: &[TicketState]) -> Result<Vec<(Id, String, i64)>> {
    use fallback_tickets as t;
    let rows = counted!(counted).filter(t::state.eq_any(states.to_vec())).group_by((t::center_id, t::registered_on));
    Ok(rows.select((t::center_id, t::registered_on, count_star())).load(tx.conn)?)
}

/// Counts of those in some states by center and department that they concern; each counts at each of its departments.
pub fn tally_departments(tx: &mut Tx, counted: &Counted, states: &[TicketState]) -> Result<Vec<(Id, Id, i64)>> {
    use fallback_tickets as t;
    let rows = counted!(counted).filter(t::state.eq_any(states.to_vec()));
    let rows = rows.inner_join(ticket_departments::table.on(ticket_departments::ticket_id.eq(t::id)));
    let rows = rows.group_by((t::center_id, ticket_departments::department_id));
    Ok(rows.select((t::center_id, ticket_departments::department_id, count_star())).load(tx.conn)?)
}

/// Those that are counted, oldest first.
pub fn counted(tx: &mut Tx, counted: &Counted, states: &[TicketState], limit: i64) -> Result<Vec<Ticket>> {
    use fallback_tickets as t;
    let rows = counted!(counted).filter(t::state.eq_any(states.to_vec()));
    Ok(rows.order(t::id.asc()).limit(limit).select(Ticket::as_select()).load(tx.conn)?)
}

/// How many are past their deadline, by center.
pub fn tally_overdue(tx: &mut Tx, counted: &Counted) -> Result<Vec<(Id, i64)>> {
    use fallback_tickets as t;
    let now = tx.now;
    Ok(counted!(counted).filter(t::due_at.le(now)).group_by(t::center_id).select((t::center_id, count_star())).load(tx.conn)?)
}
