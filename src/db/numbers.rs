//! Numbers that people read: type, division, date, sequence, and three random digits so that none can be guessed from another.
//!
//! Sequences are leased in blocks per process, so that numbering never serialises writers; gaps are allowed. What is refused
//! or only tried gives its number back.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::NaiveDate;

use super::{Result, Tx, dialect};
use crate::kernel::random_bytes;

const BLOCK: i64 = 50;

/// The process's leased blocks.
#[derive(Clone, Default)]
pub(super) struct Blocks(Arc<Mutex<HashMap<String, Block>>>);

/// What is left of a lease: what nobody has taken, and what was given back.
struct Block {
    fresh: Range<i64>,
    back: Vec<i64>,
}

impl Blocks {
    fn with<T>(&self, f: impl FnOnce(&mut HashMap<String, Block>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(|e| e.into_inner()))
    }

    fn take(&self, key: &str) -> Option<i64> {
        self.with(|blocks| {
            let block = blocks.get_mut(key)?;
            block.back.pop().or_else(|| block.fresh.next())
        })
    }

    fn put(&self, key: String, fresh: Range<i64>) {
        self.with(|blocks| blocks.insert(key, Block { fresh, back: Vec::new() }));
    }

    fn give_back(&self, key: &str, n: i64) {
        self.with(|blocks| blocks.get_mut(key).map(|block| block.back.push(n)));
    }
}

/// A block leased in a transaction that has not ended: what the transaction numbers further comes from it.
pub(super) struct Lease {
    key: String,
    next: Arc<AtomicI64>,
    end: i64,
}

impl Lease {
    fn take(&self) -> Option<i64> {
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < self.end)
    }
}

/// The next number, such as `DB-320600-20261122-000051-427`.
pub fn next(tx: &mut Tx, kind: &str, division: &str) -> Result<String> {
    let key = key(kind, division, tx.now.local_date());
    let sequence = match tx.blocks.take(&key) {
        Some(n) => {
            let (blocks, key) = (tx.blocks.clone(), key.clone());
            tx.on_rollback(move || blocks.give_back(&key, n));
            n
        }
        None => match tx.leases.iter().filter(|lease| lease.key == key).find_map(Lease::take) {
            Some(n) => n,
            None => lease(tx, &key)?,
        },
    };
    Ok(written(&key, sequence))
}

fn key(kind: &str, division: &str, date: NaiveDate) -> String {
    format!("{kind}-{}-{}", division.get(..6).unwrap_or(division), date.format("%Y%m%d"))
}

fn written(key: &str, sequence: i64) -> String {
    let random = u32::from_be_bytes(random_bytes::<4>()) % 1000;
    format!("{key}-{sequence:06}-{random:03}")
}

/// Numbers of made-up records of any day: beyond what a day brings, so that they are nobody else's.
pub struct Reserved(i64);

impl Reserved {
    const FIRST: i64 = 500_000;

    /// So many.
    pub fn new(tx: &mut Tx, kind: &str, count: i64) -> Result<Self> {
        Ok(Self(Self::FIRST + dialect::lease_numbers(tx.conn, &format!("{kind}-reserved"), count)?))
    }

    /// One of them: what each is used for once.
    pub fn number(&self, kind: &str, division: &str, date: NaiveDate, at: i64) -> String {
        written(&key(kind, division, date), self.0 + at)
    }
}

/// The first number of a new block. Others may take from it only when the lease is durable.
fn lease(tx: &mut Tx, key: &str) -> Result<i64> {
    let start = dialect::lease_numbers(tx.conn, key, BLOCK)?;
    let (next, end) = (Arc::new(AtomicI64::new(start + 1)), start + BLOCK);
    tx.leases.push(Lease { key: key.to_owned(), next: next.clone(), end });
    let (blocks, key) = (tx.blocks.clone(), key.to_owned());
    tx.on_commit(move || blocks.put(key, next.load(Ordering::Relaxed).min(end)..end));
    Ok(start)
}
