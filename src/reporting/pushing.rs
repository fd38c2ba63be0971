//! Pushes batches: in order for each target, signed, again and again until they are taken.

use chrono::TimeDelta;
use serde_json::json;

use super::{
    model::{Payload, ReportBatchState as State, TargetSettings},
    store::{self, ReportBatch},
};
use crate::{
    db::{Db, Error, Result, Tx, dialect},
    kernel::{Id, Moment},
    outbound::{Fault, Outbound, Pauses, Signer, sent},
};

/// While one server tries a batch, others leave it alone.
const LEASE: i64 = 60;
/// A minute to six hours.
const PAUSES: Pauses = Pauses(&[60, 120, 300, 900, 3_600, 10_800, 21_600]);
/// Tries after which a person has to look.
const MOST: i32 = 24;

/// A batch that is being tried.
struct Trying {
    batch: ReportBatch,
    payload: Payload,
    settings: TargetSettings,
}

/// Takes the next batch of a target for a while.
fn take(tx: &mut Tx, target: Id) -> Result<Option<Trying>> {
    dialect::lock_root(tx.conn, "reporting_targets", target.as_str())?;
    let now = Moment::system();
    let Some(mut batch) = store::next_of(tx, target)?.filter(|b| b.state == State::Waiting && b.next_at <= now) else { return Ok(None) };
    let Some(settings) = store::target(tx, target)?.map(|t| t.settings.open(tx.vault)).transpose()? else { return Ok(None) };
    batch.attempts += 1;
    batch.next_at = now.plus(TimeDelta::seconds(LEASE));
    batch.version += 1;
    if !store::save_batch(tx, &batch)? {
        return Err(Error::Contended);
    }
    let payload = batch.payload.open(tx.vault)?;
    Ok(Some(Trying { batch, payload, settings }))
}

/// Notes what became of it.
fn settle(tx: &mut Tx, mut batch: ReportBatch, outcome: std::result::Result<(), Fault>) -> Result<()> {
    let now = Moment::system();
    match outcome {
        Ok(()) => {
            batch.state = State::Sent;
            batch.sent_at = Some(tx.now);
            batch.next_at = Moment::NEVER;
            batch.last_error = None;
        }
        Err(why) => {
            batch.next_at = now.plus(PAUSES.after(batch.attempts));
            batch.last_error = Some(why.to_string());
            if batch.attempts >= MOST {
                batch.state = State::Failed;
                batch.next_at = Moment::NEVER;
            }
        }
    }
    batch.version += 1;
    batch.updated_at = tx.now;
    // Somebody dropped it meanwhile: that stands.
    store::save_batch(tx, &batch).map(|_| ())
}

async fn send(outbound: &Outbound, trying: &Trying) -> std::result::Result<(), Fault> {
    // A target that is pushed to no more keeps its batches for when it is.
    let Some(push) = &trying.settings.push else { return Err(Fault::Refused) };
    let body = json!({ "batchNo": trying.batch.number, "count": trying.payload.rows.len(), "data": trying.payload.rows }).to_string();
    let signer = Signer { app_id: &push.app_id, secret: &trying.settings.secret };
    sent(signer.sign(outbound.post(&push.url)?, trying.batch.id.as_str(), body)).await.map(|_| ())
}

/// Tries what is due, one batch of each target at a time; answers how many were taken.
pub async fn push_due(db: &Db, outbound: &Outbound) -> Result<usize> {
    let targets: Vec<Id> = db.read(|tx| Ok(store::pushing(tx)?.into_iter().map(|t| t.id).collect())).await?;
    if targets.is_empty() {
        return Ok(0);
    }
    let each = targets.into_iter().map(|target| async move {
        let mut taken = 0;
        while let Some(trying) = db.commit(move |tx| take(tx, target)).await? {
            let outcome = send(outbound, &trying).await;
            let done = outcome.is_ok();
            let batch = trying.batch;
            db.commit(move |tx| settle(tx, batch.clone(), outcome)).await?;
            if !done {
                break;
            }
            taken += 1;
        }
        Ok::<usize, Error>(taken)
    });
    // A slow platform delays no other.
    let all = futures_util::future::join_all(each).await;
    all.into_iter().sum()
}
