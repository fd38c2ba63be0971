//! What runs without being asked: the sequencer, the clocks' sweep, expiries, housekeeping. Every job is idempotent and
//! safe on many servers: a lease names one runner, and the rows' versions let one change win.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{
    auth, clocks,
    db::{Db, Result, Tx, audit, dialect, idempotency},
    entrustments, evaluations, events,
    kernel::{Id, Moment},
    routing,
};

const BATCH: i64 = 200;

/// Does a batch, answers how much it did.
type Job = fn(&mut Tx) -> Result<usize>;

/// Runs all jobs until `stop` is cancelled.
pub async fn run(db: Db, mut stop: tokio::sync::watch::Receiver<bool>) {
    let holder = Id::new().to_string();
    loop {
        if let Err(e) = tick(&db, &holder).await {
            tracing::warn!(error = %e, "worker tick failed; it is tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            _ = stop.changed() => return,
        }
    }
}

/// One round of all jobs; answers how much was done. Tests call it instead of waiting.
pub async fn tick(db: &Db, holder: &str) -> Result<usize> {
    let jobs: [(&'static str, Job); 6] = [
        ("sequencer", |tx| events::store::sequence(tx, BATCH)),
        ("calendar", recompute),
        ("clocks", |tx| clocks::sweep(tx, BATCH)),
        ("transfers", |tx| routing::expire_due(tx, 20)),
        ("evaluations", |tx| evaluations::expire_due(tx, BATCH)),
        ("housekeeping", housekeeping),
    ];
    let mut done = 0;
    let mut failed = None;
    for (name, job) in jobs {
        // One failing job does not starve the others.
        match drain(db, holder, name, job).await {
            Ok(n) => done += n,
            Err(e) => failed = Some(e),
        }
    }
    failed.map_or(Ok(done), Err)
}

/// What a loaded calendar moves, to the end and at once.
pub async fn recompute_all(db: &Db) -> Result<()> {
    while db.commit(recompute).await? > 0 {}
    Ok(())
}

/// Repeats a batch under its lease until nothing is left.
async fn drain(db: &Db, holder: &str, job: &'static str, f: Job) -> Result<usize> {
    let mut total = 0;
    loop {
        let holder = holder.to_owned();
        let done = db
            .commit(move |tx| {
                let now = Moment::system();
                if !dialect::take_lease(tx.conn, job, &holder, now, now.plus(TimeDelta::seconds(15)))? {
                    return Ok(0);
                }
                let done = f(tx)?;
                tx.in_time()?;
                Ok(done)
            })
            .await?;
        total += done;
        if done == 0 || job == "housekeeping" {
            return Ok(total);
        }
    }
}

/// Idempotency keys are kept 48 hours, counters of failed look-ups two; signing keys are renewed.
fn housekeeping(tx: &mut Tx) -> Result<usize> {
    let now = Moment::system();
    let keys = idempotency::forget(tx, now.plus(TimeDelta::hours(-48)))?;
    let counters = audit::forget_failures(tx, now.utc().timestamp() / 3600 - 2)?;
    Ok(keys + counters + auth::keys::rotate(tx)?)
}

/// After a year's calendar was loaded: the open clocks that reach into it, and the deadlines shown on their records.
/// Small batches, because each record is locked.
fn recompute(tx: &mut Tx) -> Result<usize> {
    let Some(moved) = clocks::next_moved(tx, 50)? else { return Ok(0) };
    for (kind, id) in &moved.records {
        match kind.as_str() {
            "transfer" => routing::recompute(tx, *id)?,
            "evaluation" => evaluations::recompute(tx, *id)?,
            _ => entrustments::recompute(tx, *id)?,
        }
    }
    clocks::moved_done(tx, &moved)?;
    Ok(moved.records.len().max(1))
}
