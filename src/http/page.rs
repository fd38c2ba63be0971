//! Pages of a list by keyset, and the opaque cursor between them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde::{Deserialize, Serialize};

use crate::kernel::{Moment, Problem, Purpose, Vault};

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
        let bad = || Problem::parameter("cursor", "invalid_cursor", "游标无效，请从第一页重新读取。", "Not a cursor of this server; start from the first page.");
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
