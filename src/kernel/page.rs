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
}

/// Where a page ended: the sort key of its last record, and its id. Signed, so that it cannot be made up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Sort key as text; empty when sorted by id alone.
    pub key: String,
    /// Record id.
    pub id: String,
    /// The sort it belongs to.
    pub sort: String,
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
        Self { items, has_more, next_cursor, as_of: None }
    }

    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), has_more: self.has_more, next_cursor: self.next_cursor, as_of: self.as_of }
    }
}

/// A record as it is answered.
pub trait Versioned: Serialize {
    /// Kind of record in the access table: a replayed answer is shown only while the record is seen.
    const KIND: Option<&'static str> = None;
    /// Its identity, for `Location`.
    fn id(&self) -> String;
    /// Its version, for `ETag`.
    fn version(&self) -> i64;
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
        Cursor { key, id, sort: self.sort.text() }
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
