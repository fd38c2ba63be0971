//! SQL of centers and departments.

use diesel::prelude::*;

use super::{
    Center, Department,
    model::{Absence, CenterLevel, StaffProfile},
};
use crate::{
    db::{
        Result, Tx,
        schema::{absences, centers, departments, staff_profiles},
    },
    insert_many,
    kernel::{Id, Moment},
};

/// By id.
pub fn center(tx: &mut Tx, id: Id) -> Result<Option<Center>> {
    Ok(centers::table.filter(centers::id.eq(id)).select(Center::as_select()).first(tx.conn).optional()?)
}

/// By id or division code.
pub fn center_by_reference(tx: &mut Tx, reference: &str) -> Result<Option<Center>> {
    match reference.parse::<Id>() {
        Ok(id) => center(tx, id),
        Err(_) => center_by_division(tx, reference),
    }
}

/// By 12-digit division code.
pub fn center_by_division(tx: &mut Tx, code: &str) -> Result<Option<Center>> {
    Ok(centers::table.filter(centers::division_code.eq(code)).select(Center::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn centers_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Center>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(centers::table.filter(centers::id.eq_any(ids.to_vec())).select(Center::as_select()).load(tx.conn)?)
}

/// What a list of centers asks for.
#[derive(Debug, Default)]
pub struct CenterFilter {
    /// Direct children of these.
    pub parents: Vec<Id>,
    /// Of these levels.
    pub levels: Vec<CenterLevel>,
    /// Of these divisions.
    pub divisions: Vec<String>,
    /// Folded words in the name.
    pub folded: Option<String>,
    /// After this id.
    pub after: Option<Id>,
    /// Newest first.
    pub descending: bool,
    /// At most.
    pub limit: i64,
}

/// A list of centers by id.
pub fn centers(tx: &mut Tx, f: &CenterFilter) -> Result<Vec<Center>> {
    let mut q = centers::table.select(Center::as_select()).limit(f.limit).into_boxed();
    if !f.parents.is_empty() {
        q = q.filter(centers::parent_id.eq_any(f.parents.iter().copied().map(Some).collect::<Vec<_>>()));
    }
    if !f.levels.is_empty() {
        q = q.filter(centers::level.eq_any(f.levels.clone()));
    }
    if !f.divisions.is_empty() {
        q = q.filter(centers::division_code.eq_any(f.divisions.clone()));
    }
    if let Some(word) = &f.folded {
        q = q.filter(centers::folded.like(format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))).escape('\\'));
    }
    if let Some(id) = f.after {
        q = if f.descending { q.filter(centers::id.lt(id)) } else { q.filter(centers::id.gt(id)) };
    }
    let q = if f.descending { q.order(centers::id.desc()) } else { q.order(centers::id.asc()) };
    Ok(q.load(tx.conn)?)
}

/// The centers right below one.
pub fn children(tx: &mut Tx, parent: Id) -> Result<Vec<Center>> {
    Ok(centers::table.filter(centers::parent_id.eq(Some(parent))).order(centers::id.asc()).select(Center::as_select()).load(tx.conn)?)
}

/// Ids of all centers at or below a path.
pub fn subtree(tx: &mut Tx, path: &str) -> Result<Vec<Id>> {
    Ok(centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id).load(tx.conn)?)
}

/// Adds centers, parents first.
pub fn insert_centers(tx: &mut Tx, rows: &[Center]) -> Result<()> {
    insert_many!(tx.conn, centers::table, rows);
    Ok(())
}

/// Saves the editable fields from the version read.
pub fn save_center(tx: &mut Tx, c: &Center) -> Result<bool> {
    let changed = diesel::update(centers::table.filter(centers::id.eq(c.id)).filter(centers::version.eq(c.version)))
        .set((
            centers::name.eq(c.name.clone()),
            centers::phone.eq(c.phone.clone()),
            centers::address.eq(c.address.clone()),
            centers::hours.eq(c.hours.clone()),
            centers::folded.eq(c.folded.clone()),
            centers::updated_at.eq(tx.now),
            centers::version.eq(c.version + 1),
        ))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// A department of a center by name.
pub fn department(tx: &mut Tx, center: Id, name: &str) -> Result<Option<Department>> {
    Ok(departments::table
        .filter(departments::center_id.eq(center))
        .filter(departments::name.eq(name))
        .select(Department::as_select())
        .first(tx.conn)
        .optional()?)
}

/// A department by id.
pub fn department_by_id(tx: &mut Tx, id: Id) -> Result<Option<Department>> {
    Ok(departments::table.filter(departments::id.eq(id)).select(Department::as_select()).first(tx.conn).optional()?)
}

/// Several departments, by id.
pub fn departments_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Department>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(departments::table.filter(departments::id.eq_any(ids.to_vec())).select(Department::as_select()).load(tx.conn)?)
}

/// Departments of these names at these centers.
pub fn departments_named(tx: &mut Tx, centers: &[Id], names: &[String]) -> Result<Vec<Department>> {
    Ok(departments::table
        .filter(departments::center_id.eq_any(centers.to_vec()))
        .filter(departments::name.eq_any(names.to_vec()))
        .select(Department::as_select())
        .load(tx.conn)?)
}

/// Departments of a center, newest first.
pub fn departments(tx: &mut Tx, center: Id, after: Option<Id>, limit: i64) -> Result<Vec<Department>> {
    let mut q =
        departments::table.filter(departments::center_id.eq(center)).select(Department::as_select()).order(departments::id.desc()).limit(limit).into_boxed();
    if let Some(id) = after {
        q = q.filter(departments::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// Saves the editable fields from the version read.
pub fn save_department(tx: &mut Tx, d: &Department) -> Result<bool> {
    let changed = diesel::update(departments::table.filter(departments::id.eq(d.id)).filter(departments::version.eq(d.version)))
        .set((
            departments::name.eq(d.name.clone()),
            departments::credit_code.eq(d.credit_code.clone()),
            departments::phone.eq(d.phone.clone()),
            departments::updated_at.eq(tx.now),
            departments::version.eq(d.version + 1),
        ))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// A new department.
pub fn insert_department(tx: &mut Tx, row: &Department) -> Result<()> {
    diesel::insert_into(departments::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Division codes of all centers.
pub fn division_codes(tx: &mut Tx) -> Result<Vec<String>> {
    Ok(centers::table.select(centers::division_code).load(tx.conn)?)
}

/// The profiles that were entered for these people.
pub fn profiles(tx: &mut Tx, users: &[Id]) -> Result<Vec<StaffProfile>> {
    Ok(staff_profiles::table.filter(staff_profiles::user_id.eq_any(users.to_vec())).select(StaffProfile::as_select()).load(tx.conn)?)
}

/// The first profile of a person.
pub fn insert_profile(tx: &mut Tx, row: &StaffProfile) -> Result<()> {
    diesel::insert_into(staff_profiles::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a profile whose version was counted up by one.
pub fn save_profile(tx: &mut Tx, row: &StaffProfile) -> Result<bool> {
    use staff_profiles as p;
    let changed = diesel::update(p::table.filter(p::user_id.eq(row.user_id)).filter(p::version.eq(row.version - 1)))
        .set((p::skills.eq(row.skills.clone()), p::capacity.eq(row.capacity), p::updated_at.eq(row.updated_at), p::version.eq(row.version)))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// One absence.
pub fn absence(tx: &mut Tx, id: Id) -> Result<Option<Absence>> {
    Ok(absences::table.filter(absences::id.eq(id)).select(Absence::as_select()).first(tx.conn).optional()?)
}

/// The absences of a person, newest first.
pub fn absences(tx: &mut Tx, user: Id, after: Option<Id>, limit: i64) -> Result<Vec<Absence>> {
    let mut q = absences::table.filter(absences::user_id.eq(user)).select(Absence::as_select()).order(absences::id.desc()).limit(limit).into_boxed();
    if let Some(id) = after {
        q = q.filter(absences::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// The absences that hold at a moment.
pub fn absences_at(tx: &mut Tx, users: &[Id], at: Moment) -> Result<Vec<Absence>> {
    Ok(absences::table
        .filter(absences::user_id.eq_any(users.to_vec()))
        .filter(absences::state.eq("planned"))
        .filter(absences::from_at.le(at))
        .filter(absences::to_at.gt(at))
        .select(Absence::as_select())
        .load(tx.conn)?)
}

/// The absences of a person that touch a time.
pub fn absences_between(tx: &mut Tx, user: Id, from: Moment, to: Moment) -> Result<Vec<Absence>> {
    Ok(absences::table
        .filter(absences::user_id.eq(user))
        .filter(absences::state.eq("planned"))
        .filter(absences::from_at.lt(to))
        .filter(absences::to_at.gt(from))
        .select(Absence::as_select())
        .load(tx.conn)?)
}

/// A new absence.
pub fn insert_absence(tx: &mut Tx, row: &Absence) -> Result<()> {
    diesel::insert_into(absences::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves the state of an absence whose version was counted up by one.
pub fn save_absence(tx: &mut Tx, row: &Absence) -> Result<bool> {
    let changed = diesel::update(absences::table.filter(absences::id.eq(row.id)).filter(absences::version.eq(row.version - 1)))
        .set((absences::state.eq(row.state.clone()), absences::updated_at.eq(row.updated_at), absences::version.eq(row.version)))
        .execute(tx.conn)?;
    Ok(changed == 1)
}
