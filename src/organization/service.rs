//! Use cases over centers.

use std::collections::BTreeMap;

use super::{
    Center, CenterBrief, Department,
    model::{CenterEdit, CenterView},
    store,
};
use crate::{
    auth::{
        Actor, Reachable,
        policy::{allows, may, subject},
    },
    db::{Result, Tx},
    kernel::{ErrorCode, Id, Problem, Target, text::fold},
};

/// A center that must exist: it is named by another record.
pub fn load(tx: &mut Tx, id: Id) -> Result<Center> {
    store::center(tx, id)?.ok_or_else(|| crate::db::Error::Corrupt(format!("center {id} is gone")))
}

/// The nearest center at or above a division.
pub fn center_of_division(tx: &mut Tx, code: &str) -> Result<Option<Center>> {
    let mut at = crate::kernel::division_code::DivisionCode::parse(code).ok();
    while let Some(division) = at {
        if let Some(center) = store::center_by_division(tx, division.as_str())? {
            return Ok(Some(center));
        }
        at = division.parent();
    }
    Ok(None)
}

/// A center, named.
pub fn brief(tx: &mut Tx, id: Id) -> Result<CenterBrief> {
    Ok(CenterBrief::from(&load(tx, id)?))
}

/// Several centers, named, in one query.
pub fn briefs(tx: &mut Tx, ids: &[Id]) -> Result<Vec<CenterBrief>> {
    let mut unique = ids.to_vec();
    unique.sort();
    unique.dedup();
    Ok(store::centers_by_id(tx, &unique)?.iter().map(CenterBrief::from).collect())
}

/// Centers and departments by what people call them, in two queries.
pub fn names(tx: &mut Tx, ids: &[Id]) -> Result<BTreeMap<Id, String>> {
    let mut names: BTreeMap<Id, String> = briefs(tx, ids)?.into_iter().map(|c| (c.id, c.name)).collect();
    names.extend(store::departments_by_id(tx, ids)?.into_iter().map(|d| (d.id, d.name)));
    Ok(names)
}

/// The subjects that see what a center holds: itself, and every ancestor's subtree.
pub fn subjects_of(center: &Center) -> Vec<String> {
    let mut all = vec![subject::center(center.id.as_str())];
    all.extend(center.lineage().map(subject::tree));
    all
}

/// The center that is asked about, the caller's own where none is named, if the caller may read this of it.
pub fn asked(tx: &mut Tx, actor: &Actor, resource: &'static str, reference: Option<&str>) -> Result<Center> {
    let forbidden = || Problem::of(ErrorCode::Forbidden);
    if !may(actor, resource, "read") {
        return Err(forbidden().into());
    }
    let unknown = || Problem::parameter("center", "unknown_center", "没有这个服务中心。", "No such center.");
    let center = match (reference, actor.center_id) {
        (Some(reference), _) => store::center_by_reference(tx, reference)?.ok_or_else(unknown)?,
        (None, Some(own)) => load(tx, own)?,
        (None, None) => return Err(Problem::parameter("center", "required", "请指明中心。", "Name the center.").into()),
    };
    if allows(actor, resource, "read", &custodian_reachable(&center)) { Ok(center) } else { Err(forbidden().into()) }
}

/// How far a center's own record is from a caller.
pub fn custodian_reachable(center: &Center) -> Reachable<'_> {
    Reachable { centers: vec![center.id], path: &center.path, ..Reachable::default() }
}

/// The department of this name at a center; made when it does not exist yet (catalogue imports name departments).
pub fn department_named(tx: &mut Tx, center: Id, name: &str, credit_code: Option<&str>) -> Result<Department> {
    if let Some(found) = store::department(tx, center, name)? {
        return Ok(found);
    }
    let row = Department {
        id: Id::new(),
        center_id: center,
        name: name.to_owned(),
        credit_code: credit_code.map(str::to_owned),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        phone: String::new(),
    };
    store::insert_department(tx, &row)?;
    Ok(row)
}

/// A department by id.
pub fn department(tx: &mut Tx, id: Id) -> Result<Option<Department>> {
    store::department_by_id(tx, id)
}

/// The departments of these names at a center or above it, the nearest first.
pub fn departments_at_or_above(tx: &mut Tx, center: &Center, names: &[String]) -> Result<Vec<Department>> {
    let lineage: Vec<Id> = center.lineage().filter_map(|id| id.parse().ok()).collect();
    let mut found = store::departments_named(tx, &lineage, names)?;
    found.sort_by_key(|d| std::cmp::Reverse(lineage.iter().position(|id| *id == d.center_id)));
    Ok(found)
}

/// Edits a center's public particulars.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, edit: &CenterEdit) -> Result<CenterView> {
    if !may(actor, "center", "edit") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let mut center = store::center_by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?;
    if !allows(actor, "center", "edit", &custodian_reachable(&center)) {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    target.check(center.version)?;
    center.name.clone_from(&edit.name);
    center.phone.clone_from(&edit.phone);
    center.address.clone_from(&edit.address);
    center.hours.clone_from(&edit.hours);
    center.folded = fold(&format!("{} {}", center.name, center.division_name));
    if !store::save_center(tx, &center)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    center.version += 1;
    center.updated_at = tx.now;
    Ok(CenterView::from(&center))
}
