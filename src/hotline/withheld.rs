//! What is kept from the records that an order opens, where its caller is withheld: who called, and what they said of
//! themselves; of a strict order, all that they said. The caller is reached through the order, audited.

use super::{
    load::Loaded,
    model::{OpenedKind, OrderDetails, Secrecy},
    opening::{asked, long_enough},
    store::Order,
};
use crate::{
    applicants::ContactInput,
    auth::Actor,
    consultations,
    db::{Result, Tx},
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

/// What may be written elsewhere of what was said.
pub struct Cover {
    hidden: Vec<String>,
    /// Of a strict order: what it is replaced by, and the texts that were copied from it.
    strict: Option<(String, [String; 2])>,
}

impl Cover {
    /// Of an order, by what its caller has told; nothing is covered where the caller is not withheld.
    pub fn of(row: &Order, told: &OrderDetails) -> Self {
        let own = [&told.name, &told.phone, &told.id_number].map(|said| said.trim().to_owned());
        let hidden = own.into_iter().filter(|said| row.withheld() && said.chars().count() > 1).collect();
        let strict =
            (row.secrecy == Secrecy::Strict).then(|| (format!("内容保密，见热线工单{}。", row.number), [long_enough(&told.title, 100), asked(&told.content)]));
        Self { hidden, strict }
    }

    /// A text as it may stand elsewhere.
    pub fn over(&self, text: &str) -> String {
        match &self.strict {
            Some((instead, copied)) if copied.iter().any(|c| c == text) => instead.clone(),
            _ => self.hidden.iter().fold(text.to_owned(), |text, said| text.replace(said.as_str(), "（保密）")),
        }
    }
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

    #[test]
    fn what_the_caller_said_of_themselves_is_covered() {
        let told = OrderDetails { name: "来电人乙".into(), phone: "13900008801".into(), id_number: " ".into(), ..OrderDetails::default() };
        let cover = Cover { hidden: vec![told.name.clone(), told.phone.clone()], strict: None };
        assert_eq!(cover.over("来电人乙（13900008801）反映"), "（保密）（（保密））反映");
        let strict = Cover { hidden: Vec::new(), strict: Some(("见工单。".into(), ["标题".into(), "内容".into()])) };
        assert_eq!((strict.over("内容"), strict.over("人工填写")), ("见工单。".to_owned(), "人工填写".to_owned()));
    }
}
