//! Where the log stands: read by one for all who wait for it, so that a thousand idle streams ask the database nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::db::{self, Db, Tx};

/// How often it is looked whether something was added.
const GLANCE: Duration = Duration::from_millis(500);
/// Of those who wait so many read at the same time: the connections are there for everybody.
const TURNS: usize = 2;

/// Behind every place: nothing more comes.
const OVER: i64 = i64::MAX;

/// Tells how far the log has come.
#[derive(Clone)]
pub struct Pulse(Arc<Inner>);

struct Inner {
    db: Db,
    read: fn(&mut Tx) -> db::Result<i64>,
    at: watch::Sender<i64>,
    beats: AtomicBool,
    turns: Semaphore,
}

/// It beats as long as this lives.
struct Beating(Arc<Inner>);

impl Drop for Beating {
    fn drop(&mut self) {
        self.0.beats.store(false, SeqCst);
    }
}

impl Pulse {
    /// Of a database; `read` says where the log stands.
    pub fn new(db: Db, read: fn(&mut Tx) -> db::Result<i64>) -> Self {
        Self(Arc::new(Inner { db, read, at: watch::Sender::new(-1), beats: AtomicBool::new(false), turns: Semaphore::new(TURNS) }))
    }

    /// What moves when the log does. It is looked for as long as somebody holds one.
    pub fn felt(&self) -> watch::Receiver<i64> {
        let felt = self.0.at.subscribe();
        self.begin();
        felt
    }

    /// The server ends: whoever waits is let go, so that nobody holds it up.
    pub fn end(&self) {
        self.0.at.send_replace(OVER);
    }

    /// Whether it has ended.
    pub fn ended(&self) -> bool {
        *self.0.at.borrow() == OVER
    }

    /// Leave to read again.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.0.turns.acquire().await.ok()
    }

    fn begin(&self) {
        if !self.0.beats.swap(true, SeqCst) {
            let (pulse, beating) = (self.clone(), Beating(self.0.clone()));
            tokio::spawn(async move { pulse.beat(beating).await });
        }
    }

    async fn beat(self, beating: Beating) {
        while self.0.at.receiver_count() > 0 {
            // What is not read now is read next time.
            if let Ok(now) = self.0.db.read(self.0.read).await {
                self.0.at.send_if_modified(|at| *at != OVER && std::mem::replace(at, now) != now);
            }
            tokio::time::sleep(GLANCE).await;
        }
        drop(beating);
        // Somebody may have come between the last look and the end.
        if self.0.at.receiver_count() > 0 {
            self.begin();
        }
    }
}
