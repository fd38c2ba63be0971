//! The few shapes that charts are made of.

use std::fmt::Write as _;

/// Fonts that have Chinese, by platform.
const FONTS: &str = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC','SimHei',sans-serif";

/// Text and attributes alike: nothing that is written can be markup, nor a character that XML does not have.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A drawing.
pub struct Svg {
    out: String,
}

impl Svg {
    /// An empty one, with what it shows in words.
    pub fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut out = String::new();
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-labelledby=\"title description\" font-family=\"{FONTS}\" font-size=\"12\" fill=\"#222\">\
             <title id=\"title\">{}</title><desc id=\"description\">{}</desc><rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>",
            escaped(title),
            escaped(description)
        );
        Self { out }
    }

    /// Hatched areas: told apart without colour.
    pub fn hatch(&mut self, id: &str, colour: &str) {
        let _ = write!(
            self.out,
            "<defs><pattern id=\"{id}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <rect width=\"6\" height=\"6\" fill=\"{colour}\" fill-opacity=\"0.25\"/><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" stroke=\"{colour}\" stroke-width=\"2\"/></pattern></defs>"
        );
    }

    /// Words; `anchor` is `start`, `middle` or `end`.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: &str, size: u8, text: &str) {
        let _ = write!(self.out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{}</text>", escaped(text));
    }

    /// A straight line.
    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), stroke: &str) {
        let _ = write!(self.out, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{stroke}\"/>");
    }

    /// A filled box, with words for whoever points at it.
    pub fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str, title: &str) {
        let _ = write!(
            self.out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"><title>{}</title></rect>",
            escaped(title)
        );
    }

    /// A line through points.
    pub fn path(&mut self, points: &[(f64, f64)], stroke: &str, dashes: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let dashes = if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
        let _ = write!(self.out, "<polyline points=\"{}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"2\"{dashes}/>", points.join(" "));
    }

    /// A mark on a line: a circle, or a square.
    pub fn mark(&mut self, (x, y): (f64, f64), square: bool, fill: &str) {
        let _ = if square {
            write!(self.out, "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\" fill=\"{fill}\"/>", x - 3.0, y - 3.0)
        } else {
            write!(self.out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{fill}\"/>")
        };
    }

    /// A ribbon between two upright edges, each from top to bottom.
    pub fn ribbon(&mut self, (x1, from): (f64, (f64, f64)), (x2, to): (f64, (f64, f64)), fill: &str, edge: &str, title: &str) {
        let middle = f64::midpoint(x1, x2);
        let ((a, b), (c, d)) = (from, to);
        let _ = write!(
            self.out,
            "<path d=\"M{x1:.1},{a:.1} C{middle:.1},{a:.1} {middle:.1},{c:.1} {x2:.1},{c:.1} L{x2:.1},{d:.1} C{middle:.1},{d:.1} {middle:.1},{b:.1} {x1:.1},{b:.1} Z\" \
             fill=\"{fill}\" stroke=\"{edge}\" stroke-width=\"0.5\"><title>{}</title></path>",
            escaped(title)
        );
    }

    /// The whole of it.
    pub fn finish(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_never_markup() {
        let mut svg = Svg::new(10.0, 10.0, "<script>", "a & b");
        svg.text((0.0, 0.0), "start", 12, "\"]]>\u{0}<&'");
        let out = svg.finish();
        assert!(!out.contains("<script>") && !out.contains('\u{0}') && out.contains("&lt;script&gt;") && out.contains("a &amp; b"), "{out}");
    }
}
