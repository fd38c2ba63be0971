//! Numbers and addresses however they are spelled: with blanks, dots and line breaks between them, in full-width or Chinese
//! digits, an address without its beginning or its end. Pure.

use std::ops::Range;

/// A character made comparable.
#[derive(Clone, Copy)]
struct Glyph {
    c: char,
    /// Where it stands in the text.
    at: usize,
    /// It was written as a Chinese numeral.
    numeral: bool,
}

/// What is put between the parts of one number or address, and means nothing.
fn separates(c: char) -> bool {
    !c.is_alphanumeric() && !"，,。；;！!？?：:“”\"《》〈〉".contains(c)
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '①'..='⑨' => char::from_u32(u32::from(c) - 0x2460 + u32::from('1')).unwrap_or(c),
        c => c.to_ascii_uppercase(),
    }
}

fn digit(c: char) -> Option<u32> {
    let one = |of: &[char]| of.contains(&c);
    Some(match c {
        _ if one(&['零', '〇', '○']) => 0,
        _ if one(&['一', '壹']) => 1,
        _ if one(&['二', '贰']) => 2,
        _ if one(&['三', '叁']) => 3,
        _ if one(&['四', '肆']) => 4,
        _ if one(&['五', '伍']) => 5,
        _ if one(&['六', '陆']) => 6,
        _ if one(&['七', '柒']) => 7,
        _ if one(&['八', '捌']) => 8,
        _ if one(&['九', '玖']) => 9,
        _ => return None,
    })
}

fn power(c: char) -> Option<u32> {
    match c {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1_000),
        _ => None,
    }
}

/// “九”, “二〇一” and “二百零一” as digits, each where the whole begins or ends.
fn numerals(run: &[Glyph], out: &mut Vec<Glyph>) {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
    if !run.iter().any(|g| power(g.c).is_some()) {
        let digits = run.iter().filter_map(|g| Some(Glyph { c: char::from_digit(digit(g.c)?, 10)?, numeral: true, ..*g }));
        return out.extend(digits);
    }
    let (mut sum, mut open) = (0_u32, None);
    for g in run {
        match power(g.c) {
            Some(power) => sum = sum.saturating_add(open.take().unwrap_or(1) * power),
            None => open = digit(g.c),
        }
    }
    let digits = sum.saturating_add(open.unwrap_or(0)).to_string();
    let end = digits.len() - 1;
    out.extend(digits.chars().enumerate().map(|(i, c)| Glyph { c, at: if i == end { last.at } else { first.at }, numeral: true }));
}

fn script(text: &str) -> Vec<Glyph> {
    let all = text.chars().enumerate().map(|(at, c)| Glyph { c: narrow(c), at, numeral: false });
    let all: Vec<Glyph> = all.filter(|g| !separates(g.c)).collect();
    let mut out: Vec<Glyph> = Vec::with_capacity(all.len());
    let mut rest = all.as_slice();
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|g| digit(g.c).is_some() || power(g.c).is_some()).count();
        let (now, later) = rest.split_at(run.max(1));
        if run > 0 {
            numerals(now, &mut out)
        } else {
            out.push(*first)
        }
        rest = later;
    }
    // “139，1234，7766” is one number, and “路，9号” is not one address.
    let mut dense: Vec<Glyph> = Vec::with_capacity(out.len());
    for (i, g) in out.iter().enumerate() {
        let between = dense.last().is_some_and(|g| g.c.is_ascii_digit()) && out.get(i + 1).is_some_and(|g| g.c.is_ascii_digit());
        if !(between && matches!(g.c, ',' | '，')) {
            dense.push(*g);
        }
    }
    dense
}

fn says(text: &[Glyph], at: usize, words: &[Glyph]) -> bool {
    text.get(at..at + words.len()).is_some_and(|there| there.iter().zip(words).all(|(a, b)| a.c == b.c))
}

fn stretch(text: &[Glyph], from: usize, to: usize) -> Option<Range<usize>> {
    Some(text.get(from)?.at..text.get(to.checked_sub(1)?)?.at + 1)
}

/// The units that go on from a house number, the longer first.
const UNITS: [&str; 13] = ["单元", "号楼", "号", "弄", "幢", "栋", "座", "室", "户", "层", "楼", "门", "组"];

/// How far further numbers with a unit go on from here: “8栋201室”.
fn units(text: &[Glyph], known: usize) -> usize {
    // What is known may end with a number whose unit is said otherwise: “8幢” and “8栋”.
    let begun = text.get(..known).unwrap_or_default().iter().rev().take_while(|g| g.c.is_ascii_digit()).count();
    let mut at = known - begun;
    loop {
        let digits = text.get(at..).unwrap_or_default().iter().take_while(|g| g.c.is_ascii_digit()).count();
        let unit = UNITS.iter().find(|unit| unit.chars().enumerate().all(|(i, c)| text.get(at + digits + i).is_some_and(|g| g.c == c)));
        match unit.filter(|_| digits > 0) {
            Some(unit) => at += digits + unit.chars().count(),
            None => return at.max(known),
        }
    }
}

fn han(c: char) -> bool {
    c.is_alphanumeric() && !c.is_ascii()
}

/// The least that names a road before its number.
const ROAD: usize = 2;

/// Where the common stretch of an address and a text tells a house: it holds a whole number, and the end of the road's name
/// before it.
fn telling(address: &[Glyph], (from, to): (usize, usize), text: &[Glyph], end: usize) -> bool {
    (from + ROAD..to).any(|at| {
        let digits = address.get(at..).unwrap_or_default().iter().take_while(|g| g.c.is_ascii_digit()).count();
        let named = address.get(at - ROAD..at).is_some_and(|road| road.iter().all(|g| han(g.c)));
        if digits == 0 || !named || at + digits > to {
            return false;
        }
        // “9” of “98号” is another house; “9 一带” and “9 8幢” are not.
        let (last, next) = (text.get(end.wrapping_sub(1)), text.get(end));
        let longer = last.zip(next).is_some_and(|(a, b)| b.c.is_ascii_digit() && a.numeral == b.numeral && b.at == a.at + 1);
        at + digits < to || !longer
    })
}

/// Where a number stands in a text.
pub fn number(number: &str, text: &str) -> Vec<Range<usize>> {
    let (wanted, text) = (script(number), script(text));
    if wanted.is_empty() {
        return Vec::new();
    }
    (0..text.len()).filter(|at| says(&text, *at, &wanted)).filter_map(|at| stretch(&text, at, at + wanted.len())).collect()
}

/// Where an address, or what of it tells the house, stands in a text.
pub fn address(address: &str, text: &str) -> Vec<Range<usize>> {
    let (wanted, text) = (script(address), script(text));
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let common = |from: usize| wanted.iter().skip(from).zip(text.iter().skip(at)).take_while(|(a, b)| a.c == b.c).count();
        let lengths = (0..wanted.len()).map(|from| (from, common(from)));
        let best = lengths.filter(|(from, n)| telling(&wanted, (*from, from + n), &text, at + n)).max_by_key(|(_, n)| *n);
        match best {
            Some((_, length)) => {
                let end = units(&text, at + length);
                found.extend(stretch(&text, at, end));
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Whether these words are a part of the address, however they are spelled.
pub fn within(part: &str, address: &str) -> bool {
    let (part, address) = (script(part), script(address));
    !part.is_empty() && (0..address.len()).any(|at| says(&address, at, &part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ADDRESS: &str = "如东县掘港街道秘藏路9号18幢201室";

    fn without(text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for range in address(ADDRESS, text).into_iter().rev() {
            chars.splice(range, "※".chars());
        }
        chars.into_iter().collect()
    }

    #[test]
    fn an_address_in_part_is_found() {
        for said in [
            ADDRESS,
            "掘港街道秘藏路9号",
            "秘藏路9号18幢",
            "秘藏路 9 号 18 幢 201 室",
            "秘藏路九号十八幢二〇一室",
            "秘藏路９号１８幢",
            "秘藏路9号\n18幢",
            "秘藏路9号18栋203室",
            "藏路9号",
        ] {
            assert_eq!(without(&format!("住{said}，来电")), "住※，来电", "{said}");
        }
        assert_eq!(without("秘藏路9一带"), "※一带");
        for other in ["秘藏路98号", "如东县掘港街道", "人民路9号18幢", "9号18幢", "去了9次，18天，201人", "秘藏路积水", "第九号窗口"]
        {
            assert_eq!(without(other), other);
        }
    }

    #[test]
    fn a_number_is_found_through_what_parts_it() {
        for said in ["13912347766", "139・1234・7766", "139\n1234\n7766", "139，1234，7766", "１３９ 1234·7766", "一三九一二三四七七六六"] {
            let found = number("13912347766", &format!("打{said}找我"));
            assert_eq!((found.len(), found.first()), (1, Some(&(1..1 + said.chars().count()))), "{said}");
        }
        assert!(number("13912347766", "13912347767").is_empty() && number("", "1").is_empty());
    }

    const NUMERALS: [&str; 10] = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

    proptest! {
        #[test]
        fn no_spelling_shows_the_house(
            begin in 0_usize..8,
            end in 11_usize..=19,
            forms in proptest::collection::vec(0_u8..3, 19),
            gaps in proptest::collection::vec(proptest::sample::select(vec!["", "", " ", "　", "・", "\n", "-"]), 19),
        ) {
            let chars: Vec<char> = ADDRESS.chars().collect();
            let mut said = String::from("住在");
            for at in begin..end.min(chars.len()) {
                let c = chars[at];
                match (c.to_digit(10), forms[at]) {
                    (Some(d), 1) => said.push(char::from_u32(u32::from('０') + d).unwrap_or(c)),
                    (Some(d), 2) => said.push_str(NUMERALS[d as usize]),
                    _ => said.push(c),
                }
                said.push_str(gaps[at]);
            }
            said.push_str("的人");
            let left = without(&said);
            prop_assert!(left.contains('※') && !left.contains("秘藏") && !left.contains('秘'), "{} -> {}", said, left);
        }

        #[test]
        fn ordinary_words_stay(words in "[我你他在路号街幢区县办事材料窗口一二三0-9，。 ]{0,40}") {
            prop_assert_eq!(without(&words), words);
        }
    }
}
