//! SQL of forms.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::machine::{DeliveryWay, FormKind, FormState};
use crate::{
    db::{Json, Private, Result, Sealed, Tx, schema::forms},
    kernel::{Id, Moment},
};

/// A signature under a form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FormSignature {
    /// Which place of the sheet.
    pub place: String,
    /// Post, center or part; an applicant by name.
    pub who: String,
    /// How.
    pub how: String,
    /// Number of a scan, a witness.
    #[serde(default)]
    pub evidence: String,
    /// When.
    pub at: Moment,
    /// With which account.
    #[serde(default)]
    pub by: Option<Id>,
    /// By link: the post that told the applicant the code. It proves what that person did, not a telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_told_by: Option<String>,
    /// What the place said when it was signed, where that was not part of the frozen text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

impl Owner {
    /// The center's own.
    pub fn center(place: &str, center_id: Id) -> Self {
        Self { place: place.into(), center_id, department_id: None, authority: false, agent: None }
    }
}

/// What the taker of papers found otherwise than listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrived {
    /// Number of the row on the list.
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub row: u32,
    /// How many arrived.
    #[validate(range(max = 1000))]
    #[schema(maximum = 1000, example = 0)]
    pub count: u32,
    /// What is noted of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[validate(length(max = 200))]
    #[schema(required = false, max_length = 200, example = "缺原件")]
    pub note: String,
}

/// How a document was delivered, as its deliverer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// The way.
    pub way: DeliveryWay,
    /// When.
    #[serde(deserialize_with = "crate::kernel::date::date")]
    pub on: NaiveDate,
    /// Tracking number or electronic receipt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[validate(length(max = 100))]
    #[schema(required = false, max_length = 100)]
    pub tracking: String,
    /// Who took it in the recipient's place and why, or why it was not taken.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[validate(length(max = 300))]
    #[schema(required = false, max_length = 300)]
    pub remark: String,
}

/// Whose a place of a form is, as it was when the form was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Which place.
    pub place: String,
    /// The center, or the department's.
    pub center_id: Id,
    /// The department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<Id>,
    /// The reform office at that center, and not the center itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authority: bool,
    /// The agent who acted there: reads what was issued then, also when the matter has moved on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Id>,
}

/// What of a person stands in a form: hidden in the copy of whoever sees the matter masked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Personal {
    /// As it stands there.
    pub text: String,
    /// What it is.
    pub kind: PersonalKind,
}

/// Kinds of what is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalKind {
    /// A person's name.
    Name,
    /// A telephone.
    Phone,
    /// An identity number.
    IdNumber,
    /// An address.
    Address,
}

/// What belongs to a form beside its text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FormRecord {
    /// Post of whoever issued it.
    pub issued_by: String,
    /// Hash of the agreement's text that the form carries.
    pub text_hash: Option<String>,
    /// When the completion or termination that it carries was made.
    pub carries: Option<Moment>,
    /// Who signed.
    pub signatures: Vec<FormSignature>,
    /// Wrong codes entered on the link.
    pub failures: u32,
    /// Until when the link may be used.
    pub link_until: Option<Moment>,
    /// Which link: a new one takes the place of the one before.
    pub link_round: u32,
    /// Who told the applicant the code of the link: post and account.
    pub code_told: Option<(String, Option<Id>)>,
    /// When it was signed by the link.
    pub link_signed_at: Option<Moment>,
    /// Until when the link still shows what was signed by it.
    pub link_read_until: Option<Moment>,
    /// Why voided.
    pub void_reason: String,
    /// It fell with its act: the reason is the house's own words, and names nobody.
    pub fell: bool,
    /// Of a hand-over list: what the taker found otherwise than listed; none: not said.
    pub arrived: Option<Vec<Arrived>>,
    /// Of a delivery receipt: how it was delivered.
    pub delivered: Option<Delivered>,
    /// What of persons stands in it.
    pub personal: Vec<Personal>,
    /// What is kept beside a form of a fallback ticket.
    pub fallback: super::fallback::Kept,
}

impl FormRecord {
    /// Whether a place is signed.
    pub fn has(&self, place: &str) -> bool {
        self.signatures.iter().any(|s| s.place == place)
    }
}

/// A form.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = forms, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Form {
    /// Identity.
    pub id: Id,
    /// Document number 文号.
    pub number: String,
    /// Which form.
    pub kind: FormKind,
    /// Of which matter; of a form that is about no matter: the ticket, batch or center that it is listed with.
    #[diesel(column_name = root_id)]
    pub entrustment_id: Id,
    /// What it was drawn up from: the matter, a transfer, a joint handling …
    pub about_id: Id,
    /// Issuer.
    pub center_id: Id,
    /// State.
    pub state: FormState,
    /// What anybody verifies it by.
    pub code: String,
    /// SHA-256 of the text.
    pub hash: String,
    /// The text, as JSON: never changed.
    pub sheet: Sealed,
    /// What belongs to it.
    pub record: Private<FormRecord>,
    /// Civil date.
    pub issued_on: String,
    /// Version.
    pub version: i64,
    /// When issued.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// What it stands for: one act has one form that is not void.
    pub act: String,
    /// Whose its places are, but for the applicant's.
    pub owners: Json<Vec<Owner>>,
}

/// By id.
pub fn form(tx: &mut Tx, id: Id) -> Result<Option<Form>> {
    Ok(forms::table.filter(forms::id.eq(id)).select(Form::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn form_by_number(tx: &mut Tx, number: &str) -> Result<Option<Form>> {
    Ok(forms::table.filter(forms::number.eq(number)).select(Form::as_select()).first(tx.conn).optional()?)
}

/// By verification code.
pub fn form_by_code(tx: &mut Tx, code: &str) -> Result<Option<Form>> {
    Ok(forms::table.filter(forms::code.eq(code)).select(Form::as_select()).first(tx.conn).optional()?)
}

/// The forms of a matter, newest first.
pub fn of_matter(tx: &mut Tx, entrustment: Id) -> Result<Vec<Form>> {
    Ok(forms::table.filter(forms::root_id.eq(entrustment)).order(forms::id.desc()).limit(500).select(Form::as_select()).load(tx.conn)?)
}

/// Those of a matter that are about one record.
pub fn about(tx: &mut Tx, entrustment: Id, about: Id) -> Result<Vec<Form>> {
    let rows = forms::table.filter(forms::root_id.eq(entrustment)).filter(forms::about_id.eq(about));
    Ok(rows.order(forms::id.asc()).select(Form::as_select()).load(tx.conn)?)
}

/// The form that stands for an act and is not void.
pub fn of_act(tx: &mut Tx, entrustment: Id, kind: FormKind, act: &str) -> Result<Option<Form>> {
    let rows = forms::table.filter(forms::root_id.eq(entrustment)).filter(forms::kind.eq(kind)).filter(forms::act.eq(act.to_owned()));
    Ok(rows.filter(forms::state.ne(FormState::Voided)).select(Form::as_select()).first(tx.conn).optional()?)
}

/// What the forms of a matter that are not void stand for.
pub fn acts(tx: &mut Tx, entrustment: Id) -> Result<Vec<(FormKind, String)>> {
    let rows = forms::table.filter(forms::root_id.eq(entrustment)).filter(forms::state.ne(FormState::Voided));
    Ok(rows.select((forms::kind, forms::act)).load(tx.conn)?)
}

/// A new form.
pub fn insert(tx: &mut Tx, row: &Form) -> Result<()> {
    diesel::insert_into(forms::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a form whose version was counted up by one; its text and hash are not touched.
pub fn save(tx: &mut Tx, row: &Form) -> Result<bool> {
    let changed = diesel::update(forms::table.filter(forms::id.eq(row.id)).filter(forms::version.eq(row.version - 1)))
        .set((forms::state.eq(row.state), forms::record.eq(row.record.clone()), forms::version.eq(row.version), forms::updated_at.eq(row.updated_at)))
        .execute(tx.conn)?;
    Ok(changed == 1)
}
