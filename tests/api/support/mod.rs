//! The harness: an application on a fresh copy of a prepared database, callers with credentials, builders.

mod postgres;
pub mod replay;

use std::{
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_http::Request;
use actix_web::{
    HttpResponse,
    body::{BoxBody, to_bytes},
    dev::Service as _,
    http::Method,
    test,
};
use futures_util::future::LocalBoxFuture;
use jieli::{
    app::{self, Shared},
    auth::passwords::Cost,
    cli,
    config::Config,
    db::{self, Db, Engine, Options},
    kernel::{Clock, Id, Masking, Moment, Vault, fixture_epoch},
    worker,
};
use serde_json::{Value, json};

/// Cheap enough for tests; production's cost is the default of the settings.
pub const COST: Cost = Cost { memory: 64, passes: 1 };
pub const SECRET: &[u8] = b"test secret of thirty-two bytes!";
/// A Monday morning with an announced calendar ahead.
pub const MONDAY: &str = "2026-03-02T09:30:00+08:00";

/// Declares each test once and runs it on both engines.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite { $( #[actix_web::test] async fn $name() { super::$name(crate::support::TestApp::sqlite().await).await } )* }
        mod postgres { $( #[actix_web::test] async fn $name() { super::$name(crate::support::TestApp::postgres().await).await } )* }
    };
}
pub(crate) use on_both_engines;

type Call = dyn Fn(Request) -> LocalBoxFuture<'static, HttpResponse<BoxBody>>;

pub struct TestApp {
    pub db: Db,
    pub shared: Shared,
    call: Rc<Call>,
    minted: RefCell<HashMap<Id, (Instant, String)>>,
    _dir: Option<tempfile::TempDir>,
    pub files: tempfile::TempDir,
}

/// An answer, read.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        self.expect(200).body
    }

    #[track_caller]
    pub fn created(self) -> Value {
        self.expect(201).body
    }

    /// The problem's code, after its common members were checked.
    #[track_caller]
    pub fn problem(self, status: u16) -> String {
        let this = self.expect(status);
        assert_eq!(this.header("content-type"), "application/problem+json");
        assert_eq!(this.body["status"], status);
        assert_eq!(this.body["request_id"], this.header("x-request-id"));
        assert!(this.body["detail"].as_str().is_some_and(|d| !d.is_empty()));
        this.body["code"].as_str().expect("code").to_owned()
    }
}

impl TestApp {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("test.db");
        std::fs::copy(sqlite_template().await, &path).expect("copy of the template");
        Self::open(Engine::Sqlite(path.display().to_string()), Some(dir)).await
    }

    pub async fn postgres() -> Self {
        Self::open(Engine::Postgres(postgres::fresh_database().await), None).await
    }

    /// A city as it is shipped, on an empty SQLite database.
    pub async fn sqlite_city(city: cli::Shipped) -> Self {
        let dir = tempfile::tempdir().expect("temporary folder");
        let engine = Engine::Sqlite(dir.path().join("city.db").display().to_string());
        Self::city(engine, Some(dir), city).await
    }

    /// A city as it is shipped, on an empty PostgreSQL database.
    pub async fn postgres_city(city: cli::Shipped) -> Self {
        // Several stories of one city are told at once.
        static STORIES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let story = STORIES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let url = postgres::empty_database(&format!("city_{}_{story}", city.slug()));
        Self::city(Engine::parse(&url).expect("url"), None, city).await
    }

    async fn city(engine: Engine, dir: Option<tempfile::TempDir>, city: cli::Shipped) -> Self {
        db::migrate(&engine).expect("migrations");
        let app = Self::open(engine, dir).await;
        cli::load_calendar(&app.db).await.expect("calendar");
        cli::load_city(&app.db, city, COST).await.expect("city");
        app
    }

    /// On a prepared PostgreSQL database.
    pub async fn on_postgres(url: &str) -> Self {
        Self::open(Engine::parse(url).expect("url"), None).await
    }

    /// The file of an SQLite database.
    pub fn file(&self) -> String {
        match self.db.engine() {
            Engine::Sqlite(path) => path.clone(),
            Engine::Postgres(_) => String::new(),
        }
    }

    /// Another server on the same database, which masks by another policy.
    pub async fn masking(&self, masking: Masking) -> Self {
        Self::serve(open_masked(self.db.engine().clone(), 2, masking), None).await
    }

    /// Another server on the same database, configured otherwise.
    pub async fn another(&self, edit: impl FnOnce(&mut Config)) -> Self {
        Self::configured(open_db(self.db.engine().clone(), 2), None, edit).await
    }

    /// The same database, and nobody waits long for a connection to it.
    pub async fn hasty(&self) -> Self {
        let options = Options { pool_size: 2, wait: Duration::from_millis(100), masking: Masking::default() };
        let db = Db::open(self.db.engine().clone(), &options, vault(), Arc::new(Clock::default())).expect("database");
        Self::configured(db, None, |_| {}).await
    }

    async fn open(engine: Engine, dir: Option<tempfile::TempDir>) -> Self {
        Self::serve(open_db(engine, 2), dir).await
    }

    async fn serve(db: Db, dir: Option<tempfile::TempDir>) -> Self {
        Self::configured(db, dir, |_| {}).await
    }

    async fn configured(db: Db, dir: Option<tempfile::TempDir>, edit: impl FnOnce(&mut Config)) -> Self {
        db.clock().set(moment(MONDAY));
        let files = tempfile::tempdir().expect("temporary folder");
        let mut config = Config {
            argon2_memory_kib: COST.memory,
            argon2_passes: COST.passes,
            public_url: "http://localhost:8080".into(),
            rate_limit_per_minute: 1_000_000,
            files: format!("file:{}", files.path().display()),
            outbound_allow: Some(vec!["127.0.0.0/8".into()]),
            ..Config::default()
        };
        edit(&mut config);
        let shared = Shared::new(db.clone(), Arc::new(config)).await.expect("shared state");
        let service = Rc::new(test::init_service(app::build(&shared)).await);
        let call = move |request: Request| -> LocalBoxFuture<'static, HttpResponse<BoxBody>> {
            let answer = service.call(request);
            Box::pin(async move {
                match answer.await {
                    Ok(response) => response.into_parts().1.map_into_boxed_body(),
                    Err(e) => e.error_response(),
                }
            })
        };
        Self { db, shared, call: Rc::new(call), minted: RefCell::default(), _dir: dir, files }
    }

    /// A caller without credentials.
    pub fn stranger(&self) -> Caller<'_> {
        Caller { app: self, token: None }
    }

    /// A machine client with its token; its home is a center of the tree, or nowhere.
    pub async fn new_client(&self, name: &'static str, kind: &'static str, center: Option<&str>) -> (Id, Caller<'_>) {
        let now = self.db.clock().now();
        let row = jieli::auth::store::Client {
            id: Id::new(),
            client_id: name.into(),
            secret_hash: String::new(),
            name: name.into(),
            kind: kind.into(),
            center_id: center.map(center_id),
            status: "active".into(),
            version: 1,
            created_at: now,
            updated_at: now,
            generation: 0,
        };
        let token = self.shared.state().tokens.issue_to_client(&row).expect("token");
        let id = row.id;
        self.db.commit(move |tx| jieli::auth::store::insert_client(tx, &row)).await.expect("client");
        (id, Caller { app: self, token: Some(token) })
    }

    /// A demo account with a minted token.
    pub fn as_user(&self, login: &str) -> Caller<'_> {
        self.as_person(user_id(login))
    }

    /// Anybody with a minted token, renewed long before it expires: a long run outlives a token.
    pub fn as_person(&self, id: Id) -> Caller<'_> {
        const FRESH: Duration = Duration::from_secs(300);
        let mint = || (Instant::now(), self.shared.state().tokens.issue_to_user(id, "jieli", "test").expect("token"));
        let mut tokens = self.minted.borrow_mut();
        let (minted, token) = tokens.entry(id).or_insert_with(mint);
        if minted.elapsed() > FRESH {
            (*minted, *token) = mint();
        }
        Caller { app: self, token: Some(token.clone()) }
    }

    /// One round of all jobs.
    pub async fn tick(&self) -> usize {
        worker::tick(&self.db, "test").await.expect("worker")
    }

    /// A number straight from the database.
    pub async fn count(&self, sql: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            value: i64,
        }
        let rows: Vec<Count> = self.db.read(move |tx| Ok(diesel::RunQueryDsl::load(diesel::sql_query(sql), tx.conn)?)).await.expect("query");
        rows.first().map_or(0, |row| row.value)
    }

    pub fn set_clock(&self, to: &str) {
        self.db.clock().set(moment(to));
    }

    /// An answer that is a file.
    pub async fn bytes(&self, request: test::TestRequest) -> Vec<u8> {
        let reply = self.send(request).await.expect(200);
        assert!(reply.header("content-disposition").starts_with("attachment; filename*=UTF-8''"));
        reply.bytes
    }

    pub async fn send(&self, request: test::TestRequest) -> Reply {
        let response = (self.call)(request.to_request()).await;
        let status = response.status().as_u16();
        let headers = response.headers().iter().map(|(k, v)| (k.to_string(), v.to_str().unwrap_or_default().to_owned())).collect();
        let bytes = to_bytes(response.into_body()).await.map_err(|_| "body").expect("body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, headers, body, text, bytes: bytes.to_vec() }
    }

    /// An answer that does not end by itself.
    pub async fn streamed(&self, request: Request) -> BoxBody {
        let response = (self.call)(request).await;
        assert_eq!(response.status(), 200);
        response.into_body()
    }
}

impl Drop for TestApp {
    /// Whatever kind of event a test has made is one that subscribers are told of.
    fn drop(&mut self) {
        let Engine::Sqlite(path) = self.db.engine() else { return };
        if std::thread::panicking() {
            return;
        }
        #[derive(diesel::QueryableByName)]
        struct Kind {
            #[diesel(sql_type = diesel::sql_types::Text)]
            kind: String,
        }
        let Ok(mut conn) = <diesel::SqliteConnection as diesel::Connection>::establish(path) else { return };
        let kinds: Vec<Kind> = diesel::RunQueryDsl::load(diesel::sql_query("SELECT DISTINCT kind FROM events"), &mut conn).unwrap_or_default();
        let strange: Vec<String> = kinds.into_iter().map(|k| k.kind).filter(|k| jieli::events::kinds::title(k).is_none()).collect();
        assert!(strange.is_empty(), "kinds of events that src/events/kinds.rs does not list: {strange:?}");
    }
}

/// Somebody who calls.
pub struct Caller<'a> {
    pub app: &'a TestApp,
    pub token: Option<String>,
}

impl Caller<'_> {
    pub fn request(&self, method: Method, path: &str) -> test::TestRequest {
        let uri = if path.starts_with("/api") || path.starts_with("/oauth2") || path.starts_with("/open311") || path.starts_with("/.") {
            path.to_owned()
        } else {
            format!("/api/v1{path}")
        };
        // As a browser would: what a URL may not hold is encoded, what is encoded already stays.
        const UNSAFE: &percent_encoding::AsciiSet =
            &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');
        let uri = percent_encoding::utf8_percent_encode(&uri, UNSAFE).to_string();
        let request = test::TestRequest::default().method(method).uri(&uri);
        match &self.token {
            Some(token) => request.insert_header(("authorization", format!("Bearer {token}"))),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.app.send(self.request(Method::GET, path)).await
    }

    /// Posts. Whatever succeeds is sent a second time under the same key, where the operation takes one: the first answer comes
    /// back, and nothing happens twice.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        if !replay::keyed(path) {
            return self.app.send(self.request(Method::POST, path).set_json(body)).await;
        }
        let key = Id::new().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let first = self.post_with(path, &headers, body.clone()).await;
        if (200..300).contains(&first.status) {
            replay::same(path, &first, &self.post_with(path, &headers, body).await);
        }
        first
    }

    /// Uploads one file as a form.
    pub async fn upload(&self, path: &str, headers: &[(&str, &str)], name: &str, content: &[u8], sha256: Option<&str>) -> Reply {
        let fields: Vec<(&str, &str)> = sha256.map(|hash| ("sha256", hash)).into_iter().collect();
        self.upload_with(path, headers, &fields, name, content).await
    }

    /// A form with a file and other fields.
    pub async fn upload_with(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)], name: &str, content: &[u8]) -> Reply {
        let mut body = Vec::new();
        for (field, value) in fields {
            body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        body.extend(
            format!("--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                .into_bytes(),
        );
        body.extend_from_slice(content);
        body.extend(b"\r\n--XX--\r\n");
        let mut request = self.request(Method::POST, path).insert_header(("content-type", "multipart/form-data; boundary=XX")).set_payload(body);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        self.app.send(request).await
    }

    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        let mut request = self.request(Method::POST, path).set_json(body);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        self.app.send(request).await
    }

    pub async fn put_with(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        let mut request = self.request(Method::PUT, path).set_json(body);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        self.app.send(request).await
    }
}

pub fn moment(text: &str) -> Moment {
    serde_json::from_value(Value::String(text.to_owned())).expect("an RFC 3339 time")
}

pub fn fixed(kind: &str, name: &str) -> Id {
    Id::fixed(fixture_epoch(), format!("{kind}:{name}").as_bytes())
}

pub fn user_id(login: &str) -> Id {
    fixed("user", login)
}

pub fn center_id(division: &str) -> Id {
    fixed("center", division)
}

pub fn open_db(engine: Engine, pool_size: u32) -> Db {
    open_masked(engine, pool_size, Masking::default())
}

/// What seals every test's database.
pub fn vault() -> Arc<Vault> {
    Arc::new(Vault::new(SECRET).expect("vault"))
}

fn open_masked(engine: Engine, pool_size: u32, masking: Masking) -> Db {
    let vault = vault();
    let options = Options { pool_size, wait: Duration::from_secs(20), masking };
    Db::open(engine, &options, vault, Arc::new(Clock::default())).expect("database")
}

/// Migrates and loads the whole Nantong demo: its ids are fixed, so that documented examples work here too.
async fn prepare(engine: Engine) {
    db::migrate(&engine).expect("migrations");
    let db = open_db(engine, 2);
    db.clock().set(moment(MONDAY));
    cli::load_demo(&db, COST).await.expect("demo");
}

async fn sqlite_template() -> &'static std::path::Path {
    static TEMPLATE: tokio::sync::OnceCell<std::path::PathBuf> = tokio::sync::OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let dir = tempfile::tempdir().expect("temporary folder").keep();
            let path = dir.join("template.db");
            let engine = Engine::Sqlite(path.display().to_string());
            // Opened and closed in a thread of its own: the template must be whole in its one file before it is copied.
            std::thread::spawn(move || actix_web::rt::System::new().block_on(prepare(engine))).join().expect("template");
            let copy = dir.join("ready.db");
            let mut conn = <diesel::SqliteConnection as diesel::Connection>::establish(&path.display().to_string()).expect("template");
            diesel::connection::SimpleConnection::batch_execute(&mut conn, &format!("PRAGMA busy_timeout=5000; VACUUM INTO '{}'", copy.display()))
                .expect("template");
            copy
        })
        .await
}

/// An application by the company of 如东 for its county's water supply, handed in at the city center by APP.
pub fn water_application() -> Value {
    json!({
        "item": "GS-320623-0001", "mode": "full_agency", "channel": "app", "center": "320600000000",
        "contact": { "name": "联系人甲", "phone": "13900001234" }, "request": "新建厂房需要接水"
    })
}

/// An application taken in at a counter, for a company without an account.
pub fn counter_application(mode: &str) -> Value {
    json!({
        "item": "GS-320623-0001", "mode": mode, "channel": "window",
        "applicant": { "kind": "enterprise", "name": "南通柜台演示有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G", "division_code": "320623000000", "flags": ["micro_small_medium"] },
        "contact": { "name": "联系人乙", "phone": "13900005678" }
    })
}

pub fn accepted() -> Value {
    json!({ "process_explained": true, "papers_verified": true, "form_signed": true })
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A matter of 如东's own center, accepted, assigned to `rd_agent`.
pub async fn accepted_matter(app: &TestApp, mode: &str) -> String {
    let clerk = app.as_user("rd_clerk");
    let e = clerk.post("/entrustments", counter_application(mode)).await.created();
    let id = text(&e["id"]).to_owned();
    let mut body = accepted();
    body["assignee_id"] = json!(user_id("rd_agent"));
    clerk.post(&format!("/entrustments/{id}/accept"), body).await.ok();
    id
}

/// A matter of 如东's own center, in progress, assisted.
pub async fn started_matter(app: &TestApp) -> String {
    let id = accepted_matter(app, "assisted").await;
    app.as_user("rd_agent").post(&format!("/entrustments/{id}/start"), json!({})).await.ok();
    id
}

/// [`started_matter`], with help given: ready for its end.
pub async fn helped_matter(app: &TestApp) -> String {
    let id = started_matter(app).await;
    app.as_user("rd_agent").post(&format!("/entrustments/{id}/record-help"), json!({ "kinds": ["fill_form"] })).await.ok();
    id
}

pub fn empty_postgres(name: &str) -> String {
    postgres::empty_database(name)
}

pub use postgres::fresh_database as fresh_postgres;
#[allow(unused_imports, reason = "for the bench alone")]
pub use postgres::log_file as postgres_log;

#[allow(dead_code, reason = "parts are for the bench alone")]
pub mod process;
