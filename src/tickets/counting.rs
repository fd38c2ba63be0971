//! The register 清单 in figures: by state, category, tier, center and department, and how old what is open has become.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    machine::TicketState as State,
    store::{self, Counted, Tally},
};
use crate::{
    auth::{Actor, Scope, policy},
    db::{Result, Tx},
    kernel::{Code, ErrorCode, Id, Moment, Problem, page::moment_or_date},
    organization,
};

/// Which part of the register.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RegisterParams {
    /// 登记日期，起（含）
    #[serde(default)]
    #[param(format = "date", example = "2026-01-01")]
    pub from: Option<String>,
    /// 登记日期，止（不含）
    #[serde(default)]
    #[param(format = "date", example = "2027-01-01")]
    pub to: Option<String>,
    /// 服务中心 id
    #[serde(default)]
    #[param(max_length = 36)]
    pub center_id: Option<String>,
}

/// How many of one kind.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RegisterCount {
    /// A code, or the id of a center or department.
    pub key: String,
    /// In Chinese.
    pub label: String,
    /// How many.
    pub count: i64,
}

/// The register in figures.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TicketRegister {
    /// Everything that was registered.
    pub registered: i64,
    /// Being handled.
    pub open: i64,
    /// On the register unresolved 挂账: not cleared.
    pub upheld: i64,
    /// Struck from the register 销号.
    pub cleared: i64,
    /// Past a deadline.
    pub overdue: i64,
    /// 销号率 in percent: cleared ÷ (registered − merged − not taken in − withdrawn); absent where there is nothing to divide by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 87.5)]
    pub clearance_rate: Option<f64>,
    /// By state.
    pub by_state: Vec<RegisterCount>,
    /// By category.
    pub by_category: Vec<RegisterCount>,
    /// By tier; `none` is not classified yet.
    pub by_tier: Vec<RegisterCount>,
    /// By center.
    pub by_center: Vec<RegisterCount>,
    /// What is open or unresolved, by department that it concerns.
    pub by_department: Vec<RegisterCount>,
    /// What is open or unresolved, by days since registration.
    pub by_age: Vec<RegisterCount>,
}

/// Bands of age in days: up to and including.
const BANDS: [(&str, i64, &str); 5] =
    [("d7", 7, "7 天以内"), ("d30", 30, "8 至 30 天"), ("d90", 90, "31 至 90 天"), ("d180", 180, "91 至 180 天"), ("older", i64::MAX, "180 天以上")];

/// Counts what the caller sees.
pub fn register(tx: &mut Tx, actor: &Actor, params: &RegisterParams) -> Result<TicketRegister> {
    if !policy::may(actor, "fallback_ticket", "count") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let Scope::Subjects(reasons) = Scope::of(actor, "fallback_ticket") else { return Err(Problem::of(ErrorCode::Forbidden).into()) };
    let subjects: Vec<String> = reasons.into_iter().map(|(subject, _)| subject).collect();
    let day = |name: &'static str, value: &Option<String>| -> Result<Option<Moment>, Problem> {
        let wrong = || Problem::parameter(name, "time", "应为日期，例如 2026-01-01。", "A date, such as 2026-01-01.");
        value.as_ref().map(|v| v.parse::<NaiveDate>().ok().and_then(|d| moment_or_date(&d.to_string())).ok_or_else(wrong)).transpose()
    };
    let from = day("from", &params.from)?.unwrap_or(chrono::DateTime::UNIX_EPOCH.into());
    let counted = Counted { subjects: &subjects, made: (from, day("to", &params.to)?.unwrap_or(Moment::NEVER)) };
    let wrong = || Problem::parameter("center_id", "invalid_value", "应为服务中心的 id。", "The id of a center.");
    let center: Option<Id> = params.center_id.as_ref().map(|id| id.parse().map_err(|_| wrong())).transpose()?;
    figures(tx, &counted, center)
}

/// The register in figures, of what some subjects see; `center`: of one center alone.
pub fn figures(tx: &mut Tx, counted: &Counted, center: Option<Id>) -> Result<TicketRegister> {
    let here = |id: &Id| center.is_none_or(|center| center == *id);
    let mut rows = store::tally(tx, counted)?;
    rows.retain(|r| here(&r.3));
    let unresolved: Vec<State> = State::ALL.iter().copied().filter(|s| !s.is_final()).collect();
    let mut departments: BTreeMap<Id, i64> = BTreeMap::new();
    for (_, id, n) in store::tally_departments(tx, counted, &unresolved)?.iter().filter(|(at, ..)| here(at)) {
        *departments.entry(*id).or_default() += n;
    }
    let days: Vec<(String, i64)> = store::tally_days(tx, counted, &unresolved)?.into_iter().filter(|(at, ..)| here(at)).map(|(_, day, n)| (day, n)).collect();
    let overdue = store::tally_overdue(tx, counted)?.iter().filter(|(at, _)| here(at)).map(|(_, n)| n).sum();
    let sum = |keep: &dyn Fn(State) -> bool| rows.iter().filter(|r| keep(r.0)).map(|r| r.4).sum::<i64>();
    let (registered, cleared) = (sum(&|_| true), sum(&|s| s == State::Cleared));
    let base = registered - sum(&|s| matches!(s, State::Merged | State::Inadmissible | State::Withdrawn));
    #[expect(clippy::cast_precision_loss, reason = "counts of tickets")]
    let clearance_rate = (base > 0).then(|| (cleared as f64 * 10_000.0 / base as f64).round() / 100.0);
    Ok(TicketRegister {
        registered,
        open: sum(&|s| !s.is_final() && s != State::UpheldUnresolved),
        upheld: sum(&|s| s == State::UpheldUnresolved),
        cleared,
        overdue,
        clearance_rate,
        by_state: coded(&rows, |r| r.0),
        by_category: coded(&rows, |r| r.1),
        by_tier: tiers(&rows),
        by_center: named_centers(tx, &rows)?,
        by_department: named_departments(tx, departments)?,
        by_age: ages(tx.now.local_date(), &days),
    })
}

fn coded<C: Code + PartialEq>(rows: &[Tally], of: impl Fn(&Tally) -> C) -> Vec<RegisterCount> {
    let count = |code: &C| rows.iter().filter(|r| of(r) == *code).map(|r| r.4).sum();
    C::ALL.iter().map(|c| RegisterCount { key: c.code().into(), label: c.label().into(), count: count(c) }).collect()
}

fn tiers(rows: &[Tally]) -> Vec<RegisterCount> {
    let of = |tier: Option<super::machine::TicketTier>| rows.iter().filter(|r| r.2 == tier).map(|r| r.4).sum();
    let mut all: Vec<RegisterCount> =
        super::machine::TicketTier::ALL.iter().map(|t| RegisterCount { key: t.code().into(), label: t.label().into(), count: of(Some(*t)) }).collect();
    all.push(RegisterCount { key: "none".into(), label: "未分类".into(), count: of(None) });
    all
}

fn named_centers(tx: &mut Tx, rows: &[Tally]) -> Result<Vec<RegisterCount>> {
    let mut counts: BTreeMap<Id, i64> = BTreeMap::new();
    rows.iter().for_each(|r| *counts.entry(r.3).or_default() += r.4);
    let ids: Vec<Id> = counts.keys().copied().collect();
    let names = organization::briefs(tx, &ids)?;
    let label = |id: Id| names.iter().find(|c| c.id == id).map(|c| c.name.clone()).unwrap_or_default();
    Ok(largest_first(counts.into_iter().map(|(id, count)| RegisterCount { key: id.to_string(), label: label(id), count }).collect()))
}

fn named_departments(tx: &mut Tx, counts: BTreeMap<Id, i64>) -> Result<Vec<RegisterCount>> {
    let ids: Vec<Id> = counts.keys().copied().collect();
    let names = organization::store::departments_by_id(tx, &ids)?;
    let label = |id: Id| names.iter().find(|d| d.id == id).map(|d| d.name.clone()).unwrap_or_default();
    Ok(largest_first(counts.into_iter().map(|(id, count)| RegisterCount { key: id.to_string(), label: label(id), count }).collect()))
}

fn largest_first(mut counts: Vec<RegisterCount>) -> Vec<RegisterCount> {
    counts.sort_by(|a, b| (b.count, &a.key).cmp(&(a.count, &b.key)));
    counts
}

fn ages(today: NaiveDate, days: &[(String, i64)]) -> Vec<RegisterCount> {
    let mut counts = [0; BANDS.len()];
    for (day, n) in days {
        let age = day.parse::<NaiveDate>().map_or(0, |day| (today - day).num_days());
        if let Some(at) = BANDS.iter().position(|(_, most, _)| age <= *most)
            && let Some(count) = counts.get_mut(at)
        {
            *count += n;
        }
    }
    BANDS.iter().zip(counts).map(|((key, _, label), count)| RegisterCount { key: (*key).into(), label: (*label).into(), count }).collect()
}
