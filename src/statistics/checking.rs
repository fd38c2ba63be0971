//! Recounting: whether the figures are what the records say, and writing them anew.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    cells::{self, Cells, Keys, Places, Slot},
    gathering::{self, KINDS},
    keeping,
    periods::freezing,
    store, traces,
};
use crate::{
    db::{Db, Result, Tx},
    events,
    indicators::Measure,
    kernel::Id,
};

const BATCH: i64 = 500;
/// Differences that are told one by one.
const TOLD: usize = 200;

/// What a recount found.
#[derive(Debug, Default)]
pub struct Checked {
    /// Records that were recounted.
    pub records: usize,
    /// Rows of rollups that were compared.
    pub rows: usize,
    /// Records with events that are not counted yet: their difference is none.
    pub waiting: usize,
    /// How many differences there are.
    pub differences: usize,
    /// The first of them, in words.
    pub told: Vec<String>,
}

impl Checked {
    fn differs(&mut self, what: impl FnOnce() -> String) {
        self.differences += 1;
        if self.told.len() < TOLD {
            self.told.push(what());
        }
    }
}

/// Records whose events are not counted yet.
fn waiting(tx: &mut Tx) -> Result<BTreeSet<Id>> {
    let (mut position, _) = store::progress(tx)?;
    let mut told = events::store::unplaced(tx)?;
    loop {
        let (next, last) = events::store::touched(tx, position, 10_000)?;
        if next.is_empty() {
            break;
        }
        position = last;
        told.extend(next);
    }
    let mut all = BTreeSet::new();
    for (root, kinds) in KINDS {
        for kind in kinds {
            let ids: BTreeSet<Id> = told.iter().filter(|t| t.record_kind == *kind).map(|t| t.record_id).collect();
            for chunk in ids.into_iter().collect::<Vec<_>>().chunks(500) {
                all.extend(store::roots(tx, root, kind, chunk)?);
            }
        }
    }
    Ok(all)
}

/// Recounts everything from the records, in one snapshot, and compares: each record with what is kept of it, each figure with
/// the sum.
pub fn verify(tx: &mut Tx) -> Result<Checked> {
    let mut found = Checked::default();
    let waiting = waiting(tx)?;
    found.waiting = waiting.len();
    let (mut keys, mut places) = (Keys::new(false), Places::default());
    let mut sums: BTreeMap<Slot, i64> = BTreeMap::new();
    for (kind, _) in KINDS {
        let mut after = String::new();
        loop {
            let ids = store::ids_after(tx, kind, &after, BATCH)?;
            let Some(last) = ids.last() else { break };
            after = last.to_string();
            found.records += ids.len();
            let now = gathering::contributed(tx, kind, &ids)?;
            let now = keys.cells(tx, &now)?;
            let kept: BTreeMap<Id, Cells> = store::facts(tx, &ids)?.into_iter().map(|(id, body)| (id, cells::read(&body))).collect();
            let indexed = traces::of_records(tx, &ids)?;
            let (nothing, none) = (Cells::new(), BTreeMap::new());
            let (frozen, noticed) = freezing::kept(tx, &ids, &kept)?;
            for id in &ids {
                let (is, was) = (now.get(id).unwrap_or(&nothing), kept.get(id).unwrap_or(&nothing));
                let waits = waiting.contains(id);
                let held = freezing::hold(is, frozen.get(id).unwrap_or(&none));
                let is = &held.counted;
                if !waits {
                    let noticed = noticed.get(id).unwrap_or(&none);
                    for (month, difference) in held.differences.iter().filter(|(month, is)| noticed.get(month).unwrap_or(&nothing) != *is) {
                        let month = cells::month_start(*month).format("%Y-%m");
                        found.differs(|| format!("{kind} {id}: frozen {month}: not noticed: {}", self::difference(difference, &nothing)));
                    }
                }
                if is != was && !waits {
                    found.differs(|| format!("{kind} {id}: {}", difference(is, was)));
                }
                // The rollups are the sum of what the records say; of those that wait, of what they last said.
                let counted = if waits { was } else { is };
                places.learn(tx, &mut keys, counted.keys())?;
                counted.iter().for_each(|(cell, n)| places.spread(cell, *n, &mut sums));
                if indexed.get(id) != traces::of(counted, &places).as_ref() {
                    found.differs(|| format!("{kind} {id}: is not found behind its figures"));
                }
            }
        }
        orphans(tx, kind, &mut found)?;
    }
    for id in traces::orphans(tx)? {
        found.differs(|| format!("{id}: found behind figures, but not counted"));
    }
    compare(tx, sums, &mut found)?;
    Ok(found)
}

/// What is kept of records that are not there.
fn orphans(tx: &mut Tx, kind: &str, found: &mut Checked) -> Result<()> {
    let mut after = String::new();
    loop {
        let kept: Vec<Id> = store::facts_after(tx, kind, &after, BATCH)?.into_iter().map(|(id, _)| id).collect();
        let Some(last) = kept.last() else { return Ok(()) };
        after = last.to_string();
        let there: BTreeSet<Id> = gathering::contributed(tx, kind, &kept)?.into_iter().map(|(id, _)| id).collect();
        for id in kept.iter().filter(|id| !there.contains(*id)) {
            found.differs(|| format!("{kind} {id}: counted, but not there"));
        }
    }
}

fn compare(tx: &mut Tx, mut sums: BTreeMap<Slot, i64>, found: &mut Checked) -> Result<()> {
    sums.retain(|_, n| *n != 0);
    for (slice, measure) in store::parts(tx)? {
        for (slot, n) in store::part(tx, slice, measure)? {
            found.rows += 1;
            let counted = sums.remove(&slot).unwrap_or(0);
            if counted != n {
                found.differs(|| format!("{}: kept {n}, counted {counted}", place(&slot)));
            }
        }
    }
    found.rows += sums.len();
    for (slot, counted) in sums {
        found.differs(|| format!("{}: kept 0, counted {counted}", place(&slot)));
    }
    Ok(())
}

fn name(measure: i32) -> String {
    Measure::ALL.iter().find(|m| m.id() == measure).map_or_else(|| format!("flow {measure}"), |m| m.label().to_owned())
}

fn place(slot: &Slot) -> String {
    format!("figure {} in slice {} at node {} in period {} ({slot:?})", name(slot.measure), slot.slice, slot.node, slot.period)
}

fn difference(is: &Cells, was: &Cells) -> String {
    let mut words = Vec::new();
    for cell in is.keys().chain(was.keys()).collect::<BTreeSet<_>>() {
        let (now, then) = (is.get(cell).copied().unwrap_or(0), was.get(cell).copied().unwrap_or(0));
        if now != then {
            words.push(format!("{} on {}: kept {then}, counted {now}", name(cell.measure), cells::day_of(cell.day)));
        }
    }
    words.join("; ")
}

/// Writes all figures anew, batch by batch; `progress` hears how many records of how many are done. What happens meanwhile is
/// counted by whoever follows the events, since each record is replaced as a whole.
pub async fn rebuild(db: &Db, progress: impl Fn(u64, u64)) -> Result<u64> {
    // What is being frozen is what was counted until now.
    while db.commit(freezing::freeze).await? > 0 {}
    let all = db
        .commit(|tx| {
            store::lock(tx)?;
            store::forget(tx)?;
            let position = events::store::last_position(tx)?;
            store::advance(tx, position, true)?;
            KINDS.iter().map(|(kind, _)| store::how_many(tx, kind)).sum::<Result<i64>>()
        })
        .await?;
    let (all, mut done) = (u64::try_from(all).unwrap_or(0), 0_u64);
    for (kind, _) in KINDS {
        let mut after = String::new();
        loop {
            let from = after.clone();
            let ids = db
                .commit(move |tx| {
                    store::lock(tx)?;
                    let ids = store::ids_after(tx, kind, &from, BATCH)?;
                    keeping::recount(tx, kind, &ids)?;
                    Ok(ids)
                })
                .await?;
            let Some(last) = ids.last() else { break };
            after = last.to_string();
            done += u64::try_from(ids.len()).unwrap_or(0);
            progress(done, all.max(done));
        }
    }
    db.commit(|tx| {
        store::lock(tx)?;
        let (position, _) = store::progress(tx)?;
        store::advance(tx, position, false)
    })
    .await?;
    Ok(done)
}
