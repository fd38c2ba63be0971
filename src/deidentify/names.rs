//! Names: of those whom the record knows, and what stands where a name stands: after a cue, before a form of address, before
//! what only a person does. The script has no blanks.

use super::{
    Known, PersonalKind as Kind, Span,
    cues::{ACTS, ADDRESS, ANNOUNCING, COMMON, FOLLOWS, INSTITUTIONS, NEVER, OFFICES, ROLES},
    script::{Script, han},
    surnames::{AMBIGUOUS, CLEAR, DOUBLE, begins_word},
};

/// Whether a surname stands here: its length.
fn surname(s: &Script, at: usize, all: bool) -> Option<usize> {
    let (first, second) = (s.at(at)?, s.at(at + 1));
    let double = second.is_some_and(|second| DOUBLE.split(' ').any(|d| d.chars().eq([first, second])));
    match (double, CLEAR.contains(first) || (all && AMBIGUOUS.contains(first))) {
        (true, _) => Some(2),
        (false, true) => Some(1),
        _ => None,
    }
}

fn given(c: Option<char>) -> bool {
    c.is_some_and(|c| han(c) && !NEVER.contains(c))
}

/// The end of a name that begins here. Where anything else may stand too, a surname that is a common word, and a common word
/// that begins like a name, are none.
fn name(s: &Script, at: usize, sure: bool) -> Option<usize> {
    let length = surname(s, at, sure)?;
    let (first, next) = (s.at(at)?, s.at(at + length));
    if !given(next) || (!sure && length == 1 && next.is_some_and(|c| begins_word(first, c))) {
        return None;
    }
    let last = s.at(at + length + 1);
    let more = given(last) && !last.is_some_and(|c| FOLLOWS.contains(c));
    Some(at + length + 1 + usize::from(more))
}

fn push(s: &Script, found: &mut Vec<Span>, from: usize, to: usize) {
    let (from, to) = s.original(from, to);
    if !found.iter().any(|span| span.from == from && span.to == to && span.known) {
        found.push(Span::new(Kind::Name, from, to));
    }
}

/// What looks like a name.
pub fn find(s: &Script, found: &mut Vec<Span>) {
    for at in 0..s.chars.len() {
        after_cue(s, at, found);
        before_address(s, at, found);
        before_act(s, at, found);
        foreign(s, at, found);
    }
}

/// “申请人张三”, “姓名：张三”, and those who are named with them.
fn after_cue(s: &Script, at: usize, found: &mut Vec<Span>) {
    let announcing = s.ends_with_any(at, ANNOUNCING).is_some();
    if !announcing && s.ends_with_any(at, ROLES).is_none() {
        return;
    }
    let mut start = at;
    let mut sure = announcing;
    for (filler, surely) in [("(（“\"'[【《", false), ("是为叫系", true), ("姓名", true), (":：=", true), ("(（“\"'[【", false)] {
        while s.at(start).is_some_and(|c| filler.contains(c)) && start < at + 6 {
            // “联系人是” may go on with anything; “联系人：” with a name only.
            sure |= surely && filler.contains(':');
            start += 1;
        }
    }
    latin(s, start, sure, found);
    while let Some(end) = name(s, start, sure) {
        push(s, found, start, end);
        // “张三、李四和王五”
        if !s.at(end).is_some_and(|c| "、和与及跟,，/".contains(c)) {
            break;
        }
        (start, sure) = (end + 1, false);
    }
}

/// “姓名：John Smith”.
fn latin(s: &Script, at: usize, sure: bool, found: &mut Vec<Span>) {
    let length = s.chars.get(at..).unwrap_or_default().iter().take_while(|c| c.is_ascii_alphabetic() || matches!(c, '.' | '·' | '\'')).count();
    if sure && length >= 4 {
        push(s, found, at, at + length);
    }
}

/// “张先生”, “张建国主任”.
fn before_address(s: &Script, at: usize, found: &mut Vec<Span>) {
    let polite = s.begins_with_any(at, ADDRESS).is_some();
    if !polite && s.begins_with_any(at, OFFICES).is_none() {
        return;
    }
    for length in [4, 3, 2] {
        let Some(start) = at.checked_sub(length) else { continue };
        if name_ends(s, start, at, false) {
            return push(s, found, start, at);
        }
    }
    let Some(start) = at.checked_sub(1) else { return };
    let double = at.checked_sub(2).filter(|start| surname(s, *start, false) == Some(2));
    // “男士和女士”: a conjunction between forms of address is no surname.
    let joins = s.before(start).is_some_and(|c| "士生姐".contains(c));
    match double {
        Some(start) => push(s, found, start, at),
        None if surname(s, start, polite).is_some() && !joins && !s.at(start).zip(s.at(at)).is_some_and(|(a, b)| begins_word(a, b)) => {
            push(s, found, start, at)
        }
        None => {
            let whole = [3, 2].iter().filter_map(|length| at.checked_sub(*length)).find(|start| polite && name_ends(s, *start, at, true));
            whole.into_iter().for_each(|start| push(s, found, start, at));
        }
    }
}

/// Whether exactly this is a name.
fn name_ends(s: &Script, start: usize, end: usize, sure: bool) -> bool {
    let Some(length) = surname(s, start, sure) else { return false };
    let rest = start + length..end;
    let word = length == 1 && s.at(start).zip(s.at(start + 1)).is_some_and(|(a, b)| begins_word(a, b));
    !word && matches!(rest.len(), 1 | 2) && rest.into_iter().all(|i| given(s.at(i)))
}

/// “张三来电”, “李四名下”.
fn before_act(s: &Script, at: usize, found: &mut Vec<Span>) {
    if s.begins_with_any(at, ACTS).is_none() {
        return;
    }
    let institution = s.before(at).is_some_and(|c| INSTITUTIONS.contains(c));
    for length in [4, 3, 2] {
        let Some(start) = at.checked_sub(length) else { continue };
        let begins =
            length == 2 || s.before(start).is_none_or(|c| !han(c)) || s.before(start).is_some_and(|c| "由经据因与和及对向给请日天午晚于由".contains(c));
        let apart = s.before(start).is_none_or(|c| !han(c) && !c.is_ascii_alphanumeric());
        if begins && !institution && name_ends(s, start, at, apart) {
            return push(s, found, start, at);
        }
    }
}

/// “阿依古丽·买买提”.
fn foreign(s: &Script, at: usize, found: &mut Vec<Span>) {
    if !s.at(at).is_some_and(|c| matches!(c, '·' | '•' | '・' | '‧')) {
        return;
    }
    let before = s.chars.get(..at).unwrap_or_default().iter().rev().take_while(|c| han(**c) && !NEVER.contains(**c)).take(6).count();
    let after =
        s.chars.get(at + 1..).unwrap_or_default().iter().take_while(|c| han(**c) && !NEVER.contains(**c) && !"申来到称说反持".contains(**c)).take(6).count();
    if before >= 2 && after >= 2 {
        push(s, found, at - before, at + 1 + after);
    }
}

/// The end of these characters, if they stand here, whatever is put between them.
fn spelled(s: &Script, mut at: usize, name: &[char]) -> Option<usize> {
    for (i, c) in name.iter().enumerate() {
        let from = at;
        while i > 0 && s.at(at) != Some(*c) && s.at(at).is_some_and(|c| !c.is_alphanumeric() && !"，。；、,;:：!?！？\n".contains(c)) && at - from < 2 {
            at += 1;
        }
        if s.at(at) != Some(*c) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// What stands for a name once it is known: “张某”, “张某某”, “张××”.
fn hidden(s: &Script, at: usize) -> usize {
    s.chars.get(at..).unwrap_or_default().iter().take_while(|c| matches!(c, '某' | '×' | '*' | 'X' | '○' | 'O')).take(3).count()
}

/// Those whom the record names, whole or in part.
pub fn known(s: &Script, known: &Known, found: &mut Vec<Span>) {
    for person in &known.persons {
        let name: Vec<char> = Script::dense(&person.name).chars;
        if name.len() < 2 {
            continue;
        }
        let whole = Script::dense(&person.name);
        let length = surname(&whole, 0, true).filter(|n| *n < name.len() && name.len() <= 4);
        let (family, given) = name.split_at(length.unwrap_or(0));
        for at in 0..s.chars.len() {
            let sure = spelled(s, at, &name).or_else(|| length.and_then(|_| part(s, at, family)));
            // A given name alone may be a word: it is found, but not beyond doubt.
            let alone =
                || length.filter(|_| given.len() >= 2 && !COMMON.split(' ').any(|w| w.chars().eq(given.iter().copied()))).and_then(|_| spelled(s, at, given));
            if let Some(end) = sure.or_else(alone) {
                let (from, to) = s.original(at, end);
                found.push(Span { known: sure.is_some(), ..Span::new(Kind::Name, from, to).known(person.stands_for) });
            }
        }
    }
    for name in &known.heard {
        let name: Vec<char> = name.chars().collect();
        for at in 0..s.chars.len() {
            if let Some(end) = spelled(s, at, &name) {
                let (from, to) = s.original(at, end);
                found.push(Span::new(Kind::Name, from, to));
            }
        }
    }
}

/// Whether these words are a name as a whole, such as may be met again.
pub fn is_whole(words: &str) -> bool {
    let s = Script::dense(words);
    let length = s.chars.len();
    (2..=4).contains(&length) && surname(&s, 0, true).is_some_and(|n| n < length) && !words.ends_with("先生")
}

/// “张先生”, “张某”, “老张”, “小张”, “张总” of somebody whose surname is known.
fn part(s: &Script, at: usize, family: &[char]) -> Option<usize> {
    let family: String = family.iter().collect();
    let ends = at + family.chars().count();
    if s.says(at, &family) {
        let title = s.begins_with_any(ends, ADDRESS).or_else(|| s.begins_with_any(ends, OFFICES)).or_else(|| s.begins_with_any(ends, &["总", "董", "工"]));
        let hidden = hidden(s, ends);
        return (hidden > 0).then_some(ends + hidden).or(title.map(|n| ends + n));
    }
    let nick = s.at(at).is_some_and(|c| "老小阿".contains(c)) && s.says(at + 1, &family);
    let alone = s.at(ends + 1).is_none_or(|c| !han(c) || NEVER.contains(c) || FOLLOWS.contains(c));
    (nick && alone).then_some(ends + 1)
}
