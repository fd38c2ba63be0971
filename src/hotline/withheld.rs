//! What is kept from the records that an order opens, where its caller is withheld: who called, and what they said of
//! themselves; of a strict order, all that they said. The caller is reached through the order, audited.

use super::{
    load::Loaded,
    model::{OfSelf, OpenedKind, OrderDetails, Secrecy},
    opening::{asked, long_enough},
    store::Order,
};
use crate::{
    applicants::ContactInput,
    auth::Actor,
    consultations,
    db::{Result, Tx},
    deidentify::{self, Finding, Known, KnownPerson, PersonalKind},
    evaluations::occasions,
    tickets,
};

impl Order {
    /// Who called is shown to the hotline alone, and to others with a reason.
    pub fn withheld(&self) -> bool {
        self.anonymous || self.secrecy != Secrecy::Normal
    }
}

/// Stands for a caller who is reached through the hotline, or through the order.
pub fn nobody() -> ContactInput {
    ContactInput { name: "匿名来电人".into(), phone: "12345".into() }
}

/// Stands for what is covered.
const COVERED: &str = "（保密）";

/// What is kept from whoever does not read who called: on the order itself, and in what may be written elsewhere.
#[derive(Default)]
pub struct Cover {
    /// As the caller said it, the longest first.
    hidden: Vec<String>,
    /// The same, however it is spelled.
    known: Known,
    addresses: Vec<String>,
    /// Of a strict order: what it is replaced by, and the texts that were copied from it.
    strict: Option<(String, [String; 2])>,
}

impl Cover {
    /// For what is written elsewhere; nothing is covered where the caller is not withheld.
    pub fn of(row: &Order, told: &OrderDetails) -> Self {
        if !row.withheld() {
            return Self::default();
        }
        let strict =
            (row.secrecy == Secrecy::Strict).then(|| (format!("内容保密，见热线工单{}。", row.number), [long_enough(&told.title, 100), asked(&told.content)]));
        Self { strict, ..Self::personal(told) }
    }

    /// For the order itself: what its caller has told of themselves, now and before.
    pub fn personal(told: &OrderDetails) -> Self {
        let now = told.of_self();
        let all: Vec<&OfSelf> = told.hidden.iter().chain([&now]).collect();
        let of = |field: fn(&OfSelf) -> &String, least: usize| -> Vec<String> {
            let mut said: Vec<String> = all.iter().map(|of| field(of).trim().to_owned()).filter(|said| said.chars().count() >= least).collect();
            said.sort();
            said.dedup();
            said
        };
        let names = of(|o| &o.name, 2);
        let numbers = [of(|o| &o.phone, 6), of(|o| &o.id_number, 6)].concat();
        // The name of a county is no address.
        let addresses: Vec<String> = of(|o| &o.address, 6).iter().flat_map(|whole| parts(whole)).collect();
        let mut hidden = [names.clone(), numbers.clone(), addresses.clone()].concat();
        hidden.sort_by_key(|said| std::cmp::Reverse(said.chars().count()));
        let persons = names.into_iter().map(|name| KnownPerson { name, stands_for: COVERED }).collect();
        Self { hidden, known: Known { persons, numbers, ..Known::default() }, addresses, strict: None }
    }

    /// A text as it may stand elsewhere.
    pub fn over(&self, text: &str) -> String {
        match &self.strict {
            Some((instead, copied)) if copied.iter().any(|c| c == text) => instead.clone(),
            _ => self.without(text),
        }
    }

    /// What the caller said, as it may stand elsewhere: of a strict order, nothing.
    pub fn heard(&self, text: &str) -> String {
        match &self.strict {
            Some((instead, _)) if !text.trim().is_empty() => instead.clone(),
            _ => self.without(text),
        }
    }

    fn without(&self, text: &str) -> String {
        if self.hidden.is_empty() || text.is_empty() {
            return text.to_owned();
        }
        let text = self.hidden.iter().fold(text.to_owned(), |text, said| text.replace(said.as_str(), COVERED));
        // Numbers with spaces, names with a title, the house alone.
        let found = deidentify::check(&text, &self.known);
        let part = |f: &Finding| f.kind == PersonalKind::Address && f.length >= 4 && self.addresses.iter().any(|a| a.contains(f.words.trim()));
        let mut chars: Vec<char> = text.chars().collect();
        for finding in found.iter().rev().filter(|f| f.known || part(f)) {
            chars.splice(finding.start..finding.start + finding.length, COVERED.chars());
        }
        chars.into_iter().collect()
    }
}

/// An address as people say it: whole, and from below each of the divisions that it names.
fn parts(whole: &str) -> Vec<String> {
    let below = whole.char_indices().filter(|(_, c)| "省市县区道镇乡村".contains(*c)).filter_map(|(i, c)| whole.get(i + c.len_utf8()..));
    std::iter::once(whole).chain(below.filter(|rest| rest.chars().count() >= 5)).map(str::to_owned).collect()
}

/// The caller is withheld from now on: what the order has opened forgets them. A matter goes on in its applicant's name.
pub fn reach(tx: &mut Tx, actor: &Actor, loaded: &Loaded, before: &OrderDetails) -> Result<()> {
    // What was opened from an earlier content may carry what was told then.
    let covers = [Cover::of(&loaded.row, before), Cover::of(&loaded.row, &loaded.details)];
    let over = |text: &str| covers.iter().fold(text.to_owned(), |text, cover| cover.over(&text));
    for link in &loaded.links {
        match link.kind {
            OpenedKind::FallbackTicket => tickets::withhold(tx, actor, link.record_id, &nobody(), &over)?,
            OpenedKind::Consultation => consultations::withhold(tx, actor, link.record_id, &over)?,
            OpenedKind::Entrustment => {}
        }
    }
    occasions::forget_contact(tx, &loaded.row.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> OrderDetails {
        let of = |name: &str, phone: &str| OrderDetails { name: name.into(), phone: phone.into(), ..OrderDetails::default() };
        OrderDetails {
            address: "如东县掘港街道秘密路9号8幢".into(), hidden: vec![of("司徒某甲", "13900008802").of_self()], ..of("来电人乙", "13900008801")
        }
    }

    #[test]
    fn what_the_caller_said_of_themselves_is_covered() {
        let cover = Cover::personal(&told());
        assert_eq!(cover.over("来电人乙（13900008801）反映"), "（保密）（（保密））反映");
        assert_eq!(cover.over("司徒某甲，住如东县掘港街道秘密路9号8幢"), "（保密），住（保密）", "what was told before, and where");
        for spelled in ["电话 139 0000 8801 联系", "电话 139-0000-8801 联系"] {
            assert!(!cover.over(spelled).contains("8801"), "{}", cover.over(spelled));
        }
        assert!(!cover.over("住掘港街道秘密路9号8幢，").contains("秘密路"), "{}", cover.over("住掘港街道秘密路9号8幢，"));
        assert_eq!(Cover::default().over("来电人乙"), "来电人乙");
    }

    #[test]
    fn of_a_strict_order_nothing_is_told() {
        let strict = Cover { strict: Some(("见工单。".into(), ["标题".into(), "内容".into()])), ..Cover::default() };
        assert_eq!((strict.over("内容"), strict.over("人工填写")), ("见工单。".to_owned(), "人工填写".to_owned()));
        assert_eq!((strict.heard("办好了"), strict.heard("")), ("见工单。".to_owned(), String::new()));
    }
}
