//! From the blocks of a sheet to strips: sizes, paddings and the places of text.

use crate::forms::printing::{
    Signed,
    error::Error,
    sheet::{Block, Cell, Column, Sheet, Style},
    sign,
    strip::{Align, Cut, Look, Piece, Rect, Strip},
    text::{Line, Measure, widest_word, wrap},
};

/// Space between a cell's border and its text.
pub const PAD: f32 = 4.0;
/// Distance between blocks.
const GAP: f32 = 7.0;

/// Text of cells: 五号.
const CELL: Look = Look { size: 10.5, leading: 14.7, bold: false, align: Align::Left, middle: false };
/// Small print: 小五.
pub const SMALL: Look = Look { size: 9.0, leading: 13.0, bold: false, align: Align::Left, middle: false };

/// Sizes and distances.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Width of the strips.
    pub width: f32,
    /// Running text.
    pub body: Look,
    /// Text of cells.
    pub cell: Look,
    /// Height of a row with one line.
    row: f32,
    /// Height of a line to write on.
    pub write: f32,
    /// Least height of a box to sign in.
    pub boxes: f32,
}

impl Setting {
    /// The usual setting: running text is 四号 in letters, 小四 in forms.
    pub fn usual(style: Style, width: f32) -> Self {
        let size = match style {
            Style::Letter => 14.0,
            Style::Form => 12.0,
        };
        Self { width, body: Look { size, leading: size * 1.5, ..CELL }, cell: CELL, row: 21.5, write: 21.0, boxes: 90.0 }
    }

    /// A closer one, for what would otherwise need a page more.
    pub fn close(style: Style, width: f32) -> Self {
        let (size, leading) = match style {
            Style::Letter => (14.0, 19.0),
            Style::Form => (10.5, 15.2),
        };
        Self { width, body: Look { size, leading, ..CELL }, cell: Look { leading: 13.6, ..CELL }, row: 19.5, write: 18.0, boxes: 80.0 }
    }

    /// Lines without indents, as wide as the page.
    fn plain(&self, size: f32) -> Measure {
        Measure { size, width: self.width, first: 0.0, rest: 0.0, justified: false }
    }

    fn label(&self) -> Look {
        Look { align: Align::Centre, middle: true, ..self.cell }
    }
}

/// All strips of a sheet, from its title to its closing lines.
pub fn strips(sheet: &Sheet, signatures: &[Signed], setting: &Setting) -> Result<Vec<Strip>, Error> {
    let mut strips = opening(sheet, setting);
    let opened = strips.len();
    let mut bordered = false;
    for block in &sheet.blocks {
        let mut strip = block_strip(block, signatures, setting)?;
        let frames = matches!(block, Block::Grid { .. } | Block::Table { .. } | Block::Signatures { .. });
        // Tables and signature boxes that follow each other read as one table.
        let first = strips.len() == opened;
        strip.gap = if frames && bordered { 0.0 } else { strip.gap.max(if frames || bordered || first { GAP } else { 0.0 }) };
        bordered = frames;
        strips.push(strip);
    }
    strips.push(closing(sheet, setting));
    Ok(strips)
}

fn block_strip(block: &Block, signatures: &[Signed], setting: &Setting) -> Result<Strip, Error> {
    let Setting { width, body: look, .. } = *setting;
    let flowing = |text: &str, first: f32| Measure { size: look.size, width, first, rest: 0.0, justified: true }.lines(text);
    let indent = look.size * 2.0;
    Ok(match block {
        Block::Heading { text } => {
            let bold = Look { bold: true, ..look };
            Strip { gap: GAP, keep_next: true, ..whole(Strip::text(flowing(text, indent), bold, width)) }
        }
        Block::Addressee { text } => Strip { gap: GAP, keep_next: true, ..whole(Strip::text(flowing(text, 0.0), look, width)) },
        Block::Paragraph { text } => paragraphs(text.split('\n').map(|text| flowing(text, indent)), look, width),
        Block::List { articles, items } => {
            let numbered = items.iter().enumerate().map(|(i, item)| {
                let number = if *articles { format!("第{}条　", numeral(i + 1)) } else { format!("{}．", i + 1) };
                flowing(&format!("{number}{item}"), indent)
            });
            paragraphs(numbered, look, width)
        }
        Block::Grid { columns, rows } => grid(columns, rows, setting)?,
        Block::Table { columns, rows } => table(columns, rows, setting)?,
        Block::Signatures { parties } => sign::boxes(parties, signatures, setting)?,
        Block::Seal { place, issuer, date } => sign::seal(place, issuer, date, signatures, setting),
        Block::Note { text } => Strip { gap: GAP, ..Strip::text(Measure { justified: true, ..setting.plain(SMALL.size) }.lines(text), SMALL, width) },
    })
}

impl Measure {
    /// The lines of a text.
    pub fn lines(self, text: &str) -> Vec<Line> {
        wrap(text, self)
    }
}

/// Paragraphs below each other, none of which leaves a single line on a page.
fn paragraphs(paragraphs: impl Iterator<Item = Vec<Line>>, look: Look, width: f32) -> Strip {
    let (mut all, mut rows) = (Vec::new(), Vec::new());
    for lines in paragraphs {
        all.extend(lines);
        rows.push(all.len() as f32 * look.leading);
    }
    Strip { rows, ..Strip::text(all, look, width) }
}

/// Issuer, title, number and dates.
fn opening(sheet: &Sheet, setting: &Setting) -> Vec<Strip> {
    let width = setting.width;
    let centred = |text: &str, size: f32, bold: bool| {
        let look = Look { size, leading: size * 1.4, bold, align: Align::Centre, middle: false };
        Strip { keep_next: true, ..whole(Strip::text(balanced(text, setting.plain(size)), look, width)) }
    };
    // 二号, and smaller where a title names an item at length.
    let title = [22.0, 18.0].into_iter().find(|size| setting.plain(*size).lines(&sheet.title).len() <= 2).unwrap_or(15.0);
    let mut strips = vec![centred(&sheet.issuer, 15.0, false), Strip { gap: 3.0, ..centred(&sheet.title, title, true) }];
    strips.extend(sheet.subtitle.as_deref().map(|text| centred(text, 14.0, false)));

    // The number stands at the left and the dates at the right, on one line where they fit.
    let number = if sheet.document_number.is_empty() { String::new() } else { format!("编号：{}", sheet.document_number) };
    let dates = sheet.dates.iter().map(|e| format!("{}：{}", e.label, e.value)).collect::<Vec<_>>().join("　　");
    let look = CELL;
    let one_line = Line::single(&number, look.size).width + Line::single(&dates, look.size).width + look.size * 2.0 <= width;
    let area = |top: f32, lines: usize| Rect { x0: 0.0, y0: top, x1: width, y1: top + lines as f32 * look.leading };
    let set = |text: &str| setting.plain(look.size).lines(text);
    let (left, right) = (set(&number), set(&dates));
    let top = if one_line { 0.0 } else { left.len() as f32 * look.leading };
    let right_area = area(top, right.len());
    let piece = |area: Rect, align: Align, lines: Vec<Line>| Piece { area, framed: false, pad: 0.0, look: Look { align, ..look }, lines };
    let pieces = vec![piece(area(0.0, left.len()), Align::Left, left), piece(right_area, Align::Right, right)];
    strips.push(Strip { pieces, gap: GAP, keep_next: true, ..solid(right_area.y1) });
    strips
}

/// Lines of like length, not one full and one of two characters.
fn balanced(text: &str, measure: Measure) -> Vec<Line> {
    let lines = measure.lines(text);
    if !(2..=5).contains(&lines.len()) {
        return lines;
    }
    let total: f32 = lines.iter().map(|l| l.width).sum();
    let narrowest = (total / lines.len() as f32).max(widest_word(text, measure.size));
    let widths = (0_u8..).map(|i| narrowest + f32::from(i) * measure.size / 2.0).take_while(|w| *w < measure.width);
    widths.map(|width| Measure { width, ..measure }.lines(text)).find(|tried| tried.len() == lines.len()).unwrap_or(lines)
}

/// Complaint phone, copies and legal nature.
fn closing(sheet: &Sheet, setting: &Setting) -> Strip {
    let phone = if sheet.complaint_phone.is_empty() { String::new() } else { format!("监督投诉电话：{}", sheet.complaint_phone) };
    let facts: Vec<&str> = [sheet.copies.as_str(), &phone].into_iter().filter(|t| !t.is_empty()).collect();
    let text = [facts.join("　　"), sheet.statement.clone()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
    let lines = Measure { justified: true, ..setting.plain(SMALL.size) }.lines(&text);
    Strip { gap: GAP, ..whole(Strip::text(lines, SMALL, setting.width)) }
}

/// A few lines that stay together; no text that somebody may write is kept whole whatever its length.
fn whole(strip: Strip) -> Strip {
    let cut = if strip.height <= 240.0 { Cut::Never } else { Cut::Lines };
    Strip { cut, ..strip }
}

/// An empty strip that is never cut.
pub fn solid(height: f32) -> Strip {
    Strip { height, rows: vec![height], pieces: Vec::new(), marks: Vec::new(), header: None, cut: Cut::Never, gap: 0.0, keep_next: false }
}

/// The edges of columns of given relative widths.
fn edges(weights: impl Iterator<Item = u16>, width: f32) -> Vec<f32> {
    let weights: Vec<f32> = weights.map(f32::from).collect();
    let total: f32 = weights.iter().sum::<f32>().max(1.0);
    let mut edge = 0.0;
    std::iter::once(0.0)
        .chain(weights.iter().map(|w| {
            edge += w / total * width;
            edge
        }))
        .collect()
}

/// A cell that knows its columns and rows.
struct Placed {
    columns: (usize, usize),
    rows: (usize, usize),
    look: Look,
    lines: Vec<Line>,
}

fn grid(columns: &[u16], rows: &[Vec<Cell>], setting: &Setting) -> Result<Strip, Error> {
    let edges = edges(columns.iter().copied(), setting.width);
    let uneven = |row: usize| Error::Uneven(format!("grid row {}", row + 1));
    let mut taken = vec![vec![false; columns.len()]; rows.len()];
    let mut placed = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        for cell in row {
            let c = taken[r].iter().position(|t| !t).ok_or_else(|| uneven(r))?;
            let (right, below) = (c + usize::from(cell.columns), r + usize::from(cell.rows));
            if right > columns.len() || below > rows.len() || right == c || below == r {
                return Err(uneven(r));
            }
            for line in &mut taken[r..below] {
                for place in &mut line[c..right] {
                    if std::mem::replace(place, true) {
                        return Err(uneven(r));
                    }
                }
            }
            placed.push(place(&cell.text, cell.label, (c, right), (r, below), &edges, setting));
        }
    }
    match taken.iter().position(|row| row.contains(&false)) {
        Some(row) => Err(uneven(row)),
        None => Ok(ruled(placed, rows.len(), &edges, setting)),
    }
}

fn table(columns: &[Column], rows: &[Vec<String>], setting: &Setting) -> Result<Strip, Error> {
    let edges = edges(columns.iter().map(|c| c.width), setting.width);
    if let Some(row) = rows.iter().position(|r| r.len() != columns.len()) {
        return Err(Error::Uneven(format!("table row {}", row + 1)));
    }
    let header = columns
        .iter()
        .enumerate()
        .map(|(c, column)| Placed { look: Look { bold: true, ..setting.label() }, ..place(&column.title, true, (c, c + 1), (0, 1), &edges, setting) });
    let header = Strip { cut: Cut::Never, ..ruled(header.collect(), 1, &edges, setting) };
    if rows.is_empty() {
        let none = place("（无）", true, (0, columns.len()), (0, 1), &edges, setting);
        return Ok(Strip { header: Some(Box::new(header)), ..ruled(vec![none], 1, &edges, setting) });
    }
    let cells = rows.iter().enumerate().flat_map(|(r, row)| {
        let edges = &edges;
        row.iter().zip(columns).enumerate().map(move |(c, (text, column))| place(text, column.centred, (c, c + 1), (r, r + 1), edges, setting))
    });
    Ok(Strip { header: Some(Box::new(header)), ..ruled(cells.collect(), rows.len(), &edges, setting) })
}

/// Sets the text of a cell. Long words start at the top so that they can run over a page; short ones stand in the middle.
fn place(text: &str, label_like: bool, columns: (usize, usize), rows: (usize, usize), edges: &[f32], setting: &Setting) -> Placed {
    const SHORT: usize = 5;
    let width = edges[columns.1] - edges[columns.0] - 2.0 * PAD;
    let measure = Measure { width, ..setting.plain(setting.cell.size) };
    let lines = if label_like { balanced(text, measure) } else { measure.lines(text) };
    let middle = lines.len() <= SHORT;
    let align = if label_like && middle { Align::Centre } else { Align::Left };
    Placed { columns, rows, look: Look { align, middle, ..setting.cell }, lines }
}

/// Cells with their borders; rows grow with what they hold.
fn ruled(cells: Vec<Placed>, rows: usize, edges: &[f32], setting: &Setting) -> Strip {
    let needed = |cell: &Placed| cell.lines.len() as f32 * cell.look.leading + 2.0 * PAD;
    let mut heights = vec![setting.row; rows];
    let mut by_span: Vec<&Placed> = cells.iter().collect();
    by_span.sort_by_key(|cell| cell.rows.1 - cell.rows.0);
    for cell in by_span {
        let span = &mut heights[cell.rows.0..cell.rows.1];
        let short = needed(cell) - span.iter().sum::<f32>();
        if let (true, Some(last)) = (short > 0.0, span.last_mut()) {
            *last += short;
        }
    }
    let mut y = 0.0;
    let lower: Vec<f32> = heights
        .iter()
        .map(|h| {
            y += h;
            y
        })
        .collect();
    let upper = |row: usize| if row == 0 { 0.0 } else { lower[row - 1] };
    let pieces = cells.into_iter().map(|cell| Piece {
        area: Rect { x0: edges[cell.columns.0], y0: upper(cell.rows.0), x1: edges[cell.columns.1], y1: upper(cell.rows.1) },
        framed: true,
        pad: PAD,
        look: cell.look,
        lines: cell.lines,
    });
    Strip { pieces: pieces.collect(), rows: lower, cut: Cut::Rows, ..solid(y) }
}

/// 一, 十二, 三十: what clauses are counted with; beyond 99 in digits.
pub fn numeral(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match n {
        1..=9 => DIGITS[n].into(),
        10..=19 => format!("十{}", DIGITS[n - 10]),
        20..=99 => format!("{}十{}", DIGITS[n / 10], DIGITS[n % 10]),
        _ => n.to_string(),
    }
}
