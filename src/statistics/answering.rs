//! The three questions: all figures of a period, one figure over time, one figure by its parts.

use std::collections::BTreeMap;

use super::{
    facts::rank,
    model::{Interval, StatisticsBreakdown, StatisticsFigure, StatisticsPart, StatisticsPoint, StatisticsRest, StatisticsSummary, StatisticsTrend},
    question::{NONE, Question, filtered},
    store,
    totals::{self, Bucket, Cut},
};
use crate::{
    auth::Actor,
    catalogue::{self, Mode},
    db::{Result, Tx},
    entrustments::Channel,
    indicators::{Axis, Indicator},
    kernel::{Code, Id, Problem},
    organization::{self, Center, CenterLevel, store::CenterFilter},
    tickets::TicketChannel,
};

filtered! {
    /// What figures are asked for.
    SummaryParams {}
}
filtered! {
    /// Which figure over time.
    TrendParams {
        /// 指标代码
        #[param(inline, example = "received_matters")]
        indicator: Indicator,
        /// 间隔；缺省为月
        #[serde(default)]
        #[param(inline)]
        interval: Option<Interval>,
    }
}
filtered! {
    /// Which figure by what.
    BreakdownParams {
        /// 指标代码
        #[param(inline, example = "received_matters")]
        indicator: Indicator,
        /// 按什么分列
        #[param(inline, example = "channel")]
        by: Axis,
        /// 最多列出几项（1–200，缺省 50），其余合并为 rest；按中心分列的全部列出
        #[serde(default)]
        #[param(value_type = Option<u16>, example = 50)]
        limit: Option<String>,
    }
}

/// A center has at most so many below it that are told one by one.
const CHILDREN: i64 = 1000;

/// An indicator with what is always told beside it.
pub fn with_company(indicator: Indicator) -> Vec<Indicator> {
    let mut all = vec![indicator];
    all.extend(indicator.definition().beside);
    all
}

/// All figures of a period.
pub fn summary(tx: &mut Tx, actor: &Actor, params: &SummaryParams) -> Result<StatisticsSummary> {
    let q = Question::of(tx, actor, &params.filters())?;
    let indicators: Vec<Indicator> = Indicator::ALL.iter().copied().filter(|i| q.fits(*i)).collect();
    Ok(StatisticsSummary { asked: q.told(tx)?, figures: totals::total(tx, &q, &indicators)? })
}

/// One figure over time.
pub fn trend(tx: &mut Tx, actor: &Actor, params: &TrendParams) -> Result<StatisticsTrend> {
    let q = Question::of(tx, actor, &params.filters())?;
    q.admit(params.indicator, None)?;
    let interval = params.interval.unwrap_or(Interval::Month);
    let indicators = with_company(params.indicator);
    let points = points(tx, &q, &indicators, interval)?;
    let total = totals::total(tx, &q, &indicators)?;
    Ok(StatisticsTrend { asked: q.told(tx)?, indicator: params.indicator, interval, points, total })
}

fn points(tx: &mut Tx, q: &Question, indicators: &[Indicator], interval: Interval) -> Result<Vec<StatisticsPoint>> {
    let buckets = totals::buckets(q.from, q.to, interval)?;
    let months = matches!(interval, Interval::Month | Interval::Quarter | Interval::Year);
    let mut figures = totals::figures(tx, q, indicators, &Cut { buckets: &buckets, months, by: None })?;
    let point = |(at, bucket): (usize, &Bucket)| StatisticsPoint { from: bucket.from, to: bucket.to, figures: figures.remove(&(at, 0)).unwrap_or_default() };
    Ok(buckets.iter().enumerate().map(point).collect())
}

/// One figure by its parts.
pub fn breakdown(tx: &mut Tx, actor: &Actor, params: &BreakdownParams) -> Result<StatisticsBreakdown> {
    let wrong = || Problem::parameter("limit", "range", "应为 1 到 200 的整数。", "From 1 to 200.");
    let limit = params.limit.as_ref().map_or(Ok(50), |text| text.parse().ok().filter(|n| (1..=200).contains(n)).ok_or_else(wrong))?;
    let q = Question::of(tx, actor, &params.filters())?;
    q.admit(params.indicator, Some(params.by))?;
    let indicators = with_company(params.indicator);
    let total = totals::total(tx, &q, &indicators)?;
    let mut parts = match params.by {
        Axis::Center => by_center(tx, &q, &indicators)?,
        by => by_column(tx, &q, &indicators, by)?,
    };
    let rest = (params.by != Axis::Center && parts.len() > limit).then(|| {
        let rest = parts.split_off(limit);
        let figures: Vec<&[StatisticsFigure]> = rest.iter().map(|p| p.figures.as_slice()).collect();
        StatisticsRest { parts: i64::try_from(rest.len()).unwrap_or(0), figures: totals::added(&figures, &indicators) }
    });
    Ok(StatisticsBreakdown { asked: q.told(tx)?, indicator: params.indicator, by: params.by, parts, rest, total })
}

/// The centers right below, in the order of their divisions.
pub fn children(tx: &mut Tx, center: &Center) -> Result<Vec<Center>> {
    let mut below = organization::store::centers(tx, &CenterFilter { parents: vec![center.id], limit: CHILDREN, ..CenterFilter::default() })?;
    below.sort_by(|a, b| a.division_code.cmp(&b.division_code));
    Ok(below)
}

/// The center itself, and each right below it with all that is below that.
fn by_center(tx: &mut Tx, q: &Question, indicators: &[Indicator]) -> Result<Vec<StatisticsPart>> {
    let mut parts = Vec::new();
    let own = totals::total(tx, &q.at(q.center.clone(), true), indicators)?;
    parts.push(StatisticsPart { key: "own".into(), label: format!("{}（本级）", q.center.name), figures: own });
    if !q.own {
        for center in children(tx, &q.center)? {
            let (key, label) = (center.id.to_string(), center.name.clone());
            parts.push(StatisticsPart { key, label, figures: totals::total(tx, &q.at(center, false), indicators)? });
        }
    }
    Ok(parts)
}

/// Parts by a column, largest first.
pub fn by_column(tx: &mut Tx, q: &Question, indicators: &[Indicator], by: Axis) -> Result<Vec<StatisticsPart>> {
    let cut = Cut { buckets: &[Bucket { from: q.from, to: q.to }], months: true, by: Some(by.code()) };
    let figures = totals::figures(tx, q, indicators, &cut)?;
    let numbers: Vec<i32> = figures.keys().map(|(_, part)| *part).collect();
    let names = names(tx, by, &numbers)?;
    // Two numbers may have one name: a department that matters know by its name and tickets by its id.
    let mut grouped: BTreeMap<(String, String), Vec<Vec<StatisticsFigure>>> = BTreeMap::new();
    for ((_, part), figures) in figures {
        let named = names.get(&part).cloned().unwrap_or_else(|| (NONE.into(), "未注明".into()));
        grouped.entry(named).or_default().push(figures);
    }
    let part = |((key, label), all): ((String, String), Vec<Vec<StatisticsFigure>>)| {
        let figures: Vec<&[StatisticsFigure]> = all.iter().map(Vec::as_slice).collect();
        StatisticsPart { key, label, figures: totals::added(&figures, indicators) }
    };
    let mut parts: Vec<StatisticsPart> =
        grouped.into_iter().map(part).filter(|p| p.figures.iter().any(|f| f.numerator != Some(0) || f.weight() != 0)).collect();
    let weight = |p: &StatisticsPart| p.figures.first().map_or(0, StatisticsFigure::weight);
    if by == Axis::Level {
        parts.sort_by_key(|p| CenterLevel::parse(&p.key).map_or(9, rank));
    } else {
        parts.sort_by(|a, b| (weight(b), &a.key).cmp(&(weight(a), &b.key)));
    }
    Ok(parts)
}

/// Key and label of each number of a column.
fn names(tx: &mut Tx, by: Axis, numbers: &[i32]) -> Result<BTreeMap<i32, (String, String)>> {
    if by == Axis::Level {
        return Ok(CenterLevel::ALL.iter().map(|l| (rank(*l), (l.code().into(), l.label().into()))).collect());
    }
    let values = store::values(tx, numbers)?;
    let ids: Vec<Id> = values.iter().filter_map(|(_, value)| value.parse().ok()).collect();
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    match by {
        Axis::Item => labels.extend(catalogue::store::items_by_id(tx, &ids)?.into_iter().map(|i| (i.id.to_string(), i.name))),
        Axis::Department => labels.extend(organization::store::departments_by_id(tx, &ids)?.into_iter().map(|d| (d.id.to_string(), d.name))),
        Axis::Mode => labels.extend(Mode::ALL.iter().map(|m| (m.code().to_owned(), m.label().to_owned()))),
        _ => {
            labels.extend(crate::consultations::ConsultationChannel::ALL.iter().map(|c| (c.code().to_owned(), c.label().to_owned())));
            labels.extend(TicketChannel::ALL.iter().map(|c| (c.code().to_owned(), c.label().to_owned())));
            labels.extend(Channel::ALL.iter().map(|c| (c.code().to_owned(), c.label().to_owned())));
        }
    }
    Ok(values
        .into_iter()
        .map(|(number, value)| {
            let label = labels.get(&value).cloned().unwrap_or_else(|| value.clone());
            // Matters know a department by its name alone.
            let key = if by == Axis::Department { label.clone() } else { value };
            (number, (key, label))
        })
        .collect())
}
