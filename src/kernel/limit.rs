//! Time limits (时限): how much time is allowed, in which measure, and when a day of business begins and ends.

use std::fmt;

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The measure of a limit (DOMAIN §2 trap 4, §9).
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Hour,
    WorkingHour,
    NaturalDay,
    WorkingDay,
}

impl Unit {
    pub const ALL: [Self; 4] = [Self::Hour, Self::WorkingHour, Self::NaturalDay, Self::WorkingDay];

    /// The stored and serialised name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::WorkingHour => "working_hour",
            Self::NaturalDay => "natural_day",
            Self::WorkingDay => "working_day",
        }
    }

    /// The inverse of [`Unit::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Hour => "小时",
            Self::WorkingHour => "工作小时",
            Self::NaturalDay => "自然日",
            Self::WorkingDay => "工作日",
        }
    }

    /// Whether the limit counts whole days and so ends at close of business.
    pub const fn is_day(self) -> bool {
        matches!(self, Self::NaturalDay | Self::WorkingDay)
    }
}

/// An amount of time allowed, such as five working days.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub value: u32,
    pub unit: Unit,
}

impl Limit {
    pub const fn working_days(value: u32) -> Self {
        Self { value, unit: Unit::WorkingDay }
    }

    pub const fn natural_days(value: u32) -> Self {
        Self { value, unit: Unit::NaturalDay }
    }

    pub const fn hours(value: u32) -> Self {
        Self { value, unit: Unit::Hour }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}个{}", self.value, self.unit.label_zh())
    }
}

/// Opening and closing time of the service centers, local. The lunch break is ignored.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    pub open: NaiveTime,
    pub close: NaiveTime,
}

impl Default for BusinessHours {
    fn default() -> Self {
        const OPEN: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
        const CLOSE: NaiveTime = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
        Self { open: OPEN, close: CLOSE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_match_serde() {
        for unit in Unit::ALL {
            assert_eq!(Unit::parse(unit.as_str()), Some(unit));
            assert_eq!(serde_json::to_value(unit).unwrap(), unit.as_str());
        }
        assert_eq!(Unit::parse("WorkingDay"), None);
    }

    #[test]
    fn limits_read_in_chinese_and_as_json() {
        assert_eq!(Limit::working_days(5).to_string(), "5个工作日");
        assert_eq!(Limit::natural_days(15).to_string(), "15个自然日");
        assert_eq!(Limit::hours(4).to_string(), "4个小时");
        let json = serde_json::json!({"value": 5, "unit": "working_day"});
        assert_eq!(serde_json::from_value::<Limit>(json).unwrap(), Limit::working_days(5));
    }
}
