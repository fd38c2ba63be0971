//! The team: what each can do and carry, and when they are away and who stands in.

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::{
    Center,
    model::{Absence, AbsenceKind, AbsenceState, StaffProfile},
    people::reaches,
    service, store,
};
use crate::{
    auth::{
        Actor, Role, policy,
        store::{self as accounts, User},
    },
    db::{Json, Private, Result, Tx, dialect},
    kernel::{Code as _, ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text, Versioned, label_of},
};

/// Open matters that somebody without a profile carries at most.
pub const CAPACITY: i32 = 20;

/// What a person of the staff can do and carry.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ProfileView {
    /// Whose.
    pub user_id: Id,
    /// Themes of items that they know; none: all alike.
    pub skills: Vec<String>,
    /// Open matters at most, where matters are given out by load.
    pub capacity: i32,
    /// Away now.
    pub absent: bool,
    /// Who stands in now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy_id: Option<Id>,
    /// Version, as in `ETag`; 0: nothing was entered yet.
    pub version: i64,
}

impl Versioned for ProfileView {
    fn id(&self) -> String {
        self.user_id.to_string()
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// A profile as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "skills": ["公用事业", "企业开办"], "capacity": 15 }))]
pub struct ProfileInput {
    /// Themes of items that they know; none: all alike.
    #[validate(length(max = 20), custom(function = words))]
    #[schema(max_items = 20)]
    pub skills: Vec<String>,
    /// Open matters at most.
    #[validate(range(min = 0, max = 500))]
    #[schema(minimum = 0, maximum = 500)]
    pub capacity: i32,
}

fn words(values: &[String]) -> Result<(), ValidationError> {
    if values.iter().all(|v| (1..=60).contains(&v.chars().count())) {
        Ok(())
    } else {
        Err(ValidationError::new("length").with_message("每项 1 到 60 个字。|1 to 60 characters each.".into()))
    }
}

/// An absence as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AbsenceView {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub user_id: Id,
    /// Why.
    pub kind: AbsenceKind,
    /// In Chinese.
    pub kind_label: String,
    /// From.
    pub from: Moment,
    /// Until.
    pub to: Moment,
    /// Who stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy_id: Option<Id>,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub note: String,
    /// Whether it holds.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When entered.
    pub created_at: Moment,
}

crate::versioned!(AbsenceView);

/// An absence as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "training", "from": "2026-12-01T09:00:00+08:00", "to": "2026-12-03T17:00:00+08:00", "note": "全市帮办代办业务培训" }))]
pub struct AbsenceInput {
    /// Why.
    pub kind: AbsenceKind,
    /// From.
    pub from: Moment,
    /// Until.
    pub to: Moment,
    /// Who stands in: a colleague of the same center who is there.
    #[serde(default)]
    pub deputy_id: Option<Id>,
    /// In words.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub note: String,
}

fn person(tx: &mut Tx, actor: &Actor, action: &str, reference: &str) -> Result<(User, Center)> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let user = accounts::user(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = user.center_id.map(|id| service::load(tx, id)).transpose()?.ok_or_else(Problem::not_found)?;
    let own = actor.id == Some(user.id) && action == "read";
    if !own && !reaches(actor, "team", "read", Some(&center)) {
        return Err(Problem::not_found().into());
    }
    if !own && !reaches(actor, "team", action, Some(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    Ok((user, center))
}

/// What one person can do and carry.
pub fn profile(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ProfileView> {
    let (user, _) = person(tx, actor, "read", reference)?;
    Ok(profiles(tx, &[user.id])?.pop().ok_or_else(Problem::not_found)?)
}

/// The profiles of several people, in their order.
pub fn profiles(tx: &mut Tx, users: &[Id]) -> Result<Vec<ProfileView>> {
    let rows = store::profiles(tx, users)?;
    let away = store::absences_at(tx, users, tx.now)?;
    users
        .iter()
        .map(|id| {
            let row = rows.iter().find(|p| p.user_id == *id);
            let absence = away.iter().find(|a| a.user_id == *id);
            Ok(ProfileView {
                user_id: *id,
                skills: row.map(|p| p.skills.get()).transpose()?.unwrap_or_default(),
                capacity: row.map_or(CAPACITY, |p| p.capacity),
                absent: absence.is_some(),
                deputy_id: absence.and_then(|a| a.deputy_id),
                version: row.map_or(0, |p| p.version),
            })
        })
        .collect()
}

/// Enters what somebody can do and carry.
pub fn edit_profile(tx: &mut Tx, actor: &Actor, target: &Target, input: &ProfileInput) -> Result<ProfileView> {
    let (user, _) = person(tx, actor, "edit", &target.reference)?;
    let present = profiles(tx, &[user.id])?.pop().ok_or_else(Problem::not_found)?;
    target.check(present.version)?;
    let row = StaffProfile { user_id: user.id, skills: Json::new(&input.skills)?, capacity: input.capacity, version: present.version + 1, updated_at: tx.now };
    let stored = if present.version == 0 { store::insert_profile(tx, &row).map(|()| true) } else { store::save_profile(tx, &row) };
    match stored {
        Ok(true) => profile(tx, actor, &target.reference),
        // Two entered the first one at once.
        Err(e) if e.is_unique() => Err(Problem::of(ErrorCode::Stale).into()),
        Ok(false) => Err(Problem::of(ErrorCode::Stale).into()),
        Err(e) => Err(e),
    }
}

fn view(tx: &Tx, row: Absence) -> Result<AbsenceView> {
    Ok(AbsenceView {
        id: row.id,
        user_id: row.user_id,
        kind: row.kind,
        kind_label: row.kind.label().into(),
        from: row.from_at,
        to: row.to_at,
        deputy_id: row.deputy_id,
        note: row.note.open(tx.vault)?,
        state_label: label_of::<AbsenceState>(&row.state),
        state: row.state,
        version: row.version,
        created_at: row.created_at,
    })
}

/// The absences of a person, newest first.
pub fn absences(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<AbsenceView>> {
    let (user, _) = person(tx, actor, "read", reference)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::absences(tx, user.id, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let views = rows.into_iter().map(|row| view(tx, row)).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(views, q.limit, tx.vault, |a| q.cursor_of(String::new(), a.id.to_string())))
}

/// Enters an absence.
pub fn be_away(tx: &mut Tx, actor: &Actor, target: &Target, input: &AbsenceInput) -> Result<AbsenceView> {
    // Two at the same instant: the second sees the first.
    dialect::lock_root(tx.conn, "users", &target.reference)?;
    let (user, center) = person(tx, actor, "edit", &target.reference)?;
    let refuse = |at: &str, code, zh, en| Err(Problem::rule(at, code, zh, en).into());
    if input.to <= input.from {
        return refuse("/to", "before_start", "结束时间应晚于开始时间。", "Ends before it begins.");
    }
    if input.to <= tx.now {
        return refuse("/to", "past", "结束时间已经过去。", "Is over already.");
    }
    if let Some(deputy) = input.deputy_id {
        let known = accounts::user(tx, deputy)?.is_some_and(|d| d.center_id == Some(center.id) && d.status == "active" && d.id != user.id);
        if !known {
            return refuse("/deputy_id", "not_a_colleague", "代班人应为本中心在职的其他人员。", "Not an active colleague of the same center.");
        }
        let agents = accounts::holders(tx, Role::Agent, center.id.as_str())?;
        if agents.contains(&user.id) && !agents.contains(&deputy) {
            let zh = "专员的代班人也须是本中心的帮办代办专员。";
            return refuse("/deputy_id", "not_an_agent", zh, "An agent's deputy is an agent of the center, too.");
        }
        if !store::absences_between(tx, deputy, input.from, input.to)?.is_empty() {
            return refuse("/deputy_id", "absent", "代班人届时也不在岗。", "The deputy is away then, too.");
        }
    }
    if !store::absences_between(tx, user.id, input.from, input.to)?.is_empty() {
        return refuse("/from", "overlap", "与已登记的缺勤时间重叠。", "Overlaps another absence.");
    }
    let row = Absence {
        id: Id::new(),
        user_id: user.id,
        kind: input.kind,
        from_at: input.from,
        to_at: input.to,
        deputy_id: input.deputy_id,
        note: Private::seal(tx.vault, &input.note)?,
        state: AbsenceState::Planned.code().into(),
        recorded_by: actor.id.map_or_else(|| actor.request_id.clone(), |id| id.to_string()),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_absence(tx, &row)?;
    if let Some(deputy) = row.deputy_id {
        accounts::stand_in(tx, row.id, row.user_id, deputy, row.from_at, row.to_at)?;
    }
    view(tx, row)
}

/// Takes an absence back.
pub fn cancel_absence(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<AbsenceView> {
    let id: Id = target.reference.parse().map_err(|_| Problem::not_found())?;
    let mut row = store::absence(tx, id)?.ok_or_else(Problem::not_found)?;
    person(tx, actor, "edit", row.user_id.as_str())?;
    target.check(row.version)?;
    if row.state == AbsenceState::Cancelled.code() {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("该缺勤已经取消。", "Cancelled already.")).into());
    }
    row.state = AbsenceState::Cancelled.code().into();
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save_absence(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    accounts::stand_back(tx, row.id)?;
    view(tx, row)
}

/// The agents of a center whose accounts are active, with their profiles.
pub fn agents(tx: &mut Tx, center: Id) -> Result<Vec<(User, ProfileView)>> {
    let ids = accounts::holders(tx, Role::Agent, center.as_str())?;
    let users: Vec<User> = accounts::users_by_id(tx, &ids)?.into_iter().filter(|u| u.status == "active").collect();
    let profiles = profiles(tx, &users.iter().map(|u| u.id).collect::<Vec<_>>())?;
    Ok(users.into_iter().zip(profiles).collect())
}

/// Somebody whose record as staff the caller may read.
pub fn seen(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Id> {
    person(tx, actor, "read", reference).map(|(user, _)| user.id)
}

/// Whether somebody works at a center now.
pub fn is_staff_of(tx: &mut Tx, user: Id, center: Id) -> Result<bool> {
    Ok(accounts::user(tx, user)?.is_some_and(|u| u.center_id == Some(center) && u.status == "active"))
}

/// Whether somebody works at a center, or at one below it.
pub fn is_staff_below(tx: &mut Tx, user: Id, center: &Center) -> Result<bool> {
    let home = accounts::user(tx, user)?.and_then(|u| u.center_id);
    home.map_or(Ok(false), |id| Ok(center.contains(&service::load(tx, id)?)))
}

/// Whether somebody is away at some moment of a time.
pub fn is_away(tx: &mut Tx, user: Id, from: Moment, to: Moment) -> Result<bool> {
    Ok(!store::absences_between(tx, user, from, to)?.is_empty())
}

/// Refuses who may not order the team of a center.
pub fn admit_edit(actor: &Actor, center: &Center) -> Result<(), Problem> {
    if policy::allows(actor, "team", "edit", &service::custodian_reachable(center)) { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden)) }
}

/// Whether the caller may see the team of a center.
pub fn sees_team(actor: &Actor, center: &Center) -> bool {
    policy::allows(actor, "team", "read", &service::custodian_reachable(center))
}
