//! The Nantong demo: its centers, two catalogues, the calendar, accounts of each role, and a first matter.

use std::sync::Arc;

use serde::Deserialize;

use super::{
    CliError,
    admin::{self, NewUser},
    bulk,
    city::{self, Shipped},
    import,
};
use crate::{
    app,
    applicants::{self, ApplicantFlag, ApplicantInput, ApplicantKind, IdType},
    auth::{Actor, Role, passwords, store as accounts_store},
    catalogue::{self, model::ItemContent},
    config::Config,
    db::{self, Db, Engine, Tx},
    kernel::{Code as _, Id, fixture_epoch},
    organization,
};

const NANTONG: &str = include_str!("../../data/divisions/nantong.csv");
const GUANGAN: &str = include_str!("../../data/divisions/guangan.csv");
const GUANGAN_CATALOGUE: &[u8] = include_bytes!("../../data/catalogue/guangan-511602.csv");
const CALENDAR: &str = include_str!("../../data/calendar/cn_workdays.json");
pub(super) const ITEMS: &str = include_str!("../../data/demo/nantong-items.json");
const PEOPLE: &str = include_str!("../../data/demo/people.json");
/// The password of every demo account.
pub const PASSWORD: &str = "jieli-demo-2026";

#[derive(Deserialize)]
struct People {
    centers: std::collections::BTreeMap<String, CenterContact>,
    accounts: Vec<Account>,
    applicants: Vec<DemoApplicant>,
}

#[derive(Deserialize)]
struct CenterContact {
    name: String,
    phone: String,
    address: String,
    hours: String,
}

#[derive(Deserialize)]
struct Account {
    login: String,
    role: String,
    center: Option<String>,
    title: String,
    display_name: String,
    #[serde(default)]
    department: Option<String>,
}

#[derive(Deserialize)]
struct DemoApplicant {
    login: String,
    kind: String,
    name: String,
    #[serde(default)]
    credit_code: Option<String>,
    #[serde(default)]
    id_number: Option<String>,
    division_code: String,
    #[serde(default)]
    flags: Vec<String>,
}

#[derive(Deserialize)]
struct Item {
    code: String,
    division_code: String,
    content: ItemContent,
}

fn people() -> Result<People, CliError> {
    serde_json::from_str(PEOPLE).map_err(|e| CliError::Said(format!("data/demo/people.json: {e}")))
}

/// Logins and posts of the demo, as the document lists them.
fn accounts() -> Vec<(String, String)> {
    let Ok(people) = people() else { return Vec::new() };
    let centers = people.centers;
    let staff = people.accounts.into_iter().map(|a| {
        let center = a.center.and_then(|code| centers.get(&code)).map_or("", |c| c.name.as_str());
        (a.login, format!("{center} {}", a.title).trim().to_owned())
    });
    let applicants = people.applicants.into_iter().map(|a| (a.login, format!("申请人：{}", a.name)));
    staff.chain(applicants).chain([("ent_rudong_agent".to_owned(), "企业经办人（受 ent_rudong 授权）".to_owned())]).collect()
}

/// The demo keeps to itself: its own database and key beside the present folder, unless told otherwise.
pub fn configure(config: &mut Config, city: Shipped) {
    let defaults = Config::default();
    let name = if city == Shipped::Nantong { "jieli-demo".to_owned() } else { format!("jieli-demo-{}", city.slug()) };
    if config.database_url == defaults.database_url {
        config.database_url = format!("sqlite:{name}.db");
    }
    if config.key_file == defaults.key_file {
        config.key_file = format!("{name}.key");
    }
    if config.files == defaults.files {
        config.files = format!("file:{name}-files");
    }
    config.demo = true;
    // Who tries the demo receives its webhooks on the same machine, unless it is set otherwise: an empty list allows nothing.
    config.outbound_allow.get_or_insert_with(|| ["127.0.0.0/8", "::1"].map(str::to_owned).to_vec());
    super::portal::configure(config);
}

/// Loads the demo and starts the server; a sandbox that is reset begins anew.
pub async fn run(config: Config, city: Shipped, matters: u64, mut reset: bool, no_serve: bool) -> Result<(), CliError> {
    loop {
        once(config.clone(), city, matters, reset, no_serve).await?;
        if !app::begins_anew() {
            return Ok(());
        }
        reset = true;
    }
}

async fn once(mut config: Config, city: Shipped, matters: u64, reset: bool, no_serve: bool) -> Result<(), CliError> {
    if matters > 0 && city != Shipped::Nantong {
        return Err(CliError::Said("--matters 只用于南通演示".into()));
    }
    let listener = if no_serve { None } else { Some(app::listen(&config)?) };
    let db = app::open(&config)?;
    db::migrate(db.engine())?;
    guard(&db).await?;
    let db = if reset {
        drop(db);
        remove(&config)?;
        app::open(&config)?
    } else {
        db
    };
    println!("① 更新数据库结构（migrate） {}", config.database_url.split('@').next_back().unwrap_or_default());
    db::migrate(db.engine())?;
    app::tokens(&db, config.public_url.clone()).await?;
    let cost = passwords::Cost { memory: config.argon2_memory_kib, passes: config.argon2_passes };
    let accounts = if city == Shipped::Nantong {
        println!("② 载入南通演示数据（已有的不变）：2,150 个中心、广安区 1,000 个真实事项、12 个完整事项、2004–2026 年日历、各岗位账号、各状态的演示件");
        load(&db, cost).await?;
        super::matters::load(&db).await?;
        accounts()
    } else {
        load_calendar(&db).await?;
        let own = city::load(&db, city, cost).await?;
        println!("② 已载入{}：区划和中心、代办对象规则、窗口、事项、2004–2026 年日历、各岗位账号（接口文档中的示例以南通为准）", own.name);
        city::accounts_of(&own)
    };
    if matters > 0 {
        println!("③ 生成 {matters} 件代办件");
        bulk::fill(&db, matters).await?;
        // Made-up matters have no events that the figures could follow.
        super::stats::rebuild(&db).await?;
    }
    let Some(listener) = listener else { return Ok(()) };
    let url = &config.public_url;
    println!("\nSwagger UI  {url}/docs/\n接口文档    {url}/openapi.json\n演示账号（口令均为 {PASSWORD}）：");
    for (login, title) in &accounts {
        println!("  {login:<16} {title}");
    }
    if config.sandbox {
        println!(
            "\n沙箱：POST {url}/api/v1/sandbox/clock 可拨快时钟；门户客户端 demo-portal，密钥 {}；模拟登录由门户发起（GET /auth/fake/start，参数见 docs/integration.md）",
            super::portal::SECRET
        );
    }
    config.accounts = accounts;
    println!("\n按 Ctrl-C 结束。");
    Ok(app::serve(db, Arc::new(config), listener).await?)
}

/// The demo is loaded, or deleted, only where nothing else lives: its passwords are published.
pub(super) async fn guard(db: &Db) -> Result<(), CliError> {
    let foreign = db.read(|tx| Ok(accounts_store::any_user(tx)? && accounts_store::user_by_login(tx, "city_clerk")?.is_none())).await?;
    if foreign { Err(CliError::Said("这个数据库里有别的账号，不是演示库：演示不会载入，也不会清空".into())) } else { Ok(()) }
}

fn remove(config: &Config) -> Result<(), CliError> {
    let Ok(Engine::Sqlite(path)) = Engine::parse(&config.database_url) else {
        return Err(CliError::Said("--reset 只用于内嵌数据库".into()));
    };
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::remove_file(format!("{path}{suffix}")) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(CliError::File(path, e)),
            _ => {}
        }
    }
    Ok(())
}

/// The working calendar that is shipped.
pub async fn load_calendar(db: &Db) -> Result<(), CliError> {
    import::load_calendar(db, CALENDAR).await.map(|_| ())
}

/// Loads what is not there yet; a second time changes nothing.
pub async fn load(db: &Db, cost: passwords::Cost) -> Result<(), CliError> {
    import::load_calendar(db, CALENDAR).await?;
    for text in [NANTONG, GUANGAN] {
        let (rows, bad) = organization::read_divisions(text, &std::collections::HashSet::new());
        if let Some(b) = bad.first() {
            return Err(CliError::Said(format!("第 {} 行：{}", b.line, b.reason)));
        }
        db.commit(move |tx| organization::import_divisions(tx, &rows, true)).await?;
    }
    db.commit(|tx| departments(tx).map_err(said)).await?;
    let (rows, bad) = catalogue::read_catalogue(GUANGAN_CATALOGUE);
    if let Some(b) = bad.first() {
        return Err(CliError::Said(format!("第 {} 行：{}", b.line, b.reason)));
    }
    let bar = import::bar(rows.len() as u64, "catalogue");
    for chunk in rows.chunks(250) {
        let chunk = chunk.to_vec();
        bar.inc(chunk.len() as u64);
        db.commit(move |tx| catalogue::import_table(tx, &Actor::system("demo"), &chunk, true)).await?;
    }
    bar.finish_and_clear();
    db.commit(|tx| items(tx).map_err(said)).await?;
    let own = city::parse(city::Shipped::Nantong.files().0)?;
    db.commit(move |tx| {
        city::apply(tx, &own)?;
        templates(tx)
    })
    .await?;
    let hash = passwords::hash_async(PASSWORD.into(), cost).await;
    db.commit(move |tx| staff(tx, &hash).map_err(said)).await?;
    db.commit(|tx| super::portal::load(tx, "320600000000", super::portal::COMPANY)).await?;
    Ok(())
}

fn said(e: CliError) -> db::Error {
    match e {
        CliError::Database(e) => e,
        other => db::Error::Corrupt(other.to_string()),
    }
}

fn items(tx: &mut Tx) -> Result<(), CliError> {
    let items: Vec<Item> = serde_json::from_str(ITEMS).map_err(|e| CliError::Said(format!("data/demo/nantong-items.json: {e}")))?;
    // What is there already is left as it is, also when it was withdrawn.
    let mut unknown = Vec::new();
    for item in items {
        if catalogue::store::item_by_reference(tx, &item.code)?.is_none() {
            unknown.push(item);
        }
    }
    let rows: Vec<catalogue::ImportRow> = (1..)
        .zip(unknown)
        .map(|(line, i)| catalogue::ImportRow { line, item: catalogue::NewItem { code: i.code, division_code: i.division_code, content: i.content } })
        .collect();
    let report = catalogue::import(tx, &Actor::system("demo"), &rows, true)?;
    match report.bad.first() {
        Some(b) => Err(CliError::Said(format!("第 {} 个事项：{}", b.line, b.reason))),
        None => Ok(()),
    }
}

/// Two versions of a ready-made plan for water connections; the first is to be taken out of use.
fn templates(tx: &mut Tx) -> db::Result<()> {
    for (number, days) in [(1, 4), (2, 3)] {
        let id = fixed("template", &format!("water-{number}"));
        if catalogue::store::template(tx, id)?.is_none() {
            let step = |code: &str, name: &str, days: u32, after: &[&str]| serde_json::json!({ "code": code, "name": name, "department": "供水单位", "limit": { "value": days, "unit": "working_day" }, "depends_on": after });
            let steps = [step("S1", "现场踏勘", 2, &[]), step("S2", "方案答复", 1, &["S1"]), step("S3", "装表通水", days, &["S2"])];
            let input = serde_json::json!({ "code": "water", "center": "320600000000", "name": "供水报装专用流程", "content": { "steps": steps } });
            catalogue::templates::publish_as(tx, &Actor::system("demo"), id, &serde_json::from_value(input)?)?;
        }
    }
    Ok(())
}

/// The id of a demo record: always the same.
pub fn fixed(kind: &str, name: &str) -> Id {
    Id::fixed(fixture_epoch(), format!("{kind}:{name}").as_bytes())
}

/// The departments of the demo's accounts, under ids that documented examples can name.
fn departments(tx: &mut Tx) -> Result<(), CliError> {
    for a in people()?.accounts {
        let (Some(code), Some(name)) = (a.center, a.department) else { continue };
        let Some(center) = organization::store::center_by_division(tx, &code)? else { continue };
        if organization::store::department(tx, center.id, &name)?.is_some() {
            continue;
        }
        let id = fixed("department", &name);
        let (created_at, updated_at) = (tx.now, tx.now);
        let row = organization::Department { id, center_id: center.id, name, credit_code: None, version: 1, created_at, updated_at, phone: String::new() };
        organization::store::insert_department(tx, &row)?;
    }
    Ok(())
}

fn staff(tx: &mut Tx, hash: &str) -> Result<(), CliError> {
    let people = people()?;
    for (code, contact) in &people.centers {
        let Some(mut center) = organization::store::center_by_division(tx, code)? else { continue };
        if center.phone.is_empty() {
            center.name.clone_from(&contact.name);
            center.phone.clone_from(&contact.phone);
            center.address.clone_from(&contact.address);
            center.hours.clone_from(&contact.hours);
            organization::store::save_center(tx, &center)?;
        }
    }
    let actor = Actor::system("demo");
    for a in &people.accounts {
        if accounts_store::user_by_login(tx, &a.login)?.is_some() {
            continue;
        }
        let role = Role::parse(&a.role).ok_or_else(|| CliError::Said(format!("{}: {}", a.login, a.role)))?;
        let center = match &a.center {
            Some(code) => organization::store::center_by_division(tx, code)?.map(|c| c.id),
            None => None,
        };
        let new = NewUser { login: a.login.clone(), name: a.display_name.clone(), title: a.title.clone(), role: a.role.clone(), center: None };
        let id = admin::insert(tx, fixed("user", &a.login), &new, hash, center)?;
        let node = match (role, center, &a.department) {
            (Role::DepartmentHandler, Some(center), Some(name)) => Some(organization::department_named(tx, center, name, None)?.id),
            (r, center, _) if r.at_center() => center,
            _ => None,
        };
        organization::grant_directly(tx, &actor, id, role, node)?;
    }
    if accounts_store::user_by_login(tx, "ent_rudong_agent")?.is_none() {
        let new =
            NewUser { login: "ent_rudong_agent".into(), name: "企业经办人甲".into(), title: "企业经办人".into(), role: String::new(), center: None };
        admin::insert(tx, fixed("user", "ent_rudong_agent"), &new, hash, None)?;
    }
    for a in &people.applicants {
        if accounts_store::user_by_login(tx, &a.login)?.is_some() {
            continue;
        }
        let new = NewUser { login: a.login.clone(), name: a.name.clone(), title: "申请人".into(), role: String::new(), center: None };
        let id = admin::insert(tx, fixed("user", &a.login), &new, hash, None)?;
        let kind = ApplicantKind::parse(&a.kind).ok_or_else(|| CliError::Said(a.kind.clone()))?;
        let (id_type, id_number) = match (&a.credit_code, &a.id_number) {
            (Some(code), _) => (IdType::CreditCode, code.clone()),
            (None, Some(number)) => (IdType::CitizenId, number.clone()),
            (None, None) => return Err(CliError::Said(format!("{} has no identity", a.login))),
        };
        let input = ApplicantInput {
            kind,
            name: a.name.clone(),
            id_type,
            id_number,
            division_code: Some(a.division_code.clone()),
            address: None,
            flags: a.flags.iter().filter_map(|f| ApplicantFlag::parse(f)).collect(),
        };
        applicants::link_account(tx, id, fixed("applicant", &a.login), &input)?;
    }
    Ok(())
}
