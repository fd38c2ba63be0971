//! Embedded migrations: the same folder names for both engines.

use diesel::{QueryableByName, RunQueryDsl as _, backend::Backend, migration::MigrationSource, pg::Pg, sql_query, sql_types::Text, sqlite::Sqlite};
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

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Whether the schema lags behind this binary. Only reads: diesel's own check would create its table, which a read-only
/// transaction refuses.
pub fn pending(conn: &mut Conn) -> Result<bool> {
    let applied = "SELECT version FROM __diesel_schema_migrations";
    let (rows, known) = match conn {
        Conn::Sqlite(c) => (sql_query(applied).load::<Applied>(c)?, versions::<Sqlite>(&SQLITE)?),
        Conn::Postgres(c) => (sql_query(applied).load::<Applied>(c)?, versions::<Pg>(&POSTGRES)?),
    };
    Ok(known.iter().any(|version| !rows.iter().any(|r| r.version == *version)))
}

fn versions<DB: Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>> {
    let migrations = MigrationSource::<DB>::migrations(source).map_err(|e| Error::Corrupt(e.to_string()))?;
    Ok(migrations.iter().map(|m| m.name().version().to_string()).collect())
}
