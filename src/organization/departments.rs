//! The directory of departments: the authorities that carry the steps of a plan.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Center, Department, service::custodian_reachable, store};
use crate::{
    auth::{Actor, Role, policy, store as accounts},
    db::{Result, Tx},
    kernel::{ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, validators},
};

/// A department as it is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DepartmentView {
    /// Identity.
    pub id: Id,
    /// The center of its division.
    pub center_id: Id,
    /// Name.
    #[schema(example = "如东县市场监督管理局")]
    pub name: String,
    /// Unified social credit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit_code: Option<String>,
    /// Telephone.
    pub phone: String,
    /// Its handlers have accounts and record their decisions themselves.
    pub staffed: bool,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When entered.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(DepartmentView);

/// A department as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "如东县交通运输局", "phone": "0513-59001100" }))]
pub struct DepartmentInput {
    /// Name, as plans write it.
    #[validate(length(min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100)]
    pub name: String,
    /// Unified social credit code.
    #[serde(default)]
    #[validate(custom(function = validators::credit_code))]
    #[schema(min_length = 18, max_length = 18)]
    pub credit_code: Option<String>,
    /// Telephone.
    #[serde(default)]
    #[validate(custom(function = validators::telephone))]
    #[schema(max_length = 20)]
    pub phone: Option<String>,
}

fn render(tx: &mut Tx, rows: Vec<Department>) -> Result<Vec<DepartmentView>> {
    let nodes: Vec<String> = rows.iter().map(|d| d.id.to_string()).collect();
    let staffed = accounts::held(tx, Role::DepartmentHandler, &nodes)?;
    let view = |d: Department| DepartmentView {
        staffed: staffed.contains(&d.id),
        id: d.id,
        center_id: d.center_id,
        name: d.name,
        credit_code: d.credit_code,
        phone: d.phone,
        version: d.version,
        created_at: d.created_at,
        updated_at: d.updated_at,
    };
    Ok(rows.into_iter().map(view).collect())
}

fn one(tx: &mut Tx, row: Department) -> Result<DepartmentView> {
    Ok(render(tx, vec![row])?.pop().ok_or_else(Problem::not_found)?)
}

/// The departments of a center.
pub fn list(tx: &mut Tx, center: &str, q: &ListQuery) -> Result<Page<DepartmentView>> {
    let center = store::center_by_reference(tx, center)?.ok_or_else(Problem::not_found)?;
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let rows = store::departments(tx, center.id, after, i64::try_from(q.limit + 1).unwrap_or(201))?;
    let rows = render(tx, rows)?;
    Ok(Page::cut(rows, q.limit, tx.vault, |d| q.cursor_of(String::new(), d.id.to_string())))
}

/// One department.
pub fn fetch(tx: &mut Tx, id: &str) -> Result<DepartmentView> {
    let row = load(tx, id)?;
    one(tx, row)
}

fn load(tx: &mut Tx, id: &str) -> Result<Department> {
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    Ok(store::department_by_id(tx, id)?.ok_or_else(Problem::not_found)?)
}

fn admit(actor: &Actor, action: &str, center: &Center) -> Result<(), Problem> {
    if policy::allows(actor, "department", action, &custodian_reachable(center)) { Ok(()) } else { Err(Problem::of(ErrorCode::Forbidden)) }
}

fn free(tx: &mut Tx, center: Id, name: &str, own: Option<Id>) -> Result<()> {
    match store::department(tx, center, name)? {
        Some(other) if Some(other.id) != own => {
            Err(Problem::rule("/name", "duplicate", "本中心已有同名部门。", "The center has a department of this name.").into())
        }
        _ => Ok(()),
    }
}

/// Enters a department at a center.
pub fn create(tx: &mut Tx, actor: &Actor, target: &Target, input: &DepartmentInput) -> Result<DepartmentView> {
    if !policy::may(actor, "department", "create") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = store::center_by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?;
    admit(actor, "create", &center)?;
    free(tx, center.id, &input.name, None)?;
    let row = Department {
        id: Id::new(),
        center_id: center.id,
        name: input.name.clone(),
        credit_code: input.credit_code.clone(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        phone: input.phone.clone().unwrap_or_default(),
    };
    store::insert_department(tx, &row)?;
    one(tx, row)
}

/// Edits a department.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &DepartmentInput) -> Result<DepartmentView> {
    if !policy::may(actor, "department", "edit") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut row = load(tx, &target.reference)?;
    let center = super::load(tx, row.center_id)?;
    admit(actor, "edit", &center)?;
    target.check(row.version)?;
    free(tx, center.id, &input.name, Some(row.id))?;
    row.name.clone_from(&input.name);
    row.credit_code.clone_from(&input.credit_code);
    row.phone = input.phone.clone().unwrap_or_default();
    if !store::save_department(tx, &row)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    row.version += 1;
    row.updated_at = tx.now;
    one(tx, row)
}
