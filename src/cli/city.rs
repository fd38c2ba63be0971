//! What makes a city that city: its rules, who may ask for agency, its windows. One file says it; the demo ships five.

use std::{collections::BTreeMap, path::Path};

use clap::ValueEnum;
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate as _;

use super::{
    CliError,
    admin::{self, NewUser},
    demo::{self, fixed},
    import,
};
use crate::{
    applicants::{self, ApplicantInput},
    appointments::{self, WindowInput},
    auth::{Actor, Role, passwords, store as accounts},
    catalogue::{
        self, RuleSet,
        model::{ExerciseLevel, ItemContent},
    },
    db::{Db, Error, Result as DbResult, Tx},
    kernel::{Code as _, Id, Target},
    organization,
    routing::{self, rules::RoutingRuleSet},
    settings,
};

/// The cities that are shipped (data/cities, data/divisions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shipped {
    /// 南通市: four levels, 2,150 centers.
    Nantong,
    /// 南充市: four levels, 3,256 centers.
    Nanchong,
    /// 台山市: three levels.
    Taishan,
    /// 温岭市: three levels, eight value-added windows.
    Wenling,
    /// 共青城市: three levels, extended hours.
    Gongqingcheng,
}

impl Shipped {
    /// Its settings, and its divisions.
    pub fn files(self) -> (&'static str, &'static str) {
        match self {
            Self::Nantong => (include_str!("../../data/cities/nantong.json"), include_str!("../../data/divisions/nantong.csv")),
            Self::Nanchong => (include_str!("../../data/cities/nanchong.json"), include_str!("../../data/divisions/nanchong.csv")),
            Self::Taishan => (include_str!("../../data/cities/taishan.json"), include_str!("../../data/divisions/taishan.csv")),
            Self::Wenling => (include_str!("../../data/cities/wenling.json"), include_str!("../../data/divisions/wenling.csv")),
            Self::Gongqingcheng => (include_str!("../../data/cities/gongqingcheng.json"), include_str!("../../data/divisions/gongqingcheng.csv")),
        }
    }

    /// Its name on the command line.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Nantong => "nantong",
            Self::Nanchong => "nanchong",
            Self::Taishan => "taishan",
            Self::Wenling => "wenling",
            Self::Gongqingcheng => "gongqingcheng",
        }
    }
}

/// A city's own file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Name.
    pub name: String,
    /// Division of its highest center.
    pub root: String,
    /// Division of a center below it, where the demo's other accounts are at home.
    pub near: Option<String>,
    /// The demo's company: an example, and of no use to a real city.
    pub company: Option<Company>,
    /// Rules of the tree, as `jieli settings` names them.
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
    /// Who may ask for agency; absent: everybody.
    pub eligibility: Option<RuleSet>,
    /// Rules of the relay: zones, powers handed down; absent: items and divisions alone decide.
    pub routing: Option<RoutingRuleSet>,
    /// Windows of the highest center, or of the center that they name.
    #[serde(default)]
    pub windows: Vec<CityWindow>,
}

/// A company of a demo.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    name: String,
    credit_code: String,
}

/// A window of a city.
#[derive(Clone, Debug, Deserialize)]
pub struct CityWindow {
    /// Division of its center; absent: the highest.
    #[serde(default)]
    center: Option<String>,
    #[serde(flatten)]
    window: Value,
}

/// Reads a city's file.
pub fn parse(text: &str) -> Result<City, CliError> {
    serde_json::from_str(text).map_err(|e| CliError::Said(format!("城市文件：{e}")))
}

/// `jieli import city FILE`: sets what the file says; a second time changes nothing.
pub async fn import(db: &Db, file: &Path) -> Result<(), CliError> {
    let bytes = std::fs::read(file).map_err(|e| CliError::File(file.display().to_string(), e))?;
    let text = String::from_utf8(bytes).map_err(|_| CliError::Said("文件不是 UTF-8 编码".into()))?;
    let city = parse(&text)?;
    let name = city.name.clone();
    let (rules, windows) = db.commit(move |tx| apply(tx, &city)).await?;
    println!("{name}：{}，新增 {windows} 个窗口", if rules { "代办对象规则有新版本" } else { "代办对象规则未变" });
    Ok(())
}

/// Sets what the file says; answers whether the rules of eligibility are new, and how many windows.
pub fn apply(tx: &mut Tx, city: &City) -> DbResult<(bool, usize)> {
    let said = |text: String| Error::Corrupt(text);
    let gone = |code: &str| Error::Corrupt(format!("没有区划代码为 {code} 的中心，请先导入区划（jieli import centers）"));
    let root = organization::store::center_by_division(tx, &city.root)?.ok_or_else(|| gone(&city.root))?;
    for (name, value) in &city.settings {
        settings::set(tx, root.id.as_str(), name, value)?;
    }
    let actor = Actor::system("city");
    let mut new_rules = false;
    if let Some(set) = &city.eligibility {
        set.validate().map_err(|e| said(format!("eligibility：{e}")))?;
        let there = catalogue::store::rule_sets(tx, &[root.id], None)?.first().map(|row| row.rules.get()).transpose()?;
        let there_is_none = there.is_none();
        new_rules = there.is_none_or(|t| (&t.basis, &t.rules) != (&set.basis, &set.rules));
        if new_rules {
            // The first version is known by the city; later ones are made as they come.
            let id = if there_is_none { fixed("eligibility", &city.root) } else { Id::new() };
            catalogue::set_eligibility(tx, &actor, id, &Target::any(root.id), set)?;
        }
    }
    if let Some(set) = &city.routing {
        set.validate().map_err(|e| said(format!("routing：{e}")))?;
        let there = routing::rules::of_center(tx, root.id.as_str())?.versions;
        if there.first().is_none_or(|newest| newest.rules != set.rules) {
            let id = if there.is_empty() { fixed("routing_rules", &city.root) } else { Id::new() };
            routing::rules::set_as(tx, &actor, id, &Target::any(root.id), set)?;
        }
    }
    let mut made = 0;
    for w in &city.windows {
        let code = w.center.as_ref().unwrap_or(&city.root);
        let center = organization::store::center_by_division(tx, code)?.ok_or_else(|| gone(code))?;
        let input: WindowInput = serde_json::from_value(w.window.clone()).map_err(|e| said(format!("windows：{e}")))?;
        input.validate().map_err(|e| said(format!("windows：{e}")))?;
        if appointments::store::windows(tx, center.id, &[], None, 1_000)?.iter().all(|there| there.name != input.name) {
            appointments::create_window(tx, &actor, &Target::any(center.id), &input)?;
            made += 1;
        }
    }
    Ok((new_rules, made))
}

/// Posts of the demo of a city other than Nantong: login, role, whether at the near center, title.
const POSTS: [(&str, &str, bool, &str); 12] = [
    ("city_clerk", "clerk", false, "综合窗口工作人员"),
    ("city_agent1", "agent", false, "帮办代办专员"),
    ("city_manager", "center_manager", false, "中心负责人"),
    ("city_pm", "project_manager", false, "项目服务经理"),
    ("near_clerk", "clerk", true, "综合窗口工作人员"),
    ("near_agent", "agent", true, "帮办代办专员"),
    ("near_manager", "center_manager", true, "中心负责人"),
    ("city_inspector", "inspector", false, "督查专员"),
    ("city_reform", "reform_office", false, "改革办工作人员"),
    ("sys_admin", "system_admin", false, "系统管理员"),
    ("sec_admin", "security_admin", false, "安全管理员"),
    ("aud_admin", "audit_admin", false, "审计管理员"),
];

/// Logins and posts of a city's demo.
pub fn accounts_of(city: &City) -> Vec<(String, String)> {
    let place = |near: bool| if near { "下级中心" } else { city.name.as_str() };
    let staff = POSTS.iter().map(|(login, _, near, title)| ((*login).to_owned(), format!("{} {title}", place(*near))));
    staff.chain([("company".to_owned(), "申请人：演示企业".to_owned()), ("citizen".to_owned(), "申请人：演示自然人".to_owned())]).collect()
}

/// Whether the demo's accounts are this city's: beside another city's demo they stay that one's.
fn at_home(tx: &mut Tx, root: &str) -> DbResult<bool> {
    let center = organization::store::center_by_division(tx, root)?;
    Ok(super::matters::actor(tx, "city_clerk")?.center_id == center.map(|c| c.id))
}

/// Loads the demo of a city other than Nantong: its tree, its rules, the written items made its own, accounts.
pub async fn load(db: &Db, shipped: Shipped, cost: passwords::Cost) -> Result<City, CliError> {
    let (file, divisions) = shipped.files();
    let city = parse(file)?;
    let (rows, bad) = organization::read_divisions(divisions, &std::collections::HashSet::new());
    if let Some(b) = bad.first() {
        return Err(CliError::Said(format!("第 {} 行：{}", b.line, b.reason)));
    }
    let bar = import::bar(rows.len() as u64, "centers");
    db.commit(move |tx| organization::import_divisions(tx, &rows, true)).await?;
    bar.finish_and_clear();
    let items = items(&city)?;
    let hash = passwords::hash_async(demo::PASSWORD.into(), cost).await;
    let own = city.clone();
    db.commit(move |tx| {
        apply(tx, &own)?;
        let report = catalogue::import(tx, &Actor::system("demo"), &items, true)?;
        if let Some(b) = report.bad.first() {
            return Err(Error::Corrupt(format!("第 {} 个事项：{}", b.line, b.reason)));
        }
        people(tx, &own, &hash)?;
        super::assessments::schemes(tx, &own.root, &Actor::system("demo"))?;
        let company = own.company.as_ref().map_or(super::portal::COMPANY, |c| (c.name.as_str(), c.credit_code.as_str()));
        super::portal::load(tx, &own.root, company)?;
        // The city whose text says how what cannot be done is handled.
        if shipped == Shipped::Wenling && at_home(tx, &own.root)? {
            super::tickets::of_city(tx, &own.root)?;
            super::precedents::of_city(tx, &own.root)?;
        }
        // The city whose text says how services are rated.
        if shipped == Shipped::Gongqingcheng && at_home(tx, &own.root)? {
            super::follow_ups::of_city(tx, &own.root)?;
        }
        Ok(())
    })
    .await?;
    Ok(city)
}

/// The items written for Nantong, as items of this city: its division, its names.
fn items(city: &City) -> Result<Vec<catalogue::ImportRow>, CliError> {
    #[derive(Deserialize)]
    struct Item {
        code: String,
        content: ItemContent,
    }
    let hall = format!("{}政务服务大厅（演示地址）", city.name);
    let power = format!("{}供电单位", city.name);
    let text = [
        ("南通市如东县掘港街道政务服务大厅（演示地址）", hall.as_str()),
        ("国网江苏省电力有限公司南通供电分公司", &power),
        ("江苏省投资项目备案证", "投资项目备案证"),
        ("南通市如东县", &city.name),
        ("南通市崇川区", &city.name),
        ("南通市", &city.name),
        ("如东县", &city.name),
        ("崇川区", &city.name),
    ]
    .into_iter()
    .fold(demo::ITEMS.to_owned(), |text, (from, to)| text.replace(from, to));
    let items: Vec<Item> = serde_json::from_str(&text).map_err(|e| CliError::Said(format!("data/demo/nantong-items.json: {e}")))?;
    let prefix = city.root.get(..6).unwrap_or_default();
    let row = |(line, item): (u64, Item)| {
        // A national code names Nantong's authority: here the item has a code of the city's own.
        let code = match item.code.split('-').collect::<Vec<_>>().as_slice() {
            [kind, _, number] => format!("{kind}-{prefix}-{number}"),
            _ => format!("XK-{prefix}-{line:04}"),
        };
        let content = ItemContent {
            department_code: None,
            // Another province's own rules are none here; every city answers 12345.
            legal_basis: item.content.legal_basis.into_iter().filter(|basis| !basis.contains("江苏省")).collect(),
            consultation_phone: Some("12345".into()),
            complaint_phone: Some("12345".into()),
            ..item.content
        };
        catalogue::ImportRow { line, item: catalogue::NewItem { code, division_code: city.root.clone(), content } }
    };
    // A county-level city has no items of a prefecture's.
    let county = !city.root.get(4..6).unwrap_or_default().eq("00");
    Ok((1..).zip(items).filter(|(_, item)| !(county && item.content.exercise_level == ExerciseLevel::City)).map(row).collect())
}

fn people(tx: &mut Tx, city: &City, hash: &str) -> DbResult<()> {
    let near = city.near.as_deref().unwrap_or(&city.root);
    for (login, role, below, title) in POSTS {
        if accounts::user_by_login(tx, login)?.is_some() {
            continue;
        }
        let role_code = Role::parse(role).ok_or_else(|| Error::Corrupt(role.into()))?;
        let home = organization::store::center_by_division(tx, if below { near } else { &city.root })?;
        let place = home.as_ref().map_or(city.name.as_str(), |c| c.division_name.as_str());
        let new = NewUser { login: login.into(), name: format!("{place}{title}"), title: title.into(), role: role.into(), center: None };
        let center = home.map(|c| c.id).filter(|_| !role_code.is_administrator());
        let id = admin::insert(tx, fixed("user", login), &new, hash, center)?;
        organization::grant_directly(tx, &Actor::system("demo"), id, role_code, center.filter(|_| role_code.at_center()))?;
    }
    let person = json!({ "kind": "natural_person", "name": "演示自然人一号", "id_type": "citizen_id", "id_number": "320601199001010011",
        "division_code": near, "flags": ["elderly_disabled"] });
    let company = city.company.as_ref().map(|c| {
        let flags = ["micro_small_medium", "major_investment", "key_project"];
        json!({ "kind": "enterprise", "name": c.name, "id_type": "credit_code", "id_number": c.credit_code, "division_code": near, "flags": flags })
    });
    for (login, input) in company.into_iter().map(|c| ("company", c)).chain([("citizen", person)]) {
        if accounts::user_by_login(tx, login)?.is_some() {
            continue;
        }
        let input: ApplicantInput = serde_json::from_value(input)?;
        let new = NewUser { login: login.into(), name: input.name.clone(), title: "申请人".into(), role: String::new(), center: None };
        let id = admin::insert(tx, fixed("user", login), &new, hash, None)?;
        applicants::link_account(tx, id, fixed("applicant", login), &input)?;
    }
    Ok(())
}
