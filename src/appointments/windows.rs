//! Windows: their kinds and hours, and the places that are free.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    model::{Hours, Slot, Staffing, Window, WindowKind, WindowStatus, day_of},
    store,
};
use crate::{
    auth::{Actor, policy, store as accounts},
    clocks::{self, DayKind, midnight},
    db::{Json, Result, Tx, dialect},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target},
    organization::{self, Center, custodian_reachable},
};

/// A window as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct WindowView {
    /// Identity.
    pub id: Id,
    /// Of which center.
    pub center_id: Id,
    /// Kind.
    pub kind: WindowKind,
    /// In Chinese.
    pub kind_label: String,
    /// Name.
    pub name: String,
    /// Whether it takes bookings.
    pub status: WindowStatus,
    /// In Chinese.
    pub status_label: String,
    /// When it takes visitors.
    pub hours: Hours,
    /// The department in the lead, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_department_id: Option<Id>,
    /// How many people stand behind it, where they are named.
    pub officers: usize,
    /// After an edit: numbers of the bookings that it called off, each told why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub displaced: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When entered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(WindowView);

/// A window as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowInput {
    /// Kind.
    pub kind: WindowKind,
    /// Name, unique within the center.
    #[validate(length(min = 2, max = 60))]
    #[schema(min_length = 2, max_length = 60, example = "综合帮办 3 号窗口")]
    pub name: String,
    /// Whether it takes bookings; absent: open.
    #[serde(default)]
    pub status: Option<WindowStatus>,
    /// When it takes visitors.
    #[validate(nested)]
    pub hours: Hours,
    /// Who stands behind it; absent: nobody is named.
    #[serde(default)]
    #[validate(nested)]
    pub staffing: Option<Staffing>,
}

/// Who stands behind a window, for the staff of its center and those above.
pub fn staffing(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Staffing> {
    if !policy::may(actor, "team", "read") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let window = load(tx, id)?;
    let center = organization::load(tx, window.center_id)?;
    if !policy::allows(actor, "team", "read", &custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    window.staffing.map(|s| s.get()).transpose().map(Option::unwrap_or_default)
}

pub(super) fn view(w: Window) -> Result<WindowView> {
    let staffing = w.staffing.map(|s| s.get()).transpose()?.unwrap_or_default();
    Ok(WindowView {
        id: w.id,
        center_id: w.center_id,
        kind: w.kind,
        kind_label: w.kind.label().into(),
        name: w.name,
        status: w.status,
        status_label: w.status.label().into(),
        hours: w.hours.get()?,
        lead_department_id: staffing.lead_department_id,
        officers: staffing.officer_ids.len() + staffing.leader_id.iter().count() + staffing.chief_officer_id.iter().count(),
        displaced: Vec::new(),
        version: w.version,
        created_at: w.created_at,
        updated_at: w.updated_at,
    })
}

/// The windows of a center.
pub fn list(tx: &mut Tx, center: &str, q: &ListQuery) -> Result<Page<WindowView>> {
    let center = organization::store::center_by_reference(tx, center)?.ok_or_else(Problem::not_found)?;
    let kinds: Vec<WindowKind> = q.all("kind").iter().filter_map(|k| WindowKind::parse(k)).collect();
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::windows(tx, center.id, &kinds, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let views = rows.into_iter().map(view).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(views, q.limit, tx.vault, |w| q.cursor_of(String::new(), w.id.to_string())))
}

/// Several windows.
pub fn by_ids(tx: &mut Tx, ids: &[Id]) -> Result<Vec<WindowView>> {
    store::windows_by_id(tx, ids)?.into_iter().map(view).collect()
}

/// One window.
pub fn fetch(tx: &mut Tx, id: &str) -> Result<WindowView> {
    let row = load(tx, id)?;
    view(row)
}

/// A window that a path names.
pub fn load(tx: &mut Tx, id: &str) -> Result<Window> {
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    Ok(store::window(tx, id)?.ok_or_else(Problem::not_found)?)
}

fn admit(actor: &Actor, action: &str, center: &Center) -> Result<(), Problem> {
    if policy::allows(actor, "window", action, &custodian_reachable(center)) { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden)) }
}

fn check(hours: &Hours) -> Result<(), Problem> {
    for (i, o) in hours.openings.iter().enumerate() {
        let (from, to) = o.span();
        if to <= from || (to - from).num_minutes() < i64::from(o.minutes) {
            let at = format!("/hours/openings/{i}/to");
            return Err(Problem::rule(&at, "too_short", "结束时间应晚于开始时间，且至少容下一次。", "Must hold one visit."));
        }
    }
    match hours.overlap() {
        Some(i) => Err(Problem::rule(&format!("/hours/openings/{i}"), "overlap", "与前面的时段重叠。", "Overlaps another opening.")),
        None => Ok(()),
    }
}

/// The lead is a department of the center, the people are its staff.
fn staffed(tx: &mut Tx, center: &Center, staffing: Option<&Staffing>) -> Result<Option<Json<Staffing>>> {
    let Some(s) = staffing else { return Ok(None) };
    if let Some(id) = s.lead_department_id
        && organization::store::department_by_id(tx, id)?.is_none_or(|d| d.center_id != center.id)
    {
        return Err(Problem::rule("/staffing/lead_department_id", "unknown_department", "本中心没有这个部门。", "No such department here.").into());
    }
    let named = [("leader_id", s.leader_id), ("chief_officer_id", s.chief_officer_id)].into_iter().filter_map(|(at, id)| Some((at.to_owned(), id?)));
    let all: Vec<(String, Id)> = named.chain(s.officer_ids.iter().enumerate().map(|(i, id)| (format!("officer_ids/{i}"), *id))).collect();
    let ids: Vec<Id> = all.iter().map(|(_, id)| *id).collect();
    let here: Vec<Id> = accounts::users_by_id(tx, &ids)?.into_iter().filter(|u| u.center_id == Some(center.id) && u.status == "active").map(|u| u.id).collect();
    for (i, (at, id)) in all.iter().enumerate() {
        if !here.contains(id) || ids.iter().take(i).any(|earlier| earlier == id) {
            let zh = "须是本中心在岗人员，且不重复。";
            return Err(Problem::rule(&format!("/staffing/{at}"), "not_staff_here", zh, "Staff of this center, each once.").into());
        }
    }
    Ok(Some(Json::new(s)?))
}

fn taken(e: crate::db::Error) -> crate::db::Error {
    if e.is_unique() { Problem::rule("/name", "duplicate", "本中心已有同名窗口。", "The center has a window of this name.").into() } else { e }
}

/// Enters a window.
pub fn create(tx: &mut Tx, actor: &Actor, target: &Target, input: &WindowInput) -> Result<WindowView> {
    if !policy::may(actor, "window", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = organization::store::center_by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?;
    admit(actor, "create", &center)?;
    check(&input.hours)?;
    let row = Window {
        id: Id::new(),
        center_id: center.id,
        kind: input.kind,
        name: input.name.clone(),
        status: input.status.unwrap_or(WindowStatus::Open),
        hours: Json::new(&input.hours)?,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        staffing: staffed(tx, &center, input.staffing.as_ref())?,
    };
    store::insert_window(tx, &row).map_err(taken)?;
    view(row)
}

/// Edits a window; what becomes of its bookings is [`super::booking::rearrange`]'s.
pub(super) fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &WindowInput) -> Result<(Window, Center)> {
    if !policy::may(actor, "window", "edit") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let found = load(tx, &target.reference)?;
    dialect::lock_root(tx.conn, "windows", found.id.as_str())?;
    let mut row = load(tx, &target.reference)?;
    let center = organization::load(tx, row.center_id)?;
    admit(actor, "edit", &center)?;
    target.check(row.version)?;
    check(&input.hours)?;
    row.kind = input.kind;
    row.name.clone_from(&input.name);
    row.status = input.status.unwrap_or(row.status);
    row.hours = Json::new(&input.hours)?;
    row.staffing = staffed(tx, &center, input.staffing.as_ref())?;
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_window(tx, &row).map_err(taken)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    Ok((row, center))
}

/// A place as the public sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlaceView {
    /// From; this is what a booking names.
    pub start: Moment,
    /// Until.
    pub end: Moment,
    /// What kind of day it is.
    pub day: DayKind,
    /// What people call these hours.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub label: String,
    /// Visitors at the same time.
    pub capacity: i32,
    /// Places left.
    pub free: i32,
    /// Can be booked now.
    pub bookable: bool,
}

/// The places of a window.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Places {
    /// In order.
    #[schema(max_items = 10_000)]
    pub items: Vec<PlaceView>,
}

/// The places between two days, with how many are left.
pub fn places(tx: &mut Tx, id: &str, from: NaiveDate, to: NaiveDate) -> Result<Places> {
    let window = load(tx, id)?;
    let hours = window.hours.get()?;
    let days = (to - from).num_days().unsigned_abs();
    let after = to.checked_add_days(Days::new(1)).unwrap_or(to);
    let booked = store::booked(tx, window.id, midnight(from), midnight(after))?;
    let calendar = clocks::calendar(tx, midnight(from))?;
    let mut items = Vec::new();
    for date in (0..=days).filter_map(|n| from.checked_add_days(Days::new(n))) {
        let kind = calendar.day(date).kind;
        for slot in hours.slots(date, kind) {
            let taken = booked.iter().find(|(start, _)| *start == slot.start).map_or(0, |(_, n)| *n);
            let free = (slot.capacity - taken).max(0);
            let bookable = free > 0 && window.status == WindowStatus::Open && in_reach(&hours, tx.now, &slot);
            items.push(PlaceView { start: slot.start, end: slot.end, day: kind, label: slot.label, capacity: slot.capacity, free, bookable });
        }
    }
    Ok(Places { items })
}

/// Ahead, and not too far ahead.
pub fn in_reach(hours: &Hours, now: Moment, slot: &Slot) -> bool {
    let last = day_of(now).checked_add_days(Days::new(u64::from(hours.days_ahead))).unwrap_or_default();
    slot.start > now && day_of(slot.start) <= last
}

/// The place that begins at a moment.
pub fn slot_at(tx: &mut Tx, window: &Window, start: Moment) -> Result<Option<Slot>> {
    let date = day_of(start);
    let kind = clocks::calendar(tx, start)?.day(date).kind;
    Ok(window.hours.get()?.slots(date, kind).into_iter().find(|s| s.start == start))
}
