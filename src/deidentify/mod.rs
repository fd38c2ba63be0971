//! Personal data in Chinese free text: found, told with its place, and replaced. Pure.
//!
//! It errs on the side of the person: what looks like personal data is reported, and a human says when it is none. Numbers are
//! read through blanks, hyphens, full-width and Chinese digits; names are those known from the record, and those that stand
//! where a name stands. A name without anything that gives it away is not found: who reviews a text still has to read it.

mod cues;
mod names;
mod numbers;
mod organizations;
mod places;
mod script;
mod surnames;
#[cfg(test)]
mod tests;

use script::Script;
use validator::ValidationError;

use crate::{db::code_enum, kernel::Code as _};

code_enum! {
    /// What personal data was found.
    PersonalKind in "personal-data-kinds" {
        CitizenId "citizen_id" "身份证号码",
        TravelDocument "travel_document" "护照、通行证号码",
        Mobile "mobile" "手机号码",
        Landline "landline" "固定电话",
        Email "email" "电子邮箱",
        Messenger "messenger" "微信、QQ 等账号",
        BankCard "bank_card" "银行卡号",
        CreditCode "credit_code" "统一社会信用代码",
        Plate "plate" "车牌号码",
        Address "address" "门牌地址",
        Name "name" "姓名",
        Organization "organization" "企业名称",
        LongNumber "long_number" "其他长号码",
    }
}

impl PersonalKind {
    /// What stands in its place.
    fn placeholder(self) -> &'static str {
        match self {
            Self::CitizenId => "[身份证号]",
            Self::TravelDocument => "[证件号]",
            Self::Mobile => "[手机号]",
            Self::Landline => "[电话]",
            Self::Email => "[邮箱]",
            Self::Messenger => "[社交账号]",
            Self::BankCard => "[银行卡号]",
            Self::CreditCode => "[信用代码]",
            Self::Plate => "[车牌号]",
            Self::Address => "[门牌号]",
            Self::Name => "某人",
            Self::Organization => "某企业",
            Self::LongNumber => "[号码]",
        }
    }

    /// Whether it leads to one person and is of no use to anybody who works: a number or account of theirs.
    fn private(self) -> bool {
        matches!(self, Self::CitizenId | Self::TravelDocument | Self::Mobile | Self::Messenger | Self::BankCard)
    }

    /// Whether a reviewer may find that it is none: what is told by a check digit or its form leaves no doubt.
    pub fn doubtful(self) -> bool {
        matches!(self, Self::Landline | Self::Email | Self::Plate | Self::Address | Self::Name | Self::Organization | Self::LongNumber)
    }
}

/// Somebody whom the record names.
#[derive(Clone, Debug)]
pub struct KnownPerson {
    /// Their name.
    pub name: String,
    /// What is said instead, such as 申请人.
    pub stands_for: &'static str,
}

/// Whom and what the record names.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Callers, applicants, contacts, staff.
    pub persons: Vec<KnownPerson>,
    /// Applicants that are organisations.
    pub organizations: Vec<String>,
    /// Their numbers: identity, telephone.
    pub numbers: Vec<String>,
    /// Names heard elsewhere in the same record.
    pub heard: Vec<String>,
}

impl Known {
    /// The same, with the names that these texts give away: a name that stands once after a cue is a name everywhere.
    pub fn hearing<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Self {
        let mut known = self.clone();
        for text in texts {
            let chars: Vec<char> = text.chars().collect();
            let names = found(text, self).into_iter().filter(|s| s.kind == PersonalKind::Name && !s.known);
            known
                .heard
                .extend(names.map(|s| Script::dense(&chars.get(s.from..s.to).unwrap_or_default().iter().collect::<String>()).chars.iter().collect::<String>()));
        }
        known.heard.retain(|name| names::is_whole(name));
        known.heard.sort();
        known.heard.dedup();
        known
    }
}

/// Personal data in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which kind.
    pub kind: PersonalKind,
    /// First character, counted from 0.
    pub start: usize,
    /// How many characters.
    pub length: usize,
    /// The words themselves.
    pub words: String,
    /// The record names it: beyond doubt.
    pub known: bool,
}

/// A stretch of the text, in characters; findings before they are told.
#[derive(Clone, Debug)]
struct Span {
    kind: PersonalKind,
    from: usize,
    to: usize,
    /// What is said instead, where the kind does not say it.
    instead: Option<&'static str>,
    known: bool,
}

impl Span {
    fn new(kind: PersonalKind, from: usize, to: usize) -> Self {
        Self { kind, from, to, instead: None, known: false }
    }

    fn known(self, instead: &'static str) -> Self {
        Self { instead: Some(instead), known: true, ..self }
    }
}

/// Every stretch, in order, also of the names that the text itself gives away.
fn spans(text: &str, known: &Known) -> Vec<Span> {
    found(text, &known.hearing(std::iter::once(text)))
}

/// Stretches in order; those that overlap are one, so that nothing is left between them.
fn found(text: &str, known: &Known) -> Vec<Span> {
    let (whole, dense) = (Script::of(text), Script::dense(text));
    let mut found = Vec::new();
    organizations::known(&dense, known, &mut found);
    names::known(&dense, known, &mut found);
    numbers::known(&dense, known, &mut found);
    numbers::find(&whole, &mut found);
    numbers::find_codes(&dense, &mut found);
    places::find(&dense, &mut found);
    organizations::find(&dense, &mut found);
    names::find(&dense, &mut found);
    // What was found first names the kind of what is joined.
    let mut ranked: Vec<(usize, Span)> = found.into_iter().enumerate().collect();
    ranked.sort_by_key(|(rank, s)| (s.from, *rank));
    let mut joined: Vec<(usize, Span)> = Vec::new();
    for (rank, span) in ranked {
        match joined.last_mut() {
            Some((best, last)) if span.from < last.to => {
                last.to = last.to.max(span.to);
                last.known |= span.known;
                if rank < *best {
                    (*best, last.kind, last.instead) = (rank, span.kind, span.instead);
                }
            }
            _ => joined.push((rank, span)),
        }
    }
    joined.into_iter().map(|(_, span)| span).collect()
}

/// The personal data that a text holds.
pub fn check(text: &str, known: &Known) -> Vec<Finding> {
    let chars: Vec<char> = text.chars().collect();
    let told = |s: Span| Finding {
        kind: s.kind,
        start: s.from,
        length: s.to - s.from,
        words: chars.get(s.from..s.to).unwrap_or_default().iter().collect(),
        known: s.known,
    };
    spans(text, known).into_iter().map(told).collect()
}

/// A text in which what was found is replaced can show what hid behind it: so often it is looked at again.
const ROUNDS: usize = 20;

/// The text without its personal data, and what was found in it at first.
pub fn clean(text: &str, known: &Known) -> (String, Vec<Finding>) {
    let first = check(text, known);
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        let spans = spans(&text, known);
        if spans.is_empty() {
            break;
        }
        text = replaced(&text, &spans);
    }
    (text, first)
}

/// The text without the numbers and accounts of persons; names and places stay, for whoever has to look into it.
pub fn without_numbers(text: &str) -> String {
    let mut spans = spans(text, &Known::default());
    spans.retain(|span| span.kind.private());
    replaced(text, &spans)
}

/// Official words name records and offices: no number or account of a person.
pub fn impersonal(text: &str) -> Result<(), ValidationError> {
    match check(text, &Known::default()).into_iter().find(|finding| finding.kind.private()) {
        None => Ok(()),
        Some(f) => {
            let (words, label) = (f.words, f.kind.label());
            let message = format!("含有个人信息“{words}”（{label}），请删去，以编号指明所涉的件。|Personal data: name the record by its number instead.");
            Err(ValidationError::new("personal_data").with_message(message.into()))
        }
    }
}

fn replaced(text: &str, spans: &[Span]) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        out.extend(chars.get(at..span.from).unwrap_or_default());
        let instead = span.instead.unwrap_or(span.kind.placeholder());
        // “申请人张三” becomes “申请人”, not “申请人申请人”.
        if !out.ends_with(instead) {
            out.push_str(instead);
        }
        at = span.to;
    }
    out.extend(chars.get(at..).unwrap_or_default());
    out
}
