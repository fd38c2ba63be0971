//! SQL of applicants, entrustments and what hangs on them.

use diesel::prelude::*;

use super::{
    facts::Details,
    handout_machine::HandOutState,
    machine::{State, StepState},
    model::{Channel, CustodyCause, LinkKind, MaterialState, Priority},
};
use crate::{
    catalogue::Mode,
    db::{
        Json, Private, Result, Sealed, Tx,
        schema::{access, agreements, applicants, custody, entrustments, materials, matter_links, one_time_notices, steps, watchers, windows},
    },
    insert_many,
    kernel::{Id, Moment},
};

/// An entrustment.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = entrustments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Entrustment {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// How it is helped.
    pub mode: Mode,
    /// State.
    pub state: State,
    /// How it came in.
    pub channel: Channel,
    /// Name of the item.
    pub title: String,
    /// Item.
    pub item_id: Id,
    /// Version of the item it was opened under.
    pub item_version: i64,
    /// Division the matter belongs to.
    pub division_code: String,
    /// Applicant.
    pub applicant_id: Id,
    /// Name of an organisation; empty for persons.
    pub applicant_name: String,
    /// Sealed.
    pub contact_name: Sealed,
    /// Sealed.
    pub contact_phone: Sealed,
    /// Blind index of the phone.
    pub phone_mark: String,
    /// The one center that has custody.
    pub custodian_id: Id,
    /// Where it came in.
    pub intake_center_id: Id,
    /// The agent who carries it.
    pub assignee_id: Option<Id>,
    /// Whoever met the applicant first.
    pub first_responder_id: Option<Id>,
    /// Nearest deadline.
    pub due_at: Moment,
    /// `none`, `drafted`, `signed`.
    pub agreement_state: String,
    /// The offer that waits for an answer.
    pub open_transfer_id: Option<Id>,
    /// Open joint handlings.
    pub open_legs: i32,
    /// Accepted transfers.
    pub hand_overs: i32,
    /// Reminders for missing material.
    pub reminders: i32,
    /// State before termination was asked for.
    pub held_state: Option<State>,
    /// What was said and signed.
    pub facts: Private<Details>,
    /// Civil date of receipt.
    pub received_on: String,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// When it ended.
    pub closed_at: Option<Moment>,
    /// Who hands it in for the applicant.
    pub mandate_id: Option<Id>,
    /// How pressing.
    pub priority: Priority,
    /// What staff mark it with.
    pub tags: Json<Vec<String>>,
    /// The window that took it in.
    pub window_id: Option<Id>,
    /// Where the results are, once it is arranged how they reach the applicant.
    pub hand_out_state: Option<HandOutState>,
    /// Blind index of the name of whom to call.
    pub contact_mark: Option<String>,
}

/// A step of the plan.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = steps, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct StepRow {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub entrustment_id: Id,
    /// Unique within the plan.
    pub code: String,
    /// Order.
    pub sequence: i32,
    /// State.
    pub state: StepState,
    /// What is done.
    pub name: String,
    /// By whom.
    pub department: String,
    /// In what time.
    pub limit_value: i32,
    /// In what unit.
    pub limit_unit: String,
    /// Civil date.
    pub planned_start: Option<String>,
    /// Civil date.
    pub planned_end: Option<String>,
    /// What was recorded.
    pub record: Private<super::recorded::StepRecord>,
    /// When last changed.
    pub updated_at: Moment,
    /// The department that carries it, where it is known here.
    pub department_id: Option<Id>,
}

/// A material of the checklist.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = materials, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct MaterialRow {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub entrustment_id: Id,
    /// Unique within the checklist.
    pub code: String,
    /// Order.
    pub sequence: i32,
    /// State.
    pub state: MaterialState,
    /// Name.
    pub name: String,
    /// What was recorded.
    pub record: Private<super::recorded::MaterialRecord>,
    /// When last changed.
    pub updated_at: Moment,
}

/// A period of custody.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = custody, treat_none_as_default_value = false)]
pub struct CustodyRow {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub entrustment_id: Id,
    /// 1, 2, 3 …
    pub sequence: i32,
    /// Responsible center.
    pub center_id: Id,
    /// Why it began.
    pub cause: CustodyCause,
    /// By which transfer.
    pub transfer_id: Option<Id>,
    /// From.
    pub from_at: Moment,
    /// Until; the open one has none.
    pub to_at: Option<Moment>,
    /// By which arbitration.
    pub arbitration_id: Option<Id>,
}

/// An agreement 委托协议.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = agreements, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct AgreementRow {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub entrustment_id: Id,
    /// The center that acts.
    pub center_id: Id,
    /// The exact text.
    pub text: Sealed,
    /// SHA-256 of the text.
    pub text_hash: String,
    /// `drafted`, `signed`, `superseded`.
    pub state: String,
    /// Both signatures.
    pub signature: Option<Private<super::facts::Signature>>,
    /// When.
    pub drafted_at: Moment,
    /// When signed.
    pub signed_at: Option<Moment>,
}

/// A one-time notice 一次性告知.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = one_time_notices, treat_none_as_default_value = false)]
pub struct NoticeRow {
    /// Identity.
    pub id: Id,
    /// Whose.
    pub entrustment_id: Id,
    /// By which center.
    pub center_id: Id,
    /// The complete list.
    pub items: Private<Vec<super::recorded::MissingItem>>,
    /// Until when.
    pub due_at: Moment,
    /// By whom.
    pub issued_by: String,
    /// When.
    pub issued_at: Moment,
}

/// By id.
pub fn entrustment(tx: &mut Tx, id: Id) -> Result<Option<Entrustment>> {
    Ok(entrustments::table.filter(entrustments::id.eq(id)).select(Entrustment::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn entrustment_by_number(tx: &mut Tx, number: &str) -> Result<Option<Entrustment>> {
    Ok(entrustments::table.filter(entrustments::number.eq(number)).select(Entrustment::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn entrustments_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Entrustment>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(entrustments::table.filter(entrustments::id.eq_any(ids.to_vec())).select(Entrustment::as_select()).load(tx.conn)?)
}

/// Ids of matters reached under a phone, newest first, among those that one of `subjects` sees in clear: who sees a
/// matter masked must not confirm a person by it.
pub fn ids_by_phone(tx: &mut Tx, mark: &str, subjects: &[String]) -> Result<Vec<Id>> {
    Ok(entrustments::table
        .inner_join(access::table.on(access::record_id.eq(entrustments::id)))
        .filter(entrustments::phone_mark.eq(mark))
        .filter(access::subject.eq_any(subjects.to_vec()))
        .filter(access::masked.eq(false))
        .order(entrustments::id.desc())
        .limit(100)
        .select(entrustments::id)
        .load(tx.conn)?)
}

/// Ids of matters with exactly this contact, newest first, among those that one of `subjects` sees in clear.
pub fn ids_by_contact(tx: &mut Tx, mark: &str, subjects: &[String]) -> Result<Vec<Id>> {
    Ok(entrustments::table
        .inner_join(access::table.on(access::record_id.eq(entrustments::id)))
        .filter(entrustments::contact_mark.eq(mark))
        .filter(access::subject.eq_any(subjects.to_vec()))
        .filter(access::masked.eq(false))
        .order(entrustments::id.desc())
        .limit(100)
        .select(entrustments::id)
        .load(tx.conn)?)
}

/// Ids of matters of applicants with exactly this name, newest first, among those that one of `subjects` sees in clear.
pub fn ids_by_applicant_name(tx: &mut Tx, mark: &str, subjects: &[String]) -> Result<Vec<Id>> {
    Ok(entrustments::table
        .inner_join(applicants::table.on(applicants::id.eq(entrustments::applicant_id)))
        .inner_join(access::table.on(access::record_id.eq(entrustments::id)))
        .filter(applicants::name_mark.eq(mark))
        .filter(access::subject.eq_any(subjects.to_vec()))
        .filter(access::masked.eq(false))
        .order(entrustments::id.desc())
        .limit(100)
        .select(entrustments::id)
        .load(tx.conn)?)
}

/// A new entrustment.
pub fn insert(tx: &mut Tx, row: &Entrustment) -> Result<()> {
    diesel::insert_into(entrustments::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an entrustment whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Entrustment) -> Result<bool> {
    let changed = diesel::update(entrustments::table.filter(entrustments::id.eq(row.id)).filter(entrustments::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// The plan, in order.
pub fn steps(tx: &mut Tx, entrustment: Id) -> Result<Vec<StepRow>> {
    Ok(steps::table.filter(steps::entrustment_id.eq(entrustment)).order(steps::sequence.asc()).select(StepRow::as_select()).load(tx.conn)?)
}

/// The steps of several matters, each in order.
pub fn steps_of(tx: &mut Tx, entrustments: &[Id]) -> Result<Vec<StepRow>> {
    let rows = steps::table.filter(steps::entrustment_id.eq_any(entrustments.to_vec()));
    Ok(rows.order((steps::entrustment_id.asc(), steps::sequence.asc())).select(StepRow::as_select()).load(tx.conn)?)
}

/// Replaces the plan.
pub fn replace_steps(tx: &mut Tx, entrustment: Id, rows: &[StepRow]) -> Result<()> {
    diesel::delete(steps::table.filter(steps::entrustment_id.eq(entrustment))).execute(tx.conn)?;
    insert_many!(tx.conn, steps::table, rows);
    Ok(())
}

/// How many open matters there are under each version of an item.
pub fn open_by_version(tx: &mut Tx, item: Id) -> Result<Vec<(i64, i64)>> {
    use entrustments as e;
    Ok(e::table
        .filter(e::item_id.eq(item))
        .filter(e::closed_at.is_null())
        .group_by(e::item_version)
        .select((e::item_version, diesel::dsl::count_star()))
        .order(e::item_version.desc())
        .load(tx.conn)?)
}

/// Open matters of a center that nobody carries yet and no offer holds, each with its item, the oldest first.
pub fn waiting(tx: &mut Tx, center: Id, limit: i64) -> Result<Vec<(Id, Id)>> {
    use entrustments as e;
    Ok(e::table
        .filter(e::custodian_id.eq(center))
        .filter(e::assignee_id.is_null())
        .filter(e::closed_at.is_null())
        .filter(e::open_transfer_id.is_null())
        .order(e::id.asc())
        .limit(limit)
        .select((e::id, e::item_id))
        .load(tx.conn)?)
}

/// Saves a step; its root is locked.
pub fn save_step(tx: &mut Tx, row: &StepRow) -> Result<()> {
    diesel::update(steps::table.filter(steps::id.eq(row.id))).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// The checklist, in order.
pub fn materials(tx: &mut Tx, entrustment: Id) -> Result<Vec<MaterialRow>> {
    Ok(materials::table.filter(materials::entrustment_id.eq(entrustment)).order(materials::sequence.asc()).select(MaterialRow::as_select()).load(tx.conn)?)
}

/// Adds materials.
pub fn insert_materials(tx: &mut Tx, rows: &[MaterialRow]) -> Result<()> {
    insert_many!(tx.conn, materials::table, rows);
    Ok(())
}

/// Saves a material; its root is locked.
pub fn save_material(tx: &mut Tx, row: &MaterialRow) -> Result<()> {
    diesel::update(materials::table.filter(materials::id.eq(row.id))).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// The custody chain, oldest first.
pub fn custody(tx: &mut Tx, entrustment: Id) -> Result<Vec<CustodyRow>> {
    Ok(custody::table.filter(custody::entrustment_id.eq(entrustment)).order(custody::sequence.asc()).select(CustodyRow::as_select()).load(tx.conn)?)
}

/// Ends the open period; `false` when there is none.
pub fn end_custody(tx: &mut Tx, entrustment: Id, at: Moment) -> Result<bool> {
    let changed = diesel::update(custody::table.filter(custody::entrustment_id.eq(entrustment)).filter(custody::to_at.is_null()))
        .set(custody::to_at.eq(Some(at)))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Begins a period.
pub fn insert_custody(tx: &mut Tx, row: &CustodyRow) -> Result<()> {
    diesel::insert_into(custody::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// The agreements of a matter, newest first.
pub fn agreements(tx: &mut Tx, entrustment: Id) -> Result<Vec<AgreementRow>> {
    Ok(agreements::table.filter(agreements::entrustment_id.eq(entrustment)).order(agreements::id.desc()).select(AgreementRow::as_select()).load(tx.conn)?)
}

/// The newest agreement.
pub fn agreement(tx: &mut Tx, entrustment: Id) -> Result<Option<AgreementRow>> {
    Ok(agreements::table
        .filter(agreements::entrustment_id.eq(entrustment))
        .order(agreements::id.desc())
        .select(AgreementRow::as_select())
        .first(tx.conn)
        .optional()?)
}

/// A new agreement.
pub fn insert_agreement(tx: &mut Tx, row: &AgreementRow) -> Result<()> {
    diesel::insert_into(agreements::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an agreement; its root is locked.
pub fn save_agreement(tx: &mut Tx, row: &AgreementRow) -> Result<()> {
    diesel::update(agreements::table.filter(agreements::id.eq(row.id))).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// A new notice.
pub fn insert_notice(tx: &mut Tx, row: &NoticeRow) -> Result<()> {
    diesel::insert_into(one_time_notices::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// A link between two matters.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = matter_links, treat_none_as_default_value = false)]
pub struct Link {
    /// Which links.
    pub from_id: Id,
    /// Which is linked.
    pub to_id: Id,
    /// What they have to do with each other.
    pub kind: LinkKind,
    /// Post of whoever linked them.
    pub created_by: String,
    /// When.
    pub created_at: Moment,
}

/// The links of a matter, both ways, newest first.
pub fn links(tx: &mut Tx, entrustment: Id) -> Result<Vec<Link>> {
    Ok(matter_links::table
        .filter(matter_links::from_id.eq(entrustment).or(matter_links::to_id.eq(entrustment)))
        .order((matter_links::created_at.desc(), matter_links::to_id.desc()))
        .limit(200)
        .select(Link::as_select())
        .load(tx.conn)?)
}

/// A new link.
pub fn link(tx: &mut Tx, row: &Link) -> Result<()> {
    diesel::insert_into(matter_links::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Takes a link back.
pub fn unlink(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::delete(matter_links::table.filter(matter_links::from_id.eq(from)).filter(matter_links::to_id.eq(to))).execute(tx.conn)?;
    Ok(())
}

/// Makes somebody watch a matter, or no longer.
pub fn watch(tx: &mut Tx, entrustment: Id, user: Id, watching: bool) -> Result<()> {
    let own = watchers::table.filter(watchers::entrustment_id.eq(entrustment)).filter(watchers::user_id.eq(user));
    diesel::delete(own).execute(tx.conn)?;
    if watching {
        let row = (watchers::entrustment_id.eq(entrustment), watchers::user_id.eq(user), watchers::created_at.eq(tx.now));
        diesel::insert_into(watchers::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// Which of these matters somebody watches.
pub fn watched(tx: &mut Tx, user: Id, ids: &[Id]) -> Result<Vec<Id>> {
    Ok(watchers::table
        .filter(watchers::user_id.eq(user))
        .filter(watchers::entrustment_id.eq_any(ids.to_vec()))
        .select(watchers::entrustment_id)
        .load(tx.conn)?)
}

/// The center of a window that is open.
pub fn center_of_window(tx: &mut Tx, id: Id) -> Result<Option<Id>> {
    Ok(windows::table.filter(windows::id.eq(id)).filter(windows::status.eq("open")).select(windows::center_id).first(tx.conn).optional()?)
}

/// The newest matters of an applicant.
pub fn newest_of_applicant(tx: &mut Tx, applicant: Id, limit: i64) -> Result<Vec<Entrustment>> {
    Ok(entrustments::table
        .filter(entrustments::applicant_id.eq(applicant))
        .order(entrustments::id.desc())
        .limit(limit)
        .select(Entrustment::as_select())
        .load(tx.conn)?)
}

/// What lists filter by.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = entrustments)]
pub struct Marks {
    /// Which matter.
    pub id: Id,
    /// How it is helped.
    pub mode: Mode,
    /// State.
    pub state: State,
    /// How it came in.
    pub channel: Channel,
    /// Item.
    pub item_id: Id,
    /// Version of it.
    pub item_version: i64,
    /// Division.
    pub division_code: String,
    /// Whose.
    pub applicant_id: Id,
    /// Who has custody.
    pub custodian_id: Id,
    /// Who carries it.
    pub assignee_id: Option<Id>,
    /// Nearest deadline.
    pub due_at: Moment,
    /// How pressing.
    pub priority: Priority,
    /// Tags.
    pub tags: Json<Vec<String>>,
    /// The window that took it in.
    pub window_id: Option<Id>,
    /// Where the results are.
    pub hand_out_state: Option<HandOutState>,
}

/// What lists filter by, of these matters.
pub fn marks(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Marks>> {
    Ok(entrustments::table.filter(entrustments::id.eq_any(ids.to_vec())).select(Marks::as_select()).load(tx.conn)?)
}

/// Matters of an applicant, to be moved to another.
pub fn ids_of_applicant(tx: &mut Tx, applicant: Id, limit: i64) -> Result<Vec<Id>> {
    Ok(entrustments::table
        .filter(entrustments::applicant_id.eq(applicant))
        .order(entrustments::id.asc())
        .limit(limit)
        .select(entrustments::id)
        .load(tx.conn)?)
}

/// How the subjects of a caller see the matters of an applicant: masked or not, for each reason.
pub fn reasons_to_see(tx: &mut Tx, applicant: Id, subjects: &[String]) -> Result<Vec<(String, bool)>> {
    Ok(entrustments::table
        .inner_join(access::table.on(access::record_id.eq(entrustments::id)))
        .filter(entrustments::applicant_id.eq(applicant))
        .filter(access::subject.eq_any(subjects.to_vec()))
        .select((access::subject, access::masked))
        .distinct()
        .load(tx.conn)?)
}

/// Applicants of matters reached under a phone, seen in clear by one of `subjects`.
pub fn applicants_by_phone(tx: &mut Tx, mark: &str, subjects: &[String]) -> Result<Vec<Id>> {
    Ok(entrustments::table
        .inner_join(access::table.on(access::record_id.eq(entrustments::id)))
        .filter(entrustments::phone_mark.eq(mark))
        .filter(access::subject.eq_any(subjects.to_vec()))
        .filter(access::masked.eq(false))
        .select(entrustments::applicant_id)
        .distinct()
        .limit(50)
        .load(tx.conn)?)
}

/// Notices, oldest first.
pub fn notices(tx: &mut Tx, entrustment: Id) -> Result<Vec<NoticeRow>> {
    Ok(one_time_notices::table
        .filter(one_time_notices::entrustment_id.eq(entrustment))
        .order(one_time_notices::id.asc())
        .select(NoticeRow::as_select())
        .load(tx.conn)?)
}
