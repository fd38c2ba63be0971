//! Booking a place, and what becomes of it.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::{
    machine::{AppointmentAction as Action, AppointmentState as State, decide},
    model::{Appointment, BookingChannel, Slot, Window, WindowStatus},
    store,
    windows::{self, WindowInput, WindowView, in_reach, slot_at},
};
use crate::{
    access::{self, Placement, Sight},
    applicants::{ContactInput, phone_mark},
    auth::{
        Actor, Reachable, Scope,
        policy::{self, subject},
    },
    db::{Error, Result, Sealed, Tx, dialect, numbers},
    entrustments,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text},
    organization::{self, Center},
    settings,
};

/// An appointment as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AppointmentView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "YY-320623-20261122-000001-427")]
    pub number: String,
    /// State.
    pub state: State,
    /// In Chinese.
    pub state_label: String,
    /// Where.
    pub window_id: Id,
    /// Name of the window.
    pub window_name: String,
    /// Of which center.
    pub center_id: Id,
    /// From.
    pub start: Moment,
    /// Until.
    pub end: Moment,
    /// How it was booked.
    pub channel: BookingChannel,
    /// In Chinese.
    pub channel_label: String,
    /// Name; masked where the view is.
    pub contact_name: String,
    /// Telephone; masked where the view is.
    pub contact_phone: String,
    /// What it is about; absent where the view is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// About which matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrustment_id: Option<Id>,
    /// When the visitor was reminded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Moment>,
    /// Why the center called it off; absent where the visitor did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    /// Personal data is masked for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When booked.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(AppointmentView, "appointment");

/// A booking.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingInput {
    /// Where.
    pub window_id: Id,
    /// Beginning of one of the window's places.
    pub start: Moment,
    /// Who comes.
    #[validate(nested)]
    pub contact: ContactInput,
    /// What it is about.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200, example = "咨询供水报装材料")]
    pub subject: String,
    /// About which matter: id or number; only one that the caller sees.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub entrustment: Option<String>,
    /// How it was booked; an applicant books on the web.
    #[serde(default)]
    pub channel: Option<BookingChannel>,
}

/// Another place of the same window.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RescheduleInput {
    /// Beginning of the new place.
    pub start: Moment,
}

fn near<'a>(row: &Appointment, center: &'a Center) -> Reachable<'a> {
    Reachable { applicant: row.applicant_id, centers: vec![row.center_id], path: &center.path, client: row.client_id, ..Reachable::default() }
}

fn allowed(actor: &Actor, row: &Appointment, center: &Center) -> Vec<String> {
    let near = near(row, center);
    let may = |a: &&Action| decide(row.state, **a).is_ok() && policy::allows(actor, "appointment", a.code(), &near);
    Action::ALL.iter().filter(may).map(|a| a.code().to_owned()).collect()
}

fn render(tx: &Tx, row: Appointment, window_name: String, sight: Sight, allowed_actions: Option<Vec<String>>) -> Result<AppointmentView> {
    let (name, phone, subject) = (row.contact_name.open(tx.vault)?, row.contact_phone.open(tx.vault)?, row.subject.open(tx.vault)?);
    let masked = sight.masked;
    Ok(AppointmentView {
        id: row.id,
        number: row.number,
        state: row.state,
        state_label: row.state.label().into(),
        window_id: row.window_id,
        window_name,
        center_id: row.center_id,
        start: row.start_at,
        end: row.end_at,
        channel: row.channel,
        channel_label: row.channel.label().into(),
        contact_name: if masked { tx.masking.name(&name) } else { name },
        contact_phone: if masked { tx.masking.phone(&phone) } else { phone },
        subject: Some(subject).filter(|s| sight.words && !s.is_empty()),
        entrustment_id: row.entrustment_id,
        reminded_at: row.reminded_at,
        cancel_reason: row.cancel_reason,
        masked,
        allowed_actions,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn view(tx: &mut Tx, actor: &Actor, row: Appointment) -> Result<AppointmentView> {
    let sight = access::sight(tx, &Scope::of(actor, "appointment"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    let name = store::window(tx, row.window_id)?.map(|w| w.name).unwrap_or_default();
    let allowed = allowed(actor, &row, &center);
    render(tx, row, name, sight, Some(allowed))
}

/// One appointment.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<AppointmentView> {
    let row = by_reference(tx, reference)?;
    view(tx, actor, row)
}

fn by_reference(tx: &mut Tx, reference: &str) -> Result<Appointment> {
    let found = match reference.parse::<Id>() {
        Ok(id) => store::appointment(tx, id)?,
        Err(_) => store::appointment_by_number(tx, &reference.to_ascii_uppercase())?,
    };
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// The appointments that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<AppointmentView>> {
    let page = access::listed::<State, _>(tx, actor, "appointment", q, store::appointments_by_id, |a| a.id)?;
    let windows = store::windows_by_id(tx, &page.items.iter().map(|(a, _)| a.window_id).collect::<Vec<_>>())?;
    page.try_map(|(row, sight)| {
        let name = windows.iter().find(|w| w.id == row.window_id).map(|w| w.name.clone()).unwrap_or_default();
        render(tx, row, name, sight, None)
    })
}

fn bookable(tx: &mut Tx, window: &Window, start: Moment) -> Result<Slot> {
    let refuse = |code, zh, en| Err(Problem::rule("/start", code, zh, en).into());
    if window.status != WindowStatus::Open {
        return refuse("window_closed", "该窗口暂不接受预约。", "The window takes no bookings.");
    }
    match slot_at(tx, window, start)? {
        None => refuse("no_such_place", "该窗口没有从这一时间开始的时段，请先查询可约时段。", "No place begins then."),
        Some(slot) if !in_reach(&window.hours.get()?, tx.now, &slot) => {
            refuse("out_of_reach", "该时段已经开始或者超出可提前预约的天数。", "Has begun, or lies too far ahead.")
        }
        Some(slot) => Ok(slot),
    }
}

fn full() -> Problem {
    Problem::new(ErrorCode::StateConflict, Text::new("该时段已约满，请改约其他时段。", "The place is taken."))
}

/// Books a place: of those who race for the last one, one gets it.
pub fn book(tx: &mut Tx, actor: &Actor, input: &BookingInput) -> Result<AppointmentView> {
    if !policy::may(actor, "appointment", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let unknown = || Problem::rule("/window_id", "unknown_window", "没有这个窗口。", "No such window.");
    // Its hours stay as they are until the booking is made.
    dialect::lock_root(tx.conn, "windows", input.window_id.as_str())?;
    let window = store::window(tx, input.window_id)?.ok_or_else(unknown)?;
    let center = organization::load(tx, window.center_id)?;
    let own = actor.applicant_id.is_some();
    let machine = actor.kind == "client";
    if !own && !machine && !policy::allows(actor, "appointment", "create", &organization::custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let channel = match (own, input.channel) {
        (true, None | Some(BookingChannel::Web)) => BookingChannel::Web,
        (true, Some(_)) => return Err(Problem::rule("/channel", "own_only", "申请人本人预约的渠道为网上预约。", "An applicant books on the web.").into()),
        (false, None | Some(BookingChannel::Voice)) if machine => BookingChannel::Voice,
        (false, Some(_)) if machine => return Err(Problem::rule("/channel", "voice_only", "热线系统的预约渠道为语音。", "A hotline books by voice.").into()),
        (false, channel) => channel.unwrap_or(BookingChannel::Operator),
    };
    let slot = bookable(tx, &window, input.start)?;
    let matter = match input.entrustment.as_ref().map(|e| entrustments::load_seen(tx, actor, e)).transpose() {
        Err(Error::Refused(_)) => {
            return Err(Problem::rule("/entrustment", "unknown_matter", "没有这件，或者不在您的可见范围内。", "No matter that you see.").into());
        }
        other => other?,
    };
    let mark = phone_mark(tx, &input.contact.phone);
    reliable(tx, &center, &mark, channel)?;
    if store::count_of_phone(tx, &mark, State::Booked, slot.start, slot.end)? > 0 {
        return Err(Problem::rule("/start", "booked_already", "该联系电话在此时段已有预约。", "This telephone has a booking then.").into());
    }
    if !store::take_place(tx, window.id, slot.start, slot.capacity)? {
        return Err(full().into());
    }
    let row = Appointment {
        id: Id::new(),
        number: numbers::next(tx, "YY", &center.division_code)?,
        window_id: window.id,
        center_id: center.id,
        start_at: slot.start,
        end_at: slot.end,
        state: State::Booked,
        channel,
        applicant_id: actor.applicant_id.or_else(|| matter.as_ref().map(|m| m.e.applicant_id)),
        contact_name: Sealed::seal(tx.vault, &input.contact.name)?,
        contact_phone: Sealed::seal(tx.vault, &input.contact.phone)?,
        phone_mark: mark,
        subject: Sealed::seal(tx.vault, &input.subject)?,
        entrustment_id: matter.map(|m| m.e.id),
        reminded_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        cancel_reason: None,
        client_id: actor.id.filter(|_| machine),
    };
    store::insert(tx, &row)?;
    tell(tx, actor, &row, &center, "booked")?;
    view(tx, actor, row)
}

/// Enters an appointment as it stands: the demo's.
pub fn enter(tx: &mut Tx, row: &Appointment) -> Result<()> {
    let center = organization::load(tx, row.center_id)?;
    store::take_place(tx, row.window_id, row.start_at, i32::MAX)?;
    store::insert(tx, row)?;
    tell(tx, &Actor::system("demo"), row, &center, "booked")
}

/// Who stayed away too often books with a person, for a while.
fn reliable(tx: &mut Tx, center: &Center, mark: &str, channel: BookingChannel) -> Result<()> {
    if !matches!(channel, BookingChannel::Web | BookingChannel::Voice) {
        return Ok(());
    }
    let rules = settings::rules(tx, &center.path)?;
    let since = tx.now.plus(TimeDelta::days(-i64::from(rules.no_show_days)));
    let missed = store::count_of_phone(tx, mark, State::NoShow, since, tx.now)?;
    if missed >= i64::from(rules.no_shows) {
        let zh = format!("近 {} 天内有 {missed} 次预约未到场，暂不能自助预约，请致电或到窗口预约。", rules.no_show_days);
        return Err(Problem::rule("/contact/phone", "too_many_no_shows", zh, "Too many missed bookings: book with a person.").into());
    }
    Ok(())
}

/// Event and visibility of a change.
fn tell(tx: &mut Tx, actor: &Actor, row: &Appointment, center: &Center, kind: &str) -> Result<()> {
    let mut subjects: Vec<(String, bool)> = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    subjects.extend(row.applicant_id.map(|id| (subject::applicant(id.as_str()), false)));
    subjects.extend(row.client_id.map(|id| (subject::user(id.as_str()), false)));
    let due_at = if row.state == State::Booked { row.start_at } else { Moment::NEVER };
    access::place(tx, &Placement { kind: "appointment", record: row.id, state: row.state.code(), due_at, updated_at: row.updated_at, subjects })?;
    let kind = format!("appointment.{kind}");
    let params = json!({ "number": row.number, "center": center.name, "start": row.start_at });
    let event =
        NewEvent { record_kind: "appointment", record_id: row.id, version: row.version, kind: &kind, audience: Audience::Applicant, params, words: None };
    events::record(tx, actor, event)
}

fn load_for(tx: &mut Tx, actor: &Actor, action: Action, target: &Target) -> Result<(Appointment, Center)> {
    let found = by_reference(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "appointments", found.id.as_str())?;
    let row = by_reference(tx, found.id.as_str())?;
    access::sight(tx, &Scope::of(actor, "appointment"), row.id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    if !policy::allows(actor, "appointment", action.code(), &near(&row, &center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    if let Err(refusal) = decide(row.state, action) {
        let allowed = allowed(actor, &row, &center);
        return Err(Problem { allowed_actions: Some(allowed), ..Problem::from(refusal) }.into());
    }
    Ok((row, center))
}

fn save(tx: &mut Tx, actor: &Actor, row: &mut Appointment, center: &Center, kind: &str) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    tell(tx, actor, row, center, kind)
}

/// A named action.
pub fn act(tx: &mut Tx, actor: &Actor, target: &Target, action: Action) -> Result<AppointmentView> {
    let (mut row, center) = load_for(tx, actor, action, target)?;
    if action == Action::Arrive && super::model::day_of(row.start_at) != super::model::day_of(tx.now) {
        return Err(Problem::rule("/start", "another_day", "只能在预约当天登记到场。", "Only on the day of the appointment.").into());
    }
    row.state = decide(row.state, action)?;
    if action == Action::Cancel {
        store::release_place(tx, row.window_id, row.start_at)?;
    }
    save(tx, actor, &mut row, &center, row_event(action))?;
    view(tx, actor, row)
}

fn row_event(action: Action) -> &'static str {
    match action {
        Action::Reschedule => "rescheduled",
        Action::Cancel => "cancelled",
        Action::Arrive => "arrived",
        Action::Serve => "served",
        Action::Miss => "missed",
    }
}

/// Moves to another place of the same window: the new one is taken before the old one is given back.
pub fn reschedule(tx: &mut Tx, actor: &Actor, target: &Target, input: &RescheduleInput) -> Result<AppointmentView> {
    let (mut row, center) = load_for(tx, actor, Action::Reschedule, target)?;
    dialect::lock_root(tx.conn, "windows", row.window_id.as_str())?;
    let window = store::window(tx, row.window_id)?.ok_or_else(|| Error::Corrupt("window gone".into()))?;
    let slot = bookable(tx, &window, input.start)?;
    if slot.start == row.start_at {
        return Err(Problem::rule("/start", "same_place", "与原预约的时段相同。", "The same place.").into());
    }
    if !store::take_place(tx, window.id, slot.start, slot.capacity)? {
        return Err(full().into());
    }
    store::release_place(tx, window.id, row.start_at)?;
    row.start_at = slot.start;
    row.end_at = slot.end;
    row.reminded_at = None;
    save(tx, actor, &mut row, &center, "rescheduled")?;
    view(tx, actor, row)
}

/// Changes a window's hours, or closes it: bookings of times that it no longer keeps are called off, each with an event
/// that tells the applicant.
pub fn rearrange(tx: &mut Tx, actor: &Actor, target: &Target, input: &WindowInput) -> Result<WindowView> {
    let (window, center) = windows::edit(tx, actor, target, input)?;
    let (now, hours) = (tx.now, window.hours.get()?);
    let mut displaced = Vec::new();
    for mut row in store::booked_from(tx, window.id, now)? {
        let kept = window.status == WindowStatus::Open && slot_at(tx, &window, row.start_at)?.is_some_and(|slot| slot.end == row.end_at);
        if !kept {
            row.state = decide(row.state, Action::Cancel)?;
            let closed = hours.closures.iter().find(|c| c.date == super::model::day_of(row.start_at)).map(|c| c.reason.as_str());
            row.cancel_reason = Some(closed.filter(|reason| !reason.is_empty()).unwrap_or("窗口服务时间调整").to_owned());
            displaced.push(row.number.clone());
            store::release_place(tx, window.id, row.start_at)?;
            save(tx, actor, &mut row, &center, "displaced")?;
        }
    }
    Ok(WindowView { displaced, ..windows::view(window)? })
}

/// Applicants are reminded a day before.
const REMIND_BEFORE: TimeDelta = TimeDelta::hours(24);

/// Whether somebody is to be reminded, or has not come.
pub fn anything_due(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::missed(tx, now, 1)?.is_empty() || !store::to_remind(tx, now, now.plus(REMIND_BEFORE), 1)?.is_empty())
}

/// Reminds, and notes who did not come; each once, on however many servers.
pub fn sweep(tx: &mut Tx, batch: i64) -> Result<usize> {
    let (now, actor) = (tx.now, Actor::system("appointments"));
    let mut done = 0;
    for mut row in store::missed(tx, now, batch)? {
        let center = organization::load(tx, row.center_id)?;
        row.state = decide(row.state, Action::Miss)?;
        save(tx, &actor, &mut row, &center, "missed")?;
        done += 1;
    }
    for mut row in store::to_remind(tx, now, now.plus(REMIND_BEFORE), batch)? {
        let center = organization::load(tx, row.center_id)?;
        row.reminded_at = Some(now);
        save(tx, &actor, &mut row, &center, "reminder")?;
        done += 1;
    }
    Ok(done)
}
