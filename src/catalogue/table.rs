//! Tables as files: CSV in UTF-8 or GB18030, and XLSX; read cell by cell, written row by row.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};

use super::import::BadRow;

/// A table as text: its headers, and each row with its line in the file.
pub struct Table {
    /// Headers as they stand.
    pub headers: Vec<String>,
    /// Line from 1, and the cells.
    pub rows: Vec<(u64, Vec<String>)>,
    /// Rows that could not be read.
    pub bad: Vec<BadRow>,
}

/// What a table may have at most, and a workbook unpacked.
const MOST_ROWS: u64 = 100_000;
const MOST_COLUMNS: usize = 100;
const MOST_UNPACKED: u64 = 100 * 1024 * 1024;
/// Strings that cells share are kept whole, each with its own cost.
const MOST_STRINGS: u64 = 30 * 1024 * 1024;

/// Reads a file of either kind: a workbook begins as every ZIP does.
pub fn read(bytes: &[u8]) -> Result<Table, BadRow> {
    if bytes.starts_with(b"PK") { workbook(bytes) } else { Ok(text(bytes)) }
}

fn text(bytes: &[u8]) -> Table {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
    };
    // A line is a line whatever ends it: the reader counts feeds alone.
    let text = text.replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    for record in reader.records() {
        match record {
            Err(e) => bad.push(BadRow::new(e.position().map_or(0, csv::Position::line), format!("无法读取：{e}"))),
            Ok(r) => {
                let line = r.position().map_or(0, csv::Position::line);
                if line > MOST_ROWS {
                    bad.push(BadRow { line, reason: format!("最多 {MOST_ROWS} 行") });
                    break;
                }
                if r.len() > headers.len() {
                    bad.push(BadRow { line, reason: format!("应有 {} 列，实有 {} 列（内容含逗号时须加引号）", headers.len(), r.len()) });
                } else {
                    rows.push((line, r.iter().map(plain).collect()));
                }
            }
        }
    }
    Table { headers, rows, bad }
}

/// Takes back the quote that keeps a cell from being a formula.
fn plain(cell: &str) -> String {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest) || rest.starts_with('\'')).unwrap_or(cell).to_owned()
}

/// What a spreadsheet would compute (OWASP: CSV injection).
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A text that no spreadsheet computes, and that is read back as it was.
pub fn harmless(text: &str) -> String {
    if is_formula(text) || text.starts_with('\'') { format!("'{text}") } else { text.to_owned() }
}

fn unreadable(why: impl std::fmt::Display) -> BadRow {
    tracing::debug!(%why, "workbook");
    BadRow::new(1, "文件已损坏或者不是 XLSX 工作簿".into())
}

fn too_large() -> BadRow {
    BadRow::new(1, "工作簿展开后过大，请分成几个文件或改用 CSV".into())
}

/// The first sheet, streamed; what it may hold is bounded before anything is kept.
fn workbook(bytes: &[u8]) -> Result<Table, BadRow> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    // Unpacked once into nothing: what an archive says of its sizes need not be true.
    let mut unpacked: u64 = 0;
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(unreadable)?;
        let strings = entry.name().is_ok_and(|n| n.ends_with("sharedStrings.xml"));
        let most = if strings { MOST_STRINGS } else { MOST_UNPACKED.saturating_sub(unpacked) };
        let size = std::io::copy(&mut entry.take(most + 1), &mut std::io::sink()).map_err(unreadable)?;
        unpacked += size;
        if size > most || unpacked > MOST_UNPACKED {
            return Err(too_large());
        }
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let sheet = book.sheet_names().first().cloned().ok_or_else(|| unreadable("没有工作表"))?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(unreadable)?;
    let mut table = Table { headers: Vec::new(), rows: Vec::new(), bad: Vec::new() };
    let mut row: (u64, Vec<String>) = (0, Vec::new());
    let mut kept: u64 = 0;
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (r, c) = cell.get_position();
        let (line, column) = (u64::from(r) + 1, c as usize);
        if line > MOST_ROWS {
            table.bad.push(BadRow { line, reason: format!("最多 {MOST_ROWS} 行") });
            break;
        }
        if line != row.0 {
            take(&mut table, std::mem::replace(&mut row, (line, Vec::new())));
        }
        let value = shown(cell.get_value());
        // A string that many cells share is kept once for each of them.
        kept += value.len() as u64;
        if kept > MOST_UNPACKED {
            return Err(too_large());
        }
        if column < MOST_COLUMNS && !value.is_empty() {
            if row.1.len() <= column {
                row.1.resize(column + 1, String::new());
            }
            if let Some(slot) = row.1.get_mut(column) {
                *slot = value;
            }
        }
    }
    take(&mut table, row);
    Ok(table)
}

fn take(table: &mut Table, (line, cells): (u64, Vec<String>)) {
    if cells.iter().all(String::is_empty) {
        return;
    }
    if table.headers.is_empty() {
        table.headers = cells;
    } else {
        table.rows.push((line, cells));
    }
}

/// A cell as people read it: a division code that the sheet keeps as a number stays a code.
fn shown(value: &DataRef) -> String {
    match value {
        DataRef::String(s) => plain(s.trim()),
        DataRef::SharedString(s) => plain(s.trim()),
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) if n.fract() == 0.0 && n.abs() < 9e15 => format!("{n:.0}"),
        DataRef::Float(n) => n.to_string(),
        DataRef::Bool(b) => if *b { "是" } else { "否" }.into(),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::DateTime(d) => d.as_f64().to_string(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// In which form a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// UTF-8 with BOM, so that office programs read Chinese; no cell is a formula.
    Csv,
    /// A workbook whose cells are all text.
    Xlsx,
}

/// Writes a table.
pub fn write(form: Form, headers: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, String> {
    match form {
        Form::Csv => {
            let mut out = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
            out.write_record(headers).map_err(|e| e.to_string())?;
            for row in rows {
                let safe = row.iter().map(|cell| harmless(cell));
                out.write_record(safe).map_err(|e| e.to_string())?;
            }
            out.into_inner().map_err(|e| e.to_string())
        }
        Form::Xlsx => {
            let mut book = rust_xlsxwriter::Workbook::new();
            // Rows go to a temporary file as they come.
            let sheet = book.add_worksheet_with_constant_memory().map_err(|e| e.to_string())?;
            for (c, header) in (0u16..).zip(headers) {
                sheet.write_string(0, c, *header).map_err(|e| e.to_string())?;
            }
            for (r, row) in (1u32..).zip(rows) {
                for (c, cell) in (0u16..).zip(&row) {
                    if !cell.is_empty() {
                        sheet.write_string(r, c, cell).map_err(|e| e.to_string())?;
                    }
                }
            }
            book.save_to_buffer().map_err(|e| e.to_string())
        }
    }
}
