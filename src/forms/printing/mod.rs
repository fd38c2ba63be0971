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

/// Prints a sheet.
pub fn render(sheet: &Sheet, printed: &Printed) -> Result<Document, Error> {
    let places: Vec<&str> = sheet.places().collect();
    if let Some(stray) = printed.signatures.iter().find(|s| !places.contains(&s.place.as_str())) {
        return Err(Error::UnknownPlace(stray.place.clone()));
    }
    let pages = page::pages(sheet, printed)?;
    let marks = pages.iter().flatten();
    let glyphs = marks.flat_map(|m| if let strip::Mark::Text { line, .. } = m { line.glyphs.as_slice() } else { &[] });
    let missing: BTreeSet<char> = glyphs.filter(|g| g.stands_in && g.source != '☑').map(|g| g.source).collect();
    let about = pdf::About { title: &sheet.title, author: &sheet.issuer, subject: &sheet.document_number, identity: &printed.document_hash };
    Ok(Document { pdf: pdf::write(&pages, &about)?, pages: pages.len(), missing: missing.into_iter().collect() })
}
