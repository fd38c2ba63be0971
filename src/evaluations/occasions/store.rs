//! SQL of service occasions.

use diesel::prelude::*;

use crate::{
    db::{Result, Sealed, Tx, code_enum, schema::service_occasions},
    kernel::{Id, Moment},
};

/// Its name in the access table and in the policy.
pub const KIND: &str = "service_occasion";

code_enum! {
    /// What kind of service it was.
    OccasionKind in "service-occasion-kinds" {
        Counter "counter" "窗口办理",
        Consultation "consultation" "咨询导办",
        HotlineOrder "hotline_order" "12345工单",
        Other "other" "其他服务",
    }
}

/// A service occasion; its state is that of its first evaluation.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = service_occasions, treat_none_as_default_value = false)]
pub struct Occasion {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Whose service number it is: a client's, or a center's.
    pub source_by: Id,
    /// The service number.
    pub service_no: String,
    /// Keyed hash of what was sent.
    pub digest: String,
    /// What kind of service.
    pub kind: OccasionKind,
    /// The center that served.
    pub center_id: Id,
    /// The department that served there.
    pub department_id: Option<Id>,
    /// At which window.
    pub window_id: Option<Id>,
    /// Who served.
    pub staff_id: Option<Id>,
    /// About which item.
    pub item_id: Option<Id>,
    /// Name of the item, or the kind.
    pub title: String,
    /// When.
    pub served_at: Moment,
    /// Who was served, where they are registered.
    pub applicant_id: Option<Id>,
    /// Their name.
    pub name: Option<Sealed>,
    /// Their telephone.
    pub phone: Option<Sealed>,
    /// The client that opened it.
    pub client_id: Option<Id>,
    /// The person who did.
    pub recorded_by: Option<Id>,
    /// Version.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn occasion(tx: &mut Tx, id: Id) -> Result<Option<Occasion>> {
    Ok(service_occasions::table.find(id).select(Occasion::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn by_number(tx: &mut Tx, number: &str) -> Result<Option<Occasion>> {
    Ok(service_occasions::table.filter(service_occasions::number.eq(number)).select(Occasion::as_select()).first(tx.conn).optional()?)
}

/// By the number of whoever served.
pub fn by_source(tx: &mut Tx, by: Id, service_no: &str) -> Result<Option<Occasion>> {
    let row = service_occasions::table.filter(service_occasions::source_by.eq(by)).filter(service_occasions::service_no.eq(service_no));
    Ok(row.select(Occasion::as_select()).first(tx.conn).optional()?)
}

/// Those with this service number, wherever: clients and centers number for themselves.
pub fn by_service_no(tx: &mut Tx, service_no: &str) -> Result<Vec<Occasion>> {
    let rows = service_occasions::table.filter(service_occasions::service_no.eq(service_no)).order(service_occasions::id.desc()).limit(50);
    Ok(rows.select(Occasion::as_select()).load(tx.conn)?)
}

/// Those of a center with this service number.
pub fn at_center(tx: &mut Tx, center: Id, service_no: &str) -> Result<Vec<Occasion>> {
    let rows = service_occasions::table.filter(service_occasions::center_id.eq(center)).filter(service_occasions::service_no.eq(service_no));
    Ok(rows.order(service_occasions::id.desc()).limit(10).select(Occasion::as_select()).load(tx.conn)?)
}

/// Several, by id.
pub fn occasions_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Occasion>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(service_occasions::table.filter(service_occasions::id.eq_any(ids.to_vec())).select(Occasion::as_select()).load(tx.conn)?)
}

/// A new one.
pub fn insert(tx: &mut Tx, row: &Occasion) -> Result<()> {
    diesel::insert_into(service_occasions::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Nobody who was served there is known any more.
pub fn forget_contact(tx: &mut Tx, id: Id) -> Result<()> {
    let nobody = (service_occasions::name.eq(None::<Sealed>), service_occasions::phone.eq(None::<Sealed>));
    diesel::update(service_occasions::table.find(id)).set(nobody).execute(tx.conn)?;
    Ok(())
}

/// The occasions of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    let own = service_occasions::table.filter(service_occasions::applicant_id.eq(Some(from)));
    diesel::update(own).set(service_occasions::applicant_id.eq(Some(to))).execute(tx.conn)?;
    Ok(())
}
