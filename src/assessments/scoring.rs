//! From figures to points, and from points to a score: pure, in hundredths of a point.

use serde::{Deserialize, Serialize};

use super::{
    machine::AssessmentGrade,
    model::{AssessmentGrades, PointRule},
};

/// A full score: 100 points.
pub const FULL: i64 = 10_000;

/// A figure of a line with what it comes to. What was counted is never overwritten; what an entry replaces stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineFigure {
    /// Which line of the scheme.
    pub line: String,
    /// As it was counted.
    pub numerator: i64,
    /// As it was counted; none of a count.
    pub denominator: Option<i64>,
}

/// What a figure is: of a rate or mean, one for the other, in its unit; of a count, itself. None where there is nothing to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of records")]
pub fn value(numerator: i64, denominator: Option<i64>, scale: f64) -> Option<f64> {
    match denominator {
        None => Some(numerator as f64),
        Some(under) if under > 0 => Some((numerator as f64 * scale * 100.0 / under as f64).round() / 100.0),
        Some(_) => None,
    }
}

/// Points as they are kept, whatever number they came from.
#[expect(clippy::cast_possible_truncation, reason = "between 0 and 100")]
fn hundredths(points: f64) -> i64 {
    if points.is_nan() { 0 } else { (points.clamp(0.0, 100.0) * 100.0).round() as i64 }
}

/// The points that a value is given: from 0 to 100.
pub fn points(rule: &PointRule, value: f64) -> i64 {
    match rule {
        PointRule::Linear { floor, target } => hundredths((value - floor) / (target - floor) * 100.0),
        PointRule::Deduct { per_unit, free } => hundredths(100.0 - per_unit * (value - free).max(0.0)),
        PointRule::Bands { bands, otherwise } => hundredths(bands.iter().find(|band| value >= band.at_least).map_or(*otherwise, |band| band.points)),
    }
}

/// The weights of the lines that count, in hundredths of a percent: together exactly 100 %, or nothing counts. What a line
/// that does not count would have weighed goes to the others in proportion.
pub fn spread(lines: &[(u32, bool)]) -> Vec<i64> {
    let all: i64 = lines.iter().filter(|(_, counts)| *counts).map(|(weight, _)| i64::from(*weight)).sum();
    if all == 0 {
        return vec![0; lines.len()];
    }
    let share = |(weight, counts): &(u32, bool)| if *counts { i64::from(*weight) * FULL / all } else { 0 };
    let mut spread: Vec<i64> = lines.iter().map(share).collect();
    // What rounding leaves goes to where it left most, the first among equals.
    let mut order: Vec<usize> = (0..lines.len()).filter(|at| lines.get(*at).is_some_and(|l| l.1 && l.0 > 0)).collect();
    order.sort_by_key(|at| std::cmp::Reverse(lines.get(*at).map_or(0, |l| i64::from(l.0) * FULL % all)));
    let mut left = FULL - spread.iter().sum::<i64>();
    for at in order.into_iter().cycle() {
        if left == 0 {
            break;
        }
        if let Some(part) = spread.get_mut(at) {
            *part += 1;
            left -= 1;
        }
    }
    spread
}

/// The score of points with their weights; none where nothing counts.
pub fn score(parts: &[(i64, i64)]) -> Option<i64> {
    let weights: i64 = parts.iter().map(|p| p.1).sum();
    (weights > 0).then(|| (parts.iter().map(|(points, weight)| points * weight).sum::<i64>() + FULL / 2) / FULL)
}

/// What each part comes to of [`score`]: together exactly that. What rounding leaves goes to where it left most, the first among
/// equals.
pub fn shares(parts: &[(i64, i64)]) -> Vec<i64> {
    let mut shares: Vec<i64> = parts.iter().map(|(points, weight)| points * weight / FULL).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(parts.get(*at).map_or(0, |(points, weight)| points * weight % FULL)));
    let left = usize::try_from(score(parts).unwrap_or(0) - shares.iter().sum::<i64>()).unwrap_or(0);
    for at in order.into_iter().take(left) {
        if let Some(share) = shares.get_mut(at) {
            *share += 1;
        }
    }
    shares
}

/// What was added or taken away by hand, within what the scheme allows.
pub fn bonus(entered: i64, bonus_cap: u32, malus_cap: u32) -> i64 {
    entered.clamp(-i64::from(malus_cap) * 100, i64::from(bonus_cap) * 100)
}

/// The score with what was entered beside it, never below nought nor above a full score and the most that can be added.
pub fn total(score: i64, bonus: i64, adjusted: i64, bonus_cap: u32) -> i64 {
    (score + bonus + adjusted).clamp(0, FULL + i64::from(bonus_cap) * 100)
}

/// By thresholds.
pub fn grade(grades: &AssessmentGrades, total: i64) -> AssessmentGrade {
    let reached = |threshold: u32| total >= i64::from(threshold) * 100;
    if reached(grades.excellent) {
        AssessmentGrade::Excellent
    } else if reached(grades.good) {
        AssessmentGrade::Good
    } else if reached(grades.pass) {
        AssessmentGrade::Pass
    } else {
        AssessmentGrade::Fail
    }
}

/// Ranks: equal scores share one, and the next comes after all of them. Who has no score has none.
pub fn ranks(totals: &[Option<i64>]) -> Vec<Option<i32>> {
    let rank = |own: i64| totals.iter().flatten().filter(|other| **other > own).count() + 1;
    totals.iter().map(|total| total.and_then(|own| i32::try_from(rank(own)).ok())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::model::Band, *};

    fn rules() -> impl Strategy<Value = (PointRule, bool)> {
        let linear = (0..5_000_i32, 1..5_000_i32, any::<bool>()).prop_map(|(low, wide, higher)| {
            let (low, high) = (f64::from(low) / 100.0, f64::from(low + wide) / 100.0);
            (if higher { PointRule::Linear { floor: low, target: high } } else { PointRule::Linear { floor: high, target: low } }, higher)
        });
        let deduct =
            (1..1_000_i32, 0..100_i32).prop_map(|(per, free)| (PointRule::Deduct { per_unit: f64::from(per) / 100.0, free: f64::from(free) / 10.0 }, false));
        let bands = (proptest::collection::btree_set(0..10_000_i32, 1..6), proptest::collection::vec(0..100_u32, 6), any::<bool>()).prop_map(
            |(ends, mut points, higher)| {
                points.sort_unstable();
                if higher {
                    points.reverse();
                }
                let mut given = points.into_iter();
                let mut next = || f64::from(given.next().unwrap_or(0));
                let bands = ends.into_iter().rev().map(|end| Band { at_least: f64::from(end) / 100.0, points: next() }).collect();
                (PointRule::Bands { bands, otherwise: next() }, higher)
            },
        );
        prop_oneof![linear, deduct, bands]
    }

    proptest! {
        #[test]
        fn points_stay_within_and_follow_the_figure((rule, higher) in rules(), one in 0..20_000_i32, more in 0..20_000_i32) {
            let (less, more) = (f64::from(one) / 100.0, f64::from(one + more) / 100.0);
            let (of_less, of_more) = (points(&rule, less), points(&rule, more));
            prop_assert!((0..=FULL).contains(&of_less) && (0..=FULL).contains(&of_more));
            prop_assert!(if higher { of_more >= of_less } else { of_more <= of_less }, "{rule:?} {less} {more}");
        }

        #[test]
        fn weights_are_spread_whole(lines in proptest::collection::vec((0..100_u32, any::<bool>()), 1..30)) {
            let parts = spread(&lines);
            let counts = lines.iter().any(|(weight, counts)| *counts && *weight > 0);
            prop_assert_eq!(parts.iter().sum::<i64>(), if counts { FULL } else { 0 });
            for ((weight, counts), part) in lines.iter().zip(&parts) {
                prop_assert!(*part >= 0 && ((*counts && *weight > 0) || *part == 0));
            }
        }

        #[test]
        fn a_score_is_within_and_monotone(
            lines in proptest::collection::vec((1..100_u32, any::<bool>(), 0..=FULL), 1..20),
            at in 0..20_usize, better in 0..=FULL,
            by_hand in -20_000..20_000_i64, adjusted in -3_000..3_000_i64, caps in (0..20_u32, 0..100_u32),
        ) {
            let weights = spread(&lines.iter().map(|l| (l.0, l.1)).collect::<Vec<_>>());
            let of = |lines: &[(u32, bool, i64)]| score(&lines.iter().zip(&weights).map(|(l, w)| (l.2, *w)).collect::<Vec<_>>());
            let first = of(&lines);
            let mut improved = lines.clone();
            let at = at % improved.len();
            improved[at].2 = improved[at].2.max(better);
            let second = of(&improved);
            prop_assert_eq!(first.is_some(), lines.iter().any(|l| l.1));
            let parts: Vec<(i64, i64)> = lines.iter().zip(&weights).map(|(l, w)| (l.2, *w)).collect();
            prop_assert_eq!(shares(&parts).iter().sum::<i64>(), first.unwrap_or(0));
            prop_assert!(shares(&parts).iter().zip(&parts).all(|(share, (points, weight))| (share * FULL - points * weight).abs() < FULL));
            if let (Some(first), Some(second)) = (first, second) {
                prop_assert!((0..=FULL).contains(&first) && second >= first);
                let added = bonus(by_hand, caps.0, caps.1);
                let all = total(first, added, adjusted, caps.0);
                prop_assert!((0..=FULL + i64::from(caps.0) * 100).contains(&all));
                prop_assert!(total(second, added, adjusted, caps.0) >= all);
            }
        }

        #[test]
        fn equals_share_a_rank(totals in proptest::collection::vec(proptest::option::of(0..50_i64), 1..30)) {
            let ranks = ranks(&totals);
            for (a, of_a) in totals.iter().zip(&ranks) {
                prop_assert_eq!(a.is_some(), of_a.is_some());
                for (b, of_b) in totals.iter().zip(&ranks) {
                    if let (Some(a), Some(b), Some(of_a), Some(of_b)) = (a, b, of_a, of_b) {
                        prop_assert_eq!(a.cmp(b), of_b.cmp(of_a));
                    }
                }
            }
        }
    }

    #[test]
    fn a_figure_without_records_has_no_value() {
        assert_eq!((value(3, Some(0), 100.0), value(46, Some(48), 100.0), value(7, None, 1.0)), (None, Some(95.83), Some(7.0)));
        assert_eq!(ranks(&[Some(90), Some(95), Some(90), None, Some(80)]), [Some(2), Some(1), Some(2), None, Some(4)]);
    }
}
