//! The tree of centers from a table of divisions (`code,name,level,parent_code`), one center per division.

use std::collections::{HashMap, HashSet};

use super::{Center, CenterLevel, store};
use crate::{
    db::{Result, Tx},
    kernel::{Code as _, Id, division_code::DivisionCode, text::fold},
};

/// A row of the table.
#[derive(Clone, Debug)]
pub struct DivisionRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// 12 digits.
    pub code: String,
    /// Name.
    pub name: String,
    /// Level.
    pub level: CenterLevel,
    /// The division above; empty for a root.
    pub parent: Option<String>,
}

/// A row that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// Why, in Chinese.
    pub reason: String,
}

/// Reads the table; every row is either good or reported, with all that is wrong with it. `there`: divisions that have a
/// center already.
pub fn read_divisions(text: &str, there: &HashSet<String>) -> (Vec<DivisionRow>, Vec<BadRow>) {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut good: Vec<DivisionRow> = Vec::new();
    let mut bad = Vec::new();
    let mut known: HashMap<String, u64> = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(r) => r,
            Err(e) => {
                bad.push(BadRow { line: e.position().map_or(0, csv::Position::line), reason: format!("无法读取：{e}") });
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let field = |i: usize| record.get(i).unwrap_or_default().to_owned();
        let (code, name, level, parent) = (field(0), field(1), field(2), field(3));
        let mut wrong = Vec::new();
        if record.len() != 4 {
            wrong.push(format!("应有 4 列，实有 {} 列", record.len()));
        }
        if DivisionCode::parse(&code).is_err() {
            wrong.push(format!("区划代码 {code} 不是 12 位有效代码"));
        }
        if name.is_empty() || name.chars().count() > 60 {
            wrong.push("名称为空或过长".to_owned());
        }
        if let Some(first) = known.get(&code) {
            wrong.push(format!("区划代码 {code} 与第 {first} 行重复"));
        }
        if !parent.is_empty() && !known.contains_key(&parent) && !there.contains(&parent) {
            wrong.push(format!("上级区划 {parent} 既不在前面的行中，也没有中心"));
        }
        let level = CenterLevel::parse(&level);
        if level.is_none() {
            wrong.push(format!("级别 {} 不在 province/city/county/town/village 之内", field(2)));
        }
        match level.filter(|_| wrong.is_empty()) {
            None => bad.push(BadRow { line, reason: wrong.join("；") }),
            Some(level) => {
                known.insert(code.clone(), line);
                good.push(DivisionRow { line, code, name, level, parent: Some(parent).filter(|p| !p.is_empty()) });
            }
        }
    }
    (good, bad)
}

/// The usual name of a center at each level (国务院政务服务体系：市、县政务服务中心，镇街便民服务中心，村居便民服务站).
fn center_name(division: &str, level: CenterLevel) -> String {
    match level {
        CenterLevel::Town => format!("{division}便民服务中心"),
        CenterLevel::Village => format!("{division}便民服务站"),
        _ => format!("{division}政务服务中心"),
    }
}

/// Adds the centers that are not there yet; answers how many. `fixed` gives demo data ids that never move.
pub fn import_divisions(tx: &mut Tx, rows: &[DivisionRow], fixed: bool) -> Result<usize> {
    let mut made: Vec<Center> = Vec::new();
    let mut places: HashMap<String, (Id, String)> = HashMap::new();
    for row in rows {
        if let Some(c) = store::center_by_division(tx, &row.code)? {
            places.insert(row.code.clone(), (c.id, c.path));
            continue;
        }
        let id = if fixed { Id::fixed(crate::kernel::fixture_epoch(), format!("center:{}", row.code).as_bytes()) } else { Id::new() };
        let above = match &row.parent {
            None => None,
            Some(parent) => match places.get(parent) {
                Some(place) => Some(place.clone()),
                None => store::center_by_division(tx, parent)?.map(|c| (c.id, c.path)),
            },
        };
        let path = above.as_ref().map_or_else(|| format!("/{id}/"), |(_, p)| format!("{p}{id}/"));
        let name = center_name(&row.name, row.level);
        places.insert(row.code.clone(), (id, path.clone()));
        made.push(Center {
            id,
            division_code: row.code.clone(),
            folded: fold(&format!("{name} {}", row.name)),
            name,
            division_name: row.name.clone(),
            level: row.level,
            parent_id: above.map(|(id, _)| id),
            path,
            phone: String::new(),
            address: String::new(),
            hours: "工作日 9:00-17:00".into(),
            status: "active".into(),
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
        });
    }
    store::insert_centers(tx, &made)?;
    Ok(made.len())
}
