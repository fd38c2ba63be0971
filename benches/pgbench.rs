//! The SQL of one request, taken from the server's log and given to pgbench.

use std::{ffi::OsStr, fmt::Write as _, path::PathBuf, process::Command, time::Duration};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, connection::SimpleConnection as _};

use super::support::postgres_log;

/// Transactions per second of pgbench with the statements that `request` runs; none without a private cluster. The request is
/// about the first of `matters`; pgbench runs it on all of them in turn, so that its clients do not wait for one row.
pub fn same_sql(url: &str, name: &str, clients: usize, span: Duration, request: &dyn Fn() -> bool, matters: &[String]) -> Option<f64> {
    let log = postgres_log()?;
    let from = std::fs::metadata(&log).ok()?.len();
    // Worker jobs of the server run too; the marker tells which session served the request.
    logging(url, true);
    assert!(request(), "{name} for its SQL");
    logging(url, false);
    let text = std::fs::read(&log).ok()?;
    let text = String::from_utf8_lossy(text.get(usize::try_from(from).ok()?..)?).into_owned();
    let script = script(&text, name)?;
    let clocks: Vec<String> = matters.iter().map(|m| clock(url, m)).collect();
    let mut files = Vec::new();
    for (n, matter) in matters.iter().enumerate() {
        let file = log.with_file_name(format!("{name}-{n}.sql"));
        std::fs::write(&file, script.replace(matters.first()?, matter).replace(clocks.first()?, clocks.get(n)?)).ok()?;
        files.push(file);
    }
    run(url, &files, clients, span)
}

/// The clock of a matter that waits for its acceptance.
fn clock(url: &str, matter: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: String,
    }
    let mut conn = PgConnection::establish(url).expect("PostgreSQL answers");
    let query = diesel::sql_query("SELECT id FROM clocks WHERE record_id = $1").bind::<diesel::sql_types::Text, _>(matter);
    query.get_result::<Row>(&mut conn).expect("one clock").id
}

fn logging(url: &str, on: bool) {
    let mut conn = PgConnection::establish(url).expect("PostgreSQL answers");
    let value = if on { "all" } else { "none" };
    conn.batch_execute(&format!("ALTER SYSTEM SET log_statement = '{value}'")).expect("setting");
    conn.batch_execute("ALTER SYSTEM SET log_line_prefix = '%p '").expect("setting");
    conn.batch_execute("SELECT pg_reload_conf()").expect("reload");
    std::thread::sleep(Duration::from_millis(400));
}

/// One session's statements of the request, with their parameters in place.
fn script(log: &str, name: &str) -> Option<String> {
    let mut statements: Vec<(String, String)> = Vec::new();
    for line in log.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        if let Some(sql) = rest.strip_prefix("LOG:  statement: ") {
            statements.push((pid.to_owned(), sql.to_owned()));
        } else if let Some(sql) = rest.strip_prefix("LOG:  execute ").and_then(|s| s.split_once(": ")) {
            statements.push((pid.to_owned(), sql.1.to_owned()));
        } else if let Some(values) = rest.strip_prefix("DETAIL:  parameters: ")
            && let Some((_, last)) = statements.iter_mut().rfind(|(p, _)| p == pid)
        {
            *last = filled(last, values);
        }
    }
    // What touches a matter is the request; the worker's leases are not.
    let telling = if name == "create" {
        "INSERT INTO \"entrustments\""
    } else if name == "transition" {
        "UPDATE \"entrustments\""
    } else {
        "FROM \"access\""
    };
    let (pid, _) = statements.iter().find(|(_, sql)| sql.contains(telling))?;
    let own: Vec<&str> = statements.iter().filter(|(p, _)| p == pid).map(|(_, sql)| sql.as_str()).collect();
    let at = own.iter().position(|sql| sql.contains(telling))?;
    let begin = own.iter().take(at).rposition(|sql| sql.starts_with("BEGIN"))?;
    let end = at + own.iter().skip(at).position(|sql| sql.starts_with("COMMIT") || sql.starts_with("ROLLBACK"))?;
    let request = own.get(begin..=end)?;
    // The event's id is the last that the request made: what it made itself has the same time.
    let made_at = request.iter().find(|sql| sql.starts_with("INSERT INTO \"events\"")).and_then(|sql| sql.split('\'').find_map(millis)).unwrap_or(0);
    let mut out = String::from("\\set r random(1, 281474976710655)\n");
    for sql in request {
        // A transition cannot happen twice: pgbench takes it back, and so does not pay for the flush.
        let sql = if name == "transition" && sql.starts_with("COMMIT") { "ROLLBACK" } else { sql };
        let sql = if made_at > 0 { fresh(sql, made_at) } else { (*sql).to_owned() };
        let _ = writeln!(out, "{};", sql.trim_end_matches(';'));
    }
    Some(out)
}

/// Puts `$1 = 'a', $2 = NULL` into their places.
fn filled(sql: &str, values: &str) -> String {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = values;
    while let Some((name, after)) = rest.split_once(" = ") {
        let (value, next) = match after.strip_prefix('\'') {
            None => after.split_once(", ").map_or((after, ""), |(v, n)| (v, n)),
            Some(quoted) => {
                let mut end = 0;
                let bytes = quoted.as_bytes();
                while end < bytes.len() && !(bytes[end] == b'\'' && bytes.get(end + 1) != Some(&b'\'')) {
                    end += if bytes[end] == b'\'' { 2 } else { 1 };
                }
                (&after[..end + 2], quoted.get(end + 1..).unwrap_or_default().trim_start_matches(", "))
            }
        };
        found.push((name.trim().to_owned(), value.to_owned()));
        rest = next;
    }
    found.iter().rev().fold(sql.to_owned(), |sql, (name, value)| sql.replace(name, value))
}

/// Ids and numbers made by the request become new ones at each run: an id was made by it when its time is the matter's own.
fn fresh(sql: &str, made_at: u64) -> String {
    let mut out = String::new();
    let mut parts = sql.split('\'');
    out.push_str(parts.next().unwrap_or_default());
    let mut inside = true;
    for part in parts {
        let made = millis(part).is_some_and(|at| at.abs_diff(made_at) < 500);
        let number = part.starts_with("DB-") && part.len() < 40;
        match (inside, made || number) {
            (true, true) => {
                let _ = write!(out, "md5('{part}' || :r::text)");
            }
            (true, false) => {
                let _ = write!(out, "'{part}'");
            }
            (false, _) => out.push_str(part),
        }
        inside = !inside;
    }
    out
}

/// The time in a UUIDv7.
fn millis(text: &str) -> Option<u64> {
    let uuid = text.len() == 36 && text.matches('-').count() == 4;
    uuid.then(|| u64::from_str_radix(&text.get(..13)?.replace('-', ""), 16).ok()).flatten()
}

fn run(url: &str, files: &[PathBuf], clients: usize, span: Duration) -> Option<f64> {
    let done = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .arg(format!("--client={clients}"))
        .arg(format!("--time={}", span.as_secs()))
        .args(files.iter().flat_map(|file| [OsStr::new("--file"), file.as_os_str()]))
        .arg(url)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    if !done.status.success() {
        eprintln!("pgbench: {}", String::from_utf8_lossy(&done.stderr));
        return None;
    }
    text.lines().find_map(|l| l.strip_prefix("tps = "))?.split(' ').next()?.parse().ok()
}
