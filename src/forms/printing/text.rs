//! Breaking text into lines by the rules of Chinese typesetting (避头尾).

use crate::forms::printing::font::{Glyph, shape};

/// One line, ready to be placed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// From left to right; the advance includes what evens the line out.
    pub glyphs: Vec<Glyph>,
    /// Where it begins, from the left edge of its column.
    pub indent: f32,
    /// Its length without trailing blanks, in points.
    pub width: f32,
}

impl Line {
    /// One line of any length.
    pub fn single(text: &str, size: f32) -> Self {
        let glyphs = squeezed(shape(text));
        Self { width: length(&glyphs) * size, glyphs, indent: 0.0 }
    }

    /// What it says.
    pub fn text(&self) -> String {
        let mut sources: Vec<char> = Vec::with_capacity(self.glyphs.len());
        for glyph in &self.glyphs {
            // The second half of a composed glyph repeats its source.
            if !(glyph.stands_in && glyph.source == '☑' && glyph.advance > 0.0) {
                sources.push(glyph.source);
            }
        }
        sources.into_iter().collect()
    }
}

/// Never at the start of a line.
const NO_START: &str = "，。；：！？、）】》〉」』”’〕］｝…—·～,.;:!?)]}%％℃㎡‰°";
/// Never at the end of a line.
const NO_END: &str = "（【《〈「『“‘〔［｛([{￥¥$№";
/// Their ink fills the left half of the square only.
const LEFT_HALF: &str = "，。；：、）】》〉」』”’〕］｝";
/// Their ink fills the right half of the square only.
const RIGHT_HALF: &str = "（【《〈「『“‘〔［｛";
/// A number keeps its unit.
const UNITS: &str = "年月日时分秒号页份件个天元项条";

/// How a column of text is set.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Font size in points.
    pub size: f32,
    /// Width of the column in points.
    pub width: f32,
    /// Indent of the first line of each paragraph.
    pub first: f32,
    /// Indent of the other lines.
    pub rest: f32,
    /// Whether full lines reach the right edge.
    pub justified: bool,
}

/// The lines of a text; there is always one.
pub fn wrap(text: &str, measure: Measure) -> Vec<Line> {
    text.trim_end().replace("\r\n", "\n").split('\n').flat_map(|paragraph| wrap_paragraph(paragraph, measure)).collect()
}

/// A text in at most so many lines; what does not fit ends in an ellipsis.
pub fn clipped(text: &str, measure: Measure, most: usize) -> Vec<Line> {
    let mut lines = wrap(text, measure);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let mut kept: Vec<char> = last.text().chars().collect();
            kept.truncate(kept.len().saturating_sub(2));
            *last = Line { indent: last.indent, ..Line::single(&(kept.into_iter().collect::<String>() + "…"), measure.size) };
        }
    }
    lines
}

/// The widest part of a text that no line may divide.
pub fn widest_word(text: &str, size: f32) -> f32 {
    let glyphs = squeezed(shape(text));
    let (mut start, mut widest) = (0, 0.0_f32);
    for at in 1..=glyphs.len() {
        if at == glyphs.len() || may_break(&glyphs, at) {
            widest = widest.max(length(&glyphs[start..at]));
            start = at;
        }
    }
    widest * size
}

fn wrap_paragraph(text: &str, measure: Measure) -> Vec<Line> {
    let glyphs = squeezed(shape(text));
    let mut lines = Vec::new();
    let mut start = 0;
    loop {
        let indent = if lines.is_empty() { measure.first } else { measure.rest };
        let room = (measure.width - indent) / measure.size;
        let end = line_end(&glyphs, start, room, measure.width / measure.size);
        let last = end == glyphs.len();
        let mut line = glyphs[start..end].to_vec();
        while line.last().is_some_and(|g| g.source == ' ') {
            line.pop();
        }
        if measure.justified && !last {
            even_out(&mut line, room);
        }
        lines.push(Line { width: length(&line) * measure.size, glyphs: line, indent });
        start = end + glyphs[end..].iter().take_while(|g| g.source == ' ').count();
        if start >= glyphs.len() {
            return lines;
        }
    }
}

/// Where the line that begins at `start` ends.
fn line_end(glyphs: &[Glyph], start: usize, room: f32, full: f32) -> usize {
    let mut used = 0.0;
    let mut fits = start;
    while fits < glyphs.len() && used + ink(&glyphs[fits]) <= room + 0.001 {
        used += glyphs[fits].advance;
        fits += 1;
    }
    // Blanks may hang over the edge.
    while fits < glyphs.len() && glyphs[fits].source == ' ' {
        fits += 1;
    }
    if fits == glyphs.len() {
        return fits;
    }
    let best = (start + 1..=fits).rev().find(|&at| may_break(glyphs, at));
    let word_end = (fits + 1..glyphs.len()).find(|&at| may_break(glyphs, at)).unwrap_or(glyphs.len());
    match best {
        // What follows fits on a line of its own, so that the word stays whole.
        Some(at) if length(&glyphs[at..word_end]) <= full => at,
        // A word longer than a line is torn, after a joint of its own where there is one close to the edge.
        _ => {
            let last = fits.max(start + 1);
            let joint = (last.saturating_sub(8).max(start + 1)..=last).rev().find(|&at| matches!(glyphs[at - 1].source, '-' | '/' | '_' | '&' | '?' | '='));
            joint.unwrap_or(last)
        }
    }
}

/// Whether a line may end before the glyph at `at`.
fn may_break(glyphs: &[Glyph], at: usize) -> bool {
    let (before, after) = (glyphs[at - 1].source, glyphs[at].source);
    if glyphs[at - 1].advance == 0.0 {
        return false; // the halves of a composed glyph
    }
    match (before, after) {
        (_, ' ') => false,
        (' ', _) => true,
        _ if NO_START.contains(after) || NO_END.contains(before) => false,
        _ if word(before) && word(after) => false,
        // 工作日 and 1月5日 read badly in pieces.
        ('工', '作') | ('作', '日') => false,
        ('月', '0'..='9') => false,
        _ => !(before.is_ascii_digit() && UNITS.contains(after)),
    }
}

/// Latin letters, digits and the signs inside codes and addresses.
fn word(c: char) -> bool {
    c.is_ascii_graphic() || ('\u{c0}'..='\u{24f}').contains(&c)
}

/// The common case, told apart cheaply.
fn ideograph(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Two punctuation marks in a row leave a hole as wide as half a character: close it.
fn squeezed(mut glyphs: Vec<Glyph>) -> Vec<Glyph> {
    for i in 1..glyphs.len() {
        let (a, b) = (glyphs[i - 1], glyphs[i]);
        if ideograph(a.source) || ideograph(b.source) {
            continue;
        }
        let closes = LEFT_HALF.contains(a.source) && (LEFT_HALF.contains(b.source) || RIGHT_HALF.contains(b.source));
        let opens = RIGHT_HALF.contains(a.source) && RIGHT_HALF.contains(b.source);
        if (closes || opens) && a.advance > 0.9 && b.advance > 0.9 {
            glyphs[i - 1].advance -= 0.5;
        }
    }
    glyphs
}

/// The width that must lie within the line: the blank half of a closing mark may hang over.
fn ink(glyph: &Glyph) -> f32 {
    if glyph.advance > 0.9 && LEFT_HALF.contains(glyph.source) { glyph.advance - 0.5 } else { glyph.advance }
}

/// Length of a line as a multiple of the font size.
fn length(glyphs: &[Glyph]) -> f32 {
    let Some((last, rest)) = glyphs.split_last() else { return 0.0 };
    rest.iter().map(|g| g.advance).sum::<f32>() + ink(last)
}

/// Spreads what is left of a full line over its gaps, but never inside a word.
fn even_out(line: &mut [Glyph], room: f32) {
    let slack = room - length(line);
    let gaps: Vec<usize> =
        (1..line.len()).filter(|&i| line[i - 1].advance > 0.0 && !(word(line[i - 1].source) && word(line[i].source))).map(|i| i - 1).collect();
    if gaps.is_empty() || slack <= 0.0 {
        return;
    }
    let each = slack / gaps.len() as f32;
    // A line that would look torn apart is left ragged.
    if each <= 0.25 {
        for i in gaps {
            line[i].advance += each;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Measure, NO_END, NO_START, wrap};

    fn set(text: &str, characters: f32) -> Vec<Line> {
        wrap(text, Measure { size: 10.0, width: characters * 10.0, first: 20.0, rest: 0.0, justified: true })
    }

    fn texts(text: &str, characters: f32) -> Vec<String> {
        set(text, characters).iter().map(Line::text).collect()
    }

    #[test]
    fn no_line_begins_or_ends_with_the_wrong_mark() {
        let text = "依照《行政许可法》（第四十二条）的规定，“代办帮办”不收取费用；情况特殊的（例如：需要补正材料）、可以延长……但是应当告知理由！";
        for width in 4..40_u8 {
            for line in texts(text, f32::from(width)) {
                let (first, last) = (line.chars().next(), line.chars().last());
                assert!(first.is_none_or(|c| !NO_START.contains(c)), "{width}: {line}");
                assert!(last.is_none_or(|c| !NO_END.contains(c)), "{width}: {line}");
            }
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_overflows() {
        let text = "事项编码511Z07001006-511602000000-000-11511301008778183N-1-00，信用代码91320600MATE5T017G。";
        for width in 3..60_u8 {
            let lines = set(text, f32::from(width));
            assert_eq!(lines.iter().map(Line::text).collect::<String>(), text);
            for line in &lines {
                assert!(line.indent + line.width <= f32::from(width) * 10.0 + 0.1, "{width}: {}", line.text());
            }
        }
    }

    #[test]
    fn words_and_dates_stay_whole_where_they_fit() {
        for line in texts("申请人于2026年1月15日提交，信用代码91320600MATE5T017G，限5个工作日内答复。", 12.0) {
            for (whole, part) in [("91320600MATE5T017G", "9132"), ("1月15日", "1月"), ("工作日", "工作"), ("2026年", "2026")] {
                assert!(!line.contains(part) || line.contains(whole), "{line}");
            }
        }
    }

    #[test]
    fn a_word_longer_than_a_line_is_torn_after_a_joint() {
        let lines = texts("511Z07001006-511602000000-000-11511301008778183N-1-00", 16.0);
        assert_eq!(lines.concat(), "511Z07001006-511602000000-000-11511301008778183N-1-00");
        assert!(lines[0].ends_with('-'), "{lines:?}");
    }

    #[test]
    fn neighbouring_marks_are_squeezed() {
        assert!((Line::single("《规定》（试行）", 10.0).width - 70.0).abs() < 0.1);
    }

    #[test]
    fn full_lines_reach_the_edge() {
        let lines = set("代办帮办服务不改变申请人与行政审批部门之间的法律关系，代办帮办不得损害公共利益和企业群众合法权益。", 20.0);
        for line in &lines[..lines.len() - 1] {
            assert!((line.indent + line.width - 200.0).abs() < 6.0, "{}", line.text());
        }
    }

    #[test]
    fn an_empty_text_has_one_line() {
        assert_eq!(texts("", 10.0), [""]);
        assert_eq!(texts("甲\n乙", 10.0), ["甲", "乙"]);
    }
}
