//! SQL of applicants and their mandates.

use diesel::prelude::*;

use super::model::{Contact, MandateState, MandateWords};
use crate::{
    db::{
        Json, Private, Result, Sealed, Tx,
        schema::{applicants, mandates},
    },
    kernel::{Id, Moment},
};

/// An applicant: a natural person or an organisation.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = applicants, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ApplicantRow {
    /// Identity.
    pub id: Id,
    /// GB/T 39046 A.4.
    pub kind: String,
    /// Name of an organisation; empty for persons.
    pub name: String,
    /// Name of a person, sealed.
    pub person_name: Option<Sealed>,
    /// Blind index of the name.
    pub name_mark: String,
    /// `credit_code`, `citizen_id` or `other`.
    pub id_type: String,
    /// Sealed.
    pub id_number: Sealed,
    /// Blind index of type and number.
    pub id_mark: String,
    /// 12 digits.
    pub division_code: Option<String>,
    /// Sealed.
    pub address: Option<Sealed>,
    /// Flags such as `micro_small_medium`.
    pub flags: Json<Vec<String>>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// Whom to call, as the applicant has told.
    pub contacts: Option<Private<Vec<Contact>>>,
    /// The same applicant, whose record goes on.
    pub merged_into: Option<Id>,
    /// Names borne before, oldest first.
    pub former_names: Option<Private<Vec<FormerName>>>,
}

/// A name that an applicant bore before.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FormerName {
    /// The name.
    pub name: String,
    /// Until when.
    pub until: Moment,
    /// What proves the change; empty where the view is masked.
    pub evidence: String,
}

/// What somebody may do for an applicant.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = mandates, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Mandate {
    /// Identity.
    pub id: Id,
    /// For whom.
    pub applicant_id: Id,
    /// Who acts.
    pub agent_name: Sealed,
    /// Their identity number.
    pub agent_id_number: Option<Sealed>,
    /// Their telephone.
    pub agent_phone: Sealed,
    /// Codes of items; empty: every matter.
    pub items: Json<Vec<String>>,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Last day.
    pub valid_until: Option<String>,
    /// State.
    pub state: MandateState,
    /// On what paper it stands, and why it was revoked.
    pub words: Private<MandateWords>,
    /// The account that acts under it.
    pub user_id: Option<Id>,
    /// The center that recorded it.
    pub center_id: Option<Id>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By blind index of the identity.
pub fn by_mark(tx: &mut Tx, mark: &str) -> Result<Option<ApplicantRow>> {
    Ok(applicants::table.filter(applicants::id_mark.eq(mark)).select(ApplicantRow::as_select()).first(tx.conn).optional()?)
}

/// By id.
pub fn applicant(tx: &mut Tx, id: Id) -> Result<Option<ApplicantRow>> {
    Ok(applicants::table.filter(applicants::id.eq(id)).select(ApplicantRow::as_select()).first(tx.conn).optional()?)
}

/// A new applicant.
pub fn insert_applicant(tx: &mut Tx, row: &ApplicantRow) -> Result<()> {
    diesel::insert_into(applicants::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an applicant whose version was counted up by one; `false` when another was first.
pub fn save_applicant(tx: &mut Tx, row: &ApplicantRow) -> Result<bool> {
    let changed = diesel::update(applicants::table.filter(applicants::id.eq(row.id)).filter(applicants::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Several applicants, by id.
pub fn applicants_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<ApplicantRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(applicants::table.filter(applicants::id.eq_any(ids.to_vec())).select(ApplicantRow::as_select()).load(tx.conn)?)
}

/// Applicants with exactly this name, newest first.
pub fn ids_by_name(tx: &mut Tx, mark: &str, limit: i64) -> Result<Vec<Id>> {
    Ok(applicants::table.filter(applicants::name_mark.eq(mark)).order(applicants::id.desc()).limit(limit).select(applicants::id).load(tx.conn)?)
}

/// A mandate.
pub fn mandate(tx: &mut Tx, id: Id) -> Result<Option<Mandate>> {
    Ok(mandates::table.filter(mandates::id.eq(id)).select(Mandate::as_select()).first(tx.conn).optional()?)
}

/// The mandates of an applicant, newest first.
pub fn mandates(tx: &mut Tx, applicant: Id, after: Option<Id>, limit: i64) -> Result<Vec<Mandate>> {
    let mut q = mandates::table.filter(mandates::applicant_id.eq(applicant)).order(mandates::id.desc()).limit(limit).into_boxed();
    if let Some(id) = after {
        q = q.filter(mandates::id.lt(id));
    }
    Ok(q.select(Mandate::as_select()).load(tx.conn)?)
}

/// A new mandate.
pub fn insert_mandate(tx: &mut Tx, row: &Mandate) -> Result<()> {
    diesel::insert_into(mandates::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a mandate whose version was counted up by one; `false` when another was first.
pub fn save_mandate(tx: &mut Tx, row: &Mandate) -> Result<bool> {
    let changed =
        diesel::update(mandates::table.filter(mandates::id.eq(row.id)).filter(mandates::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)?;
    Ok(changed == 1)
}

/// Active mandates whose last day is past.
pub fn ended(tx: &mut Tx, today: &str, limit: i64) -> Result<Vec<Mandate>> {
    Ok(mandates::table
        .filter(mandates::state.eq(MandateState::Active))
        .filter(mandates::valid_until.lt(today.to_owned()))
        .order(mandates::valid_until.asc())
        .limit(limit)
        .select(Mandate::as_select())
        .load(tx.conn)?)
}

/// What was merged into one record is merged into another: nobody is left behind a record that is gone.
pub fn repoint(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(applicants::table.filter(applicants::merged_into.eq(from))).set(applicants::merged_into.eq(to)).execute(tx.conn)?;
    Ok(())
}

/// The mandates of one applicant become another's.
pub fn move_mandates(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(mandates::table.filter(mandates::applicant_id.eq(from))).set(mandates::applicant_id.eq(to)).execute(tx.conn)?;
    Ok(())
}
