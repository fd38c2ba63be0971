//! Filters that somebody saves to use again: a name, a list, and what is asked of it.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::store::{self, SavedFilter};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    kernel::{ErrorCode, Id, Moment, Problem, Target},
};

/// The lists whose filters can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SavedList {
    /// `GET /entrustments`.
    Entrustments,
    /// `GET /transfers`.
    Transfers,
    /// `GET /appointments`.
    Appointments,
    /// `GET /evaluations`.
    Evaluations,
}

impl SavedList {
    fn code(self) -> &'static str {
        match self {
            Self::Entrustments => "entrustments",
            Self::Transfers => "transfers",
            Self::Appointments => "appointments",
            Self::Evaluations => "evaluations",
        }
    }
}

/// A filter as it is sent.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "重大项目在办件", "list": "entrustments", "query": "open=true&tag=重大项目&sort=due_at" }))]
pub struct FilterInput {
    /// Name; one each.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    /// Of which list.
    pub list: SavedList,
    /// What is asked, as in the address of the list: no cursor, no page.
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub query: String,
}

/// A filter as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FilterView {
    /// Identity.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Of which list.
    pub list: String,
    /// What is asked.
    pub query: String,
    /// Where to ask it.
    pub href: String,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When saved.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(FilterView);

/// The filters of the caller.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Filters {
    /// By name.
    pub items: Vec<FilterView>,
}

const MOST: usize = 50;

fn view(row: SavedFilter) -> FilterView {
    let encoded = percent_encoding::utf8_percent_encode(&row.query, percent_encoding::CONTROLS);
    FilterView {
        href: format!("/api/v1/{}?{encoded}", row.list),
        id: row.id,
        name: row.name,
        list: row.list,
        query: row.query,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn person(actor: &Actor) -> Result<Id, Problem> {
    actor.id.filter(|_| actor.kind == "user").ok_or_else(|| Problem::of(ErrorCode::Forbidden))
}

fn taken(e: Error) -> Error {
    if e.is_unique() { Problem::rule("/name", "duplicate", "您已有同名的筛选。", "You have a filter of this name.").into() } else { e }
}

/// Mine.
pub fn list(tx: &mut Tx, actor: &Actor) -> Result<Filters> {
    Ok(Filters { items: store::of_user(tx, person(actor)?)?.into_iter().map(view).collect() })
}

/// Saves a filter; its query was checked against its list.
pub fn create(tx: &mut Tx, actor: &Actor, input: &FilterInput) -> Result<FilterView> {
    let user_id = person(actor)?;
    if store::of_user(tx, user_id)?.len() >= MOST {
        return Err(Problem::rule("/name", "too_many", "每人最多保存 50 个筛选。", "At most 50 filters.").into());
    }
    let row = SavedFilter {
        id: Id::new(),
        user_id,
        name: input.name.clone(),
        list: input.list.code().into(),
        query: input.query.clone(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx, &row).map_err(taken)?;
    Ok(view(row))
}

/// One of mine.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<FilterView> {
    own(tx, actor, &Target { reference: reference.to_owned(), expected: None }).map(view)
}

fn own(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<SavedFilter> {
    let id = target.id().ok_or_else(Problem::not_found)?;
    let row = store::filter(tx, person(actor)?, id)?.ok_or_else(Problem::not_found)?;
    target.check(row.version)?;
    Ok(row)
}

/// Changes a filter.
pub fn edit(tx: &mut Tx, actor: &Actor, target: &Target, input: &FilterInput) -> Result<FilterView> {
    let mut row = own(tx, actor, target)?;
    row.name.clone_from(&input.name);
    row.list = input.list.code().into();
    row.query.clone_from(&input.query);
    row.version += 1;
    row.updated_at = tx.now;
    if store::save(tx, &row).map_err(taken)? { Ok(view(row)) } else { Err(Problem::of(ErrorCode::Stale).into()) }
}

/// Removes a filter.
pub fn remove(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<()> {
    let row = own(tx, actor, target)?;
    store::remove(tx, row.id)
}
