//! The composition root: opens the database, mounts every domain, starts and drains the server.

pub mod asyncapi;
pub mod dictionaries;
mod docs;
mod openapi;
mod ops;
mod sandbox;

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_cors::Cors;
use actix_web::{
    App, HttpServer,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::{Compress, Condition, from_fn},
    web,
};
use utoipa_actix_web::{AppExt as _, scope, service_config::ServiceConfig};
use utoipa_swagger_ui::SwaggerUi;

pub use openapi::{dated, document, to_json};
pub use sandbox::{asked_anew, begins_anew};

use crate::{
    appointments, attachments,
    auth::Tokens,
    blobs::Blobs,
    catalogue, clocks,
    config::Config,
    db::{self, Db, Engine, Options},
    entrustments, evaluations, forms,
    http::{
        self, Pulse, State,
        edge::{PathTable, edge, fallback},
        limits::{Limits, limit},
        outermost::{tag_encoded, turn_away},
    },
    kernel::{Clock, Vault},
    ledgers, meetings, notices, organization,
    outbound::Outbound,
    projects, registry, reminders, routing, sheets,
    tickets::{self, Step},
    usage::Usage,
    webhooks, worker, worklist,
};

/// Mounts every operation; mounting a handler and documenting it are one act.
pub fn mount(cfg: &mut ServiceConfig) {
    crate::auth::api::routes(cfg);
    crate::identity::api::root_routes(cfg);
    ops::routes(cfg);
    cfg.service(scope("/api/v1").configure(|cfg| {
        organization::api::routes(cfg);
        attachments::api::routes(cfg);
        catalogue::api::routes(cfg);
        entrustments::api::routes(cfg);
        routing::api::routes(cfg);
        reminders::api::routes(cfg);
        crate::supervision::api::routes(cfg);
        forms::api::routes(cfg);
        evaluations::api::routes(cfg);
        evaluations::occasions::api::routes(cfg);
        evaluations::devices::api::routes(cfg);
        appointments::api::routes(cfg);
        crate::duty::api::routes(cfg);
        crate::visits::api::routes(cfg);
        projects::api::routes(cfg);
        meetings::api::routes(cfg);
        // What is printed of a register has names of its own, before what is named by an id.
        forms::fallback::api::routes(cfg);
        crate::reports::api::routes(cfg);
        sheets::api::routes(cfg);
        crate::consultations::api::routes(cfg);
        crate::knowledge::api::routes(cfg);
        crate::batches::api::routes(cfg);
        crate::return_visits::api::routes(cfg);
        crate::follow_ups::api::routes(cfg);
        crate::precedents::api::routes(cfg);
        tickets::api::routes(cfg);
        registry::api::routes(cfg);
        crate::hotline::api::routes(cfg);
        worklist::api::routes(cfg);
        ledgers::api::routes(cfg);
        crate::statistics::api::routes(cfg);
        crate::statistics::periods::api::routes(cfg);
        crate::bulletins::api::routes(cfg);
        crate::comments::api::routes(cfg);
        crate::reporting::api::routes(cfg);
        crate::events::api::routes(cfg);
        crate::webhooks::api::routes(cfg);
        crate::documents::api::routes(cfg);
        crate::assessments::api::routes(cfg);
        clocks::api::routes(cfg);
        crate::clients::api::routes(cfg);
        crate::identity::api::routes(cfg);
        crate::notices::api::routes(cfg);
        sandbox::routes(cfg);
        dictionaries::routes(cfg);
    }));
}

/// Wires what higher ranks do inside the transaction that changes or ends a matter.
pub fn wire() {
    let _ = crate::events::covering::COVER.set(crate::hotline::cover_of);
    let _ = crate::attachments::NAMES.set(crate::hotline::cover_for);
    let _ = entrustments::ON_CLOSED.set(vec![
        routing::fall,
        reminders::fall,
        evaluations::open,
        crate::hotline::on_matter_closed,
        crate::return_visits::on_matter_closed,
    ]);
    let _ = entrustments::RATED.set(evaluations::is_rated);
    let _ = entrustments::ON_TOLD.set(|tx, actor, matter, kind| {
        evaluations::on_matter_told(tx, actor, matter, kind)?;
        forms::on_told(tx, actor, matter, kind)?;
        crate::return_visits::on_matter_told(tx, actor, matter, kind)
    });
    let _ = entrustments::CONTACT_NEEDED.set(crate::return_visits::contact_needed);
    let _ = routing::ON_DECIDED.set(forms::on_decided);
    let _ = routing::ON_RELAY.set(forms::on_relay);
    let _ = entrustments::ON_SUSPENDED.set(routing::joint::suspend);
    let _ = sheets::ON_CHANGED.set(forms::fallback::on_sheet);
    let _ = tickets::ON_STEP.set(|tx, actor, ticket, step| {
        let row = &ticket.row;
        match step {
            Step::Ended => {
                sheets::fall(tx, actor, row)?;
                crate::batches::fall(tx, actor, row)?;
                // Of a merged one its callers are asked with the other; what is withdrawn or not taken in is served below.
                if row.state == tickets::machine::TicketState::Merged {
                    evaluations::fall(tx, actor, row.id)?;
                }
                crate::hotline::on_ticket_ended(tx, actor, row)
            }
            Step::Reopened => evaluations::hold(tx, actor, row.id),
            Step::Saved => crate::hotline::on_ticket_moved(tx, actor, row),
            Step::Served => crate::follow_ups::on_ticket_served(tx, actor, ticket),
            Step::Cleared => {
                crate::return_visits::on_cleared(tx, actor, row)?;
                crate::hotline::on_ticket_ended(tx, actor, row)
            }
            Step::Handler => sheets::follow_handler(tx, row),
        }
    });
    let _ = tickets::SHEETS_OPEN.set(sheets::any_open);
    let _ = tickets::OPEN_DOORS.set(vec![sheets::doors, crate::precedents::doors]);
    let _ = evaluations::ON_ENDED.set(|tx, actor, rated| {
        crate::follow_ups::on_ended(tx, actor, rated)?;
        crate::comments::on_rated(tx, rated)
    });
    let _ = crate::consultations::ON_STEP.set(crate::hotline::on_consultation);
    let _ = entrustments::ON_PROJECT.set(projects::look_again);
    let _ = projects::ON_MANAGER.set(meetings::follow_manager);
    let _ = crate::consultations::CITE.set(crate::knowledge::cite);
    let _ = routing::arbitration::ON_NO_UNIT.set(tickets::on_no_unit);
}

/// What all workers of the server share.
#[derive(Clone)]
pub struct Shared {
    state: web::Data<State>,
    table: web::Data<PathTable>,
    limits: web::Data<Limits>,
    usage: web::Data<Usage>,
    courier: web::Data<notices::Courier>,
    document: web::Data<ops::Document>,
}

impl Shared {
    /// Prepares what is shared; wires the hooks inside the transaction that ends a matter.
    pub async fn new(db: Db, config: Arc<Config>) -> Result<Self, db::Error> {
        wire();
        let outbound = Outbound::new(config.outbound_allow.as_deref().unwrap_or_default()).map_err(|e| db::Error::Corrupt(e.to_string()))?;
        let issuer = config.public_url.clone();
        let blobs = Blobs::open(&config.files).map_err(|e| db::Error::Corrupt(e.to_string()))?;
        let tokens = Arc::new(tokens(&db, issuer).await?);
        let document = document();
        let table = PathTable::new(document.paths.paths.iter().map(|(path, item)| (path.as_str(), openapi::methods(item))));
        let limits = Limits::new(config.rate_limit_per_minute, config.trusted_proxies);
        let mut text = to_json(&openapi::served(document, &config));
        if config.demo {
            let day = db.read(clocks::next_workday).await?;
            text = openapi::dated(&text, day);
        }
        let served = ops::Document(http::Kept::new(text));
        let links = notices::Links { pages: config.pages.clone(), public_url: config.public_url.clone() };
        let courier = notices::Courier::new(outbound.clone(), config.gateways.clone(), links);
        Ok(Self {
            state: web::Data::new(State { pulse: Pulse::new(db.clone(), crate::events::store::last_position), db, blobs, tokens, config, outbound }),
            table: web::Data::new(table),
            limits: web::Data::new(limits),
            usage: web::Data::new(Usage::default()),
            courier: web::Data::new(courier),
            document: web::Data::new(served),
        })
    }

    /// Adds up what clients asked here, and reads what they may ask.
    pub async fn refresh(&self) -> Result<(), db::Error> {
        let db = &self.state.db;
        crate::clients::flush(db, &self.usage).await?;
        self.limits.set_clients(db.read(crate::clients::limits).await?);
        Ok(())
    }

    /// The database, the tokens and the settings.
    pub fn state(&self) -> &State {
        &self.state
    }
}

/// The application of one worker.
pub fn build(
    shared: &Shared,
) -> App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<impl MessageBody + use<>>, Error = actix_web::Error, InitError = ()> + use<>>
{
    let config = &shared.state.config;
    let (app, _) = App::new().into_utoipa_app().configure(mount).split_for_parts();
    app.configure(crate::open311::api::mount)
        .app_data(shared.state.clone())
        .app_data(shared.table.clone())
        .app_data(shared.limits.clone())
        .app_data(shared.usage.clone())
        .app_data(shared.courier.clone())
        .app_data(shared.document.clone())
        .app_data(web::PayloadConfig::new(config.max_body_bytes))
        .app_data(web::FormConfig::default().limit(16_384))
        .service(web::redirect("/", "/docs/"))
        .service(web::redirect("/docs", "/docs/"))
        .route("/docs/", web::get().to(docs::page))
        .service(SwaggerUi::new("/docs/{_:.*}").config(docs::swagger()))
        .default_service(web::to(fallback))
        .wrap(from_fn(limit))
        .wrap(from_fn(edge))
        .wrap(Compress::default())
        .wrap(from_fn(tag_encoded))
        .wrap(Condition::new(!config.cors_origins.is_empty(), cors(config)))
        .wrap(from_fn(turn_away))
}

fn cors(config: &Config) -> Cors {
    let expose = [
        "etag",
        "location",
        "link",
        "www-authenticate",
        "content-disposition",
        "content-range",
        "retry-after",
        "x-request-id",
        "traceparent",
        "idempotency-replayed",
        "ratelimit",
        "ratelimit-policy",
        "api-version",
    ];
    let cors = Cors::default().allowed_methods(["GET", "HEAD", "POST", "PUT", "DELETE"]).allow_any_header().expose_headers(expose).max_age(600);
    if config.cors_origins.iter().any(|o| o == "*") {
        return cors.allow_any_origin();
    }
    config.cors_origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The address, a file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The settings.
    #[error("{0}")]
    Settings(String),
}

/// Opens the configured database.
pub fn open(config: &Config) -> Result<Db, StartError> {
    let engine = Engine::parse(&config.database_url).map_err(|e| StartError::Settings(e.to_string()))?;
    let secret = secret(config, &engine)?;
    let vault = Vault::new(secret.as_bytes()).map_err(|e| StartError::Settings(e.to_string()))?;
    let options = Options { pool_size: config.pool_size, masking: config.masking, ..Options::default() };
    Ok(Db::open(engine, &options, Arc::new(vault), Arc::new(Clock::default()))?)
}

/// The secret of the data keys. An embedded database makes its own on first start; production must be given one.
fn secret(config: &Config, engine: &Engine) -> Result<String, StartError> {
    if !config.secret_key.is_empty() {
        return Ok(config.secret_key.clone());
    }
    match std::fs::read_to_string(&config.key_file) {
        Ok(text) if text.trim().len() >= 32 => Ok(text.trim().to_owned()),
        Ok(_) => Err(StartError::Settings(format!("{} holds no usable key", config.key_file))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && has_data(engine) => {
            let zh = format!("数据库已有数据，而密钥文件 {} 不存在：请用 JIELI_KEY_FILE 或 JIELI_SECRET_KEY 指明原来的密钥", config.key_file);
            Err(StartError::Settings(zh))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && matches!(engine, Engine::Sqlite(_)) => {
            let key = format!("{}{}", crate::kernel::random_token(), crate::kernel::random_token());
            write_private(&config.key_file, &key)?;
            tracing::info!(file = %config.key_file, "made the data key; keep it with your backups");
            Ok(key)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(StartError::Settings(no_key(&config.key_file))),
        Err(e) => Err(StartError::Settings(format!("{}: {e}", config.key_file))),
    }
}

/// PostgreSQL may be shared by many servers: none of them makes up the key that all of them need.
fn no_key(file: &str) -> String {
    format!(
        "密钥文件 {file} 不存在。使用 PostgreSQL 时密钥不自动生成，须由运维人员生成一次并随备份保管，各服务器共用：\
         (umask 077; openssl rand -hex 32 > {file})，再以 JIELI_KEY_FILE 指明该文件；也可改用 JIELI_SECRET_KEY 直接给出（至少 32 个字符）。\
         数据库已有数据的，须用原来的密钥"
    )
}

/// An embedded database that was used before: its data was sealed with a key that must not be made anew.
fn has_data(engine: &Engine) -> bool {
    matches!(engine, Engine::Sqlite(path) if std::fs::metadata(path).is_ok_and(|m| m.len() > 0))
}

fn write_private(path: &str, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}

/// Opens the signing keys, which the data key has sealed: with another key than the database's nothing may go on. The first
/// opening makes them, so that a database knows its key from then on.
pub async fn tokens(db: &Db, issuer: String) -> Result<Tokens, db::Error> {
    db.commit(move |tx| Tokens::load(tx, &issuer)).await.map_err(|e| match e {
        db::Error::Corrupt(why) => db::Error::Corrupt(format!("密钥与数据库不符，请核对 JIELI_SECRET_KEY 或密钥文件（{why}）")),
        other => other,
    })
}

/// Takes the address before anything else is done: a second server must not touch what the first one uses.
pub fn listen(config: &Config) -> Result<TcpListener, StartError> {
    TcpListener::bind(&config.listen).map_err(|e| StartError::Settings(format!("{} 不能监听，可能已有一个服务在运行：{e}", config.listen)))
}

/// Runs a job every second, for as long as the server runs: each has a task of its own, so that none waits for another's
/// slow counterpart.
async fn each_second<F: Future<Output = Result<usize, db::Error>>>(shared: Shared, what: &'static str, job: impl Fn(web::Data<State>) -> F) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Err(e) = job(shared.state.clone()).await {
            tracing::warn!(error = %e, "{what}; tried again");
        }
    }
}

/// Runs the server until SIGTERM or Ctrl-C, then drains.
pub async fn serve(db: Db, config: Arc<Config>, listener: TcpListener) -> Result<(), StartError> {
    if config.sandbox {
        sandbox::wind(&db).await?;
    }
    let shared = Shared::new(db.clone(), config.clone()).await?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = config.worker.then(|| actix_web::rt::spawn(worker::run(db, stopped)));
    let sender = config.worker.then(|| {
        let (shared, sender) = (shared.clone(), webhooks::Sender::new(shared.state.outbound.clone(), &config.public_url));
        actix_web::rt::spawn(async move { sender.run(&shared.state.db).await })
    });
    let courier = config.worker.then(|| {
        let shared = shared.clone();
        actix_web::rt::spawn(async move { shared.courier.run(&shared.state.db).await })
    });
    let exporter = config.worker.then(|| {
        let job = |state: web::Data<State>| async move { ledgers::run_due(&state.db, &state.blobs).await };
        actix_web::rt::spawn(each_second(shared.clone(), "exports not made", job))
    });
    let pusher = config.worker.then(|| {
        let job = |state: web::Data<State>| async move { crate::reporting::push_due(&state.db, &state.outbound).await };
        actix_web::rt::spawn(each_second(shared.clone(), "ratings not reported", job))
    });
    let each_seconds = shared.clone();
    let counter = actix_web::rt::spawn(async move {
        loop {
            if let Err(e) = each_seconds.refresh().await {
                tracing::warn!(error = %e, "usage of clients not added up; tried again in seconds");
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    });
    let last = shared.clone();
    let each_minute = shared.clone();
    let sweeper = actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(60)).await;
            each_minute.limits.forget();
            let State { db, tokens, blobs, .. } = each_minute.state.as_ref();
            let tokens = tokens.clone();
            if let Err(e) = db.commit(move |tx| tokens.reload(tx)).await {
                tracing::warn!(error = %e, "signing keys not read; tried again in a minute");
            }
            sweep_files(db, blobs).await;
        }
    });
    let mut server = HttpServer::new(move || build(&shared))
        // Whoever keeps a connection longer than we do sends into one that is just being closed, and no POST is sent again by itself.
        .keep_alive(Duration::from_secs(config.keep_alive_seconds))
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(config.drain_seconds);
    if config.workers > 0 {
        server = server.workers(config.workers);
    }
    let server = server.listen(listener)?;
    tracing::info!(listen = %config.listen, docs = %format!("{}/docs/", config.public_url), "jieli is ready");
    let running = server.run();
    let sandbox = config.sandbox.then(|| {
        let (handle, state) = (running.handle(), last.state.clone());
        actix_web::rt::spawn(async move {
            sandbox::asked_anew().await;
            state.pulse.end();
            handle.stop(true).await;
        })
    });
    running.await?;
    sandbox.inspect(actix_web::rt::task::JoinHandle::abort);
    let _ = stop.send(true);
    sweeper.abort();
    counter.abort();
    if let Err(e) = last.refresh().await {
        tracing::warn!(error = %e, "the last counts of clients are lost");
    }
    // What is being made is begun again by whoever runs next.
    exporter.inspect(actix_web::rt::task::JoinHandle::abort);
    // What is being sent is sent again by whoever runs next.
    [sender, courier, pusher].into_iter().flatten().for_each(|task| task.abort());
    if let Some(worker) = worker {
        let _ = worker.await;
    }
    Ok(())
}

/// Refuses to start on a database that was never migrated; waits while it does not answer, for the server may start first.
pub async fn wait_for_schema(db: &Db) -> Result<(), StartError> {
    for attempt in 1..=30 {
        match db.read(|tx| db::pending(tx.conn)).await {
            Ok(_) => return Ok(()),
            Err(db::Error::Busy(why)) => {
                tracing::warn!(%why, attempt, "the database does not answer yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(_) => return Err(StartError::Settings("数据库还没有建表：请先运行 jieli migrate（the database has no schema yet）".into())),
        }
    }
    Err(StartError::Settings("the database does not answer".into()))
}

/// Uploads that were given to no record: the rows go first, then the bytes.
async fn sweep_files(db: &Db, blobs: &Blobs) {
    match db.commit(|tx| attachments::forget(tx, 100)).await {
        Ok(keys) => {
            for key in keys {
                if let Err(e) = blobs.delete(&key).await {
                    tracing::warn!(error = %e, %key, "file not removed");
                }
            }
        }
        Err(e) => tracing::warn!(error = %e, "unused uploads not forgotten; tried again in a minute"),
    }
}

/// Whether the database answers and is migrated.
pub async fn ready(db: &Db) -> Result<(), http::ProblemReason> {
    match db.read(|tx| db::pending(tx.conn)).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(http::ProblemReason::Migrations),
        Err(_) => Err(http::ProblemReason::Database),
    }
}
