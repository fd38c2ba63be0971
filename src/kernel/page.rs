//! Lists: what is asked, a page by keyset, and the opaque cursor between pages.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Id, Moment, Problem, Purpose, Vault};

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// Whether more follow.
    pub has_more: bool,
    /// Send it as `cursor` to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// With `updated_since`: send it next time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Moment>,
    /// With `page`: how many there are.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
}

/// What a numbered page adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Count {
    /// Number of this page, from 1.
    #[schema(required = false, example = 1)]
    pub page: usize,
    /// Records on a page.
    #[schema(required = false, example = 20)]
    pub page_size: usize,
    /// Records in all: exact up to 10,000.
    #[schema(required = false, example = 57)]
    pub total: usize,
    /// Pages that can be asked for.
    #[schema(required = false, example = 3)]
    pub total_pages: usize,
    /// There are more than `total`.
    #[schema(required = false)]
    pub total_is_lower_bound: bool,
}

/// A list is numbered as far as this.
pub const NUMBERED: usize = 10_000;

/// Where a page ended: the sort key of its last record, and its id. Signed, so that it cannot be made up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Sort key as text; empty when sorted by id alone.
    pub key: String,
    /// Record id.
    pub id: String,
    /// The list, the filters and the sort it belongs to.
    pub of: String,
}

impl Cursor {
    /// Opaque text.
    pub fn encode(&self, vault: &Vault) -> String {
        let body = B64.encode(serde_json::to_vec(self).unwrap_or_default());
        let mark = vault.mark(Purpose::Cursor, &body);
        format!("{body}.{mark}")
    }

    /// Reads what [`Cursor::encode`] made.
    pub fn decode(vault: &Vault, text: &str) -> Result<Self, Problem> {
        let bad =
            || Problem::parameter("cursor", "invalid_cursor", "游标无效，请从第一页重新读取。", "Not a cursor of this server; start from the first page.");
        let (body, mark) = text.split_once('.').ok_or_else(bad)?;
        if !vault.matches(Purpose::Cursor, body, mark) {
            return Err(bad());
        }
        let bytes = B64.decode(body).map_err(|_| bad())?;
        serde_json::from_slice(&bytes).map_err(|_| bad())
    }
}

impl<T> Page<T> {
    /// Cuts `limit + 1` rows to a page.
    pub fn cut(mut items: Vec<T>, limit: usize, vault: &Vault, cursor_of: impl Fn(&T) -> Cursor) -> Self {
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if has_more { items.last().map(|last| cursor_of(last).encode(vault)) } else { None };
        Self { items, has_more, next_cursor, as_of: None, count: None }
    }

    /// Page `page` of all rows, of which no more than [`NUMBERED`] and one were read.
    pub fn numbered(rows: Vec<T>, page: usize, page_size: usize) -> Self {
        let (total, total_is_lower_bound) = (rows.len().min(NUMBERED), rows.len() > NUMBERED);
        let items: Vec<T> = rows.into_iter().take(NUMBERED).skip((page - 1) * page_size).take(page_size).collect();
        let count = Count { page, page_size, total, total_pages: total.div_ceil(page_size), total_is_lower_bound };
        Self { has_more: page * page_size < total, items, next_cursor: None, as_of: None, count: Some(count) }
    }

    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        self.with(|items| items.into_iter().map(f).collect())
    }

    /// The same page of other things, unless one of them cannot be made.
    pub fn try_map<U, E>(self, f: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        self.try_with(|items| items.into_iter().map(f).collect())
    }

    /// The same page with its items replaced as a whole, unless that fails.
    pub fn try_with<U, E>(self, f: impl FnOnce(Vec<T>) -> Result<Vec<U>, E>) -> Result<Page<U>, E> {
        let Self { items, has_more, next_cursor, as_of, count } = self;
        Ok(Page { items: f(items)?, has_more, next_cursor, as_of, count })
    }

    /// The same page with its items replaced as a whole.
    pub fn with<U>(self, f: impl FnOnce(Vec<T>) -> Vec<U>) -> Page<U> {
        Page { items: f(self.items), has_more: self.has_more, next_cursor: self.next_cursor, as_of: self.as_of, count: self.count }
    }
}

/// Who reads a kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever was answered before.
    Caller,
    /// Who sees the record, which the access table keeps under this kind.
    Sighted(&'static str),
    /// Who may do this to this resource, wherever the record lies.
    Permitted(&'static str, &'static str),
}

/// A record as it is answered.
pub trait Versioned: Serialize {
    /// Who is still shown the first answer when a request is repeated under its key.
    const READERS: Readers = Readers::Caller;
    /// Its identity, for `Location`.
    fn id(&self) -> String;
    /// Its version, for `ETag`.
    fn version(&self) -> i64;
}

/// A view whose identity is its `id` and whose version is its `version`; with the kind under which its sight is looked up,
/// or the resource and the action of the rule by which it is read.
#[macro_export]
macro_rules! versioned {
    ($view:ty $(, $kind:literal)? $(, by $resource:literal $action:literal)? $(, in $part:ident)?) => {
        impl $crate::kernel::Versioned for $view {
            $( const READERS: $crate::kernel::Readers = $crate::kernel::Readers::Sighted($kind); )?
            $( const READERS: $crate::kernel::Readers = $crate::kernel::Readers::Permitted($resource, $action); )?
            fn id(&self) -> String {
                self$(.$part)?.id.to_string()
            }
            fn version(&self) -> i64 {
                self$(.$part)?.version
            }
        }
    };
}

/// A sort key and its direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// From the list's allow list.
    pub key: &'static str,
    /// Descending.
    pub descending: bool,
}

impl Sort {
    /// As it is written in the query.
    pub fn text(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key)
    }
}

/// A parsed list request.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// 1–200.
    pub limit: usize,
    /// A numbered page instead: number from 1, and size.
    pub page: Option<(usize, usize)>,
    /// Which list, filters and sort: a cursor of another is refused.
    pub of: String,
    /// Where to go on.
    pub cursor: Option<Cursor>,
    /// How to sort.
    pub sort: Sort,
    /// Full-text words.
    pub q: Option<String>,
    /// Changed at or after.
    pub updated_since: Option<Moment>,
    /// Filters as sent.
    pub values: Vec<(String, String)>,
}

impl ListQuery {
    /// For a search: it is answered newest first and is no synchronisation.
    pub fn plain_search(&self) -> Result<(), Problem> {
        let en = "Not together with q.";
        if self.page.is_some() {
            return Err(Problem::parameter("page", "not_with_q", "检索（q）请用 cursor 翻页。", en));
        }
        match (&self.sort, self.updated_since) {
            (_, Some(_)) => Err(Problem::parameter("updated_since", "not_with_q", "检索（q）不能与 updated_since 同时使用。", en)),
            (Sort { key: "created_at", descending: true }, None) => Ok(()),
            _ => Err(Problem::parameter("sort", "not_with_q", "检索（q）的结果总是由新到旧，不能另行排序。", en)),
        }
    }

    /// All values of a filter.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.values.iter().filter(|(k, _)| k == name).map(|(_, v)| v.clone()).collect()
    }

    /// The value of a filter that is given once.
    pub fn one(&self, name: &str) -> Option<String> {
        self.values.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone())
    }

    /// Ids of a filter.
    pub fn ids(&self, name: &str) -> Vec<Id> {
        self.all(name).iter().filter_map(|v| v.parse().ok()).collect()
    }

    /// The bounds of a range, `[gte, lt)`.
    pub fn range(&self, name: &str) -> (Option<Moment>, Option<Moment>) {
        let bound = |op: &str| self.one(&format!("{name}[{op}]")).and_then(|v| moment_or_date(&v));
        (bound("gte"), bound("lt"))
    }

    /// The cursor of a record in this list's order.
    pub fn cursor_of(&self, key: String, id: String) -> Cursor {
        Cursor { key, id, of: self.of.clone() }
    }
}

/// Reads a bound: a date stands for its first moment in China; a full time for itself.
pub fn moment_or_date(text: &str) -> Option<Moment> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return serde_json::from_value(serde_json::Value::String(format!("{date}T00:00:00+08:00"))).ok();
    }
    // A plus sign that was not percent-encoded arrives as a blank.
    serde_json::from_value(serde_json::Value::String(text.replace(' ', "+"))).ok()
}
