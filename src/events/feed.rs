//! The feed: the log in the order of its positions, each reader's own part of it.

use super::{
    Event,
    cloud::PREFIX,
    kinds,
    seeing::{self, Seer},
    store,
};
use crate::{
    db::{Result, Tx},
    kernel::Id,
};

/// Positions that are looked at together, and so many times for one page.
const WINDOW: i64 = 1_000;
const WINDOWS: usize = 20;

/// What of the feed is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// After this position.
    pub after: i64,
    /// Kinds; none: all.
    pub types: Vec<Pattern>,
    /// Kind of record.
    pub record_kind: Option<String>,
    /// One record.
    pub record: Option<Id>,
    /// Records at or below this center.
    pub center: Option<Id>,
    /// So many at most.
    pub limit: usize,
}

/// One kind, or all that begin alike: `entrustment.accepted`, `entrustment.*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    open: bool,
}

impl Pattern {
    /// Reads it, with or without `cn.jieli.` before it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(PREFIX).unwrap_or(text);
        let (text, open) = text.strip_suffix('*').map_or((text, false), |head| (head, true));
        let plain = text.len() <= 80 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.');
        let whole = if open { text.is_empty() || text.ends_with('.') } else { text.contains('.') };
        (plain && whole).then(|| Self { text: text.to_owned(), open })
    }

    /// Whether it means a kind.
    pub fn takes(&self, kind: &str) -> bool {
        if self.open { kind.starts_with(&self.text) } else { kind == self.text }
    }

    /// Reads one that means a kind which there is.
    pub fn known(text: &str) -> Option<Self> {
        Self::parse(text).filter(|p| kinds::all().any(|(kind, _)| p.takes(&kind)))
    }
}

/// A part of the feed.
pub struct Batch {
    /// In order.
    pub events: Vec<Event>,
    /// Up to here it was looked: what to send as `after` next.
    pub next: i64,
    /// Whether positions after it are given already.
    pub more: bool,
    /// The last position that is given.
    pub last: i64,
}

impl Asked {
    fn takes(&self, event: &Event) -> bool {
        (self.types.is_empty() || self.types.iter().any(|p| p.takes(&event.kind)))
            && self.record_kind.as_ref().is_none_or(|kind| *kind == event.record_kind)
            && self.record.is_none_or(|id| id == event.record_id)
    }
}

/// The next part that the seer may read. Only what has a position is told, so nothing is ever skipped: positions are given one
/// after another, by one at a time. The walk is bounded: a part may hold less than it could, or nothing, and go on.
pub fn walk(tx: &mut Tx, seer: &Seer, asked: &Asked) -> Result<Batch> {
    let last = store::last_position(tx)?;
    let mut batch = Batch { events: Vec::new(), next: asked.after, more: false, last };
    for _ in 0..WINDOWS {
        if batch.next >= last || batch.events.len() >= asked.limit {
            break;
        }
        // One record's events lie in an index of their own, so that they are found however far apart they lie.
        let (rows, until) = match asked.record {
            Some(record) => {
                let rows = store::after_of(tx, record, batch.next, WINDOW)?;
                let full = i64::try_from(rows.len()).is_ok_and(|n| n == WINDOW);
                let until = rows.last().and_then(|e| e.position).filter(|_| full).unwrap_or(last);
                (rows, until)
            }
            None => {
                let until = last.min(batch.next + WINDOW);
                (store::between(tx, batch.next, until)?, until)
            }
        };
        let rows: Vec<Event> = rows.into_iter().filter(|e| asked.takes(e)).collect();
        let readable = seeing::readable(tx, seer, asked.center, &rows)?;
        batch.next = until;
        for (event, _) in rows.into_iter().zip(readable).filter(|(_, may)| *may) {
            let position = event.position.unwrap_or(until);
            batch.events.push(event);
            if batch.events.len() >= asked.limit {
                batch.next = position;
                break;
            }
        }
    }
    batch.more = batch.next < last;
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let takes = |pattern: &str, kind: &str| Pattern::parse(pattern).expect("a pattern").takes(kind);
        assert!(takes("*", "entrustment.accepted") && takes("cn.jieli.*", "entrustment.accepted"));
        assert!(takes("entrustment.*", "entrustment.accepted") && !takes("entrustment.*", "entrustments.accepted"));
        assert!(takes("cn.jieli.entrustment.accepted", "entrustment.accepted") && !takes("entrustment.accepted", "entrustment.accepted_twice"));
        for wrong in ["", "entrustment", "entrust*", "Entrustment.*", "a b.*", "x'.*"] {
            assert_eq!(Pattern::parse(wrong), None, "{wrong}");
        }
    }
}
