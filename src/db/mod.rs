//! One door to two engines: a connection enum, pooled reads, and the single write transaction.
//!
//! SQLite has one writer thread that commits queued jobs as a group; PostgreSQL writes through its pool. Behaviour
//! above this door is the same on both.

pub mod audit;
mod columns;
pub mod dialect;
mod engine;
mod epochs;
mod group_commit;
pub mod idempotency;
mod migrate;
pub mod numbers;
mod pool;
pub mod schema;

pub(crate) use columns::code_enum;
pub use columns::{Json, Private, Sealed};
pub use engine::{Conn, Engine};
pub use epochs::{epoch, keep_epoch};
pub use migrate::{migrate, pending};
pub use pool::{Db, Options, Outcome, Tx};

use crate::kernel::{ErrorCode, Problem, VaultError};

/// Why a unit of work did not finish.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request was refused; its transaction is rolled back.
    #[error("refused: {}", .0.code.code())]
    Refused(Box<Problem>),
    /// The database failed. Retried when it was a serialization failure or a deadlock.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    /// A stored value cannot be read.
    #[error("{0}")]
    Corrupt(String),
    /// Another transaction changed the same row first; the whole unit of work is tried again.
    #[error("contended")]
    Contended,
    /// No connection or no place in the queue within the limit.
    #[error("database busy: {0}")]
    Busy(String),
}

/// What services return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Problem> for Error {
    fn from(p: Problem) -> Self {
        Self::Refused(Box::new(p))
    }
}

impl<E: crate::kernel::problem::Refuse> From<E> for Error {
    fn from(e: E) -> Self {
        Problem::from(e).into()
    }
}

impl From<VaultError> for Error {
    fn from(e: VaultError) -> Self {
        Self::Corrupt(e.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Self {
        Self::Corrupt(e.to_string())
    }
}

impl Error {
    /// The problem to answer with; what is not the caller's fault is logged here, once.
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Refused(p) => *p,
            Self::Busy(why) => {
                tracing::warn!(%why, "database busy");
                Problem::of(ErrorCode::Unavailable)
            }
            e if e.is_passing() => {
                tracing::warn!(error = %e, "database unavailable");
                Problem::of(ErrorCode::Unavailable)
            }
            other => {
                tracing::error!(error = %other, "unit of work failed");
                Problem::of(ErrorCode::Internal)
            }
        }
    }

    /// A fault of the moment: contention, a lost connection, a timeout. Nothing was committed.
    fn is_passing(&self) -> bool {
        use diesel::result::{DatabaseErrorKind as K, Error as E};
        match self {
            Self::Contended => true,
            Self::Database(E::DatabaseError(K::SerializationFailure | K::ClosedConnection | K::UnableToSendCommand, _)) => true,
            Self::Database(E::DatabaseError(_, info)) => {
                ["timeout", "deadlock", "超时", "死锁", "database is locked", "disk"].iter().any(|m| info.message().contains(m))
            }
            _ => false,
        }
    }

    /// A violated unique index, whatever its engine calls it.
    pub fn is_unique(&self) -> bool {
        use diesel::result::{DatabaseErrorKind, Error as E};
        matches!(self, Self::Database(E::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }
}
