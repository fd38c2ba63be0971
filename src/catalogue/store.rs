//! SQL of items and their versions.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{
    eligibility::RuleSet,
    model::{ExerciseLevel, HandlingType, ItemContent, ItemType},
    review::Review,
    templates::{TemplateContent, TemplateState},
};
use crate::{
    db::{
        Json, Result, Tx,
        schema::{eligibility_rules, process_templates, service_item_versions, service_items},
    },
    kernel::{Id, Moment},
};

/// An item of the catalogue. The columns repeat what lists filter by.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = service_items, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Item {
    /// Identity.
    pub id: Id,
    /// Opaque unique code.
    pub code: String,
    /// 12 digits.
    pub division_code: String,
    /// `draft`, `published` or `withdrawn`.
    pub state: String,
    /// Name.
    pub name: String,
    /// Kind.
    pub item_type: ItemType,
    /// Level.
    pub exercise_level: ExerciseLevel,
    /// 即办件 or 承诺件.
    pub handling_type: HandlingType,
    /// Authority.
    pub department: String,
    /// Theme.
    pub theme: String,
    /// Visits.
    pub visits: Option<i32>,
    /// Number of the published version.
    pub published_version: Option<i64>,
    /// The draft.
    pub draft: Option<Json<ItemContent>>,
    /// What is published.
    pub published: Option<Json<ItemContent>>,
    /// Since when.
    pub published_at: Option<Moment>,
    /// Version of the record.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// Where the review of the draft stands.
    pub review: Option<Json<Review>>,
    /// When the draft becomes the next version.
    pub effective_at: Option<Moment>,
    /// It is made of items.
    pub bundle: bool,
}

/// A version of a process template.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = process_templates, treat_none_as_default_value = false)]
pub struct TemplateRow {
    /// Identity.
    pub id: Id,
    /// What all its versions are known by.
    pub code: String,
    /// 1, 2, 3 …
    pub number: i64,
    /// The center it is made for.
    pub center_id: Id,
    /// Name.
    pub name: String,
    /// State.
    pub state: TemplateState,
    /// What it says.
    pub content: Json<TemplateContent>,
    /// Post of whoever made it.
    pub created_by: String,
    /// Version of the record.
    pub version: i64,
    /// When.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

/// A template's version, by id.
pub fn template(tx: &mut Tx, id: Id) -> Result<Option<TemplateRow>> {
    Ok(process_templates::table.filter(process_templates::id.eq(id)).select(TemplateRow::as_select()).first(tx.conn).optional()?)
}

/// The newest version of a template.
pub fn newest_template(tx: &mut Tx, code: &str) -> Result<Option<TemplateRow>> {
    let all = process_templates::table.filter(process_templates::code.eq(code.to_owned())).order(process_templates::number.desc());
    Ok(all.select(TemplateRow::as_select()).first(tx.conn).optional()?)
}

/// Versions of templates, newest first.
pub fn templates(tx: &mut Tx, codes: &[String], centers: &[Id], states: &[String], after: Option<Id>, limit: i64) -> Result<Vec<TemplateRow>> {
    use process_templates as t;
    let mut q = t::table.order(t::id.desc()).limit(limit).into_boxed();
    if !codes.is_empty() {
        q = q.filter(t::code.eq_any(codes.to_vec()));
    }
    if !centers.is_empty() {
        q = q.filter(t::center_id.eq_any(centers.to_vec()));
    }
    if !states.is_empty() {
        q = q.filter(t::state.eq_any(states.to_vec()));
    }
    if let Some(id) = after {
        q = q.filter(t::id.lt(id));
    }
    Ok(q.select(TemplateRow::as_select()).load(tx.conn)?)
}

/// A new version of a template.
pub fn insert_template(tx: &mut Tx, row: &TemplateRow) -> Result<()> {
    diesel::insert_into(process_templates::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a template whose version was counted up by one; `false` when another was first.
pub fn save_template(tx: &mut Tx, row: &TemplateRow) -> Result<bool> {
    let own = process_templates::table.filter(process_templates::id.eq(row.id)).filter(process_templates::version.eq(row.version - 1));
    Ok(diesel::update(own).set(row.clone()).execute(tx.conn)? == 1)
}

/// A version of the rules who may ask for agency.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = eligibility_rules, treat_none_as_default_value = false)]
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
    pub rules: Json<RuleSet>,
    /// Post of whoever has set it.
    pub created_by: String,
    /// When.
    pub created_at: Moment,
}

/// A version by id.
pub fn rule_set(tx: &mut Tx, id: Id) -> Result<Option<RuleSetRow>> {
    Ok(eligibility_rules::table.filter(eligibility_rules::id.eq(id)).select(RuleSetRow::as_select()).first(tx.conn).optional()?)
}

/// The versions of these centers, newest first; with a day, those that have begun by then.
pub fn rule_sets(tx: &mut Tx, centers: &[Id], day: Option<&str>) -> Result<Vec<RuleSetRow>> {
    let mut q = eligibility_rules::table
        .filter(eligibility_rules::center_id.eq_any(centers.to_vec()))
        .order((eligibility_rules::center_id.asc(), eligibility_rules::number.desc()))
        .limit(500)
        .into_boxed();
    if let Some(day) = day {
        q = q.filter(eligibility_rules::effective_on.le(day.to_owned()));
    }
    Ok(q.select(RuleSetRow::as_select()).load(tx.conn)?)
}

/// A new version.
pub fn insert_rule_set(tx: &mut Tx, row: &RuleSetRow) -> Result<()> {
    diesel::insert_into(eligibility_rules::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Items whose scheduled day has come.
pub fn scheduled(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Item>> {
    Ok(service_items::table
        .filter(service_items::effective_at.le(now))
        .order(service_items::effective_at.asc())
        .limit(limit)
        .select(Item::as_select())
        .load(tx.conn)?)
}

/// By id.
pub fn item(tx: &mut Tx, id: Id) -> Result<Option<Item>> {
    Ok(service_items::table.filter(service_items::id.eq(id)).select(Item::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn items_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Item>> {
    Ok(service_items::table.filter(service_items::id.eq_any(ids.to_vec())).select(Item::as_select()).load(tx.conn)?)
}

/// By id or code.
pub fn item_by_reference(tx: &mut Tx, reference: &str) -> Result<Option<Item>> {
    match reference.parse::<Id>() {
        Ok(id) => item(tx, id),
        Err(_) => Ok(service_items::table.filter(service_items::code.eq(reference)).select(Item::as_select()).first(tx.conn).optional()?),
    }
}

/// Whether an item is of this authority.
pub fn is_authority(tx: &mut Tx, name: &str) -> Result<bool> {
    let of = service_items::table.filter(service_items::department.eq(name));
    Ok(diesel::select(diesel::dsl::exists(of)).get_result(tx.conn)?)
}

/// A new item.
pub fn insert(tx: &mut Tx, row: &Item) -> Result<()> {
    diesel::insert_into(service_items::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an item whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Item) -> Result<bool> {
    let changed = diesel::update(service_items::table.filter(service_items::id.eq(row.id)).filter(service_items::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// What is published of the items of these codes.
pub fn contents(tx: &mut Tx, codes: &[String]) -> Result<Vec<(String, ItemContent)>> {
    let rows: Vec<(String, Option<Json<ItemContent>>)> =
        service_items::table.filter(service_items::code.eq_any(codes.to_vec())).select((service_items::code, service_items::published)).load(tx.conn)?;
    rows.into_iter().filter_map(|(code, content)| Some(content?.get().map(|c| (code, c)))).collect()
}

/// Code, division and content of every published item of these divisions (none: all), in order of codes.
pub fn published_contents(tx: &mut Tx, divisions: &[String]) -> Result<Vec<(String, String, ItemContent)>> {
    use service_items as i;
    let mut q = i::table.filter(i::state.eq("published")).order(i::code.asc()).select((i::code, i::division_code, i::published)).into_boxed();
    if !divisions.is_empty() {
        q = q.filter(i::division_code.eq_any(divisions.to_vec()));
    }
    let rows: Vec<(String, String, Option<Json<ItemContent>>)> = q.load(tx.conn)?;
    rows.into_iter().filter_map(|(code, division, content)| Some(content?.get().map(|c| (code, division, c)))).collect()
}

/// An immutable version.
pub fn insert_version(tx: &mut Tx, item: Id, number: i64, content: &Json<ItemContent>, by: &str) -> Result<()> {
    use service_item_versions as v;
    diesel::insert_into(v::table)
        .values((v::item_id.eq(item), v::number.eq(number), v::content.eq(content.clone()), v::published_by.eq(by), v::published_at.eq(tx.now)))
        .execute(tx.conn)?;
    Ok(())
}

/// A version's content.
pub fn version(tx: &mut Tx, item: Id, number: i64) -> Result<Option<Json<ItemContent>>> {
    Ok(service_item_versions::table.find((item, number)).select(service_item_versions::content).first(tx.conn).optional()?)
}

/// Numbers and dates of an item's versions, newest first.
pub fn versions(tx: &mut Tx, item: Id) -> Result<Vec<(i64, Moment)>> {
    use service_item_versions as v;
    Ok(v::table.filter(v::item_id.eq(item)).order(v::number.desc()).limit(200).select((v::number, v::published_at)).load(tx.conn)?)
}

/// What a list asks for.
#[derive(Debug, Default)]
pub struct ItemFilter {
    /// States.
    pub states: Vec<String>,
    /// Divisions.
    pub divisions: Vec<String>,
    /// Kinds.
    pub types: Vec<ItemType>,
    /// Levels.
    pub levels: Vec<ExerciseLevel>,
    /// 即办件 or 承诺件.
    pub handling: Vec<HandlingType>,
    /// Authorities.
    pub departments: Vec<String>,
    /// Themes.
    pub themes: Vec<String>,
    /// Codes that begin so.
    pub code_prefix: Option<String>,
    /// Bundles, or what is none.
    pub bundles: Option<bool>,
    /// Exactly these records (from a search).
    pub ids: Option<Vec<Id>>,
    /// Changed in `[from, to)`, in order of change.
    pub changed: Option<(Moment, Moment)>,
    /// After this record.
    pub after: Option<(Moment, Id)>,
    /// Newest first.
    pub descending: bool,
    /// At most.
    pub limit: i64,
}

/// A list of items.
pub fn items(tx: &mut Tx, f: &ItemFilter) -> Result<Vec<Item>> {
    use service_items as i;
    let mut q = i::table.select(Item::as_select()).limit(f.limit).into_boxed();
    q = match f.states.as_slice() {
        [one] => q.filter(i::state.eq(one.clone())),
        many => q.filter(i::state.eq_any(many.to_vec())),
    };
    if !f.divisions.is_empty() {
        q = q.filter(i::division_code.eq_any(f.divisions.clone()));
    }
    if !f.types.is_empty() {
        q = q.filter(i::item_type.eq_any(f.types.clone()));
    }
    if !f.levels.is_empty() {
        q = q.filter(i::exercise_level.eq_any(f.levels.clone()));
    }
    if !f.handling.is_empty() {
        q = q.filter(i::handling_type.eq_any(f.handling.clone()));
    }
    if !f.departments.is_empty() {
        q = q.filter(i::department.eq_any(f.departments.clone()));
    }
    if !f.themes.is_empty() {
        q = q.filter(i::theme.eq_any(f.themes.clone()));
    }
    if let Some(prefix) = &f.code_prefix {
        q = q.filter(i::code.ge(prefix.clone())).filter(i::code.lt(format!("{prefix}\u{10FFFF}")));
    }
    if let Some(bundles) = f.bundles {
        q = q.filter(i::bundle.eq(bundles));
    }
    if let Some(ids) = &f.ids {
        q = q.filter(i::id.eq_any(ids.clone()));
    }
    if let Some((from, to)) = f.changed {
        q = q.filter(i::updated_at.ge(from)).filter(i::updated_at.lt(to));
        if let Some((t, id)) = f.after {
            q = q.filter(i::updated_at.ge(t)).filter(i::updated_at.gt(t).or(i::id.gt(id)));
        }
        return Ok(q.order((i::updated_at.asc(), i::id.asc())).load(tx.conn)?);
    }
    if let Some((_, id)) = f.after {
        q = if f.descending { q.filter(i::id.lt(id)) } else { q.filter(i::id.gt(id)) };
    }
    let q = if f.descending { q.order(i::id.desc()) } else { q.order(i::id.asc()) };
    Ok(q.load(tx.conn)?)
}

/// The themes of several items.
pub fn themes_of(tx: &mut Tx, items: &[Id]) -> Result<HashMap<Id, String>> {
    use service_items as i;
    let rows: Vec<(Id, String)> = i::table.filter(i::id.eq_any(items.to_vec())).select((i::id, i::theme)).load(tx.conn)?;
    Ok(rows.into_iter().collect())
}

/// Themes of published items.
pub fn themes(tx: &mut Tx) -> Result<Vec<String>> {
    use service_items as i;
    Ok(i::table.filter(i::state.eq("published")).filter(i::theme.ne("")).select(i::theme).distinct().order(i::theme.asc()).limit(500).load(tx.conn)?)
}
