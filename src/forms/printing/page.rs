//! From strips to pages, with what stands on every page: its number, the code to verify it by, the running title.

use qrcode::{EcLevel, QrCode};

use crate::forms::printing::{
    Printed,
    compose::{SMALL, Setting, strips},
    error::Error,
    pdf::PAGE,
    sheet::{Sheet, Style},
    strip::{Align, Cut, EPS, Look, Mark, Rect, Strip, baseline},
    text::{Line, Measure, clipped},
};

/// Points of a millimetre.
const MM: f32 = 72.0 / 25.4;
/// Side of the QR code: large enough for any phone.
const CODE_SIDE: f32 = 17.0 * MM;

/// Where a style writes: the margins of 公文 (37, 35, 28 and 26 mm), narrower for forms.
fn area(style: Style) -> Rect {
    let (top, bottom, left, right) = match style {
        Style::Letter => (37.0, 35.0, 28.0, 26.0),
        Style::Form => (18.0, 33.0, 22.0, 22.0),
    };
    Rect { x0: left * MM, y0: top * MM, x1: PAGE.0 - right * MM, y1: PAGE.1 - bottom * MM }
}

/// The pages of a sheet.
pub fn pages(sheet: &Sheet, printed: &Printed) -> Result<Vec<Vec<Mark>>, Error> {
    let area = area(sheet.style);
    let set = |setting: Setting| strips(sheet, &printed.signatures, &setting).and_then(|strips| flow(&strips, area));
    let mut pages = set(Setting::usual(sheet.style, area.width()))?;
    if pages.len() > 1 {
        let close = set(Setting::close(sheet.style, area.width()))?;
        if close.len() < pages.len() {
            pages = close;
        }
    }
    let count = pages.len();
    for (i, marks) in pages.iter_mut().enumerate() {
        if marks.iter().any(|m| !within(m.bounds(), area)) {
            return Err(Error::OutsidePage(i + 1));
        }
        if i > 0 {
            running_title(sheet, area, marks);
        }
        foot(sheet, printed, area, (i + 1, count), marks)?;
        if !printed.stamp.is_empty() {
            // First, so that everything is written over it.
            marks.insert(0, Mark::Stamp(Line::single(&printed.stamp, 1.0)));
        }
    }
    Ok(pages)
}

fn within(inner: Rect, outer: Rect) -> bool {
    const SLACK: f32 = 1.0;
    inner.x0 >= outer.x0 - SLACK && inner.x1 <= outer.x1 + SLACK && inner.y0 >= outer.y0 - SLACK && inner.y1 <= outer.y1 + SLACK
}

/// How much must stand below each strip on the same page: what may not be torn from it.
fn kept(strips: &[Strip], page: f32) -> Vec<f32> {
    let mut kept = vec![0.0; strips.len()];
    for i in (0..strips.len().saturating_sub(1)).rev() {
        let next = &strips[i + 1];
        let below = if next.cut == Cut::Never || (strips[i].keep_next && !next.divisible()) {
            next.gap + next.height + kept[i + 1]
        } else if strips[i].keep_next {
            next.head()
        } else {
            0.0
        };
        // A chain as tall as a page cannot be kept together.
        kept[i] = if below + strips[i].head() > page { 0.0 } else { below };
    }
    kept
}

/// Cuts strips to pages.
fn flow(strips: &[Strip], area: Rect) -> Result<Vec<Vec<Mark>>, Error> {
    let page = area.height();
    let kept = kept(strips, page);
    let mut pages = vec![Vec::new()];
    let mut y = area.y0;
    for (strip, kept) in strips.iter().zip(kept) {
        let mut from = 0.0;
        let mut fresh = y <= area.y0 + EPS;
        if !fresh {
            y += strip.gap;
        }
        loop {
            let header = strip.header_height();
            let room = area.y1 - y - header;
            let rest = strip.height - from + strip.pads(from, strip.height).0;
            let whole = rest <= room + EPS && (rest + kept <= room + EPS || (fresh && kept > 0.0 && strip.cut == Cut::Never));
            let cut = if whole { Some(strip.height) } else { strip.cut_at(from, room.min(rest - 1.0), page - header) };
            let to = match cut {
                Some(to) => to,
                None if !fresh => {
                    pages.push(Vec::new());
                    (y, fresh) = (area.y0, true);
                    continue;
                }
                // What follows goes to the next page alone: there is nothing to send with it.
                None if rest <= room + EPS => strip.height,
                None => return Err(Error::TooTall),
            };
            let marks = pages.last_mut().ok_or(Error::TooTall)?;
            if let Some(header) = &strip.header {
                y += header.place(0.0, header.height, area.x0, y, marks)?;
            }
            y += strip.place(from, to, area.x0, y, marks)?;
            from = to;
            if from >= strip.height - EPS {
                break;
            }
            pages.push(Vec::new());
            (y, fresh) = (area.y0, true);
        }
    }
    Ok(pages)
}

fn put(text: Line, look: Look, x: f32, top: f32, width: f32) -> Mark {
    let spare = width - text.width;
    let x = match look.align {
        Align::Left => x,
        Align::Centre => x + spare / 2.0,
        Align::Right => x + spare,
    };
    Mark::Text { x, y: baseline(top, look), size: look.size, bold: look.bold, line: text }
}

/// Lines without indents.
fn line(size: f32, width: f32) -> Measure {
    Measure { size, width, first: 0.0, rest: 0.0, justified: false }
}

/// Title and number on every page after the first, for sheets that fall apart.
fn running_title(sheet: &Sheet, area: Rect, marks: &mut Vec<Mark>) {
    let top = area.y0 - 8.0 * MM;
    let half = area.width() / 2.0;
    let right = Look { align: Align::Right, ..SMALL };
    for (text, look, x) in [(format!("{}（续页）", sheet.title), SMALL, area.x0), (sheet.document_number.clone(), right, area.x0 + half)] {
        marks.extend(clipped(&text, line(SMALL.size, half - 6.0), 1).into_iter().map(|l| put(l, look, x, top, half)));
    }
}

/// QR code, verification code, address, hash, page number.
fn foot(sheet: &Sheet, printed: &Printed, area: Rect, (number, count): (usize, usize), marks: &mut Vec<Mark>) -> Result<(), Error> {
    let look = Look { size: 7.5, leading: 10.2, ..SMALL };
    let top = area.y1 + 4.0 * MM;
    let mut x = area.x0;
    if !printed.verify_address.is_empty() {
        let code = QrCode::with_error_correction_level(printed.verify_address.as_bytes(), EcLevel::M).map_err(|_| Error::Code)?;
        let dark = code.to_colors().into_iter().map(|c| c == qrcode::Color::Dark).collect();
        marks.push(Mark::Code { area: Rect { x0: x, y0: top, x1: x + CODE_SIDE, y1: top + CODE_SIDE }, side: code.width(), dark });
        x += CODE_SIDE + 3.0 * MM;
    }
    let width = area.x1 - x;
    let mut texts = Vec::new();
    if !printed.verification_code.is_empty() {
        let how = if printed.verify_address.is_empty() { "" } else { "　　扫描左侧二维码或者登录下列网址可以核验本单真伪。" };
        texts.push((format!("验证码：{}{how}", printed.verification_code), 1));
    }
    texts.push((printed.verify_address.clone(), 2));
    if !printed.document_hash.is_empty() {
        let what = if printed.masked { "原件" } else { "文件" };
        texts.push((format!("{what}摘要（SHA-256）：{}", printed.document_hash), 1));
    }
    let mut y = top + 1.0;
    for (text, most) in texts.into_iter().filter(|(t, _)| !t.is_empty()) {
        for l in clipped(&text, line(look.size, width), most) {
            marks.push(put(l, look, x, y, width));
            y += look.leading;
        }
    }
    let bottom = PAGE.1 - 10.5 * MM;
    // The page number stands in the middle; a document number needs more than a third beside the code.
    let edges = [0.0, 0.44, 0.62, 1.0].map(|part| area.x0 + part * area.width());
    let columns = [
        (sheet.document_number.clone(), look),
        (format!("第 {number} 页　共 {count} 页"), Look { align: Align::Centre, ..SMALL }),
        (printed.page_label.clone(), Look { align: Align::Right, ..look }),
    ];
    for (i, (text, look)) in columns.into_iter().enumerate() {
        // Nothing is written below the code: it is read only with white around it.
        let left = edges[i].max(if i == 0 { x } else { 0.0 });
        let width = edges[i + 1] - left;
        marks.extend(clipped(&text, line(look.size, width - 4.0), 1).into_iter().map(|l| put(l, look, left, bottom, width)));
    }
    Ok(())
}
