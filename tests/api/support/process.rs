//! The binary as a process of its own, and a client over a real socket: for what cannot be shown in process.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use ureq::Agent;

/// A running `jieli serve`; killed when dropped.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    /// Starts the binary on a database and a free port, and waits until it is ready.
    pub fn start(binary: &str, database_url: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let url = format!("http://127.0.0.1:{port}");
        let mut command = Command::new(binary);
        command.arg("serve").envs(environment(database_url)).env("JIELI_LISTEN", format!("127.0.0.1:{port}")).env("JIELI_PUBLIC_URL", &url);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let server = Self { child, url };
        let deadline = Instant::now() + Duration::from_secs(30);
        while !agent().get(format!("{}/readyz", server.url)).call().is_ok_and(|r| r.status() == 200) {
            assert!(Instant::now() < deadline, "the server did not become ready");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// SIGKILL: nothing is drained, nothing is flushed.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// SIGTERM: answers how long it took to end.
    pub fn stop(mut self) -> Duration {
        let started = Instant::now();
        Command::new("kill").arg(self.child.id().to_string()).status().expect("asked to stop");
        self.child.wait().expect("gone");
        started.elapsed()
    }

    /// A connection over which nothing was asked yet.
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(self.url.trim_start_matches("http://")).expect("connected")
    }

    /// Signs a demo account in.
    pub fn sign_in(&self, login: &str) -> Client {
        let form = [("grant_type", "password"), ("username", login), ("password", "jieli-demo-2026")];
        let mut answer = agent().post(format!("{}/oauth2/token", self.url)).send_form(form).expect("a token");
        let token: Value = answer.body_mut().read_json().expect("JSON");
        Client { agent: agent(), base: format!("{}/api/v1", self.url), bearer: format!("Bearer {}", token["access_token"].as_str().unwrap_or_default()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Settings under which the tests' own vault opens what the process sealed.
pub fn environment(database_url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("DATABASE_URL", database_url.to_owned()),
        ("JIELI_SECRET_KEY", String::from_utf8_lossy(super::SECRET).into_owned()),
        ("JIELI_RATE_LIMIT_PER_MINUTE", "100000000".into()),
        ("JIELI_ARGON2_MEMORY_KIB", super::COST.memory.to_string()),
        ("JIELI_ARGON2_PASSES", super::COST.passes.to_string()),
        ("JIELI_LOG_LEVEL", "error".into()),
    ]
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(10))).build().into()
}

/// A signed-in caller with a connection of its own.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    bearer: String,
}

impl Client {
    /// A caller without credentials, at any base.
    pub fn anonymous(base: &str) -> Self {
        Self { agent: agent(), base: base.to_owned(), bearer: String::new() }
    }

    /// The same caller on another connection.
    pub fn another(&self) -> Self {
        Self { agent: agent(), ..self.clone() }
    }

    /// Status and body; status 0 when no answer came.
    pub fn get(&self, path: &str) -> (u16, Value) {
        read(self.agent.get(format!("{}{path}", self.base)).header("authorization", &self.bearer).call())
    }

    /// Status and body; status 0 when no answer came.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        read(self.agent.post(format!("{}{path}", self.base)).header("authorization", &self.bearer).send_json(body))
    }
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, Value) {
    match answer {
        Ok(mut response) => (response.status().as_u16(), response.body_mut().read_json().unwrap_or(Value::Null)),
        Err(_) => (0, Value::Null),
    }
}
