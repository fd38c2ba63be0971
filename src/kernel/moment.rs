use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: UTC to the microsecond, as both engines store it; sent as RFC 3339 in `+08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Timestamp)]
pub struct Moment(pub(crate) NaiveDateTime);

impl Moment {
    /// Stands for “no deadline” in sort columns, which may not be NULL.
    pub const NEVER: Moment = Moment(
        match NaiveDate::from_ymd_opt(9999, 12, 31) {
            Some(d) => d,
            None => NaiveDate::MIN,
        }
        .and_time(chrono::NaiveTime::MIN),
    );

    /// The system's time. Business time comes from [`Clock`].
    #[expect(clippy::disallowed_methods, reason = "the one door to the system's clock")]
    pub fn system() -> Self {
        Self::from(Utc::now())
    }

    /// In UTC.
    pub fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }

    /// The civil date in China.
    pub fn local_date(self) -> NaiveDate {
        self.0.checked_add_signed(TimeDelta::hours(8)).unwrap_or(self.0).date()
    }

    /// This moment moved by `delta`; stays put where the calendar ends.
    pub fn plus(self, delta: TimeDelta) -> Self {
        Self(self.0.checked_add_signed(delta).unwrap_or(self.0))
    }

    /// RFC 3339 in `+08:00`.
    pub fn rfc3339(self) -> String {
        let offset = FixedOffset::east_opt(8 * 3600).unwrap_or_else(|| FixedOffset::east_opt(0).expect("zero is an offset"));
        self.utc().with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Millis, false)
    }

    /// `None` for [`Moment::NEVER`].
    pub fn known(self) -> Option<Self> {
        (self != Self::NEVER).then_some(self)
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(t: DateTime<Utc>) -> Self {
        let naive = t.naive_utc();
        let micros = naive.nanosecond() / 1_000 * 1_000;
        Self(naive.with_nanosecond(micros).unwrap_or(naive))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        parse(&text).ok_or_else(|| serde::de::Error::custom("expected an RFC 3339 time with zone"))
    }
}

/// Reads RFC 3339 with any offset, between the years 1900 and 2200.
pub fn parse(text: &str) -> Option<Moment> {
    let t = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    let year = chrono::Datelike::year(&t);
    (1900..=2200).contains(&year).then(|| Moment::from(t))
}

impl utoipa::PartialSchema for Moment {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::kernel::schema::string(utoipa::openapi::KnownFormat::DateTime, "2026-11-23T09:30:00.000+08:00")
    }
}

impl utoipa::ToSchema for Moment {}

/// Business time. Tests and sandboxes move it; tokens, leases and ids keep to the system's.
#[derive(Debug, Default)]
pub struct Clock {
    offset_micros: AtomicI64,
}

impl Clock {
    /// Now, in business time.
    pub fn now(&self) -> Moment {
        Moment::system().plus(TimeDelta::microseconds(self.offset_micros.load(Ordering::Relaxed)))
    }

    /// Moves business time so that it reads `to` now.
    pub fn set(&self, to: Moment) {
        let delta = to.0.signed_duration_since(Moment::system().0);
        self.offset_micros.store(delta.num_microseconds().unwrap_or(0), Ordering::Relaxed);
    }

    /// Moves business time forward.
    pub fn advance(&self, by: TimeDelta) {
        self.offset_micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::Relaxed);
    }
}
