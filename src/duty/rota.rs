//! The rota: shifts that touch nobody's absence and no other shift of theirs.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::store::{self, Shift};
use crate::{
    auth::Actor,
    db::{Result, Tx, dialect},
    kernel::{ErrorCode, Id, ListQuery, Moment, Page, Problem, Target},
    organization::{self, Center, team},
};

/// A shift as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ShiftView {
    /// Identity.
    pub id: Id,
    /// Where.
    pub center_id: Id,
    /// Who.
    pub user_id: Id,
    /// At which post.
    pub post: String,
    /// From.
    pub start: Moment,
    /// Until.
    pub end: Moment,
    /// Post of whoever entered it.
    pub created_by: String,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When entered.
    pub created_at: Moment,
}

crate::versioned!(ShiftView);

/// A shift as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftInput {
    /// Who: staff of the center.
    pub user_id: Id,
    /// At which post.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "综合窗口午间值班")]
    pub post: String,
    /// From.
    pub start: Moment,
    /// Until; at most a day later.
    pub end: Moment,
}

fn view(s: Shift) -> ShiftView {
    ShiftView {
        id: s.id,
        center_id: s.center_id,
        user_id: s.user_id,
        post: s.post,
        start: s.start_at,
        end: s.end_at,
        created_by: s.created_by,
        version: s.version,
        created_at: s.created_at,
    }
}

/// A center whose team the caller may see.
pub fn center_seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Center> {
    let center = organization::store::center_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    if team::sees_team(actor, &center) { Ok(center) } else { Err(Problem::of(ErrorCode::Forbidden).into()) }
}

/// The rota of a center over a time, in order; without one, a week from now.
pub fn list(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<ShiftView>> {
    let center = center_seen(tx, actor, reference)?;
    let (from, to) = q.range("at");
    let from = from.unwrap_or(tx.now);
    let to = to.unwrap_or_else(|| from.plus(TimeDelta::days(7)));
    let after = q.cursor.as_ref().and_then(|c| Some((c.key.parse::<chrono::DateTime<chrono::Utc>>().ok()?.into(), c.id.parse().ok()?)));
    let rows = store::shifts(tx, center.id, from, to, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let page = Page::cut(rows, q.limit, tx.vault, |s| q.cursor_of(s.start_at.utc().to_rfc3339(), s.id.to_string()));
    Ok(page.map(view))
}

/// One shift.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ShiftView> {
    let row = load(tx, reference)?;
    center_seen(tx, actor, row.center_id.as_str()).map_err(|_| Problem::not_found())?;
    Ok(view(row))
}

fn load(tx: &mut Tx, reference: &str) -> Result<Shift> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    Ok(store::shift(tx, id)?.ok_or_else(Problem::not_found)?)
}

/// Puts somebody on the rota.
pub fn add(tx: &mut Tx, actor: &Actor, target: &Target, input: &ShiftInput) -> Result<ShiftView> {
    let center = center_seen(tx, actor, &target.reference)?;
    team::admit_edit(actor, &center)?;
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
    if input.end <= input.start || input.end > input.start.plus(TimeDelta::days(1)) || input.end <= tx.now {
        return refuse("/end", "out_of_range", "结束时间应在开始之后一天以内，且尚未过去。", "Within a day of the start, and not past.");
    }
    // Two at the same instant: the second sees the first.
    dialect::lock_root(tx.conn, "users", input.user_id.as_str())?;
    if !team::is_staff_of(tx, input.user_id, center.id)? {
        return refuse("/user_id", "not_staff_here", "须是本中心在岗人员。", "Not staff of this center.");
    }
    if team::is_away(tx, input.user_id, input.start, input.end)? {
        return refuse("/user_id", "absent", "该人员届时不在岗。", "Away then.");
    }
    if store::is_on_shift(tx, input.user_id, input.start, input.end)? {
        return refuse("/start", "overlap", "该人员届时已有排班。", "On another shift then.");
    }
    let row = Shift {
        id: Id::new(),
        center_id: center.id,
        user_id: input.user_id,
        post: input.post.clone(),
        start_at: input.start,
        end_at: input.end,
        created_by: actor.label.clone(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_shift(tx, &row)?;
    Ok(view(row))
}

/// Takes a shift off the rota.
pub fn remove(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<()> {
    let row = load(tx, &target.reference)?;
    let center = center_seen(tx, actor, row.center_id.as_str()).map_err(|_| Problem::not_found())?;
    team::admit_edit(actor, &center)?;
    target.check(row.version)?;
    store::remove_shift(tx, row.id)
}
