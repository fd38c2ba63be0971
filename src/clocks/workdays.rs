//! The working calendar and the arithmetic of deadlines (DOMAIN §9).
//!
//! Days follow the State Council's yearly notice: a make-up day (调休上班) works, a day of the
//! announced break does not, and every other day goes by the week. Counting follows 民法典 201–203:
//! the day of receipt is not counted, a period ends when business closes, and one ending on a rest
//! day runs on to the next working day.
//!
//! Everything here is a pure function of its arguments. No result lies more than a century after
//! its start: larger limits saturate there, which bounds every loop.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::kernel::{BusinessHours, Limit, Moment, Unit};

/// How far beyond its start a deadline may lie.
const HORIZON: Days = Days::new(HORIZON_DAYS as u64);
const HORIZON_DAYS: usize = 36_525;
/// How many days [`WorkCalendar::explain`] lists at most.
const EXPLAINED_DAYS: usize = 2_000;
/// China keeps one time zone and no summer time.
const UTC_OFFSET: TimeDelta = TimeDelta::hours(8);

/// Local time of an instant, saturating at the ends of the calendar.
pub fn local(at: DateTime<Utc>) -> NaiveDateTime {
    let at = at.naive_utc();
    at.checked_add_signed(UTC_OFFSET).unwrap_or(NaiveDateTime::MAX)
}

/// The instant of a local time, saturating at the ends of the calendar.
pub fn utc(at: NaiveDateTime) -> DateTime<Utc> {
    at.checked_sub_signed(UTC_OFFSET).unwrap_or(NaiveDateTime::MIN).and_utc()
}

/// When a day begins in China: what a period of days is asked of the instants with.
pub fn midnight(day: NaiveDate) -> Moment {
    utc(day.and_time(chrono::NaiveTime::MIN)).into()
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    Workday,
    MakeupWorkday,
    Weekend,
    Holiday,
}

impl DayKind {
    pub const fn is_workday(self) -> bool {
        matches!(self, Self::Workday | Self::MakeupWorkday)
    }

    fn by_week(date: NaiveDate) -> Self {
        if date.weekday().num_days_from_monday() < 5 { Self::Workday } else { Self::Weekend }
    }
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, ToSchema)]
pub struct Day {
    pub date: NaiveDate,
    pub kind: DayKind,
    /// The holiday's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The year's notice is not loaded, so the day is an estimate.
    pub provisional: bool,
}

/// One year's notice of the State Council.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default, ToSchema)]
pub struct YearRule {
    /// Every day of the announced breaks, with the holiday's name.
    pub holidays: BTreeMap<NaiveDate, String>,
    pub makeup_workdays: BTreeSet<NaiveDate>,
}

impl YearRule {
    /// The rule of the calendar file: make-up days first, then holidays, then the week.
    fn classify(&self, date: NaiveDate) -> (DayKind, Option<&str>) {
        if self.makeup_workdays.contains(&date) {
            return (DayKind::MakeupWorkday, None);
        }
        match self.holidays.get(&date) {
            Some(name) => (DayKind::Holiday, Some(name)),
            None => (DayKind::by_week(date), None),
        }
    }

    fn working_days(&self, year: i32) -> usize {
        let first = NaiveDate::from_yo_opt(year, 1).unwrap_or(NaiveDate::MAX);
        first.iter_days().take_while(|day| day.year() == year).filter(|&day| self.classify(day).0.is_workday()).count()
    }
}

/// The statutory days off that are known without a notice: those on fixed dates, and the lunar ones
/// of 2027.
///
/// Source: 全国年节及纪念日放假办法, which added 2 May and 除夕 from 2025 on; the lunar dates are
/// `provisional_2027` of the calendar file.
fn statutory(date: NaiveDate) -> Option<&'static str> {
    Some(match (date.year(), date.month(), date.day()) {
        (_, 1, 1) => "元旦",
        (_, 5, 1) | (2025.., 5, 2) => "劳动节",
        (_, 10, 1..=3) => "国庆节",
        (2027, 2, 5) => "除夕",
        (2027, 2, 6..=8) => "春节",
        (2027, 4, 5) => "清明",
        (2027, 6, 9) => "端午",
        (2027, 9, 15) => "中秋",
        _ => return None,
    })
}

/// A time during which a clock does not run; without an end it still lasts.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
pub struct Pause {
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
pub struct Deadline {
    pub due: DateTime<Utc>,
    /// When four fifths of the limit are used; never after `due`.
    pub warn_at: DateTime<Utc>,
    /// The clock reaches into a year whose notice is not loaded.
    pub provisional: bool,
}

/// One line of the reckoning shown to staff and applicants.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, ToSchema)]
pub struct ExplainedDay {
    pub date: NaiveDate,
    pub kind: DayKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The running number of a counted day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<u32>,
    pub paused: bool,
    pub provisional: bool,
    pub reason_zh: String,
}

type Span = (DateTime<Utc>, DateTime<Utc>);

/// Pauses merged into disjoint spans in ascending order.
struct Pauses(Vec<Span>);

impl Pauses {
    /// A pause still running stands as an instant: while it lasts nothing falls due, and when it
    /// ends all is reckoned anew. So does one that ends before it begins.
    fn new(pauses: &[Pause]) -> Self {
        let span = |p: &Pause| (p.from, p.to.unwrap_or(p.from).max(p.from));
        let mut spans: Vec<Span> = pauses.iter().map(span).collect();
        spans.sort_unstable();
        spans.dedup_by(|next, kept| {
            let joined = next.0 <= kept.1;
            if joined {
                kept.1 = kept.1.max(next.1);
            }
            joined
        });
        Self(spans)
    }

    fn touch(&self, date: NaiveDate) -> bool {
        let next = self.0.partition_point(|span| local(span.1).date() < date);
        self.0.get(next).is_some_and(|span| local(span.0).date() <= date)
    }

    /// The spans that cut into an interval.
    fn within(&self, (from, to): Span) -> impl Iterator<Item = Span> {
        let first = self.0.partition_point(|span| span.1 <= from);
        self.0.iter().skip(first).copied().take_while(move |span| span.0 < to)
    }

    /// When a clock that runs only inside `windows`, and not during a pause, has run for `left`
    /// (more than nothing).
    fn elapse(&self, mut left: TimeDelta, windows: impl Iterator<Item = Span>) -> Option<DateTime<Utc>> {
        for (open, close) in windows {
            let mut at = open;
            for (stop, resume) in self.within((open, close)).chain([(close, close)]) {
                let running = (stop - at).max(TimeDelta::zero());
                if running >= left {
                    return Some(at + left);
                }
                left -= running;
                at = at.max(resume);
            }
        }
        None
    }
}

/// The days that follow a date, up to the horizon.
fn days_after(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    date.iter_days().skip(1).take(HORIZON_DAYS)
}

/// Working days by the notices loaded, and the deadlines that follow from them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WorkCalendar {
    years: BTreeMap<i32, YearRule>,
    pub hours: BusinessHours,
}

impl WorkCalendar {
    /// A calendar without any notice: every day is provisional.
    pub fn new(hours: BusinessHours) -> Self {
        Self { years: BTreeMap::new(), hours }
    }

    /// Loads a year's notice in place of what was known of that year.
    pub fn insert_year(&mut self, year: i32, rule: YearRule) {
        self.years.insert(year, rule);
    }

    pub fn has_year(&self, year: i32) -> bool {
        self.years.contains_key(&year)
    }

    /// The years loaded, ascending.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.keys().copied()
    }

    /// What kind of day a date is. Without the year's notice: weekends and the statutory days that
    /// can be known.
    pub fn day(&self, date: NaiveDate) -> Day {
        let (kind, name) = self.classify(date);
        Day { date, kind, name: name.map(str::to_owned), provisional: !self.has_year(date.year()) }
    }

    pub fn is_workday(&self, date: NaiveDate) -> bool {
        self.classify(date).0.is_workday()
    }

    /// The working days after `from` up to and including `to`; counts no further than a century.
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> u32 {
        days_after(from).take_while(|&day| day <= to).map(|day| u32::from(self.is_workday(day))).sum()
    }

    /// When a limit that starts at `start` is due, and when to warn.
    ///
    /// - Working days: day 1 is the first working day after receipt; due at close of business of
    ///   day n.
    /// - Natural days: day 1 is the calendar day after receipt; if day n is a rest day, due the
    ///   next working day.
    /// - Hours run around the clock, working hours during business hours; pauses are excluded to
    ///   the instant.
    ///
    /// For day limits a day touched by a pause is not counted, nor is anything due on it; intake
    /// after close or on a rest day counts as received the next working day. A limit of zero days
    /// is due when its day of receipt closes.
    pub fn deadline(&self, start: DateTime<Utc>, limit: Limit, pauses: &[Pause]) -> Deadline {
        let pauses = Pauses::new(pauses);
        let (due, warn_at) = if limit.unit.is_day() { self.day_limit(start, limit, &pauses) } else { self.hour_limit(start, limit, &pauses) };
        let mut years = local(start).year()..=local(due).year();
        Deadline { due, warn_at: warn_at.max(start).min(due), provisional: limit.unit != Unit::Hour && years.any(|year| !self.has_year(year)) }
    }

    /// The days that a limit of working days has counted until an instant, ascending: day 1 is the first working day after
    /// receipt, and a day touched by a pause is not counted.
    pub fn counted_days(&self, start: DateTime<Utc>, until: DateTime<Utc>, pauses: &[Pause]) -> Vec<NaiveDate> {
        let (last, pauses) = (local(until).date(), Pauses::new(pauses));
        let days = days_after(self.received(start)).take_while(|&day| day <= last);
        days.filter(|&day| self.counts(day, Unit::WorkingDay, &pauses)).collect()
    }

    /// The reckoning of a deadline, from the start date to the due date (at most 2,000 days).
    pub fn explain(&self, start: DateTime<Utc>, limit: Limit, pauses: &[Pause]) -> Vec<ExplainedDay> {
        let due = local(self.deadline(start, limit, pauses).due).date();
        let arrived = local(start).date();
        let received = self.received(start);
        let pauses = Pauses::new(pauses);
        let mut running = 0;
        let explain_day = |date| {
            let day = self.day(date);
            let counts = limit.unit.is_day() && date > received && running < limit.value && self.counts(date, limit.unit, &pauses);
            running += u32::from(counts);
            let mut explained = ExplainedDay {
                date,
                kind: day.kind,
                name: day.name,
                counted: counts.then_some(running),
                paused: pauses.touch(date),
                // Hours around the clock do not depend on the calendar.
                provisional: day.provisional && limit.unit != Unit::Hour,
                reason_zh: String::new(),
            };
            explained.reason_zh = self.reason(&explained, arrived, received, limit);
            explained
        };
        let days = arrived.iter_days().take_while(|&date| date <= due);
        days.take(EXPLAINED_DAYS).map(explain_day).collect()
    }

    fn reason(&self, day: &ExplainedDay, arrived: NaiveDate, received: NaiveDate, Limit { value, unit }: Limit) -> String {
        let works = day.kind.is_workday();
        let rest = match &day.name {
            Some(name) => format!("{name}放假"),
            None => "周末".to_owned(),
        };
        let mut reason = match day.counted {
            Some(n) if !works && n == value => format!("第{n}个自然日，逢{rest}顺延"),
            Some(n) => format!("第{n}个{}", unit.label_zh()),
            None if unit == Unit::Hour => "按小时连续计时".to_owned(),
            None if unit == Unit::WorkingHour && works => "工作时间内计时".to_owned(),
            None if unit == Unit::WorkingHour => format!("{rest}，不计"),
            None if day.date == received && value == 0 => "起算当日到期".to_owned(),
            None if day.date == received && received == arrived => "起算当日，不计".to_owned(),
            None if day.date == received => "视为起算当日，不计".to_owned(),
            None if day.date == arrived && works => {
                format!("{}后收件，视为次一工作日收件", self.hours.close.format("%H:%M"))
            }
            None if day.date == arrived => format!("{rest}收件，视为次一工作日收件"),
            None if day.date > received && day.paused => "暂停计时，不计".to_owned(),
            None if works => "顺延至本日到期".to_owned(),
            None => format!("{rest}，不计"),
        };
        if day.kind == DayKind::MakeupWorkday && matches!(unit, Unit::WorkingDay | Unit::WorkingHour) {
            reason.insert_str(0, "调休上班，");
        }
        if day.paused && !unit.is_day() {
            reason.push_str("，扣除暂停时段");
        }
        if day.provisional {
            reason.push_str("（放假安排尚未公布，暂按周末和法定节日推算）");
        }
        reason
    }

    fn classify(&self, date: NaiveDate) -> (DayKind, Option<&str>) {
        match (self.years.get(&date.year()), statutory(date)) {
            (Some(rule), _) => rule.classify(date),
            (None, Some(name)) => (DayKind::Holiday, Some(name)),
            (None, None) => (DayKind::by_week(date), None),
        }
    }

    /// The day that counts as the day of receipt.
    fn received(&self, start: DateTime<Utc>) -> NaiveDate {
        let at = local(start);
        if self.is_workday(at.date()) && at.time() <= self.hours.close {
            return at.date();
        }
        days_after(at.date()).find(|&day| self.is_workday(day)).unwrap_or(at.date())
    }

    fn counts(&self, date: NaiveDate, unit: Unit, pauses: &Pauses) -> bool {
        (unit == Unit::NaturalDay || self.is_workday(date)) && !pauses.touch(date)
    }

    fn open(&self, date: NaiveDate) -> DateTime<Utc> {
        utc(date.and_time(self.hours.open))
    }

    fn close(&self, date: NaiveDate) -> DateTime<Utc> {
        utc(date.and_time(self.hours.close))
    }

    /// Where deadlines saturate: the last working day within the horizon, paused or not, so that
    /// neither a longer limit nor a further pause can make a saturated deadline earlier.
    fn last_workday(&self, received: NaiveDate) -> NaiveDate {
        let end = received.checked_add_days(HORIZON).unwrap_or(NaiveDate::MAX);
        iter::successors(Some(end), NaiveDate::pred_opt).take_while(|&day| day > received).find(|&day| self.is_workday(day)).unwrap_or(received)
    }

    fn day_limit(&self, start: DateTime<Utc>, limit: Limit, pauses: &Pauses) -> Span {
        let n = limit.value as usize;
        let received = self.received(start);
        let last = self.last_workday(received);
        if n == 0 {
            let due = iter::once(received).chain(days_after(received)).find(|&d| self.counts(d, Unit::WorkingDay, pauses)).unwrap_or(last);
            return (self.close(due), self.open(due));
        }
        let counted = || days_after(received).filter(|&d| self.counts(d, limit.unit, pauses));
        let due = counted()
            .nth(n - 1)
            // A natural day may be a rest day; a counted working day is found at once.
            .and_then(|day| iter::once(day).chain(days_after(day)).find(|&d| self.counts(d, Unit::WorkingDay, pauses)))
            .map_or(last, |day| day.min(last));
        if n == 1 {
            return (self.close(due), self.open(due));
        }
        // Four fifths of a short limit round up to the whole: warn a counted day ahead at least.
        let warn = (n - n / 5).min(n - 1);
        (self.close(due), self.close(counted().nth(warn - 1).unwrap_or(last)))
    }

    fn hour_limit(&self, start: DateTime<Utc>, limit: Limit, pauses: &Pauses) -> Span {
        if limit.value == 0 {
            return (start, start);
        }
        let today = local(start).date();
        let latest = self.close(self.last_workday(today)).max(start);
        let after = |seconds: i64| {
            let time = TimeDelta::seconds(seconds * i64::from(limit.value));
            let end = if limit.unit == Unit::Hour {
                pauses.elapse(time, iter::once((start, latest)))
            } else {
                let days = iter::once(today).chain(days_after(today));
                let workdays = days.filter(|&day| self.is_workday(day));
                let windows = workdays.map(|day| (self.open(day).max(start), self.close(day)));
                pauses.elapse(time, windows)
            };
            end.unwrap_or(latest)
        };
        (after(3_600), after(2_880))
    }

    /// Reads the years of a calendar file in the shape of `data/calendar/cn_workdays.json`. Where a
    /// year states its number of working days, the lists must yield just that number.
    pub fn parse_file(json: &str) -> Result<BTreeMap<i32, YearRule>, CalendarFileError> {
        let file: CalendarFile = serde_json::from_str(json)?;
        file.years
            .iter()
            .map(|(name, year)| {
                let digits = name.len() == 4 && name.bytes().all(|b| b.is_ascii_digit());
                let number = name.parse().ok().filter(|_| digits);
                let number = number.ok_or_else(|| CalendarFileError::NotAYear(name.clone()))?;
                Ok((number, parse_year(number, year)?))
            })
            .collect()
    }
}

/// Why a calendar file was refused.
#[derive(Debug, thiserror::Error)]
pub enum CalendarFileError {
    #[error("the calendar file is malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("years.{0}: not a year of four digits")]
    NotAYear(String),
    #[error("years.{year}.{field}: {source}")]
    Field { year: i32, field: &'static str, source: serde_json::Error },
    #[error("years.{year}.{field}: {date} is not in {year}")]
    OutsideYear { year: i32, field: &'static str, date: NaiveDate },
    #[error("years.{year}.{field}: {date} is listed twice")]
    Duplicate { year: i32, field: &'static str, date: NaiveDate },
    #[error("years.{year}: {date} is both a holiday and a make-up workday")]
    Conflict { year: i32, date: NaiveDate },
    #[error("years.{year}.working_days: {stated} stated, but the lists yield {counted}")]
    WorkingDays { year: i32, stated: usize, counted: usize },
}

#[derive(Deserialize)]
struct CalendarFile {
    /// Read field by field later, so that an error can name its year.
    years: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct NamedDate {
    date: NaiveDate,
    name: String,
}

fn parse_year(year: i32, value: &Value) -> Result<YearRule, CalendarFileError> {
    let holidays = parse_dates(year, "holidays", value)?;
    let makeup_workdays: BTreeSet<_> = parse_dates(year, "makeup_workdays", value)?.into_keys().collect();
    if let Some(&date) = makeup_workdays.iter().find(|date| holidays.contains_key(date)) {
        return Err(CalendarFileError::Conflict { year, date });
    }
    let rule = YearRule { holidays, makeup_workdays };
    let counted = rule.working_days(year);
    match parse_field::<Option<usize>>(year, "working_days", value)? {
        Some(stated) if stated != counted => Err(CalendarFileError::WorkingDays { year, stated, counted }),
        _ => Ok(rule),
    }
}

fn parse_dates(year: i32, field: &'static str, value: &Value) -> Result<BTreeMap<NaiveDate, String>, CalendarFileError> {
    let mut dates = BTreeMap::new();
    for NamedDate { date, name } in parse_field::<Vec<NamedDate>>(year, field, value)? {
        if date.year() != year {
            return Err(CalendarFileError::OutsideYear { year, field, date });
        }
        if dates.insert(date, name).is_some() {
            return Err(CalendarFileError::Duplicate { year, field, date });
        }
    }
    Ok(dates)
}

/// A missing field reads as null, which only an optional field accepts.
fn parse_field<'a, T: Deserialize<'a>>(year: i32, field: &'static str, value: &'a Value) -> Result<T, CalendarFileError> {
    T::deserialize(value.get(field).unwrap_or(&Value::Null)).map_err(|source| CalendarFileError::Field { year, field, source })
}

#[cfg(test)]
#[path = "workdays_tests.rs"]
mod tests;
