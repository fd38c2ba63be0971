//! The importer that staff use: every bad row is reported with line and reason, none is dropped silently; all or
//! nothing unless told otherwise; the same file twice changes nothing.

use std::collections::HashMap;

use validator::{Validate as _, ValidationErrors, ValidationErrorsKind};

use super::{
    columns::{CODE, COLUMNS, DIVISION, header_of},
    model::{ExerciseLevel, HandlingType, ItemContent, ItemType},
    rules,
    service::{NewItem, Put, put_and_publish},
    store,
    table::{self, Form},
};
use crate::{
    auth::Actor,
    db::{Error, Result, Tx},
    kernel::{ErrorCode, Problem, Text, division_code::DivisionCode, item_code},
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
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct BadRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// Why, in Chinese.
    pub reason: String,
}

impl BadRow {
    /// What is told of a row is short, however long its cells are.
    pub fn new(line: u64, reason: String) -> Self {
        let reason = if reason.chars().count() > 160 { reason.chars().take(159).chain(['…']).collect() } else { reason };
        Self { line, reason }
    }
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// New items.
    pub created: usize,
    /// New versions.
    pub updated: usize,
    /// As they were.
    pub unchanged: usize,
    /// Rows that cannot be taken.
    pub failed: usize,
    /// Headers that name no column here: what stands below them is not read.
    #[schema(max_items = 200)]
    pub ignored_columns: Vec<String>,
    /// The first thousand of them, each with its line.
    #[schema(max_items = 1_000)]
    pub bad: Vec<BadRow>,
}

impl ImportReport {
    fn take(&mut self, line: u64, put: Result<Put>) -> Result<()> {
        match put {
            Ok(Put::Created) => self.created += 1,
            Ok(Put::Updated) => self.updated += 1,
            Ok(Put::Unchanged) => self.unchanged += 1,
            Err(Error::Refused(p)) => self.bad.push(BadRow::new(line, p.detail.zh.into_owned())),
            Err(e) => return Err(e),
        }
        Ok(())
    }
}

/// A row of a table, read once for its shape; what its item becomes depends on what the item is.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// Code of the item.
    pub code: String,
    /// 12 digits.
    pub division_code: String,
    /// Place in [`COLUMNS`], and the cell.
    cells: Vec<(usize, String)>,
}

impl TableRow {
    /// The item with this row's columns; those that the table lacks stay as they are.
    fn over(&self, base: ItemContent) -> Result<NewItem, String> {
        let mut content = base;
        let read = |(at, cell): &(usize, String)| COLUMNS.get(*at).and_then(|column| (column.read)(&mut content, cell).err());
        let wrong: Vec<String> = self.cells.iter().filter_map(read).collect();
        if !wrong.is_empty() {
            return Err(wrong.join("；"));
        }
        let item = NewItem { code: self.code.clone(), division_code: self.division_code.clone(), content };
        match item.validate() {
            Ok(()) => Ok(item),
            Err(e) => Err(format!("内容不合要求：{}", first_words(&e))),
        }
    }
}

/// The first thing that a validator said, in Chinese.
fn first_words(errors: &ValidationErrors) -> String {
    for (field, kind) in errors.errors() {
        let inner = match kind {
            ValidationErrorsKind::Field(list) => {
                let said = list.iter().find_map(|e| e.message.as_deref()).and_then(|m| m.split('|').next()).unwrap_or("取值或长度不合要求");
                return format!("{field} {said}");
            }
            ValidationErrorsKind::Struct(inner) => inner,
            ValidationErrorsKind::List(rows) => match rows.values().next() {
                Some(inner) => inner,
                None => continue,
            },
        };
        return first_words(inner);
    }
    String::new()
}

/// Reads a catalogue table with Chinese headers, in any column order: CSV in UTF-8 with or without BOM or in GB18030, or a
/// workbook. Every row that cannot be taken is named with its line.
pub fn read_catalogue(bytes: &[u8]) -> (Vec<TableRow>, Vec<BadRow>) {
    let read = read_table(bytes);
    (read.rows, read.bad)
}

/// What a catalogue table holds.
#[derive(Default)]
pub struct Read {
    /// Rows that can be taken.
    pub rows: Vec<TableRow>,
    /// Those that cannot.
    pub bad: Vec<BadRow>,
    /// Headers that name no column here.
    pub ignored: Vec<String>,
}

/// [`read_catalogue`], with the columns that it does not know.
pub fn read_table(bytes: &[u8]) -> Read {
    let table = match table::read(bytes) {
        Ok(table) => table,
        Err(bad) => return Read { bad: vec![bad], ..Read::default() },
    };
    let known = |h: &str| [CODE, DIVISION].contains(&h) || COLUMNS.iter().any(|c| c.header == h);
    let ignored: Vec<String> = table.headers.iter().map(|h| h.trim()).filter(|h| !h.is_empty() && !known(header_of(h))).take(200).map(str::to_owned).collect();
    let place = |header: &str| table.headers.iter().position(|h| header_of(h.trim()) == header);
    let needed = [CODE, DIVISION].into_iter().chain(COLUMNS.iter().filter(|c| c.needed).map(|c| c.header));
    let missing: Vec<&str> = needed.filter(|h| place(h).is_none()).collect();
    if !missing.is_empty() {
        return Read { bad: vec![BadRow::new(1, format!("缺少列：{}", missing.join("、")))], ignored, ..Read::default() };
    }
    let places: Vec<(usize, usize)> = COLUMNS.iter().enumerate().filter_map(|(at, c)| Some((at, place(c.header)?))).collect();
    let (code, division) = (place(CODE).unwrap_or_default(), place(DIVISION).unwrap_or_default());
    let (mut good, mut bad) = (Vec::new(), table.bad);
    let mut seen: HashMap<String, u64> = HashMap::new();
    for (line, cells) in table.rows {
        let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
        let row = TableRow { line, code: cell(code), division_code: cell(division), cells: places.iter().map(|(at, place)| (*at, cell(*place))).collect() };
        match sound(&row, &seen) {
            Err(reason) => bad.push(BadRow::new(line, reason)),
            Ok(()) => {
                seen.insert(row.code.clone(), line);
                good.push(row);
            }
        }
    }
    bad.sort_by_key(|b| b.line);
    Read { rows: good, bad, ignored }
}

fn sound(row: &TableRow, seen: &HashMap<String, u64>) -> Result<(), String> {
    let code = &row.code;
    item_code::check(code).map_err(|_| format!("实施编码“{code}”为空、过长或含空白"))?;
    DivisionCode::parse(&row.division_code).map_err(|_| format!("行政区划代码“{}”不是 12 位有效代码", row.division_code))?;
    if row.cells.iter().any(|(_, cell)| cell.contains('\0')) {
        return Err("含空字符".into());
    }
    let item = row.over(blank())?;
    rules::check(&item.content).map_err(|p| p.detail.zh.into_owned())?;
    match seen.get(code) {
        Some(first) => Err(format!("实施编码与第 {first} 行重复")),
        None => Ok(()),
    }
}

/// An item of which nothing is said yet.
fn blank() -> ItemContent {
    ItemContent {
        name: String::new(),
        item_type: ItemType::PublicService,
        exercise_level: ExerciseLevel::County,
        handling_type: HandlingType::Other,
        department: String::new(),
        department_code: None,
        theme: String::new(),
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
        bundle: Vec::new(),
        template: Vec::new(),
    }
}

/// Takes the rows of a table in the caller's transaction; a row that the data refuses is reported with its line.
pub fn import_table(tx: &mut Tx, actor: &Actor, rows: &[TableRow], fixed: bool) -> Result<ImportReport> {
    let mut report = ImportReport::default();
    for chunk in rows.chunks(500) {
        let codes: Vec<String> = chunk.iter().map(|r| r.code.clone()).collect();
        let known: HashMap<String, ItemContent> = store::contents(tx, &codes)?.into_iter().collect();
        for row in chunk {
            let base = known.get(&row.code).cloned().unwrap_or_else(blank);
            match row.over(base) {
                Ok(item) => report.take(row.line, tx.savepoint(|tx| put_and_publish(tx, actor, &item, fixed)))?,
                Err(reason) => report.bad.push(BadRow::new(row.line, reason)),
            }
        }
    }
    Ok(report)
}

/// Every published item of these divisions (none: all) as a table that imports as it is.
pub fn export(tx: &mut Tx, form: Form, divisions: &[String]) -> Result<Vec<u8>> {
    let headers: Vec<&str> = [CODE, DIVISION].into_iter().chain(COLUMNS.iter().map(|c| c.header)).collect();
    let items = store::published_contents(tx, divisions)?;
    let rows = items.into_iter().map(|(code, division, content)| [code, division].into_iter().chain(COLUMNS.iter().map(|c| (c.write)(&content))).collect());
    let too_long = |why: String| Problem::new(ErrorCode::RuleViolation, Text::new(format!("不能写成该格式，请改用 csv：{why}。"), why));
    table::write(form, &headers, rows).map_err(|why| too_long(why).into())
}

/// Takes rows in the caller's transaction; a row that the data refuses is reported with its line.
pub fn import(tx: &mut Tx, actor: &Actor, rows: &[ImportRow], fixed: bool) -> Result<ImportReport> {
    let mut report = ImportReport::default();
    for row in rows {
        report.take(row.line, tx.savepoint(|tx| put_and_publish(tx, actor, &row.item, fixed)))?;
    }
    Ok(report)
}
