//! Figures as they are answered.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    db::code_enum,
    indicators::{Axis, Indicator},
    kernel::{Code as _, Moment},
    organization::CenterBrief,
};

code_enum! {
    /// Of what stands below a center.
    CenterScope in "statistics-scopes" {
        Subtree "subtree" "本级及全部下级",
        Own "own" "仅本级",
    }
}
code_enum! {
    /// Steps of a trend.
    Interval in "statistics-intervals" {
        Day "day" "日",
        Week "week" "周（周一起）",
        Month "month" "月",
        Quarter "quarter" "季度",
        Year "year" "年",
    }
}

/// A figure: a count, or a rate with what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StatisticsFigure {
    /// Which; `/api/v1/dictionaries/indicators` defines it.
    pub indicator: Indicator,
    /// In Chinese.
    #[schema(example = "按时办结率")]
    pub name: String,
    /// 件, 人次, % …
    #[schema(example = "%")]
    pub unit: String,
    /// The count; of a rate, what stands above the line. Absent where it is kept back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 46)]
    pub numerator: Option<i64>,
    /// Of a rate, what stands below the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 48)]
    pub denominator: Option<i64>,
    /// The rate in percent, or the mean in its unit; absent of a count, and where there is nothing to divide by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 95.83)]
    pub rate: Option<f64>,
    /// Kept back: the group is too small to be published, or would tell of one that is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub suppressed: bool,
}

impl StatisticsFigure {
    /// Of counts.
    pub fn of(indicator: Indicator, over: i64, under: i64) -> Self {
        let definition = indicator.definition();
        let is_rate = !definition.under.is_empty();
        #[expect(clippy::cast_precision_loss, reason = "counts of records")]
        let rate = (is_rate && under > 0).then(|| (over as f64 * definition.scale * 100.0 / under as f64).round() / 100.0);
        let name = indicator.label().into();
        Self { indicator, name, unit: definition.unit.into(), numerator: Some(over), denominator: is_rate.then_some(under), rate, suppressed: false }
    }

    /// The same, kept back.
    pub fn kept_back(self) -> Self {
        Self { numerator: None, denominator: None, rate: None, suppressed: true, ..self }
    }

    /// What it counts, for order: below the line where there is one.
    pub fn weight(&self) -> i64 {
        self.denominator.or(self.numerator).unwrap_or(0)
    }
}

/// What was asked.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsAsked {
    /// Which center.
    pub center: CenterBrief,
    /// With all below it, or alone.
    pub scope: CenterScope,
    /// From this day.
    #[schema(example = "2026-01-01")]
    pub from: NaiveDate,
    /// Before this day.
    #[schema(example = "2026-04-01")]
    pub to: NaiveDate,
    /// What happened until then is counted.
    pub as_of: Moment,
    /// Everything is counted; `false` while the figures are being made anew.
    pub complete: bool,
}

/// All figures of a period.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsSummary {
    /// What was asked.
    pub asked: StatisticsAsked,
    /// Every indicator that can be asked so; those that do not know a filter are left out.
    pub figures: Vec<StatisticsFigure>,
}

/// A step of a trend.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsPoint {
    /// From this day.
    #[schema(example = "2026-01-01")]
    pub from: NaiveDate,
    /// Before this day.
    #[schema(example = "2026-02-01")]
    pub to: NaiveDate,
    /// The indicator, and what is always told beside it.
    pub figures: Vec<StatisticsFigure>,
}

/// An indicator over time.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsTrend {
    /// What was asked.
    pub asked: StatisticsAsked,
    /// Which.
    pub indicator: Indicator,
    /// In what steps.
    pub interval: Interval,
    /// Oldest first; the first and the last may be cut by the period.
    pub points: Vec<StatisticsPoint>,
    /// Over the whole period.
    pub total: Vec<StatisticsFigure>,
}

/// A part of a breakdown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsPart {
    /// Id of a center, item or department; code of a level, channel or mode; `own`: the center itself; `none`: without one.
    #[schema(example = "window")]
    pub key: String,
    /// In Chinese.
    #[schema(example = "大厅窗口")]
    pub label: String,
    /// The indicator, and what is always told beside it.
    pub figures: Vec<StatisticsFigure>,
}

/// An indicator by one dimension.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsBreakdown {
    /// What was asked.
    pub asked: StatisticsAsked,
    /// Which.
    pub indicator: Indicator,
    /// By what.
    pub by: Axis,
    /// Largest first; centers in the order of their divisions.
    pub parts: Vec<StatisticsPart>,
    /// Parts beyond the limit, together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<StatisticsRest>,
    /// All parts together.
    pub total: Vec<StatisticsFigure>,
}

/// What a breakdown does not list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatisticsRest {
    /// How many parts.
    pub parts: i64,
    /// Their figures together.
    pub figures: Vec<StatisticsFigure>,
}

/// Matters and requests that went from level to level.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RelayFlow {
    /// `hand_over` 转办、指定办理, or `joint` 联办.
    #[schema(example = "hand_over")]
    pub kind: String,
    /// In Chinese.
    #[schema(example = "转办")]
    pub kind_label: String,
    /// From this level.
    pub from: crate::organization::CenterLevel,
    /// To this level.
    pub to: crate::organization::CenterLevel,
    /// How often.
    #[schema(example = 12)]
    pub count: i64,
}

/// The relay's flows between levels.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RelayFlows {
    /// What was asked.
    pub asked: StatisticsAsked,
    /// Largest first.
    pub flows: Vec<RelayFlow>,
}
