//! SQL of hotline orders, of what was handed in, of what they opened, and of the hotlines' codes.

use diesel::prelude::*;

use super::{
    machine::{HotlineAppealState, OrderState},
    mapping::MappingContent,
    model::{Disposal, OpenedKind, OrderChannel, OrderDetails, OrderType, Secrecy, Urgency},
};
use crate::{
    db::{
        Json, Private, Result, Tx,
        schema::{centers, hotline_intakes, hotline_links, hotline_mappings, hotline_orders},
    },
    evaluations::store::Grade,
    kernel::{Id, Moment},
};

/// A hotline order.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = hotline_orders, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Order {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// The hotline; none: taken in by hand.
    pub client_id: Option<Id>,
    /// Whose the external number is.
    pub source_by: Id,
    /// The hotline's number.
    pub external_number: String,
    /// Where the hotline hands in.
    pub home_center_id: Id,
    /// Who handles it.
    pub center_id: Id,
    /// Which department of theirs.
    pub department_id: Option<Id>,
    /// The version of the hotline's codes by which it was read.
    pub mapping_number: Option<i32>,
    /// Kind.
    pub order_type: OrderType,
    /// Category, by our name.
    pub category: String,
    /// Urgency.
    pub urgency: Urgency,
    /// Secrecy.
    pub secrecy: Secrecy,
    /// Channel.
    pub channel: OrderChannel,
    /// Disposal.
    pub disposal: Disposal,
    /// State.
    pub state: OrderState,
    /// Where it goes back to.
    pub held_state: Option<OrderState>,
    /// Round of handling.
    pub round: i32,
    /// A code was not known.
    pub unmapped: bool,
    /// The caller did not say who they are.
    pub anonymous: bool,
    /// The hotline supervises it.
    pub supervised: bool,
    /// The hotline calls back.
    pub needs_visit: bool,
    /// Times it was handed back.
    pub returns: i32,
    /// Extensions granted.
    pub extensions: i32,
    /// Reminders of the hotline.
    pub urged: i32,
    /// The order that it was merged into.
    pub merged_into_id: Option<Id>,
    /// Who handles it.
    pub assignee_id: Option<Id>,
    /// Who met it first.
    pub first_responder_id: Option<Id>,
    /// Whether it is left out of the rates.
    pub appeal: HotlineAppealState,
    /// The return visit of this round: reached.
    pub contacted: Option<bool>,
    /// 响应.
    pub responded: Option<bool>,
    /// 解决.
    pub resolved: Option<bool>,
    /// What the first return visit of all found.
    pub first_resolved: Option<bool>,
    /// With the hotline.
    pub hotline_grade: Option<Grade>,
    /// With the department.
    pub department_grade: Option<Grade>,
    /// When visited.
    pub visited_at: Option<Moment>,
    /// Blind index of the telephone.
    pub phone_mark: Option<String>,
    /// Blind index of the name.
    pub name_mark: Option<String>,
    /// Open311 service that it was filed under.
    pub service_code: Option<String>,
    /// Civil day.
    pub received_on: String,
    /// What people wrote.
    pub details: Private<OrderDetails>,
    /// Nearest deadline.
    pub due_at: Moment,
    /// When signed in, in this round.
    pub signed_at: Option<Moment>,
    /// When finally replied, in this round.
    pub replied_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When taken in.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

impl Order {
    /// Whether the caller is satisfied with the handling, as far as is known.
    pub fn satisfied(&self) -> Option<bool> {
        self.department_grade.map(|grade| !grade.is_bad())
    }
}

/// What was handed in for a round.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = hotline_intakes, treat_none_as_default_value = false)]
pub struct Intake {
    /// Identity.
    pub id: Id,
    /// Whose number.
    pub source_by: Id,
    /// The hotline's number.
    pub external_number: String,
    /// Round.
    pub round: i32,
    /// Of which order.
    pub order_id: Id,
    /// Keyed hash of the content.
    pub digest: String,
    /// Of what moment the content is.
    pub content_at: Moment,
    /// When it came.
    pub created_at: Moment,
}

/// A record that an order opened.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = hotline_links, treat_none_as_default_value = false)]
pub struct Link {
    /// Identity.
    pub id: Id,
    /// Of which order.
    pub order_id: Id,
    /// Kind.
    pub kind: OpenedKind,
    /// Which record.
    pub record_id: Id,
    /// Its number.
    pub record_number: String,
    /// In which round.
    pub round: i32,
    /// When.
    pub created_at: Moment,
}

/// A version of a hotline's codes.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = hotline_mappings, treat_none_as_default_value = false)]
pub struct Mapping {
    /// Identity.
    pub id: Id,
    /// Of which client.
    pub client_id: Id,
    /// Its number.
    pub number: i32,
    /// The codes.
    pub content: Json<MappingContent>,
    /// What is new.
    pub note: String,
    /// By whom.
    pub made_by: Option<Id>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When.
    pub updated_at: Moment,
}

/// By id.
pub fn order(tx: &mut Tx, id: Id) -> Result<Option<Order>> {
    Ok(hotline_orders::table.filter(hotline_orders::id.eq(id)).select(Order::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn order_by_number(tx: &mut Tx, number: &str) -> Result<Option<Order>> {
    Ok(hotline_orders::table.filter(hotline_orders::number.eq(number)).select(Order::as_select()).first(tx.conn).optional()?)
}

/// By the hotline's number: a source's own, or whosever it is.
pub fn orders_by_external(tx: &mut Tx, by: Option<Id>, external: &str) -> Result<Vec<Order>> {
    let mut q = hotline_orders::table.filter(hotline_orders::external_number.eq(external.to_owned())).order(hotline_orders::id.desc()).limit(50).into_boxed();
    if let Some(by) = by {
        q = q.filter(hotline_orders::source_by.eq(by));
    }
    Ok(q.select(Order::as_select()).load(tx.conn)?)
}

/// Several, by id.
pub fn orders_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Order>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(hotline_orders::table.filter(hotline_orders::id.eq_any(ids.to_vec())).select(Order::as_select()).load(tx.conn)?)
}

/// What was merged into an order.
pub fn merged_into(tx: &mut Tx, id: Id) -> Result<Vec<Order>> {
    let rows = hotline_orders::table.filter(hotline_orders::merged_into_id.eq(Some(id))).order(hotline_orders::id.asc());
    Ok(rows.select(Order::as_select()).load(tx.conn)?)
}

/// By the telephone or the exact name of the caller.
pub fn orders_by_person(tx: &mut Tx, phone: Option<&str>, name: &str, limit: i64) -> Result<Vec<Order>> {
    let mut found: Vec<Order> = Vec::new();
    if let Some(mark) = phone {
        let rows = hotline_orders::table.filter(hotline_orders::phone_mark.eq(Some(mark.to_owned()))).order(hotline_orders::id.desc()).limit(limit);
        found.extend(rows.select(Order::as_select()).load(tx.conn)?);
    }
    let rows = hotline_orders::table.filter(hotline_orders::name_mark.eq(Some(name.to_owned()))).order(hotline_orders::id.desc()).limit(limit);
    let named: Vec<Order> = rows.select(Order::as_select()).load(tx.conn)?;
    found.extend(named.into_iter().filter(|row| !row.external_number.is_empty()));
    Ok(found)
}

/// Adds an order.
pub fn insert(tx: &mut Tx, row: &Order) -> Result<()> {
    diesel::insert_into(hotline_orders::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an order whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Order) -> Result<bool> {
    let changed = diesel::update(hotline_orders::table.filter(hotline_orders::id.eq(row.id)).filter(hotline_orders::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// What was handed in for a round.
pub fn intake(tx: &mut Tx, by: Id, external: &str, round: i32) -> Result<Option<Intake>> {
    let rows = hotline_intakes::table
        .filter(hotline_intakes::source_by.eq(by))
        .filter(hotline_intakes::external_number.eq(external.to_owned()))
        .filter(hotline_intakes::round.eq(round));
    Ok(rows.select(Intake::as_select()).first(tx.conn).optional()?)
}

/// What was handed in under a number, the first round first.
pub fn intakes(tx: &mut Tx, by: Id, external: &str) -> Result<Vec<Intake>> {
    let rows = hotline_intakes::table.filter(hotline_intakes::source_by.eq(by)).filter(hotline_intakes::external_number.eq(external.to_owned()));
    Ok(rows.order(hotline_intakes::round.asc()).select(Intake::as_select()).load(tx.conn)?)
}

/// Adds what was handed in; the unique index says who was first.
pub fn insert_intake(tx: &mut Tx, row: &Intake) -> Result<()> {
    diesel::insert_into(hotline_intakes::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves newer content.
pub fn save_intake(tx: &mut Tx, row: &Intake) -> Result<()> {
    diesel::update(hotline_intakes::table.filter(hotline_intakes::id.eq(row.id))).set(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// The records that an order opened.
pub fn links(tx: &mut Tx, order: Id) -> Result<Vec<Link>> {
    links_of(tx, &[order])
}

/// The records that several orders opened.
pub fn links_of(tx: &mut Tx, orders: &[Id]) -> Result<Vec<Link>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let rows = hotline_links::table.filter(hotline_links::order_id.eq_any(orders.to_vec())).order(hotline_links::id.asc());
    Ok(rows.select(Link::as_select()).load(tx.conn)?)
}

/// The order that opened a record.
pub fn link_to(tx: &mut Tx, record: Id) -> Result<Option<Link>> {
    Ok(hotline_links::table.filter(hotline_links::record_id.eq(record)).select(Link::as_select()).first(tx.conn).optional()?)
}

/// The orders that opened these records.
pub fn opened_by(tx: &mut Tx, records: &[Id]) -> Result<Vec<Order>> {
    let opening = hotline_links::table.filter(hotline_links::record_id.eq_any(records.to_vec())).select(hotline_links::order_id);
    let rows = hotline_orders::table.filter(hotline_orders::id.eq_any(opening)).order(hotline_orders::id.asc());
    Ok(rows.select(Order::as_select()).load(tx.conn)?)
}

/// Adds a link.
pub fn insert_link(tx: &mut Tx, row: &Link) -> Result<()> {
    diesel::insert_into(hotline_links::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// By id.
pub fn mapping(tx: &mut Tx, id: Id) -> Result<Option<Mapping>> {
    Ok(hotline_mappings::table.filter(hotline_mappings::id.eq(id)).select(Mapping::as_select()).first(tx.conn).optional()?)
}

/// The one that holds.
pub fn newest_mapping(tx: &mut Tx, client: Id) -> Result<Option<Mapping>> {
    let rows = hotline_mappings::table.filter(hotline_mappings::client_id.eq(client)).order(hotline_mappings::number.desc());
    Ok(rows.select(Mapping::as_select()).first(tx.conn).optional()?)
}

/// All, newest first.
pub fn mappings(tx: &mut Tx, after: Option<Id>, limit: i64) -> Result<Vec<Mapping>> {
    let mut q = hotline_mappings::table.order(hotline_mappings::id.desc()).limit(limit).select(Mapping::as_select()).into_boxed();
    if let Some(after) = after {
        q = q.filter(hotline_mappings::id.lt(after));
    }
    Ok(q.load(tx.conn)?)
}

/// Adds a version.
pub fn insert_mapping(tx: &mut Tx, row: &Mapping) -> Result<()> {
    diesel::insert_into(hotline_mappings::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// By several numbers.
pub fn orders_by_numbers(tx: &mut Tx, numbers: &[String]) -> Result<Vec<Order>> {
    Ok(hotline_orders::table.filter(hotline_orders::number.eq_any(numbers.to_vec())).select(Order::as_select()).load(tx.conn)?)
}

/// Which orders filed under an Open311 service are asked for.
#[derive(Clone, Debug)]
pub struct Filed {
    /// Path of the center that they were filed at or below.
    pub path: Option<String>,
    /// Who asks: it sees its own, and of others those that are not confidential.
    pub client: Option<Id>,
    /// Under these services; none named: under any.
    pub services: Vec<String>,
    /// Made from when until when.
    pub made: (Moment, Moment),
    /// Changed since.
    pub after: Option<Moment>,
    /// Changed before.
    pub before: Option<Moment>,
}

/// Orders filed under a service, newest first, after a place or after so many.
pub fn filed(tx: &mut Tx, asked: &Filed, at: Option<(Moment, Id)>, skip: i64, limit: i64) -> Result<Vec<Order>> {
    use hotline_orders as o;
    let mut q = o::table.filter(o::service_code.is_not_null()).select(Order::as_select()).into_boxed();
    // Nobody's own orders are none: NULL equals nothing.
    q = q.filter(o::secrecy.eq(Secrecy::Normal).or(o::client_id.eq(asked.client)));
    if let Some(path) = &asked.path {
        let below = centers::table.filter(centers::path.ge(path.clone())).filter(centers::path.lt(format!("{path}~"))).select(centers::id);
        q = q.filter(o::home_center_id.eq_any(below));
    }
    q = q.filter(o::created_at.ge(asked.made.0)).filter(o::created_at.lt(asked.made.1));
    if !asked.services.is_empty() {
        q = q.filter(o::service_code.eq_any(asked.services.iter().cloned().map(Some).collect::<Vec<_>>()));
    }
    if let Some(after) = asked.after {
        q = q.filter(o::updated_at.ge(after));
    }
    if let Some(before) = asked.before {
        q = q.filter(o::updated_at.lt(before));
    }
    if let Some((at, id)) = at {
        q = q.filter(o::created_at.le(at)).filter(o::created_at.lt(at).or(o::id.lt(id)));
    }
    Ok(q.order((o::created_at.desc(), o::id.desc())).offset(skip).limit(limit).load(tx.conn)?)
}
