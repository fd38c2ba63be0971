//! SQLite's single writer: takes what is queued into one transaction, each job in a savepoint, and answers after COMMIT.
//!
//! Without the savepoints a refused job would leave partial rows. A full disk can discard the whole transaction behind
//! our back: then RELEASE fails, every job of the batch is answered “unavailable”, and the connection is opened anew.

use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    time::{Duration, Instant},
};

use super::{Conn, Engine, Error};

/// A unit of work for the writer.
pub(super) trait Job: Send {
    /// The caller has left; nothing has happened yet.
    fn abandoned(&self) -> bool;
    /// Runs inside its savepoint; says whether to keep it.
    fn run(&mut self, conn: &mut Conn) -> bool;
    /// Answers the caller: `Ok` after COMMIT.
    fn finish(self: Box<Self>, committed: Result<(), Error>);
}

const BATCH: usize = 32;
const LINGER: Duration = Duration::from_millis(5);
const QUEUE: usize = 2048;

/// The door to the writer thread; closing it (dropping all clones) ends the thread after the last job.
#[derive(Clone)]
pub(super) struct Writer(SyncSender<Box<dyn Job>>);

impl Writer {
    pub(super) fn start(engine: Engine) -> std::io::Result<Self> {
        let (send, receive) = sync_channel(QUEUE);
        std::thread::Builder::new().name("sqlite-writer".into()).spawn(move || run(&engine, &receive))?;
        Ok(Self(send))
    }

    pub(super) fn submit(&self, job: Box<dyn Job>) {
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) = self.0.try_send(job) {
            job.finish(Err(Error::Busy("write queue full".into())));
        }
    }
}

fn run(engine: &Engine, receive: &Receiver<Box<dyn Job>>) {
    let mut conn = None;
    while let Ok(first) = receive.recv() {
        let batch = std::iter::once(first).chain(receive.try_iter()).take(BATCH);
        let mut done = Vec::new();
        match write_batch(engine, &mut conn, batch, &mut done) {
            Ok(()) => done.into_iter().for_each(|job| job.finish(Ok(()))),
            Err(why) => {
                tracing::error!(%why, jobs = done.len(), "write batch lost; reopening the connection");
                conn = None;
                done.into_iter().for_each(|job| job.finish(Err(Error::Busy(why.to_string()))));
            }
        }
    }
}

fn write_batch(engine: &Engine, slot: &mut Option<Conn>, batch: impl Iterator<Item = Box<dyn Job>>, done: &mut Vec<Box<dyn Job>>) -> Result<(), Error> {
    let mut batch = batch.filter(|job| !job.abandoned()).peekable();
    if batch.peek().is_none() {
        return Ok(());
    }
    let opened = open(engine, slot);
    let conn = match opened {
        Ok(conn) => conn,
        Err(e) => {
            done.extend(batch);
            return Err(e);
        }
    };
    let started = Instant::now();
    for mut job in batch {
        let step = (|| -> Result<(), Error> {
            conn.execute_batch("SAVEPOINT job")?;
            let keep = job.run(conn);
            conn.execute_batch(if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
            Ok(())
        })();
        done.push(job);
        step?;
        if started.elapsed() > LINGER && done.len() >= BATCH / 4 {
            // Long jobs: commit what is there, so that the first caller does not wait for the last.
            conn.execute_batch("COMMIT")?;
            done.drain(..).for_each(|job| job.finish(Ok(())));
            conn.execute_batch("BEGIN IMMEDIATE")?;
        }
    }
    conn.execute_batch("COMMIT")?;
    Ok(())
}

fn open<'c>(engine: &Engine, slot: &'c mut Option<Conn>) -> Result<&'c mut Conn, Error> {
    let conn = match slot.take() {
        Some(conn) => conn,
        None => engine.connect(true).map_err(|e| Error::Busy(e.to_string()))?,
    };
    let conn = slot.insert(conn);
    conn.execute_batch("BEGIN IMMEDIATE")?;
    Ok(conn)
}
