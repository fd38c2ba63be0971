//! Writing pages as PDF: one embedded font, vector drawing, nothing that depends on the clock.

use std::collections::BTreeMap;

use pdf_writer::{
    Content, Filter, Finish as _, Name, Pdf, Rect as PdfRect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, LineCapStyle, SystemInfo, TextRenderingMode, UnicodeCmap},
};
use subsetter::GlyphRemapper;

use crate::forms::printing::{
    error::Error,
    font::{FONT, Glyph},
    strip::Mark,
};

/// A4 in points.
pub const PAGE: (f32, f32) = (595.28, 841.89);

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
const FONT_DICT: Ref = Ref::new(4);
const CID_FONT: Ref = Ref::new(5);
const DESCRIPTOR: Ref = Ref::new(6);
const FONT_FILE: Ref = Ref::new(7);
const TO_UNICODE: Ref = Ref::new(8);
const FIRST_PAGE: i32 = 9;

const FONT_NAME: &[u8] = b"JIELIF+JieliFormsSerif-Regular";
const IDENTITY: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// What the document says about itself.
pub struct About<'a> {
    /// Title.
    pub title: &'a str,
    /// Issuer.
    pub author: &'a str,
    /// Number.
    pub subject: &'a str,
    /// What identifies the file.
    pub identity: &'a str,
}

/// The pages as a file.
pub fn write(pages: &[Vec<Mark>], about: &About<'_>) -> Result<Vec<u8>, Error> {
    let mut subset = Subset::default();
    let contents: Vec<Vec<u8>> = pages.iter().map(|marks| content(marks, &mut subset)).collect();

    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let identity = if about.identity.is_empty() { about.subject } else { about.identity }.as_bytes().to_vec();
    pdf.set_file_id((identity.clone(), identity));
    let mut catalog = pdf.catalog(CATALOG);
    catalog.pages(PAGES).lang(TextStr("zh-CN"));
    catalog.viewer_preferences().display_doc_title(true);
    catalog.finish();
    pdf.document_info(INFO).title(TextStr(about.title)).author(TextStr(about.author)).subject(TextStr(about.subject)).producer(TextStr("jieli"));

    let page_ref = |i: usize| Ref::new(FIRST_PAGE + 2 * i as i32);
    pdf.pages(PAGES).kids((0..pages.len()).map(page_ref)).count(pages.len() as i32);
    for (i, bytes) in contents.iter().enumerate() {
        let stream = Ref::new(page_ref(i).get() + 1);
        let mut page = pdf.page(page_ref(i));
        page.parent(PAGES).media_box(PdfRect::new(0.0, 0.0, PAGE.0, PAGE.1)).contents(stream);
        page.resources().fonts().pair(Name(b"F"), FONT_DICT);
        page.finish();
        pdf.stream(stream, &packed(bytes)).filter(Filter::FlateDecode);
    }
    subset.write(&mut pdf)?;
    Ok(pdf.finish())
}

/// The glyphs a document uses.
#[derive(Default)]
struct Subset {
    remapper: GlyphRemapper,
    unicode: BTreeMap<u16, char>,
}

impl Subset {
    /// The number of a glyph in the document's font.
    fn cid(&mut self, glyph: &Glyph) -> u16 {
        let cid = self.remapper.remap(glyph.id);
        if !glyph.stands_in {
            self.unicode.insert(cid, glyph.source);
        }
        cid
    }

    fn write(self, pdf: &mut Pdf) -> Result<(), Error> {
        let font = |why: &dyn std::fmt::Display| Error::Font(why.to_string());
        let cut = subsetter::subset(FONT.data, 0, &self.remapper).map_err(|e| font(&e))?;
        let raw = ttf_parser::RawFace::parse(&cut, 0).map_err(|e| font(&e))?;
        let cff = raw.table(ttf_parser::Tag::from_bytes(b"CFF ")).ok_or_else(|| font(&"no outlines"))?;
        let scale = 1000.0 / FONT.units();
        let face = &FONT.face;

        let mut dict = pdf.type0_font(FONT_DICT);
        dict.base_font(Name(FONT_NAME)).encoding_predefined(Name(b"Identity-H")).descendant_font(CID_FONT).to_unicode(TO_UNICODE);
        dict.finish();
        let mut cid = pdf.cid_font(CID_FONT);
        cid.subtype(CidFontType::Type0).base_font(Name(FONT_NAME)).system_info(IDENTITY).font_descriptor(DESCRIPTOR).default_width(1000.0);
        cid.widths().consecutive(0, self.remapper.remapped_gids().map(|id| FONT.width(id) * 1000.0));
        cid.finish();
        let bounds = face.global_bounding_box();
        let [x0, y0, x1, y1] = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|v| f32::from(v) * scale);
        let mut descriptor = pdf.font_descriptor(DESCRIPTOR);
        descriptor
            .name(Name(FONT_NAME))
            .flags(FontFlags::SYMBOLIC | FontFlags::SERIF)
            .bbox(PdfRect::new(x0, y0, x1, y1))
            .italic_angle(0.0)
            .ascent(f32::from(face.ascender()) * scale)
            .descent(f32::from(face.descender()) * scale)
            .cap_height(f32::from(face.capital_height().unwrap_or(733)) * scale)
            .stem_v(80.0)
            .font_file3(FONT_FILE);
        descriptor.finish();
        let outlines = packed(cff);
        let mut file = pdf.stream(FONT_FILE, &outlines);
        file.filter(Filter::FlateDecode).pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        file.finish();

        let mut cmap = UnicodeCmap::new(Name(b"Custom"), IDENTITY);
        for (cid, source) in self.unicode {
            cmap.pair(cid, source);
        }
        pdf.cmap(TO_UNICODE, &packed(&cmap.finish())).filter(Filter::FlateDecode);
        Ok(())
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6)
}

/// Points to the hundredth: files stay small and nobody sees the rest.
fn r(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}

fn content(marks: &[Mark], subset: &mut Subset) -> Vec<u8> {
    let mut content = Content::new();
    content.set_line_width(0.5).set_line_cap(LineCapStyle::ProjectingSquareCap);
    for mark in marks {
        match mark {
            Mark::Text { x, y, size, bold, line } => text(&mut content, subset, (*x, *y), *size, *bold, &line.glyphs),
            Mark::Stamp(line) => stamp(&mut content, subset, &line.glyphs),
            Mark::Frame(area) => {
                content.rect(r(area.x0), r(PAGE.1 - area.y1), r(area.width()), r(area.height())).stroke();
            }
            Mark::Seal { x, y, radius } => circle(&mut content, *x, PAGE.1 - y, *radius),
            Mark::Code { area, side, dark } => {
                let step = area.width() / *side as f32;
                for (i, _) in dark.iter().enumerate().filter(|(_, dark)| **dark) {
                    let (row, column) = (i / side, i % side);
                    // A hair larger than its square, so that no printer leaves white seams.
                    content.rect(area.x0 + column as f32 * step, PAGE.1 - area.y0 - (row + 1) as f32 * step, step + 0.02, step + 0.02);
                }
                content.fill_nonzero();
            }
        }
    }
    content.finish().to_vec()
}

fn text(content: &mut Content, subset: &mut Subset, (x, y): (f32, f32), size: f32, bold: bool, glyphs: &[Glyph]) {
    if bold {
        content.save_state().set_line_width(r(size * 0.024)).set_text_rendering_mode(TextRenderingMode::FillStroke);
    }
    content.begin_text().set_font(Name(b"F"), size).set_text_matrix([1.0, 0.0, 0.0, 1.0, r(x), r(PAGE.1 - y)]);
    // What only stands in for a character says so, so that copying and searching find the character.
    for run in glyphs.chunk_by(|a, b| if a.stands_in { a.source == b.source && a.advance == 0.0 } else { !b.stands_in }) {
        let stands_in = run[0].stands_in;
        if stands_in {
            let source = run[0].source.to_string();
            content.begin_marked_content_with_properties(Name(b"Span")).properties().actual_text(TextStr(&source));
        }
        let mut shown = content.show_positioned();
        let mut items = shown.items();
        let mut bytes = Vec::with_capacity(run.len() * 2);
        for glyph in run {
            bytes.extend_from_slice(&subset.cid(glyph).to_be_bytes());
            let back = (FONT.width(glyph.id) - glyph.advance) * 1000.0;
            if back.abs() > 0.5 {
                items.show(Str(&bytes)).adjust(back.round());
                bytes.clear();
            }
        }
        if !bytes.is_empty() {
            items.show(Str(&bytes));
        }
        items.finish();
        shown.finish();
        if stands_in {
            content.end_marked_content();
        }
    }
    content.end_text();
    if bold {
        content.restore_state();
    }
}

/// Words from the lower left to the upper right, as large as fits.
fn stamp(content: &mut Content, subset: &mut Subset, glyphs: &[Glyph]) {
    const SLANT: f32 = std::f32::consts::FRAC_1_SQRT_2;
    let length: f32 = glyphs.iter().map(|g| g.advance).sum();
    let size = (560.0 / length.max(1.0)).min(170.0);
    let (half, drop) = (length * size / 2.0, size * 0.35);
    let (x, y) = (PAGE.0 / 2.0 - SLANT * (half - drop), PAGE.1 / 2.0 - SLANT * (half + drop));
    let mut bytes = Vec::with_capacity(glyphs.len() * 2);
    for glyph in glyphs {
        bytes.extend_from_slice(&subset.cid(glyph).to_be_bytes());
    }
    content.save_state().set_fill_gray(0.86).begin_text().set_font(Name(b"F"), r(size));
    content.set_text_matrix([SLANT, SLANT, -SLANT, SLANT, r(x), r(y)]).show(Str(&bytes));
    content.end_text().restore_state();
}

fn circle(content: &mut Content, x: f32, y: f32, radius: f32) {
    let k = radius * 0.552_285;
    content.save_state().set_stroke_gray(0.6).set_dash_pattern([3.0, 3.0], 0.0).move_to(r(x + radius), r(y));
    for (c, s) in [(1.0_f32, 0.0_f32), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)] {
        // From the direction (c, s) a quarter on to (-s, c).
        content.cubic_to(
            r(x + radius * c - k * s),
            r(y + radius * s + k * c),
            r(x - radius * s + k * c),
            r(y + radius * c + k * s),
            r(x - radius * s),
            r(y + radius * c),
        );
    }
    content.close_and_stroke().restore_state();
}
