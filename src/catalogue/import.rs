//! The importer that staff use: every bad row is reported with line and reason, none is dropped silently; all or
//! nothing unless told otherwise; the same file twice changes nothing.

use std::collections::HashMap;

use super::{
    model::{ExerciseLevel, HandlingType, ItemContent, ItemType},
    service::{NewItem, Put, put_and_publish},
};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    kernel::{Code as _, division_code::DivisionCode, item_code},
};

/// A row that can be taken.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// The item.
    pub item: NewItem,
}

/// A row that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BadRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// Why, in Chinese.
    pub reason: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// New items.
    pub created: usize,
    /// New versions.
    pub updated: usize,
    /// As they were.
    pub unchanged: usize,
    /// Rows not taken.
    pub bad: Vec<BadRow>,
}

const COLUMNS: [&str; 7] = ["实施部门", "主项名称", "事项名称", "实施编码", "事项类型", "行使层级", "行政区划代码"];

/// Reads a catalogue table with Chinese headers, in any column order, in UTF-8 with or without BOM or in GB18030.
pub fn read_catalogue(bytes: &[u8]) -> (Vec<ImportRow>, Vec<BadRow>) {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
    let places: HashMap<&str, usize> = COLUMNS.iter().filter_map(|c| Some((*c, headers.iter().position(|h| h == c)?))).collect();
    let missing: Vec<&str> = COLUMNS.into_iter().filter(|c| !places.contains_key(c) && *c != "主项名称").collect();
    if !missing.is_empty() {
        return (Vec::new(), vec![BadRow { line: 1, reason: format!("缺少列：{}", missing.join("、")) }]);
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let mut seen: HashMap<String, u64> = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(r) => r,
            Err(e) => {
                bad.push(BadRow { line: e.position().map_or(0, csv::Position::line), reason: format!("无法读取：{e}") });
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() > headers.len() {
            bad.push(BadRow { line, reason: format!("应有 {} 列，实有 {} 列（内容含逗号时须加引号）", headers.len(), record.len()) });
            continue;
        }
        let field = |name: &str| places.get(name).and_then(|i| record.get(*i)).unwrap_or_default().to_owned();
        match row_of(&field) {
            Err(reason) => bad.push(BadRow { line, reason }),
            Ok(item) => match seen.get(&item.code) {
                Some(first) => bad.push(BadRow { line, reason: format!("实施编码与第 {first} 行重复") }),
                None => {
                    seen.insert(item.code.clone(), line);
                    good.push(ImportRow { line, item });
                }
            },
        }
    }
    (good, bad)
}

fn row_of(field: &impl Fn(&str) -> String) -> Result<NewItem, String> {
    let (code, name, department, division) = (field("实施编码"), field("事项名称"), field("实施部门"), field("行政区划代码"));
    item_code::check(&code).map_err(|_| format!("实施编码“{code}”为空、过长或含空白"))?;
    if !(2..=300).contains(&name.chars().count()) {
        return Err("事项名称为空或过长".into());
    }
    if !(1..=100).contains(&department.chars().count()) {
        return Err("实施部门为空或过长".into());
    }
    DivisionCode::parse(&division).map_err(|_| format!("行政区划代码“{division}”不是 12 位有效代码"))?;
    let kind = field("事项类型");
    let item_type = ItemType::ALL.iter().copied().find(|t| t.label() == kind).ok_or_else(|| format!("事项类型“{kind}”不在国家标准之内"))?;
    let level = field("行使层级");
    let exercise_level = level_of(&level).ok_or_else(|| format!("行使层级“{level}”不在国家标准之内"))?;
    if [&code, &name, &department].iter().any(|s| s.contains('\0')) {
        return Err("含空字符".into());
    }
    let main = field("主项名称");
    Ok(NewItem { code, division_code: division, content: content(name, &main, item_type, exercise_level, department) })
}

/// Catalogues write 县级, 镇（乡、街道）级, 乡镇级, 村（社区）级, 市级 …
fn level_of(text: &str) -> Option<ExerciseLevel> {
    let by_start = [
        ("国家", ExerciseLevel::National),
        ("省", ExerciseLevel::Province),
        ("市", ExerciseLevel::City),
        ("设区", ExerciseLevel::City),
        ("县", ExerciseLevel::County),
        ("区", ExerciseLevel::County),
        ("镇", ExerciseLevel::Town),
        ("乡", ExerciseLevel::Town),
        ("街道", ExerciseLevel::Town),
        ("村", ExerciseLevel::Village),
        ("社区", ExerciseLevel::Village),
        ("分级", ExerciseLevel::Graded),
    ];
    by_start.into_iter().find(|(start, _)| text.starts_with(start)).map(|(_, level)| level)
}

fn content(name: String, main: &str, item_type: ItemType, exercise_level: ExerciseLevel, department: String) -> ItemContent {
    ItemContent {
        name,
        item_type,
        exercise_level,
        handling_type: HandlingType::Other,
        department,
        department_code: None,
        theme: main.chars().take(60).collect(),
        service_objects: Vec::new(),
        modes: Vec::new(),
        handling_forms: Vec::new(),
        inter_area: Vec::new(),
        legal_basis: Vec::new(),
        conditions: Vec::new(),
        process: Vec::new(),
        statutory_limit: None,
        promised_limit: None,
        materials: Vec::new(),
        fees: Vec::new(),
        result: None,
        places: Vec::new(),
        consultation_phone: None,
        complaint_phone: None,
        visits: None,
        visit_reason: None,
        badges: Vec::new(),
        online_depth: None,
        booking: false,
        express: false,
        self_service: false,
        on_site_payment: false,
        faq: Vec::new(),
        template: Vec::new(),
    }
}

/// Takes rows in the caller's transaction; a row that the data refuses is reported with its line.
pub fn import(tx: &mut Tx, actor: &Actor, rows: &[ImportRow], fixed: bool) -> Result<ImportReport> {
    let mut report = ImportReport::default();
    for row in rows {
        match tx.savepoint(|tx| put_and_publish(tx, actor, &row.item, fixed)) {
            Ok(Put::Created) => report.created += 1,
            Ok(Put::Updated) => report.updated += 1,
            Ok(Put::Unchanged) => report.unchanged += 1,
            Err(Error::Refused(p)) => report.bad.push(BadRow { line: row.line, reason: p.detail.zh.into_owned() }),
            Err(e) => return Err(e),
        }
    }
    Ok(report)
}
