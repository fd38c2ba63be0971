//! Adds figures up. Whatever is asked is a sum of rollup rows along their key: whole trees by day where no dimension is asked,
//! months of large centers with days at the edges where one is, and cells of small ones.

use std::collections::{BTreeMap, HashSet};

use chrono::{Datelike as _, Days, Months, NaiveDate};

use super::{
    cells::{CELL, MONTH, WHOLE, day_number, day_of, has_months, month_number, month_start},
    facts::rank,
    model::{Interval, StatisticsFigure},
    question::{Question, too_many},
    store::{self, Summed},
};
use crate::{
    db::{Result, Tx},
    indicators::{Indicator, Term},
    kernel::Problem,
    organization,
};

/// A period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// From this day.
    pub from: NaiveDate,
    /// Before this one.
    pub to: NaiveDate,
}

/// The steps of a period: cut where the calendar cuts, and at both ends.
pub fn buckets(from: NaiveDate, to: NaiveDate, interval: Interval) -> Result<Vec<Bucket>, Problem> {
    let most = match interval {
        Interval::Day => 366,
        Interval::Week => 160,
        Interval::Month | Interval::Quarter | Interval::Year => 120,
    };
    let next = |day: NaiveDate| -> NaiveDate {
        let first = day.with_day(1).unwrap_or(day);
        let months = |n: u32| first.checked_add_months(Months::new(n)).unwrap_or(to);
        match interval {
            Interval::Day => day + Days::new(1),
            Interval::Week => day + Days::new(7 - u64::from(day.weekday().num_days_from_monday())),
            Interval::Month => months(1),
            Interval::Quarter => months(3 - day.month0() % 3),
            Interval::Year => months(12 - day.month0()),
        }
    };
    let (mut all, mut at) = (Vec::new(), from);
    while at < to {
        if all.len() == most {
            return Err(too_many("interval", most));
        }
        let end = next(at).min(to);
        all.push(Bucket { from: at, to: end });
        at = end;
    }
    Ok(all)
}

/// By bucket and part: what each measure came to.
type Sums = BTreeMap<(usize, i32), BTreeMap<i32, i64>>;

/// By bucket and part: the figures.
pub type Figures = BTreeMap<(usize, i32), Vec<StatisticsFigure>>;

/// How a question is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    /// Periods, in order and without gaps.
    pub buckets: &'a [Bucket],
    /// Inner ends of periods are ends of months.
    pub months: bool,
    /// Told apart by this column.
    pub by: Option<&'static str>,
}

/// The rows of rollups that make up a range of days.
fn pieces(tx: &mut Tx, q: &Question, (from, to): (NaiveDate, NaiveDate), cut: &Cut) -> Result<Vec<Summed>> {
    let node: Vec<i32> = q.node(tx)?.into_iter().collect();
    let mut only = q.only.clone();
    only.extend(q.level.map(|level| ("level", vec![rank(level)])));
    let piece =
        |slice: i32, nodes: &[i32], from: i32, to: i32| Summed { slice, nodes: nodes.to_vec(), from, to, only: only.clone(), by: cut.by, ..Summed::default() };
    let days = |slice: i32, nodes: &[i32], from: NaiveDate, to: NaiveDate| piece(slice, nodes, day_number(from), day_number(to));
    if q.own {
        return Ok(vec![days(CELL, &node, from, to)]);
    }
    if q.only.is_empty() && cut.by.is_none_or(|by| by == "level") {
        return Ok(vec![days(WHOLE, &node, from, to)]);
    }
    let below: HashSet<String> = organization::store::subtree(tx, &q.center.path)?.iter().map(ToString::to_string).collect();
    let below: Vec<i32> = store::keys_of_kind(tx, "center")?.into_iter().filter(|(_, value)| below.contains(value)).map(|k| k.0).collect();
    if !(cut.months && has_months(q.center.level)) {
        return Ok(vec![days(CELL, &below, from, to)]);
    }
    let first = if from.day() == 1 { month_number(from) } else { month_number(from) + 1 };
    let end = month_number(to);
    if first >= end {
        return Ok(vec![days(CELL, &below, from, to)]);
    }
    Ok(vec![days(CELL, &below, from, month_start(first)), piece(MONTH, &node, first, end), days(CELL, &below, month_start(end), to)])
}

/// What happened in each bucket.
fn happened(tx: &mut Tx, q: &Question, measures: &[i32], cut: &Cut) -> Result<Sums> {
    let mut sums = Sums::new();
    let (Some(first), Some(last)) = (cut.buckets.first(), cut.buckets.last()) else { return Ok(sums) };
    let periods = cut.buckets.len() > 1;
    for piece in pieces(tx, q, (first.from, last.to), cut)? {
        let piece = Summed { measures: measures.to_vec(), periods, ..piece };
        for sum in store::sum(tx, &piece)? {
            let at = if periods { bucket_of(cut.buckets, start(piece.slice, sum.period)) } else { Some(0) };
            if let Some(at) = at {
                *sums.entry((at, sum.part)).or_default().entry(sum.measure).or_default() += sum.n;
            }
        }
    }
    Ok(sums)
}

/// What stands at the end of each bucket: all that came before it. Today is not over, so it does not count.
fn standing(tx: &mut Tx, q: &Question, measures: &[i32], cut: &Cut) -> Result<Sums> {
    let mut sums = Sums::new();
    let today = tx.now.local_date();
    let ends: Vec<NaiveDate> = cut.buckets.iter().map(|b| b.to.min(today)).collect();
    let Some(last) = ends.last().copied().filter(|_| !measures.is_empty()) else { return Ok(sums) };
    let begin = NaiveDate::from_ymd_opt(1999, 1, 1).unwrap_or_default();
    let periods = ends.len() > 1;
    for piece in pieces(tx, q, (begin, last), cut)? {
        let piece = Summed { measures: measures.to_vec(), periods, ..piece };
        for sum in store::sum(tx, &piece)? {
            let began = if periods { start(piece.slice, sum.period) } else { begin };
            for (at, _) in ends.iter().enumerate().filter(|(_, end)| began < **end) {
                *sums.entry((at, sum.part)).or_default().entry(sum.measure).or_default() += sum.n;
            }
        }
    }
    Ok(sums)
}

fn start(slice: i32, period: i32) -> NaiveDate {
    if slice == MONTH { month_start(period) } else { day_of(period) }
}

fn bucket_of(buckets: &[Bucket], day: NaiveDate) -> Option<usize> {
    let at = buckets.partition_point(|b| b.to <= day);
    buckets.get(at).filter(|b| b.from <= day).map(|_| at)
}

fn terms(indicators: &[Indicator]) -> impl Iterator<Item = Term> {
    indicators.iter().flat_map(|i| {
        let d = i.definition();
        d.over.iter().chain(d.under).copied().collect::<Vec<_>>()
    })
}

/// The figures of every bucket and part; buckets without anything have figures of nought when there are no parts.
pub fn figures(tx: &mut Tx, q: &Question, indicators: &[Indicator], cut: &Cut) -> Result<Figures> {
    let mut flows: Vec<i32> = terms(indicators)
        .flat_map(|t| match t {
            Term::Plus(m) | Term::Less(m) => vec![m.id()],
            Term::Standing(..) => Vec::new(),
        })
        .collect();
    let mut stocks: Vec<i32> = terms(indicators)
        .flat_map(|t| match t {
            Term::Standing(begun, ended) => vec![begun.id(), ended.id()],
            _ => Vec::new(),
        })
        .collect();
    for list in [&mut flows, &mut stocks] {
        list.sort_unstable();
        list.dedup();
    }
    let happened = happened(tx, q, &flows, cut)?;
    let standing = standing(tx, q, &stocks, cut)?;
    let mut places: Vec<(usize, i32)> = happened.keys().chain(standing.keys()).copied().collect();
    if cut.by.is_none() {
        places.extend((0..cut.buckets.len()).map(|at| (at, 0)));
    }
    places.sort_unstable();
    places.dedup();
    let nothing = BTreeMap::new();
    let told = places.into_iter().map(|place| {
        let (flow, stock) = (happened.get(&place).unwrap_or(&nothing), standing.get(&place).unwrap_or(&nothing));
        let of = |terms: &[Term]| terms.iter().map(|term| value(*term, flow, stock)).sum::<i64>();
        let figures = indicators.iter().map(|i| StatisticsFigure::of(*i, of(i.definition().over), of(i.definition().under)));
        (place, figures.collect())
    });
    Ok(told.collect())
}

fn value(term: Term, flow: &BTreeMap<i32, i64>, stock: &BTreeMap<i32, i64>) -> i64 {
    let of = |sums: &BTreeMap<i32, i64>, id: i32| sums.get(&id).copied().unwrap_or(0);
    match term {
        Term::Plus(m) => of(flow, m.id()),
        Term::Less(m) => -of(flow, m.id()),
        Term::Standing(begun, ended) => of(stock, begun.id()) - of(stock, ended.id()),
    }
}

/// The figures of one period, without parts.
pub fn total(tx: &mut Tx, q: &Question, indicators: &[Indicator]) -> Result<Vec<StatisticsFigure>> {
    let cut = Cut { buckets: &[Bucket { from: q.from, to: q.to }], months: true, by: None };
    Ok(figures(tx, q, indicators, &cut)?.into_values().next().unwrap_or_default())
}

/// Figures of parts, added up.
pub fn added(parts: &[&[StatisticsFigure]], indicators: &[Indicator]) -> Vec<StatisticsFigure> {
    let of = |at: usize, pick: fn(&StatisticsFigure) -> Option<i64>| parts.iter().filter_map(|p| p.get(at).and_then(pick)).sum::<i64>();
    indicators.iter().enumerate().map(|(at, i)| StatisticsFigure::of(*i, of(at, |f| f.numerator), of(at, |f| f.denominator))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_period_is_cut_where_the_calendar_cuts() {
        let cut = |from: &str, to: &str, interval| -> Vec<String> {
            buckets(day(from), day(to), interval).expect("few").iter().map(|b| format!("{}/{}", b.from, b.to)).collect()
        };
        assert_eq!(cut("2026-01-15", "2026-03-02", Interval::Month), ["2026-01-15/2026-02-01", "2026-02-01/2026-03-01", "2026-03-01/2026-03-02"]);
        assert_eq!(cut("2026-01-01", "2026-01-06", Interval::Week), ["2026-01-01/2026-01-05", "2026-01-05/2026-01-06"]);
        assert_eq!(cut("2025-12-31", "2026-07-01", Interval::Quarter), ["2025-12-31/2026-01-01", "2026-01-01/2026-04-01", "2026-04-01/2026-07-01"]);
        assert_eq!(cut("2025-12-31", "2026-01-02", Interval::Year), ["2025-12-31/2026-01-01", "2026-01-01/2026-01-02"]);
        assert!(buckets(day("2020-01-01"), day("2026-01-01"), Interval::Day).is_err());
    }
}
