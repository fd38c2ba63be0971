//! What runs without being asked: the sequencer, the clocks' sweep, expiries, housekeeping. Every job is idempotent and
//! safe on many servers: a lease names one runner, and the rows' versions let one change win.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{
    applicants, appointments, assessments, auth, catalogue, clocks, consultations,
    db::{Db, Result, Tx, audit, dialect, idempotency},
    entrustments, evaluations, events,
    kernel::{Id, Moment},
    meetings, projects, reminders, routing, sheets, statistics, supervision, tickets, webhooks,
};

const BATCH: i64 = 200;

/// What is done again and again.
struct Job {
    /// Names its lease.
    name: &'static str,
    /// Whether there is anything to do: asked by a read, so that an idle server writes nothing.
    waits: fn(&mut Tx) -> Result<bool>,
    /// Does a batch, answers how much it did.
    run: fn(&mut Tx) -> Result<usize>,
}

const JOBS: [Job; 23] = [
    Job { name: "sequencer", waits: events::store::unsequenced, run: |tx| events::store::sequence(tx, BATCH) },
    Job { name: "calendar", waits: |tx| Ok(clocks::store::recompute_pending(tx)?.is_some()), run: recompute },
    Job { name: "clocks", waits: |tx| clocks::anything_due(tx), run: |tx| clocks::sweep(tx, BATCH) },
    Job { name: "transfers", waits: routing::transfers::anything_overdue, run: |tx| routing::transfers::expire_due(tx, 20) },
    Job { name: "joint_handlings", waits: routing::joint::anything_overdue, run: |tx| routing::joint::expire_due(tx, 20) },
    Job { name: "evaluations", waits: evaluations::anything_due, run: |tx| evaluations::sweep(tx, BATCH) },
    Job { name: "consultations", waits: consultations::anything_to_close, run: |tx| consultations::close_due(tx, 50) },
    Job { name: "knowledge", waits: crate::knowledge::anything_expired, run: |tx| crate::knowledge::expire_due(tx, 50) },
    Job { name: "appointments", waits: appointments::anything_due, run: |tx| appointments::sweep(tx, BATCH) },
    Job { name: "resolutions", waits: meetings::anything_overdue, run: |tx| meetings::escalate_due(tx, 20) },
    Job { name: "ladder", waits: sheets::anything_due, run: |tx| sheets::propose_due(tx, 20) },
    Job { name: "catalogue", waits: catalogue::anything_scheduled, run: |tx| catalogue::publish_due(tx, 20) },
    Job { name: "mandates", waits: applicants::mandates::anything_ended, run: applicants::mandates::expire },
    Job { name: "projects", waits: projects::anything_due, run: |tx| projects::sweep(tx, 20) },
    // After the sequencer, and after what raises events of its own.
    Job { name: "statistics", waits: statistics::waits, run: statistics::follow },
    Job { name: "reporting", waits: crate::reporting::anything_new, run: crate::reporting::follow },
    Job { name: "webhooks", waits: webhooks::anything_new, run: webhooks::follow },
    Job { name: "webhooks_old", waits: webhooks::forgettable, run: webhooks::forget },
    Job { name: "notices", waits: crate::notices::anything_new, run: crate::notices::follow },
    Job { name: "freezing", waits: statistics::freezing, run: statistics::freeze },
    Job { name: "assessments", waits: assessments::anything_pending, run: assessments::compute_some },
    Job { name: "assessments_frozen", waits: assessments::anything_freezing, run: assessments::freeze_some },
    Job { name: "housekeeping", waits: |_| Ok(true), run: housekeeping },
];

/// Runs all jobs until `stop` is cancelled.
pub async fn run(db: Db, mut stop: tokio::sync::watch::Receiver<bool>) {
    let holder = Id::new().to_string();
    let mut round: u32 = 0;
    loop {
        // Housekeeping once a minute, the rest twice a second.
        let [often @ .., _housekeeping] = &JOBS;
        let jobs = if round.is_multiple_of(120) { &JOBS[..] } else { often };
        if let Err(e) = rounds(&db, &holder, jobs).await {
            tracing::warn!(error = %e, "worker tick failed; it is tried again");
        }
        round = round.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            _ = stop.changed() => return,
        }
    }
}

/// One round of all jobs; answers how much was done. Tests call it instead of waiting.
pub async fn tick(db: &Db, holder: &str) -> Result<usize> {
    rounds(db, holder, &JOBS).await
}

async fn rounds(db: &Db, holder: &str, jobs: &'static [Job]) -> Result<usize> {
    let waiting = db.read(move |tx| jobs.iter().map(|job| (job.waits)(tx)).collect::<Result<Vec<bool>>>()).await?;
    let mut done = 0;
    let mut failed = None;
    for (job, _) in jobs.iter().zip(waiting).filter(|(_, waits)| *waits) {
        // One failing job does not starve the others.
        match drain(db, holder, job).await {
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
async fn drain(db: &Db, holder: &str, job: &'static Job) -> Result<usize> {
    let mut total = 0;
    loop {
        let holder = holder.to_owned();
        let done = db
            .commit(move |tx| {
                let now = Moment::system();
                if !dialect::take_lease(tx.conn, job.name, &holder, now, now.plus(TimeDelta::seconds(15)))? {
                    return Ok(0);
                }
                let done = (job.run)(tx)?;
                tx.in_time()?;
                Ok(done)
            })
            .await?;
        total += done;
        // Asked by a read: a last round that finds nothing would be one more write to wait for.
        if done == 0 || job.name == "housekeeping" || !db.read(job.waits).await? {
            return Ok(total);
        }
    }
}

/// Idempotency keys are kept 48 hours, counters of failed look-ups two; signing keys are renewed.
fn housekeeping(tx: &mut Tx) -> Result<usize> {
    let now = Moment::system();
    let keys = idempotency::forget(tx, now.plus(TimeDelta::hours(-48)))?;
    let counters = audit::forget_failures(tx, now.utc().timestamp() / 3600 - 2)?;
    let comers = crate::identity::forget(tx, now.plus(TimeDelta::hours(-1)))?;
    Ok(keys + counters + comers + crate::clients::forget(tx)? + auth::keys::rotate(tx)?)
}

/// After a year's calendar was loaded: the open clocks that reach into it, and the deadlines shown on their records.
/// Small batches, because each record is locked.
fn recompute(tx: &mut Tx) -> Result<usize> {
    let Some(moved) = clocks::next_moved(tx, 50)? else { return Ok(0) };
    for (kind, id) in &moved.records {
        match kind.as_str() {
            "transfer" => routing::transfers::recompute(tx, *id)?,
            "joint_handling" => routing::joint::recompute(tx, *id)?,
            "arbitration" => routing::arbitration::recompute(tx, *id)?,
            "reminder" => reminders::recompute(tx, *id)?,
            "supervision" => supervision::recompute(tx, *id)?,
            "evaluation" => evaluations::recompute(tx, *id)?,
            "assignment_sheet" => sheets::recompute(tx, *id)?,
            "ticket_batch" => crate::batches::recompute(tx, *id)?,
            "return_visit" => crate::return_visits::recompute(tx, *id)?,
            "follow_up" => crate::follow_ups::recompute(tx, *id)?,
            "hotline_order" => crate::hotline::recompute(tx, *id)?,
            "consultation" => consultations::recompute(tx, *id)?,
            "resolution" => meetings::recompute(tx, *id)?,
            "assessment" => assessments::recompute(tx, *id)?,
            "fallback_ticket" => tickets::recompute(tx, *id)?,
            _ => entrustments::recompute(tx, *id)?,
        }
    }
    clocks::moved_done(tx, &moved)?;
    Ok(moved.records.len().max(1))
}
