//! `kill -9` in the middle of load: what was acknowledged is there after the restart, and nothing is there by half.
//! Takes a minute: `make torture`. Beside it, what only a server of its own shows.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{
    TestApp, accepted, counter_application, fresh_postgres,
    process::{Client, Server},
    text, user_id,
};

const ROUNDS: usize = 5;
const CLIENTS: usize = 16;
const BINARY: &str = env!("CARGO_BIN_EXE_jieli");

#[actix_web::test]
#[ignore = "takes a minute: make torture"]
async fn sqlite_survives_kill_9() {
    let app = TestApp::sqlite().await;
    let path = app.file();
    survives(app, &format!("sqlite:{path}")).await;
}

#[actix_web::test]
#[ignore = "takes a minute: make torture"]
async fn postgres_survives_kill_9() {
    let url = fresh_postgres().await;
    let app = TestApp::on_postgres(&url).await;
    survives(app, &url).await;
}

/// A client that was busy for longer than other servers keep a connection asks on the one that it has.
#[actix_web::test]
async fn an_idle_connection_stays_open() {
    let app = TestApp::sqlite().await;
    let server = Server::start(BINARY, &format!("sqlite:{}", app.file()));
    let mut connection = server.connect();
    live(&mut connection);
    std::thread::sleep(Duration::from_secs(8));
    live(&mut connection);
    // What is idle does not hold up a stop.
    let took = server.stop();
    assert!(took < Duration::from_secs(15), "an idle connection held up the stop: {took:?}");
}

fn live(connection: &mut TcpStream) {
    let _ = connection.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut answer = [0; 4096];
    let read = connection.read(&mut answer).unwrap_or(0);
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "no answer on an open connection");
}

/// Each acknowledged change: the version and state that the answer promised.
type Promises = Mutex<BTreeMap<String, (i64, String)>>;

async fn survives(app: TestApp, url: &str) {
    let promises = Promises::default();
    for round in 0..ROUNDS {
        let server = Server::start(BINARY, url);
        let clerk = server.sign_in("rd_clerk");
        check_promises(&clerk, &promises);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for n in 0..CLIENTS {
                let (client, promises, stop) = (clerk.another(), &promises, &stop);
                scope.spawn(move || work(&client, n, promises, stop));
            }
            std::thread::sleep(Duration::from_millis(1500 + 300 * round as u64));
            server.kill();
            stop.store(true, Ordering::Relaxed);
        });
    }
    let server = Server::start(BINARY, url);
    check_promises(&server.sign_in("rd_clerk"), &promises);
    server.kill();
    nothing_by_half(&app).await;
    let kept = promises.lock().expect("promises").len();
    println!("{url}: {kept} acknowledged matters over {ROUNDS} kills, all there, none by half");
    assert!(kept > 100, "too little load to mean anything: {kept}");
}

fn work(client: &Client, n: usize, promises: &Promises, stop: &AtomicBool) {
    let promised = |(status, e): (u16, Value)| {
        if (200..300).contains(&status) {
            let promise = (e["version"].as_i64().unwrap_or(0), text(&e["state"]).to_owned());
            promises.lock().expect("promises").insert(text(&e["id"]).to_owned(), promise);
            return Some(text(&e["id"]).to_owned());
        }
        None
    };
    while !stop.load(Ordering::Relaxed) {
        let Some(id) = promised(client.post("/entrustments", &counter_application("assisted"))) else { continue };
        let mut body = accepted();
        body["assignee_id"] = json!(user_id("rd_agent"));
        if promised(client.post(&format!("/entrustments/{id}/accept"), &body)).is_some() && n.is_multiple_of(2) {
            promised(client.post(&format!("/entrustments/{id}/start"), &json!({})));
        }
    }
}

/// A change whose answer was lost may be there too; one that was answered must.
fn check_promises(client: &Client, promises: &Promises) {
    for (id, (version, state)) in promises.lock().expect("promises").iter() {
        let (status, e) = client.get(&format!("/entrustments/{id}"));
        assert_eq!(status, 200, "acknowledged and lost: {id}");
        let found = e["version"].as_i64().unwrap_or(0);
        assert!(found > *version || (found == *version && text(&e["state"]) == state), "acknowledged {version} {state}, found {e}");
    }
}

/// State, custody, clock, event and visibility of every matter were committed together.
async fn nothing_by_half(app: &TestApp) {
    let broken = [
        (
            "custody",
            "SELECT COUNT(*) AS value FROM entrustments e WHERE (SELECT COUNT(*) FROM custody c WHERE c.entrustment_id = e.id AND c.to_at IS NULL) <> 1",
        ),
        (
            "events",
            "SELECT COUNT(*) AS value FROM entrustments e WHERE (SELECT COUNT(*) FROM events v WHERE v.record_id = e.id AND v.record_version > 0) <> e.version",
        ),
        ("access", "SELECT COUNT(*) AS value FROM entrustments e WHERE NOT EXISTS (SELECT 1 FROM access a WHERE a.record_id = e.id AND a.state = e.state)"),
        ("clocks", "SELECT COUNT(*) AS value FROM entrustments e WHERE NOT EXISTS (SELECT 1 FROM clocks k WHERE k.record_id = e.id)"),
        (
            "accept clock",
            "SELECT COUNT(*) AS value FROM entrustments e JOIN clocks k ON k.record_id = e.id AND k.kind = 'accept' WHERE (e.state = 'submitted') <> (k.state = 'running')",
        ),
        ("materials", "SELECT COUNT(*) AS value FROM entrustments e WHERE NOT EXISTS (SELECT 1 FROM materials m WHERE m.entrustment_id = e.id)"),
        ("search", "SELECT COUNT(*) AS value FROM entrustments e WHERE NOT EXISTS (SELECT 1 FROM search_docs d WHERE d.record_id = e.id)"),
    ];
    for (part, sql) in broken {
        assert_eq!(app.count(sql).await, 0, "matters with half a {part}");
    }
}
