//! Codes of service items (实施编码).
//!
//! A code is an opaque unique string, since real catalogues use local forms beside the national
//! one; the national form is taken apart where it is one.

use thiserror::Error;

use super::credit_code;

const MAX_LENGTH: usize = 100;
const CREDIT_CODE_LENGTH: usize = 18;
const BASIC_CODE_LENGTH: usize = 12;
const SUB_ITEM_LENGTH: usize = 2;

/// Why a string cannot serve as an item code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ItemCodeError {
    #[error("an item code has 1 to 100 characters")]
    Length,
    #[error("an item code has no blanks, control characters or invisible characters")]
    Alphabet,
}

/// Checks that a code has 1 to 100 visible characters. Blanks are not trimmed but refused.
pub fn check(s: &str) -> Result<(), ItemCodeError> {
    if !(1..=MAX_LENGTH).contains(&s.chars().count()) {
        return Err(ItemCodeError::Length);
    }
    if s.chars().all(is_visible) { Ok(()) } else { Err(ItemCodeError::Alphabet) }
}

/// Invisible format characters (a byte order mark, say) would let two equal-looking codes differ.
fn is_visible(c: char) -> bool {
    let is_format = matches!(
        c,
        '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    );
    !(c.is_whitespace() || c.is_control() || is_format)
}

/// An item code of the national form (国家政务服务平台 事项实施编码), 31 or 33 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NationalCode {
    /// The unified social credit code of the implementing authority.
    pub credit_code: String,
    /// The level at which the item is exercised (行使层级), 1 national to 7.
    pub level: u8,
    /// The basic code (基本编码), shared by all authorities that implement the item.
    pub basic_code: String,
    /// The handling sub-item (业务办理项), if the code names one.
    pub sub_item: Option<String>,
}

/// Takes a code of the national form apart; none for a local form.
///
/// Credit code (18), level (1), basic code (12), handling sub-item (2, optional).
pub fn national(s: &str) -> Option<NationalCode> {
    if !s.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return None;
    }
    let (credit_code, rest) = s.split_at_checked(CREDIT_CODE_LENGTH)?;
    credit_code::check(credit_code).ok()?;
    let (level, rest) = rest.split_at_checked(1)?;
    let level = level.parse().ok().filter(|level| (1..=7).contains(level))?;
    let (basic_code, sub_item) = rest.split_at_checked(BASIC_CODE_LENGTH)?;
    let sub_item = match sub_item.len() {
        0 => None,
        SUB_ITEM_LENGTH => Some(sub_item.to_owned()),
        _ => return None,
    };
    Some(NationalCode { credit_code: credit_code.to_owned(), level, basic_code: basic_code.to_owned(), sub_item })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_local_forms() {
        for code in [
            "511A0014200001-511602000000-000-2222222222222-1-00",
            "H-000185-001-4444444444",
            // A lower-case letter as found in a real catalogue.
            "511F0045400001-511602000000-000-11511301452259996u-1-00",
            "事项１",
        ] {
            assert_eq!(check(code), Ok(()), "{code}");
            assert_eq!(national(code), None, "{code}");
        }
        assert_eq!(check(&"码".repeat(100)), Ok(()));
    }

    #[test]
    fn rejects_blank_overlong_and_invisible() {
        assert_eq!(check(""), Err(ItemCodeError::Length));
        assert_eq!(check(&"1".repeat(101)), Err(ItemCodeError::Length));
        for code in [" ", " A1", "A1 ", "A 1", "A\t1", "A1\n", "A\u{0}1", "A\u{3000}1", "\u{feff}A1", "A\u{200b}1", "\u{202e}A1"] {
            assert_eq!(check(code), Err(ItemCodeError::Alphabet), "{code:?}");
        }
    }

    #[test]
    fn takes_the_national_form_apart() {
        let expected = NationalCode { credit_code: "N2331081MF00000132".into(), level: 4, basic_code: "00011604800Y".into(), sub_item: None };
        assert_eq!(national("N2331081MF00000132400011604800Y").as_ref(), Some(&expected));
        assert_eq!(national("N2331081MF00000132400011604800Y01"), Some(NationalCode { sub_item: Some("01".into()), ..expected }));
    }

    #[test]
    fn leaves_other_forms_alone() {
        for code in [
            "",
            "N2331081MF00000132",
            // 32 and 34 characters.
            "N2331081MF00000132400011604800Y0",
            "N2331081MF00000132400011604800Y012",
            // Levels 0 and 8.
            "N2331081MF00000132000011604800Y",
            "N2331081MF00000132800011604800Y",
            // A wrong check character of the credit code.
            "N2331081MF00000133400011604800Y",
            "N2331081MF00000132400011604800y",
            "N2331081MF00000132400011604800-",
            "N2331081MF00000132400011604800１",
            "N2331081MF0000013２4000116048001",
        ] {
            assert_eq!(national(code), None, "{code}");
        }
    }
}
