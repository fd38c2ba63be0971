//! Figures for everybody: whole months that are over, of a center with all below it, with no small group in them (k ≥ 5).
//!
//! What is kept back, and with what company, is said in `hiding.rs`. A center is told only where all above it are told, so the same
//! holds whatever is asked of which center. There is one length of period, and parts stand in an order that is known beforehand: that of
//! their divisions or of the dictionary, with those that have nothing.
//!
//! The topmost center's figures are divided by channel or mode as well, but only those that count one kind of record: the parts
//! of two divisions then say nothing of one another. A rating may be of a matter, a ticket or a service, of which each has its own
//! channels and only matters have a mode: from one division the small parts of another could be worked out. So ratings are
//! told by center alone; and nothing by item, since who offers an item is known to everybody.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    answering::{by_column, children, with_company},
    hiding::{Groups, kept_back, safe},
    keeping,
    model::StatisticsFigure,
    question::{Question, too_many},
    totals,
};
use crate::{
    catalogue::Mode,
    db::{Result, Tx},
    entrustments::Channel,
    indicators::{Axis, Indicator, PUBLIC},
    kernel::{Code, Id, Month, Problem, Purpose},
    organization::{self, Center, CenterBrief},
    tickets::TicketChannel,
};

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

/// A figure that counts what another counts too is kept back in every part where the other is: beside the other's whole it would tell
/// of the part. What it leaves out of the other is a group as well, where they count the same records.
fn along(indicator: Indicator) -> Option<Indicator> {
    match indicator {
        Indicator::OnTimeRate | Indicator::ParticipationRate => Some(Indicator::CompletedMatters),
        Indicator::SatisfactionRate => Some(Indicator::ParticipationRate),
        Indicator::ClearanceRate => Some(Indicator::TicketsRegistered),
        _ => None,
    }
}

/// One of all the published figures.
fn figure(figures: &[StatisticsFigure], indicator: Indicator) -> StatisticsFigure {
    figures.iter().find(|f| f.indicator == indicator).cloned().unwrap_or_else(|| StatisticsFigure::of(indicator, 0, 0))
}

/// What a figure tells of: what is above the line, what is below and not above, and what it leaves out of another published figure or
/// has beyond it. Of a count, itself alone.
fn groups(figures: &[StatisticsFigure], indicator: Indicator) -> Groups {
    let of = |indicator| {
        let f = figure(figures, indicator);
        (f.numerator.unwrap_or(0), f.denominator)
    };
    let (above, below) = of(indicator);
    let below = below.unwrap_or(above);
    match indicator {
        // Some had no promise, and some are late and not completed: what it leaves out and what it has beyond are two groups.
        Indicator::OnTimeRate => {
            let completed = of(Indicator::CompletedMatters).0;
            [above, below - above, completed - above, below - completed]
        }
        Indicator::ClearanceRate => [above, below - above, of(Indicator::TicketsRegistered).0 - below, 0],
        _ => [above, below - above, 0, 0],
    }
}

/// A part of a whole with all that is published of it.
struct Part {
    key: String,
    label: String,
    figures: Vec<StatisticsFigure>,
}

/// Which parts of an indicator are kept back. Of the same place, month and division it is always the same.
fn hidden(tx: &Tx, place: &str, parts: &[Part], indicator: Indicator) -> Vec<bool> {
    let with = along(indicator).map_or_else(|| vec![false; parts.len()], |other| hidden(tx, place, parts, other));
    let chance: Vec<String> = parts.iter().map(|p| tx.vault.mark(Purpose::Choice, &format!("published:{place}:{}:{}", indicator.code(), p.key))).collect();
    kept_back(&parts.iter().map(|p| groups(&p.figures, indicator)).collect::<Vec<_>>(), &with, &chance)
}

fn place(center: &Center, first: Month, by: Axis) -> String {
    format!("{}:{first}:{}", center.id, by.code())
}

/// By what a figure of the topmost center is told, beside the centers below it.
fn also_by(indicator: Indicator) -> &'static [Axis] {
    match indicator {
        Indicator::ReceivedMatters | Indicator::CompletedMatters | Indicator::OnTimeRate => &[Axis::Channel, Axis::Mode],
        Indicator::TicketsRegistered | Indicator::ClearanceRate => &[Axis::Channel],
        _ => &[],
    }
}

/// A center itself and those right below it.
fn family(tx: &mut Tx, center: &Center, first: Month) -> Result<Vec<Part>> {
    let own = totals::total(tx, &question(center.clone(), first, true), PUBLIC)?;
    let mut all = vec![Part { key: "own".into(), label: format!("{}（本级）", center.name), figures: own }];
    for child in children(tx, center)? {
        let (key, label) = (child.id.to_string(), child.name.clone());
        all.push(Part { key, label, figures: totals::total(tx, &question(child, first, false), PUBLIC)? });
    }
    Ok(all)
}

fn codes<C: Code>(all: &[C]) -> Vec<(String, String)> {
    all.iter().map(|c| (c.code().to_owned(), c.label().to_owned())).collect()
}

/// The parts of a division of a center: all that there can be, whether or not anything is in them.
fn division(tx: &mut Tx, center: &Center, first: Month, (indicator, by): (Indicator, Axis)) -> Result<Vec<Part>> {
    let known = match (by, indicator) {
        (Axis::Center, _) => return family(tx, center, first),
        (Axis::Mode, _) => codes(Mode::ALL),
        (_, Indicator::TicketsRegistered | Indicator::ClearanceRate) => codes(TicketChannel::ALL),
        _ => codes(Channel::ALL),
    };
    let q = question(center.clone(), first, false);
    q.admit(indicator, Some(by))?;
    let mut there = by_column(tx, &q, PUBLIC, by)?;
    let mut parts = Vec::new();
    for (key, label) in known {
        let figures = there.iter().position(|p| p.key == key).map(|at| there.swap_remove(at).figures).unwrap_or_default();
        parts.push(Part { key, label, figures });
    }
    there.sort_by(|a, b| a.key.cmp(&b.key));
    let counts = |p: &Part| {
        let all = std::iter::successors(Some(indicator), |i| along(*i));
        all.into_iter().any(|i| groups(&p.figures, i) != Groups::default())
    };
    parts.extend(there.into_iter().map(|p| Part { key: p.key, label: p.label, figures: p.figures }).filter(counts));
    Ok(parts)
}

/// Which of the published figures of a center and all below it are told: from the top down, each in its family.
fn are_told(tx: &mut Tx, center: &Center, first: Month) -> Result<Vec<Indicator>> {
    let lineage: Vec<Id> = center.lineage().filter_map(|id| id.parse().ok()).collect();
    let mut told = PUBLIC.to_vec();
    let mut above: Option<Center> = None;
    for id in lineage {
        let at = organization::load(tx, id)?;
        match &above {
            None => {
                let figures = totals::total(tx, &question(at.clone(), first, false), PUBLIC)?;
                told.retain(|indicator| safe(groups(&figures, *indicator)));
            }
            Some(above) => {
                let (parts, place, key) = (family(tx, above, first)?, place(above, first, Axis::Center), at.id.to_string());
                let in_family = |indicator: &Indicator| parts.iter().zip(hidden(tx, &place, &parts, *indicator)).any(|(p, hidden)| !hidden && p.key == key);
                told.retain(in_family);
            }
        }
        above = Some(at);
    }
    Ok(told)
}

/// The figures of a center and month that are told.
fn told(tx: &mut Tx, center: &Center, first: Month, indicators: &[Indicator]) -> Result<Vec<StatisticsFigure>> {
    let told = are_told(tx, center, first)?;
    let figures = totals::total(tx, &question(center.clone(), first, false), indicators)?;
    Ok(figures.into_iter().map(|f| if told.contains(&f.indicator) { f } else { f.kept_back() }).collect())
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
    if params.by != Axis::Center && !(top && also_by(params.indicator).contains(&params.by)) {
        let zh = "公开数据按下级中心分列；最上级中心的收件量、办结量、按时办结率还可按渠道、帮办方式分列，“办不成事”登记量、销号率还可按渠道分列。";
        let en = "By center; of the topmost center, what counts matters also by channel and mode, what counts tickets by channel.";
        return Err(Problem::parameter("by", "not_public", zh, en).into());
    }
    let total = told(tx, &center, first, &[params.indicator])?;
    let whole = total.iter().all(|f| !f.suppressed);
    let parts = division(tx, &center, first, (params.indicator, params.by))?;
    let hidden = hidden(tx, &place(&center, first, params.by), &parts, params.indicator);
    let show = |(part, hidden): (Part, bool)| {
        let one = figure(&part.figures, params.indicator);
        PublicPart { key: part.key, label: part.label, figures: vec![if whole && !hidden { one } else { one.kept_back() }] }
    };
    // Of a whole that is kept back, which parts there are would tell of it; centers are there anyway.
    let parts = if whole || params.by == Axis::Center { parts.into_iter().zip(hidden).map(show).collect() } else { Vec::new() };
    Ok(PublicBreakdown { center: CenterBrief::from(&center), month: first.to_string(), by: params.by, parts, total, as_of: keeping::as_of(tx)?.local_date() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_of_many_kinds() {
        for indicator in PUBLIC {
            let ratings = matches!(indicator, Indicator::SatisfactionRate | Indicator::ParticipationRate);
            assert_eq!(also_by(*indicator).is_empty(), ratings, "{indicator:?}");
            assert!(!also_by(*indicator).contains(&Axis::Item) && also_by(*indicator).iter().all(|by| indicator.definition().knows.contains(by)));
        }
    }

    #[test]
    fn what_a_figure_leaves_out_of_another_is_a_group() {
        let figures = [StatisticsFigure::of(Indicator::CompletedMatters, 50, 0), StatisticsFigure::of(Indicator::OnTimeRate, 46, 48)];
        assert_eq!(groups(&figures, Indicator::CompletedMatters), [50, 0, 0, 0]);
        assert_eq!(groups(&figures, Indicator::OnTimeRate), [46, 2, 4, -2]);
        let figures = [StatisticsFigure::of(Indicator::TicketsRegistered, 20, 0), StatisticsFigure::of(Indicator::ClearanceRate, 12, 18)];
        assert_eq!(groups(&figures, Indicator::ClearanceRate), [12, 6, 2, 0]);
        assert_eq!(groups(&[], Indicator::SatisfactionRate), Groups::default());
    }
}
