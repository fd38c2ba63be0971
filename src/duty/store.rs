//! SQL of shifts and courses.

use diesel::prelude::*;

use super::training::{CourseKind, CourseResult};
use crate::{
    db::{
        Result, Tx,
        schema::{course_records, courses, shifts},
    },
    insert_many,
    kernel::{Id, Moment},
};

/// A shift.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = shifts, treat_none_as_default_value = false)]
pub struct Shift {
    /// Identity.
    pub id: Id,
    /// Where.
    pub center_id: Id,
    /// Who.
    pub user_id: Id,
    /// At which post.
    pub post: String,
    /// From.
    pub start_at: Moment,
    /// Until.
    pub end_at: Moment,
    /// Post of whoever entered it.
    pub created_by: String,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A training course.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = courses, treat_none_as_default_value = false)]
pub struct Course {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub center_id: Id,
    /// Title.
    pub title: String,
    /// Kind.
    pub kind: CourseKind,
    /// Hours of teaching.
    pub hours: i32,
    /// First day.
    pub from_on: String,
    /// Last day.
    pub to_on: String,
    /// In words.
    pub note: String,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// How somebody did in a course.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = course_records, treat_none_as_default_value = false)]
pub struct CourseRecord {
    /// Which course.
    pub course_id: Id,
    /// Who.
    pub user_id: Id,
    /// How.
    pub result: CourseResult,
    /// Score of 100.
    pub score: Option<i32>,
    /// When last changed.
    pub updated_at: Moment,
}

/// The shifts of a center that touch a time, in order; after one of them.
pub fn shifts(tx: &mut Tx, center: Id, from: Moment, to: Moment, after: Option<(Moment, Id)>, limit: i64) -> Result<Vec<Shift>> {
    use shifts as s;
    let mut q = s::table.filter(s::center_id.eq(center)).filter(s::start_at.lt(to)).filter(s::end_at.gt(from)).limit(limit).into_boxed();
    if let Some((t, id)) = after {
        q = q.filter(s::start_at.ge(t)).filter(s::start_at.gt(t).or(s::id.gt(id)));
    }
    Ok(q.order((s::start_at.asc(), s::id.asc())).select(Shift::as_select()).load(tx.conn)?)
}

/// Whether somebody has a shift that touches a time.
pub fn is_on_shift(tx: &mut Tx, user: Id, from: Moment, to: Moment) -> Result<bool> {
    use shifts as s;
    let own = s::table.filter(s::user_id.eq(user)).filter(s::start_at.lt(to)).filter(s::end_at.gt(from));
    Ok(diesel::select(diesel::dsl::exists(own)).get_result(tx.conn)?)
}

/// By id.
pub fn shift(tx: &mut Tx, id: Id) -> Result<Option<Shift>> {
    Ok(shifts::table.filter(shifts::id.eq(id)).select(Shift::as_select()).first(tx.conn).optional()?)
}

/// A new shift.
pub fn insert_shift(tx: &mut Tx, row: &Shift) -> Result<()> {
    diesel::insert_into(shifts::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Takes a shift off.
pub fn remove_shift(tx: &mut Tx, id: Id) -> Result<()> {
    diesel::delete(shifts::table.filter(shifts::id.eq(id))).execute(tx.conn)?;
    Ok(())
}

/// By id.
pub fn course(tx: &mut Tx, id: Id) -> Result<Option<Course>> {
    Ok(courses::table.filter(courses::id.eq(id)).select(Course::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn courses_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Course>> {
    Ok(courses::table.filter(courses::id.eq_any(ids.to_vec())).select(Course::as_select()).load(tx.conn)?)
}

/// The courses of a center, newest first.
pub fn courses(tx: &mut Tx, center: Id, after: Option<Id>, limit: i64) -> Result<Vec<Course>> {
    let mut q = courses::table.filter(courses::center_id.eq(center)).order(courses::id.desc()).limit(limit).into_boxed();
    if let Some(id) = after {
        q = q.filter(courses::id.lt(id));
    }
    Ok(q.select(Course::as_select()).load(tx.conn)?)
}

/// A new course.
pub fn insert_course(tx: &mut Tx, row: &Course) -> Result<()> {
    diesel::insert_into(courses::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a course whose version was counted up by one; `false` when another was first.
pub fn save_course(tx: &mut Tx, row: &Course) -> Result<bool> {
    let own = courses::table.filter(courses::id.eq(row.id)).filter(courses::version.eq(row.version - 1));
    Ok(diesel::update(own).set(row.clone()).execute(tx.conn)? == 1)
}

/// How people did in a course.
pub fn records(tx: &mut Tx, course: Id) -> Result<Vec<CourseRecord>> {
    let all = course_records::table.filter(course_records::course_id.eq(course)).order(course_records::user_id.asc());
    Ok(all.select(CourseRecord::as_select()).load(tx.conn)?)
}

/// What somebody was trained in.
pub fn records_of(tx: &mut Tx, user: Id, after: Option<Id>, limit: i64) -> Result<Vec<CourseRecord>> {
    let mut q = course_records::table.filter(course_records::user_id.eq(user)).order(course_records::course_id.desc()).limit(limit).into_boxed();
    if let Some(id) = after {
        q = q.filter(course_records::course_id.lt(id));
    }
    Ok(q.select(CourseRecord::as_select()).load(tx.conn)?)
}

/// Writes how these people did; what was written of them before is replaced.
pub fn put_records(tx: &mut Tx, course: Id, rows: &[CourseRecord]) -> Result<()> {
    let people: Vec<Id> = rows.iter().map(|r| r.user_id).collect();
    let before = course_records::table.filter(course_records::course_id.eq(course)).filter(course_records::user_id.eq_any(people));
    diesel::delete(before).execute(tx.conn)?;
    insert_many!(tx.conn, course_records::table, rows);
    Ok(())
}
