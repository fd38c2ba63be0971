//! What the two engines say differently. Everything else is written once, in the query builder.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text, Timestamp},
};

use super::{Conn, Error, Result};
use crate::kernel::Moment;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct RecordId {
    #[diesel(sql_type = Text)]
    record_id: String,
}

/// Runs one parameterised statement, whose text may differ, with the same binds on either engine.
macro_rules! on_both {
    ($conn:expr, $sqlite:expr, $postgres:expr, [$($ty:ty => $value:expr),* $(,)?], $run:ident $(::<$out:ty>)?) => {
        match $conn {
            Conn::Sqlite(c) => sql_query($sqlite)$(.bind::<$ty, _>($value))*.$run$(::<$out>)?(c),
            Conn::Postgres(c) => sql_query($postgres)$(.bind::<$ty, _>($value))*.$run$(::<$out>)?(c),
        }
    };
}

/// Leases `count` numbers of a sequence; answers the first.
pub(super) fn lease_numbers(conn: &mut Conn, name: &str, count: i64) -> Result<i64> {
    let sqlite = "INSERT INTO number_blocks (name, next_value) VALUES (?1, 1 + ?2) \
                  ON CONFLICT (name) DO UPDATE SET next_value = next_value + ?2 RETURNING next_value - ?2 AS value";
    let postgres = "INSERT INTO number_blocks (name, next_value) VALUES ($1, 1 + $2) \
                    ON CONFLICT (name) DO UPDATE SET next_value = number_blocks.next_value + $2 RETURNING next_value - $2 AS value";
    Ok(on_both!(conn, sqlite, postgres, [Text => name, BigInt => count], get_result::<Number>)?.value)
}

/// Locks a root record until the transaction ends. SQLite has one writer, so nothing to lock there; a debug build asks whether
/// it is the writer, so that a read that locks fails on both engines.
///
/// `table` is a name from this program, never from a request.
pub fn lock_root(conn: &mut Conn, table: &'static str, id: &str) -> Result<()> {
    match conn {
        Conn::Postgres(c) => sql_query(format!("SELECT 1 FROM {table} WHERE id = $1 FOR UPDATE")).bind::<Text, _>(id).execute(c).map(|_| ())?,
        Conn::Sqlite(c) => {
            if cfg!(debug_assertions) && only_reads(c)? {
                return Err(Error::Corrupt(format!("a read locks {table}")));
            }
        }
    }
    Ok(())
}

fn only_reads(conn: &mut SqliteConnection) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Pragma {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        query_only: bool,
    }
    Ok(sql_query("PRAGMA query_only").get_result::<Pragma>(conn)?.query_only)
}

/// Removes every row of a table at once.
///
/// `table` is a name from this program, never from a request.
pub fn empty(conn: &mut Conn, table: &'static str) -> Result<()> {
    let verb = match conn {
        // Without a condition SQLite frees the pages as a whole.
        Conn::Sqlite(_) => "DELETE FROM",
        Conn::Postgres(_) => "TRUNCATE",
    };
    Ok(conn.execute_batch(&format!("{verb} {table}"))?)
}

/// Takes the transaction's lock on a name; `false` when another transaction holds it.
pub fn try_lock(conn: &mut Conn, name: &str) -> Result<bool> {
    match conn {
        Conn::Sqlite(_) => Ok(true),
        Conn::Postgres(c) => {
            #[derive(QueryableByName)]
            struct Locked {
                #[diesel(sql_type = diesel::sql_types::Bool)]
                locked: bool,
            }
            let row: Locked = sql_query("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7)) AS locked").bind::<Text, _>(name).get_result(c)?;
            Ok(row.locked)
        }
    }
}

/// Waits for the transaction's lock on a name.
pub fn lock_name(conn: &mut Conn, name: &str) -> Result<()> {
    if let Conn::Postgres(c) = conn {
        sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 8))").bind::<Text, _>(name).execute(c)?;
    }
    Ok(())
}

/// Takes or renews a lease held by `holder`; `false` while another holds it.
pub fn take_lease(conn: &mut Conn, name: &str, holder: &str, now: Moment, until: Moment) -> Result<bool> {
    let sql = |a: &str| {
        format!(
            "INSERT INTO leases (name, holder, expires_at) VALUES ({a}1, {a}2, {a}4) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at \
             WHERE leases.holder = excluded.holder OR leases.expires_at < {a}3"
        )
    };
    let changed = on_both!(conn, sql("?"), sql("$"), [Text => name, Text => holder, Timestamp => now, Timestamp => until], execute)?;
    Ok(changed == 1)
}

/// Makes the row of a window's place if nobody has asked for it before.
pub fn know_place(conn: &mut Conn, window: &str, start: Moment) -> Result<()> {
    let sql = |a: &str| format!("INSERT INTO window_places (window_id, start_at, booked) VALUES ({a}1, {a}2, 0) ON CONFLICT (window_id, start_at) DO NOTHING");
    on_both!(conn, sql("?"), sql("$"), [Text => window, Timestamp => start], execute)?;
    Ok(())
}

/// Counts one more failure under `mark` in `hour`; answers the count.
pub fn count_failure(conn: &mut Conn, mark: &str, hour: i64) -> Result<i64> {
    let sql = |a: &str| {
        format!(
            "INSERT INTO lookup_failures (mark, hour, failures) VALUES ({a}1, {a}2, 1) \
             ON CONFLICT (mark, hour) DO UPDATE SET failures = lookup_failures.failures + 1 RETURNING CAST(failures AS BIGINT) AS value"
        )
    };
    Ok(on_both!(conn, sql("?"), sql("$"), [Text => mark, BigInt => hour], get_result::<Number>)?.value)
}

/// Columns of `client_usage` that are added up.
const USAGE: [&str; 17] =
    ["requests", "limited", "charged", "succeeded", "refused", "failed", "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "b10"];

/// Adds what a client asked in an hour of one operation to what is known; `numbers` in the order of the columns.
pub fn add_usage(conn: &mut Conn, client: &str, hour: i64, operation: &str, numbers: &[i64], last_at: Moment) -> Result<()> {
    let sums = USAGE.map(|c| format!("{c} = client_usage.{c} + excluded.{c}")).join(", ");
    // The numbers are our own: they stand in the text, since no builder of queries knows this statement.
    let values = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let sql = |a: &str| {
        format!(
            "INSERT INTO client_usage (client_id, hour, operation, {}, last_at) VALUES ({a}1, {a}2, {a}3, {values}, {a}4) \
             ON CONFLICT (client_id, hour, operation) DO UPDATE SET {sums}, last_at = excluded.last_at",
            USAGE.join(", ")
        )
    };
    on_both!(conn, sql("?"), sql("$"), [Text => client, BigInt => hour, Text => operation, Timestamp => last_at], execute)?;
    Ok(())
}

/// Adds how often a client met with a problem.
pub fn add_usage_code(conn: &mut Conn, client: &str, hour: i64, operation: &str, code: &str, requests: i64) -> Result<()> {
    let sql = |a: &str| {
        format!(
            "INSERT INTO client_usage_codes (client_id, hour, operation, code, requests) VALUES ({a}1, {a}2, {a}3, {a}4, {a}5) \
             ON CONFLICT (client_id, hour, operation, code) DO UPDATE SET requests = client_usage_codes.requests + excluded.requests"
        )
    };
    on_both!(conn, sql("?"), sql("$"), [Text => client, BigInt => hour, Text => operation, Text => code, BigInt => requests], execute)?;
    Ok(())
}

/// A document for full-text search: tokens are already encoded as `[a-z0-9]+`.
pub fn put_document(conn: &mut Conn, kind: &str, record_id: &str, body: &str, tokens: &str) -> Result<()> {
    drop_document(conn, record_id)?;
    match conn {
        Conn::Sqlite(c) => {
            let row: Number = sql_query("INSERT INTO search_docs (kind, record_id, body) VALUES (?, ?, ?) RETURNING docid AS value")
                .bind::<Text, _>(kind)
                .bind::<Text, _>(record_id)
                .bind::<Text, _>(body)
                .get_result(c)?;
            sql_query("INSERT INTO search_index (rowid, tokens) VALUES (?, ?)").bind::<BigInt, _>(row.value).bind::<Text, _>(tokens).execute(c)?;
        }
        Conn::Postgres(c) => {
            sql_query("INSERT INTO search_docs (kind, record_id, body, tokens) VALUES ($1, $2, $3, to_tsvector('simple', $4))")
                .bind::<Text, _>(kind)
                .bind::<Text, _>(record_id)
                .bind::<Text, _>(body)
                .bind::<Text, _>(tokens)
                .execute(c)?;
        }
    }
    Ok(())
}

/// Removes a document, if there is one.
pub fn drop_document(conn: &mut Conn, record_id: &str) -> Result<()> {
    match conn {
        Conn::Sqlite(c) => {
            sql_query("DELETE FROM search_index WHERE rowid = (SELECT docid FROM search_docs WHERE record_id = ?)").bind::<Text, _>(record_id).execute(c)?;
            sql_query("DELETE FROM search_docs WHERE record_id = ?").bind::<Text, _>(record_id).execute(c)?;
        }
        Conn::Postgres(c) => {
            sql_query("DELETE FROM search_docs WHERE record_id = $1").bind::<Text, _>(record_id).execute(c)?;
        }
    }
    Ok(())
}

/// A full-text query: every token must occur, and the folded text is rechecked literally.
pub struct Match<'a> {
    /// Kind of record.
    pub kind: &'a str,
    /// Encoded tokens that must all occur; at least one.
    pub tokens: &'a [String],
    /// Folded words that the text must contain.
    pub words: &'a [String],
    /// Only records that one of these subjects of the access table sees; `None`: all.
    pub subjects: Option<&'a [String]>,
    /// At most so many.
    pub limit: i64,
    /// Records after this id in descending order of id.
    pub before: Option<&'a str>,
}

/// Record ids that match, newest id first.
pub fn search(conn: &mut Conn, query: &Match) -> Result<Vec<String>> {
    if query.tokens.is_empty() || query.subjects.is_some_and(<[String]>::is_empty) {
        return Ok(Vec::new());
    }
    let subjects = query.subjects.unwrap_or_default();
    let patterns: Vec<String> = query.words.iter().map(|w| format!("%{}%", w.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))).collect();
    // Placeholders are numbered from 4 on: patterns, then subjects, then the limit.
    let sql = |mark: &dyn Fn(usize) -> String, matches: &str| {
        let likes: String = (0..patterns.len()).map(|i| format!(" AND d.body LIKE {} ESCAPE '\\'", mark(i + 4))).collect();
        let marks: Vec<String> = (0..subjects.len()).map(|i| mark(i + 4 + patterns.len())).collect();
        let seen = if subjects.is_empty() {
            String::new()
        } else {
            format!(" AND EXISTS (SELECT 1 FROM access a WHERE a.record_id = d.record_id AND a.subject IN ({}))", marks.join(", "))
        };
        let (kind, before, limit) = (mark(2), mark(3), mark(4 + patterns.len() + subjects.len()));
        format!("SELECT d.record_id {matches} AND d.kind = {kind} AND d.record_id < {before}{likes}{seen} ORDER BY d.record_id DESC LIMIT {limit}")
    };
    macro_rules! run {
        ($conn:expr, $sql:expr, $expression:expr) => {{
            let mut q = sql_query($sql).into_boxed().bind::<Text, _>($expression).bind::<Text, _>(query.kind).bind::<Text, _>(query.before.unwrap_or("~"));
            for value in patterns.iter().chain(subjects) {
                q = q.bind::<Text, _>(value);
            }
            q.bind::<BigInt, _>(query.limit).load::<RecordId>($conn)?
        }};
    }
    let found = match conn {
        Conn::Sqlite(c) => {
            let from = "FROM search_index JOIN search_docs d ON d.docid = search_index.rowid WHERE search_index MATCH ?1";
            run!(c, sql(&|n| format!("?{n}"), from), query.tokens.join(" AND "))
        }
        Conn::Postgres(c) => {
            let from = "FROM search_docs d WHERE d.tokens @@ to_tsquery('simple', $1)";
            run!(c, sql(&|n| format!("${n}"), from), query.tokens.join(" & "))
        }
    };
    Ok(found.into_iter().map(|r| r.record_id).collect())
}

/// A look-up by weighted words: rows of `table (token, article_id, weight)` joined with what they belong to.
pub struct Weighed<'a> {
    /// Words that must all occur.
    pub whole: &'a [String],
    /// A last word that may go on: so it begins.
    pub begun: Option<&'a str>,
    /// What the articles, `a`, must fulfil: SQL of this program, never of a request.
    pub fits: &'a str,
    /// So many of the rarest word's rows are walked, heaviest first.
    pub walk: i64,
    /// At most so many.
    pub limit: i64,
}

#[derive(QueryableByName)]
struct WeighedRow {
    #[diesel(sql_type = Text)]
    record_id: String,
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// Articles of the knowledge base that have all these words, heaviest first, each with its weight. The rarest word leads, so that
/// common ones cost one probe for each of its rows; how many it has is asked up to the length of the walk only.
pub fn weighed(conn: &mut Conn, query: &Weighed) -> Result<Vec<(String, i64)>> {
    let range = query.begun.map(|begun| (begun.to_owned(), format!("{begun}\u{10FFFF}")));
    let mut rarest: Option<(&String, i64)> = None;
    for token in query.whole {
        let sql = |mark: &str| format!("SELECT COUNT(*) AS value FROM (SELECT 1 FROM knowledge_terms WHERE token = {mark} LIMIT {}) q", query.walk);
        let n = on_both!(conn, sql("?1"), sql("$1"), [Text => token], get_result::<Number>)?.value;
        if n == 0 {
            return Ok(Vec::new());
        }
        if rarest.is_none_or(|(_, least)| n < least) {
            rarest = Some((token, n));
        }
    }
    let mut binds: Vec<&str> = Vec::new();
    let lead = match (rarest, &range) {
        (Some((token, _)), _) => {
            binds.push(token);
            format!("SELECT article_id, weight FROM knowledge_terms WHERE token = #1 ORDER BY weight DESC, article_id DESC LIMIT {}", query.walk)
        }
        (None, Some((from, to))) => {
            binds.extend([from.as_str(), to.as_str()]);
            format!("SELECT article_id, weight FROM knowledge_terms WHERE token >= #1 AND token < #2 LIMIT {}", query.walk)
        }
        (None, None) => return Ok(Vec::new()),
    };
    let mut others = String::new();
    let led = rarest.map(|(token, _)| token);
    for token in query.whole.iter().filter(|token| Some(*token) != led) {
        binds.push(token);
        others.push_str(&format!(" AND EXISTS (SELECT 1 FROM knowledge_terms x WHERE x.article_id = a.id AND x.token = #{})", binds.len()));
    }
    if let (Some(_), Some((from, to))) = (led, &range) {
        binds.extend([from.as_str(), to.as_str()]);
        let (n, m) = (binds.len() - 1, binds.len());
        others.push_str(&format!(" AND EXISTS (SELECT 1 FROM knowledge_terms x WHERE x.article_id = a.id AND x.token >= #{n} AND x.token < #{m})"));
    }
    let sql = format!(
        "SELECT a.id AS record_id, CAST(MAX(t.weight) AS BIGINT) AS value FROM ({lead}) t JOIN knowledge_articles a ON a.id = t.article_id \
         WHERE {}{others} GROUP BY a.id, a.uses ORDER BY value DESC, a.uses DESC, a.id DESC LIMIT {}",
        query.fits, query.limit
    );
    macro_rules! run {
        ($conn:expr, $mark:literal) => {{
            let mut q = sql_query(sql.replace('#', $mark)).into_boxed();
            for bind in &binds {
                q = q.bind::<Text, _>(*bind);
            }
            q.load::<WeighedRow>($conn)?
        }};
    }
    let rows = match conn {
        Conn::Sqlite(c) => run!(c, "?"),
        Conn::Postgres(c) => run!(c, "$"),
    };
    Ok(rows.into_iter().map(|row| (row.record_id, row.value)).collect())
}

/// Inserts many rows with as few statements as the engines' parameter limits allow.
#[macro_export]
macro_rules! insert_many {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        match $conn {
            $crate::db::Conn::Sqlite(c) => {
                for row in rows {
                    diesel::insert_into($table).values(row).execute(c)?;
                }
            }
            $crate::db::Conn::Postgres(c) => {
                for chunk in rows.chunks(500) {
                    diesel::insert_into($table).values(chunk).execute(c)?;
                }
            }
        }
    }};
}
