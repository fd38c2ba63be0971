//! Figures for everybody: whole months that are over, of a center with all below it, with no small group in them (k ≥ 5).
//!
//! A figure is kept back where a group in it is from one to four: what is above the line, what is below and not above, and what
//! it leaves out of another published figure; and where it would tell of one that is. Of a center and those right below it only
//! the whole is known, so the parts that are kept back are at least two, and what they come to together is no small group itself;
//! else the smallest of the others is kept back too. A center is told only where all above it are told, so the same holds
//! whatever is asked of which center. There is one length of period.
//!
//! The topmost center's figures are divided by channel or mode as well, but only those that count one kind of record: the parts
//! of two divisions then say nothing of one another. A rating may be of a matter, a ticket or a service, of which each has its own
//! channels and only matters have a mode: from one division the small parts of another could be worked out. So ratings are
//! told by center alone; and nothing by item, since who offers an item is known to everybody.

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
    /// 按下级中心（center）；最上级中心的收件量、办结量、按时办结率还可以按渠道（channel）、帮办方式（mode），“办不成事”登记量、销号率还可以按渠道
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
    /// Id of a center; code of a channel or mode; `own`: the center itself.
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

/// What a figure tells of: what is above the line, what is below and not above, and what it leaves out of another published
/// figure. Of a count, itself alone.
pub type Groups = [i64; 3];

/// What is below the line of the one is a part of the other, of the same month.
const PART_OF: &[(Indicator, Indicator)] = &[(Indicator::ClearanceRate, Indicator::TicketsRegistered)];

/// A figure with the one that it is a part of.
fn with_whole(indicator: Indicator) -> Vec<Indicator> {
    let whole = PART_OF.iter().filter(|(part, _)| *part == indicator).map(|(_, whole)| *whole);
    std::iter::once(indicator).chain(whole).collect()
}

/// Of what [`with_whole`] asked.
fn groups(figures: &[StatisticsFigure]) -> Groups {
    let over = |at: usize| figures.get(at).and_then(|f| f.numerator);
    let (above, below) = (over(0).unwrap_or(0), figures.first().and_then(|f| f.denominator));
    [above, below.map_or(0, |below| below - above), over(1).map_or(0, |whole| whole - below.unwrap_or(0))]
}

/// No group in it is small.
fn safe(groups: Groups) -> bool {
    groups.iter().all(|n| *n == 0 || *n >= LEAST)
}

/// Which parts of a whole that is told are kept back.
pub fn kept_back(parts: &[Groups]) -> Vec<bool> {
    let mut hidden: Vec<bool> = parts.iter().map(|p| !safe(*p)).collect();
    loop {
        let (mut many, mut together) = (0, [0; 3]);
        for (p, _) in parts.iter().zip(&hidden).filter(|(_, hidden)| **hidden) {
            many += 1;
            together.iter_mut().zip(p).for_each(|(sum, n)| *sum += n);
        }
        if many == 0 || (many > 1 && safe(together)) {
            return hidden;
        }
        let told = parts.iter().enumerate().filter(|(at, p)| !hidden.get(*at).copied().unwrap_or(true) && **p != [0; 3]);
        let Some((smallest, _)) = told.min_by_key(|(at, p)| (p.iter().sum::<i64>(), *at)) else { return vec![true; parts.len()] };
        if let Some(at) = hidden.get_mut(smallest) {
            *at = true;
        }
    }
}

/// By what a figure of the topmost center is told, beside the centers below it.
fn also_by(indicator: Indicator) -> &'static [Axis] {
    match indicator {
        Indicator::ReceivedMatters | Indicator::CompletedMatters | Indicator::OnTimeRate => &[Axis::Channel, Axis::Mode],
        Indicator::TicketsRegistered | Indicator::ClearanceRate => &[Axis::Channel],
        _ => &[],
    }
}

/// A center itself and those right below it, each with one figure of a month, and whether it is told.
fn family(tx: &mut Tx, center: &Center, first: Month, indicator: Indicator) -> Result<Vec<(Option<Center>, StatisticsFigure, bool)>> {
    let asked = with_whole(indicator);
    let one = |tx: &mut Tx, of: Center, own: bool| -> Result<(StatisticsFigure, Groups)> {
        let figures = totals::total(tx, &question(of, first, own), &asked)?;
        let told = groups(&figures);
        Ok((figures.into_iter().next().unwrap_or_else(|| StatisticsFigure::of(indicator, 0, 0)), told))
    };
    let mut all = vec![(None, one(tx, center.clone(), true)?)];
    for child in children(tx, center)? {
        let figure = one(tx, child.clone(), false)?;
        all.push((Some(child), figure));
    }
    let hidden = kept_back(&all.iter().map(|(_, (_, groups))| *groups).collect::<Vec<_>>());
    Ok(all.into_iter().zip(hidden).map(|((center, (figure, _)), hidden)| (center, figure, !hidden)).collect())
}

/// Whether a figure of a center and all below it is told: from the top down, each in its family.
fn is_told(tx: &mut Tx, center: &Center, first: Month, indicator: Indicator) -> Result<bool> {
    let lineage: Vec<Id> = center.lineage().filter_map(|id| id.parse().ok()).collect();
    let mut above: Option<Center> = None;
    for id in lineage {
        let at = organization::load(tx, id)?;
        let told = match &above {
            None => safe(groups(&totals::total(tx, &question(at.clone(), first, false), &with_whole(indicator))?)),
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
        by if top && also_by(params.indicator).contains(&by) => {
            let q = question(center.clone(), first, false);
            q.admit(params.indicator, Some(by))?;
            // Of a whole that is kept back, which parts there are would tell of it.
            let parts = if whole { by_column(tx, &q, &with_whole(params.indicator), by)? } else { Vec::new() };
            let hidden = kept_back(&parts.iter().map(|p| groups(&p.figures)).collect::<Vec<_>>());
            let parts = parts.into_iter().zip(hidden);
            parts
                .map(|(p, hidden)| PublicPart { key: p.key, label: p.label, figures: p.figures.into_iter().take(1).flat_map(|f| show(f, !hidden)).collect() })
                .collect()
        }
        _ => {
            let zh = "公开数据按下级中心分列；最上级中心的收件量、办结量、按时办结率还可按渠道、帮办方式分列，“办不成事”登记量、销号率还可按渠道分列。";
            let en = "By center; of the topmost center, what counts matters also by channel and mode, what counts tickets by channel.";
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
        let counts = |all: &[i64]| kept_back(&all.iter().map(|n| [*n, 0, 0]).collect::<Vec<_>>());
        assert_eq!(counts(&[10, 20]), [false, false]);
        assert_eq!(counts(&[3, 20, 7]), [true, false, true], "the smallest of the others hides it");
        assert_eq!(counts(&[3, 4, 20]), [true, true, false], "two together are no small group");
        assert_eq!(counts(&[1, 1, 20, 9]), [true, true, false, true]);
        assert_eq!(kept_back(&[[46, 2, 0], [30, 10, 0]]), [true, true], "two who were not on time are few");
        assert_eq!(kept_back(&[[40, 6, 2], [30, 10, 0]]), [true, true], "two that the other figure counts are few");
    }

    #[test]
    fn ratings_are_of_many_kinds() {
        for indicator in PUBLIC {
            let ratings = matches!(indicator, Indicator::SatisfactionRate | Indicator::ParticipationRate);
            assert_eq!(also_by(*indicator).is_empty(), ratings, "{indicator:?}");
            assert!(!also_by(*indicator).contains(&Axis::Item) && also_by(*indicator).iter().all(|by| indicator.definition().knows.contains(by)));
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_back_cannot_be_worked_out(parts in proptest::collection::vec((0_i64..30, 0_i64..10, 0_i64..10), 1..8)) {
            let parts: Vec<Groups> = parts.into_iter().map(|(over, more, beside)| [over, more, beside]).collect();
            let hidden = kept_back(&parts);
            let back: Vec<&Groups> = parts.iter().zip(&hidden).filter(|(_, h)| **h).map(|(p, _)| p).collect();
            prop_assert!(parts.iter().zip(&hidden).all(|(p, h)| *h || safe(*p)));
            let sum = |all: &[&Groups]| all.iter().fold([0; 3], |a: Groups, p| [a[0] + p[0], a[1] + p[1], a[2] + p[2]]);
            // The whole is told only where it is safe itself.
            let whole = sum(&parts.iter().collect::<Vec<_>>());
            if !back.is_empty() && safe(whole) && back.len() < parts.len() {
                prop_assert!(back.len() > 1 && safe(sum(&back)));
            }
        }
    }
}
