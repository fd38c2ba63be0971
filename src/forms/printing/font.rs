//! The one font of the forms, and the measures of its characters.

use std::{io::Read as _, sync::LazyLock};

use ttf_parser::{Face, GlyphId};

/// Noto Serif CJK SC, cut down by `assets/fonts/make.sh`; SIL Open Font License 1.1.
const PACKED: &[u8] = include_bytes!("../../../assets/fonts/jieli-forms-serif.otf.br");

/// What stands for a character that the font does not have.
pub const STAND_IN: char = '〓';

/// The font, unpacked when the first form is printed.
pub static FONT: LazyLock<Font> = LazyLock::new(Font::unpack);

/// A loaded font.
pub struct Font {
    /// The whole file.
    pub data: &'static [u8],
    /// Its tables.
    pub face: Face<'static>,
}

impl Font {
    #[expect(clippy::expect_used, reason = "the font is part of the binary: a test opens it")]
    fn unpack() -> Self {
        let mut data = Vec::with_capacity(12 << 20);
        brotli_decompressor::Decompressor::new(PACKED, 1 << 16).read_to_end(&mut data).expect("the packed font is whole");
        let data: &'static [u8] = data.leak();
        Self { data, face: Face::parse(data, 0).expect("the font has its tables") }
    }

    /// The glyph of a character, if there is one.
    pub fn glyph(&self, ch: char) -> Option<u16> {
        self.face.glyph_index(ch).filter(|id| id.0 != 0).map(|id| id.0)
    }

    /// Width of a glyph as a part of the font size.
    pub fn width(&self, glyph: u16) -> f32 {
        f32::from(self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0)) / self.units()
    }

    /// Units of the em square.
    pub fn units(&self) -> f32 {
        f32::from(self.face.units_per_em())
    }
}

/// A glyph to be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// In the font.
    pub id: u16,
    /// What the writer wrote, which is what a reader copies or searches.
    pub source: char,
    /// Whether the glyph shows its source, or only stands in its place.
    pub stands_in: bool,
    /// How far the pen moves, as a part of the font size.
    pub advance: f32,
}

/// The glyphs of one paragraph; marks that cannot be seen are left out.
pub fn shape(text: &str) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(text.len() / 2);
    for source in text.chars().filter(|&c| !invisible(c)) {
        let shown = match source {
            '\t' | '\u{a0}' | '\u{2002}' | '\u{2003}' => ' ',
            '\u{2011}' => '-',
            other => other,
        };
        if shown == '☑' && FONT.glyph('☑').is_none() {
            // The font has no ticked box: a box with a tick over it.
            for (part, advance) in [('□', 0.0), ('√', 1.0)] {
                let id = FONT.glyph(part).unwrap_or_default();
                glyphs.push(Glyph { id, source, stands_in: true, advance });
            }
            continue;
        }
        let found = FONT.glyph(shown);
        let id = found.or_else(|| FONT.glyph(STAND_IN)).unwrap_or_default();
        glyphs.push(Glyph { id, source: if found.is_some() { shown } else { source }, stands_in: found.is_none(), advance: FONT.width(id) });
    }
    glyphs
}

/// Controls, joiners and variation selectors.
fn invisible(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}
