//! Civil dates as they are sent: `YYYY-MM-DD` of the years that moments know, too.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize as _, Deserializer, de::Error as _};

fn parse(text: &str) -> Option<NaiveDate> {
    let date: NaiveDate = if text.len() == 10 { text.parse().ok()? } else { return None };
    (1900..=2200).contains(&date.year()).then_some(date)
}

/// For `#[serde(deserialize_with)]`.
pub fn date<'de, D: Deserializer<'de>>(d: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(d)?;
    parse(&text).ok_or_else(|| D::Error::custom("a date YYYY-MM-DD between 1900 and 2200"))
}

/// The same for what may be absent.
pub fn optional<'de, D: Deserializer<'de>>(d: D) -> Result<Option<NaiveDate>, D::Error> {
    date(d).map(Some)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_plain_dates_of_our_times() {
        assert!(parse("2026-03-02").is_some());
        for wrong in ["+12026-01-01", "0001-01-01", "9999-12-31", "2026-3-2", "2026-02-30", "-0001-01-01", ""] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }
}
