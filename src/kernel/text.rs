//! Folding and tokenising of text for search, the same on every database.
//!
//! Chinese is written without blanks, so the engines' own tokenisers do not serve. Runs of
//! ideographs are cut into overlapping bigrams, as is usual for CJK, and the tokens are encoded
//! in letters and digits that no engine alters.

use std::collections::HashSet;
use std::fmt::Write as _;

/// The distance of the full-width forms U+FF01..=U+FF5E from ASCII.
const FULL_WIDTH_OFFSET: u32 = 0xFEE0;

/// Folds text for comparison: full-width ASCII and ideographic blanks become half-width, letters
/// lower-case, runs of white space one blank; the ends are trimmed.
pub fn fold(s: &str) -> String {
    let narrow: String = s.chars().map(half_width).flat_map(char::to_lowercase).collect();
    let mut folded = String::with_capacity(narrow.len());
    for word in narrow.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// U+3000 needs no case here: it is white space, which `fold` replaces anyway.
fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - FULL_WIDTH_OFFSET).unwrap_or(c),
        _ => c,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Ascii,
    Other,
}

fn script(c: char) -> Option<Script> {
    match (c.is_alphanumeric(), c.is_ascii()) {
        (true, true) => Some(Script::Ascii),
        (true, false) => Some(Script::Other),
        (false, _) => None,
    }
}

/// The search tokens of a text, folded, without duplicates, in order of appearance.
///
/// A run of ASCII letters and digits is one token. A run of other letters yields its bigrams,
/// or the character itself where the run has but one.
pub fn tokens(s: &str) -> Vec<String> {
    let chars: Vec<char> = fold(s).chars().collect();
    let mut seen = HashSet::new();
    chars
        .chunk_by(|a, b| script(*a) == script(*b))
        .flat_map(|run| match run.first().and_then(|c| script(*c)) {
            None => Vec::new(),
            Some(Script::Other) if run.len() > 1 => run.windows(2).map(String::from_iter).collect(),
            Some(_) => vec![String::from_iter(run)],
        })
        .filter(|token| seen.insert(token.clone()))
        .collect()
}

/// The tokens all of which a text must have to match the query.
///
/// A query of a single ideograph meets bigrams in the index: search it by prefix
/// (see [`encode_token`]) to find the words that begin with it.
pub fn query_tokens(s: &str) -> Vec<String> {
    tokens(s)
}

/// Encodes a token in `[a-z0-9]`, which every full-text engine keeps as one word.
///
/// Tokens of `[a-z0-9]` are prefixed by `a`; others become `u` and six hexadecimal digits for
/// each character. The fixed width keeps the encoding injective, and a prefix of a token stays
/// a prefix of its encoding within either kind.
pub fn encode_token(t: &str) -> String {
    if t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return format!("a{t}");
    }
    t.chars().fold(String::from("u"), |mut encoded, c| {
        // Writing to a string cannot fail.
        let _ = write!(encoded, "{:06x}", u32::from(c));
        encoded
    })
}

/// Whether the text holds a NUL, which PostgreSQL cannot store.
pub fn has_nul(s: &str) -> bool {
    s.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_width_case_and_blanks() {
        assert_eq!(fold("　ＡＢｃ１２３　（备案）\t\n X "), "abc123 (备案) x");
        assert_eq!(fold("！～"), "!~");
        assert_eq!(fold(" \u{3000}\t"), "");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for s in ["ＡＢ　Ｃ", "İstanbul ǅ ẞ", "企业\u{a0}投资", "\0\u{10ffff}"] {
            assert_eq!(fold(&fold(s)), fold(s), "{s:?}");
        }
    }

    #[test]
    fn cuts_ideographs_into_bigrams() {
        assert_eq!(tokens("企业投资"), ["企业", "业投", "投资"]);
        assert_eq!(tokens("税"), ["税"]);
        assert_eq!(tokens("税、证"), ["税", "证"]);
        assert_eq!(tokens("𠮷野家"), ["𠮷野", "野家"]);
    }

    #[test]
    fn keeps_ascii_runs_whole() {
        assert_eq!(tokens("ＯＦＤ文件 511Z07-00 ofd"), ["ofd", "文件", "511z07", "00"]);
        assert_eq!(tokens("A证B"), ["a", "证", "b"]);
    }

    #[test]
    fn drops_duplicates_and_keeps_order() {
        assert_eq!(tokens("投资投资"), ["投资", "资投"]);
        assert_eq!(tokens("b a b"), ["b", "a"]);
    }

    #[test]
    fn yields_nothing_for_punctuation() {
        for s in ["", " ", "。，！", "-_*\"'()", "\0", "😀"] {
            assert!(tokens(s).is_empty(), "{s:?}");
            assert!(query_tokens(s).is_empty(), "{s:?}");
        }
    }

    #[test]
    fn every_substring_query_of_two_or_more_matches() {
        let indexed = tokens("企业投资项目备案");
        assert!(query_tokens("投资项目").iter().all(|token| indexed.contains(token)));
    }

    #[test]
    fn encodes_injectively_in_letters_and_digits() {
        assert_eq!(encode_token("ofd1"), "aofd1");
        assert_eq!(encode_token("企业"), "u004f01004e1a");
        let all = ["", "a", "u", "u004f01", "企", "企业", "业企", "A", " ", "'", "\u{4f0}\u{14e1a}", "\u{10ffff}"];
        let encoded: HashSet<String> = all.into_iter().map(encode_token).collect();
        assert_eq!(encoded.len(), all.len());
        assert!(encoded.iter().all(|token| { token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) }));
        assert!(encode_token("企业").starts_with(&encode_token("企")));
    }

    #[test]
    fn finds_nul() {
        assert!(has_nul("a\0b"));
        assert!(!has_nul("ab"));
    }
}
