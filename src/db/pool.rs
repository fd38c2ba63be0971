//! `db.read` and `db.write`: closures run off the async threads, inside one transaction each.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio::sync::{Semaphore, oneshot};
use tracing::Span;

use super::{
    Conn, Engine, Error, Result,
    group_commit::{Job, Writer},
    numbers::{Blocks, Lease},
};
use crate::kernel::{Clock, ErrorCode, Masking, Moment, Problem, Vault, random_bytes};

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections kept for reading (SQLite) or for all work (PostgreSQL).
    pub pool_size: u32,
    /// How long a request waits for a connection before it is answered 503.
    pub wait: Duration,
    /// What stays readable of masked personal data.
    pub masking: Masking,
}

impl Default for Options {
    fn default() -> Self {
        Self { pool_size: 8, wait: Duration::from_millis(500), masking: Masking::default() }
    }
}

/// What a write closure wants of its transaction.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Keep it.
    Commit(T),
    /// Undo it, and answer all the same (`dry_run`, replays).
    Rollback(T),
}

/// The one write transaction, and what a use case needs beside it.
pub struct Tx<'c> {
    /// The connection, inside the transaction.
    pub conn: &'c mut Conn,
    /// Business time, the same for the whole transaction.
    pub now: Moment,
    /// Keys for sealed columns.
    pub vault: &'c Vault,
    /// How personal data is masked where it is.
    pub masking: &'c Masking,
    pub(super) blocks: &'c Blocks,
    pub(super) leases: Vec<Lease>,
    started: Instant,
    on_commit: Vec<Effect>,
    on_rollback: Vec<Effect>,
}

/// What follows the end of a transaction outside it.
type Effect = Box<dyn FnOnce() + Send>;

fn follow(effects: Vec<Effect>) {
    effects.into_iter().for_each(|effect| effect());
}

/// Lists of changes withhold what is younger than ten seconds, so that a slow write is not missed; no request may write
/// for longer.
const LONGEST_WRITE: Duration = Duration::from_secs(8);

impl Tx<'_> {
    /// Refuses to commit what took too long. Every request asks at its end; imports, which no list of changes shows, do not.
    pub fn in_time(&self) -> Result<()> {
        if self.started.elapsed() > LONGEST_WRITE { Err(Error::Busy("the write took too long".into())) } else { Ok(()) }
    }

    /// Runs `f` once the transaction is durable.
    pub fn on_commit(&mut self, f: impl FnOnce() + Send + 'static) {
        self.on_commit.push(Box::new(f));
    }

    /// Runs `f` once the transaction is undone: refused, tried only, or to be run again.
    pub fn on_rollback(&mut self, f: impl FnOnce() + Send + 'static) {
        self.on_rollback.push(Box::new(f));
    }

    /// Runs `f` in a savepoint of its own: a row of a bulk action may fail without its neighbours.
    pub fn savepoint<T>(&mut self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        self.conn.execute_batch("SAVEPOINT part")?;
        let (committing, undoing, leases) = (self.on_commit.len(), self.on_rollback.len(), self.leases.len());
        let result = f(self);
        self.conn.execute_batch(if result.is_ok() { "RELEASE SAVEPOINT part" } else { "ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part" })?;
        if result.is_err() {
            self.on_commit.truncate(committing);
            self.leases.truncate(leases);
            follow(self.on_rollback.split_off(undoing));
        }
        result
    }
}

/// A database of either engine. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    engine: Engine,
    pool: r2d2::Pool<Manager>,
    permits: Arc<Semaphore>,
    writer: Option<Writer>,
    wait: Duration,
    vault: Arc<Vault>,
    masking: Masking,
    clock: Arc<Clock>,
    blocks: Blocks,
}

struct Manager(Engine);

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = diesel::ConnectionError;

    fn connect(&self) -> Result<Conn, Self::Error> {
        self.0.connect(matches!(self.0, Engine::Postgres(_)))
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        conn.execute_batch("SELECT 1").map_err(diesel::ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        // A connection left inside a transaction by a panic is thrown away.
        match conn {
            Conn::Sqlite(_) => std::thread::panicking(),
            Conn::Postgres(c) => diesel::r2d2::R2D2Connection::is_broken(c) || std::thread::panicking(),
        }
    }
}

impl Db {
    /// Opens the database; connects lazily, so that a server can start (not ready) while PostgreSQL is away.
    pub fn open(engine: Engine, options: &Options, vault: Arc<Vault>, clock: Arc<Clock>) -> Result<Self> {
        let pool = r2d2::Pool::builder()
            .max_size(options.pool_size)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(options.wait)
            .build_unchecked(Manager(engine.clone()));
        let writer = match engine {
            Engine::Sqlite(_) => Some(Writer::start(engine.clone()).map_err(|e| Error::Busy(e.to_string()))?),
            Engine::Postgres(_) => None,
        };
        let permits = Arc::new(Semaphore::new(usize::try_from(options.pool_size).unwrap_or(8)));
        Ok(Self(Arc::new(Inner { engine, pool, permits, writer, wait: options.wait, vault, masking: options.masking, clock, blocks: Blocks::default() })))
    }

    /// Which engine.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The keys for sealed columns.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.0.vault
    }

    /// Business time.
    pub fn clock(&self) -> &Arc<Clock> {
        &self.0.clock
    }

    /// Reads from one snapshot.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    {
        self.on_pool(move |inner| {
            let begin = match inner.engine {
                Engine::Sqlite(_) => "BEGIN",
                Engine::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            };
            let mut conn = inner.begin(begin)?;
            let conn: &mut Conn = &mut conn;
            let result = guarded(|| f(&mut inner.tx(conn)));
            conn.execute_batch("ROLLBACK")?;
            result
        })
        .await
    }

    /// Writes in one transaction. Only a serialization failure or a deadlock is retried, so `f` has no effect outside.
    pub async fn write<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<Outcome<T>> + Send + 'static,
    {
        if let Some(writer) = &self.0.writer {
            let (reply, answer) = oneshot::channel();
            writer.submit(Box::new(WriteJob { inner: self.0.clone(), f, result: None, effects: Vec::new(), reply, span: Span::current() }));
            return answer.await.map_err(|_| Error::Busy("writer gone".into()))?;
        }
        self.on_pool(move |inner| inner.write_postgres(f)).await
    }

    /// [`Db::write`] for a closure that always commits.
    pub async fn commit<T, F>(&self, mut f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<T> + Send + 'static,
    {
        self.write(move |tx| f(tx).map(Outcome::Commit)).await
    }

    async fn on_pool<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T> + Send + 'static,
    {
        let permit = tokio::time::timeout(self.0.wait, self.0.permits.clone().acquire_owned())
            .await
            .map_err(|_| Error::Busy("all connections in use".into()))?
            .map_err(|_| Error::Busy("closed".into()))?;
        let inner = self.0.clone();
        let span = Span::current();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            span.in_scope(|| f(&inner))
        })
        .await
        .map_err(|e| Error::Busy(e.to_string()))?
    }
}

impl Inner {
    /// A connection inside a new transaction. After a restart of the server every pooled connection fails once: nothing
    /// has happened yet, so the next one is tried.
    fn begin(&self, sql: &str) -> Result<r2d2::PooledConnection<Manager>> {
        let mut last = String::new();
        for _ in 0..=self.pool.max_size() {
            let mut conn = self.pool.get().map_err(|e| Error::Busy(e.to_string()))?;
            match conn.execute_batch(sql) {
                Ok(()) => return Ok(conn),
                Err(e) => last = e.to_string(),
            }
        }
        Err(Error::Busy(last))
    }

    fn tx<'c>(&'c self, conn: &'c mut Conn) -> Tx<'c> {
        Tx {
            conn,
            now: self.clock.now(),
            vault: &self.vault,
            masking: &self.masking,
            blocks: &self.blocks,
            leases: Vec::new(),
            started: Instant::now(),
            on_commit: Vec::new(),
            on_rollback: Vec::new(),
        }
    }

    fn write_postgres<T>(&self, mut f: impl FnMut(&mut Tx) -> Result<Outcome<T>>) -> Result<T> {
        const ATTEMPTS: u32 = 6;
        let mut attempt = 1;
        loop {
            let mut pooled = self.begin("BEGIN ISOLATION LEVEL READ COMMITTED")?;
            let conn: &mut Conn = &mut pooled;
            let mut tx = self.tx(conn);
            let result = guarded(|| f(&mut tx));
            let (done, undone) = (std::mem::take(&mut tx.on_commit), std::mem::take(&mut tx.on_rollback));
            let result = match result {
                Ok(Outcome::Commit(value)) => conn.execute_batch("COMMIT").map(|()| (value, done)).map_err(Error::from),
                Ok(Outcome::Rollback(value)) => conn.execute_batch("ROLLBACK").map(|()| (value, undone)).map_err(Error::from),
                Err(e) => {
                    conn.execute_batch("ROLLBACK")?;
                    follow(undone);
                    Err(e)
                }
            };
            match result {
                Err(e) if attempt < ATTEMPTS && is_transient(&e) => {
                    drop(pooled);
                    let [jitter] = random_bytes::<1>();
                    std::thread::sleep(Duration::from_millis(u64::from(attempt * 4) + u64::from(jitter) / 16));
                    attempt += 1;
                }
                Ok((value, effects)) => {
                    follow(effects);
                    return Ok(value);
                }
                Err(e) => return Err(e),
            }
        }
    }
}

/// diesel maps only 40001; a deadlock (40P01) is told by its message alone, in the language of the server.
const DEADLOCK: [&str; 3] = ["deadlock detected", "检测到死锁", "偵測到死結"];

fn is_transient(e: &Error) -> bool {
    match e {
        Error::Contended => true,
        Error::Database(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
        Error::Database(DieselError::DatabaseError(_, info)) => DEADLOCK.iter().any(|m| info.message().contains(m)),
        _ => false,
    }
}

/// A panic in a unit of work is a bug: it is logged and answered 500, and its transaction is rolled back.
fn guarded<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| {
        tracing::error!("panic inside a unit of work");
        Err(Problem::of(ErrorCode::Internal).into())
    })
}

struct WriteJob<F, T> {
    inner: Arc<Inner>,
    f: F,
    result: Option<Result<T>>,
    effects: Vec<Effect>,
    reply: oneshot::Sender<Result<T>>,
    span: Span,
}

impl<F, T> Job for WriteJob<F, T>
where
    T: Send,
    F: FnMut(&mut Tx) -> Result<Outcome<T>> + Send,
{
    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, conn: &mut Conn) -> bool {
        let _entered = self.span.enter();
        let mut tx = self.inner.tx(conn);
        let outcome = guarded(|| (self.f)(&mut tx));
        let (done, undone) = (std::mem::take(&mut tx.on_commit), std::mem::take(&mut tx.on_rollback));
        let (keep, result) = match outcome {
            Ok(Outcome::Commit(value)) => (true, Ok(value)),
            Ok(Outcome::Rollback(value)) => (false, Ok(value)),
            Err(e) => (false, Err(e)),
        };
        // What is undone is undone whatever becomes of the batch; its savepoint is rolled back before the next job runs.
        if keep {
            self.effects = done;
        } else {
            follow(undone);
        }
        self.result = Some(result);
        keep
    }

    fn finish(self: Box<Self>, committed: Result<()>) {
        let answer = match committed {
            Ok(()) => {
                follow(self.effects);
                self.result.unwrap_or_else(|| Err(Error::Busy("not run".into())))
            }
            Err(e) => Err(e),
        };
        let _ = self.reply.send(answer);
    }
}
