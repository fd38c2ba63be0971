//! What clients ask: added up in the database by whoever runs the server, and told by day or hour.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};
use serde::Serialize;

use super::{model::UsageRow, service::permitted, store, views::find};
use crate::{
    auth::{Actor, clients::settings_of},
    clocks::midnight,
    db::{Db, Result, Tx},
    kernel::{Id, Moment, Problem},
    usage::{DURATIONS, Usage, day_of},
};

/// Rows that are added up in one write.
const BATCH: usize = 200;
/// Days for which counts are kept.
const KEPT: i64 = 400;
/// The longest period that is told at once, in days: by day, by hour.
const LONGEST: [i64; 2] = [100, 7];

/// Adds up what this server has counted; what cannot be added up waits for the next time.
pub async fn flush(db: &Db, usage: &Usage) -> Result<usize> {
    let counts = usage.take();
    let mut done = 0;
    for chunk in counts.chunks(BATCH) {
        let batch = chunk.to_vec();
        if let Err(e) = db.commit(move |tx| batch.iter().try_for_each(|(key, count)| store::add(tx, key, count))).await {
            usage.give_back(counts.get(done..).unwrap_or_default().to_vec());
            return Err(e);
        }
        done += chunk.len();
    }
    Ok(done)
}

/// Forgets what nobody looks at any more.
pub fn forget(tx: &mut Tx) -> Result<usize> {
    store::forget(tx, Moment::system().plus(TimeDelta::days(-KEPT)).utc().timestamp().div_euclid(3600))
}

/// How often a client met with a problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsageCode {
    /// Stable code, as in problem documents.
    #[schema(example = "too_many_requests")]
    pub code: String,
    /// How often.
    pub requests: i64,
}

/// What a client asked in a day or hour, of one operation or in all.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct UsageLine {
    /// The day, or the beginning of the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-03-02")]
    pub period: Option<String>,
    /// Method and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "GET /api/v1/service-items")]
    pub operation: Option<String>,
    /// In all.
    pub requests: i64,
    /// 2xx and 3xx.
    pub succeeded: i64,
    /// 4xx.
    pub refused: i64,
    /// Of these 429.
    pub limited: i64,
    /// 5xx.
    pub failed: i64,
    /// Half of them took no longer, in milliseconds; an upper bound, and absent beyond five seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<u32>,
    /// 95 in 100 took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<u32>,
    /// Problems by code, the most frequent first.
    pub codes: Vec<UsageCode>,
}

/// A client's quota of today.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsageQuota {
    /// Requests a day.
    pub per_day: u32,
    /// Used today; servers tell every few seconds.
    pub used: i64,
    /// Left.
    pub left: i64,
    /// When the next day begins.
    pub resets_at: Moment,
}

/// What a client asked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClientUsage {
    /// The client.
    pub id: Id,
    /// OAuth client id.
    #[schema(example = "demo-portal")]
    pub client_id: String,
    /// From this day.
    pub from: NaiveDate,
    /// Before this day.
    pub to: NaiveDate,
    /// When it asked last, ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Moment>,
    /// Its quota of today, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<UsageQuota>,
    /// In all.
    pub total: UsageLine,
    /// By day or hour, and operation.
    pub lines: Vec<UsageLine>,
}

#[derive(Default)]
struct Sum {
    line: UsageLine,
    durations: [i64; DURATIONS.len() + 1],
    codes: BTreeMap<String, i64>,
}

impl Sum {
    fn add(&mut self, row: &UsageRow) {
        self.line.requests += row.requests;
        self.line.succeeded += row.succeeded;
        self.line.refused += row.refused;
        self.line.limited += row.limited;
        self.line.failed += row.failed;
        self.durations.iter_mut().zip(row.durations()).for_each(|(mine, theirs)| *mine += theirs);
    }

    fn told(self, period: Option<String>, operation: Option<String>) -> UsageLine {
        let mut codes: Vec<UsageCode> = self.codes.into_iter().map(|(code, requests)| UsageCode { code, requests }).collect();
        codes.sort_by(|a, b| b.requests.cmp(&a.requests).then(a.code.cmp(&b.code)));
        UsageLine { period, operation, p50_ms: percentile(&self.durations, 50), p95_ms: percentile(&self.durations, 95), codes, ..self.line }
    }
}

/// The upper bound of the class in which so many of a hundred are reached.
fn percentile(durations: &[i64], of_hundred: i64) -> Option<u32> {
    let all: i64 = durations.iter().sum();
    let mut reached = 0;
    let class = durations.iter().position(|n| {
        reached += n;
        all > 0 && reached * 100 >= all * of_hundred
    })?;
    DURATIONS.get(class).copied()
}

/// What a client asked in the days `from..to`, by day or by hour.
pub fn told(tx: &mut Tx, actor: &Actor, reference: &str, (from, to): (Option<NaiveDate>, Option<NaiveDate>), by_hour: bool) -> Result<ClientUsage> {
    permitted(actor, "read")?;
    let client = find(tx, reference)?;
    let now = Moment::system();
    let to = to.unwrap_or_else(|| now.local_date() + TimeDelta::days(1));
    let from = from.unwrap_or_else(|| to - TimeDelta::days(7));
    let longest = LONGEST[usize::from(by_hour)];
    if !(1..=longest).contains(&(to - from).num_days()) {
        let zh = format!("止日（不含）应晚于起日，最多 {longest} 天。");
        return Err(Problem::parameter("to", "range", zh, format!("After from, at most {longest} days.")).into());
    }
    let hour = |day: NaiveDate| midnight(day).utc().timestamp().div_euclid(3600);
    let within = (hour(from), hour(to));
    let period = |hour: i64| {
        let at = chrono::DateTime::from_timestamp(hour * 3600, 0).map(Moment::from).unwrap_or(now);
        if by_hour { at.rfc3339() } else { at.local_date().to_string() }
    };
    let mut total = Sum::default();
    let mut lines: BTreeMap<(String, String), Sum> = BTreeMap::new();
    for row in store::within(tx, &client.client_id, within)? {
        total.add(&row);
        lines.entry((period(row.hour), row.operation.clone())).or_default().add(&row);
    }
    for (hour, operation, code, n) in store::codes_within(tx, &client.client_id, within)? {
        *total.codes.entry(code.clone()).or_default() += n;
        *lines.entry((period(hour), operation)).or_default().codes.entry(code).or_default() += n;
    }
    let (_, settings) = settings_of(tx, client.id)?;
    let (day, _) = day_of(now);
    let used: i64 = store::within(tx, &client.client_id, (day, day + 24))?.iter().map(|r| r.charged).sum();
    let quota = settings.per_day.map(|per_day| UsageQuota {
        per_day,
        used,
        left: (i64::from(per_day) - used).max(0),
        resets_at: midnight(now.local_date() + Days::new(1)),
    });
    let last_used_at = store::last_used(tx, &client.client_id)?;
    Ok(ClientUsage {
        id: client.id,
        client_id: client.client_id,
        from,
        to,
        last_used_at,
        quota,
        total: total.told(None, None),
        lines: lines.into_iter().map(|((period, operation), sum)| sum.told(Some(period), Some(operation))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_upper_bounds() {
        assert_eq!(percentile(&[0; 11], 50), None);
        assert_eq!(percentile(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 95), Some(5));
        let mixed = [50, 0, 45, 0, 0, 0, 0, 0, 0, 0, 5];
        assert_eq!((percentile(&mixed, 50), percentile(&mixed, 95), percentile(&mixed, 99)), (Some(5), Some(25), None));
    }
}
