//! The copy 脱敏件 for whoever sees the matter masked: what of persons stands in a form is hidden wherever it stands. The
//! frozen original is not touched; its hash and its signatures are those of the original.

use std::borrow::Cow;

use serde_json::Value;

use super::store::{FormSignature, Personal, PersonalKind};
use crate::kernel::{Masking, citizen_id};

/// Hides what is known of persons, and whatever looks like a mobile telephone or a citizen's number.
pub struct Veil<'a> {
    masking: &'a Masking,
    /// Each text with what stands in its place; the longest first, so that a part does not spoil the whole.
    known: Vec<(&'a str, String)>,
    /// Today: a citizen's number has a birth date in the past.
    today: chrono::NaiveDate,
}

impl<'a> Veil<'a> {
    /// Over what is known.
    pub fn new(masking: &'a Masking, personal: &'a [Personal], today: chrono::NaiveDate) -> Self {
        let hidden = |p: &'a Personal| {
            let text = match p.kind {
                PersonalKind::Name => masking.name(&p.text),
                PersonalKind::Phone => masking.phone(&p.text),
                PersonalKind::IdNumber => masking.id_number(&p.text),
                PersonalKind::Address => masking.address(&p.text),
            };
            (p.text.as_str(), text)
        };
        let mut known: Vec<(&str, String)> = personal.iter().map(hidden).collect();
        known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Self { masking, known, today }
    }

    /// Over texts with what stands in the place of each.
    pub fn over(masking: &'a Masking, mut known: Vec<(&'a str, String)>, today: chrono::NaiveDate) -> Self {
        known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Self { masking, known, today }
    }

    /// A text without what is hidden.
    pub fn text(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for (plain, hidden) in &self.known {
            if text.contains(plain) {
                text = Cow::Owned(text.replace(plain, hidden));
            }
        }
        self.numbers(&text)
    }

    /// Hides runs of digits that are a mobile telephone or a citizen's number.
    fn numbers(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut run = String::new();
        for c in text.chars().chain(['\0']) {
            if c.is_ascii_alphanumeric() {
                run.push(c);
                continue;
            }
            let digits = run.len() == 11 && run.bytes().all(|b| b.is_ascii_digit());
            if digits && run.starts_with('1') && !run.starts_with("10") && !run.starts_with("11") && !run.starts_with("12") {
                out.push_str(&self.masking.phone(&run));
            } else if run.len() == 18 && citizen_id::check(&run, self.today).is_ok() {
                out.push_str(&self.masking.id_number(&run));
            } else {
                out.push_str(&run);
            }
            run.clear();
            if c != '\0' {
                out.push(c);
            }
        }
        out
    }

    /// A sheet as data: its words, not the names of its parts.
    pub fn sheet(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.sheet(item)),
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    if !matches!(name.as_str(), "kind" | "style" | "block" | "place" | "marks" | "document_number") {
                        self.sheet(field);
                    }
                }
            }
            _ => {}
        }
    }

    /// A signature.
    pub fn signature(&self, signature: &mut FormSignature) {
        signature.who = self.text(&signature.who);
        signature.statement.iter_mut().for_each(|text| *text = self.text(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_is_hidden_wherever_it_stands() {
        let masking = Masking::default();
        let personal =
            [Personal { text: "张斌辉".into(), kind: PersonalKind::Name }, Personal { text: "广安市广安区北辰街道1号".into(), kind: PersonalKind::Address }];
        let veil = Veil::new(&masking, &personal, chrono::NaiveDate::from_ymd_opt(2026, 3, 2).unwrap_or_default());
        let mut sheet = serde_json::json!({ "kind": "plan", "blocks": [{ "block": "paragraph",
            "text": "张斌辉（11010519491231002X，13812345678）住广安市广安区北辰街道1号；编号DB-320623-20260105-000045-145，代码91320600MATE5T017G" }] });
        veil.sheet(&mut sheet);
        let shown = "张**（110*************2X，138****5678）住广安市****；编号DB-320623-20260105-000045-145，代码91320600MATE5T017G";
        assert_eq!(sheet["blocks"][0]["text"], shown);
        assert_eq!(sheet["kind"], "plan");
    }
}
