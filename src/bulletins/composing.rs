//! Composes what a bulletin says in figures and names: as it stood when the period ended. What is composed is kept, so that a
//! published bulletin never changes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::naming;
use crate::{
    clocks::{self, ClockKind, LateClock, midnight},
    db::{Result, Tx},
    entrustments,
    indicators::Indicator,
    kernel::{Code as _, Id, Moment, Month},
    organization::{self, Center},
    sheets,
    statistics::{self, PublicMonth, StatisticsFigure},
    supervision::{self, DepartmentOverview, store as orders},
};

/// Named are up to so many of each kind; all of them are counted.
const NAMED: i64 = 200;

/// Figures of the whole.
const WHOLE: &[Indicator] = &[
    Indicator::ReceivedMatters,
    Indicator::AcceptedMatters,
    Indicator::CompletedMatters,
    Indicator::AcceptOnTimeRate,
    Indicator::OnTimeRate,
    Indicator::OverdueMatters,
    Indicator::WorkUnits,
    Indicator::SatisfactionRate,
    Indicator::ParticipationRate,
    Indicator::BadRatings,
    Indicator::TicketsRegistered,
    Indicator::TicketsCleared,
    Indicator::TicketsUpheld,
    Indicator::ClearanceRate,
    Indicator::ResponseRate,
    Indicator::ResolutionRate,
    Indicator::SheetOnTimeRate,
    Indicator::OverdueSheets,
];

/// Figures that centers are told apart by.
const CENTERS: &[Indicator] = &[
    Indicator::ReceivedMatters,
    Indicator::CompletedMatters,
    Indicator::OnTimeRate,
    Indicator::OverdueMatters,
    Indicator::SatisfactionRate,
    Indicator::ParticipationRate,
    Indicator::ClearanceRate,
];

/// A figure beside the one of the period before.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BulletinFigure {
    /// Of the period.
    pub now: StatisticsFigure,
    /// Of the period before, that was as long.
    pub before: StatisticsFigure,
}

/// A center's figures.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BulletinCenter {
    /// Identity.
    pub id: Id,
    /// Name.
    #[schema(example = "如东县政务服务中心")]
    pub name: String,
    /// With all below it.
    pub figures: Vec<StatisticsFigure>,
}

/// Something overdue, named: by number and by who must act, never by its applicant.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedOverdue {
    /// Identity.
    pub id: Id,
    /// Number.
    #[schema(example = "DB-320623-20260105-000001-101")]
    pub number: String,
    /// The item, or what the record is.
    #[schema(example = "企业投资项目备案")]
    pub title: String,
    /// Which limit, in Chinese, where it is not told by the list that it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "受理时限")]
    pub limit_label: Option<String>,
    /// Who must act.
    #[schema(example = "如东县政务服务中心")]
    pub responsible: String,
    /// Until when it was due.
    pub due_at: Moment,
    /// Days past that at the end of the period.
    #[schema(example = 5)]
    pub days_late: i64,
    /// When it was done after all, as far as known when composed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Moment>,
}

/// A supervision order, named.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedOrder {
    /// Identity.
    pub id: Id,
    /// Number.
    #[schema(example = "DC-320623-20260105-000001-101")]
    pub number: String,
    /// Who is supervised.
    pub to: String,
    /// Why, in Chinese.
    pub reason_label: String,
    /// How it stands, in Chinese.
    pub state_label: String,
    /// Answered late, or late when composed.
    pub late: bool,
}

/// What a bulletin says in figures and names.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BulletinBody {
    /// When it was composed.
    pub composed_at: Moment,
    /// What happened until then is counted.
    pub as_of: Moment,
    /// Everything was counted.
    pub complete: bool,
    /// The whole, beside the period before.
    pub figures: Vec<BulletinFigure>,
    /// The center itself and those right below it: best kept limits first.
    pub centers: Vec<BulletinCenter>,
    /// Departments that owed something: least kept first.
    pub departments: Vec<DepartmentOverview>,
    /// Matters past their promised limit at the end of the period: the longest past first, up to 200.
    pub overdue_matters: Vec<NamedOverdue>,
    /// Assignment sheets past their limit at the end of the period.
    pub overdue_sheets: Vec<NamedOverdue>,
    /// Whatever other limit was past at the end of the period, such as those to accept or to answer a transfer: the longest past
    /// first, up to 200.
    #[serde(default)]
    pub overdue_limits: Vec<NamedOverdue>,
    /// Supervision orders issued in the period, or open at its end: late ones first.
    pub orders: Vec<NamedOrder>,
    /// What everybody may be told, month by month.
    pub published: Vec<PublicMonth>,
    /// Charts of the same figures.
    pub charts: Vec<String>,
}

/// Whole months, as days from the first to before the last.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// First month.
    pub first: Month,
    /// Last month.
    pub last: Month,
}

impl Period {
    /// The period before, as long.
    fn before(self) -> Self {
        let months = self.last.since(self.first) + 1;
        Self { first: self.first.plus(-months), last: self.first.plus(-1) }
    }

    /// Its first day, and the first after it.
    fn days(self) -> (NaiveDate, NaiveDate) {
        (self.first.first(), self.last.end())
    }
}

/// Everything of a center and a period.
pub fn compose(tx: &mut Tx, center: &Center, period: Period) -> Result<BulletinBody> {
    let (from, to) = period.days();
    let now = statistics::of_center(tx, center, false, (from, to), WHOLE)?;
    let before = statistics::of_center(tx, center, false, period.before().days(), WHOLE)?;
    let figures = now.into_iter().zip(before).map(|(now, before)| BulletinFigure { now, before }).collect();
    let end = midnight(to);
    let (as_of, complete) = statistics::counted(tx)?;
    let trend = |indicator: Indicator| {
        let from = period.last.plus(-11).first();
        format!("/api/v1/statistics/trend/chart?indicator={}&center={}&from={from}&to={to}", indicator.code(), center.id)
    };
    let mut charts: Vec<String> = [Indicator::CompletedMatters, Indicator::OnTimeRate, Indicator::SatisfactionRate].into_iter().map(trend).collect();
    charts.push(format!("/api/v1/statistics/relay/chart?center={}&from={from}&to={to}", center.id));
    Ok(BulletinBody {
        composed_at: tx.now,
        as_of,
        complete,
        figures,
        centers: centers(tx, center, period)?,
        departments: supervision::department_overviews(tx, center, from, to)?,
        overdue_matters: matters(tx, center, end)?,
        overdue_sheets: overdue_sheets(tx, center, end)?,
        overdue_limits: overdue_limits(tx, center, end)?,
        orders: named_orders(tx, center, (midnight(from), end))?,
        published: statistics::published_months(tx, center, from, to)?,
        charts,
    })
}

fn centers(tx: &mut Tx, center: &Center, period: Period) -> Result<Vec<BulletinCenter>> {
    let (from, to) = period.days();
    let own = statistics::of_center(tx, center, true, (from, to), CENTERS)?;
    let mut all = vec![BulletinCenter { id: center.id, name: format!("{}（本级）", center.name), figures: own }];
    for child in organization::store::children(tx, center.id)?.into_iter().filter(|c| c.status == "active") {
        let figures = statistics::of_center(tx, &child, false, (from, to), CENTERS)?;
        all.push(BulletinCenter { id: child.id, name: child.name, figures });
    }
    let kept = |c: &BulletinCenter| c.figures.iter().find(|f| f.indicator == Indicator::OnTimeRate).and_then(|f| f.rate);
    // Who has nothing to be judged by comes last.
    all.sort_by(|a, b| kept(b).unwrap_or(-1.0).total_cmp(&kept(a).unwrap_or(-1.0)).then_with(|| a.name.cmp(&b.name)));
    Ok(all)
}

/// Whole days from a due day to the last day of a period, which ends before `end`.
fn days_late(due: Moment, end: Moment) -> i64 {
    (end.local_date() - due.local_date()).num_days() - 1
}

/// Names of whoever must act.
fn responsible(tx: &mut Tx, late: &[LateClock]) -> Result<BTreeMap<Id, String>> {
    let ids: Vec<Id> = late.iter().map(|c| c.department_id.unwrap_or(c.center_id)).collect();
    organization::names(tx, &ids)
}

fn overdue(c: &LateClock, (number, title): (String, String), responsible: String, end: Moment) -> NamedOverdue {
    NamedOverdue {
        id: c.record_id,
        number,
        title,
        limit_label: None,
        responsible,
        due_at: c.due_at,
        days_late: days_late(c.due_at, end),
        done_at: c.stopped_at,
    }
}

/// Named apart: promises, sheets, orders; and what an assessment has to decide is its own.
const APART: &[ClockKind] = &[ClockKind::Promise, ClockKind::Sheet, ClockKind::Supervision, ClockKind::SupervisionSignIn, ClockKind::ObjectionDecision];

fn overdue_limits(tx: &mut Tx, center: &Center, end: Moment) -> Result<Vec<NamedOverdue>> {
    let late = clocks::late_without(tx, &center.path, APART, end, NAMED)?;
    let rows = naming::names(tx, &late)?;
    let names = responsible(tx, &late.iter().map(|l| l.late.clone()).collect::<Vec<_>>())?;
    let one = |l: &clocks::LateLimit| {
        let responsible = names.get(&l.late.department_id.unwrap_or(l.late.center_id)).cloned().unwrap_or_default();
        let named = overdue(&l.late, rows.get(&l.late.record_id)?.clone(), responsible, end);
        Some(NamedOverdue { limit_label: Some(l.kind.label().into()), ..named })
    };
    Ok(late.iter().filter_map(one).collect())
}

fn named(late: &[LateClock], names: &BTreeMap<Id, String>, end: Moment, of: impl Fn(Id) -> Option<(String, String)>) -> Vec<NamedOverdue> {
    let one = |c: &LateClock| {
        let (number, title) = of(c.record_id)?;
        let responsible = names.get(&c.department_id.unwrap_or(c.center_id)).cloned().unwrap_or_default();
        Some(overdue(c, (number, title), responsible, end))
    };
    late.iter().filter_map(one).collect()
}

fn matters(tx: &mut Tx, center: &Center, end: Moment) -> Result<Vec<NamedOverdue>> {
    let late = clocks::late_at(tx, &center.path, ClockKind::Promise, end, NAMED)?;
    let names = responsible(tx, &late)?;
    let ids: Vec<Id> = late.iter().map(|c| c.record_id).collect();
    let rows: BTreeMap<Id, (String, String)> = entrustments::store::entrustments_by_id(tx, &ids)?.into_iter().map(|e| (e.id, (e.number, e.title))).collect();
    Ok(named(&late, &names, end, |id| rows.get(&id).cloned()))
}

fn overdue_sheets(tx: &mut Tx, center: &Center, end: Moment) -> Result<Vec<NamedOverdue>> {
    let late = clocks::late_at(tx, &center.path, ClockKind::Sheet, end, NAMED)?;
    let names = responsible(tx, &late)?;
    let ids: Vec<Id> = late.iter().map(|c| c.record_id).collect();
    let rows: BTreeMap<Id, (String, String)> =
        sheets::store::sheets_by_id(tx, &ids)?.into_iter().map(|s| (s.id, (s.number.clone(), format!("交办单（{}）", s.role().label())))).collect();
    Ok(named(&late, &names, end, |id| rows.get(&id).cloned()))
}

fn named_orders(tx: &mut Tx, center: &Center, within: (Moment, Moment)) -> Result<Vec<NamedOrder>> {
    let rows = orders::of_period(tx, &center.path, within, NAMED)?;
    let names = supervision::addressees(tx, rows.iter())?;
    let now = tx.now;
    let told = rows.into_iter().map(|o| NamedOrder {
        to: names.get(&o.addressee()).cloned().unwrap_or_default(),
        id: o.id,
        number: o.number,
        reason_label: o.reason.label().into(),
        state_label: o.state.label().into(),
        late: o.late || o.due_at <= now,
    });
    Ok(told.collect())
}
