//! When a plan will be done as things stand, and which steps say so. Pure: the calendar is given.

use chrono::NaiveDate;

use super::{machine::StepState, plan::limit_of, recorded::StepRecord, store::StepRow};
use crate::clocks::{self, WorkCalendar};

/// A forecast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// The day on which the last step is expected to be decided.
    pub finish: Option<NaiveDate>,
    /// Codes of the steps that this day hangs on, first to last: what makes one of them later makes the whole later.
    pub critical: Vec<String>,
}

/// When each step ends and on which earlier one that hangs.
struct Expected<'a> {
    code: &'a str,
    end: NaiveDate,
    after: Option<usize>,
}

/// Goes through the steps in their order, each after those it depends on: what is decided keeps its day; what the
/// authority has ends by its limit, and not before today; what is planned begins when the last step before it ends.
pub fn forecast(steps: &[(StepRow, StepRecord)], calendar: &WorkCalendar, today: NaiveDate) -> Forecast {
    let mut expected: Vec<Expected> = Vec::with_capacity(steps.len());
    for (row, record) in steps {
        let before = expected.iter().enumerate().filter(|(_, e)| record.depends_on.iter().any(|d| d == e.code)).max_by_key(|(_, e)| e.end);
        let after = before.map(|(i, _)| i);
        let begin = before.map_or(today, |(_, e)| e.end.max(today));
        let by_limit = |from: NaiveDate| {
            let nine = clocks::utc(from.and_hms_opt(9, 0, 0).unwrap_or_default());
            clocks::local(calendar.deadline(nine, limit_of(row), &[]).due).date()
        };
        let end = match (row.state.has_ended(), record.decided_at, record.accepted_at) {
            (true, Some(at), _) => at.local_date(),
            (true, None, _) => today,
            (false, _, Some(at)) if row.state == StepState::DeptAccepted => by_limit(at.local_date()).max(today),
            // What waits for nothing but its day keeps that day; what follows others begins when they end.
            _ if after.is_none() => by_limit(begin.max(planned_start(row).unwrap_or(begin))),
            _ => by_limit(begin),
        };
        expected.push(Expected { code: &row.code, end, after });
    }
    let mut at = expected.iter().enumerate().max_by_key(|(_, e)| e.end).map(|(i, _)| i);
    let finish = at.and_then(|i| expected.get(i)).map(|e| e.end);
    let mut critical = Vec::new();
    while let Some(step) = at.and_then(|i| expected.get(i)) {
        critical.push(step.code.to_owned());
        at = step.after;
    }
    critical.reverse();
    Forecast { finish, critical }
}

fn planned_start(row: &StepRow) -> Option<NaiveDate> {
    row.planned_start.as_deref()?.parse().ok()
}
