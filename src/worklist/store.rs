//! SQL of saved filters.

use diesel::prelude::*;

use crate::{
    db::{Result, Tx, schema::saved_filters},
    kernel::{Id, Moment},
};

/// A filter that somebody has saved.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = saved_filters, treat_none_as_default_value = false)]
pub struct SavedFilter {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub user_id: Id,
    /// Name; one each.
    pub name: String,
    /// Of which list.
    pub list: String,
    /// The query string.
    pub query: String,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// Somebody's filters, by name.
pub fn of_user(tx: &mut Tx, user: Id) -> Result<Vec<SavedFilter>> {
    Ok(saved_filters::table.filter(saved_filters::user_id.eq(user)).order(saved_filters::name.asc()).select(SavedFilter::as_select()).load(tx.conn)?)
}

/// A filter of somebody.
pub fn filter(tx: &mut Tx, user: Id, id: Id) -> Result<Option<SavedFilter>> {
    let own = saved_filters::table.filter(saved_filters::id.eq(id)).filter(saved_filters::user_id.eq(user));
    Ok(own.select(SavedFilter::as_select()).first(tx.conn).optional()?)
}

/// A new filter.
pub fn insert(tx: &mut Tx, row: &SavedFilter) -> Result<()> {
    diesel::insert_into(saved_filters::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a filter whose version was counted up by one; `false` when another was first.
pub fn save(tx: &mut Tx, row: &SavedFilter) -> Result<bool> {
    let changed = diesel::update(saved_filters::table.filter(saved_filters::id.eq(row.id)).filter(saved_filters::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Removes a filter.
pub fn remove(tx: &mut Tx, id: Id) -> Result<()> {
    diesel::delete(saved_filters::table.filter(saved_filters::id.eq(id))).execute(tx.conn)?;
    Ok(())
}
