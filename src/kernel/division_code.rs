//! Administrative division codes: GB/T 2260 down to the county (six digits), followed by three
//! digits for the town and three for the village (the 12-digit codes of 民政 and 统计).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

const LENGTH: usize = 12;

/// Why a string is not a division code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DivisionCodeError {
    #[error("a division code has 12 digits")]
    Length,
    #[error("a division code has only digits")]
    Alphabet,
    #[error("the first two digits of a division code lie between 11 and 82")]
    Province,
}

/// The level of a division, the widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DivisionLevel {
    Province,
    City,
    County,
    Town,
    Village,
}

impl DivisionLevel {
    /// How many leading digits tell one division of this level from another.
    const fn significant_digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::City => 4,
            Self::County => 6,
            Self::Town => 9,
            Self::Village => LENGTH,
        }
    }

    const fn wider(self) -> Option<Self> {
        match self {
            Self::Province => None,
            Self::City => Some(Self::Province),
            Self::County => Some(Self::City),
            Self::Town => Some(Self::County),
            Self::Village => Some(Self::Town),
        }
    }
}

/// A well-formed 12-digit division code.
///
/// Whether the division exists is for the register to say: development zones such as 320671 are
/// absent from GB/T 2260 yet real in practice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode(String);

impl DivisionCode {
    /// Accepts exactly 12 ASCII digits that begin with a province (11 to 82).
    pub fn parse(s: &str) -> Result<Self, DivisionCodeError> {
        if s.chars().count() != LENGTH {
            return Err(DivisionCodeError::Length);
        }
        if !s.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DivisionCodeError::Alphabet);
        }
        // Digit strings compare as the numbers they begin with.
        if !("11".."83").contains(&s) {
            return Err(DivisionCodeError::Province);
        }
        Ok(Self(s.to_owned()))
    }

    /// Accepts the short forms too: 6 digits for a county or wider, 9 for a town.
    pub fn padded(s: &str) -> Result<Self, DivisionCodeError> {
        match s.chars().count() {
            6 | 9 | LENGTH => Self::parse(&format!("{s:0<LENGTH$}")),
            _ => Err(DivisionCodeError::Length),
        }
    }

    /// All 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The level, told by the trailing zeros.
    pub fn level(&self) -> DivisionLevel {
        // A group of zeros fills one level, so the digits used are rounded up to a level.
        match self.0.trim_end_matches('0').len() {
            0..=2 => DivisionLevel::Province,
            3..=4 => DivisionLevel::City,
            5..=6 => DivisionLevel::County,
            7..=9 => DivisionLevel::Town,
            _ => DivisionLevel::Village,
        }
    }

    /// The division one level up; none above a province.
    ///
    /// A level that is skipped in fact is skipped here: the towns of a city without counties
    /// (441900003000 in 东莞) belong to the city (441900000000).
    pub fn parent(&self) -> Option<Self> {
        let prefix = self.prefix(self.level().wider()?);
        Some(Self(format!("{prefix:0<LENGTH$}")))
    }

    /// Whether this division is `other` or lies in it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(other.prefix(other.level()))
    }

    fn prefix(&self, level: DivisionLevel) -> &str {
        self.0.get(..level.significant_digits()).unwrap_or(&self.0)
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for DivisionCode {
    type Err = DivisionCodeError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

impl TryFrom<String> for DivisionCode {
    type Error = DivisionCodeError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        Self::parse(&s)
    }
}

impl From<DivisionCode> for String {
    fn from(code: DivisionCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(s: &str) -> DivisionCode {
        DivisionCode::parse(s).unwrap()
    }

    #[test]
    fn climbs_from_village_to_province() {
        let chain = [
            ("320612001001", DivisionLevel::Village),
            ("320612001000", DivisionLevel::Town),
            ("320612000000", DivisionLevel::County),
            ("320600000000", DivisionLevel::City),
            ("320000000000", DivisionLevel::Province),
        ];
        let mut next = Some(code(chain[0].0));
        for (expected, level) in chain {
            let current = next.unwrap();
            assert_eq!(current.as_str(), expected);
            assert_eq!(current.level(), level);
            next = current.parent();
        }
        assert_eq!(next, None);
    }

    #[test]
    fn keeps_zeros_that_belong_to_a_number() {
        assert_eq!(code("500000000000").level(), DivisionLevel::Province);
        assert_eq!(code("321000000000").level(), DivisionLevel::City);
        assert_eq!(code("320610000000").level(), DivisionLevel::County);
        assert_eq!(code("320612100000").level(), DivisionLevel::Town);
        assert_eq!(code("320612100200").level(), DivisionLevel::Village);
    }

    #[test]
    fn parents_skip_missing_levels() {
        assert_eq!(code("441900003000").parent(), Some(code("441900000000")));
        assert_eq!(code("429004000000").parent(), Some(code("429000000000")));
    }

    #[test]
    fn contains_by_significant_digits() {
        let village = code("320612001001");
        for wider in ["320612001001", "320612001000", "320612000000", "320600000000", "320000000000"] {
            assert!(village.is_within(&code(wider)), "{wider}");
        }
        assert!(!village.is_within(&code("320612002000")));
        assert!(!village.is_within(&code("320671000000")));
        assert!(!code("320612000000").is_within(&village));
        // 10 ends in a zero that counts.
        assert!(!code("320100000000").is_within(&code("321000000000")));
    }

    #[test]
    fn pads_short_forms() {
        assert_eq!(DivisionCode::padded("320671"), Ok(code("320671000000")));
        assert_eq!(DivisionCode::padded("320612001"), Ok(code("320612001000")));
        assert_eq!(DivisionCode::padded("320612001001"), Ok(code("320612001001")));
        for s in ["", "32", "3206", "32061200", "3206120010011"] {
            assert_eq!(DivisionCode::padded(s), Err(DivisionCodeError::Length));
        }
        assert_eq!(DivisionCode::padded("32067１"), Err(DivisionCodeError::Alphabet));
    }

    #[test]
    fn rejects_malformed_codes() {
        use DivisionCodeError::{Alphabet, Length, Province};
        for (s, error) in [
            ("", Length),
            ("320671", Length),
            (" 320612000000", Length),
            ("32061200000 ", Alphabet),
            ("+20612000000", Alphabet),
            ("３２０６１２００００００", Alphabet),
            ("32061200000X", Alphabet),
            ("中文中文中文中文中文中文", Alphabet),
            ("000000000000", Province),
            ("100000000000", Province),
            ("830000000000", Province),
        ] {
            assert_eq!(DivisionCode::parse(s), Err(error), "{s:?}");
        }
        assert!(DivisionCode::parse("110000000000").is_ok());
        assert!(DivisionCode::parse("820000000000").is_ok());
    }
}
