//! Masking (脱敏) of personal data for lists, logs and screens that others can see.
//!
//! Every function is total: it accepts any string and, where in doubt, hides all of it. Empty
//! stays empty, so that a missing value is seen to be missing.

const STAR: &str = "*";
const MAX_NAME_STARS: usize = 4;
const MAX_ADDRESS_PREFIX: usize = 12;
const HIDDEN: &str = "****";

/// Keeps the first character of a name: `张斌辉` becomes `张**`.
///
/// A name of one character is hidden altogether; of a long one only four stars are shown.
pub fn name(s: &str) -> String {
    let mut chars = s.trim().chars();
    match (chars.next(), chars.clone().count()) {
        (None, _) => String::new(),
        (Some(_), 0) => STAR.to_owned(),
        (Some(first), rest) => format!("{first}{}", STAR.repeat(rest.min(MAX_NAME_STARS))),
    }
}

/// Keeps three digits before and four after: `13812345678` becomes `138****5678`.
///
/// Of shorter numbers two and two are kept, as long as four characters stay hidden.
pub fn phone(s: &str) -> String {
    let s = s.trim();
    match s.chars().count() {
        11.. => keep_ends(s, 3, 4),
        8..=10 => keep_ends(s, 2, 2),
        _ => keep_ends(s, 0, 0),
    }
}

/// Keeps the first three and the last two characters of an identity number (the province and
/// half of the city, neither birth date nor the whole division). Documents shorter than the old
/// 15-digit numbers, such as passports, are hidden altogether.
pub fn id_number(s: &str) -> String {
    let s = s.trim();
    match s.chars().count() {
        15.. => keep_ends(s, 3, 2),
        _ => keep_ends(s, 0, 0),
    }
}

/// Keeps an address up to the first 市, 区 or 县: `广安市广安区北辰街道1号` becomes `广安市****`.
///
/// An address without one in its first 12 characters is hidden altogether.
pub fn address(s: &str) -> String {
    let s = s.trim();
    if s.is_empty() {
        return String::new();
    }
    let mut previous = None;
    let mut kept = String::new();
    for c in s.chars().take(MAX_ADDRESS_PREFIX) {
        kept.push(c);
        match (previous.replace(c), c) {
            // Housing estates, communities and shops are no divisions: they tell the place.
            (Some('小' | '社'), '区') | (Some('超' | '菜'), '市') => break,
            (Some(_), '市' | '区' | '县') => return kept + HIDDEN,
            _ => {}
        }
    }
    HIDDEN.to_owned()
}

/// Replaces all but `head` and `tail` characters by one star each.
fn keep_ends(s: &str, head: usize, tail: usize) -> String {
    let tail_start = s.chars().count().saturating_sub(tail);
    s.chars().enumerate().map(|(i, c)| if i < head || i >= tail_start { c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_names() {
        for (plain, masked) in [
            ("张斌辉", "张**"),
            ("张三", "张*"),
            ("张", "*"),
            (" 张三 ", "张*"),
            ("欧阳娜娜", "欧***"),
            ("买买提·阿不都拉", "买****"),
            ("𠮷田", "𠮷*"),
            ("", ""),
            (" ", ""),
        ] {
            assert_eq!(name(plain), masked);
        }
    }

    #[test]
    fn masks_phones() {
        for (plain, masked) in [
            ("13812345678", "138****5678"),
            ("0826-2345678", "082*****5678"),
            ("23456789", "23****89"),
            ("4001234567", "40******67"),
            ("2345678", "*******"),
            ("12345", "*****"),
            ("１３８１２３４５６７８", "１３８****５６７８"),
            ("", ""),
        ] {
            assert_eq!(phone(plain), masked);
        }
    }

    #[test]
    fn masks_identity_numbers() {
        for (plain, masked) in
            [("11010519491231002X", "110*************2X"), ("110105491231002", "110**********02"), ("E12345678", "*********"), ("身份", "**"), ("", "")]
        {
            assert_eq!(id_number(plain), masked);
        }
    }

    #[test]
    fn masks_addresses() {
        for (plain, masked) in [
            ("广安市广安区北辰街道1号", "广安市****"),
            ("四川省广安市广安区北辰街道1号", "四川省广安市****"),
            ("江门市台山市台城街道", "江门市****"),
            ("如东县掘港街道", "如东县****"),
            ("市中区民主路1号", "市中区****"),
            ("阳光小区3幢101室", "****"),
            ("红旗社区南通市场旁", "****"),
            ("民主路1号", "****"),
            ("一二三四五六七八九十甲市", "一二三四五六七八九十甲市****"),
            ("一二三四五六七八九十甲乙市", "****"),
            ("市", "****"),
            ("", ""),
        ] {
            assert_eq!(address(plain), masked);
        }
    }
}
