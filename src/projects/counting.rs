//! How many working days a project has used, and will. Pure: the calendar and the present are given.
//!
//! A day is used on which at least one authority has an accepted step that does not stand still (DOMAIN §9); days are counted
//! as clocks count them, so day 1 is the working day after acceptance. Two steps at once use one day.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::model::WarningLevel;
use crate::clocks::{Limit, Pause, Unit, WorkCalendar};

/// A step in an authority's hands.
pub struct Span {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when; none: it is there still.
    pub to: Option<DateTime<Utc>>,
    /// When it stood still; a pause without an end lasts.
    pub pauses: Vec<Pause>,
}

impl Span {
    /// The working days that it has used until `now`.
    pub fn days(&self, calendar: &WorkCalendar, now: DateTime<Utc>) -> Vec<NaiveDate> {
        let until = self.to.map_or(now, |to| to.min(now));
        let pauses = self.pauses.iter().filter(|p| p.from <= until);
        let pauses: Vec<Pause> = pauses.map(|p| Pause { from: p.from, to: Some(p.to.unwrap_or(until)) }).collect();
        calendar.counted_days(self.from, until, &pauses)
    }

    /// It uses days now.
    pub fn runs(&self) -> bool {
        self.to.is_none() && self.pauses.iter().all(|p| p.to.is_some())
    }
}

/// Days that follow each other, without a working day between them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct DayRun {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Working days.
    pub days: u32,
}

/// The days as runs.
pub fn runs(days: &BTreeSet<NaiveDate>, calendar: &WorkCalendar) -> Vec<DayRun> {
    let mut all: Vec<DayRun> = Vec::new();
    for day in days {
        match all.last_mut() {
            Some(run) if calendar.working_days_between(run.to, *day) == 1 => (run.to, run.days) = (*day, run.days + 1),
            _ => all.push(DayRun { from: *day, to: *day, days: 1 }),
        }
    }
    all
}

/// A limit in working days, rounded up: a week has five of seven days, a working day eight hours.
pub fn in_working_days(limit: Limit) -> u32 {
    match limit.unit {
        Unit::WorkingDay => limit.value,
        Unit::NaturalDay => limit.value.saturating_mul(5).div_ceil(7),
        Unit::WorkingHour => limit.value.div_ceil(8),
        Unit::Hour => limit.value.div_ceil(24),
    }
}

/// A step that is still to be decided.
pub struct Need<'a> {
    /// Unique within its plan.
    pub code: &'a str,
    /// Steps before.
    pub after: &'a [String],
    /// Working days that its authority may still take.
    pub days: u32,
}

/// The longest way through the open steps of one plan.
pub fn longest(steps: &[Need]) -> u32 {
    // A plan is a graph without circles: after as many rounds as steps every end is known.
    let mut ends: Vec<u32> = steps.iter().map(|s| s.days).collect();
    for _ in 0..steps.len() {
        let next = steps.iter().map(|s| {
            let before = steps.iter().zip(&ends).filter(|(b, _)| s.after.iter().any(|code| code == b.code)).map(|(_, end)| *end);
            before.max().unwrap_or(0).saturating_add(s.days)
        });
        let next: Vec<u32> = next.collect();
        if next == ends {
            break;
        }
        ends = next;
    }
    ends.into_iter().max().unwrap_or(0)
}

/// What all stages still need: those that have begun go on side by side, the others come one after another.
pub fn remaining(stages: impl Iterator<Item = (bool, u32)>) -> u32 {
    let (mut beside, mut after) = (0, 0u32);
    for (begun, days) in stages {
        if begun { beside = days.max(beside) } else { after = after.saturating_add(days) }
    }
    after.saturating_add(beside)
}

/// How a project stands to its cap: it warns when four fifths are used, or when more than all will be.
pub fn judge(used: u32, forecast: u32, cap: u32) -> WarningLevel {
    if used > cap {
        WarningLevel::Exceeded
    } else if u64::from(used) * 5 >= u64::from(cap) * 4 || forecast > cap {
        WarningLevel::Warning
    } else {
        WarningLevel::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clocks::utc, kernel::BusinessHours};

    fn at(text: &str) -> DateTime<Utc> {
        utc(text.parse().expect("a local time"))
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn span(from: &str, to: Option<&str>, pauses: &[(&str, Option<&str>)]) -> Span {
        let pauses = pauses.iter().map(|(from, to)| Pause { from: at(from), to: to.map(at) }).collect();
        Span { from: at(from), to: to.map(at), pauses }
    }

    /// 2 March 2026 is a Monday; no holiday is near.
    fn calendar() -> WorkCalendar {
        WorkCalendar::new(BusinessHours::default())
    }

    #[test]
    fn days_are_counted_from_the_day_after_acceptance() {
        let week = span("2026-03-02T10:00:00", Some("2026-03-09T10:00:00"), &[]);
        assert_eq!(week.days(&calendar(), at("2026-04-01T10:00:00")).len(), 5, "Tuesday to Friday, and Monday");
        let within = span("2026-03-02T10:00:00", Some("2026-03-02T16:00:00"), &[]);
        assert!(within.days(&calendar(), at("2026-04-01T10:00:00")).is_empty());
        let late = span("2026-03-02T18:00:00", None, &[]);
        assert_eq!(late.days(&calendar(), at("2026-03-04T10:00:00")), [day("2026-03-04")], "after hours is the next day");
    }

    #[test]
    fn what_stands_still_uses_no_day() {
        let paused = span("2026-03-02T10:00:00", None, &[("2026-03-04T15:00:00", Some("2026-03-06T09:00:00"))]);
        assert_eq!(paused.days(&calendar(), at("2026-03-09T10:00:00")), [day("2026-03-03"), day("2026-03-09")]);
        let still = span("2026-03-02T10:00:00", None, &[("2026-03-04T15:00:00", None)]);
        assert_eq!(still.days(&calendar(), at("2026-03-20T10:00:00")), [day("2026-03-03")]);
        assert!(!still.runs() && paused.runs());
        let earlier = still.days(&calendar(), at("2026-03-03T10:00:00"));
        assert_eq!(earlier, [day("2026-03-03")], "a pause that is to come pauses nothing yet");
    }

    #[test]
    fn two_steps_at_once_use_one_day() {
        let now = at("2026-03-31T10:00:00");
        let one = span("2026-03-02T10:00:00", Some("2026-03-06T10:00:00"), &[]);
        let two = span("2026-03-04T10:00:00", Some("2026-03-11T10:00:00"), &[]);
        let all: BTreeSet<NaiveDate> = [one, two].iter().flat_map(|s| s.days(&calendar(), now)).collect();
        assert_eq!(all.len(), 7);
        let far = span("2026-03-18T10:00:00", Some("2026-03-20T10:00:00"), &[]);
        let all: BTreeSet<NaiveDate> = all.into_iter().chain(far.days(&calendar(), now)).collect();
        let expected = [("2026-03-03", "2026-03-11", 7), ("2026-03-19", "2026-03-20", 2)];
        assert_eq!(runs(&all, &calendar()), expected.map(|(from, to, days)| DayRun { from: day(from), to: day(to), days }));
    }

    #[test]
    fn the_longest_way_counts() {
        let after = ["S1".to_owned()];
        let last = ["S2".to_owned(), "S3".to_owned()];
        let need = |code, after, days| Need { code, after, days };
        let plan = [need("S1", &[], 5), need("S2", &after, 2), need("S3", &after, 9), need("S4", &last, 1)];
        assert_eq!(longest(&plan), 15);
        assert_eq!(longest(&plan[2..]), 10, "what is decided is waited for no more");
        assert_eq!(longest(&[]), 0);
        assert_eq!(remaining([(true, 5), (true, 8), (false, 10), (false, 3)].into_iter()), 21);
        assert_eq!(in_working_days(Limit::natural_days(30)), 22);
    }

    #[test]
    fn it_warns_at_four_fifths_and_at_a_forecast_above() {
        assert_eq!(judge(95, 120, 120), WarningLevel::None);
        assert_eq!(judge(96, 96, 120), WarningLevel::Warning);
        assert_eq!(judge(10, 121, 120), WarningLevel::Warning);
        assert_eq!(judge(120, 120, 120), WarningLevel::Warning);
        assert_eq!(judge(121, 121, 120), WarningLevel::Exceeded);
    }
}
