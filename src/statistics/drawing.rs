//! Figures as charts.

use super::{
    facts::rank,
    model::{RelayFlows, StatisticsAsked, StatisticsTrend},
};
use crate::{
    charts::{self, Flow, Series, Trend},
    kernel::Code as _,
};

fn subtitle(asked: &StatisticsAsked) -> String {
    let last = asked.to.pred_opt().unwrap_or(asked.to);
    format!("{}（{}），{} 至 {}", asked.center.name, asked.scope.label(), asked.from, last)
}

/// The indicator over time, with what is told beside it in the same unit.
pub fn trend(answer: &StatisticsTrend) -> String {
    use super::model::Interval;
    let label = |p: &super::model::StatisticsPoint| match answer.interval {
        Interval::Day | Interval::Week => p.from.format("%m-%d").to_string(),
        Interval::Month | Interval::Quarter => p.from.format("%Y-%m").to_string(),
        Interval::Year => p.from.format("%Y").to_string(),
    };
    let unit = answer.indicator.definition().unit;
    let series = answer.total.iter().enumerate().filter(|(_, f)| f.unit == unit).map(|(at, f)| {
        #[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
        let value =
            |p: &super::model::StatisticsPoint| p.figures.get(at).and_then(|f| if f.denominator.is_some() { f.rate } else { f.numerator.map(|n| n as f64) });
        Series { name: f.name.clone(), unit: f.unit.clone(), values: answer.points.iter().map(value).collect() }
    });
    let title = format!("{}（按{}）", answer.indicator.label(), answer.interval.label());
    let counts: Vec<String> = answer.total.iter().filter_map(|f| Some(format!("{} {}/{}", f.name, f.numerator?, f.denominator?))).collect();
    // A rate is never told alone.
    let subtitle = if counts.is_empty() { subtitle(&answer.asked) } else { format!("{}；{}", subtitle(&answer.asked), counts.join("，")) };
    charts::trend(&Trend { title, subtitle, labels: answer.points.iter().map(label).collect(), series: series.collect() })
}

/// The relay between levels.
pub fn relay(answer: &RelayFlows) -> String {
    let flows: Vec<Flow> = answer
        .flows
        .iter()
        .map(|f| Flow {
            hatched: f.kind == "joint",
            kind: f.kind_label.clone(),
            from: (rank(f.from), f.from.label().into()),
            to: (rank(f.to), f.to.label().into()),
            count: f.count,
        })
        .collect();
    charts::sankey("接力流向", &subtitle(&answer.asked), &flows)
}
