//! Firms: those that the record knows, and those that say what they are. Departments may be named.

use super::{
    Known, PersonalKind as Kind, Span,
    script::{Script, han},
};

/// What a firm's name ends with, the longer first.
const FORMS: &[&str] = &["股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "(有限合伙)", "(普通合伙)", "(个体工商户)", "股份公司", "集团公司"];
/// What else a name ends with that says nothing of whose it is.
const TAILS: &[&str] = &["分公司", "公司", "合作社", "经营部", "工作室", "事务所", "商行", "工厂", "厂", "店"];
/// Words before a name that are none of it.
const STOPS: &[&str] = &[
    "申请人",
    "申请企业",
    "企业",
    "单位",
    "业主",
    "客户",
    "公司",
    "名称",
    "名叫",
    "我司",
    "系",
    "为",
    "由",
    "与",
    "和",
    "及",
    "的",
    "是",
    "向",
    "在",
    "对",
    "到",
    "从",
    "因",
    "称",
    "经",
    "给",
    "让",
    "请",
    "将",
    "把",
    "被",
    "以",
];

fn push(s: &Script, found: &mut Vec<Span>, from: usize, to: usize, known: bool) {
    let (from, to) = s.original(from, to);
    let span = Span::new(Kind::Organization, from, to);
    found.push(if known { span.known(Kind::Organization.placeholder()) } else { span });
}

/// The names of a firm by which it may be meant: whole, and without place and form.
fn called(name: &str) -> Vec<Vec<char>> {
    let whole = Script::dense(name).chars;
    let mut core: String = whole.iter().collect();
    for form in FORMS.iter().chain(TAILS) {
        if let Some(rest) = core.strip_suffix(form) {
            core = rest.to_owned();
        }
    }
    for end in ["省", "市", "区", "县"] {
        // “江苏省南通市如东县…”: the place is everybody's.
        if let Some((place, rest)) = core.split_once(end)
            && place.chars().count() <= 4
        {
            core = rest.to_owned();
        }
    }
    let core: Vec<char> = core.chars().collect();
    // “南通柜台演示” is also called “柜台演示”.
    let short = core.get(2..).filter(|rest| rest.len() >= 4).map(<[char]>::to_vec);
    let mut names: Vec<Vec<char>> = vec![whole];
    names.extend(short);
    names.push(core);
    names.retain(|n| n.len() >= 3);
    names
}

/// The applicants that are organisations.
pub fn known(s: &Script, known: &Known, found: &mut Vec<Span>) {
    for name in known.organizations.iter().flat_map(|o| called(o)) {
        let name: String = name.into_iter().collect();
        for at in 0..s.chars.len() {
            if s.says(at, &name) {
                let end = at + name.chars().count();
                let tail = s.begins_with_any(end, FORMS).or_else(|| s.begins_with_any(end, TAILS)).unwrap_or(0);
                push(s, found, at, end + tail, true);
            }
        }
    }
}

/// Whatever calls itself a company.
pub fn find(s: &Script, found: &mut Vec<Span>) {
    for at in 0..s.chars.len() {
        let Some(form) = s.begins_with_any(at, FORMS) else { continue };
        let part = |c: char| han(c) || c.is_ascii_alphanumeric() || matches!(c, '(' | ')' | '·' | '&');
        let mut start = at;
        while start > 0 && at - start < 30 && s.before(start).is_some_and(part) && s.ends_with_any(start, STOPS).is_none() {
            start -= 1;
        }
        if at - start >= 2 {
            push(s, found, start, at + form, false);
        }
    }
}
