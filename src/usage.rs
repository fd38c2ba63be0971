//! What machine clients ask, counted in memory: a request writes nothing. Whoever runs the server takes the counts along in
//! batches and adds them up in the database.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use chrono::TimeDelta;

use crate::kernel::Moment;

/// Upper bounds of the classes of duration, in milliseconds; the last class has none.
pub const DURATIONS: [u32; 10] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/// What a machine client may ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientLimits {
    /// Requests a minute; absent: as everybody.
    pub per_minute: Option<u32>,
    /// Requests a day of China; absent: no quota.
    pub per_day: Option<u32>,
    /// What it has asked today, on all servers, as far as they have told.
    pub used_today: i64,
}

/// The hour of the Unix epoch in which the day of China began, and the seconds that are left of it.
pub fn day_of(now: Moment) -> (i64, i64) {
    let local = now.plus(TimeDelta::hours(8)).utc().timestamp();
    let day = local.div_euclid(86_400);
    (day * 24 - 8, (day + 1) * 86_400 - local)
}

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UsageKey {
    /// OAuth client.
    pub client: String,
    /// Hour of the Unix epoch.
    pub hour: i64,
    /// Method and path as the document writes it.
    pub operation: String,
}

/// How often.
#[derive(Clone, Debug, Default)]
pub struct UsageCount {
    /// Requests in all.
    pub requests: i64,
    /// Of these refused by a limit.
    pub limited: i64,
    /// Of these charged to its quota of the day.
    pub charged: i64,
    /// Answered 2xx or 3xx.
    pub succeeded: i64,
    /// Answered 4xx.
    pub refused: i64,
    /// Answered 5xx.
    pub failed: i64,
    /// By duration.
    pub durations: [i64; DURATIONS.len() + 1],
    /// By the code of the problem.
    pub codes: BTreeMap<&'static str, i64>,
    /// When last.
    pub last_at: Option<Moment>,
}

impl UsageCount {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.limited += other.limited;
        self.charged += other.charged;
        self.succeeded += other.succeeded;
        self.refused += other.refused;
        self.failed += other.failed;
        self.durations.iter_mut().zip(other.durations).for_each(|(mine, theirs)| *mine += theirs);
        other.codes.iter().for_each(|(code, n)| *self.codes.entry(code).or_default() += n);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// One answer.
pub struct Answered {
    /// Method and path as the document writes it.
    pub operation: String,
    /// HTTP status.
    pub status: u16,
    /// Code of the problem, if it is one.
    pub code: Option<&'static str>,
    /// How long it took.
    pub seconds: f64,
    /// Whether a token showed whose it is. Anybody can name a client: what only names it is noted, and not charged to it.
    pub proved: bool,
}

/// The counts since they were last taken along.
#[derive(Default)]
pub struct Usage(Mutex<HashMap<UsageKey, UsageCount>>);

impl Usage {
    /// Counts one answer.
    pub fn note(&self, client: &str, answered: Answered) {
        let now = Moment::system();
        let class = DURATIONS.iter().position(|most| answered.seconds * 1000.0 <= f64::from(*most)).unwrap_or(DURATIONS.len());
        let mut one = UsageCount { requests: 1, last_at: Some(now), ..UsageCount::default() };
        if let Some(slot) = one.durations.get_mut(class) {
            *slot = 1;
        }
        one.charged = i64::from(answered.proved && answered.status != 429);
        match answered.status {
            429 => (one.limited, one.refused) = (1, 1),
            400..=499 => one.refused = 1,
            500.. => one.failed = 1,
            _ => one.succeeded = 1,
        }
        one.codes.extend(answered.code.map(|code| (code, 1)));
        let key = UsageKey { client: client.to_owned(), hour: now.utc().timestamp().div_euclid(3600), operation: answered.operation };
        self.counts().entry(key).or_default().add(&one);
    }

    /// Takes the counts along; in the order of their keys, so that two servers that add theirs up wait for each other in one order.
    pub fn take(&self) -> Vec<(UsageKey, UsageCount)> {
        let mut all: Vec<_> = std::mem::take(&mut *self.counts()).into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// They could not be added up: they wait for the next time.
    pub fn give_back(&self, counts: Vec<(UsageKey, UsageCount)>) {
        let mut all = self.counts();
        counts.into_iter().for_each(|(key, count)| all.entry(key).or_default().add(&count));
    }

    /// What was charged to a client since an hour, of what is not taken along yet.
    pub fn since(&self, client: &str, hour: i64) -> i64 {
        self.counts().iter().filter(|(k, _)| k.client == client && k.hour >= hour).map(|(_, c)| c.charged).sum()
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<UsageKey, UsageCount>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_in_china() {
        let at = |text: &str| Moment::from(chrono::DateTime::parse_from_rfc3339(text).expect("a time").with_timezone(&chrono::Utc));
        let (hour, left) = day_of(at("2026-03-02T00:00:00+08:00"));
        assert_eq!((hour * 3600, left), (at("2026-03-02T00:00:00+08:00").utc().timestamp(), 86_400));
        assert_eq!(day_of(at("2026-03-02T23:59:59+08:00")), (hour, 1));
    }

    #[test]
    fn counts_are_taken_along_once() {
        let usage = Usage::default();
        let answered = |status, code, seconds| Answered { operation: "GET /x".into(), status, code, seconds, proved: true };
        usage.note("a", answered(200, None, 0.004));
        usage.note("a", answered(429, Some("too_many_requests"), 9.0));
        usage.note("a", Answered { proved: false, ..answered(401, Some("invalid_client"), 0.3) });
        assert_eq!(usage.since("a", 0), 1, "neither what was refused by a limit nor what only names it");
        let taken = usage.take();
        assert_eq!((taken.len(), usage.take().len()), (1, 0));
        let count = &taken[0].1;
        assert_eq!((count.requests, count.limited, count.refused, count.durations[0], count.durations[10]), (3, 1, 2, 1, 1));
        usage.give_back(taken);
        usage.note("a", answered(500, Some("internal"), 0.2));
        let again = usage.take();
        assert_eq!((again[0].1.requests, again[0].1.failed, again[0].1.charged, again[0].1.codes.len()), (4, 1, 2, 3));
    }
}
