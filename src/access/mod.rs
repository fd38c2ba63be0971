//! Who may see which record: one row per subject and record, written in the transaction of the change it follows.
//!
//! Computed visibility took seconds at a million matters; stored, a list is one keyset query per subject.

pub mod store;

use crate::{
    auth::Scope,
    db::{Result, Tx},
    kernel::{Id, Moment},
};
pub use store::{Entry, Keys, Order};

/// How a record is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Personal data is masked.
    pub masked: bool,
}

/// What the access table needs to know of a record.
pub struct Placement<'a> {
    /// `entrustment`, `transfer`, …
    pub kind: &'static str,
    /// Which record.
    pub record: Id,
    /// Its state's code.
    pub state: &'a str,
    /// Its next deadline, or [`Moment::NEVER`].
    pub due_at: Moment,
    /// When it changed.
    pub updated_at: Moment,
    /// Each subject, and whether it sees the record masked.
    pub subjects: Vec<(String, bool)>,
}

/// Makes the table say exactly this about the record.
pub fn place(tx: &mut Tx, placement: &Placement) -> Result<()> {
    let mut wanted: Vec<(String, bool)> = Vec::new();
    for (subject, masked) in &placement.subjects {
        // A subject with two reasons sees by the better one.
        match wanted.iter_mut().find(|(s, _)| s == subject) {
            Some((_, m)) => *m &= masked,
            None => wanted.push((subject.clone(), *masked)),
        }
    }
    wanted.sort();
    let mut present = store::subjects(tx, placement.record)?;
    present.sort();
    if present == wanted {
        return store::touch(tx, placement);
    }
    store::replace(tx, placement, &wanted)
}

/// [`place`] for a record that is certainly new.
pub fn place_new(tx: &mut Tx, placement: &Placement) -> Result<()> {
    store::insert(tx, placement, &placement.subjects)
}

/// Whether, and how, a scope sees a record.
pub fn sight(tx: &mut Tx, scope: &Scope, record: Id) -> Result<Option<Sight>> {
    let Scope::Subjects(reasons) = scope else { return Ok(Some(Sight { masked: false })) };
    let rows = store::subjects(tx, record)?;
    let best = rows.iter().filter_map(|(subject, masked)| reasons.iter().find(|(s, _)| s == subject).map(|(_, rule)| *rule || *masked)).min();
    Ok(best.map(|masked| Sight { masked }))
}

/// The records of a kind that a scope sees, in keyset order: one query per subject and state, merged.
pub fn list(tx: &mut Tx, scope: &Scope, keys: &Keys) -> Result<Vec<(Entry, Sight)>> {
    let Scope::Subjects(reasons) = scope else { return store::page_of_all(tx, keys) };
    let mut found: Vec<(Entry, Sight)> = Vec::new();
    for (subject, rule) in reasons {
        for row in store::page(tx, subject, keys)? {
            let masked = *rule || row.masked;
            match found.iter_mut().find(|(e, _)| e.record == row.record) {
                Some((_, sight)) => sight.masked &= masked,
                None => found.push((row, Sight { masked })),
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| keys.order.compare(a, b));
    found.truncate(keys.limit);
    Ok(found)
}
