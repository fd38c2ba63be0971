//! A form as data: what is written on it, not how it looks.
//!
//! A sheet is stored frozen and hashed, so that the order of its fields is part of the format: add new ones at the end, with
//! a default.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

/// One filled form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// Which form it is, such as `application`.
    pub kind: String,
    /// How the page is set.
    pub style: Style,
    /// Title, such as 帮办代办申请表.
    pub title: String,
    /// What stands under the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// The center or office that issues it.
    pub issuer: String,
    /// 文号, such as 通代办〔2026〕12号.
    pub document_number: String,
    /// Dates shown beside the number.
    pub dates: Vec<Entry>,
    /// The body.
    pub blocks: Vec<Block>,
    /// 监督投诉电话.
    pub complaint_phone: String,
    /// How many copies there are and who keeps them.
    pub copies: String,
    /// What the form is not: the sentence on its legal nature.
    pub statement: String,
}

impl Sheet {
    /// The bytes that are hashed: JSON without spaces, fields in the order of declaration.
    pub fn canonical(&self) -> Vec<u8> {
        // Strings and lists only: serialisation has nothing that could fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// With a line on top of it that is no part of what was issued.
    pub fn marked(mut self, text: &str) -> Self {
        self.blocks.insert(0, Block::Note { text: text.into() });
        self
    }

    /// The places where somebody has to sign or seal.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().flat_map(|block| match block {
            Block::Signatures { parties } => parties.iter().map(|party| party.place.as_str()).collect(),
            Block::Seal { place, .. } => vec![place.as_str()],
            _ => Vec::new(),
        })
    }
}

/// How a page is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// 公文: wide margins, larger text.
    Letter,
    /// 表格: narrower margins.
    Form,
}

/// A label with its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is.
    pub label: String,
    /// What is said.
    pub value: String,
}

impl Entry {
    /// A label with its value.
    pub fn new(label: &str, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

/// One part of the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum Block {
    /// 一、二、三: stays with what follows.
    Heading {
        /// Its words.
        text: String,
    },
    /// Whom a letter is addressed to: not indented.
    Addressee {
        /// Name and colon.
        text: String,
    },
    /// Running text, indented by two characters.
    Paragraph {
        /// Its words; a line break starts a new paragraph.
        text: String,
    },
    /// Numbered clauses.
    List {
        /// Whether the numbers read 第一条 instead of 1.
        articles: bool,
        /// Without their numbers.
        items: Vec<String>,
    },
    /// 表格 of labels and values.
    Grid {
        /// Relative widths.
        columns: Vec<u16>,
        /// From top to bottom; a cell covered by a span from above is left out.
        rows: Vec<Vec<Cell>>,
    },
    /// Records under a header which is repeated on every page.
    Table {
        /// The header.
        columns: Vec<Column>,
        /// As many values as columns.
        rows: Vec<Vec<String>>,
    },
    /// Boxes for signatures, side by side.
    Signatures {
        /// From left to right.
        parties: Vec<Party>,
    },
    /// 落款: issuer, seal and date, at the right.
    Seal {
        /// Identity within the sheet.
        place: String,
        /// Whose seal.
        issuer: String,
        /// 成文日期.
        date: String,
    },
    /// Small print.
    Note {
        /// Its words.
        text: String,
    },
}

/// A cell of a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// A label is centred, a value is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub label: bool,
    /// How many columns it covers.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub columns: u16,
    /// How many rows it covers.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub rows: u16,
}

impl Cell {
    /// A label.
    pub fn label(text: impl Into<String>) -> Self {
        Self { text: text.into(), label: true, columns: 1, rows: 1 }
    }

    /// A value.
    pub fn value(text: impl Into<String>) -> Self {
        Self { text: text.into(), label: false, columns: 1, rows: 1 }
    }

    /// The same over several columns.
    pub fn across(self, columns: u16) -> Self {
        Self { columns, ..self }
    }

    /// The same over several rows.
    pub fn down(self, rows: u16) -> Self {
        Self { rows, ..self }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its header.
    pub title: String,
    /// Relative width.
    pub width: u16,
    /// Short values are centred, words are not.
    pub centred: bool,
}

impl Column {
    /// A column of short values.
    pub fn short(title: &str, width: u16) -> Self {
        Self { title: title.into(), width, centred: true }
    }

    /// A column of words.
    pub fn words(title: &str, width: u16) -> Self {
        Self { title: title.into(), width, centred: false }
    }
}

/// Whoever signs in a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Identity within the sheet, which a signature names.
    pub place: String,
    /// Who it is, such as 申请人.
    pub title: String,
    /// What is confirmed by signing.
    pub statement: String,
    /// What is to be put there, in this order.
    pub marks: Vec<Mark>,
    /// The date, where it is known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
}

/// What is put into a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// 签字.
    Sign,
    /// 盖章.
    Seal,
    /// 年 月 日.
    Date,
}

/// The cell value of what is not known: a form has no empty cell.
pub fn or_dash(text: &str) -> &str {
    if text.trim().is_empty() { "—" } else { text }
}

/// A date as it is written on paper: 2026年1月5日.
pub fn date(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

fn one() -> u16 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(n: &u16) -> bool {
    *n == 1
}
