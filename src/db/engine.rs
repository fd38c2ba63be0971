//! The connection enum, and how each engine's connection is prepared.

use std::time::Duration;

use diesel::{Connection, ConnectionError, PgConnection, SqliteConnection, connection::SimpleConnection};

/// A connection to either engine.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// Embedded.
    Sqlite(SqliteConnection),
    /// Production.
    Postgres(PgConnection),
}

/// Which engine, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file path.
    Sqlite(String),
    /// A connection URL.
    Postgres(String),
}

/// The database URL names no engine that is supported.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// Unknown scheme.
    #[error("DATABASE_URL must be sqlite:PATH or postgres://…")]
    Scheme,
    /// This build has no TLS.
    #[error("this build cannot speak TLS to PostgreSQL: sslmode={0} is refused (connect over a private network or a local proxy)")]
    Tls(String),
}

impl Engine {
    /// Reads `sqlite:PATH` or `postgres://…`.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(UrlError::Scheme) } else { Ok(Self::Sqlite(path.to_owned())) };
        }
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(UrlError::Scheme);
        }
        for mode in ["require", "verify-ca", "verify-full"] {
            if url.contains(&format!("sslmode={mode}")) {
                return Err(UrlError::Tls(mode.to_owned()));
            }
        }
        Ok(Self::Postgres(url.to_owned()))
    }

    /// Opens a connection for reading, or for reading and writing.
    pub(super) fn connect(&self, writable: bool) -> Result<Conn, ConnectionError> {
        let prepare = |conn: &mut dyn FnMut(&str) -> diesel::QueryResult<()>, sql: &str| conn(sql).map_err(ConnectionError::CouldntSetupConfiguration);
        match self {
            Self::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path)?;
                // The timeout stands before WAL is switched on: two openers may race for that (diesel#2365).
                let role = if writable { "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" } else { "PRAGMA query_only=ON;" };
                let sql = format!("PRAGMA busy_timeout=5000; {role} PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;");
                prepare(&mut |s| conn.batch_execute(s), &sql)?;
                Ok(Conn::Sqlite(conn))
            }
            Self::Postgres(url) => {
                let mut conn = PgConnection::establish(&with_timeouts(url))?;
                prepare(
                    &mut |s| conn.batch_execute(s),
                    "SET jit=off; SET timezone='UTC'; SET statement_timeout='15s'; SET lock_timeout='5s'; SET idle_in_transaction_session_timeout='30s'; SET client_min_messages=warning;",
                )?;
                Ok(Conn::Postgres(conn))
            }
        }
    }
}

/// A black-holed server must not hang a thread for ever (diesel#3016).
fn with_timeouts(url: &str) -> String {
    let connect = Duration::from_secs(5).as_secs();
    let sep = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sep}connect_timeout={connect}&tcp_user_timeout=10000&keepalives=1&keepalives_idle=15")
}

impl Conn {
    /// Runs SQL without parameters.
    pub fn execute_batch(&mut self, sql: &str) -> diesel::QueryResult<()> {
        match self {
            Self::Sqlite(c) => c.batch_execute(sql),
            Self::Postgres(c) => c.batch_execute(sql),
        }
    }
}
