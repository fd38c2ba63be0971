//! SQL of windows, places and appointments.

use diesel::prelude::*;

use super::{
    machine::AppointmentState,
    model::{Appointment, Window, WindowKind},
};
use crate::{
    db::{
        Result, Tx, dialect,
        schema::{appointments, window_places, windows},
    },
    kernel::{Id, Moment},
};

/// One window.
pub fn window(tx: &mut Tx, id: Id) -> Result<Option<Window>> {
    Ok(windows::table.filter(windows::id.eq(id)).select(Window::as_select()).first(tx.conn).optional()?)
}

/// The visits of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(appointments::table.filter(appointments::applicant_id.eq(from))).set(appointments::applicant_id.eq(to)).execute(tx.conn)?;
    Ok(())
}

/// Several, by id.
pub fn windows_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Window>> {
    Ok(windows::table.filter(windows::id.eq_any(ids.to_vec())).select(Window::as_select()).load(tx.conn)?)
}

/// The windows of a center, newest first.
pub fn windows(tx: &mut Tx, center: Id, kinds: &[WindowKind], after: Option<Id>, limit: i64) -> Result<Vec<Window>> {
    let mut q = windows::table.filter(windows::center_id.eq(center)).select(Window::as_select()).order(windows::id.desc()).limit(limit).into_boxed();
    if !kinds.is_empty() {
        q = q.filter(windows::kind.eq_any(kinds.to_vec()));
    }
    if let Some(id) = after {
        q = q.filter(windows::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// A new window.
pub fn insert_window(tx: &mut Tx, row: &Window) -> Result<()> {
    diesel::insert_into(windows::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a window whose version was counted up by one.
pub fn save_window(tx: &mut Tx, row: &Window) -> Result<bool> {
    use windows as w;
    let changed = diesel::update(w::table.filter(w::id.eq(row.id)).filter(w::version.eq(row.version - 1)))
        .set((
            w::kind.eq(row.kind),
            w::name.eq(row.name.clone()),
            w::status.eq(row.status),
            w::hours.eq(row.hours.clone()),
            w::staffing.eq(row.staffing.clone()),
            w::version.eq(row.version),
            w::updated_at.eq(row.updated_at),
        ))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// How many have booked each place between two moments.
pub fn booked(tx: &mut Tx, window: Id, from: Moment, to: Moment) -> Result<Vec<(Moment, i32)>> {
    use window_places as p;
    Ok(p::table.filter(p::window_id.eq(window)).filter(p::start_at.ge(from)).filter(p::start_at.lt(to)).select((p::start_at, p::booked)).load(tx.conn)?)
}

/// Takes a place; `false` when all are taken. One statement decides, whoever races.
pub fn take_place(tx: &mut Tx, window: Id, start: Moment, capacity: i32) -> Result<bool> {
    use window_places as p;
    dialect::know_place(tx.conn, window.as_str(), start)?;
    let free = p::table.filter(p::window_id.eq(window)).filter(p::start_at.eq(start)).filter(p::booked.lt(capacity));
    Ok(diesel::update(free).set(p::booked.eq(p::booked + 1)).execute(tx.conn)? == 1)
}

/// Gives a place back.
pub fn release_place(tx: &mut Tx, window: Id, start: Moment) -> Result<()> {
    use window_places as p;
    let taken = p::table.filter(p::window_id.eq(window)).filter(p::start_at.eq(start)).filter(p::booked.gt(0));
    diesel::update(taken).set(p::booked.eq(p::booked - 1)).execute(tx.conn)?;
    Ok(())
}

/// By id.
pub fn appointment(tx: &mut Tx, id: Id) -> Result<Option<Appointment>> {
    Ok(appointments::table.filter(appointments::id.eq(id)).select(Appointment::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn appointment_by_number(tx: &mut Tx, number: &str) -> Result<Option<Appointment>> {
    Ok(appointments::table.filter(appointments::number.eq(number)).select(Appointment::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn appointments_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Appointment>> {
    Ok(appointments::table.filter(appointments::id.eq_any(ids.to_vec())).select(Appointment::as_select()).load(tx.conn)?)
}

/// A new appointment.
pub fn insert(tx: &mut Tx, row: &Appointment) -> Result<()> {
    diesel::insert_into(appointments::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an appointment whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Appointment) -> Result<bool> {
    let changed = diesel::update(appointments::table.filter(appointments::id.eq(row.id)).filter(appointments::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// How many bookings of a telephone, in this state, begin in a time.
pub fn count_of_phone(tx: &mut Tx, mark: &str, state: AppointmentState, from: Moment, to: Moment) -> Result<i64> {
    Ok(appointments::table
        .filter(appointments::phone_mark.eq(mark))
        .filter(appointments::start_at.ge(from))
        .filter(appointments::start_at.lt(to))
        .filter(appointments::state.eq(state))
        .count()
        .get_result(tx.conn)?)
}

/// Bookings of a window that are still to come.
pub fn booked_from(tx: &mut Tx, window: Id, from: Moment) -> Result<Vec<Appointment>> {
    Ok(appointments::table
        .filter(appointments::window_id.eq(window))
        .filter(appointments::state.eq(AppointmentState::Booked))
        .filter(appointments::start_at.gt(from))
        .order(appointments::start_at.asc())
        .select(Appointment::as_select())
        .load(tx.conn)?)
}

/// Bookings whose time is over and that nobody came to.
pub fn missed(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Appointment>> {
    Ok(appointments::table
        .filter(appointments::state.eq(AppointmentState::Booked))
        .filter(appointments::end_at.le(now))
        .order(appointments::end_at.asc())
        .limit(limit)
        .select(Appointment::as_select())
        .load(tx.conn)?)
}

/// Bookings that begin soon and that nobody was reminded of.
pub fn to_remind(tx: &mut Tx, now: Moment, until: Moment, limit: i64) -> Result<Vec<Appointment>> {
    Ok(appointments::table
        .filter(appointments::state.eq(AppointmentState::Booked))
        .filter(appointments::reminded_at.is_null())
        .filter(appointments::start_at.gt(now))
        .filter(appointments::start_at.le(until))
        .order(appointments::start_at.asc())
        .limit(limit)
        .select(Appointment::as_select())
        .load(tx.conn)?)
}
