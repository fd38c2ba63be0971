//! The two engines have the same tables and columns, and the schema in the code reads every one of them.

use std::collections::BTreeMap;

use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query, sql_types::Text};

use crate::support::{TestApp, empty_postgres};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

type Tables = BTreeMap<String, Vec<String>>;

fn gather(rows: Vec<Column>) -> Tables {
    let mut tables = Tables::new();
    for row in rows {
        tables.entry(row.table_name).or_default().push(row.column_name);
    }
    tables.values_mut().for_each(|columns| columns.sort());
    tables
}

fn migration_names(engine: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR")))
        .expect("migrations")
        .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn migrations_have_the_same_names() {
    assert_eq!(migration_names("sqlite"), migration_names("postgres"));
}

#[actix_web::test]
async fn tables_and_columns_agree() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("parity.db").display().to_string();
    jieli::db::migrate(&jieli::db::Engine::Sqlite(path.clone())).expect("SQLite migrations");
    let url = empty_postgres("jieli_parity");
    jieli::db::migrate(&jieli::db::Engine::Postgres(url.clone())).expect("PostgreSQL migrations");

    let mut sqlite = SqliteConnection::establish(&path).expect("SQLite");
    let rows: Vec<Column> = sql_query(
        "SELECT m.name AS table_name, c.name AS column_name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'search%' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    )
    .load(&mut sqlite)
    .expect("SQLite columns");
    let on_sqlite = gather(rows);
    let mut postgres = PgConnection::establish(&url).expect("PostgreSQL");
    let rows: Vec<Column> = sql_query(
        "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE 'search%' AND table_name NOT LIKE '\\_\\_%'",
    )
    .load(&mut postgres)
    .expect("PostgreSQL columns");
    let on_postgres = gather(rows);
    assert_eq!(on_sqlite, on_postgres);
    assert!(on_sqlite.len() > 20, "{:?}", on_sqlite.keys());

    let mut declared = Tables::new();
    let source = std::fs::read_to_string(format!("{}/src/db/schema.rs", env!("CARGO_MANIFEST_DIR"))).expect("schema.rs");
    let mut table = String::new();
    for line in source.lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|(n, _)| line.ends_with(") {") && !n.contains(' ')) {
            table = name.to_owned();
        } else if let Some((column, _)) = line.split_once(" -> ") {
            declared.entry(table.clone()).or_default().push(column.to_owned());
        }
    }
    declared.values_mut().for_each(|columns| columns.sort());
    assert_eq!(declared, on_sqlite, "src/db/schema.rs");
}

/// A refused request leaves no trace on either engine, and a down migration undoes the up.
#[actix_web::test]
async fn migrations_run_twice() {
    let app = TestApp::sqlite().await;
    assert!(jieli::db::migrate(app.db.engine()).expect("again").is_empty());
}
