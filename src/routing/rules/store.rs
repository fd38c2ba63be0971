//! SQL of the rules of the relay.

use diesel::prelude::*;

use super::RoutingRuleSet;
use crate::{
    db::{Json, Result, Tx, schema::routing_rules},
    kernel::{Id, Moment},
};

/// A version of a center's rules.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = routing_rules, treat_none_as_default_value = false)]
pub struct RuleSetRow {
    /// Identity.
    pub id: Id,
    /// Where it holds, and below.
    pub center_id: Id,
    /// 1, 2, 3 … at this center.
    pub number: i64,
    /// First day, `YYYY-MM-DD`.
    pub effective_on: String,
    /// The rules.
    pub rules: Json<RoutingRuleSet>,
    /// Post of whoever has set it.
    pub created_by: String,
    /// When.
    pub created_at: Moment,
}

/// A version by id.
pub fn rule_set(tx: &mut Tx, id: Id) -> Result<Option<RuleSetRow>> {
    Ok(routing_rules::table.filter(routing_rules::id.eq(id)).select(RuleSetRow::as_select()).first(tx.conn).optional()?)
}

/// The versions of these centers, newest first; with a day, those that have begun by then.
pub fn rule_sets(tx: &mut Tx, centers: &[Id], day: Option<&str>) -> Result<Vec<RuleSetRow>> {
    let mut q = routing_rules::table
        .filter(routing_rules::center_id.eq_any(centers.to_vec()))
        .order((routing_rules::center_id.asc(), routing_rules::number.desc()))
        .limit(500)
        .into_boxed();
    if let Some(day) = day {
        q = q.filter(routing_rules::effective_on.le(day.to_owned()));
    }
    Ok(q.select(RuleSetRow::as_select()).load(tx.conn)?)
}

/// A new version.
pub fn insert(tx: &mut Tx, row: &RuleSetRow) -> Result<()> {
    diesel::insert_into(routing_rules::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}
