//! The people who work in centers and departments.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Center, service::custodian_reachable, store as centers};
use crate::{
    auth::{
        Actor, Reachable, Role,
        policy::{allows, may},
        store::{self, User},
    },
    db::{Result, Sealed, Tx, code_enum},
    kernel::{Code as _, ErrorCode, Id, Moment, Problem, Target, Text},
};

code_enum! {
    /// State of an account.
    AccountStatus in "account-statuses" {
        Active "active" "正常",
        Locked "locked" "已锁定",
        Disabled "disabled" "已停用",
    }
}

/// A person as colleagues see them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonView {
    /// Identity.
    pub id: Id,
    /// Login name.
    #[schema(example = "rd_agent")]
    pub login: String,
    /// Name.
    pub display_name: String,
    /// Post.
    pub title: String,
    /// `full_time`, `part_time` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employment: Option<String>,
    /// Home center.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_id: Option<Id>,
    /// The applicant this account is, or acts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant_id: Option<Id>,
    /// `active`, `locked` (by wrong passwords, for a while) or `disabled`.
    pub status: String,
    /// In Chinese.
    pub status_label: String,
    /// Roles held now.
    pub roles: Vec<RoleView>,
    /// Of oneself, who came by way of a portal: how sure it is who one is, 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3)]
    pub assurance_level: Option<u8>,
    /// The level that signing takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3)]
    pub signing_level: Option<u8>,
    /// What this caller may do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
}

crate::versioned!(PersonView);

/// A role held.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RoleView {
    /// Code.
    pub role: Role,
    /// In Chinese.
    pub role_label: String,
    /// Center or department id, or `system`.
    pub node_id: String,
}

/// A new person.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// Login name: letters, digits, `_`, `-`, `.`.
    #[validate(length(min = 3, max = 40), custom(function = login))]
    #[schema(min_length = 3, max_length = 40, pattern = "^[a-z0-9][a-z0-9_.-]+$", example = "rd_agent9")]
    pub login: String,
    /// First password; 10 to 128 characters.
    #[validate(length(min = 10, max = 128))]
    #[schema(min_length = 10, max_length = 128, format = "password", example = "change-me-2026")]
    pub password: String,
    /// Name.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "县中心代办员九号")]
    pub display_name: String,
    /// Post.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "代办专员")]
    pub title: String,
    /// Telephone.
    #[validate(custom(function = crate::kernel::validators::telephone))]
    #[schema(
        min_length = 5,
        max_length = 40,
        pattern = r"^(1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[0-9]{7,8}(-[0-9]{1,6})?|(1[0-9]|95|96)[0-9]{3}|[48]00-?[0-9]{3}-?[0-9]{4})$",
        example = "0513-59000100"
    )]
    pub phone: Option<String>,
    /// `full_time` or `part_time`.
    pub employment: Employment,
    /// Home center.
    pub center_id: Id,
}

/// Full or part time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Employment {
    /// 专职.
    FullTime,
    /// 兼职.
    PartTime,
}

fn login(value: &str) -> Result<(), validator::ValidationError> {
    let first = value.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if first && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b)) {
        Ok(())
    } else {
        Err(validator::ValidationError::new("login").with_message("登录名只能用小写字母、数字和 _ . -。|Lower-case letters, digits, _ . - only.".into()))
    }
}

pub(super) fn forbidden() -> crate::db::Error {
    Problem::of(ErrorCode::Forbidden).into()
}

fn home(tx: &mut Tx, user: &User) -> Result<Option<Center>> {
    user.center_id.map_or(Ok(None), |id| centers::center(tx, id))
}

pub(super) fn reaches(actor: &Actor, resource: &str, action: &str, center: Option<&Center>) -> bool {
    center.map_or_else(|| allows(actor, resource, action, &Reachable::default()), |c| allows(actor, resource, action, &custodian_reachable(c)))
}

fn view(tx: &mut Tx, user: User) -> Result<PersonView> {
    let roles = store::active_grants(tx, user.id)?;
    let status = standing(&user);
    Ok(PersonView {
        id: user.id,
        display_name: user.display_name.open(tx.vault)?,
        login: user.login,
        title: user.title,
        // Who only asks is nobody's staff.
        employment: Some(user.employment).filter(|_| user.applicant_id.is_none()),
        center_id: user.center_id,
        applicant_id: user.applicant_id,
        status: status.code().into(),
        status_label: status.label().into(),
        roles: roles.into_iter().map(|g| RoleView { role: g.role, role_label: g.role.label().into(), node_id: g.node }).collect(),
        assurance_level: None,
        signing_level: None,
        allowed_actions: None,
        version: user.version,
    })
}

/// [`view`] of a single person, with what the caller may do.
fn whole(tx: &mut Tx, actor: &Actor, user: User) -> Result<PersonView> {
    let center = home(tx, &user)?;
    let allowed = acts(actor, &user, center.as_ref());
    Ok(PersonView { allowed_actions: Some(allowed), ..view(tx, user)? })
}

/// Locks are in real time, like the tokens they withhold.
fn standing(user: &User) -> AccountStatus {
    match (user.status.as_str(), user.locked_until) {
        ("active", Some(until)) if until > Moment::system() => AccountStatus::Locked,
        ("active", _) => AccountStatus::Active,
        _ => AccountStatus::Disabled,
    }
}

/// An active account can be disabled, though not one's own; a locked or disabled one unlocked.
fn acts(actor: &Actor, user: &User, center: Option<&Center>) -> Vec<String> {
    let status = standing(user);
    let fits = |action: &str| match action {
        "disable" => status != AccountStatus::Disabled && actor.id != Some(user.id),
        _ => status != AccountStatus::Active,
    };
    ["disable", "unlock"].into_iter().filter(|a| fits(a) && reaches(actor, "person", a, center)).map(str::to_owned).collect()
}

/// The caller as themselves.
pub fn myself(tx: &mut Tx, actor: &Actor, id: Id) -> Result<PersonView> {
    let user = store::user(tx, id)?.ok_or_else(Problem::not_found)?;
    let me = whole(tx, actor, user)?;
    Ok(PersonView { assurance_level: actor.level, signing_level: actor.level.map(|_| actor.signing_level), ..me })
}

/// A person, where a record leads to them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Colleague {
    /// Identity.
    pub id: Id,
    /// Name.
    pub display_name: String,
    /// Post.
    pub title: String,
    /// Home center.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center_id: Option<Id>,
}

/// Those of these people whom the caller may see, as [`person`] says.
pub fn colleagues(tx: &mut Tx, actor: &Actor, ids: &[Id]) -> Result<Vec<Colleague>> {
    let users = store::users_by_id(tx, ids)?;
    let homes: Vec<Id> = users.iter().filter_map(|u| u.center_id).collect();
    let homes = centers::centers_by_id(tx, &homes)?;
    let home = |u: &User| homes.iter().find(|c| Some(c.id) == u.center_id);
    let seen = users.into_iter().filter(|u| actor.id == Some(u.id) || reaches(actor, "person", "read", home(u)));
    seen.map(|u| Ok(Colleague { id: u.id, display_name: u.display_name.open(tx.vault)?, title: u.title, center_id: u.center_id })).collect()
}

/// The name under which a colleague is shown.
pub fn name_of(tx: &mut Tx, id: Id) -> Result<String> {
    match store::user(tx, id)? {
        Some(user) => user.display_name.open(tx.vault),
        None => Ok(String::new()),
    }
}

/// [`name_of`] several, in one query.
pub fn names_of(tx: &mut Tx, ids: &[Id]) -> Result<Vec<(Id, String)>> {
    store::users_by_id(tx, ids)?.into_iter().map(|user| Ok((user.id, user.display_name.open(tx.vault)?))).collect()
}

/// One person, to those who may see them.
pub fn person(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<PersonView> {
    let user = visible(tx, actor, reference)?;
    whole(tx, actor, user)
}

fn visible(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<User> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    let user = store::user(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = home(tx, &user)?;
    if actor.id == Some(user.id) || reaches(actor, "person", "read", center.as_ref()) { Ok(user) } else { Err(Problem::not_found().into()) }
}

/// People of the centers that the caller may see.
pub fn people(tx: &mut Tx, actor: &Actor, asked: &[Id], after: Option<Id>, limit: i64) -> Result<Vec<PersonView>> {
    if !may(actor, "person", "read") {
        return Err(forbidden());
    }
    let everywhere = allows(actor, "person", "read", &Reachable::default());
    let mut own: Vec<Id> = Vec::new();
    if !everywhere {
        for role in [Role::CenterManager, Role::Inspector] {
            for node in actor.nodes(role).map(str::to_owned).collect::<Vec<_>>() {
                if let Some(c) = centers::center_by_reference(tx, &node)? {
                    own.extend(centers::subtree(tx, &c.path)?);
                }
            }
        }
        for role in [Role::Clerk, Role::Agent] {
            own.extend(actor.nodes(role).filter_map(|n| n.parse::<Id>().ok()));
        }
    }
    let filter = match (everywhere, asked.is_empty()) {
        (true, true) => None,
        (true, false) => Some(asked.to_vec()),
        (false, true) => Some(own),
        (false, false) => Some(asked.iter().copied().filter(|id| own.contains(id)).collect()),
    };
    let users = store::list_users(tx, filter, after, limit)?;
    users.into_iter().map(|u| view(tx, u)).collect()
}

/// Adds a person without any role. `hash` is made off the database threads.
pub fn add_person(tx: &mut Tx, actor: &Actor, new: &NewPerson, hash: &str) -> Result<PersonView> {
    if !may(actor, "person", "create") {
        return Err(forbidden());
    }
    let center = centers::center(tx, new.center_id)?.ok_or_else(|| Problem::rule("/center_id", "unknown_center", "没有这个中心。", "No such center."))?;
    if !reaches(actor, "person", "create", Some(&center)) {
        return Err(forbidden());
    }
    if store::user_by_login(tx, &new.login)?.is_some() {
        return Err(Problem::new(ErrorCode::Conflict, Text::new("登录名已被使用。", "The login name is taken.")).into());
    }
    let user = User {
        id: Id::new(),
        login: new.login.clone(),
        password_hash: hash.to_owned(),
        display_name: Sealed::seal(tx.vault, &new.display_name)?,
        title: new.title.clone(),
        phone: new.phone.as_ref().map(|p| Sealed::seal(tx.vault, p)).transpose()?,
        employment: match new.employment {
            Employment::FullTime => "full_time".into(),
            Employment::PartTime => "part_time".into(),
        },
        center_id: Some(center.id),
        applicant_id: None,
        mandate_id: None,
        status: "active".into(),
        failures: 0,
        locked_until: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let taken = |e: crate::db::Error| {
        if e.is_unique() { Problem::new(ErrorCode::Conflict, Text::new("登录名已被使用。", "The login name is taken.")).into() } else { e }
    };
    store::insert_user(tx, &user).map_err(taken)?;
    whole(tx, actor, user)
}

/// Disables an account at once: its sessions end, and its tokens no longer authenticate.
pub fn disable(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<PersonView> {
    let mut user = for_act(tx, actor, target, "disable")?;
    user.status = "disabled".into();
    store::revoke_sessions(tx, user.id, Moment::system())?;
    save(tx, actor, user)
}

/// Unlocks an account that wrong passwords have locked, or that was disabled.
pub fn unlock(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<PersonView> {
    let mut user = for_act(tx, actor, target, "unlock")?;
    user.status = "active".into();
    user.failures = 0;
    user.locked_until = None;
    save(tx, actor, user)
}

/// A person for an act: seen (404), allowed (403), in the version asked for (412), in a state that permits it (409).
fn for_act(tx: &mut Tx, actor: &Actor, target: &Target, act: &str) -> Result<User> {
    let user = visible(tx, actor, &target.reference)?;
    let center = home(tx, &user)?;
    if !reaches(actor, "person", act, center.as_ref()) || (act == "disable" && actor.id == Some(user.id)) {
        return Err(forbidden());
    }
    target.check(user.version)?;
    let allowed = acts(actor, &user, center.as_ref());
    if allowed.iter().any(|a| a == act) {
        return Ok(user);
    }
    let zh = format!("账号当前为“{}”，不能进行此操作。", standing(&user).label());
    let problem = Problem::new(ErrorCode::StateConflict, Text::new(zh, "The account's state forbids this."));
    Err(Problem { allowed_actions: Some(allowed), ..problem }.into())
}

fn save(tx: &mut Tx, actor: &Actor, mut user: User) -> Result<PersonView> {
    if !store::save_user(tx, &user)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    user.version += 1;
    whole(tx, actor, user)
}
