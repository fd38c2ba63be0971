//! A column of a ledger: its Chinese header, where a record as it is listed keeps the value, and what kind of value it is.

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::Value;

use crate::kernel::Masking;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Text; several texts, or names, are joined.
    Text,
    /// A number.
    Number,
    /// How many entries a list has.
    Count,
    /// A moment.
    Time,
    /// A day.
    Day,
    /// 是 or 否.
    Flag,
    /// The name of a person, masked whoever asks.
    Person,
    /// A telephone, masked whoever asks.
    Phone,
    /// An address, masked whoever asks.
    Address,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Header.
    pub header: &'static str,
    /// JSON pointer into the record.
    pub at: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Width in characters of a workbook's column.
    pub width: f64,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// Number.
    Number(f64),
    /// Moment, local.
    Time(NaiveDateTime),
    /// Day.
    Day(NaiveDate),
}

impl Cell {
    /// As people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(n) => n.to_string(),
            Self::Time(t) => t.format("%Y-%m-%d %H:%M").to_string(),
            Self::Day(d) => d.format("%Y-%m-%d").to_string(),
        }
    }
}

impl Column {
    /// A column of text.
    pub const fn new(header: &'static str, at: &'static str, width: f64) -> Self {
        Self { header, at, holds: Holds::Text, width }
    }

    /// The same column of something else.
    pub const fn of(self, holds: Holds) -> Self {
        Self { holds, ..self }
    }

    /// The cell of a record.
    pub fn cell(&self, record: &Value, masking: &Masking) -> Cell {
        let Some(value) = record.pointer(self.at) else { return Cell::Empty };
        let text = || joined(value);
        let filled = |text: String| if text.is_empty() { Cell::Empty } else { Cell::Text(text) };
        match self.holds {
            Holds::Text => filled(text()),
            Holds::Number => value.as_f64().map_or(Cell::Empty, Cell::Number),
            Holds::Count => value.as_array().map_or(Cell::Empty, |list| Cell::Number(f64::from(u32::try_from(list.len()).unwrap_or(u32::MAX)))),
            // Moments are answered in local time: what is read from them is what people see.
            Holds::Time => value.as_str().and_then(|s| NaiveDateTime::parse_from_str(s.get(..19)?, "%Y-%m-%dT%H:%M:%S").ok()).map_or(Cell::Empty, Cell::Time),
            Holds::Day => value.as_str().and_then(|s| s.get(..10)?.parse().ok()).map_or(Cell::Empty, Cell::Day),
            Holds::Flag => value.as_bool().map_or(Cell::Empty, |yes| Cell::Text(if yes { "是" } else { "否" }.into())),
            Holds::Person => filled(masking.name(&text())),
            Holds::Phone => filled(masking.phone(&text())),
            Holds::Address => filled(masking.address(&text())),
        }
    }
}

fn joined(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Array(list) => list.iter().map(joined).filter(|s| !s.is_empty()).collect::<Vec<_>>().join("、"),
        // What has a name is called by it.
        Value::Object(fields) => fields.get("name").map(joined).unwrap_or_default(),
        Value::Null | Value::Bool(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_cell() {
        let record = json!({ "n": 3, "t": "2026-01-05T09:30:00+08:00", "d": "2026-01-05", "yes": true, "list": ["a", "b"], "units": [{ "name": "甲局" }, { "name": "乙局" }], "who": "张三丰", "tel": "13900004444" });
        let masking = Masking::default();
        let cell = |at, holds| Column::new("", at, 1.0).of(holds).cell(&record, &masking).shown();
        assert_eq!(cell("/n", Holds::Number), "3");
        assert_eq!(cell("/t", Holds::Time), "2026-01-05 09:30");
        assert_eq!(cell("/d", Holds::Day), "2026-01-05");
        assert_eq!(cell("/yes", Holds::Flag), "是");
        assert_eq!(cell("/list", Holds::Text), "a、b");
        assert_eq!(cell("/units", Holds::Text), "甲局、乙局");
        assert_eq!(cell("/list", Holds::Count), "2");
        assert_eq!(cell("/missing", Holds::Text), "");
        assert!(!cell("/who", Holds::Person).contains("三丰"));
        assert!(!cell("/tel", Holds::Phone).contains("0000"));
    }
}
