//! SQL of consultations, their offers between centers, and what they were turned into.

use diesel::prelude::*;

use super::{
    machine::ConsultationState,
    model::{ConsultationChannel, ConsultationDetails, ConsultationTheme, TransferStanding, TransferWords},
};
use crate::{
    db::{
        Json, Private, Result, Sealed, Tx,
        schema::{consultation_links, consultation_transfers, consultations},
    },
    kernel::{Id, Moment},
};

/// A consultation.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = consultations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Consultation {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// The center that answers now.
    pub center_id: Id,
    /// The center that took it in.
    pub intake_center_id: Id,
    /// At which window.
    pub window_id: Option<Id>,
    /// How it came in.
    pub channel: ConsultationChannel,
    /// What it is about.
    pub theme: ConsultationTheme,
    /// State.
    pub state: ConsultationState,
    /// Round of answering, from 1.
    pub round: i32,
    /// Who asks, where they are known.
    pub applicant_id: Option<Id>,
    /// Whom to call.
    pub name: Option<Sealed>,
    /// Their telephone.
    pub phone: Option<Sealed>,
    /// Blind index of the name.
    pub name_mark: Option<String>,
    /// Blind index of the telephone.
    pub phone_mark: Option<String>,
    /// The asker is shown to nobody but the counter and who answers.
    pub confidential: bool,
    /// The item that it is about first.
    pub item_id: Option<Id>,
    /// All items that it is about.
    pub items: Json<Vec<Id>>,
    /// Whoever met the asker first.
    pub first_responder_id: Option<Id>,
    /// Who answers.
    pub assignee_id: Option<Id>,
    /// Who answered last.
    pub answered_by: Option<Id>,
    /// Accepted offers.
    pub hand_overs: i32,
    /// Offers that came back.
    pub returns: i32,
    /// The center that has an offer of it.
    pub offered_to_id: Option<Id>,
    /// Whose number its source is: a client's, or a center's.
    pub source_by: Option<Id>,
    /// Its number there.
    pub source: Option<String>,
    /// What people wrote.
    pub details: Private<ConsultationDetails>,
    /// Civil date of intake, `YYYY-MM-DD`.
    pub received_on: String,
    /// Answer until.
    pub due_at: Moment,
    /// What was answered closes by itself then.
    pub closes_at: Moment,
    /// When last answered.
    pub answered_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When taken in.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// An offer from one center to another.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = consultation_transfers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Offer {
    /// Identity.
    pub id: Id,
    /// Of which consultation.
    pub consultation_id: Id,
    /// From.
    pub from_center_id: Id,
    /// To.
    pub to_center_id: Id,
    /// How it stands.
    pub state: TransferStanding,
    /// What was said.
    pub words: Private<TransferWords>,
    /// Who offered.
    pub offered_by: Option<Id>,
    /// When offered.
    pub created_at: Moment,
    /// When answered.
    pub answered_at: Option<Moment>,
}

/// What a consultation was turned into.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = consultation_links)]
pub struct Turned {
    /// Which consultation.
    pub consultation_id: Id,
    /// `entrustment` or `fallback_ticket`.
    pub record_kind: String,
    /// Which record.
    pub record_id: Id,
    /// Its number.
    pub number: String,
    /// When.
    pub created_at: Moment,
}

/// By id.
pub fn consultation(tx: &mut Tx, id: Id) -> Result<Option<Consultation>> {
    Ok(consultations::table.find(id).select(Consultation::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn by_number(tx: &mut Tx, number: &str) -> Result<Option<Consultation>> {
    Ok(consultations::table.filter(consultations::number.eq(number)).select(Consultation::as_select()).first(tx.conn).optional()?)
}

/// By another system's number.
pub fn by_source(tx: &mut Tx, by: Id, source: &str) -> Result<Option<Consultation>> {
    let row = consultations::table.filter(consultations::source_by.eq(by)).filter(consultations::source.eq(source));
    Ok(row.select(Consultation::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn consultations_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Consultation>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(consultations::table.filter(consultations::id.eq_any(ids.to_vec())).select(Consultation::as_select()).load(tx.conn)?)
}

/// Of whoever gave this telephone or this name, newest first.
pub fn by_person(tx: &mut Tx, phone: Option<&str>, name: &str, limit: i64) -> Result<Vec<Consultation>> {
    let named = consultations::table.filter(consultations::name_mark.eq(name)).order(consultations::id.desc()).limit(limit);
    let mut rows: Vec<Consultation> = named.select(Consultation::as_select()).load(tx.conn)?;
    if let Some(phone) = phone {
        let called = consultations::table.filter(consultations::phone_mark.eq(phone)).order(consultations::id.desc()).limit(limit);
        rows.extend(called.select(Consultation::as_select()).load(tx.conn)?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    rows.dedup_by_key(|row| row.id);
    Ok(rows)
}

/// Those whose time to ask again is over.
pub fn to_close(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Id>> {
    let rows = consultations::table.filter(consultations::state.eq(ConsultationState::Answered)).filter(consultations::closes_at.le(now));
    Ok(rows.order(consultations::closes_at.asc()).limit(limit).select(consultations::id).load(tx.conn)?)
}

/// A new one.
pub fn insert(tx: &mut Tx, row: &Consultation) -> Result<()> {
    diesel::insert_into(consultations::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves one whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Consultation) -> Result<bool> {
    let old = consultations::table.filter(consultations::id.eq(row.id)).filter(consultations::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// The consultations of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    let own = consultations::table.filter(consultations::applicant_id.eq(Some(from)));
    diesel::update(own).set(consultations::applicant_id.eq(Some(to))).execute(tx.conn)?;
    Ok(())
}

/// The offers of a consultation, oldest first.
pub fn offers(tx: &mut Tx, id: Id) -> Result<Vec<Offer>> {
    let rows = consultation_transfers::table.filter(consultation_transfers::consultation_id.eq(id)).order(consultation_transfers::id.asc());
    Ok(rows.select(Offer::as_select()).load(tx.conn)?)
}

/// A new offer.
pub fn insert_offer(tx: &mut Tx, row: &Offer) -> Result<()> {
    diesel::insert_into(consultation_transfers::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// An offer was answered.
pub fn save_offer(tx: &mut Tx, row: &Offer) -> Result<()> {
    diesel::update(consultation_transfers::table.find(row.id)).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// What these consultations were turned into, oldest first.
pub fn turned(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Turned>> {
    let rows = consultation_links::table.filter(consultation_links::consultation_id.eq_any(ids.to_vec()));
    Ok(rows.order((consultation_links::created_at.asc(), consultation_links::record_id.asc())).select(Turned::as_select()).load(tx.conn)?)
}

/// The consultation that a record grew out of.
pub fn origin_of(tx: &mut Tx, record: Id) -> Result<Option<Id>> {
    let rows = consultation_links::table.filter(consultation_links::record_id.eq(record));
    Ok(rows.select(consultation_links::consultation_id).first(tx.conn).optional()?)
}

/// It was turned into a record.
pub fn insert_turned(tx: &mut Tx, row: &Turned) -> Result<()> {
    diesel::insert_into(consultation_links::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}
