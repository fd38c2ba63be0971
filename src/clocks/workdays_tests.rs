use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/calendar/cn_workdays.json"));
static JSON: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(FILE).unwrap());
static CALENDAR: LazyLock<WorkCalendar> = LazyLock::new(|| {
    let mut calendar = WorkCalendar::new(BusinessHours::default());
    for (year, rule) in WorkCalendar::parse_file(FILE).unwrap() {
        calendar.insert_year(year, rule);
    }
    calendar
});

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A local time such as `2026-02-12 10:00`.
fn at(text: &str) -> DateTime<Utc> {
    utc(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
}

fn pause(from: &str, to: &str) -> Pause {
    Pause { from: at(from), to: Some(at(to)) }
}

fn limit(value: u32, unit: Unit) -> Limit {
    Limit { value, unit }
}

fn due(start: &str, limit: Limit, pauses: &[Pause]) -> String {
    let due = CALENDAR.deadline(at(start), limit, pauses).due;
    local(due).format("%Y-%m-%d %H:%M").to_string()
}

fn warn(start: &str, limit: Limit) -> String {
    let warn_at = CALENDAR.deadline(at(start), limit, &[]).warn_at;
    local(warn_at).format("%Y-%m-%d %H:%M").to_string()
}

fn reasons(start: &str, limit: Limit, pauses: &[Pause]) -> Vec<String> {
    let days = CALENDAR.explain(at(start), limit, pauses);
    days.into_iter().map(|day| day.reason_zh).collect()
}

/// The rule of the file's `_meta`, straight from its text and independent of the parser.
static NAIVE: LazyLock<BTreeSet<NaiveDate>> = LazyLock::new(|| {
    let listed = |field: &str| -> BTreeSet<&str> {
        let years = JSON["years"].as_object().unwrap().values();
        let entries = years.flat_map(|year| year[field].as_array().unwrap());
        entries.map(|day| day["date"].as_str().unwrap()).collect()
    };
    let (holidays, makeup) = (listed("holidays"), listed("makeup_workdays"));
    let days = date("2004-01-01").iter_days();
    days.take_while(|day| day.year() <= 2026)
        .filter(|day| {
            let text = day.to_string();
            let rests = ["Sat", "Sun"].contains(&day.weekday().to_string().as_str());
            makeup.contains(text.as_str()) || !holidays.contains(text.as_str()) && !rests
        })
        .collect()
});

#[test]
fn every_year_has_its_stated_number_of_working_days() {
    for (year, value) in JSON["years"].as_object().unwrap() {
        let year: i32 = year.parse().unwrap();
        let eve = NaiveDate::from_ymd_opt(year - 1, 12, 31).unwrap();
        let end = NaiveDate::from_ymd_opt(year, 12, 31).unwrap();
        let counted = CALENDAR.working_days_between(eve, end);
        assert_eq!(Some(u64::from(counted)), value["working_days"].as_u64(), "{year}");
    }
    assert!(CALENDAR.years().eq(2004..=2026));
}

#[test]
fn vectors_of_the_domain() {
    for (start, days, expected) in [
        ("2026-02-12", 3, "2026-02-24"),
        ("2026-09-24", 1, "2026-09-28"),
        ("2026-09-30", 5, "2026-10-13"),
        ("2025-09-30", 1, "2025-10-09"),
        ("2024-02-08", 5, "2024-02-21"),
        ("2026-04-30", 3, "2026-05-08"),
    ] {
        for hour in ["08:00", "10:00", "17:00"] {
            let due = due(&format!("{start} {hour}"), Limit::working_days(days), &[]);
            assert_eq!(due, format!("{expected} 17:00"), "{start} {hour} + {days}");
        }
    }
}

#[test]
fn intake_after_close_or_on_a_rest_day_counts_from_the_next_working_day() {
    let one = Limit::working_days(1);
    assert_eq!(due("2026-03-05 17:01", one, &[]), "2026-03-09 17:00");
    assert_eq!(due("2026-03-07 10:00", one, &[]), "2026-03-10 17:00");
    assert_eq!(due("2026-03-07 10:00", Limit::working_days(0), &[]), "2026-03-09 17:00");
    // A make-up Saturday takes papers in like any other working day.
    assert_eq!(due("2026-02-14 10:00", one, &[]), "2026-02-24 17:00");
}

#[test]
fn natural_days_run_through_weekends_and_end_on_a_working_day() {
    assert_eq!(due("2026-03-02 10:00", Limit::natural_days(3), &[]), "2026-03-05 17:00");
    assert_eq!(due("2026-03-02 10:00", Limit::natural_days(5), &[]), "2026-03-09 17:00");
    assert_eq!(due("2026-09-24 10:00", Limit::natural_days(7), &[]), "2026-10-08 17:00");
    // Neither counted on a paused day nor due on one.
    let pauses = [pause("2026-03-09 09:00", "2026-03-09 09:01")];
    assert_eq!(due("2026-03-02 10:00", Limit::natural_days(5), &pauses), "2026-03-10 17:00");
}

#[test]
fn hours_exclude_pauses_to_the_minute() {
    let pauses =
        [pause("2026-03-06 15:00", "2026-03-06 15:20"), pause("2026-03-06 15:10", "2026-03-06 15:30"), Pause { from: at("2026-03-06 16:00"), to: None }];
    assert_eq!(due("2026-03-06 14:00", Limit::hours(4), &pauses), "2026-03-06 18:30");
    let working = limit(4, Unit::WorkingHour);
    assert_eq!(due("2026-03-06 14:00", working, &pauses), "2026-03-09 10:30");
    assert_eq!(due("2026-03-06 09:00", limit(8, Unit::WorkingHour), &[]), "2026-03-06 17:00");
    assert_eq!(due("2026-03-07 03:00", limit(0, Unit::WorkingHour), &[]), "2026-03-07 03:00");
    // A pause over the start delays it.
    let pauses = [pause("2026-03-06 08:00", "2026-03-06 15:00")];
    assert_eq!(due("2026-03-06 14:00", Limit::hours(4), &pauses), "2026-03-06 19:00");
}

#[test]
fn a_running_pause_takes_out_its_first_day() {
    let pauses = [Pause { from: at("2026-03-03 23:59"), to: None }];
    assert_eq!(due("2026-03-02 10:00", Limit::working_days(2), &pauses), "2026-03-05 17:00");
}

#[test]
fn warnings_come_at_four_fifths() {
    let monday = "2026-03-02 10:00";
    for (days, expected) in [
        (0, "2026-03-02 10:00"),
        (1, "2026-03-03 09:00"),
        (2, "2026-03-03 17:00"),
        (5, "2026-03-06 17:00"),
        (6, "2026-03-09 17:00"),
        (10, "2026-03-12 17:00"),
        (15, "2026-03-18 17:00"),
    ] {
        assert_eq!(warn(monday, Limit::working_days(days)), expected, "{days}");
    }
    assert_eq!(warn(monday, Limit::hours(5)), "2026-03-02 14:00");
    assert_eq!(warn(monday, limit(10, Unit::WorkingHour)), "2026-03-03 10:00");
}

#[test]
fn years_without_a_notice_are_provisional() {
    let provisional = |start, limit| CALENDAR.deadline(at(start), limit, &[]).provisional;
    assert!(!provisional("2026-12-30 10:00", Limit::working_days(1)));
    assert!(provisional("2026-12-30 10:00", Limit::working_days(2)));
    assert!(!provisional("2026-12-31 10:00", Limit::hours(48)));
    assert_eq!(due("2027-02-04 10:00", Limit::working_days(1), &[]), "2027-02-09 17:00");

    let statutory_2027: Vec<_> = date("2027-01-01").iter_days().take(365).filter_map(|day| Some(json!({"date": day, "name": statutory(day)?}))).collect();
    assert_eq!(JSON["provisional_2027"]["statutory_days"], json!(statutory_2027));
    assert_eq!(statutory(date("2024-05-02")), None);
    let day = CALENDAR.day(date("2028-10-01"));
    assert_eq!((day.kind, day.provisional), (DayKind::Holiday, true));
    assert_eq!(day.name.as_deref(), Some("国庆节"));
}

#[test]
fn explanations_name_every_day() {
    let mut days = reasons("2026-02-12 10:00", Limit::working_days(3), &[]);
    days.dedup();
    assert_eq!(days, ["起算当日，不计", "第1个工作日", "调休上班，第2个工作日", "春节放假，不计", "第3个工作日"]);
    let pauses = [pause("2026-03-09 10:00", "2026-03-10 10:00")];
    assert_eq!(
        reasons("2026-03-05 18:00", Limit::working_days(1), &pauses),
        ["17:00后收件，视为次一工作日收件", "视为起算当日，不计", "周末，不计", "周末，不计", "暂停计时，不计", "暂停计时，不计", "第1个工作日"]
    );
    assert_eq!(
        reasons("2026-03-05 10:00", Limit::natural_days(2), &[]),
        ["起算当日，不计", "第1个自然日", "第2个自然日，逢周末顺延", "周末，不计", "顺延至本日到期"]
    );
    assert_eq!(
        reasons("2027-01-03 10:00", Limit::working_days(0), &[]),
        ["周末收件，视为次一工作日收件（放假安排尚未公布，暂按周末和法定节日推算）", "起算当日到期（放假安排尚未公布，暂按周末和法定节日推算）"]
    );
    assert_eq!(reasons("2026-02-28 16:00", limit(2, Unit::WorkingHour), &pauses), ["调休上班，工作时间内计时", "周末，不计", "工作时间内计时"]);
}

#[test]
fn rules_survive_storage() {
    let rule = &CALENDAR.years[&2026];
    let stored = serde_json::to_string(rule).unwrap();
    assert_eq!(&serde_json::from_str::<YearRule>(&stored).unwrap(), rule);
}

#[test]
fn faulty_files_are_refused_by_year_and_field() {
    let day = |text: &str| json!({"date": text, "name": "元旦"});
    let fault = |year: &str, holidays: Value, makeup: Value| {
        let year_value = json!({"holidays": holidays, "makeup_workdays": makeup, "working_days": 9});
        let file = json!({"years": {year: year_value}}).to_string();
        WorkCalendar::parse_file(&file).unwrap_err().to_string()
    };
    let new_year = || json!([day("2026-01-01")]);
    let none = || json!([]);
    for (error, expected) in [
        (fault("26", none(), none()), "years.26: not a year of four digits"),
        (fault("2026", json!(1), none()), "years.2026.holidays: invalid type"),
        (fault("2026", none(), Value::Null), "years.2026.makeup_workdays: invalid type"),
        (fault("2026", json!([day("2026-02-30")]), none()), "years.2026.holidays: "),
        (fault("2027", new_year(), none()), "years.2027.holidays: 2026-01-01 is not in 2027"),
        (fault("2026", none(), json!([day("2026-01-04"), day("2026-01-04")])), "years.2026.makeup_workdays: 2026-01-04 is listed twice"),
        (fault("2026", new_year(), new_year()), "years.2026: 2026-01-01 is both a holiday and a make-up workday"),
        (fault("2026", new_year(), none()), "years.2026.working_days: 9 stated, but the lists yield 260"),
    ] {
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(WorkCalendar::parse_file("{}").is_err());
}

#[test]
fn limits_beyond_a_century_saturate() {
    let start = at("2026-03-02 10:00");
    let forever = [Pause { from: start, to: Some(DateTime::<Utc>::MAX_UTC) }];
    for unit in Unit::ALL {
        for pauses in [&[][..], &forever] {
            let deadline = CALENDAR.deadline(start, limit(u32::MAX, unit), pauses);
            assert_eq!(local(deadline.due).year(), 2126, "{unit:?}");
            assert!(deadline.warn_at <= deadline.due);
        }
    }
    let days = CALENDAR.explain(start, Limit::working_days(u32::MAX), &[]);
    assert_eq!(days.len(), EXPLAINED_DAYS);
    assert!(CALENDAR.working_days_between(NaiveDate::MIN, NaiveDate::MAX) < 36_525);
    assert_eq!(CALENDAR.working_days_between(date("2026-03-02"), date("2026-03-01")), 0);

    let never = chrono::NaiveTime::MIN;
    let closed = WorkCalendar::new(BusinessHours { open: never, close: never });
    let deadline = closed.deadline(start, limit(1, Unit::WorkingHour), &[]);
    assert_eq!(local(deadline.due).year(), 2126);
}

/// Any minute of 2004 to mid-2026, so that short limits stay within the notices.
fn any_start() -> impl Strategy<Value = DateTime<Utc>> {
    let minutes = (at("2026-06-30 00:00") - at("2004-01-01 00:00")).num_minutes();
    (0..minutes).prop_map(|minute| at("2004-01-01 00:00") + TimeDelta::minutes(minute))
}

fn any_unit() -> impl Strategy<Value = Unit> {
    proptest::sample::select(Unit::ALL.to_vec())
}

/// Up to four pauses around a start, as minutes after it and minutes of length.
fn any_pauses() -> impl Strategy<Value = Vec<(i64, Option<i64>)>> {
    let pause = (-3_000..60_000_i64, proptest::option::of(-60..9_000_i64));
    proptest::collection::vec(pause, 0..4)
}

fn place(start: DateTime<Utc>, pauses: &[(i64, Option<i64>)]) -> Vec<Pause> {
    let after = |minutes| start + TimeDelta::minutes(minutes);
    let place = |&(from, length): &(i64, Option<i64>)| Pause { from: after(from), to: length.map(|length| after(from + length)) };
    pauses.iter().map(place).collect()
}

fn touched(day: NaiveDate, pauses: &[Pause]) -> bool {
    pauses.iter().any(|p| {
        let last = p.to.map_or(p.from, |to| to.max(p.from));
        local(p.from).date() <= day && day <= local(last).date()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn working_days_agree_with_the_naive_rule(from in 0..8_401_u64, span in 0..400_u64) {
        let from = date("2004-01-01") + Days::new(from);
        let to = (from + Days::new(span)).min(date("2026-12-31"));
        let naive = from.iter_days().skip(1).take_while(|d| *d <= to).filter(|d| NAIVE.contains(d));
        prop_assert_eq!(CALENDAR.working_days_between(from, to) as usize, naive.count());
        prop_assert_eq!(CALENDAR.day(to).kind.is_workday(), NAIVE.contains(&to));
    }

    #[test]
    fn day_deadlines_agree_with_a_naive_count(
        start in any_start(), n in 1..40_u32, natural: bool, pauses in any_pauses(),
    ) {
        let pauses = place(start, &pauses);
        let works = |day: &NaiveDate| NAIVE.contains(day);
        let mut day = local(start).date();
        if !works(&day) || local(start).time() > CALENDAR.hours.close {
            day = day.iter_days().skip(1).find(works).unwrap();
        }
        let mut left = n;
        while left > 0 {
            day = day.succ_opt().unwrap();
            left -= u32::from((natural || works(&day)) && !touched(day, &pauses));
        }
        let day = day.iter_days().find(|d| works(d) && !touched(*d, &pauses)).unwrap();
        let limit = if natural { Limit::natural_days(n) } else { Limit::working_days(n) };
        let deadline = CALENDAR.deadline(start, limit, &pauses);
        prop_assert_eq!(deadline.due, utc(day.and_time(CALENDAR.hours.close)));
        prop_assert!(!deadline.provisional);
    }

    #[test]
    fn hours_agree_with_a_minute_by_minute_count(
        start in any_start(), n in 1..12_u32, working: bool, pauses in any_pauses(),
    ) {
        let pauses = place(start, &pauses);
        let runs = |minute: DateTime<Utc>| {
            let at = local(minute);
            let open = CALENDAR.hours.open <= at.time() && at.time() < CALENDAR.hours.close;
            (!working || open && NAIVE.contains(&at.date()))
                && !pauses.iter().any(|p| p.from <= minute && p.to.is_some_and(|to| minute < to))
        };
        let (mut minute, mut left) = (start, n * 60);
        while left > 0 {
            left -= u32::from(runs(minute));
            minute += TimeDelta::minutes(1);
        }
        let limit = limit(n, if working { Unit::WorkingHour } else { Unit::Hour });
        prop_assert_eq!(CALENDAR.deadline(start, limit, &pauses).due, minute);
    }

    #[test]
    fn deadlines_are_monotone(
        start in any_start(), value in 0..60_u32, unit in any_unit(), pauses in any_pauses(),
    ) {
        let pauses = place(start, &pauses);
        let deadline = |value, pauses: &[Pause]| CALENDAR.deadline(start, limit(value, unit), pauses);
        let paused = deadline(value, &pauses);
        prop_assert!(start <= paused.warn_at && paused.warn_at <= paused.due);
        prop_assert!(paused.due <= deadline(value + 1, &pauses).due);
        for kept in 0..pauses.len() {
            prop_assert!(deadline(value, &pauses[..kept]).due <= paused.due);
        }
    }

    #[test]
    fn explanations_count_to_the_limit_and_end_on_the_due_day(
        start in any_start(), value in 0..30_u32, unit in any_unit(), pauses in any_pauses(),
    ) {
        let pauses = place(start, &pauses);
        let days = CALENDAR.explain(start, limit(value, unit), &pauses);
        let due = local(CALENDAR.deadline(start, limit(value, unit), &pauses).due);
        prop_assert_eq!(days[0].date, local(start).date());
        prop_assert_eq!(days.last().unwrap().date, due.date());
        let counted: Vec<u32> = days.iter().filter_map(|day| day.counted).collect();
        let expected: Vec<u32> = (1..=value).filter(|_| unit.is_day()).collect();
        prop_assert_eq!(counted, expected);
        prop_assert!(days.iter().all(|day| !day.reason_zh.is_empty()));
        if unit.is_day() {
            prop_assert_eq!(due.time(), CALENDAR.hours.close);
            prop_assert!(NAIVE.contains(&due.date()));
        }
    }

    #[test]
    fn no_instant_panics(
        start: i64, from: i64, to: i64, near_end: bool, value in 0..40_u32, unit in any_unit(),
    ) {
        let (min, max) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        let range = max.timestamp() - min.timestamp();
        let any = |n: i64| {
            let offset = TimeDelta::seconds(n.rem_euclid(if near_end { 2_000_000 } else { range }));
            if n % 2 == 0 { min + offset } else { max - offset }
        };
        let pauses = [Pause { from: any(from), to: Some(any(to)) }, Pause { from: any(to), to: None }];
        let start = any(start);
        let short = [pauses[1]];
        let deadline = CALENDAR.deadline(start, limit(value, unit), &short);
        prop_assert!(deadline.warn_at <= deadline.due);
        CALENDAR.explain(start, limit(value, unit), &short);
        if near_end {
            CALENDAR.deadline(start, limit(value, unit), &pauses);
        }
    }
}
