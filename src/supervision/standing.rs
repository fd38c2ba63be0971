//! How departments and centers stand over a period: the limits that were charged to departments, and the orders that each of
//! them was given.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::store::{self, Ordered};
use crate::{
    auth::Actor,
    clocks::{self, DepartmentLimits, midnight},
    db::{Result, Tx},
    kernel::{Id, Moment, Problem},
    organization::{self, Center, CenterBrief},
};

/// The longest period, in days.
const LONGEST: i64 = 3_660;

/// Limits of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LimitsKept {
    /// Ended in the period, in time.
    pub kept: i64,
    /// Ended in the period, late.
    pub missed: i64,
    /// Not ended at the end of the period, and past their end.
    pub late: i64,
}

/// Orders issued in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrdersGiven {
    /// Issued, without those withdrawn.
    pub issued: i64,
    /// Of these, answered late or not answered though it is time.
    pub late: i64,
    /// Of these, with an answer that was sent back.
    pub sent_back: i64,
    /// Of these, not closed.
    pub open: i64,
}

impl OrdersGiven {
    fn add(&mut self, o: &Ordered) {
        self.issued += o.issued;
        self.late += o.late;
        self.sent_back += o.sent_back;
        self.open += o.open;
    }
}

/// A department's standing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DepartmentOverview {
    /// Identity.
    pub id: Id,
    /// Name.
    #[schema(example = "如东县市场监督管理局")]
    pub name: String,
    /// The limits charged to it.
    pub limits: LimitsKept,
    /// In time, of all that ended or are late, in percent; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 95.83)]
    pub on_time_rate: Option<f64>,
    /// The orders it was given.
    pub orders: OrdersGiven,
}

/// A center's standing, with all below it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CenterOverview {
    /// Which.
    pub center: CenterBrief,
    /// The orders that it and all below it were given, without those of departments.
    pub orders: OrdersGiven,
}

/// How departments and centers stand.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SupervisionStandings {
    /// Of which center and all below it.
    pub center: CenterBrief,
    /// From this day.
    pub from: NaiveDate,
    /// Before this day.
    pub to: NaiveDate,
    /// Departments that owed something: who kept least of it first, then who is late most often.
    pub departments: Vec<DepartmentOverview>,
    /// The center itself and those right below that were given orders; most late first.
    pub centers: Vec<CenterOverview>,
    /// As of when.
    pub as_of: Moment,
}

/// The standings of a center (the caller's own where none is named) in a period: this year until today, where none is named.
pub fn standings(tx: &mut Tx, actor: &Actor, reference: Option<&str>, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<SupervisionStandings> {
    let center = organization::asked(tx, actor, "supervision_wall", reference)?;
    let tomorrow = tx.now.local_date() + chrono::Days::new(1);
    let to = to.unwrap_or(tomorrow);
    let from = from.unwrap_or_else(|| NaiveDate::from_ymd_opt(to.year(), 1, 1).unwrap_or(to));
    if !(1..=LONGEST).contains(&(to - from).num_days()) {
        return Err(Problem::parameter("to", "range", "止日（不含）应晚于起日，且在十年之内。", "After from, within ten years.").into());
    }
    let departments = departments(tx, &center, from, to)?;
    let centers = centers(tx, &center, from, to)?;
    Ok(SupervisionStandings { center: CenterBrief::from(&center), from, to, departments, centers, as_of: tx.now })
}

fn rate(limits: LimitsKept) -> Option<f64> {
    let all = limits.kept + limits.missed + limits.late;
    #[expect(clippy::cast_precision_loss, reason = "counts of limits")]
    let rate = (all > 0).then(|| (limits.kept as f64 * 10_000.0 / all as f64).round() / 100.0);
    rate
}

/// The departments at or below a center that owed something in a period.
pub fn departments(tx: &mut Tx, center: &Center, from: NaiveDate, to: NaiveDate) -> Result<Vec<DepartmentOverview>> {
    let within = (midnight(from), midnight(to));
    let mut all: BTreeMap<Id, (LimitsKept, OrdersGiven)> = BTreeMap::new();
    for DepartmentLimits { department_id, kept, missed, late } in clocks::of_departments(tx, &center.path, within)? {
        all.entry(department_id).or_default().0 = LimitsKept { kept, missed, late };
    }
    for o in store::ordered(tx, &center.path, within)? {
        if let Some(id) = o.department_id {
            all.entry(id).or_default().1.add(&o);
        }
    }
    let ids: Vec<Id> = all.keys().copied().collect();
    let mut told: Vec<DepartmentOverview> = organization::store::departments_by_id(tx, &ids)?
        .into_iter()
        .map(|d| {
            let (limits, orders) = all.get(&d.id).copied().unwrap_or_default();
            DepartmentOverview { id: d.id, name: d.name, limits, on_time_rate: rate(limits), orders }
        })
        .collect();
    told.sort_by(|a, b| {
        let order = |d: &DepartmentOverview| d.on_time_rate.unwrap_or(101.0);
        order(a).total_cmp(&order(b)).then((b.limits.late, b.orders.late).cmp(&(a.limits.late, a.orders.late))).then(a.id.cmp(&b.id))
    });
    Ok(told)
}

/// The center itself and those right below it that were given orders.
fn centers(tx: &mut Tx, center: &Center, from: NaiveDate, to: NaiveDate) -> Result<Vec<CenterOverview>> {
    let given = store::ordered(tx, &center.path, (midnight(from), midnight(to)))?;
    let mut heads = organization::store::children(tx, center.id)?;
    heads.push(center.clone());
    let ids: Vec<Id> = given.iter().map(|o| o.center_id).collect();
    let paths: BTreeMap<Id, String> = organization::store::centers_by_id(tx, &ids)?.into_iter().map(|c| (c.id, c.path)).collect();
    let mut all: BTreeMap<Id, OrdersGiven> = BTreeMap::new();
    for o in given.iter().filter(|o| o.department_id.is_none()) {
        // The center itself comes last: whatever lies below it lies below one of those before.
        let head = paths.get(&o.center_id).and_then(|path| heads.iter().find(|head| path.starts_with(&head.path)));
        if let Some(head) = head {
            all.entry(head.id).or_default().add(o);
        }
    }
    let told = heads.iter().filter_map(|c| Some(CenterOverview { center: CenterBrief::from(c), orders: *all.get(&c.id)? }));
    let mut told: Vec<CenterOverview> = told.collect();
    told.sort_by_key(|c| std::cmp::Reverse((c.orders.late, c.orders.sent_back, c.orders.issued)));
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_counts_against() {
        let limits = |kept, missed, late| LimitsKept { kept, missed, late };
        assert_eq!((rate(limits(7, 1, 0)), rate(limits(0, 0, 0)), rate(limits(0, 0, 3)), rate(limits(1, 1, 1))), (Some(87.5), None, Some(0.0), Some(33.33)));
    }
}
