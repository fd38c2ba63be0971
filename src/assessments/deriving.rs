//! A score with its derivation: pure, from the figures as they were counted and what was entered beside them.

use super::{
    machine::{AssessmentGrade, EntryKind, EntryState},
    model::{AssessmentSchemeContent, AssessmentSchemeLine, PointRule},
    scoring::{self, LineFigure},
    store::Entry,
};
use crate::kernel::Code as _;

/// A line with what it comes to.
#[derive(Clone, Debug)]
pub struct DerivedLine<'a> {
    /// Of the scheme.
    pub line: &'a AssessmentSchemeLine,
    /// As it was counted.
    pub counted: LineFigure,
    /// What is scored: as counted, or as an entry has it.
    pub scored: LineFigure,
    /// The value in its unit.
    pub value: Option<f64>,
    /// Hundredths of a point; none where the line does not count.
    pub points: Option<i64>,
    /// Hundredths of a percent, after what does not count was spread.
    pub weight: i64,
    /// How, in words.
    pub formula: String,
}

/// A score.
#[derive(Clone, Debug)]
pub struct Derived<'a> {
    /// Its lines.
    pub lines: Vec<DerivedLine<'a>>,
    /// Of the lines; none where nothing counts.
    pub score: Option<i64>,
    /// Added or taken away by hand, within the caps.
    pub bonus: i64,
    /// Added by objections and corrections.
    pub adjusted: i64,
    /// All of it.
    pub total: Option<i64>,
    /// By thresholds.
    pub grade: Option<AssessmentGrade>,
}

/// Hundredths as they are read.
#[expect(clippy::cast_precision_loss, reason = "points")]
pub fn told(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

/// A number in words, without needless digits.
fn plain(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What a score comes to; corrections of what is frozen only where they are asked for.
pub fn derive<'a>(content: &'a AssessmentSchemeContent, figures: &[LineFigure], entries: &[Entry], corrected: bool) -> Derived<'a> {
    let counts = |e: &&Entry| e.state == EntryState::Effective && (corrected || e.kind != EntryKind::Correction);
    let entries: Vec<&Entry> = entries.iter().filter(counts).collect();
    let of_line = |line: &AssessmentSchemeLine| {
        let none = LineFigure { line: line.code.clone(), numerator: 0, denominator: line.indicator.definition().denominator.map(|_| 0) };
        let counted = figures.iter().find(|f| f.line == line.code).cloned().unwrap_or(none);
        let last = entries.iter().rev().find(|e| e.line.as_ref() == Some(&line.code)).and_then(|e| e.numerator.map(|n| (n, e.denominator)));
        let scored = last.map_or_else(|| counted.clone(), |(numerator, denominator)| LineFigure { numerator, denominator, ..counted.clone() });
        let value = scoring::value(scored.numerator, scored.denominator, line.indicator.definition().scale);
        let enough = scored.denominator.is_none_or(|under| under >= line.minimum);
        (counted, scored, value.filter(|_| enough))
    };
    let all: Vec<_> = content.lines.iter().map(|line| (line, of_line(line))).collect();
    let weights = scoring::spread(&all.iter().map(|(line, (.., value))| (line.weight, value.is_some())).collect::<Vec<_>>());
    let points: Vec<Option<i64>> = all.iter().map(|(line, (.., value))| value.map(|value| scoring::points(&line.rule, value))).collect();
    // What does not count has no weight either.
    let shares = scoring::shares(&points.iter().zip(&weights).map(|(points, weight)| (points.unwrap_or(0), *weight)).collect::<Vec<_>>());
    let lines: Vec<DerivedLine> = all
        .into_iter()
        .zip(points.into_iter().zip(weights.into_iter().zip(shares)))
        .map(|((line, (counted, scored, value)), (points, (weight, share)))| {
            let formula = formula(line, &scored, value, points, (weight, share), scored != counted);
            DerivedLine { line, counted, scored, value, points, weight, formula }
        })
        .collect();
    // Who had nothing to do is not judged by what they did not get wrong.
    let idle = lines.iter().all(|l| l.scored.numerator == 0 && l.scored.denominator.unwrap_or(0) == 0);
    let score = if idle { None } else { scoring::score(&lines.iter().filter_map(|l| l.points.map(|p| (p, l.weight))).collect::<Vec<_>>()) };
    let sum = |bonus: bool| entries.iter().filter(|e| (e.kind == EntryKind::Bonus) == bonus).map(|e| e.delta).sum::<i64>();
    let bonus = scoring::bonus(sum(true), content.bonus_cap, content.malus_cap);
    let adjusted = sum(false);
    let total = score.map(|score| scoring::total(score, bonus, adjusted, content.bonus_cap));
    Derived { lines, score, bonus, adjusted, total, grade: total.map(|total| scoring::grade(&content.grades, total)) }
}

fn formula(line: &AssessmentSchemeLine, scored: &LineFigure, value: Option<f64>, points: Option<i64>, (weight, share): (i64, i64), replaced: bool) -> String {
    let d = line.indicator.definition();
    let name = line.indicator.label();
    let unit = d.unit;
    let (Some(value), Some(points)) = (value, points) else {
        let under = scored.denominator.unwrap_or(0);
        return format!("{name}：分母 {under}，不足 {}，本项不计，权重 {}% 由其他各项按比例分担。", line.minimum.max(1), line.weight);
    };
    let figure = match scored.denominator {
        None => format!("{name} {}{unit}", scored.numerator),
        Some(under) if unit == "%" => format!("{name} = {} ÷ {under} = {}%", scored.numerator, plain(value)),
        Some(under) if d.scale < 1.0 => format!("{name} = {} 分钟 ÷ {under} ÷ 60 = {}{unit}", scored.numerator, plain(value)),
        Some(under) => format!("{name} = {} ÷ {under} = {}{unit}", scored.numerator, plain(value)),
    };
    let rule = match &line.rule {
        PointRule::Linear { floor, target } => format!("{}{unit} 为 0 分、{}{unit} 为 100 分，按比例计算", plain(*floor), plain(*target)),
        PointRule::Deduct { per_unit, free } if *free > 0.0 => format!("100 分中，超过 {}{unit} 的每{unit}扣 {} 分", plain(*free), plain(*per_unit)),
        PointRule::Deduct { per_unit, .. } => format!("100 分中，每{unit}扣 {} 分", plain(*per_unit)),
        PointRule::Bands { bands, otherwise } => {
            let bands: Vec<String> = bands.iter().map(|b| format!("{}{unit} 及以上 {} 分", plain(b.at_least), plain(b.points))).collect();
            format!("{}，其余 {} 分", bands.join("、"), plain(*otherwise))
        }
    };
    let beside = if replaced { "（按复核后的数）" } else { "" };
    let share = plain(told(share));
    format!("{figure}{beside}；{rule}，得 {} 分；权重 {}%（折算 {}%），计 {share} 分。", plain(told(points)), line.weight, plain(told(weight)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_enough_records_gives_its_weight_to_the_others() {
        let content: AssessmentSchemeContent = serde_json::from_value(serde_json::json!({
            "lines": [
                { "code": "on_time", "indicator": "on_time_rate", "weight": 60, "rule": { "kind": "linear", "floor": 50.0, "target": 100.0 }, "minimum": 1 },
                { "code": "rated", "indicator": "satisfaction_rate", "weight": 30, "rule": { "kind": "linear", "floor": 0.0, "target": 100.0 }, "minimum": 5 },
                { "code": "late", "indicator": "overdue_matters", "weight": 10, "rule": { "kind": "deduct", "per_unit": 10.0, "free": 0.0 } }
            ]
        }))
        .expect("a scheme");
        let figure = |line: &str, numerator, denominator| LineFigure { line: line.into(), numerator, denominator };
        let figures = [figure("on_time", 9, Some(10)), figure("rated", 4, Some(4)), figure("late", 3, None)];
        let derived = derive(&content, &figures, &[], false);
        assert_eq!(derived.lines.iter().map(|l| (l.points, l.weight)).collect::<Vec<_>>(), [(Some(8_000), 8_571), (None, 0), (Some(7_000), 1_429)]);
        assert_eq!((derived.score, derived.total, derived.grade), (Some(7_857), Some(7_857), Some(AssessmentGrade::Pass)));
        let words = "按时办结率 = 9 ÷ 10 = 90%；50% 为 0 分、100% 为 100 分，按比例计算，得 80 分；权重 60%（折算 85.71%），计 68.57 分。";
        assert_eq!(derived.lines[0].formula, words);
        assert!(derived.lines[2].formula.ends_with("计 10 分。"), "together the score: {}", derived.lines[2].formula);
        assert!(derived.lines[1].formula.contains("不足 5，本项不计"), "{}", derived.lines[1].formula);
    }
}
