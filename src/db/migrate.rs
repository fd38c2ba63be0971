//! Embedded migrations: the same folder names for both engines.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, Engine, Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the database to the newest schema; answers the names of what was run.
pub fn migrate(engine: &Engine) -> Result<Vec<String>> {
    let mut conn = engine.connect(true).map_err(|e| Error::Busy(e.to_string()))?;
    let run = match &mut conn {
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(|v| v.iter().map(ToString::to_string).collect()),
        Conn::Postgres(c) => {
            use diesel::connection::SimpleConnection;
            // One migrating process at a time.
            c.batch_execute("SET statement_timeout=0; SET lock_timeout=0; SELECT pg_advisory_lock(748213)")?;
            c.run_pending_migrations(POSTGRES).map(|v| v.iter().map(ToString::to_string).collect())
        }
    };
    run.map_err(|e| Error::Corrupt(format!("migration failed: {e}")))
}

/// Whether the schema lags behind this binary.
pub fn pending(conn: &mut Conn) -> Result<bool> {
    match conn {
        Conn::Sqlite(c) => c.has_pending_migration(SQLITE),
        Conn::Postgres(c) => c.has_pending_migration(POSTGRES),
    }
    .map_err(|e| Error::Corrupt(e.to_string()))
}
