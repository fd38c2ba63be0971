//! Codes of investment projects (项目代码).
//!
//! The national form is that of the online platform for the approval of investment projects
//! (全国投资项目在线审批监管平台): `YYYY-DDDDDD-CC-CC-NNNNNN`, the year, the division, the industry, the kind of project and a
//! serial number. What does not have this shape is a local form and opaque.

use thiserror::Error;

use super::division_code::DivisionCode;

const MAX_LENGTH: usize = 50;
/// Lengths of the national form's groups.
const GROUPS: [usize; 5] = [4, 6, 2, 2, 6];

/// Why a string cannot serve as a project code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProjectCodeError {
    #[error("a project code has 1 to 50 characters")]
    Length,
    #[error("a project code has no blanks and no control characters")]
    Alphabet,
    #[error("the year of the national project code is not between 2000 and 2099")]
    Year,
    #[error("the division of the national project code does not exist")]
    Division,
    #[error("the industry of the national project code is not between 01 and 97")]
    Industry,
    #[error("the kind of project in the national project code is 00")]
    Kind,
}

/// Checks a code: visible characters, and what the groups mean where it has the national shape.
pub fn check(s: &str) -> Result<(), ProjectCodeError> {
    if !(1..=MAX_LENGTH).contains(&s.chars().count()) {
        return Err(ProjectCodeError::Length);
    }
    if s.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(ProjectCodeError::Alphabet);
    }
    let groups: Vec<&str> = s.split('-').collect();
    let [year, division, industry, kind, _] = groups.as_slice() else { return Ok(()) };
    let shaped = groups.iter().zip(GROUPS).all(|(group, length)| group.len() == length && group.bytes().all(|b| b.is_ascii_digit()));
    if !shaped {
        return Ok(());
    }
    if !("2000"..="2099").contains(year) {
        return Err(ProjectCodeError::Year);
    }
    // Projects of the State Council's departments stand under 000000.
    if *division != "000000" && DivisionCode::parse(&format!("{division}000000")).is_err() {
        return Err(ProjectCodeError::Division);
    }
    if !("01"..="97").contains(industry) {
        return Err(ProjectCodeError::Industry);
    }
    if *kind == "00" { Err(ProjectCodeError::Kind) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_national_form_is_checked() {
        assert_eq!(check("2026-320623-35-03-512345"), Ok(()));
        assert_eq!(check("2017-000000-54-01-000123"), Ok(()));
        assert_eq!(check("1926-320623-35-03-512345"), Err(ProjectCodeError::Year));
        assert_eq!(check("2026-990623-35-03-512345"), Err(ProjectCodeError::Division));
        assert_eq!(check("2026-320623-98-03-512345"), Err(ProjectCodeError::Industry));
        assert_eq!(check("2026-320623-35-00-512345"), Err(ProjectCodeError::Kind));
    }

    #[test]
    fn local_forms_are_opaque() {
        for code in ["川投资备【2026-511302-35-03-000001】FGQB-0001号", "NT-2026-001", "2026-320623-35-03-5123"] {
            assert_eq!(check(code), Ok(()), "{code}");
        }
        assert_eq!(check(""), Err(ProjectCodeError::Length));
        assert_eq!(check("NT 2026"), Err(ProjectCodeError::Alphabet));
    }
}
