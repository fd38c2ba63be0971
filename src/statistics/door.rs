//! Figures for the rooms above, which have asked who may see them.

use chrono::{Datelike as _, Months, NaiveDate};

use super::{keeping, model::StatisticsFigure, question::Question, store, totals};
use crate::{
    db::{Result, Tx},
    indicators::Indicator,
    kernel::Moment,
    organization::Center,
};

/// The figures of a center, alone or with all below it, from a day to before another.
pub fn of_center(tx: &mut Tx, center: &Center, own: bool, (from, to): (NaiveDate, NaiveDate), indicators: &[Indicator]) -> Result<Vec<StatisticsFigure>> {
    let q = Question { center: center.clone(), own, level: None, person: None, from, to, only: Vec::new(), dimensions: Vec::new() };
    totals::total(tx, &q, indicators)
}

/// Until when everything is counted, and whether it is whole: not while the figures are being made anew.
pub fn counted(tx: &mut Tx) -> Result<(Moment, bool)> {
    Ok((keeping::as_of(tx)?, !store::progress(tx)?.1))
}

/// The first day of a month, `YYYY-MM`, of this century.
pub fn month_of(text: &str) -> Option<NaiveDate> {
    format!("{text}-01").parse().ok().filter(|_| text.len() == 7 && text.starts_with("20"))
}

/// How many months lie between two first days.
pub fn months_between(from: NaiveDate, to: NaiveDate) -> i32 {
    let number = |day: NaiveDate| day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0);
    number(to) - number(from)
}

/// A day so many months later, or earlier.
pub fn months_later(day: NaiveDate, months: i32) -> NaiveDate {
    let by = Months::new(months.unsigned_abs());
    if months < 0 { day.checked_sub_months(by) } else { day.checked_add_months(by) }.unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_over_years() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(months_between(day("2025-11-01"), day("2026-02-01")), 3);
        assert_eq!(months_later(day("2026-01-01"), -2), day("2025-11-01"));
        assert_eq!((month_of("2026-02"), month_of("2026-2"), month_of("1999-01")), (Some(day("2026-02-01")), None, None));
    }
}
