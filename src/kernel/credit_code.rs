//! Unified social credit codes (统一社会信用代码, GB 32100-2015).

use thiserror::Error;

/// The 31 characters of GB 32100-2015: digits and capitals without I, O, S, V and Z.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const LENGTH: usize = 18;
const MODULUS: usize = 31;

/// Why a string is not a unified social credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CreditCodeError {
    #[error("a unified social credit code has 18 characters")]
    Length,
    #[error("a unified social credit code has only digits and capitals other than I, O, S, V and Z")]
    Alphabet,
    #[error("the check character of the unified social credit code is wrong")]
    CheckDigit,
}

/// Checks length, alphabet and check character as GB 32100-2015 lays down.
///
/// The first character names the registering department and may be a letter (`A`, `N`, `Y`).
/// Nothing is forgiven: lower case, full-width forms and surrounding blanks are errors.
pub fn check(s: &str) -> Result<(), CreditCodeError> {
    if s.chars().count() != LENGTH {
        return Err(CreditCodeError::Length);
    }
    let values = s
        .chars()
        // The alphabet is ASCII, so a byte offset is the value of the character.
        .map(|c| ALPHABET.find(c))
        .collect::<Option<Vec<_>>>()
        .ok_or(CreditCodeError::Alphabet)?;
    let (check, body) = values.split_last().ok_or(CreditCodeError::Length)?;

    // Weights are 3^i mod 31, i = 0..=16.
    let weights = std::iter::successors(Some(1), |w| Some(w * 3 % MODULUS));
    let sum: usize = body.iter().zip(weights).map(|(v, w)| v * w).sum();
    if (sum + check).is_multiple_of(MODULUS) { Ok(()) } else { Err(CreditCodeError::CheckDigit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_real_codes() {
        for code in ["91110000600037341L", "91320600MATE5T017G", "N2331081MF00000132"] {
            assert_eq!(check(code), Ok(()), "{code}");
        }
    }

    #[test]
    fn rejects_every_other_check_character() {
        for c in ALPHABET.chars().filter(|c| *c != 'L') {
            let code = format!("91110000600037341{c}");
            assert_eq!(check(&code), Err(CreditCodeError::CheckDigit), "{code}");
        }
    }

    #[test]
    fn rejects_a_transposition() {
        let code = "91110000600073341L";
        assert_eq!(check(code), Err(CreditCodeError::CheckDigit));
    }

    #[test]
    fn rejects_foreign_characters() {
        for c in ['I', 'O', 'S', 'V', 'Z', 'l', ' ', '-', '\u{ff11}', '中', '\0'] {
            let code = format!("91110000600037341{c}");
            assert_eq!(check(&code), Err(CreditCodeError::Alphabet), "{code:?}");
        }
        assert_eq!(check("91320600mate5t017g"), Err(CreditCodeError::Alphabet));
    }

    #[test]
    fn rejects_wrong_lengths() {
        for code in ["", "9111000060003734", "91110000600037341L1", " 91110000600037341L", "91110000600037341L\n", "统一社会信用"] {
            assert_eq!(check(code), Err(CreditCodeError::Length), "{code:?}");
        }
    }
}
