//! Time limits: the working calendar (pure), and the clocks that run on records.

pub mod api;
mod service;
pub mod store;
mod workdays;

pub use crate::kernel::{BusinessHours, Limit, Unit};
pub use service::{
    ClockKind, ClockState, ClockView, Moved, anything_due, calendar, charge, charged, explained, extend, extend_one, keep_running, late_without, load_year,
    moved_done, nearest_due, next_moved, next_workday, of_departments, of_record, pause, pause_one, recompute, reopen, resume, resume_one, running, start,
    start_named, start_until, stop, stop_all, stop_one, sweep, workday_from,
};
pub use store::{ChargedClocks, DepartmentLimits, LateClock, LateLimit, Running, RunningClock, Which, charge as charge_some, late_at, of_kinds, with_open};
pub use workdays::{CalendarFileError, DayKind, Deadline, ExplainedDay, Pause, WorkCalendar, YearRule, local, midnight, utc};
