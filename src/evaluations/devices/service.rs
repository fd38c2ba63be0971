//! Registering and revoking tablets, and rating at them.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::store::{self, Device, DeviceState};
use crate::{
    access::{self, Placement, Sight},
    auth::{Actor, Reachable, Scope, policy},
    db::{Result, Tx, dialect},
    evaluations::{
        links::LinkView,
        load::lock,
        model::RatingChannel,
        occasions::store as occasions,
        rating::{RatingInput, rate_row, within},
        store as evaluations,
    },
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text, random_token, sha256_hex},
    organization::{self, Center},
};

/// Its name in the access table and in the policy.
const KIND: &str = "rating_device";

/// A tablet that is to be registered.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// What people call it.
    #[validate(length(min = 2, max = 60))]
    #[schema(min_length = 2, max_length = 60, example = "综合窗口 1 号评价器")]
    pub name: String,
    /// The center where it stands: id or 12-digit code; absent: the caller's own.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "320623000000")]
    pub center: Option<String>,
    /// The window where it stands.
    #[serde(default)]
    pub window_id: Option<Id>,
}

/// A tablet as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeviceView {
    /// Identity.
    pub id: Id,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub center_id: Id,
    /// At which window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_id: Option<Id>,
    /// State.
    pub state: DeviceState,
    /// In Chinese.
    pub state_label: String,
    /// Its token, shown once: only its hash is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Since when it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Moment>,
    /// Exactly what this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When registered.
    pub created_at: Moment,
}

crate::versioned!(DeviceView, "rating_device");

fn near(center: &Center) -> Reachable<'_> {
    Reachable { centers: vec![center.id], path: &center.path, ..Reachable::default() }
}

fn view(actor: &Actor, center: &Center, row: Device, token: Option<String>) -> DeviceView {
    let revoke = row.state == DeviceState::Active && policy::allows(actor, KIND, "revoke", &near(center));
    DeviceView {
        id: row.id,
        name: row.name,
        center_id: row.center_id,
        window_id: row.window_id,
        state: row.state,
        state_label: row.state.label().into(),
        token,
        revoked_at: row.revoked_at,
        allowed_actions: if revoke { vec!["revoke".into()] } else { Vec::new() },
        version: row.version,
        created_at: row.created_at,
    }
}

fn publish(tx: &mut Tx, actor: &Actor, row: &Device, center: &Center, kind: &str) -> Result<()> {
    let params = json!({ "name": row.name });
    let event = NewEvent { record_kind: KIND, record_id: row.id, version: row.version, kind, audience: Audience::Staff, params, words: None };
    events::record(tx, actor, event)?;
    let subjects = organization::subjects_of(center).into_iter().map(|s| (s, false)).collect();
    let (state, updated_at) = (row.state.code(), row.updated_at);
    access::place(tx, &Placement { kind: KIND, record: row.id, state, due_at: Moment::NEVER, updated_at, subjects })
}

/// Registers a tablet; its token is shown in this answer alone.
pub fn register(tx: &mut Tx, actor: &Actor, input: &NewDevice) -> Result<DeviceView> {
    let unknown = || Problem::rule("/center", "unknown_center", "请指明一个在用的服务中心。", "Name a center that is in use.");
    if !policy::may(actor, KIND, "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = match (&input.center, actor.center_id) {
        (Some(reference), _) => organization::store::center_by_reference(tx, reference)?.filter(|c| c.status == "active").ok_or_else(unknown)?,
        (None, Some(own)) => organization::load(tx, own)?,
        (None, None) => return Err(unknown().into()),
    };
    if !policy::allows(actor, KIND, "create", &near(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    if let Some(id) = input.window_id
        && evaluations::window(tx, id)?.is_none_or(|(at, _)| at != center.id)
    {
        return Err(Problem::rule("/window_id", "unknown_window", "该中心没有这个窗口。", "No such window at this center.").into());
    }
    let token = random_token();
    let row = enter(tx, actor, Id::new(), &center, input, &token)?;
    Ok(view(actor, &center, row, Some(token)))
}

/// Enters a tablet with a given identity and token.
pub fn enter(tx: &mut Tx, actor: &Actor, id: Id, center: &Center, input: &NewDevice, token: &str) -> Result<Device> {
    let row = Device {
        id,
        center_id: center.id,
        window_id: input.window_id,
        name: input.name.clone(),
        token_hash: sha256_hex(token.as_bytes()),
        state: DeviceState::Active,
        registered_by: actor.id,
        revoked_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row)?;
    publish(tx, actor, &row, center, "rating_device.registered")?;
    Ok(row)
}

fn load_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<(Device, Center)> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let row = store::device(tx, id)?.ok_or_else(Problem::not_found)?;
    access::sight(tx, &Scope::of(actor, KIND), id)?.ok_or_else(Problem::not_found)?;
    let center = organization::load(tx, row.center_id)?;
    Ok((row, center))
}

/// One tablet.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<DeviceView> {
    let (row, center) = load_seen(tx, actor, reference)?;
    Ok(view(actor, &center, row, None))
}

/// The tablets that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<DeviceView>> {
    let page = access::listed::<DeviceState, _>(tx, actor, KIND, q, store::devices_by_id, |row| row.id)?;
    page.try_map(|(row, _): (Device, Sight)| -> Result<DeviceView> {
        let center = organization::load(tx, row.center_id)?;
        Ok(view(actor, &center, row, None))
    })
}

/// A tablet rates no more.
pub fn revoke(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<DeviceView> {
    let (found, _) = load_seen(tx, actor, &target.reference)?;
    dialect::lock_root(tx.conn, "rating_devices", found.id.as_str())?;
    let (mut row, center) = load_seen(tx, actor, found.id.as_str())?;
    if !policy::allows(actor, KIND, "revoke", &near(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    if row.state == DeviceState::Revoked {
        let mut problem = Problem::new(ErrorCode::StateConflict, Text::new("该设备已停用。", "Revoked already."));
        problem.allowed_actions = Some(Vec::new());
        return Err(problem.into());
    }
    row.state = DeviceState::Revoked;
    row.revoked_at = Some(tx.now);
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    publish(tx, actor, &row, &center, "rating_device.revoked")?;
    Ok(view(actor, &center, row, None))
}

/// The tablet of a token; a wrong or revoked one is nobody's.
pub fn by_token(tx: &mut Tx, token: &str) -> Result<Device> {
    let row = store::active(tx, &sha256_hex(token.as_bytes()))?;
    Ok(row.ok_or_else(|| Problem::of(ErrorCode::Unauthenticated))?)
}

/// A service that waits for its rating: nothing of whom it was for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WaitingService {
    /// Number of the service.
    #[schema(example = "A101-20260105")]
    pub service_no: String,
    /// Name of the item, or the kind of service.
    pub title: String,
    /// Whether the person can be rated too.
    pub rates_staff: bool,
    /// When it was given.
    pub served_at: Moment,
    /// It can be rated until.
    pub due_at: Moment,
}

/// What waits where a tablet stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WaitingServices {
    /// The center.
    pub center: String,
    /// The window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Newest first.
    pub items: Vec<WaitingService>,
}

/// How many a tablet shows.
const SHOWN: usize = 20;

/// Whether a service is one that a tablet rates.
fn stands_at(device: &Device, occasion: &occasions::Occasion) -> bool {
    occasion.center_id == device.center_id && (device.window_id.is_none() || occasion.window_id.is_none() || occasion.window_id == device.window_id)
}

/// What waits where a tablet stands, newest first.
pub fn waiting(tx: &mut Tx, token: &str) -> Result<WaitingServices> {
    let device = by_token(tx, token)?;
    let now = tx.now;
    let rows = evaluations::waiting_at(tx, device.center_id, now, 200)?;
    let known = occasions::occasions_by_id(tx, &rows.iter().map(|row| row.record_id).collect::<Vec<_>>())?;
    let shown = rows.iter().filter_map(|row| known.iter().find(|o| o.id == row.record_id && stands_at(&device, o)).map(|o| (row, o)));
    let items = shown.take(SHOWN).map(|(row, o)| WaitingService {
        service_no: o.service_no.clone(),
        title: o.title.clone(),
        rates_staff: row.staff_id.is_some(),
        served_at: o.served_at,
        due_at: row.due_at,
    });
    let items = items.collect();
    let window = device.window_id.map(|id| evaluations::window(tx, id)).transpose()?.flatten().map(|(_, name)| name);
    Ok(WaitingServices { center: organization::load(tx, device.center_id)?.name, window, items })
}

/// A rating at a tablet.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "service_no": "A101-20260105", "rating": { "grade": "satisfied" } }))]
pub struct DeviceRating {
    /// Number of the service.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "A101-20260105")]
    pub service_no: String,
    /// The rating.
    #[validate(nested)]
    pub rating: RatingInput,
}

/// Rates at a tablet what was served where it stands.
pub fn rate(tx: &mut Tx, token: &str, request_id: &str, input: &DeviceRating) -> Result<LinkView> {
    let device = by_token(tx, token)?;
    let here = occasions::at_center(tx, device.center_id, &input.service_no)?.into_iter().find(|o| stands_at(&device, o));
    let occasion = here.ok_or_else(Problem::not_found)?;
    let id = evaluations::of_record(tx, occasion.id)?.ok_or_else(Problem::not_found)?.id;
    let row = lock(tx, id)?;
    let actor = Actor { label: "大厅平板".into(), kind: "link", id: Some(device.id), ..Actor::system(request_id) };
    let row = rate_row(tx, &actor, row, &input.rating, RatingChannel::Tablet, None).map_err(|e| within(e, "/rating"))?;
    LinkView::of(tx, row)
}
