//! Citizen identity numbers (公民身份号码, GB 11643-1999).

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

const LENGTH: usize = 18;
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The standard sets no lower bound; nobody who holds an 18-digit number was born earlier.
const EARLIEST_YEAR: i32 = 1800;

/// What a valid citizen identity number tells about its holder.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenId {
    pub birth_date: NaiveDate,
    /// The 17th digit is even for women.
    pub female: bool,
    /// The county-level division (GB/T 2260, six digits) of the first registration.
    /// It may have been abolished since, so it is not looked up.
    pub division: String,
}

/// Personal data stays out of logs, so nothing is shown.
impl std::fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CitizenId").finish_non_exhaustive()
    }
}

/// Why a string is not a citizen identity number. The number itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CitizenIdError {
    #[error("a citizen identity number has 18 characters")]
    Length,
    #[error("a citizen identity number has 17 digits and a final digit or capital X")]
    Alphabet,
    #[error("the birth date in the citizen identity number does not exist or is in the future")]
    BirthDate,
    #[error("the check digit of the citizen identity number is wrong")]
    CheckDigit,
}

/// Checks a number as GB 11643-1999 lays down (ISO 7064 MOD 11-2) and takes it apart.
///
/// `today` is the local date: a child born today may be registered today, nobody earlier.
pub fn check(s: &str, today: NaiveDate) -> Result<CitizenId, CitizenIdError> {
    if s.chars().count() != LENGTH {
        return Err(CitizenIdError::Length);
    }
    let (body, last) = s.split_at_checked(LENGTH - 1).ok_or(CitizenIdError::Alphabet)?;
    let digits = body.chars().map(|c| c.to_digit(10)).collect::<Option<Vec<_>>>().ok_or(CitizenIdError::Alphabet)?;
    let check = match last {
        "X" => 10,
        _ => last.parse().map_err(|_| CitizenIdError::Alphabet)?,
    };

    let birth_date = body
        .get(6..14)
        .and_then(|date| NaiveDate::parse_from_str(date, "%Y%m%d").ok())
        .filter(|date| date.year() >= EARLIEST_YEAR && *date <= today)
        .ok_or(CitizenIdError::BirthDate)?;

    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum();
    // `10X98765432`[sum mod 11], written as the congruence it stands for.
    if (sum + check) % 11 != 1 {
        return Err(CitizenIdError::CheckDigit);
    }
    Ok(CitizenId { birth_date, female: digits.last().is_some_and(|d| d % 2 == 0), division: body.chars().take(6).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn today() -> NaiveDate {
        day(2026, 1, 15)
    }

    /// Completes 17 digits by the table of the standard, independently of `check`.
    fn complete(body: &str) -> String {
        let sum: u32 = body.chars().zip(WEIGHTS).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
        let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap();
        format!("{body}{check}")
    }

    #[test]
    fn takes_valid_numbers_apart() {
        for (number, birth_date, female, division) in [
            ("11010519491231002X", day(1949, 12, 31), true, "110105"),
            ("320601199001010011", day(1990, 1, 1), false, "320601"),
            ("440781198506151231", day(1985, 6, 15), false, "440781"),
        ] {
            let id = check(number, today()).unwrap();
            assert_eq!(id.birth_date, birth_date);
            assert_eq!(id.female, female);
            assert_eq!(id.division, division);
        }
    }

    #[test]
    fn agrees_with_the_table_of_the_standard() {
        for serial in 0..1000 {
            let number = complete(&format!("32060119900101{serial:03}"));
            assert!(check(&number, today()).is_ok(), "{number}");
        }
    }

    #[test]
    fn rejects_wrong_check_digits() {
        for c in "0123456789".chars() {
            let number = format!("11010519491231002{c}");
            assert_eq!(check(&number, today()), Err(CitizenIdError::CheckDigit), "{number}");
        }
    }

    #[test]
    fn rejects_impossible_and_future_dates() {
        for date in ["20250229", "19000229", "20240431", "20241301", "20240100", "20240001", "00000101", "17991231", "20260116", "99991231"] {
            let number = complete(&format!("320601{date}001"));
            assert_eq!(check(&number, today()), Err(CitizenIdError::BirthDate), "{number}");
        }
    }

    #[test]
    fn accepts_leap_days_and_newborns() {
        for date in ["20240229", "20000229", "20260115"] {
            let number = complete(&format!("320601{date}001"));
            assert!(check(&number, today()).is_ok(), "{number}");
        }
    }

    #[test]
    fn rejects_foreign_characters() {
        for number in [
            "11010519491231002x",
            "1101051949123100X2",
            "X10105194912310021",
            "11010519491231002+",
            "32060119900101001１",
            "３２０６０１１９９００１０１００１１",
            " 20601199001010011",
            "32060119900101001 ",
            "中文中文中文中文中文中文中文中文中文",
        ] {
            assert_eq!(check(number, today()), Err(CitizenIdError::Alphabet), "{number:?}");
        }
    }

    #[test]
    fn rejects_wrong_lengths() {
        for number in ["", "320601900101001", " 320601199001010011", "3206011990010100110"] {
            assert_eq!(check(number, today()), Err(CitizenIdError::Length), "{number:?}");
        }
    }

    #[test]
    fn shows_nothing_personal() {
        let id = check("11010519491231002X", today()).unwrap();
        assert_eq!(format!("{id:?}"), "CitizenId { .. }");
    }
}
