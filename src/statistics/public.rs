//! Figures for everybody: whole months that are over, of a center with all below it, with no small group in them (k ≥ 5).
//!
//! A figure is kept back where its count, or of a rate either side of the fraction, is from one to four; and where it would tell
//! of one that is. Of a center and those right below it only the whole is known, so the parts that are kept back are at
//! least two, and what they come to together is no small group itself; else the smallest of the others is kept back too. A center
//! is told only where all above it are told, so the same holds whatever is asked of which center. There is one length of
//! period, and channel, mode and item are told of the topmost center alone: nothing else overlaps, so nothing can be taken
//! from one another.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    answering::{by_column, children, with_company},
    keeping,
    model::StatisticsFigure,
    question::{Question, too_many},
    totals,
};
use crate::{
    db::{Result, Tx},
    indicators::{Axis, Indicator, PUBLIC},
    kernel::{Code as _, Id, Month, Problem},
    organization::{self, Center, CenterBrief},
};

/// The least group that is told.
pub const LEAST: i64 = 5;

const MOST_MONTHS: usize = 24;

/// Of which center and month.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PublicSummaryParams {
    /// 服务中心 id 或区划代码
    #[param(max_length = 100, example = "320600000000")]
    pub center: String,
    /// 已结束的月份
    #[param(max_length = 7, example = "2026-01")]
    pub month: String,
}

/// Which figure of which months.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PublicTrendParams {
    /// 服务中心 id 或区划代码
    #[param(max_length = 100, example = "320600000000")]
    pub center: String,
    /// 公开的指标代码
    #[param(inline, example = "satisfaction_rate")]
    pub indicator: Indicator,
    /// 月份，起
    #[param(max_length = 7, example = "2026-01")]
    pub from: String,
    /// 月份，止（含），最多 24 个月
    #[param(max_length = 7, example = "2026-01")]
    pub to: String,
}

/// Which figure by what.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PublicBreakdownParams {
    /// 服务中心 id 或区划代码
    #[param(max_length = 100, example = "320600000000")]
    pub center: String,
    /// 公开的指标代码
    #[param(inline, example = "received_matters")]
    pub indicator: Indicator,
    /// 已结束的月份
    #[param(max_length = 7, example = "2026-01")]
    pub month: String,
    /// 按下级中心（center）；最上级中心还可以按渠道、帮办方式、事项
    #[param(inline, example = "center")]
    pub by: Axis,
}

/// Figures of a month.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PublicMonth {
    /// Which.
    #[schema(example = "2026-10")]
    pub month: String,
    /// What is told.
    pub figures: Vec<StatisticsFigure>,
}

/// A center's published figures, by month.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PublicStatistics {
    /// Which center, with all below it.
    pub center: CenterBrief,
    /// Oldest first.
    pub months: Vec<PublicMonth>,
    /// Counted until this day: the same all day, so that caches can tell that nothing changed.
    #[schema(example = "2026-02-10")]
    pub as_of: NaiveDate,
}

/// A published part.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PublicPart {
    /// Id of a center or item; code of a channel or mode; `own`: the center itself.
    #[schema(example = "own")]
    pub key: String,
    /// In Chinese.
    pub label: String,
    /// What is told.
    pub figures: Vec<StatisticsFigure>,
}

/// A published figure by its parts.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PublicBreakdown {
    /// Which center, with all below it.
    pub center: CenterBrief,
    /// Which month.
    #[schema(example = "2026-10")]
    pub month: String,
    /// By what.
    pub by: Axis,
    /// Parts.
    pub parts: Vec<PublicPart>,
    /// All of them together.
    pub total: Vec<StatisticsFigure>,
    /// Counted until this day: the same all day, so that caches can tell that nothing changed.
    #[schema(example = "2026-02-10")]
    pub as_of: NaiveDate,
}

fn month(name: &'static str, text: &str, today: NaiveDate) -> Result<Month, Problem> {
    Month::over(text, today).map_err(|[code, zh, en]| Problem::parameter(name, code, zh, en))
}

fn center(tx: &mut Tx, reference: &str) -> Result<Center> {
    let unknown = || Problem::parameter("center", "unknown_center", "没有这个服务中心。", "No such center.");
    Ok(organization::store::center_by_reference(tx, reference)?.ok_or_else(unknown)?)
}

fn published(indicator: Indicator) -> Result<(), Problem> {
    if PUBLIC.contains(&indicator) {
        return Ok(());
    }
    let all: Vec<&str> = PUBLIC.iter().map(|i| i.code()).collect();
    Err(Problem::parameter("indicator", "not_public", format!("公开的指标：{}。", all.join("、")), format!("Published are {}.", all.join(", "))))
}

fn question(center: Center, first: Month, own: bool) -> Question {
    Question { center, person: None, own, level: None, from: first.first(), to: first.end(), only: Vec::new(), dimensions: Vec::new() }
}

/// Both sides of the line; of a count, nothing below it.
type Pair = (i64, i64);

fn pair(figure: &StatisticsFigure) -> Pair {
    (figure.numerator.unwrap_or(0), figure.denominator.unwrap_or(0))
}

/// No group in it is small: neither those above the line, nor those below it, nor those below and not above.
fn safe((over, under): Pair) -> bool {
    let large = |n: i64| n == 0 || n >= LEAST;
    large(over) && large(under) && (under == 0 || large(under - over))
}

/// Which parts of a whole that is told are kept back.
pub fn kept_back(parts: &[Pair]) -> Vec<bool> {
    let mut hidden: Vec<bool> = parts.iter().map(|p| !safe(*p)).collect();
    loop {
        let (mut many, mut together) = (0, (0, 0));
        for (p, _) in parts.iter().zip(&hidden).filter(|(_, hidden)| **hidden) {
            many += 1;
            together = (together.0 + p.0, together.1 + p.1);
        }
        if many == 0 || (many > 1 && safe(together)) {
            return hidden;
        }
        let told = parts.iter().enumerate().filter(|(at, p)| !hidden.get(*at).copied().unwrap_or(true) && **p != (0, 0));
        let Some((smallest, _)) = told.min_by_key(|(at, p)| (p.0.max(p.1), *at)) else { return vec![true; parts.len()] };
        if let Some(at) = hidden.get_mut(smallest) {
            *at = true;
        }
    }
}

/// A center itself and those right below it, each with one figure of a month, and whether it is told.
fn family(tx: &mut Tx, center: &Center, first: Month, indicator: Indicator) -> Result<Vec<(Option<Center>, StatisticsFigure, bool)>> {
    let one = |tx: &mut Tx, of: Center, own: bool| -> Result<StatisticsFigure> {
        let figures = totals::total(tx, &question(of, first, own), &[indicator])?;
        Ok(figures.into_iter().next().unwrap_or_else(|| StatisticsFigure::of(indicator, 0, 0)))
    };
    let mut all = vec![(None, one(tx, center.clone(), true)?)];
    for child in children(tx, center)? {
        let figure = one(tx, child.clone(), false)?;
        all.push((Some(child), figure));
    }
    let hidden = kept_back(&all.iter().map(|(_, f)| pair(f)).collect::<Vec<_>>());
    Ok(all.into_iter().zip(hidden).map(|((center, figure), hidden)| (center, figure, !hidden)).collect())
}

/// Whether a figure of a center and all below it is told: from the top down, each in its family.
fn is_told(tx: &mut Tx, center: &Center, first: Month, indicator: Indicator) -> Result<bool> {
    let lineage: Vec<Id> = center.lineage().filter_map(|id| id.parse().ok()).collect();
    let mut above: Option<Center> = None;
    for id in lineage {
        let at = organization::load(tx, id)?;
        let told = match &above {
            None => totals::total(tx, &question(at.clone(), first, false), &[indicator])?.iter().all(|f| safe(pair(f))),
            Some(above) => family(tx, above, first, indicator)?.iter().any(|(c, _, told)| *told && c.as_ref().is_some_and(|c| c.id == at.id)),
        };
        if !told {
            return Ok(false);
        }
        above = Some(at);
    }
    Ok(true)
}

/// The figures of a center and month that are told.
fn told(tx: &mut Tx, center: &Center, first: Month, indicators: &[Indicator]) -> Result<Vec<StatisticsFigure>> {
    let figures = totals::total(tx, &question(center.clone(), first, false), indicators)?;
    figures.into_iter().map(|f| Ok(if is_told(tx, center, first, f.indicator)? { f } else { f.kept_back() })).collect()
}

fn company(indicator: Indicator) -> Vec<Indicator> {
    with_company(indicator).into_iter().filter(|i| PUBLIC.contains(i)).collect()
}

/// All published figures of a month.
pub fn summary(tx: &mut Tx, params: &PublicSummaryParams) -> Result<PublicStatistics> {
    let first = month("month", &params.month, tx.now.local_date())?;
    let center = center(tx, &params.center)?;
    let figures = told(tx, &center, first, PUBLIC)?;
    Ok(PublicStatistics {
        center: CenterBrief::from(&center),
        months: vec![PublicMonth { month: first.to_string(), figures }],
        as_of: keeping::as_of(tx)?.local_date(),
    })
}

/// What is published of a center, month by month, from a first day to before another.
pub fn published_months(tx: &mut Tx, center: &Center, from: NaiveDate, to: NaiveDate) -> Result<Vec<PublicMonth>> {
    let (mut at, mut months) = (Month::of(from), Vec::new());
    while at.first() < to {
        months.push(PublicMonth { month: at.to_string(), figures: told(tx, center, at, PUBLIC)? });
        at = at.plus(1);
    }
    Ok(months)
}

/// A published figure, month by month.
pub fn trend(tx: &mut Tx, params: &PublicTrendParams) -> Result<PublicStatistics> {
    published(params.indicator)?;
    let today = tx.now.local_date();
    let (mut at, last) = (month("from", &params.from, today)?, month("to", &params.to, today)?);
    let center = center(tx, &params.center)?;
    let mut months = Vec::new();
    while at <= last {
        if months.len() == MOST_MONTHS {
            return Err(too_many("to", MOST_MONTHS).into());
        }
        months.push(PublicMonth { month: at.to_string(), figures: told(tx, &center, at, &company(params.indicator))? });
        at = at.plus(1);
    }
    Ok(PublicStatistics { center: CenterBrief::from(&center), months, as_of: keeping::as_of(tx)?.local_date() })
}

/// A published figure by its parts.
pub fn breakdown(tx: &mut Tx, params: &PublicBreakdownParams) -> Result<PublicBreakdown> {
    published(params.indicator)?;
    let first = month("month", &params.month, tx.now.local_date())?;
    let center = center(tx, &params.center)?;
    let top = center.parent_id.is_none();
    let whole = is_told(tx, &center, first, params.indicator)?;
    let figure = totals::total(tx, &question(center.clone(), first, false), &[params.indicator])?;
    let total = figure.into_iter().map(|f| if whole { f } else { f.kept_back() }).collect();
    let show = |figure: StatisticsFigure, told: bool| vec![if told && whole { figure } else { figure.kept_back() }];
    let parts = match params.by {
        Axis::Center => family(tx, &center, first, params.indicator)?
            .into_iter()
            .map(|(child, figure, told)| {
                let (key, label) = child.map_or_else(|| ("own".into(), format!("{}（本级）", center.name)), |c| (c.id.to_string(), c.name));
                PublicPart { key, label, figures: show(figure, told) }
            })
            .collect(),
        by @ (Axis::Channel | Axis::Mode | Axis::Item) if top => {
            let q = question(center.clone(), first, false);
            q.admit(params.indicator, Some(by))?;
            let parts = by_column(tx, &q, &[params.indicator], by)?;
            let hidden = kept_back(&parts.iter().map(|p| p.figures.first().map_or((0, 0), pair)).collect::<Vec<_>>());
            let parts = parts.into_iter().zip(hidden);
            parts
                .map(|(p, hidden)| PublicPart { key: p.key, label: p.label, figures: p.figures.into_iter().flat_map(|f| show(f, !hidden)).collect() })
                .collect()
        }
        _ => {
            let (zh, en) =
                ("公开数据按下级中心分列；渠道、帮办方式、事项只在最上级中心分列。", "By center; by channel, mode and item of the topmost center alone.");
            return Err(Problem::parameter("by", "not_public", zh, en).into());
        }
    };
    Ok(PublicBreakdown { center: CenterBrief::from(&center), month: first.to_string(), by: params.by, parts, total, as_of: keeping::as_of(tx)?.local_date() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_groups_are_kept_back_with_company() {
        assert_eq!(kept_back(&[(10, 0), (20, 0)]), [false, false]);
        assert_eq!(kept_back(&[(3, 0), (20, 0), (7, 0)]), [true, false, true], "the smallest of the others hides it");
        assert_eq!(kept_back(&[(3, 0), (4, 0), (20, 0)]), [true, true, false], "two together are no small group");
        assert_eq!(kept_back(&[(1, 0), (1, 0), (20, 0), (9, 0)]), [true, true, false, true]);
        assert_eq!(kept_back(&[(46, 48), (30, 40)]), [true, true], "two who were not on time are few");
    }

    proptest! {
        #[test]
        fn what_is_kept_back_cannot_be_worked_out(parts in proptest::collection::vec((0_i64..30, 0_i64..10), 1..8)) {
            let parts: Vec<Pair> = parts.into_iter().map(|(over, more)| (over, over + more)).collect();
            let hidden = kept_back(&parts);
            let back: Vec<&Pair> = parts.iter().zip(&hidden).filter(|(_, h)| **h).map(|(p, _)| p).collect();
            prop_assert!(parts.iter().zip(&hidden).all(|(p, h)| *h || safe(*p)));
            // The whole is told only where it is safe itself.
            let whole = parts.iter().fold((0, 0), |a, p| (a.0 + p.0, a.1 + p.1));
            if !back.is_empty() && safe(whole) && back.len() < parts.len() {
                let together = back.iter().fold((0, 0), |a, p| (a.0 + p.0, a.1 + p.1));
                prop_assert!(back.len() > 1 && safe(together));
            }
        }
    }
}
