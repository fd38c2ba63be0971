//! The demo's window and its visitors, so that the examples of appointments work as they stand.

use chrono::{NaiveDate, NaiveTime};
use serde_json::json;

use super::demo::fixed;
use crate::{
    applicants::phone_mark,
    appointments::{self, Appointment, AppointmentState, BookingChannel, Window, WindowKind, WindowStatus},
    auth::Actor,
    clocks::{next_workday, utc},
    db::{Json, Private, Result, Sealed, Tx},
    kernel::Moment,
    organization,
    visits::{self, VisitDetails, machine::VisitState},
};

fn at(date: NaiveDate, hour: u32, minute: u32) -> Moment {
    utc(date.and_time(NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default())).into()
}

/// Enters what is not there yet; who comes today comes today whenever the demo is started.
pub fn load(tx: &mut Tx) -> Result<()> {
    let Some(center) = organization::store::center_by_division(tx, "320623000000")? else { return Ok(()) };
    let window = fixed("window", "rd-1");
    if appointments::store::window(tx, window)?.is_none() {
        let opening = |days: &[&str], from: &str, to: &str, capacity: i32, label: &str| json!({ "days": days, "from": from, "to": to, "minutes": 30, "capacity": capacity, "label": label });
        let hours = json!({
            "openings": [
                opening(&["workday"], "09:00", "12:00", 3, ""),
                opening(&["workday"], "12:00", "14:00", 1, "午间延时"),
                opening(&["workday"], "14:00", "17:00", 3, ""),
                opening(&["weekend", "holiday"], "09:00", "11:00", 1, "周末和节假日值班"),
            ],
            "days_ahead": 14,
        });
        let row = Window {
            id: window,
            center_id: center.id,
            kind: WindowKind::GeneralAssistance,
            name: "综合帮办 1 号窗口".into(),
            status: WindowStatus::Open,
            hours: Json::new(&serde_json::from_value(hours)?)?,
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
            staffing: None,
        };
        appointments::store::insert_window(tx, &row)?;
    }
    let (today, next) = (tx.now.local_date(), next_workday(tx)?);
    let company = crate::auth::store::user(tx, fixed("user", "ent_rudong"))?.and_then(|u| u.applicant_id);
    for (name, state, start) in [
        ("visit1", AppointmentState::Booked, at(next, 10, 0)),
        ("visit2", AppointmentState::Booked, at(today, 16, 30)),
        ("visit3", AppointmentState::Arrived, at(today, 16, 0)),
        ("visit4", AppointmentState::Booked, at(next, 14, 0)),
    ] {
        let id = fixed("appointment", name);
        let end = start.plus(chrono::TimeDelta::minutes(30));
        if let Some(mut there) = appointments::store::appointment(tx, id)? {
            if there.state != AppointmentState::Cancelled && there.state != AppointmentState::Served && there.start_at < start {
                (there.state, there.start_at, there.end_at) = (state, start, end);
                there.version += 1;
                appointments::store::save(tx, &there)?;
            }
            continue;
        }
        let phone = format!("1390000{:04}", 1230 + name.bytes().last().map_or(0, u32::from));
        let row = Appointment {
            id,
            number: format!("YY-320623-20260105-{name}"),
            window_id: window,
            center_id: center.id,
            start_at: start,
            end_at: end,
            state,
            channel: BookingChannel::Web,
            applicant_id: company,
            contact_name: Sealed::seal(tx.vault, "来访人甲")?,
            phone_mark: phone_mark(tx, &phone),
            contact_phone: Sealed::seal(tx.vault, &phone)?,
            subject: Sealed::seal(tx.vault, "咨询供水报装材料")?,
            entrustment_id: None,
            reminded_at: None,
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
            cancel_reason: None,
            client_id: None,
        };
        appointments::enter(tx, &row)?;
    }
    Ok(())
}

/// Home visits of the county, one in each state that an example needs.
pub fn at_home(tx: &mut Tx) -> Result<()> {
    let Some(center) = organization::store::center_by_division(tx, "320623000000")? else { return Ok(()) };
    let agent = fixed("user", "rd_agent");
    for (n, state) in [
        (1, VisitState::Requested),
        (2, VisitState::Arranged),
        (3, VisitState::Arranged),
        (4, VisitState::Arranged),
        (5, VisitState::Visited),
        (6, VisitState::Requested),
        (7, VisitState::Requested),
    ] {
        let id = fixed("home_visit", &n.to_string());
        if visits::store::visit(tx, id)?.is_some() {
            continue;
        }
        let input = json!({ "reason": "special_group", "contact": { "name": "家属甲", "phone": "13900004444" }, "address": "如东县掘港街道（演示地址）",
            "request": "行动不便，请上门办理" });
        let number = format!("SM-320623-20260105-{n:06}-{}", 100 + n);
        let mut row = visits::enter(tx, &Actor::system("demo"), (id, number), &center, &serde_json::from_value(input)?, None)?;
        if state != VisitState::Requested {
            // Long past, so that what was done there can be recorded whenever the demo is started.
            let (start, end) = (tx.now.plus(chrono::TimeDelta::hours(-2)), tx.now.plus(chrono::TimeDelta::hours(-1)));
            (row.state, row.start_at, row.end_at) = (state, Some(start), Some(end));
            let details = row.details.open(tx.vault)?;
            row.details = Private::seal(tx.vault, &VisitDetails { visitor_ids: vec![agent], ..details })?;
            row.version += 1;
            visits::store::save(tx, &row)?;
        }
    }
    Ok(())
}
