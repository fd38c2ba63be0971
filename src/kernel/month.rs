//! A calendar month, as periods of figures and reports are made of.

use chrono::{Datelike as _, Months, NaiveDate};

/// A month of this century.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// `YYYY-MM`; none where it is no month or not of 2000 to 2099.
    pub fn read(text: &str) -> Option<Self> {
        format!("{text}-01").parse().ok().filter(|_| text.len() == 7 && text.starts_with("20")).map(Self)
    }

    /// One that is over; else why not: code, Chinese, English.
    pub fn over(text: &str, today: NaiveDate) -> Result<Self, [&'static str; 3]> {
        let month = Self::read(text).ok_or(["month", "应为 2000 年至 2099 年的月份，例如 2026-01。", "A month from 2000 to 2099, such as 2026-01."])?;
        if month.end() <= today { Ok(month) } else { Err(["not_over", "该月尚未结束。", "That month is not over."]) }
    }

    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first day.
    pub fn first(self) -> NaiveDate {
        self.0
    }

    /// The first day after it.
    pub fn end(self) -> NaiveDate {
        self.plus(1).0
    }

    /// So many months later, or earlier.
    pub fn plus(self, months: i32) -> Self {
        let by = Months::new(months.unsigned_abs());
        Self(if months < 0 { self.0.checked_sub_months(by) } else { self.0.checked_add_months(by) }.unwrap_or(self.0))
    }

    /// How many months later than another it is.
    pub fn since(self, earlier: Self) -> i32 {
        let number = |day: NaiveDate| day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0);
        number(self.0) - number(earlier.0)
    }

    /// As people say it.
    pub fn label(self) -> String {
        self.0.format("%Y年%-m月").to_string()
    }
}

/// `YYYY-MM`.
impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_and_counted_over_years() {
        let month = |text: &str| Month::read(text).expect("a month");
        assert_eq!(month("2026-02").since(month("2025-11")), 3);
        assert_eq!(month("2026-01").plus(-2), month("2025-11"));
        assert_eq!(month("2026-02").end().to_string(), "2026-03-01");
        let today = month("2026-03").first();
        assert_eq!(Month::over("2026-02", today), Ok(month("2026-02")));
        assert_eq!(["2026-03", "2026-13"].map(|text| Month::over(text, today).map_err(|why| why[0])), [Err("not_over"), Err("month")]);
        assert_eq!([Month::read("2026-2"), Month::read("2026-13"), Month::read("1999-01"), Month::read("２026-01")], [None; 4]);
        assert_eq!((month("2026-02").to_string(), month("2026-02").label()), ("2026-02".into(), "2026年2月".into()));
    }
}
