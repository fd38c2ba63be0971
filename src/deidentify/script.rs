//! A text made comparable, each character with its place in the original.

/// Folded characters: half-width, upper case, nothing invisible.
pub struct Script {
    /// The characters.
    pub chars: Vec<char>,
    /// Where each stands in the original, and where the original ends.
    places: Vec<usize>,
}

/// Digits as they are written in Chinese; taken for digits only in a long row.
const NUMERALS: &[(&str, char)] = &[
    ("零〇○洞", '0'),
    ("一壹幺", '1'),
    ("二贰两", '2'),
    ("三叁", '3'),
    ("四肆", '4'),
    ("五伍", '5'),
    ("六陆", '6'),
    ("七柒拐", '7'),
    ("八捌", '8'),
    ("九玖勾", '9'),
];

/// So many in a row are a number that somebody spells.
const SPELLED: usize = 7;

fn numeral(c: char) -> Option<char> {
    NUMERALS.iter().find(|(all, _)| all.contains(c)).map(|(_, digit)| *digit)
}

/// Characters that are not seen and only keep others apart.
fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Digits that are drawn otherwise: full-width, circled, mathematical.
fn narrow(c: char) -> char {
    let digit = |first: u32, zero: char| char::from_u32(u32::from(zero) + u32::from(c) - first).unwrap_or(c);
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '①'..='⑨' => digit(0x2460, '1'),
        '⓪' => '0',
        '⁴'..='⁹' => digit(0x2074, '4'),
        '₀'..='₉' => digit(0x2080, '0'),
        '\u{1d7ce}'..='\u{1d7ff}' => char::from_digit((u32::from(c) - 0x1d7ce) % 10, 10).unwrap_or(c),
        '٠'..='٩' => digit(0x660, '0'),
        '\n' | '\r' => '\n',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

impl Script {
    /// As it is written.
    pub fn of(text: &str) -> Self {
        Self::with(text, |_| true)
    }

    /// Without blanks: names and codes are read through them. Lines stay apart.
    pub fn dense(text: &str) -> Self {
        Self::with(text, |c| c != ' ')
    }

    fn with(text: &str, keep: impl Fn(char) -> bool) -> Self {
        let (mut chars, mut places) = (Vec::new(), Vec::new());
        let mut end = 0;
        for (place, c) in text.chars().enumerate() {
            end = place + 1;
            let c = narrow(c).to_ascii_uppercase();
            if !invisible(c) && keep(c) {
                chars.push(c);
                places.push(place);
            }
        }
        places.push(end);
        let mut script = Self { chars, places };
        script.read_numerals();
        script
    }

    /// “一三八…” is a number like any other, where enough of them stand together.
    fn read_numerals(&mut self) {
        let digit = |c: &char| c.is_ascii_digit() || numeral(*c).is_some();
        let mut at = 0;
        while at < self.chars.len() {
            let run = self.chars.get(at..).unwrap_or_default().iter().take_while(|c| digit(c) || matches!(c, ' ' | '-')).count();
            let stretch = self.chars.get_mut(at..at + run).unwrap_or_default();
            if stretch.iter().filter(|c| digit(c)).count() >= SPELLED {
                stretch.iter_mut().for_each(|c| *c = numeral(*c).unwrap_or(*c));
            }
            at += run.max(1);
        }
    }

    /// The character at a place of the script.
    pub fn at(&self, i: usize) -> Option<char> {
        self.chars.get(i).copied()
    }

    /// The character before a place.
    pub fn before(&self, i: usize) -> Option<char> {
        self.at(i.checked_sub(1)?)
    }

    /// Whether these words stand here.
    pub fn says(&self, i: usize, words: &str) -> bool {
        words.chars().enumerate().all(|(k, c)| self.at(i + k) == Some(c))
    }

    /// The longest of these words that ends here: its length.
    pub fn ends_with_any(&self, end: usize, words: &[&str]) -> Option<usize> {
        let length = |w: &&str| Some(w.chars().count()).filter(|n| end >= *n && self.says(end - n, w));
        words.iter().filter_map(length).max()
    }

    /// The longest of these words that begins here: its length.
    pub fn begins_with_any(&self, start: usize, words: &[&str]) -> Option<usize> {
        words.iter().filter(|w| self.says(start, w)).map(|w| w.chars().count()).max()
    }

    /// A stretch in places of the original.
    pub fn original(&self, from: usize, to: usize) -> (usize, usize) {
        let start = self.places.get(from).copied().unwrap_or_default();
        let end = to.checked_sub(1).and_then(|last| self.places.get(last)).map_or(start, |last| last + 1);
        (start, end.max(start))
    }
}

/// An ideograph.
pub fn han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{323af}')
}
