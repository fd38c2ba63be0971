//! How fast the product answers, as ratios within one run: the same requests on both engines, beside a handler that does
//! nothing and, on PostgreSQL, beside pgbench with the very SQL that the request runs. `make bench`.
//!
//! Clients, server and database share the machine, so only the ratios mean anything.

#[allow(dead_code, unused_imports, unused_macros)]
#[path = "../tests/api/support/mod.rs"]
mod support;

mod pgbench;

use std::{
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::Value;
use support::{
    accepted, counter_application, empty_postgres,
    process::{Client, Server, environment},
    text,
};

const BINARY: &str = env!("CARGO_BIN_EXE_jieli");
const MATTERS: &str = "100000";
const CLIENTS: usize = 8;
const SPAN: Duration = Duration::from_secs(4);

/// What one case measured.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Answers per second.
    rate: f64,
    /// Median and 99th percentile of the time to answer, in milliseconds.
    p50: f64,
    p99: f64,
}

/// Runs `request` from all clients for a while; it says whether there was something to do.
fn measure(client: &Client, request: impl Fn(&Client, usize) -> bool + Sync) -> Measured {
    let times = Mutex::new(Vec::new());
    let turn = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let (client, times, turn, request) = (client.another(), &times, &turn, &request);
            scope.spawn(move || {
                let mut own = Vec::new();
                while started.elapsed() < SPAN {
                    let at = Instant::now();
                    if !request(&client, turn.fetch_add(1, Ordering::Relaxed)) {
                        break;
                    }
                    own.push(at.elapsed().as_secs_f64() * 1000.0);
                }
                times.lock().expect("times").extend(own);
            });
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let mut times = times.into_inner().expect("times");
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    Measured { rate: times.len() as f64 / seconds, p50: at(0.5), p99: at(0.99) }
}

/// A server of the same framework that only sends what a matter looks like.
fn bare(body: String) -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    std::thread::spawn(move || {
        let answer = move || {
            let body = web::Data::new(body.clone());
            let send = |body: web::Data<String>| async move { HttpResponse::Ok().content_type("application/json").body(body.as_str().to_owned()) };
            App::new().app_data(body).default_service(web::to(send))
        };
        actix_web::rt::System::new().block_on(async move { HttpServer::new(answer).bind(("127.0.0.1", port)).expect("port").run().await })
    });
    std::thread::sleep(Duration::from_millis(300));
    format!("http://127.0.0.1:{port}")
}

/// The bulk demo's own applicant at the counter of 如东.
fn application() -> Value {
    let mut application = counter_application("assisted");
    application["applicant"]["name"] = "南通批量演示有限公司".into();
    application
}

struct Cases {
    rows: Vec<(&'static str, Measured, Option<f64>)>,
    sample: String,
}

fn cases(url: &str, sql: bool) -> Cases {
    println!("==> {}: loading the demo and {MATTERS} matters", engine(url));
    let done = Command::new(BINARY).args(["demo", "--no-serve", "--matters", MATTERS]).envs(environment(url)).output().expect("the binary runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let server = Server::start(BINARY, url);
    let (clerk, manager) = (server.sign_in("rd_clerk"), server.sign_in("city_manager"));
    let (status, made) = clerk.post("/entrustments", &application());
    assert_eq!(status, 201, "{made}");
    let some: Vec<String> = ids(&manager.get("/entrustments?limit=200").1);
    let own = format!("/entrustments/{}", text(&made["id"]));

    let get = |c: &Client, _| c.get(&own).0 == 200;
    let list = |c: &Client, n: usize| c.get(if n.is_multiple_of(2) { "/entrustments" } else { "/entrustments?state=in_progress" }).0 == 200;
    let created = Mutex::new(Vec::new());
    let create = |c: &Client, _| {
        let (status, e) = c.post("/entrustments", &application());
        created.lock().expect("ids").push(text(&e["id"]).to_owned());
        status == 201
    };
    let mut rows = Vec::new();
    let mut add = |name, measured: Measured, matters: &[String], replay: &dyn Fn() -> bool| {
        let beside = if sql { pgbench::same_sql(url, name, CLIENTS, SPAN, replay, matters) } else { None };
        println!("    {name:12} {:8.0}/s", measured.rate);
        rows.push((name, measured, beside));
    };
    let one = [text(&made["id"]).to_owned()];
    add("get", measure(&clerk, get), &one, &|| get(&clerk, 0));
    add("list", measure(&manager, list), &one, &|| manager.get("/entrustments").0 == 200);
    add("create", measure(&clerk, create), &one, &|| create(&clerk, 0));
    let waiting = created.into_inner().expect("ids");
    // The first hundred are pgbench's.
    let (first, rest) = waiting.split_at(waiting.len().min(100));
    let accept = |c: &Client, n: usize| rest.get(n).is_some_and(|id| c.post(&format!("/entrustments/{id}/accept"), &accepted()).0 == 200);
    let replay = || first.first().is_some_and(|id| clerk.post(&format!("/entrustments/{id}/accept"), &accepted()).0 == 200);
    add("transition", measure(&clerk, accept), first, &replay);
    assert!(some.len() == 200, "the lists are full");
    Cases { rows, sample: clerk.get(&own).1.to_string() }
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().into_iter().flatten().map(|e| text(&e["id"]).to_owned()).collect()
}

fn engine(url: &str) -> &'static str {
    if url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" }
}

fn main() {
    // Cargo passes `--bench`; listing asks for nothing.
    if std::env::args().any(|a| a == "--list") {
        return;
    }
    let dir = tempfile::tempdir().expect("temporary folder");
    let urls = [format!("sqlite:{}", dir.path().join("bench.db").display()), empty_postgres("jieli_bench")];
    for url in &urls {
        jieli::db::migrate(&jieli::db::Engine::parse(url).expect("url")).expect("migrations");
    }
    let [sqlite, postgres] = urls;
    let all = [("SQLite", cases(&sqlite, false)), ("PostgreSQL", cases(&postgres, true))];
    let base = bare(all[0].1.sample.clone());
    let nothing = measure(&Client::anonymous(&base), |c, _| c.get("/").0 == 200);

    println!("\n{CLIENTS} clients, {} s each, {MATTERS} matters, everything on one machine: read the ratios", SPAN.as_secs());
    println!("{:<24}{:>9}{:>10}{:>10}{:>14}{:>14}", "", "per s", "p50 ms", "p99 ms", "of bare", "of pgbench");
    let line = |name: String, m: Measured, beside: Option<f64>| {
        let of = |other: Option<f64>| other.map_or("–".to_owned(), |o| format!("{:.2}", m.rate / o));
        println!("{name:<24}{:>9.0}{:>10.2}{:>10.2}{:>14}{:>14}", m.rate, m.p50, m.p99, of(Some(nothing.rate)), of(beside));
    };
    line("bare handler".into(), nothing, None);
    for (engine, cases) in &all {
        for (name, measured, beside) in &cases.rows {
            line(format!("{engine} {name}"), *measured, *beside);
        }
    }
}
