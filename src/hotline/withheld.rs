//! What is kept from the records that an order opens, where its caller is withheld: who called, and what they said of
//! themselves; of a strict order, all that they said. The caller is reached through the order, audited.

use std::ops::Range;

use super::{
    listing::Reader,
    load::{KIND, Loaded},
    model::{OfSelf, OpenedKind, OrderDetails, Secrecy},
    opening::{asked, long_enough},
    spelling,
    store::{self, Order},
};
use crate::{
    access,
    applicants::ContactInput,
    auth::{Actor, Scope},
    consultations,
    db::{Result, Tx},
    deidentify::{self, Finding, Known, KnownPerson, PersonalKind},
    evaluations::occasions,
    events::covering::Over,
    kernel::Id,
    return_visits, sheets, tickets,
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
    strict: Option<(String, Vec<String>)>,
}

impl Cover {
    /// For what is written elsewhere; nothing is covered where the caller is not withheld.
    pub fn of(row: &Order, told: &OrderDetails) -> Self {
        if !row.withheld() {
            return Self::default();
        }
        let cover = Self::personal(told);
        let strict = (row.secrecy == Secrecy::Strict).then(|| {
            let copied = [long_enough(&told.title, 100), asked(&told.content)];
            // While it was confidential only, it was copied covered.
            let covered = copied.each_ref().map(|text| cover.without(text));
            (format!("内容保密，见热线工单{}。", row.number), copied.into_iter().chain(covered).collect())
        });
        Self { strict, ..cover }
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
        // However numbers and addresses are spelled, and an address in part.
        let numbers = self.known.numbers.iter().flat_map(|said| spelling::number(said, text));
        let found: Vec<Range<usize>> = numbers.chain(self.addresses.iter().flat_map(|said| spelling::address(said, text))).collect();
        let text = covered(text, found);
        let text = self.hidden.iter().fold(text, |text, said| text.replace(said.as_str(), COVERED));
        // Numbers with spaces, names with a title, the house alone.
        let found = deidentify::check(&text, &self.known);
        let part = |f: &Finding| f.kind == PersonalKind::Address && f.length >= 4 && self.addresses.iter().any(|a| spelling::within(&f.words, a));
        let found = found.iter().filter(|f| f.known || part(f)).map(|f| f.start..f.start + f.length).collect();
        covered(&text, found)
    }

    /// An address of the net: what tells of the caller leaves its site alone.
    pub fn over_url(&self, url: &str) -> String {
        let read = percent_encoding::percent_decode_str(url).decode_utf8_lossy().into_owned();
        if self.over(&read) == read {
            return url.to_owned();
        }
        let site = url.split_once("://").map(|(scheme, rest)| (scheme, rest.split(['/', '?', '#']).next().unwrap_or_default()));
        site.map_or_else(|| COVERED.to_owned(), |(scheme, host)| format!("{scheme}://{}/", host.rsplit('@').next().unwrap_or_default()))
    }
}

/// A text in which these stretches are covered; those that overlap are one.
fn covered(text: &str, mut stretches: Vec<Range<usize>>) -> String {
    if stretches.is_empty() {
        return text.to_owned();
    }
    stretches.sort_by_key(|s| s.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for next in stretches {
        match joined.last_mut() {
            Some(last) if next.start < last.end => last.end = last.end.max(next.end),
            _ => joined.push(next),
        }
    }
    let mut chars: Vec<char> = text.chars().collect();
    for stretch in joined.into_iter().rev() {
        chars.splice(stretch, COVERED.chars());
    }
    chars.into_iter().collect()
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
            OpenedKind::FallbackTicket => {
                for ticket in tickets::withhold(tx, actor, link.record_id, &nobody(), &over)? {
                    sheets::withhold(tx, ticket, &over)?;
                    return_visits::withhold(tx, ticket, &over)?;
                }
            }
            OpenedKind::Consultation => consultations::withhold(tx, actor, link.record_id, &over)?,
            OpenedKind::Entrustment => {}
        }
    }
    occasions::forget_contact(tx, &loaded.row.number)
}

/// The orders that keep their callers secret, and opened a record or one that goes on as it.
fn secret(tx: &mut Tx, kind: &str, record: Id) -> Result<Vec<Cover>> {
    let records = match kind {
        "fallback_ticket" => tickets::store::callers(tx, record)?.into_iter().map(|c| c.origin_id).chain([record]).collect(),
        "assignment_sheet" => return sheets::store::sheet(tx, record)?.map_or(Ok(Vec::new()), |sheet| secret(tx, "fallback_ticket", sheet.ticket_id)),
        "consultation" => vec![record],
        _ => Vec::new(),
    };
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let mut covers = Vec::new();
    for order in store::opened_by(tx, &records)? {
        if order.withheld() {
            covers.push(Cover::of(&order, &order.details.open(tx.vault)?));
        }
    }
    Ok(covers)
}

/// How what is written of a record stands without whom the orders that opened it keep secret.
pub fn cover_of(tx: &mut Tx, kind: &str, record: Id) -> Result<Option<Over>> {
    let covers = secret(tx, kind, record)?;
    Ok((!covers.is_empty()).then(|| -> Over { Box::new(move |text| covers.iter().fold(text.to_owned(), |text, cover| cover.over(&text))) }))
}

/// How the names of an order's files stand for who reads it.
pub fn cover_for(tx: &mut Tx, actor: &Actor, kind: &str, record: Id) -> Result<Option<Over>> {
    let Some(row) = store::order(tx, record)?.filter(|_| kind == KIND) else { return Ok(None) };
    let Some(sight) = access::sight(tx, &Scope::of(actor, KIND), record)? else { return Ok(None) };
    let details = row.details.open(tx.vault)?;
    let cover = Reader::of(actor, &row, &details, sight).cover(&details);
    Ok(Some(Box::new(move |text| cover.over(text))))
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
        for said in ["掘港街道秘密路9号", "秘密路 9 号 8 幢", "秘密路九号八幢", "秘密路9号8栋201室"] {
            assert_eq!(cover.over(&format!("住{said}。")), "住（保密）。", "{said}");
        }
        assert_eq!(cover.over("139・0000・8801\n"), "（保密）\n");
        assert_eq!(cover.over("秘密路积水，第9号窗口"), "秘密路积水，第9号窗口");
        assert_eq!(cover.over_url("https://a.cn/f/%E6%9D%A5%E7%94%B5%E4%BA%BA%E4%B9%99.jpg?t=1"), "https://a.cn/");
        assert_eq!(cover.over_url("https://a.cn/f/1.jpg"), "https://a.cn/f/1.jpg");
        assert_eq!(Cover::default().over("来电人乙"), "来电人乙");
    }

    #[test]
    fn of_a_strict_order_nothing_is_told() {
        let strict = Cover { strict: Some(("见工单。".into(), vec!["标题".into(), "内容".into()])), ..Cover::default() };
        assert_eq!((strict.over("内容"), strict.over("人工填写")), ("见工单。".to_owned(), "人工填写".to_owned()));
        assert_eq!((strict.heard("办好了"), strict.heard("")), ("见工单。".to_owned(), String::new()));
    }
}
