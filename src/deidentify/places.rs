//! Addresses down to the house: the number is what is found, the street may stay.

use super::{PersonalKind as Kind, Span, script::Script};

/// What stands before a house number.
const ROADS: &[&str] = &[
    "路", "街", "道", "巷", "弄", "胡同", "里", "村", "组", "庄", "屯", "苑", "园", "小区", "新村", "花园", "公寓", "大厦", "广场", "社区", "坊", "湾", "浜",
    "桥", "埭", "镇", "乡", "墩", "坝", "圩", "岸", "家", "城", "期", "区", "院",
];
/// Units that can follow each other in an address, the longer first.
const UNITS: &[&str] = &["号楼", "号院", "支弄", "单元", "号", "弄", "幢", "栋", "座", "室", "户", "层", "楼", "房", "组", "门", "铺"];
/// A single one of these is an address.
const HOUSE: &[&str] = &["号", "弄", "幢", "栋", "号楼", "号院", "室"];
/// A number of something else.
const OTHER: &[&str] = &["线", "窗", "文", "令", "公告", "通告", "通知", "柜", "机", "政", "岗"];

/// The end of a number here: digits or Chinese numerals, with letters and hyphens inside.
fn number(s: &Script, at: usize) -> Option<usize> {
    let digit = |c: char| c.is_ascii_digit() || "零〇一二三四五六七八九十百千".contains(c);
    let mut end = at;
    while s.at(end).is_some_and(|c| digit(c) || (end > at && (c == '-' || c == '之' || c == '—'))) {
        end += 1;
    }
    while end < at + 8 && s.at(end).is_some_and(|c| c.is_ascii_alphanumeric()) {
        end += 1;
    }
    let only_letters = s.chars.get(at..end).unwrap_or_default().iter().all(|c| c.is_ascii_alphabetic());
    (end > at && !(only_letters && end - at > 2)).then_some(end)
}

/// Addresses with a house number.
pub fn find(s: &Script, found: &mut Vec<Span>) {
    let mut at = 0;
    while at < s.chars.len() {
        match address(s, at) {
            Some(end) => {
                let (from, to) = s.original(at, end);
                found.push(Span::new(Kind::Address, from, to));
                at = end;
            }
            None => at += 1,
        }
    }
}

/// The end of an address whose numbers begin here.
fn address(s: &Script, at: usize) -> Option<usize> {
    // Only at the beginning of a number.
    let inside = |c: char| c.is_ascii_alphanumeric() || "零〇一二三四五六七八九十百千-".contains(c);
    if s.before(at).is_some_and(inside) {
        return None;
    }
    let road = s.ends_with_any(at, ROADS).is_some();
    let (mut end, mut units, mut house) = (at, 0, false);
    while let Some(number) = number(s, end) {
        let Some(unit) = s.begins_with_any(number, UNITS) else {
            // “3幢1单元501”: the last number may go without a unit.
            if units > 0 && number - end >= 3 {
                (end, units) = (number, units + 1);
            }
            break;
        };
        house |= HOUSE.iter().any(|h| s.says(number, h));
        (end, units) = (number + unit, units + 1);
        // “2号，3幢” goes on.
        if s.at(end).is_some_and(|c| matches!(c, ',' | '，' | '-')) && number_and_unit(s, end + 1) {
            end += 1;
        }
    }
    let other = s.begins_with_any(end, OTHER).is_some();
    (house && ((road && !other) || units > 1)).then_some(end)
}

fn number_and_unit(s: &Script, at: usize) -> bool {
    number(s, at).is_some_and(|end| s.begins_with_any(end, UNITS).is_some())
}
