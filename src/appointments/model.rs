use chrono::{NaiveDate, NaiveTime, TimeDelta};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::machine::AppointmentState;
use crate::{
    clocks::{DayKind, local, utc},
    db::{
        Json, Sealed, code_enum,
        schema::{appointments, windows},
    },
    kernel::{Id, Moment},
};

code_enum! {
    /// Kinds of windows 窗口 (texts of Nantong and of Wenling's one window).
    WindowKind in "window-kinds" {
        GeneralAssistance "general_assistance" "综合帮办",
        EnterpriseSetup "enterprise_setup" "企业开办",
        ConstructionProject "construction_project" "建设项目",
        Fallback "fallback" "兜底",
        PolicyRedemption "policy_redemption" "政策兑现",
        Project "project" "项目服务",
        Policy "policy" "政策服务",
        Finance "finance" "金融服务",
        Talent "talent" "人才服务",
        Legal "legal" "法治服务",
        SciTech "sci_tech" "科创服务",
        Opening "opening" "开放服务",
        Data "data" "数据服务",
    }
}

code_enum! {
    /// Whether a window takes bookings.
    WindowStatus in "window-statuses" {
        Open "open" "开放",
        Closed "closed" "停用",
    }
}

code_enum! {
    /// How a place was booked.
    BookingChannel in "booking-channels" {
        Web "web" "网上预约",
        Operator "operator" "人工预约",
        Voice "voice" "语音预约",
        Window "window" "现场预约",
    }
}

/// When a window takes visitors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// On days of these kinds; a make-up workday is a workday, too.
    #[validate(length(min = 1, max = 4))]
    #[schema(min_items = 1, max_items = 4)]
    pub days: Vec<DayKind>,
    /// Only on these days of the week, 1 = Monday; none: all.
    #[serde(default)]
    #[validate(length(max = 7), custom(function = weekdays))]
    #[schema(max_items = 7)]
    pub weekdays: Vec<u8>,
    /// From, local time.
    #[validate(custom(function = clock))]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length = 5, example = "09:00")]
    pub from: String,
    /// Until, local time.
    #[validate(custom(function = clock))]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length = 5, example = "12:00")]
    pub to: String,
    /// Length of a visit.
    #[validate(range(min = 5, max = 480))]
    #[schema(minimum = 5, maximum = 480, example = 30)]
    pub minutes: u16,
    /// Visitors at the same time.
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub capacity: i32,
    /// What people call these hours.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_length = 20, example = "午间延时")]
    pub label: String,
}

/// A day on which a window is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// Which day.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub date: NaiveDate,
    /// Why.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "设备检修")]
    pub reason: String,
}

/// The hours of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// When it takes visitors.
    #[validate(length(min = 1, max = 20), nested)]
    #[schema(min_items = 1, max_items = 20)]
    pub openings: Vec<Opening>,
    /// When it does not.
    #[serde(default)]
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub closures: Vec<Closure>,
    /// How many days ahead may be booked.
    #[validate(range(min = 1, max = 90))]
    #[schema(minimum = 1, maximum = 90, example = 14)]
    pub days_ahead: u16,
}

fn clock(text: &str) -> Result<(), ValidationError> {
    if text.len() == 5 && NaiveTime::parse_from_str(text, "%H:%M").is_ok() {
        Ok(())
    } else {
        Err(ValidationError::new("clock").with_message("应为 HH:MM，例如 09:00。|HH:MM, such as 09:00.".into()))
    }
}

fn weekdays(days: &[u8]) -> Result<(), ValidationError> {
    if days.iter().all(|d| (1..=7).contains(d)) {
        Ok(())
    } else {
        Err(ValidationError::new("weekday").with_message("星期应为 1 到 7。|Days of the week are 1 to 7.".into()))
    }
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap_or_default()
}

/// A place in time that can be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// From.
    pub start: Moment,
    /// Until.
    pub end: Moment,
    /// Visitors at the same time.
    pub capacity: i32,
    /// What people call these hours.
    pub label: String,
}

impl Opening {
    /// Whether it holds on a day.
    pub fn is_on(&self, date: NaiveDate, kind: DayKind) -> bool {
        use chrono::Datelike as _;
        let weekday = u8::try_from(date.weekday().number_from_monday()).unwrap_or(0);
        let kind = self.days.contains(&kind) || (kind == DayKind::MakeupWorkday && self.days.contains(&DayKind::Workday));
        kind && (self.weekdays.is_empty() || self.weekdays.contains(&weekday))
    }

    /// From and until.
    pub fn span(&self) -> (NaiveTime, NaiveTime) {
        (time(&self.from), time(&self.to))
    }
}

impl Hours {
    /// The places of a day, in order: whole visits only.
    pub fn slots(&self, date: NaiveDate, kind: DayKind) -> Vec<Slot> {
        if self.closures.iter().any(|c| c.date == date) {
            return Vec::new();
        }
        let mut slots = Vec::new();
        for opening in self.openings.iter().filter(|o| o.is_on(date, kind)) {
            let (from, to) = opening.span();
            let length = TimeDelta::minutes(i64::from(opening.minutes));
            let (mut start, last) = (date.and_time(from), date.and_time(to));
            while let Some(end) = start.checked_add_signed(length).filter(|end| *end <= last) {
                slots.push(Slot { start: utc(start).into(), end: utc(end).into(), capacity: opening.capacity, label: opening.label.clone() });
                start = end;
            }
        }
        slots.sort_by_key(|s| s.start);
        slots
    }

    /// Two openings that hold at the same time: the place in the list of the later one.
    pub fn overlap(&self) -> Option<usize> {
        let workday = |d: &DayKind| if *d == DayKind::MakeupWorkday { DayKind::Workday } else { *d };
        (0..self.openings.len()).find(|b| {
            self.openings.iter().take(*b).any(|a| {
                let Some(b) = self.openings.get(*b) else { return false };
                let days = a.days.iter().any(|d| b.days.iter().any(|e| workday(d) == workday(e)));
                let week = a.weekdays.is_empty() || b.weekdays.is_empty() || a.weekdays.iter().any(|d| b.weekdays.contains(d));
                let ((f1, t1), (f2, t2)) = (a.span(), b.span());
                days && week && f1 < t2 && f2 < t1
            })
        })
    }
}

/// The local day of a moment.
pub fn day_of(at: Moment) -> NaiveDate {
    local(at.utc()).date()
}

/// A window.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = windows, treat_none_as_default_value = false)]
pub struct Window {
    /// Identity.
    pub id: Id,
    /// Of which center.
    pub center_id: Id,
    /// Kind.
    pub kind: WindowKind,
    /// Name.
    pub name: String,
    /// Whether it takes bookings.
    pub status: WindowStatus,
    /// When.
    pub hours: Json<Hours>,
    /// Version.
    pub version: i64,
    /// When entered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// Who stands behind it.
    pub staffing: Option<Json<Staffing>>,
}

/// Who stands behind a window: 1+1+1+X (text 003).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Staffing {
    /// The department in the lead 牵头部门: one of the center's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_department_id: Option<Id>,
    /// Its leader 窗口负责人.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader_id: Option<Id>,
    /// The chief service officer 首席服务专员.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chief_officer_id: Option<Id>,
    /// The other officers 服务专员.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub officer_ids: Vec<Id>,
}

/// An appointment.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = appointments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Appointment {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Where.
    pub window_id: Id,
    /// Of which center.
    pub center_id: Id,
    /// From.
    pub start_at: Moment,
    /// Until.
    pub end_at: Moment,
    /// State.
    pub state: AppointmentState,
    /// How it was booked.
    pub channel: BookingChannel,
    /// Who comes, where they are known.
    pub applicant_id: Option<Id>,
    /// Name.
    pub contact_name: Sealed,
    /// Telephone.
    pub contact_phone: Sealed,
    /// Blind index of the telephone.
    pub phone_mark: String,
    /// What it is about.
    pub subject: Sealed,
    /// About which matter.
    pub entrustment_id: Option<Id>,
    /// When reminded.
    pub reminded_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When booked.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// Why the center called it off.
    pub cancel_reason: Option<String>,
    /// The machine that booked it for a caller.
    pub client_id: Option<Id>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(days: &[DayKind], from: &str, to: &str, minutes: u16) -> Opening {
        Opening { days: days.to_vec(), weekdays: Vec::new(), from: from.into(), to: to.into(), minutes, capacity: 2, label: String::new() }
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("date")
    }

    #[test]
    fn whole_visits_only() {
        let hours = Hours { openings: vec![opening(&[DayKind::Workday], "09:00", "10:20", 30)], closures: Vec::new(), days_ahead: 14 };
        let starts: Vec<String> = hours.slots(date("2026-03-02"), DayKind::Workday).iter().map(|s| s.start.rfc3339()).collect();
        assert_eq!(starts, ["2026-03-02T09:00:00.000+08:00", "2026-03-02T09:30:00.000+08:00"]);
        assert_eq!(hours.slots(date("2026-02-28"), DayKind::MakeupWorkday).len(), 2, "a make-up workday is a workday");
        assert!(hours.slots(date("2026-03-01"), DayKind::Weekend).is_empty());
    }

    #[test]
    fn extended_hours_and_closures() {
        let noon = opening(&[DayKind::Workday], "12:00", "13:00", 20);
        let weekend = opening(&[DayKind::Weekend, DayKind::Holiday], "09:00", "11:00", 60);
        let closed = Closure { date: date("2026-03-03"), reason: "检修".into() };
        let hours = Hours { openings: vec![opening(&[DayKind::Workday], "09:00", "12:00", 60), noon, weekend], closures: vec![closed], days_ahead: 14 };
        assert_eq!(hours.overlap(), None);
        assert_eq!(hours.slots(date("2026-03-02"), DayKind::Workday).len(), 6);
        assert_eq!(hours.slots(date("2026-03-01"), DayKind::Weekend).len(), 2);
        assert!(hours.slots(date("2026-03-03"), DayKind::Workday).is_empty());
    }

    #[test]
    fn openings_do_not_overlap() {
        let clash = Hours {
            openings: vec![opening(&[DayKind::Workday], "09:00", "12:00", 30), opening(&[DayKind::MakeupWorkday], "11:00", "13:00", 30)],
            closures: Vec::new(),
            days_ahead: 7,
        };
        assert_eq!(clash.overlap(), Some(1));
    }
}
