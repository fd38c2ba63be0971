//! SQL of bulletins.

use diesel::prelude::*;

use super::{composing::BulletinBody, machine::BulletinState, model::BulletinRecord};
use crate::{
    db::{Json, Private, Result, Tx, schema::bulletins},
    kernel::{Id, Moment},
};

/// A bulletin.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = bulletins, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Bulletin {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of which center with all below it.
    pub center_id: Id,
    /// First month, `YYYY-MM`.
    pub first_month: String,
    /// Last month, `YYYY-MM`.
    pub last_month: String,
    /// State.
    pub state: BulletinState,
    /// Everybody may read its public part.
    pub is_public: bool,
    /// What it says in figures and names: nobody's personal data.
    pub body: Json<BulletinBody>,
    /// What people wrote.
    pub record: Private<BulletinRecord>,
    /// Number of the document under which it went out.
    pub document_no: Option<String>,
    /// When.
    pub published_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When composed first.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn bulletin(tx: &mut Tx, id: Id) -> Result<Option<Bulletin>> {
    Ok(bulletins::table.filter(bulletins::id.eq(id)).select(Bulletin::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn bulletin_by_number(tx: &mut Tx, number: &str) -> Result<Option<Bulletin>> {
    Ok(bulletins::table.filter(bulletins::number.eq(number)).select(Bulletin::as_select()).first(tx.conn).optional()?)
}

/// The one of a center and period that stands.
pub fn standing(tx: &mut Tx, center: Id, first: &str, last: &str) -> Result<Option<Bulletin>> {
    Ok(bulletins::table
        .filter(bulletins::center_id.eq(center))
        .filter(bulletins::first_month.eq(first))
        .filter(bulletins::last_month.eq(last))
        .filter(bulletins::state.eq_any(BulletinState::STANDING))
        .select(Bulletin::as_select())
        .first(tx.conn)
        .optional()?)
}

/// The centers that have bulletins.
pub fn centers(tx: &mut Tx) -> Result<Vec<Id>> {
    Ok(bulletins::table.select(bulletins::center_id).distinct().load(tx.conn)?)
}

/// A new bulletin.
pub fn insert(tx: &mut Tx, row: &Bulletin) -> Result<()> {
    diesel::insert_into(bulletins::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a bulletin whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Bulletin) -> Result<bool> {
    let old = bulletins::table.filter(bulletins::id.eq(row.id)).filter(bulletins::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// What a list asks for.
#[derive(Clone, Debug, Default)]
pub struct BulletinFilter {
    /// Of these centers in any state.
    pub all_of: Vec<Id>,
    /// Of these centers what is published.
    pub published_of: Vec<Id>,
    /// Of these centers alone, where any is named.
    pub centers: Vec<Id>,
    /// In these states, where any is named.
    pub states: Vec<BulletinState>,
    /// What everybody may read alone.
    pub public: bool,
    /// Of periods that touch this month.
    pub month: Option<String>,
    /// After this one.
    pub after: Option<Id>,
    /// Oldest first.
    pub ascending: bool,
    /// At most.
    pub limit: i64,
}

/// A page.
pub fn bulletins(tx: &mut Tx, f: &BulletinFilter) -> Result<Vec<Bulletin>> {
    use bulletins as b;
    let mut q = b::table.select(Bulletin::as_select()).limit(f.limit).into_boxed();
    if f.public {
        q = q.filter(b::is_public.eq(true)).filter(b::state.eq(BulletinState::Published));
    } else {
        let published = b::state.eq(BulletinState::Published).and(b::center_id.eq_any(f.published_of.clone()));
        q = q.filter(b::center_id.eq_any(f.all_of.clone()).or(published));
    }
    if !f.centers.is_empty() {
        q = q.filter(b::center_id.eq_any(f.centers.clone()));
    }
    if !f.states.is_empty() {
        q = q.filter(b::state.eq_any(f.states.clone()));
    }
    if let Some(month) = &f.month {
        q = q.filter(b::first_month.le(month.clone())).filter(b::last_month.ge(month.clone()));
    }
    if let Some(id) = f.after {
        q = if f.ascending { q.filter(b::id.gt(id)) } else { q.filter(b::id.lt(id)) };
    }
    let q = if f.ascending { q.order(b::id.asc()) } else { q.order(b::id.desc()) };
    Ok(q.load(tx.conn)?)
}
