//! Where people sign: boxes side by side, and the 落款 of a letter with its place for the seal.

use crate::forms::printing::{
    Signed,
    compose::{PAD, SMALL, Setting, solid},
    error::Error,
    sheet::{Mark as Wanted, Party},
    strip::{Align, Look, Mark, Piece, Rect, Strip},
    text::{Line, Measure, clipped},
};

/// A round official seal is 40 to 42 mm wide.
const SEAL_RADIUS: f32 = 58.0;

/// A few lines: what is signed stays on one page, so that nobody's words may grow without end.
fn set(text: &str, look: Look, width: f32, first: f32, most: usize) -> Vec<Line> {
    clipped(text, Measure { size: look.size, width, first, rest: 0.0, justified: false }, most)
}

/// What a box says below its statement: a line to write on, or who signed, when and how.
fn marks(party: &Party, signed: Option<&Signed>) -> Vec<(String, Align)> {
    if let Some(signed) = signed {
        let how = [("签署人", &signed.who), ("签署时间", &signed.when), ("签署方式", &signed.how)];
        return how.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (format!("{name}：{value}"), Align::Left)).collect();
    }
    let line = |mark: &Wanted| match mark {
        Wanted::Sign => ("签字：　　　　　　　　".to_owned(), Align::Right),
        Wanted::Seal => ("（盖章）　　　　　　　".to_owned(), Align::Right),
        Wanted::Date => (party.dated.clone().unwrap_or_else(|| "　　　　年　　月　　日".to_owned()), Align::Right),
    };
    party.marks.iter().map(line).collect()
}

/// Boxes side by side, as high as the highest.
pub fn boxes(parties: &[Party], signatures: &[Signed], setting: &Setting) -> Result<Strip, Error> {
    let cell = setting.cell;
    if parties.is_empty() {
        return Err(Error::Uneven("no party to sign".into()));
    }
    let inner_pad = PAD + 3.0;
    let each = setting.width / parties.len() as f32;
    let room = each - 2.0 * inner_pad;
    let mut height = setting.boxes;
    let boxes: Vec<_> = parties
        .iter()
        .map(|party| {
            let bold = Look { bold: true, ..cell };
            let title = set(&format!("{}：", party.title), bold, room, 0.0, 4);
            let statement = if party.statement.is_empty() { Vec::new() } else { set(&party.statement, cell, room, cell.size * 2.0, 10) };
            let signed = signatures.iter().find(|s| s.place == party.place);
            let leading = if signed.is_some() { cell.leading } else { setting.write };
            let marks: Vec<(Vec<Line>, Align)> = marks(party, signed).into_iter().map(|(text, align)| (set_padded(&text, cell, room), align)).collect();
            let mark_lines = marks.iter().map(|(lines, _)| lines.len()).sum::<usize>() as f32;
            let needed = 2.0 * inner_pad + (title.len() + statement.len()) as f32 * cell.leading + mark_lines * leading + 6.0;
            height = height.max(needed);
            (title, statement, marks, leading)
        })
        .collect();

    let mut strip = solid(height);
    for (i, (title, statement, marks, leading)) in boxes.into_iter().enumerate() {
        let (x0, x1) = (i as f32 * each, (i + 1) as f32 * each);
        let piece = |y0: f32, y1: f32, look: Look, lines: Vec<Line>| Piece {
            area: Rect { x0: x0 + inner_pad, y0, x1: x1 - inner_pad, y1 },
            framed: false,
            pad: 0.0,
            look,
            lines,
        };
        strip.pieces.push(Piece { area: Rect { x0, y0: 0.0, x1, y1: height }, framed: true, pad: PAD, look: cell, lines: Vec::new() });
        let middle = inner_pad + title.len() as f32 * cell.leading;
        strip.pieces.push(piece(inner_pad, middle, Look { bold: true, ..cell }, title));
        strip.pieces.push(piece(middle, middle + statement.len() as f32 * cell.leading, cell, statement));
        // From the bottom upwards, so that the lines to sign on are level.
        let mut bottom = height - inner_pad;
        for (lines, align) in marks.into_iter().rev() {
            let top = bottom - lines.len() as f32 * leading;
            strip.pieces.push(piece(top, bottom, Look { leading, align, ..cell }, lines));
            bottom = top;
        }
    }
    Ok(strip)
}

/// Like `set`, but keeps the blanks at the end that are the space to write in.
fn set_padded(text: &str, look: Look, room: f32) -> Vec<Line> {
    let line = Line::single(text, look.size);
    if text.ends_with('　') && line.width <= room { vec![line] } else { set(text, look, room, 0.0, 5) }
}

/// 落款: issuer and date below each other, the seal's place around them.
pub fn seal(place: &str, issuer: &str, date: &str, signatures: &[Signed], setting: &Setting) -> Strip {
    let Setting { width, body: look, .. } = *setting;
    let column = (width * 0.62).max(2.0 * SEAL_RADIUS + 8.0);
    let mut lines = set(issuer, look, column, 0.0, 4);
    lines.extend(set(date, look, column, 0.0, 1));
    let widest = lines.iter().map(|l| l.width).fold(2.0 * SEAL_RADIUS, f32::max);
    let right = width - (look.size * 2.0).min(width - widest);
    let text_height = lines.len() as f32 * look.leading;
    // The words （盖章） stand above the issuer's name, inside the circle.
    let circle = (2.0 * SEAL_RADIUS + 6.0).max(text_height + 2.0 * (SMALL.leading + 6.0));
    let area = Rect { x0: right - widest, y0: (circle - text_height) / 2.0, x1: right, y1: (circle + text_height) / 2.0 };
    let piece = |area: Rect, look: Look, align: Align, lines: Vec<Line>| Piece { area, framed: false, pad: 0.0, look: Look { align, ..look }, lines };
    let mut strip = solid(circle);
    strip.gap = look.leading;
    strip.marks.push(Mark::Seal { x: (area.x0 + area.x1) / 2.0, y: circle / 2.0, radius: SEAL_RADIUS });
    strip.pieces.push(piece(area, look, Align::Centre, lines));
    if let Some(signed) = signatures.iter().find(|s| s.place == place) {
        let note = set(&format!("在线签发：{}　{}　{}", signed.who, signed.when, signed.how), SMALL, width * 0.9, 0.0, 4);
        let y1 = circle + note.len() as f32 * SMALL.leading;
        strip.pieces.push(piece(Rect { x0: width * 0.1, y0: circle, x1: width, y1 }, SMALL, Align::Right, note));
        strip.height = y1;
        strip.rows = vec![y1];
    } else {
        let y1 = area.y0 - 2.0;
        strip.pieces.push(piece(Rect { y0: y1 - SMALL.leading, y1, ..area }, SMALL, Align::Centre, set("（盖章）", SMALL, widest, 0.0, 1)));
    }
    strip
}
