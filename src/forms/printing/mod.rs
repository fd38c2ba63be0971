//! A form as data, and its pages as PDF: laid out as the field lays them out, in a font that ships with the build.
//! Knows no matter and no database.

mod compose;
mod error;
mod font;
mod page;
mod pdf;
mod sheet;
mod sign;
#[cfg(test)]
mod specimens;
mod strip;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

pub use error::Error;
pub use sheet::{Block, Cell, Column, Entry, Mark, Party, Sheet, Style, date, or_dash};

/// What is known only when a sheet is printed; none of it is part of the hashed sheet.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    /// Short code that a reader types in to verify the document.
    pub verification_code: String,
    /// Where to verify it; also in the QR code.
    pub verify_address: String,
    /// SHA-256 of the canonical sheet, in hex.
    pub document_hash: String,
    /// Who signed where.
    pub signatures: Vec<Signed>,
    /// What marks this copy, such as 第一联 申请人留存.
    pub page_label: String,
    /// What stands across every page, such as 作废.
    pub stamp: String,
    /// Some of the text is hidden: the hash is that of the original.
    pub masked: bool,
}

/// A signature given before printing.
#[derive(Clone, Debug, Default)]
pub struct Signed {
    /// Which place of the sheet.
    pub place: String,
    /// Name as it is to be shown.
    pub who: String,
    /// When, as it is to be shown.
    pub when: String,
    /// How, such as 短信验证码确认.
    pub how: String,
}

/// A printed form.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file. The same input gives the same bytes.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// Characters that the font lacks, shown as 〓; each once, in order.
    pub missing: Vec<char>,
}

/// The characters of a text that the font lacks; each once, in order.
pub fn missing(text: &str) -> Vec<char> {
    // What the font is known to have is most of any text: the font is not opened for it.
    let common = |c: char| c.is_ascii() || ('\u{4e00}'..='\u{9fa5}').contains(&c) || "，。、；：？！“”（）《》〔〕—　".contains(c);
    let rare: BTreeSet<char> = text.chars().filter(|c| !common(*c) && *c != '☑').collect();
    let lacks = |c: &char| font::shape(&c.to_string()).iter().any(|glyph| glyph.stands_in);
    rare.into_iter().filter(lacks).collect()
}

/// Prints a sheet.
pub fn render(sheet: &Sheet, printed: &Printed) -> Result<Document, Error> {
    let places: Vec<&str> = sheet.places().collect();
    if let Some(stray) = printed.signatures.iter().find(|s| !places.contains(&s.place.as_str())) {
        return Err(Error::UnknownPlace(stray.place.clone()));
    }
    let pages = page::pages(sheet, printed)?;
    let marks = pages.iter().flatten();
    let glyphs = marks.flat_map(|m| match m {
        strip::Mark::Text { line, .. } | strip::Mark::Stamp(line) => line.glyphs.as_slice(),
        _ => &[],
    });
    let missing: BTreeSet<char> = glyphs.filter(|g| g.stands_in && g.source != '☑').map(|g| g.source).collect();
    let about = pdf::About { title: &sheet.title, author: &sheet.issuer, subject: &sheet.document_number, identity: &printed.document_hash };
    Ok(Document { pdf: pdf::write(&pages, &about)?, pages: pages.len(), missing: missing.into_iter().collect() })
}
