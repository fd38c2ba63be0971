//! Masking (脱敏) of personal data for lists, logs and screens that others can see. Who sees what masked is said by the
//! policy table; how much of it stays readable, by a deployment's [`Masking`].
//!
//! Every function is total: it accepts any string and, where in doubt, hides all of it. Empty
//! stays empty, so that a missing value is seen to be missing.

use serde::{Deserialize, Serialize};

const STAR: &str = "*";
const MAX_NAME_STARS: usize = 4;
const MAX_ADDRESS_PREFIX: usize = 12;
const HIDDEN: &str = "****";

/// What of a person stays readable where their data is masked: the policy of one deployment, from its configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masking {
    /// Of a name.
    pub name: NameMask,
    /// Of a telephone number of eleven digits or more; of shorter ones at most two and two.
    pub phone: Ends<3, 4>,
    /// Of an identity number. The default keeps the province and half of the city, neither birth date nor whole division.
    pub id_number: Ends<3, 2>,
    /// Of an address.
    pub address: AddressMask,
}

/// What of a name is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameMask {
    /// The first character: `张斌辉` becomes `张**`.
    #[default]
    First,
    /// The last character: `张斌辉` becomes `**辉`.
    Last,
    /// Nothing.
    Hidden,
}

/// What of an address is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressMask {
    /// Up to the first 市, 区 or 县: `广安市广安区北辰街道1号` becomes `广安市****`.
    #[default]
    Division,
    /// Nothing.
    Hidden,
}

/// How many characters stay before and after what is hidden, written `3+4`. The parameters are the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ends<const HEAD: usize, const TAIL: usize> {
    head: usize,
    tail: usize,
}

/// At least four of eleven digits stay hidden.
const MOST_KEPT: usize = 7;

impl<const HEAD: usize, const TAIL: usize> Default for Ends<HEAD, TAIL> {
    fn default() -> Self {
        Self { head: HEAD, tail: TAIL }
    }
}

impl<const HEAD: usize, const TAIL: usize> From<Ends<HEAD, TAIL>> for String {
    fn from(ends: Ends<HEAD, TAIL>) -> Self {
        format!("{}+{}", ends.head, ends.tail)
    }
}

impl<const HEAD: usize, const TAIL: usize> TryFrom<String> for Ends<HEAD, TAIL> {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "how many characters to keep, such as 3+4: together 7 at most";
        let (head, tail) = text.split_once('+').ok_or(wrong)?;
        let (head, tail) = (head.parse().map_err(|_| wrong)?, tail.parse().map_err(|_| wrong)?);
        if head > MOST_KEPT || tail > MOST_KEPT || head + tail > MOST_KEPT { Err(wrong) } else { Ok(Self { head, tail }) }
    }
}

impl Masking {
    /// A name. One of one character is hidden altogether; of a long one only four stars are shown.
    pub fn name(&self, s: &str) -> String {
        let s = s.trim();
        let stars = |n: usize| STAR.repeat(n.min(MAX_NAME_STARS));
        match (s.chars().count(), self.name) {
            (0, _) => String::new(),
            // Not even how long it is.
            (_, NameMask::Hidden) => stars(3),
            (n, NameMask::First) if n > 1 => s.chars().take(1).collect::<String>() + &stars(n - 1),
            (n, NameMask::Last) if n > 1 => stars(n - 1) + &s.chars().skip(n - 1).collect::<String>(),
            (n, _) => stars(n),
        }
    }

    /// A telephone number: `13812345678` becomes `138****5678`. One of seven digits or fewer is hidden altogether.
    pub fn phone(&self, s: &str) -> String {
        let (s, Ends { head, tail }) = (s.trim(), self.phone);
        match s.chars().count() {
            11.. => keep_ends(s, head, tail),
            8..=10 => keep_ends(s, head.min(2), tail.min(2)),
            _ => keep_ends(s, 0, 0),
        }
    }

    /// An identity number. Documents shorter than the old 15-digit numbers, such as passports, are hidden altogether.
    pub fn id_number(&self, s: &str) -> String {
        let (s, Ends { head, tail }) = (s.trim(), self.id_number);
        match s.chars().count() {
            15.. => keep_ends(s, head, tail),
            _ => keep_ends(s, 0, 0),
        }
    }

    /// An address. One without a division in its first 12 characters is hidden altogether.
    pub fn address(&self, s: &str) -> String {
        let s = s.trim();
        if s.is_empty() {
            return String::new();
        }
        let mut previous = None;
        let mut kept = String::new();
        for c in s.chars().take(if self.address == AddressMask::Division { MAX_ADDRESS_PREFIX } else { 0 }) {
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
            assert_eq!(Masking::default().name(plain), masked);
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
            assert_eq!(Masking::default().phone(plain), masked);
        }
    }

    #[test]
    fn masks_identity_numbers() {
        for (plain, masked) in
            [("11010519491231002X", "110*************2X"), ("110105491231002", "110**********02"), ("E12345678", "*********"), ("身份", "**"), ("", "")]
        {
            assert_eq!(Masking::default().id_number(plain), masked);
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
            assert_eq!(Masking::default().address(plain), masked);
        }
    }

    #[test]
    fn a_deployment_keeps_less() {
        let strict: Masking = serde_json::from_value(serde_json::json!({ "name": "last", "phone": "0+4", "id_number": "0+0", "address": "hidden" })).unwrap();
        assert_eq!(strict.name("张斌辉"), "**辉");
        assert_eq!(strict.name("张"), "*");
        assert_eq!(strict.phone("13812345678"), "*******5678");
        assert_eq!(strict.phone("23456789"), "******89");
        assert_eq!(strict.id_number("11010519491231002X"), "******************");
        assert_eq!(strict.address("如东县掘港街道"), "****");
        let hidden = Masking { name: NameMask::Hidden, ..Masking::default() };
        assert_eq!((hidden.name("张"), hidden.name("欧阳娜娜"), hidden.name("")), ("***".into(), "***".into(), String::new()));
        for wrong in ["3+5", "34", "-1+4", "x+1", "8+0", "18446744073709551615+1"] {
            assert!(serde_json::from_value::<Masking>(serde_json::json!({ "phone": wrong })).is_err(), "{wrong}");
        }
    }
}
