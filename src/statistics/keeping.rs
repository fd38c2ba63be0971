//! Keeps the rollups: follows the event log, and brings what changed records contribute into them.
//!
//! An event has its position only after its transaction has committed, and the records are read after the events: so what is
//! read is at least as new as the event, and whatever comes later has an event of its own. Contributions, rollups and position
//! are written together under the lock of the position: twice the same events change nothing, and a crash loses nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    cells::{self, Cells, Keys, Places, Slot},
    gathering::{self, KINDS},
    periods::freezing,
    store, traces,
};
use crate::{
    db::{Result, Tx},
    events,
    kernel::{Id, Moment},
};

const EVENTS: i64 = 500;

/// Whether something happened that is not counted yet.
pub fn behind(tx: &mut Tx) -> Result<bool> {
    let (position, _) = store::progress(tx)?;
    Ok(events::store::unsequenced(tx)? || events::store::last_position(tx)? > position)
}

/// Counts the records of the next events; answers how many events there were.
pub fn follow(tx: &mut Tx) -> Result<usize> {
    store::lock(tx)?;
    let (position, rebuilding) = store::progress(tx)?;
    let (touched, last) = events::store::touched(tx, position, EVENTS)?;
    if touched.is_empty() {
        return Ok(0);
    }
    for (root, kinds) in KINDS {
        let mut ids = BTreeSet::new();
        for kind in kinds {
            let told: BTreeSet<Id> = touched.iter().filter(|e| e.record_kind == *kind).map(|e| e.record_id).collect();
            if !told.is_empty() {
                ids.extend(store::roots(tx, root, kind, &told.into_iter().collect::<Vec<_>>())?);
            }
        }
        recount(tx, root, &ids.into_iter().collect::<Vec<_>>())?;
    }
    store::advance(tx, last, rebuilding)?;
    Ok(touched.len())
}

/// Brings what these records contribute now into the rollups; under the lock.
pub fn recount(tx: &mut Tx, kind: &str, ids: &[Id]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let now = gathering::contributed(tx, kind, ids)?;
    let mut keys = Keys::new(true);
    let now = keys.cells(tx, &now)?;
    let old: HashMap<Id, Cells> = store::facts(tx, ids)?.into_iter().map(|(id, body)| (id, cells::read(&body))).collect();
    let now = freezing::held(tx, kind, now, &old)?;
    let mut change = Cells::new();
    let mut rows = Vec::new();
    for (id, cells) in &now {
        cells.iter().for_each(|(cell, n)| *change.entry(*cell).or_default() += n);
        if !cells.is_empty() {
            rows.push((*id, cells::write(cells)));
        }
    }
    for cells in old.values() {
        cells.iter().for_each(|(cell, n)| *change.entry(*cell).or_default() -= n);
    }
    change.retain(|_, n| *n != 0);
    let mut places = Places::default();
    places.learn(tx, &mut keys, change.keys())?;
    let mut slots: BTreeMap<Slot, i64> = BTreeMap::new();
    change.iter().for_each(|(cell, n)| places.spread(cell, *n, &mut slots));
    store::add(tx, &slots)?;
    rows.sort();
    store::put_facts(tx, kind, ids, &rows)?;
    traces::keep(tx, &mut keys, &mut places, ids, &now)
}

/// Until when everything is counted: now, where nothing waits.
pub fn as_of(tx: &mut Tx) -> Result<Moment> {
    let (position, _) = store::progress(tx)?;
    let now = tx.now;
    Ok(store::first_uncounted(tx, position)?.map_or(now, |at| at.min(now)))
}
