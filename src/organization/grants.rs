//! Grants: a role at a node. One made through the API takes two people: who proposes never approves.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{
    Center,
    people::{forbidden, reaches},
    store as centers,
};
use crate::{
    auth::{
        Actor, Reachable, Role,
        policy::{allows, may},
        store::{self, GrantRow},
    },
    db::{Result, Tx, code_enum, dialect},
    kernel::{Code as _, ErrorCode, Id, Problem, Target, Text, label_of},
};

code_enum! {
    /// State of a grant.
    GrantState in "grant-states" {
        Proposed "proposed" "待批准",
        Active "active" "有效",
        Refused "refused" "已否决",
        Revoked "revoked" "已撤销",
    }
}

/// A grant as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GrantView {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub user_id: Id,
    /// Role.
    pub role: Role,
    /// In Chinese.
    pub role_label: String,
    /// `center`, `department` or `system`.
    pub node_kind: String,
    /// Which.
    pub node_id: String,
    /// `proposed`, `active`, `refused` or `revoked`.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// Why.
    pub reason: String,
    /// Who proposed.
    pub proposed_by: String,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What this caller may do now.
    pub allowed_actions: Vec<String>,
    /// Version, as in `ETag`.
    pub version: i64,
}

crate::versioned!(GrantView);

fn grant_view(actor: &Actor, g: GrantRow) -> GrantView {
    GrantView {
        id: g.id,
        user_id: g.user_id,
        role: g.role,
        role_label: g.role.label().into(),
        allowed_actions: decisions(actor, &g),
        state_label: label_of::<GrantState>(&g.state),
        node_kind: g.node_kind,
        node_id: g.node_id,
        state: g.state,
        reason: g.reason,
        proposed_by: g.proposed_by,
        decided_by: g.decided_by,
        version: g.version,
    }
}

fn decisions(actor: &Actor, g: &GrantRow) -> Vec<String> {
    ["approve", "refuse", "revoke"].into_iter().filter(|a| decidable(actor, g, a).is_ok()).map(str::to_owned).collect()
}

/// A proposal.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// Whose.
    pub user_id: Id,
    /// Role.
    pub role: Role,
    /// Center (for center roles), department (for handlers), absent for administrators.
    pub node_id: Option<Id>,
    /// Why.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "新到岗")]
    pub reason: String,
}

/// Proposes a role for a person.
pub fn propose(tx: &mut Tx, actor: &Actor, new: &NewGrant) -> Result<GrantView> {
    if !may(actor, "grant", "propose") {
        return Err(forbidden());
    }
    let (kind, node, center) = node_of(tx, new)?;
    if !reaches(actor, "grant", "propose", center.as_ref()) {
        return Err(forbidden());
    }
    let user = store::user(tx, new.user_id)?.ok_or_else(|| Problem::rule("/user_id", "unknown_user", "没有这个人员。", "No such person."))?;
    separate_duties(tx, user.id, new.role)?;
    let row = new_row(tx, actor, new, kind, node, "proposed");
    let id = row.id;
    store::insert_grant(tx, &row).map_err(|e| {
        if e.is_unique() {
            Problem::new(ErrorCode::Conflict, Text::new("该人员已有或正在申请同一角色。", "Held or proposed already.")).into()
        } else {
            e
        }
    })?;
    let row = store::grant(tx, id)?.ok_or_else(Problem::not_found)?;
    Ok(grant_view(actor, row))
}

/// 三员分立: checked when proposed, and again when approved.
fn separate_duties(tx: &mut Tx, user: Id, role: Role) -> Result<()> {
    let held = store::active_grants(tx, user)?;
    if role.is_administrator() && held.iter().any(|g| g.role.is_administrator() && g.role != role) {
        return Err(Problem::rule("/role", "separation_of_duties", "系统、安全、审计三员不得兼任。", "The three administrators exclude each other.").into());
    }
    Ok(())
}

fn new_row(tx: &Tx, actor: &Actor, new: &NewGrant, kind: &str, node: String, state: &str) -> GrantRow {
    GrantRow {
        id: Id::new(),
        user_id: new.user_id,
        role: new.role,
        node_kind: kind.into(),
        node_id: node,
        state: state.into(),
        reason: new.reason.clone(),
        proposed_by: actor.id.map_or_else(|| actor.request_id.clone(), |id| id.to_string()),
        decided_by: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    }
}

fn node_of(tx: &mut Tx, new: &NewGrant) -> Result<(&'static str, String, Option<Center>)> {
    let wrong = |zh: &'static str, en: &'static str| -> crate::db::Error { Problem::rule("/node_id", "wrong_node", zh, en).into() };
    match (new.role, new.node_id) {
        (r, Some(id)) if r.at_center() => {
            let center = centers::center(tx, id)?.ok_or_else(|| wrong("没有这个中心。", "No such center."))?;
            Ok(("center", id.to_string(), Some(center)))
        }
        (Role::DepartmentHandler, Some(id)) => {
            let department = centers::department_by_id(tx, id)?.ok_or_else(|| wrong("没有这个部门。", "No such department."))?;
            Ok(("department", id.to_string(), centers::center(tx, department.center_id)?))
        }
        (r, None) if r.is_administrator() => Ok(("system", "system".into(), None)),
        (Role::Applicant | Role::CompanyAgent | Role::Portal | Role::Hotline, _) => {
            Err(Problem::rule("/role", "not_grantable", "该角色不能授予工作人员。", "This role cannot be granted.").into())
        }
        _ => Err(wrong("中心岗位和部门岗位须指明节点，管理员不须指明。", "Center and department roles need a node; administrators have none.")),
    }
}

/// Grants without a second person: only the command line and the demo, audited as such.
pub fn grant_directly(tx: &mut Tx, actor: &Actor, user: Id, role: Role, node: Option<Id>) -> Result<()> {
    let new = NewGrant { user_id: user, role, node_id: node, reason: "command line".into() };
    let (kind, node, _) = node_of(tx, &new)?;
    let row = GrantRow { decided_by: Some(actor.request_id.clone()), ..new_row(tx, actor, &new, kind, node, "active") };
    store::insert_grant(tx, &row)
}

fn decidable(actor: &Actor, g: &GrantRow, action: &str) -> Result<(), Problem> {
    if !allows(actor, "grant", action, &Reachable::default()) {
        return Err(Problem::of(ErrorCode::Forbidden));
    }
    let me = actor.id.map(|id| id.to_string()).unwrap_or_default();
    if action == "approve" && (g.proposed_by == me || g.user_id.to_string() == me) {
        return Err(Problem::new(ErrorCode::Forbidden, Text::new("授权须由提出人和本人以外的人批准。", "Somebody else must approve.")));
    }
    let right = if action == "revoke" { g.state == "active" } else { g.state == "proposed" };
    if right { Ok(()) } else { Err(Problem::of(ErrorCode::StateConflict)) }
}

/// Decides a grant: `approve`, `refuse` or `revoke`.
pub fn decide(tx: &mut Tx, actor: &Actor, target: &Target, action: &'static str) -> Result<GrantView> {
    let id = target.id().ok_or_else(Problem::not_found)?;
    dialect::lock_root(tx.conn, "grants", id.as_str())?;
    let mut g = visible_grant(tx, actor, id)?;
    target.check(g.version)?;
    decidable(actor, &g, action).map_err(|problem| match problem.code {
        ErrorCode::StateConflict => Problem { allowed_actions: Some(decisions(actor, &g)), ..problem },
        _ => problem,
    })?;
    if action == "approve" {
        dialect::lock_root(tx.conn, "users", g.user_id.as_str())?;
        separate_duties(tx, g.user_id, g.role)?;
    }
    g.state = match action {
        "approve" => "active",
        "refuse" => "refused",
        _ => "revoked",
    }
    .into();
    g.decided_by = actor.id.map(|id| id.to_string());
    if !store::save_grant(tx, &g)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    g.version += 1;
    Ok(grant_view(actor, g))
}

/// One grant, to those who may see it.
pub fn one_grant(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<GrantView> {
    let id: Id = reference.parse().map_err(|_| Problem::not_found())?;
    Ok(grant_view(actor, visible_grant(tx, actor, id)?))
}

fn visible_grant(tx: &mut Tx, actor: &Actor, id: Id) -> Result<GrantRow> {
    let g = store::grant(tx, id)?.ok_or_else(Problem::not_found)?;
    let center = match g.node_id.parse::<Id>() {
        Ok(node) if g.node_kind == "center" => centers::center(tx, node)?,
        _ => None,
    };
    if reaches(actor, "grant", "read", center.as_ref()) { Ok(g) } else { Err(Problem::not_found().into()) }
}

/// Grants that the caller may see, newest first.
pub fn grants(tx: &mut Tx, actor: &Actor, states: &[String], user: Option<Id>, after: Option<Id>, limit: i64) -> Result<Vec<GrantView>> {
    if !may(actor, "grant", "read") {
        return Err(forbidden());
    }
    let mut nodes = None;
    if !allows(actor, "grant", "read", &Reachable::default()) {
        let mut own = Vec::new();
        for node in actor.nodes(Role::CenterManager).map(str::to_owned).collect::<Vec<_>>() {
            if let Some(c) = centers::center_by_reference(tx, &node)? {
                own.extend(centers::subtree(tx, &c.path)?.into_iter().map(|id| id.to_string()));
            }
        }
        nodes = Some(own);
    }
    let rows = store::list_grants(tx, nodes, states, user, after, limit)?;
    Ok(rows.into_iter().map(|g| grant_view(actor, g)).collect())
}
