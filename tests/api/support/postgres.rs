//! A private PostgreSQL cluster for one test run, or the server of `TEST_DATABASE_URL`.

use std::{
    io::Write as _,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};
use jieli::db::Engine;

const TEMPLATE: &str = "jieli_template";

struct Server {
    base: String,
    query: String,
    // Its standard input closes with this process; the shell then stops the cluster and removes it.
    _keeper: Option<Child>,
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.base, self.query)
    }

    fn execute(&self, sql: &str) -> diesel::QueryResult<()> {
        PgConnection::establish(&self.url("postgres")).expect("PostgreSQL answers").batch_execute(sql)
    }
}

/// A database of its own, cloned from the prepared one.
pub async fn fresh_database() -> String {
    static READY: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    READY
        .get_or_init(|| async {
            server.execute(&format!("DROP DATABASE IF EXISTS {TEMPLATE}")).expect("old template");
            server.execute(&format!("CREATE DATABASE {TEMPLATE}")).expect("template");
            let engine = Engine::parse(&server.url(TEMPLATE)).expect("url");
            // A thread and runtime of its own: its connections are closed when it ends, as cloning demands.
            std::thread::spawn(move || actix_web::rt::System::new().block_on(super::prepare(engine))).join().expect("template");
        })
        .await;
    let name = format!("jieli_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    for attempt in 0.. {
        match server.execute(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")) {
            Ok(()) => break,
            // Another test is cloning at this instant.
            Err(_) if attempt < 100 => std::thread::sleep(Duration::from_millis(50)),
            Err(e) => panic!("cannot clone the template: {e}"),
        }
    }
    server.url(&name)
}

/// The log of the private cluster; none on a server of one's own.
#[allow(dead_code, reason = "for the bench alone")]
pub fn log_file() -> Option<PathBuf> {
    let query = percent_encoding::percent_decode_str(&server().query).decode_utf8_lossy().into_owned();
    query.strip_prefix("?host=").map(|dir| Path::new(dir).join("log")).filter(|log| log.exists())
}

/// The URL of an empty database.
pub fn empty_database(name: &str) -> String {
    let server = server();
    server.execute(&format!("DROP DATABASE IF EXISTS {name}")).expect("old database");
    server.execute(&format!("CREATE DATABASE {name}")).expect("database");
    server.url(name)
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => {
            let (base, query) = url.split_once('?').map_or((url.as_str(), String::new()), |(b, q)| (b, format!("?{q}")));
            let base = base.rsplit_once('/').map_or(base, |(b, _)| b).to_owned();
            Server { base, query, _keeper: None }
        }
        Err(_) => start(),
    })
}

fn binaries() -> PathBuf {
    let on_path = std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect::<Vec<_>>()).unwrap_or_default();
    let packaged = ["/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt"].into_iter().flat_map(|root| {
        let mut versions: Vec<PathBuf> = std::fs::read_dir(root).map(|d| d.flatten().map(|e| e.path().join("bin")).collect()).unwrap_or_default();
        versions.sort();
        versions.reverse();
        versions
    });
    packaged
        .chain(on_path)
        .find(|dir| dir.join("initdb").exists() && dir.join("postgres").exists())
        .expect("no PostgreSQL server binaries (initdb, postgres) found: install Debian's `postgresql`, or set TEST_DATABASE_URL")
}

/// `initdb` refuses root, so root drops to the unprivileged `nobody`.
fn unprivileged(command: &mut Command) -> &mut Command {
    if is_root() { command.uid(65534).gid(65534) } else { command }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

fn start() -> Server {
    let bin = binaries();
    let dir = tempfile::Builder::new().prefix("jieli-pg").tempdir().expect("temporary folder").keep();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o777)).expect("permissions");
    let data = dir.join("data");
    let run = |command: &mut Command| {
        let done = unprivileged(command).current_dir(&dir).output().expect("PostgreSQL binaries run");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(Command::new(bin.join("initdb")).args(["-U", "jieli", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data));
    let mut settings = std::fs::OpenOptions::new().append(true).open(data.join("postgresql.conf")).expect("settings");
    let socket = dir.display();
    // A measurement must pay for what production pays.
    let speed = if std::env::var_os("TEST_DURABLE_CLUSTER").is_some() { "" } else { "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n" };
    writeln!(settings, "listen_addresses = ''\nunix_socket_directories = '{socket}'\n{speed}max_connections = 200\nlogging_collector = off").expect("settings");
    let keeper = keep(&bin, &dir, &data);
    let server =
        Server { base: "postgres://jieli@localhost".into(), query: format!("?host={}", socket.to_string().replace('/', "%2F")), _keeper: Some(keeper) };
    for _ in 0..200 {
        if PgConnection::establish(&server.url("postgres")).is_ok() {
            return server;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the private PostgreSQL cluster did not start; see {}/log", dir.display());
}

fn keep(bin: &Path, dir: &Path, data: &Path) -> Child {
    let script = "\"$1\" -D \"$2\" >\"$3/log\" 2>&1 & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid; rm -rf \"$3\"";
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg("sh").arg(bin.join("postgres")).arg(data).arg(dir);
    unprivileged(&mut command).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().expect("cluster")
}
