//! Whatever is laid out is a strip: pieces of text at fixed places on a band as wide as the page, which pages cut to length.
//!
//! One rule serves paragraphs and tables alike: a cut may go anywhere where it runs through no line of text.

use crate::forms::printing::{error::Error, text::Line};

/// A rectangle in points, y downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left.
    pub x0: f32,
    /// Top.
    pub y0: f32,
    /// Right.
    pub x1: f32,
    /// Bottom.
    pub y1: f32,
}

impl Rect {
    /// Width.
    pub fn width(self) -> f32 {
        self.x1 - self.x0
    }

    /// Height.
    pub fn height(self) -> f32 {
        self.y1 - self.y0
    }
}

/// Something drawn on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line of text from `x` on the baseline `y`.
    Text {
        /// Left end.
        x: f32,
        /// Baseline.
        y: f32,
        /// Font size.
        size: f32,
        /// Whether it is emphasised.
        bold: bool,
        /// The glyphs.
        line: Line,
    },
    /// The border of a cell.
    Frame(Rect),
    /// Where a seal goes: a dashed circle.
    Seal {
        /// Centre.
        x: f32,
        /// Centre.
        y: f32,
        /// Radius.
        radius: f32,
    },
    /// Large grey words across the page, behind everything else.
    Stamp(Line),
    /// A QR code.
    Code {
        /// Where.
        area: Rect,
        /// Modules of one side.
        side: usize,
        /// Row by row, whether dark.
        dark: Vec<bool>,
    },
}

/// Where the lines of a piece stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    Left,
    /// In the middle.
    Centre,
    /// At the right edge.
    Right,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Font size.
    pub size: f32,
    /// Distance of lines.
    pub leading: f32,
    /// Whether it is emphasised.
    pub bold: bool,
    /// Horizontal place.
    pub align: Align,
    /// Whether it is centred vertically, and repeated on every page that the piece reaches.
    pub middle: bool,
}

/// Text in its box.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The box, from the strip's left upper corner.
    pub area: Rect,
    /// Whether the box is drawn.
    pub framed: bool,
    /// Space between box and text.
    pub pad: f32,
    /// How it looks.
    pub look: Look,
    /// The text.
    pub lines: Vec<Line>,
}

impl Piece {
    /// Height of the text alone.
    pub fn text_height(&self) -> f32 {
        self.lines.len() as f32 * self.look.leading
    }

    fn text_top(&self) -> f32 {
        if self.look.middle { self.area.y0 + (self.area.height() - self.text_height()) / 2.0 } else { self.area.y0 + self.pad }
    }

    /// Upper and lower edge of every line.
    fn edges(&self) -> impl Iterator<Item = (f32, f32)> {
        let (top, leading) = (self.text_top(), self.look.leading);
        (0..self.lines.len()).map(move |i| (top + i as f32 * leading, top + (i + 1) as f32 * leading))
    }

    /// Whether a cut at `y` leaves the text whole, the page having begun at `from`.
    fn allows(&self, from: f32, y: f32) -> bool {
        if y <= self.area.y0 + EPS || y >= self.area.y1 - EPS || self.lines.is_empty() {
            return true;
        }
        if self.look.middle {
            let needed = self.text_height() + EPS;
            return y - self.area.y0.max(from) >= needed || self.area.y1 - y >= needed;
        }
        self.edges().all(|(top, bottom)| y <= top + EPS || y >= bottom - EPS)
    }
}

/// How a strip may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nowhere.
    Never,
    /// Between rows, and inside a row only where it is tall.
    Rows,
    /// Between lines, two of which stay together.
    Lines,
}

/// A band of the document.
#[derive(Clone, Debug)]
pub struct Strip {
    /// Its height.
    pub height: f32,
    /// Lower edges of its rows.
    pub rows: Vec<f32>,
    /// What it says.
    pub pieces: Vec<Piece>,
    /// What else is drawn; only on strips that are never cut.
    pub marks: Vec<Mark>,
    /// What is repeated on top of each page it reaches.
    pub header: Option<Box<Strip>>,
    /// How it may be cut.
    pub cut: Cut,
    /// Distance from what stands above, not kept at the top of a page.
    pub gap: f32,
    /// Whether what follows must begin on the page where this ends.
    pub keep_next: bool,
}

/// A part of a point that nobody sees.
pub const EPS: f32 = 0.05;
/// Space above and below a cut inside a row.
const CUT_PAD: f32 = 3.0;

impl Strip {
    /// One piece of running text.
    pub fn text(lines: Vec<Line>, look: Look, width: f32) -> Self {
        let height = lines.len() as f32 * look.leading;
        let piece = Piece { area: Rect { x0: 0.0, y0: 0.0, x1: width, y1: height }, framed: false, pad: 0.0, look, lines };
        Self { height, rows: vec![height], pieces: vec![piece], marks: Vec::new(), header: None, cut: Cut::Lines, gap: 0.0, keep_next: false }
    }

    /// Height of the repeated header.
    pub fn header_height(&self) -> f32 {
        self.header.as_ref().map_or(0.0, |h| h.height)
    }

    /// Whether a part of it may stay on a page while the rest goes on.
    pub fn divisible(&self) -> bool {
        let lines = self.pieces.iter().map(|p| p.lines.len()).max().unwrap_or(0);
        self.cut != Cut::Never && (self.rows.len() > 1 || lines >= 4)
    }

    /// The least that must stand below a heading.
    pub fn head(&self) -> f32 {
        let first = match self.cut {
            Cut::Never => self.height,
            Cut::Rows => self.rows.first().copied().unwrap_or(self.height).min(120.0),
            Cut::Lines => self.pieces.first().map_or(self.height, |p| p.look.leading * 2.0).min(self.height),
        };
        self.gap + self.header_height() + first
    }

    /// The lowest place to cut what begins at `from`, so that at most `room` is used.
    pub fn cut_at(&self, from: f32, room: f32, page: f32) -> Option<f32> {
        if self.cut == Cut::Never {
            return None;
        }
        let clean = |y: f32| self.pieces.iter().all(|p| p.allows(from, y));
        let limit = from + room - self.pads(from, self.height).0;
        let between = self.rows.iter().copied().rfind(|&y| y > from + EPS && y <= limit + EPS && y < self.height - EPS && clean(y));
        let row_top = between.unwrap_or(from);
        let row_bottom = self.rows.iter().copied().find(|&y| y > row_top + EPS).unwrap_or(self.height);
        // A row that fits on a page is moved rather than torn, unless that would leave a hole.
        if self.cut == Cut::Rows && row_bottom - row_top <= page * 0.3 {
            return between;
        }
        let pad = if self.cut == Cut::Rows { CUT_PAD } else { 0.0 };
        let fine = |y: f32| {
            let two = self.pieces.iter().filter(|p| p.area.y0 < y && y < p.area.y1).map(|p| p.look.leading * 2.0).fold(0.0, f32::max);
            y - row_top >= two - EPS && row_bottom - y >= two - EPS && clean(y)
        };
        let lines = self.pieces.iter().filter(|p| !p.look.middle).flat_map(|p| p.edges().map(|(_, bottom)| bottom));
        let inside = lines.filter(|&y| y > row_top + EPS && y <= limit - pad + EPS && y < row_bottom - EPS && fine(y)).reduce(f32::max);
        inside.or(between)
    }

    /// Space added above a part that begins at `from`, below one that ends at `to`.
    pub fn pads(&self, from: f32, to: f32) -> (f32, f32) {
        let pad = |y: f32| if self.cut != Cut::Rows || y <= EPS || self.rows.iter().any(|r| (r - y).abs() <= EPS) { 0.0 } else { CUT_PAD };
        (pad(from), pad(to))
    }

    /// Draws the part from `from` to `to` with its upper edge at `(x, y)`; says how much height it took.
    pub fn place(&self, from: f32, to: f32, x: f32, y: f32, out: &mut Vec<Mark>) -> Result<f32, Error> {
        let (above, below) = self.pads(from, to);
        let height = to - from + above + below;
        let shift = y + above - from;
        for piece in self.pieces.iter().filter(|p| p.area.y1 > from + EPS && p.area.y0 < to - EPS || p.area.height() < EPS) {
            let area = piece.area;
            let top = if area.y0 < from - EPS { y } else { area.y0 + shift };
            let bottom = if area.y1 > to + EPS { y + height } else { area.y1 + shift };
            if piece.framed {
                out.push(Mark::Frame(Rect { x0: x + area.x0, y0: top, x1: x + area.x1, y1: bottom }));
            }
            if piece.text_height() > area.height() + EPS {
                return Err(Error::Overflow(piece.lines.first().map(Line::text).unwrap_or_default()));
            }
            let cut = area.y0 < from - EPS || area.y1 > to + EPS;
            if piece.look.middle && cut {
                let spare = bottom - top - piece.text_height();
                if spare >= -EPS {
                    for (i, line) in piece.lines.iter().enumerate() {
                        out.push(piece.set(line, x, top + spare / 2.0 + i as f32 * piece.look.leading)?);
                    }
                }
                continue;
            }
            for (line, (line_top, line_bottom)) in piece.lines.iter().zip(piece.edges()) {
                if line_top >= from - EPS && line_bottom <= to + EPS {
                    out.push(piece.set(line, x, line_top + shift)?);
                }
            }
        }
        for mark in &self.marks {
            out.push(mark.moved(x, y));
        }
        Ok(height)
    }
}

impl Piece {
    /// A line of this piece with its upper edge at `top`.
    fn set(&self, line: &Line, x: f32, top: f32) -> Result<Mark, Error> {
        let room = self.area.width() - 2.0 * self.pad;
        let spare = room - line.indent - line.width;
        if spare < -0.5 {
            return Err(Error::Overflow(line.text()));
        }
        let offset = match self.look.align {
            Align::Left => 0.0,
            Align::Centre => spare / 2.0,
            Align::Right => spare,
        };
        Ok(Mark::Text {
            x: x + self.area.x0 + self.pad + line.indent + offset,
            y: baseline(top, self.look),
            size: self.look.size,
            bold: self.look.bold,
            line: line.clone(),
        })
    }
}

/// The baseline of a line whose upper edge is at `top`: ideographs stand in the middle of their line.
pub fn baseline(top: f32, look: Look) -> f32 {
    top + (look.leading - look.size) / 2.0 + 0.88 * look.size
}

impl Mark {
    /// The same elsewhere.
    fn moved(&self, dx: f32, dy: f32) -> Self {
        let shift = |r: &Rect| Rect { x0: r.x0 + dx, y0: r.y0 + dy, x1: r.x1 + dx, y1: r.y1 + dy };
        match self {
            Self::Text { x, y, size, bold, line } => Self::Text { x: x + dx, y: y + dy, size: *size, bold: *bold, line: line.clone() },
            Self::Frame(area) => Self::Frame(shift(area)),
            Self::Stamp(line) => Self::Stamp(line.clone()),
            Self::Seal { x, y, radius } => Self::Seal { x: x + dx, y: y + dy, radius: *radius },
            Self::Code { area, side, dark } => Self::Code { area: shift(area), side: *side, dark: dark.clone() },
        }
    }

    /// What it covers.
    pub fn bounds(&self) -> Rect {
        match self {
            Self::Text { x, y, size, line, .. } => Rect { x0: *x, y0: y - 0.88 * size, x1: x + line.width, y1: y + 0.12 * size },
            Self::Frame(area) | Self::Code { area, .. } => *area,
            Self::Stamp(_) => Rect { x0: 0.0, y0: 0.0, x1: 0.0, y1: 0.0 },
            Self::Seal { x, y, radius } => Rect { x0: x - radius, y0: y - radius, x1: x + radius, y1: y + radius },
        }
    }
}
