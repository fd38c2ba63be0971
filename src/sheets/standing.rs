//! How a department stands: what is with it, how it kept its deadlines, and which rungs hold against it.

use chrono::{Datelike as _, Days, NaiveDate};
use serde::Serialize;

use super::{
    listing,
    store::{self, Tally},
    views::{DepartmentBrief, RungView},
};
use crate::{
    access::Sight,
    auth::{Actor, Reachable, policy},
    clocks::midnight,
    db::{Result, Tx},
    kernel::{ErrorCode, Moment, Problem},
    organization::{self, CenterBrief},
};

/// Rungs that are shown; the count is of all.
const MOST_RUNGS: i64 = 200;
/// The longest period, in days.
const LONGEST: i64 = 3_660;

/// A department's standing, from its record of assignment sheets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DepartmentStanding {
    /// Which department.
    pub department: DepartmentBrief,
    /// The center of its division.
    pub center: CenterBrief,
    /// First day of the period.
    pub from: NaiveDate,
    /// Last day of the period.
    pub to: NaiveDate,
    /// Sheets that are with it now.
    pub open: i64,
    /// Of these, past their deadline.
    pub overdue: i64,
    /// Sheets it replied to in the period, in time.
    pub on_time: i64,
    /// Sheets it replied to in the period, late.
    pub late: i64,
    /// In time, of all that were replied to in the period or are past their deadline, in per cent; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 87.5)]
    pub on_time_rate: Option<f64>,
    /// Sheets it returned in the period.
    pub returns: i64,
    /// How many rungs hold against it.
    pub rungs: i64,
    /// The rungs that hold against it, oldest first.
    #[schema(max_items = 200)]
    pub rungs_in_force: Vec<RungView>,
    /// As of when.
    pub as_of: Moment,
}

/// The standing of a department in a period: from the beginning of the year until today, where none is named.
pub fn standing(tx: &mut Tx, actor: &Actor, reference: &str, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<DepartmentStanding> {
    let id = reference.parse().map_err(|_| Problem::not_found())?;
    let department = organization::department(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, department.center_id)?;
    let near = Reachable { centers: vec![center.id], path: &center.path, departments: vec![id], ..Reachable::default() };
    if !policy::allows(actor, "department_standing", "read", &near) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let today = tx.now.local_date();
    let to = to.unwrap_or(today);
    let from = from.unwrap_or_else(|| NaiveDate::from_ymd_opt(to.year(), 1, 1).unwrap_or(to));
    if !(0..=LONGEST).contains(&(to - from).num_days()) {
        return Err(Problem::parameter("to", "range", "截止日期应不早于起始日期，且在十年之内。", "Not before from, within ten years.").into());
    }
    let after = to.checked_add_days(Days::new(1)).unwrap_or(to);
    let Tally { open, overdue, in_time, late, returned, rungs } = store::tally(tx, id, midnight(from), midnight(after))?;
    let held = store::in_force(tx, id, MOST_RUNGS)?;
    let rungs_in_force = listing::rung_views(tx, held.into_iter().map(|row| (row, Sight::masked(true))).collect())?;
    Ok(DepartmentStanding {
        department: DepartmentBrief { id, name: department.name },
        center: CenterBrief::from(&center),
        from,
        to,
        open,
        overdue,
        on_time: in_time,
        late,
        on_time_rate: rate(in_time, late + overdue),
        returns: returned,
        rungs,
        rungs_in_force,
        as_of: tx.now,
    })
}

/// In per cent, with one digit after the point.
fn rate(good: i64, bad: i64) -> Option<f64> {
    let (good, all) = (u32::try_from(good).ok()?, u32::try_from(good + bad).ok()?);
    (all > 0).then(|| (f64::from(good) * 1000.0 / f64::from(all)).round() / 10.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn rates() {
        assert_eq!((super::rate(7, 1), super::rate(0, 0), super::rate(0, 3), super::rate(1, 2)), (Some(87.5), None, Some(0.0), Some(33.3)));
    }
}
