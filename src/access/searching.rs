//! Records found by their words, among those that a caller sees.

use crate::{
    auth::Scope,
    db::{Result, Tx, dialect},
    kernel::{Id, ListQuery, Page, text},
};

/// Matches that are looked at in one go.
const BATCH: i64 = 300;
/// So many batches are looked at for one page.
const BATCHES: usize = 20;

/// The next records of a kind that have all these words and that the scope sees, newest first.
pub fn matching(tx: &mut Tx, scope: &Scope, kind: &str, words: &str, before: Option<&str>) -> Result<Vec<Id>> {
    let tokens: Vec<String> = text::query_tokens(words).iter().map(|t| text::encode_token(t)).collect();
    let folded: Vec<String> = text::fold(words).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    let subjects: Option<Vec<String>> = match scope {
        Scope::System => None,
        Scope::Subjects(reasons) => Some(reasons.iter().map(|(s, _)| s.clone()).collect()),
    };
    let query = dialect::Match { kind, tokens: &tokens, words: &folded, subjects: subjects.as_deref(), limit: BATCH, before };
    Ok(dialect::search(tx.conn, &query)?.iter().filter_map(|id| id.parse().ok()).collect())
}

/// A page of the records that have all these words and that `keep` keeps. What is kept is asked after the match, so a batch may
/// fill less than a page; after enough batches the page is given as it is, and the next one goes on behind the last match.
pub fn found(tx: &mut Tx, scope: &Scope, kind: &str, q: &ListQuery, words: &str, mut keep: impl FnMut(&mut Tx, &[Id]) -> Result<Vec<Id>>) -> Result<Page<Id>> {
    let mut before = q.cursor.as_ref().map(|c| c.id.clone());
    let mut rows: Vec<Id> = Vec::new();
    let mut more = true;
    for _ in 0..BATCHES {
        let ids = matching(tx, scope, kind, words, before.as_deref())?;
        before = ids.last().map(Id::to_string).or(before);
        more = ids.len() == usize::try_from(BATCH).unwrap_or(usize::MAX);
        let kept = keep(tx, &ids)?;
        rows.extend(ids.into_iter().filter(|id| kept.contains(id)));
        if rows.len() > q.limit || !more {
            break;
        }
    }
    if more && rows.len() <= q.limit {
        let cursor = before.map(|last| q.cursor_of(String::new(), last).encode(tx.vault));
        return Ok(Page { items: rows, has_more: true, next_cursor: cursor, as_of: None, count: None });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |id| q.cursor_of(String::new(), id.to_string())))
}
