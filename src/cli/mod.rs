//! The one binary: `jieli serve | migrate | demo | import | user | client | settings | stats | health | openapi`.

mod admin;
mod assessments;
mod bulk;
mod bulletins;
mod city;
mod clearing;
mod consultations;
mod demo;
mod evaluations;
mod follow_ups;
mod health;
mod hotline;
mod import;
mod knowledge;
mod matters;
mod meetings;
mod portal;
mod precedents;
mod projects;
mod relay;
mod reporting;
mod rules;
mod sheets;
mod stats;
mod supervisions;
mod ticket_forms;
mod tickets;
mod visits;
mod webhooks;

use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Parser, Subcommand};

use crate::{
    app::{self, StartError},
    config::Config,
    db,
};

pub use bulk::fill as load_many_matters;
pub use city::{Shipped, load as load_city};
pub use demo::{load as load_demo, load_calendar};
pub use matters::load as load_demo_matters;

/// 接力 jieli: the open backend for assisted government service (政务服务代办帮办).
#[derive(Parser)]
#[command(name = "jieli", version)]
pub struct Cli {
    /// Configuration file; without it `jieli.toml`, if there is one. The environment overrides it.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server on the configured database.
    Serve,
    /// Bring the database to the newest schema.
    Migrate,
    /// Load the demo of a city and start the server: into an embedded database of its own, or into a PostgreSQL
    /// database that is empty or a demo's, where `DATABASE_URL` names one.
    Demo {
        /// Which city: its tree, rules and windows.
        #[arg(long, value_enum, default_value_t = city::Shipped::Nantong)]
        city: city::Shipped,
        /// Also make up this many entrustments.
        #[arg(long, default_value_t = 0)]
        matters: u64,
        /// Delete the embedded demo database first.
        #[arg(long)]
        reset: bool,
        /// A sandbox for integrators: the clock can be moved over HTTP.
        #[arg(long)]
        sandbox: bool,
        /// Load only.
        #[arg(long)]
        no_serve: bool,
    },
    /// Import a file; every bad row is reported with its line, and nothing is taken unless all rows are good.
    Import {
        #[command(subcommand)]
        what: Import,
    },
    /// People.
    User {
        #[command(subcommand)]
        what: UserCommand,
    },
    /// Machine clients.
    Client {
        #[command(subcommand)]
        what: ClientCommand,
    },
    /// What differs from city to city: limits, counts, business hours.
    Settings {
        #[command(subcommand)]
        what: SettingsCommand,
    },
    /// Figures: recount them, or write them anew.
    Stats {
        #[command(subcommand)]
        what: StatsCommand,
    },
    /// Ask the running server whether it is ready; for health checks of containers.
    Health,
    /// Print the OpenAPI document.
    Openapi {
        /// Write it to this file.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Fail when this file differs.
        #[arg(long, conflicts_with = "out")]
        check: Option<PathBuf>,
    },
    /// Print the AsyncAPI document of the events.
    Asyncapi {
        /// Write it to this file.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Fail when this file differs.
        #[arg(long, conflicts_with = "out")]
        check: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum Import {
    /// Divisions (code,name,level,parent_code): one center each.
    Centers(FileArgs),
    /// Catalogue table with Chinese headers.
    Catalogue(FileArgs),
    /// Calendar years as announced by the State Council (JSON).
    Calendar(FileArgs),
    /// A city's own rules, who may ask for agency, and windows (JSON; docs/new-city.md).
    City {
        /// The file.
        file: PathBuf,
    },
}

#[derive(clap::Args)]
struct FileArgs {
    /// The file.
    file: PathBuf,
    /// Take the good rows and leave the bad ones out.
    #[arg(long)]
    skip_bad: bool,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add a person with a role; the password is read from standard input.
    Add {
        #[arg(long)]
        login: String,
        /// Name shown to colleagues.
        #[arg(long)]
        name: String,
        /// Post.
        #[arg(long, default_value = "工作人员")]
        title: String,
        /// Role code, such as `clerk` or `system_admin`.
        #[arg(long)]
        role: String,
        /// 12-digit division code of the center.
        #[arg(long)]
        center: Option<String>,
    },
}

#[derive(Subcommand)]
enum ClientCommand {
    /// Add a machine client; its secret is printed once.
    Add {
        #[arg(long)]
        client_id: String,
        #[arg(long)]
        name: String,
        /// `portal` or `hotline`.
        #[arg(long)]
        kind: String,
        /// 12-digit division code of the center.
        #[arg(long)]
        center: Option<String>,
    },
    /// Give a hotline client an Open311 `api_key`, printed once; list its keys, or take one away.
    Open311Key {
        #[arg(long)]
        client_id: String,
        /// List its keys by their ids.
        #[arg(long)]
        list: bool,
        /// Revoke the key of this id.
        #[arg(long, conflicts_with = "list")]
        revoke: Option<String>,
    },
}

#[derive(Subcommand)]
enum StatsCommand {
    /// Recount everything from the records, name every difference, and fail where there is one.
    Verify,
    /// Write all figures anew from the records, in batches; the server may go on meanwhile.
    Rebuild,
}

#[derive(Subcommand)]
enum SettingsCommand {
    /// Show every rule as it holds at a center (or everywhere).
    Show {
        /// 12-digit division code of the center.
        #[arg(long)]
        center: Option<String>,
    },
    /// Set a rule at a center and all below it (or everywhere).
    Set {
        /// Such as `accept_limit`.
        name: String,
        /// JSON, such as `{"value":2,"unit":"working_day"}` or `3`.
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// 12-digit division code of the center.
        #[arg(long)]
        center: Option<String>,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Settings or start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Settings.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// Database or refusal.
    #[error("{}", describe(.0))]
    Database(#[from] db::Error),
    /// Files.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// Anything that says itself.
    #[error("{0}")]
    Said(String),
}

fn describe(e: &db::Error) -> String {
    match e {
        db::Error::Refused(p) => p.detail.zh.to_string(),
        e if e.is_unique() => "同名的记录已经存在".into(),
        other => other.to_string(),
    }
}

/// Runs the command line.
pub async fn run() -> ExitCode {
    match execute(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("jieli: {e}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: Cli) -> Result<(), CliError> {
    let mut config = Config::load(cli.config.as_deref())?;
    match cli.command {
        Command::Openapi { out, check } => return written(&app::to_json(&app::document()), out, check),
        Command::Asyncapi { out, check } => return written(&app::asyncapi::to_json(), out, check),
        _ => {}
    }
    start_logging(&config);
    match cli.command {
        Command::Openapi { .. } | Command::Asyncapi { .. } => Ok(()),
        Command::Serve => {
            let listener = app::listen(&config)?;
            let db = app::open(&config)?;
            app::wait_for_schema(&db).await?;
            if config.sandbox {
                // A clock that anybody moves is none for real matters.
                demo::guard(&db).await?;
            }
            Ok(app::serve(db, Arc::new(config), listener).await?)
        }
        Command::Migrate => {
            let db = app::open(&config)?;
            for name in db::migrate(db.engine())? {
                println!("migrated {name}");
            }
            app::tokens(&db, config.public_url.clone()).await?;
            println!("the schema is up to date");
            Ok(())
        }
        Command::Demo { city, matters, reset, sandbox, no_serve } => {
            demo::configure(&mut config, city);
            config.sandbox |= sandbox;
            demo::run(config, city, matters, reset, no_serve).await
        }
        Command::Health => health::check(&config),
        Command::Settings { what } => {
            let db = opened(&config).await?;
            match what {
                SettingsCommand::Show { center } => rules::show(&db, center).await,
                SettingsCommand::Set { name, value, center } => rules::set(&db, name, value, center).await,
            }
        }
        Command::Stats { what } => {
            let db = opened(&config).await?;
            match what {
                StatsCommand::Verify => stats::verify(&db).await,
                StatsCommand::Rebuild => stats::rebuild(&db).await,
            }
        }
        Command::Import { what } => {
            let db = opened(&config).await?;
            match what {
                Import::Centers(a) => import::centers(&db, &a.file, a.skip_bad).await,
                Import::Catalogue(a) => import::catalogue(&db, &a.file, a.skip_bad).await,
                Import::Calendar(a) => import::calendar(&db, &a.file).await,
                Import::City { file } => city::import(&db, &file).await,
            }
        }
        Command::User { what: UserCommand::Add { login, name, title, role, center } } => {
            let db = opened(&config).await?;
            admin::add_user(&db, &config, admin::NewUser { login, name, title, role, center }).await
        }
        Command::Client { what: ClientCommand::Add { client_id, name, kind, center } } => {
            let db = opened(&config).await?;
            admin::add_client(&db, client_id, name, kind, center).await
        }
        Command::Client { what: ClientCommand::Open311Key { client_id, list, revoke } } => {
            let db = opened(&config).await?;
            match revoke {
                _ if list => admin::list_open311_keys(&db, client_id).await,
                Some(key) => admin::revoke_open311_key(&db, client_id, key).await,
                None => admin::add_open311_key(&db, client_id).await,
            }
        }
    }
}

/// The configured database, migrated, under the key that it was made with.
async fn opened(config: &Config) -> Result<db::Db, CliError> {
    // Nothing is made by who only looks: neither a file nor a key.
    if let Ok(db::Engine::Sqlite(path)) = db::Engine::parse(&config.database_url)
        && !std::path::Path::new(&path).exists()
    {
        return Err(CliError::Said(format!("没有数据库 {path}：请先运行 jieli migrate 或 jieli demo")));
    }
    let db = app::open(config)?;
    app::wait_for_schema(&db).await?;
    if db.read(|tx| db::pending(tx.conn)).await? {
        return Err(CliError::Said("数据库结构不是最新的：请先运行 jieli migrate".into()));
    }
    app::tokens(&db, config.public_url.clone()).await?;
    Ok(db)
}

fn start_logging(config: &Config) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_new(&config.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let _ = if config.log_format == "json" { builder.json().try_init() } else { builder.compact().try_init() };
}

fn written(text: &str, out: Option<PathBuf>, check: Option<PathBuf>) -> Result<(), CliError> {
    let named = |p: &PathBuf| p.display().to_string();
    if let Some(path) = check {
        let present = std::fs::read_to_string(&path).map_err(|e| CliError::File(named(&path), e))?;
        if present != text {
            return Err(CliError::Said(format!("{} is out of date: run `make openapi`", named(&path))));
        }
        println!("{} is up to date", named(&path));
        return Ok(());
    }
    match out {
        Some(path) => std::fs::write(&path, text).map_err(|e| CliError::File(named(&path), e)),
        // A reader that has seen enough is no failure.
        None => match std::io::stdout().write_all(text.as_bytes()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::File("standard output".into(), e)),
            _ => Ok(()),
        },
    }
}
