//! SQL of arbitrations.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::machine::{ArbitrationCause, ArbitrationState, Authority, DecisionKind};
use crate::{
    db::{Json, Private, Result, Tx, schema::arbitrations},
    kernel::{Id, Moment},
};

/// What was said in an arbitration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArbitrationRecord {
    /// Why it was opened, in words.
    pub reason: String,
    /// What the sides said, oldest first.
    pub cases: Vec<Case>,
    /// The leader in charge, where it was referred to them.
    pub leader: Option<String>,
    /// Why it was referred.
    pub referral: String,
    /// Decisions, oldest first: one, and one after a review.
    pub decisions: Vec<Decision>,
    /// New facts that a review rests on.
    pub new_facts: Option<String>,
    /// Why there is no competent unit.
    pub no_unit: String,
    /// Who asked, or declined.
    pub opened_by: Option<Id>,
}

/// A side: a center, or one of its departments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The center, or the department's.
    pub center_id: Id,
    /// The department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
}

/// What a side said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// Which side.
    pub party: Party,
    /// In words.
    pub statement: String,
    /// When.
    pub at: Moment,
    /// Who wrote it.
    pub by: Option<Id>,
}

/// A decision 指定办理决定.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// What.
    pub kind: DecisionKind,
    /// The center that is named.
    pub center_id: Id,
    /// The department that is named.
    pub department_id: Option<Id>,
    /// The steps of an imposed joint handling.
    pub steps: Vec<String>,
    /// Why.
    pub reason: String,
    /// Number of the document.
    pub document_no: Option<String>,
    /// When.
    pub at: Moment,
    /// Who recorded it.
    pub by: Option<Id>,
}

/// An arbitration.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = arbitrations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Arbitration {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Of which matter.
    pub entrustment_id: Id,
    /// Why.
    pub cause: ArbitrationCause,
    /// The joint handling that was declined.
    pub joint_handling_id: Option<Id>,
    /// State.
    pub state: ArbitrationState,
    /// Who decides.
    pub authority: Authority,
    /// The center that decides, or whose reform office does.
    pub decider_id: Id,
    /// The sides.
    pub parties: Json<Vec<Party>>,
    /// What was said.
    pub record: Private<ArbitrationRecord>,
    /// Decide until.
    pub due_at: Moment,
    /// Version.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn arbitration(tx: &mut Tx, id: Id) -> Result<Option<Arbitration>> {
    Ok(arbitrations::table.filter(arbitrations::id.eq(id)).select(Arbitration::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn arbitration_by_number(tx: &mut Tx, number: &str) -> Result<Option<Arbitration>> {
    Ok(arbitrations::table.filter(arbitrations::number.eq(number)).select(Arbitration::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn arbitrations_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Arbitration>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(arbitrations::table.filter(arbitrations::id.eq_any(ids.to_vec())).select(Arbitration::as_select()).load(tx.conn)?)
}

/// Of a matter, oldest first.
pub fn of_matter(tx: &mut Tx, entrustment: Id) -> Result<Vec<Arbitration>> {
    Ok(arbitrations::table.filter(arbitrations::entrustment_id.eq(entrustment)).order(arbitrations::id.asc()).select(Arbitration::as_select()).load(tx.conn)?)
}

/// A new arbitration.
pub fn insert(tx: &mut Tx, row: &Arbitration) -> Result<()> {
    diesel::insert_into(arbitrations::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an arbitration whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Arbitration) -> Result<bool> {
    let changed = diesel::update(arbitrations::table.filter(arbitrations::id.eq(row.id)).filter(arbitrations::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}
