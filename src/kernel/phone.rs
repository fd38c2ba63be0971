//! Telephone numbers of the Chinese mainland (national numbering plan, 电信网编号计划).

use thiserror::Error;

/// The string is not a telephone number of the mainland. The number itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a telephone number of the Chinese mainland")]
pub struct PhoneError;

/// Accepts mobiles (`13812345678`), landlines (`0826-2345678`, `01012345678`, `0826-2345678-801`),
/// five-digit service numbers (`12345`) and 400/800 numbers (`400-123-4567`, `4001234567`), each with or without `+86`.
///
/// The hyphens of a landline tell the extension apart, so check before [`normalize`].
pub fn check(s: &str) -> Result<(), PhoneError> {
    let s = s.strip_prefix("+86").map_or(s, |national| national.trim_start_matches([' ', '-']));
    if is_mobile(s) || is_landline(s) || is_short_number(s) || is_toll_free(s) { Ok(()) } else { Err(PhoneError) }
}

/// The form to store and compare: no blanks, no hyphens, no leading `+86`.
///
/// Total: what is no telephone number comes back as stripped, unchecked.
pub fn normalize(s: &str) -> String {
    let bare: String = s.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    match bare.strip_prefix("+86") {
        Some(national) => national.to_owned(),
        None => bare,
    }
}

/// The last four digits, by which a caller is recognised; none where there are no four digits.
pub fn last4(s: &str) -> Option<String> {
    let number = normalize(s);
    let tail = number.get(number.len().checked_sub(4)?..)?;
    is_digits(tail).then(|| tail.to_owned())
}

fn is_digits(s: &str) -> bool {
    s.bytes().all(|b| b.is_ascii_digit())
}

/// `1[3-9]\d{9}`
fn is_mobile(s: &str) -> bool {
    s.len() == 11 && is_digits(s) && matches!(s.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// `0[1-9]\d{1,2}-?\d{7,8}(-\d{1,6})?`; 00 begins an international call, never an area code.
fn is_landline(s: &str) -> bool {
    if !matches!(s.as_bytes(), [b'0', b'1'..=b'9', ..]) {
        return false;
    }
    let mut parts = s.split('-');
    let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if parts.next().is_some() || !s.split('-').all(is_digits) {
        return false;
    }
    let split = matches!(first.len(), 3 | 4) && second.is_some_and(|n| matches!(n.len(), 7 | 8));
    let joined = matches!(first.len(), 10..=12) && third.is_none();
    let extension = if split { third } else { second };
    (split || joined) && extension.is_none_or(|e| matches!(e.len(), 1..=6))
}

/// Public services (1xxxx) and nationwide or provincial call centers (95xxx, 96xxx).
fn is_short_number(s: &str) -> bool {
    s.len() == 5 && is_digits(s) && matches!(s.as_bytes(), [b'1', ..] | [b'9', b'5' | b'6', ..])
}

/// `[48]00-?\d{3}-?\d{4}`
fn is_toll_free(s: &str) -> bool {
    let Some(rest) = s.strip_prefix("400").or_else(|| s.strip_prefix("800")) else {
        return false;
    };
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    match rest.split_once('-') {
        Some((a, b)) => a.len() == 3 && b.len() == 4 && is_digits(a) && is_digits(b),
        None => rest.len() == 7 && is_digits(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_numbers_in_use() {
        for number in [
            "13812345678",
            "+8613812345678",
            "+86 13812345678",
            "19912345678",
            "0826-2345678",
            "08262345678",
            "010-12345678",
            "01012345678",
            "0513-81234567",
            "051381234567",
            "0826-2345678-8",
            "08262345678-801234",
            "12345",
            "95588",
            "96196",
            "400-123-4567",
            "4001234567",
            "400-1234567",
            "8001234567",
        ] {
            assert_eq!(check(number), Ok(()), "{number}");
        }
    }

    #[test]
    fn rejects_everything_else() {
        for number in [
            "",
            "-",
            "0",
            "0-",
            "1",
            "12812345678",
            "1381234567",
            "138123456789",
            "138-1234-5678",
            " 13812345678",
            "13812345678 ",
            "１３８１２３４５６７８",
            "1381234567８",
            "0826--2345678",
            "0826-2345678-",
            "0826-2345678-1234567",
            "0826-2345678-1-2",
            "0826-234567",
            "08-26234567",
            "0085212345678",
            "00852-1234567",
            "23456",
            "400-12-34567",
            "400--1234567",
            "400-123-45678",
            "400-123-456七",
            "电话",
        ] {
            assert_eq!(check(number), Err(PhoneError), "{number:?}");
        }
    }

    #[test]
    fn normalizes() {
        assert_eq!(normalize(" +86 138-1234-5678 "), "13812345678");
        assert_eq!(normalize("0826-2345678"), "08262345678");
        assert_eq!(normalize("400\u{3000}123 4567"), "4001234567");
        assert_eq!(normalize("8613812345678"), "8613812345678");
        assert_eq!(normalize("+86"), "");
    }

    #[test]
    fn takes_the_last_four_digits() {
        assert_eq!(last4("+86 138 1234 56-78").as_deref(), Some("5678"));
        assert_eq!(last4("12345").as_deref(), Some("2345"));
        for s in ["", "123", "1-2-3", "电话", "1381234567八", "八八八八八"] {
            assert_eq!(last4(s), None, "{s:?}");
        }
    }
}
