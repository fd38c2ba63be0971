//! Numbers that lead to a person: identity, telephone, card, licence plate; and addresses and accounts of the net.

use chrono::NaiveDate;

use super::{Known, PersonalKind as Kind, Span, script::Script};
use crate::kernel::{citizen_id, credit_code};

/// Digits without anything between them.
#[derive(Clone, Copy)]
struct Group {
    from: usize,
    to: usize,
}

/// What people put between the digits of one number.
fn separates(c: char) -> bool {
    matches!(c, ' ' | '-' | '—' | '–' | '‐' | '−' | '.' | '·' | '_' | '/' | '(' | ')' | '+' | '*')
}

/// So many separators may follow each other.
const GAP: usize = 3;

/// Rows of groups that may be one number together.
fn runs(s: &Script) -> Vec<Vec<Group>> {
    let mut runs: Vec<Vec<Group>> = Vec::new();
    let mut at = 0;
    while let Some(c) = s.at(at) {
        if !c.is_ascii_digit() {
            at += 1;
            continue;
        }
        let length = s.chars.get(at..).unwrap_or_default().iter().take_while(|c| c.is_ascii_digit()).count();
        let group = Group { from: at, to: at + length };
        let near = |last: &Group| (last.to..at).all(|i| s.at(i).is_some_and(separates)) && at - last.to <= GAP;
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(near) => run.push(group),
            _ => runs.push(vec![group]),
        }
        at = group.to;
    }
    runs
}

/// Numbers of digits.
pub fn find(s: &Script, found: &mut Vec<Span>) {
    for run in runs(s) {
        let mut first = 0;
        while let Some(group) = run.get(first) {
            match number(s, &run, first) {
                Some((kind, last, to)) => {
                    push(s, found, kind, group.from, to);
                    first = last + 1;
                }
                None => first += 1,
            }
        }
    }
}

fn push(s: &Script, found: &mut Vec<Span>, kind: Kind, from: usize, to: usize) {
    let (from, to) = s.original(from, to);
    found.push(Span::new(kind, from, to));
}

/// The longest number that begins with this group: its kind, its last group, and where it ends.
fn number(s: &Script, run: &[Group], first: usize) -> Option<(Kind, usize, usize)> {
    let group = *run.get(first)?;
    let mut digits = String::new();
    let mut best = None;
    for (last, g) in run.iter().enumerate().skip(first) {
        digits.extend(s.chars.get(g.from..g.to).unwrap_or_default());
        if digits.len() > 21 {
            break;
        }
        let groups = run.get(first..=last).unwrap_or_default();
        if let Some((kind, to)) = whole(s, &digits, groups) {
            best = Some((kind, last, to));
        }
    }
    // A long row of digits that is none of these is still somebody's.
    let long = group.to - group.from >= 11 && !counted(s, group.to) && !in_code(s, group) && !of_an_organ(s, group.from, group.to);
    best.or_else(|| long.then_some((Kind::LongNumber, first, group.to)))
}

/// The credit code of an organ or a public institution, which may be named like itself, and the code of a division.
fn of_an_organ(s: &Script, from: usize, to: usize) -> bool {
    let text: String = s.chars.get(from..to).unwrap_or_default().iter().collect();
    let division = text.len() == 12 && text.ends_with("000") && in_china(&text);
    division || (text.starts_with('1') && credit_code::check(&text).is_ok())
}

/// A part of a code such as an item's: hyphens join it with other parts.
fn in_code(s: &Script, group: Group) -> bool {
    let part = |i: Option<usize>| i.and_then(|i| s.at(i)).is_some_and(|c| c.is_ascii_alphanumeric());
    (s.before(group.from) == Some('-') && part(group.from.checked_sub(2))) || (s.at(group.to) == Some('-') && part(Some(group.to + 1)))
}

/// Money and measures are no telephone numbers.
fn counted(s: &Script, end: usize) -> bool {
    s.at(end).is_some_and(|c| "元万亿吨平亩㎡米立公千".contains(c))
}

/// What these digits are as a whole.
fn whole(s: &Script, digits: &str, groups: &[Group]) -> Option<(Kind, usize)> {
    let (first, last) = (groups.first()?, groups.last()?);
    // “511A0900300013” is a part of a code.
    let apart = !s.before(first.from).is_some_and(|c| c.is_ascii_alphabetic());
    let starts = |set: &str| digits.chars().next().is_some_and(|c| set.contains(c));
    let national = ["0086", "86"].iter().find_map(|p| digits.strip_prefix(p)).filter(|n| n.len() == 11);
    let mobile = |n: &str| n.len() == 11 && n.starts_with('1') && !n.starts_with("10") && !n.starts_with("11") && !n.starts_with("12");
    match digits.len() {
        17 => {
            let x = (last.to..last.to + 2).find(|i| s.at(*i) == Some('X'))?;
            (x == last.to || s.at(last.to).is_some_and(separates)).then_some(())?;
            identity(&format!("{digits}X")).then_some((Kind::CitizenId, x + 1))
        }
        18 if identity(digits) => Some((Kind::CitizenId, last.to)),
        15 if groups.len() == 1 && old_identity(digits) => Some((Kind::CitizenId, last.to)),
        _ if mobile(digits) && !counted(s, last.to) && (groups.len() == 1 || apart) => Some((Kind::Mobile, last.to)),
        _ if national.is_some_and(mobile) => Some((Kind::Mobile, last.to)),
        10..=12 if apart && digits.starts_with('0') && !digits.starts_with("00") && landline(groups) => Some((Kind::Landline, last.to)),
        7..=12 if groups.len() <= 3 && after_telephone(s, first.from) && !toll_free(digits) => Some((Kind::Landline, last.to)),
        16..=19 if starts("34569") && luhn(digits) && by_fours(groups) => Some((Kind::BankCard, last.to)),
        _ => None,
    }
}

/// By its check digit, or by the birth date alone: who mistypes one digit of a number has still named a person.
fn identity(text: &str) -> bool {
    let today = NaiveDate::from_ymd_opt(2999, 12, 31).unwrap_or_default();
    citizen_id::check(text, today).is_ok() || (in_china(text) && date(text.get(6..14).unwrap_or_default()))
}

fn old_identity(text: &str) -> bool {
    in_china(text) && date(&format!("19{}", text.get(6..12).unwrap_or_default()))
}

fn in_china(text: &str) -> bool {
    text.get(..2).and_then(|p| p.parse::<u8>().ok()).is_some_and(|p| (11..=82).contains(&p))
}

fn date(text: &str) -> bool {
    (text.starts_with("19") || text.starts_with("20")) && NaiveDate::parse_from_str(text, "%Y%m%d").is_ok()
}

/// Area code and number, apart or together.
fn landline(groups: &[Group]) -> bool {
    let length = |g: &Group| g.to - g.from;
    match groups {
        [_] => true,
        [area, rest @ ..] => matches!(length(area), 3 | 4) && matches!(rest.iter().map(length).sum::<usize>(), 7 | 8),
        [] => false,
    }
}

/// Lines of an organisation that everybody may call.
fn toll_free(digits: &str) -> bool {
    digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"))
}

fn by_fours(groups: &[Group]) -> bool {
    let Some((last, head)) = groups.split_last() else { return false };
    head.iter().all(|g| g.to - g.from == 4) && (head.is_empty() || last.to - last.from <= 7)
}

fn luhn(digits: &str) -> bool {
    let value = |(i, d): (usize, u32)| if i % 2 == 1 { (d * 2) / 10 + (d * 2) % 10 } else { d };
    digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate().map(value).sum::<u32>().is_multiple_of(10)
}

const TELEPHONE: &[&str] = &["电话", "手机", "座机", "固话", "联系方式", "号码", "电话号码", "手机号", "传真", "TEL", "PHONE", "致电", "拨打"];

/// Blanks and marks between a cue and what it announces.
fn announced(s: &Script, mut at: usize, filler: &str) -> usize {
    while s.before(at).is_some_and(|c| c == ' ' || filler.contains(c)) {
        at -= 1;
    }
    at
}

fn after_telephone(s: &Script, at: usize) -> bool {
    s.ends_with_any(announced(s, at, ":：是为(（=、,，"), TELEPHONE).is_some()
}

/// Codes of letters and digits; the script has no blanks.
pub fn find_codes(s: &Script, found: &mut Vec<Span>) {
    let mut at = 0;
    while let Some(c) = s.at(at) {
        if !c.is_ascii_alphanumeric() {
            if c == '@' {
                email(s, at, found);
            }
            if PROVINCES.contains(c) {
                plate(s, at, found);
            }
            at += 1;
            continue;
        }
        let length = s.chars.get(at..).unwrap_or_default().iter().take_while(|c| c.is_ascii_alphanumeric()).count();
        code(s, at, at + length, found);
        at += length;
    }
    messengers(s, found);
}

fn code(s: &Script, from: usize, to: usize, found: &mut Vec<Span>) {
    let text: String = s.chars.get(from..to).unwrap_or_default().iter().collect();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    // A credit code, also one that touches other letters.
    for start in 0..=text.len().saturating_sub(18) {
        if text.get(start..start + 18).is_some_and(|part| credit_code::check(part).is_ok() && !part.starts_with('1')) {
            push(s, found, Kind::CreditCode, from + start, from + start + 18);
        }
    }
    let letters: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    let rest = text.get(letters.len()..).unwrap_or_default();
    let numeric = rest.len() == digits;
    let document = match (letters.as_str(), digits) {
        (one, 8) if one.len() == 1 && "EGDSPHMTCKRLW".contains(one) => numeric,
        (two, 7) if two.len() == 2 && two.starts_with('E') => numeric,
        ("H" | "M" | "HA" | "MA", 10) => numeric,
        (three, 12) if three.len() == 3 => numeric,
        _ => false,
    };
    let cue = announced(s, from, ":：是为(（=");
    let announced = s.ends_with_any(cue, DOCUMENT).is_some() && (6..=20).contains(&text.len()) && digits >= 4;
    if document || announced {
        push(s, found, Kind::TravelDocument, from, to);
    } else if !letters.is_empty() && text.len() >= 15 && digits >= 10 && !of_an_organ(s, from, to) {
        push(s, found, Kind::LongNumber, from, to);
    }
}

const DOCUMENT: &[&str] = &[
    "护照",
    "护照号",
    "护照号码",
    "通行证",
    "通行证号",
    "证件号",
    "证件号码",
    "身份证",
    "身份证号",
    "身份证号码",
    "居住证号",
    "军官证",
    "军官证号",
    "士兵证号",
    "驾驶证号",
    "社保卡号",
    "医保卡号",
];
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领";

fn plate(s: &Script, at: usize, found: &mut Vec<Span>) {
    if !s.at(at + 1).is_some_and(|c| c.is_ascii_uppercase()) {
        return;
    }
    let start = if s.at(at + 2).is_some_and(separates) { at + 3 } else { at + 2 };
    let body = s.chars.get(start..).unwrap_or_default().iter().take_while(|c| c.is_ascii_alphanumeric()).count();
    let closed = s.at(start + body).is_some_and(|c| "挂学警港澳".contains(c));
    let digits = s.chars.get(start..start + body).unwrap_or_default().iter().filter(|c| c.is_ascii_digit()).count();
    if digits >= 2 && (matches!(body, 5 | 6) || (body == 4 && closed)) {
        push(s, found, Kind::Plate, at, start + body + usize::from(closed));
    }
}

fn email(s: &Script, at: usize, found: &mut Vec<Span>) {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let before = s.chars.get(..at).unwrap_or_default().iter().rev().take_while(|c| part(**c)).count();
    let after = s.chars.get(at + 1..).unwrap_or_default().iter().take_while(|c| part(**c)).count();
    if before > 0 && after > 0 {
        push(s, found, Kind::Email, at - before, at + 1 + after);
    }
}

const MESSENGERS: &[&str] = &["微信", "薇信", "V信", "WECHAT", "WEIXIN", "VX", "WX", "QQ", "扣扣", "抖音", "支付宝", "钉钉"];

fn messengers(s: &Script, found: &mut Vec<Span>) {
    for at in 0..s.chars.len() {
        let Some(cue) = s.begins_with_any(at, MESSENGERS) else { continue };
        let latin = s.at(at).is_some_and(|c| c.is_ascii_alphabetic()) && s.before(at).is_some_and(|c| c.is_ascii_alphanumeric());
        let mut start = at + cue;
        while s.at(start).is_some_and(|c| "号码账帐户同ID:：是为(（=,，".contains(c)) && start < at + cue + 8 {
            start += 1;
        }
        let part = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let length = s.chars.get(start..).unwrap_or_default().iter().take_while(part).count();
        if (5..=30).contains(&length) && !latin {
            push(s, found, Kind::Messenger, start, start + length);
        }
    }
}

/// Numbers that the record knows, however they are written.
pub fn known(s: &Script, known: &Known, found: &mut Vec<Span>) {
    for number in &known.numbers {
        let number: Vec<char> = Script::dense(number).chars.into_iter().filter(|c| !separates(*c)).collect();
        if number.len() < 6 {
            continue;
        }
        for at in 0..s.chars.len() {
            if let Some(end) = spelled(s, at, &number) {
                let (from, to) = s.original(at, end);
                let digits = number.iter().filter(|c| c.is_ascii_digit()).count();
                let kind = match (number.len(), digits == number.len()) {
                    (11, true) if number.first() == Some(&'1') => Kind::Mobile,
                    (7..=12, true) => Kind::Landline,
                    (18, _) if credit_code::check(&number.iter().collect::<String>()).is_ok() => Kind::CreditCode,
                    (15 | 18, _) => Kind::CitizenId,
                    _ => Kind::TravelDocument,
                };
                found.push(Span { known: true, ..Span::new(kind, from, to) });
            }
        }
    }
}

/// Where these characters end, if they stand here with nothing but separators between them.
fn spelled(s: &Script, mut at: usize, number: &[char]) -> Option<usize> {
    for (i, c) in number.iter().enumerate() {
        let from = at;
        while i > 0 && s.at(at).is_some_and(separates) && at - from < GAP {
            at += 1;
        }
        if s.at(at) != Some(*c) {
            return None;
        }
        at += 1;
    }
    Some(at)
}
