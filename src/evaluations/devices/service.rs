//! Registering and revoking tablets.

use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

use super::store::{self, Device, DeviceState};
use crate::{
    access::{self, Placement, Sight},
    auth::{Actor, Reachable, Scope, policy},
    db::{Result, Tx, dialect},
    evaluations::store as evaluations,
    events::{self, Audience, NewEvent},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text, random_token, sha256_hex},
    organization::{self, Center},
};

/// Its name in the access table and in the policy.
pub(super) const KIND: &str = "rating_device";

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
    /// What the counter shows on it can be rated there until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presented_until: Option<Moment>,
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

pub(super) fn near(center: &Center) -> Reachable<'_> {
    Reachable { centers: vec![center.id], path: &center.path, ..Reachable::default() }
}

pub(super) fn view(tx: &Tx, actor: &Actor, center: &Center, row: Device, token: Option<String>) -> DeviceView {
    let in_use = row.state == DeviceState::Active;
    let may = |act: &&str| in_use && policy::allows(actor, KIND, act, &near(center));
    DeviceView {
        id: row.id,
        name: row.name,
        center_id: row.center_id,
        window_id: row.window_id,
        state: row.state,
        state_label: row.state.label().into(),
        token,
        presented_until: row.presented_until.filter(|until| in_use && *until > tx.now),
        revoked_at: row.revoked_at,
        allowed_actions: ["present", "revoke"].iter().filter(|act| may(act)).map(|act| (*act).to_owned()).collect(),
        version: row.version,
        created_at: row.created_at,
    }
}

pub(super) fn publish(tx: &mut Tx, actor: &Actor, row: &Device, center: &Center, kind: &str) -> Result<()> {
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
    Ok(view(tx, actor, &center, row, Some(token)))
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
        presented_id: None,
        presented_until: None,
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
    Ok(view(tx, actor, &center, row, None))
}

/// The tablets that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<DeviceView>> {
    let page = access::listed::<DeviceState, _>(tx, actor, KIND, q, store::devices_by_id, |row| row.id)?;
    page.try_map(|(row, _): (Device, Sight)| -> Result<DeviceView> {
        let center = organization::load(tx, row.center_id)?;
        Ok(view(tx, actor, &center, row, None))
    })
}

/// A tablet in use, locked, for an act of the caller's.
pub(super) fn load_for(tx: &mut Tx, actor: &Actor, target: &Target, act: &str) -> Result<(Device, Center)> {
    let (found, _) = load_seen(tx, actor, &target.reference)?;
    dialect::lock_root(tx.conn, "rating_devices", found.id.as_str())?;
    let (row, center) = load_seen(tx, actor, found.id.as_str())?;
    if !policy::allows(actor, KIND, act, &near(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(row.version)?;
    if row.state == DeviceState::Revoked {
        let mut problem = Problem::new(ErrorCode::StateConflict, Text::new("该设备已停用。", "Revoked already."));
        problem.allowed_actions = Some(Vec::new());
        return Err(problem.into());
    }
    Ok((row, center))
}

/// Saves what was changed about a tablet, and says so.
pub(super) fn save(tx: &mut Tx, actor: &Actor, row: &mut Device, center: &Center, kind: &str) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    publish(tx, actor, row, center, kind)
}

/// A tablet rates no more.
pub fn revoke(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<DeviceView> {
    let (mut row, center) = load_for(tx, actor, target, "revoke")?;
    row.state = DeviceState::Revoked;
    row.revoked_at = Some(tx.now);
    save(tx, actor, &mut row, &center, "rating_device.revoked")?;
    Ok(view(tx, actor, &center, row, None))
}

/// The tablet of a token; a wrong or revoked one is nobody's.
pub fn by_token(tx: &mut Tx, token: &str) -> Result<Device> {
    let row = store::active(tx, &sha256_hex(token.as_bytes()))?;
    Ok(row.ok_or_else(Problem::unknown_device)?)
}
