//! Use cases over the catalogue.

use serde::Deserialize;
use validator::Validate;

use super::{
    bundles, import,
    model::{ItemContent, ReviewState},
    rules::check,
    store::{self, Item, ItemFilter},
    table::Form,
    views::{ItemBrief, ItemView, view},
};
use crate::{
    auth::{
        Actor,
        policy::{allows, may},
    },
    db::{Error, Json, Result, Tx, dialect},
    events::{self, Audience, NewEvent},
    kernel::{ErrorCode, Id, ListQuery, Moment, Page, Problem, Target, Text, item_code, text},
    organization,
};

/// A new item.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// Unique code in whatever form the city uses.
    #[validate(length(min = 1, max = 100), custom(function = code))]
    #[schema(min_length = 1, max_length = 100, pattern = r"^\S+$", example = "GS-320623-0002")]
    pub code: String,
    /// 12 digits.
    #[validate(custom(function = crate::kernel::validators::division))]
    #[schema(pattern = "^(1[1-9]|[2-7][0-9]|8[0-2])[0-9]{10}$", example = "320623000000")]
    pub division_code: String,
    /// What it says.
    #[validate(nested)]
    pub content: ItemContent,
}

fn code(value: &str) -> Result<(), validator::ValidationError> {
    item_code::check(value)
        .map_err(|_| validator::ValidationError::new("item_code").with_message("事项编码不能含空白或不可见字符。|No blanks or invisible characters.".into()))
}

fn forbidden() -> Error {
    Problem::of(ErrorCode::Forbidden).into()
}

/// May the caller do this with items of a division?
fn authorize(tx: &mut Tx, actor: &Actor, action: &str, division: &str) -> Result<()> {
    if !may(actor, "service_item", action) {
        return Err(forbidden());
    }
    let center = organization::center_of_division(tx, division)?;
    let near = center.as_ref().map(organization::custodian_reachable).unwrap_or_default();
    if allows(actor, "service_item", action, &near) { Ok(()) } else { Err(forbidden()) }
}

/// Whether the caller sees drafts.
fn is_editor(actor: &Actor) -> bool {
    may(actor, "service_item", "read")
}

fn draft_columns(item: &mut Item, content: &ItemContent) -> Result<()> {
    item.name.clone_from(&content.name);
    item.item_type = content.item_type;
    item.exercise_level = content.exercise_level;
    item.handling_type = content.handling_type;
    item.department.clone_from(&content.department);
    item.theme.clone_from(&content.theme);
    item.bundle = !content.bundle.is_empty();
    item.visits = content.visits.and_then(|v| i32::try_from(v).ok());
    Ok(())
}

/// A new draft.
pub fn create(tx: &mut Tx, actor: &Actor, new: &NewItem) -> Result<ItemView> {
    authorize(tx, actor, "create", &new.division_code)?;
    check(&new.content)?;
    bundles::check(tx, &new.code, &new.content)?;
    let row = new_item(tx, new, Id::new())?;
    store::insert(tx, &row).map_err(taken)?;
    record(tx, actor, &row, "service_item.created")?;
    editable(tx, actor, row)
}

fn new_item(tx: &Tx, new: &NewItem, id: Id) -> Result<Item> {
    let c = &new.content;
    let mut row = Item {
        id,
        code: new.code.clone(),
        division_code: new.division_code.clone(),
        state: "draft".into(),
        name: String::new(),
        item_type: c.item_type,
        exercise_level: c.exercise_level,
        handling_type: c.handling_type,
        department: String::new(),
        theme: String::new(),
        visits: None,
        published_version: None,
        draft: Some(Json::new(c)?),
        published: None,
        published_at: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        review: None,
        effective_at: None,
        bundle: false,
    };
    draft_columns(&mut row, c)?;
    Ok(row)
}

fn taken(e: Error) -> Error {
    if e.is_unique() { Problem::new(ErrorCode::Conflict, Text::new("事项编码已存在。", "The item code is taken.")).into() } else { e }
}

fn record(tx: &mut Tx, actor: &Actor, item: &Item, kind: &str) -> Result<()> {
    let params = serde_json::json!({ "code": item.code, "published_version": item.published_version });
    let event = NewEvent { record_kind: "service_item", record_id: item.id, version: item.version, kind, audience: Audience::Public, params, words: None };
    events::record(tx, actor, event)
}

pub(super) fn load_for(tx: &mut Tx, actor: &Actor, action: &str, target: &Target) -> Result<Item> {
    let found = store::item_by_reference(tx, &target.reference)?.ok_or_else(Problem::not_found)?;
    if found.published.is_none() && !is_editor(actor) {
        return Err(Problem::not_found().into());
    }
    dialect::lock_root(tx.conn, "service_items", found.id.as_str())?;
    let item = store::item(tx, found.id)?.ok_or_else(Problem::not_found)?;
    authorize(tx, actor, action, &item.division_code)?;
    target.check(item.version)?;
    Ok(item)
}

pub(super) fn save(tx: &mut Tx, actor: &Actor, mut item: Item, kind: &str) -> Result<ItemView> {
    item.version += 1;
    item.updated_at = tx.now;
    if !store::save(tx, &item)? {
        return Err(Problem::of(ErrorCode::Stale).into());
    }
    record(tx, actor, &item, kind)?;
    editable(tx, actor, item)
}

/// An item as its editors see it.
fn editable(tx: &mut Tx, actor: &Actor, item: Item) -> Result<ItemView> {
    let mut allowed = Vec::new();
    let review = item.review.as_ref().map(Json::get).transpose()?;
    let submitted = review.as_ref().is_some_and(|r| r.state == ReviewState::Submitted);
    let own = review.is_some_and(|r| r.submitted_by.is_some() && r.submitted_by == actor.id);
    let acts = [
        ("edit", "edit", true),
        ("submit", "edit", item.draft.is_some() && !submitted),
        ("return", "publish", submitted && !own),
        ("publish", "publish", item.draft.is_some() && !own),
        ("withdraw", "withdraw", item.state == "published"),
    ];
    for (act, right, fits) in acts {
        if fits && authorize(tx, actor, right, &item.division_code).is_ok() {
            allowed.push(act.to_owned());
        }
    }
    view(item, Some(allowed))
}

/// The editable part of an item.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemEdit {
    /// What it shall say.
    #[validate(nested)]
    pub content: ItemContent,
}

/// Replaces the draft.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, edit: &ItemEdit) -> Result<ItemView> {
    let mut item = load_for(tx, actor, "edit", target)?;
    check(&edit.content)?;
    bundles::check(tx, &item.code, &edit.content)?;
    item.draft = Some(Json::new(&edit.content)?);
    // What was reviewed, or has its day, is another text now.
    item.review = None;
    item.effective_at = None;
    if item.published.is_none() {
        draft_columns(&mut item, &edit.content)?;
    }
    save(tx, actor, item, "service_item.edited")
}

pub(super) fn publish_item(tx: &mut Tx, actor: &Actor, mut item: Item) -> Result<ItemView> {
    let Some(draft) = item.draft.take() else {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("没有可发布的草稿。", "There is no draft to publish.")).into());
    };
    let content = draft.get()?;
    let number = item.published_version.unwrap_or(0) + 1;
    let by = actor.id.map_or_else(|| actor.request_id.clone(), |id| id.to_string());
    store::insert_version(tx, item.id, number, &draft, &by)?;
    draft_columns(&mut item, &content)?;
    item.published = Some(draft);
    item.published_version = Some(number);
    item.published_at = Some(tx.now);
    item.review = None;
    item.effective_at = None;
    item.state = "published".into();
    index(tx, &item)?;
    save(tx, actor, item, "service_item.published")
}

/// Withdraws an item: it opens no new matters; running ones keep their version.
pub fn withdraw(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ItemView> {
    let mut item = load_for(tx, actor, "withdraw", target)?;
    if item.state != "published" {
        return Err(Problem::new(ErrorCode::StateConflict, Text::new("只有已发布的事项可以撤回。", "Only a published item can be withdrawn.")).into());
    }
    item.state = "withdrawn".into();
    dialect::drop_document(tx.conn, item.id.as_str())?;
    save(tx, actor, item, "service_item.withdrawn")
}

fn index(tx: &mut Tx, item: &Item) -> Result<()> {
    let body = text::fold(&format!("{} {} {} {}", item.name, item.department, item.theme, item.code));
    let tokens = text::tokens(&body).iter().map(|t| text::encode_token(t)).collect::<Vec<_>>().join(" ");
    dialect::put_document(tx.conn, "service_item", item.id.as_str(), &body, &tokens)
}

/// Imports one row: creates, publishes what changed, or does nothing when nothing changed. Answers what it did.
pub fn put_and_publish(tx: &mut Tx, actor: &Actor, new: &NewItem, fixed: bool) -> Result<Put> {
    check(&new.content)?;
    bundles::check(tx, &new.code, &new.content)?;
    let found = store::item_by_reference(tx, &new.code)?;
    let (mut item, put) = match found {
        Some(item) if item.division_code != new.division_code => {
            return Err(Problem::new(ErrorCode::Conflict, Text::new("同一编码已属于另一行政区划。", "The code belongs to another division.")).into());
        }
        Some(item) if item.state == "published" && item.published.as_ref().map(Json::get).transpose()?.as_ref() == Some(&new.content) => {
            return Ok(Put::Unchanged);
        }
        Some(item) => (item, Put::Updated),
        None => {
            let id = if fixed { Id::fixed(crate::kernel::fixture_epoch(), format!("item:{}", new.code).as_bytes()) } else { Id::new() };
            let row = new_item(tx, new, id)?;
            store::insert(tx, &row)?;
            (row, Put::Created)
        }
    };
    if let Some(center) = organization::center_of_division(tx, &item.division_code)? {
        organization::department_named(tx, center.id, &new.content.department, new.content.department_code.as_deref())?;
    }
    item.draft = Some(Json::new(&new.content)?);
    publish_item(tx, actor, item)?;
    Ok(put)
}

/// What an import did with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// New item.
    Created,
    /// New version.
    Updated,
    /// As it was.
    Unchanged,
}

/// A published item as other domains need it.
#[derive(Clone, Debug)]
pub struct Published {
    /// Identity.
    pub id: Id,
    /// Code.
    pub code: String,
    /// 12 digits.
    pub division_code: String,
    /// Number of the version.
    pub number: i64,
    /// What it says.
    pub content: ItemContent,
}

/// The published version of an item, by id or code; `None` when there is none.
pub fn published(tx: &mut Tx, reference: &str) -> Result<Option<Published>> {
    let Some(item) = store::item_by_reference(tx, reference)?.filter(|i| i.state == "published") else { return Ok(None) };
    let (Some(content), Some(number)) = (item.published, item.published_version) else { return Ok(None) };
    Ok(Some(Published { id: item.id, code: item.code, division_code: item.division_code, number, content: content.get()? }))
}

/// The code of an item.
pub fn code_of(tx: &mut Tx, item: Id) -> Result<String> {
    Ok(store::item(tx, item)?.ok_or_else(|| Error::Corrupt(format!("item {item} is gone")))?.code)
}

/// The version that a matter was opened under.
pub fn published_version(tx: &mut Tx, item: Id, number: i64) -> Result<ItemContent> {
    store::version(tx, item, number)?.ok_or_else(|| Error::Corrupt(format!("version {number} of item {item} is gone")))?.get()
}

/// The public guide.
pub fn guide(tx: &mut Tx, reference: &str) -> Result<ItemView> {
    let item = store::item_by_reference(tx, reference)?.filter(|i| i.published.is_some()).ok_or_else(Problem::not_found)?;
    view(item, None)
}

/// Those of these items that are public.
pub fn briefs(tx: &mut Tx, ids: &[Id]) -> Result<Vec<ItemBrief>> {
    Ok(store::items_by_id(tx, ids)?.into_iter().filter(|i| i.published.is_some()).map(ItemBrief::from).collect())
}

/// An item with its draft, for editors.
pub fn editor_view(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ItemView> {
    let item = readable(tx, actor, reference)?;
    editable(tx, actor, item)
}

/// An item whose draft the caller may read.
pub fn readable(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<Item> {
    if !is_editor(actor) {
        return Err(forbidden());
    }
    let item = store::item_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    authorize(tx, actor, "read", &item.division_code)?;
    Ok(item)
}

/// A published version by number.
pub fn guide_version(tx: &mut Tx, reference: &str, number: i64) -> Result<ItemContent> {
    let item = store::item_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    store::version(tx, item.id, number)?.ok_or_else(Problem::not_found)?.get()
}

/// The published catalogue as a table, for its editors.
pub fn export(tx: &mut Tx, actor: &Actor, form: Form, divisions: &[String]) -> Result<Vec<u8>> {
    if is_editor(actor) { import::export(tx, form, divisions) } else { Err(forbidden()) }
}

/// The public list: browse, filter, search, and changes since a moment.
pub fn browse(tx: &mut Tx, q: &ListQuery) -> Result<Page<ItemBrief>> {
    let limit = i64::try_from(q.limit + 1).unwrap_or(201);
    let after = q.cursor.as_ref().and_then(|c| Some((c.key.parse::<chrono::DateTime<chrono::Utc>>().map_or(Moment::NEVER, Moment::from), c.id.parse().ok()?)));
    // Longer than any write may run: rows still being committed are given to the next synchronisation.
    let as_of = tx.now.plus(chrono::TimeDelta::seconds(-10));
    let mut filter = ItemFilter {
        states: if q.updated_since.is_some() { vec!["published".into(), "withdrawn".into()] } else { vec!["published".into()] },
        divisions: q.all("division_code"),
        types: codes(q, "item_type"),
        levels: codes(q, "exercise_level"),
        handling: codes(q, "handling_type"),
        departments: q.all("department"),
        themes: q.all("theme"),
        changed: q.updated_since.map(|since| (since, as_of)),
        after,
        descending: q.sort.descending,
        limit,
        ids: None,
        code_prefix: q.one("code_prefix"),
        bundles: q.one("bundle").map(|v| v == "true"),
    };
    if let Some(words) = &q.q {
        let tokens: Vec<String> = text::query_tokens(words).iter().map(|t| text::encode_token(t)).collect();
        let folded: Vec<String> = text::fold(words).split(' ').map(str::to_owned).collect();
        let found = if tokens.is_empty() {
            Vec::new()
        } else {
            dialect::search(tx.conn, &dialect::Match { kind: "service_item", tokens: &tokens, words: &folded, subjects: None, limit: 1000, before: None })?
        };
        filter.ids = Some(found.iter().filter_map(|id| id.parse().ok()).collect());
    }
    let rows = store::items(tx, &filter)?;
    let by_change = filter.changed.is_some();
    let mut page = Page::cut(rows, q.limit, tx.vault, |i| {
        let key = if by_change { i.updated_at.utc().to_rfc3339() } else { String::new() };
        q.cursor_of(key, i.id.to_string())
    })
    .map(ItemBrief::from);
    page.as_of = q.updated_since.map(|since| since.max(as_of));
    Ok(page)
}

fn codes<C: crate::kernel::Code>(q: &ListQuery, name: &str) -> Vec<C> {
    q.all(name).iter().filter_map(|v| C::parse(v)).collect()
}
