//! SQL of precedents.

use std::collections::HashMap;

use diesel::{dsl::count_star, prelude::*};

use super::{
    machine::PrecedentState,
    model::{PrecedentContent, PrecedentRecord, PromotionRecord, VersionReview},
    promoting::{PromotionKind, PromotionState},
};
use crate::{
    db::{
        Json, Private, Result, Sealed, Tx,
        schema::{precedent_citations, precedent_promotions, precedent_terms, precedent_versions, precedents},
    },
    kernel::{Id, Moment},
    tickets::{TicketCategory, machine::TicketTier},
};

/// A precedent. Category and tier are those of what is public, else of the draft.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = precedents, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Precedent {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    pub number: String,
    /// Which center wrote it.
    pub center_id: Id,
    /// 12 digits.
    pub division_code: String,
    /// State of what is being worked on.
    pub state: PrecedentState,
    /// A version can be read by everybody.
    pub public: bool,
    /// What kind of difficulty.
    pub category: TicketCategory,
    /// How hard it was.
    pub tier: Option<TicketTier>,
    /// The ticket that it was drawn from.
    pub ticket_id: Option<Id>,
    /// What is being worked on: it may still name people.
    pub draft: Option<Private<PrecedentContent>>,
    /// What was published last.
    pub published: Option<Json<PrecedentContent>>,
    /// Its number.
    pub published_version: Option<i64>,
    /// Since when.
    pub published_at: Option<Moment>,
    /// What belongs to it beside its text.
    pub record: Private<PrecedentRecord>,
    /// Version of the record.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A published version.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = precedent_versions, treat_none_as_default_value = false)]
pub struct PrecedentVersion {
    /// Of which precedent.
    pub precedent_id: Id,
    /// 1, 2, 3 …
    pub number: i64,
    /// What it said.
    pub content: Json<PrecedentContent>,
    /// How it was reviewed.
    pub review: Private<VersionReview>,
    /// When.
    pub published_at: Moment,
}

/// A ticket that a precedent has helped.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = precedent_citations, treat_none_as_default_value = false)]
pub struct Citation {
    /// Identity.
    pub id: Id,
    /// Which precedent.
    pub precedent_id: Id,
    /// Which ticket.
    pub ticket_id: Id,
    /// Who says so.
    pub staff_id: Option<Id>,
    /// How it helped.
    pub words: Sealed,
    /// When.
    pub created_at: Moment,
}

/// What was proposed to the catalogue.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = precedent_promotions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Promotion {
    /// Identity.
    pub id: Id,
    /// Because of which precedent.
    pub precedent_id: Id,
    /// What.
    pub kind: PromotionKind,
    /// The item that it changes, or that was made for it.
    pub item_id: Option<Id>,
    /// State.
    pub state: PromotionState,
    /// What belongs to it.
    pub record: Private<PromotionRecord>,
    /// Version.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// By id.
pub fn precedent(tx: &mut Tx, id: Id) -> Result<Option<Precedent>> {
    Ok(precedents::table.filter(precedents::id.eq(id)).select(Precedent::as_select()).first(tx.conn).optional()?)
}

/// By number.
pub fn precedent_by_number(tx: &mut Tx, number: &str) -> Result<Option<Precedent>> {
    Ok(precedents::table.filter(precedents::number.eq(number)).select(Precedent::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn precedents_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Precedent>> {
    Ok(precedents::table.filter(precedents::id.eq_any(ids.to_vec())).select(Precedent::as_select()).load(tx.conn)?)
}

/// The one drawn from a ticket.
pub fn of_ticket(tx: &mut Tx, ticket: Id) -> Result<Option<Precedent>> {
    Ok(precedents::table.filter(precedents::ticket_id.eq(ticket)).select(Precedent::as_select()).first(tx.conn).optional()?)
}

/// A new precedent.
pub fn insert(tx: &mut Tx, row: &Precedent) -> Result<()> {
    diesel::insert_into(precedents::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a precedent whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Precedent) -> Result<bool> {
    let changed = diesel::update(precedents::table.filter(precedents::id.eq(row.id)).filter(precedents::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// A published version.
pub fn insert_version(tx: &mut Tx, row: &PrecedentVersion) -> Result<()> {
    diesel::insert_into(precedent_versions::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// The versions of a precedent, newest first.
pub fn versions(tx: &mut Tx, precedent: Id) -> Result<Vec<PrecedentVersion>> {
    use precedent_versions as v;
    Ok(v::table.filter(v::precedent_id.eq(precedent)).order(v::number.desc()).limit(200).select(PrecedentVersion::as_select()).load(tx.conn)?)
}

/// Makes exactly these the terms by which a published precedent is found.
pub fn set_terms(tx: &mut Tx, precedent: Id, terms: &[(&'static str, String)]) -> Result<()> {
    use precedent_terms as t;
    diesel::delete(t::table.filter(t::precedent_id.eq(precedent))).execute(tx.conn)?;
    for (kind, value) in terms {
        let row = (t::kind.eq(*kind), t::value.eq(value.clone()), t::precedent_id.eq(precedent));
        diesel::insert_into(t::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// What the public list asks for.
#[derive(Debug, Default)]
pub struct PrecedentFilter {
    /// Kinds of difficulty.
    pub categories: Vec<TicketCategory>,
    /// Tiers.
    pub tiers: Vec<TicketTier>,
    /// Divisions.
    pub divisions: Vec<String>,
    /// Items, by id.
    pub items: Vec<String>,
    /// Departments, by name.
    pub departments: Vec<String>,
    /// Exactly these (from a search).
    pub ids: Option<Vec<Id>>,
    /// After this one.
    pub after: Option<Id>,
    /// Oldest first.
    pub ascending: bool,
    /// At most.
    pub limit: i64,
}

/// What everybody may read.
pub fn public(tx: &mut Tx, f: &PrecedentFilter) -> Result<Vec<Precedent>> {
    use precedent_terms as t;
    use precedents as p;
    let mut q = p::table.filter(p::public.eq(true)).select(Precedent::as_select()).limit(f.limit).into_boxed();
    if !f.categories.is_empty() {
        q = q.filter(p::category.eq_any(f.categories.clone()));
    }
    if !f.tiers.is_empty() {
        q = q.filter(p::tier.eq_any(f.tiers.clone()));
    }
    if !f.divisions.is_empty() {
        q = q.filter(p::division_code.eq_any(f.divisions.clone()));
    }
    for (kind, values) in [("item", &f.items), ("department", &f.departments)] {
        if !values.is_empty() {
            let named = t::table.filter(t::kind.eq(kind)).filter(t::value.eq_any(values.clone())).select(t::precedent_id);
            q = q.filter(p::id.eq_any(named));
        }
    }
    if let Some(ids) = &f.ids {
        q = q.filter(p::id.eq_any(ids.clone()));
    }
    if let Some(id) = f.after {
        q = if f.ascending { q.filter(p::id.gt(id)) } else { q.filter(p::id.lt(id)) };
    }
    let q = if f.ascending { q.order(p::id.asc()) } else { q.order(p::id.desc()) };
    Ok(q.load(tx.conn)?)
}

/// A citation; unique for precedent and ticket.
pub fn insert_citation(tx: &mut Tx, row: &Citation) -> Result<()> {
    diesel::insert_into(precedent_citations::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// How often each of these precedents was cited.
pub fn citation_counts(tx: &mut Tx, ids: &[Id]) -> Result<HashMap<Id, i64>> {
    use precedent_citations as c;
    let rows: Vec<(Id, i64)> =
        c::table.filter(c::precedent_id.eq_any(ids.to_vec())).group_by(c::precedent_id).select((c::precedent_id, count_star())).load(tx.conn)?;
    Ok(rows.into_iter().collect())
}

/// Whether a ticket cites a precedent.
pub fn is_cited(tx: &mut Tx, precedent: Id) -> Result<bool> {
    Ok(citation_counts(tx, &[precedent])?.contains_key(&precedent))
}

/// The citations of a precedent, newest first.
pub fn citations(tx: &mut Tx, precedent: Id, after: Option<Id>, limit: i64) -> Result<Vec<Citation>> {
    use precedent_citations as c;
    let mut q = c::table.filter(c::precedent_id.eq(precedent)).order(c::id.desc()).limit(limit).select(Citation::as_select()).into_boxed();
    if let Some(id) = after {
        q = q.filter(c::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}

/// The precedents that a ticket cites, newest first.
pub fn cited_by(tx: &mut Tx, ticket: Id) -> Result<Vec<Citation>> {
    use precedent_citations as c;
    Ok(c::table.filter(c::ticket_id.eq(ticket)).order(c::id.desc()).limit(100).select(Citation::as_select()).load(tx.conn)?)
}

/// A new promotion.
pub fn insert_promotion(tx: &mut Tx, row: &Promotion) -> Result<()> {
    diesel::insert_into(precedent_promotions::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a promotion whose version was counted up by one.
pub fn save_promotion(tx: &mut Tx, row: &Promotion) -> Result<bool> {
    use precedent_promotions as p;
    Ok(diesel::update(p::table.filter(p::id.eq(row.id)).filter(p::version.eq(row.version - 1))).set(row.clone()).execute(tx.conn)? == 1)
}

/// By id.
pub fn promotion(tx: &mut Tx, id: Id) -> Result<Option<Promotion>> {
    use precedent_promotions as p;
    Ok(p::table.filter(p::id.eq(id)).select(Promotion::as_select()).first(tx.conn).optional()?)
}

/// The promotions of a precedent, newest first.
pub fn promotions(tx: &mut Tx, precedent: Id) -> Result<Vec<Promotion>> {
    use precedent_promotions as p;
    Ok(p::table.filter(p::precedent_id.eq(precedent)).order(p::id.desc()).limit(100).select(Promotion::as_select()).load(tx.conn)?)
}

/// All promotions, newest first.
pub fn all_promotions(tx: &mut Tx, after: Option<Id>, limit: i64) -> Result<Vec<Promotion>> {
    use precedent_promotions as p;
    let mut q = p::table.order(p::id.desc()).limit(limit).select(Promotion::as_select()).into_boxed();
    if let Some(id) = after {
        q = q.filter(p::id.lt(id));
    }
    Ok(q.load(tx.conn)?)
}
