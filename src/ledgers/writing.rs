//! A ledger as a file: written row by row into a temporary file, so that its length does not matter to memory.

use std::{
    fs::File,
    io::{self, Seek as _, Write as _},
};

use rust_xlsxwriter::{Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use tempfile::tempfile;

use super::columns::{Cell, Column};
use crate::{catalogue::harmless, db::code_enum};

code_enum! {
    /// In which form a ledger is written.
    LedgerForm in "ledger-forms" {
        Xlsx "xlsx" "Excel 工作簿",
        Csv "csv" "CSV 文件",
    }
}

impl LedgerForm {
    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// Rows that it can hold below its header.
    pub fn most_rows(self) -> u32 {
        match self {
            Self::Csv => 5_000_000,
            Self::Xlsx => 1_048_575,
        }
    }
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A CSV file.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// A workbook.
    #[error(transparent)]
    Workbook(#[from] XlsxError),
}

/// A file that is being written.
pub struct Book {
    columns: &'static [Column],
    rows: u32,
    sheets: Sheets,
}

enum Sheets {
    Csv(Box<csv::Writer<File>>),
    Xlsx(Box<Xlsx>),
}

struct Xlsx {
    book: Workbook,
    time: Format,
    day: Format,
}

impl Book {
    /// A file with its header.
    pub fn begin(form: LedgerForm, title: &str, columns: &'static [Column]) -> Result<Self, WriteError> {
        let sheets = match form {
            LedgerForm::Csv => {
                let mut file = tempfile()?;
                // Office programs read Chinese by this mark.
                file.write_all("\u{feff}".as_bytes())?;
                let mut out = csv::Writer::from_writer(file);
                out.write_record(columns.iter().map(|c| c.header))?;
                Sheets::Csv(Box::new(out))
            }
            LedgerForm::Xlsx => {
                let mut book = Workbook::new();
                let sheet = book.add_worksheet_with_constant_memory()?;
                sheet.set_name(title)?;
                head(sheet, columns)?;
                let format = |pattern: &str| Format::new().set_num_format(pattern).set_align(FormatAlign::Left);
                Sheets::Xlsx(Box::new(Xlsx { book, time: format("yyyy-mm-dd hh:mm"), day: format("yyyy-mm-dd") }))
            }
        };
        Ok(Self { columns, rows: 0, sheets })
    }

    /// Its columns.
    pub fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Rows so far.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// One more row.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), WriteError> {
        self.rows += 1;
        match &mut self.sheets {
            Sheets::Csv(out) => out.write_record(cells.iter().map(written))?,
            Sheets::Xlsx(xlsx) => {
                let Xlsx { book, time, day } = xlsx.as_mut();
                let sheet = book.worksheet_from_index(0)?;
                for (column, cell) in (0u16..).zip(cells) {
                    write(sheet, self.rows, column, cell, time, day)?;
                }
            }
        }
        Ok(())
    }

    /// The whole file, from its beginning; `notes` say what it is, where the form has room for them.
    pub fn finish(self, notes: &[(&str, String)]) -> Result<File, WriteError> {
        let mut file = match self.sheets {
            Sheets::Csv(out) => out.into_inner().map_err(|e| io::Error::other(e.to_string()))?,
            Sheets::Xlsx(mut xlsx) => {
                explain(xlsx.book.add_worksheet(), notes)?;
                let mut file = tempfile()?;
                xlsx.book.save_to_writer(&mut file)?;
                file
            }
        };
        file.rewind()?;
        Ok(file)
    }
}

/// A cell of text that no spreadsheet computes (OWASP: CSV injection). Numbers and times are ours.
fn written(cell: &Cell) -> String {
    let shown = cell.shown();
    if matches!(cell, Cell::Text(_)) { harmless(&shown) } else { shown }
}

fn head(sheet: &mut Worksheet, columns: &[Column]) -> Result<(), XlsxError> {
    let format = Format::new().set_bold().set_background_color(Color::RGB(0x00DC_E6F1)).set_border(FormatBorder::Thin).set_align(FormatAlign::Center);
    for (at, column) in (0u16..).zip(columns) {
        sheet.set_column_width(at, column.width)?;
        sheet.write_string_with_format(0, at, column.header, &format)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_landscape();
    sheet.set_paper_size(9);
    Ok(())
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell, time: &Format, day: &Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) => sheet.write_string(row, column, text)?,
        Cell::Number(n) => sheet.write_number(row, column, *n)?,
        Cell::Time(t) => sheet.write_datetime_with_format(row, column, ExcelDateTime::parse_from_str(&t.format("%Y-%m-%dT%H:%M:%S").to_string())?, time)?,
        Cell::Day(d) => sheet.write_datetime_with_format(row, column, ExcelDateTime::parse_from_str(&d.format("%Y-%m-%d").to_string())?, day)?,
    };
    Ok(())
}

fn explain(sheet: &mut Worksheet, notes: &[(&str, String)]) -> Result<(), XlsxError> {
    sheet.set_name("说明")?;
    sheet.set_column_width(0, 16)?;
    sheet.set_column_width(1, 80)?;
    for (row, (name, value)) in (0u32..).zip(notes) {
        sheet.write_string(row, 0, *name)?;
        sheet.write_string(row, 1, value)?;
    }
    Ok(())
}
