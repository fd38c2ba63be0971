//! SQL of the monthly report: aggregates over what some subjects see. Each set of tickets comes first from the index of what
//! happened, and is then narrowed to what is seen.

use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::Bool,
};

use crate::{
    db::{
        Json, Result, Tx,
        schema::{access, assignment_sheets, clocks, events, fallback_tickets, ladder_rungs, precedents, ticket_contacts, ticket_departments},
    },
    kernel::{Id, Moment},
    precedents::PrecedentContent,
    sheets::store::{Rung, Sheet},
    tickets::{ContactOutcome, ContactPurpose, TicketCategory, machine::TicketTier},
};

/// Who sees what is counted, and from when, before when.
pub struct Asked<'a> {
    /// Subjects of the access table.
    pub subjects: &'a [String],
    /// From, and before.
    pub within: (Moment, Moment),
}

/// Which tickets.
#[derive(Clone, Copy)]
pub enum Set<'a> {
    /// Registered.
    Opened,
    /// To which something of these kinds happened.
    Happened(&'a [&'a str]),
    /// Whose limit, or whose sheet's, was missed.
    Overdue,
}

/// How many by category, tier and center; and by center and department.
pub type Tallies = (Vec<(TicketCategory, Option<TicketTier>, Id, i64)>, Vec<(Id, Id, i64)>);

/// What a kind of record the subjects see.
macro_rules! seen {
    ($asked:expr, $kind:literal) => {
        access::table.filter(access::subject.eq_any($asked.subjects.to_vec())).filter(access::kind.eq($kind)).select(access::record_id)
    };
}

/// The tallies of a query of tickets.
macro_rules! tallies {
    ($tx:expr, $rows:expr) => {{
        use fallback_tickets as t;
        let whole = $rows.group_by((t::category, t::tier, t::center_id)).select((t::category, t::tier, t::center_id, count_star())).load($tx.conn)?;
        let concerned = $rows.inner_join(ticket_departments::table.on(ticket_departments::ticket_id.eq(t::id)));
        let by = (t::center_id, ticket_departments::department_id);
        let departments = concerned.group_by(by).select((t::center_id, ticket_departments::department_id, count_star())).load($tx.conn)?;
        Ok((whole, departments))
    }};
}

/// Counts a set of tickets, each once.
pub fn tally(tx: &mut Tx, asked: &Asked, set: Set) -> Result<Tallies> {
    use fallback_tickets as t;
    let (from, before) = asked.within;
    let all = || t::table.filter(t::id.eq_any(seen!(asked, "fallback_ticket")));
    match set {
        Set::Opened => {
            let rows = || all().filter(t::created_at.ge(from)).filter(t::created_at.lt(before));
            tallies!(tx, rows())
        }
        Set::Happened(kinds) => {
            let happened = || {
                // In words, so that both engines know the index is of these.
                let of_tickets = events::table.filter(sql::<Bool>("events.record_kind = 'fallback_ticket'"));
                let of_kinds = of_tickets.filter(events::kind.eq_any(kinds.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>()));
                of_kinds.filter(events::occurred_at.ge(from)).filter(events::occurred_at.lt(before)).select(events::record_id)
            };
            let rows = || all().filter(t::id.eq_any(happened()));
            tallies!(tx, rows())
        }
        Set::Overdue => {
            let missed = |of: &'static str| {
                let rows = clocks::table.filter(clocks::record_kind.eq(of)).filter(clocks::breached_at.ge(from));
                rows.filter(clocks::breached_at.lt(before)).select(clocks::record_id)
            };
            let late = || assignment_sheets::table.filter(assignment_sheets::id.eq_any(missed("assignment_sheet"))).select(assignment_sheets::ticket_id);
            let rows = || all().filter(t::id.eq_any(missed("fallback_ticket")).or(t::id.eq_any(late())));
            tallies!(tx, rows())
        }
    }
}

/// What applicants said when they were asked about the result, by center.
pub fn said(tx: &mut Tx, asked: &Asked) -> Result<Vec<(Id, ContactOutcome, i64)>> {
    use fallback_tickets as t;
    use ticket_contacts as c;
    let within = c::table.filter(c::contacted_at.ge(asked.within.0)).filter(c::contacted_at.lt(asked.within.1));
    let rows = within.filter(c::purpose.eq(ContactPurpose::Feedback)).inner_join(t::table.on(t::id.eq(c::ticket_id)));
    let rows = rows.filter(t::id.eq_any(seen!(asked, "fallback_ticket")));
    Ok(rows.group_by((t::center_id, c::outcome)).select((t::center_id, c::outcome, count_star())).load(tx.conn)?)
}

/// Sheets that were past their deadline at some moment of it, most overdue first.
pub fn overdue_sheets(tx: &mut Tx, asked: &Asked, center: Option<Id>, limit: i64) -> Result<Vec<Sheet>> {
    use assignment_sheets as s;
    let (from, before) = asked.within;
    let with: Vec<_> = <crate::sheets::machine::SheetState as crate::kernel::Code>::ALL.iter().copied().filter(|state| state.is_with_department()).collect();
    let late = s::table.filter(s::id.eq_any(seen!(asked, "assignment_sheet"))).filter(s::issued_at.is_not_null()).filter(s::due_at.lt(before));
    let replied = s::replied_at.is_not_null().and(s::replied_at.gt(s::due_at.nullable())).and(s::replied_at.ge(from));
    let mut rows = late.filter(s::state.eq_any(with).or(replied.assume_not_null())).order((s::due_at.asc(), s::id.asc())).limit(limit).into_boxed();
    if let Some(center) = center {
        rows = rows.filter(s::center_id.eq(center));
    }
    Ok(rows.select(Sheet::as_select()).load(tx.conn)?)
}

/// Rungs whose time came in it, oldest first.
pub fn rungs(tx: &mut Tx, asked: &Asked, center: Option<Id>, limit: i64) -> Result<Vec<Rung>> {
    use ladder_rungs as r;
    let within = r::table.filter(r::due_at.ge(asked.within.0)).filter(r::due_at.lt(asked.within.1));
    let mut rows = within.filter(r::id.eq_any(seen!(asked, "ladder_rung"))).order((r::due_at.asc(), r::id.asc())).limit(limit).into_boxed();
    if let Some(center) = center {
        rows = rows.filter(r::center_id.eq(center));
    }
    Ok(rows.select(Rung::as_select()).load(tx.conn)?)
}

/// A precedent's id, number, text and the day of its publication.
pub type Published = (Id, String, Option<Json<PrecedentContent>>, Option<Moment>);

/// Precedents that were published in it and still are, oldest first.
pub fn published(tx: &mut Tx, asked: &Asked, center: Option<Id>, limit: i64) -> Result<Vec<Published>> {
    use precedents as p;
    let within = p::table.filter(p::published_at.ge(asked.within.0)).filter(p::published_at.lt(asked.within.1)).filter(p::public.eq(true));
    let mut rows = within.filter(p::id.eq_any(seen!(asked, "precedent"))).order((p::published_at.asc(), p::id.asc())).limit(limit).into_boxed();
    if let Some(center) = center {
        rows = rows.filter(p::center_id.eq(center));
    }
    Ok(rows.select((p::id, p::number, p::published, p::published_at)).load(tx.conn)?)
}
