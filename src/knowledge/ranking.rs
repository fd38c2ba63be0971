//! How articles are found by words, pure: the words of an article with their weights, the words of a question, and where these
//! stand in a text.

use std::collections::HashMap;

use serde::Serialize;

use super::model::ArticleContent;
use crate::kernel::text;

/// A word of the title, of the keywords, of the question.
const TITLE: i32 = 8;
const KEYWORD: i32 = 6;
const QUESTION: i32 = 3;
/// So many words of a question are looked at; more make it no clearer.
const WORDS: usize = 12;
/// So much of a text is looked at for what to show of it.
const LOOKED_AT: usize = 6_000;
/// So many words of an article are kept.
const KEPT: usize = 300;

/// What an article is found by while typing, each word once with its greatest weight.
pub fn terms(content: &ArticleContent) -> Vec<(String, i32)> {
    let mut all: HashMap<String, i32> = HashMap::new();
    let mut add = |source: &str, weight: i32| {
        for token in text::tokens(source) {
            let kept = all.entry(token).or_insert(0);
            *kept = (*kept).max(weight);
        }
    };
    add(&content.title, TITLE);
    content.keywords.iter().for_each(|k| add(k, KEYWORD));
    add(&content.question, QUESTION);
    let mut all: Vec<(String, i32)> = all.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(KEPT);
    all
}

/// What somebody typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// Words that must occur.
    pub whole: Vec<String>,
    /// The beginning of a word that is still being typed.
    pub begun: Option<String>,
}

/// Cuts what is typed into words; a last word that may go on, a single ideograph or a run of letters and digits, counts as a
/// beginning.
pub fn typed(q: &str) -> Typed {
    let folded = text::fold(q);
    let mut whole: Vec<String> = text::tokens(&folded).into_iter().take(WORDS).collect();
    let open = folded.chars().last().is_some_and(char::is_alphanumeric);
    let goes_on = |token: &String| token.chars().count() == 1 || token.is_ascii();
    let begun = if open && whole.last().is_some_and(goes_on) { whole.pop() } else { None };
    Typed { whole, begun }
}

/// A part of a text: found, or between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TextPart {
    /// The words.
    pub text: String,
    /// They were looked for.
    pub hit: bool,
}

/// One character as it is compared; what folds into several stays as it is.
fn folded(c: char) -> char {
    let text = text::fold(&c.to_string());
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Marks where the words of a question stand in a text: every character that belongs to one of them.
fn marks(chars: &[char], words: &[String]) -> Vec<bool> {
    let mut hits = vec![false; chars.len()];
    let chars: Vec<char> = chars.iter().map(|c| folded(*c)).collect();
    for word in words {
        let wanted: Vec<char> = word.chars().collect();
        if wanted.is_empty() || wanted.len() > chars.len() {
            continue;
        }
        for (at, window) in chars.windows(wanted.len()).enumerate() {
            if window == wanted {
                hits.iter_mut().skip(at).take(wanted.len()).for_each(|hit| *hit = true);
            }
        }
    }
    hits
}

/// The text around its first hit, at most `most` characters, cut into parts; the beginning where nothing is found.
pub fn excerpt(source: &str, words: &[String], most: usize) -> Vec<TextPart> {
    let flat: String = source.split_whitespace().collect::<Vec<_>>().join(" ");
    let chars: Vec<char> = flat.chars().take(LOOKED_AT).collect();
    let hits = marks(&chars, words);
    let first = hits.iter().position(|hit| *hit).unwrap_or(0);
    let from = if chars.len() <= most { 0 } else { first.saturating_sub(most / 4).min(chars.len() - most) };
    let mut parts: Vec<TextPart> = Vec::new();
    for (c, hit) in chars.iter().zip(&hits).skip(from).take(most) {
        match parts.last_mut().filter(|part| part.hit == *hit) {
            Some(part) => part.text.push(*c),
            None => parts.push(TextPart { text: c.to_string(), hit: *hit }),
        }
    }
    parts
}

/// How near an article is: the weights of the words that were found, what stands in the title as it was typed, and how often it
/// helped before.
pub fn score(found: i64, title: &str, q: &str, uses: i64, useful: i64) -> i64 {
    let (title, q) = (text::fold(title), text::fold(q));
    let at_once = match title.find(q.as_str()) {
        Some(0) => 30,
        Some(_) => 20,
        None => 0,
    };
    let helped = (uses.max(0) + 3 * useful).max(0);
    // The hundredth use says little more than the tenth.
    let helped = i64::from(64 - helped.leading_zeros());
    10 * found + 10 * at_once + 3 * helped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::ArticleVisibility;

    fn content() -> ArticleContent {
        ArticleContent {
            title: "供水报装需要哪些材料".into(),
            question: "接水要准备什么".into(),
            summary: String::new(),
            body: "一、申请表".into(),
            keywords: vec!["接水".into(), "GSBZ".into()],
            items: Vec::new(),
            sources: Vec::new(),
            visibility: ArticleVisibility::Public,
            valid_from: None,
            valid_until: None,
        }
    }

    #[test]
    fn words_weigh_by_where_they_stand() {
        let terms: HashMap<String, i32> = terms(&content()).into_iter().collect();
        assert_eq!((terms["供水"], terms["接水"], terms["准备"], terms["gsbz"]), (TITLE, KEYWORD, QUESTION, KEYWORD));
        assert!(!terms.contains_key("申请"));
    }

    #[test]
    fn the_last_word_may_go_on() {
        let of = |q: &str| typed(q);
        assert_eq!(of("供水报"), Typed { whole: vec!["供水".into(), "水报".into()], begun: None });
        assert_eq!(of("供"), Typed { whole: vec![], begun: Some("供".into()) });
        assert_eq!(of("供水 gs"), Typed { whole: vec!["供水".into()], begun: Some("gs".into()) });
        assert_eq!(of("gs "), Typed { whole: vec![], begun: Some("gs".into()) });
        assert_eq!(of("？！"), Typed { whole: vec![], begun: None });
    }

    #[test]
    fn hits_are_marked_and_the_text_is_cut_around_them() {
        let parts = excerpt("企业新建厂房，申请 ＧＳ 供水报装", &["供水".into(), "水报".into(), "gs".into()], 100);
        let hits: Vec<&str> = parts.iter().filter(|p| p.hit).map(|p| p.text.as_str()).collect();
        assert_eq!(hits, ["ＧＳ", "供水报"]);
        let long = format!("{}供水{}", "甲".repeat(500), "乙".repeat(500));
        let cut = excerpt(&long, &["供水".into()], 80);
        assert_eq!(cut.iter().map(|p| p.text.chars().count()).sum::<usize>(), 80);
        assert!(cut.iter().any(|p| p.hit && p.text == "供水"));
        assert_eq!(excerpt("", &["供水".into()], 80), Vec::new());
    }

    #[test]
    fn what_was_typed_as_it_stands_comes_first() {
        assert!(score(16, "供水报装", "供水报", 0, 0) > score(16, "报装供水", "供水报", 1000, 0));
        assert!(score(16, "供水报装", "供水", 10, 0) > score(16, "供水报装", "供水", 0, 0));
    }
}
